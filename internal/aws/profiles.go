package aws

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/typo"
)

// Regions lists the Regions known at the time of writing, those of the partition aws first. It
// sends no request.
func Regions() []string {
	var out []string
	for _, p := range slices.Backward(catalog.Partitions) {
		out = append(out, p.Regions...)
	}
	return out
}

// Profiles lists the names of the profiles in the files of the AWS CLI (AWS_CONFIG_FILE and
// AWS_SHARED_CREDENTIALS_FILE, or those in ~/.aws), sorted. It reads only headings of sections,
// no settings. It skips a file that cannot be read.
func Profiles() []string {
	var out []string
	add := func(file string, name func(section string) string) {
		for _, s := range sections(file) {
			if n := name(s); n != "" {
				out = append(out, n)
			}
		}
	}
	add(cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename()), func(section string) string {
		if section == "default" {
			return section
		}
		// Other sections of this file, such as [sso-session NAME], are not profiles.
		kind, name, _ := strings.Cut(strings.ReplaceAll(section, "\t", " "), " ")
		if kind != "profile" {
			return ""
		}
		return strings.Trim(name, ` "'`)
	})
	add(cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename()), strings.TrimSpace)
	slices.Sort(out)
	return slices.Compact(out)
}

// nearestProfile returns the existing profile that differs from a name by at most two letters, or "".
func nearestProfile(name string) string {
	best, least := "", 3
	for _, p := range Profiles() {
		if d := typo.Distance(name, p); d < least && d < len(p) {
			best, least = p, d
		}
	}
	return best
}

// sections returns the headings of an INI file without their brackets.
func sections(file string) []string {
	if rest, ok := strings.CutPrefix(file, "~/"); ok { // the AWS CLI expands it too
		if home, err := os.UserHomeDir(); err == nil {
			file = filepath.Join(home, rest)
		}
	}
	// Opening a pipe or device could block for ever.
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	var out []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "["); ok {
			if name, _, ok := strings.Cut(rest, "]"); ok {
				out = append(out, strings.TrimSpace(name))
			}
		}
	}
	return out
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/disk"
)

// preferences are the preferences of the user.
type preferences struct {
	answers.Preferences
	name string        // of the file
	file *answers.File // nil if it does not exist
	err  error         // why it cannot be used; no value is used then
}

// preferencesFile returns the name of the preferences file: in the XDG configuration directory, on Windows in %AppData%
// without XDG_CONFIG_HOME.
func preferencesFile() (string, error) {
	dir := os.Getenv("XDG_CONFIG_HOME")
	var err error
	switch {
	case filepath.IsAbs(dir): // the XDG Base Directory Specification ignores relative paths
	case runtime.GOOS == "windows":
		dir, err = os.UserConfigDir()
	default:
		dir, err = os.UserHomeDir()
		dir = filepath.Join(dir, ".config")
	}
	if err != nil {
		return "", fmt.Errorf("no directory for the preferences file: %w", err)
	}
	return filepath.Join(dir, "privatelink-wizard", "config.yaml"), nil
}

// readPreferences reads the preferences file. A missing one is empty.
func readPreferences() *preferences {
	p := &preferences{}
	if p.name, p.err = preferencesFile(); p.err != nil {
		return &preferences{} // no home directory has no preferences
	}
	data, err := disk.Read(p.name, maxAnswers)
	if errors.Is(err, fs.ErrNotExist) {
		return p
	}
	if err == nil {
		p.Preferences, p.file, err = answers.LoadPreferences(p.name, data)
	}
	if err != nil {
		return &preferences{name: p.name, err: usage(err)}
	}
	return p
}

// prefer returns the preferences of the user, which are read once.
func (g *globals) prefer() *preferences {
	if g.preferences == nil {
		return &preferences{}
	}
	return g.preferences()
}

// The origins of a setting.
const (
	fromFlag        = "flag"
	fromVariable    = "variable"
	fromPreferences = "preferences"
	fromAWS         = "aws" // the AWS configuration files
	fromDefault     = "default"
	fromNothing     = "none"
)

// setting is the value of a preference, and what set it.
type setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
	Name   string `json:"name,omitempty"` // of the flag, the variable or the AWS profile
	Line   int    `json:"line,omitempty"` // of the preferences file, also if something else set the value
	// Preferred is the value of the preferences file, if it is another one.
	Preferred string `json:"preferred,omitempty"`
}

// from returns where the value comes from, for people.
func (s setting) from() string {
	text := map[string]string{fromFlag: s.Name, fromVariable: s.Name, fromPreferences: fmt.Sprintf("preferences, line %d", s.Line),
		fromAWS: "profile " + s.Name, fromDefault: "default", fromNothing: "not set"}[s.Origin]
	if s.Origin == fromVariable && s.Value == "" {
		text = "credentials of " + text
	}
	if s.Preferred != "" {
		text += fmt.Sprintf(", instead of %s (preferences, line %d)", s.Preferred, s.Line)
	}
	return text
}

// when is a setting under a condition.
func when(set bool, value, origin, name string) setting {
	if !set {
		return setting{}
	}
	return setting{Value: value, Origin: origin, Name: name}
}

// first returns the first setting that is set. The list is in the order of precedence and ends with a setting that always is.
func (p *preferences) first(key, preferred string, of ...setting) setting {
	s := of[slices.IndexFunc(of, func(s setting) bool { return s.Origin != "" })]
	if s.Key = key; preferred != "" {
		s.Line = p.file.Line(key)
		if s.Value != preferred {
			s.Preferred = preferred
		}
	}
	return s
}

// profileSetting is the profile to open an AWS account with. Credentials of the environment replace the profile of a variable too,
// as the AWS SDK reads them; --profile replaces both.
func (g *globals) profileSetting(p *preferences, v aws.Variables) setting {
	return p.first("profile", p.Profile,
		when(g.profile != "", g.profile, fromFlag, "--profile"),
		when(v.Credentials != "", "", fromVariable, v.Credentials),
		when(v.Profile != "", os.Getenv(v.Profile), fromVariable, v.Profile),
		when(p.Profile != "", p.Profile, fromPreferences, ""),
		when(true, "default", fromDefault, ""))
}

// regionSetting is the Region to open an AWS account with. A profile that was selected for this start uses its own Region,
// if it has one; the Region of the preferences is for their profile. With credentials of the environment, the AWS SDK takes
// only the Region from the profile of a variable. ofProfile reads the Region of the profile; it is called only if that decides.
func (g *globals) regionSetting(p *preferences, v aws.Variables, profile setting, ofProfile func() string) setting {
	if profile.Name == v.Credentials && v.Profile != "" {
		profile.Value = os.Getenv(v.Profile)
	}
	own, elsewhere := "", profile.Origin == fromFlag || profile.Origin == fromVariable && profile.Value != ""
	if g.region == "" && v.Region == "" && (p.Region == "" || elsewhere) {
		own = ofProfile()
	}
	return p.first("region", p.Region,
		when(g.region != "", g.region, fromFlag, "--region"),
		when(v.Region != "", os.Getenv(v.Region), fromVariable, v.Region),
		when(own != "" && elsewhere && profile.Value != p.Profile, own, fromAWS, profile.Value),
		when(p.Region != "", p.Region, fromPreferences, ""),
		when(own != "", own, fromAWS, cmp.Or(profile.Value, "default")),
		when(true, "", fromNothing, ""))
}

// colorSetting is whether colors and bold text are allowed.
func (g *globals) colorSetting(p *preferences) setting {
	return p.first("color", p.Color,
		when(g.noColorSet || g.noColor, map[bool]string{false: answers.ColorAuto, true: answers.ColorNever}[g.noColor], fromFlag, "--no-color"),
		when(os.Getenv("NO_COLOR") != "", answers.ColorNever, fromVariable, "NO_COLOR"),
		when(p.Color != "", p.Color, fromPreferences, ""),
		when(true, answers.ColorAuto, fromDefault, ""))
}

// plainSetting is whether the wizard asks line by line.
func (g *globals) plainSetting(p *preferences) setting {
	return p.first("plain", boolText(p.Plain),
		when(g.plain, "true", fromFlag, "--plain"),
		when(os.Getenv("ACCESSIBLE") != "", "true", fromVariable, "ACCESSIBLE"),
		when(os.Getenv("TERM") == "dumb", "true", fromVariable, "TERM"),
		when(g.plainSet, "false", fromFlag, "--plain"),
		when(p.Plain != nil, boolText(p.Plain), fromPreferences, ""),
		when(true, "false", fromDefault, ""))
}

// settings returns all settings in the documented order.
func (g *globals) settings(ctx context.Context, p *preferences) []setting {
	v := aws.EnvironmentVariables()
	profile := g.profileSetting(p, v)
	out := []setting{profile, g.regionSetting(p, v, profile, profile.region(ctx)), g.colorSetting(p), g.plainSetting(p),
		p.first("prefix", p.Prefix, when(p.Prefix != "", p.Prefix, fromPreferences, ""), when(true, "", fromNothing, ""))}
	for _, tag := range slices.Sorted(maps.Keys(p.Tags)) {
		out = append(out, setting{Key: "tags." + tag, Value: p.Tags[tag], Origin: fromPreferences, Line: p.file.Line("tags." + tag)})
	}
	return append(out, p.first("history", boolText(p.History), when(p.History != nil, boolText(p.History), fromPreferences, ""), when(true, "true", fromDefault, "")))
}

func boolText(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

// flag returns a profile as --profile takes it: empty if the AWS SDK finds the profile itself.
func (s setting) flag() string {
	if s.Origin == fromFlag || s.Origin == fromPreferences {
		return s.Value
	}
	return ""
}

// region returns a function that reads the Region of a profile.
func (s setting) region(ctx context.Context) func() string {
	return func() string { return aws.ReadSettings(ctx, s.flag(), time.Now()).Region }
}

// selected returns the profile and the Region to open an AWS account with, for a Region of a flag or of answers. A value is
// empty if the AWS SDK finds it itself.
func (g *globals) selected(ctx context.Context, region string) (profile setting, _ string, err error) {
	p, v := g.prefer(), aws.EnvironmentVariables()
	if p.err != nil {
		return setting{}, "", p.err
	}
	profile = g.profileSetting(p, v)
	if region == "" && p.Region != "" {
		if r := g.regionSetting(p, v, profile, profile.region(ctx)); r.Origin == fromPreferences {
			region = r.Value
		}
	}
	return profile, region, nil
}

// notePreferences says that a command uses an account or a Region of the preferences, because its arguments do not show it. The
// interactive wizard shows both on its screens.
func (g *globals) notePreferences(profile setting, ofRegion bool, region string) {
	var of []string
	if profile.Origin == fromPreferences {
		of = append(of, "profile "+profile.Value)
	}
	if ofRegion {
		of = append(of, "Region "+region)
	}
	if len(of) > 0 && !g.onScreen {
		line(g.Err, "Note: the preferences set %s.", strings.Join(of, " and "))
	}
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/lint"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// lintLimit in bytes is far above any template. A larger file is a mistake.
const lintLimit = 16 << 20

func newLint(g *globals) *cobra.Command {
	var asJSON, asSARIF bool
	cmd := &cobra.Command{
		Use: "lint FILE... --region REGION", Short: "Find VPC endpoints in templates and scripts that do not work in a Region",
		Long: "Reads templates, scripts and manifests as text and reports mistakes for the Region of --region: endpoint service names of another Region or partition, " +
			"Regions that do not exist, missing ECS and ECR endpoints, private DNS that is off, and gateway endpoints without route tables. " +
			"FILE can be a directory, or - for standard input. What one file lacks can be in another one. No request is sent to AWS.",
		Example:           "wizard lint template.yaml --region ca-west-1\nwizard lint infrastructure/ --region eu-west-1 --sarif",
		Annotations:       takes("region"),
		ValidArgsFunction: anyFile,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(errors.New("FILE is missing: a file, a directory, or - for standard input"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if asJSON && asSARIF {
				return usage(errors.New("use either --json or --sarif"))
			}
			if g.region == "" {
				return usage(errors.New("--region REGION is missing: the Region that the files are meant for"))
			}
			note, err := lint.CheckRegion(g.region)
			if err != nil {
				return usage(fmt.Errorf("--region: %w", err))
			}
			if note != "" {
				fmt.Fprintf(g.Err, "Note: %s\n", note)
			}
			l := &linter{run: lint.New(g.region), in: g.In, errs: g.Err, seen: map[string]bool{}, skipped: map[string]int{}}
			for _, name := range args {
				if err := l.read(name); err != nil {
					return usage(err)
				}
			}
			if l.files == 0 {
				return usage(fmt.Errorf("no templates or scripts in %s%s", strings.Join(args, ", "), l.skips(" (skipped: ", ")")))
			}
			found := l.run.Findings()
			if err := g.printFindings(found, asJSON, asSARIF); err != nil {
				return err
			}
			notes := 0
			for _, f := range found {
				if f.Severity == lint.Note {
					notes++
				}
			}
			what := args[0]
			if len(args) > 1 || l.directory {
				what = "read " + plural(l.files, "file") + l.skips(" and skipped ", "")
			}
			fmt.Fprintf(g.Err, "%s: %s for %s.\n", what, tally(len(found)-notes, notes), g.region)
			if len(found) == notes {
				return nil
			}
			return silentExit(exitFindings)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	cmd.Flags().BoolVar(&asSARIF, "sarif", false, "print a SARIF 2.1.0 log, for code scanning")
	return cmd
}

func (g *globals) printFindings(found []lint.Finding, asJSON, asSARIF bool) error {
	switch {
	case asJSON:
		if found == nil {
			found = []lint.Finding{}
		}
		return g.json("  ").Encode(found)
	case asSARIF:
		return g.json("  ").Encode(lint.SARIF(thisBuild().Version, found))
	}
	for _, f := range found {
		if _, err := fmt.Fprintln(g.Out, f); err != nil {
			return err
		}
	}
	return nil
}

// tally counts findings: "no findings", "1 finding", "2 findings and 1 note".
func tally(errs, notes int) string {
	switch {
	case errs == 0 && notes == 0:
		return "no findings"
	case notes == 0:
		return plural(errs, "finding")
	case errs == 0:
		return "no findings and " + plural(notes, "note")
	}
	return plural(errs, "finding") + " and " + plural(notes, "note")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// linter reads the files of one run.
type linter struct {
	run       *lint.Run
	in        io.Reader
	errs      io.Writer
	files     int
	directory bool            // an argument is a directory
	seen      map[string]bool // an argument can be inside another one
	skipped   map[string]int  // files of directories that were not read, by reason
}

// Reasons to skip a file of a directory.
const (
	skipType   = "of another type"
	skipBinary = "binary"
	skipLarge  = "larger than 16 MB"
	skipUnread = "not readable"
)

// skips returns how many files were skipped and why, or "".
func (l *linter) skips(before, after string) string {
	var parts []string
	for _, reason := range []string{skipType, skipBinary, skipLarge, skipUnread} {
		if n := l.skipped[reason]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, reason))
		}
	}
	if parts == nil {
		return ""
	}
	return before + strings.Join(parts, ", ") + after
}

// read reads an argument. Its files must be readable; files of a directory are skipped if they are
// not.
func (l *linter) read(name string) error {
	if info, err := os.Stat(name); name != "-" && err == nil && info.IsDir() {
		l.directory = true
		return l.walk(name)
	}
	if !l.first(name) {
		return nil
	}
	text, err := readText(name, l.in)
	if err == nil {
		l.files++
		l.run.Add(name, text)
	}
	return err
}

// first reports whether a file was not read before.
func (l *linter) first(name string) bool {
	clean, err := filepath.Abs(name)
	if err != nil || name == "-" {
		clean = name
	}
	before := l.seen[clean]
	l.seen[clean] = true
	return !before
}

// lintSuffixes are the ends of the names of templates and scripts.
var lintSuffixes = strings.Fields(".tf .tofu .hcl .tfvars .json .yaml .yml .template .cfn .j2 .tpl .tmpl .sh .bash .ps1 .py .ts .js .mjs .go .java .kt .cs .rb Makefile")

// notRead are directories with files of others: version control and installed dependencies.
var notRead = []string{".git", "node_modules", ".terraform", ".venv", "venv", "__pycache__"}

// walk reads the templates and scripts of a directory in the order of their names.
func (l *linter) walk(dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			fmt.Fprintf(l.errs, "Skipped: %s\n", err)
			l.skipped[skipUnread]++
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			if name != dir && slices.Contains(notRead, d.Name()) {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || !slices.ContainsFunc(lintSuffixes, func(s string) bool { return strings.HasSuffix(d.Name(), s) }):
			l.skipped[skipType]++
			return nil
		case !l.first(name):
			return nil
		}
		if info, err := d.Info(); err == nil && info.Size() > lintLimit {
			l.skipped[skipLarge]++
			return nil
		}
		text, err := readText(name, nil)
		switch {
		case errors.Is(err, errBinary):
			l.skipped[skipBinary]++
		case err != nil:
			fmt.Fprintf(l.errs, "Skipped: %s\n", err)
			l.skipped[skipUnread]++
		default:
			l.files++
			l.run.Add(name, text)
		}
		return nil
	})
}

// errBinary reports a file that is not text.
var errBinary = errors.New("not text")

// readText reads a file of text; "-" is standard input.
func readText(name string, in io.Reader) ([]byte, error) {
	text, err := readInput(name, in, lintLimit)
	if err != nil {
		return nil, err
	}
	if _, err := printable.Decode(text); err != nil {
		return nil, fmt.Errorf("%s %w", name, err)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%s is binary, %w", name, errBinary)
	}
	return text, nil
}

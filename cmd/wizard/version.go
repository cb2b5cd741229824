package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// version, commit and date (of the commit, RFC 3339) are set in release builds. Otherwise they
// come from the Go toolchain, if it had the repository.
var version, commit, date string

// build is the known information about the build of this program.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"`
	Modified bool   `json:"modified"` // built from files that differ from the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// thisBuild describes this program.
func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildFrom(build{Version: version, Commit: commit, Date: date}, info)
}

// buildFrom completes the values of the release with those of the Go toolchain.
func buildFrom(set build, info *debug.BuildInfo) build {
	vcs := map[string]string{}
	for _, s := range info.Settings {
		vcs[s.Key] = s.Value
	}
	out := set
	if set.Commit == "" { // vcs.modified belongs to vcs.revision
		out.Commit, out.Modified = vcs["vcs.revision"], vcs["vcs.modified"] == "true"
	}
	out.Date = cmp.Or(set.Date, vcs["vcs.time"])
	// A release has the tag without v, as the names of its archives.
	if v := info.Main.Version; out.Version == "" && v != "(devel)" {
		out.Version = strings.TrimPrefix(v, "v")
	}
	out.Version = cmp.Or(out.Version, "dev")
	out.Go, out.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
	return out
}

// line is the version as one line.
func (b build) line() string { return "wizard version " + b.Version }

func (b build) text() string {
	from := cmp.Or(b.Commit, "unknown")
	if b.Modified {
		from += " (modified)"
	}
	return fmt.Sprintf("%s\ncommit:   %s\ndate:     %s\ngo:       %s\nplatform: %s\n", b.line(), from, cmp.Or(b.Date, "unknown"), b.Go, b.Platform)
}

func newVersion(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "version", Short: "Show version, commit, date, Go version and platform", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if !asJSON {
				_, err := fmt.Fprint(g.Out, b.text())
				return err
			}
			return g.json("  ").Encode(b)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

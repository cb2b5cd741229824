package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commands are the root and all commands below it.
func commands(cmd *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		out = append(out, commands(sub)...)
	}
	return out
}

// TestHelpFits asserts that help fits narrow and wide terminals, but for single words
// and examples, which are to be copied.
func TestHelpFits(t *testing.T) {
	for _, width := range []int{40, 60, 80, 100} {
		for _, cmd := range commands(newRoot(&globals{})) {
			h := helpText{width: width}
			h.command(cmd)
			text, _, _ := strings.Cut(h.String(), "\nExamples\n")
			for line := range strings.Lines(text) {
				if line = strings.TrimSuffix(line, "\n"); len(line) > width && strings.Contains(strings.TrimSpace(line), " ") {
					t.Errorf("%s at %d columns: %q has %d", cmd.CommandPath(), width, line, len(line))
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("%s at %d columns: %q ends with spaces", cmd.CommandPath(), width, line)
				}
			}
		}
	}
}

// TestFlagsAreDescribed asserts that each flag with a value shows its type, and that
// each flag of a command is in its help, or refused.
func TestFlagsAreDescribed(t *testing.T) {
	root := newRoot(&globals{})
	value := regexp.MustCompile(`^( [A-Z]+|\[=[A-Z]+\])$`)
	for _, cmd := range commands(root) {
		for _, f := range append(ownFlags(cmd), globalFlags(cmd)...) {
			name, of, text := describe(f)
			if (f.Value.Type() != "bool") != value.MatchString(of) || text == "" || strings.Contains(text, "`") {
				t.Errorf("%s: %q %q %q", cmd.CommandPath(), name, of, text)
			}
		}
		for _, name := range strings.Fields(cmd.Annotations[takesKey]) {
			if root.PersistentFlags().Lookup(name) == nil {
				t.Errorf("%s takes --%s, which is not a global flag", cmd.CommandPath(), name)
			}
		}
	}
}

// TestGlobalFlags asserts which global flags each command takes.
func TestGlobalFlags(t *testing.T) {
	want := map[string]string{
		"wizard":          "profile region sandbox speed snapshot plain debug audit",
		"wizard check":    "profile region sandbox speed snapshot debug audit",
		"wizard plan":     "profile region sandbox speed snapshot debug audit",
		"wizard apply":    "profile region sandbox speed debug audit",
		"wizard export":   "profile region sandbox speed snapshot debug audit",
		"wizard snapshot": "profile region sandbox speed debug audit",
		"wizard undo":     "profile region speed debug audit",
		"wizard doctor":   "profile region sandbox speed snapshot debug audit",
		"wizard lint":     "region",
		"wizard config":   "profile region plain",

		"wizard sandbox serve": "sandbox speed",
	}
	all := strings.Fields(want["wizard"])
	args := map[string]string{"profile": "x", "region": "us-east-1", "sandbox": "closed", "speed": "2", "snapshot": "none.json", "plain": "true", "debug": "none.log", "audit": "none.jsonl"}
	for _, cmd := range commands(newRoot(&globals{})) {
		for _, flag := range all {
			// --help ends the command after the flags are parsed.
			var out, errs bytes.Buffer
			line := append([]string{"--" + flag + "=" + args[flag]}, strings.Fields(cmd.CommandPath())[1:]...)
			code := Main(t.Context(), streams{In: strings.NewReader(""), Out: &out, Err: &errs}, append(line, "--help"))
			listed := regexp.MustCompile(`(?m)^  --` + flag + `\b`).MatchString(out.String())
			switch takes := slices.Contains(strings.Fields(want[cmd.CommandPath()]), flag); {
			case takes && (code != exitOK || !listed || errs.Len() > 0):
				t.Errorf("%s: code %d, listed %v: %s", line, code, listed, &errs)
			case !takes && (code != exitUsage || out.Len() > 0 || !strings.Contains(errs.String(), cmd.CommandPath()+" does not take --"+flag)):
				t.Errorf("%s: code %d: %s%s", line, code, &out, &errs)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		text  string
		width int
		want  []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 6, []string{"one", "two", "three"}},
		{"a-word-that-is-too-long for it", 8, []string{"a-word-that-is-too-long", "for it"}},
		{"é é é", 3, []string{"é é", "é"}},
		{"", 8, []string{""}},
	} {
		if got := wrap(tt.text, tt.width); !slices.Equal(got, tt.want) {
			t.Errorf("%q at %d: %q", tt.text, tt.width, got)
		}
	}
}

func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		"--json":       `\-\-json`,
		`a\b`:          `a\eb`,
		".TH is text":  `\&.TH is text`,
		"'quoted' too": `\&'quoted' too`,
	} {
		if got := roff(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

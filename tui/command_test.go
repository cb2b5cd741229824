package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"mvdan.cc/sh/v3/syntax"
)

// TestHomeOfTypedPaths: a shell would replace ~, so a typed path means the home directory too.
func TestHomeOfTypedPaths(t *testing.T) {
	home := Options{Environ: []string{"HOME=/home/someone", "HOMEPAGE=x"}}
	f := newFake()
	play(t, f, home, func(d *driver) {
		d.press(append(slices.Clone(toReview), "s", "ctrl+u", "text:~/plans/x.yaml", "enter")...)
		d.sees("Written: /home/someone/plans/x.yaml", "--answers /home/someone/plans/x.yaml")
		if f.files["/home/someone/plans/x.yaml"] == "" {
			t.Errorf("%v", f.files)
		}
	})
	f = newFake()
	_, out := plainly(t, f, home, slices.Concat(plainReview, []string{saveAnswers, "~/y.yaml", leaveNow})...)
	if f.files["/home/someone/y.yaml"] == "" {
		t.Errorf("%v\n%s", f.files, out)
	}
	a := newApp(t.Context(), f, home)
	for typed, want := range map[string]string{"~/c.pem": "/home/someone/c.pem", "c.pem": "c.pem", "~other/c.pem": "~other/c.pem", "a/~/c.pem": "a/~/c.pem"} {
		if got := a.path(typed); got != want {
			t.Errorf("%s: %s", typed, got)
		}
	}
	if got := newApp(t.Context(), f, Options{Environ: []string{"TERM=x"}}).path("~/c.pem"); got != "~/c.pem" {
		t.Errorf("without a home directory: %s", got)
	}
	steps := 0
	for _, s := range a.steps { // answers with a path
		if strings.HasSuffix(s.Key, "_file") {
			steps++
		}
	}
	if steps < 2 {
		t.Errorf("%d steps ask for a file", steps)
	}
}

// TestCommandLines: whatever the width, a shell reads the lines as the command, or not at all.
func TestCommandLines(t *testing.T) {
	for _, args := range [][]string{
		{"aws", "ecs", "update-service", "--cluster", "prod", "--service", "web", "--force-new-deployment", "--region", "us-east-1"},
		{"aws", "ssm", "start-session", "--target", "i-0123456789abcdef0", "--parameters", `{"host":["a b"],"n":["1"]}`},
		{"bash", "a name with spaces and 'quotes'.sh"},
		{"aws", "x", strings.Repeat("arn:aws:ecs:us-east-1:123456789012:service/", 3)},
		{"aws"},
	} {
		quoted := shellCommand(args)
		for w := 12; w < 200; w += 7 {
			lines := commandLines(quoted, w)
			clipped := false
			for _, l := range lines {
				clipped = clipped || strings.Contains(l, "›")
				if ansi.StringWidth(l) > w {
					t.Errorf("%d columns: %q", w, l)
				}
			}
			if clipped {
				if !slices.ContainsFunc(quoted, func(q string) bool { return ansi.StringWidth(q)+4 > w }) {
					t.Errorf("%d columns: %q", w, lines)
				}
				continue
			}
			f, err := syntax.NewParser().Parse(strings.NewReader(strings.Join(lines, "\n")+"\n"), "")
			if err != nil || len(f.Stmts) != 1 {
				t.Fatalf("%d columns: %q: %v", w, lines, err)
			}
			if n := len(f.Stmts[0].Cmd.(*syntax.CallExpr).Args); n != len(args) {
				t.Errorf("%d columns: %d arguments in %q", w, n, lines)
			}
		}
	}
}

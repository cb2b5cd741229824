package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// canary is a password that breaks everything that is quoted badly.
const canary = "ca\"na$ry'\\🐤\n\tsecond `line`\n"

// leaked fails if a text holds any piece of the canary.
func leaked(t testing.TB, where, text string) {
	t.Helper()
	for _, piece := range []string{`ca"na`, "na$ry", `ca\"na`, "🐤", "second `l", fmt.Sprintf("%x", "na$ry")} {
		if strings.Contains(text, piece) {
			t.Fatalf("%s shows %q:\n%s", where, piece, text)
		}
	}
}

// password is what a plan with a private registry asks for.
func password(*plan.Plan) []resource.Input {
	return []resource.Input{{Name: "registry-password", Ask: "What is the password of team at registry.example.com?", Help: "It is put into the secret registry/registry.example.com."}}
}

// watched presses keys and looks at every frame.
func watched(d *driver, names ...string) {
	d.t.Helper()
	for _, n := range names {
		d.press(n)
		leaked(d.t, "the frame after "+n, d.a.View().Content)
		leaked(d.t, "what is known", fmt.Sprintf("%v %+v %#v", d.a.ans, d.a.top(), d.a.result))
	}
}

func TestPasswordIsAskedForAndNeverShown(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
		f := newFake()
		play(t, f, Options{Width: size[0], Height: size[1], Inputs: password}, func(d *driver) {
			d.press(toConfirm...)
			d.sees("What is the password of team", "ctrl+u")
			fits(t, d, size[0], size[1])
			d.press("enter")
			d.sees("The text must not be empty.")
			for r := range strings.SplitSeq("wrong?q", "") {
				d.press(r)
			}
			d.sees("> •••••••")
			d.press("backspace")
			d.sees("> ••••••")
			d.press("ctrl+u")
			d.missesAll("•")
			d.send(tea.PasteMsg{Content: strings.ReplaceAll(canary, "\n", "\r")}) // as terminals send the end of a line
			watched(d, "down", "up", "left", "home", "tab")
			d.sees("> ••••••", "The text ends with a line break")
			fits(t, d, size[0], size[1])
			watched(d, "enter")
			d.sees("Apply this plan?")
			watched(d, "esc")
			d.sees("> ••••••")
			watched(d, "enter")
			d.pass(grace)
			watched(d, "right", "enter")
			d.sees("Result")
			if f.given["registry-password"] != canary {
				t.Errorf("the run was given %q", f.given)
			}
			if len(f.handed) != 0 {
				t.Error("the run has ended, and the password is still held")
			}
			for _, s := range d.a.stack {
				if _, ok := s.(*secretScreen); ok {
					t.Error("a screen leads back to it")
				}
			}
			watched(d, "s", "enter", "enter", "e", "enter", "enter", "end", "home")
			for name, text := range f.files {
				leaked(t, name, text)
			}
			watched(d, "r", "enter") // of the next run it is asked again
			d.sees("What is the password of team")
			d.missesAll("•")
		})
	}
}

func TestSeveralSecretTexts(t *testing.T) {
	two := func(*plan.Plan) []resource.Input {
		return []resource.Input{{Name: "a", Ask: "First?", Help: "One."}, {Name: "b", Ask: "Second?", Help: "Two."}, {Name: "c", Ask: "Third?"}}
	}
	f := newFake()
	play(t, f, Options{Inputs: two, Secrets: map[string]secret.Text{"b": secret.New("outside"), "c": secret.New("")}}, func(d *driver) {
		d.press(append(slices.Clone(toConfirm), "text:one", "enter")...)
		d.sees("Third?")
		d.press("text:three", "esc")
		d.sees("First?", "> •••")
		d.press("enter")
		d.missesAll("•") // Esc dropped it
		d.press("text:three", "enter")
		d.pass(grace)
		d.press("right", "enter")
		if f.given["a"] != "one" || f.given["b"] != "outside" || f.given["c"] != "three" {
			t.Errorf("%q", f.given)
		}
	})
	f = newFake()
	play(t, f, Options{Inputs: password, Secrets: map[string]secret.Text{"registry-password": secret.New(canary)}}, func(d *driver) {
		d.press(toConfirm...)
		d.sees("Apply this plan?")
		d.pass(grace)
		watched(d, "right", "enter")
		if f.given["registry-password"] != canary {
			t.Errorf("%q", f.given)
		}
	})
}

func TestSecretTextHasALimit(t *testing.T) {
	play(t, newFake(), Options{Inputs: password}, func(d *driver) {
		d.press(toConfirm...)
		d.send(tea.PasteMsg{Content: strings.Repeat("x", secret.Most)})
		d.sees("(65536 characters)")
		fits(t, d, 80, 24)
		d.press("y")
		d.sees("! The text is too long")
		d.press("backspace", "y")
		d.sees("(65536 characters)")
		d.missesAll("too long")
		s := d.a.top().(*secretScreen)
		bytes := s.typed
		d.press("esc")
		d.sees("Plan for shop")
		if slices.ContainsFunc(bytes, func(b byte) bool { return b != 0 }) {
			t.Error("it is still in memory")
		}
		d.press("enter")
		d.send(tea.PasteMsg{Content: "a\x00b"})
		d.press("enter")
		d.sees("The text must not contain a NUL byte")
	})
}

func TestPlainRefusesAPasswordFromAPipe(t *testing.T) {
	f := newFake()
	r, out := plainly(t, f, Options{Inputs: password}, slices.Concat(plainReview, []string{applyNow, "secret", "apply", "q"})...)
	if r.Applied != nil || f.applied != 0 {
		t.Errorf("%+v", r)
	}
	says(t, out, "--registry-password-stdin", "WIZARD_REGISTRY_PASSWORD", "Nothing was changed.")
	f = newFake()
	_, out = plainly(t, f, Options{Inputs: password, Secrets: map[string]secret.Text{"registry-password": secret.New(canary)}}, slices.Concat(plainReview, []string{applyNow, "apply", leaveNow})...)
	leaked(t, "the output", out)
	if f.given["registry-password"] != canary || len(f.handed) != 0 {
		t.Errorf("%q", f.given)
	}
}

package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// aText is a step that is answered with a text, which it keeps as a tag; after it comes
// one that can ask it again.
func aText(empty bool) []*steps.Step {
	needs := func(steps.State) []inventory.Request { return nil }
	says := func(t string) func(steps.State) string { return func(steps.State) string { return t } }
	text := &steps.Step{ID: "a-text", Title: "Text", Kind: steps.Text, Of: "policy", Key: "registry.job.name", Empty: empty, Ask: says("How is it called?"), Help: says(strings.Repeat("This is said of it.\n", 30) + "The end."),
		Applies: func(steps.State) bool { return true }, Needs: needs,
		Selected: func(s steps.State) []string {
			if v, ok := s.Ans.Tags["name"]; ok {
				return []string{v}
			}
			return []string{"proposal"}
		},
		Set: func(s steps.State, v []string) (steps.Change, error) {
			a := s.Ans.Clone()
			switch {
			case strings.ContainsAny(v[0], " \t"):
				return steps.Change{}, errors.New("this name is not valid")
			case v[0] == "" && !empty:
				return steps.Change{}, errors.New("must not be empty")
			}
			a.Tags = map[string]string{"name": v[0]}
			return steps.Change{Answers: a}, nil
		},
		Short: says("")}
	options := []steps.Option{{Value: "on", Label: "Go on"}, {Value: "again", Label: "Another name"}}
	again := &steps.Step{ID: "again", Title: "Again", Of: "policy", Ask: says("Is the name good?"), Help: says(""), Applies: func(steps.State) bool { return true }, Needs: needs,
		Options: func(steps.State) []steps.Option { return options }, Selected: func(steps.State) []string { return []string{"on"} },
		Set: func(s steps.State, v []string) (steps.Change, error) {
			c := steps.Change{Answers: s.Ans}
			if v[0] == "again" {
				c.Again = "a-text"
			}
			return c, nil
		}, Short: says("")}
	return []*steps.Step{text, again}
}

// withText puts the two after the policy.
func withText(a *app, empty bool) {
	at := slices.IndexFunc(a.steps, func(s *steps.Step) bool { return s.ID == "policy" })
	a.steps = slices.Insert(a.steps, at+1, aText(empty)...)
}

var toPolicy = append(slices.Clone(everyStep), "enter", "enter", "enter", "enter", "enter")

func TestTextIsTypedAndStaysTyped(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		withText(d.a, false)
		d.press(append(slices.Clone(toPolicy), "enter")...)
		d.sees("How is it called?", "> proposal", "This is said of it.")
		_, of, title := d.a.here()
		if title != "Endpoint policy" || of != len(d.a.sidebarSteps()) {
			t.Errorf("it stands at %s", title)
		}
		d.press("ctrl+u", "enter")
		d.sees("! Must not be empty.")
		d.press("text:two words?q", "enter")
		d.sees("> two words?q", "! This name is not valid.")
		d.a.opts.Width, d.a.opts.Height = 0, 0
		for _, size := range [][2]int{{40, 12}, {1, 1}, {120, 40}, {80, 24}} {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			fits(t, d, size[0], size[1])
			if size[0] > 1 {
				d.sees("> two words?q", "This name is not valid.")
			}
		}
		d.press("esc")
		d.sees("Which policy should the endpoints use?")
		d.press("enter")
		d.sees("> two words?q")
		d.send(tea.PasteMsg{Content: "\x1b[31m-pasted\r\n"})
		d.sees("> two words?q-pasted")
		d.missesAll("not valid")
		d.press("ctrl+u", "text:good", "enter")
		d.sees("Is the name good?")
		if d.a.ans.Tags["name"] != "good" {
			t.Errorf("%+v", d.a.ans.Tags)
		}
		n := len(d.a.stack)
		d.press("choose:another name")
		d.sees("How is it called?", "> good")
		if len(d.a.stack) != n-1 {
			t.Errorf("%d screens, want %d", len(d.a.stack), n-1)
		}
		d.press("left", "left", "x", "home", "delete", "end", "backspace", "enter", "enter", "esc", "esc")
		d.sees("> oxo")
	})
}

func TestTextOnASmallScreen(t *testing.T) {
	play(t, newFake(), Options{Width: 40, Height: 12}, func(d *driver) {
		withText(d.a, true)
		d.press(append(slices.Clone(toPolicy), "enter")...)
		d.sees("How is it called?", "> proposal", "… more (↓)", "enter continue · esc back")
		for range 30 {
			d.press("down")
		}
		d.sees("The end.")
		d.press("up", "pgdown", "pgup", "ctrl+u")
		d.sees("Optional: the field can be empty.")
		d.press("text:" + strings.Repeat("long-", 20) + "end")
		d.sees("long-end")
		d.press("home")
		d.sees("> long-long-")
		fits(t, d, 40, 12)
		d.press("ctrl+u", "enter")
		if v, ok := d.a.ans.Tags["name"]; !ok || v != "" {
			t.Errorf("%+v", d.a.ans.Tags)
		}
	})
}

// What a text waits for is shown, and what was typed meanwhile kept.
func TestTextWaitsForWhatItNeeds(t *testing.T) {
	f := newFake()
	play(t, f, Options{}, func(d *driver) {
		withText(d.a, false)
		d.press(append(slices.Clone(toPolicy), "enter")...)
		d.press("text:-2")
		needs := d.a.stepOf("a-text").Needs
		d.a.stepOf("a-text").Needs = func(steps.State) []inventory.Request {
			return []inventory.Request{{Part: inventory.PartQuotas, VPC: "new"}}
		}
		f.mu.Lock()
		f.hold = inventory.PartQuotas
		f.mu.Unlock()
		d.start(d.a.top().enter(d.a))
		d.settle()
		d.missesAll("How is it called?")
		d.press("x", "enter")
		close(f.held)
		d.settle()
		d.sees("> proposal-2")
		d.a.stepOf("a-text").Needs = needs
	})
}

func TestPlainText(t *testing.T) {
	ask := func(empty bool, in ...string) (*lines, string) {
		var out transcript
		in = append(in, "")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p := newLines(ctx, cancel, newApp(ctx, newFake(), Options{In: strings.NewReader(strings.Join(in, "\n")), Err: &out, Build: build}))
		go p.read()
		withText(p.app, empty)
		_, err := p.step(p.stepOf("a-text"))
		if err != nil {
			p.say("error: %v", err)
		}
		return p, out.String()
	}
	for _, tt := range []struct {
		empty      bool
		in         []string
		want, says string
	}{
		{false, []string{""}, "proposal", "Text\nHow is it called?\nText [proposal]: "},
		{false, []string{"?", " two words", "-", "other"}, "-", "This name is not valid."},
		{true, []string{"-"}, "", "Text [proposal], or - for none: "},
		{true, []string{"?", `"b"`}, "b", "in double quotes"},
		{false, []string{"?"}, "", "error: end of input"},
		{false, []string{"b"}, "", "error: back"},
		{false, []string{"q"}, "", "error: quit"},
	} {
		p, out := ask(tt.empty, tt.in...)
		if p.ans.Tags["name"] != tt.want {
			t.Errorf("%q: %q, want %q\n%s", tt.in, p.ans.Tags["name"], tt.want, out)
		}
		says(t, out, tt.says)
	}
}

// TestTextsOfOneGroupShareAScreen: an answered text is a line above the next one, a text that is not valid keeps the focus, and
// Esc goes back from it. The screen has no lines for other texts, and uses a window that has grown.
func TestTextsOfOneGroupShareAScreen(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		first, second := aText(false)[0], aText(false)[0]
		first.ID, first.Ask = "first", func(steps.State) string { return "What is the first name?" }
		second.ID, second.Ask = "second", func(steps.State) string { return "What is the second name?" }
		at := slices.IndexFunc(d.a.steps, func(s *steps.Step) bool { return s.ID == "policy" })
		d.a.steps = slices.Insert(d.a.steps, at+1, first, second)
		d.press(append(slices.Clone(toPolicy), "enter")...)
		d.sees("What is the first name?")
		d.missesAll("second name")
		d.press("ctrl+u", "text:one", "enter")
		d.sees("✓ What is the first name? one", "What is the second name?", "> one")
		d.press("ctrl+u", "text:not valid", "enter")
		d.sees("! This name is not valid.", "> not valid")
		if body := d.a.body(60, 10); strings.TrimSpace(ansi.Strip(body[1])) != "What is the second name?" {
			t.Errorf("%q", body)
		}
		d.a.opts.Width, d.a.opts.Height = 0, 0
		for _, size := range [][2]int{{40, 12}, {120, 40}} {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			d.sees("> not valid", "second name", "This name is not valid.")
			fits(t, d, size[0], size[1])
		}
		d.press("esc")
		d.sees("What is the first name?", "> one")
		d.press("enter")
		d.sees("> not valid") // the draft
		d.press("ctrl+u", "text:two", "enter")
		if d.a.ans.Tags["name"] != "two" {
			t.Errorf("%+v", d.a.ans.Tags)
		}
	})
}

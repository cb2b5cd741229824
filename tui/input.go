package tui

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// inputs returns the secret texts to ask for, and those from flags and variables. The wizard
// asks for them directly before it applies the plan. It keeps them in memory and drops them
// at the end of the run.
func (a *app) inputs(p *plan.Plan) (ask []resource.Input, given map[string]secret.Text) {
	given = map[string]secret.Text{}
	if a.opts.Inputs == nil {
		return nil, given
	}
	for _, in := range a.opts.Inputs(p) {
		if t, has := a.opts.Secrets[in.Name]; has && !t.Empty() {
			given[in.Name] = t
		} else {
			ask = append(ask, in)
		}
	}
	return ask, given
}

// inputScreen asks for secret texts, one after the other. It shows only a dot for each
// character.
type inputScreen struct {
	plan   *plan.Plan
	inputs []resource.Input
	at     int // index of the current text
	typed  [][]byte
	given  map[string]secret.Text // from flags and variables
	err    string
	page   textPage
}

func newInputScreen(p *plan.Plan, inputs []resource.Input, given map[string]secret.Text) *inputScreen {
	s := &inputScreen{plan: p, inputs: inputs, given: given, typed: make([][]byte, len(inputs))}
	s.turnTo(0)
	return s
}

func (s *inputScreen) turnTo(at int) {
	s.at, s.err = at, ""
	s.page = textPage{title: "Secret values", ask: s.inputs[at].Ask,
		help: s.inputs[at].Help + "\n\nThe text is not shown. The wizard drops it at the end of the run. You can paste several lines. Ctrl-U empties the field."}
}

func (s *inputScreen) stepID() string     { return atApply }
func (s *inputScreen) enter(*app) tea.Cmd { return nil }

func (s *inputScreen) keys(*app) []key.Binding {
	return slices.Insert(typingKeys(), 2, keys.clear)
}

// insert inserts pasted text without changes, except that it converts carriage returns. A
// terminal sends them for the line feeds of the copied text.
func (s *inputScreen) insert(text string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if len(s.typed[s.at])+len(text) > secret.Most {
		s.err = fmt.Sprintf("The text is too long: Secrets Manager allows up to %d bytes. It was not inserted.", secret.Most)
		return
	}
	s.err = ""
	old := s.typed[s.at]
	s.typed[s.at] = append(old[:len(old):len(old)], text...)
	clear(old)
}

func (s *inputScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case is(k, bindEsc):
		if s.at > 0 {
			s.turnTo(s.at - 1)
			return nil
		}
		s.forget()
		return a.pop()
	case is(k, keys.choose):
		return s.take(a)
	case is(k, keys.clear):
		s.empty(s.at)
	case k.String() == "backspace":
		_, n := utf8.DecodeLastRune(s.typed[s.at])
		s.typed[s.at] = s.typed[s.at][:len(s.typed[s.at])-n]
		s.err = ""
	case s.page.turn(k):
	case k.Text != "":
		s.insert(k.Text)
	}
	return nil
}

// take continues with the next text, or asks for confirmation of the plan.
func (s *inputScreen) take(a *app) tea.Cmd {
	switch v := s.typed[s.at]; {
	case len(v) == 0:
		s.err = "The text must not be empty."
		return nil
	case bytes.IndexByte(v, 0) >= 0:
		s.err = "The text must not contain a NUL byte. Ctrl-U empties the field."
		return nil
	case s.at+1 < len(s.inputs):
		s.turnTo(s.at + 1)
		return nil
	}
	given := maps.Clone(s.given)
	for i, in := range s.inputs {
		given[in.Name] = secret.New(string(s.typed[i]))
	}
	return a.confirm(s.plan, given)
}

func (s *inputScreen) empty(at int) {
	clear(s.typed[at])
	s.typed[at], s.err = nil, ""
}

// forget drops all typed texts.
func (s *inputScreen) forget() {
	for i := range s.typed {
		s.empty(i)
	}
	s.given = nil
}

// dropInputs removes the screens with secret texts, so that Esc cannot return to them.
func (a *app) dropInputs() {
	a.stack = slices.DeleteFunc(a.stack, func(s screen) bool {
		in, ok := s.(*inputScreen)
		if ok {
			in.forget()
		}
		return ok
	})
}

func (s *inputScreen) render(a *app, w, h int) []string {
	v := s.typed[s.at]
	n := utf8.RuneCount(v)
	space := max(w-3, 1)
	dots := strings.Repeat("•", min(n, space))
	if more := fmt.Sprintf(" (%d characters)", n); n > space && space > len(more) {
		dots = dots[:(space-len(more))*len("•")] + more
	}
	field := cut(a.st.accent.Render(">")+" "+dots+a.st.chosen.Render(" "), w)
	var below []string
	switch lines := bytes.Count(v, []byte("\n")); {
	case s.err != "":
		below = paint(a.st.bad, wrap("! "+s.err, w))
	case lines > 0 && v[len(v)-1] == '\n':
		below = paint(a.st.warn, wrap("! The text ends with a line break, which is part of it. Backspace removes the line break.", w))
	case lines > 0:
		below = []string{a.st.dim.Render(fmt.Sprintf("The text has %d lines.", lines+1))}
	}
	return s.page.render(&a.st, field, below, w, h)
}

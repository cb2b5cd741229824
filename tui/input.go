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
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// inputs are the secret texts that have to be asked for, and those that were given from
// outside. They are asked for right before the plan is carried out, held in memory, and
// dropped when the run has ended.
func (a *app) inputs(p *plan.Plan) (ask []plan.Input, given map[string]secret.Text) {
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

// inputScreen asks for secret texts, one after the other. It shows a dot for each
// character, and there is no way to see more.
type inputScreen struct {
	plan   *plan.Plan
	inputs []plan.Input
	at     int // of the one that is asked for
	typed  [][]byte
	given  map[string]secret.Text // from outside
	err    string
	page   textPage
}

func newInputScreen(p *plan.Plan, inputs []plan.Input, given map[string]secret.Text) *inputScreen {
	s := &inputScreen{plan: p, inputs: inputs, given: given, typed: make([][]byte, len(inputs))}
	s.turnTo(0)
	return s
}

func (s *inputScreen) turnTo(at int) {
	s.at, s.err = at, ""
	s.page = textPage{title: "Before it starts", ask: s.inputs[at].Ask,
		help: s.inputs[at].Help + "\n\nWhat you type is not shown, and dropped when the run has ended. Text can be pasted, with all its lines. Ctrl-U empties the field."}
}

func (s *inputScreen) station() string    { return atApply }
func (s *inputScreen) enter(*app) tea.Cmd { return nil }

func (s *inputScreen) keys(*app) []key.Binding {
	return slices.Insert(typingKeys(), 2, keys.clear)
}

// insert takes what is pasted as it is. A terminal sends the end of a line as Enter does,
// which is a line feed in what was copied.
func (s *inputScreen) insert(text string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if len(s.typed[s.at])+len(text) > secret.Most {
		s.err = fmt.Sprintf("That is more than %d bytes, which is the most that AWS Secrets Manager takes. It was not put in.", secret.Most)
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

// take goes on to the next text, or asks whether the plan shall be carried out with them.
func (s *inputScreen) take(a *app) tea.Cmd {
	switch v := s.typed[s.at]; {
	case len(v) == 0:
		s.err = "Nothing is typed yet."
		return nil
	case bytes.IndexByte(v, 0) >= 0:
		s.err = "It holds a NUL byte, which no registry takes. Ctrl-U empties the field."
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

// forget drops all that was typed.
func (s *inputScreen) forget() {
	for i := range s.typed {
		s.empty(i)
	}
	s.given = nil
}

// dropInputs takes the screens with secret texts away, so that nothing leads back to them.
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
	room := max(w-3, 1)
	dots := strings.Repeat("•", min(n, room))
	if more := fmt.Sprintf(" (%d characters)", n); n > room && room > len(more) {
		dots = dots[:(room-len(more))*len("•")] + more
	}
	field := cut(a.st.accent.Render(">")+" "+dots+a.st.chosen.Render(" "), w)
	var below []string
	switch lines := bytes.Count(v, []byte("\n")); {
	case s.err != "":
		below = paint(a.st.bad, wrap("! "+s.err, w))
	case lines > 0 && v[len(v)-1] == '\n':
		below = paint(a.st.warn, wrap("! It ends with the end of a line, which counts as part of it. Backspace takes that away.", w))
	case lines > 0:
		below = []string{a.st.dim.Render(fmt.Sprintf("It has %d lines.", lines+1))}
	}
	return s.page.render(&a.st, field, below, w, h)
}

package tui

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
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

// secretScreen asks for a secret text. It shows only a dot for each character. It has its own field, because the inputs of
// huh and bubbles have one line and keep the text in strings, which nobody can empty.
type secretScreen struct {
	input resource.Input
	take  func(secret.Text) error
	typed []byte
	err   string
	page  textPage
}

// Secret implements prompter.
func (a *app) Secret(in resource.Input, take func(secret.Text) error) error {
	a.run(a.push(&secretScreen{input: in, take: take, page: textPage{ask: in.Ask,
		help: in.Help + "\n\nThe text is not shown. The wizard drops it at the end of the run. You can paste several lines. Ctrl-U empties the field."}}))
	return nil
}

func (s *secretScreen) stepID() string     { return atApply }
func (s *secretScreen) enter(*app) tea.Cmd { return nil }
func (s *secretScreen) terms(*app) []*terms.Term {
	return []*terms.Term{terms.RegistrySecret, terms.ExecutionRole}
}

func (s *secretScreen) keys(*app) []key.Binding {
	return slices.Insert(typingKeys(), 2, keys.clear)
}

// insert inserts pasted text without changes, except that it converts carriage returns.
func (s *secretScreen) insert(text string) {
	text = lineFeeds(text)
	if len(s.typed)+len(text) > secret.Most {
		s.err = fmt.Sprintf("The text is too long: Secrets Manager allows up to %d bytes. It was not inserted.", secret.Most)
		return
	}
	s.err = ""
	old := s.typed
	s.typed = append(old[:len(old):len(old)], text...)
	clear(old)
}

func (s *secretScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case is(k, bindEsc):
		s.forget()
		return a.pop()
	case is(k, keys.choose):
		s.choose(a)
	case is(k, keys.clear):
		s.forget()
	case k.String() == "backspace":
		_, n := utf8.DecodeLastRune(s.typed)
		s.typed = s.typed[:len(s.typed)-n]
		s.err = ""
	case s.page.turn(k):
	case k.Text != "":
		s.insert(k.Text)
	}
	return nil
}

// choose takes the text.
func (s *secretScreen) choose(a *app) {
	switch {
	case len(s.typed) == 0:
		s.err = "The text must not be empty."
	case bytes.IndexByte(s.typed, 0) >= 0:
		s.err = "The text must not contain a NUL byte. Ctrl-U empties the field."
	default:
		if err := s.take(secret.New(string(s.typed))); err != nil {
			a.warn("%s", sentence(err.Error()))
		}
	}
}

// forget drops the typed text.
func (s *secretScreen) forget() {
	clear(s.typed)
	s.typed, s.err = nil, ""
}

// dropSecrets removes the screens with secret texts, so that Esc cannot return to them.
func (a *app) dropSecrets() {
	a.stack = slices.DeleteFunc(a.stack, func(s screen) bool {
		in, ok := s.(*secretScreen)
		if ok {
			in.forget()
		}
		return ok
	})
}

func (s *secretScreen) render(a *app, w, h int) []string {
	v := s.typed
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

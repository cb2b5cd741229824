package tui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// undoThis is the option after a result that u is on the screen.
var undoThis = steps.Option{Value: "undo", Label: "Undo this run", Hint: "compares it with the account, and asks for confirmation"}

// undo compares a run with the account, asks for confirmation, and reverts it. Before it begins it can return errBack.
func (p *lines) undo(u *reverting) error {
	err := p.trying(func() (tried string, err error) {
		p.say("%s", comparing)
		u.found, err = u.of.Compare(p.ctx)
		return "what became of the run", err
	})
	if err != nil {
		return err
	}
	u.choose(false)
	p.say("\n%s", u.text(p.app))
	if u.asks {
		v, err := p.choose("Changed by somebody else", alsoChanged+"?", "The list above says what was changed, and what is not known.", "keep",
			[]steps.Option{{Value: "keep", Label: "Keep it"}, {Value: "revert", Label: "Revert it too"}}, undoTerms)
		if err != nil {
			return err
		}
		if v == "revert" {
			u.choose(true)
			p.say("\n%s", u.text(p.app))
		}
	}
	if u.action() == "" {
		p.say("There is nothing to revert.")
		return errBack
	}
	return p.Confirm(confirmation{title: "Undo this run?", text: "The list above shows what is reverted.", terms: undoTerms, yes: "Undo"}, func() error { return p.revert(u) })
}

func (p *lines) revert(u *reverting) error {
	s := newUndoProgress(u)
	end, err := p.perform(s, u.run(), "Reverting the run.")
	if err != nil {
		return err
	}
	next := []steps.Option{{Value: "leave", Label: "Quit"}, {Value: "again", Label: "Create a new plan", Hint: "reads the account again"}}
	if u.id == atEarlier {
		next[1] = steps.Option{Value: "again", Label: "Choose an account or another run"}
	}
	if end.last != nil {
		next = append(next, undoThis)
	}
	if err := p.conclude(newUndoResult(p.app, s, end)); err != nil {
		return err
	}
	for {
		switch v, err := p.choose("Next", "What should the wizard do next?", "The result above shows what was reverted.", "leave", next, undoTerms); {
		case err == errBack:
			p.say("The run was reverted, so you cannot go back. Type q to quit.")
		case err != nil:
			return err
		case v == "again":
			return errAgain
		case v == "leave":
			return errLeft
		default:
			if err := p.undo(&reverting{of: u.of, id: u.id}); err != errBack {
				return err
			}
		}
	}
}

// earlier asks for an earlier run, and reverts it.
func (p *lines) earlier(runs []*Earlier) error {
	return askRun(p, runs, func(e *Earlier) error { return p.undo(&reverting{of: e, id: atEarlier}) })
}

// text is the content of the screen as lines.
func (s *reverting) text(a *app) string {
	lines := []string{"Undo the run of " + s.of.when() + "?"}
	for _, l := range s.counts(a, longest) {
		lines = append(lines, strings.TrimRight(ansi.Strip(l), " "))
	}
	was := s.fates()
	for _, part := range run.Sections(s.left) {
		lines = append(lines, part.Title+":")
		for _, l := range part.Steps {
			lines = append(lines, fmt.Sprintf("%s (%s)", named(cmp.Or(l.ID, string(l.Change)), l.Summary), was[l.Name()].Fate))
			for _, note := range notes(l, was[l.Name()]) {
				lines = append(lines, "  "+note)
			}
		}
	}
	lines = append(lines, run.Affected(s.left)...)
	return strings.Join(lines, "\n")
}

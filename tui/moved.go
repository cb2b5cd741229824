package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// Texts about a plan that is compared with the account before it is applied.
const (
	movedTitle = "The account has changed since the review"
	movedHelp  = "The wizard has changed nothing. The plan for the account as it is now is different:"
)

// moved returns a function that reads the account again and returns what is different in the plan for it; nothing if the
// plan is the same. The function may be called from any goroutine.
func (a *app) moved(p *plan.Plan) func(context.Context) ([]string, error) {
	session, build, ans := a.session, a.opts.Build, a.ans.Clone().Answers
	needs := append([]inventory.Request(nil), a.inv.Loaded...) // what was read for other screens can be part of the plan
	if p.ToApply() == 0 {                                      // nothing is written
		return func(context.Context) ([]string, error) { return nil, nil }
	}
	return func(ctx context.Context) ([]string, error) {
		var now inventory.Inventory
		for {
			missing := steps.Missing(&now, append(needs, steps.Requests(&now, ans)...))
			if len(missing) == 0 {
				return p.Differences(build(&now, ans)), nil
			}
			parts, errs := loadParts(ctx, session, missing)
			if err := errors.Join(errs...); err != nil {
				return nil, fmt.Errorf("cannot read the account again, so nothing was changed: %w", err)
			}
			for _, part := range parts {
				now.Merge(part)
			}
		}
	}
}

// movedScreen shows why a plan was not applied.
type movedScreen struct {
	lines  []string
	notice string // for the review
	scroller
}

func (s *movedScreen) stepID() string           { return atReview }
func (s *movedScreen) enter(*app) tea.Cmd       { return nil }
func (s *movedScreen) terms(*app) []*terms.Term { return verifyTerms }

func (s *movedScreen) keys(*app) []key.Binding {
	return []key.Binding{keys.move, renamed(keys.choose, "review the new plan")}
}

func (s *movedScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	if is(k, keys.choose, keys.back) {
		a.say("%s", s.notice)
		return a.pop()
	}
	s.scroller.press(k)
	return nil
}

func (s *movedScreen) render(a *app, w, h int) []string {
	out := paint(a.st.title, wrap(movedTitle, w))
	out = append(append(out, paint(a.st.dim, wrap(movedHelp, w))...), "")
	var lines []string
	for _, l := range s.lines {
		lines = append(lines, indented(a.st.text, "", "~ "+cleanText(l), w)...)
	}
	return append(out, s.window(&a.st, lines, h-len(out))...)
}

// movedText is the same as text.
func movedText(lines []string) string {
	return movedTitle + "\n" + movedHelp + "\n- " + strings.Join(lines, "\n- ")
}

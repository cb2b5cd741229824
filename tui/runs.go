package tui

import (
	"cmp"
	"fmt"
	"strconv"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// runsScreen asks for the earlier run to revert.
type runsScreen struct {
	runs []*Earlier
	pick *picker
	page listPage
}

func newRunsScreen(runs []*Earlier) *runsScreen {
	var opts []steps.Option
	for i, e := range runs {
		opts = append(opts, steps.Option{Value: strconv.Itoa(i), Label: e.when() + "  " + cmp.Or(e.Run.VPC, e.Run.Region), Hint: e.Run.State() + ", " + words.Count(e.Run.Made(), "resource")})
	}
	return &runsScreen{runs: runs, pick: pickerOf(opts, false, nil), page: listPage{
		title: "Undo an earlier run", ask: "Which run should the wizard undo?",
		help:    "The wizard opens the account of the run with your credentials, and compares the run with it. Nothing is changed before you confirm.",
		details: func(i int) string { return runs[i].details() }}}
}

// when is the time of the run.
func (e *Earlier) when() string { return e.Run.Time.Local().Format("2006-01-02 15:04") }

func (e *Earlier) details() string {
	r := e.Run
	text := fmt.Sprintf("Run %s\n\nAccount    %s\nRegion     %s\n", r.ID, r.Account, r.Region)
	if r.VPC != "" {
		text += "VPC        " + r.VPC + "\n"
	}
	if r.Workload != "" {
		text += "Workload   " + r.Workload + "\n"
	}
	return text + fmt.Sprintf("State      %s\nResources  %d created or changed", r.State(), r.Made())
}

// undo returns the screen that asks whether to revert a chosen run.
func (s *runsScreen) undo(value string) *undoScreen {
	i, _ := strconv.Atoi(value)
	return newUndoScreen(s.runs[i], atEarlier)
}

func (s *runsScreen) stepID() string     { return atEarlier }
func (s *runsScreen) list() *picker      { return s.pick }
func (s *runsScreen) about() *listPage   { return &s.page }
func (s *runsScreen) enter(*app) tea.Cmd { return nil }

func (s *runsScreen) keys(*app) []key.Binding {
	if s.pick.filtering {
		return []key.Binding{keys.typing, keys.choose, keys.clearFilter}
	}
	return []key.Binding{keys.move, keys.choose, keys.filter, keys.back}
}

func (s *runsScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.page.press(s.pick, k):
	case is(k, keys.choose):
		if v := s.pick.chosen(); len(v) == 1 {
			return a.push(s.undo(v[0]))
		}
	case is(k, keys.back):
		return a.pop()
	}
	return nil
}

func (s *runsScreen) render(a *app, w, h int) []string {
	return s.page.render(&a.st, s.pick, w, h)
}

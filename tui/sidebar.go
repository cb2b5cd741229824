package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// IDs of the steps in the sidebar that are not questions.
const (
	atAccount = "account"
	atReview  = "review"
	atApply   = "apply"
	atResult  = "result"
	// The screens of an undo have no sidebar: of a run of the open account, and of one that was chosen on the first screen.
	atUndo    = "undo"
	atEarlier = "earlier run"
	// The explanation of an error message has no sidebar either.
	atExplain = "explain"
)

// sidebarStep is one line of the sidebar.
type sidebarStep struct{ id, title, short string }

// sidebarSteps returns all steps of the sidebar with their answers.
func (a *app) sidebarSteps() []sidebarStep {
	out := []sidebarStep{{atAccount, "Account", clean(a.account.Title)}}
	s := a.state()
	for _, step := range a.steps {
		switch {
		case step.Of != "", step.For != nil && !step.For(families.Of(a.ans.Workload)): // part of another step, or not for this workload
			continue
		case s.Creates() && !step.Applies(s): // most questions are about what exists
			continue
		}
		short := ""
		if a.session != nil {
			short = clean(step.Short(s))
		}
		out = append(out, sidebarStep{step.ID, step.Title, short})
	}
	return append(out, sidebarStep{atReview, "Review", ""}, sidebarStep{atApply, "Apply", ""}, sidebarStep{atResult, "Result", ""})
}

// here returns the sidebar step of the current screen.
func (a *app) here() (at, of int, title string) {
	all := a.sidebarSteps()
	id := a.top().stepID()
	for _, step := range a.steps {
		if step.ID == id && step.Of != "" {
			id = step.Of
			break
		}
	}
	for i, s := range all {
		if s.id == id {
			return i, len(all), s.title
		}
	}
	return 0, len(all), ""
}

// visited reports whether the user has seen a screen of a step of the sidebar.
func (a *app) visited(id string) bool {
	return slices.ContainsFunc(a.stack, func(s screen) bool {
		return s.stepID() == id || slices.ContainsFunc(a.steps, func(step *steps.Step) bool { return step.ID == s.stepID() && step.Of == id })
	})
}

// sidebar renders the steps: answered ones, those with an answer from the account, the current one, and later ones. A narrow
// sidebar has the answer in place of the name.
func (a *app) sidebar(w, h int) []string {
	const names = 17 // width of the names beside the answers
	at, _, _ := a.here()
	var out []string
	for i, s := range a.sidebarSteps() {
		mark, style := markTodo, a.st.dim
		switch {
		case i == at:
			mark, style = markCursor, a.st.cursor
		case i < at && a.visited(s.id):
			mark = markDone
		case i < at && s.short != "":
			mark = markTaken
		case i < at:
			mark = markSkipped
		}
		switch {
		case i >= at || s.short == "":
			out = append(out, style.Render(cut(mark+" "+s.title, w)))
		case w < 2*names:
			out = append(out, style.Render(mark)+" "+cut(s.short, w-2))
		default:
			out = append(out, style.Render(mark+" "+fit(s.title, names))+" "+cut(s.short, w-names-3))
		}
	}
	return tall(out, h)
}

// snapshotText says when a snapshot was taken: "snapshot 2026-11-30 09:15, masked".
func snapshotText(o *inventory.Origin) string {
	out := "snapshot"
	if day, hours, ok := strings.Cut(o.Taken, "T"); ok && len(hours) >= 5 {
		out += " " + day + " " + hours[:5]
	}
	if o.Mask != "" {
		out += ", masked"
	}
	return out
}

// header shows the account and the Region. A sandbox account has a badge.
func (a *app) header(w int) string {
	const name = "PrivateLink Wizard"
	if a.session == nil || a.top().stepID() == atEarlier { // the run may be of another account
		return cut(a.st.title.Render(name), w)
	}
	where := ""
	switch set := a.account.Settings; {
	case a.account.Practice && a.account.Scenario != "":
		where = a.st.sandbox.Render(" SANDBOX ") + " " + clean(a.account.Scenario)
	case a.account.Practice:
		where = a.st.sandbox.Render(" SANDBOX ")
	case set != nil && set.Profile != "":
		where = "profile " + clean(set.Profile)
	case a.inv.Snapshot != nil:
		where = clean(snapshotText(a.inv.Snapshot))
	}
	number := a.inv.Account
	if number == "" && where == "" { // not read yet
		number = a.account.Title
	}
	for _, part := range []string{number, a.inv.Region} {
		if where != "" && part != "" {
			where += a.st.dim.Render(" · ")
		}
		where += clean(part)
	}
	if w < len(name)+ansi.StringWidth(where)+1 { // the account is more important than the name
		return cut(where, w)
	}
	return a.st.title.Render(fit(name, w-ansi.StringWidth(where))) + where
}

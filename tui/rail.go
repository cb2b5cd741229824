package tui

import (
	"github.com/charmbracelet/x/ansi"
)

// Stations of the rail that are not steps.
const (
	atAccount = "account"
	atReview  = "review"
	atApply   = "apply"
	atResult  = "result"
)

// station is one line of the rail.
type station struct{ id, title, short string }

// stations are all places of the journey, with what was answered there.
func (a *app) stations() []station {
	out := []station{{atAccount, "Account", clean(a.account.Title)}}
	s := a.state()
	for _, step := range a.steps {
		if step.Of != "" || step.For != nil && !step.For(a.ans.Workload) { // part of a place; of some workloads only
			continue
		}
		short := ""
		if a.session != nil {
			short = clean(step.Short(s))
		}
		out = append(out, station{step.ID, step.Title, short})
	}
	return append(out, station{atReview, "Review", ""}, station{atApply, "Apply or export", ""}, station{atResult, "Result", ""})
}

// here is the station of the screen that is shown.
func (a *app) here() (at, of int, title string) {
	all := a.stations()
	id := a.top().station()
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

// rail draws the list of stations: done, here, to come.
func (a *app) rail(w, h int) []string {
	at, _, _ := a.here()
	var out []string
	for i, s := range a.stations() {
		mark, style := markTodo, a.st.dim
		switch {
		case i == at:
			mark, style = markCursor, a.st.cursor
		case i < at:
			mark, style = markDone, a.st.text
		}
		line := style.Render(mark + " " + s.title)
		if room := w - ansi.StringWidth(line) - 2; i < at && s.short != "" && w > 24 && room > 5 {
			line += a.st.dim.Render(cut("  "+s.short, room+2))
		}
		out = append(out, cut(line, w))
	}
	return tall(out, h)
}

// header says where everything here happens; a practice account is labelled.
func (a *app) header(w int) string {
	line := a.st.title.Render("PrivateLink Wizard")
	if a.session == nil {
		return cut(line, w)
	}
	if a.account.Practice {
		line += " " + a.st.practice.Render(" PRACTICE ")
	}
	who := a.inv.Account
	if who == "" {
		who = a.account.Title
	}
	for _, part := range []string{who, a.inv.Region, a.inv.Caller} {
		if part != "" {
			line += a.st.dim.Render(" · ") + clean(part)
		}
	}
	return cut(line, w)
}

package tui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// networkMap is the map of the VPC. It covers the screen that opened it, as the help does, so that a run below it goes on.
type networkMap struct {
	net     *netmap.Map
	after   bool              // the network after the plan; otherwise now
	layouts [2]*netmap.Layout // now, and after the plan
	focus   int
	top     int  // of the picture
	high    int  // lines of the picture
	whole   bool // the details replace the picture
	text    scroller
}

// canMap reports whether the screen knows a VPC with its network, or a new one.
func (a *app) canMap() bool {
	switch a.top().stepID() {
	case atAccount, atUndo, atEarlier, atExplain:
		return false
	}
	return a.session != nil && (a.ans.Creates() || a.ans.VPC != "" && a.inv.Network(a.ans.VPC) != nil)
}

// applied returns the screen of the run that applies the plan, or that has applied it; nil before.
func (a *app) applied() *progressScreen {
	for _, s := range a.stack {
		if p, ok := s.(*progressScreen); ok && p.undo == nil {
			return p
		}
	}
	return nil
}

// openMap opens the map. It shows the network after the plan during a run, and the present one before. A VPC that does not
// exist is always shown after the plan, on its form with the values there.
func (a *app) openMap() {
	m := &networkMap{}
	var p *plan.Plan
	if s := a.applied(); s != nil {
		p, m.after = s.plan, true
	} else {
		p, m.after = a.opts.Build(&a.inv, a.ans.Answers), a.ans.Creates()
	}
	m.net = netmap.Of(&a.inv, a.ans.Answers, p)
	if f, ok := a.top().(*formScreen); ok {
		if f.draw(a); f.net != nil {
			m.net = f.net
		}
	}
	m.arrange(a.w)
	a.chart = m
}

// runSteps returns how far a run is with the changes; nil without a run.
func (a *app) runSteps() func(resource.ID) netmap.Step {
	s := a.applied()
	if s == nil {
		return nil
	}
	return func(id resource.ID) netmap.Step {
		t := s.byID[id]
		switch {
		case t == nil:
			return netmap.Pending
		case t.state == run.Failed:
			return netmap.Failed
		case t.state == run.Done, t.state == run.Kept:
			return netmap.Done
		case t.working():
			return netmap.Working
		}
		return netmap.Pending
	}
}

func (m *networkMap) keys(a *app) []key.Binding {
	if m.whole {
		return []key.Binding{keys.closeDetails, keys.read}
	}
	other := a.viewText(!m.after)
	if a.w < sidebarFrom {
		other, _, _ = strings.Cut(other, " ")
	}
	return []key.Binding{keys.around, renamed(keys.choose, "details"), renamed(keys.view, other), keys.closeMap, keys.copy}
}

// terms are those of the focused object.
func (m *networkMap) terms() []*terms.Term {
	o := m.focused()
	endpoint := []*terms.Term{terms.InterfaceEndpoint, terms.PrivateDNS, terms.SecurityGroup, terms.Zones}
	switch {
	case o == nil:
	case o.Need != nil && o.Need.Endpoint != nil && strings.EqualFold(o.Need.Endpoint.Type, "Gateway"):
		return []*terms.Term{terms.GatewayEndpoint, terms.Routes}
	case o.Interface != nil, o.Need != nil:
		return endpoint
	case len(o.Tables) > 0:
		return []*terms.Term{terms.Routes, terms.GatewayEndpoint, terms.BlockPublicAccess}
	}
	return []*terms.Term{terms.VPC, terms.Routes, terms.CIDR, terms.NetworkACL, terms.BlockPublicAccess}
}

func (m *networkMap) press(a *app, k tea.KeyPressMsg) {
	if m.whole {
		if !m.text.press(k) && (is(k, keys.closeDetails, keys.choose) || is(k, keys.closeMap)) {
			m.whole = false
		}
		return
	}
	switch {
	case is(k, keys.closeMap):
		a.chart = nil
	case is(k, keys.choose, keys.details):
		m.whole, m.text = m.focused() != nil, scroller{}
	case is(k, keys.view):
		m.turn()
	case is(k, keys.copy):
		m.copy(a)
	case is(k, keys.up):
		m.focus = m.layout().Move(m.focus, 0, -1)
	case is(k, keys.down):
		m.focus = m.layout().Move(m.focus, 0, 1)
	case k.String() == "left", k.String() == "h":
		m.focus = m.layout().Move(m.focus, -1, 0)
	case k.String() == "right", k.String() == "l":
		m.focus = m.layout().Move(m.focus, 1, 0)
	case is(k, keys.pageDown):
		m.focus = m.layout().Page(m.focus, m.high)
	case is(k, keys.pageUp):
		m.focus = m.layout().Page(m.focus, -m.high)
	case is(k, keys.home):
		m.focus = 0
	case is(k, keys.end):
		m.focus = max(len(m.layout().Objects)-1, 0)
	}
}

// layout returns the arrangement of the view.
func (m *networkMap) layout() *netmap.Layout {
	if m.after {
		return m.layouts[1]
	}
	return m.layouts[0]
}

// turn shows the other view, and keeps the focus on the same object.
func (m *networkMap) turn() {
	was := m.focused()
	m.after = !m.after
	m.focus = m.layout().Find(was)
}

// arrange lays out both views for a width, and keeps the focus on the same object.
func (m *networkMap) arrange(w int) {
	var was *netmap.Object
	if m.layouts[0] != nil {
		was = m.focused()
	}
	m.layouts = [2]*netmap.Layout{m.net.Layout(w, false), m.net.Layout(w, true)}
	m.focus = m.layout().Find(was)
}

// focused returns the focused object; nil in an empty picture.
func (m *networkMap) focused() *netmap.Object {
	if l := m.layout(); m.focus < len(l.Objects) {
		return &l.Objects[m.focus]
	}
	return nil
}

// copy copies the id of the focused object.
func (m *networkMap) copy(a *app) {
	if o := m.focused(); o != nil && o.ID() != "" {
		a.copy(clean(o.ID()))
		return
	}
	a.warn("The selected line has no id of its own.")
}

// viewText names a view.
func (a *app) viewText(after bool) string {
	switch {
	case after:
		return "after the plan"
	case a.applied() != nil:
		return "before the run"
	}
	return "now"
}

func (m *networkMap) render(a *app, w, h int) []string {
	if m.layout().Width != w {
		m.arrange(w)
	}
	title, details := "", []netmap.Detail(nil)
	if o := m.focused(); o != nil {
		title, details = m.net.Describe(*o, m.after)
	}
	if m.whole {
		return m.renderWhole(a, title, details, w, h)
	}
	steps := a.runSteps()
	out := []string{a.st.title.Render(cut(clean(m.net.Headline(w, steps != nil)), w))}
	about := 1 // lines about the object, with its title
	switch {
	case h >= 30:
		about = 7
	case h >= 16:
		about = 3
	}
	pictureH := h - len(out) - about
	if about > 1 {
		pictureH-- // the rule
	}
	m.high = pictureH
	m.top = m.layout().Top(m.top, pictureH, m.focus)
	for _, l := range m.layout().Lines(m.top, pictureH, netmap.View{After: m.after, Focus: m.focus, Step: steps}) {
		out = append(out, a.st.mapLine(l))
	}
	out = tall(out, 1+pictureH)
	position, shown := "", a.viewText(m.after)
	if n := len(m.layout().Objects); n > 0 {
		position = fmt.Sprintf(", %d of %d", m.focus+1, n)
	}
	if about > 1 {
		end := " " + shown + position + " ─"
		out = append(out, a.st.dim.Render(strings.Repeat("─", max(w-ansi.StringWidth(end), 0))+end))
	} else if room := w - ansi.StringWidth(title) - 3; room > len(shown) {
		title = fit(title, w-2-len(shown)) + shown
	}
	if title != "" { // nothing can be selected in a VPC that does not exist yet
		title = markCursor + " " + title
	}
	out = append(out, a.st.cursor.Render(cut(clean(title), w)))
	for _, d := range details {
		if len(out) == h {
			break
		}
		out = append(out, cut("  "+a.st.dim.Render(fit(d.Label, 10))+a.st.mapTone(d.Tone).Render(clean(d.Text)), w))
	}
	return tall(out, h)
}

// renderWhole renders all details of the focused object.
func (m *networkMap) renderWhole(a *app, title string, details []netmap.Detail, w, h int) []string {
	out := paint(a.st.title, wrap(clean(title), w))
	lines := []string{""}
	for _, d := range details {
		label := d.Label
		for _, l := range wrap(clean(d.Text), max(w-12, 20)) {
			lines = append(lines, cut("  "+a.st.dim.Render(fit(label, 10))+a.st.mapTone(d.Tone).Render(l), w))
			label = ""
		}
	}
	return append(out, m.text.window(&a.st, lines, h-len(out))...)
}

// mapLine colors a line of the picture.
func (st *styles) mapLine(l netmap.Line) string {
	var b strings.Builder
	for _, s := range l {
		style := st.mapTone(s.Tone)
		if s.Focused {
			style = style.Background(st.band).Bold(true)
		}
		b.WriteString(style.Render(clean(s.Text)))
	}
	return b.String()
}

func (st *styles) mapTone(t netmap.Tone) lipgloss.Style {
	switch t {
	case netmap.Title:
		return st.title
	case netmap.Muted, netmap.Wire:
		return st.dim
	case netmap.Private:
		return st.accent
	case netmap.Public, netmap.Works:
		return st.good
	case netmap.Planned, netmap.Existing:
		return st.endpoint
	case netmap.Warning:
		return st.warn
	case netmap.Error:
		return st.bad
	}
	return st.text
}

// mapLegend explains the symbols of the map.
const mapLegend = "● the workload runs here, ○ it does not, ■ interfaces of others, ◆ exists, ◇ planned. At the end of a line: ✓ reachable, × not reachable, ? could not be decided, ! with a warning, – not used by the workload. p shows the network now or after the plan."

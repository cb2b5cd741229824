package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// wide is the width of a body from which the details stand beside the list.
const wide = 110

// listPage is the layout that most screens share: a question, a list, and what
// there is to know about the line under the cursor.
type listPage struct {
	title string
	ask   string
	help  string
	notes []string // warnings above the list
	// details of the row with this index.
	details func(i int) string

	scroll int // of the details
	of     int // the row that scroll belongs to
}

// press moves in the list or scrolls the details; false if the key means neither.
func (l *listPage) press(p *picker, k tea.KeyPressMsg) bool {
	switch {
	case p.filtering:
		return p.press(k)
	case is(k, keys.detailsDown):
		l.scroll++
	case is(k, keys.detailsUp):
		l.scroll = max(l.scroll-1, 0)
	default:
		return p.press(k)
	}
	return true
}

// render draws the page into w columns and h lines.
func (l *listPage) render(st *styles, p *picker, w, h int) []string {
	if at := p.at(); at != l.of {
		l.of, l.scroll = at, 0
	}
	out := []string{cut(st.title.Render(clean(l.title)), w)}
	out = append(out, wrap(cleanText(l.ask), w)...)
	if h >= 18 && l.help != "" {
		out = append(out, paint(st.dim, wrap(l.help, w))...)
	}
	for _, n := range l.notes {
		out = append(out, paint(st.warn, wrap("! "+clean(n), w))...)
	}
	out = append(out, "")
	rest := h - len(out)

	if w >= wide {
		lw := w * 11 / 20
		list := tall(p.render(st, lw, rest), rest)
		return append(out, beside(list, lw, st.dim.Render(" │ "), l.pane(st, p, w-lw-3, rest))...)
	}
	listH := min(max(len(p.rows), 1), max(rest*11/20, 4))
	if p.filtering || p.filter != "" {
		listH++
	}
	pane := rest - listH - 1
	if pane < 3 { // too small for both
		return append(out, tall(p.render(st, w, rest), rest)...)
	}
	out = append(out, tall(p.render(st, w, listH), listH)...)
	rule := st.dim.Render(strings.Repeat("─", w))
	if pos := p.position(); pos != "" && w > 40 {
		rule = st.dim.Render(strings.Repeat("─", w-len(pos)-3) + " " + pos + " ─")
	}
	out = append(out, rule)
	return append(out, l.pane(st, p, w, pane)...)
}

// pane draws the details, scrolled, and says where there is more.
func (l *listPage) pane(st *styles, p *picker, w, h int) []string {
	at := p.at()
	if at < 0 || l.details == nil {
		return tall(nil, h)
	}
	text := cleanText(l.details(at))
	if off := p.rows[at].off; off != "" {
		text = "Cannot be chosen: " + off + ".\n\n" + text
	}
	lines := wrap(text, w)
	l.scroll = min(l.scroll, max(len(lines)-h, 0))
	lines = lines[l.scroll:]
	if len(lines) > h {
		lines = tall(lines, h)
		lines[h-1] = st.dim.Render(cut("… more: J scrolls", w))
	}
	return tall(lines, h)
}

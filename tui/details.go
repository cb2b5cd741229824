package tui

import (
	"math"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// wide is the minimum width of a body with the details beside the list.
const wide = 110

// listPage is the layout of most screens: a question, a list, and the details of the
// focused row.
type listPage struct {
	ask   string
	help  string
	notes []string // warnings above the list
	// last returns the last line on a small screen, which has no space for hints in the rows; nil if the rows have them. They
	// also have them if all rows fit only without this line.
	last func(r *row) string
	// details returns the details of the row with this index.
	details func(i int) string

	scroll int  // of the details
	of     int  // the row of scroll
	open   bool // the details replace the list
	bare   bool // there is no space for the details below the list
	height int  // of the open details
	above  int  // lines above the list
}

// listed is implemented by screens with a list page.
type listed interface {
	list() *picker
	about() *listPage
}

// keys adds the keys for details to the keys of a screen.
func (l *listPage) keys(ks []key.Binding) []key.Binding {
	switch {
	case l.open: // of the screen's keys, only those for the focused row stay
		ks = slices.DeleteFunc(ks, func(b key.Binding) bool {
			k := b.Help().Key
			return k != keys.fix.Help().Key && k != keys.accept.Help().Key && k != keys.help.Help().Key && k != keys.quit.Help().Key
		})
		return slices.Insert(ks, 0, keys.closeDetails, keys.read)
	case l.bare:
		return slices.Insert(ks, min(1, len(ks)), keys.details) // early, because the help bar is short on small screens
	}
	return slices.Insert(ks, min(2, len(ks)), keys.scroll) // early, as above
}

// press moves in the list or scrolls the details. It returns false for other keys.
func (l *listPage) press(p *picker, k tea.KeyPressMsg) bool {
	switch {
	case l.open:
		l.turn(k)
	case p.filtering:
		return p.press(k)
	case is(k, keys.details):
		l.open, l.scroll = p.under() != nil, 0
	case is(k, keys.detailsDown):
		l.scroll++
	case is(k, keys.detailsUp):
		l.scroll = max(l.scroll-1, 0)
	default:
		return p.press(k)
	}
	return true
}

// turn scrolls or closes the open details. It handles every key, so that no key chooses a
// row that is not visible.
func (l *listPage) turn(k tea.KeyPressMsg) {
	page := max(l.height-2, 1)
	switch {
	case is(k, keys.closeDetails):
		l.open, l.scroll = false, 0
	case is(k, keys.down, keys.detailsDown):
		l.scroll++
	case is(k, keys.up, keys.detailsUp):
		l.scroll--
	case is(k, keys.pageDown):
		l.scroll += page
	case is(k, keys.pageUp):
		l.scroll -= page
	case is(k, keys.home):
		l.scroll = 0
	case is(k, keys.end):
		l.scroll = math.MaxInt32
	}
	l.scroll = max(l.scroll, 0)
}

// render draws the page into w columns and h lines.
func (l *listPage) render(st *styles, p *picker, w, h int) []string {
	if at := p.at(); at != l.of {
		l.of, l.scroll = at, 0
	}
	if l.bare = false; l.open {
		return l.whole(st, p, w, h)
	}
	out := paint(st.title, wrap(cleanText(l.ask), w))
	if h >= 18 && l.help != "" {
		out = append(out, brief(st, l.help, w)...)
	}
	for _, n := range l.notes {
		out = append(out, paint(st.warn, wrap("! "+clean(n), w))...)
	}
	out = append(out, "")
	l.above = len(out)
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
	if pane < 3 { // no space for both
		l.bare = true
		if r := p.under(); l.last != nil && r != nil && rest > 3 && rest != len(p.shown) && !p.filtering {
			p.hintless = true
			out = append(out, tall(p.render(st, w, rest-1), rest-1)...)
			p.hintless = false
			return append(out, st.dim.Render(cut(l.last(r), w)))
		}
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

// helpLines is the maximum number of lines of help below a question. The key ? shows all of it.
const helpLines = 3

// brief renders the first lines of a help text.
func brief(st *styles, help string, w int) []string {
	const more = " … (? shows all)"
	lines := wrap(cleanText(help), w)
	if len(lines) > helpLines {
		lines = lines[:helpLines]
		lines[helpLines-1] = strings.TrimRight(ansi.Truncate(lines[helpLines-1], w-len(more), ""), " .,") + more
	}
	return paint(st.dim, lines)
}

// whole renders the details instead of the list, below the complete text of the row.
func (l *listPage) whole(st *styles, p *picker, w, h int) []string {
	r := p.under()
	if r == nil {
		return tall(nil, h)
	}
	l.height = h
	text := l.text(p, w)
	if len(r.cells) > 0 { // the details have all of it
		if len(text) > 0 {
			text[0] = st.title.Render(text[0])
		}
		return l.window(st, text, w, h, "↓")
	}
	lines := paint(st.title, wrap(r.label, w))
	if r.hint != "" {
		lines = append(lines, paint(st.dim, wrap(r.hint, w))...)
	}
	if own := wrap(r.label, w); len(text) > len(own) && slices.Equal(text[:len(own)], own) { // not twice
		text = text[len(own):]
	}
	return l.window(st, append(append(lines, ""), text...), w, h, "↓")
}

// pane renders the details, with a hint if they continue.
func (l *listPage) pane(st *styles, p *picker, w, h int) []string {
	if p.at() < 0 {
		return tall(nil, h)
	}
	return l.window(st, l.text(p, w), w, h, "J")
}

// text returns the details of the focused row.
func (l *listPage) text(p *picker, w int) []string {
	at := p.at()
	if l.details == nil {
		return nil
	}
	text := cleanText(l.details(at))
	if off := p.rows[at].off; off != "" {
		text = "Cannot be chosen: " + off + ".\n\n" + text
	}
	return wrap(text, w)
}

// window renders the lines that fit, starting at the scroll position.
func (l *listPage) window(st *styles, lines []string, w, h int, key string) []string {
	l.scroll = min(l.scroll, max(len(lines)-h, 0))
	lines = lines[l.scroll:]
	if len(lines) > h {
		lines = tall(lines, h)
		lines[h-1] = st.dim.Render(cut("… more ("+key+")", w))
	}
	return tall(lines, h)
}

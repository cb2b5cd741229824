package tui

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// tone selects the color of a row. The mark of the row has the same meaning.
type tone int

const (
	plain tone = iota
	quiet
	good
	warning
	bad
)

func (st *styles) tone(t tone) lipgloss.Style {
	switch t {
	case quiet:
		return st.dim
	case good:
		return st.good
	case warning:
		return st.warn
	case bad:
		return st.bad
	}
	return st.text
}

// row is one row of a list. Its texts are safe to print.
type row struct {
	value, label, hint string
	mark               string // before the label
	tone               tone
	off                string // reason why it cannot be chosen
	heading, info      bool
	exclusive          string // see steps.Option.Exclusive
	solo               bool
	searched           string // text for the filter, lower case
	// cells are columns in place of the label: kind, name and place, or a kind and a text. note is right aligned.
	cells []string
	note  string
}

func (r *row) choosable() bool { return !r.heading && !r.info && r.off == "" }

// picker is a list that renders only its visible rows.
type picker struct {
	rows    []row
	all     []int // every row, in order
	shown   []int // rows that match the filter, by index
	many    bool
	checked map[string]bool

	cursor, top, height int

	filter    string
	loose     bool // no row contains the terms of the filter, so those with their letters in order are shown
	filtering bool
	narrowed  [][]int // shown rows of each shorter filter, for Backspace

	columns  [4]int // widths of kind, name and note, and of a kind before a text
	hintless bool   // the rows are rendered without hints
	painted  int    // number of rendered rows, for tests
}

func newPicker(rows []row, many bool, chosen []string) *picker {
	p := &picker{rows: rows, many: many, checked: map[string]bool{}, height: 10}
	p.all = make([]int, len(rows))
	for i := range rows {
		p.all[i] = i
		r := &rows[i]
		if len(r.cells) > 0 {
			r.label = strings.Join(r.cells, "  ")
			kind := 0
			if len(r.cells) < 3 {
				kind = 3
			} else {
				p.columns[1] = max(p.columns[1], ansi.StringWidth(r.cells[1]))
			}
			p.columns[kind], p.columns[2] = max(p.columns[kind], ansi.StringWidth(r.cells[0])), max(p.columns[2], ansi.StringWidth(r.note))
		}
		r.searched = strings.ToLower(r.label + " " + r.hint + " " + r.off)
	}
	p.shown = p.all
	for _, v := range chosen {
		p.checked[v] = true
	}
	p.resetCursor()
	return p
}

// pickerOf creates the rows of options, with a heading for each section.
func pickerOf(opts []steps.Option, many bool, chosen []string) *picker {
	rows := make([]row, 0, len(opts)+4)
	section := ""
	for _, o := range opts {
		if o.Section != section {
			section = o.Section
			rows = append(rows, row{heading: true, label: clean(section)})
		}
		r := row{value: o.Value, label: clean(o.Label), hint: clean(o.Hint), off: clean(o.Problem), info: o.Info, exclusive: o.Exclusive, solo: o.Solo}
		if r.info {
			r.mark = markSkipped
		}
		if !r.choosable() {
			r.tone = quiet
		}
		rows = append(rows, r)
	}
	return newPicker(rows, many, chosen)
}

// resetCursor moves the cursor to the first chosen row, or to the first row that can be
// chosen.
func (p *picker) resetCursor() {
	p.cursor = 0
	for _, fits := range []func(*row) bool{
		func(r *row) bool { return r.choosable() && p.checked[r.value] },
		(*row).choosable,
		func(r *row) bool { return !r.heading },
	} {
		if i := slices.IndexFunc(p.shown, func(i int) bool { return fits(&p.rows[i]) }); i >= 0 {
			p.cursor = i
			return
		}
	}
}

// under returns the row under the cursor; nil in an empty list.
func (p *picker) under() *row {
	if p.cursor < 0 || p.cursor >= len(p.shown) {
		return nil
	}
	return &p.rows[p.shown[p.cursor]]
}

// at returns the index of the row under the cursor; -1 in an empty list.
func (p *picker) at() int {
	if p.under() == nil {
		return -1
	}
	return p.shown[p.cursor]
}

// move moves the cursor by n rows, skips headings, and stays inside the list.
func (p *picker) move(n int) {
	if len(p.shown) == 0 {
		return
	}
	step := 1
	if n < 0 {
		step = -1
	}
	to := min(max(p.cursor+n, 0), len(p.shown)-1)
	for i := to; i >= 0 && i < len(p.shown); i += step {
		if !p.rows[p.shown[i]].heading {
			p.cursor = i
			return
		}
	}
	for i := to; i >= 0 && i < len(p.shown); i -= step { // the last row is a heading
		if !p.rows[p.shown[i]].heading {
			p.cursor = i
			return
		}
	}
}

// toggle selects the row under the cursor, or removes it from the selection.
func (p *picker) toggle() {
	r := p.under()
	if r == nil || !r.choosable() {
		return
	}
	if p.checked[r.value] {
		delete(p.checked, r.value)
		return
	}
	for i := range p.rows {
		o := &p.rows[i]
		if r.solo || o.solo || r.exclusive != "" && o.exclusive == r.exclusive {
			delete(p.checked, o.value)
		}
	}
	p.checked[r.value] = true
}

// chosen returns the selected values in the order of the list. In a list for one option it
// returns the row under the cursor.
func (p *picker) chosen() []string {
	if !p.many {
		if r := p.under(); r != nil && !r.heading && !r.info {
			return []string{r.value}
		}
		return nil
	}
	out := []string{}
	for i := range p.rows {
		if r := &p.rows[i]; p.checked[r.value] && r.choosable() {
			out = append(out, r.value)
		}
	}
	return out
}

// setFilter filters the list. A longer filter searches only the rows that are left.
func (p *picker) setFilter(f string) {
	keep := p.at()
	switch {
	case f == "":
		p.shown, p.narrowed = p.all, nil
	case len(f) > len(p.filter) && strings.HasPrefix(f, p.filter):
		p.narrowed = append(p.narrowed, p.shown)
		p.shown = p.match(p.shown, f)
	case len(p.narrowed) > 0 && strings.HasPrefix(p.filter, f) && len([]rune(p.filter)) == len([]rune(f))+1:
		p.shown = p.narrowed[len(p.narrowed)-1]
		p.narrowed = p.narrowed[:len(p.narrowed)-1]
	default:
		p.shown, p.narrowed = p.match(p.all, f), nil
	}
	if p.filter, p.loose = f, false; len(p.shown) == 0 && strings.TrimSpace(f) != "" {
		p.shown, p.loose = p.matching(p.all, func(r *row) bool { return hasLetters(r.searched, letters(f)) }), true
	}
	if i, ok := slices.BinarySearch(p.shown, keep); ok && keep >= 0 {
		p.cursor = i
		return
	}
	p.cursor = 0
	p.move(0)
}

// containsAll reports whether a lower-case text contains all terms, in any order.
func containsAll(text string, terms []string) bool {
	return !slices.ContainsFunc(terms, func(term string) bool { return !strings.Contains(text, term) })
}

func (p *picker) match(from []int, f string) []int {
	terms := strings.Fields(strings.ToLower(f))
	return p.matching(from, func(r *row) bool { return containsAll(r.searched, terms) })
}

func (p *picker) matching(from []int, ok func(*row) bool) []int {
	out := make([]int, 0, min(len(from), 64))
	for _, i := range from {
		if r := &p.rows[i]; !r.heading && ok(r) {
			out = append(out, i)
		}
	}
	return out
}

// letters are those of a filter, without spaces.
func letters(f string) string { return strings.ReplaceAll(strings.ToLower(f), " ", "") }

// hasLetters reports whether a text contains letters in their order, with others between them.
func hasLetters(text, letters string) bool {
	for _, r := range letters {
		i := strings.IndexRune(text, r)
		if i < 0 {
			return false
		}
		text = text[i+utf8.RuneLen(r):]
	}
	return true
}

// marked styles a text, and what the filter matches in it with an underline.
func (p *picker) marked(style lipgloss.Style, text string) string {
	lower := strings.ToLower(text)
	if p.filter == "" || len(lower) != len(text) { // a few letters have another length in lower case
		return style.Render(text)
	}
	hit := make([]bool, len(text))
	if p.loose {
		at := 0
		for _, r := range letters(p.filter) {
			i := strings.IndexRune(lower[at:], r)
			if i < 0 {
				break
			}
			for n := range utf8.RuneLen(r) {
				hit[at+i+n] = true
			}
			at += i + utf8.RuneLen(r)
		}
	} else {
		for _, term := range strings.Fields(strings.ToLower(p.filter)) {
			for at := 0; ; {
				i := strings.Index(lower[at:], term)
				if i < 0 {
					break
				}
				for n := range len(term) {
					hit[at+i+n] = true
				}
				at += i + len(term)
			}
		}
	}
	var b strings.Builder
	for from := 0; from < len(text); {
		to := from + 1
		for to < len(text) && hit[to] == hit[from] {
			to++
		}
		if part := text[from:to]; hit[from] {
			b.WriteString(style.Underline(true).Render(part))
		} else {
			b.WriteString(style.Render(part))
		}
		from = to
	}
	return b.String()
}

// press handles a key. It returns false if the list does not use the key.
func (p *picker) press(k tea.KeyPressMsg) bool {
	if p.filtering {
		switch {
		case is(k, keys.clearFilter):
			p.filtering = false
			p.setFilter("")
		case is(k, keys.choose) && p.under() == nil: // nothing to choose: the filter stays open
		case is(k, keys.choose):
			p.filtering = false
			return p.many || p.under() == nil // in a list for one option, Enter also chooses the row
		case k.String() == "up" || k.String() == "down" || is(k, keys.pageUp, keys.pageDown):
			return p.travel(k)
		case is(k, keys.del):
			if r := []rune(p.filter); len(r) > 0 {
				p.setFilter(string(r[:len(r)-1]))
			} else {
				p.filtering = false
			}
		case k.Text != "":
			p.setFilter(p.filter + k.Text)
		default:
			return false
		}
		return true
	}
	switch {
	case is(k, keys.filter):
		p.filtering = true
	case p.filter != "" && is(k, keys.clearFilter):
		p.setFilter("")
	case p.many && is(k, keys.toggle):
		p.toggle()
	default:
		return p.travel(k)
	}
	return true
}

// click moves the cursor to a visible row, counted from the first line of the list. In a list for several options it also
// selects the row or removes it from the selection.
func (p *picker) click(line int) {
	if p.filtering || p.filter != "" {
		line--
	}
	if line < 0 || line >= p.height || p.top+line >= len(p.shown) || p.rows[p.shown[p.top+line]].heading {
		return
	}
	p.cursor = p.top + line
	if p.many {
		p.toggle()
	}
}

func (p *picker) travel(k tea.KeyPressMsg) bool {
	switch {
	case is(k, keys.up):
		p.move(-1)
	case is(k, keys.down):
		p.move(1)
	case is(k, keys.pageUp):
		p.move(-max(p.height-1, 1))
	case is(k, keys.pageDown):
		p.move(max(p.height-1, 1))
	case is(k, keys.home):
		p.move(-len(p.rows))
	case is(k, keys.end):
		p.move(len(p.rows))
	case is(k, keys.number):
		p.toNumber(int(k.Code - '0'))
	default:
		return false
	}
	return true
}

// toNumber moves the cursor to the option with a number, without headings.
func (p *picker) toNumber(n int) {
	for i, at := range p.shown {
		if !p.rows[at].heading {
			if n--; n == 0 {
				p.cursor = i
				return
			}
		}
	}
}

// render renders the rows that fit, and the filter line if there is a filter.
func (p *picker) render(st *styles, w, h int) []string {
	var out []string
	if p.filtering || p.filter != "" {
		end := ""
		if p.filtering {
			end = "█"
		}
		found := words.Counted(len(p.shown), "match", "matches")
		if p.loose && len(p.shown) > 0 {
			found = words.Counted(len(p.shown), "similar match", "similar matches")
		}
		out = append(out, cut(st.accent.Render("filter: ")+clean(p.filter)+end+st.dim.Render("  "+found), w))
		h--
	}
	h = max(h, 1)
	p.height = h
	p.top = min(max(p.top, p.cursor-h+1), p.cursor)
	if p.top > 0 && p.top == p.cursor && p.rows[p.shown[p.top-1]].heading && h > 1 {
		p.top-- // the heading is visible with its first row
	}
	p.top = max(min(p.top, len(p.shown)-h), 0)
	end := min(p.top+h, len(p.shown))
	labels := 0
	for _, i := range p.shown[p.top:end] {
		if r := &p.rows[i]; !r.heading && r.hint+r.off != "" {
			labels = max(labels, ansi.StringWidth(p.rows[i].label))
		}
	}
	for n, i := range p.shown[p.top:end] {
		out = append(out, p.line(st, &p.rows[i], p.top+n == p.cursor, labels, w))
	}
	if len(p.shown) == 0 {
		out = append(out, st.dim.Render("no match; Backspace shortens the filter, Esc clears it"))
	}
	return out
}

// line renders one row.
func (p *picker) line(st *styles, r *row, cursor bool, labels, w int) string {
	p.painted++
	if r.heading {
		return cut(st.dim.Bold(true).Render(r.label), w)
	}
	if len(r.cells) > 0 {
		return p.cellsLine(st, r, cursor, w)
	}
	lead, style := "  ", st.tone(r.tone)
	if cursor {
		lead, style = markCursor+" ", st.cursor
	}
	box := ""
	switch {
	case p.many && r.choosable() && p.checked[r.value]:
		box = "[x] "
	case p.many && r.choosable():
		box = "[ ] "
	case r.mark != "":
		box = r.mark + " "
		if p.many {
			box = " " + r.mark + "  "
		}
	case p.many:
		box = "    "
	}
	hint := r.hint
	if r.off != "" {
		hint = markNo + " " + r.off
	}
	used := ansi.StringWidth(lead) + ansi.StringWidth(box)
	space := w - used
	if hint == "" || p.hintless {
		return style.Render(lead+box) + p.marked(style, cut(r.label, space))
	}
	// A long label is cut for the hint, but keeps at least half of the line.
	lw := min(labels, max(space-ansi.StringWidth(hint)-2, space/2))
	return style.Render(lead+box) + p.marked(style, fit(r.label, lw)) + p.marked(st.dim, cut("  "+hint, space-lw))
}

// narrow is the width of lists below which a row has no place, and its name comes first.
const narrow = 60

// cellsLine renders a row with columns. Only the mark and the kind have the color of the row.
func (p *picker) cellsLine(st *styles, r *row, cursor bool, w int) string {
	lead, text := "  ", st.text
	if cursor {
		lead, text = st.cursor.Render(markCursor)+" ", st.title
	}
	kind, rest := r.cells[0], r.cells[1]
	space, note := w-4, ""
	if n := p.columns[2]; n > 0 && (r.note != "" || len(r.cells) > 2) { // a text without a note has its space
		space -= n + 2
		note = "  " + strings.Repeat(" ", max(n-ansi.StringWidth(r.note), 0)) + st.dim.Render(r.note)
	}
	line := lead + st.tone(r.tone).Render(r.mark) + " "
	kw := p.columns[0]
	switch {
	case len(r.cells) < 3 && (w < narrow || kind == ""): // the text needs the space
		return line + p.marked(text, fit(rest, space)) + note
	case len(r.cells) < 3:
		kw = p.columns[3]
		return line + st.tone(r.tone).Render(fit(kind, kw)) + "  " + p.marked(text, fit(rest, space-kw-2)) + note
	case w < narrow:
		nw := min(p.columns[1], max(space-8, 8))
		return line + p.marked(text, fit(rest, nw)) + "  " + st.dim.Render(fit(kind, space-nw-2)) + note
	}
	nw := min(p.columns[1], max((space-kw-4)/2, 16), space-kw-2)
	rest = short(rest, nw)
	if pw := space - kw - nw - 4; pw > 0 {
		return line + st.tone(r.tone).Render(fit(kind, kw)) + "  " + p.marked(text, fit(rest, nw)) + "  " + st.dim.Render(fit(r.cells[2], pw)) + note
	}
	return line + st.tone(r.tone).Render(fit(kind, kw)) + "  " + p.marked(text, fit(rest, space-kw-2)) + note
}

// position returns the position of the cursor in a list that does not fit. It does not count
// headings.
func (p *picker) position() string {
	if len(p.shown) <= p.height {
		return ""
	}
	at, of := 0, 0
	for n, i := range p.shown {
		if p.rows[i].heading {
			continue
		}
		of++
		if n <= p.cursor {
			at++
		}
	}
	return fmt.Sprintf("%d of %d", at, of)
}

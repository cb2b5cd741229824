package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// tone picks a row's colour; its mark says the same.
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

// row is one line of a list, safe to print.
type row struct {
	value, label, hint string
	mark               string // before the label
	tone               tone
	off                string // why it cannot be chosen
	heading, info      bool
	place              string // see steps.Option.Exclusive
	solo               bool
	hay                string // what a filter looks in, lower case
}

func (r *row) choosable() bool { return !r.heading && !r.info && r.off == "" }

// picker is a list of which only the visible rows are rendered.
type picker struct {
	rows    []row
	all     []int // every row, in order
	shown   []int // rows that match the filter, by index
	many    bool
	checked map[string]bool

	cursor, top, height int

	filter    string
	filtering bool
	narrowed  [][]int // shown of each shorter filter, to go back to

	painted int // rows rendered so far, for tests
}

func newPicker(rows []row, many bool, chosen []string) *picker {
	p := &picker{rows: rows, many: many, checked: map[string]bool{}, height: 10}
	p.all = make([]int, len(rows))
	for i := range rows {
		p.all[i] = i
		r := &rows[i]
		r.hay = strings.ToLower(r.label + " " + r.hint + " " + r.off)
	}
	p.shown = p.all
	for _, v := range chosen {
		p.checked[v] = true
	}
	p.rest()
	return p
}

// pickerOf turns options into rows, with a heading where the section changes.
func pickerOf(opts []steps.Option, many bool, chosen []string) *picker {
	rows := make([]row, 0, len(opts)+4)
	section := ""
	for _, o := range opts {
		if o.Section != section {
			section = o.Section
			rows = append(rows, row{heading: true, label: clean(section)})
		}
		r := row{value: o.Value, label: clean(o.Label), hint: clean(o.Hint), off: clean(o.Problem), info: o.Info, place: o.Exclusive, solo: o.Solo}
		if r.info {
			r.mark = "–"
		}
		if !r.choosable() {
			r.tone = quiet
		}
		rows = append(rows, r)
	}
	return newPicker(rows, many, chosen)
}

// rest puts the cursor on the first chosen row, else on the first that can be
// chosen.
func (p *picker) rest() {
	p.cursor = 0
	for _, want := range []func(*row) bool{
		func(r *row) bool { return r.choosable() && p.checked[r.value] },
		(*row).choosable,
		func(r *row) bool { return !r.heading },
	} {
		if i := slices.IndexFunc(p.shown, func(i int) bool { return want(&p.rows[i]) }); i >= 0 {
			p.cursor = i
			return
		}
	}
}

// under is the row under the cursor; nil in an empty list.
func (p *picker) under() *row {
	if p.cursor < 0 || p.cursor >= len(p.shown) {
		return nil
	}
	return &p.rows[p.shown[p.cursor]]
}

// at is the index of the row under the cursor, -1 in an empty list.
func (p *picker) at() int {
	if p.under() == nil {
		return -1
	}
	return p.shown[p.cursor]
}

// move goes n rows on, over headings, and stays inside the list.
func (p *picker) move(n int) {
	if len(p.shown) == 0 {
		return
	}
	step := 1
	if n < 0 {
		step = -1
	}
	want := min(max(p.cursor+n, 0), len(p.shown)-1)
	for i := want; i >= 0 && i < len(p.shown); i += step {
		if !p.rows[p.shown[i]].heading {
			p.cursor = i
			return
		}
	}
	for i := want; i >= 0 && i < len(p.shown); i -= step { // a heading is the last one: back
		if !p.rows[p.shown[i]].heading {
			p.cursor = i
			return
		}
	}
}

// toggle ticks the row under the cursor, or takes the tick back.
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
		if r.solo || o.solo || r.place != "" && o.place == r.place {
			delete(p.checked, o.value)
		}
	}
	p.checked[r.value] = true
}

// chosen are the ticked values in the order of the list; in a list that takes one,
// the row under the cursor.
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

// setFilter narrows the list; a longer filter looks only at what is left.
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
	p.filter = f
	if i, ok := slices.BinarySearch(p.shown, keep); ok && keep >= 0 {
		p.cursor = i
		return
	}
	p.cursor = 0
	p.move(0)
}

func (p *picker) match(from []int, f string) []int {
	f = strings.ToLower(f)
	out := make([]int, 0, min(len(from), 64))
	for _, i := range from {
		if r := &p.rows[i]; !r.heading && strings.Contains(r.hay, f) {
			out = append(out, i)
		}
	}
	return out
}

// press handles a key; false if the key is not the list's.
func (p *picker) press(k tea.KeyPressMsg) bool {
	if p.filtering {
		switch {
		case is(k, keys.clearFilter):
			p.filtering = false
			p.setFilter("")
		case is(k, keys.choose):
			p.filtering = false
			return p.many || p.under() == nil // in a list of one, Enter ends the search and chooses at once
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
	default:
		return false
	}
	return true
}

// render draws the rows that fit, and the filter line if there is one.
func (p *picker) render(st *styles, w, h int) []string {
	var out []string
	if p.filtering || p.filter != "" {
		end := ""
		if p.filtering {
			end = "█"
		}
		n := len(p.shown)
		out = append(out, cut(st.accent.Render("find: ")+clean(p.filter)+end+st.dim.Render("  "+countOf(n, "match", "matches")), w))
		h--
	}
	h = max(h, 1)
	p.height = h
	p.top = min(max(p.top, p.cursor-h+1), p.cursor)
	if p.top > 0 && p.top == p.cursor && p.rows[p.shown[p.top-1]].heading && h > 1 {
		p.top-- // a heading comes into view with its first row
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
		out = append(out, st.dim.Render("nothing matches; backspace widens the search"))
	}
	return out
}

// line draws one row.
func (p *picker) line(st *styles, r *row, cursor bool, labels, w int) string {
	p.painted++
	if r.heading {
		return cut(st.dim.Bold(true).Render(r.label), w)
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
	room := w - used
	if hint == "" {
		return style.Render(lead + box + cut(r.label, room))
	}
	// A long label gives way to the hint, but keeps at least half the line.
	lw := min(labels, max(room-ansi.StringWidth(hint)-2, room/2))
	return style.Render(lead+box+fit(r.label, lw)) + st.dim.Render(cut("  "+hint, room-lw))
}

// position says where the cursor is, in lists that do not fit.
func (p *picker) position() string {
	if len(p.shown) <= p.height {
		return ""
	}
	return fmt.Sprintf("line %d of %d", p.cursor+1, len(p.shown))
}

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

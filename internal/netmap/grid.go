package netmap

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Tone is the meaning of a part of the picture, for those who color it.
type Tone int

// The tones of the picture.
const (
	Plain Tone = iota
	Title
	Muted
	Wire // boxes and wires
	Private
	Public
	Works // the workload, and what is reachable
	Planned
	Existing // endpoints
	Warning
	Error
)

// Segment is a part of a line with one tone.
type Segment struct {
	Text    string
	Tone    Tone
	Focused bool
}

// Line is a line of the picture.
type Line []Segment

// String returns the line without tones.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// cell is one column of a line. The second column of a wide character has no character.
type cell struct {
	r       rune
	tone    Tone
	focused bool
	second  bool
}

// grid is a part of the picture. What is drawn outside of it is dropped.
type grid struct {
	w, h  int
	cells []cell
}

func newGrid(w, h int) *grid {
	g := &grid{w, h, make([]cell, w*h)}
	for i := range g.cells {
		g.cells[i].r = ' '
	}
	return g
}

// put writes a text and returns the column behind it.
func (g *grid) put(x, y int, text string, t Tone) int {
	for _, r := range text {
		n := words.RuneWidth(r)
		if n == 0 {
			continue
		}
		if x >= 0 && x+n <= g.w && y >= 0 && y < g.h {
			g.cells[y*g.w+x] = cell{r: r, tone: t}
			if n == 2 {
				g.cells[y*g.w+x+1] = cell{second: true, tone: t}
			}
		}
		x += n
	}
	return x
}

// texts writes texts beside each other, cut at a column, and returns the column behind them.
func (g *grid) texts(x, y, end int, parts []part) int {
	for _, p := range parts {
		if x >= end {
			break
		}
		x = g.put(x, y, words.Cut(p.text, end-x), p.tone)
	}
	return x
}

// rule draws a horizontal line from a column to another.
func (g *grid) rule(from, to, y int) { g.put(from, y, strings.Repeat("─", max(to-from, 0)), Wire) }

// focus marks a range of a line, and puts the mark in front of it.
func (g *grid) focus(x, y, w int) {
	g.put(x, y, "▸", Title)
	for i := x; i < min(x+w, g.w); i++ {
		if y >= 0 && y < g.h && i >= 0 {
			g.cells[y*g.w+i].focused = true
		}
	}
}

// lines returns the lines without spaces at their ends.
func (g *grid) lines() []Line {
	out := make([]Line, g.h)
	for y := range g.h {
		row := g.cells[y*g.w : (y+1)*g.w]
		for len(row) > 0 && row[len(row)-1].r == ' ' && !row[len(row)-1].focused {
			row = row[:len(row)-1]
		}
		var b strings.Builder
		for i, c := range row {
			if !c.second {
				b.WriteRune(c.r)
			}
			if i+1 == len(row) || row[i+1].tone != c.tone || row[i+1].focused != c.focused {
				out[y] = append(out[y], Segment{b.String(), c.tone, c.focused})
				b.Reset()
			}
		}
	}
	return out
}

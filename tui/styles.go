package tui

import (
	"image/color"
	"strings"

	"charm.land/huh/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// styles are the styles by meaning. A mark or a text always has the same meaning as the color.
type styles struct {
	title, text, dim, accent, good, warn, bad, cursor, button, chosen, sandbox, endpoint lipgloss.Style
	band                                                                                 color.Color // behind the focused object of the map

	form *huh.Styles // one value, because huh asks for its theme at each use
}

func newStyles(dark bool) styles {
	pick := func(light, onDark string) color.Color {
		return lipgloss.LightDark(dark)(lipgloss.Color(light), lipgloss.Color(onDark))
	}
	accent := pick("#0550AE", "#79C0FF")
	base := lipgloss.NewStyle()
	var form huh.Styles
	form.Focused.TextInput.Prompt = base.Foreground(accent)
	return styles{
		form:     &form,
		title:    base.Bold(true),
		text:     base,
		dim:      base.Foreground(pick("#57606A", "#9AA4AF")),
		accent:   base.Foreground(accent),
		good:     base.Foreground(pick("#116329", "#7EE787")),
		warn:     base.Foreground(pick("#7D4E00", "#E3B341")),
		bad:      base.Foreground(pick("#A40E26", "#FF8E86")).Bold(true),
		cursor:   base.Foreground(accent).Bold(true),
		button:   base,
		chosen:   base.Reverse(true).Bold(true),
		sandbox:  base.Reverse(true),
		endpoint: base.Foreground(pick("#6639BA", "#D2A8FF")),
		band:     pick("#DDEBFA", "#22303F"),
	}
}

// Marks in front of texts.
const (
	markCursor = "▸"
	markDone   = "✓"
	markTodo   = "·"
	markNo     = "×"
	// markSkipped is the mark of what was not asked, not started or is not needed.
	markSkipped = "–"
	markUnsure  = "?" // not verified
	markTaken   = "=" // taken from the account
)

// legend explains the marks of the plan and of its result.
func legend() string {
	var out []string
	for _, g := range plan.Groups {
		out = append(out, g.Mark+" "+strings.ToLower(g.Title))
	}
	return "Marks: " + strings.Join(append(out, markDone+" done or verified", markNo+" error or failed", "! warning or stopped", "i note", markUnsure+" not verified", markSkipped+" not needed or not started"), ", ") + "."
}

// cut shortens a line to a width. Rows of a list are never wrapped.
func cut(s string, w int) string { return ansi.Truncate(s, max(w, 0), "…") }

// fit cuts or fills a line to a width.
func fit(s string, w int) string {
	s = cut(s, w)
	if n := w - ansi.StringWidth(s); n > 0 {
		s += strings.Repeat(" ", n)
	}
	return s
}

// wrap breaks text into lines at spaces, so that it does not split ids and flags that fit. The
// new lines have the same indent.
func wrap(s string, w int) []string {
	if s == "" || w < 1 {
		return nil
	}
	var out []string
	for line := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		out = append(out, wrapLine(line, w)...)
	}
	return out
}

func wrapLine(line string, w int) []string {
	if ansi.StringWidth(line) <= w {
		return []string{line}
	}
	rest := strings.TrimLeft(line, " ")
	indent := line[:min(len(line)-len(rest), w/2)]
	space := w - len(indent)
	var out []string
	cur, width := "", 0
	flush := func() {
		out = append(out, indent+strings.TrimRight(cur, " "))
		cur, width = "", 0
	}
	for i, word := range strings.Split(rest, " ") {
		n := ansi.StringWidth(word)
		switch {
		case i > 0 && width+1+n <= space:
			cur, width = cur+" ", width+1
		case i > 0:
			flush()
		}
		for n > space { // an ARN that is longer than a line is split
			rest := ansi.Cut(word, space, n)
			if ansi.StringWidth(rest) >= n { // no space for a single wide character
				break
			}
			out = append(out, indent+ansi.Cut(word, 0, space))
			word, n = rest, ansi.StringWidth(rest)
		}
		cur, width = cur+word, width+n
	}
	if cur != "" {
		flush()
	}
	return out
}

// tall cuts or fills a block to a height.
func tall(lines []string, h int) []string {
	if len(lines) > h {
		return lines[:max(h, 0)]
	}
	for len(lines) < h {
		lines = append(lines, "")
	}
	return lines
}

// beside joins two blocks of the same height horizontally.
func beside(left []string, w int, gap string, right []string) []string {
	out := make([]string, len(left))
	for i := range left {
		out[i] = fit(left[i], w) + gap
		if i < len(right) {
			out[i] += right[i]
		}
	}
	return out
}

// paint styles each line separately, so that no style continues after a line.
func paint(st lipgloss.Style, lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		if l != "" {
			l = st.Render(l)
		}
		out[i] = l
	}
	return out
}

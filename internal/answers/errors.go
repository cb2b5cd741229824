package answers

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// Error is one mistake in an answers file.
type Error struct {
	File      string
	Line, Col int    // from 1; 0 if the mistake is not on a line
	Key       string // "subnets[1]"; empty if the mistake is not about a key
	Text      string // the offending text, if any
	Problem   string // what is wrong and what is supported
}

// Error returns file:line:col, the key, the invalid text and the problem, on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Col)
	}
	b.WriteString(": ")
	if e.Key != "" {
		b.WriteString(escaped(e.Key) + ": ")
	}
	if e.Text != "" {
		b.WriteString(strconv.Quote(short(e.Text)) + " ")
	}
	b.WriteString(printable.Line(e.Problem))
	return b.String()
}

// Errors are all mistakes of a file, ordered by line.
type Errors []*Error

// Error returns one line for each mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes, so that errors.Is and errors.As can examine each.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col)) })
}

// File records the position of each key in an answers file, so that problems found later in a
// value can be reported with its line and column.
type File struct {
	Name      string
	positions map[string]position
	names     map[string]position // positions of the keys of mappings, by path
}

type position struct {
	line, col int
	text      string
}

// Error returns a mistake at a key path such as "vpc", "subnets[1]" or "tags.team". If the file
// does not contain the path, the position is that of the nearest parent, or only the file. A nil
// file means that the answers were not read from a file.
func (f *File) Error(path, problem string) *Error {
	if f == nil {
		return &Error{File: "answers", Key: path, Problem: problem}
	}
	e := &Error{File: f.Name, Key: path, Problem: problem}
	for p := path; p != ""; {
		if at, ok := f.positions[p]; ok {
			e.Line, e.Col = at.line, at.col
			if p == path {
				e.Text = at.text
			}
			break
		}
		p = p[:max(strings.LastIndexAny(p, ".["), 0)]
	}
	return e
}

// ErrorOfKey returns a mistake in the key of a mapping, such as "endpoint_policy.s4", and not in
// its value.
func (f *File) ErrorOfKey(path, problem string) *Error {
	e := f.Error(path, problem)
	if f == nil {
		return e
	}
	if at, ok := f.names[path]; ok {
		e.Line, e.Col, e.Text = at.line, at.col, at.text
		e.Key = strings.TrimSuffix(path, "."+at.text)
	}
	return e
}

// short shortens a text that is too long to display.
func short(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// escaped escapes a key so that it cannot disturb the terminal.
func escaped(s string) string {
	q := strconv.Quote(short(s))
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

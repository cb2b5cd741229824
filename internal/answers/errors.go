package answers

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is one mistake in an answers file.
type Error struct {
	File      string
	Line, Col int    // from 1; 0 where the mistake has no place
	Key       string // "subnets[1]"; empty where it is not about one
	Text      string // the offending text, if any
	Problem   string // what is wrong and what is allowed
}

// Error writes file:line:col, the key, the offending text and what is allowed.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Col)
	}
	b.WriteString(": ")
	if e.Key != "" {
		b.WriteString(printable(e.Key) + ": ")
	}
	if e.Text != "" {
		b.WriteString(strconv.Quote(short(e.Text)) + " ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// Errors are all mistakes of a file, in the order of its lines.
type Errors []*Error

// Error writes a mistake a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the mistakes one by one to errors.Is and errors.As.
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

// File remembers where each key of an answers file stands, so that what turns out
// later to be wrong with a value can still be told with its place.
type File struct {
	Name   string
	places map[string]place
	names  map[string]place // of the keys of mappings themselves, by their paths
}

type place struct {
	line, col int
	text      string
}

// Error tells a mistake at a key path such as "vpc", "subnets[1]" or "tags.team".
// For a path that the file does not hold it tells the place of the nearest one
// around it, or only the file. A nil file is one that was not read: the answers come from
// elsewhere.
func (f *File) Error(path, problem string) *Error {
	if f == nil {
		return &Error{File: "answers", Key: path, Problem: problem}
	}
	e := &Error{File: f.Name, Key: path, Problem: problem}
	for p := path; p != ""; {
		if at, ok := f.places[p]; ok {
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

// ErrorOfKey tells a mistake in the key of a mapping itself, such as "endpoint_policy.s4",
// where it is not the value that is wrong.
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

// short cuts a text that is too long to be shown whole.
func short(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// printable writes a key so that it cannot disturb the terminal.
func printable(s string) string {
	q := strconv.Quote(short(s))
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

package tui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// numbered contains the options of a list with their numbers in the line prompter.
type numbered struct {
	list   *picker
	rows   []int         // row of each number, starting with number 1
	texts  []optionTexts // of these rows
	commas int           // maximum number of commas in a text
}

// optionTexts are the texts that find an option, with single spaces. A label such as
// "prod (vpc-0a1)" has a name and an id.
type optionTexts struct{ label, line, name, id string }

func numberedOf(l *picker) numbered {
	return numberedRows(l, func(r *row) bool { return !r.heading && !r.info })
}

func numberedRows(l *picker, has func(*row) bool) numbered {
	n := numbered{list: l}
	for i := range l.rows {
		r := &l.rows[i]
		if !has(r) {
			continue
		}
		t := optionTexts{label: squeeze(r.label), line: squeeze(lineText(r))}
		if label, ok := strings.CutSuffix(t.label, ")"); ok {
			if at := strings.LastIndex(label, " ("); at > 0 {
				t.name, t.id = label[:at], label[at+2:]
			}
		}
		n.rows, n.texts = append(n.rows, i), append(n.texts, t)
		n.commas = max(n.commas, strings.Count(t.line, ","))
	}
	return n
}

// number returns the number of a row, and whether it has one.
func (n numbered) number(row int) (number int, ok bool) {
	i, ok := slices.BinarySearch(n.rows, row)
	return i + 1, ok
}

func (n numbered) at(row int) *row { return &n.list.rows[row] }

// lineText returns the text of an option in the line prompter, without its number.
func lineText(r *row) string {
	text := r.label
	if r.hint != "" {
		text += " - " + r.hint
	}
	if r.off != "" {
		text += " (cannot be chosen: " + r.off + ")"
	}
	return text
}

// unclear is the error for a text that does not match exactly one option.
type unclear struct {
	text string
	rows []int // the options that it matches
}

func (u *unclear) Error() string {
	if len(u.rows) == 0 {
		return fmt.Sprintf("%q matches no option", u.text)
	}
	return fmt.Sprintf("%q matches %d options", u.text, len(u.rows))
}

// choice is the meaning of a typed line.
type choice struct {
	rows    []int
	guessed bool // at least one option was found by a part of its text
}

// read returns the options of a typed line. The line is a number or a text, or several of
// them with commas if the list allows several options. A whole number in the range of the
// list is always the number of an option, because users rely on the numbers on the screen. A
// text in double quotes is never a number and is never split.
func (n numbered) read(line string) (choice, error) {
	if n.list.many && (line == "" || strings.EqualFold(line, "none")) {
		return choice{}, nil
	}
	pieces := []string{line}
	if n.list.many {
		pieces = splitList(line)
	}
	var all choice
	for len(pieces) > 0 {
		used, found, err := n.readFirst(pieces)
		if err != nil {
			return choice{}, err
		}
		pieces = pieces[used:]
		all.guessed = all.guessed || found.guessed
		for _, row := range found.rows {
			if r := n.at(row); r.off != "" {
				return choice{}, fmt.Errorf("%q cannot be chosen: %s", r.label, r.off)
			}
			if !slices.Contains(all.rows, row) {
				all.rows = append(all.rows, row)
			}
		}
	}
	if len(all.rows) == 0 {
		return choice{}, errors.New("no option is chosen; " + n.allowed())
	}
	return all, nil
}

// readFirst reads the first option of a list of pieces. It returns the number of used
// pieces, because the text of an option can contain commas.
func (n numbered) readFirst(pieces []string) (used int, found choice, err error) {
	for used = min(len(pieces), n.commas+1); used > 1; used-- {
		text := squeeze(strings.Join(pieces[:used], ","))
		whole := n.exactly(text)
		if len(whole) == 0 {
			continue
		}
		texts, numbers := 0, 0
		for _, p := range pieces[:used] {
			if rows, err := n.byNumber(p); rows != nil && err == nil {
				numbers++
			} else if len(n.exactly(p)) > 0 {
				texts++
			}
		}
		switch {
		case numbers == used: // read as numbers below
		case numbers+texts == used:
			return 0, choice{}, fmt.Errorf("%q can be one option or several: type numbers, or put each text in double quotes", text)
		case len(whole) > 1:
			return 0, choice{}, &unclear{text, whole}
		default:
			return used, choice{rows: whole}, nil
		}
	}
	found, err = n.readOne(pieces[0])
	return 1, found, err
}

// readOne reads a number, numbers with spaces between them, or the text of an option.
func (n numbered) readOne(text string) (choice, error) {
	text = squeeze(text)
	rows, wrong := n.byNumber(text)
	switch {
	case wrong == nil && len(rows) > 0:
		return choice{rows: rows}, nil
	case text == "":
		return choice{}, nil
	}
	if found := n.exactly(text); len(found) > 0 {
		return n.only(text, found, false)
	}
	if wrong != nil { // more likely a wrong number than a part of a text
		return choice{}, wrong
	}
	if inner, ok := unquoted(text); ok {
		if text = squeeze(inner); len(n.exactly(text)) > 0 {
			return n.only(text, n.exactly(text), false)
		}
	}
	if utf8.RuneCountInString(text) < shortestPart { // so that a wrong key chooses nothing
		return choice{}, fmt.Errorf("%q is too short for a part of a text: type at least %d characters, or a number", text, shortestPart)
	}
	return n.only(text, n.partly(text), true)
}

// shortestPart is the minimum number of characters in a part of a text.
const shortestPart = 2

// only returns the choice if exactly one option was found.
func (n numbered) only(text string, found []int, guessed bool) (choice, error) {
	if len(found) != 1 {
		return choice{}, &unclear{text, found}
	}
	return choice{found, guessed}, nil
}

// byNumber reads a text that contains only whole numbers. It returns nil and no error for
// all other texts.
func (n numbered) byNumber(text string) ([]int, error) {
	var out []int
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	for _, f := range fields {
		if _, err := strconv.Atoi(f); err != nil {
			return nil, nil
		}
	}
	if !n.list.many && len(fields) > 1 {
		return nil, errors.New("type one number of this list")
	}
	for _, f := range fields {
		i, _ := strconv.Atoi(f)
		if i < 1 || i > len(n.rows) {
			return nil, fmt.Errorf("%s is not in the list: numbers are from 1 to %d", f, len(n.rows))
		}
		out = append(out, n.rows[i-1])
	}
	return out, nil
}

// exactly finds the options with a text, ignoring case. If no complete text matches, it
// compares names and ids.
func (n numbered) exactly(text string) []int {
	text = squeeze(text)
	if text == "" {
		return nil
	}
	same := func(s string) bool { return strings.EqualFold(s, text) }
	if found := n.where(func(t *optionTexts) bool { return same(t.label) || same(t.line) }); len(found) > 0 {
		return found
	}
	return n.where(func(t *optionTexts) bool { return same(t.name) || same(t.id) })
}

// partly finds the options with a text in their label. If no label matches, it searches the complete printed text. If that
// does not match either, it searches for the terms of the text in any order.
func (n numbered) partly(text string) []int {
	text = strings.ToLower(text)
	for _, terms := range [][]string{{text}, strings.Fields(text)} {
		holds := func(s string) bool { return containsAll(strings.ToLower(s), terms) }
		if found := n.where(func(t *optionTexts) bool { return holds(t.label) }); len(found) > 0 {
			return found
		}
		if found := n.where(func(t *optionTexts) bool { return holds(t.line) }); len(found) > 0 {
			return found
		}
	}
	return nil
}

func (n numbered) where(ok func(*optionTexts) bool) []int {
	var out []int
	for i := range n.texts {
		if ok(&n.texts[i]) {
			out = append(out, n.rows[i])
		}
	}
	return out
}

// allowed describes the valid input.
func (n numbered) allowed() string {
	what := fmt.Sprintf("type a number from 1 to %d, the text of an option, or a part of it", len(n.rows))
	if n.list.many {
		what = fmt.Sprintf("type numbers from 1 to %d or texts of options with commas between them, none", len(n.rows))
	}
	return what + ", ? for help, b to go back, or q to quit"
}

// squeeze replaces each sequence of spaces with one space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// unquoted removes the double quotes around a text.
func unquoted(text string) (string, bool) {
	if len(text) > 2 && strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`) {
		return text[1 : len(text)-1], true
	}
	return text, false
}

// splitList splits a line at commas that are not inside double quotes.
func splitList(line string) []string {
	inside := false
	even := strings.Count(line, `"`)%2 == 0 // otherwise a quote is an ordinary character
	var out []string
	from := 0
	for i, r := range line {
		switch {
		case r == '"' && even:
			inside = !inside
		case r == ',' && !inside:
			out = append(out, line[from:i])
			from = i + 1
		}
	}
	return append(out, line[from:])
}

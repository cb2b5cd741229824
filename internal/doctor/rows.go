package doctor

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Row is a part of a report as people read it. The command line and the screens show the same rows.
type Row struct {
	// Heading is a title without anything else.
	Heading string
	// Mark is the result of a check or the state of a cause; empty without one.
	Mark Mark
	// Label is the name of a fact, or the state or certainty of a cause.
	Label string
	Text  string
	// Code means that the text is a command or a quotation, which must not be wrapped.
	Code bool
	// Level is the depth: 0 for paragraphs, 1 for facts and causes, 2 for what is below a cause.
	Level int
}

// stateTexts are the states of causes for people, and stateMarks their marks.
var (
	stateTexts = map[State]string{Confirmed: "confirmed", Excluded: "ruled out", Undecided: "not decided"}
	stateMarks = map[State]Mark{Confirmed: Yes, Excluded: No, Undecided: Unknown}
)

// Label returns the state that an account shows, otherwise how certain the text makes the cause.
func (c Cause) Label() string {
	if c.State != "" {
		return stateTexts[c.State]
	}
	return string(c.Certainty)
}

// Rows returns the report as rows. Quoted adds the messages themselves.
func (r Report) Rows(quoted bool) []Row {
	var out []Row
	for i, m := range r.Messages {
		if i > 0 {
			out = append(out, Row{})
		}
		out = append(out, Row{Text: m.head() + m.Failure})
		if quoted {
			for line := range strings.SplitSeq(m.Text, "\n") {
				out = append(out, Row{Text: line, Code: true, Level: 1})
			}
		}
		if len(m.Evidence) > 0 {
			out = append(out, Row{Heading: "What the message says"})
			out = append(out, facts(m.Evidence, 1)...)
		}
	}
	if w := r.Workload; w != nil {
		out = append(out, Row{Heading: "Compared with"}, Row{Level: 1, Text: w.Title() + ". " + w.Why})
	}
	if r.Note != "" {
		out = append(out, Row{Heading: "Note"}, Row{Level: 1, Text: r.Note})
	}
	if len(r.Causes) > 0 {
		out = append(out, Row{Heading: map[bool]string{true: "Cause", false: "Causes, the likeliest first"}[len(r.Causes) == 1]})
	}
	for i, c := range r.Causes {
		if i > 0 {
			out = append(out, Row{})
		}
		out = append(out, Row{Level: 1, Mark: stateMarks[c.State], Label: c.Label(), Text: c.Text})
		out = append(out, facts(c.Facts, 2)...)
		if c.Check != "" && c.State != Confirmed && c.State != Excluded {
			out = append(out, Row{Level: 2, Label: "To check", Text: c.Check})
		}
		if c.Fix != nil {
			out = append(out, Row{Level: 2, Label: "Fix", Text: c.Fix.Text})
			for _, command := range c.Fix.Commands {
				out = append(out, Row{Level: 2, Text: command, Code: true})
			}
			if len(c.Fix.Permissions) > 0 {
				out = append(out, Row{Level: 2, Label: "Permission", Text: strings.Join(c.Fix.Permissions, ", ")})
			}
		}
		if c.Page.URL != "" && c.State != Excluded {
			out = append(out, Row{Level: 2, Label: "AWS page", Text: c.Page.Title + ", " + c.Page.URL})
		}
	}
	if excluded := r.RuledOut(); len(excluded) > 0 {
		out = append(out, Row{Heading: "Not the cause, by the text of the message"})
		for _, x := range excluded {
			out = append(out, Row{Level: 1, Mark: No, Label: string(x.Kind), Text: x.Why})
		}
	}
	if r.Check != "" {
		out = append(out, Row{Heading: "Next check"}, Row{Level: 1, Text: r.Check})
	}
	return out
}

// head is where a message of an account comes from.
func (m Message) head() string {
	if m.Subject == "" {
		return ""
	}
	if m.Times > 1 {
		return fmt.Sprintf("%s (%d messages): ", m.Subject, m.Times)
	}
	return m.Subject + ": "
}

// RuledOut returns what the messages speak against, each kind once. A kind that a message speaks against can be the cause of another.
func (r Report) RuledOut() []RuledOut {
	seen := map[string]bool{}
	for _, c := range r.Causes {
		seen[string(c.Kind)] = true
	}
	var out []RuledOut
	for _, m := range r.Messages {
		for _, x := range m.RuledOut {
			if !seen[string(x.Kind)] {
				seen[string(x.Kind)] = true
				out = append(out, x)
			}
		}
	}
	return out
}

func facts(all []Fact, level int) []Row {
	var out []Row
	for _, f := range all {
		out = append(out, Row{Level: level, Mark: f.Mark, Label: f.Name, Text: f.Text})
	}
	return out
}

// Lines returns rows as lines of a width. Labels of neighbors have the same width.
func Lines(rows []Row, width int) []string {
	var out []string
	for i, row := range rows {
		if row.Heading != "" {
			out = append(out, "", row.Heading)
			continue
		}
		first, rest := row.Leads(labelWidth(rows, i))
		if row.Code {
			out = append(out, strings.TrimRight(first+row.Text, " "))
			continue
		}
		for n, line := range words.Lines(row.Text, max(width-words.Width(first), leastText), max(width-words.Width(rest), leastText)) {
			lead := rest
			if n == 0 {
				lead = first
			}
			out = append(out, strings.TrimRight(lead+line, " "))
		}
	}
	return out
}

// leastText is the number of columns that a text has at least, and mostLabel the maximum of a label in front of it.
const (
	leastText = 24
	mostLabel = 24
)

// Leads returns what is in front of the first line of a row and of the others. Labels are filled to a width.
func (r Row) Leads(label int) (first, rest string) {
	first = strings.Repeat("  ", r.Level)
	if r.Mark != "" {
		first += r.Mark.Symbol() + " "
	}
	if r.Label != "" {
		first += words.Pad(r.Label, label) + "  "
	}
	return first, strings.Repeat(" ", min(words.Width(first), mostLabel))
}

// labelWidth returns the width of the labels of the rows of one level around a row.
func labelWidth(rows []Row, at int) int {
	of := rows[at]
	same := func(r Row) bool { return r.Level == of.Level && r.Label != "" && (r.Mark == "") == (of.Mark == "") }
	width := 0
	from := at
	for from > 0 && same(rows[from-1]) {
		from--
	}
	for _, r := range rows[from:] {
		if !same(r) {
			break
		}
		width = max(width, words.Width(r.Label))
	}
	return width
}

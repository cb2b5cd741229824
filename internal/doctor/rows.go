package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
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

// All returns the report and those of other workloads as rows, each below the name of its workload if there are several.
func (r Report) All(quoted bool) []Row {
	var out []Row
	for i, one := range append([]Report{r}, r.Others...) {
		if i > 0 {
			out = append(out, Row{})
		}
		if len(r.Others) > 0 && one.Workload != nil {
			out = append(out, Row{Heading: one.Workload.Title()})
		}
		out = append(out, one.Rows(quoted)...)
	}
	return out
}

// Rows returns the report as rows. Quoted adds the messages themselves. The likeliest cause comes first, and after it what it rests on.
func (r Report) Rows(quoted bool) []Row {
	before, after := []Row(nil), r.accountRows()
	if r.Workload == nil { // nothing was compared, and the note says why
		before, after = after, nil
	}
	return slices.Concat(r.messageRows(quoted), before, r.causeRows(), r.checkRows(), after, r.evidenceRows(), r.excludedRows())
}

// messageRows are what failed.
func (r Report) messageRows(quoted bool) []Row {
	var out []Row
	for _, m := range r.Messages {
		out = append(out, Row{Text: m.head() + m.Failure})
		if quoted {
			for line := range strings.SplitSeq(m.Text, "\n") {
				out = append(out, Row{Text: line, Code: true, Level: 1})
			}
		}
	}
	return out
}

func (m Message) evidenceRows() []Row {
	if len(m.Evidence) == 0 {
		return nil
	}
	return append([]Row{{Heading: "What the message says"}}, facts(m.Evidence, 1)...)
}

// evidenceRows are what all messages say.
func (r Report) evidenceRows() []Row {
	var out []Row
	for _, m := range r.Messages {
		rows := m.evidenceRows()
		if len(r.Messages) > 1 && len(rows) > 0 {
			rows[0].Heading = "What the message says: " + m.Failure
		}
		out = append(out, rows...)
	}
	return out
}

// accountRows are what the messages were compared with, and what limits that.
func (r Report) accountRows() []Row {
	var out []Row
	if w := r.Workload; w != nil && len(r.Causes) > 0 { // without a cause, nothing was compared
		out = append(out, Row{Heading: "Compared with"}, Row{Level: 1, Text: w.Title() + ". " + w.Why})
	}
	if r.Note != "" {
		out = append(out, Row{Heading: "Note"}, Row{Level: 1, Text: r.Note})
	}
	return out
}

// causeRows are the causes with what was checked, and what removes them.
func (r Report) causeRows() []Row {
	var out []Row
	if len(r.Causes) > 0 && !r.Causes[0].Also {
		title := "Causes, the likeliest first"
		switch {
		case len(r.Causes) == 1:
			title = "Cause"
		case r.Workload != nil:
			title = "Causes"
		}
		out = append(out, Row{Heading: title})
	}
	shown := map[string]bool{} // the commands
	for i, c := range r.Causes {
		if c.Also && (i == 0 || !r.Causes[i-1].Also) {
			out = append(out, Row{Heading: "Also found in the account, not shown by the message"})
		} else if i > 0 && (c.State != Excluded || r.Causes[i-1].State != Excluded) {
			out = append(out, Row{})
		}
		out = append(out, Row{Level: 1, Mark: stateMarks[c.State], Label: c.Label(), Text: c.Text})
		out = append(out, facts(c.Facts, 2)...)
		if c.Check != "" && c.State != Confirmed && c.State != Excluded {
			out = append(out, Row{Level: 2, Label: "To check", Text: c.Check})
		}
		if c.Fix != nil {
			out = append(out, Row{Level: 2, Label: "Fix", Text: c.Fix.Text})
			again := 0
			for _, command := range c.Fix.Commands {
				if shown[command] {
					again++
					continue
				}
				shown[command] = true
				out = append(out, Row{Level: 2, Text: command, Code: true})
			}
			switch {
			case again > 1:
				out = append(out, Row{Level: 2, Label: "Commands", Text: fmt.Sprintf("%d are shown above.", again)})
			case again == 1:
				out = append(out, Row{Level: 2, Label: "Command", Text: "It is shown above."})
			}
			if len(c.Fix.Permissions) > 0 {
				out = append(out, Row{Level: 2, Label: "Permission", Text: strings.Join(c.Fix.Permissions, ", ")})
			}
		}
		if c.Page.URL != "" && c.State != Excluded {
			out = append(out, Row{Level: 2, Label: "AWS page", Text: c.Page.Title + ", " + c.Page.URL})
		}
	}
	return out
}

// excludedRows are what the messages speak against.
func (r Report) excludedRows() []Row {
	var out []Row
	for i, x := range r.Against() {
		if i == 0 {
			out = append(out, Row{Heading: "Not the cause, by the text of the message"})
		}
		out = append(out, Row{Level: 1, Mark: No, Text: x.Text()})
	}
	return out
}

// checkRows are what to look at next. A confirmed cause needs no other check.
func (r Report) checkRows() []Row {
	if r.Check == "" || slices.ContainsFunc(r.Causes, func(c Cause) bool { return c.State == Confirmed }) {
		return nil
	}
	return []Row{{Heading: "Next check"}, {Level: 1, Text: r.Check}}
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

// Against is a reason that speaks against kinds of causes.
type Against struct {
	Kinds []string // as people read them
	Why   string
}

// Against returns what the messages speak against, by reason. A kind that one message speaks against can be the cause of another.
func (r Report) Against() []Against {
	seen := map[cause.Kind]bool{}
	for _, c := range r.Causes {
		seen[c.Kind] = true
	}
	var out []Against
	for _, m := range r.Messages {
		for _, x := range m.RuledOut {
			if seen[x.Kind] {
				continue
			}
			seen[x.Kind] = true
			at := slices.IndexFunc(out, func(a Against) bool { return a.Why == x.Why })
			if at < 0 {
				at = len(out)
				out = append(out, Against{Why: x.Why})
			}
			out[at].Kinds = append(out[at].Kinds, x.Kind.Title(""))
		}
	}
	return out
}

// Text returns the reason with the kinds: "Permissions of the role, policy of the endpoint: no call was made."
func (a Against) Text() string { return words.Capital(strings.Join(a.Kinds, ", ")) + ": " + a.Why }

func facts(all []Fact, level int) []Row {
	var out []Row
	for _, f := range all {
		out = append(out, Row{Level: level, Mark: f.Mark, Label: f.Name, Text: f.Text})
	}
	return out
}

// Line is a line of a row.
type Line struct {
	Text    string
	Heading bool
	// Mark is the mark at the beginning of the line; empty without one.
	Mark Mark
	// Code means that the line can be longer than the width.
	Code bool
}

// Wrapped returns rows as lines of a width. Labels of neighbors have the same width.
func Wrapped(rows []Row, width int) []Line {
	var out []Line
	for i, row := range rows {
		if row.Heading != "" {
			if len(out) > 0 {
				out = append(out, Line{})
			}
			out = append(out, Line{Text: row.Heading, Heading: true})
			continue
		}
		first, rest := row.leads(labelWidth(rows, i))
		if row.Code {
			out = append(out, Line{Text: strings.TrimRight(first+row.Text, " "), Code: true})
			continue
		}
		for n, line := range words.Lines(row.Text, max(width-words.Width(first), leastText), max(width-words.Width(rest), leastText)) {
			if n == 0 {
				out = append(out, Line{Text: strings.TrimRight(first+line, " "), Mark: row.Mark})
				continue
			}
			out = append(out, Line{Text: strings.TrimRight(rest+line, " ")})
		}
	}
	return out
}

// Lines returns rows as texts of a width.
func Lines(rows []Row, width int) []string {
	var out []string
	for _, l := range Wrapped(rows, width) {
		out = append(out, l.Text)
	}
	return out
}

// leastText is the number of columns that a text has at least, and mostLabel the maximum of a label in front of it.
const (
	leastText = 24
	mostLabel = 24
)

// leads returns what is in front of the first line of a row and of the others. Labels are filled to a width.
func (r Row) leads(label int) (first, rest string) {
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

package export

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Markdown is a report for tickets and change requests, in the Markdown of GitHub.
var Markdown = register(Format{Name: "markdown", Title: "Markdown", Text: "a report for a ticket or a change request", Report: true,
	Needs: "nothing", Existing: "no",
	Details: "A report for people who do not have the wizard: why the workload does not start, the network, all changes with their reasons and commands, the cost, the verification, and how to undo it." + reportDetails + "\n\nTo run it: nothing. Paste it into a ticket or a change request.",
	Write: func(p *plan.Plan, meta Meta) ([]File, error) {
		doc, err := markdown(p, meta)
		return []File{{Name: cmp.Or(meta.Name, "report") + ".md", Text: doc, Start: "# ", Mark: reportTitle}}, err
	},
	Extension: ".md", Run: func(*plan.Plan) ([]string, string) { return nil, "" }})

// reportDetails is what the details of all reports have.
const reportDetails = "\n\nExisting resources: the report describes what changes, with the values before and after.\n\nSecrets: none in the file."

// pageWidth is the width of the lines of a text for people. Only tables, blocks of code and longer words exceed it.
const pageWidth = 80

// markdown returns the report in Markdown.
func markdown(p *plan.Plan, meta Meta) (string, error) {
	doc, err := reportOf(p, meta, titleWidth)
	for width := titleWidth; err == nil && words.Width(escapeMarkdown(doc.title)) > titleWidth && width > titleWidth/2; width -= 2 { // escapes make it longer
		doc, err = reportOf(p, meta, width)
	}
	if err != nil {
		return "", err
	}
	return doc.markdown(), nil
}

// markdown returns a document in Markdown.
func (r *reported) markdown() string {
	m := &markdownWriter{}
	m.WriteString("# " + escapeMarkdown(r.title) + "\n\n")
	m.wrapped("", "", r.lead)
	for _, s := range r.sections {
		m.WriteString("\n## " + escapeMarkdown(s.title) + "\n")
		for _, b := range s.blocks {
			m.WriteString("\n")
			m.block(b)
		}
	}
	return m.String()
}

// markdownWriter writes Markdown.
type markdownWriter struct{ strings.Builder }

func (m *markdownWriter) block(b node) {
	switch b := b.(type) {
	case paragraph:
		m.wrapped("", "", b.prose)
	case heading:
		m.WriteString("### " + escapeMarkdown(oneLine(b.text)) + "\n")
	case points:
		for i, one := range b.items {
			lead := "- "
			if b.numbered {
				lead = fmt.Sprintf("%d. ", i+1)
			}
			indent := strings.Repeat(" ", len(lead))
			m.wrapped(lead, indent, one.prose)
			for _, line := range one.below {
				m.wrapped(indent+"- ", indent+"  ", line)
			}
		}
	case table:
		m.row(b.head)
		var rule []string
		for i := range b.head {
			rule = append(rule, map[bool]string{true: "---:", false: "---"}[b.right(i)])
		}
		m.WriteString("| " + strings.Join(rule, " | ") + " |\n")
		for _, row := range b.rows {
			m.row(row)
		}
	case codeBlock:
		m.fenced(b.language, b.text)
	case picture:
		m.fenced("mermaid", b.mermaid)
	}
}

// right reports whether a column has numbers.
func (t table) right(column int) bool { return column < len(t.numbers) && t.numbers[column] }

func (m *markdownWriter) row(cells []string) {
	for _, c := range cells {
		m.WriteString(strings.TrimRight("| "+escapeMarkdown(oneLine(c)), " ") + " ")
	}
	m.WriteString("|\n")
}

// fenced writes a block of code. Its fence is longer than each row of backticks in the text.
func (m *markdownWriter) fenced(language, text string) {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	m.WriteString(fence + language + "\n")
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		m.WriteString(strings.TrimRight(clean(line), " ") + "\n")
	}
	m.WriteString(fence + "\n")
}

// wrapped writes a text in lines, the first behind first and the others behind rest.
func (m *markdownWriter) wrapped(first, rest string, text prose) {
	lead, line := first, ""
	flush := func() {
		m.WriteString(strings.TrimRight(lead+startOfLine(line), " ") + "\n")
		lead, line = rest, ""
	}
	for _, w := range markdownWords(text) {
		if line != "" && words.Width(lead)+words.Width(line)+1+words.Width(w) > pageWidth-1 { // one column for an escape
			flush()
		}
		line = strings.TrimLeft(line+" "+w, " ")
	}
	flush()
}

// markdownWords returns the words of a text, escaped and with their style. Words of parts that touch are one.
func markdownWords(text prose) []string {
	var out []string
	joined := false // the next word belongs to the last one
	for _, s := range text {
		said := clean(s.text)
		fields := strings.Fields(said)
		if len(fields) == 0 {
			joined = joined && said == ""
			continue
		}
		switch s.style {
		case literal:
			fields = strings.Split(literalMarkdown(strings.Join(fields, " ")), " ")
		case linked:
			fields = []string{"<" + strings.Join(fields, "") + ">"}
		case strong:
			for i, w := range fields {
				fields[i] = escapeMarkdown(w)
			}
			fields[0] = "**" + fields[0]
			fields[len(fields)-1] += "**"
		default:
			for i, w := range fields {
				fields[i] = escapeMarkdown(w)
			}
		}
		if joined && !strings.HasPrefix(said, " ") && len(out) > 0 {
			out[len(out)-1] += fields[0]
			fields = fields[1:]
		}
		out = append(out, fields...)
		joined = !strings.HasSuffix(said, " ")
	}
	return out
}

// literalMarkdown returns a text as code inside a line.
func literalMarkdown(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// entity matches what Markdown reads as a character of HTML.
var entity = pattern.New(`^&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);`)

// escapeMarkdown escapes a text so that Markdown shows it as it is: without styles, links, HTML, parts of a table, and references to users.
// An underscore inside a word needs no escape, which keeps the names of properties readable.
func escapeMarkdown(s string) string {
	var b strings.Builder
	runes := []rune(s)
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return ' '
		}
		return runes[i]
	}
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for i, r := range runes {
		escape := false
		switch r {
		case '\\', '`', '*', '[', ']', '<', '>', '|', '~':
			escape = true
		case '_':
			escape = !inWord(at(i-1)) || !inWord(at(i+1))
		case '&':
			escape = entity().MatchString(string(runes[i:]))
		case '$': // mathematics, unless it is an amount
			escape = !unicode.IsDigit(at(i + 1))
		case ':': // a URL
			escape = at(i+1) == '/' && at(i+2) == '/'
		case '.':
			escape = i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www") && !inWord(at(i-4))
		case '@':
			escape = inWord(at(i + 1))
		case '!':
			escape = at(i+1) == '['
		}
		if escape {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// marker matches the beginning of a line that is a list, a heading or a rule in Markdown.
var marker = pattern.New(`^([-+=]+|#{1,6})($| )|^([0-9]{1,9})[.)]($| )|^(-{3,}|={2,})`)

// startOfLine escapes the first word of a line if Markdown would read it as a list, a heading or a rule.
func startOfLine(line string) string {
	m := marker().FindStringSubmatch(line)
	switch {
	case m == nil:
		return line
	case m[3] != "":
		return m[3] + `\` + line[len(m[3]):]
	}
	return `\` + line
}

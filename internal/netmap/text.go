package netmap

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// symbols are the symbols of the picture. The text beside each of them has the same meaning.
var symbols = strings.NewReplacer("● ", "", "○ ", "", "■ ", "", "◆ ", "", "◇ ", "", "✓ ", "", "× ", "", "– ", "")

// Text returns the map for people who read it in a pipe or hear it: the picture, if it is asked for, and then all that
// it shows with whole ids. Without the picture it has no symbols. It shows the network after the plan, with the state
// of each endpoint now and after the plan.
func (m *Map) Text(width int, picture bool) string {
	var b strings.Builder
	width = max(width, 40)
	write := func(label, text string) {
		const indent, column = 2, 12
		label = words.Pad(strings.Repeat(" ", indent)+label, indent+column)
		for _, l := range words.Lines(text, width-words.Width(label), width-indent-column) {
			b.WriteString(label + l + "\n")
			label = strings.Repeat(" ", indent+column)
		}
	}
	title := func(text string) { b.WriteString(strings.Join(words.Lines(text, width, width), "\n") + "\n") }
	title(m.Headline(width, false) + ".")
	l := m.Layout(width, true)
	if picture {
		title("The picture shows the network after the plan.")
		for _, line := range l.Lines(0, l.Height, View{After: true, Focus: -1}) {
			b.WriteString(line.String() + "\n")
		}
		b.WriteString("\n")
	}
	for _, u := range m.Unread {
		title("! " + u)
	}
	for _, o := range l.Objects {
		if o.Interface != nil || o.Need != nil { // of a subnet or an endpoint, which follow
			continue
		}
		name, details := m.Describe(o, true)
		title(name)
		for _, d := range details {
			write(d.Label, d.Text)
		}
	}
	for _, n := range m.Regional {
		title(line("NAT gateway", n.ID, safe(n.Name)))
		state := safe(n.State)
		if n.Change != "" {
			state = notYet.Text
		}
		write("State", state)
		write("Zones", "all zones: it is regional")
	}
	for _, e := range m.Endpoints {
		title(strings.TrimSpace("endpoint " + e.Code + " " + e.ID))
		write("Now", e.nowText())
		for _, d := range e.details(true) {
			if d.Label == "State" {
				d.Label = "After plan"
			}
			write(d.Label, d.Text)
		}
	}
	if !picture {
		return symbols.Replace(b.String())
	}
	return b.String()
}

// nowText returns the state as the account is.
func (e *Endpoint) nowText() string {
	if e.Planned {
		return "does not exist"
	}
	return e.Now.text()
}

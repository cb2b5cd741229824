package tui

import (
	"cmp"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// documentScreen shows commands or a text in the whole width, so that they can be read and copied.
type documentScreen struct {
	title, note string
	at          string              // id of the step in the sidebar; empty: the review
	table       func(int) []passage // in place of the text, for a width
	text        []passage
	commands    [][]string // in the text
	more        func() tea.Cmd
	ends        bool // it is a result, so Enter continues
	scroller
}

func (s *documentScreen) stepID() string             { return cmp.Or(s.at, atReview) }
func (s *documentScreen) enter(*app) tea.Cmd         { return nil }
func (s *documentScreen) terms(a *app) []*terms.Term { return a.termsBelow() }

func (s *documentScreen) keys(*app) []key.Binding {
	ks := []key.Binding{keys.read}
	if len(s.commands) > 0 {
		ks = append(ks, renamed(keys.copy, "copy the commands"))
	}
	if s.more != nil {
		ks = append(ks, renamed(keys.command, "all changes"))
	}
	if s.ends {
		return append([]key.Binding{renamed(keys.choose, "continue")}, append(ks, keys.back)...)
	}
	return append(ks, renamed(keys.back, "close"))
}

func (s *documentScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.scroller.press(k):
	case is(k, keys.back), s.ends && is(k, keys.choose):
		return a.pop()
	case len(s.commands) > 0 && is(k, keys.copy):
		var lines []string
		for _, c := range s.commands {
			lines = append(lines, strings.Join(c, " "))
		}
		a.copy(strings.Join(lines, "\n"))
	case s.more != nil && is(k, keys.command):
		a.stack = a.stack[:len(a.stack)-1]
		return s.more()
	}
	return nil
}

func (s *documentScreen) render(a *app, w, h int) []string {
	out := []string{a.st.title.Render(cut(s.title, w))}
	if h > 10 && s.note != "" {
		out = append(append(out, paint(a.st.dim, wrap(s.note, w))...), "")
	}
	text := s.text
	if s.table != nil {
		text = s.table(w)
	}
	return append(out, s.window(&a.st, passages(&a.st, text, w), h-len(out))...)
}

// copy copies a text with the clipboard of the terminal (OSC 52).
func (a *app) copy(text string) {
	a.run(tea.SetClipboard(text))
	first, _, more := strings.Cut(text, "\n")
	if more {
		first += " …"
	}
	a.say("Copied: %s If the terminal does not allow this, select the text with the mouse.", first)
}

// commands shows the commands of the change under the cursor.
func (s *reviewScreen) commands(a *app) tea.Cmd {
	l := s.line()
	ids := []resource.ID{}
	switch {
	case l.action != nil:
		ids = append(ids, l.action.ID)
	case l.cause != nil && len(l.cause.Changes) > 0:
		ids = l.cause.Changes
	case l.finding != nil && len(l.finding.Changes) > 0:
		ids = l.finding.Changes
	default:
		return s.allCommands(a)
	}
	return a.push(s.commandScreen(a, strings.TrimSpace(s.pick.under().label), ids, func() tea.Cmd { return s.allCommands(a) }))
}

func (s *reviewScreen) allCommands(a *app) tea.Cmd {
	var ids []resource.ID
	for _, c := range s.plan.Changes {
		ids = append(ids, c.ID)
	}
	return a.push(s.commandScreen(a, "All changes of the plan", ids, nil))
}

// commandScreen shows the commands of changes.
func (s *reviewScreen) commandScreen(a *app, title string, ids []resource.ID, more func() tea.Cmd) *documentScreen {
	d := &documentScreen{title: title, more: more, note: "Apply and the exported script run these commands. A variable such as $id_endpoint_s3 is the id of a new resource. The script also waits, retries, and finds what exists."}
	if a.account.Practice {
		d.note = "! Sandbox ids: run them against wizard sandbox serve, not in your own account.\n" + d.note
	}
	for _, id := range ids {
		c := s.plan.Change(id)
		if c == nil {
			continue
		}
		commands, err := a.session.Commands(s.plan, *c)
		switch {
		case err != nil:
			d.text = append(d.text, passage{text: "# " + clean(c.Summary) + ": " + clean(err.Error()), tone: quiet})
		case len(commands) == 0 && len(ids) > 1:
			continue
		case len(commands) == 0:
			d.text = append(d.text, passage{text: "# " + clean(c.Summary) + ": no command changes anything", tone: quiet})
		default:
			d.text = append(d.text, passage{text: "# " + clean(c.Summary), tone: quiet})
		}
		for _, args := range a.account.withProfile(commands...) {
			for i := range args {
				args[i] = clean(args[i])
			}
			d.text = append(d.text, passage{command: args})
			d.commands = append(d.commands, args)
		}
	}
	return d
}

// difference shows the state before and after, or the document of the change under the cursor.
func (s *reviewScreen) difference(a *app) tea.Cmd {
	c := s.line().action
	if c == nil || len(c.Before) == 0 && c.Details().Text == "" {
		a.warn("This row has no policy and no difference.")
		return nil
	}
	d := &documentScreen{title: clean(c.Summary)}
	if len(c.Before) > 0 {
		var b, after strings.Builder
		writeProperties(&b, s.plan, c.Before)
		writeProperties(&after, s.plan, resource.Properties(c.Spec))
		d.text = append(d.text, passage{text: "Now", strong: true}, passage{text: cleanText(b.String())}, passage{text: "Added by the plan", strong: true}, passage{text: cleanText(after.String())})
	}
	if details := c.Details(); details.Text != "" {
		d.text = append(d.text, passage{text: details.Title, strong: true}, passage{text: cleanText(details.Text)})
	}
	return a.push(d)
}

// copyID copies the id of what the row is about.
func (s *reviewScreen) copyID(a *app) {
	switch l := s.line(); {
	case l.action != nil && l.action.Existing != "":
		a.copy(clean(l.action.Existing))
	case l.finding != nil && l.finding.Resource != "":
		a.copy(clean(l.finding.Resource))
	default:
		a.warn("This row has no id yet.")
	}
}

// showConsole shows the address of the console page of the row, and copies it. It starts no browser, because the wizard often
// runs on another computer.
func (s *reviewScreen) showConsole(a *app) {
	c := s.line().action
	if f := s.finding(); f != nil && len(f.Changes) > 0 {
		c = s.plan.Change(f.Changes[0])
	}
	url := ""
	if a.account.Practice {
		a.warn("A sandbox has no console.")
		return
	}
	if c != nil {
		url = c.Console(s.plan.Partition, s.plan.Region)
	}
	if url == "" {
		a.warn("This row has no console page.")
		return
	}
	a.run(tea.SetClipboard(url))
	a.say("Console page, also copied:\n%s", url)
}

// passages renders paragraphs into lines.
func passages(st *styles, text []passage, w int) []string {
	var lines []string
	for _, p := range text {
		style := st.tone(p.tone)
		if p.strong {
			style = st.title
		}
		switch {
		case p.command != nil:
			for _, l := range commandLines(p.command, w-len(p.indent)) {
				lines = append(lines, p.indent+l)
			}
		case p.oneLine:
			lines = append(lines, p.indent+style.Render(cut(p.text, w-len(p.indent))))
		default:
			lines = append(lines, indented(style, p.indent, p.text, w)...)
		}
	}
	return lines
}

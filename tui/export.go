package tui

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// exports are what a plan can be exported to, one for each format.
type exports struct {
	plan    *plan.Plan
	files   []*file
	applied bool   // the account has what the plan creates
	only    string // why only reports are offered; empty if all formats are
}

// exportOf returns the exports of a plan.
func (a *app) exportOf(p *plan.Plan, applied bool) *exports {
	x := &exports{plan: p, applied: applied}
	var off []string // the formats that are not offered
	blocked := a.blocked(p)
	vpc := p.VPC
	if vpc == "" {
		vpc = "plan"
	}
	reports := slices.DeleteFunc(slices.Clone(a.session.Formats()), func(f Format) bool { return !f.Report })
	code := slices.DeleteFunc(slices.Clone(a.session.Formats()), func(f Format) bool { return f.Report })
	for _, format := range append(code, reports...) {
		if blocked != "" && !format.Report {
			off = append(off, format.Title)
			continue
		}
		f := &file{name: "privatelink-" + strings.ReplaceAll(vpc, "/", "-") + format.Extension, format: &format} // the id of a new VPC has a slash
		f.title, f.ask = "Export", "What name should the file have?"
		f.help = "An existing file is not overwritten."
		if format.Folder {
			f.ask, f.help = "What name should the folder have?", "An existing folder is not overwritten."
		}
		f.content = func(a *app) func(string) (Export, error) {
			session := a.session
			inv := a.inv // the content is created while the screens may read more
			of := Planned{&inv, a.ans.Answers, p, slices.Clone(a.accepted)}
			return func(name string) (Export, error) { return session.Export(of, format.Name, name) }
		}
		x.files = append(x.files, f)
	}
	if len(off) > 0 {
		x.only = fmt.Sprintf("Only a report can be written: %s. Not offered: %s.", blocked, strings.Join(off, ", "))
	}
	return x
}

// reports returns the titles of the formats that describe a plan that can be neither applied nor exported as code.
func (a *app) reports() []string {
	var out []string
	for _, f := range a.session.Formats() {
		if f.Report {
			out = append(out, f.Title)
		}
	}
	return out
}

// created reports whether the last apply created or changed something.
func (a *app) created() bool { return a.result.Applied != nil && a.result.Applied.Done > 0 }

// named returns the file of a format.
func (x *exports) named(format string) *file {
	return x.files[max(0, slices.IndexFunc(x.files, func(f *file) bool { return f.format.Name == format }))]
}

// proposal is the proposed name as a list shows it.
func (f *file) proposal() string {
	if f.format.Folder {
		return f.name + "/"
	}
	return f.name
}

// question asks for the format.
func (x *exports) question(a *app) question {
	help := "All formats describe the same plan: " + x.plan.Counts() + "."
	if x.only != "" {
		help = x.only
	}
	q := question{title: "Export", ask: "Which format should the export use?", help: help, chosen: []string{a.format}, terms: verifyTerms}
	for _, f := range x.files {
		details := f.format.Details
		if only := a.onlySandbox(); only != "" && !f.format.Report {
			details = "! " + only + "\n" + details
		}
		q.options = append(q.options, steps.Option{Value: f.format.Name, Label: f.format.Title, Details: details,
			Hint: f.proposal() + "; you need: " + f.format.Needs + "; changes existing resources: " + f.format.Existing})
	}
	return q
}

// onlySandbox says that an export of a sandbox account is not for other accounts; empty for other accounts.
func (a *app) onlySandbox() string {
	if !a.account.Practice {
		return ""
	}
	return "Sandbox: it works only with wizard sandbox serve --scenario " + a.account.Scenario
}

// again is a warning about an export of a plan that is applied; empty if the format finds what exists.
func (x *exports) again(f *file) string {
	if !x.applied || f.format.Finds || f.format.Report {
		return ""
	}
	return "The plan was applied: this export would create its resources again. Create a new plan first."
}

// exported says what was written, and how to use it.
func (a *app) exported(f *file, x Export) []passage {
	written := " Written: "
	if x.Folder != "" {
		written = " Written to " + clean(x.Folder) + "/: "
	}
	out := []passage{{text: markDone + written + strings.Join(x.listed(), ", "), tone: good}}
	if len(x.Unmask) > 0 {
		out = append(out, passage{}, passage{text: Incomplete}, commandPassage(x.Unmask))
	}
	if len(x.Commands) == 0 { // nothing is run
		return out
	}
	out = append(out, passage{}, passage{text: "Review it, then run it:"})
	for _, c := range a.account.withProfile(x.Commands...) {
		out = append(out, commandPassage(c))
	}
	if x.Further != "" {
		out = append(out, passage{text: x.Further})
	}
	credentials := "credentials for this account"
	if set := a.account.Settings; set != nil && set.Flag != "" {
		credentials += ", such as AWS_PROFILE=" + shellQuote(set.Flag)
	}
	out = append(out, passage{}, passage{text: "You need: " + f.format.Needs + ", and " + clean(credentials) + "."})
	if only := a.onlySandbox(); only != "" {
		out = append(out, passage{text: "! " + only, tone: warning})
	}
	if f.format.Finds {
		out = append(out, passage{text: "You can run it again: it keeps existing resources."})
	}
	return out
}

// Incomplete is the text before the command that completes an export with stand-ins.
const Incomplete = "Its names are stand-ins, because the snapshot is masked. The owner of the legend completes it first:"

// commandPassage shows a command.
func commandPassage(command []string) passage {
	args := make([]string, len(command))
	for i := range command {
		args[i] = clean(command[i])
	}
	return passage{command: args, indent: "  "}
}

// What has the focus of an exportScreen. The keys up and down choose a format from each of them.
const (
	onWrite = iota // the buttons
	onShow
	onName
)

// exportScreen asks for the format and the name of an export.
type exportScreen struct {
	*exports
	pick  *picker
	page  listPage
	focus int
	at    *file // that the name is for
	brief bool  // the list has no space for what a format needs
	naming
}

// export shows the screen that exports a plan.
func (a *app) export(x *exports) tea.Cmd {
	s := &exportScreen{exports: x}
	q := x.question(a)
	for i := range q.options {
		q.options[i].Section = "Format" // the head of the table
	}
	s.pick, s.page = listOf(&q, false)
	details := s.page.details
	s.page.details = func(i int) string {
		if text := details(i); s.brief && text != "" {
			return "You need: " + s.file().format.Needs + ".\n" + text
		}
		return details(i)
	}
	s.at = s.file()
	s.field = newField(&a.st, " ", s.at.name)
	return a.push(s)
}

func (s *exportScreen) stepID() string           { return atApply }
func (s *exportScreen) enter(*app) tea.Cmd       { return nil }
func (s *exportScreen) terms(*app) []*terms.Term { return verifyTerms }
func (s *exportScreen) list() *picker            { return s.pick }
func (s *exportScreen) about() *listPage         { return &s.page }

// file returns the file of the focused format.
func (s *exportScreen) file() *file { return s.named(s.pick.under().value) }

// follow changes the name to one for the focused format. A name that the user typed keeps all but its extension.
func (s *exportScreen) follow(a *app) {
	from, to := s.at, s.file()
	if from == to || s.state != fileEditing {
		return
	}
	a.format = to.format.Name
	name := to.name
	if typed := strings.TrimSpace(s.value()); typed != "" && typed != from.name {
		name = strings.TrimSuffix(strings.TrimRight(typed, "/"), from.format.Extension) + to.format.Extension
	}
	s.at, s.err, s.field = to, nil, newField(s.st, s.label, name)
}

// typing reports whether letters are part of the name.
func (s *exportScreen) typing() bool {
	return s.state == fileEditing && s.focus == onName && !s.page.open
}

// insert inserts pasted text into the name.
func (s *exportScreen) insert(text string) {
	if s.typing() {
		s.err = nil
		s.field.insert(text)
	}
}

func (s *exportScreen) keys(*app) []key.Binding {
	does := "write"
	switch {
	case s.state == fileWriting:
		return nil
	case s.typing():
		return []key.Binding{keys.typing, renamed(keys.choose, does), keys.nextStop, escOnly, keys.del}
	case s.focus == onShow:
		does = "show"
	}
	return []key.Binding{renamed(keys.move, "format"), renamed(keys.choose, does), keys.nextStop, renamed(keys.command, "show it first"), escOnly}
}

// escOnly goes back where shift+tab goes to another field.
var escOnly = bind("esc", "back", "esc")

func (s *exportScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	s.follow(a) // the mouse can have moved the focus
	name := k.String()
	switch {
	case s.state == fileWriting:
	case s.page.open:
		s.page.press(s.pick, k)
	case name == "tab" || name == "shift+tab":
		s.focus = (s.focus + map[string]int{"tab": 1, "shift+tab": 2}[name]) % (onName + 1)
	case is(k, escOnly):
		return a.pop()
	case is(k, keys.choose) && s.focus == onShow, !s.typing() && is(k, keys.command):
		return s.show(a)
	case is(k, keys.choose):
		s.err = nil
		return s.write(a, s.at)
	case s.typing() && (name == "up" || name == "down"), !s.typing() && !is(k, keys.filter) && s.page.press(s.pick, k):
		if s.typing() {
			s.pick.travel(k)
		}
		s.follow(a)
	case s.typing():
		s.err = nil
		s.edit(k)
	case s.focus != onName && is(k, keys.left):
		s.focus = onWrite
	case s.focus != onName && is(k, keys.right):
		s.focus = onShow
	}
	return nil
}

// took shows what was written, and how to use it.
func (s *exportScreen) took(a *app, m writtenMsg) {
	if s.written(a, m) {
		a.stack[len(a.stack)-1] = &documentScreen{title: "Export", at: atApply, text: a.exported(s.at, m.files), commands: a.account.withProfile(m.files.Commands...), ends: true}
	}
}

// shownMsg contains the files of an export that is shown before it is written.
type shownMsg struct {
	screen *exportScreen
	files  Export
	err    error
}

// show shows the first file of the export.
func (s *exportScreen) show(a *app) tea.Cmd {
	name := a.path(strings.TrimSpace(s.value()))
	if name == "" {
		name = s.at.name
	}
	content := s.at.content(a)
	return a.work.cmd(func(context.Context) tea.Msg {
		x, err := content(name)
		return shownMsg{s, x, err}
	})
}

// shown shows the files, unless the user has left the screen.
func (s *exportScreen) shown(a *app, m shownMsg) tea.Cmd {
	switch {
	case a.top() != s || s.state != fileEditing:
		return nil
	case m.err != nil:
		s.err, s.free = m.err, ""
		return nil
	}
	return a.push(&documentScreen{title: clean(m.files.Files[0].Name), note: m.files.note(), at: atApply, text: m.files.text()})
}

// listed returns the names of the files as texts, those in a folder without the folder.
func (x Export) listed() []string {
	out := x.names()
	for i := range out {
		if x.Folder != "" {
			out[i] = filepath.Base(out[i])
		}
		out[i] = clean(out[i])
	}
	return out
}

// note says that nothing is written yet, and which files are not shown.
func (x Export) note() string {
	note := "Not written yet."
	if more := x.listed()[1:]; len(more) > 0 {
		note += " Other files: " + strings.Join(more, ", ")
	}
	return note
}

// text returns the lines of the first file.
func (x Export) text() []passage {
	var out []passage
	for line := range strings.Lines(string(x.Files[0].Data)) {
		// As a command: a longer line is clipped, because a wrapped one cannot be read as code.
		out = append(out, passage{command: []string{clean(strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", "    "))}})
	}
	return out
}

// Widths of the table of formats. A column that has no space for its values is left out.
const (
	needsWidth    = len("Terraform 1.11 or newer")
	existingWidth = len("Changes existing")
	leastName     = 16
)

// table writes the columns of the list for a width.
func (s *exportScreen) table(w int) {
	label := 0
	for _, f := range s.files {
		label = max(label, ansi.StringWidth(f.format.Title))
	}
	name, needs, existing := w-2-label-2, 0, 0
	if name-needsWidth-2 >= leastName {
		name, needs = name-needsWidth-2, needsWidth
	}
	if needs > 0 && name-existingWidth-2 >= leastName {
		name, existing = name-existingWidth-2, existingWidth
	}
	widest := len("File")
	for _, f := range s.files {
		widest = max(widest, ansi.StringWidth(f.proposal()))
	}
	name, s.brief = min(name, widest), needs == 0
	columns := func(file, need, change string) string {
		line := fit(short(file, name), name)
		if needs > 0 {
			line += "  " + fit(need, needs)
		}
		if existing > 0 {
			line += "  " + change
		}
		return line
	}
	for i := range s.pick.rows {
		r := &s.pick.rows[i]
		if r.heading {
			r.label = "  " + fit("Format", label) + "  " + columns("File", "You need", "Changes existing")
			continue
		}
		f := s.named(r.value)
		r.hint = columns(f.proposal(), f.format.Needs, f.format.Existing)
	}
}

func (s *exportScreen) render(a *app, w, h int) []string {
	s.table(w)
	if s.page.bare = false; s.page.open {
		for i := range s.pick.rows {
			s.pick.rows[i].hint = "" // the columns of the table
		}
		return s.page.whole(&a.st, s.pick, w, h)
	}
	if s.state == fileWriting {
		return []string{a.st.title.Render("Export"), "", "Writing " + s.value() + " …"}
	}
	s.follow(a)
	foot := s.foot(a, w)
	if h >= 16 {
		foot = append([]string{""}, foot...)
	}
	head := paint(a.st.title, wrap(s.page.ask, w))
	if h >= 16 {
		head = append(append(head, brief(&a.st, s.page.help, w)...), "")
	}
	if over := len(head) + len(s.pick.rows) + len(foot) - h; over > 0 { // the formats, the name and the buttons stay
		head = head[min(over, len(head)):]
	}
	s.page.above = len(head)
	out := append(head, s.pick.render(&a.st, w, min(len(s.pick.rows), h-len(head)-len(foot)))...)
	if pane := h - len(out) - len(foot) - 1; pane >= 3 {
		out = append(out, a.st.dim.Render(strings.Repeat("─", w)))
		out = append(out, s.page.pane(&a.st, s.pick, w, pane)...)
	} else {
		s.page.bare = true
	}
	return append(tall(out, max(h-len(foot), 0)), foot...)
}

// foot renders the name and the buttons.
func (s *exportScreen) foot(a *app, w int) []string {
	label := "File"
	if s.at.format.Folder {
		label = "Folder"
	}
	label = fit(label, labelWidth)
	out := []string{"  " + label + "  " + short(clean(s.value()), w-labelWidth-4)}
	b := buttons{labels: [2]string{"Write", "Show it first"}, chosen: s.focus}
	if s.focus == onName {
		b.chosen = -1
		out[0] = a.st.cursor.Render(markCursor+" "+label) + s.line(max(w-2-labelWidth, 8))
	}
	switch bad := s.failure(&a.st, w); {
	case bad != nil:
		out = append(out, bad...)
	case s.again(s.at) != "":
		out = append(out, paint(a.st.warn, wrap("! "+s.again(s.at), w))...)
	default:
		out = append(out, a.st.dim.Render(cut("  "+s.at.help, w)))
	}
	return append(out, b.line(&a.st))
}

// export asks for the format and the name of an export, and writes it.
func (p *lines) export(x *exports) error {
	for {
		q := x.question(p.app)
		if err := p.ask(&q, false, func(v []string) error { p.format = v[0]; return nil }); err != nil {
			return err
		}
		f := x.named(p.format)
		if again := x.again(f); again != "" {
			p.say("Note: %s", again)
		}
		if err := p.file(f); err != errBack {
			return err
		}
	}
}

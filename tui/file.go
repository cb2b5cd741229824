package tui

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// file is what can be written: an export or the answers.
type file struct {
	name             string // the proposal
	title, ask, help string
	export           bool
	data             func(*app) func() (data, error) // called in Update; its result is called in a command
	after            func(name string) []string      // instructions for the file
}

// data is the content of a file.
type data []byte

func exportFile(p *plan.Plan) *file {
	vpc := p.VPC
	if vpc == "" {
		vpc = "plan"
	}
	f := &file{name: "privatelink-" + vpc + ".sh"}
	f.title, f.ask, f.export = "Export a script", "What name should the file have?", true
	f.help = "A bash script with the AWS CLI commands of this plan. It does not overwrite an existing file."
	f.data = func(a *app) func() (data, error) {
		session := a.session
		return func() (data, error) {
			script, err := session.Export(p)
			return data(script), err
		}
	}
	f.after = func(name string) []string {
		return []string{
			"To show what it does:", "  bash " + shellQuote(name) + " --dry-run", "",
			"To apply the plan:", "  bash " + shellQuote(name), "",
			"It needs the AWS CLI and credentials for this account.", "You can run it again: it keeps existing resources.",
		}
	}
	return f
}

func answersFile(a *app) *file {
	f := &file{name: "answers.yaml"}
	f.title, f.ask = "Save the answers", "What name should the file with the answers have?"
	f.help = "A YAML file with your answers, for the same plan later. It does not overwrite an existing file."
	f.data = func(a *app) func() (data, error) {
		session, ans := a.session, a.ans.Clone()
		return func() (data, error) { return session.AnswersYAML(ans.Answers) }
	}
	f.after = func(name string) []string {
		// Flags are on separate lines, because a clipped command cannot be copied.
		flags := ""
		for _, f := range a.commandFlags() {
			flags += " \\\n    " + f
		}
		out := []string{"To create the same plan again without questions:", "  wizard plan --answers " + shellQuote(name) + flags, ""}
		if a.account.ReadOnly == "" {
			out = append(out, "To apply it:", "  wizard apply --answers "+shellQuote(name)+" --yes"+flags)
		} else {
			out = append(out, "To export it as a script:", "  wizard export --answers "+shellQuote(name)+" --format bash"+flags)
		}
		if len(a.accepted) > 0 {
			out = append(out, "", "The file does not contain accepted findings: they are for one run only.")
		}
		return strings.Split(strings.Join(out, "\n"), "\n")
	}
	return f
}

// path returns a typed path with the home directory in the place of ~, as a shell reads it.
func (a *app) path(typed string) string {
	rest, ok := strings.CutPrefix(typed, "~/")
	if !ok {
		return typed
	}
	for _, v := range a.opts.Environ {
		if home, ok := strings.CutPrefix(v, "HOME="); ok && home != "" {
			return filepath.Join(home, rest)
		}
	}
	return typed
}

// commandFlags returns the flags that select the same account and accept the same rules on the
// command line.
func (a *app) commandFlags() []string {
	var out []string
	for _, f := range a.account.flags() {
		out = append(out, shellQuote(f))
	}
	for _, rule := range a.accepted {
		out = append(out, "--accept "+shellQuote(rule))
	}
	return out
}

// shellCommand returns the arguments of a command as a shell reads them.
func shellCommand(args []string) (quoted []string) {
	for _, a := range args {
		quoted = append(quoted, shellQuote(a))
	}
	return quoted
}

// commandLines returns a command in lines of at most w columns that a shell reads as one command: a line breaks only between
// arguments. An argument that is longer than a line is cut at the mark ›, which no command contains, so that nobody runs the
// rest of it.
func commandLines(quoted []string, w int) []string {
	const more, indent, clipped = " \\", "  ", "›"
	var out []string
	line := ""
	for i, arg := range quoted {
		room := w // the last argument needs no mark after it
		if i+1 < len(quoted) {
			room -= len(more)
		}
		switch next := line + " " + arg; {
		case line == "":
			line = arg
		case ansi.StringWidth(next) <= room:
			line = next
		default:
			out, line = append(out, line+more), indent+arg
		}
	}
	out = append(out, line)
	for i, l := range out {
		out[i] = ansi.Truncate(l, max(w, 1), clipped)
	}
	return out
}

// shellQuote quotes a name for a shell if necessary.
func shellQuote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/-=", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

type fileState int

const (
	fileEditing fileState = iota
	fileWriting
	fileWritten
)

// fileScreen asks for a file name and writes the file.
type fileScreen struct {
	*file
	*field
	state fileState
	err   error
}

// write shows the screen that writes a file.
func (a *app) write(f *file) tea.Cmd {
	return a.push(&fileScreen{file: f, field: newField(&a.st, "Name:", f.name)})
}

func (f *fileScreen) stepID() string     { return atApply }
func (f *fileScreen) enter(*app) tea.Cmd { return nil }

// terms of an export are about what the script does. Other files have those of the screen that writes them.
func (f *fileScreen) terms(a *app) []*terms.Term {
	if f.export {
		return verifyTerms
	}
	return a.termsBelow()
}

func (f *fileScreen) keys(*app) []key.Binding {
	switch f.state {
	case fileWriting:
		return nil
	case fileWritten:
		return []key.Binding{renamed(keys.choose, "continue"), keys.back}
	}
	return []key.Binding{keys.typing, keys.del, keys.write, bindEsc}
}

// bindEsc goes back on screens with text input.
var bindEsc = bind("esc", "back", "esc", "shift+tab")

// insert inserts pasted text while the name can be edited.
func (f *fileScreen) insert(s string) {
	if f.state == fileEditing {
		f.field.insert(s)
	}
}

func (f *fileScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch f.state {
	case fileWriting:
		return nil
	case fileWritten:
		if is(k, keys.choose, keys.back) {
			return a.pop()
		}
		return nil
	}
	f.err = nil
	switch {
	case is(k, bindEsc):
		return a.pop()
	case is(k, keys.write):
		return f.write(a)
	}
	f.edit(k)
	return nil
}

// writtenMsg contains the result of writing the file.
type writtenMsg struct{ err error }

func (f *fileScreen) write(a *app) tea.Cmd {
	name := a.path(strings.TrimSpace(f.value()))
	if name == "" {
		f.err = fmt.Errorf("the name must not be empty")
		return nil
	}
	f.field = newField(f.st, f.label, name)
	f.state = fileWriting
	content, session := f.data(a), a.session
	return a.work.cmd(func(context.Context) tea.Msg {
		d, err := content()
		if err == nil {
			err = session.Save(name, d)
		}
		return writtenMsg{err}
	})
}

func (f *fileScreen) written(a *app, m writtenMsg) {
	if f.state != fileWriting { // the message of a closed screen
		return
	}
	if m.err != nil {
		f.state, f.err = fileEditing, m.err
		return
	}
	f.state = fileWritten
	a.wrote(f.file, f.value())
}

// wrote records a written file.
func (a *app) wrote(f *file, name string) {
	a.ended = true
	if f.export {
		a.result.Exported = append(a.result.Exported, name)
	} else {
		a.result.Saved = append(a.result.Saved, name)
	}
}

func (f *fileScreen) render(a *app, w, h int) []string {
	switch f.state {
	case fileWritten:
		out := []string{a.st.title.Render(f.title)}
		out = append(out, paint(a.st.good, wrap(markDone+" Written: "+f.value(), w))...)
		return append(append(out, ""), f.after(f.value())...)
	case fileWriting:
		return []string{a.st.title.Render(f.title), "", "Writing " + f.value() + " …"}
	}
	out := []string{a.st.title.Render(f.ask)}
	out = append(out, paint(a.st.dim, wrap(f.help, w))...)
	out = append(out, "", f.line(w))
	if f.err != nil {
		out = append(out, "")
		out = append(out, paint(a.st.bad, wrap("! Cannot write the file: "+cleanText(f.err.Error()), w))...)
		out = append(out, wrap("Change the name and press Enter to try again.", w)...)
	}
	return out
}

package tui

import (
	"context"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

type formState int

const (
	formEditing formState = iota
	formWriting
	formWritten
)

// formScreen asks for a file name and writes the file.
type formScreen struct {
	title, ask, help string
	export           bool
	field            // the name of the file
	state            formState
	err              error
	data             func(*app) func() (data, error) // made in Update, called in a command
	after            func(name string) []string      // how to use the file
}

// data is the content of a file.
type data []byte

func newForm(name string) *formScreen { return &formScreen{field: newField(name)} }

func newExportForm(p *plan.Plan) *formScreen {
	vpc := p.VPC
	if vpc == "" {
		vpc = "plan"
	}
	f := newForm("privatelink-" + vpc + ".sh")
	f.title, f.ask, f.export = "Export a script", "What shall the file be called?", true
	f.help = "A bash script for the AWS CLI that makes the same as Apply. An existing file is not overwritten."
	f.data = func(a *app) func() (data, error) {
		session := a.session
		return func() (data, error) {
			script, err := session.Export(p)
			return data(script), err
		}
	}
	f.after = func(name string) []string {
		return []string{
			"Look first: what would it do?", "  bash " + shellWord(name) + " --dry-run", "",
			"Then do it:", "  bash " + shellWord(name), "",
			"It needs the AWS CLI and credentials for this account.", "It can be run again: what is there already is kept.",
		}
	}
	return f
}

func newSaveForm(a *app) *formScreen {
	// On a line of their own: a command that is cut off cannot be copied.
	accept := strings.ReplaceAll(a.acceptFlags(), " --accept", " \\\n    --accept")
	f := newForm("answers.yaml")
	f.title, f.ask = "Save the answers", "What shall the file be called?"
	f.help = "A small YAML file with what you answered, for you to keep and to run again. An existing file is not overwritten."
	f.data = func(a *app) func() (data, error) {
		session, ans := a.session, a.ans.Clone()
		return func() (data, error) { return session.AnswersYAML(ans) }
	}
	f.after = func(name string) []string {
		out := []string{"Make the same plan again, without questions:", "  wizard plan --answers " + shellWord(name) + accept, "",
			"And carry it out:", "  wizard apply --answers " + shellWord(name) + " --yes" + accept}
		if accept != "" {
			out = append(out, "", "What you accepted is not in the file: it holds for one run.")
		}
		return strings.Split(strings.Join(out, "\n"), "\n")
	}
	return f
}

// acceptFlags are the flags that accept the same on the command line.
func (a *app) acceptFlags() string {
	out := ""
	for _, rule := range a.accepted {
		out += " --accept " + shellWord(rule)
	}
	return out
}

// shellWord quotes a name for a shell where it must be.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/-", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (f *formScreen) station() string    { return atApply }
func (f *formScreen) enter(*app) tea.Cmd { return nil }

func (f *formScreen) keys(*app) []key.Binding {
	switch f.state {
	case formWriting:
		return nil
	case formWritten:
		return []key.Binding{called(keys.choose, "go on"), keys.back}
	}
	return []key.Binding{keys.typing, keys.del, keys.write, bindEsc}
}

// bindEsc is back where letters are text.
var bindEsc = bind("esc", "back", "esc", "shift+tab")

// insert takes what is pasted, as long as a name is asked for.
func (f *formScreen) insert(s string) {
	if f.state == formEditing {
		f.field.insert(s)
	}
}

func (f *formScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch f.state {
	case formWriting:
		return nil
	case formWritten:
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

// writtenMsg says how writing went.
type writtenMsg struct{ err error }

func (f *formScreen) write(a *app) tea.Cmd {
	name := strings.TrimSpace(string(f.text))
	if name == "" {
		f.err = fmt.Errorf("type a name first")
		return nil
	}
	f.field = newField(name)
	f.state = formWriting
	make, session := f.data(a), a.session
	return a.work.cmd(func(context.Context) tea.Msg {
		d, err := make()
		if err == nil {
			err = session.Save(name, d)
		}
		return writtenMsg{err}
	})
}

func (f *formScreen) written(a *app, m writtenMsg) {
	if f.state != formWriting { // of a form that is gone
		return
	}
	if m.err != nil {
		f.state, f.err = formEditing, m.err
		return
	}
	f.keep(a)
}

// keep notes that the file was written.
func (f *formScreen) keep(a *app) {
	f.state = formWritten
	a.ended = true
	if f.export {
		a.result.Exported = append(a.result.Exported, string(f.text))
	} else {
		a.result.Saved = append(a.result.Saved, string(f.text))
	}
}

func (f *formScreen) render(a *app, w, h int) []string {
	out := []string{a.st.title.Render(f.title)}
	switch f.state {
	case formWritten:
		out = append(out, paint(a.st.good, wrap(markDone+" Written: "+string(f.text), w))...)
		return append(append(out, ""), f.after(string(f.text))...)
	case formWriting:
		return append(out, "", "Writing "+string(f.text)+" …")
	}
	out = append(out, f.ask)
	out = append(out, paint(a.st.dim, wrap(f.help, w))...)
	out = append(out, "", f.line(&a.st, "Name:", w))
	if f.err != nil {
		out = append(out, "")
		out = append(out, paint(a.st.bad, wrap("! Not written: "+cleanText(f.err.Error()), w))...)
		out = append(out, wrap("Change the name and press Enter to try again.", w)...)
	}
	return out
}

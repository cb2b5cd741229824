package tui

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// file is what can be written: an export in one format, or the answers.
type file struct {
	name             string // the proposal
	title, ask, help string
	format           *Format                                      // of an export; nil: the answers
	content          func(*app) func(name string) (Export, error) // called in Update; its result is called in a command
	after            func(name string) []string                   // instructions for the file with the answers
}

func answersFile(a *app) *file {
	f := &file{name: "answers.yaml"}
	f.title, f.ask = "Save the answers", "What name should the file with the answers have?"
	f.help = "A YAML file with your answers, for the same plan later. It does not overwrite an existing file."
	f.content = func(a *app) func(string) (Export, error) {
		session, ans := a.session, a.ans.Clone()
		return func(name string) (Export, error) {
			data, err := session.AnswersYAML(ans.Answers)
			return Export{Files: []File{{Name: name, Data: data}}}, err
		}
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

// save writes the files of a name, records them, and keeps the answers. If one of them exists, it also returns a name that is free; empty if it finds
// none.
func (w *work) save(s Session, f *file, content func(name string) (Export, error), name string, ans steps.Answers) (x Export, free string, err error) {
	if x, err = content(name); err != nil {
		return x, "", err
	}
	if err = s.Save(x); err == nil {
		w.wrote(f, x)
		w.remember(s, ans.Answers)
		return x, "", nil
	}
	if !s.Taken(x) {
		return x, "", err
	}
	for n := range 8 {
		other := withNumber(name, n+2)
		if other == "" {
			break
		}
		if x, bad := content(other); bad == nil && !s.Taken(x) {
			return x, other, err
		}
	}
	return x, "", err
}

// withNumber returns the name of a file with a number before its extension; empty for a name that is none, such as "..".
func withNumber(name string, n int) string {
	name = strings.TrimRight(name, "/")
	if strings.Trim(filepath.Base(name), "./") == "" {
		return ""
	}
	ext := filepath.Ext(name)
	if ext == filepath.Base(name) { // a hidden file without an extension
		ext = ""
	}
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
}

type fileState int

const (
	fileEditing fileState = iota
	fileWriting
	fileWritten
)

// naming is the name of something that is written, and what became of the last try.
type naming struct {
	*field
	state fileState
	err   error
	free  string // a name that can be written in the place of the last one
}

// write writes a file with the typed name.
func (n *naming) write(a *app, f *file) tea.Cmd {
	n.free = ""
	name := a.path(strings.TrimSpace(n.value()))
	if name == "" {
		n.err = errors.New("the name must not be empty")
		return nil
	}
	n.field = newField(n.st, n.label, name)
	n.state = fileWriting
	content, session, ans := f.content(a), a.session, a.ans.Clone()
	return a.work.cmd(func(context.Context) tea.Msg {
		x, free, err := a.work.save(session, f, content, name, ans)
		return writtenMsg{x, free, err}
	})
}

// writtenMsg contains the result of writing files.
type writtenMsg struct {
	files Export
	free  string
	err   error
}

// written takes the result of write. It returns true if the files are written. If the name is taken, the field then has a free one.
func (n *naming) written(a *app, m writtenMsg) bool {
	if n.state != fileWriting { // the message of a closed screen
		return false
	}
	if m.err != nil {
		n.state, n.err, n.free = fileEditing, m.err, m.free
		if m.free != "" {
			n.field = newField(n.st, n.label, m.free)
		}
		return false
	}
	n.state, a.ended = fileWritten, true
	return true
}

// failure says why nothing is written, and what to do.
func (n *naming) failure(st *styles, w int) []string {
	if n.err == nil {
		return nil
	}
	if n.free != "" {
		return paint(st.bad, wrap("! "+clean(n.err.Error())+". Press Enter to write the name above, or change it.", w))
	}
	return append(paint(st.bad, wrap("! Cannot write the file: "+cleanText(n.err.Error()), w)), wrap("Change the name and press Enter to try again.", w)...)
}

// fileScreen asks for a file name and writes the file.
type fileScreen struct {
	*file
	naming
}

// write shows the screen that writes a file.
func (a *app) write(f *file) tea.Cmd {
	return a.push(&fileScreen{file: f, naming: naming{field: newField(&a.st, "Name:", f.name)}})
}

func (f *fileScreen) stepID() string     { return atApply }
func (f *fileScreen) enter(*app) tea.Cmd { return nil }

func (f *fileScreen) terms(a *app) []*terms.Term { return a.termsBelow() }

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
		return f.write(a, f.file)
	}
	f.edit(k)
	return nil
}

func (f *fileScreen) took(a *app, m writtenMsg) { f.written(a, m) }

func (f *fileScreen) render(a *app, w, h int) []string {
	switch f.state {
	case fileWritten:
		out := []string{a.st.title.Render(f.title)}
		out = append(out, paint(a.st.good, wrap(markDone+" Written: "+f.value(), w))...)
		return append(append(out, ""), f.after(f.value())...)
	case fileWriting:
		return []string{a.st.title.Render(f.title), "", "Writing " + f.value() + " …"}
	}
	out, bad := []string{a.st.title.Render(f.ask)}, f.failure(&a.st, w)
	if bad != nil {
		bad = append([]string{""}, bad...)
	}
	if help := paint(a.st.dim, wrap(f.help, w)); len(help)+len(bad)+3 <= h { // an error is more important
		out = append(out, help...)
	}
	return append(append(out, "", f.line(w)), bad...)
}

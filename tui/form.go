package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// formScreen asks for a value of each field, beside a picture of the network that the values create. Texts are inputs of huh,
// and short lists of values turn with the arrow keys.
type formScreen struct {
	*prompt
	take func([]string) error

	ready bool
	wait  wait
	q     question
	shown []string // initial values
	texts []*field // nil for a field with options
	focus int
	err   error

	drawn   string // the values of the picture
	net     *netmap.Map
	facts   []fact // below the fields
	stops   string // why a plan with these values cannot be applied
	invalid error  // why the values are not valid, found while the user types
}

// Form implements prompter.
func (a *app) Form(p *prompt, take func([]string) error) error {
	a.run(a.push(&formScreen{prompt: p, take: take}))
	return nil
}

func (s *formScreen) stepID() string           { return s.id }
func (s *formScreen) terms(*app) []*terms.Term { return s.prompt.terms }
func (s *formScreen) text() *field             { return s.texts[s.focus] }
func (s *formScreen) values() []string         { return steps.Values(s.q.fields) }

// enter fills the fields when all parts are loaded. A draft that the user left before has priority over the proposal.
func (s *formScreen) enter(a *app) tea.Cmd {
	ready, cmd := s.wait.ready(a, s.needs())
	if !ready {
		s.keep(a)
		s.ready = false
		return cmd
	}
	if s.ready {
		return nil
	}
	s.ready, s.q, s.err, s.drawn = true, s.make(), nil, ""
	s.shown = s.values()
	s.texts = make([]*field, len(s.q.fields))
	for i := range s.q.fields {
		f := &s.q.fields[i]
		if draft, ok := a.drafts[s.draft(i)]; ok && (f.Options == nil || optionOf(f, draft) >= 0) {
			f.Value = draft
		}
		if f.Options == nil {
			s.texts[i] = newField(&a.st, " ", f.Value) // two columns, as before the values of the other fields
		}
	}
	s.focus = min(s.focus, len(s.q.fields)-1)
	return nil
}

// draft returns the key of the draft of a field.
func (s *formScreen) draft(i int) string { return s.id + " " + s.q.fields[i].Key }

// keep stores the values that differ from the proposal as drafts.
func (s *formScreen) keep(a *app) {
	if !s.ready {
		return
	}
	for i, v := range s.values() {
		delete(a.drafts, s.draft(i))
		if v != s.shown[i] {
			a.drafts[s.draft(i)] = v
		}
	}
}

// optionOf returns the index of the option of a field with a value; -1 if no option has it.
func optionOf(f *steps.Field, value string) int {
	return slices.IndexFunc(f.Options, func(o steps.Option) bool { return o.Value == value })
}

// insert inserts pasted text.
func (s *formScreen) insert(text string) {
	if s.ready && s.text() != nil {
		s.text().insert(text)
		s.changed()
	}
}

// changed takes the text of the focused field.
func (s *formScreen) changed() {
	s.err = nil
	if t := s.text(); t != nil {
		s.q.fields[s.focus].Value = strings.TrimSpace(t.value())
	}
}

func (s *formScreen) keys(a *app) []key.Binding {
	if !s.ready {
		return s.wait.keys(a)
	}
	ks := []key.Binding{keys.nextField}
	if s.text() == nil {
		ks = append(ks, keys.turnValue)
	}
	return append(ks, renamed(keys.choose, "continue"), bindEsc)
}

func (s *formScreen) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case !s.ready:
		return s.wait.press(a, k)
	case is(k, keys.choose):
		s.choose(a)
	case is(k, keys.nextField):
		s.focus = (s.focus + 1) % len(s.q.fields)
	case is(k, keys.lastField): // before bindEsc, which has shift+tab too
		s.focus = (s.focus + len(s.q.fields) - 1) % len(s.q.fields)
	case is(k, bindEsc):
		s.keep(a)
		s.ready = false
		return a.pop()
	case s.text() != nil:
		s.text().edit(k)
		s.changed()
	case is(k, keys.nextPage):
		s.turn(1)
	case is(k, keys.lastPage):
		s.turn(-1)
	}
	return nil
}

// turn chooses another value of the focused field.
func (s *formScreen) turn(by int) {
	f := &s.q.fields[s.focus]
	i := optionOf(f, f.Value)
	f.Value = f.Options[max(0, min(len(f.Options)-1, i+by))].Value
	s.err = nil
}

// choose takes the answers. After an error, the field that it is about has the focus.
func (s *formScreen) choose(a *app) {
	s.keep(a)
	s.ready = false // created again from the answers when the user returns
	err := s.take(s.values())
	if err == nil {
		for i := range s.q.fields {
			delete(a.drafts, s.draft(i))
		}
		return
	}
	s.ready, s.err = true, err
	var at *steps.FieldError
	if errors.As(err, &at) {
		s.focus = at.Field
	}
}

// draw updates the picture if the values have changed. Values that create no network leave the last picture.
func (s *formScreen) draw(a *app) {
	values := strings.Join(s.values(), "\x00")
	if values == s.drawn {
		return
	}
	s.drawn = values
	ans, err := s.preview(s.values())
	s.invalid = err
	if ans.NewVPC == nil {
		return
	}
	p := a.opts.Build(&a.inv, ans.Answers)
	s.net = netmap.Of(&a.inv, ans.Answers, p)
	s.facts, s.stops = []fact{{"Cost", p.Cost.Text()}, {"Changes", p.Counts()}}, ""
	if stops := p.Stops(nil); len(stops) > 0 {
		fix := stops[0].Fix[:strings.IndexAny(stops[0].Fix+".", ".(;")]
		s.stops = strings.TrimSuffix(stops[0].Message, ".") + ". " + strings.TrimSpace(fix) + "."
	}
}

// Widths of the names of the fields, and of all fields beside the picture. The longest value with its marks fits.
const (
	labelWidth  = 9
	fieldsWidth = 36
)

// fieldLine renders a field.
func (s *formScreen) fieldLine(a *app, i, w int) string {
	f := s.q.fields[i]
	mark := "  "
	if i == s.focus {
		mark = a.st.cursor.Render(markCursor) + " "
	}
	name := fit(f.Label, labelWidth)
	if i == s.focus {
		name = a.st.cursor.Render(name)
	}
	if f.Options == nil && i == s.focus {
		return mark + name + s.texts[i].line(max(w-2-labelWidth, 8))
	}
	left, value, right := "  ", f.Value, ""
	if n := optionOf(&f, f.Value); n >= 0 {
		value = f.Options[n].Label
		if i == s.focus && n > 0 {
			left = "‹ "
		}
		if i == s.focus && n < len(f.Options)-1 {
			right = " ›"
		}
	}
	return cut(mark+name+left+clean(value)+right, w)
}

// pictureFrom is the minimum width for the picture beside the fields.
const pictureFrom = 76

func (s *formScreen) render(a *app, w, h int) []string {
	if !s.ready {
		return s.wait.render(a, s.title, w)
	}
	s.draw(a)
	left := w
	if w >= pictureFrom {
		left = max(fieldsWidth, min(46, w-46))
	}
	out := paint(a.st.title, wrap(cleanText(s.q.ask), w))
	if h >= 16 {
		out = append(out, paint(a.st.dim, wrap(cleanText(s.q.help), w))...)
	}
	for _, n := range s.q.notes {
		out = append(out, paint(a.st.warn, wrap("! "+clean(n), w))...)
	}
	top := len(out)
	var rows []string
	if h >= 16 {
		rows = append(rows, "")
	}
	for i := range s.q.fields {
		rows = append(rows, s.fieldLine(a, i, left))
	}
	if h >= 16 {
		rows = append(rows, "")
	}
	f := s.q.fields[s.focus]
	help := f.Help
	for _, o := range f.Options {
		if o.Value == f.Value && o.Details != "" {
			help = o.Details
		}
	}
	for _, line := range factLines(s.facts, labelWidth+2, left-2) {
		rows = append(rows, "  "+line)
	}
	if h >= 16 {
		rows = append(rows, "")
	}
	about, tone := help, a.st.dim
	switch {
	case s.err != nil:
		about, tone = "! "+sentence(s.err.Error()), a.st.bad
	case s.invalid != nil:
		about, tone = "! "+sentence(s.invalid.Error()), a.st.warn
	case s.stops != "":
		about, tone = "! "+s.stops, a.st.warn
	}
	if s.err == nil && s.invalid == nil && s.stops != "" && h >= 16 { // the values are valid
		rows = append(append(rows, paint(a.st.dim, wrap(clean(help), left))...), "")
	}
	rows = append(rows, paint(tone, wrap(cleanText(about), left))...)
	if left == w || s.net == nil {
		if s.err != nil || s.invalid != nil { // the question gives way to what must be fixed
			out = out[min(max(len(out)+len(rows)-h, 0), len(out)):]
		}
		return tall(append(out, rows...), h)
	}
	picture := netmap.Sketch(s.net, w-left-2, h-top)
	for i := range max(len(rows), len(picture)) {
		line := ""
		if i < len(rows) {
			line = rows[i]
		}
		if i < len(picture) {
			line = fit(line, left+2) + a.st.mapLine(picture[i])
		}
		out = append(out, line)
	}
	return tall(out, h)
}

// Form implements prompter. It asks for one value after the other. A value that is not valid is asked again, and so is one that
// another value does not fit.
func (p *lines) Form(pr *prompt, take func([]string) error) error {
	if err := p.require(pr.needs); err != nil {
		return err
	}
	q := pr.make()
	p.say("\n%s\n%s", q.title, q.ask)
	for _, n := range q.notes {
		p.say("Note: %s", n)
	}
	given := []string{}
	for i := 0; ; {
		if i == len(q.fields) {
			err := take(given)
			if _, ended := err.(ending); ended || err == nil {
				return err
			}
			p.say("%s", sentence(err.Error()))
			i = 0
			var at *steps.FieldError
			if errors.As(err, &at) {
				i = at.Field
			}
			given = given[:i]
			continue
		}
		v, err := p.formValue(pr, q.fields[i])
		if err != nil {
			return err
		}
		proposal := q.fields[i].Value
		q.fields[i].Value = v // proposed if the form asks again
		_, err = pr.preview(steps.Values(q.fields))
		if at := new(steps.FieldError); errors.As(err, &at) && at.Field == i {
			p.say("%s", sentence(err.Error()))
			q.fields[i].Value = proposal
			continue
		}
		given, i = append(given, v), i+1
	}
}

// formValue asks for the value of a field.
func (p *lines) formValue(pr *prompt, f steps.Field) (string, error) {
	if f.Options != nil {
		value := ""
		q := question{title: f.Label, ask: f.Help, options: f.Options, chosen: []string{f.Value}}
		err := p.ask(&q, false, func(v []string) error { value = v[0]; return nil })
		return value, err
	}
	for {
		line, err := p.line(fmt.Sprintf("%s [%s]:", f.Label, f.Value))
		switch {
		case err != nil:
			return "", err
		case line == "?":
			p.say("%s", f.Help)
			p.teach("", pr.terms[:min(len(pr.terms), 1)])
		case line == "":
			return f.Value, nil
		default:
			return line, nil
		}
	}
}

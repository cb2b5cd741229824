package tui

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/term"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// longest is the maximum length of a line, so that input without line breaks does not fill
// the memory.
const longest = 4096

// read is the only reader of the input. It is a goroutine, so that the program can end while
// it waits for a line. It reads only a requested line, because a secret text is read in
// another way.
func (p *lines) read() {
	defer close(p.input)
	r := bufio.NewReaderSize(p.in, longest)
	for {
		var line string
		var err error
		select {
		case hidden := <-p.asked:
			if hidden {
				line, err = readHidden(p.in)
			} else {
				line, err = p.readLine(r)
			}
		case <-p.ctx.Done():
			return
		}
		if err != nil {
			return
		}
		select {
		case p.input <- line:
		case <-p.ctx.Done():
			return
		}
	}
}

// readLine reads a line. If it is too long, readLine drops its end.
func (p *lines) readLine(r *bufio.Reader) (string, error) {
	b, more, err := r.ReadLine()
	line := string(b)
	for more && err == nil && p.ctx.Err() == nil {
		_, more, err = r.ReadLine()
	}
	return line, err
}

// next requests a line and waits for it. An interruption has priority over lines that were
// typed ahead.
func (p *lines) next(hidden bool) (string, error) {
	if p.ctx.Err() != nil {
		return "", errInterrupted
	}
	select {
	case p.asked <- hidden:
	default: // the input has ended
	}
	select {
	case l, ok := <-p.input:
		if !ok {
			return "", errEnd
		}
		return l, nil
	case <-p.ctx.Done():
		return "", errInterrupted
	}
}

// say prints lines. All output uses say or prompt, so that text from AWS cannot send control
// sequences to the terminal.
func (p *lines) say(format string, args ...any) {
	text := cleanText(fmt.Sprintf(format, args...))
	if w := p.width(); w > 0 {
		text = strings.Join(wrap(text, w), "\n") // a terminal wraps inside words
	}
	fmt.Fprintln(p.opts.Err, text)
}

// width returns the columns of the terminal; 0 if the output is not a terminal.
func (p *lines) width() int {
	if p.opts.Width > 0 {
		return p.opts.Width
	}
	if f, ok := p.opts.Err.(interface{ Fd() uintptr }); ok {
		if w, _, err := term.GetSize(f.Fd()); err == nil {
			return w
		}
	}
	return 0
}

// prompt prints the prompt of a line.
func (p *lines) prompt(text string) { fmt.Fprint(p.opts.Err, cleanText(text)+" ") }

// line asks for one line and handles b and q. A line with only control characters, such as
// those of arrow keys, is not an empty line, because an empty line selects the default.
func (p *lines) line(prompt string) (string, error) {
	for {
		p.prompt(prompt)
		typed, err := p.next(false)
		line := strings.TrimSpace(clean(typed))
		switch strings.ToLower(line) {
		case "b":
			return "", errBack
		case "q":
			return "", errLeft
		case "":
			if strings.TrimSpace(typed) != "" && err == nil {
				p.say("The line contains only control characters, such as those of the arrow keys. Type an answer.")
				continue
			}
		}
		if err != nil {
			p.say("")
		}
		return line, err
	}
}

// Confirm implements prompter. It waits until the user types the whole word. An empty line or yes does not confirm.
func (p *lines) Confirm(c confirmation, do func() error) error {
	p.say("\n%s", c.title)
	for _, f := range c.facts {
		p.say("%s: %s", f.label, f.value)
	}
	if c.text != "" {
		p.say("%s", c.text)
	}
	word := strings.ToLower(c.yes)
	for {
		switch line, err := p.line("Type " + word + " to confirm, or b to go back:"); {
		case err != nil:
			return err
		case line == word:
			return do()
		case strings.HasPrefix(line, "?") && p.teach(strings.TrimSpace(line[1:]), c.terms):
		default:
			p.say("Not confirmed. To confirm, type the word %s.", word)
		}
	}
}

// long is the maximum length of a list that is printed completely.
const long = 30

// Select implements prompter.
func (p *lines) Select(pr *prompt, take func(string) error) error {
	return p.choice(pr, false, func(v []string) error { return take(v[0]) })
}

// MultiSelect implements prompter.
func (p *lines) MultiSelect(pr *prompt, take func([]string) error) error {
	return p.choice(pr, true, take)
}

func (p *lines) choice(pr *prompt, many bool, take func([]string) error) error {
	if err := p.require(pr.needs); err != nil {
		return err
	}
	q := pr.make()
	q.terms = pr.terms
	return p.ask(&q, many, take)
}

// ask asks until take accepts the answer, or until it has no answer.
func (p *lines) ask(q *question, many bool, take func([]string) error) error {
	l, page := listOf(q, many)
	opts := numberedOf(l)
	p.say("\n%s\n%s", q.title, q.ask)
	if q.help != "" {
		p.say("%s", q.help)
	}
	for _, n := range q.notes {
		p.say("Note: %s", n)
	}
	p.list(opts, l.all)
	var preset []string // numbers of the default
	for n, i := range opts.rows {
		if r := &l.rows[i]; r.choosable() && (l.many && l.checked[r.value] || !l.many && r == l.under()) {
			preset = append(preset, strconv.Itoa(n+1))
		}
	}
	prompt := "Number"
	if l.many {
		prompt = "Numbers, separated by commas"
	}
	switch {
	case len(preset) > 0:
		prompt += ", or Enter for " + strings.Join(preset, ", ")
	case l.many:
		prompt += ", or Enter for none"
	}
	for {
		line, err := p.line(prompt + ":")
		if err != nil {
			return err
		}
		if which, asked := strings.CutPrefix(line, "?"); asked {
			if which = strings.TrimSpace(which); which == "" || !p.teach(which, nil) {
				p.explain(&page, opts, which)
			}
			if which == "" {
				p.teach("", q.terms)
			}
			continue
		}
		if line == "" {
			line = strings.Join(preset, " ")
		}
		read, err := opts.read(line)
		if err != nil {
			p.refuse(opts, err)
			continue
		}
		values := []string{}
		for _, i := range read.rows {
			if read.guessed { // so that the user sees which option the typed part has found
				p.say("Chosen: %s", l.rows[i].label)
			}
			values = append(values, l.rows[i].value)
		}
		err = take(values)
		if _, ended := err.(ending); ended || err == nil {
			return err
		}
		p.say("%s", sentence(err.Error()))
	}
}

// refuse explains why a line is not valid. For a text that matches several options it lists
// them.
func (p *lines) refuse(opts numbered, why error) {
	var u *unclear
	switch {
	case !errors.As(why, &u):
		p.say("%s", sentence(why.Error()))
	case len(u.rows) > 0:
		again := "Type a number, or more of the text:"
		if opts.list.many {
			again = "Type the list again, with a number or more of this text:"
		}
		p.say("%s. %s", why, again)
		p.list(opts, u.rows)
	default:
		p.say("%s. %s", why, sentence(opts.allowed()))
		if len(opts.rows) <= long {
			p.list(opts, opts.list.all)
		}
	}
}

// list prints rows with their numbers. Of a long list it prints only the first and the
// selected rows.
func (p *lines) list(opts numbered, rows []int) {
	l := opts.list
	shown, left := 0, 0
	for _, i := range rows {
		r, text := &l.rows[i], lineText(&l.rows[i])
		n, ok := opts.number(i)
		if !ok {
			p.say("%s", text)
			continue
		}
		selected := l.many && l.checked[r.value] && r.choosable()
		if shown >= long && !selected && r != l.under() {
			left++
			continue
		}
		shown++
		switch {
		case selected:
			text = "[x] " + text
		case l.many && r.choosable():
			text = "[ ] " + text
		}
		p.say("%d. %s", n, text)
	}
	if left > 0 {
		p.say("%d more are not shown. Type a part of a text: a single match is chosen, several matches are listed.", left)
	}
}

// explain prints the help of a question, or the details of one option.
func (p *lines) explain(page *listPage, opts numbered, which string) {
	about := func(number string, i int) {
		p.say("%s", strings.TrimSpace(number+opts.at(i).label+"\n"+page.details(i)))
	}
	if which != "" {
		switch read, err := opts.readOne(which); {
		case err != nil:
			p.refuse(opts, err)
		default:
			for _, i := range read.rows {
				n, _ := opts.number(i)
				about(fmt.Sprintf("%d. ", n), i)
			}
		}
		return
	}
	p.say("%s", page.help)
	if opts.list.many {
		p.say("Type the numbers or texts of all options that you need, with commas between them, or none. An empty line selects those with [x].")
	} else {
		p.say("Type the number of an option, its text, or a part of it.")
	}
	if len(opts.rows) > long {
		p.say("Type ? and a number or a text to show the details of an option.")
		return
	}
	for i := range opts.list.rows {
		number := ""
		if n, ok := opts.number(i); ok {
			number = fmt.Sprintf("%d. ", n)
		}
		if !opts.at(i).heading {
			about(number, i)
		}
	}
}

// choose asks for one of a few options.
func (p *lines) choose(title, ask, help, preset string, opts []steps.Option, about []*terms.Term) (value string, err error) {
	q := question{title: title, ask: ask, help: help, options: opts, chosen: []string{preset}, terms: about}
	err = p.ask(&q, false, func(v []string) error {
		value = v[0]
		return nil
	})
	return value, err
}

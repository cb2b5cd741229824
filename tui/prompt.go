package tui

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// longest is where a line is cut: input without line ends must not fill the memory.
const longest = 4096

// read is the one reader of the input. It waits for a line in a goroutine of its
// own, so that leaving does not have to, and only when one is asked for: a secret
// text is read in another way.
func (p *prompter) read() {
	defer close(p.lines)
	r := bufio.NewReaderSize(p.in, longest)
	for {
		var line string
		var err error
		select {
		case hidden := <-p.wants:
			if hidden {
				line, err = unseen(p.in)
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
		case p.lines <- line:
		case <-p.ctx.Done():
			return
		}
	}
}

// readLine reads a line, of which only the beginning is kept where it is too long.
func (p *prompter) readLine(r *bufio.Reader) (string, error) {
	b, more, err := r.ReadLine()
	line := string(b)
	for more && err == nil && p.ctx.Err() == nil {
		_, more, err = r.ReadLine()
	}
	return line, err
}

// next waits for a line that is asked for. An interruption goes before what was typed
// ahead.
func (p *prompter) next(hidden bool) (string, error) {
	if p.ctx.Err() != nil {
		return "", errInterrupted
	}
	select {
	case p.wants <- hidden:
	default: // the input has ended, and nobody takes this
	}
	select {
	case l, ok := <-p.lines:
		if !ok {
			return "", errEnd
		}
		return l, nil
	case <-p.ctx.Done():
		return "", errInterrupted
	}
}

// say prints lines. All text goes through here, so that nothing that AWS holds can
// reach the terminal as a control sequence.
func (p *prompter) say(format string, args ...any) {
	fmt.Fprintln(p.opts.Err, cleanText(fmt.Sprintf(format, args...)))
}

// prompt prints what a line is asked for with.
func (p *prompter) prompt(text string) { fmt.Fprint(p.opts.Err, cleanText(text)+" ") }

// line asks for one line; b and q are taken out of it. A line of control characters only,
// as an arrow key types, must not pass for an empty one, which takes what is proposed.
func (p *prompter) line(prompt string) (string, error) {
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
				p.say("Only control characters were typed, such as those of the arrow keys. Type an answer.")
				continue
			}
		}
		if err != nil {
			p.say("")
		}
		return line, err
	}
}

// word waits for a word in full: an empty line or a yes does not confirm.
func (p *prompter) word(word string) error {
	for {
		switch line, err := p.line("Type " + word + " to do that, b to go back:"); {
		case err != nil:
			return err
		case line == word:
			return nil
		default:
			p.say("Nothing was done: only the whole word %s confirms.", word)
		}
	}
}

// long is the length from which a list is not printed in full, but searched.
const long = 30

// ask asks until take accepts an answer. The lists are those of the screens.
func (p *prompter) ask(page *listPage, l *picker, take func([]string) error) error {
	opts := numberedOf(l)
	p.say("\n%s\n%s", page.title, page.ask)
	for _, n := range page.notes {
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
		prompt = "Numbers"
	}
	switch {
	case len(preset) > 0:
		prompt += " [" + strings.Join(preset, " ") + "]"
	case l.many:
		prompt += " [none]"
	}
	for {
		line, err := p.line(prompt + ":")
		if err != nil {
			return err
		}
		if which, asked := strings.CutPrefix(line, "?"); asked {
			p.explain(page, opts, strings.TrimSpace(which))
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
			if read.guessed { // the part that was typed may be that of an option that was not meant
				p.say("Chosen: %s", l.rows[i].label)
			}
			values = append(values, l.rows[i].value)
		}
		if err = take(values); err == nil {
			return nil
		}
		p.say("%s", sentence(err.Error()))
	}
}

// refuse says why a line chooses nothing. After a text that is not clear it lists what can
// be meant.
func (p *prompter) refuse(opts numbered, why error) {
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

// list prints rows with their numbers; of many only the first and the chosen ones.
func (p *prompter) list(opts numbered, rows []int) {
	l := opts.list
	shown, left := 0, 0
	for _, i := range rows {
		r, text := &l.rows[i], lineText(&l.rows[i])
		n, ok := opts.number(i)
		if !ok {
			p.say("%s", text)
			continue
		}
		ticked := l.many && l.checked[r.value] && r.choosable()
		if shown >= long && !ticked && r != l.under() {
			left++
			continue
		}
		shown++
		switch {
		case ticked:
			text = "[x] " + text
		case l.many && r.choosable():
			text = "[ ] " + text
		}
		p.say("%d. %s", n, text)
	}
	if left > 0 {
		p.say("%d more are not shown. Type a part of a text: one match is chosen, several are listed.", left)
	}
}

// explain prints what there is to know about a question, or about one option.
func (p *prompter) explain(page *listPage, opts numbered, which string) {
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
		p.say("Type the numbers or texts of all options that should apply, with commas between them, or none. An empty line takes what is marked [x].")
	} else {
		p.say("Type the number of an option, its text or a part of it.")
	}
	if len(opts.rows) > long {
		p.say("Type ? and a number or a text for the details of one option.")
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
func (p *prompter) choose(title, ask, help, preset string, opts []steps.Option) (value string, err error) {
	page := listPage{title: title, ask: ask, help: help, details: func(i int) string { return opts[i].Details }}
	err = p.ask(&page, pickerOf(opts, false, []string{preset}), func(v []string) error {
		value = v[0]
		return nil
	})
	return value, err
}

package tui

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
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

// line asks for one line; b and q are taken out of it.
func (p *prompter) line(prompt string) (string, error) {
	p.prompt(prompt)
	line, err := p.next(false)
	line = strings.TrimSpace(clean(line))
	switch strings.ToLower(line) {
	case "b":
		return "", errBack
	case "q":
		return "", errLeft
	}
	if err != nil {
		p.say("")
	}
	return line, err
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
	var numbers []int // rows by number, less one
	for i := range l.rows {
		if r := &l.rows[i]; !r.heading && !r.info {
			numbers = append(numbers, i)
		}
	}
	p.say("\n%s\n%s", page.title, page.ask)
	for _, n := range page.notes {
		p.say("Note: %s", n)
	}
	p.list(l, numbers, l.all)
	var preset []string // numbers of the default
	for n, i := range numbers {
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
			p.explain(page, l, numbers, strings.TrimSpace(which))
			continue
		}
		if line == "" {
			line = strings.Join(preset, " ")
		}
		values, err := pickNumbers(l, numbers, line)
		switch {
		case err == errNoNumbers && len(numbers) > long:
			found := l.match(l.all, line)
			p.say("%s of %q.", countOf(len(found), "match", "matches"), line)
			p.list(l, numbers, found)
		case err != nil:
			p.say("%s", sentence(err.Error()))
		default:
			if err = take(values); err == nil {
				return nil
			}
			p.say("%s", sentence(err.Error()))
		}
	}
}

var errNoNumbers = errors.New("type numbers of this list, ? for help, b to go back or q to leave")

// pickNumbers reads the numbers of rows.
func pickNumbers(l *picker, numbers []int, line string) ([]string, error) {
	fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' })
	switch {
	case l.many && (line == "" || line == "none"):
		return []string{}, nil
	case l.many && len(fields) == 0:
		return nil, errNoNumbers
	}
	var out []string
	for _, f := range fields {
		n, err := strconv.Atoi(f)
		switch {
		case err != nil:
			return nil, errNoNumbers
		case n < 1 || n > len(numbers):
			return nil, fmt.Errorf("%s is not in the list: the numbers go from 1 to %d", f, len(numbers))
		}
		r := &l.rows[numbers[n-1]]
		if r.off != "" {
			return nil, fmt.Errorf("%s cannot be chosen: %s", r.label, r.off)
		}
		if !slices.Contains(out, r.value) {
			out = append(out, r.value)
		}
	}
	if !l.many && len(fields) != 1 {
		return nil, errors.New("type one number of this list")
	}
	return out, nil
}

// list prints rows with their numbers; of many only the first and the chosen ones.
func (p *prompter) list(l *picker, numbers, rows []int) {
	shown, left := 0, 0
	for _, i := range rows {
		r := &l.rows[i]
		text := r.label
		if r.hint != "" {
			text += " - " + r.hint
		}
		if r.off != "" {
			text += " (cannot be chosen: " + r.off + ")"
		}
		n, numbered := slices.BinarySearch(numbers, i)
		if !numbered {
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
		p.say("%d. %s", n+1, text)
	}
	if left > 0 {
		p.say("%d more are not shown. Type a part of a name to list what matches.", left)
	}
}

// explain prints what there is to know about a question, or about one option.
func (p *prompter) explain(page *listPage, l *picker, numbers []int, which string) {
	if which == "" {
		p.say("%s", page.help)
		if l.many {
			p.say("Type the numbers of all that shall hold, with spaces between them, or none. An empty line takes what is marked [x].")
		}
		if len(numbers) > long {
			p.say("Type ? and a number for the details of one.")
			return
		}
	}
	told := false
	for i := range l.rows {
		number := ""
		if n, numbered := slices.BinarySearch(numbers, i); numbered {
			number = strconv.Itoa(n + 1)
		}
		if which == number || which == "" && !l.rows[i].heading {
			p.say("%s", strings.TrimSpace(strings.TrimPrefix(number+". ", ". ")+l.rows[i].label+"\n"+page.details(i)))
			told = true
		}
	}
	if !told {
		p.say("%s is not in the list: the numbers go from 1 to %d.", which, len(numbers))
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

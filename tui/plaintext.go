package tui

import (
	"errors"
	"io"
	"strings"

	"github.com/charmbracelet/x/term"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// text asks a question with a typed text.
func (p *prompter) text(step *steps.Step) (next *steps.Step, err error) {
	s := newTextScreen(step)
	s.make(p.state())
	p.say("\n%s\n%s", s.page.title, s.page.ask)
	for _, n := range s.page.notes {
		p.say("Note: %s", n)
	}
	prompt := "Text"
	switch {
	case s.shown != "" && step.Empty:
		prompt += " [" + s.shown + "], or - for none"
	case s.shown != "":
		prompt += " [" + s.shown + "]"
	case step.Empty:
		prompt += " [none]"
	}
	for {
		line, err := p.line(prompt + ":")
		switch {
		case err != nil:
			return nil, err
		case line == "?":
			p.say("%s\nTo type a text such as b or ? as the answer, put it in double quotes: \"b\".", s.page.help)
			continue
		case line == "":
			line = s.shown
		case line == "-" && step.Empty:
			line = ""
		case len(line) > 2 && strings.HasPrefix(line, `"`) && strings.HasSuffix(line, `"`):
			line = line[1 : len(line)-1]
		}
		next, cleared, err := p.answer(step, []string{line})
		if err != nil {
			p.say("%s", sentence(err.Error()))
			continue
		}
		if cleared != "" {
			p.say("%s", cleared)
		}
		return next, nil
	}
}

// terminalOf returns the terminal of the input. ok is false if the input is not a terminal.
func terminalOf(in io.Reader) (fd uintptr, ok bool) {
	f, is := in.(interface{ Fd() uintptr })
	if !is || !term.IsTerminal(f.Fd()) {
		return 0, false
	}
	return f.Fd(), true
}

// readHidden reads a line that the terminal does not show.
func readHidden(in io.Reader) (string, error) {
	fd, ok := terminalOf(in)
	if !ok {
		return "", errors.New("the input is not a terminal")
	}
	b, err := term.ReadPassword(fd)
	text := string(b)
	clear(b)
	return text, err
}

// secrets asks for the secret texts that a plan needs.
func (p *prompter) secrets(pl *plan.Plan) (map[string]secret.Text, error) {
	ask, given := p.inputs(pl)
	fd, terminal := terminalOf(p.in)
	if len(ask) > 0 && !terminal {
		p.say("\n%s\nThe wizard does not read a password from a pipe. Start it in a terminal, or set the password with --registry-password-stdin or the variable WIZARD_REGISTRY_PASSWORD. Nothing was changed.", ask[0].Ask)
		return nil, errBack
	}
	for _, in := range ask {
		p.say("\n%s\n%s", in.Ask, in.Help)
		t, err := p.secret(fd)
		if err != nil {
			return nil, err
		}
		given[in.Name] = t
	}
	return given, nil
}

// secret reads one secret text. An interruption restores the state of the terminal.
func (p *prompter) secret(fd uintptr) (secret.Text, error) {
	was, err := term.GetState(fd)
	if err != nil {
		return secret.Text{}, err
	}
	p.prompt("Type the value. It is not shown. An empty line goes back:")
	line, err := p.next(true)
	if err != nil {
		_ = term.Restore(fd, was)
	}
	p.say("")
	switch {
	case err != nil:
		return secret.Text{}, err
	case line == "":
		return secret.Text{}, errBack
	case len(line) > secret.Most:
		p.say("The text is too long: Secrets Manager allows up to %d bytes.", secret.Most)
		return secret.Text{}, errBack
	case strings.ContainsRune(line, 0):
		p.say("The text must not contain a NUL byte.")
		return secret.Text{}, errBack
	}
	return secret.New(line), nil
}

package tui

import (
	"errors"
	"io"
	"strings"

	"github.com/charmbracelet/x/term"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// Input implements prompter.
func (p *lines) Input(pr *prompt, take func(string) error) error {
	if err := p.require(pr.needs); err != nil {
		return err
	}
	q := pr.make()
	p.say("\n%s\n%s", q.title, q.ask)
	for _, n := range q.notes {
		p.say("Note: %s", n)
	}
	shown := strings.Join(q.chosen, "")
	prompt := "Text"
	switch {
	case shown != "" && q.empty:
		prompt += " [" + shown + "], or - for none"
	case shown != "":
		prompt += " [" + shown + "]"
	case q.empty:
		prompt += " [none]"
	}
	for {
		line, err := p.line(prompt + ":")
		switch {
		case err != nil:
			return err
		case line == "?":
			p.say("%s\nTo type a text such as b or ? as the answer, put it in double quotes: \"b\".", q.help)
			p.teach("", pr.terms[:min(len(pr.terms), 1)])
			continue
		case line == "":
			line = shown
		case line == "-" && q.empty:
			line = ""
		case len(line) > 2 && strings.HasPrefix(line, `"`) && strings.HasSuffix(line, `"`):
			line = line[1 : len(line)-1]
		}
		err = take(line)
		if _, ended := err.(ending); ended || err == nil {
			return err
		}
		p.say("%s", sentence(err.Error()))
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

// Secret implements prompter.
func (p *lines) Secret(in resource.Input, take func(secret.Text) error) error {
	fd, terminal := terminalOf(p.in)
	if !terminal {
		p.say("\n%s\nThe wizard does not read a password from a pipe. Start it in a terminal, or set the password with --registry-password-stdin or the variable WIZARD_REGISTRY_PASSWORD. Nothing was changed.", in.Ask)
		return errBack
	}
	p.say("\n%s\n%s", in.Ask, in.Help)
	t, err := p.secret(fd)
	if err != nil {
		return err
	}
	return take(t)
}

// secret reads one secret text.
func (p *lines) secret(fd uintptr) (secret.Text, error) {
	line, err := p.hidden(fd, "Type the value. It is not shown. An empty line goes back:")
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

// hidden asks for a line that the terminal does not show. An interruption restores the state of the terminal.
func (p *lines) hidden(fd uintptr, prompt string) (string, error) {
	was, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	p.prompt(prompt)
	line, err := p.next(true)
	if err != nil {
		_ = term.Restore(fd, was)
	}
	p.say("")
	return line, err
}

// code asks for the code of an MFA device. A terminal does not show it.
func (p *lines) code(device string) error {
	p.say("\n%s\n%s", codeAsk, codeHelp(device))
	for {
		const prompt = "Six digits, or b to go back:"
		typed, err := "", error(nil)
		if fd, terminal := terminalOf(p.in); terminal {
			typed, err = p.hidden(fd, prompt)
		} else {
			typed, err = p.line(prompt)
		}
		code, ok := mfaCode(typed)
		switch {
		case err != nil:
			return err
		case strings.EqualFold(typed, "b"):
			return errBack
		case strings.EqualFold(typed, "q"):
			return errLeft
		case ok:
			p.backend.Code(code)
			return nil
		}
		p.say(notACode)
	}
}

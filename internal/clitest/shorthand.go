package clitest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shorthand parses the AWS CLI's shorthand syntax, such as Name=vpc-id,Values=a,b or Tags=[{Key=k,Value=v}].
// All scalars are text; what type they have is for the option to say.
// Source: "Using shorthand syntax", https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
func shorthand(text string) (out map[string]any, err error) {
	p := &shorthandParser{rest: text}
	defer func() {
		if failed, ok := recover().(syntaxError); ok {
			out, err = nil, fmt.Errorf("%q is not shorthand syntax: %s before %q", text, failed, p.rest)
		}
	}()
	out = map[string]any{}
	for {
		p.pair(out)
		if p.rest == "" {
			return out, nil
		}
		p.expect(",")
	}
}

// syntaxError ends the parsing; it is the only value that shorthand recovers from.
type syntaxError string

type shorthandParser struct{ rest string }

func (p *shorthandParser) fail(format string, args ...any) {
	panic(syntaxError(fmt.Sprintf(format, args...)))
}

func (p *shorthandParser) spaces() { p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace) }

// expect reads a character, with the spaces around it.
func (p *shorthandParser) expect(what string) {
	p.spaces()
	rest, ok := strings.CutPrefix(p.rest, what)
	if !ok {
		p.fail("expected %q", what)
	}
	p.rest = rest
	p.spaces()
}

func (p *shorthandParser) next(c string) bool { return strings.HasPrefix(p.rest, c) }

// key reads a key that a structure does not have yet, and the = after it.
func (p *shorthandParser) key(of map[string]any) string {
	n := strings.IndexFunc(p.rest, func(r rune) bool {
		return !(r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("-_.#/:", r))
	})
	if n <= 0 {
		p.fail("expected a key and =")
	}
	key := p.rest[:n]
	p.rest = p.rest[n:]
	p.expect("=")
	if _, twice := of[key]; twice {
		p.fail("key %q is given twice", key)
	}
	return key
}

// value reads a list in brackets, a structure in braces, or what scalar reads.
func (p *shorthandParser) value(scalar func() any) any {
	switch {
	case p.next("["):
		return p.list()
	case p.next("{"):
		return p.structure()
	}
	return scalar()
}

func (p *shorthandParser) oneWord() any { return p.scalar(firstWord) }

// pair reads key=value into a structure.
func (p *shorthandParser) pair(into map[string]any) {
	key := p.key(into)
	into[key] = p.value(p.commas)
}

// commas reads one value, or several up to the next key.
func (p *shorthandParser) commas() any {
	first := p.scalar(firstWord)
	list := []any{first}
	for {
		p.spaces()
		if !p.next(",") {
			break
		}
		before := p.rest
		p.expect(",")
		item := p.scalar(laterWord)
		p.spaces()
		if p.rest != "" && !p.next(",") { // it was the key of the next pair
			p.rest = before
			break
		}
		list = append(list, item)
	}
	if len(list) == 1 {
		return first
	}
	return list
}

func (p *shorthandParser) list() []any {
	p.expect("[")
	list := []any{}
	for !p.next("]") {
		if p.rest == "" {
			p.fail("expected ]")
		}
		list = append(list, p.value(p.oneWord))
		p.spaces()
		if !p.next("]") {
			p.expect(",")
		}
	}
	p.rest = p.rest[1:]
	return list
}

func (p *shorthandParser) structure() map[string]any {
	p.expect("{")
	out := map[string]any{}
	for !p.next("}") {
		key := p.key(out)
		out[key] = p.value(p.oneWord)
		p.spaces()
		if !p.next("}") {
			p.expect(",")
		}
	}
	p.rest = p.rest[1:]
	return out
}

// The characters that end a word: of the first value after a key, which may hold =, and of those after a comma,
// where a = means that the word is a key.
const (
	firstWord = `"',]}`
	laterWord = `"',=`
)

// scalar reads a word, or a text in quotes.
func (p *shorthandParser) scalar(ends string) string {
	for _, quote := range []string{`'`, `"`} {
		if p.next(quote) {
			return p.quoted(quote)
		}
	}
	if strings.IndexAny(p.rest, `,=[{`) == 0 {
		return "" // an empty value
	}
	var word strings.Builder
	for p.rest != "" {
		if strings.HasPrefix(p.rest, `\,`) {
			word.WriteByte(',')
			p.rest = p.rest[2:]
			continue
		}
		r, n := utf8.DecodeRuneInString(p.rest)
		if strings.ContainsRune(ends, r) || r > 0xffff { // above that, the CLI takes a character only in quotes
			break
		}
		word.WriteString(p.rest[:n])
		p.rest = p.rest[n:]
	}
	return strings.TrimRightFunc(word.String(), unicode.IsSpace)
}

func (p *shorthandParser) quoted(quote string) string {
	var text strings.Builder
	for rest := p.rest[1:]; rest != ""; {
		switch {
		case strings.HasPrefix(rest, `\`+quote):
			text.WriteString(quote)
			rest = rest[2:]
		case strings.HasPrefix(rest, quote):
			p.rest = rest[1:]
			return text.String()
		default:
			text.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	p.fail("expected the closing %s", quote)
	return ""
}

// Package secret holds texts that must not be seen: they live in memory only, and do
// not print themselves.
package secret

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Text is a secret text. It is held by a pointer, since fmt has verbs that pass by the
// methods below: those print an address.
type Text struct{ value *string }

// New makes a secret of a text.
func New(s string) Text { return Text{&s} }

// Reveal gives the text itself, to whom it is meant for.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Empty tells whether there is nothing in it.
func (t Text) Empty() bool { return t.Reveal() == "" }

const hidden = "(hidden)"

// String implements fmt.Stringer.
func (Text) String() string { return hidden }

// GoString implements fmt.GoStringer.
func (Text) GoString() string { return hidden }

// Format implements fmt.Formatter, for every verb.
func (Text) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(hidden)) }

// MarshalText implements encoding.TextMarshaler, and refuses: a secret in a file is a
// mistake of the program.
func (Text) MarshalText() ([]byte, error) { return nil, errors.New("a secret is not written") }

// MarshalJSON implements json.Marshaler, and refuses as MarshalText does.
func (Text) MarshalJSON() ([]byte, error) { return nil, errors.New("a secret is not written") }

var _ json.Marshaler = Text{}

// Most is how many bytes Secrets Manager takes for a value (API reference, CreateSecret).
const Most = 65536

// Credentials are a user name and password as Amazon ECS reads them from a secret: an
// object with two texts (Amazon ECS developer guide, private registry authentication).
// The same pair gives the same bytes, here and in an exported script.
func Credentials(username string, password Text) (Text, error) {
	switch {
	case username == "":
		return Text{}, errors.New("the user name is empty")
	case password.Empty():
		return Text{}, errors.New("the password is empty")
	case strings.ContainsRune(password.Reveal(), 0):
		return Text{}, errors.New("the password holds a NUL byte, which no registry takes")
	}
	out := `{"username":` + quoted(username) + `,"password":` + quoted(password.Reveal()) + `}`
	if len(out) > Most {
		return Text{}, fmt.Errorf("user name and password take %d bytes; Secrets Manager takes at most %d", len(out), Most)
	}
	return New(out), nil
}

// quoted is a JSON text with as little written in another way as JSON wants.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Piped is a password that was piped in or is the value of a variable: the line end
// that editors and echo put after a text does not belong to it.
func Piped(s string) Text {
	s = strings.TrimSuffix(s, "\n")
	return New(strings.TrimSuffix(s, "\r"))
}

// Package secret holds texts that must not be shown: they are kept in memory only and never print
// their value.
package secret

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Text is a secret text. Its value is behind a pointer because some verbs of fmt do not call the
// methods below; those verbs print an address.
type Text struct{ value *string }

// New returns the secret text s.
func New(s string) Text { return Text{&s} }

// Reveal returns the value. Call it only where the value is used.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Empty reports whether the value is empty.
func (t Text) Empty() bool { return t.Reveal() == "" }

const hidden = "(hidden)"

// String implements fmt.Stringer.
func (Text) String() string { return hidden }

// GoString implements fmt.GoStringer.
func (Text) GoString() string { return hidden }

// Format implements fmt.Formatter, for every verb.
func (Text) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(hidden)) }

// MarshalText implements encoding.TextMarshaler and always fails: the program must never write a
// secret to a file.
func (Text) MarshalText() ([]byte, error) { return nil, errors.New("a secret must not be marshaled") }

// MarshalJSON implements json.Marshaler and always fails, like MarshalText.
func (Text) MarshalJSON() ([]byte, error) { return nil, errors.New("a secret must not be marshaled") }

var _ json.Marshaler = Text{}

// Most is the maximum size in bytes of a value in Secrets Manager (API reference, CreateSecret).
const Most = 65536

// Credentials returns a user name and password as Amazon ECS reads them from a secret: a JSON
// object with two strings (Amazon ECS developer guide, private registry authentication). The same
// input always gives the same bytes, so an exported script writes the same secret.
func Credentials(username string, password Text) (Text, error) {
	switch {
	case username == "":
		return Text{}, errors.New("the user name is empty")
	case password.Empty():
		return Text{}, errors.New("the password is empty")
	case strings.ContainsRune(password.Reveal(), 0):
		return Text{}, errors.New("the password contains a NUL byte, which no registry accepts")
	}
	out := `{"username":` + quoted(username) + `,"password":` + quoted(password.Reveal()) + `}`
	if len(out) > Most {
		return Text{}, fmt.Errorf("the user name and password need %d bytes; Secrets Manager accepts at most %d", len(out), Most)
	}
	return New(out), nil
}

// quoted returns s as a JSON string. It escapes only what JSON requires.
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

// Piped returns a password that was piped in or read from a variable. It removes one trailing
// line end, which editors and echo add.
func Piped(s string) Text {
	s = strings.TrimSuffix(s, "\n")
	return New(strings.TrimSuffix(s, "\r"))
}

// Package words has the small forms of text that several packages write.
package words

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// UpTo joins up to n texts and adds how many more there are.
func UpTo(ss []string, n int) string {
	if len(ss) > n {
		return strings.Join(ss[:n], ", ") + fmt.Sprintf(" and %d more", len(ss)-n)
	}
	return strings.Join(ss, ", ")
}

// And joins names: "a, b and c".
func And(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// Count returns a number with its noun in singular or plural: "1 subnet", "2 addresses".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "s") {
		what += "e"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Counted returns a number with one of two nouns: "1 entry", "2 entries".
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Last returns the part after the last slash of an ARN.
func Last(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// Thousands returns a number with commas between its thousands: "4,089".
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Capital returns a text with a capital letter at its beginning.
func Capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[n:]
}

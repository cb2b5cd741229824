package inventory

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Marks is what an export needs to show which of its texts are stand-ins: the same word can also be a word of the export.
type Marks struct {
	mask *mask
	own  map[string]string // texts that are not replaced word by word, as the marked inventory has them, with their stand-ins
}

// Marked returns a copy of a masked inventory. Each letter of a stand-in is another character in it. A plan for the copy is
// the same, and Show finds the stand-ins in what is made of it. Account numbers stay, because rules read them.
func (inv *Inventory) Marked() (*Inventory, *Marks, error) {
	out, err := inv.copy()
	if err != nil {
		return nil, nil, err
	}
	m := newMask(out)
	m.marks = func(word string) string {
		if onlyAccount().MatchString(word) {
			return word
		}
		m.words[string(lowered(word))] = word
		return strings.Map(marked, word)
	}
	m.apply(out)
	k := &Marks{m, map[string]string{}}
	for own, with := range m.own {
		if Unmarked(with) != own { // it has a hash, or is cut
			k.own[with] = own
		}
	}
	return out, k, nil
}

// Mark returns a text of an answer with marked stand-ins. Other words stay.
func (k *Marks) Mark(s string) string {
	return k.known().answer(s)
}

// answer replaces the words in a text of an answer: a name, an ARN, an image or a host name.
func (m *mask) answer(s string) string {
	host, _, path := strings.Cut(s, "/")
	switch {
	case path && !strings.HasPrefix(s, "arn:") && strings.ContainsAny(host, ".:"):
		return m.image(s)
	case ofAWS(s) != "":
		return m.host(s)
	}
	return m.reference(s)
}

// MarkPolicy returns a policy document of an answer with marked stand-ins.
func (k *Marks) MarkPolicy(document string) string { return k.known().policy(document) }

// known returns a mask that marks only the stand-ins of the account.
func (k *Marks) known() *mask {
	m := *k.mask
	m.messages = nil // it has the other marks
	m.marks = func(word string) string {
		if _, known := k.mask.words[string(lowered(word))]; known {
			return strings.Map(marked, word)
		}
		return word
	}
	return &m
}

// Show returns a text that was made of the marked inventory, such as an export, with signs around each stand-in.
func (k *Marks) Show(text string) string {
	text = k.replaceOwn(text, standInStart, standInEnd)
	var b strings.Builder
	inside := false
	for _, r := range text {
		plain, is := letterOf(r)
		if is != inside {
			b.WriteString(map[bool]string{true: standInStart, false: standInEnd}[is])
			inside = is
		}
		b.WriteRune(plain)
	}
	if inside {
		b.WriteString(standInEnd)
	}
	return b.String()
}

// Plain returns a text that was made of the marked inventory as the masked inventory has it.
func (k *Marks) Plain(text string) string {
	return Unmarked(k.replaceOwn(text, "", ""))
}

// replaceOwn returns a text with the stand-ins, between two signs, of what is not replaced word by word. Longer texts come first.
func (k *Marks) replaceOwn(text, start, end string) string {
	var pairs []string
	for _, with := range slices.SortedFunc(maps.Keys(k.own), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }) {
		pairs = append(pairs, with, start+k.own[with]+end)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// The first of the characters that mark letters and digits: those of the Vai script. They are letters and digits of Unicode, one
// column wide, and formats need no escapes for them.
const (
	markedUpper = 0xa500
	markedLower = markedUpper + 26
	markedDigit = 0xa620
)

// marked returns the character that marks a letter or digit. Letters outside ASCII mark themselves: no text of this program has them.
func marked(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return markedLower + r - 'a'
	case r >= 'A' && r <= 'Z':
		return markedUpper + r - 'A'
	case r >= '0' && r <= '9':
		return markedDigit + r - '0'
	}
	return r
}

// letterOf returns the character that a marked one replaces, and whether it is part of a stand-in.
func letterOf(r rune) (rune, bool) {
	switch {
	case r <= unicode.MaxASCII:
		return r, false
	case r >= markedLower && r < markedLower+26:
		return r - markedLower + 'a', true
	case r >= markedUpper && r < markedUpper+26:
		return r - markedUpper + 'A', true
	case r >= markedDigit && r < markedDigit+10:
		return r - markedDigit + '0', true
	}
	return r, unicode.IsLetter(r) || unicode.IsDigit(r)
}

// Unmarked returns a text of a marked inventory with the letters and digits that are marked, for a rule about the characters of a name.
func Unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		plain, _ := letterOf(r)
		return plain
	}, s)
}

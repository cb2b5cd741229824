package inventory

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// legendVersion is the version of the legend files that this package reads and writes.
const legendVersion = 1

// Legend belongs to the owner of an account. It has the key of masked snapshots and translates their stand-ins back to names.
type Legend struct {
	key   []byte
	masks []translation
}

// translation is what the snapshots with the same stand-ins have in common.
type translation struct {
	// ID is in each snapshot and in each export from one.
	ID string `json:"id"`
	// Patterns are the texts after a wildcard in policies. They change the stand-ins of names with them.
	Patterns []string `json:"patterns,omitempty"`
	// Names are the words of names by stand-in, in lower case.
	Names map[string]string `json:"names"`
	// Own are the texts that are not replaced word by word, by stand-in.
	Own map[string]string `json:"own,omitempty"`
}

// legendFile is the JSON form of a legend.
type legendFile struct {
	Legend *int          `json:"legend"`
	About  string        `json:"about"`
	Key    string        `json:"key"`
	Masks  []translation `json:"masks"`
}

const aboutLegend = "Keep this file. It translates the stand-ins of masked snapshots back to names. Do not send it with them. Use it again for later snapshots, so that they can be compared."

// legendKey is the length of a key in bytes.
const legendKey = 32

// NewLegend returns an empty legend with a random key of 32 bytes.
func NewLegend(key [legendKey]byte) *Legend { return &Legend{key: key[:]} }

// ReadLegend reads a legend file.
func ReadLegend(data []byte) (*Legend, error) {
	data, err := printable.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("it %w", err)
	}
	var f legendFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("it is not a legend, which wizard snapshot --mask writes: %w", explain(err, data))
	}
	key, err := hex.DecodeString(f.Key)
	switch {
	case f.Legend == nil:
		return nil, errors.New("it is not a legend, which wizard snapshot --mask writes: it has no version")
	case *f.Legend != legendVersion:
		return nil, fmt.Errorf("it has version %d; this program reads version %d", *f.Legend, legendVersion)
	case err != nil || len(key) != legendKey:
		return nil, fmt.Errorf("its key is not complete: it must have %d hexadecimal digits", 2*legendKey)
	}
	return &Legend{key, f.Masks}, nil
}

// Write returns the legend file.
func (l *Legend) Write() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(legendFile{new(legendVersion), aboutLegend, hex.EncodeToString(l.key), l.masks})
	return b.Bytes(), err
}

// letters prepares a mask to use the replacements of the legend, and returns the replacements for its letters.
func (l *Legend) letters(m *mask) func(before string, r rune) rune {
	at := len(l.masks) - 1
	for at >= 0 && slices.ContainsFunc(m.inner, func(s string) bool { return !slices.Contains(l.masks[at].Patterns, s) }) {
		at--
	}
	if at < 0 { // the first one, or a policy has a new pattern
		for _, t := range l.masks {
			m.inner = append(m.inner, t.Patterns...)
		}
		slices.Sort(m.inner)
		t := translation{Patterns: slices.Compact(m.inner), Names: map[string]string{}, Own: map[string]string{}}
		sum := sha256.Sum256(l.seed(t))
		t.ID = hex.EncodeToString(sum[:4])
		l.masks = append(l.masks, t)
		at = len(l.masks) - 1
	}
	t := l.masks[at]
	m.id, m.inner = t.ID, t.Patterns
	s := &standIns{seed: l.seed(t), inner: m.inner, letters: map[string]map[rune]rune{}}
	for _, masked := range slices.Sorted(maps.Keys(t.Names)) {
		word, to := []rune(t.Names[masked]), []rune(masked)
		m.inOrder(word, func(i int, before string) {
			if i < len(to) {
				s.known(before)[word[i]] = to[i]
			}
		})
	}
	return s.of
}

// seed returns what the replacements of a translation are computed from.
func (l *Legend) seed(t translation) []byte {
	return append(slices.Clone(l.key), strings.Join(t.Patterns, "\x00")...)
}

// add adds the words of a mask that has been applied.
func (l *Legend) add(m *mask) {
	t := &l.masks[slices.IndexFunc(l.masks, func(t translation) bool { return t.ID == m.id })]
	if t.Own == nil {
		t.Own = map[string]string{}
	}
	for word, masked := range m.words {
		t.Names[masked] = word
	}
	for _, names := range []map[string]string{m.own, m.joined} {
		for own, masked := range names {
			if own != masked {
				t.Own[masked] = own
			}
		}
	}
}

// standIns are the replacements of letters.
type standIns struct {
	seed    []byte
	inner   []string
	letters map[string]map[rune]rune // by the letters before
}

// known returns the replacements after other letters.
func (s *standIns) known(before string) map[rune]rune {
	if s.letters[before] == nil {
		s.letters[before] = map[rune]rune{}
	}
	return s.letters[before]
}

// of returns the replacement of a letter or digit after others: another one of its kind, and a different one for each letter.
// Only the last letter of an alphabet may stay as it is.
func (s *standIns) of(before string, r rune) rune {
	known := s.known(before)
	if c, ok := known[r]; ok {
		return c
	}
	alphabet := []rune(foreign)
	switch {
	case strings.ContainsRune(digits, r):
		alphabet = []rune(digits)
	case strings.ContainsRune(latin, r):
		alphabet = []rune(latin)
	}
	taken, avoided := map[rune]bool{}, map[rune]bool{}
	for _, c := range known {
		taken[c] = true
	}
	if before != "" { // the pattern *data must match only what has data in it
		for _, text := range s.inner {
			first, n := utf8.DecodeRuneInString(text)
			c := s.of("", first)
			taken[c] = taken[c] || n == len(text)
			avoided[c] = true
		}
	}
	sum := sha256.Sum256(append(slices.Clone(s.seed), before+"\x00"+string(r)...))
	at := int(binary.BigEndian.Uint32(sum[:]) % uint32(len(alphabet)))
	best, rank := alphabet[at], 0
	for i := range alphabet {
		c := alphabet[(at+i)%len(alphabet)]
		if n := rankOf(taken[c], c == r, avoided[c]); n > rank {
			best, rank = c, n
		}
	}
	known[r] = best
	return best
}

// rankOf returns how good a replacement is. Two letters must never have the same one.
func rankOf(taken, same, avoided bool) int {
	switch {
	case taken:
		return 0
	case same:
		return 1
	case avoided:
		return 2
	}
	return 3
}

// The signs around a stand-in in an export from a masked snapshot. No other text of an export has them.
const (
	standInStart = "‹"
	standInEnd   = "›"
	maskedLine   = standInStart + "masked:" // a line of an export that is only for the time before it is completed
)

// aStandIn matches a stand-in in an export.
var aStandIn = pattern.New(standInStart + `([^` + standInStart + standInEnd + `\n]*)` + standInEnd)

// cutSign is in a table or a picture without space for the whole name.
const cutSign = "…"

// place is a stand-in in an export.
type place struct {
	text       string
	start, end bool // its start or its end is cut
}

// replaceStandIns returns a text with f in place of its stand-ins.
func replaceStandIns(text string, f func(place) string) string {
	var b strings.Builder
	at := 0
	for _, loc := range aStandIn().FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[at:loc[0]])
		b.WriteString(f(place{text[loc[2]:loc[3]], strings.HasSuffix(text[:loc[0]], cutSign), strings.HasPrefix(text[loc[1]:], cutSign)}))
		at = loc[1]
	}
	return b.String() + text[at:]
}

// MaskedLine returns the mark of a line that Unmask removes: it makes an export from a masked snapshot refuse to run.
func MaskedLine(id string) string { return maskedLine + id + standInEnd }

// ErrNothingMasked is the error for a text without stand-ins.
var ErrNothingMasked = errors.New("it has no stand-ins between ‹ and ›, as an export from a masked snapshot has them, so nothing needs to be completed")

// Answer returns a text of an answer for a masked snapshot with the names instead of the stand-ins, and how many it replaced. It
// uses the latest stand-ins of the legend.
func (l *Legend) Answer(s string) (out string, replaced int) {
	if len(l.masks) == 0 {
		return s, 0
	}
	t := &l.masks[len(l.masks)-1]
	m := &mask{marks: func(word string) string {
		name, ok := t.name(word)
		if !ok {
			return word
		}
		replaced++
		return name
	}}
	return m.answer(s), replaced
}

// Unmask returns the files of an export from a masked snapshot with the names instead of the stand-ins, and the number of
// replaced stand-ins. It is an error if the legend does not have all of them.
func (l *Legend) Unmask(files []string) ([]string, int, error) {
	ids, stand := map[string]bool{}, map[place]int{} // with the number of the line
	files = slices.Clone(files)
	for i, text := range files {
		var kept strings.Builder
		n := 0
		for line := range strings.Lines(text) {
			n++
			if _, mark, masked := strings.Cut(line, maskedLine); masked {
				id, _, _ := strings.Cut(mark, standInEnd)
				ids[id] = true
				continue
			}
			kept.WriteString(line)
			replaceStandIns(line, func(s place) string {
				if stand[s] == 0 {
					stand[s] = n
				}
				return ""
			})
		}
		files[i] = kept.String()
	}
	if len(ids)+len(stand) == 0 {
		return nil, 0, ErrNothingMasked
	}
	if len(ids) > 1 {
		return nil, 0, errors.New("the files are of exports with different stand-ins; complete them one after the other")
	}
	t, missing := l.translationOf(ids, stand)
	if t == nil && len(missing) == 0 {
		return nil, 0, errors.New("the snapshot that it was made from was masked with another legend. Use the legend that was written with that snapshot")
	}
	if len(missing) > 0 {
		return nil, 0, fmt.Errorf("the legend has no name for %s. A stand-in must be the same as in the snapshot, and the legend must be the one that was used for it", strings.Join(missing, ", "))
	}
	n := 0
	var out []string
	for _, text := range files {
		text = replaceStandIns(text, func(s place) string {
			n++
			name, _ := t.shown(s)
			return name
		})
		out = append(out, accountID().ReplaceAllStringFunc(text, func(s string) string {
			name, known := t.Names[s]
			if known {
				n++
			}
			return cmp.Or(name, s)
		}))
	}
	return out, n, nil
}

// translationOf returns the translation with an id, or else with all stand-ins; and what it does not have.
func (l *Legend) translationOf(ids map[string]bool, stand map[place]int) (*translation, []string) {
	var missing []string
	for i := range slices.Backward(l.masks) {
		t := &l.masks[i]
		if len(ids) > 0 && !ids[t.ID] {
			continue
		}
		missing = nil
		for s, line := range stand {
			if _, ok := t.shown(s); !ok {
				missing = append(missing, fmt.Sprintf("%s (line %d)", standInStart+s.text+standInEnd, line))
			}
		}
		slices.Sort(missing)
		if len(missing) == 0 {
			return t, nil
		}
	}
	return nil, missing
}

// shown returns the name for a stand-in of an export.
func (t *translation) shown(s place) (string, bool) {
	name, ok := t.name(s.text)
	if !ok && s.text != "" && (s.start || s.end) {
		return t.part(s)
	}
	return name, ok
}

// part returns the part of a name for a part of a stand-in; empty if it can be of several names.
func (t *translation) part(s place) (name string, ok bool) {
	n, low := utf8.RuneCountInString(s.text), string(lowered(s.text))
	found := map[string]bool{}
	for masked, word := range t.Names {
		letters := []rune(word)
		switch {
		case s.end && strings.HasPrefix(masked, low):
			found[caseOf(s.text, string(letters[:n]))] = true
		case s.start && strings.HasSuffix(masked, low):
			found[caseOf(s.text, string(letters[len(letters)-n:]))] = true
		}
	}
	if len(found) != 1 {
		return "", len(found) > 0
	}
	for name = range found {
	}
	return name, true
}

// name returns the name that a stand-in replaces.
func (t *translation) name(s string) (string, bool) {
	if own, ok := t.Own[s]; ok {
		return own, true
	}
	word, ok := t.Names[string(lowered(s))]
	if !ok || utf8.RuneCountInString(word) != utf8.RuneCountInString(s) {
		return "", false
	}
	return caseOf(s, word), true
}

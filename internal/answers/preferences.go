package answers

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// The values of color.
const (
	ColorAuto  = "auto"  // colors on a terminal that has them
	ColorNever = "never" // no colors or bold text
)

// Preferences are what a user prefers for every start of the program. No key is required.
type Preferences struct {
	// Profile is a profile of the AWS configuration files.
	Profile string `yaml:"profile" check:"text" example:"dev"`
	// Region is the code of an AWS Region.
	Region string `yaml:"region" check:"region"`
	// Color is auto or never.
	Color string `yaml:"color" check:"color"`
	// Plain asks line by line. The default is false.
	Plain *bool `yaml:"plain"`
	// Prefix and Tags are those of new answers of the interactive wizard.
	Prefix string            `yaml:"prefix" check:"prefix"`
	Tags   map[string]string `yaml:"tags" example:"{team: payments}"`
	// History keeps the answers of earlier plans on this computer. The default is true.
	History *bool `yaml:"history"`
}

// PreferenceKeys are the keys of a preferences file in the documented order.
func PreferenceKeys() []string { return keysOf(reflect.TypeFor[Preferences]()) }

// PreferenceValues returns the supported values of a key, if there are few.
func PreferenceValues(key string) []string {
	f, v := field(reflect.ValueOf(Preferences{}), key)
	if v.IsValid() && v.Type() == reflect.TypeFor[*bool]() {
		return []string{"true", "false"}
	}
	return checkOf(f).oneOf
}

// LoadPreferences reads a preferences file. An empty file is valid. The error is of type Errors and
// contains all mistakes.
func LoadPreferences(name string, data []byte) (Preferences, *File, error) {
	l := newLoader(name, "a preferences file", "write one such as profile: dev")
	var out Preferences
	if data, ok := l.text(data); ok {
		if root, ok := l.parse(data); ok && root != nil {
			l.decode("", root, reflect.ValueOf(&out).Elem())
		}
	}
	return out, l.file, l.failed()
}

// Line returns the line of a key path, from 1; 0 if the file does not have it.
func (f *File) Line(path string) int { return f.positions[path].line }

// tagsKey is the key of the only mapping. The path of a tag is tags.KEY.
const tagsKey = "tags"

// SetPreference returns the text of a preferences file with another value of a key: one of
// PreferenceKeys, or tags.KEY for a tag. The order of the keys, the comments and the other lines stay.
func SetPreference(name string, data []byte, key, value string) ([]byte, error) {
	problem := ""
	f, v := field(reflect.ValueOf(Preferences{}), key)
	tag, isTag := strings.CutPrefix(key, tagsKey+".")
	switch {
	case isTag:
		problem = invalidTag(tag, value)
	case key == tagsKey:
		return nil, errors.New("tags has several values; set one of them, such as tags.team")
	case !v.IsValid():
		return nil, unknownPreference(key)
	case v.Kind() == reflect.String:
		problem = checkOf(f).problem(value)
	case !slices.Contains(PreferenceValues(key), value):
		problem = "must be true or false"
	}
	if problem != "" {
		return nil, fmt.Errorf("%s: %q %s", escaped(key), short(value), problem)
	}
	return edit(name, data, key, &value)
}

// UnsetPreference returns the text of a preferences file without a key. It is the same text if the
// file does not have the key.
func UnsetPreference(name string, data []byte, key string) ([]byte, error) {
	if _, v := field(reflect.ValueOf(Preferences{}), key); !v.IsValid() && !strings.HasPrefix(key, tagsKey+".") {
		return nil, unknownPreference(key)
	}
	return edit(name, data, key, nil)
}

func unknownPreference(key string) error {
	keys := PreferenceKeys()
	return fmt.Errorf("%q is not a key of a preferences file%s; supported: %s, and %s.KEY for one tag", short(key), suggest(key, keys), words(keys), tagsKey)
}

// edit returns the text of a preferences file with another value of a key, or without the key if the
// value is nil. It changes the lines of the key only. The result is read again, because a file can
// have forms that this function does not know: such a file is not changed.
func edit(name string, data []byte, key string, value *string) ([]byte, error) {
	want, file, err := LoadPreferences(name, data)
	if err != nil {
		return nil, err
	}
	if value == nil && file.Line(key) == 0 {
		return data, nil
	}
	want.put(key, value)
	const windows, mark = "\r\n", "\ufeff"
	text, marked := strings.CutPrefix(strings.ReplaceAll(string(data), windows, "\n"), mark)
	var lines []string
	if text = strings.TrimRight(text, "\n"); text != "" {
		lines = strings.Split(text, "\n")
	}
	switch tag, ok := strings.CutPrefix(key, tagsKey+"."); {
	case ok && len(want.Tags) > 0:
		lines = replaceTag(lines, want.Tags, tag)
	case ok:
		lines = replaceKey(lines, tagsKey, nil)
	case value == nil:
		lines = replaceKey(lines, key, nil)
	default:
		lines = replaceKey(lines, key, []string{key + ": " + want.written(key)})
	}
	after := ""
	if len(lines) > 0 {
		after = strings.Join(lines, "\n") + "\n"
	}
	lost := value != nil && len(comments(after)) < len(comments(text)) // such as one between the lines of a value
	if strings.Contains(string(data), windows) {
		after = strings.ReplaceAll(after, "\n", windows)
	}
	if marked {
		after = mark + after
	}
	out := []byte(after)
	if got, _, err := LoadPreferences(name, out); err != nil || lost || !reflect.DeepEqual(got, want) {
		return nil, fmt.Errorf("%s has a form that this command cannot change; edit %s in it", name, escaped(key))
	}
	return out, nil
}

// put sets the value of a key that is valid; nil removes it.
func (p *Preferences) put(key string, value *string) {
	if tag, ok := strings.CutPrefix(key, tagsKey+"."); ok {
		p.Tags = maps.Clone(p.Tags)
		if p.Tags == nil {
			p.Tags = map[string]string{}
		}
		delete(p.Tags, tag)
		if value != nil {
			p.Tags[tag] = *value
		}
		if len(p.Tags) == 0 {
			p.Tags = nil
		}
		return
	}
	_, v := field(reflect.ValueOf(p).Elem(), key)
	v.SetZero()
	switch into := v.Addr().Interface().(type) {
	case *string:
		if value != nil {
			*into = *value
		}
	case **bool:
		if value != nil {
			*into = new(*value == "true")
		}
	}
}

// written returns the value of a key as the file has it.
func (p Preferences) written(key string) string {
	_, v := field(reflect.ValueOf(p), key)
	if v.Kind() == reflect.String {
		return flow(v.String())
	}
	return fmt.Sprint(reflect.Indirect(v))
}

// replaceKey replaces the lines of a key, or adds them at the end. A comment behind the value stays.
func replaceKey(lines []string, key string, with []string) []string {
	first, end := linesOf(lines, key)
	if first < 0 {
		return append(lines, with...)
	}
	if _, comment := splitComment(lines[first]); len(with) > 0 && comment != "" {
		with = append([]string{with[0] + " " + comment}, with[1:]...)
	}
	return slices.Replace(lines, first, end, with...)
}

// replaceTag replaces or removes the line of a tag, or adds it behind the other tags. All tags have
// the result.
func replaceTag(lines []string, all map[string]string, tag string) []string {
	line := func(tag string) string { return flow(tag) + ": " + flow(all[tag]) }
	first, end := linesOf(lines, tagsKey)
	head := ""
	if first >= 0 {
		head, _ = splitComment(lines[first])
	}
	if head != tagsKey+":" { // no tags, or a mapping in braces
		block := []string{tagsKey + ":"}
		for _, t := range slices.Sorted(maps.Keys(all)) {
			block = append(block, "  "+line(t))
		}
		return replaceKey(lines, tagsKey, block)
	}
	indent := "  "
	for i := first + 1; i < end; i++ {
		text := strings.TrimLeft(lines[i], " ")
		if text == "" || text[0] == '#' {
			continue
		}
		indent = lines[i][:len(lines[i])-len(text)]
		for _, form := range []string{tag, quote(tag), "'" + tag + "'"} {
			if !strings.HasPrefix(text, form+":") {
				continue
			}
			if _, stays := all[tag]; stays {
				_, comment := splitComment(lines[i])
				return slices.Replace(lines, i, i+1, strings.TrimRight(indent+line(tag)+" "+comment, " "))
			}
			return slices.Delete(lines, i, i+1)
		}
	}
	return slices.Insert(lines, end, indent+line(tag))
}

// splitComment returns a line of YAML without the comment behind it, and the comment, such as "# near".
func splitComment(line string) (text, comment string) {
	var quote byte // of the text around the position; 0 outside of quotes
	for i := 0; i < len(line); i++ {
		c, before := line[i], byte(' ')
		if i > 0 {
			before = line[i-1]
		}
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && strings.IndexByte(" \t{[,:'", before) >= 0: // a second ' continues the text
			quote = c
		case c == '#' && (before == ' ' || before == '\t'):
			return strings.TrimRight(line[:i], " \t"), line[i:]
		}
	}
	return strings.TrimRight(line, " \t"), ""
}

// comments returns the comments of a text.
func comments(text string) (all []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if _, comment := splitComment(line); comment != "" {
			all = append(all, comment)
		}
	}
	return all
}

// linesOf returns the first line of a key, and the line behind its last one. The first line is -1 if
// no line begins with the key.
func linesOf(lines []string, key string) (first, end int) {
	first = slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, key+":") })
	if first < 0 {
		return first, first
	}
	for end = first + 1; end < len(lines) && strings.HasPrefix(lines[end], " "); end++ {
	}
	return first, end
}

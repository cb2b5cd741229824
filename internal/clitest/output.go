package clitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// printJSON writes an answer as --output json does: nothing for an empty structure.
func printJSON(w io.Writer, v any) error {
	if m, ok := v.(map[string]any); ok && len(m) == 0 {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "    ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	// Go escapes these two even without HTML; the CLI does not.
	text := strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029", `\\`, `\\`).Replace(b.String())
	_, err := io.WriteString(w, text)
	return err
}

// printText writes an answer as --output text does. A structure gives a line of its scalars by name, and then what
// it holds besides, each line with the name that leads there; a list of scalars gives one line.
// Source: "AWS CLI output format", https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html
func printText(w io.Writer, v any) error {
	var b bytes.Buffer
	textLines(&b, v, "", nil)
	_, err := w.Write(b.Bytes())
	return err
}

// textLines writes a value under a name; columns are the scalars of the structures of a list, which all of them get.
func textLines(b *bytes.Buffer, v any, name string, columns []string) {
	switch v := v.(type) {
	case map[string]any:
		if columns == nil {
			columns = scalarNames(v)
		}
		var cells []string
		for _, c := range columns {
			item, ok := v[c]
			if !ok {
				item = ""
			}
			cells = append(cells, word(item))
		}
		if len(cells) > 0 && name != "" {
			cells = slices.Insert(cells, 0, strings.ToUpper(name))
		}
		if len(cells) > 0 {
			b.WriteString(strings.Join(cells, "\t") + "\n")
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if !slices.Contains(columns, k) {
				textLines(b, v[k], k, nil)
			}
		}
	case []any:
		textList(b, v, name)
	default:
		b.WriteString(word(v) + "\n")
	}
}

func textList(b *bytes.Buffer, list []any, name string) {
	var structures []map[string]any
	var scalars []string
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			structures = append(structures, m)
		}
		if scalar(item) {
			scalars = append(scalars, word(item))
		}
	}
	if len(structures) > 0 {
		columns := []string{} // not nil: none is a number of columns, too
		for _, m := range structures {
			columns = append(columns, scalarNames(m)...)
		}
		slices.Sort(columns)
		columns = slices.Compact(columns)
		for _, item := range list {
			textLines(b, item, name, columns)
		}
		return
	}
	switch {
	case len(scalars) == 0:
	case name == "":
		b.WriteString(strings.Join(scalars, "\t") + "\n")
	default:
		for _, s := range scalars {
			b.WriteString(strings.ToUpper(name) + "\t" + s + "\n")
		}
	}
	for _, item := range list {
		if !scalar(item) {
			textLines(b, item, name, nil)
		}
	}
}

// scalarNames are the members of a structure that are one text, number or truth each.
func scalarNames(m map[string]any) []string {
	names := []string{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if scalar(m[k]) {
			names = append(names, k)
		}
	}
	return names
}

func scalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// word writes a scalar as Python does.
func word(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

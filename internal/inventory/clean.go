package inventory

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// Clean makes every text one line without characters that can change what a terminal shows: tags
// and descriptions can contain any character, and a snapshot can come from anybody. Policy
// documents stay unchanged, because they are compared with what AWS has.
func (inv *Inventory) Clean() { inv.walk(printable.Line, func(string) {}) }

// documents are the fields with policy documents.
var documents = []string{"Policy", "Document"}

// walk replaces every text. It calls document for policy documents instead.
func (inv *Inventory) walk(replace func(string) string, document func(string)) {
	walk(reflect.ValueOf(inv).Elem(), replace, document)
}

func walk(v reflect.Value, replace func(string) string, document func(string)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if slices.Contains(documents, v.Type().Field(i).Name) {
				document(v.Field(i).String())
			} else {
				walk(v.Field(i), replace, document)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), replace, document)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), replace, document)
		}
	case reflect.Map: // of tags, or of numbers
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		for _, key := range keys {
			k, value := reflect.ValueOf(replace(key.String())), v.MapIndex(key)
			if value.Kind() == reflect.String {
				value = reflect.ValueOf(replace(value.String()))
			}
			if k.String() != key.String() {
				v.SetMapIndex(key, reflect.Value{})
				if v.MapIndex(k).IsValid() {
					continue // a key that is the same now: the one that needs no change stays, or the first
				}
			}
			v.SetMapIndex(k, value)
		}
	case reflect.String:
		v.SetString(replace(v.String()))
	}
}

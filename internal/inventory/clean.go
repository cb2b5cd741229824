package inventory

import (
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
	case reflect.Map: // of tags
		for _, key := range v.MapKeys() {
			k, value := replace(key.String()), replace(v.MapIndex(key).String())
			if k != key.String() {
				v.SetMapIndex(key, reflect.Value{})
			}
			v.SetMapIndex(reflect.ValueOf(k), reflect.ValueOf(value))
		}
	case reflect.String:
		v.SetString(replace(v.String()))
	}
}

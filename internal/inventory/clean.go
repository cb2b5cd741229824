package inventory

import (
	"reflect"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// Clean makes every text one line without characters that can change what a terminal shows: tags
// and descriptions can contain any character, and a snapshot can come from anybody. Policy
// documents stay unchanged, because they are compared with what AWS has.
func (inv *Inventory) Clean() { clean(reflect.ValueOf(inv).Elem()) }

// documents are the fields with policy documents.
var documents = []string{"Policy", "Document"}

func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if !slices.Contains(documents, v.Type().Field(i).Name) {
				clean(v.Field(i))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			clean(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			clean(v.Index(i))
		}
	case reflect.Map: // of tags
		for _, key := range v.MapKeys() {
			k, value := printable.Line(key.String()), printable.Line(v.MapIndex(key).String())
			if k != key.String() {
				v.SetMapIndex(key, reflect.Value{})
			}
			v.SetMapIndex(reflect.ValueOf(k), reflect.ValueOf(value))
		}
	case reflect.String:
		v.SetString(printable.Line(v.String()))
	}
}

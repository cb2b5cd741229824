package answers

import (
	"reflect"
	"slices"
	"strings"
)

// nameChecks are the checks of keys that can have the name of something in the account.
var nameChecks = strings.Fields("account acm airflow bucket certificate cluster container definition domain environment image key role secret service task text")

// Rename returns a copy of the answers with every text replaced by f that can have the name of something in the account. Ids,
// choices and the paths of files stay.
func (a Answers) Rename(f func(string) string) Answers {
	return rename(reflect.ValueOf(a), f).Interface().(Answers)
}

// rename returns a deep copy of a value.
func rename(v reflect.Value, f func(string) string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			inside := f
			if check, tagged := field.Tag.Lookup("check"); tagged && (!slices.Contains(nameChecks, check) || strings.HasSuffix(field.Name, "File")) {
				inside = nil
			}
			out.Field(i).Set(rename(v.Field(i), inside))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(rename(v.Elem(), f))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		for i := range v.Len() {
			out.Index(i).Set(rename(v.Index(i), f))
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
		}
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), rename(it.Value(), nil)) // of policies, by service
		}
	case reflect.String:
		out.SetString(v.String())
		if f != nil && v.String() != "" && v.Type() == reflect.TypeFor[string]() {
			out.SetString(f(v.String()))
		}
	default:
		out.Set(v)
	}
	return out
}

package shape

import (
	"reflect"
	"strings"
)

// Holds reports whether a value of the SDK has one of the fields, written as "VpcEndpoint.VpcEndpointId"
// with "|" between alternatives. A list must have items, and each item must have the field. An empty
// text, a nil pointer and a zero number count as missing; false does not.
func Holds(v any, fields string) bool { return holds(reflect.ValueOf(v), fields) }

func holds(v reflect.Value, fields string) bool {
	for path := range strings.SplitSeq(fields, "|") {
		if holdsPath(v, strings.Split(path, ".")) {
			return true
		}
	}
	return false
}

func holdsPath(v reflect.Value, path []string) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && holdsPath(v.Elem(), path)
	case reflect.Slice:
		if v.Len() == 0 {
			return false
		}
		for i := range v.Len() {
			if !holdsPath(v.Index(i), path) {
				return false
			}
		}
		return true
	}
	if len(path) > 0 {
		return v.Kind() == reflect.Struct && holdsPath(v.FieldByName(path[0]), path[1:])
	}
	return v.IsValid() && (v.Kind() == reflect.Struct || v.Kind() == reflect.Bool || !v.IsZero())
}

// HasFields reports whether an output of the SDK can hold anything besides its metadata.
func HasFields(result any) bool {
	t := reflect.TypeOf(result)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return false
	}
	for i := range t.Elem().NumField() {
		if f := t.Elem().Field(i); f.IsExported() && f.Name != "ResultMetadata" {
			return true
		}
	}
	return false
}

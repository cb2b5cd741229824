package resource

import (
	"reflect"
	"slices"
	"strings"
)

// The tag `aws` of a field of a spec is its name in the API of AWS. The properties in the plan are made
// from these fields, and so is the request if a kind uses the function request. The option ref marks ids of
// the network: each is the id of AWS, or that of the change that creates the resource (see Ref).

// field is a field of a spec with a name of AWS.
type field struct {
	name  string
	value any
}

// fieldsOf returns the named fields of a spec that are set, all lists, and its constants.
func fieldsOf(s Spec) []field {
	var out []field
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("aws"), ",")
		f := v.Field(i)
		// A false is a property too. With omitempty it is left out.
		if name == "" || f.IsZero() && f.Kind() != reflect.Slice && (f.Kind() != reflect.Bool || option == "omitempty") {
			continue
		}
		out = append(out, field{name, referring(f.Interface(), option)})
	}
	if c, ok := s.(interface{ constants() []field }); ok {
		out = append(out, c.constants()...)
	}
	return out
}

// referring returns the value of a field with the option ref with its references: values if there are any.
func referring(v any, option string) any {
	if option != "ref" {
		return v
	}
	switch v := v.(type) {
	case string:
		if r := Ref(v); r.From != "" {
			return r
		}
	case []string:
		if rs := Refs(v); slices.ContainsFunc(rs, func(r Value) bool { return r.From != "" }) {
			return rs
		}
	}
	return v
}

// Properties returns the fields of a spec with AWS's names in snake_case.
func Properties(s Spec) map[string]any {
	out := map[string]any{}
	for _, f := range fieldsOf(s) {
		if v := reflect.ValueOf(f.value); v.Kind() != reflect.Slice && v.Kind() != reflect.Map || v.Len() > 0 {
			out[Snake(f.name)] = f.value
		}
	}
	if c, ok := s.(interface{ computed(map[string]any) }); ok {
		c.computed(out)
	}
	return out
}

// request returns the fields of a spec as the input of a call, without the tags. It keeps empty lists:
// export refuses a call with one.
func request(s Spec) map[string]any {
	out := map[string]any{}
	for _, f := range fieldsOf(s) {
		switch v := f.value.(type) {
		case Value:
			out[f.name] = value(v)
		case []Value:
			out[f.name] = values(v)
		case []string:
			out[f.name] = list(v)
		case map[string]string: // each service has its own form of tags
		default:
			out[f.name] = v
		}
	}
	return out
}

// refs returns the changes with output that a spec uses.
func refs(s Spec) []ID {
	var out []ID
	add := func(v Value) {
		if v.From != "" {
			out = append(out, v.From)
		}
	}
	of := func(v any) {
		switch v := v.(type) {
		case Value:
			add(v)
		case []Value:
			for _, v := range v {
				add(v)
			}
		case map[string]Value:
			for _, v := range v {
				add(v)
			}
		}
	}
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		_, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("aws"), ",")
		of(referring(v.Field(i).Interface(), option))
	}
	if c, ok := s.(interface{ constants() []field }); ok {
		for _, f := range c.constants() {
			of(f.value)
		}
	}
	return out
}

// Deps returns all changes that must be done before this one, sorted.
func (a Change) Deps() []ID {
	out := append(slices.Clone(a.After), refs(a.Spec)...)
	slices.Sort(out)
	return slices.Compact(out)
}

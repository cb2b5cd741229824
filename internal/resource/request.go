package resource

import (
	"maps"
	"slices"
	"strings"
)

func ec2(op string, in map[string]any, out []Value, done ...string) Call {
	return Call{Service: "ec2", Op: op, In: in, Out: out, Done: done}
}

// filters returns the Filters of a request from pairs of a name and a value.
func filters(pairs ...any) map[string]any {
	var list []any
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, map[string]any{"Name": pairs[i], "Values": []any{pairs[i+1]}})
	}
	return map[string]any{"Filters": list}
}

func list[T any](in []T) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}

// values returns ids for a request: literals as strings, references unchanged.
func values(in []Value) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = value(v)
	}
	return out
}

func value(v Value) any {
	if v.From == "" && v.Input == "" {
		return v.Lit
	}
	return v
}

// tag adds the tags of a new resource, sorted by key. Without tags it adds no field.
func tag(in map[string]any, resource string, tags map[string]string) {
	if len(tags) == 0 {
		return
	}
	in["TagSpecifications"] = []any{map[string]any{"ResourceType": resource, "Tags": tagList(tags)}}
}

// tagList returns tags in the format of most services.
func tagList(tags map[string]string) []any {
	var out []any
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, map[string]any{"Key": k, "Value": tags[k]})
	}
	return out
}

// upper converts enableDnsSupport to EnableDnsSupport.
func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

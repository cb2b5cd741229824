package resource

import (
	"maps"
	"slices"
	"strings"
)

// Owned is why CloudFormation does not declare a change of something that exists.
const Owned = "It changes what the stack does not own."

// requested returns the request of the first call of a change as attributes, because the names of CloudFormation are those of
// the API with an upper-case first letter. Renames are as in named.
func requested(a Change, renames ...string) []Attribute {
	steps := a.Steps()
	if len(steps.Parts) > 0 {
		steps = steps.Parts[0].Steps
	}
	var out []Attribute
	for _, f := range cased(steps.Do[0].In) {
		if i := slices.Index(renames, f.Name); i >= 0 && i%2 == 0 {
			f.Name = renames[i+1]
		}
		if f.Name != "" {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(x, y Attribute) int { return rank(x) - rank(y) })
	return out
}

// cased returns a part of a request as attributes of CloudFormation, sorted by name. It leaves out what only a call has.
func cased(in map[string]any) Nested {
	var out Nested
	for _, k := range slices.Sorted(maps.Keys(in)) {
		name := upper(k)
		switch v := in[k].(type) {
		case Token:
		case string:
			if strings.HasSuffix(name, "PolicyDocument") {
				out = append(out, Attribute{name, Document{Lit(v)}})
				continue
			}
			out = append(out, Attribute{name, v})
		case Pieces:
			out = append(out, Attribute{name, Document(v)})
		case map[string]any:
			if name == "Options" || name == "Tags" { // their keys are not names of AWS
				texts := Map{}
				for k, v := range v {
					texts[k], _ = v.(string)
				}
				out = append(out, Attribute{name, texts})
				continue
			}
			out = append(out, Attribute{name, cased(v)})
		case []any:
			out = append(out, Attribute{name, casedList(v)})
		default:
			out = append(out, Attribute{name, v})
		}
	}
	return out
}

func casedList(in []any) any {
	var objects []Nested
	for _, v := range in {
		if m, ok := v.(map[string]any); ok {
			objects = append(objects, cased(m))
		}
	}
	if len(objects) == len(in) {
		return objects
	}
	return in
}

// set returns attributes with one of them set to another value.
func set(all []Attribute, name string, value any) []Attribute {
	out := slices.DeleteFunc(slices.Clone(all), func(a Attribute) bool { return a.Name == name })
	return with(out, Attribute{name, value})
}

// Importable returns the declaration of the existing resource of a change that CloudFormation can import, with its id. Its
// attributes are those that never change, because the plan does not know all others as they are now. CloudFormation changes
// nothing that a template does not declare, and an import does not compare a resource with its template.
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
func (a Change) Importable() (Block, bool) {
	if s, ok := a.Spec.(interface{ importable(Change) Block }); ok && (a.Op == Keep || a.Op == Modify) {
		return s.importable(a), true
	}
	return Block{}, false
}

// importableEndpoint returns the declaration of an existing endpoint.
func importableEndpoint(id, vpc, service, typ string) Block {
	return Block{Type: "AWS::EC2::VPCEndpoint", Existing: id, Fields: []Attribute{{"ServiceName", service}, {"VpcEndpointType", typ}, {"VpcId", Ref(vpc)}}}
}

package resource

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Terraform and CloudFormation declare resources instead of making calls. Each kind says in its file how they declare a
// change, from the same fields as its calls: the methods terraform and cloudFormation. A kind without the method, or a change
// that the language cannot express, is left to the script that accompanies the export.

// Declared is how a language declares a change.
type Declared struct {
	// Why says why the language cannot express the change, as a sentence; empty if it can.
	Why string
	// Blocks are its resources. The first one with an Output has the output of the change; if none has one, the first one.
	Blocks []Block
	// Stays are the calls that revert what stays when the language deletes its resources.
	Stays []Call
}

// Block is a resource of a language, or a data source of Terraform.
type Block struct {
	Type string // aws_vpc_endpoint or AWS::EC2::VPCEndpoint
	Data bool   // it only reads what exists
	// Key identifies the resource. Blocks with the same key are one resource with the attributes of all. If it is empty,
	// it is the id of the change, and Part.
	Key string
	// Part distinguishes several resources of a change: a space, and a word for their names.
	Part   string
	Name   string      // instead of one that is derived from the id of the change
	Fields []Attribute // in order
	// Output is the attribute with the output of the change. Empty means what the language uses: id, or Ref.
	Output string
	// Existing is the id of an existing resource that the language must take over first. It never deletes such a resource.
	Existing string
	// Kept marks a resource that the language must not delete, although it creates it: its deletion would lose data, or
	// change what others rely on.
	Kept bool
	// Ignored are attributes that the language leaves as they are.
	Ignored []string
	// Conditions must hold before the resource is created, or for a data source after it is read.
	Conditions []Condition
	// Later marks a resource that is created only if private DNS is asked for (see EndpointDNS). If it has the key of another
	// block, its attributes then replace those of that block.
	Later bool
	// Without says what the plan has and the language cannot set, or what it does differently, as a sentence.
	Without string
	// Each creates one resource for each of these values; EachValue is the one in its attributes.
	Each []Value
}

// Attribute is an attribute of a resource. Its value is a string, bool or int, a Value, a list of them, map[string]string,
// Document, JSON, Of, Code, EachValue, Nested, or []Nested.
type Attribute struct {
	Name  string
	Value any
}

// Document is a JSON document, such as a policy, in pieces that may contain values of other changes.
type Document []Value

// JSON is plain data, which may contain values, that the language writes as JSON.
type JSON struct{ Data any }

// Map is a map of texts in a language that writes tags in another form.
type Map map[string]string

// Nested are the attributes of an attribute: a nested block of Terraform, or an object of CloudFormation.
type Nested []Attribute

// Of is an attribute of another block with its key.
type Of struct{ Key, Attribute string }

// Code is an expression of the language. Every "SELF" in it is the first block of the change.
type Code string

// EachValue is the value of Each that a resource is for.
type EachValue struct{}

// Condition is an expression of the language that must hold, as in Code, and the sentences that say what else to do.
type Condition struct{ Is, Message string }

// Terraform returns how Terraform declares a change. A kept resource is read.
func (a Change) Terraform() Declared {
	if d, ok := a.Spec.(interface{ terraform(Change) Declared }); ok {
		return d.terraform(a).named(a)
	}
	return Declared{Why: "Terraform has no resource for it."}
}

// CloudFormation returns how CloudFormation declares a change that creates or modifies something. Nothing that exists is declared.
func (a Change) CloudFormation() Declared {
	if a.Op != Create && a.Op != Modify {
		return Declared{}
	}
	if d, ok := a.Spec.(interface{ cloudFormation(Change) Declared }); ok {
		return d.cloudFormation(a).named(a)
	}
	return Declared{Why: "CloudFormation has no resource for it."}
}

// named sets the keys of the blocks.
func (d Declared) named(a Change) Declared {
	for i, b := range d.Blocks {
		if b.Key == "" {
			d.Blocks[i].Key = string(a.ID) + b.Part
		}
	}
	return d
}

// block returns the declaration of a change as one resource.
func block(kind string, fields []Attribute) Declared {
	return Declared{Blocks: []Block{{Type: kind, Fields: fields}}}
}

// cannot returns the declaration of a change that a language cannot express.
func cannot(why string) Declared { return Declared{Why: why} }

// data returns the data source of a kept resource.
func data(kind, attribute, id string, conditions ...Condition) Declared {
	return Declared{Blocks: []Block{{Type: kind, Data: true, Fields: []Attribute{{attribute, id}}, Conditions: conditions}}}
}

// snaked returns the fields of a spec as attributes with names of Terraform. Renames are pairs: the name of AWS, and the name
// that it has instead, or nothing if it is left out.
func snaked(s Spec, renames ...string) []Attribute { return attributes(s, Snake, renames) }

// named returns the fields of a spec as attributes with names of CloudFormation, which are those of AWS.
func named(s Spec, renames ...string) []Attribute {
	return attributes(s, func(name string) string { return name }, renames)
}

func attributes(s Spec, spelled func(string) string, renames []string) []Attribute {
	var out []Attribute
	for _, f := range fieldsOf(s) {
		v := reflect.ValueOf(f.value)
		if (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0 {
			continue
		}
		name := spelled(f.name)
		for i := 0; i+1 < len(renames); i += 2 {
			if renames[i] == f.name {
				name = renames[i+1]
			}
		}
		if name == "" {
			continue
		}
		if text, ok := f.value.(string); ok && f.name == "PolicyDocument" {
			f.value = Document{Lit(text)}
		}
		out = append(out, Attribute{name, f.value})
	}
	slices.SortStableFunc(out, func(x, y Attribute) int { return rank(x) - rank(y) })
	return out
}

// rank sorts tags behind everything else.
func rank(a Attribute) int {
	if a.Name == "tags" || a.Name == "Tags" {
		return 1
	}
	return 0
}

// with returns attributes with more of them before the tags, which come last.
func with(all []Attribute, more ...Attribute) []Attribute {
	all = append(slices.Clone(all), more...)
	slices.SortStableFunc(all, func(x, y Attribute) int { return rank(x) - rank(y) })
	return all
}

// hclText returns a text as Terraform reads it in an expression.
func hclText(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strconv.Quote(s))
}

package wire

import (
	"bytes"
	"encoding/xml"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The EC2 Query protocol has one name per member, written "subnetIdSet" in answers and
// "SubnetIdSet" in requests. So one name is enough for both: the name of the field, or the first
// part of its tag `ec2:"name,option"`. Options: required (in requests), capital (in answers,
// where AWS keeps the capital first letter) and omitempty (in answers; empty strings, times,
// pointers and interfaces are always left out).

type wireName struct {
	name                         string
	required, omitEmpty, capital bool
}

func wireOf(f reflect.StructField) (wireName, bool) {
	tag := f.Tag.Get("ec2")
	if tag == "-" || f.Anonymous || !f.IsExported() {
		return wireName{}, false
	}
	name, options, _ := strings.Cut(tag, ",")
	if name == "" {
		name = f.Name
	}
	return wireName{name, strings.Contains(options, "required"), strings.Contains(options, "omitempty"), strings.Contains(options, "capital")}, true
}

type wireField struct {
	wireName
	index []int
}

// knownFields caches the results of wireFields by type, because a page can contain a thousand
// values of one type.
var knownFields sync.Map

// wireFields returns the fields of a struct that are part of requests and answers.
func wireFields(t reflect.Type) []wireField {
	if known, ok := knownFields.Load(t); ok {
		return known.([]wireField)
	}
	var fields []wireField
	for _, f := range reflect.VisibleFields(t) {
		if w, ok := wireOf(f); ok {
			fields = append(fields, wireField{w, f.Index})
		}
	}
	knownFields.Store(t, fields)
	return fields
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// param is one level of a dotted parameter name such as Filter.1.Value.2.
type param struct {
	value    string
	set      bool
	children map[string]*param
}

// decodeQuery fills the struct that in points to. Like AWS, it rejects unknown parameters, so
// that no part of a request is ignored silently.
func decodeQuery(values url.Values, in any) *Error {
	root := &param{}
	for key, v := range values {
		if key == "Action" || key == "Version" || strings.HasPrefix(key, "X-Amz-") {
			continue
		}
		p := root
		for _, part := range strings.Split(key, ".") {
			if p.children == nil {
				p.children = map[string]*param{}
			}
			if p.children[part] == nil {
				p.children[part] = &param{}
			}
			p = p.children[part]
		}
		p.value, p.set = v[0], true
	}
	return root.fill("", reflect.ValueOf(in).Elem())
}

func (p *param) fill(path string, v reflect.Value) *Error {
	bad := func(kind string) *Error {
		return Fail("InvalidParameterValue", "Invalid value '%s' for %s. It must be %s.", p.value, path, kind)
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Struct:
		if p.value != "" { // an SDK sends an empty list as one empty value
			return unknownParameter(path)
		}
	case reflect.String, reflect.Bool, reflect.Int32:
		if keys := slices.Sorted(maps.Keys(p.children)); len(keys) > 0 {
			return unknownParameter(join(path, keys[0]))
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return p.fill(path, v.Elem())
	case reflect.String:
		v.SetString(p.value)
	case reflect.Bool:
		switch strings.ToLower(p.value) {
		case "true":
			v.SetBool(true)
		case "false":
			v.SetBool(false)
		default:
			return bad("true or false")
		}
	case reflect.Int32:
		n, err := strconv.ParseInt(p.value, 10, 32)
		if err != nil {
			return bad("an integer")
		}
		v.SetInt(n)
	case reflect.Slice:
		if member := p.children["member"]; member != nil && len(p.children) == 1 {
			p = member // services other than EC2 have "member" before the numbers
			if p.value != "" {
				return unknownParameter(join(path, "member"))
			}
		}
		indexes := make([]int, 0, len(p.children))
		for key := range p.children {
			n, err := strconv.Atoi(key)
			if err != nil || n < 1 || strconv.Itoa(n) != key {
				return unknownParameter(join(path, key))
			}
			indexes = append(indexes, n)
		}
		slices.Sort(indexes)
		v.Set(reflect.MakeSlice(v.Type(), len(indexes), len(indexes)))
		for i, n := range indexes {
			key := strconv.Itoa(n)
			if err := p.children[key].fill(join(path, key), v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		known := map[string]bool{}
		for _, f := range reflect.VisibleFields(v.Type()) {
			w, ok := wireOf(f)
			if !ok {
				continue
			}
			name := upperFirst(w.name)
			known[name] = true
			child := p.children[name]
			if child == nil {
				if w.required {
					return Fail("MissingParameter", "The request must contain the parameter %s", join(path, name))
				}
				continue
			}
			if err := child.fill(join(path, name), v.FieldByIndex(f.Index)); err != nil {
				return err
			}
		}
		for name := range p.children {
			if !known[name] {
				return unknownParameter(join(path, name))
			}
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func unknownParameter(name string) *Error {
	return Fail("UnknownParameter", "The parameter %s is not recognized", name)
}

const ec2Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"

// List is an answer of EC2 that consists of a list and the token of its next page.
type List struct {
	Name      string
	Items     any
	NextToken string
}

func encodeEC2(operation, requestID string, out any) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<" + operation + `Response xmlns="` + ec2Namespace + `">`)
	writeElement(&b, "requestId", requestID)
	if l, ok := out.(List); ok {
		ec2Style.writeValue(&b, l.Name, reflect.ValueOf(l.Items))
		ec2Style.writeValue(&b, "nextToken", reflect.ValueOf(l.NextToken))
	} else {
		ec2Style.writeMembers(&b, reflect.ValueOf(out))
	}
	b.WriteString("</" + operation + "Response>")
	return b.Bytes()
}

func encodeEC2Error(e *Error, requestID string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<Response><Errors><Error>")
	writeElement(&b, "Code", e.Code)
	writeElement(&b, "Message", e.Message)
	b.WriteString("</Error></Errors>")
	writeElement(&b, "RequestID", requestID)
	b.WriteString("</Response>")
	return b.Bytes()
}

func writeElement(b *bytes.Buffer, name, text string) {
	b.WriteString("<" + name + ">")
	_ = xml.EscapeText(b, []byte(text)) // a bytes.Buffer never fails
	b.WriteString("</" + name + ">")
}

// xmlStyle describes the differences in XML between the Query protocols.
type xmlStyle struct {
	letters func(string) string // changes the first letter of a name
	item    string              // element name of list members
}

var ec2Style = xmlStyle{lowerFirst, "item"}

// writeMembers writes the fields of a struct.
func (s xmlStyle) writeMembers(b *bytes.Buffer, v reflect.Value) {
	for _, f := range wireFields(v.Type()) {
		name := s.letters(f.name)
		if f.capital {
			name = f.name
		}
		if field := v.FieldByIndex(f.index); !f.omitEmpty || !field.IsZero() {
			s.writeValue(b, name, field)
		}
	}
}

func (s xmlStyle) writeValue(b *bytes.Buffer, name string, v reflect.Value) {
	if t, ok := v.Interface().(time.Time); ok {
		if !t.IsZero() {
			writeElement(b, name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			s.writeValue(b, name, v.Elem())
		}
	case reflect.String:
		if v.String() != "" {
			writeElement(b, name, v.String())
		}
	case reflect.Bool:
		writeElement(b, name, strconv.FormatBool(v.Bool()))
	case reflect.Int32, reflect.Int64:
		writeElement(b, name, strconv.FormatInt(v.Int(), 10))
	case reflect.Slice:
		b.WriteString("<" + name + ">")
		for i := range v.Len() {
			s.writeValue(b, s.item, v.Index(i))
		}
		b.WriteString("</" + name + ">")
	case reflect.Struct:
		b.WriteString("<" + name + ">")
		s.writeMembers(b, v)
		b.WriteString("</" + name + ">")
	}
}

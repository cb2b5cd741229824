package wire_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// shape has every kind of field that requests have.
type shape struct {
	Name   string
	Count  int32
	On     bool
	Maybe  *bool
	Names  []string
	Filter []struct {
		Name  string
		Value []string
	}
	Inner *struct {
		Text string `ec2:",required"`
		Deep []int32
	}
	DryRun bool
}

// request reads a request to a service and decodes it. The error is that of the operation.
func request(service, contentType, body string) (shape, *wire.Error) {
	req := httptest.NewRequest("POST", "http://sandbox/", strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("X-Amz-Target", "Service.Operation")
	req.Header.Set("Authorization", scope(service))
	c := wire.Read(req, []byte(body), find)
	keep := func(_ struct{}, in shape) (shape, *wire.Error) { return in, nil }
	operation := wire.QueryOp(keep)
	if p := services[service].Protocol; p == wire.AWSJSON || p == wire.RESTJSON {
		operation = wire.JSONOp(keep)
	}
	out, err := operation(struct{}{}, c)
	if err != nil {
		return shape{}, err
	}
	return out.(shape), nil
}

// query writes a value as parameters, as an SDK does. The lists of services other than EC2 have "member" before the numbers.
func query(values url.Values, name string, v reflect.Value, member string) {
	below := func(key string, v reflect.Value) { query(values, strings.TrimPrefix(name+"."+key, "."), v, member) }
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			query(values, name, v.Elem(), member)
		}
	case reflect.Slice:
		for i := range v.Len() {
			below(member+fmt.Sprint(i+1), v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			below(v.Type().Field(i).Name, v.Field(i))
		}
	default:
		values.Set(name, fmt.Sprint(v.Interface()))
	}
}

// FuzzQuery: what is read from a request of the Query protocols is read again from the parameters that an SDK writes for it.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"", "Action=X&Version=1", "Name=a%26b&Count=-1&On=TRUE", "Names.1=a&Names.3=b&Names.02=c", "Names.member.1=a&Names.member.2=b", "Filter.1.Name=a&Filter.1.Value.1=b&Filter.2.Value.1=", "Inner.Text=&Inner.Deep.1=7",
		"Inner.Deep.1=7", "Names=a", "Names.x=a", "Names.1.a=b", "Name.1=a", "Count=2147483648", "Maybe=false&DryRun=true", "..=a", "Names.-1=a", "Names.member=x", "%zz", "a;b", "Name=%ff%00", "Names.1=a&Names.01=b", "=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		const form = "application/x-www-form-urlencoded; charset=utf-8"
		for service, member := range map[string]string{"ec2": "", "iam": "member."} {
			in, err := request(service, form, body)
			if err != nil {
				valid(t, service, nil, err)
				continue
			}
			values := url.Values{}
			query(values, "", reflect.ValueOf(in), member)
			back, err := request(service, form, values.Encode())
			if diff := cmp.Diff(in, back, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("%s %s: %v %s", service, values.Encode(), err, diff)
			}
			valid(t, service, in, nil)
		}
	})
}

// TestNoParameterIsIgnored: a parameter in a place or of a spelling that is not read is an error, and names the parameter.
func TestNoParameterIsIgnored(t *testing.T) {
	for body, parameter := range map[string]string{
		"Name=a&Name.1=b": "Name.1", "Count=1&Count.x=b": "Count.x", "Maybe=true&Maybe.a=b": "Maybe.a", "Names=a": "Names", "Names=a&Names.1=b": "Names", "Names.member=a": "Names.member",
		"Names.0=a": "Names.0", "Names.-1=a": "Names.-1", "Names.1=a&Names.01=b": "Names.01", "Names.+1=a": "Names.+1", "Inner=a&Inner.Text=b": "Inner", "Filter.1=a": "Filter.1", "Other=a": "Other", "Names.member.1=a&Names.2=b": "Names.member",
	} {
		for _, service := range []string{"ec2", "iam"} {
			if in, err := request(service, "application/x-www-form-urlencoded", strings.ReplaceAll(body, "+", "%2B")); err == nil || err.Code != "UnknownParameter" || !strings.Contains(err.Message, " "+parameter+" ") {
				t.Errorf("%s %s: %+v %v", service, body, in, err)
			}
		}
	}
	if _, err := request("iam", "application/x-www-form-urlencoded", "Names=&Filter="); err != nil {
		t.Errorf("empty lists: %v", err)
	}
	for _, body := range []string{"{} {}", "{}x", "{}]", "null,"} {
		if in, err := request("kms", "application/x-amz-json-1.1", body); err == nil || err.Code != "SerializationException" {
			t.Errorf("%q: %+v %v", body, in, err)
		}
	}
}

// FuzzJSON: what is read from a JSON request is read again from the JSON of it, and a part that is not read is an error.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", "{}", `{"Name":"a","Count":1,"On":true,"Maybe":null,"Names":["a"],"Filter":[{"Name":"x","Value":[]}],"Inner":{"Text":"t","Deep":[1]}}`, `{"name":"a","NAME":"b"}`, `{"Name":"\ud800\u0000"}`, "{\"Name\":\"\xff\"}",
		`{"Unknown":1}`, `{"Count":1.5}`, `{"Count":2147483648}`, "null", "[]", "{", "{} {}", "{}x", " {}\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, service := range []string{"kms", "batch"} {
			in, err := request(service, "application/x-amz-json-1.1", body)
			if err != nil {
				valid(t, service, nil, err)
				continue
			}
			if body != "" && !json.Valid([]byte(body)) {
				t.Errorf("%s: %q is accepted", service, body)
			}
			back, err := request(service, "application/x-amz-json-1.1", string(wire.EncodeJSON(in)))
			if diff := cmp.Diff(in, back, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("%s: %v %s", service, err, diff)
			}
			valid(t, service, in, nil)
		}
	})
}

// answer has texts at every depth.
type answer struct {
	Text string
	At   time.Time
	List []part
}

type part struct {
	Text string
	List []string
}

// FuzzAnswer: every text arrives in every protocol, in answers and in errors. Characters that XML or UTF-8 cannot contain are replaced.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"", "a", "<a>&\"'", "]]>", "\r\n\t", "é\U0001f98a", "\x00\x1b\x7f", "\xff\xc3", "\u2028\ufffe\uffff", " a "} {
		f.Add(s, int64(0))
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		out := answer{text, time.UnixMilli(at % (1 << 47)).UTC(), []part{{text, []string{text, "x", text}}}}
		for service, s := range services {
			want := string([]rune(text))
			if s.Protocol != wire.AWSJSON && s.Protocol != wire.RESTJSON {
				want = strings.Map(inXML, want)
			}
			if want == "" {
				continue // EC2 leaves it out
			}
			if got := valid(t, service, out, nil); count(got, want) < 4 {
				t.Errorf("%s: %q is not in all places of %q", service, want, got)
			}
			if got := valid(t, service, nil, wire.Fail("Code", "%s", text)); count(got, want) < 1 || count(got, "Code") < 1 {
				t.Errorf("%s: %q is not in the error %q", service, want, got)
			}
		}
	})
}

// inXML replaces characters that XML cannot contain (Extensible Markup Language 1.0, section 2.2).
func inXML(r rune) rune {
	if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
		return r
	}
	return '\ufffd'
}

func count(texts []string, want string) (n int) {
	for _, s := range texts {
		if s == want {
			n++
		}
	}
	return n
}

// valid asserts that an answer or an error is one document of its protocol, and returns the texts in it.
func valid(t *testing.T, service string, out any, err *wire.Error) (texts []string) {
	t.Helper()
	w := httptest.NewRecorder()
	c := call(service)
	c.Operation = "Operation"
	c.Reply("id", out, err).Send(w)
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v: %s", service, err, w.Body)
		}
		return inJSON(v)
	}
	text, depth := "", 0
	for d := xml.NewDecoder(w.Body); ; {
		token, err := d.Token()
		if err == io.EOF && depth == 0 {
			return texts
		} else if err != nil {
			t.Fatalf("%s: %v", service, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			text = ""
			depth++
		case xml.CharData:
			text += string(token)
		case xml.EndElement:
			texts = append(texts, text)
			depth--
		}
	}
}

// inJSON returns the texts in a value.
func inJSON(v any) (texts []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, item := range v {
			texts = append(texts, inJSON(item)...)
		}
	case map[string]any:
		for _, item := range v {
			texts = append(texts, inJSON(item)...)
		}
	}
	return texts
}

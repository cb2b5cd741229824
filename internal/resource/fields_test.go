package resource

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestRefsSeeEveryValue sets each value of each kind to the output of another change. refs must return it,
// also from lists and maps, and no kind may have a value deeper in its fields.
func TestRefsSeeEveryValue(t *testing.T) {
	of := reflect.TypeFor[Value]()
	var nested func(reflect.Type) bool
	nested = func(x reflect.Type) bool {
		switch x.Kind() {
		case reflect.Struct:
			for i := range x.NumField() {
				if x.Field(i).Type == of || nested(x.Field(i).Type) {
					return true
				}
			}
		case reflect.Slice, reflect.Map, reflect.Pointer:
			return x.Elem() == of || nested(x.Elem())
		}
		return false
	}
	values := 0
	for _, kind := range Kinds {
		x := reflect.TypeOf(kind)
		for i := range x.NumField() {
			v := reflect.New(x).Elem()
			switch f := x.Field(i); f.Type {
			case of:
				v.Field(i).Set(reflect.ValueOf(From("other")))
			case reflect.TypeFor[[]Value]():
				v.Field(i).Set(reflect.ValueOf([]Value{Lit("x"), From("other")}))
			case reflect.TypeFor[map[string]Value]():
				v.Field(i).Set(reflect.ValueOf(map[string]Value{"x": Lit("x"), "y": From("other")}))
			default:
				if nested(f.Type) {
					t.Errorf("%s.%s has a value that refs does not see", x.Name(), f.Name)
				}
				continue
			}
			values++
			if got := refs(v.Interface().(Spec)); !slices.Equal(got, []ID{"other"}) {
				t.Errorf("%s.%s: refs are %v", x.Name(), x.Field(i).Name, got)
			}
		}
	}
	if values < 15 {
		t.Errorf("%d values", values)
	}
}

// TestFieldNames checks the tags of all kinds: names begin with a capital letter, occur once per kind, and
// no two names of a kind become the same property.
func TestFieldNames(t *testing.T) {
	names := 0
	for _, kind := range Kinds {
		x, seen := reflect.TypeOf(kind), map[string]bool{}
		for i := range x.NumField() {
			name, option, _ := strings.Cut(x.Field(i).Tag.Get("aws"), ",")
			if name == "" {
				continue
			}
			names++
			if name[0] < 'A' || name[0] > 'Z' || seen[Snake(name)] || !slices.Contains([]string{"", "ref"}, option) && (option != "omitempty" || x.Field(i).Type.Kind() != reflect.Bool) {
				t.Errorf("%s.%s: tag %q", x.Name(), x.Field(i).Name, x.Field(i).Tag.Get("aws"))
			}
			seen[Snake(name)] = true
		}
	}
	if names < 80 {
		t.Errorf("%d names", names)
	}
}

// TestPropertiesLeaveOutWhatIsEmpty: a false is a property, but not with omitempty.
func TestPropertiesLeaveOutWhatIsEmpty(t *testing.T) {
	got := Properties(InterfaceEndpoint{VPC: "vpc-1", Subnets: []string{}, Groups: []Value{}, Tags: map[string]string{}})
	if want := map[string]any{"vpc_id": "vpc-1", "private_dns_enabled": false, "vpc_endpoint_type": "Interface"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := Properties(EndpointChange{VPC: "vpc-1"}); !reflect.DeepEqual(got, map[string]any{"vpc_id": "vpc-1"}) {
		t.Errorf("%v", got)
	}
}

// TestRefsSeeConstants: what a kind adds to its fields can have the id of another change too.
func TestRefsSeeConstants(t *testing.T) {
	for _, s := range []Spec{FlowLog{VPC: "vpc/new", Bucket: "arn:aws:s3:::logs"}, NATGateway{VPC: "vpc/new", Regional: true}} {
		if got := refs(s); !slices.Equal(got, []ID{"vpc/new"}) {
			t.Errorf("%s: %v", s.Kind(), got)
		}
	}
}

package sandbox

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// What all read operations of EC2 have in common: ids, filters, pages.

type filter struct {
	Name   string
	Values []string `ec2:"Value"`
}

type describeIn struct {
	DryRun     bool
	Filters    []filter `ec2:"Filter"`
	MaxResults *int32
	NextToken  string
}

func (in describeIn) query(ids []string) query {
	return query{ids, in.Filters, in.MaxResults, in.NextToken}
}

// query is the request of a read operation.
type query struct {
	ids        []string
	filters    []filter
	maxResults *int32
	nextToken  string
}

// kind describes how one kind of resource is listed. P is a pointer type, because Go compiles
// generic code for pointers only once.
type kind[P any] struct {
	ids      idKind
	tags     func(P) store.Tags
	min, max int32 // limits of MaxResults

	// filters are the names of filters with the paths of their fields, NAME=PATH. The path goes
	// through lists and pointers. Without a path it is the name in upper camel case.
	filters string
	more    map[string]func(P) []string // filters on other values
}

// defaultPage is the page size without MaxResults.
const defaultPage = 1000

// describe returns the operation that lists a kind of resources. param is the parameter with their
// ids, set the member of the answer with the list. fill may add values to the copies in it.
func describe[T any](k *kind[*T], param, set string, table func(*region) *store.Table[T], fill func(*region, *T)) operation {
	type idsIn struct {
		describeIn
		Ids []string `ec2:"Id"`
	}
	run := wire.QueryOp(func(r *region, in idsIn) (wire.List, *wire.Error) {
		found, next, err := list(k, table(r), in.query(in.Ids))
		out := store.Copies(found, func(v *T) {
			if fill != nil {
				fill(r, v)
			}
		})
		return wire.List{Name: set, Items: out, NextToken: next}, err
	})
	return func(r *region, c *wire.Call) (any, *wire.Error) {
		renamed := *c
		renamed.Values = url.Values{}
		for name, v := range c.Values {
			if n, ok := strings.CutPrefix(name, param+"."); ok {
				name = "Id." + n
			}
			renamed.Values[name] = v
		}
		return run(r, &renamed)
	}
}

// list answers a read operation over all resources of a kind.
func list[T any](k *kind[*T], t *store.Table[T], q query) ([]*T, string, *wire.Error) {
	from := t.List
	if len(q.ids) > 0 {
		from = nil
		for _, id := range q.ids {
			v, err := find(t, k.ids, id)
			if err != nil {
				return nil, "", err
			}
			from = append(from, v)
		}
	}
	return sift(k, from, q)
}

// sift returns one page of the resources that match the filters.
func sift[P any](k *kind[P], from []P, q query) ([]P, string, *wire.Error) {
	var accept []func(P) bool
	for _, f := range q.filters {
		test, err := k.test(f)
		if err != nil {
			return nil, "", err
		}
		accept = append(accept, test)
	}
	var found []P
next:
	for _, v := range from {
		for _, test := range accept {
			if !test(v) {
				continue next
			}
		}
		found = append(found, v)
	}
	return store.Page(ec2Pages(k.min, k.max), found, q.maxResults, q.nextToken)
}

func (k *kind[P]) test(f filter) (func(P) bool, *wire.Error) {
	values := k.values(f.Name)
	if key, ok := strings.CutPrefix(f.Name, "tag:"); ok && k.tags != nil {
		values = func(v P) []string {
			for _, t := range k.tags(v) {
				if t.Key == key {
					return []string{t.Value}
				}
			}
			return nil
		}
	} else if f.Name == "tag-key" && k.tags != nil {
		values = func(v P) []string {
			var keys []string
			for _, t := range k.tags(v) {
				keys = append(keys, t.Key)
			}
			return keys
		}
	}
	if values == nil {
		return nil, wire.Fail("InvalidParameterValue", "The filter '%s' is invalid", f.Name)
	}
	exact := map[string]bool{}
	var patterns []*regexp.Regexp
	for _, v := range f.Values {
		if strings.ContainsAny(v, `*?\`) {
			patterns = append(patterns, store.Wildcard(v))
		} else {
			exact[v] = true
		}
	}
	return func(v P) bool {
		return slices.ContainsFunc(values(v), func(value string) bool {
			return exact[value] || slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(value) })
		})
	}, nil
}

// values returns the values that a filter tests; nil for an unknown filter.
func (k *kind[P]) values(name string) func(P) []string {
	for _, f := range strings.Fields(k.filters) {
		f, path, ok := strings.Cut(f, "=")
		if f != name {
			continue
		}
		if !ok {
			for part := range strings.SplitSeq(name, "-") {
				path += strings.ToUpper(part[:1]) + part[1:]
			}
		}
		read := reader(reflect.TypeFor[P](), strings.Split(path, "."))
		return func(v P) []string { return read(reflect.ValueOf(v)) }
	}
	return k.more[name]
}

// reader returns a function that reads the values at a path. Items of a list without the field
// have no value.
func reader(t reflect.Type, path []string) func(reflect.Value) []string {
	switch t.Kind() {
	case reflect.Pointer:
		read := reader(t.Elem(), path)
		return func(v reflect.Value) []string {
			if v.IsNil() {
				return nil
			}
			return read(v.Elem())
		}
	case reflect.Slice:
		read := reader(t.Elem(), path)
		return func(v reflect.Value) []string {
			var all []string
			for i := range v.Len() {
				all = append(all, read(v.Index(i))...)
			}
			return slices.DeleteFunc(all, func(s string) bool { return s == "" })
		}
	case reflect.Struct:
		f, ok := t.FieldByName(path[0])
		if !ok {
			panic(t.Name() + " has no field " + path[0]) // a test reads every filter
		}
		read := reader(f.Type, path[1:])
		return func(v reflect.Value) []string { return read(v.FieldByIndex(f.Index)) }
	case reflect.String:
		return func(v reflect.Value) []string { return []string{v.String()} }
	}
	return func(v reflect.Value) []string { return []string{fmt.Sprint(v.Interface())} }
}

// ec2Pages returns the pager of a read operation.
func ec2Pages(least, most int32) *store.Pager {
	return &store.Pager{
		Size: defaultPage, Least: least, Most: most,
		BadSize: func(size int32) *wire.Error {
			if size < least {
				return wire.Fail("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value greater than %d.", size, least)
			}
			return wire.Fail("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value smaller than %d.", size, most)
		},
		BadToken: func(token string) *wire.Error {
			return wire.Fail("InvalidNextToken", "The token '%s' is invalid", token)
		},
	}
}

package sandbox

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What all read operations of EC2 have in common: ids, filters, pages.

type filter struct {
	Name   string
	Values []string `ec2:"Value"`
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
	tags     func(P) tags
	min, max int32 // limits of MaxResults
	filters  map[string]func(P) []string
}

// defaultPage is the page size without MaxResults.
const defaultPage = 1000

// list answers a read operation over all resources of a kind.
func list[T any](k *kind[*T], t *table[T], q query) ([]*T, string, *apiError) {
	from := t.list
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
func sift[P any](k *kind[P], from []P, q query) ([]P, string, *apiError) {
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
	return paginate(found, q, k.min, k.max)
}

func (k *kind[P]) test(f filter) (func(P) bool, *apiError) {
	values := k.filters[f.Name]
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
		return nil, fail("InvalidParameterValue", "The filter '%s' is invalid", f.Name)
	}
	exact := map[string]bool{}
	var patterns []*regexp.Regexp
	for _, v := range f.Values {
		if strings.ContainsAny(v, `*?\`) {
			patterns = append(patterns, wildcard(v))
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

// wildcard supports * and ? like EC2 filters; a backslash escapes them.
func wildcard(value string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("(?s)^")
	escaped := false
	for _, c := range value {
		switch {
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(c)))
			escaped = false
		case c == '\\':
			escaped = true
		case c == '*':
			b.WriteString(".*")
		case c == '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	b.WriteString("$")
	return regexp.MustCompile(b.String())
}

func paginate[T any](all []T, q query, least, most int32) ([]T, string, *apiError) {
	size := int32(defaultPage)
	if q.maxResults != nil {
		size = *q.maxResults
		if size < least {
			return nil, "", fail("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value greater than %d.", size, least)
		}
		if size > most {
			return nil, "", fail("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value smaller than %d.", size, most)
		}
	}
	page, next, ok := cut(all, size, q.nextToken)
	if !ok {
		return nil, "", fail("InvalidNextToken", "The token '%s' is invalid", q.nextToken)
	}
	return page, next, nil
}

// cut returns one page of a list. The token is opaque to callers; it contains the position of the
// next page.
func cut[T any](all []T, size int32, token string) (page []T, next string, ok bool) {
	start := 0
	if token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, "", false
		}
		position, found := strings.CutPrefix(string(raw), "sandbox/")
		if start, err = strconv.Atoi(position); !found || err != nil || start <= 0 {
			return nil, "", false
		}
	}
	all = all[min(start, len(all)):]
	if len(all) > int(size) {
		all = all[:size]
		next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "sandbox/%d", start+int(size)))
	}
	return all, next, true
}

// one returns the value function of a filter on a field with one value.
func one[P any](field func(P) string) func(P) []string {
	return func(v P) []string { return []string{field(v)} }
}

func flag[P any](field func(P) bool) func(P) []string {
	return func(v P) []string { return []string{strconv.FormatBool(field(v))} }
}

// each returns the value function of a filter on a field of a resource's parts. Parts without the
// field have no value.
func each[P, Part any](parts func(P) []Part, field func(Part) string) func(P) []string {
	return func(v P) []string {
		var values []string
		for _, p := range parts(v) {
			if s := field(p); s != "" {
				values = append(values, s)
			}
		}
		return values
	}
}

// copies returns copies for an answer, so that filling in values does not change the state.
func copies[T any](from []*T, fill func(*T)) []T {
	out := make([]T, len(from))
	for i, v := range from {
		out[i] = *v
		if fill != nil {
			fill(&out[i])
		}
	}
	return out
}

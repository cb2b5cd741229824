package store

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Tag is a tag of a resource.
type Tag struct {
	Key   string
	Value string
}

// Tags are the tags of a resource.
type Tags []Tag

// UnmarshalJSON accepts a map, the format of tags in scenarios.
func (t *Tags) UnmarshalJSON(b []byte) error {
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	*t = TagsOf(m)
	return nil
}

// Remove removes the tags with the given keys. Keys without a tag do nothing.
func (t *Tags) Remove(keys []string) {
	*t = slices.DeleteFunc(slices.Clone(*t), func(tag Tag) bool { return slices.Contains(keys, tag.Key) })
}

// TagsOf returns the tags of a map, sorted by key.
func TagsOf(m map[string]string) Tags {
	var all Tags
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, Tag{k, m[k]})
	}
	return all
}

// Map returns the tags as a map, never nil.
func (t Tags) Map() map[string]string {
	m := map[string]string{}
	for _, tag := range t {
		m[tag.Key] = tag.Value
	}
	return m
}

const maxTags = 50 // of a resource

// TagCodes are the error codes of a service for tags that it does not accept.
type TagCodes struct{ Invalid, Duplicate, TooMany string }

// Check returns the error for tags that no request can give a resource.
func (c TagCodes) Check(given Tags) *wire.Error {
	for i, t := range given {
		switch {
		case t.Key == "":
			return wire.Fail(c.Invalid, "Tag keys must not be empty")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return wire.Fail(c.Invalid, "Tag keys starting with 'aws:' are reserved for internal use")
		case len([]rune(t.Key)) > 127:
			return wire.Fail(c.Invalid, "Tag key exceeds the maximum length of 127 characters")
		case len([]rune(t.Value)) > 255:
			return wire.Fail(c.Invalid, "Tag value exceeds the maximum length of 255 characters")
		case slices.ContainsFunc(given[:i], func(other Tag) bool { return other.Key == t.Key }):
			return wire.Fail(c.Duplicate, "Duplicate tag key '%s' specified.", t.Key)
		}
	}
	if len(given) > maxTags {
		return wire.Fail(c.TooMany, "The maximum number of Tags for a resource has been reached.")
	}
	return nil
}

// Add adds tags to those of a resource. They replace tags with the same key.
func (c TagCodes) Add(to *Tags, added Tags) *wire.Error {
	after := slices.Clone(*to)
	for _, t := range added {
		if i := slices.IndexFunc(after, func(other Tag) bool { return other.Key == t.Key }); i >= 0 {
			after[i] = t
		} else {
			after = append(after, t)
		}
	}
	if err := cmp.Or(c.Check(added), c.Check(after)); err != nil {
		return err
	}
	*to = after
	return nil
}

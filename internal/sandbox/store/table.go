// Package store contains what the state of all services of the sandbox is made of: tables, ids,
// tags, pages of lists, client tokens and time.
package store

import "slices"

// Table stores resources in order of creation and finds them by id.
type Table[T any] struct {
	ByID map[string]*T
	List []*T
}

// Add stores a resource.
func (t *Table[T]) Add(id string, v *T) {
	if t.ByID == nil {
		t.ByID = map[string]*T{}
	}
	t.ByID[id] = v
	t.List = append(t.List, v)
}

// Remove deletes a resource.
func (t *Table[T]) Remove(id string) {
	v := t.ByID[id]
	delete(t.ByID, id)
	t.List = slices.DeleteFunc(t.List, func(other *T) bool { return other == v })
}

// Copies returns copies for an answer, so that filling in values does not change the state.
func Copies[T any](from []*T, fill func(*T)) []T {
	out := make([]T, len(from))
	for i, v := range from {
		out[i] = *v
		if fill != nil {
			fill(&out[i])
		}
	}
	return out
}

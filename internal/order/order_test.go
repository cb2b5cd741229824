package order_test

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/order"
)

// TestAsSlices: the lists are what package slices makes of them.
func TestAsSlices(t *testing.T) {
	type item struct{ key, place int }
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 60).Draw(t, "keys")
		var list []item
		for i, k := range keys {
			list = append(list, item{k, i})
		}
		byKey := func(a, b item) int { return cmp.Compare(a.key, b.key) }
		byAll := func(a, b item) int { return cmp.Or(byKey(a, b), cmp.Compare(b.place, a.place)) }
		for name, pair := range map[string][2]func([]item){
			"stable": {func(s []item) { order.Stable(s, byKey) }, func(s []item) { slices.SortStableFunc(s, byKey) }},
			"by":     {func(s []item) { order.By(s, byAll) }, func(s []item) { slices.SortFunc(s, byAll) }},
		} {
			got, want := slices.Clone(list), slices.Clone(list)
			pair[0](got)
			pair[1](want)
			if !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v", name, got, want)
			}
		}
	})
}

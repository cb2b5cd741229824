// Package order sorts lists. The sorting of package slices is compiled anew for each
// type of list, 20 kB every time; this one is there once, and as quick as is needed.
package order

import "sort"

// By sorts a list by a comparison that tells all its items apart.
func By[T any](list []T, compare func(a, b T) int) {
	sort.Slice(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}

// Stable sorts a list and leaves items that compare as equal in their order.
func Stable[T any](list []T, compare func(a, b T) int) {
	sort.SliceStable(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}

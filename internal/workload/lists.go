package workload

import (
	"fmt"
	"slices"
	"strings"
)

// Unique removes repeated values.
func Unique[T comparable](ids []T) []T {
	var out []T
	seen := make(map[T]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// few is the maximum length of a list in a message or in the details, which have little space.
const few = 8

// Listed lists names for messages, up to a maximum.
func Listed(names []string) string { return OrNone(UpTo(slices.Sorted(slices.Values(names)))) }

// OrNone joins texts; "none" if there are none.
func OrNone(s []string) string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}

// UpTo shortens a list for the details, which have little space.
func UpTo(lines []string) []string {
	if len(lines) <= few {
		return lines
	}
	return append(slices.Clone(lines[:few]), fmt.Sprintf("and %d more", len(lines)-few))
}

// Later compares two conditions for sorting: false comes before true.
func Later(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

package compare

// Left is left, for tests.
var Left = left

// ReadBy is readBy, for tests.
var ReadBy = readBy

// Tables returns the fields that the tables of this package name.
func Tables() []string {
	var out []string
	for f := range kinds {
		out = append(out, f)
	}
	for f := range special {
		out = append(out, f)
	}
	for f := range left {
		out = append(out, f)
	}
	return append(out, rank...)
}

// Unranked returns the kinds without a place in the order.
func Unranked() []string {
	var out []string
	for f, k := range kinds {
		if k.rank == 0 && !k.within {
			out = append(out, f)
		}
	}
	return out
}

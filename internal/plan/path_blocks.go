package plan

import (
	"net/netip"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// subtract returns what remains of a block without the addresses of others; nothing if they cover it.
func subtract(block string, others []string) []string {
	p, err := netip.ParsePrefix(block)
	if err != nil {
		return []string{block}
	}
	switch {
	case slices.ContainsFunc(others, func(o string) bool { return covers(o, block) }):
		return nil
	case !slices.ContainsFunc(others, func(o string) bool { return overlaps(o, block) }):
		return []string{block}
	}
	low, high := resource.Halves(p)
	return append(subtract(low.String(), others), subtract(high.String(), others)...)
}

// subtractAll does the same for several blocks.
func subtractAll(blocks []string, other string) []string {
	var out []string
	for _, block := range blocks {
		out = append(out, subtract(block, []string{other})...)
	}
	return out
}

package sandbox

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

type getPrefixListEntriesIn struct {
	DryRun       bool
	PrefixListId string `ec2:",required"`
	MaxResults   *int32
	NextToken    string
}

type prefixListEntry struct{ Cidr string }

type getPrefixListEntriesOut struct {
	Entries   []prefixListEntry `ec2:"entrySet"`
	NextToken string
}

// getManagedPrefixListEntries returns the entries of a list of AWS or of a customer.
func (r *region) getManagedPrefixListEntries(in getPrefixListEntriesIn) (getPrefixListEntriesOut, *wire.Error) {
	p, err := find(&r.prefixLists, idPrefixList, in.PrefixListId)
	if err != nil {
		return getPrefixListEntriesOut{}, err
	}
	cidrs, next, err := store.Page(ec2Pages(1, 100), p.Cidrs, in.MaxResults, in.NextToken)
	out := getPrefixListEntriesOut{NextToken: next}
	for _, c := range cidrs {
		out.Entries = append(out.Entries, prefixListEntry{c})
	}
	return out, err
}

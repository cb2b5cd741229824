package aws

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

const listEntries = "ec2:GetManagedPrefixListEntries"

// mostLists is the maximum number of prefix lists with entries that are read. Each takes a call.
const mostLists = 8

// prefixLists loads the entries of prefix lists that routes and rules of the VPC reference and that
// DescribePrefixLists does not show: those of customers, also of other accounts that share them, and
// of AWS's services without a gateway endpoint. A list that is not loaded is not in n.PrefixLists.
func (l *loading) prefixLists(ctx context.Context, n *inventory.Network) error {
	ids := listsToRead(n)
	if len(ids) > mostLists {
		l.gap(&Error{Op: listEntries, Code: inventory.NotAllRead, Message: fmt.Sprintf("only %d of %d prefix lists were read; the addresses of the others are unknown", mostLists, len(ids))})
		ids = ids[:mostLists]
	}
	lists, errs := make([]*inventory.PrefixList, len(ids)), make([]error, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() { lists[i], errs[i] = l.prefixList(ctx, id) })
	}
	wg.Wait()
	for i := range ids {
		if errs[i] != nil {
			return errs[i]
		}
		if lists[i] != nil {
			n.PrefixLists = append(n.PrefixLists, *lists[i])
		}
	}
	return nil
}

// listsToRead returns the prefix lists that routes and rules reference and that are not read yet, those
// of routes first.
func listsToRead(n *inventory.Network) []string {
	var ofRoutes, ofRules []string
	add := func(to *[]string, id string) {
		if read := slices.ContainsFunc(n.PrefixLists, func(p inventory.PrefixList) bool { return p.ID == id }); id != "" && !read {
			*to = append(*to, id)
		}
	}
	for _, t := range n.RouteTables {
		for _, r := range t.Routes {
			gateway := slices.ContainsFunc(n.Endpoints, func(e inventory.Endpoint) bool { return e.ID == r.Target })
			if !gateway { // its list only matters with the name of the service, which DescribePrefixLists shows
				add(&ofRoutes, r.PrefixList)
			}
		}
	}
	for _, g := range n.SecurityGroups {
		for _, r := range g.Rules {
			if r.Protocol == "-1" || r.From <= 443 && 443 <= r.To { // the rest does not affect endpoints
				add(&ofRules, r.PrefixList)
			}
		}
	}
	ofRoutes = sorted(ofRoutes)
	// Routes first: they decide about internet access.
	return slices.Concat(ofRoutes, slices.DeleteFunc(sorted(ofRules), func(id string) bool { return slices.Contains(ofRoutes, id) }))
}

// prefixList loads the entries of one list; nil if AWS does not show all of them.
func (l *loading) prefixList(ctx context.Context, id string) (*inventory.PrefixList, error) {
	out := &inventory.PrefixList{ID: id}
	p := ec2.NewGetManagedPrefixListEntriesPaginator(ec2Client(l.c), &ec2.GetManagedPrefixListEntriesInput{PrefixListId: &id, MaxResults: sdk.Int32(100)})
	err := l.c.fail(listEntries, follow(ctx, p, func(o *ec2.GetManagedPrefixListEntriesOutput) {
		for _, e := range o.Entries {
			out.CIDRs = append(out.CIDRs, sdk.ToString(e.Cidr))
		}
	}))
	if err == nil {
		out.CIDRs = sorted(out.CIDRs)
		return out, nil
	}
	// A rule can reference a list that no longer exists, or that its owner no longer shares.
	var gone *Error
	if errors.As(err, &gone) && gone.NotFound() {
		return nil, nil
	}
	return nil, l.gapIfUnread(err)
}

func natGateway(g types.NatGateway) inventory.NATGateway {
	return inventory.NATGateway{ID: sdk.ToString(g.NatGatewayId), State: string(g.State), Public: g.ConnectivityType != types.ConnectivityTypePrivate,
		Name: name(g.Tags), Subnet: sdk.ToString(g.SubnetId), Regional: g.AvailabilityMode == types.AvailabilityModeRegional, RouteTable: sdk.ToString(g.RouteTableId)}
}

// blockMode returns the mode of VPC Block Public Access; empty if it is off or AWS does not show it.
func blockMode(s *types.BlockPublicAccessStates) string {
	if s == nil || s.InternetGatewayBlockMode == types.BlockPublicAccessModeOff {
		return ""
	}
	return string(s.InternetGatewayBlockMode)
}

// encryptionControl returns the state of VPC Encryption Controls with the enabled exclusions, by the
// names of the fields of the SDK's type.
func encryptionControl(c *types.VpcEncryptionControl) inventory.EncryptionControl {
	if c == nil {
		return inventory.EncryptionControl{}
	}
	out := inventory.EncryptionControl{Mode: string(c.Mode), State: string(c.State)}
	if c.ResourceExclusions == nil {
		return out
	}
	v := reflect.ValueOf(*c.ResourceExclusions)
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		if e, ok := v.Field(i).Interface().(*types.VpcEncryptionControlExclusion); ok && e != nil && e.State == types.VpcEncryptionControlExclusionStateEnabled {
			out.Exclusions = append(out.Exclusions, v.Type().Field(i).Name)
		}
	}
	slices.Sort(out.Exclusions)
	return out
}

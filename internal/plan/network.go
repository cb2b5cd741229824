package plan

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// network is a VPC's network with its look-ups by id at hand: a plan asks for the
// same subnets and tables once for each of thousands of interfaces.
type network struct {
	*inventory.Network
	subnets map[string]*inventory.Subnet
	groups  map[string]*inventory.SecurityGroup
	tables  map[string]*inventory.RouteTable // by subnet
	main    *inventory.RouteTable
	acls    map[string]*inventory.NetworkACL // by subnet; entries in their order
	usual   *inventory.NetworkACL
}

func newNetwork(in *inventory.Network) *network {
	n := &network{Network: in, subnets: map[string]*inventory.Subnet{}, groups: map[string]*inventory.SecurityGroup{},
		tables: map[string]*inventory.RouteTable{}, acls: map[string]*inventory.NetworkACL{}}
	for i := range in.Subnets {
		n.subnets[in.Subnets[i].ID] = &in.Subnets[i]
	}
	for i := range in.SecurityGroups {
		n.groups[in.SecurityGroups[i].ID] = &in.SecurityGroups[i]
	}
	for i := range in.RouteTables {
		t := &in.RouteTables[i]
		if t.Main && n.main == nil {
			n.main = t
		}
		for _, id := range t.Subnets {
			n.tables[id] = t
		}
	}
	for _, a := range in.NetworkACLs {
		a.Entries = slices.Clone(a.Entries)
		slices.SortStableFunc(a.Entries, func(x, y inventory.ACLEntry) int { return x.Number - y.Number })
		if a.Default && n.usual == nil {
			n.usual = &a
		}
		for _, id := range a.Subnets {
			n.acls[id] = &a
		}
	}
	return n
}

// Subnet finds a subnet by id; nil if there is none.
func (n *network) Subnet(id string) *inventory.Subnet { return n.subnets[id] }

// Group finds a security group by id; nil if there is none.
func (n *network) Group(id string) *inventory.SecurityGroup { return n.groups[id] }

// RouteTableOf is the table that routes a subnet; nil if tables are not known.
func (n *network) RouteTableOf(subnet string) *inventory.RouteTable {
	if t := n.tables[subnet]; t != nil {
		return t
	}
	return n.main
}

// ACLOf is the network ACL of a subnet; nil if ACLs are not known.
func (n *network) ACLOf(subnet string) *inventory.NetworkACL {
	if a := n.acls[subnet]; a != nil {
		return a
	}
	return n.usual
}

package workload

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Network is a VPC's network with indexes by id. A plan looks up the same subnets and tables for
// each of thousands of network interfaces.
type Network struct {
	*inventory.Network
	subnets map[string]*inventory.Subnet
	groups  map[string]*inventory.SecurityGroup
	tables  map[string]*inventory.RouteTable // by subnet
	main    *inventory.RouteTable
	acls    map[string]*inventory.NetworkACL // by subnet; entries in order
	usual   *inventory.NetworkACL
}

// NewNetwork indexes a network.
func NewNetwork(in *inventory.Network) *Network {
	n := &Network{Network: in, subnets: map[string]*inventory.Subnet{}, groups: map[string]*inventory.SecurityGroup{},
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

// Subnet returns a subnet by id; nil if it does not exist.
func (n *Network) Subnet(id string) *inventory.Subnet { return n.subnets[id] }

// Group returns a security group by id; nil if it does not exist.
func (n *Network) Group(id string) *inventory.SecurityGroup { return n.groups[id] }

// RouteTableOf returns the route table of a subnet; nil if tables are not known.
func (n *Network) RouteTableOf(subnet string) *inventory.RouteTable {
	if t := n.tables[subnet]; t != nil {
		return t
	}
	return n.main
}

// ACLOf returns the network ACL of a subnet; nil if ACLs are not known.
func (n *Network) ACLOf(subnet string) *inventory.NetworkACL {
	if a := n.acls[subnet]; a != nil {
		return a
	}
	return n.usual
}

package sandbox

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Creation, association and deletion of route tables.

// main reports whether the table is the main route table of its VPC.
func (t *routeTable) main() bool {
	return slices.ContainsFunc(t.Associations, func(a routeTableAssociation) bool { return a.Main })
}

// localRoutes are the routes that every table of a VPC has: one for each of its blocks.
func (v *vpc) localRoutes() []route {
	var local []route
	for _, c := range v.CidrBlockAssociationSet {
		local = append(local, route{routeFields: routeFields{DestinationCidrBlock: c.CidrBlock, GatewayId: "local"}, Origin: "CreateRouteTable", State: "active"})
	}
	for _, c := range v.Ipv6CidrBlockAssociationSet {
		local = append(local, route{routeFields: routeFields{DestinationIpv6CidrBlock: c.Ipv6CidrBlock, GatewayId: "local"}, Origin: "CreateRouteTable", State: "active"})
	}
	return local
}

func (r *region) addRouteTable(v *vpc, tags store.Tags) *routeTable {
	t := &routeTable{RouteTableId: r.Counters.ID("rtb"), VpcId: v.VpcId, Routes: v.localRoutes(), OwnerId: v.OwnerId, Tags: tags}
	r.routeTables.Add(t.RouteTableId, t)
	return t
}

type createRouteTableIn struct {
	DryRun            bool
	VpcId             string `ec2:",required"`
	ClientToken       string
	TagSpecifications []tagSpecification `ec2:"TagSpecification"`
}

type createRouteTableOut struct {
	RouteTable  routeTable
	ClientToken string
}

// createRouteTable returns the existing table if the client token was used before.
func (r *region) createRouteTable(in createRouteTableIn) (createRouteTableOut, *wire.Error) {
	id, err := store.Once(r.tokens, "CreateRouteTable", in.ClientToken, in, func() (string, *wire.Error) {
		v, err := find(&r.vpcs, idVPC, in.VpcId)
		if err != nil {
			return "", err
		}
		if err := owned(v, "CreateRouteTable"); err != nil {
			return "", err
		}
		given, err := createTagsOf(in.TagSpecifications, "route-table")
		if err != nil {
			return "", err
		}
		return r.addRouteTable(v, given).RouteTableId, nil
	})
	if err != nil {
		return createRouteTableOut{}, err
	}
	t, err := find(&r.routeTables, idRouteTable, id)
	if err != nil {
		return createRouteTableOut{}, err
	}
	return createRouteTableOut{*t, in.ClientToken}, nil
}

type routeTableIn struct {
	DryRun       bool
	RouteTableId string `ec2:",required"`
}

// ownTable finds a route table for an operation that only the owner of its VPC can use.
func (r *region) ownTable(id, operation string) (*routeTable, *wire.Error) {
	t, err := find(&r.routeTables, idRouteTable, id)
	if err != nil {
		return nil, err
	}
	return t, owned(r.vpcs.ByID[t.VpcId], operation)
}

// deleteRouteTable deletes a table that is neither the main one nor associated with a subnet
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRouteTable.html). AWS's documents do
// not say what happens to gateway endpoints with routes in it, or to the table of a regional NAT gateway;
// here the endpoints lose their routes, and the table of the gateway cannot be deleted.
func (r *region) deleteRouteTable(in routeTableIn) (returnOut, *wire.Error) {
	t, err := r.ownTable(in.RouteTableId, "DeleteRouteTable")
	if err != nil {
		return returnOut{}, err
	}
	if len(t.Associations) > 0 || slices.ContainsFunc(r.nats.List, func(g *natGateway) bool { return g.RouteTableId == t.RouteTableId && g.exists() }) {
		return returnOut{}, inUse("routeTable", t.RouteTableId)
	}
	for _, e := range r.endpoints.List {
		e.RouteTableIds = slices.DeleteFunc(slices.Clone(e.RouteTableIds), func(id string) bool { return id == t.RouteTableId })
	}
	r.routeTables.Remove(t.RouteTableId)
	return returnOut{true}, nil
}

type associateTableIn struct {
	DryRun       bool
	RouteTableId string `ec2:",required"`
	SubnetId     string
}

type associateTableOut struct {
	AssociationId    string
	AssociationState stateOnly
}

// associateRouteTable associates a table with a subnet that has no explicit association.
func (r *region) associateRouteTable(in associateTableIn) (associateTableOut, *wire.Error) {
	t, err := r.ownTable(in.RouteTableId, "AssociateRouteTable")
	if err != nil {
		return associateTableOut{}, err
	}
	if in.SubnetId == "" {
		return associateTableOut{}, wire.Fail("MissingParameter", "The request must contain the parameter subnetId or gatewayId")
	}
	s, err := find(&r.subnets, idSubnet, in.SubnetId)
	if err != nil {
		return associateTableOut{}, err
	}
	if s.VpcId != t.VpcId {
		return associateTableOut{}, wire.Fail("InvalidParameterValue", "route table %s and subnet %s belong to different networks", t.RouteTableId, s.SubnetId)
	}
	for _, other := range r.routeTables.List {
		if slices.ContainsFunc(other.Associations, func(a routeTableAssociation) bool { return a.SubnetId == s.SubnetId }) {
			return associateTableOut{}, wire.Fail("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", t.RouteTableId)
		}
	}
	a := routeTableAssociation{
		RouteTableAssociationId: r.Counters.ID("rtbassoc"), RouteTableId: t.RouteTableId, SubnetId: s.SubnetId, AssociationState: stateOnly{"associated"},
	}
	t.Associations = append(t.Associations, a)
	return associateTableOut{a.RouteTableAssociationId, a.AssociationState}, nil
}

type disassociateTableIn struct {
	DryRun        bool
	AssociationId string `ec2:",required"`
}

// disassociateRouteTable ends an association. The subnet then uses the main route table.
func (r *region) disassociateRouteTable(in disassociateTableIn) (returnOut, *wire.Error) {
	for _, t := range r.routeTables.List {
		i := slices.IndexFunc(t.Associations, func(a routeTableAssociation) bool { return a.RouteTableAssociationId == in.AssociationId })
		if i < 0 {
			continue
		}
		if err := owned(r.vpcs.ByID[t.VpcId], "DisassociateRouteTable"); err != nil {
			return returnOut{}, err
		}
		if t.Associations[i].Main {
			return returnOut{}, wire.Fail("InvalidParameterValue", "cannot disassociate the main route table association %s", in.AssociationId)
		}
		t.Associations = slices.Delete(t.Associations, i, i+1)
		return returnOut{true}, nil
	}
	return returnOut{}, wire.Fail("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", in.AssociationId)
}

// setRoutes changes the state of the routes to a target, as AWS does when the target is deleted,
// detached or attached again.
func (r *region) setRoutes(target, state string) {
	for _, t := range r.routeTables.List {
		for i := range t.Routes {
			if to := &t.Routes[i]; to.GatewayId == target || to.NatGatewayId == target {
				to.State = state
			}
		}
	}
}

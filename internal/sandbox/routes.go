package sandbox

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Changes of routes and network ACLs.

type createRouteIn struct {
	DryRun       bool
	RouteTableId string `ec2:",required"`
	routeFields
}

// destination names the one destination of a route, as AWS's messages do.
func (r routeFields) destination() (field, value string) {
	switch {
	case r.DestinationCidrBlock != "":
		return "destination-cidr-block", r.DestinationCidrBlock
	case r.DestinationIpv6CidrBlock != "":
		return "destination-ipv6-cidr-block", r.DestinationIpv6CidrBlock
	}
	return "destination-prefix-list-id", r.DestinationPrefixListId
}

func (r *region) createRoute(in createRouteIn) (returnOut, *wire.Error) {
	t, err := find(&r.routeTables, idRouteTable, in.RouteTableId)
	if err != nil {
		return returnOut{}, err
	}
	if err := owned(r.vpcs.ByID[t.VpcId], "CreateRoute"); err != nil {
		return returnOut{}, err
	}
	n := route{routeFields: in.routeFields, Origin: "CreateRoute", State: "active"}
	if given := count(n.DestinationCidrBlock, n.DestinationIpv6CidrBlock, n.DestinationPrefixListId); given != 1 {
		return returnOut{}, wire.Fail("InvalidParameterCombination", "The request must contain exactly one of destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId")
	}
	if targets := count(n.GatewayId, n.NatGatewayId, n.TransitGatewayId, n.EgressOnlyInternetGatewayId, n.VpcPeeringConnectionId, n.NetworkInterfaceId,
		n.InstanceId, n.CoreNetworkArn, n.CarrierGatewayId, n.LocalGatewayId); targets != 1 {
		return returnOut{}, wire.Fail("InvalidParameterCombination", "The request must contain exactly one target, such as gatewayId or natGatewayId")
	}
	for cidr, v4 := range map[*string]bool{&n.DestinationCidrBlock: true, &n.DestinationIpv6CidrBlock: false} {
		if *cidr != "" {
			if *cidr, err = canonical(*cidr, v4); err != nil {
				return returnOut{}, err
			}
		}
	}
	if strings.HasPrefix(n.GatewayId, "igw-") {
		g, err := find(&r.igws, routeGateway, n.GatewayId)
		if err != nil {
			return returnOut{}, err
		}
		if !g.attached(t.VpcId) {
			return returnOut{}, wire.Fail("InvalidParameterValue", "route table %s and network gateway %s belong to different networks", t.RouteTableId, n.GatewayId)
		}
	}
	if strings.HasPrefix(n.GatewayId, "vpce-") {
		return returnOut{}, wire.Fail("InvalidParameterValue", "Routes to the gateway endpoint %s are made by associating the route table with it", n.GatewayId)
	}
	if n.NatGatewayId != "" {
		g, err := find(&r.nats, routeNAT, n.NatGatewayId)
		if err == nil && !g.exists() {
			err = routeNAT.notFound(n.NatGatewayId)
		}
		if err != nil {
			return returnOut{}, err
		}
		if g.VpcId != t.VpcId {
			return returnOut{}, wire.Fail("InvalidParameterValue", "route table %s and NAT gateway %s belong to different networks", t.RouteTableId, n.NatGatewayId)
		}
	}
	field, value := n.destination()
	for _, other := range t.Routes {
		if _, taken := other.destination(); taken == value {
			return returnOut{}, wire.Fail("RouteAlreadyExists", "The route identified by %s already exists.", value)
		}
	}
	if field == "destination-prefix-list-id" {
		if _, err := find(&r.prefixLists, idPrefixList, value); err != nil {
			return returnOut{}, err
		}
	}
	t.Routes = append(t.Routes, n)
	return returnOut{true}, nil
}

func count(values ...string) int {
	n := 0
	for _, v := range values {
		if v != "" {
			n++
		}
	}
	return n
}

type deleteRouteIn struct {
	DryRun                   bool
	RouteTableId             string `ec2:",required"`
	DestinationCidrBlock     string
	DestinationIpv6CidrBlock string
	DestinationPrefixListId  string
}

func (r *region) deleteRoute(in deleteRouteIn) (returnOut, *wire.Error) {
	t, err := find(&r.routeTables, idRouteTable, in.RouteTableId)
	if err != nil {
		return returnOut{}, err
	}
	if err := owned(r.vpcs.ByID[t.VpcId], "DeleteRoute"); err != nil {
		return returnOut{}, err
	}
	wanted := routeFields{
		DestinationCidrBlock: in.DestinationCidrBlock, DestinationIpv6CidrBlock: in.DestinationIpv6CidrBlock, DestinationPrefixListId: in.DestinationPrefixListId,
	}
	field, value := wanted.destination()
	i := slices.IndexFunc(t.Routes, func(other route) bool {
		_, destination := other.destination()
		return destination == value
	})
	switch {
	case i < 0:
		return returnOut{}, wire.Fail("InvalidRoute.NotFound", "no route with %s %s in route table %s", field, value, t.RouteTableId)
	case t.Routes[i].GatewayId == "local":
		return returnOut{}, wire.Fail("InvalidParameterValue", "cannot remove local route %s in route table %s", value, t.RouteTableId)
	case strings.HasPrefix(t.Routes[i].GatewayId, "vpce-"):
		return returnOut{}, wire.Fail("InvalidParameterValue", "cannot remove VPC endpoint route %s in route table %s", value, t.RouteTableId)
	}
	t.Routes = slices.Delete(t.Routes, i, i+1)
	return returnOut{true}, nil
}

type aclEntryIn struct {
	DryRun        bool
	NetworkAclId  string `ec2:",required"`
	RuleNumber    int32  `ec2:",required"`
	Egress        bool   `ec2:",required"`
	Protocol      string `ec2:",required"`
	RuleAction    string `ec2:",required"`
	CidrBlock     string
	Ipv6CidrBlock string
	PortRange     *portRange
	IcmpTypeCode  *icmpTypeCode `ec2:"Icmp"`
}

func (in aclEntryIn) entry() aclEntry {
	protocol := in.Protocol
	switch strings.ToLower(protocol) {
	case "tcp":
		protocol = "6"
	case "udp":
		protocol = "17"
	case "icmp":
		protocol = "1"
	case "all":
		protocol = "-1"
	}
	e := aclEntry{RuleNumber: in.RuleNumber, Egress: in.Egress, Protocol: protocol, RuleAction: in.RuleAction, PortRange: in.PortRange, IcmpTypeCode: in.IcmpTypeCode}
	if in.CidrBlock != "" {
		e.CidrBlock = netip.MustParsePrefix(in.CidrBlock).Masked().String()
	} else {
		e.Ipv6CidrBlock = netip.MustParsePrefix(in.Ipv6CidrBlock).Masked().String()
	}
	return e
}

// sortEntries keeps entries as AWS lists them: what goes out first, then by number.
func sortEntries(entries []aclEntry) {
	slices.SortStableFunc(entries, func(a, b aclEntry) int {
		if a.Egress != b.Egress {
			if a.Egress {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.RuleNumber, b.RuleNumber)
	})
}

func (r *region) createNetworkAclEntry(in aclEntryIn) (returnOut, *wire.Error) {
	a, err := find(&r.acls, idACL, in.NetworkAclId)
	if err != nil {
		return returnOut{}, err
	}
	if err := owned(r.vpcs.ByID[a.VpcId], "CreateNetworkAclEntry"); err != nil {
		return returnOut{}, err
	}
	switch {
	case in.RuleNumber < 1 || in.RuleNumber > 32766:
		return returnOut{}, wire.Fail("InvalidParameterValue", "Invalid value '%d' for ruleNumber. Must be between 1 and 32766", in.RuleNumber)
	case in.RuleAction != "allow" && in.RuleAction != "deny":
		return returnOut{}, wire.Fail("InvalidParameterValue", "Invalid value '%s' for ruleAction. Must be allow or deny", in.RuleAction)
	case count(in.CidrBlock, in.Ipv6CidrBlock) != 1:
		return returnOut{}, wire.Fail("MissingParameter", "The request must contain the parameter cidrBlock or ipv6CidrBlock")
	case (in.Protocol == "6" || in.Protocol == "17") && in.PortRange == nil:
		return returnOut{}, wire.Fail("MissingParameter", "The request must contain the parameter portRange")
	}
	if _, err := canonical(cmp.Or(in.CidrBlock, in.Ipv6CidrBlock), in.CidrBlock != ""); err != nil {
		return returnOut{}, err
	}
	if slices.ContainsFunc(a.Entries, func(e aclEntry) bool { return e.RuleNumber == in.RuleNumber && e.Egress == in.Egress }) {
		return returnOut{}, wire.Fail("NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", in.RuleNumber)
	}
	a.Entries = append(a.Entries, in.entry())
	sortEntries(a.Entries)
	return returnOut{true}, nil
}

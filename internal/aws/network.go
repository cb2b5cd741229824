package aws

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// network loads the resources of one VPC. Every call needs only the VPC's id, except for the DHCP
// options, which need the answer of DescribeVpcs.
func (l *loading) network(ctx context.Context, r inventory.Request) error {
	n := inventory.Network{VPC: r.VPC}
	e := ec2Client(l.c)
	in := func(name string) []types.Filter {
		return []types.Filter{{Name: &name, Values: []string{r.VPC}}}
	}
	most := sdk.Int32(1000)
	// Each call fills its own fields, so no lock is needed. All calls finish, so that the
	// reported error does not depend on their order.
	calls := []func() error{
		func() error { return l.dhcp(ctx, &n) },
		func() error {
			return read(ctx, l, "ec2:DescribeVpcAttribute", e.DescribeVpcAttribute, ec2.DescribeVpcAttributeInput{VpcId: &r.VPC, Attribute: types.VpcAttributeNameEnableDnsSupport}, func(o *ec2.DescribeVpcAttributeOutput) {
				n.DNSSupport = o.EnableDnsSupport != nil && sdk.ToBool(o.EnableDnsSupport.Value)
			})
		},
		func() error {
			return read(ctx, l, "ec2:DescribeVpcAttribute", e.DescribeVpcAttribute, ec2.DescribeVpcAttributeInput{VpcId: &r.VPC, Attribute: types.VpcAttributeNameEnableDnsHostnames}, func(o *ec2.DescribeVpcAttributeOutput) {
				n.DNSHostnames = o.EnableDnsHostnames != nil && sdk.ToBool(o.EnableDnsHostnames.Value)
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeSubnets", ec2.NewDescribeSubnetsPaginator(e, &ec2.DescribeSubnetsInput{Filters: in("vpc-id"), MaxResults: most}), func(o *ec2.DescribeSubnetsOutput) {
				for _, s := range o.Subnets {
					n.Subnets = append(n.Subnets, subnet(s))
				}
			})
		},
		func() error {
			// AWS allows at most 100 of these per page.
			return readAll(ctx, l, "ec2:DescribeRouteTables", ec2.NewDescribeRouteTablesPaginator(e, &ec2.DescribeRouteTablesInput{Filters: in("vpc-id"), MaxResults: sdk.Int32(100)}), func(o *ec2.DescribeRouteTablesOutput) {
				for _, t := range o.RouteTables {
					n.RouteTables = append(n.RouteTables, routeTable(t))
				}
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeNatGateways", ec2.NewDescribeNatGatewaysPaginator(e, &ec2.DescribeNatGatewaysInput{Filter: in("vpc-id"), MaxResults: most}), func(o *ec2.DescribeNatGatewaysOutput) {
				for _, g := range o.NatGateways {
					if g.State == types.NatGatewayStateDeleted {
						continue
					}
					n.NATGateways = append(n.NATGateways, natGateway(g))
				}
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeSecurityGroups", ec2.NewDescribeSecurityGroupsPaginator(e, &ec2.DescribeSecurityGroupsInput{Filters: in("vpc-id"), MaxResults: most}), func(o *ec2.DescribeSecurityGroupsOutput) {
				for _, g := range o.SecurityGroups {
					n.SecurityGroups = append(n.SecurityGroups, securityGroup(g))
				}
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeVpcEndpoints", ec2.NewDescribeVpcEndpointsPaginator(e, &ec2.DescribeVpcEndpointsInput{Filters: in("vpc-id"), MaxResults: most}), func(o *ec2.DescribeVpcEndpointsOutput) {
				for _, v := range o.VpcEndpoints {
					if ep := endpoint(v); ep.State != "deleted" {
						n.Endpoints = append(n.Endpoints, ep)
					}
				}
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeNetworkInterfaces", ec2.NewDescribeNetworkInterfacesPaginator(e, &ec2.DescribeNetworkInterfacesInput{Filters: in("vpc-id"), MaxResults: most}), func(o *ec2.DescribeNetworkInterfacesOutput) {
				for _, i := range o.NetworkInterfaces {
					n.Interfaces = append(n.Interfaces, networkInterface(i))
				}
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeNetworkAcls", ec2.NewDescribeNetworkAclsPaginator(e, &ec2.DescribeNetworkAclsInput{Filters: in("vpc-id"), MaxResults: most}), func(o *ec2.DescribeNetworkAclsOutput) {
				for _, a := range o.NetworkAcls {
					n.NetworkACLs = append(n.NetworkACLs, networkACL(a))
				}
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribePrefixLists", ec2.NewDescribePrefixListsPaginator(e, &ec2.DescribePrefixListsInput{MaxResults: most}), func(o *ec2.DescribePrefixListsOutput) {
				for _, p := range o.PrefixLists {
					if name := sdk.ToString(p.PrefixListName); strings.HasPrefix(name, "com.amazonaws."+l.c.region+".") {
						n.PrefixLists = append(n.PrefixLists, inventory.PrefixList{ID: sdk.ToString(p.PrefixListId), Name: name, CIDRs: sorted(p.Cidrs)})
					}
				}
			})
		},
		func() error {
			p := &tokens[route53.ListHostedZonesByVPCInput, route53.ListHostedZonesByVPCOutput, route53.Options]{
				call: route53Client(l.c).ListHostedZonesByVPC, in: &route53.ListHostedZonesByVPCInput{VPCId: &r.VPC, VPCRegion: r53types.VPCRegion(l.c.region), MaxItems: sdk.Int32(100)},
				next: func(in *route53.ListHostedZonesByVPCInput, out *route53.ListHostedZonesByVPCOutput) *string {
					in.NextToken = out.NextToken
					return out.NextToken
				},
			}
			return readAll(ctx, l, "route53:ListHostedZonesByVPC", p, func(o *route53.ListHostedZonesByVPCOutput) {
				for _, z := range o.HostedZoneSummaries {
					n.HostedZones = append(n.HostedZones, hostedZone(z))
				}
			})
		},
	}
	names := &resolverReads{l: l, vpc: r.VPC}
	calls = append(calls, names.calls(ctx)...)
	errs := make([]error, len(calls))
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(func() { errs[i] = call() })
	}
	wg.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.prefixLists(ctx, &n) })
	g.Go(func() error { return names.readRules(ctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	by(n.Subnets, func(s inventory.Subnet) string { return s.ID })
	by(n.RouteTables, func(t inventory.RouteTable) string { return t.ID })
	by(n.NATGateways, func(g inventory.NATGateway) string { return g.ID })
	by(n.SecurityGroups, func(g inventory.SecurityGroup) string { return g.ID })
	by(n.Endpoints, func(e inventory.Endpoint) string { return e.ID })
	by(n.Interfaces, func(i inventory.Interface) string { return i.ID })
	by(n.NetworkACLs, func(a inventory.NetworkACL) string { return a.ID })
	by(n.PrefixLists, func(p inventory.PrefixList) string { return p.ID })
	by(n.HostedZones, func(z inventory.HostedZone) string { return z.ID })
	n.Resolver = names.result()
	l.out.Networks = []inventory.Network{n}
	return nil
}

func hostedZone(z r53types.HostedZoneSummary) inventory.HostedZone {
	out := inventory.HostedZone{ID: sdk.ToString(z.HostedZoneId), Name: strings.TrimSuffix(sdk.ToString(z.Name), ".")}
	if z.Owner != nil {
		out.Owner = cmp.Or(sdk.ToString(z.Owner.OwningAccount), sdk.ToString(z.Owner.OwningService))
	}
	return out
}

// dhcp loads the settings of the VPC that DescribeVpcs shows, and the name servers of its DHCP options.
func (l *loading) dhcp(ctx context.Context, n *inventory.Network) error {
	id := ""
	err := readAll(ctx, l, "ec2:DescribeVpcs", ec2.NewDescribeVpcsPaginator(ec2Client(l.c), &ec2.DescribeVpcsInput{VpcIds: []string{n.VPC}}), func(o *ec2.DescribeVpcsOutput) {
		for _, v := range o.Vpcs {
			id = sdk.ToString(v.DhcpOptionsId)
			n.BlockPublicAccess, n.Encryption = blockMode(v.BlockPublicAccessStates), encryptionControl(v.EncryptionControl)
		}
	})
	// AWS reports the id "default" for a VPC without DHCP options.
	if err != nil || id == "" || id == "default" {
		return err
	}
	err = readAll(ctx, l, "ec2:DescribeDhcpOptions", ec2.NewDescribeDhcpOptionsPaginator(ec2Client(l.c), &ec2.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{id}}), func(o *ec2.DescribeDhcpOptionsOutput) {
		for _, d := range o.DhcpOptions {
			for _, conf := range d.DhcpConfigurations {
				if sdk.ToString(conf.Key) != "domain-name-servers" {
					continue
				}
				// The order matters: clients try the servers in this order.
				for _, v := range conf.Values {
					n.DomainServers = append(n.DomainServers, sdk.ToString(v.Value))
				}
			}
		}
	})
	// The options may be replaced between two calls. This is not a failure.
	var gone *Error
	if errors.As(err, &gone) && gone.NotFound() {
		return nil
	}
	return err
}

func subnet(s types.Subnet) inventory.Subnet {
	out := inventory.Subnet{
		ID: sdk.ToString(s.SubnetId), Name: name(s.Tags), VPC: sdk.ToString(s.VpcId),
		Zone: sdk.ToString(s.AvailabilityZone), ZoneID: sdk.ToString(s.AvailabilityZoneId),
		CIDR: sdk.ToString(s.CidrBlock), Free: int(sdk.ToInt32(s.AvailableIpAddressCount)), Owner: sdk.ToString(s.OwnerId),
		PublicIP: sdk.ToBool(s.MapPublicIpOnLaunch), IPv6Only: sdk.ToBool(s.Ipv6Native),
		DNS64: sdk.ToBool(s.EnableDns64), BlockPublicAccess: blockMode(s.BlockPublicAccessStates),
	}
	for _, a := range s.Ipv6CidrBlockAssociationSet {
		if a.Ipv6CidrBlockState != nil && a.Ipv6CidrBlockState.State == types.SubnetCidrBlockStateCodeAssociated {
			out.IPv6 = append(out.IPv6, sdk.ToString(a.Ipv6CidrBlock))
		}
	}
	slices.Sort(out.IPv6)
	return out
}

func routeTable(t types.RouteTable) inventory.RouteTable {
	out := inventory.RouteTable{ID: sdk.ToString(t.RouteTableId), Name: name(t.Tags)}
	for _, a := range t.Associations {
		if s := a.AssociationState; s != nil && s.State != types.RouteTableAssociationStateCodeAssociated && s.State != types.RouteTableAssociationStateCodeAssociating {
			continue
		}
		out.Main = out.Main || sdk.ToBool(a.Main)
		if id := sdk.ToString(a.SubnetId); id != "" {
			out.Subnets = append(out.Subnets, id)
		}
	}
	slices.Sort(out.Subnets)
	for _, r := range t.Routes {
		out.Routes = append(out.Routes, inventory.Route{
			CIDR:       cmp.Or(sdk.ToString(r.DestinationCidrBlock), sdk.ToString(r.DestinationIpv6CidrBlock)),
			PrefixList: sdk.ToString(r.DestinationPrefixListId),
			Target:     target(r),
			Blackhole:  r.State == types.RouteStateBlackhole,
			Propagated: r.Origin == types.RouteOriginEnableVgwRoutePropagation,
		})
	}
	slices.SortFunc(out.Routes, func(a, b inventory.Route) int {
		return cmp.Or(cmp.Compare(a.CIDR, b.CIDR), cmp.Compare(a.PrefixList, b.PrefixList), cmp.Compare(a.Target, b.Target))
	})
	return out
}

// target returns the id of a route's target. For an instance it is the network interface, because
// both fields are set.
func target(r types.Route) string {
	for _, id := range []*string{r.GatewayId, r.NatGatewayId, r.TransitGatewayId, r.VpcPeeringConnectionId, r.EgressOnlyInternetGatewayId,
		r.NetworkInterfaceId, r.InstanceId, r.LocalGatewayId, r.CarrierGatewayId, r.CoreNetworkArn, r.OdbNetworkArn} {
		if s := sdk.ToString(id); s != "" {
			return s
		}
	}
	return ""
}

func securityGroup(g types.SecurityGroup) inventory.SecurityGroup {
	out := inventory.SecurityGroup{
		ID: sdk.ToString(g.GroupId), Name: sdk.ToString(g.GroupName), Description: sdk.ToString(g.Description),
		VPC: sdk.ToString(g.VpcId), Owner: sdk.ToString(g.OwnerId), Tags: tags(g.Tags),
	}
	out.Rules = append(groupRules(g.IpPermissions, false), groupRules(g.IpPermissionsEgress, true)...)
	return out
}

// groupRules returns one rule for each source or destination.
func groupRules(permissions []types.IpPermission, egress bool) []inventory.GroupRule {
	var out []inventory.GroupRule
	for _, p := range permissions {
		rule := inventory.GroupRule{Egress: egress, Protocol: sdk.ToString(p.IpProtocol), From: -1, To: -1}
		// Protocols without ports have no port fields. Such a rule includes all ports.
		if rule.Protocol != "-1" && p.FromPort != nil && p.ToPort != nil {
			rule.From, rule.To = int(*p.FromPort), int(*p.ToPort)
		}
		add := func(set func(*inventory.GroupRule)) {
			r := rule
			set(&r)
			out = append(out, r)
		}
		for _, s := range p.IpRanges {
			add(func(r *inventory.GroupRule) { r.CIDR = sdk.ToString(s.CidrIp) })
		}
		for _, s := range p.Ipv6Ranges {
			add(func(r *inventory.GroupRule) { r.CIDR = sdk.ToString(s.CidrIpv6) })
		}
		for _, s := range p.UserIdGroupPairs {
			add(func(r *inventory.GroupRule) { r.Group = sdk.ToString(s.GroupId) })
		}
		for _, s := range p.PrefixListIds {
			add(func(r *inventory.GroupRule) { r.PrefixList = sdk.ToString(s.PrefixListId) })
		}
	}
	slices.SortFunc(out, func(a, b inventory.GroupRule) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
			cmp.Compare(a.CIDR, b.CIDR), cmp.Compare(a.Group, b.Group), cmp.Compare(a.PrefixList, b.PrefixList))
	})
	return out
}

func endpoint(v types.VpcEndpoint) inventory.Endpoint {
	out := inventory.Endpoint{
		ID: sdk.ToString(v.VpcEndpointId), Name: name(v.Tags), Type: string(v.VpcEndpointType), Service: sdk.ToString(v.ServiceName),
		// The SDK's constants are capitalized, AWS's answers are not.
		State:   strings.ToLower(string(v.State)),
		Subnets: sorted(v.SubnetIds), RouteTables: sorted(v.RouteTableIds), Interfaces: sorted(v.NetworkInterfaceIds),
		PrivateDNS: sdk.ToBool(v.PrivateDnsEnabled), Policy: sdk.ToString(v.PolicyDocument), IPType: strings.ToLower(string(v.IpAddressType)),
		RequesterManaged: sdk.ToBool(v.RequesterManaged), Created: moment(v.CreationTimestamp), Tags: tags(v.Tags),
	}
	if v.DnsOptions != nil {
		out.InboundOnly = sdk.ToBool(v.DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint)
	}
	for _, g := range v.Groups {
		out.Groups = append(out.Groups, sdk.ToString(g.GroupId))
	}
	slices.Sort(out.Groups)
	for _, d := range v.DnsEntries {
		out.DNSNames = append(out.DNSNames, sdk.ToString(d.DnsName))
	}
	out.DNSNames = sorted(out.DNSNames)
	if v.LastError != nil {
		out.LastError = strings.Trim(sdk.ToString(v.LastError.Code)+": "+sdk.ToString(v.LastError.Message), ": ")
	}
	if out.LastError == "" {
		out.LastError = sdk.ToString(v.FailureReason)
	}
	return out
}

func networkInterface(i types.NetworkInterface) inventory.Interface {
	out := inventory.Interface{
		ID: sdk.ToString(i.NetworkInterfaceId), Subnet: sdk.ToString(i.SubnetId), Zone: sdk.ToString(i.AvailabilityZone),
		Type: string(i.InterfaceType), Status: string(i.Status), Description: sdk.ToString(i.Description),
		IP: sdk.ToString(i.PrivateIpAddress), RequesterManaged: sdk.ToBool(i.RequesterManaged), RequesterID: sdk.ToString(i.RequesterId),
	}
	for _, g := range i.Groups {
		out.Groups = append(out.Groups, sdk.ToString(g.GroupId))
	}
	slices.Sort(out.Groups)
	out.PublicIP = public(i.Association) || slices.ContainsFunc(i.PrivateIpAddresses, func(a types.NetworkInterfacePrivateIpAddress) bool { return public(a.Association) })
	if i.Attachment != nil {
		out.Instance = sdk.ToString(i.Attachment.InstanceId)
	}
	return out
}

// public reports whether a private address has an associated public address.
func public(a *types.NetworkInterfaceAssociation) bool {
	return a != nil && sdk.ToString(a.PublicIp) != ""
}

func networkACL(a types.NetworkAcl) inventory.NetworkACL {
	out := inventory.NetworkACL{ID: sdk.ToString(a.NetworkAclId), Default: sdk.ToBool(a.IsDefault), Entries: []inventory.ACLEntry{}}
	for _, s := range a.Associations {
		out.Subnets = append(out.Subnets, sdk.ToString(s.SubnetId))
	}
	out.Subnets = sorted(out.Subnets)
	for _, e := range a.Entries {
		entry := inventory.ACLEntry{
			Number: int(sdk.ToInt32(e.RuleNumber)), Egress: sdk.ToBool(e.Egress), Allow: e.RuleAction == types.RuleActionAllow,
			Protocol: sdk.ToString(e.Protocol), CIDR: cmp.Or(sdk.ToString(e.CidrBlock), sdk.ToString(e.Ipv6CidrBlock)),
		}
		if e.PortRange != nil {
			entry.From, entry.To = int(sdk.ToInt32(e.PortRange.From)), int(sdk.ToInt32(e.PortRange.To))
		}
		out.Entries = append(out.Entries, entry)
	}
	slices.SortFunc(out.Entries, func(a, b inventory.ACLEntry) int {
		if a.Egress != b.Egress {
			if b.Egress {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.CIDR, b.CIDR))
	})
	return out
}

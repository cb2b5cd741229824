package aws

import (
	"context"
	"slices"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// natGateways counts the NAT gateways of the Region. Those that are pending, available or being deleted
// count for the quota of their zone
// (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways). A regional
// one counts in each of its zones; AWS's documents do not say how AWS counts it.
type natGateways struct {
	used     int
	byZone   map[string]int
	bySubnet map[string]int // those with an answer without the zone
}

func (n *natGateways) add(g types.NatGateway) {
	if g.State != types.NatGatewayStatePending && g.State != types.NatGatewayStateAvailable && g.State != types.NatGatewayStateDeleting {
		return
	}
	n.used++
	zones := map[string]bool{}
	for _, a := range g.NatGatewayAddresses {
		if zone := sdk.ToString(a.AvailabilityZone); zone != "" {
			zones[zone] = true
		}
	}
	for zone := range zones {
		n.byZone[zone]++
	}
	if subnet := sdk.ToString(g.SubnetId); len(zones) == 0 && subnet != "" {
		n.bySubnet[subnet]++
	}
}

// creation loads what a new VPC depends on. All calls finish, so that the reported error does not depend on
// their order.
func (l *loading) creation(ctx context.Context, _ inventory.Request) error {
	out := &l.out.Creation
	e, most := ec2Client(l.c), sdk.Int32(1000)
	var vpcs []types.Vpc
	var peerings []types.VpcPeeringConnection
	nats := natGateways{byZone: map[string]int{}, bySubnet: map[string]int{}}
	account := sdk.ToString(l.c.account.Load())
	reported := "" // the account by the answer about VPC Block Public Access
	// Each call fills its own variables, so no lock is needed.
	calls := []func() error{
		func() error {
			return read(ctx, l, "ec2:DescribeAvailabilityZones", e.DescribeAvailabilityZones, ec2.DescribeAvailabilityZonesInput{}, func(o *ec2.DescribeAvailabilityZonesOutput) {
				out.Zones = availableZones(o.AvailabilityZones)
			})
		},
		func() error {
			// Any failure is a gap, because emulators that lack this operation answer with an internal error.
			const op = "ec2:DescribeVpcBlockPublicAccessOptions"
			o, err := e.DescribeVpcBlockPublicAccessOptions(ctx, &ec2.DescribeVpcBlockPublicAccessOptionsInput{})
			if l.gapOnFailure(op, l.c.fail(op, err)) || o.VpcBlockPublicAccessOptions == nil {
				return nil
			}
			reported = sdk.ToString(o.VpcBlockPublicAccessOptions.AwsAccountId)
			if mode := o.VpcBlockPublicAccessOptions.InternetGatewayBlockMode; mode != types.InternetGatewayBlockModeOff {
				out.BlockPublicAccess = string(mode)
			}
			return nil
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeVpcPeeringConnections", ec2.NewDescribeVpcPeeringConnectionsPaginator(e, &ec2.DescribeVpcPeeringConnectionsInput{MaxResults: most}), func(o *ec2.DescribeVpcPeeringConnectionsOutput) {
				peerings = append(peerings, o.VpcPeeringConnections...)
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeVpcs", ec2.NewDescribeVpcsPaginator(e, &ec2.DescribeVpcsInput{MaxResults: most}), func(o *ec2.DescribeVpcsOutput) {
				vpcs = append(vpcs, o.Vpcs...)
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeInternetGateways", ec2.NewDescribeInternetGatewaysPaginator(e, &ec2.DescribeInternetGatewaysInput{MaxResults: most}), func(o *ec2.DescribeInternetGatewaysOutput) {
				out.InternetGateways.Used += len(o.InternetGateways)
				for _, g := range o.InternetGateways {
					for _, a := range g.Attachments {
						if a.State != types.AttachmentStatusDetaching && a.State != types.AttachmentStatusDetached {
							out.Gateways = append(out.Gateways, inventory.Gateway{ID: sdk.ToString(g.InternetGatewayId), VPC: sdk.ToString(a.VpcId)})
						}
					}
				}
			})
		},
		func() error {
			return read(ctx, l, "ec2:DescribeAddresses", e.DescribeAddresses, ec2.DescribeAddressesInput{}, func(o *ec2.DescribeAddressesOutput) {
				for _, a := range o.Addresses {
					if a.ServiceManaged == "" { // AWS's documents do not say whether the others count
						out.Addresses.Used++
					}
				}
			})
		},
		func() error {
			return readAll(ctx, l, "ec2:DescribeNatGateways", ec2.NewDescribeNatGatewaysPaginator(e, &ec2.DescribeNatGatewaysInput{MaxResults: most}), func(o *ec2.DescribeNatGatewaysOutput) {
				for _, g := range o.NatGateways {
					nats.add(g)
				}
			})
		},
		func() error {
			l.applied(ctx, "vpc", map[string]*int{"L-F678F1CE": &out.VPCs.Limit, "L-A4707A72": &out.InternetGateways.Limit, "L-FE5A380F": &out.NATGateways.Limit})
			return nil
		},
		func() error {
			l.applied(ctx, "ec2", map[string]*int{"L-0263D0A3": &out.Addresses.Limit})
			return nil
		},
	}
	errs := make([]error, len(calls))
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(func() { errs[i] = call() })
	}
	wg.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	if ctx.Err() != nil {
		return l.c.fail(listQuotas, ctx.Err())
	}
	if account == "" {
		account = reported
	}
	for _, v := range vpcs {
		if owner := sdk.ToString(v.OwnerId); account == "" || owner == "" || owner == account { // not those that others share
			out.VPCs.Used++
		}
	}
	out.Peers = peers(peerings, vpcs)
	by(out.Gateways, func(g inventory.Gateway) string { return g.ID })
	out.NATGateways.Used, out.NATGateways.ByZone = nats.used, nats.byZone
	return l.natZones(ctx, nats)
}

// natZones counts the NAT gateways with known subnets in the zones of these.
func (l *loading) natZones(ctx context.Context, nats natGateways) error {
	if len(nats.bySubnet) == 0 {
		return nil
	}
	var subnets []string
	for id := range nats.bySubnet {
		subnets = append(subnets, id)
	}
	// A filter takes at most 200 values.
	for chunk := range slices.Chunk(sorted(subnets), 200) {
		in := ec2.DescribeSubnetsInput{Filters: []types.Filter{{Name: sdk.String("subnet-id"), Values: chunk}}}
		if err := readAll(ctx, l, "ec2:DescribeSubnets", ec2.NewDescribeSubnetsPaginator(ec2Client(l.c), &in), func(o *ec2.DescribeSubnetsOutput) {
			for _, s := range o.Subnets {
				nats.byZone[sdk.ToString(s.AvailabilityZone)] += nats.bySubnet[sdk.ToString(s.SubnetId)]
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// availableZones returns the available Availability Zones, without Local Zones and Wavelength Zones.
func availableZones(zones []types.AvailabilityZone) []inventory.Zone {
	var out []inventory.Zone
	for _, z := range zones {
		kind := sdk.ToString(z.ZoneType)
		if z.State == types.AvailabilityZoneStateAvailable && (kind == "" || kind == "availability-zone") {
			out = append(out, inventory.Zone{Name: sdk.ToString(z.ZoneName), ID: sdk.ToString(z.ZoneId)})
		}
	}
	by(out, func(z inventory.Zone) string { return z.Name })
	return out
}

// peers returns the other sides of active and pending peering connections: VPCs that are not VPCs of the
// account in the Region.
func peers(peerings []types.VpcPeeringConnection, own []types.Vpc) []inventory.Peer {
	pending := []types.VpcPeeringConnectionStateReasonCode{
		types.VpcPeeringConnectionStateReasonCodeInitiatingRequest, types.VpcPeeringConnectionStateReasonCodePendingAcceptance,
		types.VpcPeeringConnectionStateReasonCodeProvisioning, types.VpcPeeringConnectionStateReasonCodeActive,
	}
	var out []inventory.Peer
	for _, p := range peerings {
		if p.Status == nil || !slices.Contains(pending, p.Status.Code) {
			continue
		}
		for _, side := range []*types.VpcPeeringConnectionVpcInfo{p.RequesterVpcInfo, p.AccepterVpcInfo} {
			if side == nil || slices.ContainsFunc(own, func(v types.Vpc) bool { return sdk.ToString(v.VpcId) == sdk.ToString(side.VpcId) }) {
				continue
			}
			peer := inventory.Peer{VPC: sdk.ToString(side.VpcId), Account: sdk.ToString(side.OwnerId)}
			for _, c := range side.CidrBlockSet {
				peer.CIDRs = append(peer.CIDRs, sdk.ToString(c.CidrBlock))
			}
			// The set can be missing from the answer; the first block is also in a field of its own.
			peer.CIDRs = sorted(append(peer.CIDRs, sdk.ToString(side.CidrBlock)))
			if !slices.ContainsFunc(out, func(o inventory.Peer) bool { return o.VPC == peer.VPC }) {
				out = append(out, peer)
			}
		}
	}
	by(out, func(p inventory.Peer) string { return p.VPC })
	return out
}

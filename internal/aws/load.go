package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Load reads one part of the inventory. Calls that AWS refuses for want of a
// permission are gaps of the result; anything else that fails is an error. Equal
// accounts give equal results.
func (c *Client) Load(ctx context.Context, r inventory.Request) (inventory.Inventory, error) {
	l := &loading{c: c, out: inventory.Inventory{Version: inventory.Version, Region: c.region, Loaded: []inventory.Request{r}}, homes: map[string]string{}}
	parts := map[inventory.Part]func(context.Context, inventory.Request) error{
		inventory.PartIdentity: l.identity,
		inventory.PartVPCs:     l.vpcs,
		inventory.PartServices: l.services,
		inventory.PartClusters: l.clusters,
		inventory.PartBatch:    l.batch,
		inventory.PartMWAA:     l.mwaa,
		inventory.PartRoles:    l.role,
		inventory.PartQuotas:   l.quotas,
		inventory.PartNetwork:  l.network,
		inventory.PartWays:     l.ways,
		inventory.PartHosts:    l.hosts,
		inventory.PartRegistry: l.registry,
		inventory.PartSecret:   l.secret,

		inventory.PartDefinition: l.oneDefinition,
	}
	load, ok := parts[r.Part]
	if !ok {
		return inventory.Inventory{}, fmt.Errorf("the inventory has no part %q", r.Part)
	}
	if err := c.vouch(ctx); err != nil {
		return inventory.Inventory{}, err
	}
	if err := load(ctx, r); err != nil {
		return inventory.Inventory{}, err
	}
	slices.SortFunc(l.out.Gaps, func(a, b inventory.Gap) int { return cmp.Compare(a.Call, b.Call) })
	return l.out, nil
}

// loading is one Load under way.
type loading struct {
	c  *Client
	mu sync.Mutex

	// These are guarded by mu.
	out   inventory.Inventory
	homes map[string]string // VPCs by subnet; empty while asked for
}

// gap notes a refused call, once for each operation. Of several answers the
// first by code and message stays, whatever their order.
func (l *loading) gap(e *Error) {
	g := inventory.Gap{Call: e.Op, Code: e.Code, Message: e.Message, RequestID: e.RequestID}
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.out.Gaps, func(o inventory.Gap) bool { return o.Call == g.Call })
	switch {
	case i < 0:
		l.out.Gaps = append(l.out.Gaps, g)
	case cmp.Or(cmp.Compare(g.Code, l.out.Gaps[i].Code), cmp.Compare(g.Message, l.out.Gaps[i].Message)) < 0:
		l.out.Gaps[i] = g
	}
}

// settle turns a denied call into a gap and leaves other errors.
func (l *loading) settle(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Denied() {
		l.gap(e)
		return nil
	}
	return err
}

// readAll reads a list; each gets every page. Where AWS denies the call, that is a gap,
// and each is not called.
func readAll[Out, O any](ctx context.Context, l *loading, op string, p pager[Out, O], each func(*Out)) error {
	return l.settle(l.c.fail(op, follow(ctx, p, each)))
}

// read makes a call whose answer comes in one piece. Where AWS denies it, that is a gap,
// and use is not called.
func read[In, Out, O any](ctx context.Context, l *loading, op string, call func(context.Context, *In, ...func(*O)) (*Out, error), in In, use func(*Out)) error {
	out, err := call(ctx, &in)
	if err != nil {
		return l.settle(l.c.fail(op, err))
	}
	use(out)
	return nil
}

// unasked gives the first of a workload's subnets if nobody has asked for its VPC
// yet, and notes that it is being asked for: all subnets of a workload lie in one
// VPC. The caller holds mu.
func (l *loading) unasked(subnets []string) []string {
	if len(subnets) == 0 {
		return nil
	}
	if _, asked := l.homes[subnets[0]]; asked {
		return nil
	}
	l.homes[subnets[0]] = ""
	return subnets[:1]
}

// home finds the VPCs of subnets, beside what else is loaded. It filters, since
// asking by id fails altogether if one of the subnets is gone.
func (l *loading) home(ctx context.Context, subnets []string) error {
	in := ec2.DescribeSubnetsInput{Filters: []types.Filter{{Name: sdk.String("subnet-id"), Values: subnets}}}
	return readAll(ctx, l, "ec2:DescribeSubnets", ec2.NewDescribeSubnetsPaginator(l.c.ec2, &in), func(o *ec2.DescribeSubnetsOutput) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, s := range o.Subnets {
			l.homes[sdk.ToString(s.SubnetId)] = sdk.ToString(s.VpcId)
		}
	})
}

// homeOf is the VPC of a workload's subnets, as far as it was found.
func (l *loading) homeOf(subnets []string) string {
	if len(subnets) == 0 {
		return ""
	}
	return l.homes[subnets[0]]
}

func (l *loading) identity(ctx context.Context, _ inventory.Request) error {
	// Without an identity there is nothing to go on with, denied or not.
	o, err := l.c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return l.c.fail("sts:GetCallerIdentity", err)
	}
	l.out.Account, l.out.Caller = sdk.ToString(o.Account), sdk.ToString(o.Arn)
	l.out.Partition = "aws"
	if a, err := arn.Parse(l.out.Caller); err == nil {
		l.out.Partition = a.Partition
	}
	return nil
}

func (l *loading) vpcs(ctx context.Context, _ inventory.Request) error {
	err := readAll(ctx, l, "ec2:DescribeVpcs", ec2.NewDescribeVpcsPaginator(l.c.ec2, &ec2.DescribeVpcsInput{MaxResults: sdk.Int32(1000)}), func(o *ec2.DescribeVpcsOutput) {
		for _, v := range o.Vpcs {
			l.out.VPCs = append(l.out.VPCs, vpc(v))
		}
	})
	by(l.out.VPCs, func(v inventory.VPC) string { return v.ID })
	return err
}

func vpc(v types.Vpc) inventory.VPC {
	out := inventory.VPC{
		ID: sdk.ToString(v.VpcId), Name: name(v.Tags), Default: sdk.ToBool(v.IsDefault),
		Owner: sdk.ToString(v.OwnerId), DHCP: sdk.ToString(v.DhcpOptionsId),
	}
	primary := sdk.ToString(v.CidrBlock)
	for _, a := range v.CidrBlockAssociationSet {
		if a.CidrBlockState != nil && a.CidrBlockState.State == types.VpcCidrBlockStateCodeAssociated && sdk.ToString(a.CidrBlock) != primary {
			out.CIDRs = append(out.CIDRs, sdk.ToString(a.CidrBlock))
		}
	}
	slices.Sort(out.CIDRs)
	if primary != "" {
		out.CIDRs = slices.Insert(out.CIDRs, 0, primary)
	}
	for _, a := range v.Ipv6CidrBlockAssociationSet {
		if a.Ipv6CidrBlockState != nil && a.Ipv6CidrBlockState.State == types.VpcCidrBlockStateCodeAssociated {
			out.IPv6 = append(out.IPv6, sdk.ToString(a.Ipv6CidrBlock))
		}
	}
	slices.Sort(out.IPv6)
	return out
}

// services asks for all services and never for one by name: the list is needed
// whole, and not everything that speaks this protocol knows that filter.
func (l *loading) services(ctx context.Context, _ inventory.Request) error {
	p := &tokens[ec2.DescribeVpcEndpointServicesInput, ec2.DescribeVpcEndpointServicesOutput, ec2.Options]{
		call: l.c.ec2.DescribeVpcEndpointServices, in: &ec2.DescribeVpcEndpointServicesInput{MaxResults: sdk.Int32(1000)},
		next: func(in *ec2.DescribeVpcEndpointServicesInput, out *ec2.DescribeVpcEndpointServicesOutput) *string {
			in.NextToken = out.NextToken
			return out.NextToken
		},
	}
	err := readAll(ctx, l, "ec2:DescribeVpcEndpointServices", p, func(o *ec2.DescribeVpcEndpointServicesOutput) {
		for _, d := range o.ServiceDetails {
			if owner := sdk.ToString(d.Owner); owner != "" && owner != "amazon" {
				continue
			}
			l.out.Services = append(l.out.Services, endpointServices(d)...)
		}
	})
	slices.SortFunc(l.out.Services, func(a, b inventory.EndpointService) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type))
	})
	return err
}

// endpointServices gives one service for each type.
func endpointServices(d types.ServiceDetail) []inventory.EndpointService {
	s := inventory.EndpointService{
		Name: sdk.ToString(d.ServiceName), Zones: sorted(d.AvailabilityZones),
		PolicySupported: sdk.ToBool(d.VpcEndpointPolicySupported), Managed: sdk.ToBool(d.ManagesVpcEndpoints),
	}
	for _, n := range d.PrivateDnsNames {
		s.PrivateNames = append(s.PrivateNames, sdk.ToString(n.PrivateDnsName))
	}
	if n := sdk.ToString(d.PrivateDnsName); n != "" && !slices.Contains(s.PrivateNames, n) {
		s.PrivateNames = append(s.PrivateNames, n)
	}
	slices.Sort(s.PrivateNames)
	for _, t := range d.SupportedIpAddressTypes {
		s.IPTypes = append(s.IPTypes, strings.ToLower(string(t)))
	}
	slices.Sort(s.IPTypes)
	var out []inventory.EndpointService
	for _, t := range d.ServiceType {
		s.Type = string(t.ServiceType)
		out = append(out, s)
	}
	return out
}

// name is the value of the Name tag.
func name(tags []types.Tag) string {
	for _, t := range tags {
		if sdk.ToString(t.Key) == "Name" {
			return sdk.ToString(t.Value)
		}
	}
	return ""
}

func tags(in []types.Tag) map[string]string {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]string, len(in))
	for _, t := range in {
		out[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
	}
	return out
}

// moment writes a time as RFC 3339 in UTC; empty if AWS did not send it.
func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// by sorts a list by a text of its items.
func by[T any](s []T, key func(T) string) {
	slices.SortFunc(s, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}

// sorted is a sorted copy without empty items and doubles; nil if nothing is left.
func sorted(in []string) []string {
	var out []string
	for _, s := range in {
		if s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

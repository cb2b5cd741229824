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
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var stsClient = register("sts", sts.ServiceID, sts.NewFromConfig, traits{xml: true, private: true, required: map[string][]string{
	"AssumeRole":                {"Credentials.AccessKeyId"},
	"AssumeRoleWithWebIdentity": {"Credentials.AccessKeyId"},
	"GetCallerIdentity":         {"Account", "Arn"},
}})

// loaders are the functions that load the parts of the inventory.
var loaders = map[inventory.Part]func(*loading, context.Context, inventory.Request) error{
	inventory.PartIdentity:   (*loading).identity,
	inventory.PartVPCs:       (*loading).vpcs,
	inventory.PartServices:   (*loading).services,
	inventory.PartClusters:   (*loading).clusters,
	inventory.PartAgents:     (*loading).clusters,
	inventory.PartDefinition: (*loading).oneDefinition,
	inventory.PartBatch:      (*loading).batch,
	inventory.PartMWAA:       (*loading).mwaa,
	inventory.PartRoles:      (*loading).role,
	inventory.PartQuotas:     (*loading).quotas,
	inventory.PartCreation:   (*loading).creation,
	inventory.PartRegistry:   (*loading).registry,
	inventory.PartSecret:     (*loading).secret,
	inventory.PartCaches:     (*loading).caches,
	inventory.PartLogGroups:  (*loading).logGroups,
	inventory.PartPrices:     (*loading).prices,
	inventory.PartNetwork:    (*loading).network,
	inventory.PartAccess:     (*loading).access,
	inventory.PartHosts:      (*loading).hosts,
	inventory.PartFailures:   (*loading).failures,
}

// Load reads one part of the inventory. A call that AWS denies, or that the endpoint does not have, is
// a gap in the result; any other failure is an error. Equal accounts give equal results. After a failure because of expired
// credentials, the next Load renews them.
func (c *Client) Load(ctx context.Context, r inventory.Request) (out inventory.Inventory, err error) {
	if err := c.renewLapsed(ctx); err != nil {
		return inventory.Inventory{}, err
	}
	defer func() { c.lapse(err) }()
	l := &loading{c: c, out: inventory.Inventory{Version: inventory.Version, Region: c.region, Loaded: []inventory.Request{r}}, vpcBySubnet: map[string]string{}}
	load, ok := loaders[r.Part]
	if !ok {
		return inventory.Inventory{}, fmt.Errorf("unknown part of the inventory: %q", r.Part)
	}
	if err := c.checkRegion(ctx); err != nil {
		return inventory.Inventory{}, err
	}
	if err := load(l, ctx, r); err != nil {
		return inventory.Inventory{}, err
	}
	slices.SortFunc(l.out.Gaps, func(a, b inventory.Gap) int { return cmp.Compare(a.Call, b.Call) })
	l.out.Clean()
	return l.out, nil
}

// loading is the state of one Load.
type loading struct {
	c  *Client
	mu sync.Mutex

	// mu protects these fields.
	out         inventory.Inventory
	vpcBySubnet map[string]string // VPCs by subnet; empty until the answer arrives
}

// gap records a denied call once per operation. Of several answers it keeps the first by code and
// message, so that the result does not depend on their order.
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

// gapIfUnread records a call that AWS denied or that the endpoint does not have as a gap, and returns
// all other errors.
func (l *loading) gapIfUnread(err error) error {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Denied():
		l.gap(e)
	case e.NotOffered():
		l.gap(&Error{Op: e.Op, Code: inventory.NotOffered, Message: e.Message, RequestID: e.RequestID})
	default:
		return err
	}
	return nil
}

// readAll reads a list and calls each for every page. If AWS denies the call, it records a gap
// and does not call each.
func readAll[Out, O any](ctx context.Context, l *loading, op string, p pager[Out, O], each func(*Out)) error {
	return l.gapIfUnread(l.c.fail(op, follow(ctx, p, each)))
}

// read makes a call without pages. If AWS denies it, it records a gap and does not call use.
func read[In, Out, O any](ctx context.Context, l *loading, op string, call func(context.Context, *In, ...func(*O)) (*Out, error), in In, use func(*Out)) error {
	out, err := call(ctx, &in)
	if err != nil {
		return l.gapIfUnread(l.c.fail(op, err))
	}
	use(out)
	return nil
}

// claimSubnet returns the first of a workload's subnets if its VPC was not requested yet, and records
// the request. One subnet is enough, because all subnets of a workload are in one VPC. The caller
// holds mu.
func (l *loading) claimSubnet(subnets []string) []string {
	if len(subnets) == 0 {
		return nil
	}
	if _, asked := l.vpcBySubnet[subnets[0]]; asked {
		return nil
	}
	l.vpcBySubnet[subnets[0]] = ""
	return subnets[:1]
}

// subnetVPCs loads the VPCs of subnets. It uses a filter, because a call with ids fails if one of the
// subnets no longer exists.
func (l *loading) subnetVPCs(ctx context.Context, subnets []string) error {
	in := ec2.DescribeSubnetsInput{Filters: []types.Filter{{Name: sdk.String("subnet-id"), Values: subnets}}}
	return readAll(ctx, l, "ec2:DescribeSubnets", ec2.NewDescribeSubnetsPaginator(ec2Client(l.c), &in), func(o *ec2.DescribeSubnetsOutput) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, s := range o.Subnets {
			l.vpcBySubnet[sdk.ToString(s.SubnetId)] = sdk.ToString(s.VpcId)
		}
	})
}

// vpcOf returns the VPC of a workload's subnets, or the empty string if it is unknown.
func (l *loading) vpcOf(subnets []string) string {
	if len(subnets) == 0 {
		return ""
	}
	return l.vpcBySubnet[subnets[0]]
}

func (l *loading) identity(ctx context.Context, _ inventory.Request) error {
	// Nothing works without an identity, so a denied call is an error here.
	var err error
	if l.out.Account, l.out.Caller, err = l.c.Caller(ctx); err != nil {
		return err
	}
	l.out.Partition = "aws"
	if a, err := arn.Parse(l.out.Caller); err == nil {
		l.out.Partition = a.Partition
	}
	return nil
}

// Caller returns the account and the ARN of the credentials.
func (c *Client) Caller(ctx context.Context) (account, caller string, err error) {
	o, err := stsClient(c).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", "", c.fail("sts:GetCallerIdentity", err)
	}
	c.account.CompareAndSwap(nil, o.Account)
	return sdk.ToString(o.Account), sdk.ToString(o.Arn), nil
}

func (l *loading) vpcs(ctx context.Context, _ inventory.Request) error {
	err := readAll(ctx, l, "ec2:DescribeVpcs", ec2.NewDescribeVpcsPaginator(ec2Client(l.c), &ec2.DescribeVpcsInput{MaxResults: sdk.Int32(1000)}), func(o *ec2.DescribeVpcsOutput) {
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
		Managed: tags(v.Tags)[resource.ManagedBy] == resource.Owner,
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

// services requests all services without a filter by name. The whole list is needed, and not
// every emulator supports that filter.
func (l *loading) services(ctx context.Context, _ inventory.Request) error {
	p := &tokens[ec2.DescribeVpcEndpointServicesInput, ec2.DescribeVpcEndpointServicesOutput, ec2.Options]{
		call: ec2Client(l.c).DescribeVpcEndpointServices, in: &ec2.DescribeVpcEndpointServicesInput{MaxResults: sdk.Int32(1000)},
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

// endpointServices returns one service for each type.
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

// name returns the value of the Name tag.
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

// moment formats a time as RFC 3339 in UTC. It returns the empty string if AWS did not send it.
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

// sorted returns a sorted copy without empty items and duplicates, or nil if nothing remains.
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

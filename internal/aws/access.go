package aws

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// mostTargetGroups is the maximum number of target groups to read.
const mostTargetGroups = 50

// access loads the resources of access methods to a private web server. The lists are independent.
func (l *loading) access(ctx context.Context, r inventory.Request) error {
	w := inventory.Access{VPC: r.VPC}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.balancers(ctx, &w) })
	g.Go(func() error { return l.certificates(ctx, &w) })
	g.Go(func() error { return l.domains(ctx, &w) })
	g.Go(func() error { return l.bastions(ctx, &w) })
	g.Go(func() error { return l.clientVPNs(ctx, &w) })
	err := g.Wait()
	l.out.Access = []inventory.Access{w}
	return err
}

// balancers loads the target groups of the VPC that a web server of Airflow can use (IP
// addresses, HTTPS), and their load balancers.
func (l *loading) balancers(ctx context.Context, w *inventory.Access) error {
	var groups []elbtypes.TargetGroup
	err := readAll(ctx, l, "elasticloadbalancing:DescribeTargetGroups", elasticloadbalancingv2.NewDescribeTargetGroupsPaginator(elbv2Client(l.c), &elasticloadbalancingv2.DescribeTargetGroupsInput{}),
		func(o *elasticloadbalancingv2.DescribeTargetGroupsOutput) { groups = append(groups, o.TargetGroups...) })
	if err != nil {
		return err
	}
	fronts := map[string]bool{}
	for _, t := range groups {
		if sdk.ToString(t.VpcId) != w.VPC || t.TargetType != elbtypes.TargetTypeEnumIp || t.Protocol != elbtypes.ProtocolEnumHttps {
			continue
		}
		if len(w.TargetGroups) == mostTargetGroups {
			l.gap(&Error{Op: "elasticloadbalancing:DescribeTargetHealth", Code: inventory.NotAllRead, Message: "only some of the target groups in the VPC were read"})
			break
		}
		x := inventory.TargetGroup{ARN: sdk.ToString(t.TargetGroupArn), Name: sdk.ToString(t.TargetGroupName), Protocol: string(t.Protocol), Port: int(sdk.ToInt32(t.Port)), Type: string(t.TargetType),
			LoadBalancers: sorted(t.LoadBalancerArns)}
		if t.Matcher != nil {
			x.Matcher = sdk.ToString(t.Matcher.HttpCode)
		}
		w.TargetGroups = append(w.TargetGroups, x)
		for _, arn := range t.LoadBalancerArns {
			fronts[arn] = true
		}
	}
	by(w.TargetGroups, func(t inventory.TargetGroup) string { return t.ARN })
	g, ctx := errgroup.WithContext(ctx)
	for i := range w.TargetGroups {
		g.Go(func() error { return l.targets(ctx, &w.TargetGroups[i]) })
	}
	g.Go(func() error { return l.fronts(ctx, w, fronts) })
	return g.Wait()
}

func (l *loading) targets(ctx context.Context, t *inventory.TargetGroup) error {
	in := elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: &t.ARN}
	return read(ctx, l, "elasticloadbalancing:DescribeTargetHealth", elbv2Client(l.c).DescribeTargetHealth, in, func(o *elasticloadbalancingv2.DescribeTargetHealthOutput) {
		for _, d := range o.TargetHealthDescriptions {
			var x inventory.Target
			if d.Target != nil {
				x.Address = sdk.ToString(d.Target.Id)
			}
			if d.TargetHealth != nil {
				x.State, x.Reason = string(d.TargetHealth.State), string(d.TargetHealth.Reason)
			}
			t.Targets = append(t.Targets, x)
		}
		by(t.Targets, func(t inventory.Target) string { return t.Address })
	})
}

// fronts loads the load balancers of the VPC with their listeners. It includes load balancers
// without a matching target group, because their names are not available to a new one.
func (l *loading) fronts(ctx context.Context, w *inventory.Access, listened map[string]bool) error {
	err := readAll(ctx, l, "elasticloadbalancing:DescribeLoadBalancers", elasticloadbalancingv2.NewDescribeLoadBalancersPaginator(elbv2Client(l.c), &elasticloadbalancingv2.DescribeLoadBalancersInput{}),
		func(o *elasticloadbalancingv2.DescribeLoadBalancersOutput) {
			for _, b := range o.LoadBalancers {
				if sdk.ToString(b.VpcId) == w.VPC && b.Type == elbtypes.LoadBalancerTypeEnumApplication {
					w.LoadBalancers = append(w.LoadBalancers, loadBalancer(b))
				}
			}
		})
	if err != nil {
		return err
	}
	by(w.LoadBalancers, func(b inventory.LoadBalancer) string { return b.ARN })
	g, ctx := errgroup.WithContext(ctx)
	for i := range w.LoadBalancers {
		if listened[w.LoadBalancers[i].ARN] {
			g.Go(func() error { return l.listeners(ctx, &w.LoadBalancers[i]) })
		}
	}
	return g.Wait()
}

func loadBalancer(b elbtypes.LoadBalancer) inventory.LoadBalancer {
	out := inventory.LoadBalancer{ARN: sdk.ToString(b.LoadBalancerArn), Name: sdk.ToString(b.LoadBalancerName), Scheme: string(b.Scheme), DNSName: sdk.ToString(b.DNSName), Groups: sorted(b.SecurityGroups)}
	if b.State != nil {
		out.State = string(b.State.Code)
	}
	for _, z := range b.AvailabilityZones {
		out.Subnets = append(out.Subnets, sdk.ToString(z.SubnetId))
	}
	out.Subnets = sorted(out.Subnets)
	return out
}

func (l *loading) listeners(ctx context.Context, b *inventory.LoadBalancer) error {
	err := readAll(ctx, l, "elasticloadbalancing:DescribeListeners", elasticloadbalancingv2.NewDescribeListenersPaginator(elbv2Client(l.c), &elasticloadbalancingv2.DescribeListenersInput{LoadBalancerArn: &b.ARN}),
		func(o *elasticloadbalancingv2.DescribeListenersOutput) {
			for _, x := range o.Listeners {
				n := inventory.Listener{ARN: sdk.ToString(x.ListenerArn), Protocol: string(x.Protocol), Port: int(sdk.ToInt32(x.Port))}
				for _, c := range x.Certificates {
					n.Certificates = append(n.Certificates, sdk.ToString(c.CertificateArn))
				}
				for _, a := range x.DefaultActions {
					n.TargetGroups = append(n.TargetGroups, sdk.ToString(a.TargetGroupArn))
				}
				b.Listeners = append(b.Listeners, n)
			}
		})
	by(b.Listeners, func(x inventory.Listener) string { return x.ARN })
	return err
}

func (l *loading) certificates(ctx context.Context, w *inventory.Access) error {
	in := &acm.ListCertificatesInput{Includes: &acmtypes.Filters{}}
	for _, k := range resource.KeyTypes { // without this filter ACM lists only RSA certificates
		in.Includes.KeyTypes = append(in.Includes.KeyTypes, acmtypes.KeyAlgorithm(fmt.Sprint(k)))
	}
	err := readAll(ctx, l, "acm:ListCertificates", acm.NewListCertificatesPaginator(acmClient(l.c), in), func(o *acm.ListCertificatesOutput) {
		for _, c := range o.CertificateSummaryList {
			w.Certificates = append(w.Certificates, inventory.Certificate{ARN: sdk.ToString(c.CertificateArn), Domain: sdk.ToString(c.DomainName), Names: sorted(c.SubjectAlternativeNameSummaries),
				Status: string(c.Status), Type: string(c.Type), Until: moment(c.NotAfter), Key: string(c.KeyAlgorithm)})
		}
	})
	by(w.Certificates, func(c inventory.Certificate) string { return c.ARN })
	return err
}

// domains loads the public hosted zones.
func (l *loading) domains(ctx context.Context, w *inventory.Access) error {
	err := readAll(ctx, l, "route53:ListHostedZones", route53.NewListHostedZonesPaginator(route53Client(l.c), &route53.ListHostedZonesInput{}), func(o *route53.ListHostedZonesOutput) {
		for _, z := range o.HostedZones {
			if z.Config == nil || !z.Config.PrivateZone {
				w.Domains = append(w.Domains, inventory.HostedZone{ID: strings.TrimPrefix(sdk.ToString(z.Id), "/hostedzone/"), Name: strings.TrimSuffix(sdk.ToString(z.Name), ".")})
			}
		}
	})
	by(w.Domains, func(z inventory.HostedZone) string { return z.ID })
	return err
}

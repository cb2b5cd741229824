package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/call"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// mostTargetGroups is how many target groups are looked into at most.
const mostTargetGroups = 50

// ways loads what ways to a private web server are made of. The lists need nothing of
// each other.
func (l *loading) ways(ctx context.Context, r inventory.Request) error {
	w := inventory.Ways{VPC: r.VPC}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.balancers(ctx, &w) })
	g.Go(func() error { return l.certificates(ctx, &w) })
	g.Go(func() error { return l.domains(ctx, &w) })
	g.Go(func() error { return l.bastions(ctx, &w) })
	g.Go(func() error { return l.clientVPNs(ctx, &w) })
	err := g.Wait()
	l.out.Ways = []inventory.Ways{w}
	return err
}

// list makes a call of the table and reads its answer into a struct with AWS's names.
// A denied call is a gap; whatever is there stays empty then.
func (l *loading) list(ctx context.Context, service, op string, in map[string]any, into any) error {
	return l.settle(l.answer(ctx, service, op, in, into))
}

// answer is list where a denied call is an error. What came before an error is read.
func (l *loading) answer(ctx context.Context, service, op string, in map[string]any, into any) error {
	out, err := l.c.Call(ctx, service, op, in)
	return cmp.Or(err, l.c.decode(permission(service, op), out, into))
}

// decode reads an answer into a struct with AWS's names.
func (c *Client) decode(op string, out, into any) error {
	raw, err := json.Marshal(out)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return c.fail(op, &smithy.DeserializationError{Err: err})
	}
	return nil
}

// nameTags are those of a thing in an answer that is plain data.
type nameTags []struct{ Key, Value string }

func (ts nameTags) name() string {
	for _, t := range ts {
		if t.Key == "Name" {
			return t.Value
		}
	}
	return ""
}

// balancers loads the target groups of the VPC that a web server of Airflow can be in
// (addresses, for HTTPS), and the load balancers in front of them.
func (l *loading) balancers(ctx context.Context, w *inventory.Ways) error {
	var groups struct {
		TargetGroups []struct {
			TargetGroupArn, TargetGroupName, Protocol, TargetType, VpcId string
			Port                                                         int
			Matcher                                                      struct{ HttpCode string }
			LoadBalancerArns                                             []string
		}
	}
	if err := l.list(ctx, "elbv2", "DescribeTargetGroups", nil, &groups); err != nil {
		return err
	}
	fronts := map[string]bool{}
	for _, t := range groups.TargetGroups {
		if t.VpcId != w.VPC || t.TargetType != "ip" || t.Protocol != "HTTPS" {
			continue
		}
		if len(w.TargetGroups) == mostTargetGroups {
			l.gap(&Error{Op: "elasticloadbalancing:DescribeTargetHealth", Code: inventory.NotAllRead, Message: "there are more target groups in the VPC than are looked into"})
			break
		}
		w.TargetGroups = append(w.TargetGroups, inventory.TargetGroup{ARN: t.TargetGroupArn, Name: t.TargetGroupName, Protocol: t.Protocol, Port: t.Port, Type: t.TargetType,
			Matcher: t.Matcher.HttpCode, LoadBalancers: sorted(t.LoadBalancerArns)})
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
	var health struct {
		TargetHealthDescriptions []struct {
			Target       struct{ Id string }
			TargetHealth struct{ State, Reason string }
		}
	}
	err := l.list(ctx, "elbv2", "DescribeTargetHealth", map[string]any{"TargetGroupArn": t.ARN}, &health)
	for _, d := range health.TargetHealthDescriptions {
		t.Targets = append(t.Targets, inventory.Target{Address: d.Target.Id, State: d.TargetHealth.State, Reason: d.TargetHealth.Reason})
	}
	by(t.Targets, func(t inventory.Target) string { return t.Address })
	return err
}

// fronts loads the load balancers of the VPC that are in front of target groups. The
// name of another one may be in the way, so that all application load balancers of the
// VPC are told of, and what these listen on.
func (l *loading) fronts(ctx context.Context, w *inventory.Ways, listened map[string]bool) error {
	var all struct {
		LoadBalancers []struct {
			LoadBalancerArn, LoadBalancerName, Scheme, DNSName, Type, VpcId string
			State                                                           struct{ Code string }
			AvailabilityZones                                               []struct{ SubnetId string }
			SecurityGroups                                                  []string
		}
	}
	if err := l.list(ctx, "elbv2", "DescribeLoadBalancers", nil, &all); err != nil {
		return err
	}
	for _, b := range all.LoadBalancers {
		if b.VpcId != w.VPC || b.Type != "application" {
			continue
		}
		x := inventory.LoadBalancer{ARN: b.LoadBalancerArn, Name: b.LoadBalancerName, Scheme: b.Scheme, DNSName: b.DNSName, State: b.State.Code, Groups: sorted(b.SecurityGroups)}
		for _, z := range b.AvailabilityZones {
			x.Subnets = append(x.Subnets, z.SubnetId)
		}
		x.Subnets = sorted(x.Subnets)
		w.LoadBalancers = append(w.LoadBalancers, x)
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

func (l *loading) listeners(ctx context.Context, b *inventory.LoadBalancer) error {
	var all struct {
		Listeners []struct {
			ListenerArn, Protocol string
			Port                  int
			Certificates          []struct{ CertificateArn string }
			DefaultActions        []struct{ TargetGroupArn string }
		}
	}
	err := l.list(ctx, "elbv2", "DescribeListeners", map[string]any{"LoadBalancerArn": b.ARN}, &all)
	for _, x := range all.Listeners {
		n := inventory.Listener{ARN: x.ListenerArn, Protocol: x.Protocol, Port: x.Port}
		for _, c := range x.Certificates {
			n.Certificates = append(n.Certificates, c.CertificateArn)
		}
		for _, a := range x.DefaultActions {
			n.TargetGroups = append(n.TargetGroups, a.TargetGroupArn)
		}
		b.Listeners = append(b.Listeners, n)
	}
	by(b.Listeners, func(x inventory.Listener) string { return x.ARN })
	return err
}

func (l *loading) certificates(ctx context.Context, w *inventory.Ways) error {
	var all struct {
		CertificateSummaryList []struct {
			CertificateArn, DomainName, Status, Type, NotAfter, KeyAlgorithm string
			SubjectAlternativeNameSummaries                                  []string
		}
	}
	err := l.list(ctx, "acm", "ListCertificates", map[string]any{"Includes": map[string]any{"keyTypes": call.KeyTypes}}, &all)
	for _, c := range all.CertificateSummaryList {
		w.Certificates = append(w.Certificates, inventory.Certificate{ARN: c.CertificateArn, Domain: c.DomainName, Names: sorted(c.SubjectAlternativeNameSummaries),
			Status: c.Status, Type: c.Type, Until: strings.Replace(c.NotAfter, "+00:00", "Z", 1), Key: c.KeyAlgorithm})
	}
	by(w.Certificates, func(c inventory.Certificate) string { return c.ARN })
	return err
}

// domains loads the public hosted zones.
func (l *loading) domains(ctx context.Context, w *inventory.Ways) error {
	var all struct {
		HostedZones []struct {
			Id, Name string
			Config   struct{ PrivateZone bool }
		}
	}
	err := l.list(ctx, "route53", "ListHostedZones", nil, &all)
	for _, z := range all.HostedZones {
		if !z.Config.PrivateZone {
			w.Domains = append(w.Domains, inventory.HostedZone{ID: strings.TrimPrefix(z.Id, "/hostedzone/"), Name: strings.TrimSuffix(z.Name, ".")})
		}
	}
	by(w.Domains, func(z inventory.HostedZone) string { return z.ID })
	return err
}

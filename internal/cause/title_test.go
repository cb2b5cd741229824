package cause_test

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// complete adds all endpoints of the workload.
func complete(w *plantest.World) {
	w.Group(plantest.Wide())
	for _, code := range []string{"ecr.api", "ecr.dkr", "secretsmanager", "logs"} {
		w.Endpoint(plantest.Ready(code))
	}
	w.Endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []string{"rtb-app"}})
}

// noEgress removes the outbound rules of the tasks' security group.
func noEgress(w *plantest.World) { w.Net().Group("sg-app").Rules = nil }

// deny adds an entry to the network ACL that denies HTTPS inside the VPC.
func deny(w *plantest.World) {
	acl := &w.Net().NetworkACLs[0]
	acl.Entries = append(acl.Entries, inventory.ACLEntry{Number: 90, Egress: true, Protocol: "6", From: 443, To: 443, CIDR: "10.0.0.0/16"})
}

// narrow sets the policy of an endpoint.
func narrow(w *plantest.World, id, document string) {
	for i := range w.Net().Endpoints {
		if e := &w.Net().Endpoints[i]; e.ID == id {
			e.Policy = document
		}
	}
}

// TestTitles: the first cause of what customers report. The order is that of a connection: its name, the internet route of the subnet, the endpoint.
func TestTitles(t *testing.T) {
	const denied = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:DescribeImages","Resource":"*"}]}`
	for _, tt := range []struct {
		name string
		set  func(*plantest.World)
		want string
	}{
		{"complete", complete, "no cause found"},
		{"no endpoints", func(*plantest.World) {}, "no network path to s3, ecr.api, ecr.dkr and 2 more"},
		{"no outbound rule", func(w *plantest.World) { complete(w); noEgress(w) }, "security group sg-app has no outbound rule to ecr.api"},
		{"no outbound rule and no endpoints", noEgress, "security group sg-app has no outbound rule to ecr.api"},
		{"an endpoint policy", func(w *plantest.World) { complete(w); narrow(w, "vpce-ecr.api", denied) }, "the policy of endpoint ecr.api denies what it does"},
		{"the policy of Amazon S3", func(w *plantest.World) { complete(w); narrow(w, "vpce-s3", denied) }, "the policy of the S3 endpoint denies its downloads"},
		{"a network ACL", func(w *plantest.World) { complete(w); deny(w) }, "network ACL acl-1 blocks TCP 443"},
		{"a network ACL and no endpoints", deny, "network ACL acl-1 blocks TCP 443 (and 1 more cause)"},
		{"DNS hostnames", func(w *plantest.World) { complete(w); w.Net().DNSHostnames = false }, "DNS hostnames is off in VPC prod"},
		{"DNS hostnames, and another endpoint exists", func(w *plantest.World) {
			w.Group(plantest.Wide())
			w.Endpoint(plantest.Ready("ecr.api"))
			w.Net().DNSHostnames = false
		}, "DNS hostnames is off in VPC prod (and 1 more cause)"},
		{"DNS hostnames, and no usable endpoint", func(w *plantest.World) {
			e := plantest.Ready("ecr.api")
			e.State = "deleting"
			w.Endpoint(e)
			w.Net().DNSHostnames = false
		}, "no network path to s3, ecr.api, ecr.dkr and 2 more"},
		{"a VPC of another account", func(w *plantest.World) {
			for i := range w.Net().Subnets {
				w.Net().Subnets[i].Owner = "999999999999"
			}
		}, "only the VPC owner sees its endpoints"},
		{"a log group", func(w *plantest.World) {
			complete(w)
			w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartLogGroups, Name: "/ecs/web"})
			w.Def().Containers[0].LogGroup = "/ecs/web"
		}, "log group /ecs/web does not exist"},
		{"both DNS attributes, and more", func(w *plantest.World) { w.Net().DNSHostnames, w.Net().DNSSupport = false, false; deny(w); noEgress(w) }, "DNS support and DNS hostnames are off in VPC prod"},
		{"no route to the gateway endpoint", func(w *plantest.World) { complete(w); w.Net().Endpoints[4].RouteTables = []string{"rtb-main"} }, "its subnets have no route to endpoint s3"},
		{"an endpoint without private DNS", func(w *plantest.World) { complete(w); w.Net().Endpoints[0].PrivateDNS = false }, "private DNS is off for endpoint ecr.api"},
	} {
		w := plantest.New()
		tt.set(w)
		w.Service().Desired, w.Service().Running = 2, 0
		p := w.Plan()
		why := cause.Of(&w.Inv, w.Ans, p)
		if got, want := why.Title(p, 78), "prod/web does not start: "+tt.want; got != want {
			t.Errorf("%s: %q, want %q\n%s", tt.name, got, want, strings.Join(why.Lines(), "\n"))
		}
		for width := 40; width < 100; width++ {
			if got := why.Title(p, width); len([]rune(got)) > max(width, 46) {
				t.Errorf("%s: %d columns: %q", tt.name, width, got)
			}
		}
	}
}

// TestTitleOfSeveral: a title has the first name and a number, and no long name.
func TestTitleOfSeveral(t *testing.T) {
	w := plantest.New()
	w.Service().Name = strings.Repeat("long-", 20)
	w.Service().Desired = 1
	other := *w.Service()
	other.Name = "other"
	w.Inv.Clusters[0].Services = append(w.Inv.Clusters[0].Services, other)
	p := w.Plan()
	if got := cause.Of(&w.Inv, w.Ans, p).Title(p, 78); got != "prod/long-…-long-long- and 1 more do not start: no network path to 5 services" {
		t.Error(got)
	}
}

// TestStop: of the findings that stop a plan, a title has the one that prevents a start, although another one is more severe.
func TestStop(t *testing.T) {
	w := plantest.New()
	w.Inv.Quotas.InterfaceEndpoints = 3
	first := func() string {
		if f := cause.Stop(w.Plan(), nil); f != nil {
			return f.Rule
		}
		return ""
	}
	if got := first(); got != "Q-IF" {
		t.Errorf("%s, want Q-IF", got)
	}
	deny(w)
	if got := first(); got != "G-NACL" {
		t.Errorf("%s, want G-NACL", got)
	}
	w.Inv.Quotas.InterfaceEndpoints = 0
	p := w.Plan()
	if f := cause.Stop(p, []string{"G-NACL"}); f != nil {
		t.Errorf("%+v is accepted", f)
	}
}

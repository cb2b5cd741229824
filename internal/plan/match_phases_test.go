package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestPhases: private DNS is a second phase where it may change the path of running workloads, unless the answers decide.
func TestPhases(t *testing.T) {
	yes, no := true, false
	running := func(w *plantest.World) {
		w.Iface(inventory.Interface{ID: "eni-1", Subnet: "subnet-a", IP: "10.0.0.9", Groups: []string{"sg-app"}, Status: "in-use"})
	}
	route := func(w *plantest.World) {
		w.NAT()
		w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"})
	}
	for name, tt := range map[string]struct {
		make func(*plantest.World)
		why  string // empty: one phase
	}{
		"nothing runs":                  {route, ""},
		"no internet route":             {running, ""},
		"tasks use the internet":        {func(w *plantest.World) { route(w); running(w) }, "1 network interface in subnets with a route to the internet"},
		"others have no route":          {func(w *plantest.World) { route(w); plantest.Elsewhere(w) }, ""},
		"a path that cannot be decided": {func(w *plantest.World) { w.Net().RouteTables = nil; running(w) }, "1 network interface"},
		"interfaces cannot be read":     {func(w *plantest.World) { w.Gap("ec2:DescribeNetworkInterfaces") }, "AWS denied ec2:DescribeNetworkInterfaces"},
		"the answers ask for it":        {func(w *plantest.World) { w.Ans.TwoPhases = &yes }, "The answers ask for it"},
		"the answers exclude it":        {func(w *plantest.World) { route(w); running(w); w.Ans.TwoPhases = &no }, ""},
		"no private DNS":                {func(w *plantest.World) { route(w); running(w); w.Ans.PrivateDNS = &no }, ""},
		"an unused interface":           {func(w *plantest.World) { route(w); running(w); w.Net().Interfaces[0].Status = "available" }, ""},
	} {
		w := plantest.New()
		tt.make(w)
		p := w.Plan()
		check := p.Change("endpoint-check")
		if (check != nil) != (tt.why != "") || check != nil && !strings.Contains(check.Why, tt.why) {
			t.Errorf("%s: %+v", name, check)
			continue
		}
		for _, a := range p.Changes {
			e, ok := a.Spec.(resource.InterfaceEndpoint)
			if !ok || w.Ans.PrivateDNS != nil {
				continue
			}
			on := p.Change("private-dns/" + resource.ID(a.Code()))
			if e.PrivateDNS == (check != nil) || (on != nil) != (check != nil) {
				t.Errorf("%s: %s has private DNS %v; second phase %+v", name, a.ID, e.PrivateDNS, on)
			}
			claimed := slices.IndexFunc(p.Claims, func(c resource.Claim) bool {
				_, ok := c.Measure.(resource.PrivateDNS)
				return ok && (c.Change == a.ID && check == nil || on != nil && c.Change == on.ID)
			})
			if claimed < 0 {
				t.Errorf("%s: private DNS of %s is not claimed", name, a.ID)
			}
		}
	}
}

// TestPhasesOfExistingEndpoints: an endpoint without private DNS is continued, not reported. What it lacks is added first.
func TestPhasesOfExistingEndpoints(t *testing.T) {
	yes := true
	for name, lacks := range map[string]bool{"complete": false, "lacks a group": true} {
		w := plantest.New()
		w.Ans.Needs, w.Ans.TwoPhases = &[]string{"awslogs"}, &yes
		e := plantest.Ready("logs")
		e.PrivateDNS = false
		if !lacks {
			w.Group(plantest.Wide())
			e.Groups = []string{plantest.Wide().ID}
		}
		w.Endpoint(e)
		p := w.Plan()
		if stops := p.Stops(nil); len(stops) > 0 {
			t.Errorf("%s: %+v", name, stops)
		}
		a, on := p.Change("endpoint/logs"), p.Change("private-dns/logs")
		if on == nil || on.Op != resource.Modify || on.Existing != e.ID || !strings.Contains(on.Why, "exists") {
			t.Fatalf("%s: %+v", name, on)
		}
		want := resource.Keep
		if lacks {
			want = resource.Modify
		}
		if c, _ := a.Spec.(resource.EndpointChange); a.Op != want || c.PrivateDNS {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestPhasesComeFirst: what needs the private names waits for the second phase, and the three ECS endpoints are in order.
func TestPhasesComeFirst(t *testing.T) {
	yes := true
	w := plantest.New()
	plantest.OnEC2(w)
	w.Ans.TwoPhases = &yes
	p := w.Plan()
	before := map[resource.ID][]resource.ID{}
	for _, a := range p.Changes { // they are sorted
		for _, d := range a.Deps() {
			before[a.ID] = append(append(before[a.ID], d), before[d]...)
		}
	}
	agents := resource.ID("")
	for _, a := range p.Changes {
		if _, ok := a.Spec.(resource.AgentRestart); ok {
			agents = a.ID
		}
	}
	for i, code := range catalog.ECSEndpoints {
		id := resource.ID("private-dns/" + code)
		if !slices.Contains(before[agents], id) {
			t.Errorf("%s is restarted before %s", agents, id)
		}
		a := p.Change(id)
		if i > 0 && (!slices.Contains(a.Deps(), "private-dns/"+resource.ID(catalog.ECSEndpoints[i-1])) || !slices.Contains(a.Rules, "E-ORDER")) {
			t.Errorf("%+v", a)
		}
		if !slices.Contains(before[id], "endpoint-check") || slices.Contains(p.Change("endpoint/"+resource.ID(code)).Rules, "E-ORDER") {
			t.Errorf("%s: %v", id, before[id])
		}
	}
	if p.Stops(nil) != nil || slices.ContainsFunc(p.Findings, func(f plan.Finding) bool { return f.Rule == "G-CYCLE" }) {
		t.Errorf("%+v", p.Findings)
	}
}

package plan_test

import (
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestNow judges existing endpoints before the plan changes anything. The plan fixes most of these.
func TestNow(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*plantest.World)
		change  resource.ID
		want    string // the rule; empty if nothing is in the way
		unsure  bool
	}{
		{"reachable", func(w *plantest.World) { w.Endpoint(plantest.Ready("logs")) }, "endpoint/logs", "", false},
		{"group", func(w *plantest.World) {
			e := plantest.Ready("logs")
			e.Groups = []string{"sg-default"}
			w.Endpoint(e)
		}, "endpoint/logs", "G-SG443", false},
		{"prefix list", func(w *plantest.World) {
			e := plantest.Ready("logs")
			e.Groups = []string{"sg-list"}
			w.Group(inventory.SecurityGroup{ID: "sg-list", VPC: plantest.VPC, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-unread"}}})
			w.Endpoint(e)
		}, "endpoint/logs", "G-SG443", true},
		{"private DNS", func(w *plantest.World) {
			e := plantest.Ready("logs")
			e.PrivateDNS = false
			w.Endpoint(e)
		}, "endpoint/logs", "G-DNSOFF", false},
		{"DNS of the VPC", func(w *plantest.World) {
			w.Endpoint(plantest.Ready("logs"))
			w.Net().DNSHostnames = false
		}, "endpoint/logs", "G-DNSATTR", false},
		{"route", func(w *plantest.World) {
			w.Endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []string{"rtb-main"}})
		}, "endpoint/s3", "G-GWROUTE", false},
		{"routed", func(w *plantest.World) {
			w.Endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []string{"rtb-app"}})
		}, "endpoint/s3", "", false},
		{"policy", func(w *plantest.World) {
			e := plantest.Ready("logs")
			e.Policy = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"logs:DescribeLogGroups","Resource":"*"}]}`
			w.Endpoint(e)
		}, "endpoint/logs", "G-POLADD", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := plantest.New()
			w.Group(plantest.Wide())
			c.prepare(w)
			var rules []string
			for _, f := range plan.Now(&w.Inv, w.Ans) {
				if slices.Contains(f.Changes, c.change) && f.Severity != plan.Info {
					rules = append(rules, f.Rule)
					if f.Undecided != c.unsure {
						t.Errorf("%s: undecided is %v", f.Rule, f.Undecided)
					}
				}
			}
			if c.want == "" && len(rules) > 0 || c.want != "" && !slices.Contains(rules, c.want) {
				t.Errorf("rules %v, want %q", rules, c.want)
			}
		})
	}
	if found := plan.Now(&inventory.Inventory{}, plantest.New().Ans); found != nil {
		t.Errorf("findings about a VPC that was not read: %v", found)
	}
}

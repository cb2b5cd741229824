package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// central are the zones of central endpoints for what the workload uses.
var central = []string{"api.ecr.us-east-1.amazonaws.com", "dkr.ecr.us-east-1.amazonaws.com", "logs.us-east-1.amazonaws.com", "secretsmanager.us-east-1.amazonaws.com"}

const hub = "444455556666"

func zonesOf(w *plantest.World, owner string, names ...string) {
	for _, n := range names {
		w.Net().HostedZones = append(w.Net().HostedZones, inventory.HostedZone{ID: fmt.Sprintf("Z%d", len(w.Net().HostedZones)), Name: n, Owner: owner})
	}
}

func rule(w *plantest.World, kind, domain string) {
	w.Net().Resolver.Rules = append(w.Net().Resolver.Rules, inventory.ResolverRule{ID: "rslvr-rr-1", Domain: domain, Type: kind})
}

func all(p *plan.Plan, rule string) []plan.Finding {
	var out []plan.Finding
	for _, f := range p.Findings {
		if f.Rule == rule {
			out = append(out, f)
		}
	}
	return out
}

// Without private DNS, a plan says that clients do not find the endpoints only if nothing else in the VPC
// can answer the names. What was not read leaves it open.
func TestWithoutPrivateDNS(t *testing.T) {
	gap := func(call, code string) func(*plantest.World) {
		return func(w *plantest.World) {
			w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: call, Code: code})
		}
	}
	const known, open, answered = plan.Error, plan.Warn, plan.Severity("")
	host := func(w *plantest.World, account string) {
		w.Def().Containers = append(w.Def().Containers, inventory.Container{Name: "side", Image: account + ".dkr.ecr.us-east-1.amazonaws.com/side:1"})
	}
	for _, tt := range []struct {
		name          string
		change        func(*plantest.World)
		registry, log plan.Severity // of G-DNSDKR, and of G-DNSOFF in a plan with the endpoint for logs only
		says          string        // of either
	}{
		{"nothing", func(*plantest.World) {}, known, known, "would use"},
		{"zones of a profile", func(w *plantest.World) {
			w.Net().Resolver.Profiles = []inventory.DNSProfile{{ID: "rp-7", Zones: []string{"Z8"}}}
		}, open, open, "the private hosted zones of Route 53 Profile rp-7"},
		{"endpoints of a profile", func(w *plantest.World) {
			w.Net().Resolver.Profiles = []inventory.DNSProfile{{ID: "rp-7", Other: []string{"vpce-0a1"}}}
		}, open, open, "the endpoints of Route 53 Profile rp-7"},
		{"a profile without names", func(w *plantest.World) {
			w.Net().Resolver.Profiles = []inventory.DNSProfile{{ID: "rp-7", Other: []string{"rqlc-0a1"}}}
		}, known, known, ""},
		{"a rule with an unread domain", func(w *plantest.World) { rule(w, "", "") }, open, open, "the domain of Resolver rule rslvr-rr-1"},
		{"a delegation rule", func(w *plantest.World) { rule(w, "DELEGATE", "") }, known, known, ""},
		{"a system rule", func(w *plantest.World) { rule(w, "SYSTEM", "amazonaws.com") }, known, known, ""},
		{"zones were denied", gap("route53:ListHostedZonesByVPC", "AccessDenied"), open, open, "route53:ListHostedZonesByVPC"},
		{"rules were denied", gap("route53resolver:ListResolverRuleAssociations", "AccessDenied"), open, open, "route53resolver:ListResolverRuleAssociations"},
		{"profiles were denied", gap("route53profiles:ListProfileAssociations", "AccessDenied"), open, open, "route53profiles:ListProfileAssociations"},
		{"resources of profiles were denied", gap("route53profiles:ListProfileResourceAssociations", "AccessDenied"), open, open, "route53profiles:ListProfileResourceAssociations"},
		{"an old snapshot", gap("route53resolver:ListResolverRuleAssociations", inventory.NotInSnapshot), open, open, ""},
		{"a Region without Resolver", gap("route53resolver:ListResolverRuleAssociations", inventory.NotOffered), known, known, ""},
		{"DNS Firewall was denied", gap("route53resolver:ListFirewallRuleGroupAssociations", "AccessDenied"), known, known, ""},
		{"forwarded", func(w *plantest.World) { rule(w, "FORWARD", "amazonaws.com") }, answered, answered, ""},
		{"all forwarded", func(w *plantest.World) { rule(w, "FORWARD", ".") }, answered, answered, ""},
		{"others forwarded", func(w *plantest.World) { rule(w, "FORWARD", "example.com") }, known, known, ""},
		{"a parent zone", func(w *plantest.World) { zonesOf(w, hub, "us-east-1.amazonaws.com") }, answered, answered, ""},
		{"exact zones", func(w *plantest.World) { zonesOf(w, hub, central...) }, answered, answered, ""},
		{"a zone of AWS", func(w *plantest.World) { zonesOf(w, "vpce.amazonaws.com", central...) }, known, known, ""},
		{"the only registry", func(w *plantest.World) { zonesOf(w, hub, plantest.Account+".dkr.ecr.us-east-1.amazonaws.com") }, answered, known, ""},
		{"both registries", func(w *plantest.World) {
			host(w, hub)
			zonesOf(w, hub, plantest.Account+".dkr.ecr.us-east-1.amazonaws.com")
			rule(w, "FORWARD", hub+".dkr.ecr.us-east-1.amazonaws.com")
		}, answered, known, ""},
		{"one of two registries", func(w *plantest.World) {
			host(w, hub)
			zonesOf(w, hub, plantest.Account+".dkr.ecr.us-east-1.amazonaws.com")
		}, known, known, "no pull from " + hub + ".dkr.ecr.us-east-1.amazonaws.com would"},
	} {
		for need, want := range map[string]plan.Severity{"G-DNSDKR": tt.registry, "G-DNSOFF": tt.log} {
			w := plantest.New()
			no := false
			w.Ans.PrivateDNS = &no
			if need == "G-DNSOFF" {
				w.Ans.Needs = &[]string{"awslogs"}
			}
			tt.change(w)
			p := w.Plan()
			f := finding(p, need)
			if f == nil {
				f = &plan.Finding{}
			}
			if f.Severity != want {
				t.Errorf("%s: %s is %q, want %q: %s", tt.name, need, f.Severity, want, f.Message)
			}
			if want == open && (strings.Contains(f.Message, "would use the endpoint") || !strings.Contains(f.Message, "this is not known")) {
				t.Errorf("%s: %s", tt.name, f.Message)
			}
			if need == "G-DNSDKR" && !strings.Contains(f.Message, tt.says) {
				t.Errorf("%s: %s", tt.name, f.Message)
			}
			if want == answered && finding(p, "G-ZONE") == nil && finding(p, "G-FWD") == nil {
				t.Errorf("%s: nothing reports what answers the names", tt.name)
			}
		}
	}
}

// The advice about zones of a profile follows from private DNS.
func TestZonesOfProfileWithoutPrivateDNS(t *testing.T) {
	for _, on := range []bool{false, true} {
		w := plantest.New()
		w.Ans.PrivateDNS = &on
		w.Net().Resolver.Profiles = []inventory.DNSProfile{{ID: "rp-7", Zones: []string{"Z8"}}}
		if f := reported(t, w.Plan(), "G-R53MORE"); strings.Contains(f.Fix, "the records lead to the endpoints") == on || strings.Contains(f.Fix, "none of these zones") != on {
			t.Errorf("private DNS %v: %s", on, f.Fix)
		}
	}
}

// Zones of one owner are one finding, whether they prevent private DNS or it is off.
func TestOneFindingForTheZonesOfAnOwner(t *testing.T) {
	for ruleID, on := range map[string]bool{"G-DNSCONFLICT": true, "G-ZONE": false} {
		for _, owners := range [][]string{{hub}, {hub, plantest.Account}, {hub, plantest.Account, ""}} {
			w := plantest.New()
			w.Ans.PrivateDNS = &on
			for i, name := range central {
				zonesOf(w, owners[i%len(owners)], name)
			}
			fs := all(w.Plan(), ruleID)
			if len(fs) != len(owners) {
				t.Fatalf("%s: %d findings for %d owners: %+v", ruleID, len(fs), len(owners), fs)
			}
			var changes []resource.ID
			for _, f := range fs {
				changes = append(changes, f.Changes...)
				for _, z := range strings.Split(f.Resource, ", ") {
					if !strings.Contains(f.Message, z) {
						t.Errorf("%s: zone %s is not in %s", ruleID, z, f.Message)
					}
				}
			}
			slices.Sort(changes)
			if want := []resource.ID{"endpoint/ecr.api", "endpoint/ecr.dkr", "endpoint/logs", "endpoint/secretsmanager"}; !slices.Equal(changes, want) {
				t.Errorf("%s: %v", ruleID, changes)
			}
			if f := fs[0]; on && (f.Severity != plan.Error || !strings.Contains(f.Fix, "(answers file: needs)") || !strings.Contains(f.Fix, "private_dns: false") || !f.Refused()) {
				t.Errorf("%+v", f)
			}
		}
	}
}

// In the VPC of central endpoints the endpoints have no private DNS, and zones have their names.
func TestEndpointsWithZonesOfTheirNamesAreKept(t *testing.T) {
	two := func(w *plantest.World) {
		w.EndpointService("logs").PrivateNames = []string{"logs.us-east-1.amazonaws.com", "logs.us-east-1.api.aws"}
	}
	for _, tt := range []struct {
		name     string
		change   func(*plantest.World)
		kept     bool
		conflict bool
	}{
		{"its zone", func(w *plantest.World) { zonesOf(w, plantest.Account, "logs.us-east-1.amazonaws.com") }, true, false},
		{"a zone of another account", func(w *plantest.World) { zonesOf(w, hub, "LOGS.us-east-1.amazonaws.com") }, true, false},
		{"one of two names", func(w *plantest.World) { two(w); zonesOf(w, hub, "logs.us-east-1.amazonaws.com") }, true, false},
		{"the other of two names", func(w *plantest.World) { two(w); zonesOf(w, hub, "logs.us-east-1.api.aws") }, false, true},
		{"no zone", func(*plantest.World) {}, false, false},
		{"a parent zone, which private DNS outranks", func(w *plantest.World) { zonesOf(w, hub, "us-east-1.amazonaws.com") }, false, false},
		{"the zone of another endpoint", func(w *plantest.World) { zonesOf(w, "vpce.amazonaws.com", "logs.us-east-1.amazonaws.com") }, false, false},
	} {
		w := plantest.New()
		w.Ans.Needs = &[]string{"awslogs"}
		w.Group(plantest.Wide())
		e := plantest.Ready("logs")
		e.PrivateDNS = false
		w.Endpoint(e)
		tt.change(w)
		p := w.Plan()
		a := p.Change("endpoint/logs")
		if (a.Op == resource.Keep) != tt.kept || strings.Contains(a.Why, "stays off") != tt.kept || strings.Contains(a.Why, "no client finds") == tt.kept {
			t.Errorf("%s: %s, %s", tt.name, a.Op, a.Why)
		}
		if (finding(p, "G-DNSCONFLICT") != nil) != tt.conflict {
			t.Errorf("%s: %+v", tt.name, finding(p, "G-DNSCONFLICT"))
		}
		if f := finding(p, "G-ZONE"); tt.kept && (f == nil || f.Severity != plan.Warn) || tt.kept && finding(p, "G-DNSOFF") != nil {
			t.Errorf("%s: %+v", tt.name, p.Findings)
		}
	}
}

// A zone with names of Amazon S3 can be that of a central interface endpoint, so the error can be
// accepted. With internet access it is a warning.
func TestZoneOfAmazonS3(t *testing.T) {
	for _, name := range []string{"s3.us-east-1.amazonaws.com", "us-east-1.amazonaws.com", "amazonaws.com"} {
		for _, closed := range []bool{true, false} {
			w := plantest.New()
			if !closed {
				w.NAT()
				w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"})
			}
			zonesOf(w, hub, name)
			p := w.Plan()
			f := reported(t, p, "G-ZONE")
			if (f.Severity == plan.Error) != closed || !strings.Contains(f.Message, "does not know where they lead") || strings.Contains(f.Message, "those of the s3 endpoint") {
				t.Errorf("%s, closed %v: %s %s", name, closed, f.Severity, f.Message)
			}
			if strings.Contains(f.Fix, "an interface endpoint of Amazon S3 that the VPC reaches, accept the finding (--accept G-ZONE)") != closed {
				t.Errorf("%s, closed %v: %s", name, closed, f.Fix)
			}
			if (len(p.Stops(nil)) > 0) != closed || len(p.Stops([]string{"G-ZONE"})) > 0 || f.Refused() {
				t.Errorf("%s, closed %v: %+v", name, closed, p.Stops(nil))
			}
		}
	}
}

// Forwarded names of a gateway endpoint must resolve to public addresses. Those of an interface endpoint
// must resolve to its addresses, which Route 53 knows only with private DNS.
func TestForwardedNames(t *testing.T) {
	const public, unseen, off = "public addresses of Amazon S3, so these servers must resolve its names as the internet does", "cannot be seen from the account", "Private DNS of"
	for _, tt := range []struct {
		domain   string
		on       bool
		severity plan.Severity
		says     []string
		not      []string
		fix      string
	}{
		{"s3.us-east-1.amazonaws.com", true, plan.Info, []string{public}, []string{unseen, off}, ""},
		{"s3.us-east-1.amazonaws.com", false, plan.Info, []string{public}, []string{unseen, off}, ""},
		{"amazonaws.com", true, plan.Info, []string{public}, []string{unseen, off}, ""}, // the endpoints' names are more specific
		{".", true, plan.Info, []string{public}, []string{unseen, off}, ""},
		{"amazonaws.com", false, plan.Warn, []string{public, unseen, off}, []string{"addresses of the s3"}, "return the addresses of the ecr.api, ecr.dkr, secretsmanager and logs endpoints"},
		{"logs.us-east-1.amazonaws.com", true, plan.Warn, []string{unseen}, []string{public, off}, "Disassociate the rule from the VPC"},
		{"logs.us-east-1.amazonaws.com", false, plan.Warn, []string{unseen, off}, []string{public}, "return the addresses of the logs endpoint"},
	} {
		w := plantest.New()
		w.Ans.PrivateDNS = &tt.on
		rule(w, "FORWARD", tt.domain)
		f := reported(t, w.Plan(), "G-FWD")
		if f.Severity != tt.severity || tt.fix != "" && !strings.Contains(f.Fix, tt.fix) || !tt.on && strings.Contains(f.Fix, "system rule") {
			t.Errorf("%s, private DNS %v: %s %s %s", tt.domain, tt.on, f.Severity, f.Message, f.Fix)
		}
		for _, s := range tt.says {
			if !strings.Contains(f.Message, s) {
				t.Errorf("%s, private DNS %v: %q is not in %s", tt.domain, tt.on, s, f.Message)
			}
		}
		for _, s := range tt.not {
			if strings.Contains(f.Message, s) {
				t.Errorf("%s, private DNS %v: %q is in %s", tt.domain, tt.on, s, f.Message)
			}
		}
	}
}

// A need that the answers leave out can be served by the endpoints of others.
func TestNeedsThatOthersServe(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*plantest.World)
		open   []string // the needs with a condition
	}{
		{"nothing", func(*plantest.World) {}, nil},
		{"zones without Amazon S3", func(w *plantest.World) { zonesOf(w, hub, central...) }, []string{"awslogs", "secretsmanager"}},
		{"zones", func(w *plantest.World) { zonesOf(w, hub, append(central, "s3.us-east-1.amazonaws.com")...) }, []string{"awslogs", "ecr", "secretsmanager"}},
		{"zones, and the gateway endpoint is planned", func(w *plantest.World) {
			zonesOf(w, hub, central...)
			w.Ans.Needs = &[]string{"s3"}
		}, []string{"awslogs", "ecr", "secretsmanager"}},
		{"forwarded", func(w *plantest.World) { rule(w, "FORWARD", "logs.us-east-1.amazonaws.com") }, []string{"awslogs"}},
		{"a profile", func(w *plantest.World) {
			w.Net().Resolver.Profiles = []inventory.DNSProfile{{ID: "rp-7", Zones: []string{"Z8"}}}
		}, []string{"awslogs", "ecr", "secretsmanager"}},
	} {
		w := plantest.New()
		w.Ans.Needs = &[]string{}
		tt.change(w)
		var got []string
		n := 0
		for _, f := range w.Plan().Findings {
			if strings.Contains(f.Message, "is not selected, but") {
				n++
				if strings.Contains(f.Message, ", unless ") {
					got = append(got, f.Resource)
				}
			}
		}
		if slices.Sort(got); n != 3 || !slices.Equal(got, tt.open) {
			t.Errorf("%s: %v of %d, want %v", tt.name, got, n, tt.open)
		}
	}
}

// A route to an endpoint that the account cannot see does not prevent the route of the plan.
func TestRoutesToEndpointsThatAreNotSeen(t *testing.T) {
	for _, shared := range []bool{false, true} {
		for _, blackhole := range []bool{false, true} {
			for _, denied := range []bool{false, true} {
				for _, main := range []bool{false, true} {
					w := plantest.New()
					n := w.Net()
					table := &n.RouteTables[1]
					if main { // the subnets use it without an association
						table.Subnets, table = nil, &n.RouteTables[0]
					}
					table.Routes = append(table.Routes, inventory.Route{PrefixList: "pl-s3", Target: "vpce-0b2", Blackhole: blackhole})
					if shared {
						for i := range n.Subnets {
							n.Subnets[i].Owner = hub
						}
					}
					if denied {
						w.Gap("ec2:DescribeVpcEndpoints")
					}
					if got, want := finding(w.Plan(), "G-GWDUP") != nil, blackhole || !shared && !denied; got != want {
						t.Errorf("shared %v, blackhole %v, denied %v, main %v: reported %v", shared, blackhole, denied, main, got)
					}
				}
			}
		}
	}
}

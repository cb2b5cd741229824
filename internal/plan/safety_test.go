package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// The wizard once checked each of these accounts wrongly.

func TestTurningPrivateDNSOnShutsNobodyOut(t *testing.T) {
	w := plantest.New()
	w.Ans.Needs = &[]string{"awslogs"}
	plantest.Narrow(w)
	plantest.Elsewhere(w)
	e := plantest.Ready("logs")
	e.Groups, e.PrivateDNS = []string{"sg-narrow"}, false
	w.Endpoint(e)
	p := w.Plan()
	c, ok := p.Change("endpoint/logs").Spec.(resource.EndpointChange)
	if !ok || !c.PrivateDNS || !slices.Contains(c.AddGroups, resource.From("security-group/endpoints")) {
		t.Errorf("%+v", p.Change("endpoint/logs"))
	}
	if p.Change("security-group-rule/endpoints/in/10.0.0.0/16") == nil {
		t.Error("the whole VPC is not allowed")
	}
	if f := finding(p, "G-SHUTOUT"); f != nil {
		t.Errorf("%+v", f)
	}
}

func TestDormantPrivateDNSIsJudgedWhenItWakes(t *testing.T) {
	w := plantest.New()
	plantest.Narrow(w)
	plantest.Elsewhere(w)
	e := plantest.Ready("sts")
	e.Groups = []string{"sg-narrow"}
	w.Endpoint(e)
	if f := finding(w.Plan(), "G-SHUTOUT"); f != nil {
		t.Errorf("it is in effect already, and not in the plan: %+v", f)
	}
	w.Net().DNSHostnames = false
	if f := finding(w.Plan(), "G-SHUTOUT"); f == nil || f.Severity != plan.Error || f.Resource != "vpce-sts" {
		t.Errorf("%+v", f)
	}
}

func TestGroupsOfOneTaskAddUp(t *testing.T) {
	w := plantest.New()
	w.Group(inventory.SecurityGroup{ID: "sg-bare", Name: "bare", VPC: vpc})
	w.Service().Groups = []string{"sg-app", "sg-bare"}
	plantest.Narrow(w)
	w.Ans.SecurityGroups = []string{"sg-narrow"} // allows sg-app
	noFindings(t, w.Plan())
	w.Ans.SecurityGroups = nil
	p := w.Plan()
	if p.Change("security-group-rule/endpoints/in/sg-app") == nil || p.Change("security-group-rule/endpoints/in/sg-bare") != nil {
		t.Errorf("%v", rows(p))
	}
}

func TestOutboundRulesAddUp(t *testing.T) {
	w := plantest.New()
	var rules []inventory.GroupRule
	for _, cidr := range []string{"10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"} {
		rules = append(rules, inventory.GroupRule{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: cidr})
	}
	w.Net().SecurityGroups[0].Rules = append(rules, inventory.GroupRule{Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"})
	noFindings(t, w.Plan())
	w.Net().SecurityGroups[0].Rules = rules[1:]
	if finding(w.Plan(), "G-SGEGRESS") == nil {
		t.Error("a zone without a rule is not reported")
	}
}

// TestBlockingNetworkACLIsNotProved checks that an accepted error about a network ACL is measured, so
// that it fails the verification.
func TestBlockingNetworkACLIsNotProved(t *testing.T) {
	w := plantest.New()
	plantest.Deny(50, true)(w)
	text := "in/100/allow/-1/0.0.0.0/0/all out/50/deny/6/10.0.0.0/16/443-443 out/100/allow/-1/0.0.0.0/0/all"
	denied := 0
	for _, c := range w.Plan().Claims {
		if m, ok := c.Measure.(resource.ACL); ok && strings.HasPrefix(resource.JudgeACL(text, m.Traffic), "denied by entry 50") {
			denied++
		}
	}
	if denied != 3 {
		t.Errorf("%d claims fail, want one for each subnet", denied)
	}
	// Many accounts deny a port in the range of response traffic.
	w = plantest.New()
	w.Net().NetworkACLs[0].Entries = append(w.Net().NetworkACLs[0].Entries, inventory.ACLEntry{Number: 10, Protocol: "6", CIDR: "0.0.0.0/0", From: 3389, To: 3389})
	noFindings(t, w.Plan())
}

func TestAcceptedErrorIsNotProvedEither(t *testing.T) {
	w := plantest.New()
	w.Ans.SecurityGroups = []string{"sg-default"}
	n := 0
	for _, c := range w.Plan().Claims {
		if m, ok := c.Measure.(resource.Allows); ok && !m.Rule.Egress && m.Rule.Peer.Lit == "sg-app" {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d claims that the workload is allowed, want one for each endpoint", n)
	}
}

func TestAddressFamilies(t *testing.T) {
	w := plantest.New()
	w.Inv.VPCs[0].IPv6 = []string{"2001:db8::/56"}
	for i := range w.Net().Subnets {
		w.Net().Subnets[i].IPv6 = []string{"2001:db8:0:" + string(rune('0'+i)) + "::/64"}
	}
	for i := range w.Inv.Services {
		w.Inv.Services[i].IPTypes = []string{"ipv4", "ipv6"}
	}
	w.Net().SecurityGroups[0].Rules = append(w.Net().SecurityGroups[0].Rules, inventory.GroupRule{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "::/0"})
	for _, egress := range []bool{true, false} {
		w.Net().NetworkACLs[0].Entries = append(w.Net().NetworkACLs[0].Entries, inventory.ACLEntry{Number: 101, Egress: egress, Allow: true, Protocol: "-1", CIDR: "::/0"})
	}
	w.Ans.IPAddressType = answers.DualStack
	noFindings(t, w.Plan())
	w.Group(plantest.Wide()) // which allows the IPv4 addresses only
	w.Ans.SecurityGroups = []string{"sg-wide"}
	if f := finding(w.Plan(), "G-SG443"); f == nil {
		t.Error("endpoints also use IPv6, and no client is allowed there")
	}
}

func TestClientsKnownByTheirGroupAlone(t *testing.T) {
	w := plantest.New()
	w.Ans.Clients = []string{"sg-app"}
	if e, ok := w.Plan().Change("endpoint/logs").Spec.(resource.InterfaceEndpoint); !ok || len(e.Subnets) != 3 {
		t.Errorf("%+v", e)
	}
}

func TestLeftoverBesideAWorkingEndpoint(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	w.Endpoint(plantest.Ready("logs"))
	old := plantest.Ready("logs")
	old.ID, old.State, old.PrivateDNS = "vpce-old", "deleting", false
	w.Endpoint(old)
	p := w.Plan()
	if f := finding(p, "G-STATE"); f == nil || f.Severity != plan.Info {
		t.Errorf("%+v", f)
	}
}

func TestSubnetOfNobodysServices(t *testing.T) {
	w := plantest.New()
	w.Ans.Clients = []string{"subnet-data"}
	w.Net().RouteTables[0].Routes = append(w.Net().RouteTables[0].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "igw-1"})
	for _, n := range w.Plan().Needs {
		if n.Service == "logs" && n.Verdict != plan.Required {
			t.Errorf("%s: an internet gateway does not help without public addresses", n.Verdict)
		}
	}
}

func TestOnlyTCP443Counts(t *testing.T) {
	for name, tt := range map[string]struct {
		rule inventory.GroupRule
		want bool
	}{
		"TCP 443":          {inventory.GroupRule{Protocol: "tcp", From: 443, To: 443}, true},
		"by its number":    {inventory.GroupRule{Protocol: "6", From: 443, To: 443}, true},
		"a range of ports": {inventory.GroupRule{Protocol: "tcp", From: 1, To: 1024}, true},
		"all traffic":      {inventory.GroupRule{Protocol: "-1", From: -1, To: -1}, true},
		"TCP 80":           {inventory.GroupRule{Protocol: "tcp", From: 80, To: 80}, false},
		"ports above":      {inventory.GroupRule{Protocol: "tcp", From: 444, To: 65535}, false},
		"UDP 443":          {inventory.GroupRule{Protocol: "udp", From: 443, To: 443}, false},
		"outbound":         {inventory.GroupRule{Egress: true, Protocol: "tcp", From: 443, To: 443}, false},
	} {
		w := plantest.New()
		tt.rule.CIDR = "10.0.0.0/16"
		w.Group(inventory.SecurityGroup{ID: "sg-own", Name: "own", VPC: vpc, Rules: []inventory.GroupRule{tt.rule}})
		w.Ans.SecurityGroups = []string{"sg-own"}
		if admitted := finding(w.Plan(), "G-SG443") == nil; admitted != tt.want {
			t.Errorf("%s: allowed %v", name, admitted)
		}
	}
}

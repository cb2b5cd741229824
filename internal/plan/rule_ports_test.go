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

// extraWorld is an account with an additional service in the answers and in the Region. names are its
// private names.
func extraWorld(code string, names ...string) *plantest.World {
	w := plantest.New()
	w.Ans.Extra = []string{code}
	w.Inv.Services = append(w.Inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1." + code, Type: "Interface", PolicySupported: true,
		Zones: []string{region + "a", region + "b", region + "c"}, PrivateNames: names, IPTypes: []string{"ipv4"}})
	return w
}

// opening returns a security group that allows ranges of ports from the VPC.
func opening(id string, ranges ...catalog.Ports) inventory.SecurityGroup {
	g := inventory.SecurityGroup{ID: id, Name: id, VPC: vpc}
	for _, r := range ranges {
		g.Rules = append(g.Rules, inventory.GroupRule{Protocol: "tcp", From: r.First, To: r.Last, CIDR: "10.0.0.0/16"})
	}
	return g
}

func findings(p *plan.Plan, rule string) []plan.Finding {
	return slices.DeleteFunc(slices.Clone(p.Findings), func(f plan.Finding) bool { return f.Rule != rule })
}

var portCodes = []string{"email-smtp", "cassandra", "cassandra-fips", "iot.data", "datasync", "appstream.streaming", "transfer.server"}

// TestPortsOfAdditionalServices tests every service with other ports: the plan's own group allows
// them, and a missing port in a group of the endpoint, of the workload, or in a network ACL is found.
func TestPortsOfAdditionalServices(t *testing.T) {
	others := func(code string) []catalog.Ports {
		return slices.DeleteFunc(slices.Clone(catalog.PortsOf(code)), func(p catalog.Ports) bool { return p == catalog.HTTPS })
	}
	for _, code := range portCodes {
		all := append([]catalog.Ports{catalog.HTTPS}, others(code)...)
		oneOf := catalog.TraitsOf(code).OneOf
		if len(others(code)) == 0 {
			t.Errorf("%s has no other port", code)
		}
		p := extraWorld(code, code+".us-east-1.amazonaws.com").Plan()
		for _, r := range others(code) {
			id := resource.ID("security-group-rule/endpoints/in/sg-app/tcp-" + r.String())
			a := p.Change(id)
			if a == nil || a.Op != resource.Create {
				t.Errorf("%s: the plan does not allow %s to its own group", code, r)
				continue
			}
			if in := resource.Properties(a.Spec); in["from_port"] != r.First || in["to_port"] != r.Last {
				t.Errorf("%s: %v for %s", code, in, r)
			}
			if deps := p.Change(resource.ID("endpoint/" + code)).Deps(); !slices.Contains(deps, id) {
				t.Errorf("%s: the endpoint does not wait for %s: %v", code, id, deps)
			}
			if !slices.ContainsFunc(p.Claims, func(c resource.Claim) bool {
				m, ok := c.Measure.(resource.Allows)
				return ok && m.Rule.From == r.First && m.Rule.To == r.Last
			}) {
				t.Errorf("%s: nothing verifies %s", code, r)
			}
		}
		if fs := findings(p, "G-PORTS"); len(fs) > 0 {
			t.Errorf("%s with its own group: %v", code, fs)
		}
		for what, tc := range map[string]struct {
			change func(w *plantest.World)
			found  bool
		}{
			"a group with all ports": {func(w *plantest.World) { w.Group(opening("sg-all", all...)); w.Ans.SecurityGroups = []string{"sg-all"} }, false},
			"all ports in two rules": {func(w *plantest.World) {
				w.Group(opening("sg-all", catalog.Ports{First: 0, Last: 1030}, catalog.Ports{First: 1031, Last: 65535}))
				w.Ans.SecurityGroups = []string{"sg-all"}
			}, false},
			"only HTTPS": {func(w *plantest.World) { w.Group(plantest.Wide()); w.Ans.SecurityGroups = []string{"sg-wide"} }, !(oneOf && catalog.UsesHTTPS(code))},
			"no rule":    {func(w *plantest.World) { w.Ans.SecurityGroups = []string{"sg-default"} }, true},
			"HTTPS egress": {func(w *plantest.World) {
				w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "0.0.0.0/0"}}
			}, !(oneOf && catalog.UsesHTTPS(code))},
			"egress by UDP": {func(w *plantest.World) {
				w.Net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "0.0.0.0/0"}, {Egress: true, Protocol: "udp", From: 0, To: 65535, CIDR: "0.0.0.0/0"}}
			}, !(oneOf && catalog.UsesHTTPS(code))},
			"network ACL": {func(w *plantest.World) {
				// Traffic inside a subnet passes no network ACL, so the endpoint gets one of its own.
				w.Ans.Subnets, w.Ans.Clients = []string{"subnet-data"}, []string{"subnet-a", "sg-app"}
				for i, r := range others(code) {
					w.Net().NetworkACLs[0].Entries = append(w.Net().NetworkACLs[0].Entries, inventory.ACLEntry{Number: 50 + i, Egress: true, Protocol: "6", CIDR: "10.0.0.0/16", From: r.First, To: r.Last})
				}
			}, !(oneOf && catalog.UsesHTTPS(code))},
		} {
			w := extraWorld(code, code+".us-east-1.amazonaws.com")
			tc.change(w)
			fs := findings(w.Plan(), "G-PORTS")
			if (len(fs) > 0) != tc.found {
				t.Errorf("%s, %s: found %v, want %v: %v", code, what, len(fs) > 0, tc.found, fs)
			}
			if len(fs) > 0 && !strings.Contains(fs[0].Message, code) {
				t.Errorf("%s, %s: %s", code, what, fs[0].Message)
			}
		}
		for i := range others(code) { // one port less
			w := extraWorld(code, code+".us-east-1.amazonaws.com")
			w.Group(opening("sg-less", append(slices.Delete(slices.Clone(others(code)), i, i+1), catalog.HTTPS)...))
			w.Ans.SecurityGroups = []string{"sg-less"}
			want := !oneOf || len(others(code)) == 1 && !catalog.UsesHTTPS(code)
			if got := len(findings(w.Plan(), "G-PORTS")) > 0; got != want {
				t.Errorf("%s without %s: found %v, want %v", code, others(code)[i], got, want)
			}
		}
		for i, r := range others(code) { // a range with one port, and in two parts
			if r.First == r.Last {
				continue
			}
			rest := slices.Delete(slices.Clone(all), i+1, i+2)
			for _, ports := range [][]catalog.Ports{{{First: r.First, Last: r.First}}, {{First: r.First, Last: r.Last - 1}}, {{First: r.First, Last: r.First}, {First: r.First + 1, Last: r.Last}}} {
				w := extraWorld(code, code+".us-east-1.amazonaws.com")
				w.Group(opening("sg-part", slices.Concat(rest, ports)...))
				w.Ans.SecurityGroups = []string{"sg-part"}
				if got := len(findings(w.Plan(), "G-PORTS")) > 0; got != (len(ports) == 1) {
					t.Errorf("%s with %v of %s: found %v", code, ports, r, got)
				}
			}
		}
	}
}

// TestExistingAdditionalEndpoint tests an endpoint with one open port of several, which is kept, and
// one without an open port, which gets the plan's group.
func TestExistingAdditionalEndpoint(t *testing.T) {
	for _, tc := range []struct {
		ports []catalog.Ports
		op    resource.Op
	}{
		{[]catalog.Ports{{First: 587, Last: 587}}, resource.Keep},
		{[]catalog.Ports{{First: 1, Last: 24}, {First: 26, Last: 442}}, resource.Modify},
		{[]catalog.Ports{catalog.HTTPS}, resource.Modify},
	} {
		w := extraWorld("email-smtp", "email-smtp.us-east-1.amazonaws.com")
		e := plantest.Ready("email-smtp")
		e.Groups = []string{"sg-mail"}
		w.Group(opening("sg-mail", tc.ports...))
		w.Endpoint(e)
		p := w.Plan()
		if a := p.Change("endpoint/email-smtp"); a == nil || a.Op != tc.op {
			t.Errorf("%v: %+v", tc.ports, a)
		}
		for _, rule := range []string{"G-PORTS", "G-SG443", "G-SGEGRESS"} {
			if fs := findings(p, rule); len(fs) > 0 {
				t.Errorf("%v: %v", tc.ports, fs)
			}
		}
	}
}

// TestServiceWithoutPrivateName tests services without a private name in the Region's list.
func TestServiceWithoutPrivateName(t *testing.T) {
	for _, code := range []string{"iot.data", "dynamo-like", "logs"} {
		w := extraWorld(code)
		for i := range w.Inv.Services {
			if strings.HasSuffix(w.Inv.Services[i].Name, "."+code) {
				w.Inv.Services[i].PrivateNames = nil
			}
		}
		p := w.Plan()
		a := p.Change(resource.ID("endpoint/" + code))
		if a == nil || a.Spec.(resource.InterfaceEndpoint).PrivateDNS {
			t.Errorf("%s is planned with private DNS: %+v", code, a)
			continue
		}
		if slices.Contains(a.Deps(), resource.ID("vpc-attribute/dns-hostnames")) {
			t.Errorf("%s waits for the DNS attributes", code)
		}
		f := findings(p, "G-NONAME")
		if len(f) != 1 || f[0].Severity != plan.Warn || !strings.Contains(f[0].Message, code) || f[0].Fix == "" {
			t.Errorf("%s: %v", code, f)
		}
		if f := findings(p, "G-DNSOFF"); len(f) > 0 {
			t.Errorf("%s: one cause, two findings: %v", code, f)
		}
	}
	// An unknown list of names is not a list without names.
	w := plantest.New()
	w.Ans.Extra = []string{"sts"}
	w.Inv.Services = slices.DeleteFunc(w.Inv.Services, func(s inventory.EndpointService) bool { return strings.HasSuffix(s.Name, ".sts") })
	if a := w.Plan().Change("endpoint/sts"); a == nil || !a.Spec.(resource.InterfaceEndpoint).PrivateDNS {
		t.Errorf("sts: %+v", a)
	}
	// An existing endpoint shows its own name.
	w = extraWorld("iot.sensors")
	e := plantest.Ready("iot.sensors")
	e.PrivateDNS, e.DNSNames = false, []string{"vpce-1.iot.us-east-1.vpce.amazonaws.com"}
	w.Group(plantest.Wide())
	w.Endpoint(e)
	p := w.Plan()
	if a := p.Change("endpoint/iot.sensors"); a.Op != resource.Keep {
		t.Errorf("an endpoint without a possible private name is changed: %+v", a)
	}
	if f := findings(p, "G-NONAME"); len(f) != 1 || !strings.Contains(f[0].Fix, "vpce-1.iot") {
		t.Error(f)
	}
}

// TestNamesOfAdditionalServices tests private names that cover more than one name, or not all of them.
func TestNamesOfAdditionalServices(t *testing.T) {
	for _, tc := range []struct {
		code, name string
		severity   plan.Severity
		says       string
	}{
		{"execute-api", "*.execute-api.us-east-1.amazonaws.com", plan.Warn, "403"},
		{"appsync-api", "*.appsync-api.us-east-1.amazonaws.com", plan.Warn, "AppSync"},
		{"sts", "sts.us-east-1.amazonaws.com", plan.Info, "sts.amazonaws.com"},
		{"codeartifact.repositories", "*.d.codeartifact.us-east-1.amazonaws.com", plan.Info, "*.d.codeartifact"},
		{"kinesis-firehose", "firehose.us-east-1.amazonaws.com", "", ""},
	} {
		for _, dns := range []bool{true, false} {
			w := extraWorld(tc.code, tc.name)
			w.Ans.PrivateDNS = &dns
			fs := findings(w.Plan(), "G-NAMES")
			want := tc.severity != "" && dns
			if (len(fs) > 0) != want || want && (fs[0].Severity != tc.severity || !strings.Contains(fs[0].Message, tc.says)) {
				t.Errorf("%s, private DNS %v: %v", tc.code, dns, fs)
			}
		}
	}
	if fs := findings(plantest.New().Plan(), "G-NAMES"); len(fs) > 0 {
		t.Errorf("ecr.dkr, which the workload needs: %v", fs)
	}
}

// TestPortsOfSomeClients tests ports that only some clients use: the plan's own group allows them, and a
// group without them is neither an error nor changed.
func TestPortsOfSomeClients(t *testing.T) {
	w := extraWorld("athena", "athena.us-east-1.amazonaws.com")
	p := w.Plan()
	if a := p.Change("security-group-rule/endpoints/in/sg-app/tcp-444"); a == nil || a.Op != resource.Create || len(findings(p, "G-PORTS")) > 0 {
		t.Errorf("own group: %+v, %v", a, findings(p, "G-PORTS"))
	}
	w = extraWorld("athena", "athena.us-east-1.amazonaws.com")
	w.Group(plantest.Wide())
	w.Endpoint(plantest.Ready("athena"))
	p = w.Plan()
	if a := p.Change("endpoint/athena"); a.Op != resource.Keep {
		t.Errorf("a working endpoint is changed: %+v", a)
	}
	if f := findings(p, "G-PORTS"); len(f) != 1 || f[0].Severity != plan.Warn || !strings.Contains(f[0].Message, "JDBC") {
		t.Error(f)
	}
}

// TestServiceWithoutHTTPS tests a service with clients on another port only: no check connects to its
// TCP 443, and no rule of TCP 443 judges the path to it.
func TestServiceWithoutHTTPS(t *testing.T) {
	w := extraWorld("cassandra", "cassandra.us-east-1.amazonaws.com")
	managed(w)
	look := w.Plan().Change("inside/us-east-1a").Spec.(resource.InsideLook)
	if len(look.Names) == 0 || slices.Contains(look.Names, "cassandra.us-east-1.amazonaws.com") {
		t.Errorf("names %v", look.Names)
	}
	w = extraWorld("cassandra", "cassandra.us-east-1.amazonaws.com")
	w.Ans.Needs = &[]string{}
	for i := range w.Net().SecurityGroups {
		if g := &w.Net().SecurityGroups[i]; g.ID == "sg-app" {
			g.Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 9142, To: 9142, CIDR: "10.0.0.0/16"}}
		}
	}
	p := w.Plan()
	for _, rule := range []string{"G-SGEGRESS", "G-PORTS", "G-SG443"} {
		if fs := findings(p, rule); len(fs) > 0 {
			t.Error(fs)
		}
	}
}

// TestOthersKeepTheirPath tests that the plan opens its group to the whole VPC only for endpoints with
// private DNS: without it, other clients do not use the endpoints.
func TestOthersKeepTheirPath(t *testing.T) {
	for _, dns := range []bool{true, false} {
		var names []string
		if dns {
			names = []string{"iot.data.us-east-1.amazonaws.com"}
		}
		w := extraWorld("iot.data", names...)
		w.Ans.Needs = &[]string{}
		w.Net().Interfaces = append(w.Net().Interfaces, inventory.Interface{ID: "eni-other", Subnet: "subnet-data", Type: "interface", Status: "in-use", IP: "10.0.100.9"})
		got := rows(w.Plan())
		for _, from := range []string{"10.0.0.0/16", "sg-app"} {
			for _, port := range []string{"", "/tcp-8883"} {
				id := resource.ID("security-group-rule/endpoints/in/" + from + port)
				if want := (from == "10.0.0.0/16") == dns; (got[id] == resource.Create) != want {
					t.Errorf("private DNS %v: %s is %q", dns, id, got[id])
				}
			}
		}
	}
}

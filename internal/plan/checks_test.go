package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// caught is one case that a rule catches; alone is one like it that the rule must
// leave alone.
type ruleCase struct {
	rule     string
	severity plan.Severity
	caught   func(*world)
	says     string // a part of the message
	alone    func(*world)
	fixed    bool // the finding's patch makes it go away
}

func off(w *world) { no := false; w.ans.PrivateDNS = &no }

func only(needs ...string) func(*world) { return func(w *world) { w.ans.Needs = &needs } }

func with(fs ...func(*world)) func(*world) {
	return func(w *world) {
		for _, f := range fs {
			f(w)
		}
	}
}

func nat(w *world) {
	w.net().RouteTables[1].Routes = append(w.net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"})
	w.net().NATGateways = []inventory.NATGateway{{ID: "nat-1", State: "available", Public: true}}
}

func having(e inventory.Endpoint, change func(*inventory.Endpoint)) func(*world) {
	return func(w *world) {
		w.group(wide())
		if change != nil {
			change(&e)
		}
		w.endpoint(e)
	}
}

func ownGroups(ids ...string) func(*world) {
	return func(w *world) { w.group(wide()); w.ans.SecurityGroups = ids }
}

func narrow(w *world) {
	w.group(inventory.SecurityGroup{ID: "sg-narrow", Name: "narrow", VPC: vpc, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, Group: "sg-app"}}})
}

func elsewhere(w *world) {
	w.iface(inventory.Interface{ID: "eni-9", Subnet: "subnet-data", Status: "in-use", Type: "interface", IP: "10.0.100.9", Groups: []string{"sg-default"}})
}

func deny(n int, egress bool) func(*world) {
	return func(w *world) {
		w.net().NetworkACLs[0].Entries = append(w.net().NetworkACLs[0].Entries, inventory.ACLEntry{Number: n, Egress: egress, Protocol: "6", CIDR: "10.0.0.0/16", From: 443, To: 443})
	}
}

var ruleCases = []ruleCase{
	{rule: "A-GAP", severity: plan.Error, caught: func(w *world) { w.gap("ec2:DescribeSecurityGroups") }, says: "ec2:DescribeSecurityGroups was denied (UnauthorizedOperation, request req-1)", alone: func(*world) {}},
	{rule: "A-GAP", severity: plan.Error, caught: func(w *world) { w.gap("ecs:ListClusters") }, says: "where their images come from", alone: func(*world) {}},
	{rule: "A-GAP", severity: plan.Warn, caught: with(only("ecr"), func(w *world) { w.gap("ecs:ListClusters") }), says: "ecs:ListClusters", alone: func(*world) {}},
	{rule: "A-GAP", severity: plan.Error, caught: func(w *world) {
		w.ans.Service = "prod/web"
		w.inv.TaskDefinitions = nil
		w.gap("ecs:DescribeTaskDefinition")
	}, says: "ecs:DescribeTaskDefinition",
		alone: func(w *world) { w.ans.Service = "prod/web"; w.gap("ecs:ListServices") }}, // of another team's cluster
	{rule: "A-GAP", severity: plan.Info, caught: func(w *world) { w.gap("ecs:DescribeClusters") }, says: "ecs:DescribeClusters", alone: func(*world) {}},
	{rule: "G-SHARED", severity: plan.Block, caught: func(w *world) { w.net().Subnets[0].Owner = "999999999999" }, says: "999999999999", alone: func(w *world) { w.net().Subnets[3].Owner = "999999999999" }},
	{rule: "G-SVCEXISTS", severity: plan.Block, caught: func(w *world) { w.ans.Extra = []string{"nonsense"} }, says: "us-east-1 has no interface endpoint service com.amazonaws.us-east-1.nonsense", alone: func(w *world) { w.ans.Extra = []string{"sts"} }},
	{rule: "G-SVCEXISTS", severity: plan.Block, caught: func(w *world) { w.inv.Services = w.inv.Services[1:] }, says: "ecr.api", alone: func(w *world) {
		w.inv.Services = slices.DeleteFunc(w.inv.Services, func(s inventory.EndpointService) bool { return strings.HasSuffix(s.Name, ".batch") })
	}},
	{rule: "G-OWNED", severity: plan.Block, caught: having(ready("logs"), func(e *inventory.Endpoint) { e.RequesterManaged, e.Groups = true, []string{"sg-default"} }), says: "cannot be changed",
		alone: having(ready("logs"), func(e *inventory.Endpoint) { e.RequesterManaged = true })},
	{rule: "G-STATE", severity: plan.Error, caught: having(ready("logs"), func(e *inventory.Endpoint) { e.State, e.LastError = "failed", "InternalError: no" }), says: "InternalError: no",
		alone: having(ready("kms"), func(e *inventory.Endpoint) { e.State = "failed" })},
	{rule: "G-DNSCONFLICT", severity: plan.Error, caught: having(ready("logs"), func(e *inventory.Endpoint) { e.State = "failed" }), says: "already holds the private DNS name of logs",
		alone: having(ready("logs"), func(e *inventory.Endpoint) { e.State, e.PrivateDNS = "failed", false }), fixed: true},
	{rule: "G-DNSCONFLICT", severity: plan.Error, caught: having(ready("other"), func(e *inventory.Endpoint) { e.DNSNames = []string{"logs.us-east-1.amazonaws.com"} }), says: "logs", alone: having(ready("other"), nil), fixed: true},
	{rule: "G-DNSCONFLICT", severity: plan.Error, caught: func(w *world) {
		w.net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "logs.us-east-1.amazonaws.com", Owner: "999999999999"}}
	}, says: "owned by 999999999999", alone: func(w *world) {
		w.net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "kms.us-east-1.amazonaws.com"}, {ID: "Z2", Name: "shop.internal"}}
	}, fixed: true},
	{rule: "G-DNSDKR", severity: plan.Error, caught: off, says: "ecr.dkr", alone: with(off, only("awslogs")), fixed: true},
	{rule: "G-DNSOFF", severity: plan.Error, caught: with(off, only("awslogs")), says: "logs", alone: func(*world) {}, fixed: true},
	{rule: "G-DNSOFF", severity: plan.Info, caught: with(off, only(), func(w *world) { w.ans.Extra = []string{"batch"} }), says: "--endpoint-url", alone: func(*world) {}},
	{rule: "G-R53DNS", severity: plan.Warn, caught: func(w *world) { w.net().DomainServers = []string{"10.0.0.10"} }, says: "10.0.0.10", alone: func(w *world) { w.net().DomainServers = []string{"10.0.0.10", "AmazonProvidedDNS"} }},
	{rule: "G-SG443", severity: plan.Error, caught: ownGroups("sg-default"), says: "do not admit TCP 443 from sg-app", alone: ownGroups("sg-wide"), fixed: true},
	{rule: "G-SHUTOUT", severity: plan.Error, caught: with(elsewhere, narrow, ownGroups("sg-narrow")), says: "eni-9 (10.0.100.9 in subnet-data)", alone: with(elsewhere, ownGroups("sg-wide")), fixed: true},
	{rule: "G-SHUTOUT", severity: plan.Warn, caught: with(elsewhere, narrow, having(ready("logs"), func(e *inventory.Endpoint) { e.Groups = []string{"sg-narrow"} })), says: "that is there shuts out", alone: with(elsewhere, having(ready("logs"), nil))},
	{rule: "G-SGEGRESS", severity: plan.Error, caught: func(w *world) { w.net().SecurityGroups[0].Rules = nil }, says: "lets no TCP 443 out", alone: func(w *world) {
		w.net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}, {Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-s3"}}
	}},
	{rule: "G-SGEGRESS", severity: plan.Error, caught: func(w *world) {
		w.net().SecurityGroups[0].Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}
	}, says: "Amazon S3", alone: func(*world) {}},
	{rule: "G-NACL", severity: plan.Warn, caught: deny(50, true), says: "entry 50", alone: deny(200, true)},
	{rule: "G-NACL", severity: plan.Warn, caught: deny(50, false), says: "into", alone: func(w *world) {
		w.ans.Clients, w.ans.Subnets = []string{"subnet-a"}, []string{"subnet-a"}
		deny(50, false)(w)
	}},
	{rule: "G-ONESUBAZ", severity: plan.Error, caught: func(w *world) { w.ans.Subnets = []string{"subnet-a", "subnet-data", "subnet-b"} }, says: "both in zone us-east-1a", alone: func(w *world) { w.ans.Subnets = []string{"subnet-data", "subnet-b"} }, fixed: true},
	{rule: "G-AZSUP", severity: plan.Error, caught: func(w *world) {
		w.ans.Subnets = []string{"subnet-a", "subnet-b"}
		w.endpointService("logs").Zones = []string{region + "b", region + "c"}
	}, says: "not in zone us-east-1a", alone: func(w *world) { w.endpointService("logs").Zones = []string{region + "b", region + "c"} }, fixed: true},
	{rule: "G-AZSUP", severity: plan.Error, caught: func(w *world) { w.endpointService("logs").Zones = []string{region + "f"} }, says: "none of the workload's zones", alone: func(*world) {}},
	{rule: "G-TWOAZ", severity: plan.Warn, caught: func(w *world) { w.ans.Subnets = []string{"subnet-a"} }, says: "One zone only", alone: func(w *world) { w.ans.Subnets = []string{"subnet-a", "subnet-b"} }},
	{rule: "G-IPFREE", severity: plan.Error, caught: func(w *world) { w.net().Subnets[0].Free = 3 }, says: "has 3 free addresses left, and the plan needs 4", alone: func(w *world) { w.net().Subnets[0].Free = 4 }},
	{rule: "G-IPTYPE", severity: plan.Error, caught: func(w *world) { w.ans.IPAddressType = "dualstack" }, says: "does not support address type dualstack", alone: func(w *world) { w.ans.IPAddressType = "ipv4" }},
	{rule: "G-GWDUP", severity: plan.Error, caught: func(w *world) {
		w.net().RouteTables[1].Routes = append(w.net().RouteTables[1].Routes, inventory.Route{PrefixList: "pl-s3", Target: "vpce-gone", Blackhole: true})
	}, says: "vpce-gone", alone: func(w *world) {
		w.net().RouteTables[0].Routes = append(w.net().RouteTables[0].Routes, inventory.Route{PrefixList: "pl-s3", Target: "vpce-gone"})
	}},
	{rule: "G-GWCUT", severity: plan.Warn, caught: with(nat, func(w *world) {
		w.iface(inventory.Interface{ID: "eni-9", Subnet: "subnet-a", Status: "in-use", Type: "interface", Groups: []string{"sg-app"}})
	}), says: "they drop when the route appears", alone: func(w *world) {
		w.iface(inventory.Interface{ID: "eni-9", Subnet: "subnet-a", Status: "in-use", Type: "interface", Groups: []string{"sg-app"}})
	}},
	{rule: "E-ECRHALF", severity: plan.Error, caught: with(only(), func(w *world) { w.ans.Extra = []string{"ecr.dkr"} }), says: "for ecr.dkr but none for ecr.api", alone: only("ecr")},
	{rule: "E-ECRHALF", severity: plan.Warn, caught: with(nat, only(), having(ready("ecr.api"), nil)), says: "for ecr.api but none for ecr.dkr", alone: func(*world) {}},
	{rule: "E-ECRXREGION", severity: plan.Error, caught: func(w *world) { w.def().Containers[0].Image = strings.Replace(image, region, "eu-west-1", 1) }, says: "from eu-west-1", alone: func(*world) {}},
	{rule: "E-ECRPUBLIC", severity: plan.Error, caught: func(w *world) { w.def().Containers[0].Image = "public.ecr.aws/nginx/nginx" }, says: "public.ecr.aws", alone: with(nat, func(w *world) { w.def().Containers[0].Image = "public.ecr.aws/nginx/nginx" })},
	{rule: "E-DOCKERHUB", severity: plan.Error, caught: func(w *world) { w.def().Containers[0].Image = "nginx" }, says: "web:7 pulls nginx from a registry outside AWS", alone: with(nat, func(w *world) { w.def().Containers[0].Image = "nginx" })},
	{rule: "E-LOGS", severity: plan.Error, caught: func(w *world) { w.def().Containers[0].LogRegion = "eu-west-1" }, says: "logs to CloudWatch Logs in eu-west-1", alone: func(w *world) { w.def().Containers[0].LogRegion = region }},
	{rule: "E-LOGS", severity: plan.Warn, caught: only("ecr", "secretsmanager"), says: "leave awslogs out", alone: only("ecr", "secretsmanager", "awslogs")},
	{rule: "E-ECRPAIR", severity: plan.Warn, caught: only("secretsmanager", "awslogs"), says: "leave ecr out", alone: with(nat, only())},
	{rule: "E-SECRETS", severity: plan.Warn, caught: only("ecr", "awslogs"), says: "leave secretsmanager out", alone: func(*world) {}},
}

func TestRules(t *testing.T) {
	for _, tt := range ruleCases {
		t.Run(tt.rule, func(t *testing.T) {
			w := newWorld()
			tt.caught(w)
			p := w.plan()
			f := finding(p, tt.rule)
			if f == nil {
				t.Fatalf("not caught; findings: %+v", p.Findings)
			}
			if f.Severity != tt.severity || !strings.Contains(f.Message, tt.says) {
				t.Errorf("%s: %s\nwant %s and %q", f.Severity, f.Message, tt.severity, tt.says)
			}
			if f.Severity != plan.Info && f.Fix == "" {
				t.Error("it does not say what to do")
			}
			for _, id := range f.Rows {
				if p.Action(id) == nil {
					t.Errorf("it names row %s, which is not there", id)
				}
			}
			if tt.fixed {
				if f.Patch == nil {
					t.Fatal("it offers no one-key fix")
				}
				w.ans = f.Patch.Apply(w.ans)
				if f := finding(w.plan(), tt.rule); f != nil && f.Severity == tt.severity {
					t.Errorf("the fix does not help: %s", f.Message)
				}
			}
			w = newWorld()
			tt.alone(w)
			if f := finding(w.plan(), tt.rule); f != nil && f.Severity == tt.severity {
				t.Errorf("it speaks where it should not: %s", f.Message)
			}
		})
	}
}

// TestEveryRuleHasACase fails for a rule that no test triggers, as a finding or in
// a row.
func TestEveryRuleHasACase(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range ruleCases {
		seen[c.rule] = true
	}
	w := newWorld()
	w.net().DNSSupport = false
	w.service().Exec, w.service().ServiceConnect, w.inv.Clusters[0].ExecKMSKey = true, true, "key"
	w.def().Containers[0].Secrets = append(w.def().Containers[0].Secrets, "parameter")
	w.endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available"})
	rowsOf := func(w *world) {
		for _, a := range w.plan().Actions {
			for _, r := range a.Rules {
				seen[r] = true
			}
		}
	}
	rowsOf(w)
	w.inv.Region, w.ans.Region = "ca-west-1", "ca-west-1"
	rowsOf(w)
	classes := map[plan.Class]int{}
	for _, r := range plan.Rules() {
		classes[r.Class]++
		if !seen[r.ID] {
			t.Errorf("no test triggers %s", r.ID)
		}
	}
	t.Logf("rules: %d that yield rows, %d that yield findings", classes[plan.ClassGap], classes[plan.ClassCheck])
}

func TestStops(t *testing.T) {
	p := &plan.Plan{Findings: []plan.Finding{{Rule: "A", Severity: plan.Block}, {Rule: "B", Severity: plan.Error}, {Rule: "C", Severity: plan.Warn}}}
	if n := len(p.Stops(nil)); n != 2 {
		t.Errorf("%d stops", n)
	}
	if n := len(p.Stops([]string{"A", "B"})); n != 1 {
		t.Errorf("a block was accepted, or an error was not: %d", n)
	}
}

package plan_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// emptyPlace matches texts with a place that a missing value left empty.
var emptyPlace = regexp.MustCompile(`\b(to|in|of|from|for|by|is|at|with) [.,;)]|\b(to|of|from|by|with)[.,]( |$)|  |\(\)|\( |\[\]|, ,|,,|:[ ]?\.|: *$|, \.|and \.|"" |'' |^[., ]|<nil>|%!`)

// worlds are accounts without findings, one for each kind of workload.
var worlds = map[string]func(*plantest.World){
	"fargate":   func(*plantest.World) {},
	"ec2":       plantest.OnEC2,
	"batch":     plantest.Batch,
	"batch ec2": plantest.BatchOnEC2,
}

// breaks break one part of an account, each with the rules that may report it, separated by a space;
// "" if the plan copes, and "any" for one rule.
var breaks = []struct {
	name  string
	do    func(w *plantest.World)
	rules string
}{
	{"no subnets", func(w *plantest.World) { w.Net().Subnets = nil }, "any"},
	{"the service has no zone of the workload", func(w *plantest.World) {
		for i := range w.Inv.Services {
			w.Inv.Services[i].Zones = []string{"us-east-1f"}
		}
	}, "G-AZSUP"},
	{"one service has no zone of the workload", func(w *plantest.World) { w.EndpointService("logs").Zones = []string{"us-east-1f"} }, "G-AZSUP"},
	{"a service has one zone of three", func(w *plantest.World) { w.EndpointService("logs").Zones = []string{"us-east-1a"} }, "G-TWOAZ"},
	{"the subnets are in a Local Zone", func(w *plantest.World) {
		for i := range w.Net().Subnets {
			w.Net().Subnets[i].Zone = "us-east-1-bos-1a"
		}
	}, "G-AZSUP"},
	{"the chosen subnets are in no zone of the service", func(w *plantest.World) {
		w.Net().Subnets[3].Zone = "us-east-1-bos-1a"
		w.Ans.Subnets, w.Ans.Clients = []string{"subnet-data"}, []string{"subnet-a", "subnet-b", "sg-app", "sg-hosts"}
	}, "G-AZSUP G-TWOAZ"},
	{"no free addresses", func(w *plantest.World) { w.Net().Subnets[0].Free = 0 }, "G-IPFREE"},
	{"no group of the workload", func(w *plantest.World) {
		w.Net().SecurityGroups = slices.DeleteFunc(w.Net().SecurityGroups, func(g inventory.SecurityGroup) bool { return g.ID == "sg-app" || g.ID == "sg-hosts" })
	}, ""},
	{"the groups were not read", func(w *plantest.World) {
		w.Net().SecurityGroups = nil
		w.Gap("ec2:DescribeSecurityGroups")
	}, "A-GAP"},
	{"the chosen groups were not read", func(w *plantest.World) {
		w.Net().SecurityGroups = nil
		w.Ans.SecurityGroups = []string{"sg-wide"}
		w.Gap("ec2:DescribeSecurityGroups")
		plantest.Elsewhere(w)
	}, "A-GAP"},
	{"the chosen group allows nothing", func(w *plantest.World) {
		w.Group(inventory.SecurityGroup{ID: "sg-none", VPC: plantest.VPC})
		w.Ans.SecurityGroups = []string{"sg-none"}
	}, "G-SG443"},
	{"no outbound rules", func(w *plantest.World) {
		for i := range w.Net().SecurityGroups {
			w.Net().SecurityGroups[i].Rules = nil
		}
	}, "G-SGEGRESS"},
	{"no route tables", func(w *plantest.World) { w.Net().RouteTables = nil; w.Gap("ec2:DescribeRouteTables") }, "A-GAP"},
	{"a route leads nowhere", func(w *plantest.World) {
		w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "10.0.1.0/24", Target: "eni-1", Blackhole: true})
	}, "G-ROUTE"},
	{"the local route leads to an appliance", func(w *plantest.World) { w.Net().RouteTables[1].Routes[0].Target = "eni-1" }, "G-ROUTE"},
	{"a network ACL denies the requests", plantest.Deny(50, true), "G-NACL"},
	{"a network ACL denies the arrival", plantest.Deny(50, false), "G-NACL"},
	{"a network ACL denies everything", func(w *plantest.World) {
		w.Net().NetworkACLs[0].Entries = []inventory.ACLEntry{{Number: 10, Protocol: "-1", CIDR: "0.0.0.0/0"}, {Number: 10, Egress: true, Protocol: "-1", CIDR: "0.0.0.0/0"}}
	}, "G-NACL"},
	{"network ACLs were not read", func(w *plantest.World) { w.Net().NetworkACLs = nil; w.Gap("ec2:DescribeNetworkAcls") }, "A-GAP"},
	{"the prefix lists were not read", func(w *plantest.World) { w.Net().PrefixLists = nil; w.Gap("ec2:DescribePrefixLists") }, "A-GAP"},
	{"a policy blocks an interface endpoint", func(w *plantest.World) { ready(w, "logs", `{"Statement": []}`) }, "G-POLADD"},
	{"a policy blocks Amazon S3", func(w *plantest.World) { s3Gateway(w, "vpce-s3", `{"Statement": []}`, "rtb-app") }, "E-S3POL"},
	{"a policy blocks agents", func(w *plantest.World) { ready(w, "ecs-agent", `{"Statement": []}`) }, "G-POLAGENT"},
	{"an endpoint failed", func(w *plantest.World) { ready(w, "logs", ""); w.Net().Endpoints[0].State = "failed" }, "G-STATE"},
	{"an endpoint is being deleted", func(w *plantest.World) { ready(w, "logs", ""); w.Net().Endpoints[0].State = "deleting" }, "G-STATE"},
	{"a gateway endpoint failed with its route", func(w *plantest.World) {
		s3Gateway(w, "vpce-s3", "", "rtb-app")
		w.Net().Endpoints[0].State = "failed"
		w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{PrefixList: "pl-s3", Target: "vpce-s3"})
	}, "G-STATE"},
	{"private DNS is off", func(w *plantest.World) { no := false; w.Ans.PrivateDNS = &no }, "G-DNSDKR"},
	{"private DNS is off, without images", func(w *plantest.World) {
		no, needs := false, []string{"secretsmanager", "awslogs", "ecr"}
		w.Ans.PrivateDNS, w.Ans.Needs = &no, &needs
	}, "G-DNSDKR"},
	{"an address type that the services lack", func(w *plantest.World) { w.Ans.IPAddressType = "dualstack" }, "G-IPTYPE"},
	{"an address type that the subnets lack", func(w *plantest.World) {
		w.Ans.IPAddressType = "ipv6"
		for i := range w.Inv.Services {
			w.Inv.Services[i].IPTypes = []string{"ipv4", "ipv6"}
		}
	}, "G-IPTYPE"},
	{"a service does not exist", func(w *plantest.World) { w.Inv.Services = w.Inv.Services[1:] }, "G-SVCEXISTS"},
	{"the services were not read", func(w *plantest.World) { w.Inv.Services = nil; w.Gap("ec2:DescribeVpcEndpointServices") }, "A-GAP"},
	{"another resolver", func(w *plantest.World) { w.Net().DomainServers = []string{"10.0.0.10"} }, "G-R53DNS"},
	{"a shared subnet", func(w *plantest.World) { w.Net().Subnets[0].Owner = "999999999999" }, "G-SHARED"},
	{"the VPC does not exist", func(w *plantest.World) { w.Inv.VPCs = nil }, "any"},
	{"the network was not read", func(w *plantest.World) { w.Inv.Networks = []inventory.Network{{VPC: plantest.VPC}} }, "any"},
	{"old agents", func(w *plantest.World) {
		for i := range w.Inv.Clusters {
			for j := range w.Inv.Clusters[i].ContainerInstances {
				w.Inv.Clusters[i].ContainerInstances[j].AgentVersion = "1.10.0"
			}
		}
	}, "E-AGENT1251"},
}

func ready(w *plantest.World, code, policy string) {
	w.Group(plantest.Wide())
	e := plantest.Ready(code)
	e.Policy = policy
	w.Endpoint(e)
}

// Each broken part is one cause, and the findings name it only.
func TestOneCauseOneFinding(t *testing.T) {
	for name, world := range worlds {
		before := map[string]bool{}
		w := plantest.New()
		world(w)
		for _, f := range w.Plan().Findings {
			before[f.Rule] = true
		}
		for _, b := range breaks {
			t.Run(name+"/"+b.name, func(t *testing.T) {
				w := plantest.New()
				world(w)
				b.do(w)
				count := map[string]int{}
				for _, f := range w.Plan().Findings {
					if before[f.Rule] {
						continue
					}
					count[f.Rule]++
					if !slices.Contains(strings.Fields(b.rules), f.Rule) && (b.rules != "any" || len(count) > 1) {
						t.Errorf("unexpected: %s %s %s: %s", f.Severity, f.Rule, f.Resource, f.Message)
					}
					if count[f.Rule] == 2 {
						t.Errorf("a second finding: %s %s: %s", f.Rule, f.Resource, f.Message)
					}
				}
				agents := slices.Contains([]string{"a policy blocks agents", "old agents"}, b.name) && !strings.HasSuffix(name, "ec2")
				if b.rules != "" && b.rules != "any" && len(count) == 0 && !agents {
					t.Error("it is not reported")
				}
			})
		}
	}
}

// No text of a plan has a place that a missing value left empty.
func TestNoEmptyPlaces(t *testing.T) {
	check := func(t *testing.T, name string, p *plan.Plan) {
		texts := map[string]string{}
		for _, f := range p.Findings {
			texts[fmt.Sprintf("%s message", f.Rule)], texts[fmt.Sprintf("%s fix", f.Rule)], texts[f.Rule+" resource"] = f.Message, f.Fix, f.Resource
		}
		for _, a := range p.Changes {
			texts[fmt.Sprint(a.ID, " summary")], texts[fmt.Sprint(a.ID, " why")] = a.Summary, a.Why
		}
		for i, c := range p.Claims {
			texts[fmt.Sprint("claim ", i)] = c.Says
		}
		for at, text := range texts {
			if m := emptyPlace.FindString(text); m != "" {
				t.Errorf("%s: %s: %q in %q", name, at, m, text)
			}
		}
	}
	for _, c := range plantest.Cases {
		w := plantest.New()
		c.Caught(w)
		check(t, c.Rule, w.Plan())
	}
	for name, world := range worlds {
		for _, b := range breaks {
			w := plantest.New()
			world(w)
			b.do(w)
			check(t, name+", "+b.name, w.Plan())
		}
	}
}

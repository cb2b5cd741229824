package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func TestResolveTurnsNamesIntoIDs(t *testing.T) {
	got, problems := Resolve(shop(), answers.Answers{Workload: answers.ECSFargate, VPC: "shop",
		Subnets: []string{"private-a", "subnet-b"}, Clients: []string{"private-b", "web-tasks", "sg-half"}, SecurityGroups: []string{"from-vpc"}, Extra: []string{"sts"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", VPC: "vpc-shop",
		Subnets: []string{"subnet-a", "subnet-b"}, Clients: []string{"subnet-b", "sg-web", "sg-half"}, SecurityGroups: []string{"sg-vpc"}, Extra: []string{"sts"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if again, problems := Resolve(shop(), got); len(problems) > 0 || cmp.Diff(got, again) != "" {
		t.Errorf("resolving again changes it: %v %v", problems, cmp.Diff(got, again))
	}
}

func TestResolveDoesNotChangeItsInput(t *testing.T) {
	in := answers.Answers{Workload: answers.ECSFargate, VPC: "shop", Subnets: []string{"private-a"}}
	if _, problems := Resolve(shop(), in); len(problems) > 0 {
		t.Fatal(problems)
	}
	if in.Subnets[0] != "private-a" {
		t.Error("the caller's list was changed")
	}
}

func TestResolveProblems(t *testing.T) {
	ok := answers.Answers{Workload: answers.ECSFargate, VPC: "vpc-shop"}
	for name, tt := range map[string]struct {
		change    func(*answers.Answers)
		key, says string
	}{
		"another account":    {func(a *answers.Answers) { a.Account = "111111111111" }, "account", "account 123456789012"},
		"another Region":     {func(a *answers.Answers) { a.Region = "eu-west-1" }, "region", "us-east-1"},
		"no workload":        {func(a *answers.Answers) { a.Workload = "" }, "workload", "is missing; supported: ecs-fargate"},
		"no such workload":   {func(a *answers.Answers) { a.Workload = "fargate" }, "workload", "is not a workload"},
		"no such VPC":        {func(a *answers.Answers) { a.VPC = "vpc-nope" }, "vpc", "existing VPCs: other (vpc-other), shop (vpc-shop), vpc-default"},
		"no such subnet":     {func(a *answers.Answers) { a.Subnets = []string{"subnet-a", "subnet-nope"} }, "subnets[1]", "this subnet does not exist in vpc-shop"},
		"another VPC's":      {func(a *answers.Answers) { a.Subnets = []string{"subnet-o"} }, "subnets[0]", "belongs to other (vpc-other), but `vpc` is vpc-shop"},
		"another VPC's sg":   {func(a *answers.Answers) { a.SecurityGroups = []string{"sg-other"} }, "security_groups[0]", "belongs to other (vpc-other)"},
		"two of the name":    {func(a *answers.Answers) { a.Clients = []string{"twin"} }, "clients[0]", "2 resources have this name: subnet-x, subnet-y; use the id"},
		"twice the same":     {func(a *answers.Answers) { a.Subnets = []string{"subnet-a", "private-a"} }, "subnets[1]", "is the same as subnets[0]"},
		"a group as subnet":  {func(a *answers.Answers) { a.Subnets = []string{"sg-web"} }, "subnets[0]", "is a security group; must be a subnet"},
		"a subnet as group":  {func(a *answers.Answers) { a.SecurityGroups = []string{"subnet-a"} }, "security_groups[0]", "is a subnet; must be a security group"},
		"no such service":    {func(a *answers.Answers) { a.Service = "prod/nope" }, "service", "existing services on Fargate: prod/api, prod/web"},
		"a service on EC2":   {func(a *answers.Answers) { a.Service = "prod/old" }, "service", "runs on EC2"},
		"a service's VPC":    {func(a *answers.Answers) { a.Service = "prod/api" }, "service", "runs in vpc-other, but `vpc` is vpc-shop"},
		"no such need":       {func(a *answers.Answers) { n := []string{"ecr", "ecrs"}; a.Needs = &n }, "needs[1]", "ecr"},
		"no such code":       {func(a *answers.Answers) { a.Extra = []string{"sts", "stss"} }, "extra[1]", "has no endpoint service"},
		"half a code":        {func(a *answers.Answers) { a.Extra = []string{"api"} }, "extra[0]", "has no endpoint service"},
		"no such policy":     {func(a *answers.Answers) { a.EndpointPolicy.Default = "exampel" }, "endpoint_policy", "did you mean example?"},
		"one of a service":   {func(a *answers.Answers) { a.EndpointPolicy.ByService = map[string]string{"sts": "closed"} }, "endpoint_policy.sts", "is not an endpoint policy"},
		"of no service":      {func(a *answers.Answers) { a.EndpointPolicy.ByService = map[string]string{"stss": "full"} }, "endpoint_policy.stss", "has no endpoint service with the code stss"},
		"no such IP version": {func(a *answers.Answers) { a.IPAddressType = "ipv5" }, "ip_address_type", "supported: ipv4"},
	} {
		t.Run(name, func(t *testing.T) {
			a := ok.Clone()
			tt.change(&a)
			_, problems := Resolve(shop(), a)
			if len(problems) != 1 || problems[0].Key != tt.key || problems[0].OfKey != (name == "of no service") || !strings.Contains(problems[0].Message, tt.says) {
				t.Errorf("%+v", problems)
			}
		})
	}
}

func TestResolveAcceptsTwoSubnetsOfAZone(t *testing.T) {
	if _, problems := Resolve(shop(), answers.Answers{Workload: answers.ECSFargate, VPC: "vpc-shop", Subnets: []string{"subnet-a", "subnet-a2"}}); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestResolveReadsTheNetworkFromTheService(t *testing.T) {
	got, problems := Resolve(shop(), answers.Answers{Workload: answers.ECSFargate, Service: "prod/web"})
	if len(problems) > 0 || got.VPC != "vpc-shop" || !slices.Equal(got.Clients, []string{"subnet-a", "subnet-b", "sg-web"}) {
		t.Errorf("%+v %v", got, problems)
	}
}

// A value that AWS did not show because of a denied read is accepted.
func TestResolveAcceptsUnreadIDs(t *testing.T) {
	inv := shop()
	inv.VPCs, inv.Clusters = nil, nil
	inv.Networks = []inventory.Network{{VPC: "vpc-shop"}}
	for _, call := range []string{"ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ecs:ListClusters", "ec2:DescribeVpcEndpointServices"} {
		inv.Gaps = append(inv.Gaps, inventory.Gap{Call: call, Code: "AccessDenied"})
	}
	a := answers.Answers{Workload: answers.ECSFargate, VPC: "vpc-shop", Service: "prod/web", Subnets: []string{"subnet-1"}, Clients: []string{"subnet-1", "sg-1"}, SecurityGroups: []string{"sg-2"}, Extra: []string{"any"}}
	got, problems := Resolve(inv, a)
	if len(problems) > 0 {
		t.Errorf("%v", problems)
	}
	if !slices.Equal(got.Subnets, a.Subnets) {
		t.Errorf("subnets %v", got.Subnets)
	}
	a.VPC = "shop"
	if _, problems = Resolve(inv, a); len(problems) != 1 || !strings.Contains(problems[0].Message, "use the id") {
		t.Errorf("a name of an unread VPC: %v", problems)
	}
}

func TestResolveIgnoresPartsThatAreNotLoaded(t *testing.T) {
	a := answers.Answers{Workload: answers.ECSFargate, VPC: "shop", Service: "x/y", Subnets: []string{"nope"}, Extra: []string{"nope"}}
	got, problems := Resolve(&inventory.Inventory{}, a)
	if len(problems) > 0 || got.VPC != "shop" {
		t.Errorf("%+v %v", got, problems)
	}
}

func TestRequests(t *testing.T) {
	if n := len(Requests(&inventory.Inventory{}, answers.Answers{VPC: "shop"})); n != 6 {
		t.Errorf("%d requests for the name of a VPC", n)
	}
	if rs := Requests(&inventory.Inventory{}, answers.Answers{VPC: "vpc-1"}); !slices.Contains(rs, inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-1"}) {
		t.Errorf("no network: %v", rs)
	}
	inv := shop()
	inv.Networks = inv.Networks[:1]
	lost := answers.Answers{VPC: "vpc-shop", Subnets: []string{"subnet-o"}}
	if n := len(Elsewhere(inv, lost)); n != 2 {
		t.Errorf("%d other networks", n)
	}
	if rs := Elsewhere(inv, answers.Answers{VPC: "vpc-shop", Subnets: []string{"subnet-a", "sg-web"}}); rs != nil {
		t.Errorf("unneeded requests %v", rs)
	}
}

//go:build acceptance

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestAcceptanceNewVPCOnMoto applies a plan for a new VPC with a NAT gateway on an emulator that others wrote, reads the VPC
// with the AWS CLI, and deletes it by its tags.
//
// What moto leaves out, and so is not tried here: regional NAT gateways, because it does not read AvailabilityMode. It
// applies many calls with DryRun. The check of permissions so creates the VPC, which the record of the run then lacks, and
// deletes some of what an undo deletes. It does not find a rule with a source group when the rule is revoked.
func TestAcceptanceNewVPCOnMoto(t *testing.T) {
	t.Parallel()
	s := newSite(t, startMoto(t))
	aws := func(args ...string) string {
		t.Helper()
		out, _ := s.run(0, filepath.Join(s.programs(clis[0]), "aws"), append(args, "--output", "text", "--endpoint-url", s.url)...)
		return strings.TrimSpace(out)
	}
	counts := func() map[string]string {
		t.Helper()
		out := map[string]string{}
		for _, kind := range []string{"vpcs:Vpcs", "subnets:Subnets", "route-tables:RouteTables", "internet-gateways:InternetGateways", "addresses:Addresses", "security-groups:SecurityGroups", "vpc-endpoints:VpcEndpoints[?State!='deleted']"} {
			operation, list, _ := strings.Cut(kind, ":")
			out[operation] = aws("ec2", "describe-"+operation, "--query", "length("+list+")")
		}
		return out
	}
	before := counts()
	s.write("answers.yaml", "version: 1\nworkload: ecs-fargate\nvpc:\n  create: {name: shop, cidr: 10.40.0.0/16, internet: nat}\nneeds: [ecr, awslogs]\n")
	out, _ := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	if !strings.Contains(out, "Verification: passed") {
		t.Error(out)
	}
	again, _ := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	if !strings.Contains(again, "0 changes applied, ") {
		t.Error("the second apply created something", again)
	}
	vpc := aws("ec2", "describe-vpcs", "--filters", "Name=tag:Name,Values=shop", "--query", "Vpcs[].[VpcId,CidrBlock]")
	id, block, _ := strings.Cut(vpc, "\t")
	if block != "10.40.0.0/16" {
		t.Fatalf("the VPC is %q", vpc)
	}
	in := "Name=vpc-id,Values=" + id
	for _, tt := range []struct{ operation, filter, query, want string }{
		{"describe-subnets", "--filters", "sort_by(Subnets, &CidrBlock)[].[CidrBlock,AvailabilityZone,Tags[?Key=='Name'].Value|[0]]",
			"10.40.0.0/24\tus-east-1a\tshop-public-us-east-1a\n10.40.16.0/20\tus-east-1a\tshop-private-us-east-1a\n10.40.32.0/20\tus-east-1b\tshop-private-us-east-1b"},
		{"describe-nat-gateways", "--filter", "NatGateways[].[State,Tags[?Key=='Name'].Value|[0]]", "available\tshop-nat-us-east-1a"},
		{"describe-route-tables", "--filters", "sort_by(RouteTables[?Tags[?Key=='Name']], &Tags[?Key=='Name'].Value|[0])[].[Tags[?Key=='Name'].Value|[0],to_string(length(Associations)),to_string(length(Routes[?NatGatewayId])),to_string(length(Routes[?GatewayId && starts_with(GatewayId, 'igw-')]))]",
			"shop-private\t2\t1\t0\nshop-public\t1\t0\t1"},
	} {
		if got := aws("ec2", tt.operation, tt.filter, in, "--query", tt.query); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.operation, got, tt.want)
		}
	}
	undone, _ := s.wizard(0, "undo", "--vpc", id, "--region", "us-east-1", "--changed", "--yes", "--speed", "1000")
	if !strings.Contains(undone, "0 failed, 0 not started") {
		t.Error(undone)
	}
	for operation, n := range counts() {
		if n != before[operation] {
			t.Errorf("%s lists %s after the undo, %s before the run", operation, n, before[operation])
		}
	}
}

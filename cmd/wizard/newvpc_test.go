package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// blockedAccess is the answer of an account where VPC Block Public Access blocks both directions. No scenario of the sandbox
// has this mode.
const blockedAccess = `<DescribeVpcBlockPublicAccessOptionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><vpcBlockPublicAccessOptions>` +
	`<awsAccountId>123456789012</awsAccountId><internetGatewayBlockMode>block-bidirectional</internetGatewayBlockMode></vpcBlockPublicAccessOptions></DescribeVpcBlockPublicAccessOptionsResponse>`

// blocked serves a scenario as an account with this mode.
func blocked(t *testing.T, scenario string) *site {
	acct, err := sandbox.New(sandbox.Options{Scenario: scenario, Speed: 20000})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if sandbox.Operation(r, body) == "DescribeVpcBlockPublicAccessOptions" {
			w.Header().Set("X-Amzn-Requestid", "r")
			fmt.Fprint(w, blockedAccess)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		acct.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return newSite(t, srv.URL)
}

// TestNewVPCStopsBeforeTheFirstWrite: what would make a new VPC fail or useless stops apply with exit code 3. The message says
// what to do, and nothing is written.
func TestNewVPCStopsBeforeTheFirstWrite(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		scenario, create string
		says             []string
	}{
		"block that overlaps another VPC": {"first-steps", "cidr: 10.20.0.0/16", []string{"V-CIDR", "The block overlaps 10.20.0.0/16 of VPC my-vpc", "Choose another block, such as 10.0.0.0/16 (answers file: vpc.create.cidr)."}},
		"block with no place for subnets": {"empty", "cidr: 10.0.0.0/27, private_size: /28, zones: 3", []string{"V-SIZE", "The block 10.0.0.0/27 has no place for the subnets of 3 zones", "Choose a larger block"}},
		"subnets that are too small":      {"empty", "cidr: 10.0.0.0/27", []string{"V-SIZE", "AWS reserves 5", "Choose a larger block for the VPC, or larger subnets (answers file: vpc.create.cidr, private_size)."}},
		"zone that does not exist":        {"empty", "zones: [us-east-1a, us-east-1z]", []string{"V-ZONE", "us-east-1z is not an available zone of us-east-1", "Zones of the Region: us-east-1a, us-east-1b,"}},
		"too many zones":                  {"first-steps", "zones: 4", []string{"V-ZONE", "The Region has 3 zones for this account, and the new VPC needs 4.", "Choose fewer zones (answers file: vpc.create.zones)."}},
		"quota of VPCs":                   {"empty", "internet: none", []string{"V-QUOTA", "The quota is 5 VPCs per Region", "5 exist, and the plan needs 1 more.", "Request a higher quota (Service Quotas, vpc, L-F678F1CE), or delete a VPC that is not used."}},
		"name of another VPC":             {"first-steps", "name: my-vpc", []string{"V-NAME", "VPC vpc-0f5e6f7a8b9c00001 has this name already.", "Choose another name (answers file: vpc.create.name), or use that VPC (vpc: vpc-0f5e6f7a8b9c00001)."}},
		"VPC Block Public Access":         {"empty", "internet: nat", []string{"V-BPA", "is in mode block-bidirectional", "Choose no internet route (answers file: vpc.create.internet: none)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s *site
			if name == "VPC Block Public Access" {
				s = blocked(t, tt.scenario)
			} else {
				s = hasty(t, tt.scenario)
			}
			if name == "quota of VPCs" {
				for n := range 4 { // and the default VPC
					must(ec2.NewFromConfig(s.config()).CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: sdk.String(fmt.Sprintf("10.%d.0.0/16", n))}))(t)
				}
				s.rested()
			}
			create := tt.create
			if !strings.Contains(create, "name:") {
				create = "name: shop, " + create
			}
			region := map[string]string{"empty": "us-east-1", "first-steps": "us-east-2"}[tt.scenario]
			s.write("answers.yaml", "version: 1\nworkload: ecs-fargate\nregion: "+region+"\nvpc:\n  create: {"+create+"}\nneeds: [ecr, awslogs, secretsmanager]\n")
			before := s.get("/_sandbox/account")
			out, errs := s.wizard(exitFindings, "apply", "--answers", "answers.yaml", "--yes", "--audit", "audit.jsonl")
			said := strings.Join(strings.Fields(out+errs), " ")
			for _, want := range tt.says {
				if !strings.Contains(said, want) {
					t.Errorf("%q is missing:\n%s%s", want, out, errs)
				}
			}
			for _, l := range audited(t, filepath.Join(s.dir, "audit.jsonl")) {
				if accounttest.Changes(l.Operation) {
					t.Errorf("it called %s", l.Operation)
				}
			}
			if d := cmp.Diff(before, s.get("/_sandbox/account")); d != "" {
				t.Error("the account changed", d)
			}
		})
	}
}

// TestNewVPCAnswersRoundTrip: the answers in the form that the program saves give the same plan as those that a user wrote.
func TestNewVPCAnswersRoundTrip(t *testing.T) {
	t.Parallel()
	s := hasty(t, "empty")
	const text = newVPCAnswers + "tags: {team: shop}\n"
	ans, _, err := answers.Load("answers.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s.write("answers.yaml", text)
	s.write("saved.yaml", string(must(ans.YAML())(t)))
	want, _ := s.wizard(exitOK, "plan", "--answers", "answers.yaml", "--json")
	got, _ := s.wizard(exitOK, "plan", "--answers", "saved.yaml", "--json")
	if d := cmp.Diff(want, got); d != "" || !strings.Contains(got, `"nat-gateway/us-east-1c"`) {
		t.Error("the saved answers give another plan (-answers +saved)", d)
	}
	// After an apply, the same answers still find the VPC.
	s.wizard(exitOK, "apply", "--answers", "saved.yaml", "--yes")
	out, _ := s.wizard(exitOK, "apply", "--answers", "answers.yaml", "--yes")
	if !strings.Contains(out, "0 changes applied, ") {
		t.Error(out)
	}
	runs, _ := s.wizard(exitOK, "runs")
	if !strings.Contains(runs, "\tvpc-00000000000000001\tcomplete\t") {
		t.Errorf("the list of runs does not show the VPC: %s", runs)
	}
	undone, _ := s.wizard(exitOK, "undo", "--vpc", "vpc-00000000000000001", "--region", "us-east-1")
	for _, want := range []string{"Create VPC shop", "Create NAT gateway shop-nat-us-east-1c", "Create subnet shop-private-us-east-1a", "Create attachment of internet gateway igw-", "Create route table shop-public"} {
		if !strings.Contains(undone, want) {
			t.Errorf("%q is missing: %s", want, undone)
		}
	}
}

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
)

// firstAnswers are answers with a first workload, in subnets of the scenario closed.
var firstAnswers = map[string]string{
	"service": "version: 1\nworkload: ecs-fargate\nvpc: vpc-0a1b2c3d4e5f60001\nclients: [subnet-0a1b2c3d4e5f61001, subnet-0a1b2c3d4e5f61002, sg-0a1b2c3d4e5f64001]\n" +
		"first: {name: shop, image: \"123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2\", count: 2}\n",
	"job": "version: 1\nworkload: batch-fargate\nvpc: vpc-0a1b2c3d4e5f60001\nclients: [subnet-0a1b2c3d4e5f61001, subnet-0a1b2c3d4e5f61002]\n" +
		"first: {name: shop, image: \"123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2\", cpu: \"1024\", command: [sh, \"-c\", \"echo \\\"$HOME\\\"\"]}\n",
}

// TestFirstWorkloadByScript applies a plan with a first workload, and runs its script in an equal account. Both leave
// the same, and a second run of each changes nothing.
func TestFirstWorkloadByScript(t *testing.T) {
	t.Parallel()
	for name, answers := range firstAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			firstByScript(t, "closed", answers, standIn)
		})
	}
}

// newVPCAnswers are answers with a new VPC for the scenario empty.
const newVPCAnswers = "version: 1\nworkload: ecs-fargate\n" +
	"vpc:\n  create: {name: shop, zones: [us-east-1a, us-east-1c], internet: nat-per-zone, flow_logs: \"arn:aws:s3:::flow-logs\"}\n" +
	"first: {name: web, image: \"123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2\"}\n"

// TestNewVPCByScript is TestFirstWorkloadByScript in a new VPC.
func TestNewVPCByScript(t *testing.T) {
	t.Parallel()
	firstByScript(t, "empty", newVPCAnswers, standIn)
}

func firstByScript(t *testing.T, scenario, answers, cli string) {
	tool(t, "bash")
	applied, scripted := practice(t, scenario), scriptedAt(t, scenario, cli, 100)
	before := scripted.get("/_sandbox/account")
	fixed := accounttest.IDs(before)
	for _, s := range []*site{applied, scripted} {
		s.write("answers.yaml", answers)
	}
	if out, _ := applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes"); !strings.Contains(out, "0 failed, 0 not started. Verification: passed.") {
		t.Error(out)
	}
	scripted.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	scripted.script(cli, 0, "e.sh", "--dry-run")
	if d := cmp.Diff(before, scripted.get("/_sandbox/account")); d != "" {
		t.Fatal("the dry run changed the account", d)
	}
	scripted.script(cli, 0, "e.sh")
	want, first := applied.rested(), scripted.rested()
	if d := cmp.Diff(accounttest.Normal(want, fixed), accounttest.Normal(first, fixed)); d != "" {
		t.Error("apply and script differ (-apply +script)", d)
	}
	scripted.script(cli, 0, "e.sh")
	if d := cmp.Diff(accounttest.Normal(first, fixed), accounttest.Normal(scripted.rested(), fixed)); d != "" {
		t.Error("the second run changed the account", d)
	}
	for _, s := range []*site{applied, scripted} {
		if out, _ := s.wizard(0, "check", "--answers", "answers.yaml"); strings.Contains(out, "not compared create flow-log/new: ") != strings.Contains(answers, "flow_logs") {
			t.Error(out)
		}
		out, _ := s.wizard(0, "plan", "--json", "--answers", "answers.yaml")
		var p struct {
			Actions []struct{ ID, Op, Kind string }
		}
		if err := json.Unmarshal([]byte(out), &p); err != nil || len(p.Actions) == 0 {
			t.Fatal(err, out)
		}
		for _, a := range p.Actions {
			// A job of this name counts, and a flow log to the same bucket. The plan reads neither.
			if a.Op != "keep" && a.Kind != "job" && a.Kind != "flow-log" {
				t.Errorf("the plan afterwards has %s %s", a.Op, a.ID)
			}
		}
	}
}

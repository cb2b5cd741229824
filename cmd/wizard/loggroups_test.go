package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLogGroupByApplyAndByScript creates the log group that the scenario new-region lacks, by apply and by
// script, and leaves equal accounts. A second run creates nothing, and a task of the service starts.
func TestLogGroupByApplyAndByScript(t *testing.T) {
	const answers = "version: 1\nworkload: ecs-fargate\nservice: prod/booking\n"
	tool(t, "bash")
	applied, scripted := practice(t, "new-region"), practice(t, "new-region")
	fixed := idsIn(applied.get("/_sandbox/account"))
	for _, s := range []*site{applied, scripted} {
		for i, v := range s.env {
			s.env[i] = strings.ReplaceAll(v, "us-east-1", "ca-west-1")
		}
		s.write("answers.yaml", answers)
	}
	out, _ := applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	for _, says := range []string{"Verification: passed.", "log-group//ecs/booking\t/ecs/booking"} {
		if !strings.Contains(out, says) {
			t.Errorf("apply does not say %q:\n%s", says, out)
		}
	}
	scripted.exported(standIn)
	first := scripted.rested()
	if d := cmp.Diff(normal(applied.rested(), fixed), normal(first, fixed)); d != "" {
		t.Error("apply and script differ (-apply +script)", d)
	}
	made := map[string]any{}
	walk(first, func(o map[string]any) {
		if o["logGroupName"] == "/ecs/booking" {
			made = o
		}
	})
	if d := cmp.Diff(map[string]any{"logGroupName": "/ecs/booking", "tags": map[string]any{"ManagedBy": "privatelink-wizard"}}, made); d != "" {
		t.Error("log group (-want +got)", d)
	}
	scripted.script(standIn, 0, "e.sh")
	if d := cmp.Diff(withoutLooks(first), withoutLooks(scripted.rested())); d != "" {
		t.Error("the second run changed the account", d)
	}
	for _, s := range []*site{applied, scripted} {
		s.keepsAll("answers.yaml")
	}
	applied.write("answers.yaml", answers+"proof: {task: prod/booking}\n")
	applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes") // a task starts only with its log group
}

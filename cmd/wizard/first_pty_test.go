//go:build !windows

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
)

// firstImage is in Amazon ECR of the account, so that the task needs no internet route.
const firstImage = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.0"

const end = "\x1b[F"

// firstToVerified goes from the first question of an account without workloads to the result of an apply that creates a VPC and
// a service. It returns the number of keys besides typed text.
func firstToVerified(x *terminal) int {
	x.tb.Helper()
	from := x.keys
	x.wait("▸ Amazon ECS on Fargate")
	x.press(enter)
	x.wait("▸ Create an ECS service from an image")
	x.press(enter)
	x.wait("Where does your image come from?")
	x.press(firstImage)
	x.wait("> " + firstImage)
	for _, text := range []string{firstImage, "> web", "▸ Create a new VPC", "▸ Name", "What will the tasks use?", "Which policy", "Plan for web (new)"} {
		x.wait(text)
		x.press(enter)
	}
	x.wait("Apply this plan?", "Enter alone: Back")
	x.press(right)
	x.wait("[ Apply ]")
	x.press(enter)
	x.wait("Applied. ", "Service web runs in cluster web.")
	n := x.keys - from - 1
	x.press(" ") // shows all
	x.press(end)
	x.wait("✓ service web has 1 running task")
	return n
}

// TestFirstWorkloadOnTheScreens: from a new account to a task that runs in a new VPC, and back. The account is then as it was,
// except what AWS keeps.
func TestFirstWorkloadOnTheScreens(t *testing.T) {
	t.Parallel()
	undo := func(x *terminal) {
		x.press("u")
		x.wait("Undo the run of ", "Enter alone: Back")
		x.press(right)
		x.wait("[ Undo ]")
		x.press(enter)
		x.wait("Undone. ", " steps reverted.", "r new plan")
	}
	x := start(t, 80, 24, nil, "--sandbox=empty", "--speed", "100")
	if n := firstToVerified(x); n > 15 {
		t.Errorf("%d keys", n)
	}
	undo(x)
	x.press("r")                                 // the same answers create all of it again
	x.wait("Plan for web (new)", "18 to create") // the undo keeps the log group
	x.press(ctrlC)
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	x.restored()

	s := practice(t, "empty")
	before := s.rested()
	fixed := accounttest.IDs(before)
	x = start(t, 80, 24, append(s.env, "XDG_STATE_HOME="+s.dir), "--speed", "100")
	x.wait("the account at " + s.url)
	x.choose("the account at " + s.url)
	firstToVerified(x)
	undo(x)
	x.press("q")
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	after := accounttest.Normal(s.rested(), fixed)
	region := after.(map[string]any)["Regions"].(map[string]any)["us-east-1"].(map[string]any)
	if groups, _ := region["LogGroups"].([]any); len(groups) != 1 || groups[0].(map[string]any)["logGroupName"] != "/ecs/web" {
		t.Errorf("log groups: %v", region["LogGroups"])
	}
	delete(region, "LogGroups") // the undo keeps the logs
	for what, list := range region["ECS"].(map[string]any) {
		if len(list.([]any)) > 0 {
			t.Errorf("%s: %v", what, list)
		}
	}
	delete(region, "ECS") // the account before has no entry for an empty ECS
	if d := cmp.Diff(accounttest.Normal(before, fixed), after); d != "" {
		t.Error("the account is not as it was (-before +after)", d)
	}
}

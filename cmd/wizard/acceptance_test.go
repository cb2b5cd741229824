//go:build acceptance

package main

import "testing"

// The tests of this file run scripts with the real AWS CLIs, the first one on PATH and that of Debian, where the
// tests of the same name without Acceptance use the stand-in. A call takes the CLIs most of a second, so each kind of
// script goes with one of them, and what is special to a kind with both.
var clis = []string{"aws", debianCLI}

func TestAcceptanceApplyAndScriptLeaveEqualAccounts(t *testing.T) {
	for name, cli := range map[string]string{"fargate": clis[0], "fargate, half done": clis[1], "ecs-ec2": clis[0], "batch-ec2": clis[1]} {
		t.Run(name+" "+cli, func(t *testing.T) {
			t.Parallel()
			roads[name].leavesEqualAccounts(t, cli)
		})
	}
}

func TestAcceptanceAirflowByApplyAndByScript(t *testing.T) {
	for name, road := range airflowRoads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			road.leavesEqualAccounts(t, clis[0])
		})
	}
}

func TestAcceptanceLoadBalancerByApplyAndByScript(t *testing.T) {
	for name, cli := range map[string]string{"requested before, with zone": clis[0], "requested, without zone": clis[1], "from files": clis[1]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			balancedRoads[name].leavesEqualAccounts(t, cli)
		})
	}
}

func TestAcceptanceDriftedTargets(t *testing.T) {
	t.Parallel()
	driftedTargets(t, func(s *site) { s.exported(clis[0]) })
}

func TestAcceptanceClientVPNByApplyAndByScript(t *testing.T) {
	t.Parallel()
	clientVPNLeavesEqualAccounts(t, clis[0])
}

func TestAcceptanceClientVPNScriptNeedsOpenSSL(t *testing.T) {
	t.Parallel()
	clientVPNScriptNeedsOpenSSL(t, clis[0])
}

func TestAcceptanceCredentialsOnBothRoads(t *testing.T) {
	for name, cli := range map[string]string{"signs": clis[0], "long": clis[1]} {
		t.Run(name+" "+cli, func(t *testing.T) {
			t.Parallel()
			credentialsOnBothRoads(t, cli, passwords[name], name == "long")
		})
	}
}

func TestAcceptanceTasksOnBothRoads(t *testing.T) {
	t.Parallel()
	tasksOnBothRoads(t, clis[0])
}

func TestAcceptanceTaskThatCannotStart(t *testing.T) {
	t.Parallel()
	taskCannotStart(t, failingScript(clis[1]))
}

func TestAcceptanceScriptUpdatesAgents(t *testing.T) {
	t.Parallel()
	scriptUpdatesAgents(t, clis[0])
}

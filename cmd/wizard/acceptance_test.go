//go:build acceptance

package main

import (
	"sync/atomic"
	"testing"
)

// The tests of this file run scripts with the real AWS CLIs, the first one on PATH and that of Debian, where the
// tests of the same name without Acceptance use the stand-in. They take most of a second to start for each call, so that
// long scripts go with their code in a Python process. Where no Python has it, the programs themselves are run.
var (
	clis = []string{"aws", debianCLI}
	long = []string{"aws" + inPython, debianCLI + inPython}
)

func TestAcceptanceApplyAndScriptLeaveEqualAccounts(t *testing.T) {
	for name, cli := range map[string]string{"fargate": long[0], "fargate, half done": long[1], "ecs-ec2": long[0], "batch-ec2": long[1]} {
		t.Run(name+" "+cli, func(t *testing.T) {
			t.Parallel()
			pathCases[name].leavesEqualAccounts(t, cli)
		})
	}
}

func TestAcceptanceStaleScript(t *testing.T) {
	for _, cli := range long {
		t.Run(cli, func(t *testing.T) {
			t.Parallel()
			staleScript(t, cli)
		})
	}
}

func TestAcceptanceAirflowByApplyAndByScript(t *testing.T) {
	for name, tt := range airflowCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.leavesEqualAccounts(t, long[0])
		})
	}
}

func TestAcceptanceLoadBalancerByApplyAndByScript(t *testing.T) {
	for name, cli := range map[string]string{"requested before, with zone": long[0], "requested, without zone": long[1], "from files": long[1]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			balancedCases[name].leavesEqualAccounts(t, cli)
		})
	}
}

func TestAcceptanceDriftedTargets(t *testing.T) {
	t.Parallel()
	driftedTargets(t, func(s *site) { s.exported(long[0]) })
}

func TestAcceptanceClientVPNByApplyAndByScript(t *testing.T) {
	t.Parallel()
	clientVPNLeavesEqualAccounts(t, long[0])
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
	tasksOnBothRoads(t, long[0])
}

func TestAcceptanceTaskThatCannotStart(t *testing.T) {
	t.Parallel()
	taskCannotStart(t, failingScript(long[1]))
}

func TestAcceptanceScriptUpdatesAgents(t *testing.T) {
	t.Parallel()
	scriptUpdatesAgents(t, long[0])
}

func TestAcceptanceScriptsLoseCalls(t *testing.T) {
	loses(t, map[string]string{"stand-in": standIn}, requestLost, answerLost)
	for name, cli := range map[string]string{"fargate": long[0], "batch-ec2": long[1]} {
		t.Run(name+" "+cli, func(t *testing.T) {
			t.Parallel()
			lostCases[name].lose(t, cli, answerLost)
		})
	}
}

func TestAcceptanceRunsAreKilled(t *testing.T) {
	loses(t, map[string]string{"script": standIn, "apply": ""}, runKilled)
}

// loses ends runs of all plans, and logs how many it ended.
func loses(t *testing.T, clis map[string]string, fates ...fate) {
	var ended atomic.Int64
	t.Cleanup(func() { t.Logf("%d runs ended", ended.Load()) })
	for name, tt := range lostCases {
		for by, cli := range clis {
			t.Run(name+" "+by, func(t *testing.T) {
				t.Parallel()
				ended.Add(int64(tt.lose(t, cli, fates...)))
			})
		}
	}
}

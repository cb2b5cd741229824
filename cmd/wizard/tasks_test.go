package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const withTask = "version: 1\nworkload: ecs-fargate\nservice: prod/web\nproof: {task: prod/web}\nredeploy: [prod/web]\n"

// oneOffs are the tasks that were started for the proof, and how they ended.
func (s *site) oneOffs() []string {
	var out []string
	walk(s.get("/_sandbox/account"), func(o map[string]any) {
		if o["startedBy"] == "privatelink-wizard" {
			out = append(out, fmt.Sprint(o["desiredStatus"]))
		}
	})
	return out
}

// deployment is the id of the service's primary one: the sandbox account counts them.
func (s *site) deployment() string {
	id := ""
	walk(s.get("/_sandbox/account"), func(o map[string]any) {
		if o["serviceName"] != "web" {
			return
		}
		for _, d := range o["deployments"].([]any) {
			if d := d.(map[string]any); d["status"] == "PRIMARY" {
				id = fmt.Sprint(d["id"])
			}
		}
	})
	return id
}

// TestTasksOnBothRoads: a task is started and stopped, and a service replaces its
// tasks, by apply and by script.
func TestTasksOnBothRoads(t *testing.T) {
	t.Parallel()
	tasksOnBothRoads(t, standIn)
}

func tasksOnBothRoads(t *testing.T, cli string) {
	applied, scripted := practice(t, "closed"), scriptedAt(t, "closed", cli, 100)
	before := applied.deployment()
	for _, s := range []*site{applied, scripted} {
		s.write("answers.yaml", withTask)
	}
	_, said := applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	if !regexp.MustCompile(`verified +task/prod/web +a task of prod/web starts`).MatchString(said) {
		t.Error(said)
	}
	scripted.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	scripted.script(cli, 0, "e.sh", "--dry-run")
	if n := len(scripted.oneOffs()); n > 0 {
		t.Errorf("the dry run started %d tasks", n)
	}
	_, said = scripted.script(cli, 0, "e.sh")
	if !strings.Contains(said, "verified      task/prod/web: a task of prod/web starts") {
		t.Error(said)
	}
	want := applied.deployment()
	if want == before || scripted.deployment() != want {
		t.Errorf("deployments: %s before, %s by apply, %s by script", before, want, scripted.deployment())
	}
	scripted.script(cli, 0, "e.sh")
	if scripted.deployment() != want {
		t.Error("the second run of the script replaced the tasks again")
	}
	if d := cmp.Diff([]string{"STOPPED"}, applied.oneOffs()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"STOPPED", "STOPPED"}, scripted.oneOffs()); d != "" {
		t.Error(d)
	}
}

// TestTaskThatCannotStart is reported with the reason from AWS by apply and by script, and stopped.
func TestTaskThatCannotStart(t *testing.T) {
	t.Parallel()
	for name, carry := range map[string]func(s *site) string{
		"apply": func(s *site) string {
			_, said := s.wizard(1, "apply", "--answers", "answers.yaml", "--yes")
			return said
		},
		"script": failingScript(standIn),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taskCannotStart(t, carry)
		})
	}
}

// failingScript runs the script of the answers, which must fail, and returns what it reports.
func failingScript(cli string) func(*site) string {
	return func(s *site) string {
		s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
		_, said := s.script(cli, 1, "e.sh")
		return said
	}
}

func taskCannotStart(t *testing.T, carry func(*site) string) {
	s := practice(t, "closed")
	s.write("answers.yaml", strings.Replace(withTask, "redeploy: [prod/web]\n", "", 1))
	s.watched.mu.Lock()
	s.watched.meddle = func(op string, _ int) {
		if op != "RunTask" {
			return
		}
		if err := revokeIngress(s); err != nil {
			t.Error(err)
		}
	}
	s.watched.mu.Unlock()
	said := carry(s)
	if !regexp.MustCompile(`(?i)failed +task/prod/web.*ResourceInitializationError`).MatchString(said) {
		t.Error(said)
	}
	if d := cmp.Diff([]string{"STOPPED"}, s.oneOffs()); d != "" {
		t.Error(d)
	}
}

// TestScriptUpdatesAgents that are too old, before it makes the endpoints.
func TestScriptUpdatesAgents(t *testing.T) {
	t.Parallel()
	scriptUpdatesAgents(t, standIn)
}

func scriptUpdatesAgents(t *testing.T, cli string) {
	s := scriptedAt(t, "old-agents", cli, 100)
	s.write("answers.yaml", "version: 1\nworkload: ecs-ec2\nservice: attic\nagent: {restart: ssm, update: true}\n")
	s.exported(cli)
	versions := map[string]int{}
	walk(s.get("/_sandbox/account"), func(o map[string]any) {
		if v, ok := o["agentVersion"].(string); ok {
			versions[v]++
		}
	})
	if versions["1.24.0"] > 0 || len(versions) == 0 {
		t.Errorf("agents: %v", versions)
	}
	s.keepsAll("answers.yaml")
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// policyOf returns the statements of the policy that a plan needs, by their ids.
func policyOf(t *testing.T, args ...string) map[string]policyStatement {
	t.Helper()
	code, out, errs := wizard(t, append([]string{"plan", "--iam-policy"}, args...)...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var p struct {
		Version   string
		Statement []policyStatement
	}
	if err := json.Unmarshal([]byte(out), &p); err != nil || p.Version != "2012-10-17" {
		t.Fatalf("%v: %s", err, out)
	}
	short, err := json.Marshal(p)
	if err != nil || len(short) > plan.LongestPolicy {
		t.Errorf("%d characters (%v)", len(short), err)
	}
	all := map[string]policyStatement{}
	for _, s := range p.Statement {
		if s.Effect != "Allow" || len(s.Action) == 0 || !slices.IsSorted(s.Action) || all[s.Sid].Sid != "" {
			t.Errorf("%+v", s)
		}
		all[s.Sid] = s
	}
	return all
}

type policyStatement struct {
	Sid, Effect string
	Action      []string
	Resource    string
	Condition   map[string]map[string][]string `json:",omitempty"`
}

// TestPolicyAllowsWhatApplyCalls applies plans of every kind and compares the calls in the audit file with the policy of the
// plan.
func TestPolicyAllowsWhatApplyCalls(t *testing.T) {
	type tc struct {
		scenario, answers string
		args              []string
	}
	cases := map[string]tc{
		"registry":   {"registry", registryAnswers, nil},
		"client VPN": {"mwaa-private", vpnAnswers, nil},
		"test task":  {"closed", "version: 1\nworkload: ecs-fargate\nservice: prod/web\nproof: {task: prod/web}\nredeploy: [prod/web]\n", nil},
	}
	for name, c := range pathCases {
		cases["path, "+name] = tc{c.scenario, c.answers, nil}
	}
	for name, c := range airflowCases {
		cases["airflow, "+name] = tc{c.scenario, c.answers, nil}
	}
	for name, c := range balancedCases {
		cases["balanced, "+name] = tc{"mwaa-private", c.answers, nil}
	}
	held := newPKI(t, "own.example.com", time.Now().AddDate(1, 0, 0))
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			dir, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			s := &site{t: t, dir: dir}
			s.write("a.yaml", c.answers)
			held.write(s)
			args := []string{"--sandbox=" + c.scenario, "--speed", "100000", "--answers", "a.yaml", "--accept", "W-ALBSG"}
			policy := policyOf(t, args...)
			t.Setenv(passwordVariable, "canary") // the next run takes it
			code, out, errs := wizard(t, append([]string{"apply", "--yes", "--audit", "audit"}, args...)...)
			if code != exitOK {
				t.Fatalf("exit code %d: %s%s", code, out, errs)
			}
			allowed := append(policy["Read"].Action, policy["Write"].Action...)
			for _, l := range audited(t, filepath.Join(dir, "audit")) {
				if action := l.Service + ":" + l.Operation; !slices.Contains(allowed, action) {
					t.Errorf("the policy does not allow %s", action)
				}
			}
		})
	}
}

// TestPolicyLimits tests the statements with a condition, and that a snapshot has the same policy.
func TestPolicyLimits(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.yaml", []byte(registryAnswers), 0o600); err != nil {
		t.Fatal(err)
	}
	policy := policyOf(t, "--sandbox=registry", "--answers", "a.yaml")
	for sid, want := range map[string]string{
		"PassRole":        `{"Sid":"PassRole","Effect":"Allow","Action":["iam:PassRole"],"Resource":"arn:aws:iam::123456789012:role/*","Condition":{"StringLike":{"iam:PassedToService":["ecs-tasks.amazonaws.com"]}}}`,
		"GenerateDataKey": `{"Sid":"GenerateDataKey","Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*","Condition":{"StringLike":{"kms:ViaService":["secretsmanager.*.amazonaws.com*"]}}}`,
	} {
		if got, err := json.Marshal(policy[sid]); err != nil || string(got) != want {
			t.Errorf("%s %v", got, err)
		}
	}
	if code, _, errs := wizard(t, "snapshot", "--sandbox=registry", "--out", "s.json"); code != exitOK {
		t.Fatal(errs)
	}
	if s := policyOf(t, "--snapshot", "s.json", "--answers", "a.yaml"); !slices.Equal(s["Read"].Action, policy["Read"].Action) || !slices.Equal(s["Write"].Action, policy["Write"].Action) {
		t.Errorf("%v", s)
	}
	if code, _, errs := wizard(t, "plan", "--sandbox=registry", "--answers", "a.yaml", "--iam-policy", "--json"); code != exitUsage || !strings.Contains(errs, "--iam-policy prints only the policy") {
		t.Errorf("%d %s", code, errs)
	}
}

package run_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

const canary = `can"ary$\🐤 'x' &` + "`"

// known looks at all that a plan with these answers reads.
func (a *account) known(ans answers.Answers) *inventory.Inventory {
	a.t.Helper()
	inv := &inventory.Inventory{}
	for range 8 {
		missing := steps.Missing(inv, steps.Requests(inv, ans))
		if len(missing) == 0 {
			return inv
		}
		found := make([]inventory.Inventory, len(missing))
		var all sync.WaitGroup
		for i, r := range missing {
			all.Go(func() {
				f, err := a.Load(a.t.Context(), r)
				if err != nil {
					a.t.Error(err)
				}
				found[i] = f
			})
		}
		all.Wait()
		for _, f := range found {
			inv.Merge(f)
		}
	}
	a.t.Fatal("it never has all that it reads")
	return nil
}

// resolved returns what the plan of an answers file reads, and the answers with the names in it resolved, as commands do.
func (a *account) resolved(ans answers.Answers) (*inventory.Inventory, answers.Answers) {
	a.t.Helper()
	for {
		inv := a.known(ans)
		out, problems := steps.Resolve(inv, ans)
		if len(problems) > 0 {
			a.t.Fatalf("%+v", problems)
		}
		if len(steps.Missing(inv, steps.Requests(inv, out))) == 0 {
			return inv, out
		}
		ans = out
	}
}

func (a *account) withRegistry(w answers.Workload, r answers.Registry) *plan.Plan {
	a.t.Helper()
	ans := answers.Answers{Version: 1, Workload: w, Region: "us-east-1", VPC: a.vpc, Registry: r}
	switch {
	case families.Of(w).Jobs:
		ans.ComputeEnvironment = "registry-" + strings.TrimPrefix(string(w), "batch-")
	case w == answers.ECSFargate:
		ans.Service = "registry/app"
	default:
		ans.Service, ans.Agent.Restart = "registry/tools", answers.RestartSSM
	}
	return plan.Build(a.known(ans), ans)
}

func (a *account) login(p *plan.Plan, password string) (run.Summary, []run.Event) {
	a.t.Helper()
	inputs := map[string]secret.Text{}
	for _, in := range p.Inputs() {
		s, err := secret.Credentials(in.Username, secret.New(password))
		if err != nil {
			a.t.Fatal(err)
		}
		inputs[in.Name] = s
	}
	var events []run.Event
	a.runs++
	s := run.Apply(a.t.Context(), p, run.Options{Caller: a, RunID: fmt.Sprintf("login-%d", a.runs), Now: time.Now, Inputs: inputs, Emit: func(e run.Event) { events = append(events, e) }})
	return s, events
}

func (a *account) call(service, op string, in map[string]any) map[string]any {
	a.t.Helper()
	out, err := a.Call(a.t.Context(), service, op, in)
	if err != nil {
		a.t.Fatalf("%s %s: %v", service, op, err)
	}
	m, _ := out.(map[string]any)
	return m
}

// definitionOf is what AWS tells of a definition, without what no two revisions share.
func (a *account) definitionOf(batch bool, arn string) map[string]any {
	a.t.Helper()
	var d map[string]any
	if batch {
		d = a.call("batch", "DescribeJobDefinitions", map[string]any{"jobDefinitions": []any{arn}})["jobDefinitions"].([]any)[0].(map[string]any)
	} else {
		out := a.call("ecs", "DescribeTaskDefinition", map[string]any{"taskDefinition": arn, "include": []any{"TAGS"}})
		d = out["taskDefinition"].(map[string]any)
		d["tags"] = out["tags"]
	}
	for _, k := range []string{"taskDefinitionArn", "jobDefinitionArn", "revision", "registeredAt", "registeredBy", "requiresAttributes"} {
		delete(d, k)
	}
	for k, v := range d { // AWS shows empty lists of what was never sent
		if list, ok := v.([]any); ok && len(list) == 0 {
			delete(d, k)
		}
	}
	return d
}

// withoutCredentials takes the credentials out of a definition's containers, and counts
// them.
func withoutCredentials(v any, found *[]string) {
	switch v := v.(type) {
	case map[string]any:
		if c, ok := v["repositoryCredentials"].(map[string]any); ok {
			*found = append(*found, c["credentialsParameter"].(string))
			delete(v, "repositoryCredentials")
		}
		for _, e := range v {
			withoutCredentials(e, found)
		}
	case []any:
		for _, e := range v {
			withoutCredentials(e, found)
		}
	}
}

// TestCredentialsForEveryShape of definition: the secret holds them byte for byte, the
// role may read it, and the new revision differs in nothing else.
func TestCredentialsForEveryShape(t *testing.T) {
	for name, tt := range map[string]struct {
		workload   answers.Workload
		definition string
		key        string
		logins     int
	}{
		"task definition":                   {answers.ECSFargate, "app:3", "", 1},
		"task definition, key of one's own": {answers.ECSFargate, "app", "alias/registry", 1},
		"task definition on EC2":            {answers.ECSEC2, "tools", "", 1},
		"job definition":                    {answers.BatchFargate, "nightly", "", 1},
		"job definition, several":           {answers.BatchFargate, "bundle:1", "alias/registry", 2},
		"job definition on EC2":             {answers.BatchEC2, "nightly-ec2", "", 1},
		"several on EC2":                    {answers.BatchEC2, "bundle-ec2", "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "registry")
				r := answers.Registry{Secret: "team/registry", Value: answers.RegistrySet, Username: "team", KMSKey: tt.key, Definition: tt.definition}
				p := a.withRegistry(tt.workload, r)
				if stops := p.Stops(nil); len(stops) > 0 {
					t.Fatalf("%+v", stops)
				}
				s, events := a.login(p, canary)
				if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
					t.Fatalf("%+v\n%+v", s, events)
				}
				text, _ := json.Marshal(events)
				all, _ := json.Marshal(p)
				for _, written := range []string{string(text), string(all), p.Text()} {
					if strings.Contains(written, "ary$") {
						t.Error("the password is written")
					}
				}
				value := a.call("secretsmanager", "GetSecretValue", map[string]any{"SecretId": "team/registry"})
				var got map[string]string
				if err := json.Unmarshal([]byte(value["SecretString"].(string)), &got); err != nil || got["username"] != "team" || got["password"] != canary {
					t.Errorf("%v %v", err, got)
				}
				held := a.call("secretsmanager", "DescribeSecret", map[string]any{"SecretId": "team/registry"})
				if key, _ := held["KmsKeyId"].(string); (key != "") != (tt.key != "") {
					t.Errorf("key %q", key)
				}
				policy, _ := json.Marshal(a.call("iam", "GetRolePolicy", map[string]any{"RoleName": "app-execution", "PolicyName": "privatelink-wizard-registry"})["PolicyDocument"])
				if !strings.Contains(string(policy), ":secret:team/registry-??????") || strings.Contains(string(policy), "kms:Decrypt") != (tt.key != "") {
					t.Errorf("%s", policy)
				}
				row := p.Change(resource.ID("task-definition/" + strings.Split(tt.definition, ":")[0]))
				if families.Of(tt.workload).Jobs {
					row = p.Change(resource.ID("job-definition/" + strings.Split(tt.definition, ":")[0]))
				}
				before, after := a.definitionOf(families.Of(tt.workload).Jobs, row.Spec.(resource.Definition).From), a.definitionOf(families.Of(tt.workload).Jobs, s.IDs[row.ID])
				var named []string
				withoutCredentials(after, &named)
				if d := cmp.Diff(before, after); d != "" {
					t.Error("the new revision differs in more (-old +new)", d)
				}
				if len(named) != tt.logins || named[0] != s.IDs["secret/registry"] || strings.HasSuffix(named[0], "?") {
					t.Errorf("named: %v", named)
				}
				// The same plan again, and a new one, change nothing.
				looks := 0 // from inside, which are taken each time
				if families.Of(tt.workload).OwnHosts {
					looks = 1
				}
				if s, _ := a.login(p, "another"); s.Done != looks || s.Failed > 0 || s.Proof != run.ProofProved {
					t.Errorf("again: %+v", s)
				}
				keep := r
				keep.Value, keep.Username, keep.KMSKey = "", "", ""
				next := a.withRegistry(tt.workload, keep)
				for _, x := range next.Changes {
					if _, look := x.Spec.(resource.InsideLook); x.Op != resource.Keep && !look {
						t.Errorf("still to do: %s %s", x.Op, x.ID)
					}
				}
				if s, _ := a.login(next, ""); s.Done > 0 || s.Failed > 0 {
					t.Errorf("second plan: %+v", s)
				}
			})
		})
	}
}

// TestServiceRunsTheRevisionThatLogsIn, where that was asked for, and its tasks start.
func TestServiceRunsTheRevisionThatLogsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "registry")
		r := answers.Registry{Secret: "dockerhub/readonly", Role: "registry-reader", Definition: "app", UpdateService: true}
		p := a.withRegistry(answers.ECSFargate, r)
		if stops := p.Stops(nil); len(stops) > 0 {
			t.Fatalf("%+v", stops)
		}
		if row := p.Change("role-policy/registry-reader"); row == nil || row.Op != resource.Keep {
			t.Errorf("what the role may do already is written again: %+v", row)
		}
		s, events := a.login(p, "")
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
			t.Fatalf("%+v\n%+v", s, events)
		}
		d := a.definitionOf(false, s.IDs["task-definition/app"])
		if d["executionRoleArn"] != "arn:aws:iam::123456789012:role/registry-reader" {
			t.Errorf("role %v", d["executionRoleArn"])
		}
		next := a.withRegistry(answers.ECSFargate, r)
		for _, x := range next.Changes {
			if x.Op != resource.Keep {
				t.Errorf("still to do: %s %s", x.Op, x.ID)
			}
		}
	})
}

// TestRoleIsMade, with pulls from Amazon ECR tied or not.
func TestRoleIsMade(t *testing.T) {
	for condition, holds := range map[string]string{"": "", answers.ByVPC: `"aws:SourceVpc":"vpc-0c2d3e4f5a6b70001"`, answers.ByEndpoint: `"aws:SourceVpce":["vpce-`} {
		t.Run(condition, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "registry")
				r := answers.Registry{Secret: "prod/registry", Role: "fresh", CreateRole: true, ECRCondition: condition, Definition: "app"}
				ans := answers.Answers{Version: 1, Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc, Service: "registry/app", Registry: r, Needs: &[]string{"ecr", "secretsmanager"}}
				p := plan.Build(a.known(ans), ans)
				s, events := a.login(p, "")
				if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
					t.Fatalf("%+v\n%+v", s, events)
				}
				if condition == "" {
					if attached := a.call("iam", "ListAttachedRolePolicies", map[string]any{"RoleName": "fresh"})["AttachedPolicies"].([]any); len(attached) != 1 {
						t.Errorf("attached: %v", attached)
					}
				} else {
					b, _ := json.Marshal(a.call("iam", "GetRolePolicy", map[string]any{"RoleName": "fresh", "PolicyName": "privatelink-wizard-execution"})["PolicyDocument"])
					if !strings.Contains(string(b), holds) || strings.Contains(strings.Split(string(b), "GetAuthorizationToken")[0], "Condition") {
						t.Errorf("%s", b)
					}
				}
				text, _ := json.Marshal(a.call("iam", "GetRolePolicy", map[string]any{"RoleName": "fresh", "PolicyName": "privatelink-wizard-registry"})["PolicyDocument"])
				if !strings.Contains(string(text), "kms:ViaService") || !strings.Contains(string(text), "key/0c2d3e4f-5a6b-4700-8000-000000000001") {
					t.Errorf("%s", text)
				}
				p = plan.Build(a.known(ans), ans)
				for _, x := range p.Changes {
					if x.Op != resource.Keep {
						t.Errorf("still to do: %s %s %s", x.Op, x.ID, x.Summary)
					}
				}
			})
		})
	}
}

// TestSecretThatWasToBeDeleted is taken back, and gets a new version once.
func TestSecretThatWasToBeDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "registry")
		r := answers.Registry{Secret: "old/registry", Value: answers.RegistrySet, Username: "new"}
		if p := a.withRegistry(answers.ECSFargate, r); len(p.Stops(nil)) == 0 {
			t.Error("it is taken as it is")
		}
		r.Restore = true
		p := a.withRegistry(answers.ECSFargate, r)
		for range 2 {
			s, events := a.login(p, canary)
			if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
				t.Fatalf("%+v\n%+v", s, events)
			}
		}
		held := a.call("secretsmanager", "DescribeSecret", map[string]any{"SecretId": "old/registry"})
		if n := len(held["VersionIdsToStages"].(map[string]any)); n != 2 || held["DeletedDate"] != nil {
			t.Errorf("%d versions, deleted %v", n, held["DeletedDate"])
		}
	})
}

// TestWithoutThePasswordNothingIsMade of the secret, and the row says so.
func TestWithoutThePasswordNothingIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "registry")
		p := a.withRegistry(answers.ECSFargate, answers.Registry{Secret: "team/registry", Value: answers.RegistrySet, Username: "team"})
		var events []run.Event
		s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Emit: func(e run.Event) { events = append(events, e) }})
		if e := find(events, "secret/registry", run.Failed); s.Failed != 1 || e == nil {
			t.Errorf("%+v %+v", s, e)
		}
	})
}

// TestSmallJobDefinition is one made from nothing, once.
func TestSmallJobDefinition(t *testing.T) {
	for _, w := range []answers.Workload{answers.BatchFargate, answers.BatchEC2} {
		t.Run(string(w), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "registry")
				p := a.withRegistry(w, answers.Registry{Secret: "dockerhub/readonly", Role: "registry-reader", Job: answers.Job{Name: "fresh", Image: "registry.example.com/team/fresh:1", VCPU: "0.25", Memory: "512"}})
				for range 2 {
					s, events := a.login(p, "")
					if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved {
						t.Fatalf("%+v\n%+v", s, events)
					}
					d := a.definitionOf(true, s.IDs["job-definition/fresh"])["containerProperties"].(map[string]any)
					if !strings.HasSuffix(s.IDs["job-definition/fresh"], "fresh:1") || d["image"] != "registry.example.com/team/fresh:1" || d["executionRoleArn"] != "arn:aws:iam::123456789012:role/registry-reader" ||
						d["repositoryCredentials"].(map[string]any)["credentialsParameter"] != s.IDs["secret/registry"] {
						t.Errorf("%v %v", s.IDs["job-definition/fresh"], d)
					}
				}
			})
		})
	}
}

// TestSecretOfAnotherAccount is named by its full ARN, with kms:Decrypt on that account's
// key; its value is looked at where that was asked for.
func TestSecretOfAnotherAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "registry")
		const shared = "arn:aws:secretsmanager:us-east-1:210987654321:secret:shared/registry-ShReg1"
		p := a.withRegistry(answers.ECSFargate, answers.Registry{Secret: shared, Definition: "app", Check: true})
		if stops := p.Stops(nil); len(stops) > 0 {
			t.Fatalf("%+v", stops)
		}
		s, events := a.login(p, "")
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || s.IDs["secret/registry"] != shared {
			t.Fatalf("%+v\n%+v", s, events)
		}
		if e := find(events, "secret/registry", run.Proved); e == nil || find(events, "secret/registry", run.Failed) != nil {
			t.Errorf("%+v", e)
		}
		policy, _ := json.Marshal(a.call("iam", "GetRolePolicy", map[string]any{"RoleName": "app-execution", "PolicyName": "privatelink-wizard-registry"})["PolicyDocument"])
		for _, want := range []string{shared, "arn:aws:kms:us-east-1:210987654321:key/0c2d3e4f-5a6b-4700-8000-000000000009"} {
			if !strings.Contains(string(policy), want) {
				t.Errorf("%s is not in %s", want, policy)
			}
		}
	})
}

// TestValueThatIsNone: a secret that Amazon ECS could not read is found out where it is
// looked at, and the value is in no event.
func TestValueThatIsNone(t *testing.T) {
	for name, works := range map[string]bool{"dockerhub/readonly": true, "registry/no-password": false, "registry/not-json": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "registry")
				s, events := a.login(a.withRegistry(answers.ECSFargate, answers.Registry{Secret: name, Check: true}), "")
				if (s.Proof == run.ProofProved) != works {
					t.Errorf("%+v", s)
				}
				text, _ := json.Marshal(events)
				if strings.Contains(string(text), "practice-password") {
					t.Error("the value is in the events")
				}
			})
		})
	}
}

// TestTaskOfTheNewRevision shows that the credentials work, or that they do not.
func TestTaskOfTheNewRevision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		a := open(t, "registry")
		ans := answers.Answers{Version: 1, Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc, Service: "registry/app", Proof: answers.Proof{Task: "registry/app"},
			Registry: answers.Registry{Secret: "dockerhub/readonly", Definition: "app"}}
		s, events := a.login(plan.Build(a.known(ans), ans), "")
		if s.Failed+s.Skipped+s.Open > 0 || s.Proof != run.ProofProved {
			t.Fatalf("%+v\n%+v", s, events)
		}
		ans.Registry.Secret = "registry/no-password"
		s, events = a.login(plan.Build(a.known(ans), ans), "")
		if e := find(events, "task/registry/app", run.Failed); s.Proof != run.ProofFailed || e == nil {
			t.Errorf("%+v %+v", s, events)
		}
	})
}

// TestAnotherRoleIsAnotherRevision: one that logs in with the secret in the name of another
// role is not what was asked for.
func TestAnotherRoleIsAnotherRevision(t *testing.T) {
	for w, definition := range map[answers.Workload]string{answers.ECSFargate: "app", answers.BatchFargate: "bundle", answers.BatchEC2: "nightly-ec2"} {
		t.Run(string(w), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later()
				a := open(t, "registry")
				r := answers.Registry{Secret: "dockerhub/readonly", Definition: definition}
				first, _ := a.login(a.withRegistry(w, r), "")
				r.Role = "registry-reader"
				second, events := a.login(a.withRegistry(w, r), "")
				kind := resource.ID("task-definition/" + definition)
				if families.Of(w).Jobs {
					kind = resource.ID("job-definition/" + definition)
				}
				if second.Failed+second.Skipped > 0 || second.Proof != run.ProofProved || first.IDs[kind] == "" || first.IDs[kind] == second.IDs[kind] {
					t.Fatalf("%v, %v\n%+v", first.IDs[kind], second.IDs[kind], events)
				}
				third, _ := a.login(a.withRegistry(w, r), "")
				if third.IDs[kind] != second.IDs[kind] {
					t.Errorf("again: %v", third.IDs[kind])
				}
			})
		})
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// unreadCases are answers that together make a plan need every read: each scenario with each of its
// workloads, and answers for the parts that only some plans have.
func unreadCases(t *testing.T) map[string]struct{ scenario, answers string } {
	t.Helper()
	out := map[string]struct{ scenario, answers string }{}
	for _, s := range sandbox.Scenarios() {
		if s.Name == "large" { // the same resources as in closed, many times
			continue
		}
		for _, w := range answers.Supported {
			out[s.Name+", "+string(w)] = struct{ scenario, answers string }{s.Name, "version: 1\nworkload: " + string(w) + "\nvpc: " + s.VPC + "\n"}
		}
	}
	add := func(name, scenario, text string) { out[name] = struct{ scenario, answers string }{scenario, text} }
	add("service", "closed", scenarioAnswers["closed"])
	add("clusters", "closed", "version: 1\nworkload: ecs-ec2\nvpc: prod\nagent: {clusters: [prod]}\n")
	add("all agents", "stubborn", "version: 1\nworkload: ecs-ec2\nvpc: depot\n")
	add("needs and clients", "closed", "version: 1\nworkload: ecs-ec2\nvpc: prod\nneeds: [ecr, awslogs]\nclients: [subnet-0a1b2c3d4e5f61001, sg-0a1b2c3d4e5f64001]\n")
	for name, c := range pathCases {
		add("path, "+name, c.scenario, c.answers)
	}
	for name, c := range airflowCases {
		add("airflow, "+name, c.scenario, c.answers)
	}
	for name, c := range balancedCases {
		add("balanced, "+name, "mwaa-private", c.answers)
	}
	return out
}

// reader reads a sandbox account. Parts that do not contain the failing call are read once.
type reader struct {
	box    *sandbox.Account
	client *aws.Client
	mu     sync.Mutex
	read   map[inventory.Request]inventory.Inventory
	op     string // the call that fails
}

func newReader(t *testing.T, scenario string) *reader {
	t.Helper()
	s, err := sandbox.Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{read: map[inventory.Request]inventory.Inventory{}}
	if r.box, err = sandbox.New(sandbox.Options{Scenario: scenario}); err != nil {
		t.Fatal(err)
	}
	if r.client, err = aws.Open(t.Context(), aws.Options{Region: s.Region, Transport: r.box}); err != nil {
		t.Fatal(err)
	}
	return r
}

// Load implements account.
func (r *reader) Load(ctx context.Context, q inventory.Request) (inventory.Inventory, error) {
	if slices.Contains(inventory.Calls(q.Part), r.op) {
		return r.client.Load(ctx, q)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if part, ok := r.read[q]; ok {
		return part, nil
	}
	part, err := r.client.Load(ctx, q)
	if err == nil {
		r.read[q] = part
	}
	return part, err
}

// Region implements account.
func (r *reader) Region() string { return r.client.Region() }

// fail makes one operation fail with a code from now on; an empty code is a missing permission.
func (r *reader) fail(t *testing.T, code, op string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"operations": []string{op}, "code": code})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r.box.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/_sandbox/deny", bytes.NewReader(body)))
	if w.Code >= 300 {
		t.Fatal(w.Body.String())
	}
	r.op = op
}

// planFor reads an account and makes the plan for an answers file.
func planFor(ctx context.Context, client account, text string) (*plan.Plan, *inventory.Inventory, error) {
	ans, _, err := answers.Load("answers.yaml", []byte(text))
	if err != nil {
		return nil, nil, err
	}
	ans.Region = client.Region()
	inv := &inventory.Inventory{Region: ans.Region}
	resolved, problems, err := look(ctx, client, inv, ans)
	if err != nil {
		return nil, nil, err
	}
	if len(problems) > 0 {
		return nil, nil, usage(fmt.Errorf("%+v", problems))
	}
	return plan.Build(inv, resolved), inv, nil
}

// outline is what a plan does and what stops it, without the findings about reads. Tests of names
// from inside the VPC are left out: they only verify.
func outline(p *plan.Plan) []string {
	var out []string
	for _, c := range p.Changes {
		if c.Spec.Kind() != (resource.InsideLook{}).Kind() {
			out = append(out, fmt.Sprint(c.Op, " ", c.ID))
		}
	}
	for _, f := range p.Stops(nil) {
		if f.Rule != "A-GAP" {
			out = append(out, fmt.Sprint(f.Severity, " ", f.Rule, " ", f.Resource))
		}
	}
	return out
}

// TestEachUnreadCallIsHonest lets each read of each plan give no result, in turn. A denied read is
// named, and the plan stops if anything in it depends on the read; otherwise the plan is the same. A
// read that the endpoint does not have is a warning at most. A read that fails for another reason
// ends with an error that names it, or is a gap as well.
func TestEachUnreadCallIsHonest(t *testing.T) {
	t.Parallel()
	total := 0
	once := map[string]bool{} // what does not depend on the account is tried once for each workload
	for name, tt := range unreadCases(t) {
		r := newReader(t, tt.scenario)
		base, inv, err := planFor(t.Context(), r, tt.answers)
		if err != nil {
			if exitCode(err) != exitUsage || !strings.Contains(err.Error(), "Key:clients") { // the workload does not run in the scenario
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var calls []string
		for _, part := range inv.Loaded {
			calls = append(calls, inventory.Calls(part.Part)...)
		}
		slices.Sort(calls)
		for _, op := range slices.Compact(calls) {
			if op == "sts:GetCallerIdentity" { // nothing works without it, and no policy can deny it
				continue
			}
			for _, mode := range []struct{ says, code string }{{"denied", ""}, {"not offered", "NotImplemented"}, {"failing", "InvalidParameterValue"}} {
				if key := fmt.Sprint(base.Workload, op, mode.says); mode.code != "" && once[key] {
					continue
				} else {
					once[key] = true
				}
				total++
				at := fmt.Sprintf("%s: %s %s", name, op, mode.says)
				r.fail(t, mode.code, op)
				p, _, err := planFor(t.Context(), r, tt.answers)
				if err != nil {
					if !strings.Contains(err.Error(), op) || mode.says != "failing" && exitCode(err) != exitUsage {
						t.Errorf("%s: %v", at, err)
					}
					continue
				}
				i := slices.IndexFunc(p.Findings, func(f plan.Finding) bool { return f.Rule == "A-GAP" && f.Resource == op })
				d := cmp.Diff(outline(base), outline(p))
				unread := slices.ContainsFunc(p.Gaps, func(g inventory.Gap) bool { return g.Call == op })
				switch stops := func(s plan.Severity) bool { return s == plan.Error }; {
				case i < 0 && (d != "" || unread):
					t.Errorf("%s: no finding names the call\n%s", at, d)
				case i < 0:
				case !strings.Contains(p.Findings[i].Message, op):
					t.Errorf("%s: the message does not name the call: %s", at, p.Findings[i].Message)
				case mode.says == "not offered" && stops(p.Findings[i].Severity):
					t.Errorf("%s: the finding stops a plan in an emulator", at)
				case mode.says == "denied" && d != "" && !stops(p.Findings[i].Severity) && !strings.HasPrefix(op, "servicequotas:") && op != "logs:DescribeLogGroups":
					// AWS's default quotas are used instead, and AWS refuses what exceeds a quota. Without the log
					// groups the plan creates none, as a note says.
					t.Errorf("%s: the plan depends on the read, and the severity is %s\n%s", at, p.Findings[i].Severity, d)
				}
			}
		}
	}
	if total < 1000 {
		t.Errorf("only %d reads", total)
	}
	t.Log(total, "reads")
}

package run_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// TestPermissionsAreChecked tests the calls of the check: one simulation for a usual plan, dry runs if AWS denies the
// simulation, and none if nothing will be written.
func TestPermissionsAreChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		p := a.plan()
		var events []run.Event
		o := run.Options{Caller: a, RunID: "r", Now: time.Now, Preflight: true, Emit: func(e run.Event) { events = append(events, e) }}
		s := run.Apply(t.Context(), p, o)
		if s.Failed+s.Skipped > 0 || s.Missing != nil || a.calls("SimulatePrincipalPolicy") != 1 || a.calls("GetCallerIdentity") != 1 {
			t.Errorf("%+v %v", s, a.ops)
		}
		if len(events) == 0 || events[0].Change != run.Permissions || events[0].State != run.Started || find(events, run.Permissions, run.Unproven) != nil {
			t.Errorf("%+v", events[:2])
		}
		a.ops, events = nil, nil
		s = run.Apply(t.Context(), a.plan(), o)
		if s.Kept == 0 || s.Done > 0 || a.calls("SimulatePrincipalPolicy")+a.calls("GetCallerIdentity") > 0 || find(events, run.Permissions, run.Started) != nil {
			t.Errorf("%+v %v", s, a.ops)
		}
	})
}

// dryRuns records dry runs, and answers calls of IAM in place of the account.
type dryRuns struct {
	*account
	dry      []string
	simulate func(in map[string]any) (any, error)
	caller   string
	role     string // ARN of each role
	silent   bool   // IAM does not answer
}

func (d *dryRuns) Call(ctx context.Context, service, op string, in map[string]any) (any, error) {
	switch {
	case in["DryRun"] == true:
		d.dry = append(d.dry, op)
	case op == "GetCallerIdentity" && d.caller != "":
		return map[string]any{"Arn": d.caller}, nil
	case service == "iam" && d.silent:
		<-ctx.Done()
		return nil, ctx.Err()
	case op == "GetRole" && d.role != "":
		return map[string]any{"Role": map[string]any{"Arn": d.role}}, nil
	case op == "SimulatePrincipalPolicy" && d.simulate != nil:
		return d.simulate(in)
	}
	return d.account.Call(ctx, service, op, in)
}

// TestSimulationIsDenied tests that a dry run replaces a simulation that is not possible: once per operation, never of
// CreateVpcEndpoint, and never of a call that needs what does not exist yet. What remains unknown does not stop the run.
func TestSimulationIsDenied(t *testing.T) {
	for name, tt := range map[string]struct {
		caller  string
		deny    []string
		missing []string
	}{
		"denied":              {"", []string{"iam:SimulatePrincipalPolicy"}, nil},
		"denied, and a write": {"", []string{"iam:SimulatePrincipalPolicy", "ec2:CreateSecurityGroup"}, []string{"ec2:CreateSecurityGroup"}},
		"no identity":         {"", []string{"sts:GetCallerIdentity"}, nil},
		"the root user":       {"arn:aws:iam::123456789012:root", nil, nil},
		"a federated user":    {"arn:aws:sts::123456789012:federated-user/x", nil, nil},
		"an unknown role":     {"arn:aws:sts::123456789012:assumed-role/Other/x", nil, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &dryRuns{account: open(t, "closed"), caller: tt.caller}
			p := a.plan()
			a.deny(tt.deny...)
			var events []run.Event
			s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Preflight: true, Emit: func(e run.Event) { events = append(events, e) }})
			if d := cmp.Diff([]string{"CreateSecurityGroup"}, a.dry); d != "" {
				t.Errorf("%s: dry runs: %s", name, d)
			}
			var missing []string
			for _, m := range s.Missing {
				missing = append(missing, m.Permission)
			}
			e := find(events, run.Permissions, run.Unproven)
			if d := cmp.Diff(tt.missing, missing); d != "" || e == nil || e.Detail != "Not known whether 3 operations are allowed: ec2:CreateTags, ec2:AuthorizeSecurityGroupIngress, ec2:CreateVpcEndpoint" {
				t.Errorf("%s: %s %+v", name, d, e)
			}
			if tt.missing == nil && (s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved) {
				t.Errorf("%s: %+v", name, s)
			}
		})
	}
}

// TestDecisionsOfTheSimulation tests what counts as missing, and the ARN of the user or role that is simulated.
func TestDecisionsOfTheSimulation(t *testing.T) {
	decide := func(decision string, missing ...any) map[string]any {
		return map[string]any{"EvalDecision": decision, "MissingContextValues": missing}
	}
	for name, tt := range map[string]struct {
		caller, of string
		all, some  map[string]any // the decision on CreateVpcEndpoint, on all resources and on those of the plan
		missing    int
		unknown    bool
	}{
		"implicitly denied":     {"arn:aws:iam::1:user/a/b", "arn:aws:iam::1:user/a/b", decide("implicitDeny"), decide("implicitDeny"), 1, false},
		"explicitly denied":     {"arn:aws-cn:sts::1:assumed-role/R/s/x", "arn:aws-cn:iam::1:role/R", decide("explicitDeny"), decide("explicitDeny"), 1, false},
		"allowed on a resource": {"arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a", decide("implicitDeny"), decide("allowed"), 0, true},
		"allowed in the details": {"arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a", decide("implicitDeny"),
			map[string]any{"EvalDecision": "implicitDeny", "ResourceSpecificResults": []any{map[string]any{"EvalResourceDecision": "allowed"}}}, 0, true},
		"a condition":              {"arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a", decide("implicitDeny", "aws:RequestTag/team"), nil, 0, true},
		"a condition on one":       {"arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a", decide("implicitDeny"), decide("implicitDeny", "ec2:Vpc"), 0, true},
		"no decision":              {"arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a", nil, nil, 0, true},
		"the second one is lost":   {"arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a", decide("implicitDeny"), nil, 0, true},
		"a decision of the future": {"arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a", decide("maybe"), nil, 0, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &dryRuns{account: open(t, "closed"), caller: tt.caller}
			a.simulate = func(in map[string]any) (any, error) {
				if in["PolicySourceArn"] != tt.of {
					t.Errorf("%s: simulates %v", name, in["PolicySourceArn"])
				}
				context := fmt.Sprint(in["ContextEntries"])
				if !strings.Contains(context, "aws:RequestedRegion") || !strings.Contains(context, "us-east-1") {
					t.Errorf("%s: %s", name, context)
				}
				var list []any
				resources, _ := in["ResourceArns"].([]any)
				for _, action := range in["ActionNames"].([]any) {
					e := decide("allowed")
					if action == "ec2:CreateVpcEndpoint" {
						if e = tt.all; resources != nil {
							e = tt.some
							if !slices.Contains(resources, any("arn:aws:ec2:us-east-1:123456789012:vpc/"+a.vpc)) {
								t.Errorf("%s: %v", name, resources)
							}
						}
						if e == nil {
							continue
						}
					}
					e["EvalActionName"] = action
					list = append(list, e)
				}
				return map[string]any{"EvaluationResults": list}, nil
			}
			p := a.plan()
			var events []run.Event
			s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Preflight: true, Emit: func(e run.Event) { events = append(events, e) }})
			e := find(events, run.Permissions, run.Unproven)
			if len(s.Missing) != tt.missing || (e != nil) != tt.unknown || tt.unknown && e.Detail != "Not known whether 1 operation is allowed: ec2:CreateVpcEndpoint" || (s.Done > 0) != (tt.missing == 0) || len(a.dry) > 0 {
				t.Errorf("%s: %+v %+v %v", name, s, e, a.dry)
			}
		})
	}
}

// TestDryRunDecides tests that a dry run decides what the simulation leaves open, such as a condition.
func TestDryRunDecides(t *testing.T) {
	for _, deny := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := &dryRuns{account: open(t, "closed")}
			a.simulate = func(in map[string]any) (any, error) {
				var list []any
				for _, action := range in["ActionNames"].([]any) {
					e := map[string]any{"EvalActionName": action, "EvalDecision": "allowed"}
					if action == "ec2:CreateSecurityGroup" {
						e = map[string]any{"EvalActionName": action, "EvalDecision": "implicitDeny", "MissingContextValues": []any{"aws:RequestTag/team"}}
					}
					list = append(list, e)
				}
				return map[string]any{"EvaluationResults": list}, nil
			}
			p := a.plan()
			if deny {
				a.deny("ec2:CreateSecurityGroup")
			}
			var events []run.Event
			s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Preflight: true, Emit: func(e run.Event) { events = append(events, e) }})
			if len(a.dry) != 1 || (len(s.Missing) == 1) != deny || find(events, run.Permissions, run.Unproven) != nil {
				t.Errorf("%+v %v", s, a.dry)
			}
		})
	}
}

// TestIAMDoesNotAnswer tests that a run does not wait long for the simulation.
func TestIAMDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &dryRuns{account: open(t, "closed"), silent: true}
		p := a.plan()
		start, begun := time.Now(), time.Duration(0)
		s := run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Preflight: true, Emit: func(e run.Event) {
			if begun == 0 && e.Change != run.Permissions {
				begun = time.Since(start)
			}
		}})
		if begun > 10*time.Second || s.Failed+s.Skipped > 0 || len(a.dry) != 1 {
			t.Errorf("begun after %s: %+v %v", begun, s, a.dry)
		}
	})
}

// TestRoleWithAPath tests that the ARN of a role is read if that of the caller does not show its path.
func TestRoleWithAPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const role = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"
		a := &dryRuns{account: open(t, "closed"), caller: "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1/me", role: role}
		var tried []string
		a.simulate = func(in map[string]any) (any, error) {
			tried = append(tried, fmt.Sprint(in["PolicySourceArn"]))
			if in["PolicySourceArn"] != role {
				return nil, noSuchEntity{}
			}
			var list []any
			for _, action := range in["ActionNames"].([]any) {
				list = append(list, map[string]any{"EvalActionName": action, "EvalDecision": "allowed"})
			}
			return map[string]any{"EvaluationResults": list}, nil
		}
		s := run.Apply(t.Context(), a.plan(), run.Options{Caller: a, RunID: "r", Now: time.Now, Preflight: true})
		if d := cmp.Diff([]string{"arn:aws:iam::123456789012:role/AWSReservedSSO_Admin_1", role}, tried); d != "" || s.Missing != nil || s.Failed > 0 || len(a.dry) > 0 {
			t.Errorf("%s %+v %v", d, s, a.dry)
		}
	})
}

type noSuchEntity struct{}

func (noSuchEntity) Error() string     { return "no such entity" }
func (noSuchEntity) ErrorCode() string { return "NoSuchEntity" }

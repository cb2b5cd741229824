package doctor_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// account is a sandbox account with a client.
type account struct {
	*aws.Client
	ans answers.Answers
}

func open(t *testing.T, scenario string, ans answers.Answers) *account {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{Scenario: scenario})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sandbox.Scenarios() {
		if s.Name == scenario {
			ans.VPC, ans.Region = s.VPC, s.Region
		}
	}
	c, err := aws.Open(t.Context(), aws.Options{Region: ans.Region, Transport: box})
	if err != nil {
		t.Fatal(err)
	}
	return &account{c, ans}
}

// read loads what a plan and a diagnosis need.
func (a *account) read(t *testing.T) *inventory.Inventory {
	t.Helper()
	inv := &inventory.Inventory{}
	for _, r := range append(doctor.Requests(false), inventory.Request{Part: inventory.PartServices}, inventory.Request{Part: inventory.PartNetwork, VPC: a.ans.VPC}, inventory.Request{Part: inventory.PartHosts, VPC: a.ans.VPC}) {
		f, err := a.Load(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		inv.Merge(f)
	}
	return inv
}

// TestFixInTheSandbox: the changes of a fix remove the cause in an account. The second look at the same message finds it no more.
func TestFixInTheSandbox(t *testing.T) {
	for _, tt := range []struct {
		scenario string
		ans      answers.Answers
		causes   []doctor.Cause
		kind     cause.Kind
	}{
		{"closed", answers.Answers{Version: answers.Version, Workload: answers.ECSFargate}, likely("ecr.api", cause.PrivateDNSOff, cause.EndpointMissing, cause.EndpointGroup), cause.EndpointMissing},
		{"half-done", answers.Answers{Version: answers.Version, Workload: answers.ECSFargate}, likely("s3", cause.EndpointMissing, cause.RouteMissing), cause.RouteMissing},
		{"mwaa-customer-pending", answers.Answers{Version: answers.Version, Workload: answers.MWAA}, likely("", cause.MWAAEndpoints), cause.MWAAEndpoints},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, tt.scenario, tt.ans)
				look := func() (*doctor.Report, *plan.Plan) {
					inv := a.read(t)
					p := plan.Build(inv, a.ans)
					r := &doctor.Report{Messages: []doctor.Message{{}}, Causes: slices.Clone(tt.causes)}
					r.Verify(inv, a.ans, p)
					return r, p
				}
				r, p := look()
				if c := r.Causes[0]; c.Kind != tt.kind || c.State != doctor.Confirmed || c.Fix == nil || len(c.Fix.Changes) == 0 {
					t.Fatalf("%+v", r.Causes)
				}
				var only []resource.Change
				for _, c := range p.Changes {
					if slices.Contains(r.Causes[0].Fix.Changes, c.ID) {
						only = append(only, c)
					}
				}
				fix := *p
				fix.Changes, fix.Claims = only, nil
				s := run.Apply(t.Context(), &fix, run.Options{Caller: a, RunID: "run", Now: time.Now, Emit: func(run.Event) {}})
				if s.Failed+s.Skipped > 0 || s.Done != len(only) {
					t.Fatalf("%+v of %d changes", s, len(only))
				}
				r, _ = look()
				for _, c := range r.Causes {
					if c.Kind == tt.kind && !c.Also && c.State != doctor.Excluded {
						t.Errorf("after the fix: %s %+v", c.State, c.Facts)
					}
				}
			})
		})
	}
}

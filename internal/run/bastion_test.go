package run_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// bastions are the two ways to reach one, and what is said of each in the end.
var bastions = map[string]struct {
	answers.Bastion
	says []string
}{
	"ssh": {answers.Bastion{Reach: answers.BySSH, KeyPair: "airflow-admins", Admit: []string{"203.0.113.7/32"}},
		[]string{"ssh -i KEY.pem -N -D 8157 ec2-user@ec2-203-0-113-1.us-west-2.compute.amazonaws.com", "socks5://localhost:8157", "-L 8157:", ":443 ec2-user@"}},
	"sessions": {answers.Bastion{Reach: answers.BySessionManager},
		[]string{"aws ssm start-session --target i-", "AWS-StartPortForwardingSessionToRemoteHost", "portNumber=443,localPortNumber=8157 --region us-west-2", "plugin"}},
}

func airflowIn(t *testing.T, b answers.Bastion) (*account, answers.Answers) {
	t.Helper()
	a := open(t, "mwaa-private")
	var err error
	if a.Client, err = aws.Open(t.Context(), aws.Options{Region: "us-west-2", Transport: a.box}); err != nil {
		t.Fatal(err)
	}
	ans := answers.Answers{Version: 1, Workload: answers.MWAA, Region: "us-west-2", VPC: a.vpc, Airflow: answers.Airflow{Environment: "nightly", WayIn: answers.ByBastion, Bastion: b}}
	ans.EndpointPolicy.ByService = map[string]string{"sqs": answers.PolicyFull}
	return a, ans
}

// TestBastion makes one, proves it, makes no second one, and takes all of it back.
func TestBastion(t *testing.T) {
	for name, b := range bastions {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, ans := airflowIn(t, b.Bastion)
				before := a.dump()
				first := plan.Build(a.known(ans), ans)
				if s := first.Stops(nil); len(s) > 0 {
					t.Fatalf("the plan stops: %+v", s)
				}
				s, _ := a.apply(t.Context(), first, nil)
				if s.Failed+s.Skipped > 0 || s.Proof != "proved" {
					t.Fatalf("%+v", s)
				}
				next := strings.Join(s.Next, "\n")
				for _, want := range b.says {
					if !strings.Contains(next, want) {
						t.Errorf("it does not say %q:\n%s", want, next)
					}
				}
				// The same plan again, and a new one.
				again, _ := a.apply(t.Context(), first, nil)
				if again.Failed+again.Skipped+again.Done > 0 || again.IDs["instance/bastion"] != s.IDs["instance/bastion"] {
					t.Errorf("%+v", again)
				}
				for _, row := range plan.Build(a.known(ans), ans).Changes {
					if row.Op != resource.Keep {
						t.Errorf("afterwards %s is to %s", row.ID, row.Op)
					}
				}
				if n := a.calls("RunInstances"); n < 1 || n > 8 {
					t.Errorf("launched %d times", n)
				}
				a.takeBack(first, s.IDs)
				after := a.dump()
				forget(t, before)
				forget(t, after)
				if d := cmp.Diff(before, after); d != "" {
					t.Error("the account is not as it was (-before +after)", d)
				}
			})
		})
	}
}

// forget leaves out of an account what a terminated instance leaves behind for a while,
// and what changes by itself.
func forget(t *testing.T, account map[string]any) {
	t.Helper()
	region := account["Regions"].(map[string]any)["us-west-2"].(map[string]any)
	list, _ := region["Instances"].([]any)
	for _, i := range list {
		if state := i.(map[string]any)["State"].(map[string]any)["Name"]; state != "terminated" {
			t.Errorf("an instance is %s", state)
		}
	}
	for _, name := range []string{"Instances", "Images", "Certificates"} {
		delete(region, name)
	}
}

// takeBack carries the undo of every row out, the last one first.
func (a *account) takeBack(p *plan.Plan, ids map[resource.ID]string) {
	a.t.Helper()
	value := func(v resource.Value) (string, error) { return ids[v.From], nil }
	for _, row := range slices.Backward(p.Changes) {
		if row.Op == resource.Keep {
			continue
		}
		steps := row.Steps()
		undo := steps.Undo
		for _, part := range slices.Backward(steps.Parts) {
			undo = append(undo, part.Undo...)
		}
		for _, u := range undo {
			in, _, err := u.Bind(value, "")
			if err != nil {
				a.t.Fatal(err)
			}
			if _, err := a.Client.Call(a.t.Context(), u.Service, u.Op, in); err != nil {
				a.t.Errorf("undo of %s: %v", row.ID, err)
			}
		}
		time.Sleep(time.Minute) // a deletion takes a while
	}
}

// A bastion with a role that cannot register it is launched, and never reached.
func TestBastionThatIsNeverReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ans := airflowIn(t, bastions["sessions"].Bastion)
		p := plan.Build(a.known(ans), ans)
		a.tap = func(op string) {
			if op == "DescribeInstanceInformation" && a.calls(op) == 1 {
				_, _ = a.Client.Call(t.Context(), "iam", "DetachRolePolicy", map[string]any{"RoleName": "privatelink-wizard-bastion", "PolicyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"})
			}
		}
		s, events := a.apply(t.Context(), p, nil)
		if e := find(events, "instance/bastion", "failed"); e == nil || s.Failed != 1 || !strings.Contains(e.Detail, "AmazonSSMManagedInstanceCore") {
			t.Errorf("%+v %+v", s, e)
		}
	})
}

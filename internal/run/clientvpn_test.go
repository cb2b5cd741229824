package run_test

import (
	"crypto/rand"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// connecting opens an account with a private web server for a Client VPN.
func connecting(t *testing.T) (*account, func() *plan.Plan) {
	a := open(t, "mwaa-private")
	var err error
	if a.Client, err = aws.Open(t.Context(), aws.Options{Region: "us-west-2", Transport: a.box}); err != nil {
		t.Fatal(err)
	}
	ans := answers.Answers{Version: 1, Workload: answers.MWAA, Region: "us-west-2", VPC: a.vpc,
		EndpointPolicy: answers.Policy{ByService: map[string]string{"sqs": answers.PolicyFull}}, Airflow: answers.Airflow{Environment: "nightly", WayIn: answers.ByClientVPN}}
	return a, func() *plan.Plan { return plan.Build(a.known(ans), ans) }
}

// connect carries a plan out with certificates made for it, and returns what it would save.
func (a *account) connect(p *plan.Plan) (run.Summary, []run.File) {
	a.t.Helper()
	inputs := map[string]secret.Text{}
	var made map[string]secret.Text
	for _, in := range p.Inputs() {
		if made == nil {
			v, err := cert.MakeVPN(in.Made, time.Now(), rand.Reader)
			if err != nil {
				a.t.Fatal(err)
			}
			made = v.Files()
		}
		inputs[in.Name] = made[path.Base(in.File)]
	}
	var files []run.File
	var events []run.Event
	s := run.Apply(a.t.Context(), p, run.Options{Caller: a, RunID: "r", Now: time.Now, Inputs: inputs, Emit: func(e run.Event) { events = append(events, e) },
		Save: func(f run.File) ([]string, bool) {
			files = append(files, f)
			return []string{"saved " + f.Name}, f.Config != ""
		}})
	if text := fmt.Sprintf("%+v %+v %+v", s, events, inputs); strings.Contains(text, "PRIVATE KEY") {
		a.t.Error("a private key is told")
	}
	return s, files
}

// TestClientVPN: it is made, proven and kept, its file is saved, and the undo of every row
// takes back exactly what it made.
func TestClientVPN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, look := connecting(t)
		time.Sleep(time.Hour) // what else is under way in the account ends
		before := a.dump()
		p := look()
		s, files := a.connect(p)
		if s.Failed+s.Skipped > 0 || s.Proof != run.ProofProved || s.Unsaved > 0 || len(files) != 1 || files[0].Number == "" || files[0].Endpoint != s.IDs["client-vpn/nightly"] || !strings.Contains(files[0].Config, "\nremote "+s.IDs["client-vpn/nightly"]+".") ||
			!slices.Contains(s.Next, "saved airflow-nightly-vpn/airflow-nightly.ovpn") {
			t.Errorf("%+v %+v", s, files)
		}
		first := files[0]
		again, files := a.connect(look())
		if again.Done+again.Failed+again.Skipped > 0 || len(files) != 1 {
			t.Errorf("%+v %+v", again, files)
		}
		if d := cmp.Diff(first, files[0], cmp.AllowUnexported(resource.Value{})); d != "" {
			t.Error("what is known for the file differs", d)
		}
		value := func(v resource.Value) (string, error) { return s.IDs[v.From], nil }
		for _, row := range slices.Backward(p.Changes) {
			for _, u := range row.Steps().Undo {
				in, _, err := u.Bind(value, "")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := a.Client.Call(t.Context(), u.Service, u.Op, in); err != nil {
					t.Errorf("undo of %s: %v", row.ID, err)
				}
			}
			time.Sleep(5 * time.Minute) // until a subnet is no longer associated
		}
		if d := cmp.Diff(before, a.dump()); d != "" {
			t.Error("the account is not as it was (-before +after)", d)
		}
	})
}

// TestFileOfAFailedRun: a run that did not end well reports what it knows for the file, and counts a file that is not
// complete. A call for something that does not exist is not made.
func TestFileOfAFailedRun(t *testing.T) {
	for _, tt := range []struct {
		refused          string
		number, endpoint bool
		config           bool
	}{
		{"AssociateClientVpnTargetNetwork", true, true, true},
		{"CreateClientVpnEndpoint", true, false, false},
		{"ExportClientVpnClientConfiguration", true, true, false},
		{"ImportCertificate", false, false, false},
	} {
		t.Run(tt.refused, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, look := connecting(t)
				p := look()
				a.refuse = tt.refused
				s, files := a.connect(p)
				if len(files) != 1 || (files[0].Number != "") != tt.number || (files[0].Endpoint != "") != tt.endpoint || (files[0].Config != "") != tt.config {
					t.Errorf("%+v", files)
				}
				if (s.Unsaved == 0) != tt.config || s.Complete() {
					t.Errorf("%+v", s)
				}
				if told := strings.Contains(strings.Join(s.Next, " "), tt.refused); told != (tt.refused == "ExportClientVpnClientConfiguration") || strings.Contains(strings.Join(s.Next, " "), "unknown") {
					t.Errorf("%q", s.Next)
				}
			})
		})
	}
}

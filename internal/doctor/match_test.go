package doctor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// TestElsewhere: a message about something that the account does not have is not compared. What was not read is not missing.
func TestElsewhere(t *testing.T) {
	const timeout = ` CannotPullContainerError: dial tcp 52.94.10.230:443: i/o timeout`
	other := strings.Replace(plantest.Account, plantest.Account[:4], "9999", 1)
	for _, tt := range []struct {
		text, want string
		set        func(*plantest.World)
	}{
		{"subnet-0a1b2c3d4e5f60009" + timeout, "The message is about subnet-0a1b2c3d4e5f60009, which does not exist", nil},
		{"sg-0a1b2c3d4e5f60009" + timeout, "The message is about sg-0a1b2c3d4e5f60009, which", nil},
		{"vpce-0a1b2c3d4e5f60009" + timeout, "The message is about vpce-0a1b2c3d4e5f60009, which", nil},
		{"rtb-0a1b2c3d4e5f60009" + timeout, "The message is about rtb-0a1b2c3d4e5f60009, which", nil},
		{"i-0a1b2c3d4e5f60009" + timeout, "", nil}, // an instance that did not join is in no cluster
		{"subnet-0a1b2c3d4e5f60009" + timeout, "", func(w *plantest.World) {
			w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "ec2:DescribeSubnets", Code: "AccessDenied"})
		}},
		{"subnet-0a1b2c3d4e5f60009" + timeout, "", func(w *plantest.World) { w.Inv.VPCs[0].Owner = other }},
		{"subnet-0a1b2c3d4e5f60009" + timeout, "", func(w *plantest.World) { w.Inv.VPCs = append(w.Inv.VPCs, inventory.VPC{ID: "vpc-2"}) }},
		{"Task arn:aws:ecs:us-east-1:" + other + ":task/prod/0123456789abcdef0123456789abcdef" + timeout, "The message is from account " + other, nil},
		{"Task arn:aws:ecs:us-east-1:" + plantest.Account + ":task/prod/0123456789abcdef0123456789abcdef" + timeout, "", nil},
		{other + ".dkr.ecr.us-east-1.amazonaws.com/web:1" + timeout, "", nil}, // a registry can be of another account
		{"(service checkout) was unable to place a task." + timeout, "The message is about service checkout, which this account does not have in Region us-east-1", nil},
		{"service checkout was unable to place a task." + timeout, "The message is about service checkout,", nil},
		{"service web was unable to place a task." + timeout, "", nil},
		{"(service web) was unable to place a task." + timeout, "", nil},
		{"(service checkout) was unable to place a task." + timeout, "", func(w *plantest.World) {
			w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "ecs:ListServices", Code: "AccessDenied"})
		}},
	} {
		w := plantest.New()
		if tt.set != nil {
			tt.set(w)
		}
		got := doctor.Explain(doctor.Source{Text: tt.text}).Elsewhere(&w.Inv)
		if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.text, got, tt.want)
		}
	}
	// What the account itself reports is about it.
	w := plantest.New()
	if got := doctor.Explain(doctor.Source{Text: "(service checkout) was unable to place a task." + timeout, Subject: "prod/checkout"}).Elsewhere(&w.Inv); got != "" {
		t.Error(got)
	}
}

// TestNetworksOfIDs: networks are read only to find a resource of a message.
func TestNetworksOfIDs(t *testing.T) {
	w := plantest.New()
	w.Inv.VPCs = append(w.Inv.VPCs, inventory.VPC{ID: "vpc-2"})
	for text, want := range map[string][]inventory.Request{
		"subnet-0a1b2c3d4e5f60009: i/o timeout":        {{Part: inventory.PartNetwork, VPC: "vpc-2"}},
		"vpce-svc-0a1b2c3d4e5f60009: i/o timeout":      nil,
		"dial tcp 10.0.0.1:443: i/o timeout (eni-123)": nil,
	} {
		if got := doctor.Explain(doctor.Source{Text: text}).Networks(&w.Inv); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// BenchmarkCandidates finds the workloads of 50 messages in an account with 500 services.
func BenchmarkCandidates(b *testing.B) {
	w, messages := manyServices(500, 50)
	for b.Loop() {
		workloads := doctor.WorkloadsOf(&w.Inv)
		for i := range messages {
			workloads.Candidates(messages[i : i+1])
		}
	}
}

// manyServices returns an account with services and messages about some of them.
func manyServices(services, messages int) (*plantest.World, []doctor.Message) {
	w := plantest.New()
	c := &w.Inv.Clusters[0]
	web := c.Services[0]
	for i := range services {
		s := web
		s.Name = fmt.Sprintf("web-%d", i)
		c.Services = append(c.Services, s)
	}
	var out []doctor.Message
	for i := range messages {
		out = append(out, doctor.Explain(doctor.Source{Where: doctor.StoppedReason, Subject: fmt.Sprintf("%s/web-%d", c.Name, i*services/messages), Text: "CannotPullContainerError: dial tcp 52.94.10.230:443: i/o timeout"}).Messages...)
	}
	return w, out
}

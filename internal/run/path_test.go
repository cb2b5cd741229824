package run_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

const mainACL = "acl-0a1b2c3d4e5f60001"

// aclEntry is an entry that somebody adds to the network ACL of the scenario "closed".
type aclEntry struct {
	number   int32
	egress   bool
	action   ec2types.RuleAction
	protocol string
	cidr     string
	from, to int32
}

// addToACL adds an entry to a network ACL, which this program never does.
func (a *account) addToACL(acl string, e aclEntry) {
	a.t.Helper()
	c := ec2.New(ec2.Options{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), HTTPClient: &http.Client{Transport: a.box}})
	in := &ec2.CreateNetworkAclEntryInput{NetworkAclId: &acl, CidrBlock: &e.cidr, Egress: &e.egress, Protocol: &e.protocol, RuleAction: e.action, RuleNumber: &e.number}
	if e.protocol != "-1" {
		in.PortRange = &ec2types.PortRange{From: sdk.Int32(e.from), To: sdk.Int32(e.to)}
	}
	if _, err := c.CreateNetworkAclEntry(a.t.Context(), in); err != nil {
		a.t.Error(err)
	}
}

// A network ACL is verified by its effect on the path, whatever else changes in it.
func TestNetworkACLIsVerifiedByItsEffect(t *testing.T) {
	for name, tt := range map[string]struct {
		entry aclEntry
		proof run.Proof
		says  string // of the result that is not proved
	}{
		"an unrelated port":      {aclEntry{1, true, "deny", "6", "10.0.0.0/16", 22, 22}, run.ProofProved, ""},
		"an unrelated protocol":  {aclEntry{1, false, "deny", "17", "0.0.0.0/0", 0, 65535}, run.ProofProved, ""},
		"unrelated addresses":    {aclEntry{1, false, "deny", "-1", "192.0.2.0/24", 0, 0}, run.ProofProved, ""},
		"another allow":          {aclEntry{1, true, "allow", "6", "10.0.0.0/16", 443, 443}, run.ProofProved, ""},
		"a deny behind an allow": {aclEntry{200, true, "deny", "-1", "0.0.0.0/0", 0, 0}, run.ProofProved, ""},
		"the requests":           {aclEntry{1, true, "deny", "6", "10.0.0.0/16", 443, 443}, run.ProofFailed, "denied by entry 1: out 443-443"},
		"the responses":          {aclEntry{1, false, "deny", "6", "10.0.0.0/16", 1024, 65535}, run.ProofFailed, "denied by entry 1: in 32768-60999"},
		"a part of the ports":    {aclEntry{1, false, "deny", "6", "10.0.0.0/16", 50000, 50000}, run.ProofProved, "undecided: entry 1 denies a part of in 32768-60999"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, "closed")
				p := a.plan()
				a.addToACL(mainACL, tt.entry)
				s, events := a.apply(t.Context(), p, nil)
				if s.Failed > 0 || s.Proof != tt.proof {
					t.Fatalf("%+v", s)
				}
				says := slices.ContainsFunc(events, func(e run.Event) bool {
					return (e.State == run.Failed || e.State == run.Unproven) && tt.says != "" && strings.Contains(e.Detail, tt.says)
				})
				if says != (tt.says != "") {
					t.Errorf("%+v", events[len(events)-12:])
				}
			})
		})
	}
}

// An accepted denial by a network ACL fails the verification.
func TestAcceptedDenialFailsTheProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		a.addToACL(mainACL, aclEntry{1, true, "deny", "6", "10.0.0.0/16", 443, 443})
		p := plan.Build(a.inventory(), answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc})
		stops := p.Stops(nil)
		if len(stops) != 1 || stops[0].Rule != "G-NACL" || len(p.Stops([]string{"G-NACL"})) != 0 {
			t.Fatalf("%+v", stops)
		}
		if s, _ := a.apply(t.Context(), p, nil); s.Proof != run.ProofFailed || s.Failed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A task that the answers ask for and that did not run is not verified, whatever else is.
func TestTaskThatDidNotRunIsNotProved(t *testing.T) {
	for name, prepare := range map[string]func(a *account) *plan.Plan{
		"it is denied": func(a *account) *plan.Plan {
			p := a.withTask()
			a.deny("ecs:RunTask")
			return p
		},
		"its result is denied": func(a *account) *plan.Plan {
			p := a.withTask()
			a.deny("ecs:DescribeTasks")
			return p
		},
		"the service could not be read": func(a *account) *plan.Plan {
			inv := a.inventory()
			inv.Clusters = nil
			needs := []string{"ecr", "awslogs"}
			return plan.Build(inv, answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", VPC: a.vpc, Clients: []string{"subnet-0a1b2c3d4e5f61001"}, Needs: &needs, Proof: answers.Proof{Task: "prod/web"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, "closed")
				p := prepare(a)
				s, events := a.apply(t.Context(), p, nil)
				proved := slices.ContainsFunc(events, func(e run.Event) bool { return e.State == run.Proved })
				asked := slices.ContainsFunc(events, func(e run.Event) bool {
					return e.Change == "task/prod/web" && e.State == run.Unproven && strings.Contains(e.Detail, "a task of prod/web starts")
				})
				if s.Failed+s.Skipped > 0 || s.Proof != run.ProofUnproven || !proved || !asked {
					t.Errorf("%+v\n%+v", s, events)
				}
				time.Sleep(time.Minute) // a started task is stopped
			})
		})
	}
}

package resource

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// InsideLook resolves names and connects to TCP 443 from inside a container instance, with Run
// Command. It changes nothing there.
type InsideLook struct {
	Instance string   `aws:"Ec2InstanceId"`
	Zone     string   `aws:"AvailabilityZone"`
	Names    []string `aws:"Names"`
	Awaited  bool     // as in Host
}

// Kind implements Spec.
func (InsideLook) Kind() string { return "inside-look" }

// Terms implements Spec.
func (InsideLook) Terms() []*terms.Term { return []*terms.Term{terms.Verification} }

// Cells implements Spec.
func (s InsideLook) Cells(Names, Change) Cells {
	return Cells{"check from inside", s.Instance, s.Zone, "look up " + words.Count(len(s.Names), "name") + " by Run Command"}
}

// Steps resolves names on a host inside the VPC. The claims read the result from the command
// that the change puts out.
func (s InsideLook) Steps(a Change) Steps {
	script, err := hosts.Inside(s.Names)
	if err != nil {
		panic(fmt.Sprintf("resource: %s: %v", a.ID, err)) // names of AWS's own services
	}
	on := []Host{{Instance: s.Instance}}
	out := Steps{Looks: true}
	if s.Awaited {
		out.Parts = append(out.Parts, Part{Label: "wait until Systems Manager reaches " + s.Instance, Steps: Steps{Until: online(on)}})
	}
	look := command(on, hosts.Restart{Document: hosts.Shell, Script: script}, Pieces{Lit("PrivateLink Wizard check "), RunToken})
	look.Sent = sent(on[0], expr("join('', ['PrivateLink Wizard check ', ", RunToken, "])"), " && "+unfailed)
	out.Parts = append(out.Parts, Part{Label: "resolve names on " + s.Instance, Steps: Steps{Do: []Call{look}, Until: succeeded(a.ID, on[0])}})
	return out
}

// Seen claims that a look resolved the name to the endpoint and reached it.
type Seen struct {
	Look     ID       `json:"look"`
	Instance string   `json:"instance"`
	Name     string   `json:"name"`               // the private name
	Prefixes []string `json:"prefixes,omitempty"` // of the endpoint's addresses
}

// Kind implements Measure.
func (Seen) Kind() ClaimKind { return "seen" }

func (m Seen) look() ID { return m.Look }

func (m Seen) check(Claim, *Change) (Check, bool) {
	const output = "contains(StandardOutputContent || '', "
	var at []any
	for i, p := range m.Prefixes {
		if i > 0 {
			at = append(at, " || ")
		}
		at = append(at, output, Lit("resolved "+m.Name+" "+p), ")")
	}
	if len(at) == 0 {
		at = []any{output, Lit("resolved " + m.Name + " "), ")"}
	}
	cond := append(append([]any{"("}, at...), ") && ", output, Lit("answers "+m.Name), ")")
	return yes(Call{Service: "ssm", Op: "GetCommandInvocation", In: map[string]any{"CommandId": From(m.Look), "InstanceId": m.Instance}, Out: holds(cond...)})
}

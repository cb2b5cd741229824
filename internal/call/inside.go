package call

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// insideLook resolves names on a host inside the VPC. The claims read the result from the command
// that the change puts out.
func insideLook(a plan.Change, s plan.InsideLook) Steps {
	script, err := hosts.Inside(s.Names)
	if err != nil {
		panic(fmt.Sprintf("call: %s: %v", a.ID, err)) // names of AWS's own services
	}
	on := []plan.Host{{Instance: s.Instance}}
	out := Steps{Looks: true}
	if s.Awaited {
		out.Parts = append(out.Parts, Part{Label: "wait until Systems Manager reaches " + s.Instance, Steps: Steps{Until: online(on)}})
	}
	look := command(on, hosts.Restart{Document: hosts.Shell, Script: script}, "Look at private names from inside (PrivateLink Wizard)")
	out.Parts = append(out.Parts, Part{Label: "resolve names on " + s.Instance, Steps: Steps{Do: []Call{look}, Until: succeeded(a.ID, 1)}})
	return out
}

// seen reads the result of a look for one name.
func seen(c plan.Claim) Call {
	const output = "contains(StandardOutputContent || '', "
	var at []any
	for i, p := range c.Prefixes {
		if i > 0 {
			at = append(at, " || ")
		}
		at = append(at, output, plan.Lit("resolved "+c.Name+" "+p), ")")
	}
	if len(at) == 0 {
		at = []any{output, plan.Lit("resolved " + c.Name + " "), ")"}
	}
	cond := append(append([]any{"("}, at...), ") && ", output, plan.Lit("answers "+c.Name), ")")
	return Call{Service: "ssm", Op: "GetCommandInvocation", In: map[string]any{"CommandId": plan.From(c.Look), "InstanceId": c.Instance}, Out: holds(cond...)}
}

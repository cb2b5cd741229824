package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// fromHere is the value of verification without a test task.
const fromHere = "from-here"

// tasksNeeds returns the parts with services and their network.
func tasksNeeds(s State) []inventory.Request {
	return append(network(s), workloadParts(s.workload())...)
}

func verificationStep() *Step {
	return &Step{
		ID: "proof", Title: "Verification", Kind: One, For: func(w *workload.Workload) bool { return w.TestTask },
		Terms: []*terms.Term{terms.Verification, terms.FlowLogs, terms.PrivateDNS},
		Ask:   text("How should connectivity be verified?"),
		Help:  text("The AWS API shows whether endpoints are available, and whether DNS and rules are correct. Only a test task shows that tasks start."),
		Applies: func(s State) bool {
			return existing(s) && !starts(s) && s.workload().TestTask && len(plan.ScopeOf(s.Inv, s.Ans.Answers).Services()) > 0
		},
		Needs:   tasksNeeds,
		Options: verificationOptions,
		Selected: func(s State) []string {
			if s.Ans.Proof.Task == "" {
				return []string{fromHere}
			}
			return []string{s.Ans.Proof.Task}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("option", One, verificationOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Proof.Task = v[0]
			if v[0] == fromHere {
				a.Proof.Task = ""
			}
			return Change{Answers: a}, nil
		},
		Short: func(s State) string {
			if s.Ans.Proof.Task == "" {
				return "with the AWS API"
			}
			return "test task of " + s.Ans.Proof.Task
		},
	}
}

func verificationOptions(s State) []Option {
	out := []Option{{Value: fromHere, Label: "Use the AWS API only", Hint: "starts no task", Recommended: true,
		Details: "Checks that are only possible inside the VPC are reported as not verified."}}
	for _, name := range plan.ScopeOf(s.Inv, s.Ans.Answers).Services() {
		o := Option{Value: name, Label: "Start a test task of " + name, Hint: "1 to 2 minutes, a few cents",
			Details: "The wizard starts one task of the service's task definition, in its subnets and with its security groups. It stops the task when it runs. The containers run the command `true`, which does nothing. An entry point of the image still runs, with `true` as its argument: do not choose this option if that could cause damage.\n\nYou need the permissions ecs:RunTask and ecs:StopTask, and iam:PassRole for the roles of the task definition."}
		_, svc := workload.FindService(s.Inv, name)
		if d := s.Inv.TaskDefinition(svc.TaskDefinition); d != nil {
			o.Details += "\n\nImages:"
			for _, c := range d.Containers {
				o.Details += fmt.Sprintf("\n  %s: %s", c.Name, c.Image)
			}
		}
		out = append(out, o)
	}
	return out
}

func redeployStep() *Step {
	return &Step{
		ID: Redeploy, Title: "Running tasks", Kind: Many, For: func(w *workload.Workload) bool { return w.Redeploys },
		Terms:    []*terms.Term{terms.PrivateDNS, terms.Verification},
		Ask:      text("Which services should replace their running tasks?"),
		Help:     text("Running tasks keep their connections. New tasks use the endpoints. This is optional: the next deployment replaces the tasks too."),
		Applies:  func(s State) bool { return existing(s) && !starts(s) && len(redeployOptions(s)) > 0 },
		Needs:    tasksNeeds,
		Options:  redeployOptions,
		Selected: func(s State) []string { return slices.Clone(s.Ans.Redeploy) },
		Set: func(s State, v []string) (Change, error) {
			if err := pick("service", Many, redeployOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Redeploy = slices.Clone(v)
			if len(v) == 0 {
				a.Redeploy = nil
			}
			return Change{Answers: a}, nil
		},
		Short: func(s State) string {
			if len(s.Ans.Redeploy) == 0 {
				return "unchanged"
			}
			return strings.Join(workload.UpTo(s.Ans.Redeploy), ", ")
		},
	}
}

func redeployOptions(s State) []Option {
	var out []Option
	for _, name := range plan.ScopeOf(s.Inv, s.Ans.Answers).WithTasks() {
		_, svc := workload.FindService(s.Inv, name)
		out = append(out, Option{Value: name, Label: name, Hint: words.Counted(svc.Running, "running task", "running tasks"),
			Details: fmt.Sprintf("Forces a new deployment of %s with its current task definition, %s. Amazon ECS starts new tasks and then stops the old ones, according to the deployment settings of the service. The AWS CLI command is:\n\n  aws ecs update-service --cluster %s --service %s --force-new-deployment",
				name, words.Last(svc.TaskDefinition), strings.Split(name, "/")[0], svc.Name)})
	}
	return out
}

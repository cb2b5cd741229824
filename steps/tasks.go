package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// fromHere is the value of "no task is started for the proof".
const fromHere = "from-here"

// tasksNeeds are what shows services and where they run.
func tasksNeeds(s State) []inventory.Request { return append(network(s), things(s)...) }

func proofStep() *Step {
	return &Step{
		ID: "proof", Title: "Proof", Kind: One, For: func(w answers.Workload) bool { return w == answers.ECSFargate },
		Ask:  text("How is it proven in the end?"),
		Help: text("From here, AWS's API shows that endpoints are available, that names lead to them and that the rules let the tasks through. That a task really starts, only a task can show."),
		Applies: func(s State) bool {
			return s.Ans.Workload == answers.ECSFargate && len(plan.Look(s.Inv, s.Ans).Services()) > 0
		},
		Needs:   tasksNeeds,
		Options: proofOptions,
		Selected: func(s State) []string {
			if s.Ans.Proof.Task == "" {
				return []string{fromHere}
			}
			return []string{s.Ans.Proof.Task}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("way", One, proofOptions(s), v); err != nil {
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
				return "from here"
			}
			return "a task of " + s.Ans.Proof.Task
		},
	}
}

func proofOptions(s State) []Option {
	out := []Option{{Value: fromHere, Label: "Measure from here", Hint: "starts nothing", Recommended: true,
		Details: "What can only be seen from inside the VPC is then called unproven, in that word."}}
	for _, name := range plan.Look(s.Inv, s.Ans).Services() {
		o := Option{Value: name, Label: "Start one task of " + name, Hint: "a minute or two, cents",
			Details: "One task is started from the service's task definition, in its subnets and with its security groups, and stopped again as soon as it runs. Its containers get the command `true` in place of their own, which does nothing. An image with an entry point is started with that as its argument: leave this out where even that could do harm.\n\nYou need the permissions ecs:RunTask and ecs:StopTask, and iam:PassRole on the roles of the task definition."}
		_, svc := findService(s.Inv, name)
		if d := s.Inv.TaskDefinition(svc.TaskDefinition); d != nil {
			o.Details += "\n\nIts images:"
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
		ID: Redeploy, Title: "Running tasks", Kind: Many, For: func(w answers.Workload) bool { return w == answers.ECSFargate || w == answers.ECSEC2 },
		Ask:      text("Which services replace their running tasks in the end?"),
		Help:     text("Tasks that start from then on use the endpoints; running ones keep the connections that they have. Amazon ECS starts new tasks first and stops the old ones once they run. Nothing need be chosen: the tasks are renewed with the next deployment anyway."),
		Applies:  func(s State) bool { return len(redeployOptions(s)) > 0 },
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
				return "left as they are"
			}
			return strings.Join(upTo(s.Ans.Redeploy), ", ")
		},
	}
}

func redeployOptions(s State) []Option {
	var out []Option
	for _, name := range plan.Look(s.Inv, s.Ans).WithTasks() {
		_, svc := findService(s.Inv, name)
		out = append(out, Option{Value: name, Label: name, Hint: count(svc.Running, "running task", "running tasks"),
			Details: fmt.Sprintf("A forced new deployment of %s with the task definition that it has, %s. The service's own deployment settings decide how many old tasks run meanwhile. On the command line it is:\n\n  aws ecs update-service --cluster %s --service %s --force-new-deployment",
				name, nameOf(svc.TaskDefinition), strings.Split(name, "/")[0], svc.Name)})
	}
	return out
}

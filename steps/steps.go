// Package steps holds the questions: what to ask, which options there are, what
// is valid, and what an answer clears. It is pure: a full screen and a line
// prompter are two front ends of the same steps, and an answers file is checked
// by the same rules.
package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Kind says how many options an answer takes.
type Kind int

// One takes exactly one option, Many takes any number, Text a line that is typed.
const (
	One Kind = iota
	Many
	Text
)

// IDs of the steps that front ends treat specially.
const (
	Service  = "service"
	Shortcut = "shortcut"
	Agents   = "agents"
	Redeploy = "redeploy"
)

// State is what a question is asked about: what is known of the account, and what
// was answered so far.
type State struct {
	Inv *inventory.Inventory
	Ans answers.Answers
	// Build makes the plan that verdicts are read from; nil means plan.Build.
	Build func(*inventory.Inventory, answers.Answers) *plan.Plan
}

func (s State) build(ans answers.Answers) *plan.Plan {
	if s.Build != nil {
		return s.Build(s.Inv, ans)
	}
	return plan.Build(s.Inv, ans)
}

func (s State) network() *inventory.Network { return s.Inv.Network(s.Ans.VPC) }

// Option is one line of a question.
type Option struct {
	Value   string
	Label   string
	Hint    string // a few words beside the label
	Details string // for the reader who stops at this line
	Problem string // why it cannot be chosen; empty if it can
	Section string // heading that the line stands under
	Info    bool   // only says something; never chosen
	// Recommended marks the line to start from where nothing was answered.
	Recommended bool
	// Exclusive names a place that only one chosen option can have, such as a
	// zone: choosing another one of the same place takes this one back.
	Exclusive string
	// Solo options are chosen alone.
	Solo bool
}

// Choosable tells whether the option can be part of an answer.
func (o Option) Choosable() bool { return !o.Info && o.Problem == "" }

// Change is what an answer leads to.
type Change struct {
	Answers answers.Answers
	Cleared []string // answers that depended on the old one and are gone, in words
	// Again is the ID of the step that is asked next in place of the one that follows, such
	// as an earlier one; mostly empty.
	Again string
}

// Step is one question.
type Step struct {
	ID    string
	Title string // for the list of steps
	Kind  Kind
	// Of is the ID of the step that this one belongs to, in whose place of the list it is
	// asked; empty if it has one of its own.
	Of string
	// Key is that of the answers file which a text is checked by.
	Key string
	// Empty says that a text may be left out.
	Empty bool
	// Ask is the question, Help why it is asked.
	Ask, Help func(State) string
	// For are the workloads that it can be asked of; nil means all.
	For func(answers.Workload) bool
	// Applies tells whether the question makes sense after the answers so far.
	Applies func(State) bool
	// Needs are the parts of the inventory that the options are made from. What
	// is needed may grow as parts arrive, so ask again after each.
	Needs func(State) []inventory.Request
	// Options are the lines to choose from; nil of a text.
	Options func(State) []Option
	// Selected are the values to show as chosen: the answer, else the proposal. Of a text
	// it is the one value.
	Selected func(State) []string
	// Set checks the values and stores them.
	Set func(State, []string) (Change, error)
	// Short is the answer in a few words; empty while there is none.
	Short func(State) string
}

// All are the steps in the order in which they are asked.
func All() []*Step {
	return slices.Concat([]*Step{workloadStep(), serviceStep(), shortcutStep(), vpcStep(), runsInStep(), placesStep(), needsStep(), groupsStep(), policyStep()},
		waySteps(), registrySteps(), []*Step{agentsStep(), proofStep(), redeployStep()})
}

// Settle fills in what follows from the answers once more of the account is
// known: the VPC of what was chosen, and where in it that runs.
func Settle(s State) answers.Answers {
	r, ok := find(s.Inv, s.Ans)
	if !ok {
		return s.Ans
	}
	if s.Ans.VPC == "" && len(r.vpcs) > 0 {
		s.Ans.VPC = r.vpcs[0]
	}
	if len(s.Ans.Clients) == 0 {
		s.Ans.Clients = runsIn(s.Inv, s.Ans)
	}
	return s.Ans
}

// Missing are the requests that are not loaded yet.
func Missing(inv *inventory.Inventory, rs []inventory.Request) []inventory.Request {
	return slices.DeleteFunc(unique(rs), inv.Has)
}

// Notes say which part of the account a step cannot see because AWS refused to
// show it.
func Notes(s State, step *Step) []string {
	var out []string
	for _, r := range step.Needs(s) {
		for _, call := range inventory.Calls(r.Part) {
			if g, ok := s.Inv.Gap(call); ok {
				said := fmt.Sprintf("Not everything can be shown: AWS refused %s (%s).", g.Call, g.Code)
				if !slices.Contains(out, said) { // parts share calls
					out = append(out, said)
				}
			}
		}
	}
	return out
}

// pick checks values against the options of a step: known, choosable, and as many
// as the step takes.
func pick(step string, kind Kind, opts []Option, values []string) error {
	if kind == One && len(values) != 1 {
		return fmt.Errorf("choose one %s", step)
	}
	for _, v := range values {
		i := slices.IndexFunc(opts, func(o Option) bool { return o.Value == v && !o.Info })
		if i < 0 {
			return fmt.Errorf("%q is not one of the choices", v)
		}
		if p := opts[i].Problem; p != "" {
			return fmt.Errorf("%q cannot be chosen: %s", opts[i].Label, p)
		}
	}
	return nil
}

func always(State) bool { return true }

// asJobs says of jobs what is said of tasks. A job of AWS Batch is a task of
// Amazon ECS under another name. What AWS has named after tasks keeps its name.
var (
	asJobs = strings.NewReplacer("ecs-tasks.amazonaws.com", "ecs-tasks.amazonaws.com", "AmazonECSTaskExecutionRolePolicy", "AmazonECSTaskExecutionRolePolicy", "Tasks", "Jobs", "tasks", "jobs", "Task", "Job", "task", "job")
	// asEnvironments says it of environments of Airflow, whose parts run in the VPC.
	asEnvironments = strings.NewReplacer("Tasks", "Airflow environments", "tasks", "Airflow environments", "Task", "Airflow environment", "task", "Airflow environment")
)

// word puts a text that speaks of tasks into the words of the workload.
func (s State) word(text string) string {
	switch {
	case s.Ans.Workload.MWAA():
		return asEnvironments.Replace(text)
	case s.Ans.Workload.Batch():
		return asJobs.Replace(text)
	}
	return text
}

// runner is what the endpoints have to let in, in the singular.
func (s State) runner() string {
	if s.Ans.Workload.EC2() {
		return "instance"
	}
	return s.word("task")
}

func (s State) runners() string { return s.runner() + "s" }

// text is a question or its help, in the words of the workload.
func text(t string) func(State) string {
	return func(s State) string { return s.word(t) }
}

func network(s State) []inventory.Request {
	rs := []inventory.Request{{Part: inventory.PartVPCs}}
	if s.Ans.VPC != "" {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: s.Ans.VPC})
	}
	return rs
}

// same tells whether two lists hold the same, whatever the order.
func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// first finds the first value among the options that can be chosen.
func first(opts []Option) []string {
	i := slices.IndexFunc(opts, func(o Option) bool { return o.Choosable() && o.Recommended })
	if i < 0 {
		i = slices.IndexFunc(opts, Option.Choosable)
	}
	if i < 0 {
		return nil
	}
	return []string{opts[i].Value}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// later sorts what something is true of behind what it is not true of.
func later(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// byNameThenID sorts the way people look for things: named ones first.
func byNameThenID(nameA, idA, nameB, idB string) int {
	if (nameA == "") != (nameB == "") {
		if nameA == "" {
			return 1
		}
		return -1
	}
	return cmp.Or(strings.Compare(nameA, nameB), strings.Compare(idA, idB))
}

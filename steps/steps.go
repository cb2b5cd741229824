// Package steps defines the questions: their texts, their options, which values are
// valid, and which earlier answers a new answer clears. It has no input or output. The
// full screen and the line prompter are two front ends of the same steps, and the same
// rules check an answers file.
package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// Kind is the form of an answer.
type Kind int

// One takes exactly one option, Many any number of options, Text a typed line, and Form a value for each field.
const (
	One Kind = iota
	Many
	Text
	Form
)

// IDs of the steps that front ends treat specially.
const (
	Service  = "service"
	Shortcut = "shortcut"
	Agents   = "agents"
	Redeploy = "redeploy"
)

// Answers are the answers with the options chosen on screens that lead to further questions. The
// options are not saved: the saved answers imply them.
type Answers struct {
	answers.Answers
	Ways Ways
}

// Ways are the options chosen for a registry's credentials, and which yes-or-no questions were asked.
type Ways struct {
	Secret, Key, Definition, Role string
	Update, BaseURL               string // empty if the question was not asked
	// First means that the plan creates a first workload. Its image and name are asked next.
	First bool
	// Brief means that settled questions take their proposals, and that the review follows the questions about the registry.
	Brief bool
}

// Clone returns a deep copy.
func (a Answers) Clone() Answers { return Answers{a.Answers.Clone(), a.Ways} }

// State is the input of every question: the part of the account that was read, and the
// answers so far.
type State struct {
	Inv *inventory.Inventory
	Ans Answers
	// Build builds the plan that options take their verdicts from; nil means plan.Build.
	Build func(*inventory.Inventory, answers.Answers) *plan.Plan
}

func (s State) build(ans Answers) *plan.Plan {
	if s.Build != nil {
		return s.Build(s.Inv, ans.Answers)
	}
	return plan.Build(s.Inv, ans.Answers)
}

func (s State) network() *inventory.Network { return s.Inv.Network(s.Ans.VPC) }

// Option is one entry in the list of a question.
type Option struct {
	Value   string
	Label   string
	Hint    string // short text beside the label
	Details string // long text for the details pane, shown while the option has the focus
	Problem string // why it cannot be chosen; empty if it can
	Section string // heading above the option
	Info    bool   // information only; cannot be chosen
	// Recommended marks the option that has the focus if there is no answer yet.
	Recommended bool
	// Exclusive is a key that only one chosen option can have, such as an Availability
	// Zone. Choosing another option with the same key removes this one from the answer.
	Exclusive string
	// Solo options cannot be combined with other options.
	Solo bool
}

// Choosable reports whether the option can be part of an answer.
func (o Option) Choosable() bool { return !o.Info && o.Problem == "" }

// Change is the effect of an answer.
type Change struct {
	Answers Answers
	Cleared []string // descriptions of the answers that were removed because they depended on the old one
	// Again is the ID of the step to ask next, such as an earlier one. It is empty if the
	// next step is the one that follows in the list.
	Again string
}

// Step is one question.
type Step struct {
	ID    string
	Title string // name in the sidebar
	Kind  Kind
	// Of is the ID of the step that this one belongs to. The sidebar shows that step while
	// this one is asked. It is empty if the step has its own entry in the sidebar.
	Of string
	// Key is the key of the answers file. Its rules check a typed text.
	Key string
	// Empty allows an empty text.
	Empty bool
	// Settled means that the proposal fits most accounts, so that a brief path does not ask the question.
	Settled bool
	// Ask returns the question, and Help explains why it is asked.
	Ask, Help func(State) string
	// Terms explain the question to a newcomer, the most important one first.
	Terms []*terms.Term
	// For reports whether a workload can have this question; nil means all workloads.
	For func(*workload.Workload) bool
	// Applies reports whether the question is needed after the answers so far.
	Applies func(State) bool
	// Needs returns the parts of the inventory that the options are created from. The
	// list can grow when a part arrives, so call it again after each part.
	Needs func(State) []inventory.Request
	// Options returns the options; nil for a text.
	Options func(State) []Option
	// Fields returns the fields of a form with their values.
	Fields func(State) []Field
	// Selected returns the values to show as chosen: the answer, or the proposal
	// without an answer. For a text it returns one value.
	Selected func(State) []string
	// Set validates the values and returns the changed answers.
	Set func(State, []string) (Change, error)
	// Short returns a short form of the answer for the sidebar; empty without an answer.
	Short func(State) string
}

// All returns the steps in the order of the questions.
func All() []*Step {
	return slices.Concat([]*Step{workloadStep(), serviceStep(), firstImageStep(), firstNameStep(), shortcutStep(), vpcStep(), newVPCStep(), workloadSubnetsStep(), endpointSubnetsStep(), needsStep(), groupsStep(), policyStep()},
		accessSteps(), registrySteps(), []*Step{agentsStep(), verificationStep(), redeployStep()})
}

// Settle adds the answers that follow from the chosen service or environment when a new
// part of the account was read: its VPC, and its subnets and security groups.
func Settle(s State) Answers {
	r, ok := find(s.Inv, s.Ans.Answers)
	if !ok {
		return s.Ans
	}
	if s.Ans.VPC == "" && len(r.VPCs) > 0 {
		s.Ans.VPC = r.VPCs[0]
	}
	if len(s.Ans.Clients) == 0 {
		s.Ans.Clients = runsIn(s.Inv, s.Ans.Answers)
	}
	return s.Ans
}

// Missing returns the requests that are not loaded yet.
func Missing(inv *inventory.Inventory, rs []inventory.Request) []inventory.Request {
	return slices.DeleteFunc(workload.Unique(rs), inv.Has)
}

// Notes returns one sentence for each API call of a step that AWS denied.
func Notes(s State, step *Step) []string {
	var out []string
	for _, r := range step.Needs(s) {
		for _, call := range inventory.Calls(r.Part) {
			if g, ok := s.Inv.Gap(call); ok {
				note := "This list can be incomplete: " + g.String() + "."
				if !slices.Contains(out, note) { // several parts use the same call
					out = append(out, note)
				}
			}
		}
	}
	return out
}

// pick checks that all values are options of a step that can be chosen, and that their
// number fits the kind of the step. noun describes one option in the error.
func pick(noun string, kind Kind, opts []Option, values []string) error {
	if kind == One && len(values) != 1 {
		return fmt.Errorf("choose one %s", noun)
	}
	for _, v := range values {
		i := slices.IndexFunc(opts, func(o Option) bool { return o.Value == v && !o.Info })
		if i < 0 {
			return fmt.Errorf("%q is not one of the options", v)
		}
		if p := opts[i].Problem; p != "" {
			return fmt.Errorf("%q cannot be chosen: %s", opts[i].Label, p)
		}
	}
	return nil
}

func always(State) bool { return true }

// workload returns what is known about the workload of the answers.
func (s State) workload() *workload.Workload { return families.Of(s.Ans.Workload) }

// text returns a question or help text that is the same for all workloads.
func text(t string) func(State) string {
	return func(State) string { return t }
}

func network(s State) []inventory.Request {
	rs := []inventory.Request{{Part: inventory.PartVPCs}}
	if s.Ans.Creates() {
		return append(rs, inventory.Request{Part: inventory.PartServices}, inventory.Request{Part: inventory.PartCreation})
	}
	if s.Ans.VPC != "" {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: s.Ans.VPC})
	}
	return rs
}

// same reports whether two lists have the same values in any order.
func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// first returns the recommended option, or the first one that can be chosen.
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

// byNameThenID sorts resources with a name first, since people look for names.
func byNameThenID(nameA, idA, nameB, idB string) int {
	if (nameA == "") != (nameB == "") {
		if nameA == "" {
			return 1
		}
		return -1
	}
	return cmp.Or(strings.Compare(nameA, nameB), strings.Compare(idA, idB))
}

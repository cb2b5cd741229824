package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Meta is the origin of an export.
type Meta struct {
	Version string // of the program
	Answers string // name of the answers file, if any
	Note    string // further information on the origin
	Name    string // of the file or folder that the export is written to, without its extension
	File    string // the same with its extension

	// Masked is the id of the legend if names are stand-ins; otherwise empty. The export then refuses to run before it is completed.
	Masked string

	// What only reports need: why the workload does not start (nil if nothing shows that), the map of the network, the rules with
	// accepted errors, and the origin of the snapshot (nil without one, and empty if it does not say that).
	Why      *cause.Answer
	Map      *netmap.Map
	Accepted []string
	Snapshot *inventory.Origin
	// Caller is the ARN that read the account; empty if it is not known.
	Caller string
	// Sandbox is the scenario of a sandbox account; empty for an account of AWS.
	Sandbox string
}

// header prints the comment at the top of the script.
func (s *script) header(meta Meta) {
	p := s.plan
	s.b.WriteString(firstLines)
	s.origin(meta)
	if s.others != nil {
		s.line("#")
		s.b.WriteString(comment("# ", "It completes the "+s.others.tool+" code that was exported with it: it applies what that code cannot express, and verifies the whole plan. "+s.others.first))
		s.rows(s.others.tool+" applies, and this script finds:", s.others.has)
	}
	own := func(ops ...resource.Op) func(resource.ID) bool {
		return func(id resource.ID) bool {
			return !s.others.has(id) && slices.Contains(ops, s.plan.Change(id).Op)
		}
	}
	s.rows("It creates:", own(resource.Create))
	s.rows("It modifies:", own(resource.Modify))
	s.rows("It runs:", own(resource.Run))
	s.rows("It keeps, and verifies that these still exist:", own(resource.Keep))
	s.line("#")
	s.b.WriteString(comment("# ", cost(p)))
	s.findings()
	s.line("#")
	needs := ""
	for _, c := range s.clis() {
		needs += fmt.Sprintf(", for %s at least %s or %s", strings.ToLower(c.What[:1])+c.What[1:], c.Version1, c.Version2)
	}
	s.b.WriteString(comment("# ", "It finds each resource before it creates it, so it can be run again at any time. It never deletes, "+
		"replaces or restricts what it did not create. It needs bash 3.2 or newer and the AWS CLI, version 1 or 2"+needs+"."))
	s.b.WriteString(usage)
	s.line("\n# Functions set variables by name.\n# shellcheck disable=SC2034")
}

// origin prints what the export is for and where it comes from.
func (s *script) origin(meta Meta) {
	for _, line := range origin(s.plan, meta) {
		if line == "" {
			s.line("#")
			continue
		}
		s.b.WriteString(comment("# ", line))
	}
}

// origin returns what an export is for and where it comes from, as the lines of a comment.
func origin(p *plan.Plan, meta Meta) []string {
	title := fmt.Sprintf("For %s, by version %s", p.Workload, meta.Version)
	if meta.Answers != "" {
		title += " from " + meta.Answers
	}
	vpc := p.VPC
	if p.VPCName != "" {
		vpc = p.VPCLabel()
	}
	out := []string{title + ".", "", "Account: " + p.Account, "Region:  " + p.Region, "VPC:     " + vpc}
	if meta.Note != "" {
		out = append(out, "", meta.Note)
	}
	return out
}

// sentences are those that comments already have.
type sentences map[string]bool

// new returns the sentences of a text that no comment has yet.
func (s sentences) new(text string) string {
	var out []string
	for _, one := range strings.SplitAfter(text, ". ") {
		if !s[strings.TrimSpace(one)] {
			s[strings.TrimSpace(one)] = true
			out = append(out, one)
		}
	}
	return strings.TrimSpace(strings.Join(out, ""))
}

// rows lists the selected changes.
func (s *script) rows(title string, is func(resource.ID) bool) {
	first := true
	for _, a := range s.plan.Changes {
		if !is(a.ID) {
			continue
		}
		if first {
			s.line("#")
			s.line("# %s", title)
			first = false
		}
		s.b.WriteString(wrap("#   - ", "#     ", string(a.ID)+": "+a.Summary))
	}
}

func (s *script) findings() {
	if len(s.plan.Findings) == 0 {
		return
	}
	s.line("#")
	s.line("# Findings:")
	for _, text := range findings(s.plan) {
		s.b.WriteString(wrap("#   - ", "#     ", text))
	}
}

// findings returns the findings of a plan as texts.
func findings(p *plan.Plan) []string {
	var out []string
	for _, f := range p.Findings {
		text := f.Severity.Text() + " " + f.Rule
		if f.Resource != "" {
			text += ", " + f.Resource
		}
		text += ": " + sentence(f.Message)
		if f.Fix != "" {
			text += " Fix: " + sentence(f.Fix)
		}
		out = append(out, text)
	}
	return out
}

// cost returns what the new resources cost, as a text.
func cost(p *plan.Plan) string {
	switch {
	case p.Cost.Monthly > 0:
		cost := "The new resources cost " + p.Cost.Text() + ", plus traffic."
		if p.Cost.Basis != "" {
			cost += " " + sentence(p.Cost.Basis)
		}
		return cost
	case !p.Cost.Known:
		return "The new resources cost money without traffic too. The prices in " + p.Region + " are not known."
	}
	return "It adds no cost."
}

// usage is the end of the comment at the top, which --help shows.
const usage = `#
# Usage: bash SCRIPT [OPTION]...
#
#   --dry-run      show each command, ask AWS whether it would be allowed, and change nothing
#   --check        compare the account with the plan and verify it, and change nothing
#   --undo         revert what this script created or added; with --dry-run, only show that
#   --json         print the result as JSON
#   --log FILE     append all messages and commands to FILE
#   --record FILE  keep the record of what the script creates in FILE, which --undo reads
#                  (default: SCRIPT.created)
#   --help         show this text
#
# The script uses the settings of the AWS CLI, such as AWS_PROFILE. If AWS_ENDPOINT_URL is set,
# all calls go to that URL. It prints one line for each change to standard output: the name of
# the change and the ID of the resource. All other messages go to standard error.
#
# Exit codes:
#   0     all changes are applied, and no check failed
#   1     an AWS call or the verification failed
#   2     wrong arguments, another account, or no record to revert
#   4     --check found a difference
#   130   interrupted
`

// parameters prints the values that the whole script uses.
func (s *script) parameters(script string) {
	s.line("set -euo pipefail\n\n# --- Parameters ---\n")
	for _, p := range s.print.params {
		if p.name == "account" || p.name == "region" || p.used(script) {
			s.line("%s", p.String())
		}
	}
	if v := resource.Ref(s.plan.VPC); v.From != "" {
		s.line("vpc='' # it has an id when it is created")
	}
	s.inputs()
}

package export

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// header is the comment that says what the script is for.
func (s *script) header(meta Meta) {
	p := s.plan
	s.line("#!/usr/bin/env bash")
	s.line("#")
	// The first lines are the same in all exports: by them a later export knows
	// that it may take an earlier one's place.
	s.line("# Private endpoints: a script made by PrivateLink Wizard.")
	title := fmt.Sprintf("For %s, by version %s", p.Workload, meta.Version)
	if meta.Answers != "" {
		title += " from " + meta.Answers
	}
	s.b.WriteString(comment("# ", title+"."))
	s.line("#")
	s.b.WriteString(comment("# ", "Account: "+p.Account))
	s.b.WriteString(comment("# ", "Region:  "+p.Region))
	vpc := p.VPC
	if p.VPCName != "" {
		vpc = p.VPCName + " (" + p.VPC + ")"
	}
	s.b.WriteString(comment("# ", "VPC:     "+vpc))
	if meta.Note != "" {
		s.line("#")
		s.b.WriteString(comment("# ", meta.Note))
	}
	s.rows("It makes:", plan.Create)
	s.rows("It adds to what is there:", plan.Modify)
	s.rows("It does besides:", plan.Run)
	s.rows("It keeps, after a look whether it is still there:", plan.Keep)
	s.line("#")
	if p.Cost.Monthly > 0 {
		cost := fmt.Sprintf("What it makes costs about %.2f %s a month, traffic not counted.", p.Cost.Monthly, p.Cost.Currency)
		if p.Cost.Basis != "" {
			cost += " " + p.Cost.Basis
		}
		s.b.WriteString(comment("# ", cost))
	} else {
		s.line("# It adds nothing to the bill.")
	}
	s.findings()
	s.line("#")
	s.b.WriteString(comment("# ", "It looks for each thing before it makes it, so it can be run again at any time. It never deletes, "+
		"replaces or narrows anything. It needs bash 3.2 or newer and the AWS CLI, version 1 or 2. Try it first with --dry-run; --help says more."))
	s.line("")
}

func (s *script) rows(title string, ops ...plan.Op) {
	first := true
	for _, a := range s.plan.Actions {
		if !slices.Contains(ops, a.Op) {
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
	s.line("# What the checks have to say:")
	for _, f := range s.plan.Findings {
		text := string(f.Severity) + " " + f.Rule
		if f.Resource != "" {
			text += ", " + f.Resource
		}
		text += ": " + sentence(f.Message)
		if f.Fix != "" {
			text += " Fix: " + sentence(f.Fix)
		}
		s.b.WriteString(wrap("#   - ", "#     ", text))
	}
}

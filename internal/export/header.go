package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// header prints the comment at the top of the script.
func (s *script) header(meta Meta) {
	p := s.plan
	s.line("#!/usr/bin/env bash")
	s.line("#")
	// The first lines are the same in all exports. A later export recognizes an earlier one by
	// them, which it may replace.
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
		vpc = p.VPCLabel()
	}
	s.b.WriteString(comment("# ", "VPC:     "+vpc))
	if meta.Note != "" {
		s.line("#")
		s.b.WriteString(comment("# ", meta.Note))
	}
	s.rows("It creates:", resource.Create)
	s.rows("It modifies:", resource.Modify)
	s.rows("It runs:", resource.Run)
	s.rows("It keeps, and verifies that these still exist:", resource.Keep)
	s.line("#")
	switch {
	case p.Cost.Monthly > 0:
		cost := "The new resources cost " + p.Cost.Text() + ", plus traffic."
		if p.Cost.Basis != "" {
			cost += " " + sentence(p.Cost.Basis)
		}
		s.b.WriteString(comment("# ", cost))
	case !p.Cost.Known:
		s.b.WriteString(comment("# ", "The new resources cost money without traffic too. The prices in "+p.Region+" are not known."))
	default:
		s.line("# It adds no cost.")
	}
	s.findings()
	s.line("#")
	needs := ""
	for _, c := range s.clis() {
		needs += fmt.Sprintf(", for %s at least %s or %s", strings.ToLower(c.What[:1])+c.What[1:], c.Version1, c.Version2)
	}
	s.b.WriteString(comment("# ", "It finds each resource before it creates it, so it can be run again at any time. It never deletes, "+
		"replaces or restricts what it did not create. It needs bash 3.2 or newer and the AWS CLI, version 1 or 2"+needs+". Try it first with --dry-run; see also --help."))
	s.line("")
}

func (s *script) rows(title string, ops ...resource.Op) {
	first := true
	for _, a := range s.plan.Changes {
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
	s.line("# Findings:")
	for _, f := range s.plan.Findings {
		text := f.Severity.Text() + " " + f.Rule
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

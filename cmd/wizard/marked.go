package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// marked returns the plan for a masked account with marked stand-ins, and what shows them in an export of it.
func (p *planned) marked() (*planned, *inventory.Marks, error) {
	inv, marks, err := p.inv.Marked()
	if err != nil {
		return nil, nil, err
	}
	files := p.files
	files.Policies = map[string]string{}
	for path, text := range p.files.Policies {
		files.Policies[path] = marks.MarkPolicy(text)
	}
	out := &planned{inv: inv, ans: p.ans.Rename(marks.Mark), files: files}
	out.plan = plan.BuildWith(inv, out.ans, files)
	if !slices.Equal(decisions(p.plan), decisions(out.plan)) {
		return nil, nil, errors.New("the names of this masked snapshot cannot be completed later, because some of them are also texts of the answers; take the snapshot with another legend, or without --mask")
	}
	return out, marks, nil
}

// decisions returns what a plan does and finds, without names.
func decisions(p *plan.Plan) []string {
	var out []string
	for _, c := range p.Changes {
		out = append(out, string(c.Op)+" "+fmt.Sprintf("%T", c.Spec))
	}
	for _, f := range p.Findings {
		out = append(out, string(f.Severity)+" "+f.Rule)
	}
	for _, c := range p.Claims {
		out = append(out, fmt.Sprint(c.Change != "", c.Measurable()))
	}
	slices.Sort(out)
	return out
}

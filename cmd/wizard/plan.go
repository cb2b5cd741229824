package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// planFlags are the flags of the commands that make a plan.
type planFlags struct {
	answers string
	accept  []string
}

func (f *planFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.answers, "answers", "", "read the answers from `FILE`; - is standard input")
	cmd.Flags().StringArrayVar(&f.accept, "accept", nil, "accept errors of this `RULE` (repeatable)")
	completeFile(cmd, "answers")
	complete(cmd, "accept", acceptable)
}

// make makes the plan that the flags ask for.
func (f *planFlags) make(ctx context.Context, g *globals) (*planned, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	return g.plan(ctx, f.answers)
}

// makeReady makes a plan that nothing stops.
func (f *planFlags) makeReady(ctx context.Context, g *globals) (*planned, error) {
	p, err := f.make(ctx, g)
	if err != nil {
		return nil, err
	}
	return p, stops(g.Err, p.plan, f.accept, true)
}

// check looks at the rules that --accept names.
func (f *planFlags) check() error {
	for _, id := range f.accept {
		if !slices.ContainsFunc(plan.Rules(), func(r plan.RuleInfo) bool { return r.ID == id }) {
			return usage(fmt.Errorf("--accept %s: there is no such rule; a rule's id stands before each finding", id))
		}
	}
	return nil
}

func newPlan(g *globals) *cobra.Command {
	var f planFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "plan --answers FILE", Short: "Show what the wizard would create or change, and why", Args: noArgs,
		Long:        "Shows what the wizard would create or change, and why. It only reads the account.",
		Example:     "wizard plan --answers answers.yaml",
		Annotations: takes("profile", "region", "sandbox", "speed", "snapshot", "debug"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := f.make(cmd.Context(), g)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(g.Out)
				enc.SetIndent("", "  ")
				enc.SetEscapeHTML(false)
				if err := enc.Encode(p.plan); err != nil {
					return err
				}
			} else {
				fmt.Fprint(g.Out, p.plan.Text())
			}
			return stops(g.Err, p.plan, f.accept, asJSON)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// stops tells which findings stand in the way, if any, and ends with code 3. What
// was shown already is named by its rule only.
func stops(w io.Writer, p *plan.Plan, accept []string, full bool) error {
	fs := p.Stops(accept)
	if len(fs) == 0 {
		return nil
	}
	var rules, can, refused []string
	for _, f := range fs {
		if full {
			fmt.Fprintf(w, "%s %s %s: %s %s\n", f.Severity, f.Rule, f.Resource, f.Message, f.Fix)
		}
		if !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
			switch {
			case f.Refused():
				refused = append(refused, f.Rule)
			case f.Severity == plan.Error:
				can = append(can, "--accept "+f.Rule)
			}
		}
	}
	fmt.Fprintf(w, "This stands in the way of applying or exporting it: %s.\n", strings.Join(rules, ", "))
	if len(refused) > 0 {
		fmt.Fprintf(w, "AWS itself refuses what stands under %s, so these must be put right.\n", strings.Join(refused, ", "))
	}
	if len(can) > 0 {
		fmt.Fprintf(w, "What is an error can be let pass knowingly: %s\n", strings.Join(can, " "))
	}
	return told(exitFindings)
}

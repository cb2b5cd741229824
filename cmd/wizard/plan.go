package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
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
			return usage(fmt.Errorf("--accept: rule %s does not exist; use the rule ID of a finding, such as W-POLICY (docs/rules.md lists all rules)", id))
		}
	}
	return nil
}

func newPlan(g *globals) *cobra.Command {
	var f planFlags
	var asJSON, explain, iamPolicy bool
	cmd := &cobra.Command{
		Use: "plan --answers FILE", Short: "Show what the wizard would create or change, and why", Args: noArgs,
		Long: "Shows what the wizard would create or change: a summary with the cost and the verdict, one line for each change, and the findings. " +
			"--explain adds the reasons and a map of the network. It only reads the account.\n\n" +
			"--iam-policy prints the IAM policy that allows everything that applying this plan does, to hand to an administrator.",
		Example:     "wizard plan --answers answers.yaml",
		Annotations: takes("profile", "region", "sandbox", "speed", "snapshot", "debug", "audit"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON && explain {
				return usage(errors.New("--explain is not for --json, which has all reasons; leave one of them out"))
			}
			if iamPolicy && (asJSON || explain) {
				return usage(errors.New("--iam-policy prints only the policy; remove --json and --explain"))
			}
			p, err := f.make(cmd.Context(), g)
			if err != nil {
				return err
			}
			if iamPolicy {
				doc, length := p.plan.IAMPolicy(p.reads)
				if length > plan.LongestPolicy {
					line(g.Err, "The policy has %d characters without white space, but a managed policy can have at most %d. Move statements to a second policy.", length, plan.LongestPolicy)
				}
				if _, err := io.WriteString(g.Out, doc); err != nil {
					return err
				}
				return stops(g.Err, p.plan, f.accept, true)
			}
			if asJSON {
				if err := g.json("  ").Encode(p.plan); err != nil {
					return err
				}
			} else {
				o := plan.TextOptions{Explain: explain, Accepted: f.accept, Terminal: isTerminal(g.Out), Width: g.columns(), Why: p.why.Lines()}
				if g.styled() {
					o.Paint = paint
				}
				text := p.plan.Format(o)
				if explain {
					text += mapText(p, o)
				}
				if _, err := io.WriteString(g.Out, text); err != nil {
					return err
				}
			}
			return stops(g.Err, p.plan, f.accept, asJSON)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&explain, "explain", false, "show the reasons, rules, checks and the network map as well")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&iamPolicy, "iam-policy", false, "print the IAM policy that applying the plan needs")
	return cmd
}

// mapText returns the network map of a plan with its heading.
func mapText(p *planned, o plan.TextOptions) string {
	heading := "Network map"
	if o.Paint != nil {
		heading = o.Paint(plan.ToneHeading, heading)
	}
	return "\n" + heading + "\n" + netmap.Of(p.inv, p.ans, p.plan).Text(cmp.Or(o.Width, 80), true)
}

// tones are the styles of the parts of a plan. The terminal chooses the colors.
var tones = map[plan.Tone]lipgloss.Style{
	plan.ToneHeading: lipgloss.NewStyle().Bold(true),
	plan.ToneCreate:  lipgloss.NewStyle().Foreground(lipgloss.Green),
	plan.ToneModify:  lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	plan.ToneRun:     lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	plan.ToneError:   lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	plan.ToneWarning: lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	plan.ToneGood:    lipgloss.NewStyle().Foreground(lipgloss.Green).Bold(true),
}

func paint(t plan.Tone, s string) string { return tones[t].Render(s) }

// stops returns exit code 3 if there are findings that stop apply and export. With full it prints
// them and the verdict; otherwise the text of the plan has shown both.
func stops(w io.Writer, p *plan.Plan, accept []string, full bool) error {
	fs := p.Stops(accept)
	if len(fs) == 0 {
		return nil
	}
	if full {
		for _, f := range fs {
			line(w, "%s", f.Line())
		}
		for _, text := range p.Verdict(accept) {
			line(w, "%s", text)
		}
	}
	return silentExit(exitFindings)
}

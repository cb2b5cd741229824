package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/check"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// checkExits are the exit codes of the results of a check.
var checkExits = map[check.Result]int{check.InSync: exitOK, check.Changes: exitChanges, check.Findings: exitFindings}

func newCheck(g *globals) *cobra.Command {
	var f planFlags
	var asJSON, asSARIF bool
	cmd := &cobra.Command{
		Use: "check --answers FILE", Short: "Check whether the account is in sync with the answers, for CI", Args: noArgs,
		Long: "Makes the plan and reports whether the account differs from the answers: one line for each resource that the plan would create or modify, " +
			"the findings, and the verdict. It only reads the account.\n\n" +
			"The exit code is 0 if nothing differs, 4 if there are changes to make, and 3 if a finding stops the plan. " +
			"What the plan only runs or waits for, such as a restart of agents, and manual steps are not differences.",
		Example:     "wizard check --answers answers.yaml\nwizard check --answers answers.yaml --sarif > check.sarif",
		Annotations: takes("profile", "region", "sandbox", "speed", "snapshot", "debug", "audit"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON && asSARIF {
				return usage(errors.New("use either --json or --sarif"))
			}
			p, err := f.make(cmd.Context(), g)
			if err != nil {
				return err
			}
			r := check.Of(p.plan, f.accept)
			r.Exit = checkExits[r.Result]
			verdict := g.Err // beside JSON
			switch {
			case asJSON:
				err = g.json("  ").Encode(r)
			case asSARIF:
				err = g.json("  ").Encode(r.SARIF(thisBuild().Version, f.answers, p.line))
			default:
				verdict = g.Out
				for _, text := range r.Lines() {
					line(g.Out, "%s", text)
				}
			}
			if err != nil {
				return err
			}
			line(verdict, "%s", r.Verdict())
			if r.Result == check.InSync {
				return nil
			}
			line(verdict, "%s", g.afterCheck(f.answers, r.Result))
			return silentExit(r.Exit)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&asSARIF, "sarif", false, "print a SARIF 2.1.0 log, for code scanning")
	return cmd
}

// afterCheck says what to do next.
func (g *globals) afterCheck(file string, result check.Result) string {
	out := []string{fmt.Sprintf("Reasons: wizard plan --answers %s --explain.", file)}
	if result == check.Changes && g.snapshot == "" {
		out = append(out, fmt.Sprintf("To make the changes: wizard apply --answers %s --yes.", file))
	} else if result == check.Changes {
		out = append(out, "To make the changes, run wizard apply with access to the account.")
	}
	if g.profile != "" || g.region != "" || g.sandbox != "" || g.snapshot != "" {
		out = append(out, "Use the same flags for the account.")
	}
	return strings.Join(out, " ")
}

// line returns the line in the answers file that a finding is about, or the first line if that is not known.
func (p *planned) line(f plan.Finding) int {
	key := steps.KeyOfRule(steps.State{Inv: p.inv, Ans: steps.Answers{Answers: p.ans}}, f.Rule)
	return max(1, p.file.Error(key, "").Line)
}

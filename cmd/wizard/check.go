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
		Use: "check [--answers FILE]", Short: "Check whether the account is in sync with the answers, for CI", Args: noArgs,
		Long: "Makes the plan and reports whether the account differs from the answers: one line for each resource that the plan would create or modify, " +
			"the findings, and the verdict. It only reads the account.\n\n" +
			"The exit code is 0 if nothing differs, 4 if there are changes to make, and 3 if a finding stops the plan. " +
			"What the plan only runs or waits for, such as a restart of agents, and manual steps are not differences. " +
			"What a plan does not read, such as the value of a secret, is listed as not compared.\n\n" +
			"With --snapshot and without --answers, it checks each VPC of the snapshot with the workloads that run in it, and prints one line for each VPC, the worst first. " +
			"The FILE of --snapshot can then be a directory with many snapshots (*.json, *.json.gz). " +
			"The exit code is 3 if a finding stops a plan or a plan cannot be made, 4 if there are changes to make, and 1 if some files could not be read.",
		Example:     "wizard check --answers answers.yaml\nwizard check --answers answers.yaml --sarif > check.sarif\nwizard check --snapshot snapshots/",
		Annotations: takes("profile", "region", "sandbox", "speed", "snapshot", "debug", "audit"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON && asSARIF {
				return usage(errors.New("use either --json or --sarif"))
			}
			if f.answers == "" && g.snapshot != "" {
				if asSARIF {
					return usage(errors.New("--sarif needs --answers: its results are in the answers file; use --json for an overview of snapshots"))
				}
				if err := f.check(); err != nil {
					return err
				}
				return g.overview(cmd.Context(), f.accept, asJSON)
			}
			if g.isDirectory() {
				return usage(fmt.Errorf("--answers is for one account, and --snapshot %s is a directory; name one snapshot, or remove --answers to check all VPCs of the directory", g.snapshot))
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

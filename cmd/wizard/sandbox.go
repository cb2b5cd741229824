package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

func newSandbox(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "sandbox COMMAND", Short: "List the scenarios of the sandbox, or serve one", Args: noArgs,
		DisableFlagsInUseLine: true,
		Long:                  "A sandbox is an AWS account inside this program, to try the wizard without cost and without risk. A scenario is what the account holds at the start.",
		RunE:                  func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "List the scenarios with Region, VPC and what they show", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, s := range sandbox.Scenarios() {
				fmt.Fprintf(g.Out, "%s\t%s\t%s\t%s\n", s.Name, s.Region, s.VPC, s.Shows)
			}
			return nil
		},
	}, newSandboxServe(g))
	return cmd
}

package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/compare"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func newSnapshotDiff(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "diff A B", Short: "Show what changed between two snapshots of an account",
		Long: "Compares two snapshots of the same account and Region, A with the later B, and shows what changed: endpoints, security groups, routes, network ACLs and DNS first, " +
			"then workloads, roles and everything else. What only one of them contains, or what AWS denied, is listed as not compared. No request is sent to AWS.\n\n" +
			"A and B can be compressed with gzip, and one of them can be - for standard input. Masked snapshots must have the same legend. The exit code is 0 with and without changes.",
		Example:           "wizard snapshot diff monday.json tuesday.json\nwizard snapshot diff monday.json.gz tuesday.json.gz --json",
		ValidArgsFunction: anyFile,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) != 2:
				return usage(fmt.Errorf("%s takes two snapshots, A and B, got %d", cmd.CommandPath(), len(args)))
			case args[0] == "-" && args[1] == "-":
				return usage(errors.New("only one of the two snapshots can be -, standard input"))
			}
			return nil
		},
		Annotations: takes(),
		RunE: func(_ *cobra.Command, args []string) error {
			var read [2]*inventory.Inventory
			for i, file := range args {
				inv, err := g.readSnapshot(file)
				if err != nil {
					return usage(err)
				}
				read[i] = inv
			}
			if err := compare.Comparable(read[0], read[1]); err != nil {
				return usage(fmt.Errorf("%s and %s: %w", args[0], args[1], err))
			}
			if asJSON {
				return g.json("  ").Encode(compare.Of(read[0], read[1]))
			}
			show := func(s string) string { return s }
			if read[0].Masked() { // the owner of the legend can complete the text
				for i, inv := range read {
					marked, marks, err := inv.Marked()
					if err != nil {
						return err
					}
					read[i], show = marked, marks.Show
				}
			}
			for _, text := range compare.Of(read[0], read[1]).Lines() {
				line(g.Out, "%s", show(text))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

package main

import (
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/docs"
)

func newSchema(g *globals) *cobra.Command {
	schemas := map[string]string{"answers": docs.AnswersSchema, "check": docs.CheckSchema, "doctor": docs.DoctorSchema, "overview": docs.OverviewSchema, "plan": docs.PlanSchema}
	names := slices.Sorted(maps.Keys(schemas))
	return &cobra.Command{
		Use: "schema FORMAT", Short: "Print the JSON Schema of the answers file, or of what a command prints as JSON",
		Long: "Prints a JSON Schema (draft 2020-12). FORMAT is answers, for the answers file, or plan, check or doctor, for what this command prints with --json, or overview, for 'wizard check --json' without --answers. " +
			"An editor with a YAML language server uses it to complete and check an answers file.",
		Example:   "wizard schema answers > answers.schema.json",
		ValidArgs: names,
		Args:      oneArg("FORMAT", names),
		RunE: func(_ *cobra.Command, args []string) error {
			_, err := io.WriteString(g.Out, schemas[args[0]])
			return err
		},
	}
}

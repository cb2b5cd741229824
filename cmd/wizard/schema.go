package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/docs"
)

func newSchema(g *globals) *cobra.Command {
	names := []string{"answers", "plan"}
	return &cobra.Command{
		Use: "schema FORMAT", Short: "Print the JSON Schema of the answers file or of a plan",
		Long: "Prints a JSON Schema (draft 2020-12). FORMAT is answers, for the answers file, or plan, for what 'wizard plan --json' prints. " +
			"An editor with a YAML language server uses it to complete and check an answers file.",
		Example:   "wizard schema answers > answers.schema.json",
		ValidArgs: names,
		Args:      oneArg("FORMAT", names),
		RunE: func(_ *cobra.Command, args []string) error {
			text := docs.AnswersSchema
			if args[0] == "plan" {
				text = docs.PlanSchema
			}
			_, err := io.WriteString(g.Out, text)
			return err
		},
	}
}

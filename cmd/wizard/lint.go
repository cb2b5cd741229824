package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/lint"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// lintLimit in bytes is far above any template. A larger file is a mistake.
const lintLimit = 16 << 20

func newLint(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "lint FILE --region REGION", Short: "Find endpoint service names of another Region in a template or script",
		Long: "Reads a template, script or manifest as text and reports two kinds of mistakes for the Region of --region: endpoint service names of another Region, " +
			"and ECS endpoints that are missing although a Region introduced on or after 2023-12-23 needs them. FILE can be - for standard input. No request is sent to AWS.",
		Example:           "wizard lint template.yaml --region ca-west-1",
		Annotations:       takes("region"),
		ValidArgsFunction: anyFile,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("wizard lint takes one FILE, and got %d; - is standard input", len(args)))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if g.region == "" {
				return usage(errors.New("--region REGION is missing: the Region that the file is meant for"))
			}
			if err := lint.CheckRegion(g.region); err != nil {
				return usage(fmt.Errorf("--region: %w", err))
			}
			text, err := readText(args[0], g.In)
			if err != nil {
				return usage(err)
			}
			found := lint.File(args[0], text, g.region)
			if asJSON {
				if found == nil {
					found = []lint.Finding{}
				}
				if err := g.json("  ").Encode(found); err != nil {
					return err
				}
			} else {
				for _, f := range found {
					if _, err := fmt.Fprintln(g.Out, f); err != nil {
						return err
					}
				}
			}
			switch len(found) {
			case 0:
				fmt.Fprintf(g.Err, "%s: no findings for %s.\n", args[0], g.region)
				return nil
			case 1:
				fmt.Fprintf(g.Err, "%s: 1 finding for %s.\n", args[0], g.region)
			default:
				fmt.Fprintf(g.Err, "%s: %d findings for %s.\n", args[0], len(found), g.region)
			}
			return silentExit(exitFindings)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

// readText reads a file of text; "-" is standard input.
func readText(name string, in io.Reader) ([]byte, error) {
	text, err := readInput(name, in, lintLimit)
	if err != nil {
		return nil, err
	}
	if _, err := printable.Decode(text); err != nil {
		return nil, fmt.Errorf("%s %w", name, err)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%s is binary, not text", name)
	}
	return text, nil
}

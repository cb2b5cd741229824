package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
)

func newExport(g *globals) *cobra.Command {
	var f planFlags
	var format, out string
	var names, texts []string
	for _, one := range export.Formats() {
		names, texts = append(names, one.Name), append(texts, one.Name+" ("+one.Text+")")
	}
	supported := strings.Join(names, ", ")
	cmd := &cobra.Command{
		Use: "export --answers FILE --format FORMAT", Short: "Write the plan as code", Args: noArgs,
		Long: "Writes the plan as code that you can read, keep and run later. Formats: " + strings.Join(texts, ", ") + ".\n\n" +
			"The bash script finds what exists, creates what is missing, waits for it and verifies the result. It can be run again. " +
			"Its own options show each command first (--dry-run), compare the account with the plan (--check) and revert what it created (--undo).",
		Example:     "wizard export --answers answers.yaml --format bash --out endpoints.sh",
		Annotations: takes("profile", "region", "sandbox", "speed", "snapshot", "debug", "audit"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format == "" {
				return usage(fmt.Errorf("--format is missing (supported: %s)", supported))
			}
			to, ok := export.FormatNamed(format)
			if !ok {
				return usage(fmt.Errorf("unsupported format %q (supported: %s)", format, supported))
			}
			p, err := f.makeReady(cmd.Context(), g)
			if err != nil {
				return err
			}
			text, err := to.Write(p.plan, g.meta(f.answers))
			if err != nil {
				return err
			}
			if out == "" || out == "-" {
				_, err = fmt.Fprint(g.Out, text)
				return err
			}
			if err := writeExport(out, to, text); err != nil {
				return err
			}
			if len(to.Run) == 0 {
				fmt.Fprintf(g.Err, "Wrote %s.\n", out)
				return nil
			}
			fmt.Fprintf(g.Err, "Wrote %s. Review it, then run it:\n", out)
			for _, command := range to.Run {
				fmt.Fprintf(g.Err, "  "+command+"\n", out)
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&format, "format", "", "write the plan in this `FORMAT`: "+supported)
	cmd.Flags().StringVar(&out, "out", "", "write to `FILE` instead of standard output; an earlier export is replaced")
	complete(cmd, "format", func() []cobra.Completion { return names })
	completeFile(cmd, "out")
	return cmd
}

// meta returns the origin of a script.
func (g *globals) meta(answers string) export.Meta {
	m := export.Meta{Version: thisBuild().Version}
	if answers != "-" {
		m.Answers = answers
	}
	if g.snapshot != "" {
		m.Note = "Created from a snapshot of the account: the script detects later changes when it runs. If the snapshot was masked, replace the account id in account= below."
	}
	if g.sandbox != "" {
		m.Note = "Created from a sandbox account: it works only with that sandbox (wizard sandbox serve --scenario " + g.sandbox + "), not in an AWS account."
	}
	return m
}

// writeExport writes an export to a file. It replaces an earlier export of the same format but no other file.
func writeExport(name string, f export.Format, text string) error {
	switch old, err := os.Open(name); {
	case err == nil:
		start := make([]byte, len(f.Start))
		_, err := io.ReadFull(old, start)
		_ = old.Close()
		if err != nil || string(start) != f.Start {
			return usage(fmt.Errorf("--out %s: the file exists and is not an earlier export; choose another name", name))
		}
	case !errors.Is(err, os.ErrNotExist):
		return usage(fmt.Errorf("--out: %w", err))
	}
	if len(f.Run) > 0 {
		return writeFile(name, []byte(text), scriptMode)
	}
	return writeFile(name, []byte(text), privateMode)
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
)

func newExport(g *globals) *cobra.Command {
	var f planFlags
	var format, out string
	cmd := &cobra.Command{
		Use: "export --answers FILE --format FORMAT", Short: "Write the plan as a script", Args: noArgs,
		Long:        "Writes the plan as a bash script for the AWS CLI. The script finds what exists, creates what is missing, waits for it and verifies the result. It can be run again.",
		Example:     "wizard export --answers answers.yaml --format bash --out endpoints.sh",
		Annotations: takes("profile", "region", "sandbox", "speed", "snapshot", "debug", "audit"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format == "" {
				return usage(errors.New("--format is missing. Use --format bash"))
			}
			if format != "bash" {
				return usage(fmt.Errorf("unsupported format %q (supported: bash)", format))
			}
			p, err := f.makeReady(cmd.Context(), g)
			if err != nil {
				return err
			}
			script, err := export.Bash(p.plan, g.meta(f.answers))
			if err != nil {
				return err
			}
			if out == "" || out == "-" {
				_, err = fmt.Fprint(g.Out, script)
				return err
			}
			if err := writeScript(out, script); err != nil {
				return err
			}
			fmt.Fprintf(g.Err, "Wrote %s. Review it, then run it:\n  bash %s --dry-run\n  bash %s\n", out, out, out)
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&format, "format", "", "write the script in this `FORMAT`: bash")
	cmd.Flags().StringVar(&out, "out", "", "write to `FILE` instead of standard output; an earlier export is replaced")
	complete(cmd, "format", func() []cobra.Completion { return []cobra.Completion{"bash"} })
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

// writeScript writes a script. It replaces an earlier export but no other file.
func writeScript(name, script string) error {
	first, _, _ := bytes.Cut([]byte(script), []byte("\n# For"))
	switch old, err := os.Open(name); {
	case err == nil:
		start := make([]byte, len(first))
		_, err := io.ReadFull(old, start)
		_ = old.Close()
		if err != nil || !bytes.Equal(start, first) {
			return usage(fmt.Errorf("--out %s: the file exists and is not an earlier export; choose another name", name))
		}
	case !errors.Is(err, os.ErrNotExist):
		return usage(fmt.Errorf("--out: %w", err))
	}
	return writeFile(name, []byte(script), scriptMode)
}

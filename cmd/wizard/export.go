package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/tui"
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
		Use: "export --answers FILE --format FORMAT", Short: "Write the plan as code, or as a report", Args: noArgs,
		Long: "Writes the plan as code that you can read, keep and run later, or as a report for a ticket or a change request. Formats: " + strings.Join(texts, ", ") + ".\n\n" +
			"The bash script finds what exists, creates what is missing, waits for it and verifies the result. It can be run again. " +
			"Its own options show each command first (--dry-run), compare the account with the plan (--check) and revert what it created (--undo).\n\n" +
			"Terraform and CloudFormation create what they can express. Such a script with them applies the rest and verifies all of it.\n\n" +
			"The reports say why the workload does not start, and what the plan changes, costs and verifies. They are also written if findings stop the plan; the command then ends with exit code 3.",
		Example:     "wizard export --answers answers.yaml --format bash --out endpoints.sh\nwizard export --answers answers.yaml --format terraform --out endpoints\nwizard export --answers answers.yaml --format markdown --out report.md",
		Annotations: takes("profile", "region", "sandbox", "speed", "snapshot", "debug", "audit"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format == "" {
				return usage(fmt.Errorf("--format is missing (supported: %s)", supported))
			}
			to, ok := export.FormatNamed(format)
			if !ok {
				return usage(fmt.Errorf("unsupported format %q (supported: %s)", format, supported))
			}
			p, err := f.make(cmd.Context(), g)
			if err != nil {
				return err
			}
			stopped := stops(g.Err, p.plan, f.accept, true)
			if stopped != nil && !to.Report {
				return stopped
			}
			x, err := exportTo(out, to, p, f.accept, g.meta(f.answers))
			if err != nil {
				return err
			}
			if out == "" || out == "-" {
				if to.Folder || len(x.files) > 1 {
					return usage(fmt.Errorf("--format %s writes %s: add --out", to.Name, words.Count(len(x.files), "file")))
				}
				if _, err = fmt.Fprint(g.Out, x.files[0].Text); err != nil {
					return err
				}
				return stopped
			}
			if err := writeExport(x.names, x.files); err != nil {
				return err
			}
			fmt.Fprintf(g.Err, "Wrote %s.\n", strings.Join(x.names, ", "))
			if len(x.unmask) > 0 {
				fmt.Fprintf(g.Err, "%s\n  %s\n", tui.Incomplete, strings.Join(x.unmask, " "))
			}
			if len(x.commands) > 0 {
				fmt.Fprintln(g.Err, "Review it, then run it:")
			}
			for _, command := range x.commands {
				fmt.Fprintf(g.Err, "  %s\n", strings.Join(command, " "))
			}
			if x.further != "" {
				fmt.Fprintln(g.Err, x.further)
			}
			if profile := g.profileSetting(g.prefer(), aws.EnvironmentVariables()).flag(); len(x.commands) > 0 && profile != "" && g.sandbox+g.snapshot == "" {
				line(g.Err, "The commands need credentials for this account, such as AWS_PROFILE=%s.", profile)
			}
			return stopped
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&format, "format", "", "write the plan in this `FORMAT`: "+supported)
	cmd.Flags().StringVar(&out, "out", "", "write to `FILE`, or for terraform to this folder, instead of standard output; an earlier export is replaced")
	complete(cmd, "format", func() []cobra.Completion { return names })
	completeFile(cmd, "out")
	return cmd
}

// meta returns the origin of a script.
func (g *globals) meta(answers string) export.Meta {
	m := export.Meta{Version: thisBuild().Version, Sandbox: g.sandbox}
	if answers != "-" {
		m.Answers = answers
	}
	if g.snapshot != "" {
		m.Snapshot = new(inventory.Origin) // it may not say when it was taken
		m.Note = "Created from a snapshot of the account: what has changed since is found when it runs."
	}
	if g.sandbox != "" {
		m.Note = "Created from a sandbox account: it works only with that sandbox (wizard sandbox serve --scenario " + g.sandbox + "), not in an AWS account."
	}
	return m
}

// exports is a plan in a format.
type exports struct {
	names    []string // of the files that are written
	files    []export.File
	commands [][]string // to use them, as quoted arguments
	further  string     // a sentence about further steps
	unmask   []string   // the command that completes files with stand-ins; nil if they have none
}

// exportTo returns a plan in a format as it is written to out. Errors of the accepted rules do not stop the plan.
func exportTo(out string, f export.Format, of *planned, accepted []string, meta export.Meta) (*exports, error) {
	meta.File = filepath.Base(out)
	meta.Name = strings.TrimSuffix(meta.File, filepath.Ext(out))
	show := func(s string) string { return s }
	if of.inv.Masked() {
		marked, marks, err := of.marked()
		if err != nil {
			return nil, err
		}
		of, show, meta.Masked = marked, marks.Show, of.inv.Snapshot.Mask
	}
	p := of.plan
	if f.Report {
		meta.Why, meta.Map, meta.Accepted = cause.Of(of.inv, of.ans, p), netmap.Of(of.inv, of.ans, p), accepted
		if meta.Snapshot = of.inv.Snapshot; meta.Snapshot == nil {
			meta.Caller = of.inv.Caller
		}
	}
	files, err := f.Files(p, meta)
	if err != nil {
		return nil, err
	}
	for i := range files {
		files[i].Text = show(files[i].Text)
	}
	x := &exports{names: exportNames(out, f, files), files: files}
	x.commands, x.further = f.Commands(p, meta, out, x.names)
	if meta.Masked != "" {
		x.unmask = f.Unmask(out, x.names)
	}
	return x, nil
}

// exportNames returns the names of the files of an export that is written to out.
func exportNames(out string, f export.Format, files []export.File) []string {
	var names []string
	for i, file := range files {
		switch {
		case f.Folder:
			names = append(names, filepath.Join(out, file.Name))
		case i == 0:
			names = append(names, out)
		default:
			names = append(names, filepath.Join(filepath.Dir(out), file.Name))
		}
	}
	return names
}

// writeExport writes the files of an export. It replaces those of an earlier export of the same format but no other file, and no code
// of resources that the new export does not create: the tool that has applied the earlier code would delete them.
func writeExport(names []string, files []export.File) error {
	for i, name := range names {
		old, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return usage(fmt.Errorf("--out: %w", err))
		}
		if !files[i].Replaces(string(old)) {
			return usage(fmt.Errorf("--out %s: the file exists and is not an earlier export; choose another name", name))
		}
		if lost := files[i].Lost(string(old)); len(lost) > 0 {
			return usage(fmt.Errorf("--out %s: the earlier export creates %s, and this one does not, because it exists now or is not needed. If the earlier export was applied, applying this one in its place would delete that. Keep the earlier export, or write to another place", name, words.UpTo(lost, 3)))
		}
	}
	for i, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return usage(fmt.Errorf("--out: %w", err))
		}
		mode := privateMode
		if files[i].Run {
			mode = scriptMode
		}
		if err := writeFile(name, []byte(files[i].Text), mode); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// maxExport in bytes is far above the size of any file of an export.
const maxExport = 16 << 20

func newUnmask(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "unmask LEGEND FILE...", Short: "Complete an export that was made from a masked snapshot",
		Long: "Writes the names and account IDs instead of the stand-ins into an export that somebody made from your masked snapshot: a script, code or a report, and into an answers file for it. " +
			"The legend is the file that wizard snapshot --mask wrote. FILE can be a folder of an export, or - to read standard input and write standard output.\n\n" +
			"Before this, a script or code refuses to run. It changes nothing in the account, and needs no credentials.",
		Example: "wizard unmask wizard-legend.json endpoints.sh\nwizard unmask wizard-legend.json - <report.md",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage(errors.New("unmask needs the legend and at least one file: wizard unmask LEGEND FILE"))
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := readInput(args[0], nil, maxLegend)
			if err != nil {
				return usage(fmt.Errorf("the legend: %w", err))
			}
			legend, err := inventory.ReadLegend(data)
			if err != nil {
				for _, other := range args[1:] {
					if isLegend(other) {
						return usage(errors.New("the legend comes first: wizard unmask LEGEND FILE"))
					}
				}
				return usage(fmt.Errorf("the legend %s: %w", args[0], err))
			}
			return g.unmask(legend, args[1:])
		},
	}
	return cmd
}

// unmask completes the files of an export. It writes all of them or none.
func (g *globals) unmask(legend *inventory.Legend, args []string) error {
	if slices.Contains(args, "-") && len(args) > 1 {
		return usage(errors.New("- must be the only file"))
	}
	names, err := exportFiles(args)
	if err != nil {
		return usage(err)
	}
	var texts []string
	for _, name := range names {
		data, err := readInput(name, g.In, maxExport)
		if err != nil {
			return usage(err)
		}
		texts = append(texts, string(data))
	}
	completed, n, err := completeFiles(legend, names, texts)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", strings.Join(args, ", "), err))
	}
	if args[0] == "-" {
		_, err := io.WriteString(g.Out, completed[0])
		return err
	}
	for i, name := range names {
		if completed[i] == texts[i] {
			continue
		}
		info, err := os.Stat(name)
		if err == nil {
			err = writeFile(name, []byte(completed[i]), info.Mode().Perm())
		}
		if err != nil {
			return fmt.Errorf("cannot write %s: %w; run the command again for %s", name, err, words.UpTo(names[i:], 3))
		}
	}
	fmt.Fprintf(g.Err, "Completed %s: %s replaced. Review it before you run it.\n", strings.Join(args, ", "), words.Count(n, "stand-in"))
	return nil
}

// completeFiles returns the completed texts of files, and the number of replaced stand-ins. Answers files have no signs around their
// stand-ins, so they are completed apart from the files of an export.
func completeFiles(legend *inventory.Legend, names, texts []string) ([]string, int, error) {
	out := slices.Clone(texts)
	var exports []string
	var at []int // of the exports in texts
	n := 0
	for i, text := range texts {
		if _, err := inventory.Read([]byte(text)); err == nil || isCompressed([]byte(text)) {
			which := "it"
			if len(texts) > 1 {
				which = names[i]
			}
			return nil, 0, fmt.Errorf("%s is a snapshot; wizard unmask completes what was made from a masked snapshot: exports, comparisons and answers files", which)
		}
		ans, _, err := answers.Load(names[i], []byte(text))
		if err != nil {
			exports, at = append(exports, text), append(at, i)
			continue
		}
		completed, replaced, err := completeAnswers(legend, ans)
		if err != nil {
			return nil, 0, err
		}
		if replaced > 0 {
			out[i], n = completed, n+replaced
		}
	}
	if len(exports) == 0 && n == 0 {
		return nil, 0, errors.New("the legend has no name for a text of these answers, so nothing needs to be completed")
	}
	if len(exports) == 0 {
		return out, n, nil
	}
	completed, replaced, err := legend.Unmask(exports)
	if err != nil {
		return nil, 0, err
	}
	for i, text := range completed {
		out[at[i]] = text
	}
	return out, n + replaced, nil
}

// completeAnswers completes an answers file. It has no signs around its stand-ins.
func completeAnswers(legend *inventory.Legend, ans answers.Answers) (string, int, error) {
	n := 0
	text, err := ans.Rename(func(s string) string {
		name, replaced := legend.Answer(s)
		n += replaced
		return name
	}).YAML()
	return string(text), n, err
}

// exportFiles returns the files of an export. Of a folder, these are the files in it, but not those of the tools that used them.
func exportFiles(args []string) ([]string, error) {
	var out []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case arg == "-":
			out = append(out, arg)
			continue
		case err != nil:
			return nil, err
		case !info.IsDir():
			out = append(out, arg)
			continue
		}
		entries, err := os.ReadDir(arg)
		if err != nil {
			return nil, err
		}
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") })
		if len(entries) == 0 {
			return nil, fmt.Errorf("%s has no files", arg)
		}
		for _, e := range entries {
			out = append(out, filepath.Join(arg, e.Name()))
		}
	}
	return out, nil
}

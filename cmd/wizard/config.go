package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/disk"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/recent"
	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
)

func newConfig(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "config", Short: "Show your preferences and what sets each value, or change them", Args: noArgs,
		Long: "Shows what the wizard uses when it starts on this computer, and what set each value.\n\n" +
			"A flag comes first, then a variable of the environment, then the preferences, then the AWS configuration files. The Region of an answers file comes before the variables, the preferences and the AWS configuration files. " +
			"A profile that a flag, a variable or the screen selects uses its own Region, if it has one, and not the one of the preferences.\n\n" +
			"The preferences are a YAML file in the XDG configuration directory, such as ~/.config/privatelink-wizard/config.yaml. " + keysText + "\n\n" +
			"The prefix and the tags are for plans that begin on the screen. An answers file has its own, so it gives the same plan on each computer.",
		Example:     "wizard config\nwizard config set profile dev\nwizard config set tags.team payments\nwizard config unset profile",
		Annotations: takes("profile", "region", "plain"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := g.prefer()
			if p.err != nil {
				return p.err
			}
			list := configList{File: p.name, Exists: p.file != nil, Settings: g.settings(cmd.Context(), p)}
			if asJSON {
				return g.json("  ").Encode(list)
			}
			return list.print(g)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(newConfigSet(g), newConfigUnset(g), newConfigPath(g), newConfigClear(g))
	return cmd
}

// keysText lists the keys of the preferences file.
const keysText = "The keys: profile and region (of AWS), color (auto or never), plain (true or false), prefix and tags (of what a plan creates), and history (true or false)."

// preferenceTexts describes the keys of the preferences file, for completion.
var preferenceTexts = map[string]string{
	"profile": "a profile of the AWS configuration files",
	"region":  "an AWS Region, such as us-east-1",
	"color":   "never: no colors and no bold text",
	"plain":   "true: ask line by line",
	"prefix":  "the beginning of the names of what a plan creates",
	"tags":    "a tag of what a plan creates",
	"history": "false: keep no earlier answers",
}

// configList is what wizard config shows.
type configList struct {
	File     string    `json:"file"` // empty if no directory for it is known
	Exists   bool      `json:"exists"`
	Settings []setting `json:"settings"`
}

func (l configList) print(g *globals) error {
	w := tabwriter.NewWriter(g.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tVALUE\tFROM")
	for _, s := range l.Settings {
		value := printable.Line(s.Value)
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", printable.Line(s.Key), value, printable.Line(s.from()))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if l.Exists {
		line(g.Err, "Preferences: %s", l.File)
	} else if l.File != "" {
		line(g.Err, "Preferences: %s, which does not exist. `wizard config set KEY VALUE` creates it.", l.File)
	}
	return nil
}

func newConfigSet(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "set KEY VALUE", Short: "Change a preference",
		Long:    "Writes a value to the preferences file, and creates the file if it does not exist. Other lines stay as they are. " + keysText + " For a tag, KEY is tags.NAME.",
		Example: "wizard config set region eu-central-1\nwizard config set color never\nwizard config set tags.cost-center 4711",
		Args:    exactly(2, "a KEY and a VALUE"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return beginning(preferenceKeys(), typed), cobra.ShellCompDirectiveNoFileComp
			case 1:
				return beginning(preferenceValues(args[0]), typed), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			key, value := args[0], args[1]
			if err := g.changePreferences(func(name string, data []byte) ([]byte, error) {
				return answers.SetPreference(name, data, key, value)
			}); err != nil {
				return err
			}
			switch {
			case key == "profile" && !slices.Contains(aws.Profiles(), value):
				line(g.Err, "Note: the AWS configuration files have no profile %q.", value)
			case key == "region" && !slices.Contains(aws.Regions(), value):
				line(g.Err, "Note: this version does not know the Region %q.", value)
			}
			return nil
		},
	}
}

func newConfigUnset(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "unset KEY", Short: "Remove a preference",
		Long:    "Removes a key from the preferences file. Other lines stay as they are. For one tag, KEY is tags.NAME; tags is all of them.",
		Example: "wizard config unset region\nwizard config unset tags.team",
		Args:    exactly(1, "a KEY"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return beginning(preferenceKeys(), typed), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return g.changePreferences(func(name string, data []byte) ([]byte, error) {
				return answers.UnsetPreference(name, data, args[0])
			})
		},
	}
}

func newConfigPath(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "path", Short: "Print the name of the preferences file", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			name, err := preferencesFile()
			if err != nil {
				return usage(err)
			}
			_, err = fmt.Fprintln(g.Out, name)
			return err
		},
	}
}

func newConfigClear(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "clear-history", Short: "Delete the earlier answers that are kept on this computer", Args: noArgs,
		Long: "Deletes the answers of earlier plans, which the first screen offers again. The records of runs stay, because 'wizard undo' needs them. " +
			"To keep no answers from now on: 'wizard config set history false'.",
		RunE: func(*cobra.Command, []string) error {
			dir, err := record.State()
			if err != nil {
				return usage(err)
			}
			deleted, err := recent.Clear(dir)
			switch {
			case err != nil:
				return usage(err)
			case deleted == "":
				line(g.Err, "No earlier answers are kept.")
			default:
				line(g.Err, "Deleted %s", deleted)
			}
			return nil
		},
	}
}

// exactly accepts a number of arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage(fmt.Errorf("%s takes %s, got %d arguments", cmd.CommandPath(), what, len(args)))
		}
		return nil
	}
}

// preferenceKeys are the keys with what they mean, for completion.
func preferenceKeys() []cobra.Completion {
	var out []cobra.Completion
	for _, key := range answers.PreferenceKeys() {
		if key == "tags" {
			key = "tags."
		}
		out = append(out, cobra.CompletionWithDesc(key, preferenceTexts[strings.TrimSuffix(key, ".")]))
	}
	return out
}

// preferenceValues are the values of a key, for completion.
func preferenceValues(key string) []cobra.Completion {
	switch key {
	case "profile":
		return aws.Profiles()
	case "region":
		return aws.Regions()
	}
	return answers.PreferenceValues(key)
}

// changePreferences replaces the text of the preferences file.
func (g *globals) changePreferences(change func(name string, data []byte) ([]byte, error)) error {
	name, err := preferencesFile()
	if err != nil {
		return usage(err)
	}
	target, err := filepath.EvalSymlinks(name)
	if err == nil {
		name = target // the link stays
	} else if to, err := os.Readlink(name); err == nil {
		return usage(fmt.Errorf("%s is a symbolic link to %s, which cannot be found; create this file, or remove the link", name, to))
	}
	before, err := disk.Read(name, maxAnswers)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usage(err)
	}
	after, err := change(name, before)
	if err != nil {
		return usage(err)
	}
	if string(before) == string(after) {
		line(g.Err, "%s is unchanged.", name)
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return usage(err)
	}
	mode := privateMode
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm() // such as that of a file that other computers share
	}
	if err := writeFile(name, after, mode); err != nil {
		return err
	}
	line(g.Err, "Wrote %s", name)
	return nil
}

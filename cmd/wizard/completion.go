package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// shells are the shells with completion scripts.
var shells = []struct {
	name  string
	write func(root *cobra.Command, w io.Writer) error
}{
	{"bash", func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
	{"zsh", func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) }},
	{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
	{"powershell", func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) }},
}

func newCompletion(g *globals) *cobra.Command {
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	supported := strings.Join(names, ", ")
	return &cobra.Command{
		Use: "completion SHELL", Short: "Print a shell completion script (" + supported + ")",
		Long: "Prints a script that lets your shell complete commands, flags and their values: scenarios of --sandbox, Regions, AWS profiles, rules of --accept and files. SHELL is one of: " + supported + ".\n\n" +
			"Completion reads the names of the profiles in your AWS configuration files. It sends no request to AWS.",
		Example: "source <(wizard completion bash)   # needs the package bash-completion\n" +
			"wizard completion zsh > \"${fpath[1]}/_wizard\"\n" +
			"wizard completion fish > ~/.config/fish/completions/wizard.fish\n" +
			"wizard completion powershell | Out-String | Invoke-Expression",
		ValidArgs: names,
		Args:      oneArg("SHELL", names),
		RunE: func(cmd *cobra.Command, args []string) error {
			return shells[slices.Index(names, args[0])].write(cmd.Root(), g.Out)
		},
	}
}

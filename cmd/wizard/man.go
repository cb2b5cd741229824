package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newMan(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page", Args: noArgs,
		Long:    "Prints the manual page of the program and all its commands, in roff format for man(1).",
		Example: "wizard man > wizard.1\nman ./wizard.1",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(g.Out, manPage(cmd.Root(), thisBuild()))
			return err
		},
	}
}

// roff escapes what is not text to roff: backslashes, hyphens of flags that would be
// printed as typographic ones, and quotes and dots at the start of a line.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// manPage is the manual page of a program: the requests are those of man(7).
func manPage(root *cobra.Command, b build) string {
	var w strings.Builder
	day, _, _ := strings.Cut(b.Date, "T")
	fmt.Fprintf(&w, ".TH WIZARD 1 \"%s\" \"wizard %s\" \"PrivateLink Wizard\"\n", roff(day), roff(b.Version))
	w.WriteString(".nh\n.ad l\n") // names of flags and of AWS must stay whole
	fmt.Fprintf(&w, ".SH NAME\nwizard \\- %s\n", roff(root.Short))
	w.WriteString(".SH SYNOPSIS\n")
	fmt.Fprintf(&w, ".B wizard\n[flags]\n.br\n.B wizard\n.I COMMAND\n[flags]\n")
	w.WriteString(".SH DESCRIPTION\n")
	manText(&w, about(root))
	w.WriteString(".SH GLOBAL FLAGS\nThese flags can be given before or after a command. Each command lists the global flags that it takes.\n")
	manFlags(&w, append(globalFlags(root), ownFlags(root)...))
	w.WriteString(".SH COMMANDS\n")
	manCommands(&w, root)
	w.WriteString(".SH EXIT STATUS\n")
	for _, e := range exitMeanings {
		fmt.Fprintf(&w, ".TP\n.B %d\n%s\n", e.code, roff(e.means))
	}
	w.WriteString(".SH ENVIRONMENT\n")
	for _, e := range environment {
		fmt.Fprintf(&w, ".TP\n.B %s\n%s\n", roff(e.name), roff(e.means))
	}
	w.WriteString(".SH EXAMPLES\n")
	manExample(&w, root.Example)
	w.WriteString(".SH SEE ALSO\n.BR aws (1)\n")
	return w.String()
}

// environment are the variables that the program reads itself.
var environment = []struct{ name, means string }{
	{"AWS_PROFILE, AWS_REGION, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, AWS_ENDPOINT_URL, ...", "Settings of AWS, as in the AWS CLI."},
	{passwordVariable, "Password of a private registry. It is removed from the environment before other programs start."},
	{"XDG_CONFIG_HOME, XDG_STATE_HOME", "Directories of the preferences file and of the records of runs; ~/.config and ~/.local/state without them."},
	{"NO_COLOR", "No colors, as --no-color."},
	{"ACCESSIBLE", "Ask line by line, as --plain."},
}

func manCommands(w *strings.Builder, parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		if !cmd.IsAvailableCommand() {
			continue
		}
		if !cmd.HasAvailableSubCommands() {
			fmt.Fprintf(w, ".SS %s\n", roff(strings.TrimSuffix(cmd.UseLine(), " [flags]")))
			manText(w, about(cmd))
			manFlags(w, ownFlags(cmd))
			var names []string
			for _, f := range globalFlags(cmd) {
				names = append(names, "--"+f.Name)
			}
			fmt.Fprintf(w, ".PP\nGlobal flags: %s\n", roff(strings.Join(names, ", ")))
			manExample(w, cmd.Example)
		}
		manCommands(w, cmd)
	}
}

func manText(w *strings.Builder, paragraphs []string) {
	for i, paragraph := range paragraphs {
		if i > 0 {
			w.WriteString(".PP\n")
		}
		w.WriteString(roff(paragraph) + "\n")
	}
}

func manFlags(w *strings.Builder, flags []*pflag.Flag) {
	for _, f := range flags {
		name, value, text := describe(f)
		fmt.Fprintf(w, ".TP\n\\fB%s\\fR", roff(name))
		if value != "" {
			fmt.Fprintf(w, "\\fI%s\\fR", roff(value))
		}
		fmt.Fprintf(w, "\n%s\n", roff(text))
	}
}

func manExample(w *strings.Builder, example string) {
	if example == "" {
		return
	}
	w.WriteString(".PP\n.nf\n.RS 4\n")
	for line := range strings.Lines(example) {
		w.WriteString(roff(strings.TrimRight(line, "\n")) + "\n")
	}
	w.WriteString(".RE\n.fi\n")
}

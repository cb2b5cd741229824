package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

const (
	unknownWidth = 80  // of a pipe or file
	widest       = 100 // longer lines are hard to read
	twoColumns   = 60  // from this width on, names and descriptions are in columns
)

// help prints the help of a command on standard output.
func (g *globals) help(cmd *cobra.Command) {
	h := helpText{width: min(g.columns(), widest), bold: g.styled()}
	h.command(cmd)
	_, _ = io.WriteString(g.Out, h.String())
}

// columns are the columns of standard output: those of the terminal, or 80.
func (g *globals) columns() int {
	if f, ok := g.Out.(interface{ Fd() uintptr }); ok {
		if w, _, err := term.GetSize(f.Fd()); err == nil && w > 0 {
			return w
		}
	}
	return unknownWidth
}

// styled reports whether standard output takes colors and bold text.
func (g *globals) styled() bool {
	return isTerminal(g.Out) && g.colorSetting(g.prefer()).Value != answers.ColorNever &&
		os.Getenv("TERM") != "dumb" && runtime.GOOS != "windows" // older consoles of Windows print escape sequences
}

// helpText is the help of one command, wrapped at a width.
type helpText struct {
	strings.Builder
	width int
	bold  bool // headings
}

func (h *helpText) command(cmd *cobra.Command) {
	for i, paragraph := range about(cmd) {
		if i > 0 {
			h.WriteByte('\n')
		}
		h.wrapped(0, paragraph)
	}
	h.heading("Usage")
	h.wrapped(2, cmd.UseLine())
	if !cmd.HasParent() {
		h.wrapped(2, cmd.Name()+" COMMAND [flags]")
	}
	var rows [][2]string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			rows = append(rows, [2]string{sub.Name(), sub.Short})
		}
	}
	h.table("Commands", rows)
	own, global := ownFlags(cmd), globalFlags(cmd)
	if cmd.HasParent() {
		h.table("Flags", flagRows(own))
		h.table("Global flags", flagRows(global))
	} else {
		h.table("Flags", flagRows(append(global, own...)))
	}
	if cmd.Example != "" {
		h.heading("Examples")
		for line := range strings.Lines(cmd.Example) {
			h.WriteString("  " + strings.TrimRight(line, "\n") + "\n") // to copy, so never wrapped
		}
	}
	if cmd.HasAvailableSubCommands() {
		h.WriteByte('\n')
		h.wrapped(0, fmt.Sprintf("Run '%s COMMAND --help' for more about a command.", cmd.CommandPath()))
	}
}

// about describes a command in paragraphs.
func about(cmd *cobra.Command) []string {
	if cmd.Long == "" {
		return []string{cmd.Short + "."}
	}
	return strings.Split(cmd.Long, "\n\n")
}

func flagRows(flags []*pflag.Flag) [][2]string {
	var rows [][2]string
	for _, f := range flags {
		name, value, text := describe(f)
		rows = append(rows, [2]string{name + value, text})
	}
	return rows
}

func (h *helpText) heading(s string) {
	if h.bold {
		s = "\x1b[1m" + s + "\x1b[m"
	}
	h.WriteString("\n" + s + "\n")
}

// table prints names with descriptions: in two columns, or one below the other where
// columns would be too narrow.
func (h *helpText) table(title string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	h.heading(title)
	column := 0
	for _, r := range rows {
		column = max(column, utf8.RuneCountInString(r[0])+4)
	}
	for _, r := range rows {
		if h.width < twoColumns || column > h.width/2 {
			h.wrapped(2, r[0])
			h.wrapped(6, r[1])
			continue
		}
		fmt.Fprintf(h, "  %-*s", column-2, r[0])
		for i, line := range wrap(r[1], h.width-column) {
			if i > 0 {
				h.WriteString(strings.Repeat(" ", column))
			}
			h.WriteString(line + "\n")
		}
	}
}

func (h *helpText) wrapped(indent int, s string) {
	for _, line := range wrap(s, h.width-indent) {
		h.WriteString(strings.Repeat(" ", indent) + line + "\n")
	}
}

// wrap breaks a text at spaces into lines of at most width, if its words allow it.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// newHelp is the command help. It differs from cobra's, which exits with 0 for an unknown command.
func newHelp(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND | terms [TERM]]", Short: "Show the help of a command, or a page about a term",
		Long: "Show the help of a command.\n\nwizard help terms lists the terms of VPC endpoints, such as private-dns. With a term, it shows the page about it, with the AWS page to read on. The wizard shows the same pages when you press ?.",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var out []cobra.Completion
			switch {
			case len(args) == 0:
				out = append(out, cobra.CompletionWithDesc(helpTerms, "Pages about the terms of VPC endpoints"))
			case args[0] == helpTerms && len(args) == 1:
				for _, t := range terms.All {
					out = append(out, cobra.CompletionWithDesc(t.ID, t.Title))
				}
				return out, cobra.ShellCompDirectiveNoFileComp
			}
			if c, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, sub := range c.Commands() {
					if sub.IsAvailableCommand() {
						out = append(out, cobra.CompletionWithDesc(sub.Name(), sub.Short))
					}
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && args[0] == helpTerms {
				return g.helpTerms(args[1:])
			}
			c, rest, err := cmd.Root().Find(args)
			if err != nil {
				return usage(err)
			}
			if err := noArgs(c, rest); err != nil {
				return err
			}
			return c.Help()
		},
	}
}

// helpTerms is the argument of the command help for the pages about terms.
const helpTerms = "terms"

// helpTerms prints the page of a term on standard output, or the list of all terms without an argument.
func (g *globals) helpTerms(args []string) error {
	h := helpText{width: min(g.columns(), widest), bold: g.styled()}
	switch len(args) {
	case 0:
		h.wrapped(0, "Terms of VPC endpoints. Run 'wizard help terms TERM' for the page about a term.")
		var rows [][2]string
		for _, t := range terms.All {
			rows = append(rows, [2]string{t.ID, t.Title})
		}
		h.table("Terms", rows)
	case 1:
		t := terms.Find(strings.ToLower(args[0]))
		if t == nil {
			var ids []string
			for _, t := range terms.All {
				ids = append(ids, t.ID)
			}
			return usage(fmt.Errorf("unknown term %q; supported: %s", args[0], strings.Join(ids, ", ")))
		}
		h.term(t)
	default:
		return usage(fmt.Errorf("help terms takes one term, got %d", len(args)))
	}
	_, err := io.WriteString(g.Out, h.String())
	return err
}

// term prints the page of a term.
func (h *helpText) term(t *terms.Term) {
	title := t.Title
	if h.bold {
		title = "\x1b[1m" + title + "\x1b[m"
	}
	h.WriteString(title + "\n")
	h.width = min(h.width, terms.Width)
	for _, paragraph := range strings.Split(t.Text, "\n\n") {
		h.WriteByte('\n')
		for line := range strings.Lines(paragraph) {
			h.wrapped(0, line)
		}
	}
	h.WriteString("\nRead on: " + t.Page + "\n") // to copy, so never wrapped
}

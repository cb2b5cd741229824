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
	return !g.noColor && isTerminal(g.Out) && os.Getenv("NO_COLOR") == "" &&
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
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Show the help of a command",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var out []cobra.Completion
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

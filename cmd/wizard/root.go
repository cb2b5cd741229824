package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// globals are the flags that several commands take.
type globals struct {
	streams
	out      *output   // standard output, for text and JSON
	screen   io.Writer // standard output as it is, for the full screen
	profile  string
	region   string
	sandbox  string // scenario; empty means a real account
	speed    float64
	speedSet bool
	rate     float64 // of new endpoints, per second; 0 is the default
	// snapshot is a file used instead of an account.
	snapshot string
	noColor  bool
	plain    bool // line by line
	// noColorSet and plainSet are true if the flag is on the command line, with any value.
	noColorSet, plainSet bool
	onScreen             bool // the interactive wizard, which shows the account that it opens
	// preferences reads the preferences of the user; nil means none.
	preferences func() *preferences
	debug       string
	audit       string

	// codes are those of MFA devices; nil if nobody can type one.
	codes *aws.Codes
	// password of a private registry, from the environment or standard input.
	password      secret.Text
	passwordStdin bool

	// attended is true if somebody can log in again when the credentials expire during a run.
	attended bool
	// calls is true if the events of a run show each call that changes something.
	calls bool

	debugTo, auditTo io.Writer // nil without the flag
	appended         []appended
	// waiting, if set, shows that a server has not answered yet. The interactive wizard shows it
	// on its screens.
	waiting func(line string)
}

// defaultSpeed is how much faster than AWS the sandbox works: a minute takes six seconds.
const defaultSpeed = 10

// Main runs the program and returns its exit code.
func Main(ctx context.Context, s streams, args []string) int {
	g := &globals{password: takePassword(), screen: s.Out, preferences: sync.OnceValue(readPreferences)}
	g.out = &output{to: s.Out, styled: g.styled}
	g.streams = streams{In: s.In, Out: g.out, Err: &output{to: s.Err}}
	root := newRoot(g)
	root.SetArgs(args)
	root.SetIn(g.In)
	root.SetOut(g.Out)
	root.SetErr(g.Err)
	err := root.ExecuteContext(ctx)
	var known *coded
	for _, f := range g.appended {
		if failed := errors.Join(f.failed(), f.file.Close()); failed != nil {
			line(g.Err, "wizard: --%s: cannot write to %s: %v; the file is not complete", f.flag, f.file.Name(), failed)
			if err == nil {
				err = silentExit(exitAWS)
			}
		}
	}
	if failed := g.out.failed(); failed != nil {
		err = notWritten(err, failed)
	}
	if err != nil && !(errors.As(err, &known) && known.silent) {
		fmt.Fprintf(g.Err, "wizard: %v\n", err)
	}
	return exitCode(err)
}

func init() {
	cobra.EnableCommandSorting = false // commands are listed in the order of their use
}

func newRoot(g *globals) *cobra.Command {
	var showVersion bool
	root := &cobra.Command{
		Use:   "wizard",
		Short: "From \"what do you run?\" to a verified private path",
		Long: "PrivateLink Wizard finds out what a workload needs inside a private VPC, shows what exists, what is missing and why, " +
			"then applies the plan or exports it as a script, and verifies that it works.\n\n" +
			"Without a command it starts the interactive wizard, on a sandbox account or on your AWS account. Nothing is changed before you have seen the plan and confirmed it.",
		Example:     "wizard --sandbox\nwizard plan --answers answers.yaml",
		Args:        noArgs,
		Annotations: takes("profile", "region", "sandbox", "speed", "snapshot", "plain", "debug", "audit"),
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			g.speedSet, g.noColorSet, g.plainSet = cmd.Flags().Changed("speed"), cmd.Flags().Changed("no-color"), cmd.Flags().Changed("plain")
			return g.check()
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if showVersion {
				_, err := fmt.Fprintln(g.Out, thisBuild().line())
				return err
			}
			return interactive(cmd.Context(), g)
		},
		// Main reports errors, in one form for all commands.
		SilenceErrors: true,
		SilenceUsage:  true,
		CompletionOptions: cobra.CompletionOptions{
			DisableDefaultCmd:         true, // newCompletion replaces it
			DefaultShellCompDirective: new(cobra.ShellCompDirectiveNoFileComp),
		},
	}
	root.Flags().BoolVarP(&showVersion, "version", "v", false, "show the version")
	g.addGlobalFlags(root)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { g.help(cmd) })
	help := newHelp(g)
	root.SetHelpCommand(help)
	root.AddCommand(newPlan(g), newCheck(g), newApply(g), newUndo(g), newRuns(g), newExport(g), newSnapshot(g), newUnmask(g), newDoctor(g), newLint(g), newSandbox(g),
		newConfig(g), newSchema(g), newVersion(g), newCompletion(g), newMan(g), help)
	finish(root)
	return root
}

// noArgs rejects positional arguments. Cobra would report them as a mistyped command, with its
// own exit code.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if len(names) == 0 {
		return usage(fmt.Errorf("%s takes no arguments, got %q", cmd.CommandPath(), args[0]))
	}
	hint := ""
	if s, err := sandbox.Find(args[0]); err == nil {
		hint = "; did you mean --sandbox=" + s.Name + "?"
	}
	return usage(fmt.Errorf("%q is not a command of %s (supported: %s)%s", args[0], cmd.CommandPath(), strings.Join(names, ", "), hint))
}

// oneArg accepts one of some values. The noun is the argument in the usage line.
func oneArg(noun string, names []string) cobra.PositionalArgs {
	supported := strings.Join(names, ", ")
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) != 1:
			return usage(fmt.Errorf("%s takes one %s, got %d (supported: %s)", cmd.CommandPath(), noun, len(args), supported))
		case !slices.Contains(names, args[0]):
			return usage(fmt.Errorf("unsupported %s %q (supported: %s)", strings.ToLower(noun), args[0], supported))
		}
		return nil
	}
}

// check validates the global flags before the command runs.
func (g *globals) check() error {
	if g.snapshot != "" && g.sandbox != "" {
		return usage(errors.New("--snapshot and --sandbox select two accounts; remove one of them"))
	}
	if g.speed <= 0 {
		return usage(fmt.Errorf("--speed %v: must be more than 0", g.speed))
	}
	for _, f := range []struct {
		flag, name string
		to         *io.Writer
	}{{"debug", g.debug, &g.debugTo}, {"audit", g.audit, &g.auditTo}} {
		if f.name == "" {
			continue
		}
		file, err := os.OpenFile(f.name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, privateMode)
		if err != nil {
			return usage(fmt.Errorf("--%s: %w", f.flag, err))
		}
		out := &output{to: file}
		*f.to = jsonOutput{out}
		g.appended = append(g.appended, appended{out, f.flag, file})
	}
	return nil
}

// appended is a file that a flag names. The program appends lines to it.
type appended struct {
	*output
	flag string
	file *os.File
}

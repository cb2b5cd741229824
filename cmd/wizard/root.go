package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// version is set when a release is built.
var version = "dev"

// globals are the flags that every command has.
type globals struct {
	streams
	profile string
	region  string
	sandbox string // scenario; empty means a real account
	speed   float64
	// snapshot is a file that takes the place of an account.
	snapshot string
	noColor  bool
	plain    bool // ask by lines
	debug    string

	// password of a private registry, from the environment or standard input.
	password      secret.Text
	passwordStdin bool

	debugTo io.Writer
	failed  error // what the command ended with
}

// defaultSpeed is how much faster than AWS the sandbox provisions: seconds where AWS
// takes the better part of a minute.
const defaultSpeed = 10

// Main runs the program and returns its exit code.
func Main(ctx context.Context, s streams, args []string) int {
	g := &globals{streams: s, password: takePassword()}
	root := newRoot(g)
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := fang.Execute(ctx, root, fang.WithVersion(version), fang.WithoutManpage(), fang.WithoutCompletions(),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}))
	if err == nil {
		err = g.failed
	}
	if c, ok := g.debugTo.(io.Closer); ok {
		_ = c.Close()
	}
	var known *coded
	if err != nil && !(errors.As(err, &known) && known.silent) {
		fmt.Fprintf(s.Err, "wizard: %v\n", err)
	}
	return exitCode(err)
}

func newRoot(g *globals) *cobra.Command {
	root := &cobra.Command{
		Use:   "wizard",
		Short: "From \"what do you run?\" to a proven private path",
		Long: "PrivateLink Wizard finds out what a workload needs inside a private AWS network, shows what is there " +
			"and what is missing and why, then makes it or hands over a script that does, and proves that it works.\n\n" +
			"Without a command it starts the wizard on a practice account or a real one. Nothing is changed before you have seen the plan and confirmed it.",
		Example: "wizard --sandbox\nwizard plan --answers answers.yaml",
		Args:    noArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return g.check()
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return interactive(cmd.Context(), g) },
	}
	f := root.PersistentFlags()
	f.StringVar(&g.profile, "profile", "", "AWS profile, as in the AWS CLI")
	f.StringVar(&g.region, "region", "", "AWS Region")
	f.StringVar(&g.sandbox, "sandbox", "", "use a practice account, as --sandbox or --sandbox=SCENARIO ('wizard sandbox list' lists them)")
	f.Lookup("sandbox").NoOptDefVal = "closed"
	f.Float64Var(&g.speed, "speed", defaultSpeed, "how many times faster than AWS the practice account works")
	f.StringVar(&g.snapshot, "snapshot", "", "plan from this snapshot file instead of an account ('wizard snapshot' makes one)")
	f.BoolVar(&g.noColor, "no-color", false, "no colours")
	f.BoolVar(&g.plain, "plain", false, "ask line by line, for screen readers and pipes; so too where ACCESSIBLE is set or TERM=dumb")
	f.StringVar(&g.debug, "debug", "", "write a line for every AWS request to this file; no secrets, no bodies")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(newPlan(g), newApply(g), newExport(g), newSnapshot(g), newLint(g), newSandbox(g))
	g.holdErrors(root)
	return root
}

// holdErrors keeps the errors of commands from fang, which asks the terminal for its
// colours before it hands one on: on a dumb terminal the question is noise, and where
// somebody else reads the input the answer never comes.
func (g *globals) holdErrors(cmd *cobra.Command) {
	if do := cmd.RunE; do != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			g.failed = do(cmd, args)
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		g.holdErrors(sub)
	}
}

// noArgs refuses what is left on the command line, which cobra would otherwise
// take for a mistyped command without an exit code of ours.
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
		return usage(fmt.Errorf("%s takes no arguments, and got %q", cmd.CommandPath(), args[0]))
	}
	hint := ""
	if s, err := sandbox.Find(args[0]); err == nil {
		hint = "; did you mean --sandbox=" + s.Name + "?"
	}
	return usage(fmt.Errorf("%q is no command of %s; there are: %s%s", args[0], cmd.CommandPath(), strings.Join(names, ", "), hint))
}

// check looks at the global flags before anything is done.
func (g *globals) check() error {
	if g.snapshot != "" && g.sandbox != "" {
		return usage(errors.New("--snapshot and --sandbox name two accounts; leave one of them out"))
	}
	if g.speed <= 0 {
		return usage(fmt.Errorf("--speed %v: must be more than 0", g.speed))
	}
	if g.debug != "" {
		f, err := os.OpenFile(g.debug, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return usage(fmt.Errorf("--debug: %w", err))
		}
		g.debugTo = f
	}
	return nil
}

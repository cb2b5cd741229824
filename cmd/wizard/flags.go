package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// addGlobalFlags defines the flags that several commands take. The back-quoted word
// of a description is the type of the value in help texts.
func (g *globals) addGlobalFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.SortFlags = false // help lists them in this order
	f.StringVar(&g.profile, "profile", "", "use this `PROFILE` of the AWS configuration files")
	f.StringVar(&g.region, "region", "", "use this AWS `REGION`, such as us-east-1")
	f.StringVar(&g.sandbox, "sandbox", "", "use a sandbox account; 'wizard sandbox list' lists each `SCENARIO`; --sandbox alone is --sandbox=closed")
	f.Lookup("sandbox").NoOptDefVal = "closed"
	f.Float64Var(&g.speed, "speed", defaultSpeed, "let the sandbox account work `N` times faster than AWS; with AWS_ENDPOINT_URL, the account at that URL works so fast")
	f.StringVar(&g.snapshot, "snapshot", "", "use a snapshot `FILE` instead of an account; 'wizard snapshot' writes one")
	f.BoolVar(&g.plain, "plain", false, "ask line by line, for screen readers and pipes; also on if ACCESSIBLE is set or TERM is dumb")
	f.StringVar(&g.debug, "debug", "", "append a line for every AWS request to `FILE`, without secrets and bodies")
	f.StringVar(&g.audit, "audit", "", "append a JSON object for every AWS request to `FILE`: time, service, operation, resource, result and request ID")
	f.BoolVar(&g.noColor, "no-color", false, "no colors or bold text; also on if NO_COLOR is set")
	f.BoolP("help", "h", false, "show the help of the command")
	f.VisitAll(nameValue)

	complete(root, "profile", func() []cobra.Completion { return aws.Profiles() })
	complete(root, "region", func() []cobra.Completion { return aws.Regions() })
	complete(root, "sandbox", scenarios)
	completeFile(root, "snapshot", "debug", "audit")
}

// valueKey is the annotation of a flag with the type of its value.
const valueKey = "value"

// takesKey is the annotation of a command that lists the global flags it takes.
const takesKey = "takes"

// takes are the annotations of a command that takes these global flags. Every command
// takes --help and --no-color as well. An annotation with the name of another flag
// says why the command refuses that one.
func takes(flags ...string) map[string]string {
	return map[string]string{takesKey: strings.Join(flags, " ")}
}

func takesFlag(cmd *cobra.Command, flag string) bool {
	return flag == "help" || flag == "no-color" || slices.Contains(strings.Fields(cmd.Annotations[takesKey]), flag)
}

// finish completes the flags of a command and of those below it.
func finish(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false // help lists them in the order of their definition
	cmd.Flags().VisitAll(nameValue)
	refuseOthers(cmd.Root(), cmd)
	for _, sub := range cmd.Commands() {
		finish(sub)
	}
}

// nameValue moves the back-quoted type of a flag's value from the description into an
// annotation: shells show the description as it is.
func nameValue(f *pflag.Flag) {
	value, text := pflag.UnquoteUsage(f)
	f.Usage = text
	if value != "" {
		f.Annotations = map[string][]string{valueKey: {value}}
	}
}

// refuseOthers hides the global flags that a command does not take behind flags of the
// command that refuse every value. They stay defined, so that a flag before the command
// is parsed in the same way for all commands.
func refuseOthers(root, cmd *cobra.Command) {
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) {
		if takesFlag(cmd, f.Name) {
			return
		}
		no := *f
		no.Hidden, no.Usage, no.Shorthand = true, "", ""
		no.Value = refusal{kind: f.Value.Type(), err: func() error { return notTaken(root, cmd, f.Name) }}
		cmd.Flags().AddFlag(&no)
	})
}

// refusal is the value of a flag that the command does not take.
type refusal struct {
	kind string
	err  func() error
}

func (r refusal) Set(string) error { return r.err() }
func (r refusal) String() string   { return "" }
func (r refusal) Type() string     { return r.kind }

// notTaken reports a global flag that the command does not take.
func notTaken(root, cmd *cobra.Command, flag string) error {
	var supported []string
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		if takesFlag(c, flag) {
			supported = append(supported, c.CommandPath())
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(root)
	why := ""
	if s := cmd.Annotations[flag]; s != "" {
		why = ": " + s
	}
	return usage(fmt.Errorf("%s does not take --%s%s (supported by: %s)", cmd.CommandPath(), flag, why, strings.Join(supported, ", ")))
}

// flagError gives an error of the command line its exit code.
func flagError(_ *cobra.Command, err error) error {
	if known := new(coded); errors.As(err, &known) {
		return known // without the text that names the value, which is not at fault
	}
	return usage(err)
}

// complete registers the values of a flag for shell completion. Nothing but the program
// and the AWS configuration files is read for them.
func complete(cmd *cobra.Command, flag string, values func() []cobra.Completion) {
	register(cmd, flag, func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return beginning(values(), typed), cobra.ShellCompDirectiveNoFileComp
	})
}

// beginning are the values that begin with what was typed.
func beginning(values []cobra.Completion, typed string) []cobra.Completion {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !strings.HasPrefix(v, typed) })
}

// completeFile lets the shell complete names of files for these flags.
func completeFile(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		register(cmd, flag, anyFile)
	}
}

// anyFile lets the shell complete names of files.
func anyFile(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func register(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // a flag that the command does not define
	}
}

// ownFlags are the flags that only this command has, in the order of their definition.
func ownFlags(cmd *cobra.Command) []*pflag.Flag {
	return visible(cmd.Flags(), func(f *pflag.Flag) bool { return f != cmd.Root().PersistentFlags().Lookup(f.Name) })
}

// globalFlags are those of the global flags that the command takes.
func globalFlags(cmd *cobra.Command) []*pflag.Flag {
	return visible(cmd.Root().PersistentFlags(), func(f *pflag.Flag) bool { return takesFlag(cmd, f.Name) })
}

func visible(set *pflag.FlagSet, keep func(*pflag.Flag) bool) []*pflag.Flag {
	var out []*pflag.Flag
	set.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && keep(f) {
			out = append(out, f)
		}
	})
	return out
}

// describe returns a flag, the type of its value, and what the flag does.
func describe(f *pflag.Flag) (name, value, text string) {
	name, text = "--"+f.Name, f.Usage
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	switch of := f.Annotations[valueKey]; {
	case of == nil:
	case f.NoOptDefVal != "":
		value = "[=" + of[0] + "]"
	default:
		value = " " + of[0]
		if !slices.Contains([]string{"", "[]"}, f.DefValue) {
			text += " (default " + f.DefValue + ")"
		}
	}
	return name, value, text
}

// scenarios are the sandbox scenarios with what they show.
func scenarios() []cobra.Completion {
	var out []cobra.Completion
	for _, s := range sandbox.Scenarios() {
		out = append(out, cobra.CompletionWithDesc(s.Name, s.Shows))
	}
	return out
}

// acceptable are the rules that yield findings or changes, with what they look for.
func acceptable() []cobra.Completion {
	var out []cobra.Completion
	for _, r := range plan.Rules() {
		if r.Class == plan.ClassCheck || r.Class == plan.ClassGap {
			out = append(out, cobra.CompletionWithDesc(r.ID, r.Says))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

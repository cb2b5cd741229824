package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

func newRuns(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "runs", Short: "List the runs on this computer", Args: noArgs,
		Long: "Lists the runs that this user made on this computer, the latest first. 'wizard undo' reverts one. Each run has one file in the " +
			"XDG state directory, such as ~/.local/state/privatelink-wizard/runs. The files contain no secrets.",
		Annotations: takes(),
		RunE: func(*cobra.Command, []string) error {
			dir, err := record.Dir()
			if err != nil {
				return usage(err)
			}
			runs, unread := record.List(dir)
			for _, err := range unread {
				line(g.Err, "%v", err)
			}
			if asJSON {
				out := []runLine{}
				for _, r := range runs {
					out = append(out, runLine{r.Head, r.State(), r.Made()})
				}
				return g.json(" ").Encode(out)
			}
			for _, r := range runs {
				fmt.Fprintf(g.Out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Time.Local().Format(time.DateTime), r.Account, r.Region, r.VPC, r.State(), words.Count(r.Made(), "resource"))
			}
			if len(runs) == 0 {
				line(g.Err, "No runs are recorded in %s.", dir)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

// runLine is a run in the JSON list.
type runLine struct {
	record.Head
	State string `json:"state"`
	Made  int    `json:"made"` // resources that it created or changed
}

func newUndo(g *globals) *cobra.Command {
	var yes, changed, asJSON bool
	var vpc string
	cmd := &cobra.Command{
		Use: "undo [RUN | --vpc VPC] [--yes]", Short: "Revert what a run created or changed",
		DisableFlagsInUseLine: true,
		Long: "Compares what a run created or changed with the account, and shows the steps that it would revert, in order, and those that stay. With --yes it reverts them. " +
			"RUN is an id that 'wizard runs' lists; without it, the latest run that is not undone. " +
			"What somebody else has changed since stays, unless you add --changed. Undo can be interrupted and run again. If the credentials expire, it waits for a login as apply does.\n\n" +
			"With --vpc it needs no record of a run: it finds the VPC, and the endpoints, security groups, subnets, route tables, gateways and flow logs in it, that have the tag " + resource.ManagedBy + "=" + resource.Owner + ", of all runs and scripts. " +
			"Nothing shows whether somebody else has changed them, so it deletes them only with --changed. It cannot find what runs changed in other resources, and resources of other kinds.",
		Example:     "wizard runs\nwizard undo plw-1f2e3d4c5b6a7988\nwizard undo plw-1f2e3d4c5b6a7988 --yes\nwizard undo --vpc vpc-0a1b2c3d4e5f60001 --changed --yes",
		Annotations: takes("profile", "region", "speed", "debug", "audit"),
		RunE: func(cmd *cobra.Command, args []string) error {
			g.attend(asJSON)
			if len(args) > 1 {
				return usage(fmt.Errorf("wizard undo takes one RUN, got %q", args))
			}
			switch {
			case vpc != "" && len(args) > 0:
				return usage(fmt.Errorf("wizard undo takes a RUN or --vpc, got %q and --vpc %s", args, vpc))
			case vpc != "" && !strings.HasPrefix(vpc, "vpc-"):
				return usage(fmt.Errorf("--vpc %q: must be the id of a VPC, such as vpc-0a1b2c3d4e5f60001", vpc))
			case vpc != "":
				return g.undoTagged(cmd.Context(), vpc, yes, changed, asJSON)
			case g.region != "":
				return usage(errors.New("--region is for --vpc: the record of a run has its Region"))
			}
			dir, err := record.Dir()
			if err != nil {
				return usage(err)
			}
			r, err := findRun(dir, args)
			if err != nil {
				return usage(err)
			}
			return (&earlierRun{g: g, id: r.ID, dir: dir}).undo(cmd.Context(), r, yes, changed, asJSON)
		},
	}
	cmd.Flags().StringVar(&vpc, "vpc", "", "instead of a run, what has the tag of the wizard in this `VPC`, as its id")
	cmd.Flags().BoolVar(&yes, "yes", false, "confirm that the account may be changed")
	cmd.Flags().BoolVar(&changed, "changed", false, "also revert what somebody else has changed since, and what cannot be compared")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list and the progress as JSON, one object per line")
	return cmd
}

// findRun returns the record of the run with an id, or of the latest one that is not undone.
func findRun(dir string, args []string) (*record.Run, error) {
	if len(args) == 1 {
		r, err := record.Read(dir, args[0])
		if errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("no run %q is recorded in %s", args[0], dir)
		}
		if err != nil {
			return nil, fmt.Errorf("%w; `wizard runs` lists the runs", err)
		}
		return r, nil
	}
	runs, unread := record.List(dir)
	for _, r := range runs {
		if !r.Undone && r.Reverts() {
			return r, nil
		}
	}
	return nil, errors.Join(append(unread, fmt.Errorf("no run that can be undone is recorded in %s", dir))...)
}

// unfinished is a notice if the latest run on this computer did not end by itself.
func unfinished() string {
	dir, err := record.Dir()
	if err != nil {
		return ""
	}
	r, err := record.Latest(dir)
	if err != nil || r == nil || r.Ended || r.Resumed {
		return "" // `wizard runs` says why a record cannot be read
	}
	return fmt.Sprintf("Run %s did not end. Plan the same again to complete it, or: wizard undo", r.ID)
}

// earlierRun is a run that can be compared with the account and reverted, by the command and on the screens.
type earlierRun struct {
	g      *globals
	id     string
	dir    string       // of its record
	memory *record.File // its record, if it has no file: the account ends with this program, or the run is not known
	tagged string       // the arguments of the command that finds the same again, for a run that is not known

	mu     sync.Mutex // protects client
	client run.Caller // nil until the account is open
}

// arguments are those of the command that continues an undo; empty if the account has ended.
func (e *earlierRun) arguments() string {
	if e.memory == nil {
		return e.id
	}
	return e.tagged
}

// read reads the record.
func (e *earlierRun) read() (*record.Run, error) {
	if e.memory != nil {
		return e.memory.Read()
	}
	return record.Read(e.dir, e.id)
}

// open opens the account of the run.
func (e *earlierRun) open(ctx context.Context, of *record.Run) (run.Caller, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.client != nil {
		return e.client, nil
	}
	client, id, err := e.g.openToChange(ctx, of.Region)
	if err != nil {
		return nil, err
	}
	if id != of.Account {
		return nil, usage(fmt.Errorf("the credentials belong to account %s, but run %s changed account %s; select others with --profile", id, of.ID, of.Account))
	}
	e.client = client
	return client, nil
}

// Compare implements tui.Reverter.
func (e *earlierRun) Compare(ctx context.Context) ([]run.Left, error) {
	return e.compare(ctx, nil, nil)
}

// compare is Compare with events. Without them, nobody sees a pause, so expired credentials are an error.
func (e *earlierRun) compare(ctx context.Context, stop <-chan struct{}, emit func(run.Event)) ([]run.Left, error) {
	of, err := e.read()
	if err != nil {
		return nil, err
	}
	client, err := e.open(ctx, of)
	if err != nil {
		return nil, err
	}
	o := e.g.options(client, stop, emit)
	if emit == nil {
		o.Renew = nil
	}
	left := run.Compare(ctx, o, of.Steps, of.Resumed)
	if account, ok := client.(accountCaller); ok && slices.ContainsFunc(left, run.Left.Doubtful) { // it is doubtful without credentials too
		if _, _, err := account.Caller(ctx); err != nil {
			e.mu.Lock()
			defer e.mu.Unlock()
			if e.memory == nil {
				e.client = nil // the next one reads the settings again
			}
			return nil, err
		}
	}
	return left, ctx.Err()
}

// Undo implements tui.Reverter.
func (e *earlierRun) Undo(ctx context.Context, left []run.Left, stop <-chan struct{}, emit func(run.Event)) (run.Summary, error) {
	of, err := e.read()
	if err != nil {
		return run.Summary{}, err
	}
	client, err := e.open(ctx, of)
	if err != nil {
		return run.Summary{}, err
	}
	o := e.g.options(client, stop, emit)
	o.Preflight = true
	kept, h := e.memory, record.Head{ID: o.RunID, Time: o.Now(), Program: thisBuild().Version}
	if kept != nil {
		err = kept.Resume(h)
	} else {
		kept, err = record.Resume(e.dir, e.id, h)
	}
	if err != nil {
		return run.Summary{}, err
	}
	s := run.Undo(ctx, plan.Plan{Account: of.Account, Partition: of.Partition, Region: of.Region}, left, o)
	return s, kept.End(true, s.Failed+s.Skipped == 0 && !slices.ContainsFunc(left, run.Left.Kept))
}

// undoTagged reverts what has the tag of the wizard in a VPC, without the record of a run.
func (g *globals) undoTagged(ctx context.Context, vpc string, yes, changed, asJSON bool) error {
	client, id, err := g.openToChange(ctx, "")
	if err != nil {
		return err
	}
	steps, err := run.Tagged(ctx, g.options(client, nil, nil), vpc)
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		line(g.Err, "Nothing in %s has the tag %s=%s.", vpc, resource.ManagedBy, resource.Owner)
		return nil
	}
	e := &earlierRun{g: g, client: client, tagged: "--vpc " + vpc}
	if changed {
		e.tagged += " --changed"
	}
	if e.memory, err = record.Keep(record.Head{ID: "--vpc " + vpc, Account: id, Region: client.Region(), VPC: vpc}); err != nil {
		return err
	}
	for _, s := range steps {
		if err := e.memory.Step(s); err != nil {
			return err
		}
	}
	if err := e.memory.End(false, false); err != nil {
		return err
	}
	r, err := e.read()
	if err != nil {
		return err
	}
	return e.undo(ctx, r, yes, changed, asJSON)
}

// openToChange opens an account that can be changed, and returns its number.
func (g *globals) openToChange(ctx context.Context, region string) (client accountCaller, number string, err error) {
	account, err := g.open(ctx, region)
	if err != nil {
		return nil, "", err
	}
	client, ok := account.(accountCaller)
	if !ok {
		return nil, "", usage(errors.New("only an AWS account can be changed"))
	}
	number, _, err = client.Caller(ctx)
	return client, number, err
}

// accountCaller is an AWS account that can be changed.
type accountCaller interface {
	run.Caller
	Caller(context.Context) (account, caller string, err error)
	Region() string
}

// undo reverts a run, or only shows what it would revert.
func (e *earlierRun) undo(ctx context.Context, r *record.Run, yes, changed, asJSON bool) error {
	g := e.g
	ctx, stop, leave := g.stoppable(ctx)
	defer leave()
	left, err := e.compare(ctx, stop, g.events(asJSON))
	select {
	case <-stop:
		return silentExit(exitInterrupted)
	default:
	}
	if err != nil {
		return err
	}
	left = run.Choose(left, changed)
	reverts := len(run.Reverting(left))
	if asJSON {
		for _, l := range left {
			_ = g.json("").Encode(fateLine{l.Change, l.ID, l.Summary, l.Fate, l.Detail})
		}
	} else {
		e.show(r, left)
	}
	if !yes {
		text := "Nothing was changed."
		if reverts > 0 {
			text += fmt.Sprintf(" To revert %s: wizard undo %s --yes", words.Count(reverts, "step"), e.arguments())
		}
		line(g.Err, "%s", text)
		return nil
	}
	if reverts == 0 && r.Undone {
		return nil
	}
	s, err := e.Undo(ctx, left, stop, g.events(asJSON))
	if err != nil {
		return err
	}
	if asJSON {
		_ = g.json("").Encode(s)
	} else {
		e.conclude(s)
	}
	return outcome(s, stop, ctx)
}

// conclude prints the summary of an undo.
func (e *earlierRun) conclude(s run.Summary) {
	fmt.Fprintf(e.g.Out, "%s reverted, %d did not exist any more, %d failed, %d not started.\n", words.Count(s.Done, "step"), s.Kept, s.Failed, s.Skipped)
	if again := e.arguments(); s.Failed+s.Skipped > 0 && again != "" {
		fmt.Fprintf(e.g.Out, "Run it again to continue: wizard undo %s --yes\n", again)
	}
	for _, text := range s.Next {
		line(e.g.Err, "%s", text)
	}
}

// fateLine is what becomes of a step, as JSON.
type fateLine struct {
	Change  resource.ID `json:"change"`
	ID      string      `json:"id,omitempty"`
	Summary string      `json:"summary"`
	Fate    run.Fate    `json:"fate"`
	Detail  string      `json:"detail,omitempty"`
}

// show prints what undo reverts, and what stays.
func (e *earlierRun) show(r *record.Run, left []run.Left) {
	g := e.g
	if e.memory == nil {
		line(g.Out, "Run %s of %s, account %s, %s", r.ID, r.Time.Local().Format(time.DateTime), r.Account, r.Region)
	} else {
		line(g.Out, "Resources with the tag %s=%s in %s, account %s, %s", resource.ManagedBy, resource.Owner, r.VPC, r.Account, r.Region)
	}
	for _, part := range run.Sections(left) {
		line(g.Out, "")
		line(g.Out, "%s:", part.Title)
		for _, l := range part.Steps {
			if l.Undo == nil {
				line(g.Out, "  %s  %s", l.Change, l.About())
				continue
			}
			line(g.Out, "  %s  %s", cmp.Or(l.ID, string(l.Change)), l.Summary)
			if text := l.About(); text != "" {
				line(g.Out, "    %s", text)
			}
		}
	}
	for i, text := range run.Affected(left) {
		if i == 0 {
			line(g.Out, "")
		}
		line(g.Out, "%s", text)
	}
	if slices.ContainsFunc(left, run.Left.Doubtful) {
		line(g.Out, "")
		line(g.Out, "To also revert what somebody else has changed or what is not known, add --changed.")
	}
}

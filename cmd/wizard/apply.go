package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/tui"
)

func newApply(g *globals) *cobra.Command {
	var f planFlags
	var asJSON, yes bool
	cmd := &cobra.Command{
		Use: "apply --answers FILE --yes", Short: "Apply the plan and verify the result", Args: noArgs,
		Long: "Applies the plan to the account, shows the progress and verifies the result. It asks no questions, so it needs --yes. What exists is kept, so the command can be run again. " +
			"It checks permissions first: if one is missing, it changes nothing and lists all that are missing.\n\n" +
			"Interrupt it once (Ctrl-C) to start no more calls and wait for the answers to those in flight, twice to leave without waiting. Then the summary lists what exists and costs money.\n\n" +
			"If the credentials expire and standard error is a terminal, it pauses until you have logged in again in another terminal. Otherwise, and with --json, it starts no more changes and lists what exists.",
		Example:     "wizard plan  --answers answers.yaml\nwizard apply --answers answers.yaml --yes",
		Annotations: applyTakes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !yes {
				return usage(errors.New("apply changes the account and needs --yes; `wizard plan` with the same flags shows what it would do"))
			}
			if g.rate < 0 || cmd.Flags().Changed("rate") && g.rate == 0 {
				return usage(fmt.Errorf("--rate %v: must be more than 0", g.rate))
			}
			if g.passwordStdin && f.answers == "-" {
				return usage(errors.New("--registry-password-stdin and --answers - both read standard input; put the answers into a file"))
			}
			g.attend(asJSON)
			if err := g.readPassword(); err != nil {
				return err
			}
			p, err := f.makeReady(cmd.Context(), g)
			if err != nil {
				return err
			}
			return g.apply(cmd.Context(), p, asJSON)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "confirm that the account may be changed")
	cmd.Flags().BoolVar(&g.passwordStdin, "registry-password-stdin", false, "read the password of a private registry from standard input, or set "+passwordVariable)
	cmd.Flags().Float64Var(&g.rate, "rate", 0, "create at most `N` endpoints per second after the first 4; the default is 0.29, because AWS allows 0.3 for all users of an account and Region together")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print progress as JSON, one object per line")
	return cmd
}

func applyTakes() map[string]string {
	out := takes("profile", "region", "sandbox", "speed", "debug", "audit")
	out["snapshot"] = "a snapshot cannot be changed; apply to the account, or hand over the script of `wizard export`"
	return out
}

// apply runs a plan and prints its progress. The first signal stops new calls and waits, the second one
// also cuts off the calls in flight.
func (g *globals) apply(ctx context.Context, p *planned, asJSON bool) error {
	ctx, stop, leave := g.stoppable(ctx)
	defer leave()
	caller, ok := p.client.(run.Caller)
	if !ok {
		return errors.New("this account cannot be changed")
	}
	given, err := inputs(p.plan, g.passwords())
	if err != nil {
		return err
	}
	s, _ := g.run(ctx, caller, p.plan, given, stop, g.events(asJSON))
	if asJSON {
		_ = g.json("").Encode(s)
	} else {
		g.conclude(s)
	}
	return outcome(s, stop, ctx)
}

// stoppable returns a context and a channel for a run. The first signal closes the channel, the second one cancels the
// context. The function ends the wait for signals.
func (g *globals) stoppable(parent context.Context) (context.Context, <-chan struct{}, func()) {
	ctx, leave := context.WithCancel(parent)
	stop := make(chan struct{})
	signals := make(chan os.Signal, 2)
	// A closed terminal or reader must not interrupt a call with an important result.
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	go func() {
		select {
		case s := <-signals:
			fmt.Fprintln(g.Err, tui.Stopping(s))
		case <-ctx.Done():
			return
		}
		close(stop)
		select {
		case s := <-signals:
			fmt.Fprintln(g.Err, tui.Ending(s))
			leave()
		case <-ctx.Done():
		}
	}()
	return ctx, stop, func() {
		signal.Stop(signals)
		leave()
	}
}

// events returns a function that prints the events of a run.
func (g *globals) events(asJSON bool) func(run.Event) {
	lines, begun := g.json(""), map[resource.ID]bool{}
	return func(e run.Event) {
		if asJSON {
			_ = lines.Encode(e)
			return
		}
		begun[e.Change] = begun[e.Change] || e.State == run.Started
		state := stateTexts[e.State]
		switch {
		case e.State == run.Skipped && begun[e.Change]:
			state = "stopped"
		case e.Change == run.Credentials && e.State == run.Waiting:
			state = "paused"
		case e.Change == run.Credentials:
			state = "continued"
		}
		line(g.Err, "%s %-12s %s  %s", e.Time.Format(time.TimeOnly), state, e.Change, e.Detail)
	}
}

// stateTexts are the texts of the states. The JSON output has the states themselves.
var stateTexts = map[run.State]string{run.Started: "started", run.Waiting: "waiting", run.Done: "done", run.Kept: "unchanged",
	run.Failed: "failed", run.Skipped: "not started", run.Proved: "verified", run.Unproven: "not verified"}

// run applies a plan through a client. It returns the run for undo; nil if it is not recorded.
func (g *globals) run(ctx context.Context, c run.Caller, p *plan.Plan, given map[string]secret.Text, stop <-chan struct{}, emit func(run.Event)) (run.Summary, *earlierRun) {
	o := g.options(c, stop, emit)
	o.Inputs, o.Save, o.Preflight = given, saveFile, true
	kept, of, err := g.record(c, p, &o)
	s := run.Apply(ctx, p, o)
	if kept != nil {
		err = kept.End(false, s.Failed+s.Skipped == 0)
	}
	switch {
	case err != nil:
		s.Next = append(s.Next, fmt.Sprintf("The record of this run is not complete, so `wizard undo` cannot revert it: %v", err))
	case kept != nil && s.Done > 0 && of.memory == nil:
		s.Next = append(s.Next, "To revert this run: wizard undo "+o.RunID)
	}
	return s, of
}

// options are the options of a run through a client.
func (g *globals) options(c run.Caller, stop <-chan struct{}, emit func(run.Event)) run.Options {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	o := run.Options{Caller: c, RunID: "plw-" + hex.EncodeToString(id), Now: time.Now, Emit: emit, Stop: stop, Rate: g.rate, Calls: g.calls}
	if emulated, ok := c.(fast); ok {
		o.Speed = emulated.speed
		if emulated.inside { // its credentials do not expire
			return o
		}
	}
	if account, ok := c.(interface{ Renew(context.Context) error }); ok && g.attended {
		o.Renew = account.Renew
	}
	return o
}

// attend decides whether somebody can log in again during a run: who sees standard error on a terminal. Standard input does
// not matter, because nothing is typed into it. Programs read JSON.
func (g *globals) attend(asJSON bool) { g.attended = !asJSON && isTerminal(g.Err) }

// record begins the record of a run: in memory if its account ends with this program.
func (g *globals) record(c run.Caller, p *plan.Plan, o *run.Options) (*record.File, *earlierRun, error) {
	if p.ToApply() == 0 {
		return nil, nil, nil
	}
	h := record.Head{ID: o.RunID, Time: o.Now(), Program: thisBuild().Version, Account: p.Account, Partition: p.Partition, Region: p.Region, VPC: p.VPC, Workload: string(p.Workload)}
	of := &earlierRun{g: g, id: h.ID, client: c}
	var f *record.File
	var err error
	if account, ok := c.(fast); ok && account.inside {
		f, err = record.Keep(h)
		of.memory = f
	} else if of.dir, err = record.Dir(); err == nil {
		f, err = record.Create(of.dir, h)
	}
	if err != nil {
		return nil, nil, err
	}
	o.Record = f.Step
	return f, of, nil
}

func outcome(s run.Summary, stop <-chan struct{}, ctx context.Context) error {
	select {
	case <-stop:
		if s.Skipped > 0 || s.Expired || ctx.Err() != nil {
			return silentExit(exitInterrupted)
		}
	default:
	}
	if !s.Complete() {
		return silentExit(exitAWS)
	}
	return nil
}

// conclude prints the summary of a run to standard error and the next steps to the other stream.
func (g *globals) conclude(s run.Summary) {
	printSummary(g.Out, s)
	for _, text := range s.Next {
		line(g.Err, "%s", text)
	}
}

func printSummary(w io.Writer, s run.Summary) {
	fmt.Fprintf(w, "%s applied, %d unchanged, %d failed", words.Count(s.Done, "change"), s.Kept, s.Failed)
	if s.Stopped > 0 {
		fmt.Fprintf(w, ", %d stopped before completion", s.Stopped)
	}
	fmt.Fprintf(w, ", %d not started", s.Skipped-s.Stopped)
	if s.Open > 0 {
		fmt.Fprintf(w, ", %d with a manual step or a result that is not verified", s.Open)
	}
	fmt.Fprintf(w, ". Verification: %s.", map[run.Proof]string{run.ProofProved: "passed", run.ProofFailed: "failed", run.ProofUnproven: "nothing was verified"}[s.Proof])
	if s.Unproven > 0 {
		fmt.Fprintf(w, " %s not verified.", words.Count(s.Unproven, "check"))
	}
	fmt.Fprintln(w)
	for _, id := range slices.Sorted(maps.Keys(s.IDs)) {
		fmt.Fprintf(w, "%s\t%s\n", id, printable.Line(s.IDs[id]))
	}
	for _, text := range s.Remains() {
		fmt.Fprintln(w, printable.Line(text))
	}
	if s.Failed+s.Skipped > 0 {
		fmt.Fprintln(w, "Run it again to continue from the current state of the account.")
	}
}

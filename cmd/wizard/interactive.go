package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/tui"
)

// interactive runs the wizard: on the full screen, or line by line if requested or if the
// terminal does not support more.
func interactive(ctx context.Context, g *globals) error {
	if !g.plain && (!isTerminal(g.In) || !isTerminal(g.Out)) {
		return usage(errors.New("the interactive wizard needs a terminal; use `wizard plan`, `apply` or `export` with --answers FILE, or --plain to answer line by line through a pipe"))
	}
	show, plain := tui.Run, g.plain || os.Getenv("ACCESSIBLE") != "" || os.Getenv("TERM") == "dumb"
	if plain {
		show = tui.RunPlain
	}
	// Certificate files are checked again for each plan, because the user may fix them in the
	// meantime.
	build := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		return plan.BuildWith(inv, ans, plan.Files{Problems: judgeFiles(ans.Airflow.LoadBalancer, time.Now())})
	}
	g.calls = !plain
	g.attended = !plain || isTerminal(g.Err) // the full screen is on a terminal
	b := &backend{g: g}
	o := tui.Options{In: g.In, Out: g.screen, Err: g.Err, Environ: os.Environ(), Secrets: g.passwords(), Inputs: typed, Build: build, Notice: unfinished()}
	if g.noColor {
		o.Environ = append(o.Environ, "NO_COLOR=1")
	}
	if g.snapshot != "" {
		if _, err := g.openSnapshot(g.region); err != nil {
			return err
		}
		o.InitialAccount = snapshotKey
	}
	if g.sandbox != "" {
		if _, err := sandbox.Find(g.sandbox); err != nil {
			return usage(err)
		}
		o.InitialAccount = sandboxKey + g.sandbox
	}
	signaled := func() string { return "" }
	if !plain {
		signaled = hangUpIsTerm()
	}
	res, err := show(ctx, b, o)
	if text := signaled(); text != "" {
		fmt.Fprintln(g.Err, text)
	}
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	for _, f := range append(res.Exported, res.Saved...) {
		fmt.Fprintln(g.Err, "Wrote "+f)
	}
	switch {
	case res.Applied != nil:
		g.conclude(*res.Applied)
	case res.Undone != nil:
		res.Of.Reverter.(*earlierRun).conclude(*res.Undone)
	}
	for i, command := range res.Commands { // the screen that showed them is closed
		if i == 0 {
			fmt.Fprintln(g.Err, "Next:")
		}
		fmt.Fprintln(g.Err, "  "+command)
	}
	if res.Outcome != exitOK {
		return silentExit(res.Outcome)
	}
	return nil
}

// hangUpIsTerm handles a hang-up like SIGTERM, for the full screen: no further call starts. It returns a function that
// undoes this and returns a text about the signal that ended the program, if one did.
func hangUpIsTerm() func() string {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM)
	done, first := make(chan struct{}), make(chan os.Signal, 1)
	go func() {
		for hung := false; ; {
			select {
			case s := <-signals:
				select {
				case first <- s:
				default:
				}
				if self, err := os.FindProcess(os.Getpid()); s == syscall.SIGHUP && !hung && err == nil {
					hung = true
					_ = self.Signal(syscall.SIGTERM)
				}
			case <-done:
				return
			}
		}
	}()
	return func() string {
		signal.Stop(signals)
		close(done)
		select {
		case s := <-first:
			return tui.Ended(s)
		default:
			return ""
		}
	}
}

func isTerminal(v any) bool {
	f, ok := v.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}

const (
	realKey     = "aws"
	snapshotKey = "snapshot"
	sandboxKey  = "sandbox:"
)

// backend opens the accounts of the first screen.
type backend struct{ g *globals }

// Accounts implements tui.Backend.
func (b *backend) Accounts() []tui.Account {
	var region []string
	if b.g.region != "" {
		region = []string{"--region=" + b.g.region}
	}
	if b.g.snapshot != "" {
		return []tui.Account{{Key: snapshotKey, Title: "Snapshot: " + b.g.snapshot, Name: "the snapshot " + b.g.snapshot, Flags: append([]string{"--snapshot=" + b.g.snapshot}, region...), ReadOnly: "a snapshot cannot be changed: export the script and hand it over",
			Details: "The content of an account at the time when this file was written. No request is sent to AWS."}}
	}
	var out []tui.Account
	for _, s := range sandbox.Scenarios() {
		out = append(out, tui.Account{Key: sandboxKey + s.Name, Title: "Sandbox: " + s.Name, Name: "the sandbox account " + s.Name, Hint: s.Shows, Practice: true, Speed: b.g.speed,
			Group: "Sandbox accounts (no AWS account needed)", Flags: append([]string{"--sandbox=" + s.Name}, region...),
			Details: s.Shows + "\n\nA simulated AWS account in this program (" + s.Region + ", VPC " + s.VPC + "). It makes no AWS calls and has no cost."})
	}
	who := "default profile"
	var flags []string
	if p := b.g.profileName(); p != "" {
		who = "profile " + p
		flags = []string{"--profile=" + p}
	}
	title, name := "Your AWS account", "your AWS account"
	if url := os.Getenv("AWS_ENDPOINT_URL"); url != "" { // possibly a served sandbox account
		title, name = "The account at "+url, "the account at "+url
	}
	return append([]tui.Account{{Key: realKey, Title: title, Name: name, Hint: who, Group: "Your AWS account", Flags: append(flags, region...),
		Details: "The wizard uses the credentials and the Region of the AWS CLI: environment variables, configuration files, or IAM Identity Center.\n\nIt only reads until you have seen the plan and confirmed it."}}, out...)
}

// profileName returns the profile in use, or the empty string.
func (g *globals) profileName() string {
	if g.profile != "" {
		return g.profile
	}
	return os.Getenv("AWS_PROFILE")
}

// Runs implements tui.Backend. `wizard runs` says which records cannot be read.
func (b *backend) Runs() []*tui.Earlier {
	dir, err := record.Dir()
	if err != nil || b.g.snapshot != "" {
		return nil
	}
	g := *b.g
	g.sandbox, g.region = "", "" // the record has the Region
	runs, _ := record.List(dir)
	var out []*tui.Earlier
	for _, r := range runs {
		if !r.Undone && r.Reverts() {
			out = append(out, &tui.Earlier{Run: r, Reverter: &earlierRun{g: &g, id: r.ID, dir: dir}})
		}
	}
	return out
}

// Open implements tui.Backend.
func (b *backend) Open(ctx context.Context, key string) (tui.Session, error) {
	g := *b.g
	g.sandbox = ""
	if name, ok := strings.CutPrefix(key, sandboxKey); ok {
		g.sandbox = name
	}
	if key != snapshotKey {
		g.snapshot = ""
	}
	c, err := g.open(ctx, "")
	if err != nil {
		return nil, err
	}
	return &session{account: c, meta: g.meta(""), g: &g}, nil
}

// session is an open account on the screens.
type session struct {
	account
	meta export.Meta
	g    *globals
	last *earlierRun // nil if the last run is not recorded
}

// Apply implements tui.Session.
func (s *session) Apply(ctx context.Context, p *plan.Plan, passwords map[string]secret.Text, stop <-chan struct{}, emit func(run.Event)) (run.Summary, error) {
	caller, ok := s.account.(run.Caller)
	if !ok {
		return run.Summary{}, errors.New("a snapshot cannot be changed")
	}
	given, err := inputs(p, passwords)
	if err != nil {
		return run.Summary{}, err
	}
	done, last := s.g.run(ctx, caller, p, given, stop, emit)
	s.last = last
	return done, nil
}

// Last implements tui.Session.
func (s *session) Last() *tui.Earlier {
	if s.last == nil {
		return nil
	}
	of, err := s.last.read()
	if err != nil || !of.Reverts() { // a run without a change has no record
		return nil
	}
	return &tui.Earlier{Run: of, Reverter: s.last}
}

// Export implements tui.Session.
func (s *session) Export(p *plan.Plan) (string, error) {
	return export.Bash(p, s.meta)
}

// Commands implements tui.Session.
func (s *session) Commands(p *plan.Plan, c resource.Change) ([][]string, error) {
	return export.Commands(p, c)
}

// Save implements tui.Session. Scripts are executable, and existing files are never overwritten.
func (s *session) Save(name string, data []byte) error {
	mode := privateMode
	if bytes.HasPrefix(data, []byte("#!")) {
		mode = scriptMode
	}
	err := writeNew(name, data, mode)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s already exists; choose another name", name)
	}
	return err
}

// AnswersYAML implements tui.Session.
func (s *session) AnswersYAML(a answers.Answers) ([]byte, error) { return a.YAML() }

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
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
	prefer := g.prefer()
	if prefer.err != nil {
		return prefer.err
	}
	if !g.plain && (!isTerminal(g.In) || !isTerminal(g.Out)) {
		return usage(errors.New("the interactive wizard needs a terminal; use `wizard plan`, `apply` or `export` with --answers FILE, or --plain to answer line by line through a pipe"))
	}
	show, plain := tui.Run, g.plainSetting(prefer).Value == "true"
	if plain {
		show = tui.RunPlain
	}
	// Certificate files are checked again for each plan, because the user may fix them in the
	// meantime.
	build := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		return plan.BuildWith(inv, ans, certificateFiles(ans))
	}
	g.calls, g.onScreen = !plain, true
	g.attended = !plain || isTerminal(g.Err) // the full screen is on a terminal
	g.codes = new(aws.Codes)
	b := &backend{g: g}
	o := tui.Options{In: g.In, Out: g.screen, Err: g.Err, Environ: os.Environ(), Secrets: g.passwords(), Inputs: typed, Build: build, Notice: unfinished()}
	o.Start = answers.Answers{Prefix: prefer.Prefix, Tags: prefer.Tags}
	if g.colorSetting(prefer).Value == answers.ColorNever {
		o.Environ = append(o.Environ, "NO_COLOR=1")
	}
	switch {
	case g.snapshot != "":
		if _, err := g.openSnapshot(g.region); err != nil {
			return err
		}
		o.InitialAccount = snapshotKey
	case g.sandbox != "":
		if _, err := sandbox.Find(g.sandbox); err != nil {
			return usage(err)
		}
		o.InitialAccount = sandboxKey + g.sandbox
	case g.profile != "":
		o.InitialAccount = b.Own("").Key
	}
	signaled := func() string { return "" }
	if !plain {
		signaled = hangUpIsTerm()
	}
	res, err := show(ctx, b, o)
	if text := signaled(); text != "" {
		fmt.Fprintln(g.Err, text)
	}
	for _, f := range append(res.Exported, res.Saved...) {
		fmt.Fprintln(g.Err, "Wrote "+f)
	}
	if res.Forgotten != nil {
		fmt.Fprintf(g.Err, "Note: the answers are not kept for the next start: %v\n", res.Forgotten)
	}
	switch {
	case res.Applied != nil && strings.HasPrefix(res.Account, sandboxKey):
		// The account ends with the program: nothing of it remains, costs money or can be continued.
		sum := *res.Applied
		sum.Billed, sum.Unknown = nil, nil
		g.conclude(sum)
		res.Commands = nil
		fmt.Fprintln(g.Err, "The sandbox account is deleted.")
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
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	if res.Outcome != exitOK {
		return silentExit(res.Outcome)
	}
	return nil
}

// certificateFiles returns what is wrong with the certificate files of the answers.
func certificateFiles(ans answers.Answers) plan.Files {
	return plan.Files{Problems: judgeFiles(ans.Airflow.LoadBalancer, time.Now())}
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

// Own implements tui.Backend.
func (b *backend) Own(profile string) *tui.Account {
	if b.g.snapshot != "" {
		return nil
	}
	g, p, v := *b.g, b.g.prefer(), aws.EnvironmentVariables()
	g.profile = cmp.Or(profile, g.profile)
	chosen := g.profileSetting(p, v)
	flag := chosen.flag()
	now := time.Now()
	s := aws.ReadSettings(context.Background(), flag, now)
	region := g.regionSetting(p, v, chosen, func() string { return s.Region })
	set := &tui.Settings{Flag: flag, Profile: s.Profile, Region: region.Value, Credentials: credentialsText(s, now), Missing: s.Missing, None: s.None, Endpoint: os.Getenv("AWS_ENDPOINT_URL")}
	switch region.Origin {
	case fromFlag:
		set.From, set.Chosen = "from --region", true
	case fromVariable:
		set.From = "from " + region.Name
	case fromPreferences:
		set.From = "from the preferences"
	case fromAWS:
		set.From = "from the profile"
	}
	acc := &tui.Account{Key: realKey + " " + flag, Title: "AWS account", Name: "your AWS account", Settings: set}
	switch {
	case set.Endpoint != "": // possibly a served sandbox account
		acc.Title, acc.Name = "The account at "+set.Endpoint, "the account at "+set.Endpoint
	case s.Profile != "":
		acc.Title, acc.Name = "profile "+s.Profile, "the AWS account of profile "+s.Profile
	}
	if chosen.Origin != fromDefault && chosen.Value != "" { // not with credentials of the environment, because the flag replaces them
		acc.Flags = []string{"--profile=" + chosen.Value}
	}
	return acc
}

// credentialsText says where the credentials come from. Of an SSO session it adds the state of the sign-in.
func credentialsText(s aws.Settings, now time.Time) string {
	switch s.SignIn {
	case aws.SignedIn:
		if s.Until.IsZero() {
			return s.Credentials + ", signed in"
		}
		layout := "15:04"
		if s.Until.Sub(now) > 12*time.Hour {
			layout = "2006-01-02 15:04"
		}
		return s.Credentials + ", signed in until " + s.Until.Local().Format(layout)
	case aws.SignedOut:
		return s.Credentials + ", not signed in"
	case aws.SignInExpired:
		return s.Credentials + ", sign-in expired"
	case aws.SignInUnknown:
		return s.Credentials + ", sign-in unknown"
	}
	return s.Credentials
}

// Profiles implements tui.Backend. Credentials of the environment are an account without a profile.
func (b *backend) Profiles() []tui.Account {
	var out []tui.Account
	if own := b.Own(""); own.Settings.Profile == "" {
		out = append(out, *own)
	}
	for _, name := range aws.Profiles() {
		out = append(out, *b.Own(name))
	}
	return out
}

// Regions implements tui.Backend. A Region is in the partition of the Region in use.
func (b *backend) Regions(now string) []string {
	all := aws.Regions()
	if p, ok := catalog.PartitionOf(now); ok {
		all = p.Regions
	}
	if now == "" {
		return all
	}
	return append([]string{now}, slices.DeleteFunc(slices.Clone(all), func(r string) bool { return r == now })...)
}

// Accounts implements tui.Backend.
func (b *backend) Accounts() []tui.Account {
	var region []string
	if b.g.region != "" {
		region = []string{"--region=" + b.g.region}
	}
	if b.g.snapshot != "" {
		return []tui.Account{{Key: snapshotKey, Title: "Snapshot: " + b.g.snapshot, Name: "the snapshot " + b.g.snapshot, Flags: append([]string{"--snapshot=" + b.g.snapshot}, region...), ReadOnly: "a snapshot cannot be changed: export the plan and hand it over",
			Details: "The content of an account at the time when this file was written. No request is sent to AWS."}}
	}
	var out []tui.Account
	for _, s := range sandbox.Scenarios() {
		out = append(out, tui.Account{Key: sandboxKey + s.Name, Title: "Sandbox: " + s.Name, Name: "the sandbox account " + s.Name, Hint: s.Learn, Practice: true, Speed: b.g.speed, Scenario: s.Name, Workload: s.Workload,
			Flags:   append([]string{"--sandbox=" + s.Name}, region...),
			Details: "Learn to " + s.Learn + ".\n\nThe account: " + s.Shows + ".\n\nA simulated AWS account in this program (" + s.Region + ", VPC " + s.VPC + "). It makes no AWS calls and has no cost."})
	}
	return out
}

// Runs implements tui.Backend. `wizard runs` says which records cannot be read.
func (b *backend) Runs(profile string) []*tui.Earlier {
	dir, err := record.Dir()
	if err != nil || b.g.snapshot != "" {
		return nil
	}
	g := *b.g
	g.sandbox, g.region = "", "" // the record has the Region
	g.profile = cmp.Or(profile, g.profile)
	runs, _ := record.List(dir)
	var out []*tui.Earlier
	for _, r := range runs {
		if !r.Undone && r.Reverts() {
			out = append(out, &tui.Earlier{Run: r, Reverter: &earlierRun{g: &g, id: r.ID, dir: dir}})
		}
	}
	return out
}

// Code implements tui.Backend.
func (b *backend) Code(code string) { b.g.codes.Give(code) }

// Open implements tui.Backend.
func (b *backend) Open(ctx context.Context, acc tui.Account) (tui.Session, error) {
	g := *b.g
	g.sandbox = acc.Scenario
	if set := acc.Settings; set != nil {
		g.codes.Give("") // the last one was for another account
		g.profile = set.Flag
		if set.Chosen {
			g.region = set.Region
		}
	}
	c, err := g.open(ctx, "")
	if err != nil {
		return nil, err
	}
	return &session{account: c, of: acc, meta: g.meta(""), g: &g}, nil
}

// session is an open account on the screens.
type session struct {
	account
	of   tui.Account
	meta export.Meta
	g    *globals
	last *earlierRun // nil if the last run is not recorded
}

// Apply implements tui.Session.
func (s *session) Apply(ctx context.Context, p *plan.Plan, passwords map[string]secret.Text, stop <-chan struct{}, emit func(run.Event)) (run.Summary, error) {
	s.last = nil
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
	if err != nil || of.Undone || !of.Reverts() { // a run without a change has no record
		return nil
	}
	return &tui.Earlier{Run: of, Reverter: s.last}
}

// Formats implements tui.Session.
func (s *session) Formats() []tui.Format {
	var out []tui.Format
	for _, f := range export.Formats() {
		out = append(out, tui.Format{Name: f.Name, Title: f.Title, Needs: f.Needs, Existing: f.Existing, Details: f.Details, Folder: f.Folder, Extension: f.Extension, Finds: f.Finds, Report: f.Report})
	}
	return out
}

// Export implements tui.Session.
func (s *session) Export(of tui.Planned, format, name string) (tui.Export, error) {
	f, ok := export.FormatNamed(format)
	if !ok {
		return tui.Export{}, fmt.Errorf("unsupported format %q", format)
	}
	var out tui.Export
	if f.Folder {
		name = filepath.Clean(name) // without a slash at its end, also in the commands
		out.Folder = name
	}
	x, err := exportTo(name, f, &planned{inv: of.Inv, ans: of.Ans, plan: of.Plan, files: certificateFiles(of.Ans)}, of.Accepted, s.meta)
	if err != nil {
		return tui.Export{}, err
	}
	for i, file := range x.files {
		out.Files = append(out.Files, tui.File{Name: x.names[i], Data: []byte(file.Text), Run: file.Run})
	}
	out.Commands, out.Further, out.Unmask = x.commands, x.further, x.unmask
	return out, nil
}

// Commands implements tui.Session.
func (s *session) Commands(p *plan.Plan, c resource.Change) ([][]string, error) {
	return export.Commands(p, c)
}

// Save implements tui.Session. It writes all files or none. Existing files are never overwritten.
func (s *session) Save(x tui.Export) (err error) {
	var created []string
	defer func() {
		if err == nil {
			return
		}
		for _, name := range slices.Backward(created) {
			_ = os.Remove(name)
		}
	}()
	create := func(name string, how func() error) error {
		err := how()
		switch {
		case errors.Is(err, os.ErrExist):
			return fmt.Errorf("%s already exists", name)
		case err == nil:
			created = append(created, name)
		}
		return err
	}
	if x.Folder != "" {
		if err := create(x.Folder, func() error { return os.Mkdir(x.Folder, 0o777) }); err != nil {
			return err
		}
	}
	for _, f := range x.Files {
		mode := privateMode
		if f.Run {
			mode = scriptMode
		}
		if err := create(f.Name, func() error { return writeNew(f.Name, f.Data, mode) }); err != nil {
			return err
		}
	}
	return nil
}

// Taken implements tui.Session.
func (s *session) Taken(x tui.Export) bool {
	exists := func(name string) bool {
		_, err := os.Lstat(name)
		return err == nil
	}
	return x.Folder != "" && exists(x.Folder) || slices.ContainsFunc(x.Files, func(f tui.File) bool { return exists(f.Name) })
}

// Diagnose implements tui.Session.
func (s *session) Diagnose(ctx context.Context, text string) (tui.Diagnosis, error) {
	var sources []doctor.Source
	if strings.TrimSpace(text) != "" {
		sources = []doctor.Source{{Text: text}}
	}
	d, err := diagnose(ctx, s.account, sources, nil)
	return tui.Diagnosis{Report: d.Report, Answers: d.answers}, err
}

// AnswersYAML implements tui.Session.
func (s *session) AnswersYAML(a answers.Answers) ([]byte, error) {
	out, err := a.YAML()
	if s.g.sandbox != "" && err == nil {
		out = append([]byte("# Created in a sandbox account. Use it with --sandbox="+s.g.sandbox+".\n"), out...)
	}
	return out, err
}

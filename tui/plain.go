package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// RunPlain runs the wizard with line prompts, for screen readers, dumb terminals and pipes.
// It never redraws text. The end of the input is never used as an answer.
func RunPlain(ctx context.Context, b Backend, o Options) (Result, error) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	return runPlain(ctx, b, o, signals)
}

func runPlain(ctx context.Context, b Backend, o Options, signals <-chan os.Signal) (Result, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	return newLines(inner, cancel, newApp(inner, b, o)).wizard(ctx, signals)
}

// wizard asks all questions and returns the result. The reader can still wait for a line
// then. It ends after the next line and closes lines.
func (p *lines) wizard(ctx context.Context, signals <-chan os.Signal) (Result, error) {
	go p.read()
	go func() {
		for {
			select {
			case s := <-signals:
				p.interrupt(s)
			case <-p.ctx.Done():
				p.work.stopOnce() // the end of the context stops an apply
				return
			}
		}
	}()
	ending := p.run()
	if !errors.Is(ending, errLeft) && p.result.Applied == nil && p.result.Undone == nil {
		p.ended = false // interrupted, even if a file was written before
	}
	r := p.outcome()
	what := "nothing was changed in the account"
	if s := r.Applied; s != nil {
		what = fmt.Sprintf("%d changes applied in the account, %d failed", s.Done, s.Failed)
	} else if s := r.Undone; s != nil {
		what = fmt.Sprintf("%s reverted in the account, %d failed", words.Count(s.Done, "step"), s.Failed)
	}
	p.say("%s: %s.", words.Capital(ending.Error()), what)
	if err := ctx.Err(); err != nil {
		r.Outcome = Left
		return r, err
	}
	return r, nil
}

// ending is the reason why a question has no answer, or why the questions after it have none.
type ending string

func (e ending) Error() string { return string(e) }

const (
	errBack        = ending("back")
	errLeft        = ending("quit")
	errEnd         = ending("end of input")
	errInterrupted = ending("interrupted")
	errAgain       = ending("read again")
	errTasks       = ending("replace tasks")
)

// lines asks one line at a time. It implements prompter.
type lines struct {
	*app
	ctx    context.Context
	cancel context.CancelFunc
	in     io.Reader
	asked  chan bool     // a line is requested; true if the terminal must not show it
	input  chan string   // closed at the end of input
	from   []*steps.Step // where the questions begin after earlier answers were taken; nil is the review

	mu       sync.Mutex // protects the fields below, and the output during an apply
	applying bool
	stopping bool
}

func newLines(ctx context.Context, cancel context.CancelFunc, a *app) *lines {
	p := &lines{app: a, ctx: ctx, cancel: cancel, in: a.opts.In, asked: make(chan bool, 1), input: make(chan string)}
	if p.in == nil {
		p.in = os.Stdin
	}
	p.plain = true
	return p
}

// interrupt handles a signal: it leaves the program. During an apply, the first one stops after the calls in
// flight, and the second one leaves without waiting.
func (p *lines) interrupt(s os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.applying {
		p.cancel()
		return
	}
	p.departing = p.departing || s != os.Interrupt
	if p.stopping {
		p.say("%s", Ending(s))
		p.cancel()
		return
	}
	p.stopping = true
	p.say("%s", Stopping(s))
	p.work.stopOnce()
}

// run asks all questions until the user leaves. Its error is the reason for the end.
func (p *lines) run() error {
	p.say("PrivateLink Wizard\nAnswer each question with the number of an option, its text, or a part of it. An empty line selects the default. Type ? for help, b to go back, q to quit.")
	if p.opts.Notice != "" {
		p.say("%s", p.opts.Notice)
	}
	key := p.opts.InitialAccount
	for {
		if err := p.open(key); err != nil {
			return err
		}
		if err := p.questions(); err != errBack {
			return err
		}
		key = ""
	}
}

// open opens the account with the key, or asks for an account if the key is empty.
func (p *lines) open(key string) error {
	home := p.home().accounts
	for {
		acc := home.account(key)
		if key == "" {
			var err error
			if acc, err = p.chooseAccount(home); err != nil {
				return err
			}
			if p.session != nil && acc.same(p.account) { // its answers are kept
				return nil
			}
		}
		err := p.openAccount(acc)
		if err == nil {
			return nil
		}
		if key = ""; err != errBack {
			return err
		}
	}
}

// openAccount opens an account and reads the identity of the caller. It drops the data of the previous one.
func (p *lines) openAccount(acc Account) error {
	if p.forget() {
		p.say(forgotten)
	}
	err := p.trying(func() (tried string, err error) {
		tried = acc.name()
		if p.session == nil {
			p.say("%s", acc.opens())
			session, err := p.backend.Open(p.ctx, acc)
			if err != nil {
				return tried, err
			}
			p.session = session
		}
		_, err = p.load([]inventory.Request{identity})
		return tried, err
	})
	if err != nil {
		p.session = nil
		return err
	}
	p.account = acc
	p.say("%s", p.identified())
	return nil
}

// chooseAccount asks for an account, and for the profile and the Region of an AWS account.
func (p *lines) chooseAccount(home *accounts) (Account, error) {
	for {
		if home.own != nil {
			home.take(settingsMsg{p.backend.Own(home.flag()), p.backend.Profiles()})
		}
		home.runs, home.recent = p.backend.Runs(home.flag()), recentOf(p.backend)
		q := home.question(true, home.focus)
		err := p.ask(&q, false, func(v []string) error { home.focus = v[0]; return nil })
		switch {
		case err == errBack:
			p.say("This is the first question. Type q to quit.")
			continue
		case err != nil:
			return Account{}, err
		}
		acc := home.account(home.focus)
		switch {
		case home.focus == undoRun:
			if err = p.earlier(home.runs); err == errAgain {
				err = errBack
			}
		case home.focus == earlierAnswers:
			acc, err = p.continueEarlier(home)
		case home.focus == explainError:
			err = p.explainMessage()
		case home.focus == ownAccount:
			err = p.chooseSettings(home)
			acc = *home.own
		case home.focus == sandboxes && len(home.sandbox) > 1:
			err = home.askScenario(p, func(chosen Account) { acc = chosen })
		}
		if err != errBack {
			return acc, err
		}
	}
}

// chooseSettings asks for the profile, if the configuration has several, and for the Region.
func (p *lines) chooseSettings(home *accounts) error {
	for {
		several := len(home.profiles) > 1
		if several {
			if err := home.askProfile(p, func() {}); err != nil {
				return err
			}
		}
		err := home.askRegion(p, p.backend, func() {})
		if err != errBack || !several {
			return err
		}
	}
}

// trying calls AWS, and again after an error if the user chooses so.
func (p *lines) trying(do func() (tried string, err error)) error {
	coded := false // a code of an MFA device was typed
	for {
		tried, err := do()
		if p.ctx.Err() != nil {
			p.say("")
			return errInterrupted
		}
		if err == nil {
			return nil
		}
		if device := deviceOf(err); device != "" {
			if coded {
				p.say("%s.", strings.TrimSuffix(err.Error(), "."))
			}
			if err = p.code(device); err != nil {
				return err
			}
			coded = true
			continue
		}
		p.say("%s", ansi.Strip(strings.Join(failure(p.app, tried, err, "Fix the cause and try again, or go back.", longest), "\n")))
		v, err := p.choose("The wizard could not read the account", "How should the wizard continue?", "Nothing was changed.", "again", []steps.Option{{Value: "again", Label: "Try again"}, {Value: "back", Label: "Go back"}}, nil)
		if err != nil {
			return err
		}
		if v == "back" {
			return errBack
		}
	}
}

// load reads parts in parallel. An error contains the name of the part.
func (p *lines) load(rs []inventory.Request) (tried string, err error) { return p.loadOr(rs, nil) }

// loadOr is load with a map that takes parts that do not exist in the account. A part that is in it already is an error.
func (p *lines) loadOr(rs []inventory.Request, absent map[inventory.Request]bool) (tried string, err error) {
	parts, errs := loadParts(p.ctx, p.session, rs)
	for i, r := range rs {
		switch {
		case errs[i] == nil:
			p.merge(parts[i])
		case absent != nil && !absent[r] && isAbsent(errs[i]):
			absent[r] = true
		default:
			tried, err = r.Part.Title(), errs[i]
		}
	}
	return tried, err
}

// require reads the parts that a question needs. The list can grow when a part arrives.
func (p *lines) require(needs func() []inventory.Request) error {
	for {
		missing := steps.Missing(&p.inv, needs())
		if len(missing) == 0 {
			return nil
		}
		err := p.trying(func() (string, error) {
			missing = steps.Missing(&p.inv, missing)
			p.say("%s", reading(missing))
			return p.load(missing)
		})
		if err != nil {
			return err
		}
	}
}

// questions asks the steps up to the review, and goes back if the user chooses so.
func (p *lines) questions() error {
	path := []*steps.Step{p.steps[0]} // nil is the review
	if p.from != nil {
		path, p.from = p.from, nil
	}
	for len(path) > 0 {
		next, err := p.step(path[len(path)-1])
		switch err {
		case nil:
			if i := slices.Index(path, next); next != nil && i >= 0 { // an earlier step is asked again
				path = path[:i]
			}
			path = append(path, next)
		case errBack:
			path = path[:len(path)-1]
		default:
			return err
		}
	}
	return errBack
}

func (p *lines) step(step *steps.Step) (next *steps.Step, err error) {
	if step == nil {
		return nil, p.review()
	}
	err = p.askStep(p, step, func(following *steps.Step) { next = following })
	return next, err
}

// review shows the plan and asks for the next action.
func (p *lines) review() error {
	pl, err := p.planned()
	if err != nil {
		return err
	}
	for {
		do, at, err := p.whatToDo(pl)
		if err != nil {
			return err
		}
		switch do {
		case "apply":
			err = p.apply(pl)
		case "export":
			err = p.export(p.exportOf(pl, false))
		case "save":
			err = p.file(answersFile(p.app))
		case "map":
			p.say("%s", netmap.Of(&p.inv, p.ans.Answers, pl).Text(cmp.Or(p.width(), 80), false))
		case "fix":
			p.say("%s", p.fix(&pl.Findings[at]))
			pl = p.show()
		case "accept":
			err = p.askToAccept(p, pl, &pl.Findings[at], func() { p.say("%s", p.verdict(pl)) })
		case "refuse":
			p.say("%s\n%s", p.unacceptRule(&pl.Findings[at]), p.verdict(pl))
		default:
			return errBack
		}
		if err == errAgain || err == errTasks {
			p.prepareAgain()
			if err == errTasks {
				if _, err := p.step(p.stepOf(steps.Redeploy)); err != nil && err != errBack {
					return err
				}
			}
			if pl, err = p.planned(); err != nil {
				return err
			}
		}
		if err != nil && err != errBack {
			return err
		}
	}
}

// planned reads the parts that a plan needs, and shows the plan.
func (p *lines) planned() (*plan.Plan, error) {
	if err := p.require(func() []inventory.Request { return steps.Requests(&p.inv, p.ans.Answers) }); err != nil {
		return nil, err
	}
	return p.show(), nil
}

// prepareAgain prepares for a new plan after an apply.
func (p *lines) prepareAgain() {
	p.say("%s", p.reset())
}

// show builds and prints the plan, with the findings that block it.
func (p *lines) show() *plan.Plan {
	pl := p.opts.Build(&p.inv, p.ans.Answers)
	p.say("\nReview\n%s", pl.Format(plan.TextOptions{Explain: true, Accepted: p.accepted, Embedded: true, Why: cause.Of(&p.inv, p.ans.Answers, pl).Lines()}))
	for _, act := range pl.Changes {
		if d := act.Details(); d.Text != "" && act.Op != resource.Keep {
			p.say("%s\n%s", d.Title, d.Text)
		}
	}
	for _, note := range gapNotes(pl) {
		p.say("Note: %s", note)
	}
	p.say("%s", p.verdict(pl))
	for _, f := range pl.Stops(p.accepted) {
		p.say("Blocked by %s (%s): %s %s", f.Rule, f.Severity.Text(), f.Message, f.Fix)
	}
	return pl
}

// whatToDo asks for the next action. at is the index of its finding.
func (p *lines) whatToDo(pl *plan.Plan) (do string, at int, err error) {
	p.reviewed(pl)
	q := p.nextQuestion(pl)
	if len(pl.Stops(p.accepted)) > 0 {
		q.chosen = []string{"back"}
	}
	offered := map[string]bool{}
	for i := range pl.Findings {
		f := &pl.Findings[i]
		if f.Patch != nil {
			q.options = append(q.options, steps.Option{Value: fmt.Sprint("fix ", i), Label: "Apply the fix for " + f.Rule, Hint: f.Fix, Details: f.Message})
		}
		if f.Severity != plan.Error || offered[f.Rule] {
			continue
		}
		offered[f.Rule] = true
		if p.isAccepted(f) {
			q.options = append(q.options, steps.Option{Value: fmt.Sprint("refuse ", i), Label: "Stop accepting " + f.Rule, Details: f.Message})
		} else {
			q.options = append(q.options, steps.Option{Value: fmt.Sprint("accept ", i), Label: "Accept " + f.Rule + " for this run", Hint: "asks for confirmation", Details: acceptMeans(pl, f)})
		}
	}
	q.options = append(q.options, steps.Option{Value: "map", Label: "Show the network map (m)", Details: "Zones, subnets, route tables and endpoints, now and after the plan."})
	err = p.ask(&q, false, func(v []string) error {
		number := ""
		do, number, _ = strings.Cut(v[0], " ")
		at, _ = strconv.Atoi(number)
		return nil
	})
	return do, at, err
}

// apply applies the plan, prints a line for each event, and prints the result.
func (p *lines) apply(pl *plan.Plan) error {
	return p.askToApply(p, pl, func(given map[string]secret.Text) error { return p.applyWith(pl, given) })
}

func (p *lines) applyWith(pl *plan.Plan, given map[string]secret.Text) error {
	s := newProgress(pl)
	what := "Reading the account again, then applying the plan."
	if s.verifies() {
		what = "Verifying the result."
	}
	end, err := p.perform(s, p.app.applying(pl, given), what)
	if err != nil {
		return err
	}
	result := newResult(p.app, s, end)
	next := []steps.Option{{Value: "save", Label: "Save the answers"}, {Value: "export", Label: "Export the plan"}, {Value: "leave", Label: "Quit"}, {Value: "again", Label: "Create a new plan", Hint: "reads the account again"}}
	if result.tasks {
		next = append(next, steps.Option{Value: "tasks", Label: "Replace running tasks", Hint: "asks for the services"})
	}
	if result.wrong != "" {
		next = append(next, steps.Option{Value: explainError, Label: "Explain the errors", Hint: "compares them with the account"})
	}
	if end.last != nil {
		next = append(next, undoThis)
	}
	if err := p.conclude(result); err != nil {
		return err
	}
	for {
		v, err := p.choose("Next", "What should the wizard do next?", "The result above shows the applied changes.", "leave", next, result.explained)
		switch {
		case err == errBack:
			p.say("The plan was applied, so you cannot go back. Type q to quit.")
			continue
		case err != nil:
			return err
		case v == "leave":
			return errLeft
		case v == "again":
			return errAgain
		case v == "tasks":
			return errTasks
		case v == explainError:
			if err := p.explainErrors(result.wrong); err != nil && err != errBack {
				return err
			}
			continue
		case v == "undo":
			if err := p.undo(&reverting{of: end.last, id: atUndo}); err != errBack {
				return err
			}
			continue
		}
		if v == "save" {
			err = p.file(answersFile(p.app))
		} else {
			err = p.export(p.exportOf(pl, p.created()))
		}
		if err != nil && err != errBack {
			return err
		}
	}
}

// perform applies a plan or reverts a run, and prints a line for each event.
func (p *lines) perform(s *progress, do doing, what string) (*outcome, error) {
	p.say("\n%s Press Ctrl-C to stop after the calls in flight.", what)
	p.mu.Lock()
	p.work.ready()
	p.stopping, p.applying = false, p.ctx.Err() == nil
	stop := p.work.stop
	p.mu.Unlock()
	if !p.applying {
		return nil, errInterrupted
	}
	end := do(p.ctx, stop, func(e run.Event) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.printEvent(s, e)
	})
	p.mu.Lock()
	p.applying, s.stopping = false, p.stopping
	p.mu.Unlock()
	if len(end.moved) > 0 {
		p.say("%s", movedText(end.moved))
		return nil, errAgain
	}
	p.result.take(&end, exitCode(&end, s.stopping))
	p.ended = true
	return &end, nil
}

// conclude prints a result. It returns an error if nobody may read a question after it.
func (p *lines) conclude(result *result) error {
	p.say("\nResult")
	p.print(result.text)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.departing { // ended by a signal
		return errInterrupted
	}
	return nil
}

// print prints a text.
func (p *lines) print(text []passage) {
	for _, t := range text {
		if t.command != nil { // a wrapped line could not be copied
			fmt.Fprintln(p.opts.Err, t.indent+strings.Join(t.command, " "))
			continue
		}
		p.say("%s%s", t.indent, strings.ReplaceAll(unmarked(t.text), "\n", "\n"+t.indent))
	}
}

// printEvent prints an event, unless it repeats the previous event of its change.
func (p *lines) printEvent(s *progress, e run.Event) {
	state, label, detail := cmp.Or(stateTexts[e.State], string(e.State)), "", e.Detail
	t := s.byID[e.Change]
	var before task
	if t != nil {
		before = *t
	}
	s.take(e)
	switch {
	case e.Change == run.Credentials && e.Pause != nil:
		detail = "Paused. " + detail
	case e.Change == run.Credentials:
		detail = "Continued. " + detail
	}
	if e.Change == run.Permissions || e.Change == run.Credentials {
		p.say("%s %s", e.Time.Format(time.TimeOnly), detail)
		return
	}
	if act := s.plan.Change(e.Change); act != nil && act.Op == resource.Keep && e.State == run.Started {
		return // nothing is applied
	}
	if t != nil {
		label, state = t.label, t.stateText(e.State)
		if e.State == run.Waiting {
			if detail = t.detail; before.state == run.Waiting && before.detail == detail {
				return
			}
			if t.limit != before.limit {
				detail += t.atMost()
			}
		}
		switch {
		case e.State == run.Proved:
			label, detail = "", e.Detail // which names the resource
		case !before.over():
		case e.State == run.Failed:
			state, label, detail = "verification failed", "", e.Detail
		case e.State == run.Unproven:
			state, label, detail = "not verified", "", e.Detail
		}
	}
	switch {
	case label == "", e.State == run.Waiting && t.runs: // the detail is a complete text
		label = detail
	case detail != "" && e.State != run.Started: // the detail of Started is the summary of the change
		label += ": " + detail
	}
	p.say("%s %s: %s", e.Time.Format(time.TimeOnly), state, label)
}

// file asks for a name and writes the file. An export can be shown first.
func (p *lines) file(f *file) error {
	p.say("\n%s\n%s", f.title, f.ask)
	proposal, content, more := f.name, f.content(p.app), ""
	if f.format != nil {
		more = ", or x to show it first"
	}
	for {
		name, err := p.line("Name [" + proposal + "]" + more + ":")
		show := f.format != nil && name == "x"
		switch {
		case err != nil:
			return err
		case name == "?":
			p.say("%s", f.help)
			p.teach("", verifyTerms[:1])
			continue
		case name == "" || show:
			name = proposal
		}
		name = p.path(name)
		if show {
			if x, err := content(name); err != nil {
				p.say("Cannot show the export: %s.", err)
			} else {
				p.say("%s\n%s\n%s", x.Files[0].Name, x.note(), x.Files[0].Data)
			}
			continue
		}
		x, free, err := p.work.save(p.session, f, content, name, p.ans.Clone())
		if err != nil {
			if free != "" {
				proposal = free
			}
			p.say("Cannot write the file: %s. Type another name, or b to go back.", err)
			continue
		}
		p.ended = true
		if f.format != nil {
			p.print(p.exported(f, x))
		} else {
			p.say("Written: %s\n%s", name, strings.Join(f.after(name), "\n"))
		}
		return nil
	}
}

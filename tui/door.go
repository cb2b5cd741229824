// Package tui is the full-screen wizard: a Bubble Tea program over the steps, with
// a review, a run that can be watched, and its result; and the same as plain line
// prompts. It is the only room beside cmd that knows the terminal.
package tui

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// Account is a way in: the sandbox or a real account.
type Account struct {
	Key      string // "sandbox", "profile:prod"
	Title    string
	Details  string
	Practice bool // nothing in it is real
	// ReadOnly says why nothing can be applied here; empty if it can.
	ReadOnly string
}

// Backend opens accounts.
type Backend interface {
	// Accounts are the choices of the first screen; the first is the default.
	Accounts() []Account
	// Open opens one of them. It may do I/O.
	Open(ctx context.Context, key string) (Session, error)
}

// Session is an open account.
type Session interface {
	// Load reads one part. An error ends the attempt (credentials, no network);
	// denied reads are gaps of the fragment.
	Load(ctx context.Context, r inventory.Request) (inventory.Inventory, error)
	// Apply carries the plan out and proves it, with the secret texts that it needs by
	// their names. Closing stop ends it after what is in flight.
	Apply(ctx context.Context, p *plan.Plan, given map[string]secret.Text, stop <-chan struct{}, emit func(run.Event)) (run.Summary, error)
	// Export writes the plan as a script.
	Export(p *plan.Plan) (script string, err error)
	// Save writes a file; it refuses to overwrite one.
	Save(name string, data []byte) error
	// AnswersYAML is the answers file.
	AnswersYAML(a answers.Answers) ([]byte, error)
}

// Outcomes of a Result, which are the exit codes.
const (
	Done   = 0   // applied and not refuted, exported, saved, or nothing to do
	Failed = 1   // partly applied, or the proof failed
	Left   = 130 // left or interrupted before the end
)

// Result is what the program leaves behind.
type Result struct {
	Outcome  int
	Account  string       // key of the account that was open
	Applied  *run.Summary // nil if nothing was applied
	Err      error        // what ended an apply
	Exported []string     // files
	Saved    []string
}

// Options say where the program runs. The zero value is the real terminal.
type Options struct {
	In      io.Reader
	Out     io.Writer
	Err     io.Writer // prompts and progress of RunPlain
	Environ []string
	Now     func() time.Time
	// Width and Height replace the terminal's size.
	Width, Height int
	// InitialAccount skips the first screen.
	InitialAccount string
	// Build makes the plan; nil means plan.Build.
	Build func(*inventory.Inventory, answers.Answers) *plan.Plan
	// Inputs are the secret texts that a plan is carried out with; nil means none.
	Inputs func(*plan.Plan) []plan.Input
	// Secrets are those that were given from outside, by name: they are not asked for.
	Secrets map[string]secret.Text
}

func (o Options) withDefaults() Options {
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Err == nil {
		o.Err = os.Stderr
	}
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Build == nil {
		o.Build = plan.Build
	}
	return o
}

// fps is twice the default: the first frame waits for the first tick.
const fps = 120

// Run shows the wizard until the user leaves. What is in flight when the program
// ends is waited for: a request that AWS has taken must not be lost.
func Run(ctx context.Context, b Backend, o Options) (Result, error) {
	o = o.withDefaults()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	a := newApp(inner, b, o)
	opts := []tea.ProgramOption{
		tea.WithOutput(o.Out), tea.WithEnvironment(o.Environ), tea.WithFPS(fps),
		// From the environment alone: asking tmux costs a process before the first frame.
		tea.WithColorProfile(colorprofile.Env(o.Environ)),
		tea.WithFilter(signalsAsMessages),
	}
	if o.In != nil {
		opts = append(opts, tea.WithInput(o.In))
	}
	if o.Width > 0 && o.Height > 0 {
		opts = append(opts, tea.WithWindowSize(o.Width, o.Height))
	}
	p := tea.NewProgram(a, opts...)
	// A message, since a program killed by its context leaves its input reader behind.
	undo := context.AfterFunc(ctx, func() { p.Send(endMsg{}) })
	_, err := p.Run()
	undo()
	a.work.halt()
	cancel()
	a.work.wait()
	if err == nil {
		err = ctx.Err()
	}
	return a.outcome(), err
}

// endMsg ends the program, whatever it is at.
type endMsg struct{}

// signalsAsMessages turns a signal's end of the program into a request to stop,
// so that an apply is not cut short.
func signalsAsMessages(m tea.Model, msg tea.Msg) tea.Msg {
	a, ok := m.(*app)
	if !ok || a.leaving {
		return msg
	}
	switch msg.(type) {
	case tea.InterruptMsg, tea.QuitMsg:
		return stopMsg{}
	}
	return msg
}

// work keeps count of what runs beside the program, so that nothing outlives Run.
type work struct {
	ctx context.Context
	wg  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	applied chan struct{} // closes when a started apply has returned; nil before
	final   outcome       // of the apply, once applied is closed

	stop    chan struct{} // closes when an apply shall stop
	stopped bool          // it is closed
	// applying is cancelled by abandon, when what an apply waits for is given up.
	applying context.Context
	abandon  context.CancelFunc
	over     chan struct{} // closes when nobody listens any more
}

// outcome is how an apply ended.
type outcome struct {
	summary run.Summary
	err     error
}

func newWork(ctx context.Context) *work {
	w := &work{ctx: ctx, over: make(chan struct{})}
	w.ready()
	return w
}

// ready makes ready for an apply, the first one or one more after one that has ended:
// what stopped that one must not stop this.
func (w *work) ready() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.abandon != nil {
		w.abandon()
	}
	w.applying, w.abandon = context.WithCancel(w.ctx)
	w.stop, w.stopped, w.applied = make(chan struct{}), false, nil
}

// begin counts one more piece of work; false once the program has ended.
func (w *work) begin(apply bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.wg.Add(1)
	if apply {
		w.applied = make(chan struct{})
	}
	return true
}

// cmd makes a command that Run waits for.
func (w *work) cmd(f func(context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !w.begin(false) {
			return nil
		}
		defer w.wg.Done()
		return f(w.ctx)
	}
}

// halt asks a running apply to stop and waits for what is in flight. Nothing
// begins afterwards.
func (w *work) halt() {
	w.mu.Lock()
	w.closed = true
	applied := w.applied
	w.mu.Unlock()
	close(w.over)
	if applied != nil {
		w.stopOnce()
		<-applied
	}
}

func (w *work) stopOnce() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.stopped = true
		close(w.stop)
	}
}

func (w *work) wait() {
	w.wg.Wait()
	w.abandon()
}

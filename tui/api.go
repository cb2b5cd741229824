// Package tui is the interactive wizard. It shows the steps, the review, the progress of a
// run and its result, as a full-screen Bubble Tea program (Run) or as line prompts
// (RunPlain). Only this package and cmd use the terminal.
package tui

import (
	"cmp"
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
	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// Account is an account that the wizard can open: an AWS account, a sandbox account or a snapshot.
type Account struct {
	Key      string // unique, except for the Region of an AWS account
	Title    string
	Name     string // in sentences, such as "the sandbox account closed"; empty means the title
	Hint     string
	Details  string
	Practice bool   // a sandbox account
	Scenario string // of a sandbox account
	Workload string // of a scenario, in a few words
	// Speed is how much faster than AWS the account works; 0 means as fast as AWS.
	Speed float64
	// Flags select the account on the command line, such as --sandbox=closed.
	Flags []string
	// ReadOnly explains why a plan cannot be applied; empty if it can.
	ReadOnly string
	// Settings are those of an AWS account; nil for other accounts.
	Settings *Settings
}

// Settings are what the AWS configuration says about an account. They contain no secrets.
type Settings struct {
	Flag        string // the profile that was chosen with a flag or on the screen; empty if the environment selects
	Profile     string // with the credentials; empty if they are in the environment
	Region      string // empty if none is set
	From        string // where the Region is set, such as "from the profile"
	Chosen      bool   // the Region was chosen with a flag or on the screen
	Credentials string // where they come from, such as "SSO, signed in until 17:40"; empty if no source is known
	Missing     string // which credentials are missing, with the next step; empty if none are known to be missing
	None        bool   // nothing is set
	Endpoint    string // the URL in the place of AWS; empty without one
}

// Backend opens accounts.
type Backend interface {
	// Own returns the AWS account of the user with a profile; empty for the one that flags and variables select. It is nil
	// if no AWS account can be opened. It reads local files.
	Own(profile string) *Account
	// Profiles returns the AWS accounts of all profiles. It reads local files.
	Profiles() []Account
	// Regions returns the Regions to choose from, with the Region in use first.
	Regions(now string) []string
	// Accounts returns the other accounts. The first sandbox account is the default.
	Accounts() []Account
	// Runs returns the runs on this computer that can be reverted with a profile, the latest first. It can do I/O.
	Runs(profile string) []*Earlier
	// Recent returns the answers of earlier plans on this computer, the latest first. It can do I/O.
	Recent() ([]Recent, error)
	// Open opens an account. It can do I/O.
	Open(ctx context.Context, acc Account) (Session, error)
	// Code sets the code of an MFA device for the next call that needs one.
	Code(code string)
}

// Session is an open account.
type Session interface {
	// Load reads one part of the inventory. It returns an error for missing credentials or
	// no network. Denied reads are gaps of the returned inventory.
	Load(ctx context.Context, r inventory.Request) (inventory.Inventory, error)
	// Apply applies the plan and verifies the result. given contains the secret texts by
	// name. When stop is closed, Apply ends after the current calls.
	Apply(ctx context.Context, p *plan.Plan, given map[string]secret.Text, stop <-chan struct{}, emit func(run.Event)) (run.Summary, error)
	// Last returns the run of the last Apply; nil if there is nothing to revert. It can do I/O.
	Last() *Earlier
	// Formats returns the formats of an export.
	Formats() []Format
	// Export returns the plan in the format with a name, as it is written if the user gives this name to its first file or its folder.
	Export(of Planned, format, name string) (Export, error)
	// Commands returns the commands of the AWS CLI of one change, as quoted arguments; none if it changes nothing.
	Commands(p *plan.Plan, c resource.Change) ([][]string, error)
	// Save writes new files. It returns an error if one of them or their folder exists. After an error, none of them remains.
	Save(x Export) error
	// Taken reports whether one of the files or their folder exists.
	Taken(x Export) bool
	// Diagnose compares an error message with the account. With an empty text, it explains the messages that the account has.
	Diagnose(ctx context.Context, text string) (Diagnosis, error)
	// Remember keeps the answers of a plan on this computer, for Backend.Recent. It keeps only those of AWS accounts.
	Remember(a answers.Answers) error
	// AnswersYAML returns the answers file.
	AnswersYAML(a answers.Answers) ([]byte, error)
}

// Planned is a plan with what it was made from.
type Planned struct {
	Inv      *inventory.Inventory
	Ans      answers.Answers
	Plan     *plan.Plan
	Accepted []string // rules with accepted errors
}

// Format is a format of an export.
type Format struct {
	Name      string // unique
	Title     string // such as "CloudFormation"
	Needs     string // what the user needs, such as "AWS CLI"
	Existing  string // what changes existing resources, in a few words
	Details   string // what it does, what happens to secrets and how to run it, in several paragraphs
	Folder    bool   // its files are in a folder
	Extension string // of its first file; empty for a folder
	Finds     bool   // it finds what exists when it is run
	Report    bool   // it only describes the plan, and can be written although findings stop the plan
}

// Export is a set of files that are written together.
type Export struct {
	Folder   string     // is created for the files; empty: none
	Files    []File     // the first one is the one to read
	Commands [][]string // to use them, as quoted arguments
	Further  string     // a sentence about other steps; may be empty
	Unmask   []string   // the command that completes files with stand-ins, as quoted arguments; nil if they have none
}

// File is a file to write.
type File struct {
	Name string
	Data []byte
	Run  bool // it is executable
}

// names returns the names of the files.
func (x Export) names() []string {
	var out []string
	for _, f := range x.Files {
		out = append(out, f.Name)
	}
	return out
}

// Earlier is a run that can be reverted.
type Earlier struct {
	Run *record.Run
	Reverter
}

// Reverter compares a run with the account, and reverts it. Its methods can do I/O.
type Reverter interface {
	// Compare returns what became of the steps of the run. Their order is that of Undo.
	Compare(ctx context.Context) ([]run.Left, error)
	// Undo reverts the steps that run.Choose returned as created. When stop is closed, Undo ends after the current calls.
	Undo(ctx context.Context, left []run.Left, stop <-chan struct{}, emit func(run.Event)) (run.Summary, error)
}

// Outcomes of a Result. They are the exit codes.
const (
	Done   = 0   // applied without a failed check, exported, saved, or nothing to do
	Failed = 1   // partly applied, or the verification failed
	Left   = 130 // interrupted, or left before the end
)

// Result is the result of the program.
type Result struct {
	Outcome  int
	Account  string       // key of the opened account
	Applied  *run.Summary // of the last apply; nil if there was none, or if a later undo changed the account
	Undone   *run.Summary // of the last undo; nil if there was none, or if a later apply changed the account
	Of       *Earlier     // what Undone reverted
	Err      error        // error that ended the last of them
	Commands []string     // next steps of the last apply, as a shell reads them
	Exported []string     // files
	Saved    []string
	// Forgotten is why answers could not be kept on this computer; nil if they were.
	Forgotten error
}

// Options configure the input and output. The zero value uses the terminal.
type Options struct {
	In      io.Reader
	Out     io.Writer
	Err     io.Writer // prompts and progress of RunPlain
	Environ []string
	Now     func() time.Time
	// Width and Height replace the terminal's size.
	Width, Height int
	// InitialAccount is the key of an account. It skips the first screen.
	InitialAccount string
	// Start are the answers that a new plan begins with, such as its tags.
	Start answers.Answers
	// Notice is shown at the start; may be empty.
	Notice string
	// Build builds the plan; nil means plan.Build.
	Build func(*inventory.Inventory, answers.Answers) *plan.Plan
	// Inputs returns the secret texts that a plan needs; nil means none.
	Inputs func(*plan.Plan) []resource.Input
	// Secrets are the secret texts from flags and variables by name. The wizard does not
	// ask for them.
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

// fps is twice the default, because the first frame waits for the first tick.
const fps = 120

// Run shows the wizard until the user leaves. At the end it waits for the current calls,
// because the result of a request that AWS has accepted must not be lost.
func Run(ctx context.Context, b Backend, o Options) (Result, error) {
	o = o.withDefaults()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	a := newApp(inner, b, o)
	opts := []tea.ProgramOption{
		tea.WithOutput(o.Out), tea.WithEnvironment(o.Environ), tea.WithFPS(fps),
		// Only from the environment: asking tmux starts a process before the first frame.
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
	// A message, because a program that its context ends does not stop its input reader.
	undo := context.AfterFunc(ctx, func() { p.Send(endMsg{}) })
	_, err := p.Run()
	undo()
	a.work.halt()
	cancel()
	a.work.wait()
	return a.outcome(), cmp.Or(err, a.crash, ctx.Err())
}

// endMsg ends the program immediately.
type endMsg struct{}

// signalsAsMessages changes the end of the program by a signal to a request to stop, so that
// a current apply can finish its calls.
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

// work counts the goroutines of the program, so that Run returns after all of them.
type work struct {
	ctx context.Context
	wg  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	applied chan struct{} // closes when an apply has returned; nil before the start
	final   outcome       // of the apply, valid when applied is closed

	forgotten       error    // of Session.Remember
	exported, saved []string // files, also those of a command that ends after the program received its last message

	stop    chan struct{} // closes to stop an apply
	stopped bool          // stop is closed
	// applying is the context of an apply. abandon cancels it, so that the apply no longer
	// waits for AWS.
	applying context.Context
	abandon  context.CancelFunc
	over     chan struct{} // closes when the program no longer receives events
}

// outcome is the result of an apply or of an undo.
type outcome struct {
	summary run.Summary
	err     error
	moved   []string // what is different in the account since the review, so that nothing was applied
	last    *Earlier // the run of an apply, if something of it can be reverted
	undid   *Earlier // the run that an undo reverted; nil for an apply
}

// take stores the outcome of an apply or of an undo.
func (r *Result) take(o *outcome, code int) {
	r.Applied, r.Undone, r.Of, r.Err, r.Outcome, r.Commands = &o.summary, nil, nil, o.err, code, nil
	if o.undid != nil {
		r.Applied, r.Undone, r.Of = nil, &o.summary, o.undid
	}
}

func newWork(ctx context.Context) *work {
	w := &work{ctx: ctx, over: make(chan struct{})}
	w.ready()
	return w
}

// ready prepares for an apply. A stop of the previous apply does not stop the next one.
func (w *work) ready() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.abandon != nil {
		w.abandon()
	}
	w.applying, w.abandon = context.WithCancel(w.ctx)
	w.stop, w.stopped, w.applied = make(chan struct{}), false, nil
}

// begin adds a goroutine. It returns false if the program has ended.
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

// cmd returns a command that Run waits for.
func (w *work) cmd(f func(context.Context) tea.Msg) tea.Cmd {
	return func() (msg tea.Msg) {
		if !w.begin(false) {
			return nil
		}
		defer w.wg.Done()
		defer func() {
			if r := recover(); r != nil {
				msg = crashMsg{r}
			}
		}()
		return f(w.ctx)
	}
}

// crashMsg is a defect that a command found.
type crashMsg struct{ reason any }

// halt stops a current apply and waits for its calls. No work can begin after it.
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

// wrote records written files.
func (w *work) wrote(f *file, x Export) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.format != nil {
		w.exported = append(w.exported, x.names()...)
	} else {
		w.saved = append(w.saved, x.names()...)
	}
}

// files returns the written files, and why answers could not be kept.
func (w *work) files() (exported, saved []string, forgotten error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.exported, w.saved, w.forgotten
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

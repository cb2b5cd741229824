package tui

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"go.uber.org/goleak"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// terminal is a pseudo-terminal with an emulator at its other end, which says when
// it was written to.
type terminal struct {
	t        *testing.T
	em       *vt.SafeEmulator
	pty, tty *os.File
	wrote    chan struct{}
	drawing  sync.WaitGroup // what the program writes
	replies  sync.WaitGroup // what the terminal answers
}

func newTerminal(t *testing.T, w, h int) *terminal {
	term := &terminal{t: t, em: vt.NewSafeEmulator(w, h), wrote: make(chan struct{}, 1)}
	var err error
	if term.pty, term.tty, err = pty.Open(); err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(term.pty, &pty.Winsize{Rows: uint16(h), Cols: uint16(w)}); err != nil {
		t.Fatal(err)
	}
	term.drawing.Go(func() { _, _ = io.Copy(term, term.pty) })
	term.replies.Go(func() { _, _ = io.Copy(term.pty, term.em) })
	return term
}

// close ends the terminal once all that was written is drawn.
func (term *terminal) close() {
	_ = term.tty.Close()
	term.drawing.Wait()
	_ = term.em.InputPipe().(io.Closer).Close()
	_ = term.pty.Close()
	term.replies.Wait()
}

func (term *terminal) Write(p []byte) (int, error) {
	n, err := term.em.Write(p)
	select {
	case term.wrote <- struct{}{}:
	default:
	}
	return n, err
}

// shows is what the emulator shows, without what is empty at the end of lines.
func (term *terminal) shows() string { return trimmed(term.em.Render()) }

func trimmed(s string) string {
	lines := strings.Split(ansi.Strip(s), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// await waits for the screen to be as wanted; each write is a reason to look.
func (term *terminal) await(what string, ok func(screen string) bool) {
	term.t.Helper()
	deadline := time.After(10 * time.Second)
	for !ok(term.shows()) {
		select {
		case <-term.wrote:
		case <-deadline:
			term.t.Fatalf("no %s on the screen:\n%s", what, term.shows())
		}
	}
}

func (term *terminal) awaitText(text string) {
	term.t.Helper()
	term.await(text, func(s string) bool { return strings.Contains(s, text) })
}

func (term *terminal) press(keys string) {
	term.t.Helper()
	if _, err := io.WriteString(term.pty, keys); err != nil {
		term.t.Fatal(err)
	}
}

// choose finds an option by the search of its list, and presses Enter on it.
func (term *terminal) choose(text string) {
	term.t.Helper()
	term.press("/")
	term.awaitText("filter: ")
	term.press(text)
	term.awaitText("filter: " + text + "█  1 match")
	term.press("\r")
}

// toDialog answers everything up to the question whether the plan is to be applied.
func (term *terminal) toDialog() {
	term.t.Helper()
	for _, step := range [][2]string{{"What should the wizard do?", sandboxAccount}, {"What do you run in the VPC?", onFargate}, {"Which ECS service", webService}, {"provides the other answers", planNow}} {
		term.awaitText(step[0])
		term.choose(step[1])
	}
	term.awaitText("Plan for shop")
	term.press("\r")
	term.awaitText("Press → to select Apply")
}

// start runs the wizard on the terminal and returns its end.
func (term *terminal) start(ctx context.Context, f *fake) <-chan Result {
	done := make(chan Result, 1)
	go func() {
		r, err := Run(ctx, f, Options{In: term.tty, Out: term.tty, Environ: []string{"TERM=xterm-256color"}, Build: build})
		if err != nil {
			term.t.Error(err)
		}
		done <- r
	}()
	return done
}

func TestRunOnATerminal(t *testing.T) {
	defer noLeak(t)()
	term := newTerminal(t, 80, 24)
	f := newFake()
	f.endless = true
	f.events = []run.Event{{Time: t0, Change: "security-group/endpoints", State: run.Started}}
	f.summary = run.Summary{Skipped: 5}
	done := term.start(t.Context(), f)
	term.toDialog()
	for _, step := range []struct{ sees, keys string }{
		{"Press → to select Apply", "\x1b[C\r"},
		{"Applying the plan", "\x03"},
		{"! Stopped.", "q"},
	} {
		term.awaitText(step.sees)
		term.press(step.keys)
	}
	if r := <-done; r.Outcome != Left || r.Applied == nil || r.Applied.Skipped != 5 {
		t.Errorf("result: %+v", r)
	}
	term.close()
	if term.em.IsAltScreen() {
		t.Error("the alternate screen was not left")
	}
}

// A program that is killed while it applies waits for what is in flight, and
// reads that nobody waits for any more are given up.
func TestRunLeavesNothingBehind(t *testing.T) {
	defer noLeak(t)()
	term := newTerminal(t, 80, 24)
	f := newFake()
	f.hold, f.held = inventory.PartClusters, make(chan struct{}) // never released
	ctx, cancel := context.WithCancel(t.Context())
	done := term.start(ctx, f)
	term.awaitText("What should the wizard do?")
	term.choose(sandboxAccount)
	term.awaitText("What do you run in the VPC?")
	term.press("\x03")
	if r := <-done; r.Outcome != Left {
		t.Errorf("result: %+v", r)
	}
	cancel()
	term.close()
}

// The caller's context ends the program too; an apply that runs is told to stop and
// waited for.
func TestRunEndsWithItsContext(t *testing.T) {
	defer noLeak(t)()
	term := newTerminal(t, 80, 24)
	f := newFake()
	f.endless = true
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan Result, 1)
	go func() {
		r, err := Run(ctx, f, Options{In: term.tty, Out: term.tty, Environ: []string{"TERM=xterm-256color"}, Build: build})
		if err == nil {
			t.Error("ended by its context without saying so")
		}
		done <- r
	}()
	term.toDialog()
	term.press("\x1b[C\r")
	term.awaitText("Verifying the result")
	cancel()
	if r := <-done; r.Outcome != Left || r.Applied == nil || !f.stopped {
		t.Errorf("result: %+v, stopped: %v", r, f.stopped)
	}
	term.close()
}

// spy hands out the frame that the model draws at the moment.
type spy struct{ *app }

type frameRequest struct{ frame chan string }

func (s spy) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	if r, ok := m.(frameRequest); ok {
		r.frame <- s.View().Content
		return s, nil
	}
	_, cmd := s.app.Update(m)
	return s, cmd
}

// What the terminal shows after many small updates is what one full draw shows,
// wide characters included.
func TestIncrementalFramesEqualFullOnes(t *testing.T) {
	defer noLeak(t)()
	// Wider than the rows, because terminals and x/ansi count Hindi differently, so that a row that fills the line loses its
	// last column (charmbracelet/bubbletea issue 1777).
	term := newTerminal(t, 90, 24)
	f := newFake()
	n := &f.inv.Networks[0]
	for i := range 40 {
		name := []string{"東京サブネット", "plain", "한국어-서브넷", "emoji 🚀 🇩🇪 x", "हिन्दी"}[i%5]
		n.Subnets = append(n.Subnets, inventory.Subnet{ID: "subnet-" + strings.Repeat("x", i%7) + string(rune('a'+i%26)), Name: name, VPC: n.VPC, Zone: "us-east-1a", CIDR: "10.0.9.0/24"})
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := newApp(ctx, f, Options{Width: 90, Height: 24, Build: build, Now: func() time.Time { return t0 }})
	p := tea.NewProgram(spy{a}, tea.WithInput(term.tty), tea.WithOutput(term.tty), tea.WithEnvironment([]string{"TERM=xterm-256color"}),
		tea.WithColorProfile(colorprofile.TrueColor), tea.WithFPS(fps))
	ended := make(chan error, 1)
	go func() {
		_, err := p.Run()
		ended <- err
	}()
	check := func() {
		t.Helper()
		r := frameRequest{make(chan string, 1)}
		p.Send(r)
		want := trimmed(<-r.frame)
		term.await("full frame:\n"+want+"\n\n", func(s string) bool { return s == want })
	}
	term.awaitText("What should the wizard do?")
	for _, step := range [][2]string{{sandboxAccount, "What do you run"}, {onFargate, "Which ECS service"}, {webService, "provides the other answers"}, {everyQuestion, "Which VPC"}, {shopVPC, "Which subnets do the tasks run"}} {
		term.choose(step[0])
		term.awaitText(step[1])
	}
	check()
	for _, k := range strings.Fields("down down down down down down down pgdown pgdown up space end home pgdown / u b") {
		p.Send(pressOf(t, k))
		check()
	}
	p.Send(pressOf(t, "esc"))
	p.Send(pressOf(t, "end"))
	check()
	p.Quit()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	a.work.halt()
	cancel()
	a.work.wait()
	term.close()
}

// TestADefectEndsWithAnError: the terminal is as before, the error says what to do, and nobody sees a stack trace.
// noLeak returns a check that a run of the program leaves no goroutine. It accepts one of Bubble Tea: the reader of the terminal
// sends each event without looking at the end of the program, so an answer of the terminal that arrives at that moment blocks it.
// The process ends after a run, and the goroutine with it.
func noLeak(t *testing.T) func() {
	t.Helper()
	before := goleak.IgnoreCurrent()
	return func() {
		goleak.VerifyNone(t, before, goleak.IgnoreTopFunction("github.com/charmbracelet/ultraviolet.(*TerminalReader).sendEvents"))
	}
}

func TestADefectEndsWithAnError(t *testing.T) {
	for name, at := range map[string]struct {
		load, build func()
	}{
		"in a plan":     {build: func() { panic("no such change") }},
		"while reading": {load: func() { panic("no such part") }},
	} {
		t.Run(name, func(t *testing.T) {
			defer noLeak(t)()
			term := newTerminal(t, 80, 24)
			f := newFake()
			f.onLoad = at.load
			broken := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
				if at.build != nil {
					at.build()
				}
				return build(inv, ans)
			}
			ended := make(chan error, 1)
			go func() {
				_, err := Run(t.Context(), f, Options{In: term.tty, Out: term.tty, Environ: []string{"TERM=xterm-256color"}, Build: broken, InitialAccount: "sandbox"})
				ended <- err
			}()
			if at.load == nil {
				term.awaitText("What do you run in the VPC?")
				term.choose(onFargate)
			}
			err := <-ended
			if err == nil || !strings.Contains(err.Error(), "internal error: no such ") || !strings.Contains(err.Error(), "report it") {
				t.Errorf("%v", err)
			}
			term.close()
			if s := term.shows(); strings.Contains(s, "goroutine") || strings.Contains(s, "Caught panic") {
				t.Errorf("a stack trace:\n%s", s)
			}
			if term.em.IsAltScreen() {
				t.Error("the program keeps the terminal")
			}
		})
	}
}

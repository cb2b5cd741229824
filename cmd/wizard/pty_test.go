//go:build !windows

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// terminal is the built program in a terminal of a given size, with an emulator
// that answers the program's questions.
type terminal struct {
	tb   testing.TB
	cmd  *exec.Cmd
	pty  *os.File
	keys int

	mu      sync.Mutex
	changed *sync.Cond
	screen  *vt.Emulator
	raw     strings.Builder
	last    time.Time // when something came
	ended   bool
}

const (
	enter = "\r"
	right = "\x1b[C"
	down  = "\x1b[B"
	esc   = "\x1b"
	ctrlC = "\x03"
)

// start runs wizard with arguments in a new terminal.
func start(tb testing.TB, width, height int, env []string, args ...string) *terminal {
	tb.Helper()
	exe, err := exec.LookPath("wizard")
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Dir = tb.TempDir()
	cmd.Env = append([]string{"TERM=xterm-256color", "COLORTERM=truecolor", "HOME=" + cmd.Dir, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true"}, env...)
	return startCommand(tb, width, height, cmd)
}

// startCommand runs a command in a new terminal.
func startCommand(tb testing.TB, width, height int, cmd *exec.Cmd) *terminal {
	tb.Helper()
	x := &terminal{tb: tb, cmd: cmd, screen: vt.NewEmulator(width, height)}
	x.changed = sync.NewCond(&x.mu)
	var err error
	x.pty, err = pty.StartWithSize(x.cmd, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)})
	if err != nil {
		tb.Fatal(err)
	}
	go func() { _, _ = io.Copy(x.pty, x.screen) }() // answers to queries
	go x.read()
	tb.Cleanup(func() {
		_ = x.cmd.Process.Kill()
		_ = x.cmd.Wait()
		_ = x.pty.Close()
		_ = x.screen.Close()
	})
	return x
}

func (x *terminal) read() {
	buf := make([]byte, 32<<10)
	for {
		n, err := x.pty.Read(buf)
		x.mu.Lock()
		_, _ = x.screen.Write(buf[:n])
		x.raw.Write(buf[:n])
		x.last = time.Now()
		x.ended = err != nil
		x.changed.Broadcast()
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// text is what stands on the screen.
func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.screen.String()
}

// wait returns once the screen holds every one of the texts.
func (x *terminal) wait(texts ...string) {
	x.tb.Helper()
	x.until(func(screen string) string {
		for _, t := range texts {
			if !strings.Contains(screen, t) {
				return fmt.Sprintf("the screen does not show %q", t)
			}
		}
		return ""
	})
}

// until waits until nothing is missing on the screen.
func (x *terminal) until(missing func(screen string) string) {
	x.tb.Helper()
	late := false
	timer := time.AfterFunc(20*time.Second, func() {
		x.mu.Lock()
		late = true
		x.changed.Broadcast()
		x.mu.Unlock()
	})
	defer timer.Stop()
	x.mu.Lock()
	defer x.mu.Unlock()
	for {
		s := x.screen.String()
		what := missing(s)
		if what == "" {
			return
		}
		if late || x.ended {
			x.tb.Fatalf("%s (ended: %v):\n%s", what, x.ended, s)
		}
		x.changed.Wait()
	}
}

// press sends a key.
func (x *terminal) press(key string) {
	x.tb.Helper()
	x.keys++
	if _, err := x.pty.WriteString(key); err != nil {
		x.tb.Fatal(err)
	}
}

// choose finds the option with a text by the search of its list, and presses Enter on it:
// no test depends on where in its list an option is.
func (x *terminal) choose(text string) {
	x.tb.Helper()
	x.press("/")
	x.wait("filter: ")
	x.press(text)
	x.wait("filter: " + text + "█  1 match")
	x.press(enter)
}

func (x *terminal) resize(width, height int) {
	x.tb.Helper()
	x.mu.Lock()
	x.screen.Resize(width, height)
	x.mu.Unlock()
	if err := pty.Setsize(x.pty, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		x.tb.Fatal(err)
	}
}

// exit waits for the program's end and returns its exit code.
func (x *terminal) exit() int {
	x.tb.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = x.cmd.Wait()
		x.mu.Lock()
		defer x.mu.Unlock()
		for !x.ended { // its last words may still be on their way
			x.changed.Wait()
		}
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		x.tb.Fatalf("the program does not end:\n%s", x.text())
	}
	return x.cmd.ProcessState.ExitCode()
}

// restored fails unless the terminal was left as it was found.
func (x *terminal) restored() {
	x.tb.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for on, off := range map[string]string{"\x1b[?1049h": "\x1b[?1049l", "\x1b[?25l": "\x1b[?25h"} {
		raw := x.raw.String()
		if strings.LastIndex(raw, on) > strings.LastIndex(raw, off) {
			x.tb.Errorf("%q was not taken back", on)
		}
	}
}

func TestFromStartToProvenApplyWithEightKeys(t *testing.T) {
	x := start(t, 80, 24, nil, "--speed", "100")
	x.wait("▸ Try the sandbox")
	x.press(enter)
	x.wait("Which scenario should the wizard open?", "▸ closed")
	x.press(enter)
	x.wait("Workload", "Amazon ECS on Fargate")
	x.press(enter)
	x.wait("prod/web")
	x.press(enter)
	x.wait("Review the plan now")
	x.press(enter)
	x.wait("Plan for prod", "87.60")
	x.press(enter)
	x.wait("Apply this plan?", "Enter alone: Back") // appears once keys typed ahead are over
	x.press(right)
	x.press(enter)
	x.wait("Applied. ", "1 not verified")
	if x.keys > 8 { // six after --sandbox
		t.Errorf("%d keys", x.keys)
	}
	t.Logf("%d keys", x.keys)
	x.press("q")
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	x.restored()
	x.wait("7 changes applied, 2 unchanged", "endpoint/ecr.api")
}

// TestKeysToAVerifiedApply counts the keys from the first question to a verified apply, without typed text.
func TestKeysToAVerifiedApply(t *testing.T) {
	confirm := [][2]string{{"Enter alone: Back", right}, {"[ Apply ]", enter}}
	for _, tt := range []struct {
		scenario string
		most     int
		keys     [][2]string // what the screen shows, and the key
		typed    int         // how many of them are typed text
	}{
		{"closed", 7, [][2]string{{"What do you run", enter}, {"Which ECS service", enter}, {"How do you want to continue", enter}, {"Plan for prod", enter}}, 0},
		{"closed", 8, [][2]string{{"What do you run", "2"}, {"▸ Amazon ECS on EC2", enter}, {"Which ECS cluster", enter}, {"How do you want to continue", enter}, {"Plan for prod", enter}}, 0},
		{"closed", 8, [][2]string{{"What do you run", "4"}, {"▸ AWS Batch on Fargate", enter}, {"Which compute environment", enter}, {"How do you want to continue", enter}, {"Plan for prod", enter}}, 0},
		{"mwaa-private", 11, [][2]string{{"What do you run", "6"}, {"▸ Amazon MWAA", enter}, {"Which Amazon MWAA environment", enter}, {"▸ Choose an access method", enter}, {"How should people reach", "4"}, {"▸ AWS Client VPN", enter},
			{"Which CIDR block", enter}, {"Cannot apply or export", "f"}, {"Plan for airflow", enter}}, 0},
		{"registry", 12, [][2]string{{"What do you run", enter}, {"Which ECS service", enter}, {"▸ Add registry credentials", enter}, {"What name should the secret have?", enter},
			{"What is the user name", "team"}, {"> team", enter}, {"Plan for registry", enter}, {"What is the password of team", "correct horse"}, {"•••••", enter}}, 2},
	} {
		t.Run(fmt.Sprintf("%s with %s", tt.scenario, tt.keys[1][0]), func(t *testing.T) {
			t.Parallel()
			x := start(t, 120, 40, nil, "--sandbox="+tt.scenario, "--speed", "100")
			for _, k := range append(tt.keys, confirm...) {
				x.wait(k[0])
				x.press(k[1])
			}
			x.wait("Applied. ", " verified")
			if n := len(tt.keys) + len(confirm) - tt.typed; n > tt.most {
				t.Errorf("%d keys, want at most %d", n, tt.most)
			}
			x.press("q")
			if code := x.exit(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func TestKeysTypedAheadNeverConfirm(t *testing.T) {
	x := start(t, 80, 24, nil, "--sandbox", "--speed", "100")
	x.wait("Amazon ECS on Fargate")
	x.press(strings.Repeat(enter, 40) + right + strings.Repeat(enter, 40) + right + enter)
	x.wait("SANDBOX")
	x.press(ctrlC)
	if code := x.exit(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if strings.Contains(x.raw.String(), "Applying the plan") {
		t.Error("keys typed ahead confirmed it")
	}
	x.restored()
}

func TestBackKeepsAnswersAndSavedAnswersGiveTheSamePlan(t *testing.T) {
	x := start(t, 120, 40, nil, "--sandbox=half-done", "--speed", "100")
	x.wait("Amazon ECS on Fargate")
	x.choose("ECS on Fargate")
	x.wait("prod/orders")
	x.choose("prod/orders")
	x.wait("Review the plan now")
	x.choose("review the plan")
	x.wait("Plan for orders")
	x.press(esc)
	x.wait("Review the plan now")
	x.press(esc)
	x.wait("prod/orders", "Not created yet")
	x.press(enter)
	x.wait("Review the plan now")
	x.press(enter)
	x.wait("Plan for orders", "65.70")
	x.press("s")
	x.wait("answers.yaml")
	x.press(enter)
	x.wait("wizard plan --answers answers.yaml")
	saved, err := os.ReadFile(filepath.Join(x.cmd.Dir, "answers.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, "")
	s.env = nil
	s.write("saved.yaml", string(saved))
	s.write("short.yaml", scenarioAnswers["half-done"])
	a, _ := s.wizard(0, "--sandbox=half-done", "plan", "--answers", "saved.yaml", "--json")
	b, _ := s.wizard(0, "--sandbox=half-done", "plan", "--answers", "short.yaml", "--json")
	if a != b {
		t.Errorf("the saved answers give another plan:\n%s\n%s", saved, a)
	}
	x.press(ctrlC)
	x.exit()
	x.restored()
}

func TestLeaving(t *testing.T) {
	for name, leave := range map[string]func(*terminal){
		"ctrl-c":         func(x *terminal) { x.press(ctrlC) },
		"the plug":       func(x *terminal) { _ = x.cmd.Process.Signal(syscall.SIGTERM) },
		"the line drops": func(x *terminal) { _ = x.cmd.Process.Signal(syscall.SIGHUP) },
	} {
		t.Run(name, func(t *testing.T) {
			x := start(t, 80, 24, nil, "--sandbox")
			x.wait("Amazon ECS on Fargate")
			leave(x)
			if code := x.exit(); code != 130 {
				t.Errorf("exit code %d", code)
			}
			x.restored()
		})
	}
}

func TestResizeAndNonsense(t *testing.T) {
	x := start(t, 80, 24, nil, "--sandbox")
	x.wait("Amazon ECS on Fargate")
	for _, size := range [][2]int{{120, 40}, {40, 12}, {20, 5}, {200, 60}, {80, 24}} {
		x.resize(size[0], size[1])
		x.press("\x1b[200~pasted \x07nonsense\x1b[201~zxZX!@#\t\x7f\x01\x1b[99;99~é漢字👩‍👩‍👧")
	}
	x.press("?")
	x.wait("Read on:")
	x.press(ctrlC)
	if code := x.exit(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	x.restored()
}

// apply goes from the first screen to an apply in the account at a URL, with the proposals for the service prod/web.
func (x *terminal) apply(url string) {
	x.tb.Helper()
	for _, text := range []string{"the account at " + url, "ECS on Fargate", "prod/web", "Review the plan now"} {
		x.wait(text)
		x.choose(text)
	}
	x.wait("Plan for prod")
	x.press(enter)
	x.wait("Enter alone: Back")
	x.press(right)
	x.press(enter)
}

func TestCtrlCDuringApplyFinishesWhatIsInFlight(t *testing.T) {
	s := practice(t, "closed")
	x := start(t, 80, 24, append(s.env, "AWS_PROFILE="), "--region", "us-east-1")
	x.wait("Try the sandbox")
	x.apply(s.url)
	x.wait("Applying the plan")
	x.press(ctrlC)
	x.wait("! Stopped.")
	x.press("q")
	if code := x.exit(); code != 130 && code != 0 {
		t.Errorf("exit code %d", code)
	}
	x.restored()
	s.write("answers.yaml", scenarioAnswers["closed"])
	out, _ := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	if !strings.Contains(out, "Verification: passed") {
		t.Error("the next run does not go on", out)
	}
}

func TestPlainOnATerminal(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *terminal{
		"flag":       func(tb testing.TB) *terminal { return start(tb, 80, 24, nil, "--plain", "--sandbox") },
		"ACCESSIBLE": func(tb testing.TB) *terminal { return start(tb, 80, 24, []string{"ACCESSIBLE=1"}, "--sandbox") },
		"TERM=dumb":  func(tb testing.TB) *terminal { return start(tb, 80, 24, []string{"TERM=dumb"}, "--sandbox") },
	} {
		t.Run(name, func(t *testing.T) {
			x := start(t)
			x.wait("1. Amazon ECS on Fargate", "Number, or Enter for 1:")
			x.press(ctrlC)
			if code := x.exit(); code != 130 {
				t.Errorf("exit code %d", code)
			}
			if strings.Contains(x.raw.String(), "\x1b") {
				t.Errorf("control sequences: %q", x.raw.String())
			}
		})
	}
}

func TestCtrlCDuringAPlainApplyFinishesWhatIsInFlight(t *testing.T) {
	x := start(t, 80, 24, nil, "--plain", "--sandbox")
	x.wait("Number, or Enter for 1:")
	x.press("ecs on fargate\nprod/web\nreview the plan\napply the plan\napply\n")
	x.wait("applying: ")
	x.press(ctrlC)
	x.wait("What should the wizard do next?")
	x.press("quit\n")
	if code := x.exit(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	// The result may have pushed it off the screen before anybody looked.
	if said := x.raw.String(); !strings.Contains(said, "Stopping") {
		t.Error(said)
	}
}

// BenchmarkFirstFrame measures from the start of the process to the first screen.
func BenchmarkFirstFrame(b *testing.B) {
	var took []float64
	for b.Loop() {
		from := time.Now()
		x := start(b, 80, 24, nil)
		x.wait("Try the sandbox")
		took = append(took, time.Since(from).Seconds()*1000)
		x.press(ctrlC)
		x.exit()
	}
	report(b, took)
}

// BenchmarkKeyToFrame measures from a key to the last byte of the frame it causes, at
// random moments of the program's frame clock.
func BenchmarkKeyToFrame(b *testing.B) {
	x := start(b, 120, 40, nil)
	x.wait("Try the sandbox")
	x.calm(time.Time{})
	phase := rand.New(rand.NewPCG(1, 2))
	var took []float64
	for b.Loop() {
		time.Sleep(time.Duration(phase.IntN(17)) * time.Millisecond) // else the keys lock to the frame clock
		from := time.Now()
		x.press([]string{"\x1b[A", down}[len(took)%2]) // from the last option
		took = append(took, x.calm(from).Sub(from).Seconds()*1000)
	}
	report(b, took)
	x.press(ctrlC)
	x.exit()
}

func report(b *testing.B, took []float64) {
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "p50-ms")
	b.ReportMetric(took[len(took)*95/100], "p95-ms")
}

// calm waits until something has come since a moment and nothing more for a while,
// and returns when the last byte came.
func (x *terminal) calm(since time.Time) time.Time {
	x.tb.Helper()
	const silence = 60 * time.Millisecond
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		x.mu.Lock()
		last := x.last
		x.mu.Unlock()
		if last.After(since) && time.Since(last) > silence {
			return last
		}
		time.Sleep(time.Millisecond)
	}
	x.tb.Fatal("the key caused no frame")
	return since
}

// TestSuspend: Ctrl-Z gives the terminal back, and fg shows the same screen with its answers.
func TestSuspend(t *testing.T) {
	t.Parallel()
	x := start(t, 80, 24, nil, "--sandbox=closed", "--speed", "100")
	x.wait("What do you run")
	x.press(enter)
	x.wait("Which ECS service")
	x.press("\x1a")
	x.leaves()
	x.resume()
	x.wait("Which ECS service", "✓ ECS on Fargate")
	x.press(enter)
	x.wait("Review the plan now")
	x.press(ctrlC)
	if code := x.exit(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	x.restored()
}

// resume sends SIGCONT until the program has the screen for itself again. A shell sends the
// signal once, because it sees the program stop. The kernel does not stop a program that has
// no shell, and the first signals can arrive before the program listens for them.
func (x *terminal) resume() {
	x.tb.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	late := time.After(20 * time.Second)
	for !x.alone() {
		if err := x.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			x.tb.Fatal(err)
		}
		select {
		case <-again.C:
		case <-late:
			x.tb.Fatal("the program does not resume")
		}
	}
}

// alone reports whether the program has the screen for itself.
func (x *terminal) alone() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.full()
}

// full is alone for a caller that holds the lock.
func (x *terminal) full() bool {
	return strings.LastIndex(x.raw.String(), "\x1b[?1049l") < strings.LastIndex(x.raw.String(), "\x1b[?1049h")
}

// leaves waits until the program has left the screen that it had for itself.
func (x *terminal) leaves() {
	x.tb.Helper()
	late := time.AfterFunc(20*time.Second, func() { x.tb.Error("the program keeps the terminal"); _ = x.cmd.Process.Kill() })
	defer late.Stop()
	x.mu.Lock()
	defer x.mu.Unlock()
	for !x.ended && x.full() {
		x.changed.Wait()
	}
}

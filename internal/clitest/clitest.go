// Package clitest replaces the programs that exported scripts call: aws, which answers through the SDK in
// milliseconds, and sleep, which moves the clock of the account instead of waiting. Only tests import it. The
// acceptance tests compare its aws with the real AWS CLIs.
//
// Both programs are a few lines of bash that pass their arguments to the test's own process, which takes them apart:
// a test binary that acted as aws itself would need longer to start than to answer.
package clitest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// forwarder is both programs. It sends its name, its directory, the variables that the AWS CLI reads its settings
// from, its standard input where an argument leads there, and its arguments; each ends with a NUL. Back come the exit
// code, the output and the errors.
const forwarder = `#!%s
input=''
case "$*" in *'file:///dev/stdin'*) IFS= read -r -d '' input || true ;; esac
exec 3<>/dev/tcp/127.0.0.1/%d || exit 255
printf '%%s\0' "${0##*/}" "$PWD" "${AWS_REGION:-}" "${AWS_ENDPOINT_URL:-}" "${AWS_MAX_ATTEMPTS:-}" "$input" "$#" "$@" >&3
IFS= read -r -d '' code <&3 && IFS= read -r -d '' output <&3 && IFS= read -r -d '' errors <&3 || exit 255
printf '%%s' "$output"
printf '%%s' "$errors" >&2
exit "$code"
`

// Programs are the programs aws and sleep.
type Programs struct {
	Dir string // to be put first on the PATH

	answer func(ctx context.Context, program string, c process) (stdout, stderr string, code int)
	mu     sync.Mutex
	words  []string
	calls  [][]string
}

// Start makes the programs of an account, which work until the test ends. sleep moves the clock.
func Start(tb testing.TB, clock *Clock) *Programs {
	tb.Helper()
	var p *Programs
	p = start(tb, func(ctx context.Context, program string, c process) (string, string, int) {
		var out, errs strings.Builder
		if program == "sleep" {
			code := clock.sleep(c.args, &errs)
			return "", errs.String(), code
		}
		p.record(c)
		code := c.run(ctx, &out, &errs)
		return out.String(), errs.String(), code
	})
	return p
}

// Fake creates programs with fixed answers: they print a text, on standard error if the exit code is not 0.
// The context ends with the test.
func Fake(tb testing.TB, answer func(ctx context.Context, program string, args []string) (text string, code int)) *Programs {
	tb.Helper()
	return start(tb, func(ctx context.Context, program string, c process) (string, string, int) {
		text, code := answer(ctx, program, c.args)
		if code != 0 {
			return "", text, code
		}
		return text, "", 0
	})
}

func start(tb testing.TB, answer func(context.Context, string, process) (string, string, int)) *Programs {
	tb.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		tb.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Programs{Dir: tb.TempDir(), answer: answer}
	text := fmt.Sprintf(forwarder, bash, l.Addr().(*net.TCPAddr).Port)
	for _, name := range []string{"aws", "sleep"} {
		if err := os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o755); err != nil {
			tb.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil { // closed below
				return
			}
			running.Go(func() { p.serve(ctx, conn) })
		}
	})
	tb.Cleanup(func() {
		cancel()
		_ = l.Close()
		running.Wait()
	})
	return p
}

// record notes a call: as others on the machine can see it, and with what the CLI reads from text files in their place.
func (p *Programs) record(c process) {
	whole := slices.Clone(c.args)
	for i, arg := range whole {
		if before, path, ok := strings.Cut(arg, "file://"); ok && before == "" {
			if text, err := c.read(path); err == nil { // otherwise the call fails
				whole[i] = string(text)
			}
		}
		if path, ok := strings.CutPrefix(arg, "fileb://"); ok && !filepath.IsAbs(path) {
			whole[i] = "fileb://" + filepath.Join(c.dir, path)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.words = append(p.words, c.args...)
	p.calls = append(p.calls, whole)
}

// Words returns the arguments of all calls of aws so far, which others on a machine can see.
func (p *Programs) Words() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.words)
}

// Calls returns the arguments of each call of aws so far, with the text of files in the place of their names.
func (p *Programs) Calls() [][]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// serve answers one program.
func (p *Programs) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	r := bufio.NewReader(conn)
	text := func() string {
		s, err := r.ReadString(0)
		if err != nil { // the program was ended: nobody reads the answer
			return ""
		}
		return s[:len(s)-1]
	}
	name := text()
	c := process{dir: text(), region: text(), endpoint: text(), attempts: text(), input: text()}
	n, _ := strconv.Atoi(text()) // 0 where the program was ended
	for range n {
		c.args = append(c.args, text())
	}
	stdout, stderr, code := p.answer(ctx, name, c)
	fmt.Fprintf(conn, "%d\x00%s\x00%s\x00", code, stdout, stderr)
}

// Clock runs with the real time, plus what scripts slept. The zero Clock is ready to use, by many callers at once.
type Clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now is the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// sleep acts as the program of that name and returns its exit code.
func (c *Clock) sleep(args []string, errs *strings.Builder) int {
	if len(args) == 1 {
		if seconds, err := strconv.ParseFloat(args[0], 64); err == nil && seconds >= 0 {
			c.Advance(time.Duration(seconds * float64(time.Second)))
			return 0
		}
	}
	fmt.Fprintf(errs, "sleep: cannot sleep for %q seconds\n", args)
	return 1
}

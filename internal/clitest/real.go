package clitest

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

//go:embed real.py
var realProgram string

// Real is a real AWS CLI. A Python process holds its code, so that a call does not take the second that the CLI needs to
// start. Many callers may use it in parallel.
type Real struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

var found sync.Map // whether a Python has the package awscli

// HasCLI tells whether a Python has the package awscli.
func HasCLI(python string) bool {
	if has, ok := found.Load(python); ok {
		return has.(bool)
	}
	has := exec.Command(python, "-c", "import awscli.clidriver").Run() == nil
	found.Store(python, has)
	return has
}

// NewReal starts a Python that has the package awscli, with an environment. It ends with the test.
func NewReal(tb testing.TB, python string, env []string) *Real {
	tb.Helper()
	cmd := exec.Command(python, "-c", realProgram)
	cmd.Env = env
	var said strings.Builder
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			tb.Errorf("%s: %v: %s", python, err, said.String())
		}
	})
	return &Real{in: in, out: bufio.NewReader(out)}
}

// run makes a call.
func (r *Real) run(c process) (stdout, stderr string, code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fail := func(err error) (string, string, int) {
		return "", fmt.Sprintf("\naws of package clitest: %v\n", err), exitOther
	}
	call, err := json.Marshal(map[string]any{"dir": c.dir, "input": c.input, "args": c.args, "attempts": c.attempts})
	if err != nil {
		return fail(err)
	}
	if _, err := r.in.Write(append(call, '\n')); err != nil {
		return fail(err)
	}
	line, err := r.out.ReadBytes('\n')
	if err != nil {
		return fail(err)
	}
	var answer struct {
		Stdout, Stderr string
		Code           int
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return fail(fmt.Errorf("%w: %s", err, line))
	}
	return answer.Stdout, answer.Stderr, answer.Code
}

// Programs makes the programs aws, which this CLI answers, and sleep, which moves the clock.
func (r *Real) Programs(tb testing.TB, clock *Clock) *Programs {
	tb.Helper()
	return start(tb, func(_ context.Context, program string, c process) (string, string, int) {
		if program == "sleep" {
			var errs strings.Builder
			code := clock.sleep(c.args, &errs)
			return "", errs.String(), code
		}
		return r.run(c)
	})
}

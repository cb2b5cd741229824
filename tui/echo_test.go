//go:build !windows

package tui

import (
	"context"
	"io"
	"os"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
)

// stateOf is how a terminal is set.
func stateOf(t *testing.T, tty *os.File) *term.State {
	t.Helper()
	s, err := term.GetState(tty.Fd())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// On a terminal the password is read without an echo; Ctrl-C gives the echo back.
func TestPlainReadsAPasswordUnseen(t *testing.T) {
	const typed = `ca"na$ry'\🐤`
	f := newFake()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	was := stateOf(t, tty)
	var seen transcript
	copied := make(chan struct{})
	go func() { _, _ = io.Copy(&seen, master); close(copied) }()
	signals := make(chan os.Signal, 1)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := newLines(ctx, cancel, newApp(ctx, f, Options{In: tty, Err: tty, Build: build, Inputs: password}))
	go func() {
		_, err := p.wizard(t.Context(), signals)
		ended <- err
	}()
	at := 0
	expect := func(text, answer string) {
		t.Helper()
		at = seen.await(t, at, text)
		if _, err := master.WriteString(answer); err != nil {
			t.Fatal(err)
		}
	}
	echo := func(want bool) { // a terminal does not tell when its settings change
		t.Helper()
		for end := time.Now().Add(10 * time.Second); reflect.DeepEqual(stateOf(t, tty), was) != want; runtime.Gosched() {
			if time.Now().After(end) {
				t.Fatalf("the echo is not %v", want)
			}
		}
	}
	for _, option := range plainReview {
		expect("Number", option+"\n")
	}
	expect("Number", applyNow+"\n")
	expect("goes back:", "")
	echo(false)
	expect("", typed+"\n")
	expect("Type apply", "b\n")
	expect("Number", applyNow+"\n")
	expect("goes back:", "")
	echo(false)
	expect("", typed+"\n")
	expect("Type apply", "apply\n")
	expect("Create a new plan", "")
	expect("Number", lookAgain+"\n")
	if f.given["registry-password"] != typed {
		t.Errorf("the run was given %q", f.given)
	}
	expect("Number", applyNow+"\n")
	expect("goes back:", "")
	echo(false)
	signals <- os.Interrupt
	if err := <-ended; err != nil {
		t.Error(err)
	}
	echo(true)
	expect("", "\n") // ends the read that the interruption did not wait for
	for range p.input {
	}
	_ = tty.Close() // only now: the reader uses the descriptor of the terminal itself
	_ = master.Close()
	<-copied
	leaked(t, "the output", seen.String())
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// output is standard output or standard error. It is the only place where text leaves the program,
// except for the full screen. Names and messages of an account can contain any character, so it
// neutralizes those that control a terminal.
type output struct {
	to     io.Writer
	styled func() bool // colors and bold text are allowed

	mu   sync.Mutex
	rest []byte // an incomplete character at the end
	err  error  // of the first write that failed
}

// Write replaces each unsafe character except line ends and tabs with a space.
func (o *output) Write(text []byte) (int, error) {
	return o.put(text, func(b *bytes.Buffer, r rune) {
		if r != '\n' && r != '\t' && printable.Unsafe(r) {
			r = ' '
		}
		b.WriteRune(r)
	})
}

// jsonOutput is an output of JSON texts. They have unsafe characters only in strings, and there an
// escape sequence has the same meaning.
type jsonOutput struct{ *output }

func (o jsonOutput) Write(text []byte) (int, error) {
	return o.put(text, func(b *bytes.Buffer, r rune) {
		if r != '\n' && r != '\t' && printable.Unsafe(r) {
			fmt.Fprintf(b, `\u%04x`, r)
			return
		}
		b.WriteRune(r)
	})
}

// style is an escape sequence for colors and bold text.
var style = pattern.New(`^\x1b\[[0-9;]*m`)

func (o *output) put(text []byte, put func(*bytes.Buffer, rune)) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	styled := o.styled != nil && o.styled()
	var b bytes.Buffer
	o.rest = append(o.rest, text...)
	for utf8.FullRune(o.rest) {
		if styled {
			if s := style().Find(o.rest); s != nil {
				b.Write(s)
				o.rest = o.rest[len(s):]
				continue
			}
		}
		r, n := utf8.DecodeRune(o.rest)
		put(&b, r)
		o.rest = o.rest[n:]
	}
	if _, o.err = o.to.Write(b.Bytes()); o.err != nil {
		return 0, o.err
	}
	return len(text), nil
}

// failed returns why the output could not be written, or nil.
func (o *output) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var path *os.PathError
	if errors.As(o.err, &path) {
		return path.Err
	}
	return o.err
}

// notWritten returns the error of a program with a standard output that could not be written. A reader that closes its pipe,
// such as head, has read what it needs, so that the output needs no message. What the command itself reports keeps its message.
func notWritten(err, failed error) error {
	var known *coded
	switch {
	case !closedByReader(failed):
		return fmt.Errorf("cannot write to standard output: %w; the output is not complete", failed)
	case err == nil || closedByReader(err) || errors.As(err, &known) && known.silent:
		return silentExit(exitAWS)
	}
	return &coded{code: exitAWS, err: err}
}

// The codes of Windows for a pipe that nobody reads: ERROR_BROKEN_PIPE and ERROR_NO_DATA (Microsoft, System Error Codes).
const brokenPipe, noData syscall.Errno = 109, 232

// closedByReader reports whether a write failed because nobody reads the pipe. Connections fail with the same code, as errors
// of operations of the network.
func closedByReader(err error) bool {
	var code syscall.Errno
	var network *net.OpError
	if !errors.As(err, &code) || errors.As(err, &network) {
		return false
	}
	return code == syscall.EPIPE || runtime.GOOS == "windows" && (code == brokenPipe || code == noData)
}

// Fd returns the file descriptor, so that a terminal is recognized as one.
func (o *output) Fd() uintptr {
	if f, ok := o.to.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0) // of no file
}

// json returns an encoder for standard output.
func (g *globals) json(indent string) *json.Encoder {
	enc := json.NewEncoder(jsonOutput{g.out})
	enc.SetIndent("", indent)
	enc.SetEscapeHTML(false)
	return enc
}

// line prints one line. Text from the account cannot add another one.
func line(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, printable.Line(fmt.Sprintf(format, args...)))
}

// readInput reads a file up to a limit in bytes; "-" is standard input.
func readInput(name string, in io.Reader, most int64) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s is larger than the limit of %d MB", name, most>>20)
	}
	return data, err
}

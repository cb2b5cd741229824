package clitest

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

//go:embed models.py
var modelsProgram string

// Models checks command lines against the models of an AWS CLI. A Python process holds its code. Many callers may use
// it in parallel.
type Models struct {
	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// OpenModels starts a Python with the package awscli for a test, and ends it after the test. Without such a Python the test is skipped, or
// fails if WIZARD_REQUIRE_TOOLS is 1.
func OpenModels(t *testing.T, python string) *Models {
	t.Helper()
	path, err := exec.LookPath(python)
	var m *Models
	if err == nil {
		m, err = StartModels(path)
	}
	if err != nil {
		if os.Getenv("WIZARD_REQUIRE_TOOLS") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// StartModels starts a Python that has the package awscli. It ends with Close, or with this process.
func StartModels(python string) (*Models, error) {
	m := &Models{cmd: exec.Command(python, "-c", modelsProgram)}
	var said strings.Builder
	m.cmd.Stderr = &said
	var err error
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	m.out = bufio.NewReader(out)
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	if err := m.answer(); err != nil { // it says first that it is ready
		return nil, fmt.Errorf("%s with the package awscli: %w: %s", python, errors.Join(err, m.Close()), said.String())
	}
	return m, nil
}

// Check returns what is wrong with the arguments of a call of aws.
func (m *Models) Check(args []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	line, err := json.Marshal(args)
	if err != nil {
		return err
	}
	if _, err := m.in.Write(append(line, '\n')); err != nil {
		return err
	}
	return m.answer()
}

// answer reads what the process found wrong.
func (m *Models) answer() error {
	line, err := m.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	var wrong string
	if err := json.Unmarshal(line, &wrong); err != nil {
		return err
	}
	if wrong != "" {
		return errors.New(wrong)
	}
	return nil
}

// Close ends the process.
func (m *Models) Close() error {
	return errors.Join(m.in.Close(), m.cmd.Wait())
}

//go:build !windows

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// multiplexer is the program in tmux, an emulator that others wrote.
type multiplexer struct {
	t    *testing.T
	path string
	dir  string
}

func (m *multiplexer) run(args ...string) string {
	m.t.Helper()
	cmd := exec.Command(m.path, append([]string{"-S", m.dir + "/socket", "-f", "/dev/null"}, args...)...)
	cmd.Env = []string{"TERM=xterm-256color", "COLORTERM=truecolor", "HOME=" + m.dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "AWS_EC2_METADATA_DISABLED=true"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// until waits for the screen to be as wanted.
func (m *multiplexer) until(what string, ok func(string) bool) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 20*time.Second)
	defer cancel()
	for {
		if ok(m.run("capture-pane", "-p")) {
			return
		}
		select {
		case <-ctx.Done():
			m.t.Fatalf("the screen does not show %s:\n%s", what, m.run("capture-pane", "-p"))
		case <-time.After(50 * time.Millisecond): // tmux reports no change
		}
	}
}

// TestIncrementalFramesInTmux: after keys that change parts of the screen, a window of another size and back, which draws all
// of it, shows the same.
func TestIncrementalFramesInTmux(t *testing.T) {
	t.Parallel()
	m := &multiplexer{t, tool(t, "tmux"), t.TempDir()}
	exe, err := exec.LookPath("wizard")
	if err != nil {
		t.Fatal(err)
	}
	m.run("new-session", "-d", "-x", "90", "-y", "24", exe+" --sandbox=large --speed 100")
	t.Cleanup(func() { _ = exec.Command(m.path, "-S", m.dir+"/socket", "kill-server").Run() })
	shows := func(text string) {
		t.Helper()
		m.until(fmt.Sprintf("%q", text), func(s string) bool { return strings.Contains(s, text) })
	}
	shows("What do you run")
	m.run("send-keys", "Enter")
	shows("Which ECS service")
	screen := m.run("capture-pane", "-p")
	for _, key := range strings.Fields("Down NPage Up End Home / t 9 BSpace Escape i Escape") {
		m.run("send-keys", key)
		before, last := "", ""
		m.until("a change after "+key, func(s string) bool { // and no part of one
			before, last = s, before
			return s != screen && s == last
		})
		m.run("resize-window", "-x", "91", "-y", "25")
		m.until("another size", func(s string) bool { return strings.Count(s, "\n") == 25 })
		m.run("resize-window", "-x", "90", "-y", "24")
		m.until("after a redraw what it showed before it, after "+key+":\n"+before+"\nbut", func(s string) bool { return s == before })
		screen = before
	}
}

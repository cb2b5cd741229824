//go:build !windows

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestFramesOfFirstVPC walks as docs/first-vpc.md describes it, and compares each screen with the one on the page.
// scripts/docs.sh frames writes them again.
func TestFramesOfFirstVPC(t *testing.T) {
	const page = "../../docs/first-vpc.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	x := start(t, 80, 24, nil, "--sandbox=empty", "--speed", "100")
	seen := 0
	frame := func(name string) {
		t.Helper()
		seen++
		begin, end := fmt.Sprintf("<!-- frame %s -->\n", name), "<!-- end -->"
		before, rest, ok := strings.Cut(doc, begin)
		old, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("the page has no place for the screen %s", name)
		}
		if *update {
			x.calm(time.Time{})
			doc = before + begin + "```\n" + x.trimmed() + "\n```\n" + end + after
			return
		}
		x.shows(strings.TrimSuffix(strings.TrimPrefix(old, "```\n"), "\n```\n"))
	}
	x.wait("▸ Amazon ECS on Fargate")
	x.press(enter)
	x.wait("▸ Create an ECS service from an image")
	frame("service")
	x.press(enter)
	x.wait("Where does your image come from?")
	x.press(firstImage)
	x.wait("> " + firstImage)
	frame("image")
	x.press(enter)
	x.wait("> web")
	x.press(enter)
	for _, s := range []struct{ text, name string }{{"▸ Create a new VPC", "vpc"}, {"▸ Name", "form"}, {"What will the tasks use?", "needs"}, {"Which policy", ""}, {"Plan for web (new)", "review"}, {"Apply this plan?", "confirm"}} {
		x.wait(s.text)
		if s.name != "" {
			frame(s.name)
		}
		if s.name != "confirm" {
			x.press(enter)
		}
	}
	x.press(ctrlC)
	x.exit()
	if n := strings.Count(doc, "<!-- frame "); n != seen {
		t.Errorf("the page has %d screens, and the walk %d", n, seen)
	}
	if *update {
		if err := os.WriteFile(page, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// trimmed returns the screen without spaces at the ends of its lines, and without empty lines below them.
func (x *terminal) trimmed() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return trimScreen(x.screen.String())
}

func trimScreen(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// shows waits until the whole screen is as expected.
func (x *terminal) shows(want string) {
	x.tb.Helper()
	x.until(func(screen string) string {
		if trimScreen(screen) == want {
			return ""
		}
		return "the screen is not that of the page; run scripts/docs.sh frames and read the difference. The page has:\n" + want + "\n\nthe screen"
	})
}

//go:build !windows

package main

import (
	"html"
	"os"
	"regexp"
	"strings"
	"testing"
)

// picture returns the lines of a picture of the documentation that do not depend on time.
func picture(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile("../../docs/" + name + ".svg")
	if err != nil {
		t.Fatal(err)
	}
	tag, changing := regexp.MustCompile(`<[^>]*>`), regexp.MustCompile(`vpce-|sgr-| in \d+:\d\d;`)
	var out []string
	for _, m := range regexp.MustCompile(`(?s)<text[^>]*>(.*?)</text>`).FindAllStringSubmatch(string(data), -1) {
		line := strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(m[1], "")))
		if line != "" && !changing.MatchString(line) {
			out = append(out, line)
		}
	}
	if len(out) < 15 {
		t.Fatalf("%s.svg has %d lines", name, len(out))
	}
	return out
}

// TestPictures: the pictures of the documentation show the screens of this program. progress.svg shows times and calls in any order, so it
// is not compared. `scripts/docs.sh pictures` takes them again.
func TestPictures(t *testing.T) {
	t.Parallel()
	first := start(t, 100, 30, []string{"LANG=C.UTF-8"})
	first.wait(picture(t, "first")...)

	x := start(t, 100, 30, []string{"LANG=C.UTF-8"}, "--sandbox=closed", "--speed", "100")
	x.wait("What do you run in the VPC?")
	x.press(enter)
	x.wait(picture(t, "service")...)
	x.press(enter)
	x.wait("Review the plan now")
	x.press(enter)
	x.wait(picture(t, "review")...)
	x.press("m")
	x.wait("after the plan")
	x.press("p")
	x.wait(picture(t, "map")...)
	x.press(esc)
	x.wait("Plan for prod")
	x.press(enter)
	x.wait("Enter alone: Back")
	x.press(right)
	x.press(enter)
	x.wait(picture(t, "result")...)
}

package terms

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestPages(t *testing.T) {
	ids, titles := map[string]bool{}, map[string]bool{}
	for _, term := range All {
		t.Run(term.ID, func(t *testing.T) {
			if ids[term.ID] || titles[term.Title] {
				t.Error("another term has this id or title")
			}
			ids[term.ID], titles[term.Title] = true, true
			if term.ID != strings.ToLower(term.ID) || strings.ContainsAny(term.ID, " _") {
				t.Errorf("the id %q is not in lower case with hyphens", term.ID)
			}
			if Find(term.ID) != term {
				t.Error("Find does not find it")
			}
			if n := ansi.StringWidth(term.Title); n == 0 || n > 26 {
				t.Errorf("the title has %d columns, must be at most 26", n)
			}
			lines := 0
			for _, p := range strings.Split(ansi.Wordwrap(term.Text, Width, ""), "\n") {
				if ansi.StringWidth(p) > Width {
					t.Errorf("a line is wider than %d columns: %q", Width, p)
				}
				if p != "" { // blank lines between paragraphs are not lines of text
					lines++
				}
			}
			if lines < 4 || lines > Lines {
				t.Errorf("%d lines of text, must be 4 to %d", lines, Lines)
			}
			page, err := url.Parse(term.Page)
			if err != nil || page.Scheme != "https" || page.Host != "docs.aws.amazon.com" || !strings.HasSuffix(page.Path, ".html") {
				t.Errorf("%q is not a page of the AWS documentation", term.Page)
			}
		})
	}
	if Find("no-such-term") != nil {
		t.Error("Find finds a term that does not exist")
	}
}

func TestJoin(t *testing.T) {
	got := Join([]*Term{Undo, VPC}, nil, []*Term{VPC, CIDR, Undo})
	if want := []*Term{Undo, VPC, CIDR}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

package architecture_test

import (
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// retired are phrases that readers stumble over, each with what to write instead.
var retired = []struct{ phrase, instead string }{
	{`\b(is|are|was|were|be) there\b`, "exists, existing"},
	{`\bthere already\b`, "exists, existing"},
	{`\bwhat is there\b`, "what exists"},
	{`\b(is|are) no [a-z]`, "is not a, must be a"},
	{`\bstands? (in|for|here)\b`, "is, is set in, appears"},
	{`\blies? in\b`, "is in"},
	{`\banew\b`, "again"},
	{`\bonce more\b`, "again"},
	{`\bshall\b`, "should"},
	{`\b(wants|wishes)\b`, "needs"},
	{`\b(by|for|from|in|of|on|to|under|with) which\b`, "a second sentence, or that … with"},
	{`\b(whose|whoever|wherever)\b`, "a second sentence, or that … with"},
	{`\blets? (\w+ ){0,2}(pass|through|in)\b`, "accept (a finding), allow (traffic)"},
	{`\badmit(s|ted|ting)?\b`, "allow"},
	{`\b(carry|carries|carried) out\b`, "apply, run"},
	{`\bma(k|d)es? so\b`, "change"},
	{`\bputs? right\b`, "fix"},
	{`\bmend(s|ed|ing)?\b`, "fix"},
	{`\bleft to (you|somebody)\b`, "manual step"},
	{`\bby hand\b`, "manual step"},
	{`\bwith a login\b`, "manual step"},
	{`\bpractis(e|ed|es|ing)\b`, "sandbox"},
	{`\bpractice account`, "sandbox account"},
	{`\bgone\b`, "deleted"},
	{`\blost touch\b`, "not connected"},
	{`\bseldom\b`, "rarely"},
	{`\blest\b`, "so that … not"},
	{`\b(thus|hence|whereby)\b`, "so"},
}

// plainEnglish are sentences that contain a retired phrase and are plain all the same.
var plainEnglish = regexp.MustCompile(`(?i)\b(there (is|are) no |(is|are) no longer|left by hand)`)

// contracted are words that programs read: keys of the answers file, the sandbox's own
// error texts that are AWS's, and words of the plan's JSON.
var contracted = regexp.MustCompile("load_balancer\\.admit|bastion\\.admit|\\badmits?:|`admit`|\"admits?\"|access-admit|mean admit\\?|, admit, |:\"admit")

// TestNoRetiredPhrases keeps texts plain: strings and comments of the code, documents,
// scripts and scenarios.
func TestNoRetiredPhrases(t *testing.T) {
	var phrases []*regexp.Regexp
	for _, r := range retired {
		phrases = append(phrases, regexp.MustCompile(`(?i)`+r.phrase))
	}
	count := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && path != "." && d.Name() != ".ci" {
				return fs.SkipDir
			}
			return nil
		}
		if path == "english_test.go" || path == "LICENSE" {
			return nil
		}
		for _, text := range texts(t, path) {
			for i, p := range phrases {
				for _, at := range p.FindAllStringIndex(text.text, -1) {
					around := text.text[max(0, at[0]-24):min(len(text.text), at[1]+24)]
					if plainEnglish.MatchString(around) || contracted.MatchString(around) {
						continue
					}
					count++
					t.Errorf("%s:%d: %q: write: %s", path, text.line+strings.Count(text.text[:at[0]], "\n"), strings.TrimSpace(around), retired[i].instead)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count > 0 {
		t.Error(fmt.Sprint(count) + " retired phrases")
	}
}

type passage struct {
	text string
	line int
}

// texts are the passages of a file that people read.
func texts(t *testing.T, path string) []passage {
	t.Helper()
	ext := filepath.Ext(path)
	if !slices.Contains([]string{".go", ".md", ".sh", ".yaml", ".yml", ".txt", ".txtar", ".golden"}, ext) {
		return nil
	}
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if ext != ".go" {
		return []passage{{string(src), 1}}
	}
	var out []passage
	var s scanner.Scanner
	files := token.NewFileSet()
	file := files.AddFile(path, -1, len(src))
	s.Init(file, src, nil, scanner.ScanComments)
	for {
		pos, tok, lit := s.Scan()
		switch tok {
		case token.EOF:
			return out
		case token.COMMENT, token.STRING:
			out = append(out, passage{lit, file.Line(pos)})
		}
	}
}

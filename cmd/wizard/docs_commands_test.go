package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"mvdan.cc/sh/v3/syntax"
)

// accountOfPage is the sandbox account that the commands of a page find, if it is not closed.
var accountOfPage = map[string]string{"docs/first-vpc.md": "empty"}

// testedElsewhere are pages with a test of their own, which runs their commands and compares more than exit codes.
var testedElsewhere = map[string]string{"docs/doctor.md": "TestCasesOfDoctorPage", "docs/snapshots.md": "TestCommandsOfSnapshotsPage"}

// notRun are the commands that this test only parses, by their command, each with the reason.
var notRun = map[string]string{
	"wizard":               "it asks questions on a terminal; the tests with a pseudo terminal run it",
	"wizard sandbox serve": "it runs until it is interrupted; each page of this test uses such a server",
}

// otherPrograms are the programs of the documentation that this test does not run, with the reason.
var otherPrograms = map[string]string{
	"go":        "the build and the tests of the project",
	"sudo":      "installs a package as root",
	"curl":      "needs the files of a release",
	"apt":       "installs a package as root",
	"dnf":       "installs a package as root",
	"apk":       "installs a package as root",
	"brew":      "needs Homebrew",
	"winget":    "needs Windows",
	"docker":    "needs Docker and the image of a release",
	"tar":       "needs the archive of a release",
	"install":   "needs the archive of a release",
	"sha256sum": "needs the files of a release",
	"gh":        "needs the files of a release",
}

// block is a fenced block of a page.
type block struct {
	kind, text string
}

// page reads a page of the documentation: its blocks, and the text around them on one line.
func page(t *testing.T, name string) ([]block, string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	var prose []string
	for i, part := range strings.Split("\n"+string(data), "\n```") {
		if i%2 == 0 {
			prose = append(prose, strings.Fields(part)...)
			continue
		}
		kind, text, _ := strings.Cut(part, "\n")
		blocks = append(blocks, block{kind, text + "\n"})
	}
	return blocks, strings.Join(prose, " ")
}

// pages lists the pages of the documentation.
func pages(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	out := []string{"README.md"}
	for _, file := range files {
		out = append(out, "docs/"+filepath.Base(file))
	}
	return out
}

// shellCommand is a command line of a page.
type shellCommand struct {
	text  string
	calls [][]string // its programs with their arguments, without quotes
	code  int        // the exit code that its comment says
}

var saysCode = regexp.MustCompile(`exit code (\d+)`)

// shellCommands parses a block of commands.
func shellCommands(t *testing.T, text string) []shellCommand {
	t.Helper()
	file, err := syntax.NewParser(syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var out []shellCommand
	for _, stmt := range file.Stmts {
		c := shellCommand{text: text[stmt.Pos().Offset():stmt.End().Offset()]}
		for _, comment := range stmt.Comments {
			if m := saysCode.FindStringSubmatch(comment.Text); m != nil {
				fmt.Sscan(m[1], &c.code)
			}
		}
		syntax.Walk(stmt, func(n syntax.Node) bool {
			call, ok := n.(*syntax.CallExpr)
			if !ok {
				return true
			}
			var args []string
			for _, word := range call.Args {
				args = append(args, strings.Trim(text[word.Pos().Offset():word.End().Offset()], `'"`))
			}
			if len(args) > 0 {
				c.calls = append(c.calls, args)
			}
			return true
		})
		out = append(out, c)
	}
	return out
}

// parse finds the command of some arguments, and returns an error for a command or a flag that does not exist. Values are not checked.
func parse(args []string) (string, error) {
	root := newRoot(&globals{})
	cmd, rest, err := root.Find(args)
	if err != nil {
		return "", err
	}
	if cmd == root && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return "", fmt.Errorf("%s is not a command", rest[0])
	}
	for _, arg := range rest {
		name, _, _ := strings.Cut(arg, "=")
		var flag *pflag.Flag
		switch {
		case strings.HasPrefix(name, "--"):
			flag = cmd.Flag(name[2:])
		case strings.HasPrefix(name, "-") && len(name) == 2:
			cmd.InitDefaultHelpFlag()
			flag = cmd.Flags().ShorthandLookup(name[1:])
		default:
			continue
		}
		if name != "--help" && (flag == nil || flag.Hidden) {
			return "", fmt.Errorf("%s does not take %s", cmd.CommandPath(), name)
		}
	}
	return cmd.CommandPath(), nil
}

// TestCommandsOfDocs runs the commands of all pages, those of each page one after the other in an empty directory with a sandbox account.
// The exit code must be 0, or what the comment of the command says. An answers file is the YAML block before the commands, or the first one
// of the page, or the sample. The error message of a page is a block that is marked as text.
func TestCommandsOfDocs(t *testing.T) {
	t.Parallel()
	bash := tool(t, "bash")
	exe, err := exec.LookPath("wizard")
	if err != nil {
		t.Fatal(err)
	}
	sample, err := os.ReadFile("../../docs/samples/answers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pages(t) {
		if testedElsewhere[name] != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blocks, _ := page(t, name)
			ofPage := string(sample)
			if i := slices.IndexFunc(blocks, isAnswers); i >= 0 {
				ofPage = blocks[i].text
			}
			message := ""
			var s *site
			for _, b := range blocks {
				if isAnswers(b) {
					ofPage = b.text
				}
				if b.kind == "" && strings.HasPrefix(b.text, "wizard ") {
					t.Errorf("commands in a block that is not marked as sh:\n%s", b.text)
				}
				if b.kind == "text" {
					message = b.text
				}
				if b.kind != "sh" {
					continue
				}
				for _, c := range shellCommands(t, b.text) {
					if !runnable(t, c) {
						continue
					}
					if s == nil {
						s = documented(t, name, exe)
						s.write("message.txt", message)
					}
					for _, args := range c.calls {
						if i := slices.Index(args, "--answers"); i >= 0 && i+1 < len(args) && s.lacks(args[i+1]) {
							s.write(args[i+1], ofPage)
						}
					}
					s.run(c.code, bash, "-c", s.complete(c.text))
				}
			}
		})
	}
}

func isAnswers(b block) bool {
	return b.kind == "yaml" && strings.Contains("\n"+b.text, "\nworkload: ")
}

// runnable reports whether a command is to be run, and parses the calls of this program in it.
func runnable(t *testing.T, c shellCommand) bool {
	t.Helper()
	run := true
	for _, args := range c.calls {
		if otherPrograms[args[0]] != "" {
			run = false
		}
		if args[0] != "wizard" {
			continue
		}
		command, err := parse(args[1:])
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		if notRun[command] != "" || err != nil {
			run = false
		}
	}
	return run
}

// documented returns the account of a page. Nothing has to be waited for: neither by scripts nor by this program.
func documented(t *testing.T, name, exe string) *site {
	scenario := accountOfPage[name]
	if scenario == "" {
		scenario = "closed"
	}
	s := hasty(t, scenario)
	bin := t.TempDir()
	fast := fmt.Sprintf("#!/bin/sh\ncase $1 in\napply | undo) exec '%s' \"$@\" --speed %v ;;\n*) exec '%[1]s' \"$@\" ;;\nesac\n", exe, s.speed)
	if err := os.WriteFile(filepath.Join(bin, "wizard"), []byte(fast), 0o700); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "XDG_CONFIG_HOME="+filepath.Join(s.dir, "config"), "PATH="+bin+":"+s.programs(standIn)+":"+os.Getenv("PATH"))
	return s
}

// lacks reports whether a file does not exist.
func (s *site) lacks(name string) bool {
	_, err := os.Stat(filepath.Join(s.dir, name))
	return err != nil
}

var runID = regexp.MustCompile(`plw-[0-9a-f]+`)

// complete replaces the ids that a page does not know: plw-… is the latest run, and vpc-… the VPC of the account.
func (s *site) complete(line string) string {
	s.t.Helper()
	if strings.Contains(line, "plw-…") {
		out, _ := s.wizard(0, "runs")
		line = strings.ReplaceAll(line, "plw-…", runID.FindString(out))
	}
	return strings.ReplaceAll(line, "vpc-…", "vpc-0a1b2c3d4e5f60001")
}

var (
	codeSpan = regexp.MustCompile("`(wizard [^`]+)`")
	workflow = regexp.MustCompile(`(?m)^\s*(?:- )?run: (wizard .*)$`)
)

// TestCommandsInText parses the commands in sentences and in workflows of all pages: each command and each flag exists.
func TestCommandsInText(t *testing.T) {
	t.Parallel()
	n := 0
	for _, name := range append(pages(t), "CHANGELOG.md", "CONTRIBUTING.md") {
		blocks, prose := page(t, name)
		lines := codeSpan.FindAllStringSubmatch(prose, -1)
		for _, b := range blocks {
			lines = append(lines, workflow.FindAllStringSubmatch(b.text, -1)...)
		}
		for _, m := range lines {
			line, _, _ := strings.Cut(m[1], " > ")
			args := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" []", r) })
			n++
			if _, err := parse(args[1:]); err != nil && !strings.Contains(line, "|") && args[1] != "COMMAND" {
				t.Errorf("%s: `%s`: %v", name, m[1], err)
			}
		}
	}
	if n < 60 {
		t.Errorf("found %d commands, want at least 60", n)
	}
}

// TestListsOfDocsAreUsed verifies that a page has each command that is not run.
func TestListsOfDocsAreUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, name := range pages(t) {
		blocks, _ := page(t, name)
		for _, b := range blocks {
			if b.kind != "sh" {
				continue
			}
			for _, c := range shellCommands(t, b.text) {
				for _, args := range c.calls {
					used[args[0]] = true
					if command, err := parse(args[1:]); args[0] == "wizard" && err == nil {
						used[command] = true
					}
				}
			}
		}
	}
	for command := range notRun {
		if !used[command] {
			t.Errorf("notRun lists %s, and no page has it", command)
		}
	}
}

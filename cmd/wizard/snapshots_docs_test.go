package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandsOfSnapshotsPage runs the commands of docs/snapshots.md against a sandbox account, one after the other as on the page: a customer
// takes a masked snapshot, an engineer exports from it, and the customer completes and runs the export. The lines for AWS CloudShell have tests
// of their own.
func TestCommandsOfSnapshotsPage(t *testing.T) {
	t.Parallel()
	bash := tool(t, "bash")
	page, err := os.ReadFile("../../docs/snapshots.md")
	if err != nil {
		t.Fatal(err)
	}
	s := scriptedAt(t, "closed", standIn, 100)
	s.env = append(s.env, "PATH="+s.programs(standIn)+":"+os.Getenv("PATH"))
	ran := map[string]bool{}
	blocks := strings.Split(string(page), "\n```")
	for i := 1; i < len(blocks); i += 2 { // what is between two fences
		kind, text, _ := strings.Cut(blocks[i], "\n")
		switch {
		case kind == "yaml":
			s.write("answers.yaml", text+"\n")
		case kind == "sh" && text+"\n" != cloudShellLines(t):
			for line := range strings.Lines(text) {
				want := 0
				if strings.Contains(line, "(then exit code 3)") {
					want = exitFindings
				}
				out, errs := s.run(want, bash, "-c", line)
				words := strings.Fields(line)
				ran[strings.Join(words[:2], " ")] = true
				if words[1] == "export" { // it is refused until it is complete
					cmd := exec.CommandContext(t.Context(), bash, "endpoints.sh", "--dry-run")
					cmd.Dir, cmd.Env = s.dir, s.env
					if refused, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != exitUsage || !strings.Contains(string(refused), "wizard unmask LEGEND FILE") {
						t.Errorf("%v\n%s", err, refused)
					}
				}
				if strings.TrimSpace(line) == "bash endpoints.sh" && !strings.Contains(out+errs, "prod-app (sg-0a1b2c3d4e5f64001)") {
					t.Errorf("the script does not have the names of the account:\n%s\n%s", out, errs)
				}
			}
		}
	}
	for _, command := range strings.Split("wizard snapshot,wizard check,wizard plan,wizard export,wizard unmask,bash endpoints.sh", ",") {
		if !ran[command] {
			t.Errorf("the page does not have the command %s", command)
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, legendName)); err != nil {
		t.Error(err)
	}
}

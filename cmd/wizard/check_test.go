package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

// conflictAnswers give changes, findings of several severities, and a finding about a key of the file.
const conflictAnswers = "version: 1\nworkload: ecs-fargate\nvpc: vpc-0c3d4e5f6a7b80001\n# The zone of another account has the names.\nprivate_dns: true\n"

// checkConflict checks a sandbox account with changes and findings.
func checkConflict(t *testing.T, code int, flags ...string) (out, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "answers.yaml")
	if err := os.WriteFile(file, []byte(conflictAnswers), 0o600); err != nil {
		t.Fatal(err)
	}
	got, out, errs := wizard(t, append([]string{"check", "--sandbox=conflict", "--answers", file}, flags...)...)
	if got != code {
		t.Fatalf("exit code %d, want %d: %s%s", got, code, out, errs)
	}
	return out, file
}

// TestCheckJSON: the schema accepts the object, and its findings are those of the plan.
func TestCheckJSON(t *testing.T) {
	t.Parallel()
	out, file := checkConflict(t, exitFindings, "--json", "--accept", "E-ECRCOND")
	if err := schematest.Open(t, "check").Validate([]byte(out)); err != nil {
		t.Error(err)
	}
	var got struct {
		Version                      int
		Account, Region, VPC, Result string
		Changes                      []struct{ ID, Op, Kind, Summary, Existing string }
		Findings                     []map[string]any
		Exit                         int
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != 1 || got.Account != "123456789012" || got.Region != "us-east-1" || got.VPC != "vpc-0c3d4e5f6a7b80001" || got.Result != "findings" || got.Exit != exitFindings {
		t.Errorf("%s", out)
	}
	if c := got.Changes[0]; len(got.Changes) != 8 || c.ID != "vpc-attribute/dns-hostnames" || c.Op != "modify" || c.Kind != "vpc-attribute" || c.Existing != got.VPC || c.Summary == "" {
		t.Errorf("%+v", got.Changes)
	}
	_, planned, _ := wizard(t, "plan", "--sandbox=conflict", "--answers", file, "--json")
	var want struct{ Findings []map[string]any }
	if err := json.Unmarshal([]byte(planned), &want); err != nil {
		t.Fatal(err)
	}
	for _, f := range want.Findings {
		f["accepted"] = f["rule"] == "E-ECRCOND"
	}
	if d := cmp.Diff(want.Findings, got.Findings); d != "" || len(got.Findings) == 0 {
		t.Errorf("findings of the plan (-) and of the check (+):\n%s", d)
	}
}

// TestCheckSARIF: each change and each finding is one result in the answers file, on the line of the key that it is about.
// Accepted findings are suppressed, and no two results are the same alert.
func TestCheckSARIF(t *testing.T) {
	t.Parallel()
	out, file := checkConflict(t, exitFindings, "--sarif", "--accept", "E-ECRCOND")
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct {
						ID                     string
						HelpURI                string
						ShortDescription, Help struct{ Text string }
					}
				}
			}
			Results []struct {
				RuleID, Level string
				RuleIndex     int
				Message       struct{ Text string }
				Locations     []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
				PartialFingerprints map[string]string
				Suppressions        *[]struct{ Kind, Status, Justification string }
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name != "wizard check" {
		t.Fatal(out)
	}
	rules := log.Runs[0].Tool.Driver.Rules
	var got []string
	seen := map[string]bool{}
	for _, r := range log.Runs[0].Results {
		if rules[r.RuleIndex].ID != r.RuleID || len(r.Locations) != 1 || r.Suppressions == nil || r.Message.Text == "" {
			t.Fatalf("%+v", r)
		}
		at := r.Locations[0].PhysicalLocation
		if at.ArtifactLocation.URI != "file://"+filepath.ToSlash(file) {
			t.Errorf("URI %s", at.ArtifactLocation.URI)
		}
		if id := r.RuleID + r.PartialFingerprints["primaryLocationLineHash"]; seen[id] || id == r.RuleID {
			t.Errorf("%s is the identity of two results", id)
		} else {
			seen[id] = true
		}
		text := fmt.Sprintf("%s %s line %d", r.Level, r.RuleID, at.Region.StartLine)
		for _, s := range *r.Suppressions {
			text += " " + s.Kind + " " + s.Status + ": " + s.Justification
		}
		got = append(got, text)
	}
	want := append(slices.Repeat([]string{"error CHANGE line 1"}, 8), "error G-STATE line 1", "error G-DNSCONFLICT line 5",
		"error E-ECRCOND line 1 external accepted: accepted with --accept E-ECRCOND", "error E-ECRCOND line 1 external accepted: accepted with --accept E-ECRCOND",
		"warning G-R53MORE line 1", "warning G-R53DNS line 1", "note G-R53MORE line 1")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, r := range rules {
		i := slices.IndexFunc(plan.Rules(), func(p plan.RuleInfo) bool { return p.ID == r.ID })
		if i < 0 {
			if r.ID != "CHANGE" {
				t.Errorf("rule %s", r.ID)
			}
			continue
		}
		of := plan.Rules()[i]
		if r.ShortDescription.Text != of.Says || !strings.Contains(r.Help.Text, of.Page()) || !strings.HasPrefix(r.HelpURI, "https://docs.aws.amazon.com/") {
			t.Errorf("%+v", r)
		}
	}
}

// TestCheckWorkflow: the workflow of docs/check.md is YAML, and its commands run. The sandbox takes the place of AWS.
func TestCheckWorkflow(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	var flow struct {
		On          map[string]any
		Permissions map[string]string
		Jobs        map[string]struct {
			Steps []struct {
				Uses, Run, If string
				With          map[string]any
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &flow); err != nil {
		t.Fatal(err)
	}
	t.Run("actionlint", func(t *testing.T) {
		lint := exec.CommandContext(t.Context(), tool(t, "actionlint"), "-")
		lint.Stdin = strings.NewReader(text)
		if out, err := lint.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	if flow.On["schedule"] == nil || flow.Permissions["id-token"] != "write" || flow.Permissions["security-events"] != "write" {
		t.Errorf("%+v", flow)
	}
	if _, ok := flow.On["pull_request"]; !ok {
		t.Errorf("%+v", flow.On)
	}
	s := hasty(t, "half-done")
	s.write("answers.yaml", "version: 1\nworkload: ecs-fargate\nservice: prod/orders\n")
	ran, uploads := 0, ""
	for _, step := range flow.Jobs["check"].Steps {
		if strings.HasPrefix(step.Uses, "github/codeql-action/upload-sarif@") {
			uploads = fmt.Sprint(step.With["sarif_file"])
		}
		if !strings.HasPrefix(step.Run, "wizard check ") {
			continue
		}
		ran++
		out, errs := s.run(exitChanges, tool(t, "bash"), "-e", "-c", step.Run)
		if !strings.Contains(out+errs, "Not in sync: 7 changes to make") {
			t.Errorf("%s: %s%s", step.Run, out, errs)
		}
	}
	if ran != 1 {
		t.Errorf("%d steps run wizard check, want 1", ran)
	}
	if _, err := os.Stat(filepath.Join(s.dir, uploads)); err != nil || uploads == "" {
		t.Errorf("the file to upload: %v", err)
	}

	// The commands with a snapshot.
	_, rest, _ = strings.Cut(rest, "```sh\n")
	text, _, _ = strings.Cut(rest, "```")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, l := range lines {
		s.run([]int{exitOK, exitChanges}[min(i, 1)], tool(t, "bash"), "-c", l)
	}
	if len(lines) != 2 {
		t.Errorf("%d commands with a snapshot, want 2", len(lines))
	}
}

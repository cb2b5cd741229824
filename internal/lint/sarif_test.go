package lint_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/lint"
)

// TestSARIF checks a log against what the schema of SARIF 2.1.0 requires and how consumers read it.
func TestSARIF(t *testing.T) {
	r := lint.New("us-east-1")
	r.Add("dir with space/ü#.tf", []byte("ü: com.amazonaws.eu-west-1.sqs\n# com.amazonaws.eu-west-1.sqs\ncom.amazonaws.us-east-1.ecr.api"))
	r.Add("/tmp/x.tf", []byte("com.amazonaws.eu-west-1.sqs"))
	r.Add("-", []byte("com.amazonaws.eu-west-1.sqs"))
	found := r.Findings()
	text, err := json.Marshal(lint.SARIF("1.2.3", found))
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID               string
						ShortDescription struct{ Text string }
					}
				}
			}
			ColumnKind string
			Results    []struct {
				RuleID    string
				RuleIndex *int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.Contains(log.Schema, "sarif-schema-2.1.0.json") || len(log.Runs) != 1 {
		t.Fatalf("%s", text)
	}
	run := log.Runs[0]
	rules := run.Tool.Driver.Rules
	if run.Tool.Driver.Name == "" || run.Tool.Driver.Version != "1.2.3" || len(run.Results) != len(found) || len(found) != 5 {
		t.Fatalf("%s", text)
	}
	// The alternatives of the property columnKind.
	if !slices.Contains([]string{"utf16CodeUnits", "unicodeCodePoints"}, run.ColumnKind) {
		t.Errorf("column kind %s", run.ColumnKind)
	}
	ids := map[string]bool{}
	for _, rule := range rules {
		if rule.ID == "" || ids[rule.ID] || rule.ShortDescription.Text != lint.About[rule.ID] || lint.About[rule.ID] == "" {
			t.Errorf("rule %+v", rule)
		}
		ids[rule.ID] = true
	}
	for i, result := range run.Results {
		f := found[i]
		if result.RuleID != f.Rule || result.RuleIndex == nil || rules[*result.RuleIndex].ID != f.Rule {
			t.Errorf("result %+v", result)
		}
		if !slices.Contains([]string{"none", "note", "warning", "error"}, result.Level) || result.Level != f.Severity {
			t.Errorf("level %s of %s", result.Level, f)
		}
		if !strings.Contains(result.Message.Text, f.Message) || !strings.Contains(result.Message.Text, f.Fix) || len(result.Locations) != 1 {
			t.Errorf("result %+v", result)
		}
		at := result.Locations[0].PhysicalLocation
		if at.Region.StartLine != f.Line || at.Region.StartColumn != f.Column || f.Line < 1 || f.Column < 1 {
			t.Errorf("%+v for %s", at, f)
		}
		if want := map[string]string{"dir with space/ü#.tf": "dir%20with%20space/%C3%BC%23.tf", "/tmp/x.tf": "file:///tmp/x.tf", "-": "stdin"}[f.File]; at.ArtifactLocation.URI != want {
			t.Errorf("URI %s, want %s", at.ArtifactLocation.URI, want)
		}
	}
	// Lists are arrays also without findings.
	empty, err := json.Marshal(lint.SARIF("", nil))
	if err != nil || !strings.Contains(string(empty), `"results":[]`) || !strings.Contains(string(empty), `"rules":[]`) {
		t.Errorf("%s, %v", empty, err)
	}
}

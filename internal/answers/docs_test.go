package answers

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The documentation is the source of users' files. Its examples must be valid, and it must
// contain every value that the code accepts.
func TestDocumentation(t *testing.T) {
	data, err := os.ReadFile("../../docs/answers.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	blocks := strings.Split(doc, "```")
	if len(blocks) != 9 {
		t.Fatalf("%d parts, want four examples", len(blocks))
	}
	for i, head := range map[int]string{1: "", 3: "", 5: "version: 1\n", 7: "version: 1\n"} {
		text := head + strings.TrimPrefix(blocks[i], "yaml\n")
		a, _, err := Load("docs/answers.md", []byte(text))
		if err != nil {
			t.Errorf("the example is rejected: %v", err)
		}
		if i == 1 && (a.Needs == nil || a.Agent.Restart == "" || len(a.Tags) == 0) {
			t.Errorf("read as %+v", a)
		}
	}
	for _, k := range keysOf(reflect.TypeFor[Answers]()) {
		if !strings.Contains(blocks[1], "\n"+k+": ") && !strings.Contains(blocks[1], "\n# "+k+": ") {
			t.Errorf("the example does not show %s", k)
		}
	}
	for _, k := range keysOf(reflect.TypeFor[NewVPC]()) {
		if !strings.Contains(blocks[3], "\n    "+k+": ") && !strings.Contains(blocks[3], "\n    # "+k+": ") {
			t.Errorf("the example does not show vpc.create.%s", k)
		}
	}
	for _, w := range InternetRoutes {
		if !strings.Contains(doc, "\n| `"+w+"` |") {
			t.Errorf("the internet route %s is not in the table", w)
		}
	}
	for _, w := range Needs {
		if !strings.Contains(doc, "\n| `"+w+"` |") {
			t.Errorf("the need %s is not in the table", w)
		}
	}
	for _, w := range policies {
		if !strings.Contains(doc, "\n| `"+w+"` |") {
			t.Errorf("the policy %s is not in the table", w)
		}
	}
	for _, w := range checks["restart"].oneOf {
		if !strings.Contains(doc, "`"+w) && !strings.Contains(doc, w+"`") {
			t.Errorf("%s is not explained", w)
		}
	}
	for _, w := range Supported {
		if !strings.Contains(doc, string(w)) {
			t.Errorf("the workload %s is not documented", w)
		}
	}
}

// TestWaysInDocumentation reads the examples of docs/mwaa.md, and verifies that the table and the
// example of docs/answers.md contain every key of a load balancer.
func TestWaysInDocumentation(t *testing.T) {
	doc, err := os.ReadFile("../../docs/mwaa.md")
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]bool{}
	for i, block := range strings.Split(string(doc), "```") {
		if text, ok := strings.CutPrefix(block, "yaml\n"); ok && i%2 == 1 {
			a, _, err := Load("docs/mwaa.md", []byte(text))
			if err != nil {
				t.Errorf("the example is rejected: %v\n%s", err, text)
			}
			ways[a.Airflow.WayIn] = true
		}
	}
	for _, way := range waysIn {
		if !ways[way] {
			t.Errorf("no example has a %s", way)
		}
	}
	all, err := os.ReadFile("../../docs/answers.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keysOf(reflect.TypeFor[LoadBalancer]()) {
		if !strings.Contains(string(all), "\n| `"+key+"` |") || !strings.Contains(string(all), "\n    "+key+": ") {
			t.Errorf("the key %s is not in the table and the example", key)
		}
	}
}

// TestRegistryDocumentation reads the examples of docs/registry.md. Together they use every key.
func TestRegistryDocumentation(t *testing.T) {
	data, err := os.ReadFile("../../docs/registry.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	blocks := strings.Split(doc, "```")
	if len(blocks) != 11 {
		t.Fatalf("%d parts, want five examples", len(blocks))
	}
	for i := 1; i < len(blocks); i += 2 {
		a, _, err := Load("docs/registry.md", []byte(strings.TrimPrefix(blocks[i], "yaml\n")))
		if err != nil || !a.Registry.On() {
			t.Errorf("the example is rejected or empty: %v\n%s", err, blocks[i])
		}
	}
	for _, key := range keysOf(reflect.TypeFor[Registry]()) {
		if !strings.Contains(doc, "\n| `"+key+"` |") {
			t.Errorf("the key %s is not in the table", key)
		}
	}
}

// examples returns all answers files in the documentation.
func examples(t *testing.T) []string {
	t.Helper()
	sample, err := os.ReadFile("../../docs/samples/answers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := []string{string(sample)}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md") {
		doc, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(doc), "```yaml\n")[1:] {
			text, _, _ := strings.Cut(block, "```")
			if strings.Contains(text, "\njobs:\n") || filepath.Base(page) == "config.md" { // a workflow of GitHub Actions, and preferences
				continue
			}
			if !strings.Contains(text, "version: ") {
				text = "version: 1\n" + text
			}
			out = append(out, text)
		}
	}
	return out
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// terraformFiles returns the files of a case's export.
func terraformFiles(t *testing.T, c exported) map[string]string {
	t.Helper()
	files, err := export.Terraform(c.plan, export.Meta{Version: "dev", Answers: "answers.yaml", Name: "endpoints"})
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	out := map[string]string{}
	for _, f := range files {
		out[f.Name] = f.Text
	}
	return out
}

// TestTerraformHasEveryChange exports every plan of the matrix as Terraform code. Each change that creates or modifies something
// is declared, or listed by its id as not expressible, and never both. The code has the format of terraform fmt.
func TestTerraformHasEveryChange(t *testing.T) {
	t.Parallel()
	for _, c := range exportMatrix(t) {
		if c.code != 0 {
			continue
		}
		files := terraformFiles(t, c)
		main := files["main.tf"]
		for _, a := range c.plan.Changes {
			declared := strings.Contains(main, "\n# "+string(a.ID)+": ")
			left := strings.Contains(main, "\n#   - "+string(a.ID)+": ")
			if applies := a.Op == resource.Create || a.Op == resource.Modify; applies && declared == left {
				t.Errorf("%s: %s: declared %v, listed as not expressible %v", c, a.ID, declared, left)
			}
		}
		for name, text := range files {
			if filepath.Ext(name) != ".tf" {
				continue
			}
			if want := string(hclwrite.Format([]byte(text))); want != text {
				t.Errorf("%s: %s is not formatted:\n%s", c, name, cmp.Diff(want, text))
			}
		}
	}
}

// TestExportKeepsAppliedCode exports a plan again. Code is replaced as long as it creates the same resources. After they exist, a new
// export only reads them, so that a tool would delete them.
func TestExportKeepsAppliedCode(t *testing.T) {
	t.Parallel()
	s := hasty(t, "closed")
	s.write("answers.yaml", scenarioAnswers["closed"])
	formats := map[string]struct{ out, file, resource string }{
		"terraform":      {"tf", "tf/main.tf", "aws_security_group.endpoints"},
		"cloudformation": {"stack.yaml", "stack.yaml", "SecurityGroupEndpoints"},
	}
	export := func(code int, format string) string {
		_, said := s.wizard(code, "export", "--answers", "answers.yaml", "--format", format, "--out", formats[format].out)
		return said
	}
	for format := range formats {
		export(exitOK, format)
		export(exitOK, format)
	}
	s.wizard(exitOK, "apply", "--answers", "answers.yaml", "--yes")
	for format, f := range formats {
		before := must(os.ReadFile(filepath.Join(s.dir, f.file)))(t)
		contains(t, export(exitUsage, format), f.file, f.resource, "would delete")
		if after := must(os.ReadFile(filepath.Join(s.dir, f.file)))(t); string(after) != string(before) {
			t.Errorf("%s was replaced", f.file)
		}
	}
}

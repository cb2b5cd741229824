package export

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// terraformOf returns the files of a plan by name.
func terraformOf(t testing.TB, p *plan.Plan) map[string]string {
	t.Helper()
	files, err := Terraform(p, Meta{Version: "1.0.0", Answers: "answers.yaml", Name: "endpoints"})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files {
		if !strings.HasPrefix(f.Text, f.Start) || f.Start == "" {
			t.Errorf("%s does not begin with %q", f.Name, f.Start)
		}
		out[f.Name] = f.Text
	}
	return out
}

// The golden files have all files of a folder but the script, which is in those of bash.
func TestTerraformGolden(t *testing.T) {
	for name, make := range plans {
		var b strings.Builder
		for _, file := range []string{"README.md", "versions.tf", "variables.tf", "main.tf", "outputs.tf"} {
			b.WriteString("== " + file + " ==\n" + terraformOf(t, make(fixed))[file] + "\n")
		}
		file := filepath.Join("testdata", "terraform", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

//go:build acceptance

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

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestAcceptanceCloudFormationOnMoto deploys templates on an emulator that others wrote and runs their scripts, as the header of
// each template says. Afterwards a plan keeps everything.
//
// What moto leaves out, and so is not tried here: IMPORT change sets, updates of endpoints, and of a new VPC its DNS attributes
// and the tags of its internet gateway.
func TestAcceptanceCloudFormationOnMoto(t *testing.T) {
	t.Parallel()
	tool(t, "bash")
	s := newSite(t, startMoto(t))
	aws := filepath.Join(s.programs(long[0]), "aws")
	const closed = "version: 1\nworkload: ecs-fargate\nvpc: shop\nservice: shop/web\n"
	for _, tt := range []struct {
		name, answers string
		exists        bool     // the VPC exists
		usage         []string // the commands of the header with their exit codes
		kept          bool     // a plan then keeps everything
	}{
		// moto turns DNS host names of a VPC off, as AWS does, so the script turns them on first.
		{"existing VPC", closed, true, []string{"1 bash", "0 deploy", "0 bash"}, true},
		{"two phases", closed + "two_phases: true\n", true, []string{"1 bash", "0 deploy PrivateDns=false", "4 bash --check"}, false},
		{"new VPC", "version: 1\nworkload: ecs-fargate\nvpc:\n  create: {name: shop, cidr: 10.40.0.0/16, internet: nat}\nfirst: {name: web, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1}\n",
			false, []string{"0 deploy"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := *s
			s.t = t
			s.post("/moto-api/reset")
			if tt.exists {
				s.furnish()
			}
			file := strings.ReplaceAll(tt.name, " ", "-")
			s.write("answers.yaml", tt.answers)
			s.wizard(0, "export", "--answers", "answers.yaml", "--format", "cloudformation", "--out", file+".yaml")
			for _, step := range tt.usage {
				words := strings.Fields(step)
				code := int(words[0][0] - '0')
				if words[1] == "bash" {
					s.script(long[0], code, append([]string{file + "-finish.sh"}, words[2:]...)...)
					continue
				}
				deploy := []string{"cloudformation", "deploy", "--stack-name", file, "--template-file", file + ".yaml", "--capabilities", "CAPABILITY_NAMED_IAM", "--parameter-overrides"}
				// moto does not split the default of a list.
				s.run(code, aws, slices.Concat(deploy, s.defaults(file+".yaml"), words[2:])...)
			}
			if !tt.kept {
				return
			}
			out, _ := s.wizard(0, "plan", "--answers", "answers.yaml", "--json")
			var p struct{ Actions []resource.ChangeJSON }
			if err := json.Unmarshal([]byte(out), &p); err != nil || len(p.Actions) == 0 {
				t.Fatal(err, out)
			}
			for _, a := range p.Actions {
				if a.Op != resource.Keep {
					t.Errorf("a plan after the deployment has to %s %s", a.Op, a.ID)
				}
			}
		})
	}
}

// defaults returns the parameters of a template with their defaults, for --parameter-overrides.
func (s *site) defaults(file string) []string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, file))
	if err != nil {
		s.t.Fatal(err)
	}
	var template struct {
		Parameters map[string]struct {
			Default string `yaml:"Default"`
		} `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for name, p := range template.Parameters {
		out = append(out, name+"="+p.Default)
	}
	return out
}

// lintAll checks templates with cfn-lint in one process, which takes seconds to start. Its arguments are pairs: a Region and a file.
const lintAll = `
import sys
from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner
regions, found = {}, []
for region, name in zip(sys.argv[1::2], sys.argv[2::2]):
    regions.setdefault(region, []).append(name)
for region, names in regions.items():
    found += Runner(ConfigMixIn([], regions=[region], templates=names)).run()
print(*(f"{m.filename}:{m.linenumber}: {m.rule.id} {m.message}" for m in found), sep="\n")
sys.exit(len(found) > 0)
`

// TestAcceptanceCloudFormationLint checks templates of the matrix with cfn-lint, each in the Region of its plan. Templates with the
// same types of resources and parameters in a Region, and the same conditions, differ only in values, so one of them is checked.
func TestAcceptanceCloudFormationLint(t *testing.T) {
	t.Parallel()
	args, seen := []string{"-c", lintAll}, map[string]bool{}
	dir := t.TempDir()
	for _, c := range templates(t) {
		for _, f := range c.files {
			key := c.plan.Region + " " + strings.Join(typesIn(f.Text), " ")
			if !strings.Contains(f.Text, "AWSTemplateFormatVersion") || seen[key] {
				continue
			}
			seen[key] = true
			file := filepath.Join(dir, fmt.Sprintf("%d %s.yaml", len(seen), strings.ReplaceAll(c.String(), "/", " ")))
			if err := os.WriteFile(file, []byte(f.Text), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, c.plan.Region, file)
		}
	}
	tool(t, "cfn-lint")
	if out, err := exec.Command(tool(t, "python3"), args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%d templates", len(seen))
}

// typesIn returns the types of the resources and parameters of a template, and its conditions.
func typesIn(template string) []string {
	var out []string
	for line := range strings.Lines(template) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && (key == "Type" || strings.HasPrefix(value, "!If")) {
			out = append(out, key+value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

//go:build acceptance

package main

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
)

// tfBlock matches a block of Terraform at the beginning of a line.
func tfBlock(kind string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^` + kind + ` .*\{\n(?:.*\n)*?\}\n`)
}

// TestAcceptanceTerraformMatrix validates the Terraform code of every plan of the matrix. Each plan is a module of one
// configuration, because the provider needs seconds to start. Modules can have neither a provider nor an import of their own.
func TestAcceptanceTerraformMatrix(t *testing.T) {
	t.Parallel()
	dir, seen, root := t.TempDir(), map[string]bool{}, ""
	provider, imports, comments := tfBlock("provider"), tfBlock("import"), regexp.MustCompile(`(?m)^#.*\n`)
	for _, c := range exportMatrix(t) {
		if c.code != 0 {
			continue
		}
		files := terraformFiles(t, c)
		code := comments.ReplaceAllString(files["main.tf"]+files["variables.tf"]+files["versions.tf"], "")
		if seen[code] {
			continue
		}
		seen[code] = true
		name := fmt.Sprintf("m%d", len(seen))
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		for file, text := range files {
			if filepath.Ext(file) == ".tf" {
				text = imports.ReplaceAllString(provider.ReplaceAllString(text, ""), "")
				if err := os.WriteFile(filepath.Join(dir, name, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		root += fmt.Sprintf("# %s\nmodule %q {\n  source = \"./%s\"\n", c, name, name)
		for _, in := range c.plan.Inputs() {
			if variable := strings.ReplaceAll(in.Name, "-", "_"); strings.Contains(files["variables.tf"], `variable "`+variable+`"`) {
				root += "  " + variable + " = \"any\"\n"
			}
		}
		root += "}\n\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), hclwrite.Format([]byte(root)), 0o600); err != nil {
		t.Fatal(err)
	}
	x := newTerraform(t, dir, "http://127.0.0.1:1", "us-east-1")
	x.must(t, "validate")
	x.must(t, "fmt", "-check", "-recursive", "-diff")
	t.Logf("%d configurations", len(seen))
}

// tfCase is a plan that is applied with Terraform.
type tfCase struct {
	scenario, region, answers string
	prepare                   func(*site) // changes the account first
	phases                    bool        // first with private DNS off
	secret                    string      // the variable that the password is for
	// later are the changes that the next plan has. What only runs, and what a plan does not read, is planned again.
	later []string
	stays []string // resources that Terraform must not own when it destroys
}

var tfCases = map[string]tfCase{
	// The provider waits a minute for each subnet that it adds or removes.
	"half done":   {scenario: "half-done", region: "us-east-1", answers: "version: 1\nworkload: ecs-fargate\nservice: prod/orders\nneeds: [ecr, awslogs]\n"},
	"DNS is off":  {scenario: "closed", region: "us-east-1", answers: "version: 1\nworkload: ecs-fargate\nservice: prod/web\n", prepare: withoutHostnames, stays: []string{"aws_vpc.existing"}},
	"bastion":     {scenario: "mwaa-private", region: "us-west-2", answers: "version: 1\nworkload: mwaa\nregion: us-west-2\nendpoint_policy: {sqs: full}\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: session-manager}}\n", stays: []string{"aws_vpc_endpoint_policy.sqs_policy"}},
	"certificate": {scenario: "mwaa-private", region: "us-west-2", answers: balancedCases["requested, with zone"].answers, later: []string{"record/", "target-health/"}, stays: []string{"aws_vpc_endpoint_policy.sqs_policy", "aws_route53_record.fresh_example_com_record"}},
	"new VPC":     {scenario: "empty", region: "us-east-1", answers: newVPCAnswers, later: []string{"flow-log/"}},
	"credentials": {scenario: "registry", region: "us-east-1", answers: strings.ReplaceAll(registryAnswers, "  update_service: true\n", ""), phases: true, secret: "registry", later: []string{"secret/"}},
}

// withoutHostnames turns DNS host names of the VPC off.
func withoutHostnames(s *site) {
	_, err := ec2.NewFromConfig(s.config()).ModifyVpcAttribute(s.t.Context(), &ec2.ModifyVpcAttributeInput{VpcId: sdk.String("vpc-0a1b2c3d4e5f60001"), EnableDnsHostnames: &types.AttributeBooleanValue{Value: sdk.Bool(false)}})
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestAcceptanceTerraformApply applies exported code to a served sandbox account. Afterwards a plan of the wizard keeps everything,
// a plan of Terraform has no changes, and the script verifies the path. After destroy the account is as before, except for what AWS
// keeps. A password is in no file.
func TestAcceptanceTerraformApply(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	at := make(chan struct{}, 4) // Terraform mostly waits, so more of them run than the machine has processors
	for name, tt := range tfCases {
		all.Go(func() {
			at <- struct{}{}
			defer func() { <-at }()
			t.Run(name, tt.apply)
		})
	}
	all.Wait()
}

func (tt tfCase) apply(t *testing.T) {
	s := hasty(t, tt.scenario)
	s.env = append(s.env, "AWS_REGION="+tt.region, "AWS_DEFAULT_REGION="+tt.region)
	if tt.prepare != nil {
		tt.prepare(s)
	}
	s.write("answers.yaml", tt.answers)
	before := s.rested()
	args := []string{"export", "--answers", "answers.yaml", "--format", "terraform", "--out", "tf"}
	s.wizard(0, args...)
	dir := filepath.Join(s.dir, "tf")
	x := newTerraform(t, dir, s.url, tt.region)
	canary := passwords["signs"]
	if tt.secret != "" {
		x.env = append(x.env, "TF_VAR_"+tt.secret+"="+canary)
	}
	var all strings.Builder // what the programs print
	if tt.phases {
		all.WriteString(x.must(t, "apply", "-auto-approve", "-parallelism=30"))
		_, said := s.script(standIn, exitDiffers, "tf/finish.sh", "--check")
		contains(t, said, "verified", "A run would change it.")
		_, said = s.script(standIn, 1, "tf/finish.sh")
		contains(t, said, "Terraform applies this change, and it is not applied.", "private_dns = true")
		s.write("tf/terraform.tfvars", "private_dns = true\n")
	}
	all.WriteString(x.must(t, "plan", "-out=saved.tfplan"))
	all.WriteString(x.must(t, "apply", "-parallelism=30", "saved.tfplan"))
	out, said := s.script(standIn, 0, "tf/finish.sh")
	all.WriteString(out + said)
	s.leaves(tt.later...)
	planned, code := x.run(t, "plan", "-detailed-exitcode")
	if code != 0 {
		t.Errorf("the plan after apply: exit code %d\n%s", code, planned)
	}
	_, said = s.wizard(exitUsage, args...)
	contains(t, said, "would delete")
	if tt.secret != "" {
		all.WriteString(planned)
		leaks(t, canary, all.String(), s.dir)
	}

	if undone := filepath.Join(s.dir, "tf", "finish.sh.created"); exists(undone) {
		s.script(standIn, 0, "tf/finish.sh", "--undo")
	}
	for _, address := range tt.stays {
		out, code := x.run(t, "destroy", "-auto-approve")
		if code == 0 || !strings.Contains(out, "Instance cannot be destroyed") {
			t.Fatalf("destroy with %s: exit code %d\n%s", address, code, out)
		}
		x.must(t, "state", "rm", address)
	}
	x.must(t, "destroy", "-auto-approve", "-parallelism=30")
	readme := string(must(os.ReadFile(filepath.Join(dir, "README.md")))(t))
	if _, commands, ok := strings.Cut(readme, "Changes to what existed before stay."); ok {
		s.write("stays.sh", strings.Split(commands, "```")[1][len("sh\n"):])
		s.script(long[0], 0, "stays.sh")
	}
	fixed := accounttest.IDs(before)
	kept := func(account any) any { return accounttest.WithoutKept(accounttest.Normal(account, fixed)) }
	if d := cmp.Diff(kept(before), kept(s.rested())); d != "" {
		t.Error("destroy left something (-before +after)", d)
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// leaks fails if a secret is in a text or in a file of a folder.
func leaks(t *testing.T, secret, text, folder string) {
	t.Helper()
	canary := secret[:12]
	if strings.Contains(text, canary) {
		t.Error("a program prints the password")
	}
	files := 0
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		data, err := os.ReadFile(name)
		if strings.Contains(string(data), canary) {
			t.Errorf("%s contains the password", name)
		}
		return err
	})
	if err != nil || files < 8 {
		t.Errorf("%d files searched: %v", files, err)
	}
	saved, err := zip.OpenReader(filepath.Join(folder, "tf", "saved.tfplan"))
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	for _, f := range saved.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil || strings.Contains(string(data), canary) {
			t.Errorf("%s of the saved plan contains the password, or cannot be read: %v", f.Name, err)
		}
	}
}

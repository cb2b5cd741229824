//go:build acceptance

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// terraform runs Terraform in a folder with a configuration, against an account.
type terraform struct {
	path string
	dir  string
	env  []string
}

// newTerraform initializes the folder. Terraform links an installed provider and does not copy it.
func newTerraform(t *testing.T, dir, endpoint, region string) terraform {
	t.Helper()
	settings := t.TempDir()
	file := filepath.Join(settings, "terraform.rc")
	if err := os.WriteFile(file, []byte(terraformSettings(terraformProviders(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	x := terraform{path: tool(t, "terraform"), dir: dir, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + settings, "TMPDIR=" + os.TempDir(), "TF_CLI_CONFIG_FILE=" + file, "CHECKPOINT_DISABLE=1", "TF_CLI_ARGS=-no-color", "TF_INPUT=0",
		"AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_REGION=" + region, "AWS_EC2_METADATA_DISABLED=true",
	}}
	for _, name := range []string{"HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE"} { // for the download of a provider
		if value, ok := os.LookupEnv(name); ok {
			x.env = append(x.env, name+"="+value)
		}
	}
	x.must(t, "init")
	// The provider that init has linked or downloaded. A configuration without it needs none.
	found, err := filepath.Glob(filepath.Join(dir, ".terraform", "providers", "*", "hashicorp", "aws", "*", runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-aws_v*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > 0 {
		x.env = append(x.env, "TF_REATTACH_PROVIDERS="+startProvider(t, found[0], x.env))
	}
	return x
}

// startProvider starts a provider that serves all commands of a test, and returns how they connect to it. The start takes seconds, and
// each command would start it twice.
func startProvider(t *testing.T, program string, env []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "-debug")
	cmd.Env = env
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the context has ended it
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, value, ok := strings.Cut(lines.Text(), "TF_REATTACH_PROVIDERS='"); ok {
			return strings.TrimSuffix(value, "'")
		}
	}
	t.Fatal("the provider shows no TF_REATTACH_PROVIDERS")
	return ""
}

// terraformSettings returns a CLI configuration with a folder of unpacked providers. Without one Terraform downloads the provider.
func terraformSettings(folder string) string {
	if folder == "" {
		return ""
	}
	return fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", folder)
}

// terraformProviders returns the folder of TERRAFORM_PROVIDERS, or the first usual one that has the AWS provider; "" if there is none.
func terraformProviders(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv("TERRAFORM_PROVIDERS"); folder != "" {
		return folder
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{
		"/opt/*", "/usr/share/terraform/*", "/usr/local/share/terraform/plugins", filepath.Join(home, ".terraform.d", "plugins"), filepath.Join(home, ".local", "share", "terraform", "plugins"),
	} {
		found, err := filepath.Glob(filepath.Join(pattern, "*", "hashicorp", "aws"))
		if err != nil {
			t.Fatal(err)
		}
		for _, aws := range found {
			return filepath.Dir(filepath.Dir(filepath.Dir(aws)))
		}
	}
	return ""
}

// run runs a command of Terraform and returns its output, standard output and standard error together.
func (x terraform) run(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), x.path, args...)
	cmd.Dir, cmd.Env = x.dir, x.env
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	start := time.Now()
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	t.Logf("terraform %s: %.1f s", strings.Join(args, " "), time.Since(start).Seconds())
	return output.String(), cmd.ProcessState.ExitCode()
}

// must runs a command that must succeed.
func (x terraform) must(t *testing.T, args ...string) string {
	t.Helper()
	out, code := x.run(t, args...)
	if code != 0 {
		t.Fatalf("terraform %v: exit code %d\n%s", args, code, out)
	}
	return out
}

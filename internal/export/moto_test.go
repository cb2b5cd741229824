//go:build acceptance

package export

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/clitest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// emulator starts moto, an AWS emulator written by others, and tells its URL.
func emulator(t *testing.T) string {
	t.Helper()
	program := tool(t, "moto_server")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-H", "127.0.0.1", "-p", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	url := "http://" + address
	for deadline := time.Now().Add(60 * time.Second); ; {
		if resp, err := http.Get(url + "/moto-api/"); err == nil {
			_ = resp.Body.Close()
			return url
		}
		if time.Now().After(deadline) {
			t.Fatal("moto does not answer")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// account is an emulated account as one version of the AWS CLI sees it.
type account struct {
	t   *testing.T
	dir string // of the CLI
	env []string
}

// newAccount returns an account for one of the AWS CLIs. A Python process holds the CLI, if it is a package there, because
// each start of the program takes most of a second.
func newAccount(t *testing.T, url, cli string) account {
	env := append(os.Environ(), "AWS_ENDPOINT_URL="+url, "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true")
	python, dir := "python3", t.TempDir()
	if cli == debianCLI {
		python = "/usr/bin/python3"
	}
	if clitest.HasCLI(python) {
		dir = clitest.NewReal(t, python, append(env, "PYTHONUTF8=1")).Programs(t, &clitest.Clock{}).Dir
	} else if err := os.Symlink(cli, filepath.Join(dir, "aws")); err != nil {
		t.Fatal(err)
	}
	return account{t, dir, append(env, "PATH="+dir+":"+os.Getenv("PATH"))}
}

const debianCLI = "/usr/bin/aws"

func (a account) aws(args ...string) string {
	a.t.Helper()
	url := ""
	for _, e := range a.env {
		if v, ok := strings.CutPrefix(e, "AWS_ENDPOINT_URL="); ok {
			url = v
		}
	}
	cmd := exec.Command(filepath.Join(a.dir, "aws"), append([]string{"--endpoint-url", url, "--region", region, "--output", "text"}, args...)...)
	cmd.Env = a.env
	out, err := cmd.Output()
	if err != nil {
		a.t.Fatalf("aws %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// run runs a script and tells its exit code.
func (a account) run(script string, args ...string) (stdout, stderr string, code int) {
	a.t.Helper()
	return runScript(a.t, a.env, script, args...)
}

// setUp makes a VPC with two subnets and tells what the plans need of it.
func (a account) setUp() resources {
	t := resources{}
	t.vpc = a.aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId")
	for i, zone := range []string{"a", "b"} {
		t.subnets = append(t.subnets, a.aws("ec2", "create-subnet", "--vpc-id", t.vpc, "--cidr-block", fmt.Sprintf("10.0.%d.0/24", i), "--availability-zone", region+zone,
			"--query", "Subnet.SubnetId"))
	}
	if t.subnets[0] > t.subnets[1] {
		t.subnets[0], t.subnets[1] = t.subnets[1], t.subnets[0]
	}
	t.routeTable = a.aws("ec2", "describe-route-tables", "--filters", "Name=vpc-id,Values="+t.vpc, "--query", "RouteTables[0].RouteTableId")
	t.acl = a.aws("ec2", "describe-network-acls", "--filters", "Name=vpc-id,Values="+t.vpc, "--query", "NetworkAcls[0].NetworkAclId")
	return t
}

func ids(t *testing.T, stdout string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for s := bufio.NewScanner(strings.NewReader(stdout)); s.Scan(); {
		row, id, ok := strings.Cut(s.Text(), "\t")
		if !ok {
			t.Errorf("not a line of the result: %q", s.Text())
		}
		out[row] = id
	}
	return out
}

// clis are the versions of the AWS CLI at hand.
func clis(t *testing.T) []string {
	first := tool(t, "aws")
	out := []string{first}
	if _, err := os.Stat(debianCLI); err == nil && first != debianCLI {
		out = append(out, debianCLI)
	}
	return out
}

func TestAcceptanceAgainstEmulator(t *testing.T) {
	url := emulator(t)
	for i, cli := range clis(t) {
		t.Run(fmt.Sprint("cli", i+1), func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, url, cli)
			make := hostile
			if i == 0 {
				make = fresh
			}
			with := a.setUp()
			sh := scriptOf(t, make(with))
			first, said, code := a.run(sh)
			if code != 0 {
				t.Fatalf("exit %d\n%s%s", code, first, said)
			}
			if strings.Count(said, "  verified  ") != 12 || strings.Contains(said, "FAILED") || !strings.Contains(said, "not verified  endpoint/ecr.api") {
				t.Errorf("the proof says:\n%s", said)
			}
			made := ids(t, first)
			if len(made) != len(make(with).Changes) {
				t.Errorf("%v", made)
			}

			second, said, code := a.run(sh)
			if second != first || code != 0 || strings.Contains(said, "  done:") {
				t.Errorf("the second run made something: exit %d\n%s%s", code, second, said)
			}

			if i > 0 { // the account has what the plan lists, names included
				got := a.aws("ec2", "describe-security-groups", "--group-ids", made["security-group/endpoints"], "--output", "json", "--query", "SecurityGroups[0].Tags")
				if !strings.Contains(got, `$(touch x)'`) || !strings.Contains(got, `\ud83e\udd8a`) && !strings.Contains(got, "🦊") {
					t.Errorf("the tags arrived as %s", got)
				}
				return
			}

			a.aws("ec2", "delete-vpc-endpoints", "--vpc-endpoint-ids", made["endpoint/logs"])
			wrong := make(with)
			wrong.Claims = append(wrong.Claims, resource.Claim{Change: "endpoint/s3", Says: "no such table", Measure: resource.Routed{RouteTable: resource.Lit("rtb-none")}})
			third, said, code := a.run(scriptOf(t, wrong))
			again := ids(t, third)
			if strings.Count(said, "  done:") != 1 || again["endpoint/logs"] == made["endpoint/logs"] || again["endpoint/ecr.api"] != made["endpoint/ecr.api"] {
				t.Errorf("what was deleted was not made again: exit %d\n%s%s", code, third, said)
			}
			if code != 1 || !regexp.MustCompile(`FAILED +endpoint/s3: no such table \(found: no; expected: yes\)`).MatchString(said) {
				t.Errorf("a claim that does not hold: exit %d\n%s", code, said)
			}

			kept := mixed(with)
			kept.Changes, kept.Claims = kept.Changes[3:4], nil
			kept.Changes[0].Existing = made["endpoint/logs"]
			if _, said, code := a.run(scriptOf(t, kept)); code != 1 || !strings.Contains(said, "create a new plan") || !strings.Contains(said, made["endpoint/logs"]) {
				t.Errorf("an unchanged resource was deleted: exit %d\n%s", code, said)
			}

			other := make(with)
			other.Account = "999999999999"
			if _, said, code := a.run(scriptOf(t, other)); code != 2 || !strings.Contains(said, "belong to account 123456789012") {
				t.Errorf("another account: exit %d\n%s", code, said)
			}
		})
	}
}

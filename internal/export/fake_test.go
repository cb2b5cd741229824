package export

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/clitest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// fake answers in the place of the AWS CLI: an operation's Nth call with the answer OP.N, or OP where there is none. An
// answer is the exit code in the first line, then what is printed. Calls go to a log. It takes no time, nor does its sleep.
type fake struct {
	dir      string // for temporary files
	env      []string
	answers  map[string]string
	endpoint string // that each call must lead to
	hangs    chan struct{}
	answered chan struct{} // closed when a call that waits gets its answer

	mu    sync.Mutex
	calls map[string]int
	lines strings.Builder
}

func newFake(t *testing.T, answers map[string]string) *fake {
	t.Helper()
	f := &fake{dir: t.TempDir(), hangs: make(chan struct{}), answered: make(chan struct{}), calls: map[string]int{}, answers: map[string]string{
		"get-caller-identity":    "0\n123456789012",
		"describe-vpc-endpoints": "0\nNone",
		"create-vpc-endpoint":    "0\nvpce-1",
	}}
	maps.Copy(f.answers, answers)
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "AWS_") && !strings.HasPrefix(e, "PATH=") {
			f.env = append(f.env, e)
		}
	}
	f.env = append(f.env, "PATH="+clitest.Fake(t, f.answer).Dir+":"+os.Getenv("PATH"), "TMPDIR="+f.dir)
	return f
}

func (f *fake) answer(ctx context.Context, program string, args []string) (string, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if program == "sleep" {
		fmt.Fprintf(&f.lines, "sleep %s\n", args[0])
		return "", 0
	}
	if f.endpoint != "" {
		if len(args) < 2 || args[0] != "--endpoint-url" || args[1] != f.endpoint {
			return fmt.Sprintf("another endpoint: %q", args), 7
		}
		args = args[2:]
	}
	args = args[4:] // --region R --output text
	fmt.Fprintln(&f.lines, strings.Join(args, " "))
	op := args[1]
	f.calls[op]++
	text, ok := f.answers[fmt.Sprintf("%s.%d", op, f.calls[op])]
	if !ok {
		text = f.answers[op]
	}
	if text == "hang" {
		close(f.hangs)
		<-ctx.Done()
	}
	if text == "wait" {
		close(f.hangs)
		f.mu.Unlock()
		<-f.answered
		f.mu.Lock()
		text = "0\nvpce-1"
	}
	first, rest, _ := strings.Cut(text+"\n", "\n")
	code, err := strconv.Atoi(first)
	if err != nil {
		return fmt.Sprintf("the fake has no answer to %q", args), 9
	}
	return rest, code
}

func (f *fake) log() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lines.String()
}

func runScript(t *testing.T, env []string, script string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script.sh")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool(t, "bash"), append([]string{file}, args...)...)
	cmd.Env = env
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// one is a plan of a single endpoint.
func one() *plan.Plan {
	p := fresh(fixed)
	p.Changes = p.Changes[5:6]
	p.Changes[0].Spec = resource.InterfaceEndpoint{VPC: "vpc-0a1", Service: serviceName("ecr.api"), Subnets: fixed.subnets, Groups: []resource.Value{resource.Lit("sg-01")}, PrivateDNS: true}
	p.Claims = p.Claims[:2]
	return p
}

// denied is how the CLI tells an error.
func denied(code, op string) string {
	return fmt.Sprintf("254\n\nAn error occurred (%s) when calling the %s operation: because", code, op)
}

const (
	state     = "0\nvpce-1\t%s"
	provedOne = "0\navailable\nyes"
)

func TestRuns(t *testing.T) {
	public := one() // AWS accepts two of it
	public.Changes[0].Spec = resource.InterfaceEndpoint{VPC: "vpc-0a1", Service: serviceName("ecr.api"), Subnets: fixed.subnets, Groups: []resource.Value{resource.Lit("sg-01")}}
	rule := fresh(fixed)
	rule.Changes, rule.Claims = rule.Changes[2:4], nil
	change := mixed(fixed)
	change.Changes, change.Claims = change.Changes[2:3], nil
	attribute := fresh(fixed)
	attribute.Changes, attribute.Claims = attribute.Changes[:1], nil
	named := fresh(fixed)
	named.Changes, named.Claims = append(named.Changes[1:2], one().Changes[0]), one().Claims
	named.Changes[1].After = []resource.ID{named.Changes[0].ID}
	grouped := fresh(fixed)
	grouped.Changes, grouped.Claims = []resource.Change{grouped.Changes[2], grouped.Changes[5]}, nil
	restart := agents(fixed)
	row := restart.Change("agents/prod")
	spec := row.Spec.(resource.AgentRestart)
	spec.Hosts, spec.Endpoints = slices.Concat(spec.Hosts[:1], spec.Hosts[6:]), map[string]resource.Value{"ecs": resource.Lit("vpce-1")}
	row.Spec = spec
	restart.Changes = []resource.Change{*row}
	commands := agents(fixed)
	row = commands.Change("agents/prod")
	spec.Hosts = spec.Hosts[1:]
	row.Spec = spec
	commands.Changes, commands.Claims = []resource.Change{*row}, commands.Claims[1:]
	const cluster = "arn:aws:ecs:eu-central-1:123456789012:cluster/prod"
	instances := func(answers map[string]string, said ...string) map[string]string { // one text for each time that they are asked for
		for i, text := range said {
			answers[fmt.Sprintf("describe-container-instances.%d", i+1)] = "0\n" + text
		}
		return answers
	}
	begun := func(answers map[string]string, said ...string) map[string]string { // after this run recorded that it restarts the agent
		return instances(answers, append([]string{"None", "i-01\trecorded", cluster}, said...)...)
	}
	sent := func(state string) map[string]string {
		return map[string]string{"send-command": "0\nc-1", "list-command-invocations": "0\nc-1\t" + state, "list-command-invocations.1": "0\nNone", "list-command-invocations.2": "0\nc-1\tInProgress", "tag-resource": "0\n" + cluster}
	}
	stuck := begun(sent("Success"), "None")
	stuck["describe-container-instances"] = "0\ni-01\tnot connected"
	for name, c := range map[string]struct {
		plan    *plan.Plan
		answers map[string]string
		args    []string
		code    int
		says    []string // on standard error
		not     []string
		logs    []string
		out     string
	}{
		"makes, waits and proves": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.3": fmt.Sprintf(state, "pending"), "describe-vpc-endpoints.4": fmt.Sprintf(state, "available"),
				"describe-vpc-endpoints.5": provedOne},
			says: []string{"done: vpce-1", "verified      endpoint/ecr.api: the endpoint is available", "Applied and verified."}, logs: []string{"sleep 2"},
			out: "endpoint/ecr.api\tvpce-1\n",
		},
		"finds": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.1": "0\nvpce-1", "describe-vpc-endpoints.2": fmt.Sprintf(state, "available"), "describe-vpc-endpoints.3": provedOne},
			says: []string{"exists: vpce-1"}, not: []string{"done:"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"the call that reverts its own has no answer": {
			plan: public, answers: map[string]string{"describe-vpc-endpoints.3": "0\nvpce-0", "delete-vpc-endpoints": "255\n\nConnection was closed before we received a valid response"}, code: 1,
			says: []string{"another run created vpce-0", "Delete it manually, or run again after that.", "The last call, aws ec2 delete-vpc-endpoints, may or may not have taken effect."},
		},
		"the call that reverts its own is denied": {
			plan: public, answers: map[string]string{"describe-vpc-endpoints.3": "0\nvpce-0", "delete-vpc-endpoints": denied("UnauthorizedOperation", "DeleteVpcEndpoints")}, code: 1,
			says: []string{"Delete it manually, or run again after that."}, not: []string{"may or may not"},
		},
		"reads pages": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.1": "0\nNone\n\nvpce-1\n\nNone\n", "describe-vpc-endpoints.2": "0\nvpce-9\tfailed\nvpce-1\tavailable",
				"describe-vpc-endpoints.3": "0\nNone\nNone\navailable\nyes\nNone\nNone"},
			says: []string{"exists: vpce-1", "Applied and verified."}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"slows down": {
			plan: one(), answers: map[string]string{"create-vpc-endpoint.1": denied("RequestLimitExceeded", "CreateVpcEndpoint"),
				"create-vpc-endpoint.2": denied("RequestLimitExceeded", "CreateVpcEndpoint"), "describe-vpc-endpoints.3": fmt.Sprintf(state, "available"), "describe-vpc-endpoints.4": provedOne},
			says: []string{"trying again in 2 seconds", "trying again in 4 seconds", "done: vpce-1"}, logs: []string{"sleep 2", "sleep 4"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"gives up at last": {
			plan: one(), answers: map[string]string{"create-vpc-endpoint": denied("RequestLimitExceeded", "CreateVpcEndpoint")}, code: 1,
			says: []string{"trying again in 64 seconds", "An error occurred (RequestLimitExceeded) when calling the CreateVpcEndpoint operation: because", "Nothing was changed in this run."},
			not:  []string{"128 seconds"},
		},
		"shows a refusal": {
			plan: one(), answers: map[string]string{"create-vpc-endpoint": denied("UnauthorizedOperation", "CreateVpcEndpoint")}, code: 1,
			says: []string{"An error occurred (UnauthorizedOperation) when calling the CreateVpcEndpoint operation: because", "Stopped at: endpoint/ecr.api:", "It is safe to run this script again"},
			not:  []string{"trying again"},
		},
		"expired credentials": {
			plan: one(), answers: map[string]string{"get-caller-identity": denied("ExpiredToken", "GetCallerIdentity")}, code: 1,
			says: []string{"(ExpiredToken)", "Nothing was changed"},
		},
		"never available": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.3": fmt.Sprintf(state, "failed"), "describe-vpc-endpoints.4": "0\nvpce-1\tInternalError: no luck"}, code: 1,
			says: []string{"endpoint/ecr.api (vpce-1) is failed", "no luck", "endpoint/ecr.api vpce-1"},
		},
		"too slow": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints": fmt.Sprintf(state, "pending"), "describe-vpc-endpoints.1": "0\nNone", "describe-vpc-endpoints.2": "0\nNone"}, code: 1,
			says: []string{"After 600 seconds these are still not available:", "is pending", "Done in this run so far:"},
		},
		"a claim fails": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.3": fmt.Sprintf(state, "available"), "describe-vpc-endpoints.4": "0\nNone\nNone", "describe-vpc-endpoints.5": "0\nNone\nNone", "describe-vpc-endpoints.6": "0\navailable\nsubnet-01 with 1 interfaces (plan: subnet-01,subnet-02)"}, code: 1,
			says: []string{"FAILED        endpoint/ecr.api: one interface in each zone (found: subnet-01 with 1 interfaces (plan: subnet-01,subnet-02); expected: yes)", "Claims that do not hold: 1"},
			not:  []string{"Stopped at"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"nothing found to prove": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.3": fmt.Sprintf(state, "available"), "describe-vpc-endpoints.4": "0\nNone\nNone"}, code: 1,
			says: []string{"Claims that do not hold: 2"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"a claim holds a moment late": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.3": fmt.Sprintf(state, "available"), "describe-vpc-endpoints.4": "0\nNone\nNone", "describe-vpc-endpoints.5": "0\navailable\nyes"},
			says: []string{"checking again in 2 seconds", "verified      endpoint/ecr.api"}, not: []string{"FAILED"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"exists already": {
			plan: rule, answers: map[string]string{"describe-security-groups": "0\nNone", "create-security-group": denied("InvalidGroup.Duplicate", "CreateSecurityGroup"),
				"describe-security-groups.3": "0\nsg-1", "describe-security-group-rules.1": "0\nNone", "describe-security-group-rules.2": "0\nsgr-1",
				"authorize-security-group-ingress": denied("InvalidPermission.Duplicate", "AuthorizeSecurityGroupIngress")},
			says: []string{"exists: sg-1", "exists: sgr-1"}, logs: []string{"authorize-security-group-ingress --group-id sg-1 "},
			out: "security-group/endpoints\tsg-1\nsecurity-group-rule/endpoints/in/10.0.0.0/16\tsgr-1\n",
		},
		"not known everywhere yet": {
			plan: rule, answers: map[string]string{"describe-security-groups": "0\nNone", "create-security-group": "0\nsg-1", "describe-security-group-rules": "0\nNone",
				"authorize-security-group-ingress.1": denied("InvalidGroup.NotFound", "AuthorizeSecurityGroupIngress"), "authorize-security-group-ingress": "0\nsgr-1"},
			says: []string{"done: sgr-1"}, logs: []string{"sleep 1"}, out: "security-group/endpoints\tsg-1\nsecurity-group-rule/endpoints/in/10.0.0.0/16\tsgr-1\n",
		},
		"another run is faster": { // its group does not exist yet when the script looks for it
			plan: grouped, answers: map[string]string{"describe-security-groups.1": "0\nNone\n", "describe-security-groups.2": "0\nsg-1\n",
				"describe-vpc-endpoints.1": "0\nNone\nvpce-1: security groups sg-1 (plan: not-created-yet)", "describe-vpc-endpoints": "0\nvpce-1\n", "describe-vpc-endpoints.3": fmt.Sprintf(state, "available")},
			says: []string{"exists: sg-1", "exists: vpce-1"}, not: []string{"differs"}, out: "security-group/endpoints\tsg-1\nendpoint/ecr.api\tvpce-1\n",
		},
		"not as planned": {
			plan: grouped, answers: map[string]string{"describe-security-groups.1": "0\nsg-1\n", "describe-vpc-endpoints.1": "0\nNone\nvpce-1: security groups sg-2 (plan: sg-1)"}, code: 1,
			says: []string{"endpoint/ecr.api: the account differs from the plan: vpce-1: security groups sg-2 (plan: sg-1). Create a new plan.", "Nothing was changed"},
		},
		"not changed everywhere yet": {
			plan: named, answers: map[string]string{"describe-vpc-attribute": "0\nNone", "modify-vpc-attribute": "0\nvpc-0a1",
				"create-vpc-endpoint.1": denied("InvalidParameter", "CreateVpcEndpoint") + " it needs enableDnsHostnames", "describe-vpc-endpoints.3": fmt.Sprintf(state, "available"), "describe-vpc-endpoints.4": provedOne},
			says: []string{"done: vpce-1"}, logs: []string{"sleep 1"}, out: "vpc-attribute/dns-hostnames\tvpc-0a1\nendpoint/ecr.api\tvpce-1\n",
		},
		"not there": {
			plan: change, answers: map[string]string{"modify-vpc-endpoint": denied("InvalidVpcEndpointId.NotFound", "ModifyVpcEndpoint")}, code: 1,
			says: []string{"(InvalidVpcEndpointId.NotFound)", "Nothing was changed"},
		},
		"exists but nowhere": {
			plan: rule, answers: map[string]string{"describe-security-groups": "0\nNone", "create-security-group": denied("InvalidGroup.Duplicate", "CreateSecurityGroup")}, code: 1,
			says: []string{"(InvalidGroup.Duplicate)", "cannot be found"},
		},
		"changes": {
			plan: change, answers: map[string]string{"modify-vpc-endpoint": "0\nvpce-01", "describe-vpc-endpoints.3": "0\nvpce-01\tavailable"},
			says: []string{"done: vpce-01"}, logs: []string{"modify-vpc-endpoint --add-route-table-ids rtb-01 --vpc-endpoint-id vpce-01"}, out: "endpoint/s3\tvpce-01\n",
		},
		"an unchanged resource was deleted": {
			plan: nothing(fixed), answers: map[string]string{"describe-vpc-attribute": "0\nFalse"}, code: 1, says: []string{"does not exist any more or cannot be used, but the plan keeps it", "create a new plan"},
		},
		"no id": {
			plan: one(), answers: map[string]string{"create-vpc-endpoint": "0\n$(rm -rf /)"}, code: 1, says: []string{"returned an invalid id: $(rm -rf /)"},
		},
		"no id found": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints": "0\nvpce-1\tavailable"}, code: 1, says: []string{"returned an invalid id"},
		},
		"another account": {
			plan: one(), answers: map[string]string{"get-caller-identity": "0\n999999999999"}, code: 2, says: []string{"belong to account 999999999999", "for account 123456789012"},
		},
		"unknown option": {plan: one(), args: []string{"--force"}, code: 2, says: []string{"unknown argument --force"}, not: []string{"Stopped"}},
		"help":           {plan: one(), args: []string{"--help"}},
		"dry run": {
			plan: one(), args: []string{"--dry-run"}, answers: map[string]string{"create-vpc-endpoint": denied("DryRunOperation", "CreateVpcEndpoint")},
			says: []string{"aws ec2 create-vpc-endpoint would succeed", "nothing was changed, and AWS rejected no change that could be tried"}, logs: []string{" --dry-run"}, not: []string{"is not there", "  verified"},
		},
		"dry run refused": {
			plan: one(), args: []string{"--dry-run"}, answers: map[string]string{"create-vpc-endpoint": denied("UnauthorizedOperation", "CreateVpcEndpoint")}, code: 1,
			says: []string{"would be rejected:", "(UnauthorizedOperation)", "Rejected changes: 1"}, not: []string{"Stopped at"},
		},
		"dry run of what hangs together": {
			plan: rule, args: []string{"--dry-run"}, answers: map[string]string{"describe-security-groups": "0\nNone", "create-security-group": denied("DryRunOperation", "CreateSecurityGroup")},
			says: []string{"create-security-group would succeed", "authorize-security-group-ingress (cannot be tried before the resources that it needs are created)"},
		},
		"dry run of what has none": {
			plan: attribute, args: []string{"--dry-run"}, answers: map[string]string{"describe-vpc-attribute": "0\nFalse"},
			says: []string{"would call aws ec2 modify-vpc-attribute (AWS does not support a dry run of it)"},
		},
		"restarts an agent and leaves another": {
			plan: restart, answers: begun(sent("Success"), "None", "i-01\tnot connected", "i-01\tconnected", "None", "connected"),
			says: []string{"restart the agents of eu-central-1a: i-01", "agents/prod (c-1) is InProgress", "agents/prod (i-01) is not connected", "tag instance i-01 as restarted",
				"manual step: On i-07 run: `sudo stop ecs` and `sudo start ecs`. Do not use `sudo docker stop ecs-agent`",
				"verified      agents/prod", "not verified  agents/prod: the ECS agents of 2 container instances", "Applied. Verified, except for checks that this script cannot do"},
			logs: []string{"--instance-ids i-01 --parameters {\n\"commands\": [\n  \"#!/bin/sh\",\n", "tag-resource"}, not: []string{"Applied and verified."}, out: "agents/prod\t" + cluster + "\n",
		},
		"an agent that was restarted": {
			plan: restart, answers: instances(map[string]string{}, cluster, "None", "hosts\trestarted", cluster, "i-01\tconnected", cluster, "connected"),
			says: []string{"already done", "manual step: On i-07"}, not: []string{"done:"}, out: "agents/prod\t" + cluster + "\n",
		},
		"an agent that does not come back": {
			plan: restart, answers: stuck, code: 1,
			says: []string{"After 600 seconds this is still not connected:\n  agents/prod (i-01) is not connected", "Stopped at: agents/prod:"}, not: []string{"note that", "manual step", "  verified"},
		},
		"a restart that fails": {
			plan: restart, answers: begun(sent("Failed"), "None"), code: 1,
			says: []string{"This will never be Success:\n  agents/prod (c-1) is Failed", "Stopped at: agents/prod:", "agents/prod c-1"}, not: []string{"is connected", "manual step"},
		},
		"agents are away again at the proof": {
			plan: restart, answers: begun(sent("Success"), "None", "i-01\tconnected", "None", "not connected: i-01", "not connected: i-01", "not connected: i-01"), code: 1,
			says: []string{"FAILED        agents/prod", "(found: not connected: i-01; expected: connected)", "Claims that do not hold: 1"}, out: "agents/prod\t" + cluster + "\n",
		},
		"commands for all agents": {
			plan: commands, says: []string{"manual step: On i-07", "run: `sudo stop ecs`", "not verified  agents/prod"}, not: []string{"done:", "  verified", "send-command"}, out: "agents/prod\t" + cluster + "\n",
		},
		"dry run of a restart": {
			plan: restart, args: []string{"--dry-run"}, answers: instances(map[string]string{"list-command-invocations": "0\nNone"}, "None", "None", "None", "None"),
			says: []string{"would call aws ssm send-command (AWS does not support a dry run of it)", "manual step: On i-07", "Changes that cannot be tried: 3"}, not: []string{"done:", "exists:"},
		},
		"dry run ignored": {plan: one(), args: []string{"--dry-run"}, code: 1, says: []string{"ignores --dry-run"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, c.answers)
			out, said, code := runScript(t, f.env, scriptOf(t, c.plan), c.args...)
			log := f.log()
			if code != c.code {
				t.Errorf("exit %d, not %d", code, c.code)
			}
			for _, s := range c.says {
				if !strings.Contains(said, s) {
					t.Errorf("does not say %q", s)
				}
			}
			for _, s := range c.not {
				if strings.Contains(said, s) {
					t.Errorf("says %q", s)
				}
			}
			for _, s := range c.logs {
				if !strings.Contains(log, s) {
					t.Errorf("does not call %q", s)
				}
			}
			if name != "help" && out != c.out {
				t.Errorf("prints %q, not %q", out, c.out)
			} else if name == "help" && !strings.HasPrefix(out, "Usage:") {
				t.Errorf("prints %q", out)
			}
			if left, _ := filepath.Glob(filepath.Join(f.dir, "privatelink-wizard.*")); len(left) > 0 {
				t.Errorf("leaves %v behind", left)
			}
			if t.Failed() {
				t.Logf("%s%s\n%s", out, said, log)
			}
		})
	}
}

func TestEndpointURLIsPassedOn(t *testing.T) {
	f := newFake(t, map[string]string{"get-caller-identity": "0\n1"})
	f.endpoint = "http://127.0.0.1:1"
	if _, said, code := runScript(t, append(f.env, "AWS_ENDPOINT_URL="+f.endpoint), scriptOf(t, one())); code != 2 {
		t.Errorf("exit %d\n%s", code, said)
	}
}

func TestNoCLI(t *testing.T) {
	f := newFake(t, nil)
	bin := t.TempDir() // all that the script needs but aws
	for _, name := range []string{"bash", "cat", "rm", "mktemp", "date"} {
		if err := os.Symlink(tool(t, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, said, code := runScript(t, append(f.env, "PATH="+bin), scriptOf(t, one())); code != 1 || !strings.Contains(said, "The AWS CLI was not found") {
		t.Errorf("exit %d\n%s", code, said)
	}
}

// Every run has tokens of its own, and every row in it.
func TestTokens(t *testing.T) {
	seen := map[string]bool{}
	p := one()
	p.Changes = append([]resource.Change{fresh(fixed).Changes[4]}, p.Changes...)
	for range 2 {
		f := newFake(t, map[string]string{"describe-vpc-endpoints": "0\nvpce-1\tavailable", "describe-vpc-endpoints.1": "0\nNone", "describe-vpc-endpoints.2": "0\nNone"})
		_, _, _ = runScript(t, f.env, scriptOf(t, p))
		for _, line := range strings.Split(f.log(), "\n") {
			_, token, ok := strings.Cut(line, "--client-token ")
			if !ok {
				continue
			}
			token, _, _ = strings.Cut(token, " ")
			if seen[token] || len(token) > 64 || strings.Trim(token, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
				t.Errorf("token %q", token)
			}
			seen[token] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("%v", seen)
	}
}

func TestInterrupt(t *testing.T) {
	f := newFake(t, map[string]string{"describe-vpc-endpoints.3": "hang"})
	file := filepath.Join(f.dir, "script.sh")
	if err := os.WriteFile(file, []byte(scriptOf(t, one())), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool(t, "bash"), file)
	cmd.Env, cmd.SysProcAttr = f.env, &syscall.SysProcAttr{Setpgid: true}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-f.hangs:
	case <-time.After(30 * time.Second):
		t.Fatal("the script does not get that far")
	}
	// As a terminal does it: to the whole process group.
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(said.String(), "endpoint/ecr.api vpce-1") || !strings.Contains(said.String(), "safe to run this script again") {
		t.Errorf("exit %d\n%s", code, said.String())
	}
}

// TestSignalsAtAChange: at the first signal the call in flight finishes and the script reports what was created and what it costs;
// the second one ends the script immediately, and the call may have taken effect.
func TestSignalsAtAChange(t *testing.T) {
	for name, tt := range map[string]struct {
		signal syscall.Signal
		twice  bool
		says   []string
	}{
		"Ctrl-C":       {syscall.SIGINT, false, []string{"(SIGINT)", "endpoint/ecr.api vpce-1", "endpoint/ecr.api vpce-1: about $14.60 per month"}},
		"SIGTERM":      {syscall.SIGTERM, false, []string{"(SIGTERM)", "about $14.60 per month"}},
		"SIGHUP":       {syscall.SIGHUP, false, []string{"(SIGHUP)", "about $14.60 per month"}},
		"Ctrl-C twice": {syscall.SIGINT, true, []string{"(SIGINT)", "The last call, aws ec2 create-vpc-endpoint, may or may not have taken effect."}},
	} {
		t.Run(name, func(t *testing.T) {
			// A shell cannot trap a signal that was ignored when it started, as SIGHUP is under nohup.
			signals := make(chan os.Signal, 1)
			signal.Notify(signals, tt.signal)
			defer signal.Stop(signals)
			f := newFake(t, map[string]string{"create-vpc-endpoint": "wait"})
			file := filepath.Join(f.dir, "script.sh")
			if err := os.WriteFile(file, []byte(scriptOf(t, one())), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(tool(t, "bash"), file)
			cmd.Env, cmd.SysProcAttr = f.env, &syscall.SysProcAttr{Setpgid: true}
			var said strings.Builder
			var sent atomic.Int32
			cmd.Stderr = writerFunc(func(b []byte) (int, error) {
				said.Write(b)
				if strings.Contains(said.String(), "stopping after the call in flight") && sent.CompareAndSwap(1, 2) {
					if tt.twice {
						_ = syscall.Kill(-cmd.Process.Pid, tt.signal)
					} else {
						close(f.answered)
					}
				}
				return len(b), nil
			})
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-f.hangs:
			case <-time.After(30 * time.Second):
				t.Fatal("the script does not get that far")
			}
			sent.Store(1)
			_ = syscall.Kill(-cmd.Process.Pid, tt.signal)
			state, _ := cmd.Process.Wait()
			if tt.twice {
				close(f.answered) // the call was still in flight
			}
			_ = cmd.Wait()
			if code := state.ExitCode(); code != 130 {
				t.Errorf("exit code %d", code)
			}
			for _, text := range tt.says {
				if !strings.Contains(said.String(), text) {
					t.Errorf("%q is missing:\n%s", text, said.String())
				}
			}
			if f.calls["describe-vpc-endpoints"] != 2 { // of the comparison, and before the change
				t.Errorf("the script continued: %v", f.calls)
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

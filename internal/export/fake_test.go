package export

import (
	"context"
	"encoding/json"
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

// fake answers in the place of the AWS CLI: an operation's Nth call with the answer OP.N, else with OP/OTHER for the
// last call of an OTHER that succeeded before, else with OP. An answer that begins with { is what AWS returns: the fake prints what --query selects in it, as
// the CLI does. Several documents are pages, which the CLI queries one after the other. Other answers are the exit code in the
// first line, then what is printed. Calls go to a log. It takes no time, nor does its sleep.
type fake struct {
	dir      string // for temporary files
	env      []string
	answers  map[string]string
	endpoint string                                // that each call must lead to
	account  func(op string, args []string) string // answers before the others, if it is not empty
	hangs    chan struct{}
	answered chan struct{} // closed when a call that waits gets its answer

	mu    sync.Mutex
	calls map[string]int
	done  []string // operations of calls that succeeded, in turn
	lines strings.Builder
}

func newFake(t *testing.T, answers map[string]string) *fake {
	t.Helper()
	f := &fake{dir: t.TempDir(), hangs: make(chan struct{}), answered: make(chan struct{}), calls: map[string]int{}, answers: map[string]string{
		"get-caller-identity":                        `{"Account":"123456789012"}`,
		"describe-vpc-endpoints":                     endpoints(),
		"describe-vpc-endpoints/create-vpc-endpoint": endpoints(interfaceEndpoint("vpce-1", "available")),
		"create-vpc-endpoint":                        `{"VpcEndpoint":{"VpcEndpointId":"vpce-1"}}`,
		"delete-vpc-endpoints":                       `{"Unsuccessful":[]}`,
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
	text := ""
	if f.account != nil {
		text = f.account(op, args)
	}
	if text == "" {
		text = f.text(op)
	}
	if text == "hang" {
		close(f.hangs)
		f.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-f.answered:
		}
		f.mu.Lock()
		return "", 255
	}
	if text == "wait" {
		close(f.hangs)
		f.mu.Unlock()
		<-f.answered
		f.mu.Lock()
		text = "0\nvpce-1"
	}
	if strings.HasPrefix(text, "{") {
		out, err := queried(text, args)
		if err != nil {
			return err.Error(), 9
		}
		f.done = append(f.done, op)
		return out, 0
	}
	first, rest, _ := strings.Cut(text+"\n", "\n")
	code, err := strconv.Atoi(first)
	if err != nil {
		return fmt.Sprintf("the fake has no answer to %q", args), 9
	}
	if code == 0 {
		f.done = append(f.done, op)
	}
	return rest, code
}

// text returns the answer to a call of an operation.
func (f *fake) text(op string) string {
	if text, ok := f.answers[fmt.Sprintf("%s.%d", op, f.calls[op])]; ok {
		return text
	}
	for _, other := range slices.Backward(f.done) {
		if text, ok := f.answers[op+"/"+other]; ok {
			return text
		}
	}
	return f.answers[op]
}

// queried returns what the CLI prints of an answer.
func queried(text string, args []string) (string, error) {
	var b strings.Builder
	for pages := json.NewDecoder(strings.NewReader(text)); pages.More(); {
		var page any
		if err := pages.Decode(&page); err != nil {
			return "", err
		}
		if i := slices.Index(args, "--query"); i >= 0 {
			var err error
			if page, err = resource.Query(args[i+1], page); err != nil {
				return "", err
			}
		}
		b.WriteString(resource.Text(page) + "\n")
	}
	return b.String(), nil
}

// answerOf returns the answer with a list.
func answerOf(name string, items ...map[string]any) string {
	if items == nil {
		items = []map[string]any{}
	}
	b, err := json.Marshal(map[string]any{name: items})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func endpoints(items ...map[string]any) string { return answerOf("VpcEndpoints", items...) }

// interfaceEndpoint is an endpoint as the plan of one needs it, except for these members: names and values in turn.
func interfaceEndpoint(id, state string, members ...any) map[string]any {
	out := map[string]any{"VpcEndpointId": id, "State": state, "VpcEndpointType": "Interface", "ServiceName": serviceName("ecr.api"), "IpAddressType": "ipv4", "PrivateDnsEnabled": true,
		"SubnetIds": fixed.subnets, "NetworkInterfaceIds": []string{"eni-1", "eni-2"}, "Groups": []map[string]string{{"GroupId": "sg-01"}}}
	for i := 0; i < len(members); i += 2 {
		out[members[i].(string)] = members[i+1]
	}
	return out
}

// interrupted ends the call that hangs, after its caller was killed.
func (f *fake) interrupted() { close(f.answered) }

func (f *fake) log() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lines.String()
}

func runScript(t *testing.T, env []string, script string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return runFile(t, env, scriptFile(t, script), "", args...)
}

func scriptFile(t *testing.T, script string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script.sh")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// runFile runs a script with this standard input.
func runFile(t *testing.T, env []string, file, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(tool(t, "bash"), append([]string{file}, args...)...)
	cmd.Env, cmd.Stdin = env, strings.NewReader(input)
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

// groupAndEndpoint is a plan of a security group and an endpoint that uses it.
func groupAndEndpoint() *plan.Plan {
	p := fresh(fixed)
	p.Changes, p.Claims = []resource.Change{p.Changes[2], p.Changes[5]}, nil
	return p
}

// withGroup is an endpoint as the plan of groupAndEndpoint needs it.
func withGroup(id, state string) string {
	return endpoints(interfaceEndpoint(id, state, "Groups", []map[string]string{{"GroupId": "sg-1"}}))
}

// denied is how the CLI tells an error.
func denied(code, op string) string {
	return fmt.Sprintf("254\n\nAn error occurred (%s) when calling the %s operation: because", code, op)
}

// groups is the answer with these security groups.
func groups(ids ...string) string {
	var out []map[string]any
	for _, id := range ids {
		out = append(out, map[string]any{"GroupId": id})
	}
	return answerOf("SecurityGroups", out...)
}

// groupRule is the rule of the plan fresh.
func groupRule(id string) string {
	return answerOf("SecurityGroupRules", map[string]any{"SecurityGroupRuleId": id, "IsEgress": false, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/16"})
}

// gateway is the gateway endpoint of the plan mixed, with these route tables.
func gateway(routeTables ...string) string {
	return endpoints(map[string]any{"VpcEndpointId": "vpce-01", "State": "available", "VpcEndpointType": "Gateway", "RouteTableIds": routeTables})
}

// agentHost answers for the container instances of the plan agents. Its fields are of the first one, i-01. The others are
// connected and have no tags.
type agentHost struct {
	result  string // of the command
	away    int    // how often the agent is not connected after the command; -1 is always
	lost    bool   // the agent is not connected after the last tag
	tags    map[string]string
	comment string // of the command that was sent
	asked   int    // how often its state was read
}

const hostARN = "arn:aws:ecs:" + region + ":123456789012:container-instance/prod/01"

func (h *agentHost) answer(op string, args []string) string {
	switch op {
	case "tag-resource":
		if arns := option(args, "--resource-arn"); !slices.Equal(arns, []string{hostARN}) {
			return fmt.Sprintf("254\nthe fake does not tag %q", arns)
		}
		var tags []struct{ Key, Value string }
		if err := json.Unmarshal([]byte(option(args, "--tags")[0]), &tags); err != nil {
			return err.Error()
		}
		if h.tags == nil {
			h.tags = map[string]string{}
		}
		for _, t := range tags {
			h.tags[t.Key] = t.Value
		}
		return "{}"
	case "send-command":
		h.comment = option(args, "--comment")[0]
		return `{"Command":{"CommandId":"c-1"}}`
	case "list-command-invocations":
		if h.comment == "" {
			return answerOf("CommandInvocations")
		}
		h.asked++
		status := h.result
		if h.asked == 1 {
			status = "InProgress"
		}
		return answerOf("CommandInvocations", map[string]any{"CommandId": "c-1", "InstanceId": "i-01", "Comment": h.comment, "Status": status})
	case "describe-container-instances":
		var out []map[string]any
		for _, arn := range option(args, "--container-instances") {
			if !strings.HasPrefix(arn, strings.TrimSuffix(hostARN, "01")) {
				return fmt.Sprintf("254\nthe fake has no instance %q", arn)
			}
			one := map[string]any{"containerInstanceArn": arn, "ec2InstanceId": "i-" + arn[len(arn)-2:], "status": "ACTIVE", "agentConnected": true, "tags": []any{}}
			if arn == hostARN {
				one["agentConnected"] = h.connected()
				if slices.Equal(option(args, "--include"), []string{"TAGS"}) {
					one["tags"] = h.tagList()
				}
			}
			out = append(out, one)
		}
		return answerOf("containerInstances", out...)
	}
	return ""
}

// option returns the values of an option: arguments, or a JSON list of strings.
func option(args []string, name string) []string {
	var out []string
	for _, value := range args[slices.Index(args, name)+1:] {
		if strings.HasPrefix(value, "--") {
			break
		}
		out = append(out, value)
	}
	var list []string
	if len(out) == 1 && json.Unmarshal([]byte(out[0]), &list) == nil {
		return list
	}
	return out
}

// connected reports whether the agent is connected at this reading call.
func (h *agentHost) connected() bool {
	switch {
	case h.lost && h.tags["privatelink-wizard:ecs"] != "", h.asked > 1 && h.away < 0:
		return false
	case h.asked > 1 && h.away > 0:
		h.away--
		return false
	}
	return true
}

func (h *agentHost) tagList() []map[string]string {
	out := []map[string]string{}
	for k, v := range h.tags {
		out = append(out, map[string]string{"key": k, "value": v})
	}
	return out
}

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
	grouped := groupAndEndpoint()
	kept := mixed(fixed)
	kept.Changes, kept.Claims = kept.Changes[3:4], nil
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
	off, on := `{"VpcId":"vpc-0a1","EnableDnsHostnames":{"Value":false}}`, `{"VpcId":"vpc-0a1","EnableDnsHostnames":{"Value":true}}`
	available := interfaceEndpoint("vpce-1", "available")
	older := endpoints(interfaceEndpoint("vpce-1", "available", "CreationTimestamp", "2026-01-01T00:00:01Z"), interfaceEndpoint("vpce-0", "available", "CreationTimestamp", "2026-01-01T00:00:00Z"))
	noZone := endpoints(interfaceEndpoint("vpce-1", "available", "SubnetIds", []string{"subnet-01"}, "NetworkInterfaceIds", []string{"eni-1"}))
	for name, c := range map[string]struct {
		plan    *plan.Plan
		answers map[string]string
		host    *agentHost
		args    []string
		code    int
		says    []string // on standard error
		not     []string
		logs    []string
		out     string
	}{
		"makes, waits and proves": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.2": endpoints(interfaceEndpoint("vpce-1", "pending"))},
			says: []string{"done: vpce-1", "verified      endpoint/ecr.api: the endpoint is available", "Created: 1, changed: 0, existing: 0. Checks: 2 verified, 0 failed, 0 not verified.", "Applied and verified."}, logs: []string{"sleep 2"},
			out: "endpoint/ecr.api\tvpce-1\n",
		},
		"finds": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints": endpoints(available)},
			says: []string{"exists: vpce-1", "Created: 0, changed: 0, existing: 1."}, not: []string{"done:"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"another run created the same": {
			plan: public, answers: map[string]string{"describe-vpc-endpoints/create-vpc-endpoint": older},
			says: []string{"another run created vpce-0", "Created: 0, changed: 0, existing: 1.", "Applied and verified."}, logs: []string{"delete-vpc-endpoints --vpc-endpoint-ids vpce-1"}, out: "endpoint/ecr.api\tvpce-0\n",
		},
		"the call that reverts its own has no answer": {
			plan: public, answers: map[string]string{"describe-vpc-endpoints/create-vpc-endpoint": older, "delete-vpc-endpoints": "255\n\nConnection was closed before we received a valid response"}, code: 1,
			says: []string{"another run created vpce-0", "--vpc-endpoint-ids vpce-1 --region eu-central-1. Make it manually, or run again after that.", "The last call, aws ec2 delete-vpc-endpoints, may or may not have taken effect."},
		},
		"the call that reverts its own is denied": {
			plan: public, answers: map[string]string{"describe-vpc-endpoints/create-vpc-endpoint": older, "delete-vpc-endpoints": denied("UnauthorizedOperation", "DeleteVpcEndpoints")}, code: 1,
			says: []string{"Make it manually, or run again after that."}, not: []string{"may or may not"},
		},
		"reads pages": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints": endpoints() + endpoints(available) + endpoints(interfaceEndpoint("vpce-9", "failed", "ServiceName", "another"))},
			says: []string{"exists: vpce-1", "Applied and verified."}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"another page differs": { // the endpoint of the plan is on a later page than another one
			plan: one(), answers: map[string]string{"describe-vpc-endpoints": endpoints(interfaceEndpoint("vpce-9", "failed")) + endpoints(available)},
			says: []string{"exists: vpce-1", "Applied and verified."}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"pages of single rows": { // the row of a change is on each page
			plan: rule, answers: map[string]string{"describe-security-groups": groups() + groups("sg-1") + groups(), "describe-security-group-rules": answerOf("SecurityGroupRules") + groupRule("sgr-1") + answerOf("SecurityGroupRules")},
			says: []string{"exists: sg-1", "exists: sgr-1"}, out: "security-group/endpoints\tsg-1\nsecurity-group-rule/endpoints/in/10.0.0.0/16\tsgr-1\n",
		},
		"slows down": {
			plan: one(), answers: map[string]string{"create-vpc-endpoint.1": denied("RequestLimitExceeded", "CreateVpcEndpoint"), "create-vpc-endpoint.2": denied("RequestLimitExceeded", "CreateVpcEndpoint")},
			says: []string{"trying again in 2 seconds", "trying again in 4 seconds", "done: vpce-1"}, logs: []string{"sleep 2", "sleep 4"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"gives up at last": {
			plan: one(), answers: map[string]string{"create-vpc-endpoint": denied("RequestLimitExceeded", "CreateVpcEndpoint")}, code: 1,
			says: []string{"trying again in 64 seconds", "An error occurred (RequestLimitExceeded) when calling the CreateVpcEndpoint operation: because", "Nothing was changed in this run."},
			not:  []string{"128 seconds"},
		},
		"shows a refusal": {
			plan: one(), answers: map[string]string{"create-vpc-endpoint": denied("UnauthorizedOperation", "CreateVpcEndpoint")}, code: 1,
			says: []string{"An error occurred (UnauthorizedOperation) when calling the CreateVpcEndpoint operation: because", "The call was: aws ec2 create-vpc-endpoint --client-token", "Stopped at: endpoint/ecr.api:", "It is safe to run this script again"},
			not:  []string{"trying again"},
		},
		"cannot read": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints": denied("UnauthorizedOperation", "DescribeVpcEndpoints")}, code: 1,
			says: []string{"(UnauthorizedOperation)", "The call was: aws ec2 describe-vpc-endpoints", "Stopped at: comparing the account with the plan", "Nothing was changed"},
		},
		"expired credentials": {
			plan: one(), answers: map[string]string{"get-caller-identity": denied("ExpiredToken", "GetCallerIdentity")}, code: 1,
			says: []string{"(ExpiredToken)", "Nothing was changed"},
		},
		"never available": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints/create-vpc-endpoint": endpoints(interfaceEndpoint("vpce-1", "failed", "LastError", map[string]string{"Code": "InternalError", "Message": "no luck"}))}, code: 1,
			says: []string{"endpoint/ecr.api (vpce-1) is failed: InternalError: no luck", "endpoint/ecr.api vpce-1"},
		},
		"too slow": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints/create-vpc-endpoint": endpoints(interfaceEndpoint("vpce-1", "pending"))}, code: 1,
			says: []string{"After 600 seconds these are still not available:", "is pending", "Done in this run so far:"},
		},
		"a claim fails": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints/create-vpc-endpoint": noZone}, code: 1,
			says: []string{"FAILED        endpoint/ecr.api: one interface in each zone (found: subnet-01 with 1 interfaces (plan: subnet-01,subnet-02); expected: yes)", "Failed checks: 1", "Checks: 1 verified, 1 failed"},
			not:  []string{"Stopped at"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"nothing found to prove": { // it is deleted while the script waits, which the wait does not see any more
			plan: one(), answers: map[string]string{"describe-vpc-endpoints/create-vpc-endpoint": noZone, "describe-vpc-endpoints": endpoints(), "describe-vpc-endpoints.3": endpoints(), "describe-vpc-endpoints.4": endpoints()}, code: 1,
			says: []string{"FAILED        endpoint/ecr.api: the endpoint is available (found: nothing; expected: available)", "Failed checks: 2"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"a claim holds a moment late": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.2": noZone},
			says: []string{"checking again in 2 seconds", "verified      endpoint/ecr.api"}, not: []string{"FAILED"}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"exists already": {
			plan: rule, answers: map[string]string{"describe-security-groups": groups("sg-1"), "describe-security-groups.1": groups(), "create-security-group": denied("InvalidGroup.Duplicate", "CreateSecurityGroup"),
				"describe-security-group-rules": groupRule("sgr-1"), "describe-security-group-rules.1": answerOf("SecurityGroupRules"), "authorize-security-group-ingress": denied("InvalidPermission.Duplicate", "AuthorizeSecurityGroupIngress")},
			says: []string{"exists: sg-1", "exists: sgr-1", "existing: 2"}, logs: []string{"authorize-security-group-ingress --group-id sg-1 "},
			out: "security-group/endpoints\tsg-1\nsecurity-group-rule/endpoints/in/10.0.0.0/16\tsgr-1\n",
		},
		"not known everywhere yet": {
			plan: rule, answers: map[string]string{"describe-security-groups": groups(), "create-security-group": `{"GroupId":"sg-1"}`, "describe-security-group-rules": answerOf("SecurityGroupRules"),
				"authorize-security-group-ingress.1": denied("InvalidGroup.NotFound", "AuthorizeSecurityGroupIngress"), "authorize-security-group-ingress": groupRule("sgr-1")},
			says: []string{"done: sgr-1"}, logs: []string{"sleep 1"}, out: "security-group/endpoints\tsg-1\nsecurity-group-rule/endpoints/in/10.0.0.0/16\tsgr-1\n",
		},
		"another run is faster": { // its group does not exist yet when the script looks for it
			plan: grouped, answers: map[string]string{"describe-security-groups.1": groups(), "describe-security-groups": groups("sg-1"), "create-security-group": denied("InvalidGroup.Duplicate", "CreateSecurityGroup"),
				"describe-vpc-endpoints": endpoints(interfaceEndpoint("vpce-1", "available", "Groups", []map[string]string{{"GroupId": "sg-1"}}))},
			says: []string{"exists: sg-1", "exists: vpce-1"}, not: []string{"differs"}, out: "security-group/endpoints\tsg-1\nendpoint/ecr.api\tvpce-1\n",
		},
		"not as planned": {
			plan: grouped, answers: map[string]string{"describe-security-groups": groups("sg-1"), "describe-vpc-endpoints": endpoints(interfaceEndpoint("vpce-1", "available", "Groups", []map[string]string{{"GroupId": "sg-2"}}))}, code: 1,
			says: []string{"endpoint/ecr.api: the account differs from the plan: vpce-1: security groups sg-2 (plan: sg-1). Create a new plan.", "Nothing was changed"},
		},
		"not changed everywhere yet": {
			plan: named, answers: map[string]string{"describe-vpc-attribute": off, "describe-vpc-attribute/modify-vpc-attribute": on, "modify-vpc-attribute": "{}",
				"create-vpc-endpoint.1": denied("InvalidParameter", "CreateVpcEndpoint") + " it needs enableDnsHostnames"},
			says: []string{"done: vpce-1", "Created: 1, changed: 1"}, logs: []string{"sleep 1"}, out: "vpc-attribute/dns-hostnames\tvpc-0a1\nendpoint/ecr.api\tvpce-1\n",
		},
		"not there": {
			plan: change, answers: map[string]string{"describe-vpc-endpoints": gateway(), "modify-vpc-endpoint": denied("InvalidVpcEndpointId.NotFound", "ModifyVpcEndpoint")}, code: 1,
			says: []string{"(InvalidVpcEndpointId.NotFound)", "Nothing was changed"},
		},
		"exists but nowhere": {
			plan: rule, answers: map[string]string{"describe-security-groups": groups(), "create-security-group": denied("InvalidGroup.Duplicate", "CreateSecurityGroup")}, code: 1,
			says: []string{"(InvalidGroup.Duplicate)", "cannot be found"},
		},
		"changes": {
			plan: change, answers: map[string]string{"describe-vpc-endpoints": gateway("rtb-09"), "modify-vpc-endpoint": `{"Return":true}`, "describe-vpc-endpoints/modify-vpc-endpoint": gateway("rtb-09", "rtb-01")},
			says: []string{"done: vpce-01", "Created: 0, changed: 1"}, logs: []string{"modify-vpc-endpoint --add-route-table-ids rtb-01 --vpc-endpoint-id vpce-01"}, out: "endpoint/s3\tvpce-01\n",
		},
		"an unchanged resource was deleted": {
			plan: kept, answers: map[string]string{"describe-vpc-endpoints": endpoints()}, code: 1, says: []string{"vpce-02 does not exist any more or cannot be used, but the plan keeps it", "create a new plan"},
		},
		"an unchanged resource differs": {
			plan: nothing(fixed), answers: map[string]string{"describe-vpc-attribute": `{"VpcId":"vpc-0a1","EnableDnsSupport":{"Value":false}}`}, code: 1,
			says: []string{"vpc-attribute/dns-support: the account differs from the plan: vpc-0a1: enableDnsSupport is off (plan: on). Create a new plan."},
		},
		"no id": {
			plan: one(), answers: map[string]string{"create-vpc-endpoint": "0\n$(rm -rf /)"}, code: 1, says: []string{"returned an invalid id: $(rm -rf /)"},
		},
		"no id found": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints": "0\nendpoint/ecr.api\t$(rm -rf /)\tas planned"}, code: 1, says: []string{"returned an invalid id: $(rm -rf /)"},
		},
		"rows without values": {
			plan: one(), answers: map[string]string{"describe-vpc-endpoints.1": "0\nNone\n\nendpoint/ecr.api\nendpoint/ecr.api\tNone\tas planned\nendpoint/ecr.apix\tvpce-9\tas planned\n"},
			says: []string{"done: vpce-1", "Applied and verified."}, out: "endpoint/ecr.api\tvpce-1\n",
		},
		"another account": {
			plan: one(), answers: map[string]string{"get-caller-identity": `{"Account":"999999999999"}`}, code: 2, says: []string{"belong to account 999999999999", "for account 123456789012"},
		},
		"unknown option":   {plan: one(), args: []string{"--force"}, code: 2, says: []string{"unknown argument --force"}, not: []string{"Stopped"}},
		"option without":   {plan: one(), args: []string{"--log"}, code: 2, says: []string{"--log needs a file."}, not: []string{"Stopped"}},
		"log of no folder": {plan: one(), args: []string{"--log", "/nonexistent/log"}, code: 2, says: []string{"The file of --log cannot be written."}, not: []string{"Stopped"}},
		"no record":        {plan: one(), args: []string{"--record", "/nonexistent/record"}, code: 2, says: []string{"/nonexistent/record cannot be written.", "Nothing was changed."}, not: []string{"Stopped"}},
		"help":             {plan: one(), args: []string{"--help"}},
		"dry run": {
			plan: one(), args: []string{"--dry-run"}, answers: map[string]string{"create-vpc-endpoint": denied("DryRunOperation", "CreateVpcEndpoint")},
			says: []string{"  aws ec2 create-vpc-endpoint --client-token", "--query VpcEndpoint.VpcEndpointId --region eu-central-1\n  The call would succeed.", "nothing was changed, and AWS rejected no change that could be tried"}, logs: []string{" --dry-run"}, not: []string{"is not there", "  verified"},
		},
		"dry run refused": {
			plan: one(), args: []string{"--dry-run"}, answers: map[string]string{"create-vpc-endpoint": denied("UnauthorizedOperation", "CreateVpcEndpoint")}, code: 1,
			says: []string{"AWS would reject the call:", "(UnauthorizedOperation)", "Rejected changes: 1"}, not: []string{"Stopped at"},
		},
		"dry run of what hangs together": {
			plan: rule, args: []string{"--dry-run"}, answers: map[string]string{"describe-security-groups": groups(), "create-security-group": denied("DryRunOperation", "CreateSecurityGroup")},
			says: []string{"The call would succeed.", "aws ec2 authorize-security-group-ingress --group-id not-created-yet", "This call cannot be tried before the resources that it needs are created.", "Changes that cannot be tried: 1"},
		},
		"dry run of what has none": {
			plan: attribute, args: []string{"--dry-run"}, answers: map[string]string{"describe-vpc-attribute": `{"VpcId":"vpc-0a1","EnableDnsSupport":{"Value":false}}`},
			says: []string{"  aws ec2 modify-vpc-attribute", "AWS does not support a dry run of this call."},
		},
		"restarts an agent and leaves another": {
			plan: restart, host: &agentHost{result: "Success", away: 1},
			says: []string{"restart the agent of i-01", "agents/prod (c-1) is InProgress", "agents/prod (i-01) is not connected", "tag instance i-01 as restarted",
				"manual step: On i-07 run: `sudo stop ecs` and `sudo start ecs`. Do not use `sudo docker stop ecs-agent`",
				"verified      agents/prod", "not verified  agents/prod: the ECS agents of 2 container instances", "Applied. Verified, except for checks that this script cannot do"},
			logs: []string{"--instance-ids i-01 --parameters {\n\"commands\": [\n  \"#!/bin/sh\",\n", "tag-resource"}, not: []string{"Applied and verified."}, out: "agents/prod\t" + cluster + "\n",
		},
		"an agent that was restarted": {
			plan: restart, host: &agentHost{tags: map[string]string{"privatelink-wizard:ecs": "vpce-1"}},
			says: []string{"exists: " + cluster, "manual step: On i-07", "existing: 1", "verified      agents/prod"}, not: []string{"done:", "restart the agent of"}, out: "agents/prod\t" + cluster + "\n",
		},
		"an agent that was restarted, on an instance that is drained": { // so that the list has no row of a complete change
			plan: restart, host: &agentHost{tags: map[string]string{"privatelink-wizard:ecs": "vpce-1", "privatelink-wizard:draining": "vpce-1"}},
			says: []string{"restart the agent of i-01\n  already done", "tag instance i-01 as restarted\n  already done", "manual step: On i-07", "existing: 1"}, not: []string{"done: "}, out: "agents/prod\t" + cluster + "\n",
		},
		"an agent that does not come back": {
			plan: restart, host: &agentHost{result: "Success", away: -1}, code: 1,
			says: []string{"After 600 seconds this is still not connected:\n  agents/prod (i-01) is not connected", "Stopped at: agents/prod:"}, not: []string{"note that", "manual step", "  verified"},
		},
		"a restart that fails": {
			plan: restart, host: &agentHost{result: "Failed"}, code: 1,
			says: []string{"This will never be Success:\n  agents/prod (c-1) is Failed", "Stopped at: agents/prod:", "agents/prod c-1"}, not: []string{"is connected", "manual step"},
		},
		"agents are away again at the proof": {
			plan: restart, host: &agentHost{result: "Success", lost: true}, code: 1,
			says: []string{"FAILED        agents/prod", "(found: not connected: i-01; expected: connected)", "Failed checks: 1"}, out: "agents/prod\t" + cluster + "\n",
		},
		"commands for all agents": {
			plan: commands, says: []string{"manual step: On i-07", "run: `sudo stop ecs`", "not verified  agents/prod"}, not: []string{"done:", "  verified", "send-command"}, out: "agents/prod\t" + cluster + "\n",
		},
		"dry run of a restart": {
			plan: restart, host: &agentHost{}, args: []string{"--dry-run"},
			says: []string{"  aws ssm send-command", "AWS does not support a dry run of this call.", "manual step: On i-07", "Changes that cannot be tried: 3"}, not: []string{"done:", "exists:"},
		},
		"dry run ignored": {plan: one(), args: []string{"--dry-run"}, code: 1, says: []string{"ignores --dry-run"}},
		"in sync": {
			plan: one(), args: []string{"--check"}, answers: map[string]string{"describe-vpc-endpoints": endpoints(available)}, says: []string{"In sync. Resources that exist: 1. Checks: 2 verified, 0 not verified."}, not: []string{"Applied"},
		},
		"not in sync": {
			plan: grouped, args: []string{"--check"}, answers: map[string]string{"describe-security-groups": groups("sg-1")}, code: 4,
			says: []string{"exists: sg-1", "A run would create it.", "The account differs from the plan. Changes that a run would make, or that need a new plan: 1"}, not: []string{"Stopped", "verified"},
		},
		"a change is missing": {
			plan: change, args: []string{"--check"}, answers: map[string]string{"describe-vpc-endpoints": gateway("rtb-09")}, code: 4, says: []string{"A run would change it."}, not: []string{"Stopped"},
		},
		"something else in its place": {
			plan: one(), args: []string{"--check"}, answers: map[string]string{"describe-vpc-endpoints": endpoints(interfaceEndpoint("vpce-1", "available", "PrivateDnsEnabled", false))}, code: 4,
			says: []string{"private DNS is off (plan: on)", "Something else is in its place."}, not: []string{"Stopped", "verified"},
		},
		"the check of what was deleted": {
			plan: kept, args: []string{"--check"}, answers: map[string]string{"describe-vpc-endpoints": endpoints()}, code: 4, says: []string{"vpce-02 does not exist any more or cannot be used."}, not: []string{"Stopped"},
		},
		"the check of the verification": {
			plan: one(), args: []string{"--check"}, answers: map[string]string{"describe-vpc-endpoints": endpoints(interfaceEndpoint("vpce-1", "pending"))}, code: 4,
			says: []string{"FAILED        endpoint/ecr.api: the endpoint is available (found: pending; expected: available)", "Every resource of the plan exists, but the verification failed. Failed checks: 1"}, not: []string{"Stopped", "checking again"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, c.answers)
			if c.host != nil {
				f.account = c.host.answer
			}
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
			} else if name == "help" && (!strings.HasPrefix(out, "Private endpoints: a script made by") || !strings.Contains(out, "\nUsage: bash SCRIPT") || strings.Contains(out, "#")) {
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
	f := newFake(t, map[string]string{"get-caller-identity": `{"Account":"1"}`})
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
		f := newFake(t, map[string]string{"create-vpc-endpoint.1": `{"VpcEndpoint":{"VpcEndpointId":"vpce-0"}}`,
			"describe-vpc-endpoints.2": endpoints(interfaceEndpoint("vpce-0", "available", "VpcEndpointType", "Gateway"))})
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
	f := newFake(t, map[string]string{"describe-vpc-endpoints.2": "hang"})
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
			f := newFake(t, map[string]string{"create-vpc-endpoint": "wait"})
			said, code := signaled(t, f, scriptFile(t, scriptOf(t, one())), tt.signal, tt.twice)
			if code != 130 {
				t.Errorf("exit code %d", code)
			}
			for _, text := range tt.says {
				if !strings.Contains(said, text) {
					t.Errorf("%q is missing:\n%s", text, said)
				}
			}
			if f.calls["describe-vpc-endpoints"] != 1 { // of the comparison
				t.Errorf("the script continued: %v", f.calls)
			}
		})
	}
}

// At a signal, an undo finishes the call in flight, records it and makes no other one.
func TestSignalAtAnUndo(t *testing.T) {
	answers := undoable()
	answers["delete-vpc-endpoints"] = "wait"
	f := newFake(t, answers)
	file := scriptFile(t, scriptOf(t, groupAndEndpoint()))
	if _, said, code := runFile(t, f.env, file, ""); code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	said, code := signaled(t, f, file, syscall.SIGINT, false, "--undo")
	if code != 130 || !strings.Contains(said, "Reverted in this run so far:\n  endpoint/ecr.api vpce-1") || f.calls["delete-security-group"] != 0 || !strings.Contains(content(t, file+".created"), "reverted\tendpoint/ecr.api\tvpce-1\n") {
		t.Errorf("exit %d, %v\n%s", code, f.calls, said)
	}
	if _, said, code := runFile(t, f.env, file, "", "--undo"); code != 0 || !strings.Contains(said, "Reverted: 1.") || f.calls["delete-vpc-endpoints"] != 1 {
		t.Errorf("exit %d, %v\n%s", code, f.calls, said)
	}
}

// signaled runs a script that gets a signal during the call with the answer "wait", and perhaps again.
func signaled(t *testing.T, f *fake, file string, number syscall.Signal, twice bool, args ...string) (said string, code int) {
	t.Helper()
	// A shell cannot trap a signal that was ignored when it started, as SIGHUP is under nohup.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, number)
	defer signal.Stop(signals)
	cmd := exec.Command(tool(t, "bash"), append([]string{file}, args...)...)
	cmd.Env, cmd.SysProcAttr = f.env, &syscall.SysProcAttr{Setpgid: true}
	var text strings.Builder
	var sent atomic.Int32
	cmd.Stderr = writerFunc(func(b []byte) (int, error) {
		text.Write(b)
		if strings.Contains(text.String(), "stopping after the call in flight") && sent.CompareAndSwap(1, 2) {
			if twice {
				_ = syscall.Kill(-cmd.Process.Pid, number)
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
	_ = syscall.Kill(-cmd.Process.Pid, number)
	state, _ := cmd.Process.Wait()
	if twice {
		close(f.answered) // the call was still in flight
	}
	_ = cmd.Wait()
	return text.String(), state.ExitCode()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

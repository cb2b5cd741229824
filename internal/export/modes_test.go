package export

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// printedJSON is what a script prints with --json.
type printedJSON struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	VPC     string `json:"vpc"`
	Mode    string `json:"mode"`
	Changes []struct {
		ID       string `json:"id"`
		Result   string `json:"result"`
		Resource string `json:"resource"`
	} `json:"changes"`
	Checks []struct {
		Change string `json:"change"`
		Result string `json:"result"`
		Text   string `json:"text"`
		Found  string `json:"found"`
	} `json:"checks"`
	Counts map[string]int `json:"counts"`
	Exit   int            `json:"exit"`
}

// parsed returns the output of a script, which must be one JSON document.
func parsed(t *testing.T, stdout string) printedJSON {
	t.Helper()
	var out printedJSON
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil || d.More() {
		t.Fatalf("%v: %q", err, stdout)
	}
	return out
}

// text is a JSON document in lines that can be compared.
func (p printedJSON) text() string {
	lines := []string{p.Account + " " + p.Region + " " + p.Mode}
	for _, c := range p.Changes {
		lines = append(lines, strings.Join([]string{c.ID, c.Result, c.Resource}, " | "))
	}
	for _, c := range p.Checks {
		lines = append(lines, strings.Join([]string{c.Change, c.Result, c.Text, c.Found}, " | "))
	}
	return strings.Join(lines, "\n")
}

func TestJSON(t *testing.T) {
	available := endpoints(interfaceEndpoint("vpce-1", "available"))
	const zones = "one interface in each zone"
	for name, c := range map[string]struct {
		plan    *plan.Plan
		answers map[string]string
		args    []string
		code    int
		text    string
		counts  map[string]int // those that are not 0
	}{
		"apply": {one(), nil, nil, 0, "123456789012 eu-central-1 apply\nendpoint/ecr.api | created | vpce-1\n" +
			"endpoint/ecr.api | verified | the endpoint is available | \nendpoint/ecr.api | verified | " + zones + " | ", map[string]int{"created": 1, "verified": 2}},
		"nothing to do": {one(), map[string]string{"describe-vpc-endpoints": available}, nil, 0, "123456789012 eu-central-1 apply\nendpoint/ecr.api | exists | vpce-1\n" +
			"endpoint/ecr.api | verified | the endpoint is available | \nendpoint/ecr.api | verified | " + zones + " | ", map[string]int{"exists": 1, "verified": 2}},
		"a failed check": {one(), map[string]string{"describe-vpc-endpoints/create-vpc-endpoint": endpoints(interfaceEndpoint("vpce-1", "available", "SubnetIds", []string{"subnet-01"}))}, nil, 1,
			"123456789012 eu-central-1 apply\nendpoint/ecr.api | created | vpce-1\nendpoint/ecr.api | verified | the endpoint is available | \n" +
				"endpoint/ecr.api | failed | " + zones + " | subnet-01 with 2 interfaces (plan: subnet-01,subnet-02); expected: yes", map[string]int{"created": 1, "verified": 1, "failed": 1}},
		"dry run": {groupAndEndpoint(), map[string]string{"describe-security-groups": groups("sg-1"), "create-vpc-endpoint": denied("DryRunOperation", "CreateVpcEndpoint")}, []string{"--dry-run"}, 0,
			"123456789012 eu-central-1 dry-run\nsecurity-group/endpoints | exists | sg-1\nendpoint/ecr.api | would create | ", map[string]int{"exists": 1, "differs": 1}},
		"check": {one(), map[string]string{"describe-vpc-endpoints": available}, []string{"--check"}, 0, "123456789012 eu-central-1 check\nendpoint/ecr.api | exists | vpce-1\n" +
			"endpoint/ecr.api | verified | the endpoint is available | \nendpoint/ecr.api | verified | " + zones + " | ", map[string]int{"exists": 1, "verified": 2}},
		"a difference": {groupAndEndpoint(), map[string]string{"describe-security-groups": groups("sg-1")}, []string{"--check"}, 4,
			"123456789012 eu-central-1 check\nsecurity-group/endpoints | exists | sg-1\nendpoint/ecr.api | would create | ", map[string]int{"exists": 1, "differs": 1}},
		"an early stop": {groupAndEndpoint(), map[string]string{"describe-security-groups": groups(), "create-security-group": `{"GroupId":"sg-1"}`, "create-vpc-endpoint": denied("UnauthorizedOperation", "CreateVpcEndpoint")}, nil, 1,
			"123456789012 eu-central-1 apply\nsecurity-group/endpoints | created | sg-1", map[string]int{"created": 1}},
		"another account": {one(), map[string]string{"get-caller-identity": `{"Account":"999999999999"}`}, nil, 2, "123456789012 eu-central-1 apply", nil},
		"undo of nothing": {one(), nil, []string{"--undo"}, 2, "123456789012 eu-central-1 undo", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, c.answers)
			out, said, code := runScript(t, f.env, scriptOf(t, c.plan), append([]string{"--json"}, c.args...)...)
			got := parsed(t, out)
			if diff := cmp.Diff(c.text, got.text()); diff != "" || code != c.code || got.Exit != code {
				t.Errorf("exit %d and %d\n%s\n%s", code, got.Exit, diff, said)
			}
			for _, name := range []string{"created", "changed", "exists", "differs", "verified", "failed", "not_verified"} {
				if n, ok := got.Counts[name]; !ok || n != c.counts[name] {
					t.Errorf("%s: %d, not %d", name, n, c.counts[name])
				}
			}
		})
	}
}

// freshAccount answers as an account with everything that the plan fresh creates.
func freshAccount() map[string]string {
	group := []map[string]string{{"GroupId": "sg-1"}}
	return map[string]string{
		"describe-vpc-attribute":        `{"VpcId":"vpc-0a1","EnableDnsSupport":{"Value":true},"EnableDnsHostnames":{"Value":true}}`,
		"describe-security-groups":      groups("sg-1"),
		"describe-security-group-rules": groupRule("sgr-1"),
		"describe-vpc-endpoints": endpoints(map[string]any{"VpcEndpointId": "vpce-0", "State": "available", "VpcEndpointType": "Gateway", "ServiceName": serviceName("s3"), "RouteTableIds": []string{"rtb-01"}},
			interfaceEndpoint("vpce-1", "available", "Groups", group), interfaceEndpoint("vpce-2", "available", "Groups", group, "ServiceName", serviceName("logs"))),
		"describe-route-tables": answerOf("RouteTables", map[string]any{"RouteTableId": "rtb-01", "Routes": []map[string]string{{"State": "active", "GatewayId": "vpce-0"}}}),
		"describe-network-acls": answerOf("NetworkAcls", map[string]any{"NetworkAclId": "acl-01", "Associations": []map[string]string{{"SubnetId": "subnet-01"}}, "Entries": []map[string]any{
			{"RuleNumber": 1, "Egress": true, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}, {"RuleNumber": 1, "Egress": false, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"},
			{"RuleNumber": 2, "Egress": false, "RuleAction": "allow", "Protocol": "-1", "Ipv6CidrBlock": "::/0"}}}),
	}
}

// Names that try to end every kind of quotes arrive in the JSON as the script shows them elsewhere.
func TestJSONOfHostileNames(t *testing.T) {
	f := newFake(t, freshAccount())
	p := hostile(fixed)
	for i := range p.Changes { // a policy is compared
		if s, ok := p.Changes[i].Spec.(resource.InterfaceEndpoint); ok {
			s.Policy = ""
			p.Changes[i].Spec = s
		}
	}
	p.Changes[4].ID = "endpoint/\x01\"$(id)\\"
	for i := range p.Changes {
		for n, id := range p.Changes[i].After {
			if id == "endpoint/s3" {
				p.Changes[i].After[n] = p.Changes[4].ID
			}
		}
	}
	for i := range p.Claims {
		if p.Claims[i].Change == "endpoint/s3" {
			p.Claims[i].Change = p.Changes[4].ID
		}
	}
	out, said, code := runScript(t, f.env, scriptOf(t, p), "--json")
	got := parsed(t, out)
	if code != 0 || len(got.Checks) != len(p.Claims) || len(got.Changes) != len(p.Changes) {
		t.Errorf("exit %d\n%s\n%s", code, out, said)
	}
	for i, c := range got.Checks {
		if want := shown(p.Claims[i].Says); c.Text != want {
			t.Errorf("%q, not %q", c.Text, want)
		}
	}
}

// Every byte that a text can have.
func TestJSONTexts(t *testing.T) {
	library := blocks(functions)
	function := library[slices.IndexFunc(library, func(b block) bool { return b.name == "json_text" })].text
	want := ""
	for c := rune(1); c < 0x180; c++ {
		want += string(c)
	}
	want += "\u2028🦊\\n\n"
	for _, locale := range []string{"C", "C.UTF-8"} {
		cmd := exec.Command(tool(t, "bash"), "-c", "set -euo pipefail\n"+function+"\njson_text \"$1\"", "bash", want)
		cmd.Env = []string{"LC_ALL=" + locale}
		out, err := cmd.Output()
		var got string
		if err := json.Unmarshal(out, &got); err != nil || got != want {
			t.Errorf("%s: %v: %q", locale, err, out)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// A run with nothing to do reads each list once.
func TestRunWithNothingToDoReadsEachListOnce(t *testing.T) {
	script := scriptOf(t, fresh(fixed))
	for _, args := range [][]string{nil, {"--check"}} {
		f := newFake(t, freshAccount())
		_, said, code := runScript(t, f.env, script, args...)
		lists := strings.Count(script, "\n  list ") // two attributes, groups, rules, endpoints, route tables and network ACLs
		if got := strings.Count(f.log(), "ec2 describe-"); code != 0 || lists != 7 || got != lists || f.calls["get-caller-identity"] != 1 || f.calls["describe-vpc-attribute"] != 2 || len(f.calls) != 7 {
			t.Errorf("exit %d after %d calls for %d lists: %v\n%s", code, got, lists, f.calls, said)
		}
	}
}

// mode returns the permissions of a file.
func mode(t *testing.T, file string) os.FileMode {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func content(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The log has all messages and commands, and only its owner can read it.
func TestLog(t *testing.T) {
	f := newFake(t, nil)
	file, log := scriptFile(t, scriptOf(t, one())), filepath.Join(t.TempDir(), "a log")
	_, said, code := runFile(t, f.env, file, "", "--log", log)
	if code != 0 || mode(t, log) != 0o600 || mode(t, file+".created") != 0o600 {
		t.Errorf("exit %d, modes %v and %v", code, mode(t, log), mode(t, file+".created"))
	}
	text := content(t, log)
	for line := range strings.Lines(said) {
		if !strings.Contains(text, "Z  "+line) {
			t.Errorf("the log does not say %q", line)
		}
	}
	for _, command := range []string{"  aws sts get-caller-identity --query Account --region eu-central-1\n", "  aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values=vpc-0a1 --query '[   VpcEndpoints[?", "  aws ec2 create-vpc-endpoint --client-token wizard-"} {
		if !strings.Contains(text, command) {
			t.Errorf("the log has no %q", command)
		}
	}
	if got := strings.Count(text, "  aws "); got != f.calls["get-caller-identity"]+f.calls["describe-vpc-endpoints"]+f.calls["create-vpc-endpoint"] {
		t.Errorf("%d commands, not %v", got, f.calls)
	}
	if _, _, code := runFile(t, f.env, file, "", "--log", log); code != 0 || !strings.HasPrefix(content(t, log), text) {
		t.Errorf("exit %d, or the log does not continue", code)
	}
}

// The input of the user is in no output: not in the log, the record, the messages or the arguments of a command.
func TestLogHasNoInput(t *testing.T) {
	const password = `hunter2"$(id)`
	p := registry(fixed)
	p.Changes, p.Claims = slices.DeleteFunc(p.Changes, func(c resource.Change) bool { return c.ID != "secret/registry" }), nil
	if len(p.Changes) != 1 {
		t.Fatal("no secret")
	}
	f := newFake(t, map[string]string{"describe-secret": `{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf","VersionIdsToStages":{"v1":["AWSCURRENT"]}}`,
		"get-secret-value": `{"SecretString":"another"}`, "put-secret-value": `{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf"}`})
	file, log := scriptFile(t, scriptOf(t, p)), filepath.Join(t.TempDir(), "log")
	out, said, code := runFile(t, f.env, file, password+"\n", "--log", log, "--json")
	if code != 0 || f.calls["put-secret-value"] != 1 || parsed(t, out).Counts["changed"] != 1 {
		t.Errorf("exit %d, %v\n%s", code, f.calls, said)
	}
	for name, text := range map[string]string{"log": content(t, log), "record": content(t, file+".created"), "output": out, "messages": said, "arguments": f.log()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("the %s has the input: %s", name, text)
		}
	}
}

// undoable are answers for groupAndEndpoint in an account that has none of it, until it is created.
func undoable() map[string]string {
	return map[string]string{"describe-security-groups": groups(), "describe-security-groups/create-security-group": groups("sg-1"), "describe-security-groups/create-vpc-endpoint": groups("sg-1"),
		"describe-security-groups/delete-security-group": groups(), "create-security-group": `{"GroupId":"sg-1"}`, "delete-security-group": "{}",
		"describe-vpc-endpoints/create-vpc-endpoint": withGroup("vpce-1", "available"), "describe-vpc-endpoints/delete-vpc-endpoints": endpoints(), "describe-vpc-endpoints/delete-security-group": endpoints()}
}

// planLine is the first line of the record.
const planLine = "plan\t123456789012 eu-central-1 vpc-0a1 ecs-fargate\t\n"

// TestUndo: what a run created is reverted in the reverse order, once.
func TestUndo(t *testing.T) {
	f := newFake(t, undoable())
	file := scriptFile(t, scriptOf(t, groupAndEndpoint()))
	if _, said, code := runFile(t, f.env, file, ""); code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	if got := content(t, file+".created"); got != planLine+"began\tsecurity-group/endpoints\t\ncreated\tsecurity-group/endpoints\tsg-1\nbegan\tendpoint/ecr.api\t\ncreated\tendpoint/ecr.api\tvpce-1\n" || mode(t, file+".created") != 0o600 {
		t.Errorf("%v %q", mode(t, file+".created"), got)
	}
	// A second run records that they exist, and the third records nothing.
	for range 2 {
		if _, said, code := runFile(t, f.env, file, ""); code != 0 || !strings.Contains(said, "existing: 2") {
			t.Fatalf("exit %d\n%s", code, said)
		}
	}
	if got := strings.Count(content(t, file+".created"), "\n"); got != 7 {
		t.Errorf("%d lines: %s", got, content(t, file+".created"))
	}
	before := f.log()
	out, said, code := runFile(t, f.env, file, "", "--undo", "--dry-run")
	if code != 0 || out != "" || !strings.Contains(said, "  aws ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-1 --region eu-central-1\n") ||
		!strings.Contains(said, "A run with --undo would revert: 2.") || strings.TrimPrefix(f.log(), before) != "sts get-caller-identity --query Account\n" {
		t.Errorf("exit %d\n%s%s\n%s", code, out, said, strings.TrimPrefix(f.log(), before))
	}
	f.answers["describe-vpc-endpoints."+number(f.calls["describe-vpc-endpoints"]+1)] = withGroup("vpce-1", "deleting")
	before = f.log()
	out, said, code = runFile(t, f.env, file, "", "--undo", "--json")
	log := strings.TrimPrefix(f.log(), before)
	first, wait, second := strings.Index(log, "delete-vpc-endpoints --vpc-endpoint-ids vpce-1"), strings.Index(log, "sleep 5"), strings.Index(log, "delete-security-group --group-id sg-1")
	if code != 0 || first < 0 || wait < first || second < wait || !strings.Contains(said, "Reverted: 2.") {
		t.Errorf("exit %d: %d %d %d\n%s\n%s", code, first, wait, second, said, log)
	}
	if diff := cmp.Diff("123456789012 eu-central-1 undo\nendpoint/ecr.api | reverted | vpce-1\nsecurity-group/endpoints | reverted | sg-1", parsed(t, out).text()); diff != "" {
		t.Error(diff)
	}
	if _, said, code := runFile(t, f.env, file, "", "--undo"); code != 0 || !strings.Contains(said, "Reverted: 0.") || f.calls["delete-vpc-endpoints"] != 1 || f.calls["delete-security-group"] != 1 {
		t.Errorf("the second undo: exit %d, %v\n%s", code, f.calls, said)
	}
}

// TestUnsuccessful: an answer with the status 200 that AWS did not do what was asked is an error with the code and the message of AWS. The
// commands that the script shows have no expression for it.
func TestUnsuccessful(t *testing.T) {
	refused := func(code string) string {
		return `{"FlowLogIds":[],"Unsuccessful":[{"ResourceId":"x-1","Error":{"Code":"` + code + `","Message":"not done"}}]}`
	}
	log := &plan.Plan{Version: plan.Version, Account: "123456789012", Partition: "aws", Region: region, VPC: fixed.vpc, Workload: answers.ECSFargate, Changes: []resource.Change{
		{ID: "flow-log/new", Op: resource.Create, Summary: "send flow logs", Spec: resource.FlowLog{VPC: fixed.vpc, Bucket: "arn:aws:s3:::logs"}}}}
	none := map[string]string{"describe-flow-logs": `{"FlowLogs":[]}`, "create-flow-logs": refused("400")}
	file := scriptFile(t, scriptOf(t, log))
	f := newFake(t, none)
	for range 2 { // the second run finds nothing either
		_, said, code := runFile(t, f.env, file, "")
		if code != 1 || !strings.Contains(said, "An error occurred (400): x-1: not done\nThe call was: aws ec2 create-flow-logs") || strings.Contains(said, "--query") || strings.Contains(said, "done: ") || strings.Contains(said, "may or may not") {
			t.Errorf("exit %d\n%s", code, said)
		}
	}
	if got := content(t, file+".created"); strings.Contains(got, "created") || !strings.Contains(got, "reverted\tflow-log/new") {
		t.Error(got)
	}
	// Somebody else created the same in the meantime.
	f = newFake(t, map[string]string{"describe-flow-logs": `{"FlowLogs":[]}`, "describe-flow-logs.2": `{"FlowLogs":[{"FlowLogId":"fl-1","LogDestination":"arn:aws:s3:::logs"}]}`, "create-flow-logs": refused("FlowLogAlreadyExists")})
	if _, said, code := runFile(t, f.env, scriptFile(t, scriptOf(t, log)), ""); code != 0 || !strings.Contains(said, "exists: fl-1") {
		t.Errorf("exit %d\n%s", code, said)
	}

	for code, exit := range map[string]int{"InvalidVpcEndpointId.NotFound": 0, "OperationNotPermitted": 1} {
		f := newFake(t, undoable())
		file := scriptFile(t, scriptOf(t, groupAndEndpoint()))
		if _, said, code := runFile(t, f.env, file, ""); code != 0 {
			t.Fatalf("exit %d\n%s", code, said)
		}
		f.answers["delete-vpc-endpoints"] = refused(code)
		_, said, got := runFile(t, f.env, file, "", "--undo")
		if failed := strings.Contains(said, "An error occurred ("+code+"): x-1: not done\nThe call was: aws ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-1 --region eu-central-1. Make it manually"); got != exit || failed != (exit != 0) {
			t.Errorf("%s: exit %d\n%s", code, got, said)
		}
	}
}

func number(n int) string { return resource.Text(float64(n)) }

// What existed before the run, or was created by others after it, is never reverted.
func TestUndoLeavesWhatOthersCreated(t *testing.T) {
	answers := undoable()
	answers["describe-security-groups"], answers["describe-security-groups/create-vpc-endpoint"] = groups("sg-1"), groups("sg-1")
	f := newFake(t, answers)
	file := scriptFile(t, scriptOf(t, groupAndEndpoint()))
	if _, said, code := runFile(t, f.env, file, ""); code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	// Somebody deletes the endpoint and creates another one, which the next run finds.
	f.answers["describe-vpc-endpoints/create-vpc-endpoint"] = withGroup("vpce-2", "available")
	if _, said, code := runFile(t, f.env, file, ""); code != 0 || !strings.Contains(said, "exists: vpce-2") {
		t.Fatalf("exit %d\n%s", code, said)
	}
	if _, said, code := runFile(t, f.env, file, "", "--undo"); code != 0 || !strings.Contains(said, "Reverted: 0.") || f.calls["delete-vpc-endpoints"]+f.calls["delete-security-group"] > 0 {
		t.Errorf("exit %d\n%s\n%s", code, said, f.log())
	}
}

// A change of an existing resource is reverted again after it was applied again.
func TestUndoOfChanges(t *testing.T) {
	p := mixed(fixed)
	p.Changes, p.Claims = p.Changes[2:3], nil
	// The last call that changed something decides what the account has.
	f := newFake(t, map[string]string{"describe-vpc-endpoints": gateway("rtb-09"), "modify-vpc-endpoint": `{"Return":true}`})
	file, record := scriptFile(t, scriptOf(t, p)), filepath.Join(t.TempDir(), "record")
	for range 2 {
		f.answers["describe-vpc-endpoints/modify-vpc-endpoint"] = gateway("rtb-09", "rtb-01")
		f.done = nil
		if _, said, code := runFile(t, f.env, file, "", "--record", record); code != 0 || !strings.Contains(said, "changed: 1") {
			t.Fatalf("exit %d\n%s", code, said)
		}
		before := f.log()
		if _, said, code := runFile(t, f.env, file, "", "--record", record, "--undo"); code != 0 || !strings.Contains(said, "Reverted: 1.") || !strings.Contains(strings.TrimPrefix(f.log(), before), "modify-vpc-endpoint --remove-route-table-ids rtb-01 --vpc-endpoint-id vpce-01") {
			t.Errorf("exit %d\n%s\n%s", code, said, f.log())
		}
	}
	if _, err := os.Stat(file + ".created"); err == nil || mode(t, record) != 0o600 {
		t.Errorf("another record exists, or everybody can read this one: %v", mode(t, record))
	}
}

// An undo that ends early continues where it was, and never repeats what it reverted.
func TestUndoContinues(t *testing.T) {
	answers := undoable()
	answers["delete-security-group.1"] = denied("UnauthorizedOperation", "DeleteSecurityGroup")
	f := newFake(t, answers)
	file := scriptFile(t, scriptOf(t, groupAndEndpoint()))
	if _, said, code := runFile(t, f.env, file, ""); code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	out, said, code := runFile(t, f.env, file, "", "--undo", "--json")
	if code != 1 || !strings.Contains(said, "(UnauthorizedOperation)") || !strings.Contains(said, "Make it manually, or run again after that.") || !strings.Contains(said, "Reverted in this run so far:\n  endpoint/ecr.api vpce-1") {
		t.Errorf("exit %d\n%s", code, said)
	}
	if diff := cmp.Diff("123456789012 eu-central-1 undo\nendpoint/ecr.api | reverted | vpce-1", parsed(t, out).text()); diff != "" {
		t.Error(diff)
	}
	if _, said, code := runFile(t, f.env, file, "", "--undo"); code != 0 || !strings.Contains(said, "Reverted: 1.") || f.calls["delete-vpc-endpoints"] != 1 || f.calls["delete-security-group"] != 2 {
		t.Errorf("exit %d, %v\n%s", code, f.calls, said)
	}
}

// TestUndoOfAnInterruptedRun: the record is complete after each change, even if the script is killed.
func TestUndoOfAnInterruptedRun(t *testing.T) {
	answers := undoable()
	answers["describe-vpc-endpoints.2"] = "hang" // before the creation of the endpoint
	f := newFake(t, answers)
	file := scriptFile(t, scriptOf(t, groupAndEndpoint()))
	cmd := exec.Command(tool(t, "bash"), file)
	cmd.Env, cmd.SysProcAttr = f.env, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-f.hangs:
	case <-time.After(30 * time.Second):
		t.Error("the script does not get that far")
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
	f.interrupted()
	if got := content(t, file+".created"); got != planLine+"began\tsecurity-group/endpoints\t\ncreated\tsecurity-group/endpoints\tsg-1\n" {
		t.Errorf("%q", got)
	}
	if _, said, code := runFile(t, f.env, file, "", "--undo"); code != 0 || !strings.Contains(said, "Reverted: 1.") || f.calls["delete-security-group"] != 1 || f.calls["delete-vpc-endpoints"] != 0 {
		t.Errorf("exit %d, %v\n%s", code, f.calls, said)
	}
}

// The resource of another run is not in the record as one of this script.
func TestUndoAfterAnotherRunIsKept(t *testing.T) {
	p := one()
	p.Changes[0].Spec = resource.InterfaceEndpoint{VPC: "vpc-0a1", Service: serviceName("ecr.api"), Subnets: fixed.subnets, Groups: []resource.Value{resource.Lit("sg-01")}}
	f := newFake(t, map[string]string{"describe-vpc-endpoints/create-vpc-endpoint": endpoints(interfaceEndpoint("vpce-1", "available", "CreationTimestamp", "2"), interfaceEndpoint("vpce-0", "available", "CreationTimestamp", "1")),
		"describe-vpc-endpoints/delete-vpc-endpoints": endpoints(interfaceEndpoint("vpce-0", "available", "CreationTimestamp", "1"))})
	file := scriptFile(t, scriptOf(t, p))
	out, said, code := runFile(t, f.env, file, "", "--json")
	if code != 0 || parsed(t, out).Changes[0].Resource != "vpce-0" || parsed(t, out).Changes[0].Result != "exists" {
		t.Errorf("exit %d\n%s\n%s", code, out, said)
	}
	if _, said, code := runFile(t, f.env, file, "", "--undo"); code != 0 || !strings.Contains(said, "Reverted: 0.") || f.calls["delete-vpc-endpoints"] != 1 {
		t.Errorf("exit %d\n%s", code, said)
	}
}

func TestUndoWithoutARecord(t *testing.T) {
	f := newFake(t, nil)
	file := scriptFile(t, scriptOf(t, one()))
	_, said, code := runFile(t, f.env, file, "", "--undo")
	if code != 2 || !strings.Contains(said, ".created has no record of a run of this script. Nothing was changed.") || strings.Contains(said, "Stopped at") {
		t.Errorf("exit %d\n%s", code, said)
	}
	if _, err := os.Stat(file + ".created"); err == nil {
		t.Error("it leaves an empty record")
	}
}

package clitest

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// site is a sandbox account with its programs, and the environment of those that call them.
type site struct {
	programs *Programs
	clock    *Clock
	url      string
	dir      string
	env      []string
}

func open(t *testing.T, scenario string, speed float64) site {
	t.Helper()
	s := site{clock: &Clock{}, dir: t.TempDir()}
	a, err := sandbox.New(sandbox.Options{Scenario: scenario, Speed: speed, Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	s.programs, s.url = Start(t, s.clock), srv.URL
	s.env = []string{"HOME=" + s.dir, "PATH=" + os.Getenv("PATH"), "AWS_ENDPOINT_URL=" + srv.URL, "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER="}
	return s
}

// run runs a program, and returns what it printed and its exit code.
func (s site) run(t *testing.T, path, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = s.dir, s.env, strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func (s site) aws(t *testing.T, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return s.run(t, filepath.Join(s.programs.Dir, "aws"), input, args...)
}

func TestShorthand(t *testing.T) {
	for text, want := range map[string]map[string]any{
		"Name=vpc-id,Values=a":             {"Name": "vpc-id", "Values": "a"},
		"Name=vpc-id,Values=a,b,c":         {"Name": "vpc-id", "Values": []any{"a", "b", "c"}},
		"Values=a,b,Name=x":                {"Values": []any{"a", "b"}, "Name": "x"},
		"R=x,Tags=[{Key=k,Value=v=1},{}]":  {"R": "x", "Tags": []any{map[string]any{"Key": "k", "Value": "v=1"}, map[string]any{}}},
		"A=[],B={C=[x, y]}":                {"A": []any{}, "B": map[string]any{"C": []any{"x", "y"}}},
		`A='it\'s , [all] of it',B="x y"`:  {"A": "it's , [all] of it", "B": "x y"},
		`A=x\,y`:                           {"A": "x,y"},
		"A=,B=":                            {"A": "", "B": ""},
		"A=p,q":                            {"A": []any{"p", "q"}},
		"A = x , B = arn:aws:iam::1:role/": {"A": "x", "B": "arn:aws:iam::1:role/"},
		"A=日本":                             {"A": "日本"},
	} {
		got, err := shorthand(text)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", text, err, d)
		}
	}
	for _, text := range []string{"", "A", "=x", "A=[x", "A={B=x", "A={B}", "A='x", "A=x,A=y", "A=[x]y", "A=🦊"} {
		if got, err := shorthand(text); err == nil {
			t.Errorf("%s is read as %v", text, got)
		}
	}
}

func TestRequests(t *testing.T) {
	read := func(name string) ([]byte, error) {
		text, ok := map[string]string{"draft.json": `{"family":"web","cpu":"256"}`, "/dev/stdin": "piped", "cert.pem": "PEM"}[name]
		if !ok {
			return nil, os.ErrNotExist
		}
		return []byte(text), nil
	}
	for line, want := range map[string]map[string]any{
		"ec2|describe-security-groups|--group-ids":                                          {"GroupIds": []any{}},
		"ec2|describe-security-groups":                                                      {},
		"ec2|describe-security-groups|--filters|Name=vpc-id,Values=a|Name=state,Values=b,c": {"Filters": []any{map[string]any{"Name": "vpc-id", "Values": []any{"a"}}, map[string]any{"Name": "state", "Values": []any{"b", "c"}}}},
		"--region|us-east-1|ec2|describe-vpc-endpoints|--vpc-endpoint-ids|a|b":              {"VpcEndpointIds": []any{"a", "b"}},
		`ec2|describe-vpc-endpoints|--vpc-endpoint-ids|["a", "b"]`:                          {"VpcEndpointIds": []any{"a", "b"}},
		"ec2|modify-vpc-attribute|--vpc-id=-x|--enable-dns-support|Value=true":              {"VpcId": "-x", "EnableDnsSupport": map[string]any{"Value": true}},
		"ec2|create-vpc-endpoint|--private-dns-enabled|--no-dry-run":                        {"PrivateDnsEnabled": true, "DryRun": false},
		"ec2|run-instances|--image-id|ami-1":                                                {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1},
		"ec2|run-instances|--count|2":                                                       {"MinCount": 2, "MaxCount": 2},
		"ecs|update-service|--service|web|--force-new-deployment":                           {"service": "web", "forceNewDeployment": true},
		"ecs|register-task-definition|--cli-input-json|file://draft.json|--cpu|512":         {"family": "web", "cpu": "512"},
		"acm|list-certificates|--includes|keyTypes=RSA_2048,EC_prime256v1":                  {"Includes": map[string]any{"keyTypes": []any{"RSA_2048", "EC_prime256v1"}}},
		"acm|import-certificate|--certificate|fileb://cert.pem":                             {"Certificate": []byte("PEM")},
		"secretsmanager|create-secret|--secret-string|file:///dev/stdin":                    {"SecretString": "piped"},
		"ssm|send-command|--parameters|commands=ls,executionTimeout=[1]":                    {"Parameters": map[string]any{"commands": []any{"ls"}, "executionTimeout": []any{"1"}}},
		"ec2|describe-vpc-endpoints|--vpc-endpoint-ids|a|--vpc-endpoint-ids|b":              {"VpcEndpointIds": []any{"b"}},
		"iam|create-role|--tags|Key=k,Value=":                                               {"Tags": []any{map[string]any{"Key": "k", "Value": ""}}},
	} {
		c, err := parse(strings.Split(line, "|"), read)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if d := cmp.Diff(want, c.in); d != "" {
			t.Error(line, d)
		}
	}
	for line, says := range map[string]string{
		"ec2":                                                          "command, operation",
		"s4|describe-security-groups":                                  "describe-security-groups of s4 is not known",
		"ec2|describe-security-groupz":                                 "describe-security-groupz of ec2 is not known",
		"ec2|DescribeSecurityGroups":                                   "is not known",
		"ec2|describe-security-groups|--groupids|a":                    "unknown options: --groupids",
		"ec2|describe-security-groups|x":                               "unknown options: x",
		"ec2|describe-security-groups|--no-group-ids":                  "unknown options: --no-group-ids",
		"ec2|describe-security-groups|--dry-run|x":                     "unknown options: x",
		"ec2|describe-security-groups|-x":                              "unknown options: -x",
		"ec2|describe-security-groups|--page-size|5":                   "unknown options: --page-size",
		"ec2|describe-vpc-attribute|--vpc-id":                          "expected one argument",
		"ec2|describe-security-groups|--query":                         "expected one argument",
		"ec2|describe-security-groups|--query|a[":                      "Bad value for --query a[",
		"ec2|describe-security-groups|--output|table":                  `"table" is not json or text`,
		"ec2|describe-security-groups|--filters|Nam=a":                 `unknown parameter: "Nam" of Filter`,
		"ec2|describe-security-groups|--filters|[1]":                   "where a types.Filter is expected",
		"ec2|describe-security-groups|--filters|[{":                    "invalid JSON",
		"ec2|describe-vpc-attribute|--vpc-id|a|b":                      "expected one argument",
		"ec2|run-instances|--min-count|1":                              "unknown options: --min-count",
		"ec2|create-vpc-endpoint|--vpc-id|file://none":                 "none: file does not exist",
		"acm|import-certificate|--certificate|PEM":                     "differently",
		`ecs|register-task-definition|--cli-input-json|{"Family":"x"}`: `unknown parameter: "Family"`,
	} {
		var usage *usageError
		if _, err := parse(strings.Split(line, "|"), read); !errors.As(err, &usage) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s", line, err, says)
		}
	}
}

func TestOutput(t *testing.T) {
	for _, tt := range []struct {
		v          any
		text, json string
	}{
		{nil, "None\n", "null\n"},
		{true, "True\n", "true\n"},
		{50.0, "50\n", "50\n"},
		{"<a> & b\u2028\\u2028", "<a> & b\u2028\\u2028\n", "\"<a> & b\u2028\\\\u2028\"\n"},
		{[]any{}, "", "[]\n"},
		{map[string]any{}, "", ""},
		{[]any{"a", nil, 1.5}, "a\tNone\t1.5\n", "[\n    \"a\",\n    null,\n    1.5\n]\n"},
		{[]any{[]any{"a", "b"}, []any{"c"}}, "a\tb\nc\n", "[\n    [\n        \"a\",\n        \"b\"\n    ],\n    [\n        \"c\"\n    ]\n]\n"},
		{map[string]any{"B": "x", "A": []any{"p", "q"}, "C": false}, "x\tFalse\nA\tp\nA\tq\n", "{\n    \"A\": [\n        \"p\",\n        \"q\"\n    ],\n    \"B\": \"x\",\n    \"C\": false\n}\n"},
	} {
		var text, json strings.Builder
		if err := errors.Join(printText(&text, tt.v), printJSON(&json, tt.v)); err != nil {
			t.Error(err)
		}
		if text.String() != tt.text || json.String() != tt.json {
			t.Errorf("%v: text %q, JSON %q", tt.v, text.String(), json.String())
		}
	}
	// The structures of a list have the same columns.
	var text strings.Builder
	if err := printText(&text, map[string]any{"Subnets": []any{map[string]any{"Id": "a", "Tags": []any{map[string]any{"Key": "k"}}}, map[string]any{"Id": "b", "Zone": "z"}, map[string]any{"Tags": []any{}}}}); err != nil {
		t.Error(err)
	}
	if want := "SUBNETS\ta\t\nTAGS\tk\nSUBNETS\tb\tz\nSUBNETS\t\t\n"; text.String() != want {
		t.Errorf("%q", text.String())
	}
}

// TestPrograms runs the programs as scripts do, with and without standard input, and with an address where nobody answers.
func TestPrograms(t *testing.T) {
	s := open(t, "closed", 1)
	answers := func(want string, args ...string) {
		t.Helper()
		if out, errs, code := s.aws(t, "", args...); out != want || errs != "" || code != 0 {
			t.Errorf("%q: %d %q %s", args, code, out, errs)
		}
	}
	answers("123456789012\n", "sts", "get-caller-identity", "--query", "Account", "--output", "text")
	answers("[\n    5\n]\n", "ec2", "describe-security-groups", "--query", "[length(SecurityGroups)]")
	s.env = append(s.env, "AWS_REGION=eu-west-1") // where the account holds nothing
	answers("0\n", "ec2", "describe-vpc-endpoints", "--query", "length(VpcEndpoints)")
	answers("5\n", "ec2", "describe-security-groups", "--query", "length(SecurityGroups)", "--region", "us-east-1")
	s.env = append(s.env, "AWS_REGION=us-east-1")

	create := strings.Fields("secretsmanager create-secret --name team/pull --secret-string file:///dev/stdin --query Name --output text")
	if out, errs, code := s.aws(t, "one\ntwo 🐤\n", create...); out != "team/pull\n" || code != 0 {
		t.Errorf("%d %q %s", code, out, errs)
	}
	answers("one\ntwo 🐤\n\n", "secretsmanager", "get-secret-value", "--secret-id", "team/pull", "--query", "SecretString", "--output", "text")
	if _, errs, code := s.aws(t, "x", create...); code != 254 || !strings.HasPrefix(errs, "\nAn error occurred (ResourceExistsException) when calling the CreateSecret operation: ") {
		t.Errorf("%d %s", code, errs)
	}
	endpoint := strings.Fields("ec2 create-vpc-endpoint --vpc-id vpc-0a1b2c3d4e5f60001 --service-name com.amazonaws.us-east-1.s3 --dry-run")
	if _, errs, code := s.aws(t, "", endpoint...); code != 254 || !strings.Contains(errs, "(DryRunOperation)") {
		t.Errorf("%d %s", code, errs)
	}
	if out, errs, code := s.aws(t, "", "ec2", "no-such-operation"); out != "" || code != 252 || errs == "" {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if out, errs, code := s.aws(t, "", "ec2", "describe-security-groups", "--endpoint-url", "http://127.0.0.1:1"); out != "" || code != 255 || errs != "\nCould not connect to the endpoint URL: \"http://127.0.0.1:1\"\n" {
		t.Errorf("%d %s%s", code, out, errs)
	}
	// A request without an answer is sent again, as the CLI does, except with one attempt.
	var sent atomic.Int64
	lost := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		sent.Add(1)
		panic(http.ErrAbortHandler)
	}))
	defer lost.Close()
	for _, tt := range []struct {
		attempts string
		sent     int64
	}{{"1", 1}, {"", 2}} {
		sent.Store(0)
		s.env = append(s.env, "AWS_MAX_ATTEMPTS="+tt.attempts)
		if _, errs, code := s.aws(t, "", "ec2", "create-security-group", "--group-name", "a", "--description", "b", "--endpoint-url", lost.URL); code != 255 || errs == "" || sent.Load() != tt.sent {
			t.Errorf("AWS_MAX_ATTEMPTS=%s: sent %d times, %d %s", tt.attempts, sent.Load(), code, errs)
		}
	}
	if words := s.programs.Words(); !cmp.Equal(words[:3], []string{"sts", "get-caller-identity", "--query"}) {
		t.Errorf("%q", words)
	}

	sleep := filepath.Join(s.programs.Dir, "sleep")
	before := s.clock.Now()
	if _, errs, code := s.run(t, sleep, "", "3600.5"); code != 0 || errs != "" {
		t.Errorf("%d %s", code, errs)
	}
	if d := s.clock.Now().Sub(before); d < 3600500*time.Millisecond {
		t.Errorf("the clock moved by %s", d)
	}
	for _, args := range [][]string{{}, {"x"}, {"-1"}, {"1", "2"}} {
		if _, errs, code := s.run(t, sleep, "", args...); code != 1 || !strings.Contains(errs, "cannot sleep") {
			t.Errorf("%q: %d %s", args, code, errs)
		}
	}
}

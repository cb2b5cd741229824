package architecture_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var update = flag.Bool("update", false, "write the generated parts of the documents")

// reads lists what `wizard plan` and `wizard snapshot` read, by part of the inventory.
var reads = []struct {
	when  string
	parts []inventory.Part
}{
	{"Always", []inventory.Part{"identity", "vpcs", "services", "quotas", "prices", "network"}},
	{"Amazon ECS, and AWS Batch on EC2", []inventory.Part{"clusters", "agents", "definition"}},
	{"AWS Batch", []inventory.Part{"batch"}},
	{"Container instances (Amazon ECS on EC2, AWS Batch on EC2)", []inventory.Part{"hosts"}},
	{"Execution roles of the workload", []inventory.Part{"roles"}},
	{"Log groups that containers of the workload log to", []inventory.Part{"log-groups"}},
	{"Private images of Amazon ECR, in subnets without internet access", []inventory.Part{"caches"}},
	{"Private registry (`registry`)", []inventory.Part{"registry", "secret"}},
	{"Amazon MWAA", []inventory.Part{"mwaa"}},
	{"A new VPC", []inventory.Part{"creation"}},
	{"Access methods of Amazon MWAA (`mwaa.way_in`)", []inventory.Part{"ways"}},
	{"Error messages of stopped tasks and of jobs (`wizard snapshot` and `wizard doctor` only)", []inventory.Part{"failures"}},
}

// changes lists what `wizard apply` and exported scripts do, by feature. Each feature names
// the files of internal/resource/testdata that hold the calls of its changes, by prefix.
var changes = []struct {
	title  string
	files  []string
	others []string // calls of the verification that are in no file
}{
	{"Endpoints, for every workload", []string{"attribute", "group", "rule", "interface", "gateway", "change", "endpoint", "private", "checks"}, nil},
	{"Check of the permissions, before the first change", nil, []string{"sts:GetCallerIdentity", "iam:GetRole", "iam:SimulatePrincipalPolicy"}},
	{"A new VPC (`vpc.create`)", []string{"vpc", "subnet", "igw", "address", "nat", "table", "association", "route", "flow-log", "attribute", "group"}, nil},
	{"Log groups that do not exist", []string{"log-group"}, []string{"logs:TagResource"}},
	{"Restart of ECS agents (`agent`)", []string{"agents"}, nil},
	{"Connectivity test from container instances", []string{"inside"}, []string{"ssm:GetCommandInvocation"}},
	{"Test task (`proof`)", []string{"task-look"}, nil},
	{"Replacement of running tasks (`redeploy`)", []string{"service"}, nil},
	{"First workload (`first`)", []string{"ecs-cluster", "ecs-service", "task-definition-new", "compute-environment", "job-queue", "job-definition-first", "first-job", "role-create", "policy-managed", "log-group"}, nil},
	{"Private registry (`registry`)", []string{"secret", "role-create", "role-keep", "policy", "task-definition", "job-definition", "service"}, []string{"secretsmanager:GetSecretValue"}},
	{"Amazon MWAA: endpoints of an environment that waits for them", []string{"environment-wait"}, nil},
	{"Amazon MWAA: load balancer (`way_in: load-balancer`)", []string{"target", "targets", "load-balancer", "listener", "certificate-import", "certificate-keep", "certificate-request", "certificate-zone", "record", "base-url"}, nil},
	{"Amazon MWAA: bastion (`way_in: bastion`)", []string{"instance", "role-of-instances", "policy-managed"}, nil},
	{"Amazon MWAA: AWS Client VPN (`way_in: client-vpn`)", []string{"client-vpn", "certificate-made", "certificate-keep"}, nil},
}

// calls lists the IAM actions of the AWS calls in a value of parsed JSON. Calls that undo
// a change are listed separately.
func calls(v any, undoing bool, do, undo map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			calls(item, undoing, do, undo)
		}
	case map[string]any:
		service, _ := v["Service"].(string)
		op, _ := v["Op"].(string)
		if service != "" && op != "" {
			action := resource.Action(service, op)
			if undoing {
				undo[action] = true
			} else {
				do[action] = true
			}
		}
		for key, item := range v {
			calls(item, undoing || key == "Undo" || key == "Affects", do, undo)
		}
	}
}

func isRead(action string) bool {
	_, op, _ := strings.Cut(action, ":")
	return resource.Reads(op)
}

// list writes actions as a sorted list of code.
func list(actions map[string]bool, only func(string) bool) string {
	var out []string
	for a := range actions {
		if only(a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return ""
	}
	slices.Sort(out)
	return "`" + strings.Join(out, "`, `") + "`"
}

func not(f func(string) bool) func(string) bool { return func(s string) bool { return !f(s) } }

// policy is an IAM policy that allows actions on all resources.
func policy(actions map[string]bool) []byte {
	var names []string
	for a := range actions {
		names = append(names, a)
	}
	slices.Sort(names)
	out, err := json.MarshalIndent(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Action": names, "Resource": "*"}}}, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(out, '\n')
}

// generated writes or compares a file that is created from the code.
func generated(t *testing.T, name string, want []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(name); err != nil || string(have) != string(want) {
		t.Errorf("%s differs from the code; run scripts/docs.sh and read the difference (%v)", name, err)
	}
}

// TestPermissions keeps the lists of docs/permissions.md and the sample policies equal to
// the calls in the code, and fails for a call that is in no list.
func TestPermissions(t *testing.T) {
	var b strings.Builder
	listed, reading := map[string]bool{}, map[string]bool{"ec2:DescribeRegions": true}
	unread := inventory.Parts()
	fmt.Fprintf(&b, "### Read by `wizard plan` and `wizard snapshot`\n\n")
	for _, r := range reads {
		actions := map[string]bool{}
		for _, part := range r.parts {
			i := slices.Index(unread, part)
			if i < 0 {
				t.Fatalf("the inventory has no part %q, or reads lists it twice", part)
			}
			unread = slices.Delete(unread, i, i+1)
			for _, a := range inventory.Calls(part) {
				actions[a], reading[a] = true, true
			}
		}
		fmt.Fprintf(&b, "- **%s**: %s.\n", r.when, list(actions, func(string) bool { return true }))
	}
	if len(unread) > 0 {
		t.Errorf("reads does not list the parts %v", unread)
	}
	fmt.Fprintf(&b, "- **A Region that this version does not know**: `ec2:DescribeRegions`.\n")

	goldens, err := filepath.Glob("internal/resource/testdata/*.json")
	if err != nil || len(goldens) < 50 {
		t.Fatalf("%d files of calls: %v", len(goldens), err)
	}
	used, undo := map[string]bool{}, map[string]bool{}
	endpoints := map[string]bool{"sts:GetCallerIdentity": true}
	endpoint := resource.Call{Service: "ec2", Op: "CreateVpcEndpoint", In: map[string]any{"PrivateDnsEnabled": true, "TagSpecifications": []any{}}}
	for _, p := range endpoint.Permissions() {
		endpoints[p.Action] = true
	}
	for i, c := range changes {
		do := map[string]bool{}
		for _, a := range c.others {
			do[a] = true
		}
		for _, file := range goldens {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			if !slices.ContainsFunc(c.files, func(prefix string) bool { return name == prefix || strings.HasPrefix(name, prefix+"-") }) {
				continue
			}
			used[file] = true
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			calls(v, false, do, undo)
		}
		fmt.Fprintf(&b, "\n### %s\n\n- Reads: %s.\n", c.title, list(do, isRead))
		if l := list(do, not(isRead)); l != "" {
			fmt.Fprintf(&b, "- Changes: %s.\n", l)
		}
		for a := range do {
			listed[a] = true
			if i == 0 {
				endpoints[a] = true
			}
		}
	}
	for _, file := range goldens {
		if !used[file] {
			t.Errorf("%s belongs to no feature in the list of changes", file)
		}
	}
	for a := range listed {
		delete(undo, a)
	}
	fmt.Fprintf(&b, "\n### To undo\n\n`wizard undo` needs these permissions, as far as a run made such resources. `wizard apply` and scripts delete only what they created while another run created the same, with these permissions too:\n%s.\n", list(undo, func(string) bool { return true }))

	for a := range reading {
		listed[a] = true
	}
	for a := range undo {
		listed[a] = true
	}
	for a, at := range callsInCode(t) {
		if !listed[a] {
			t.Errorf("%s: %s is in no list of permissions: add it to reads or changes in docs_test.go", at, a)
		}
	}

	const name, begin, end = "docs/permissions.md", "<!-- Generated by scripts/docs.sh. -->\n\n", "\n<!-- End of the generated part. -->"
	doc, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(doc), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no generated part", name)
	}
	generated(t, name, []byte(before+begin+b.String()+end+after))
	generated(t, "docs/samples/read-policy.json", policy(reading))
	generated(t, "docs/samples/endpoints-policy.json", policy(endpoints))
}

// credentialCalls are the calls that the SDK makes to get credentials.
var credentialCalls = regexp.MustCompile(`^"(sso|ssooidc)\W|^"sts\WAssumeRole`)

// callsInCode finds the calls in the strings of internal/aws: reads have the name of the
// IAM action, other calls are keys of the operations of a service.
func callsInCode(t *testing.T) map[string]string {
	out := map[string]string{}
	action := regexp.MustCompile(`^"[a-z0-9]+:[A-Z][A-Za-z]+"$`)
	operate := regexp.MustCompile(`(?m)^var _ = operate\("(\w+)"`)
	operation := regexp.MustCompile(`(?m)^\s*"([A-Z][A-Za-z]+)":`)
	files, err := filepath.Glob("internal/aws/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if service := operate.FindSubmatch(src); service != nil {
			for _, m := range operation.FindAllSubmatch(src, -1) {
				out[resource.Action(string(service[1]), string(m[1]))] = file
			}
		}
		var s scanner.Scanner
		s.Init(token.NewFileSet().AddFile(file, -1, len(src)), src, nil, 0)
		for {
			_, tok, text := s.Scan()
			if tok == token.EOF {
				break
			}
			if tok == token.STRING && action.MatchString(text) && !strings.HasPrefix(text, `"tag:`) && !credentialCalls.MatchString(text) { // tag:NAME is a filter
				out[strings.Trim(text, `"`)] = file
			}
		}
	}
	if len(out) < 100 {
		t.Errorf("found %d calls in the code, want at least 100", len(out))
	}
	return out
}

// built is the path of the program, which is built once for all tests.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wizard")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "wizard")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", exe, "./cmd/wizard").CombinedOutput(); err != nil {
		return exe, fmt.Errorf("%w\n%s", err, out)
	}
	return exe, nil
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if wizardBuilt {
		exe, _ := built()
		_ = os.RemoveAll(filepath.Dir(exe))
	}
	os.Exit(code)
}

// wizardBuilt is true if TestMain must delete the built program.
var wizardBuilt bool

// wizard returns the path of the built program.
func wizard(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	wizardBuilt = true
	exe, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// run runs the program in docs/samples and returns what it prints.
func run(t *testing.T, exe, stdin string, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Dir, cmd.Stdin = "docs/samples", strings.NewReader(stdin)
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true"}
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s%s", err, out, exit.Stderr)
	}
	return out, err
}

// TestSamples keeps docs/samples equal to what the program prints for the sandbox, and free
// of paths of the computer that created them.
func TestSamples(t *testing.T) {
	exe := wizard(t)
	folder := t.TempDir()
	for _, args := range [][]string{{"--format", "terraform", "--out", filepath.Join(folder, "endpoints")}, {"--format", "cloudformation", "--out", filepath.Join(folder, "endpoints.yaml")}} {
		if out, err := run(t, exe, "", append([]string{"export", "--sandbox=closed", "--answers", "answers.yaml"}, args...)...); err != nil {
			t.Fatal(err, out)
		}
	}
	for file, from := range map[string]string{"main.tf": filepath.Join(folder, "endpoints", "main.tf"), "endpoints.yaml": filepath.Join(folder, "endpoints.yaml")} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		generated(t, "docs/samples/"+file, text)
	}
	for file, args := range map[string][]string{
		"plan.txt":     {"plan", "--sandbox=closed", "--answers", "answers.yaml", "--no-color"},
		"endpoints.sh": {"export", "--sandbox=closed", "--answers", "answers.yaml", "--format", "bash"},
		"report.md":    {"export", "--sandbox=closed", "--answers", "answers.yaml", "--format", "markdown"},
	} {
		out, err := run(t, exe, "", args...)
		if err != nil {
			t.Fatal(err)
		}
		generated(t, "docs/samples/"+file, out)
	}
	files, err := filepath.Glob("docs/samples/*")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v %v", files, err)
	}
	pictures, err := filepath.Glob("docs/*.svg")
	if err != nil || len(pictures) != 6 {
		t.Fatalf("%v %v", pictures, err)
	}
	for _, file := range append(files, pictures...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`/(work|root|home|Users|builds)/|/tmp/[a-zA-Z]`).Find(data); m != nil {
			t.Errorf("%s contains a path of the computer that created it: %s", file, m)
		}
		if len(data) > 150<<10 {
			t.Errorf("%s has %d bytes, want at most 150 KiB", file, len(data))
		}
	}
}

// TestExamplesOfWorkloads runs every example of a workload page that begins with a command
// for the sandbox.
func TestExamplesOfWorkloads(t *testing.T) {
	exe := wizard(t)
	for _, page := range []string{"docs/ecs.md", "docs/batch.md", "docs/mwaa.md"} {
		doc, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, block := range strings.Split(string(doc), "```yaml\n")[1:] {
			text, _, _ := strings.Cut(block, "```")
			first, _, _ := strings.Cut(text, "\n")
			args, ok := strings.CutPrefix(first, "# wizard ")
			if !ok {
				continue
			}
			n++
			if out, err := run(t, exe, text, strings.Fields(strings.Replace(args, "answers.yaml", "-", 1))...); err != nil {
				t.Errorf("%s: %s: %v", page, first, err)
			} else if !strings.Contains(string(out), " endpoint ") {
				t.Errorf("%s: %s: no endpoint in the plan: %s", page, first, out)
			}
		}
		if n == 0 {
			t.Errorf("%s has no example that begins with # wizard plan --sandbox=…", page)
		}
	}
}

// TestReferences verifies that relative links of the documents lead to an existing file and
// heading, and that the Go files that CONTRIBUTING.md names exist.
func TestReferences(t *testing.T) {
	link, file := regexp.MustCompile(`\]\(([^)#:]*)(?:#([^):]*))?\)`), regexp.MustCompile("`([a-z_/]+/[a-z_]+\\.go)`")
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range append(docs, "README.md", "CONTRIBUTING.md", "CHANGELOG.md") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			n++
			to := name
			if m[1] != "" {
				to = filepath.Join(filepath.Dir(name), m[1])
			}
			target, err := os.ReadFile(to)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if m[2] != "" && !slices.Contains(anchors(target), m[2]) {
				t.Errorf("%s: %s has no heading #%s", name, to, m[2])
			}
		}
		if name != "CONTRIBUTING.md" {
			continue
		}
		for _, m := range file.FindAllStringSubmatch(string(data), -1) {
			n++
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if n < 40 {
		t.Errorf("found %d references, want at least 40", n)
	}
}

// anchors lists the anchors that GitHub gives the headings of a document.
func anchors(doc []byte) []string {
	var out []string
	other := regexp.MustCompile(`[^a-z0-9 _-]`)
	for line := range strings.Lines(string(doc)) {
		if title := strings.TrimLeft(line, "#"); title != line {
			out = append(out, strings.ReplaceAll(other.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), ""), " ", "-"))
		}
	}
	return out
}

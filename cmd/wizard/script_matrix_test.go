package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// These tests export the script of every plan of the matrix and run it: each scenario of the sandbox with each workload
// that its account can plan, the access methods, the methods to restart agents, and the network choices.

// The most AWS CLI calls of a run of a script that has nothing to do.
const (
	mostCalls        = 20
	mostCallsFargate = 12 // of a workload on AWS Fargate that exists, in a VPC that exists
	// mostCallsMany is for plans that create many kinds of resources, each with a list of its own, and for checks from inside, which
	// need four calls for each instance that they run on.
	mostCallsMany = 28
)

// manyKinds are words in the names of such plans.
var manyKinds = []string{"new VPC", "with zone", "without zone", "closed, ecs-ec2 prod, ssm"}

// notFargate are words in the names of plans that create more for a workload on AWS Fargate than its endpoints.
var notFargate = []string{"first ", "credentials", "test task"}

// scriptCase is a plan of the matrix.
type scriptCase struct {
	scenario, name string
	answers        string // the text of the answers file
}

func (c scriptCase) String() string { return c.scenario + ", " + c.name }

// choice is a change of the answers with its name in the matrix.
type choice struct {
	name  string
	apply func(*answers.Answers)
}

// asIs leaves the answers as they are.
var asIs = choice{"", func(*answers.Answers) {}}

func restart(method string, update bool) choice {
	name := method
	if update {
		name += ", update"
	}
	return choice{name, func(a *answers.Answers) { a.Agent.Restart, a.Agent.Update = method, update }}
}

func access(name, method string, more func(*answers.Airflow)) choice {
	return choice{name, func(a *answers.Answers) { a.Airflow.WayIn = method; more(&a.Airflow) }}
}

// choicesOf returns the choices that matter for a workload, the usual one first.
func choicesOf(w *workload.Workload) []choice {
	phases := choice{"two phases", func(a *answers.Answers) { a.TwoPhases = new(true) }}
	switch {
	case w.WebServer:
		return []choice{asIs, {"endpoints of 2023", func(a *answers.Answers) { a.Airflow.Endpoints = answers.Endpoints2023 }},
			access("load balancer", answers.ByLoadBalancer, func(a *answers.Airflow) {
				a.LoadBalancer = answers.LoadBalancer{Domain: "airflow.example.com", Certificate: issuedARN}
			}),
			access("ssh", answers.ByBastion, func(a *answers.Airflow) {
				a.Bastion = answers.Bastion{Reach: answers.BySSH, KeyPair: "airflow-admins", Admit: []string{"203.0.113.7/32"}}
			}),
			access("session manager", answers.ByBastion, func(a *answers.Airflow) { a.Bastion = answers.Bastion{Reach: answers.BySessionManager} }),
			access("client VPN", answers.ByClientVPN, func(*answers.Airflow) {})}
	case w.OwnHosts:
		return []choice{restart(answers.RestartSSM, false), restart(answers.RestartSSM, true), restart(answers.RestartReboot, false), restart(answers.RestartCommands, false),
			restart(answers.RestartNone, false), phases}
	}
	return []choice{asIs, phases, {"one phase, no private DNS", func(a *answers.Answers) { a.TwoPhases, a.PrivateDNS = new(false), new(false) }}}
}

// casesOf returns the plans for everything of a workload that the user can name, and for all of it in the VPC.
func casesOf(s sandbox.Scenario, w *workload.Workload, inv *inventory.Inventory) ([]scriptCase, error) {
	var out []scriptCase
	add := func(name string, c choice) error {
		a := answers.Answers{Workload: w.Name, Region: s.Region}
		if name == "" {
			a.VPC, name = s.VPC, "all"
		} else {
			*w.Named.Of(&a) = name
		}
		if w.WebServer {
			a.EndpointPolicy.ByService = map[string]string{"sqs": answers.PolicyFull} // otherwise the plan accepts an error
		}
		c.apply(&a)
		text, err := a.YAML()
		out = append(out, scriptCase{s.Name, strings.TrimSuffix(fmt.Sprintf("%s %s, %s", w.Name, name, c.name), ", "), string(text)})
		return err
	}
	can, _ := w.Choices(workload.Account{Inventory: inv, WayOut: plan.WayOut})
	for _, named := range can {
		cluster, _, service := strings.Cut(named.Name, "/")
		for n, c := range choicesOf(w) {
			if n > 0 && service && slices.ContainsFunc(can, func(c workload.Choice) bool { return c.Name == cluster }) {
				break // the plans for its cluster have the other choices
			}
			if err := add(named.Name, c); err != nil {
				return nil, err
			}
		}
	}
	if len(can) == 0 {
		return nil, nil
	}
	return out, add("", choicesOf(w)[0])
}

// newVPCCases are plans for a new VPC with each internet route, with and without a first workload in it.
func newVPCCases(s sandbox.Scenario) ([]scriptCase, error) {
	var out []scriptCase
	for _, w := range answers.FirstWorkloads {
		for _, route := range answers.InternetRoutes {
			a := answers.Answers{Workload: w, Region: s.Region, VPC: answers.PlannedVPC, NewVPC: &answers.NewVPC{Name: "shop", Internet: route}, Needs: &[]string{}}
			name := "new VPC, " + route
			if route != answers.InternetNATPerZone {
				a.Needs, a.First = nil, answers.First{Name: "web", Image: "123456789012.dkr.ecr." + s.Region + ".amazonaws.com/web:1.4.2"}
				name += ", first workload"
			}
			text, err := a.YAML()
			if err != nil {
				return nil, err
			}
			out = append(out, scriptCase{s.Name, string(w) + " " + name, string(text)})
		}
	}
	return out, nil
}

// registryCases are plans with credentials of a private registry, in the scenario of that name.
var registryCases = map[string]string{
	"ecs-fargate credentials":   registryAnswers,
	"batch-fargate credentials": lostCases["restored secret"].answers,
	"ecs-ec2 credentials":       "version: 1\nworkload: ecs-ec2\nservice: registry/tools\nagent: {restart: none}\nregistry: {secret: team/tools, value: set, username: team}\n",
	"batch-ec2 credentials":     "version: 1\nworkload: batch-ec2\ncompute_environment: registry-ec2\nagent: {restart: none}\nregistry: {secret: team/jobs, value: set, username: team, definition: bundle-ec2}\n",
}

// matrixCases returns all plans of the matrix.
func matrixCases(ctx context.Context) ([]scriptCase, error) {
	var out []scriptCase
	for _, s := range sandbox.Scenarios() {
		if s.Name == "large" { // it has the workloads of other scenarios, in more VPCs
			continue
		}
		box, err := sandbox.New(sandbox.Options{Scenario: s.Name, Speed: 1})
		if err != nil {
			return nil, err
		}
		client, err := aws.Open(ctx, aws.Options{Region: s.Region, Transport: box})
		if err != nil {
			return nil, err
		}
		inv := &inventory.Inventory{Region: s.Region}
		if err := load(ctx, client, inv, inv.Requests(nil)); err != nil {
			return nil, err
		}
		before := len(out)
		for _, name := range answers.Supported {
			more, err := casesOf(s, families.Of(name), inv)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", s.Name, name, err)
			}
			out = append(out, more...)
		}
		if len(out) == before { // nothing runs there
			more, err := newVPCCases(s)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	add := func(scenario, kind string, text string) { out = append(out, scriptCase{scenario, kind, text}) }
	for _, name := range slices.Sorted(maps.Keys(registryCases)) {
		add("registry", name, registryCases[name])
	}
	for _, name := range slices.Sorted(maps.Keys(firstAnswers)) {
		add("closed", "first "+name, firstAnswers[name])
	}
	for _, name := range slices.Sorted(maps.Keys(balancedCases)) {
		if name != "existing certificate" && name != "from files" { // a case above; TestLoadBalancerByApplyAndByScript
			add("mwaa-private", "mwaa nightly, load balancer, "+name, balancedCases[name].answers)
		}
	}
	add("closed", "ecs-fargate prod/web, test task", withTask)
	add("empty", "ecs-fargate new VPC, nat-per-zone, first workload, flow logs", newVPCAnswers)
	return out, nil
}

// refusedCases are the plans of the matrix that cannot be exported, with the rules of the findings that stop them. The
// errors of all other plans are accepted.
var refusedCases = map[string]string{
	"closed, batch-ec2 all, ssm":                                     "E-AGENT1251",
	"closed, ecs-ec2 all, ssm":                                       "E-AGENT1251",
	"closed, ecs-ec2 legacy, commands":                               "E-AGENT1251",
	"closed, ecs-ec2 legacy, none":                                   "E-AGENT1251",
	"closed, ecs-ec2 legacy, reboot":                                 "E-AGENT1251",
	"closed, ecs-ec2 legacy, ssm":                                    "E-AGENT1251",
	"closed, ecs-ec2 legacy, ssm, update":                            "E-AGENT1251",
	"closed, ecs-ec2 legacy, two phases":                             "E-AGENT1251",
	"closed, ecs-ec2 legacy/mailer, ssm":                             "E-AGENT1251",
	"crowded, ecs-fargate all":                                       "Q-IF",
	"crowded, ecs-fargate prod/reports":                              "Q-IF",
	"crowded, ecs-fargate prod/reports, one phase, no private DNS":   "Q-IF",
	"crowded, ecs-fargate prod/reports, two phases":                  "Q-IF",
	"crowded, ecs-fargate prod/shop":                                 "Q-IF",
	"crowded, ecs-fargate prod/shop, one phase, no private DNS":      "Q-IF",
	"crowded, ecs-fargate prod/shop, two phases":                     "Q-IF",
	"mwaa-customer-pending, mwaa settlement, client VPN":             "W-ACCESS",
	"mwaa-customer-pending, mwaa settlement, load balancer":          "W-ACCESS",
	"mwaa-customer-pending, mwaa settlement, session manager":        "W-ACCESS",
	"mwaa-customer-pending, mwaa settlement, ssh":                    "W-ACCESS",
	"mwaa-public, mwaa features, client VPN":                         "W-ACCESS",
	"mwaa-public, mwaa features, load balancer":                      "W-ACCESS",
	"mwaa-public, mwaa features, session manager":                    "W-ACCESS",
	"mwaa-public, mwaa features, ssh":                                "W-ACCESS",
	"mwaa-public, mwaa ledgers, client VPN":                          "W-ACCESS",
	"mwaa-public, mwaa ledgers, load balancer":                       "W-ACCESS",
	"mwaa-public, mwaa ledgers, session manager":                     "W-ACCESS",
	"mwaa-public, mwaa ledgers, ssh":                                 "W-ACCESS",
	"mwaa-public, mwaa marts, client VPN":                            "W-ACCESS",
	"mwaa-public, mwaa marts, load balancer":                         "W-ACCESS",
	"mwaa-public, mwaa marts, session manager":                       "W-ACCESS",
	"mwaa-public, mwaa marts, ssh":                                   "W-ACCESS",
	"old-agents, ecs-ec2 all, ssm":                                   "E-AGENT1251",
	"old-agents, ecs-ec2 attic, commands":                            "E-AGENT1251",
	"old-agents, ecs-ec2 attic, none":                                "E-AGENT1251",
	"old-agents, ecs-ec2 attic, reboot":                              "E-AGENT1251",
	"old-agents, ecs-ec2 attic, ssm":                                 "E-AGENT1251",
	"old-agents, ecs-ec2 attic, two phases":                          "E-AGENT1251",
	"old-agents, ecs-ec2 attic/archive, ssm":                         "E-AGENT1251",
	"shared-vpc, ecs-fargate all":                                    "G-SHARED",
	"shared-vpc, ecs-fargate apps/portal":                            "G-SHARED",
	"shared-vpc, ecs-fargate apps/portal, one phase, no private DNS": "G-SHARED",
	"shared-vpc, ecs-fargate apps/portal, two phases":                "G-SHARED",
}

// exported is the script of a case, or the rules that stop its export.
type exported struct {
	scriptCase
	script   string
	workload answers.Workload
	accepted []string
	stops    []string // the rules of the blockers
	code     int      // of the export
	plan     *plan.Plan
	from     *planned // with what the plan was made from
}

// export exports the script of a case as the command does, and accepts its errors.
func (c scriptCase) export(t *testing.T, file string) exported {
	t.Helper()
	out := exported{scriptCase: c}
	if err := os.WriteFile(file, []byte(c.answers), 0o600); err != nil {
		t.Fatal(err)
	}
	g := &globals{sandbox: c.scenario, speed: 20000, streams: streams{Out: io.Discard, Err: io.Discard}}
	p, err := g.plan(t.Context(), file)
	if err != nil {
		t.Fatalf("%s: %v\n%s", c, err, c.answers)
	}
	out.workload, out.plan, out.from = p.ans.Workload, p.plan, p
	for _, f := range p.plan.Findings {
		switch {
		case f.Severity == plan.Error && !slices.Contains(out.accepted, f.Rule):
			out.accepted = append(out.accepted, f.Rule)
		case f.Severity == plan.Block && !slices.Contains(out.stops, f.Rule):
			out.stops = append(out.stops, f.Rule)
		}
	}
	slices.Sort(out.stops)
	if err := stops(io.Discard, p.plan, out.accepted, true); err != nil {
		out.code = exitCode(err)
		return out
	}
	if out.script, err = export.Bash(p.plan, g.meta("answers.yaml")); err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	return out
}

// matrix has the exported scripts of all cases. They are made once for all tests.
var matrix struct {
	sync.Once
	cases []exported
}

func exportMatrix(t *testing.T) []exported {
	t.Helper()
	matrix.Do(func() {
		cases, err := matrixCases(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for i, c := range cases {
			matrix.cases = append(matrix.cases, c.export(t, filepath.Join(dir, fmt.Sprint(i, ".yaml"))))
		}
	})
	return matrix.cases
}

// TestScriptMatrixIsComplete tests that exactly the listed plans cannot be exported, for the listed reasons.
func TestScriptMatrixIsComplete(t *testing.T) {
	t.Parallel()
	got, names := map[string]string{}, map[string]bool{}
	for _, c := range exportMatrix(t) {
		if names[c.String()] {
			t.Errorf("two cases have the name %s", c)
		}
		names[c.String()] = true
		if c.script == "" {
			got[c.String()] = strings.Join(c.stops, " ")
			if c.code != exitFindings {
				t.Errorf("%s: exit code %d", c, c.code)
			}
		}
	}
	if d := cmp.Diff(refusedCases, got); d != "" {
		t.Error("plans that cannot be exported (-want +got)", d)
	}
	t.Logf("%d scripts, and %d plans that cannot be exported", len(names)-len(got), len(got))
}

// TestScriptMatrixParses tests that bash parses all scripts. The acceptance tests check them with shellcheck, which takes a
// second for each.
func TestScriptMatrixParses(t *testing.T) {
	t.Parallel()
	args := append([]string{"-c", `for f; do bash -n "$f" || failed=1; done; exit ${failed:-0}`, "bash"}, scriptFiles(t, exportMatrix(t))...)
	if out, err := exec.Command(tool(t, "bash"), args...).CombinedOutput(); err != nil {
		t.Errorf("bash -n: %v\n%s", err, out)
	}
}

// scriptFiles writes the scripts of cases, which end with the name of the case, and returns the names of the files.
func scriptFiles(t *testing.T, cases []exported) []string {
	t.Helper()
	dir, files := t.TempDir(), []string{}
	for i, c := range cases {
		if c.script == "" {
			continue
		}
		file := filepath.Join(dir, fmt.Sprint(i, ".sh"))
		if err := os.WriteFile(file, []byte(c.script+"# "+c.String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// TestScriptMatrixIsFormatted tests that shfmt with the options -i 2 -ci leaves all scripts as they are.
func TestScriptMatrixIsFormatted(t *testing.T) {
	t.Parallel()
	differ := map[string]string{} // a case by the first line that differs
	for _, c := range exportMatrix(t) {
		f, err := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(c.script), c.String())
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := syntax.NewPrinter(syntax.Indent(2), syntax.SwitchCaseIndent(true)).Print(&out, f); err != nil {
			t.Fatal(err)
		}
		formatted := strings.Split(out.String(), "\n")
		for i, got := range strings.Split(c.script, "\n") {
			if i == len(formatted) || formatted[i] != got {
				differ[got] = fmt.Sprintf("%s:%d", c, i+1)
				break
			}
		}
	}
	for line, at := range differ {
		t.Errorf("%s: shfmt changes this line: %s", at, line)
	}
}

// measured are the runs of a script.
type measured struct {
	exported
	complete bool
	calls    [3]int         // AWS CLI calls of each run
	writes   map[string]int // calls of the runs after the first one that change something
}

// runs has what the runs of the cases needed. They are made once for all tests.
var runs struct {
	sync.Once
	mu  sync.Mutex
	all []measured
}

// runMatrix runs the scripts of distinct cases, in subtests of the first test that needs them.
func runMatrix(t *testing.T) []measured {
	t.Helper()
	cases := exportMatrix(t)
	runs.Do(func() {
		t.Run("run", func(t *testing.T) {
			for _, c := range distinct(cases) {
				t.Run(c.String(), func(t *testing.T) {
					t.Parallel()
					m := c.run(t)
					runs.mu.Lock()
					defer runs.mu.Unlock()
					runs.all = append(runs.all, m)
				})
			}
		})
		slices.SortFunc(runs.all, func(a, b measured) int { return strings.Compare(a.String(), b.String()) })
	})
	return runs.all
}

// distinct returns the cases with scripts to run: one for each way to plan a network, access method, and restart of agents.
func distinct(cases []exported) []exported {
	seen := map[string]bool{}
	var out []exported
	for _, c := range cases {
		if c.script == "" {
			continue
		}
		_, variant, named := strings.Cut(c.name, ", ")
		if !named {
			variant = string(c.workload)
		}
		if c.scenario == "stubborn" { // its script waits until it gives up
			continue
		}
		if !seen[variant] {
			seen[variant] = true
			out = append(out, c)
		}
	}
	return out
}

// try runs a program with an input and returns its exit code and output.
func (s *site) try(input string, program ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), program[0], program[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin = s.dir, append([]string{"PATH=" + os.Getenv("PATH")}, s.env...), strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the exit code tells
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// written returns how often each operation that changes something was called, and forgets it.
func (s *site) written() map[string]int {
	s.watched.mu.Lock()
	defer s.watched.mu.Unlock()
	out := map[string]int{}
	for op, n := range s.watched.calls {
		if accounttest.Changes(op) {
			out[op] = n
		}
	}
	clear(s.watched.calls)
	return out
}

// site returns an account of the case's scenario with the answers of the case.
func (c scriptCase) site(t *testing.T, speed float64) *site {
	t.Helper()
	s := practiceAt(t, c.scenario, speed)
	region := must(sandbox.Find(c.scenario))(t).Region
	tmp := filepath.Join(s.dir, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true", "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region, "TMPDIR="+tmp)
	s.write("answers.yaml", c.answers)
	return s
}

// testCalls are the calls of a run that has nothing to do that change something: the tests of connectivity of hosts, and
// the test task.
var testCalls = []string{"SendCommand", "RunTask", "StopTask"}

// run runs the script several times in one account, and applies the plan in an equal one.
func (c exported) run(t *testing.T) measured {
	// An account that works much faster than AWS restarts an instance before anybody sees that its agent is not connected.
	const slow = 200
	fast := 20000.0
	if families.Of(c.workload).OwnHosts {
		fast = slow
	}
	applied, scripted := c.site(t, fast), c.site(t, slow)
	fixed := accounttest.IDs(applied.get("/_sandbox/account"))
	args := []string{tool(t, "wizard"), "apply", "--answers", "answers.yaml", "--yes", "--speed", fmt.Sprint(applied.speed)}
	for _, rule := range c.accepted {
		args = append(args, "--accept", rule)
	}
	applied.env = append(applied.env, passwordVariable+"="+lostPassword)
	want, out, said := applied.try("", args...)
	if want == exitUsage || want == exitFindings {
		t.Fatalf("apply: exit code %d\n%s%s", want, out, said)
	}
	scripted.write("e.sh", c.script)
	scripted.env = append(scripted.env, "PATH="+scripted.standIn.Dir+":"+os.Getenv("PATH"))
	m := measured{exported: c, complete: want == exitOK, writes: map[string]int{}}
	var first any
	for n := range m.calls {
		scripted.written()
		before := len(scripted.standIn.Calls())
		code, out, said := scripted.try(lostPassword, "bash", "e.sh")
		if m.calls[n] = len(scripted.standIn.Calls()) - before; code != want {
			t.Errorf("run %d of the script: exit code %d, of apply %d\n%s%s", n+1, code, want, out, said)
		}
		writes := scripted.written()
		account := scripted.rested()
		if n == 0 {
			first = account
			// A script stops at the first failure. Apply continues with what does not depend on it.
			if d := cmp.Diff(accounttest.Normal(applied.rested(), fixed), accounttest.Normal(first, fixed)); d != "" && m.complete {
				t.Error("apply and script differ (-apply +script)", d)
			}
			fixed = accounttest.IDs(first)
			continue
		}
		if !m.complete {
			continue
		}
		if d := cmp.Diff(accounttest.Normal(first, fixed), accounttest.Normal(account, fixed)); d != "" {
			t.Errorf("run %d of the script changed the account%s", n+1, d)
		}
		for op, n := range writes {
			if !slices.Contains(testCalls, op) {
				m.writes[op] += n
			}
		}
	}
	return m
}

// scriptMatrix runs the script of each case. It leaves the account as apply does, and runs after the first one change
// nothing. With -v it prints the sizes of the scripts.
func scriptMatrix(t *testing.T) {
	t.Parallel()
	tool(t, "bash")
	var table strings.Builder
	for _, m := range runMatrix(t) {
		note := ""
		if !m.complete {
			note = " (exit code 1, as apply)"
		}
		fmt.Fprintf(&table, "%5d lines, %4d %4d calls  %s%s\n", strings.Count(m.script, "\n"), m.calls[0], m.calls[1], m, note)
	}
	t.Logf("Length of each script, and AWS CLI calls of its first and second run:\n%s", table.String())
}

// scriptRerunsWriteNothing tests that no run after the first one makes a call that changes something, even one without an
// effect.
func scriptRerunsWriteNothing(t *testing.T) {
	t.Parallel()
	tool(t, "bash")
	for _, m := range runMatrix(t) {
		if len(m.writes) > 0 {
			t.Errorf("%s: %v", m, m.writes)
		}
	}
}

// scriptCallBudget tests that the second run of each script makes few AWS CLI calls. Each call starts a process, and
// with the real AWS CLI most of a second passes before it answers.
func scriptCallBudget(t *testing.T) {
	t.Parallel()
	tool(t, "bash")
	for _, m := range runMatrix(t) {
		if !m.complete { // it tries again
			continue
		}
		most := mostCalls
		has := func(words []string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(m.String(), w) })
		}
		switch {
		case has(manyKinds):
			most = mostCallsMany
		case slices.Contains(answers.FirstWorkloads, m.workload) && !has(notFargate):
			most = mostCallsFargate
		}
		if m.calls[1] > most {
			t.Errorf("%s: %d calls, want at most %d", m, m.calls[1], most)
		}
	}
}

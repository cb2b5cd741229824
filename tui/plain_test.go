package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// transcript is what was printed. It can be waited for.
type transcript struct {
	mu      sync.Mutex
	b       strings.Builder
	written chan struct{} // closed by the next write, where somebody waits for it
}

func (x *transcript) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.written != nil {
		close(x.written)
		x.written = nil
	}
	return x.b.Write(p)
}

// await waits until a text is printed after the first from bytes, and returns where it ends.
func (x *transcript) await(t *testing.T, from int, text string) int {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		x.mu.Lock()
		all := x.b.String()
		if x.written == nil {
			x.written = make(chan struct{})
		}
		written := x.written
		x.mu.Unlock()
		if i := strings.Index(all[from:], text); i >= 0 {
			return from + i + len(text)
		}
		select {
		case <-written:
		case <-late:
			t.Fatalf("%q is not said:\n%s", text, all)
		}
	}
}

func (x *transcript) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// plainly answers with lines until the input ends.
func plainly(t *testing.T, f *fake, o Options, lines ...string) (Result, string) {
	t.Helper()
	var out transcript
	o.In, o.Err = strings.NewReader(strings.Join(lines, "\n")+"\n"), &out
	if len(lines) == 0 {
		o.In = strings.NewReader("")
	}
	if o.Build == nil {
		o.Build = build
	}
	r, err := runPlain(t.Context(), f, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range out.String() {
		if c < ' ' && c != '\n' || c >= 0x2500 && c < 0x2600 || c == 0x7f {
			t.Fatalf("%q was printed:\n%s", c, out.String())
		}
	}
	return r, out.String()
}

func says(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if !strings.Contains(out, want) {
			t.Fatalf("%q is not said:\n%s", want, out)
		}
	}
}

var (
	plainReview = []string{sandboxAccount, onFargate, webService, planNow}
	// Every step to the policy, which the last answer does not fit.
	plainSteps = []string{sandboxAccount, onFargate, webService, everyQuestion, shopVPC, "private-a, private-b", "private-a,private-b", "", "", "half"}
)

func TestPlainFromStartToProvenApply(t *testing.T) {
	f := newFake()
	r, out := plainly(t, f, Options{}, slices.Concat(plainReview, []string{applyNow, "apply", leaveNow})...)
	if r.Outcome != Done || r.Account != "sandbox" || r.Applied == nil || r.Applied.Done != 5 || f.applied != 1 {
		t.Errorf("result: %+v", r)
	}
	says(t, out, "1. Plan endpoints in an AWS account - profile prod, us-east-1, access key\n2. Try the sandbox - free, no credentials\n", "\nNumber, or Enter for 2: ", "prod/legacy (cannot be chosen: on EC2, not Fargate)",
		"Changes    4 to create, 1 to modify, 1 unchanged", "VPC: shop (vpc-0a1)",
		"12:00:01 applying: Make the security group of the endpoints\n", "12:00:02 done: Make the security group", "12:00:00 not verified: From inside the VPC",
		"Applied. 1 check verified, 1 not verified.", "Quit: 5 changes applied")
}

func TestPlainEveryWorkload(t *testing.T) {
	for w, tt := range chosenOf {
		f := newFake()
		withInstances(f)
		var got answers.Answers
		see := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
			got = ans.Clone()
			return build(inv, ans)
		}
		r, out := plainly(t, f, Options{Build: see}, slices.Concat([]string{sandboxAccount}, tt.choose, []string{planNow, applyNow, "apply", leaveNow})...)
		if r.Outcome != Done || f.applied != 1 {
			t.Errorf("%s: %+v\n%s", w, r, out)
		}
		sameChoice(t, w, tt.want, got)
		switch {
		case families.Of(w).Jobs:
			says(t, out, "Which compute environment needs endpoints?", "(cannot be chosen: on Amazon EKS, not Amazon ECS)", "New jobs use the endpoints.")
		default:
			says(t, out, "1. workers - whole cluster: 2 container instances, 1 service", "2. workers/mail", "New tasks use the endpoints. Running tasks keep their connections until they are replaced.",
				"To replace the tasks of workers/mail now, choose Replace running tasks below, or run:", "aws ecs update-service --cluster workers --service mail")
		}
	}
}

// By lines too one looks at the account again after an apply.
func TestPlainLooksAgain(t *testing.T) {
	f := newFake()
	r, out := plainly(t, f, Options{Build: afterwards(f)}, slices.Concat(plainReview, []string{applyNow, "apply", lookAgain, "verify", leaveNow})...)
	if r.Outcome != Done || f.applied != 2 || r.Applied == nil || r.Applied.Kept != 6 {
		t.Errorf("result: %+v, applied %d times", r, f.applied)
	}
	says(t, out, ". Create a new plan", "The wizard read the account again. This is the new plan.\nReading ", "Nothing to do: all required resources exist.", "Nothing was changed.")
}

func TestPlainSaysWhatIsLeftToTheUser(t *testing.T) {
	f := newFake()
	leftToYou(f)
	_, out := plainly(t, f, Options{Build: withRestart}, slices.Concat(plainReview, []string{applyNow, "apply", leaveNow})...)
	says(t, out, " manual step: Restart the ECS agents", "1 manual step left for you", "Manual steps\n", "sudo systemctl restart ecs")
}

// If the input ends, nothing is taken for granted and nothing is applied.
func TestPlainEndOfInputAtEveryPrompt(t *testing.T) {
	all := slices.Concat(plainSteps, []string{"", "nowhere", "use the AWS API only", applyNow, "", "yes", "1", ""})
	for n := range len(all) + 1 {
		f := newFake()
		r, out := plainly(t, f, Options{}, all[:n]...)
		if r.Outcome != Left || r.Applied != nil || f.applied != 0 {
			t.Errorf("after %d lines: %+v\n%s", n, r, out)
		}
		says(t, out, "End of input: nothing was changed in the account.\n")
	}
}

// A finished apply is an end: the code is that of the apply.
func TestPlainEndOfInputAfterTheResult(t *testing.T) {
	r, out := plainly(t, newFake(), Options{}, slices.Concat(plainReview, []string{applyNow, "apply"})...)
	if r.Outcome != Done {
		t.Errorf("result: %+v", r)
	}
	says(t, out, "End of input: 5 changes applied in the account, 0 failed.")
}

func TestPlainApplyIsConfirmedByTheWordOnly(t *testing.T) {
	for _, word := range []string{"", "y", "yes", "1", "Apply", "apply now", "a"} {
		f := newFake()
		_, out := plainly(t, f, Options{}, slices.Concat(plainReview, []string{applyNow, word, word, "b", "q"})...)
		if f.applied != 0 {
			t.Errorf("%q applied it", word)
		}
		says(t, out, "To confirm, type the word apply.", "Quit: nothing was changed")
	}
}

func TestPlainLeaving(t *testing.T) {
	for n := range 7 {
		r, out := plainly(t, newFake(), Options{}, append(slices.Concat(plainReview, []string{applyNow, "no"})[:n], "q")...)
		if r.Outcome != Left || r.Applied != nil {
			t.Errorf("after %d lines: %+v\n%s", n, r, out)
		}
	}
}

func TestPlainBackKeepsAnswersAndSaysWhatItClears(t *testing.T) {
	_, out := plainly(t, newFake(), Options{}, "b", sandboxAccount, onFargate, webService, everyQuestion, shopVPC, "private-a, private-b", "private-b, public-a", "b", "b", "b", "vpc-0def", "q")
	says(t, out, "This is the first question", "Numbers, separated by commas, or Enter for 1, 2: ", "These answers depended on the previous one and were cleared: the service prod/web, the subnets and security groups of the tasks")
	// Back from the needs, the endpoints' subnets are as they were answered.
	if after := out[strings.LastIndex(out, "Endpoint subnets"):]; !strings.Contains(after, "Numbers, separated by commas, or Enter for 2, 3") {
		t.Errorf("the answer was lost:\n%s", out)
	}
	r, out := plainly(t, newFake(), Options{}, slices.Concat(plainReview, []string{"b", "b", "b", "b", sandboxAccount, "", "", "", "back", "b", "b", "b", profileAccount, "", "q"})...)
	says(t, out, "The account changed. The answers were cleared.")
	if r.Account != "aws" {
		t.Errorf("result: %+v", r)
	}
}

func TestPlainWrongInput(t *testing.T) {
	_, out := plainly(t, newFake(), Options{}, "", "9", "0", "-1", "1 1", "one", "? 1", "? 7", "?", "1", "4", "q")
	says(t, out, "9 is not in the list: numbers are from 1 to 6.", "0 is not in the list", "Type one number of this list.",
		`"one" matches no option. Type a number from 1 to 6, the text of an option, or a part of it, ? for help, b to go back, or q to quit.`, `"prod/legacy" cannot be chosen: on EC2, not Fargate.`,
		"7 is not in the list", "Which ECS service needs endpoints?")
	if n := strings.Count(out, "What do you run in the VPC?"); n != 1 {
		t.Errorf("the question was printed %d times", n)
	}
}

// An arrow key moves nothing here, and does not take the default as an empty line does.
func TestPlainControlCharactersAreNoAnswer(t *testing.T) {
	_, out := plainly(t, newFake(), Options{}, "\x1b[B", "\x1b", "\u200b", " ", "q")
	says(t, out, "Number, or Enter for 2: The line contains only control characters, such as those of the arrow keys. Type an answer.\nNumber, or Enter for 2: ", "What do you run in the VPC?")
	if n := strings.Count(out, "only control characters"); n != 3 {
		t.Errorf("said %d times", n)
	}
}

func TestPlainMany(t *testing.T) {
	f := newFake()
	_, out := plainly(t, f, Options{}, slices.Concat(plainSteps[:6], []string{",", "1 3", "2, 3", "none", "create a new security group", "", "", saveAnswers, "saved.yaml", "q"})...)
	says(t, out, "both in us-east-1a; choose one subnet per zone.", "1. [x] private-a", "3. [ ] public-a", "Written: saved.yaml")
	if _, there := f.files["saved.yaml"]; !there {
		t.Errorf("files: %v", f.files)
	}
	var got answers.Answers
	spy := func(inv *inventory.Inventory, a answers.Answers) *plan.Plan { got = a; return build(inv, a) }
	plainly(t, newFake(), Options{Build: spy}, slices.Concat(plainSteps[:6], []string{"public-a,private-b", "None", "create a new security group", "", ""})...)
	slices.Sort(got.Subnets)
	if !slices.Equal(got.Subnets, []string{"subnet-0b", "subnet-0p"}) || got.Needs == nil || len(*got.Needs) != 0 || got.SecurityGroups != nil {
		t.Errorf("answers: %+v", got)
	}
}

func TestPlainLongListsAreSearched(t *testing.T) {
	f := newFake()
	for i := range 200 {
		f.inv.VPCs = append(f.inv.VPCs, inventory.VPC{ID: fmt.Sprintf("vpc-%04d", i), Name: fmt.Sprintf("team-%03d", i)})
	}
	_, out := plainly(t, f, Options{}, sandboxAccount, onFargate, webService, everyQuestion, "team-19", "nowhere", "?", "m-197", "q")
	says(t, out, "172 more are not shown", `"team-19" matches 10 options. Type a number`, `"nowhere" matches no option.`, "Chosen: team-197 (vpc-0197)", "Type ? and a number")
	if strings.Count(out, "team-150") > 0 {
		t.Error("the list was printed in full")
	}
}

func TestPlainStopsAreExplainedAndFixed(t *testing.T) {
	f := newFake()
	r, out := plainly(t, f, Options{Build: noDNS}, slices.Concat(plainReview, []string{applyNow, "apply the fix", applyNow, "apply"})...)
	says(t, out, "Blocked by G-DNSOFF (error): Private DNS is off", `"Apply the plan" cannot be chosen: 1 unresolved finding.`, "Number, or Enter for 4: ",
		"Set private DNS: on. The plan is updated", "Applied. ")
	if r.Outcome != Done || f.applied != 1 {
		t.Errorf("result: %+v", r)
	}
}

func TestPlainAccept(t *testing.T) {
	f := newFake()
	r, out := plainly(t, f, Options{Build: noDNS}, slices.Concat(plainReview, []string{"accept g-dnsoff", "accept", "stop accepting", applyNow, "accept g-dnsoff", "", "yes", "accept", saveAnswers, "", applyNow, "apply"})...)
	says(t, out, "Accept this error?\nPrivate DNS is off", "To confirm, type the word accept.", "Accepted G-DNSOFF for this run.", ". Stop accepting G-DNSOFF", "G-DNSOFF is no longer accepted.", "\"Apply the plan\" cannot be chosen", "Accepted: G-DNSOFF",
		"wizard apply --answers answers.yaml --yes \\\n    --accept G-DNSOFF", "On the command line, add --accept G-DNSOFF.")
	if r.Outcome != Done || f.applied != 1 || strings.Contains(f.files["answers.yaml"], "DNSOFF") {
		t.Errorf("result: %+v, files %v", r, f.files)
	}
	// Another answer makes another plan, without accepted findings.
	f = newFake()
	_, out = plainly(t, f, Options{Build: noDNS}, slices.Concat(plainReview, []string{"accept g-dnsoff", "accept", "b", everyQuestion, "vpc-0def", "q"})...)
	says(t, out, "accepted findings (G-DNSOFF)")
	blocked := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		p := build(inv, ans)
		p.Findings = []plan.Finding{{Rule: "V-NONE", Severity: plan.Block, Message: "It cannot be."}}
		return p
	}
	_, out = plainly(t, newFake(), Options{Build: blocked}, plainReview...)
	if strings.Contains(out, "Accept V-NONE") || !strings.Contains(out, "Blocked by V-NONE (blocker)") {
		t.Errorf("a block can be accepted:\n%s", out)
	}
}

func TestPlainSaysWhatIsWrittenAndTriesAgain(t *testing.T) {
	f := newFake()
	f.files["answers.yaml"] = "mine"
	r, out := plainly(t, f, Options{}, slices.Concat(plainReview, []string{exportPlan, "", "?", "x", "x y.sh", saveAnswers, "", "other.yaml", "q"})...)
	says(t, out, "Written: x y.sh", "bash 'x y.sh' --dry-run", "Cannot write the file: answers.yaml exists already", "Written: other.yaml")
	says(t, out, "Which format should the export use?", "2. CloudFormation", "privatelink-vpc-0a1.sh\nNot written yet.\n#!/bin/bash\n")
	if r.Outcome != Done || !slices.Equal(r.Exported, []string{"x y.sh"}) || !slices.Equal(r.Saved, []string{"other.yaml"}) || f.files["answers.yaml"] != "mine" {
		t.Errorf("result: %+v", r)
	}
}

// TestPlainExportFormats: a name that is taken is followed by a free one, and b goes back to the formats.
func TestPlainExportFormats(t *testing.T) {
	f := newFake()
	f.files["privatelink-vpc-0a1"] = "mine"
	r, out := plainly(t, f, Options{}, slices.Concat(plainReview, []string{exportPlan, "cloudf", "b", "terraform", "", "", "q"})...)
	says(t, out, "privatelink-vpc-0a1 exists already", "Name [privatelink-vpc-0a1-2]", "Written to privatelink-vpc-0a1-2/: main.tf, finish.sh", "  terraform -chdir=privatelink-vpc-0a1-2 init\n", "You need: Terraform 1.11 or newer")
	if want := []string{"privatelink-vpc-0a1-2/main.tf", "privatelink-vpc-0a1-2/finish.sh"}; r.Outcome != Done || !slices.Equal(r.Exported, want) || f.files["privatelink-vpc-0a1"] != "mine" {
		t.Errorf("result: %+v", r)
	}
}

// TestPlainReportOfAStoppedPlan: findings that stop a plan leave the reports.
func TestPlainReportOfAStoppedPlan(t *testing.T) {
	r, out := plainly(t, newFake(), Options{Build: noDNS}, slices.Concat(plainReview, []string{"report", "?", "markdown", "", "q"})...)
	says(t, out, "Export a report of the plan", "Only a report can be written: 1 unresolved finding. Not offered: bash, CloudFormation, Terraform.", "Written: privatelink-vpc-0a1.md")
	if strings.Contains(out, "Review it, then run it") || !slices.Equal(r.Exported, []string{"privatelink-vpc-0a1.md"}) {
		t.Errorf("%+v\n%s", r, out)
	}
}

func TestPlainFailuresCanBeTriedAgain(t *testing.T) {
	f := newFake()
	f.loadErr[inventory.PartClusters] = errors.New("no such\x1b[31m host")
	_, out := plainly(t, f, Options{}, sandboxAccount, onFargate, "try again", "back", "b", "q")
	says(t, out, "The wizard cannot read the ECS clusters", "No such host", "1. Try again", "What should the wizard do?")
	f.openErr = errors.New("no credentials found")
	_, out = plainly(t, f, Options{InitialAccount: "aws"}, "", "back", "q")
	says(t, out, "Reading the AWS account of profile prod …", "No credentials found", "What should the wizard do?", "Number, or Enter for 1:")
}

func TestPlainNamesAreHarmless(t *testing.T) {
	f := newFake()
	evil := "evil\x1b[31m\x1b]0;title\x07\r\n\u202eright\u0085left"
	f.inv.VPCs[1].Name, f.inv.Caller = evil, evil
	f.inv.Networks[0].SecurityGroups[1].Description = evil
	_, out := plainly(t, f, Options{}, sandboxAccount, onFargate, webService, everyQuestion, "?", "vpc-0a1", "?", "subnet-0a, subnet-0b", "?", "", "?", "", "?", "", "full access", "b", "q")
	for _, bad := range []string{"\x1b", "\u202e", "\u0085", "\x07"} {
		if strings.Contains(out, bad) {
			t.Errorf("%q was printed", bad)
		}
	}
}

// live is a prompter with a pipe at its input.
type live struct {
	in      *io.PipeWriter
	out     *transcript
	signals chan os.Signal
	done    chan Result
}

func startPlain(t *testing.T, ctx context.Context, f *fake) *live {
	r, w := io.Pipe()
	x := &live{w, &transcript{}, make(chan os.Signal), make(chan Result, 1)}
	go func() {
		res, _ := runPlain(ctx, f, Options{In: r, Err: x.out, Build: build}, x.signals)
		x.done <- res
	}()
	t.Cleanup(func() { w.Close() })
	return x
}

func (x *live) answer(t *testing.T, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if _, err := io.WriteString(x.in, l+"\n"); err != nil {
			t.Fatal(err)
		}
	}
}

func (x *live) wait(t *testing.T, text string) {
	t.Helper()
	x.out.await(t, 0, text)
}

// Leaving waits for nobody at the keyboard.
func TestPlainInterruptAtAPrompt(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	x := startPlain(t, t.Context(), newFake())
	x.answer(t, sandboxAccount, onFargate)
	x.wait(t, "Which ECS service")
	x.signals <- os.Interrupt
	if r := <-x.done; r.Outcome != Left || r.Applied != nil {
		t.Errorf("result: %+v", r)
	}
	x.wait(t, "Interrupted: nothing was changed")
	x.in.Close()
}

func TestPlainInterruptWhileReading(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	f := newFake()
	f.hold, f.held = inventory.PartClusters, make(chan struct{}) // never released
	x := startPlain(t, t.Context(), f)
	x.answer(t, sandboxAccount, onFargate)
	x.wait(t, "Reading the ECS clusters")
	x.signals <- os.Interrupt
	if r := <-x.done; r.Outcome != Left {
		t.Errorf("result: %+v", r)
	}
	x.in.Close()
}

func TestPlainEndsWithItsContext(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	x := startPlain(t, ctx, newFake())
	x.wait(t, "Number, or Enter for 2")
	cancel()
	if r := <-x.done; r.Outcome != Left {
		t.Errorf("result: %+v", r)
	}
	x.in.Close()
}

func TestPlainInterruptWhileApplyingStopsAndWaits(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	f := newFake()
	f.endless = true
	f.events = []run.Event{{Time: t0, Change: "security-group/endpoints", State: run.Started},
		{Time: t0, Change: "security-group/endpoints", State: run.Waiting, Detail: "it is pending", Limit: 600},
		{Time: t0, Change: "security-group/endpoints", State: run.Waiting, Detail: "it is pending", Limit: 600}}
	f.summary = run.Summary{Done: 1, Skipped: 4}
	x := startPlain(t, t.Context(), f)
	x.answer(t, append(slices.Clone(plainReview), applyNow, "apply")...)
	x.wait(t, "applying: Make the security group of the endpoints")
	x.signals <- os.Interrupt
	x.wait(t, "Stopped. 1 change applied")
	x.answer(t, "q")
	if r := <-x.done; r.Outcome != Left || r.Applied == nil || !f.stopped {
		t.Errorf("result: %+v", r)
	}
	if n := strings.Count(x.out.String(), "it is pending, up to 10 min\n"); n != 1 {
		t.Errorf("the same was said %d times", n)
	}
	x.in.Close()
}

func TestPlainPause(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	f := newFake()
	f.events = []run.Event{{Time: t0, Change: run.Credentials, State: run.Waiting, Detail: "The credentials have expired. Run in another terminal: `aws sso login`.", Pause: &run.Pause{}},
		{Time: t0, Change: run.Credentials, State: run.Done, Detail: "The credentials are valid again."}}
	x := startPlain(t, t.Context(), f)
	x.answer(t, append(slices.Clone(plainReview), applyNow, "apply")...)
	x.wait(t, "12:00:00 Paused. The credentials have expired. Run in another terminal: `aws sso login`.\n12:00:00 Continued. The credentials are valid again.\n")
	x.answer(t, "q")
	<-x.done
	x.in.Close()
}

// TestPlainSignals: each signal stops an apply with its name, and a signal that is not Ctrl-C ends the program after
// the summary. A second one does not wait.
func TestPlainSignals(t *testing.T) {
	for name, tt := range map[string]struct {
		first, second os.Signal
		says          []string
	}{
		"terminate":    {syscall.SIGTERM, nil, []string{"SIGTERM: stopping. No new call starts.", "Stopped. 1 change applied", "cost about $21.90 per month", "vpce-1 (endpoint/logs): about $21.90", "may have been applied: endpoint/s3"}},
		"hang up":      {syscall.SIGHUP, nil, []string{"SIGHUP: stopping. ", "Stopped. 1 change applied"}},
		"ctrl-c twice": {os.Interrupt, os.Interrupt, []string{"Press Ctrl-C again to quit immediately", "Leaving without waiting for the calls in flight."}},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			f := newFake()
			f.endless = true
			f.stubborn = tt.second != nil
			f.events = []run.Event{{Time: t0, Change: "security-group/endpoints", State: run.Started}}
			f.summary = run.Summary{Done: 1, Skipped: 4, Billed: []run.Bill{{Change: "endpoint/logs", ID: "vpce-1", Monthly: 21.9}}, Unknown: []resource.ID{"endpoint/s3"}}
			x := startPlain(t, t.Context(), f)
			x.answer(t, append(slices.Clone(plainReview), applyNow, "apply")...)
			x.wait(t, "applying: Make the security group of the endpoints")
			x.signals <- tt.first
			if tt.second != nil {
				x.wait(t, tt.says[0])
				x.signals <- tt.second
			}
			if r := <-x.done; r.Outcome != Left || r.Applied == nil {
				t.Errorf("result: %+v", r)
			}
			for _, text := range tt.says {
				if !strings.Contains(strings.ReplaceAll(x.out.String(), "\n", " "), text) {
					t.Errorf("%q is missing: %s", text, x.out.String())
				}
			}
			x.in.Close()
		})
	}
}

// TestPlainMissingPermissions tests the lines about the check of permissions and about what is missing.
func TestPlainMissingPermissions(t *testing.T) {
	f := newFake()
	missing(f)
	r, out := plainly(t, f, Options{}, slices.Concat(plainReview, []string{applyNow, "apply", leaveNow})...)
	if r.Outcome != Failed {
		t.Errorf("%+v", r)
	}
	says(t, out, "12:00:00 Check permissions\n", "12:00:00 Not known whether 1 operation is allowed: ec2:CreateTags\n",
		"Interface endpoint for ecr.api: not started, because you do not have the permission ec2:CreateVpcEndpoint\n",
		"Nothing was changed: 2 permissions are missing.\n", "`wizard plan --iam-policy` with the same answers prints the policy")
}

package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

func TestShortestWayToAProvenApply(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		n := 0
		press := func(ks ...string) { n += len(ks); d.press(ks...) }
		d.sees("▸ Try the sandbox")
		press("enter")
		d.sees("What do you run in the VPC?", "SANDBOX", "123456789012", "us-east-1")
		press("enter")
		d.sees("Which ECS service", "prod/web")
		press("enter")
		d.sees("Review the plan now")
		press("enter")
		d.sees("shop (vpc-0a1)", "4 to create, 1 to modify, 1 unchanged", "about $43.80 per month")
		press("enter")
		d.sees("Apply this plan?")
		d.pass(grace)
		press("right", "enter")
		d.sees("Applied. ", "5 changes, 1 unchanged, in ", "Next steps", "1 not verified")
		if n > 7 {
			t.Errorf("took %d keys", n)
		}
		press("q")
		if !d.quit {
			t.Error("q does not leave the result")
		}
		if r := d.a.outcome(); r.Outcome != Done || r.Account != "sandbox" || r.Applied == nil || r.Applied.Done != 5 {
			t.Errorf("result: %+v", r)
		}
	})
}

func TestEveryStepLeadsToTheSameReview(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(everyStep...)
		d.press("choose:"+shopVPC, "enter", "enter", "enter", "enter", "enter", "enter")
		d.sees("Plan for shop (vpc-0a1): 4 to create")
		a := d.a.ans
		if a.Service != "prod/web" || !slices.Equal(a.Subnets, []string{"subnet-0a", "subnet-0b"}) || a.Needs != nil || a.SecurityGroups != nil || a.EndpointPolicy.Default != "full" || a.Region != "us-east-1" {
			t.Errorf("answers: %+v", a)
		}
	})
}

// chosenOf is what the screens must store for each workload that is not ECS on
// Fargate, and what is chosen to get there.
var chosenOf = map[answers.Workload]struct {
	choose []string
	want   answers.Answers
}{
	answers.ECSEC2:       {[]string{onEC2, wholeCluster}, answers.Answers{Service: "workers", Clients: []string{"subnet-0a", "subnet-0b", "sg-0def"}, Agent: answers.Agent{Clusters: []string{"workers"}}}},
	answers.BatchFargate: {[]string{batchOnFargate, "reports"}, answers.Answers{ComputeEnvironment: "reports", Clients: []string{"subnet-0a", "subnet-0b", "sg-0web"}}},
	answers.BatchEC2:     {[]string{batchOnEC2, "nightly"}, answers.Answers{ComputeEnvironment: "nightly", Clients: []string{"subnet-0a", "subnet-0b", "sg-0web"}, Agent: answers.Agent{Clusters: []string{"AWSBatch-nightly"}}}},
}

// sameChoice compares what follows from the choice of a thing.
func sameChoice(t *testing.T, w answers.Workload, want, got answers.Answers) {
	t.Helper()
	want, got = want.Clone(), got.Clone()
	slices.Sort(want.Clients)
	slices.Sort(got.Clients)
	want.Version, want.Workload, want.VPC = answers.Version, w, "vpc-0a1"
	want.Account, want.Region = "123456789012", "us-east-1"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", w, diff)
	}
}

func TestEveryWorkloadLeadsToTheReview(t *testing.T) {
	for w, tt := range chosenOf {
		f := newFake()
		withInstances(f)
		play(t, f, Options{}, func(d *driver) {
			d.press(choose(sandboxAccount)...)
			d.press(choose(tt.choose...)...)
			d.press(choose(planNow)...)
			d.sees("Plan for shop (vpc-0a1)")
			sameChoice(t, w, tt.want, d.a.ans.Answers)
			d.press("esc", "choose:"+everyQuestion, "enter", "enter", "enter", "enter", "enter", "choose:least privilege")
			full := tt.want
			full.Subnets, full.EndpointPolicy.Default = []string{"subnet-0a", "subnet-0b"}, answers.PolicyLeast
			if w == answers.ECSEC2 { // the compute environment has no instances yet
				d.sees("How should the ECS agents be restarted?")
				d.press("choose:run command on all")
				full.Agent.Restart = answers.RestartSSM
			}
			switch w { // what is proposed: nothing is started, and nothing replaced
			case answers.ECSFargate:
				d.sees("How should connectivity be verified?")
				d.press("enter")
			case answers.ECSEC2:
				d.sees("Which services should replace their running tasks?")
				d.press("enter")
			}
			d.sees("Plan for shop (vpc-0a1)")
			sameChoice(t, w, full, d.a.ans.Answers)
		})
	}
}

// The parts of AWS Batch are read for its workloads only, and its network ahead.
func TestBatchIsReadForItsWorkloadsOnly(t *testing.T) {
	f := newFake()
	withInstances(f)
	play(t, f, Options{}, func(d *driver) {
		d.press(choose(sandboxAccount)...)
		if slices.Contains(f.loads, inventory.Request{Part: inventory.PartBatch}) {
			t.Error("read before anybody asked")
		}
		d.press("choose:" + batchOnFargate)
		d.sees("Which compute environment needs endpoints?")
		if !slices.Contains(f.loads, inventory.Request{Part: inventory.PartBatch}) || !slices.Contains(f.loads, inventory.Request{Part: inventory.PartQuotas}) {
			t.Errorf("read: %v", f.loads)
		}
		d.press("esc", "choose:"+onEC2, "choose:"+wholeCluster, "esc", "esc", "choose:"+batchOnFargate)
		d.sees("These answers depended on the previous one and were cleared: the cluster workers, the VPC vpc-0a1, the subnets and security groups of the container instances.")
	})
}

func TestWhatIsLeftToTheUserEndsItsRow(t *testing.T) {
	f := newFake()
	leftToYou(f)
	f.endless = true
	play(t, f, Options{Build: withRestart}, func(d *driver) {
		applying(d)
		d.sees("manual step", "2 of")
		d.press("ctrl+c")
		d.sees("Manual steps", "sudo systemctl restart ecs")
		d.missesAll("Not verified from here")
	})
}

func TestGoingBackKeepsTheAnswers(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(everyStep...)
		d.press("choose:"+shopVPC, "enter")
		d.press("tick:public-a", "enter") // instead of private-a
		d.press("tick:secrets manager", "enter")
		d.press("tick:web-tasks", "enter", "enter", "enter") // a group that exists, policy, proof
		d.sees("Plan for shop")
		before := d.a.ans.Clone()
		for range 7 {
			d.press("esc")
		}
		d.sees("Which VPC do the tasks run in?")
		for range 7 {
			d.press("enter")
		}
		d.sees("Plan for shop")
		a, b := before, d.a.ans
		slices.Sort(a.Clients)
		slices.Sort(b.Clients)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("answers changed on the way: %s", diff)
		}
		if !slices.Equal(b.Subnets, []string{"subnet-0b", "subnet-0p"}) || b.Needs == nil || !slices.Equal(b.SecurityGroups, []string{"sg-0web"}) {
			t.Errorf("answers were not taken: %+v", b)
		}
	})
}

func TestTheSameAccountAgainKeepsEverythingAndAnotherNothing(t *testing.T) {
	f := newFake()
	play(t, f, Options{Start: answers.Answers{Prefix: "acme"}}, func(d *driver) {
		d.press(append(choose(sandboxAccount, onFargate, webService), "esc", "esc", "esc")...)
		d.sees("What should the wizard do?")
		loads := len(f.loads)
		d.press("choose:" + sandboxAccount)
		d.sees("What do you run in the VPC?")
		if d.a.ans.Service != "prod/web" || len(f.loads) != loads {
			t.Errorf("answers %+v, %d more reads", d.a.ans, len(f.loads)-loads)
		}
		d.press("esc", "choose:"+profileAccount)
		d.sees("The account changed. The answers were cleared.")
		if d.a.ans.Service != "" || d.a.ans.Workload != "" || d.a.ans.Prefix != "acme" {
			t.Errorf("answers %+v", d.a.ans)
		}
	})
}

func TestAnotherVPCClearsWhatDependsOnItAndSaysSo(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(everyStep...)
		d.press("choose:vpc-0def")
		d.sees("These answers depended on the previous one and were cleared: the service prod/web, the subnets and security groups of the tasks.")
		if a := d.a.ans; a.VPC != "vpc-0def" || a.Service != "" || a.Clients != nil {
			t.Errorf("answers: %+v", a)
		}
		d.press("down")
		d.missesAll("Cleared")
	})
}

func TestWhatCannotBeChosenIsRefusedInWords(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(choose(sandboxAccount, onFargate, "prod/legacy")...)
		d.sees(`"prod/legacy" cannot be chosen: on EC2, not Fargate.`)
		if d.a.ans.Service != "" {
			t.Error("it was taken")
		}
	})
}

func TestOneSubnetPerZoneIsKeptWhileTicking(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(everyStep...)
		d.press("enter", "enter", "tick:public-a")
		if got := d.a.top().(*choiceScreen).pick.chosen(); !slices.Equal(got, []string{"subnet-0b", "subnet-0p"}) {
			t.Errorf("chosen %v", got)
		}
	})
}

func TestOtherLettersDoNothing(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(toReview...)
		d.press("enter")
		before := d.screen()
		d.press("text:abcdefnoprstuvwxyzABCDEFHILMNOPQRSTUVWXYZ0123456789!%&")
		if strings.Replace(d.screen(), "There is no one-key fix for this line.", "", 1) != before {
			t.Errorf("a letter changed something:\n%s", d.screen())
		}
	})
}

// The cost covers the review, the confirmation and the result, and Esc returns to them.
func TestCostCoversTheScreen(t *testing.T) {
	play(t, newFake(), Options{Build: priced}, func(d *driver) {
		d.press(toReview...)
		d.press("$")
		d.sees("Cost per month: about $51.39 per month", "Added by the plan", "interface endpoint ecr.api", "$14.60", "2 endpoint interfaces, 730 hours at $0.01 each")
		d.press("esc")
		d.missesAll("Added by the plan")
		d.press("enter", "$")
		d.sees("Added by the plan")
		d.press("right", "enter") // no button is visible
		d.sees("Added by the plan")
		d.press("esc", "right", "enter") // the buttons wait, as at the first time
		d.sees("Apply this plan?", "The buttons are active")
		d.pass(grace)
		d.press("right", "enter")
		d.press("$")
		d.sees("Added by the plan")
		d.press("esc")
		d.sees("Result")
	})
}

// --- confirmation ---

func TestKeysTypedAheadDoNotConfirm(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(toConfirm...)
		for range 20 { // as many as one likes, as long as they keep coming
			d.press("right", "enter")
			d.pass(grace - time.Millisecond)
		}
		d.sees("Apply this plan?", "The buttons are active in less than 1 second")
		if d.a.work.applied != nil {
			t.Fatal("applied by keys typed ahead")
		}
		d.pass(time.Millisecond)
		d.sees("Press → to select Apply")
		d.press("enter")
		d.sees("Plan for shop")
		if d.a.work.applied != nil {
			t.Fatal("Enter alone applied: Back is not the default")
		}
	})
}

func TestKeysHeldDownDoNotConfirm(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(toConfirm...)
		d.pass(grace)
		d.send(tea.KeyPressMsg{Code: tea.KeyRight, IsRepeat: true})
		d.send(tea.KeyPressMsg{Code: tea.KeyEnter, IsRepeat: true})
		d.sees("Apply this plan?", "[ Back ]")
		d.press("right")
		d.send(tea.KeyPressMsg{Code: tea.KeyEnter, IsRepeat: true})
		d.sees("Apply this plan?")
		if d.a.work.applied != nil {
			t.Fatal("applied by a key held down")
		}
	})
}

func TestEnterHeldDownRunsThroughNoQuestions(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press("enter")
		for range 30 {
			d.send(tea.KeyPressMsg{Code: tea.KeyEnter, IsRepeat: true})
		}
		d.sees("What do you run in the VPC?")
	})
}

// The gate of a closed dialog must not open the next one.
func TestAnOldGateDoesNotOpenANewDialog(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press("enter", "q")
		d.pass(grace - time.Millisecond)
		d.press("esc", "q")
		d.pass(time.Millisecond)
		d.press("right", "enter")
		if d.quit {
			t.Error("left")
		}
		d.sees("The buttons are active in less than 1 second")
	})
}

// --- loading ---

func TestPartsAreReadAheadAndOnlyOnce(t *testing.T) {
	f := newFake()
	play(t, f, Options{}, func(d *driver) {
		d.press("enter")
		for _, p := range []inventory.Part{inventory.PartIdentity, inventory.PartVPCs, inventory.PartServices, inventory.PartClusters} {
			if !slices.Contains(f.loads, inventory.Request{Part: p}) {
				t.Errorf("%s is not read ahead", p)
			}
		}
		if !slices.Contains(f.loads, inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-0a1"}) {
			t.Error("the network of the service's VPC is not read ahead")
		}
		d.press(toReview[1:]...)
		seen := map[inventory.Request]bool{}
		for _, r := range f.loads {
			if seen[r] {
				t.Errorf("%v was read twice", r)
			}
			seen[r] = true
		}
	})
}

func TestTheSpinnerShowsOnlyWhenTheWaitCanBeFelt(t *testing.T) {
	f := newFake()
	f.hold = inventory.PartClusters
	play(t, f, Options{}, func(d *driver) {
		d.press("enter")
		d.pass(time.Second) // a tick of the screen before must not show it immediately
		d.press("choose:" + onFargate)
		d.missesAll("Reading")
		d.pass(tickEvery)
		d.sees("Reading the ECS clusters and services")
		d.press("esc")
		d.sees("What do you run in the VPC?")
		d.press("choose:"+onFargate, "enter") // the second one falls on the wait and does nothing
		close(f.held)
		d.settle()
		d.sees("Which ECS service needs endpoints?")
	})
}

func TestAFailedReadCanBeTriedAgain(t *testing.T) {
	f := newFake()
	f.loadErr[inventory.PartClusters] = errors.New("no such host")
	play(t, f, Options{}, func(d *driver) {
		d.press(choose(sandboxAccount, onFargate)...)
		d.sees("The wizard cannot read the ECS clusters", "No such host", "Press r to try again")
		f.mu.Lock()
		delete(f.loadErr, inventory.PartClusters)
		f.mu.Unlock()
		d.press("r")
		d.sees("prod/web")
	})
}

func TestAnAccountThatDoesNotOpenCanBeTriedAgain(t *testing.T) {
	f := newFake()
	f.loadErr[inventory.PartIdentity] = errors.New("ExpiredToken: the security token has expired")
	play(t, f, Options{InitialAccount: "aws"}, func(d *driver) {
		d.sees("ExpiredToken", "the AWS account of profile prod")
		f.mu.Lock()
		delete(f.loadErr, inventory.PartIdentity)
		f.mu.Unlock()
		d.press("r")
		d.sees("What do you run in the VPC?")
		d.missesAll("SANDBOX")
		d.press("esc") // the focus is on the account of the flag, so Enter does not open another one
		d.sees("▸ Plan endpoints in an AWS account", "Profile prod ▾", "Account 123456789012, as arn:aws:iam::123456789012:user/practice")
		d.press("enter")
		d.missesAll("SANDBOX")
	})
}

// What an account that was left behind sends late must not be taken for the new
// one's, nor a request's first answer for that of its second try.
func TestStaleAnswersAreDropped(t *testing.T) {
	vpcs := inventory.Request{Part: inventory.PartVPCs}
	stale := inventory.Inventory{VPCs: []inventory.VPC{{ID: "vpc-stale"}}}
	f := newFake()
	f.hold = inventory.PartVPCs
	play(t, f, Options{}, func(d *driver) {
		d.press("choose:"+sandboxAccount, "esc", "choose:"+profileAccount)
		d.sees("What do you run in the VPC?")
		gen := d.a.loads.flight[vpcs]
		if gen == 0 {
			t.Fatal("the VPCs are not on their way")
		}
		d.send(loadedMsg{era: d.a.era - 1, gen: gen, request: vpcs, fragment: stale})
		d.send(loadedMsg{era: d.a.era, gen: gen - 1, request: vpcs, fragment: stale})
		d.send(loadedMsg{era: d.a.era, gen: gen + 1, request: vpcs, fragment: stale})
		if d.a.inv.VPC("vpc-stale") != nil {
			t.Error("a stale part was taken in")
		}
		close(f.held)
		d.settle()
		if d.a.inv.VPC("vpc-0a1") == nil {
			t.Error("the part that was waited for is lost")
		}
		if d.a.account.Key != "aws" {
			t.Errorf("account %s", d.a.account.Key)
		}
	})
}

func TestAStaleOpeningIsDropped(t *testing.T) {
	f := newFake()
	f.hold = inventory.PartIdentity
	play(t, f, Options{}, func(d *driver) {
		d.press("enter")
		d.send(openedMsg{era: d.a.era - 1, err: errors.New("too late")})
		d.missesAll("too late")
		close(f.held)
		d.settle()
		d.sees("What do you run in the VPC?")
	})
}

func TestAStaleWriteIsDropped(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(toReview...)
		d.press("s")
		d.send(writtenMsg{})
		d.sees("What name should the file with the answers have?")
		if r := d.a.outcome(); len(r.Saved) > 0 || r.Outcome != Left {
			t.Errorf("result: %+v", r)
		}
	})
}

// A fix on the review changes what the screens before it show.
func TestAFixShowsOnTheWayBack(t *testing.T) {
	crowded := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		p := build(inv, ans)
		p.Findings = []plan.Finding{{Rule: "G-IPFREE", Severity: plan.Error, Message: "full", Patch: &answers.Patch{Subnets: []string{"subnet-0p", "subnet-0b"}}}}
		return p
	}
	play(t, newFake(), Options{Build: crowded}, func(d *driver) {
		d.press(everyStep...)
		d.press("choose:"+shopVPC, "enter", "enter", "enter", "enter", "enter", "enter", "f")
		d.sees("Set endpoint subnets: ")
		d.press("esc", "esc", "esc", "esc", "esc")
		d.sees("[ ] private-a", "[x] private-b", "[x] public-a")
	})
}

func TestCancelledOpenIsForgotten(t *testing.T) {
	f := newFake()
	f.hold = inventory.PartIdentity
	play(t, f, Options{}, func(d *driver) {
		d.press("enter", "esc")
		close(f.held)
		d.settle()
		d.sees("What should the wizard do?")
	})
}

// --- review, files, leaving ---

func TestAFixChangesTheAnswersAndThePlan(t *testing.T) {
	play(t, newFake(), Options{Build: noDNS}, func(d *driver) {
		d.press(toReview...)
		d.sees("Cannot apply or export: 1 unresolved finding", "Private DNS is off")
		d.press("end", "enter")
		d.sees("! Cannot apply: 1 unresolved finding.")
		if d.a.dialog != nil || d.a.work.applied != nil {
			t.Fatal("apply goes on in spite of a finding that stops it")
		}
		d.press("f") // Enter has moved to the finding
		d.sees("Set private DNS: on. The plan is updated", "Plan for shop")
		if p := d.a.ans.PrivateDNS; p == nil || !*p {
			t.Error("the answers were not changed")
		}
		d.press("enter")
		d.sees("Apply this plan?")
	})
}

func TestAnErrorCanBeAcceptedForThisRun(t *testing.T) {
	f := newFake()
	play(t, f, Options{Build: noDNS, Width: 100, Height: 40}, func(d *driver) {
		d.press(toReview...)
		d.press("a")
		d.sees("Accept this error?", "Private DNS is off", "--accept G-DNSOFF", "The buttons are active in less than 1 second")
		d.press("right", "enter")
		d.pass(grace)
		d.press("enter") // Back is the default
		d.sees("Cannot apply or export: 1 unresolved finding")
		accepting := []string{"a", "wait", "right", "enter"}
		for _, k := range accepting {
			if k == "wait" {
				d.pass(grace)
				continue
			}
			d.press(k)
		}
		d.sees("Accepted G-DNSOFF for this run.", "accepted", "Accepted", "Press a to stop accepting it.")
		d.press("a")
		d.sees("G-DNSOFF is no longer accepted.", "Cannot apply or export: 1 unresolved finding")
		d.press("a")
		d.pass(grace)
		d.press("right", "enter", "s", "enter")
		d.sees("wizard apply --answers answers.yaml --yes \\ --accept G-DNSOFF", "The file does not contain accepted findings")
		if strings.Contains(f.files["answers.yaml"], "DNSOFF") {
			t.Error("the answers keep what was accepted")
		}
		d.press("enter", "enter")
		d.sees("Apply this plan?", "Accepted")
		d.pass(grace)
		d.press("right", "enter")
		d.sees("Applied. ", "On the command line, add --accept G-DNSOFF.")
	})
}

// What was accepted was accepted of one plan: another answer makes another one.
func TestAnotherAnswerClearsWhatWasAccepted(t *testing.T) {
	play(t, newFake(), Options{Build: noDNS, Width: 100, Height: 40}, func(d *driver) {
		accepting(d)
		d.press("esc", "enter") // the same answer
		d.sees("accepted")
		d.press("esc", "esc", "choose:not created yet")
		d.sees("accepted findings (G-DNSOFF)")
		if len(d.a.accepted) > 0 {
			t.Error("it is still accepted")
		}
	})
}

func TestABlockCannotBeAccepted(t *testing.T) {
	blocked := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		p := build(inv, ans)
		p.Findings = []plan.Finding{{Rule: "V-NONE", Severity: plan.Block, Message: "It cannot be."}}
		return p
	}
	play(t, newFake(), Options{Build: blocked}, func(d *driver) {
		d.press(toReview...)
		d.press("a")
		d.sees("A blocker cannot be accepted. It must be fixed.")
		d.press("to:security group", "a")
		d.sees("This row has no error to accept.")
		if d.a.dialog != nil || len(d.a.accepted) > 0 {
			t.Error("it was accepted")
		}
	})
}

// Escape and Ctrl-C in quick succession arrive as one key.
func TestEscapeThenCtrlCLeaves(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.send(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl | tea.ModAlt})
		if !d.quit {
			t.Error("did not leave")
		}
	})
}

// An empty plan is called done only if nothing is needed.
func TestAnEmptyPlanIsNotCalledDoneWhileSomethingIsNeeded(t *testing.T) {
	empty := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		p := build(inv, ans)
		p.Changes, p.Findings = nil, nil
		return p
	}
	play(t, newFake(), Options{Build: empty}, func(d *driver) {
		d.press(toReview...)
		d.sees("The plan is empty because the VPC")
		d.press("enter")
		d.sees("Cannot apply: the plan is empty.")
		if d.a.outcome().Outcome != Left {
			t.Error("leaving here counts as done")
		}
	})
}

func TestAReadOnlyAccountCannotApply(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press("enter")
		d.a.account.ReadOnly = "this is a snapshot"
		d.press(toReview[1:]...)
		d.press("enter")
		d.sees("Cannot apply: this is a snapshot.")
		if d.a.dialog != nil {
			t.Error("asked to confirm")
		}
	})
}

func TestExportAndSave(t *testing.T) {
	f := newFake()
	f.files["privatelink-vpc-0a1.sh"] = "mine"
	play(t, f, Options{}, func(d *driver) {
		d.press(toReview...)
		d.press("e", "enter")
		d.sees("privatelink-vpc-0a1.sh exists already", "Press Enter to write the name above", "File privatelink-vpc-0a1-2.sh")
		d.press("shift+tab", "ctrl+u", "enter")
		d.sees("Cannot write the file: the name must not be empty")
		d.press("text:privatelink-vpc-0a1-2.sh", "home", "text:q?x/", "enter") // letters that are keys elsewhere
		d.sees("Written: q?x/privatelink-vpc-0a1-2.sh", "bash 'q?x/privatelink-vpc-0a1-2.sh' --dry-run")
		d.press("enter", "s", "enter")
		d.sees("wizard plan --answers answers.yaml")
		if f.files["answers.yaml"] != "workload: ecs-fargate\n" || f.files["privatelink-vpc-0a1.sh"] != "mine" {
			t.Errorf("files: %v", f.files)
		}
		r := d.a.outcome()
		if r.Outcome != Done || !slices.Equal(r.Exported, []string{"q?x/privatelink-vpc-0a1-2.sh"}) || !slices.Equal(r.Saved, []string{"answers.yaml"}) {
			t.Errorf("result: %+v", r)
		}
	})
}

// Shift-Tab is the way back of forms: between buttons to the one before, elsewhere as
// Escape.
func TestShiftTabGoesBack(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(everyStep...)
		d.press("enter", "/", "text:PUB", "shift+tab") // clears what was typed first
		d.sees("Which subnets do the tasks run in?", "private-a")
		d.press("?", "shift+tab")
		d.sees("Which subnets do the tasks run in?")
		d.press("shift+tab")
		d.sees("Which VPC do the tasks run in?")
		d.press("shift+tab", "shift+tab", "shift+tab", "shift+tab")
		d.sees("What should the wizard do?")
		d.press("shift+tab")
		d.sees("What should the wizard do?")
		d.press(toReview...)
		d.press("s", "shift+tab") // the form has one field only
		d.sees("Plan for shop")
		d.press("enter")
		d.pass(grace)
		d.press("tab", "shift+tab", "enter") // between the buttons, and so Back
		d.sees("Plan for shop")
		if d.fake.applied > 0 {
			t.Error("it was applied")
		}
	})
}

func TestTheFormTakesEdits(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(toReview...)
		d.press("s")
		for range 20 {
			d.press("backspace")
		}
		d.press("enter")
		d.sees("the name must not be empty")
		d.press("text:東x", "left", "backspace", "text:a b")
		d.send(tea.PasteMsg{Content: "c\n\x1b[31m"})
		d.press("end", "text:.yaml", "enter")
		d.sees("Written: a bc x.yaml")
	})
}

func TestLeaving(t *testing.T) {
	for name, tt := range map[string]struct {
		keys []string
		want int
	}{
		"ctrl-c at the start":    {[]string{"ctrl+c"}, Left},
		"ctrl-c while filtering": {[]string{"enter", "/", "ctrl+c"}, Left},
		"ctrl-c in a dialog":     {[]string{"enter", "q", "ctrl+c"}, Left},
		"nothing to do":          {append(slices.Clone(toReview), "q", "wait", "right", "enter"), Done},
		"q in the middle":        {append(slices.Clone(toReview), "q", "wait", "right", "enter"), Left},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{}
			if name == "nothing to do" {
				o.Build = allThere
			}
			play(t, newFake(), o, func(d *driver) {
				for _, k := range tt.keys {
					if k == "wait" {
						d.pass(grace)
						continue
					}
					d.press(k)
				}
				if !d.quit {
					t.Error("did not leave")
				}
				if got := d.a.outcome().Outcome; got != tt.want {
					t.Errorf("outcome %d, want %d", got, tt.want)
				}
			})
		})
	}
}

func TestStayIsTheDefault(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press("enter", "q")
		d.pass(grace)
		d.press("enter")
		d.sees("What do you run in the VPC?")
		if d.quit {
			t.Error("left")
		}
	})
}

// --- applying ---

func TestCtrlCWhileApplyingStopsAndWaits(t *testing.T) {
	f := newFake()
	f.endless = true
	f.events = []run.Event{{Time: t0, Change: "security-group/endpoints", State: run.Started}}
	f.summary = run.Summary{Done: 1, Skipped: 4}
	play(t, f, Options{}, func(d *driver) {
		applying(d)
		d.sees("Applying the plan: 0 of 5 applied", "endpoints VPC shop applying", "To stop: Ctrl-C finishes the calls in flight")
		d.press("q", "esc", "enter")
		d.sees("Applying the plan")
		d.press("ctrl+c", "ctrl+c")
		d.sees("! Stopped. 1 change applied")
		if !f.stopped {
			t.Error("the run was not told to stop")
		}
		d.press("q")
		if r := d.a.outcome(); !d.quit || r.Outcome != Left || r.Applied == nil {
			t.Errorf("result: %+v", r)
		}
	})
}

// TestPause: a pause shows the command, Ctrl-C stops the run during it, and it ends when the credentials are valid again.
func TestPause(t *testing.T) {
	pause := run.Event{Time: t0, Change: run.Credentials, State: run.Waiting, Detail: "The credentials have expired.", Pause: &run.Pause{Answer: "AWS answered ExpiredToken", Command: "aws sso login --profile dev"}}
	f := newFake()
	f.endless = true
	f.events = []run.Event{{Time: t0, Change: "security-group/endpoints", State: run.Started}, pause}
	f.summary = run.Summary{Done: 1, Skipped: 4, Expired: true}
	play(t, f, Options{}, func(d *driver) {
		applying(d)
		d.sees("Paused: the credentials have expired", "aws sso login --profile dev", "AWS answered ExpiredToken", "The run continues by itself after that. Ctrl-C stops it.")
		d.press("ctrl+c", "ctrl+c")
		d.sees("! Stopped. 1 change applied")
		if !f.stopped {
			t.Error("the run was not stopped")
		}
	})
	f = newFake()
	f.endless = true
	f.events = []run.Event{pause, {Time: t0, Change: run.Credentials, State: run.Done}}
	play(t, f, Options{}, func(d *driver) {
		applying(d)
		d.sees("Applying the plan")
		if strings.Contains(d.screen(), "aws sso login") {
			t.Error(d.screen())
		}
		d.press("ctrl+c")
	})
}

// A signal is Ctrl-C by other means, also while applying.
func TestSignalsDoNotCutAnApplyShort(t *testing.T) {
	f := newFake()
	f.endless = true
	play(t, f, Options{}, func(d *driver) {
		applying(d)
		for _, m := range []tea.Msg{tea.InterruptMsg{}, tea.QuitMsg{}} {
			if got := signalsAsMessages(d.a, m); got != (stopMsg{}) {
				t.Fatalf("%T goes through as %T", m, got)
			}
		}
		d.send(stopMsg{})
		if r := d.a.outcome(); !d.quit || r.Outcome != Left || r.Applied == nil { // perhaps no user reads a result
			t.Errorf("quit %v, result %+v", d.quit, r)
		}
		if got := signalsAsMessages(d.a, tea.QuitMsg{}); got != (tea.QuitMsg{}) {
			t.Errorf("our own quit became %T", got)
		}
	})
}

func TestOutcomeOfAnApply(t *testing.T) {
	for name, tt := range map[string]struct {
		summary run.Summary
		stopped bool
		err     error
		want    int
	}{
		"proved":       {run.Summary{Done: 3, Proof: run.ProofProved}, false, nil, Done},
		"unproven":     {run.Summary{Done: 3, Proof: run.ProofUnproven}, false, nil, Done},
		"proof failed": {run.Summary{Done: 3, Proof: run.ProofFailed}, false, nil, Failed},
		"row failed":   {run.Summary{Done: 2, Failed: 1, Proof: run.ProofUnproven}, false, nil, Failed},
		"error":        {run.Summary{}, false, errors.New("expired"), Failed},
		"stopped":      {run.Summary{Done: 1, Skipped: 2}, true, nil, Left},
	} {
		if got := exitCode(&outcome{summary: tt.summary, err: tt.err}, tt.stopped); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// afterwards plans as long as nothing was applied, and then nothing but to keep.
func afterwards(f *fake) func(*inventory.Inventory, answers.Answers) *plan.Plan {
	return func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.applied > 0 {
			return allThere(inv, ans)
		}
		return build(inv, ans)
	}
}

// After an apply one looks at the account as it is then, with the same answers.
func TestLookingAgainAfterAnApply(t *testing.T) {
	f := newFake()
	play(t, f, Options{Build: afterwards(f)}, func(d *driver) {
		applying(d)
		d.sees("Applied. ", "r new plan")
		before, loads := d.a.ans.Clone(), len(f.loads)
		d.press("r")
		d.sees("Nothing to do: all required resources exist.", "The wizard read the account again")
		if diff := cmp.Diff(before, d.a.ans); diff != "" {
			t.Errorf("answers changed: %s", diff)
		}
		for _, part := range []inventory.Part{inventory.PartIdentity, inventory.PartClusters, inventory.PartNetwork} {
			if !slices.ContainsFunc(f.loads[loads:], func(r inventory.Request) bool { return r.Part == part }) {
				t.Errorf("%s is not read again", part)
			}
		}
		d.press("q")
		d.sees("The sandbox account is deleted.")
		d.press("esc", "esc")
		d.sees("Review the plan now")
		d.press("enter", "ctrl+c")
		if r := d.a.outcome(); r.Outcome != Done || r.Applied == nil || r.Applied.Done != 5 {
			t.Errorf("result: %+v", r)
		}
	})
}

// Where a run was stopped or something failed, the next one goes on; that one can be
// stopped too, and is what the program leaves behind.
func TestLookingAgainGoesOn(t *testing.T) {
	f := newFake()
	f.endless = true
	f.summary, f.events = run.Summary{Done: 1, Skipped: 5}, []run.Event{{Time: t0, Change: "security-group/endpoints", State: run.Started}}
	play(t, f, Options{Build: noDNS}, func(d *driver) {
		accepting(d)
		again := func() {
			d.press("enter")
			d.pass(grace)
			d.press("right", "enter")
			d.sees("Applying the plan")
		}
		again()
		d.press("ctrl+c")
		d.sees("! Stopped.", "To continue, press r")
		d.press("r")
		d.sees("No longer accepted: G-DNSOFF.", "Cannot apply or export: 1 unresolved finding")
		d.press("f")
		d.sees("Its changes are not applied yet.")
		f.stopped, f.summary = false, run.Summary{Kept: 2, Skipped: 4}
		again()
		if f.stopped || f.applied != 2 {
			t.Fatalf("stopped: %v, applied %d times", f.stopped, f.applied)
		}
		d.send(endMsg{}) // in the middle of it
		d.a.work.halt()
		if r := d.a.outcome(); r.Applied == nil || r.Applied.Kept != 2 || r.Outcome != Left || !f.stopped {
			t.Errorf("result: %+v, stopped: %v", r, f.stopped)
		}
		d.a.work = newWork(d.t.Context()) // which the end of the scene halts
	})
}

// Keys typed ahead while the account is read again confirm nothing.
func TestTypingAheadOnLookingAgainConfirmsNothing(t *testing.T) {
	f := newFake()
	play(t, f, Options{}, func(d *driver) {
		applying(d)
		f.hold = inventory.PartNetwork
		d.press("r", "enter", "enter", "right", "enter", "r", "enter")
		d.pass(3 * tickEvery)
		d.sees("Reading the network")
		f.mu.Lock()
		f.hold = ""
		f.mu.Unlock()
		close(f.held)
		d.settle()
		d.sees("Plan for shop")
		d.press("enter", "enter", "right", "enter", "enter", "right", "enter")
		d.sees("Apply this plan?", "The buttons are active in less than 1 second")
		if f.applied != 1 {
			t.Errorf("applied %d times", f.applied)
		}
	})
}

func TestUnprovenIsNeverCalledWorking(t *testing.T) {
	f := newFake()
	f.events = []run.Event{{Time: t0, Change: "endpoint/ecr.api", State: run.Done}, {Time: t0, Change: "endpoint/ecr.api", State: run.Unproven, Detail: "the way from inside the VPC"}}
	f.summary = run.Summary{Done: 1, Proof: run.ProofUnproven}
	play(t, f, Options{Width: 100, Height: 50}, func(d *driver) {
		applying(d)
		d.sees("? Applied. 0 checks verified, 1 not verified", "Not verified from here", "? the way from inside the VPC")
		d.missesAll(markDone+" Applied", "verified:")
	})
}

func TestProgressBarOfTheTerminal(t *testing.T) {
	f := newFake()
	f.endless = true
	f.events = []run.Event{{Time: t0, Change: "endpoint/s3", State: run.Kept}, {Time: t0, Change: "endpoint/logs", State: run.Failed}}
	play(t, f, Options{}, func(d *driver) {
		if d.a.View().ProgressBar != nil {
			t.Error("a bar before anything runs")
		}
		applying(d)
		bar := d.a.View().ProgressBar
		if bar == nil || bar.State != tea.ProgressBarError || bar.Value != 32 { // one of three endpoints, which take longest
			t.Errorf("bar %+v", bar)
		}
	})
}

// TestExportFormats: the name follows the format and keeps what the user typed, the text of a file can be read before it is written,
// and the result has all files and commands.
func TestExportFormats(t *testing.T) {
	f := newFake()
	play(t, f, Options{}, func(d *driver) {
		d.press(toReview...)
		d.press("e")
		d.sees("Which format should the export use?", "File privatelink-vpc-0a1.sh")
		d.press("to:cloudformation")
		d.sees("File privatelink-vpc-0a1.yaml", "CloudFormation privatel")
		d.press("tab", "tab", "ctrl+u", "text:nx.yaml") // x is a letter here
		d.press("down")
		d.sees("Folder nx")
		d.press("tab", "x")
		d.sees("nx/main.tf", "Other files: finish.sh", " tabs = 1")
		d.press("esc", "right", "enter")
		d.sees("nx/main.tf", "Not written yet.")
		d.press("esc", "esc")
		d.sees("Plan for shop")
		if len(f.files) > 0 {
			t.Errorf("files: %v", f.files)
		}
		d.press("e") // the format is the last one
		d.sees("Folder privatelink-vpc-0a1")
		f.exportErr = errors.New("the plan has no VPC")
		d.press("x")
		d.sees("Cannot write the file: the plan has no VPC")
		f.exportErr = nil
		d.press("enter")
		d.sees("Written to privatelink-vpc-0a1/: main.tf, finish.sh", "terraform -chdir=privatelink-vpc-0a1 init", "You need: Terraform 1.11 or newer")
		d.press("enter")
		d.sees("Plan for shop")
		d.press("e", "shift+tab", "ctrl+u", "enter")
		d.sees("the name must not be empty")
		if r := d.a.outcome(); !slices.Equal(r.Exported, []string{"privatelink-vpc-0a1/main.tf", "privatelink-vpc-0a1/finish.sh"}) {
			t.Errorf("exported: %v", r.Exported)
		}
	})
}

// TestReportOfAStoppedPlan: a plan that findings stop can be described, and the screen says why the other formats are missing.
func TestReportOfAStoppedPlan(t *testing.T) {
	f := newFake()
	play(t, f, Options{Build: noDNS}, func(d *driver) {
		d.press(toReview...)
		d.sees("e writes a report")
		d.press("e")
		d.sees("Only a report can be written: 1 unresolved finding. Not offered: bash, CloudFormation, Terraform.", "File privatelink-vpc-0a1.html", "Markdown")
		d.press("to:markdown", "enter")
		d.sees("Written: privatelink-vpc-0a1.md")
		d.missesAll("run it", "You need")
		if r := d.a.outcome(); !slices.Equal(r.Exported, []string{"privatelink-vpc-0a1.md"}) {
			t.Errorf("result: %+v", r)
		}
	})
}

// TestLeavingWhileAFileIsWritten: a file that is written after Ctrl-C is reported, because it exists.
func TestLeavingWhileAFileIsWritten(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(toReview...)
		d.press("e")
		d.take(pressOf(t, "enter"))
		d.take(pressOf(t, "ctrl+c"))
		synctest.Wait() // nobody receives the message
		if r := d.a.outcome(); r.Outcome != Left || !slices.Equal(r.Exported, []string{"privatelink-vpc-0a1.sh"}) {
			t.Errorf("result: %+v", r)
		}
	})
}

// TestNameOfTheExport: the id of a new VPC is not the path of a folder.
func TestNameOfTheExport(t *testing.T) {
	a := &app{session: newFake()}
	for vpc, want := range map[string]string{"vpc-0a1": "privatelink-vpc-0a1.md", answers.PlannedVPC: "privatelink-vpc-new.md", "": "privatelink-plan.md"} {
		if got := a.exportOf(&plan.Plan{VPC: vpc}, false).named("markdown").name; got != want {
			t.Errorf("%q: %s, want %s", vpc, got, want)
		}
	}
	for name, want := range map[string]string{"a.sh": "a-2.sh", "b/": "b-2", "c.d/e": "c.d/e-2", ".f": ".f-2", "..": "", "/": "", "": ""} {
		if got := withNumber(name, 2); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

package tui

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// TestEveryFixIsDescribed sets each field of a patch alone.
func TestEveryFixIsDescribed(t *testing.T) {
	on := true
	full := answers.Patch{Subnets: []string{"subnet-1"}, Clients: []string{"subnet-2"}, AdmitVPC: true, PrivateDNS: &on, TwoPhases: &on,
		EndpointPolicy: map[string]string{"logs": "full"}, AgentUpdate: true, RestoreSecret: true}
	texts := map[string]bool{}
	for i := range reflect.TypeOf(full).NumField() {
		var one answers.Patch
		value := reflect.ValueOf(full).Field(i)
		if value.IsZero() {
			t.Fatalf("%s is not set in this test", reflect.TypeOf(full).Field(i).Name)
		}
		reflect.ValueOf(&one).Elem().Field(i).Set(value)
		text := patchText(&one)
		if text == "" || texts[text] {
			t.Errorf("%s: %q", reflect.TypeOf(full).Field(i).Name, text)
		}
		texts[text] = true
	}
}

// TestABlockedReviewDoesNotOfferToApply compares the help with the keys that work.
func TestABlockedReviewDoesNotOfferToApply(t *testing.T) {
	for name, tt := range map[string]struct {
		finding plan.Finding
		says    string
		not     string
	}{
		"fix and accept": {plan.Finding{Rule: "V-1", Severity: plan.Error, Patch: &answers.Patch{AgentUpdate: true}}, "f fixes the selected one, a accepts it", "exports"},
		"accept":         {plan.Finding{Rule: "V-1", Severity: plan.Error}, "a accepts the selected one", "f fixes"},
		"fix":            {plan.Finding{Rule: "V-1", Severity: plan.Block, Patch: &answers.Patch{AgentUpdate: true}}, "f fixes the selected one", "accept"},
		"neither":        {plan.Finding{Rule: "V-1", Severity: plan.Block}, "Fix the findings first. s saves the answers, e writes a report.", "f fixes"},
		"AWS rejects it": {plan.Finding{Rule: "G-IPFREE", Severity: plan.Error}, "Fix the findings first. s saves", "accept"},
		"a warning only": {plan.Finding{Rule: "V-1", Severity: plan.Warn}, "Enter asks for confirmation, e exports.", "Fix"},
	} {
		s := &reviewScreen{plan: &plan.Plan{Changes: []resource.Change{{ID: "a", Op: resource.Create, Spec: resource.SecurityGroup{}}}, Findings: []plan.Finding{tt.finding}}}
		if help := s.help(&app{}); !strings.Contains(help, tt.says) || strings.Contains(help, tt.not) {
			t.Errorf("%s: %s", name, help)
		}
	}
}

// TestCommandsSelectTheSameAccount saves the answers of accounts with flags, and of one that
// cannot be changed.
func TestCommandsSelectTheSameAccount(t *testing.T) {
	a := &app{account: Account{Flags: []string{"--sandbox=closed", "--region=eu-west-1"}}, accepted: []string{"V-1"}}
	text := strings.Join(answersFile(a).after("my answers.yaml"), "\n")
	const flags = " \\\n    --sandbox=closed \\\n    --region=eu-west-1 \\\n    --accept V-1\n"
	for _, want := range []string{"wizard plan --answers 'my answers.yaml'" + flags, "wizard apply --answers 'my answers.yaml' --yes" + flags} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	a.account = Account{Flags: []string{"--snapshot=s.json"}, ReadOnly: "a snapshot"}
	text = strings.Join(answersFile(a).after("answers.yaml"), "\n")
	if strings.Contains(text, "wizard apply") || !strings.Contains(text, "wizard export --answers answers.yaml --format bash \\\n    --snapshot=s.json") {
		t.Error(text)
	}
}

// TestAWSCommandsHaveTheProfile shows and copies commands of an account with a profile that the AWS CLI does not know.
func TestAWSCommandsHaveTheProfile(t *testing.T) {
	play(t, newFake(), Options{Width: 100, Height: 40}, func(d *driver) {
		d.press(toReview...)
		d.a.account.Settings = &Settings{Profile: "lab", Region: "us-east-1"} // of a variable, which the AWS CLI reads too
		d.press("x")
		d.sees("aws ec2 create-something")
		d.press("esc")
		d.a.account.Settings.Flag = "my lab"
		d.press("to:ecr.api  no zone", "x")
		d.sees("aws --profile 'my lab' ec2 create-something --name endpoint/ecr.api")
		d.press("c")
		d.sees("Copied: aws --profile 'my lab' ec2 create-something")
		d.press("esc", "e", "down", "enter")
		d.sees("aws --profile 'my lab' cloudformation", "You need: AWS CLI or console, and credentials for this account, such as AWS_PROFILE='my lab'.")
	})
}

// TestAStoppedChangeIsNotCalledNotStarted stops a run with one change in each state.
func TestAStoppedChangeIsNotCalledNotStarted(t *testing.T) {
	p := &plan.Plan{}
	for _, id := range []resource.ID{"done", "stopped", "later", "last"} {
		p.Changes = append(p.Changes, resource.Change{ID: id, Op: resource.Create, Summary: "Change " + string(id), Spec: resource.SecurityGroup{}})
	}
	s := &progressScreen{progress: newProgress(p)}
	s.stopping = true
	for _, e := range []run.Event{{Change: "done", State: run.Started, Time: t0}, {Change: "done", State: run.Done, Time: t0}, {Change: "stopped", State: run.Started, Time: t0},
		{Change: "stopped", State: run.Skipped, Time: t0}, {Change: "later", State: run.Skipped, Time: t0}, {Change: "last", State: run.Skipped, Time: t0}} {
		s.take(e)
	}
	a := newApp(t.Context(), newFake(), Options{})
	a.inv = inventory.Inventory{}
	r := newResult(a, s.progress, &outcome{summary: run.Summary{Done: 1, Skipped: 3}})
	var text strings.Builder
	for _, x := range r.text {
		text.WriteString(x.text + "\n")
	}
	for _, want := range []string{"! Stopped. 1 change applied, 1 stopped before completion, 2 not started.", "Stopped before it was complete\n! Change stopped\n", "Not started\n– Change later\n– Change last\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

// TestThePositionDoesNotCountHeadings walks through a list with a heading before every option.
func TestThePositionDoesNotCountHeadings(t *testing.T) {
	p := newPicker([]row{{heading: true}, {value: "a"}, {heading: true}, {value: "b"}, {heading: true}, {value: "c"}}, false, nil)
	p.height = 2
	for _, want := range []string{"1 of 3", "2 of 3", "3 of 3"} {
		if got := p.position(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		p.move(1)
	}
}

// TestPlainOutputBreaksBetweenWords prints a long text on a narrow terminal.
func TestPlainOutputBreaksBetweenWords(t *testing.T) {
	var b strings.Builder
	p := &lines{app: &app{opts: Options{Err: &b, Width: 20}}}
	p.say("%s", "The wizard finishes the running changes first.")
	if got, want := b.String(), "The wizard finishes\nthe running changes\nfirst.\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestConfirmationNamesTheFiles: the files with keys that a run writes on this computer are named before it starts.
func TestConfirmationNamesTheFiles(t *testing.T) {
	vpn := resource.ClientVPN{Environment: "nightly", VPC: "vpc-1", Keys: "airflow-nightly-vpn/keys"}
	for _, tt := range []struct {
		op    resource.Op
		given bool
		want  []string
		not   string
	}{
		{resource.Create, false, []string{"writes airflow-nightly-vpn/airflow-nightly.ovpn, with a private key"}, ""},
		{resource.Create, true, []string{"writes airflow-nightly-vpn/airflow-nightly.ovpn"}, "key"},
		{resource.Keep, false, nil, "ovpn"},
	} {
		vpn.Given = tt.given
		a := newApp(t.Context(), newFake(), Options{})
		text := fmt.Sprint(a.agreeTo(&plan.Plan{Region: "us-east-1", Changes: []resource.Change{{ID: "client-vpn/nightly", Op: tt.op, Existing: "cvpn-endpoint-1", Spec: vpn}}}))
		for _, want := range tt.want {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in %q", want, text)
			}
		}
		if tt.not != "" && strings.Contains(text, tt.not) {
			t.Errorf("%q is in %q", tt.not, text)
		}
	}
}

// TestReviewShowsCommandsAndPages: x shows the commands of a change and then of all, which c copies; y shows the difference, o
// the console page.
func TestReviewShowsCommandsAndPages(t *testing.T) {
	play(t, newFake(), Options{Width: 100, Height: 40}, func(d *driver) {
		d.press(toReview...)
		d.press("to:ecr.api  no zone", "x")
		d.sees("Sandbox ids", "# Interface endpoint for ecr.api", "aws ec2 create-something --name endpoint/ecr.api", "--region us-east-1")
		d.missesAll("endpoint/logs")
		d.press("c")
		d.sees("Copied: aws ec2 create-something --name endpoint/ecr.api")
		d.press("x")
		d.sees("All changes of the plan", "endpoint/ecr.api", "endpoint/logs")
		d.press("esc")
		d.sees("Plan for shop")
		d.press("y")
		d.sees("This row has no policy and no difference.")
		d.press("c")
		d.sees("This row has no id yet.")
		d.press("o")
		d.sees("A sandbox has no console.")
		d.a.account.Practice = false
		d.press("o")
		d.sees("https://console.aws.amazon.com/vpc/home?region=us-east-1")
		d.press("end", "up", "up", "c") // what exists
		d.sees("Copied: vpce-0s3")
		d.press("up", "y")
		d.sees("Now", "Added by the plan")
		d.press("esc")
		d.sees("Plan for shop")
	})
}

// TestAFindingLeadsToItsQuestion: b opens the question with the answers that a finding is about, and Enter leads back.
func TestAFindingLeadsToItsQuestion(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(toReview...)
		d.press("b")
		d.sees("No answer changes this row.")
		d.press("to:few free addresses", "b")
		d.sees("Which subnets should the endpoints use?")
		d.press("esc")
		d.sees("Plan for shop")
		d.press("to:few free addresses", "b", "tick:public-a", "enter")
		d.sees("Plan for shop")
		if got := d.a.ans.Subnets; !slices.Contains(got, "subnet-0p") {
			t.Errorf("%q", got)
		}
	})
}

// TestUnchangedResourcesCollapse: many of them are one row until Space shows them.
func TestUnchangedResourcesCollapse(t *testing.T) {
	many := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		p := build(inv, ans)
		for i := range 6 {
			id := resource.ID(fmt.Sprintf("endpoint/extra%d", i))
			p.Changes = append(p.Changes, resource.Change{ID: id, Op: resource.Keep, Existing: "vpce-0" + fmt.Sprint(i), Summary: "Extra", Spec: resource.GatewayEndpoint{}})
		}
		return p
	}
	play(t, newFake(), Options{Build: many, Width: 100, Height: 40}, func(d *driver) {
		d.press(toReview...)
		d.sees("existing resources that the plan keeps", "space shows")
		d.missesAll("extra3")
		d.press("space", "to:extra3")
		d.sees("extra3")
		d.press("space")
		d.missesAll("extra3")
	})
}

package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// timedOut is a message as it is pasted.
const timedOut = "ResourceInitializationError: unable to pull secrets or registry auth: operation error ECR: GetAuthorizationToken, https response error StatusCode: 0,\r\n" +
	"RequestID: , request send failed, Post \"https://api.ecr.us-east-1.amazonaws.com/\": dial tcp 52.46.146.82:443: i/o timeout"

const explainOption = "explain an error message"

// diagnosed makes the account of the fake confirm the cause of timedOut, with a plan that removes it.
func diagnosed(f *fake) {
	f.diagnosis = Diagnosis{Report: doctor.Report{Version: doctor.Version,
		Messages: []doctor.Message{{Text: "i/o timeout", Failure: "The task cannot get a token from Amazon ECR.", Evidence: []doctor.Fact{{Mark: doctor.Yes, Name: "address", Text: "52.46.146.82 is public"}}}},
		Causes: []doctor.Cause{
			{Kind: cause.EndpointMissing, Service: "ecr.api", State: doctor.Confirmed, Text: "The tasks have no network path to ecr.api.",
				Facts: []doctor.Fact{{Mark: doctor.Yes, Name: "endpoint", Text: "vpc-0a1 has no ecr.api endpoint"}, {Mark: doctor.Unknown, Name: "policy", Text: "not read: iam:GetRolePolicy was denied"}},
				Fix:   &doctor.Fix{Text: "create ecr.api, ecr.dkr and s3; about $29.20 per month", Changes: []resource.ID{"endpoint/ecr.api"}}},
			{Kind: cause.PrivateDNSOff, Service: "ecr.api", State: doctor.Excluded, Text: "Private DNS of the ecr.api endpoint is off."}},
		Check: "The endpoints of the VPC.", Workload: &doctor.Workload{Kind: answers.Supported[0], Name: "prod/web", VPC: "vpc-0a1", Why: "The message matches service prod/web."}},
		Answers: &answers.Answers{Version: answers.Version, Workload: answers.Supported[0], Region: "us-east-1", VPC: "vpc-0a1", Service: "prod/web"}}
}

// TestExplainOffline explains a message without an account. Nothing is read.
func TestExplainOffline(t *testing.T) {
	f := newFake()
	play(t, f, Options{Height: 40, Width: 100}, func(d *driver) {
		d.press("choose:" + explainOption)
		d.sees("Which error message should the wizard explain?", "sends it nowhere", "Read an account's messages")
		d.missesAll("Explain another message", "Copy")
		d.send(tea.PasteMsg{Content: timedOut})
		d.sees("GetAuthorizationToken", "52.46.146.82", "ecr.api", "Causes", "Compare with an account", "Explain another message", "Copy the explanation")
		d.press("text: ?q") // characters of the text
		d.sees("i/o timeout ?q")
		d.press("tab", "tab", "enter")
		d.missesAll("52.46.146.82")
		d.press("text:the weather is fine", "tab")
		d.sees("[ Compare with an account ]")
		if len(d.a.message.report.Causes) > 0 {
			t.Errorf("causes of a text without an error: %+v", d.a.message.report.Causes)
		}
		d.press("esc")
		d.sees("What should the wizard do?")
		d.press("choose:" + explainOption)
		d.sees("the weather is fine") // is kept
		if d.a.session != nil || len(f.loads) > 0 || len(f.messages) > 0 {
			t.Errorf("the account was read: %v %v", f.loads, f.messages)
		}
	})
}

// TestExplainWithAnAccount opens an account for a message, and continues with the plan that fixes it.
func TestExplainWithAnAccount(t *testing.T) {
	f := newFake()
	diagnosed(f)
	play(t, f, Options{Height: 40, Width: 100, Start: answers.Answers{Prefix: "acme"}}, func(d *driver) {
		d.press("choose:" + explainOption)
		d.send(tea.PasteMsg{Content: timedOut})
		d.press("tab", "enter")
		d.sees("Which account should the wizard compare the message with?", "It only reads the account.")
		d.press("esc")
		d.sees("Which error message should the wizard explain?")
		if d.a.compares {
			t.Error("the next account is still for the message")
		}
		d.press("tab", "tab", "tab", "tab", "enter") // around, past the text
		d.press("choose:sandbox account")
		d.sees("compared with prod/web", "✓ confirmed The tasks have no network path to ecr.api.", "✓ endpoint vpc-0a1 has no ecr.api endpoint", "? policy", "create ecr.api, ecr.dkr and s3",
			"× ruled out", "[ Plan this fix ]")
		if len(f.messages) != 1 || f.messages[0] != strings.ReplaceAll(timedOut, "\r\n", "\n") {
			t.Errorf("compared %q", f.messages)
		}
		d.press("enter")
		d.sees("Plan for shop (vpc-0a1)", "interface endpoint ecr.api")
		if d.a.ans.Prefix != "acme" {
			t.Errorf("the plan of the fix has the prefix %q", d.a.ans.Prefix)
		}
		d.press("esc")
		d.sees("[ Plan this fix ]")
		d.press("tab", "tab", "enter") // copies
		d.press("shift+tab", "enter")  // another message
		d.sees("Read the account's messages")
		d.press("tab", "enter")
		if len(f.messages) != 2 || f.messages[1] != "" {
			t.Errorf("compared %q", f.messages)
		}
	})
}

// TestExplainFailures shows why an account could not be read, and cancels.
func TestExplainFailures(t *testing.T) {
	f := newFake()
	f.diagnoseErr = errors.New("ecs:ListClusters: AccessDenied (request 1234)")
	play(t, f, Options{}, func(d *driver) {
		d.press(choose(sandboxAccount)...)
		d.press("esc", "choose:"+explainOption)
		d.send(tea.PasteMsg{Content: timedOut})
		d.press("tab", "enter")
		d.sees("The wizard cannot read the account.", "AccessDenied (request 1234)", "r try again")
		diagnosed(f)
		f.diagnoseErr = nil
		d.press("r")
		d.sees("confirmed")
		d.press("esc")
		f.pondering = true
		d.press("choose:"+explainOption, "ctrl+u", "text:i/o timeout", "tab", "enter")
		d.pass(3 * tickEvery)
		d.sees("Comparing with", "Esc cancels")
		d.press("esc")
		d.sees("i/o timeout", "[ Compare with the account ]")
	})
}

// TestExplainIsBounded keeps the end of a text that is too long.
func TestExplainIsBounded(t *testing.T) {
	e := &explaining{}
	e.set(strings.Repeat("é", mostTyped) + timedOut)
	if len(e.text) > mostTyped || !strings.HasSuffix(e.text, timedOut) || strings.Contains(e.text, "\ufffd") {
		t.Errorf("%d bytes, end %q", len(e.text), e.text[len(e.text)-40:])
	}
}

func TestPlainExplain(t *testing.T) {
	f := newFake()
	diagnosed(f)
	_, out := plainly(t, f, Options{}, slices.Concat([]string{"explain"}, strings.Split(timedOut, "\r\n"), []string{".", "compare", "sandbox account", "plan this fix", "b", "explain another", ".", "q"})...)
	says(t, out, "Which error message should the wizard explain?", "a line with only a period", "52.46.146.82", "What should the wizard do next?", "Comparing with", "✓ confirmed", "Review\n", "Read the account's messages")
	if len(f.messages) != 1 || !strings.Contains(f.messages[0], "52.46.146.82") {
		t.Errorf("compared %q", f.messages)
	}
}

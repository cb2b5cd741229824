package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// withProfiles has the profiles of an AWS configuration. The first one is in use.
func withProfiles(f *fake) {
	f.profiles = nil
	for _, set := range []Settings{
		{Profile: "dev-sso", Region: "eu-west-1", Credentials: "SSO, signed in until 17:40"},
		{Profile: "prod", Region: "us-east-1", Credentials: "SSO, not signed in", Missing: "You are not signed in. Run `aws sso login --profile prod`; then try again."},
		{Profile: "deploy", Credentials: "assumes deploy, access key, MFA code"},
	} {
		if set.Region != "" {
			set.From = "from the profile"
		}
		f.profiles = append(f.profiles, Account{Key: "aws " + set.Profile, Title: "profile " + set.Profile, Name: "the AWS account of profile " + set.Profile, Flags: []string{"--profile=" + set.Profile}, Settings: &set})
	}
}

// withMFA has a profile with a role that needs a code.
func withMFA(f *fake) {
	withProfiles(f)
	f.profiles = f.profiles[2:]
	f.profiles[0].Settings.Region = "us-east-1"
	f.device = "arn:aws:iam::123456789012:mfa/alice"
}

// withScenarios has several sandbox accounts, and no AWS settings.
func withScenarios(f *fake) {
	for _, s := range [][3]string{{"closed", "ECS, Batch", "start tasks in a VPC without endpoints"}, {"half-done", "ECS", "complete endpoints that exist"}, {"mwaa-customer-pending", "MWAA", "create endpoints within 72 hours"}} {
		f.scenarios = append(f.scenarios, Account{Key: "sandbox:" + s[0], Title: "Sandbox: " + s[0], Name: "the sandbox account " + s[0], Scenario: s[0], Workload: s[1], Hint: s[2], Details: "What the account holds.", Practice: true, Flags: []string{"--sandbox=" + s[0]}})
	}
}

// opened returns the profile and the Region that the account was opened with.
func (f *fake) opened() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.tried) == 0 {
		return "nothing"
	}
	acc := f.tried[len(f.tried)-1]
	if acc.Settings == nil {
		return acc.Key
	}
	return strings.TrimSpace(fmt.Sprint(acc.Settings.Flag, " ", acc.Settings.Region))
}

func TestANewcomerComesToTheSandbox(t *testing.T) {
	f := newFake()
	withScenarios(f)
	play(t, f, Options{}, func(d *driver) {
		d.sees("▸ Try the sandbox free, no credentials")
		d.press("enter")
		d.sees("Which scenario should the wizard open?", "▸ closed")
		d.press("enter")
		d.sees("What do you run in the VPC?", "SANDBOX")
		d.press("esc", "esc")
		d.sees("▸ Try the sandbox")
		d.press("enter", "enter") // the same account
		d.sees("What do you run in the VPC?")
		if len(f.tried) != 1 || f.opened() != "sandbox:closed" {
			t.Errorf("opened %+v", f.tried)
		}
	})
}

// TestAScenarioOfAFlag: Esc comes back to the scenarios and the sandbox, with the focus on the open one.
func TestAScenarioOfAFlag(t *testing.T) {
	f := newFake()
	withScenarios(f)
	withProfiles(f)
	play(t, f, Options{InitialAccount: "sandbox:half-done"}, func(d *driver) {
		d.sees("What do you run in the VPC?")
		d.press("esc")
		d.sees("▸ half-done")
		d.press("esc")
		d.sees("▸ Try the sandbox")
		d.press("enter")
		d.sees("Which scenario")
	})
}

func TestChoosingAProfileAndARegion(t *testing.T) {
	f := newFake()
	withProfiles(f)
	play(t, f, Options{}, func(d *driver) {
		d.sees("▸ Plan endpoints in an AWS account", "Profile dev-sso ▾", "SSO, signed in until 17:40", "Region eu-west-1 ▾ from the profile")
		d.press("enter")
		d.sees("What do you run in the VPC?", "profile dev-sso, account 123456789012, us-east-1, as arn:aws:iam::123456789012:user/practice. Credentials: SSO, signed in until 17:40.")
		if got := f.opened(); got != "eu-west-1" { // the profile is not chosen
			t.Errorf("opened %s", got)
		}
		d.press("esc")
		d.sees("Account 123456789012, as arn:aws:iam::123456789012:user/practice")

		d.press("right")
		d.sees("Which profile should the wizard use?", "▸ dev-sso", "! SSO, not signed in")
		d.press("esc", "down", "enter")
		d.press("choose:prod")
		d.sees("Profile prod ▾", "! SSO, not signed in", "Region us-east-1 ▾ from the profile", "Run `aws sso login --profile prod`")
		d.missesAll("Account 123456789012")
		d.press("down", "enter")
		d.sees("Which Region should the wizard use?", "▸ us-east-1 from the profile")
		d.press("choose:us-west-2")
		d.sees("Region us-west-2 ▾ chosen here")
		d.press("up", "up", "enter")
		d.sees("What do you run in the VPC?")
		if got := f.opened(); got != "prod us-west-2" {
			t.Errorf("opened %s", got)
		}
		if got := d.a.commandFlags(); !slices.Equal(got, []string{"--profile=prod", "--region=us-west-2"}) {
			t.Errorf("the flags are %q", got)
		}

		d.press("esc", "right", "choose:dev-sso") // the chosen Region stays
		d.sees("Profile dev-sso ▾", "Region us-west-2 ▾ chosen here")
		d.press("right", "choose:deploy")
		d.sees("Profile deploy ▾", "Region us-west-2 ▾ chosen here")
	})
}

// TestNoRegion: without a Region, Enter on the account asks for one.
func TestNoRegion(t *testing.T) {
	f := newFake()
	withProfiles(f)
	f.profiles = f.profiles[2:]
	play(t, f, Options{}, func(d *driver) {
		d.sees("Region none ▾ ! choose a Region")
		d.press("enter")
		d.sees("Choose a Region first.", "Which Region should the wizard use?")
		d.press("choose:eu-central-1", "enter")
		d.sees("What do you run in the VPC?")
		if got := f.opened(); got != "eu-central-1" {
			t.Errorf("opened %s", got)
		}
	})
}

// TestReadingTheSettingsAgain: r shows what is in the files now, and keeps the chosen profile and Region.
func TestReadingTheSettingsAgain(t *testing.T) {
	f := newFake()
	withProfiles(f)
	play(t, f, Options{}, func(d *driver) {
		d.press("right", "choose:prod")
		d.sees("! SSO, not signed in", "aws sso login --profile prod")
		f.mu.Lock()
		f.profiles[1].Settings.Credentials, f.profiles[1].Settings.Missing = "SSO, signed in until 19:00", ""
		f.profiles = append(f.profiles, f.profiles[0])
		f.profiles[3].Settings = &Settings{Profile: "new", Region: "us-east-1", Credentials: "access key"}
		f.mu.Unlock()
		d.press("r")
		d.sees("Profile prod ▾", "SSO, signed in until 19:00", "read again", " new access key")
		d.missesAll("aws sso login")
	})
}

func TestACodeOfAnMFADevice(t *testing.T) {
	f := newFake()
	withMFA(f)
	play(t, f, Options{}, func(d *driver) {
		d.press("enter")
		d.sees("Which code does the MFA device show?", "arn:aws:iam::123456789012:mfa/alice")
		d.press("text:12ab", "enter")
		d.sees("The code must have 6 digits.")
		d.press("ctrl+u", "text:111111", "enter")
		d.sees("Which code does the MFA device show?", "! sts:GetCallerIdentity: cannot assume the role: sts:AssumeRole answered AccessDenied.")
		d.press("text:123 456")
		d.sees("> •••••••")
		d.missesAll("123 456")
		d.press("enter")
		d.sees("What do you run in the VPC?", "Credentials: assumes deploy, access key, MFA code.")
		if !slices.Equal(f.codes, []string{"111111", "123456"}) || len(f.tried) != 1 {
			t.Errorf("codes %q, opened %d times", f.codes, len(f.tried))
		}
		f.mu.Lock() // the credentials of the role expire
		f.codes, f.loadErr[inventory.PartClusters] = nil, nil
		f.mu.Unlock()
		d.a.inv.Loaded = slices.DeleteFunc(d.a.inv.Loaded, func(r inventory.Request) bool { return r.Part == inventory.PartClusters })
		d.press("choose:" + onFargate)
		d.sees("The wizard cannot read the ECS clusters and services.", "A code is needed")
		d.press("r")
		d.sees("Which code does the MFA device show?")
		d.press("esc")
		d.sees("The wizard cannot read the ECS clusters and services.")
		d.press("r", "text:123456", "enter")
		d.sees("Which ECS service needs endpoints?")
	})
	f = newFake()
	withMFA(f)
	play(t, f, Options{}, func(d *driver) {
		d.press("enter", "esc") // cancels
		d.sees("What should the wizard do?")
		if d.a.session != nil {
			t.Error("the account is open")
		}
		d.press("enter")
		d.send(tea.PasteMsg{Content: "123456"})
		d.press("enter")
		d.sees("What do you run in the VPC?")
	})
}

func TestPlainChoosingAnAccount(t *testing.T) {
	f := newFake()
	withProfiles(f)
	withScenarios(f)
	_, out := plainly(t, f, Options{}, "", "b", "", "prod", "b", "deploy", "us-west-2", "b", "try the sandbox", "b", "2", "half-done", "q")
	says(t, out, "1. Plan endpoints in an AWS account - profile dev-sso, eu-west-1, SSO, signed in until 17:40\n2. Try the sandbox - free, no credentials\n3. Explain an error message - from a log or the console\nNumber, or Enter for 1: ",
		"Which profile should the wizard use?", "1. dev-sso - SSO, signed in until 17:40\n2. prod - ! SSO, not signed in\n3. deploy - assumes deploy, access key, MFA code\nNumber, or Enter for 1:",
		"Which Region should the wizard use?", "Number, or Enter for 2:",
		"profile deploy, account 123456789012, us-east-1, as arn:aws:iam::123456789012:user/practice. Credentials: assumes deploy, access key, MFA code.",
		"1. Plan endpoints in an AWS account - profile deploy, us-west-2,", "Which scenario should the wizard open?", "Reading the sandbox account half-done")
	if got := f.opened(); got != "sandbox:half-done" || len(f.tried) != 2 {
		t.Errorf("opened %+v", f.tried)
	}
}

func TestPlainCodeOfAnMFADevice(t *testing.T) {
	f := newFake()
	withMFA(f)
	_, out := plainly(t, f, Options{}, "", "", "12", "111111", "b", "", "", "123456", "q")
	says(t, out, "Which code does the MFA device show?", "arn:aws:iam::123456789012:mfa/alice", "The code must have 6 digits.", "cannot assume the role: sts:AssumeRole answered AccessDenied.",
		"profile deploy, account 123456789012", "What do you run in the VPC?")
	if !slices.Equal(f.codes, []string{"111111", "123456"}) {
		t.Errorf("codes %q", f.codes)
	}
}

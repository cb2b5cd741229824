package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

const earlierOption = "continue with earlier answers"

// recentPlans are plans on this computer: one that fits the account of the fake, and one with a new VPC in another account.
func recentPlans(f *fake) {
	account := func(profile, region string) Account {
		return Account{Key: "aws " + profile, Title: "profile " + profile, Name: "the AWS account of profile " + profile, Flags: []string{"--profile=" + profile},
			Settings: &Settings{Flag: profile, Profile: profile, Region: region, From: "from the earlier answers", Chosen: true, Credentials: "access key"}}
	}
	no := false
	at := time.Date(2026, 11, 20, 9, 30, 0, 0, time.Local)
	f.recent = []Recent{
		{Time: at, Account: account("lab", "us-east-1"), Answers: answers.Answers{Version: answers.Version, Account: "123456789012", Region: "us-east-1", Workload: answers.ECSFargate, Service: "prod/web", VPC: "vpc-0a1",
			Clients: []string{"subnet-0a", "subnet-0b", "sg-0web"}, Subnets: []string{"subnet-0a", "subnet-0b"}, SecurityGroups: []string{"sg-0def"}, TwoPhases: &no}},
		{Time: at.Add(-24 * time.Hour), Account: account("prod", "us-east-1"), Answers: answers.Answers{Version: answers.Version, Account: "210987654321", Region: "us-east-1", Workload: answers.BatchEC2,
			VPC: answers.PlannedVPC, NewVPC: &answers.NewVPC{Name: "prod"}}},
	}
}

// outdated are plans that no longer fit: a subnet and a security group do not exist any more.
func outdated(f *fake) {
	recentPlans(f)
	a := &f.recent[0].Answers
	a.Subnets, a.SecurityGroups = []string{"subnet-0a", "subnet-0old"}, []string{"sg-0old", "sg-0def"}
}

// anotherAccount makes the credentials those of another account, which has no VPC of the plan.
func anotherAccount(f *fake) {
	recentPlans(f)
	f.inv.Account, f.inv.VPCs, f.inv.Networks, f.inv.Clusters = "111111111111", f.inv.VPCs[:1], f.inv.Networks[1:], nil
	f.absent = map[string]bool{"vpc-0a1": true}
}

// TestEarlierAnswers continues with an earlier plan: the review, and from there the questions with its answers.
func TestEarlierAnswers(t *testing.T) {
	f := newFake()
	recentPlans(f)
	play(t, f, Options{}, func(d *driver) {
		d.sees("▸ Try the sandbox", "Continue with earlier answers 2 plans on this computer")
		d.press("choose:" + earlierOption)
		d.sees("Which plan should the wizard continue with?", "▸ 2026-11-20 09:30 ECS on Fargate lab, vpc-0a1", "2026-11-19 09:30 AWS Batch on EC2 prod, new VPC", "Account 123456789012", "Profile lab", "Service prod/web")
		d.press("esc")
		d.sees("▸ Continue with earlier answers")
		d.press("enter", "enter")
		d.sees("Plan for shop (vpc-0a1)", "profile lab")
		if got := f.opened(); got != "lab us-east-1" {
			t.Errorf("opened %s", got)
		}
		if a := d.a.ans; a.TwoPhases == nil || *a.TwoPhases || !slices.Equal(a.SecurityGroups, []string{"sg-0def"}) {
			t.Errorf("answers %+v", a)
		}
		d.press("esc")
		d.sees("What do you run in the VPC?", "▸ Amazon ECS on Fargate")
		d.press("enter")
		d.sees("▸ prod/web")
		d.press("enter", "choose:"+everyQuestion, "enter", "enter")
		d.sees("[x] private-a", "[x] private-b")
		d.press("enter", "enter")
		d.sees("[x] default (sg-0def)")
		d.press("esc", "esc", "esc", "esc", "esc", "esc", "esc", "esc")
		d.sees("Which plan should the wizard continue with?")
		d.press("enter") // the account is open
		d.sees("Plan for shop (vpc-0a1)")
		if len(f.tried) != 1 {
			t.Errorf("opened %d times", len(f.tried))
		}
	})
}

// TestEarlierAnswersAppearLater: the first frame does not wait for them, and the focus stays.
func TestEarlierAnswersAppearLater(t *testing.T) {
	f := newFake()
	withProfiles(f)
	play(t, f, Options{}, func(d *driver) {
		d.missesAll("Continue with earlier answers")
		d.press("to:explain an error")
		recentPlans(f)
		d.press("r")
		d.sees("▸ Explain an error message", "Region eu-west-1 ▾ from the profile Continue with earlier answers 2 plans on this computer Try the sandbox")
	})
}

// TestEarlierAnswersThatCannotBeRead: the option says why.
func TestEarlierAnswersThatCannotBeRead(t *testing.T) {
	f := newFake()
	f.recentErr = errors.New("/state/answers.json: version 2 of the format is not known to this program, which knows 1")
	play(t, f, Options{Width: 120, Height: 24}, func(d *driver) {
		d.press("choose:" + earlierOption)
		d.sees("What should the wizard do?", "/state/answers.json: version 2")
	})
	_, out := plainly(t, f, Options{}, "earlier", "q")
	says(t, out, "Continue with earlier answers (cannot be chosen: /state/answers.json: version 2")

	recentPlans(f) // the others
	play(t, f, Options{Width: 120, Height: 24}, func(d *driver) {
		d.press("to:" + earlierOption)
		d.sees("Continue with earlier answers 2 plans on this computer, others cannot be read", "! /state/answers.json: version 2")
		d.press("enter")
		d.sees("Which plan should the wizard continue with?")
	})
}

// TestEarlierAnswersThatDoNotFit shows each problem, and continues at the first question that needs an answer.
func TestEarlierAnswersThatDoNotFit(t *testing.T) {
	f := newFake()
	outdated(f)
	play(t, f, Options{}, func(d *driver) {
		d.press("choose:"+earlierOption, "enter")
		d.sees("2 answers do not fit the account. How should the wizard continue?", "▸ Answer the open questions first: Endpoint subnets", "– Endpoint subnets subnet-0old: this subnet does not",
			"– Security groups sg-0old: this security group does not", "exist in vpc-0a1; existing: private-a (subnet-0a)")
		d.press("esc")
		d.sees("Which plan should the wizard continue with?")
		if d.a.ans.Workload != "" {
			t.Errorf("taken %+v", d.a.ans)
		}
		d.press("enter", "enter")
		d.sees("[x] private-a", "[ ] private-b")
		d.press("tick:private-b", "enter", "enter")
		d.sees("[x] default (sg-0def)")
		a := d.a.ans
		if a.Service != "prod/web" || !slices.Equal(a.Subnets, []string{"subnet-0a", "subnet-0b"}) || !slices.Equal(a.SecurityGroups, []string{"sg-0def"}) || a.TwoPhases == nil {
			t.Errorf("answers %+v", a)
		}
		d.press("esc", "esc", "esc")
		d.sees("What do you run in the VPC?")
		d.press("esc")
		d.sees("Which plan should the wizard continue with?")
	})
}

// TestEarlierAnswersOfAnotherAccount: the user sees that it is another one, and answers what is about resources of the other one.
func TestEarlierAnswersOfAnotherAccount(t *testing.T) {
	f := newFake()
	anotherAccount(f)
	play(t, f, Options{Height: 40}, func(d *driver) {
		d.press("choose:"+earlierOption, "enter")
		d.sees("3 answers do not fit the account.", "The answers are for account 123456789012, but the credentials are for account 111111111111.", "VPC vpc-0a1: this VPC does not exist in us-east-1; existing VPCs: vpc-0def",
			"Service prod/web: this ECS service does not exist", "▸ Answer the open questions in account 111111111111")
		d.press("J", "J", "J", "J")
		d.sees("Removed, because they depend on these answers: the subnets and security groups of the tasks, the subnets of the endpoints")
		d.press("enter")
		d.sees("Which ECS service needs endpoints?")
		if a := d.a.ans; a.Account != "111111111111" || a.VPC != "" || a.Service != "" || len(a.Subnets)+len(a.Clients)+len(a.SecurityGroups) > 0 || a.Workload != answers.ECSFargate {
			t.Errorf("answers %+v", a)
		}
	})
}

// TestEarlierAnswersAfterAnError: an account or a part that cannot be read is tried again.
func TestEarlierAnswersAfterAnError(t *testing.T) {
	f := newFake()
	recentPlans(f)
	f.openErr = errors.New("the SSO session has expired")
	play(t, f, Options{}, func(d *driver) {
		d.press("choose:"+earlierOption, "enter")
		d.sees("The wizard cannot read the AWS account of profile lab.", "The SSO session has expired")
		d.press("esc")
		d.sees("Which plan should the wizard continue with?")
		d.press("enter")
		f.openErr, f.loadErr[inventory.PartClusters] = nil, errors.New("ecs:ListClusters: no such host")
		d.press("r")
		d.sees("Answers of 2026-11-20 09:30", "The wizard cannot read", "ecs:ListClusters: no such host", "r try again")
		d.press("esc")
		d.sees("Which plan should the wizard continue with?")
		d.press("enter")
		d.sees("ecs:ListClusters: no such host")
		delete(f.loadErr, inventory.PartClusters)
		d.press("r")
		d.sees("Plan for shop (vpc-0a1)")
	})
	f = newFake()
	recentPlans(f)
	f.device = "arn:aws:iam::123456789012:mfa/alice"
	play(t, f, Options{}, func(d *driver) {
		d.press("choose:"+earlierOption, "enter", "text:"+rightCode, "enter")
		d.sees("Plan for shop (vpc-0a1)")
	})
}

// TestEarlierAnswersWhileTheyAreRead: Esc cancels, and what arrives later changes nothing.
func TestEarlierAnswersWhileTheyAreRead(t *testing.T) {
	f := newFake()
	recentPlans(f)
	f.hold = inventory.PartClusters
	play(t, f, Options{}, func(d *driver) {
		d.press("choose:"+earlierOption, "enter")
		d.pass(3 * tickEvery)
		d.sees("Answers of 2026-11-20 09:30", "Reading", "Esc goes back")
		d.press("esc")
		close(f.held)
		d.settle()
		d.sees("Which plan should the wizard continue with?")
		if d.a.ans.Workload != "" {
			t.Errorf("taken %+v", d.a.ans)
		}
	})
}

// TestPasswordsAreAskedAgain: answers contain none.
func TestPasswordsAreAskedAgain(t *testing.T) {
	f := newFake()
	recentPlans(f)
	play(t, f, Options{Inputs: password}, func(d *driver) {
		d.press("choose:"+earlierOption, "enter", "enter")
		d.sees("password")
		if f.applied > 0 {
			t.Error("applied without a password")
		}
	})
}

// TestAnswersAreRemembered after an apply, an export and a save, and not before.
func TestAnswersAreRemembered(t *testing.T) {
	for name, keys := range map[string][]string{"apply": nil, "export": {"e", "enter"}, "save": {"s", "enter"}, "review": {"esc"}} {
		f := newFake()
		play(t, f, Options{}, func(d *driver) {
			if name == "apply" {
				applying(d)
			} else {
				d.press(append(slices.Clone(toReview), keys...)...)
			}
			if got := f.remembered; name == "review" && len(got) > 0 || name != "review" && (len(got) != 1 || got[0].Service != "prod/web" || got[0].Account != "123456789012" || got[0].Region != "us-east-1") {
				t.Errorf("%s: remembered %+v", name, got)
			}
		})
	}
	f := newFake()
	play(t, f, Options{Build: moving(3)}, func(d *driver) {
		applying(d)
		if len(f.remembered) > 0 {
			t.Errorf("remembered without a run: %+v", f.remembered)
		}
	})
	f = newFake()
	f.files["answers.yaml"] = "mine"
	f.rememberErr = errors.New("/state/answers.json: no space left")
	r, out := plainly(t, f, Options{}, slices.Concat(plainReview, []string{saveAnswers, "", "x.yaml", exportPlan, "1", "", leaveNow})...)
	if len(f.remembered) != 2 || r.Forgotten == nil || strings.Contains(out, "no space left") { // the command says it once, at the end
		t.Errorf("%d remembered, %v\n%s", len(f.remembered), r.Forgotten, out)
	}
}

func TestEarlierAnswersWithLines(t *testing.T) {
	f := newFake()
	recentPlans(f)
	_, out := plainly(t, f, Options{}, "earlier", "?", "1", "b", "", "q")
	says(t, out, "Continue with earlier answers - 2 plans on this computer", "1. 2026-11-20 09:30  ECS on Fargate - lab, vpc-0a1", "Endpoint subnets  2 zones", "Reading the AWS account of profile lab", "Review", "What do you run in the VPC?", "Which ECS service")

	f = newFake()
	outdated(f)
	_, out = plainly(t, f, Options{}, "earlier", "1", "b", "earlier", "1", "", "1,2", "", "q")
	says(t, out, "Endpoint subnets subnet-0old: this subnet does not exist", "1. Answer the open questions - first: Endpoint subnets", "[x] private-a", "Which AWS services")

	f = newFake()
	anotherAccount(f)
	_, out = plainly(t, f, Options{}, "earlier", "1", "", "q")
	says(t, out, "The answers are for account 123456789012, but the credentials are for account 111111111111.", "Which ECS service needs endpoints?")

	f = newFake()
	recentPlans(f)
	f.loadErr[inventory.PartQuotas] = errors.New("no such host")
	_, out = plainly(t, f, Options{}, "earlier", "1", "again", "b", "q")
	says(t, out, "No such host", "What should the wizard do?")
	if strings.Contains(out, "Review\n") {
		t.Errorf("a plan without the quotas:\n%s", out)
	}
}

// TestEarlierAnswersOfANewVPC: only the account is another one, so that no question is open.
func TestEarlierAnswersOfANewVPC(t *testing.T) {
	f := newFake()
	recentPlans(f)
	play(t, f, Options{}, func(d *driver) {
		d.press("choose:"+earlierOption, "down", "enter")
		d.sees("1 answer does not fit the account.", "▸ Review the plan in account 123456789012", "The answers are for account 210987654321, but the credentials are for account 123456789012.")
		d.press("enter")
		if s, ok := d.a.top().(*reviewScreen); !ok || !s.ready {
			t.Fatalf("no review:\n%s", d.screen())
		}
		if a := d.a.ans; a.Account != "123456789012" || !a.Creates() || a.NewVPC.Name != "prod" || a.VPC != answers.PlannedVPC {
			t.Errorf("answers %+v", a)
		}
		d.press("esc")
		d.sees("What do you run in the VPC?", "▸ AWS Batch on EC2")
	})
}

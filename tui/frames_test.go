package tui

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// scene is a screen and the way to it.
type scene struct {
	name    string
	prepare func(*fake)
	options Options
	play    func(*driver)
}

func keysTo(names ...string) func(*driver) {
	return func(d *driver) { d.press(names...) }
}

// noDNS plans with private DNS off, which is an error that f fixes.
func noDNS(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
	if ans.PrivateDNS == nil {
		no := false
		ans.PrivateDNS = &no
	}
	return build(inv, ans)
}

// priced has everything that a cost can contain.
func priced(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
	p := build(inv, ans)
	item := func(what string, of price.Item, n int, usd, monthly float64) plan.CostItem {
		return plan.CostItem{What: what, Item: of, Count: n, Unit: of.Unit(), Known: true, Price: usd, Monthly: monthly}
	}
	data := item("interface endpoint logs", price.EndpointGB, 0, 0.01, 0)
	p.Cost = plan.Cost{Currency: "USD", Monthly: 51.39, Known: true, Region: "eu-west-1", Source: price.FromAPI, Date: "2026-11-25", Basis: "43.80 and 7.59.",
		Items: []plan.CostItem{item("interface endpoint ecr.api", price.EndpointHour, 2, 0.01, 14.6), item("interface endpoint ecr.dkr", price.EndpointHour, 2, 0.01, 14.6), item("interface endpoint logs", price.EndpointHour, 2, 0.01, 14.6), data,
			item("instance airflow-nightly-bastion", price.Instance("t3.micro"), 1, 0.0104, 7.59)},
		Existing: plan.ExistingCost{Monthly: 36.5, Known: true, Items: []plan.CostItem{item("NAT gateway nat-1", price.NATHour, 1, 0.045, 32.85), item("NAT gateway nat-1", price.AddressHour, 1, 0.005, 3.65), item("NAT gateway nat-1", price.NATGB, 0, 0.045, 0)}},
		NAT:      &plan.NATCost{Gateways: 1, Monthly: 36.5, PerGB: 0.045, EndpointsMonthly: 43.8, EndpointsPerGB: 0.01, EndpointsCostLess: plan.Above, BreakEvenGB: 209},
	}
	p.Prices = price.List{Region: p.Region, Items: []price.Price{{Item: price.EndpointHour, USD: 0.01}}}
	return p
}

// unpriced is the same plan in a Region without prices.
func unpriced(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
	p := priced(inv, ans)
	for _, items := range [][]plan.CostItem{p.Cost.Items, p.Cost.Existing.Items} {
		for i := range items {
			items[i].Known, items[i].Price, items[i].Monthly = false, 0, 0
		}
	}
	p.Cost.Monthly, p.Cost.Known, p.Cost.Source, p.Cost.Date, p.Cost.NAT = 0, false, "", "", nil
	p.Cost.Existing.Monthly, p.Cost.Existing.Known = 0, false
	p.Region, p.Prices = "eu-west-1", price.List{}
	return p
}

// allThere plans nothing but to keep.
func allThere(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
	p := build(inv, ans)
	for i := range p.Changes {
		p.Changes[i].Op, p.Changes[i].Existing, p.Changes[i].Before = resource.Keep, fmt.Sprintf("id-%02d", i), nil
	}
	p.Findings, p.Cost = nil, plan.Cost{Currency: "USD", Known: true, Basis: "Nothing is made."}
	return p
}

// withRestart plans a restart of agents too, which is left to the user.
func withRestart(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
	p := build(inv, ans)
	p.Changes = append(p.Changes, resource.Change{ID: "agents/workers", Op: resource.Run, Existing: "arn:c2", Rules: []string{"E-RESTART"}, Summary: "Restart the ECS agents of 1 container instance in cluster workers",
		Why: "An agent keeps the addresses that it was given.", Spec: resource.AgentRestart{Cluster: "workers", Hosts: []resource.Host{{ARN: "arn:h1", Instance: "i-01", Zone: "us-east-1a", Family: "Amazon Linux 2", Hand: "commands were chosen"}}}})
	return p
}

func leftToYou(f *fake) {
	f.events = []run.Event{
		{Time: t0, Change: "endpoint/ecr.api", State: run.Started},
		{Time: t0.Add(time.Second), Change: "endpoint/ecr.api", State: run.Done},
		{Time: t0.Add(time.Second), Change: "agents/workers", State: run.Started},
		{Time: t0.Add(time.Second), Change: "agents/workers", State: run.Unproven, Detail: "Manual step: on i-01 run `sudo systemctl restart ecs`."},
		{Time: t0.Add(2 * time.Second), Change: "endpoint/ecr.api", State: run.Proved, Detail: "ecr.api is available"},
	}
	f.summary = run.Summary{Done: 1, IDs: map[resource.ID]string{"endpoint/ecr.api": "vpce-0ecr"}, Proof: run.ProofProved, Unproven: 1}
}

// restarting runs a restart of agents until it waits for the second of two.
func restarting(f *fake) {
	withInstances(f)
	f.endless = true
	id := resource.ID("agents/workers")
	f.events = []run.Event{
		{Time: t0, Change: "endpoint/ecs", State: run.Started},
		{Time: t0, Change: "endpoint/ecs", State: run.Waiting, Detail: "vpce-0ecs is pending", Limit: 600},
		{Time: t0.Add(time.Second), Change: "endpoint/ecs", State: run.Done, Detail: "vpce-0ecs"},
		{Time: t0.Add(time.Second), Change: id, State: run.Started, Detail: "Restart the ECS agents"},
		{Time: t0.Add(time.Second), Change: id, State: run.Waiting, Detail: "wait for Systems Manager to reach us-east-1a: i-01, i-02", Limit: 900},
		{Time: t0.Add(time.Second), Change: id, State: run.Waiting, Detail: "hosts is not reached yet", Limit: 900},
		{Time: t0.Add(2 * time.Second), Change: id, State: run.Waiting, Detail: "restart the agents of us-east-1a: i-01, i-02"},
		{Time: t0.Add(2 * time.Second), Change: id, State: run.Waiting, Detail: "0b3f2c1e-command is InProgress"},
		{Time: t0.Add(3 * time.Second), Change: id, State: run.Waiting, Detail: "note that the agent of i-01 was restarted"},
		{Time: t0.Add(3 * time.Second), Change: id, State: run.Waiting, Detail: "wait until the agent of i-02 is connected", Limit: 600},
		{Time: t0.Add(4 * time.Second), Change: id, State: run.Waiting, Detail: "i-02 is not connected", Limit: 600},
		{Time: t0.Add(4 * time.Second), Change: id, State: run.Waiting, Detail: "i-02 is not connected", Limit: 600},
	}
}

// notBack is the same with an agent that does not come back.
func notBack(f *fake) {
	restarting(f)
	f.endless = false
	f.events = append(f.events, run.Event{Time: t0.Add(300 * time.Second), Change: "agents/workers", State: run.Failed,
		Detail: "wait until the agent of i-02 is connected: still not connected after 300 seconds; run again to go on waiting"})
	f.summary = run.Summary{Done: 1, Failed: 1, IDs: map[resource.ID]string{"endpoint/ecs": "vpce-0ecs", "agents/workers": "arn:aws:ecs:us-east-1:123456789012:cluster/workers"}, Proof: run.ProofUnproven}
}

func applyingOnEC2(d *driver) {
	d.press(toClusters...)
	d.press("choose:"+wholeCluster, "choose:"+planNow, "enter")
	d.pass(grace)
	d.press("right", "enter")
}

// The keys to a place. After the choices that lead there, Enter takes what is proposed.
var (
	toReview       = choose(sandboxAccount, onFargate, webService, planNow)
	toConfirm      = append(slices.Clone(toReview), "enter")
	toClusters     = choose(sandboxAccount, onEC2)
	toAgents       = append(slices.Clone(toClusters), append(choose(wholeCluster, everyQuestion, shopVPC), "enter", "enter", "enter", "enter", "enter")...)
	toEnvironments = choose(sandboxAccount, batchOnFargate)
)

func keysAfter(before []string, more ...string) func(*driver) {
	return keysTo(append(append([]string{}, before...), more...)...)
}

func accepting(d *driver) {
	d.press(toReview...)
	d.press("a")
	d.pass(grace)
	d.press("right", "enter")
}

func applying(d *driver) {
	d.press(toConfirm...)
	d.pass(grace)
	d.press("right", "enter")
}

// The keys that lead to the questions about a private registry: for the service web, with an
// image from there, and for the compute environment reports.
var (
	toRegistry      = append(slices.Clone(toPolicy), "enter")
	toSecretName    = append(slices.Clone(toRegistry), "choose:create a new secret")
	toKey           = append(slices.Clone(toSecretName), "enter", "text:team", "enter", "enter")
	toDefinition    = append(slices.Clone(toKey), "enter")
	toContainers    = append(slices.Clone(toDefinition), "enter")
	toRole          = append(slices.Clone(toContainers), "enter")
	toRegistryBatch = append(slices.Clone(toEnvironments), append(choose("reports", everyQuestion, shopVPC), "enter", "enter", "enter", "enter", "enter", "choose:prod/registry")...)
)

var everyStep = choose(sandboxAccount, onFargate, webService, everyQuestion) // to the VPC

func scenes() []scene {
	halfway := func(f *fake) {
		f.endless = true
		f.events = []run.Event{
			{Time: t0, Change: "vpc-attribute/dns-hostnames", State: run.Started},
			{Time: t0.Add(200 * time.Millisecond), Change: "vpc-attribute/dns-hostnames", State: run.Called, Detail: "ec2:ModifyVpcAttribute: ok"},
			{Time: t0.Add(300 * time.Millisecond), Change: "vpc-attribute/dns-hostnames", State: run.Done},
			{Time: t0.Add(400 * time.Millisecond), Change: "security-group/endpoints", State: run.Called, Detail: "ec2:CreateSecurityGroup: RequestLimitExceeded"},
			{Time: t0, Change: "security-group/endpoints", State: run.Started},
			{Time: t0.Add(time.Second), Change: "endpoint/s3", State: run.Kept},
			{Time: t0, Change: "security-group/endpoints", State: run.Waiting, Detail: "AWS limits how fast this may be called; trying again"},
			{Time: t0.Add(time.Second), Change: "endpoint/ecr.dkr", State: run.Started},
			{Time: t0.Add(2 * time.Second), Change: "endpoint/ecr.dkr", State: run.Waiting, Detail: "vpce-0dkr is pending", Limit: 600},
		}
		f.summary = run.Summary{Done: 2, Kept: 1, Skipped: 3, IDs: map[resource.ID]string{"security-group/endpoints": "sg-0new"}, Proof: run.ProofUnproven}
	}
	return append(newVPCScenes(), []scene{
		{name: "account", play: keysTo()},
		{name: "account-own", prepare: func(f *fake) { withProfiles(f); earlierRuns(f) }, play: keysTo()},
		{name: "account-opened", prepare: withProfiles, play: keysTo("enter")},
		{name: "account-signed-out", prepare: func(f *fake) { withProfiles(f); f.profiles = f.profiles[1:] }, play: keysTo("down")},
		{name: "account-sandbox", prepare: withScenarios, play: keysTo()},
		{name: "account-scenarios", prepare: withScenarios, play: keysTo("enter")},
		{name: "account-profiles", prepare: withProfiles, play: keysTo("right", "down")},
		{name: "account-regions", prepare: withProfiles, play: keysTo("to:Region", "right")},
		{name: "account-code", prepare: withMFA, play: keysTo("enter", "text:123")},
		{name: "account-code-wrong", prepare: withMFA, play: keysTo("enter", "text:111111", "enter")},
		{name: "account-recent", prepare: func(f *fake) { withProfiles(f); earlierRuns(f); recentPlans(f) }, play: keysTo("to:" + earlierOption)},
		{name: "account-recent-unread", prepare: func(f *fake) {
			f.recentErr = errors.New("/home/me/.local/state/privatelink-wizard/answers.json: version 2 of the format is not known to this program, which knows 1")
		}, play: keysTo("down", "up", "up")},
		{name: "recent", prepare: recentPlans, play: keysTo("choose:" + earlierOption)},
		{name: "recent-reading", prepare: func(f *fake) { recentPlans(f); f.hold = inventory.PartClusters }, play: func(d *driver) {
			d.press("choose:"+earlierOption, "enter")
			d.pass(3 * tickEvery)
		}},
		{name: "recent-outdated", prepare: outdated, play: keysTo("choose:"+earlierOption, "enter")},
		{name: "recent-another-account", prepare: anotherAccount, play: keysTo("choose:"+earlierOption, "enter", "down")},
		{name: "recent-review", prepare: recentPlans, play: keysTo("choose:"+earlierOption, "enter", "x")},
		{name: "explain", play: keysTo("choose:" + explainOption)},
		{name: "explain-text", play: func(d *driver) {
			d.press("choose:" + explainOption)
			d.send(tea.PasteMsg{Content: timedOut})
		}},
		{name: "explain-account", prepare: diagnosed, play: func(d *driver) {
			d.press("choose:" + explainOption)
			d.send(tea.PasteMsg{Content: timedOut})
			d.press("tab", "enter", "choose:sandbox account")
		}},
		{name: "opening", prepare: func(f *fake) { f.hold = inventory.PartIdentity }, play: func(d *driver) { d.press(choose(sandboxAccount)...); d.pass(3 * tickEvery) }},
		{name: "open-failed", prepare: func(f *fake) { f.openErr = errors.New("no credentials found") }, play: keysTo(choose(sandboxAccount)...)},
		{name: "workload", play: keysTo(choose(sandboxAccount)...)},
		{name: "waiting", prepare: func(f *fake) { f.hold = inventory.PartClusters }, play: func(d *driver) { d.press(choose(sandboxAccount, onFargate)...); d.pass(3 * tickEvery) }},
		{name: "load-failed", prepare: func(f *fake) {
			f.loadErr[inventory.PartClusters] = errors.New("dial tcp: lookup ecs.us-east-1.amazonaws.com: no such host")
		}, play: keysTo(choose(sandboxAccount, onFargate)...)},
		{name: "service", play: keysTo(choose(sandboxAccount, onFargate)...)},
		{name: "service-denied", prepare: func(f *fake) {
			f.inv.Clusters = nil
			f.inv.Gaps = []inventory.Gap{{Call: "ecs:ListClusters", Code: "AccessDeniedException"}}
		}, play: keysTo(choose(sandboxAccount, onFargate)...)},
		{name: "cluster", prepare: withInstances, play: keysTo(toClusters...)},
		{name: "shortcut-cluster", prepare: withInstances, play: keysAfter(toClusters, "choose:"+wholeCluster)},
		{name: "runs-in-ec2", prepare: withInstances, play: keysAfter(toClusters, choose(wholeCluster, everyQuestion, shopVPC)...)},
		{name: "needs-ec2", prepare: withInstances, play: keysAfter(toClusters, append(choose(wholeCluster, everyQuestion, shopVPC), "enter", "enter")...)},
		{name: "agents", prepare: withInstances, play: keysTo(toAgents...)},
		{name: "agents-ssm", prepare: withInstances, play: keysAfter(toAgents, "to:run command on all")},
		{name: "agents-reboot", prepare: withInstances, play: keysAfter(toAgents, "to:drain and reboot")},
		{name: "agents-commands", prepare: withInstances, play: keysAfter(toAgents, "to:commands only")},
		{name: "agents-none", prepare: withInstances, play: keysAfter(toAgents, "to:no restart")},
		{name: "review-agents", prepare: withInstances, play: keysAfter(toAgents, "enter", "enter", "/", "text:agents")},
		{name: "progress-agents", prepare: restarting, play: func(d *driver) { applyingOnEC2(d); d.send(tickMsg(t0.Add(9 * time.Second))) }},
		{name: "result-agents-failed", prepare: notBack, play: applyingOnEC2},
		{name: "result-agents", prepare: withInstances, play: applyingOnEC2},
		{name: "environment", prepare: withInstances, play: keysTo(toEnvironments...)},
		{name: "environment-ec2", prepare: withInstances, play: keysTo(choose(sandboxAccount, batchOnEC2)...)},
		{name: "no-environment", play: keysAfter(toEnvironments, "to:no compute environment found")},
		{name: "needs-batch", prepare: withInstances, play: keysAfter(toEnvironments, append(choose("reports", everyQuestion, shopVPC), "enter", "enter")...)},
		{name: "left-to-you", prepare: leftToYou, options: Options{Build: withRestart}, play: applying},
		{name: "shortcut", play: keysTo(choose(sandboxAccount, onFargate, webService)...)},
		{name: "vpc", play: keysTo(everyStep...)},
		{name: "runs-in", play: keysAfter(everyStep, "enter")},
		{name: "endpoints-in", play: keysAfter(everyStep, "enter", "enter")},
		{name: "needs", play: keysAfter(everyStep, "enter", "enter", "enter")},
		{name: "groups", play: keysAfter(everyStep, "enter", "enter", "enter", "enter")},
		{name: "policy", play: keysAfter(everyStep, "enter", "enter", "enter", "enter", "enter")},
		{name: "registry", prepare: withRegistry, play: keysTo(toRegistry...)},
		{name: "registry-create", prepare: withRegistry, play: keysAfter(toRegistry, "to:create a new secret")},
		{name: "registry-secret", prepare: withRegistry, play: keysAfter(toRegistry, "to:prod/registry")},
		{name: "registry-deleted", prepare: withRegistry, play: keysAfter(toRegistry, "to:prod/old-registry")},
		{name: "registry-denied", prepare: func(f *fake) {
			withRegistry(f)
			f.inv.Secrets, f.inv.ExecutionRoles = nil, nil
			f.inv.Gaps = []inventory.Gap{{Call: "secretsmanager:ListSecrets", Code: "AccessDeniedException"}, {Call: "iam:ListRoles", Code: "AccessDenied"}}
		}, play: keysAfter(toRegistry, "to:enter the ARN")},
		{name: "registry-arn", prepare: withRegistry, play: keysAfter(toRegistry, "choose:enter the ARN", "text:prod/nowhere", "enter")},
		{name: "registry-name", prepare: withRegistry, play: keysTo(toSecretName...)},
		{name: "registry-name-wrong", prepare: withRegistry, play: keysAfter(toSecretName, "text: and more", "enter")},
		{name: "registry-taken", prepare: withRegistry, play: keysAfter(toSecretName, "ctrl+u", "text:prod/registry", "enter")},
		{name: "registry-restore", prepare: withRegistry, play: keysAfter(toSecretName, "ctrl+u", "text:prod/old-registry", "enter", "to:restore it and store new credentials")},
		{name: "registry-user", prepare: withRegistry, play: keysAfter(toSecretName, "enter")},
		{name: "registry-description", prepare: withRegistry, play: keysAfter(toSecretName, "enter", "text:team", "enter")},
		{name: "registry-key", prepare: withRegistry, play: keysAfter(toKey, "to:alias/registry")},
		{name: "registry-definition", prepare: withRegistry, play: keysTo(toDefinition...)},
		{name: "registry-containers", prepare: withRegistry, play: keysTo(toContainers...)},
		{name: "registry-role", prepare: withRegistry, play: keysTo(toRole...)},
		{name: "registry-role-name", prepare: withRegistry, play: keysAfter(toRole, "choose:create a new role")},
		{name: "registry-ecr", prepare: withRegistry, play: keysAfter(toRole, "choose:create a new role", "enter")},
		{name: "registry-service", prepare: withRegistry, play: keysAfter(toRole, "enter")},
		{name: "registry-answered", prepare: withRegistry, play: keysAfter(toRole, "enter", "enter")},
		{name: "registry-job", prepare: withRegistry, play: keysAfter(toRegistryBatch, "to:read it once")},
		{name: "registry-job-memory", prepare: withRegistry, play: keysAfter(toRegistryBatch, "choose:read it once", "enter", "choose:create a new role", "enter", "text:0", "enter")},
		{name: "registry-changed", prepare: withRegistry, play: keysAfter(toSecretName, "enter", "text:team", "enter", "esc", "esc", "esc", "choose:no, or already configured")},
		{name: "password", options: Options{Inputs: password}, play: keysTo(toConfirm...)},
		{name: "password-typed", options: Options{Inputs: password}, play: func(d *driver) {
			d.press(toConfirm...)
			d.send(tea.PasteMsg{Content: canary})
		}},
		{name: "password-none", options: Options{Inputs: password}, play: keysAfter(toConfirm, "enter")},
		{name: "cleared", play: keysAfter(everyStep, "choose:vpc-0def")},
		{name: "refused", play: keysAfter(everyStep, "enter", "tick:private-a", "tick:private-b", "enter")},
		{name: "find", play: keysAfter(everyStep, "enter", "/", "text:PUB")},
		{name: "review", play: keysTo(toReview...)},
		{name: "review-change", play: keysAfter(toReview, "end", "up", "up", "up")},
		{name: "review-stopped", options: Options{Build: noDNS}, play: keysTo(toReview...)},
		{name: "review-commands", play: keysAfter(toReview, "x")},
		{name: "review-commands-all", play: keysAfter(toReview, "x", "x")},
		{name: "review-cost", options: Options{Build: priced}, play: keysAfter(toReview, "$")},
		{name: "review-cost-unknown", options: Options{Build: unpriced}, play: keysAfter(toReview, "end")},
		{name: "confirm-cost", options: Options{Build: unpriced}, play: func(d *driver) { d.press(toConfirm...); d.pass(grace); d.press("$") }},
		{name: "result-cost", options: Options{Build: priced}, play: func(d *driver) { applying(d); d.press("$"); d.screen(); d.press("end") }},
		{name: "review-accept", options: Options{Build: noDNS}, play: func(d *driver) { d.press(toReview...); d.press("a"); d.pass(grace) }},
		{name: "review-accepted", options: Options{Build: noDNS}, play: accepting},
		{name: "saved-accepted", options: Options{Build: noDNS}, play: func(d *driver) { accepting(d); d.press("s", "enter") }},
		{name: "review-nothing", options: Options{Build: allThere}, play: keysTo(toReview...)},
		{name: "progress-verify", prepare: func(f *fake) { f.endless = true }, options: Options{Build: allThere}, play: keysTo(append(slices.Clone(toReview), "enter")...)},
		{name: "result-verify-failed", prepare: func(f *fake) {
			f.events, f.summary = []run.Event{{Time: t0, Change: "endpoint/s3", State: run.Kept}, {Time: t0, Change: "endpoint/s3", State: run.Failed, Detail: "endpoint s3 is available: this does not hold"}}, run.Summary{Kept: 1, Proof: run.ProofFailed}
		}, options: Options{Build: allThere}, play: keysTo(append(slices.Clone(toReview), "enter")...)},
		{name: "confirm-deaf", play: keysTo(toConfirm...)},
		{name: "confirm", play: func(d *driver) { d.press(toConfirm...); d.pass(grace); d.press("right") }},
		{name: "moved", options: Options{Build: moving(2)}, play: applying},
		{name: "progress", prepare: halfway, play: func(d *driver) { applying(d); d.send(tickMsg(t0.Add(2500 * time.Millisecond))) }},
		{name: "stopping", prepare: func(f *fake) { halfway(f) }, play: func(d *driver) {
			applying(d)
			d.a.top().(*progressScreen).stopping = true // as Ctrl-C does, with a run that takes its time to end
			d.send(tickMsg(t0.Add(2500 * time.Millisecond)))
		}},
		{name: "stopped", prepare: halfway, play: func(d *driver) { applying(d); d.press("ctrl+c") }},
		{name: "result", play: applying},
		{name: "result-end", play: func(d *driver) { applying(d); d.screen(); d.press("end") }},
		{name: "result-failed", prepare: func(f *fake) {
			f.events = []run.Event{
				{Time: t0, Change: "security-group/endpoints", State: run.Started},
				{Time: t0.Add(time.Second), Change: "security-group/endpoints", State: run.Failed, Detail: "ec2:CreateSecurityGroup: UnauthorizedOperation: you may not do that"},
				{Time: t0, Change: "endpoint/ecr.api", State: run.Skipped, Detail: "not started, since security-group/endpoints was not done"},
			}
			f.summary = run.Summary{Failed: 1, Skipped: 1, Proof: run.ProofUnproven}
		}, play: applying},
		{name: "paused", prepare: pausing(run.Pause{Command: "aws sso login --profile prod", Step: "Run `aws sso login --profile prod`.",
			Answer: `ec2:CreateVpcEndpoint: the SSO session "corp" of profile "prod" has expired or was never started`}), play: func(d *driver) { applying(d); d.send(tickMsg(t0.Add(2500 * time.Millisecond))) }},
		{name: "paused-keys", prepare: pausing(run.Pause{Answer: "Cannot renew them: the new credentials belong to account 222222222222, but the wizard works in account 111111111111. Log in to account 111111111111.",
			Step: "The credentials are from the access key of profile \"dev\". Put a new access key into the profile with `aws configure --profile dev`, or new temporary credentials into its section of ~/.aws/credentials."}),
			play: func(d *driver) { applying(d); d.send(tickMsg(t0.Add(2500 * time.Millisecond))) }},
		{name: "paused-ended", prepare: func(f *fake) {
			f.events = []run.Event{
				{Time: t0, Change: "security-group/endpoints", State: run.Started},
				{Time: t0.Add(time.Second), Change: "security-group/endpoints", State: run.Skipped, Detail: "stopped before completion: the credentials have expired"},
			}
			f.summary = run.Summary{Skipped: 2, Expired: true, Proof: run.ProofUnproven, Next: []string{"The credentials have expired. Run `aws sso login --profile prod`. Then run again: what exists is kept."}}
		}, play: applying},
		{name: "permissions", prepare: func(f *fake) {
			f.events, f.endless = []run.Event{{Time: t0, Change: run.Permissions, State: run.Started, Detail: "Check permissions"}}, true
		}, play: func(d *driver) { applying(d); d.send(tickMsg(t0.Add(500 * time.Millisecond))) }},
		{name: "permissions-missing", prepare: missing, play: applying},
		{name: "proof-failed", prepare: func(f *fake) {
			f.events = []run.Event{
				{Time: t0, Change: "endpoint/ecr.api", State: run.Done},
				{Time: t0, Change: "endpoint/ecr.api", State: run.Failed, Detail: "api.ecr.us-east-1.amazonaws.com does not lead to the endpoint"},
			}
			f.summary = run.Summary{Done: 1, IDs: map[resource.ID]string{"endpoint/ecr.api": "vpce-0ecr"}, Proof: run.ProofFailed}
		}, play: applying},
		{name: "export", play: keysAfter(toReview, "e")},
		{name: "export-terraform", play: keysAfter(toReview, "e", "to:terraform", "shift+tab")},
		{name: "export-details", play: keysAfter(toReview, "e", "down", "i")},
		{name: "export-shown", play: keysAfter(toReview, "e", "x")},
		{name: "export-taken", prepare: func(f *fake) { f.files["privatelink-vpc-0a1.sh"] = "mine" }, play: keysAfter(toReview, "e", "enter")},
		{name: "export-applied", play: func(d *driver) { applying(d); d.press("e", "to:terraform") }},
		{name: "export-stopped", options: Options{Build: noDNS}, play: keysAfter(toReview, "e")},
		{name: "exported-report", options: Options{Build: noDNS}, play: keysAfter(toReview, "e", "enter")},
		{name: "exported", play: keysAfter(toReview, "e", "enter")},
		{name: "exported-cloudformation", play: keysAfter(toReview, "e", "down", "enter")},
		{name: "save-refused", prepare: func(f *fake) { f.files["answers.yaml"] = "mine" }, play: keysAfter(toReview, "s", "enter")},
		{name: "saved", play: keysAfter(toReview, "s", "enter")},
		{name: "details", options: Options{Build: noDNS}, play: keysAfter(toReview, "i")},
		{name: "result-undo", prepare: revertible, play: applying},
		{name: "undo-comparing", prepare: func(f *fake) { revertible(f); f.slow = true }, play: func(d *driver) { applying(d); d.press("u"); d.pass(3 * tickEvery) }},
		{name: "undo-unread", prepare: func(f *fake) {
			revertible(f)
			f.lost = errors.New("dial tcp: lookup ec2.us-east-1.amazonaws.com: no such host")
		}, play: undoing},
		{name: "undo", prepare: revertible, play: undoing},
		{name: "undo-end", prepare: revertible, play: func(d *driver) { undoing(d); d.screen(); d.press("end") }},
		{name: "undo-others", prepare: changedByOthers, play: undoing},
		{name: "undo-others-too", prepare: changedByOthers, play: func(d *driver) { undoing(d); d.press("space", "right") }},
		{name: "undo-nothing", prepare: func(f *fake) { revertible(f); f.left = f.left[6:] }, play: undoing},
		{name: "undo-progress", prepare: revertible, play: func(d *driver) {
			undoing(d)
			d.fake.long = true
			d.press("right", "enter")
			d.send(tickMsg(t0.Add(2500 * time.Millisecond)))
		}},
		{name: "undo-stopped", prepare: revertible, play: func(d *driver) { undoing(d); d.fake.long = true; d.press("right", "enter", "ctrl+c") }},
		{name: "undo-result", prepare: changedByOthers, play: func(d *driver) { undoing(d); d.press("right", "enter") }},
		{name: "undo-done", prepare: revertible, play: func(d *driver) { undoing(d); d.press("right", "enter") }},
		{name: "undo-help", prepare: revertible, play: func(d *driver) { undoing(d); d.press("?", "left") }},
		{name: "undo-account", prepare: earlierRuns, play: keysTo("to:undo an earlier run")},
		{name: "undo-runs", prepare: earlierRuns, play: keysTo("u")},
		{name: "undo-earlier", prepare: earlierRuns, play: func(d *driver) { d.press("u", "enter"); d.pass(grace) }},
		{name: "undo-earlier-done", prepare: earlierRuns, play: func(d *driver) { d.press("u", "enter"); d.pass(grace); d.press("right", "enter") }},
		{name: "map", prepare: withEndpoint, options: Options{Build: plan.Build}, play: keysAfter(toReview, "m")},
		{name: "map-after", prepare: withEndpoint, options: Options{Build: plan.Build}, play: keysAfter(toReview, "m", "p", "down", "down", "down")},
		{name: "map-details", prepare: withEndpoint, options: Options{Build: plan.Build}, play: keysAfter(toReview, "m", "down", "enter")},
		{name: "map-progress", prepare: func(f *fake) { withEndpoint(f); halfway(f) }, options: Options{Build: placed}, play: func(d *driver) { applying(d); d.press("m"); d.send(tickMsg(t0.Add(2500 * time.Millisecond))) }},
		{name: "map-help", prepare: withEndpoint, options: Options{Build: plan.Build}, play: keysAfter(toReview, "m", "?", "left")},
		{name: "help", play: keysAfter(choose(sandboxAccount), "?", "left")},
		{name: "term", play: keysAfter(everyStep, "enter", "enter", "?")},
		{name: "term-next", play: keysAfter(toReview, "end", "up", "up", "up", "?", "right")},
		{name: "term-page", play: keysAfter(toReview, "end", "up", "up", "up", "?", "o")},
		{name: "term-field", prepare: withRegistry, play: keysAfter(toSecretName, "f1")},
		{name: "term-confirm", play: func(d *driver) { d.press(toConfirm...); d.pass(grace); d.press("?") }},
		{name: "leave", play: func(d *driver) { d.press("choose:"+sandboxAccount, "q"); d.pass(grace) }},
	}...)
}

// placed is build with subnets for the endpoints.
func placed(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
	ans.Subnets = []string{"subnet-0a", "subnet-0b"}
	return build(inv, ans)
}

// withEndpoint adds an endpoint that the workload uses and one that it does not use.
func withEndpoint(f *fake) {
	for i := range f.inv.Services {
		s := &f.inv.Services[i]
		s.PrivateNames = []string{strings.TrimPrefix(s.Name, "com.amazonaws.us-east-1.") + ".us-east-1.amazonaws.com"}
	}
	n := &f.inv.Networks[0]
	n.SecurityGroups = append(n.SecurityGroups, inventory.SecurityGroup{ID: "sg-0ends", Name: "endpoints", VPC: "vpc-0a1", Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}})
	for _, code := range []string{"logs", "kms"} {
		n.Endpoints = append(n.Endpoints, inventory.Endpoint{ID: "vpce-0" + code, Type: "Interface", Service: "com.amazonaws.us-east-1." + code, State: "available",
			Subnets: []string{"subnet-0a", "subnet-0b"}, Groups: []string{"sg-0ends"}, Interfaces: []string{"eni-0" + code}, PrivateDNS: true})
		n.Interfaces = append(n.Interfaces, inventory.Interface{ID: "eni-0" + code, Subnet: "subnet-0a", Type: "vpc_endpoint", Status: "in-use", IP: "10.0.1.9"})
	}
	n.Interfaces = append(n.Interfaces, inventory.Interface{ID: "eni-0task", Subnet: "subnet-0b", Type: "interface", Status: "in-use", IP: "10.0.2.7", Groups: []string{"sg-0web"}},
		inventory.Interface{ID: "eni-0db", Subnet: "subnet-0q", Type: "interface", Status: "in-use", IP: "10.0.4.7", Description: "RDSNetworkInterface", RequesterManaged: true})
}

// set runs a scene at a size and gives the frame to look.
func (s scene) at(t *testing.T, w, h int, look func(*testing.T, *driver)) {
	f := newFake()
	if s.prepare != nil {
		s.prepare(f)
	}
	o := s.options
	o.Width, o.Height = w, h
	play(t, f, o, func(d *driver) {
		s.play(d)
		look(d.t, d)
	})
}

// pausing prepares a run that waits for new credentials.
func pausing(p run.Pause) func(*fake) {
	return func(f *fake) {
		f.endless = true
		f.events = []run.Event{
			{Time: t0, Change: "security-group/endpoints", State: run.Started},
			{Time: t0.Add(time.Second), Change: "security-group/endpoints", State: run.Done},
			{Time: t0.Add(time.Second), Change: "endpoint/ecr.dkr", State: run.Started},
			{Time: t0.Add(2 * time.Second), Change: run.Credentials, State: run.Waiting, Detail: "The credentials have expired.", Pause: &p},
		}
	}
}

// missing prepares a run that stops because permissions are missing, as the run reports it.
func missing(f *fake) {
	f.events = []run.Event{
		{Time: t0, Change: run.Permissions, State: run.Started, Detail: "Check permissions"},
		{Time: t0, Change: run.Permissions, State: run.Unproven, Detail: "Not known whether 1 operation is allowed: ec2:CreateTags"},
		{Time: t0, Change: "security-group/endpoints", State: run.Failed, Detail: "not started, because you do not have the permission ec2:CreateSecurityGroup"},
		{Time: t0, Change: "endpoint/ecr.api", State: run.Failed, Detail: "not started, because you do not have the permission ec2:CreateVpcEndpoint"},
		{Time: t0, Change: "endpoint/logs", State: run.Skipped, Detail: "not started, because permissions for other changes are missing"},
	}
	f.summary = run.Summary{Failed: 2, Skipped: 1, Proof: run.ProofUnproven,
		Missing: []run.Missing{{Permission: "ec2:CreateSecurityGroup", Changes: []resource.ID{"security-group/endpoints"}}, {Permission: "ec2:CreateVpcEndpoint", Changes: []resource.ID{"endpoint/ecr.api"}}},
		Next:    []string{"You do not have these permissions: ec2:CreateSecurityGroup, ec2:CreateVpcEndpoint. Nothing was changed. `wizard plan --iam-policy` with the same answers prints the policy with all permissions, for the administrator of the account."}}
}

func TestFrames(t *testing.T) {
	for _, s := range scenes() {
		for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
			t.Run(fmt.Sprintf("%s/%dx%d", s.name, size[0], size[1]), func(t *testing.T) {
				s.at(t, size[0], size[1], func(t *testing.T, d *driver) {
					fits(t, d, size[0], size[1])
					golden.RequireEqual(t, d.screen()+"\n")
				})
			})
		}
	}
}

// Colours are checked on the screens that use them most, as a terminal with and
// without them gets the frame.
func TestFramesInColour(t *testing.T) {
	for _, s := range scenes() {
		switch s.name {
		case "needs", "review-stopped", "confirm", "progress", "map-after", "term":
		default:
			continue
		}
		for name, profile := range map[string]colorprofile.Profile{"dark": colorprofile.TrueColor, "light": colorprofile.TrueColor, "16-colors": colorprofile.ANSI, "NO_COLOR": colorprofile.Ascii} {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				s.at(t, 80, 24, func(t *testing.T, d *driver) {
					if name == "light" {
						d.send(tea.BackgroundColorMsg{Color: color.White})
					}
					var out bytes.Buffer
					w := colorprofile.Writer{Forward: &out, Profile: profile}
					if _, err := w.WriteString(d.a.View().Content); err != nil {
						t.Fatal(err)
					}
					if name == "NO_COLOR" && strings.Contains(out.String(), "\x1b[38") {
						t.Error("a color code was printed")
					}
					golden.RequireEqual(t, out.Bytes())
				})
			})
		}
	}
}

// fits fails unless the frame is exactly as high as the window and nowhere wider.
func fits(t *testing.T, d *driver, w, h int) {
	t.Helper()
	lines := strings.Split(d.a.View().Content, "\n")
	if len(lines) != h {
		t.Errorf("%d lines, want %d", len(lines), h)
	}
	for i, l := range lines {
		if n := ansi.StringWidth(l); n > w {
			t.Errorf("line %d is %d wide, want at most %d: %q", i, n, w, ansi.Strip(l))
		}
	}
}

// Every screen stands every size, in any order.
func TestEverySizeFits(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			s.at(t, 0, 0, func(t *testing.T, d *driver) {
				d.a.opts.Width, d.a.opts.Height = 0, 0
				for _, size := range [][2]int{{200, 60}, {1, 1}, {40, 12}, {39, 12}, {72, 12}, {71, 20}, {80, 24}, {110, 13}, {40, 50}} {
					d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
					fits(t, d, size[0], size[1])
				}
			})
		})
	}
}

// Where there is no room for the details below the list, a key shows them in its place,
// with all that a line cuts; as long as they are shown no key chooses.
func TestDetailsOnASmallScreen(t *testing.T) {
	f := newFake()
	f.inv.Clusters[0].Services[0].Name = "web-of-a-shop-with-a-very-long-name"
	play(t, f, Options{Width: 40, Height: 12, Build: noDNS}, func(d *driver) {
		d.press(choose(sandboxAccount, onFargate)...)
		d.sees("↑↓ move · i details · enter choose")
		d.missesAll("with-a-very-long-name")
		d.press("i")
		d.sees("with-a-very-long-name", "0 of 2 running", "esc close · ↑↓ scroll")
		d.missesAll("Which ECS service needs endpoints?")
		d.press("enter", "space", "/", "J", "down", "end")
		d.sees("Security groups: sg-0web")
		d.press("home", "i")
		d.sees("Which ECS service needs endpoints?")
		d.press("/", "text:i", "i") // here it is a letter
		d.sees("filter: ii")
		d.press("esc", "i", "esc")
		d.sees("Which ECS service needs endpoints?")
		if d.a.ans.Service != "" {
			t.Error("a line was chosen")
		}
		d.press("choose:"+webService, "choose:"+planNow, "i")
		d.sees("esc close · ↑↓ scroll · f fix", "Private DNS is off, so nothing will use")
		d.press("f")
		d.sees("Set private DNS: on")
	})
	play(t, newFake(), Options{}, func(d *driver) { // with space for them, the key opens them too
		d.press(choose(sandboxAccount)...)
		d.sees("J/K details")
		d.press("i")
		d.missesAll("What do you run in the VPC?")
		d.press("left")
		d.sees("What do you run in the VPC?")
	})
	f = newFake()
	f.openErr = errors.New("no credentials found")
	play(t, f, Options{Width: 40, Height: 12}, func(d *driver) {
		d.press(choose(sandboxAccount)...)
		d.missesAll("details")
	})
}

// TestHelpBarFits: at every width the bar has whole keys, the first of them, and the key for all of them.
func TestHelpBarFits(t *testing.T) {
	for _, keys := range [][]string{choose(sandboxAccount), choose(sandboxAccount, onFargate), everyStep, toReview, toConfirm} {
		play(t, newFake(), Options{}, func(d *driver) {
			d.press(keys...)
			d.pass(grace)
			for w := leastWidth; w <= 140; w++ {
				d.a.opts.Width, d.a.w = w, w
				bar := ansi.Strip(d.a.helpBar())
				first := d.a.active()[0].Help()
				if ansi.StringWidth(bar) > w || !strings.HasPrefix(bar, first.Key+" "+first.Desc) || d.a.dialog == nil && !strings.HasSuffix(bar, "?") && !strings.HasSuffix(bar, "? help") {
					t.Errorf("%d columns: %q", w, bar)
				}
			}
		})
	}
}

func TestTooSmallSaysSoAndDecidesNothing(t *testing.T) {
	play(t, newFake(), Options{Width: 39, Height: 11}, func(d *driver) {
		d.sees("The terminal is too small", "40×12")
		d.press("enter")
		if d.a.session != nil {
			t.Error("a key that could not be seen was taken")
		}
	})
}

// What AWS holds cannot break the screen: control characters are dropped, wide
// ones are counted.
func TestNamesCannotBreakTheScreen(t *testing.T) {
	f := newFake()
	evil := "evil\x1b[31m\x1b]0;title\x07\r\n\u202eright\u200dto\u0085left"
	f.inv.VPCs[1].Name = evil
	f.inv.Clusters[0].Services[0].Name = "web"
	f.inv.Networks[0].Subnets[0].Name = "東京の網目サブネット東京の網目サブネット東京の網目サブネット👩‍👩‍👧"
	f.inv.Networks[0].SecurityGroups[1].Description = evil
	f.inv.Caller = evil
	play(t, f, Options{}, func(d *driver) {
		d.press(everyStep...)
		for range 6 {
			for _, r := range d.screen() {
				if r < ' ' && r != '\n' || r == '\u202e' || r == '\u200d' || r == '\u0085' {
					t.Fatalf("%q on the screen:\n%s", r, d.screen())
				}
			}
			if strings.Contains(d.a.View().Content, "\x1b]0;") {
				t.Fatal("a name sets the window title")
			}
			fits(t, d, 80, 24)
			d.press("enter")
		}
	})
}

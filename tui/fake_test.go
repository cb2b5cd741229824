package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// account is a hand-made account: a VPC with two private and two public subnets,
// and one Fargate service in the private ones.
func account() inventory.Inventory {
	return inventory.Inventory{
		Account: "123456789012", Partition: "aws", Region: "us-east-1", Caller: "arn:aws:iam::123456789012:user/practice",
		VPCs: []inventory.VPC{
			{ID: "vpc-0def", CIDRs: []string{"172.31.0.0/16"}, Default: true, Owner: "123456789012"},
			{ID: "vpc-0a1", Name: "shop", CIDRs: []string{"10.0.0.0/16"}, Owner: "123456789012"},
		},
		Services: endpointServices("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssm", "ssmmessages", "kms", "ecs", "ecs-agent", "ecs-telemetry"),
		Clusters: []inventory.Cluster{{ARN: "arn:c", Name: "prod", Services: []inventory.Service{
			{ARN: "arn:s1", Name: "web", LaunchType: "FARGATE", TaskDefinition: "arn:td", VPC: "vpc-0a1", Subnets: []string{"subnet-0a", "subnet-0b"}, Groups: []string{"sg-0web"}, Desired: 2},
			{ARN: "arn:s2", Name: "legacy", LaunchType: "EC2", Desired: 1, Running: 1},
		}}},
		TaskDefinitions: []inventory.TaskDefinition{{ARN: "arn:td", Family: "web", Revision: 7, Containers: []inventory.Container{
			{Name: "app", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1", LogDriver: "awslogs"},
		}}},
		Networks: []inventory.Network{
			{VPC: "vpc-0a1", DNSSupport: true, Subnets: []inventory.Subnet{
				{ID: "subnet-0a", Name: "private-a", VPC: "vpc-0a1", Zone: "us-east-1a", CIDR: "10.0.1.0/24", Free: 250},
				{ID: "subnet-0b", Name: "private-b", VPC: "vpc-0a1", Zone: "us-east-1b", CIDR: "10.0.2.0/24", Free: 249},
				{ID: "subnet-0p", Name: "public-a", VPC: "vpc-0a1", Zone: "us-east-1a", CIDR: "10.0.3.0/24", Free: 248, PublicIP: true},
				{ID: "subnet-0q", Name: "public-b", VPC: "vpc-0a1", Zone: "us-east-1b", CIDR: "10.0.4.0/24", Free: 247, PublicIP: true},
			}, RouteTables: []inventory.RouteTable{
				{ID: "rtb-0m", Main: true, Routes: []inventory.Route{{CIDR: "10.0.0.0/16", Target: "local"}}},
				{ID: "rtb-0p", Name: "public", Subnets: []string{"subnet-0p", "subnet-0q"}, Routes: []inventory.Route{{CIDR: "0.0.0.0/0", Target: "igw-01"}}},
			}, SecurityGroups: []inventory.SecurityGroup{
				{ID: "sg-0def", Name: "default", VPC: "vpc-0a1", Rules: []inventory.GroupRule{{Protocol: "-1", From: -1, To: -1, Group: "sg-0def"}}},
				{ID: "sg-0web", Name: "web-tasks", Description: "Tasks of web", VPC: "vpc-0a1", Rules: []inventory.GroupRule{{Egress: true, Protocol: "-1", CIDR: "0.0.0.0/0"}}},
			}},
			{VPC: "vpc-0def", DNSSupport: true, DNSHostnames: true, Subnets: []inventory.Subnet{{ID: "subnet-0d", VPC: "vpc-0def", Zone: "us-east-1a", CIDR: "172.31.0.0/20", Free: 4000}}},
		},
	}
}

// withInstances adds to the account a cluster with two container instances, and what
// AWS Batch holds: environments of each kind, and a queue.
func withInstances(f *fake) {
	host := func(arn, id, subnet, zone string, connected bool) inventory.ContainerInstance {
		return inventory.ContainerInstance{ARN: arn, Instance: id, AgentVersion: "1.94.0", Connected: connected, Status: "ACTIVE", VPC: "vpc-0a1", Subnet: subnet, Zone: zone, OS: "linux"}
	}
	f.inv.Clusters = append(f.inv.Clusters, inventory.Cluster{ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/workers", Name: "workers", Instances: 2,
		ContainerInstances: []inventory.ContainerInstance{host("arn:h1", "i-01", "subnet-0a", "us-east-1a", true), host("arn:h2", "i-02", "subnet-0b", "us-east-1b", false)},
		Services:           []inventory.Service{{ARN: "arn:s3", Name: "mail", LaunchType: "EC2", TaskDefinition: "arn:td", Desired: 2, Running: 1}}},
		inventory.Cluster{ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/AWSBatch-nightly", Name: "AWSBatch-nightly"})
	f.inv.Networks[0].Interfaces = []inventory.Interface{
		{ID: "eni-01", Subnet: "subnet-0a", Instance: "i-01", Groups: []string{"sg-0def"}}, {ID: "eni-02", Subnet: "subnet-0b", Instance: "i-02", Groups: []string{"sg-0def"}}}
	environment := func(name, typ, state, status string) inventory.ComputeEnvironment {
		return inventory.ComputeEnvironment{ARN: "arn:e:" + name, Name: name, Type: typ, State: state, Status: status, Orchestration: "ECS", VPC: "vpc-0a1", Subnets: []string{"subnet-0a", "subnet-0b"}, Groups: []string{"sg-0web"}}
	}
	nightly, reports, gpu := environment("nightly", "SPOT", "ENABLED", "VALID"), environment("reports", "FARGATE", "ENABLED", "VALID"), environment("gpu", "EC2", "DISABLED", "INVALID")
	nightly.Cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/AWSBatch-nightly"
	eks := environment("on-eks", "EC2", "ENABLED", "VALID")
	eks.Orchestration = "EKS"
	f.inv.Batch = inventory.Batch{Environments: []inventory.ComputeEnvironment{nightly, reports, gpu, eks},
		Queues: []inventory.JobQueue{{ARN: "arn:q", Name: "reports-queue", State: "ENABLED", Environments: []string{"arn:e:reports"}}},
		Definitions: []inventory.JobDefinition{{TaskDefinition: inventory.TaskDefinition{ARN: "arn:jd", Family: "report", Revision: 3, Compatible: []string{"EC2", "FARGATE"},
			Containers: []inventory.Container{{Name: "default", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/report:1"}}}}}}
}

// withRegistry adds to the account images of a registry outside AWS, and what credentials
// for it can be made of.
func withRegistry(f *fake) {
	withInstances(f)
	const role = "arn:aws:iam::123456789012:role/"
	f.inv.TaskDefinitions[0].ExecutionRole = role + "web-execution"
	f.inv.TaskDefinitions[0].Containers = append(f.inv.TaskDefinitions[0].Containers,
		inventory.Container{Name: "proxy", Image: "registry.example.com/team/proxy:2"}, inventory.Container{Name: "cache", Image: "redis:7"})
	f.inv.Batch.Definitions[0].Containers[0].Image = "registry.example.com/team/report:1"
	secret := func(name string) inventory.Secret {
		return inventory.Secret{ARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + name + "-AbCdEf", Name: name}
	}
	keyed, rotating, gone := secret("prod/registry"), secret("prod/database"), secret("prod/old-registry")
	keyed.KMSKey, keyed.Description = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111", "Pulls images of the team"
	rotating.Rotates, gone.Deleted = true, "2026-11-01T00:00:00Z"
	f.inv.Secrets = []inventory.Secret{rotating, gone, keyed}
	f.inv.Keys = []inventory.Key{{ARN: keyed.KMSKey, Aliases: []string{"alias/registry"}, Manager: "CUSTOMER", State: "Enabled", Usage: "ENCRYPT_DECRYPT"},
		{ARN: "arn:aws:kms:us-east-1:123456789012:key/22222222-2222-2222-2222-222222222222", Aliases: []string{"alias/former"}, Manager: "CUSTOMER", State: "PendingDeletion", Usage: "ENCRYPT_DECRYPT"}}
	f.inv.ExecutionRoles = []string{role + "report-execution", role + "web-execution"}
}

func endpointServices(codes ...string) []inventory.EndpointService {
	out := []inventory.EndpointService{{Name: "com.amazonaws.us-east-1.s3", Type: "Gateway"}}
	for _, c := range codes {
		out = append(out, inventory.EndpointService{Name: "com.amazonaws.us-east-1." + c, Type: "Interface", Zones: []string{"us-east-1a", "us-east-1b"}, PolicySupported: true, IPTypes: []string{"ipv4"}})
	}
	return out
}

// part cuts one part out of an account, as a session loads it.
func part(all inventory.Inventory, r inventory.Request) inventory.Inventory {
	all.Loaded = []inventory.Request{r}
	return all.Fragment(r)
}

// build is a plan that shows everything a review can show, without the rules of
// the real one.
func build(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
	p := &plan.Plan{Partition: "aws", Region: inv.Region, Account: inv.Account, VPC: ans.VPC, Workload: ans.Workload}
	if v := inv.VPC(ans.VPC); v != nil {
		p.VPCName = v.Name
	}
	need := func(code string, v plan.Verdict, why string) {
		p.Needs = append(p.Needs, plan.Need{Service: code, Verdict: v, Why: why})
	}
	words := []string{"ecr", "awslogs"}
	if ans.Needs != nil {
		words = *ans.Needs
	}
	has := strings.Join(words, " ")
	if strings.Contains(has, "ecr") {
		need("ecr.api", plan.Required, "Tasks pull private images from Amazon ECR.")
		need("ecr.dkr", plan.Required, "Tasks pull private images from Amazon ECR.")
		need("s3", plan.Required, "ECR keeps the layers in Amazon S3.")
	}
	if strings.Contains(has, "awslogs") {
		need("logs", plan.Required, "Tasks write to CloudWatch Logs.")
	} else {
		need("logs", plan.NotNeeded, "No task logs to CloudWatch Logs.")
	}
	if families.Of(ans.Workload).OwnHosts {
		for _, code := range []string{"ecs-agent", "ecs-telemetry", "ecs"} {
			need(code, plan.Required, "The ECS agent of container instances needs all three ECS endpoints.")
		}
	} else {
		need("ecs", plan.NotNeeded, "Tasks on Fargate do not need the ECS endpoints: AWS runs the agent.")
	}

	p.Changes = []resource.Change{
		{ID: "vpc-attribute/dns-hostnames", Op: resource.Modify, Existing: ans.VPC, Rules: []string{"G-DNSATTR"}, Summary: "Turn DNS host names on in " + ans.VPC, Why: "Endpoints are found by name only if the VPC gives names.", Spec: resource.VPCAttribute{VPC: ans.VPC, Attribute: "enableDnsHostnames"}, Before: map[string]any{"enable_dns_hostnames": false}},
		{ID: "security-group/endpoints", Op: resource.Create, Summary: "Make the security group of the endpoints", Why: "It says who may reach the endpoints.", Spec: resource.SecurityGroup{VPC: ans.VPC, Name: "endpoints"}},
	}
	for _, n := range p.Needs {
		switch {
		case n.Verdict == plan.NotNeeded:
		case n.Service == "s3":
			p.Changes = append(p.Changes, resource.Change{ID: "endpoint/s3", Op: resource.Keep, Existing: "vpce-0s3", Summary: "Gateway endpoint for s3", Why: n.Why, Spec: resource.GatewayEndpoint{VPC: ans.VPC, Service: "com.amazonaws.us-east-1.s3", RouteTables: []string{"rtb-0m"}}})
		default:
			p.Changes = append(p.Changes, resource.Change{ID: resource.ID("endpoint/" + n.Service), Op: resource.Create, Rules: []string{"E-ECRPAIR"}, Summary: "Interface endpoint for " + n.Service, Why: n.Why,
				Spec: resource.InterfaceEndpoint{VPC: ans.VPC, Service: "com.amazonaws.us-east-1." + n.Service, Subnets: ans.Subnets, Groups: []resource.Value{resource.From("security-group/endpoints")}, PrivateDNS: ans.DNS(), IPType: "ipv4"}})
		}
	}
	buildAgents(p, inv, ans)
	p.Findings = []plan.Finding{{Rule: "G-IPFREE", Severity: plan.Warn, Resource: "subnet-0a", Message: "private-a has few free addresses.", Fix: "Choose another subnet of the zone."}}
	if !ans.DNS() {
		yes := true
		p.Findings = append(p.Findings, plan.Finding{Rule: "G-DNSOFF", Severity: plan.Error, Message: "Private DNS is off, so nothing will use the endpoints.", Fix: "Turn private DNS on.", Changes: []resource.ID{"endpoint/ecr.api"}, Patch: &answers.Patch{PrivateDNS: &yes}})
	}
	monthly := 43.8
	if p.Change("endpoint/ssm") != nil {
		monthly += 29.2
	}
	p.Cost = plan.Cost{Currency: "USD", Monthly: monthly, Known: true, Basis: "3 interface endpoints in 2 zones, 730 hours, 0.01 USD an hour each; traffic not counted."}
	return p
}

// buildAgents plans the restart of agents: Run Command reaches the instances in the
// first zone.
func buildAgents(p *plan.Plan, inv *inventory.Inventory, ans answers.Answers) {
	if !families.Of(ans.Workload).OwnHosts || ans.Agent.Restart == answers.RestartNone {
		return
	}
	ssm := ans.Agent.Restart == answers.RestartSSM
	for i := range inv.Clusters {
		c := &inv.Clusters[i]
		if len(c.ContainerInstances) == 0 || len(ans.Agent.Clusters) > 0 && !slices.Contains(ans.Agent.Clusters, c.Name) {
			continue
		}
		if ssm && p.Change("endpoint/ssm") == nil {
			for _, code := range []string{"ssm", "ssmmessages"} {
				p.Changes = append(p.Changes, resource.Change{ID: resource.ID("endpoint/" + code), Op: resource.Create, Summary: "Interface endpoint for " + code, Spec: resource.InterfaceEndpoint{VPC: ans.VPC}})
			}
		}
		spec := resource.AgentRestart{Cluster: c.Name, ARN: c.ARN}
		for _, h := range c.ContainerInstances {
			host := resource.Host{ARN: h.ARN, Instance: h.Instance, Zone: h.Zone, Family: "Amazon Linux 2023"}
			switch {
			case ans.Agent.Restart == answers.RestartCommands:
				host.Hand = "commands were chosen"
			case h.Zone == "us-east-1a":
			case ssm:
				host.Awaited = true
			default:
				host.Hand = "Systems Manager does not know it: its SSM Agent does not run, its role lacks AmazonSSMManagedInstanceCore, or it cannot reach Systems Manager"
			}
			spec.Hosts = append(spec.Hosts, host)
		}
		p.Changes = append(p.Changes, resource.Change{ID: resource.ID("agents/" + c.Name), Op: resource.Run, Existing: c.ARN, Rules: []string{"E-RESTART"}, Spec: spec,
			Summary: fmt.Sprintf("Restart the ECS agents of %d container instances in cluster %s", len(spec.Hosts), c.Name), Why: "An agent keeps the addresses that it was given for up to 12 hours."})
	}
}

// fake is a scripted backend and session.
type fake struct {
	mu      sync.Mutex
	inv     inventory.Inventory
	openErr error
	// scenarios and profiles replace the only sandbox account and the only AWS account.
	scenarios, profiles []Account
	tried               []Account // that Open was called with
	device              string    // the MFA device with a code that reads need
	codes               []string  // that were typed
	loadErr             map[inventory.Part]error
	absent              map[string]bool // VPCs that do not exist
	onLoad              func()          // is called by each load
	hold                inventory.Part  // its loads wait until release
	held                chan struct{}
	loads               []inventory.Request
	files               map[string]string
	exportErr           error
	events              []run.Event
	summary             run.Summary
	endless             bool // Apply goes on until it is stopped
	// stubborn is a call in flight that gets no answer.
	stubborn    bool
	stopped     bool
	applied     int                    // how often Apply was called
	given       map[string]string      // the secret texts that it was called with
	handed      map[string]secret.Text // what it was called with itself
	left        []run.Left             // what Compare finds after an apply; nil: the run cannot be reverted
	runs        []*Earlier             // on this computer
	recent      []Recent               // on this computer
	recentErr   error
	remembered  []answers.Answers // that Remember was called with
	rememberErr error
	lost        error // of Compare
	slow        bool  // Compare waits until it is given up
	compared    int
	gaveUp      int          // how often Compare was given up
	long        bool         // Undo goes on until it is stopped
	reverted    [][]run.Left // what Undo was called with

	messages    []string // that Diagnose was called with
	diagnosis   Diagnosis
	diagnoseErr error
	pondering   bool // Diagnose waits until it is given up
}

func newFake() *fake {
	return &fake{inv: account(), loadErr: map[inventory.Part]error{}, files: map[string]string{}}
}

// Accounts has one scenario, so that the tests that are not about scenarios need not choose one.
func (f *fake) Accounts() []Account {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.scenarios != nil {
		return f.scenarios
	}
	return []Account{{Key: "sandbox", Title: "Sandbox account", Hint: "start tasks", Scenario: "closed", Workload: "ECS", Details: "An AWS account inside this program. Nothing in it is real and nothing costs money.", Practice: true}}
}

// Own has the focus on the sandbox, as for a user without AWS settings, unless a test sets profiles.
func (f *fake) Own(profile string) *Account {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, acc := range f.profiles {
		if profile == "" || acc.Settings.Profile == profile {
			set := *acc.Settings
			acc.Settings = &set
			acc.Settings.Flag = profile
			return &acc
		}
	}
	return &Account{Key: "aws", Title: "profile prod", Name: "the AWS account of profile prod", Flags: []string{"--profile=prod"}, Settings: &Settings{Flag: profile, Profile: "prod", Region: "us-east-1", From: "from the profile", Credentials: "access key", None: true}}
}

func (f *fake) Profiles() []Account {
	var out []Account
	for _, acc := range f.profiles {
		out = append(out, *f.Own(acc.Settings.Profile))
	}
	return out
}

func (f *fake) Regions(now string) []string {
	return slices.DeleteFunc([]string{now, "eu-central-1", "us-west-2"}, func(r string) bool { return r == "" })
}

func (f *fake) Code(code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.codes = append(f.codes, code)
}

func (f *fake) Open(_ context.Context, acc Account) (Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tried = append(f.tried, acc)
	if f.openErr != nil {
		return nil, f.openErr
	}
	return f, nil
}

func (f *fake) Load(ctx context.Context, r inventory.Request) (inventory.Inventory, error) {
	if f.onLoad != nil {
		f.onLoad()
	}
	f.mu.Lock()
	f.loads = append(f.loads, r)
	held, err := f.hold == r.Part, f.loadErr[r.Part]
	if r.Part == inventory.PartNetwork && f.absent[r.VPC] {
		err = notFound{r.VPC}
	}
	if f.device != "" && !slices.Contains(f.codes, rightCode) {
		err = needsCode{f.device, len(f.codes)}
	}
	f.mu.Unlock()
	if held {
		select {
		case <-f.held:
		case <-ctx.Done():
			return inventory.Inventory{}, ctx.Err()
		}
	}
	if err != nil {
		return inventory.Inventory{}, err
	}
	return part(f.inv, r), nil
}

// notFound is the answer of AWS about what does not exist.
type notFound struct{ id string }

func (e notFound) NotFound() bool { return true }

func (e notFound) Error() string { return "ec2:DescribeVpcs: InvalidVpcID.NotFound: " + e.id }

// rightCode is the only code that the fake accepts.
const rightCode = "123456"

// needsCode is the error of a read without the right code.
type needsCode struct {
	device string
	typed  int
}

func (e needsCode) MFA() string { return e.device }

func (e needsCode) Error() string {
	if e.typed > 0 {
		return "sts:GetCallerIdentity: cannot assume the role: sts:AssumeRole answered AccessDenied"
	}
	return "a code is needed"
}

func (f *fake) Apply(ctx context.Context, p *plan.Plan, given map[string]secret.Text, stop <-chan struct{}, emit func(run.Event)) (run.Summary, error) {
	f.mu.Lock()
	f.applied++
	f.given, f.handed = map[string]string{}, given
	for name, t := range given {
		f.given[name] = t.Reveal()
	}
	f.mu.Unlock()
	events, summary := f.events, f.summary
	if events == nil {
		events, summary = goodRun(p)
	}
	for _, e := range events {
		emit(e)
	}
	if f.endless {
		<-stop
		f.mu.Lock()
		f.stopped = true
		f.mu.Unlock()
		if f.stubborn {
			<-ctx.Done()
		}
	}
	return summary, nil
}

var t0 = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// goodRun is a run without errors.
func goodRun(p *plan.Plan) ([]run.Event, run.Summary) {
	sum := run.Summary{IDs: map[resource.ID]string{}, Proof: run.ProofProved}
	var out []run.Event
	for i, a := range p.Changes {
		at := t0.Add(time.Duration(i) * time.Second)
		if a.Op == resource.Keep {
			out = append(out, run.Event{Time: at, Change: a.ID, State: run.Kept})
			sum.Kept++
			sum.IDs[a.ID] = a.Existing
			continue
		}
		out = append(out, run.Event{Time: at, Change: a.ID, State: run.Started}, run.Event{Time: at.Add(1500 * time.Millisecond), Change: a.ID, State: run.Done})
		sum.Done++
		sum.IDs[a.ID] = fmt.Sprintf("id-%02d", i)
	}
	out = append(out, run.Event{Time: t0, Change: "endpoint/ecr.api", State: run.Proved, Detail: "ecr.api is available"},
		run.Event{Time: t0, Change: "endpoint/ecr.api", State: run.Unproven, Detail: "From inside the VPC, api.ecr.us-east-1.amazonaws.com leads to the endpoint: needs a look from inside"})
	return out, sum
}

func (f *fake) Last() *Earlier {
	if f.left == nil {
		return nil
	}
	return f.run()
}

func (f *fake) Runs(string) []*Earlier {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.runs
}

func (f *fake) Recent() ([]Recent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.recent), f.recentErr
}

func (f *fake) Remember(a answers.Answers) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remembered = append(f.remembered, a)
	return f.rememberErr
}

// run is a run that the fake reverts.
func (f *fake) run() *Earlier {
	return &Earlier{Run: &record.Run{Head: record.Head{ID: "plw-1f2e3d4c5b6a7988", Time: time.Date(2026, 11, 21, 14, 12, 0, 0, time.Local), Account: "123456789012", Region: "us-east-1", VPC: "vpc-0a1"}}, Reverter: f}
}

func (f *fake) Compare(ctx context.Context) ([]run.Left, error) {
	f.mu.Lock()
	f.compared++
	slow, left, err := f.slow, f.left, f.lost
	f.mu.Unlock()
	if slow {
		<-ctx.Done()
		f.mu.Lock()
		f.gaveUp++
		f.mu.Unlock()
		return nil, ctx.Err()
	}
	return left, err
}

func (f *fake) Undo(ctx context.Context, left []run.Left, stop <-chan struct{}, emit func(run.Event)) (run.Summary, error) {
	f.mu.Lock()
	f.reverted = append(f.reverted, left)
	f.mu.Unlock()
	changes := run.Reverting(left)
	sum := run.Summary{IDs: map[resource.ID]string{}, Proof: run.ProofUnproven}
	for i, a := range changes {
		at := t0.Add(time.Duration(i) * time.Second)
		if f.long && i > 0 { // the others do not start
			<-stop
			emit(run.Event{Time: at, Change: a.ID, State: run.Skipped, Detail: "stopped on request"})
			sum.Skipped++
			continue
		}
		emit(run.Event{Time: at, Change: a.ID, State: run.Started})
		emit(run.Event{Time: at, Change: a.ID, State: run.Waiting, Detail: a.Existing + " is deleting", Limit: 900})
		if f.long {
			<-stop
			if f.stubborn {
				<-ctx.Done()
			}
		}
		emit(run.Event{Time: at.Add(time.Second), Change: a.ID, State: run.Done})
		sum.Done++
		sum.IDs[a.ID] = a.Existing
	}
	return sum, nil
}

// Formats are the real ones, so that frames show what users read.
func (f *fake) Formats() []Format {
	var out []Format
	for _, x := range export.Formats() {
		out = append(out, Format{Name: x.Name, Title: x.Title, Needs: x.Needs, Existing: x.Existing, Details: x.Details, Folder: x.Folder, Extension: x.Extension, Finds: x.Finds, Report: x.Report})
	}
	return out
}

// Export returns files like the real ones: one script, two files beside each other, or a folder.
func (f *fake) Export(_ Planned, format, name string) (Export, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.exportErr != nil {
		return Export{}, f.exportErr
	}
	script := File{Name: name, Data: []byte("#!/bin/bash\n" + strings.Repeat("aws ec2 \x1b[31m"+strings.Repeat("x", 200)+"\n", 40)), Run: true}
	run := func(args ...string) []string { return append([]string{"bash"}, args...) }
	switch format {
	case "markdown", "html":
		return Export{Files: []File{{Name: name, Data: []byte("# prod/web does not start\n")}}}, nil
	case "cloudformation":
		script.Name = strings.TrimSuffix(name, ".yaml") + "-finish.sh"
		return Export{Files: []File{{Name: name, Data: []byte("Resources: {}\n")}, script}, Commands: [][]string{
			{"aws", "cloudformation", "deploy", "--region", "us-east-1", "--stack-name", "net", "--template-file", shellQuote(name), "--capabilities", "CAPABILITY_NAMED_IAM"}, run(shellQuote(script.Name))}}, nil
	case "terraform":
		folder := strings.TrimRight(name, "/")
		script.Name = folder + "/finish.sh"
		return Export{Folder: folder, Files: []File{{Name: folder + "/main.tf", Data: []byte("terraform {\n\ttabs = 1\n}\n")}, script},
			Commands: [][]string{{"terraform", "-chdir=" + shellQuote(folder), "init"}, run(shellQuote(script.Name))}}, nil
	}
	return Export{Files: []File{script}, Commands: [][]string{run(shellQuote(name), "--dry-run"), run(shellQuote(name))}}, nil
}

func (f *fake) Commands(_ *plan.Plan, c resource.Change) ([][]string, error) {
	if c.Op == resource.Keep {
		return nil, nil
	}
	return [][]string{{"aws", "ec2 create-something", "--name " + shellQuote(string(c.ID)), "--long " + strings.Repeat("x", 30), "--region us-east-1"}}, nil
}

func (f *fake) Save(x Export) error {
	if name := f.taken(x); name != "" {
		return errors.New(name + " exists already and is not overwritten")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range x.Files {
		f.files[one.Name] = string(one.Data)
	}
	return nil
}

func (f *fake) Taken(x Export) bool { return f.taken(x) != "" }

// taken returns the first of the files or their folder that exists.
func (f *fake) taken(x Export) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range append(x.names(), x.Folder) {
		if _, there := f.files[name]; there {
			return name
		}
	}
	return ""
}

func (f *fake) Diagnose(ctx context.Context, text string) (Diagnosis, error) {
	f.mu.Lock()
	f.messages = append(f.messages, text)
	found, err, waits := f.diagnosis, f.diagnoseErr, f.pondering
	f.mu.Unlock()
	if waits {
		<-ctx.Done()
		return found, ctx.Err()
	}
	return found, err
}

func (f *fake) AnswersYAML(a answers.Answers) ([]byte, error) {
	return []byte("workload: " + string(a.Workload) + "\n"), nil
}

// driver runs the model without a program, inside a bubble of fake time: commands
// run beside it as they do in a program, and after each message it waits until
// all of them are done or wait for something.
type driver struct {
	t    *testing.T
	a    *app
	fake *fake
	msgs chan tea.Msg
	quit bool
}

// play runs a scene against a fake account at 80x24 unless told otherwise.
func play(t *testing.T, f *fake, o Options, scene func(d *driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if o.Width == 0 {
			o.Width, o.Height = 80, 24
		}
		if o.Build == nil {
			o.Build = build
		}
		o.Now = func() time.Time { return t0 }
		f.held = make(chan struct{}) // of this bubble
		ctx, cancel := context.WithCancel(t.Context())
		d := &driver{t: t, a: newApp(ctx, f, o), fake: f, msgs: make(chan tea.Msg, 4096)}
		defer func() { // as Run ends it; then the last timers run out
			d.a.work.halt()
			cancel()
			d.a.work.wait()
			time.Sleep(time.Minute)
		}()
		d.start(d.a.Init())
		d.settle()
		scene(d)
	})
}

func (d *driver) start(cmd tea.Cmd) {
	if cmd != nil {
		go func() { d.msgs <- cmd() }()
	}
}

// settle takes in what the commands bring until nothing comes any more.
func (d *driver) settle() {
	for {
		synctest.Wait()
		select {
		case m := <-d.msgs:
			d.take(m)
		default:
			return
		}
	}
}

func (d *driver) take(m tea.Msg) {
	switch m := m.(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			d.start(c)
		}
	case tea.QuitMsg:
		d.quit = true
	default:
		_, cmd := d.a.Update(m)
		d.start(cmd)
	}
}

// send gives the model a message and lets all that follows happen.
func (d *driver) send(m tea.Msg) {
	d.take(m)
	d.settle()
}

// pass lets time go by.
func (d *driver) pass(t time.Duration) {
	time.Sleep(t)
	d.settle()
}

// press types keys by name; text is given as "text:…". Options are chosen by their text,
// so that another option in a list breaks no test that is not about it: "to:…" moves to
// an option, "choose:…" presses Enter on it, "tick:…" presses Space.
func (d *driver) press(names ...string) {
	d.t.Helper()
	for _, n := range names {
		verb, text, _ := strings.Cut(n, ":")
		switch verb {
		case "text":
			for _, r := range text {
				d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
		case "to":
			d.to(text)
		case "choose":
			d.to(text)
			d.send(pressOf(d.t, "enter"))
		case "tick":
			d.to(text)
			d.send(pressOf(d.t, "space"))
		default:
			d.send(pressOf(d.t, n))
		}
	}
}

// to moves the cursor, key by key, to the one line of the list that has a text or holds it.
func (d *driver) to(text string) {
	d.t.Helper()
	s, ok := d.a.top().(listed)
	if !ok || s.list() == nil || s.about() == nil {
		d.t.Fatalf("no list to find %q in:\n%s", text, d.screen())
	}
	p := s.list()
	lines := numberedRows(p, func(r *row) bool { return !r.heading }) // with those that only say something
	found := lines.exactly(text)
	if len(found) == 0 {
		found = lines.partly(text)
	}
	if len(found) != 1 {
		d.t.Fatalf("%q is in %d lines of the list:\n%s", text, len(found), d.screen())
	}
	for p.at() != found[0] {
		key, was := "down", p.at()
		if found[0] < was {
			key = "up"
		}
		if d.send(pressOf(d.t, key)); p.at() == was {
			d.t.Fatalf("the cursor does not come to %q:\n%s", text, d.screen())
		}
	}
}

// What the scenes choose. A text that the screens change is changed here.
const (
	sandboxAccount = "try the sandbox"
	profileAccount = "plan endpoints in an aws account"
	onFargate      = "ecs on fargate"
	onEC2          = "ecs on ec2"
	batchOnFargate = "batch on fargate"
	batchOnEC2     = "batch on ec2"
	webService     = "prod/web"
	wholeCluster   = "workers"
	planNow        = "review the plan"
	everyQuestion  = "every step"
	shopVPC        = "shop"
	applyNow       = "apply the plan"
	exportPlan     = "export the plan"
	saveAnswers    = "save the answers"
	leaveNow       = "quit"
	lookAgain      = "create a new plan"
)

// choose are the keys that choose options, one question after the other.
func choose(texts ...string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, "choose:"+t)
	}
	return out
}

func pressOf(t testing.TB, name string) tea.KeyPressMsg {
	t.Helper()
	codes := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
		"backspace": tea.KeyBackspace, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome, "end": tea.KeyEnd, "tab": tea.KeyTab, "delete": tea.KeyDelete}
	switch c, known := codes[name]; {
	case known:
		return tea.KeyPressMsg{Code: c}
	case name == "shift+tab":
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	case name == "space":
		return tea.KeyPressMsg{Code: ' ', Text: " "}
	case strings.HasPrefix(name, "ctrl+"):
		return tea.KeyPressMsg{Code: rune(name[len("ctrl+")]), Mod: tea.ModCtrl}
	case name == "f1":
		return tea.KeyPressMsg{Code: tea.KeyF1}
	case len(name) == 1:
		return tea.KeyPressMsg{Code: rune(name[0]), Text: name}
	}
	t.Fatalf("no such key: %s", name)
	return tea.KeyPressMsg{}
}

// screen is what the terminal shows, without colours.
func (d *driver) screen() string { return ansi.Strip(d.a.View().Content) }

// text is the screen as one line, without the rail.
func (d *driver) text() string {
	lines := strings.Split(d.screen(), "\n")
	for i, l := range lines {
		// A picture has the same line as the sidebar, in other columns.
		if side, body, ok := strings.Cut(l, " │ "); ok && slices.Contains([]int{18, 34}, ansi.StringWidth(side)) {
			lines[i] = body
		}
	}
	return strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
}

// sees fails unless the screen holds all texts.
func (d *driver) sees(texts ...string) {
	d.t.Helper()
	for _, want := range texts {
		if !strings.Contains(d.text(), want) {
			d.t.Fatalf("the screen does not show %q:\n%s", want, d.screen())
		}
	}
}

// missesAll fails if the screen holds any of the texts.
func (d *driver) missesAll(texts ...string) {
	d.t.Helper()
	for _, no := range texts {
		if strings.Contains(d.text(), no) {
			d.t.Fatalf("the screen shows %q:\n%s", no, d.screen())
		}
	}
}

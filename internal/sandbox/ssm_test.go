package sandbox_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	wizard "github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// Ids of the scenario "stubborn".
const (
	depotVPC    = "vpc-0a2b3c4d5e6f70001"
	depotA      = "subnet-0a2b3c4d5e6f71001"
	depotB      = "subnet-0a2b3c4d5e6f71002"
	depotGroup  = "sg-0a2b3c4d5e6f74002" // of the endpoints
	depotHosts  = "sg-0a2b3c4d5e6f74001"
	depotHostA  = "i-0a2b3c4d5e6f76001"
	depotHostB  = "i-0a2b3c4d5e6f76002"
	stubborn    = "i-0a2b3c4d5e6f76003"
	unmanaged   = "i-0a2b3c4d5e6f76004"
	depotACL    = "acl-0a2b3c4d5e6f70001"
	restart     = "systemctl restart ecs\necho agent-restarted ecs.service"
	shellScript = "AWS-RunShellScript"
)

func ssmOf(a *sandbox.Account) *ssm.Client { return ssm.NewFromConfig(config(a, "us-east-1")) }

// fixture is an account with its clock and the calls that tests of Run Command make.
type fixture struct {
	*testing.T
	*clock
	a   *sandbox.Account
	ssm *ssm.Client
	ec2 *ec2.Client
	ecs *ecs.Client
}

func newFixture(t *testing.T, scenario string) fixture {
	c := newClock()
	o := c.options()
	o.Scenario = scenario
	return practiceOf(t, open(t, o), c)
}

func practiceOf(t *testing.T, a *sandbox.Account, c *clock) fixture {
	a.SetNow(c.now)
	return fixture{t, c, a, ssmOf(a), ec2Of(a), ecsOf(a)}
}

func (p fixture) send(document, script string, ids ...string) (string, error) {
	return p.sendWith(&ssm.SendCommandInput{DocumentName: &document, InstanceIds: ids, Parameters: map[string][]string{"commands": strings.Split(script, "\n")}})
}

func (p fixture) sendWith(in *ssm.SendCommandInput) (string, error) {
	out, err := p.ssm.SendCommand(ctx, in)
	if err != nil {
		return "", err
	}
	return *out.Command.CommandId, nil
}

func (p fixture) invocation(id, host string) *ssm.GetCommandInvocationOutput {
	p.Helper()
	return must(p.ssm.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: &id, InstanceId: &host}))(p.T)
}

type command struct {
	CommandId, Status, StatusDetails, Comment, MaxConcurrency string
	TargetCount, CompletedCount                               int
}

// command reads a command from the account.
func (p fixture) command(id string) command {
	p.Helper()
	_, body := own(p.T, p.a, "GET", "/_sandbox/account", "")
	var account struct {
		Regions map[string]struct{ Commands []command }
	}
	if err := json.Unmarshal([]byte(body), &account); err != nil {
		p.Fatal(err)
	}
	for _, c := range account.Regions["us-east-1"].Commands {
		if c.CommandId == id {
			return c
		}
	}
	p.Fatalf("no command %s in %s", id, body)
	return command{}
}

// run sends a script and waits until it has ended.
func (p fixture) run(document, script, host string) *ssm.GetCommandInvocationOutput {
	p.Helper()
	id := must(p.send(document, script, host))(p.T)
	p.pass(2 * time.Second)
	p.invocation(id, host)
	p.pass(time.Minute)
	return p.invocation(id, host)
}

func (p fixture) endpoints(services ...string) {
	p.Helper()
	for _, s := range services {
		in := endpoint(depotVPC, "com.amazonaws.us-east-1."+s, true, depotA, depotB)
		in.SecurityGroupIds = []string{depotGroup}
		must(p.ec2.CreateVpcEndpoint(ctx, in))(p.T)
		p.pass(2 * time.Minute)
	}
}

func (p fixture) agents(cluster string) map[string]ecstypes.ContainerInstance {
	p.Helper()
	arns := must(p.ecs.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: &cluster}))(p.T).ContainerInstanceArns
	all := map[string]ecstypes.ContainerInstance{}
	for _, i := range must(p.ecs.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: &cluster, ContainerInstances: arns}))(p.T).ContainerInstances {
		all[*i.Ec2InstanceId] = i
	}
	return all
}

func (p fixture) connected(cluster string) string {
	p.Helper()
	var ids []string
	for id, i := range p.agents(cluster) {
		if i.AgentConnected {
			ids = append(ids, id[len(id)-1:])
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func (p fixture) pings() map[string]ssmtypes.InstanceInformation {
	p.Helper()
	all := map[string]ssmtypes.InstanceInformation{}
	pages := ssm.NewDescribeInstanceInformationPaginator(p.ssm, &ssm.DescribeInstanceInformationInput{MaxResults: aws.Int32(5)})
	for pages.HasMorePages() {
		for _, i := range must(pages.NextPage(ctx))(p.T).InstanceInformationList {
			all[*i.InstanceId] = i
		}
	}
	return all
}

func (p fixture) revoke(group string, rule []types.IpPermission) {
	p.Helper()
	must(p.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: rule}))(p.T)
}

func (p fixture) deny() {
	p.Helper()
	must(p.ec2.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{NetworkAclId: aws.String(depotACL), RuleNumber: aws.Int32(90), Egress: aws.Bool(false), Protocol: aws.String("6"),
		RuleAction: "deny", CidrBlock: aws.String("10.60.0.0/16"), PortRange: &types.PortRange{From: aws.Int32(443), To: aws.Int32(443)}}))(p.T)
}

func TestManagedInstances(t *testing.T) {
	p := newFixture(t, "")
	before := p.pings()
	if _, listed := before[legacyHost]; listed || len(before) != 5 || before[hostA].PingStatus != "ConnectionLost" {
		t.Errorf("in a closed VPC: %+v", before)
	}
	_, err := p.send(shellScript, "true", hostA)
	wantCode(t, err, "InvalidInstanceId")
	if want := "Instances [[" + hostA + "]] not in a valid state for account 123456789012"; message(err) != want {
		t.Errorf("%q, want %q", message(err), want)
	}

	// ssm alone is not enough. With both endpoints, instances come online after a while.
	must(p.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(dbGroup), IpPermissions: fromGroup(hostGroup)}))(t)
	for _, s := range []string{"ssm", "ssmmessages"} {
		in := wanted(s)
		in.SecurityGroupIds = []string{dbGroup}
		create(t, p.ec2, in)
		p.pass(2 * time.Minute)
		if got := p.pings()[hostA].PingStatus; got != "ConnectionLost" {
			t.Errorf("just after %s: %s", s, got)
		}
	}
	p.pass(time.Minute)
	after := p.pings()
	host := after[hostA]
	if host.PingStatus != "Online" || *host.PlatformName != "Amazon Linux" || *host.PlatformVersion != "2023" || host.PlatformType != "Linux" || *host.IPAddress != "10.0.4.11" ||
		host.ResourceType != "EC2Instance" || *host.ComputerName != "ip-10-0-4-11.ec2.internal" || !host.LastPingDateTime.Equal(p.now()) || *host.AgentVersion == "" {
		t.Errorf("%+v", host)
	}
	lost := must(p.ssm.DescribeInstanceInformation(ctx, &ssm.DescribeInstanceInformationInput{Filters: []ssmtypes.InstanceInformationStringFilter{
		{Key: aws.String("PingStatus"), Values: []string{"ConnectionLost"}}, {Key: aws.String("InstanceIds"), Values: []string{hostA, legacyHost}}}}))(t)
	if len(lost.InstanceInformationList) != 0 {
		t.Errorf("%+v", lost.InstanceInformationList)
	}
	_, err = p.ssm.DescribeInstanceInformation(ctx, &ssm.DescribeInstanceInformationInput{Filters: []ssmtypes.InstanceInformationStringFilter{{Key: aws.String("Nope"), Values: []string{"a"}}}})
	wantCode(t, err, "InvalidFilterKey")

	p.revoke(dbGroup, fromGroup(hostGroup))
	if got := p.pings()[hostA].PingStatus; got != "Online" {
		t.Errorf("at once %s", got)
	}
	p.pass(2 * time.Minute)
	if got := p.pings()[hostA].PingStatus; got != "ConnectionLost" {
		t.Errorf("without a group rule, it is %s", got)
	}
}

func TestPlatforms(t *testing.T) {
	const image = "al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-x86_64"
	linux, windows := "systemctl restart ecs", "Restart-Service -Name AmazonECS"
	bottle := "apiclient set \"settings.ecs.loglevel=$level\"\necho agent-restarted apiclient"
	upstart := "if has systemctl; then systemctl restart \"$unit\"; else initctl start ecs; fi; echo agent-restarted $method"
	for name, tt := range map[string]struct {
		platform, version  string
		document, script   string
		status, out        string
		wrong, wrongStatus string // a script for another family
	}{
		image: {"Amazon Linux", "2023", shellScript, upstart, "Success", "agent-restarted ecs.service\n", bottle, "Failed"},
		"amzn2-ami-ecs-hvm-2.0.20240905-x86_64-ebs": {"Amazon Linux", "2", shellScript, "docker stop ecs-agent; docker start ecs-agent", "Success", "", windows, "Failed"},
		"amzn-ami-2018.03.m-amazon-ecs-optimized":   {"Amazon Linux AMI", "2018.03", shellScript, upstart, "Success", "agent-restarted upstart\n", linux, "Failed"},
		"bottlerocket-aws-ecs-2-x86_64-v1.39.1":     {"Bottlerocket", "1.39.1", shellScript, bottle, "Success", "agent-restarted apiclient\n", upstart, "Failed"},
		"suse-sles-15-sp6":                          {"SLES", "15.6", shellScript, upstart, "Success", "agent-restarted amazon-ecs.service\n", bottle, "Failed"},
		"ubuntu-noble-24.04":                        {"Ubuntu", "24.04", shellScript, linux, "Success", "", windows, "Failed"},
		"Flatcar-stable-4081.2.0":                   {"Flatcar Container Linux by Kinvolk", "4081.2.0", shellScript, "docker restart ecs-agent; echo agent-restarted docker", "Success", "agent-restarted docker\n", linux, "Failed"},
		"Windows_Server-2022-English-Full-ECS_Optimized-2025.06.11": {"Microsoft Windows Server 2022 Datacenter", "10.0.20348", "AWS-RunPowerShellScript",
			windows + "\nWrite-Output \"agent-restarted $name\"", "Success", "agent-restarted AmazonECS\n", linux, "Failed"},
	} {
		p := openTo(t, name)
		const host = "i-0f000000000000001"
		seen := p.pings()[host]
		if seen.PingStatus != "Online" || *seen.PlatformName != tt.platform || *seen.PlatformVersion != tt.version {
			t.Errorf("%s: %s %s %s", name, seen.PingStatus, aws.ToString(seen.PlatformName), aws.ToString(seen.PlatformVersion))
			continue
		}
		got := p.run(tt.document, tt.script, host)
		if string(got.Status) != tt.status || *got.StandardOutputContent != tt.out || !p.agents("default")[host].AgentConnected {
			t.Errorf("%s: %s %q %q", name, got.Status, *got.StandardOutputContent, *got.StandardErrorContent)
		}
		if got := p.run(tt.document, tt.wrong, host); string(got.Status) != tt.wrongStatus || got.ResponseCode == 0 || *got.StandardErrorContent == "" {
			t.Errorf("%s: a script for other hosts: %s %d %q", name, got.Status, got.ResponseCode, *got.StandardErrorContent)
		}
		if tt.document != shellScript {
			_, err := p.send(shellScript, linux, host)
			wantCode(t, err, "UnsupportedPlatformType")
		}
	}
}

// The sandbox supports the wizard's scripts, each on its own family of hosts.
func TestWizardsScripts(t *testing.T) {
	p := newFixture(t, "stubborn")
	p.endpoints("ecs-agent", "ecs-telemetry", "ecs")
	for host, f := range map[string]wizard.Family{depotHostA: wizard.AmazonLinux2023, stubborn: wizard.AmazonLinux2} {
		r := wizard.RunCommand(f)
		got := p.run(r.Document, r.Script, host)
		if *got.StandardOutputContent != "agent-restarted ecs.service\n" || got.Status != "Success" {
			t.Errorf("%s: %s %q %q", f, got.Status, *got.StandardOutputContent, *got.StandardErrorContent)
		}
	}
	names := []string{"ecs.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com", "nope.example.com"}
	got := p.run(shellScript, must(wizard.Inside(names))(t), depotHostA)
	saw := regexp.MustCompile(`^resolved ` + names[0] + ` \S+,\S+ tcp-ok\nanswers ` + names[0] + `\nresolved ` + names[1] + ` \S+ tcp-failed\nunresolved ` + names[2] + `\n$`)
	if !saw.MatchString(*got.StandardOutputContent) {
		t.Errorf("%s", *got.StandardOutputContent)
	}
	for family, image := range map[wizard.Family]string{
		wizard.AmazonLinux1: "amzn-ami-2018.03.m-amazon-ecs-optimized", wizard.Bottlerocket: "bottlerocket-aws-ecs-2-x86_64-v1.39.1", wizard.Docker: "Flatcar-stable-4081.2.0",
		wizard.Windows: "Windows_Server-2022-English-Full-ECS_Optimized-2025.06.11", wizard.Packaged: "ubuntu-noble-24.04",
	} {
		p := openTo(t, image)
		r := wizard.RunCommand(family)
		got := p.run(r.Document, r.Script, "i-0f000000000000001")
		if !strings.HasPrefix(*got.StandardOutputContent, "agent-restarted ") || got.Status != "Success" {
			t.Errorf("%s: %q %s %q", family, *got.StandardOutputContent, got.Status, *got.StandardErrorContent)
		}
	}
}

// openTo is an account with a managed host of an image, and with internet access.
func openTo(t *testing.T, image string) fixture {
	t.Helper()
	return practiceOf(t, must(sandbox.OpenYAML(openSource(image)))(t), newClock())
}

func openSource(image string) string {
	const roles = `
Roles:
  - {RoleName: managed, AssumeRolePolicyDocument: {}, AttachedManagedPolicies: [{PolicyName: AmazonSSMManagedInstanceCore}]}
InternetGateways: [{InternetGatewayId: igw-0f000000000000001, Attachments: [{VpcId: vpc-0f000000000000001}]}]
RouteTables:
  - {RouteTableId: rtb-0f000000000000001, VpcId: vpc-0f000000000000001, Associations: [{Main: true}], Routes: [{DestinationCidrBlock: 0.0.0.0/0, GatewayId: igw-0f000000000000001}]}
`
	source := strings.Replace(hosts+roles, "al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-x86_64", image, 1)
	return strings.Replace(source, "ImageId: ami-0f000000000000001, SubnetId: subnet-0f000000000000001}",
		"ImageId: ami-0f000000000000001, SubnetId: subnet-0f000000000000001, PublicIpAddress: 203.0.113.9, IamInstanceProfile: {Arn: managed}}", 1)
}

func TestSendCommand(t *testing.T) {
	p := newFixture(t, "stubborn")
	for _, tt := range []struct {
		change func(*ssm.SendCommandInput)
		want   string
	}{
		{func(in *ssm.SendCommandInput) { in.InstanceIds = append(in.InstanceIds, unmanaged) }, "InvalidInstanceId"},
		{func(in *ssm.SendCommandInput) { in.InstanceIds = append(in.InstanceIds, depotHostA) }, "DuplicateInstanceId"},
		{func(in *ssm.SendCommandInput) { in.InstanceIds = make([]string, 51) }, "ValidationException"},
		{func(in *ssm.SendCommandInput) { in.InstanceIds = nil }, "ValidationException"},
		{func(in *ssm.SendCommandInput) { in.DocumentName = aws.String("AWS-Nope") }, "InvalidDocument"},
		{func(in *ssm.SendCommandInput) { in.TimeoutSeconds = aws.Int32(29) }, "ValidationException"},
		{func(in *ssm.SendCommandInput) { in.Comment = aws.String(strings.Repeat("a", 101)) }, "ValidationException"},
		{func(in *ssm.SendCommandInput) { in.MaxConcurrency = aws.String("0") }, "ValidationException"},
		{func(in *ssm.SendCommandInput) { in.MaxErrors = aws.String("101%") }, "ValidationException"},
		{func(in *ssm.SendCommandInput) { in.Parameters = map[string][]string{"command": {"true"}} }, "InvalidParameters"},
		{func(in *ssm.SendCommandInput) { in.Parameters = nil }, "InvalidParameters"},
		{func(in *ssm.SendCommandInput) { in.Parameters["executionTimeout"] = []string{"soon"} }, "InvalidParameters"},
		{func(in *ssm.SendCommandInput) {
			in.InstanceIds, in.Targets = nil, []ssmtypes.Target{{Key: aws.String("resource-groups:Name"), Values: []string{"a"}}}
		}, "InvalidTarget"},
	} {
		in := &ssm.SendCommandInput{DocumentName: aws.String(shellScript), InstanceIds: []string{depotHostA}, Parameters: map[string][]string{"commands": {"true"}}}
		tt.change(in)
		_, err := p.sendWith(in)
		wantCode(t, err, tt.want)
	}

	id := must(p.sendWith(&ssm.SendCommandInput{DocumentName: aws.String(shellScript), InstanceIds: []string{depotHostA, depotHostB}, Comment: aws.String("look"), MaxConcurrency: aws.String("1"),
		Parameters: map[string][]string{"commands": {"true"}, "executionTimeout": {"60"}}}))(t)
	_, err := p.ssm.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: &id, InstanceId: aws.String(depotHostA)})
	wantCode(t, err, "InvocationDoesNotExist")
	p.pass(time.Second)
	var seen []string
	for range 5 {
		a, b := p.invocation(id, depotHostA), p.invocation(id, depotHostB)
		seen = append(seen, string(a.Status)+" "+string(b.Status))
		p.pass(time.Second)
	}
	if want := []string{"Pending Pending", "InProgress Pending", "InProgress Pending", "Success InProgress", "Success InProgress"}; !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
	p.pass(time.Minute)
	got := p.invocation(id, depotHostB)
	if got.Status != "Success" || got.ResponseCode != 0 || *got.StandardOutputContent != "" || *got.PluginName != "aws:runShellScript" || *got.ExecutionElapsedTime != "PT2S" ||
		*got.ExecutionStartDateTime != "2026-02-01T12:00:04.000Z" {
		t.Errorf("%+v", got)
	}
	command := p.command(id)
	if command.Status != "Success" || command.TargetCount != 2 || command.CompletedCount != 2 || command.Comment != "look" || command.MaxConcurrency != "1" {
		t.Errorf("%+v", command)
	}
	pages := ssm.NewListCommandInvocationsPaginator(p.ssm, &ssm.ListCommandInvocationsInput{CommandId: &id, Details: true, MaxResults: aws.Int32(1)})
	n := 0
	for pages.HasMorePages() {
		for _, i := range must(pages.NextPage(ctx))(t).CommandInvocations {
			n++
			if i.Status != "Success" || len(i.CommandPlugins) != 1 || i.CommandPlugins[0].ResponseFinishDateTime == nil {
				t.Errorf("%+v", i)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d invocations", n)
	}
	_, err = p.ssm.ListCommandInvocations(ctx, &ssm.ListCommandInvocationsInput{CommandId: aws.String("c0330000-0000-4000-8000-0000000000ff")})
	wantCode(t, err, "InvalidCommandId")

	// Targets that are not online are skipped. Too many errors stop the remaining invocations,
	// and a time limit stops a slow one.
	byTag := func(script string, limit ...string) string {
		parameters := map[string][]string{"commands": {script}}
		if limit != nil {
			parameters["executionTimeout"] = limit
		}
		return must(p.sendWith(&ssm.SendCommandInput{DocumentName: aws.String(shellScript), Targets: []ssmtypes.Target{{Key: aws.String("tag:Name"), Values: []string{"depot-hosts"}}},
			MaxConcurrency: aws.String("34%"), MaxErrors: aws.String("0"), Parameters: parameters}))(t)
	}
	for script, want := range map[string]string{"apiclient set settings.ecs.loglevel=info": "Failed RateExceeded Failed Cancelled Cancelled", "true": "Success Success Success Success Success"} {
		id := byTag(script)
		p.pass(time.Minute)
		command := p.command(id)
		got := []string{command.Status, command.StatusDetails}
		for _, host := range []string{depotHostA, depotHostB, stubborn} {
			got = append(got, string(p.invocation(id, host).Status))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", script, s, want)
		}
	}
	id = byTag("true", "1")
	p.pass(time.Minute)
	if got := p.invocation(id, depotHostA); got.Status != "TimedOut" || *got.StatusDetails != "ExecutionTimedOut" {
		t.Errorf("%+v", got)
	}

	// A host that is terminated before the command has reached it.
	id = must(p.sendWith(&ssm.SendCommandInput{DocumentName: aws.String(shellScript), InstanceIds: []string{depotHostA}, TimeoutSeconds: aws.Int32(30),
		Parameters: map[string][]string{"commands": {"true"}}}))(t)
	p.revoke(depotGroup, fromGroup(depotHosts))
	p.pass(time.Minute)
	if got := p.invocation(id, depotHostA); got.Status != "TimedOut" || *got.StatusDetails != "DeliveryTimedOut" {
		t.Errorf("%+v", got)
	}

	status, body := own(t, p.a, "POST", "/_sandbox/deny", `{"operations":["ssm:SendCommand","ssm:DescribeInstanceInformation"]}`)
	if status != 204 {
		t.Fatal(body)
	}
	_, err = p.send(shellScript, "true", depotHostA)
	wantCode(t, err, "AccessDeniedException")
	if _, dump := own(t, p.a, "GET", "/_sandbox/account", ""); !strings.Contains(dump, `"Commands"`) || !strings.Contains(dump, `"ManagedInstances"`) {
		t.Error("the dump has no commands")
	}
}

// Agents that are restarted one by one come back, except one. The host without Systems Manager
// keeps its connection.
func TestStubborn(t *testing.T) {
	p := newFixture(t, "stubborn")
	if got := p.connected("depot"); got != "1 2 3 4" {
		t.Fatalf("connected at first: %s", got)
	}
	before := p.agents("depot")[depotHostA]
	if got := p.run(shellScript, restart, depotHostA); got.Status != "Success" || *got.StandardOutputContent != "agent-restarted ecs.service\n" {
		t.Errorf("%+v", got)
	}
	if got := p.connected("depot"); got != "2 3 4" {
		t.Errorf("without endpoints: %s", got)
	}
	p.endpoints("ecs-agent", "ecs-telemetry", "ecs")
	after := p.agents("depot")[depotHostA]
	if !after.AgentConnected || *after.ContainerInstanceArn != *before.ContainerInstanceArn || *after.VersionInfo.AgentVersion != *before.VersionInfo.AgentVersion || after.RunningTasksCount != 1 {
		t.Errorf("%+v", after)
	}
	for _, step := range []struct{ host, want string }{{depotHostB, "1 2 3 4"}, {stubborn, "1 2 4"}} {
		if got := p.run(shellScript, restart, step.host); got.Status != "Success" {
			t.Errorf("%+v", got)
		}
		if got := p.connected("depot"); got != step.want {
			t.Errorf("after %s: %s, want %s", step.host, got, step.want)
		}
	}
	p.pass(time.Hour)
	if got := p.connected("depot"); got != "1 2 4" {
		t.Errorf("in the end: %s", got)
	}
}

// An update replaces the agent, and the new agent needs a network path.
func TestUpdateRestarts(t *testing.T) {
	for _, with := range [][]string{nil, {"ecs-agent", "ecs-telemetry", "ecs"}} {
		p := newFixture(t, "stubborn")
		p.endpoints(with...)
		host := p.agents("depot")[depotHostB]
		must(p.ecs.UpdateContainerAgent(ctx, &ecs.UpdateContainerAgentInput{Cluster: aws.String("depot"), ContainerInstance: host.ContainerInstanceArn}))(t)
		p.pass(time.Minute)
		p.agents("depot")
		p.pass(time.Minute)
		got := p.agents("depot")[depotHostB]
		if got.AgentUpdateStatus != "UPDATED" || *got.VersionInfo.AgentVersion != "1.98.0" || got.AgentConnected != (with != nil) {
			t.Errorf("with %q: %s %s, connected %v", with, got.AgentUpdateStatus, *got.VersionInfo.AgentVersion, got.AgentConnected)
		}
	}
}

// Connections through endpoints end with the endpoints; connections through the internet do not.
func TestAgentsLoseEndpoints(t *testing.T) {
	all := []string{"ecs-agent", "ecs-telemetry", "ecs"}
	for name, sabotage := range map[string]func(fixture){
		"rule": func(p fixture) { p.revoke(depotGroup, fromGroup(depotHosts)) },
		"endpoint": func(p fixture) {
			e := must(p.ec2.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filters("service-name", "com.amazonaws.us-east-1.ecs-agent")}))(p.T).VpcEndpoints
			must(p.ec2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*e[0].VpcEndpointId}}))(p.T)
		},
	} {
		p := newFixture(t, "stubborn")
		p.endpoints(all...)
		p.run(shellScript, restart, depotHostA)
		sabotage(p)
		if got := p.connected("depot"); got != "1 2 3 4" {
			t.Errorf("%s: at once %s", name, got)
		}
		p.pass(2 * time.Minute)
		if got := p.connected("depot"); got != "2 3 4" {
			t.Errorf("%s: then %s", name, got)
		}
		if name == "rule" {
			must(p.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(depotGroup), IpPermissions: fromGroup(depotHosts)}))(t)
			p.pass(time.Second)
			if got := p.connected("depot"); got != "1 2 3 4" {
				t.Errorf("after the rule was put back: %s", got)
			}
		}
	}
}

func TestLookInside(t *testing.T) {
	const script = "#!/bin/sh\nset -u\n\nset -- ecs.us-east-1.amazonaws.com ecs-a.us-east-1.amazonaws.com 123456789012.dkr.ecr.us-east-1.amazonaws.com nope.example.com\n\nfor name do\n  echo \"resolved $name $found tcp-ok\"\ndone"
	look := func(p fixture) []string {
		t.Helper()
		got := p.run(shellScript, script, depotHostA)
		if got.Status != "Success" {
			t.Errorf("%+v", got)
		}
		return slices.DeleteFunc(strings.Split(strings.TrimSpace(*got.StandardOutputContent), "\n"), func(l string) bool { return strings.HasPrefix(l, "answers ") })
	}
	check := func(when string, got []string, want ...string) {
		t.Helper()
		for i := range want {
			if i >= len(got) || !strings.HasPrefix(got[i], strings.Fields(want[i])[0]+" ") || !strings.HasSuffix(got[i], strings.Fields(want[i])[1]) {
				t.Errorf("%s: %q, want %q", when, got, want)
				return
			}
		}
	}
	p := newFixture(t, "stubborn")
	check("at first", look(p), "resolved tcp-failed", "resolved tcp-failed", "resolved tcp-failed", "unresolved nope.example.com")
	p.endpoints("ecs-agent", "ecs-telemetry", "ecs")
	lines := look(p)
	check("with endpoints", lines, "resolved tcp-ok", "resolved tcp-ok", "resolved tcp-failed")
	interfaces := must(p.ec2.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filters("service-name", "com.amazonaws.us-east-1.ecs")}))(t).VpcEndpoints[0].NetworkInterfaceIds
	var addresses []string
	for _, i := range must(p.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: interfaces}))(t).NetworkInterfaces {
		addresses = append(addresses, *i.PrivateIpAddress)
	}
	slices.Sort(addresses)
	if want := "resolved ecs.us-east-1.amazonaws.com " + strings.Join(addresses, ",") + " tcp-ok"; lines[0] != want {
		t.Errorf("%q, want %q", lines[0], want)
	}

	// An existing host still runs commands: another group keeps its endpoints reachable while the
	// rule of the ECS endpoints is revoked.
	group := must(p.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: aws.String(depotVPC), GroupName: aws.String("shut"), Description: aws.String("no rules")}))(t).GroupId
	for _, e := range must(p.ec2.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filters("service-name", "com.amazonaws.us-east-1.ecs")}))(t).VpcEndpoints {
		must(p.ec2.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: e.VpcEndpointId, AddSecurityGroupIds: []string{*group}, RemoveSecurityGroupIds: []string{depotGroup}}))(t)
	}
	check("with a group without rules", look(p), "resolved tcp-failed", "resolved tcp-ok")

	p = newFixture(t, "stubborn")
	p.endpoints("ecs-agent")
	p.deny() // the interface in the host's own subnet is reachable, the other one is not
	check("with an ACL in the way", look(p), "resolved tcp-failed", "resolved tcp-failed")

	p = newFixture(t, "stubborn")
	p.endpoints("ecs-agent")
	id := must(p.send(shellScript, script, depotHostA))(t)
	must(p.ec2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: aws.String(depotVPC), EnableDnsSupport: &types.AttributeBooleanValue{Value: aws.Bool(false)}}))(t)
	p.pass(time.Minute)
	if got := p.invocation(id, depotHostA); got.Status == "Success" {
		t.Errorf("a host without DNS accepted a command: %+v", got)
	}
}

// The resolvers of a VPC decide whether its hosts can resolve private names.
func TestResolvers(t *testing.T) {
	const more = `
DhcpOptions: [{DhcpOptionsId: dopt-0f000000000000001, DhcpConfigurations: [{Key: domain-name-servers, Values: [{Value: SERVER}]}]}]
VpcEndpoints:
  - {VpcEndpointId: vpce-0f000000000000001, VpcEndpointType: Interface, VpcId: vpc-0f000000000000001, ServiceName: com.amazonaws.us-east-1.ecs, SubnetIds: [subnet-0f000000000000001], Groups: [{GroupId: sg-0f000000000000001}], PrivateDnsEnabled: true}
HostedZones: [{HostedZoneId: Z0F00000000000000001, Name: logs.us-east-1.amazonaws.com., VPCs: [vpc-0f000000000000001]}]
`
	for server, want := range map[string]string{
		"AmazonProvidedDNS": "private unresolved", "10.0.0.2": "private unresolved", "169.254.169.253": "private unresolved", "10.0.9.53": "public resolved",
	} {
		source := strings.Replace(openSource("al2023-ami-ecs-hvm-2023"), "EnableDnsSupport: true", "EnableDnsSupport: true, EnableDnsHostnames: true, DhcpOptionsId: dopt-0f000000000000001", 1)
		p := practiceOf(t, must(sandbox.OpenYAML(source+strings.Replace(more, "SERVER", server, 1)))(t), newClock())
		own := *must(p.ec2.DescribeVpcEndpoints(ctx, nil))(t).VpcEndpoints[0].DnsEntries[0].DnsName
		script := must(wizard.Inside([]string{"ecs.us-east-1.amazonaws.com", "logs.us-east-1.amazonaws.com", own}))(t)
		lines := slices.DeleteFunc(strings.Split(*p.run(shellScript, script, "i-0f000000000000001").StandardOutputContent, "\n"), func(l string) bool { return strings.HasPrefix(l, "answers ") })
		got := "public"
		if strings.HasPrefix(lines[0], "resolved ecs.us-east-1.amazonaws.com 10.0.0.") {
			got = "private"
		}
		if got += " " + strings.Fields(lines[1])[0]; got != want {
			t.Errorf("%s: %q, want %s", server, lines, want)
		}
		if !strings.HasPrefix(lines[2], "resolved "+own+" 10.0.0.") {
			t.Errorf("%s: %q", server, lines)
		}
	}
}

// Draining, a reboot and a forced deployment move tasks; new tasks need the endpoints.
func TestTasksMove(t *testing.T) {
	p := newFixture(t, "stubborn")
	depot := aws.String("depot")
	tasks := func(host string) int32 { return p.agents("depot")[host].RunningTasksCount }
	for _, host := range []string{depotHostA, depotHostB, stubborn, unmanaged} {
		if tasks(host) != 1 {
			t.Errorf("%s has %d tasks", host, tasks(host))
		}
	}
	drain := func(status ecstypes.ContainerInstanceStatus, host string) {
		t.Helper()
		i := p.agents("depot")[host]
		must(p.ecs.UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{Cluster: depot, ContainerInstances: []string{*i.ContainerInstanceArn}, Status: status}))(t)
	}
	wait := func() {
		for range 6 {
			p.pass(30 * time.Second)
			p.agents("depot")
		}
	}
	drain("DRAINING", depotHostA)
	wait()
	if tasks(depotHostA) != 1 {
		t.Error("a task was stopped before another could start")
	}
	must(p.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: aws.String(depotVPC), ServiceName: serviceName("s3"), RouteTableIds: []string{"rtb-0a2b3c4d5e6f71001"}}))(t)
	p.pass(time.Minute)
	p.endpoints("ecr.api", "ecr.dkr", "logs")
	wait()
	if tasks(depotHostA) != 0 || tasks(depotHostB)+tasks(stubborn)+tasks(unmanaged) != 4 {
		t.Errorf("drained: %d left, %d %d %d", tasks(depotHostA), tasks(depotHostB), tasks(stubborn), tasks(unmanaged))
	}
	drain("ACTIVE", depotHostA)
	out := must(p.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: depot, Service: aws.String("sorter"), ForceNewDeployment: true}))(t).Service
	if len(out.Deployments) != 2 || *out.Deployments[0].Status != "PRIMARY" || out.Deployments[0].RolloutState != "IN_PROGRESS" || *out.Deployments[1].Status != "ACTIVE" {
		t.Errorf("%+v", out.Deployments)
	}
	wait()
	service := must(p.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: depot, Services: []string{"sorter"}}))(t).Services[0]
	if len(service.Deployments) != 1 || service.Deployments[0].RolloutState != "COMPLETED" || service.RunningCount != 4 || service.Deployments[0].RunningCount != 4 {
		t.Errorf("%+v", service)
	}
	must(p.ec2.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{depotHostB}}))(t)
	if tasks(depotHostB) != 0 {
		t.Error("a reboot left tasks")
	}
	_, err := p.send(shellScript, "true", depotHostB)
	wantCode(t, err, "")
	wait()
	if got := tasks(depotHostA) + tasks(stubborn) + tasks(unmanaged); got != 4 {
		t.Errorf("%d tasks elsewhere after a reboot", got)
	}
	_, err = p.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: depot, Service: aws.String("nope")})
	wantCode(t, err, "ServiceNotFoundException")
}

// A Fargate task reports what its subnets lack.
func TestRunTask(t *testing.T) {
	p := newFixture(t, "")
	prod := aws.String("prod")
	in := func() *ecs.RunTaskInput {
		return &ecs.RunTaskInput{Cluster: prod, TaskDefinition: aws.String("web"), LaunchType: "FARGATE", NetworkConfiguration: &ecstypes.NetworkConfiguration{
			AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{appA}, SecurityGroups: []string{appGroup}}},
			Overrides: &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: aws.String("web"), Command: []string{"true"}}}}}
	}
	show := func(arn *string) ecstypes.Task {
		t.Helper()
		return must(p.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: prod, Tasks: []string{*arn}}))(t).Tasks[0]
	}
	try := func(want string) {
		t.Helper()
		made := must(p.ecs.RunTask(ctx, in()))(t)
		if len(made.Tasks) != 1 || *made.Tasks[0].LastStatus != "PROVISIONING" {
			t.Fatalf("%+v", made)
		}
		p.pass(3 * time.Minute)
		got := show(made.Tasks[0].TaskArn)
		if *got.LastStatus != "STOPPED" || got.StopCode != "TaskFailedToStart" || !strings.Contains(*got.StoppedReason, want) {
			t.Errorf("%s %s %s, want %s", *got.LastStatus, got.StopCode, aws.ToString(got.StoppedReason), want)
		}
	}
	must(p.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(dbGroup), IpPermissions: fromGroup(appGroup)}))(t)
	for _, step := range []struct{ want, make string }{
		{"ResourceInitializationError: unable to pull secrets or registry auth", "ecr.api"}, {"secret from asm", "secretsmanager"}, {"connection issue between the task and Amazon CloudWatch", "logs"},
		{"CannotPullContainerError", "ecr.dkr"},
	} {
		try(step.want)
		e := wanted(step.make)
		e.SecurityGroupIds = []string{dbGroup}
		create(t, p.ec2, e)
		p.pass(2 * time.Minute)
	}
	try("starport-layer-bucket")
	must(p.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: aws.String(vpcID), ServiceName: serviceName("s3"), RouteTableIds: []string{appTable}}))(t)
	p.pass(time.Minute)

	free := freeAddresses(t, p.ec2, appA)
	one := in()
	one.ClientToken = aws.String("token")
	made := must(p.ecs.RunTask(ctx, one))(t).Tasks[0]
	if again := must(p.ecs.RunTask(ctx, one))(t).Tasks; len(again) != 1 || *again[0].TaskArn != *made.TaskArn {
		t.Errorf("a token gave %+v", again)
	}
	if got := freeAddresses(t, p.ec2, appA); got != free-1 || len(made.Attachments) != 1 {
		t.Errorf("%d free addresses, %d before", got, free)
	}
	var seen []string
	for range 5 {
		seen = append(seen, *show(made.TaskArn).LastStatus)
		p.pass(9 * time.Second)
	}
	if want := []string{"PROVISIONING", "PROVISIONING", "PENDING", "RUNNING", "STOPPED"}; !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
	got := show(made.TaskArn)
	if got.StopCode != "EssentialContainerExited" || *got.Containers[0].ExitCode != 0 || freeAddresses(t, p.ec2, appA) != free {
		t.Errorf("%+v", got)
	}

	// A definition can be registered and deregistered.
	definition := &ecs.RegisterTaskDefinitionInput{Family: aws.String("probe"), NetworkMode: "awsvpc", RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, Cpu: aws.String("256"),
		Memory: aws.String("512"), ExecutionRoleArn: aws.String("arn:aws:iam::123456789012:role/web-execution"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("probe"), Image: aws.String("123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2"), Essential: aws.Bool(true)}}}
	probe := must(p.ecs.RegisterTaskDefinition(ctx, definition))(t).TaskDefinition
	if *probe.TaskDefinitionArn != "arn:aws:ecs:us-east-1:123456789012:task-definition/probe:1" || probe.Status != "ACTIVE" || !slices.Contains(probe.Compatibilities, "FARGATE") {
		t.Errorf("%+v", probe)
	}
	lasting := in()
	lasting.TaskDefinition, lasting.Overrides = probe.TaskDefinitionArn, nil
	task := must(p.ecs.RunTask(ctx, lasting))(t).Tasks[0]
	p.pass(time.Minute)
	if got := show(task.TaskArn); *got.LastStatus != "RUNNING" {
		t.Errorf("%+v", got)
	}
	must(p.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: prod, Task: task.TaskArn, Reason: aws.String("done")}))(t)
	p.pass(time.Minute)
	if got := show(task.TaskArn); *got.LastStatus != "STOPPED" || got.StopCode != "UserInitiated" || *got.StoppedReason != "done" {
		t.Errorf("%+v", got)
	}
	must(p.ecs.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: probe.TaskDefinitionArn}))(t)
	_, err := p.ecs.RunTask(ctx, lasting)
	wantCode(t, err, "ClientException")
	if again := must(p.ecs.RegisterTaskDefinition(ctx, definition))(t).TaskDefinition; again.Revision != 2 {
		t.Errorf("revision %d", again.Revision)
	}
	definition.Memory = nil
	_, err = p.ecs.RegisterTaskDefinition(ctx, definition)
	wantCode(t, err, "ClientException")
	_, err = p.ecs.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("probe")})
	wantCode(t, err, "ClientException")
	_, err = p.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: prod, Task: aws.String("nope")})
	wantCode(t, err, "InvalidParameterException")
	bad := in()
	bad.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{"subnet-0f0000000000000ff"}
	_, err = p.ecs.RunTask(ctx, bad)
	wantCode(t, err, "InvalidParameterException")
	bad.NetworkConfiguration = nil
	_, err = p.ecs.RunTask(ctx, bad)
	wantCode(t, err, "InvalidParameterException")
}

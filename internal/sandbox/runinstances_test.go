package sandbox_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// More ids of the scenario "mwaa-private".
const (
	airflowPublicA = "subnet-0c1a2b3c4d5e62001"
	airflowPublicB = "subnet-0c1a2b3c4d5e62002"
	airflowNightly = "sg-0c1a2b3c4d5e64001"
	amazonLinux    = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
	managedCore    = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
	hostsTrust     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// airflow is the account with a private web server, its clock and the calls that the tests of
// access methods make.
type airflow struct {
	*testing.T
	*clock
	a   *sandbox.Account
	ec2 *ec2.Client
	iam *iam.Client
	ssm *ssm.Client
}

func openAirflow(t *testing.T) airflow {
	c := newClock()
	o := c.options()
	o.Scenario = "mwaa-private"
	a := open(t, o)
	west := config(a, "us-west-2")
	return airflow{t, c, a, ec2.NewFromConfig(west), iam.NewFromConfig(west), ssm.NewFromConfig(west)}
}

func bastion(subnet string) *ec2.RunInstancesInput {
	return &ec2.RunInstancesInput{
		ImageId: aws.String(amazonLinux + "x86_64"), InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &subnet,
		SecurityGroupIds: []string{airflowNightly}, IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: aws.String("session-manager")},
	}
}

// run does not change its input. The client writes a token into the request, which would make the
// next run replay this one.
func (f airflow) run(in *ec2.RunInstancesInput) types.Instance {
	f.Helper()
	sent := *in
	return must(f.ec2.RunInstances(ctx, &sent))(f.T).Instances[0]
}

func (f airflow) instance(id string) types.Instance {
	f.Helper()
	return must(f.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}}))(f.T).Reservations[0].Instances[0]
}

func (f airflow) status(id string) string {
	f.Helper()
	all := must(f.ec2.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: []string{id}}))(f.T).InstanceStatuses
	if len(all) == 0 {
		return "none"
	}
	return string(all[0].InstanceStatus.Status)
}

// ping returns what Systems Manager shows of an instance after a while. It calls several times,
// like callers that wait.
func (f airflow) ping(id string) string {
	f.Helper()
	var seen string
	for range 4 {
		f.pass(time.Minute)
		seen = "none"
		for _, m := range must(f.ssm.DescribeInstanceInformation(ctx, nil))(f.T).InstanceInformationList {
			if *m.InstanceId == id {
				seen = string(m.PingStatus)
			}
		}
	}
	return seen
}

func TestBastionComesAndGoes(t *testing.T) {
	f := openAirflow(t)
	in := bastion("")
	in.SubnetId, in.SecurityGroupIds = nil, nil
	group := *must(f.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("bastion"), Description: aws.String("bastion"), VpcId: aws.String(airflowVPC)}))(t).GroupId
	in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{
		DeviceIndex: aws.Int32(0), SubnetId: aws.String(airflowPublicA), Groups: []string{group}, AssociatePublicIpAddress: aws.Bool(true), Description: aws.String("way in"),
	}}
	in.KeyName, in.ClientToken = aws.String("airflow-admins"), aws.String("one")
	in.MetadataOptions = &types.InstanceMetadataOptionsRequest{HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(1)}
	for _, kind := range []types.ResourceType{"instance", "volume", "network-interface"} {
		in.TagSpecifications = append(in.TagSpecifications, types.TagSpecification{ResourceType: kind, Tags: []types.Tag{{Key: aws.String("on"), Value: aws.String(string(kind))}}})
	}
	made := must(f.ec2.RunInstances(ctx, in))(t)
	i := made.Instances[0]
	id := *i.InstanceId
	if i.State.Name != "pending" || i.PublicIpAddress != nil || *i.KeyName != "airflow-admins" || *i.Tags[0].Value != "instance" || len(i.Tags) != 1 || !strings.HasPrefix(*made.ReservationId, "r-") ||
		!netip.MustParsePrefix("10.192.10.0/24").Contains(netip.MustParseAddr(*i.PrivateIpAddress)) || *i.VpcId != airflowVPC || i.MetadataOptions.HttpTokens != "required" ||
		*i.MetadataOptions.HttpPutResponseHopLimit != 1 || *i.IamInstanceProfile.Arn != "arn:aws:iam::123456789012:instance-profile/session-manager" {
		t.Errorf("%+v", i)
	}
	if again := f.run(in); *again.InstanceId != id {
		t.Errorf("the token gave %s, then %s", id, *again.InstanceId)
	}
	other := *in
	other.InstanceType = "t3.small"
	wantCode(t, must1(f.ec2.RunInstances(ctx, &other)), "IdempotentParameterMismatch")
	if got := f.status(id); got != "none" {
		t.Errorf("the status of a pending instance is shown: %s", got)
	}

	f.pass(30 * time.Second)
	i = f.instance(id)
	if i.State.Name != "running" || *i.State.Code != 16 || *i.PublicIpAddress != "203.0.113.1" || *i.PublicDnsName != "ec2-203-0-113-1.us-west-2.compute.amazonaws.com" || f.status(id) != "initializing" {
		t.Errorf("%s: %+v", f.status(id), i)
	}
	n := must(f.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filters("attachment.instance-id", id)}))(t).NetworkInterfaces
	if len(n) != 1 || n[0].InterfaceType != "interface" || n[0].Status != "in-use" || *n[0].Groups[0].GroupName != "bastion" || *n[0].Association.PublicIp != "203.0.113.1" ||
		*n[0].Description != "way in" || *n[0].TagSet[0].Value != "network-interface" || *n[0].SubnetId != airflowPublicA || *n[0].PrivateIpAddress != *i.PrivateIpAddress {
		t.Fatalf("%+v", n)
	}
	image := must(f.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{*i.ImageId}}))(t).Images[0]
	if !strings.HasPrefix(*image.Name, "al2023-ami-2023.") || image.Architecture != "x86_64" || *image.OwnerId != "137112412989" {
		t.Errorf("%+v", image)
	}
	for _, found := range [][]types.Filter{filters("tag:on", "instance"), filters("client-token", "one"), filters("key-name", "airflow-admins"), filters("subnet-id", airflowPublicA)} {
		if all := must(f.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: found}))(t).Reservations; len(all) != 1 || *all[0].ReservationId != *made.ReservationId {
			t.Errorf("%s finds %+v", *found[0].Name, all)
		}
	}
	f.pass(3 * time.Minute)
	if got := f.status(id); got != "ok" {
		t.Errorf("status %s", got)
	}
	if got := f.ping(id); got != "Online" {
		t.Errorf("Systems Manager shows %s", got)
	}

	remove := func() error {
		return must1(f.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group}))
	}
	wantCode(t, remove(), "DependencyViolation")
	change := must(f.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(t).TerminatingInstances[0]
	if change.PreviousState.Name != "running" || change.CurrentState.Name != "shutting-down" {
		t.Errorf("%+v", change)
	}
	wantCode(t, remove(), "DependencyViolation")
	f.pass(time.Minute)
	i = f.instance(id)
	if i.State.Name != "terminated" || len(i.NetworkInterfaces) != 0 || i.PublicIpAddress != nil || i.VpcId != nil || f.ping(id) != "none" {
		t.Errorf("%+v", i)
	}
	change = must(f.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(t).TerminatingInstances[0]
	if change.CurrentState.Name != "terminated" {
		t.Errorf("%+v", change)
	}
	wantCode(t, remove(), "")
	if n := f.run(bastion(airflowPublicA)); *n.PrivateIpAddress != *n.NetworkInterfaces[0].PrivateIpAddress || *n.NetworkInterfaces[0].Association.PublicIp != "203.0.113.1" {
		t.Errorf("the addresses are not free again: %+v", n) // the subnet assigns public addresses
	}
}

func TestInstancesAreRefusedAsAWSDoes(t *testing.T) {
	f := openAirflow(t)
	_, before := own(t, f.a, "GET", "/_sandbox/account", "")
	for _, tt := range []struct {
		change func(*ec2.RunInstancesInput)
		want   string
	}{
		{func(in *ec2.RunInstancesInput) { in.DryRun = aws.Bool(true) }, "DryRunOperation"},
		{func(in *ec2.RunInstancesInput) { in.ImageId = aws.String("ami-0123456789abcdef0") }, "InvalidAMIID.NotFound"},
		{func(in *ec2.RunInstancesInput) { in.ImageId = aws.String("al2023") }, "InvalidAMIID.Malformed"},
		{func(in *ec2.RunInstancesInput) { in.ImageId = aws.String(amazonLinux + "i386") }, "InvalidParameterValue"},
		{func(in *ec2.RunInstancesInput) {
			in.ImageId = aws.String(strings.TrimPrefix(amazonLinux, "resolve:ssm:") + "x86_64")
		}, "InvalidAMIID.Malformed"},
		{func(in *ec2.RunInstancesInput) { in.InstanceType = "micro" }, "InvalidParameterValue"},
		{func(in *ec2.RunInstancesInput) { in.InstanceType = "t4g.micro" }, "InvalidParameterValue"},
		{func(in *ec2.RunInstancesInput) { in.ImageId = aws.String(amazonLinux + "arm64") }, "InvalidParameterValue"},
		{func(in *ec2.RunInstancesInput) { in.SubnetId = aws.String("subnet-0123456789abcdef0") }, "InvalidSubnetID.NotFound"},
		{func(in *ec2.RunInstancesInput) { in.SecurityGroupIds = []string{"sg-0123456789abcdef0"} }, "InvalidGroup.NotFound"},
		{func(in *ec2.RunInstancesInput) { in.KeyName = aws.String("none") }, "InvalidKeyPair.NotFound"},
		{func(in *ec2.RunInstancesInput) { in.IamInstanceProfile.Name = aws.String("none") }, "InvalidParameterValue"},
		{func(in *ec2.RunInstancesInput) { in.IamInstanceProfile.Name = aws.String("session-manager-host") }, "InvalidParameterValue"}, // that is the name of the role
		{func(in *ec2.RunInstancesInput) { in.MaxCount = aws.Int32(2) }, "NotImplemented"},
		{func(in *ec2.RunInstancesInput) {
			in.MetadataOptions = &types.InstanceMetadataOptionsRequest{HttpTokens: "maybe"}
		}, "InvalidParameterValue"},
		{func(in *ec2.RunInstancesInput) {
			in.TagSpecifications = []types.TagSpecification{{ResourceType: "vpc"}}
		}, "InvalidParameterValue"},
		{func(in *ec2.RunInstancesInput) {
			in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: aws.String(airflowPublicA)}}
		}, "InvalidParameterCombination"},
	} {
		in := bastion(airflowPublicA)
		tt.change(in)
		wantCode(t, must1(f.ec2.RunInstances(ctx, in)), tt.want)
	}
	wantCode(t, must1(f.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{"i-0123456789abcdef0"}})), "InvalidInstanceID.NotFound")
	if _, after := own(t, f.a, "GET", "/_sandbox/account", ""); after != before {
		t.Error("a rejected request changed the account")
	}
	in := bastion(airflowPublicA)
	in.ImageId, in.InstanceType = aws.String(amazonLinux+"arm64"), "t4g.nano"
	first := f.run(in)
	in.ImageId = first.ImageId
	if second := f.run(in); second.Architecture != "arm64" || *second.PrivateIpAddress == *first.PrivateIpAddress {
		t.Errorf("%+v", second)
	}
}

func TestInstanceInAFullSubnet(t *testing.T) {
	a, err := sandbox.OpenYAML(`
Region: us-east-1
Vpcs: [{VpcId: vpc-0f000000000000001, CidrBlock: 10.0.0.0/16, EnableDnsSupport: true, EnableDnsHostnames: true}]
Subnets: [{SubnetId: subnet-0f000000000000001, VpcId: vpc-0f000000000000001, AvailabilityZone: us-east-1a, CidrBlock: 10.0.0.0/28}]
`)
	if err != nil {
		t.Fatal(err)
	}
	in := bastion("subnet-0f000000000000001")
	in.SecurityGroupIds, in.IamInstanceProfile = nil, nil
	for n := range 12 {
		sent := *in
		_, err := ec2Of(a).RunInstances(ctx, &sent)
		wantCode(t, err, []string{"", "InsufficientFreeAddressesInSubnet"}[n/11])
	}
}

// TestHostsRegister checks that a host registers only with a role that allows it and a network
// path to Systems Manager.
func TestHostsRegister(t *testing.T) {
	f := openAirflow(t)
	private := bastion(airflowA)
	private.SecurityGroupIds = []string{airflowNightly}
	closed := *f.run(private).InstanceId
	unnamed := bastion(airflowPublicA)
	unnamed.IamInstanceProfile = nil
	noRole := *f.run(unnamed).InstanceId
	hidden := bastion("")
	hidden.SubnetId, hidden.SecurityGroupIds = nil, nil
	hidden.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: aws.String(airflowPublicA), AssociatePublicIpAddress: aws.Bool(false)}}
	noAddress := *f.run(hidden).InstanceId
	public := *f.run(bastion(airflowPublicB)).InstanceId
	for id, want := range map[string]string{closed: "none", noRole: "none", noAddress: "none", public: "Online"} {
		if got := f.ping(id); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	for _, service := range []string{"ssm", "ssmmessages"} {
		in := endpoint(airflowVPC, "com.amazonaws.us-west-2."+service, true, airflowA, airflowB)
		in.SecurityGroupIds = []string{airflowNightly} // it allows traffic from itself
		must(f.ec2.CreateVpcEndpoint(ctx, in))(t)
	}
	if got := f.ping(closed); got != "Online" {
		t.Errorf("with endpoints, the private host is %s", got)
	}
	if got := f.ping(noAddress); got != "none" {
		t.Errorf("a host in a group that the endpoints do not allow is %s", got)
	}
}

// TestNewProfile checks that EC2 needs a moment to find a new instance profile and its role.
func TestNewProfile(t *testing.T) {
	f := openAirflow(t)
	name, role := aws.String("way-in"), aws.String("way-in-role")
	made := must(f.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name, Path: aws.String("/team/")}))(t).InstanceProfile
	in := bastion(airflowPublicA)
	in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Arn: made.Arn}
	refused := func(want string) {
		t.Helper()
		_, err := f.ec2.RunInstances(ctx, in)
		wantCode(t, err, "InvalidParameterValue")
		if !strings.Contains(message(err), want) {
			t.Errorf("%s, want %s", message(err), want)
		}
	}
	refused("Invalid IAM Instance Profile ARN")
	in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: name}
	refused("Invalid IAM Instance Profile name")
	f.pass(10 * time.Second)
	refused("has no associated IAM Roles")
	must(f.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(hostsTrust)}))(t)
	must(f.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: role}))(t)
	refused("has no associated IAM Roles")
	f.pass(10 * time.Second)
	id := *f.run(in).InstanceId
	if got := f.ping(id); got != "none" {
		t.Errorf("without a policy, the host is %s", got)
	}
	must(f.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String(managedCore)}))(t)
	if got := f.ping(id); got != "Online" {
		t.Errorf("with the policy, the host is %s", got)
	}
}

func TestKeyPairs(t *testing.T) {
	f := openAirflow(t)
	keys := must(f.ec2.DescribeKeyPairs(ctx, nil))(t).KeyPairs
	if !slices.Equal(ids(keys, func(k types.KeyPairInfo) *string { return k.KeyName }), []string{"airflow-admins"}) || keys[0].KeyType != "ed25519" || *keys[0].Tags[0].Key != "Name" {
		t.Fatalf("%+v", keys)
	}
	for _, in := range []ec2.DescribeKeyPairsInput{{KeyNames: []string{"airflow-admins"}}, {KeyPairIds: []string{*keys[0].KeyPairId}}, {Filters: filters("key-name", "airflow-*")}} {
		if found := must(f.ec2.DescribeKeyPairs(ctx, &in))(t).KeyPairs; len(found) != 1 {
			t.Errorf("%+v finds %+v", in, found)
		}
	}
	if found := must(f.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{Filters: filters("key-name", "other")}))(t).KeyPairs; len(found) != 0 {
		t.Errorf("%+v", found)
	}
	wantCode(t, must1(f.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{"none"}})), "InvalidKeyPair.NotFound")
}

func TestInstanceAttributes(t *testing.T) {
	f := openAirflow(t)
	in := bastion(airflowPublicA)
	in.IamInstanceProfile, in.DisableApiTermination, in.UserData = nil, aws.Bool(true), aws.String("IyEvYmluL3No")
	in.CreditSpecification, in.Monitoring = &types.CreditSpecificationRequest{CpuCredits: aws.String("standard")}, &types.RunInstancesMonitoringEnabled{Enabled: aws.Bool(true)}
	i := f.run(in)
	id := i.InstanceId
	attribute := func(name types.InstanceAttributeName) *ec2.DescribeInstanceAttributeOutput {
		t.Helper()
		return must(f.ec2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: id, Attribute: name}))(t)
	}
	if i.Monitoring.State != "enabled" || i.MetadataOptions.HttpProtocolIpv6 != "disabled" || i.MetadataOptions.InstanceMetadataTags != "disabled" || *attribute("userData").UserData.Value != *in.UserData ||
		*attribute("instanceInitiatedShutdownBehavior").InstanceInitiatedShutdownBehavior.Value != "stop" || *attribute("disableApiStop").DisableApiStop.Value ||
		!*attribute("disableApiTermination").DisableApiTermination.Value || *attribute("instanceType").InstanceType.Value != "t3.micro" || !*attribute("sourceDestCheck").SourceDestCheck.Value || *attribute("ebsOptimized").EbsOptimized.Value {
		t.Errorf("%+v", i)
	}
	_, err := f.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*id}})
	wantCode(t, err, "OperationNotPermitted")
	must(f.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: id, DisableApiTermination: &types.AttributeBooleanValue{Value: aws.Bool(false)}}))(t)
	_, err = f.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: id})
	wantCode(t, err, "InvalidParameterCombination")
	if got := must(f.ec2.DescribeInstanceCreditSpecifications(ctx, &ec2.DescribeInstanceCreditSpecificationsInput{InstanceIds: []string{*id}}))(t).InstanceCreditSpecifications; len(got) != 1 || *got[0].CpuCredits != "standard" {
		t.Errorf("%+v", got)
	}
	shown := must(f.ec2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{"t4g.nano", "m6i.large"}}))(t).InstanceTypes
	if len(shown) != 2 || !*shown[0].BurstablePerformanceSupported || shown[0].ProcessorInfo.SupportedArchitectures[0] != "arm64" || *shown[1].BurstablePerformanceSupported {
		t.Errorf("%+v", shown)
	}
	_, err = f.ec2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{"large"}})
	wantCode(t, err, "InvalidInstanceType")
	must(f.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*id}}))(t)
	for _, change := range []func(*ec2.RunInstancesInput){
		func(in *ec2.RunInstancesInput) { in.InstanceType = "m6i.large" }, // it has no credits
		func(in *ec2.RunInstancesInput) { in.CreditSpecification.CpuCredits = aws.String("x") },
		func(in *ec2.RunInstancesInput) {
			in.Placement = &types.Placement{AvailabilityZone: aws.String("us-west-2c")}
		},
		func(in *ec2.RunInstancesInput) { in.InstanceInitiatedShutdownBehavior = "x" },
		func(in *ec2.RunInstancesInput) {
			in.MetadataOptions = &types.InstanceMetadataOptionsRequest{HttpProtocolIpv6: "x"}
		},
	} {
		wrong := bastion(airflowPublicA)
		wrong.IamInstanceProfile, wrong.CreditSpecification = nil, &types.CreditSpecificationRequest{CpuCredits: aws.String("unlimited")}
		change(wrong)
		if _, err := f.ec2.RunInstances(ctx, wrong); !strings.HasPrefix(code(err), "InvalidParameter") {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}

func TestPublicParameterOfAnImage(t *testing.T) {
	f := openAirflow(t)
	in := bastion(airflowPublicA)
	in.IamInstanceProfile = nil
	p := must(f.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(strings.TrimPrefix(amazonLinux, "resolve:ssm:") + "x86_64")}))(t).Parameter
	if i := f.run(in); *i.ImageId != *p.Value || p.Type != "String" {
		t.Errorf("%+v", p)
	}
	_, err := f.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/none")})
	wantCode(t, err, "ParameterNotFound")
}

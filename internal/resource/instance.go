package resource

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// Instance is an EC2 instance that gives people access to a web server.
type Instance struct {
	VPC       string
	Name      string  // identifies it in later runs
	Image     string  `aws:"ImageId"` // parameter with the id of an AMI, after resolve:ssm:
	Type      string  `aws:"InstanceType"`
	Subnet    string  `aws:"SubnetId"`
	Groups    []Value `aws:"SecurityGroupIds"`
	KeyPair   string  `aws:"KeyName"`                  // empty: no key pair
	Profile   Value   `aws:"IamInstanceProfile"`       // name of an instance profile; empty: no role
	Public    bool    `aws:"AssociatePublicIpAddress"` // it has a public address
	Sessions  bool    // reached with Session Manager; otherwise with SSH
	Webserver string  // host name of the web server
	Region    string
	Tags      map[string]string `aws:"Tags"`
}

// Kind implements Spec.
func (Instance) Kind() string { return "instance" }

// Terms implements Spec.
func (Instance) Terms() []*terms.Term {
	return []*terms.Term{terms.PrivateWebServer, terms.SecurityGroup}
}

func (Instance) constants() []field { return []field{{"HttpTokens", "required"}} }

// Cells implements Spec.
func (s Instance) Cells(p Names, _ Change) Cells {
	address := ""
	if s.Public {
		address = "public address"
	}
	return Cells{"EC2 instance", s.Name, p.ZonesText([]string{s.Subnet}), Joined(s.Type, address, p.GroupsText(s.Groups))}
}

// terraform reads the id of the image from its parameter. A later image does not replace the instance.
func (s Instance) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_instance", "instance_id", a.Existing)
	}
	var out Declared
	image := any(s.Image)
	if name, ok := strings.CutPrefix(s.Image, "resolve:ssm:"); ok {
		key := string(a.ID) + " image"
		out.Blocks = append(out.Blocks, Block{Type: "aws_ssm_parameter", Data: true, Key: key, Part: " image", Fields: []Attribute{{"name", name}}})
		image = Of{key, "insecure_value"}
	}
	fields := []Attribute{{"ami", image}, {"instance_type", s.Type}, {"subnet_id", s.Subnet}, {"vpc_security_group_ids", s.Groups}, {"associate_public_ip_address", s.Public}}
	if s.KeyPair != "" {
		fields = append(fields, Attribute{"key_name", s.KeyPair})
	}
	if s.Profile != (Value{}) {
		fields = append(fields, Attribute{"iam_instance_profile", s.Profile})
	}
	fields = append(fields, Attribute{"metadata_options", Nested{{"http_tokens", "required"}}}, Attribute{"tags", s.Tags})
	out.Blocks = append(out.Blocks, Block{Type: "aws_instance", Fields: fields, Output: "id", Ignored: []string{"ami"}})
	return out
}

// Steps launches a bastion and waits until it can be used.
func (s Instance) Steps(a Change) Steps {
	self := From(a.ID)
	tell := instanceByID(self, tunnels(s, self))
	online := &Until{Call: information(self, "InstanceInformationList[].[InstanceId, PingStatus]"), Want: "Online", Every: 10, Limit: 900,
		Help: "Its SSM Agent needs a role that allows it to register (AmazonSSMManagedInstanceCore), and a connection to Systems Manager: the endpoints ssm and ssmmessages, or an internet route."}
	if a.Op == Keep {
		find := instanceByID(Lit(a.Existing), launched)
		out := Steps{Find: &find, Tell: &tell}
		_, out.Other = place("Reservations[].Instances[] | ", "InstanceId", expr("InstanceId"), needs(expr("(State.Name=='pending' || State.Name=='running')"), "'state is '", "State.Name", "' (plan: running)'"))
		if s.Sessions {
			out.Until = online
		}
		return out
	}
	find := ec2("DescribeInstances", filters("vpc-id", s.VPC, "tag:Name", s.Name, "tag:"+ManagedBy, Owner), expr(launched))
	in := map[string]any{"ImageId": s.Image, "InstanceType": s.Type, "MinCount": 1, "MaxCount": 1, "ClientToken": Token{}, "MetadataOptions": map[string]any{"HttpTokens": "required"},
		"NetworkInterfaces": []any{map[string]any{"DeviceIndex": 0, "SubnetId": s.Subnet, "Groups": values(s.Groups), "AssociatePublicIpAddress": s.Public}}}
	if s.KeyPair != "" {
		in["KeyName"] = s.KeyPair
	}
	if s.Profile != (Value{}) {
		in["IamInstanceProfile"] = map[string]any{"Name": value(s.Profile)}
	}
	tag(in, "instance", s.Tags)
	start := ec2("RunInstances", in, expr("Instances[0].InstanceId"))
	if s.Profile != (Value{}) {
		start.RetryOn = "IAM Instance Profile"
	}
	launch := Steps{Find: &find, Do: []Call{start}, First: oldest(find, expr(running), "LaunchTime", "InstanceId", a),
		Until: &Until{Call: instanceByID(self, "Reservations[].Instances[].[InstanceId, State.Name]"), Want: "running", Fail: []string{"shutting-down", "terminated", "stopping", "stopped"},
			Every: 5, Limit: 600, What: "Reservations[].Instances[].[InstanceId, StateReason.Message || '']"},
		Undo: []Call{ec2("TerminateInstances", map[string]any{"InstanceIds": []any{self}}, nil, "InvalidInstanceID.NotFound")}}
	launch.Deleted = &Until{Call: launch.Until.Call, Want: "terminated", Missing: "terminated", Every: 5, Limit: 600}
	if s.Sessions {
		return Steps{Tell: &tell, Parts: []Part{{Label: "launch the instance and wait until it is running", Steps: launch}, {Label: "wait until Systems Manager reaches it", Steps: Steps{Until: online}}}}
	}
	launch.Tell = &tell
	return launch
}

// running are the instances that are running or pending, and launched is the id of one of them.
const (
	running  = "Reservations[].Instances[] | [?State.Name=='pending' || State.Name=='running']"
	launched = running + ".InstanceId | [0]"
)

// instanceByID reads one instance. It uses a filter, because a call with the id can fail right
// after the launch.
func instanceByID(id Value, out ...any) Call {
	return ec2("DescribeInstances", filters("instance-id", value(id)), expr(out...))
}

// information reads the data that Systems Manager has about an instance.
func information(id Value, out ...any) Call {
	return Call{Service: "ssm", Op: "DescribeInstanceInformation", In: map[string]any{"Filters": []any{map[string]any{"Key": "InstanceIds", "Values": []any{value(id)}}}}, Out: expr(out...)}
}

// tunnels returns the instructions to open the web server through a bastion (Amazon MWAA user
// guide; Systems Manager user guide, Starting a session).
func tunnels(s Instance, self Value) []Value {
	if s.Sessions {
		return expr("[['With the AWS CLI and its Session Manager plugin:'], [join('', ['  aws ssm start-session --target ', ", self,
			", ' --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters host=', ", Lit(s.Webserver), ", ',portNumber=443,localPortNumber=8157 --region ', ", Lit(s.Region),
			"])], ['While it is running, open https://localhost:8157/. The browser warns, because the certificate is for a different name.']]")
	}
	return expr("Reservations[0].Instances[0].[[join('', ['Use the private key of key pair ', ", Lit(s.KeyPair), ", ' as KEY.pem, set the proxy socks5://localhost:8157 in the browser, and open https://', ", Lit(s.Webserver), ", '/'])], [join('', ['  ssh -i KEY.pem -N -D 8157 ec2-user@', PublicDnsName || PublicIpAddress || PrivateIpAddress])], "+
		"['Or without a proxy, open https://localhost:8157/ (the browser warns, because the certificate is for a different name):'], [join('', ['  ssh -i KEY.pem -N -L 8157:', ", Lit(s.Webserver), ", ':443 ec2-user@', PublicDnsName || PublicIpAddress || PrivateIpAddress])]]")
}

// Running claims that the instance runs.
type Running struct{}

// Kind implements Measure.
func (Running) Kind() ClaimKind { return "instance-running" }

func (Running) check(c Claim, _ *Change) (Check, bool) {
	return equals(instanceByID(From(c.Change), "Reservations[0].Instances[0].State.Name"), "running")
}

// Online claims that Systems Manager reaches the instance.
type Online struct{}

// Kind implements Measure.
func (Online) Kind() ClaimKind { return "instance-online" }

func (Online) check(c Claim, _ *Change) (Check, bool) {
	return equals(information(From(c.Change), "InstanceInformationList[0].PingStatus"), "Online")
}

// DefaultType is the type of a bastion if the answers have none.
const DefaultType = "t3.micro"

// uses implements billed. An instance is billed while it runs, and its volume is not included
// (https://aws.amazon.com/ec2/pricing/on-demand/, https://aws.amazon.com/vpc/pricing/).
func (s Instance) uses() []Use {
	out := []Use{{price.Instance(s.Type), 1}}
	if s.Public {
		out = append(out, Use{price.AddressHour, 1})
	}
	return out
}

func (s Instance) cloudFormation(a Change) Declared {
	fields := requested(a, "MinCount", "", "MaxCount", "", "TagSpecifications", "", "NetworkInterfaces", "", "IamInstanceProfile", "")
	fields = set(fields, "ImageId", "{{"+s.Image+"}}")
	fields = with(fields, Attribute{"NetworkInterfaces", []Nested{{{"AssociatePublicIpAddress", s.Public}, {"DeviceIndex", "0"}, {"GroupSet", s.Groups}, {"SubnetId", s.Subnet}}}}, Attribute{"Tags", s.Tags})
	if s.Profile != (Value{}) {
		fields = with(fields, Attribute{"IamInstanceProfile", s.Profile})
	}
	out := block("AWS::EC2::Instance", fields)
	out.Blocks[0].Without = "An update of the stack takes the newest image, and then replaces the instance."
	return out
}

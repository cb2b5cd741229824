package call

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// instanceByID reads one instance. It uses a filter, because a call with the id can fail right
// after the launch.
func instanceByID(id plan.Value, out ...any) Call {
	return ec2("DescribeInstances", filters("instance-id", value(id)), expr(out...))
}

// information reads the data that Systems Manager has about an instance.
func information(id plan.Value, out ...any) Call {
	return Call{Service: "ssm", Op: "DescribeInstanceInformation", In: map[string]any{"Filters": []any{map[string]any{"Key": "InstanceIds", "Values": []any{value(id)}}}}, Out: expr(out...)}
}

// launched selects the instance that is running or pending.
const launched = "Reservations[].Instances[] | [?State.Name=='pending' || State.Name=='running'].InstanceId | [0]"

// instance launches a bastion and waits until it can be used.
func instance(a plan.Change, s plan.Instance) Steps {
	self := plan.From(a.ID)
	tell := instanceByID(self, tunnels(s, self))
	online := &Until{Call: information(self, "InstanceInformationList[].[InstanceId, PingStatus]"), Want: "Online", Every: 10, Limit: 900,
		Help: "Its SSM Agent needs a role that allows it to register (AmazonSSMManagedInstanceCore), and a connection to Systems Manager: the endpoints ssm and ssmmessages, or an internet route."}
	if a.Op == plan.Keep {
		find := instanceByID(plan.Lit(a.Existing), launched)
		out := Steps{Find: &find, Tell: &tell}
		if s.Sessions {
			out.Until = online
		}
		return out
	}
	find := ec2("DescribeInstances", filters("vpc-id", s.VPC, "tag:Name", s.Name, "tag:"+plan.ManagedBy, plan.Owner), expr(launched))
	in := map[string]any{"ImageId": s.Image, "InstanceType": s.Type, "MinCount": 1, "MaxCount": 1, "ClientToken": Token{}, "MetadataOptions": map[string]any{"HttpTokens": "required"},
		"NetworkInterfaces": []any{map[string]any{"DeviceIndex": 0, "SubnetId": s.Subnet, "Groups": values(s.Groups), "AssociatePublicIpAddress": s.Public}}}
	if s.KeyPair != "" {
		in["KeyName"] = s.KeyPair
	}
	if s.Profile != (plan.Value{}) {
		in["IamInstanceProfile"] = map[string]any{"Name": value(s.Profile)}
	}
	tag(in, "instance", s.Tags)
	launch := Steps{Find: &find, Do: []Call{ec2("RunInstances", in, expr("Instances[0].InstanceId"))},
		Until: &Until{Call: instanceByID(self, "Reservations[].Instances[].[InstanceId, State.Name]"), Want: "running", Fail: []string{"shutting-down", "terminated", "stopping", "stopped"},
			Every: 5, Limit: 600, What: "Reservations[].Instances[].[InstanceId, StateReason.Message || '']"},
		Undo: []Call{ec2("TerminateInstances", map[string]any{"InstanceIds": []any{self}}, nil, "InvalidInstanceID.NotFound")}}
	if s.Sessions {
		return Steps{Tell: &tell, Parts: []Part{{Label: "launch the instance and wait until it is running", Steps: launch}, {Label: "wait until Systems Manager reaches it", Steps: Steps{Until: online}}}}
	}
	launch.Tell = &tell
	return launch
}

// tunnels returns the instructions to open the web server through a bastion (Amazon MWAA user
// guide; Systems Manager user guide, Starting a session).
func tunnels(s plan.Instance, self plan.Value) []plan.Value {
	if s.Sessions {
		return expr("[['With the AWS CLI and its Session Manager plugin:'], [join('', ['  aws ssm start-session --target ', ", self,
			", ' --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters host=', ", plan.Lit(s.Webserver), ", ',portNumber=443,localPortNumber=8157 --region ', ", plan.Lit(s.Region),
			"])], ['While it is running, open https://localhost:8157/. The browser warns, because the certificate is for a different name.']]")
	}
	return expr("Reservations[0].Instances[0].[[join('', ['Use the private key of key pair ', ", plan.Lit(s.KeyPair), ", ' as KEY.pem, set the proxy socks5://localhost:8157 in the browser, and open https://', ", plan.Lit(s.Webserver), ", '/'])], [join('', ['  ssh -i KEY.pem -N -D 8157 ec2-user@', PublicDnsName || PublicIpAddress || PrivateIpAddress])], "+
		"['Or without a proxy, open https://localhost:8157/ (the browser warns, because the certificate is for a different name):'], [join('', ['  ssh -i KEY.pem -N -L 8157:', ", plan.Lit(s.Webserver), ", ':443 ec2-user@', PublicDnsName || PublicIpAddress || PrivateIpAddress])]]")
}

// instanceProfile creates an instance profile and adds a role to it.
func instanceProfile(a plan.Change, s plan.InstanceProfile) Steps {
	name := map[string]any{"InstanceProfileName": s.Name}
	both := map[string]any{"InstanceProfileName": s.Name, "RoleName": s.Role}
	find := func(out ...any) *Call {
		c := iam("GetInstanceProfile", name, expr(out...))
		c.Absent = []string{gone}
		return &c
	}
	with := find("InstanceProfile.Roles[?RoleName==", plan.Lit(s.Role), "] && InstanceProfile.InstanceProfileName")
	if a.Op == plan.Keep {
		return Steps{Find: with}
	}
	create := Steps{Find: find("InstanceProfile.InstanceProfileName"), Undo: []Call{iam("DeleteInstanceProfile", name, nil, gone)},
		Do: []Call{iam("CreateInstanceProfile", map[string]any{"InstanceProfileName": s.Name, "Tags": tagList(s.Tags)}, expr("InstanceProfile.InstanceProfileName"), "EntityAlreadyExists")}}
	put := Steps{Find: with, Do: []Call{iam("AddRoleToInstanceProfile", both, expr(plan.Lit(s.Name)))}, Undo: []Call{iam("RemoveRoleFromInstanceProfile", both, nil, gone)}}
	return Steps{Parts: []Part{{Label: "create the instance profile", Steps: create}, {Label: "add role " + s.Role + " to it", Steps: put}}}
}

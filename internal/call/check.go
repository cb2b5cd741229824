package call

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// CheckFor returns the measurement for a claim. It returns false if AWS's API cannot measure the
// claim, only a host inside the VPC. Many claims share the answer of one call, see Call.Key.
func CheckFor(p *plan.Plan, c plan.Claim) (Check, bool) {
	vpc := c.VPC
	if vpc == "" {
		vpc = p.VPC
	}
	this := []any{"VpcEndpoints[?VpcEndpointId==", plan.From(c.Change)}
	endpoint := func(more ...any) []any { return append(append([]any{}, this...), more...) }
	switch c.Kind {
	case plan.Available:
		return equals(endpoints(vpc, expr(endpoint("].State | [0]")...)), "available")
	case plan.Interfaces:
		return equals(
			endpoints(vpc, expr(endpoint("].join('/', [join(',', sort([SubnetIds][])), to_string(length([NetworkInterfaceIds][]))]) | [0]")...)),
			fmt.Sprintf("%s/%d", strings.Join(c.Subnets, ","), len(c.Subnets)))
	case plan.PrivateDNS:
		return yes(endpoints(vpc, holds(endpoint(" && PrivateDnsEnabled]")...)))
	case plan.Policy:
		return yes(endpoints(vpc, holds(endpoint(" && ", marked(c.Mark), "]")...)))
	case plan.PolicyAllows: // no API judges a policy, but it shows whether the policy is the same
		same := marked(c.Mark)
		if c.Mark == "" {
			same = expr("to_string(length(PolicyDocument || ''))==", plan.Lit(fmt.Sprint(c.Length)))
		}
		return equals(endpoints(vpc, expr(expr(endpoint(" && ", same, "]")...), " && 'denied by the same policy' || '"+plan.Undecided+": the policy changed after the plan'")), "allowed")
	case plan.Attached:
		if c.Group == nil {
			return Check{}, false
		}
		return yes(endpoints(vpc, holds(endpoint(" && Groups[?GroupId==", *c.Group, "]]")...)))
	case plan.DNSAttr:
		return yes(ec2("DescribeVpcAttribute", map[string]any{"VpcId": vpc, "Attribute": c.Attribute}, holds(upper(c.Attribute), ".Value")))
	case plan.Admits:
		if c.Group == nil || c.Rule == nil {
			return Check{}, false
		}
		return yes(rules(*c.Group, holds("SecurityGroupRules[?", matches(*c.Rule), "]")))
	case plan.Routed:
		return yes(ec2("DescribeRouteTables", filters("vpc-id", vpc),
			holds("RouteTables[?RouteTableId==", plan.Lit(c.RouteTable), "].Routes[] | [?State=='active' && GatewayId==", plan.From(c.Change), "]")))
	case plan.Unblocked:
		to := plan.Lit(c.Block)
		return yes(ec2("DescribeRouteTables", filters("vpc-id", vpc), expr("RouteTables[?RouteTableId==", plan.Lit(c.RouteTable),
			"].Routes[] | [?State=='blackhole' && (DestinationCidrBlock==", to, " || DestinationIpv6CidrBlock==", to, " || DestinationPrefixListId==", to, ")] && 'no' || 'yes'")))
	case plan.ACL:
		check, _ := equals(ec2("DescribeNetworkAcls", filters("vpc-id", vpc),
			expr("NetworkAcls[?Associations[?SubnetId==", plan.Lit(c.Subnet), "]].join(' ', sort_by([Entries][], &RuleNumber)[].", aclEntry, ") | [0]")), plan.ACLAllows)
		check.Traffic = c.Traffic
		return check, true
	case plan.Seen:
		return yes(seen(c))
	case plan.TaskStarts:
		return equals(describeTask(c.Cluster, c.Look, taskBegan()), "started")
	case plan.Deployed:
		s := plan.ServiceDeployment{Cluster: c.Cluster, Service: c.Service, After: c.After}
		return yes(services(s, holds("services[?", only(s), "]")))
	case plan.SecretHeld:
		return checkSecret(c)
	case plan.SecretRead:
		return yes(sm("GetSecretValue", map[string]any{"SecretId": plan.From(c.Change)}, holds(readable)))
	case plan.Issued:
		return equals(acm("DescribeCertificate", map[string]any{"CertificateArn": plan.From(c.Change)}, expr("Certificate.Status")), "ISSUED")
	case plan.Healthy:
		return yes(health(*c.Target, allHealthy(c.Addresses), " && 'yes' || 'no'"))
	case plan.Running:
		return equals(instanceByID(plan.From(c.Change), "Reservations[0].Instances[0].State.Name"), "running")
	case plan.Online:
		return equals(information(plan.From(c.Change), "InstanceInformationList[0].PingStatus"), "Online")
	case plan.Serves:
		return serves(p.Change(c.Change))
	case plan.RoleMay, plan.LogsIn, plan.WayIn:
		return found(p.Change(c.Change))
	case plan.Updated:
		return yes(instances(c.Cluster, c.Instances, holds("containerInstances[?", newer(c.Version), "]")))
	case plan.Agents:
		return equals(instances(c.Cluster, c.Instances, expr(allConnected(len(c.Instances)), " && 'connected' || join('', ['not connected: ', "+
			"join(', ', sort([containerInstances[?!agentConnected].ec2InstanceId, failures[].arn][]))])")), "connected")
	case plan.AirflowStatus:
		return equals(environment(c.Environment, expr("Environment.Status")), "AVAILABLE")
	case plan.Inside, plan.Opened:
		return Check{}, false
	}
	panic(fmt.Sprintf("call: no check for claims of kind %q", c.Kind))
}

// aclEntry prints an entry of a network ACL for plan.JudgeACL. An absent port is 0, as in the
// inventory.
const aclEntry = "join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', " +
	"(Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])"

func yes(c Call) (Check, bool) { return equals(c, "yes") }

func equals(c Call, want string) (Check, bool) { return Check{Call: c, Want: want}, true }

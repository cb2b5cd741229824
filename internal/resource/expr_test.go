package resource

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmespath/go-jmespath"
)

// ids are what the rows put out in these tests.
var ids = map[ID]string{"task-definition/web": "arn:d:8", "security-group/load-balancer": "sg-lb", "certificate/airflow.example.com": "arn:cert", "target-group/airflow-nightly": "arn:tg", "security-group/endpoints": "sg-1", "endpoint/ecr.api": "vpce-1", "endpoint/s3": "vpce-4", "endpoint/none": "vpce-none",
	"endpoint/odd": "vpce-odd"}

// Answers of the CLI, as it prints them; vpce-old is one that was deleted, and
// vpce-odd lacks what AWS leaves out where it is empty.
const (
	endpointsAnswer = `{"VpcEndpoints": [
 {"VpcEndpointId": "vpce-old", "ServiceName": "com.amazonaws.eu-central-1.ecr.api", "VpcEndpointType": "Interface", "State": "deleted", "PrivateDnsEnabled": true, "SubnetIds": ["subnet-1", "subnet-2"],
  "Groups": [{"GroupId": "sg-1", "GroupName": "x"}], "NetworkInterfaceIds": []},
 {"VpcEndpointId": "vpce-sts", "ServiceName": "com.amazonaws.eu-central-1.sts", "VpcEndpointType": "Interface", "State": "available", "PrivateDnsEnabled": true},
 {"VpcEndpointId": "vpce-bad", "ServiceName": "com.amazonaws.eu-central-1.ecr.api", "VpcEndpointType": "Interface", "State": "failed", "LastError": {"Code": "Other", "Message": "no luck"}},
 {"VpcEndpointId": "vpce-4", "ServiceName": "com.amazonaws.eu-central-1.s3", "VpcEndpointType": "Gateway", "State": "available", "RouteTableIds": ["rtb-1", "rtb-2"], "SubnetIds": [], "Groups": [], "PolicyDocument": "{\"Statement\": []}"},
 {"VpcEndpointId": "vpce-1", "ServiceName": "com.amazonaws.eu-central-1.ecr.api", "VpcEndpointType": "Interface", "State": "pending", "PrivateDnsEnabled": true, "SubnetIds": ["subnet-2", "subnet-1"],
  "Groups": [{"GroupId": "sg-1", "GroupName": "x"}, {"GroupId": "sg-3"}], "NetworkInterfaceIds": ["eni-1", "eni-2"], "RouteTableIds": []},
 {"VpcEndpointId": "vpce-5", "ServiceName": "com.amazonaws.eu-central-1.ecr.api", "VpcEndpointType": "Interface", "State": "available", "PrivateDnsEnabled": false, "SubnetIds": ["subnet-1"],
  "Groups": [{"GroupId": "sg-1"}], "NetworkInterfaceIds": ["eni-1"]},
 {"VpcEndpointId": "vpce-odd", "ServiceName": "com.amazonaws.eu-central-1.ecr.api", "VpcEndpointType": "Interface", "State": "available", "Groups": null}]}`
	rulesAnswer = `{"SecurityGroupRules": [
 {"SecurityGroupRuleId": "sgr-1", "IsEgress": true, "IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIpv4": "0.0.0.0/0"},
 {"SecurityGroupRuleId": "sgr-2", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 8443, "CidrIpv4": "10.0.0.0/16"},
 {"SecurityGroupRuleId": "sgr-3", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/16"},
 {"SecurityGroupRuleId": "sgr-4", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "ReferencedGroupInfo": {"GroupId": "sg-2"}},
 {"SecurityGroupRuleId": "sgr-5", "IsEgress": true, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListId": "pl-1"},
 {"SecurityGroupRuleId": "sgr-6", "IsEgress": false, "IpProtocol": "icmp", "CidrIpv4": "10.0.0.0/16"},
 {"SecurityGroupRuleId": "sgr-7", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "2001:db8::/56"}]}`
	routesAnswer = `{"RouteTables": [
 {"RouteTableId": "rtb-1", "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
  {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-4", "State": "active"}]},
 {"RouteTableId": "rtb-2", "Routes": [{"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-4", "State": "blackhole"}]}, {"RouteTableId": "rtb-3"},
 {"RouteTableId": "rtb-4", "Routes": [{"DestinationCidrBlock": "10.0.1.0/24", "NetworkInterfaceId": "eni-1", "State": "blackhole"}, {"DestinationIpv6CidrBlock": "2001:db8::/64", "State": "blackhole"},
  {"DestinationCidrBlock": "10.0.2.0/24", "State": "active"}]}]}`
	aclAnswer = `{"NetworkAcls": [{"NetworkAclId": "acl-9"}, {"NetworkAclId": "acl-0", "Associations": [{"SubnetId": "subnet-0"}], "Entries": null},
 {"NetworkAclId": "acl-1", "Associations": [{"SubnetId": "subnet-2"}, {"SubnetId": "subnet-1"}], "Entries": [
 {"RuleNumber": 32767, "Egress": false, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"},
 {"RuleNumber": 100, "Egress": true, "RuleAction": "allow", "Protocol": "6", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 443, "To": 443}},
 {"RuleNumber": 100, "Egress": false, "RuleAction": "allow", "Protocol": "17", "CidrBlock": "10.0.0.0/8", "PortRange": {"From": 0, "To": 65535}},
 {"RuleNumber": 101, "Egress": false, "RuleAction": "allow", "Protocol": "6", "Ipv6CidrBlock": "::/0"},
 {"RuleNumber": 9, "Egress": false, "RuleAction": "allow", "Protocol": "1", "CidrBlock": "10.0.0.0/8", "IcmpTypeCode": {"Code": -1, "Type": -1}}]}]}`
)

// aclText is what JudgeACL reads of acl-1: its entries in the order of their numbers.
const aclText = "in/9/allow/1/10.0.0.0/8/all out/100/allow/6/0.0.0.0/0/443-443 in/100/allow/17/10.0.0.0/8/0-65535 in/101/allow/6/::/0/0-0 in/32767/deny/-1/0.0.0.0/0/all"

func change(c EndpointChange) []Value {
	return Change{ID: "x", Op: Modify, Spec: c}.Steps().Find.Out
}

func checkFor(c Claim) (Check, bool) {
	c.VPC = "vpc-1"
	return c.Check(nil)
}

func claim(c Claim) []Value {
	m, ok := checkFor(c)
	if !ok {
		panic("not measurable")
	}
	return m.Call.Out
}

func group() Value { return From("security-group/endpoints") }
func other() Value { return Lit("sg-4") }

var tcp443 = Rule{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}

var expressions = []struct {
	name   string
	out    []Value
	answer string
	want   any
}{
	{"attribute on", rows["attribute-modify"].Steps().Find.Out, `{"VpcId": "vpc-1", "EnableDnsSupport": {"Value": true}}`, "vpc-1"},
	{"attribute off", rows["attribute-modify"].Steps().Find.Out, `{"VpcId": "vpc-1", "EnableDnsSupport": {"Value": false}}`, false},
	{"attribute absent", rows["attribute-modify"].Steps().Find.Out, `{}`, nil},
	{"attribute set", rows["attribute-modify"].Steps().Do[0].Out, `{}`, "vpc-1"},
	{"group there", rows["group-create"].Steps().Find.Out, `{"SecurityGroups": [{"GroupId": "sg-1"}]}`, "sg-1"},
	{"group deleted", rows["group-keep"].Steps().Find.Out, `{"SecurityGroups": []}`, nil},
	{"group null", rows["group-keep"].Steps().Find.Out, `{"SecurityGroups": null}`, nil},
	{"group made", rows["group-create"].Steps().Do[0].Out, `{"GroupId": "sg-1"}`, "sg-1"},
	{"rule exact", rows["rule-create-cidr"].Steps().Find.Out, rulesAnswer, "sgr-3"},
	{"rule IPv6", rows["rule-create-ipv6"].Steps().Find.Out, rulesAnswer, "sgr-7"},
	{"rule by group", rows["rule-create-peer"].Steps().Find.Out, rulesAnswer, "sgr-4"},
	{"rule by prefix list", rows["rule-create-prefix"].Steps().Find.Out, rulesAnswer, "sgr-5"},
	{"rule kept", rows["rule-keep"].Steps().Find.Out, rulesAnswer, "sgr-2"},
	{"rule kept, narrowed", rows["rule-keep"].Steps().Other, rulesAnswer, "sgr-7: it allows tcp 443-443 for 2001:db8::/56 (plan: tcp 443-443 for 10.0.0.0/16)"},
	{"rule kept, by its content", rows["rule-keep-unknown-id"].Steps().Find.Out, rulesAnswer, "sgr-2"},
	{"rule not there", rows["rule-create-cidr"].Steps().Find.Out, `{"SecurityGroupRules": []}`, nil},
	{"rules null", rows["rule-create-cidr"].Steps().Find.Out, `{"SecurityGroupRules": null}`, nil},
	{"rule made", rows["rule-create-cidr"].Steps().Do[0].Out, `{"Return": true, "SecurityGroupRules": [{"SecurityGroupRuleId": "sgr-8"}]}`, "sgr-8"},
	{"interface endpoint", rows["interface-create"].Steps().Find.Out, endpointsAnswer, "vpce-1"},
	{"gateway endpoint", rows["gateway-create"].Steps().Find.Out, endpointsAnswer, "vpce-4"},
	{"no endpoint", rows["gateway-create"].Steps().Find.Out, `{"VpcEndpoints": []}`, nil},
	{"endpoints null", rows["gateway-create"].Steps().Find.Out, `{"VpcEndpoints": null}`, nil},
	{"endpoint made", rows["interface-create"].Steps().Do[0].Out, `{"VpcEndpoint": {"VpcEndpointId": "vpce-9"}}`, "vpce-9"},
	{"kept endpoint", rows["gateway-keep"].Steps().Find.Out, endpointsAnswer, "vpce-4"},
	{"kept endpoint deleted", rows["interface-keep"].Steps().Find.Out, endpointsAnswer, nil},
	{"kept endpoint deleted", keepEndpoint("vpc-1", "vpce-old", []need{living}).Find.Out, endpointsAnswer, nil},
	{"others in the place of an endpoint", rows["interface-create"].Steps().Other, endpointsAnswer,
		"vpce-bad: state is failed (plan: available), subnets  (plan: subnet-1, subnet-2), security groups  (plan: sg-1, sg-3), private DNS is off (plan: on); " +
			"vpce-5: subnets subnet-1 (plan: subnet-1, subnet-2), security groups sg-1 (plan: sg-1, sg-3), private DNS is off (plan: on); " +
			"vpce-odd: subnets  (plan: subnet-1, subnet-2), security groups  (plan: sg-1, sg-3), private DNS is off (plan: on)"},
	{"nothing in the place of an endpoint", rows["interface-create"].Steps().Other, `{"VpcEndpoints": null}`, ""},
	{"role with another trust", rows["role-create"].Steps().Other, `{"Role": {"Arn": "arn:r", "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}}}}`, "arn:r: its trust policy allows ec2.amazonaws.com (plan: ecs-tasks.amazonaws.com)"},
	{"role with one more trust", rows["role-create"].Steps().Find.Out, `{"Role": {"Arn": "arn:r", "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}}]}}}`, "arn:r"},
	{"secret to be deleted", rows["secret-create"].Steps().Other, `{"ARN": "arn:s", "Name": "prod/registry", "DeletedDate": "2026-01-01"}`, "prod/registry: it is scheduled for deletion (plan: it is not)"},
	{"secret as planned", rows["secret-create"].Steps().Other, `{"ARN": "arn:s", "Name": "prod/registry"}`, ""},
	{"inline policy of somebody else", rows["policy-pieces"].Steps().Other, `{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Sid": "Own"}]}}`, "p: it has other statements: Own (plan: those of PrivateLink Wizard)"},
	{"inline policy as before", rows["policy-modify"].Steps().Other, `{"PolicyName": "p", "PolicyDocument": {"Statement": []}}`, ""},
	{"inline policy changed", rows["policy-modify"].Steps().Other, `{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Sid": "Own"}]}}`, "p: it has other statements: Own (plan: those of PrivateLink Wizard)"},
	{"another deployment", rows["service-new-revision"].Steps().Other, `{"services": [{"serviceArn": "arn:s", "deployments": [{"status": "PRIMARY", "id": "ecs-svc/9", "taskDefinition": "arn:d:9"}]}]}`, "arn:s: its deployment is ecs-svc/9 (plan: ecs-svc/1)"},
	{"the deployment of the plan", rows["service-new-revision"].Steps().Other, `{"services": [{"serviceArn": "arn:s", "deployments": [{"status": "PRIMARY", "id": "ecs-svc/1", "taskDefinition": "arn:d:9"}]}]}`, ""},
	{"target group of another protocol", rows["target-group"].Steps().Other, `{"TargetGroups": [{"TargetGroupArn": "arn:t", "Protocol": "HTTP", "Port": 80, "TargetType": "ip", "VpcId": "vpc-2"}]}`, "arn:t: protocol HTTP (plan: HTTPS), port 80 (plan: 443), VPC vpc-2 (plan: vpc-1)"},
	{"target group", rows["target-group"].Steps().Find.Out, `{"TargetGroups": [{"TargetGroupArn": "arn:t", "Protocol": "HTTPS", "Port": 443, "TargetType": "ip", "VpcId": "vpc-1"}]}`, "arn:t"},
	{"load balancer of another scheme", rows["load-balancer"].Steps().Other, `{"LoadBalancers": [{"LoadBalancerArn": "arn:b", "Scheme": "internet-facing", "Type": "application", "State": {"Code": "active"}, "SecurityGroups": ["sg-9"], "AvailabilityZones": [{"SubnetId": "subnet-2"}, {"SubnetId": "subnet-1"}]}]}`,
		"arn:b: scheme internet-facing (plan: internal), security groups sg-9 (plan: sg-lb)"},
	{"listener with another certificate", rows["listener"].Steps().Other, `{"Listeners": [{"ListenerArn": "arn:l", "Port": 443, "Protocol": "HTTPS", "Certificates": [{"CertificateArn": "arn:old"}], "DefaultActions": [{"TargetGroupArn": "arn:t"}]}, {"ListenerArn": "arn:m", "Port": 80}]}`,
		"arn:l: certificates arn:old (plan: arn:cert), it forwards to arn:t (plan: arn:tg)"},
	{"record that leads elsewhere", rows["record"].Steps().Other, `{"ResourceRecordSets": [{"Name": "airflow.example.com.", "Type": "CNAME", "ResourceRecords": [{"Value": "other.example.com"}]}, {"Name": "airflow.example.com.", "Type": "TXT"}]}`,
		"airflow.example.com.: it leads to other.example.com (plan: load balancer airflow-nightly)"},
	{"option of somebody else", rows["base-url"].Steps().Parts[1].Other, `{"Environment": {"Name": "nightly", "AirflowConfigurationOptions": {"webserver.base_url": "other.example.com"}}}`, "nightly: webserver.base_url is other.example.com (plan: not set)"},
	{"option not set", rows["base-url"].Steps().Parts[1].Other, `{"Environment": {"Name": "nightly"}}`, ""},
	{"kept attribute off", rows["attribute-keep"].Steps().Other, `{"VpcId": "vpc-1", "EnableDnsHostnames": {"Value": false}}`, "vpc-1: enableDnsHostnames is off (plan: on)"},
	{"kept certificate expired", rows["certificate-keep"].Steps().Other, `{"Certificate": {"CertificateArn": "arn:c", "Status": "EXPIRED"}}`, "arn:c: status is EXPIRED (plan: ISSUED)"},
	{"poll", rows["interface-create"].Steps().Until.Call.Out, endpointsAnswer, []any{[]any{"vpce-old", "deleted"}, []any{"vpce-sts", "available"}, []any{"vpce-bad", "failed"},
		[]any{"vpce-4", "available"}, []any{"vpce-1", "pending"}, []any{"vpce-5", "available"}, []any{"vpce-odd", "available"}}},
	{"what went wrong", expr(rows["interface-create"].Steps().Until.What), endpointsAnswer, []any{[]any{"vpce-bad", "Other: no luck"}}},
	{"change done", change(EndpointChange{Endpoint: "vpce-1", AddSubnets: []string{"subnet-1", "subnet-2"},
		AddGroups: []Value{Lit("sg-3"), From("security-group/endpoints")}, PrivateDNS: true}), endpointsAnswer, "vpce-1"},
	{"change by subnet missing", change(EndpointChange{Endpoint: "vpce-5", AddSubnets: []string{"subnet-2"}}), endpointsAnswer, nil},
	{"change by group missing", change(EndpointChange{Endpoint: "vpce-5", AddGroups: []Value{Lit("sg-3")}}), endpointsAnswer, nil},
	{"change of private DNS missing", change(EndpointChange{Endpoint: "vpce-5", PrivateDNS: true}), endpointsAnswer, nil},
	{"change of a bare endpoint", change(EndpointChange{Endpoint: "vpce-odd", AddGroups: []Value{Lit("sg-3")},
		AddSubnets: []string{"subnet-1"}, AddRouteTables: []string{"rtb-1"}}), endpointsAnswer, nil},
	{"change of a deleted endpoint", change(EndpointChange{Endpoint: "vpce-old", AddSubnets: []string{"subnet-1"}}), endpointsAnswer, nil},
	{"change by route table done", change(EndpointChange{Endpoint: "vpce-4", AddRouteTables: []string{"rtb-1"}}), endpointsAnswer, "vpce-4"},
	{"change by route table missing", change(EndpointChange{Endpoint: "vpce-4", AddRouteTables: []string{"rtb-1", "rtb-3"}}), endpointsAnswer, nil},

	{"state", claim(Claim{Change: "endpoint/ecr.api", Measure: Available{}}), endpointsAnswer, "pending"},
	{"no state", claim(Claim{Change: "endpoint/none", Measure: Available{}}), endpointsAnswer, nil},
	{"interfaces", claim(Claim{Change: "endpoint/ecr.api", Measure: Interfaces{Subnets: []Value{Lit("subnet-2"), Lit("subnet-1")}}}), endpointsAnswer, "yes"},
	{"too many interfaces", claim(Claim{Change: "endpoint/ecr.api", Measure: Interfaces{Subnets: []Value{Lit("subnet-1")}}}), endpointsAnswer, "subnet-1,subnet-2 with 2 interfaces (plan: subnet-1)"},
	{"other interfaces", claim(Claim{Change: "endpoint/ecr.api", Measure: Interfaces{Subnets: []Value{Lit("subnet-1"), Lit("subnet-3")}}}), endpointsAnswer, "subnet-1,subnet-2 with 2 interfaces (plan: subnet-1,subnet-3)"},
	{"interfaces absent", claim(Claim{Change: "endpoint/odd", Measure: Interfaces{Subnets: []Value{Lit("subnet-1")}}}), endpointsAnswer, " with 0 interfaces (plan: subnet-1)"},
	{"interfaces of none", claim(Claim{Change: "endpoint/none", Measure: Interfaces{Subnets: []Value{Lit("subnet-1")}}}), endpointsAnswer, nil},
	{"private DNS", claim(Claim{Change: "endpoint/ecr.api", Measure: PrivateDNS{}}), endpointsAnswer, "yes"},
	{"private DNS off", claim(Claim{Change: "endpoint/s3", Measure: PrivateDNS{}}), endpointsAnswer, "no"},
	{"attached", claim(Claim{Change: "endpoint/ecr.api", Measure: Attached{Group: group()}}), endpointsAnswer, "yes"},
	{"not attached", claim(Claim{Change: "endpoint/ecr.api", Measure: Attached{Group: other()}}), endpointsAnswer, "no"},
	{"groups absent", claim(Claim{Change: "endpoint/odd", Measure: Attached{Group: group()}}), endpointsAnswer, "no"},
	{"DNS attribute", claim(Claim{Measure: DNSAttr{Attribute: "enableDnsHostnames"}}), `{"EnableDnsHostnames": {"Value": true}}`, "yes"},
	{"DNS attribute off", claim(Claim{Measure: DNSAttr{Attribute: "enableDnsHostnames"}}), `{"EnableDnsHostnames": {"Value": false}}`, "no"},
	{"allows", claim(Claim{Measure: Allows{Group: group(), Rule: tcp443}}), rulesAnswer, "yes"},
	{"allows all", claim(Claim{Measure: Allows{Group: group(), Rule: Rule{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}}), rulesAnswer, "yes"},
	{"allows not", claim(Claim{Measure: Allows{Group: group(), Rule: Rule{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}}), rulesAnswer, "no"},
	{"routed", claim(Claim{Change: "endpoint/s3", Measure: Routed{RouteTable: Lit("rtb-1")}}), routesAnswer, "yes"},
	{"blackhole", claim(Claim{Change: "endpoint/s3", Measure: Routed{RouteTable: Lit("rtb-2")}}), routesAnswer, "no"},
	{"no routes", claim(Claim{Change: "endpoint/s3", Measure: Routed{RouteTable: Lit("rtb-3")}}), routesAnswer, "no"},
	{"no route table", claim(Claim{Change: "endpoint/s3", Measure: Routed{RouteTable: Lit("rtb-9")}}), routesAnswer, "no"},
	{"blackhole on the path", claim(Claim{Measure: Unblocked{RouteTable: Lit("rtb-4"), Block: "10.0.1.0/24"}}), routesAnswer, "no"},
	{"blackhole of IPv6 on the path", claim(Claim{Measure: Unblocked{RouteTable: Lit("rtb-4"), Block: "2001:db8::/64"}}), routesAnswer, "no"},
	{"blackhole elsewhere", claim(Claim{Measure: Unblocked{RouteTable: Lit("rtb-4"), Block: "10.0.2.0/24"}}), routesAnswer, "yes"},
	{"no blackhole", claim(Claim{Measure: Unblocked{RouteTable: Lit("rtb-1"), Block: "10.0.0.0/16"}}), routesAnswer, "yes"},
	{"the same policy", claim(Claim{Change: "endpoint/s3", Measure: PolicyAllows{Length: 17}}), endpointsAnswer, "denied by the same policy"},
	{"another policy", claim(Claim{Change: "endpoint/s3", Measure: PolicyAllows{Length: 18}}), endpointsAnswer, "undecided: the policy changed after the plan"},
	{"the same mark", claim(Claim{Change: "endpoint/s3", Measure: PolicyAllows{Mark: "atement"}}), endpointsAnswer, "denied by the same policy"},
	{"policy of none", claim(Claim{Change: "endpoint/none", Measure: PolicyAllows{Length: 16}}), endpointsAnswer, nil},
	{"environment", claim(Claim{Measure: AirflowStatus{Environment: "nightly"}}), `{"Environment": {"Name": "nightly", "Status": "UPDATING"}}`, "UPDATING"},
	{"ACL", claim(Claim{Measure: ACL{Subnet: Lit("subnet-1")}}), aclAnswer, aclText},
	{"ACL without entries", claim(Claim{Measure: ACL{Subnet: Lit("subnet-0")}}), aclAnswer, ""},
	{"no ACL", claim(Claim{Measure: ACL{Subnet: Lit("subnet-9")}}), aclAnswer, nil},
}

func bound(t *testing.T, out []Value) string {
	t.Helper()
	_, s, err := Call{Out: out}.Bind(func(v Value) (string, error) {
		if id, ok := ids[v.From]; ok {
			return id, nil
		}
		return "", fmt.Errorf("no id of %q", v.From)
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestExpressions(t *testing.T) {
	for _, e := range expressions {
		var answer any
		if err := json.Unmarshal([]byte(e.answer), &answer); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		s := bound(t, e.out)
		got, err := jmespath.Search(s, answer)
		if err != nil {
			t.Errorf("%s: %s: %v", e.name, s, err)
			continue
		}
		if diff := cmp.Diff(e.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", e.name, s, diff)
		}
	}
}

// The AWS CLI evaluates the same expressions with Python's jmespath.
func TestExpressionsInPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", "import jmespath").Run()
	}
	if err != nil {
		if os.Getenv("WIZARD_REQUIRE_TOOLS") == "1" {
			t.Fatalf("python3 with jmespath: %v", err)
		}
		t.Skip("python3 with jmespath is not here")
	}
	type question struct {
		Expression, Answer string
	}
	var questions []question
	for _, e := range expressions {
		questions = append(questions, question{bound(t, e.out), e.answer})
	}
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `import json, sys, jmespath
json.dump([jmespath.search(q["Expression"], json.loads(q["Answer"])) for q in json.load(sys.stdin)], sys.stdout)`)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var got []any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for i, e := range expressions {
		if diff := cmp.Diff(e.want, got[i]); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", e.name, questions[i].Expression, diff)
		}
	}
}

// checkCalls are the calls of one claim of each kind that can be measured.
func checkCalls() []Call {
	var out []Call
	for _, c := range claims {
		if m, ok := checkFor(c); ok {
			out = append(out, m.Call)
		}
	}
	return out
}

var claims = []Claim{
	{Change: "endpoint/ecr.api", Measure: Available{}},
	{Change: "endpoint/ecr.api", Measure: Interfaces{Subnets: []Value{Lit("subnet-1"), Lit("subnet-2")}}},
	{Change: "endpoint/ecr.api", Measure: PrivateDNS{}},
	{Change: "endpoint/ecr.api", Measure: Attached{Group: group()}},
	{VPC: "vpc-1", Measure: DNSAttr{Attribute: "enableDnsSupport"}},
	{Measure: Allows{Group: group(), Rule: tcp443}},
	{Change: "endpoint/s3", Measure: Routed{RouteTable: Lit("rtb-1")}},
	{Measure: Unblocked{RouteTable: Lit("rtb-1"), Block: "10.0.1.0/24"}},
	{Change: "endpoint/s3", Measure: PolicyAllows{Length: 100}},
	{Measure: ACL{Subnet: Lit("subnet-1"), Traffic: []Traffic{{Egress: true, From: 443, To: 443, Blocks: []string{"10.0.1.0/24"}}}}},
	{Measure: Inside{}},
}

func TestCheckGolden(t *testing.T) {
	got := map[ClaimKind]Check{}
	for _, c := range claims {
		if m, ok := checkFor(c); ok {
			got[c.Kind()] = m
		} else if c.Kind() != "inside" {
			t.Errorf("%s cannot be measured", c.Kind())
		}
	}
	golden(t, "checks.json", marshal(t, got))
}

func TestChecksShareCalls(t *testing.T) {
	keys := map[string]int{}
	for _, c := range checkCalls() {
		keys[c.Key()]++
	}
	if len(keys) != 5 {
		t.Errorf("%d calls: %v", len(keys), keys)
	}
}

// A list that AWS returns empty, or leaves out, has a result too: otherwise the AWS CLI ends with an error.
func TestChecksOfNothing(t *testing.T) {
	lists := regexp.MustCompile(`\b([A-Za-z]+)\[`)
	filled := map[ClaimKind]Measure{DNSAttr{}.Kind(): DNSAttr{Attribute: "enableDnsSupport"}, Healthy{}.Kind(): Healthy{Addresses: []string{"10.0.1.7"}}}
	for _, m := range Measures {
		if full, ok := filled[m.Kind()]; ok {
			m = full
		}
		check, ok := checkFor(Claim{Change: "endpoint/ecr.api", VPC: "vpc-1", Measure: m})
		if !ok {
			continue
		}
		expression := bound(t, check.Call.Out)
		empty := map[string]any{}
		for _, name := range lists.FindAllStringSubmatch(expression, -1) {
			empty[name[1]] = []any{}
		}
		for _, answer := range []map[string]any{{}, empty} {
			if _, err := jmespath.Search(expression, answer); err != nil {
				t.Errorf("%s of %v: %v\n%s", m.Kind(), answer, err, expression)
			}
		}
	}
}

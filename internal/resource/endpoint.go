package resource

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// InterfaceEndpoint is an interface endpoint.
type InterfaceEndpoint struct {
	VPC        string            `aws:"VpcId,ref"`
	Service    string            `aws:"ServiceName"`
	Subnets    []string          `aws:"SubnetIds,ref"`
	Groups     []Value           `aws:"SecurityGroupIds"`
	PrivateDNS bool              `aws:"PrivateDnsEnabled"`
	IPType     string            `aws:"IpAddressType"`
	Policy     string            `aws:"PolicyDocument"` // JSON; empty means AWS's default, full access
	Tags       map[string]string `aws:"Tags"`
	KeptPolicy string            // JSON of the endpoint that is kept
	Others     []string          // ids of endpoints of the service beside which it is created
	Later      bool              // another change turns private DNS on
}

// Kind implements Spec.
func (InterfaceEndpoint) Kind() string { return "vpc-endpoint" }

// Terms implements Spec.
func (InterfaceEndpoint) Terms() []*terms.Term {
	return []*terms.Term{terms.InterfaceEndpoint, terms.PrivateDNS, terms.Zones, terms.EndpointPolicy}
}

func (InterfaceEndpoint) constants() []field { return []field{{"VpcEndpointType", "Interface"}} }

// Cells implements Spec.
func (s InterfaceEndpoint) Cells(p Names, a Change) Cells {
	dns := "no private DNS"
	switch {
	case s.PrivateDNS:
		dns = "private DNS"
	case s.Later:
		dns = "private DNS later"
	}
	return Cells{"interface endpoint", a.Code(), p.ZonesText(s.Subnets), Joined(dns, policyText(a, s.Policy), p.GroupsText(s.Groups))}
}

func (s InterfaceEndpoint) terraform(a Change) Declared {
	if a.Op == Keep {
		return endpointData(a.Existing)
	}
	fields := snaked(s, "PolicyDocument", "policy")
	if s.Later { // another resource turns it on
		fields = slices.DeleteFunc(fields, func(f Attribute) bool { return f.Name == "private_dns_enabled" })
	}
	return block("aws_vpc_endpoint", fields)
}

// endpointData reads a kept endpoint.
func endpointData(id string) Declared {
	return data("aws_vpc_endpoint", "id", id, Condition{`self.state == "available"`, "This endpoint is not available, but the plan relies on it. Create a new plan."})
}

// Steps implements Spec.
func (s InterfaceEndpoint) Steps(a Change) Steps {
	all := slices.Concat([]need{living}, ipType(s.IPType), needsAll("subnets", "SubnetIds", Refs(s.Subnets)), needsAll("security groups", "Groups[].GroupId", s.Groups))
	if s.PrivateDNS {
		all = append(all, needs(expr("PrivateDnsEnabled"), "'private DNS is off (plan: on)'"))
	}
	if a.Op == Keep {
		return keepEndpoint(s.VPC, a.Existing, append(all, samePolicy(s.KeptPolicy)...))
	}
	in := request(s)
	if len(s.Groups) == 0 {
		// Without this field AWS attaches the VPC's default security group. With an empty id it
		// rejects the call instead.
		in["SecurityGroupIds"] = []any{""}
	}
	steps := makeEndpoint(a, s.VPC, in, s.Tags, s.Others, s.Later, all)
	steps.Affects = clients(s.VPC, From(a.ID))
	return steps
}

// progress has an estimate of the time: the AWS PrivateLink guide gives no figure.
func (InterfaceEndpoint) progress() Progress { return Progress{Typical: [2]int{60, 120}} }

func (InterfaceEndpoint) tagged(vpc string) Tagged {
	return Tagged{alike(InterfaceEndpoint{VPC: vpc}), "endpoint", ec2("DescribeVpcEndpoints", byTag(vpc), expr("VpcEndpoints[?State!='deleting' && State!='deleted'].[VpcEndpointId, ServiceName]"))}
}

// GatewayEndpoint is a gateway endpoint.
type GatewayEndpoint struct {
	VPC         string            `aws:"VpcId,ref"`
	Service     string            `aws:"ServiceName"`
	RouteTables []string          `aws:"RouteTableIds,ref"`
	IPType      string            `aws:"IpAddressType"` // empty means AWS's default, ipv4
	Policy      string            `aws:"PolicyDocument"`
	Tags        map[string]string `aws:"Tags"`
	KeptPolicy  string            // as of an interface endpoint
	Others      []string
}

// Kind implements Spec.
func (GatewayEndpoint) Kind() string { return "vpc-endpoint" }

// Terms implements Spec.
func (GatewayEndpoint) Terms() []*terms.Term {
	return []*terms.Term{terms.GatewayEndpoint, terms.Routes, terms.EndpointPolicy}
}

func (GatewayEndpoint) constants() []field { return []field{{"VpcEndpointType", "Gateway"}} }

// Cells implements Spec.
func (s GatewayEndpoint) Cells(_ Names, a Change) Cells {
	return Cells{"gateway endpoint", a.Code(), words.Count(len(s.RouteTables), "route table"), Joined(s.IPType, policyText(a, s.Policy))}
}

func (s GatewayEndpoint) terraform(a Change) Declared {
	if a.Op == Keep {
		return endpointData(a.Existing)
	}
	return block("aws_vpc_endpoint", snaked(s, "PolicyDocument", "policy"))
}

// Steps implements Spec.
func (s GatewayEndpoint) Steps(a Change) Steps {
	all := append(needsAll("route tables", "RouteTableIds", Refs(s.RouteTables)), living)
	if a.Op == Keep {
		return keepEndpoint(s.VPC, a.Existing, append(all, samePolicy(s.KeptPolicy)...))
	}
	return makeEndpoint(a, s.VPC, request(s), s.Tags, s.Others, false, all)
}

// EndpointChange adds to an existing endpoint; it never removes anything.
type EndpointChange struct {
	VPC            string   `aws:"VpcId"`
	Service        string   `aws:"ServiceName"`
	Type           string   `aws:"VpcEndpointType"` // Interface or Gateway
	Endpoint       string   `aws:"VpcEndpointId"`
	AddSubnets     []string `aws:"AddSubnetIds"`
	AddGroups      []Value  `aws:"AddSecurityGroupIds"`
	AddRouteTables []string `aws:"AddRouteTableIds"`
	PrivateDNS     bool     `aws:"PrivateDnsEnabled,omitempty"` // turn private DNS on
	Policy         string   `aws:"PolicyDocument"`              // JSON of the complete new policy; empty leaves it unchanged
}

// Kind implements Spec.
func (EndpointChange) Kind() string { return "vpc-endpoint" }

// Terms implements Spec.
func (s EndpointChange) Terms() []*terms.Term {
	out := []*terms.Term{terms.InterfaceEndpoint}
	if s.Type == "Gateway" {
		out = []*terms.Term{terms.GatewayEndpoint, terms.Routes}
	}
	if s.PrivateDNS {
		out = append(out, terms.PrivateDNS)
	}
	if len(s.AddSubnets) > 0 {
		out = append(out, terms.Zones)
	}
	if len(s.AddGroups) > 0 {
		out = append(out, terms.SecurityGroup)
	}
	return append(out, terms.EndpointPolicy)
}

// Cells implements Spec.
func (s EndpointChange) Cells(p Names, a Change) Cells {
	var where, dns, pol, groups string
	switch {
	case len(s.AddSubnets) > 0:
		where = "add " + p.ZonesText(s.AddSubnets)
	case len(s.AddRouteTables) > 0:
		where = "add " + words.Count(len(s.AddRouteTables), "route table")
	}
	if s.PrivateDNS {
		dns = "turn on private DNS"
	}
	if s.Policy != "" {
		pol = "add to policy"
	}
	if len(s.AddGroups) > 0 {
		groups = "add " + p.GroupsText(s.AddGroups)
	}
	return Cells{strings.ToLower(s.Type) + " endpoint", a.Code(), where, Joined(dns, pol, groups)}
}

// terraform adds with resources of their own, so that nothing else about the endpoint belongs to Terraform. Terraform has no
// resource that adds to a policy: aws_vpc_endpoint_policy replaces it, so it is used only while the policy is the one that the plan
// saw, and it is never deleted, because its deletion resets the policy to full access.
// Source: https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/website/docs/r/vpc_endpoint_policy.html.markdown
func (s EndpointChange) terraform(a Change) Declared {
	id := s.Endpoint
	if id == "" {
		id = a.Existing
	}
	out := endpointData(id)
	if a.Op == Keep {
		return out
	}
	out.Blocks[0].Part = " existing"
	endpoint := Attribute{"vpc_endpoint_id", Of{string(a.ID) + " existing", "id"}}
	add := func(kind, part, name string, values []Value) {
		if len(values) > 0 {
			out.Blocks = append(out.Blocks, Block{Type: kind, Part: part, Each: values, Fields: []Attribute{endpoint, {name, EachValue{}}}, Output: "vpc_endpoint_id"})
		}
	}
	add("aws_vpc_endpoint_subnet_association", " subnets", "subnet_id", Refs(s.AddSubnets))
	add("aws_vpc_endpoint_security_group_association", " groups", "security_group_id", s.AddGroups)
	add("aws_vpc_endpoint_route_table_association", " route tables", "route_table_id", Refs(s.AddRouteTables))
	if s.PrivateDNS {
		out.Blocks = append(out.Blocks, Block{Type: "aws_vpc_endpoint_private_dns", Part: " private DNS", Fields: []Attribute{endpoint, {"private_dns_enabled", true}}, Output: "vpc_endpoint_id"})
	}
	if s.Policy != "" {
		before, _ := a.Before["policy_document"].(string)
		out.Blocks = append(out.Blocks, Block{Type: "aws_vpc_endpoint_policy", Part: " policy", Kept: true, Output: "vpc_endpoint_id",
			Fields: []Attribute{endpoint, {"policy", Document{Lit(s.Policy)}}}, Conditions: []Condition{{
				Is:      fmt.Sprintf("strcontains(SELF.policy, %q) || jsondecode(SELF.policy) == jsondecode(%s)", policy.Sid(s.Policy), hclText(before)),
				Message: "The policy of the endpoint is neither the one that the plan saw nor the new one. Create a new plan."}}})
	}
	if s.AddSubnets, s.AddGroups, s.AddRouteTables = nil, nil, nil; s.PrivateDNS || s.Policy != "" {
		out.Stays = s.Steps(a).Undo
	}
	return out
}

// Steps implements Spec.
func (s EndpointChange) Steps(a Change) Steps {
	id := s.Endpoint
	if id == "" {
		id = a.Existing
	}
	if a.Op == Keep {
		return keepEndpoint(s.VPC, id, []need{living})
	}
	itself := expr("VpcEndpointId==", Lit(id))
	all := []need{living}
	has := [][]Value{itself, expr(alive)}
	for _, v := range s.AddSubnets {
		has = append(has, expr("SubnetIds[?@==", Lit(v), "]"))
	}
	for _, v := range s.AddGroups {
		has = append(has, expr("Groups[?GroupId==", v, "]"))
	}
	for _, v := range s.AddRouteTables {
		has = append(has, expr("RouteTableIds[?@==", Lit(v), "]"))
	}
	add, remove := map[string]any{"VpcEndpointId": id}, map[string]any{"VpcEndpointId": id}
	for name, v := range request(s) {
		if rest, ok := strings.CutPrefix(name, "Add"); ok && len(v.([]any)) > 0 {
			add[name], remove["Remove"+rest] = v, v
		}
	}
	if s.PrivateDNS {
		add["PrivateDnsEnabled"], remove["PrivateDnsEnabled"] = true, false
		has = append(has, expr("PrivateDnsEnabled"))
	}
	if s.Policy != "" {
		// AWS may change the whitespace of a document, so Find looks for the mark in it.
		add["PolicyDocument"], remove["PolicyDocument"] = s.Policy, a.Before["policy_document"]
		has = append(has, marked(policy.Sid(s.Policy)))
		before, _ := a.Before["policy_document"].(string) // the new policy consists of it and of additions
		all = append(all, samePolicy(before)...)
	}
	find := endpoints(s.VPC, expr("VpcEndpoints[?", and(has...), "].VpcEndpointId | [0]"))
	modify := ec2("ModifyVpcEndpoint", add, expr(Lit(id)))
	modify.RetryOn = retryOnDNS(a)
	_, other := place("VpcEndpoints", "VpcEndpointId", itself, all...)
	steps := Steps{
		Find:  &find,
		Other: other,
		Do:    []Call{modify},
		Until: ready(s.VPC),
		Undo:  []Call{ec2("ModifyVpcEndpoint", remove, nil, "InvalidVpcEndpointId.NotFound")},
	}
	if s.PrivateDNS {
		steps.Affects = clients(s.VPC, Lit(id))
	}
	return steps
}

// clients reads the private names of an endpoint, and the network interfaces of its VPC that are not those of endpoints.
// The other names of an endpoint contain its id and "vpce" (AWS PrivateLink guide, "Access AWS services using an interface
// VPC endpoint", "Regional DNS hostnames").
func clients(vpc string, endpoint Value) *Affects {
	return &Affects{
		Names:   endpoints(vpc, expr("VpcEndpoints[?VpcEndpointId==", endpoint, " && PrivateDnsEnabled].DnsEntries[].DnsName | [?!contains(@, '.vpce.')]")),
		Clients: ec2("DescribeNetworkInterfaces", filters("vpc-id", value(Ref(vpc))), expr("NetworkInterfaces[?InterfaceType!='vpc_endpoint'].NetworkInterfaceId")),
	}
}

// alive is the condition that an endpoint is available or will be soon. Deleted endpoints remain
// in the list for a while.
const alive = "(State=='available' || State=='pending')"

// endpoints reads all endpoints of a VPC. It is the same call for every change, so that they
// share one poll and one measurement.
func endpoints(vpc string, out []Value) Call {
	return ec2("DescribeVpcEndpoints", filters("vpc-id", value(Ref(vpc))), out)
}

// ready waits for an endpoint to become available.
func ready(vpc string) *Until {
	return &Until{
		Call:  endpoints(vpc, expr("VpcEndpoints[].[VpcEndpointId,State]")),
		Item:  &Item{list: "VpcEndpoints", id: "VpcEndpointId", property: expr("State")},
		Want:  "available",
		Fail:  []string{"failed", "rejected", "expired", "deleting", "deleted", "partial", "pendingAcceptance"},
		Every: 2,
		Limit: 600,
		What:  "VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])]",
	}
}

// marked is the condition that an endpoint's policy contains a mark of this program.
func marked(mark string) []Value {
	return expr("contains(PolicyDocument || '', ", Lit(mark), ")")
}

// createRate is slightly below AWS's limit of 4 calls and 0.3 more per second for all users of an account (Amazon EC2
// developer guide, Request throttling), because calls do not arrive at the times at which they are made.
var createRate = Rate{Burst: 4, PerSecond: 0.29}

// interfaceEarliest is when an interface endpoint is read for the first time, in seconds. No page of AWS says how
// long its creation takes, and earlier reads would only use up the rate of the API.
const interfaceEarliest = 20

// living is the need that an endpoint is available or will be soon.
var living = needs(expr(alive), "'state is '", "State || 'unknown'", "' (plan: available)'")

// ipType is the need that an endpoint has addresses of a type.
func ipType(want string) []need {
	is, ok := map[string]string{"ipv4": "IpAddressType!='ipv6'", "ipv6": "IpAddressType!='ipv4'", "dualstack": "(!IpAddressType || IpAddressType=='dualstack')"}[want]
	if !ok {
		return nil
	}
	return []need{needs(expr(is), "'address type is '", "IpAddressType", "' (plan: "+want+")'")}
}

// samePolicy is the need that an endpoint has the policy that the plan saw. AWS shows a policy that did not change with
// the same number of characters.
func samePolicy(seen string) []need {
	if seen == "" {
		return nil
	}
	length, now := fmt.Sprint(len([]rune(seen))), "to_string(length(PolicyDocument || ''))"
	return []need{needs(expr(now+"==", Lit(length)), "'the policy has '", now, "' characters (plan: "+length+")'")}
}

// newPolicy is the need that an endpoint has the policy of a plan that creates it. A document without a mark of this
// program is not compared, because AWS may change its whitespace.
func newPolicy(service, document string) []need {
	if mark := policy.Sid(document); mark != "" {
		return []need{needs(marked(mark), "'the policy is another one (plan: with Sid '", Lit(mark), "')'")}
	}
	if document != "" {
		return nil
	}
	// The text of full access contains neither a Deny, a condition, an ARN nor an action of the service.
	code := service[strings.LastIndex(strings.TrimSuffix(service, ".api"), ".")+1:]
	code = code[:strings.IndexAny(code+".", ".-")]
	return []need{needs(expr("!([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, ", Lit(code+":"), ")])"),
		"'the policy restricts access (plan: full access)'")}
}

// keepEndpoint finds an endpoint by its id.
func keepEndpoint(vpc, id string, all []need) Steps {
	steps := listed(endpoints(vpc, nil), "VpcEndpoints", "VpcEndpointId", expr("VpcEndpointId==", Lit(id), " && State!='deleted'"), all...)
	steps.Until = ready(vpc)
	return steps
}

// makeEndpoint finds an endpoint by its service and type, or creates it with a request. The request always
// has the type, because AWS's default is Gateway. It never has the Region of the service: the endpoint is
// in the Region of the call.
func makeEndpoint(a Change, vpc string, in map[string]any, tags map[string]string, others []string, later bool, all []need) Steps {
	typ, _ := in["VpcEndpointType"].(string)
	service, _ := in["ServiceName"].(string)
	document, _ := in["PolicyDocument"].(string)
	which := []any{"ServiceName==", Lit(service), " && VpcEndpointType==", Lit(typ), " && State!='deleted'"}
	if typ == "Gateway" { // a new one replaces it
		which = append(which, " && State!='deleting'")
	}
	for _, id := range others {
		which = append(which, " && VpcEndpointId!=", Lit(id))
	}
	all = append(append(all, needs(expr("!RequesterManaged"), "'an AWS service manages it (plan: one of this account)'")), newPolicy(service, document)...)
	steps := listed(endpoints(vpc, nil), "VpcEndpoints", "VpcEndpointId", expr(which...), all...)
	in["ClientToken"] = Token{}
	tag(in, "vpc-endpoint", tags)
	create := ec2("CreateVpcEndpoint", in, expr("VpcEndpoint.VpcEndpointId"))
	create.RetryOn, create.Rate = retryOnDNS(a), &createRate
	until := ready(vpc)
	if typ == "Interface" {
		until.Earliest = interfaceEarliest
	}
	// AWS rejects a second private name, and a second route to a gateway endpoint.
	var first *Call
	if typ == "Interface" && in["PrivateDnsEnabled"] != true {
		first = oldest(*steps.Find, fitting(expr("VpcEndpoints"), expr(which...), all...), "CreationTimestamp", "VpcEndpointId", a)
	}
	fields := "subnets: SubnetIds, groups: Groups[].GroupId, route_tables: RouteTableIds, address_type: IpAddressType, policy: PolicyDocument"
	if !later { // otherwise another change turns it on, and an undo off again
		fields += ", private_dns: PrivateDnsEnabled"
	}
	now := endpoints(vpc, expr("VpcEndpoints[?VpcEndpointId==", From(a.ID), " && State!='deleting' && State!='deleted'] | [0].{"+fields+"}"))
	steps.Do, steps.First, steps.Until, steps.Now = []Call{create}, first, until, &now
	steps.Undo = []Call{ec2("DeleteVpcEndpoints", map[string]any{"VpcEndpointIds": []any{From(a.ID)}}, nil, "InvalidVpcEndpointId.NotFound")}
	steps.Deleted = &Until{Call: until.Call, Item: until.Item, Want: "deleted", Missing: "deleted", Every: 5, Limit: 900}
	return steps
}

func policyText(a Change, policy string) string {
	switch {
	case policy != "":
		return "own policy"
	case a.Op == Create:
		return "full-access policy"
	}
	return ""
}

// Code returns the service code of the endpoint that the change is about, with the id of the endpoint if
// the plan has several for the service (s3@vpce-1), or environment and purpose for an endpoint of Amazon
// MWAA. It is empty if the change is about no endpoint.
func (a Change) Code() string {
	if code, ok := strings.CutPrefix(string(a.ID), "endpoint/"); ok {
		return code
	}
	return ""
}

// Available claims that the endpoint is available.
type Available struct{}

// Kind implements Measure.
func (Available) Kind() ClaimKind { return "available" }

func (Available) check(c Claim, _ *Change) (Check, bool) {
	return ofEndpoint(c, "available", "State")
}

// Interfaces claims that the endpoint has one interface in each of its subnets, and no others.
type Interfaces struct {
	Subnets []Value `json:"subnets"`
}

// Kind implements Measure.
func (Interfaces) Kind() ClaimKind { return "interfaces" }

// late means that AWS adds interfaces to an existing endpoint some time after the call.
func (Interfaces) late() {}

func (m Interfaces) check(c Claim, _ *Change) (Check, bool) {
	count := fmt.Sprint(len(m.Subnets))
	all := [][]Value{expr("to_string(length([SubnetIds][]))==", Lit(count)), expr("to_string(length([NetworkInterfaceIds][]))==", Lit(count))}
	planned := []any{"' interfaces (plan: '"}
	for i, s := range m.Subnets {
		all = append(all, expr("contains([SubnetIds][], ", s, ")"))
		if i > 0 {
			planned = append(planned, ", ','")
		}
		planned = append(planned, ", ", s)
	}
	return ofEndpoint(c, "yes", "(", and(all...), " && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ", expr(planned...), ", ')'])")
}

// PrivateDNS claims that the default names of the service lead to the endpoint.
type PrivateDNS struct{}

// Kind implements Measure.
func (PrivateDNS) Kind() ClaimKind { return "private-dns" }

func (PrivateDNS) check(c Claim, _ *Change) (Check, bool) {
	return ofEndpoint(c, "yes", holds("PrivateDnsEnabled"))
}

// Attached claims that the endpoint has the security group that allows the traffic.
type Attached struct {
	Group Value `json:"group"`
}

// Kind implements Measure.
func (Attached) Kind() ClaimKind { return "group-attached" }

func (m Attached) check(c Claim, _ *Change) (Check, bool) {
	return ofEndpoint(c, "yes", holds("Groups[?GroupId==", m.Group, "]"))
}

// Policy claims that the endpoint has the policy that was chosen, which a Sid identifies.
type Policy struct {
	Mark string `json:"mark"`
}

// Kind implements Measure.
func (Policy) Kind() ClaimKind { return "policy" }

func (m Policy) check(c Claim, _ *Change) (Check, bool) {
	return ofEndpoint(c, "yes", holds(marked(m.Mark)))
}

// PolicyAllows is claimed only of a policy that does not allow what the workload does, so that an
// accepted error fails the verification until the policy changes. A Sid identifies the policy, or
// its number of characters if it has none.
type PolicyAllows struct {
	Mark   string `json:"mark,omitempty"`
	Length int    `json:"length,omitempty"`
}

// Kind implements Measure.
func (PolicyAllows) Kind() ClaimKind { return "policy-allows" }

// check cannot judge a policy: no API does. But it shows whether the policy is the same.
func (m PolicyAllows) check(c Claim, _ *Change) (Check, bool) {
	same := marked(m.Mark)
	if m.Mark == "" {
		same = expr("to_string(length(PolicyDocument || ''))==", Lit(fmt.Sprint(m.Length)))
	}
	return ofEndpoint(c, "allowed", same, " && 'denied by the same policy' || '"+Undecided+": the policy changed after the plan'")
}

// ofEndpoint measures a property of the endpoint of a claim.
func ofEndpoint(c Claim, want string, property ...any) (Check, bool) {
	return about(endpoints(c.VPC, nil), want, "VpcEndpoints", "VpcEndpointId", From(c.Change), property...)
}

func (s InterfaceEndpoint) uses() []Use { return InterfaceUses(len(s.Subnets)) }

func (s EndpointChange) uses() []Use { return InterfaceUses(len(s.AddSubnets)) }

// InterfaceUses returns what AWS bills for an interface endpoint: an hourly price for each zone, which is one network
// interface, and the data that it processes (https://aws.amazon.com/privatelink/pricing/).
func InterfaceUses(interfaces int) []Use {
	if interfaces == 0 {
		return nil
	}
	return []Use{{price.EndpointHour, interfaces}, {Item: price.EndpointGB}}
}

func (s InterfaceEndpoint) cloudFormation(Change) Declared {
	return block("AWS::EC2::VPCEndpoint", named(s))
}

func (s InterfaceEndpoint) importable(a Change) Block {
	return importableEndpoint(a.Existing, s.VPC, s.Service, "Interface")
}

func (s GatewayEndpoint) cloudFormation(Change) Declared {
	return block("AWS::EC2::VPCEndpoint", named(s))
}

func (s GatewayEndpoint) importable(a Change) Block {
	return importableEndpoint(a.Existing, s.VPC, s.Service, "Gateway")
}

func (s EndpointChange) cloudFormation(Change) Declared { return cannot(Owned) }

func (s EndpointChange) importable(a Change) Block {
	return importableEndpoint(cmp.Or(s.Endpoint, a.Existing), s.VPC, s.Service, s.Type)
}

package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

// airflowGaps hide which environments of Amazon MWAA there are, and what they are like.
var airflowGaps = []string{"airflow:ListEnvironments", "airflow:GetEnvironment"}

// airflowSays are the rules of Amazon MWAA that are a text in its place, besides those
// of the catalogue.
var airflowSays = map[string]string{
	"W-ACMDOM": "The listener needs a certificate for a name of your own: nobody but AWS can have one for the web server's own host name.",
	"W-MODE":   "With a public web server Amazon MWAA makes one endpoint in your VPC, to the metadata database; with a private one, or one on both sides, a second one to the web server. Each has an address in both subnets of the environment.",
}

// airflowRules are the rules of Amazon MWAA that yield rows.
var airflowRules = []RuleInfo{
	{"W-ROUTE", ClassGap, "An Airflow environment without a way out needs the endpoints s3, logs, monitoring, sqs and kms."},
	{"W-SG", ClassGap, "A security group of an Airflow environment must admit itself."},
	{"W-ALBSG", ClassGap, "The environment's security group must admit that of the way in."},
	{"W-CUSTOMER", ClassGap, "An environment that leaves its endpoints to you waits 72 hours for them."},
}

// airflowChecks are those that yield findings.
var airflowChecks = []check{
	{"W-STATUS", "An environment must be AVAILABLE.", eachAirflow((*builder).airflowStatus)},
	{"W-SUB2", "An environment is in two subnets of two zones.", eachAirflow((*builder).airflowSubnets)},
	{"W-BOTHVER", "A web server on both sides needs Airflow 3.2.1.", eachAirflow((*builder).airflowBothVersion)},
	{"W-BOTHACCESS", "A web server on both sides needs no way in of yours.", eachAirflow((*builder).airflowBoth)},
	{"W-AF3PUB", "Workers of Airflow 3 must reach the web server.", eachAirflow((*builder).airflowPublic)},
	{"W-SHARED", "In a shared VPC the account makes the endpoints.", eachAirflow((*builder).airflowShared)},
	{"W-NATPRIV", "Subnets for private routing have no route to a NAT or internet gateway.", eachAirflow((*builder).airflowNAT)},
	{"W-TGW", "With a way out by a transit gateway the endpoints are advised all the same.", eachAirflow((*builder).airflowTransit)},
	{"W-NACL", "Network ACLs must let the parts of an environment reach each other.", eachAirflow((*builder).airflowACL)},
	{"W-POLICY", "Endpoint policies must allow what an environment does.", (*builder).airflowPolicies},
	{"W-ACCESS", "A private web server needs a way in for people.", eachAirflow((*builder).airflowAccess)},
	{"W-DNS", "The host name of a private web server must lead where its endpoint service leads.", eachAirflow((*builder).airflowDNS)},
	{"", "What an environment's execution role lacks is said.", eachAirflow((*builder).airflowRole)},                   // for W-PERMS
	{"", "An environment's own endpoint must admit it.", (*builder).airflowAdmits},                                     // for G-SG443
	{"", "The groups of an environment are judged by their number and VPC.", eachAirflow((*builder).airflowGroupsFit)}, // for W-SG
	{"", "The 72 hours of an environment that waits may be over.", eachAirflow((*builder).airflowHours)},               // for W-CUSTOMER
	{"", "The list of 2023 is not the guide's any more.", func(b *builder) []Finding { return b.airflowListed() }},     // for W-ROUTE
}

// eachAirflow makes a check of all environments from one of a single environment, of
// which more than the name is known.
func eachAirflow(judge func(*builder, *inventory.Airflow) []Finding) func(*builder) []Finding {
	return func(b *builder) []Finding {
		var out []Finding
		for _, e := range b.airflows {
			if e.Known() {
				out = append(out, judge(b, e)...)
			}
		}
		return out
	}
}

// passing are states of an environment that end by themselves.
var passing = []string{"CREATING", "UPDATING", "CREATING_SNAPSHOT", "MAINTENANCE", "ROLLING_BACK"}

func (b *builder) airflowStatus(e *inventory.Airflow) []Finding {
	if e.Status == inventory.AirflowAvailable || e.Status == inventory.AirflowPending && e.ByCustomer() {
		return nil
	}
	f := Finding{Severity: Block, Resource: airflowLabel(e), Message: fmt.Sprintf("Environment %s is %s.", e.Name, e.Status),
		Fix: "See in the console of Amazon MWAA what it is about, and plan again once the environment is AVAILABLE."}
	if slices.Contains(passing, e.Status) {
		f.Fix = "Wait until it is AVAILABLE, which can take half an hour, then plan again."
	}
	if b.ans.Airflow.Environment == "" { // one among others that the plan is for as well
		f.Severity = Warn
		f.Message += " The plan goes by what it is like now."
	}
	return []Finding{f}
}

func (b *builder) airflowSubnets(e *inventory.Airflow) []Finding {
	zones := map[string]bool{}
	for _, id := range e.Subnets {
		if sub := b.net.Subnet(id); sub != nil {
			zones[sub.Zone] = true
		} else {
			zones[id] = true // not read; whatever zone it is in
		}
	}
	if len(e.Subnets) == 2 && len(zones) == 2 {
		return nil
	}
	return []Finding{{Severity: Block, Resource: airflowLabel(e), Message: fmt.Sprintf("Environment %s is in %s of %s. It must be in two, in different zones.", e.Name, count(len(e.Subnets), "subnet"), count(len(zones), "zone")),
		Fix: "The subnets of an environment cannot be changed: make a new one in two private subnets of different zones."}}
}

func (b *builder) airflowBothVersion(e *inventory.Airflow) []Finding {
	if e.Access != inventory.PublicAndPrivate || !before(e.Version, "3.2.1") {
		return nil
	}
	f := Finding{Severity: Block, Resource: airflowLabel(e), Message: fmt.Sprintf("Environment %s has its web server on both sides (PUBLIC_AND_PRIVATE), which needs Airflow 3.2.1, and runs %s.", e.Name, e.Version), Fix: "Upgrade Airflow first."}
	if !before(e.Version, "3.2") { // the API reference says 3.2
		f.Severity, f.Fix = Warn, "AWS's pages differ between 3.2 and 3.2.1. Upgrade if workers do not reach the web server."
	}
	return []Finding{f}
}

func (b *builder) airflowBoth(e *inventory.Airflow) []Finding {
	if e.Access != inventory.PublicAndPrivate {
		return nil
	}
	return []Finding{{Severity: Info, Resource: airflowLabel(e),
		Message: fmt.Sprintf("The web server of environment %s is public for people and private for its workers. People need no VPN, bastion or load balancer.", e.Name)}}
}

// closedTo tells whether an environment has a subnet without a way out.
func (b *builder) closedTo(e *inventory.Airflow) (labels []string) {
	for _, id := range e.Subnets {
		if sub := b.net.Subnet(id); sub != nil && b.egressOf(sub) == catalog.Closed {
			labels = append(labels, inventory.Label(sub.Name, sub.ID))
		}
	}
	return labels
}

func (b *builder) airflowPublic(e *inventory.Airflow) []Finding {
	closed := b.closedTo(e)
	if e.Access != inventory.PublicOnly || before(e.Version, "3") || e.Version == "" || len(closed) == 0 {
		return nil
	}
	return []Finding{{Severity: Error, Resource: airflowLabel(e),
		Message: fmt.Sprintf("Environment %s runs Airflow %s with a public web server, and there is no way out of %s. Workers of Airflow 3 report to the web server, which they cannot reach from there, so tasks fail.", e.Name, e.Version, strings.Join(closed, ", ")),
		Fix:     "Upgrade to Airflow 3.2.1 or later and choose PUBLIC_AND_PRIVATE, or choose PRIVATE_ONLY, or give the subnets a NAT gateway. No endpoint of yours leads to the web server."}}
}

func (b *builder) airflowShared(e *inventory.Airflow) []Finding {
	for _, id := range e.Subnets {
		if sub := b.net.Subnet(id); sub != nil && sub.Owner != "" && b.inv.Account != "" && sub.Owner != b.inv.Account && !e.ByCustomer() {
			return []Finding{{Severity: Error, Resource: airflowLabel(e),
				Message: fmt.Sprintf("Environment %s is in subnet %s, which account %s shares, and leaves its endpoints to Amazon MWAA. In a shared VPC the owner of the VPC has to make them.", e.Name, inventory.Label(sub.Name, sub.ID), sub.Owner),
				Fix:     "Make the environment anew with EndpointManagement CUSTOMER; the setting cannot be changed."}}
		}
	}
	return nil
}

// airflowDefault finds the subnets of an environment whose default route leads to one
// of the kinds of target.
func (b *builder) airflowDefault(e *inventory.Airflow, kinds ...string) (labels, targets []string) {
	for _, id := range e.Subnets {
		t, sub := b.net.RouteTableOf(id), b.net.Subnet(id)
		if t == nil || sub == nil {
			continue
		}
		for _, r := range t.Routes {
			if kind, _, _ := strings.Cut(r.Target, "-"); (r.CIDR == "0.0.0.0/0" || r.CIDR == "::/0") && slices.Contains(kinds, kind) {
				labels, targets = append(labels, inventory.Label(sub.Name, sub.ID)), append(targets, r.Target)
			}
		}
	}
	return unique(labels), unique(targets)
}

func (b *builder) airflowNAT(e *inventory.Airflow) []Finding {
	labels, targets := b.airflowDefault(e, "nat", "igw")
	if e.Access != inventory.PrivateOnly || len(labels) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: airflowLabel(e),
		Message: fmt.Sprintf("Environment %s has a private web server, and %s have a route to %s. For private routing, says the guide, the subnets must have no route to a NAT or internet gateway; with a way out that works, the environment does without these endpoints.", e.Name, strings.Join(labels, ", "), strings.Join(targets, ", ")),
		Fix:     "Decide for one: take those routes out once the endpoints are there, or leave the endpoints out."}}
}

func (b *builder) airflowTransit(e *inventory.Airflow) []Finding {
	labels, targets := b.airflowDefault(e, "tgw")
	if len(labels) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: airflowLabel(e),
		Message: fmt.Sprintf("%s of environment %s leave by %s. The guide advises endpoints for Amazon S3, SQS, CloudWatch (logs and monitoring) and KMS all the same, which the plan recommends.", strings.Join(labels, ", "), e.Name, strings.Join(targets, ", ")),
		Fix:     "Nothing to do: the plan holds them. Others that DAGs use go by the transit gateway."}}
}

// airflowACL judges the way between the two subnets for the metadata database. G-NACL
// speaks of TCP 443.
func (b *builder) airflowACL(e *inventory.Airflow) []Finding {
	const database = 5432
	for _, from := range e.Subnets {
		for _, to := range e.Subnets {
			x, y := b.net.Subnet(from), b.net.Subnet(to)
			if from == to || x == nil || y == nil || x.CIDR == "" || y.CIDR == "" {
				continue
			}
			for _, leg := range []struct {
				sub    *inventory.Subnet
				egress bool
				peer   string
			}{{x, true, y.CIDR}, {y, false, x.CIDR}} {
				acl := b.net.ACLOf(leg.sub.ID)
				if acl == nil {
					continue
				}
				if n, ok := decide(acl, leg.egress, leg.peer, database, database); !ok {
					return []Finding{{Severity: Warn, Resource: acl.ID,
						Message: fmt.Sprintf("Network ACL %s, %s, stops TCP %d between %s and %s, by which environment %s reaches its metadata database.", acl.ID, entryName(n), database, inventory.Label(x.Name, x.ID), inventory.Label(y.Name, y.ID), e.Name),
						Fix:     "Allow all traffic in and out in the network ACLs of both subnets, as the guide of Amazon MWAA has it; the security groups say who may."}}
				}
			}
		}
	}
	return nil
}

func (b *builder) airflowPolicies() []Finding {
	if !b.ans.Workload.MWAA() {
		return nil
	}
	var out []Finding
	for _, e := range b.ends {
		lacks := b.lacksOf(e, policy.EnvironmentGrants(e.code, b.policyFacts()))
		if e.env != nil || len(lacks) == 0 {
			continue
		}
		f := b.narrow(e, fmt.Sprintf("The policy of the %s endpoint does not allow what Airflow environments are known to do: %s. What an environment does must be allowed in each endpoint's policy and in its execution role.", e.code, byResource(lacks)))
		if f.Patch != nil {
			f.Patch = &answers.Patch{EndpointPolicy: map[string]string{e.code: answers.PolicyFull}}
			f.Fix = fmt.Sprintf("Choose full for %s under endpoint_policy, as AWS advises for environments: the plan then adds it and shows before and after; the execution role decides.", e.code)
		}
		out = append(out, f)
	}
	return out
}

// airflowAccess tells of private web servers whose groups admit nobody else, so that
// no way in can be there.
func (b *builder) airflowAccess(e *inventory.Airflow) []Finding {
	if e.Access != inventory.PrivateOnly || b.way != nil {
		return nil
	}
	for _, id := range e.Groups {
		g := b.net.Group(id)
		if g == nil || slices.ContainsFunc(g.Rules, func(r inventory.GroupRule) bool {
			return opens(r, false) && (r.Group == "" || !slices.Contains(e.Groups, r.Group))
		}) {
			return nil
		}
	}
	return []Finding{{Severity: Warn, Resource: airflowLabel(e),
		Message: fmt.Sprintf("The web server of environment %s is private, and its security groups admit nobody else on TCP 443: people have no way to it yet. Endpoints serve the environment, not its users.", e.Name),
		Fix:     "Choose a way in, in this VPC (mwaa.way_in): AWS Client VPN, a Linux bastion, or a load balancer in front of the web server's two addresses. The plan then admits that one's security group in the environment's."}}
}

func (b *builder) airflowGroupsFit(e *inventory.Airflow) []Finding {
	var foreign []string
	for _, id := range e.Groups {
		if b.net.Group(id) == nil {
			foreign = append(foreign, id)
		}
	}
	if _, denied := b.inv.Gap("ec2:DescribeSecurityGroups"); denied || !b.inv.Has(inventory.Request{Part: inventory.PartNetwork, VPC: b.ans.VPC}) {
		foreign = nil
	}
	f := Finding{Rule: "W-SG", Severity: Error, Resource: airflowLabel(e), Fix: "Give the environment one to five security groups of this VPC (UpdateEnvironment), then plan again."}
	switch n := len(e.Groups); {
	case n < 1 || n > 5:
		f.Message = fmt.Sprintf("Environment %s has %s; it must have one to five.", e.Name, count(n, "security group"))
	case len(foreign) > 0:
		f.Message = fmt.Sprintf("Environment %s has security groups that are not in this VPC: %s.", e.Name, strings.Join(foreign, ", "))
	default:
		return nil
	}
	return []Finding{f}
}

func (b *builder) airflowHours(e *inventory.Airflow) []Finding {
	left := e.HoursLeft()
	if e.Status != inventory.AirflowPending || !e.ByCustomer() || left >= 12 {
		return nil
	}
	f := Finding{Rule: "W-CUSTOMER", Severity: Warn, Resource: airflowLabel(e),
		Message: fmt.Sprintf("Environment %s waits for its endpoints since %s; of its 72 hours %d were left when the account was read.", e.Name, e.Created, left),
		Fix:     "Make them soon."}
	if left < 1 {
		f.Severity, f.Fix = Error, "Delete the environment and make it anew, then make its endpoints within 72 hours. Accept this only if it still shows PENDING."
		f.Message = fmt.Sprintf("Environment %s waits for its endpoints since %s, and its 72 hours are over: Amazon MWAA lets the creation fail.", e.Name, e.Created)
	}
	return []Finding{f}
}

// airflowListed tells what the list of 2023 costs.
func (b *builder) airflowListed() []Finding {
	if b.ans.Airflow.Endpoints != answers.Endpoints2023 {
		return nil
	}
	return []Finding{{Rule: "W-ROUTE", Severity: Info, Resource: "mwaa.endpoints",
		Message: "The answers ask for the list of endpoints in the user guide of 2023. Today's guide does without Amazon ECR and the three airflow endpoints, and each is billed by the hour and zone.",
		Fix:     "Leave endpoints: 2023 out unless something was seen to need them."}}
}

// airflowAdmits tells of an environment's own endpoints whose groups do not admit the
// environment.
func (b *builder) airflowAdmits() []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		if e.env == nil {
			continue
		}
		src := source{groups: e.env.Groups}
		if len(b.admits(b.rulesOf(e), src)) > 0 {
			continue
		}
		out = append(out, Finding{Rule: "G-SG443", Severity: Error, Resource: b.whose(e), Rows: []ID{e.id},
			Message: fmt.Sprintf("The security groups of the %s endpoint do not admit TCP 443 from %s, the groups of environment %s.", e.code, src, e.env.Name),
			Fix:     "Give the endpoint the security groups of the environment, or admit them in one of its own."})
	}
	return out
}

// byResource puts what is lacking together that is lacking on the same resource.
func byResource(lacks []string) string {
	var order []string
	on := map[string][]string{}
	for _, l := range lacks {
		action, resource, _ := strings.Cut(l, " on ")
		if on[resource] == nil {
			order = append(order, resource)
		}
		on[resource] = append(on[resource], action)
	}
	for i, resource := range order {
		order[i] = upTo(on[resource], 6) + " on " + resource
	}
	return upTo(order, 3)
}

// airflowUses are actions that show whether a role was let use a service at all, by the
// needs that ask for it.
var airflowUses = []struct{ need, action string }{{"secretsmanager", "secretsmanager:GetSecretValue"}, {"ssm-parameters", "ssm:GetParameter"}}

// airflowRole tells what the execution role of an environment lacks of what environments
// are known to do, as far as its own policies show: an endpoint gives no permission
// (W-PERMS). What hangs on a condition counts as allowed.
func (b *builder) airflowRole(e *inventory.Airflow) []Finding {
	role := b.inv.Role(e.ExecutionRole)
	if role == nil || len(role.Policies) == 0 {
		return nil
	}
	facts := policy.Facts{Partition: b.partition(), Region: b.ans.Region, Account: b.inv.Account, MWAA: true, Buckets: []string{e.Bucket}}
	for _, g := range e.LogGroups {
		facts.LogGroups = append(facts.LogGroups, strings.TrimSuffix(g, ":*"))
	}
	if e.KMSKey != "" {
		facts.Keys = []string{e.KMSKey}
	}
	var lacks []string
	for _, code := range []string{"s3", "logs", "monitoring", "sqs", "kms"} {
		for _, g := range policy.EnvironmentGrants(code, facts) {
			if g.AnyPrincipal || code == "kms" && e.KMSKey == "" { // not the role's; a key of AWS's is used in a service's name
				continue
			}
			resource := g.Resources[0]
			if code == "sqs" && e.Queue != "" {
				resource = e.Queue
			}
			for _, action := range g.Actions {
				if allowed, sure := b.allows(e.ExecutionRole, action, resource); !allowed && sure {
					lacks = append(lacks, action+" on "+resource)
				}
			}
		}
	}
	for _, use := range airflowUses {
		if b.ans.Needs != nil && slices.Contains(*b.ans.Needs, use.need) && !policy.RoleNames(use.action, role.Documents()...) {
			lacks = append(lacks, use.action+" on what is to be read")
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return []Finding{{Rule: "W-PERMS", Severity: Warn, Resource: e.ExecutionRole,
		Message: fmt.Sprintf("The execution role of environment %s, %s, is not seen to allow %s. Endpoints give no permission: without it in the role too, the environment cannot do that.", e.Name, role.Name, byResource(lacks)),
		Fix:     "Allow it in the role's policy (Amazon MWAA user guide, execution role). What another policy allows or denies, such as that of an organization, is not seen here."}}
}

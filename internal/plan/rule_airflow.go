package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// airflowTexts are the Amazon MWAA rules that are only a text, in addition to those of the catalog.
var airflowTexts = map[string]string{
	"W-ACMDOM": "You cannot get a certificate for the host name of the web server, so use your own domain name.",
	"W-MODE":   "With a public web server, Amazon MWAA creates one endpoint in your VPC, for the metadata database. With a private web server, or PUBLIC_AND_PRIVATE, it creates a second one for the web server. Each has an address in both subnets of the environment.",
}

// airflowRules are the Amazon MWAA rules that create changes.
var airflowRules = []RuleInfo{
	{"W-ROUTE", ClassGap, "An Airflow environment without internet access needs the endpoints s3, logs, monitoring, sqs and kms."},
	{"W-SG", ClassGap, "A security group of an Airflow environment must allow traffic from itself."},
	{"W-ALBSG", ClassGap, "The environment's security group must allow traffic from the security group of the access method."},
	{"W-CUSTOMER", ClassGap, "An environment with customer-managed endpoints waits 72 hours for them."},
}

// airflowChecks are the Amazon MWAA rules that create findings.
var airflowChecks = []check{
	{"W-STATUS", "An environment must be AVAILABLE.", eachAirflow((*builder).airflowStatus)},
	{"W-SUB2", "An environment must be in two subnets of two Availability Zones.", eachAirflow((*builder).airflowSubnets)},
	{"W-BOTHVER", "A PUBLIC_AND_PRIVATE web server needs Airflow 3.2.1.", eachAirflow((*builder).airflowBothVersion)},
	{"W-BOTHACCESS", "A PUBLIC_AND_PRIVATE web server needs no access method of your own.", eachAirflow((*builder).airflowBoth)},
	{"W-AF3PUB", "Workers of Airflow 3 must reach the web server.", eachAirflow((*builder).airflowPublic)},
	{"W-SHARED", "In a shared VPC, the account that owns the VPC creates the endpoints.", eachAirflow((*builder).airflowShared)},
	{"W-NATPRIV", "Subnets for private routing must not have a route to a NAT or internet gateway.", eachAirflow((*builder).airflowNAT)},
	{"W-TGW", "With internet access through a transit gateway, AWS still recommends the endpoints.", eachAirflow((*builder).airflowTransit)},
	{"W-NACL", "Network ACLs must allow traffic between the components of an environment.", eachAirflow((*builder).airflowACL)},
	{"W-POLICY", "Endpoint policies must allow what an environment does.", (*builder).airflowPolicies},
	{"W-ACCESS", "A private web server needs an access method for people.", eachAirflow((*builder).airflowAccess)},
	{"W-DNS", "The host name of a private web server must resolve to its endpoint service.", eachAirflow((*builder).airflowDNS)},
	{"", "Permissions that an environment's execution role lacks are reported.", eachAirflow((*builder).airflowRole)},       // for W-PERMS
	{"", "An environment's own endpoint must allow traffic from it.", (*builder).airflowAdmits},                             // for G-SG443
	{"", "An environment must have one to five security groups, all in its VPC.", eachAirflow((*builder).airflowGroupsFit)}, // for W-SG
	{"", "The 72 hours of a waiting environment may be over.", eachAirflow((*builder).airflowHours)},                        // for W-CUSTOMER
	{"", "The endpoint list of 2023 is outdated.", func(b *builder) []Finding { return b.airflowListed() }},                 // for W-ROUTE
}

// eachAirflow returns a check of all environments from a check of one. It skips environments
// with unknown settings.
func eachAirflow(judge func(*builder, *inventory.Airflow) []Finding) func(*builder) []Finding {
	return func(b *builder) []Finding {
		var out []Finding
		for _, e := range b.Airflows {
			if e.Known() {
				out = append(out, judge(b, e)...)
			}
		}
		return out
	}
}

// passing are the states of an environment that end without help.
var passing = []string{"CREATING", "UPDATING", "CREATING_SNAPSHOT", "MAINTENANCE", "ROLLING_BACK"}

func (b *builder) airflowStatus(e *inventory.Airflow) []Finding {
	if e.Status == inventory.AirflowAvailable || e.Status == inventory.AirflowPending && e.ByCustomer() {
		return nil
	}
	f := Finding{Severity: Block, Resource: airflowLabel(e), Message: fmt.Sprintf("Environment %s is %s.", e.Name, e.Status),
		Fix: "Check the environment in the Amazon MWAA console, and plan again when it is AVAILABLE."}
	if slices.Contains(passing, e.Status) {
		f.Fix = "Wait until it is AVAILABLE, which can take 30 minutes, then plan again."
	}
	if b.updates(e) {
		f.Severity, f.Fix = Warn, "The change of its options waits until it is AVAILABLE, which can take 30 minutes. All other changes do not wait."
	}
	if b.Ans.Airflow.Environment == "" { // one of several environments that the plan serves
		f.Severity = Warn
		f.Message += " The plan uses its present settings."
	}
	return []Finding{f}
}

// updates reports whether an environment is being updated and the answers ask for an update themselves. An earlier run
// may have begun it.
func (b *builder) updates(e *inventory.Airflow) bool {
	return e.Status == "UPDATING" && b.Ans.Airflow.LoadBalancer.BaseURL
}

func (b *builder) airflowSubnets(e *inventory.Airflow) []Finding {
	zones := map[string]bool{}
	for _, id := range e.Subnets {
		if sub := b.Net.Subnet(id); sub != nil {
			zones[sub.Zone] = true
		} else {
			zones[id] = true // not read; assume a separate zone
		}
	}
	if len(e.Subnets) == 2 && len(zones) == 2 {
		return nil
	}
	return []Finding{{Severity: Block, Resource: airflowLabel(e), Message: fmt.Sprintf("Environment %s has %s in %s. It must have two, in different Availability Zones.", e.Name, words.Count(len(e.Subnets), "subnet"), words.Count(len(zones), "zone")),
		Fix: "The subnets of an environment cannot be changed: create a new environment in two private subnets of different Availability Zones."}}
}

func (b *builder) airflowBothVersion(e *inventory.Airflow) []Finding {
	if e.Access != inventory.PublicAndPrivate || !before(e.Version, "3.2.1") {
		return nil
	}
	f := Finding{Severity: Block, Resource: airflowLabel(e), Message: fmt.Sprintf("The web server of environment %s is PUBLIC_AND_PRIVATE, which needs Airflow 3.2.1; the environment runs %s.", e.Name, e.Version), Fix: "Upgrade Airflow first."}
	if !before(e.Version, "3.2") { // the API reference says 3.2
		f.Severity, f.Fix = Warn, "AWS's pages give both 3.2 and 3.2.1. Upgrade if workers do not reach the web server."
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

// closedTo returns the labels of an environment's subnets without internet access.
func (b *builder) closedTo(e *inventory.Airflow) (labels []string) {
	for _, id := range e.Subnets {
		if sub := b.Net.Subnet(id); sub != nil && b.egressOf(sub) == catalog.Closed {
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
		Message: fmt.Sprintf("Environment %s runs Airflow %s with a public web server. Its workers must reach the web server, but there is no internet access from %s. Tasks fail.", e.Name, e.Version, strings.Join(closed, ", ")),
		Fix:     "Upgrade to Airflow 3.2.1 or later and choose PUBLIC_AND_PRIVATE, or choose PRIVATE_ONLY, or give the subnets a NAT gateway. None of your endpoints connects to the web server."}}
}

func (b *builder) airflowShared(e *inventory.Airflow) []Finding {
	for _, id := range e.Subnets {
		if sub := b.Net.Subnet(id); sub != nil && sub.Owner != "" && b.Inv.Account != "" && sub.Owner != b.Inv.Account && !e.ByCustomer() {
			return []Finding{{Severity: Error, Resource: airflowLabel(e),
				Message: fmt.Sprintf("Environment %s is in subnet %s, which account %s shares, but its endpoints are managed by Amazon MWAA. In a shared VPC the owner of the VPC must create them.", e.Name, inventory.Label(sub.Name, sub.ID), sub.Owner),
				Fix:     "Create the environment again with EndpointManagement CUSTOMER; the setting cannot be changed."}}
		}
	}
	return nil
}

// airflowDefault returns the subnets of an environment with a default route, or half of one, to one of
// these kinds of target, and the targets.
func (b *builder) airflowDefault(e *inventory.Airflow, kinds ...string) (labels, targets []string) {
	for _, id := range e.Subnets {
		t, sub := b.Net.RouteTableOf(id), b.Net.Subnet(id)
		if t == nil || sub == nil {
			continue
		}
		all, _ := destinations(b.Net.Network, t)
		for _, d := range all {
			if kind, _, _ := strings.Cut(d.route.Target, "-"); d.block.Bits() <= 1 && slices.Contains(kinds, kind) {
				labels, targets = append(labels, inventory.Label(sub.Name, sub.ID)), append(targets, d.route.Target)
			}
		}
	}
	return workload.Unique(labels), workload.Unique(targets)
}

func (b *builder) airflowNAT(e *inventory.Airflow) []Finding {
	labels, targets := b.airflowDefault(e, "nat", "igw")
	if e.Access != inventory.PrivateOnly || len(labels) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: airflowLabel(e),
		Message: fmt.Sprintf("Environment %s has a private web server, and %s have a route to %s. For private routing the user guide does not allow routes to a NAT or internet gateway. With working internet access the environment does not need these endpoints.", e.Name, strings.Join(labels, ", "), strings.Join(targets, ", ")),
		Fix:     "Choose one: remove those routes after the endpoints are created, or leave out the endpoints."}}
}

func (b *builder) airflowTransit(e *inventory.Airflow) []Finding {
	labels, targets := b.airflowDefault(e, "tgw")
	if len(labels) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: airflowLabel(e),
		Message: fmt.Sprintf("%s of environment %s use %s for other traffic. The user guide still recommends endpoints for Amazon S3, SQS, CloudWatch (logs and monitoring) and KMS, and so does the plan.", strings.Join(labels, ", "), e.Name, strings.Join(targets, ", ")),
		Fix:     "Nothing to do: the plan contains them. Traffic of DAGs to other services uses the transit gateway."}}
}

// databasePort is the port of an environment's metadata database (Amazon MWAA user guide, Security in
// your VPC).
const databasePort = 5432

// airflowACL checks the path between the two subnets to the metadata database. G-NACL covers TCP
// 443.
func (b *builder) airflowACL(e *inventory.Airflow) []Finding {
	d := b.denies(b.databaseLegs(e))
	if d == nil {
		return nil
	}
	return []Finding{{Severity: d.severity(), Resource: d.acl.ID,
		Message: fmt.Sprintf("Between the subnets of environment %s: %s. The environment needs TCP %d there to reach its metadata database.", e.Name, d, databasePort),
		Fix:     "Allow all traffic in and out in the network ACLs of both subnets, as in the Amazon MWAA user guide. The security groups restrict the traffic."}}
}

// databaseLegs returns the traffic between an environment's subnets to its metadata database.
func (b *builder) databaseLegs(e *inventory.Airflow) []leg {
	var out []leg
	subs := b.subnetsOf(e.Subnets)
	for _, from := range subs {
		for _, to := range subs {
			out = append(out, b.legs(from, to, databasePort)...)
		}
	}
	return out
}

func (b *builder) airflowPolicies() []Finding {
	if !b.Workload.ServiceCalls {
		return nil
	}
	var out []Finding
	for _, e := range b.endpoints {
		if e.env != nil {
			continue
		}
		j := b.judgePolicy(e, b.grantsOf(e))
		j.word = answers.PolicyFull
		if len(j.denied) > 0 {
			f := b.narrow(j, fmt.Sprintf("The policy of the %s endpoint does not allow what Airflow environments do: %s.%s Each endpoint policy and the execution role must allow what an environment does.", e.code, byResource(texts(j.denied)), because(j.denied)))
			f.Fix = j.fix(b, fmt.Sprintf("Press f on the review screen (answers file: set endpoint_policy.%s to full), as AWS recommends for environments. The plan then adds a statement that allows all actions. The execution role restricts access.", e.code))
			out = append(out, f)
		}
		out = append(out, b.undecided(j, "", "what Airflow environments do")...)
	}
	return out
}

// airflowAccess reports private web servers with security groups that allow no traffic from outside
// the environment, so that no access method can work.
func (b *builder) airflowAccess(e *inventory.Airflow) []Finding {
	if e.Access != inventory.PrivateOnly || b.access != nil || len(e.Groups) == 0 { // W-SG reports that it has no groups
		return nil
	}
	for _, id := range e.Groups {
		g := b.Net.Group(id)
		if g == nil || slices.ContainsFunc(g.Rules, func(r inventory.GroupRule) bool {
			return opens(r, false) && (r.Group == "" || !slices.Contains(e.Groups, r.Group))
		}) {
			return nil
		}
	}
	return []Finding{{Severity: Warn, Resource: airflowLabel(e),
		Message: fmt.Sprintf("The web server of environment %s is private, and its security groups allow no other clients on TCP 443. People cannot reach it yet. The endpoints do not give users access to the web server.", e.Name),
		Fix:     "Choose an access method on the screen Access method (answers file: mwaa.way_in): AWS Client VPN, a Linux bastion, or a load balancer in front of the web server's two addresses. The plan then allows traffic from it in the environment's security group."}}
}

func (b *builder) airflowGroupsFit(e *inventory.Airflow) []Finding {
	var foreign []string
	for _, id := range e.Groups {
		if b.Net.Group(id) == nil {
			foreign = append(foreign, id)
		}
	}
	if _, denied := b.Inv.Gap("ec2:DescribeSecurityGroups"); denied || !b.Inv.Has(inventory.Request{Part: inventory.PartNetwork, VPC: b.Ans.VPC}) {
		foreign = nil
	}
	f := Finding{Rule: "W-SG", Severity: Error, Resource: airflowLabel(e), Fix: "Give the environment one to five security groups of this VPC (UpdateEnvironment), then plan again."}
	switch n := len(e.Groups); {
	case n < 1 || n > 5:
		f.Message = fmt.Sprintf("Environment %s has %s. It must have one to five.", e.Name, words.Count(n, "security group"))
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
		Message: fmt.Sprintf("Environment %s waits for its endpoints since %s. When the account was read, %d of its 72 hours were left.", e.Name, e.Created, left),
		Fix:     "Create them soon."}
	if left < 1 {
		f.Severity, f.Fix = Error, "Delete the environment and create it again, then create its endpoints within 72 hours. Accept this only if it still shows PENDING."
		f.Message = fmt.Sprintf("Environment %s waits for its endpoints since %s, and its 72 hours are over. Its creation fails.", e.Name, e.Created)
	}
	return []Finding{f}
}

// airflowListed reports the cost of the endpoint list of 2023.
func (b *builder) airflowListed() []Finding {
	if b.Ans.Airflow.Endpoints != answers.Endpoints2023 {
		return nil
	}
	return []Finding{{Rule: "W-ROUTE", Severity: Info, Resource: "mwaa.endpoints",
		Message: "The answers ask for the endpoint list of the 2023 user guide. Today's list of required endpoints does not have Amazon ECR and the three airflow endpoints, but other parts of today's guide disagree. Each is billed per hour and Availability Zone.",
		Fix:     "If the environment works without them, remove endpoints: 2023 from the answers file."}}
}

// airflowAdmits reports an environment's own endpoints with groups that do not allow traffic from
// the environment.
func (b *builder) airflowAdmits() []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		if e.env == nil {
			continue
		}
		src := source{groups: e.env.Groups}
		if !b.groupsKnown(e) || len(e.env.Groups) == 0 || len(b.allowingRules(b.rulesOf(e), src)) > 0 {
			continue
		}
		out = append(out, Finding{Rule: "G-SG443", Severity: Error, Resource: b.whose(e), Changes: []resource.ID{e.id},
			Message: fmt.Sprintf("The security groups of the %s endpoint do not allow TCP 443 from %s, the groups of environment %s.", e.code, src, e.env.Name),
			Fix:     "Give the endpoint the security groups of the environment, or allow them in one of its groups."})
	}
	return out
}

// byResource groups missing actions by their resource.
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
		order[i] = words.UpTo(on[resource], 6) + " on " + resource
	}
	return words.UpTo(order, 3)
}

// airflowUses are actions that show whether a role may use a service, by the needs that ask for it.
var airflowUses = []struct{ need, action string }{{"secretsmanager", "secretsmanager:GetSecretValue"}, {"ssm-parameters", "ssm:GetParameter"}}

// airflowRole reports the known actions of environments that an execution role does not allow, or for
// which that cannot be decided, as far as its own policies show. An endpoint gives no permission
// (W-PERMS). Amazon SQS uses the environment's key for the Celery queue (Amazon MWAA user guide,
// execution role, sample policy for a customer managed key).
func (b *builder) airflowRole(e *inventory.Airflow) []Finding {
	role := b.Inv.Role(e.ExecutionRole)
	if role == nil || len(role.Policies) == 0 {
		return nil
	}
	facts := policy.Facts{Partition: b.Partition(), Region: b.Ans.Region, Account: b.Inv.Account, MWAA: true, Buckets: []string{e.Bucket}}
	for _, g := range e.LogGroups {
		facts.LogGroups = append(facts.LogGroups, strings.TrimSuffix(g, ":*"))
	}
	if e.KMSKey != "" {
		facts.Keys = []string{e.KMSKey}
	}
	caller := policy.Caller{Account: b.Inv.Account, Region: b.Ans.Region, Roles: []string{role.ARN}}
	var denied, undecided []policy.Lack
	add := func(l policy.Lack) {
		if l.Role = ""; l.Unsure {
			undecided = append(undecided, l)
		} else {
			denied = append(denied, l)
		}
	}
	for _, code := range []string{"s3", "logs", "monitoring", "sqs", "kms"} {
		for _, g := range policy.EnvironmentGrants(code, facts) {
			if g.AnyPrincipal || code == "kms" && e.KMSKey == "" { // not of the role; a key of AWS is used by a service
				continue
			}
			g.Resources = g.Resources[:1]
			switch {
			case code == "sqs" && e.Queue != "":
				g.Resources = []string{e.Queue}
			case code == "kms":
				g.Via = "sqs." + b.Ans.Region + "." + catalog.DNSSuffix(b.Partition())
			}
			for _, l := range policy.RoleLacks([]policy.Grant{g}, caller, named(role)...) {
				add(l)
			}
		}
	}
	for _, use := range airflowUses {
		if b.Ans.Needs == nil || !slices.Contains(*b.Ans.Needs, use.need) {
			continue
		}
		if l, ok := policy.RoleLacksEverywhere(use.action, caller, named(role)...); !ok {
			add(l)
		}
	}
	var out []Finding
	if len(denied) > 0 {
		out = append(out, Finding{Rule: "W-PERMS", Severity: Warn, Resource: e.ExecutionRole,
			Message: fmt.Sprintf("The execution role of environment %s, %s, does not seem to allow %s.%s Endpoints give no permissions: the environment needs them in the role too.", e.Name, role.Name, byResource(texts(denied)), because(denied)),
			Fix:     "Allow it in the role's policy (Amazon MWAA user guide, execution role). The wizard does not see other policies, such as those of an organization."})
	}
	if len(undecided) > 0 {
		out = append(out, Finding{Rule: "W-PERMS", Severity: Warn, Resource: e.ExecutionRole,
			Message: fmt.Sprintf("The wizard cannot decide whether the execution role of environment %s, %s, allows %s.%s", e.Name, role.Name, byResource(texts(undecided)), because(undecided)),
			Fix:     "Check these statements of the role against the calls of the environment."})
	}
	return out
}

// airflowDNS reports host names that do not resolve to the endpoint service.
func (b *builder) airflowDNS(e *inventory.Airflow) []Finding {
	_, differ := workload.WebserverByDNS(b.Net.Network, e)
	if len(differ) == 0 {
		return nil
	}
	f := Finding{Severity: Warn, Resource: airflowLabel(e),
		Message: fmt.Sprintf("The host name of the web server of environment %s, %s, does not resolve to its endpoint service: %s. The computer that read the account resolved the name. A browser there, and other clients that use the name, may not reach the web server.", e.Name, e.WebserverURL, strings.Join(differ, "; ")),
		Fix: "If the environment's endpoint was replaced recently, check again in a few minutes. Otherwise find the source of the wrong answer: a hosts file, a DNS server of the VPC or of your office, or a private hosted zone for that name. " +
			"The addresses of the endpoint service are correct. Update copies of other addresses, such as a load balancer's targets."}
	if id := ownID(e, "webserver"); b.endpoint(id) != nil {
		f.Changes = []resource.ID{id}
	}
	return []Finding{f}
}

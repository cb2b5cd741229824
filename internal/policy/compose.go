package policy

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sidPrefix is the prefix of the Sid of every statement that Least writes. Eight hexadecimal digits
// follow, a hash of the whole document.
const sidPrefix = "PrivateLinkWizard"

// Least returns the least-privilege policy for the endpoint of a service code: the grants of Grants
// for principals of the account, and nothing else. If the calls of the workload are not known, it
// allows the service's actions for the account. cuts lists what the policy may block, and where it
// allows more than the minimum.
func Least(code string, f Facts) (doc string, cuts []string) {
	grants := Grants(code, f)
	if len(grants) == 0 {
		grants = AnyCall(code)
		if code == "s3" && f.MWAA {
			grants = append(grants, Grants(code, Facts{Partition: f.Partition, Region: f.Region, Account: f.Account})...)
		}
	}
	cuts = cutOff(code, f)
	doc = compose(grants, f.Account)
	for _, widen := range []func(string) string{ofItsKind, func(string) string { return "*" }} {
		if utf8.RuneCountInString(doc) <= MaxLength {
			return doc, cuts
		}
		for i := range grants {
			grants[i].Resources = sortedSet(grants[i].Resources, widen)
		}
		doc = compose(grants, f.Account)
		if utf8.RuneCountInString(doc) <= MaxLength {
			cuts = append([]string{fmt.Sprintf("The policy allows more than the minimum: with every resource it would exceed the %d characters that AWS allows, so it uses patterns.", MaxLength)}, cuts...)
		}
	}
	return doc, cuts
}

// ofItsKind returns the pattern of all resources of the kind of an ARN in its account: repository/*,
// or all objects of a bucket.
func ofItsKind(arn string) string {
	part := strings.SplitN(arn, ":", 6)
	if len(part) < 6 {
		return "*"
	}
	at := strings.IndexAny(part[5], "/:")
	if at < 0 {
		return "*"
	}
	part[5] = part[5][:at+1] + "*"
	return strings.Join(part, ":")
}

// compose writes the grants as statements. Grants on the same resources share a statement, and so do
// resources with the same actions.
func compose(grants []Grant, account string) string {
	var merged []Grant
	put := func(g Grant, same func(Grant) bool, join func(*Grant)) {
		if i := slices.IndexFunc(merged, same); i >= 0 {
			join(&merged[i])
			return
		}
		merged = append(merged, g)
	}
	union := func(a, b []string) []string {
		return sortedSet(slices.Concat(a, b), func(s string) string { return s })
	}
	for _, g := range grants {
		put(Grant{Actions: union(g.Actions, nil), Resources: union(g.Resources, nil), AnyPrincipal: g.AnyPrincipal},
			func(m Grant) bool {
				return m.AnyPrincipal == g.AnyPrincipal && slices.Equal(m.Resources, union(g.Resources, nil))
			},
			func(m *Grant) { m.Actions = union(m.Actions, g.Actions) })
	}
	first := merged
	merged = nil
	for _, g := range first {
		put(g, func(m Grant) bool { return m.AnyPrincipal == g.AnyPrincipal && slices.Equal(m.Actions, g.Actions) },
			func(m *Grant) { m.Resources = union(m.Resources, g.Resources) })
	}
	var statements []*node
	for _, g := range merged {
		// ecs:* includes ecs:Poll.
		all := g.Actions
		g.Actions = slices.DeleteFunc(slices.Clone(all), func(a string) bool {
			return slices.ContainsFunc(all, func(o string) bool { return o != a && covers(o, a) })
		})
		s := object("Effect", str("Allow"), "Principal", str("*"), "Action", list(g.Actions), "Resource", list(g.Resources))
		if !g.AnyPrincipal && account != "" {
			s.keys, s.items = append(s.keys, "Condition"), append(s.items, object("StringEquals", object("aws:PrincipalAccount", str(account))))
		}
		statements = append(statements, s)
	}
	root := object("Version", str("2012-10-17"), "Statement", &node{kind: '[', items: statements})
	hash := fnv.New32a()
	hash.Write([]byte(root.print(true)))
	for i, s := range statements {
		sid := fmt.Sprintf("%s%08x", sidPrefix, hash.Sum32())
		if i > 0 {
			sid += strconv.Itoa(i + 1)
		}
		s.keys, s.items = slices.Insert(s.keys, 0, "Sid"), slices.Insert(s.items, 0, str(sid))
	}
	return root.fitted()
}

// Sid returns the Sid that identifies a policy from Least or Mark: the Sid of its last statement,
// because Add appends new statements to existing ones. It is empty for other policies.
func Sid(doc string) string {
	d, err := Parse(doc)
	if err != nil {
		return ""
	}
	for _, s := range slices.Backward(d.statements) {
		_, hash, ok := strings.Cut(s.sid, sidPrefix)
		if ok && len(hash) >= 8 && strings.Trim(hash, "0123456789abcdef") == "" {
			return s.sid
		}
	}
	return ""
}

// cutOff returns what Least may block at the endpoint of a service code.
func cutOff(code string, f Facts) []string {
	var cuts []string
	say := func(when bool, text string) {
		if when {
			cuts = append(cuts, text)
		}
	}
	account := f.Account != ""
	say(!account, "The policy allows more than the minimum: the account is not known, so it has no condition on the account.")
	say(f.MWAA, "Calls of Amazon MWAA itself that do not come from principals of this account. AWS recommends full access for endpoints that an environment uses.")
	if f.MWAA {
		return cuts
	}
	switch code = strings.Replace(code, "-fips", "", 1); code {
	case "ecs-agent", "ecs-telemetry", "ecs":
		say(f.Instances && account, "Container instances that are registered in another account.")
		say(!f.Instances, "Container instances (EC2), if they need more than the agents of AWS Fargate. AWS does not document the principals and resources of those agents, so the policy does not restrict them.")
		say(code == "ecs-agent" && f.ServiceConnect, "The calls of Service Connect proxies are not documented by AWS, so all actions of Amazon ECS are allowed and nothing is known to be blocked.")
		say(code == "ecs-agent" && !f.ServiceConnect, "Service Connect, which manages its proxies through this endpoint.")
		say(code == "ecs" && !f.Callers, "Administration tools, pipelines and code in the VPC that call the Amazon ECS API (RunTask, UpdateService, ExecuteCommand, Describe…).")
		say(code == "ecs" && f.Callers, "Administration tools and pipelines in the VPC that create, register or delete.")
		say(code == "ecs" && f.Instances, "An agent that should create the default cluster (ecs:CreateCluster).")
	case "ecr.api", "ecr.dkr":
		say(len(f.Repositories) > 0, "Images of other repositories: those of other teams, and of later task definitions.")
		say(len(f.Repositories) == 0, "Images of repositories in other accounts.")
		say(true, "The agent of GuardDuty Runtime Monitoring, because its image is in a repository of AWS.")
		say(true, "Pushes and other management of repositories from inside the VPC, and the first pull through a pull-through cache.")
	case "s3":
		say(true, "All other use of Amazon S3 from the subnets with a route to this endpoint: application data, buckets of other teams, CloudFormation signals, backups.")
		say(len(f.Objects) == 0, "Environment files in Amazon S3.")
		say(f.Instances, "Downloads of hosts from other buckets: the bucket names of the ECS agent and of Amazon Linux come from observation, not from a guide, and AWS may use others. "+
			"The packages of ecs-init come from one Region of the partition. A gateway endpoint in another Region does not reach it.")
		say(!f.Instances, "Hosts (EC2) in the same subnets that install updates from Amazon's package repositories.")
		say(!f.RunCommand, "The SSM Agent's own buckets: updates, packages, patches.")
	case "logs":
		say(len(f.LogGroups) > 0, "Log groups of other workloads in the VPC, including ECS Exec session logs and Container Insights.")
		say(true, "Clients in the VPC that read logs.")
	case "secretsmanager":
		say(len(f.Secrets) > 0, "Secrets of other workloads in the VPC, and later secrets.")
		say(true, "Code and tools in the VPC that list, create or rotate secrets.")
	case "ssm":
		say(!f.RunCommand, "The SSM Agent of instances in the VPC: Run Command, Session Manager, patches.")
		say(len(f.Parameters) > 0, "Parameters of other workloads in the VPC.")
		say(true, "Code in the VPC that reads parameters with calls other than GetParameters.")
	case "ssmmessages", "ec2messages":
		say(account, "Agents that use roles of other accounts.")
	case "kms":
		say(len(f.Keys) > 0, "Use of other keys from inside the VPC.")
		say(true, "Code in the VPC that signs, or creates grants and keys.")
	case "monitoring":
		say(true, "Clients in the VPC that read metrics or manage alarms.")
	case "batch":
		say(true, "Clients in the VPC that do more than submit, list and describe jobs: TerminateJob, CancelJob, RegisterJobDefinition, …")
	default:
		say(account, "Clients in the VPC that are principals of other accounts.")
	}
	return cuts
}

// Example returns the example policy of AWS's user guides for the endpoint of a service code, with
// notes about it. ok reports whether an example exists. Sources: AWS Batch user guide and Amazon ECS
// developer guide, VPC endpoints.
func Example(code string, f Facts) (doc, note string, ok bool) {
	var actions []string
	switch code {
	case "batch":
		actions = []string{"batch:SubmitJob", "batch:ListJobs", "batch:DescribeJobs"}
		note = "This is the example of the AWS Batch user guide: everybody may submit, list and describe jobs, and the endpoint allows nothing else."
	case "ecs":
		actions = []string{"ecs:CreateCluster", "ecs:ListClusters"}
		note = "This is the example of the Amazon ECS developer guide: everybody may create and list clusters, and the endpoint allows nothing else. " +
			"The wizard added its Principal, because AWS PrivateLink rejects a policy without one. "
		if f.Instances {
			note += "It blocks the agents of the container instances in this VPC: they cannot register, report tasks or find their control endpoint (DiscoverPollEndpoint)."
		} else {
			note += "It blocks container agents: they could not register, report tasks or find their control endpoint (DiscoverPollEndpoint)."
		}
	default:
		return "", "", false
	}
	statement := object("Principal", str("*"), "Effect", str("Allow"), "Action", list(actions), "Resource", str("*"))
	return object("Statement", &node{kind: '[', items: []*node{statement}}).print(false), note, true
}

// Add returns the existing policy with the missing statements of another policy after its own. It
// removes and restricts nothing, so it rejects statements that deny. What the existing policy denies
// stays denied. If nothing is missing, it returns the existing policy unchanged.
func Add(existing, add string) (string, error) {
	news, err := Parse(add)
	if err != nil {
		return "", fmt.Errorf("the policy to add: %w", err)
	}
	if Full(existing) {
		return existing, nil
	}
	old, err := Parse(existing)
	if err != nil {
		return "", fmt.Errorf("the existing policy: %w", err)
	}
	if old.root.get("Statement") == nil {
		return "", errors.New("the existing policy has no Statement to add to")
	}
	at := slices.Index(old.root.keys, "Statement")
	statements := &node{kind: '[', items: slices.Clone(old.root.items[at].elements())}
	sids := map[string]bool{}
	for _, s := range old.statements {
		sids[s.sid] = true
	}
	for i, s := range news.statements {
		if slices.ContainsFunc(old.statements, s.heldBy) {
			continue
		}
		if s.effect != "Allow" {
			return "", fmt.Errorf("the policy to add: statement %d restricts access; statements must allow", i+1)
		}
		n := &node{kind: '{', keys: s.keys, items: slices.Clone(s.items)}
		if s.sid != "" {
			sid := s.sid // a Sid must be unique in a policy
			for try := 2; sids[sid]; try++ {
				sid = s.sid + strconv.Itoa(try)
			}
			sids[sid] = true
			n.items[slices.Index(n.keys, "Sid")] = str(sid)
		}
		statements.items = append(statements.items, n)
		old.statements = append(old.statements, newStatement(n))
	}
	if len(statements.items) == len(old.root.items[at].elements()) {
		return existing, nil
	}
	root := &node{kind: '{', keys: old.root.keys, items: slices.Clone(old.root.items)}
	root.items[at] = statements
	return root.fitted(), nil
}

// heldBy reports whether another statement is equal, or allows everything that this one allows.
func (s statement) heldBy(other statement) bool {
	same := func(a, b *node) bool {
		if a == nil || b == nil {
			return a == b
		}
		return a.canonical() == b.canonical()
	}
	if s.effect != other.effect || !same(s.notPrincipal, other.notPrincipal) || !same(s.notAction, other.notAction) || !same(s.notResource, other.notResource) {
		return false
	}
	if same(s.principal, other.principal) && same(s.action, other.action) && same(s.resource, other.resource) && same(s.condition, other.condition) {
		return true
	}
	if s.effect != "Allow" || s.action == nil || s.resource == nil || other.action == nil || other.resource == nil {
		return false
	}
	within := func(values, patterns []string) bool {
		return !slices.ContainsFunc(values, func(v string) bool { return matches(patterns, v) != yes })
	}
	return (other.principal.anybody() || same(s.principal, other.principal)) && (other.condition == nil || same(s.condition, other.condition)) &&
		within(lower(s.action.strings()), lower(other.action.strings())) && within(s.resource.strings(), other.resource.strings())
}

// canonical returns the value as a text that is the same for lists in another order and for a single
// value with and without brackets.
func (n *node) canonical() string {
	switch {
	case n.kind == '{':
		s := n.sorted()
		var out []string
		for i, key := range s.keys {
			out = append(out, quote(key)+":"+s.items[i].canonical())
		}
		return "{" + strings.Join(out, ",") + "}"
	case n.kind == '[':
		var out []string
		for _, item := range n.items {
			out = append(out, item.canonical())
		}
		slices.Sort(out)
		return "[" + strings.Join(slices.Compact(out), ",") + "]"
	case n.kind == '"':
		return "[" + quote(n.value) + "]"
	}
	return "[" + n.value + "]"
}

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

// sidPrefix begins the Sid of every statement that Least writes; eight hexadecimal
// digits follow, a hash of all that the document says.
const sidPrefix = "PrivateLinkWizard"

// Least is the least-privilege policy for the endpoint of a service code: what
// Grants says, for principals of the account, and nothing else. Where it is not
// known what the workload calls, it allows the service's actions to the account.
// cuts says in words what the policy may cut off, and where it allows more than the
// least.
func Least(code string, f Facts) (doc string, cuts []string) {
	grants := Grants(code, f)
	if len(grants) == 0 {
		actions := []string{"*"}
		if own := prefixes(code); len(own) > 0 {
			actions = nil
			for _, o := range own {
				actions = append(actions, o+":*")
			}
		}
		grants = []Grant{{Actions: actions, Resources: []string{"*"}}}
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
			cuts = append([]string{fmt.Sprintf("More than the least is allowed: named one by one, the resources take more than the %d characters that AWS takes, so patterns stand for them.", MaxLength)}, cuts...)
		}
	}
	return doc, cuts
}

// ofItsKind is the pattern of all resources of the kind of an ARN in its account:
// repository/*, or all objects of a bucket.
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

// compose writes the grants as statements: what is allowed on the same resources
// stands together, and so does what the same actions are allowed on.
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
		// ecs:Poll says nothing beside ecs:*.
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

// Sid is the Sid by which a policy that Least wrote or Mark marked can be recognised in a text:
// that of its last statement, since Add puts ours behind what was there. Empty
// where none is ours.
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

// cutOff says what Least may cut off at the endpoint of a service code.
func cutOff(code string, f Facts) []string {
	var cuts []string
	say := func(when bool, text string) {
		if when {
			cuts = append(cuts, text)
		}
	}
	account := f.Account != ""
	say(!account, "More than the least is allowed: the account is not known, so no condition names it.")
	say(f.MWAA, "Calls of Amazon MWAA itself that do not come from principals of this account; AWS advises full access for endpoints that an environment uses.")
	if f.MWAA {
		return cuts
	}
	switch code = strings.Replace(code, "-fips", "", 1); code {
	case "ecs-agent", "ecs-telemetry", "ecs":
		say(f.Instances && account, "Container instances that are registered in another account.")
		say(!f.Instances, "Container instances (EC2), if they use more than the agents of AWS Fargate are allowed here; which principals and resources those have, AWS does not say, so none are named.")
		say(code == "ecs-agent" && f.ServiceConnect, "Nothing of Service Connect is known to be cut off: AWS does not say what its proxies call, so all actions of Amazon ECS are allowed.")
		say(code == "ecs-agent" && !f.ServiceConnect, "Service Connect, whose proxies are managed through this endpoint.")
		say(code == "ecs" && !f.Callers, "Operators' tools, pipelines and code in the VPC that call the Amazon ECS API (RunTask, UpdateService, ExecuteCommand, Describe…).")
		say(code == "ecs" && f.Callers, "Operators' tools and pipelines in the VPC that create, register or delete.")
		say(code == "ecs" && f.Instances, "An agent that is to create the default cluster (ecs:CreateCluster).")
	case "ecr.api", "ecr.dkr":
		say(len(f.Repositories) > 0, "Images of other repositories: those of other teams, and task definitions that come later.")
		say(len(f.Repositories) == 0, "Images of repositories in other accounts.")
		say(true, "The agent of GuardDuty Runtime Monitoring, whose image is in a repository of AWS's.")
		say(true, "Pushes, and whatever else manages repositories from inside the VPC; the first pull through a cache.")
	case "s3":
		say(true, "All other use of Amazon S3 from the subnets whose route tables have this endpoint: application data, other teams' buckets, CloudFormation signals, backups.")
		say(len(f.Objects) == 0, "Environment files in Amazon S3.")
		say(f.Instances, "Downloads of hosts from further buckets: the names of those of the ECS agent and of Amazon Linux come from practice, not from a guide, and AWS may use others. "+
			"The packages of ecs-init come from one Region of the partition, which a gateway endpoint elsewhere does not reach.")
		say(!f.Instances, "Hosts (EC2) in the same subnets that update themselves from Amazon's package repositories.")
		say(!f.RunCommand, "The SSM Agent's own buckets: updates, packages, patches.")
	case "logs":
		say(len(f.LogGroups) > 0, "Log groups of other workloads in the VPC, ECS Exec session logs and Container Insights among them.")
		say(true, "Whoever reads logs from inside the VPC.")
	case "secretsmanager":
		say(len(f.Secrets) > 0, "Secrets of other workloads in the VPC, and secrets that come later.")
		say(true, "Code and tools in the VPC that list, create or rotate secrets.")
	case "ssm":
		say(!f.RunCommand, "The SSM Agent of instances in the VPC: Run Command, Session Manager, patches.")
		say(len(f.Parameters) > 0, "Parameters of other workloads in the VPC.")
		say(true, "Code in the VPC that reads parameters by other calls than GetParameters.")
	case "ssmmessages", "ec2messages":
		say(account, "Agents that run under roles of other accounts.")
	case "kms":
		say(len(f.Keys) > 0, "Use of other keys from inside the VPC.")
		say(true, "Code in the VPC that signs, or creates grants and keys.")
	case "monitoring":
		say(true, "Whoever reads metrics or manages alarms from inside the VPC.")
	case "batch":
		say(true, "Callers in the VPC that do more than submit, list and describe jobs: TerminateJob, CancelJob, RegisterJobDefinition, …")
	default:
		say(account, "Callers in the VPC that are principals of other accounts.")
	}
	return cuts
}

// Example is the example policy of AWS's user guides for the endpoint of a service
// code, with what is to know about it; ok tells whether there is one. Sources: AWS
// Batch user guide and Amazon ECS developer guide, VPC endpoints.
func Example(code string, f Facts) (doc, note string, ok bool) {
	var actions []string
	switch code {
	case "batch":
		actions = []string{"batch:SubmitJob", "batch:ListJobs", "batch:DescribeJobs"}
		note = "The example of the AWS Batch user guide: anybody may submit, list and describe jobs, and nothing else goes through the endpoint."
	case "ecs":
		actions = []string{"ecs:CreateCluster", "ecs:ListClusters"}
		note = "The example of the Amazon ECS developer guide: anybody may create and list clusters, and nothing else goes through the endpoint. " +
			"Its Principal is added here, since AWS PrivateLink refuses a policy without one. "
		if f.Instances {
			note += "It cuts off the agents of the container instances here: they cannot register, report tasks or find their control channel (DiscoverPollEndpoint)."
		} else {
			note += "It cuts off container agents: they could not register, report tasks or find their control channel (DiscoverPollEndpoint)."
		}
	default:
		return "", "", false
	}
	statement := object("Principal", str("*"), "Effect", str("Allow"), "Action", list(actions), "Resource", str("*"))
	return object("Statement", &node{kind: '[', items: []*node{statement}}).print(false), note, true
}

// Add is the existing policy with the statements of another one that it does not
// hold yet behind its own. It removes and narrows nothing, so statements that deny
// are refused; what the existing policy itself denies stays denied. Where there is
// nothing to add, the existing policy comes back as it is.
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
			return "", fmt.Errorf("the policy to add: statement %d does not allow but narrows what is there", i+1)
		}
		n := &node{kind: '{', keys: s.keys, items: slices.Clone(s.items)}
		if s.sid != "" {
			sid := s.sid // a Sid stands once in a policy
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

// heldBy tells whether another statement says the same, or allows all that this one
// allows.
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

// canonical is the value as text that is the same for lists in another order and
// for one value with and without brackets.
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

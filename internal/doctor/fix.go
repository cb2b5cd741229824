package doctor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// values are what fixes are written with. Without an account, inv and plan are nil.
type values struct {
	details []Message
	inv     *inventory.Inventory
	ans     answers.Answers
	plan    *plan.Plan
}

// fix returns what removes a cause: changes of the plan, otherwise commands for what the wizard does not change.
func (v values) fix(c Cause, q cause.Query, found cause.Result) *Fix {
	if len(v.ans.SecurityGroups) == 0 && strings.Contains(found.Fix, "remove security_groups") {
		found.Fix = "" // the answers have none, so that the changes of the plan are the fix
	}
	f := v.write(c, q, found)
	f.patch = found.Patch
	return f
}

// write writes the fix.
func (v values) write(c Cause, q cause.Query, found cause.Result) *Fix {
	if ids := v.changes(found.Changes, q.Service); len(ids) > 0 {
		f := &Fix{Text: v.changesText(ids), Changes: ids}
		if found.Fix != "" { // something else comes first, such as the end of a deletion
			f.Text = found.Fix + " " + f.Text
		}
		return f
	}
	write := writers[c.Kind]
	if write == nil || c.Kind == cause.EndpointMissing && found.Fix != "" {
		return &Fix{Text: found.Fix}
	}
	w := &writer{values: v, service: q.Service, resource: found.Resource}
	if w.d, _ = detailsOf(v.details, c); strings.HasPrefix(w.d.Resource, "-") {
		w.d.Resource = ""
	}
	text := write(w)
	if found.Fix != "" && w.keep {
		text = found.Fix
	}
	if owner := w.owner(); owner != "" && slices.Contains(ofOwner, c.Kind) {
		w.commands, w.permissions, w.missing = nil, nil, nil
		text = fmt.Sprintf("Account %s owns %s, so only it can change endpoints, routes and network ACLs. Ask it for this: %s", owner, v.ans.VPC, text)
	}
	f := &Fix{Text: text, Commands: w.commands, Permissions: w.permissions, Placeholders: w.missing}
	if n := len(w.missing); n > 0 {
		f.Text += fmt.Sprintf(" Replace %s in the commands.", words.And(w.missing))
		if slices.Contains(w.missing, "RULE_NUMBER") { // Amazon EC2 API reference, CreateNetworkAclEntry
			f.Text += " A rule number is from 1 to 32766. It must be free, and lower than that of the entry that denies the traffic."
		}
	}
	return f
}

// ofOwner are the kinds with a fix that only the owner of a VPC can apply (Amazon VPC user guide, Share your VPC subnets with other accounts).
var ofOwner = []cause.Kind{cause.EndpointMissing, cause.GatewayFirst, cause.NoInternetPath, cause.RouteMissing, cause.EndpointGroup, cause.NetworkACL, cause.IPFamily,
	cause.PrivateDNSOff, cause.VPCDNSOff, cause.EndpointPolicy, cause.RouteConflict}

// owner returns the account that shares the VPC with this account; empty if the VPC is its own.
func (w *writer) owner() string {
	if w.inv != nil {
		if x := w.inv.VPC(w.ans.VPC); x != nil && x.Owner != w.inv.Account {
			return x.Owner
		}
	}
	return ""
}

// changes returns the changes that remove the cause for a service, with those that they need, in the order of the plan. An endpoint that the
// workload uses only together with others comes with them, such as both endpoints of Amazon ECR.
func (v values) changes(ids []resource.ID, service string) []resource.ID {
	if v.plan == nil {
		return nil
	}
	var rules []string
	for _, id := range ids {
		if a := v.plan.Change(id); a != nil && service != "" && a.Code() == service {
			rules = append(rules, a.Rules...)
		}
	}
	keep := map[resource.ID]bool{}
	var add func(id resource.ID)
	add = func(id resource.ID) {
		a := v.plan.Change(id)
		if a == nil || keep[id] {
			return
		}
		keep[id] = true
		for _, dep := range a.Deps() {
			add(dep)
		}
	}
	for _, id := range ids {
		a := v.plan.Change(id)
		if a != nil && (len(rules) == 0 || a.Code() == service || slices.ContainsFunc(a.Rules, func(r string) bool { return r != "G-TYPE" && slices.Contains(rules, r) })) {
			add(id)
		}
	}
	var out []resource.ID
	for _, a := range v.plan.Changes {
		if keep[a.ID] && a.Op != resource.Keep {
			out = append(out, a.ID)
		}
	}
	return out
}

// changesText returns changes as a sentence: "Create ecr.api, ecr.dkr and s3; about $43.80 per month."
func (v values) changesText(ids []resource.ID) string {
	var codes, others []string
	sum, all := 0.0, true
	for _, id := range ids {
		a := v.plan.Change(id)
		amount, known := v.plan.Monthly(*a)
		sum, all = sum+amount, all && known
		switch {
		case a.Op == resource.Create && a.Code() != "":
			codes = append(codes, a.Code())
		case a.Op != resource.Create:
			others = append(others, a.Summary)
		}
	}
	if len(codes) > 0 {
		slices.SortStableFunc(codes, func(a, b string) int { return catalog.Rank(a) - catalog.Rank(b) })
		others = append([]string{"Create " + words.And(codes)}, others...)
	}
	if len(others) == 0 {
		for _, id := range ids {
			others = append(others, v.plan.Change(id).Summary)
		}
	}
	switch out := strings.Join(others, ". "); {
	case !all && sum == 0:
		return out + "; price not known."
	case sum > 0:
		return fmt.Sprintf("%s; about $%.2f per month.", out, sum)
	default:
		return out + "."
	}
}

// writer writes the commands of a fix.
type writer struct {
	values
	d                 Details
	service, resource string // resource is what the rule that confirms the cause is about
	commands          []string
	// permissions are the IAM actions of the commands, and missing the placeholders in them.
	permissions, missing []string
	keep                 bool // the text of the rule that confirms the cause is better than that of the kind
}

// withoutRegion are services with calls that have no Region.
var withoutRegion = []string{"iam", "route53", "organizations"}

// aws adds a command with the IAM actions that it needs. The first argument is the service and the operation.
func (w *writer) aws(permission string, args ...string) {
	service, _, _ := strings.Cut(args[0], " ")
	out := []string{"aws", args[0]}
	for _, a := range args[1:] {
		if !strings.HasPrefix(a, "--") { // values never begin with a hyphen
			a = words.Shell(a)
		}
		out = append(out, a)
	}
	if !slices.Contains(withoutRegion, service) {
		out = append(out, "--region", words.Shell(w.region()))
	}
	w.commands = append(w.commands, strings.Join(out, " "))
	for p := range strings.FieldsSeq(permission) {
		if !slices.Contains(w.permissions, p) {
			w.permissions = append(w.permissions, p)
		}
	}
}

// or returns a value, or a placeholder if it is empty. The AWS CLI would read a value that begins with a hyphen as an option.
func (w *writer) or(value, placeholder string) string {
	if value != "" && value[0] != '-' {
		return value
	}
	if !slices.Contains(w.missing, placeholder) {
		w.missing = append(w.missing, placeholder)
	}
	return placeholder
}

func (w *writer) region() string {
	if w.inv != nil && w.inv.Region != "" {
		return w.inv.Region
	}
	return w.or(w.d.Region, "REGION")
}

func (w *writer) account() string {
	if w.inv != nil && w.inv.Account != "" {
		return w.inv.Account
	}
	return w.or(w.d.Account, "ACCOUNT_ID")
}

// id returns the first id of a kind in the message, by its prefix.
func (w *writer) id(prefix string) string {
	for _, id := range w.d.IDs {
		if strings.HasPrefix(id, prefix) {
			return id
		}
	}
	return ""
}

func (w *writer) vpc() string {
	if w.ans.VPC != "" {
		return w.ans.VPC
	}
	return w.or(w.id("vpc-"), "VPC_ID")
}

func (w *writer) network() *inventory.Network {
	if w.inv == nil {
		return nil
	}
	return w.inv.Network(w.ans.VPC)
}

// clients returns the subnets and the security groups of the workload.
func (w *writer) clients() (subnets, groups []string) {
	if w.inv == nil {
		return nil, nil
	}
	s := w.scope().Workload()
	for _, r := range s.Runners {
		subnets, groups = append(subnets, r.Subnets...), append(groups, r.Groups...)
	}
	slices.Sort(subnets)
	slices.Sort(groups)
	return slices.Compact(subnets), slices.Compact(groups)
}

// group returns a security group of the workload.
func (w *writer) group() string {
	_, groups := w.clients()
	return w.or(first(groups), "WORKLOAD_GROUP_ID")
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// endpoint returns the endpoint of the service; nil if it is not known.
func (w *writer) endpoint() *inventory.Endpoint {
	if n := w.network(); n != nil {
		for i := range n.Endpoints {
			if e := &n.Endpoints[i]; catalog.CodeOf(e.Service) == w.service && plan.Usable(e) {
				return e
			}
		}
	}
	return nil
}

func (w *writer) endpointID() string {
	if e := w.endpoint(); e != nil {
		return e.ID
	}
	if strings.HasPrefix(w.resource, "vpce-") {
		return w.resource
	}
	return w.or(w.id("vpce-"), "VPC_ENDPOINT_ID")
}

// serviceName returns the name of the endpoint service.
func (w *writer) serviceName() string {
	region := w.region()
	if w.service == "" || region == "REGION" {
		return w.or("", "SERVICE_NAME")
	}
	return catalog.Lookup(w.service).ServiceName(catalog.PartitionID(region), region)
}

// tables returns the route tables of the subnets without an internet route.
func (w *writer) tables() []string {
	n := w.network()
	if n == nil {
		return nil
	}
	var out []string
	scope := w.scope()
	for _, id := range scope.RunsIn() {
		if s := n.Subnet(id); s != nil {
			if _, _, egress := scope.Internet(s); egress != catalog.Open {
				if t := n.RouteTableOf(id); t != nil && !slices.Contains(out, t.ID) {
					out = append(out, t.ID)
				}
			}
		}
	}
	return out
}

// of returns the cluster and the service of the workload.
func (w *writer) of() (cluster, service string) {
	name := w.ans.Service
	if name == "" && w.inv != nil {
		if all := w.scope().Services(); len(all) == 1 {
			name = all[0]
		}
	}
	for _, m := range w.details {
		if name == "" && strings.Contains(m.Subject, "/") {
			name = m.Subject
		}
	}
	cluster, service, _ = strings.Cut(name, "/")
	return w.or(cluster, "CLUSTER"), w.or(service, "SERVICE")
}

// definition returns the family of a task definition of the workload.
func (w *writer) definition() string {
	if w.inv != nil {
		if all := w.scope().Definitions(); len(all) > 0 {
			return w.or(all[0].Family, "TASK_DEFINITION")
		}
	}
	return w.or("", "TASK_DEFINITION")
}

// instance returns a container instance with an agent that is not connected, and its cluster.
func (w *writer) instance() (cluster, instance, arn string) {
	if w.inv != nil {
		of := w.scope().Workload().Instances
		for _, c := range w.inv.Clusters {
			for _, h := range c.ContainerInstances {
				if of[h.Instance] && (!h.Connected || arn == "") {
					cluster, instance, arn = c.Name, h.Instance, h.ARN
				}
			}
		}
	}
	if instance == "" {
		instance = w.id("i-")
	}
	return cluster, instance, arn
}

// environment returns the compute environment or the Airflow environment of the workload.
func (w *writer) environment(placeholder string) string {
	if w.inv != nil {
		var names []string
		s := w.scope().Workload()
		for _, e := range s.Environments {
			if e.ARN == w.resource || slices.Contains(w.d.Names, e.Name) {
				return w.or(e.Name, placeholder)
			}
			names = append(names, e.Name)
		}
		for _, e := range s.Airflows {
			if w.resource == e.Name || strings.HasSuffix(w.resource, "/"+e.Name) || slices.Contains(w.d.Names, e.Name) {
				return w.or(e.Name, placeholder)
			}
			names = append(names, e.Name)
		}
		if len(names) == 1 {
			return w.or(names[0], placeholder)
		}
	}
	return w.or("", placeholder)
}

// role returns the name of the role in the message, otherwise of an execution role of the workload.
func (w *writer) role() string {
	name := cause.RoleName(w.d.Principal)
	if name == "" && w.inv != nil {
		if all := w.scope().Roles(); len(all) == 1 {
			name = words.Last(all[0])
		}
	}
	return w.or(name, "ROLE_NAME")
}

// allowing returns an IAM policy document that allows an action on a resource.
func allowing(action, on string) string {
	type statement struct{ Effect, Action, Resource string }
	return asJSON(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{"Allow", action, on}}})
}

// asJSON returns a value of an option as JSON. The shorthand of the AWS CLI does not accept every character.
func asJSON(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // texts and lists are always valid
	return strings.TrimSpace(out.String())
}

// putPolicy adds a command that allows an action on a resource.
func (w *writer) putPolicy(action, on string) {
	name := policyName(action, on)
	if user, ok := strings.CutPrefix(lastPart(w.d.Principal), "user/"); ok {
		w.aws("iam:PutUserPolicy", "iam put-user-policy", "--user-name", w.or(words.Last(user), "USER_NAME"), "--policy-name", name, "--policy-document", allowing(action, on))
		return
	}
	w.aws("iam:PutRolePolicy", "iam put-role-policy", "--role-name", w.role(), "--policy-name", name, "--policy-document", allowing(action, on))
}

// mostPolicyName is the maximum length of the name of an inline policy (IAM API reference, PutRolePolicy).
const mostPolicyName = 128

// policyName returns the name of a policy for an action on a resource: "allow-secretsmanager-GetSecretValue-db". A policy with another action or
// resource has another name, because IAM replaces a policy of the same name.
func policyName(action, on string) string {
	parts := strings.FieldsFunc("allow-"+action+"-"+strings.TrimSuffix(lastPart(on), "RESOURCE_ARN"), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	name := strings.Join(parts, "-")
	return strings.TrimRight(name[:min(len(name), mostPolicyName)], "-")
}

// says reports whether one of the messages has a sign.
func (w *writer) says(x sign) bool {
	return slices.ContainsFunc(w.details, func(m Message) bool { return shows(m.Text, x) })
}

// accountOf returns the account of an ARN; empty if it has none.
func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// callerAccount returns the account of the principal in the message, otherwise the account that was read.
func (w *writer) callerAccount() string {
	if own := accountOf(w.d.Principal); own != "" || w.inv == nil {
		return own
	}
	return w.inv.Account
}

// unrouted returns the route tables of the workload without a route to the gateway endpoint of the service.
func (w *writer) unrouted() []string {
	n := w.network()
	if n == nil {
		return nil
	}
	var out []string
	for _, id := range w.scope().RunsIn() {
		t := n.RouteTableOf(id)
		if t == nil || slices.Contains(out, t.ID) || slices.ContainsFunc(n.Endpoints, func(e inventory.Endpoint) bool {
			return catalog.CodeOf(e.Service) == w.service && plan.Usable(&e) && slices.Contains(e.RouteTables, t.ID)
		}) {
			continue
		}
		out = append(out, t.ID)
	}
	return out
}

// lastPart returns what follows the fifth colon of an ARN.
func lastPart(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	return parts[len(parts)-1]
}

// privateImage reports whether the image is in a private registry of Amazon ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME, or ACCOUNT.dkr-ecr.REGION.on.aws/NAME.
func (w *writer) privateImage() bool {
	host, _, ok := strings.Cut(w.d.Image, "/")
	return ok && (strings.Contains(host, ".dkr.ecr") || strings.Contains(host, ".dkr-ecr"))
}

// repository returns the repository and the account of an image of Amazon ECR.
func (w *writer) repository() (name, registry string) {
	host, rest, _ := strings.Cut(w.d.Image, "/")
	if !w.privateImage() {
		return w.or("", "REPOSITORY"), w.account()
	}
	registry, _, _ = strings.Cut(host, ".")
	name, _, _ = strings.Cut(rest, "@")
	if at := strings.LastIndex(name, ":"); at >= 0 {
		name = name[:at]
	}
	return w.or(name, "REPOSITORY"), registry
}

func (w *writer) scope() plan.Scope { return plan.ScopeOf(w.inv, w.ans) }

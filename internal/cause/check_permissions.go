package cause

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// endpointPolicy: an endpoint policy must allow each call through the endpoint (AWS PrivateLink guide, Control access to VPC endpoints using
// endpoint policies).
func (a *Account) endpointPolicy(q Query) Result {
	if q.Service != "" {
		e, r := a.exists(q.Service)
		if e == nil {
			return r
		}
		if policy.Full(e.Policy) {
			return excluded(no("policy", "the policy of %s allows everything", inventory.Label(e.Name, e.ID)))
		}
	} else if r, ok := a.anyExists(); !ok {
		return r
	}
	if f, hidden := a.unread("policy", "ec2:DescribeVpcEndpoints"); hidden {
		return undecided(f)
	}
	if r, ok := ruled("policy", a.findings(q.Service), q.Service, "G-POLADD", "W-POLICY", "G-POLAGENT", "E-S3POL"); ok {
		return r
	}
	if q.Service != "" && !slices.ContainsFunc(a.p.Needs, func(n plan.Need) bool { return n.Service == q.Service && needed(n) }) {
		return undecided(unknown("policy", "not decided: the calls of the workload to %s are not known", q.Service))
	}
	return excluded(no("policy", "the policy of %s allows what the workload does", which(q.Service)))
}

// sourceCondition decides about the conditions of execution roles. Policies of keys, secrets and buckets are not read.
func (a *Account) sourceCondition(q Query) Result {
	if r, ok := ruled("policy", a.findings(""), "", "E-ECRCOND"); ok {
		return r
	}
	if !strings.HasPrefix(q.Service, "ecr.") {
		return undecided(unknown("policy", "not read: the wizard does not read policies of keys, secrets, buckets and repositories"))
	}
	for _, arn := range a.scope.Roles() {
		if a.inv.Role(arn) == nil {
			return undecided(a.unreadRole(arn))
		}
	}
	if len(a.scope.Roles()) == 0 {
		return undecided(unknown("policy", "not decided: the execution role is not known"))
	}
	return undecided(no("policy", "no condition of the execution role denies Amazon ECR"), unknown("policy", "not read: the policy of the repository"))
}

// unreadRole returns the fact that a role was not read.
func (a *Account) unreadRole(arn string) Fact {
	for _, g := range a.inv.Gaps {
		if strings.HasPrefix(g.Call, "iam:") {
			return unknown("policy", "not read: %s", g)
		}
	}
	return unknown("policy", "not read: role %s", words.Last(arn))
}

// role returns the ARN of the role of a principal: of an assumed role, its role. The path of the role is not part of the principal, so that the
// name decides.
func (a *Account) role(principal string) string {
	name := RoleName(principal)
	if name == "" {
		return ""
	}
	for _, r := range a.inv.Roles {
		if r.Name == name || r.ARN == principal {
			return r.ARN
		}
	}
	for _, d := range a.scope.Definitions() {
		for _, arn := range []string{d.ExecutionRole, d.TaskRole} {
			if words.Last(arn) == name {
				return arn
			}
		}
	}
	return principal
}

// RoleName returns the name of the role of a principal: arn:aws:sts::123456789012:assumed-role/NAME/SESSION, or the ARN of a role. It is empty for
// another principal.
func RoleName(principal string) string {
	if _, rest, ok := strings.Cut(principal, ":assumed-role/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	if _, rest, ok := strings.Cut(principal, ":role/"); ok {
		return words.Last(rest)
	}
	return ""
}

// rolePermission decides whether the policies of the role in the message allow the action. Permissions boundaries and policies of an
// organization are not read, so that a role is never ruled out (IAM user guide, Policy evaluation logic).
func (a *Account) rolePermission(q Query) Result {
	if q.Action != "" && RoleName(q.Principal) != "" {
		return a.allows(a.role(q.Principal), q.Action, q.Resource)
	}
	if r, ok := ruled("policy", a.findings(""), "", "W-PERMS", "R-PERM", "R-EXECROLE"); ok {
		return r
	}
	for _, f := range a.p.Findings {
		if f.Rule == "W-PERMS" || f.Rule == "R-PERM" {
			return undecided(texts(Unknown, "policy", []plan.Finding{f})...)
		}
	}
	return undecided(unknown("policy", "not decided: the role and the action are not known"))
}

// allows decides whether a role allows an action, as a check of a cause.
func (a *Account) allows(arn, action, on string) Result {
	allowed, sure, why := a.scope.RoleAllows(arn, action, on)
	name := words.Last(arn)
	to := action
	if on != "" {
		to += " on " + on
	}
	switch {
	case allowed:
		return undecided(no("policy", "the policies of role %s allow %s", name, to), unknown("policy", "not read: permissions boundaries and policies of the organization"))
	case !sure && a.inv.Role(arn) == nil:
		return undecided(unknown("policy", "not read: %s", why))
	case !sure:
		return undecided(unknown("policy", "not decided: whether role %s allows %s (%s)", name, to, why))
	case why != "":
		return confirmed(yes("policy", "the policies of role %s do not allow %s (%s)", name, to, why))
	}
	return confirmed(yes("policy", "no policy of role %s allows %s", name, to))
}

// kmsPermission: a secret with a customer managed key needs kms:Decrypt on the key. The key aws/secretsmanager needs no permission (AWS Secrets
// Manager user guide, Secret encryption and decryption in AWS Secrets Manager).
func (a *Account) kmsPermission(q Query) Result {
	if r, ok := ruled("key", a.findings(""), "", "R-KMS"); ok && r.State == Confirmed {
		return r
	}
	var keys []string
	var plain []Fact
	if strings.Contains(q.Resource, ":kms:") {
		keys = []string{q.Resource}
	}
	for _, ref := range a.secrets(q) {
		s := a.inv.Secret(ref)
		if s == nil {
			continue
		}
		k := a.inv.Key(s.KMSKey)
		switch {
		case s.KMSKey == "", strings.HasSuffix(s.KMSKey, "alias/aws/secretsmanager"), k != nil && k.Manager == "AWS":
			plain = append(plain, no("key", "secret %s has the default key, which needs no permission", s.Name))
		case k != nil:
			keys = append(keys, k.ARN)
		default:
			keys = append(keys, s.KMSKey)
		}
	}
	if len(keys) == 0 && len(plain) > 0 && len(plain) == len(a.secrets(q)) {
		return excluded(plain...)
	}
	if len(keys) == 0 {
		return undecided(append(plain, unknown("key", "not read: the key"))...)
	}
	roles := a.scope.Roles()
	if RoleName(q.Principal) != "" {
		roles = []string{a.role(q.Principal)}
	}
	action := "kms:Decrypt"
	if strings.HasPrefix(q.Action, "kms:") {
		action = q.Action
	}
	var facts []Fact
	state := Undecided
	for _, arn := range roles {
		for _, key := range keys {
			r := a.allows(arn, action, key)
			if facts = append(facts, r.Facts...); r.State == Confirmed {
				state = Confirmed
			}
		}
	}
	if len(roles) == 0 {
		facts = append(facts, unknown("policy", "not decided: the execution role is not known"))
	}
	if state != Confirmed {
		facts = append(facts, unknown("policy", "not read: the policy of the key"))
	}
	return Result{State: state, Facts: unique(facts)}
}

// instanceProfile: a container instance gets the credentials of its role from its instance profile (Amazon ECS developer guide, Amazon ECS
// container instance IAM role). A compute environment references an instance profile and not a role (AWS Batch user guide, Amazon ECS instance role).
func (a *Account) instanceProfile(Query) Result {
	var facts []Fact
	for _, e := range a.scope.Workload().Environments {
		if RoleName(e.InstanceRole) != "" {
			facts = append(facts, yes("profile", "compute environment %s references role %s and not an instance profile", e.Name, words.Last(e.InstanceRole)))
		} else if strings.Contains(e.Reason, "IamInstanceProfile") {
			facts = append(facts, yes("profile", "AWS Batch reports for compute environment %s: %s", e.Name, e.Reason))
		}
	}
	read, without := 0, []string(nil)
	for _, h := range a.hosts() {
		if x := a.inv.Host(h.Instance); x != nil {
			if read++; x.Profile == "" {
				without = append(without, h.Instance)
			}
		}
	}
	if len(without) > 0 {
		facts = append(facts, yes("profile", "%s %s no instance profile", words.UpTo(without, mostSubnets), plural(len(without), "has", "have")))
	}
	switch {
	case len(facts) > 0:
		return confirmed(facts...)
	case read > 0 && read == len(a.hosts()):
		return excluded(no("profile", "each container instance has an instance profile"))
	}
	if f, hidden := a.unread("profile", "ec2:DescribeInstances"); hidden {
		return undecided(f)
	}
	return undecided(unknown("profile", "not read: the instance profile"))
}

// registryCredentials: images of Amazon ECR need no credentials of a registry. Whether another registry needs some is not visible.
func (a *Account) registryCredentials(Query) Result {
	pullers := a.scope.Pullers()
	if len(a.scope.Definitions()) == 0 {
		return undecided(unknown("registry", "not read: the definitions of the workload"))
	}
	if len(pullers) == 0 {
		return excluded(no("registry", "all images come from Amazon ECR, which needs no registry credentials"))
	}
	var facts []Fact
	for _, d := range pullers {
		for _, c := range d.Outside {
			if c.Credentials == "" {
				facts = append(facts, yes("registry", "%s pulls %s without credentials", d.Name(), c.Image))
			} else if s := a.inv.Secret(c.Credentials); s != nil && s.Deleted != "" {
				facts = append(facts, yes("secret", "secret %s with the credentials is scheduled for deletion", s.Name))
			} else {
				facts = append(facts, no("registry", "%s pulls %s with credentials", d.Name(), c.Image))
			}
		}
	}
	return undecided(append(unique(facts), unknown("registry", "not decided: the account does not show what the registry needs"))...)
}

// secrets returns the secret in the message, otherwise those that the definitions of the workload reference. A reference can continue with the
// key and the version of the value (Amazon ECS developer guide, Pass Secrets Manager secrets through Amazon ECS environment variables).
func (a *Account) secrets(q Query) []string {
	if q.Resource != "" {
		if strings.Contains(q.Resource, ":kms:") {
			return nil
		}
		return []string{q.Resource}
	}
	var out []string
	for _, d := range a.scope.Definitions() {
		for _, c := range d.Containers {
			for _, ref := range append(slices.Clone(c.Secrets), c.Credentials) {
				parts := strings.Split(ref, ":")
				if !strings.Contains(ref, ":secretsmanager:") || len(parts) < 7 {
					continue
				}
				if ref = strings.Join(parts[:7], ":"); !slices.Contains(out, ref) {
					out = append(out, ref)
				}
			}
		}
	}
	return out
}

// secretMissing: a secret that is scheduled for deletion cannot be read (AWS Secrets Manager user guide, Delete an AWS Secrets Manager secret).
func (a *Account) secretMissing(q Query) Result {
	refs := a.secrets(q)
	if len(refs) == 0 {
		return undecided(unknown("secret", "not decided: the secret is not known"))
	}
	var bad, good, hidden []Fact
	for _, ref := range refs {
		own := !strings.HasPrefix(ref, "arn:") || (&inventory.Secret{ARN: ref}).OfAccount(a.inv.Account, a.inv.Region)
		_, denied := a.inv.Gap("secretsmanager:ListSecrets")
		switch s := a.inv.Secret(ref); {
		case s != nil && s.Deleted != "":
			bad = append(bad, yes("secret", "secret %s is scheduled for deletion since %s", s.Name, s.Deleted))
		case s != nil:
			good = append(good, no("secret", "secret %s exists", s.Name))
		case denied:
			f, _ := a.unread("secret", "secretsmanager:ListSecrets")
			hidden = append(hidden, f)
		case !own || !a.inv.Has(inventory.Request{Part: inventory.PartRegistry}):
			hidden = append(hidden, unknown("secret", "not read: secret %s", ref))
		default:
			bad = append(bad, yes("secret", "no secret %s exists in this account and Region", ref))
		}
	}
	switch {
	case len(bad) > 0:
		return confirmed(bad...)
	case len(hidden) > 0:
		return undecided(unique(append(good, hidden...))...)
	case q.Resource == "": // the message can be about another secret
		return undecided(append(good, unknown("secret", "not decided: the message has no secret"))...)
	}
	return excluded(good...)
}

// logGroupMissing: the awslogs driver does not create a log group unless its option is on (Amazon ECS API reference, LogConfiguration).
func (a *Account) logGroupMissing(Query) Result {
	var facts []Fact
	exist, hidden := 0, false
	for _, r := range a.scope.LogGroups() {
		for _, name := range r.Names() {
			switch exists, known := a.inv.LogGroup(name); {
			case exists:
				exist++
			case known:
				facts = append(facts, yes("logs", "log group %s does not exist", name))
			default:
				hidden = true
			}
		}
	}
	var elsewhere []Fact
	for _, d := range a.scope.Definitions() {
		for _, c := range d.Containers {
			if c.LogGroup != "" && c.LogsTo() == inventory.ToLogs && c.LogRegion != "" && c.LogRegion != a.inv.Region {
				elsewhere = append(elsewhere, yes("logs", "%s logs to %s in %s, another Region", d.Name(), c.LogGroup, c.LogRegion))
			}
		}
	}
	switch {
	case len(facts) > 0:
		return confirmed(append(unique(facts), elsewhere...)...)
	case len(elsewhere) > 0:
		return undecided(append(elsewhere, unknown("logs", "not read: log groups of another Region"))...)
	case hidden:
		if g, gap := a.inv.Gap("logs:DescribeLogGroups"); gap {
			return undecided(unknown("logs", "not read: %s", g))
		}
		return undecided(unknown("logs", "not read: the log groups"))
	case exist > 0:
		return excluded(no("logs", "the log groups of the workload exist"))
	}
	return undecided(unknown("logs", "not decided: the definitions show no name of a log group"))
}

package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
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

// The names of the inline policies that the plan creates in execution roles.
const (
	registryPolicy  = "privatelink-wizard-registry"
	executionPolicy = "privatelink-wizard-execution"
)

const secretID resource.ID = "secret/registry"

// credentials are the credentials of a private registry, from the answers and the account. Changes
// and rules use them.
type credentials struct {
	answers.Registry
	secret  *inventory.Secret         // nil: the plan creates it, or it is not known
	arn     string                    // of the secret; a new secret has a pattern for the suffix that AWS adds
	key     *inventory.Key            // customer managed; nil for the default key
	keyARN  string                    // the key that needs kms:Decrypt; empty for the default key
	from    *inventory.TaskDefinition // source of the new revision
	service *inventory.Service        // that runs the definition, if one does
	cluster *inventory.Cluster
	login   []string // containers that log in
	role    string   // ARN of the execution role
	making  bool     // the plan creates the role
}

// readRegistry resolves the credentials of the answers in the account.
func (s *scope) readRegistry() *credentials {
	if !s.Ans.Registry.On() {
		return nil
	}
	c := &credentials{Registry: s.Ans.Registry}
	if s.first != nil && c.Role == "" {
		c.Role, c.CreateRole = s.first.roleName(), true
	}
	c.secret = s.Inv.Secret(c.Secret)
	switch {
	case c.secret != nil:
		c.arn = c.secret.ARN
	case answers.IsARN(c.Secret):
		c.arn = c.Secret
	default:
		// Secrets Manager adds a hyphen and six characters to every name.
		c.arn = fmt.Sprintf("arn:%s:secretsmanager:%s:%s:secret:%s-??????", s.Partition(), s.Ans.Region, s.Inv.Account, c.Secret)
	}
	named := c.KMSKey
	if c.secret != nil {
		named = c.secret.KMSKey
	}
	if named != "" && !strings.HasSuffix(named, "alias/aws/secretsmanager") {
		c.key = s.Inv.Key(named)
		switch {
		case c.key != nil && c.key.Manager == "AWS":
		case c.key != nil:
			c.keyARN = c.key.ARN
		case answers.IsARN(named):
			c.keyARN = named
		default:
			c.keyARN = fmt.Sprintf("arn:%s:kms:%s:%s:key/%s", s.Partition(), s.Ans.Region, s.Inv.Account, named)
		}
	}
	c.from, c.service, c.cluster = s.definitionNamed(c.Definition)
	if c.from != nil {
		c.role = c.from.ExecutionRole
		for _, k := range c.from.Containers {
			if slices.Contains(c.Containers, k.Name) || len(c.Containers) == 0 && parseImage(k.Image).outside() {
				c.login = append(c.login, k.Name)
			}
		}
	}
	if c.Role != "" {
		c.role = s.roleARN(c.Role)
		c.making = c.CreateRole && !slices.Contains(s.Inv.ExecutionRoles, c.role)
	}
	return c
}

// definitionNamed returns a task or job definition by NAME or NAME:REVISION, and the service that
// runs it.
func (s *scope) definitionNamed(name string) (*inventory.TaskDefinition, *inventory.Service, *inventory.Cluster) {
	if name == "" {
		return nil, nil, nil
	}
	var found *inventory.TaskDefinition
	look := func(d *inventory.TaskDefinition) {
		if (d.Family == name || fmt.Sprintf("%s:%d", d.Family, d.Revision) == name) && (found == nil || d.Revision > found.Revision) {
			found = d
		}
	}
	if s.Workload.Jobs {
		for _, d := range s.Definitions {
			look(d)
		}
		if family, _, pinned := strings.Cut(name, ":"); found == nil && pinned {
			return s.definitionNamed(family) // only the newest revisions are read
		}
		return found, nil, nil
	}
	for i := range s.Inv.TaskDefinitions {
		look(&s.Inv.TaskDefinitions[i])
	}
	if found == nil {
		return nil, nil, nil
	}
	for i := range s.Services {
		if svc := &s.Services[i]; words.Last(svc.TaskDefinition) != "" && familyOf(svc.TaskDefinition) == found.Family {
			return found, svc, s.ClusterOf(*svc)
		}
	}
	return found, nil, nil
}

// familyOf returns the family in a task definition's ARN.
func familyOf(arn string) string {
	name, _, _ := strings.Cut(words.Last(arn), ":")
	return name
}

// roleARN returns the ARN of a role that is given by name or ARN.
func (s *scope) roleARN(role string) string {
	if answers.IsARN(role) {
		return role
	}
	for _, arn := range s.Inv.ExecutionRoles {
		if words.Last(arn) == role {
			return arn
		}
	}
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", s.Partition(), s.Inv.Account, role)
}

// allows reports whether the execution role allows an action, as far as its policies are known.
func (s *scope) allows(role, action, resource string) (allowed, known bool) {
	r := s.Inv.Role(role)
	if r == nil {
		return false, false
	}
	return policy.RoleAllows(action, resource, r.Documents()...)
}

var _ = matchAt(70, (*builder).matchRegistry)

// matchRegistry plans the secret, the role that may read it, and the definition that references it.
func (b *builder) matchRegistry() {
	c := b.registry
	if c == nil {
		return
	}
	b.p.Changes = append(b.p.Changes, b.secretRow(c))
	if e := b.p.Change("endpoint/secretsmanager"); e != nil {
		e.Rules = append(e.Rules, "R-SMEP")
	}
	if c.role != "" {
		b.roleChanges(c)
	}
	if c.from != nil || c.Job != (answers.Job{}) {
		b.definitionChange(c)
	}
}

func (b *builder) secretRow(c *credentials) resource.Change {
	spec := resource.Secret{Name: c.Secret, Description: c.Description, KMSKey: c.KMSKey, Username: c.Username, Read: c.Check, Tags: b.ownTags()}
	a := resource.Change{ID: secretID, Why: "A definition must not contain credentials. Amazon ECS reads them from this secret when it pulls the image. " + textRules["R-ROT"]}
	if c.secret != nil {
		spec.Name, spec.ARN, spec.KMSKey, a.Existing = c.secret.Name, c.secret.ARN, c.secret.KMSKey, c.secret.ARN
	} else if answers.IsARN(c.Secret) {
		spec.ARN, a.Existing = c.Secret, c.Secret
	}
	spec.Restore = c.Restore && c.secret != nil && c.secret.Deleted != ""
	if c.Sets() {
		spec.Value = resource.Value{Input: resource.RegistryInput}
		current := ""
		if c.secret != nil {
			current = c.secret.Version
		}
		spec.Version = versionID(b.Inv.Account, b.Ans.Region, spec.Name, current)
	}
	switch {
	case c.Sets() && c.secret == nil:
		a.Op, a.Summary = resource.Create, fmt.Sprintf("Create secret %s with the credentials of %s", spec.Name, c.Username)
	case c.Sets():
		a.Op, a.Summary = resource.Modify, fmt.Sprintf("Put the credentials of %s into secret %s as a new version", c.Username, spec.Name)
		a.Before = map[string]any{"version_id": c.secret.Version}
		a.Why += " The current version becomes the previous version."
	case spec.Restore:
		a.Op, a.Summary = resource.Modify, fmt.Sprintf("Restore secret %s, which is scheduled for deletion", spec.Name)
	default:
		a.Op, a.Summary = resource.Keep, fmt.Sprintf("Secret %s contains the credentials", resource.SecretName(c.Secret))
	}
	if spec.Restore {
		a.Rules = append(a.Rules, "R-DELNAME")
		if a.Before == nil {
			a.Before = map[string]any{}
		}
		a.Before["deleted_date"] = c.secret.Deleted
	}
	a.Spec = spec
	return a
}

// versionID returns the id for a version of a secret. The same plan gives the same id, so that a
// script that runs twice adds the version once.
func versionID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return "w" + hex.EncodeToString(sum[:])[:39]
}

// executionManaged is the AWS managed policy for execution roles.
func (b *builder) executionManaged() string {
	return "arn:" + b.Partition() + ":iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

// roleChanges plans the execution role and its permissions. Existing permissions are not added again.
func (b *builder) roleChanges(c *credentials) {
	b.executionRole(c)
	b.secretPolicy(c, words.Last(c.role))
}

// executionRole plans the execution role that the answers name or ask for.
func (b *builder) executionRole(c *credentials) {
	name := words.Last(c.role)
	if c.CreateRole || c.Role != "" {
		a := resource.Change{ID: resource.ID("role/" + name), Op: resource.Keep, Existing: c.role, Spec: resource.Role{Name: name, Tags: b.ownTags()},
			Summary: fmt.Sprintf("Execution role %s exists", name), Why: "Amazon ECS uses this role to pull images and read secrets."}
		if c.making {
			a.Op, a.Existing, a.Summary = resource.Create, "", fmt.Sprintf("Create execution role %s", name)
			a.Why += " Only ecs-tasks.amazonaws.com may assume it."
		}
		b.p.Changes = append(b.p.Changes, a)
	}
	if r := b.Inv.Role(c.role); c.making || c.CreateRole && r != nil { // an earlier run may have ended after it created the role
		a := b.executionChange(c, name)
		if !c.making && b.executes(r) {
			a.Op, a.Existing, a.Why = resource.Keep, name, "Its policies already allow it."
			a.Summary = fmt.Sprintf("Role %s may pull images and write logs", name)
		}
		b.p.Changes = append(b.p.Changes, a)
	}
}

// secretPolicy allows the execution role to read the secret.
func (b *builder) secretPolicy(c *credentials, name string) {
	a := resource.Change{ID: resource.ID("role-policy/" + name), Op: resource.Keep, Existing: name, Rules: []string{"R-PERM"}, After: []resource.ID{secretID}, Spec: resource.RolePolicy{Role: name, Name: registryPolicy},
		Summary: fmt.Sprintf("Role %s may read the secret", name), Why: "Its policies already allow it."}
	if c.making {
		a.After = append(a.After, resource.ID("role/"+name))
	}
	if c.keyARN != "" {
		a.Rules = append(a.Rules, "R-KMS")
	}
	doc := b.lacking(c)
	if doc == "" {
		b.p.Changes = append(b.p.Changes, a)
		return
	}
	a.Op, a.Existing = resource.Create, ""
	a.Summary = fmt.Sprintf("Allow role %s to read the secret, with inline policy %s", name, registryPolicy)
	a.Why = "Without secretsmanager:GetSecretValue on it, tasks stop with ResourceInitializationError before they start."
	if c.keyARN != "" {
		a.Why += " The secret uses a customer managed key, so the role also needs kms:Decrypt (on this key, through Secrets Manager only)."
	}
	if r := b.Inv.Role(c.role); r != nil {
		for _, p := range r.Policies {
			if p.Name != registryPolicy || p.ARN != "" {
				continue
			}
			whole, err := policy.Add(p.Document, doc)
			if err != nil { // the policy cannot be extended
				b.refused = append(b.refused, Finding{Rule: "R-PERM", Severity: Error, Resource: c.role, Message: fmt.Sprintf("Cannot extend inline policy %s of role %s: %v.", registryPolicy, name, err),
					Fix: "Fix that policy, or choose another role."})
			}
			doc = whole
			a.Op, a.Existing, a.Before = resource.Modify, registryPolicy, map[string]any{"policy_document": p.Document}
			a.Summary = fmt.Sprintf("Allow role %s to read the secret, with an addition to inline policy %s", name, registryPolicy)
		}
	}
	a.Spec = resource.RolePolicy{Role: name, Name: registryPolicy, Document: []resource.Value{resource.Lit(doc)}}
	b.p.Changes = append(b.p.Changes, a)
}

// statement is one statement of a role's policy.
type statement struct {
	Sid, Effect string
	Action      any
	Resource    any
	Condition   any `json:",omitempty"`
}

func document(statements ...statement) string {
	b, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
	if err != nil {
		panic(fmt.Sprintf("plan: a policy: %v", err)) // strings and lists of strings
	}
	return string(b)
}

// lacking returns the policy that the execution role needs and does not have; empty if it has all
// permissions.
func (b *builder) lacking(c *credentials) string {
	var out []statement
	forSecret, forKey := inventory.GrantSid("Secret", c.arn), inventory.GrantSid("Key", c.keyARN)
	written := func(sid string) bool { // created by the wizard: its condition makes the answer below unsure
		r := b.Inv.Role(c.role)
		return r != nil && slices.ContainsFunc(r.Policies, func(p inventory.RolePolicy) bool {
			return p.Name == registryPolicy && strings.Contains(p.Document, `"`+sid+`"`)
		})
	}
	if may, _ := b.allows(c.role, "secretsmanager:GetSecretValue", c.arn); !may && !written(forSecret) {
		out = append(out, statement{Sid: forSecret, Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: c.arn})
	}
	if c.keyARN != "" {
		if may, _ := b.allows(c.role, "kms:Decrypt", c.keyARN); !may && !written(forKey) {
			out = append(out, statement{Sid: forKey, Effect: "Allow", Action: "kms:Decrypt", Resource: c.keyARN,
				Condition: map[string]any{"StringEquals": map[string]string{"kms:ViaService": b.secretsService(c)}}})
		}
	}
	if len(out) == 0 {
		return ""
	}
	return document(out...)
}

// secretsService returns the value of kms:ViaService if Secrets Manager uses a key for a role.
func (b *builder) secretsService(c *credentials) string {
	return "secretsmanager." + regionOfARN(c.arn, b.Ans.Region) + "." + catalog.DNSSuffix(b.Partition())
}

// regionOfARN returns the Region of an ARN.
func regionOfARN(arn, otherwise string) string {
	if part := strings.SplitN(arn, ":", 6); len(part) == 6 && part[3] != "" {
		return part[3]
	}
	return otherwise
}

// executes reports whether a role has what executionChange adds, or other policies that allow it.
func (b *builder) executes(r *inventory.Role) bool {
	if slices.ContainsFunc(r.Policies, func(p inventory.RolePolicy) bool {
		return p.ARN == b.executionManaged() || p.ARN == "" && p.Name == executionPolicy
	}) {
		return true
	}
	for _, action := range []string{"ecr:GetAuthorizationToken", "ecr:BatchGetImage", "logs:CreateLogStream", "logs:PutLogEvents"} {
		if may, _ := b.allows(r.ARN, action, "*"); !may {
			return false
		}
	}
	return true
}

// executionChange allows a new role to pull images and write logs: with the AWS managed policy, or with
// an own policy if the answers restrict pulls to the VPC or its endpoints. The login itself cannot
// be restricted (Amazon ECS developer guide, task execution role).
func (b *builder) executionChange(c *credentials, name string) resource.Change {
	a := resource.Change{ID: resource.ID("role-policy/" + name + "/execution"), Op: resource.Create, After: []resource.ID{resource.ID("role/" + name)}}
	if c.ECRCondition == "" {
		a.Spec = resource.RolePolicy{Role: name, Managed: b.executionManaged()}
		a.Summary, a.Why = fmt.Sprintf("Attach AmazonECSTaskExecutionRolePolicy to role %s", name), "It allows Amazon ECS to pull from Amazon ECR and write logs with this role."
		return a
	}
	key, ids := "aws:SourceVpc", any(b.vpc.ID)
	values := map[string]resource.Value{}
	if es := b.ecrEndpoints(); c.ECRCondition == answers.ByEndpoint && len(es) >= 2 { // otherwise E-ECRCOND reports the missing endpoints
		var marks []string
		for i, e := range es {
			marks = append(marks, fmt.Sprintf("VALUE-%d", i))
			values[marks[i]] = resource.From(e.id)
		}
		key, ids = "aws:SourceVpce", marks
	}
	doc := document(
		statement{Sid: "PrivateLinkWizardLogin", Effect: "Allow", Action: []string{"ecr:GetAuthorizationToken", "logs:CreateLogStream", "logs:PutLogEvents"}, Resource: "*"},
		statement{Sid: "PrivateLinkWizardPull", Effect: "Allow", Action: []string{"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"}, Resource: "*",
			Condition: map[string]any{"StringEquals": map[string]any{key: ids}}})
	a.Spec = resource.RolePolicy{Role: name, Name: executionPolicy, Document: pieces(doc, values)}
	a.Rules = []string{"E-ECRCOND"}
	a.Summary = fmt.Sprintf("Allow role %s to pull from Amazon ECR through %s only, and to write logs", name, map[string]string{answers.ByVPC: "this VPC", answers.ByEndpoint: "the two ECR endpoints"}[c.ECRCondition])
	a.Why = "You chose this. The condition applies to pulls, not to ecr:GetAuthorizationToken, because AWS does not support it there. If the endpoints are created again, their new ids must be added here."
	return a
}

// pieces splits a text at marks that are replaced by values.
func pieces(text string, marks map[string]resource.Value) []resource.Value {
	if len(marks) == 0 {
		return []resource.Value{resource.Lit(text)}
	}
	var names []string
	for m := range marks {
		names = append(names, regexp.QuoteMeta(m))
	}
	slices.Sort(names)
	var out []resource.Value
	at := 0
	for _, m := range regexp.MustCompile(strings.Join(names, "|")).FindAllStringIndex(text, -1) {
		out = append(out, resource.Lit(text[at:m[0]]), marks[text[m[0]:m[1]]])
		at = m[1]
	}
	return append(out, resource.Lit(text[at:]))
}

// definitionChange plans the revision with containers that log in, and the service that runs it.
func (b *builder) definitionChange(c *credentials) {
	spec := resource.Definition{Batch: b.Workload.Jobs, Credentials: resource.From(secretID), Service: b.Ans.Service}
	a := resource.Change{Op: resource.Create, Rules: []string{"R-REF", "R-SHAPE"}}
	if c.role != "" {
		a.After = append(a.After, resource.ID("role-policy/"+words.Last(c.role)))
	}
	if c.from == nil {
		spec.Family, spec.Containers, spec.Login = c.Job.Name, []string{"default"}, []string{"default"}
		spec.Job = resource.Job{Image: c.Job.Image, VCPU: c.Job.VCPU, Memory: c.Job.Memory, Fargate: !b.Workload.OwnHosts}
		spec.Role = b.roleValue(c)
		if d, _, _ := b.definitionNamed(c.Job.Name); d != nil {
			spec.Like = d.ARN
		}
		a.Summary = fmt.Sprintf("Register job definition %s for image %s", spec.Family, c.Job.Image)
		a.Why = "A small definition to start with: one container that logs in at its registry."
	} else {
		spec.Family, spec.From, spec.Fields, spec.Shape, spec.Login = c.from.Family, c.from.ARN, c.from.Fields, c.from.Shape, c.login
		var has []string
		for _, k := range c.from.Containers {
			spec.Containers = append(spec.Containers, k.Name)
			if slices.Contains(c.login, k.Name) {
				has = append(has, cmp.Or(k.Credentials, "none"))
			}
		}
		if c.role != c.from.ExecutionRole {
			spec.Role = b.roleValue(c)
		}
		a.Before = map[string]any{"credentials_parameter": strings.Join(workload.Unique(has), ", ")}
		if spec.Role != (resource.Value{}) {
			a.Before["execution_role_arn"] = cmp.Or(c.from.ExecutionRole, "none")
		}
		a.Summary = fmt.Sprintf("Register a new revision of %s with registry credentials for %s", words.Last(c.from.ARN), containerNames(c.login))
		a.Why = "It differs from its source only in repositoryCredentials.credentialsParameter, which references the secret by its full ARN"
		if spec.Role != (resource.Value{}) {
			a.Why += fmt.Sprintf(", and in its execution role, which was %s", cmp.Or(words.Last(c.from.ExecutionRole), "none"))
		}
		a.Why += ". The old revision stays, and running tasks or jobs keep it."
		if len(c.login) == 0 {
			return // R-SHAPE reports it
		}
		if d := b.loggingIn(c); d != nil {
			a.Op, a.Existing, a.Before = resource.Keep, d.ARN, nil
			a.Summary, a.Why = fmt.Sprintf("%s references the secret", words.Last(d.ARN)), "Its containers already log in with it."
		}
	}
	a.ID, a.Spec = resource.ID(spec.Kind()+"/"+spec.Family), spec
	b.p.Changes = append(b.p.Changes, a)
	if c.UpdateService && c.service != nil && c.cluster != nil && !slices.Contains(b.Ans.Redeploy, c.cluster.Name+"/"+c.service.Name) {
		b.serviceRow(c, a)
	}
}

// loggingIn returns the newest revision of the definition if its containers log in as requested; nil
// if they do not, or if it is older than the source.
func (b *builder) loggingIn(c *credentials) *inventory.TaskDefinition {
	d, _, _ := b.definitionNamed(c.from.Family)
	if d == nil || d.Revision < c.from.Revision || c.secret == nil || d.ExecutionRole != c.role {
		return nil
	}
	for _, name := range c.login {
		if !slices.ContainsFunc(d.Containers, func(k inventory.Container) bool { return k.Name == name && k.Credentials == c.secret.ARN }) {
			return nil
		}
	}
	return d
}

func (b *builder) serviceRow(c *credentials, definition resource.Change) {
	name := c.cluster.Name + "/" + c.service.Name
	a := resource.Change{ID: resource.ID("service/" + name), Op: resource.Run, Existing: c.service.ARN, After: b.changing(),
		Spec:    resource.ServiceDeployment{Cluster: c.cluster.ARN, Service: c.service.Name, After: c.service.Deployment, TaskDefinition: resource.From(definition.ID), Before: c.service.TaskDefinition},
		Summary: fmt.Sprintf("Let service %s run the new revision", name),
		Why:     "Amazon ECS starts tasks of the new revision and stops the old ones when the new ones run, according to the service's deployment settings."}
	if definition.Op == resource.Keep && c.service.TaskDefinition == definition.Existing {
		a.Op, a.Summary, a.Why = resource.Keep, fmt.Sprintf("Service %s runs the revision that references the secret", name), ""
		a.After = nil
	}
	b.p.Changes = append(b.p.Changes, a)
}

func (b *builder) roleValue(c *credentials) resource.Value {
	if b.p.Change(resource.ID("role/"+words.Last(c.role))) != nil {
		return resource.From(resource.ID("role/" + words.Last(c.role)))
	}
	return resource.Lit(c.role)
}

// containerNames returns "container a" or "containers a, b".
func containerNames(containers []string) string {
	if len(containers) == 1 {
		return "container " + containers[0]
	}
	return "containers " + strings.Join(containers, ", ")
}

// claimRegistry adds the claim that only a task or job shows.
func (b *builder) claimRegistry() {
	if b.registry != nil {
		b.claim(resource.Claim{Change: secretID, Says: "the registry accepts these credentials; a task or job that pulls the image shows this", Measure: resource.Inside{}})
	}
}

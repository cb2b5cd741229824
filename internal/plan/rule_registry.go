package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// The first versions that log in at private registries with a secret (AWS Batch user guide, private
// registry authentication for jobs).
const (
	registryAgent    = "1.19.0"
	registryPlatform = "1.2.0"
)

// registryRules are the rules on credentials of private registries.
var registryRules = []check{
	{"R-ECRNA", "Images of Amazon ECR need no registry credentials.", checkECRCredentials},
	{"R-AGENT119", "ECS agents must be at version 1.19.0 or later to log in at a registry.", checkRegistryAgent},
	{"R-PV120", "The Fargate platform version must be 1.2.0 or later to log in at a registry.", checkRegistryPlatform},
	{"R-NAMESFX", "A secret's name should not end like the suffix that Secrets Manager adds.", checkSecretSuffix},
	{"R-REF", "A definition must reference a secret of another account or Region by its full ARN.", checkSecretReference},
	{"R-SHAPE", "Credentials must be for a container of the definition.", checkDefinitionShape},
	{"R-EXECROLE", "To log in at a registry, a definition needs an execution role.", checkExecutionRole},
	{"R-XACCT", "A secret of another account needs a key of that account and permissions there.", checkForeignSecret},
	{"R-XREGION", "Endpoints reach the secrets of their own Region only.", checkSecretElsewhere},
	{"R-NET", "Credentials are not a network path to the registry.", checkRegistryReach},
	{"R-DELNAME", "A secret that is scheduled for deletion keeps its name and cannot be read.", checkDeletedSecret},
	{"", "Secrets Manager must be able to use the key.", checkSecretKey},          // for R-KMS
	{"", "The endpoints of a condition on pulls must exist.", checkECRCondition},  // for E-ECRCOND
	{"", "No statement of the role may deny reading the secret.", checkRoleReads}, // for R-PERM
}

func checkECRCredentials(b *builder) []Finding {
	var out []Finding
	find := func(d *inventory.TaskDefinition, k inventory.Container, img image) {
		out = append(out, Finding{Severity: Error, Resource: d.ARN,
			Message: fmt.Sprintf("Container %s of %s:%d pulls %s from Amazon ECR. Registry credentials have no effect there.", k.Name, d.Family, d.Revision, img.ref),
			Fix:     "Remove them from this container. The execution role pulls the image: AmazonECSTaskExecutionRolePolicy allows it."})
	}
	chosen := b.registry
	for _, d := range b.Definitions {
		for _, k := range d.Containers {
			img := parseImage(k.Image)
			asked := chosen != nil && chosen.from == d && slices.Contains(chosen.login, k.Name)
			if !img.outside() && !img.public && (k.Credentials != "" || asked) {
				find(d, k, img)
			}
		}
	}
	return out
}

func checkRegistryAgent(b *builder) []Finding {
	if b.registry == nil {
		return nil
	}
	looked, _ := b.clusters()
	var out []Finding
	for _, c := range looked {
		var old []string
		for _, h := range c.hosts {
			if tooOld := h.AgentVersion != "" && before(h.AgentVersion, oldestAgent); !tooOld && h.Connected && !h.PrivateAuth { // E-AGENT1251 reports older ones
				old = append(old, h.Instance+" (lacks the attribute ecs.capability.private-registry-authentication.secretsmanager)")
			}
		}
		if len(old) > 0 {
			out = append(out, Finding{Severity: Block, Resource: c.ARN, Message: fmt.Sprintf("Agents in cluster %s cannot log in at a registry: %s.", c.Name, words.UpTo(old, 5)),
				Fix: "Update them to the latest version: start instances from a current AMI, or run `yum update ecs-init` and restart the agent. To log in, they need " + registryAgent + " or later."})
		}
	}
	return out
}

func checkRegistryPlatform(b *builder) []Finding {
	if b.registry == nil {
		return nil
	}
	var out []Finding
	for _, p := range b.Platforms {
		if p.Version != "" && before(p.Version, registryPlatform) {
			out = append(out, Finding{Severity: Block, Resource: p.Resource, Message: fmt.Sprintf("%s asks for Fargate platform version %s, which cannot log in at a registry.", strings.ToUpper(p.Of[:1])+p.Of[1:], p.Version),
				Fix: "Use platform version LATEST. To log in, it must be " + registryPlatform + " or later. " + textRules["R-FARGATEONLYWAY"]})
		}
	}
	return out
}

// likeSuffix matches the suffix that Secrets Manager adds to a name. A partial ARN of such a name
// could match another secret.
var likeSuffix = pattern.New(`-[A-Za-z0-9]{6}$`)

func checkSecretSuffix(b *builder) []Finding {
	if c := b.registry; c != nil && c.secret == nil && c.Sets() && likeSuffix().MatchString(inventory.Unmarked(c.Secret)) {
		return []Finding{{Severity: Warn, Resource: c.Secret, Message: fmt.Sprintf("The name %s ends in a hyphen and six characters, like the suffix that Secrets Manager adds. A search by a partial ARN may find another secret.", c.Secret),
			Fix: "Choose a name with a different ending."}}
	}
	return nil
}

func checkSecretReference(b *builder) []Finding {
	var out []Finding
	if !b.Inv.Has(inventory.Request{Part: inventory.PartRegistry}) {
		return nil
	}
	if _, denied := b.Inv.Gap("secretsmanager:ListSecrets"); denied {
		return nil
	}
	for _, d := range b.Definitions {
		for _, k := range d.Containers {
			if k.Credentials == "" || answers.IsARN(k.Credentials) || b.Inv.Secret(k.Credentials) != nil || b.registry != nil && b.registry.from == d {
				continue
			}
			out = append(out, Finding{Severity: Error, Resource: d.ARN, Message: fmt.Sprintf("Container %s of %s:%d references the secret %s, which does not exist in this account and Region.", k.Name, d.Family, d.Revision, k.Credentials),
				Fix: "Reference a secret of another account or Region by its full ARN."})
		}
	}
	return out
}

func checkDefinitionShape(b *builder) []Finding {
	c := b.registry
	switch {
	case c == nil || c.Definition == "":
		return nil
	case c.from == nil:
		return []Finding{{Severity: Error, Resource: c.Definition, Message: fmt.Sprintf("Definition %s of this workload does not exist, so the plan cannot create a revision of it.", c.Definition), Fix: "Choose an existing definition, or None on the screen Registry secret (answers file: remove registry.definition)."}}
	case c.from.Shape == "nodes":
		return []Finding{{Severity: Block, Resource: c.from.ARN, Message: fmt.Sprintf("%s is a multi-node job definition, which the wizard does not support.", words.Last(c.from.ARN)),
			Fix: "Add repositoryCredentials to each nodeRangeProperties yourself. For only the secret and the role, choose None as the definition (answers file: remove registry.definition)."}}
	case len(c.from.Fields) == 0:
		return []Finding{{Severity: Block, Resource: c.from.ARN, Message: fmt.Sprintf("The content of %s was not read, so the plan cannot create a revision of it.", words.Last(c.from.ARN)), Fix: "Read the account again. An older snapshot does not contain it."}}
	case len(c.login) == 0:
		return []Finding{{Severity: Error, Resource: c.from.ARN, Message: fmt.Sprintf("No container of %s has an image from outside AWS, so none would log in.", words.Last(c.from.ARN)), Fix: "Select the containers on the screen Registry secret (answers file: registry.containers), or choose another definition."}}
	}
	return nil
}

func checkExecutionRole(b *builder) []Finding {
	c := b.registry
	if c == nil || c.role != "" || c.from == nil && c.Job == (answers.Job{}) {
		return nil
	}
	of := c.Job.Name
	if c.from != nil {
		of = words.Last(c.from.ARN)
	}
	return []Finding{{Severity: Block, Resource: of, Message: fmt.Sprintf("%s has no execution role. Amazon ECS needs it to read the secret.", of),
		Fix: "Choose a role on the screen Registry secret, or let the plan create it (answers file: registry.role, or registry.create_role: true)."}}
}

func checkForeignSecret(b *builder) []Finding {
	c := b.registry
	if c == nil {
		return nil
	}
	account := strings.SplitN(c.arn, ":", 6)
	if len(account) < 6 || account[4] == b.Inv.Account || b.Inv.Account == "" {
		return nil
	}
	f := Finding{Severity: Warn, Resource: c.arn, Message: fmt.Sprintf("The secret belongs to account %s. That account must allow role %s to read it, with a policy on the secret and a policy on its key. The wizard cannot see these policies.", account[4], words.Last(c.role)),
		Fix: "Ask account " + account[4] + " to allow the role secretsmanager:GetSecretValue on the secret and kms:Decrypt on its key."}
	if c.secret != nil && c.keyARN == "" {
		f.Severity = Error
		f.Message = fmt.Sprintf("The secret belongs to account %s and uses its default key, which no other account can use.", account[4])
		f.Fix = "Encrypt it with a customer managed key of that account that the role may use, or copy the credentials into a secret of this account."
	}
	return []Finding{f}
}

func checkSecretElsewhere(b *builder) []Finding {
	c := b.registry
	if c == nil {
		return nil
	}
	region := regionOfARN(c.arn, b.Ans.Region)
	if region == b.Ans.Region || b.egress != catalog.Closed {
		return nil
	}
	return []Finding{{Severity: Error, Resource: c.arn, Message: fmt.Sprintf("The secret is in %s. The secretsmanager endpoint serves its own Region only, and there is no internet access from %s.", region, b.noWayOut()),
		Fix: "Replicate the secret to " + b.Ans.Region + " (AddReplicaRegions) and use the replica."}}
}

// checkRegistryReach reports that credentials are not a network path.
func checkRegistryReach(b *builder) []Finding {
	c := b.registry
	if c == nil || b.egress != catalog.Closed || b.first != nil { // E-DOCKERHUB reports the image of a first workload
		return nil
	}
	var hosts []string
	if c.Job.Image != "" {
		hosts = append(hosts, parseImage(c.Job.Image).host())
	}
	if c.from != nil {
		for _, k := range c.from.Containers {
			if slices.Contains(c.login, k.Name) {
				hosts = append(hosts, parseImage(k.Image).host())
			}
		}
	}
	hosts = workload.Unique(hosts)
	if len(hosts) == 0 {
		return nil
	}
	return []Finding{{Severity: Error, Resource: strings.Join(hosts, ", "),
		Message: fmt.Sprintf("There is no network path from %s to %s. Credentials do not change this.", b.noWayOut(), strings.Join(hosts, ", ")),
		Fix:     "Add a NAT gateway or a proxy, or copy the image to Amazon ECR. A pull-through cache rule of Amazon ECR works too, but its first pull needs internet access."}}
}

func checkDeletedSecret(b *builder) []Finding {
	c := b.registry
	if c == nil || c.secret == nil || c.secret.Deleted == "" || c.Restore {
		return nil
	}
	return []Finding{{Severity: Block, Resource: c.secret.ARN, Message: fmt.Sprintf("Secret %s is scheduled for deletion (requested on %s). Until then, for 7 to 30 days, its name is not free and it cannot be read.", c.secret.Name, c.secret.Deleted),
		Fix: "Restore the secret on the screen Registry secret (answers file: registry.restore: true), or choose another name.", Patch: &answers.Patch{RestoreSecret: true}}}
}

func checkSecretKey(b *builder) []Finding {
	c := b.registry
	if c == nil {
		return nil
	}
	find := func(format string, args ...any) []Finding {
		return []Finding{{Rule: "R-KMS", Severity: Error, Resource: c.KMSKey, Message: fmt.Sprintf(format, args...), Fix: "Choose another key, or fix this one."}}
	}
	_, denied := b.Inv.Gap("kms:ListAliases")
	switch k := c.key; {
	case k != nil && k.State != "" && k.State != "Enabled":
		return find("Key %s is %s, so the secret cannot be read.", strings.Join(k.Aliases, ", "), k.State)
	case k != nil && k.Usage != "" && k.Usage != "ENCRYPT_DECRYPT":
		return find("Key %s is for %s, but a secret needs a key for ENCRYPT_DECRYPT.", strings.Join(k.Aliases, ", "), k.Usage)
	case k == nil && c.KMSKey != "" && c.secret == nil && !answers.IsARN(c.KMSKey) && !denied && b.Inv.Has(inventory.Request{Part: inventory.PartRegistry}):
		return find("No key with alias %s exists in this account and Region.", c.KMSKey)
	case c.secret != nil && c.KMSKey != "" && c.key != b.Inv.Key(c.KMSKey):
		return []Finding{{Rule: "R-KMS", Severity: Warn, Resource: c.secret.ARN, Message: fmt.Sprintf("Secret %s exists, and the plan does not change its key.", c.secret.Name), Fix: "Remove the key from the answers file (registry.kms_key)."}}
	}
	return nil
}

func checkECRCondition(b *builder) []Finding {
	c := b.registry
	if c == nil || c.ECRCondition == "" {
		return nil
	}
	if r := b.Inv.Role(c.role); r != nil && slices.ContainsFunc(r.Policies, func(p inventory.RolePolicy) bool { return p.Name == executionPolicy }) {
		return nil // an earlier run added the condition
	}
	if !c.making {
		return []Finding{{Rule: "E-ECRCOND", Severity: Warn, Resource: c.role, Message: fmt.Sprintf("Role %s exists, and the plan does not restrict it: its pulls have no condition.", words.Last(c.role)), Fix: "Choose no condition on the screen Registry secret (answers file: remove registry.ecr_condition), or let the plan create a new role."}}
	}
	if c.ECRCondition == answers.ByEndpoint && len(b.ecrEndpoints()) < 2 {
		return []Finding{{Rule: "E-ECRCOND", Severity: Error, Resource: c.Role, Message: "The answers restrict pulls to the Amazon ECR endpoints, but the plan does not contain them.", Fix: "Select \"Pull images from Amazon ECR\" on the screen AWS services (answers file: add ecr to needs), or restrict pulls to the VPC (answers file: registry.ecr_condition: vpc)."}}
	}
	return nil
}

// checkRoleReads reports policies of an existing execution role that deny reading the secret although
// the plan allows it, or that leave it undecided. An explicit Deny overrides every Allow (IAM user
// guide, policy evaluation logic).
func checkRoleReads(b *builder) []Finding {
	c := b.registry
	if c == nil || c.role == "" || c.making {
		return nil
	}
	role := b.Inv.Role(c.role)
	if role == nil {
		return nil
	}
	policies := named(role)
	if doc := b.lacking(c); doc != "" {
		policies = append(policies, policy.RolePolicy{Name: registryPolicy, Document: doc})
	}
	grants := []policy.Grant{{Actions: []string{"secretsmanager:GetSecretValue"}, Resources: []string{c.arn}}}
	if c.keyARN != "" {
		grants = append(grants, policy.Grant{Actions: []string{"kms:Decrypt"}, Resources: []string{c.keyARN}, Via: b.secretsService(c)})
	}
	var denied, undecided []policy.Lack
	for _, l := range policy.RoleLacks(grants, policy.Caller{Account: b.Inv.Account, Region: b.Ans.Region, Roles: []string{c.role}}, policies...) {
		if l.Role = ""; l.Unsure {
			undecided = append(undecided, l)
		} else {
			denied = append(denied, l)
		}
	}
	var out []Finding
	if len(denied) > 0 {
		out = append(out, Finding{Rule: "R-PERM", Severity: Error, Resource: c.role,
			Message: fmt.Sprintf("Policies of role %s deny what reading the secret needs: %s.%s", words.Last(c.role), byResource(texts(denied)), because(denied)),
			Fix:     "Change these statements, or choose another role. The plan only adds permissions, and a Deny overrides them."})
	}
	if len(undecided) > 0 {
		out = append(out, Finding{Rule: "R-PERM", Severity: Warn, Resource: c.role,
			Message: fmt.Sprintf("The wizard cannot decide whether role %s may read the secret: %s.%s", words.Last(c.role), byResource(texts(undecided)), because(undecided)),
			Fix:     "Check these statements of the role against a read of the secret by Amazon ECS."})
	}
	return out
}

package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// The first versions that log in at private registries by a secret (AWS Batch user
// guide, private registry authentication for jobs).
const (
	registryAgent    = "1.19.0"
	registryPlatform = "1.2.0"
)

// registryRules are the checks on credentials of private registries.
var registryRules = []check{
	{"R-ECRNA", "Images of Amazon ECR need no credentials of a registry.", checkECRCredentials},
	{"R-AGENT119", "ECS agents must be at version 1.19.0 or later to log in at a registry.", checkRegistryAgent},
	{"R-PV120", "The Fargate platform must be 1.2.0 or later to log in at a registry.", checkRegistryPlatform},
	{"R-NAMESFX", "A secret's name should not end as AWS's own suffix does.", checkSecretSuffix},
	{"R-REF", "A definition names a secret of another account or Region by its full ARN.", checkSecretReference},
	{"R-SHAPE", "What logs in is a container of the definition.", checkDefinitionShape},
	{"R-EXECROLE", "Logging in takes an execution role.", checkExecutionRole},
	{"R-XACCT", "A secret of another account needs a key of that account and its consent.", checkForeignSecret},
	{"R-XREGION", "Endpoints reach the secrets of their own Region only.", checkSecretElsewhere},
	{"R-NET", "Credentials are not a network path to the registry.", checkRegistryReach},
	{"R-DELNAME", "A secret that is to be deleted holds its name and cannot be read.", checkDeletedSecret},
	{"", "A key must be usable by Secrets Manager.", checkSecretKey},       // for R-KMS
	{"", "Pulls are tied to endpoints that are there.", checkECRCondition}, // for E-ECRCOND
}

func checkECRCredentials(b *builder) []Finding {
	var out []Finding
	find := func(d *inventory.TaskDefinition, k inventory.Container, img image) {
		out = append(out, Finding{Severity: Error, Resource: d.ARN,
			Message: fmt.Sprintf("Container %s of %s:%d pulls %s from Amazon ECR, where credentials of a registry have no effect.", k.Name, d.Family, d.Revision, img.ref),
			Fix:     "Leave them out for this container, and let the execution role pull: AmazonECSTaskExecutionRolePolicy allows it."})
	}
	chosen := b.registry
	for _, d := range b.definitions() {
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
	if b.registry == nil || !b.ans.Workload.EC2() {
		return nil
	}
	looked, _ := b.clusters()
	var out []Finding
	for _, c := range looked {
		var old []string
		for _, h := range c.hosts {
			if h.AgentVersion != "" && before(h.AgentVersion, registryAgent) {
				old = append(old, fmt.Sprintf("%s (%s)", h.Instance, h.AgentVersion))
			} else if h.Connected && !h.PrivateAuth {
				old = append(old, h.Instance+" (lacks the attribute ecs.capability.private-registry-authentication.secretsmanager)")
			}
		}
		if len(old) > 0 {
			out = append(out, Finding{Severity: Block, Resource: c.ARN, Message: fmt.Sprintf("Agents in cluster %s cannot log in at a registry: %s.", c.Name, upTo(old, 5)),
				Fix: "Update them to the latest version: start instances from a current AMI, or `yum update ecs-init` and a restart. Logging in takes " + registryAgent + " or later."})
		}
	}
	return out
}

func checkRegistryPlatform(b *builder) []Finding {
	if b.registry == nil {
		return nil
	}
	var out []Finding
	for _, p := range b.platforms() {
		if p.version != "" && before(p.version, registryPlatform) {
			out = append(out, Finding{Severity: Block, Resource: p.resource, Message: fmt.Sprintf("%s asks for Fargate platform version %s, which cannot log in at a registry.", strings.ToUpper(p.of[:1])+p.of[1:], p.version),
				Fix: "Use platform version LATEST; logging in takes " + registryPlatform + " or later. " + says["R-FARGATEONLYWAY"]})
		}
	}
	return out
}

// likeSuffix is what AWS puts after a name: a partial ARN could be taken for another.
var likeSuffix = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

func checkSecretSuffix(b *builder) []Finding {
	if c := b.registry; c != nil && c.secret == nil && c.Sets() && likeSuffix.MatchString(c.Secret) {
		return []Finding{{Severity: Warn, Resource: c.Secret, Message: fmt.Sprintf("The name %s ends in a hyphen and six characters, as the suffix does that Secrets Manager adds. Whoever looks the secret up by a part of its ARN may find another one.", c.Secret),
			Fix: "Choose a name that ends otherwise."}}
	}
	return nil
}

func checkSecretReference(b *builder) []Finding {
	var out []Finding
	if !b.inv.Has(inventory.Request{Part: inventory.PartRegistry}) {
		return nil
	}
	if _, denied := b.inv.Gap("secretsmanager:ListSecrets"); denied {
		return nil
	}
	for _, d := range b.definitions() {
		for _, k := range d.Containers {
			if k.Credentials == "" || answers.IsARN(k.Credentials) || b.inv.Secret(k.Credentials) != nil || b.registry != nil && b.registry.from == d {
				continue
			}
			out = append(out, Finding{Severity: Error, Resource: d.ARN, Message: fmt.Sprintf("Container %s of %s:%d names its secret %s, and there is none of that name in this account and Region.", k.Name, d.Family, d.Revision, k.Credentials),
				Fix: "Name one of another account or Region by its full ARN."})
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
		return []Finding{{Severity: Error, Resource: c.Definition, Message: fmt.Sprintf("There is no definition %s of this workload that the plan could make a revision of.", c.Definition), Fix: "Choose one that is there, or leave registry.definition out."}}
	case c.from.Shape == "nodes":
		return []Finding{{Severity: Block, Resource: c.from.ARN, Message: fmt.Sprintf("%s is a job definition for several nodes, which is not planned here.", lastOf(c.from.ARN)),
			Fix: "Put repositoryCredentials into each nodeRangeProperties yourself; leave registry.definition out for the secret and the role."}}
	case len(c.from.Fields) == 0:
		return []Finding{{Severity: Block, Resource: c.from.ARN, Message: fmt.Sprintf("What %s is made of was not read, so no revision of it can be made.", lastOf(c.from.ARN)), Fix: "Look at the account again; an older snapshot does not hold it."}}
	case len(c.login) == 0:
		return []Finding{{Severity: Error, Resource: c.from.ARN, Message: fmt.Sprintf("No container of %s has an image from outside AWS, so none would log in.", lastOf(c.from.ARN)), Fix: "Name the containers under registry.containers, or choose another definition."}}
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
		of = lastOf(c.from.ARN)
	}
	return []Finding{{Severity: Block, Resource: of, Message: fmt.Sprintf("%s has no execution role, in whose name Amazon ECS would read the secret.", of),
		Fix: "Choose one under registry.role, or have one made (create_role: true)."}}
}

func checkForeignSecret(b *builder) []Finding {
	c := b.registry
	if c == nil {
		return nil
	}
	account := strings.SplitN(c.arn, ":", 6)
	if len(account) < 6 || account[4] == b.inv.Account || b.inv.Account == "" {
		return nil
	}
	f := Finding{Severity: Warn, Resource: c.arn, Message: fmt.Sprintf("The secret is of account %s. That account must let role %s read it, by a policy on the secret and one on its key; neither is seen from here.", account[4], lastOf(c.role)),
		Fix: "Have account " + account[4] + " allow secretsmanager:GetSecretValue on the secret and kms:Decrypt on its key to the role."}
	if c.secret != nil && c.keyARN == "" {
		f.Severity = Error
		f.Message = fmt.Sprintf("The secret is of account %s and under its default key, which no other account can use.", account[4])
		f.Fix = "Put it under a key of that account's own that the role may use, or copy the credentials into a secret of this account."
	}
	return []Finding{f}
}

func checkSecretElsewhere(b *builder) []Finding {
	c := b.registry
	if c == nil {
		return nil
	}
	region := regionOfARN(c.arn, b.ans.Region)
	if region == b.ans.Region || b.egress != catalog.Closed {
		return nil
	}
	return []Finding{{Severity: Error, Resource: c.arn, Message: fmt.Sprintf("The secret is in %s. The secretsmanager endpoint serves its own Region only, and there is no way out of %s.", region, b.noWayOut()),
		Fix: "Replicate the secret to " + b.ans.Region + " (AddReplicaRegions) and name the one there."}}
}

// checkRegistryReach says what credentials do not do.
func checkRegistryReach(b *builder) []Finding {
	c := b.registry
	if c == nil || b.egress != catalog.Closed {
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
	hosts = unique(hosts)
	if len(hosts) == 0 {
		return nil
	}
	return []Finding{{Severity: Error, Resource: strings.Join(hosts, ", "),
		Message: fmt.Sprintf("Credentials are not a way: no endpoint leads to %s, and there is no way out of %s.", strings.Join(hosts, ", "), b.noWayOut()),
		Fix:     "Give the subnets a NAT gateway or a proxy, copy the images into private Amazon ECR, or use a pull-through cache rule there (its first pull needs a way out)."}}
}

func checkDeletedSecret(b *builder) []Finding {
	c := b.registry
	if c == nil || c.secret == nil || c.secret.Deleted == "" || c.Restore {
		return nil
	}
	return []Finding{{Severity: Block, Resource: c.secret.ARN, Message: fmt.Sprintf("Secret %s is to be deleted (asked for on %s). It holds its name for the 7 to 30 days until then, and nobody can read it.", c.secret.Name, c.secret.Deleted),
		Fix: "Take the deletion back (registry: {restore: true}), or choose another name.", Patch: &answers.Patch{RestoreSecret: true}}}
}

func checkSecretKey(b *builder) []Finding {
	c := b.registry
	if c == nil {
		return nil
	}
	find := func(format string, args ...any) []Finding {
		return []Finding{{Rule: "R-KMS", Severity: Error, Resource: c.KMSKey, Message: fmt.Sprintf(format, args...), Fix: "Choose another key, or put this one right."}}
	}
	_, denied := b.inv.Gap("kms:ListAliases")
	switch k := c.key; {
	case k != nil && k.State != "" && k.State != "Enabled":
		return find("Key %s is %s, so the secret cannot be read.", strings.Join(k.Aliases, ", "), k.State)
	case k != nil && k.Usage != "" && k.Usage != "ENCRYPT_DECRYPT":
		return find("Key %s is for %s, and secrets are encrypted with keys for ENCRYPT_DECRYPT.", strings.Join(k.Aliases, ", "), k.Usage)
	case k == nil && c.KMSKey != "" && c.secret == nil && !answers.IsARN(c.KMSKey) && !denied && b.inv.Has(inventory.Request{Part: inventory.PartRegistry}):
		return find("There is no key %s among those with an alias in this account and Region.", c.KMSKey)
	case c.secret != nil && c.KMSKey != "" && c.key != b.inv.Key(c.KMSKey):
		return []Finding{{Rule: "R-KMS", Severity: Warn, Resource: c.secret.ARN, Message: fmt.Sprintf("Secret %s is there, and its key is not changed.", c.secret.Name), Fix: "Leave registry.kms_key out."}}
	}
	return nil
}

func checkECRCondition(b *builder) []Finding {
	c := b.registry
	if c == nil || c.ECRCondition == "" {
		return nil
	}
	if r := b.inv.Role(c.role); r != nil && slices.ContainsFunc(r.Policies, func(p inventory.RolePolicy) bool { return p.Name == executionPolicy }) {
		return nil // an earlier run tied them
	}
	if !c.making {
		return []Finding{{Rule: "E-ECRCOND", Severity: Warn, Resource: c.role, Message: fmt.Sprintf("Role %s is there, and what it allows is not narrowed: its pulls are not tied to anything.", lastOf(c.role)), Fix: "Leave registry.ecr_condition out, or have a new role made."}}
	}
	if c.ECRCondition == answers.ByEndpoint && (b.end("endpoint/ecr.api") == nil || b.end("endpoint/ecr.dkr") == nil) {
		return []Finding{{Rule: "E-ECRCOND", Severity: Error, Resource: c.Role, Message: "Pulls are to be tied to the endpoints of Amazon ECR, and the plan has none.", Fix: "Add ecr to the needs, or tie them to the VPC (ecr_condition: vpc)."}}
	}
	return nil
}

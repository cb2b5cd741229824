package answers

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of AWS on what credentials of a registry are made of.
const (
	maxSecretName  = 512  // Secrets Manager API reference, CreateSecret
	maxDescription = 2048 // the same
	maxRoleName    = 64   // IAM API reference, CreateRole
)

var (
	// The lengths stand beside the expressions: counted in them, they would take their
	// time at every start.
	secretName     = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]+$`)
	secretARN      = regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$`)
	roleName       = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]+$`)
	roleARN        = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$`)
	keyShape       = regexp.MustCompile(`^(alias/[A-Za-z0-9/_-]+|[a-z0-9-]{36}|mrk-[a-f0-9]{32}|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+)$`)
	definitionName = regexp.MustCompile(`^[A-Za-z0-9_-]+(:[0-9]+)?$`)
	amount         = regexp.MustCompile(`^[0-9]+([.][0-9]+)?$`)
	values         = []string{RegistryKeep, RegistrySet}
	conditions     = []string{ByVPC, ByEndpoint}
)

// IsARN tells whether a name of a secret, role or key is an ARN.
func IsARN(name string) bool { return strings.HasPrefix(name, "arn:") }

// invalidRegistry says what is wrong with a value below the key registry (R-NAME).
func invalidRegistry(key, v string) string {
	arn := IsARN(v)
	switch key {
	case "secret":
		switch {
		case arn && !secretARN.MatchString(v):
			return "is no ARN of a secret; it is as in arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf"
		case !arn && !secretName.MatchString(v):
			return "is no name of a secret; it has letters, digits and / _ + = . @ - only"
		case !arn && len(v) > maxSecretName:
			return "is too long for the name of a secret; it has at most 512 characters"
		}
	case "value":
		if !slices.Contains(values, v) {
			return "is nothing to do with a value" + suggest(v, values) + "; allowed are " + words(values)
		}
	case "description":
		if utf8.RuneCountInString(v) > maxDescription {
			return "is too long; a description has at most 2048 characters"
		}
	case "kms_key":
		if !keyShape.MatchString(v) {
			return "is no key of KMS; write its alias, such as alias/registry, its id or its ARN"
		}
	case "role":
		if name := v[strings.LastIndex(v, "/")+1:]; arn && !roleARN.MatchString(v) || !arn && !roleName.MatchString(v) || len(name) > maxRoleName {
			return "is no role; write its name, such as app-execution, or its ARN"
		}
	case "ecr_condition":
		if !slices.Contains(conditions, v) {
			return "is nothing that pulls can be tied to" + suggest(v, conditions) + "; allowed are " + words(conditions)
		}
	case "definition":
		if !definitionName.MatchString(v) {
			return "is no task or job definition; write NAME or NAME:REVISION, such as web:7"
		}
	case "containers":
		if !named(v, 255) {
			return "is no name of a container; it has letters, digits, - and _ only"
		}
	case "job.name":
		if !named(v, 128) {
			return "is no name of a job definition; it has at most 128 letters, digits, - and _"
		}
	case "job.image":
		if strings.ContainsAny(v, " \t") || len(v) > 255 {
			return "is no image; write it as in registry.example.com/team/app:1"
		}
	case "job.vcpu", "job.memory":
		if !amount.MatchString(v) {
			return "is no amount; write a number in quotes, such as \"1\""
		}
	}
	return ""
}

// registry finds answers below the key registry that do not go together.
func (f *File) registry(a Answers) Errors {
	var out Errors
	fail := func(key, text, problem string) {
		e := f.Error("registry."+key, problem)
		e.Text = text
		out = append(out, e)
	}
	r := a.Registry
	_, written := f.places["registry"]
	if written && a.Workload.MWAA() {
		e := f.Error("registry", "goes with the workloads of Amazon ECS and AWS Batch, whose images may be of a private registry, not with "+string(a.Workload)+"; remove it")
		return append(out, e)
	}
	switch {
	case !written:
	case !r.On():
		fail("secret", "", "is missing; name the secret that holds the credentials, or remove registry")
		return out
	case IsARN(r.Secret) && r.Sets():
		fail("secret", r.Secret, "is an ARN; the credentials are put into a secret of this account and Region, by its name")
	}
	for key, v := range map[string]string{"username": r.Username, "kms_key": r.KMSKey, "description": r.Description} {
		if written && v != "" && !r.Sets() {
			fail(key, v, "goes with value: set; add that, or remove it")
		}
	}
	switch {
	case r.Sets() && r.Username == "":
		fail("username", "", "is missing; value: set takes the user name from here, and asks for the password")
	case r.CreateRole && r.Role == "":
		fail("role", "", "is missing; create_role: true makes the role of that name")
	case r.CreateRole && IsARN(r.Role):
		fail("role", r.Role, "is an ARN; create_role: true takes the name of the role that it makes")
	case r.ECRCondition != "" && !r.CreateRole:
		fail("ecr_condition", r.ECRCondition, "goes with create_role: true, since what a role allows already is not narrowed; add that, or remove it")
	}
	if r.On() && r.Definition == "" {
		if len(r.Containers) > 0 {
			fail("containers", strings.Join(r.Containers, " "), "goes with definition, whose containers they are; add that, or remove it")
		}
		if r.UpdateService {
			fail("update_service", "true", "goes with definition, whose new revision the service runs; add that, or remove it")
		}
	}
	if r.Job != (Job{}) {
		switch {
		case a.Workload != "" && !a.Workload.Batch():
			fail("job", "", "goes with the workloads "+words([]Workload{BatchFargate, BatchEC2})+", not with "+string(a.Workload)+"; remove it")
		case r.Definition != "":
			fail("job", "", "does not go with definition: one is made from nothing, the other from what is there")
		case r.Job.Name == "" || r.Job.Image == "" || r.Job.VCPU == "" || r.Job.Memory == "":
			fail("job", "", "lacks something; write name, image, vcpu and memory")
		}
	}
	if r.UpdateService && a.Workload.Batch() {
		fail("update_service", "true", "goes with the workloads "+words([]Workload{ECSFargate, ECSEC2})+", not with "+string(a.Workload)+"; remove it")
	}
	return out
}

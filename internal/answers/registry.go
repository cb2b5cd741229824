package answers

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

var (
	secretName = pattern.New(`^[A-Za-z0-9/_+=.@-]+$`)
	secretARN  = pattern.New(`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$`)
	roleName   = pattern.New(`^[A-Za-z0-9+=,.@_-]+$`)
	roleARN    = pattern.New(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$`)
	keyShape   = pattern.New(`^(alias/[A-Za-z0-9/_-]+|[a-z0-9-]{36}|mrk-[a-f0-9]{32}|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+)$`)
)

// IsARN reports whether the reference to a secret, role or key is an ARN.
func IsARN(name string) bool { return strings.HasPrefix(name, "arn:") }

// invalidSecret checks the name or ARN of a secret. A name has at most 512 characters (Secrets
// Manager API reference, CreateSecret).
func invalidSecret(v string) string {
	switch arn := IsARN(v); {
	case arn && !secretARN().MatchString(v):
		return "is not the ARN of a secret; it must be like arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf"
	case !arn && !secretName().MatchString(v):
		return "is not the name of a secret; use only letters, digits and / _ + = . @ -"
	case !arn && len(v) > 512:
		return "is too long for the name of a secret; the limit is 512 characters"
	}
	return ""
}

// isRole reports whether a text is the name or the ARN of a role. A name has at most 64 characters
// (IAM API reference, CreateRole).
func isRole(v string) bool {
	shape := roleName
	if IsARN(v) {
		shape = roleARN
	}
	return shape().MatchString(v) && len(v[strings.LastIndex(v, "/")+1:]) <= 64
}

// registry reports answers below the key registry that contradict each other.
func (f *File) registry(a Answers) Errors {
	var out Errors
	fail := func(key, text, problem string) {
		e := f.Error("registry."+key, problem)
		e.Text = text
		out = append(out, e)
	}
	r := a.Registry
	_, written := f.positions["registry"]
	if written && a.Workload == MWAA {
		e := f.Error("registry", "is supported only for the workloads of Amazon ECS and AWS Batch, not for "+string(a.Workload)+"; remove it")
		return append(out, e)
	}
	switch {
	case !written:
	case !r.On():
		fail("secret", "", "is missing; write the name of the secret with the credentials, or remove registry")
		return out
	case IsARN(r.Secret) && r.Sets():
		fail("secret", r.Secret, "is an ARN; with value: set, write the name of a secret in this account and Region")
	}
	for key, v := range map[string]string{"username": r.Username, "kms_key": r.KMSKey, "description": r.Description} {
		if written && v != "" && !r.Sets() {
			fail(key, v, "requires value: set; add that, or remove this key")
		}
	}
	switch {
	case r.Sets() && r.Username == "":
		fail("username", "", "is missing; value: set reads the user name from here and asks for the password")
	case r.CreateRole && r.Role == "":
		fail("role", "", "is missing; create_role: true needs the name of the new role")
	case r.CreateRole && IsARN(r.Role):
		fail("role", r.Role, "is an ARN; create_role: true needs the name of the new role")
	case r.ECRCondition != "" && !r.CreateRole:
		fail("ecr_condition", r.ECRCondition, "requires create_role: true, because the permissions of an existing role are not reduced; add that, or remove this key")
	}
	if r.On() && r.Definition == "" {
		if len(r.Containers) > 0 {
			fail("containers", strings.Join(r.Containers, " "), "requires definition; add that, or remove this key")
		}
		if r.UpdateService {
			fail("update_service", "true", "requires definition; add that, or remove this key")
		}
	}
	if r.Job != (Job{}) {
		switch {
		case a.Workload != "" && !slices.Contains(onBatch, a.Workload):
			fail("job", "", "is supported only for the workloads "+words(onBatch)+", not for "+string(a.Workload)+"; remove it")
		case r.Definition != "":
			fail("job", "", "cannot be combined with definition: job creates a new definition, definition uses an existing one")
		case r.Job.Name == "" || r.Job.Image == "" || r.Job.VCPU == "" || r.Job.Memory == "":
			fail("job", "", "is incomplete; write name, image, vcpu and memory")
		}
	}
	if r.UpdateService && slices.Contains(onBatch, a.Workload) {
		fail("update_service", "true", "is supported only for the workloads "+words(Services)+", not for "+string(a.Workload)+"; remove it")
	}
	return out
}

package plan

import (
	"cmp"
	"slices"
)

// RegistryInput is the name of the input with the credentials of a private registry, in the form of
// secret.Credentials.
const RegistryInput = "registry"

// Secret is a secret of Secrets Manager with the credentials of a private registry.
type Secret struct {
	Name        string
	ARN         string // of an existing secret
	Description string
	KMSKey      string // alias, id or ARN; empty is the default key
	Username    string // of the credentials
	Value       Value  // the credentials; zero if the secret's value is not changed
	Version     string // id of the new version, which identifies it afterwards
	Restore     bool   // the secret is restored first
	Tags        map[string]string
}

// Role is an execution role that the plan creates or keeps.
type Role struct {
	Name        string
	Service     string // that may assume it; empty means Amazon ECS, for its tasks
	Description string // empty means the description of an execution role
	Tags        map[string]string
}

// RolePolicy is a policy of an execution role: an inline policy, or an attached AWS managed policy.
type RolePolicy struct {
	Role     string
	Name     string  // of an inline policy
	Document []Value // of the inline policy: JSON, in pieces
	Managed  string  // ARN of an AWS managed policy
}

// Definition is a revision of a task or job definition with containers that log in at their
// registry. Everything else is the same as in its source revision.
type Definition struct {
	Batch       bool
	Family      string
	From        string   // ARN of the source revision; empty for a new job definition
	Fields      []string // of the source, registered again
	Shape       string   // as in inventory.TaskDefinition
	Containers  []string // all of them, in order
	Login       []string // those that log in
	Credentials Value    // ARN of the secret
	Role        Value    // ARN of the execution role; zero if it stays the same
	Job         Job      // for a new job definition
}

// Job is a small new job definition.
type Job struct {
	Image, VCPU, Memory string
	Fargate             bool
}

// Input is a value that the run needs and that no plan contains.
type Input struct {
	Name     string // RegistryInput
	Username string // the user of the password
	Ask      string // the question for it
	Help     string
	File     string // path of the file with the value; empty: the user types it
	// Made is set if the value does not exist before the run. It is one of the certificates and keys
	// of the Client VPN with that name, and a script creates it as File.
	Made string
}

// Inputs returns the inputs that applying the plan needs.
func (p *Plan) Inputs() []Input {
	var out []Input
	for _, a := range p.Changes {
		if s, ok := a.Spec.(Certificate); ok && a.Op == Create {
			for _, in := range s.inputs {
				if !slices.Contains(out, in) { // two may have the same chain
					out = append(out, in)
				}
			}
		}
		if s, ok := a.Spec.(Secret); ok && s.Value.Input != "" && a.Op != Keep {
			return []Input{{Name: s.Value.Input, Username: s.Username, Ask: "What is the password of " + s.Username + " at the registry?",
				Help: "It is stored in secret " + s.Name + " of Secrets Manager only. It is not shown, and not written to the answers, the plan or a script. Use a read-only access token instead of an account password if you can."}}
		}
	}
	return out
}

// Kind implements Spec.
func (Secret) Kind() string     { return "secret" }
func (Role) Kind() string       { return "role" }
func (RolePolicy) Kind() string { return "role-policy" }
func (s Definition) Kind() string {
	if s.Batch {
		return "job-definition"
	}
	return "task-definition"
}

func (Secret) refs() []ID       { return nil }
func (Role) refs() []ID         { return nil }
func (s RolePolicy) refs() []ID { return refsOf(s.Document...) }
func (s Definition) refs() []ID { return refsOf(s.Credentials, s.Role) }

// Properties implements Spec.
func (s Secret) Properties() map[string]any {
	p := props("name", s.Name, "arn", s.ARN, "description", s.Description, "kms_key_id", s.KMSKey, "username", s.Username, "tags", s.Tags)
	if s.Value.Input != "" {
		p["secret_string"] = s.Value
	}
	if s.Restore {
		p["restore"] = true
	}
	return p
}

// Properties implements Spec.
func (s Role) Properties() map[string]any {
	return props("role_name", s.Name, "trusts", cmp.Or(s.Service, "ecs-tasks.amazonaws.com"), "tags", s.Tags)
}

// Properties implements Spec.
func (s RolePolicy) Properties() map[string]any {
	p := props("role_name", s.Role, "policy_name", s.Name, "policy_arn", s.Managed)
	switch len(s.Document) {
	case 0:
	case 1:
		p["policy_document"] = s.Document[0]
	default:
		p["policy_document"] = s.Document
	}
	return p
}

// Properties implements Spec.
func (s Definition) Properties() map[string]any {
	p := props("family", s.Family, "from", s.From, "containers", s.Login, "image", s.Job.Image, "vcpu", s.Job.VCPU, "memory", s.Job.Memory)
	p["credentials_parameter"] = s.Credentials
	if s.Role != (Value{}) {
		p["execution_role_arn"] = s.Role
	}
	return p
}

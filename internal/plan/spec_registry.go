package plan

import (
	"cmp"
	"slices"
)

// RegistryInput is the name of the input that holds the credentials of a private
// registry, as secret.Credentials makes them.
const RegistryInput = "registry"

// Secret is a secret of Secrets Manager with the credentials of a private registry.
type Secret struct {
	Name        string
	ARN         string // of one that is there
	Description string
	KMSKey      string // alias, id or ARN; empty is the default key
	Username    string // of the credentials
	Value       Value  // the credentials; zero where what it holds is left alone
	Version     string // id of the version that is put in, by which it is known afterwards
	Restore     bool   // its deletion is taken back first
	Tags        map[string]string
}

// Role is an execution role that the plan makes, or keeps.
type Role struct {
	Name        string
	Service     string // that may take it on; empty means Amazon ECS, for its tasks
	Description string // empty means that of an execution role
	Tags        map[string]string
}

// RolePolicy is what an execution role is allowed: an inline policy, or one of AWS's own
// that is attached.
type RolePolicy struct {
	Role     string
	Name     string  // of an inline policy
	Document []Value // of it: JSON, in pieces
	Managed  string  // ARN of one of AWS's own
}

// Definition is a revision of a task or job definition whose containers log in at their
// registry. All else of it is as in the revision that it is made from.
type Definition struct {
	Batch       bool
	Family      string
	From        string   // ARN of that revision; empty for a job definition made from nothing
	Fields      []string // of it, that are registered again
	Shape       string   // as of inventory.TaskDefinition
	Containers  []string // all of them, in order
	Login       []string // those that log in
	Credentials Value    // ARN of the secret
	Role        Value    // ARN of the execution role; zero where it stays
	Job         Job      // for one made from nothing
}

// Job is a small job definition made from nothing.
type Job struct {
	Image, VCPU, Memory string
	Fargate             bool
}

// Input is something that the run has to be given and that no plan holds.
type Input struct {
	Name     string // RegistryInput
	Username string // that the password is of
	Ask      string // the question for it
	Help     string
	File     string // path of the file that it is read from; empty: it is typed
	// Made says that it is not there before: it is one of the certificates and keys of a
	// Client VPN of that name, which a script makes as File.
	Made string
}

// Inputs are what carrying the plan out asks for.
func (p *Plan) Inputs() []Input {
	var out []Input
	for _, a := range p.Actions {
		if s, ok := a.Spec.(Certificate); ok && a.Op == Create {
			for _, in := range s.inputs {
				if !slices.Contains(out, in) { // two may have the same chain
					out = append(out, in)
				}
			}
		}
		if s, ok := a.Spec.(Secret); ok && s.Value.Input != "" && a.Op != Keep {
			return []Input{{Name: s.Value.Input, Username: s.Username, Ask: "What is the password of " + s.Username + " at the registry?",
				Help: "It goes into secret " + s.Name + " of Secrets Manager and nowhere else: it is not shown, and not written to the answers, the plan or a script. An access token that may only read is better than the password of an account."}}
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

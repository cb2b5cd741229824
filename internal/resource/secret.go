package resource

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// Secret is a secret of Secrets Manager with the credentials of a private registry.
type Secret struct {
	Name        string            `aws:"Name"`
	ARN         string            `aws:"Arn"` // of an existing secret
	Description string            `aws:"Description"`
	KMSKey      string            `aws:"KmsKeyId"`     // alias, id or ARN; empty is the default key
	Username    string            `aws:"Username"`     // of the credentials
	Value       Value             `aws:"SecretString"` // the credentials; zero if the secret's value is not changed
	Version     string            // id of the new version, which identifies it afterwards
	Restore     bool              `aws:"Restore,omitempty"` // the secret is restored first
	Read        bool              // the value is read and checked afterwards
	Tags        map[string]string `aws:"Tags"`
}

// Kind implements Spec.
func (Secret) Kind() string { return "secret" }

// Terms implements Spec.
func (Secret) Terms() []*terms.Term { return []*terms.Term{terms.RegistrySecret, terms.ExecutionRole} }

// Cells implements Spec.
func (s Secret) Cells(_ Names, a Change) Cells {
	note := ""
	switch {
	case s.Restore:
		note = "cancel its deletion"
	case a.Op == Modify:
		note = "new version"
	}
	return Cells{"secret", s.Name, "Secrets Manager", Joined(note, s.KMSKey)}
}

// SecretName returns the name in an ARN of a secret, or the name itself.
func SecretName(name string) string {
	if _, after, ok := strings.Cut(name, ":secret:"); ok {
		return after
	}
	return name
}

func (s Secret) claims(Change) []Claim {
	name := SecretName(cmp.Or(s.Name, s.ARN))
	if s.Version != "" {
		return []Claim{{Says: fmt.Sprintf("secret %s contains the new credentials", s.Name), Measure: SecretHeld{Version: s.Version}}}
	}
	out := []Claim{{Says: fmt.Sprintf("secret %s exists and is not scheduled for deletion", name), Measure: SecretHeld{}}}
	if s.Read {
		out = append(out, Claim{Says: fmt.Sprintf("secret %s contains a username and a password, both not empty", name), Measure: SecretRead{}})
	}
	return out
}

// unread: a secret that is created or restored differs in more than its value.
func (s Secret) unread(a Change) string {
	if a.Op != Modify || s.Restore {
		return ""
	}
	return "A plan does not read the value of a secret."
}

// inputs returns the password of the credentials.
func (s Secret) inputs(a Change) []Input {
	if s.Value.Input == "" || a.Op == Keep {
		return nil
	}
	return []Input{{Name: s.Value.Input, Username: s.Username, Ask: "What is the password of " + s.Username + " at the registry?",
		Help: "It is stored in secret " + s.Name + " of Secrets Manager only. It is not shown, and not written to the answers, the plan or a script. Use a read-only access token instead of an account password if you can."}}
}

// After implements Modifier.
func (s Secret) After(_ Names, key string) string {
	switch key {
	case "deleted_date":
		return Nothing
	case "version_id":
		return s.Version
	}
	return ""
}

// terraform writes the value with write-only arguments, so that it is in no state and no plan file. A new version of an existing
// secret is left to the script: Terraform cannot make the earlier version current again.
// Source: https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/website/docs/r/secretsmanager_secret_version.html.markdown
func (s Secret) terraform(a Change) Declared {
	switch {
	case a.Op == Keep && s.ARN != "":
		return data("aws_secretsmanager_secret", "arn", s.ARN)
	case a.Op == Keep:
		return data("aws_secretsmanager_secret", "name", s.Name)
	case a.Op != Create:
		return cannot("The secret exists. Terraform cannot cancel a deletion, and it cannot make the earlier version current again.")
	}
	fields := []Attribute{{"name", s.Name}}
	if s.Description != "" {
		fields = append(fields, Attribute{"description", s.Description})
	}
	if s.KMSKey != "" {
		fields = append(fields, Attribute{"kms_key_id", s.KMSKey})
	}
	out := block("aws_secretsmanager_secret", append(fields, Attribute{"tags", s.Tags}))
	out.Blocks[0].Output = "arn"
	out.Blocks = append(out.Blocks, Block{Type: "aws_secretsmanager_secret_version", Part: " value", Fields: []Attribute{
		{"secret_id", From(a.ID)}, {"secret_string_wo", JSON{map[string]any{"username": s.Username, "password": s.Value}}}, {"secret_string_wo_version", 1}}})
	return out
}

// Steps creates a secret, or restores an existing one and adds a version to it. The plan sets the id of the version.
func (s Secret) Steps(a Change) Steps {
	name := s.Name
	if s.ARN != "" {
		name = s.ARN
	}
	find := func(condition string) *Call {
		c := sm("DescribeSecret", map[string]any{"SecretId": name}, expr("!DeletedDate && "+condition+"ARN"))
		c.Absent = []string{"ResourceNotFoundException"}
		return &c
	}
	_, other := place("[@]", "Name", expr("ARN"), needs(expr("!DeletedDate"), "'it is scheduled for deletion (plan: it is not)'"))
	const recoverable = "AWS keeps the secret for 30 days before it deletes it. Until then its name cannot be used again, and RestoreSecret brings it back."
	remove := sm("DeleteSecret", map[string]any{"SecretId": From(a.ID), "RecoveryWindowInDays": 30}, nil)
	switch a.Op {
	case Keep:
		return Steps{Find: find(""), Other: other}
	case Create:
		in := map[string]any{"Name": s.Name, "SecretString": s.Value, "ClientRequestToken": s.Version}
		if s.Description != "" {
			in["Description"] = s.Description
		}
		if s.KMSKey != "" {
			in["KmsKeyId"] = s.KMSKey
		}
		in["Tags"] = tagList(s.Tags)
		return Steps{Find: find(""), Other: other, Do: []Call{sm("CreateSecret", in, expr("ARN"), "ResourceExistsException")}, Undo: []Call{remove}, Stays: recoverable,
			Now: &Call{Service: "secretsmanager", Op: "DescribeSecret", In: map[string]any{"SecretId": From(a.ID)}, Out: expr("!DeletedDate && {versions: keys(VersionIdsToStages)}"), Absent: find("").Absent}}
	}
	var parts []Part
	if s.Restore {
		parts = append(parts, Part{Label: "cancel the deletion of the secret", Steps: Steps{Find: find(""),
			Do: []Call{sm("RestoreSecret", map[string]any{"SecretId": name}, expr("ARN"))}, Undo: []Call{remove}, Stays: recoverable}})
	}
	if s.Version != "" {
		before, _ := a.Before["version_id"].(string)
		if needed := []need{}; len(parts) == 0 {
			needed = append(needed, needs(expr("!DeletedDate"), "'it is scheduled for deletion (plan: it is not)'"))
			if before != "" {
				needed = append(needed, needs(expr(`VersionIdsToStages."`+before+`"[?@=='AWSCURRENT']`), "'another version is current (plan: "+before+")'"))
			}
			_, other = place("[@]", "Name", expr("ARN"), needed...)
		} else {
			other = nil
		}
		parts = append(parts, Part{Label: "add the credentials as a new version", Steps: Steps{Find: find("VersionIdsToStages." + s.Version + " && "), Other: other,
			Same:  &Same{Call: sm("GetSecretValue", map[string]any{"SecretId": name}, expr("SecretString")), Is: s.Value, ID: a.Existing},
			Do:    []Call{sm("PutSecretValue", map[string]any{"SecretId": name, "SecretString": s.Value, "ClientRequestToken": s.Version}, expr("ARN"))},
			Undo:  []Call{sm("UpdateSecretVersionStage", map[string]any{"SecretId": name, "VersionStage": "AWSCURRENT", "MoveToVersionId": before, "RemoveFromVersionId": s.Version}, nil)},
			Stays: "The version with the new credentials stays in the secret, as a version that is not used."}})
	}
	return Steps{Parts: parts}
}

// readable is the condition that a value is an object with a user name and a password (R-JSON).
// An expression cannot parse JSON in a text, so it looks for the names and for the usual spelling
// of empty values.
const readable = `SecretString && starts_with(SecretString, '{') && ` +
	`contains(SecretString, '"username"') && !contains(SecretString, '"username":""') && !contains(SecretString, '"username": ""') && ` +
	`contains(SecretString, '"password"') && !contains(SecretString, '"password":""') && !contains(SecretString, '"password": ""')`

func sm(op string, in map[string]any, out []Value, done ...string) Call {
	return Call{Service: "secretsmanager", Op: op, In: in, Out: out, Done: done}
}

// SecretHeld claims that the secret exists, with the version that was added.
type SecretHeld struct {
	Version string `json:"version,omitempty"`
}

// Kind implements Measure.
func (SecretHeld) Kind() ClaimKind { return "secret" }

// foreign is the claim about a secret that another tool creates: the plan does not know the id of its version.
func (SecretHeld) foreign(a Change) Claim {
	s := a.Spec.(Secret)
	s.Version, s.Read = "", true
	a.Spec = s
	return a.Claims()[1]
}

func (m SecretHeld) check(c Claim, _ *Change) (Check, bool) {
	cond := "!DeletedDate && ARN"
	if m.Version != "" {
		cond += " && VersionIdsToStages." + m.Version + "[?@=='AWSCURRENT']"
	}
	return yes(sm("DescribeSecret", map[string]any{"SecretId": From(c.Change)}, holds(cond)))
}

// SecretRead claims that the secret contains a user name and a password. The value itself is not
// shown anywhere.
type SecretRead struct{}

// Kind implements Measure.
func (SecretRead) Kind() ClaimKind { return "secret-value" }

func (SecretRead) check(c Claim, _ *Change) (Check, bool) {
	return yes(sm("GetSecretValue", map[string]any{"SecretId": From(c.Change)}, holds(readable)))
}

// uses implements billed. API calls cost more (https://aws.amazon.com/secrets-manager/pricing/).
func (Secret) uses() []Use { return []Use{{price.SecretMonth, 1}} }

// CloudFormation would need the value of the secret in the template or in a parameter, where others can read it.
func (s Secret) cloudFormation(a Change) Declared {
	if a.Op == Modify {
		return cannot(Owned)
	}
	return cannot("A template or a parameter would contain the password. The script sends it to Secrets Manager only.")
}

package resource

import (
	"encoding/json"
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// RolePolicy is a policy of an execution role: an inline policy, or an attached AWS managed policy.
type RolePolicy struct {
	Role     string  `aws:"RoleName"`
	Name     string  `aws:"PolicyName"` // of an inline policy
	Document []Value // of the inline policy: JSON, in pieces
	Managed  string  `aws:"PolicyArn"` // ARN of an AWS managed policy
}

// Kind implements Spec.
func (RolePolicy) Kind() string { return "role-policy" }

// Terms implements Spec.
func (RolePolicy) Terms() []*terms.Term {
	return []*terms.Term{terms.ExecutionRole, terms.RegistrySecret}
}

func (s RolePolicy) computed(p map[string]any) {
	switch len(s.Document) {
	case 0:
	case 1:
		p["policy_document"] = s.Document[0]
	default:
		p["policy_document"] = s.Document
	}
}

// Cells implements Spec.
func (s RolePolicy) Cells(Names, Change) Cells {
	kind, name := "inline policy", s.Name
	if s.Managed != "" {
		kind, name = "managed policy", words.Last(s.Managed)
	}
	return Cells{kind, name, "role " + s.Role, ""}
}

func (s RolePolicy) claims(a Change) []Claim {
	if a.Op == Keep {
		return nil // the permission was read from a policy that the wizard did not create
	}
	return []Claim{{Says: fmt.Sprintf("role %s has the new policy", s.Role), Measure: RoleMay{}}}
}

// terraform leaves additions to an existing inline policy to the script: the deletion of aws_iam_role_policy would delete what
// the policy had before.
func (s RolePolicy) terraform(a Change) Declared {
	role := Attribute{"role", s.Role}
	switch {
	case a.Op == Keep:
		return Declared{}
	case s.Managed != "":
		return block("aws_iam_role_policy_attachment", []Attribute{role, {"policy_arn", s.Managed}})
	case a.Before["policy_document"] != nil:
		return cannot("The inline policy exists, and Terraform would delete it as a whole.")
	}
	return block("aws_iam_role_policy", []Attribute{role, {"name", s.Name}, {"policy", Document(s.Document)}})
}

// Steps implements Spec.
func (s RolePolicy) Steps(a Change) Steps {
	name := map[string]any{"RoleName": s.Role}
	switch {
	case a.Op == Keep: // any of its policies may allow what this one does
		find := iam("GetRole", name, expr("Role.RoleName"))
		find.Absent = []string{gone}
		return Steps{Find: &find}
	case s.Managed != "":
		find := iam("ListAttachedRolePolicies", name, expr("AttachedPolicies[?PolicyArn==", Lit(s.Managed), "].PolicyArn | [0]"))
		find.Absent = []string{gone}
		in := map[string]any{"RoleName": s.Role, "PolicyArn": s.Managed}
		return Steps{Find: &find, Do: []Call{iam("AttachRolePolicy", in, expr(Lit(s.Managed)))}, Undo: []Call{iam("DetachRolePolicy", in, nil, gone)}}
	}
	in := map[string]any{"RoleName": s.Role, "PolicyName": s.Name}
	find := iam("GetRolePolicy", in, expr(has(s.Document), " && PolicyName"))
	find.Absent = []string{gone}
	statements := "PolicyDocument.Statement"
	is := has(s.Document)
	if before, ok := a.Before["policy_document"].(string); ok { // the plan adds to it
		is = expr("(", is, " || to_string(length(["+statements+"][]))==", Lit(fmt.Sprint(statementsIn(before))), ")")
	}
	_, other := place("[@]", "PolicyName", expr("PolicyName"), needs(is, "'it has other statements: '", "join(', ', ["+statements+"][].Sid)", "' (plan: those of PrivateLink Wizard)'"))
	put := func(document any) Call {
		return iam("PutRolePolicy", map[string]any{"RoleName": s.Role, "PolicyName": s.Name, "PolicyDocument": document}, expr(Lit(s.Name)))
	}
	undo := iam("DeleteRolePolicy", in, nil, gone)
	if before, ok := a.Before["policy_document"].(string); ok {
		undo = put(before)
	}
	return Steps{Find: &find, Other: other, Do: []Call{put(Pieces(s.Document))}, Undo: []Call{undo}}
}

// statementsIn returns the number of statements of a policy.
func statementsIn(document string) int {
	var p struct{ Statement any }
	_ = json.Unmarshal([]byte(document), &p) // the plan read it
	if list, ok := p.Statement.([]any); ok {
		return len(list)
	}
	return 1
}

// sids finds the Sids of a policy.
var sids = pattern.New(`"Sid"\s*:\s*"([A-Za-z0-9]+)"`)

// has is the condition that a policy contains the statements of a document of this program. It
// recognizes them by their Sids.
func has(document []Value) []Value {
	whole := ""
	for _, v := range document {
		whole += v.Lit
	}
	var cond []any
	for _, sid := range sids().FindAllStringSubmatch(whole, -1) {
		if len(cond) > 0 {
			cond = append(cond, " && ")
		}
		cond = append(cond, "PolicyDocument.Statement[?Sid==", Lit(sid[1]), "]")
	}
	return expr(append(append([]any{"("}, cond...), ")")...)
}

// RoleMay claims that the role has the policy.
type RoleMay struct{}

// Kind implements Measure.
func (RoleMay) Kind() ClaimKind { return "role-policy" }

func (RoleMay) check(_ Claim, a *Change) (Check, bool) { return found(a) }

// A managed policy is an attribute of its role. An inline policy is a resource of its own, so the stack owns it in an existing
// role too.
func (s RolePolicy) cloudFormation(a Change) Declared {
	switch {
	case a.Op == Modify:
		return cannot(Owned)
	case s.Managed != "":
		return Declared{Blocks: []Block{{Type: "AWS::IAM::Role", Key: "role/" + s.Role, Fields: []Attribute{{"ManagedPolicyArns", []string{s.Managed}}}}}}
	}
	return block("AWS::IAM::RolePolicy", requested(a))
}

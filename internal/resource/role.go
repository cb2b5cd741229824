package resource

import (
	"cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// Role is an execution role that the plan creates or keeps.
type Role struct {
	Name        string            `aws:"RoleName"`
	Service     string            // that may assume it; empty means Amazon ECS, for its tasks
	Description string            // empty means the description of an execution role
	Tags        map[string]string `aws:"Tags"`
}

// Kind implements Spec.
func (Role) Kind() string { return "role" }

// Terms implements Spec.
func (Role) Terms() []*terms.Term { return []*terms.Term{terms.ExecutionRole} }

// trusted is the service that may assume the role.
func (s Role) trusted() string { return cmp.Or(s.Service, "ecs-tasks.amazonaws.com") }

func (s Role) described() string {
	return cmp.Or(s.Description, "Execution role of tasks, made by PrivateLink Wizard")
}

func (s Role) computed(p map[string]any) { p["trusts"] = s.trusted() }

// Cells implements Spec.
func (s Role) Cells(Names, Change) Cells {
	return Cells{"IAM role", s.Name, "", "for " + s.trusted()}
}

func (s Role) terraform(a Change) Declared {
	if a.Op == Keep {
		out := data("aws_iam_role", "name", s.Name)
		out.Blocks[0].Output = "arn"
		return out
	}
	out := block("aws_iam_role", []Attribute{{"name", s.Name}, {"description", s.described()}, {"assume_role_policy", Document{Lit(trust(s.trusted()))}}, {"tags", s.Tags}})
	out.Blocks[0].Output = "arn"
	return out
}

// Steps implements Spec.
func (s Role) Steps(a Change) Steps {
	service := s.trusted()
	const statements = "([AssumeRolePolicyDocument.Statement][])"
	id, other := place("[Role]", "Arn", expr("Arn"), needs(expr(statements+"[?Effect=='Allow' && contains([Action][], 'sts:AssumeRole') && contains([Principal.Service][], ", Lit(service), ")]"),
		"'its trust policy allows '", "join(', ', ["+statements+"[].Principal.Service][][])", "' (plan: '", Lit(service), "')'"))
	find := iam("GetRole", map[string]any{"RoleName": s.Name}, id)
	find.Absent = []string{gone}
	if a.Op == Keep { // its trust policy was judged when the plan was made
		find.Out = expr("Role.Arn")
		return Steps{Find: &find}
	}
	in := map[string]any{"RoleName": s.Name, "AssumeRolePolicyDocument": trust(service), "Description": s.described(), "Tags": tagList(s.Tags)}
	now := find
	now.Out = expr("Role.{trust_policy: AssumeRolePolicyDocument}")
	return Steps{Find: &find, Other: other, Do: []Call{iam("CreateRole", in, expr("Role.Arn"), "EntityAlreadyExists")}, Undo: []Call{iam("DeleteRole", map[string]any{"RoleName": s.Name}, nil, gone)}, Now: &now}
}

const gone = "NoSuchEntity"

func iam(op string, in map[string]any, out []Value, done ...string) Call {
	return Call{Service: "iam", Op: op, In: in, Out: out, Done: done}
}

// trust allows only one service to assume a role.
func trust(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
}

func (s Role) cloudFormation(a Change) Declared {
	return Declared{Blocks: []Block{{Type: "AWS::IAM::Role", Fields: requested(a), Output: "Arn"}}}
}

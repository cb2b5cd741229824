package call

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

func sm(op string, in map[string]any, out []plan.Value, done ...string) Call {
	return Call{Service: "secretsmanager", Op: op, In: in, Out: out, Done: done}
}

// secret creates a secret or adds a version to an existing one. Find recognizes the new version
// by its id, which the plan sets, and the secret by its name.
func secret(a plan.Change, s plan.Secret) Steps {
	name := s.Name
	if s.ARN != "" {
		name = s.ARN
	}
	held := "!DeletedDate && ARN"
	if a.Op == plan.Modify && s.Version != "" {
		held = "!DeletedDate && VersionIdsToStages." + s.Version + " && ARN"
	}
	find := sm("DescribeSecret", map[string]any{"SecretId": name}, expr(held))
	find.Absent = []string{"ResourceNotFoundException"}
	out := Steps{Find: &find}
	restore := sm("RestoreSecret", map[string]any{"SecretId": name}, expr("ARN"))
	remove := sm("DeleteSecret", map[string]any{"SecretId": plan.From(a.ID), "RecoveryWindowInDays": 30}, nil)
	switch {
	case a.Op == plan.Keep:
	case a.Op == plan.Create:
		in := map[string]any{"Name": s.Name, "SecretString": s.Value, "ClientRequestToken": s.Version}
		if s.Description != "" {
			in["Description"] = s.Description
		}
		if s.KMSKey != "" {
			in["KmsKeyId"] = s.KMSKey
		}
		in["Tags"] = tagList(s.Tags)
		out.Do, out.Undo = []Call{sm("CreateSecret", in, expr("ARN"), "ResourceExistsException")}, []Call{remove}
	default:
		if s.Restore {
			out.Do, out.Undo = append(out.Do, restore), append(out.Undo, remove)
		}
		if s.Version != "" {
			before, _ := a.Before["version_id"].(string)
			out.Do = append(out.Do, sm("PutSecretValue", map[string]any{"SecretId": name, "SecretString": s.Value, "ClientRequestToken": s.Version}, expr("ARN")))
			out.Undo = append(out.Undo, sm("UpdateSecretVersionStage", map[string]any{"SecretId": name, "VersionStage": "AWSCURRENT", "MoveToVersionId": before, "RemoveFromVersionId": s.Version}, nil))
		}
	}
	return out
}

func iam(op string, in map[string]any, out []plan.Value, done ...string) Call {
	return Call{Service: "iam", Op: op, In: in, Out: out, Done: done}
}

// trust allows only one service to assume a role.
func trust(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
}

const gone = "NoSuchEntity"

// sids finds the Sids of a policy.
var sids = regexp.MustCompile(`"Sid"\s*:\s*"([A-Za-z0-9]+)"`)

func role(a plan.Change, s plan.Role) Steps {
	find := iam("GetRole", map[string]any{"RoleName": s.Name}, expr("Role.Arn"))
	find.Absent = []string{gone}
	if a.Op == plan.Keep {
		return Steps{Find: &find}
	}
	in := map[string]any{"RoleName": s.Name, "AssumeRolePolicyDocument": trust(cmp.Or(s.Service, "ecs-tasks.amazonaws.com")), "Description": cmp.Or(s.Description, "Execution role of tasks, made by PrivateLink Wizard"), "Tags": tagList(s.Tags)}
	return Steps{Find: &find, Do: []Call{iam("CreateRole", in, expr("Role.Arn"), "EntityAlreadyExists")}, Undo: []Call{iam("DeleteRole", map[string]any{"RoleName": s.Name}, nil, gone)}}
}

func rolePolicy(a plan.Change, s plan.RolePolicy) Steps {
	name := map[string]any{"RoleName": s.Role}
	switch {
	case a.Op == plan.Keep: // any of its policies may allow it
		find := iam("GetRole", name, expr("Role.RoleName"))
		find.Absent = []string{gone}
		return Steps{Find: &find}
	case s.Managed != "":
		find := iam("ListAttachedRolePolicies", name, expr("AttachedPolicies[?PolicyArn==", plan.Lit(s.Managed), "].PolicyArn | [0]"))
		find.Absent = []string{gone}
		in := map[string]any{"RoleName": s.Role, "PolicyArn": s.Managed}
		return Steps{Find: &find, Do: []Call{iam("AttachRolePolicy", in, expr(plan.Lit(s.Managed)))}, Undo: []Call{iam("DetachRolePolicy", in, nil, gone)}}
	}
	in := map[string]any{"RoleName": s.Role, "PolicyName": s.Name}
	find := iam("GetRolePolicy", in, expr(has(s.Document), " && PolicyName"))
	find.Absent = []string{gone}
	put := func(document any) Call {
		return iam("PutRolePolicy", map[string]any{"RoleName": s.Role, "PolicyName": s.Name, "PolicyDocument": document}, expr(plan.Lit(s.Name)))
	}
	undo := iam("DeleteRolePolicy", in, nil, gone)
	if before, ok := a.Before["policy_document"].(string); ok {
		undo = put(before)
	}
	return Steps{Find: &find, Do: []Call{put(Pieces(s.Document))}, Undo: []Call{undo}}
}

// has is the condition that a policy contains the statements of a document of this program. It
// recognizes them by their Sids.
func has(document []plan.Value) []plan.Value {
	whole := ""
	for _, v := range document {
		whole += v.Lit
	}
	var cond []any
	for _, sid := range sids.FindAllStringSubmatch(whole, -1) {
		if len(cond) > 0 {
			cond = append(cond, " && ")
		}
		cond = append(cond, "PolicyDocument.Statement[?Sid==", plan.Lit(sid[1]), "]")
	}
	return expr(append(append([]any{"("}, cond...), ")")...)
}

// definition registers a revision that differs from the previous one only in the given fields. It
// registers AWS's own description of that revision again, so none of its content passes through
// the plan.
func definition(a plan.Change, s plan.Definition) Steps {
	if s.Batch {
		return jobDefinition(a, s)
	}
	find := Call{Service: "ecs", Op: "DescribeTaskDefinition", In: map[string]any{"taskDefinition": s.Family}, Absent: []string{"ClientException"},
		Out: expr(logsIn("taskDefinition.containerDefinitions", s), inName("taskDefinition", s), " && taskDefinition.taskDefinitionArn")}
	if a.Op == plan.Keep {
		find.In["taskDefinition"] = a.Existing
		return Steps{Find: &find}
	}
	base := Call{Service: "ecs", Op: "DescribeTaskDefinition", In: map[string]any{"taskDefinition": s.From, "include": []any{"TAGS"}},
		Out: whole(s, "taskDefinition", "tags", map[string][]plan.Value{"containerDefinitions": containers("taskDefinition.containerDefinitions", s)}, "executionRoleArn")}
	return Steps{Find: &find,
		Do:   []Call{{Service: "ecs", Op: "RegisterTaskDefinition", Base: &base, Out: expr("taskDefinition.taskDefinitionArn")}},
		Undo: []Call{{Service: "ecs", Op: "DeregisterTaskDefinition", In: map[string]any{"taskDefinition": plan.From(a.ID)}}}}
}

func jobDefinition(a plan.Change, s plan.Definition) Steps {
	const single = "containerProperties"
	const tasks = "ecsProperties.taskProperties[0]"
	cond := expr(single+".repositoryCredentials.credentialsParameter==", s.Credentials, inName(single, s))
	if s.From == "" {
		needs := func(kind, value string) []plan.Value {
			return expr(" && "+single+".resourceRequirements[?type=='"+kind+"' && value==", plan.Lit(value), "]")
		}
		cond = expr(cond, " && "+single+".image==", plan.Lit(s.Job.Image), needs("VCPU", s.Job.VCPU), needs("MEMORY", s.Job.Memory))
	}
	if s.Shape == "ecs" {
		cond = expr(logsIn(tasks+".containers", s), inName(tasks, s))
	}
	find := Call{Service: "batch", Op: "DescribeJobDefinitions", In: map[string]any{"jobDefinitionName": s.Family, "status": "ACTIVE"},
		Out: expr("sort_by(jobDefinitions[?", cond, "], &revision)[-1].jobDefinitionArn")}
	if a.Op == plan.Keep {
		find.In = map[string]any{"jobDefinitions": []any{a.Existing}}
		return Steps{Find: &find}
	}
	register := Call{Service: "batch", Op: "RegisterJobDefinition", Out: expr("jobDefinitionArn")}
	if s.From == "" {
		register.In = small(s)
	} else {
		change := map[string][]plan.Value{}
		if s.Shape == "ecs" {
			task := expr("merge(jobDefinitions[0]."+tasks+", {containers: ", containers("jobDefinitions[0]."+tasks+".containers", s))
			if s.Role != (plan.Value{}) {
				task = expr(task, ", executionRoleArn: ", s.Role)
			}
			change["ecsProperties"] = expr("merge(jobDefinitions[0].ecsProperties, {taskProperties: [", task, "})]})")
		} else {
			one := expr("merge(jobDefinitions[0]."+single+", {repositoryCredentials: {credentialsParameter: ", s.Credentials, "}")
			if s.Role != (plan.Value{}) {
				one = expr(one, ", executionRoleArn: ", s.Role)
			}
			change[single] = expr(one, "})")
		}
		register.Base = &Call{Service: "batch", Op: "DescribeJobDefinitions", In: map[string]any{"jobDefinitions": []any{s.From}}, Out: whole(s, "jobDefinitions[0]", "jobDefinitions[0].tags", change, "")}
	}
	return Steps{Find: &find, Do: []Call{register},
		Undo: []Call{{Service: "batch", Op: "DeregisterJobDefinition", In: map[string]any{"jobDefinition": plan.From(a.ID)}}}}
}

// inName is the additional condition that a definition has the planned execution role, if the
// role changes.
func inName(at string, s plan.Definition) []plan.Value {
	if s.Role == (plan.Value{}) {
		return nil
	}
	return expr(" && "+at+".executionRoleArn==", s.Role)
}

// small is a new, minimal job definition.
func small(s plan.Definition) map[string]any {
	properties := map[string]any{"image": s.Job.Image, "repositoryCredentials": map[string]any{"credentialsParameter": s.Credentials},
		"resourceRequirements": []any{map[string]any{"type": "VCPU", "value": s.Job.VCPU}, map[string]any{"type": "MEMORY", "value": s.Job.Memory}}}
	platform := "EC2"
	if s.Job.Fargate {
		platform = "FARGATE"
		properties["networkConfiguration"] = map[string]any{"assignPublicIp": "DISABLED"}
	}
	if s.Role != (plan.Value{}) {
		properties["executionRoleArn"] = s.Role
	}
	return map[string]any{"jobDefinitionName": s.Family, "type": "container", "platformCapabilities": []any{platform}, "containerProperties": properties}
}

// whole is an object with all fields of a definition that can be registered, some of them
// changed.
func whole(s plan.Definition, at, tags string, changed map[string][]plan.Value, role string) []plan.Value {
	fields := s.Fields
	if role != "" && s.Role != (plan.Value{}) {
		changed[role] = expr(s.Role)
		if !slices.Contains(fields, role) {
			fields = append(slices.Clone(fields), role)
		}
	}
	out := []any{"{"}
	for i, f := range fields {
		if i > 0 {
			out = append(out, ", ")
		}
		switch c, ok := changed[f]; {
		case ok:
			out = append(out, f+": ", c)
		case f == "tags":
			out = append(out, f+": "+tags)
		default:
			out = append(out, f+": "+at+"."+f)
		}
	}
	return expr(append(out, "}")...)
}

// containers is the list of a definition's containers. Those that log in get the secret.
func containers(at string, s plan.Definition) []plan.Value {
	out := []any{"["}
	for i, name := range s.Containers {
		if i > 0 {
			out = append(out, ", ")
		}
		one := fmt.Sprintf("%s[%d]", at, i)
		if !slices.Contains(s.Login, name) {
			out = append(out, one)
			continue
		}
		out = append(out, "merge("+one+", {repositoryCredentials: {credentialsParameter: ", s.Credentials, "}})")
	}
	return expr(append(out, "]")...)
}

// logsIn is the condition that the containers that should log in reference the secret.
func logsIn(at string, s plan.Definition) []plan.Value {
	var out []any
	for i, name := range s.Login {
		if i > 0 {
			out = append(out, " && ")
		}
		out = append(out, at+"[?name==", plan.Lit(name), " && repositoryCredentials.credentialsParameter==", s.Credentials, "]")
	}
	return expr(append(append([]any{"("}, out...), ")")...)
}

// checkSecret measures that a secret exists, with the version that was added.
func checkSecret(c plan.Claim) (Check, bool) {
	cond := "!DeletedDate && ARN"
	if c.Version != "" {
		cond += " && VersionIdsToStages." + c.Version + "[?@=='AWSCURRENT']"
	}
	return yes(sm("DescribeSecret", map[string]any{"SecretId": plan.From(c.Change)}, holds(cond)))
}

// readable is the condition that a value is an object with a user name and a password (R-JSON).
// An expression cannot parse JSON in a text, so it looks for the names and for the usual spelling
// of empty values.
const readable = `SecretString && starts_with(SecretString, '{') && ` +
	`contains(SecretString, '"username"') && !contains(SecretString, '"username":""') && !contains(SecretString, '"username": ""') && ` +
	`contains(SecretString, '"password"') && !contains(SecretString, '"password":""') && !contains(SecretString, '"password": ""')`

// found measures a claim with the Find call of its change.
func found(a *plan.Change) (Check, bool) {
	if a == nil {
		return Check{}, false
	}
	find := For(*a).Find
	return yes(Call{Service: find.Service, Op: find.Op, In: find.In, Out: holds("(", find.Out, ")")})
}

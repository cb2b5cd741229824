package resource

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// TaskDefinition is a new task definition of one container on AWS Fargate.
type TaskDefinition struct {
	Family      string            `aws:"Family"` // also the name of the container
	Image       string            `aws:"Image"`
	CPU         string            `aws:"Cpu"`    // units
	Memory      string            `aws:"Memory"` // MiB
	Command     []string          `aws:"Command"`
	Role        Value             `aws:"ExecutionRoleArn"`
	Credentials Value             `aws:"CredentialsParameter"` // ARN of the secret; zero if the registry needs none
	LogGroup    string            `aws:"LogGroup"`
	Region      string            // of the log group
	Tags        map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (TaskDefinition) Terms() []*terms.Term { return []*terms.Term{terms.ExecutionRole} }

// Kind implements Spec.
func (TaskDefinition) Kind() string { return "task-definition" }

// Cells implements Spec.
func (s TaskDefinition) Cells(Names, Change) Cells {
	return Cells{"task definition", s.Family, fmt.Sprintf("%s CPU units, %s MiB", s.CPU, s.Memory), s.Image}
}

func (s TaskDefinition) terraform(a Change) Declared {
	if a.Op == Keep {
		return Declared{}
	}
	out := block("aws_ecs_task_definition", []Attribute{{"family", s.Family}, {"requires_compatibilities", []string{"FARGATE"}}, {"network_mode", "awsvpc"}, {"cpu", s.CPU}, {"memory", s.Memory},
		{"execution_role_arn", s.Role}, {"container_definitions", JSON{[]any{s.container()}}}, {"tags", s.Tags}})
	out.Blocks[0].Output = "arn"
	return out
}

// Steps registers the first revision of a family.
func (s TaskDefinition) Steps(a Change) Steps {
	const one = "containerDefinitions[0]."
	all := append([]need{is("image", one+"image", s.Image), is("CPU", "cpu", s.CPU), is("memory", "memory", s.Memory),
		is("log group", one+`logConfiguration.options."awslogs-group"`, s.LogGroup),
		needs(expr("executionRoleArn==", s.Role), "'execution role '", "executionRoleArn || 'none'", "' (plan: '", s.Role, "')'"),
		needsCredentials(one+"repositoryCredentials.credentialsParameter", s.Credentials)}, isCommand(one+"command", s.Command)...)
	which, other := place("[taskDefinition]", "taskDefinitionArn", expr("family==", Lit(s.Family)), all...)
	find := ecs("DescribeTaskDefinition", map[string]any{"taskDefinition": s.Family}, which)
	find.Absent = []string{"ClientException"}
	if a.Op == Keep {
		return Steps{Find: &find, Other: other}
	}
	in := withTags(map[string]any{"family": s.Family, "networkMode": "awsvpc", "requiresCompatibilities": []any{"FARGATE"}, "cpu": s.CPU, "memory": s.Memory,
		"executionRoleArn": value(s.Role), "containerDefinitions": []any{s.container()}}, s.Tags)
	first := find // as for a revision of an existing definition
	first.Out = expr("(", which, ") && sort_by(sort([taskDefinition.taskDefinitionArn, ", From(a.ID), "]), &length(@))[-1]")
	return Steps{Find: &find, Other: other, First: &first,
		Do:   []Call{ecs("RegisterTaskDefinition", in, expr("taskDefinition.taskDefinitionArn"))},
		Undo: []Call{ecs("DeregisterTaskDefinition", map[string]any{"taskDefinition": From(a.ID)}, nil)}, Stays: inactive("task definition " + s.Family)}
}

// container is the definition of its only container.
func (s TaskDefinition) container() map[string]any {
	container := map[string]any{"name": s.Family, "image": s.Image, "essential": true, "logConfiguration": logConfiguration(s.LogGroup, s.Region, s.Family)}
	if len(s.Command) > 0 {
		container["command"] = list(s.Command)
	}
	if s.Credentials != (Value{}) {
		container["repositoryCredentials"] = map[string]any{"credentialsParameter": value(s.Credentials)}
	}
	return container
}

// logConfiguration is that of a container that logs to CloudWatch Logs.
func logConfiguration(group, region, prefix string) map[string]any {
	return map[string]any{"logDriver": "awslogs", "options": map[string]any{"awslogs-group": group, "awslogs-region": region, "awslogs-stream-prefix": prefix}}
}

// is returns the need that a field has a value.
func is(name, field, want string) need {
	return needs(expr(field+"==", Lit(want)), "'"+name+" '", field+" || 'none'", "' (plan: '", Lit(want), "')'")
}

// needsCredentials returns the need that a container logs in with a secret, or does not log in.
func needsCredentials(field string, secret Value) need {
	if secret == (Value{}) {
		return needs(expr("!("+field+")"), "'registry credentials '", field, "' (plan: none)'")
	}
	return needs(expr(field+"==", secret), "'registry credentials '", field+" || 'none'", "' (plan: '", secret, "')'")
}

// isCommand returns the needs that a list is a command. An expression cannot contain every character, so it compares the
// number of words and those that it can contain.
func isCommand(field string, command []string) []need {
	instead := []any{"'command '", "join(' ', " + field + " || [''])", "' (plan: '", Lit(fmt.Sprint(len(command)) + " words"), "')'"}
	if len(command) == 0 {
		return []need{needs(expr("!("+field+")"), instead...)}
	}
	all := [][]Value{expr("to_string(length("+field+" || ['']))==", Lit(fmt.Sprint(len(command))))}
	for i, word := range command {
		if text(word) == "'"+word+"'" {
			all = append(all, expr(fmt.Sprintf("%s[%d]==", field, i), Lit(word)))
		}
	}
	return []need{needs(and(slices.Clip(all)...), instead...)}
}

func (s TaskDefinition) cloudFormation(a Change) Declared {
	return block("AWS::ECS::TaskDefinition", requested(a))
}

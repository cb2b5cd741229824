package resource

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Definition is a revision of a task or job definition with containers that log in at their
// registry. Everything else is the same as in its source revision.
type Definition struct {
	Batch       bool
	Family      string   `aws:"Family"`
	From        string   `aws:"From"` // ARN of the source revision; empty for a new job definition
	Fields      []string // of the source, registered again
	Shape       string   // as in inventory.TaskDefinition
	Containers  []string // all of them, in order
	Login       []string `aws:"Containers"`           // those that log in
	Credentials Value    `aws:"CredentialsParameter"` // ARN of the secret
	Role        Value    `aws:"ExecutionRoleArn"`     // ARN of the execution role; zero if it stays the same
	Job         Job      // for a new job definition
	Like        string   // ARN of an existing job definition of this name that may be the same as a new one; empty if none exists
	Service     string   // CLUSTER/SERVICE that uses the family; empty if it is not known
}

// Kind implements Spec.
func (s Definition) Kind() string {
	if s.Batch {
		return "job-definition"
	}
	return "task-definition"
}

// Terms implements Spec.
func (Definition) Terms() []*terms.Term {
	return []*terms.Term{terms.RegistrySecret, terms.ExecutionRole}
}

func (s Definition) computed(p map[string]any) {
	for name, text := range map[string]string{"image": s.Job.Image, "vcpu": s.Job.VCPU, "memory": s.Job.Memory} {
		if text != "" {
			p[name] = text
		}
	}
}

// noun is what it is, for people.
func (s Definition) noun() string {
	if s.Batch {
		return "job definition"
	}
	return "task definition"
}

// Cells implements Spec.
func (s Definition) Cells(_ Names, a Change) Cells {
	kind, note := s.noun(), ""
	switch {
	case s.first():
		return Cells{kind, s.Family, fmt.Sprintf("%s vCPU, %s MiB", s.Job.VCPU, s.Job.Memory), s.Job.Image}
	case a.Op != Keep:
		note = "new revision with the secret"
	}
	return Cells{kind, s.Family, words.Count(len(s.Login), "container"), note}
}

// first reports whether it is the definition of a first workload.
func (s Definition) first() bool { return s.Job.LogGroup != "" }

func (s Definition) unread(Change) string {
	if s.Like == "" {
		return ""
	}
	return "Job definition " + words.Last(s.Like) + " exists, and a plan does not read the size of job definitions."
}

func (s Definition) claims(Change) []Claim {
	if s.Credentials == (Value{}) {
		return nil // its job is verified
	}
	return []Claim{{Says: fmt.Sprintf("the revision of %s references the secret by its full ARN", s.Family), Measure: LogsIn{}}}
}

func (s Definition) advice(id, region string, all []Change) Advice {
	revision := words.Last(id)
	deploys := slices.ContainsFunc(all, func(o Change) bool { _, ok := o.Spec.(ServiceDeployment); return ok })
	cluster, service, named := strings.Cut(s.Service, "/")
	switch {
	case deploys:
		return Advice{Text: fmt.Sprintf("New tasks use revision %s, which has the registry secret.", revision)}
	case s.first():
		return Advice{Text: fmt.Sprintf("Submit more jobs with definition %s.", revision)}
	case s.Batch:
		return Advice{Text: fmt.Sprintf("Jobs that you submit with %s use the registry secret. Jobs with an older revision do not.", revision)}
	}
	out := Advice{Text: fmt.Sprintf("Services keep the old revision until you update them to %s, which has the registry secret:", revision)}
	if named {
		out.Command = [][]string{{"aws", "ecs", "update-service", "--cluster", cluster, "--service", service}, {"--task-definition", revision, "--region", region}}
	}
	return out
}

// job returns the calls for a job definition.
func (s Definition) job(a Change) Steps {
	const single = "containerProperties"
	const tasks = "ecsProperties.taskProperties[0]"
	const login = single + ".repositoryCredentials.credentialsParameter"
	cond := expr(login+"==", s.Credentials, inName(single, s))
	if s.Credentials == (Value{}) {
		cond = expr("!("+login+")", inName(single, s))
	}
	if s.From == "" {
		has := func(kind, value string) []Value {
			return expr(" && "+single+".resourceRequirements[?type=='"+kind+"' && value==", Lit(value), "]")
		}
		cond = expr(cond, " && "+single+".image==", Lit(s.Job.Image), has("VCPU", s.Job.VCPU), has("MEMORY", s.Job.Memory))
		if s.first() {
			cond = expr(cond, " && "+single+`.logConfiguration.options."awslogs-group"==`, Lit(s.Job.LogGroup), " && ", isCommand(single+".command", s.Job.Command)[0].is)
		}
	}
	if s.Shape == "ecs" {
		cond = expr(logsIn(tasks+".containers", s), inName(tasks, s))
	}
	find := Call{Service: "batch", Op: "DescribeJobDefinitions", In: map[string]any{"jobDefinitionName": s.Family, "status": "ACTIVE"},
		Out: expr("sort_by(jobDefinitions[?", cond, "], &revision)[-1].jobDefinitionArn")}
	if a.Op == Keep {
		find.In = map[string]any{"jobDefinitions": []any{a.Existing}}
		return Steps{Find: &find}
	}
	var other []Value
	if s.first() { // somebody else's definition of this name must not get a revision
		const newest = "[sort_by(jobDefinitions, &revision)[-1]]"
		_, other = place(newest, "jobDefinitionArn", expr("jobDefinitionArn"), needs(cond, "'it has another image, size, command, role or log group (plan: image '", Lit(s.Job.Image), "')'"))
	}
	register := Call{Service: "batch", Op: "RegisterJobDefinition", Out: expr("jobDefinitionArn")}
	if s.From == "" {
		register.In = small(s)
	} else {
		change := map[string][]Value{}
		if s.Shape == "ecs" {
			task := expr("merge(jobDefinitions[0]."+tasks+", {containers: ", containers("jobDefinitions[0]."+tasks+".containers", s))
			if s.Role != (Value{}) {
				task = expr(task, ", executionRoleArn: ", s.Role)
			}
			change["ecsProperties"] = expr("merge(jobDefinitions[0].ecsProperties, {taskProperties: [", task, "})]})")
		} else {
			one := expr("merge(jobDefinitions[0]."+single+", {repositoryCredentials: {credentialsParameter: ", s.Credentials, "}")
			if s.Role != (Value{}) {
				one = expr(one, ", executionRoleArn: ", s.Role)
			}
			change[single] = expr(one, "})")
		}
		register.Base = &Call{Service: "batch", Op: "DescribeJobDefinitions", In: map[string]any{"jobDefinitions": []any{s.From}}, Out: whole(s, "jobDefinitions[0]", "jobDefinitions[0].tags", change, "")}
	}
	first := find
	first.Out = expr("sort_by(jobDefinitions[?", cond, "], &revision)[].jobDefinitionArn | [?@==", From(a.ID), "] && [0]")
	return Steps{Find: &find, Other: other, Do: []Call{register}, First: &first,
		Undo: []Call{{Service: "batch", Op: "DeregisterJobDefinition", In: map[string]any{"jobDefinition": From(a.ID)}}}, Stays: inactive(s.noun() + " " + s.Family)}
}

func (s Definition) terraform(a Change) Declared {
	switch {
	case a.Op == Keep:
		return Declared{}
	case s.From != "":
		return cannot("It is a copy of a revision that exists, and no data source returns its containers.")
	}
	in := small(s)
	out := block("aws_batch_job_definition", []Attribute{{"name", s.Family}, {"type", in["type"]}, {"platform_capabilities", s.platforms()},
		{"container_properties", JSON{in["containerProperties"]}}, {"tags", s.Job.Tags}})
	out.Blocks[0].Output, out.Blocks[0].Without = "arn", "terraform destroy deregisters every revision of job definition "+s.Family+", also those that others registered."
	return out
}

// Steps registers a revision that differs from the previous one only in the given fields. It
// registers AWS's own description of that revision again, so none of its content passes through
// the plan.
func (s Definition) Steps(a Change) Steps {
	if s.Batch {
		return s.job(a)
	}
	find := Call{Service: "ecs", Op: "DescribeTaskDefinition", In: map[string]any{"taskDefinition": s.Family}, Absent: []string{"ClientException"},
		Out: expr(logsIn("taskDefinition.containerDefinitions", s), inName("taskDefinition", s), " && taskDefinition.taskDefinitionArn")}
	if a.Op == Keep {
		find.In["taskDefinition"] = a.Existing
		return Steps{Find: &find}
	}
	base := Call{Service: "ecs", Op: "DescribeTaskDefinition", In: map[string]any{"taskDefinition": s.From, "include": []any{"TAGS"}},
		Out: whole(s, "taskDefinition", "tags", map[string][]Value{"containerDefinitions": containers("taskDefinition.containerDefinitions", s)}, "executionRoleArn")}
	// Amazon ECS shows the content of the latest revision of a family only, so that one is kept. ARNs of revisions
	// differ in the number at their end.
	first := find
	first.Out = expr(logsIn("taskDefinition.containerDefinitions", s), inName("taskDefinition", s), " && sort_by(sort([taskDefinition.taskDefinitionArn, ", From(a.ID), "]), &length(@))[-1]")
	return Steps{Find: &find, First: &first,
		Do:   []Call{{Service: "ecs", Op: "RegisterTaskDefinition", Base: &base, Out: expr("taskDefinition.taskDefinitionArn")}},
		Undo: []Call{{Service: "ecs", Op: "DeregisterTaskDefinition", In: map[string]any{"taskDefinition": From(a.ID)}}}, Stays: inactive(s.noun() + " " + s.Family)}
}

// inactive is what AWS keeps of a revision (API references of Amazon ECS and AWS Batch, DeregisterTaskDefinition and
// DeregisterJobDefinition).
func inactive(definition string) string {
	return "AWS keeps the new revision of " + definition + " as INACTIVE. No new task or job can use it."
}

// Job is a small new job definition.
type Job struct {
	Image, VCPU, Memory string
	Fargate             bool
	// Only the definition of a first workload has these. Without a log group, AWS Batch chooses it.
	Command          []string
	LogGroup, Region string
	Tags             map[string]string
}

// inName is the additional condition that a definition has the planned execution role, if the
// role changes.
func inName(at string, s Definition) []Value {
	if s.Role == (Value{}) {
		return nil
	}
	return expr(" && "+at+".executionRoleArn==", s.Role)
}

// platforms are what a new job definition can run on.
func (s Definition) platforms() []string {
	if s.Job.Fargate {
		return []string{"FARGATE"}
	}
	return []string{"EC2"}
}

// small is a new, minimal job definition.
func small(s Definition) map[string]any {
	properties := map[string]any{"image": s.Job.Image,
		"resourceRequirements": []any{map[string]any{"type": "VCPU", "value": s.Job.VCPU}, map[string]any{"type": "MEMORY", "value": s.Job.Memory}}}
	if s.Credentials != (Value{}) {
		properties["repositoryCredentials"] = map[string]any{"credentialsParameter": s.Credentials}
	}
	if len(s.Job.Command) > 0 {
		properties["command"] = list(s.Job.Command)
	}
	if s.Job.LogGroup != "" {
		properties["logConfiguration"] = logConfiguration(s.Job.LogGroup, s.Job.Region, s.Family)
	}
	if s.Job.Fargate {
		properties["networkConfiguration"] = map[string]any{"assignPublicIp": "DISABLED"}
	}
	if s.Role != (Value{}) {
		properties["executionRoleArn"] = s.Role
	}
	return batchTags(map[string]any{"jobDefinitionName": s.Family, "type": "container", "platformCapabilities": list(s.platforms()), "containerProperties": properties}, s.Job.Tags)
}

// whole is an object with all fields of a definition that can be registered, some of them
// changed.
func whole(s Definition, at, tags string, changed map[string][]Value, role string) []Value {
	fields := s.Fields
	if role != "" && s.Role != (Value{}) {
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
func containers(at string, s Definition) []Value {
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
func logsIn(at string, s Definition) []Value {
	var out []any
	for i, name := range s.Login {
		if i > 0 {
			out = append(out, " && ")
		}
		out = append(out, at+"[?name==", Lit(name), " && repositoryCredentials.credentialsParameter==", s.Credentials, "]")
	}
	return expr(append(append([]any{"("}, out...), ")")...)
}

// LogsIn claims that the containers of a definition reference the secret.
type LogsIn struct{}

// Kind implements Measure.
func (LogsIn) Kind() ClaimKind { return "repository-credentials" }

func (LogsIn) check(_ Claim, a *Change) (Check, bool) { return found(a) }

// A copy of a revision is registered as AWS shows that revision, so none of its content passes through the plan.
func (s Definition) cloudFormation(a Change) Declared {
	if s.From != "" || !s.Batch {
		return cannot("It is a copy of revision " + words.Last(s.From) + " with the secret. The content of that revision is not in the plan.")
	}
	return block("AWS::Batch::JobDefinition", requested(a))
}

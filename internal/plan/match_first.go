package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// first is the first workload of the answers, which the plan creates. Rules judge its definition as one of the account.
type first struct {
	answers.First                           // with the defaults
	role          string                    // ARN of its execution role
	definition    *inventory.TaskDefinition // as it will be
	existing      *inventory.TaskDefinition // of this name; nil if there is none
}

// withFirst returns the answers with the name of the first workload where those for an existing one have its name.
func withFirst(ans answers.Answers) answers.Answers {
	if !ans.First.On() {
		return ans
	}
	name := ans.First.Name
	if w := families.Of(ans.Workload); w.Jobs {
		*w.Named.Of(&ans) = name
	} else {
		*w.Named.Of(&ans) = name + "/" + name
	}
	return ans
}

// readFirst returns the first workload of the answers; nil if they have none.
func (s *scope) readFirst() *first {
	if !s.Ans.First.On() {
		return nil
	}
	f := &first{First: s.Ans.First.Whole()}
	f.role = s.roleARN(f.roleName())
	if s.Workload.Jobs {
		for i := range s.Inv.Batch.Definitions {
			if d := &s.Inv.Batch.Definitions[i].TaskDefinition; d.Family == f.Name {
				f.existing = d
			}
		}
	} else {
		f.existing = s.Inv.Definition(f.Name)
	}
	return f
}

// roleName returns the name of the execution role that the plan creates.
func (f *first) roleName() string { return f.Name + "-execution" }

// firstLogGroup returns the log group of the first workload.
func (s *scope) firstLogGroup() string {
	if s.Workload.Jobs {
		return "/batch/" + s.first.Name
	}
	return "/ecs/" + s.first.Name
}

// addFirst puts the first workload in the place of what its name finds in the account.
func (s *scope) addFirst() {
	f := s.first
	if f == nil {
		return
	}
	if s.registry != nil {
		f.role = s.registry.role
	}
	c := inventory.Container{Name: f.Name, Image: f.Image, LogDriver: "awslogs", LogGroup: s.firstLogGroup(), LogRegion: s.Ans.Region}
	service, kind := "ecs", "task-definition"
	if s.Workload.Jobs {
		c.Name, service, kind = "default", "batch", "job-definition"
	}
	if s.registry != nil {
		c.Credentials = s.registry.arn
	}
	f.definition = &inventory.TaskDefinition{Family: f.Name, Revision: 1, Compatible: []string{"FARGATE"}, ExecutionRole: f.role, Containers: []inventory.Container{c},
		ARN: fmt.Sprintf("arn:%s:%s:%s:%s:%s/%s:1", s.Partition(), service, s.Ans.Region, s.Inv.Account, kind, f.Name)}
	if f.existing != nil && s.firstDiffers(f.existing) == "" {
		f.definition = f.existing
	}
	s.Definitions, s.JobDefinitions, s.Platforms = []*inventory.TaskDefinition{f.definition}, nil, nil
	if s.Workload.Jobs {
		s.JobDefinitions = []*inventory.JobDefinition{{TaskDefinition: *f.definition}}
	} else if len(s.Services) == 0 {
		s.Services = []inventory.Service{{Name: f.Name, LaunchType: "FARGATE", TaskDefinition: f.definition.ARN}}
	}
	// Its tasks get no public addresses, whatever runs in the same subnets.
	s.Runners = []workload.Runner{{Subnets: ids(s.clients), Groups: s.groups}}
	s.public = map[string]bool{}
}

// planned reports whether a definition is that of the first workload, and does not exist yet.
func (s *scope) planned(d *inventory.TaskDefinition) bool {
	return s.first != nil && d == s.first.definition && d != s.first.existing
}

// firstDiffers returns how a definition differs from that of the first workload; empty if it does not.
func (s *scope) firstDiffers(d *inventory.TaskDefinition) string {
	f := s.first
	switch {
	case len(d.Containers) != 1:
		return words.Count(len(d.Containers), "container")
	case d.Containers[0].Image != f.Image:
		return "image " + d.Containers[0].Image
	case d.Containers[0].LogGroup != s.firstLogGroup():
		return "another log group"
	case d.ExecutionRole != f.role:
		return "another execution role"
	}
	login, secret := d.Containers[0].Credentials, ""
	if s.registry != nil {
		secret = s.registry.arn
	}
	if secret == "" && login != "" || secret != "" && (s.registry.secret == nil || s.registry.secret.ARN != login) {
		return "other registry credentials"
	}
	return ""
}

var _ = matchAt(105, (*builder).matchFirst)

// matchFirst plans the resources of the first workload. What starts tasks waits for all endpoints and permissions.
func (b *builder) matchFirst() {
	f := b.first
	if f == nil {
		return
	}
	if b.registry == nil { // otherwise its role may also read the secret
		c := &credentials{Registry: answers.Registry{Role: f.roleName(), CreateRole: true}, role: f.role,
			making: b.Inv.Role(f.role) == nil && !slices.Contains(b.Inv.ExecutionRoles, f.role)}
		b.executionRole(c)
	}
	groups := b.firstGroups()
	definition := b.firstDefinition()
	subnets := resource.Refs(ids(b.clients))
	if b.Workload.Jobs {
		b.firstQueue(definition, subnets, groups)
		return
	}
	cluster := resource.Change{ID: resource.ID("ecs-cluster/" + f.Name), Op: resource.Create, Spec: resource.ECSCluster{Name: f.Name, Tags: b.ownTags()},
		Summary: fmt.Sprintf("Create ECS cluster %s", f.Name), Why: "A service needs a cluster. On AWS Fargate it has no instances."}
	c, svc := workload.FindService(b.Inv, f.Name+"/"+f.Name)
	if c == nil {
		c = b.Inv.Cluster(f.Name)
	}
	if c != nil {
		cluster.Op, cluster.Existing, cluster.Summary = resource.Keep, c.ARN, fmt.Sprintf("ECS cluster %s exists", f.Name)
	}
	b.p.Changes = append(b.p.Changes, cluster)
	a := resource.Change{ID: resource.ID("ecs-service/" + f.Name), Op: resource.Create, After: append(b.changing(), cluster.ID),
		Spec:    resource.ECSService{Cluster: f.Name, Name: f.Name, TaskDefinition: resource.From(definition), Count: f.Count, Subnets: subnets, Groups: groups, Tags: b.ownTags()},
		Summary: fmt.Sprintf("Create service %s with %s of %s", f.Name, words.Count(f.Count, "task"), f.Image),
		Why:     "Its tasks " + b.firstUses("pull the image", "read the registry secret", "open their log streams") + ". If they run, these paths work. Their size is billed while they run."}
	if svc != nil {
		a.Op, a.Existing, a.Summary, a.After = resource.Keep, svc.ARN, fmt.Sprintf("Service %s exists", f.Name), []resource.ID{cluster.ID}
	}
	b.p.Changes = append(b.p.Changes, a)
}

// firstQueue plans the compute environment, the queue, and a job that shows that jobs start.
func (b *builder) firstQueue(definition resource.ID, subnets, groups []resource.Value) {
	f := b.first
	const several = 4 // jobs of this size that can run at the same time
	environment := resource.Change{ID: resource.ID("compute-environment/" + f.Name), Op: resource.Create, After: b.changing(),
		Spec:    resource.ComputeEnvironment{Name: f.Name, MaxVCPU: several * max(1, f.units()/unitsPerVCPU), Subnets: subnets, Groups: groups, Tags: b.ownTags()},
		Summary: fmt.Sprintf("Create compute environment %s on Fargate", f.Name), Why: "AWS Batch runs the jobs of a queue in a compute environment. On AWS Fargate it has no instances."}
	if e := b.Inv.Environment(f.Name); e != nil {
		environment.Op, environment.Existing, environment.Summary, environment.After = resource.Keep, e.ARN, fmt.Sprintf("Compute environment %s exists", f.Name), nil
		enable(&environment, e.State, "compute environment "+f.Name)
	}
	queue := resource.Change{ID: resource.ID("job-queue/" + f.Name), Op: resource.Create, Spec: resource.JobQueue{Name: f.Name, Environment: resource.From(environment.ID), Tags: b.ownTags()},
		Summary: fmt.Sprintf("Create job queue %s", f.Name), Why: "Jobs are submitted to a queue."}
	if i := slices.IndexFunc(b.Inv.Batch.Queues, func(q inventory.JobQueue) bool { return q.Name == f.Name }); i >= 0 {
		queue.Op, queue.Existing, queue.Summary = resource.Keep, b.Inv.Batch.Queues[i].ARN, fmt.Sprintf("Job queue %s exists", f.Name)
		enable(&queue, b.Inv.Batch.Queues[i].State, "job queue "+f.Name)
	}
	b.p.Changes = append(b.p.Changes, environment, queue)
	b.p.Changes = append(b.p.Changes, resource.Change{ID: resource.ID("job/" + f.Name), Op: resource.Run, After: b.changing(),
		Spec:    resource.FirstJob{Name: f.Name, Queue: resource.From(queue.ID), Definition: resource.From(definition), Tags: b.ownTags()},
		Summary: fmt.Sprintf("Submit one job of %s and wait until it runs", f.Image),
		Why:     "Only a job shows that jobs can " + b.firstUses("pull the image", "read the registry secret", "open their log streams") + ". A job of this name in the queue that has not failed also counts. Its size is billed while it runs."})
}

// firstUses says what the first workload does through the endpoints of the plan, and what without them.
func (b *builder) firstUses(pull, secret, logs string) string {
	var by, without []string
	add := func(text, code string, serves bool) {
		if serves && b.endpoint(resource.ID("endpoint/"+code)) != nil {
			by = append(by, text)
		} else {
			without = append(without, text)
		}
	}
	image := parseImage(b.first.Image)
	add(pull, image.registryCode(), image.region == b.Ans.Region)
	if b.registry != nil {
		add(secret, "secretsmanager", true)
	}
	add(logs, "logs", true)
	var out []string
	if len(by) > 0 {
		out = append(out, words.And(by)+" through the endpoints")
	}
	if len(without) > 0 {
		out = append(out, words.And(without)+" without an endpoint")
	}
	return strings.Join(out, ", and ")
}

// enable turns the change of something that exists and is disabled into one that enables it. A run can end before it
// enables what it created.
func enable(a *resource.Change, state, what string) {
	if state == "DISABLED" {
		a.Op, a.Summary, a.Before = resource.Modify, "Enable "+what, map[string]any{"state": state}
	}
}

// unitsPerVCPU is the number of CPU units of one vCPU.
const unitsPerVCPU = 1024

// units returns the number of CPU units.
func (f *first) units() int {
	n, _ := strconv.Atoi(f.CPU) // one of a few numbers
	return n
}

// firstGroups returns the security groups of the workload: those of the answers, otherwise a group that the plan
// creates. Without any, Amazon ECS would use the default group of the VPC, and AWS Batch needs one.
func (b *builder) firstGroups() []resource.Value {
	if len(b.groups) > 0 {
		return resource.Refs(b.groups)
	}
	name := b.firstGroupName()
	id := resource.ID("security-group/" + b.first.Name)
	a := resource.Change{ID: id, Op: resource.Create, Summary: fmt.Sprintf("Create a security group for %s", b.first.Name),
		Why:  "The answers name no security group of the workload. The new group allows all outbound traffic, as every new group, and no inbound traffic.",
		Spec: resource.SecurityGroup{VPC: b.vpc.ID, Name: name, Description: "Tasks of " + b.first.Name + ", made by PrivateLink Wizard", Tags: b.tags(name)}}
	if g := b.groupNamed(name); g != nil {
		a.Op, a.Existing, a.Summary = resource.Keep, g.ID, fmt.Sprintf("The security group for %s exists", b.first.Name)
	}
	b.p.Changes = append(b.p.Changes, a)
	return []resource.Value{resource.From(id)}
}

func (s *scope) firstGroupName() string {
	return cmp.Or(s.Ans.Prefix, "privatelink-wizard") + "-" + s.first.Name
}

// firstDefinition plans the task or job definition and returns the id of its change.
func (b *builder) firstDefinition() resource.ID {
	f := b.first
	var secret resource.Value
	var spec resource.Spec
	if b.registry != nil {
		secret = resource.From(secretID)
	}
	role := b.roleValue(&credentials{role: f.role})
	if b.Workload.Jobs {
		spec = resource.Definition{Batch: true, Family: f.Name, Containers: []string{"default"}, Login: map[bool][]string{true: {"default"}}[b.registry != nil], Credentials: secret, Role: role,
			Job: resource.Job{Image: f.Image, VCPU: f.vcpus(), Memory: f.Memory, Fargate: true, Command: f.Command, LogGroup: b.firstLogGroup(), Region: b.Ans.Region, Tags: b.ownTags()}}
	} else {
		spec = resource.TaskDefinition{Family: f.Name, Image: f.Image, CPU: f.CPU, Memory: f.Memory, Command: f.Command, Role: role, Credentials: secret,
			LogGroup: b.firstLogGroup(), Region: b.Ans.Region, Tags: b.ownTags()}
	}
	a := resource.Change{ID: resource.ID(spec.Kind() + "/" + f.Name), Op: resource.Create, Spec: spec, Summary: fmt.Sprintf("Register %s %s for image %s", b.Workload.Definition, f.Name, f.Image),
		Why: fmt.Sprintf("One container with %s vCPU and %s MiB that logs to %s.", f.vcpus(), f.Memory, b.firstLogGroup())}
	for _, c := range b.p.Changes {
		if _, ok := c.Spec.(resource.RolePolicy); ok && c.Op != resource.Keep || strings.HasPrefix(string(c.ID), "log-group/") {
			a.After = append(a.After, c.ID)
		}
	}
	if f.existing != nil {
		a.Op, a.Existing, a.Summary = resource.Keep, f.existing.ARN, fmt.Sprintf("%s %s exists", strings.ToUpper(b.Workload.Definition[:1])+b.Workload.Definition[1:], words.Last(f.existing.ARN))
		a.After = nil
	}
	b.p.Changes = append(b.p.Changes, a)
	return a.ID
}

// vcpus returns the size in vCPUs, such as 0.25.
func (f *first) vcpus() string {
	return strconv.FormatFloat(float64(f.units())/unitsPerVCPU, 'f', -1, 64)
}

package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// TaskLook starts one task like those of a service on Fargate, with a command that
// does nothing, sees whether it comes to run, and stops it.
type TaskLook struct {
	Cluster        string // ARN
	Service        string // CLUSTER/NAME
	TaskDefinition Value  // ARN
	Platform       string // version; empty: the latest
	Subnets        []string
	Groups         []string
	PublicIP       bool
	Containers     []string // names of those that are given the command
}

// ServiceDeployment has Amazon ECS replace the running tasks of a service.
type ServiceDeployment struct {
	Cluster string // ARN
	Service string // name
	After   string // id of the deployment that it replaces; a later one will do
	// TaskDefinition is the ARN of the revision that the service shall run; zero where it
	// keeps its own.
	TaskDefinition Value
}

// Kind implements Spec.
func (TaskLook) Kind() string          { return "task-look" }
func (ServiceDeployment) Kind() string { return "service" }

func (s TaskLook) refs() []ID          { return refsOf(s.TaskDefinition) }
func (s ServiceDeployment) refs() []ID { return refsOf(s.TaskDefinition) }

// Properties implements Spec.
func (s TaskLook) Properties() map[string]any {
	return props("cluster", s.Cluster, "task_definition", s.TaskDefinition, "launch_type", "FARGATE", "platform_version", s.Platform, "subnets", s.Subnets,
		"security_groups", s.Groups, "assign_public_ip", s.PublicIP, "command", lookCommand)
}

// Properties implements Spec.
func (s ServiceDeployment) Properties() map[string]any {
	p := props("cluster", s.Cluster, "service", s.Service, "force_new_deployment", true, "after_deployment", s.After)
	if s.TaskDefinition != (Value{}) {
		p["task_definition"] = s.TaskDefinition
	}
	return p
}

// lookCommand is what the containers of a look run: it ends at once, and well.
var lookCommand = []string{"true"}

// Command is what the containers of the task are given to run.
func (TaskLook) Command() []string { return slices.Clone(lookCommand) }

// serviceNamed finds a service of the workload by CLUSTER/NAME.
func (s *scope) serviceNamed(name string) (*inventory.Cluster, *inventory.Service) {
	for i := range s.inv.Clusters {
		c := &s.inv.Clusters[i]
		for j := range c.Services {
			if svc := &c.Services[j]; c.Name+"/"+svc.Name == name {
				return c, svc
			}
		}
	}
	return nil, nil
}

// matchTask plans the one-off task that the answers ask for, once all else is there.
func (b *builder) matchTask() {
	c, svc := b.serviceNamed(b.ans.Proof.Task)
	if svc == nil || !svc.OnFargate() || b.ans.Workload != answers.ECSFargate {
		return
	}
	spec := TaskLook{Cluster: c.ARN, Service: b.ans.Proof.Task, TaskDefinition: Lit(svc.TaskDefinition), Platform: svc.PlatformVersion,
		Subnets: svc.Subnets, Groups: svc.Groups, PublicIP: svc.PublicIP}
	from := lastOf(svc.TaskDefinition)
	if id := ID("task-definition/" + familyOf(svc.TaskDefinition)); b.p.Action(id) != nil { // what the service is to run, or could
		spec.TaskDefinition, from = From(id), "the new revision of "+familyOf(svc.TaskDefinition)
	}
	if d := b.inv.TaskDefinition(svc.TaskDefinition); d != nil {
		for _, k := range d.Containers {
			spec.Containers = append(spec.Containers, k.Name)
		}
	}
	a := Action{ID: ID("task/" + b.ans.Proof.Task), Op: Run, Spec: spec, After: b.changing(),
		Summary: fmt.Sprintf("Start one task of %s, see whether it comes to run, and stop it", b.ans.Proof.Task),
		Why: fmt.Sprintf("Only a task shows that images are pulled, secrets read and log streams opened from where the service runs. It is made from %s in the service's subnets and security groups, with the command `%s` in place of its own: an image without an entry point then does nothing, one with an entry point is started with that as its argument. It takes a minute or two, costs cents, and is stopped in any case.",
			from, strings.Join(lookCommand, " "))}
	b.p.Actions = append(b.p.Actions, a)
}

// matchDeployments plans the new deployments that the answers ask for: running tasks
// keep the connections that they have, and Amazon ECS knows no other way to renew them.
func (b *builder) matchDeployments() {
	after := b.changing()
	for _, name := range b.ans.Redeploy {
		c, svc := b.serviceNamed(name)
		if svc == nil {
			continue
		}
		a := Action{ID: ID("service/" + name), Op: Run, Existing: svc.ARN, After: after, Spec: ServiceDeployment{Cluster: c.ARN, Service: svc.Name, After: svc.Deployment},
			Summary: fmt.Sprintf("Replace the running tasks of service %s", name),
			Why:     "Running tasks keep the connections that they have; tasks that start now use the endpoints. Amazon ECS starts new tasks first and stops the old ones once they run, as the service's deployment settings say. A deployment that began since this plan was made will do."}
		if len(after) == 0 && b.deployedSince(svc) {
			a.Op, a.Why = Keep, "Its tasks were started after the endpoints were made."
			a.Summary = fmt.Sprintf("The tasks of service %s use the endpoints", name)
		}
		b.p.Actions = append(b.p.Actions, a)
	}
}

// proveTasks claims what the look must show, and what new deployments come to.
func (b *builder) proveTasks() {
	for _, a := range b.p.Actions {
		switch s := a.Spec.(type) {
		case TaskLook:
			b.claim(Claim{Action: a.ID, Kind: TaskStarts, Look: a.ID, Cluster: s.Cluster,
				Says: fmt.Sprintf("a task of %s starts in its subnets: its images, secrets and log streams are had", s.Service)})
		case ServiceDeployment:
			if a.Op == Run {
				b.claim(Claim{Action: a.ID, Kind: Deployed, Cluster: s.Cluster, Service: s.Service, After: s.After,
					Says: fmt.Sprintf("service %s has a new deployment, and no task of an older one runs", strings.TrimPrefix(string(a.ID), "service/"))})
			}
		}
	}
}

// deployedSince tells whether a service was deployed after the last of the endpoints
// was made.
func (b *builder) deployedSince(svc *inventory.Service) bool {
	for _, e := range b.ends {
		if e.existing == nil || e.existing.Created == "" || svc.Deployed <= e.existing.Created {
			return false
		}
	}
	return svc.Deployed != ""
}

// changing are the rows so far that change something.
func (b *builder) changing() []ID {
	var out []ID
	for _, a := range b.p.Actions {
		if a.Op != Keep {
			out = append(out, a.ID)
		}
	}
	return out
}

// lastOf is what follows the last slash of an ARN.
func lastOf(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

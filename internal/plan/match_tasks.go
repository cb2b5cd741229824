package plan

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

var _ = matchAt(100, (*builder).matchTask)

// matchTask plans the one-off task that the answers ask for, after all other changes.
func (b *builder) matchTask() {
	c, svc := workload.FindService(b.Inv, b.Ans.Proof.Task)
	if svc == nil || !svc.OnFargate() || !b.Workload.TestTask {
		return
	}
	spec := resource.TaskLook{Cluster: c.ARN, Service: b.Ans.Proof.Task, TaskDefinition: resource.Lit(svc.TaskDefinition), Platform: svc.PlatformVersion,
		Subnets: svc.Subnets, Groups: svc.Groups, PublicIP: svc.PublicIP}
	from := words.Last(svc.TaskDefinition)
	if id := resource.ID("task-definition/" + familyOf(svc.TaskDefinition)); b.p.Change(id) != nil { // the revision that the service should run, or could run
		spec.TaskDefinition, from = resource.From(id), "the new revision of "+familyOf(svc.TaskDefinition)
	}
	if d := b.Inv.TaskDefinition(svc.TaskDefinition); d != nil {
		for _, k := range d.Containers {
			spec.Containers = append(spec.Containers, k.Name)
		}
	}
	a := resource.Change{ID: resource.ID("task/" + b.Ans.Proof.Task), Op: resource.Run, Spec: spec, After: b.changing(),
		Summary: fmt.Sprintf("Start one task of %s, check that it runs, and stop it", b.Ans.Proof.Task),
		Why: fmt.Sprintf("Only a task shows that images, secrets and log streams work from the service's network. It uses %s with the service's subnets and security groups, and its command is replaced by `%s`: an image without an entry point then does nothing, and an image with an entry point gets this as its argument. It takes one or two minutes, costs cents, and is always stopped.",
			from, strings.Join(resource.LookCommand, " "))}
	b.p.Changes = append(b.p.Changes, a)
}

var _ = matchAt(110, (*builder).matchDeployments)

// matchDeployments plans the new deployments that the answers ask for. Running tasks keep their
// connections, and in Amazon ECS only a deployment renews them.
func (b *builder) matchDeployments() {
	after := b.changing()
	for _, name := range b.Ans.Redeploy {
		c, svc := workload.FindService(b.Inv, name)
		if svc == nil {
			continue
		}
		a := resource.Change{ID: resource.ID("service/" + name), Op: resource.Run, Existing: svc.ARN, After: after, Spec: resource.ServiceDeployment{Cluster: c.ARN, Service: svc.Name, After: svc.Deployment},
			Summary: fmt.Sprintf("Replace the running tasks of service %s", name),
			Why:     "Running tasks keep their connections; new tasks use the endpoints. Amazon ECS starts new tasks and stops the old ones when the new ones run, according to the service's deployment settings. A deployment that started after this plan was made also counts."}
		if len(after) == 0 && b.deployedSince(svc) {
			a.Op, a.Why = resource.Keep, "Its tasks started after the endpoints were created."
			a.Summary = fmt.Sprintf("The tasks of service %s use the endpoints", name)
		}
		b.p.Changes = append(b.p.Changes, a)
	}
}

// claimTasks adds the claims about the one-off task and new deployments. If the answers ask for a task
// that the plan cannot start, the claim has no measurement.
func (b *builder) claimTasks() {
	if id := resource.ID("task/" + b.Ans.Proof.Task); b.Ans.Proof.Task != "" && b.p.Change(id) == nil {
		b.claim(resource.Claim{Change: id, Asked: true, Says: fmt.Sprintf("a task of %s starts; the plan does not start it, because the account shows no such service on Fargate", b.Ans.Proof.Task), Measure: resource.Inside{}})
	}
	b.claimsOf(resource.TaskLook{}, resource.ServiceDeployment{})
}

// deployedSince reports whether a service was deployed after the last of the endpoints was created.
func (b *builder) deployedSince(svc *inventory.Service) bool {
	for _, e := range b.endpoints {
		if e.existing == nil || e.existing.Created == "" || svc.Deployed <= e.existing.Created {
			return false
		}
	}
	return svc.Deployed != ""
}

// changing returns the changes so far that are not unchanged resources.
func (b *builder) changing() []resource.ID {
	var out []resource.ID
	for _, a := range b.p.Changes {
		if a.Op != resource.Keep {
			out = append(out, a.ID)
		}
	}
	return out
}

package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Job definitions: validation, and what AWS Batch adds to a request.

const (
	jobContainerDefaults  = `{"command":[],"volumes":[],"environment":[],"mountPoints":[],"ulimits":[],"resourceRequirements":[],"secrets":[]}`
	taskContainerDefaults = `{"command":[],"dependsOn":[],"environment":[],"mountPoints":[],"ulimits":[],"resourceRequirements":[],"secrets":[]}`

	maxJobContainers = 10
)

var jobDefinitionName = pattern.New(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$`)

// jobTask is what runs on one host: one or more containers.
type jobTask struct {
	Containers       []jobContainer
	ExecutionRoleArn string
	TaskRoleArn      string
	JobRoleArn       string
}

// jobContainer has the fields of a job's container that the sandbox uses.
type jobContainer struct {
	Name                  string
	Image                 string
	Essential             *bool
	Privileged            bool
	Vcpus, Memory         int // the older format, without resourceRequirements
	ResourceRequirements  []resourceRequirement
	Secrets               []ecsSecret
	RepositoryCredentials *repositoryCredentials
}

type resourceRequirement struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// complete adds the defaults that Batch shows for missing settings.
func (d *jobDefinition) complete() {
	if d.PlatformCapabilities == nil && d.ContainerOrchestrationType == "ECS" {
		d.PlatformCapabilities = []string{"EC2"}
	}
	if m := readMembers(d.RetryStrategy); m != nil {
		d.RetryStrategy = m.with(`{"evaluateOnExit":[]}`).raw()
	}
	if m := readMembers(d.ContainerProperties); m != nil {
		d.ContainerProperties = m.with(jobContainerDefaults).raw()
	}
	if m := readMembers(d.EcsProperties); m != nil {
		d.EcsProperties = completeTasks(m).raw()
	}
	if m := readMembers(d.NodeProperties); m != nil {
		d.NodeProperties = m.each("nodeRangeProperties", func(nodes members) members {
			if c := readMembers(nodes["container"]); c != nil {
				nodes["container"] = c.with(jobContainerDefaults).raw()
			}
			if tasks := readMembers(nodes["ecsProperties"]); tasks != nil {
				nodes["ecsProperties"] = completeTasks(tasks).raw()
			}
			return nodes
		}).raw()
	}
}

func completeTasks(m members) members {
	return m.each("taskProperties", func(task members) members {
		return task.with(`{"volumes":[]}`).each("containers", func(c members) members { return c.with(taskContainerDefaults) })
	})
}

// tasks returns everything that a definition runs.
func (d *jobDefinition) tasks() []jobTask {
	all := tasksOf(d.ContainerProperties, d.EcsProperties)
	var nodes struct {
		NodeRangeProperties []struct{ Container, EcsProperties json.RawMessage }
	}
	if json.Unmarshal(d.NodeProperties, &nodes) == nil {
		for _, n := range nodes.NodeRangeProperties {
			all = append(all, tasksOf(n.Container, n.EcsProperties)...)
		}
	}
	return all
}

func tasksOf(container, several json.RawMessage) []jobTask {
	var one jobContainer
	var task jobTask
	if len(container) > 0 && json.Unmarshal(container, &one) == nil && json.Unmarshal(container, &task) == nil {
		task.Containers = []jobContainer{one}
		return []jobTask{task}
	}
	var all struct{ TaskProperties []jobTask }
	if len(several) == 0 || json.Unmarshal(several, &all) != nil {
		return nil
	}
	return all.TaskProperties
}

// batchRefusal returns an error with the text that Batch puts around each message.
func (r *region) batchRefusal(format string, args ...any) *wire.Error {
	return wire.Fail("ClientException", "Error executing request, Exception : %s, RequestId: 00000000-0000-4000-8000-%012x", fmt.Sprintf(format, args...), r.account.requests+1)
}

func (r *region) checkJobDefinition(d *jobDefinition) *wire.Error {
	given := 0
	for _, properties := range []json.RawMessage{d.ContainerProperties, d.EcsProperties, d.EksProperties} {
		if len(properties) > 0 {
			given++
		}
	}
	fargate := slices.Contains(d.PlatformCapabilities, "FARGATE")
	switch {
	case d.JobDefinitionName == "":
		return r.batchRefusal("jobDefinitionName must not be null")
	case !jobDefinitionName().MatchString(d.JobDefinitionName):
		return r.batchRefusal("Job definition name should match valid pattern")
	case d.Type == "":
		return r.batchRefusal("type must not be null")
	case d.Type != "container" && d.Type != "multinode":
		return r.batchRefusal("Job definition type %s is not supported", d.Type)
	case d.Type == "multinode" && len(d.NodeProperties) == 0:
		return r.batchRefusal("Node properties should not be empty")
	case d.Type == "multinode" && fargate:
		return r.batchRefusal("Multi-node parallel jobs are not supported on FARGATE")
	case d.Type == "container" && given == 0:
		return r.batchRefusal("Container properties should not be empty")
	case d.Type == "container" && given > 1:
		return r.batchRefusal("Only one of containerProperties, ecsProperties and eksProperties can be specified")
	case len(d.PlatformCapabilities) > 1:
		return r.batchRefusal("Only one platform capability can be specified")
	case len(d.PlatformCapabilities) == 1 && !fargate && d.PlatformCapabilities[0] != "EC2":
		return r.batchRefusal("Platform capability %s is not supported", d.PlatformCapabilities[0])
	case d.SchedulingPriority != nil && (*d.SchedulingPriority < 0 || *d.SchedulingPriority > 9999):
		return r.batchRefusal("schedulingPriority must be between 0 and 9999")
	case len(d.EksProperties) > 0:
		return nil // the sandbox does not check pods
	}
	tasks := d.tasks()
	if len(d.EcsProperties) > 0 && len(tasks) != 1 {
		return r.batchRefusal("taskProperties must have exactly one element")
	}
	for _, task := range tasks {
		if err := r.checkJobTask(task, fargate); err != nil {
			return err
		}
	}
	return nil
}

func (r *region) checkJobTask(task jobTask, fargate bool) *wire.Error {
	switch {
	case len(task.Containers) == 0 || len(task.Containers) > maxJobContainers:
		return r.batchRefusal("containers must have between 1 and %d elements", maxJobContainers)
	case fargate && task.ExecutionRoleArn == "":
		return r.batchRefusal("executionRoleArn is required for FARGATE jobs")
	case !slices.ContainsFunc(task.Containers, func(c jobContainer) bool { return c.Essential == nil || *c.Essential }):
		return r.batchRefusal("At least one container must be essential")
	}
	for _, c := range task.Containers {
		switch {
		case c.Image == "":
			return r.batchRefusal("Container image is required")
		case fargate && c.Privileged:
			return r.batchRefusal("privileged is not supported for FARGATE jobs")
		case !c.requires("MEMORY", c.Memory):
			return r.batchRefusal("Container properties must specify MEMORY in resourceRequirements")
		case !c.requires("VCPU", c.Vcpus):
			return r.batchRefusal("Container properties must specify VCPU in resourceRequirements")
		case task.ExecutionRoleArn == "" && len(c.Secrets) > 0:
			return r.batchRefusal("executionRoleArn is required when secrets are specified")
		case task.ExecutionRoleArn == "" && c.RepositoryCredentials != nil:
			return r.batchRefusal("executionRoleArn is required when repositoryCredentials are specified")
		case c.RepositoryCredentials != nil && c.RepositoryCredentials.CredentialsParameter == "":
			return r.batchRefusal("credentialsParameter must not be null")
		}
	}
	return nil
}

func (c *jobContainer) requires(what string, before int) bool {
	return before > 0 || slices.ContainsFunc(c.ResourceRequirements, func(r resourceRequirement) bool { return r.Type == what && r.Value != "" })
}

type registerJobDefinitionIn struct{ jobDefinition }

// UnmarshalJSON keeps members that have no field.
func (in *registerJobDefinitionIn) UnmarshalJSON(b []byte) error {
	type plain jobDefinition
	in.more = beyond(b, in.jobDefinition)
	return json.Unmarshal(b, (*plain)(&in.jobDefinition))
}

type registerJobDefinitionOut struct {
	JobDefinitionName string `json:"jobDefinitionName"`
	JobDefinitionArn  string `json:"jobDefinitionArn"`
	Revision          int    `json:"revision"`
}

// registerJobDefinition creates the next revision of a name. A revision number is never used
// again.
func (r *region) registerJobDefinition(in registerJobDefinitionIn) (registerJobDefinitionOut, *wire.Error) {
	d := &in.jobDefinition
	if err := r.checkJobDefinition(d); err != nil {
		return registerJobDefinitionOut{}, err
	}
	d.Status, d.Revision, d.ContainerOrchestrationType = "ACTIVE", 1, "ECS"
	if len(d.EksProperties) > 0 {
		d.ContainerOrchestrationType = "EKS"
	}
	for _, other := range r.Batch.JobDefinitions {
		if other.JobDefinitionName == d.JobDefinitionName {
			d.Revision = max(d.Revision, other.Revision+1)
		}
	}
	d.JobDefinitionArn = r.ARN("batch", fmt.Sprintf("job-definition/%s:%d", d.JobDefinitionName, d.Revision))
	d.complete()
	r.Batch.JobDefinitions = append(r.Batch.JobDefinitions, d)
	return registerJobDefinitionOut{d.JobDefinitionName, d.JobDefinitionArn, d.Revision}, nil
}

type deregisterJobDefinitionIn struct {
	JobDefinition string `json:"jobDefinition"`
}

// deregisterJobDefinition requires a revision. A deregistered definition is still shown, as
// INACTIVE.
func (r *region) deregisterJobDefinition(in deregisterJobDefinitionIn) (wire.Empty, *wire.Error) {
	name := strings.TrimPrefix(in.JobDefinition, r.ARN("batch", "job-definition/"))
	for _, d := range r.Batch.JobDefinitions {
		if fmt.Sprintf("%s:%d", d.JobDefinitionName, d.Revision) == name {
			d.Status = "INACTIVE"
			return wire.Empty{}, nil
		}
	}
	return wire.Empty{}, r.batchRefusal("The job definition %s does not exist", in.JobDefinition)
}

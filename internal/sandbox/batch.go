package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var batchAPI = service{
	Service: wire.Service{Protocol: wire.RESTJSON, Route: batchCall},
	Operations: map[string]operation{
		"CreateComputeEnvironment":    wire.JSONOp((*region).createComputeEnvironment),
		"UpdateComputeEnvironment":    wire.JSONOp((*region).updateComputeEnvironment),
		"DeleteComputeEnvironment":    wire.JSONOp((*region).deleteComputeEnvironment),
		"CreateJobQueue":              wire.JSONOp((*region).createJobQueue),
		"UpdateJobQueue":              wire.JSONOp((*region).updateJobQueue),
		"DeleteJobQueue":              wire.JSONOp((*region).deleteJobQueue),
		"SubmitJob":                   wire.JSONOp((*region).submitJob),
		"DescribeJobs":                wire.JSONOp((*region).describeJobs),
		"ListJobs":                    wire.JSONOp((*region).listJobs),
		"TerminateJob":                wire.JSONOp((*region).terminateJob),
		"DescribeComputeEnvironments": wire.JSONOp((*region).describeComputeEnvironments),
		"DescribeJobQueues":           wire.JSONOp((*region).describeJobQueues),
		"DescribeJobDefinitions":      wire.JSONOp((*region).describeJobDefinitions),
		"RegisterJobDefinition":       wire.JSONOp((*region).registerJobDefinition),
		"DeregisterJobDefinition":     wire.JSONOp((*region).deregisterJobDefinition),
	},
	Dump: func(r *region) map[string]any { return map[string]any{"Batch": r.Batch} },
}

// batchState is the content of AWS Batch in a Region, in the format of its API. A scenario
// contains names, and load creates the ARNs.
type batchState struct {
	ComputeEnvironments []*computeEnvironment `json:"computeEnvironments,omitempty"`
	JobQueues           []*jobQueue           `json:"jobQueues,omitempty"`
	JobDefinitions      []*jobDefinition      `json:"jobDefinitions,omitempty"`
	Jobs                []*batchJob           `json:"jobs,omitempty"`
}

type computeEnvironment struct {
	ComputeEnvironmentName     string            `json:"computeEnvironmentName"`
	ComputeEnvironmentArn      string            `json:"computeEnvironmentArn"`
	EcsClusterArn              string            `json:"ecsClusterArn,omitempty"` // a name in a scenario; the cluster is created if it does not exist
	Tags                       map[string]string `json:"tags"`
	Type                       string            `json:"type"`
	State                      string            `json:"state"`
	Status                     string            `json:"status"`
	StatusReason               string            `json:"statusReason"`
	ComputeResources           *computeResources `json:"computeResources,omitempty"`
	ServiceRole                string            `json:"serviceRole,omitempty"`
	EksConfiguration           *eksConfiguration `json:"eksConfiguration,omitempty"`
	ContainerOrchestrationType string            `json:"containerOrchestrationType"`
	Uuid                       string            `json:"uuid"`

	change batchChange
}

type computeResources struct {
	Type               string             `json:"type"`
	AllocationStrategy string             `json:"allocationStrategy,omitempty"`
	MinvCpus           *int               `json:"minvCpus,omitempty"`
	MaxvCpus           int                `json:"maxvCpus"`
	DesiredvCpus       *int               `json:"desiredvCpus,omitempty"`
	InstanceTypes      []string           `json:"instanceTypes,omitempty"`
	ImageId            string             `json:"imageId,omitempty"`
	Subnets            []string           `json:"subnets"`
	SecurityGroupIds   []string           `json:"securityGroupIds,omitempty"`
	InstanceRole       string             `json:"instanceRole,omitempty"`
	Tags               map[string]string  `json:"tags,omitempty"`
	BidPercentage      int                `json:"bidPercentage,omitempty"`
	LaunchTemplate     *launchTemplate    `json:"launchTemplate,omitempty"`
	Ec2Configuration   []ec2Configuration `json:"ec2Configuration,omitempty"`
}

type launchTemplate struct {
	LaunchTemplateId   string `json:"launchTemplateId,omitempty"`
	LaunchTemplateName string `json:"launchTemplateName,omitempty"`
	Version            string `json:"version,omitempty"`
}

type ec2Configuration struct {
	ImageType       string `json:"imageType"`
	ImageIdOverride string `json:"imageIdOverride,omitempty"`
}

type eksConfiguration struct {
	EksClusterArn       string `json:"eksClusterArn"`
	KubernetesNamespace string `json:"kubernetesNamespace"`
}

type jobQueue struct {
	JobQueueName            string             `json:"jobQueueName"`
	JobQueueArn             string             `json:"jobQueueArn"`
	State                   string             `json:"state"`
	Status                  string             `json:"status"`
	StatusReason            string             `json:"statusReason"`
	Priority                int                `json:"priority"`
	ComputeEnvironmentOrder []environmentPlace `json:"computeEnvironmentOrder"` // environments, by name in a scenario
	Tags                    map[string]string  `json:"tags"`

	change batchChange
}

type environmentPlace struct {
	Order              int    `json:"order"`
	ComputeEnvironment string `json:"computeEnvironment"`
}

type jobDefinition struct {
	JobDefinitionName            string            `json:"jobDefinitionName"`
	JobDefinitionArn             string            `json:"jobDefinitionArn"`
	Revision                     int               `json:"revision"`
	Status                       string            `json:"status"`
	Type                         string            `json:"type"`
	SchedulingPriority           *int              `json:"schedulingPriority,omitempty"`
	Parameters                   map[string]string `json:"parameters"`
	RetryStrategy                json.RawMessage   `json:"retryStrategy,omitempty"`
	ContainerProperties          json.RawMessage   `json:"containerProperties,omitempty"`
	Timeout                      json.RawMessage   `json:"timeout,omitempty"`
	NodeProperties               json.RawMessage   `json:"nodeProperties,omitempty"`
	EcsProperties                json.RawMessage   `json:"ecsProperties,omitempty"`
	EksProperties                json.RawMessage   `json:"eksProperties,omitempty"`
	ConsumableResourceProperties json.RawMessage   `json:"consumableResourceProperties,omitempty"`
	Tags                         map[string]string `json:"tags"`
	PropagateTags                bool              `json:"propagateTags"`
	PlatformCapabilities         []string          `json:"platformCapabilities"`
	ContainerOrchestrationType   string            `json:"containerOrchestrationType"`

	more members // members as the request sent them
}

// MarshalJSON returns what the request sent plus what Batch adds.
func (d jobDefinition) MarshalJSON() ([]byte, error) {
	type plain jobDefinition
	return joined(plain(d), d.more)
}

// loadBatch fills in what a scenario leaves out. Batch runs all its environments, including
// Fargate, on ECS clusters that it creates. This adds them to the scenario, so loadECS comes later.
func (r *region) loadBatch() {
	s := &r.Batch
	for _, e := range s.ComputeEnvironments {
		e.complete(r)
	}
	for _, q := range s.JobQueues {
		q.JobQueueArn = r.ARN("batch", "job-queue/"+q.JobQueueName)
		q.State, q.Status = cmp.Or(q.State, "ENABLED"), cmp.Or(q.Status, "VALID")
		q.StatusReason = cmp.Or(q.StatusReason, "JobQueue Healthy")
		for i := range q.ComputeEnvironmentOrder {
			p := &q.ComputeEnvironmentOrder[i]
			p.ComputeEnvironment = r.ARN("batch", "compute-environment/"+p.ComputeEnvironment)
		}
	}
	for _, d := range s.JobDefinitions {
		d.JobDefinitionArn = r.ARN("batch", fmt.Sprintf("job-definition/%s:%d", d.JobDefinitionName, d.Revision))
		d.Status, d.Type = cmp.Or(d.Status, "ACTIVE"), cmp.Or(d.Type, "container")
		d.ContainerOrchestrationType = cmp.Or(d.ContainerOrchestrationType, "ECS")
		d.complete()
	}
}

// batchCall determines the operation from the path.
func batchCall(method, path string) (operation, name string) {
	if method == http.MethodPost {
		operation = batchPaths[path]
	}
	return operation, ""
}

var batchPaths = map[string]string{
	"/v1/describecomputeenvironments": "DescribeComputeEnvironments",
	"/v1/createcomputeenvironment":    "CreateComputeEnvironment",
	"/v1/updatecomputeenvironment":    "UpdateComputeEnvironment",
	"/v1/deletecomputeenvironment":    "DeleteComputeEnvironment",
	"/v1/createjobqueue":              "CreateJobQueue",
	"/v1/updatejobqueue":              "UpdateJobQueue",
	"/v1/deletejobqueue":              "DeleteJobQueue",
	"/v1/submitjob":                   "SubmitJob",
	"/v1/describejobs":                "DescribeJobs",
	"/v1/listjobs":                    "ListJobs",
	"/v1/terminatejob":                "TerminateJob",
	"/v1/describejobqueues":           "DescribeJobQueues",
	"/v1/describejobdefinitions":      "DescribeJobDefinitions",
	"/v1/registerjobdefinition":       "RegisterJobDefinition",
	"/v1/deregisterjobdefinition":     "DeregisterJobDefinition",
}

type batchPage struct {
	MaxResults *int32 `json:"maxResults"`
	NextToken  string `json:"nextToken"`
}

const batchPageSize = 100

var batchPages = store.Pager{
	Size: batchPageSize, Least: 1, Most: batchPageSize,
	BadSize: func(size int32) *wire.Error {
		if size < 1 {
			return wire.Fail("ClientException", "maxResults must be greater than 0.")
		}
		return nil
	},
	BadToken: func(string) *wire.Error { return wire.Fail("ClientException", "Invalid nextToken.") },
}

// batchNamed returns the resources with the given names; all if no names are given. Like Batch,
// it silently omits names that do not exist.
func batchNamed[T any](all []*T, wanted []string, names func(*T) []string) ([]*T, *wire.Error) {
	if len(wanted) > batchPageSize {
		return nil, wire.Fail("ClientException", "A maximum of %d names can be described at a time.", batchPageSize)
	}
	if len(wanted) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(v *T) bool {
		return !slices.ContainsFunc(names(v), func(n string) bool { return slices.Contains(wanted, n) })
	}), nil
}

type describeEnvironmentsIn struct {
	batchPage
	ComputeEnvironments []string `json:"computeEnvironments"`
}

type describeEnvironmentsOut struct {
	ComputeEnvironments []computeEnvironment `json:"computeEnvironments"`
	NextToken           string               `json:"nextToken,omitempty"`
}

func (r *region) describeComputeEnvironments(in describeEnvironmentsIn) (describeEnvironmentsOut, *wire.Error) {
	found, err := batchNamed(r.Batch.ComputeEnvironments, in.ComputeEnvironments, func(e *computeEnvironment) []string {
		return []string{e.ComputeEnvironmentName, e.ComputeEnvironmentArn}
	})
	if err != nil {
		return describeEnvironmentsOut{}, err
	}
	page, next, err := store.Page(&batchPages, found, in.MaxResults, in.NextToken)
	return describeEnvironmentsOut{store.Copies(page, nil), next}, err
}

type describeQueuesIn struct {
	batchPage
	JobQueues []string `json:"jobQueues"`
}

type describeQueuesOut struct {
	JobQueues []jobQueue `json:"jobQueues"`
	NextToken string     `json:"nextToken,omitempty"`
}

func (r *region) describeJobQueues(in describeQueuesIn) (describeQueuesOut, *wire.Error) {
	found, err := batchNamed(r.Batch.JobQueues, in.JobQueues, func(q *jobQueue) []string { return []string{q.JobQueueName, q.JobQueueArn} })
	if err != nil {
		return describeQueuesOut{}, err
	}
	page, next, err := store.Page(&batchPages, found, in.MaxResults, in.NextToken)
	return describeQueuesOut{store.Copies(page, nil), next}, err
}

type describeJobDefinitionsIn struct {
	batchPage
	JobDefinitions    []string `json:"jobDefinitions"`
	JobDefinitionName string   `json:"jobDefinitionName"`
	Status            string   `json:"status"`
}

type describeJobDefinitionsOut struct {
	JobDefinitions []jobDefinition `json:"jobDefinitions"`
	NextToken      string          `json:"nextToken,omitempty"`
}

// describeJobDefinitions accepts names with a revision, one name with all its revisions, or no
// name.
func (r *region) describeJobDefinitions(in describeJobDefinitionsIn) (describeJobDefinitionsOut, *wire.Error) {
	if len(in.JobDefinitions) > 0 && (in.JobDefinitionName != "" || in.Status != "") {
		return describeJobDefinitionsOut{}, wire.Fail("ClientException", "jobDefinitions can not be used with jobDefinitionName or status.")
	}
	found, err := batchNamed(r.Batch.JobDefinitions, in.JobDefinitions, func(d *jobDefinition) []string {
		return []string{d.JobDefinitionArn, fmt.Sprintf("%s:%d", d.JobDefinitionName, d.Revision)}
	})
	if err != nil {
		return describeJobDefinitionsOut{}, err
	}
	found = slices.DeleteFunc(slices.Clone(found), func(d *jobDefinition) bool {
		return in.Status != "" && d.Status != in.Status || in.JobDefinitionName != "" && d.JobDefinitionName != in.JobDefinitionName
	})
	page, next, err := store.Page(&batchPages, found, in.MaxResults, in.NextToken)
	return describeJobDefinitionsOut{store.Copies(page, nil), next}, err
}

package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// batchState is the content of AWS Batch in a Region, in the format of its API. A scenario
// contains names, and load creates the ARNs.
type batchState struct {
	ComputeEnvironments []*computeEnvironment `json:"computeEnvironments,omitempty"`
	JobQueues           []*jobQueue           `json:"jobQueues,omitempty"`
	JobDefinitions      []*jobDefinition      `json:"jobDefinitions,omitempty"`
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

func (r *region) batchARN(resource string) string {
	return fmt.Sprintf("arn:%s:batch:%s:%s:%s", r.catalog.Partition, r.catalog.Name, accountID, resource)
}

// complete fills in what a scenario leaves out. Batch runs all its environments, including
// Fargate, on ECS clusters that it creates, so this must run before the clusters are completed.
func (s *batchState) complete(r *region) {
	for _, e := range s.ComputeEnvironments {
		e.ComputeEnvironmentArn = r.batchARN("compute-environment/" + e.ComputeEnvironmentName)
		e.Type, e.State, e.Status = cmp.Or(e.Type, "MANAGED"), cmp.Or(e.State, "ENABLED"), cmp.Or(e.Status, "VALID")
		e.StatusReason = cmp.Or(e.StatusReason, "ComputeEnvironment Healthy")
		e.ContainerOrchestrationType = cmp.Or(e.ContainerOrchestrationType, "ECS")
		h := hash(e.ComputeEnvironmentArn, 32)
		e.Uuid = cmp.Or(e.Uuid, strings.Join([]string{h[:8], h[8:12], "3" + h[13:16], "8" + h[17:20], h[20:]}, "-"))
		if e.ServiceRole == "" {
			e.ServiceRole = r.iamARN("role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch")
		}
		if e.ContainerOrchestrationType == "EKS" {
			continue
		}
		name := cmp.Or(e.EcsClusterArn, "AWSBatch-"+e.ComputeEnvironmentName+"-"+e.Uuid)
		if r.ecs.cluster(r, name) == nil {
			r.ecs.Clusters = append(r.ecs.Clusters, &ecsCluster{ClusterName: name})
		}
		e.EcsClusterArn = r.ecsARN("cluster/" + name)
	}
	for _, q := range s.JobQueues {
		q.JobQueueArn = r.batchARN("job-queue/" + q.JobQueueName)
		q.State, q.Status = cmp.Or(q.State, "ENABLED"), cmp.Or(q.Status, "VALID")
		q.StatusReason = cmp.Or(q.StatusReason, "JobQueue Healthy")
		for i := range q.ComputeEnvironmentOrder {
			p := &q.ComputeEnvironmentOrder[i]
			p.ComputeEnvironment = r.batchARN("compute-environment/" + p.ComputeEnvironment)
		}
	}
	for _, d := range s.JobDefinitions {
		d.JobDefinitionArn = r.batchARN(fmt.Sprintf("job-definition/%s:%d", d.JobDefinitionName, d.Revision))
		d.Status, d.Type = cmp.Or(d.Status, "ACTIVE"), cmp.Or(d.Type, "container")
		d.ContainerOrchestrationType = cmp.Or(d.ContainerOrchestrationType, "ECS")
		d.complete()
	}
}

type batchPage struct {
	MaxResults int    `json:"maxResults"`
	NextToken  string `json:"nextToken"`
}

const batchPageSize = 100

func batchCut[T any](all []*T, in batchPage) ([]T, string, *apiError) {
	if in.MaxResults < 0 {
		return nil, "", fail("ClientException", "maxResults must be greater than 0.")
	}
	size := batchPageSize
	if in.MaxResults > 0 {
		size = min(size, in.MaxResults)
	}
	page, next, ok := cut(all, int32(size), in.NextToken)
	if !ok {
		return nil, "", fail("ClientException", "Invalid nextToken.")
	}
	return copies(page, nil), next, nil
}

// batchNamed returns the resources with the given names; all if no names are given. Like Batch,
// it silently omits names that do not exist.
func batchNamed[T any](all []*T, wanted []string, names func(*T) []string) ([]*T, *apiError) {
	if len(wanted) > batchPageSize {
		return nil, fail("ClientException", "A maximum of %d names can be described at a time.", batchPageSize)
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

func (r *region) describeComputeEnvironments(in describeEnvironmentsIn) (describeEnvironmentsOut, *apiError) {
	found, err := batchNamed(r.batch.ComputeEnvironments, in.ComputeEnvironments, func(e *computeEnvironment) []string {
		return []string{e.ComputeEnvironmentName, e.ComputeEnvironmentArn}
	})
	if err != nil {
		return describeEnvironmentsOut{}, err
	}
	page, next, err := batchCut(found, in.batchPage)
	return describeEnvironmentsOut{page, next}, err
}

type describeQueuesIn struct {
	batchPage
	JobQueues []string `json:"jobQueues"`
}

type describeQueuesOut struct {
	JobQueues []jobQueue `json:"jobQueues"`
	NextToken string     `json:"nextToken,omitempty"`
}

func (r *region) describeJobQueues(in describeQueuesIn) (describeQueuesOut, *apiError) {
	found, err := batchNamed(r.batch.JobQueues, in.JobQueues, func(q *jobQueue) []string { return []string{q.JobQueueName, q.JobQueueArn} })
	if err != nil {
		return describeQueuesOut{}, err
	}
	page, next, err := batchCut(found, in.batchPage)
	return describeQueuesOut{page, next}, err
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
func (r *region) describeJobDefinitions(in describeJobDefinitionsIn) (describeJobDefinitionsOut, *apiError) {
	if len(in.JobDefinitions) > 0 && (in.JobDefinitionName != "" || in.Status != "") {
		return describeJobDefinitionsOut{}, fail("ClientException", "jobDefinitions can not be used with jobDefinitionName or status.")
	}
	found, err := batchNamed(r.batch.JobDefinitions, in.JobDefinitions, func(d *jobDefinition) []string {
		return []string{d.JobDefinitionArn, fmt.Sprintf("%s:%d", d.JobDefinitionName, d.Revision)}
	})
	if err != nil {
		return describeJobDefinitionsOut{}, err
	}
	found = slices.DeleteFunc(slices.Clone(found), func(d *jobDefinition) bool {
		return in.Status != "" && d.Status != in.Status || in.JobDefinitionName != "" && d.JobDefinitionName != in.JobDefinitionName
	})
	page, next, err := batchCut(found, in.batchPage)
	return describeJobDefinitionsOut{page, next}, err
}

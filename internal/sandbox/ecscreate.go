package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// How clusters and services of Amazon ECS are created and deleted. A deleted one stays visible as INACTIVE.

var ecsName = pattern.New(`^[A-Za-z0-9_-]{1,255}$`)

// leastFailures is the threshold of the deployment circuit breaker for a few tasks.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
const leastFailures = 3

type deploymentConfiguration struct {
	DeploymentCircuitBreaker *circuitBreaker `json:"deploymentCircuitBreaker,omitempty"`
	MaximumPercent           *int            `json:"maximumPercent,omitempty"`
	MinimumHealthyPercent    *int            `json:"minimumHealthyPercent,omitempty"`
}

// complete fills in the limits of a service with the strategy REPLICA that a request left out
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html).
func (c *deploymentConfiguration) complete() {
	most, least := 200, 100
	c.MaximumPercent, c.MinimumHealthyPercent = cmp.Or(c.MaximumPercent, &most), cmp.Or(c.MinimumHealthyPercent, &least)
}

// deploymentController says what deploys a service. The sandbox has only that of Amazon ECS.
type deploymentController struct {
	Type string `json:"type"`
}

type circuitBreaker struct {
	Enable   bool `json:"enable"`
	Rollback bool `json:"rollback"`
}

// breaks reports whether a service stops a deployment that cannot start its tasks.
func (s *ecsService) breaks() bool {
	c := s.DeploymentConfiguration
	return c != nil && c.DeploymentCircuitBreaker != nil && c.DeploymentCircuitBreaker.Enable
}

// report adds an event to a service that a request created.
func (r *region) report(s *ecsService, at time.Time, format string, args ...any) {
	if s.DeploymentConfiguration == nil {
		return
	}
	id := store.UUID(fmt.Sprint(s.ServiceArn, "event", r.Counters.Next("event")))
	s.Events = append([]ecsEvent{{Id: id, CreatedAt: wire.Epoch{Time: at}, Message: "(service " + s.ServiceName + ") " + fmt.Sprintf(format, args...)}}, s.Events...)
}

type createClusterIn struct {
	ClusterName   string                `json:"clusterName"`
	Tags          ecsTags               `json:"tags"`
	Settings      []ecsNameValue        `json:"settings"`
	Configuration *clusterConfiguration `json:"configuration"`
}

type clusterOut struct {
	Cluster ecsCluster `json:"cluster"`
}

// createCluster returns an active cluster of the same name as it is.
func (r *region) createCluster(in createClusterIn) (clusterOut, *wire.Error) {
	in.ClusterName = cmp.Or(in.ClusterName, "default")
	if !ecsName().MatchString(in.ClusterName) {
		return clusterOut{}, wire.Fail("InvalidParameterException", "Cluster name contains invalid characters.")
	}
	c := r.ECS.cluster(r, in.ClusterName)
	if c == nil {
		c = &ecsCluster{ClusterName: in.ClusterName, ClusterArn: r.ARN("ecs", "cluster/"+in.ClusterName)}
		r.ECS.Clusters = append(r.ECS.Clusters, c)
	}
	if c.Status != "ACTIVE" {
		c.Status, c.Tags, c.Settings, c.Configuration = "ACTIVE", in.Tags, in.Settings, in.Configuration
	}
	return clusterOut{*c}, nil
}

type deleteClusterIn struct {
	Cluster string `json:"cluster"`
}

func (r *region) deleteCluster(in deleteClusterIn) (clusterOut, *wire.Error) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return clusterOut{}, err
	}
	switch {
	case slices.ContainsFunc(r.ECS.Services, func(s *ecsService) bool { return s.ClusterArn == c.ClusterArn && s.Status != "INACTIVE" }):
		return clusterOut{}, wire.Fail("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
	case r.registered(c) > 0:
		return clusterOut{}, wire.Fail("ClusterContainsContainerInstancesException", "The Cluster cannot be deleted while Container Instances are active or draining.")
	case slices.ContainsFunc(r.ECS.Tasks, func(t *ecsTask) bool { return t.ClusterArn == c.ClusterArn && t.LastStatus != "STOPPED" }):
		return clusterOut{}, wire.Fail("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
	}
	c.Status = "INACTIVE"
	return clusterOut{*c}, nil
}

type createServiceIn struct {
	Cluster                 string                   `json:"cluster"`
	ServiceName             string                   `json:"serviceName"`
	TaskDefinition          string                   `json:"taskDefinition"`
	DesiredCount            int                      `json:"desiredCount"`
	LaunchType              string                   `json:"launchType"`
	PlatformVersion         string                   `json:"platformVersion"`
	NetworkConfiguration    *networkConfiguration    `json:"networkConfiguration"`
	DeploymentConfiguration *deploymentConfiguration `json:"deploymentConfiguration"`
	EnableExecuteCommand    bool                     `json:"enableExecuteCommand"`
	ClientToken             string                   `json:"clientToken"`
	Tags                    ecsTags                  `json:"tags"`

	AvailabilityZoneRebalancing string                `json:"availabilityZoneRebalancing"`
	DeploymentController        *deploymentController `json:"deploymentController"`
	SchedulingStrategy          string                `json:"schedulingStrategy"`
	EnableECSManagedTags        bool                  `json:"enableECSManagedTags"`
	PropagateTags               string                `json:"propagateTags"`

	// Lists that must be empty: the sandbox does not simulate what they configure.
	CapacityProviderStrategy []capacityProvider `json:"capacityProviderStrategy"`
	LoadBalancers            []ecsLoadBalancer  `json:"loadBalancers"`
	ServiceRegistries        []ecsRegistry      `json:"serviceRegistries"`
	PlacementConstraints     []constraint       `json:"placementConstraints"`
	PlacementStrategy        []members          `json:"placementStrategy"`
	VolumeConfigurations     []members          `json:"volumeConfigurations"`
	VpcLatticeConfigurations []members          `json:"vpcLatticeConfigurations"`
}

// check rejects what the sandbox does not simulate and what Amazon ECS does not accept
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html).
func (in *createServiceIn) check() *wire.Error {
	for what, n := range map[string]int{
		"capacityProviderStrategy": len(in.CapacityProviderStrategy), "loadBalancers": len(in.LoadBalancers), "serviceRegistries": len(in.ServiceRegistries),
		"placementConstraints": len(in.PlacementConstraints), "placementStrategy": len(in.PlacementStrategy), "volumeConfigurations": len(in.VolumeConfigurations),
		"vpcLatticeConfigurations": len(in.VpcLatticeConfigurations),
	} {
		if n > 0 {
			return notSupported("new services with " + what)
		}
	}
	switch {
	case !ecsName().MatchString(in.ServiceName):
		return wire.Fail("InvalidParameterException", "Service name is invalid.")
	case in.DesiredCount < 0:
		return wire.Fail("InvalidParameterException", "desiredCount cannot be negative.")
	case in.SchedulingStrategy != "" && in.SchedulingStrategy != "REPLICA":
		return notSupported("services with the scheduling strategy " + in.SchedulingStrategy)
	case in.DeploymentController != nil && in.DeploymentController.Type != "ECS":
		return notSupported("services with the deployment controller " + in.DeploymentController.Type)
	case !slices.Contains([]string{"", "ENABLED", "DISABLED"}, in.AvailabilityZoneRebalancing):
		return wire.Fail("InvalidParameterException", "availabilityZoneRebalancing must be ENABLED or DISABLED.")
	case !slices.Contains([]string{"", "NONE", "SERVICE", "TASK_DEFINITION"}, in.PropagateTags):
		return wire.Fail("InvalidParameterException", "propagateTags must be TASK_DEFINITION, SERVICE or NONE.")
	}
	return nil
}

type serviceOut struct {
	Service ecsService `json:"service"`
}

// createService starts a service with one deployment. The sandbox simulates each of its tasks.
func (r *region) createService(in createServiceIn) (serviceOut, *wire.Error) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return serviceOut{}, err
	}
	token := in.ClientToken
	in.ClientToken = ""
	s, err := store.Once(r.tokens, "CreateService", token, in, func() (*ecsService, *wire.Error) { return r.newService(in, c) })
	if err != nil {
		return serviceOut{}, err
	}
	return serviceOut{*s}, nil
}

func (r *region) newService(in createServiceIn, c *ecsCluster) (*ecsService, *wire.Error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	d := r.findDefinition(in.TaskDefinition)
	start := runTaskIn{LaunchType: cmp.Or(in.LaunchType, "EC2"), NetworkConfiguration: in.NetworkConfiguration}
	if err := start.check(r, d); err != nil {
		return nil, err
	}
	same := slices.IndexFunc(r.ECS.Services, func(s *ecsService) bool { return s.ClusterArn == c.ClusterArn && s.ServiceName == in.ServiceName })
	if same >= 0 {
		switch r.ECS.Services[same].Status {
		case "ACTIVE":
			return nil, wire.Fail("InvalidParameterException", "Creation of service was not idempotent.")
		case "DRAINING":
			return nil, wire.Fail("InvalidParameterException", "Unable to Start a service that is still Draining.")
		}
		r.ECS.Services = slices.Delete(r.ECS.Services, same, same+1)
	}
	now := wire.Epoch{Time: r.Now()}
	s := &ecsService{ServiceArn: r.ARN("ecs", "service/"+c.ClusterName+"/"+in.ServiceName), ServiceName: in.ServiceName, ClusterArn: c.ClusterArn, Status: "ACTIVE",
		LoadBalancers: []ecsLoadBalancer{}, ServiceRegistries: []ecsRegistry{}, DesiredCount: in.DesiredCount, LaunchType: start.LaunchType, TaskDefinition: d.TaskDefinitionArn,
		NetworkConfiguration: in.NetworkConfiguration, DeploymentConfiguration: in.DeploymentConfiguration, EnableExecuteCommand: in.EnableExecuteCommand, Events: []ecsEvent{},
		CreatedAt: now, SchedulingStrategy: "REPLICA", PropagateTags: cmp.Or(in.PropagateTags, "NONE"), EnableECSManagedTags: in.EnableECSManagedTags, Tags: in.Tags, kept: true,
		AvailabilityZoneRebalancing: cmp.Or(in.AvailabilityZoneRebalancing, "ENABLED"), DeploymentController: &deploymentController{"ECS"}}
	if s.DeploymentConfiguration == nil {
		s.DeploymentConfiguration = &deploymentConfiguration{}
	}
	s.DeploymentConfiguration.complete()
	if s.LaunchType == "FARGATE" {
		s.PlatformVersion, s.PlatformFamily = cmp.Or(in.PlatformVersion, "LATEST"), "Linux"
	}
	id := "ecs-svc/" + store.Hash(fmt.Sprint(s.ServiceArn, r.Counters.Next("deployment")), 19)
	s.Deployments = []ecsDeployment{{Id: id, Status: "PRIMARY", TaskDefinition: s.TaskDefinition, DesiredCount: s.DesiredCount, LaunchType: s.LaunchType, PlatformVersion: s.PlatformVersion,
		PlatformFamily: s.PlatformFamily, NetworkConfiguration: s.NetworkConfiguration, CreatedAt: now, UpdatedAt: now, RolloutState: "IN_PROGRESS", RolloutStateReason: "ECS deployment " + id + " in progress."}}
	r.ECS.Services = append(r.ECS.Services, s)
	c.ActiveServicesCount++
	return s, nil
}

type deleteServiceIn struct {
	Cluster string `json:"cluster"`
	Service string `json:"service"`
	Force   bool   `json:"force"`
}

// deleteService drains a service: its tasks stop. Then the service is INACTIVE.
func (r *region) deleteService(in deleteServiceIn) (serviceOut, *wire.Error) {
	c, err := r.findCluster(in.Cluster)
	if err != nil {
		return serviceOut{}, err
	}
	i := slices.IndexFunc(r.ECS.Services, func(s *ecsService) bool {
		return s.ClusterArn == c.ClusterArn && (s.ServiceName == in.Service || s.ServiceArn == in.Service) && s.Status != "INACTIVE"
	})
	if i < 0 {
		return serviceOut{}, wire.Fail("ServiceNotFoundException", "Service not found.")
	}
	s := r.ECS.Services[i]
	if s.DesiredCount > 0 && !in.Force {
		return serviceOut{}, wire.Fail("InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
	}
	if s.Status == "ACTIVE" {
		c.ActiveServicesCount--
	}
	s.Status, s.DesiredCount, s.kept = "DRAINING", 0, true
	return serviceOut{*s}, nil
}

// drain ends a service that is being deleted when none of its tasks runs any more.
func (r *region) drain(s *ecsService) {
	stopped := true
	for _, t := range r.ECS.Tasks {
		if r.ECS.serviceOf(t) != s || t.LastStatus == "STOPPED" {
			continue
		}
		t.stop(r.Now(), "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment "+t.StartedBy+")")
		stopped = false
	}
	if stopped {
		s.Status, s.kept, s.RunningCount, s.PendingCount, s.Deployments = "INACTIVE", false, 0, 0, []ecsDeployment{}
	}
}

package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

var ecsClient = register("ecs", ecs.ServiceID, ecs.NewFromConfig, traits{names: shape.Camel, required: map[string][]string{
	"CreateCluster":                 {"Cluster.ClusterArn"},
	"CreateService":                 {"Service.ServiceArn"},
	"DeleteCluster":                 {"Cluster.ClusterArn"},
	"DeleteService":                 {"Service.ServiceArn"},
	"DescribeTaskDefinition":        {"TaskDefinition.TaskDefinitionArn"},
	"RegisterTaskDefinition":        {"TaskDefinition.TaskDefinitionArn"},
	"DeregisterTaskDefinition":      {"TaskDefinition.TaskDefinitionArn"},
	"RunTask":                       {"Tasks.TaskArn|Failures"},
	"StopTask":                      {"Task.TaskArn"},
	"UpdateContainerAgent":          {"ContainerInstance.ContainerInstanceArn"},
	"UpdateContainerInstancesState": {"ContainerInstances.ContainerInstanceArn|Failures"},
	"UpdateService":                 {"Service.ServiceArn"},
}})

var _ = operate("ecs", func(reads, writes *ecs.Client) operations {
	return operations{
		"CreateCluster":                 single(writes.CreateCluster),
		"CreateService":                 single(writes.CreateService),
		"DeleteCluster":                 single(writes.DeleteCluster),
		"DeleteService":                 single(writes.DeleteService),
		"DescribeClusters":              single(reads.DescribeClusters),
		"DescribeContainerInstances":    single(reads.DescribeContainerInstances),
		"DescribeServices":              single(reads.DescribeServices),
		"DescribeTaskDefinition":        single(reads.DescribeTaskDefinition),
		"DescribeTasks":                 single(reads.DescribeTasks),
		"RunTask":                       single(writes.RunTask),
		"DeregisterTaskDefinition":      single(writes.DeregisterTaskDefinition),
		"RegisterTaskDefinition":        single(writes.RegisterTaskDefinition),
		"StopTask":                      single(writes.StopTask),
		"UpdateService":                 single(writes.UpdateService),
		"TagResource":                   single(writes.TagResource),
		"UpdateContainerAgent":          single(writes.UpdateContainerAgent),
		"UpdateContainerInstancesState": single(writes.UpdateContainerInstancesState),
	}
})

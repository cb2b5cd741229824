package plan

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// batchManaged is the type of a compute environment of AWS Batch on ECS Managed Instances.
const batchManaged = "ECS_MANAGED_INSTANCES"

// checkManaged says what AWS does not document about instances that it manages, and points to the
// workload for them. For AWS Batch, it cites the API reference, ManagedInstancesNetworkConfiguration.
func checkManaged(b *builder) []Finding {
	var out []Finding
	if b.Workload.AWSHosts && len(b.endpoints) > 0 {
		f := Finding{Severity: Info, Resource: b.vpc.ID,
			Message: "AWS does not document which endpoints ECS Managed Instances need. The plan has what their tasks use, and the three endpoints of the ECS agent, as for other container instances.",
			Fix:     "After the change, start a task that needs a new instance. If the instance does not register, allow its subnets internet access and ask AWS Support for the endpoints."}
		if b.egress == catalog.Closed {
			f.Severity = Warn
		}
		out = append(out, f)
	}
	for i := range b.Inv.Clusters {
		c := &b.Inv.Clusters[i]
		for _, svc := range c.Services {
			if svc.OnManaged() && b.Workload.OwnHosts && (b.Ans.Service == "" || strings.HasPrefix(b.Ans.Service+"/", c.Name+"/")) && b.Holds(svc.Subnets) {
				out = append(out, Finding{Severity: Warn, Resource: svc.ARN,
					Message: fmt.Sprintf("Service %s/%s runs on instances that AWS manages. AWS also runs their agents, so the plan does not restart them, and it does not have what their tasks use.", c.Name, svc.Name),
					Fix:     "Make a second plan with the workload Amazon ECS on Managed Instances (answers file: workload: ecs-managed-instances)."})
			}
		}
	}
	for _, e := range b.Environments {
		if !e.OnFargate() && !e.OnEC2() && e.Orchestration != "EKS" {
			f := Finding{Severity: Warn, Resource: e.ARN,
				Message: fmt.Sprintf("Compute environment %s (%s) runs on instances that AWS manages. The wizard does not support it.", e.Name, e.Type), Fix: "Choose another compute environment."}
			if e.Type == batchManaged {
				f.Message += " AWS Batch requires a NAT gateway in its subnets if these do not provide public addresses, so endpoints cannot replace internet access."
				f.Fix = "Give its subnets a NAT gateway, or choose another compute environment."
			}
			out = append(out, f)
		}
	}
	return out
}

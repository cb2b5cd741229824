package plan

import "fmt"

// checkInvalid reports compute environments that AWS Batch cannot use. Their jobs stay RUNNABLE with or
// without endpoints (AWS Batch user guide, INVALID compute environment).
func checkInvalid(b *builder) []Finding {
	var out []Finding
	for _, e := range b.Environments {
		if e.Status != "INVALID" {
			continue
		}
		reason := " AWS Batch gives no reason."
		if e.Reason != "" {
			reason = " Reason: " + e.Reason
		}
		out = append(out, Finding{Severity: Warn, Resource: e.ARN,
			Message: fmt.Sprintf("Compute environment %s is INVALID, so AWS Batch places no jobs in it. Endpoints do not change this.%s", e.Name, reason),
			Fix:     "Correct the compute environment. The AWS Batch user guide lists the causes under INVALID compute environment."})
	}
	return out
}

func checkEKS(b *builder) []Finding {
	var out []Finding
	for _, e := range b.Environments {
		if e.Orchestration == "EKS" {
			out = append(out, Finding{Severity: Block, Resource: e.ARN, Message: fmt.Sprintf("Compute environment %s runs on Amazon EKS. The wizard does not support it.", e.Name),
				Fix: "Choose a compute environment that runs on Amazon ECS."})
		}
	}
	return out
}

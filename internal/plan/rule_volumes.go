package plan

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// checkS3Files reports volumes of Amazon S3 Files. They are mounted through mount targets in the VPC
// (Amazon S3 user guide, creating mount targets). Which endpoints the mount calls besides is not
// documented in the Amazon ECS guides.
func checkS3Files(b *builder) []Finding {
	if b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	for _, d := range b.Definitions {
		if d.S3Files {
			fix := "Test the mount from these subnets."
			if b.endpoint(gatewayS3) == nil {
				fix += " An S3 gateway endpoint is free: add s3 to the needs."
			}
			out = append(out, Finding{Severity: Info, Resource: d.ARN,
				Message: fmt.Sprintf("%s:%d mounts an Amazon S3 Files file system through its mount targets in the VPC. AWS does not document whether the mount also calls other endpoints.", d.Family, d.Revision),
				Fix:     fix})
		}
	}
	return out
}

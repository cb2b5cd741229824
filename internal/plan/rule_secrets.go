package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// checkSecretRegion reports secrets and parameters of another Region.
func checkSecretRegion(b *builder) []Finding {
	if b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	judge := func(arn, of string, refs ...string) {
		for _, ref := range refs {
			part := strings.SplitN(ref, ":", 6)
			if len(part) < 6 || part[3] == "" || part[3] == b.Ans.Region {
				continue
			}
			f := Finding{Rule: catalog.RuleOf(secretKind(ref)), Severity: Error, Resource: arn,
				Message: fmt.Sprintf("%s reads %s from %s. Endpoints serve their own Region only, and there is no internet access from %s.", of, shortRef(ref), part[3], b.noWayOut()),
				Fix:     "Replicate it to " + b.Ans.Region + " and use the replica."}
			if b.sixOnly() {
				f.Severity, f.Message = Warn, fmt.Sprintf("%s reads %s from %s. Endpoints serve their own Region only. %s", of, shortRef(ref), part[3], withSix)
			}
			out = append(out, f)
		}
	}
	for _, l := range b.loggers() {
		judge(l.arn, l.of, append(slices.Clone(l.Secrets), l.Credentials)...)
	}
	for _, d := range b.Definitions {
		judge(d.ARN, fmt.Sprintf("%s:%d", d.Family, d.Revision), d.VolumeSecrets...)
	}
	return out
}

package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

// TestPoliciesKeepBottlerocket tests the image of the control container, which runs the SSM Agent, in
// policies of the ECR endpoints.
func TestPoliciesKeepBottlerocket(t *testing.T) {
	base := policy.Facts{Partition: "aws", Region: "us-east-1", Account: "123456789012", Instances: true, Repositories: []string{"arn:aws:ecr:us-east-1:123456789012:repository/web"}}
	for _, code := range []string{"ecr.api", "ecr.dkr"} {
		for _, tt := range []struct {
			bottlerocket, unknown, runCommand, granted, required bool
		}{
			{true, false, true, true, true},
			{true, false, false, true, false},
			{false, true, true, true, false},
			{false, false, true, false, false},
		} {
			f := base
			f.Bottlerocket, f.UnknownHosts, f.RunCommand = tt.bottlerocket, tt.unknown, tt.runCommand
			i := slices.IndexFunc(policy.Grants(code, f), func(g policy.Grant) bool { return strings.Contains(g.Why, "Bottlerocket") })
			if (i >= 0) != tt.granted {
				t.Errorf("%s, %+v: granted %v", code, tt, i >= 0)
				continue
			}
			if i < 0 {
				continue
			}
			g := policy.Grants(code, f)[i]
			if g.Optional == tt.required || !slices.Contains(g.Resources, "arn:aws:ecr:us-east-1:*:repository/bottlerocket-control") {
				t.Errorf("%s, %+v: %+v", code, tt, g)
			}
		}
	}
}

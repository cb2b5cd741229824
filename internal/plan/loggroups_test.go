package plan_test

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// TestLogGroupPermissions compares policies of an execution role with a log group that the driver
// creates. A policy that allows one of the two forms of the ARN leaves it undecided, and so does a
// policy that could not be read.
func TestLogGroupPermissions(t *testing.T) {
	const arn = "arn:aws:logs:us-east-1:123456789012:log-group:"
	for _, tt := range []struct{ name, action, resource, more, gap, says string }{
		{"everything", "logs:*", "*", "", "", ""},
		{"pattern", "logs:CreateLogGroup", arn + "/new*", "", "", ""},
		{"without :*", "logs:CreateLogGroup", arn + "/new", "", "", "cannot decide"},
		{"with :*", "logs:CreateLogGroup", arn + "/new:*", "", "", "cannot decide"},
		{"other group", "logs:CreateLogGroup", arn + "/old*", "", "", "does not allow it"},
		{"streams only", "logs:CreateLogStream", "*", "", "", "does not allow it"},
		{"denied", "logs:*", "*", `,{"Effect":"Deny","Action":"logs:CreateLogGroup","Resource":"*"}`, "", "does not allow it"},
		{"not all read", "logs:CreateLogStream", "*", "", "iam:GetPolicyVersion", "cannot decide"},
		{"denied, not all read", "logs:*", "*", `,{"Effect":"Deny","Action":"logs:CreateLogGroup","Resource":"*"}`, "iam:GetPolicyVersion", "does not allow it"},
	} {
		w := plantest.New()
		w.Def().ExecutionRole = "arn:aws:iam::" + plantest.Account + ":role/exec"
		w.Inv.Roles = []inventory.Role{{ARN: w.Def().ExecutionRole, Name: "exec", Policies: []inventory.RolePolicy{{Name: "logs",
			Document: `{"Statement":[{"Effect":"Allow","Action":"` + tt.action + `","Resource":"` + tt.resource + `"}` + tt.more + `]}`}}}}
		if tt.gap != "" {
			w.Gap(tt.gap)
		}
		w.Def().Containers[0].LogGroup, w.Def().Containers[0].LogCreates = "/new", true
		switch f := finding(w.Plan(), "E-LOGGROUP"); {
		case tt.says == "" && f != nil:
			t.Errorf("%s: %s", tt.name, f.Message)
		case tt.says != "" && (f == nil || !strings.Contains(f.Message, tt.says)):
			t.Errorf("%s: want %q, got %+v", tt.name, tt.says, f)
		}
	}
}

package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// TestSimulationAgreesWithWhatIsDenied tests that the simulation denies the operations that the sandbox denies, on each
// resource, and that it denies nothing in an outage.
func TestSimulationAgreesWithWhatIsDenied(t *testing.T) {
	a := open(t, named("closed"))
	c := iamOf(a)
	simulate := func(resources ...string) string {
		t.Helper()
		out := must(c.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::123456789012:role/Admin"),
			ActionNames: []string{"ec2:CreateVpcEndpoint", "iam:PassRole", "airflow:UpdateEnvironment"}, ResourceArns: resources,
			ContextEntries: []iamtypes.ContextEntry{{ContextKeyName: aws.String("aws:RequestedRegion"), ContextKeyType: iamtypes.ContextKeyTypeEnumString, ContextKeyValues: []string{"us-east-1"}}}}))(t)
		var all []string
		for _, e := range out.EvaluationResults {
			all = append(all, *e.EvalActionName+" "+*e.EvalResourceName+" "+string(e.EvalDecision))
		}
		return strings.Join(all, "\n")
	}
	deny := func(code string, operations ...string) {
		t.Helper()
		if status, body := own(t, a, "POST", "/_sandbox/deny", fmt.Sprintf(`{"operations":["%s"],"code":%q}`, strings.Join(operations, `","`), code)); status >= 300 {
			t.Fatal(string(body))
		}
	}
	none := "ec2:CreateVpcEndpoint * allowed\niam:PassRole * allowed\nairflow:UpdateEnvironment * allowed"
	if got := simulate(); got != none {
		t.Error(got)
	}
	for _, code := range []string{"", "UnauthorizedOperation", "AccessDenied"} {
		deny(code, "ec2:CreateVpcEndpoint", "airflow:UpdateEnvironment")
		if got := simulate("arn:a", "arn:b"); got != "ec2:CreateVpcEndpoint arn:a implicitDeny\nec2:CreateVpcEndpoint arn:b implicitDeny\n"+
			"iam:PassRole arn:a allowed\niam:PassRole arn:b allowed\nairflow:UpdateEnvironment arn:a implicitDeny\nairflow:UpdateEnvironment arn:b implicitDeny" {
			t.Errorf("%q: %s", code, got)
		}
	}
	deny("Unavailable", "ec2:CreateVpcEndpoint")
	if got := simulate(); got != none {
		t.Error(got)
	}
	deny("", "iam:SimulatePrincipalPolicy")
	_, err := c.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::123456789012:role/Admin"), ActionNames: []string{"ec2:DescribeVpcs"}})
	wantCode(t, err, "AccessDenied")
}

func TestSimulationOfOthersAndPages(t *testing.T) {
	c := iamOf(open(t, named("closed")))
	try := func(arn string, actions ...string) (*iam.SimulatePrincipalPolicyOutput, error) {
		return c.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: &arn, ActionNames: actions})
	}
	_, err := try("arn:aws:iam::123456789012:role/Other", "ec2:DescribeVpcs")
	wantCode(t, err, "NoSuchEntity")
	_, err = try("arn:aws:iam::123456789012:role/Admin", "DescribeVpcs")
	wantCode(t, err, "InvalidInput")
	many := make([]string, 150)
	for i := range many {
		many[i] = fmt.Sprintf("ec2:Action%d", i)
	}
	if out := must(try("arn:aws:iam::123456789012:role/Admin", many...))(t); len(out.EvaluationResults) != 100 || !out.IsTruncated || out.Marker == nil {
		t.Errorf("%d results", len(out.EvaluationResults))
	}
}

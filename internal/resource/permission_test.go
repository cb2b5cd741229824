package resource

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCallsOfSteps compares Calls with what the JSON form of the steps contains.
func TestCallsOfSteps(t *testing.T) {
	for name, a := range rows {
		want := map[string]bool{}
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case []any:
				for _, e := range v {
					walk(e)
				}
			case map[string]any:
				if op, _ := v["Op"].(string); op != "" {
					want[v["Service"].(string)+"."+op] = true
				}
				for _, e := range v {
					walk(e)
				}
			}
		}
		var v any
		if err := json.Unmarshal(marshal(t, a.Steps()), &v); err != nil {
			t.Fatal(err)
		}
		walk(v)
		got := map[string]bool{}
		for _, c := range a.Steps().Calls() {
			got[c.Service+"."+c.Op] = true
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-JSON +Calls): %s", name, d)
		}
	}
}

// TestPermissions tests what calls need besides the action with their name, and that each special case belongs to a call of
// a change.
func TestPermissions(t *testing.T) {
	got := map[string][]string{}
	for _, a := range rows {
		for _, c := range a.Steps().Calls() {
			op := c.Service + "." + c.Op
			for i, p := range c.Permissions() {
				if i == 0 && (p.Action != Action(c.Service, c.Op) || p.Sometimes || p.Key != "") {
					t.Errorf("%s: %+v", op, p)
				}
				if i > 0 && !slices.Contains(got[op], p.Action) {
					got[op] = append(got[op], p.Action)
				}
			}
			slices.Sort(got[op])
		}
	}
	maps.DeleteFunc(got, func(_ string, actions []string) bool { return len(actions) == 0 })
	roles, keys := []string{"iam:PassRole"}, []string{"kms:Decrypt", "kms:GenerateDataKey"}
	tagged := []string{"ec2:CreateTags"}
	want := map[string][]string{
		"ec2.AllocateAddress": tagged, "ec2.CreateInternetGateway": tagged, "ec2.CreateNatGateway": tagged, "ec2.CreateRouteTable": tagged,
		"ec2.CreateSubnet": tagged, "ec2.CreateVpc": tagged, "ec2.CreateFlowLogs": {"ec2:CreateTags", "logs:CreateLogDelivery"},
		"acm.ImportCertificate": {"acm:AddTagsToCertificate"}, "acm.RequestCertificate": {"acm:AddTagsToCertificate"},
		"batch.CreateComputeEnvironment": {"batch:TagResource", "iam:CreateServiceLinkedRole"},
		"batch.CreateJobQueue":           {"batch:TagResource"},
		"batch.SubmitJob":                {"batch:TagResource"},
		"ecs.CreateCluster":              {"ecs:TagResource", "iam:CreateServiceLinkedRole"},
		"ecs.CreateService":              {"ecs:TagResource", "iam:CreateServiceLinkedRole"},
		"batch.RegisterJobDefinition":    {"batch:TagResource", "iam:PassRole"}, "ecs.RegisterTaskDefinition": {"ecs:TagResource", "iam:PassRole"}, "ecs.RunTask": roles,
		"ec2.CreateClientVpnEndpoint": {"ec2:CreateTags", "iam:CreateServiceLinkedRole"}, "ec2.CreateSecurityGroup": tagged,
		"ec2.CreateVpcEndpoint": {"ec2:CreateTags", "route53:AssociateVPCWithHostedZone"}, "ec2.ModifyVpcEndpoint": {"route53:AssociateVPCWithHostedZone"},
		"ec2.RunInstances":     {"ec2:CreateTags", "iam:PassRole", "ssm:GetParameters"},
		"elbv2.CreateListener": {"elasticloadbalancing:AddTags"}, "elbv2.CreateLoadBalancer": {"elasticloadbalancing:AddTags", "iam:CreateServiceLinkedRole"},
		"elbv2.CreateTargetGroup": {"elasticloadbalancing:AddTags", "iam:CreateServiceLinkedRole"},
		"iam.CreateRole":          {"iam:TagRole"}, "iam.CreateInstanceProfile": {"iam:TagInstanceProfile"}, "iam.AddRoleToInstanceProfile": roles,
		"logs.CreateLogGroup":         {"logs:TagResource"},
		"secretsmanager.CreateSecret": {"kms:Decrypt", "kms:GenerateDataKey", "secretsmanager:TagResource"}, "secretsmanager.PutSecretValue": keys, "secretsmanager.GetSecretValue": {"kms:Decrypt"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Only these two depend on the request.
	gateway := Call{Service: "ec2", Op: "CreateVpcEndpoint", In: map[string]any{"PrivateDnsEnabled": false}}
	if p := gateway.Permissions(); len(p) != 1 {
		t.Errorf("%+v", p)
	}
	if p := (Call{Service: "ecs", Op: "RegisterTaskDefinition", In: map[string]any{}}).Permissions(); len(p) != 2 || p[1].Action != "iam:PassRole" {
		t.Errorf("%+v", p)
	}
}

package aws

import "github.com/aws/aws-sdk-go-v2/service/iam"

var iamClient = register("iam", iam.ServiceID, iam.NewFromConfig, traits{xml: true, required: map[string][]string{
	"CreateInstanceProfile": {"InstanceProfile.Arn"},
	"CreateRole":            {"Role.Arn"},
	"GetInstanceProfile":    {"InstanceProfile.Arn"},
	"GetRole":               {"Role.Arn"},
	"GetRolePolicy":         {"PolicyDocument"},

	"SimulatePrincipalPolicy": {"EvaluationResults.EvalDecision"},
}})

var _ = operate("iam", func(reads, writes *iam.Client) operations {
	return operations{
		"AttachRolePolicy":         single(writes.AttachRolePolicy),
		"CreateRole":               single(writes.CreateRole),
		"DeleteRole":               single(writes.DeleteRole),
		"DeleteRolePolicy":         single(writes.DeleteRolePolicy),
		"DetachRolePolicy":         single(writes.DetachRolePolicy),
		"GetRole":                  single(reads.GetRole),
		"GetRolePolicy":            single(reads.GetRolePolicy),
		"ListAttachedRolePolicies": paged(iam.NewListAttachedRolePoliciesPaginator)(reads),
		"PutRolePolicy":            single(writes.PutRolePolicy),
		"SimulatePrincipalPolicy":  paged(iam.NewSimulatePrincipalPolicyPaginator)(reads),

		"AddRoleToInstanceProfile":      single(writes.AddRoleToInstanceProfile),
		"CreateInstanceProfile":         single(writes.CreateInstanceProfile),
		"DeleteInstanceProfile":         single(writes.DeleteInstanceProfile),
		"GetInstanceProfile":            single(reads.GetInstanceProfile),
		"RemoveRoleFromInstanceProfile": single(writes.RemoveRoleFromInstanceProfile),
	}
})

package aws

import "github.com/aws/aws-sdk-go-v2/service/iam"

var iamClient = register("iam", iam.ServiceID, iam.NewFromConfig, traits{xml: true, required: map[string][]string{
	"CreateInstanceProfile": {"InstanceProfile.Arn"},
	"CreateRole":            {"Role.Arn"},
	"GetInstanceProfile":    {"InstanceProfile.Arn"},
	"GetRole":               {"Role.Arn"},
	"GetRolePolicy":         {"PolicyDocument"},
}})

var _ = operate("iam", func(reads, repeats, _ *iam.Client) operations {
	return operations{
		"AttachRolePolicy":         single(repeats.AttachRolePolicy),
		"CreateRole":               single(repeats.CreateRole),
		"DeleteRole":               single(repeats.DeleteRole),
		"DeleteRolePolicy":         single(repeats.DeleteRolePolicy),
		"DetachRolePolicy":         single(repeats.DetachRolePolicy),
		"GetRole":                  single(reads.GetRole),
		"GetRolePolicy":            single(reads.GetRolePolicy),
		"ListAttachedRolePolicies": paged(iam.NewListAttachedRolePoliciesPaginator)(reads),
		"PutRolePolicy":            single(repeats.PutRolePolicy),

		"AddRoleToInstanceProfile":      single(repeats.AddRoleToInstanceProfile),
		"CreateInstanceProfile":         single(repeats.CreateInstanceProfile),
		"DeleteInstanceProfile":         single(repeats.DeleteInstanceProfile),
		"GetInstanceProfile":            single(reads.GetInstanceProfile),
		"RemoveRoleFromInstanceProfile": single(repeats.RemoveRoleFromInstanceProfile),
	}
})

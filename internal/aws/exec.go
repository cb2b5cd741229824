package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

// Call makes one AWS call from data: service and operation such as "ec2" and "CreateVpcEndpoint",
// and the request with AWS's field names. The answer is plain data (map[string]any, []any,
// string, float64, bool) with the field names of the AWS CLI. Lists with several pages are
// complete. If AWS throttles a call that changes something, Call does not wait but returns an
// *Error.
func (c *Client) Call(ctx context.Context, service, op string, in map[string]any) (any, error) {
	name := permission(service, op)
	o, ok := c.operations()[service+"."+op]
	if !ok {
		return nil, &Error{Op: name, Code: CodeRequest, Message: "this program does not support the operation"}
	}
	if err := c.checkRegion(ctx); err != nil {
		return nil, err
	}
	answer, err := o.do(ctx, name, fieldNames[service], in)
	if err != nil {
		err = c.fail(name, err)
		var e *Error
		if errors.As(err, &e) && e.unsure && changes(op) {
			e.hint = "AWS may have applied this change. Run the wizard again: it finds what exists. " + e.hint
		}
		return nil, err
	}
	if service == "iam" {
		readPolicies(answer)
	}
	return answer, nil
}

// changes reports whether an operation changes something.
func changes(op string) bool {
	return !slices.ContainsFunc([]string{"Describe", "Export", "Get", "List"}, func(verb string) bool { return strings.HasPrefix(op, verb) })
}

// NewRequest returns a pointer to an empty request of a supported operation, which shows the
// possible fields. It returns nil for any other operation.
func NewRequest(service, op string) any {
	o, ok := operations(new(clients), new(clients), new(clients))[service+"."+op]
	if !ok {
		return nil
	}
	return o.request()
}

// fieldNames are the spellings of field names by service. Other services have the spelling of the
// SDK's types.
var fieldNames = map[string]shape.Names{"acm": shape.Mixed, "batch": shape.Camel, "ecs": shape.Camel}

// permissions are the names of services in IAM permissions, where they differ from those in the
// AWS CLI.
var permissions = map[string]string{"mwaa": "airflow", "elbv2": "elasticloadbalancing"}

// permission returns the name of an operation in IAM permissions. Errors use it too.
func permission(service, op string) string { return cmp.Or(permissions[service], service) + ":" + op }

// clientTokens are the field names of idempotency tokens. With such a token a service recognizes
// the retry of a call.
var clientTokens = []string{"ClientToken", "ClientRequestToken", "clientToken", "IdempotencyToken"}

func hasToken(request map[string]any) bool {
	return slices.ContainsFunc(clientTokens, func(name string) bool { _, ok := request[name]; return ok })
}

// operation is one operation of a service. Requests and answers are data.
type operation struct {
	request func() any // a pointer to an empty request
	do      func(ctx context.Context, name string, n shape.Names, in map[string]any) (map[string]any, error)
}

// single returns an operation for a method of one of the SDK's clients.
func single[In, Out, O any](call func(context.Context, *In, ...func(*O)) (*Out, error)) operation {
	return operation{
		request: func() any { return new(In) },
		do: func(ctx context.Context, name string, n shape.Names, data map[string]any) (map[string]any, error) {
			in, err := request[In](name, n, data)
			if err != nil {
				return nil, err
			}
			out, err := call(ctx, in)
			if err != nil {
				return nil, err
			}
			if err := unsuccessful(name, out); err != nil {
				return nil, err
			}
			return n.Plain(out), nil
		},
	}
}

// paged returns an operation for one of the SDK's paginators. The result takes the client, so
// that the compiler checks that both belong together.
func paged[API, In, Out, PO, O any, P pager[Out, O]](paginator func(API, *In, ...func(*PO)) P) func(API) operation {
	return func(client API) operation {
		return operation{
			request: func() any { return new(In) },
			do: func(ctx context.Context, name string, n shape.Names, data map[string]any) (map[string]any, error) {
				in, err := request[In](name, n, data)
				if err != nil {
					return nil, err
				}
				var all map[string]any
				err = follow(ctx, paginator(client, in), func(out *Out) { all = join(all, n.Plain(out)) })
				return all, err
			},
		}
	}
}

// tokened returns an operation that is retried only if the request contains the caller's token.
// Without it the SDK would create a new token for each call.
func tokened[In, Out, O any](repeats, once func(context.Context, *In, ...func(*O)) (*Out, error)) operation {
	o := single(once)
	withToken := single(repeats).do
	without := o.do
	o.do = func(ctx context.Context, name string, n shape.Names, in map[string]any) (map[string]any, error) {
		if hasToken(in) {
			return withToken(ctx, name, n, in)
		}
		return without(ctx, name, n, in)
	}
	return o
}

// members are the union members that requests can contain. A described task definition is
// registered again with them.
var members = []any{&ecstypes.SharingStrategyMemberNvidiaMps{}}

func request[In any](name string, n shape.Names, data map[string]any) (*In, error) {
	in := new(In)
	if err := n.Fill(in, data, members...); err != nil {
		return nil, &Error{Op: name, Code: CodeRequest, Message: err.Error(), Err: err}
	}
	return in, nil
}

// operations returns all operations of Call. The clients differ in their retries: reads waits
// when AWS throttles; repeats is for calls that have the same result if they are repeated, or
// that AWS rejects then; once is for calls that may create a second resource.
func operations(reads, repeats, once *clients) map[string]operation {
	return map[string]operation{
		"ec2.DescribeNetworkAcls":           paged(ec2.NewDescribeNetworkAclsPaginator)(reads.ec2),
		"ec2.DescribeRouteTables":           paged(ec2.NewDescribeRouteTablesPaginator)(reads.ec2),
		"ec2.DescribeSecurityGroupRules":    paged(ec2.NewDescribeSecurityGroupRulesPaginator)(reads.ec2),
		"ec2.DescribeSecurityGroups":        paged(ec2.NewDescribeSecurityGroupsPaginator)(reads.ec2),
		"ec2.DescribeVpcAttribute":          single(reads.ec2.DescribeVpcAttribute),
		"ec2.DescribeVpcEndpoints":          paged(ec2.NewDescribeVpcEndpointsPaginator)(reads.ec2),
		"ec2.ModifyVpcAttribute":            single(repeats.ec2.ModifyVpcAttribute),
		"ec2.CreateSecurityGroup":           single(once.ec2.CreateSecurityGroup),
		"ec2.DeleteSecurityGroup":           single(repeats.ec2.DeleteSecurityGroup),
		"ec2.AuthorizeSecurityGroupIngress": single(repeats.ec2.AuthorizeSecurityGroupIngress),
		"ec2.AuthorizeSecurityGroupEgress":  single(repeats.ec2.AuthorizeSecurityGroupEgress),
		"ec2.RevokeSecurityGroupIngress":    single(repeats.ec2.RevokeSecurityGroupIngress),
		"ec2.RevokeSecurityGroupEgress":     single(repeats.ec2.RevokeSecurityGroupEgress),
		"ec2.CreateVpcEndpoint":             tokened(repeats.ec2.CreateVpcEndpoint, once.ec2.CreateVpcEndpoint),
		"ec2.ModifyVpcEndpoint":             single(repeats.ec2.ModifyVpcEndpoint),
		"ec2.DeleteVpcEndpoints":            single(repeats.ec2.DeleteVpcEndpoints),
		"ec2.RebootInstances":               single(repeats.ec2.RebootInstances),
		"ec2.DescribeInstances":             paged(ec2.NewDescribeInstancesPaginator)(reads.ec2),
		"ec2.RunInstances":                  tokened(repeats.ec2.RunInstances, once.ec2.RunInstances),
		"ec2.TerminateInstances":            single(repeats.ec2.TerminateInstances),

		"ec2.AssociateClientVpnTargetNetwork":     tokened(repeats.ec2.AssociateClientVpnTargetNetwork, once.ec2.AssociateClientVpnTargetNetwork),
		"ec2.AuthorizeClientVpnIngress":           single(repeats.ec2.AuthorizeClientVpnIngress), // AWS rejects a second rule for the same block
		"ec2.CreateClientVpnEndpoint":             tokened(repeats.ec2.CreateClientVpnEndpoint, once.ec2.CreateClientVpnEndpoint),
		"ec2.DeleteClientVpnEndpoint":             single(repeats.ec2.DeleteClientVpnEndpoint),
		"ec2.DescribeClientVpnAuthorizationRules": paged(ec2.NewDescribeClientVpnAuthorizationRulesPaginator)(reads.ec2),
		"ec2.DescribeClientVpnEndpoints":          paged(ec2.NewDescribeClientVpnEndpointsPaginator)(reads.ec2),
		"ec2.DescribeClientVpnTargetNetworks":     paged(ec2.NewDescribeClientVpnTargetNetworksPaginator)(reads.ec2),
		"ec2.DisassociateClientVpnTargetNetwork":  single(repeats.ec2.DisassociateClientVpnTargetNetwork),
		"ec2.ExportClientVpnClientConfiguration":  single(reads.ec2.ExportClientVpnClientConfiguration),
		"ec2.RevokeClientVpnIngress":              single(repeats.ec2.RevokeClientVpnIngress),

		"batch.DeregisterJobDefinition": single(repeats.batch.DeregisterJobDefinition),
		"batch.DescribeJobDefinitions":  paged(batch.NewDescribeJobDefinitionsPaginator)(reads.batch),
		"batch.RegisterJobDefinition":   single(once.batch.RegisterJobDefinition),

		"ecs.DescribeContainerInstances":    single(reads.ecs.DescribeContainerInstances),
		"ecs.DescribeServices":              single(reads.ecs.DescribeServices),
		"ecs.DescribeTaskDefinition":        single(reads.ecs.DescribeTaskDefinition),
		"ecs.DescribeTasks":                 single(reads.ecs.DescribeTasks),
		"ecs.RunTask":                       single(repeats.ecs.RunTask), // the SDK adds a token
		"ecs.DeregisterTaskDefinition":      single(repeats.ecs.DeregisterTaskDefinition),
		"ecs.RegisterTaskDefinition":        single(once.ecs.RegisterTaskDefinition),
		"ecs.StopTask":                      single(repeats.ecs.StopTask),
		"ecs.UpdateService":                 single(repeats.ecs.UpdateService),
		"ecs.TagResource":                   single(repeats.ecs.TagResource),
		"ecs.UpdateContainerAgent":          single(repeats.ecs.UpdateContainerAgent),
		"ecs.UpdateContainerInstancesState": single(repeats.ecs.UpdateContainerInstancesState),

		"ssm.DescribeInstanceInformation": paged(ssm.NewDescribeInstanceInformationPaginator)(reads.ssm),
		"ssm.GetCommandInvocation":        single(reads.ssm.GetCommandInvocation),
		"ssm.ListCommandInvocations":      paged(ssm.NewListCommandInvocationsPaginator)(reads.ssm),
		"ssm.SendCommand":                 single(once.ssm.SendCommand),

		"secretsmanager.CreateSecret":             tokened(repeats.secretsmanager.CreateSecret, once.secretsmanager.CreateSecret),
		"secretsmanager.DeleteSecret":             single(repeats.secretsmanager.DeleteSecret),
		"secretsmanager.DescribeSecret":           single(reads.secretsmanager.DescribeSecret),
		"secretsmanager.GetSecretValue":           single(reads.secretsmanager.GetSecretValue),
		"secretsmanager.PutSecretValue":           tokened(repeats.secretsmanager.PutSecretValue, once.secretsmanager.PutSecretValue),
		"secretsmanager.RestoreSecret":            single(repeats.secretsmanager.RestoreSecret),
		"secretsmanager.UpdateSecretVersionStage": single(repeats.secretsmanager.UpdateSecretVersionStage),

		"iam.AttachRolePolicy":         single(repeats.iam.AttachRolePolicy),
		"iam.CreateRole":               single(repeats.iam.CreateRole),
		"iam.DeleteRole":               single(repeats.iam.DeleteRole),
		"iam.DeleteRolePolicy":         single(repeats.iam.DeleteRolePolicy),
		"iam.DetachRolePolicy":         single(repeats.iam.DetachRolePolicy),
		"iam.GetRole":                  single(reads.iam.GetRole),
		"iam.GetRolePolicy":            single(reads.iam.GetRolePolicy),
		"iam.ListAttachedRolePolicies": paged(iam.NewListAttachedRolePoliciesPaginator)(reads.iam),
		"iam.PutRolePolicy":            single(repeats.iam.PutRolePolicy),

		"iam.AddRoleToInstanceProfile":      single(repeats.iam.AddRoleToInstanceProfile),
		"iam.CreateInstanceProfile":         single(repeats.iam.CreateInstanceProfile),
		"iam.DeleteInstanceProfile":         single(repeats.iam.DeleteInstanceProfile),
		"iam.GetInstanceProfile":            single(reads.iam.GetInstanceProfile),
		"iam.RemoveRoleFromInstanceProfile": single(repeats.iam.RemoveRoleFromInstanceProfile),

		"mwaa.GetEnvironment":    single(reads.mwaa.GetEnvironment),
		"mwaa.UpdateEnvironment": single(repeats.mwaa.UpdateEnvironment),

		"elbv2.CreateListener":        single(repeats.elbv2.CreateListener), // AWS rejects a second listener on the port
		"elbv2.CreateLoadBalancer":    single(repeats.elbv2.CreateLoadBalancer),
		"elbv2.CreateTargetGroup":     single(repeats.elbv2.CreateTargetGroup),
		"elbv2.DeleteListener":        single(repeats.elbv2.DeleteListener),
		"elbv2.DeleteLoadBalancer":    single(repeats.elbv2.DeleteLoadBalancer),
		"elbv2.DeleteTargetGroup":     single(repeats.elbv2.DeleteTargetGroup),
		"elbv2.DeregisterTargets":     single(repeats.elbv2.DeregisterTargets),
		"elbv2.DescribeListeners":     paged(elasticloadbalancingv2.NewDescribeListenersPaginator)(reads.elbv2),
		"elbv2.DescribeLoadBalancers": paged(elasticloadbalancingv2.NewDescribeLoadBalancersPaginator)(reads.elbv2),
		"elbv2.DescribeTargetGroups":  paged(elasticloadbalancingv2.NewDescribeTargetGroupsPaginator)(reads.elbv2),
		"elbv2.DescribeTargetHealth":  single(reads.elbv2.DescribeTargetHealth),
		"elbv2.RegisterTargets":       single(repeats.elbv2.RegisterTargets),

		"acm.DeleteCertificate":   single(repeats.acm.DeleteCertificate),
		"acm.DescribeCertificate": single(reads.acm.DescribeCertificate),
		"acm.ImportCertificate":   single(once.acm.ImportCertificate),
		"acm.ListCertificates":    paged(acm.NewListCertificatesPaginator)(reads.acm),
		"acm.RequestCertificate":  tokened(repeats.acm.RequestCertificate, once.acm.RequestCertificate),

		"route53.ChangeResourceRecordSets": single(repeats.route53.ChangeResourceRecordSets), // AWS rejects a second record with the name
		"route53.ListResourceRecordSets":   single(reads.route53.ListResourceRecordSets),     // the requested record is on the first page
	}
}

// readPolicies decodes the policies in an answer to structures, as the AWS CLI does. IAM sends
// them as URL-encoded text.
func readPolicies(v any) {
	m, _ := v.(map[string]any)
	for k, item := range m {
		text, isText := item.(string)
		if !isText || k != "PolicyDocument" && k != "AssumeRolePolicyDocument" && k != "Document" {
			readPolicies(item)
			continue
		}
		var policy any
		if json.Unmarshal([]byte(document(&text)), &policy) == nil {
			m[k] = policy
		}
	}
}

// unsuccessful returns an error for failures that AWS reports inside a successful answer to a
// change.
func unsuccessful(op string, out any) error {
	e := &Error{Op: op, HTTPStatus: 200}
	var words []string
	failures := func(fs []ecstypes.Failure, what string) {
		for _, f := range fs {
			e.Code = cmp.Or(e.Code, sdk.ToString(f.Reason), "Failure")
			words = append(words, sdk.ToString(f.Arn)+": "+cmp.Or(brief(sdk.ToString(f.Detail)), what))
		}
	}
	switch o := out.(type) {
	case *ec2.DeleteVpcEndpointsOutput:
		for _, u := range o.Unsuccessful {
			why := cmp.Or(u.Error, &types.UnsuccessfulItemError{Code: sdk.String("Unsuccessful")})
			e.Code = cmp.Or(e.Code, sdk.ToString(why.Code))
			words = append(words, sdk.ToString(u.ResourceId)+": "+cmp.Or(brief(sdk.ToString(why.Message)), "not deleted"))
		}
	case *ecs.UpdateContainerInstancesStateOutput:
		failures(o.Failures, "not changed")
	case *ecs.RunTaskOutput:
		failures(o.Failures, "no task was started")
	}
	if len(words) == 0 {
		return nil
	}
	e.Message = strings.Join(words, "; ")
	return e
}

// join appends the lists of a further page to those of the pages before.
func join(all, page map[string]any) map[string]any {
	if all == nil {
		return page
	}
	for k, v := range page {
		before, isList := all[k].([]any)
		more, _ := v.([]any)
		if isList {
			all[k] = append(before, more...)
		} else {
			all[k] = v
		}
	}
	return all
}

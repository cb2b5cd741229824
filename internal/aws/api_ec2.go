package aws

import "github.com/aws/aws-sdk-go-v2/service/ec2"

var ec2Client = register("ec2", ec2.ServiceID, ec2.NewFromConfig, traits{xml: true, required: map[string][]string{
	"AssociateClientVpnTargetNetwork":    {"AssociationId"},
	"CreateClientVpnEndpoint":            {"ClientVpnEndpointId"},
	"CreateSecurityGroup":                {"GroupId"},
	"CreateVpcEndpoint":                  {"VpcEndpoint.VpcEndpointId"},
	"RunInstances":                       {"Instances.InstanceId"},
	"DescribeVpcAttribute":               {"EnableDnsSupport|EnableDnsHostnames|EnableNetworkAddressUsageMetrics"},
	"ExportClientVpnClientConfiguration": {"ClientConfiguration"},
}})

var _ = operate("ec2", func(reads, repeats, once *ec2.Client) operations {
	return operations{
		"DescribeNetworkAcls":           paged(ec2.NewDescribeNetworkAclsPaginator)(reads),
		"DescribeRouteTables":           paged(ec2.NewDescribeRouteTablesPaginator)(reads),
		"DescribeSecurityGroupRules":    paged(ec2.NewDescribeSecurityGroupRulesPaginator)(reads),
		"DescribeSecurityGroups":        paged(ec2.NewDescribeSecurityGroupsPaginator)(reads),
		"DescribeVpcAttribute":          single(reads.DescribeVpcAttribute),
		"DescribeVpcEndpoints":          paged(ec2.NewDescribeVpcEndpointsPaginator)(reads),
		"ModifyVpcAttribute":            single(repeats.ModifyVpcAttribute),
		"CreateSecurityGroup":           single(once.CreateSecurityGroup),
		"DeleteSecurityGroup":           single(repeats.DeleteSecurityGroup),
		"AuthorizeSecurityGroupIngress": single(repeats.AuthorizeSecurityGroupIngress),
		"AuthorizeSecurityGroupEgress":  single(repeats.AuthorizeSecurityGroupEgress),
		"RevokeSecurityGroupIngress":    single(repeats.RevokeSecurityGroupIngress),
		"RevokeSecurityGroupEgress":     single(repeats.RevokeSecurityGroupEgress),
		"CreateVpcEndpoint":             tokened(repeats.CreateVpcEndpoint, once.CreateVpcEndpoint),
		"ModifyVpcEndpoint":             single(repeats.ModifyVpcEndpoint),
		"DeleteVpcEndpoints":            single(repeats.DeleteVpcEndpoints),
		"RebootInstances":               single(repeats.RebootInstances),
		"DescribeInstances":             paged(ec2.NewDescribeInstancesPaginator)(reads),
		"RunInstances":                  tokened(repeats.RunInstances, once.RunInstances),
		"TerminateInstances":            single(repeats.TerminateInstances),

		"AssociateClientVpnTargetNetwork":     tokened(repeats.AssociateClientVpnTargetNetwork, once.AssociateClientVpnTargetNetwork),
		"AuthorizeClientVpnIngress":           single(repeats.AuthorizeClientVpnIngress), // AWS rejects a second rule for the same block
		"CreateClientVpnEndpoint":             tokened(repeats.CreateClientVpnEndpoint, once.CreateClientVpnEndpoint),
		"DeleteClientVpnEndpoint":             single(repeats.DeleteClientVpnEndpoint),
		"DescribeClientVpnAuthorizationRules": paged(ec2.NewDescribeClientVpnAuthorizationRulesPaginator)(reads),
		"DescribeClientVpnEndpoints":          paged(ec2.NewDescribeClientVpnEndpointsPaginator)(reads),
		"DescribeClientVpnTargetNetworks":     paged(ec2.NewDescribeClientVpnTargetNetworksPaginator)(reads),
		"DisassociateClientVpnTargetNetwork":  single(repeats.DisassociateClientVpnTargetNetwork),
		"ExportClientVpnClientConfiguration":  single(reads.ExportClientVpnClientConfiguration),
		"RevokeClientVpnIngress":              single(repeats.RevokeClientVpnIngress),
	}
})

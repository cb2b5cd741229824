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

var _ = operate("ec2", func(reads, writes *ec2.Client) operations {
	return operations{
		"DescribeNetworkAcls":           paged(ec2.NewDescribeNetworkAclsPaginator)(reads),
		"DescribeNetworkInterfaces":     paged(ec2.NewDescribeNetworkInterfacesPaginator)(reads),
		"DescribeRouteTables":           paged(ec2.NewDescribeRouteTablesPaginator)(reads),
		"DescribeSecurityGroupRules":    paged(ec2.NewDescribeSecurityGroupRulesPaginator)(reads),
		"DescribeSecurityGroups":        paged(ec2.NewDescribeSecurityGroupsPaginator)(reads),
		"DescribeVpcAttribute":          single(reads.DescribeVpcAttribute),
		"DescribeVpcEndpoints":          paged(ec2.NewDescribeVpcEndpointsPaginator)(reads),
		"ModifyVpcAttribute":            single(writes.ModifyVpcAttribute),
		"CreateSecurityGroup":           single(writes.CreateSecurityGroup),
		"DeleteSecurityGroup":           single(writes.DeleteSecurityGroup),
		"AuthorizeSecurityGroupIngress": single(writes.AuthorizeSecurityGroupIngress),
		"AuthorizeSecurityGroupEgress":  single(writes.AuthorizeSecurityGroupEgress),
		"RevokeSecurityGroupIngress":    single(writes.RevokeSecurityGroupIngress),
		"RevokeSecurityGroupEgress":     single(writes.RevokeSecurityGroupEgress),
		"CreateVpcEndpoint":             single(writes.CreateVpcEndpoint),
		"ModifyVpcEndpoint":             single(writes.ModifyVpcEndpoint),
		"DeleteVpcEndpoints":            single(writes.DeleteVpcEndpoints),
		"RebootInstances":               single(writes.RebootInstances),
		"DescribeInstances":             paged(ec2.NewDescribeInstancesPaginator)(reads),
		"RunInstances":                  single(writes.RunInstances),
		"TerminateInstances":            single(writes.TerminateInstances),

		"AssociateClientVpnTargetNetwork":     single(writes.AssociateClientVpnTargetNetwork),
		"AuthorizeClientVpnIngress":           single(writes.AuthorizeClientVpnIngress),
		"CreateClientVpnEndpoint":             single(writes.CreateClientVpnEndpoint),
		"DeleteClientVpnEndpoint":             single(writes.DeleteClientVpnEndpoint),
		"DescribeClientVpnAuthorizationRules": paged(ec2.NewDescribeClientVpnAuthorizationRulesPaginator)(reads),
		"DescribeClientVpnEndpoints":          paged(ec2.NewDescribeClientVpnEndpointsPaginator)(reads),
		"DescribeClientVpnTargetNetworks":     paged(ec2.NewDescribeClientVpnTargetNetworksPaginator)(reads),
		"DisassociateClientVpnTargetNetwork":  single(writes.DisassociateClientVpnTargetNetwork),
		"ExportClientVpnClientConfiguration":  single(reads.ExportClientVpnClientConfiguration),
		"RevokeClientVpnIngress":              single(writes.RevokeClientVpnIngress),
	}
})

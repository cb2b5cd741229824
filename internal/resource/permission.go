package resource

import (
	"cmp"
	"slices"
	"strings"
)

// Permission is one IAM action that a call needs.
type Permission struct {
	Action string // "ec2:CreateVpcEndpoint"
	// Sometimes marks an action that AWS checks only in some accounts, or with no page that says when.
	Sometimes bool
	// Key and Values are a condition that the request meets. Without a key there is none.
	Key    string
	Values []string
	// Resource is the last part of the ARN of an IAM resource, such as "role/*"; empty is every resource.
	Resource string
}

// prefixes are the prefixes of IAM actions that differ from the name of the service in the AWS CLI. Sources:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedworkflowsforapacheairflow.html,
// https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/tagging-resources-during-creation.html
var prefixes = map[string]string{"mwaa": "airflow", "elbv2": "elasticloadbalancing"}

// Action returns the IAM action of an operation, such as "airflow:GetEnvironment". The service has its name in the AWS CLI.
func Action(service, op string) string { return cmp.Or(prefixes[service], service) + ":" + op }

// Reads reports whether an operation changes nothing.
func Reads(op string) bool {
	return slices.ContainsFunc([]string{"Describe", "Export", "Get", "List", "Simulate"}, func(verb string) bool { return strings.HasPrefix(op, verb) })
}

// tagging are the actions that create resources with tags, by the operation. Sources:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html,
// https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/tagging-resources-during-creation.html,
// https://docs.amazonaws.cn/service-authorization/latest/reference/list_batch.html,
// https://docs.amazonaws.cn/service-authorization/latest/reference/list_acm.html,
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html,
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html,
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html,
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagInstanceProfile.html.
// CloudWatch Logs accepts another action too. The pages of the last two services do not say whether creating a resource
// checks the action.
var tagging = map[string]Permission{
	"ecs.CreateCluster":           {Action: "ecs:TagResource"},
	"ecs.CreateService":           {Action: "ecs:TagResource"},
	"ecs.RegisterTaskDefinition":  {Action: "ecs:TagResource"},
	"ecs.RunTask":                 {Action: "ecs:TagResource"},
	"elbv2.CreateListener":        {Action: "elasticloadbalancing:AddTags"},
	"elbv2.CreateLoadBalancer":    {Action: "elasticloadbalancing:AddTags"},
	"elbv2.CreateTargetGroup":     {Action: "elasticloadbalancing:AddTags"},
	"batch.RegisterJobDefinition": {Action: "batch:TagResource"},
	"batch.SubmitJob":             {Action: "batch:TagResource"},

	"batch.CreateComputeEnvironment": {Action: "batch:TagResource"},
	"batch.CreateJobQueue":           {Action: "batch:TagResource"},

	"acm.ImportCertificate":       {Action: "acm:AddTagsToCertificate"},
	"acm.RequestCertificate":      {Action: "acm:AddTagsToCertificate"},
	"logs.CreateLogGroup":         {Action: "logs:TagResource", Sometimes: true},
	"secretsmanager.CreateSecret": {Action: "secretsmanager:TagResource", Sometimes: true},
	"iam.CreateRole":              {Action: "iam:TagRole", Sometimes: true},
	"iam.CreateInstanceProfile":   {Action: "iam:TagInstanceProfile", Sometimes: true},
}

// further are the other actions that operations need, with the field of the request that requires them. Sources:
//   - roles: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html,
//     https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/permission-to-pass-iam-roles.html,
//     https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
//   - keys: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
//   - service-linked roles: https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html,
//     https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/using-service-linked-roles-cvpn-slr.html,
//     https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html,
//     https://docs.aws.amazon.com/batch/latest/userguide/using-service-linked-roles.html
//   - flow logs: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
//   - private DNS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html, dependent actions
//
// No page says which permission the AMI of a Systems Manager parameter needs.
var further = map[string][]struct {
	field string
	Permission
}{
	"ec2.CreateVpcEndpoint":        {{"PrivateDnsEnabled", Permission{Action: "route53:AssociateVPCWithHostedZone", Sometimes: true}}},
	"ec2.CreateFlowLogs":           {{"", Permission{Action: "logs:CreateLogDelivery"}}},
	"ec2.ModifyVpcEndpoint":        {{"PrivateDnsEnabled", Permission{Action: "route53:AssociateVPCWithHostedZone", Sometimes: true}}},
	"ec2.RunInstances":             {{"IamInstanceProfile", passRole("ec2.amazonaws.com")}, {"ImageId", Permission{Action: "ssm:GetParameters", Sometimes: true}}},
	"iam.AddRoleToInstanceProfile": {{"RoleName", passRole("ec2.amazonaws.com")}},
	"ecs.RegisterTaskDefinition":   {{"", passRole("ecs-tasks.amazonaws.com")}},
	"batch.RegisterJobDefinition":  {{"", passRole("ecs-tasks.amazonaws.com")}},
	"ecs.RunTask":                  {{"", passRole("ecs-tasks.amazonaws.com")}},
	"ecs.CreateCluster":            {{"", linkedRole("ecs.amazonaws.com")}},
	"ecs.CreateService":            {{"", linkedRole("ecs.amazonaws.com")}},
	"elbv2.CreateLoadBalancer":     {{"", linkedRole("elasticloadbalancing.amazonaws.com")}},
	"elbv2.CreateTargetGroup":      {{"", linkedRole("elasticloadbalancing.amazonaws.com")}},
	"ec2.CreateClientVpnEndpoint":  {{"", linkedRole("clientvpn.amazonaws.com")}},

	"batch.CreateComputeEnvironment": {{"", linkedRole("batch.amazonaws.com")}},

	"secretsmanager.CreateSecret":   {{"KmsKeyId", ofKey("kms:GenerateDataKey")}, {"KmsKeyId", ofKey("kms:Decrypt")}},
	"secretsmanager.PutSecretValue": {{"", ofKey("kms:GenerateDataKey")}, {"", ofKey("kms:Decrypt")}},
	"secretsmanager.GetSecretValue": {{"", ofKey("kms:Decrypt")}},
}

func passRole(to string) Permission {
	return Permission{Action: "iam:PassRole", Sometimes: true, Key: "iam:PassedToService", Values: []string{to}, Resource: "role/*"}
}

func linkedRole(service string) Permission {
	return Permission{Action: "iam:CreateServiceLinkedRole", Sometimes: true, Key: "iam:AWSServiceName", Values: []string{service}}
}

// ofKey returns an action on the key of a secret. AWS checks it only for a customer managed key.
func ofKey(action string) Permission {
	return Permission{Action: action, Sometimes: true, Key: "kms:ViaService", Values: []string{"secretsmanager.*.amazonaws.com*"}}
}

// Permissions returns what the call needs: first the action of its operation.
func (c Call) Permissions() []Permission {
	out := []Permission{{Action: Action(c.Service, c.Op)}}
	op := c.Service + "." + c.Op
	// A request with a base may copy tags.
	if p, ok := tagging[op]; ok && (c.Base != nil || c.In["Tags"] != nil || c.In["tags"] != nil) {
		out = append(out, p)
	}
	if c.In["TagSpecifications"] != nil { // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
		out = append(out, Permission{Action: "ec2:CreateTags"})
	}
	for _, f := range further[op] {
		if v, ok := c.In[f.field]; f.field == "" || ok && v != false {
			out = append(out, f.Permission)
		}
	}
	return out
}

// Writes returns the calls that apply the change, each with what it creates or modifies.
func (s Steps) Writes() []Call {
	out := slices.Clone(s.Do)
	for _, p := range s.Parts {
		out = append(out, p.Writes()...)
	}
	return out
}

// Calls returns every call that the steps can make: those that look for something, those that apply the change, those that
// wait, and those that revert it.
func (s Steps) Calls() []Call {
	var out []Call
	add := func(calls ...*Call) {
		for _, c := range calls {
			if c != nil {
				out = append(out, *c)
			}
		}
	}
	add(s.Find, s.First, s.Tell, s.Now, s.Complete)
	if s.Same != nil {
		add(&s.Same.Call)
	}
	for _, until := range []*Until{s.Until, s.Deleted} {
		if until != nil {
			add(&until.Call)
		}
	}
	if s.Affects != nil {
		add(&s.Affects.Names, &s.Affects.Clients)
	}
	if s.Save != nil {
		add(&s.Save.Call, &s.Save.Serial)
	}
	for _, c := range slices.Concat(s.Do, s.Undo) {
		add(&c, c.Sent, c.Seen, c.Base)
	}
	for _, p := range s.Parts {
		if p.Of != nil {
			add(p.Of.Exists)
		}
		out = append(out, p.Calls()...)
	}
	return slices.DeleteFunc(out, func(c Call) bool { return c.Op == "" })
}

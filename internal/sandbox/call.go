package sandbox

import (
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
)

type protocol int

const (
	ec2Query protocol = iota
	stsQuery          // AWS Query as all services except EC2 use it
	awsJSON
	restXML
	restJSON
)

// call is a parsed AWS request.
type call struct {
	protocol  protocol
	service   string
	operation string
	region    string // "" = the request is not signed
	body      []byte
	values    url.Values
	name      string // the resource name in the path, for services that put it there
}

var credentialScope = regexp.MustCompile(`Credential=[^/,]+/\d{8}/([^/]+)/([^/]+)/aws4_request`)

// readCall determines the operation, the service and the Region of a request.
func readCall(req *http.Request, body []byte) *call {
	c := &call{body: body, values: req.URL.Query()}
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err == nil {
			for k, v := range form {
				c.values[k] = v
			}
		}
	}
	scope := req.Header.Get("Authorization")
	if presigned := c.values.Get("X-Amz-Credential"); scope == "" && presigned != "" {
		scope = "Credential=" + presigned
	}
	if m := credentialScope.FindStringSubmatch(scope); m != nil {
		c.region, c.service = m[1], m[2]
	}
	c.operation = c.values.Get("Action")
	target := req.Header.Get("X-Amz-Target")
	switch {
	case target != "":
		c.protocol = awsJSON
		c.operation = target[strings.LastIndex(target, ".")+1:]
	case c.service == "ec2" || c.service == "" && c.values.Get("Version") == "2016-11-15":
		c.protocol = ec2Query
	default:
		c.protocol = stsQuery
	}
	if c.service == "route53" {
		c.protocol = restXML
		c.operation, c.name = route53Call(req.Method, req.URL.Path)
	}
	if c.service == "batch" {
		c.protocol = restJSON
		if req.Method == http.MethodPost {
			c.operation = batchPaths[req.URL.Path]
		}
	}
	if c.service == "airflow" {
		c.protocol = restJSON
		c.operation, c.name = mwaaCall(req.Method, req.URL.Path)
	}
	if c.service == "route53profiles" {
		c.protocol = restJSON
		c.operation, c.name = profileCall(req.Method, req.URL.Path)
	}
	if c.operation == "" { // another REST service or path; its clients must understand the error
		c.operation = req.Method + " " + req.URL.Path
		if c.service != "route53" {
			c.protocol = restJSON
		}
	}
	return c
}

// batchPaths maps URL paths to the operations of AWS Batch.
var batchPaths = map[string]string{
	"/v1/describecomputeenvironments": "DescribeComputeEnvironments",
	"/v1/describejobqueues":           "DescribeJobQueues",
	"/v1/describejobdefinitions":      "DescribeJobDefinitions",
	"/v1/registerjobdefinition":       "RegisterJobDefinition",
	"/v1/deregisterjobdefinition":     "DeregisterJobDefinition",
}

// json reports whether the answer of the call is JSON.
func (c *call) json() bool { return c.protocol == awsJSON || c.protocol == restJSON }

func (c *call) unsigned() *apiError {
	code := "MissingAuthenticationToken"
	if c.json() {
		code = "MissingAuthenticationTokenException"
	}
	return fail(code, "Request is missing Authentication Token")
}

// noSuchRegion returns the error for a Region that AWS does not have. A real client would not
// find a host. The message is that of a Region that receives a scope of another one.
func (c *call) noSuchRegion() *apiError {
	code := map[protocol]string{ec2Query: "AuthFailure", stsQuery: "SignatureDoesNotMatch", awsJSON: "InvalidSignatureException", restJSON: "InvalidSignatureException",
		restXML: "SignatureDoesNotMatch"}[c.protocol]
	return fail(code, "Credential should be scoped to a valid region, not '%s'.", c.region)
}

// denied returns the error of an operation that /_sandbox/deny disabled: a missing permission,
// unless another code was set.
func (c *call) denied(r *region, code string) *apiError {
	action := c.service + ":" + c.operation
	refusal := "User: " + callerARN(r) + " is not authorized to perform: " + action + " because no identity-based policy allows the " + action + " action"
	switch c.protocol {
	case ec2Query:
		if code == "" || code == "UnauthorizedOperation" {
			return fail("UnauthorizedOperation", "You are not authorized to perform this operation. %s", refusal)
		}
	case stsQuery, restXML:
		if code == "" || code == "AccessDenied" {
			return fail("AccessDenied", "%s", refusal)
		}
	case awsJSON, restJSON:
		if code == "" || code == "AccessDeniedException" {
			return fail("AccessDeniedException", "%s", refusal)
		}
	}
	return fail(code, "The sandbox is set to return this error for %s.", action)
}

// reply is an HTTP response.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r *reply) writeTo(w http.ResponseWriter) {
	for k, v := range r.header {
		w.Header()[k] = v
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // if the client has disconnected, there is nobody to report an error to
}

// reply encodes the answer in the protocol of the call.
func (c *call) reply(requestID string, out any, err *apiError) *reply {
	r := &reply{status: http.StatusOK, header: http.Header{"X-Amzn-Requestid": {requestID}, "Content-Type": {"text/xml;charset=UTF-8"}}}
	if err != nil {
		r.status = err.status(c.protocol)
	}
	switch {
	case c.json() && err != nil:
		r.header.Set("X-Amzn-Errortype", err.Code)
		r.body = encodeJSONError(err)
	case c.json():
		r.body = encodeJSON(out)
	case c.protocol == ec2Query && err != nil:
		r.body = encodeEC2Error(err, requestID)
	case c.protocol == ec2Query:
		r.body = encodeEC2(c.operation, requestID, out)
	case err != nil:
		r.body = encodeQueryError(c.service, err, requestID)
	case c.protocol == restXML:
		r.body = encodeREST(out)
	default:
		r.body = encodeQuery(c.service, c.operation, requestID, out)
	}
	switch c.protocol {
	case awsJSON:
		r.header.Set("Content-Type", "application/x-amz-json-1.1")
	case restJSON:
		r.header.Set("Content-Type", "application/json")
	}
	return r
}

type operation func(*region, *call) (any, *apiError)

// queryOp returns an operation of the Query protocols. DryRun ends it after the request has been
// parsed: like AWS, it checks permissions only, not whether the operation would succeed.
func queryOp[In, Out any](f func(*region, In) (Out, *apiError)) operation {
	return func(r *region, c *call) (any, *apiError) {
		var in In
		if err := c.readQuery(&in); err != nil {
			return nil, err
		}
		return f(r, in)
	}
}

// readQuery is separate from queryOp because queryOp is compiled again for every operation.
func (c *call) readQuery(in any) *apiError {
	if err := decodeQuery(c.values, in); err != nil {
		return err
	}
	if dry := reflect.ValueOf(in).Elem().FieldByName("DryRun"); dry.IsValid() && dry.Bool() {
		return fail("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	}
	return nil
}

// jsonOp returns an operation of the JSON protocol.
func jsonOp[In, Out any](f func(*region, In) (Out, *apiError)) operation {
	return func(r *region, c *call) (any, *apiError) {
		var in In
		if err := decodeJSON(c.body, &in); err != nil {
			return nil, err
		}
		return f(r, in)
	}
}

// operations are all operations of the sandbox, by the service's name in the credential scope.
var operations = map[string]map[string]operation{
	"sts": {
		"GetCallerIdentity": queryOp((*region).getCallerIdentity),
	},
	"ec2": {
		"DescribeRegions":                    queryOp((*region).describeRegions),
		"DescribeAvailabilityZones":          queryOp((*region).describeAvailabilityZones),
		"DescribeVpcs":                       queryOp((*region).describeVpcs),
		"DescribeVpcAttribute":               queryOp((*region).describeVpcAttribute),
		"DescribeDhcpOptions":                queryOp((*region).describeDhcpOptions),
		"DescribeSubnets":                    queryOp((*region).describeSubnets),
		"DescribeRouteTables":                queryOp((*region).describeRouteTables),
		"DescribeInternetGateways":           queryOp((*region).describeInternetGateways),
		"DescribeEgressOnlyInternetGateways": queryOp((*region).describeEgressOnlyInternetGateways),
		"DescribeNatGateways":                queryOp((*region).describeNatGateways),
		"DescribeNetworkInterfaces":          queryOp((*region).describeNetworkInterfaces),
		"DescribeNetworkAcls":                queryOp((*region).describeNetworkAcls),
		"DescribeInstances":                  queryOp((*region).describeInstances),
		"DescribeImages":                     queryOp((*region).describeImages),
		"RebootInstances":                    queryOp((*region).rebootInstances),
		"RunInstances":                       queryOp((*region).runInstances),
		"TerminateInstances":                 queryOp((*region).terminateInstances),
		"DescribeInstanceStatus":             queryOp((*region).describeInstanceStatus),
		"DescribeKeyPairs":                   queryOp((*region).describeKeyPairs),
		"DescribePrefixLists":                queryOp((*region).describePrefixLists),
		"DescribeManagedPrefixLists":         queryOp((*region).describeManagedPrefixLists),
		"GetManagedPrefixListEntries":        queryOp((*region).getManagedPrefixListEntries),
		"DescribeSecurityGroups":             queryOp((*region).describeSecurityGroups),
		"DescribeSecurityGroupRules":         queryOp((*region).describeSecurityGroupRules),
		"DescribeVpcEndpoints":               queryOp((*region).describeVpcEndpoints),
		"DescribeVpcEndpointServices":        queryOp((*region).describeVpcEndpointServices),
		"ModifyVpcAttribute":                 queryOp((*region).modifyVpcAttribute),
		"CreateVpcEndpoint":                  queryOp((*region).createVpcEndpoint),
		"ModifyVpcEndpoint":                  queryOp((*region).modifyVpcEndpoint),
		"DeleteVpcEndpoints":                 queryOp((*region).deleteVpcEndpoints),
		"CreateSecurityGroup":                queryOp((*region).createSecurityGroup),
		"DeleteSecurityGroup":                queryOp((*region).deleteSecurityGroup),
		"AuthorizeSecurityGroupIngress":      queryOp((*region).authorizeIngress),
		"AuthorizeSecurityGroupEgress":       queryOp((*region).authorizeEgress),
		"RevokeSecurityGroupIngress":         queryOp((*region).revokeIngress),
		"RevokeSecurityGroupEgress":          queryOp((*region).revokeEgress),
		"CreateTags":                         queryOp((*region).createTags),
		"DeleteTags":                         queryOp((*region).deleteTags),
		"CreateRoute":                        queryOp((*region).createRoute),
		"DeleteRoute":                        queryOp((*region).deleteRoute),
		"CreateNetworkAclEntry":              queryOp((*region).createNetworkAclEntry),
		"ReplaceNetworkAclEntry":             queryOp((*region).replaceNetworkAclEntry),
		"DeleteNetworkAclEntry":              queryOp((*region).deleteNetworkAclEntry),

		"CreateClientVpnEndpoint":             queryOp((*region).createClientVPN),
		"DescribeClientVpnEndpoints":          queryOp((*region).describeClientVPNs),
		"DeleteClientVpnEndpoint":             queryOp((*region).deleteClientVPN),
		"AssociateClientVpnTargetNetwork":     queryOp((*region).associateVPN),
		"DescribeClientVpnTargetNetworks":     queryOp((*region).describeVPNNetworks),
		"DisassociateClientVpnTargetNetwork":  queryOp((*region).disassociateVPN),
		"AuthorizeClientVpnIngress":           queryOp((*region).authorizeVPN),
		"DescribeClientVpnAuthorizationRules": queryOp((*region).describeVPNRules),
		"RevokeClientVpnIngress":              queryOp((*region).revokeVPN),
		"DescribeClientVpnRoutes":             queryOp((*region).describeVPNRoutes),
		"ExportClientVpnClientConfiguration":  queryOp((*region).exportVPN),
	},
	"iam": {
		"GetRole":                  queryOp((*region).getRole),
		"ListRoles":                queryOp((*region).listRoles),
		"ListRolePolicies":         queryOp((*region).listRolePolicies),
		"GetRolePolicy":            queryOp((*region).getRolePolicy),
		"ListAttachedRolePolicies": queryOp((*region).listAttachedRolePolicies),
		"GetPolicy":                queryOp((*region).getPolicy),
		"GetPolicyVersion":         queryOp((*region).getPolicyVersion),
		"CreateRole":               queryOp((*region).createRole),
		"DeleteRole":               queryOp((*region).deleteRole),
		"TagRole":                  queryOp((*region).tagRole),
		"PutRolePolicy":            queryOp((*region).putRolePolicy),
		"DeleteRolePolicy":         queryOp((*region).deleteRolePolicy),
		"AttachRolePolicy":         queryOp((*region).attachRolePolicy),
		"DetachRolePolicy":         queryOp((*region).detachRolePolicy),

		"CreateInstanceProfile":         queryOp((*region).createProfile),
		"GetInstanceProfile":            queryOp((*region).getProfile),
		"ListInstanceProfiles":          queryOp((*region).listProfiles),
		"ListInstanceProfilesForRole":   queryOp((*region).listProfilesForRole),
		"AddRoleToInstanceProfile":      queryOp((*region).addRoleToProfile),
		"RemoveRoleFromInstanceProfile": queryOp((*region).removeRoleFromProfile),
		"DeleteInstanceProfile":         queryOp((*region).deleteProfile),
		"TagInstanceProfile":            queryOp((*region).tagProfile),
	},
	"secretsmanager": {
		"CreateSecret":             jsonOp((*region).createSecret),
		"DescribeSecret":           jsonOp((*region).describeSecret),
		"ListSecrets":              jsonOp((*region).listSecrets),
		"GetSecretValue":           jsonOp((*region).getSecretValue),
		"PutSecretValue":           jsonOp((*region).putSecretValue),
		"UpdateSecretVersionStage": jsonOp((*region).updateSecretVersionStage),
		"DeleteSecret":             jsonOp((*region).deleteSecret),
		"RestoreSecret":            jsonOp((*region).restoreSecret),
		"TagResource":              jsonOp((*region).tagSecret),
		"UntagResource":            jsonOp((*region).untagSecret),
	},
	"kms": {
		"DescribeKey": jsonOp((*region).describeKey),
		"ListKeys":    jsonOp((*region).listKeys),
		"ListAliases": jsonOp((*region).listAliases),
	},
	"batch": {
		"DescribeComputeEnvironments": jsonOp((*region).describeComputeEnvironments),
		"DescribeJobQueues":           jsonOp((*region).describeJobQueues),
		"DescribeJobDefinitions":      jsonOp((*region).describeJobDefinitions),
		"RegisterJobDefinition":       jsonOp((*region).registerJobDefinition),
		"DeregisterJobDefinition":     jsonOp((*region).deregisterJobDefinition),
	},
	"airflow": {
		"ListEnvironments":  mwaaOp((*region).listAirflow),
		"GetEnvironment":    mwaaOp((*region).getAirflow),
		"UpdateEnvironment": mwaaOp((*region).updateAirflow),
	},
	"ssm": {
		"DescribeInstanceInformation": jsonOp((*region).describeInstanceInformation),
		"SendCommand":                 jsonOp((*region).sendCommand),
		"GetCommandInvocation":        jsonOp((*region).getCommandInvocation),
		"ListCommands":                jsonOp((*region).listCommands),
		"ListCommandInvocations":      jsonOp((*region).listCommandInvocations),
		"CancelCommand":               jsonOp((*region).cancelCommand),
	},
	"servicequotas": {
		"ListServiceQuotas": jsonOp((*region).listServiceQuotas),
	},
	"route53": {
		"ListHostedZonesByVPC":     hostedZonesOp,
		"ListHostedZones":          listZonesOp,
		"ListResourceRecordSets":   listRecordsOp,
		"ChangeResourceRecordSets": changeRecordsOp,
		"GetChange":                getChangeOp,
	},
	"route53resolver": {
		"ListResolverRules":                 jsonOp((*region).listResolverRules),
		"ListResolverRuleAssociations":      jsonOp((*region).listRuleAssociations),
		"ListFirewallRuleGroupAssociations": jsonOp((*region).listFirewalls),
	},
	"route53profiles": {
		"ListProfileAssociations":         listDNSProfilesOp,
		"ListProfileResourceAssociations": listProfileResourcesOp,
	},
	"acm": {
		"ListCertificates":       jsonOp((*region).listCertificates),
		"DescribeCertificate":    jsonOp((*region).describeCertificate),
		"RequestCertificate":     jsonOp((*region).requestCertificate),
		"ImportCertificate":      jsonOp((*region).importCertificate),
		"DeleteCertificate":      jsonOp((*region).deleteCertificate),
		"AddTagsToCertificate":   jsonOp((*region).tagCertificate),
		"ListTagsForCertificate": jsonOp((*region).listCertificateTags),
	},
	"elasticloadbalancing": {
		"CreateTargetGroup":     queryOp((*region).createTargetGroup),
		"DescribeTargetGroups":  queryOp((*region).describeTargetGroups),
		"ModifyTargetGroup":     queryOp((*region).modifyTargetGroup),
		"DeleteTargetGroup":     queryOp((*region).deleteTargetGroup),
		"RegisterTargets":       queryOp((*region).registerTargets),
		"DeregisterTargets":     queryOp((*region).deregisterTargets),
		"DescribeTargetHealth":  queryOp((*region).describeTargetHealth),
		"CreateLoadBalancer":    queryOp((*region).createLoadBalancer),
		"DescribeLoadBalancers": queryOp((*region).describeLoadBalancers),
		"DeleteLoadBalancer":    queryOp((*region).deleteLoadBalancer),
		"CreateListener":        queryOp((*region).createListener),
		"DescribeListeners":     queryOp((*region).describeListeners),
		"DeleteListener":        queryOp((*region).deleteListener),
		"AddTags":               queryOp((*region).tagELB),
		"DescribeTags":          queryOp((*region).describeTagsELB),
	},
	"ecr": {
		"CreatePullThroughCacheRule":    jsonOp((*region).createCacheRule),
		"DescribePullThroughCacheRules": jsonOp((*region).describeCacheRules),
	},
	"ecs": {
		"ListClusters":               jsonOp((*region).listClusters),
		"DescribeClusters":           jsonOp((*region).describeClusters),
		"DescribeCapacityProviders":  jsonOp((*region).describeCapacityProviders),
		"ListServices":               jsonOp((*region).listServices),
		"DescribeServices":           jsonOp((*region).describeServices),
		"ListTaskDefinitionFamilies": jsonOp((*region).listTaskDefinitionFamilies),
		"ListTaskDefinitions":        jsonOp((*region).listTaskDefinitions),
		"DescribeTaskDefinition":     jsonOp((*region).describeTaskDefinition),
		"ListContainerInstances":     jsonOp((*region).listContainerInstances),
		"DescribeContainerInstances": jsonOp((*region).describeContainerInstances),
		"ListTasks":                  jsonOp((*region).listTasks),
		"DescribeTasks":              jsonOp((*region).describeTasks),
		"RunTask":                    jsonOp((*region).runTask),
		"StopTask":                   jsonOp((*region).stopTask),
		"UpdateService":              jsonOp((*region).updateService),
		"RegisterTaskDefinition":     jsonOp((*region).registerTaskDefinition),
		"DeregisterTaskDefinition":   jsonOp((*region).deregisterTaskDefinition),

		"UpdateContainerInstancesState": jsonOp((*region).updateContainerInstancesState),
		"UpdateContainerAgent":          jsonOp((*region).updateContainerAgent),
		"TagResource":                   jsonOp((*region).tagECS),
		"UntagResource":                 jsonOp((*region).untagECS),
		"ListTagsForResource":           jsonOp((*region).listTagsECS),
	},
}

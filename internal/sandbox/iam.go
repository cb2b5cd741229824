package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var iamAPI = &service{
	name: "iam", Service: wire.Service{Protocol: wire.AWSQuery, Namespace: "https://iam.amazonaws.com/doc/2010-05-08/"},
	operations: map[string]operation{
		"GetRole":                  wire.QueryOp((*region).getRole),
		"ListRoles":                wire.QueryOp((*region).listRoles),
		"ListRolePolicies":         wire.QueryOp((*region).listRolePolicies),
		"GetRolePolicy":            wire.QueryOp((*region).getRolePolicy),
		"ListAttachedRolePolicies": wire.QueryOp((*region).listAttachedRolePolicies),
		"GetPolicy":                wire.QueryOp((*region).getPolicy),
		"GetPolicyVersion":         wire.QueryOp((*region).getPolicyVersion),
		"CreateRole":               wire.QueryOp((*region).createRole),
		"DeleteRole":               wire.QueryOp((*region).deleteRole),
		"PutRolePolicy":            wire.QueryOp((*region).putRolePolicy),
		"DeleteRolePolicy":         wire.QueryOp((*region).deleteRolePolicy),
		"AttachRolePolicy":         wire.QueryOp((*region).attachRolePolicy),
		"DetachRolePolicy":         wire.QueryOp((*region).detachRolePolicy),

		"CreateInstanceProfile":         wire.QueryOp((*region).createProfile),
		"GetInstanceProfile":            wire.QueryOp((*region).getProfile),
		"ListInstanceProfiles":          wire.QueryOp((*region).listProfiles),
		"ListInstanceProfilesForRole":   wire.QueryOp((*region).listProfilesForRole),
		"AddRoleToInstanceProfile":      wire.QueryOp((*region).addRoleToProfile),
		"RemoveRoleFromInstanceProfile": wire.QueryOp((*region).removeRoleFromProfile),
		"DeleteInstanceProfile":         wire.QueryOp((*region).deleteProfile),
	},
	load: (*region).loadIAM,
}

// iamState is the content of IAM, for all Regions of a partition.
type iamState struct {
	Roles            []*iamRole
	Policies         []*iamPolicy // customer managed policies; AWS managed policies are in awsPolicies
	InstanceProfiles []*iamProfile
}

type iamRole struct {
	Path                     string
	RoleName                 string
	RoleId                   string
	Arn                      string
	CreateDate               time.Time
	AssumeRolePolicyDocument policyDocument
	Description              string
	MaxSessionDuration       int32
	Tags                     store.Tags `ec2:",omitempty"`

	// GetRole does not show these, separate operations do. In a scenario, attached policies can
	// have a name without an ARN.
	RolePolicyList          []rolePolicy     `ec2:"-"`
	AttachedManagedPolicies []attachedPolicy `ec2:"-"`

	since time.Time // when it can be assumed; zero: always
}

type rolePolicy struct {
	PolicyName     string
	PolicyDocument policyDocument

	since  time.Time      // when it applies; zero: always
	before policyDocument // what applies until then; "" = nothing
}

type attachedPolicy struct {
	PolicyName string
	PolicyArn  string

	since time.Time // when it applies; zero: always
}

type iamPolicy struct {
	PolicyName                    string
	PolicyId                      string
	Arn                           string
	Path                          string
	DefaultVersionId              string
	AttachmentCount               int32
	PermissionsBoundaryUsageCount int32
	IsAttachable                  bool
	CreateDate                    time.Time
	UpdateDate                    time.Time

	PolicyDocument policyDocument `ec2:"-"` // of the default version; the sandbox has no other versions
}

// policyDocument is a policy as text. A scenario writes it as a structure.
type policyDocument string

func (d *policyDocument) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*d = policyDocument(text)
		return nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil {
		return err
	}
	*d = policyDocument(compact.String())
	return nil
}

// encoded returns the format that IAM sends: percent-encoded according to RFC 3986.
func (d policyDocument) encoded() policyDocument {
	return policyDocument(strings.ReplaceAll(url.QueryEscape(string(d)), "+", "%20"))
}

// awsPolicies are AWS managed policies that roles of container workloads use, by the path in
// their ARN.
var awsPolicies = map[string]policyDocument{
	"service-role/AmazonECSTaskExecutionRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken",` +
		`"ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`,
	"service-role/AmazonEC2ContainerServiceforEC2Role": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:DescribeTags",` +
		`"ecs:CreateCluster","ecs:DeregisterContainerInstance","ecs:DiscoverPollEndpoint","ecs:Poll","ecs:RegisterContainerInstance",` +
		`"ecs:StartTelemetrySession","ecs:UpdateContainerInstancesState","ecs:Submit*","ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability",` +
		`"ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"},{"Effect":"Allow",` +
		`"Action":"ecs:TagResource","Resource":"*","Condition":{"StringEquals":{"ecs:CreateAction":["CreateCluster","RegisterContainerInstance"]}}}]}`,
	"AmazonSSMManagedInstanceCore": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:DescribeAssociation",` +
		`"ssm:GetDeployablePatchSnapshotForInstance","ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter","ssm:GetParameters",` +
		`"ssm:ListAssociations","ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems","ssm:PutConfigurePackageResult",` +
		`"ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus","ssm:UpdateInstanceInformation"],"Resource":"*"},{"Effect":"Allow",` +
		`"Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],` +
		`"Resource":"*"},{"Effect":"Allow","Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2messages:FailMessage",` +
		`"ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Resource":"*"}]}`,
}

const awsPolicyVersion = "v1"

// iam returns the IAM content of the Region's partition.
func (r *region) iam() *iamState {
	s := r.account.iam[r.Partition]
	if s == nil {
		s = &iamState{}
		r.account.iam[r.Partition] = s
	}
	return s
}

// loadIAM creates the ARNs and ids that a scenario leaves out.
func (r *region) loadIAM(s *scenario) *wire.Error {
	for _, p := range s.Policies {
		p.Path = cmp.Or(p.Path, "/")
		p.Arn = r.ARN("iam", "policy"+p.Path+p.PolicyName)
		p.complete()
	}
	for _, role := range s.Roles {
		role.Path = cmp.Or(role.Path, "/")
		role.Arn = r.ARN("iam", "role"+role.Path+role.RoleName)
		role.RoleId = "AROA" + strings.ToUpper(store.Hash(role.Arn, 17))
		role.MaxSessionDuration = cmp.Or(role.MaxSessionDuration, 3600)
		if role.CreateDate.IsZero() {
			role.CreateDate = store.Loaded
		}
		for i := range role.AttachedManagedPolicies {
			a := &role.AttachedManagedPolicies[i]
			if a.PolicyArn == "" {
				a.PolicyArn = r.policyNamed(a.PolicyName, s.Policies)
			}
			a.PolicyName = a.PolicyArn[strings.LastIndex(a.PolicyArn, "/")+1:]
		}
	}
	r.loadProfiles(s)
	r.account.iam[r.Partition] = &s.iamState
	return nil
}

// policyNamed finds the ARN of a policy: a customer managed one, or otherwise an AWS managed one.
func (r *region) policyNamed(name string, own []*iamPolicy) string {
	for _, p := range own {
		if p.PolicyName == name {
			return p.Arn
		}
	}
	for path := range awsPolicies {
		if path[strings.LastIndex(path, "/")+1:] == name {
			return r.awsPolicyARN(path)
		}
	}
	return r.awsPolicyARN(name)
}

func (r *region) awsPolicyARN(path string) string {
	return r.ARNOf("aws", "iam", "policy/"+path)
}

func (p *iamPolicy) complete() {
	p.PolicyId = "ANPA" + strings.ToUpper(store.Hash(p.Arn, 17))
	p.DefaultVersionId, p.IsAttachable = awsPolicyVersion, true
	if p.CreateDate.IsZero() {
		p.CreateDate = store.Loaded
	}
	p.UpdateDate = p.CreateDate
}

func (r *region) findRole(name string) (*iamRole, *wire.Error) {
	for _, role := range r.iam().Roles {
		if strings.EqualFold(role.RoleName, name) { // role names must differ in more than upper and lower case
			return role, nil
		}
	}
	return nil, wire.Fail("NoSuchEntity", "The role with name %s cannot be found.", name)
}

// findPolicy finds a managed policy and counts its attachments.
func (r *region) findPolicy(arn string) (iamPolicy, *wire.Error) {
	var found *iamPolicy
	for _, p := range r.iam().Policies {
		if p.Arn == arn {
			found = p
		}
	}
	if path, ok := strings.CutPrefix(arn, r.awsPolicyARN("")); ok && awsPolicies[path] != "" {
		at := strings.LastIndex(path, "/") + 1
		found = &iamPolicy{PolicyName: path[at:], Path: "/" + path[:at], Arn: arn, PolicyDocument: awsPolicies[path], CreateDate: awsPoliciesMade}
		found.complete()
	}
	if found == nil {
		return iamPolicy{}, wire.Fail("NoSuchEntity", "Policy %s was not found.", arn)
	}
	shown := *found
	for _, role := range r.iam().Roles {
		if slices.ContainsFunc(role.AttachedManagedPolicies, func(a attachedPolicy) bool { return a.PolicyArn == arn }) {
			shown.AttachmentCount++
		}
	}
	return shown, nil
}

// awsPoliciesMade is approximately when AWS created its policies.
var awsPoliciesMade = time.Date(2019, 3, 15, 16, 0, 0, 0, time.UTC)

type iamPage struct {
	Marker   string
	MaxItems *int32
}

var iamPages = store.Pager{
	Size: 100, Least: 1, Most: 1000,
	BadSize: func(size int32) *wire.Error {
		return wire.Fail("ValidationError", "1 validation error detected: Value '%d' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000", size)
	},
	BadToken: func(string) *wire.Error { return wire.Fail("ValidationError", "Invalid Marker.") },
}

type roleIn struct {
	RoleName string `ec2:",required"`
}

type getRoleOut struct{ Role iamRole }

func showRole(role *iamRole) { role.AssumeRolePolicyDocument = role.AssumeRolePolicyDocument.encoded() }

func (r *region) getRole(in roleIn) (getRoleOut, *wire.Error) {
	role, err := r.findRole(in.RoleName)
	if err != nil {
		return getRoleOut{}, err
	}
	return getRoleOut{store.Copies([]*iamRole{role}, showRole)[0]}, nil
}

type listRolesIn struct {
	iamPage
	PathPrefix string
}

type listRolesOut struct {
	Roles       []iamRole
	IsTruncated bool
	Marker      string
}

// listRoles omits the tags, as IAM does.
func (r *region) listRoles(in listRolesIn) (listRolesOut, *wire.Error) {
	found := slices.DeleteFunc(slices.Clone(r.iam().Roles), func(role *iamRole) bool { return !strings.HasPrefix(role.Path, in.PathPrefix) })
	slices.SortFunc(found, func(a, b *iamRole) int { return cmp.Compare(a.RoleName, b.RoleName) })
	page, next, err := store.Page(&iamPages, found, in.MaxItems, in.Marker)
	return listRolesOut{store.Copies(page, func(role *iamRole) {
		showRole(role)
		role.Tags = nil
	}), next != "", next}, err
}

type rolePoliciesIn struct {
	iamPage
	roleIn
}

type listRolePoliciesOut struct {
	PolicyNames []string
	IsTruncated bool
	Marker      string
}

func (r *region) listRolePolicies(in rolePoliciesIn) (listRolePoliciesOut, *wire.Error) {
	role, err := r.findRole(in.RoleName)
	if err != nil {
		return listRolePoliciesOut{}, err
	}
	var names []string
	for _, p := range role.RolePolicyList {
		names = append(names, p.PolicyName)
	}
	page, next, err := store.Page(&iamPages, names, in.MaxItems, in.Marker)
	return listRolePoliciesOut{page, next != "", next}, err
}

type getRolePolicyIn struct {
	roleIn
	PolicyName string `ec2:",required"`
}

type getRolePolicyOut struct {
	RoleName       string
	PolicyName     string
	PolicyDocument policyDocument
}

func (r *region) getRolePolicy(in getRolePolicyIn) (getRolePolicyOut, *wire.Error) {
	role, err := r.findRole(in.RoleName)
	if err != nil {
		return getRolePolicyOut{}, err
	}
	for _, p := range role.RolePolicyList {
		if p.PolicyName == in.PolicyName {
			return getRolePolicyOut{role.RoleName, p.PolicyName, p.PolicyDocument.encoded()}, nil
		}
	}
	return getRolePolicyOut{}, wire.Fail("NoSuchEntity", "The role policy with name %s cannot be found.", in.PolicyName)
}

type attachedPoliciesIn struct {
	iamPage
	roleIn
	PathPrefix string
}

type attachedPoliciesOut struct {
	AttachedPolicies []attachedPolicy
	IsTruncated      bool
	Marker           string
}

func (r *region) listAttachedRolePolicies(in attachedPoliciesIn) (attachedPoliciesOut, *wire.Error) {
	role, err := r.findRole(in.RoleName)
	if err != nil {
		return attachedPoliciesOut{}, err
	}
	found := slices.DeleteFunc(slices.Clone(role.AttachedManagedPolicies), func(a attachedPolicy) bool {
		_, path, _ := strings.Cut(a.PolicyArn, ":policy")
		return !strings.HasPrefix(path, in.PathPrefix)
	})
	page, next, err := store.Page(&iamPages, found, in.MaxItems, in.Marker)
	return attachedPoliciesOut{page, next != "", next}, err
}

type policyIn struct {
	PolicyArn string `ec2:",required"`
}

type getPolicyOut struct{ Policy iamPolicy }

func (r *region) getPolicy(in policyIn) (getPolicyOut, *wire.Error) {
	p, err := r.findPolicy(in.PolicyArn)
	return getPolicyOut{p}, err
}

type policyVersionIn struct {
	policyIn
	VersionId string `ec2:",required"`
}

type policyVersionOut struct{ PolicyVersion policyVersion }

type policyVersion struct {
	Document         policyDocument
	VersionId        string
	IsDefaultVersion bool
	CreateDate       time.Time
}

func (r *region) getPolicyVersion(in policyVersionIn) (policyVersionOut, *wire.Error) {
	p, err := r.findPolicy(in.PolicyArn)
	if err != nil {
		return policyVersionOut{}, err
	}
	if in.VersionId != p.DefaultVersionId {
		return policyVersionOut{}, wire.Fail("NoSuchEntity", "Policy %s version %s does not exist or is not attachable.", in.PolicyArn, in.VersionId)
	}
	return policyVersionOut{policyVersion{p.PolicyDocument.encoded(), p.DefaultVersionId, true, p.UpdateDate}}, nil
}

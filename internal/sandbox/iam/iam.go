// Package iam is AWS IAM in the sandbox: roles, policies and instance profiles, and what policies allow.
package iam

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

// API is the service.
var API = store.API[*State]{
	Service: wire.Service{Protocol: wire.AWSQuery, Namespace: "https://iam.amazonaws.com/doc/2010-05-08/"},
	Operations: map[string]wire.Operation[*State]{
		"GetRole":                  wire.QueryOp((*State).getRole),
		"ListRoles":                wire.QueryOp((*State).listRoles),
		"ListRolePolicies":         wire.QueryOp((*State).listRolePolicies),
		"GetRolePolicy":            wire.QueryOp((*State).getRolePolicy),
		"ListAttachedRolePolicies": wire.QueryOp((*State).listAttachedRolePolicies),
		"GetPolicy":                wire.QueryOp((*State).getPolicy),
		"GetPolicyVersion":         wire.QueryOp((*State).getPolicyVersion),
		"CreateRole":               wire.QueryOp((*State).createRole),
		"DeleteRole":               wire.QueryOp((*State).deleteRole),
		"PutRolePolicy":            wire.QueryOp((*State).putRolePolicy),
		"DeleteRolePolicy":         wire.QueryOp((*State).deleteRolePolicy),
		"AttachRolePolicy":         wire.QueryOp((*State).attachRolePolicy),
		"DetachRolePolicy":         wire.QueryOp((*State).detachRolePolicy),

		"UpdateRole":             wire.QueryOp((*State).updateRole),
		"UpdateRoleDescription":  wire.QueryOp((*State).updateRoleDescription),
		"UpdateAssumeRolePolicy": wire.QueryOp((*State).updateTrust),
		"TagRole":                wire.QueryOp((*State).tagRole),
		"UntagRole":              wire.QueryOp((*State).untagRole),
		"TagInstanceProfile":     wire.QueryOp((*State).tagProfile),
		"UntagInstanceProfile":   wire.QueryOp((*State).untagProfile),

		"CreateInstanceProfile":         wire.QueryOp((*State).createProfile),
		"GetInstanceProfile":            wire.QueryOp((*State).getProfile),
		"ListInstanceProfiles":          wire.QueryOp((*State).listProfiles),
		"ListInstanceProfilesForRole":   wire.QueryOp((*State).listProfilesForRole),
		"AddRoleToInstanceProfile":      wire.QueryOp((*State).addRoleToProfile),
		"RemoveRoleFromInstanceProfile": wire.QueryOp((*State).removeRoleFromProfile),
		"DeleteInstanceProfile":         wire.QueryOp((*State).deleteProfile),
	},
}

// Content is the part of a scenario. It can leave out ARNs and ids.
type Content struct {
	Roles            []*Role
	Policies         []*policy // customer managed policies; AWS managed policies are in awsPolicies
	InstanceProfiles []*profile
}

// State is the content of IAM, for all Regions of a partition.
type State struct {
	*store.Region `json:"-"` // any Region of the partition
	Content
}

// Role is a role in the format of GetRole, with its policies.
type Role struct {
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
	RolePolicyList          []RolePolicy     `ec2:"-"`
	AttachedManagedPolicies []AttachedPolicy `ec2:"-"`

	since time.Time // when it can be assumed; zero: always
}

// RolePolicy is an inline policy of a role.
type RolePolicy struct {
	PolicyName     string
	PolicyDocument policyDocument

	since  time.Time      // when it applies; zero: always
	before policyDocument // what applies until then; "" = nothing
}

// AttachedPolicy is a managed policy of a role.
type AttachedPolicy struct {
	PolicyName string
	PolicyArn  string

	since time.Time // when it applies; zero: always
}

type policy struct {
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

// New returns the state with the content of a scenario.
func New(in *store.Region, content Content) *State {
	s := &State{in, content}
	for _, p := range s.Policies {
		p.Path = cmp.Or(p.Path, "/")
		p.Arn = s.ARN("iam", "policy"+p.Path+p.PolicyName)
		p.complete()
	}
	for _, role := range s.Roles {
		role.Path = cmp.Or(role.Path, "/")
		role.Arn = s.ARN("iam", "role"+role.Path+role.RoleName)
		role.RoleId = "AROA" + strings.ToUpper(store.Hash(role.Arn, 17))
		role.MaxSessionDuration = cmp.Or(role.MaxSessionDuration, 3600)
		if role.CreateDate.IsZero() {
			role.CreateDate = store.Loaded
		}
		for i := range role.AttachedManagedPolicies {
			a := &role.AttachedManagedPolicies[i]
			if a.PolicyArn == "" {
				a.PolicyArn = s.policyNamed(a.PolicyName)
			}
			a.PolicyName = a.PolicyArn[strings.LastIndex(a.PolicyArn, "/")+1:]
		}
	}
	for _, p := range s.InstanceProfiles {
		s.completeProfile(p)
	}
	return s
}

// policyNamed finds the ARN of a policy: a customer managed one, or otherwise an AWS managed one.
func (s *State) policyNamed(name string) string {
	for _, p := range s.Policies {
		if p.PolicyName == name {
			return p.Arn
		}
	}
	for path := range awsPolicies {
		if path[strings.LastIndex(path, "/")+1:] == name {
			return s.awsPolicyARN(path)
		}
	}
	return s.awsPolicyARN(name)
}

func (s *State) awsPolicyARN(path string) string {
	return s.ARNOf("aws", "iam", "policy/"+path)
}

func (p *policy) complete() {
	p.PolicyId = "ANPA" + strings.ToUpper(store.Hash(p.Arn, 17))
	p.DefaultVersionId, p.IsAttachable = awsPolicyVersion, true
	if p.CreateDate.IsZero() {
		p.CreateDate = store.Loaded
	}
	p.UpdateDate = p.CreateDate
}

func (s *State) findRole(name string) (*Role, *wire.Error) {
	for _, role := range s.Roles {
		if strings.EqualFold(role.RoleName, name) { // role names must differ in more than upper and lower case
			return role, nil
		}
	}
	return nil, wire.Fail("NoSuchEntity", "The role with name %s cannot be found.", name)
}

// findPolicy finds a managed policy and counts its attachments.
func (s *State) findPolicy(arn string) (policy, *wire.Error) {
	var found *policy
	for _, p := range s.Policies {
		if p.Arn == arn {
			found = p
		}
	}
	if path, ok := strings.CutPrefix(arn, s.awsPolicyARN("")); ok && awsPolicies[path] != "" {
		at := strings.LastIndex(path, "/") + 1
		found = &policy{PolicyName: path[at:], Path: "/" + path[:at], Arn: arn, PolicyDocument: awsPolicies[path], CreateDate: awsPoliciesMade}
		found.complete()
	}
	if found == nil {
		return policy{}, wire.Fail("NoSuchEntity", "Policy %s was not found.", arn)
	}
	shown := *found
	for _, role := range s.Roles {
		if slices.ContainsFunc(role.AttachedManagedPolicies, func(a AttachedPolicy) bool { return a.PolicyArn == arn }) {
			shown.AttachmentCount++
		}
	}
	return shown, nil
}

// awsPoliciesMade is approximately when AWS created its policies.
var awsPoliciesMade = time.Date(2019, 3, 15, 16, 0, 0, 0, time.UTC)

type page struct {
	Marker   string
	MaxItems *int32
}

var pages = store.Pager{
	Size: 100, Least: 1, Most: 1000,
	BadSize: func(size int32) *wire.Error {
		return wire.Fail("ValidationError", "1 validation error detected: Value '%d' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000", size)
	},
	BadToken: func(string) *wire.Error { return wire.Fail("ValidationError", "Invalid Marker.") },
}

type roleIn struct {
	RoleName string `ec2:",required"`
}

type getRoleOut struct{ Role Role }

func showRole(role *Role) { role.AssumeRolePolicyDocument = role.AssumeRolePolicyDocument.encoded() }

func (s *State) getRole(in roleIn) (getRoleOut, *wire.Error) {
	role, err := s.findRole(in.RoleName)
	if err != nil {
		return getRoleOut{}, err
	}
	return getRoleOut{store.Copies([]*Role{role}, showRole)[0]}, nil
}

type listRolesIn struct {
	page
	PathPrefix string
}

type listRolesOut struct {
	Roles       []Role
	IsTruncated bool
	Marker      string
}

// listRoles omits the tags, as IAM does.
func (s *State) listRoles(in listRolesIn) (listRolesOut, *wire.Error) {
	found := slices.DeleteFunc(slices.Clone(s.Roles), func(role *Role) bool { return !strings.HasPrefix(role.Path, in.PathPrefix) })
	slices.SortFunc(found, func(a, b *Role) int { return cmp.Compare(a.RoleName, b.RoleName) })
	page, next, err := store.Page(&pages, found, in.MaxItems, in.Marker)
	return listRolesOut{store.Copies(page, func(role *Role) {
		showRole(role)
		role.Tags = nil
	}), next != "", next}, err
}

type rolePoliciesIn struct {
	page
	roleIn
}

type listRolePoliciesOut struct {
	PolicyNames []string
	IsTruncated bool
	Marker      string
}

func (s *State) listRolePolicies(in rolePoliciesIn) (listRolePoliciesOut, *wire.Error) {
	role, err := s.findRole(in.RoleName)
	if err != nil {
		return listRolePoliciesOut{}, err
	}
	var names []string
	for _, p := range role.RolePolicyList {
		names = append(names, p.PolicyName)
	}
	page, next, err := store.Page(&pages, names, in.MaxItems, in.Marker)
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

func (s *State) getRolePolicy(in getRolePolicyIn) (getRolePolicyOut, *wire.Error) {
	role, err := s.findRole(in.RoleName)
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
	page
	roleIn
	PathPrefix string
}

type attachedPoliciesOut struct {
	AttachedPolicies []AttachedPolicy
	IsTruncated      bool
	Marker           string
}

func (s *State) listAttachedRolePolicies(in attachedPoliciesIn) (attachedPoliciesOut, *wire.Error) {
	role, err := s.findRole(in.RoleName)
	if err != nil {
		return attachedPoliciesOut{}, err
	}
	found := slices.DeleteFunc(slices.Clone(role.AttachedManagedPolicies), func(a AttachedPolicy) bool {
		_, path, _ := strings.Cut(a.PolicyArn, ":policy")
		return !strings.HasPrefix(path, in.PathPrefix)
	})
	page, next, err := store.Page(&pages, found, in.MaxItems, in.Marker)
	return attachedPoliciesOut{page, next != "", next}, err
}

type policyIn struct {
	PolicyArn string `ec2:",required"`
}

type getPolicyOut struct{ Policy policy }

func (s *State) getPolicy(in policyIn) (getPolicyOut, *wire.Error) {
	p, err := s.findPolicy(in.PolicyArn)
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

func (s *State) getPolicyVersion(in policyVersionIn) (policyVersionOut, *wire.Error) {
	p, err := s.findPolicy(in.PolicyArn)
	if err != nil {
		return policyVersionOut{}, err
	}
	if in.VersionId != p.DefaultVersionId {
		return policyVersionOut{}, wire.Fail("NoSuchEntity", "Policy %s version %s does not exist or is not attachable.", in.PolicyArn, in.VersionId)
	}
	return policyVersionOut{policyVersion{p.PolicyDocument.encoded(), p.DefaultVersionId, true, p.UpdateDate}}, nil
}

package iam

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Write operations of IAM. A change is visible immediately, but applies a moment later.

const (
	policyTime      = 8 * time.Second // until a new role or policy applies everywhere
	maxInlinePolicy = 10240           // characters of all inline policies in a role, without white space
	maxAttached     = 10
)

var (
	namePattern = pattern.New(`^[\w+=,.@-]+$`)
	pathPattern = pattern.New(`^/([!-~]+/)?$`)
	jsonSpace   = pattern.New(`\s+`)
)

func checkName(field, name string, most int) *wire.Error {
	switch {
	case len(name) > most:
		return wire.Fail("ValidationError", "1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", field, most)
	case !namePattern().MatchString(name):
		return wire.Fail("ValidationError", "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", field)
	}
	return nil
}

var tagCodes = store.TagCodes{Invalid: "InvalidInput", Duplicate: "InvalidInput", TooMany: "LimitExceeded"}

func malformed(why string) *wire.Error { return wire.Fail("MalformedPolicyDocument", "%s", why) }

// checkTrust rejects a document that is not a trust policy.
func checkTrust(document policyDocument) *wire.Error {
	statements, err := document.statements()
	if err != nil {
		return err
	}
	for _, s := range statements {
		switch {
		case s.Principal == nil && s.NotPrincipal == nil:
			return malformed("Missing required field Principal")
		case s.Resource != nil || s.NotResource != nil:
			return malformed("Has prohibited field Resource")
		case len(s.Action) == 0 || slices.ContainsFunc(s.Action, func(a string) bool { return !strings.HasPrefix(a, "sts:") }):
			return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
		}
	}
	return nil
}

// checkPermissions rejects a document that is not a permissions policy.
func checkPermissions(document policyDocument) *wire.Error {
	statements, err := document.statements()
	if err != nil {
		return err
	}
	for _, s := range statements {
		switch {
		case s.Principal != nil || s.NotPrincipal != nil:
			return malformed("Policy document should not specify a principal.")
		case s.Action == nil && s.NotAction == nil:
			return malformed("Policy statement must contain actions.")
		case s.Resource == nil && s.NotResource == nil:
			return malformed("Policy statement must contain resources.")
		}
		for _, a := range append(slices.Clone(s.Action), s.NotAction...) {
			if a != "*" && !strings.Contains(a, ":") {
				return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
		for _, a := range append(slices.Clone(s.Resource), s.NotResource...) {
			if a != "*" && !strings.HasPrefix(a, "arn:") {
				return malformed("Resource " + a + " must be in ARN format or \"*\".")
			}
		}
	}
	return nil
}

type createRoleIn struct {
	roleIn
	AssumeRolePolicyDocument policyDocument `ec2:",required"`
	Path                     string
	Description              string
	MaxSessionDuration       *int32
	Tags                     []store.Tag
}

func (s *State) createRole(in createRoleIn) (getRoleOut, *wire.Error) {
	if err := cmp.Or(checkName("roleName", in.RoleName, 64), checkTrust(in.AssumeRolePolicyDocument), tagCodes.Check(in.Tags)); err != nil {
		return getRoleOut{}, err
	}
	role := &Role{
		Path: cmp.Or(in.Path, "/"), RoleName: in.RoleName, Description: in.Description, CreateDate: s.Now().Truncate(time.Second), AssumeRolePolicyDocument: in.AssumeRolePolicyDocument,
		MaxSessionDuration: 3600, Tags: in.Tags, since: s.countsFrom(),
	}
	if in.MaxSessionDuration != nil {
		role.MaxSessionDuration = *in.MaxSessionDuration
	}
	if !pathPattern().MatchString(role.Path) {
		return getRoleOut{}, wire.Fail("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	if err := checkSession(role.MaxSessionDuration); err != nil {
		return getRoleOut{}, err
	}
	if _, err := s.findRole(in.RoleName); err == nil {
		return getRoleOut{}, wire.Fail("EntityAlreadyExists", "Role with name %s already exists.", in.RoleName)
	}
	role.Arn = s.ARN("iam", "role"+role.Path+role.RoleName)
	role.RoleId = "AROA" + strings.ToUpper(store.Hash(fmt.Sprint(role.Arn, s.Counters.Next("role")), 17))
	s.Roles = append(s.Roles, role)
	return getRoleOut{store.Copies([]*Role{role}, showRole)[0]}, nil
}

func checkSession(seconds int32) *wire.Error {
	if seconds < 3600 || seconds > 43200 {
		return wire.Fail("ValidationError", "1 validation error detected: Value '%d' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200", seconds)
	}
	return nil
}

// countsFrom returns when a change that is made now applies everywhere.
func (s *State) countsFrom() time.Time { return s.Plus(s.Now(), policyTime) }

// changeable finds a role that does not belong to AWS.
func (s *State) changeable(name string) (*Role, *wire.Error) {
	role, err := s.findRole(name)
	if err == nil && strings.HasPrefix(role.Path, "/aws-service-role/") {
		return nil, wire.Fail("UnmodifiableEntity", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", role.RoleName)
	}
	return role, err
}

type putRolePolicyIn struct {
	roleIn
	PolicyName     string         `ec2:",required"`
	PolicyDocument policyDocument `ec2:",required"`
}

// putRolePolicy adds or replaces a policy. The permissions of the old one apply for a moment
// longer.
func (s *State) putRolePolicy(in putRolePolicyIn) (wire.Empty, *wire.Error) {
	if err := checkName("policyName", in.PolicyName, 128); err != nil {
		return wire.Empty{}, err
	}
	role, err := s.changeable(in.RoleName)
	if err != nil {
		return wire.Empty{}, err
	}
	if err := checkPermissions(in.PolicyDocument); err != nil {
		return wire.Empty{}, err
	}
	size := len(jsonSpace().ReplaceAllString(string(in.PolicyDocument), ""))
	for _, p := range role.RolePolicyList {
		if p.PolicyName != in.PolicyName {
			size += len(jsonSpace().ReplaceAllString(string(p.PolicyDocument), ""))
		}
	}
	if size > maxInlinePolicy {
		return wire.Empty{}, wire.Fail("LimitExceeded", "Maximum policy size of %d bytes exceeded for role %s", maxInlinePolicy, role.RoleName)
	}
	added := RolePolicy{PolicyName: in.PolicyName, PolicyDocument: in.PolicyDocument, since: s.countsFrom()}
	i := role.inline(in.PolicyName)
	if i < 0 {
		role.RolePolicyList = append(role.RolePolicyList, added)
		return wire.Empty{}, nil
	}
	added.before = role.RolePolicyList[i].at(s.Now())
	role.RolePolicyList[i] = added
	return wire.Empty{}, nil
}

func (role *Role) inline(name string) int {
	return slices.IndexFunc(role.RolePolicyList, func(p RolePolicy) bool { return p.PolicyName == name })
}

// at returns the part of a policy that applies at a time; "" if nothing applies.
func (p RolePolicy) at(t time.Time) policyDocument {
	if t.Before(p.since) {
		return p.before
	}
	return p.PolicyDocument
}

func (s *State) deleteRolePolicy(in getRolePolicyIn) (wire.Empty, *wire.Error) {
	role, err := s.changeable(in.RoleName)
	if err != nil {
		return wire.Empty{}, err
	}
	i := role.inline(in.PolicyName)
	if i < 0 {
		return wire.Empty{}, wire.Fail("NoSuchEntity", "The role policy with name %s cannot be found.", in.PolicyName)
	}
	role.RolePolicyList = slices.Delete(role.RolePolicyList, i, i+1)
	return wire.Empty{}, nil
}

func (s *State) deleteRole(in roleIn) (wire.Empty, *wire.Error) {
	role, err := s.changeable(in.RoleName)
	switch {
	case err != nil:
		return wire.Empty{}, err
	case len(role.AttachedManagedPolicies) > 0:
		return wire.Empty{}, wire.Fail("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	case len(role.RolePolicyList) > 0:
		return wire.Empty{}, wire.Fail("DeleteConflict", "Cannot delete entity, must delete policies first.")
	case len(s.profilesWith(role)) > 0:
		return wire.Empty{}, wire.Fail("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	}
	s.Roles = slices.DeleteFunc(s.Roles, func(other *Role) bool { return other == role })
	return wire.Empty{}, nil
}

type attachIn struct {
	roleIn
	policyIn
}

func (s *State) attachRolePolicy(in attachIn) (wire.Empty, *wire.Error) {
	role, err := s.changeable(in.RoleName)
	if err != nil {
		return wire.Empty{}, err
	}
	p, err := s.findPolicy(in.PolicyArn)
	switch {
	case err != nil:
		return wire.Empty{}, wire.Fail("NoSuchEntity", "Policy %s does not exist or is not attachable.", in.PolicyArn)
	case role.attached(in.PolicyArn) >= 0:
		return wire.Empty{}, nil
	case len(role.AttachedManagedPolicies) >= maxAttached:
		return wire.Empty{}, wire.Fail("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
	}
	role.AttachedManagedPolicies = append(role.AttachedManagedPolicies, AttachedPolicy{PolicyName: p.PolicyName, PolicyArn: p.Arn, since: s.countsFrom()})
	return wire.Empty{}, nil
}

func (role *Role) attached(arn string) int {
	return slices.IndexFunc(role.AttachedManagedPolicies, func(a AttachedPolicy) bool { return a.PolicyArn == arn })
}

func (s *State) detachRolePolicy(in attachIn) (wire.Empty, *wire.Error) {
	role, err := s.changeable(in.RoleName)
	if err != nil {
		return wire.Empty{}, err
	}
	i := role.attached(in.PolicyArn)
	if i < 0 {
		return wire.Empty{}, wire.Fail("NoSuchEntity", "Policy %s was not found.", in.PolicyArn)
	}
	role.AttachedManagedPolicies = slices.Delete(role.AttachedManagedPolicies, i, i+1)
	return wire.Empty{}, nil
}

// statement is a statement of a policy.
type statement struct {
	Effect                  string
	Principal, NotPrincipal json.RawMessage
	Action, NotAction       words
	Resource, NotResource   words
	Condition               map[string]map[string]words
}

// words is a string or a list of strings in a policy.
type words []string

// UnmarshalJSON accepts both forms.
func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(w))
}

// statements parses a policy like IAM.
func (d policyDocument) statements() ([]statement, *wire.Error) {
	var policy struct{ Version, Id, Statement json.RawMessage }
	if json.Unmarshal([]byte(d), &policy) != nil {
		return nil, malformed("This policy contains invalid Json")
	}
	var all []statement
	if json.Unmarshal(policy.Statement, &all) != nil {
		all = make([]statement, 1)
		if json.Unmarshal(policy.Statement, &all[0]) != nil {
			return nil, malformed("Syntax errors in policy.")
		}
	}
	if len(all) == 0 || slices.ContainsFunc(all, func(s statement) bool { return s.Effect != "Allow" && s.Effect != "Deny" }) {
		return nil, malformed("Syntax errors in policy.")
	}
	return all, nil
}

type updateRoleIn struct {
	roleIn
	Description        *string
	MaxSessionDuration *int32
}

// updateRole changes the description, and the longest session. A longest session that the request leaves out becomes the default of
// one hour (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html).
func (s *State) updateRole(in updateRoleIn) (wire.Empty, *wire.Error) {
	role, err := s.changeable(in.RoleName)
	if err != nil {
		return wire.Empty{}, err
	}
	session := int32(3600)
	if in.MaxSessionDuration != nil {
		session = *in.MaxSessionDuration
	}
	if err := checkSession(session); err != nil {
		return wire.Empty{}, err
	}
	role.MaxSessionDuration = session
	if in.Description != nil {
		role.Description = *in.Description
	}
	return wire.Empty{}, nil
}

type updateRoleDescriptionIn struct {
	roleIn
	Description string `ec2:",required"`
}

func (s *State) updateRoleDescription(in updateRoleDescriptionIn) (getRoleOut, *wire.Error) {
	role, err := s.changeable(in.RoleName)
	if err != nil {
		return getRoleOut{}, err
	}
	role.Description = in.Description
	return s.getRole(in.roleIn)
}

type updateTrustIn struct {
	roleIn
	PolicyDocument policyDocument `ec2:",required"`
}

// updateTrust replaces the trust policy. The sandbox applies it immediately.
func (s *State) updateTrust(in updateTrustIn) (wire.Empty, *wire.Error) {
	role, err := s.changeable(in.RoleName)
	if err == nil {
		err = checkTrust(in.PolicyDocument)
	}
	if err == nil {
		role.AssumeRolePolicyDocument = in.PolicyDocument
	}
	return wire.Empty{}, err
}

type tagRoleIn struct {
	roleIn
	Tags []store.Tag
}

func (s *State) tagRole(in tagRoleIn) (wire.Empty, *wire.Error) {
	role, err := s.changeable(in.RoleName)
	if err == nil {
		err = tagCodes.Add(&role.Tags, in.Tags)
	}
	return wire.Empty{}, err
}

type untagRoleIn struct {
	roleIn
	TagKeys []string
}

func (s *State) untagRole(in untagRoleIn) (wire.Empty, *wire.Error) {
	role, err := s.changeable(in.RoleName)
	if err == nil {
		role.Tags.Remove(in.TagKeys)
	}
	return wire.Empty{}, err
}

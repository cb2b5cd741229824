package iam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Instance profiles, which give EC2 instances a role.

type profile struct {
	Path                string
	InstanceProfileName string
	InstanceProfileId   string
	Arn                 string
	CreateDate          time.Time
	Roles               []profileRole // at most one; shown as the role itself
	Tags                store.Tags    `ec2:",omitempty"`

	since time.Time // when EC2 can use it; zero: always
}

type profileRole struct {
	RoleName string

	since time.Time // when EC2 can use the role of the profile; zero: always
}

// shownProfile is a profile in the format of IAM's API.
type shownProfile struct {
	profile
	Roles []Role
}

func profileID(of string) string { return "AIPA" + strings.ToUpper(store.Hash(of, 17)) }

func (s *State) completeProfile(p *profile) {
	p.Path = cmp.Or(p.Path, "/")
	p.Arn = s.ARN("iam", "instance-profile"+p.Path+p.InstanceProfileName)
	p.InstanceProfileId, p.CreateDate = profileID(p.Arn), store.Loaded
}

// LoadProfile returns the id of the profile of an instance in a scenario. A scenario does not have
// to list it: it has the name of its role.
func (s *State) LoadProfile(arn string) string {
	name := arn[strings.LastIndex(arn, "/")+1:]
	if !slices.ContainsFunc(s.InstanceProfiles, func(p *profile) bool { return p.InstanceProfileName == name }) {
		p := &profile{InstanceProfileName: name}
		if slices.ContainsFunc(s.Roles, func(role *Role) bool { return role.RoleName == name }) {
			p.Roles = []profileRole{{RoleName: name}}
		}
		s.completeProfile(p)
		s.InstanceProfiles = append(s.InstanceProfiles, p)
	}
	return profileID(arn)
}

// profileOf finds a profile by its name or ARN; nil if it does not exist.
func (s *State) profileOf(id string) *profile {
	for _, p := range s.InstanceProfiles {
		if strings.EqualFold(p.InstanceProfileName, id) || p.Arn == id {
			return p
		}
	}
	return nil
}

// profileRole returns the role of a profile that EC2 can use by now; nil if there is none.
func (s *State) profileRole(p *profile) *Role {
	if p == nil || len(p.Roles) == 0 || s.Now().Before(p.Roles[0].since) {
		return nil
	}
	role, _ := s.findRole(p.Roles[0].RoleName)
	return role
}

func (s *State) profilesWith(role *Role) []*profile {
	var all []*profile
	for _, p := range s.InstanceProfiles {
		if len(p.Roles) > 0 && p.Roles[0].RoleName == role.RoleName {
			all = append(all, p)
		}
	}
	return all
}

func (s *State) showProfile(p *profile) shownProfile {
	shown := shownProfile{profile: *p}
	for _, has := range p.Roles {
		if role, err := s.findRole(has.RoleName); err == nil {
			shown.Roles = append(shown.Roles, store.Copies([]*Role{role}, showRole)...)
		}
	}
	return shown
}

type profileIn struct {
	InstanceProfileName string `ec2:",required"`
}

type profileOut struct{ InstanceProfile shownProfile }

func (s *State) findProfile(name string) (*profile, *wire.Error) {
	if p := s.profileOf(name); p != nil && !strings.HasPrefix(name, "arn:") {
		return p, nil
	}
	return nil, wire.Fail("NoSuchEntity", "Instance Profile %s cannot be found.", name)
}

func (s *State) getProfile(in profileIn) (profileOut, *wire.Error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err != nil {
		return profileOut{}, err
	}
	return profileOut{s.showProfile(p)}, nil
}

type createProfileIn struct {
	profileIn
	Path string
	Tags []store.Tag
}

func (s *State) createProfile(in createProfileIn) (profileOut, *wire.Error) {
	if err := cmp.Or(checkName("instanceProfileName", in.InstanceProfileName, 128), tagCodes.Check(in.Tags)); err != nil {
		return profileOut{}, err
	}
	p := &profile{
		Path: cmp.Or(in.Path, "/"), InstanceProfileName: in.InstanceProfileName, CreateDate: s.Now().Truncate(time.Second), Tags: in.Tags, since: s.countsFrom(),
	}
	if !pathPattern().MatchString(p.Path) {
		return profileOut{}, wire.Fail("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	if s.profileOf(in.InstanceProfileName) != nil {
		return profileOut{}, wire.Fail("EntityAlreadyExists", "Instance Profile %s already exists.", in.InstanceProfileName)
	}
	p.Arn = s.ARN("iam", "instance-profile"+p.Path+p.InstanceProfileName)
	p.InstanceProfileId = profileID(fmt.Sprint(p.Arn, s.Counters.Next("instance-profile")))
	s.InstanceProfiles = append(s.InstanceProfiles, p)
	return profileOut{s.showProfile(p)}, nil
}

type listProfilesIn struct {
	page
	PathPrefix string
}

type listProfilesOut struct {
	InstanceProfiles []shownProfile
	IsTruncated      bool
	Marker           string
}

// pageOfProfiles omits the tags, as IAM does.
func (s *State) pageOfProfiles(found []*profile, in page) (listProfilesOut, *wire.Error) {
	slices.SortFunc(found, func(a, b *profile) int { return cmp.Compare(a.InstanceProfileName, b.InstanceProfileName) })
	page, next, err := store.Page(&pages, found, in.MaxItems, in.Marker)
	out := listProfilesOut{IsTruncated: next != "", Marker: next}
	for _, p := range page {
		shown := s.showProfile(p)
		shown.Tags = nil
		out.InstanceProfiles = append(out.InstanceProfiles, shown)
	}
	return out, err
}

func (s *State) listProfiles(in listProfilesIn) (listProfilesOut, *wire.Error) {
	return s.pageOfProfiles(slices.DeleteFunc(slices.Clone(s.InstanceProfiles), func(p *profile) bool {
		return !strings.HasPrefix(p.Path, in.PathPrefix)
	}), in.page)
}

func (s *State) listProfilesForRole(in rolePoliciesIn) (listProfilesOut, *wire.Error) {
	role, err := s.findRole(in.RoleName)
	if err != nil {
		return listProfilesOut{}, err
	}
	return s.pageOfProfiles(s.profilesWith(role), in.page)
}

type profileRoleIn struct {
	profileIn
	roleIn
}

func (s *State) addRoleToProfile(in profileRoleIn) (wire.Empty, *wire.Error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err != nil {
		return wire.Empty{}, err
	}
	role, err := s.changeable(in.RoleName)
	switch {
	case err != nil:
		return wire.Empty{}, err
	case len(p.Roles) > 0:
		return wire.Empty{}, wire.Fail("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	p.Roles = []profileRole{{role.RoleName, s.countsFrom()}}
	return wire.Empty{}, nil
}

func (s *State) removeRoleFromProfile(in profileRoleIn) (wire.Empty, *wire.Error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err != nil {
		return wire.Empty{}, err
	}
	if len(p.Roles) == 0 || !strings.EqualFold(p.Roles[0].RoleName, in.RoleName) {
		return wire.Empty{}, wire.Fail("NoSuchEntity", "The role with name %s cannot be found in the instance profile %s.", in.RoleName, p.InstanceProfileName)
	}
	p.Roles = nil
	return wire.Empty{}, nil
}

func (s *State) deleteProfile(in profileIn) (wire.Empty, *wire.Error) {
	p, err := s.findProfile(in.InstanceProfileName)
	switch {
	case err != nil:
		return wire.Empty{}, err
	case len(p.Roles) > 0:
		return wire.Empty{}, wire.Fail("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	}
	s.InstanceProfiles = slices.DeleteFunc(s.InstanceProfiles, func(other *profile) bool { return other == p })
	return wire.Empty{}, nil
}

// LaunchProfile finds the profile for a new instance by its ARN or name, if EC2 can use it by now.
func (s *State) LaunchProfile(arn, name string) (foundARN, foundID string, err *wire.Error) {
	id, parameter, what := name, "name", "name"
	if arn != "" {
		id, parameter, what = arn, "arn", "ARN"
	}
	p := s.profileOf(id)
	switch {
	case arn != "" && name != "":
		return "", "", wire.Fail("InvalidParameterCombination", "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'")
	case p == nil || s.Now().Before(p.since) || (arn != "") != (p.Arn == id):
		return "", "", wire.Fail("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.%s is invalid. Invalid IAM Instance Profile %s", id, parameter, what)
	case s.profileRole(p) == nil:
		return "", "", wire.Fail("InvalidParameterValue", "IAM Instance Profile \"%s\" has no associated IAM Roles", p.Arn)
	}
	return p.Arn, p.InstanceProfileId, nil
}

// ProfileHas reports whether EC2 can use a role of a profile by now that has one of the managed
// policies.
func (s *State) ProfileHas(id string, policies []string) bool {
	role := s.profileRole(s.profileOf(id))
	return role != nil && slices.ContainsFunc(role.AttachedManagedPolicies, func(p AttachedPolicy) bool {
		return slices.Contains(policies, p.PolicyName) && !s.Now().Before(p.since)
	})
}

type tagProfileIn struct {
	profileIn
	Tags []store.Tag
}

func (s *State) tagProfile(in tagProfileIn) (wire.Empty, *wire.Error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err == nil {
		err = tagCodes.Add(&p.Tags, in.Tags)
	}
	return wire.Empty{}, err
}

type untagProfileIn struct {
	profileIn
	TagKeys []string
}

func (s *State) untagProfile(in untagProfileIn) (wire.Empty, *wire.Error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err == nil {
		p.Tags.Remove(in.TagKeys)
	}
	return wire.Empty{}, err
}

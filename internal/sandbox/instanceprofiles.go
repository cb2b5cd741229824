package sandbox

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

type iamProfile struct {
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
	iamProfile
	Roles []iamRole
}

func profileID(of string) string { return "AIPA" + strings.ToUpper(store.Hash(of, 17)) }

// loadProfiles completes the profiles of a scenario. A scenario does not have to list the
// profiles of its instances: they have the names of their roles.
func (r *region) loadProfiles(s *scenario) {
	for _, i := range s.Instances {
		if i.IamInstanceProfile == nil {
			continue
		}
		name := i.IamInstanceProfile.Arn[strings.LastIndex(i.IamInstanceProfile.Arn, "/")+1:]
		if slices.ContainsFunc(s.InstanceProfiles, func(p *iamProfile) bool { return p.InstanceProfileName == name }) {
			continue
		}
		p := &iamProfile{InstanceProfileName: name}
		if slices.ContainsFunc(s.Roles, func(role *iamRole) bool { return role.RoleName == name }) {
			p.Roles = []profileRole{{RoleName: name}}
		}
		s.InstanceProfiles = append(s.InstanceProfiles, p)
	}
	for _, p := range s.InstanceProfiles {
		p.Path = cmp.Or(p.Path, "/")
		p.Arn = r.ARN("iam", "instance-profile"+p.Path+p.InstanceProfileName)
		p.InstanceProfileId, p.CreateDate = profileID(p.Arn), store.Loaded
	}
}

// profileOf finds a profile by its name or ARN; nil if it does not exist.
func (r *region) profileOf(id string) *iamProfile {
	for _, p := range r.iam().InstanceProfiles {
		if strings.EqualFold(p.InstanceProfileName, id) || p.Arn == id {
			return p
		}
	}
	return nil
}

// profileRole returns the role of a profile that EC2 can use by now; nil if there is none.
func (r *region) profileRole(p *iamProfile) *iamRole {
	if p == nil || len(p.Roles) == 0 || r.Now().Before(p.Roles[0].since) {
		return nil
	}
	role, _ := r.findRole(p.Roles[0].RoleName)
	return role
}

func (r *region) profilesWith(role *iamRole) []*iamProfile {
	var all []*iamProfile
	for _, p := range r.iam().InstanceProfiles {
		if len(p.Roles) > 0 && p.Roles[0].RoleName == role.RoleName {
			all = append(all, p)
		}
	}
	return all
}

func (r *region) showProfile(p *iamProfile) shownProfile {
	shown := shownProfile{iamProfile: *p}
	for _, has := range p.Roles {
		if role, err := r.findRole(has.RoleName); err == nil {
			shown.Roles = append(shown.Roles, store.Copies([]*iamRole{role}, showRole)...)
		}
	}
	return shown
}

type profileIn struct {
	InstanceProfileName string `ec2:",required"`
}

type profileOut struct{ InstanceProfile shownProfile }

func (r *region) findProfile(name string) (*iamProfile, *wire.Error) {
	if p := r.profileOf(name); p != nil && !strings.HasPrefix(name, "arn:") {
		return p, nil
	}
	return nil, wire.Fail("NoSuchEntity", "Instance Profile %s cannot be found.", name)
}

func (r *region) getProfile(in profileIn) (profileOut, *wire.Error) {
	p, err := r.findProfile(in.InstanceProfileName)
	if err != nil {
		return profileOut{}, err
	}
	return profileOut{r.showProfile(p)}, nil
}

type createProfileIn struct {
	profileIn
	Path string
	Tags []store.Tag
}

func (r *region) createProfile(in createProfileIn) (profileOut, *wire.Error) {
	if err := cmp.Or(checkIAMName("instanceProfileName", in.InstanceProfileName, 128), iamTags.Check(in.Tags)); err != nil {
		return profileOut{}, err
	}
	p := &iamProfile{
		Path: cmp.Or(in.Path, "/"), InstanceProfileName: in.InstanceProfileName, CreateDate: r.Now().Truncate(time.Second), Tags: in.Tags, since: r.countsFrom(),
	}
	if !iamPath.MatchString(p.Path) {
		return profileOut{}, wire.Fail("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	if r.profileOf(in.InstanceProfileName) != nil {
		return profileOut{}, wire.Fail("EntityAlreadyExists", "Instance Profile %s already exists.", in.InstanceProfileName)
	}
	p.Arn = r.ARN("iam", "instance-profile"+p.Path+p.InstanceProfileName)
	p.InstanceProfileId = profileID(fmt.Sprint(p.Arn, r.Counters.Next("instance-profile")))
	s := r.iam()
	s.InstanceProfiles = append(s.InstanceProfiles, p)
	return profileOut{r.showProfile(p)}, nil
}

type listProfilesIn struct {
	iamPage
	PathPrefix string
}

type listProfilesOut struct {
	InstanceProfiles []shownProfile
	IsTruncated      bool
	Marker           string
}

// pageOfProfiles omits the tags, as IAM does.
func (r *region) pageOfProfiles(found []*iamProfile, in iamPage) (listProfilesOut, *wire.Error) {
	slices.SortFunc(found, func(a, b *iamProfile) int { return cmp.Compare(a.InstanceProfileName, b.InstanceProfileName) })
	page, next, err := store.Page(&iamPages, found, in.MaxItems, in.Marker)
	out := listProfilesOut{IsTruncated: next != "", Marker: next}
	for _, p := range page {
		shown := r.showProfile(p)
		shown.Tags = nil
		out.InstanceProfiles = append(out.InstanceProfiles, shown)
	}
	return out, err
}

func (r *region) listProfiles(in listProfilesIn) (listProfilesOut, *wire.Error) {
	return r.pageOfProfiles(slices.DeleteFunc(slices.Clone(r.iam().InstanceProfiles), func(p *iamProfile) bool {
		return !strings.HasPrefix(p.Path, in.PathPrefix)
	}), in.iamPage)
}

func (r *region) listProfilesForRole(in rolePoliciesIn) (listProfilesOut, *wire.Error) {
	role, err := r.findRole(in.RoleName)
	if err != nil {
		return listProfilesOut{}, err
	}
	return r.pageOfProfiles(r.profilesWith(role), in.iamPage)
}

type profileRoleIn struct {
	profileIn
	roleIn
}

func (r *region) addRoleToProfile(in profileRoleIn) (wire.Empty, *wire.Error) {
	p, err := r.findProfile(in.InstanceProfileName)
	if err != nil {
		return wire.Empty{}, err
	}
	role, err := r.changeable(in.RoleName)
	switch {
	case err != nil:
		return wire.Empty{}, err
	case len(p.Roles) > 0:
		return wire.Empty{}, wire.Fail("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	p.Roles = []profileRole{{role.RoleName, r.countsFrom()}}
	return wire.Empty{}, nil
}

func (r *region) removeRoleFromProfile(in profileRoleIn) (wire.Empty, *wire.Error) {
	p, err := r.findProfile(in.InstanceProfileName)
	if err != nil {
		return wire.Empty{}, err
	}
	if len(p.Roles) == 0 || !strings.EqualFold(p.Roles[0].RoleName, in.RoleName) {
		return wire.Empty{}, wire.Fail("NoSuchEntity", "The role with name %s cannot be found in the instance profile %s.", in.RoleName, p.InstanceProfileName)
	}
	p.Roles = nil
	return wire.Empty{}, nil
}

func (r *region) deleteProfile(in profileIn) (wire.Empty, *wire.Error) {
	p, err := r.findProfile(in.InstanceProfileName)
	switch {
	case err != nil:
		return wire.Empty{}, err
	case len(p.Roles) > 0:
		return wire.Empty{}, wire.Fail("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	}
	s := r.iam()
	s.InstanceProfiles = slices.DeleteFunc(s.InstanceProfiles, func(other *iamProfile) bool { return other == p })
	return wire.Empty{}, nil
}

type profileRequest struct{ Arn, Name string }

// launchProfile finds the profile for a new instance, if EC2 can use it by now.
func (r *region) launchProfile(in *profileRequest) (*instanceProfile, *wire.Error) {
	if in == nil {
		return nil, nil
	}
	id, parameter, what := in.Name, "name", "name"
	if in.Arn != "" {
		id, parameter, what = in.Arn, "arn", "ARN"
	}
	p := r.profileOf(id)
	switch {
	case in.Arn != "" && in.Name != "":
		return nil, wire.Fail("InvalidParameterCombination", "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'")
	case p == nil || r.Now().Before(p.since) || (in.Arn != "") != (p.Arn == id):
		return nil, wire.Fail("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.%s is invalid. Invalid IAM Instance Profile %s", id, parameter, what)
	case r.profileRole(p) == nil:
		return nil, wire.Fail("InvalidParameterValue", "IAM Instance Profile \"%s\" has no associated IAM Roles", p.Arn)
	}
	return &instanceProfile{p.Arn, p.InstanceProfileId}, nil
}

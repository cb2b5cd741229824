package sandbox_test

import (
	"net/url"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func profileNames(all []iamtypes.InstanceProfile) []string {
	return ids(all, func(p iamtypes.InstanceProfile) *string { return p.InstanceProfileName })
}

func TestProfileIsMadeFilledAndTakenAway(t *testing.T) {
	c := openAirflow(t).iam
	name, role := aws.String("way-in"), aws.String("session-manager-host")
	create := &iam.CreateInstanceProfileInput{InstanceProfileName: name, Path: aws.String("/team/"), Tags: []iamtypes.Tag{{Key: aws.String("run"), Value: aws.String("1")}}}
	made := must(c.CreateInstanceProfile(ctx, create))(t).InstanceProfile
	if *made.Arn != "arn:aws:iam::123456789012:instance-profile/team/way-in" || len(*made.InstanceProfileId) != 21 || len(made.Roles) != 0 || *made.Tags[0].Key != "run" {
		t.Errorf("%+v", made)
	}
	wantCode(t, must1(c.CreateInstanceProfile(ctx, create)), "EntityAlreadyExists")
	wantCode(t, must1(c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("a b")})), "ValidationError")
	add := func(role string) error {
		return must1(c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: &role}))
	}
	wantCode(t, add("none"), "NoSuchEntity")
	wantCode(t, add(*role), "")
	wantCode(t, add("nightly-execution"), "LimitExceeded")
	shown := must(c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name}))(t).InstanceProfile
	trust, _ := url.PathUnescape(*shown.Roles[0].AssumeRolePolicyDocument)
	if *shown.Roles[0].RoleName != *role || *shown.Tags[0].Value != "1" || trust != hostsTrust {
		t.Errorf("%+v", shown)
	}
	if all := profileNames(must(c.ListInstanceProfiles(ctx, nil))(t).InstanceProfiles); !slices.Equal(all, []string{"session-manager", "way-in"}) {
		t.Errorf("%q", all)
	}
	page := must(c.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{MaxItems: aws.Int32(1)}))(t)
	rest := must(c.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{Marker: page.Marker}))(t)
	if !page.IsTruncated || rest.IsTruncated || !slices.Equal(profileNames(rest.InstanceProfiles), []string{"way-in"}) || rest.InstanceProfiles[0].Tags != nil {
		t.Errorf("%+v %+v", page, rest)
	}
	if all := profileNames(must(c.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{PathPrefix: aws.String("/team/")}))(t).InstanceProfiles); !slices.Equal(all, []string{"way-in"}) {
		t.Errorf("%q", all)
	}
	if all := profileNames(must(c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: role}))(t).InstanceProfiles); !slices.Equal(all, []string{"session-manager", "way-in"}) {
		t.Errorf("%q", all)
	}

	remove := func() error {
		return must1(c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name}))
	}
	leave := func(role string) error {
		return must1(c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: &role}))
	}
	wantCode(t, remove(), "DeleteConflict")
	wantCode(t, leave("nightly-execution"), "NoSuchEntity")
	wantCode(t, leave(*role), "")
	wantCode(t, remove(), "")
	wantCode(t, remove(), "NoSuchEntity")
	wantCode(t, must1(c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})), "NoSuchEntity")
	must(c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: aws.String(managedCore)}))(t)
	wantCode(t, must1(c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role})), "DeleteConflict") // the instance profile session-manager contains it
}

// TestProfilesOfHosts checks that the instance profiles of a scenario's instances exist, and have
// the roles of the same names.
func TestProfilesOfHosts(t *testing.T) {
	c := iamOf(open(t, named("stubborn")))
	for name, roles := range map[string]int{"ecsInstanceRole": 1, "unmanagedInstanceRole": 1} {
		p := must(c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name}))(t).InstanceProfile
		if len(p.Roles) != roles || *p.Arn != "arn:aws:iam::123456789012:instance-profile/"+name {
			t.Errorf("%+v", p)
		}
	}
}

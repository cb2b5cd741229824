package sandbox_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	tasksTrust      = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	readGoodSecret  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"` + goodSecret + `"}]}`
	executionPolicy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
)

func TestRoleIsMadeFilledAndTakenAway(t *testing.T) {
	a := open(t, named("registry"))
	c := iamOf(a)
	name := aws.String("pulls")
	role := must(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(tasksTrust), Description: aws.String("pulls images"), Path: aws.String("/team/"),
		Tags: []iamtypes.Tag{{Key: aws.String("run"), Value: aws.String("1")}}}))(t).Role
	if *role.Arn != "arn:aws:iam::123456789012:role/team/pulls" || len(*role.RoleId) != 21 || *role.Tags[0].Key != "run" || *role.MaxSessionDuration != 3600 {
		t.Errorf("%+v", role)
	}
	for range 2 { // the second call replaces the policy
		must(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("read"), PolicyDocument: aws.String(readGoodSecret)}))(t)
	}
	must(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(executionPolicy)}))(t)
	shown := must(c.GetRole(ctx, &iam.GetRoleInput{RoleName: name}))(t).Role
	trust, _ := url.PathUnescape(*shown.AssumeRolePolicyDocument)
	if trust != tasksTrust || len(shown.Tags) != 1 || *shown.Tags[0].Value != "1" || *shown.RoleId != *role.RoleId {
		t.Errorf("%s %+v", trust, shown)
	}
	policy := must(c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("read")}))(t)
	if text, _ := url.PathUnescape(*policy.PolicyDocument); text != readGoodSecret {
		t.Error(text)
	}
	if names := must(c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: name}))(t).PolicyNames; len(names) != 1 {
		t.Errorf("%q", names)
	}

	remove := func() error { return must1(c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})) }
	wantCode(t, remove(), "DeleteConflict")
	must(c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String(executionPolicy)}))(t)
	wantCode(t, remove(), "DeleteConflict")
	must(c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("read")}))(t)
	wantCode(t, remove(), "")
	wantCode(t, remove(), "NoSuchEntity")
}

func TestRoleChangesAreRefusedAsAWSDoes(t *testing.T) {
	c := iamOf(open(t, named("registry")))
	create := func(name, trust string) error {
		return must1(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}))
	}
	wantCode(t, create("APP-execution", tasksTrust), "EntityAlreadyExists")
	wantCode(t, create("a b", tasksTrust), "ValidationError")
	wantCode(t, must1(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("new"), AssumeRolePolicyDocument: aws.String(tasksTrust), Tags: []iamtypes.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}})), "InvalidInput")
	wantCode(t, create(strings.Repeat("x", 65), tasksTrust), "ValidationError")
	for _, trust := range []string{"nonsense", "{}", `{"Statement":[]}`, readGoodSecret, strings.Replace(tasksTrust, "sts:AssumeRole", "s3:GetObject", 1), strings.Replace(tasksTrust, "Allow", "May", 1)} {
		wantCode(t, create("new", trust), "MalformedPolicyDocument")
	}
	put := func(role, name, policy string) error {
		return must1(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &policy}))
	}
	wantCode(t, put("none", "p", readGoodSecret), "NoSuchEntity")
	wantCode(t, put("app-execution", "p!", readGoodSecret), "ValidationError")
	wantCode(t, put("AWSServiceRoleForBatch", "p", readGoodSecret), "UnmodifiableEntity")
	for _, policy := range []string{"nonsense", tasksTrust, `{"Statement":[{"Effect":"Allow","Action":"*"}]}`, strings.Replace(readGoodSecret, "secretsmanager:Get", "Get", 1), strings.Replace(readGoodSecret, "arn:", "", 1)} {
		wantCode(t, put("app-execution", "p", policy), "MalformedPolicyDocument")
	}
	sized := func(n int) string {
		return strings.Replace(readGoodSecret, goodSecret, "arn:"+strings.Repeat("x", n-len(readGoodSecret)+len(goodSecret)-4), 1)
	}
	wantCode(t, put("app-execution", "one", sized(6000)+strings.Repeat(" \n", 9000)), "") // white space does not count
	wantCode(t, put("app-execution", "two", sized(4241)), "LimitExceeded")
	wantCode(t, put("app-execution", "two", sized(4240)), "")
	wantCode(t, put("app-execution", "one", sized(5999)), "")

	wantCode(t, must1(c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String("app-execution"), PolicyName: aws.String("none")})), "NoSuchEntity")
	wantCode(t, must1(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("app-execution"), PolicyArn: aws.String("arn:aws:iam::aws:policy/None")})), "NoSuchEntity")
	wantCode(t, must1(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("app-execution"), PolicyArn: aws.String(executionPolicy)})), "")
	wantCode(t, must1(c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String("registry-rotation"), PolicyArn: aws.String(executionPolicy)})), "NoSuchEntity")
}

func TestUpdateRole(t *testing.T) {
	c := openAirflow(t).iam
	name := aws.String("app")
	must(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(hostsTrust), MaxSessionDuration: aws.Int32(7200)}))(t)
	must(c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: aws.String("changed")}))(t)
	tasks := strings.Replace(hostsTrust, "ec2.", "ecs-tasks.", 1)
	must(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: &tasks}))(t)
	must(c.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"a"}}))(t)
	r := must(c.GetRole(ctx, &iam.GetRoleInput{RoleName: name}))(t).Role
	if trust, err := url.QueryUnescape(*r.AssumeRolePolicyDocument); *r.Description != "changed" || *r.MaxSessionDuration != 3600 || trust != tasks || err != nil || len(r.Tags) != 1 || *r.Tags[0].Key != "b" {
		t.Errorf("%+v", r)
	}
	if r := must(c.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: name, Description: aws.String("again")}))(t).Role; *r.Description != "again" {
		t.Errorf("%+v", r)
	}
	_, err := c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(60)})
	wantCode(t, err, "ValidationError")
	_, err = c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String("{}")})
	wantCode(t, err, "MalformedPolicyDocument")
	_, err = c.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("none"), Tags: r.Tags})
	wantCode(t, err, "NoSuchEntity")
	must(c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name}))(t)
	must(c.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: name, Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}}}))(t)
	must(c.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: name, TagKeys: []string{"a"}}))(t)
	if p := must(c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name}))(t).InstanceProfile; len(p.Tags) != 0 {
		t.Errorf("%+v", p)
	}
}

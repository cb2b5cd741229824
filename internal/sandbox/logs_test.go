package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

func logsOf(a *sandbox.Account) *cloudwatchlogs.Client {
	return cloudwatchlogs.NewFromConfig(config(a, "us-east-1"))
}

// groupNames returns the names of log groups.
func groupNames(groups []types.LogGroup) []string {
	return ids(groups, func(g types.LogGroup) *string { return g.LogGroupName })
}

func TestDescribeLogGroups(t *testing.T) {
	c := logsOf(open(t, named("closed")))
	all := must(c.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{}))(t).LogGroups
	if got, want := groupNames(all), []string{"/batch/render", "/ecs/mailer", "/ecs/web", "/ecs/worker"}; !slices.Equal(got, want) {
		t.Errorf("all: %q", got)
	}
	if g := all[2]; *g.Arn != "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web:*" || *g.LogGroupArn+":*" != *g.Arn || aws.ToInt64(g.CreationTime) < 1e12 || g.RetentionInDays != nil {
		t.Errorf("%+v", g)
	}
	for _, tt := range []struct {
		in   cloudwatchlogs.DescribeLogGroupsInput
		want []string
	}{
		{cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/ecs/w")}, []string{"/ecs/web", "/ecs/worker"}},
		{cloudwatchlogs.DescribeLogGroupsInput{LogGroupIdentifiers: []string{"/ecs/none", "/ecs/web", *all[0].LogGroupArn}}, []string{"/batch/render", "/ecs/web"}},
		{cloudwatchlogs.DescribeLogGroupsInput{LogGroupIdentifiers: []string{"/ecs/we"}}, nil},
	} {
		if got := groupNames(must(c.DescribeLogGroups(ctx, &tt.in))(t).LogGroups); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %q", tt.in, got)
		}
	}
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(c, &cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(3)})
	for _, n := range []int{3, 1} {
		if got := must(pages.NextPage(ctx))(t).LogGroups; len(got) != n {
			t.Errorf("a page of %d", len(got))
		}
	}
	for _, in := range []cloudwatchlogs.DescribeLogGroupsInput{
		{LogGroupIdentifiers: []string{"/ecs/web"}, LogGroupNamePrefix: aws.String("/ecs")},
		{LogGroupIdentifiers: strings.Fields(strings.Repeat("x ", 51))},
		{Limit: aws.Int32(51)},
		{NextToken: aws.String("x")},
	} {
		_, err := c.DescribeLogGroups(ctx, &in)
		wantCode(t, err, "InvalidParameterException")
	}
}

// TestTasksNeedTheirLogGroup starts tasks in a subnet with internet access.
func TestTasksNeedTheirLogGroup(t *testing.T) {
	p := newFixture(t, "registry")
	for options, reason := range map[string]string{
		"awslogs-group=/none awslogs-region=us-east-1":                           "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
		"awslogs-group=/none awslogs-region=us-east-1 awslogs-create-group=true": "",
		"awslogs-group=/none awslogs-region=us-west-2":                           "",
	} {
		log := map[string]string{"awslogs-stream-prefix": "x"}
		for option := range strings.FieldsSeq(options) {
			k, v, _ := strings.Cut(option, "=")
			log[k] = v
		}
		d := must(p.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String("logs"), Memory: aws.String("512"), Cpu: aws.String("256"), NetworkMode: "awsvpc",
			RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, ExecutionRoleArn: aws.String(appExecution),
			ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("c"), Image: aws.String("public.example.com/a:1"), LogConfiguration: &ecstypes.LogConfiguration{LogDriver: "awslogs", Options: log}}}}))(t)
		task := must(p.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("registry"), LaunchType: "FARGATE", TaskDefinition: d.TaskDefinition.TaskDefinitionArn,
			NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{natA}, SecurityGroups: []string{registryGroup}}}}))(t).Tasks[0]
		p.pass(3 * time.Minute)
		task = must(p.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String("registry"), Tasks: []string{*task.TaskArn}}))(t).Tasks[0]
		if got := fmt.Sprint(*task.LastStatus, " ", aws.ToString(task.StoppedReason)); (reason == "") != (*task.LastStatus == "RUNNING") || !strings.Contains(got, reason) {
			t.Errorf("%s: %s", options, got)
		}
	}
}

func TestCreateAndDeleteLogGroup(t *testing.T) {
	c := logsOf(open(t, named("closed")))
	create := func(name string) error {
		_, err := c.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name, Tags: map[string]string{"k": "v"}})
		return err
	}
	remove := func(name string) error {
		_, err := c.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &name})
		return err
	}
	for _, step := range []struct {
		do   func(string) error
		name string
		code string
	}{
		{create, "/new", ""}, {create, "/new", "ResourceAlreadyExistsException"}, {create, "/ecs/web", "ResourceAlreadyExistsException"},
		{create, "aws/new", "InvalidParameterException"}, {create, "/a b", "InvalidParameterException"},
		{remove, "/new", ""}, {remove, "/new", "ResourceNotFoundException"}, {create, "/new", ""},
	} {
		wantCode(t, step.do(step.name), step.code)
	}
	if got := groupNames(must(c.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/new")}))(t).LogGroups); !slices.Equal(got, []string{"/new"}) {
		t.Errorf("%q", got)
	}
}

func TestLogGroupRetentionAndTags(t *testing.T) {
	c := logsOf(open(t, named("closed")))
	web, none := aws.String("/ecs/web"), aws.String("/none")
	show := func() types.LogGroup {
		t.Helper()
		return must(c.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: web}))(t).LogGroups[0]
	}
	for _, tt := range []struct {
		name *string
		days int32
		code string
	}{{web, 30, ""}, {web, 31, "InvalidParameterException"}, {none, 30, "ResourceNotFoundException"}} {
		_, err := c.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: tt.name, RetentionInDays: &tt.days})
		wantCode(t, err, tt.code)
	}
	if got := show().RetentionInDays; aws.ToInt32(got) != 30 {
		t.Errorf("retention %v", got)
	}
	must(c.DeleteRetentionPolicy(ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: web}))(t)
	if got := show().RetentionInDays; got != nil {
		t.Errorf("retention %d", *got)
	}
	arn := show().LogGroupArn
	must(c.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "1", "b": "2"}}))(t)
	must(c.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a", "none"}}))(t)
	if got := must(c.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: arn}))(t).Tags; len(got) != 1 || got["b"] != "2" {
		t.Errorf("%v", got)
	}
	_, err := c.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: show().Arn}) // with :* at its end
	wantCode(t, err, "ResourceNotFoundException")
	_, err = c.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"aws:a": "1"}})
	wantCode(t, err, "InvalidParameterException")
}

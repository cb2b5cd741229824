package shape_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

func TestFill(t *testing.T) {
	var in ecs.RunTaskInput
	data := map[string]any{"cluster": "c", "count": 2, "launchType": "FARGATE", "tags": []any{map[string]any{"key": "K", "value": ""}},
		"networkConfiguration": map[string]any{"awsvpcConfiguration": map[string]any{"subnets": []string{"subnet-1"}}}}
	if err := shape.Camel.Fill(&in, data); err != nil {
		t.Fatal(err)
	}
	if sdk.ToString(in.Cluster) != "c" || sdk.ToInt32(in.Count) != 2 || in.LaunchType != ecstypes.LaunchTypeFargate || sdk.ToString(in.Tags[0].Value) != "" || in.Tags[0].Value == nil ||
		in.NetworkConfiguration.AwsvpcConfiguration.Subnets[0] != "subnet-1" {
		t.Errorf("%+v", in)
	}
	var certificates acm.ListCertificatesInput
	if err := shape.Mixed.Fill(&certificates, map[string]any{"Includes": map[string]any{"keyTypes": []any{"RSA_2048"}}}); err != nil || len(certificates.Includes.KeyTypes) != 1 {
		t.Errorf("%v %+v", err, certificates)
	}
}

func TestFillRefusesFieldsThatAWSDoesNotHave(t *testing.T) {
	for _, tc := range []struct {
		names   shape.Names
		in      any
		data    map[string]any
		message string
	}{
		{shape.Pascal, &ec2.CreateVpcEndpointInput{}, map[string]any{"VpcID": "x"}, `no field "VpcID"`},
		{shape.Pascal, &ec2.CreateVpcEndpointInput{}, map[string]any{"vpcId": "x"}, `no field "vpcId"`},
		{shape.Pascal, &ec2.CreateVpcEndpointInput{}, map[string]any{"TagSpecifications": []any{map[string]any{"Tags": []any{map[string]any{"key": "x"}}}}}, `no field "TagSpecifications.Tags.key"`},
		{shape.Pascal, &ec2.CreateVpcEndpointOutput{}, map[string]any{"ResultMetadata": "x"}, "no field"},
		{shape.Camel, &ecs.RunTaskInput{}, map[string]any{"Cluster": "x"}, `no field "Cluster"`},
		{shape.Mixed, &acm.ListCertificatesInput{}, map[string]any{"INCLUDES": nil}, `no field "INCLUDES"`},
		{shape.Pascal, &ec2.CreateVpcEndpointInput{}, map[string]any{"SubnetIds": "subnet-1"}, "SubnetIds"},
	} {
		if err := tc.names.Fill(tc.in, tc.data); err == nil || !strings.Contains(err.Error(), tc.message) {
			t.Errorf("%v: %v", tc.data, err)
		}
	}
}

func TestPlain(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678000000, time.UTC)
	for _, tc := range []struct {
		names shape.Names
		out   any
		want  map[string]any
	}{
		// Lists of the answer itself are present, and nothing else that AWS did not send.
		{shape.Pascal, &ec2.DescribeVpcEndpointsOutput{NextToken: sdk.String("two"), ResultMetadata: middleware.Metadata{}}, map[string]any{"VpcEndpoints": []any{}}},
		{shape.Pascal, &ec2.DescribeVpcEndpointsOutput{VpcEndpoints: []ec2types.VpcEndpoint{{VpcEndpointId: sdk.String(""), PrivateDnsEnabled: sdk.Bool(false), CreationTimestamp: &at, SubnetIds: []string{}}}},
			map[string]any{"VpcEndpoints": []any{map[string]any{"VpcEndpointId": "", "PrivateDnsEnabled": false, "CreationTimestamp": "2026-01-02T03:04:05.678000+00:00", "SubnetIds": []any{}}}}},
		// The keys of maps are the user's own.
		{shape.Camel, &ecs.DescribeTaskDefinitionOutput{TaskDefinition: &ecstypes.TaskDefinition{Revision: 3, NetworkMode: "awsvpc", ContainerDefinitions: []ecstypes.ContainerDefinition{{DockerLabels: map[string]string{"Owner": ""}, Command: []string{""}}}}},
			map[string]any{"tags": []any{}, "taskDefinition": map[string]any{"revision": 3., "networkMode": "awsvpc", "containerDefinitions": []any{
				map[string]any{"command": []any{""}, "cpu": 0., "dockerLabels": map[string]any{"Owner": ""}}}}}},
	} {
		if d := cmp.Diff(tc.want, tc.names.Plain(tc.out)); d != "" {
			t.Error(d)
		}
	}
	hook := ecstypes.DeploymentLifecycleHook{HookDetails: document.NewLazyDocument(map[string]any{"a": []int{1}})}
	if d := cmp.Diff(any(map[string]any{"hookDetails": map[string]any{"a": []any{1.0}}}), shape.Camel.Of(hook)); d != "" {
		t.Error(d)
	}
}

// full sets every field of a structure to something, as far as an answer may hold it.
func full(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		f := v.Field(i)
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f.Kind() {
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			if f.Elem().Kind() == reflect.String {
				f.Elem().SetString("x")
			}
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.Map:
			f.Set(reflect.MakeMap(f.Type()))
			f.SetMapIndex(reflect.New(f.Type().Key()).Elem(), reflect.New(f.Type().Elem()).Elem())
		case reflect.String:
			f.SetString("x")
		case reflect.Int32:
			f.SetInt(1)
		default:
			t.Fatalf("%s is a %v", v.Type().Field(i).Name, f.Kind())
		}
	}
}

// TestFieldsOfDefinitions names all that can be carried over to a new revision: a new
// version of the SDK may add some, which are then carried over too.
func TestFieldsOfDefinitions(t *testing.T) {
	var task ecstypes.TaskDefinition
	full(t, reflect.ValueOf(&task).Elem())
	if d := cmp.Diff(strings.Fields("containerDefinitions cpu enableFaultInjection ephemeralStorage executionRoleArn family inferenceAccelerators ipcMode memory networkMode "+
		"pidMode placementConstraints proxyConfiguration requiresCompatibilities runtimePlatform taskRoleArn trustedExecutionConfiguration volumes"), shape.Camel.Fields(task, ecs.RegisterTaskDefinitionInput{})); d != "" {
		t.Error(d)
	}
	var job batchtypes.JobDefinition
	full(t, reflect.ValueOf(&job).Elem())
	if d := cmp.Diff(strings.Fields("consumableResourceProperties containerProperties ecsProperties eksProperties jobDefinitionName nodeProperties parameters "+
		"platformCapabilities propagateTags retryStrategy schedulingPriority tags timeout type"), shape.Camel.Fields(job, batch.RegisterJobDefinitionInput{})); d != "" {
		t.Error(d)
	}
	if got := shape.Camel.Fields(ecstypes.TaskDefinition{}, ecs.RegisterTaskDefinitionInput{}); got != nil {
		t.Errorf("of nothing: %v", got)
	}
	// Sent, but empty: a text and tags are as if they were absent.
	task = ecstypes.TaskDefinition{Family: sdk.String("f"), Cpu: sdk.String(""), Volumes: []ecstypes.Volume{}, EnableFaultInjection: sdk.Bool(false)}
	if d := cmp.Diff([]string{"enableFaultInjection", "family", "volumes"}, shape.Camel.Fields(task, ecs.RegisterTaskDefinitionInput{})); d != "" {
		t.Error(d)
	}
	job = batchtypes.JobDefinition{Type: sdk.String(""), Tags: map[string]string{}, Parameters: map[string]string{}, PropagateTags: sdk.Bool(false), SchedulingPriority: sdk.Int32(0),
		PlatformCapabilities: []batchtypes.PlatformCapability{}, Revision: sdk.Int32(1)}
	if d := cmp.Diff([]string{"parameters", "platformCapabilities", "propagateTags", "schedulingPriority"}, shape.Camel.Fields(job, batch.RegisterJobDefinitionInput{})); d != "" {
		t.Error(d)
	}
}

// TestUnions: what a description holds is sent again, and what the SDK does not know is
// refused rather than lost.
func TestUnions(t *testing.T) {
	mps := &ecstypes.SharingStrategyMemberNvidiaMps{Value: ecstypes.NvidiaMpsAllocation{}}
	with := func(s ecstypes.SharingStrategy) ecstypes.TaskDefinition {
		return ecstypes.TaskDefinition{ContainerDefinitions: []ecstypes.ContainerDefinition{{ResourceRequirements: []ecstypes.ResourceRequirement{{SharingStrategy: s}}}}}
	}
	sent := shape.Camel.Of(with(mps)).(map[string]any)
	delete(sent, "revision") // AWS assigns it
	var again ecs.RegisterTaskDefinitionInput
	if err := shape.Camel.Fill(&again, sent, new(ecstypes.ServiceConnectContainerConfigurationMemberLogLevel), mps); err != nil {
		t.Fatal(err)
	}
	if got, ok := again.ContainerDefinitions[0].ResourceRequirements[0].SharingStrategy.(*ecstypes.SharingStrategyMemberNvidiaMps); !ok || got == mps {
		t.Errorf("%+v", again.ContainerDefinitions[0].ResourceRequirements[0])
	}
	sent = shape.Camel.Of(with(&ecstypes.UnknownUnionMember{Tag: "later"})).(map[string]any)
	delete(sent, "revision")
	if err := shape.Camel.Fill(&again, sent, mps); err == nil || !strings.Contains(err.Error(), `no field "containerDefinitions.resourceRequirements.sharingStrategy.later"`) {
		t.Error(err)
	}
}

// TestUnionsInDefinitions names all unions that a description of a definition can hold. A
// new one needs its members in internal/aws.
func TestUnionsInDefinitions(t *testing.T) {
	found := map[string]bool{}
	for _, v := range []any{ecs.RegisterTaskDefinitionInput{}, batch.RegisterJobDefinitionInput{}} {
		unions(reflect.TypeOf(v), nil, found)
	}
	if d := cmp.Diff([]string{"types.SharingStrategy"}, slices.Sorted(maps.Keys(found))); d != "" {
		t.Error(d)
	}
}

func unions(t reflect.Type, above []reflect.Type, found map[string]bool) {
	if slices.Contains(above, t) {
		return
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		unions(t.Elem(), append(above, t), found)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				unions(f.Type, append(above, t), found)
			}
		}
	case reflect.Interface:
		found[t.String()] = true
	}
}

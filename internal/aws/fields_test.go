package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// roots are the types that fieldTable begins with, and what the wizard copies from each.
var roots = []struct {
	sample any // a pointer
	read   func(any) any
}{
	{&ecstypes.TaskDefinition{}, func(v any) any {
		d := taskDefinition(*v.(*ecstypes.TaskDefinition), nil)
		d.Fields = nil // every field, for another revision
		return d
	}},
	{&ecstypes.Service{}, func(v any) any {
		s := *v.(*ecstypes.Service)
		return []any{service(s), sdk.ToString(s.Status) == "INACTIVE"} // load drops inactive services
	}},
	{&ecstypes.Cluster{}, func(v any) any {
		c := *v.(*ecstypes.Cluster)
		out := inventory.Cluster{ARN: sdk.ToString(c.ClusterArn)} // load knows it by its ARN
		describeCluster(&out, c)
		return out
	}},
	{&batchtypes.JobDefinition{}, func(v any) any {
		d, ok := jobDefinition(*v.(*batchtypes.JobDefinition))
		d.Fields = nil
		return []any{d, ok}
	}},
	{&batchtypes.ComputeEnvironmentDetail{}, func(v any) any {
		return computeEnvironment(*v.(*batchtypes.ComputeEnvironmentDetail))
	}},
}

// eksJobs is the only field with contents that are not classified: its jobs are left out.
var eksJobs = reflect.TypeFor[batchtypes.EksProperties]()

// inner returns the struct behind pointers, lists and maps; nil if there is none of the SDK.
func inner(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || t == eksJobs {
		return nil
	}
	return t
}

// typeName returns the name of a type in fieldTable: "ecs Service".
func typeName(t reflect.Type) string {
	return strings.Split(t.PkgPath(), "/")[len(strings.Split(t.PkgPath(), "/"))-2] + " " + t.Name()
}

// TestFieldsAreClassified compares fieldTable with the types of the SDK, in both directions.
func TestFieldsAreClassified(t *testing.T) {
	exist := map[string]bool{}
	var walk func(reflect.Type)
	walk = func(x reflect.Type) {
		name := typeName(x)
		if exist[name] {
			return
		}
		exist[name] = true
		classes, ok := fieldTable[name]
		if !ok {
			t.Errorf("%s is not in fieldTable", name)
		}
		of := map[string]int{}
		for f := range classes.read {
			of[f]++
		}
		for _, f := range strings.Fields(classes.noCall + " " + classes.notDocumented) {
			of[f]++
		}
		for i := range x.NumField() {
			f := x.Field(i)
			if !f.IsExported() {
				continue
			}
			if of[f.Name] != 1 {
				t.Errorf("%s.%s is classified %d times", name, f.Name, of[f.Name])
			}
			delete(of, f.Name)
			if next := inner(f.Type); next != nil {
				walk(next)
			}
		}
		for f := range of {
			t.Errorf("%s.%s does not exist", name, f)
		}
	}
	for _, r := range roots {
		walk(reflect.TypeOf(r.sample).Elem())
	}
	for name := range fieldTable {
		if !exist[name] && name != "batch EksProperties" {
			t.Errorf("type %s does not exist", name)
		}
	}
}

// special are values of a sample that a filled field must have so that the wizard reads it.
var special = map[string]any{
	"ecs LogConfiguration.LogDriver":                    ecstypes.LogDriverAwslogs,
	"ecs LogConfiguration.Options":                      map[string]string{"awslogs-group": "g", "awslogs-region": "r", "awslogs-create-group": "true"},
	"batch LogConfiguration.LogDriver":                  batchtypes.LogDriverAwslogs,
	"batch LogConfiguration.Options":                    map[string]string{"awslogs-group": "g"},
	"ecs FirelensConfiguration.Options":                 map[string]string{"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/f"},
	"batch FirelensConfiguration.Options":               map[string]string{"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/f"},
	"ecs ContainerDefinition.CredentialSpecs":           []string{"credentialspec:arn:aws:s3:::b/spec"},
	"ecs ContainerDefinition.DockerSecurityOptions":     []string{"credentialspec:arn:aws:ssm:r:1:parameter/spec"},
	"ecs Deployment.Status":                             sdk.String("PRIMARY"),
	"ecs TaskSet.Status":                                sdk.String("PRIMARY"),
	"ecs Service.Status":                                sdk.String("INACTIVE"),
	"ecs ClusterSetting.Name":                           ecstypes.ClusterSettingNameContainerInsights,
	"ecs ClusterSetting.Value":                          sdk.String("enabled"),
	"ecs ExecuteCommandConfiguration.Logging":           ecstypes.ExecuteCommandLoggingOverride,
	"ecs AwsVpcConfiguration.AssignPublicIp":            ecstypes.AssignPublicIpEnabled,
	"batch NetworkConfiguration.AssignPublicIp":         batchtypes.AssignPublicIpEnabled,
	"ecs CapacityProviderStrategyItem.CapacityProvider": sdk.String("FARGATE"),
	"ecs Service.LaunchType":                            ecstypes.LaunchTypeExternal,
	"ecs TaskSet.LaunchType":                            ecstypes.LaunchTypeExternal,
	"batch JobDefinition.ContainerOrchestrationType":    batchtypes.OrchestrationTypeEcs,
}

// sampleText matches the texts of a sample. Their numbers depend on the fields before them.
var sampleText = regexp.MustCompile(`x\d{3}`)

// fillSample sets every field of a sample, except those in without. Each text is different.
func fillSample(v reflect.Value, without []string, n *int) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*time.Time]() {
			v.Set(reflect.ValueOf(sdk.Time(time.Unix(1e9, 0))))
			return
		}
		if v.Type().Elem() == eksJobs {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fillSample(v.Elem(), without, n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillSample(v.Index(0), without, n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name := typeName(v.Type()) + "." + f.Name
			if !f.IsExported() || slices.Contains(without, name) {
				continue
			}
			if s, ok := special[name]; ok {
				v.Field(i).Set(reflect.ValueOf(s))
				continue
			}
			fillSample(v.Field(i), without, n)
		}
	case reflect.String:
		*n++
		v.SetString(fmt.Sprintf("x%03d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64, reflect.Int:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(7)
	}
}

// hiddenBy are fields that another field of a filled sample hides. The other field is then left out.
var hiddenBy = map[string][]string{
	"ecs TaskDefinition.RequiresCompatibilities":             {"ecs TaskDefinition.Compatibilities"},
	"ecs Service.TaskDefinition":                             {"ecs Service.TaskSets"},
	"ecs TaskSet.LaunchType":                                 {"ecs Service.TaskDefinition"},
	"ecs TaskSet.NetworkConfiguration":                       {"ecs Service.TaskDefinition"},
	"ecs TaskSet.PlatformVersion":                            {"ecs Service.TaskDefinition"},
	"ecs TaskSet.Status":                                     {"ecs Service.TaskDefinition"},
	"ecs TaskSet.TaskDefinition":                             {"ecs Service.TaskDefinition"},
	"batch ContainerProperties.ExecutionRoleArn":             {"batch EcsTaskProperties.ExecutionRoleArn"},
	"batch ContainerProperties.JobRoleArn":                   {"batch EcsTaskProperties.TaskRoleArn"},
	"ecs TaskDefinition.Compatibilities":                     {"ecs TaskDefinition.RequiresCompatibilities"},
	"ecs Service.TaskSets":                                   {"ecs Service.TaskDefinition"},
	"ecs Service.CapacityProviderStrategy":                   {"ecs Service.LaunchType"},
	"ecs CapacityProviderStrategyItem.CapacityProvider":      {"ecs Service.LaunchType"},
	"ecs TaskSet.CapacityProviderStrategy":                   {"ecs Service.TaskDefinition", "ecs TaskSet.LaunchType"},
	"batch EcsTaskProperties.ExecutionRoleArn":               {"batch ContainerProperties.ExecutionRoleArn"},
	"batch EcsTaskProperties.TaskRoleArn":                    {"batch ContainerProperties.JobRoleArn"},
	"batch EcsTaskProperties.PlatformVersion":                {"batch ContainerProperties.FargatePlatformConfiguration"},
	"batch EcsTaskProperties.RuntimePlatform":                {"batch ContainerProperties.RuntimePlatform"},
	"batch EcsTaskProperties.NetworkConfiguration":           {"batch ContainerProperties.NetworkConfiguration"},
	"batch EcsTaskProperties.Volumes":                        {"batch ContainerProperties.Volumes"},
	"batch EcsTaskProperties.EnableExecuteCommand":           {"batch ContainerProperties.EnableExecuteCommand"},
	"batch ContainerProperties.FargatePlatformConfiguration": {"batch EcsTaskProperties.PlatformVersion"},
	"batch FargatePlatformConfiguration.PlatformVersion":     {"batch EcsTaskProperties.PlatformVersion"},
	"batch ContainerProperties.RuntimePlatform":              {"batch EcsTaskProperties.RuntimePlatform"},
	"batch ContainerProperties.NetworkConfiguration":         {"batch EcsTaskProperties.NetworkConfiguration"},
	"batch ContainerProperties.Volumes":                      {"batch EcsTaskProperties.Volumes"},
	"batch ContainerProperties.EnableExecuteCommand":         {"batch EcsTaskProperties.EnableExecuteCommand"},
}

// withoutEffect are fields that the wizard reads and that change nothing in a filled sample.
var withoutEffect = []string{
	"batch JobDefinition.EksProperties",              // left out of the sample: it drops the definition
	"batch NodeRangeProperty.EksProperties",          // likewise
	"batch JobDefinition.ContainerOrchestrationType", // only EKS matters
}

// TestFieldsAreRead leaves each field of a filled sample out. What the wizard copies changes exactly if
// the field is classified as read.
func TestFieldsAreRead(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range roots {
		typ := reflect.TypeOf(r.sample).Elem()
		copied := func(without ...string) string {
			v, n := reflect.New(typ), 0
			fillSample(v.Elem(), without, &n)
			b, err := json.Marshal(r.read(v.Interface()))
			if err != nil {
				t.Fatal(err)
			}
			return sampleText.ReplaceAllString(string(b), "x")
		}
		var walk func(reflect.Type)
		walk = func(x reflect.Type) {
			name := typeName(x)
			if seen[name] {
				return
			}
			seen[name] = true
			for i := range x.NumField() {
				f := x.Field(i)
				if !f.IsExported() {
					continue
				}
				field := name + "." + f.Name
				_, read := fieldTable[name].read[f.Name]
				undocumented := slices.Contains(strings.Fields(fieldTable[name].notDocumented), f.Name)
				base := hiddenBy[field]
				changed := copied(base...) != copied(append(slices.Clone(base), field)...)
				if changed != read && !undocumented && !slices.Contains(withoutEffect, field) {
					t.Errorf("%s: read is %v, and leaving it out changes the copy: %v", field, read, changed)
				}
				if next := inner(f.Type); next != nil {
					walk(next)
				}
			}
		}
		walk(typ)
	}
	for name := range maps.Keys(hiddenBy) {
		if !seen[name[:strings.LastIndexByte(name, '.')]] {
			t.Errorf("%s does not exist", name)
		}
	}
}

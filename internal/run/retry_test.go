package run_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// refusal is an error of AWS with a code.
type refusal struct{ code, text string }

func (r refusal) Error() string     { return r.code + ": " + r.text }
func (r refusal) ErrorCode() string { return r.code }

// TestRetriesWhatIsNotKnownYet repeats a call while AWS does not know a resource that the plan created or
// changed before it. Other errors are not repeated.
func TestRetriesWhatIsNotKnownYet(t *testing.T) {
	const hostnames = "vpc-attribute/dns-hostnames"
	create := resource.Change{ID: "endpoint/logs", Op: resource.Create, After: []resource.ID{hostnames}, Spec: resource.InterfaceEndpoint{VPC: "vpc-1", Service: "logs", PrivateDNS: true}}
	modify := resource.Change{ID: "endpoint/logs", Op: resource.Modify, Existing: "vpce-1", After: []resource.ID{hostnames}, Spec: resource.EndpointChange{VPC: "vpc-1", Service: "logs", Type: "Interface", Endpoint: "vpce-1", PrivateDNS: true}}
	needs := refusal{"InvalidParameter", "it needs enableDnsHostnames"}
	for name, tt := range map[string]struct {
		before  resource.Op
		change  resource.Change
		refusal refusal
		calls   int
	}{
		"a new resource":                {resource.Create, create, refusal{"InvalidVpc.NotFound", ""}, 2},
		"a new role":                    {resource.Create, create, refusal{"NoSuchEntity", ""}, 2},
		"a text of the call":            {resource.Create, create, needs, 2},
		"a text after a modification":   {resource.Modify, create, needs, 2},
		"a text, for a modification":    {resource.Modify, modify, needs, 2},
		"modified with nothing new":     {resource.Keep, modify, needs, 1},
		"a text of another call":        {resource.Create, create, refusal{"InvalidParameter", "Invalid IAM Instance Profile"}, 1},
		"missing, after a modification": {resource.Modify, create, refusal{"InvalidVpc.NotFound", ""}, 1},
		"missing, with nothing new":     {resource.Keep, create, refusal{"InvalidVpc.NotFound", ""}, 1},
		"a text with nothing new":       {resource.Keep, create, needs, 1},
		"another error":                 {resource.Create, create, refusal{"InvalidParameter", ""}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &plan.Plan{VPC: "vpc-1", Changes: []resource.Change{
					{ID: hostnames, Op: tt.before, Existing: "vpc-1", Spec: resource.VPCAttribute{VPC: "vpc-1", Attribute: "enableDnsHostnames"}},
					tt.change,
				}}
				calls := 0
				run.Apply(t.Context(), p, run.Options{RunID: "r", Now: time.Now, Caller: callerFunc(func(_ context.Context, _, op string, _ map[string]any) (any, error) {
					switch op {
					case "DescribeVpcAttribute":
						return map[string]any{"EnableDnsHostnames": map[string]any{"Value": true}}, nil
					case "CreateVpcEndpoint", "ModifyVpcEndpoint":
						if calls++; calls == 1 {
							return nil, tt.refusal
						}
						return map[string]any{"VpcEndpoint": map[string]any{"VpcEndpointId": "vpce-1"}}, nil
					case "DescribeVpcEndpoints":
						if calls > 1 {
							return map[string]any{"VpcEndpoints": []any{map[string]any{"VpcEndpointId": "vpce-1", "State": "available"}}}, nil
						}
					}
					return map[string]any{}, nil
				})})
				if calls != tt.calls {
					t.Errorf("%d calls, want %d", calls, tt.calls)
				}
			})
		})
	}
}

package resource

import "testing"

// TestRefused: the error in an answer with the status 200 is as the AWS CLI writes one, and nothing otherwise.
func TestRefused(t *testing.T) {
	list := func(name string, items ...any) map[string]any { return map[string]any{name: items} }
	for _, tt := range []struct {
		service, op string
		answer      any
		want        string
	}{
		{"ec2", "CreateFlowLogs", list("Unsuccessful", map[string]any{"ResourceId": "vpc-1", "Error": map[string]any{"Code": "400", "Message": "Access Denied"}}), "An error occurred (400): vpc-1: Access Denied"},
		{"ec2", "DeleteVpcEndpoints", list("Unsuccessful", map[string]any{"ResourceId": "vpce-1"}, map[string]any{"ResourceId": "vpce-2"}), "An error occurred (Unsuccessful): vpce-1"},
		{"ecs", "RunTask", list("failures", map[string]any{"arn": "arn:i", "reason": "RESOURCE:CPU"}), "An error occurred (RESOURCE:CPU): arn:i"},
		{"ecs", "UpdateContainerInstancesState", list("failures", map[string]any{"arn": "arn:i", "reason": "MISSING", "detail": "unknown"}), "An error occurred (MISSING): arn:i: unknown"},
		{"ec2", "DeleteFlowLogs", list("Unsuccessful"), "None"},
		{"ec2", "DeleteFlowLogs", map[string]any{}, "None"},
	} {
		_, expression := Refused(tt.service, tt.op)
		got, err := Query(expression, tt.answer)
		if text := Text(got); err != nil || !Found(got) && tt.want != "None" || Found(got) && text != tt.want {
			t.Errorf("%s: %q, %v", tt.op, text, err)
		}
	}
	if name, expression := Refused("ec2", "CreateVpcEndpoint"); name != "" || expression != "" || Unsuccessful("ec2", "DescribeVpcs") != "" {
		t.Errorf("%q %q", name, expression)
	}
}

// TestTypical: the slowest change decides, and a restart of agents has no typical time. What exists takes no time.
func TestTypical(t *testing.T) {
	endpoint, service := Change{Op: Create, Spec: InterfaceEndpoint{}}, Change{Op: Create, Spec: ECSService{}}
	for name, tt := range map[string]struct {
		changes []Change
		want    [2]int
	}{
		"the slowest":      {[]Change{service, endpoint}, [2]int{60, 300}},
		"existing":         {[]Change{endpoint, {Op: Keep, Spec: ECSService{}}}, [2]int{60, 120}},
		"an environment":   {[]Change{endpoint, {Op: Modify, Spec: EnvironmentOption{}}}, [2]int{1200, 1800}},
		"a wait":           {[]Change{endpoint, {Op: Run, Spec: EnvironmentWait{}}}, [2]int{1200, 1800}},
		"agents":           {[]Change{endpoint, {Op: Run, Spec: AgentRestart{}}, service}, [2]int{}},
		"existing, agents": {[]Change{endpoint, {Op: Keep, Spec: AgentRestart{}}}, [2]int{60, 120}},
		"not known":        {[]Change{{Op: Create, Spec: Subnet{}}}, [2]int{}},
	} {
		if got := Typical(tt.changes); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

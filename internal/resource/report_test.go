package resource

import "testing"

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

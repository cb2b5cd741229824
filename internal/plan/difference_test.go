package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// TestDifferences compares a plan with one for an account that somebody else changed in the meantime.
func TestDifferences(t *testing.T) {
	for name, tt := range map[string]struct {
		move func(*plantest.World)
		want []string // parts of the sentences, in order
	}{
		"nothing": {func(*plantest.World) {}, nil},
		// More clients are counted in reasons, but the plan does the same.
		"one more client": {func(w *plantest.World) {
			i := w.Net().Interfaces[0]
			i.ID, i.IP = "eni-10", "10.0.100.10"
			w.Iface(i)
		}, nil},
		"an endpoint was created": {func(w *plantest.World) {
			w.Group(plantest.Wide())
			w.Endpoint(plantest.Ready("logs"))
		}, []string{"Before: Create the logs interface endpoint in us-east-1a, us-east-1b, us-east-1c (to create). Now: "}},
		"DNS was turned off": {func(w *plantest.World) { w.Net().DNSSupport = false }, []string{"Now: Turn on DNS support of the VPC (to modify)."}},
		"another image":      {func(w *plantest.World) { w.Def().Containers[0].Image = "registry.example.com/web:1" }, []string{"No longer in the plan: Create the ecr"}},
		"a new secret":       {func(w *plantest.World) { w.Ans.Extra = []string{"sts"} }, []string{"New: Create the sts interface endpoint"}},
		"a rule appeared":    {func(w *plantest.World) { w.Net().Subnets[0].Free = 0 }, []string{"New error G-IPFREE"}},
		"a policy changed": {func(w *plantest.World) {
			w.Group(plantest.Wide())
			e := plantest.Ready("logs")
			e.Policy = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"logs:Delete*","Resource":"*"}]}`
			w.Endpoint(e)
		}, []string{"logs interface endpoint"}},
	} {
		before, after := plantest.New(), plantest.New()
		for _, w := range []*plantest.World{before, after} {
			plantest.Elsewhere(w)
			w.Inv.Services = append(w.Inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1.sts", Type: "Interface", PolicySupported: true, Zones: []string{"us-east-1a", "us-east-1b", "us-east-1c"}, IPTypes: []string{"ipv4"}})
		}
		tt.move(after)
		got := before.Plan().Differences(after.Plan())
		for _, want := range tt.want {
			if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, want) }) {
				t.Errorf("%s: %q is not in %q", name, want, got)
			}
		}
		if tt.want == nil && len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestDifferencesOfDetails: the same change with other calls is a difference.
func TestDifferencesOfDetails(t *testing.T) {
	before, after := plantest.New(), plantest.New()
	before.Ans.Tags, after.Ans.Tags = map[string]string{"team": "a"}, map[string]string{"team": "b"}
	got := before.Plan().Differences(after.Plan())
	if len(got) == 0 || got[0] != "Changed: Create a security group for the endpoints. Its details are different." {
		t.Errorf("%q", got)
	}
}

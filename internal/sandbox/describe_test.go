package sandbox

import (
	"strings"
	"testing"
)

// TestFiltersHaveFields compiles every filter, because a path without a field panics.
func TestFiltersHaveFields(t *testing.T) {
	compile(t, endpointKind)
	compile(t, serviceKind)
	compile(t, groupKind)
	compile(t, ruleKind)
	compile(t, instanceKind)
	compile(t, imageKind)
	compile(t, regionKind)
	compile(t, zoneKind)
	compile(t, vpcKind)
	compile(t, dhcpKind)
	compile(t, subnetKind)
	compile(t, routeTableKind)
	compile(t, igwKind)
	compile(t, natKind)
	compile(t, addressKind)
	compile(t, flowLogKind)
	compile(t, peeringKind)
	compile(t, interfaceKind)
	compile(t, aclKind)
	compile(t, prefixListKind)
	compile(t, statusKind)
	compile(t, keyPairKind)
	compile(t, vpnKind)
	compile(t, vpnNetworkKind)
	compile(t, vpnRuleKind)
}

func compile[P any](t *testing.T, k *kind[P]) {
	t.Helper()
	for _, f := range strings.Fields(k.filters) {
		name, _, _ := strings.Cut(f, "=")
		if k.values(name) == nil {
			t.Errorf("no values for %s", name)
		}
	}
}

//go:build acceptance

package aws

import (
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// TestAcceptanceServiceNamesOfTheSandbox compares the endpoint services of the sandbox with the list
// that moto took from AWS.
func TestAcceptanceServiceNamesOfTheSandbox(t *testing.T) {
	in := inventory.Request{Part: inventory.PartServices}
	load := func(o Options) inventory.Inventory {
		t.Helper()
		o.Region = "us-east-1"
		c, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		inv, err := c.Load(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return inv
	}
	account, err := sandbox.New(sandbox.Options{Scenario: "closed"})
	if err != nil {
		t.Fatal(err)
	}
	sandboxed := load(Options{Transport: account})
	moto(t)
	listed := load(Options{})
	var names []string
	for _, s := range listed.Services {
		names = append(names, s.Name)
	}
	// AWS has these, and moto does not list them yet (user guides of the services, VPC endpoints).
	newer := []string{"batch-fips", "ecs-fips", "ecr-fips.api", "ecr-fips.dkr", "ecr-public.api", "airflow-fips.api", "airflow-fips.env"}
	compared := 0
	for _, s := range sandboxed.Services {
		compared++
		if !slices.Contains(names, s.Name) && !slices.ContainsFunc(newer, func(n string) bool { return s.Name == "com.amazonaws.us-east-1."+n }) {
			t.Errorf("the sandbox has %s, which AWS does not have", s.Name)
		}
	}
	if compared < 50 {
		t.Errorf("only %d services compared", compared)
	}
}

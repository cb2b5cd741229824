package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// No list of a plan is null, also if the plan is empty because nothing could be read, or because the
// workload needs no endpoint.
func TestNoListIsNull(t *testing.T) {
	none := []string{}
	for _, w := range answers.Supported {
		for _, inv := range []*inventory.Inventory{
			{},
			{Region: "us-east-1", VPCs: []inventory.VPC{{ID: "vpc-1"}}},
			{Region: "us-east-1", VPCs: []inventory.VPC{{ID: "vpc-1"}}, Networks: []inventory.Network{{VPC: "vpc-1", Subnets: []inventory.Subnet{{ID: "subnet-1", VPC: "vpc-1"}}}}},
		} {
			for _, dns := range []bool{true, false} {
				ans := answers.Answers{Workload: w, VPC: "vpc-1", Region: "us-east-1", Needs: &none, PrivateDNS: &dns, Clients: []string{"subnet-1"}}
				b, err := json.Marshal(plan.Build(inv, ans))
				if err != nil {
					t.Fatal(err)
				}
				for _, key := range []string{"needs", "actions", "findings", "claims", "gaps", "after", "rules"} {
					if strings.Contains(string(b), `"`+key+`":null`) {
						t.Errorf("%s, %+v: %s is null", w, inv, key)
					}
				}
			}
		}
	}
}

package plan_test

import (
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

const (
	account = plantest.Account
	region  = plantest.Region
	vpc     = plantest.VPC
	image   = plantest.Image
	secret  = plantest.Secret
)

func rows(p *plan.Plan) map[resource.ID]resource.Op {
	out := map[resource.ID]resource.Op{}
	for _, a := range p.Changes {
		out[a.ID] = a.Op
	}
	return out
}

func finding(p *plan.Plan, rule string) *plan.Finding {
	for i := range p.Findings {
		if p.Findings[i].Rule == rule {
			return &p.Findings[i]
		}
	}
	return nil
}

func noFindings(t *testing.T, p *plan.Plan) {
	t.Helper()
	for _, f := range p.Findings {
		t.Errorf("unexpected finding: %s %s %s: %s", f.Severity, f.Rule, f.Resource, f.Message)
	}
}

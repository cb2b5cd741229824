package export

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// airflow is the plan for an environment of Amazon MWAA that waits for its endpoints.
// Its security group does not allow traffic from itself.
func airflow(resources) *plan.Plan {
	w := plantest.New()
	plantest.Waiting(w)
	g := w.Net().Group("sg-airflow")
	g.Rules = g.Rules[1:]
	return w.Plan()
}

package steps

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

func workloadStep() *Step {
	return &Step{
		ID: "workload", Title: "Workload", Kind: One,
		Terms:   []*terms.Term{terms.InterfaceEndpoint, terms.GatewayEndpoint, terms.Routes},
		Ask:     text("What do you run in the VPC?"),
		Help:    text("Each workload calls different AWS services, so each needs different endpoints."),
		Applies: always,
		Needs:   func(State) []inventory.Request { return nil },
		Options: func(State) []Option {
			var out []Option
			for _, w := range families.All {
				out = append(out, Option{Value: string(w.Name), Label: w.Label, Details: w.Details})
			}
			return out
		},
		Selected: func(s State) []string {
			if s.Ans.Workload != "" {
				return []string{string(s.Ans.Workload)}
			}
			return []string{string(families.All[0].Name)}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("workload", One, workloadStep().Options(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			var cleared []string
			if old := a.Workload; old != "" && old != answers.Workload(v[0]) {
				cleared = append(clearFirst(s, &a), clearChosen(s, &a, true)...)
			}
			a.Workload = answers.Workload(v[0])
			w := families.Of(a.Workload)
			if !w.OwnHosts {
				a.Agent = answers.Agent{}
			}
			if w.Definition == "" {
				cleared = append(cleared, clearRegistry(&a)...)
			}
			if !w.WebServer {
				a.Airflow = answers.Airflow{}
			}
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(s State) string { return strings.TrimPrefix(s.workload().Title, "Amazon ") },
	}
}

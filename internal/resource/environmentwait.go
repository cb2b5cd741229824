package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// EnvironmentWait waits until Amazon MWAA has created an environment.
type EnvironmentWait struct {
	Environment string `aws:"Name"`
}

// Kind implements Spec.
func (EnvironmentWait) Kind() string { return "environment-wait" }

// Terms implements Spec.
func (EnvironmentWait) Terms() []*terms.Term { return []*terms.Term{terms.PrivateWebServer} }

func (EnvironmentWait) onlyWaits() {}

func (EnvironmentWait) progress() Progress { return Progress{Typical: environmentTime} }

// environmentTime is how long Amazon MWAA usually creates or updates an environment, in seconds (Amazon MWAA user guide, Create an
// Amazon MWAA environment, https://docs.aws.amazon.com/mwaa/latest/userguide/create-environment.html).
var environmentTime = [2]int{20 * 60, 30 * 60}

// Cells implements Spec.
func (s EnvironmentWait) Cells(Names, Change) Cells {
	return Cells{"MWAA environment", s.Environment, "", "wait until it is created"}
}

// Steps waits until an environment is created. Amazon MWAA continues after its
// endpoints exist.
func (s EnvironmentWait) Steps(a Change) Steps {
	return Steps{Out: a.Existing, Parts: []Part{{Label: "wait until Amazon MWAA has created environment " + s.Environment, Steps: Steps{Until: &Until{
		ID: s.Environment, Call: environment(s.Environment, expr("[[Environment.Name, Environment.Status]]")),
		Want: "AVAILABLE", Fail: []string{"CREATE_FAILED", "UNAVAILABLE", "DELETING", "DELETED"}, Every: 10, Limit: 3600,
		Help: "Amazon MWAA continues without this program: see its console. Run again to check.",
	}}}}}
}

// environment reads an environment of Amazon MWAA.
func environment(name string, out []Value) Call {
	return Call{Service: "mwaa", Op: "GetEnvironment", In: map[string]any{"Name": name}, Out: out}
}

// AirflowStatus claims that an Amazon MWAA environment is AVAILABLE.
type AirflowStatus struct {
	Environment string `json:"environment"` // name
}

// Kind implements Measure.
func (AirflowStatus) Kind() ClaimKind { return "environment-status" }

func (m AirflowStatus) check(Claim, *Change) (Check, bool) {
	return equals(environment(m.Environment, expr("Environment.Status")), "AVAILABLE")
}

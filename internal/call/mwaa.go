package call

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

// environment reads an environment of Amazon MWAA.
func environment(name string, out []plan.Value) Call {
	return Call{Service: "mwaa", Op: "GetEnvironment", In: map[string]any{"Name": name}, Out: out}
}

// environmentWait waits until an environment is created. Amazon MWAA continues after its
// endpoints exist.
func environmentWait(a plan.Change, s plan.EnvironmentWait) Steps {
	return Steps{Out: a.Existing, Parts: []Part{{Label: "wait until Amazon MWAA has created environment " + s.Environment, Steps: Steps{Until: &Until{
		ID: s.Environment, Call: environment(s.Environment, expr("[[Environment.Name, Environment.Status]]")),
		Want: "AVAILABLE", Fail: []string{"CREATE_FAILED", "UNAVAILABLE", "DELETING", "DELETED"}, Every: 10, Limit: 3600,
		Help: "Amazon MWAA continues without this program: see its console. Run again to check.",
	}}}}}
}

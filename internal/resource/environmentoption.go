package resource

import (
	"cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// EnvironmentOption sets one configuration option of an Amazon MWAA environment.
type EnvironmentOption struct {
	Environment string `aws:"Name"`
	Option      string `aws:"Option"`
	Value       string `aws:"Value"`
}

// Kind implements Spec.
func (EnvironmentOption) Kind() string { return "environment-option" }

// Terms implements Spec.
func (EnvironmentOption) Terms() []*terms.Term { return []*terms.Term{terms.PrivateWebServer} }

// Cells implements Spec.
func (s EnvironmentOption) Cells(Names, Change) Cells {
	return Cells{"MWAA option", s.Option, "environment " + s.Environment, s.Value}
}

func (EnvironmentOption) progress() Progress { return Progress{Typical: environmentTime} }

// After implements Modifier.
func (s EnvironmentOption) After(Names, string) string { return s.Value }

// terraform leaves the option to the script: aws_mwaa_environment would take over all options of the environment.
func (EnvironmentOption) terraform(Change) Declared {
	return cannot("The environment exists, and the provider has no resource for a single option of it.")
}

// Steps adds an option to those of an environment. The same call reads the existing
// options and sends them back, so none of them passes through the plan.
func (s EnvironmentOption) Steps(a Change) Steps {
	options, option := "Environment.AirflowConfigurationOptions", `"`+s.Option+`"`
	find := environment(s.Environment, expr(options+"."+option+"==", Lit(s.Value), " && Environment.Name"))
	if a.Op == Keep {
		return Steps{Find: &find}
	}
	set := expr("{"+option+": ", Lit(s.Value), "}")
	base := environment(s.Environment, expr("{Name: Environment.Name, AirflowConfigurationOptions: "+options+" && merge("+options+", ", set, ") || ", set, "}"))
	ready := Until{ID: s.Environment, Call: environment(s.Environment, expr("[[Environment.Name, Environment.Status]]")), Want: "AVAILABLE",
		Fail: []string{"UPDATE_FAILED", "UNAVAILABLE", "DELETING", "DELETED"}, Every: 30, Limit: 5400,
		Help: "Amazon MWAA continues without this program: see its console. Run again to check.", What: "[[Environment.Name, Environment.LastUpdate.Error.ErrorMessage || '']]"}
	// An update may be in progress: one of somebody else, or one of an earlier run that ended before it. Amazon MWAA shows
	// its options afterwards. A failed one does not prevent the next.
	before := ready
	before.Fail = []string{"DELETING", "DELETED"}
	before.Call.Out = expr("[[Environment.Name, contains(['CREATING', 'UPDATING', 'CREATING_SNAPSHOT', 'MAINTENANCE', 'ROLLING_BACK'], Environment.Status) && 'busy' || 'AVAILABLE']]")
	updating := environment(s.Environment, expr("Environment.Status=='UPDATING' && Environment.Name"))
	value := "AirflowConfigurationOptions." + option
	seen, _ := a.Before[s.Option].(string)
	_, other := place("[Environment]", "Name", expr("Name"), needs(expr("(!("+value+") || "+value+"==", Lit(s.Value), " || "+value+"==", Lit(seen), ")"),
		"'"+s.Option+" is '", value, "' (plan: '", Lit(cmp.Or(seen, "not set")), "')'"))
	return Steps{Parts: []Part{
		{Label: "wait until environment " + s.Environment + " is not being updated", Steps: Steps{Until: &before}},
		{Label: "set the option", Steps: Steps{Find: &find, Other: other, Do: []Call{{Service: "mwaa", Op: "UpdateEnvironment", Base: &base, Out: expr(Lit(s.Environment)), Sent: &updating}}, Until: &ready,
			Stays: s.Option + " of environment " + s.Environment + " stays. Change it in the console of Amazon MWAA."}},
	}}
}

func (s EnvironmentOption) cloudFormation(Change) Declared { return cannot(Owned) }

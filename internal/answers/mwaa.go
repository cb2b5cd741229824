package answers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The lists of endpoints that an environment of Amazon MWAA can be given.
const (
	EndpointsCurrent = "current" // of the user guide as it is
	Endpoints2023    = "2023"    // of that of 2023, which names more
)

// Airflow says which environment of Amazon MWAA the plan is for, and which list of
// endpoints it goes by.
type Airflow struct {
	Environment string `yaml:"environment,omitempty"` // name; empty means every one in the VPC
	Endpoints   string `yaml:"endpoints,omitempty"`   // empty means current
}

// AirflowNeeds are the needs that an environment can have; what every one needs is
// planned whatever they say.
var AirflowNeeds = []string{"secretsmanager", "ssm-parameters", "workload-api"}

// MWAA tells whether the workload is an environment of Amazon MWAA.
func (w Workload) MWAA() bool { return w == MWAA }

var (
	mwaaKeys      = []string{"environment", "endpoints"}
	endpointLists = []string{EndpointsCurrent, Endpoints2023}
	// airflowName: at most 80 characters (API reference of Amazon MWAA, Environment).
	airflowName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

// invalidAirflow judges the values of the mapping that `mwaa` takes.
func invalidAirflow(key, v string) string {
	switch {
	case key == "mwaa.environment" && (len(v) > 80 || !airflowName.MatchString(v)):
		return "is no name of an environment of Amazon MWAA; it begins with a letter and has at most 80 letters, digits, - and _"
	case key == "mwaa.endpoints" && !slices.Contains(endpointLists, v):
		return "is no list of endpoints" + suggest(v, endpointLists) + "; allowed are " + words(endpointLists)
	}
	return ""
}

func (l *loader) mwaa(key string, n ast.Node) Airflow {
	var a Airflow
	for _, kv := range l.fields(key, n, mwaaKeys, "{environment: nightly, endpoints: current}") {
		path := key + "." + kv.name
		switch kv.name {
		case "environment":
			a.Environment = l.scalar(path, kv.value)
		case "endpoints":
			a.Endpoints = l.year(path, kv.value)
		}
	}
	return a
}

// year reads a text that may be a year, which YAML takes for a number: 2023 means the
// same to every reader.
func (l *loader) year(path string, n ast.Node) string {
	if _, number := n.(*ast.IntegerNode); !number {
		return l.scalar(path, n)
	}
	at := n.GetToken()
	if problem := invalid(path, at.Value); problem != "" {
		l.refuse(path, n, at.Value, problem)
		return ""
	}
	l.file.places[path] = place{at.Position.Line, at.Position.Column, at.Value}
	return at.Value
}

// airflowCombinations finds what does not go with Amazon MWAA, or goes with it only.
func (f *File) airflowCombinations(a Answers, fail func(path, text, problem string)) {
	if a.Workload == "" {
		return
	}
	if !a.Workload.MWAA() {
		if a.Airflow != (Airflow{}) {
			fail("mwaa", "", fmt.Sprintf("goes with the workload %s, not with %s; remove it", MWAA, a.Workload))
		}
		return
	}
	if a.Service != "" {
		fail("service", a.Service, fmt.Sprintf("goes with the workloads %s, not with %s; name mwaa.environment or remove it", words([]Workload{ECSFargate, ECSEC2}), a.Workload))
	}
	for path, at := range f.places {
		if strings.HasPrefix(path, "needs[") && !slices.Contains(AirflowNeeds, at.text) {
			fail(path, at.text, fmt.Sprintf("is no need of the workload %s; allowed are %s. What every environment needs is planned anyway", a.Workload, words(AirflowNeeds)))
		}
	}
}

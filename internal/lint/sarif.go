package lint

import "github.com/privatelink-wizard/privatelink-wizard/internal/sarif"

// About says what the rules of this package find, by rule id.
var About = map[string]string{
	Template:  "A name is of another Region or partition, or of a Region that does not exist.",
	Exists:    "The name of an endpoint service begins differently in this partition.",
	NewRegion: "A Region introduced on or after 2023-12-23 needs all three endpoints of Amazon ECS.",
	ECRPair:   "One ECR endpoint without the other: image pulls need ecr.api and ecr.dkr.",
	DNSOff:    "Private DNS of an interface endpoint is off, and clients of the service use its default name.",
	DNSECR:    "Private DNS of the ecr.dkr endpoint is off, and Amazon ECR requires it.",
	Routes:    "A gateway endpoint has no route tables, so no subnet uses it.",
	Type:      "An endpoint is of type Gateway, and the service has no gateway endpoint.",
	S3:        "Amazon ECR with an interface endpoint of Amazon S3, without the gateway endpoint.",
}

// SARIF returns the findings as a SARIF 2.1.0 log, ready for a JSON encoder.
func SARIF(version string, found []Finding) any {
	var results []sarif.Result
	for _, f := range found {
		results = append(results, sarif.Result{
			Rule: sarif.Rule{ID: f.Rule, Text: About[f.Rule]}, Level: f.Severity, Message: f.Message + " Fix: " + f.Fix,
			File: f.File, Line: f.Line, Column: f.Column,
		})
	}
	return sarif.Log("wizard lint", version, results)
}

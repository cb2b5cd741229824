package lint

import (
	"net/url"
	"path/filepath"
	"slices"
)

// The parts of a SARIF 2.1.0 log that SARIF writes (OASIS, Static Analysis Results Interchange
// Format Version 2.1.0).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

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
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "wizard lint", Version: version, Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	rules := &run.Tool.Driver.Rules
	for _, f := range found {
		i := slices.IndexFunc(*rules, func(r sarifRule) bool { return r.ID == f.Rule })
		if i < 0 {
			i = len(*rules)
			*rules = append(*rules, sarifRule{f.Rule, sarifText{About[f.Rule]}})
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: f.Rule, RuleIndex: i, Level: f.Severity, Message: sarifText{f.Message + " Fix: " + f.Fix},
			Locations: []sarifLocation{{sarifPhysical{sarifArtifact{uri(f.File)}, sarifRegion{f.Line, f.Column}}}},
		})
	}
	return sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	}
}

// uri returns the relative or absolute URI of a file.
func uri(name string) string {
	if name == "-" {
		return "stdin"
	}
	u := url.URL{Path: filepath.ToSlash(name)}
	if filepath.IsAbs(name) {
		u.Scheme = "file"
	}
	return u.String()
}

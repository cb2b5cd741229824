// Package sarif writes logs in the Static Analysis Results Interchange Format (SARIF) 2.1.0 of OASIS, for code scanning.
package sarif

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
)

// The values of Result.Level. Code scanning shows them as the severity.
const (
	Error   = "error"
	Warning = "warning"
	Note    = "note"
)

// Rule is what results are about.
type Rule struct {
	ID   string
	Text string // what it finds
	Help string // where to read on; may be empty
	Page string // address of a page to read on; may be empty
}

// Result is one finding.
type Result struct {
	Rule    Rule
	Level   string
	Message string
	File    string // its name; "-" is standard input
	Line    int    // from 1
	Column  int    // from 1, in characters; 0 if only the line is known
	// About names what the result is about, and is the same in each run. Without it, results of the same rule on the same
	// line are one alert on GitHub.
	About string
	// Accepted says why the result does not count; empty if it does.
	Accepted string
}

// The parts of a log that Log writes.
type (
	log struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}
	run struct {
		Tool       tool     `json:"tool"`
		ColumnKind string   `json:"columnKind"`
		Results    []result `json:"results"`
	}
	tool struct {
		Driver driver `json:"driver"`
	}
	driver struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
		Rules   []rule `json:"rules"`
	}
	rule struct {
		ID               string `json:"id"`
		ShortDescription text   `json:"shortDescription"`
		Help             text   `json:"help,omitzero"`
		HelpURI          string `json:"helpUri,omitempty"`
	}
	text struct {
		Text string `json:"text"`
	}
	result struct {
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             text              `json:"message"`
		Locations           []location        `json:"locations"`
		PartialFingerprints map[string]string `json:"partialFingerprints,omitempty"`
		Suppressions        []suppression     `json:"suppressions,omitzero"`
	}
	location struct {
		PhysicalLocation physical `json:"physicalLocation"`
	}
	physical struct {
		ArtifactLocation artifact `json:"artifactLocation"`
		Region           region   `json:"region"`
	}
	artifact struct {
		URI string `json:"uri"`
	}
	region struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	suppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

// Log returns the results of a tool, such as "wizard lint", as a log for a JSON encoder. It lists the rules of the results.
func Log(name, version string, results []Result) any {
	r := run{
		Tool:       tool{driver{Name: name, Version: version, Rules: []rule{}}},
		ColumnKind: "unicodeCodePoints",
		Results:    []result{},
	}
	rules := &r.Tool.Driver.Rules
	suppressed := slices.ContainsFunc(results, func(f Result) bool { return f.Accepted != "" })
	seen := map[[2]string]int{}
	for _, f := range results {
		i := slices.IndexFunc(*rules, func(r rule) bool { return r.ID == f.Rule.ID })
		if i < 0 {
			i = len(*rules)
			*rules = append(*rules, rule{f.Rule.ID, text{f.Rule.Text}, text{f.Rule.Help}, f.Rule.Page})
		}
		out := result{
			RuleID: f.Rule.ID, RuleIndex: i, Level: f.Level, Message: text{f.Message},
			Locations: []location{{physical{artifact{uri(f.File)}, region{f.Line, f.Column}}}},
		}
		if f.About != "" {
			// GitHub joins the file, the rule and this value to the identity of an alert (GitHub Docs, SARIF support for
			// code scanning). Its action that uploads a log otherwise sets it to a hash of the line and a number.
			key := [2]string{f.Rule.ID, f.About}
			seen[key]++
			hash := sha256.Sum256([]byte(f.About))
			out.PartialFingerprints = map[string]string{"primaryLocationLineHash": fmt.Sprintf("%x:%d", hash[:8], seen[key])}
		}
		if suppressed {
			// All results of a run have this array, or none has it (SARIF 2.1.0, result object, suppressions property).
			out.Suppressions = []suppression{}
		}
		if f.Accepted != "" {
			out.Suppressions = append(out.Suppressions, suppression{"external", "accepted", f.Accepted})
		}
		r.Results = append(r.Results, out)
	}
	return log{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []run{r},
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

package sarif_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sarif"
)

// TestLog: rules are listed once, with their help. Results of the same rule on the same line differ by what they are about. If
// one result is accepted, all results say whether they are.
func TestLog(t *testing.T) {
	help := sarif.Rule{ID: "G-1", Text: "What it finds.", Help: "Source: a page.", Page: "https://docs.aws.amazon.com/vpc/"}
	text, err := json.Marshal(sarif.Log("wizard check", "", []sarif.Result{
		{Rule: help, Level: sarif.Error, Message: "m1", File: "a b.yaml", Line: 3, About: "endpoint/s3"},
		{Rule: sarif.Rule{ID: "G-2", Text: "Other."}, Level: sarif.Note, Message: "m2", File: "-", Line: 1, Column: 2},
		{Rule: help, Level: sarif.Warning, Message: "m3", File: "a b.yaml", Line: 3, About: "endpoint/logs", Accepted: "why"},
		{Rule: help, Level: sarif.Warning, Message: "m4", File: "a b.yaml", Line: 3, About: "endpoint/logs"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"$schema":"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":{"name":"wizard check","rules":[` +
		`{"id":"G-1","shortDescription":{"text":"What it finds."},"help":{"text":"Source: a page."},"helpUri":"https://docs.aws.amazon.com/vpc/"},{"id":"G-2","shortDescription":{"text":"Other."}}]}},` +
		`"columnKind":"unicodeCodePoints","results":[` +
		`{"ruleId":"G-1","ruleIndex":0,"level":"error","message":{"text":"m1"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a%20b.yaml"},"region":{"startLine":3}}}],"partialFingerprints":{"primaryLocationLineHash":"HASH"},"suppressions":[]},` +
		`{"ruleId":"G-2","ruleIndex":1,"level":"note","message":{"text":"m2"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"stdin"},"region":{"startLine":1,"startColumn":2}}}],"suppressions":[]},` +
		`{"ruleId":"G-1","ruleIndex":0,"level":"warning","message":{"text":"m3"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a%20b.yaml"},"region":{"startLine":3}}}],"partialFingerprints":{"primaryLocationLineHash":"HASH"},"suppressions":[{"kind":"external","status":"accepted","justification":"why"}]},` +
		`{"ruleId":"G-1","ruleIndex":0,"level":"warning","message":{"text":"m4"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a%20b.yaml"},"region":{"startLine":3}}}],"partialFingerprints":{"primaryLocationLineHash":"HASH"},"suppressions":[]}]}]}`
	prints := map[string]bool{}
	got := regexp.MustCompile(`"[0-9a-f]{16}:[0-9]+"`).ReplaceAllStringFunc(string(text), func(print string) string {
		prints[print] = true
		return `"HASH"`
	})
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(prints) != 3 {
		t.Errorf("%d fingerprints, want 3: %v", len(prints), prints)
	}
}

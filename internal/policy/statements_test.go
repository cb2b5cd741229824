package policy_test

import (
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

func TestStatements(t *testing.T) {
	const read = `{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::a"}]}`
	for _, tt := range []struct {
		name, before, after string
		want                []string
		same                bool
	}{
		{"white space, order and lists of one", read, `{"Statement":{"Resource":["arn:aws:s3:::a"],"Action":["s3:ListBucket","s3:GetObject"],
			"Principal":"*","Effect":"Allow","Sid":"Read"}, "Version":"2012-10-17"}`, nil, true},
		{"an empty policy is the default", "", policy.Default, nil, true},
		{"full access ends", " ", read, []string{"added: Version 2012-10-17", "changed statement: now without Action *; without Resource *; with Sid Read; with Action s3:GetObject, s3:ListBucket; with Resource arn:aws:s3:::a"}, false},
		{"a resource of a statement", read, `{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b","Condition":{"StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}}}]}`,
			[]string{"changed statement Read: now without Resource arn:aws:s3:::a; with Resource arn:aws:s3:::b; with Condition StringEquals aws:SourceVpc vpc-1, StringEquals aws:SourceVpc vpc-2"}, false},
		{"statements", `{"Statement":[{"Effect":"Allow","Action":["a:1","a:2","a:3","a:4","a:5","a:6"],"Resource":"*"},{"Sid":"Stays","Effect":"Deny","Action":"*","Resource":"*"}]}`,
			`{"Statement":[{"Sid":"Stays","Effect":"Deny","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"b:1","Resource":"*"},{"Effect":"Deny","Action":"b:1","Resource":"*"}]}`,
			[]string{"removed statement: Effect Allow; Action a:1, a:2, a:3, a:4, a:5 and 1 more; Resource *", "added statement: Effect Deny; Action b:1; Resource *", "added statement: Effect Deny; Action b:1; Resource *"}, false},
		{"the version", `{"Version":"2008-10-17","Statement":[]}`, `{"Version":"2012-10-17","Statement":[]}`, []string{"removed: Version 2008-10-17", "added: Version 2012-10-17"}, false},
		{"not JSON", "a", "b", nil, false},
		{"not JSON, the same", "a", "a", nil, true},
		{"no objects", `["a"]`, `["b"]`, []string{`removed: ["a"]`, `added: ["b"]`}, false},
		{"a statement that is not an object", `{"Statement":["a"]}`, `{"Statement":["b",{}]}`, []string{`removed statement: Text "a"`, `added statement: Text "b"`, "added statement: "}, false},
		{"an empty list", `{"Statement":[{"Action":[],"Resource":{}}]}`, `{"Statement":[{"Action":[],"Resource":{"a":[]}}]}`, []string{"changed statement: now without Resource {}; with Resource a []"}, false},
	} {
		got, same := policy.Statements(tt.before, tt.after)
		if same != tt.same || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v\n%q\nwant\n%q", tt.name, same, got, tt.want)
		}
	}
}

package policy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

const account = "123456789012"

// fataler is a *testing.T or *rapid.T.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

func parse(t fataler, raw string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(raw)
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	return d
}

// allow returns a policy of one statement, with more elements after Effect and Principal.
func allow(rest string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",` + rest + `}]}`
}

func TestParseSaysWhere(t *testing.T) {
	for name, c := range map[string]struct{ raw, want string }{
		"nothing":           {" \n", "the policy is empty; without a policy AWS gives full access"},
		"a comma":           {"{\n \"Statement\": [],\n}", "3:1: not valid JSON: invalid character '}' looking for beginning of object key string"},
		"wide letters":      {`{"ä": x}`, "1:7: not valid JSON: invalid character 'x' looking for beginning of value"},
		"cut off":           {"{\n\"Statement\": [", "2:15: not valid JSON: unexpected end of JSON input"},
		"text after it":     {`{} {}`, "1:4: not valid JSON: invalid character '{' after top-level value"},
		"a key twice":       {"{\"Statement\": [{\n  \"Action\": 1,\n  \"Action\": 2}]}", `3:3: duplicate key "Action" in one object`},
		"a byte order mark": {"\ufeff{}", "1:1: the policy starts with a byte order mark; save it without a byte order mark"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Parse(c.raw)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestFull(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want bool
	}{
		"none":          {"", true},
		"the default":   {policy.Default, true},
		"the long form": {`{"Version":"2008-10-17","Id":"x","Statement":{"Sid":"a","Effect":"Allow","Principal":{"AWS":["*"]},"Action":["*"],"Resource":["*"]}}`, true},
		"with more":     {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, true},
		"a deny":        {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`, false},
		"a condition":   {allow(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}`), false},
		"an account":    {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}]}`, false},
		"one service":   {allow(`"Action":"ecr:*","Resource":"*"`), false},
		"not JSON":      {"{", false},
		"nothing":       {`{"Statement":[]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := policy.Full(c.raw); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		raw, code string
		gateway   bool
		want      []string // rule: part of the message
	}{
		"the default":                        {policy.Default, "ecs", false, nil},
		"the example of the VPC":             {`{"Statement":[{"Sid":"Access-to-specific-bucket-only","Principal":"*","Action":["s3:GetObject"],"Effect":"Allow","Resource":["arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"]}]}`, "s3", true, nil},
		"too long":                           {allow(`"Action":"*","Resource":"*"`) + strings.Repeat(" ", 20480), "ecs", false, []string{"G-POLMAX: 20480"}},
		"just not too long":                  {allow(`"Action":"*","Resource":"*"`) + strings.Repeat(" ", 20480-len(allow(`"Action":"*","Resource":"*"`))), "ecs", false, nil},
		"a list":                             {`[]`, "ecs", false, []string{"G-POLSHAPE: not a JSON object"}},
		"no statement":                       {`{"Version":"2012-10-17"}`, "ecs", false, []string{"G-POLSHAPE: no statement"}},
		"unknown keys":                       {`{"Statements":[],"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Comment":"x"}]}`, "ecs", false, []string{`G-POLSHAPE: "Statements"`, `G-POLSHAPE: "Comment"`}},
		"a version":                          {`{"Version":"2024-01-01","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, "ecs", false, []string{"G-POLSHAPE: 2024-01-01"}},
		"an empty statement":                 {`{"Statement":[{}]}`, "ecs", false, []string{"G-POLSHAPE: no Effect", "G-POLSHAPE: no Action", "G-POLSHAPE: no Resource", "G-POLPRIN: no Principal"}},
		"not a statement":                    {`{"Statement":["x"]}`, "ecs", false, []string{"G-POLSHAPE: not an object"}},
		"small letters":                      {`{"Statement":[{"effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, "ecs", false, []string{`G-POLSHAPE: "effect"`, "G-POLSHAPE: no Effect"}},
		"an effect":                          {`{"Statement":[{"Effect":"allow","Principal":"*","Action":"*","Resource":"*"}]}`, "ecs", false, []string{`G-POLSHAPE: Effect "allow"`}},
		"the Not elements":                   {`{"Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:root"},"NotAction":"ecs:Poll","NotResource":"*"}]}`, "ecs", false, nil},
		"both elements":                      {`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","NotAction":"ecs:Poll","Resource":"*"}]}`, "ecs", false, []string{"G-POLSHAPE: both Action and NotAction"}},
		"empty lists":                        {allow(`"Action":[],"Resource":[1]`), "ecs", false, []string{"G-POLSHAPE: Action is neither", "G-POLSHAPE: Resource is neither"}},
		"another service":                    {allow(`"Action":["ecs:Poll","ecr:BatchGetImage"],"Resource":"*"`), "ecs-agent", false, []string{`G-POLSHAPE: "ecr:BatchGetImage"`}},
		"an unknown service":                 {allow(`"Action":"bedrock:InvokeModel","Resource":"*"`), "bedrock-runtime", false, nil},
		"metrics":                            {allow(`"Action":"cloudwatch:PutMetricData","Resource":"*"`), "monitoring", false, nil},
		"fips":                               {allow(`"Action":"ECR:Get*","Resource":"*"`), "ecr-fips.api", false, nil},
		"no service prefix":                  {allow(`"Action":"Poll","Resource":"*"`), "ecs", false, []string{`G-POLSHAPE: "Poll"`}},
		"not an ARN":                         {allow(`"Action":"s3:GetObject","Resource":["bucket/*","*","arn:*"]`), "s3", false, []string{`G-POLSHAPE: "bucket/*"`}},
		"a condition as a list":              {allow(`"Action":"*","Resource":"*","Condition":["x"]`), "ecs", false, []string{"G-POLSHAPE: Condition"}},
		"a gateway with a role":              {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/x"},"Action":"*","Resource":"*"}]}`, "s3", true, []string{"G-POLPRIN: lists principals"}},
		"an interface with one":              {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/x"},"Action":"*","Resource":"*"}]}`, "s3", false, nil},
		"a gateway with AWS *":               {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"*","Resource":"*"}]}`, "s3", true, nil},
		"nobody":                             {`{"Statement":[{"Effect":"Allow","Principal":{},"Action":"*","Resource":"*"},{"Effect":"Deny","Principal":{"AWS":[]},"Action":"*","Resource":"*"}]}`, "ecs", false, []string{"G-POLPRIN: Statement 1 has the Principal {}, which does not contain a principal", "G-POLPRIN: Statement 2"}},
		"nobody at a gateway":                {`{"Statement":[{"Effect":"Allow","Principal":{},"Action":"*","Resource":"*"}]}`, "s3", true, []string{"G-POLPRIN: does not contain a principal"}},
		"NotPrincipal":                       {`{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:role/x"},"Action":"*","Resource":"*"}]}`, "ecs", false, []string{"G-POLPRIN: uses Allow with NotPrincipal"}},
		"NotPrincipal at a gateway endpoint": {`{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:role/x"},"Action":"*","Resource":"*"}]}`, "s3", true, []string{"G-POLPRIN: uses Allow with NotPrincipal"}},
		"a Sid with spaces":                  {`{"Statement":[{"Sid":"Allow all calls","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Sid":7,"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, "ecs", false, []string{`G-POLSHAPE: the Sid "Allow all calls"`, "G-POLSHAPE: the Sid 7"}},
		"a Sid twice":                        {`{"Statement":[{"Sid":"A","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Deny","Principal":"*","Action":"ecs:Poll","Resource":"*"}]}`, "ecs", false, []string{"G-POLSHAPE: Statement 2 (A) has a Sid that another statement has"}},
		"no Sid twice":                       {`{"Statement":[{"Sid":"","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Sid":"","Effect":"Deny","Principal":"*","Action":"ecs:Poll","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"ecs:Poll","Resource":"*"}]}`, "ecs", false, nil},
		"a principal as text":                {`{"Statement":[{"Effect":"Allow","Principal":"123456789012","Action":"*","Resource":"*"}]}`, "ecs", false, []string{"G-POLPRIN: does not contain a principal"}},
		"wildcards in ids":                   {allow(`"Action":"*","Resource":"*","Condition":{"StringLike":{"aws:principalaccount":["1234567*"],"aws:SourceVpc":"vpc-0123456?"}}`), "ecs", false, []string{"G-POLWILD: aws:principalaccount", "G-POLWILD: aws:SourceVpc"}},
		"a number":                           {allow(`"Action":"*","Resource":"*","Condition":{"NumericEquals":{"aws:PrincipalAccount":123456789012}}`), "ecs", false, []string{"G-POLWILD: NumericEquals"}},
		"few characters":                     {allow(`"Action":"*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:PrincipalTag/team":["pay*"]}}`), "ecs", false, []string{`G-POLWILD: "pay*"`}},
		"few between":                        {allow(`"Action":"*","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalTag/team":"payments*a*bc"}}`), "ecs", false, []string{`G-POLWILD: "payments*a*bc"`}},
		"six on one side":                    {allow(`"Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/x","*/abcdef","abcdef**"]},"ArnLike":{"aws:PrincipalArn":"*"},"StringEquals":{"aws:PrincipalTag/x":"*"}}`), "ecs", false, nil},
		"an account and a *":                 {allow(`"Action":"ecr:*","Resource":"arn:aws:ecr:us-east-1:1234*:repository/*"`), "ecr.api", false, []string{"G-POLWILD: account"}},
		"organizations by a path":            {allow(`"Action":"*","Resource":"*","Condition":{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-abcdef/r-ab12/*"}}`), "ecs", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := parse(t, c.raw).Problems(c.code, c.gateway)
			if len(got) != len(c.want) {
				t.Fatalf("got %+v\nwant %q", got, c.want)
			}
			for i, w := range c.want {
				rule, part, _ := strings.Cut(w, ": ")
				if got[i].Rule != rule || !strings.Contains(got[i].Message, part) || got[i].Fix == "" {
					t.Errorf("got %+v\nwant %s", got[i], w)
				}
			}
		})
	}
}

func TestLacks(t *testing.T) {
	role, other := "arn:aws:iam::123456789012:role/service/tasks", "arn:aws:iam::123456789012:role/host"
	repo := "arn:aws:ecr:us-east-1:123456789012:repository/web"
	pull := []policy.Grant{{Actions: []string{"ecr:BatchGetImage"}, Resources: []string{repo}}}
	layers := []policy.Grant{{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"}, AnyPrincipal: true, AWSOwned: true}}
	me := policy.Caller{Account: account, VPC: "vpc-1", Endpoint: "vpce-1", Roles: []string{role}}
	cond := func(c string) string { return allow(`"Action":"*","Resource":"*","Condition":` + c) }
	deny := func(rest string) string {
		return `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny",` + rest + `}]}`
	}
	principal := func(p string) string {
		return `{"Statement":{"Effect":"Allow","Principal":` + p + `,"Action":"*","Resource":"*"}}`
	}
	const fine, lacks, unsure = "", "lacks", "unsure"
	for name, c := range map[string]struct {
		raw    string
		grants []policy.Grant
		caller policy.Caller
		want   string
	}{
		"the default":           {policy.Default, pull, me, fine},
		"letters of actions":    {allow(`"Action":"ECR:batchget*","Resource":"*"`), pull, me, fine},
		"letters of resources":  {allow(`"Action":"*","Resource":"arn:aws:ecr:us-east-1:123456789012:repository/WEB"`), pull, me, lacks},
		"a question mark":       {allow(`"Action":"ecr:BatchGet?mage","Resource":"arn:aws:ecr:*:*:repository/w?b"`), pull, me, fine},
		"another action":        {allow(`"Action":"ecr:GetAuthorizationToken","Resource":"*"`), pull, me, lacks},
		"nothing":               {`{"Statement":[]}`, pull, me, lacks},
		"not action":            {allow(`"NotAction":"ecr:Delete*","Resource":"*"`), pull, me, fine},
		"not this action":       {allow(`"NotAction":"ecr:Batch*","Resource":"*"`), pull, me, lacks},
		"not resource":          {allow(`"Action":"*","NotResource":"*/web"`), pull, me, lacks},
		"a variable":            {allow(`"Action":"*","Resource":"arn:aws:ecr:us-east-1:123456789012:repository/${aws:PrincipalTag/x}"`), pull, me, unsure},
		"a part of the request": {allow(`"Action":"*","Resource":"arn:aws:ecr:us-east-1:123456789012:repository/web"`), []policy.Grant{{Actions: []string{"ecr:BatchGetImage"}, Resources: []string{"arn:aws:ecr:us-east-1:123456789012:repository/*"}}}, me, unsure},
		"all of the request":    {allow(`"Action":"*","Resource":"arn:aws:ecr:*:123456789012:repository/*"`), []policy.Grant{{Actions: []string{"ecr:BatchGetImage"}, Resources: []string{"arn:aws:ecr:us-east-1:123456789012:repository/*"}}}, me, fine},

		"the account":            {principal(`{"AWS":"123456789012"}`), pull, me, fine},
		"the root":               {principal(`{"AWS":["arn:aws:iam::123456789012:root"]}`), pull, me, fine},
		"another account":        {principal(`{"AWS":"210987654321"}`), pull, me, lacks},
		"the role":               {principal(`{"AWS":"` + role + `"}`), pull, me, fine},
		"another role":           {principal(`{"AWS":"` + other + `"}`), pull, me, lacks},
		"a role of unknown name": {principal(`{"AWS":"` + role + `"}`), pull, policy.Caller{Account: account}, unsure},
		"a session of the role":  {principal(`{"AWS":"arn:aws:sts::123456789012:assumed-role/tasks/a"}`), pull, me, unsure},
		"a service":              {principal(`{"Service":"ecs.amazonaws.com"}`), pull, me, lacks},
		"an unknown account":     {principal(`{"AWS":"210987654321"}`), pull, policy.Caller{}, unsure},

		"our account":             {cond(`{"StringEquals":{"aws:PrincipalAccount":["1","123456789012"]}}`), pull, me, fine},
		"their account":           {cond(`{"StringEquals":{"AWS:principalaccount":"210987654321"}}`), pull, me, lacks},
		"account and VPC":         {cond(`{"StringEquals":{"aws:PrincipalAccount":"123456789012","aws:SourceVpc":"vpc-2"}}`), pull, me, lacks},
		"the VPC":                 {cond(`{"ForAnyValue:StringLike":{"aws:SourceVpc":"vpc-*"}}`), pull, me, fine},
		"the endpoint":            {cond(`{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}`), pull, me, fine},
		"an endpoint to be":       {cond(`{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`), pull, policy.Caller{Account: account}, unsure},
		"an organization":         {cond(`{"StringEquals":{"aws:PrincipalOrgID":"o-abcdef"}}`), pull, me, unsure},
		"our organization":        {cond(`{"StringEquals":{"aws:PrincipalOrgID":"o-abcdef"}}`), pull, policy.Caller{Account: account, Organization: "o-abcdef"}, fine},
		"the role by its ARN":     {cond(`{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/service/*"}}`), pull, me, fine},
		"another role by its ARN": {cond(`{"StringEquals":{"aws:PrincipalArn":"` + other + `"}}`), pull, me, lacks},
		"some role by its ARN":    {cond(`{"StringEquals":{"aws:PrincipalArn":"` + other + `"}}`), pull, policy.Caller{Account: account}, unsure},
		"all roles by their ARNs": {cond(`{"ArnLike":{"aws:PrincipalArn":"arn:*:iam::123456789012:*"}}`), pull, policy.Caller{Account: account}, fine},
		"roles of others":         {cond(`{"ArnLike":{"aws:PrincipalArn":"arn:*:iam::210987654321:*"}}`), pull, policy.Caller{Account: account}, lacks},
		"the resource's account":  {cond(`{"StringEquals":{"aws:ResourceAccount":"123456789012"}}`), pull, me, fine},
		"an unknown key":          {cond(`{"StringEquals":{"aws:PrincipalTag/team":"a"}}`), pull, me, unsure},
		"an unknown operator":     {cond(`{"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}}`), pull, me, unsure},
		"secure transport":        {cond(`{"Bool":{"aws:SecureTransport":true}}`), pull, me, fine},

		"a deny":                      {deny(`"Principal":"*","Action":"ecr:*","Resource":"*"`), pull, me, lacks},
		"a deny of something else":    {deny(`"Principal":"*","Action":"ecr:Delete*","Resource":"*"`), pull, me, fine},
		"a deny for other accounts":   {deny(`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"123456789012"}}`), pull, me, fine},
		"a deny for our account":      {deny(`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"210987654321"}}`), pull, me, lacks},
		"a deny for other VPCs":       {deny(`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}`), pull, me, fine},
		"a deny for all but the role": {deny(`"NotPrincipal":{"AWS":"` + role + `"},"Action":"*","Resource":"*"`), pull, me, fine},
		"a deny for a part":           {deny(`"Principal":"*","Action":"*","Resource":"*/web"`), []policy.Grant{{Actions: []string{"ecr:BatchGetImage"}, Resources: []string{"arn:aws:ecr:us-east-1:123456789012:repository/*"}}}, me, unsure},

		"layers":                                       {allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"`), layers, me, fine},
		"layers by our account":                        {cond(`{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}`), layers, me, lacks},
		"layers by our role":                           {principal(`{"AWS":"` + role + `"}`), layers, me, lacks},
		"layers from our VPC":                          {cond(`{"StringEquals":{"aws:SourceVpc":"vpc-1"}}`), layers, me, fine},
		"layers and a deny for others":                 {deny(`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"123456789012"}}`), layers, me, lacks},
		"layers, and our buckets only":                 {deny(`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:ResourceAccount":"123456789012"}}`), layers, me, lacks},
		"layers, though the account is always present": {cond(`{"StringEqualsIfExists":{"aws:PrincipalAccount":"123456789012"}}`), layers, me, lacks},
	} {
		t.Run(name, func(t *testing.T) {
			got := fine
			for _, l := range parse(t, c.raw).Lacks(c.grants, c.caller) {
				if got = lacks; l.Unsure {
					got = unsure
				}
				if l.Role != "" {
					t.Errorf("one caller, but the lack has role %s", l.Role)
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLacksNamesTheRole(t *testing.T) {
	d := parse(t, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/a"},"Action":"logs:PutLogEvents","Resource":"*"}]}`)
	got := d.Lacks([]policy.Grant{{Actions: []string{"logs:PutLogEvents", "logs:CreateLogStream"}, Resources: []string{"*"}, Why: "x"}},
		policy.Caller{Account: account, Roles: []string{"arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b"}})
	var texts []string
	for _, l := range got {
		texts = append(texts, l.String())
	}
	want := []string{"logs:PutLogEvents on * for arn:aws:iam::123456789012:role/b", "logs:CreateLogStream on *"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
}

var codes = []string{"s3", "ecr.api", "ecr.dkr", "secretsmanager", "logs", "ssm", "ssmmessages", "kms", "ecs-agent", "ecs-telemetry", "ecs", "batch", "sqs",
	"monitoring", "sts", "elasticfilesystem", "ec2messages", "airflow.api", "dynamodb", "ecr-fips.api", "bedrock-runtime", "guardduty-data"}

// names draws a list of names, sometimes a very long one.
func names(t *rapid.T, label, pattern string) []string {
	n := rapid.SampledFrom([]int{0, 1, 2, 5, 400}).Draw(t, label+" count")
	if n < 400 {
		return rapid.SliceOfN(rapid.StringMatching(pattern), n, n).Draw(t, label)
	}
	seed := rapid.StringMatching(pattern).Draw(t, label)
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(seed, "x", i))
	}
	return out
}

func facts(t *rapid.T) policy.Facts {
	partition := rapid.SampledFrom([]string{"aws", "aws-cn", "aws-us-gov"}).Draw(t, "partition")
	b := func(label string) bool { return rapid.Bool().Draw(t, label) }
	f := policy.Facts{Partition: partition, Region: rapid.SampledFrom([]string{"us-east-1", "cn-north-1", "us-gov-west-1"}).Draw(t, "region"), Account: account,
		Instances: b("instances"), ServiceConnect: b("sc"), RunCommand: b("run"), Callers: b("callers"), MWAA: rapid.IntRange(0, 9).Draw(t, "mwaa") == 0,
		Repositories: names(t, "repositories", `(arn:aws:ecr:us-east-1:2109876543[0-9]{2}:repository/)?[a-z][a-z0-9._/-]{0,20}`),
		Secrets:      names(t, "secrets", `(arn:aws:secretsmanager:us-east-1:123456789012:secret:[A-Za-z0-9/_+=.@-]{1,20}(-[A-Za-z0-9]{6})?(:[a-z]{0,3}:[A-Z]{0,3}:)?|[A-Za-z0-9/_+=.@-]{1,30})`),
		Parameters:   names(t, "parameters", `(arn:aws:ssm:us-east-1:123456789012:parameter)?/[a-zA-Z0-9_./-]{1,30}(:[0-9])?`),
		LogGroups:    names(t, "log groups", `(arn:aws:logs:us-east-1:123456789012:log-group:)?[a-zA-Z0-9/_-]{1,30}`),
		Objects:      names(t, "objects", `arn:aws:s3:::[a-z0-9-]{3,20}/[a-zA-Z0-9/.&<>_-]{1,30}`),
		Keys:         names(t, "keys", `(arn:aws:kms:us-east-1:123456789012:(key|alias)/)?[a-f0-9-]{8,36}`),
	}
	return f
}

func TestLeastKeepsItsWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, code := facts(t), rapid.SampledFrom(codes).Draw(t, "code")
		doc, cuts := policy.Least(code, f)
		again, _ := policy.Least(code, f)
		if doc != again {
			t.Fatal("not the same result twice")
		}
		if !json.Valid([]byte(doc)) || utf8.RuneCountInString(doc) > policy.MaxLength {
			t.Fatalf("%d characters of\n%s", len(doc), doc)
		}
		d, err := policy.Parse(doc)
		if err != nil {
			t.Fatal(err)
		}
		if ps := d.Problems(code, code == "s3" || code == "dynamodb"); len(ps) > 0 {
			t.Fatalf("%+v in\n%s", ps, doc)
		}
		if ls := d.Lacks(policy.Grants(code, f), policy.Caller{Account: account}); len(ls) > 0 {
			t.Fatalf("%+v in\n%s", ls, doc)
		}
		if policy.Full(doc) || len(cuts) == 0 {
			t.Fatalf("cuts %q of\n%s", cuts, doc)
		}
		sid := policy.Sid(doc)
		if sid == "" || strings.Count(doc, sid) != 1 {
			t.Fatalf("Sid %q in\n%s", sid, doc)
		}
		if code != "ecr.api" {
			return
		}
		if dkr, _ := policy.Least("ecr.dkr", f); dkr != doc {
			t.Fatalf("ecr.api and ecr.dkr differ:\n%s\n%s", doc, dkr)
		}
	})
}

func TestLeastAsText(t *testing.T) {
	f := policy.Facts{Partition: "aws-cn", Region: "cn-north-1", Account: account, Repositories: []string{"web"}, Objects: []string{"arn:aws-cn:s3:::conf/web.env"},
		Secrets:    []string{"registry", "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:db-AbCdEf:password::"},
		Parameters: []string{"/prod/url", "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/key:3"}, LogGroups: []string{"/ecs/web"}}
	for name, c := range map[string]struct{ code, want string }{
		"ecr": {"ecr.dkr", `{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"#","Effect":"Allow","Principal":"*","Action":"ecr:GetAuthorizationToken","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}},` +
			`{"Sid":"#2","Effect":"Allow","Principal":"*","Action":["ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],"Resource":"arn:aws-cn:ecr:cn-north-1:123456789012:repository/web","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}]}`},
		"s3": {"s3", `{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"#","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws-cn:s3:::prod-cn-north-1-starport-layer-bucket/*"},` +
			`{"Sid":"#2","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws-cn:s3:::conf/web.env","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}},` +
			`{"Sid":"#3","Effect":"Allow","Principal":"*","Action":"s3:GetBucketLocation","Resource":"arn:aws-cn:s3:::conf","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}]}`},
		"secrets": {"secretsmanager", `{"Version":"2012-10-17","Statement":[{"Sid":"#","Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":[` +
			`"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:db-AbCdEf","arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:registry-??????"],"Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}]}`},
		"parameters": {"ssm", `{"Version":"2012-10-17","Statement":[{"Sid":"#","Effect":"Allow","Principal":"*","Action":"ssm:GetParameters","Resource":[` +
			`"arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/key","arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/url"],"Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}]}`},
		"logs": {"logs", `{"Version":"2012-10-17","Statement":[{"Sid":"#","Effect":"Allow","Principal":"*","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],` +
			`"Resource":"arn:aws-cn:logs:cn-north-1:123456789012:log-group:/ecs/web:*","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}]}`},
		"another service": {"sqs", `{"Version":"2012-10-17","Statement":[{"Sid":"#","Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			doc, _ := policy.Least(c.code, f)
			at := strings.Index(doc, "PrivateLinkWizard")
			hash := doc[at : at+len("PrivateLinkWizard")+8]
			if diff := cmp.Diff(tree(t, c.want), tree(t, strings.ReplaceAll(doc, hash, "#"))); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(doc, "\n  ") {
				t.Error("not indented")
			}
		})
	}
}

func tree(t fataler, doc string) (out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(doc), &out); err != nil {
		t.Fatalf("%v in\n%s", err, doc)
	}
	return out
}

func TestExamples(t *testing.T) {
	f := policy.Facts{Partition: "aws", Region: "us-east-1", Account: account, Instances: true}
	for _, code := range []string{"batch", "ecs"} {
		doc, note, ok := policy.Example(code, f)
		if ps := parse(t, doc).Problems(code, false); !ok || note == "" || len(ps) > 0 {
			t.Errorf("%s: %v %q %+v", code, ok, note, ps)
		}
		required := 0
		for _, l := range parse(t, doc).Lacks(policy.Grants(code, f), policy.Caller{Account: account}) {
			if !l.Optional {
				required++
			}
		}
		if (required > 0) != (code == "ecs") {
			t.Errorf("%s lacks %d", code, required)
		}
	}
	if _, note, _ := policy.Example("ecs", f); !strings.Contains(note, "It blocks") || !strings.Contains(note, "added its Principal") {
		t.Error(note)
	}
	if _, _, ok := policy.Example("logs", f); ok {
		t.Error("an example for logs")
	}
}

func TestAdd(t *testing.T) {
	old := `{"Id":"x","Statement":{"Resource":"*","Effect":"Allow","Sid":"A","Principal":"*","Action":"ecs:ListClusters"},"Version":"2008-10-17"}`
	add := `{"Statement":[{"Sid":"A","Effect":"Allow","Principal":"*","Action":"ecs:Poll","Resource":"*"},{"Effect":"Allow","Principal":"*","Action":["ecs:listclusters"],"Resource":["*"]}]}`
	got, err := policy.Add(old, add)
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "Id": "x",
  "Statement": [
    {
      "Resource": "*",
      "Effect": "Allow",
      "Sid": "A",
      "Principal": "*",
      "Action": "ecs:ListClusters"
    },
    {
      "Sid": "A2",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "ecs:Poll",
      "Resource": "*"
    }
  ],
  "Version": "2008-10-17"
}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]struct{ old, add, want string }{
		"to no policy":        {"", add, ""},
		"to the default":      {policy.Default, add, policy.Default},
		"existing statements": {old, old, old},
		"a part of it":        {allow(`"Action":"ecs:*","Resource":"*"`), add, allow(`"Action":"ecs:*","Resource":"*"`)},
		"a deny":              {old, `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`, "error: the policy to add: statement 1 restricts access; statements must allow"},
		"nothing to add":      {old, "", "error: the policy to add: the policy is empty; without a policy AWS gives full access"},
		"to invalid JSON":     {"{", add, "error: the existing policy: 1:2: not valid JSON: unexpected end of JSON input"},
		"to no statement":     {"{}", add, "error: the existing policy has no Statement to add to"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := policy.Add(c.old, c.add)
			if err != nil {
				got = "error: " + err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// document draws a small policy.
func document(t *rapid.T, label string, effects ...string) string {
	actions := []string{"ecr:BatchGetImage", "ecr:Get*", "ecr:*", "*"}
	resources := []string{"*", "arn:aws:ecr:us-east-1:123456789012:repository/a", "arn:aws:ecr:us-east-1:123456789012:repository/*"}
	var out []string
	for range rapid.IntRange(1, 3).Draw(t, label) {
		pick := func(of []string) string {
			v := rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, 2, rapid.ID[string]).Draw(t, "values")
			text, _ := json.Marshal(v)
			if len(v) == 1 && rapid.Bool().Draw(t, "bare") {
				text, _ = json.Marshal(v[0])
			}
			return string(text)
		}
		s := `"Effect":"` + rapid.SampledFrom(effects).Draw(t, "effect") + `","Action":` + pick(actions) + `,"Resource":` + pick(resources) +
			`,"Principal":` + rapid.SampledFrom([]string{`"*"`, `{"AWS":"123456789012"}`, `{"AWS":"210987654321"}`}).Draw(t, "principal")
		if rapid.Bool().Draw(t, "conditional") {
			s += `,"Condition":{"StringEquals":{"aws:PrincipalAccount":` + pick([]string{account, "210987654321"}) + `}}`
		}
		if rapid.Bool().Draw(t, "named") {
			s += `,"Sid":"` + rapid.SampledFrom([]string{"A", "B"}).Draw(t, "sid") + fmt.Sprint(len(out)) + `"`
		}
		out = append(out, "{"+s+"}")
	}
	return `{"Statement":[` + strings.Join(out, ",") + `]}`
}

func TestAddNeverNarrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := document(t, "existing", "Allow", "Allow", "Deny"), document(t, "add", "Allow")
		z, err := policy.Add(x, y)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := policy.Add(z, y); err != nil || again != z {
			t.Fatalf("not idempotent: %v\n%s\n%s", err, z, again)
		}
		denies := strings.Contains(x, "Deny")
		for _, action := range []string{"ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:PutImage"} {
			for _, repo := range []string{"a", "b"} {
				for _, who := range []string{account, "210987654321"} {
					probe := []policy.Grant{{Actions: []string{action}, Resources: []string{"arn:aws:ecr:us-east-1:123456789012:repository/" + repo}}}
					may := func(doc string) bool { return len(parse(t, doc).Lacks(probe, policy.Caller{Account: who})) == 0 }
					if (may(x) || may(y) && !denies) && !may(z) {
						t.Fatalf("%s on %s by %s is lost:\n%s\n+\n%s\n=\n%s", action, repo, who, x, y, z)
					}
					if may(z) && !may(x) && !may(y) {
						t.Fatalf("%s on %s by %s is more than either:\n%s\n+\n%s\n=\n%s", action, repo, who, x, y, z)
					}
				}
			}
		}
	})
}

func TestSid(t *testing.T) {
	ours, _ := policy.Least("ecs", policy.Facts{Partition: "aws", Region: "us-east-1", Account: account, Instances: true})
	older, _ := policy.Least("ecs", policy.Facts{Partition: "aws", Region: "us-east-1", Account: account, Instances: true, Callers: true})
	merged, err := policy.Add(older, ours)
	if err != nil {
		t.Fatal(err)
	}
	if merged != older {
		t.Error("statements that are allowed already were added again")
	}
	narrow := allow(`"Action":"ecs:ListClusters","Resource":"*"`)
	if merged, err = policy.Add(narrow, ours); err != nil || policy.Sid(merged) != policy.Sid(ours) {
		t.Errorf("%v %q %q", err, policy.Sid(merged), policy.Sid(ours))
	}
	if policy.Sid(older) == policy.Sid(ours) || !strings.HasPrefix(policy.Sid(ours), "PrivateLinkWizard") {
		t.Errorf("%q %q", policy.Sid(older), policy.Sid(ours))
	}
	for _, doc := range []string{"", "{", narrow, strings.Replace(narrow, `"Effect"`, `"Sid":"PrivateLinkWizardx","Effect"`, 1)} {
		if sid := policy.Sid(doc); sid != "" {
			t.Errorf("%q in %s", sid, doc)
		}
	}
}

func TestDiff(t *testing.T) {
	old := `{"Statement":[{"Resource":"*","Effect":"Allow","Principal":"*","Action":"ecs:ListClusters"}],"Version":"2012-10-17"}`
	after, err := policy.Add(old, allow(`"Action":"ecs:Poll","Resource":"*"`))
	if err != nil {
		t.Fatal(err)
	}
	want := `  {
    "Version": "2012-10-17",
    "Statement": [
      {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "ecs:ListClusters",
        "Resource": "*"
      },
+     {
+       "Effect": "Allow",
+       "Principal": "*",
+       "Action": "ecs:Poll",
+       "Resource": "*"
+     }
    ]
  }`
	if diff := cmp.Diff(want, strings.Join(policy.Diff(old, after), "\n")); diff != "" {
		t.Error(diff)
	}
	for _, l := range policy.Diff("", policy.Default) {
		if !strings.HasPrefix(l, "  ") {
			t.Errorf("no policy is the default: %s", l)
		}
	}
	if diff := cmp.Diff([]string{"- not JSON", "+ also not"}, policy.Diff("not JSON", "also not")); diff != "" {
		t.Error(diff)
	}
}

func TestDiffHoldsBoth(t *testing.T) {
	plain := func(ls []string) string { return strings.ReplaceAll(strings.Join(ls, "\n"), ",", "") }
	rapid.Check(t, func(t *rapid.T) {
		x, y := document(t, "before", "Allow", "Deny"), document(t, "after", "Allow", "Deny")
		var before, after []string
		for _, l := range policy.Diff(x, y) {
			if l[0] != '+' {
				before = append(before, l[2:])
			}
			if l[0] != '-' {
				after = append(after, l[2:])
			}
		}
		if diff := cmp.Diff(tree(t, y), tree(t, strings.Join(after, "\n"))); diff != "" {
			t.Fatal(diff)
		}
		var same []string
		for _, l := range policy.Diff(x, x) {
			same = append(same, l[2:])
		}
		if plain(same) != plain(before) {
			t.Fatalf("%s\n%s", plain(same), plain(before))
		}
	})
}

func TestECRConditions(t *testing.T) {
	const pulls = `"ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage"`
	free := `{"Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","logs:PutLogEvents"],"Resource":"*"}]}`
	for name, c := range map[string]struct {
		documents []string
		want      []policy.Condition
	}{
		"none": {[]string{free, "{", `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}}`}, nil},
		"as in AWS's guide": {[]string{free, `{"Statement":[{"Effect":"Allow","Sid":"Pull","Action":[` + pulls + `],"Resource":"*","Condition":{"StringEquals":{"aws:sourceVpce":["vpce-1","vpce-2"],"aws:sourceVpc":"vpc-1"}}}]}`},
			[]policy.Condition{
				{Document: 1, Sid: "Pull", Actions: []string{"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"}, Key: "aws:SourceVpce", Operator: "StringEquals", Values: []string{"vpce-1", "vpce-2"}},
				{Document: 1, Sid: "Pull", Actions: []string{"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"}, Key: "aws:SourceVpc", Operator: "StringEquals", Values: []string{"vpc-1"}}}},
		"on the token": {[]string{`{"Statement":[{"Effect":"Allow","Action":"ecr:Get*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"AWS:SOURCEVPC":"vpc-*"}}}]}`},
			[]policy.Condition{{Actions: []string{"ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"}, Key: "aws:SourceVpc", Operator: "ForAnyValue:StringLikeIfExists", Values: []string{"vpc-*"}}}},
		"on the token, which another statement allows": {[]string{free, `{"Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchGetImage"],"Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}]}`},
			[]policy.Condition{{Document: 1, Actions: []string{"ecr:BatchGetImage"}, Key: "aws:SourceVpc", Operator: "StringEquals", Values: []string{"vpc-1"}}}},
		"all allowed elsewhere": {[]string{`{"Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"},{"Effect":"Allow","Action":"ecr:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}]}`}, nil},
		"a deny for others": {[]string{`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","NotAction":"ecr:Batch*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"},"StringEquals":{"aws:SourceVpc":"vpc-9"}}}]}`},
			[]policy.Condition{{Statement: 1, Deny: true, Actions: []string{"ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"}, Key: "aws:SourceVpce", Operator: "StringNotEquals", Values: []string{"vpce-1"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, policy.ECRConditions(c.documents...)); diff != "" {
				t.Error(diff)
			}
		})
	}
	c := policy.Condition{Operator: "StringLike", Values: []string{"vpce-1*"}}
	if !c.Allows("vpce-9", "vpce-12") || c.Allows("vpce-9") || c.Allows() {
		t.Error("Allows")
	}
	if c.Operator = "StringEquals"; c.Allows("vpce-12") || !c.Allows("vpce-1*") {
		t.Error("Allows reads a * as a wildcard")
	}
}

// verdict is everything that is concluded from a policy, except its size.
func verdict(t fataler, doc string) string {
	d := parse(t, doc)
	var out []string
	for _, code := range []string{"s3", "ecr.api", "ecs"} {
		for _, p := range d.Problems(code, code == "s3") {
			if p.Rule != "G-POLMAX" {
				out = append(out, fmt.Sprint(p))
			}
		}
	}
	return fmt.Sprint(out, access(d), policy.Full(doc), policy.Sid(doc), policy.ECRConditions(doc))
}

// access is what a policy allows to some callers.
func access(d *policy.Document) []bool {
	var out []bool
	facts := policy.Facts{Partition: "aws", Region: "us-east-1", Account: account}
	for _, code := range []string{"s3", "ecr.api", "ecs"} {
		for _, grant := range policy.Grants(code, facts) {
			for _, who := range []string{account, "210987654321", ""} {
				out = append(out, len(d.Lacks([]policy.Grant{grant}, policy.Caller{Account: who})) == 0)
			}
		}
	}
	return out
}

// FuzzPolicy: a policy has the same verdict in every white space and spelling, an addition takes no access away, a mark changes none, and
// a comparison contains both policies.
func FuzzPolicy(f *testing.F) {
	least, _ := policy.Least("ecr.api", policy.Facts{Partition: "aws", Region: "us-east-1", Account: account})
	deny := `{"Statement":[{"Effect":"Deny","Principal":"*","NotAction":["ecr:Get*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":["` + account + `"]}}}]}`
	for _, s := range []string{policy.Default, least, deny, "", "{", "1", "[]", `{"Statement":{}}`, `{"Statement":[1,{"Sid":"é","Action":{"a":1e400}}]}`, `{"a":1,"\u0061":2}`, "\ufeff{}", `"\ud800"`, "{\"Statement\":\"\xff\"}",
		allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:x}*"`), allow(`"Action":["ecr:*"],"Resource":["*"],"Sid":"A"`)} {
		f.Add(s, least)
		f.Add(deny, s)
	}
	f.Fuzz(func(t *testing.T, x, y string) {
		d, err := policy.Parse(x)
		if err != nil {
			if policy.Mark(x) != x || policy.Sid(x) != "" || err.Error() == "" {
				t.Errorf("not a policy, but it has a mark: %v", err)
			}
			return
		}
		if !json.Valid([]byte(x)) {
			t.Fatal("not JSON, but a policy")
		}
		want := verdict(t, x)
		var small, wide bytes.Buffer
		if err := errors.Join(json.Compact(&small, []byte(x)), json.Indent(&wide, []byte(x), " ", "\t")); err != nil {
			t.Fatal(err)
		}
		for _, same := range []string{small.String(), wide.String(), "\n" + x + "\n"} {
			if got := verdict(t, same); got != want {
				t.Errorf("%s\nis\n%s\nand not\n%s", same, got, want)
			}
		}
		marked := policy.Mark(x)
		if policy.Mark(marked) != marked || marked != x && policy.Sid(marked) == "" || !slices.Equal(access(parse(t, marked)), access(d)) {
			t.Errorf("marked: %s", marked)
		}
		if _, err := policy.Parse(y); err != nil {
			return
		}
		var before, after []string
		for _, l := range policy.Diff(x, y) {
			if l[0] != '+' {
				before = append(before, l[2:])
			}
			if l[0] != '-' {
				after = append(after, l[2:])
			}
		}
		if got, want := tree(t, strings.Join(after, "\n")), tree(t, y); !reflect.DeepEqual(got, want) {
			t.Errorf("the comparison ends with %s", strings.Join(after, "\n"))
		}
		if len(before) == 0 {
			t.Error("the comparison begins with nothing")
		}
		z, err := policy.Add(x, y)
		if err != nil {
			return
		}
		may := access(parse(t, z))
		for i, was := range access(d) {
			if was && !may[i] {
				t.Errorf("the addition takes access away:\n%s", z)
			}
		}
		if again, err := policy.Add(z, y); err != nil || again != z {
			t.Errorf("added twice: %v\n%s\n%s", err, z, again)
		}
	})
}

// An invalid policy is checked without a panic.
func TestAnyJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := func(depth int) string { return "" }
		value = func(depth int) string {
			switch k := rapid.IntRange(0, 5).Draw(t, "kind"); {
			case depth == 0 || k < 3:
				return rapid.SampledFrom([]string{`"*"`, `"ecs:Poll"`, "1", "null", "true", `"Allow"`, `"${x"`}).Draw(t, "scalar")
			case k == 3:
				return "[" + value(depth-1) + "," + value(depth-1) + "]"
			}
			var members []string
			for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Statement", "Effect", "Principal", "Action", "Resource", "Condition", "StringLike", "AWS", "Sid", "aws:SourceVpc"}), 0, 6, rapid.ID[string]).Draw(t, "keys") {
				members = append(members, `"`+key+`":`+value(depth-1))
			}
			return "{" + strings.Join(members, ",") + "}"
		}
		raw := value(5)
		d, err := policy.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		d.Problems("s3", true)
		d.Lacks(policy.Grants("s3", policy.Facts{}), policy.Caller{})
		policy.Full(raw)
		policy.Sid(raw)
		policy.Diff(raw, policy.Default)
		policy.ECRConditions(raw)
		_, _ = policy.Add(raw, raw)
	})
}

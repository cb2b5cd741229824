package policy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

// operators are the condition operators of the IAM user guide (condition operators), without
// IfExists and the set operators.
var operators = strings.Fields(`StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike
	NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals
	DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals
	Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnLike ArnNotEquals ArnNotLike Null`)

// globalKeys are the global condition keys of the IAM user guide (global condition context keys),
// and service-specific ones.
var globalKeys = strings.Fields(`aws:PrincipalArn aws:PrincipalAccount aws:PrincipalOrgPaths aws:PrincipalOrgID aws:PrincipalTag/team
	aws:PrincipalIsAWSService aws:PrincipalServiceName aws:PrincipalServiceNamesList aws:PrincipalType aws:userid aws:username
	aws:AssumedRoot aws:FederatedProvider aws:TokenIssueTime aws:SignInSessionArn aws:MultiFactorAuthAge aws:MultiFactorAuthPresent
	aws:ChatbotSourceArn aws:Ec2InstanceSourceVpc aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIdentity ec2:RoleDelivery
	ec2:SourceInstanceArn glue:RoleAssumedBy glue:CredentialIssuingService codebuild:BuildArn codebuild:ProjectArn
	lambda:SourceFunctionArn ssm:SourceInstanceArn identitystore:UserId aws:SourceIp aws:SourceVpc aws:SourceVpcArn aws:SourceVpce
	aws:VpceAccount aws:VpceOrgID aws:VpceOrgPaths aws:VpcSourceIp aws:ResourceAccount aws:ResourceOrgID aws:ResourceOrgPaths
	aws:ResourceTag/team aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:CalledViaAWSMCP aws:ViaAWSService
	aws:ViaAWSMCPService aws:CurrentTime aws:EpochTime aws:referer aws:RequestedRegion aws:RequestTag/team aws:TagKeys
	aws:SecureTransport aws:SourceAccount aws:SourceArn aws:SourceOrgID aws:SourceOrgPaths aws:UserAgent aws:IsMcpServiceAction
	s3:ResourceAccount s3:prefix ecr:ResourceTag/team kms:ViaService ecs:cluster example:NewKey`)

const (
	org     = "o-exampleorgid"
	theirs  = "o-amazonorgid1" // of an account of AWS
	foreign = "999999999999"   // an account of AWS
)

// absent is a context without the key.
const absent = "\x00absent"

// contexts returns every value that the key can have in a request, according to the availability that
// the IAM user guide documents. Keys that are not listed may have any value.
func contexts(key string, awsOwned, anyone bool) []string {
	own := func(s string) []string { return []string{s} }
	switch key {
	case "aws:PrincipalAccount":
		if anyone {
			return []string{"anonymous", foreign}
		}
		return own(account)
	case "aws:PrincipalOrgID":
		if anyone {
			return []string{absent, theirs}
		}
	case "aws:PrincipalOrgPaths":
		if anyone {
			return []string{absent, theirs + "/r-ab12/ou-ab12-11111111/"}
		}
	case "aws:PrincipalArn":
		if anyone {
			return []string{absent, "arn:aws:iam::" + foreign + ":role/layers"}
		}
		return []string{"arn:aws:iam::" + account + ":role/a", "arn:aws:iam::" + account + ":role/b"}
	case "aws:PrincipalIsAWSService":
		if anyone {
			return []string{absent, "false"}
		}
		return own("false")
	case "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", "aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths":
		if !anyone {
			return own(absent)
		}
	case "aws:ResourceAccount", "s3:ResourceAccount":
		if awsOwned {
			return own(foreign)
		}
		return own(account)
	case "aws:ResourceOrgID":
		if awsOwned {
			return []string{absent, theirs}
		}
	case "aws:ResourceOrgPaths":
		if awsOwned {
			return []string{absent, theirs + "/r-ab12/ou-ab12-11111111/"}
		}
	case "aws:SourceVpc":
		return own("vpc-1")
	case "aws:SourceVpce":
		return own("vpce-1")
	case "aws:SourceIp", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast":
		return own(absent)
	case "aws:ViaAWSService":
		return own("false")
	case "aws:SecureTransport":
		return own("true")
	case "aws:RequestedRegion":
		return own("us-east-1")
	}
	return nil
}

// compared compares one value of a policy with one value of a request, as the IAM user guide defines it for
// operators on texts. ok is false for other operators.
func compared(op, pattern, value string) (equal, ok bool) {
	switch op {
	case "StringEquals", "StringNotEquals":
		return pattern == value, true
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
		return strings.EqualFold(pattern, value), true
	case "Bool":
		return strings.EqualFold(pattern, value), pattern == "true" || pattern == "false"
	case "StringLike", "StringNotLike":
		return wild(pattern, value), true
	case "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike":
		a, b := strings.SplitN(pattern, ":", 6), strings.SplitN(value, ":", 6)
		if len(a) != 6 || len(b) != 6 {
			return false, false
		}
		for i := range a {
			if !wild(a[i], b[i]) {
				return false, true
			}
		}
		return true, true
	}
	return false, false
}

// wild matches a pattern with * and ?.
func wild(pattern, value string) bool {
	switch {
	case pattern == "":
		return value == ""
	case pattern[0] == '*':
		return wild(pattern[1:], value) || value != "" && wild(pattern, value[1:])
	}
	return value != "" && (pattern[0] == '?' || pattern[0] == value[0]) && wild(pattern[1:], value[1:])
}

// met evaluates a condition in one context. ok is false if the guide does not say what it gives.
func met(set, op string, ifExists bool, pattern, value string) (met, ok bool) {
	if op == "Null" {
		return (value == absent) == (pattern == "true"), set == "" && !ifExists && (pattern == "true" || pattern == "false")
	}
	negated := strings.Contains(op, "Not")
	if value == absent {
		if set == "ForAnyValue:" {
			return false, !ifExists
		}
		return negated || ifExists || set == "ForAllValues:", true
	}
	equal, ok := compared(op, pattern, value)
	return equal != negated, ok
}

// Every operator on every key is decided only if all values that the key can have give the same result.
// All other conditions make the result undecided, in Allow and in Deny.
func TestConditionsAreDecidedOrUndecided(t *testing.T) {
	patterns := []string{account, org, org + "/*", foreign, "o-*", "*", "true", "vpc-1", "us-east-1", "arn:aws:iam::" + account + ":role/*", "arn:*:iam::*:role/*", "10.0.0.0/8", "${aws:PrincipalOrgID}"}
	callers := policy.Caller{Account: account, VPC: "vpc-1", Endpoint: "vpce-1", Region: "us-east-1"}
	requests := []struct {
		name             string
		grant            policy.Grant
		awsOwned, anyone bool
	}{
		{"own repository", policy.Grant{Actions: []string{"ecr:BatchGetImage"}, Resources: []string{"arn:aws:ecr:us-east-1:" + account + ":repository/web"}}, false, false},
		{"queue of AWS", policy.Grant{Actions: []string{"sqs:SendMessage"}, Resources: []string{"arn:aws:sqs:us-east-1:*:airflow-celery-*"}, AWSOwned: true}, true, false},
		{"layers", policy.Grant{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"}, AWSOwned: true, AnyPrincipal: true}, true, true},
	}
	decided := map[string]bool{}
	for _, set := range []string{"", "ForAllValues:", "ForAnyValue:", "ForSomeValues:"} {
		for _, op := range append(operators, "StringStartsWith") {
			for _, ifExists := range []bool{false, true} {
				name := set + op
				if ifExists {
					name += "IfExists"
				}
				unknown := set == "ForSomeValues:" || op == "StringStartsWith" || op == "Null" && (set != "" || ifExists)
				for _, key := range globalKeys {
					tried, requests := patterns, requests
					if unknown || contexts(key, true, true) == nil && contexts(key, false, false) == nil {
						tried, requests = []string{"*", "true"}, requests[:1]
					}
					for _, pattern := range tried {
						raw, _ := json.Marshal(map[string]any{name: map[string]any{key: pattern}})
						docs := []*policy.Document{parse(t, allow(`"Action":"*","Resource":"*","Condition":`+string(raw))),
							parse(t, `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":`+string(raw)+`}]}`)}
						for _, r := range requests {
							worlds := contexts(key, r.awsOwned, r.anyone)
							yes, no, perhaps := false, false, false
							for _, value := range worlds {
								m, ok := met(set, op, ifExists, pattern, value)
								ok = ok && (value == absent || op == "Null" || !strings.Contains(pattern, "${"))
								yes, no, perhaps = yes || ok && m, no || ok && !m, perhaps || !ok
							}
							for i, doc := range docs {
								got := result(doc.Lacks([]policy.Grant{r.grant}, callers))
								met := got == "allowed" && i == 0 || got == "denied" && i == 1
								switch {
								case got == "undecided":
									continue
								case unknown:
									t.Fatalf("%s: %s on %s is unknown, but the result is %s", r.name, name, key, got)
								case len(worlds) == 0 && !sameAnyway(set, op, ifExists, pattern, key):
									t.Errorf("%s: %s on %s %q: %s, though the key can have any value", r.name, name, key, pattern, got)
								case met && no || !met && yes:
									t.Errorf("%s: %s on %s %q: %s, but not for every value of %q", r.name, name, key, pattern, got, worlds)
								case perhaps:
									t.Errorf("%s: %s on %s %q: %s, but the guide does not say so", r.name, name, key, pattern, got)
								}
								decided[key] = true
							}
						}
					}
				}
			}
		}
	}
	// A judge that decides nothing would pass the checks above.
	for _, key := range strings.Fields(`aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalOrgPaths aws:PrincipalArn aws:PrincipalIsAWSService aws:SourceVpc aws:SourceVpce aws:SourceIp
		aws:ResourceAccount s3:ResourceAccount aws:ResourceOrgID aws:ResourceOrgPaths aws:CalledVia aws:ViaAWSService aws:SecureTransport aws:RequestedRegion aws:SourceAccount`) {
		if !decided[key] {
			t.Errorf("no condition on %s is decided", key)
		}
	}
}

// sameAnyway reports whether a condition gives the same for every value and without one.
func sameAnyway(set, op string, ifExists bool, pattern, key string) bool {
	always := slices.Contains([]string{"aws:CurrentTime", "aws:EpochTime", "aws:VpcSourceIp"}, key) // every request has these
	if op == "Null" {
		return always && (pattern == "true" || pattern == "false")
	}
	like := (op == "StringLike" || op == "StringNotLike") && pattern == "*"
	negated := strings.Contains(op, "Not")
	return like && (always || !negated && (ifExists || set == "ForAllValues:") && set != "ForAnyValue:" || negated && set == "ForAnyValue:" && !ifExists)
}

func result(lacks []policy.Lack) string {
	switch {
	case len(lacks) == 0:
		return "allowed"
	case slices.ContainsFunc(lacks, func(l policy.Lack) bool { return l.Unsure }):
		return "undecided"
	}
	return "denied"
}

// The resources of AWS fail every condition that they belong to the customer.
func TestResourcesOfAWS(t *testing.T) {
	facts := policy.Facts{Partition: "aws", Region: "us-east-1", Account: account, Instances: true, RunCommand: true}
	caller := policy.Caller{Account: account, VPC: "vpc-1", Endpoint: "vpce-1", Region: "us-east-1"}
	var owned []policy.Grant
	for _, g := range append(policy.Grants("s3", facts), policy.EnvironmentGrants("sqs", facts)...) {
		if g.AWSOwned {
			owned = append(owned, g)
		}
	}
	if len(owned) < 5 { // layers, agent, Amazon Linux, Systems Manager, queue
		t.Fatalf("%d grants on resources of AWS", len(owned))
	}
	for key, value := range map[string]string{"aws:ResourceOrgID": org, "aws:ResourceOrgPaths": org + "/*", "aws:ResourceAccount": account, "s3:ResourceAccount": account} {
		set, equals := "", "Equals"
		if key == "aws:ResourceOrgPaths" {
			set, equals = "ForAnyValue:", "Like"
		}
		condition := func(op string) string { return fmt.Sprintf(`"Condition":{"%s":{"%s":["%s"]}}`, op, key, value) }
		deny := func(op string) string {
			return `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",` + condition(op) + `}]}`
		}
		for _, doc := range []string{allow(`"Action":"*","Resource":"*",` + condition(set+"String"+equals)), deny("ForAllValues:StringNot" + equals), deny("StringNot" + equals), deny("StringNot" + equals + "IfExists")} {
			for _, g := range owned {
				for _, l := range parse(t, doc).Lacks([]policy.Grant{g}, caller) {
					if l.Unsure || !strings.Contains(l.Because, "on "+key+" (the resource belongs to an account of AWS)") {
						t.Errorf("%s in %s: %+v", g.Why, doc, l)
					}
				}
				if got := result(parse(t, doc).Lacks([]policy.Grant{g}, caller)); got != "denied" {
					t.Errorf("%s is %s by %s", g.Why, got, doc)
				}
			}
		}
	}
}

// What is not a policy, and what makes it undecided, never counts as allowed.
func TestUndecided(t *testing.T) {
	pull := []policy.Grant{{Actions: []string{"ecr:BatchGetImage"}, Resources: []string{"arn:aws:ecr:us-east-1:123456789012:repository/web"}}}
	const all = `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`
	for name, c := range map[string]struct{ raw, because string }{
		"not JSON":                 {`{"Statement":[}`, "the document cannot be read: 1:15"},
		"empty":                    {" ", "the document cannot be read"},
		"a duplicate key":          {`{"Statement":[` + all + `],"Statement":[` + all + `]}`, "duplicate key"},
		"a list":                   {`[` + all + `]`, "not a JSON object"},
		"no Statement":             {`{"Version":"2012-10-17"}`, "no Statement"},
		"an unknown version":       {`{"Version":"2030-01-01","Statement":[` + all + `]}`, "unknown Version"},
		"an unknown element":       {`{"Statement":[` + all + `],"Rules":[]}`, `unknown element "Rules"`},
		"a text as a statement":    {`{"Statement":[` + all + `,"x"]}`, "statement 2: it is not an object"},
		"an unknown effect":        {`{"Statement":[` + all + `,{"Effect":"Permit","Principal":"*","Action":"*","Resource":"*"}]}`, "statement 2: its Effect is neither"},
		"an unknown key":           {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Unless":"x"}]}`, `statement 1: unknown element "Unless"`},
		"a broken Deny":            {`{"Statement":[` + all + `,{"Sid":"X","Effect":"Deny","Principal":"*","Resource":"*"}]}`, "statement 2 (X): it must have either Action or NotAction"},
		"both elements":            {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","NotResource":"a"}]}`, "either Resource or NotResource"},
		"numbers as actions":       {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":["*",1],"Resource":"*"}]}`, "its Action is not a string"},
		"no Principal":             {`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, "either Principal or NotPrincipal"},
		"a Principal as text":      {`{"Statement":[{"Effect":"Allow","Principal":"123456789012","Action":"*","Resource":"*"}]}`, "its Principal does not contain a principal"},
		"a condition as a list":    {allow(`"Action":"*","Resource":"*","Condition":[]`), "its Condition is not an object"},
		"an operator without keys": {allow(`"Action":"*","Resource":"*","Condition":{"Bool":true}`), "its condition Bool is not an object"},
		"a value as an object":     {allow(`"Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":{}}}`), "no value or an unknown one"},
		"no value":                 {allow(`"Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":[]}}`), "no value or an unknown one"},
		"a variable in a resource": {allow(`"Action":"*","Resource":"arn:aws:ecr:*:*:repository/${aws:PrincipalTag/team}"`), "its Resource has a policy variable"},
		"a variable in a Not":      {allow(`"Action":"*","NotResource":"arn:aws:ecr:*:*:repository/${aws:PrincipalTag/team}"`), "its Resource has a policy variable"},
		"a NotPrincipal":           {`{"Statement":[` + all + `,{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:role/x"},"Action":"*","Resource":"*"}]}`, "statement 2: its Principal"},
		"another kind of caller":   {`{"Statement":[{"Effect":"Allow","Principal":{"CanonicalUser":"210987654321"},"Action":"*","Resource":"*"}]}`, "its Principal"},
		"a part of the actions":    {allow(`"NotAction":"ecr:Batch*","Resource":"*"`) + " ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := policy.Lacks(c.raw, pull, policy.Caller{Account: account})
			if len(got) != 1 {
				t.Fatalf("%+v", got)
			}
			if got[0].Unsure != (c.because != "") || !strings.Contains(got[0].Because, c.because) {
				t.Errorf("unsure %v because %q", got[0].Unsure, got[0].Because)
			}
		})
	}
}

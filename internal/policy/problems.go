package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is a problem with the structure of an endpoint policy.
type Problem struct {
	Rule         string // G-POLMAX, G-POLPRIN, G-POLSHAPE, G-POLWILD
	Message, Fix string
}

// services are the action prefixes of an endpoint, if they differ from its service code. Endpoints
// that are not here and not in plain are not checked.
var services = map[string][]string{
	"ecs-agent": {"ecs"}, "ecs-telemetry": {"ecs"}, "ecr.api": {"ecr"}, "ecr.dkr": {"ecr"}, "monitoring": {"cloudwatch"},
	"s3":               {"s3", "s3express", "s3-object-lambda", "s3tables"},
	"kinesis-firehose": {"firehose"}, "kinesis-streams": {"kinesis"},
	"airflow.api": {"airflow"}, "airflow.env": {"airflow"}, "airflow.ops": {"airflow"},
}

// plain are the services with endpoints that have the same name as their action prefix.
const plain = " application-autoscaling autoscaling batch cloudformation dynamodb ec2 ec2messages ecs elasticfilesystem elasticloadbalancing events" +
	" kms lambda logs secretsmanager sns sqs ssm ssmmessages states sts xray "

// prefixes returns the action prefixes of the endpoint of a service code; none if they are not
// known.
func prefixes(code string) []string {
	code = strings.Replace(code, "-fips", "", 1)
	if p := services[code]; p != nil {
		return p
	}
	if strings.Contains(plain, " "+code+" ") {
		return []string{code}
	}
	return nil
}

// identifiers are condition keys with values that AWS creates (AWS PrivateLink guide, Control access
// to VPC endpoints, gives two of them as examples).
var identifiers = []string{"aws:principalaccount", "aws:principalorgid", "aws:resourceaccount", "aws:sourceaccount", "aws:sourcevpc", "aws:sourcevpce"}

// Problems checks the structure of an endpoint policy for the endpoint of a service code (AWS
// PrivateLink guide, Control access to VPC endpoints; IAM user guide, policy grammar). If AWS's
// documentation is ambiguous, it reports nothing.
func (d *Document) Problems(code string, gateway bool) []Problem {
	var out []Problem
	say := func(rule, fix, format string, args ...any) {
		p := Problem{rule, fmt.Sprintf(format, args...), fix}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	shape := func(fix, format string, args ...any) { say("G-POLSHAPE", fix, format, args...) }

	if n := utf8.RuneCountInString(d.raw); n > MaxLength {
		say("G-POLMAX", "Remove white space, or use patterns for resources.", "The policy has %d characters; an endpoint policy must have at most %d, including white space.", n, MaxLength)
	}
	if d.root.kind != '{' {
		shape("Use an object with Version and Statement.", "The policy is not a JSON object.")
		return out
	}
	for i, key := range d.root.keys {
		switch value := d.root.items[i]; key {
		case "Id", "Statement":
		case "Version":
			if v := value.text(); v != "2012-10-17" && v != "2008-10-17" {
				shape(`Use "Version": "2012-10-17", the version of the policy language.`, "The policy has the Version %s, which does not exist.", value.print(true))
			}
		default:
			shape("Remove it; a policy can have Version, Id and Statement.", "The policy has the unknown element %q.", key)
		}
	}
	if len(d.statements) == 0 {
		shape("Add at least one statement with Effect, Principal, Action and Resource.", "The policy has no statement.")
	}
	sids := map[string]bool{}
	for i, s := range d.statements {
		name := fmt.Sprintf("Statement %d", i+1)
		if s.sid != "" {
			name += " (" + s.sid + ")"
		}
		if s.kind != '{' {
			shape("Use an object for each statement.", "%s is not an object.", name)
			continue
		}
		for _, key := range s.keys {
			if at := slices.IndexFunc(order[3:], func(o string) bool { return strings.EqualFold(o, key) }); at < 0 {
				shape("Remove it.", "%s has the unknown element %q.", name, key)
			} else if order[3+at] != key {
				shape(fmt.Sprintf("Use %s.", order[3+at]), "%s has %q; upper and lower case matter.", name, key)
			}
		}
		if !s.validSid() {
			shape("Use letters and digits.", "%s has the Sid %s; a Sid must have letters and digits only.", name, s.get("Sid").print(true))
		}
		if sids[s.sid] {
			shape("Give each statement a unique Sid, or none.", "%s has a Sid that another statement has.", name)
		}
		sids[s.sid] = s.sid != ""
		switch effect := s.get("Effect"); {
		case effect == nil:
			shape(`Add "Effect": "Allow" or "Deny".`, "%s has no Effect.", name)
		case s.effect != "Allow" && s.effect != "Deny":
			shape("Use Allow or Deny, with a capital letter.", "%s has the Effect %s.", name, effect.print(true))
		}
		pair := func(key string, value, not *node) {
			switch {
			case value == nil && not == nil:
				shape(fmt.Sprintf("Add %s.", key), "%s has no %s.", name, key)
			case value != nil && not != nil:
				shape("Remove one of them.", "%s has both %s and Not%s.", name, key, key)
			case value != nil && !value.onlyStrings() || not != nil && !not.onlyStrings():
				shape("Use a string or a list of strings.", "%s: %s is neither a string nor a list of strings.", name, key)
			}
		}
		pair("Action", s.action, s.notAction)
		pair("Resource", s.resource, s.notResource)
		s.principals(name, gateway, func(fix, format string, args ...any) { say("G-POLPRIN", fix, format, args...) })
		s.actions(name, code, shape)
		for _, n := range slices.Concat(s.resource.elements(), s.notResource.elements()) {
			v := n.value
			if n.kind != '"' {
				continue // reported above
			}
			if open, _ := withoutVariables(v); !meet(open, "arn:*") {
				shape(`Use an ARN or "*".`, "%s has the Resource %q, which is not an ARN.", name, v)
			}
			if mixedAccount(v) {
				say("G-POLWILD", "Use the complete account id, or * alone.", "%s has %q: the account in an ARN must be an id or a wildcard, not both.", name, v)
			}
		}
		if s.condition != nil && (s.condition.kind != '{' || slices.ContainsFunc(s.condition.items, func(n *node) bool { return n.kind != '{' })) {
			shape("Use operator, key and value, such as {\"StringEquals\": {\"aws:PrincipalAccount\": \"…\"}}.", "%s has a Condition that is not an object of objects.", name)
			continue
		}
		s.wildcards(name, func(fix, format string, args ...any) { say("G-POLWILD", fix, format, args...) })
	}
	return out
}

// validSid reports whether a Sid is missing or valid. According to the IAM user guide it has letters
// and digits. The endpoint examples in AWS's guides also have hyphens.
func (s statement) validSid() bool {
	sid := s.get("Sid")
	return sid == nil || sid.kind == '"' && !strings.ContainsFunc(sid.value, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	})
}

// nobody reports whether a Principal is an object without a principal.
func (n *node) nobody() bool {
	return n.kind == '{' && !slices.ContainsFunc(n.items, func(of *node) bool { return len(of.strings()) > 0 })
}

// principals checks the Principal: an endpoint policy must have one, and in the policy of a gateway
// endpoint it must be "*".
func (s statement) principals(name string, gateway bool, say func(fix, format string, args ...any)) {
	switch {
	case s.principal == nil && s.notPrincipal == nil:
		say(`Add "Principal": "*".`, "%s has no Principal; an endpoint policy must have one.", name)
	case s.notPrincipal != nil && s.effect == "Allow": // not supported (IAM user guide)
		say(`Use "Principal": "*" and exclude callers with a condition on aws:PrincipalArn.`, "%s uses Allow with NotPrincipal, which is only supported with Deny.", name)
	case s.principal != nil && (s.principal.kind != '{' && !s.principal.anybody() || s.principal.nobody()):
		say(`Use "Principal": "*" or {"AWS": "ARN"}.`, "%s has the Principal %s, which does not contain a principal.", name, s.principal.print(true))
	case gateway && !s.principal.anybody():
		say(`Use "Principal": "*" and restrict callers with a condition on aws:PrincipalArn.`, "%s lists principals; in the policy of a gateway endpoint the Principal must be \"*\".", name)
	}
}

// actions checks whether the actions belong to the endpoint's service.
func (s statement) actions(name, code string, say func(fix, format string, args ...any)) {
	own := prefixes(code)
	for _, a := range slices.Concat(s.action.strings(), s.notAction.strings()) {
		prefix, _, ok := strings.Cut(a, ":")
		switch {
		case strings.Trim(a, "*") == "" && a != "":
		case !ok:
			say(`Use SERVICE:ACTION, or "*".`, "%s has the action %q, which does not have the form SERVICE:ACTION.", name, a)
		case len(own) > 0 && s.notAction == nil && !slices.ContainsFunc(own, func(o string) bool { return meet(strings.ToLower(prefix), o) }):
			say("Move it to the policy of its own endpoint.", "%s has the action %q; the endpoint of %s supports actions of %s only.", name, a, code, strings.Join(own, ", "))
		}
	}
}

// wildcards checks the values of conditions: no wildcards or numeric operators on identifiers that
// AWS creates, and with wildcard operators at least six consecutive characters before or after each
// wildcard.
func (s statement) wildcards(name string, say func(fix, format string, args ...any)) {
	if s.condition == nil {
		return
	}
	for i, op := range s.condition.keys {
		keys := s.condition.items[i]
		for j, key := range keys.keys {
			identifier := slices.Contains(identifiers, strings.ToLower(key))
			if identifier && strings.Contains(op, "Numeric") {
				say("Use StringEquals.", "%s compares %s with %s; an endpoint policy does not support numeric operators there.", name, key, op)
			}
			for _, v := range keys.items[j].strings() {
				switch {
				case identifier && strings.ContainsAny(v, "*?"):
					say("Use the complete ids.", "%s has a wildcard in %s (%q), which an endpoint policy does not support.", name, key, v)
				case strings.Contains(op, "Like") && strings.Contains(op, "String") && loneWildcard(v):
					say("Use more of the value.", "%s has %q under %s: each wildcard needs at least six consecutive characters before or after it.", name, v, key)
				}
				if mixedAccount(v) {
					say("Use the complete account id, or * alone.", "%s has %q: the account in an ARN must be an id or a wildcard, not both.", name, v)
				}
			}
		}
	}
}

// loneWildcard reports whether a wildcard, or a series of them, has fewer than six other characters
// on both sides.
func loneWildcard(v string) bool {
	const enough = 6
	before := 0
	for i := 0; i < len(v); {
		if v[i] != '*' && v[i] != '?' {
			before++
			i++
			continue
		}
		for i < len(v) && (v[i] == '*' || v[i] == '?') {
			i++
		}
		after := strings.IndexAny(v[i:], "*?")
		if after < 0 {
			after = len(v) - i
		}
		if before < enough && after < enough {
			return true
		}
		before = 0
	}
	return false
}

// mixedAccount reports whether the account in an ARN has both digits and wildcards.
func mixedAccount(arn string) bool {
	part := strings.SplitN(arn, ":", 6)
	return len(part) == 6 && part[0] == "arn" && !strings.Contains(arn, "${") && strings.ContainsAny(part[4], "*?") && strings.ContainsAny(part[4], "0123456789")
}

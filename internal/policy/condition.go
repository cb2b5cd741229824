package policy

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// operator is a parsed condition operator (IAM user guide, condition operators).
type operator struct {
	name     string // as written
	known    bool
	text     bool // compares texts, Booleans or ARNs. The values that a request has here are such.
	null     bool
	boolean  bool
	like     bool // wildcards count
	arn      bool // each part of an ARN is compared separately
	negated  bool
	fold     bool // upper and lower case are equal
	ifExists bool
	set      string // ForAllValues, ForAnyValue or empty
}

// operatorOf parses the name of a condition operator.
func operatorOf(name string) operator {
	op := operator{name: name}
	if set, after, ok := strings.Cut(name, ":"); ok {
		if set != "ForAllValues" && set != "ForAnyValue" {
			return op
		}
		op.set, name = set, after
	}
	name, op.ifExists = strings.CutSuffix(name, "IfExists")
	op.known, op.text = true, true
	switch name {
	case "StringEquals":
	case "StringNotEquals":
		op.negated = true
	case "StringEqualsIgnoreCase":
		op.fold = true
	case "StringNotEqualsIgnoreCase":
		op.fold, op.negated = true, true
	case "StringLike":
		op.like = true
	case "StringNotLike":
		op.like, op.negated = true, true
	case "ArnLike", "ArnEquals":
		op.like, op.arn = true, true
	case "ArnNotLike", "ArnNotEquals":
		op.like, op.arn, op.negated = true, true, true
	case "Bool":
		op.fold, op.boolean = true, true
	case "NumericEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
		"DateEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "BinaryEquals", "IpAddress":
		op.text = false
	case "NumericNotEquals", "DateNotEquals", "NotIpAddress":
		op.text, op.negated = false, true
	case "Null":
		op.null, op.text = true, false
		op.known = !op.ifExists && op.set == ""
	default:
		op.known = false
	}
	return op
}

// fact is what is known about a condition key in a request.
type fact struct {
	present answer // yes: every such request has the key; no: none has it
	value   string // empty: not known. It may be a pattern.
	// foreign marks the account, organization or principal of AWS: its value is not known, but it is
	// not one of the customer.
	foreign bool
	note    string // explains the fact
}

// meets reports whether the request meets a Condition: every key of every operator.
func (r request) meets(n *node) judgement {
	var parts []judgement
	if n == nil {
		return judgement{answer: yes}
	}
	for i, name := range n.keys {
		op := operatorOf(name)
		for j, key := range n.items[i].keys {
			parts = append(parts, r.holds(op, key, n.items[i].items[j].strings()))
		}
	}
	return every(parts...)
}

// holds reports whether one key of a condition is met. A key that the request lacks fails a condition,
// except with a negated operator, with IfExists and with ForAllValues; with ForAnyValue it fails
// every condition (IAM user guide, condition operators, and set operators for multivalued context
// keys).
func (r request) holds(op operator, key string, values []string) judgement {
	if !op.known {
		return judgement{perhaps, []string{"unknown condition operator " + op.name}}
	}
	f := r.fact(key)
	present, absent := no, no
	if op.null {
		present, absent = perhaps, perhaps
		if len(values) == 1 && strings.EqualFold(values[0], "true") {
			present, absent = no, yes
		} else if len(values) == 1 && strings.EqualFold(values[0], "false") {
			present, absent = yes, no
		}
	} else {
		present = best(values, func(v string) answer { return r.compares(op, key, f, v) })
		if op.negated {
			present = present.not()
		}
		switch {
		case op.set == "ForAnyValue":
			absent = min(truth(op.ifExists), perhaps) // the guide does not say which of the two counts
		case op.negated || op.ifExists || op.set == "ForAllValues":
			absent = yes
		}
	}
	out := present
	switch {
	case f.present == no:
		out = absent
	case f.present == perhaps && present != absent:
		out = perhaps
	}
	why := op.name + " on " + key
	if f.note != "" {
		why += " (" + f.note + ")"
	}
	return judgement{out, []string{why}}
}

// organization matches a value that contains the whole id of an organization, as in
// aws:PrincipalOrgPaths.
var organization = pattern.New(`^o-[a-z0-9]{10,32}(/|$)`)

// compares reports whether a policy's value includes the value of a key that the request has.
func (r request) compares(op operator, key string, f fact, v string) answer {
	isBool := f.value == "true" || f.value == "false"
	switch {
	case strings.Contains(v, "${"):
		return perhaps
	case op.like && !op.arn && !isBool && v != "" && strings.Trim(v, "*") == "":
		return yes
	case !op.text:
		return perhaps // no value that is known here is a number, a date, an address or binary
	case f.foreign:
		return r.ofAWS(op, key, v)
	case f.value == "" || op.boolean != isBool || op.boolean && !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false"):
		return perhaps
	}
	return op.compare(v, f.value)
}

// ofAWS reports whether a policy's value includes an account, an organization or a principal of AWS.
// The ids of AWS's accounts are not known here, so another account than the caller's may be one.
func (r request) ofAWS(op operator, key, v string) answer {
	ours := false
	switch key = strings.ToLower(key); {
	case strings.Contains(key, "org"):
		ours = !op.arn && (organization().MatchString(v) || !op.like)
	case strings.HasSuffix(key, "arn"):
		part := strings.SplitN(v, ":", 6)
		ours = len(part) == 6 && part[4] != "" && part[4] == r.caller.Account
	default:
		ours = !op.arn && v != "" && v == r.caller.Account
	}
	if ours && !op.boolean {
		return no
	}
	return perhaps
}

// compare reports whether a policy's value includes the value of a request, which may also be a
// pattern.
func (op operator) compare(v, value string) answer {
	if op.fold {
		v, value = strings.ToLower(v), strings.ToLower(value)
	}
	if op.arn {
		a, b := strings.SplitN(v, ":", 6), strings.SplitN(value, ":", 6)
		if len(a) != 6 || len(b) != 6 {
			return perhaps
		}
		out := yes
		for i := range a {
			out = min(out, matches(a[i:i+1], b[i]))
		}
		return out
	}
	switch {
	case op.like:
		return matches([]string{v}, value)
	case v == value:
		return yes
	}
	return min(truth(!strings.ContainsAny(v, "*?") && covers(value, v)), perhaps)
}

// The notes of facts.
const (
	ownedByAWS  = "the resource belongs to an account of AWS"
	calledByAWS = "the caller is not a principal of this account"
	unknownCall = "AWS does not document the caller"
	notInCall   = "calls through a VPC endpoint do not have this key"
	notKnown    = "the wizard does not know its value"
)

// fact returns what is known about a condition key. Keys that are not here may have any value, or
// none. Sources: IAM user guide, global condition context keys; Amazon S3 user guide, policy examples
// using condition keys (s3:ResourceAccount); aws-samples/data-perimeter-policy-examples, service-owned
// resources (layers of Amazon ECR have a URL that an account of Amazon ECR signed, and public buckets
// are read without a signature, so that neither caller is a service principal).
func (r request) fact(key string) fact {
	key = strings.ToLower(key)
	unknown := fact{present: perhaps, note: notKnown}
	if strings.HasPrefix(key, "aws:principal") && r.unclear {
		return fact{present: perhaps, note: unknownCall}
	}
	always := func(value string) fact {
		if value == "" {
			return fact{present: yes, note: notKnown}
		}
		return fact{present: yes, value: value}
	}
	switch key {
	case "aws:principalaccount":
		if r.anyone {
			return fact{present: yes, foreign: true, note: calledByAWS} // "anonymous" without a signature
		}
		return always(r.caller.Account)
	case "aws:principalorgid", "aws:principalorgpaths":
		if r.anyone {
			return fact{present: perhaps, foreign: true, note: calledByAWS}
		}
		if key == "aws:principalorgid" && r.caller.Organization != "" {
			return always(r.caller.Organization)
		}
	case "aws:principalarn":
		switch {
		case r.anyone:
			return fact{present: perhaps, foreign: true, note: calledByAWS}
		case r.role == "" && r.caller.Account != "":
			return always("arn:*:iam::" + r.caller.Account + ":role/*")
		}
		return always(r.role)
	case "aws:principalisawsservice":
		if r.anyone { // calls without a signature do not have it
			return fact{present: perhaps, value: "false", note: calledByAWS}
		}
		return always("false")
	case "aws:principalservicename", "aws:principalservicenameslist", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths":
		if !r.anyone { // only calls of service principals have them
			return fact{present: no, note: "only calls of AWS services have this key"}
		}
	case "aws:resourceaccount", "s3:resourceaccount":
		if r.awsOwned {
			return fact{present: yes, foreign: true, note: ownedByAWS}
		}
		if part := strings.SplitN(r.resource, ":", 6); len(part) == 6 && part[4] != "" && strings.Trim(part[4], "0123456789") == "" {
			return always(part[4])
		}
	case "aws:resourceorgid", "aws:resourceorgpaths":
		if r.awsOwned {
			return fact{present: perhaps, foreign: true, note: ownedByAWS}
		}
	case "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourceip", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:viaawsservice":
		if r.caller.ThroughEndpoint {
			return r.network(key)
		}
	case "aws:securetransport":
		return always("true")
	case "aws:requestedregion":
		return always(r.caller.Region)
	case "aws:currenttime", "aws:epochtime":
		return always("")
	case "kms:viaservice":
		if r.via != "" {
			return always(r.via)
		}
	}
	return unknown
}

// network returns what is known about a key of a call through a VPC endpoint. A service that calls
// another one for a principal does not use the principal's endpoint (forward access sessions), so
// the principal itself makes these calls.
func (r request) network(key string) fact {
	switch key {
	case "aws:sourcevpc":
		if r.caller.VPC != "" {
			return fact{present: yes, value: r.caller.VPC}
		}
	case "aws:sourcevpce":
		if r.caller.Endpoint != "" {
			return fact{present: yes, value: r.caller.Endpoint}
		}
	case "aws:viaawsservice":
		return fact{present: yes, value: "false"}
	case "aws:sourceip":
		return fact{present: no, note: notInCall}
	case "aws:calledvia", "aws:calledviafirst", "aws:calledvialast":
		return fact{present: no, note: "only calls that a service makes for a principal have this key"}
	}
	return fact{present: yes, note: notKnown}
}

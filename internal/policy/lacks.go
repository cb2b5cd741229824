package policy

import (
	"slices"
	"strings"
)

// Grant is something that a workload does through an endpoint: each action on each resource.
// Resources may be patterns.
type Grant struct {
	Actions, Resources []string
	// AnyPrincipal marks calls that are not signed by a principal of the account: image layers of
	// Amazon ECR, public buckets. A condition on the caller's account or role blocks them.
	AnyPrincipal bool
	// Optional marks what a workload does not need to start.
	Optional bool
	Why      string // "container agents", as in: used by …
}

// Caller is the known identity of a caller; an empty field is not known.
type Caller struct {
	Account      string
	Roles        []string // ARNs of the calling roles
	VPC          string
	Endpoint     string // id of the endpoint
	Organization string
}

// Lack is an action that a policy does not allow.
type Lack struct {
	Action, Resource string
	Role             string // ARN of the one role that lacks it; empty: every caller
	Why              string // of the grant
	Optional         bool   // of the grant
	Unsure           bool   // the result depends on facts that are not known here
}

// String returns "ecr:BatchGetImage on arn:…".
func (l Lack) String() string {
	out := l.Action + " on " + l.Resource
	if l.Role != "" {
		out += " for " + l.Role
	}
	return out
}

// Lacks returns the grants that the policy does not allow the caller, in the order of the grants. An
// explicit Deny overrides every Allow (IAM user guide, policy evaluation logic).
func (d *Document) Lacks(grants []Grant, caller Caller) []Lack {
	var out []Lack
	seen := map[Lack]bool{}
	add := func(l Lack) {
		if !seen[l] {
			seen[l] = true
			out = append(out, l)
		}
	}
	for _, g := range grants {
		roles := caller.Roles
		if len(roles) == 0 || g.AnyPrincipal {
			roles = []string{""}
		}
		for _, action := range g.Actions {
			for _, resource := range g.Resources {
				var some []Lack
				for _, role := range roles {
					r := request{caller: caller, role: role, anyone: g.AnyPrincipal, action: action, resource: resource}
					if a := d.allows(r); a != yes {
						some = append(some, Lack{Action: action, Resource: resource, Role: role, Why: g.Why, Optional: g.Optional, Unsure: a == perhaps})
					}
				}
				alike := len(some) == len(roles) && !slices.ContainsFunc(some, func(l Lack) bool { return l.Unsure != some[0].Unsure })
				for _, l := range some {
					if alike {
						l.Role = ""
					}
					add(l)
				}
			}
		}
	}
	return out
}

// request is one call as a policy sees it.
type request struct {
	caller           Caller
	role             string // empty: not known
	anyone           bool   // not signed by a principal of the account
	action, resource string
}

func (d *Document) allows(r request) answer {
	allowed, denied := no, no
	for _, s := range d.statements {
		switch s.effect {
		case "Allow":
			allowed = max(allowed, s.applies(r))
		case "Deny":
			denied = max(denied, s.applies(r))
		}
	}
	return min(allowed, denied.not())
}

// applies reports whether the statement applies to the request.
func (s statement) applies(r request) answer {
	return min(
		either(s.action, s.notAction, func(n *node) answer { return matches(lower(n.strings()), strings.ToLower(r.action)) }),
		either(s.resource, s.notResource, func(n *node) answer { return matches(n.strings(), r.resource) }),
		either(s.principal, s.notPrincipal, r.named),
		r.meets(s.condition))
}

// either evaluates an element or its Not… element. A statement with neither is invalid and has no
// effect.
func either(n, not *node, ask func(*node) answer) answer {
	switch {
	case n != nil:
		return ask(n)
	case not != nil:
		return ask(not).not()
	}
	return no
}

func lower(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.ToLower(v)
	}
	return out
}

// named reports whether a Principal element includes the caller.
func (r request) named(n *node) answer {
	if n.anybody() {
		return yes
	}
	if r.anyone {
		return no
	}
	return best(n.get("AWS").strings(), func(name string) answer {
		account, rest := name, "root"
		if part := strings.SplitN(name, ":", 6); len(part) == 6 {
			account, rest = part[4], part[5]
		}
		switch {
		case r.role != "" && name == r.role:
			return yes
		case r.caller.Account == "":
			return perhaps
		case account != r.caller.Account:
			return no
		case rest == "root":
			return yes
		case r.role == "":
			return perhaps
		}
		// A session of the role has the form assumed-role/NAME/SESSION.
		session, ok := strings.CutPrefix(rest, "assumed-role/")
		role, _, _ := strings.Cut(session, "/")
		return min(truth(ok && role == r.role[strings.LastIndexByte(r.role, '/')+1:]), perhaps)
	})
}

// meets reports whether the request meets a Condition: every key of every operator.
func (r request) meets(n *node) answer {
	out := yes
	if n == nil {
		return out
	}
	for i, name := range n.keys {
		op := operatorOf(name)
		for j, key := range n.items[i].keys {
			out = min(out, r.holds(op, key, n.items[i].items[j].strings()))
		}
	}
	return out
}

// operator is a parsed condition operator.
type operator struct {
	known    bool
	like     bool // wildcards count
	arn      bool // each part of an ARN is compared separately
	negated  bool
	fold     bool // upper and lower case are equal
	ifExists bool
}

// operatorOf parses the operators that compare texts. For a key with one value, ForAnyValue and
// ForAllValues give the same result.
func operatorOf(name string) operator {
	_, after, ok := strings.Cut(name, ":")
	if ok {
		name = after
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	op := operator{known: true, ifExists: ifExists}
	switch name {
	case "StringEquals":
	case "StringNotEquals":
		op.negated = true
	case "StringEqualsIgnoreCase", "Bool":
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
	default:
		op.known = false
	}
	return op
}

// holds reports whether one key of a condition is met.
func (r request) holds(op operator, key string, values []string) answer {
	value, foreign := r.value(key)
	if !op.known || value == "" && !foreign {
		return perhaps
	}
	out := best(values, func(v string) answer {
		if strings.Contains(v, "${") {
			return perhaps
		}
		if foreign {
			// Absent, or of another account: our policies do not contain such names.
			return min(truth(op.like && strings.Trim(v, "*") == ""), perhaps)
		}
		return op.compare(v, value)
	})
	if op.negated {
		return out.not()
	}
	if op.ifExists && foreign {
		return max(out, perhaps) // met if the key is absent
	}
	return out
}

// compare reports whether a policy's value includes the value of a request, which may also be a
// pattern.
func (op operator) compare(v, value string) answer {
	if op.fold {
		v, value = strings.ToLower(v), strings.ToLower(value)
	}
	if a, b := strings.SplitN(v, ":", 6), strings.SplitN(value, ":", 6); op.arn && len(a) == 6 && len(b) == 6 {
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

// value returns the request's value for a condition key: empty if it is not known, foreign if it is
// absent or of another account. It may be a pattern.
func (r request) value(key string) (value string, foreign bool) {
	switch strings.ToLower(key) {
	case "aws:principalaccount":
		return r.caller.Account, r.anyone
	case "aws:principalorgid":
		return r.caller.Organization, r.anyone
	case "aws:principalarn":
		if r.role == "" && r.caller.Account != "" {
			return "arn:*:iam::" + r.caller.Account + ":role/*", r.anyone
		}
		return r.role, r.anyone
	case "aws:principalisawsservice":
		if !r.anyone {
			return "false", false
		}
	case "aws:resourceaccount":
		if part := strings.SplitN(r.resource, ":", 6); len(part) == 6 && !strings.ContainsAny(part[4], "*?") {
			return part[4], r.anyone
		}
		return "", r.anyone
	case "aws:sourcevpc":
		return r.caller.VPC, false
	case "aws:sourcevpce":
		return r.caller.Endpoint, false
	case "aws:securetransport":
		return "true", false
	}
	return "", false
}

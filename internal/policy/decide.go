package policy

import (
	"fmt"
	"slices"
	"strings"
)

// judgement is an answer with the reasons that led to it.
type judgement struct {
	answer
	why []string
}

func (j judgement) not() judgement { return judgement{j.answer.not(), j.why} }

// because returns the reasons as a text.
func (j judgement) because() string {
	var out []string
	for _, w := range j.why {
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, "; ")
}

// every returns the worst answer. The reasons of a no are left out if one part says no without a
// reason: that part is about another call.
func every(parts ...judgement) judgement {
	out := judgement{answer: yes}
	for _, p := range parts {
		out.answer = min(out.answer, p.answer)
	}
	for _, p := range parts {
		if p.answer != out.answer {
			continue
		}
		if out.answer == no && len(p.why) == 0 {
			return judgement{answer: no}
		}
		out.why = append(out.why, p.why...)
	}
	return out
}

// oneOf returns the best answer, with the reasons of the parts that give it.
func oneOf(parts ...judgement) judgement {
	out := judgement{answer: no}
	for _, p := range parts {
		out.answer = max(out.answer, p.answer)
	}
	for _, p := range parts {
		if p.answer == out.answer {
			out.why = append(out.why, p.why...)
		}
	}
	return out
}

// source is one policy: its document, or why it cannot be read.
type source struct {
	*Document
	err  error
	name string // of a policy of a role
}

func sourceOf(raw string) source {
	d, err := Parse(raw)
	return source{Document: d, err: err}
}

// request is one call as a policy sees it.
type request struct {
	caller           Caller
	role             string // ARN; empty: not known
	ofRole           bool   // for policies of the calling role, which have no Principal
	anyone           bool   // not signed by a principal of the account
	unclear          bool   // signed by an unknown principal
	awsOwned         bool   // the resource belongs to an account of AWS
	via              string // the service that makes the call for the role
	action, resource string
}

// decide reports whether the policies allow the request. An explicit Deny overrides every Allow (IAM
// user guide, policy evaluation logic). What cannot be read or evaluated makes the answer perhaps.
func decide(documents []source, r request) judgement {
	var allows, denies []judgement
	for _, d := range documents {
		at := ""
		if d.name != "" {
			at = "policy " + d.name + ", "
		}
		broken := ""
		if d.err != nil {
			broken = "the document cannot be read: " + d.err.Error()
		} else {
			broken = d.broken()
		}
		if broken != "" {
			unknown := judgement{perhaps, []string{at + broken}}
			allows, denies = append(allows, unknown), append(denies, unknown)
			continue
		}
		for i, s := range d.statements {
			name := fmt.Sprintf("%sstatement %d", at, i+1)
			if s.sid != "" {
				name += " (" + s.sid + ")"
			}
			j := s.applies(r)
			if broken := s.broken(r.ofRole); broken != "" {
				j = judgement{perhaps, []string{broken}}
			}
			var why []string
			for _, w := range j.why {
				why = append(why, name+": "+w)
			}
			if s.effect == "Deny" && j.answer == yes && len(why) == 0 {
				why = []string{name + " denies it"}
			}
			j.why = why
			if s.effect != "Deny" {
				allows = append(allows, j)
			}
			if s.effect != "Allow" {
				denies = append(denies, j)
			}
		}
	}
	return every(oneOf(allows...), oneOf(denies...).not())
}

// broken returns why the whole document cannot be evaluated; empty if it can. Problems reports the
// same with its fixes for policies that the plan sets.
func (d *Document) broken() string {
	if d.root.kind != '{' {
		return "the policy is not a JSON object"
	}
	for i, key := range d.root.keys {
		switch v := d.root.items[i]; {
		case key == "Version" && v.text() != "2012-10-17" && v.text() != "2008-10-17":
			return "unknown Version " + v.print(true)
		case key != "Version" && key != "Id" && key != "Statement":
			return fmt.Sprintf("unknown element %q", key)
		}
	}
	if d.root.get("Statement") == nil {
		return "the policy has no Statement"
	}
	return ""
}

// broken returns why the statement cannot be evaluated; empty if it can (IAM user guide, grammar of
// the IAM JSON policy language). Policies of roles have no Principal.
func (s statement) broken(ofRole bool) string {
	if s.kind != '{' {
		return "it is not an object"
	}
	for _, key := range s.keys {
		if !slices.Contains(order[3:], key) {
			return fmt.Sprintf("unknown element %q", key)
		}
	}
	if s.effect != "Allow" && s.effect != "Deny" {
		return "its Effect is neither Allow nor Deny"
	}
	for _, pair := range []struct {
		key        string
		value, not *node
	}{{"Action", s.action, s.notAction}, {"Resource", s.resource, s.notResource}} {
		switch {
		case (pair.value == nil) == (pair.not == nil):
			return fmt.Sprintf("it must have either %s or Not%s", pair.key, pair.key)
		case pair.value != nil && !pair.value.onlyStrings() || pair.not != nil && !pair.not.onlyStrings():
			return fmt.Sprintf("its %s is not a string or a list of strings", pair.key)
		}
	}
	if has := s.principal != nil || s.notPrincipal != nil; has == ofRole || s.principal != nil && s.notPrincipal != nil {
		if ofRole {
			return "a policy of a role has no Principal"
		}
		return "it must have either Principal or NotPrincipal"
	}
	for _, n := range []*node{s.principal, s.notPrincipal} {
		if n != nil && !n.anybody() && (n.kind != '{' || n.nobody()) {
			return "its Principal does not contain a principal"
		}
	}
	if s.condition == nil {
		return ""
	}
	if s.condition.kind != '{' {
		return "its Condition is not an object"
	}
	for i, op := range s.condition.keys {
		keys := s.condition.items[i]
		if keys.kind != '{' {
			return fmt.Sprintf("its condition %s is not an object", op)
		}
		for j, key := range keys.keys {
			if values := keys.items[j].elements(); len(values) == 0 || len(values) != len(keys.items[j].strings()) {
				return fmt.Sprintf("its condition %s on %s has no value or an unknown one", op, key)
			}
		}
	}
	return ""
}

// applies reports whether the statement applies to the request.
func (s statement) applies(r request) judgement {
	about := func(element string, wanted string, a answer, patterns []string) judgement {
		j := judgement{answer: a}
		if a == perhaps {
			j.why = []string{fmt.Sprintf("its %s covers only a part of %s", element, wanted)}
			if slices.ContainsFunc(patterns, func(p string) bool { _, variable := withoutVariables(p); return variable }) {
				j.why = []string{fmt.Sprintf("its %s has a policy variable", element)}
			}
		}
		return j
	}
	parts := []judgement{
		about("Action", r.action, s.mentions(r.action), slices.Concat(s.action.strings(), s.notAction.strings())),
		about("Resource", r.resource, either(s.resource, s.notResource, func(n *node) answer { return matches(n.strings(), r.resource) }), slices.Concat(s.resource.strings(), s.notResource.strings())),
	}
	if !r.ofRole {
		j := judgement{answer: either(s.principal, s.notPrincipal, r.named), why: []string{"its Principal"}}
		if j.answer == yes {
			j.why = nil
		}
		parts = append(parts, j)
	}
	return every(append(parts, r.meets(s.condition))...)
}

// mentions reports whether the statement is about an action.
func (s statement) mentions(action string) answer {
	return either(s.action, s.notAction, func(n *node) answer { return matches(lower(n.strings()), strings.ToLower(action)) })
}

// either evaluates an element or its Not… element. A statement with neither has no effect.
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
	out := no
	for i, kind := range n.keys {
		for _, name := range n.items[i].strings() {
			out = max(out, r.isPrincipal(kind, name))
		}
	}
	return out
}

// isPrincipal reports whether the caller is a principal of a Principal element (IAM user guide,
// Principal). Only principals of the caller's account are known.
func (r request) isPrincipal(kind, name string) answer {
	if r.unclear || kind != "AWS" && kind != "Service" {
		return perhaps
	}
	if kind == "Service" {
		// A principal of the account is not a service.
		return min(truth(r.anyone), perhaps)
	}
	account, rest := name, "root"
	if part := strings.SplitN(name, ":", 6); len(part) == 6 {
		account, rest = part[4], part[5]
	}
	switch {
	case r.role != "" && name == r.role:
		return yes
	case r.caller.Account == "" || strings.ContainsAny(name, "*?$") || strings.Trim(account, "0123456789") != "" || account == "":
		return perhaps
	case account != r.caller.Account:
		return min(truth(r.anyone), perhaps) // it may be the account of AWS that signed the call
	case r.anyone:
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
}

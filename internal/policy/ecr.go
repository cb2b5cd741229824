package policy

import (
	"slices"
	"strings"
)

// ecrPull are the actions that pull an image from Amazon ECR.
var ecrPull = []string{"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"}

// Condition is a condition that allows a role to pull from Amazon ECR only through a VPC or an
// endpoint.
type Condition struct {
	Document, Statement int // counted from 0
	Sid                 string
	Deny                bool     // a Deny for all other values
	Actions             []string // those of the four pull actions that it restricts
	Key                 string   // aws:SourceVpc or aws:SourceVpce
	Operator            string   // as written
	Values              []string
}

// Allows reports whether one of the ids meets the condition. A value with a policy variable does not
// fail it; RoleLacks reports it as undecided.
func (c Condition) Allows(ids ...string) bool {
	op := operatorOf(c.Operator)
	return slices.ContainsFunc(c.Values, func(v string) bool {
		return strings.Contains(v, "${") || slices.ContainsFunc(ids, func(id string) bool {
			return v == id || op.fold && strings.EqualFold(v, id) || op.like && covers(v, id)
		})
	})
}

// ECRConditions returns the conditions on aws:SourceVpc and aws:SourceVpce that restrict pulls from
// Amazon ECR in the policies of one role. They must not apply to ecr:GetAuthorizationToken, and the
// values must be this VPC or its endpoints (Amazon ECS developer guide, task execution role, pulling
// over interface endpoints). A condition is left out if another statement allows the same without
// any condition. RoleLacks reports documents that are not JSON.
func ECRConditions(documents ...string) []Condition {
	type place struct {
		statement
		document, at int
	}
	var all []place
	for i, raw := range documents {
		d, err := Parse(raw)
		if err != nil {
			continue
		}
		for j, s := range d.statements {
			all = append(all, place{s, i, j})
		}
	}
	speaksOf := func(s statement, action string) bool { return s.mentions(action) == yes }
	// free reports whether another statement allows the action on all resources of this one without
	// a condition.
	free := func(p place, action string) bool {
		return slices.ContainsFunc(all, func(o place) bool {
			return o.effect == "Allow" && o.condition == nil && speaksOf(o.statement, action) &&
				(slices.Contains(o.resource.strings(), "*") || len(p.resource.strings()) > 0 && !slices.ContainsFunc(p.resource.strings(), func(r string) bool {
					return matches(o.resource.strings(), r) != yes
				}))
		})
	}
	var out []Condition
	for _, p := range all {
		if p.condition == nil || p.effect != "Allow" && p.effect != "Deny" {
			continue
		}
		deny := p.effect == "Deny"
		var actions []string
		for _, a := range ecrPull {
			if speaksOf(p.statement, a) && (deny || !free(p, a)) {
				actions = append(actions, a)
			}
		}
		if len(actions) == 0 {
			continue
		}
		for i, name := range p.condition.keys {
			// Allow with "equals" and Deny with "not equals" both require these values.
			op := operatorOf(name)
			if !op.text || op.negated != deny {
				continue
			}
			for j, key := range p.condition.items[i].keys {
				k := slices.IndexFunc([]string{"aws:SourceVpc", "aws:SourceVpce"}, func(k string) bool { return strings.EqualFold(k, key) })
				if k < 0 {
					continue
				}
				out = append(out, Condition{Document: p.document, Statement: p.at, Sid: p.sid, Deny: deny, Actions: actions,
					Key: []string{"aws:SourceVpc", "aws:SourceVpce"}[k], Operator: name, Values: p.condition.items[i].items[j].strings()})
			}
		}
	}
	return out
}

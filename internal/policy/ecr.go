package policy

import (
	"slices"
	"strings"
)

// ecrPull are the actions that pull an image from Amazon ECR.
var ecrPull = []string{"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"}

// Condition is one by which a role may pull from Amazon ECR only through a VPC or
// an endpoint.
type Condition struct {
	Document, Statement int // counted from 0
	Sid                 string
	Deny                bool     // a Deny for all other values
	Actions             []string // of the four that pull an image, those it holds back
	Key                 string   // aws:SourceVpc or aws:SourceVpce
	Operator            string   // as written
	Values              []string
}

// Admits tells whether one of the ids meets the condition. A value with a policy
// variable counts as met: what it stands for is not known here.
func (c Condition) Admits(ids ...string) bool {
	op := operatorOf(c.Operator)
	return slices.ContainsFunc(c.Values, func(v string) bool {
		return strings.Contains(v, "${") || slices.ContainsFunc(ids, func(id string) bool {
			return v == id || op.fold && strings.EqualFold(v, id) || op.like && covers(v, id)
		})
	})
}

// ECRConditions are the conditions on aws:SourceVpc and aws:SourceVpce under which
// the policies of one role let it pull from Amazon ECR. They must not stand on
// ecr:GetAuthorizationToken, and the values must be this VPC or its endpoints
// (Amazon ECS developer guide, task execution role, pulling over interface
// endpoints). What another statement allows without any condition is left out: the
// condition holds nothing back there. Documents that are not JSON are passed over.
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
	speaksOf := func(s statement, action string) bool {
		return either(s.action, s.notAction, func(n *node) answer { return matches(lower(n.strings()), strings.ToLower(action)) }) == yes
	}
	// free tells whether another statement allows the action on all that this one names, whatever the request.
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
			// Allow with "equals" and Deny with "not equals" both ask for these values.
			op := operatorOf(name)
			if !op.known || op.negated != deny {
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

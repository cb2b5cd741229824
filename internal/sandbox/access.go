package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// What the policies of a role allow a task to do.

// access is a request for permission: an action on a resource in a context.
type access struct {
	action, resource string
	context          map[string]string // condition keys, in lower case
}

// allows reports whether the policies of a role, as they apply at a time, allow the access.
func (r *region) allows(role *iamRole, at time.Time, what access) bool {
	documents := []policyDocument{}
	for _, p := range role.RolePolicyList {
		documents = append(documents, p.at(at))
	}
	for _, a := range role.AttachedManagedPolicies {
		if p, err := r.findPolicy(a.PolicyArn); err == nil && !at.Before(a.since) {
			documents = append(documents, p.PolicyDocument)
		}
	}
	allowed := false
	for _, d := range documents {
		statements, err := d.statements()
		if err != nil {
			continue // the document is empty, or a scenario wrote it
		}
		for _, s := range statements {
			if !s.covers(what) {
				continue
			}
			if s.Effect == "Deny" {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

func (w words) match(value string, lower bool) bool {
	return slices.ContainsFunc(w, func(pattern string) bool {
		if lower {
			pattern, value = strings.ToLower(pattern), strings.ToLower(value)
		}
		return wildcard(pattern).MatchString(value)
	})
}

func (s *statement) covers(what access) bool {
	if s.NotAction != nil && s.NotAction.match(what.action, true) || s.NotAction == nil && !s.Action.match(what.action, true) {
		return false
	}
	if s.NotResource != nil && s.NotResource.match(what.resource, false) || s.NotResource == nil && !s.Resource.match(what.resource, false) {
		return false
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if !meets(operator, values, what.context[strings.ToLower(key)]) {
				return false
			}
		}
	}
	return true
}

// meets evaluates the condition operators for strings. It reports false for every other operator.
func meets(operator string, values words, value string) bool {
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	if value == "" && ifExists {
		return true
	}
	switch operator {
	case "StringEquals":
		return value != "" && slices.Contains(values, value)
	case "StringNotEquals":
		return !slices.Contains(values, value)
	case "StringLike", "ArnLike", "ArnEquals":
		return value != "" && values.match(value, false)
	case "StringNotLike", "ArnNotLike", "ArnNotEquals":
		return !values.match(value, false)
	}
	return false
}

// trusts reports whether a service may assume the role.
func (role *iamRole) trusts(service string) bool {
	statements, _ := role.AssumeRolePolicyDocument.statements()
	return slices.ContainsFunc(statements, func(s statement) bool {
		var principal struct{ Service words }
		return s.Effect == "Allow" && s.Action.match("sts:AssumeRole", true) && json.Unmarshal(s.Principal, &principal) == nil && slices.Contains(principal.Service, service)
	})
}

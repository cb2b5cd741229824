package iam

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
)

// What the policies of a role allow a task to do.

// Allows reports whether the policies of a role, as they apply at a time, allow an action on a
// resource. The keys of context are condition keys in lower case.
func (s *State) Allows(role *Role, at time.Time, action, resource string, context map[string]string) bool {
	documents := []policyDocument{}
	for _, p := range role.RolePolicyList {
		documents = append(documents, p.at(at))
	}
	for _, a := range role.AttachedManagedPolicies {
		if p, err := s.findPolicy(a.PolicyArn); err == nil && !at.Before(a.since) {
			documents = append(documents, p.PolicyDocument)
		}
	}
	allowed := false
	for _, d := range documents {
		statements, err := d.statements()
		if err != nil {
			continue // the document is empty, or a scenario wrote it
		}
		for _, st := range statements {
			if !st.covers(action, resource, context) {
				continue
			}
			if st.Effect == "Deny" {
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
		return store.Wildcard(pattern).MatchString(value)
	})
}

func (s *statement) covers(action, resource string, context map[string]string) bool {
	if s.NotAction != nil && s.NotAction.match(action, true) || s.NotAction == nil && !s.Action.match(action, true) {
		return false
	}
	if s.NotResource != nil && s.NotResource.match(resource, false) || s.NotResource == nil && !s.Resource.match(resource, false) {
		return false
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if !meets(operator, values, context[strings.ToLower(key)]) {
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

// Trusts reports whether a service may assume the role at a time.
func (role *Role) Trusts(service string, at time.Time) bool {
	statements, _ := role.AssumeRolePolicyDocument.statements()
	return !at.Before(role.since) && slices.ContainsFunc(statements, func(s statement) bool {
		var principal struct{ Service words }
		return s.Effect == "Allow" && s.Action.match("sts:AssumeRole", true) && json.Unmarshal(s.Principal, &principal) == nil && slices.Contains(principal.Service, service)
	})
}

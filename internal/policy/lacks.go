package policy

import "slices"

// Grant is something that a workload does through an endpoint: each action on each resource.
// Resources may be patterns.
type Grant struct {
	Actions, Resources []string
	// AnyPrincipal marks calls that are not signed by a principal of the account: image layers of
	// Amazon ECR, public buckets. A condition on the caller's account or role blocks them.
	AnyPrincipal bool
	// UnknownPrincipal marks calls with a principal that AWS does not document. A condition on the
	// caller cannot be decided. AnyPrincipal is set too.
	UnknownPrincipal bool
	// AWSOwned marks resources that belong to an account of AWS. A condition that the resource belongs
	// to an account or organization of the customer blocks them.
	AWSOwned bool
	// Via is the service that uses the role's permissions, as in kms:ViaService. Empty: not known.
	Via string
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
	Region       string
	Organization string
	// ThroughEndpoint reports that the calls use a VPC endpoint. Lacks sets it, because an endpoint
	// policy applies to no other calls.
	ThroughEndpoint bool
}

// Lack is an action that a policy does not allow, or an undecided one.
type Lack struct {
	Action, Resource string
	Role             string // ARN of the one role that lacks it; empty: every caller
	Why              string // of the grant
	Optional         bool   // of the grant
	AWSOwned         bool   // of the grant
	Unsure           bool   // undecided: the policy may allow it or not
	// Because lists what decided the result, or what made it undecided. It is empty if no statement is
	// about the action.
	Because string
}

// String returns "ecr:BatchGetImage on arn:…".
func (l Lack) String() string {
	out := l.Action + " on " + l.Resource
	if l.Role != "" {
		out += " for " + l.Role
	}
	return out
}

// Lacks returns the grants that the endpoint policy does not allow the caller, in the order of the
// grants. A grant that cannot be decided is Unsure and never counts as allowed.
func (d *Document) Lacks(grants []Grant, caller Caller) []Lack {
	return lacks([]source{{Document: d}}, grants, caller, false)
}

// Lacks does the same for the text of an endpoint policy. If it cannot be parsed, every grant is
// undecided.
func Lacks(raw string, grants []Grant, caller Caller) []Lack {
	return lacks([]source{sourceOf(raw)}, grants, caller, false)
}

// RolePolicy is a policy of a role: its name and its JSON document.
type RolePolicy struct{ Name, Document string }

// RoleLacks returns the grants that the policies of a role do not allow, as far as they alone decide.
// Other policies, such as those of an organization, are not seen. A document that cannot be parsed
// leaves every grant undecided that no other document denies.
func RoleLacks(grants []Grant, caller Caller, policies ...RolePolicy) []Lack {
	var all []source
	for _, p := range policies {
		s := sourceOf(p.Document)
		s.name = p.Name
		all = append(all, s)
	}
	return lacks(all, grants, caller, true)
}

func lacks(documents []source, grants []Grant, caller Caller, ofRole bool) []Lack {
	caller.ThroughEndpoint = caller.ThroughEndpoint || !ofRole
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
					r := request{caller: caller, role: role, ofRole: ofRole, anyone: g.AnyPrincipal, unclear: g.UnknownPrincipal, awsOwned: g.AWSOwned, via: g.Via, action: action, resource: resource}
					if j := decide(documents, r); j.answer != yes {
						some = append(some, Lack{Action: action, Resource: resource, Role: role, Why: g.Why, Optional: g.Optional, AWSOwned: g.AWSOwned, Unsure: j.answer == perhaps, Because: j.because()})
					}
				}
				alike := len(some) == len(roles) && !slices.ContainsFunc(some, func(l Lack) bool { return l.Unsure != some[0].Unsure || l.Because != some[0].Because })
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

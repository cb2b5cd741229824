package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// LongestPolicy is the maximum length of a managed policy, without white space. Source:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const LongestPolicy = 6144

// preflight are the calls that find out which permissions are missing before anything is written.
var preflight = []resource.Call{{Service: "sts", Op: "GetCallerIdentity"}, {Service: "iam", Op: "SimulatePrincipalPolicy"}, {Service: "iam", Op: "GetRole"}}

// grant is what one statement of a policy allows.
type grant struct {
	sid, resource string
	actions       []string
	key           string // of its condition; empty without one
	values        []string
}

func (g grant) statement() statement {
	s := statement{Sid: g.sid, Effect: "Allow", Action: sortedSet(g.actions), Resource: g.resource}
	if g.key != "" {
		s.Condition = map[string]any{"StringLike": map[string][]string{g.key: sortedSet(g.values)}}
	}
	return s
}

// IAMPolicy returns the IAM policy that allows everything that applying the plan can do: its changes, the calls that revert
// them, the verification, and reads, which are the actions that read the account for the plan. Every resource is allowed,
// except for what a condition or the account limits in all cases. It also returns the length without white space.
func (p *Plan) IAMPolicy(reads []string) (doc string, length int) {
	calls := slices.Clone(preflight)
	for _, a := range p.Changes {
		calls = append(calls, a.Steps().Calls()...)
	}
	for _, c := range p.Claims {
		if check, ok := c.Check(p.Change(c.Change)); ok {
			calls = append(calls, check.Call)
		}
	}
	read, write := grant{sid: "Read", resource: "*", actions: reads}, grant{sid: "Write", resource: "*"}
	limited := map[string]grant{} // by the condition key
	for _, c := range calls {
		for _, needed := range c.Permissions() {
			switch {
			case needed.Key != "":
				_, name, _ := strings.Cut(needed.Action, ":")
				g := grant{sid: name, resource: "*", key: needed.Key}
				if needed.Resource != "" {
					g.resource = "arn:" + p.Partition + ":iam::" + p.Account + ":" + needed.Resource
				}
				if before, ok := limited[g.key]; ok {
					g = before
				}
				g.actions, g.values = append(g.actions, needed.Action), append(g.values, needed.Values...)
				limited[g.key] = g
			case needed.Action == resource.Action(c.Service, c.Op) && resource.Reads(c.Op):
				read.actions = append(read.actions, needed.Action)
			default:
				write.actions = append(write.actions, needed.Action)
			}
		}
	}
	statements := []statement{read.statement()}
	if len(write.actions) > 0 {
		statements = append(statements, write.statement())
	}
	for _, key := range slices.Sorted(maps.Keys(limited)) {
		statements = append(statements, limited[key].statement())
	}
	return indented(statements...)
}

// ReadPolicy returns the IAM policy that allows these actions, which only read.
func ReadPolicy(actions []string) string {
	doc, _ := indented(grant{sid: "Read", resource: "*", actions: actions}.statement())
	return doc
}

// indented returns a policy for people, and its length without white space.
func indented(statements ...statement) (doc string, length int) {
	short := document(statements...)
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(short), "", "  "); err != nil {
		panic(fmt.Sprintf("plan: a policy: %v", err)) // it was written as JSON
	}
	return b.String() + "\n", len(short)
}

func sortedSet(s []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(s)))
}

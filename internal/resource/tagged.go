package resource

import (
	"fmt"
	"strings"
)

// Tagged is how resources of a kind with the tag of this program are found.
type Tagged struct {
	Spec func(id string) Spec // of one of them, as far as undo needs it
	Noun string               // such as "endpoint"
	Call Call                 // returns [id, name] pairs
}

// Change returns the change that created one of them.
func (t Tagged) Change(id, name string) Change {
	spec := t.Spec(id)
	return Change{ID: ID(spec.Kind() + "/" + id), Op: Create, Summary: strings.TrimSpace(fmt.Sprintf("Create %s %s", t.Noun, name)), Spec: spec}
}

// TaggedIn returns how to find the resources in a VPC that have the tag of this program, for an undo without a record of the
// run. Kinds are listed in the order of a plan. What they contain, such as routes, is deleted with them. Others either have
// no tag or cannot be found by it and a VPC.
func TaggedIn(vpc string) []Tagged {
	var out []Tagged
	for _, s := range Kinds {
		if k, ok := s.(interface{ tagged(vpc string) Tagged }); ok {
			out = append(out, k.tagged(vpc))
		}
	}
	return out
}

// alike returns the same spec for all ids.
func alike(s Spec) func(string) Spec { return func(string) Spec { return s } }

// nameTag is the Name tag of an item of a list.
const nameTag = "Tags[?Key=='Name'].Value | [0]"

// byTag are the filters for the resources in a VPC with the tag of this program.
func byTag(vpc string) map[string]any { return filters("vpc-id", vpc, "tag:"+ManagedBy, Owner) }

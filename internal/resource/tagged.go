package resource

import "fmt"

// Tagged is how resources of a kind with the tag of this program are found.
type Tagged struct {
	Spec Spec   // of one of them, as far as undo needs it
	Noun string // such as "endpoint"
	Call Call   // returns [id, name] pairs
}

// Change returns the change that created one of them.
func (t Tagged) Change(id, name string) Change {
	return Change{ID: ID(t.Spec.Kind() + "/" + id), Op: Create, Summary: fmt.Sprintf("Create %s %s", t.Noun, name), Spec: t.Spec}
}

// TaggedIn returns how to find the resources in a VPC that have the tag of this program, for an undo without a record of the
// run. Kinds are listed in the order of a plan. Others either have no tag or cannot be found by it and a VPC.
func TaggedIn(vpc string) []Tagged {
	var out []Tagged
	for _, s := range Kinds {
		if k, ok := s.(interface{ tagged(vpc string) Tagged }); ok {
			out = append(out, k.tagged(vpc))
		}
	}
	return out
}

// byTag are the filters for the resources in a VPC with the tag of this program.
func byTag(vpc string) map[string]any { return filters("vpc-id", vpc, "tag:"+ManagedBy, Owner) }

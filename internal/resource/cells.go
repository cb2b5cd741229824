package resource

import (
	"slices"
	"strings"
)

// Cells are a change in columns: what it is (kind and name), where it is, and a note
// about how it is set up.
type Cells struct{ Kind, Name, Where, Note string }

// Names gives the names of the account's resources to Cells.
type Names interface {
	// ResourceName returns the name of the resource that a value refers to, or its id.
	ResourceName(Value) string
	// VPCText returns the VPC of the plan: "VPC prod".
	VPCText() string
	// ZonesText returns the short form of the zones of subnets: "zones 1a, 1b".
	ZonesText(subnets []string) string
	// GroupsText returns security groups: "group endpoints".
	GroupsText([]Value) string
}

// Joined joins the parts of a note that are not empty.
func Joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// Nothing is the text for an empty value.
const Nothing = "none"

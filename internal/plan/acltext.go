package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// ACLText prints the entries of a network ACL as one text, so that a change is seen by comparing two
// texts: "in/100/allow/-1/0.0.0.0/0/all out/100/allow/6/10.0.0.0/16/443-443". Ports are printed for
// TCP and UDP only; other protocols have none. The entries are sorted as texts, so that the
// verification can produce the same order.
func ACLText(acl inventory.NetworkACL) string {
	out := make([]string, len(acl.Entries))
	for i, e := range acl.Entries {
		direction, action, ports := "in", "deny", "all"
		if e.Egress {
			direction = "out"
		}
		if e.Allow {
			action = "allow"
		}
		if e.Protocol == "6" || e.Protocol == "17" {
			ports = fmt.Sprintf("%d-%d", e.From, e.To)
		}
		out[i] = fmt.Sprintf("%s/%d/%s/%s/%s/%s", direction, e.Number, action, e.Protocol, e.CIDR, ports)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

package plan

import (
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func TestACLText(t *testing.T) {
	acl := inventory.NetworkACL{Entries: []inventory.ACLEntry{
		{Number: 100, Egress: true, Allow: true, Protocol: "6", CIDR: "10.0.0.0/16", From: 443, To: 443},
		{Number: 32767, Protocol: "-1", CIDR: "0.0.0.0/0"},
		{Number: 100, Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"},
	}}
	want := "in/100/allow/-1/0.0.0.0/0/all in/32767/deny/-1/0.0.0.0/0/all out/100/allow/6/10.0.0.0/16/443-443"
	if got := ACLText(acl); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := ACLText(inventory.NetworkACL{}); got != "" {
		t.Errorf("an ACL without entries gives %q", got)
	}
}

package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// AWS's default quotas, which the plan uses if the account's own value is unknown (AWS PrivateLink
// guide, quotas; Amazon VPC user guide, quotas).
const (
	defaultInterfaces = 50 // interface and Gateway Load Balancer endpoints of a VPC
	defaultGateways   = 20 // gateway endpoints of a Region
	defaultGroups     = 5  // security groups of a network interface
	defaultRules      = 60 // rules of a group, for each direction and address family
)

// limit returns a quota as applied, or AWS's default with a note why the account's own value is
// unknown.
func (b *builder) limit(applied, standard int) (int, string) {
	switch {
	case applied > 0:
		return applied, ""
	case !b.Inv.Has(inventory.Request{Part: inventory.PartQuotas}), slices.ContainsFunc(b.Inv.Gaps, func(g inventory.Gap) bool { return readsQuotas(g.Call) }):
		return standard, " (AWS's default; the account's own value could not be read)"
	}
	return standard, " (AWS's default; Service Quotas does not list the account's own value)"
}

// readsQuotas reports whether a call reads quotas. Snapshots of earlier versions list other calls.
func readsQuotas(call string) bool { return strings.HasPrefix(call, "servicequotas:") }

func checkInterfaceQuota(b *builder) []Finding {
	have, made := 0, 0
	for _, x := range b.Net.Endpoints {
		if x.Type != catalog.Gateway && x.State != "deleted" && x.State != "deleting" {
			have++
		}
	}
	for _, e := range b.interfaces() {
		if e.existing == nil {
			made++
		}
	}
	quota, note := b.limit(b.Inv.Quotas.InterfaceEndpoints, defaultInterfaces)
	if made == 0 || have+made <= quota {
		return nil
	}
	return []Finding{{Severity: Block, Resource: b.vpc.ID,
		Message: fmt.Sprintf("The quota is %s per VPC%s. %d exist, and the plan needs %d more.", words.Count(quota, "interface endpoint"), note, have, made),
		Fix:     "Request a higher quota (Service Quotas, vpc, L-29B6F2EB), or select fewer services on the screen AWS services (answers file: needs)."}}
}

func checkGatewayQuota(b *builder) []Finding {
	made := 0
	for _, e := range b.endpoints {
		if e.typ == catalog.Gateway && e.existing == nil {
			made++
		}
	}
	quota, note := b.limit(b.Inv.Quotas.GatewayEndpoints, defaultGateways)
	if have := b.Inv.Quotas.UsedGateways; made > 0 && have+made > quota {
		return []Finding{{Severity: Block, Resource: b.Ans.Region,
			Message: fmt.Sprintf("The Region has %s, the plan creates %d more, and the quota is %d%s.", words.Count(have, "gateway endpoint"), made, quota, note),
			Fix:     "Request a higher quota (Service Quotas, vpc, L-1B52E74A), or reuse a gateway endpoint of this VPC."}}
	}
	return nil
}

func checkGroupQuota(b *builder) []Finding {
	perInterface, note := b.limit(b.Inv.Quotas.GroupsPerInterface, defaultGroups)
	perGroup, also := b.limit(b.Inv.Quotas.RulesPerGroup, defaultRules)
	var out []Finding
	for _, e := range b.interfaces() {
		if n := len(e.groups); n > perInterface && (e.existing == nil || n > len(e.existing.Groups)) {
			out = append(out, Finding{Severity: Error, Resource: groupNames(e.groups), Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("The %s endpoint would have %s, and a network interface supports %d%s.", e.code, words.Count(n, "security group"), perInterface, note),
				Fix:     "Choose fewer groups on the screen Security groups (answers file: security_groups), or let the plan create its own group."})
			break // new endpoints share their groups
		}
	}
	if b.group == nil || len(b.added) == 0 {
		return out
	}
	v4, v6 := 0, 0
	for _, r := range slices.Concat(b.group.Rules, b.added) {
		switch {
		case r.Egress:
		case strings.Contains(r.CIDR, ":"):
			v6++
		case r.PrefixList != "":
			v4 += b.entries(r.PrefixList) // a prefix list counts as its entries
		default:
			v4++
		}
	}
	if n := max(v4, v6); n > perGroup {
		out = append(out, Finding{Severity: Error, Resource: groupNames([]resource.Value{b.groupAt}), Changes: []resource.ID{groupID},
			Message: fmt.Sprintf("The endpoints' security group would have %s, and a group supports %d%s.", words.Count(n, "inbound rule"), perGroup, also),
			Fix:     "Set the workload's security groups or fewer subnets in the answers file (clients): each group or address block needs one rule."})
	}
	return out
}

// entries returns how many rules a prefix list counts for.
func (b *builder) entries(list string) int {
	i := slices.IndexFunc(b.Net.PrefixLists, func(p inventory.PrefixList) bool { return p.ID == list })
	if i < 0 {
		return 1
	}
	return max(1, len(b.Net.PrefixLists[i].CIDRs))
}

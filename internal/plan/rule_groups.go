package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// rulesOf returns the rules of an endpoint's groups as they will be.
func (b *builder) rulesOf(e *endpoint) []heldRule {
	var out []heldRule
	for _, v := range e.groups {
		if b.group != nil && v == b.groupAt {
			g := *b.group
			g.Rules = append(slices.Clone(g.Rules), b.added...)
			out = append(out, held(&g, v)...)
		} else if g := b.Net.Group(v.Lit); g != nil {
			out = append(out, held(b.withSelf(g), v)...)
		}
	}
	return out
}

// checkAdmits returns one finding for endpoints with the same security groups.
func checkAdmits(b *builder) []Finding {
	var out []Finding
	for _, es := range b.byGroups() {
		rules, missing, lists := b.rulesOf(es[0]), []string(nil), []string(nil)
		for _, src := range b.sources() {
			allowing := b.allowingRules(rules, src)
			if len(allowing) == 0 {
				missing = append(missing, src.String())
			}
			for _, r := range allowing {
				if b.unread(r) {
					lists = append(lists, r.PrefixList)
				}
			}
		}
		f := Finding{Resource: groupNames(es[0].groups), Changes: idsOf(es)}
		switch lists = workload.Unique(lists); {
		case len(missing) > 0:
			f.Severity, f.Patch = Error, &answers.Patch{AdmitVPC: true}
			f.Message = fmt.Sprintf("The security groups of %s do not allow TCP 443 from %s. Connections from the workload would time out.", theCodes(es), strings.Join(missing, ", "))
			f.Fix = "Choose Create a new security group on the screen Security groups (answers file: remove security_groups), or choose a group that allows this traffic."
		case len(lists) > 0:
			f.Severity, f.Undecided = Warn, true
			f.Message = fmt.Sprintf("The security groups of %s allow TCP 443 by prefix list %s. The plan has not read the addresses of that list.", theCodes(es), strings.Join(lists, ", "))
			f.Fix = fmt.Sprintf("Make sure that the list contains %s.", strings.Join(b.blocksOf(b.clients), ", "))
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}

// byGroups returns the interface endpoints of AWS services in sets with the same security groups. It
// leaves out endpoints of environments, which W-SG and its own change cover, those without clients on
// TCP 443, and those with groups that are not known.
func (b *builder) byGroups() [][]*endpoint {
	var out [][]*endpoint
	for _, e := range b.interfaces() {
		if e.env != nil || !plain(e) || !b.groupsKnown(e) {
			continue
		}
		i := slices.IndexFunc(out, func(es []*endpoint) bool { return slices.Equal(es[0].groups, e.groups) })
		if i < 0 {
			out = append(out, []*endpoint{e})
		} else {
			out[i] = append(out[i], e)
		}
	}
	return out
}

// groupsKnown reports whether the rules of all security groups of an endpoint are known. If AWS denied
// to read the groups, A-GAP reports it.
func (b *builder) groupsKnown(e *endpoint) bool {
	_, denied := b.Inv.Gap("ec2:DescribeSecurityGroups")
	return !denied || !slices.ContainsFunc(e.groups, func(v resource.Value) bool { return v.Lit != "" && b.Net.Group(v.Lit) == nil })
}

// theCodes names endpoints inside a sentence: "the logs endpoint", "the ecr.api and logs endpoints".
func theCodes(es []*endpoint) string { return "the " + endpointNouns(codesOf(es)) }

func codesOf(es []*endpoint) []string {
	var codes []string
	for _, e := range es {
		codes = append(codes, e.code)
	}
	return codes
}

func idsOf(es []*endpoint) []resource.ID {
	var out []resource.ID
	for _, e := range es {
		out = append(out, e.id)
	}
	return out
}

func groupNames(vs []resource.Value) string {
	var out []string
	for _, v := range vs {
		out = append(out, v.Lit+string(v.From))
	}
	return strings.Join(out, ", ")
}

func checkShutOut(b *builder) []Finding {
	var out []Finding
	for _, es := range b.byGroups() {
		var switched, present []*endpoint // those that the plan sends other clients to, and those that already serve them
		for _, e := range es {
			switch {
			case !e.dns:
			case e.existing != nil && e.existing.PrivateDNS && !b.activatesDNS():
				present = append(present, e)
			default:
				switched = append(switched, e)
			}
		}
		shut, unsure := b.judgeOthers(b.rulesOf(es[0]))
		if ends := slices.Concat(switched, present); len(unsure) > 0 && len(ends) > 0 {
			out = append(out, Finding{Severity: Warn, Resource: groupNames(es[0].groups), Changes: idsOf(ends),
				Message: fmt.Sprintf("The security groups of %s allow %s of other clients only by a prefix list, if at all, and the plan has not read its addresses: %s.", theCodes(ends), words.Count(len(unsure), "network interface"), some(unsure)),
				Fix:     "Make sure that the list contains these addresses. To let the plan decide it, allow ec2:GetManagedPrefixListEntries."})
		}
		if len(shut) == 0 {
			continue
		}
		if len(switched) > 0 {
			out = append(out, Finding{Severity: Error, Resource: groupNames(es[0].groups), Changes: idsOf(switched), Patch: &answers.Patch{AdmitVPC: true},
				Message: fmt.Sprintf("Private DNS sends the whole VPC to %s, but the security groups block %s of other clients: %s.", theCodes(switched), words.Count(len(shut), "network interface"), some(shut)),
				Fix:     "Allow TCP 443 from the VPC's addresses. To do so, choose Create a new security group on the screen Security groups (answers file: remove security_groups)."})
		}
		if len(present) > 0 { // the plan does not change this
			out = append(out, Finding{Severity: Warn, Resource: groupNames(es[0].groups), Changes: idsOf(present),
				Message: fmt.Sprintf("The security groups of the existing %s block %s of other clients: %s.", endpointNouns(codesOf(present)), words.Count(len(shut), "network interface"), some(shut)),
				Fix:     "Allow TCP 443 from the VPC's addresses in one of these groups."})
		}
	}
	if !b.activatesDNS() {
		return out
	}
	for _, x := range b.Net.Endpoints { // private names without effect so far, of endpoints that the plan does not change
		if !x.PrivateDNS || !healthy(&x) || slices.ContainsFunc(b.endpoints, func(e *endpoint) bool { return e.existing != nil && e.existing.ID == x.ID }) {
			continue
		}
		var rules []heldRule
		for _, id := range x.Groups {
			if g := b.Net.Group(id); g != nil {
				rules = append(rules, held(g, resource.Ref(id))...)
			}
		}
		if shut := b.blockedOthers(rules); len(shut) > 0 {
			out = append(out, Finding{Severity: Error, Resource: x.ID, Changes: []resource.ID{dnsHostnamesID},
				Message: fmt.Sprintf("When the VPC's DNS attributes are on, the private DNS names of endpoint %s (%s) take effect. Its security groups block %s: %s.", inventory.Label(x.Name, x.ID), catalog.CodeOf(x.Service), words.Count(len(shut), "network interface"), some(shut)),
				Fix:     "Allow TCP 443 from the VPC's addresses in one of its groups first."})
		}
	}
	return out
}

// activatesDNS reports whether the plan turns a DNS attribute of the VPC on. Then the private names of
// every endpoint in the VPC take effect.
func (b *builder) activatesDNS() bool {
	for _, id := range []resource.ID{dnsSupportID, dnsHostnamesID} {
		if a := b.p.Change(id); a != nil && a.Op == resource.Modify {
			return true
		}
	}
	return false
}

// some lists up to three network interfaces.
func some(is []inventory.Interface) string {
	var out []string
	for i, x := range is {
		if i == 3 {
			out = append(out, "…")
			break
		}
		out = append(out, x.ID+" ("+cmp.Or(x.IP, "no address")+" in "+x.Subnet+")")
	}
	return strings.Join(out, ", ")
}

// checkEgress returns one finding for each source. If an endpoint has no addresses, other rules report
// why.
func checkEgress(b *builder) []Finding {
	var out []Finding
	for _, src := range b.sources() {
		gs := b.groupsOf(src)
		if len(gs) == 0 {
			continue
		}
		unread := func(id resource.ID, r heldRule, what, to string) {
			out = append(out, Finding{Severity: Warn, Undecided: true, Resource: r.PrefixList, Changes: []resource.ID{id},
				Message: fmt.Sprintf("Security group %s of the workload allows outbound TCP 443 to %s by prefix list %s. The plan has not read the addresses of that list.", labels(gs), what, r.PrefixList),
				Fix:     fmt.Sprintf("Make sure that the list contains %s.", to)})
		}
		var changes []resource.ID
		var whats, tos []string
		for _, e := range b.interfaces() {
			if e.env != nil && !slices.ContainsFunc(src.groups, func(g string) bool { return slices.Contains(e.env.Groups, g) }) {
				continue // of another environment
			}
			to := b.blocksOf(e.subnets)
			if len(to) == 0 || !plain(e) {
				continue
			}
			rules, what := b.leaves(gs, to, literals(e.groups)), "the "+e.code+" endpoint"
			if i := slices.IndexFunc(rules, b.unread); i >= 0 {
				unread(e.id, rules[i], what, strings.Join(to, ", "))
				break // the fix is the same for every endpoint
			}
			if len(rules) == 0 {
				changes, whats, tos = append(changes, e.id), append(whats, what), append(tos, to...)
				break
			}
		}
		if b.endpoint(gatewayS3) != nil {
			rules, what, to := b.leavesToS3(gs), "Amazon S3, the source of "+b.Workload.FromS3, "the prefix list "+cmp.Or(b.s3List(), "of Amazon S3")
			if i := slices.IndexFunc(rules, b.unread); i >= 0 {
				unread(gatewayS3, rules[i], what, to)
			} else if len(rules) == 0 {
				changes, whats, tos = append(changes, gatewayS3), append(whats, what), append(tos, to)
			}
		}
		if len(changes) > 0 {
			out = append(out, Finding{Severity: Error, Resource: src.String(), Changes: changes,
				Message: fmt.Sprintf("Security group %s of the workload does not allow outbound TCP 443 to %s.", labels(gs), strings.Join(whats, " and to ")),
				Fix:     fmt.Sprintf("Add outbound rules to it: TCP 443 to %s.", strings.Join(tos, ", "))})
		}
	}
	return out
}

// leavesToS3 returns the rules that allow outbound TCP 443 to Amazon S3; none if they do not.
func (b *builder) leavesToS3(gs []*inventory.SecurityGroup) []heldRule {
	list, blocks := b.s3List(), b.s3Blocks()
	if len(blocks) == 0 {
		blocks = []string{anywhere}
	}
	var rules []heldRule
	for _, g := range gs {
		for _, r := range held(g, resource.Ref(g.ID)) {
			if !opens(r.GroupRule, true) {
				continue
			}
			if list != "" && r.PrefixList == list || r.CIDR == anywhere {
				return []heldRule{r}
			}
			rules = append(rules, r)
		}
	}
	return b.covering(rules, blocks)
}

func labels(gs []*inventory.SecurityGroup) string {
	var out []string
	for _, g := range gs {
		out = append(out, inventory.Label(g.Name, g.ID))
	}
	return strings.Join(out, " with ")
}

// s3List returns the id of Amazon S3's prefix list in the Region; empty if it is not known.
func (b *builder) s3List() string {
	for _, p := range b.Net.PrefixLists {
		if p.Name == b.serviceName("s3") {
			return p.ID
		}
	}
	return ""
}

func literals(vs []resource.Value) []string {
	var out []string
	for _, v := range vs {
		if v.Lit != "" {
			out = append(out, v.Lit)
		}
	}
	return out
}

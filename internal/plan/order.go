package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// order adds dependencies that values do not imply: security group rules before the endpoints that
// rely on them, so that no name leads to an endpoint that blocks its clients, and the S3 gateway
// endpoint before Amazon ECR. Then it sorts the changes.
func (b *builder) order() {
	var rules []resource.ID
	for _, a := range b.p.Changes {
		if a.Spec.Kind() == "security-group-rule" && slices.ContainsFunc(a.Rules, func(r string) bool { return r == "G-SG443" || r == "G-PORTS" || r == "W-SG" }) { // rules that make endpoints reachable
			rules = append(rules, a.ID)
		}
	}
	var s3 []resource.ID
	for _, e := range b.endpoints {
		if e.typ == catalog.Gateway && e.code == "s3" {
			s3 = append(s3, e.id)
		}
	}
	for i := range b.p.Changes {
		a := &b.p.Changes[i]
		if a.Op == resource.Keep || a.Spec.Kind() != "vpc-endpoint" {
			continue
		}
		if e := b.endpoint(a.ID); e.typ == catalog.Interface {
			if slices.Contains(e.groups, b.groupAt) && b.group != nil {
				a.After = append(a.After, rules...)
			}
			a.After = append(a.After, b.selfChanges(e)...)
			if pulls(e.code) {
				a.After = append(a.After, s3...)
			}
		}
	}
	b.serial()
	b.orderPhases()
	b.p.Changes, b.cycle = topological(b.p.Changes)
}

// serial makes the three ECS endpoints wait for each other where container instances run in the VPC.
// Otherwise Amazon ECS could give the agents there names that do not resolve to private addresses
// yet.
func (b *builder) serial() {
	looked, others := b.clusters()
	if len(looked)+len(others) == 0 {
		return
	}
	var before resource.ID // the code
	for _, code := range catalog.ECSEndpoints {
		id := resource.ID("endpoint/" + code)
		a, verb := b.p.Change(b.leading(id)), "creates"
		if a == nil || a.Op == resource.Keep {
			continue
		}
		if a.ID != id {
			verb = "turns on private DNS of"
		}
		a.Rules = append(a.Rules, "E-ORDER")
		if before != "" {
			a.After = append(a.After, b.leading("endpoint/"+before))
			a.Why += fmt.Sprintf(" Container instances run in this VPC. The wizard %s %s first. Otherwise an agent can get public addresses for the other endpoints.", verb, before)
		}
		before = resource.ID(code)
	}
}

// rank keeps changes of one kind together where their order does not matter.
func rank(a resource.Change) string {
	code, _, _ := strings.Cut(a.Code(), "@")
	first := 0
	if r, ok := a.Spec.(resource.GroupRule); ok {
		first = r.TCP()
	}
	return fmt.Sprintf("%02d/%03d/%05d/%s", a.Place(), catalog.Rank(code), first, a.ID)
}

// cycleOf returns the changes of a cycle, without those that only wait for them.
func cycleOf(rows []resource.Change, deps map[resource.ID][]resource.ID) []resource.ID {
	var ids []resource.ID
	for _, a := range rows {
		ids = append(ids, a.ID)
	}
	for {
		left := slices.DeleteFunc(slices.Clone(ids), func(id resource.ID) bool {
			return !slices.ContainsFunc(ids, func(other resource.ID) bool { return slices.Contains(deps[other], id) })
		})
		if len(left) == len(ids) {
			return ids
		}
		ids = left
	}
}

// topological sorts changes so that each follows the changes it depends on, in a stable order
// otherwise. It also returns the changes that wait for each other: nothing could apply them.
func topological(rows []resource.Change) (sorted []resource.Change, cycle []resource.ID) {
	slices.SortStableFunc(rows, func(a, c resource.Change) int { return strings.Compare(rank(a), rank(c)) })
	out := []resource.Change{}
	deps, open := map[resource.ID][]resource.ID{}, map[resource.ID]bool{}
	for _, a := range rows {
		deps[a.ID], open[a.ID] = a.Deps(), true
	}
	for len(rows) > 0 {
		i := slices.IndexFunc(rows, func(a resource.Change) bool {
			return !slices.ContainsFunc(deps[a.ID], func(d resource.ID) bool { return open[d] })
		})
		if i < 0 {
			return append(out, rows...), cycleOf(rows, deps)
		}
		open[rows[i].ID] = false
		out = append(out, rows[i])
		rows = slices.Delete(rows, i, i+1)
	}
	return out, nil
}

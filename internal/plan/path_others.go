package plan

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// ownCode are marks of AWS-managed network interfaces with code of the account behind them. That
// code calls AWS services as a task does.
var ownCode = []string{":ecs:", "sagemaker", "codebuild", "glue"}

// findInUse returns the network interfaces that count as workloads. Those of endpoints, and those
// that AWS services use for themselves, do not count.
func (s *scope) findInUse() []inventory.Interface {
	var out []inventory.Interface
	for _, i := range s.Net.Interfaces {
		text := strings.ToLower(i.Description)
		own := i.Type == "lambda" || slices.ContainsFunc(ownCode, func(word string) bool { return strings.Contains(text, word) })
		if i.Status != "in-use" || i.Type == "vpc_endpoint" || i.RequesterManaged && !own {
			continue
		}
		out = append(out, i)
	}
	return out
}

// findOthers returns the network interfaces in use that are not the workload's: outside its subnets,
// or inside them without any of its groups.
func (s *scope) findOthers() []inventory.Interface {
	return slices.DeleteFunc(slices.Clone(s.inUse), func(i inventory.Interface) bool {
		in := s.isClient[i.Subnet]
		ours := len(s.groups) == 0 || slices.ContainsFunc(s.groups, func(g string) bool { return slices.Contains(i.Groups, g) })
		return in && ours
	})
}

// blockedOthers returns the network interfaces of other clients that no rule allows.
func (s *scope) blockedOthers(rules []heldRule) []inventory.Interface {
	shut, _ := s.judgeOthers(rules)
	return shut
}

// judgeOthers returns the network interfaces of other clients that no rule allows, and those that only
// a prefix list may allow, because its addresses were not read.
func (s *scope) judgeOthers(rules []heldRule) (shut, unsure []inventory.Interface) {
	rules = slices.DeleteFunc(slices.Clone(rules), func(r heldRule) bool { return !opens(r.GroupRule, false) })
	for _, i := range s.others {
		addrs := []string{i.IP + "/32"}
		if sub := s.Net.Subnet(i.Subnet); sub != nil && (i.IP == "" || s.Ans.IPType() != answers.IPv4) {
			addrs = s.blocks(sub) // it may have any address of the subnet
		}
		group := slices.ContainsFunc(rules, func(r heldRule) bool { return r.Group != "" && slices.Contains(i.Groups, r.Group) })
		if group || !slices.ContainsFunc(addrs, func(addr string) bool { return s.oneCovers(rules, addr) < 0 }) {
			continue
		}
		switch by := s.covering(rules, addrs); {
		case len(by) == 0:
			shut = append(shut, i)
		case slices.ContainsFunc(by, s.unread):
			unsure = append(unsure, i)
		}
	}
	return shut, unsure
}

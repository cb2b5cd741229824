package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

func vpcStep() *Step {
	return &Step{
		ID: "vpc", Title: "VPC", Kind: One,
		Terms:    []*terms.Term{terms.VPC, terms.CIDR, terms.DNSAttributes, terms.BlockPublicAccess},
		Ask:      func(s State) string { return "Which VPC do the " + s.workload().Clients() + " run in?" },
		Help:     text("An endpoint belongs to one VPC. With private DNS, all clients in this VPC use it for the standard name of the service."),
		Applies:  always,
		Needs:    func(State) []inventory.Request { return []inventory.Request{{Part: inventory.PartVPCs}} },
		Options:  vpcOptions,
		Selected: selectedVPC,
		Set: func(s State, v []string) (Change, error) {
			if err := pick("VPC", One, vpcOptions(s), v); err != nil {
				return Change{}, err
			}
			if v[0] == newVPC {
				return createVPC(s)
			}
			a := s.Ans.Clone()
			var cleared []string
			if a.VPC != "" && a.VPC != v[0] {
				a.VPC = "" // not listed as cleared, since the user changes this answer
				if r, ok := find(s.Inv, a.Answers); ok && slices.Contains(r.VPCs, v[0]) {
					cleared = append(clearRun(&a.Answers), clearSubnets(s, &a.Answers, true)...) // a cluster can have instances in several VPCs
				} else {
					cleared = clearChosen(s, &a, true)
				}
			}
			a.VPC, a.NewVPC = v[0], nil
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(s State) string {
			if s.Ans.Creates() {
				return "new: " + s.Ans.NewVPC.Name
			}
			if v := s.Inv.VPC(s.Ans.VPC); v != nil && v.Name != "" {
				return v.Name
			}
			return s.Ans.VPC
		},
	}
}

func selectedVPC(s State) []string {
	if s.Ans.Creates() {
		return []string{newVPC}
	}
	if s.Ans.VPC != "" {
		return []string{s.Ans.VPC}
	}
	return first(vpcOptions(s))
}

func vpcOptions(s State) []Option {
	vpcs := slices.Clone(s.Inv.VPCs)
	slices.SortStableFunc(vpcs, func(a, b inventory.VPC) int { // the default VPC rarely needs endpoints
		if a.Default != b.Default {
			if a.Default {
				return 1
			}
			return -1
		}
		return byNameThenID(a.Name, a.ID, b.Name, b.ID)
	})
	var out []Option
	for _, v := range vpcs {
		o := Option{Value: v.ID, Label: inventory.Label(v.Name, v.ID), Hint: strings.Join(v.CIDRs, " "), Details: vpcDetails(s, v)}
		if v.Default {
			o.Hint += "  default VPC"
		}
		out = append(out, o)
	}
	if len(out) > 0 && s.creatable() {
		if o := s.createOption(); o.Recommended {
			out = append([]Option{o}, out...)
		} else {
			out = append(out, o)
		}
	}
	if len(out) == 0 {
		why := "There is no VPC in " + s.Inv.Region + ". To use another Region, start the wizard with --region."
		if g, denied := s.Inv.Gap("ec2:DescribeVpcs"); denied {
			why = fmt.Sprintf("Cannot list the VPCs: %s. Ask your administrator for the permission %s. Then press Esc and open this step again.", g, g.Call)
		}
		_, denied := s.Inv.Gap("ec2:DescribeVpcs")
		out = append(out, Option{Info: true, Label: "no VPC found", Details: why})
		if s.creatable() && !denied { // without the list of VPCs, nothing shows which addresses are free
			out = append([]Option{s.createOption()}, out...)
		}
	}
	return out
}

func vpcDetails(s State, v inventory.VPC) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nAddresses: %s\n", inventory.Label(v.Name, v.ID), workload.OrNone(v.CIDRs))
	if len(v.IPv6) > 0 {
		fmt.Fprintf(&b, "IPv6: %s\n", strings.Join(v.IPv6, ", "))
	}
	if v.Default {
		b.WriteString("This is the default VPC of the Region. Its subnets are public, so workloads in it rarely need endpoints.\n")
	}
	if v.Owner != "" && s.Inv.Account != "" && v.Owner != s.Inv.Account {
		fmt.Fprintf(&b, "Owned by account %s and shared with this account.\n", v.Owner)
	}
	if n := s.Inv.Network(v.ID); n != nil {
		open := 0
		for i := range n.Subnets {
			if _, e := plan.WayOut(s.Inv, n, &n.Subnets[i]); e != catalog.Closed {
				open++
			}
		}
		fmt.Fprintf(&b, "%s: %d with an internet route, %d without\nEndpoints: %d\nDNS support %s, DNS hostnames %s\n",
			words.Counted(len(n.Subnets), "subnet", "subnets"), open, len(n.Subnets)-open, len(n.Endpoints), onOff(n.DNSSupport), onOff(n.DNSHostnames))
		if !n.DNSSupport || !n.DNSHostnames {
			b.WriteString("Private DNS of endpoints needs both. The plan turns them on.\n")
		}
	}
	return b.String()
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

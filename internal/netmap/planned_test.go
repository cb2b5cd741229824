package netmap_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

var update = flag.Bool("update", false, "write the golden files")

// newVPC is an account with a planned VPC.
func newVPC(internet string, zones int) *plantest.World {
	w := plantest.New()
	plantest.NewVPC(w)
	w.Ans.NewVPC.Internet = internet
	for i := range zones {
		w.Ans.NewVPC.Zones.Names = append(w.Ans.NewVPC.Zones.Names, fmt.Sprintf("%s%c", plantest.Region, 'a'+i))
	}
	return w
}

// interrupted is an account with a part of the planned VPC, from an earlier run: the private subnet of the first zone
// with its route table.
func interrupted(internet string) *plantest.World {
	w := newVPC(internet, 2)
	w.Inv.VPCs = append(w.Inv.VPCs, inventory.VPC{ID: "vpc-2", Name: "orders", CIDRs: []string{"10.20.0.0/16"}, Owner: plantest.Account, Managed: true})
	first := "10.20.0.0/20"
	if internet == answers.InternetNAT || internet == answers.InternetNATPerZone {
		first = "10.20.16.0/20"
	}
	local := inventory.Route{CIDR: "10.20.0.0/16", Target: "local"}
	w.Inv.Networks = append(w.Inv.Networks, inventory.Network{VPC: "vpc-2", DNSSupport: true, DomainServers: []string{"AmazonProvidedDNS"},
		Subnets: []inventory.Subnet{{ID: "subnet-made", Name: "orders-private-us-east-1a", VPC: "vpc-2", Zone: "us-east-1a", CIDR: first, Free: 4091, Owner: plantest.Account}},
		RouteTables: []inventory.RouteTable{{ID: "rtb-main", Main: true, Routes: []inventory.Route{local}},
			{ID: "rtb-made", Name: "orders-private", Subnets: []string{"subnet-made"}, Routes: []inventory.Route{local}}},
		NetworkACLs: w.Net().NetworkACLs, PrefixLists: w.Net().PrefixLists})
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-2"})
	return w
}

// small returns a sketch as text.
func small(m *netmap.Map, width, height int) string {
	var out []string
	for _, l := range netmap.Sketch(m, width, height) {
		out = append(out, l.String())
	}
	return strings.Join(out, "\n")
}

// TestPicturesOfNewVPCs draws each internet route with one to three zones: the whole picture and the small ones.
func TestPicturesOfNewVPCs(t *testing.T) {
	for _, internet := range answers.InternetRoutes {
		t.Run(internet, func(t *testing.T) {
			var shown strings.Builder
			for zones := 1; zones <= 3; zones++ {
				m := of(newVPC(internet, zones))
				for _, p := range []string{picture(m, 80, netmap.View{After: true}), small(m, 44, 17), small(m, 38, 17)} {
					shown.WriteString(p + "\n\n")
				}
				for _, text := range []string{small(m, 44, 17), small(m, 38, 17)} {
					contains(t, text, "┌", "private", "s3        → ◇ gateway endpoint")
				}
			}
			file := filepath.Join("testdata", "new-vpc-"+internet+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(shown.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), shown.String()); d != "" {
				t.Errorf("%s (-want +got):\n%s", file, d)
			}
		})
	}
}

// TestAnswersChangeThePicture compares the pictures of all internet routes and numbers of zones. No two are the same.
func TestAnswersChangeThePicture(t *testing.T) {
	for _, width := range []int{38, 44, 60, 80, 120} {
		seen := map[string]string{}
		for _, internet := range answers.InternetRoutes {
			for zones := 1; zones <= 4; zones++ {
				name, m := fmt.Sprint(internet, " ", zones), of(newVPC(internet, zones))
				text := small(m, width, 17)
				if width >= 60 {
					text = picture(m, width, netmap.View{After: true})
				}
				one := zones == 1 && internet == answers.InternetNATPerZone // the same as one NAT gateway, but for the name of a table
				if other := seen[text]; other != "" && !one {
					t.Errorf("width %d: %s and %s have the same picture:\n%s", width, name, other, text)
				}
				seen[text] = name
			}
		}
	}
}

// TestRoutesOfANewVPC contains where each route table leads.
func TestRoutesOfANewVPC(t *testing.T) {
	for internet, want := range map[string][]string{
		answers.InternetNone:       {"no internet"},
		answers.InternetNAT:        {"0.0.0.0/0 → ◇ NAT gateway in 1a", "0.0.0.0/0 → ◇ internet gateway", "│ ◇ NAT"},
		answers.InternetNATPerZone: {"0.0.0.0/0 → ◇ NAT gateway per zone", "0.0.0.0/0 → ◇ internet gateway", "│ ◇ NAT"},
		answers.InternetRegional:   {"0.0.0.0/0 → ◇ regional NAT gateway", "◇ regional NAT gateway, all zones"},
	} {
		m := of(newVPC(internet, 3))
		contains(t, picture(m, 80, netmap.View{After: true}), want...)
		contains(t, small(m, 44, 17), want...)
	}
}

// TestNewVPCDoesNotExistNow shows one sentence in place of the boxes.
func TestNewVPCDoesNotExistNow(t *testing.T) {
	m := of(newVPC(answers.InternetNAT, 2))
	for _, width := range []int{40, 80, 120} {
		if got := picture(m, width, netmap.View{}); got != "VPC orders does not exist yet." {
			t.Errorf("width %d: %s", width, got)
		}
	}
	if l := m.Layout(80, false); l.Find(&m.Layout(80, true).Objects[3]) != 0 || l.Move(0, 0, 1) != 0 || l.Page(0, 5) != 0 {
		t.Error("the focus moves in a picture without objects")
	}
}

// TestPartsOfAnEarlierRun draws a VPC that exists in part: now without what is planned, and after the plan with both.
func TestPartsOfAnEarlierRun(t *testing.T) {
	m := of(interrupted(answers.InternetNAT))
	now, after := picture(m, 80, netmap.View{}), picture(m, 80, netmap.View{After: true})
	contains(t, now, "VPC orders  vpc-2", "┌ private 10.20.16.0/20", "rtb private", "no internet")
	misses(t, now, "us-east-1b", "public", "NAT gateway in", "│ ◇")
	contains(t, after, "VPC orders  vpc-2", "┌ private 10.20.16.0/20", "┌ ◇ private 10.20.32.0/20", "┌ ◇ public 10.20.0.0/24", "◇ NAT gateway", "rtb private", "rtb ◇ public",
		"0.0.0.0/0 → ◇ NAT gateway in 1a", "0.0.0.0/0 → ◇ internet gateway")
	contains(t, small(m, 44, 17), "┌ orders 10.20.0.0/16", "┌ private ", "┌ ◇ private ", "┌ ◇ public ", "rtb private")
	if n := strings.Count(after, "│ ◇ NAT gateway"); n != 1 {
		t.Errorf("%d NAT gateways, want 1:\n%s", n, after)
	}
	for _, o := range m.Layout(80, true).Objects {
		if o.ID() != "subnet-made" && o.ID() != "rtb-made" {
			continue
		}
		l := m.Layout(80, false)
		if got := l.Objects[l.Find(&o)].ID(); got != o.ID() {
			t.Errorf("the other view has the focus on %q, want %q", got, o.ID())
		}
	}
}

// TestStepsOfANewVPC marks what a run creates of the network.
func TestStepsOfANewVPC(t *testing.T) {
	m := of(newVPC(answers.InternetNATPerZone, 2))
	all := func(s netmap.Step) func(resource.ID) netmap.Step {
		return func(resource.ID) netmap.Step { return s }
	}
	parts := []string{"VPC %s orders", "┌ %s private", "┌ %s public", "rtb %s public", "rtb %s private-1a", "0.0.0.0/0 → %s NAT gateway", "0.0.0.0/0 → %s internet gateway", "%s internet gateway orders-igw", "%s NAT gateway × 2"}
	for step, symbol := range map[netmap.Step]string{netmap.Pending: "◇", netmap.Working: "…", netmap.Done: "◆", netmap.Failed: "×"} {
		text := picture(m, 80, netmap.View{After: true, Step: all(step)})
		for _, p := range parts {
			contains(t, text, fmt.Sprintf(p, symbol))
		}
	}
	// One of several is different from all of them.
	text := picture(m, 80, netmap.View{After: true, Step: func(id resource.ID) netmap.Step {
		return map[resource.ID]netmap.Step{"subnet/private-us-east-1a": netmap.Done, "route-table/private-us-east-1a": netmap.Done, "nat-gateway/us-east-1a": netmap.Working, "nat-gateway/us-east-1b": netmap.Failed}[id]
	}})
	contains(t, text, "┌ ◆ private 10.20.16.0/20", "┌ ◇ private 10.20.32.0/20", "rtb … private-1a, -1b", "◇ NAT gateway                   …", "◇ NAT gateway                   ×", "VPC ◇ orders", "× NAT gateway × 2")
}

// TestNoTextHasThePlannedID looks for the ids of changes in all texts of all new VPCs.
func TestNoTextHasThePlannedID(t *testing.T) {
	for _, wl := range answers.Supported {
		if wl == answers.MWAA { // it needs an existing environment
			continue
		}
		for _, internet := range answers.InternetRoutes {
			for zones := range 5 {
				w := newVPC(internet, zones)
				if zones == 0 {
					w = interrupted(internet)
				}
				w.Ans.Workload = wl
				p := w.Plan()
				with, _ := plan.Ahead(&w.Inv, w.Ans)
				ids := []string{answers.PlannedVPC}
				for _, c := range p.Changes {
					ids = append(ids, string(c.ID))
				}
				for _, n := range with.Networks {
					for _, r := range n.RouteTables {
						ids = append(ids, r.ID)
					}
				}
				ids = slices.DeleteFunc(ids, func(id string) bool { return !strings.Contains(id, "/") })
				m := netmap.Of(&w.Inv, w.Ans, p)
				var all strings.Builder
				for _, width := range []int{38, 40, 44, 60, 80, 120, 160} {
					for _, height := range []int{3, 8, 17} {
						text := small(m, width, height)
						all.WriteString(text + "\n")
						if n := strings.Count(text, "\n") + 1; n > height {
							t.Errorf("%s %s %d: %d lines in a height of %d:\n%s", wl, internet, zones, n, height, text)
						}
						for l := range strings.Lines(text) {
							if n := words.Width(strings.TrimSuffix(l, "\n")); n > width {
								t.Errorf("%d columns at a width of %d: %s", n, width, l)
							}
						}
					}
					for _, after := range []bool{false, true} {
						all.WriteString(picture(m, width, netmap.View{After: after}) + "\n")
						for _, o := range m.Layout(width, after).Objects {
							title, details := m.Describe(o, after)
							all.WriteString(fmt.Sprintln(title, o.ID(), details))
						}
					}
				}
				all.WriteString(m.Text(80, true) + m.Headline(80, false))
				for _, id := range ids {
					if i := strings.Index(all.String(), id); i >= 0 {
						t.Errorf("%s %s %d: %q is in a text: %s", wl, internet, zones, id, all.String()[max(i-60, 0):min(i+60, all.Len())])
					}
				}
			}
		}
	}
}

// TestTextOfANewVPC contains names where an existing VPC has ids, and what each of several route tables leads to.
func TestTextOfANewVPC(t *testing.T) {
	w := newVPC(answers.InternetNATPerZone, 2)
	w.Ans.First = answers.First{Name: "web", Image: plantest.Image}
	contains(t, of(w).Text(100, true), "subnet orders-private-us-east-1a\n  State       planned: does not exist yet", "NAT         ◇ orders-nat-us-east-1a, planned",
		"route table orders-private-us-east-1b: NAT gateway orders-nat-us-east-1b, planned", "Route       ◇ 0.0.0.0/0 → orders-igw, planned",
		"Routes      orders-private-us-east-1a, orders-private-us-east-1b", "Planned     ◇ ECS service web", "│ ◇ ECS service")
	contains(t, of(newVPC(answers.InternetRegional, 2)).Text(80, false), "NAT gateway orders-nat\n  State       planned: does not exist yet", "Route       0.0.0.0/0 → orders-nat, planned")
	misses(t, of(newVPC(answers.InternetRegional, 2)).Text(80, false), "◇", "◆")
}

// TestSmallPictureOfAnExistingVPC draws a VPC that the plan does not create. Its subnets and tables have no symbols.
func TestSmallPictureOfAnExistingVPC(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	text := small(of(w), 44, 17)
	contains(t, text, "┌ prod 10.0.0.0/16", "app-a", "10.0.", "rtb-app", "no internet route", "s3        → ◇ gateway endpoint")
	misses(t, text, "◇ app", "rtb ◇")
}

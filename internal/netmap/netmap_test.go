package netmap_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

func of(w *plantest.World) *netmap.Map { return netmap.Of(&w.Inv, w.Ans, w.Plan()) }

// picture returns the picture as text.
func picture(m *netmap.Map, width int, v netmap.View) string {
	v.Focus = -1
	var out []string
	for _, l := range m.Lines(width, 1000, v) {
		out = append(out, l.String())
	}
	return strings.Join(out, "\n")
}

func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func misses(t *testing.T, text string, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(text, w) {
			t.Errorf("%q must not be in:\n%s", w, text)
		}
	}
}

// TestRoutesChangeThePicture changes the routes of the workload's subnets.
func TestRoutesChangeThePicture(t *testing.T) {
	for _, c := range []struct {
		name  string
		route inventory.Route
		want  string
	}{
		{"none", inventory.Route{}, "no internet"},
		{"NAT gateway", inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"}, "NAT gateway"},
		{"internet gateway", inventory.Route{CIDR: "0.0.0.0/0", Target: "igw-1"}, "internet gateway"},
		{"transit gateway", inventory.Route{CIDR: "0.0.0.0/0", Target: "tgw-1"}, "? default route to tgw-1"},
		{"blackhole", inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-2", Blackhole: true}, "× blackhole route"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := plantest.New()
			w.NAT()
			if c.route.Target != "" {
				r := &w.Net().RouteTables[1].Routes
				*r = append(*r, c.route)
			}
			for _, width := range []int{60, 80, 130} {
				text := picture(of(w), width, netmap.View{})
				at := strings.Index(text, "rtb-app")
				if at < 0 {
					t.Fatal(text)
				}
				contains(t, text[at:], c.want)
			}
		})
	}
}

// TestPlannedIsDrawnApart compares an endpoint that exists with those that the plan creates.
func TestPlannedIsDrawnApart(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	w.Endpoint(plantest.Ready("logs"))
	m := of(w)
	now, after := picture(m, 80, netmap.View{}), picture(m, 80, netmap.View{After: true})
	contains(t, now, "◆ logs", "Missing  ◇ s3  ◇ ecr.api", "× no s3 route")
	misses(t, now, "│ ◇ ecr.api")
	contains(t, after, "◆ logs", "│ ◇ ecr.api", "◇ s3 gateway")
	misses(t, after, "Missing", "× no s3 route")
	if n, _ := m.Reached(false); n != 1 {
		t.Errorf("%d services are reached now, want 1", n)
	}
	if n, _ := m.Reached(true); n != len(m.Needs) {
		t.Errorf("%d of %d services are reached after the plan", n, len(m.Needs))
	}
}

// TestStatesOfEndpoints has one endpoint in each state.
func TestStatesOfEndpoints(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*plantest.World)
		want    string
		state   netmap.State
	}{
		{"reachable", func(w *plantest.World) { w.Endpoint(plantest.Ready("logs")) }, "✓", netmap.Reachable},
		{"shut group", func(w *plantest.World) {
			e := plantest.Ready("logs")
			e.Groups = []string{"sg-default"}
			w.Endpoint(e)
		}, "×", netmap.Blocked},
		{"failed", func(w *plantest.World) {
			e := plantest.Ready("logs")
			e.State = "failed"
			w.Endpoint(e)
		}, "×", netmap.Broken},
		{"not used", func(w *plantest.World) { w.Endpoint(plantest.Ready("kms")) }, "–", netmap.Unused},
		{"unread list", func(w *plantest.World) {
			e := plantest.Ready("logs")
			e.Groups = []string{"sg-list"}
			w.Group(inventory.SecurityGroup{ID: "sg-list", Name: "list", VPC: plantest.VPC, Rules: []inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-unread"}}})
			w.Endpoint(e)
		}, "?", netmap.Undecided},
		{"groups denied", func(w *plantest.World) {
			w.Endpoint(plantest.Ready("logs"))
			w.Gap("ec2:DescribeSecurityGroups")
		}, "?", netmap.Undecided},
		{"DNS off", func(w *plantest.World) {
			w.Endpoint(plantest.Ready("logs"))
			w.Net().DNSHostnames = false
		}, "×", netmap.Blocked},
		{"network ACL", func(w *plantest.World) {
			e := plantest.Ready("logs")
			e.Subnets = []string{"subnet-data"}
			w.Endpoint(e)
			w.Net().NetworkACLs[0].Entries = slices.Insert(w.Net().NetworkACLs[0].Entries, 0, inventory.ACLEntry{Number: 50, Protocol: "6", CIDR: "10.0.0.0/16", From: 443, To: 443})
		}, "×", netmap.Blocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := plantest.New()
			w.Group(plantest.Wide())
			c.prepare(w)
			m := of(w)
			if got := m.Endpoints[0].Now.State; got != c.state {
				t.Errorf("state %d, want %d: %q", got, c.state, m.Endpoints[0].Now.Why)
			}
			found := false
			for l := range strings.Lines(picture(m, 80, netmap.View{})) {
				if _, line, ok := strings.Cut(l, "◆ "); ok && strings.Contains(line, c.want) {
					found = true
				}
			}
			if !found {
				t.Errorf("no endpoint has %s:\n%s", c.want, picture(m, 80, netmap.View{}))
			}
		})
	}
}

// zoned is a world with a number of zones and the workload in the last two.
func zoned(zones int) *plantest.World {
	w := plantest.New()
	n := w.Net()
	n.Subnets = nil
	for i := range zones {
		id := fmt.Sprintf("subnet-%d", i)
		n.Subnets = append(n.Subnets, inventory.Subnet{ID: id, Name: fmt.Sprint("app-", i), VPC: plantest.VPC, Zone: fmt.Sprintf("us-east-1%c", 'a'+i), CIDR: fmt.Sprintf("10.0.%d.0/24", i), Free: 200, Owner: plantest.Account})
	}
	w.Service().Subnets = []string{fmt.Sprintf("subnet-%d", zones-1), fmt.Sprintf("subnet-%d", zones-2)}
	n.RouteTables[1].Subnets = w.Service().Subnets
	return w
}

// TestZones draws two, three and five zones. Of five, those of the workload are drawn.
func TestZones(t *testing.T) {
	for zones, want := range map[int][]string{2: {"us-east-1a", "us-east-1b"}, 3: {"us-east-1a", "us-east-1b", "us-east-1c"}, 5: {"us-east-1d", "us-east-1e", "+ 2 zones, 2 subnets, no tasks"}} {
		for _, width := range []int{80, 120, 160} {
			text := picture(of(zoned(zones)), width, netmap.View{})
			contains(t, text, want...)
			contains(t, text, fmt.Sprint("app-", zones-1), fmt.Sprint("app-", zones-2))
		}
	}
}

// TestManyBecomeCounts has many endpoints in a subnet, many route tables, and many subnets with nothing in them.
func TestManyBecomeCounts(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	for i := range 9 {
		e := plantest.Ready("kms")
		e.ID = fmt.Sprint("vpce-", i)
		w.Endpoint(e)
	}
	for i := range 12 {
		id := fmt.Sprint("subnet-idle-", i)
		w.Net().Subnets = append(w.Net().Subnets, inventory.Subnet{ID: id, VPC: plantest.VPC, Zone: "us-east-1a", CIDR: fmt.Sprintf("10.0.%d.0/24", 120+i)})
		w.Net().RouteTables = append(w.Net().RouteTables, inventory.RouteTable{ID: fmt.Sprint("rtb-", i), Subnets: []string{id}, Routes: []inventory.Route{{CIDR: "0.0.0.0/0", Target: fmt.Sprint("tgw-", i)}}})
	}
	for i := range 20 {
		w.Net().Subnets = append(w.Net().Subnets, inventory.Subnet{ID: fmt.Sprint("subnet-more-", i), VPC: plantest.VPC, Zone: "us-east-1b", CIDR: fmt.Sprintf("10.0.%d.0/24", 150+i)})
	}
	text := picture(of(w), 80, netmap.View{})
	contains(t, text, "◆ 9 other endpoints", "+ 10 route tables, 10 subnets", "20 more subnets")
}

// TestUnreadIsSaid hides reads. The picture does not look as if nothing existed.
func TestUnreadIsSaid(t *testing.T) {
	for call, want := range map[string]string{
		"ec2:DescribeSubnets": "Subnets could not be read", "ec2:DescribeRouteTables": "route tables could not be read", "ec2:DescribeVpcEndpoints": "VPC endpoints could not be read",
		"ec2:DescribeNetworkInterfaces": "tasks not read", "ec2:DescribeNatGateways": "NAT gateways could not be read",
	} {
		w := plantest.New()
		w.Gap(call)
		switch call {
		case "ec2:DescribeSubnets":
			w.Net().Subnets = nil
		case "ec2:DescribeRouteTables":
			w.Net().RouteTables = nil
		}
		for _, width := range []int{60, 80, 120} {
			contains(t, picture(of(w), width, netmap.View{}), want)
		}
	}
	w := plantest.New()
	w.Gap("ec2:DescribeVpcEndpoints")
	for _, n := range of(w).Needs {
		if n.Endpoint == nil && n.Now.State != netmap.Undecided {
			t.Errorf("%s: state %d, want undecided", n.Service, n.Now.State)
		}
	}
	empty := plantest.New()
	empty.Inv.Networks = nil
	contains(t, picture(of(empty), 80, netmap.View{}), "no subnets in this VPC")
}

// TestStepsOfARun marks what a run creates.
func TestStepsOfARun(t *testing.T) {
	m := of(plantest.New())
	text := picture(m, 80, netmap.View{After: true, Step: func(id resource.ID) netmap.Step {
		return map[resource.ID]netmap.Step{"endpoint/s3": netmap.Done, "endpoint/logs": netmap.Done, "endpoint/ecr.api": netmap.Working, "endpoint/ecr.dkr": netmap.Failed}[id]
	}})
	contains(t, text, "◆ s3 gateway")
	for name, mark := range map[string]string{"◆ logs": "✓", "◇ ecr.api": "…", "◇ ecr.dkr": "×", "◇ secretsmanager": " "} {
		i := strings.Index(text, name)
		if i < 0 {
			t.Fatalf("%s is missing:\n%s", name, text)
		}
		line, _, _ := strings.Cut(text[i:], "│")
		if got := strings.TrimSpace(strings.TrimPrefix(line, name)); got != strings.TrimSpace(mark) {
			t.Errorf("%s has %q, want %q", name, got, mark)
		}
	}
}

// drawn draws a network with names of all kinds.
func drawn(t *rapid.T) *plantest.World {
	w := plantest.New()
	w.Group(plantest.Wide())
	n := w.Net()
	name := rapid.OneOf(rapid.SampledFrom([]string{"", "app", "東京の網目サブネット", "a\nb\x1b[31m", strings.Repeat("long-", 30)}), rapid.String())
	n.Subnets, n.RouteTables = nil, []inventory.RouteTable{{ID: "rtb-main", Main: true, Name: name.Draw(t, "name")}}
	for i := range rapid.IntRange(0, 30).Draw(t, "subnets") {
		n.Subnets = append(n.Subnets, inventory.Subnet{ID: fmt.Sprint("subnet-", i), Name: name.Draw(t, "name"), VPC: plantest.VPC, Zone: fmt.Sprintf("us-east-1%c", 'a'+rapid.IntRange(0, 5).Draw(t, "zone")),
			CIDR: fmt.Sprintf("10.0.%d.0/24", i), Free: rapid.IntRange(0, 1<<20).Draw(t, "free"), IPv6Only: rapid.Bool().Draw(t, "IPv6 only"), PublicIP: rapid.Bool().Draw(t, "public")})
	}
	subnets := func() (out []string) {
		for range rapid.IntRange(0, 4).Draw(t, "in") {
			out = append(out, fmt.Sprint("subnet-", rapid.IntRange(0, 30).Draw(t, "subnet")))
		}
		return out
	}
	for i := range rapid.IntRange(0, 8).Draw(t, "tables") {
		n.RouteTables = append(n.RouteTables, inventory.RouteTable{ID: fmt.Sprint("rtb-", i), Name: name.Draw(t, "name"), Subnets: subnets(),
			Routes: []inventory.Route{{CIDR: "0.0.0.0/0", Target: rapid.SampledFrom([]string{"igw-1", "nat-1", "tgw-1", "pcx-1", "vpce-s3", name.Draw(t, "name")}).Draw(t, "target"), Blackhole: rapid.Bool().Draw(t, "blackhole")}}})
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "endpoints") {
		e := plantest.Ready(rapid.SampledFrom([]string{"logs", "ecr.api", "kms", "guardduty-data"}).Draw(t, "service"))
		e.ID, e.Subnets, e.State = fmt.Sprint("vpce-", i), subnets(), rapid.SampledFrom([]string{"available", "failed", "pending"}).Draw(t, "state")
		w.Endpoint(e)
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "interfaces") {
		w.Iface(inventory.Interface{ID: fmt.Sprint("eni-", i), Subnet: fmt.Sprint("subnet-", i), Status: "in-use", Type: "interface", Description: name.Draw(t, "name"), Groups: []string{"sg-app"}, IP: "10.0.0.9"})
	}
	w.Service().Subnets = subnets()
	for _, call := range []string{"ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints", "ec2:DescribeNetworkInterfaces"} {
		if rapid.IntRange(0, 9).Draw(t, call) == 0 {
			w.Gap(call)
		}
	}
	return w
}

// TestNoLineIsWider draws random networks at random widths. Every object can be described, and the focus stays in the
// picture.
func TestNoLineIsWider(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := of(drawn(t))
		width, after := rapid.IntRange(40, 200).Draw(t, "width"), rapid.Bool().Draw(t, "after")
		l := m.Layout(width, after)
		for focus := -1; focus < len(l.Objects); focus++ {
			height := 10
			top := l.Top(0, height, focus)
			lines := l.Lines(top, height, netmap.View{After: after, Focus: focus})
			if len(lines) > height {
				t.Fatalf("%d lines, want at most %d", len(lines), height)
			}
			marks := 0
			for _, line := range lines {
				text := line.String()
				if n := words.Width(text); n > width {
					t.Fatalf("%d columns at a width of %d: %s", n, width, text)
				}
				marks += strings.Count(text, "▸")
			}
			if focus >= 0 && marks == 0 {
				t.Fatalf("object %d is not visible", focus)
			}
			if focus >= 0 {
				if title, _ := m.Describe(l.Objects[focus], after); title == "" {
					t.Fatalf("object %d has no title", focus)
				}
				for _, to := range []int{l.Move(focus, 0, 1), l.Move(focus, 0, -1), l.Move(focus, 1, 0), l.Move(focus, -1, 0), l.Page(focus, 10)} {
					if to < 0 || to >= len(l.Objects) {
						t.Fatalf("the focus moves to %d of %d", to, len(l.Objects))
					}
				}
			}
		}
	})
}

// TestText contains whole ids, in lines that fit.
func TestText(t *testing.T) {
	m := of(plantest.New())
	for _, picture := range []bool{true, false} {
		text := m.Text(80, picture)
		contains(t, text, "subnet subnet-a app-a", "route table rtb-app", "endpoint logs\n", "After plan  planned")
		if strings.Contains(text, "┌") != picture {
			t.Errorf("picture: %v\n%s", picture, text)
		}
		for l := range strings.Lines(text) {
			if n := words.Width(strings.TrimSuffix(l, "\n")); n > 80 {
				t.Errorf("%d columns: %s", n, l)
			}
		}
	}
}

// TestEveryObjectIsReached moves with the arrows only, from the first object to all others.
func TestEveryObjectIsReached(t *testing.T) {
	w := plantest.New()
	w.NAT()
	w.Group(plantest.Wide())
	w.Endpoint(plantest.Ready("logs"))
	for _, m := range []*netmap.Map{of(w), of(zoned(5)), of(large())} {
		for _, width := range []int{40, 80, 120, 160} {
			l := m.Layout(width, true)
			if len(l.Objects) > 500 {
				l.Objects = l.Objects[:500] // the rest is the same
			}
			seen := make([]bool, len(l.Objects))
			next := []int{0}
			for len(next) > 0 {
				at := next[0]
				next = next[1:]
				if seen[at] {
					continue
				}
				seen[at] = true
				next = append(next, l.Move(at, 0, 1), l.Move(at, 0, -1), l.Move(at, 1, 0), l.Move(at, -1, 0))
			}
			for i, ok := range seen {
				if !ok {
					title, _ := m.Describe(l.Objects[i], true)
					t.Errorf("width %d: the arrows do not reach %s", width, title)
				}
			}
		}
	}
}

// BenchmarkKey draws the picture of a VPC with 10,000 subnets after a key. Most is the limit for it.
func BenchmarkKey(b *testing.B) {
	m := of(large())
	l := m.Layout(120, true)
	focus := 0
	for b.Loop() {
		focus = l.Move(focus, 0, 1)
		l.Lines(l.Top(0, 30, focus), 30, netmap.View{After: true, Focus: focus})
	}
}

// large is a VPC with 10,000 subnets, each with an endpoint or a client.
func large() *plantest.World {
	w := plantest.New()
	w.Group(plantest.Wide())
	n := w.Net()
	e := plantest.Ready("kms")
	for i := range 10_000 {
		id := fmt.Sprint("subnet-large-", i)
		n.Subnets = append(n.Subnets, inventory.Subnet{ID: id, Name: id, VPC: plantest.VPC, Zone: fmt.Sprintf("us-east-1%c", 'a'+i%3), CIDR: fmt.Sprintf("10.%d.%d.0/28", i/250, i%250), Free: 11})
		if i%2 == 0 {
			e.Subnets = append(e.Subnets, id)
		} else {
			w.Iface(inventory.Interface{ID: fmt.Sprint("eni-", i), Subnet: id, Status: "in-use", Type: "interface", IP: "10.0.0.9"})
		}
	}
	w.Endpoint(e)
	return w
}

// BenchmarkOf makes the map of the same VPC, once when it is opened.
func BenchmarkOf(b *testing.B) {
	w := large()
	p := w.Plan()
	for b.Loop() {
		netmap.Of(&w.Inv, w.Ans, p)
	}
}

// BenchmarkLayout arranges it, when it is opened, for the other view, and for another width.
func BenchmarkLayout(b *testing.B) {
	m := of(large())
	for b.Loop() {
		m.Layout(120, true)
	}
}

// TestOnlyOwnInstances: instances with the workload's security groups can belong to another cluster, and Fargate uses none.
func TestOnlyOwnInstances(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*plantest.World)
		want    int
	}{
		{"all clusters", func(w *plantest.World) { plantest.OnEC2(w); w.Hosts("other", "sg-hosts", "1.86.2") }, 4},
		{"one cluster", func(w *plantest.World) {
			plantest.OnEC2(w)
			w.Hosts("other", "sg-hosts", "1.86.2")
			w.Ans.Service = "prod/web"
		}, 2},
		{"AWS Batch", func(w *plantest.World) { plantest.BatchOnEC2(w); w.Hosts("other", "sg-hosts", "1.86.2") }, 2},
		{"AWS Batch without instances", func(w *plantest.World) {
			plantest.BatchOnEC2(w)
			w.Inv.Cluster("AWSBatch-nightly").ContainerInstances = nil
			w.Hosts("other", "sg-hosts", "1.86.2")
		}, 2}, // they may be of the environment, because its cluster shows none
		{"Fargate", func(w *plantest.World) { w.Hosts("other", "sg-app", "1.86.2") }, 0},
	} {
		w := plantest.New()
		c.prepare(w)
		n := 0
		for _, z := range of(w).Zones {
			for _, s := range z.Subnets {
				n += s.Instances
			}
		}
		if n != c.want {
			t.Errorf("%s: %d instances, want %d", c.name, n, c.want)
		}
	}
}

// TestInterfacesOfTasksThatDoNotRun: a network interface does not show a running task while the service starts none.
func TestInterfacesOfTasksThatDoNotRun(t *testing.T) {
	for running, want := range map[int]string{0: "● 1 task interface", 2: "● 1 task "} {
		w := plantest.New()
		w.Service().Desired, w.Service().Running = 2, running
		w.Iface(inventory.Interface{ID: "eni-task", Subnet: "subnet-a", Status: "in-use", Type: "interface", IP: "10.0.0.9", Groups: []string{"sg-app"}})
		contains(t, picture(of(w), 100, netmap.View{}), want)
	}
}

package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// TestMapOpensWhereTheVPCIsKnown presses m on the screens before and after the VPC is chosen.
func TestMapOpensWhereTheVPCIsKnown(t *testing.T) {
	play(t, newFake(), Options{Build: plan.Build}, func(d *driver) {
		d.press("m")
		d.press(choose(sandboxAccount)...)
		d.press("m")
		if d.a.chart != nil {
			t.Fatal("the map opened without a VPC")
		}
		d.missesAll("m map")
		d.press(choose(onFargate, webService, everyQuestion)...)
		for range 5 {
			before := d.screen()
			d.press("m")
			d.sees("VPC shop", "private-a", "p after the plan")
			d.missesAll("Workload subnets")
			d.press("m")
			if d.screen() != before {
				t.Fatalf("closing the map does not restore the screen:\n%s", d.screen())
			}
			d.press("?", "left")
			d.sees("m map m")
			d.press("esc", "m", "esc")
			if d.a.chart != nil {
				t.Fatal("esc does not close the map")
			}
			d.press("enter")
		}
	})
}

// TestMapTypesInFilters asserts that m is a letter where the user types.
func TestMapTypesInFilters(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(toReview...)
		d.press("/", "text:m")
		d.sees("filter: m")
		if d.a.chart != nil {
			t.Error("m opened the map in a filter")
		}
		d.press("esc")
	})
	f := newFake()
	withRegistry(f)
	play(t, f, Options{}, func(d *driver) {
		d.press(toSecretName...)
		d.press("ctrl+u", "text:m")
		if d.a.chart != nil {
			t.Error("m opened the map in a text field")
		}
	})
}

// TestMapKeys moves the focus, switches the view, and opens the details.
func TestMapKeys(t *testing.T) {
	f := newFake()
	withEndpoint(f)
	play(t, f, Options{Build: plan.Build}, func(d *driver) {
		d.press(toReview...)
		d.press("m")
		d.sees("▸ subnet subnet-0a private-a", "× no s3 route")
		d.press("right")
		d.sees("▸ subnet subnet-0b private-b")
		d.press("down")
		d.sees("▸ logs in private-b vpce-0logs", "× blocked: G-DNSATTR")
		d.press("p")
		d.sees("▸ logs in private-b vpce-0logs", "✓ reachable", "after the plan", "◇ ecr.api")
		d.missesAll("× no s3 route")
		d.press("down")
		d.sees("▸ ecr.api in private-b", "planned: does not exist yet")
		d.press("c")
		d.sees("no id of its own")
		d.press("p") // the focused endpoint does not exist now
		d.sees("▸ subnet subnet-0b private-b")
		d.press("c")
		d.sees("Copied: subnet-0b")
		d.press("left", "enter")
		d.sees("subnet subnet-0a private-a", "Endpoint", "vpce-0kms", "not used by the workload")
		d.missesAll("┌")
		d.press("m")
		d.sees("┌▸private-a")
		d.press("end", "home", "pgdown", "pgup", "q")
		d.sees("Quit the wizard?")
		d.press("esc")
		d.sees("┌")
	})
}

// TestMapDuringARun marks what is created, also after the run has ended below the map.
func TestMapDuringARun(t *testing.T) {
	f := newFake()
	withEndpoint(f)
	f.endless = true
	f.events = []run.Event{
		{Time: t0, Change: "endpoint/ecr.api", State: run.Started},
		{Time: t0, Change: "endpoint/ecr.dkr", State: run.Started},
		{Time: t0.Add(time.Second), Change: "endpoint/ecr.dkr", State: run.Done},
		{Time: t0.Add(time.Second), Change: "endpoint/logs", State: run.Started},
		{Time: t0.Add(time.Second), Change: "endpoint/logs", State: run.Failed, Detail: "denied"},
	}
	f.summary = run.Summary{Done: 1, Failed: 1, IDs: map[resource.ID]string{"endpoint/ecr.dkr": "vpce-0dkr"}}
	play(t, f, Options{Build: placed}, func(d *driver) {
		applying(d)
		d.sees("m map")
		d.press("m")
		d.sees("ctrl+c stop")
		for _, line := range []string{"◇ ecr.api", "◆ ecr.dkr", "◇ logs"} {
			d.sees(line)
		}
		marks := map[string]string{"◇ ecr.api": "…", "◆ ecr.dkr": "✓", "◇ logs": "×"}
		for l := range strings.Lines(d.screen()) {
			for name, mark := range marks {
				if _, rest, ok := strings.Cut(l, "│ "+name); ok && !strings.Contains(rest[:strings.Index(rest, "│")], mark) {
					t.Errorf("%s is not marked with %s: %s", name, mark, l)
				}
			}
		}
		d.press("ctrl+c") // stops the run, which ends
		d.sees("◆ ecr.dkr", "The run has ended", "p before the run")
		d.press("esc")
		d.sees("ecr.dkr")
		d.missesAll("┌")
		if _, ok := d.a.top().(*resultScreen); !ok {
			t.Errorf("%T is below the map, want the result", d.a.top())
		}
	})
}

// TestMapInLines types m at the review question.
func TestMapInLines(t *testing.T) {
	f := newFake()
	withEndpoint(f)
	typed := slices.Concat([]string{sandboxAccount, onFargate, webService, planNow}, []string{"m", "q"})
	_, out := plainly(t, f, Options{Build: plan.Build, Width: 80}, typed...)
	for _, want := range []string{"Show the network map (m)", "prod/web: endpoints serve 0 of 4", "endpoint logs vpce-0logs", "route table rtb-0m", "After plan  reachable"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
}

// BenchmarkMap moves through the map of a VPC with 10,000 subnets, each with a client, and switches the view. A key must
// take less than 12 ms.
func BenchmarkMap(b *testing.B) {
	a := bigStep(b, 10_000)
	n := &a.inv.Networks[0]
	for i := range n.Subnets {
		n.Interfaces = append(n.Interfaces, inventory.Interface{ID: fmt.Sprint("eni-", i), Subnet: n.Subnets[i].ID, Type: "interface", Status: "in-use"})
	}
	a.Update(tea.KeyPressMsg{Code: 'm', Text: "m"})
	if a.chart == nil {
		b.Fatal("the map is closed")
	}
	for name, keys := range map[string][]tea.KeyPressMsg{"move": {{Code: tea.KeyDown}, {Code: tea.KeyRight}}, "page": {{Code: tea.KeyPgDown}}, "end": {{Code: tea.KeyEnd}, {Code: tea.KeyHome}}, "view": {{Code: 'p', Text: "p"}}} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				a.Update(keys[i%len(keys)])
				a.View()
			}
		})
	}
}

// TestMapKeepsTheMouseFromTheList clicks where the list below the map has rows.
func TestMapKeepsTheMouseFromTheList(t *testing.T) {
	play(t, newFake(), Options{Build: plan.Build}, func(d *driver) {
		d.press(everyStep...)
		d.press("m")
		for y := range 24 {
			d.send(tea.MouseClickMsg{X: 30, Y: y, Button: tea.MouseLeft})
		}
		d.press("esc")
		d.sees("Which VPC")
	})
}

// TestMapOfANewVPC opens the map before the VPC exists. It begins with the network after the plan, and the present one is a
// sentence.
func TestMapOfANewVPC(t *testing.T) {
	play(t, newFake(), Options{Build: plan.Build}, func(d *driver) {
		d.press(toReview...)
		needs := []string{"ecr"}
		d.a.ans.Answers = answers.Answers{Version: 1, Workload: answers.ECSFargate, VPC: answers.PlannedVPC, Needs: &needs,
			NewVPC: &answers.NewVPC{Name: "orders", CIDR: "10.99.0.0/16", Internet: answers.InternetNAT, Zones: answers.Zones{Names: []string{"us-east-1a", "us-east-1b"}}}}
		d.press("m")
		d.sees("VPC ◇ orders", "after the plan, 1 of ", "◇ private 10.99.16.0/20", "◇ NAT gateway", "▸ subnet orders-private-us-east-1a")
		d.press("c")
		d.sees("The selected line has no id of its own.")
		d.press("p")
		d.sees("VPC orders does not exist yet.", "p after the plan")
		d.missesAll("▸", "┌")
		d.press("down", "pgdown", "enter", "c", "p")
		d.sees("VPC ◇ orders")
	})
}

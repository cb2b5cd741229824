package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

const (
	createService = "create an ecs service"
	createVPC     = "create a new vpc"
	notYet        = "not created yet"
	ownImage      = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1"
)

// newAccount has a default VPC, no workload, and three Availability Zones.
func newAccount(f *fake) {
	f.inv.VPCs, f.inv.Networks = f.inv.VPCs[:1], f.inv.Networks[1:]
	f.inv.Clusters, f.inv.TaskDefinitions = nil, nil
	names := map[string][]string{"ecr.api": {"api.ecr.us-east-1.amazonaws.com"}, "ecr.dkr": {"dkr.ecr.us-east-1.amazonaws.com", "*.dkr.ecr.us-east-1.amazonaws.com"}, "logs": {"logs.us-east-1.amazonaws.com"}}
	for i := range f.inv.Services {
		s := &f.inv.Services[i]
		s.PrivateNames = names[strings.TrimPrefix(s.Name, "com.amazonaws.us-east-1.")]
	}
	for _, z := range []string{"a", "b", "c"} {
		f.inv.Creation.Zones = append(f.inv.Creation.Zones, inventory.Zone{Name: "us-east-1" + z, ID: "use1-az" + z})
	}
}

// The keys to the new screens, with the plans of plan.Build.
var (
	toImage = choose(sandboxAccount, onFargate, createService)
	toName  = append(slices.Clone(toImage), "text:"+ownImage, "enter")
	toForm  = append(slices.Clone(toName), "enter", "choose:"+createVPC)
	toUses  = append(choose(sandboxAccount, onFargate, notYet, createVPC), "enter")
)

// newVPCScenes are the scenes of a new VPC and a first workload.
func newVPCScenes() []scene {
	real := Options{Build: plan.Build}
	at := func(name string, before []string, more ...string) scene {
		return scene{name: name, prepare: newAccount, options: real, play: keysAfter(before, more...)}
	}
	return []scene{
		at("first-image", toImage),
		at("first-image-invalid", toImage, "text:my image", "enter"),
		at("first-name", toName),
		at("new-vpc-option", toName, "enter"),
		at("new-vpc", toForm),
		at("new-vpc-nat", toForm, "tab", "tab", "tab", "right"),
		at("new-vpc-nat-per-zone", toForm, "tab", "tab", "tab", "right", "right"),
		at("new-vpc-regional", toForm, "tab", "tab", "tab", "right", "right", "right"),
		at("new-vpc-overlap", toForm, "tab", "ctrl+u", "text:172.31.0.0/20", "enter"),
		at("new-vpc-typing", toForm, "ctrl+u"),
		at("new-vpc-uses", toUses),
		at("new-vpc-review", toForm, "enter", "enter", "enter"),
		at("new-vpc-help", toForm, "f1"),
	}
}

func TestFormKeys(t *testing.T) {
	f := newFake()
	newAccount(f)
	play(t, f, Options{Build: plan.Build}, func(d *driver) {
		d.press(toForm...)
		d.sees("What should the new VPC look like?", "▸ Name", "web", "10.0.0.0/16", "2 of 3", "none", "Changes", "Cost")
		focus := func(want string) {
			t.Helper()
			d.sees("▸ " + want)
		}
		for _, want := range []string{"CIDR", "Zones", "Internet", "Name"} { // and around
			d.press("tab")
			focus(want)
		}
		d.press("shift+tab")
		focus("Internet")
		d.press("up", "down", "up")
		focus("Zones")
		d.press("left", "left", "left")
		d.sees("▸ Zones 1 of 3 ›")
		d.press("right", "right", "right")
		d.sees("▸ Zones ‹ 3 of 3")
		d.press("x", "5") // no value has a letter
		d.sees("▸ Zones ‹ 3 of 3")
		d.press("tab", "right")
		d.sees("▸ Internet ‹ one NAT gateway ›", "All zones use one NAT", "rtb ◇ public")
		d.press("tab", "ctrl+u", "text:my?q", "enter")
		d.sees("my?q", "! The name is not a name for a VPC")
		d.press("backspace", "backspace", "text:-vpc", "home", "delete", "text:t", "end")
		d.sees("ty-vpc")
		d.missesAll("not a name")
		d.press("enter")
		d.sees("What will the tasks use?")
		v := d.a.ans.NewVPC
		if v == nil || v.Name != "ty-vpc" || v.CIDR != "10.0.0.0/16" || v.Zones.Number() != 3 || v.Route() != answers.InternetNAT || d.a.ans.VPC != answers.PlannedVPC {
			t.Errorf("%+v %s", v, d.a.ans.VPC)
		}
		d.press("esc") // shows the answers, not the proposals
		d.sees("ty-vpc", "3 of 3", "one NAT gateway")
	})
}

// TestFormErrors: an error is shown while the user types, and Enter puts the focus on its field.
func TestFormErrors(t *testing.T) {
	f := newFake()
	newAccount(f)
	play(t, f, Options{Build: plan.Build}, func(d *driver) {
		d.press(toForm...)
		d.press("tab", "ctrl+u", "text:172.31.0.0/20")
		d.sees("! The block overlaps 172.31.0.0/16 of VPC vpc-0def.", "such as 10.0.0.0/16.")
		d.press("tab", "enter")
		d.sees("▸ CIDR", "overlaps 172.31.0.0/16")
		d.a.opts.Width, d.a.opts.Height = 0, 0
		for _, size := range [][2]int{{40, 12}, {1, 1}, {120, 40}, {80, 24}} {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			fits(t, d, size[0], size[1])
			if size[0] > 1 && (!strings.Contains(d.screen(), "CIDR       172.31.0.0/20") || !strings.Contains(d.screen(), "! The block overlaps 172.31.0.0/16")) {
				t.Errorf("%v:\n%s", size, d.screen())
			}
		}
		d.press("ctrl+u")
		d.sees("! The CIDR must not be empty.")
		d.send(tea.PasteMsg{Content: " 10.7.0.0\r\n/16\x1b[31m\n"})
		d.sees("10.7.0.0 /16", "! The CIDR ")
		d.press("ctrl+u")
		d.send(tea.PasteMsg{Content: "10.7.0.0/16\r\n"})
		d.missesAll("! ")
		d.press("tab")
		d.send(tea.PasteMsg{Content: "9"}) // a value takes no text
		d.sees("▸ Zones", "2 of 3")
		d.press("enter")
		if v := d.a.ans.NewVPC; v == nil || v.CIDR != "10.7.0.0/16" {
			t.Errorf("%+v", v)
		}
	})
}

// TestFormKeepsDrafts: Esc keeps what was typed but is not an answer, until another account is opened.
func TestFormKeepsDrafts(t *testing.T) {
	f := newFake()
	newAccount(f)
	play(t, f, Options{Build: plan.Build}, func(d *driver) {
		d.press(toForm...)
		d.press("ctrl+u", "text:other", "tab", "tab", "right", "tab", "right", "esc")
		d.sees("Which VPC do the tasks run in?")
		if v := d.a.ans.NewVPC; v.Name != "" || v.Internet != "" {
			t.Errorf("Esc has answered: %+v", v)
		}
		d.press("choose:" + createVPC)
		d.sees("other", "3 of 3", "one NAT gateway")
		d.press("enter", "esc")
		d.sees("other", "3 of 3", "one NAT gateway")
		if len(d.a.drafts) > 0 {
			t.Errorf("drafts after the answer: %v", d.a.drafts)
		}
		d.press("esc", "esc", "ctrl+u", "text:renamed", "enter", "choose:"+createVPC)
		d.sees("other") // the answer
	})
}

func TestFormHelp(t *testing.T) {
	f := newFake()
	newAccount(f)
	play(t, f, Options{Build: plan.Build}, func(d *driver) {
		d.press(toForm...)
		d.sees("f1 help")
		d.press("?", "q")
		d.sees("web?q")
		if d.a.guide != nil || d.a.dialog != nil {
			t.Error("a typed character is a key")
		}
		d.press("f1")
		d.sees("VPC and subnets")
		d.press("esc", "backspace", "backspace", "text:-2", "tab", "tab")
		d.sees("? help", "←→ change")
		d.press("?")
		d.sees("VPC and subnets")
		d.press("esc")
		d.sees("▸ Zones")
		d.press("tab", "right", "m") // the map of the values, which are not answers yet
		d.sees("web-2-p", "NAT gateway")
		if d.a.chart == nil || !d.a.chart.after {
			t.Errorf("%+v", d.a.chart)
		}
		d.press("esc")
		d.sees("▸ Internet ‹ one NAT gateway")
		d.press("q")
		d.sees("Quit the wizard?")
	})
}

// TestFormWaits: what the form waits for is shown, and what was typed before is kept.
func TestFormWaits(t *testing.T) {
	f := newFake()
	newAccount(f)
	f.hold = inventory.PartCreation
	play(t, f, Options{Build: plan.Build}, func(d *driver) {
		d.press(toForm...)
		d.missesAll("What should the new VPC look like?")
		d.press("x", "enter", "tab")
		close(f.held)
		d.settle()
		d.sees("What should the new VPC look like?", "▸ Name")
		d.press("ctrl+u", "text:kept")
		needs := d.a.stepOf(steps.NewVPC).Needs
		d.a.stepOf(steps.NewVPC).Needs = func(steps.State) []inventory.Request {
			return []inventory.Request{{Part: inventory.PartQuotas, VPC: "new"}}
		}
		f.mu.Lock()
		f.hold, f.held = inventory.PartQuotas, make(chan struct{})
		f.mu.Unlock()
		d.start(d.a.top().enter(d.a))
		d.settle()
		d.missesAll("kept")
		close(f.held)
		d.settle()
		d.sees("kept")
		d.a.stepOf(steps.NewVPC).Needs = needs
	})
}

// TestSidebarOfANewVPC: questions about existing resources are not listed as to come.
func TestSidebarOfANewVPC(t *testing.T) {
	titles := func(d *driver) []string {
		var out []string
		for _, s := range d.a.sidebarSteps() {
			out = append(out, s.title)
		}
		return out
	}
	f := newFake()
	newAccount(f)
	play(t, f, Options{Build: plan.Build}, func(d *driver) {
		d.press(choose(sandboxAccount, onFargate, notYet)...)
		all := titles(d)
		for _, title := range []string{"Workload subnets", "Endpoint subnets", "Security groups", "Verification", "Running tasks"} {
			if !slices.Contains(all, title) {
				t.Errorf("%s is not listed before the VPC is chosen: %v", title, all)
			}
		}
		d.press("choose:"+createVPC, "enter")
		want := []string{"Account", "Workload", "Service", "VPC", "AWS services", "Endpoint policy", "Review", "Apply", "Result"}
		if got := titles(d); !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
		d.sees("What will the tasks use?")
		if at, of, title := d.a.here(); title != "AWS services" || at != 4 || of != len(want) {
			t.Errorf("%d of %d, %s", at, of, title)
		}
		d.press("esc", "esc", "to:172.31.0.0/16", "enter")
		if got := titles(d); !slices.Equal(got, all) {
			t.Errorf("with an existing VPC: %v", got)
		}
	})
}

func TestPlainForm(t *testing.T) {
	ask := func(lines ...string) (Result, string) {
		f := newFake()
		newAccount(f)
		return plainly(t, f, Options{Build: plan.Build}, append([]string{"sandbox", "ecs on fargate", "1", ownImage, "", "create a new VPC"}, lines...)...)
	}
	_, out := ask("", "", "", "", "", "", "q")
	says(t, out, "Where does your image come from?", "What name should the new service have?", "Name [web]:", "CIDR [10.0.0.0/16]:", "2 of 3", "one NAT gateway", "What will the tasks use?", "VPC web (new)")

	// An error asks again for its field.
	_, out = ask("other", "172.31.0.0/20", "10.5.0.0/16", "3 of 3", "regional", "", "", "q")
	says(t, out, "The block overlaps 172.31.0.0/16", "CIDR [10.0.0.0/16]: ", "VPC other (new)", "10.5.32.0/20")
	if n := strings.Count(out, "Name ["); n != 1 {
		t.Errorf("the name is asked %d times:\n%s", n, out)
	}
	if n := strings.Count(out, "CIDR ["); n != 2 {
		t.Errorf("the CIDR is asked %d times:\n%s", n, out)
	}

	// A block that is too small for the zones, which are asked after it.
	_, out = ask("", "10.5.0.0/27", "3 of 3", "", "10.5.0.0/16", "", "", "", "", "q")
	says(t, out, "no place for the subnets of 3 zones", "CIDR [10.5.0.0/27]:", "Number, or Enter for 3:", "VPC web (new)", "10.5.32.0/20")

	_, out = ask("?", "b", "1", "q")
	says(t, out, "The names of everything in the VPC begin with it.", "A VPC is a private network")
	if n := strings.Count(out, "Which VPC do the tasks run in?"); n != 2 {
		t.Errorf("b goes back %d times:\n%s", n-1, out)
	}
	_, out = ask("typed")
	says(t, out, "End of input")
}

// TestFormFromTheReview: the key to change an answer opens the form for a finding about the VPC, and returns to the review.
func TestFormFromTheReview(t *testing.T) {
	f := newFake()
	newAccount(f)
	play(t, f, Options{Build: plan.Build}, func(d *driver) {
		d.press(toForm...)
		d.press("tab", "ctrl+u", "text:203.0.0.0/16", "enter", "enter", "enter")
		d.sees("Cannot apply or export: 1 unresolved finding")
		d.press("b")
		d.sees("What should the new VPC look like?", "203.0.0.0/16")
		d.press("tab", "ctrl+u", "text:10.8.0.0/16", "enter")
		d.sees("Plan for web (new)", "10.8.0.0/16")
	})
}

// TestFormProposesWhatTheImageNeeds: an image outside AWS needs an internet route.
func TestFormProposesWhatTheImageNeeds(t *testing.T) {
	f := newFake()
	newAccount(f)
	play(t, f, Options{Build: plan.Build}, func(d *driver) {
		d.press(append(slices.Clone(toImage), "text:nginx:1.27", "enter", "enter", "choose:"+createVPC)...)
		d.sees("Internet one NAT gateway")
		d.press("tab", "tab", "tab", "left", "enter")
		d.sees("! Without an internet route, nginx:1.27 cannot be pulled.", "▸ Internet")
		d.press("right", "enter")
		d.sees("What will the tasks use?", "pulled through the NAT gateway")
	})
}

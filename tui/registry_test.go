package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// What is answered of a registry is stored, stands below one station, and is kept on the
// way back.
func TestRegistryIsAnswered(t *testing.T) {
	f := newFake()
	withRegistry(f)
	play(t, f, Options{}, func(d *driver) {
		d.press(toRegistry...)
		if !slices.Contains(f.loads, inventory.Request{Part: inventory.PartRegistry}) {
			t.Error("secrets were not read")
		}
		d.press("choose:create a new secret", "ctrl+u", "text:prod/registry", "enter")
		d.sees("Secret prod/registry exists.")
		d.press("choose:use another name")
		d.sees("What name should the secret have?", "> prod/registry")
		d.press("text:-2", "enter", "text:team", "enter", "enter", "enter")
		d.sees("Which task definition should use the secret?")
		d.press("enter", "enter")
		d.sees("▸ Use the role of the definition: web-execution")
		d.press("enter")
		d.sees("▸ [x] Update prod/web to the new revision") // it runs no task
		d.press("enter")
		r := d.a.ans.Registry
		if r.Secret != "prod/registry-2" || !r.Sets() || r.Username != "team" || r.Definition != "web" || !slices.Equal(r.Containers, []string{"proxy"}) || r.Role != "" || !r.UpdateService {
			t.Errorf("%+v", r)
		}
		d.sees("How should connectivity be verified?")
		for range 6 {
			d.press("esc")
		}
		d.sees("What description should the secret have?")
		if _, _, title := d.a.here(); title != "Registry secret" {
			t.Errorf("it stands at %s", title)
		}
		d.press("text:typed", "esc", "text:-3", "esc", "esc")
		d.sees("Does a private registry outside AWS", "▸ Yes, create a new secret")
		d.press("enter", "enter")
		d.sees("> team-3")
		d.press("enter")
		d.sees("> typed")
		d.press("esc", "esc", "esc", "choose:no, or already configured")
		d.sees("These answers depended on the previous one and were cleared: the secret prod/registry-2, the user name")
		if d.a.ans.Registry.On() {
			t.Errorf("%+v", d.a.ans.Registry)
		}
	})
}

// An ARN is longer than a small screen: the field shows the piece around the cursor.
func TestAnARNOnASmallScreen(t *testing.T) {
	f := newFake()
	withRegistry(f)
	play(t, f, Options{Width: 40, Height: 12}, func(d *driver) {
		d.press(append(slices.Clone(toRegistry), "choose:enter the ARN")...)
		d.send(tea.PasteMsg{Content: "arn:aws:secretsmanager:eu-west-1:999999999999:secret:theirs/registry-AbCdEf\n"})
		d.sees("theirs/registry-AbCdEf")
		fits(t, d, 40, 12)
		d.press("home")
		d.sees("> arn:aws:secretsmanager:eu-west-1:")
		fits(t, d, 40, 12)
		d.press("enter")
		d.sees("Should the wizard check the value of the secret")
		d.press("enter")
		d.sees("Which task definition should use the secret?")
	})
}

func TestPlainRegistry(t *testing.T) {
	f := newFake()
	withRegistry(f)
	var got answers.Answers
	see := func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		got = ans.Clone()
		return build(inv, ans)
	}
	_, out := plainly(t, f, Options{Build: see}, slices.Concat([]string{sandboxAccount, onFargate, webService, everyQuestion, "", "", "", "", "", ""},
		[]string{"prod/old-registry", "create a new secret", "prod/registry", "use another name", "two words", "?", "registry/new", "", "team", "", "", "", "", "", "update prod/web", "", "q"})...)
	says(t, out, "prod/old-registry (cannot be chosen: scheduled for deletion)", "Text [registry/registry.example.com]: ", "Secret prod/registry exists.",
		"not the name of a secret", "To type a text such as b or ?", "Must not be empty.", "Text [none]: ", "1. Use the role of the definition: web-execution")
	r := got.Registry
	if r.Secret != "registry/new" || r.Username != "team" || r.Definition != "web" || !r.UpdateService {
		t.Errorf("%+v\n%s", r, out)
	}
	if n := strings.Count(out, "What name should the secret have?"); n != 2 {
		t.Errorf("the name was asked for %d times", n)
	}
}

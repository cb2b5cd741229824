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
		d.press("choose:create a secret", "ctrl+u", "text:prod/registry", "enter")
		d.sees("There is a secret prod/registry already.")
		d.press("choose:choose another name")
		d.sees("What shall the secret be called?", "> prod/registry")
		d.press("text:-2", "enter", "text:team", "enter", "enter", "enter")
		d.sees("Which task definition logs in with it?")
		d.press("enter", "enter")
		d.sees("▸ That of the definition: web-execution")
		d.press("enter", "tick:let prod/web run the new revision", "enter")
		r := d.a.ans.Registry
		if r.Secret != "prod/registry-2" || !r.Sets() || r.Username != "team" || r.Definition != "web" || !slices.Equal(r.Containers, []string{"proxy"}) || r.Role != "" || !r.UpdateService {
			t.Errorf("%+v", r)
		}
		d.sees("How is it proven in the end?")
		for range 6 {
			d.press("esc")
		}
		d.sees("What is the secret for?")
		if _, _, title := d.a.here(); title != "Registry" {
			t.Errorf("it stands at %s", title)
		}
		d.press("text:typed", "esc", "text:-3", "esc", "esc")
		d.sees("Does a private registry outside AWS", "▸ Create a secret")
		d.press("enter", "enter")
		d.sees("> team-3")
		d.press("enter")
		d.sees("> typed")
		d.press("esc", "esc", "esc", "choose:no private registry")
		d.sees("Cleared, since it depended on the old answer: the secret prod/registry-2, the user name")
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
		d.press(append(slices.Clone(toRegistry), "choose:another secret")...)
		d.send(tea.PasteMsg{Content: "arn:aws:secretsmanager:eu-west-1:999999999999:secret:theirs/registry-AbCdEf\n"})
		d.sees("theirs/registry-AbCdEf")
		fits(t, d, 40, 12)
		d.press("home")
		d.sees("> arn:aws:secretsmanager:eu-west-1:")
		fits(t, d, 40, 12)
		d.press("enter")
		d.sees("Shall the value of the secret be")
		d.press("enter")
		d.sees("Which task definition logs in with it?")
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
	_, out := plainly(t, f, Options{Build: see}, lines([]string{practiceAccount, onFargate, webService, everyQuestion, "", "", "", "", "", ""},
		[]string{"prod/old-registry", "create a secret", "prod/registry", "choose another name", "two words", "?", "registry/new", "", "team", "", "", "", "", "", "let prod/web run", "", "q"})...)
	says(t, out, "prod/old-registry (cannot be chosen: it is to be deleted)", "Text [registry/registry.example.com]: ", "There is a secret prod/registry already.",
		"This is no name of a secret", "What means something else here", "Nothing is typed yet, and this cannot be left empty.", "Text [none]: ", "1. That of the definition: web-execution")
	r := got.Registry
	if r.Secret != "registry/new" || r.Username != "team" || r.Definition != "web" || !r.UpdateService {
		t.Errorf("%+v\n%s", r, out)
	}
	if n := strings.Count(out, "What shall the secret be called?"); n != 2 {
		t.Errorf("the name was asked for %d times", n)
	}
}

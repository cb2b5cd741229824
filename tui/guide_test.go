package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// TestTermsAreReachable asserts that each screen has a term, and that each term is in the help of some screen: of a question,
// of a change or a finding of the review, or of another screen.
func TestTermsAreReachable(t *testing.T) {
	var reached []*terms.Term
	for _, s := range steps.All() {
		reached = append(reached, s.Terms...)
	}
	for _, s := range resource.Kinds {
		if len(s.Terms()) == 0 {
			t.Errorf("no term explains the kind %s", s.Kind())
		}
		reached = append(reached, s.Terms()...)
	}
	for _, r := range plan.Rules() {
		reached = append(reached, r.Terms()...)
	}
	for _, s := range scenes() {
		s.at(t, 80, 24, func(t *testing.T, d *driver) {
			d.a.guide = nil // the scene can be a page of it
			about := d.a.terms()
			if len(about) == 0 {
				t.Errorf("%s: no term explains the screen", s.name)
			}
			reached = append(reached, about...)
			for _, term := range about {
				if !slices.Contains(terms.All, term) {
					t.Errorf("%s: term %q is not in the list of all", s.name, term.Title)
				}
			}
		})
	}
	for _, term := range terms.All {
		if !slices.Contains(reached, term) {
			t.Errorf("no screen leads to the term %s", term.ID)
		}
	}
}

func TestHelpShowsTheTermFirst(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(everyStep...)
		d.press("enter", "enter", "?")
		d.sees("Availability Zones", "1 of 5", "An interface endpoint can use one subnet in each zone", "Read on:", "https://docs.aws.amazon.com/", "▸ Availability Zones · CIDR blocks and sizes")
		d.press("right")
		d.sees("2 of 5", "AWS reserves five addresses in each subnet")
		d.press("left", "left") // before the first page is the last one
		d.sees("5 of 5", "This screen and its keys", "with a cost per hour")
		d.missesAll("AWS page")
		d.press("right", "?")
		d.sees("Which subnets should the endpoints use?")
	})
}

// TestHelpFollowsTheFocus asserts that the first page of the review is about the focused line.
func TestHelpFollowsTheFocus(t *testing.T) {
	play(t, newFake(), Options{Build: noDNS}, func(d *driver) {
		d.press(toReview...)
		s := d.a.top().(*reviewScreen)
		pages := map[string]bool{}
		for i, l := range s.lines {
			if s.pick.rows[i].heading {
				continue
			}
			s.pick.cursor = i
			d.press("?")
			about := d.a.guide.terms
			want := planTerms
			switch {
			case l.action != nil:
				want = l.action.Spec.Terms()
			case l.cause != nil && len(l.cause.Changes) > 0:
				want = s.plan.Change(l.cause.Changes[0]).Spec.Terms()
			case l.finding != nil:
				want = plan.RuleInfo{ID: l.finding.Rule}.Terms()
			}
			if about[0] != want[0] {
				t.Errorf("%v: the first page is %q, want %q", s.pick.rows[i].cells, about[0].Title, want[0].Title)
			}
			d.sees(about[0].Title)
			pages[about[0].ID] = true
			d.press("esc")
		}
		for _, id := range []string{"interface-endpoint", "gateway-endpoint", "security-group", "dns-attributes", "private-dns"} {
			if !pages[id] {
				t.Errorf("no line has the page %s first", id)
			}
		}
	})
}

// TestHelpCopiesTheAddress asserts that o shows and copies the whole address of the AWS page.
func TestHelpCopiesTheAddress(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 12}} {
		play(t, newFake(), Options{Width: size[0], Height: size[1]}, func(d *driver) {
			d.press(toReview...)
			d.press("?")
			page := d.a.guide.term().Page
			var copied []string
			d.a.todo = nil
			cmd := d.a.guide.press(d.a, tea.KeyPressMsg{Code: 'o', Text: "o"})
			for _, c := range append(d.a.todo, cmd) {
				if c != nil {
					copied = append(copied, fmt.Sprint(c()))
				}
			}
			d.a.todo = nil
			if !slices.Contains(copied, page) {
				t.Errorf("copied %q, want %q", copied, page)
			}
			if shown := strings.ReplaceAll(strings.ReplaceAll(d.screen(), "\n", ""), " ", ""); !strings.Contains(shown, page) {
				t.Errorf("%v: the address is not on the screen:\n%s", size, d.screen())
			}
			d.press("down")
			d.missesAll("also copied")
		})
	}
}

// TestHelpInAField asserts that ? is a character in a field, and F1 opens the help.
func TestHelpInAField(t *testing.T) {
	f := newFake()
	withRegistry(f)
	play(t, f, Options{}, func(d *driver) {
		d.press(toSecretName...)
		d.sees("f1 help")
		d.press("?")
		if d.a.guide != nil || !strings.HasSuffix(d.a.top().(*inputScreen).value(), "?") {
			t.Fatalf("? is not a character of the field:\n%s", d.screen())
		}
		d.press("f1")
		d.sees("Registry secret", "1 of 3")
		d.press("f1")
		d.sees("What name should the secret have?")
	})
}

// TestHelpOverAConfirmation asserts that Enter, which closes the help, does not press a button below it.
func TestHelpOverAConfirmation(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(toConfirm...)
		d.press("?") // typed ahead
		d.missesAll("Read on:")
		d.pass(grace)
		d.press("right", "?")
		d.sees("Undo", "Read on:")
		d.press("enter", "enter")
		d.sees("Apply this plan?")
		if _, applying := d.a.top().(*progressScreen); applying {
			t.Fatal("Enter applied the plan")
		}
	})
}

func TestHelpDuringARunGoesOn(t *testing.T) {
	f := newFake()
	f.endless = true
	play(t, f, Options{}, func(d *driver) {
		applying(d)
		d.press("?")
		d.sees("ctrl+c stop")
		d.press("ctrl+c")
		d.missesAll("Read on:")
	})
}

// TestLinePrompterShowsTerms asserts that ? prints the page of the question, and that a term after it prints its page.
func TestLinePrompterShowsTerms(t *testing.T) {
	_, out := plainly(t, newFake(), Options{}, sandboxAccount, onFargate, webService, everyQuestion, "?", "? cidr", "? DNS attributes of a VPC", shopVPC, "q")
	for _, want := range []string{"VPC and subnets\n", terms.VPC.Text, "Read on: " + terms.VPC.Page, "More pages: type ? cidr, ? dns-attributes, ? block-public-access.", terms.CIDR.Text, terms.DNSAttributes.Text} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not have %q:\n%s", want, out)
		}
	}
	_, out = plainly(t, newFake(), Options{}, slices.Concat(plainReview, []string{"apply", "?", "? nat", "b", "q"})...)
	for _, want := range []string{terms.Undo.Text, terms.Routes.Text} {
		if !strings.Contains(out, want) {
			t.Errorf("the confirmation does not have %q:\n%s", want, out)
		}
	}
}

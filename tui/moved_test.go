package tui

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// moving is a plan for an account that somebody else changes: from one reading on, an endpoint exists.
func moving(from int64) func(*inventory.Inventory, answers.Answers) *plan.Plan {
	var read atomic.Int64
	return func(inv *inventory.Inventory, ans answers.Answers) *plan.Plan {
		p := build(inv, ans)
		if a := p.Change("endpoint/logs"); a != nil && read.Add(1) >= from {
			a.Op, a.Existing = resource.Keep, "vpce-0logs"
		}
		return p
	}
}

// TestAccountMovesAfterTheReview: the account is read again after the confirmation. If the plan for it is another one,
// nothing is applied, and the new plan is reviewed.
func TestAccountMovesAfterTheReview(t *testing.T) {
	f := newFake()
	play(t, f, Options{Build: moving(3)}, func(d *driver) {
		applying(d)
		d.sees(movedTitle, "Interface endpoint for logs: before to create, now unchanged.")
		if f.applied > 0 || d.a.result.Applied != nil {
			t.Fatal("the old plan was applied")
		}
		d.press("enter")
		d.sees("The wizard read the account again.", "2 unchanged")
		d.press("enter", "enter")
		d.pass(grace)
		d.press("right", "enter")
		d.sees("Applied.")
		if s, ok := d.a.top().(*resultScreen); f.applied != 1 || !ok || s.plan.Change("endpoint/logs").Op != resource.Keep {
			t.Errorf("applied %d times", f.applied)
		}
	})
}

// TestAccountCannotBeReadAgain: nothing is applied.
func TestAccountCannotBeReadAgain(t *testing.T) {
	f := newFake()
	play(t, f, Options{}, func(d *driver) {
		d.press(toConfirm...)
		d.pass(grace)
		f.loadErr[inventory.PartNetwork] = errors.New("no route to host")
		d.press("right", "enter")
		d.sees("cannot read the account again", "nothing was changed")
		if f.applied > 0 {
			t.Error("the plan was applied")
		}
	})
}

func TestAccountMovesInPlain(t *testing.T) {
	f := newFake()
	r, out := plainly(t, f, Options{Build: moving(3)}, slices.Concat(plainReview, []string{applyNow, "apply", applyNow, "apply", leaveNow})...)
	if r.Outcome != Done || f.applied != 1 {
		t.Errorf("%+v", r)
	}
	if at := strings.Index(out, movedTitle); at < 0 || !strings.Contains(out[at:], "- Interface endpoint for logs: before to create, now unchanged.") {
		t.Error(out)
	}
}

// TestReadsOfOtherScreensCount: the plan is compared with one for the same parts of the account.
func TestReadsOfOtherScreensCount(t *testing.T) {
	f := newFake()
	play(t, f, Options{}, func(d *driver) {
		d.press(toConfirm...)
		d.pass(grace)
		before := slices.Clone(d.a.inv.Loaded)
		f.loads = nil
		d.press("right", "enter")
		for _, r := range before {
			if !slices.Contains(f.loads, r) {
				t.Errorf("%+v was not read again", r)
			}
		}
	})
}

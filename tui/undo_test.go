package tui

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// revertible makes the run of the fake one that can be reverted, in seven steps. The last ones do not exist any more or cannot
// be reverted.
func revertible(f *fake) {
	step := func(id, change, what string, op resource.Op, fate run.Fate) run.Left {
		call := &resource.Call{Service: "ec2", Op: "Undo", Out: []resource.Value{resource.Lit("")}}
		return run.Left{Step: run.Step{Change: resource.ID(change), Op: op, Summary: what, ID: id, Exists: call, Undo: call}, Fate: fate}
	}
	for i, code := range []string{"ecr.api", "ecr.dkr", "logs"} {
		l := step(fmt.Sprintf("vpce-0d4c1e9f7a2b86e5%d", i), "endpoint/"+code, "Create the "+code+" interface endpoint", resource.Create, run.AsCreated)
		l.Step.Monthly = 14.6
		f.left = append(f.left, l)
	}
	f.left = append(f.left,
		step("arn:aws:ecs:us-east-1:123456789012:task-definition/web:8", "task-definition/web", "Register a revision of task definition web", resource.Create, run.AsCreated),
		step("sg-0e7f1a2b3c4d5e6f7", "security-group/endpoints", "Create a security group", resource.Create, run.AsCreated),
		step("vpc-0a1", "vpc-attribute/dns-hostnames", "Turn on DNS host names", resource.Modify, run.AsCreated),
		step("sgr-0a1b2c3d4e5f60718", "security-group-rule/endpoints", "Allow TCP 443", resource.Create, run.Absent))
	f.left[3].Stays = "Revisions stay as INACTIVE."
	f.left[2].Names, f.left[2].Clients = []string{"logs.us-east-1.amazonaws.com"}, []string{"eni-01", "eni-02"}
}

// changedByOthers is the same after somebody else changed an endpoint, so that what it needs stays too. One step cannot be
// reverted.
func changedByOthers(f *fake) {
	revertible(f)
	f.left[1].Fate, f.left[1].Detail = run.Changed, "groups: 1 added"
	f.left[1].After = []resource.ID{f.left[4].Change}
	f.left = append(f.left, run.Left{Step: run.Step{Change: "agents/workers (part 2)", Op: resource.Run, Summary: "tag instance i-01 as restarted", Stays: "The agent of i-01 was restarted."}, Fate: run.Remains, Detail: "The agent of i-01 was restarted."})
}

// undoing applies the plan, and compares the run with the account.
func undoing(d *driver) {
	applying(d)
	d.press("u")
	d.pass(grace)
}

// TestUndoOfTheResult reverts a run on its result: after the choice of the button only, with the steps in reverse, and with
// a new plan after it.
func TestUndoOfTheResult(t *testing.T) {
	f := newFake()
	revertible(f)
	play(t, f, Options{Height: 40, Width: 100}, func(d *driver) {
		applying(d)
		d.sees("u undo", "To undo this run, press u.")
		d.press("u")
		d.sees("Undo the run of 2026-11-21 14:12?", "The buttons are active in less than 1 second.")
		d.press("right", "enter", "enter", "enter") // typed ahead
		d.pass(grace)
		d.sees("Enter alone: Back.", "Deletes 5 resources that the run created", "Restores 1 resource", "about $43.80 per month less", "Keeps everything that existed before",
			"– vpce-0d4c1e9f7a2b86e50 Create the ecr.api interface endpoint", "Revisions stay as INACTIVE.", "missing", "lose it",
			"These names no longer lead to the endpoints: logs.us-east-1.amazonaws.com In the VPC, 2 network interfaces are not those of endpoints.")
		d.missesAll("Also revert")
		d.press("enter") // the focus is on Back
		d.sees("Result", "Applied. ")
		d.press("u")
		d.pass(grace)
		d.send(tea.KeyPressMsg{Code: tea.KeyRight, IsRepeat: true}) // held
		d.press("space", "enter")
		d.sees("Result", "Applied. ")
		if len(f.reverted) > 0 || f.compared != 2 {
			t.Fatalf("reverted %d, compared %d", len(f.reverted), f.compared)
		}
		d.press("u")
		d.pass(grace)
		d.press("right", "enter")
		d.sees("Undone. 6 steps reverted.", "✓ vpce-0d4c1e9f7a2b86e50 Revert: Create the ecr.api", "Stays", "Revisions stay as INACTIVE.", "press r")
		d.missesAll("u undo", "press u")
		d.press("u", "s", "e")
		d.sees("Undone.")
		r := d.a.outcome()
		if len(f.reverted) != 1 || r.Applied != nil || r.Undone == nil || r.Undone.Done != 6 || r.Of.Run.ID != "plw-1f2e3d4c5b6a7988" || r.Outcome != Done {
			t.Fatalf("%+v", r)
		}
		d.press("r")
		d.sees("The wizard read the account again. This is the new plan.", "Plan for shop")
		d.press("enter")
		d.pass(grace)
		d.press("right", "enter")
		if r := d.a.outcome(); r.Applied == nil || r.Undone != nil {
			t.Errorf("the last of them counts: %+v", r)
		}
	})
}

// TestUndoOfWhatOthersChanged: it is reverted after an explicit choice only, and the choice gives the focus to Back.
func TestUndoOfWhatOthersChanged(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 12}} {
		f := newFake()
		changedByOthers(f)
		play(t, f, Options{Width: size[0], Height: size[1]}, func(d *driver) {
			undoing(d)
			d.sees("[ ] Also ", "what somebody else changed", "[ Back ]", "Undo")
			d.press("right", "enter")
			d.sees("4 steps reverted. Not everything that the run created or changed was reverted.")
			reverts := func(n int, of string) {
				t.Helper()
				last := run.Reverting(f.reverted[len(f.reverted)-1])
				if len(last) != n || slices.ContainsFunc(last, func(c resource.Change) bool { return c.Existing == of }) != (n == 6) {
					t.Errorf("reverted %v", last)
				}
			}
			reverts(4, "vpce-0d4c1e9f7a2b86e51")
			d.press("u")
			d.pass(grace)
			d.press("right", "space", "enter") // the choice moves the focus
			d.sees("4 steps reverted.")
			d.press("u")
			d.pass(grace)
			d.press("space")
			d.sees("[x] Also ")
			d.press("right", "enter")
			d.sees("6 steps reverted.")
			reverts(6, "vpce-0d4c1e9f7a2b86e51")
		})
	}
}

// TestStoppedUndo: the first Ctrl-C stops after the calls in flight, and u continues. The second one leaves.
func TestStoppedUndo(t *testing.T) {
	f := newFake()
	revertible(f)
	play(t, f, Options{}, func(d *driver) {
		undoing(d)
		f.long = true
		d.press("right", "enter")
		d.sees("Reverting the run of 2026-11-21 14:12", "waiting", "ctrl+c stop")
		d.press("esc", "enter", "q")
		d.sees("The wizard is reverting the run. Ctrl-C: stop")
		d.press("ctrl+c")
		d.sees("! Stopped. 1 step reverted, 5 not started.", "u undo")
		if r := d.a.outcome(); r.Outcome != Left || r.Undone == nil || r.Undone.Skipped != 5 {
			t.Errorf("%+v", r)
		}
		f.long = false
		f.left[0].Fate = run.Absent
		d.press("u")
		d.pass(grace)
		d.press("right", "enter")
		d.sees("Undone. 5 steps reverted.")
		if r := d.a.outcome(); r.Outcome != Done {
			t.Errorf("%+v", r)
		}
	})
	f = newFake()
	revertible(f)
	play(t, f, Options{}, func(d *driver) {
		undoing(d)
		f.long, f.stubborn = true, true
		d.press("right", "enter", "ctrl+c")
		d.sees("! Stopping. Ctrl-C again: quit now.")
		d.press("ctrl+c")
		d.sees("! Stopped.")
	})
}

// TestComparingAgain: what cannot be read can be read again, and a comparison that nobody waits for is given up.
func TestComparingAgain(t *testing.T) {
	f := newFake()
	revertible(f)
	f.lost = errors.New("no such host")
	play(t, f, Options{}, func(d *driver) {
		undoing(d)
		d.sees("cannot read what became of the run", "No such host.")
		d.press("enter", "space", "right", "enter")
		f.lost = nil
		d.press("r")
		d.pass(grace)
		d.sees("[ Back ]", "Deletes 5")
		f.left = f.left[1:]
		d.press("right", "r")
		d.pass(grace)
		d.sees("[ Back ]", "Deletes 4")
		d.press("esc")
		d.sees("Applied.")
		f.slow = true
		d.press("u")
		d.pass(3 * tickEvery)
		d.sees("Comparing the run with the account", "esc back")
		d.send(comparedMsg{screen: newUndoScreen(f.Last(), atUndo), found: f.left}) // of one that nobody waits for
		d.press("enter", "right", "enter")
		d.sees("Comparing the run with the account")
		d.press("esc")
		if d.sees("Applied."); f.gaveUp != 1 {
			t.Errorf("%d comparisons were given up", f.gaveUp)
		}
		f.slow = false
		d.press("u")
		d.pass(grace)
		d.sees("Deletes 4")
		if len(f.reverted) > 0 {
			t.Error("something was reverted")
		}
	})
}

// TestNothingToUndo: a run that nothing is left of is marked as undone, and one that others changed completely has no button.
func TestNothingToUndo(t *testing.T) {
	f := newFake()
	revertible(f)
	for i := range f.left {
		f.left[i].Fate = run.Absent
	}
	play(t, f, Options{}, func(d *driver) {
		undoing(d)
		d.sees("Mark as undone", "Does not exist any more")
		d.missesAll("lose it")
		d.press("right", "enter")
		d.sees("Undone. 0 steps reverted.")
	})
	for i := range f.left {
		f.left[i].Fate, f.left[i].ID = run.Uncertain, ""
	}
	play(t, f, Options{}, func(d *driver) {
		undoing(d)
		d.missesAll("←→", "Mark as", "Also revert", "Deletes", "Restores")
		n := len(f.reverted)
		d.press("right", "enter")
		if d.sees("Applied."); len(f.reverted) != n {
			t.Error("something was reverted")
		}
	})
}

// TestLongUndoScrolls: the counts and the buttons stay on the screen.
func TestLongUndoScrolls(t *testing.T) {
	f := newFake()
	revertible(f)
	first := f.left[0]
	for i := range 60 {
		l := first
		l.Change, l.ID = resource.ID(fmt.Sprint("endpoint/", i)), fmt.Sprintf("vpce-0d4c1e9f7a2b860%02d", i)
		f.left = append(f.left, l)
	}
	for _, size := range [][2]int{{80, 24}, {40, 12}} {
		play(t, f, Options{Width: size[0], Height: size[1]}, func(d *driver) {
			undoing(d)
			for _, key := range []string{"", "down", "pgdown", "end", "up", "home"} {
				if key != "" {
					d.press(key)
				}
				d.sees("Undo the run of", "Deletes 65", "[ Back ]", "919.80")
				fits(t, d, size[0], size[1])
			}
			d.press("end")
			d.sees("may use these names.")
			d.press("pgup")
			if !strings.Contains(d.screen(), "more line") {
				t.Error(d.screen())
			}
		})
	}
}

// TestPlainUndo reverts a run line by line: after the whole word only, and what somebody else changed after a choice only.
func TestPlainUndo(t *testing.T) {
	undo := []string{applyNow, "apply", "undo this run"}
	f := newFake()
	revertible(f)
	r, out := plainly(t, f, Options{Build: afterwards(f)}, slices.Concat(plainReview, undo, []string{"yes", "", "b", "undo this run", "undo", lookAgain, "q"})...)
	if r.Outcome != Done || r.Undone == nil || r.Undone.Done != 6 || f.compared != 2 || len(f.reverted) != 1 {
		t.Errorf("%+v, compared %d times", r, f.compared)
	}
	says(t, out, "Undo this run - compares it with the account, and asks for confirmation", "Comparing the run with the account", "Undo the run of 2026-11-21 14:12?", "Account    123456789012 (Sandbox account)\n",
		"Deletes    5 resources that the run created\n", "Cost       about $43.80 per month less\n", "Reverts, in this order:\nvpce-0d4c1e9f7a2b86e50  Create the ecr.api interface endpoint (as created)\n",
		"Revisions stay as INACTIVE.", "Allow TCP 443 (missing)", "no longer lead to the endpoints:\n  logs.us-east-1.amazonaws.com\nIn the VPC, 2 network interfaces", "To confirm, type the word undo.", "reverting: Revert: Create the ecr.api", "reverted: Revert: Create the ecr.api",
		"Undone. 6 steps reverted.", "choose Create a new plan.", "The wizard read the account again.", "Quit: 6 steps reverted in the account, 0 failed.")
	if strings.Contains(out, "Also revert") {
		t.Error(out)
	}

	f = newFake()
	changedByOthers(f)
	r, out = plainly(t, f, Options{}, slices.Concat(plainReview, undo, []string{"", "undo", "undo this run", "revert it too", "undo", leaveNow})...)
	if r.Outcome != Done || len(f.reverted) != 2 || len(run.Reverting(f.reverted[0])) != 4 || len(run.Reverting(f.reverted[1])) != 6 {
		t.Errorf("%+v %v", r, f.reverted)
	}
	says(t, out, "Also revert what somebody else changed?", "(changed since)\n  changed since: groups: 1 added", "vpce-0d4c1e9f7a2b86e51 needs it", "To continue, choose Undo this run.")

	f = newFake()
	revertible(f)
	f.lost = errors.New("no such host")
	_, out = plainly(t, f, Options{}, slices.Concat(plainReview, undo, []string{"try again", "go back", leaveNow})...)
	if says(t, out, "cannot read what became of the run", "Quit: 5 changes applied"); f.compared != 2 {
		t.Errorf("compared %d times", f.compared)
	}

	f = newFake()
	revertible(f)
	for i := range f.left {
		f.left[i].Fate, f.left[i].ID = run.Uncertain, ""
	}
	_, out = plainly(t, f, Options{}, slices.Concat(plainReview, undo, []string{leaveNow})...)
	says(t, out, "There is nothing to revert.", "Quit: 5 changes applied")
}

// TestPlainUndoStopped: the first interruption stops an undo after the calls in flight, and it can be continued.
func TestPlainUndoStopped(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	f := newFake()
	revertible(f)
	f.long = true
	x := startPlain(t, t.Context(), f)
	x.answer(t, slices.Concat(plainReview, []string{applyNow, "apply", "undo this run", "undo"})...)
	at := 0
	wait := func(text string) { at = x.out.await(t, at, text) }
	for range 2 {
		wait("waiting for AWS: Revert: Create the ecr.api")
		x.signals <- os.Interrupt
		wait("Stopped. 1 step reverted, 5 not started.")
		wait("To continue, choose Undo this run.")
		x.answer(t, "undo this run", "undo")
	}
	wait("waiting for AWS: Revert: Create the ecr.api")
	x.signals <- syscall.SIGTERM
	if r := <-x.done; r.Outcome != Left || r.Undone == nil || r.Undone.Done != 1 || len(f.reverted) != 3 {
		t.Errorf("%+v %+v, %d times", r, r.Undone, len(f.reverted))
	}
	wait("Interrupted: 1 step reverted in the account, 0 failed.")
	x.in.Close()
}

// earlierRuns are two runs on this computer.
func earlierRuns(f *fake) {
	revertible(f)
	other := f.run()
	other.Run.ID, other.Run.VPC, other.Run.Account = "plw-0000000000000002", "", "210987654321"
	other.Run.Time = other.Run.Time.Add(-24 * time.Hour)
	f.runs = []*Earlier{f.run(), other}
}

// TestUndoOfAnEarlierRun chooses a run on the first screen, which appears there after the first frame, and comes back to it.
func TestUndoOfAnEarlierRun(t *testing.T) {
	f := newFake()
	earlierRuns(f)
	play(t, f, Options{}, func(d *driver) {
		d.press(choose(sandboxAccount, onFargate)...)
		d.press("esc", "esc") // the account stays open
		d.sees("What should the wizard do?", "▸ Try the sandbox", "Undo an earlier run 2 runs on this computer", "u undo")
		d.press("choose:undo an earlier run")
		d.sees("Which run should the wizard undo?", "2026-11-21 14:12 vpc-0a1", "ended early, 0 resources", "Run plw-1f2e3d4c5b6a7988")
		d.missesAll("SANDBOX")
		d.press("down")
		d.sees("Run plw-0000000000000002", "Account 210987654321")
		d.press("enter")
		d.pass(grace)
		d.sees("Undo the run of 2026-11-20 14:12?", "Account 210987654321 Region us-east-1 Deletes")
		d.missesAll("SANDBOX", "Sandbox account")
		d.press("esc")
		d.sees("Which run should the wizard undo?")
		d.press("esc", "u", "enter")
		d.pass(grace)
		f.long = true
		d.press("right", "enter", "ctrl+c")
		d.sees("! Stopped.", "u undo", "esc first screen")
		d.missesAll("SANDBOX", "new plan")
		d.press("r") // there is no plan
		d.sees("! Stopped.")
		f.long = false
		d.press("u")
		d.pass(grace)
		d.press("right", "enter")
		d.sees("Undone.", "press Esc")
		if r := d.a.outcome(); r.Outcome != Done || r.Undone == nil || r.Of.Run.ID != f.runs[0].Run.ID {
			t.Errorf("%+v", r)
		}
		f.runs = nil
		d.press("esc")
		d.sees("What should the wizard do?")
		d.missesAll("Undo an earlier run", "u undo")
		d.press("u")
		d.sees("What should the wizard do?")
		d.press("choose:"+sandboxAccount, "choose:"+onFargate)
		d.sees("Which ECS service", "SANDBOX")
	})
}

// TestRunsThatAreReadLate do not move the cursor or the filter of the first screen.
func TestRunsThatAreReadLate(t *testing.T) {
	f := newFake()
	play(t, f, Options{}, func(d *driver) {
		earlierRuns(f)
		for _, key := range []string{"up", "down"} {
			d.press(key)
			for _, runs := range [][]*Earlier{f.runs, nil, f.runs[:1]} {
				at := d.a.stack[0].(*accountScreen).pick.under().value
				d.send(runsMsg{runs})
				if now := d.a.stack[0].(*accountScreen).pick.under().value; now != at {
					t.Errorf("the cursor moves from %s to %s", at, now)
				}
			}
		}
		d.press("/", "text:prod")
		d.send(runsMsg{f.runs})
		d.sees("filter: prod", "▸ Profile prod ▾")
		d.press("text:u") // is typed
		d.sees("filter: produ")
	})
}

// TestPlainUndoOfAnEarlierRun does the same line by line.
func TestPlainUndoOfAnEarlierRun(t *testing.T) {
	f := newFake()
	earlierRuns(f)
	r, out := plainly(t, f, Options{}, "undo an earlier run", "b", "undo an earlier run", "2026-11-20", "b", "undo an earlier run", "2026-11-20", "undo", "choose an account", sandboxAccount, "q")
	if r.Outcome != Done || r.Undone == nil || r.Account != "sandbox" || len(f.reverted) != 1 || f.compared != 2 {
		t.Errorf("%+v, compared %d times", r, f.compared)
	}
	says(t, out, "Undo an earlier run - 2 runs on this computer\n", "Which run should the wizard undo?", "1. 2026-11-21 14:12  vpc-0a1 - ended early, 0 resources\n2. 2026-11-20 14:12  us-east-1 - ",
		"Account    210987654321\n", "Undone. 6 steps reverted.", "Choose an account or another run", "Quit: 6 steps reverted in the account, 0 failed.")
	if strings.Contains(out, "Create a new plan") {
		t.Error(out)
	}
}

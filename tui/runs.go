package tui

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// runsQuestion asks for the earlier run to revert.
func runsQuestion(runs []*Earlier) question {
	q := question{title: "Undo an earlier run", ask: "Which run should the wizard undo?",
		help: "The wizard opens the account of the run with your credentials, and compares the run with it. Nothing is changed before you confirm."}
	for i, e := range runs {
		q.options = append(q.options, steps.Option{Value: strconv.Itoa(i), Label: e.when() + "  " + cmp.Or(e.Run.VPC, e.Run.Region), Hint: e.Run.State() + ", " + words.Count(e.Run.Made(), "resource"), Details: e.details()})
	}
	return q
}

// askRun asks for an earlier run, and calls then with it.
func askRun(p prompter, runs []*Earlier, then func(*Earlier) error) error {
	return p.Select(&prompt{id: atEarlier, title: "Undo an earlier run", terms: undoTerms, needs: func() []inventory.Request { return nil }, make: func() question { return runsQuestion(runs) }},
		func(v string) error {
			i, _ := strconv.Atoi(v)
			return then(runs[i])
		})
}

// undoEarlier asks for an earlier run, and shows what an undo would revert.
func (a *app) undoEarlier(runs []*Earlier) {
	_ = askRun(a, runs, func(e *Earlier) error { // the answer is a later message
		a.run(a.push(newUndoScreen(e, atEarlier)))
		return nil
	})
}

// when is the time of the run.
func (e *Earlier) when() string { return minute(e.Run.Time) }

func (e *Earlier) details() string {
	r := e.Run
	text := fmt.Sprintf("Run %s\n\nAccount    %s\nRegion     %s\n", r.ID, r.Account, r.Region)
	if r.VPC != "" {
		text += "VPC        " + r.VPC + "\n"
	}
	if r.Workload != "" {
		text += "Workload   " + r.Workload + "\n"
	}
	return text + fmt.Sprintf("State      %s\nResources  %d created or changed", r.State(), r.Made())
}

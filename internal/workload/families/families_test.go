package families

import (
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// TestAllWorkloads checks that each supported workload has a value with all facts and texts that every
// workload needs, in the same order.
func TestAllWorkloads(t *testing.T) {
	var names []answers.Workload
	for _, w := range All {
		names = append(names, w.Name)
		if Of(w.Name) != w {
			t.Errorf("Of(%s) is another workload", w.Name)
		}
		n := w.Named
		for field, text := range map[string]string{"Title": w.Title, "Label": w.Label, "Details": w.Details, "Service": w.Service, "One": w.One, "Many": w.Many,
			"Client": w.Client, "ReadsShow": w.ReadsShow, "FromS3": w.FromS3, "S3Why": w.S3Why, "Key": n.Key, "Kind": n.Kind, "Ask": n.Ask, "Help": n.Help,
			"NotCreated": n.NotCreated, "None": n.None, "What": n.What, "Lists": n.Lists, "Call": n.Call} {
			if text == "" {
				t.Errorf("%s has no %s", w.Name, field)
			}
		}
		if len(w.Parts) == 0 || len(w.Uses) == 0 || !slices.Contains(w.Locating, n.Call) || !slices.Contains(w.Reads, n.Call) || (w.AfterApply == "") != w.Redeploys || (w.Runs != nil) != w.Redeploys {
			t.Errorf("the facts of %s contradict each other", w.Name)
		}
		if slices.ContainsFunc(w.Uses, func(u workload.Use) bool { return !slices.Contains(answers.Needs, u.ID) }) {
			t.Errorf("%s has a use that is not a need of the answers file", w.Name)
		}
		var ans answers.Answers
		if *n.Of(&ans) = "x"; n.NameIn(ans) != "x" {
			t.Errorf("%s does not keep the name", w.Name)
		}
	}
	if !slices.Equal(names, answers.Supported) {
		t.Errorf("workloads %v, want %v", names, answers.Supported)
	}
	if w := Of(""); w.Name != "" || w.Redeploys || w.OwnHosts {
		t.Errorf("without a choice: %+v", w)
	}
}

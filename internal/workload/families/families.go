// Package families finds a workload by its name.
package families

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/batch"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/ecs"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/mwaa"
)

// All are the workloads in the order of the screens.
var All = slices.Concat(
	ecs.Workloads,
	batch.Workloads,
	mwaa.Workloads,
)

// Of returns the workload with a name. If nothing is chosen yet, it returns one with services of Amazon
// ECS that has no name.
func Of(name answers.Workload) *workload.Workload {
	if i := slices.IndexFunc(All, func(w *workload.Workload) bool { return w.Name == name }); i >= 0 {
		return All[i]
	}
	return ecs.Undecided
}

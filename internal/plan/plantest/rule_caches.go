package plantest

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var cachesCases = []Case{
	{Rule: "E-ECRPTC", Severity: plan.Warn, Caught: cached("mirror/quay", "/mirror/quay/app"), Says: "The pull-through cache rule mirror/quay for quay.io applies", Alone: cached("mirror/quay", "/mirror/quay-copy")},
	{Rule: "E-ECRPTC", Severity: plan.Warn, Caught: cached("ROOT", "/any/app"), Says: "The pull-through cache rule ROOT", Alone: func(w *World) {
		w.Def().Containers[0].Image = strings.Replace(Image, "/web", "/docker-hub/library/nginx", 1)
	}},
}

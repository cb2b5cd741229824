package plantest

import "github.com/privatelink-wizard/privatelink-wizard/internal/plan"

var volumesCases = []Case{
	{Rule: "E-S3FILES", Severity: plan.Info, Caught: func(w *World) { w.Def().S3Files = true }, Says: "web:7 mounts an Amazon S3 Files file system", Alone: func(w *World) { w.Def().EFS = true }},
}

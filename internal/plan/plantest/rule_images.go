package plantest

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

var imagesCases = []Case{
	{Rule: "E-ECRHALF", Severity: plan.Error, Caught: with(only(), func(w *World) { w.Ans.Extra = []string{"ecr.dkr"} }), Says: "for ecr.dkr but none for ecr.api", Alone: only("ecr")},
	{Rule: "E-ECRHALF", Severity: plan.Warn, Caught: with(nat, only(), having(Ready("ecr.api"), nil)), Says: "for ecr.api but none for ecr.dkr", Alone: func(*World) {}},
	{Rule: "E-ECRXREGION", Severity: plan.Error, Caught: func(w *World) { w.Def().Containers[0].Image = strings.Replace(Image, Region, "eu-west-1", 1) }, Says: "from eu-west-1", Alone: func(*World) {}},
	{Rule: "E-ECRPUBLIC", Severity: plan.Error, Caught: func(w *World) { w.Def().Containers[0].Image = "public.ecr.aws/nginx/nginx" }, Says: "public.ecr.aws", Alone: with(nat, func(w *World) { w.Def().Containers[0].Image = "public.ecr.aws/nginx/nginx" })},
	{Rule: "E-DOCKERHUB", Severity: plan.Error, Caught: func(w *World) { w.Def().Containers[0].Image = "nginx" }, Says: "web:7 pulls nginx from a registry outside AWS", Alone: with(nat, func(w *World) { w.Def().Containers[0].Image = "nginx" })},
	{Rule: "E-WINLAYER", Severity: plan.Warn, Caught: windows, Says: "web:7 runs on Windows", Alone: with(windows, nat)},
}

package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// Each finding about a quota says which value it uses and why: the account's own, AWS's default
// because the own value is not listed, or AWS's default because it could not be read.
func TestQuotaTexts(t *testing.T) {
	const unlisted, unread = "(AWS's default; Service Quotas does not list the account's own value)", "(AWS's default; the account's own value could not be read)"
	gap := func(call, code string) func(w *plantest.World) {
		return func(w *plantest.World) {
			w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: call, Code: code, Message: "only the first 3 pages of quotas were read"})
		}
	}
	for quota, tt := range map[string]struct {
		rule   string
		exceed func(w *plantest.World)
		own    func(q *inventory.Quotas)
	}{
		"interface endpoints": {"Q-IF", func(w *plantest.World) {
			for range 60 {
				w.Endpoint(inventory.Endpoint{ID: "vpce-x", Type: "Interface", Service: "other", State: "available"})
			}
		}, func(q *inventory.Quotas) { q.InterfaceEndpoints = 55 }},
		"gateway endpoints": {"Q-GW", func(w *plantest.World) { w.Inv.Quotas.UsedGateways = 60 }, func(q *inventory.Quotas) { q.GatewayEndpoints = 55 }},
		"groups": {"Q-SG", func(w *plantest.World) {
			for _, id := range strings.Fields("sg-a sg-b sg-c sg-d sg-e sg-f sg-g sg-h") {
				g := plantest.Wide()
				g.ID = id
				w.Group(g)
				w.Ans.SecurityGroups = append(w.Ans.SecurityGroups, id)
			}
		}, func(q *inventory.Quotas) { q.GroupsPerInterface = 7 }},
	} {
		for state, s := range map[string]struct {
			set  func(w *plantest.World)
			note string
		}{
			"own": {func(w *plantest.World) { tt.own(&w.Inv.Quotas) }, ""},
			"own, then gap": {func(w *plantest.World) {
				tt.own(&w.Inv.Quotas)
				gap("servicequotas:ListServiceQuotas", "AccessDenied")(w)
			}, ""},
			"not listed":     {func(*plantest.World) {}, unlisted},
			"another gap":    {gap("ssm:DescribeInstanceInformation", "AccessDenied"), unlisted},
			"denied":         {gap("servicequotas:ListServiceQuotas", "AccessDenied"), unread},
			"failed":         {gap("servicequotas:ListServiceQuotas", "Timeout"), unread},
			"not offered":    {gap("servicequotas:ListServiceQuotas", inventory.NotOffered), unread},
			"too long":       {gap("servicequotas:ListServiceQuotas", inventory.NotAllRead), unread},
			"older snapshot": {gap("servicequotas:GetServiceQuota", "AccessDenied"), unread},
			"not loaded": {func(w *plantest.World) {
				w.Inv.Loaded = slices.DeleteFunc(w.Inv.Loaded, func(r inventory.Request) bool { return r.Part == inventory.PartQuotas })
			}, unread},
		} {
			t.Run(quota+"/"+state, func(t *testing.T) {
				w := plantest.New()
				tt.exceed(w)
				s.set(w)
				f := finding(w.Plan(), tt.rule)
				if f == nil {
					t.Fatal("not reported")
				}
				for _, note := range []string{unlisted, unread} {
					if strings.Contains(f.Message, note) != (note == s.note) {
						t.Errorf("%s\nwant the note %q", f.Message, s.note)
					}
				}
			})
		}
	}
}

// An unknown quota is not a reason to stop, and no answer helps.
func TestQuotaGaps(t *testing.T) {
	for _, code := range []string{"AccessDenied", "Timeout", inventory.NotOffered, inventory.NotAllRead} {
		w := plantest.New()
		w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "servicequotas:ListServiceQuotas", Code: code, Message: "only the first 3 pages of quotas were read"})
		f := finding(w.Plan(), "A-GAP")
		if f == nil || f.Severity != plan.Info || !strings.Contains(f.Message, "the plan uses AWS's defaults for those that are unknown") || strings.Contains(f.Fix, "needs") {
			t.Errorf("%s: %+v", code, f)
		}
	}
}

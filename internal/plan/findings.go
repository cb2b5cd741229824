package plan

import (
	"cmp"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// interfaces returns the interface endpoints that exist after the plan.
func (b *builder) interfaces() []*endpoint {
	return slices.DeleteFunc(slices.Clone(b.endpoints), func(e *endpoint) bool { return e.typ != catalog.Interface })
}

var severityOrder = map[Severity]int{Block: 0, Error: 1, Warn: 2, Info: 3}

// check runs every check and sorts the findings by severity, block first.
func (b *builder) check() {
	for _, c := range slices.Concat(checks, airflowChecks, accessChecks, vpcChecks) {
		if c.find == nil { // another check reports it
			continue
		}
		for _, f := range c.find(b) {
			f.Rule = cmp.Or(f.Rule, c.id)
			b.p.Findings = append(b.p.Findings, f)
		}
	}
	slices.SortStableFunc(b.p.Findings, func(x, y Finding) int { return severityOrder[x.Severity] - severityOrder[y.Severity] })
}

// on adds the change of an endpoint to the finding, if the plan has one.
func (f Finding) on(b *builder, code string) Finding {
	if id := resource.ID("endpoint/" + code); b.p.Change(id) != nil {
		f.Changes = []resource.ID{id}
	}
	return f
}

// lower makes a finding about private DNS a warning if something that was not read can answer the names.
func (f *Finding) lower(unread []string) {
	if len(unread) == 0 {
		return
	}
	f.Severity, f.Undecided = Warn, true
	f.Message += " The wizard has not read " + words.UpTo(unread, 3) + ", so this is not known."
	f.Fix = "Make sure that the default names lead to the endpoints, or turn private DNS on (answers file: private_dns: true)."
}

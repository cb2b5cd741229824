package compare

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Count returns the number of differences.
func (r Report) Count() int {
	n := 0
	for _, c := range r.Changes {
		n += len(c.Texts)
	}
	return n
}

// Lines returns the report for people: a summary, the changes by subject, and what was not compared.
func (r Report) Lines() []string {
	result := "no differences"
	if n := r.Count(); n > 0 {
		result = words.Count(n, "change")
	}
	out := []string{printable.Line(fmt.Sprintf("From %s to %s, account %s, %s: %s.", taken(r.From), taken(r.To), r.Account, r.Region, result))}
	out = append(out, r.Notes...)
	subject := ""
	for _, c := range r.Changes {
		if c.Subject != subject {
			subject = c.Subject
			out = append(out, "", subject)
		}
		for _, t := range c.Texts {
			out = append(out, "  "+t.Text)
			for _, d := range t.Details {
				out = append(out, "    - "+d)
			}
		}
	}
	if len(r.NotCompared) > 0 {
		out = append(out, "", "Not compared")
	}
	for _, u := range r.NotCompared {
		out = append(out, "  "+u.Text)
	}
	return out
}

// taken is the time of a snapshot.
func taken(o *inventory.Origin) string {
	if o == nil || o.Taken == "" {
		return "a snapshot without a recorded time"
	}
	return moment(o.Taken)
}

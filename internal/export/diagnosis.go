package export

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Diagnosis returns the explanation of error messages as Markdown for a ticket.
func Diagnosis(r doctor.Report, version string) string {
	var doc reported
	doc.title = "Explanation of an error message"
	if len(r.Causes) > 0 {
		first := r.Causes[0]
		what := oneLine(first.Kind.Title(first.Service))
		switch {
		case first.State == doctor.Confirmed || first.State == "" && first.Certainty == doctor.Certain:
			doc.title = "Cause of an error: " + what
		case first.State != doctor.Excluded:
			doc.title = words.Capital(string(first.Certainty)) + " cause of an error: " + what
		}
	}
	doc.lead = text("Explanation by PrivateLink Wizard %s, from the text of the message%s.", version,
		map[bool]string{true: " and the account", false: ""}[r.Workload != nil])
	for i, one := range append([]doctor.Report{r}, r.Others...) {
		prefix := ""
		if i > 0 && one.Workload != nil {
			prefix = oneLine(one.Workload.Name) + ": "
		}
		doc.diagnosis(one, prefix)
	}
	return doc.markdown()
}

// diagnosis adds the sections of one report. Their titles begin with a prefix.
func (r *reported) diagnosis(d doctor.Report, prefix string) {
	add := func(title string, blocks ...node) {
		if len(blocks) > 0 {
			if prefix != "" {
				title = prefix + strings.ToLower(title[:1]) + title[1:]
			}
			r.sections = append(r.sections, section{title: title, blocks: blocks})
		}
	}
	var messages []node
	for _, m := range d.Messages {
		of := ""
		if m.Subject != "" {
			of = m.Subject + ": "
		}
		messages = append(messages, paragraph{text("%s%s", of, m.Failure)}, codeBlock{"text", m.Text})
		if len(m.Evidence) > 0 {
			messages = append(messages, points{items: factItems(m.Evidence)})
		}
	}
	add("Message", messages...)
	if w := d.Workload; w != nil && len(d.Causes) > 0 {
		add("Compared with", paragraph{text("%s. %s", w.Title(), w.Why)})
	}
	if d.Note != "" {
		add("Note", paragraph{text("%s", d.Note)})
	}
	var causes []node
	for _, c := range d.Causes {
		label := words.Capital(c.Label())
		if c.Also {
			label = "Also found in the account"
		}
		causes = append(causes, heading{label + ": " + c.Kind.Title(c.Service)}, paragraph{text("%s", c.Text)})
		items := factItems(c.Facts)
		if c.Check != "" && (c.State == "" || c.State == doctor.Undecided) {
			items = append(items, item{prose: labeled("To check:", c.Check)})
		}
		if c.Page.URL != "" {
			items = append(items, item{prose: append(labeled("AWS page:", c.Page.Title+" "), span{c.Page.URL, linked})})
		}
		if len(items) > 0 {
			causes = append(causes, points{items: items})
		}
		if f := c.Fix; f != nil {
			causes = append(causes, paragraph{labeled("Fix:", f.Text)})
			if len(f.Commands) > 0 {
				causes = append(causes, codeBlock{"sh", strings.Join(f.Commands, "\n")})
			}
			if len(f.Permissions) > 0 {
				permissions := labeled("Permission:", "")
				for i, p := range f.Permissions {
					if i > 0 {
						permissions = append(permissions, span{", ", plainText})
					}
					permissions = append(permissions, span{p, literal})
				}
				causes = append(causes, paragraph{permissions})
			}
		}
	}
	add("Causes", causes...)
	var excluded []item
	for _, x := range d.Against() {
		excluded = append(excluded, item{prose: labeled(words.Capital(strings.Join(x.Kinds, ", "))+":", x.Why)})
	}
	if len(excluded) > 0 {
		add("Not the cause, by the text of the message", points{items: excluded})
	}
	if d.Check != "" {
		add("Next check", paragraph{text("%s", d.Check)})
	}
}

// factItems returns checks as a list, each with its result.
func factItems(facts []doctor.Fact) []item {
	var out []item
	for _, f := range facts {
		out = append(out, item{prose: append(text("%s ", f.Mark.Symbol()), labeled(f.Name+":", f.Text)...)})
	}
	return out
}

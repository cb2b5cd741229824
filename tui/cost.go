package tui

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// costWidth is the maximum width of a line with an amount at its right, so that the eye finds the amount of a resource.
const costWidth = 78

// costScreen shows what a plan costs, for each resource and with the calculation.
func costScreen(p *plan.Plan, at string) *documentScreen {
	note := "No price is known for " + p.Cost.Region + "."
	if from := p.Cost.PricesText(); from != "" {
		note = words.Capital(from) + ". Without taxes and discounts."
	}
	return &documentScreen{title: "Cost per month: " + clean(p.Cost.Text()), note: clean(note), at: at, table: func(w int) []passage { return costTable(p.Cost, w) }}
}

// costTable are the items of a cost in lines of a width.
func costTable(c plan.Cost, w int) []passage {
	w = min(w, costWidth)
	var out []passage
	heading := func(text string) {
		if len(out) > 0 {
			out = append(out, passage{})
		}
		out = append(out, passage{text: text, strong: true})
	}
	amount := func(label, text string, t tone) {
		out = append(out, passage{text: fit("  "+clean(label), w-len(text)-1) + " " + text, tone: t, oneLine: true})
	}
	list := func(title string, items []plan.CostItem, sum string) {
		heading(title)
		for _, i := range items {
			if !i.Item.Fixed() {
				continue
			}
			text := fmt.Sprintf("$%.2f", i.Monthly)
			if !i.Known {
				text = "not known"
			}
			amount(i.What, text, plain)
			out = append(out, passage{text: i.Formula(), indent: "    ", tone: quiet})
		}
		out = append(out, passage{text: "Total: " + sum, indent: "  "})
	}
	list("Added by the plan", c.Items, c.Text())
	if c.Also != "" {
		out = append(out, passage{text: c.Also, indent: "  "})
	}
	varying := map[string]bool{}
	for _, i := range append(append([]plan.CostItem(nil), c.Items...), c.Existing.Items...) {
		if text := i.Formula(); !i.Item.Fixed() && i.Known && !varying[text] {
			if len(varying) == 0 {
				heading("Depends on the traffic, not in the totals")
			}
			varying[text] = true
			out = append(out, passage{text: text, indent: "  "})
		}
	}
	if len(c.Existing.Items) > 0 {
		list("Exists already", c.Existing.Items, c.Existing.Text())
	}
	if c.NAT != nil {
		heading("NAT gateways in place of the endpoints")
		for _, text := range []string{c.NAT.Text(), c.NAT.Assumes()} {
			out = append(out, passage{text: text, indent: "  "})
		}
	}
	return out
}

// costRows are the rows of the review about the cost: a label and a text.
func costRows(c plan.Cost) [][2]string {
	rows := [][2]string{{"total", c.Text()}}
	if len(c.Existing.Items) > 0 {
		rows = append(rows, [2]string{"existing", c.Existing.Text()})
	}
	if c.NAT != nil {
		rows = append(rows, [2]string{"NAT", strings.ReplaceAll(c.NAT.Text(), "\n", " ")})
	}
	return rows
}

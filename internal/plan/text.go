package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// marks show what a row does without colour.
var marks = map[Op]string{Create: "+", Modify: "~", Keep: "=", Run: "!"}

// Mark is the sign of an op: + create, ~ modify, = keep, ! run.
func (o Op) Mark() string { return marks[o] }

// Text writes the plan for people: needs, rows with their reasons, findings, cost.
func (p *Plan) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(clean(fmt.Sprintf(format, args...)) + "\n") }
	vpc := p.VPC
	if p.VPCName != "" {
		vpc = p.VPCName + " (" + p.VPC + ")"
	}
	line("Plan for %s in VPC %s, %s, account %s", p.Workload, vpc, p.Region, p.Account)
	line("")
	line("What the workload needs")
	for _, n := range p.Needs {
		line("  %-12s %s", n.Verdict, n.Service)
		wrap(&b, "               ", n.Why)
	}
	line("")
	line("What will be done: %s", p.Counts())
	for _, a := range p.Actions {
		line("  %s %s", a.Op.Mark(), a.Summary)
		id := string(a.ID)
		if a.Existing != "" {
			id += " = " + a.Existing
		}
		line("      %s  [%s]", id, strings.Join(a.Rules, " "))
		wrap(&b, "      ", a.Why)
		if len(a.Before) > 0 {
			for _, l := range a.Changes() {
				line("      %s", l)
			}
		}
	}
	if len(p.Findings) > 0 {
		line("")
		line("Findings")
		for _, f := range p.Findings {
			line("  %s %s %s", strings.ToUpper(string(f.Severity)), f.Rule, f.Resource)
			wrap(&b, "      ", f.Message)
			if f.Fix != "" {
				wrap(&b, "      ", "What to do: "+f.Fix)
			}
		}
	}
	line("")
	line("Cost: about $%.2f more a month", p.Cost.Monthly)
	wrap(&b, "  ", p.Cost.Basis)
	return b.String()
}

// Counts says how many rows do what: "5 to create, 1 to modify, 2 to keep".
func (p *Plan) Counts() string {
	n := map[Op]int{}
	for _, a := range p.Actions {
		n[a.Op]++
	}
	var out []string
	for _, o := range []Op{Create, Modify, Run, Keep} {
		if n[o] > 0 {
			out = append(out, fmt.Sprintf("%d to %s", n[o], o))
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

// Changes tells what a modify row finds and what it adds, one line each.
func (a Action) Changes() []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(a.Before)) {
		out = append(out, fmt.Sprintf("before: %s = %s", k, compact(a.Before[k])))
	}
	props := a.Spec.Properties()
	for _, k := range slices.Sorted(maps.Keys(props)) {
		_, changed := a.Before[k]
		if changed || strings.HasPrefix(k, "add_") || a.Spec.Kind() == "security-group-rule" && (strings.HasPrefix(k, "cidr") || strings.HasPrefix(k, "ref")) {
			out = append(out, fmt.Sprintf("after:  %s = %s", k, compact(props[k])))
		}
	}
	return out
}

func compact(v any) string {
	if v, ok := v.(Value); ok && v.From != "" {
		return "what " + string(v.From) + " puts out"
	}
	j, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(j)
}

// wrap writes a text in lines of at most 80 columns.
func wrap(b *strings.Builder, indent, text string) {
	col := 0
	for _, w := range strings.Fields(clean(text)) {
		if col == 0 || len([]rune(indent))+col+1+len([]rune(w)) > 80 {
			if col > 0 {
				b.WriteString("\n")
			}
			b.WriteString(indent + w)
			col = len([]rune(w))
			continue
		}
		b.WriteString(" " + w)
		col += 1 + len([]rune(w))
	}
	if col > 0 {
		b.WriteString("\n")
	}
}

// clean takes control characters out, which a Name tag could hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

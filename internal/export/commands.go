package export

import (
	"maps"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Commands returns the commands of the AWS CLI that a change runs, as quoted arguments: what Bash writes, without waiting,
// retries and idempotency tokens. The variable of a new resource, such as $id_security_group_endpoints, is its id. Calls
// that only read are left out, unless they write the file with a part of the next request. The result is empty for a change that changes nothing in the account.
func Commands(p *plan.Plan, a resource.Change) ([][]string, error) {
	if a.Op == resource.Keep {
		return nil, nil
	}
	return commands(p, changing(a.Steps()))
}

// commands returns calls as Commands does.
func commands(p *plan.Plan, calls []resource.Call) ([][]string, error) {
	print := printer{variable: variable, drafted: "file://" + draftedFile, known: func(id resource.ID) string { return existing(p.Change(id)) }}
	var out [][]string
	for _, c := range calls {
		if c.Base != nil {
			base, err := commands(p, []resource.Call{*c.Base})
			if err != nil {
				return nil, err
			}
			out = append(out, append(base[0], "--query", print.quote(print.expression(c.Base.Out)), "--output", "json", ">", draftedFile))
		}
		c.In = maps.Clone(c.In)
		maps.DeleteFunc(c.In, func(_ string, v any) bool {
			_, token := v.(resource.Token)
			return token
		})
		words, err := print.words(c)
		if err != nil {
			return nil, err
		}
		command := []string{"aws"}
		for _, w := range words {
			command = append(command, split(w)...)
		}
		out = append(out, append(command, "--region", quote(p.Region)))
	}
	return out, nil
}

// draftedFile is the file with the first part of a request, which the command before it writes.
const draftedFile = "drafted.json"

// existing returns the id that a change puts out if it is known before the run; otherwise an empty text.
func existing(a *resource.Change) string {
	switch {
	case a == nil:
		return ""
	case a.Op == resource.Keep:
		return a.Existing
	}
	steps := a.Steps()
	if steps.Out != "" {
		return steps.Out
	}
	last := resource.Call{}
	for _, c := range changing(steps) {
		if len(c.Out) > 0 {
			last = c
		}
	}
	if len(last.Out) == 1 && a.Existing != "" && last.Out[0] == resource.Lit("'"+a.Existing+"'") {
		return a.Existing
	}
	return ""
}

// split returns the quoted words of a text.
func split(text string) []string {
	var out []string
	from, quoted := 0, rune(0)
	escaped := false
	for i, r := range text {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && quoted != '\'':
			escaped = true
		case quoted != 0:
			if r == quoted {
				quoted = 0
			}
		case r == '\'' || r == '"':
			quoted = r
		case r == ' ':
			out, from = append(out, text[from:i]), i+1
		}
	}
	return append(out, text[from:])
}

package export

import (
	"maps"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Commands returns the commands of the AWS CLI that a change runs, as quoted arguments: what Bash writes, without waiting,
// retries and idempotency tokens. The variable of a new resource, such as $id_security_group_endpoints, is its id. Calls
// that only read are left out. The result is empty for a change that changes nothing in the account.
func Commands(p *plan.Plan, a resource.Change) ([][]string, error) {
	if a.Op == resource.Keep {
		return nil, nil
	}
	return commands(p, changing(a.Steps()))
}

// commands returns calls as Commands does.
func commands(p *plan.Plan, calls []resource.Call) ([][]string, error) {
	print := printer{variable: variable}
	var out [][]string
	for _, c := range calls {
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

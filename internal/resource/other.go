package resource

// Differs is the message about something that exists in another state than the plan expects. Its argument is the
// difference. Scripts print the same.
const Differs = "the account differs from the plan: %s. Create a new plan"

// need is what the plan needs of a resource.
type need struct {
	is      []Value // condition about the resource; its result is not a text
	instead []Value // expression: what AWS has instead, and what the plan expects
}

// needs returns a need. The pieces are its text if it is not met: a string is an expression, and a Value a text.
func needs(is []Value, pieces ...any) need {
	if len(pieces) == 1 {
		return need{is, expr(pieces...)}
	}
	text := []any{"join('', ["}
	for i, p := range pieces {
		if i > 0 {
			text = append(text, ", ")
		}
		text = append(text, p)
	}
	return need{is, expr(append(text, "])")...)}
}

// needsAll returns the need that a list of the resource contains all of these ids; none if there are no ids.
func needsAll(name, list string, ids []Value) []need {
	if len(ids) == 0 {
		return nil
	}
	var all [][]Value
	pieces := []any{"'" + name + " '", "join(', ', sort([" + list + "][]))", "' (plan: '"}
	for i, v := range ids {
		all = append(all, expr("contains(["+list+"][], ", v, ")"))
		if i > 0 {
			pieces = append(pieces, "', '")
		}
		pieces = append(pieces, v)
	}
	return []need{needs(and(all...), append(pieces, "')'")...)}
}

// fitting returns the expression of the resources in a list of an answer that a condition selects and that meet all needs.
func fitting(list string, which []Value, all ...need) []Value {
	good := []any{list, "[?", which}
	for _, n := range all {
		good = append(good, "\n    && ", n.is)
	}
	return expr(append(good, "]")...)
}

// place returns two expressions about a list in an answer. Find returns the id of the first resource that a condition
// selects and that meets all needs. Other is as in Steps, about those that do not.
func place(list, id string, which []Value, all ...need) (find, other []Value) {
	texts := []any{"join('; ', [(", list, "[?", which, "].[" + id + ", join(', ', ["}
	for i, n := range all {
		if i > 0 {
			texts = append(texts, ",")
		}
		texts = append(texts, "\n    ", n.is, " || ", n.instead)
	}
	find = expr(fitting(list, which, all...), "."+id+" | [0]")
	other = expr(append(texts, "][?type(@)=='string'])])[?[1]].join(': ', @)][])")...)
	return find, other
}

// Literals returns texts as values.
func Literals(in []string) []Value {
	var out []Value
	for _, s := range in {
		out = append(out, Lit(s))
	}
	return out
}

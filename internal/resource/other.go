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

// Listed selects a resource from a list in an answer.
type Listed struct {
	list  []Value // expression of the list
	id    string  // expression of the id of a resource
	which []Value // condition that selects what is in the place of the resource
	all   []need  // what the plan needs of it
}

// fitting returns the expression of the resources in a list of an answer that a condition selects and that meet all needs.
func fitting(list []Value, which []Value, all ...need) []Value {
	good := []any{list, "[?", which}
	for _, n := range all {
		good = append(good, "\n    && ", n.is)
	}
	return expr(append(good, "]")...)
}

// Find returns the expression of the id of the first resource that meets all needs.
func (l Listed) Find() []Value {
	return expr(fitting(l.list, l.which, l.all...), "."+l.id+" | [0]")
}

// problem is the expression of a need that is a text if the resource does not meet it.
func (n need) problem() []Value { return expr(n.is, " || ", n.instead) }

// problems is the expression of how a resource differs, as a list of texts.
func problems(all [][]Value) []Value {
	texts := []any{"["}
	for i, n := range all {
		if i > 0 {
			texts = append(texts, ",")
		}
		texts = append(texts, "\n    ", n)
	}
	return expr(append(texts, "][?type(@)=='string']")...)
}

// Needs returns an expression for each need. It is a text if a resource does not meet the need.
func (l Listed) Needs() [][]Value {
	var out [][]Value
	for _, n := range l.all {
		out = append(out, n.problem())
	}
	return out
}

// Other returns the expression of how the resources that do not meet all needs differ. It is as in Steps.
func (l Listed) Other() []Value {
	return expr("join('; ', [(", l.list, "[?", l.which, "].["+l.id+", join(', ', ", problems(l.Needs()), ")])[?[1]].join(': ', @)][])")
}

// AsPlanned is what Rows returns of a resource that meets all needs.
const AsPlanned = "as planned"

// Rows returns the expression of a list with one list for each resource in the place of the one that the plan needs: a name, the id, and
// how it differs, which is AsPlanned if it does not. The needs are those of Needs, or expressions that contain several of them.
func (l Listed) Rows(name string, needs [][]Value) []Value {
	differs := expr("'" + AsPlanned + "'")
	if len(needs) > 0 {
		differs = expr("join(', ', ", problems(needs), ") || '"+AsPlanned+"'")
	}
	return expr(l.list, "[?", l.which, "].[", Lit(name), ", "+l.id+", ", differs, "]")
}

// listed returns the steps that find a resource in the list that a call returns.
func listed(call Call, list, id string, which []Value, all ...need) Steps {
	l := Listed{expr(list), id, which, all}
	call.Out = l.Find()
	return Steps{Find: &call, Other: l.Other(), Listed: &l}
}

// place returns two expressions about a list in an answer: Find and Other of Listed.
func place(list, id string, which []Value, all ...need) (find, other []Value) {
	return placeIn(expr(list), id, which, all...)
}

// placeIn is place for a list with values in its expression.
func placeIn(list []Value, id string, which []Value, all ...need) (find, other []Value) {
	l := Listed{list, id, which, all}
	return l.Find(), l.Other()
}

// Item is a property of one resource in a list of an answer.
type Item struct {
	Of       Value // id of the resource
	list, id string
	property []Value
}

// Rows returns the expression of a list with one list for each resource: a name, the id, and the property.
func (i Item) Rows(name string) []Value {
	return expr(i.list, "[].[", Lit(name), ", "+i.id+", ", i.property, "]")
}

// Needs returns the values in the property.
func (i Item) Needs() []Value { return i.property }

// about returns the measurement of a property of one resource in the list that a call returns.
func about(call Call, want string, list, id string, of Value, property ...any) (Check, bool) {
	i := Item{of, list, id, expr(property...)}
	call.Out = expr(list, "[?"+id+"==", of, "].[", i.property, "][] | [0]")
	return Check{Call: call, Want: want, Item: &i}, true
}

// Literals returns texts as values.
func Literals(in []string) []Value {
	var out []Value
	for _, s := range in {
		out = append(out, Lit(s))
	}
	return out
}

package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// listing is a reading call of the script that several changes and checks share. The script reads it again only after a
// change. The answer is a list of rows: the name of a row and its values.
type listing struct {
	name   string
	call   resource.Call
	rows   []word            // expressions, each of a list of rows
	names  map[string]string // names of the rows, by expression
	finds  []*sought
	shared []*sharedNeeds
}

// part is a part of a change. A change without parts is its own first part.
type part struct {
	change resource.ID
	number int
}

// sought is what the script looks for in a listing: the resource of a change, or of a part of one.
type sought struct {
	part
	list     *listing
	variable string // receives the id
	row      string // name of the rows
	steps    resource.Steps
	keeps    string // what the plan keeps, so that it must exist
}

// list returns the listing of a call. Its expressions need the ids of these values, so it is read only after the lists that these
// ids are looked for in.
func (s *script) list(c resource.Call, needs []resource.Value) *listing {
	first := 0
	for _, v := range needs {
		for i, l := range s.lists {
			if slices.ContainsFunc(l.finds, func(f *sought) bool { return f.change == v.From }) {
				first = max(first, i+1)
			}
		}
	}
	for _, l := range s.lists[min(first, len(s.lists)):] {
		if l.call.Key() == c.Key() {
			return l
		}
	}
	name := listName(c)
	n := 1
	for _, l := range s.lists {
		if listName(l.call) == name {
			n++
		}
	}
	if n > 1 {
		name = fmt.Sprintf("%s_%d", name, n)
	}
	out := &listing{name: name, call: c, names: map[string]string{}}
	s.lists = append(s.lists, out)
	return out
}

// listName names what a call reads, such as ec2_vpc_endpoints.
func listName(c resource.Call) string {
	name := strings.ReplaceAll(kebab(c.Op), "-", "_")
	for _, verb := range []string{"describe_", "get_", "list_"} {
		name = strings.TrimPrefix(name, verb)
	}
	return strings.ReplaceAll(c.Service, "-", "_") + "_" + name
}

// row adds rows to the listing and returns their name. The same rows are added once.
func (l *listing) row(s *script, name string, rows func(name string) []resource.Value) string {
	key := fmt.Sprint(rows(""))
	if known, ok := l.names[key]; ok {
		return known
	}
	base := name
	for n := 2; slices.Contains(slices.Collect(maps.Values(l.names)), name); n++ {
		name = fmt.Sprintf("%s %d", base, n)
	}
	l.names[key] = name
	l.rows = append(l.rows, s.print.expression(rows(name)))
	return name
}

// single returns the expression of one row with a value, before it or after it a text. An empty list, which some expressions
// return, has no place in a row, so nothing is None.
func single(before string, value []resource.Value, after string) func(string) []resource.Value {
	return func(name string) []resource.Value {
		return slices.Concat([]resource.Value{resource.Lit("[[" + resource.Quoted(name) + before + ", (")}, value, []resource.Value{resource.Lit(") || 'None'" + after + "]]")})
	}
}

// findLists groups what the script reads before and after its changes by call.
func (s *script) findLists() {
	for _, a := range s.plan.Changes {
		for _, one := range s.soughtBy(a) {
			f := one.steps.Find
			one.list = s.list(*f, append(f.Values(), one.steps.Other...))
			one.row = s.rowName(a.ID)
			if one.number > 0 {
				one.row = fmt.Sprintf("%s part %d", one.row, one.number+1)
			}
			if one.steps.Listed == nil {
				name := one.list.row(s, one.row, single("", f.Out, ", '"+resource.AsPlanned+"'"))
				if len(one.steps.Other) > 0 {
					one.list.rows = append(one.list.rows, s.print.expression(single(", '-'", one.steps.Other, "")(name)))
				}
				one.row = name
			}
			one.list.finds = append(one.list.finds, one)
			s.finding[one.part] = one
		}
	}
	for _, l := range s.lists {
		l.share(s)
	}
	for _, a := range s.plan.Changes {
		if u := a.Steps().Until; u != nil {
			s.waits[a.ID] = s.waitOf(*u)
		}
		if u := a.Steps().Deleted; u != nil && a.Op != resource.Keep {
			s.gone[a.ID] = s.waitOf(*u)
		}
	}
	for _, a := range s.plan.Changes {
		if done := a.Steps().Complete; done != nil {
			l := s.list(*done, done.Values())
			s.complete[a.ID] = checked{list: l, row: l.row(s, s.rowName(a.ID)+" complete", single("", done.Out, ""))}
		}
	}
	for i, c := range s.plan.Claims {
		if check, ok := c.Check(s.plan.Change(c.Change)); ok {
			s.checks[i] = s.checkOf(c, check)
		}
	}
}

// sharedNeeds are needs that the same resources of a list have. They are a variable of the function that reads the list.
type sharedNeeds struct {
	rows  []int
	name  string
	texts []word
}

// share adds the rows of the resources that are looked for in a list.
func (l *listing) share(s *script) {
	users := map[string][]int{} // the resources with a need
	for i, one := range l.finds {
		if one.steps.Listed != nil {
			for _, n := range one.steps.Listed.Needs() {
				users[fmt.Sprint(n)] = append(users[fmt.Sprint(n)], i)
			}
		}
	}
	for i, one := range l.finds {
		if one.steps.Listed == nil {
			continue
		}
		var needs [][]resource.Value
		for _, n := range one.steps.Listed.Needs() {
			rows := users[fmt.Sprint(n)]
			if len(rows) < 2 {
				needs = append(needs, n)
				continue
			}
			at := slices.IndexFunc(l.shared, func(o *sharedNeeds) bool { return slices.Equal(o.rows, rows) })
			if at < 0 {
				at = len(l.shared)
				l.shared = append(l.shared, &sharedNeeds{rows: rows, name: fmt.Sprintf("needs_%d", at+1)})
				s.variables[resource.ID(l.shared[at].name)] = l.shared[at].name
			}
			if rows[0] == i { // the first one adds it
				l.shared[at].texts = append(l.shared[at].texts, s.print.expression(n))
			}
			if all := []resource.Value{resource.From(resource.ID(l.shared[at].name))}; !slices.ContainsFunc(needs, func(n []resource.Value) bool { return slices.Equal(n, all) }) {
				needs = append(needs, all)
			}
		}
		l.row(s, one.row, func(name string) []resource.Value { return one.steps.Listed.Rows(name, needs) })
	}
}

// wait is a wait for changes that share a listing and a state.
type wait struct {
	list  *listing
	row   string
	until resource.Until
}

// waitOf returns the wait of a change. The reason of a state is a further row with the same name.
func (s *script) waitOf(u resource.Until) wait {
	l := s.list(u.Call, u.Call.Values())
	pairs := func(list []resource.Value) func(string) []resource.Value {
		return func(name string) []resource.Value {
			return slices.Concat([]resource.Value{resource.Lit("(")}, list, []resource.Value{resource.Lit(")[*].[" + resource.Quoted(name) + ", [0], [1]]")})
		}
	}
	before := len(l.rows)
	rows := pairs(u.Call.Out)
	if u.Item != nil {
		rows = u.Item.Rows
	}
	name := l.row(s, "state", rows)
	if u.What != "" && len(l.rows) > before {
		l.rows = append(l.rows, s.print.expression(pairs([]resource.Value{resource.Lit(u.What)})(name)))
	}
	return wait{l, name, u}
}

// checked is a check of the script.
type checked struct {
	list *listing
	row  string
	resource.Check
}

func (s *script) checkOf(c resource.Claim, check resource.Check) checked {
	if check.Item != nil {
		l := s.list(check.Call, append(resource.Call{In: check.Call.In}.Values(), check.Item.Needs()...))
		return checked{l, l.row(s, string(c.Kind()), check.Item.Rows), check}
	}
	if one := s.finding[part{change: c.Change}]; one != nil && check.Found {
		return checked{one.list, one.row, check}
	}
	l := s.list(check.Call, check.Call.Values())
	return checked{l, l.row(s, s.rowName(c.Change)+" "+string(c.Kind()), single("", check.Call.Out, "")), check}
}

// rowName returns the name of the rows of a change.
func (s *script) rowName(id resource.ID) string {
	if harmless().MatchString(string(id)) {
		return string(id)
	}
	return s.variables[id]
}

// soughtBy returns what a change looks for. Of a change with parts these are the first part with an output, and the
// parts with a check for something else in their place.
func (s *script) soughtBy(a resource.Change) []*sought {
	steps, v := a.Steps(), s.variables[a.ID]
	if !steps.InParts() {
		if steps.Find == nil {
			return nil
		}
		one := &sought{part: part{change: a.ID}, variable: v, steps: steps}
		if len(steps.Do) == 0 && !slices.ContainsFunc(steps.Find.Values(), func(v resource.Value) bool { return v.From != "" }) {
			one.keeps = kept(a)
		}
		return []*sought{one}
	}
	var out []*sought
	for n, p := range steps.Parts {
		if p.Find == nil || len(p.Other) == 0 && (steps.Out != "" || len(out) > 0) {
			continue
		}
		one := &sought{part: part{a.ID, n}, variable: v, steps: p.Steps}
		if len(out) > 0 {
			one.variable = fmt.Sprintf("%s_part_%d", v, n+1)
		}
		out = append(out, one)
	}
	return out
}

// readers prints the functions that read the lists of the account.
func (s *script) readers() error {
	if len(s.lists) == 0 {
		return nil
	}
	s.heading("What the script reads from the account")
	s.b.WriteString(comment("# ", "Each function reads one list, and only again after a change. An answer has one line for each row of the query: the name of the row and its values."))
	for _, l := range s.lists {
		words, err := s.print.words(l.call)
		if err != nil {
			return err
		}
		query := lit("[\n")
		for i, row := range l.rows {
			if i > 0 {
				query = append(query, lit(",\n")...)
			}
			query = append(append(query, lit("  ")...), row...)
		}
		query = append(query, lit("\n][]")...)
		s.line("\nread_%s() {", l.name)
		for _, n := range l.shared {
			var all word
			for i, text := range n.texts {
				if i > 0 {
					all = append(all, lit(",\n    ")...)
				}
				all = append(all, text...)
			}
			s.line("  local %s=%s", n.name, s.print.lines(all))
		}
		s.line("%s\n}", layout("  ", "list "+l.name+" "+quote(strings.Join(l.call.Absent, " ")), append(words, "--query "+s.print.lines(query))))
	}
	return nil
}

// compare prints the comparison of the account with the plan before anything is changed.
func (s *script) compare() {
	if len(s.plan.Changes) == 0 {
		return
	}
	s.heading("Compare the account with the plan")
	s.b.WriteString(comment("# ", "Something else in the place of what a change needs ends the script here, before it changes anything."))
	s.line("doing='comparing the account with the plan'\nsay \"$doing\"")
	for _, a := range s.plan.Changes {
		s.line("%s=$unknown", s.variables[a.ID])
	}
	for _, l := range s.lists {
		for _, one := range l.finds {
			if one.variable != s.variables[one.change] {
				s.line("%s=$unknown", one.variable)
			}
		}
	}
	for _, l := range s.lists {
		// A list that shows whether parts are complete is read here too, so that a missing permission ends the script now.
		complete := slices.ContainsFunc(slices.Collect(maps.Values(s.complete)), func(c checked) bool { return c.list == l })
		if len(l.finds) == 0 && !complete {
			continue
		}
		s.line("read_%s", l.name)
		for _, one := range l.finds {
			s.line("place %s %s %s", one.variable, l.name, quote(one.row))
		}
	}
}

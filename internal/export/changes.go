package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// changes prints all changes in an order that creates as much as possible before the first wait.
func (s *script) changes() error {
	var keeps, rest []int
	for i, a := range s.plan.Changes {
		if simple := !a.Steps().InParts() && a.Op == resource.Keep; simple && len(a.Steps().Do) == 0 {
			keeps = append(keeps, i)
		} else {
			rest = append(rest, i)
		}
	}
	if len(keeps) > 0 {
		s.heading("Existing resources that the plan keeps")
	}
	printed := map[resource.ID]bool{}
	for _, i := range keeps {
		a := s.plan.Changes[i]
		printed[a.ID] = true
		if s.finding[part{change: a.ID}] == nil {
			s.line("%s=%s", s.variables[a.ID], quote(a.Steps().Out))
		}
		s.text("keep "+s.variables[a.ID]+" "+quote(s.rowName(a.ID)), quote(shown(a.Summary))+" "+quote(shown(kept(a))))
	}
	for len(rest) > 0 {
		next, least := -1, 0
		for n, i := range rest { // the one with the shortest wait before it, in the order of the plan
			if wait, ok := s.ready(s.plan.Changes[i], printed); ok && (next < 0 || wait < least) {
				next, least = n, wait
			}
		}
		if next < 0 {
			return fmt.Errorf("%s depends on itself", s.plan.Changes[rest[0]].ID)
		}
		i := rest[next]
		rest = slices.Delete(rest, next, next+1)
		a := s.plan.Changes[i]
		s.waitFor(a.Deps())
		if err := s.row(i, a); err != nil {
			return fmt.Errorf("%s: %w", a.ID, err)
		}
		printed[a.ID] = true
	}
	return nil
}

// ready reports whether all that a change depends on is printed, so that it can be printed next, and how long the script would wait
// before it, as a measure: 0 if it creates something without a wait, most for a change that itself waits.
func (s *script) ready(a resource.Change, printed map[resource.ID]bool) (wait int, ok bool) {
	for _, id := range a.Deps() {
		if s.plan.Change(id) == nil {
			continue
		}
		if !printed[id] {
			return 0, false
		}
		if w, waits := s.waits[id]; waits && !s.awaited[id] {
			wait = max(wait, 1+w.until.Earliest)
		}
	}
	if steps := a.Steps(); steps.InParts() || steps.Verify != nil {
		wait += 10000
	}
	if s.others.has(a.ID) { // a run that ends here because the tool has not applied it has applied what the tool needs
		wait += 20000
	}
	return wait, true
}

// waitFor prints the wait for those of the changes that need one.
func (s *script) waitFor(ids []resource.ID) {
	var changes []resource.Change
	for _, a := range s.plan.Changes { // in the order of the plan
		if _, waits := s.waits[a.ID]; waits && !s.awaited[a.ID] && slices.Contains(ids, a.ID) {
			s.awaited[a.ID] = true
			changes = append(changes, a)
		}
	}
	if len(changes) > 0 {
		s.line("")
	}
	s.waitAll("", "wait_for", s.waits, changes)
}

// waitAll prints one wait for all changes that share a listing and a state.
func (s *script) waitAll(indent, function string, waits map[resource.ID]wait, changes []resource.Change) {
	var groups []wait
	words := map[int][]string{}
	for _, a := range changes {
		w := waits[a.ID]
		i := slices.IndexFunc(groups, func(g wait) bool {
			return g.list == w.list && g.row == w.row && g.until.Want == w.until.Want
		})
		if i < 0 {
			i, groups = len(groups), append(groups, w)
		}
		words[i] = append(words[i], quote(string(a.ID))+` "$`+s.variables[a.ID]+`"`)
	}
	for i, g := range groups {
		u := g.until
		s.line("%s", strings.Join(append([]string{fmt.Sprintf("%s%s %s %s %s %s %d %d", indent, function, g.list.name, quote(g.row), quote(u.Want), quote(strings.Join(u.Fail, " ")), u.Limit, u.Every)}, words[i]...), " \\\n  "+indent))
	}
}

// result returns what becomes of a change, for begin.
func result(a resource.Change) string {
	return map[resource.Op]string{resource.Create: "created", resource.Modify: "changed", resource.Run: "run", resource.Keep: "exists"}[a.Op]
}

func (s *script) row(i int, a resource.Change) error {
	steps := a.Steps()
	s.heading(string(a.ID))
	if why := s.said.new(a.Why); why != "" {
		s.b.WriteString(comment("# ", "Why: "+why))
	}
	if len(a.Rules) > 0 {
		s.b.WriteString(comment("# ", "Rules: "+strings.Join(a.Rules, ", ")))
	}
	if !s.others.has(a.ID) {
		s.longTexts(steps)
	}
	cost := ""
	if m, known := s.plan.Monthly(a); a.Billed() {
		cost = fmt.Sprintf(" %.2f", m)
		if !known {
			cost = " unknown"
		}
	}
	if s.others.has(a.ID) {
		cost = ""
	}
	s.line("begin %s %s %s%s", result(a), quote(s.rowName(a.ID)), quote(shown(a.Summary)), cost)
	s.print.token = word{{lit: "wizard-"}, {variable: "run"}, {lit: fmt.Sprintf("-%d", i+1)}}
	if tokens(a) && steps.InParts() && !s.others.has(a.ID) {
		s.line("token=%s", s.print.token.quote())
		s.print.token = word{{variable: "token"}}
	}
	switch {
	case steps.Verify != nil:
		return s.gate(i, a, steps)
	case steps.InParts():
		return s.parts(a, steps)
	}
	v := s.variables[a.ID]
	list := ""
	if one := s.finding[part{change: a.ID}]; one != nil {
		list = " " + one.list.name
	}
	s.line("if missing %s%s; then", v, list)
	if s.others.has(a.ID) {
		s.line("  elsewhere %s %s\nfi", s.others.tool, quote(s.others.first))
		return nil
	}
	for _, c := range steps.Do {
		if err := s.sentOrChange(a, c); err != nil {
			return err
		}
	}
	if err := s.first(a, steps); err != nil {
		return err
	}
	s.line("fi")
	return nil
}

// parts prints a change that consists of parts, and its manual steps.
func (s *script) parts(a resource.Change, steps resource.Steps) error {
	v := s.variables[a.ID]
	end := func(indent string) {
		if steps.Out != "" { // otherwise the output of the last part
			s.line("%sid=%s\n%s%s=$id", indent, s.print.quote(lit(steps.Out)), indent, v)
		}
	}
	if len(steps.Parts) == 0 {
		end("")
		s.line("completed %s", v)
	} else {
		list := ""
		for n := range steps.Parts {
			if one := s.finding[part{a.ID, n}]; one != nil {
				list = fmt.Sprintf(" %s %s", one.list.name, quote(one.row))
				break
			}
		}
		begin := "if"
		if done, ok := s.complete[a.ID]; ok {
			s.line("if complete %s %s; then", done.list.name, quote(done.row))
			end("  ")
			s.line("  same")
			begin = "elif"
		}
		s.line("%s running %s%s; then", begin, v, list)
		err := s.indented(func() error {
			if steps.Looks && !slices.ContainsFunc(steps.Parts, func(p resource.Part) bool { return p.Always }) {
				return s.looksOf(a, steps)
			}
			if err := s.partsOf(a, steps); err != nil {
				return err
			}
			end("")
			s.line("completed %s", v)
			return nil
		})
		if err != nil {
			return err
		}
		s.line("fi")
	}
	for _, text := range steps.Left {
		s.line("say %s", quote("  manual step: "+shown(text)))
	}
	return nil
}

// looksOf prints the parts of a change that leaves nothing behind. They run in a subshell, because their failure means that the
// result is not known, and does not end the script.
func (s *script) looksOf(a resource.Change, steps resource.Steps) error {
	v := s.variables[a.ID]
	s.line("%s() {", "look_"+strings.TrimPrefix(v, "id_"))
	if err := s.indented(func() error {
		if err := s.partsOf(a, steps); err != nil {
			return err
		}
		s.line("printf '%%s' \"$id\"")
		return nil
	}); err != nil {
		return err
	}
	s.line("}\nif id=$(look_%s); then\n  %s=$id\n  completed %s\nelse\n  say '  not verified'\nfi", strings.TrimPrefix(v, "id_"), v, v)
	return nil
}

// partsOf prints the parts of a change. Parts about something, such as one container instance, are a function: the same one for
// all sequences that differ only in what they are about.
func (s *script) partsOf(a resource.Change, steps resource.Steps) error {
	if err := s.wrap(steps); err != nil {
		return err
	}
	defer func() { s.wrapped = nil }()
	functions := map[string]string{} // names, by text
	for n := 0; n < len(steps.Parts); {
		of, to := steps.Parts[n].Of, n+1
		for to < len(steps.Parts) && steps.Parts[to].Of == of {
			to++
		}
		first := n
		n = to
		if of == nil {
			if err := s.sequence(a, steps, first, to); err != nil {
				return err
			}
			continue
		}
		var values []param
		for _, named := range of.Values {
			values = append(values, param{name: named.Name, ids: []string{named.Value}})
		}
		slices.SortStableFunc(values, func(x, y param) int { return len(y.ids[0]) - len(x.ids[0]) })
		text, err := s.about(*of, values, func() error { return s.sequence(a, steps, first, to) })
		if err != nil {
			return err
		}
		name, known := functions[text]
		if !known {
			s.sequences++
			name = fmt.Sprintf("parts_%d", s.sequences)
			functions[text] = name
			s.b.WriteString(comment("# ", name+" "+strings.ToUpper(strings.Join(names(of.Values), " "))+": applies the parts of this change that are about one of several."))
			s.line("%s() {\n%s}", name, text)
		}
		var words []string
		for _, named := range of.Values {
			words = append(words, s.print.quote(lit(named.Value)))
		}
		s.line("%s", layout("", name, words))
	}
	return nil
}

// wrap prints a function for each reading call that many parts make.
func (s *script) wrap(steps resource.Steps) error {
	const many = 4
	s.wrapped = map[string]string{}
	count := map[string]int{}
	for _, c := range steps.Calls() {
		if len(c.Out) == 0 || c.Base != nil {
			continue
		}
		key := c.Key()
		if count[key]++; count[key] != many {
			continue
		}
		words, err := s.print.words(c)
		if err != nil {
			return err
		}
		name := "ask_" + listName(c)
		s.b.WriteString(comment("# ", name+" QUERY FUNCTION [ARGUMENT]...: calls the function with this reading call."))
		s.line("%s() {\n  local query=$1\n  shift\n%s\n}", name, layout("  ", `"$@"`, append(words, `--query "$query"`)))
		s.wrapped[key] = name
	}
	return nil
}

func names(values []resource.Named) []string {
	var out []string
	for _, v := range values {
		out = append(out, v.Name)
	}
	return out
}

// about returns the body of a function for a sequence of parts. Its arguments are the values of what the parts are about.
func (s *script) about(of resource.Subject, values []param, write func() error) (string, error) {
	before, params := s.b.String(), s.print.params
	s.b.Reset()
	s.print.params = append(values, params...)
	defer func() { s.print.params = params }()
	err := s.indented(func() error {
		for i, named := range of.Values {
			s.line("%s=$%d", named.Name, i+1)
		}
		if of.Exists != nil {
			command, err := s.command("", looks(*of.Exists), *of.Exists)
			if err != nil {
				return err
			}
			s.line("%s\nif [[ -z $id ]]; then\n  say %s\n  return 0\nfi", command, s.print.quote(lit("  "+shown(of.Gone))))
		}
		return write()
	})
	text := s.b.String()
	s.b.Reset()
	s.b.WriteString(before)
	return text, err
}

// sequence prints some parts of a change.
func (s *script) sequence(a resource.Change, steps resource.Steps, first, to int) error {
	v := s.variables[a.ID]
	all := steps.Parts[first:to]
	var back []resource.Part // what reverts the next parts
	for i, p := range all {
		n := first + i
		begins := i == 0 || all[i-1].Always && !p.Always
		if begins {
			back = resource.Reverting(all[i:])
			if err := s.takeBack(a, back); err != nil {
				return err
			}
		}
		if p.Always {
			if begins || !all[i-1].Always {
				s.line("\ntake_back\nundo=no")
			}
			continue
		}
		if i > 0 {
			s.line("")
		}
		s.line("say %s", s.print.quote(lit("  "+shown(p.Label))))
		if p.Find == nil && len(p.Do) == 0 { // only waits
			if err := s.await("", a, *p.Until); err != nil {
				return err
			}
			continue
		}
		switch seen := s.seen(part{a.ID, n}); {
		case p.Find == nil:
			s.line("id=''")
		case seen != "":
			s.line("%s", seen)
		default:
			command, err := s.command("", looks(*p.Find), *p.Find)
			if err != nil {
				return err
			}
			s.line("%s", command)
		}
		if p.Same != nil && !s.others.has(a.ID) {
			if err := s.same(*p.Same); err != nil {
				return err
			}
		}
		number := n + 1 // of all parts, as in an undo
		if p.Of != nil {
			number = i + 1 // the same for all sequences
		}
		s.line("if [[ -n $id ]]; then\n  say '  already done'\nelse")
		if s.others.has(a.ID) {
			s.line("  elsewhere %s %s\nfi", s.others.tool, quote(s.others.first))
			if steps.Out == "" {
				s.line("%s=$id", v)
			}
			continue
		}
		s.line("  step=%d", number)
		finds := len(back) > 0 && back[0].Find != nil // it shows itself whether it has anything to revert
		if finds && len(p.Do) > 0 {
			s.line("  begun")
		}
		for _, c := range p.Do {
			if err := s.sentOrChange(a, c); err != nil {
				return err
			}
		}
		if err := s.first(a, p.Steps); err != nil {
			return err
		}
		if p.Until != nil {
			if len(p.Do) > 0 {
				s.line("  %s=$id", v)
				if len(back) > 0 && !finds {
					s.line("  begun")
				}
				if p.Until.Earliest > 0 {
					s.line("  pause %d", p.Until.Earliest)
				}
			}
			if err := s.await("  ", a, *p.Until); err != nil {
				return err
			}
		}
		s.line("fi")
		if steps.Out == "" && p.Find != nil {
			s.line("%s=$id", v)
		}
	}
	return nil
}

// same prints the comparison of a value with one that AWS holds.
func (s *script) same(same resource.Same) error {
	command, err := s.command("  ", "if holds", same.Call)
	if err != nil {
		return err
	}
	s.line("if [[ -z $id && $mode == apply ]]; then\n  %s", s.need(same.Is.Input))
	s.line("%s; then\n    id=%s\n    unchanged=\"$unchanged $row\"\n  fi\nfi", command, quote(same.ID))
	return nil
}

// need prints the command that sets $input.
func (s *script) need(name string) string {
	for _, in := range s.plan.Inputs() {
		if in.Name == name {
			return "credentials " + quote(in.Username) + " " + quote(shown(in.Ask))
		}
	}
	return "input=''"
}

// sentOrChange prints a call that changes something. If the account shows whether the call was made before, the
// script looks there first.
func (s *script) sentOrChange(a resource.Change, c resource.Call) error {
	if c.Sent == nil {
		return s.change("  ", a, c)
	}
	command, err := s.command("  ", "look", *c.Sent)
	if err != nil {
		return err
	}
	s.line("%s\n  if [[ -n $id ]]; then\n    say '  an earlier run began this'\n  else", command)
	if err := s.change("    ", a, c); err != nil {
		return err
	}
	s.line("  fi")
	return nil
}

// first prints the comparison of what the script created with what other runs created at the same time. It reverts its
// own if all runs keep another one.
func (s *script) first(a resource.Change, steps resource.Steps) error {
	if steps.First == nil {
		return nil
	}
	if a.Steps().InParts() {
		s.line("  %s=$id", s.variables[a.ID])
	}
	command, err := s.command("  ", "compare", *steps.First)
	if err != nil {
		return err
	}
	s.line("%s\n  if [[ -n $other ]]; then", command)
	for _, undo := range steps.Undo {
		if err := s.revert("    ", undo); err != nil {
			return err
		}
	}
	s.line("    other_kept\n  fi")
	return nil
}

// revert prints a call that reverts something.
func (s *script) revert(indent string, c resource.Call) error {
	if c.Base != nil {
		command, err := s.command(indent, "draft", *c.Base)
		if err != nil {
			return err
		}
		s.line("%s", command)
	}
	command, err := s.command(indent, "revert "+quote(strings.Join(c.Done, " "))+" "+quote(resource.InUse(c)), c)
	if err == nil {
		s.line("%s", command)
	}
	return err
}

// takeBack prints the parts that revert the parts before them as a function of the script.
func (s *script) takeBack(a resource.Change, parts []resource.Part) error {
	if len(parts) == 0 {
		return nil
	}
	help := parts[0].Help
	if help == "" {
		help = "Do it manually."
	}
	s.line("back=%s\ntake_back() {", s.print.quote(lit(shown(sentence(parts[0].Label)+" "+help))))
	for _, p := range parts {
		s.line("  say %s", s.print.quote(lit("  "+shown(p.Label))))
		if p.Find != nil {
			command, err := s.command("  ", looks(*p.Find), *p.Find)
			if err != nil {
				return err
			}
			s.line("%s\n  if [[ -z $id ]]; then", command)
		}
		indent := "  "
		if p.Find != nil {
			indent = "    "
		}
		for _, c := range p.Do {
			if err := s.change(indent, a, c); err != nil {
				return err
			}
		}
		if p.Find != nil {
			s.line("  fi")
		}
	}
	s.line("}")
	return nil
}

// change prints a call that changes something.
func (s *script) change(indent string, a resource.Change, c resource.Call) error {
	dry := "no"
	if c.DryRun() {
		dry = "yes"
	}
	retried := false
	if c.RetryOn != "" {
		created, modified := s.plan.Follows(a)
		retried = created || modified
	}
	if retried {
		s.line("%sretry_on=%s", indent, quote(c.RetryOn))
	}
	if c.Base != nil {
		command, err := s.command(indent, "draft", *c.Base)
		if err != nil {
			return err
		}
		s.line("%s", command)
	} else {
		s.make(c)
		for _, v := range c.In {
			if v, ok := v.(resource.Value); ok && v.Input != "" {
				s.line("%s%s", indent, s.need(v.Input))
			}
		}
	}
	command, err := s.command(indent, fmt.Sprintf("change %s %s", quote(strings.Join(c.Done, " ")), dry), c)
	if err == nil {
		s.line("%s", command)
	}
	return err
}

// await prints the wait for one resource.
func (s *script) await(indent string, a resource.Change, u resource.Until) error {
	id := s.print.quote(lit(u.ID))
	if u.ID == "" {
		id = `"$` + s.variables[a.ID] + `"`
	}
	soft := "no"
	if u.Soft {
		soft = "yes"
	}
	if u.Missing != "" {
		s.line("%sabsent=%s", indent, quote(u.Missing))
	}
	ask := u.Call
	if u.What != "" { // a second pair for each id, after those of the states
		ask.Out = slices.Concat([]resource.Value{resource.Lit("[")}, ask.Out, []resource.Value{resource.Lit(", " + u.What + "][]")})
	}
	command, err := s.command(indent, fmt.Sprintf("await %s %s %s %s %d %d %s %s", quote(s.rowName(a.ID)), id, quote(u.Want), quote(strings.Join(u.Fail, " ")), u.Limit, u.Every, soft, s.print.quote(lit(shown(u.Help)))), ask)
	if err == nil {
		s.line("%s", command)
	}
	return err
}

// seen prints the command that sets $id to what a part of a change needs; empty if no list of the script shows that.
func (s *script) seen(p part) string {
	one := s.finding[p]
	if one == nil {
		return ""
	}
	return "seen " + one.variable + " " + one.list.name + " " + quote(one.row)
}

// looks returns the function for a call that finds something.
func looks(c resource.Call) string {
	if len(c.Absent) > 0 {
		return "seek " + quote(strings.Join(c.Absent, " "))
	}
	return "look"
}

func kept(a resource.Change) string {
	if a.Existing != "" {
		return a.Existing
	}
	return string(a.ID)
}

func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// tokens reports whether a change's calls need an idempotency token.
func tokens(a resource.Change) bool {
	steps := a.Steps()
	for _, p := range append(steps.Parts, resource.Part{Steps: steps}) {
		if p.Find != nil && p.Find.NeedsToken() {
			return true
		}
		if slices.ContainsFunc(p.Do, func(c resource.Call) bool { return c.NeedsToken() || c.Sent != nil && c.Sent.NeedsToken() }) {
			return true
		}
	}
	return false
}

// changing returns the calls of a change and its parts that change something.
func changing(s resource.Steps) []resource.Call {
	out := slices.Clone(s.Do)
	for _, p := range s.Parts {
		out = append(out, p.Do...)
	}
	return out
}

// longTexts assigns long values of a change's calls to variables, each of them once.
func (s *script) longTexts(steps resource.Steps) {
	for _, c := range changing(steps) {
		for _, field := range slices.Sorted(maps.Keys(c.In)) {
			key, text, delimiter, ok := s.print.long(c.In[field])
			if !ok || s.print.texts[key] != "" {
				continue
			}
			name := fmt.Sprintf("text_%d", len(s.print.texts)+1)
			s.print.texts[key] = name
			s.b.WriteString(comment("# ", fmt.Sprintf("Value of --%s for aws %s %s below:", kebab(field), c.Service, kebab(c.Op))))
			// The text ends without a NUL, which read reports as an error.
			s.line("IFS= read -r -d '' %s <<%s || true\n%s%s", name, delimiter, text, strings.Trim(delimiter, "'"))
		}
	}
}

// command prints a call with its expression as arguments of one of the script's functions.
func (s *script) command(indent, function string, c resource.Call) (string, error) {
	if name := s.wrapped[c.Key()]; name != "" && len(c.Out) > 0 {
		return indent + name + " " + s.print.quote(s.print.expression(c.Out)) + " \\\n" + indent + "  " + function, nil
	}
	words, err := s.print.words(c)
	if err != nil {
		return "", err
	}
	out := s.print.expression(c.Out)
	if name, expression := resource.Refused(c.Service, c.Op); name != "" {
		s.refused[name] = expression
		if len(out) > 0 {
			out = slices.Concat(lit(" || ("), out, lit(")"))
		}
		out = slices.Concat(word{{variable: name}}, out)
	}
	if len(out) > 0 {
		words = append(words, "--query "+s.print.quote(out))
	}
	return layout(indent, function, words), nil
}

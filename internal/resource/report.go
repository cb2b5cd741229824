package resource

// Details are a description of a change that takes the place of its properties.
type Details struct {
	Title string
	Text  string // lines
}

// Details returns the description of a change; zero if its properties describe it.
func (a Change) Details() Details {
	if s, ok := a.Spec.(interface{ details() Details }); ok {
		return s.details()
	}
	return Details{}
}

// Unread returns what no plan reads of a change, as a sentence. Only applying the change shows whether the account has it already. It is
// empty if the plan compares the change with the account.
func (a Change) Unread() string {
	if s, ok := a.Spec.(interface{ unread(Change) string }); ok && (a.Op == Create || a.Op == Modify) {
		return s.unread(a)
	}
	return ""
}

// Progress has the texts for a change while it is applied.
type Progress struct {
	Doing     string // its state, such as restarting
	Meanwhile string // what continues
	// Before is the step before new tasks use the endpoints, if the change has manual steps.
	Before string
	// Typical is the shortest and the longest time that AWS usually needs, in seconds; zero if no page states one.
	Typical [2]int
	// Open is set if the change takes as long as others need, so that a plan with it has no typical time.
	Open bool
}

// Progress returns the texts for a change while it is applied; zero if it needs none of its own.
func (a Change) Progress() Progress {
	if s, ok := a.Spec.(interface{ progress() Progress }); ok {
		return s.progress()
	}
	return Progress{}
}

// Typical returns the shortest and the longest time that AWS usually needs for all of these changes, in seconds: that of the slowest
// one, because AWS applies them in parallel. It is zero if that is not known.
func Typical(changes []Change) [2]int {
	var out [2]int
	for _, a := range changes {
		p := a.Progress()
		switch {
		case a.Op == Keep:
		case p.Open:
			return [2]int{}
		default:
			out = [2]int{max(out[0], p.Typical[0]), max(out[1], p.Typical[1])}
		}
	}
	return out
}

// Advice is a next step for the user after a change was applied.
type Advice struct {
	Text    string
	Command [][]string // a command and its arguments by line; may be empty
}

// Advice returns the next step for the user with the output of a change; false if it has none. all are
// the changes of the plan.
func (a Change) Advice(id, region string, all []Change) (Advice, bool) {
	if s, ok := a.Spec.(interface {
		advice(id, region string, all []Change) Advice
	}); ok {
		return s.advice(id, region, all), true
	}
	return Advice{}, false
}

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

// Progress has the texts for a change while it is applied.
type Progress struct {
	Doing     string // its state, such as restarting
	Meanwhile string // what continues
	// Before is the step before new tasks use the endpoints, if the change has manual steps.
	Before string
	// Typical is the shortest and the longest time that AWS usually needs, in seconds; zero if it is not known.
	Typical [2]int
}

// Progress returns the texts for a change while it is applied; zero if it needs none of its own.
func (a Change) Progress() Progress {
	if s, ok := a.Spec.(interface{ progress() Progress }); ok {
		return s.progress()
	}
	return Progress{}
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

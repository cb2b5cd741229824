package tui

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/spinner"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// loads tracks the parts of the inventory that are being read.
type loads struct {
	gen    int
	flight map[inventory.Request]int // the current generation of each request
	failed map[inventory.Request]error
}

func newLoads() loads {
	return loads{flight: map[inventory.Request]int{}, failed: map[inventory.Request]error{}}
}

// loadedMsg contains a part. It is dropped if the account has changed, or if the request was
// sent again.
type loadedMsg struct {
	era, gen int
	request  inventory.Request
	fragment inventory.Inventory
	err      error
}

// request starts to read all parts that are not loaded and not in flight, in parallel.
func (a *app) request(rs []inventory.Request) tea.Cmd {
	var cmds []tea.Cmd
	for _, r := range steps.Missing(&a.inv, rs) {
		if _, flying := a.loads.flight[r]; flying || a.loads.failed[r] != nil {
			continue
		}
		a.loads.gen++
		a.loads.flight[r] = a.loads.gen
		era, gen, session := a.era, a.loads.gen, a.session
		cmds = append(cmds, a.work.cmd(func(ctx context.Context) tea.Msg {
			f, err := loadPart(ctx, session, r)
			return loadedMsg{era, gen, r, f, err}
		}))
	}
	return tea.Batch(cmds...)
}

// few is the maximum number of networks that are read in advance.
const few = 3

// prefetch reads the parts that the next screens need. Without a chosen VPC it also reads the
// networks of the likely VPCs.
func (a *app) prefetch() tea.Cmd {
	rs := steps.Requests(&a.inv, a.ans.Answers)
	if likely := steps.VPCs(&a.inv, a.ans.Workload); a.ans.VPC == "" && len(likely) <= few {
		for _, id := range likely {
			rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: id})
		}
	}
	return a.request(rs)
}

// loaded stores a part and updates the screen.
func (a *app) loaded(m loadedMsg) tea.Cmd {
	if m.era != a.era || a.loads.flight[m.request] != m.gen {
		return nil
	}
	delete(a.loads.flight, m.request)
	if m.err != nil {
		a.loads.failed[m.request] = m.err
	} else {
		a.merge(m.fragment)
	}
	return tea.Batch(a.prefetch(), a.top().enter(a))
}

// loadPart reads a part. The part says what it is.
func loadPart(ctx context.Context, s Session, r inventory.Request) (inventory.Inventory, error) {
	part, err := s.Load(ctx, r)
	part.Loaded = []inventory.Request{r}
	return part, err
}

// loadParts reads parts in parallel.
func loadParts(ctx context.Context, s Session, rs []inventory.Request) ([]inventory.Inventory, []error) {
	parts, errs := make([]inventory.Inventory, len(rs)), make([]error, len(rs))
	var all sync.WaitGroup
	for i, r := range rs {
		all.Go(func() { parts[i], errs[i] = loadPart(ctx, s, r) })
	}
	all.Wait()
	return parts, errs
}

// merge adds a part to the inventory and updates the answers that follow from it.
func (a *app) merge(part inventory.Inventory) {
	a.inv.Merge(part)
	a.ans.Account, a.ans.Region = a.inv.Account, a.inv.Region
	a.ans = steps.Settle(a.state())
}

// reset drops the inventory, so that the account is read again. It keeps the answers and
// drops accepted rules, because they are for another plan. It returns a message about this.
func (a *app) reset() string {
	a.era++
	a.inv, a.loads = inventory.Inventory{}, newLoads()
	message := "The wizard read the account again. This is the new plan."
	if len(a.accepted) > 0 {
		message += " No longer accepted: " + strings.Join(a.accepted, ", ") + "."
	}
	a.accepted = nil
	if r := &a.ans.Registry; a.stored && r.Sets() {
		r.Value, r.Username, r.Description, r.KMSKey, r.Restore, a.ans.Ways = answers.RegistryKeep, "", "", "", false, steps.Ways{}
		message += " The secret contains the credentials. The new plan keeps its value."
	}
	a.stored = false
	return message
}

// readAgain replaces the review and all later screens with the question of a step, or with the review of a new plan if it
// is nil.
func (a *app) readAgain(next *steps.Step) {
	a.say("%s", a.reset())
	a.stack = a.stack[:slices.IndexFunc(a.stack, func(s screen) bool { return s.stepID() == atReview })]
	a.askNext(next)
}

// stepOf finds a step by its id.
func (a *app) stepOf(id string) *steps.Step {
	return a.steps[slices.IndexFunc(a.steps, func(s *steps.Step) bool { return s.ID == id })]
}

// retry sends the failed requests again. It asks for a code first if they need one.
func (a *app) retry(rs []inventory.Request) tea.Cmd {
	again := func(a *app) tea.Cmd {
		for _, r := range rs {
			delete(a.loads.failed, r)
		}
		return tea.Batch(a.request(rs), a.top().enter(a))
	}
	for _, r := range rs {
		if device := deviceOf(a.loads.failed[r]); device != "" {
			return a.push(newCodeScreen(device, "", again))
		}
	}
	return again(a)
}

// wait is shown by a screen while parts of the inventory are being read.
type wait struct {
	missing []inventory.Request
	since   int // frame of the spinner at the start
}

// ready requests the missing parts. It returns true if none is missing.
func (w *wait) ready(a *app, needs []inventory.Request) (bool, tea.Cmd) {
	was := len(w.missing)
	w.missing = steps.Missing(&a.inv, needs)
	if len(w.missing) == 0 {
		return true, nil
	}
	if was == 0 {
		w.since = a.frame
	}
	return false, tea.Batch(a.request(w.missing), a.tick())
}

// failure returns the first error of the missing parts.
func (w *wait) failure(a *app) (inventory.Request, error) {
	for _, r := range w.missing {
		if err := a.loads.failed[r]; err != nil {
			return r, err
		}
	}
	return inventory.Request{}, nil
}

// keys returns the keys of a screen while it waits.
func (w *wait) keys(a *app) []key.Binding {
	if _, err := w.failure(a); err != nil {
		return []key.Binding{keys.retry, keys.back}
	}
	return []key.Binding{keys.back}
}

func (w *wait) press(a *app, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case is(k, keys.back):
		return a.pop()
	case is(k, keys.retry):
		return a.retry(w.missing)
	}
	return nil
}

// spinning are the frames of the spinner.
var spinning = spinner.MiniDot.Frames

// spin returns the spinner after the first frame; empty before, so that short waits show
// no spinner.
func (a *app) spin(since int, what string) string {
	if a.frame <= since {
		return ""
	}
	return a.st.accent.Render(spinning[a.frame%len(spinning)]) + " " + what
}

// render shows the spinner, or the error and the next steps.
func (w *wait) render(a *app, title string, width int) []string {
	out := []string{a.st.title.Render(title), ""}
	if r, err := w.failure(a); err != nil {
		return append(out, failure(a, r.Part.Title(), err, "Press r to try again, or Esc to go back, for example to choose another account.", width)...)
	}
	if line := a.spin(w.since, reading(w.missing)); line != "" {
		out = append(out, line, "", a.st.dim.Render("Nothing is changed. Esc goes back."))
	}
	return out
}

// reading returns a message with the parts that are being read.
func reading(rs []inventory.Request) string {
	parts := map[string]bool{}
	for _, r := range rs {
		parts[r.Part.Title()] = true
	}
	return "Reading " + strings.Join(slices.Sorted(maps.Keys(parts)), ", ") + " …"
}

// failure describes what cannot be read, the error, and the next steps.
func failure(a *app, what string, err error, todo string, w int) []string {
	out := paint(a.st.bad, wrap(markNo+" The wizard cannot read "+what+".", w))
	out = append(out, wrap(sentence(strings.TrimSuffix(cleanText(err.Error()), ".")), w)...)
	out = append(out, "")
	return append(out, wrap(todo, w)...)
}

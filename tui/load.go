package tui

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// loads keeps track of the parts that are being read.
type loads struct {
	gen    int
	flight map[inventory.Request]int // by the generation that is waited for
	failed map[inventory.Request]error
}

func newLoads() loads {
	return loads{flight: map[inventory.Request]int{}, failed: map[inventory.Request]error{}}
}

// loadedMsg brings a part. An answer of another account, or of a request that was
// made again since, is dropped.
type loadedMsg struct {
	era, gen int
	request  inventory.Request
	fragment inventory.Inventory
	err      error
}

// request starts to read what is neither there nor on its way. All start at once.
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
			f, err := session.Load(ctx, r)
			return loadedMsg{era, gen, r, f, err}
		}))
	}
	return tea.Batch(cmds...)
}

// few networks are read ahead, not all of an account with many VPCs.
const few = 3

// prefetch reads what the next screens will want: until a VPC is chosen, the
// networks of those that the workload runs in.
func (a *app) prefetch() tea.Cmd {
	rs := steps.Requests(&a.inv, a.ans)
	if likely := steps.VPCs(&a.inv, a.ans.Workload); a.ans.VPC == "" && len(likely) <= few {
		for _, id := range likely {
			rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: id})
		}
	}
	return a.request(rs)
}

// loaded takes a part in and lets the screen look again.
func (a *app) loaded(m loadedMsg) tea.Cmd {
	if m.era != a.era || a.loads.flight[m.request] != m.gen {
		return nil
	}
	delete(a.loads.flight, m.request)
	if m.err != nil {
		a.loads.failed[m.request] = m.err
	} else {
		a.merge(m.request, m.fragment)
	}
	return tea.Batch(a.prefetch(), a.top().enter(a))
}

// merge adds a part to what is known, and what follows from it to the answers.
func (a *app) merge(r inventory.Request, part inventory.Inventory) {
	part.Loaded = []inventory.Request{r}
	a.inv.Merge(part)
	a.ans.Account, a.ans.Region = a.inv.Account, a.inv.Region
	a.ans = steps.Settle(a.state())
}

// anew forgets what was read of the account, so that all is read again as it is now. The
// answers stay; what was accepted goes, since it was accepted of another plan. It says so.
func (a *app) anew() string {
	a.era++
	a.inv, a.loads = inventory.Inventory{}, newLoads()
	said := "The account is read anew, and the plan made from that."
	if len(a.accepted) > 0 {
		said += " Accepted no longer: " + strings.Join(a.accepted, ", ") + "."
	}
	a.accepted = nil
	if r := &a.ans.Registry; a.putIn && r.Sets() {
		r.Value, r.Username, r.Description, r.KMSKey, r.Restore, r.Ways = answers.RegistryKeep, "", "", "", false, answers.Ways{}
		said += " The credentials are in the secret, which is used as it is now."
	}
	a.putIn = false
	return said
}

// lookAgain goes back to where the review was, to a screen for the account as it is now.
func (a *app) lookAgain(to screen) tea.Cmd {
	a.say("%s", a.anew())
	at := slices.IndexFunc(a.stack, func(s screen) bool { return s.station() == atReview })
	a.stack = a.stack[:at]
	return tea.Batch(a.prefetch(), a.push(to))
}

// stepOf finds a step by its id.
func (a *app) stepOf(id string) *steps.Step {
	return a.steps[slices.IndexFunc(a.steps, func(s *steps.Step) bool { return s.ID == id })]
}

// retry asks again for what failed among the requests.
func (a *app) retry(rs []inventory.Request) tea.Cmd {
	for _, r := range rs {
		delete(a.loads.failed, r)
	}
	return tea.Batch(a.request(rs), a.top().enter(a))
}

// wait is what a screen that needs parts of the inventory shows until it has them.
type wait struct {
	missing []inventory.Request
	since   int // frame of the spinner when the waiting began
}

// ready asks for what is missing; true if nothing is.
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

// failure is the first error among what is waited for.
func (w *wait) failure(a *app) (inventory.Request, error) {
	for _, r := range w.missing {
		if err := a.loads.failed[r]; err != nil {
			return r, err
		}
	}
	return inventory.Request{}, nil
}

// keys and press serve a screen while it waits.
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

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// spin is the spinner, which shows only once the wait can be felt.
func (a *app) spin(since int, what string) string {
	if a.frame <= since {
		return ""
	}
	return a.st.accent.Render(spinner[a.frame%len(spinner)]) + " " + what
}

// partNames say what is being read.
var partNames = map[inventory.Part]string{
	inventory.PartIdentity: "who you are",
	inventory.PartVPCs:     "the VPCs",
	inventory.PartServices: "the endpoint services of the Region",
	inventory.PartClusters: "the ECS clusters and what runs on them",
	inventory.PartBatch:    "the compute environments and job definitions of AWS Batch",
	inventory.PartMWAA:     "the environments of Amazon MWAA",
	inventory.PartRoles:    "the policies of the roles in use",
	inventory.PartQuotas:   "the quotas of the account",
	inventory.PartNetwork:  "the network of the VPC",
	inventory.PartWays:     "what a way to the web server can be made of",
	inventory.PartHosts:    "which instances Systems Manager reaches",
	inventory.PartRegistry: "the secrets, keys and roles for tasks",
	inventory.PartSecret:   "the secret with the credentials",

	inventory.PartDefinition: "the task definition",
}

// render draws the waiting, or what went wrong and what to do about it.
func (w *wait) render(a *app, title string, width int) []string {
	out := []string{a.st.title.Render(title), ""}
	if r, err := w.failure(a); err != nil {
		return append(out, failure(a, "Reading "+partNames[r.Part], err, "Press r to try again. Esc goes back, to another account if need be.", width)...)
	}
	if line := a.spin(w.since, reading(w.missing)); line != "" {
		out = append(out, line, "", a.st.dim.Render("Nothing is changed. Esc goes back."))
	}
	return out
}

// reading says what is being read.
func reading(rs []inventory.Request) string {
	parts := map[string]bool{}
	for _, r := range rs {
		parts[partNames[r.Part]] = true
	}
	return "Reading " + strings.Join(slices.Sorted(maps.Keys(parts)), ", ") + " …"
}

// failure says what was tried, what the answer was, and what to do.
func failure(a *app, tried string, err error, todo string, w int) []string {
	out := paint(a.st.bad, wrap("! That did not work.", w))
	out = append(out, "")
	out = append(out, wrap("Tried:    "+tried, w)...)
	out = append(out, wrap(fmt.Sprintf("Answer:   %s", cleanText(err.Error())), w)...)
	out = append(out, "")
	return append(out, wrap("What now: "+todo, w)...)
}

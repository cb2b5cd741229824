package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// screen is one screen of the wizard. Screens change the app only in Update and do no I/O.
// Work that takes time is a command.
type screen interface {
	// stepID is the ID of the current step in the sidebar.
	stepID() string
	// enter is called when the screen is shown, and again when a part of the inventory
	// arrives.
	enter(a *app) tea.Cmd
	press(a *app, k tea.KeyPressMsg) tea.Cmd
	keys(a *app) []key.Binding
	render(a *app, w, h int) []string
	// terms are the terms that the screen is about, the most important one first.
	terms(a *app) []*terms.Term
}

// app is the one model of the program.
type app struct {
	opts    Options
	plain   bool // line prompts, see RunPlain
	backend Backend
	work    *work
	steps   []*steps.Step

	w, h int
	st   styles

	account Account
	session Session
	era     int  // number of opened accounts; messages of an older one are dropped
	stored  bool // the last run stored the credentials in their secret
	inv     inventory.Inventory
	ans     steps.Answers
	loads   loads
	drafts  map[string]string // typed texts that are not answers yet, by step
	format  string            // of the last export
	message *explaining       // the error message to explain
	// compares means that the next opened account is for the message.
	compares bool
	// accepted are the rules of the errors that the user accepted for this run.
	accepted []string

	stack  []screen    // the last one is visible
	todo   []tea.Cmd   // collected during Update
	chart  *networkMap // covers the screen; nil if it is closed
	dialog *dialog
	gates  int    // number of gates that were opened for dialogs
	guide  *guide // the help covers the screen; nil if it is closed
	notice string
	failed bool // the notice is a warning

	ticking bool
	frame   int // of the spinner, ten per second
	now     time.Time

	leaving   bool
	departing bool  // a signal requested the end of the program
	crash     error // a defect that ends the program
	result    Result
	ended     bool // a result was reached, so leaving is not an interruption
}

func newApp(ctx context.Context, b Backend, o Options) *app {
	a := &app{opts: o.withDefaults(), backend: b, work: newWork(ctx), steps: steps.All(), st: newStyles(true), loads: newLoads(), drafts: map[string]string{}, message: &explaining{}}
	a.w, a.h = o.Width, o.Height
	a.now = a.opts.Now()
	home := newAccountScreen(b, o.InitialAccount)
	a.stack = []screen{home}
	if first := home.account(o.InitialAccount); first.Practice && len(home.sandbox) > 1 { // Esc goes back to the scenarios
		a.askScenario(home)
	}
	if a.opts.Notice != "" {
		a.warn("%s", a.opts.Notice)
	}
	return a
}

// state returns the input of the steps.
func (a *app) state() steps.State {
	return steps.State{Inv: &a.inv, Ans: a.ans, Build: a.opts.Build}
}

func (a *app) top() screen { return a.stack[len(a.stack)-1] }

// push shows a new screen.
func (a *app) push(s screen) tea.Cmd {
	a.stack = append(a.stack, s)
	return s.enter(a)
}

// pop goes back to the previous screen and keeps its answers.
func (a *app) pop() tea.Cmd {
	if len(a.stack) == 1 {
		return nil
	}
	a.stack = a.stack[:len(a.stack)-1]
	return a.top().enter(a)
}

// say shows a notice until the next key.
func (a *app) say(format string, args ...any) {
	a.notice, a.failed = fmt.Sprintf(format, args...), false
}

// warn shows a warning until the next key.
func (a *app) warn(format string, args ...any) {
	a.notice, a.failed = fmt.Sprintf(format, args...), true
}

// stopMsg stops the program in the same way as Ctrl-C.
type stopMsg struct{}

// tickMsg updates spinners and elapsed times while the program waits.
type tickMsg time.Time

const tickEvery = 100 * time.Millisecond

// tick starts the clock if it is not running.
func (a *app) tick() tea.Cmd {
	if a.ticking {
		return nil
	}
	a.ticking = true
	return tea.Tick(tickEvery, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// Init requests the background color. The terminal can answer late or not at all.
func (a *app) Init() tea.Cmd {
	home := a.home()
	cmds := []tea.Cmd{tea.RequestBackgroundColor, home.readRuns(a), home.readRecent(a), home.readSettings(a)}
	if k := a.opts.InitialAccount; k != "" {
		cmds = append(cmds, a.open(home.account(k)))
	}
	return tea.Batch(cmds...)
}

// run starts a command after Update.
func (a *app) run(cmd tea.Cmd) { a.todo = append(a.todo, cmd) }

// Update implements tea.Model. A defect of the program ends it with an error instead of a stack trace.
func (a *app) Update(msg tea.Msg) (m tea.Model, cmd tea.Cmd) {
	m = a
	defer func() {
		if r := recover(); r != nil {
			a.crashed(r)
		}
		if a.crash != nil {
			cmd = a.leave()
		}
	}()
	cmd = a.update(msg)
	cmd, a.todo = tea.Batch(append(a.todo, cmd)...), nil
	return m, cmd
}

// crashed records a defect of the program.
func (a *app) crashed(r any) {
	if a.crash == nil {
		a.crash = fmt.Errorf("internal error: %v (a defect of the wizard; report it with the output of wizard version and what you did before)", r)
	}
}

func (a *app) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		if a.opts.Width == 0 || a.opts.Height == 0 {
			a.w, a.h = msg.Width, msg.Height
		}
	case tea.BackgroundColorMsg:
		a.st = newStyles(msg.IsDark())
	case tea.KeyPressMsg:
		return a.press(msg)
	case tea.MouseWheelMsg:
		if l := a.clickable(); l != nil {
			l.list().move(map[tea.MouseButton]int{tea.MouseWheelUp: -1, tea.MouseWheelDown: 1}[msg.Button])
		}
	case tea.MouseClickMsg:
		if l := a.clickable(); l != nil && msg.Button == tea.MouseLeft {
			l.list().click(msg.Y - bodyTop - l.about().above)
		}
	case tea.PasteMsg:
		if f, ok := a.top().(typed); ok && a.dialog == nil {
			f.insert(msg.Content)
		}
	case stopMsg:
		a.departing = true
		return a.stop()
	case crashMsg:
		a.crashed(msg.reason)
	case endMsg:
		return a.leave()
	case tickMsg:
		a.ticking = false
		a.frame++
		a.now = time.Time(msg)
		if a.busy() {
			return a.tick()
		}
	case gateMsg:
		if a.dialog != nil {
			a.dialog.gate(msg)
		}
		if s, ok := a.top().(*undoScreen); ok {
			s.gate(msg)
		}
	case comparedMsg:
		if s, ok := a.top().(*undoScreen); ok {
			return s.compared(a, msg)
		}
	case diagnosedMsg:
		if s, ok := a.top().(*explainScreen); ok {
			return s.diagnosed(a, msg)
		}
	case runningMsg:
		msg.screen.running, msg.screen.reread = msg.running, true
	case runsMsg:
		a.home().runs = msg.runs
		a.home().update()
	case recentMsg:
		a.home().recent = msg.recents
		a.home().update()
	case settingsMsg:
		a.home().read(msg)
	case openedMsg:
		return a.opened(msg)
	case loadedMsg:
		return a.loaded(msg)
	case writtenMsg:
		if s, ok := a.top().(interface{ took(*app, writtenMsg) }); ok {
			s.took(a, msg)
		}
	case shownMsg:
		return msg.screen.shown(a, msg)
	case eventsMsg:
		return a.watch(msg)
	}
	return nil
}

// bodyTop is the first line of the body, below the header and its rule.
const bodyTop = 2

// clickable returns the list that the mouse works on; nil if the screen has none. Other screens leave the mouse to the
// terminal, so that it can select text.
func (a *app) clickable() listed {
	if !a.clickableBelow() || a.chart != nil || a.dialog != nil || a.guide != nil {
		return nil
	}
	if s := a.top().(listed); !s.about().open {
		return s
	}
	return nil
}

// clickableBelow reports whether the screen below the help has a list.
func (a *app) clickableBelow() bool {
	s, ok := a.top().(listed)
	return ok && !a.busy() && s.list() != nil && s.about() != nil
}

// busy reports whether the screen has a spinner or an elapsed time.
func (a *app) busy() bool {
	switch s := a.top().(type) {
	case *openScreen:
		return s.err == nil
	case *choiceScreen:
		return !s.ready
	case *inputScreen:
		return !s.ready
	case *formScreen:
		return !s.ready
	case *reviewScreen:
		return !s.ready
	case *undoScreen:
		return s.comparing
	case *explainScreen:
		return s.comparing
	case *progressScreen, *takeScreen:
		return true
	}
	return false
}

// press sends a key to its receiver: leaving, dialog, help, or screen.
func (a *app) press(k tea.KeyPressMsg) tea.Cmd {
	if is(k, keys.leave) {
		return a.stop()
	}
	if is(k, keys.suspend) {
		if _, applying := a.top().(*progressScreen); applying {
			a.warn("Ctrl-Z does not work while changes are applied, because AWS continues.")
			return nil
		}
		return tea.Suspend
	}
	if k.IsRepeat && is(k, keys.choose) {
		return nil // a key that is held down must not answer several questions
	}
	if a.w > 0 && a.tooSmall() {
		return nil // the user cannot read the screen, so no key decides anything
	}
	if a.guide != nil {
		return a.guide.press(a, k)
	}
	if a.dialog != nil {
		if a.dialog.listening && is(k, keys.help) {
			a.openGuide()
			return nil
		}
		return a.dialog.press(a, k)
	}
	a.notice = ""
	if is(k, keys.help) && (k.Text == "" || !a.typing()) { // in a field, ? is a character
		a.openGuide()
		return nil
	}
	if !a.typing() {
		switch {
		case is(k, keys.quit):
			return a.askToLeave()
		case a.chart == nil && a.canMap() && is(k, keys.chart):
			a.openMap()
			return nil
		}
	}
	if a.chart != nil {
		a.chart.press(a, k)
		return nil
	}
	return a.top().press(a, k)
}

// typing reports whether letters are input for a text.
func (a *app) typing() bool {
	if a.chart != nil {
		return false
	}
	switch s := a.top().(type) {
	case *fileScreen:
		return s.state == fileEditing
	case *exportScreen:
		return s.typing()
	case *inputScreen:
		return s.ready
	case *formScreen:
		return s.ready && s.text() != nil
	case *explainScreen:
		return s.typing()
	case *secretScreen, *codeScreen:
		return true
	case listed:
		p := s.list()
		return p != nil && p.filtering
	}
	return false
}

// askToLeave leaves immediately on the result screen, and asks on all other screens.
func (a *app) askToLeave() tea.Cmd {
	if s, applying := a.top().(*progressScreen); applying {
		a.warn("%s", s.notice())
		return nil
	}
	if _, ok := a.top().(*resultScreen); ok {
		return a.leave()
	}
	text := "Nothing was changed in the account. Answers that you did not save are lost."
	switch {
	case a.account.Practice:
		text = "The sandbox account is deleted. Answers that you did not save are lost."
	case a.result.Applied != nil:
		text = "Applied changes stay. Answers that you did not save are lost."
	case a.result.Undone != nil:
		text = "What was reverted stays reverted. Answers that you did not save are lost."
	}
	return a.ask(newDialog("Quit the wizard?", text, "Back", "Quit", func(a *app) tea.Cmd { return a.leave() }))
}

func (a *app) leave() tea.Cmd {
	a.leaving = true
	return tea.Quit
}

// stop handles Ctrl-C: it leaves the program, or stops an apply after the current calls. A
// second Ctrl-C does not wait for these calls.
func (a *app) stop() tea.Cmd {
	if p, applying := a.top().(*progressScreen); applying {
		a.dialog, a.guide, a.notice = nil, nil, ""
		if p.stopping {
			a.work.abandon() // the second Ctrl-C does not wait for AWS
		}
		p.stopping = true
		a.work.stopOnce()
		return nil
	}
	if _, ok := a.top().(*resultScreen); !ok {
		a.ended = false
	}
	return a.leave()
}

// outcome returns the result of the program.
func (a *app) outcome() Result {
	r := a.result
	r.Account = a.account.Key
	r.Exported, r.Saved, r.Forgotten = a.work.files()
	if f := a.work.final; a.work.applied != nil { // ended while applying
		r.take(&f, Left)
		return r
	}
	if r.Applied == nil && r.Undone == nil && !a.ended {
		r.Outcome = Left
	}
	return r
}

// Minimum size of the terminal, and the minimum width for the sidebar.
const (
	leastWidth, leastHeight = 40, 12
	sidebarFrom             = 72
)

func (a *app) tooSmall() bool { return a.w < leastWidth || a.h < leastHeight }

// View implements tea.Model.
func (a *app) View() tea.View {
	v := tea.NewView(a.content())
	v.AltScreen = true
	v.WindowTitle = "PrivateLink Wizard"
	if a.clickable() != nil {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.KeyboardEnhancements.ReportEventTypes = true // distinguishes a key that is held down
	if p, ok := a.top().(*progressScreen); ok {
		v.ProgressBar = p.bar(a)
		v.WindowTitle = "PrivateLink Wizard: " + p.heading()
	}
	return v
}

func (a *app) content() (text string) {
	defer func() {
		if r := recover(); r != nil {
			a.crashed(r)
			text = strings.Join(tall(wrap("The wizard has an internal error. Press a key to quit.", a.w), a.h), "\n")
		}
	}()
	if a.w == 0 {
		return ""
	}
	if a.tooSmall() {
		return strings.Join(tall(wrap(fmt.Sprintf("The terminal is too small: %d×%d. It must be at least %d×%d.", a.w, a.h, leastWidth, leastHeight), a.w), a.h), "\n")
	}
	notice := a.noticed()
	bodyH := a.h - bodyTop - 2 - len(notice) // the header, two rules and the help bar
	var body []string
	undo := a.top().stepID() == atUndo || a.top().stepID() == atEarlier
	if a.w >= sidebarFrom && a.asks() && !a.mapped() && a.guide == nil {
		rw := 18
		if a.w >= 110 {
			rw = 34
		}
		bw := a.w - rw - 3
		body = beside(a.sidebar(rw, bodyH), rw, a.st.dim.Render(" │ "), tall(a.body(bw, bodyH), bodyH))
	} else {
		body = tall(a.body(a.w, bodyH), bodyH)
	}
	head := ""
	if a.w >= sidebarFrom {
		head = a.header(a.w)
	} else {
		at, of, title := a.here()
		place := fmt.Sprintf("%d/%d %s", at+1, of, title)
		switch {
		case a.guide != nil:
			place = "Help"
		case a.mapped():
			place = "Map"
		case undo:
			place = "Undo"
		case a.top().stepID() == atExplain:
			place = "Explain"
		}
		head = a.st.title.Render(place) + a.st.dim.Render(" · ") + a.header(a.w-ansi.StringWidth(place)-3)
	}
	rule := a.st.dim.Render(strings.Repeat("─", a.w))
	lines := append([]string{head, rule}, body...)
	lines = append(append(lines, rule), notice...)
	lines = append(lines, a.helpBar()) // after the body, because its keys depend on the space for the details
	for i := range lines {
		lines[i] = cut(lines[i], a.w)
	}
	return strings.Join(lines, "\n")
}

// asks reports whether the screen asks a question of the plan. The sidebar lists these.
func (a *app) asks() bool {
	switch s := a.top().(type) {
	case *accountScreen, *openScreen, *codeScreen, *inputScreen:
		return true
	case *choiceScreen:
		return s.id != atEarlier && s.id != atExplain
	}
	return false
}

// mapped reports whether the map is visible.
func (a *app) mapped() bool { return a.chart != nil && a.dialog == nil && a.guide == nil }

// body renders the screen, the map, the dialog or the help.
func (a *app) body(w, h int) []string {
	switch {
	case a.guide != nil:
		return a.guide.render(a, w, h)
	case a.dialog != nil:
		return a.dialog.render(a, w, h)
	case a.chart != nil:
		return a.chart.render(a, w, h)
	}
	return a.top().render(a, w, h)
}

// active returns the keys that work now.
func (a *app) active() []key.Binding {
	switch {
	case a.guide != nil:
		if p, applying := a.top().(*progressScreen); applying && !p.stopping {
			return append(a.guide.keys(), keys.stop)
		}
		return append(a.guide.keys(), keys.leave)
	case a.dialog != nil:
		return a.dialog.keys()
	}
	return a.screenKeys()
}

// screenKeys returns the keys of the screen below a dialog or the help.
func (a *app) screenKeys() []key.Binding {
	ks := a.top().keys(a)
	switch {
	case a.chart != nil:
		ks = a.chart.keys(a)
	case a.canMap() && !a.typing():
		ks = append(ks, keys.chart)
	}
	if p, applying := a.top().(*progressScreen); applying {
		stop := keys.stop
		if p.stopping {
			stop = keys.leave
		}
		if a.chart != nil { // the bar has no space for all keys of the map
			return slices.Insert(ks, min(3, len(ks)), stop, keys.help)
		}
		return append(ks, keys.help, stop)
	}
	if a.typing() {
		if a.w >= sidebarFrom { // a narrow help bar has only space for what the field needs
			ks = append(ks, keys.typedHelp)
		}
		return append(ks, keys.leave)
	}
	ks = append(ks, keys.help, keys.quit)
	if s, ok := a.top().(listed); ok && a.chart == nil && !a.busy() && s.about() != nil {
		return s.about().keys(ks)
	}
	return ks
}

// noticed is the notice, if there is one.
func (a *app) noticed() []string {
	if a.notice == "" {
		return nil
	}
	style, mark := a.st.good, markDone+" "
	if a.failed {
		style, mark = a.st.warn, "! "
	}
	lines := wrap(mark+cleanText(a.notice), a.w)
	return paint(style, lines[:min(len(lines), 4)]) // the address of an AWS page needs four lines of 40 columns
}

// helpBar lists the keys that work now.
func (a *app) helpBar() string {
	m := help.New()
	m.ShortSeparator = " · "
	m.Styles = help.Styles{ShortKey: a.st.accent, ShortDesc: a.st.dim, ShortSeparator: a.st.dim, Ellipsis: a.st.dim}
	// What does not fit is in the help, so its key is always visible.
	ks, more := a.active(), ""
	isHelp := func(b key.Binding) bool { return b.Help().Desc == keys.help.Help().Desc }
	if i := slices.IndexFunc(ks, isHelp); i >= 0 {
		more = a.st.dim.Render(m.ShortSeparator) + a.st.accent.Render(ks[i].Help().Key)
		ks = slices.Delete(slices.Clone(ks), i, i+1)
		if a.w >= sidebarFrom {
			more += a.st.dim.Render(" " + keys.help.Help().Desc)
		}
	}
	room := a.w - ansi.StringWidth(more)
	m.SetWidth(room)
	bar := m.ShortHelpView(ks)
	for len(ks) > 0 && ansi.StringWidth(bar) > room { // where its ellipsis does not fit, it adds a key that does not fit either
		ks = ks[:len(ks)-1]
		bar = m.ShortHelpView(ks)
	}
	return bar + more
}

// helpPage lists the keys of the screen.
func (a *app) helpPage(w int) []string {
	out := []string{""}
	if s, ok := a.top().(*choiceScreen); ok && s.ready && a.chart == nil && a.dialog == nil {
		out = append(append(out, wrap(cleanText(s.page.help), w)...), "")
	}
	ks := a.screenKeys()
	if a.dialog != nil {
		ks = a.dialog.keys()
	}
	if slices.ContainsFunc(ks, func(b key.Binding) bool { return b.Help() == keys.scroll.Help() }) { // the help bar has no space for both
		ks = append(ks, renamed(keys.details, "details only"))
	}
	if a.clickableBelow() && a.dialog == nil {
		ks = append(ks, keys.pageUp, keys.pageDown, keys.home, keys.end, keys.number)
	}
	if _, applying := a.top().(*progressScreen); !applying {
		ks = append(ks, keys.leave)
	}
	for _, b := range ks {
		help := b.Help()
		also := strings.Join(b.Keys(), " ")
		out = append(out, fit("  "+a.st.accent.Render(fit(help.Key, 10))+" "+fit(help.Desc, 22)+a.st.dim.Render(also), w))
	}
	out = append(out, "")
	if a.dialog != nil {
		return append(out, wrap(a.dialog.labels[0]+" changes nothing. → selects the other button.", w)...)
	}
	if a.chart != nil {
		return append(out, wrap(mapLegend, w)...)
	}
	switch a.top().(type) {
	case *reviewScreen, *progressScreen, *resultScreen:
		out = append(append(out, wrap(legend(), w)...), "")
	case *undoScreen:
		out = append(append(out, wrap(undoLegend, w)...), "")
	}
	switch s := a.top().(type) {
	case *undoScreen:
		return append(out, wrap("Undo reverts only what the run created or changed, in reverse order. What existed before stays. Nothing changes in the account before you press "+s.labels[1]+".", w)...)
	case *progressScreen:
		if s.undo != nil {
			return append(out, wrap("Ctrl-C stops after the calls in flight. You can undo the run again: it reverts what is left.", w)...)
		}
		return append(out, wrap("Ctrl-C stops after the calls in flight. You can apply the same plan again: it creates only what is missing.", w)...)
	case *resultScreen:
		if s.plan == nil {
			return append(out, wrap("Undo reverts only what the run created or changed. You can run it again: it reverts what is left.", w)...)
		}
		return append(out, wrap("If you apply the saved answers or an exported bash script later, existing resources are kept.", w)...)
	}
	return append(out, wrap("Enter continues and Esc goes back. Your answers are kept. Nothing changes in the account before you press Apply and confirm.", w)...)
}

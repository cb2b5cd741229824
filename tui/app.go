package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// screen is one place that the wizard can be at. Screens change the app in Update
// only, and do no I/O: what takes time goes into a command.
type screen interface {
	station() string
	// enter is called when the screen is shown, and again when a part arrived
	// that it may have waited for.
	enter(a *app) tea.Cmd
	press(a *app, k tea.KeyPressMsg) tea.Cmd
	keys(a *app) []key.Binding
	render(a *app, w, h int) []string
}

// app is the one model of the program.
type app struct {
	opts    Options
	plain   bool // asked by lines, see RunPlain
	backend Backend
	work    *work
	steps   []*steps.Step

	w, h int
	st   styles

	account Account
	session Session
	era     int  // counts opened accounts: what an older one sends is dropped
	putIn   bool // the last run put credentials into their secret
	inv     inventory.Inventory
	ans     answers.Answers
	loads   loads
	drafts  map[string]string // texts that were typed and not answered with, by step
	// accepted are the rules whose errors the user let pass, in this run.
	accepted []string

	stack  []screen // the last one is shown
	dialog *dialog
	gates  int // opened for dialogs so far
	help   bool
	notice string
	failed bool // the notice is about something that went wrong

	ticking bool
	frame   int // of the spinner, ten a second
	now     time.Time

	leaving   bool
	departing bool // a signal asked to end
	result    Result
	ended     bool // a result was reached, so leaving is no breaking off
}

func newApp(ctx context.Context, b Backend, o Options) *app {
	a := &app{opts: o.withDefaults(), backend: b, work: newWork(ctx), steps: steps.All(), st: newStyles(true), loads: newLoads(), drafts: map[string]string{}}
	a.w, a.h = o.Width, o.Height
	a.now = a.opts.Now()
	a.stack = []screen{newAccountScreen(b.Accounts())}
	return a
}

// state is what the steps are asked about.
func (a *app) state() steps.State {
	return steps.State{Inv: &a.inv, Ans: a.ans, Build: a.opts.Build}
}

func (a *app) top() screen { return a.stack[len(a.stack)-1] }

// push shows a new screen.
func (a *app) push(s screen) tea.Cmd {
	a.stack = append(a.stack, s)
	return s.enter(a)
}

// pop goes back to the screen before; its answers are as they were.
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

// warn shows a notice about something that is not right.
func (a *app) warn(format string, args ...any) {
	a.notice, a.failed = fmt.Sprintf(format, args...), true
}

// stopMsg asks the program to end as Ctrl-C does.
type stopMsg struct{}

// tickMsg drives spinners and elapsed times while there is something to wait for.
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

// Init asks for the background colour; the answer may come late or never.
func (a *app) Init() tea.Cmd {
	cmds := []tea.Cmd{tea.RequestBackgroundColor}
	if k := a.opts.InitialAccount; k != "" {
		cmds = append(cmds, a.stack[0].(*accountScreen).open(a, k))
	}
	return tea.Batch(cmds...)
}

// Update implements tea.Model.
func (a *app) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		if a.opts.Width == 0 || a.opts.Height == 0 {
			a.w, a.h = msg.Width, msg.Height
		}
	case tea.BackgroundColorMsg:
		a.st = newStyles(msg.IsDark())
	case tea.KeyPressMsg:
		return a, a.press(msg)
	case tea.PasteMsg:
		if f, ok := a.top().(typed); ok && a.dialog == nil {
			f.insert(msg.Content)
		}
	case stopMsg:
		a.departing = true
		return a, a.stop()
	case endMsg:
		return a, a.leave()
	case tickMsg:
		a.ticking = false
		a.frame++
		a.now = time.Time(msg)
		if a.busy() {
			return a, a.tick()
		}
	case gateMsg:
		if a.dialog != nil {
			a.dialog.gate(msg)
		}
	case openedMsg:
		return a, a.opened(msg)
	case loadedMsg:
		return a, a.loaded(msg)
	case writtenMsg:
		if f, ok := a.top().(*formScreen); ok {
			f.written(a, msg)
		}
	case eventsMsg:
		return a, a.watch(msg)
	}
	return a, nil
}

// busy tells whether anything on the screen moves by itself.
func (a *app) busy() bool {
	switch s := a.top().(type) {
	case *accountScreen:
		return s.opening
	case *stepScreen:
		return !s.ready
	case *textScreen:
		return !s.ready
	case *reviewScreen:
		return !s.ready
	case *progressScreen:
		return true
	}
	return false
}

// press sends a key to where it belongs: leaving, dialog, help, screen.
func (a *app) press(k tea.KeyPressMsg) tea.Cmd {
	if is(k, keys.leave) {
		return a.stop()
	}
	if k.IsRepeat && is(k, keys.choose) {
		return nil // a key held down runs through no questions
	}
	if a.w > 0 && a.tooSmall() {
		return nil // nothing is decided that cannot be read
	}
	if a.dialog != nil {
		return a.dialog.press(a, k)
	}
	if a.help {
		a.help = !is(k, keys.closeHelp)
		return nil
	}
	a.notice = ""
	if !a.typing() {
		switch {
		case is(k, keys.help):
			a.help = true
			return nil
		case is(k, keys.quit):
			return a.askToLeave()
		}
	}
	return a.top().press(a, k)
}

// typing tells whether letters are text at the moment.
func (a *app) typing() bool {
	switch s := a.top().(type) {
	case *formScreen:
		return s.state == formEditing
	case *textScreen:
		return s.ready
	case *inputScreen:
		return true
	case listed:
		p := s.list()
		return p != nil && p.filtering
	}
	return false
}

// askToLeave leaves at once where the end is reached, and asks elsewhere.
func (a *app) askToLeave() tea.Cmd {
	if _, applying := a.top().(*progressScreen); applying {
		a.say("The plan is being carried out. Ctrl-C stops it after what is in flight; once more leaves at once.")
		return nil
	}
	if _, ok := a.top().(*resultScreen); ok {
		return a.leave()
	}
	text := "Nothing has been changed in the account. Your answers are lost unless you saved them."
	if a.result.Applied != nil {
		text = "What was made stays. Your answers are lost unless you saved them."
	}
	return a.ask(newDialog("Leave the wizard?", text, "Stay", "Leave", func(a *app) tea.Cmd { return a.leave() }))
}

func (a *app) leave() tea.Cmd {
	a.leaving = true
	return tea.Quit
}

// stop is Ctrl-C: it leaves, or ends an apply after what is in flight; once more,
// and that is not waited for either.
func (a *app) stop() tea.Cmd {
	if p, applying := a.top().(*progressScreen); applying {
		a.dialog, a.help = nil, false
		if p.stopping {
			a.work.abandon() // the second time it does not wait for AWS to get ready
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

// outcome is what the program leaves behind.
func (a *app) outcome() Result {
	r := a.result
	r.Account = a.account.Key
	if f := a.work.final; a.work.applied != nil { // ended while applying
		s := f.summary
		r.Applied, r.Err, r.Outcome = &s, f.err, Left
		return r
	}
	if r.Applied == nil && !a.ended {
		r.Outcome = Left
	}
	return r
}

// Smallest screen that anything useful fits on, and the one from which the rail is
// shown.
const (
	leastWidth, leastHeight = 40, 12
	railFrom                = 72
)

func (a *app) tooSmall() bool { return a.w < leastWidth || a.h < leastHeight }

// View implements tea.Model.
func (a *app) View() tea.View {
	v := tea.NewView(a.content())
	v.AltScreen = true
	v.WindowTitle = "PrivateLink Wizard"
	v.KeyboardEnhancements.ReportEventTypes = true // tells a key held down from one pressed
	if p, ok := a.top().(*progressScreen); ok {
		v.ProgressBar = p.bar()
	}
	return v
}

func (a *app) content() string {
	if a.w == 0 {
		return ""
	}
	if a.tooSmall() {
		return strings.Join(tall(wrap(fmt.Sprintf("Please enlarge the window: %d×%d is too small, %d×%d is the least.", a.w, a.h, leastWidth, leastHeight), a.w), a.h), "\n")
	}
	notice := a.noticed()
	bodyH := a.h - 4 - len(notice) // the header, two rules and the help bar
	var body []string
	if a.w >= railFrom {
		rw := 18
		if a.w >= 110 {
			rw = 34
		}
		bw := a.w - rw - 3
		body = beside(a.rail(rw, bodyH), rw, a.st.dim.Render(" │ "), tall(a.body(bw, bodyH), bodyH))
	} else {
		body = tall(a.body(a.w, bodyH), bodyH)
	}
	head := a.header(a.w)
	if a.w < railFrom {
		at, of, title := a.here()
		head = cut(a.st.title.Render(fmt.Sprintf("%d/%d %s", at+1, of, title))+a.st.dim.Render(" · ")+head, a.w)
	}
	rule := a.st.dim.Render(strings.Repeat("─", a.w))
	lines := append([]string{head, rule}, body...)
	lines = append(append(lines, rule), notice...)
	lines = append(lines, a.helpBar()) // made last: what it says of details depends on the room that they found
	for i := range lines {
		lines[i] = cut(lines[i], a.w)
	}
	return strings.Join(lines, "\n")
}

// body is the screen, or what lies over it.
func (a *app) body(w, h int) []string {
	switch {
	case a.dialog != nil:
		return a.dialog.render(a, w, h)
	case a.help:
		return a.helpPage(w, h)
	}
	return a.top().render(a, w, h)
}

// active are the keys that do something now.
func (a *app) active() []key.Binding {
	switch {
	case a.dialog != nil:
		return a.dialog.keys()
	case a.help:
		return []key.Binding{keys.closeHelp, keys.leave}
	}
	return a.screenKeys()
}

// screenKeys are the keys of the screen, whatever lies over it.
func (a *app) screenKeys() []key.Binding {
	ks := a.top().keys(a)
	if _, applying := a.top().(*progressScreen); applying {
		return append(ks, keys.help, keys.stop)
	}
	if a.typing() {
		return append(ks, keys.leave)
	}
	ks = append(ks, keys.help, keys.quit)
	if s, ok := a.top().(listed); ok && !a.busy() && s.about() != nil {
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
	return paint(style, lines[:min(len(lines), 3)])
}

// helpBar names the keys that do something now.
func (a *app) helpBar() string {
	var parts []string
	for _, b := range a.active() {
		h := b.Help()
		parts = append(parts, a.st.accent.Render(h.Key)+" "+a.st.dim.Render(h.Desc))
	}
	return cut(strings.Join(parts, a.st.dim.Render(" · ")), a.w)
}

// helpPage lists the keys of the screen below it.
func (a *app) helpPage(w, h int) []string {
	out := []string{a.st.title.Render("Keys on this screen"), ""}
	ks := a.screenKeys()
	if ks[len(ks)-1].Help() == keys.scroll.Help() { // the help bar has no room for both
		ks = append(ks, called(keys.details, "details alone"))
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
	switch a.top().(type) {
	case *progressScreen:
		return append(out, wrap("What is begun is finished; ctrl+c keeps the rest from being begun. The same plan can be run again and makes only what is missing.", w)...)
	case *resultScreen:
		return append(out, wrap("This is the end of the run. What was made is found again by the next one, be it from here, from saved answers or by the exported script.", w)...)
	}
	return append(out, wrap("Enter goes on and Esc goes back; what you answered is kept. Nothing is made in the account before you press Apply and confirm it.", w)...)
}

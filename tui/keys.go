package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// One key map serves the handlers, the help bar and the help screen, so that they
// cannot disagree. Shift-Tab is the way back as in forms: to the button before, and
// where there are none, as Esc.
var keys = struct {
	up, down, pageUp, pageDown, home, end                 key.Binding
	choose, toggle, filter, clearFilter, back             key.Binding
	move, scroll, detailsUp, detailsDown                  key.Binding
	details, closeDetails, read                           key.Binding
	retry, fix, accept                                    key.Binding
	left, right, press, write, again, save, export, tasks key.Binding
	help, quit, leave, stop, closeHelp, typing, del       key.Binding
	clear                                                 key.Binding
}{
	up:          bind("↑", "up", "up", "k", "ctrl+p"),
	down:        bind("↓", "down", "down", "j", "ctrl+n"),
	move:        bind("↑↓", "move", "up", "down", "k", "j", "ctrl+p", "ctrl+n"),
	scroll:      bind("J/K", "details", "J", "K", "shift+down", "shift+up"),
	pageUp:      bind("pgup", "a page up", "pgup", "ctrl+b"),
	pageDown:    bind("pgdn", "a page down", "pgdown", "ctrl+f"),
	home:        bind("home", "to the top", "home", "g"),
	end:         bind("end", "to the bottom", "end", "G"),
	choose:      bind("enter", "choose", "enter"),
	toggle:      bind("space", "tick", "space"),
	filter:      bind("/", "find", "/"),
	clearFilter: bind("esc", "clear find", "esc", "shift+tab"),
	back:        bind("esc", "back", "esc", "left", "h", "backspace", "shift+tab"),
	detailsUp:   bind("K", "details up", "K", "shift+up"),
	detailsDown: bind("J", "details down", "J", "shift+down"),
	details:     bind("i", "details", "i"),
	// Enter is not among them: pressed twice, it would choose.
	closeDetails: bind("esc", "close", "esc", "i", "left", "h", "backspace", "shift+tab"),
	read:         bind("↑↓", "scroll", "up", "down", "k", "j", "ctrl+p", "ctrl+n"),
	retry:        bind("r", "try again", "r"),
	fix:          bind("f", "fix", "f"),
	accept:       bind("a", "accept", "a"),
	left:         bind("←", "left", "left", "h", "shift+tab"),
	right:        bind("→", "right", "right", "l", "tab"),
	press:        bind("enter", "press the button", "enter"),
	write:        bind("enter", "write the file", "enter"),
	again:        bind("r", "look again", "r"),
	tasks:        bind("t", "replace tasks", "t"),
	save:         bind("s", "save answers", "s"),
	export:       bind("e", "export a script", "e"),
	help:         bind("?", "help", "?"),
	quit:         bind("q", "leave", "q"),
	// Escape and Ctrl-C in quick succession arrive as one key.
	leave:     bind("ctrl+c", "leave now", "ctrl+c", "ctrl+alt+c"),
	stop:      bind("ctrl+c", "stop", "ctrl+c", "ctrl+alt+c"),
	closeHelp: bind("esc", "close", "esc", "?", "q", "enter", "shift+tab"),
	typing:    bind("a-z", "type"),
	del:       bind("backspace", "delete", "backspace"),
	clear:     bind("ctrl+u", "empty", "ctrl+u"),
}

func bind(shown, does string, ks ...string) key.Binding {
	return key.NewBinding(key.WithKeys(ks...), key.WithHelp(shown, does))
}

// is tells whether a key press is one of the bindings.
func is(k tea.KeyPressMsg, bs ...key.Binding) bool { return key.Matches(k, bs...) }

// called gives a binding another word where the screen knows a better one.
func called(b key.Binding, does string) key.Binding {
	b.SetHelp(b.Help().Key, does)
	return b
}

package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// keys is the key map of the handlers, the help bar and the help screen. Shift-Tab goes to
// the previous button, and works as Esc on screens without buttons.
var keys = struct {
	up, down, pageUp, pageDown, home, end                 key.Binding
	choose, toggle, filter, clearFilter, back             key.Binding
	move, scroll, detailsUp, detailsDown                  key.Binding
	details, closeDetails, read, open                     key.Binding
	retry, fix, accept                                    key.Binding
	command, before, copy, console, change, cost          key.Binding
	left, right, press, write, again, save, export, tasks key.Binding
	undo, choice, others, explain                         key.Binding
	help, quit, leave, stop, closeHelp, typing, del       key.Binding
	clear, number, suspend                                key.Binding
	chart, view, around, closeMap                         key.Binding
	pages, nextPage, lastPage, typedHelp                  key.Binding
	nextField, lastField, turnValue, nextStop, nextButton key.Binding
}{
	up:          bind("↑", "up", "up", "k", "ctrl+p"),
	down:        bind("↓", "down", "down", "j", "ctrl+n"),
	move:        bind("↑↓", "move", "up", "down", "k", "j", "ctrl+p", "ctrl+n"),
	scroll:      bind("J/K", "details", "J", "K", "shift+down", "shift+up"),
	pageUp:      bind("pgup", "page up", "pgup", "ctrl+b"),
	pageDown:    bind("pgdn", "page down", "pgdown", "ctrl+f"),
	home:        bind("home", "top", "home", "g"),
	end:         bind("end", "bottom", "end", "G"),
	choose:      bind("enter", "choose", "enter"),
	toggle:      bind("space", "select", "space"),
	filter:      bind("/", "filter", "/"),
	clearFilter: bind("esc", "clear filter", "esc", "shift+tab"),
	back:        bind("esc", "back", "esc", "shift+tab"),
	detailsUp:   bind("K", "details up", "K", "shift+up"),
	detailsDown: bind("J", "details down", "J", "shift+down"),
	details:     bind("i", "details", "i"),
	// Without Enter, because a second Enter would choose the row.
	closeDetails: bind("esc", "close", "esc", "i", "left", "h", "backspace", "shift+tab"),
	read:         bind("↑↓", "scroll", "up", "down", "k", "j", "ctrl+p", "ctrl+n"),
	retry:        bind("r", "try again", "r"),
	open:         bind("→", "open", "right", "l"),
	fix:          bind("f", "fix", "f"),
	command:      bind("x", "commands", "x"),
	before:       bind("y", "policy or difference", "y"),
	copy:         bind("c", "copy id", "c"),
	console:      bind("o", "console", "o"),
	cost:         bind("$", "cost", "$"),
	change:       bind("b", "change the answer", "b"),
	accept:       bind("a", "accept", "a"),
	left:         bind("←", "left", "left", "h", "shift+tab"),
	right:        bind("→", "right", "right", "l", "tab"),
	press:        bind("enter", "press the button", "enter"),
	write:        bind("enter", "write the file", "enter"),
	again:        bind("r", "new plan", "r"),
	explain:      bind("d", "explain", "d"),
	undo:         bind("u", "undo", "u"),
	choice:       bind("←→ enter", "button", "left", "right", "h", "l", "tab", "shift+tab", "enter"),
	others:       bind("space", "others' changes", "space"),
	tasks:        bind("t", "replace tasks", "t"),
	save:         bind("s", "save answers", "s"),
	export:       bind("e", "export", "e"),
	help:         bind("?", "help", "?", "f1"),
	quit:         bind("q", "quit", "q"),
	// Escape and Ctrl-C in quick succession arrive as one key.
	leave:      bind("ctrl+c", "quit now", "ctrl+c", "ctrl+alt+c"),
	stop:       bind("ctrl+c", "stop", "ctrl+c", "ctrl+alt+c"),
	closeHelp:  bind("esc", "close", "esc", "?", "f1", "q", "enter", "shift+tab"),
	pages:      bind("←→", "page", "left", "right", "h", "l", "tab"),
	nextPage:   bind("→", "next page", "right", "l", "tab"),
	lastPage:   bind("←", "page before", "left", "h"),
	nextField:  bind("tab", "next field", "tab", "down", "ctrl+n"),
	nextButton: bind("tab", "next button", "tab", "shift+tab", "right", "left"),
	nextStop:   bind("tab", "next field", "tab", "shift+tab"),
	lastField:  bind("shift+tab", "field before", "shift+tab", "up", "ctrl+p"),
	turnValue:  bind("←→", "change", "left", "right"),
	typedHelp:  bind("f1", "help", "f1"),   // in a field, ? is a character
	typing:     bind("a-z", "type", "a-z"), // no key has this name
	del:        bind("backspace", "delete", "backspace"),
	clear:      bind("ctrl+u", "empty", "ctrl+u"),
	suspend:    bind("ctrl+z", "suspend", "ctrl+z"),
	number:     bind("1-9", "go to an option", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
	chart:      bind("m", "map", "m"),
	view:       bind("p", "after the plan", "p"),
	around:     bind("arrows", "move", "up", "down", "left", "right", "k", "j", "h", "l", "ctrl+p", "ctrl+n"),
	closeMap:   bind("esc", "close", "esc", "m", "shift+tab"),
}

func bind(shown, does string, ks ...string) key.Binding {
	return key.NewBinding(key.WithKeys(ks...), key.WithHelp(shown, does))
}

// is reports whether a key press matches one of the bindings.
func is(k tea.KeyPressMsg, bs ...key.Binding) bool { return key.Matches(k, bs...) }

// renamed returns the binding with another description.
func renamed(b key.Binding, does string) key.Binding {
	b.SetHelp(b.Help().Key, does)
	return b
}

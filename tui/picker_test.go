package tui

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

func manyOptions(n int) []steps.Option {
	out := make([]steps.Option, n)
	for i := range out {
		out[i] = steps.Option{Value: fmt.Sprintf("subnet-%05d", i), Label: fmt.Sprintf("App-%d private (subnet-%05d)", i%97, i), Hint: "us-east-1a  no way out"}
	}
	return out
}

func TestOnlyVisibleRowsAreRendered(t *testing.T) {
	st := newStyles(true)
	p := pickerOf(manyOptions(10_000), true, nil)
	p.render(&st, 80, 20)
	if p.painted != 20 {
		t.Errorf("%d rows rendered for 20 lines", p.painted)
	}
	p.press(pressOf(t, "end"))
	if got := ansi.Strip(strings.Join(p.render(&st, 80, 20), "\n")); !strings.Contains(got, "▸ [ ] App-8 private (subnet-09999)") {
		t.Errorf("the last row is not shown:\n%s", got)
	}
	if p.painted != 40 {
		t.Errorf("%d rows rendered in two frames", p.painted)
	}
}

func TestFilterNarrowsAndWidens(t *testing.T) {
	p := pickerOf(manyOptions(1000), false, nil)
	want := func(n int) {
		t.Helper()
		if len(p.shown) != n {
			t.Errorf("%q shows %d rows, want %d", p.filter, len(p.shown), n)
		}
	}
	p.press(pressOf(t, "/"))
	for _, r := range "APP-8 " {
		p.press(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	want(111) // App-8 and App-80 to App-89
	for range 2 {
		p.press(pressOf(t, "backspace"))
	}
	want(1000)
	p.press(pressOf(t, "9"))
	want(81) // App-9 and App-90 to App-96
	for _, i := range p.shown {
		if !strings.Contains(p.rows[i].searched, "app-9") {
			t.Errorf("%q does not match", p.rows[i].searched)
		}
	}
	p.press(pressOf(t, "esc"))
	want(1000)
	if p.filtering {
		t.Error("Esc does not end the search")
	}
}

// Whatever way a filter came about, it shows what a plain search shows.
func TestFilterEqualsAPlainSearch(t *testing.T) {
	p := pickerOf(manyOptions(500), false, nil)
	for _, f := range []string{"a", "ap", "app-1", "app-12", "app-1", "pp-1", "", "x", "xy", "x", "private (subnet-0012", "PRIVATE", "subnet-0012 app", "private  APP-1 ", "app subnet-00 private x"} {
		p.setFilter(f)
		var want []int
		for i := range p.rows {
			all := true
			for _, term := range strings.Fields(strings.ToLower(f)) {
				all = all && strings.Contains(p.rows[i].searched, term)
			}
			if all {
				want = append(want, i)
			}
		}
		if !slices.Equal(p.shown, want) && len(p.shown)+len(want) > 0 {
			t.Errorf("%q: %d rows, want %d", f, len(p.shown), len(want))
		}
	}
}

func TestTheCursorStaysOnItsRowWhileFiltering(t *testing.T) {
	p := pickerOf(manyOptions(300), false, []string{"subnet-00105"})
	p.setFilter("App-8 ")
	if r := p.under(); r == nil || r.value != "subnet-00105" {
		t.Errorf("cursor on %+v", r)
	}
	p.setFilter("nothing like it")
	if p.under() != nil || p.chosen() != nil {
		t.Error("an empty list has a row")
	}
	p.press(pressOf(t, "down"))
	p.press(pressOf(t, "space"))
	p.setFilter("")
	if p.under() == nil {
		t.Error("the cursor is lost")
	}
}

func TestTicksSurviveFilteringAndKeepToTheRules(t *testing.T) {
	p := pickerOf([]steps.Option{
		{Value: "new", Label: "new", Solo: true},
		{Value: "a1", Label: "a1", Exclusive: "a", Section: "Zones"},
		{Value: "a2", Label: "a2", Exclusive: "a", Section: "Zones"},
		{Value: "b1", Label: "b1", Exclusive: "b", Section: "Zones"},
		{Value: "off", Label: "off", Problem: "no", Section: "Zones"},
		{Value: "", Label: "info", Info: true, Section: "More"},
	}, true, []string{"new"})
	tick := func(filter string) {
		p.setFilter(filter)
		p.press(pressOf(t, "space"))
		p.setFilter("")
	}
	for _, s := range []struct {
		tick string
		want []string
	}{
		{"a1", []string{"a1"}}, {"b1", []string{"a1", "b1"}}, {"a2", []string{"a2", "b1"}}, {"off", []string{"a2", "b1"}}, {"info", []string{"a2", "b1"}}, {"new", []string{"new"}}, {"new", []string{}},
	} {
		if tick(s.tick); !slices.Equal(p.chosen(), s.want) {
			t.Errorf("after %s: %v, want %v", s.tick, p.chosen(), s.want)
		}
	}
}

func TestTheCursorSkipsHeadings(t *testing.T) {
	st := newStyles(true)
	p := newPicker([]row{{heading: true, label: "A"}, {value: "1", label: "one"}, {heading: true, label: "B"}, {value: "2", label: "two"}, {heading: true, label: "C"}}, false, nil)
	var got []string
	for _, k := range []string{"up", "down", "down", "end", "home", "pgdown", "pgup"} {
		p.press(pressOf(t, k))
		got = append(got, p.under().value)
		p.render(&st, 20, 2)
	}
	if want := []string{"1", "2", "2", "2", "1", "2", "1"}; !slices.Equal(got, want) {
		t.Errorf("cursor on %v, want %v", got, want)
	}
	if out := p.render(&st, 20, 2); !strings.Contains(ansi.Strip(out[0]), "A") {
		t.Errorf("the heading of the first row is out of sight: %q", out)
	}
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		in   string
		w    int
		want []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"keeps --the-option whole", 19, []string{"keeps --the-option", "whole"}},
		{"  indented words go on", 12, []string{"  indented", "  words go", "  on"}},
		{"arn:aws:iam::123456789012:role/x y", 10, []string{"arn:aws:ia", "m::1234567", "89012:role", "/x y"}},
		{"a\n\nb", 5, []string{"a", "", "b"}},
		{"東京都港区", 4, []string{"東京", "都港", "区"}},
		{"東", 1, []string{"東"}},
		{"", 5, nil},
	} {
		if got := wrap(tt.in, tt.w); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                 "plain",
		"a\nb\tc":               "a b c",
		"\x1b[31mred\x1b[0m":    "red",
		"\x1b]0;title\x07x":     "x",
		"rtl\u202eabc":          "rtlabc",
		"zero\u200bwidth\u2060": "zerowidth",
		"c1\u009b31m":           "c131m",
		"東京":                    "東京",
		"👩\u200d👧":              "👩👧",
		"bad\xff":               "bad",
		"line\u2028sep":         "line sep",
		"heart\u2764\ufe0f":     "heart\u2764",
	} {
		if got := clean(in); got != want && !(strings.HasPrefix(in, "c1") && !strings.ContainsRune(got, '\u009b')) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := cleanText("a\nb"); got != "a\nb" {
		t.Errorf("prose lost its lines: %q", got)
	}
}

// bigStep is the app on the runs-in step of a VPC with n subnets.
func bigStep(b *testing.B, n int) *app {
	inv := account()
	net := inventory.Network{VPC: "vpc-0a1", RouteTables: inv.Networks[0].RouteTables}
	for i := range n {
		net.Subnets = append(net.Subnets, inventory.Subnet{ID: fmt.Sprintf("subnet-%05d", i), Name: fmt.Sprintf("app-%d-private", i), VPC: "vpc-0a1", Zone: "us-east-1a", CIDR: "10.0.1.0/24"})
	}
	inv.Networks = []inventory.Network{net}
	inv.Loaded = append(steps.Requests(&inventory.Inventory{}, steps.Answers{}.Answers), inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-0a1"})
	a := newApp(b.Context(), newFake(), Options{Width: 120, Height: 40, Build: build})
	a.inv, a.account, a.session = inv, Account{Key: "sandbox"}, newFake()
	a.ans.VPC = "vpc-0a1"
	for _, s := range a.steps {
		if s.ID == "runs-in" {
			_ = a.askStep(a, s, a.askNext)
		}
	}
	a.View()
	return a
}

func BenchmarkUpdateView(b *testing.B) {
	for _, n := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a := bigStep(b, n)
			down, up := tea.KeyPressMsg{Code: tea.KeyDown}, tea.KeyPressMsg{Code: tea.KeyUp}
			for i := 0; b.Loop(); i++ {
				k := down
				if i/(n/2+1)%2 == 1 { // there and back
					k = up
				}
				a.Update(k)
				a.View()
			}
		})
	}
}

// One round types a letter and takes it back, with a frame after each.
func BenchmarkFilter(b *testing.B) {
	for _, n := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a := bigStep(b, n)
			a.Update(tea.KeyPressMsg{Code: '/', Text: "/"})
			for b.Loop() {
				a.Update(tea.KeyPressMsg{Code: '7', Text: "7"})
				a.View()
				a.Update(tea.KeyPressMsg{Code: tea.KeyBackspace})
				a.View()
			}
		})
	}
}

func BenchmarkEnterStep(b *testing.B) {
	a := bigStep(b, 10_000)
	s := a.top().(*choiceScreen)
	for b.Loop() {
		s.ready = false
		s.enter(a)
	}
}

// TestSimilarRows: if no row contains the terms, those with their letters in order are shown, and say so.
func TestSimilarRows(t *testing.T) {
	st := newStyles(true)
	p := newPicker([]row{{value: "a", label: "subnet-0a1 (app-a)"}, {value: "b", label: "subnet-0b2 (data-b)"}, {value: "c", label: "endpoint"}}, false, nil)
	for _, tt := range []struct {
		filter string
		want   []int
		says   string
	}{
		{"app", []int{0}, "1 match"}, {"a1 sub", []int{0}, "1 match"}, {"sbda", []int{1}, "1 similar match"}, {"sn0", []int{0, 1}, "2 similar matches"}, {"zz", nil, "0 matches"}, {"sbd", []int{1}, "1 similar match"},
	} {
		p.setFilter("")
		for i := range tt.filter {
			p.setFilter(tt.filter[:i+1])
		}
		text := ansi.Strip(strings.Join(p.render(&st, 60, 5), "\n"))
		if !slices.Equal(p.shown, tt.want) && len(p.shown)+len(tt.want) > 0 || !strings.Contains(text, tt.says) {
			t.Errorf("%q: rows %v, want %v\n%s", tt.filter, p.shown, tt.want, text)
		}
	}
}

// TestMatchesAreMarked: each character that the filter matches is underlined, and no other one.
func TestMatchesAreMarked(t *testing.T) {
	st := newStyles(true)
	for _, tt := range []struct{ filter, label, want string }{
		{"b a", "Abacus", "Aba"}, {"APP", "prod-app-a", "app"}, {"pdp", "prod-app", "pdp"},
	} {
		p := newPicker([]row{{value: "x", label: tt.label}}, false, nil)
		p.setFilter(tt.filter)
		line := p.line(&st, &p.rows[0], false, 0, 40)
		got := ""
		for _, m := range regexp.MustCompile(`\x1b\[[0-9;]*4m([^\x1b]*)\x1b`).FindAllStringSubmatch(line, -1) {
			got += m[1]
		}
		if got != tt.want || !strings.Contains(ansi.Strip(line), tt.label) {
			t.Errorf("%q in %q: %q, want %q (%q)", tt.filter, tt.label, got, tt.want, line)
		}
	}
}

// TestMouseInLists: the wheel and a click move the cursor, a click selects where several options can be chosen, and screens
// without a list leave the mouse to the terminal.
func TestMouseInLists(t *testing.T) {
	play(t, newFake(), Options{}, func(d *driver) {
		d.press(everyStep...)
		d.press("enter")
		d.sees("Which subnets do the tasks run in?")
		if d.a.View().MouseMode == tea.MouseModeNone {
			t.Error("the list does not get the mouse")
		}
		s := d.a.top().(*choiceScreen)
		before, at := s.pick.chosen(), s.pick.cursor
		d.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		if s.pick.cursor != at+1 {
			t.Errorf("the wheel moved from %d to %d", at, s.pick.cursor)
		}
		lines := strings.Split(d.screen(), "\n")
		y := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "public-a") })
		d.send(tea.MouseClickMsg{X: 30, Y: y, Button: tea.MouseLeft})
		if got := s.pick.chosen(); !slices.Contains(got, "subnet-0p") || len(got) != len(before)+1 {
			t.Errorf("%q after a click on public-a, %q before", got, before)
		}
		for _, y := range []int{0, 1, 2, 23, 99} {
			d.send(tea.MouseClickMsg{X: 30, Y: y, Button: tea.MouseLeft})
		}
		d.sees("Which subnets do the tasks run in?")
		d.press("esc", "esc", "choose:"+planNow, "x")
		if d.a.View().MouseMode != tea.MouseModeNone {
			t.Error("commands cannot be selected with the mouse")
		}
	})
}

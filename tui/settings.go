package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// missing returns what the account of the user has not; empty if nothing is known to be missing.
func (s *accounts) missing() string {
	if m := s.own.Settings.Missing; m != "" {
		return "! " + m + "\n\n"
	}
	return ""
}

// ownDetails returns the details of the account of the user.
func (s *accounts) ownDetails() string {
	text := s.missing()
	if s.known != "" && s.own.same(s.opened) {
		text += s.known + "\n\n"
	}
	const most = 6
	if len(s.profiles) > 1 {
		text += "Profiles in the AWS configuration files\n" + profileTable(s.profiles[:min(len(s.profiles), most)])
		if more := len(s.profiles) - most; more > 0 {
			text += fmt.Sprintf("  and %d more\n", more)
		}
		text += "\n"
	}
	return text + "The wizard reads the account. It changes nothing before you confirm a plan."
}

// profileTable lists profiles with their credentials.
func profileTable(profiles []Account) string {
	names := 0
	for _, acc := range profiles {
		names = max(names, ansi.StringWidth(acc.Settings.Profile))
	}
	text := ""
	for _, acc := range profiles {
		mark := "  "
		if acc.Settings.Missing != "" {
			mark = "! "
		}
		text += mark + fit(cmp.Or(acc.Settings.Profile, "–"), names) + "  " + cmp.Or(acc.Settings.Credentials, "no credentials") + "\n"
	}
	return text
}

// settingsMsg contains the account of the user and the profiles.
type settingsMsg struct {
	own      *Account
	profiles []Account
}

// readSettings reads the settings of the user again, and all profiles. It is a command, because an AWS configuration can
// have hundreds of profiles.
func (s *accountScreen) readSettings(a *app) tea.Cmd {
	if s.own == nil {
		return nil
	}
	flag := s.own.Settings.Flag
	return a.work.cmd(func(context.Context) tea.Msg {
		return settingsMsg{a.backend.Own(flag), a.backend.Profiles()}
	})
}

// take takes settings, unless another profile was chosen since. A Region that was chosen stays.
func (s *accounts) take(m settingsMsg) {
	s.profiles = m.profiles
	if m.own.Settings.Flag == s.own.Settings.Flag {
		s.use(*m.own)
	}
}

// read takes settings and shows them.
func (s *accountScreen) read(m settingsMsg) {
	s.take(m)
	s.update()
}

// use selects another profile. A Region that was chosen stays.
func (s *accounts) use(acc Account) {
	if set := s.own.Settings; set.Chosen {
		acc = acc.in(set.Region, set.From)
	}
	s.own = &acc
}

// flag returns the chosen profile; empty without one.
func (s *accounts) flag() string {
	if s.own == nil {
		return ""
	}
	return s.own.Settings.Flag
}

// change asks for the profile or the Region, and comes back.
func (s *accountScreen) change(a *app, what string) tea.Cmd {
	back := func() {
		s.update()
		a.run(tea.Batch(a.pop(), s.readRuns(a)))
	}
	switch {
	case what == ownRegion:
		_ = s.askRegion(a, a.backend, back) // the answer is a later message
	case s.profiles == nil: // for less than a second after the start
		a.say("The wizard reads the AWS configuration files. Press the key again.")
	default:
		_ = s.askProfile(a, back)
	}
	return nil
}

// instant is a question that needs nothing of the inventory.
func instant(title string, make func() question) *prompt {
	return &prompt{id: atAccount, title: title, terms: homeTerms, needs: func() []inventory.Request { return nil }, make: make}
}

// askProfile asks for the profile.
func (s *accounts) askProfile(p prompter, then func()) error {
	profiles := s.profiles
	return p.Select(instant("Profile", func() question { return s.profileQuestion(profiles) }), func(value string) error {
		if i, _ := strconv.Atoi(value); !s.uses(profiles[i]) {
			s.use(profiles[i])
		}
		then()
		return nil
	})
}

// uses reports whether a profile is in use.
func (s *accounts) uses(acc Account) bool {
	now := s.own.Settings
	return acc.Settings.Flag == now.Flag || now.Flag == "" && acc.Settings.Profile == now.Profile
}

func (s *accounts) profileQuestion(profiles []Account) question {
	q := question{title: "Profile", ask: "Which profile should the wizard use?", help: "The profiles of the AWS configuration files. No file is changed."}
	for i, acc := range profiles {
		set := acc.Settings
		if s.uses(acc) {
			q.chosen = []string{strconv.Itoa(i)}
		}
		details := "Region       " + cmp.Or(set.Region, "none") + "\nCredentials  " + cmp.Or(set.Credentials, "none")
		if set.Missing != "" {
			details += "\n\n! " + set.Missing
		}
		q.options = append(q.options, steps.Option{Value: strconv.Itoa(i), Label: cmp.Or(set.Profile, set.Credentials, "none"), Hint: set.marked(), Details: details})
	}
	return q
}

// askRegion asks for the Region.
func (s *accounts) askRegion(p prompter, b Backend, then func()) error {
	return p.Select(instant("Region", func() question {
		now := s.own.Settings
		q := question{title: "Region", ask: "Which Region should the wizard use?", chosen: []string{now.Region}}
		for _, r := range b.Regions(now.Region) {
			o := steps.Option{Value: r, Label: r, Details: "The list has the Regions that this version knows. To use another one, start the wizard with --region."}
			if r == now.Region {
				o.Hint = now.From
			}
			q.options = append(q.options, o)
		}
		return q
	}), func(value string) error {
		if value != s.own.Settings.Region {
			acc := s.own.in(value, "chosen here")
			s.own = &acc
		}
		then()
		return nil
	})
}

// marked returns where the credentials come from, with a mark if something is missing.
func (set *Settings) marked() string {
	text := cmp.Or(set.Credentials, "no credentials")
	if set.Missing != "" {
		return "! " + text
	}
	return text
}

// in returns the account in a Region. The text says where the Region is set.
func (acc Account) in(region, from string) Account {
	set := *acc.Settings
	set.Region, set.From, set.Chosen = region, from, true
	acc.Settings = &set
	return acc
}

// same reports whether both are one account in one Region.
func (acc Account) same(as Account) bool {
	return acc.Key == as.Key && (acc.Settings == nil || acc.Settings.Region == as.Settings.Region)
}

// withProfile returns commands, as quoted arguments, for the account. The AWS CLI does not know the profile that was chosen with a flag,
// on the screen or in the preferences, and uses another account without it.
func (acc Account) withProfile(commands ...[]string) [][]string {
	set := acc.Settings
	if set == nil || set.Flag == "" {
		return commands
	}
	var out [][]string
	for _, c := range commands {
		if len(c) > 0 && c[0] == "aws" {
			c = slices.Insert(slices.Clone(c), 1, "--profile", shellQuote(set.Flag))
		}
		out = append(out, c)
	}
	return out
}

// flags returns the flags that select the account on the command line.
func (acc Account) flags() []string {
	if set := acc.Settings; set != nil && set.Chosen {
		return append(slices.Clip(acc.Flags), "--region="+set.Region)
	}
	return acc.Flags
}

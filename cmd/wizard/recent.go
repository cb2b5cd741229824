package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/recent"
	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
	"github.com/privatelink-wizard/privatelink-wizard/tui"
)

// history reports whether the answers of plans are kept on this computer.
func (g *globals) history() bool {
	keep := g.prefer().History
	return keep == nil || *keep
}

// Recent implements tui.Backend.
func (b *backend) Recent() ([]tui.Recent, error) {
	if b.g.snapshot != "" || !b.g.history() {
		return nil, nil
	}
	dir, err := record.State()
	if err != nil { // then nothing can have been kept
		return nil, nil
	}
	all, err := recent.List(dir)
	if err != nil {
		err = fmt.Errorf("%w. `wizard config clear-history` deletes all earlier answers", err)
	}
	var out []tui.Recent
	accounts := map[string]*tui.Account{} // by profile
	if len(all) > 0 {
		own := b.Own("")
		accounts[own.Settings.Profile] = own
	}
	for _, e := range all {
		if accounts[e.Profile] == nil {
			accounts[e.Profile] = b.Own(e.Profile)
		}
		acc := *accounts[e.Profile]
		set := *acc.Settings
		if region := e.Answers.Region; region != "" {
			set.Region, set.From, set.Chosen = region, "from the earlier answers", true
		}
		acc.Settings = &set
		out = append(out, tui.Recent{Time: e.Time, Answers: e.Answers, Account: acc})
	}
	return out, err
}

// Remember implements tui.Session.
func (s *session) Remember(a answers.Answers) error {
	if s.of.Settings == nil || !s.g.history() {
		return nil
	}
	dir, err := record.State()
	if err != nil {
		return err
	}
	a = a.Clone()
	l := &a.Airflow.LoadBalancer
	for _, path := range []*string{&l.CertificateFile, &l.ChainFile, &l.KeyFile} { // the wizard can be started in another folder
		if *path != "" {
			if *path, err = filepath.Abs(*path); err != nil {
				return err
			}
		}
	}
	return recent.Add(dir, recent.Entry{Time: time.Now().UTC().Truncate(time.Second), Profile: s.of.Settings.Profile, Answers: a})
}

package netmap

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// judge decides the states of endpoints and needs.
func (d *drawing) judge() {
	needed := map[string]bool{}
	for _, n := range d.plan.Needs {
		needed[n.Service] = n.Verdict == plan.Required || n.Verdict == plan.Recommended
	}
	for _, e := range d.Endpoints {
		if e.Change == "" { // the plan does not need it
			continue
		}
		if e.After.State != Broken {
			e.After = d.status(e, d.plan.Findings, "")
			if !e.Planned {
				e.Now = d.status(e, d.now, noRoute)
			}
		}
	}
	for _, n := range d.plan.Needs {
		if !needed[n.Service] {
			continue
		}
		need := Need{Service: safe(n.Service), Required: n.Verdict == plan.Required}
		for _, e := range d.Endpoints {
			if e.Code != need.Service {
				continue
			}
			if need.Endpoint == nil || e.Change != "" && need.Endpoint.Change == "" {
				need.Endpoint, need.Now, need.After = e, e.Now, e.After
			}
		}
		if e := need.Endpoint; e != nil && e.Change != "" && !e.Planned && e.Now.State != Broken {
			need.Now = d.status(e, d.now, "")
		}
		if need.Endpoint == nil && d.hides("ec2:DescribeVpcEndpoints") {
			need.Now = Status{Undecided, []string{"VPC endpoints could not be read."}}
			need.After = need.Now
		}
		d.Needs = append(d.Needs, need)
		d.routes(&need)
	}
}

// routes notes in the route tables of the workload that the route of a needed gateway endpoint is missing.
func (d *drawing) routes(n *Need) {
	if catalog.Lookup(n.Service).Type != catalog.Gateway {
		return
	}
	for _, t := range d.Tables {
		if !t.Workload {
			continue
		}
		var now, after bool
		for _, e := range t.Gateways {
			if e.Code == n.Service && e.Now.State != Broken && slices.Contains(e.Tables, t.ID) {
				now = true
			}
			after = after || e.Code == n.Service && e.After.State != Broken
		}
		if !now {
			t.MissingNow = append(t.MissingNow, n.Service)
		}
		if !after {
			t.Missing = append(t.Missing, n.Service)
		}
	}
}

// noRoute is the rule about route tables without a route to a gateway endpoint. It is about the need and about these
// tables; other tables use the endpoint.
const noRoute = "G-GWROUTE"

// status returns what findings say about an endpoint, except those of a rule.
func (d *drawing) status(e *Endpoint, findings []plan.Finding, except string) Status {
	var blocked, unsure, warned []string
	for _, f := range findings {
		if f.Rule == except || !slices.Contains(f.Changes, e.Change) {
			continue
		}
		text := safe(f.Rule + ": " + f.Message)
		switch {
		case f.Undecided:
			unsure = append(unsure, text)
		case f.Severity == plan.Block || f.Severity == plan.Error:
			blocked = append(blocked, text)
		case f.Severity == plan.Warn:
			warned = append(warned, text)
		}
	}
	for _, call := range decides[e.Type] {
		if g, gap := d.inv.Gap(call); gap {
			unsure = append(unsure, safe(g.String())+": it would have shown whether something is in the way.")
		}
	}
	switch {
	case len(blocked) > 0:
		return Status{Blocked, blocked}
	case len(unsure) > 0:
		return Status{Undecided, unsure}
	case len(warned) > 0:
		return Status{Warned, warned}
	}
	return Status{State: Reachable}
}

// Reached returns how many of the needed services endpoints serve in a view, and how many of
// them could not be decided.
func (m *Map) Reached(after bool) (reached, undecided int) {
	for _, n := range m.Needs {
		switch n.At(after).State {
		case Reachable, Warned:
			reached++
		case Undecided:
			undecided++
		}
	}
	return reached, undecided
}

// Headline returns the first line of the picture, in a shorter form if the width asks for it. During a run and after it,
// the present state of the map is the one before the run.
func (m *Map) Headline(width int, run bool) string {
	switch {
	case !m.placed:
		return m.Who + ": its subnets are not known yet"
	case len(m.Needs) == 0:
		return m.Who + " needs no endpoints"
	}
	count := func(after bool) string {
		n, unsure := m.Reached(after)
		text := fmt.Sprintf("%d of %d", n, len(m.Needs))
		if unsure > 0 {
			text += fmt.Sprintf(" (%d not decided)", unsure)
		}
		return text
	}
	now, after, word := count(false), count(true), "now"
	if run {
		word = "before"
	}
	for _, text := range []string{
		fmt.Sprintf("%s: endpoints serve %s needed services %s, %s after the plan", m.Who, now, word, after),
		fmt.Sprintf("Endpoints serve %s needed services %s, %s after the plan", now, word, after),
	} {
		if words.Width(text) <= width {
			return text
		}
	}
	return fmt.Sprintf("Endpoints: %s %s, %s planned", now, word, after)
}

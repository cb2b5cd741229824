package doctor

import (
	"net/netip"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Verify compares the causes with an account and its plan: each cause gets its state and the facts, and a confirmed one its fix. It adds what
// the account confirms and the messages allow. Confirmed causes come first, and those that are ruled out last. A report without messages
// gets the causes of the account alone. If the account rules all causes of the messages out, it gets those of the account as well, marked as such. The plan must be for the same inventory and answers.
func (r *Report) Verify(inv *inventory.Inventory, ans answers.Answers, p *plan.Plan) {
	account := cause.NewAccount(inv, ans, p)
	alone := len(r.Messages) == 0 && len(r.Causes) == 0
	results := map[int]cause.Result{}
	for i := range r.Causes {
		c := &r.Causes[i]
		results[i] = account.Check(r.query(*c))
		c.State, c.Facts, c.Fix = results[i].State, results[i].Facts, nil
	}
	add := func(found cause.Cause, also bool) {
		c, result := r.added(found), account.Of(found)
		c.State, c.Facts, c.Also = result.State, result.Facts, also
		if found.Undecided {
			c.Certainty = Possible
		}
		results[len(r.Causes)] = result
		r.Causes = append(r.Causes, c)
	}
	for _, found := range account.Causes() {
		if r.accepts(found, alone) {
			add(found, false)
		}
	}
	if !alone && !slices.ContainsFunc(r.Causes, func(c Cause) bool { return c.State != Excluded }) {
		for _, found := range account.Causes() {
			if !found.Undecided {
				add(found, true)
			}
		}
	}
	v := values{details: r.Messages, inv: inv, ans: ans, plan: p}
	for i := range r.Causes {
		if c := &r.Causes[i]; c.State == Confirmed {
			c.Fix = v.fix(*c, r.query(*c), results[i])
		}
	}
	r.order(results)
	r.Check = "" // what the text alone asks for is decided now, or is the check of a cause
	if i := slices.IndexFunc(r.Causes, func(c Cause) bool { return c.State == Undecided && c.Check != "" }); i >= 0 {
		r.Check = r.Causes[i].Check
	}
}

// order sorts the causes: confirmed ones first, and of these those that the review of the plan reports too. A missing internet route comes after
// them, because it is another description of a missing endpoint, route or public address. Causes that are ruled out come last.
func (r *Report) order(results map[int]cause.Result) {
	type placed struct {
		Cause
		place int
	}
	exact := slices.ContainsFunc(r.Causes, func(c Cause) bool {
		return c.State == Confirmed && (c.Kind == cause.RouteMissing || c.Kind == cause.NoPublicAddress)
	})
	places := map[State]int{Confirmed: 1, Undecided: 3, Excluded: 4}
	var all []placed
	for i, c := range r.Causes {
		p, reviewed := placed{c, places[c.State]}, len(results[i].Causes) > 0
		switch {
		case c.Also:
			p.place = 5
		case c.State != Confirmed:
		case c.Kind == cause.NoInternetPath && (exact || !reviewed):
			p.place = 2
		case reviewed:
			p.place = 0
		}
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.place - b.place })
	for i, p := range all {
		r.Causes[i] = p.Cause
	}
}

// Extra returns the services of confirmed causes that the plan fixes only if the answers list them as additional endpoints: the workload does not
// need them by itself, and the VPC has no endpoint for them.
func (r *Report) Extra(p *plan.Plan) []string {
	var out []string
	for _, c := range r.Causes {
		if c.Kind != cause.EndpointMissing || c.State != Confirmed || c.Service == "" || c.Fix == nil || len(c.Fix.Changes) > 0 || len(c.Fix.Commands) == 0 || slices.Contains(out, c.Service) {
			continue
		}
		if !slices.ContainsFunc(p.Needs, func(n plan.Need) bool {
			return n.Service == c.Service && (n.Verdict == plan.Required || n.Verdict == plan.Recommended)
		}) {
			out = append(out, c.Service)
		}
	}
	return out
}

// Answers returns the answers of a plan that fixes the confirmed causes: the given ones with what the fixes change in them. ok is false if no plan
// fixes any of them.
func (r *Report) Answers(of answers.Answers) (out answers.Answers, ok bool) {
	out = of
	for _, c := range r.Causes {
		if c.State != Confirmed || c.Fix == nil {
			continue
		}
		ok = ok || len(c.Fix.Changes) > 0
		if c.Fix.patch != nil {
			out, ok = c.Fix.patch.Apply(out), true
		}
	}
	return out, ok
}

// FixFromText adds a fix to causes that the text of the messages alone makes certain. An account was not compared, so that the commands have
// placeholders for what the messages do not contain.
func (r *Report) FixFromText() {
	v := values{details: r.Messages}
	for i := range r.Causes {
		if c := &r.Causes[i]; c.State == "" && c.Certainty == Certain {
			c.Fix = v.fix(*c, r.query(*c), cause.Result{})
		}
	}
}

// query returns what the messages say about a cause. A message about the service of the cause decides, otherwise the first.
func (r *Report) query(c Cause) cause.Query {
	q := cause.Query{Kind: c.Kind, Service: c.Service}
	d, several := detailsOf(r.Messages, c)
	if q.Service == "" && !several {
		q.Service = d.Service
	}
	q.Region, q.Host, q.Action, q.Principal, q.Resource, q.IDs = d.Region, d.Host, d.Action, d.Principal, d.Resource, d.IDs
	return q
}

// detailsOf returns the values of the message that a cause is about. several means that the messages are about several services.
func detailsOf(messages []Message, c Cause) (d Details, several bool) {
	found := false
	for _, m := range messages {
		if !found || c.Service != "" && m.Details.Service == c.Service && d.Service != c.Service {
			found, d = true, m.Details
		}
		several = several || m.Details.Service != messages[0].Details.Service
	}
	return d, several
}

// accepts reports whether a cause of the account is added: the messages do not list it and do not speak against it, and it has the same
// symptom and affects the same service as a cause that they list. If AWS answered, nothing about the path is added. A message about a host outside AWS has no service. Without messages, alone
// is true, and every cause is added.
func (r *Report) accepts(found cause.Cause, alone bool) bool {
	if alone {
		return true
	}
	if slices.ContainsFunc(r.Messages, func(m Message) bool { return m.Details.Code != "" || m.Details.Status > 0 }) {
		return false // AWS answered, and the answer is the failure
	}
	if slices.ContainsFunc(r.Messages, func(m Message) bool { return m.certificate() || m.private() && offPublic(found.Kind) }) {
		return false
	}
	if slices.ContainsFunc(r.Causes, func(c Cause) bool { return c.Kind == found.Kind && found.About(r.query(c).Service) }) {
		return false
	}
	against := slices.ContainsFunc(r.Messages, func(m Message) bool {
		return slices.ContainsFunc(m.RuledOut, func(x RuledOut) bool { return x.Kind == found.Kind })
	})
	return !against && !found.Undecided && slices.ContainsFunc(r.Causes, func(c Cause) bool {
		return c.Kind.Like(found.Kind) && (len(found.Services) == 0 || slices.Contains(found.Services, r.query(c).Service))
	})
}

// certificate reports whether the message is about a certificate. It arrived, so that the path on TCP 443 works.
func (m Message) certificate() bool { return shows(m.Text, badCertificate) }

// private reports whether the name of the host has a private address.
func (m Message) private() bool {
	a, err := netip.ParseAddr(m.Details.Address)
	return err == nil && a.IsPrivate()
}

// offPublic reports whether a cause makes the name of a service resolve to public addresses, or to none. A private address rules it out.
func offPublic(k cause.Kind) bool { return k == cause.VPCDNSOff || k == cause.PrivateDNSOff }

// added returns a cause of the account as a cause of the report.
func (r *Report) added(found cause.Cause) Cause {
	c := Cause{Kind: found.Kind, Certainty: Certain, Text: found.Text}
	switch {
	case len(found.Services) == 1:
		c.Service = found.Services[0]
	case len(r.Messages) > 0:
		if d, several := detailsOf(r.Messages, c); !several && slices.Contains(found.Services, d.Service) {
			c.Service = d.Service
		}
	}
	return c
}

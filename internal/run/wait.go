package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// wait returns when the resource of the change is ready, or an error if it will never be ready. A resource that
// was just made is not polled before it can be ready.
func (r *runner) wait(ctx context.Context, a resource.Change, u resource.Until, id string, made bool, since moment) error {
	id = cmp.Or(u.ID, id)
	last := ""
	see := func(s states) (ready bool, err error) {
		if s.err != nil {
			if refused(s.err) {
				return false, cmp.Or(ctx.Err(), s.err) // it may become ready after the run was stopped
			}
			r.waits(a.ID, u, "%v; trying again", s.err)
			return false, nil
		}
		state, more := cmp.Or(s.of[id], u.Missing), s.more[id]
		if strings.EqualFold(state, u.Want) {
			return true, nil
		}
		if slices.ContainsFunc(u.Fail, func(f string) bool { return strings.EqualFold(f, state) }) {
			why := ""
			if more != "" {
				why = " (AWS reports: " + more + ")"
			}
			return false, fmt.Errorf("it is %s and will not become %s%s", state, u.Want, why)
		}
		if state == "" {
			state = "not shown by AWS yet"
		}
		if more != "" {
			state += ": " + more
		}
		if state != last {
			last = state
			r.waits(a.ID, u, "%s is %s", id, state)
		}
		return false, nil
	}
	first := time.Duration(0)
	if made {
		if first = time.Duration(u.Earliest) * time.Second; first > 0 {
			r.waits(a.ID, u, "%s is not ready yet", id)
		}
	} else if ready, err := see(r.polls.once(ctx, u, since)); ready || err != nil {
		return err
	}
	answers, leave := r.polls.join(u, r.pace.scaled(first))
	defer leave()
	limit, done := r.session.within(context.Background(), time.Duration(r.limit(u))*time.Second)
	defer done()
	for {
		select {
		case s := <-answers:
			if ready, err := see(s); ready || err != nil {
				return err
			}
		case <-limit.Done():
			if u.Soft {
				return nil
			}
			if u.Help != "" {
				return fmt.Errorf("still %s after %d seconds. %s", last, r.limit(u), u.Help)
			}
			return fmt.Errorf("still %s after %d seconds; run again to continue waiting", last, r.limit(u))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// states are what a poll shows of all resources.
type states struct {
	of   map[string]string
	more map[string]string // AWS's explanation of failed ones: "code: message"
	err  error
}

// poller makes one call for all changes that wait for the same call.
type poller struct {
	ctx     context.Context
	fetch   func(context.Context, resource.Call, moment, string) (data any, expr string, err error)
	now     func() moment
	scaled  func(time.Duration) time.Duration
	running sync.WaitGroup
	mu      sync.Mutex
	polling map[string]*poll
}

type poll struct {
	listeners []*listener
	joined    chan struct{} // a listener joined
}

// listener is a change that waits.
type listener struct {
	answers chan states
	due     time.Time // when it needs the next answer
	every   time.Duration
}

// join registers for the answers to a call, the first of them after some time; the returned function ends that.
func (p *poller) join(u resource.Until, first time.Duration) (<-chan states, func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := u.Call.Key() + fmt.Sprint(u.Call.Out)
	q := p.polling[key]
	if q == nil {
		q = &poll{joined: make(chan struct{}, 1)}
		p.polling[key] = q
		p.running.Go(func() { p.run(key, q, u) })
	}
	l := &listener{make(chan states, 1), time.Now().Add(first), time.Second}
	q.listeners = append(q.listeners, l)
	select {
	case q.joined <- struct{}{}:
	default:
	}
	return l.answers, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		q.listeners = slices.DeleteFunc(q.listeners, func(o *listener) bool { return o == l })
	}
}

// run polls until no listener remains.
func (p *poller) run(key string, q *poll, u resource.Until) {
	for {
		p.mu.Lock()
		if len(q.listeners) == 0 {
			delete(p.polling, key)
			p.mu.Unlock()
			return
		}
		next := slices.MinFunc(q.listeners, func(a, b *listener) int { return a.due.Compare(b.due) }).due
		p.mu.Unlock()
		timer := time.NewTimer(time.Until(next))
		select {
		case <-timer.C:
		case <-q.joined: // it may need an answer sooner
			timer.Stop()
			continue
		case <-p.ctx.Done():
			timer.Stop()
			return
		}
		p.mu.Lock()
		asking := slices.Clone(q.listeners) // later listeners get the next answer
		p.mu.Unlock()
		begun := time.Now()
		if !slices.ContainsFunc(asking, func(l *listener) bool { return !l.due.After(begun) }) {
			continue // the one that was due has left
		}
		ans := p.once(p.ctx, u, p.now())
		p.mu.Lock()
		for _, l := range asking {
			select { // replace an unread answer
			case <-l.answers:
			default:
			}
			l.answers <- ans
			if now := time.Now(); !l.due.After(now) {
				l.every = min(l.every*3/2, time.Duration(u.Every)*time.Second)
				l.due = begun.Add(p.scaled(l.every))
				if !l.due.After(now) { // the call took longer
					l.due = now.Add(p.scaled(l.every))
				}
			}
		}
		p.mu.Unlock()
	}
}

// once returns what a call since a moment shows.
func (p *poller) once(ctx context.Context, u resource.Until, since moment) states {
	data, expr, err := p.fetch(ctx, u.Call, since, "")
	var s states
	if err == nil {
		s.of, err = pairs(expr, data)
	}
	if err == nil && u.What != "" {
		s.more, err = pairs(u.What, data)
	}
	if err != nil {
		return states{err: fmt.Errorf("read its state: %w", err)}
	}
	return s
}

// pairs returns the [id, text] pairs of an expression.
func pairs(expr string, data any) (map[string]string, error) {
	v, err := resource.Query(expr, data)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	rows, _ := v.([]any)
	for _, row := range rows {
		if p, ok := row.([]any); ok && len(p) == 2 {
			out[resource.Text(p[0])] = resource.Text(p[1])
		}
	}
	return out, nil
}

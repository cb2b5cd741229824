package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// wait returns when the resource of the change is ready, or an error if it will never be ready.
func (r *runner) wait(ctx context.Context, a resource.Change, u resource.Until, id string) error {
	id = cmp.Or(u.ID, id)
	answers, leave := r.polls.join(u)
	defer leave()
	limit := time.NewTimer(time.Duration(u.Limit) * time.Second)
	defer limit.Stop()
	last := ""
	for {
		select {
		case ans := <-answers:
			if ans.err != nil {
				var e interface {
					Denied() bool
					NoCredentials() bool
				}
				if errors.As(ans.err, &e) && (e.Denied() || e.NoCredentials()) {
					return ans.err
				}
				r.waits(a.ID, u, "%v; trying again", ans.err)
				continue
			}
			state := ans.states[id]
			if strings.EqualFold(state, u.Want) {
				return nil
			}
			if slices.ContainsFunc(u.Fail, func(f string) bool { return strings.EqualFold(f, state) }) {
				why := ""
				if ans.more[id] != "" {
					why = " (AWS reports: " + ans.more[id] + ")"
				}
				return fmt.Errorf("it is %s and will not become %s%s", state, u.Want, why)
			}
			if state == "" {
				state = "not shown by AWS yet"
			}
			if more := ans.more[id]; more != "" {
				state += ": " + more
			}
			if state != last {
				last = state
				r.waits(a.ID, u, "%s is %s", id, state)
			}
		case <-limit.C:
			if u.Soft {
				return nil
			}
			if u.Help != "" {
				return fmt.Errorf("still %s after %d seconds. %s", last, u.Limit, u.Help)
			}
			return fmt.Errorf("still %s after %d seconds; run again to continue waiting", last, u.Limit)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// answer is the result of a poll for all resources.
type answer struct {
	states map[string]string
	more   map[string]string // AWS's explanation of failed ones: "code: message"
	err    error
}

// poller makes one call for all changes that wait for the same call.
type poller struct {
	ctx     context.Context
	fetch   func(context.Context, resource.Call, string) (data any, expr string, err error)
	running sync.WaitGroup
	mu      sync.Mutex
	polling map[string]*poll
}

type poll struct {
	listeners []chan answer
	// fresh is set when a listener joined. It needs an answer to a call that starts after that,
	// and soon.
	fresh bool
}

// join registers for the answers to a call; the returned function ends that.
func (p *poller) join(u resource.Until) (<-chan answer, func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := u.Call.Key() + fmt.Sprint(u.Call.Out)
	q := p.polling[key]
	if q == nil {
		q = &poll{}
		p.polling[key] = q
		p.running.Go(func() { p.run(key, q, u) })
	}
	c := make(chan answer, 1)
	q.listeners, q.fresh = append(q.listeners, c), true
	return c, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		q.listeners = slices.DeleteFunc(q.listeners, func(o chan answer) bool { return o == c })
	}
}

// run polls until no listener remains.
func (p *poller) run(key string, q *poll, u resource.Until) {
	every := time.Second
	for {
		p.mu.Lock()
		asking := slices.Clone(q.listeners) // later listeners get the next answer
		p.mu.Unlock()
		ans := p.once(u)
		p.mu.Lock()
		for _, c := range asking {
			select { // replace an unread answer
			case <-c:
			default:
			}
			c <- ans
		}
		p.mu.Unlock()
		if !sleep(p.ctx, every) {
			return
		}
		p.mu.Lock()
		if len(q.listeners) == 0 {
			delete(p.polling, key)
			p.mu.Unlock()
			return
		}
		every = min(every*3/2, time.Duration(u.Every)*time.Second)
		if q.fresh {
			q.fresh, every = false, time.Second
		}
		p.mu.Unlock()
	}
}

func (p *poller) once(u resource.Until) answer {
	data, expr, err := p.fetch(p.ctx, u.Call, "")
	var ans answer
	if err == nil {
		ans.states, err = pairs(expr, data)
	}
	if err == nil && u.What != "" {
		ans.more, err = pairs(u.What, data)
	}
	if err != nil {
		return answer{err: fmt.Errorf("read its state: %w", err)}
	}
	return ans
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

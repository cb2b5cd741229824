package run

import (
	"context"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// moment is a point in the order of a run's calls. Times are not exact enough: several calls can
// have the same.
type moment int

// reads makes the reading calls of a run. Changes, polls and claims that need the answer to the same
// request share one call.
type reads struct {
	caller Caller
	clock  func() time.Time
	lasts  time.Duration // how long an answer is used

	mu      sync.Mutex
	last    moment
	answers map[string]*answer // the latest to each request
}

// answer is the answer to a reading call.
type answer struct {
	asked moment
	at    time.Time
	done  chan struct{} // closed when the fields below are set
	data  any
	err   error
}

// now returns the next moment. Calls that were made before are earlier.
func (r *reads) now() moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	return r.last
}

// get returns the answer to a request that was sent since a moment, at most a minute ago. It sends the request if there
// is none. An error is not kept.
func (r *reads) get(ctx context.Context, since moment, service, op string, in map[string]any) (any, error) {
	key := resource.Call{Service: service, Op: op, In: in}.Key()
	for {
		r.mu.Lock()
		a := r.answers[key]
		if a != nil && a.asked >= since && r.clock().Sub(a.at) <= r.lasts {
			r.mu.Unlock()
			select {
			case <-a.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if ended(a.err) && ctx.Err() == nil {
				continue // the one that made the call was stopped
			}
			return a.data, a.err
		}
		r.last++
		a = &answer{asked: r.last, at: r.clock(), done: make(chan struct{})}
		r.answers[key] = a
		r.mu.Unlock()
		a.data, a.err = r.caller.Call(ctx, service, op, in)
		if a.err != nil {
			r.mu.Lock()
			if r.answers[key] == a {
				delete(r.answers, key)
			}
			r.mu.Unlock()
		}
		close(a.done)
		return a.data, a.err
	}
}

package run

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// atOnce is the maximum number of changing calls in flight.
const atOnce = 4

// pacer starts changing calls no faster than AWS accepts them. The limits of AWS are per operation.
type pacer struct {
	speed float64
	rate  float64       // replaces the rates of the calls; 0 does not
	slots chan struct{} // one for each call in flight

	mu    sync.Mutex
	lanes map[string]*lane
}

// lane holds the calls of one operation.
type lane struct {
	limit *rate.Limiter // nil if AWS documents no limit
	// slow is held by a call that AWS throttled: one call is enough to find out when AWS accepts calls
	// again.
	slow chan struct{}
}

func newPacer(speed, perSecond float64) *pacer {
	return &pacer{speed: speed, rate: perSecond, slots: make(chan struct{}, atOnce), lanes: map[string]*lane{}}
}

func (p *pacer) lane(c resource.Call) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := c.Service + " " + c.Op
	l := p.lanes[key]
	if l == nil {
		l = &lane{slow: make(chan struct{}, 1)}
		if c.Rate != nil {
			l.limit = rate.NewLimiter(rate.Limit(cmp.Or(p.rate, c.Rate.PerSecond)*p.speed), c.Rate.Burst)
		}
		p.lanes[key] = l
	}
	return l
}

// errStopped is the result of a call that was not made because the run was stopped.
var errStopped = errors.New("not started: stopped on request")

// attempt is one changing call for a change.
type attempt struct {
	call resource.Call
	// send makes the call.
	send func() error
	// again decides how long to wait before a failed call is repeated, and whether it is.
	again func(err error, tries int) (time.Duration, bool)
	// delayed reports how long the call waits for AWS's limit.
	delayed func(time.Duration)
}

// do makes the call in its turn and repeats it. It does not start a call when ctx has ended.
func (p *pacer) do(ctx context.Context, a attempt) error {
	l := p.lane(a.call)
	if !p.turn(ctx, l, a.delayed) {
		return errStopped
	}
	l.slow <- struct{}{} // wait while another call is throttled
	<-l.slow
	err := p.send(ctx, a)
	if err == nil {
		return nil
	}
	wait, again := a.again(err, 0)
	if !again {
		return err
	}
	l.slow <- struct{}{}
	defer func() { <-l.slow }()
	for tries := 1; again; tries++ {
		if !sleep(ctx, p.scaled(wait)) {
			return errStopped
		}
		if err = p.send(ctx, a); err == nil {
			return nil
		}
		wait, again = a.again(err, tries)
	}
	return err
}

// turn waits until AWS's limit allows the next call of a lane.
func (p *pacer) turn(ctx context.Context, l *lane, delayed func(time.Duration)) bool {
	if ctx.Err() != nil {
		return false
	}
	if l.limit == nil {
		return true
	}
	r := l.limit.Reserve()
	wait := r.Delay()
	if wait == 0 {
		return true
	}
	delayed(wait)
	if !sleep(ctx, wait) {
		r.Cancel()
		return false
	}
	return true
}

// send makes the call when a slot is free.
func (p *pacer) send(ctx context.Context, a attempt) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return errStopped
	}
	defer func() { <-p.slots }()
	if ctx.Err() != nil {
		return errStopped
	}
	return a.send()
}

// shortest is the shortest time between two polls, however fast the account works.
const shortest = 20 * time.Millisecond

// scaled returns a time of AWS in an account that works faster.
func (p *pacer) scaled(d time.Duration) time.Duration {
	return max(time.Duration(float64(d)/p.speed), min(d, shortest))
}

// sleep waits for the duration. It returns false if the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

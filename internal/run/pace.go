package run

import (
	"context"
	"errors"
	"time"
)

// atOnce is the maximum number of changing calls in flight.
const atOnce = 4

// pacer makes changing calls in parallel until AWS throttles one. Then it makes one call at a
// time, because one call is enough to find out when AWS accepts calls again.
type pacer struct {
	slots chan struct{} // one for each call in flight
	slow  chan struct{} // held by the call that AWS throttled
}

func newPacer() *pacer {
	return &pacer{slots: make(chan struct{}, atOnce), slow: make(chan struct{}, 1)}
}

// errStopped is the result of a call that was not made because the run was stopped.
var errStopped = errors.New("not started: stopped on request")

// do makes the call and repeats it as pause decides. It does not start a call after the run was
// stopped.
func (p *pacer) do(ctx context.Context, stopped func() bool, pause func(err error, attempt int) (time.Duration, bool), f func() error) error {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	p.slow <- struct{}{} // wait while another call is throttled
	<-p.slow
	if stopped() {
		return errStopped
	}
	err := f()
	if err == nil {
		return nil
	}
	wait, again := pause(err, 0)
	if !again {
		return err
	}
	p.slow <- struct{}{}
	defer func() { <-p.slow }()
	for attempt := 1; again; attempt++ {
		if !sleep(ctx, wait) || stopped() {
			return errStopped
		}
		if err = f(); err == nil {
			return nil
		}
		wait, again = pause(err, attempt)
	}
	return err
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

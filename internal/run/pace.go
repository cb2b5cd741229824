package run

import (
	"context"
	"errors"
	"time"
)

// atOnce is how many changing calls are in flight at most.
const atOnce = 4

// pacer makes changing calls side by side until AWS asks to slow down, then one
// after the other, since probing with one call costs no more than with many.
type pacer struct {
	slots chan struct{} // one for each call in flight
	slow  chan struct{} // held by the one call that waits for AWS
}

func newPacer() *pacer {
	return &pacer{slots: make(chan struct{}, atOnce), slow: make(chan struct{}, 1)}
}

// errStopped is the end of a call that was not made, since the run was stopped.
var errStopped = errors.New("not started: stopped on request")

// do makes the call, and again for as long as pause says so; not once stopped.
func (p *pacer) do(ctx context.Context, stopped func() bool, pause func(err error, attempt int) (time.Duration, bool), f func() error) error {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	p.slow <- struct{}{} // not while somebody is being slowed down
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

// sleep waits; false means that the context ended first.
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

package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Credentials is the id in the events about the credentials, which belong to no change: Waiting when the run pauses because
// they have expired, and Done when it continues.
const Credentials resource.ID = "credentials"

// Pause is why a run does not continue until the user logs in again.
type Pause struct {
	Answer  string // what failed, with the answer of AWS
	Step    string // what the user has to do
	Command string // for a terminal, if that is all the user has to do
}

// detail is the pause as one text.
func (p Pause) detail() string {
	step := p.Step
	if p.Command != "" {
		step = "Run in another terminal: `" + p.Command + "`."
	}
	return fmt.Sprintf("The credentials have expired. %s. %s %s", strings.TrimSuffix(p.Answer, "."), step, Continues)
}

// Continues is what happens after the user has logged in again.
const Continues = "The run continues by itself after that. Ctrl-C stops it."

const (
	// renewEvery is the time between two attempts to get new credentials.
	renewEvery = 5 * time.Second
	// resends is how often a call is sent again after a renewal. AWS may not know new credentials immediately.
	resends = 6
)

// errExpired is why no more calls start if nobody can renew the credentials.
var errExpired = errors.New("the credentials have expired")

// expiredError is the error of a call that AWS did not apply because of the credentials.
type expiredError interface {
	error
	Expired() bool
	Renewable() bool
	Answer() string
	SignIn() (step, command string)
}

// expired returns the error if expired credentials are the cause, and otherwise nil.
func expired(err error) expiredError {
	var e expiredError
	if errors.As(err, &e) && e.Expired() {
		return e
	}
	return nil
}

// refusedCall is the error of a call with expired credentials, without the next step. The summary contains it once.
type refusedCall struct{ expiredError }

func (e refusedCall) Error() string { return e.Answer() }
func (e refusedCall) Unwrap() error { return e.expiredError }

// session is the Caller of a run. If the credentials expire, all calls wait until new ones work, and what failed is sent
// again. If nobody can renew them, no more changes start.
type session struct {
	caller Caller
	renew  func(context.Context) error // nil: nobody can
	every  time.Duration               // between two renewals
	ctx    context.Context             // ends when the run is stopped
	emit   func(State, *Pause, string)
	called func(ctx context.Context, service, op string, in map[string]any, err error) // after each call
	giveUp func(error)                                                                 // stops the run
	wg     sync.WaitGroup

	started time.Time
	due     time.Time // of the next renewal; used by one renewal at a time

	mu       sync.Mutex
	paused   chan struct{} // closed at the end of the pause; nil without one
	reason   expiredError  // of the pause
	begun    time.Time     // of the pause
	lost     time.Duration // in earlier pauses
	renewals int
	lapsed   expiredError // the first that was not renewed
}

// Call implements Caller.
func (s *session) Call(ctx context.Context, service, op string, in map[string]any) (any, error) {
	for sent := 0; ; sent++ {
		renewals, err := s.ready(ctx)
		if err != nil {
			return nil, err
		}
		out, err := s.caller.Call(ctx, service, op, in)
		s.called(ctx, service, op, in, err)
		e := expired(err)
		if e == nil {
			return out, err
		}
		if err := s.pause(ctx, renewals, e, sent == resends || ctx.Err() != nil); err != nil {
			return nil, err
		}
	}
}

// ready waits for the end of a pause and returns how often the credentials were renewed. If the run was stopped during the
// pause, only what must finish is sent.
func (s *session) ready(ctx context.Context) (renewals int, err error) {
	for waited := false; ; waited = true {
		s.mu.Lock()
		over, renewals := s.paused, s.renewals
		s.mu.Unlock()
		switch {
		case over == nil && waited && s.ctx.Err() != nil && ctx.Value(finishing{}) == nil:
			return 0, errStopped
		case over == nil:
			return renewals, nil
		}
		select {
		case <-over:
		case <-ctx.Done():
			return 0, errStopped
		}
	}
}

// pause begins a pause because of a call that was made after some renewals. It returns an error if the call is not to be sent
// again: nobody can renew the credentials, the run was stopped, or it was sent often enough.
func (s *session) pause(ctx context.Context, renewals int, e expiredError, last bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	canRenew := s.renew != nil && e.Renewable()
	switch {
	case last:
	case s.paused != nil, s.renewals > renewals: // by another call
		return nil
	case canRenew && s.ctx.Err() == nil:
		s.paused, s.begun, s.reason = make(chan struct{}), time.Now(), e
		s.wg.Go(func() { s.end(e, s.renewed(e)) })
		return nil
	}
	if s.lapsed == nil {
		s.lapsed = e
	}
	switch {
	case !canRenew:
		s.giveUp(errExpired)
	case s.ctx.Err() != nil && ctx.Value(finishing{}) == nil:
		return errStopped
	}
	return refusedCall{e}
}

// renewed tries to renew the credentials until they work. It reports the pause when the first attempt fails, and each new
// reason. It returns false if the run was stopped.
func (s *session) renewed(e expiredError) bool {
	step, command := e.SignIn()
	reported := ""
	for {
		if !sleep(s.ctx, time.Until(s.due)) {
			return false
		}
		s.due = time.Now().Add(s.every)
		err := s.renew(s.ctx)
		switch {
		case err == nil:
			if reported != "" {
				s.emit(Done, nil, "The credentials are valid again.")
			}
			return true
		case s.ctx.Err() != nil:
			return false
		}
		p := &Pause{e.Answer(), step, command}
		now := expired(err)
		if now != nil { // its request id differs each time, so the answer of the first call is shown
			p.Step, p.Command = now.SignIn()
		} else {
			p.Answer = "Cannot renew them: " + err.Error()
		}
		if detail := p.detail(); detail != reported {
			s.emit(Waiting, p, detail)
			reported = detail
		}
	}
}

// end ends the pause.
func (s *session) end(e expiredError, renewed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost += time.Since(s.begun)
	close(s.paused)
	s.paused = nil
	if renewed {
		s.renewals++
	} else if s.lapsed == nil {
		s.lapsed = e
	}
}

// conclude adds to a summary that the credentials have expired, and what to do.
func (s *session) conclude(to *Summary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lapsed := s.lapsed
	if lapsed == nil && s.paused != nil { // a stopped run can be over before its pause
		lapsed = s.reason
	}
	if lapsed != nil {
		to.Expired = true
		step, _ := lapsed.SignIn()
		to.Next = append([]string{"The credentials have expired. " + step + " Then run again: what exists is kept."}, to.Next...)
	}
}

// awake returns a time that stands still during a pause.
func (s *session) awake() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.paused != nil {
		now = s.begun
	}
	return now.Sub(s.started) - s.lost
}

// within returns a context that ends after some time. Pauses do not count.
func (s *session) within(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancel(parent)
	l := &limited{Context: parent, inner: inner}
	until := s.awake() + d
	go func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		for {
			select {
			case <-inner.Done():
				return
			case <-timer.C:
			}
			left := until - s.awake()
			if left <= 0 {
				l.late.Store(true)
				cancel()
				return
			}
			timer.Reset(max(left, s.every)) // while the run is paused, the rest does not become less
		}
	}()
	return l, cancel
}

// limited is a context with a time limit that a pause extends. The package context has only fixed ones.
type limited struct {
	context.Context // the parent
	inner           context.Context
	late            atomic.Bool
}

// Done implements context.Context.
func (l *limited) Done() <-chan struct{} { return l.inner.Done() }

// Err implements context.Context.
func (l *limited) Err() error {
	err := l.inner.Err()
	if err != nil && l.late.Load() {
		return context.DeadlineExceeded
	}
	return err
}

package store

import "time"

// Clock is the time of an account. What takes time in AWS takes it here too, divided by Speed.
type Clock struct {
	Time  func() time.Time
	Speed float64
}

// Now returns the time in UTC, in the resolution of AWS.
func (c *Clock) Now() time.Time { return c.Time().UTC().Truncate(time.Millisecond) }

// Plus returns the time when something is done that begins at t and takes d in AWS.
func (c *Clock) Plus(t time.Time, d time.Duration) time.Time {
	return t.Add(time.Duration(float64(d) / c.Speed))
}

// Passed reports whether something is done that began at t and takes d in AWS.
func (c *Clock) Passed(t time.Time, d time.Duration) bool { return !c.Now().Before(c.Plus(t, d)) }

// Bucket is a token bucket that fills over time.
type Bucket struct {
	tokens float64
	filled time.Time // zero: full
}

// Take takes one token and reports whether there was one.
func (b *Bucket) Take(now time.Time, capacity, perSecond float64) bool {
	if b.filled.IsZero() {
		b.tokens = capacity
	} else {
		b.tokens = min(capacity, b.tokens+now.Sub(b.filled).Seconds()*perSecond)
	}
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

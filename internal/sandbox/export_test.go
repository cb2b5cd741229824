package sandbox

import "time"

// OpenYAML returns the account of a scenario that a test contains.
func OpenYAML(source string) (*Account, error) { return New(Options{Source: []byte(source)}) }

// SetNow changes the clock of the account.
func (a *Account) SetNow(now func() time.Time) { a.clock.Time = now }

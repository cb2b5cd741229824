package sandbox

import (
	"encoding/json"
	"time"
)

// OpenYAML returns the account of a scenario that a test contains.
func OpenYAML(source string) (*Account, error) {
	a, err := New(Options{})
	if err != nil {
		return nil, err
	}
	a.scenario = &scenario{name: "test"}
	if err := decodeYAML([]byte(source), (*json.RawMessage)(&a.scenario.source)); err != nil {
		return nil, err
	}
	return a, a.reset()
}

// SetNow changes the clock of the account.
func (a *Account) SetNow(now func() time.Time) { a.clock.Time = now }

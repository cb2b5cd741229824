package store

import "github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"

// API is a service: how it is called, its operations on a state S, and its part of
// GET /_sandbox/account.
type API[S any] struct {
	wire.Service
	Operations map[string]wire.Operation[S]
	Dump       func(S) map[string]any
}

// On returns a service for a state T that contains its own, which of returns.
func On[T, S any](api API[S], of func(T) S) API[T] {
	on := API[T]{Service: api.Service, Operations: map[string]wire.Operation[T]{}}
	for name, run := range api.Operations {
		on.Operations[name] = func(t T, c *wire.Call) (any, *wire.Error) { return run(of(t), c) }
	}
	if api.Dump != nil {
		on.Dump = func(t T) map[string]any { return api.Dump(of(t)) }
	}
	return on
}

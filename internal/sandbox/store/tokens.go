package store

import (
	"encoding/json"
	"maps"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Tokens are the client tokens that requests used, by operation and token.
type Tokens map[string]tokenUse

// tokenUse records what the request with a client token created.
type tokenUse struct {
	request string
	made    any
}

// Once runs a request, unless it already ran with the same client token. Then it returns what the
// earlier request created, and an error if that request was not equal to in.
func Once[T any](tokens Tokens, operation, token string, in any, do func() (T, *wire.Error)) (T, *wire.Error) {
	request, _ := json.Marshal(in) // plain data can always be marshaled
	key := operation + " " + token
	if use, ok := tokens[key]; ok && token != "" {
		made := use.made.(T)
		if use.request != string(request) {
			return made, wire.Fail("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
		}
		return made, nil
	}
	made, err := do()
	if err == nil && token != "" {
		tokens[key] = tokenUse{string(request), made}
	}
	return made, err
}

// Free makes a token usable again for an operation.
func (t Tokens) Free(operation, token string) { delete(t, operation+" "+token) }

// Forget makes the tokens of what a request created usable again.
func (t Tokens) Forget(made any) {
	maps.DeleteFunc(t, func(_ string, use tokenUse) bool { return use.made == made })
}

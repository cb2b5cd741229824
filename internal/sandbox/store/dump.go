package store

import (
	"encoding/json"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Prune converts a value to maps and lists without empty members.
func Prune(v any) any {
	var plain any
	if err := json.Unmarshal(wire.EncodeJSON(v), &plain); err != nil {
		panic(err) // it was encoded by this function
	}
	return pruned(plain)
}

func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			if member = pruned(member); member == nil {
				delete(v, k)
			} else {
				v[k] = member
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	}
	return v
}

package sandbox

import (
	"encoding/json"
	"time"
)

// epoch is a time in the format of the JSON protocols: seconds since 1970, with milliseconds as
// the fraction. Scenarios use RFC 3339.
type epoch struct{ time.Time }

func (e epoch) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(e.UnixMilli()) / 1000)
}

func (e epoch) IsZero() bool { return e.Time.IsZero() }

// decodeJSON rejects members that the sandbox does not support, so that no part of a request is
// ignored silently.
func decodeJSON(body []byte, in any) *apiError {
	if len(body) == 0 {
		return nil
	}
	if err := decodeStrict(body, in); err != nil {
		return fail("SerializationException", "The sandbox cannot read the request: %v", err)
	}
	return nil
}

func encodeJSON(out any) []byte {
	b, err := json.Marshal(out)
	if err != nil {
		panic(err) // answers are plain structs, which can always be marshaled
	}
	return b
}

func encodeJSONError(e *apiError) []byte {
	return encodeJSON(map[string]string{"__type": e.Code, "message": e.Message})
}

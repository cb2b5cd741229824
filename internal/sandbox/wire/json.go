package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// Epoch is a time in the format of the JSON protocols: seconds since 1970, with milliseconds as
// the fraction. Scenarios use RFC 3339.
type Epoch struct{ time.Time }

// MarshalJSON writes seconds.
func (e Epoch) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(e.UnixMilli()) / 1000)
}

// decodeJSON rejects members that the sandbox does not support, so that no part of a request is
// ignored silently.
func decodeJSON(body []byte, in any) *Error {
	if len(body) == 0 {
		return nil
	}
	if err := DecodeStrict(body, in); err != nil {
		return Fail("SerializationException", "The sandbox cannot read the request: %v", err)
	}
	return nil
}

// EncodeJSON returns plain data as JSON.
func EncodeJSON(out any) []byte {
	b, err := json.Marshal(out)
	if err != nil {
		panic(err) // answers are plain structs, which can always be marshaled
	}
	return b
}

func encodeJSONError(e *Error) []byte {
	return EncodeJSON(map[string]string{"__type": e.Code, "message": e.Message})
}

// DecodeStrict reads JSON and rejects members that into has no field for, and text after the value.
func DecodeStrict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more text after the JSON value")
	}
	return nil
}

package sandbox

import (
	"encoding/json"
	"reflect"
	"strings"
)

// JSON that is stored as it was sent: callers get it back, and the sandbox does not use it.

// members is a JSON object.
type members map[string]json.RawMessage

// readMembers returns nil if b is not an object.
func readMembers(b []byte) members {
	var m members
	if json.Unmarshal(b, &m) != nil {
		return nil
	}
	for k, v := range m {
		if string(v) == "null" {
			delete(m, k)
		}
	}
	return m
}

// raw returns the object as JSON.
func (m members) raw() json.RawMessage {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // it was read from JSON
	}
	return b
}

// with adds missing members.
func (m members) with(defaults string) members {
	for k, v := range readMembers([]byte(defaults)) {
		if m[k] == nil {
			m[k] = v
		}
	}
	return m
}

// each changes every object of a list member.
func (m members) each(list string, change func(members) members) members {
	var all []members
	if json.Unmarshal(m[list], &all) != nil || all == nil {
		return m
	}
	for i := range all {
		all[i] = change(all[i])
	}
	b, err := json.Marshal(all)
	if err != nil {
		panic(err) // it was read from JSON
	}
	m[list] = b
	return m
}

// beyond returns the members of an object that a struct has no field for.
func beyond(b []byte, known any) members {
	m := readMembers(b)
	for _, f := range reflect.VisibleFields(reflect.TypeOf(known)) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		delete(m, name)
	}
	return m
}

// joined returns the JSON of a struct together with more members.
func joined(v any, more members) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil || len(more) == 0 {
		return b, err
	}
	all := readMembers(b)
	for k, v := range more {
		all[k] = v
	}
	return json.Marshal(all)
}

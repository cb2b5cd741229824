package inventory

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// NotInSnapshot is the code of the gaps in a snapshot for parts that were not loaded.
const NotInSnapshot = "NotInSnapshot"

// Write returns a snapshot file: the inventory as JSON, with the same bytes for the same
// inventory. It contains no secrets, because no secret is ever loaded.
func (inv *Inventory) Write() ([]byte, error) {
	inv.Version = Version
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(inv); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Read reads a snapshot file. It returns an error for another version and for unknown content.
func Read(data []byte) (*Inventory, error) {
	data, err := printable.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("it %w", err)
	}
	var head struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("it is not a snapshot: %w", explain(err, data))
	}
	switch {
	case head.Version == nil:
		return nil, errors.New("it is not a snapshot: it has no version")
	case *head.Version > Version:
		return nil, fmt.Errorf("it has version %d, which needs a newer program; this program reads version %d", *head.Version, Version)
	case *head.Version < Version:
		return nil, fmt.Errorf("it has version %d, which does not exist; this program reads version %d", *head.Version, Version)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	inv := &Inventory{}
	if err := d.Decode(inv); err != nil {
		return nil, fmt.Errorf("it has content that is not supported in version %d: %w", Version, explain(err, data))
	}
	if inv.Region == "" || len(inv.Loaded) == 0 {
		return nil, errors.New("it is not a snapshot: it has no Region, or no part of the account")
	}
	inv.Clean()
	return inv, inv.addUnread(data)
}

// explain returns an error of the JSON decoder with the position as line:column, in bytes, and
// without the types of this program.
func explain(err error, data []byte) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON at %s (%w)", position(data, syntax.Offset), err)
	case errors.As(err, &kind):
		field := strings.ReplaceAll(kind.Field, "TaskDefinition.", "") // embedded in JobDefinition, and not a key
		return fmt.Errorf("%s: %s must be %s, not a JSON %s", position(data, kind.Offset), cmp.Or(field, "the file"), kindName(kind.Type.Kind()), strings.Replace(kind.Value, "bool", "boolean", 1))
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	}
	return "a whole number"
}

// position returns the line and column of the byte before an offset.
func position(data []byte, offset int64) string {
	before := data[:max(min(offset, int64(len(data)))-1, 0)]
	return fmt.Sprintf("%d:%d", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

// Fragment returns one part of the inventory, as loading it would. If the part is not in the
// snapshot, each of its calls is a gap.
func (inv *Inventory) Fragment(r Request) Inventory {
	p, from, known := r.Part.lookup(), inv, inv.Has(r)
	switch {
	case p.cut != nil:
		from, known = p.cut(inv, r, known)
	case known:
	case p.unread != nil:
		from = p.unread(r.VPC)
	default:
		from = &Inventory{}
	}
	var out Inventory
	p.merge(&out, from, r)
	out.Version, out.Account, out.Partition, out.Region, out.Caller = Version, inv.Account, inv.Partition, inv.Region, inv.Caller
	out.Snapshot = inv.Snapshot
	out.Loaded = []Request{r}
	if !known {
		for _, call := range p.calls {
			out.Gaps = append(out.Gaps, notInSnapshot(call))
		}
		return out
	}
	for _, g := range inv.Gaps {
		if slices.Contains(p.calls, g.Call) {
			out.Gaps = append(out.Gaps, g)
		}
	}
	return out
}

func notInSnapshot(call string) Gap {
	return Gap{Call: call, Code: NotInSnapshot, Message: "not in the snapshot"}
}

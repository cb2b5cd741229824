// Package call is the one place that knows how a row of the plan becomes AWS
// calls: find, do, wait, undo and check, as data. It is pure; run executes the
// data through the SDK and export prints it as AWS CLI commands.
package call

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Call is one AWS API call. In holds the request by AWS's field names: maps are
// map[string]any, lists []any, and leaves strings, bools, ints, plan.Value, Pieces or
// Token. Out is a JMESPath expression, given in pieces that are joined once their
// values are known, which yields the id that the row puts out, or something
// empty (null, false, no text).
type Call struct {
	Service string // ec2, ecs, …
	Op      string // CreateVpcEndpoint
	In      map[string]any
	Out     []plan.Value
	// Done are error codes that mean: it is so already. The row's Find then tells
	// the id.
	Done []string
	// Absent are error codes that mean, to a call that looks for something: it is not
	// there.
	Absent []string `json:",omitempty"`
	// Base is a call whose Out yields an object that the request begins with; In stands
	// beside what is in it.
	Base *Call `json:",omitempty"`
}

// Pieces stand in a request for a text that is put together.
type Pieces []plan.Value

// Blob stands in a request for the bytes of a file that the run is given.
type Blob struct{ Input string }

// Token stands in a request for an idempotency token, which the executor makes
// new for each row and run.
type Token struct{}

// MarshalJSON writes what stands in for a token.
func (Token) MarshalJSON() ([]byte, error) { return []byte(`{"token":true}`), nil }

// Steps are the calls of one row.
type Steps struct {
	Find  *Call  // finds what the row wants, if it is there already
	Do    []Call // makes it so; empty for rows that only keep
	Until *Until // when it is ready; nil means at once
	Undo  []Call // takes back exactly what Do did
	// Parts are carried out one after the other, each as a row of its own would be;
	// the fields above are empty then. What a part puts out is the row's output
	// until the next one does; in the end it is Out, where that is set.
	Parts []Part
	Out   string `json:",omitempty"`
	// Left is what somebody with a login has to do, in words; the row ends unproven then.
	Left []string `json:",omitempty"`
	// Tell yields lines for whoever goes on from here, once all is done: each a list of
	// one text.
	Tell *Call `json:",omitempty"`
	Save *Save `json:",omitempty"`
	// Looks says that the row changes nothing that stays: where it fails, nothing was
	// shown, good or bad.
	Looks bool `json:",omitempty"`
}

// InParts tells whether the row goes part by part, be they none.
func (s Steps) InParts() bool { return s.Find == nil && len(s.Do) == 0 }

// Waits tells whether all that the row does is to wait for something.
func (s Steps) Waits() bool {
	return len(s.Parts) > 0 && !slices.ContainsFunc(s.Parts, func(p Part) bool { return !p.InParts() })
}

// Part is one of several steps of a row. One that does nothing only waits; one whose
// find says that all is so already does not wait.
type Part struct {
	Label string // what it does, in a few words
	Steps
	// Always says that it takes back what an earlier part began, and is done wherever
	// the row ends after that.
	Always bool `json:",omitempty"`
}

// Until says when a resource is ready. Polls with the same Call are asked once
// for all of them.
type Until struct {
	Call  Call     // Out yields a list of [id, state] pairs
	ID    string   // that is waited for; empty means what the row puts out
	Want  string   // the state that is waited for
	Fail  []string // states that will never become Want
	Every int      // seconds between polls, at first
	Limit int      // seconds to wait at most
	Soft  bool     // not to be ready by then is no failure
	Help  string   // what to look at where it is not ready by then; empty: nothing to say
	// What reads from the same answer [id, text] pairs that tell more of a state: why it
	// failed, or what it waits for; empty means nothing to tell.
	What string
}

// Check is a measurement: the call's Out yields one text for the claim, which
// must equal Want.
type Check struct {
	Call Call
	Want string
}

// Key tells calls apart by what is asked, whatever is read from the answer:
// calls with the same key need to be made only once for all who read it.
func (c Call) Key() string {
	b, err := json.Marshal(c.In) // sorts the fields
	if err != nil {
		panic(fmt.Sprintf("call: %s %s: %v", c.Service, c.Op, err)) // In holds what cannot be sent either
	}
	return c.Service + " " + c.Op + " " + string(b)
}

// DryRun tells whether AWS offers a dry run of the call.
func (c Call) DryRun() bool {
	return c.Service == "ec2" && c.Op != "ModifyVpcAttribute"
}

// Bind puts values in the place of references and tokens. It returns the request
// and the expression with nothing left to fill in; the call stays as it is.
func (c Call) Bind(value func(plan.Value) (string, error), token string) (in map[string]any, out string, err error) {
	bound, err := bind(c.In, value, token)
	if err != nil {
		return nil, "", err
	}
	var b strings.Builder
	for _, v := range c.Out {
		s, err := bindValue(v, value)
		if err != nil {
			return nil, "", err
		}
		b.WriteString(s)
	}
	in, _ = bound.(map[string]any)
	return in, b.String(), nil
}

func bind(v any, value func(plan.Value) (string, error), token string) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			b, err := bind(e, value, token)
			if err != nil {
				return nil, err
			}
			out[k] = b
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			b, err := bind(e, value, token)
			if err != nil {
				return nil, err
			}
			out[i] = b
		}
		return out, nil
	case plan.Value:
		return bindValue(v, value)
	case Pieces:
		var b strings.Builder
		for _, piece := range v {
			s, err := bindValue(piece, value)
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
		}
		return b.String(), nil
	case Token:
		return token, nil
	case Blob:
		s, err := value(plan.Value{Input: v.Input})
		return base64.StdEncoding.EncodeToString([]byte(s)), err
	}
	return v, nil
}

func bindValue(v plan.Value, value func(plan.Value) (string, error)) (string, error) {
	if v.From == "" && v.Input == "" {
		return v.Lit, nil
	}
	return value(v)
}

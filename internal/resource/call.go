package resource

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Call is one AWS API call. In is the request with AWS's field names: maps are map[string]any,
// lists []any, and leaves strings, bools, ints, Value, Pieces or Token. Out is a JMESPath
// expression in pieces, which are joined when their values are known. It returns the id that the
// change puts out, or an empty result (null, false, empty text).
type Call struct {
	Service string // ec2, ecs, …
	Op      string // CreateVpcEndpoint
	In      map[string]any
	Out     []Value
	// Done are error codes for a change that already exists. Find then returns the id.
	Done []string
	// Absent are error codes of a reading call for a resource that does not exist.
	Absent []string `json:",omitempty"`
	// None is what the call returns then, and after each other error that says that something does not exist.
	None string `json:",omitempty"`
	// RetryOn is a text in the error that means that AWS does not know a new or changed resource in
	// the request yet. Error codes that name a missing resource always mean that.
	RetryOn string `json:",omitempty"`
	// Busy is an error code that says that something else still uses the resource. The call is repeated for ten minutes.
	Busy string `json:",omitempty"`
	// Rate is the limit of AWS for the operation; nil if no page states one.
	Rate *Rate `json:",omitempty"`
	// Sent is a reading call that returns the id if this call was made before: by an earlier run that ended before
	// the result showed, or by this run without an answer. If it is nil, the Find of the steps shows that.
	Sent *Call `json:",omitempty"`
	// Seen is a reading call that returns the id when the effect of this call shows. It is used only after a call
	// without an answer, because the effect can have other causes. If it is nil, Sent shows that.
	Seen *Call `json:",omitempty"`
	// Base is a call with an Out that returns the first part of the request. In adds its fields
	// to it.
	Base *Call `json:",omitempty"`
}

// Rate is a token bucket: some calls at once, then as many as are added.
type Rate struct {
	Burst     int
	PerSecond float64
}

// Pieces is a text in a request that consists of several values.
type Pieces []Value

// Blob is the content of a file in a request. The run receives the file as an input.
type Blob struct{ Input string }

// Token is an idempotency token in a request. The executor creates a new one for each change and
// run.
type Token struct {
	Recent bool // older versions of the AWS CLI have no option for it, so scripts leave it out
}

// RunToken is the idempotency token as a part of a text or an expression, for requests without a field for one.
var RunToken = Value{From: "token"}

// MarshalJSON writes a placeholder for the token.
func (Token) MarshalJSON() ([]byte, error) { return []byte(`{"token":true}`), nil }

// Steps are the calls of one change.
type Steps struct {
	Find *Call // finds the resource if it already exists, as the plan needs it
	// Other reads the answer to Find. It returns how something that exists in the place of the resource differs from what
	// the plan expects. The text is empty if nothing does. Nothing is then created or changed.
	Other []Value `json:",omitempty"`
	// Listed is what Find and Other are derived from, if the resource is in a list. A script uses it to read the list once.
	Listed *Listed `json:"-"`
	Same   *Same   `json:",omitempty"` // finds out that the resource has the new value already
	Do     []Call  // applies the change; empty if nothing changes
	// First is a reading call that returns the one of several new resources that all runs keep, if several runs created
	// it at the same time and AWS accepts that. It returns nothing while AWS does not show what this run created. A run
	// with another one reverts its own with Undo.
	First *Call  `json:",omitempty"`
	Until *Until // when it is ready; nil: immediately
	Undo  []Call // reverts exactly what Do did
	// Now reads what others may change of what Do created: an object, or nothing if it does not exist any more. If it is
	// nil, Find shows whether it exists.
	Now *Call `json:",omitempty"`
	// Deleted is the condition that what Undo deletes no longer exists; nil: immediately.
	Deleted *Until `json:",omitempty"`
	// Stays is what remains after Undo, or what Undo cannot revert, as a sentence.
	Stays string `json:",omitempty"`
	// Affects reads who notices that the change is reverted; nil: only those that use what it created.
	Affects *Affects `json:",omitempty"`
	// Parts run one after the other, each with steps of its own; the fields above are then empty.
	// The output of the change is that of the last part that has one. At the end it is Out, if
	// Out is set.
	Parts []Part
	Out   string `json:",omitempty"`
	// Complete is a reading call that returns something if all parts were applied before. Then no part runs. If it is
	// nil, each part finds out itself what it has to do.
	Complete *Call `json:",omitempty"`
	// Verify is set if the change verifies other changes, and does nothing else.
	Verify *Verify `json:",omitempty"`
	// Left are the manual steps that remain, as text. With them the change ends as not verified.
	Left []string `json:",omitempty"`
	// Tell returns the next steps for the user after the run, as a list of lists with one text
	// each.
	Tell *Call `json:",omitempty"`
	Save *Save `json:",omitempty"`
	// Looks marks a change that leaves nothing behind. If it fails, the result is neither success
	// nor failure.
	Looks bool `json:",omitempty"`
}

// Verify are changes. The claims about them must hold before what depends on this verification begins.
type Verify struct {
	Changes []ID
	Help    string // what is left undone if a claim does not hold, and the next step
}

// Same compares a value of the account with one that no plan contains, such as a secret.
type Same struct {
	Call Call  // returns the value
	Is   Value // what it should be
	ID   string
}

// Affects reads who notices that a change is reverted.
type Affects struct {
	Names   Call // returns a list of DNS names that then no longer lead to the resource
	Clients Call // returns a list of the ids of network interfaces that may use the names
}

// InParts reports whether the change consists of parts, even if it has none.
func (s Steps) InParts() bool { return s.Find == nil && len(s.Do) == 0 }

// Waits reports whether the change only waits.
func (s Steps) Waits() bool {
	return len(s.Parts) > 0 && !slices.ContainsFunc(s.Parts, func(p Part) bool { return !p.InParts() })
}

// Part is one of several steps of a change. A part without Do only waits. A part that Find
// reports as done does not wait.
type Part struct {
	Label string // short description
	Steps
	// Always marks a part that reverts the parts before it, back to the previous part of this sort. It runs even if
	// the change ends early after one of them. With a Find it runs whenever Find shows that there is something to
	// revert. Parts of this sort that follow each other belong together.
	Always bool `json:",omitempty"`
	// Next marks a part that records what the part before did. It runs even if the run is stopped between them.
	Next bool `json:",omitempty"`
	// Help says, for a part that must always run, what the user should do if it fails.
	Help string `json:",omitempty"`
	// Of is what the part is about. Parts that follow each other with the same pointer are one sequence.
	Of *Subject `json:",omitempty"`
}

// Subject is what a sequence of parts is about, such as one container instance.
type Subject struct {
	Name string // for messages, such as "container instance i-0123"
	// Values are the only texts that differ between sequences of the same sort.
	Values []Named
	// Exists is a reading call that returns nothing if the subject does not exist. The parts are then skipped: all of them,
	// or the rest after one that failed. If it is nil, the subject always exists.
	Exists *Call  `json:",omitempty"`
	Gone   string // what the user should know and do if parts were skipped, as sentences
}

// Named is a text with the name of what it is, such as "instance".
type Named struct{ Name, Value string }

// Reverting returns the next parts that must always run.
func Reverting(parts []Part) []Part {
	begin := slices.IndexFunc(parts, func(p Part) bool { return p.Always })
	if begin < 0 {
		return nil
	}
	out := parts[begin:]
	if n := slices.IndexFunc(out, func(p Part) bool { return !p.Always }); n >= 0 {
		out = out[:n]
	}
	return out
}

// Until is the condition for a resource to be ready. Polls with the same Call share one call.
type Until struct {
	Call     Call     // Out returns a list of [id, state] pairs
	ID       string   // to wait for; empty: the output of the change
	Want     string   // the state to wait for
	Fail     []string // states that will never become Want
	Earliest int      `json:",omitempty"` // seconds before it can be ready after it was created
	Every    int      // seconds between polls, at most
	Limit    int      // maximum wait in seconds
	Soft     bool     // a timeout is not a failure
	Missing  string   `json:",omitempty"` // the state of what AWS no longer shows
	Help     string   // what to check after a timeout; may be empty
	Item     *Item    `json:"-"` // as in Check
	// What reads [id, text] pairs from the same answer that explain a state: the reason of a
	// failure, or what it waits for. It may be empty.
	What string
}

// Check is a measurement. The call's Out returns one text for the claim, which must equal Want. A
// text that begins with Undecided shows neither that the claim holds nor that it does not.
type Check struct {
	Call Call
	Want string
	// Item is what the expression of the call is derived from, if it is a property of one resource in a list. A script uses it to
	// read the list once for all resources.
	Item *Item `json:"-"`
	// Found means that the Find of the change is the measurement.
	Found bool `json:"-"`
	// Traffic is what a network ACL must allow. The call's Out then returns the entries, and Read
	// judges them.
	Traffic []Traffic `json:",omitempty"`
}

// Read returns the result of a measurement from the text that the call returned.
func (c Check) Read(text string) string {
	if len(c.Traffic) > 0 {
		return JudgeACL(text, c.Traffic)
	}
	return text
}

// Key identifies calls with the same request, whatever they read from the answer. Calls with the
// same key are made only once.
func (c Call) Key() string {
	b, err := json.Marshal(c.In) // sorts the fields
	if err != nil {
		panic(fmt.Sprintf("resource: %s %s: %v", c.Service, c.Op, err)) // a bug: In contains a value that cannot be sent
	}
	return c.Service + " " + c.Op + " " + string(b)
}

// DryRun reports whether AWS supports a dry run of the call.
func (c Call) DryRun() bool {
	return c.Service == "ec2" && c.Op != "ModifyVpcAttribute"
}

// HasToken reports whether the request has an idempotency token: with the same token AWS makes the call once.
func (c Call) HasToken() bool {
	return contains(c.In, func(v any) bool { _, ok := v.(Token); return ok })
}

// NeedsToken reports whether a script needs the token of the run for the request or the expression of the call.
func (c Call) NeedsToken() bool {
	return contains(c.In, func(v any) bool { return v == any(Token{}) }) || slices.Contains(c.Out, RunToken) || contains(c.In, func(v any) bool {
		pieces, _ := v.(Pieces)
		return v == any(RunToken) || slices.Contains(pieces, RunToken)
	})
}

// contains reports whether a value of a request is of a sort.
func contains(v any, is func(any) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if contains(e, is) {
				return true
			}
		}
		return false
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return contains(e, is) })
	}
	return is(v)
}

// Values returns the values in the request and in the expression.
func (c Call) Values() []Value {
	out := slices.Clone(c.Out)
	_, _ = bind(c.In, func(v Value) (string, error) {
		out = append(out, v)
		return "", nil
	}, "")
	return out
}

// Bind replaces references and tokens with values. It returns the complete request and
// expression. The call itself does not change.
func (c Call) Bind(value func(Value) (string, error), token string) (in map[string]any, out string, err error) {
	bound, err := bind(c.In, value, token)
	if err != nil {
		return nil, "", err
	}
	var b strings.Builder
	for _, v := range c.Out {
		s, err := bindValue(v, value, token)
		if err != nil {
			return nil, "", err
		}
		b.WriteString(s)
	}
	in, _ = bound.(map[string]any)
	return in, b.String(), nil
}

func bind(v any, value func(Value) (string, error), token string) (any, error) {
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
	case Value:
		return bindValue(v, value, token)
	case Pieces:
		var b strings.Builder
		for _, piece := range v {
			s, err := bindValue(piece, value, token)
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
		}
		return b.String(), nil
	case Token:
		return token, nil
	case Blob:
		s, err := value(Value{Input: v.Input})
		return base64.StdEncoding.EncodeToString([]byte(s)), err
	}
	return v, nil
}

func bindValue(v Value, value func(Value) (string, error), token string) (string, error) {
	switch {
	case v == RunToken:
		return token, nil
	case v.From == "" && v.Input == "":
		return v.Lit, nil
	}
	return value(v)
}

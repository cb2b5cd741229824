// Package run carries a plan out: order, waiting, proof, and stopping on
// request. It knows calls, not the SDK.
package run

import (
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// State is what an event reports of a row.
type State string

// The states of the contract.
const (
	Started  State = "started"
	Waiting  State = "waiting"
	Done     State = "done"
	Kept     State = "kept"
	Failed   State = "failed"
	Skipped  State = "skipped"
	Proved   State = "proved"
	Unproven State = "unproven"
	summary  State = "summary"
)

// Event is one line of progress.
type Event struct {
	Time   time.Time `json:"time"`
	Action plan.ID   `json:"action"`
	State  State     `json:"state"`
	Detail string    `json:"detail"`
	// Limit is how many seconds is waited at most; 0 where nothing limits that, or in
	// other states than Waiting.
	Limit int `json:"limit,omitempty"`
}

// Proof is the outcome of measuring the claims.
type Proof string

// The outcomes: every claim measured holds; one does not; nothing was measured.
const (
	ProofProved   Proof = "proved"
	ProofFailed   Proof = "failed"
	ProofUnproven Proof = "unproven"
)

// Summary is the last line of a run.
type Summary struct {
	State   State `json:"state"`
	Done    int   `json:"done"`
	Kept    int   `json:"kept"`
	Failed  int   `json:"failed"`
	Skipped int   `json:"skipped"`
	// Open counts the rows that ended unproven: all that could be done of them was done,
	// and the rest is left to somebody with a login, or could not be looked at.
	Open  int                `json:"open,omitempty"`
	IDs   map[plan.ID]string `json:"ids"`
	Proof Proof              `json:"proof"`
	// Unproven counts the claims that were not looked at, beside the proof.
	Unproven int `json:"unproven"`
	// Next is what to do with what is there now, in words.
	Next []string `json:"next,omitempty"`
}

// Package run applies a plan: order, waiting, verification, and stopping on request. It uses
// calls as data and does not depend on the SDK.
package run

import (
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// State is the state of a change in an event.
type State string

// The documented states.
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
	Time   time.Time   `json:"time"`
	Change resource.ID `json:"action"`
	State  State       `json:"state"`
	Detail string      `json:"detail"`
	// Limit is the maximum wait in seconds. It is 0 without a limit, and in states other than
	// Waiting.
	Limit int `json:"limit,omitempty"`
}

// Proof is the result of the verification.
type Proof string

// The results: all measured claims hold; at least one does not; nothing was measured, or a claim that
// the answers ask for was not measured.
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
	// Stopped counts those of the skipped changes that had started.
	Stopped int `json:"-"`
	// Open counts the changes that ended as not verified: they are complete, but a manual step
	// remains or the result could not be measured.
	Open  int                    `json:"open,omitempty"`
	IDs   map[resource.ID]string `json:"ids"`
	Proof Proof                  `json:"proof"`
	// Unproven counts the claims that were not measured. It is independent of the proof.
	Unproven int `json:"unproven"`
	// Unsaved counts the files for the user that are not complete.
	Unsaved int `json:"unsaved,omitempty"`
	// Next are the next steps for the user, as text.
	Next []string `json:"next,omitempty"`
}

// Complete reports whether everything was applied and saved, and nothing that was measured does not hold.
func (s Summary) Complete() bool {
	return s.Failed+s.Skipped+s.Unsaved == 0 && s.Proof != ProofFailed
}

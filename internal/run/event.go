// Package run applies a plan: order, waiting, verification, and stopping on request. It uses
// calls as data and does not depend on the SDK.
package run

import (
	"fmt"
	"strings"
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
	// Called is a call that changes something. Only Options.Calls adds such events.
	Called  State = "called"
	summary State = "summary"
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
	// Pause is why the run waits for new credentials, in events about them.
	Pause *Pause `json:"-"`
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
	// Missing are the permissions that the caller does not have. Nothing was changed then.
	Missing []Missing `json:"missing,omitempty"`
	// Billed is what exists of the plan and costs money, if not everything was applied.
	Billed []Bill `json:"billed,omitempty"`
	// Unknown are the changes with a call that the end of the run cut off: they may have been applied.
	Unknown []resource.ID `json:"unknown,omitempty"`
	// Expired is true if the credentials have expired and were not renewed.
	Expired bool `json:"expired,omitempty"`
	// Unsaved counts the files for the user that are not complete.
	Unsaved int `json:"unsaved,omitempty"`
	// Next are the next steps for the user, as text.
	Next []string `json:"next,omitempty"`
}

// Bill is a resource that costs money.
type Bill struct {
	Change resource.ID `json:"action"`
	ID     string      `json:"id"`
	// Monthly is in US dollars, at the prices of the Region and without the price per amount of data. It is 0 if the price
	// is not known.
	Monthly float64 `json:"monthly"`
}

// Remains returns what a run that was not complete leaves behind, as lines of text: what costs money, and what
// is not known.
func (s Summary) Remains() []string {
	var out []string
	if len(s.Billed) > 0 {
		sum, known := 0.0, true
		for _, b := range s.Billed {
			sum, known = sum+b.Monthly, known && b.Monthly > 0
		}
		head := fmt.Sprintf("These resources exist and cost about $%.2f per month without traffic:", sum)
		if !known {
			head = "These resources exist, and AWS bills them without traffic too:"
		}
		out = append(out, head)
		for _, b := range s.Billed {
			line := fmt.Sprintf("  %s (%s): about $%.2f per month", b.ID, b.Change, b.Monthly)
			if b.Monthly == 0 {
				line = fmt.Sprintf("  %s (%s): price not known", b.ID, b.Change)
			}
			out = append(out, line)
		}
	}
	if len(s.Unknown) > 0 {
		var ids []string
		for _, id := range s.Unknown {
			ids = append(ids, string(id))
		}
		out = append(out, "AWS did not answer before the run was ended, so these may have been applied: "+strings.Join(ids, ", ")+". Run again: it finds what exists.")
	}
	return out
}

// Complete reports whether everything was applied and saved, and nothing that was measured does not hold.
func (s Summary) Complete() bool {
	return s.Failed+s.Skipped+s.Unsaved == 0 && !s.Expired && s.Proof != ProofFailed
}

// Package record keeps what each run created and changed, for undo: in one file per run, or in memory if the account ends
// with the program. The account is the truth; a record only helps. Records contain no secrets.
package record

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// Version is the version of the format of a record.
const Version = 1

// Head is the first line of a record.
type Head struct {
	Version   int       `json:"version"`
	ID        string    `json:"id"`
	Time      time.Time `json:"time"`
	Program   string    `json:"program"` // version of this program
	Account   string    `json:"account"`
	Partition string    `json:"partition"`
	Region    string    `json:"region"`
	VPC       string    `json:"vpc,omitempty"` // that of the plan; Read returns the id of a new one, and nothing before it exists
	Workload  string    `json:"workload,omitempty"`
}

// Run is a record of a run.
type Run struct {
	Head
	Steps []run.Step
	// Complete is whether the run ended by itself, and applied all changes.
	Ended, Complete bool
	// Resumed is whether an undo of the run began, and Undone whether it reverted everything that it can revert.
	Resumed, Undone bool
}

// line is one line of a record. Exactly one field is set.
type line struct {
	Run    *Head     `json:"run,omitempty"`
	Step   *run.Step `json:"step,omitempty"`
	Ended  *ended    `json:"ended,omitempty"`
	Undo   *Head     `json:"undo,omitempty"` // an undo begins
	Undone *ended    `json:"undone,omitempty"`
}

type ended struct {
	Complete bool `json:"complete"`
}

// File is a record that is being written. Its methods may be called in parallel.
type File struct {
	mu    sync.Mutex
	f     *os.File // nil: the record is in kept
	kept  []byte
	empty bool // no step is in it
}

// State returns the directory of what the program keeps on this computer: in the XDG state directory of the user.
func State() (string, error) {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // the XDG Base Directory Specification ignores relative paths
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("no directory for the records of runs and the earlier answers: %w", err)
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "privatelink-wizard"), nil
}

// Dir returns the directory of the records, in that of State.
func Dir() (string, error) {
	state, err := State()
	if err != nil {
		return "", err
	}
	return filepath.Join(state, "runs"), nil
}

// Create begins the record of a run. Only this user can read it.
func Create(dir string, h Head) (*File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keep a record of the run: %w", err)
	}
	f, err := os.OpenFile(path(dir, h.ID), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep a record of the run: %w", err)
	}
	out := &File{f: f, empty: true}
	return out, out.begin(h)
}

// Keep begins the record of a run in memory.
func Keep(h Head) (*File, error) {
	out := &File{}
	return out, out.begin(h)
}

func (r *File) begin(h Head) error {
	h.Version = Version
	return r.add(line{Run: &h})
}

// Read reads a record in memory.
func (r *File) Read() (*Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return parse(r.kept, "the record in memory")
}

// Resume continues a record in memory with an undo.
func (r *File) Resume(h Head) error { return r.add(line{Undo: &h}) }

// Resume continues the record of a run with an undo.
func Resume(dir string, id string, h Head) (*File, error) {
	f, err := os.OpenFile(path(dir, id), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("keep a record of the undo: %w", err)
	}
	out := &File{f: f}
	return out, out.Resume(h)
}

func path(dir, id string) string { return filepath.Join(dir, id+".jsonl") }

// Step adds a step of the run. It is on the disk when Step returns.
func (r *File) Step(s run.Step) error { return r.add(line{Step: &s}) }

// End ends the record of a run, or that of an undo. The record of a run that changed nothing is deleted.
func (r *File) End(undo, complete bool) error {
	if r.empty {
		return errors.Join(r.f.Close(), os.Remove(r.f.Name()))
	}
	l := line{Ended: &ended{complete}}
	if undo {
		l = line{Undone: l.Ended}
	}
	err := r.add(l)
	if r.f != nil {
		err = errors.Join(err, r.f.Close())
	}
	return err
}

func (r *File) add(l line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.empty = r.empty && l.Step == nil
	text = append(text, '\n')
	if r.f == nil {
		r.kept = append(r.kept, text...)
		return nil
	}
	if _, err := r.f.Write(text); err != nil {
		return err
	}
	return r.f.Sync()
}

// Read reads one record. The last line may be cut off, because the program was killed while it wrote it.
func Read(dir, id string) (*Run, error) {
	file := path(dir, id)
	if id != filepath.Base(id) {
		return nil, fmt.Errorf("%q is not the id of a run", id)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return parse(text, file)
}

// parse reads the text of a record.
func parse(text []byte, file string) (*Run, error) {
	r := &Run{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for n := 1; lines.Scan(); n++ {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			if n > 1 && !bytes.HasSuffix(text, []byte("\n")) && !lines.Scan() {
				break
			}
			return nil, fmt.Errorf("%s, line %d: %w", file, n, err)
		}
		switch {
		case l.Run != nil && n == 1:
			if r.Head = *l.Run; r.Version != Version {
				return nil, fmt.Errorf("%s: version %d of the format is not known to this program, which knows %d", file, r.Version, Version)
			}
		case n == 1:
			return nil, fmt.Errorf("%s: this is not the record of a run", file)
		case l.Step != nil:
			r.Steps = run.Merge(r.Steps, *l.Step)
			if string(l.Step.Change) == r.VPC && l.Step.ID != "" { // the run created its VPC
				r.VPC = l.Step.ID
			}
		case l.Ended != nil:
			r.Ended, r.Complete = true, l.Ended.Complete
		case l.Undo != nil:
			r.Resumed = true
		case l.Undone != nil:
			r.Undone = l.Undone.Complete
		}
	}
	if r.ID == "" {
		return nil, fmt.Errorf("%s: it is empty", file)
	}
	r.VPC = r.vpc()
	return r, nil
}

// vpc returns the id of the VPC. The head of a run that creates one has the id of the change that does.
func (r *Run) vpc() string {
	if !strings.Contains(r.VPC, "/") { // as no id of a VPC does
		return r.VPC
	}
	for _, s := range r.Steps {
		if string(s.Change) == r.VPC {
			return s.ID
		}
	}
	return ""
}

// Latest reads the record that was written last; nil if there is none.
func Latest(dir string) (*Run, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	latest, at := "", time.Time{}
	for _, f := range files {
		id, ok := strings.CutSuffix(f.Name(), ".jsonl")
		if info, err := f.Info(); ok && err == nil && info.ModTime().After(at) {
			latest, at = id, info.ModTime()
		}
	}
	if err != nil || latest == "" {
		return nil, err
	}
	return Read(dir, latest)
}

// List reads all records, the latest first. What cannot be read is in the errors.
func List(dir string) (runs []*Run, unread []error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, []error{err}
	}
	for _, f := range files {
		id, ok := strings.CutSuffix(f.Name(), ".jsonl")
		if !ok {
			continue
		}
		r, err := Read(dir, id)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		runs = append(runs, r)
	}
	slices.SortFunc(runs, func(a, b *Run) int { return cmp.Or(b.Time.Compare(a.Time), strings.Compare(a.ID, b.ID)) })
	return runs, unread
}

// Made returns the number of resources that the run created or changed for certain, and that undo can revert.
func (r *Run) Made() int {
	n := 0
	for _, s := range r.Steps {
		if s.Undo != nil && s.ID != "" {
			n++
		}
	}
	return n
}

// Reverts reports whether undo may have something to revert.
func (r *Run) Reverts() bool {
	return slices.ContainsFunc(r.Steps, func(s run.Step) bool { return s.Undo != nil })
}

// State is what became of the run, in words.
func (r *Run) State() string {
	switch {
	case r.Undone:
		return "undone"
	case r.Resumed:
		return "undo not complete"
	case !r.Ended:
		return "ended early"
	case !r.Complete:
		return "not complete"
	}
	return "complete"
}

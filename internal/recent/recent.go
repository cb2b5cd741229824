// Package recent keeps the answers of the last plans on this computer, so that the wizard can offer them again. They are in one
// file that only this user can read. Answers contain no secrets.
package recent

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/disk"
)

// Version is the version of the format of the file.
const Version = 1

// Most is the number of plans that are kept. The oldest ones are removed.
const Most = 10

// maxSize in bytes is more than the largest answers need.
const maxSize = 1 << 20

// Entry has the answers of one plan.
type Entry struct {
	Time    time.Time
	Profile string // of the credentials; empty if they were in the environment
	Answers answers.Answers
}

// file is the content of the file.
type file struct {
	Version int       `json:"version"`
	Answers []written `json:"answers"` // the latest first
}

// written is an entry in the file. Its answers are an answers file.
type written struct {
	Time    time.Time `json:"time"`
	Profile string    `json:"profile,omitempty"`
	Answers string    `json:"answers"`
}

// path returns the file in a directory.
func path(dir string) string { return filepath.Join(dir, "answers.json") }

// read reads the file. Without one, no answers are kept.
func read(dir string) ([]written, error) {
	text, err := disk.Read(path(dir), maxSize)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err // contains the name of the file
	}
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("%s: not valid, possibly changed by another program", path(dir)) // the text of the error has names of this code
	}
	if f.Version != Version {
		return nil, fmt.Errorf("%s: version %d of the format is not known to this program, which knows %d", path(dir), f.Version, Version)
	}
	return f.Answers, nil
}

// List returns the answers in a directory, the latest first. A missing file has none. An error contains the name of the file. It can
// come with answers: the others, if some of them cannot be read, such as those of a later program.
func List(dir string) ([]Entry, error) {
	all, err := read(dir)
	if err != nil {
		return nil, err
	}
	var out []Entry
	var failed error
	for i, w := range all {
		a, _, err := answers.Load(fmt.Sprintf("%s: entry %d", path(dir), i+1), []byte(w.Answers))
		if err != nil {
			failed = cmp.Or(failed, err)
			continue
		}
		out = append(out, Entry{w.Time, w.Profile, a})
	}
	return out, failed
}

// Add adds answers as the latest. They replace the same answers from before. It does not change a file that it cannot read.
func Add(dir string, e Entry) error {
	text, err := e.Answers.YAML()
	if err != nil {
		return err
	}
	before, err := read(dir)
	if err != nil {
		return err
	}
	f := file{Version, []written{{e.Time, e.Profile, string(text)}}}
	for _, w := range before {
		if w.Answers != string(text) && len(f.Answers) < Most {
			f.Answers = append(f.Answers, w)
		}
	}
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return disk.Write(path(dir), append(data, '\n'), 0o600)
}

// Clear deletes all answers in a directory. It returns the file that it deleted; empty if it did not exist.
func Clear(dir string) (string, error) {
	err := os.Remove(path(dir))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return path(dir), err
}

package main

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// typed returns the inputs of a plan that the user must type.
func typed(p *plan.Plan) []resource.Input {
	return slices.DeleteFunc(p.Inputs(), func(in resource.Input) bool { return in.File != "" })
}

// Modes of new files. The system removes what the umask of the user excludes.
const (
	scriptMode  os.FileMode = 0o777
	privateMode os.FileMode = 0o600
)

// writeNew writes a file that does not exist yet. The file is complete or does not exist.
func writeNew(name string, data []byte, mode os.FileMode) error {
	f, err := createNew(name, mode)
	if err != nil {
		return err
	}
	if err = fill(f, data); err != nil {
		_ = os.Remove(name)
	}
	return err
}

// fill writes the content of a new file to the disk and closes the file.
func fill(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// writeFile writes the whole file or nothing. It replaces an existing file.
func writeFile(name string, data []byte, mode os.FileMode) error {
	f, err := createNew(filepath.Join(filepath.Dir(name), ".wizard-"+rand.Text()), mode) // os.CreateTemp ignores the umask
	var at *os.PathError
	if errors.As(err, &at) {
		at.Path = name // instead of the temporary name
	}
	if err != nil {
		return usage(err)
	}
	defer os.Remove(f.Name())
	if err := fill(f, data); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func createNew(name string, mode os.FileMode) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
}

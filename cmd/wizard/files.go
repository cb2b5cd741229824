package main

import (
	"errors"
	"os"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/disk"
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
	f, err := disk.Create(name, mode)
	if err != nil {
		return err
	}
	if err = disk.Fill(f, data); err != nil {
		_ = os.Remove(name)
	}
	return err
}

// writeFile writes the whole file or nothing. It replaces an existing file. A folder that cannot have the file is an error in
// the name that the user gave.
func writeFile(name string, data []byte, mode os.FileMode) error {
	err := disk.Write(name, data, mode)
	var at *os.PathError
	if errors.As(err, &at) && at.Op == "open" {
		return usage(err)
	}
	return err
}

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// typed returns the inputs of a plan that the user must type.
func typed(p *plan.Plan) []resource.Input {
	return slices.DeleteFunc(p.Inputs(), func(in resource.Input) bool { return in.File != "" })
}

// saveFile writes the configuration of an OpenVPN client to the current folder. It adds the
// certificate and key if this run created them. An existing file is kept.
func saveFile(given map[string]secret.Text) func(run.File) []string {
	return func(f run.File) []string {
		text, err := secret.New(f.Config), error(nil)
		certificate, key := given[f.Certificate].Reveal(), given[f.Key]
		switch {
		case f.HasKey && f.Config == "": // what cannot be had again is saved all the same
			text = secret.New("<cert>\n" + certificate + "</cert>\n<key>\n" + key.Reveal() + "</key>\n")
		case f.HasKey:
			text, err = cert.OVPN(f.Config, certificate, key, f.Label)
		}
		if err == nil && !text.Empty() {
			err = writeNew(f.Name, []byte(text.Reveal()), privateMode)
		}
		message := f.WithoutKey
		switch {
		case errors.Is(err, os.ErrExist):
			message = f.Kept
		case err != nil:
			return []string{fmt.Sprintf("%s was not written: %v", f.Name, err)}
		case text.Empty():
			return nil
		case f.HasKey:
			message = f.WithKey
		}
		out := []string{message, f.Then}
		if f.Config == "" && err == nil {
			out = append(out, f.NoConfig)
		}
		return out
	}
}

// Modes of new files. The system removes what the umask of the user excludes.
const (
	scriptMode  os.FileMode = 0o777
	privateMode os.FileMode = 0o600
)

// writeNew writes a file that does not exist yet.
func writeNew(name string, data []byte, mode os.FileMode) error {
	f, err := createNew(name, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// writeFile writes the whole file or nothing. It replaces an existing file.
func writeFile(name string, data []byte, mode os.FileMode) error {
	f, err := createNew(filepath.Join(filepath.Dir(name), ".wizard-"+rand.Text()), mode) // os.CreateTemp ignores the umask
	if err != nil {
		return usage(err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	return err
}

func createNew(name string, mode os.FileMode) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
}

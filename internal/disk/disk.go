// Package disk writes files that are complete or do not exist, and reads files of the program that can be replaced by anything.
package disk

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Read reads a file of at most a number of bytes. A named pipe is an error, because reading it can wait forever.
func Read(name string, most int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode()&os.ModeNamedPipe != 0 {
		return nil, fmt.Errorf("%s: must be a file, but is a named pipe", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		return nil, fmt.Errorf("%s: larger than the limit of %d KB", name, most>>10)
	}
	return data, err
}

// Create opens a new file. It returns an error that is os.ErrExist if the file exists. The system removes from the mode what
// the umask of the user excludes.
func Create(name string, mode os.FileMode) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
}

// Fill writes the content of a new file to the disk and closes the file.
func Fill(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// Write writes the whole file or nothing. It replaces an existing file. An error of the operation open means that the folder
// cannot have a new file.
func Write(name string, data []byte, mode os.FileMode) error {
	f, err := Create(filepath.Join(filepath.Dir(name), ".wizard-"+rand.Text()), mode) // os.CreateTemp ignores the umask
	if err == nil {
		defer os.Remove(f.Name())
		err = Fill(f, data)
	}
	var at *os.PathError
	if errors.As(err, &at) {
		at.Path = name // instead of the temporary name
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

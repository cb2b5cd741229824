package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/disk"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.json")
	if err := os.WriteFile(name, []byte("a longer text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := disk.Write(name, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "new" {
		t.Errorf("%q %v", text, err)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}

	// Without the folder, the error contains the name of the file and not that of a temporary one.
	missing := filepath.Join(dir, "missing", "a.json")
	var at *os.PathError
	if err := disk.Write(missing, nil, 0o600); !errors.As(err, &at) || at.Op != "open" || at.Path != missing {
		t.Errorf("%v", err)
	}
	// A file that cannot be replaced leaves no temporary file.
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "inner"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := disk.Write(folder, nil, 0o600); err == nil {
		t.Error("a folder was replaced")
	}
	files, err := os.ReadDir(dir)
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") {
			t.Errorf("%s is left", f.Name())
		}
	}
	if err != nil || len(files) != 2 {
		t.Errorf("%v %v", files, err)
	}
}

func TestCreateKeepsAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	f, err := disk.Create(name, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := disk.Fill(f, []byte("mine")); err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Create(name, 0o600); !errors.Is(err, os.ErrExist) {
		t.Errorf("%v", err)
	}
}

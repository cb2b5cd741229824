package disk_test

import (
	"errors"
	"os"
	"os/exec"
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

// TestRead asserts that a file is read up to its limit, and that nothing else makes the program wait or fills its memory.
func TestRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.json")
	if _, err := disk.Read(name, 8); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := os.WriteFile(name, []byte("12345678"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := disk.Read(name, 8); err != nil || string(text) != "12345678" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := disk.Read(name, 7); err == nil || !strings.Contains(err.Error(), name+": larger than the limit") {
		t.Error(err)
	}
	if _, err := disk.Read(filepath.Dir(name), 8); err == nil || !strings.Contains(err.Error(), filepath.Dir(name)) {
		t.Error(err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if _, err := disk.Read("/dev/zero", 8<<10); err == nil || !strings.Contains(err.Error(), "larger than the limit of 8 KB") {
		t.Error(err)
	}
	if text, err := disk.Read(os.DevNull, 8); err != nil || len(text) != 0 {
		t.Errorf("%q %v", text, err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if out, err := exec.Command("mkfifo", pipe).CombinedOutput(); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	if _, err := disk.Read(pipe, 8); err == nil || !strings.Contains(err.Error(), "named pipe") {
		t.Error(err)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/tui"
)

// umaskVariable is a umask for a child of TestFileModes.
const umaskVariable = "WIZARD_TEST_UMASK"

// TestFileModes: scripts get the mode that the umask of the user leaves, as any new program does, and all other files are private.
func TestFileModes(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	exe, err := exec.LookPath("wizard")
	if err != nil {
		t.Fatal(err)
	}
	for mask, script := range map[string]os.FileMode{"022": 0o755, "077": 0o700, "002": 0o775} {
		s := newSite(t, "")
		s.write("a.yaml", "version: 1\nworkload: ecs-fargate\nvpc: vpc-0a1b2c3d4e5f60001\n")
		s.write("vpn.yaml", vpnAnswers)
		s.env = []string{"HOME=" + s.dir, "AWS_EC2_METADATA_DISABLED=true"}
		under := func(args ...string) {
			t.Helper()
			s.run(0, bash, append([]string{"-c", "umask " + mask + `; exec "$0" "$@"`, exe}, args...)...)
		}
		modes := func(want map[string]os.FileMode) {
			t.Helper()
			for name, mode := range want {
				if info, err := os.Stat(filepath.Join(s.dir, name)); err != nil || info.Mode() != mode {
					t.Errorf("umask %s: %s has mode %v, want %v (%v)", mask, name, info.Mode(), mode, err)
				}
			}
		}
		under("export", "--sandbox", "--answers", "a.yaml", "--format", "bash", "--out", "e.sh", "--debug", "debug.log")
		modes(map[string]os.FileMode{"e.sh": script, "debug.log": 0o600})
		if err := os.Chmod(filepath.Join(s.dir, "e.sh"), 0o640); err != nil {
			t.Fatal(err)
		}
		under("export", "--sandbox", "--answers", "a.yaml", "--format", "bash", "--out", "e.sh") // replaces the earlier export
		under("snapshot", "--sandbox", "--out", "s.json")
		under("apply", "--sandbox=mwaa-private", "--speed", "100000", "--answers", "vpn.yaml", "--yes")
		modes(map[string]os.FileMode{"e.sh": script, "s.json": 0o600, "airflow-nightly-vpn": os.ModeDir | 0o700, ovpn: 0o600})
		if left, err := filepath.Glob(filepath.Join(s.dir, ".wizard-*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
		// What the screens save. The umask belongs to the whole process, so a child sets it.
		s.env = append(s.env, umaskVariable+"="+mask)
		s.run(0, os.Args[0], "-test.run", "^TestSavedModes$")
		modes(map[string]os.FileMode{"saved.sh": script, "saved.yaml": 0o600})
	}
}

// TestSavedModes saves files as the screens do. TestFileModes runs it as a child.
func TestSavedModes(t *testing.T) {
	mask := os.Getenv(umaskVariable)
	if mask == "" {
		t.Skip("runs as a child of TestFileModes")
	}
	syscall.Umask(map[string]int{"022": 0o022, "077": 0o077, "002": 0o002}[mask])
	for name, text := range map[string]string{"saved.sh": "#!/usr/bin/env bash\n", "saved.yaml": "version: 1\n"} {
		x := tui.Export{Files: []tui.File{{Name: name, Data: []byte(text), Run: strings.HasPrefix(text, "#!")}}}
		if err := new(session).Save(x); err != nil {
			t.Error(err)
		}
		if err := new(session).Save(x); err == nil || !strings.Contains(err.Error(), "already exists") {
			t.Errorf("saved again: %v", err)
		}
	}
}

// TestSaveIsAllOrNothing: after an error, none of the files and no new folder remain, and what existed before is unchanged.
func TestSaveIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("net-finish.sh"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := func(name string) tui.File { return tui.File{Name: at(name), Data: []byte("text")} }
	for name, tt := range map[string]struct {
		x     tui.Export
		want  string
		taken bool
	}{
		"a file exists":         {tui.Export{Files: []tui.File{file("net.yaml"), file("net-finish.sh")}}, "net-finish.sh already exists", true},
		"a folder exists":       {tui.Export{Folder: dir, Files: []tui.File{file("main.tf")}}, " already exists", true},
		"a file cannot be made": {tui.Export{Folder: at("net"), Files: []tui.File{file("net/main.tf"), file("net/no/finish.sh")}}, "no such file", false},
	} {
		s := new(session)
		if err := s.Save(tt.x); err == nil || !strings.Contains(err.Error(), tt.want) || s.Taken(tt.x) != tt.taken {
			t.Errorf("%s: %v, taken %v", name, err, s.Taken(tt.x))
		}
		left, err := os.ReadDir(dir)
		if data, bad := os.ReadFile(at("net-finish.sh")); err != nil || bad != nil || len(left) != 1 || string(data) != "mine" {
			t.Errorf("%s: left are %v, and the first file has %q", name, left, data)
		}
	}
	x := tui.Export{Folder: at("net"), Files: []tui.File{file("net/main.tf")}}
	if err := new(session).Save(x); err != nil {
		t.Error(err)
	}
}

package export

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// savesVPN is a script that creates the keys of a Client VPN and saves the file of its clients, without AWS. Its openssl
// is a stand-in. The client's key, when AWS would receive its certificate, is in $sent. The script kills itself before the
// step $at of those that change a file; $steps counts them.
const savesVPN = `set -euo pipefail
errors=$outside/errors
openssl() {
  case $1 in
    rand) echo 01 ;;
    x509) if [[ $2 == -noout ]]; then echo serial=0A; fi ;;
  esac
  while [[ $# -gt 1 ]]; do
    case $1 in
      -keyout) echo "PRIVATE KEY $RANDOM$RANDOM$RANDOM" >"$2" ;;
      -out) echo "CERTIFICATE" >"$2" ;;
    esac
    shift
  done
}
sync() { return 0; }
step() {
  local done
  case $BASH_COMMAND in
    mkdir* | 'printf '*'>'* | making=* | mv* | rm*) ;;
    *) return 0 ;;
  esac
  printf . >>"$steps"
  IFS= read -r done <"$steps" || true
  if [[ ${#done} -eq $at ]]; then kill -9 0; fi
}
set -T
trap step DEBUG
if [[ -e $outside/sent ]]; then id=cvpn-endpoint-1; fi
vpn_ready airflow-a-vpn/airflow-a.ovpn airflow-a-vpn/keys "$unknown" OTHER LOST
if [[ -z $id ]]; then
  make_vpn airflow-a-vpn/keys airflow-a
  cp airflow-a-vpn/keys/client.key "$outside/sent"
fi
reply='remote cvpn-endpoint-1.example.com 443'
save_vpn airflow-a-vpn/airflow-a.ovpn airflow-a airflow-a-vpn/keys cvpn-endpoint-1 0a KEPT WITHKEY WITHOUT OTHER LOST UNFINISHED EARLIER
`

// saveVPN runs savesVPN in a folder and reports whether it was killed.
func saveVPN(t *testing.T, dir, outside string, at int) (said string, killed bool, steps int) {
	t.Helper()
	file, count := filepath.Join(outside, "script.sh"), filepath.Join(outside, "steps")
	if err := os.WriteFile(file, []byte(globals+functions+vpn+savesVPN), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(count)
	cmd := exec.Command(tool(t, "bash"), file)
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append(os.Environ(), "outside="+outside, "steps="+count, fmt.Sprint("at=", at))
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() >= 0 {
		t.Fatalf("at step %d: %v\n%s", at, err, out)
	}
	text, _ := os.ReadFile(count)
	return string(out), err != nil, len(text)
}

// TestKilledScriptKeepsKeysPrivate: at whatever step a script is killed, its keys are in a private folder that git ignores,
// and the next run completes the file with the key that AWS knows.
func TestKilledScriptKeepsKeysPrivate(t *testing.T) {
	t.Parallel()
	_, _, steps := saveVPN(t, t.TempDir(), t.TempDir(), 0)
	if steps < 10 {
		t.Fatalf("only %d steps", steps)
	}
	for at := 1; at <= steps; at++ {
		dir, outside := t.TempDir(), t.TempDir()
		if said, killed, _ := saveVPN(t, dir, outside, at); !killed {
			t.Errorf("step %d: not killed\n%s", at, said)
		}
		filesOf(t, dir)
		said, _, _ := saveVPN(t, dir, outside, 0)
		if names := filesOf(t, dir); !slices.Equal(names, []string{"airflow-a-vpn/.gitignore", "airflow-a-vpn/airflow-a.ovpn"}) {
			t.Errorf("step %d: %q\n%s", at, names, said)
		}
		config, err := os.ReadFile(filepath.Join(dir, "airflow-a-vpn", "airflow-a.ovpn"))
		if err != nil {
			t.Fatal(err)
		}
		sent, err := os.ReadFile(filepath.Join(outside, "sent"))
		if err != nil {
			t.Fatal(err)
		}
		if want := "remote airflow-a.cvpn-endpoint-1.example.com 443\n<cert>\nCERTIFICATE\n</cert>\n<key>\n" + string(sent) + "</key>\n"; string(config) != want {
			t.Errorf("step %d: %s", at, config)
		}
	}
}

// filesOf returns the names of the files in a folder. It fails if others can open a key or git would add it.
func filesOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		names = append(names, name)
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), "PRIVATE KEY") {
			return err
		}
		folder := filepath.Join(dir, "airflow-a-vpn")
		info, err := os.Lstat(folder)
		if err != nil {
			return err
		}
		ignored, _ := os.ReadFile(filepath.Join(folder, ".gitignore"))
		if !strings.HasPrefix(path, folder+"/") || info.Mode() != fs.ModeDir|0o700 || string(ignored) != "*\n" {
			t.Errorf("the key in %s is not private: %v, .gitignore %q", name, info.Mode(), ignored)
		}
		if info, err := d.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestPrivateFolder: a folder that a run created is made private, and others must be. A folder of a killed run gets its
// .gitignore. The messages for folders that are not accepted are tested with whole scripts.
func TestPrivateFolder(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before string
		code   int
	}{
		"new":                          {"", 0},
		"killed before its .gitignore": {"mkdir -m 700 f", 0},
		"killed at its .gitignore":     {"mkdir -m 700 f; : >f/.gitignore", 0},
		"open, of a run":               {"mkdir -m 777 f; echo '*' >f/.gitignore", 0},
		"open, of others":              {"mkdir -m 755 f", 2},
		"open, other .gitignore":       {"mkdir -m 701 f; echo x >f/.gitignore", 2},
		"group of its parent":          {"mkdir -m 700 f; chmod g+s f", 0},
		"a file":                       {": >f", 2},
		"a link":                       {"mkdir -m 700 g; ln -s g f", 2},
		"cannot be created":            {"mkdir() { return 1; }", 2},
	} {
		dir := t.TempDir()
		cmd := exec.Command(tool(t, "bash"), "-c", globals+functions+vpn+tt.before+"\nset -euo pipefail\nprivate_folder f\n")
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != tt.code {
			t.Errorf("%s: exit code %d, want %d\n%s", name, code, tt.code, out)
		}
		if tt.code != 0 {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, "f"))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v %v", name, info, err)
		}
		if ignored, err := os.ReadFile(filepath.Join(dir, "f", ".gitignore")); string(ignored) != "*\n" {
			t.Errorf("%s: .gitignore is %q: %v", name, ignored, err)
		}
	}
}

// TestKeysThatAreNotComplete: a script does not create keys in place of some that exist.
func TestKeysThatAreNotComplete(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.Command(tool(t, "bash"), "-c", globals+functions+vpn+"set -euo pipefail; mkdir -p f/keys; echo x >f/keys/ca.pem; make_vpn f/keys name")
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(out), "The folder f/keys does not contain server.pem. Add the file, or rename the folder") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if names := filesOf(t, dir); !slices.Equal(names, []string{"f/keys/ca.pem"}) {
		t.Error(names)
	}
}

package export

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestPasswordIsNotInTheEnvironment: no program gets the password in a variable, also if the environment has variables
// with the names of the script's.
func TestPasswordIsNotInTheEnvironment(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(tool(t, "bash"), "-c", "set -euo pipefail\ndry_run=no input='' value='' reply=''\n"+functions+credentials+`
credentials user 'Password?'
aws() { env; printf '%s\n' "$input"; }
region=us-east-1 once=no
aws_cli secretsmanager get-secret-value
try() { env; reply=other; }
holds secretsmanager get-secret-value || true
`)
	cmd.Env = append(os.Environ(), "password=x", "input=x", "text=x", "value=x", "reply=x")
	cmd.Stdin = strings.NewReader("canary\n")
	out, err := cmd.CombinedOutput()
	if n := strings.Count(string(out), "canary"); err != nil || n != 1 || !strings.Contains(string(out), `{"username":"user","password":"canary"}`) {
		t.Errorf("%d times in what programs get: %v\n%s", n, err, out)
	}
}

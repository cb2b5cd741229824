package export

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestPasswordIsNotInTheEnvironment: no program gets the password in a variable, also if the environment has variables
// with the names of the script's. The test uses the script up to its options.
func TestPasswordIsNotInTheEnvironment(t *testing.T) {
	t.Parallel()
	prelude, _, ok := strings.Cut(scriptOf(t, registry(fixed)), "\n# --- What the script reads from the account ---\n")
	if !ok {
		t.Fatal("the script has another structure")
	}
	cmd := exec.Command(tool(t, "bash"), "-c", prelude+`
credentials user 'Password?'
aws() { env; cat; }
aws_cli secretsmanager get-secret-value
try() { env; reply=$value; }
holds secretsmanager get-secret-value
env
`)
	cmd.Env = os.Environ()
	for assignment := range strings.FieldsSeq(globals) {
		if name, _, ok := strings.Cut(assignment, "="); ok {
			cmd.Env = append(cmd.Env, name+"=x")
		}
	}
	for _, name := range []string{"text", "value", "one", "word", "code"} { // local variables
		cmd.Env = append(cmd.Env, name+"=x")
	}
	cmd.Stdin = strings.NewReader("canary\n")
	out, err := cmd.CombinedOutput()
	if n := strings.Count(string(out), "canary"); err != nil || n != 1 || !strings.Contains(string(out), `{"username":"user","password":"canary"}`) {
		t.Errorf("%d times in what programs get: %v\n%s", n, err, out)
	}
}

//go:build acceptance

package export

import (
	"os"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/clitest"
)

// Debian's Python holds version 2 of the AWS CLI. Elsewhere version 2 is a program without one.
func TestAcceptanceCallsFitModels(t *testing.T) {
	t.Parallel()
	const python, program = "/usr/bin/python3", "/usr/bin/aws"
	_, err := os.Stat(program)
	if err == nil && !clitest.HasCLI(python) {
		t.Skipf("%s is not a package of %s", program, python)
	}
	callsFitModels(t, python, "--availability-mode") // regional NAT gateways need version 2.32.0
}

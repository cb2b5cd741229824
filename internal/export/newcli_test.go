package export

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/clitest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestRegionalNATNeedsARecentCLI: a script that creates a regional NAT gateway ends before its first call if the AWS CLI
// does not know them. Other scripts do not ask for the version.
func TestRegionalNATNeedsARecentCLI(t *testing.T) {
	const needs = "Regional NAT gateways need version 1.43.0 or 2.32.0 of the AWS CLI, or a newer one."
	regional := one()
	regional.Changes = append(regional.Changes, resource.Change{ID: "nat-gateway/regional", Op: resource.Create, Summary: "Create a regional NAT gateway",
		Spec: resource.NATGateway{VPC: "vpc-0a1", Name: "shop-nat", Regional: true}})
	text := scriptOf(t, regional)
	if !strings.Contains(strings.ReplaceAll(text, "\n# ", " "), "for regional NAT gateways at least 1.43.0 or 2.32.0.") {
		t.Error("the head of the script does not say which AWS CLI it needs")
	}
	if strings.Contains(scriptOf(t, one()), "new_cli") {
		t.Error("a script without a regional NAT gateway asks for the version")
	}
	for version, want := range map[string]string{
		"aws-cli/1.43.0 Python/3.11.7 Linux/6.1 botocore/1.41.0":      "",
		"aws-cli/1.45.11 Python/3.11.7 Linux/6.1 botocore/1.43.11":    "",
		"aws-cli/1.42.99 Python/3.11.7 Linux/6.1":                     needs + " This one is 1.42.99. Nothing was changed.",
		"aws-cli/2.9.19 Python/3.11.2 Linux/6.1 source/x86_64.debian": needs + " This one is 2.9.19. Nothing was changed.",
		"aws-cli/2.31.39 Python/3.13.9 Linux/6.1 exe/x86_64":          needs + " This one is 2.31.39. Nothing was changed.",
		clitest.Version:             "",
		"aws-cli/2.32.08":           "",
		"aws-cli/3.0.0 Python/3.14": "",
		"none":                      "aws --version shows no version. " + needs + " Nothing was changed.",
	} {
		calls := 0
		dir := clitest.Fake(t, func(_ context.Context, _ string, args []string) (string, int) {
			if strings.Join(args, " ") == "--version" {
				return version + "\n", 0
			}
			calls++
			return "An error occurred (AccessDenied) when calling the GetCallerIdentity operation: no", 254
		}).Dir
		_, said, code := runScript(t, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "TMPDIR="+t.TempDir()), text)
		if stopped := want != ""; stopped != (calls == 0) || code != 1 || !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
			t.Errorf("%s: exit code %d after %d calls: %s", version, code, calls, said)
		}
	}
}

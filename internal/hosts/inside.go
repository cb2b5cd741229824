package hosts

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

//go:embed inside.sh
var inside string

// name matches a DNS name without characters that a shell interprets. It cannot begin with a
// hyphen, so no program reads it as an option.
var name = pattern.New(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// Inside returns a script for AWS-RunShellScript that looks up names on a Linux host and tests
// TCP port 443 of each: a private name resolves to the addresses of its endpoint only inside the
// VPC. For a wildcard name, pass a name that it covers. A name that does not answer takes up to
// 20 seconds.
func Inside(names []string) (string, error) {
	if len(names) == 0 {
		return "", errors.New("no names to look up from inside")
	}
	for _, n := range names {
		if !name().MatchString(n) || len(n) > 253 {
			return "", fmt.Errorf("%q cannot be looked up from inside: a name must contain only lower-case letters, digits, dots and hyphens", n)
		}
	}
	return strings.Replace(inside, "set -- NAMES", "set -- "+strings.Join(names, " "), 1), nil
}

package hosts

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

//go:embed inside.sh
var inside string

// name is a DNS name that means nothing to a shell and is no option of a program.
var name = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// Inside gives a script for AWS-RunShellScript that looks up names on a Linux host and
// tries TCP port 443 of each: a private name resolves to its endpoint's addresses only
// inside the VPC. For a wildcard name give one that it covers. It needs up to 20 seconds a
// name where nothing answers.
func Inside(names []string) (string, error) {
	if len(names) == 0 {
		return "", errors.New("no names to look up from inside")
	}
	for _, n := range names {
		if !name.MatchString(n) || len(n) > 253 {
			return "", fmt.Errorf("%q cannot be looked up from inside: a name has small letters, digits, dots and hyphens only", n)
		}
	}
	return strings.Replace(inside, "set -- NAMES", "set -- "+strings.Join(names, " "), 1), nil
}

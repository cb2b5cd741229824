// Package pattern has regular expressions that are compiled on first use. The program has dozens, and a
// command uses few of them: the first screen does not wait for the others.
package pattern

import (
	"regexp"
	"sync"
)

// New returns a regular expression that is compiled on first use. That panics if the syntax is wrong.
func New(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

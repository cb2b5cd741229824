package lint

import (
	"regexp"
	"sync"
)

// lazily returns a regular expression that is compiled on first use. Other commands and the first
// screen do not wait for those of this package.
func lazily(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

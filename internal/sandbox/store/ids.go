package store

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// Counters count what an account has created, by kind. Ids come from counters, so a run in the
// sandbox always gives the same ids.
type Counters map[string]int

// Next counts one more.
func (c Counters) Next(kind string) int {
	c[kind]++
	return c[kind]
}

// ID returns the next id of EC2 with a prefix.
func (c Counters) ID(prefix string) string { return fmt.Sprintf("%s-%017x", prefix, c.Next(prefix)) }

// Hash returns hexadecimal digits in place of AWS's random ones. The same text always gives the
// same digits.
func Hash(s string, digits int) string {
	h := fnv.New128a()
	h.Write([]byte(s))
	return fmt.Sprintf("%x", h.Sum(nil))[:digits]
}

// UUID returns a UUID that is always the same for the same text.
func UUID(text string) string {
	h := Hash(text, 32)
	return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "8" + h[17:20], h[20:]}, "-")
}

package words_test

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		words.Count(1, "subnet"): "1 subnet", words.Count(0, "subnet"): "0 subnets", words.Count(2, "address"): "2 addresses",
		words.Counted(1, "entry", "entries"): "1 entry", words.Counted(0, "entry", "entries"): "0 entries",
		words.UpTo(nil, 2): "", words.UpTo([]string{"a", "b"}, 2): "a, b", words.UpTo([]string{"a", "b", "c", "d"}, 2): "a, b and 2 more",
		words.Thousands(0): "0", words.Thousands(999): "999", words.Thousands(4089): "4,089", words.Thousands(-1234567): "-1,234,567", words.Thousands(-123): "-123",
		words.Cut("abc", 3): "abc", words.Cut("abcd", 3): "ab…", words.Cut("ab cd", 4): "ab…", words.Cut("網目", 3): "網…",
		words.CutMiddle("abc", 3): "abc", words.CutMiddle("vpce-0b2c3d4e5f6a76001", 10): "vpce…76001", words.CutMiddle("網目網目", 5): "網…目",
		words.Pad("網", 4): "網  ", words.Pad("abc", 2): "abc",
		strings.Join(words.Lines("one two  three four", 3, 9), "/"): "one/two three/four", strings.Join(words.Lines("", 3, 9), "/"): "", strings.Join(words.Lines("longer-than", 3, 3), "/"): "longer-than",
		words.Last("arn:aws:iam::1:role/path/name"): "name", words.Last("name"): "name",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

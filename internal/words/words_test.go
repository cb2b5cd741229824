package words_test

import (
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		words.Count(1, "subnet"): "1 subnet", words.Count(0, "subnet"): "0 subnets", words.Count(2, "address"): "2 addresses",
		words.Counted(1, "entry", "entries"): "1 entry", words.Counted(0, "entry", "entries"): "0 entries",
		words.UpTo(nil, 2): "", words.UpTo([]string{"a", "b"}, 2): "a, b", words.UpTo([]string{"a", "b", "c", "d"}, 2): "a, b and 2 more",
		words.Last("arn:aws:iam::1:role/path/name"): "name", words.Last("name"): "name",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

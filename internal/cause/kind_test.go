package cause_test

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
)

func TestKindsHaveTitles(t *testing.T) {
	for _, k := range cause.Kinds() {
		for _, service := range []string{"", "ecr.api"} {
			if title := k.Title(service); title == "" || strings.ContainsAny(title, "{}") || strings.Contains(title, "  ") {
				t.Errorf("%s: title %q", k, title)
			}
		}
	}
}

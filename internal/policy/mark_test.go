package policy_test

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

func TestMark(t *testing.T) {
	const plain = `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"logs:*","Resource":"a"},{"Sid":"Own","Effect":"Allow","Principal":"*","Action":"logs:*","Resource":"*"}]}`
	marked := policy.Mark(plain)
	mark := policy.Sid(marked)
	if !strings.HasPrefix(mark, "OwnPrivateLinkWizard") {
		t.Errorf("the mark is %q in %s", mark, marked)
	}
	if again := policy.Mark(marked); again != marked {
		t.Errorf("marked twice: %s", again)
	}
	if changed := policy.Changed(plain, marked); len(changed) != 2 {
		t.Errorf("more than the Sid changed: %q", changed)
	}
	other := policy.Mark(strings.Replace(plain, `"a"`, `"b"`, 1))
	if policy.Sid(other) == mark {
		t.Error("two policies have the same mark")
	}
	if full := policy.Mark(policy.Default); policy.Sid(full) == "" || !policy.Full(full) {
		t.Errorf("full access changes: %s", full)
	}
	for _, raw := range []string{"", "not JSON", `{"Statement":[]}`, strings.Replace(plain, "Own", "My own", 1), strings.Replace(plain, `"Own"`, "7", 1), `{"Statement": "x"}`, `{"Statement": [1]}`} {
		if got := policy.Mark(raw); got != raw {
			t.Errorf("%q became %q", raw, got)
		}
	}
}

package resource

import (
	"testing"
)

func TestQueryText(t *testing.T) {
	data := map[string]any{"a": true, "b": false, "n": 443.0, "f": 0.5, "s": "x", "l": []any{"x", "y"}, "e": []any{}, "o": map[string]any{}}
	for expr, want := range map[string]struct {
		text  string
		found bool
	}{
		"a": {"True", true}, "b": {"False", false}, "n": {"443", true}, "f": {"0.5", true}, "s": {"x", true},
		"l": {"x\ty", true}, "e": {"", false}, "zz": {"None", false}, "[[s,n],[a,zz]]": {"x\t443\nTrue\tNone", true}, "'' ": {"", false}, "length(l)": {"2", true}, "o": {"map[]", false},
	} {
		v, err := Query(expr, data)
		if err != nil || Text(v) != want.text || Found(v) != want.found {
			t.Errorf("%s: %q %v %v", expr, Text(v), Found(v), err)
		}
	}
	if _, err := Query("a[", data); err == nil {
		t.Error("a broken expression passes")
	}
}

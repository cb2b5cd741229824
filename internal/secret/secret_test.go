package secret_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

const canary = `ca"na$ry\🐤`

func TestNothingPrintsIt(t *testing.T) {
	s := secret.New(canary)
	holder := struct {
		S secret.Text
		P *secret.Text
		M map[string]secret.Text
	}{s, &s, map[string]secret.Text{"a": s}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%b", "%t", "%U"} {
		for _, v := range []any{s, &s, holder, &holder, []secret.Text{s}, fmt.Errorf("with %v", s)} {
			if out := fmt.Sprintf(verb, v); strings.Contains(out, "na$ry") || strings.Contains(out, fmt.Sprintf("%x", canary)) || strings.Contains(out, fmt.Sprintf("%X", canary)) {
				t.Errorf("%s of %T shows the secret: %s", verb, v, out)
			}
		}
	}
	if b, err := json.Marshal(holder); err == nil {
		t.Errorf("the secret was marshaled: %s", b)
	}
}

// TestCredentialsAreWhatECSReads checks that the result is a JSON object with the same user name
// and password.
func TestCredentialsAreWhatECSReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		user, password := rapid.StringN(1, 20, -1).Draw(t, "user"), rapid.StringN(1, 200, -1).Draw(t, "password")
		s, err := secret.Credentials(user, secret.New(password))
		if strings.Contains(password, "\x00") {
			if err == nil {
				t.Fatal("a password with a NUL byte was accepted")
			}
			return
		}
		var got map[string]string
		if err != nil || json.Unmarshal([]byte(s.Reveal()), &got) != nil || len(got) != 2 || got["username"] != user || got["password"] != password {
			t.Fatalf("%v: %q gave %q", err, password, s.Reveal())
		}
	})
}

func TestCredentialsThatAreNone(t *testing.T) {
	for _, tt := range []struct{ user, password, says string }{
		{"", "x", "user name is empty"}, {"x", "", "password is empty"}, {"x", "a\x00b", "NUL"}, {"x", strings.Repeat("y", secret.Most), "at most 65536"},
	} {
		if _, err := secret.Credentials(tt.user, secret.New(tt.password)); err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "yyy") {
			t.Errorf("%q: %v", tt.says, err)
		}
	}
}

func TestPiped(t *testing.T) {
	for in, want := range map[string]string{"a": "a", "a\n": "a", "a\r\n": "a", "a\n\n": "a\n", " a ": " a ", "\n": "", "a\nb": "a\nb"} {
		if got := secret.Piped(in).Reveal(); got != want {
			t.Errorf("%q gave %q", in, got)
		}
	}
}

//go:build !windows

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// keyed is a served sandbox account that refuses an access key from one operation on.
type keyed struct {
	*sandbox.Account
	mu      sync.Mutex
	key     string // the access key, in each signature
	op      string
	refuses bool
}

func (k *keyed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	k.mu.Lock()
	old := strings.Contains(r.Header.Get("Authorization"), "Credential="+k.key+"/")
	k.refuses = k.refuses || old && sandbox.Operation(r, body) == k.op
	refused := old && k.refuses
	k.mu.Unlock()
	if !refused {
		k.Account.ServeHTTP(w, r)
		return
	}
	answer := accounttest.Refusal(r, http.StatusForbidden, "ExpiredToken")
	for name := range answer.Header {
		w.Header().Set(name, answer.Header.Get(name))
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}

// refuse makes the account refuse a key from an operation on.
func (k *keyed) refuse(key, op string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key, k.op, k.refuses = key, op, false
}

// keyedSite is a directory with answers, and with a profile that has an access key, for a served account.
type keyedSite struct {
	*site
	account *keyed
}

func newKeyedSite(t *testing.T) *keyedSite {
	acct, err := sandbox.New(sandbox.Options{Scenario: "closed", Speed: 1000})
	if err != nil {
		t.Fatal(err)
	}
	k := &keyedSite{account: &keyed{Account: acct}}
	server := httptest.NewServer(k.account)
	t.Cleanup(server.Close)
	k.site = newSite(t, server.URL)
	k.env = []string{"HOME=" + k.dir, "XDG_STATE_HOME=" + k.dir, "AWS_ENDPOINT_URL=" + server.URL, "AWS_PROFILE=dev", "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(k.dir, "keys")}
	k.write("answers.yaml", scenarioAnswers["closed"])
	k.login("AKIAONE")
	return k
}

// login writes an access key into the profile.
func (k *keyedSite) login(key string) {
	k.write("keys", "[dev]\naws_access_key_id = "+key+"\naws_secret_access_key = hunter2\naws_session_token = hunter2\n")
}

// terminal starts wizard in a terminal that is wider than any line.
func (k *keyedSite) terminal(args ...string) *terminal {
	return start(k.t, 800, 100, k.env, append(args, "--speed", "1000", "--debug", filepath.Join(k.dir, "debug"), "--audit", filepath.Join(k.dir, "audit"))...)
}

// TestExpiredKeysOfAProfile writes new keys into the profile while an apply and its undo wait for them.
func TestExpiredKeysOfAProfile(t *testing.T) {
	k := newKeyedSite(t)
	answers := filepath.Join(k.dir, "answers.yaml")
	k.account.refuse("AKIAONE", "CreateVpcEndpoint")
	x := k.terminal("apply", "--answers", answers, "--yes")
	x.wait(" paused ", "credentials", "Ctrl-C stops it.")
	k.login("AKIATWO")
	x.wait(" continued ", "The credentials are valid again.", "Verification: passed")
	if code := x.exit(); code != exitOK {
		t.Errorf("exit code %d:\n%s", code, x.text())
	}
	k.account.refuse("AKIATWO", "DeleteVpcEndpoints")
	y := k.terminal("undo", "--yes")
	y.wait(" paused ", "Ctrl-C stops it.")
	k.login("AKIATHREE")
	y.wait(" continued ", "0 failed, 0 not started.")
	if code := y.exit(); code != exitOK {
		t.Errorf("exit code %d:\n%s", code, y.text())
	}
	for name, text := range map[string]string{"apply": x.raw.String(), "undo": y.raw.String(), "debug": k.read("debug"), "audit": k.read("audit")} {
		for _, secret := range []string{"hunter2", "AKIA"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %q", name, secret)
			}
		}
	}
	if !strings.Contains(k.read("audit"), `"result":"ExpiredToken"`) {
		t.Error("the audit file does not have the refused calls")
	}
}

func (k *keyedSite) read(name string) string {
	k.t.Helper()
	b, err := os.ReadFile(filepath.Join(k.dir, name))
	if err != nil {
		k.t.Fatal(err)
	}
	return string(b)
}

// TestExpiredKeysOnTheScreen does the same on the full screen, and stops another run during its pause.
func TestExpiredKeysOnTheScreen(t *testing.T) {
	k := newKeyedSite(t)
	k.account.refuse("AKIAONE", "CreateVpcEndpoint")
	x := start(t, 80, 24, k.env, "--speed", "1000")
	x.apply(k.url)
	x.wait("Paused: the credentials have expired", "aws configure", "The run continues by itself after that. Ctrl-C stops it.")
	k.login("AKIATWO")
	x.wait("Applied. ")
	x.press("q")
	if code := x.exit(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	x.restored()
}

// TestExpiredKeysStop stops an apply during the pause.
func TestExpiredKeysStop(t *testing.T) {
	k := newKeyedSite(t)
	k.account.refuse("AKIAONE", "CreateVpcEndpoint")
	x := k.terminal("apply", "--answers", filepath.Join(k.dir, "answers.yaml"), "--yes")
	x.wait(" paused ")
	x.press(ctrlC)
	x.wait("Verification: nothing was verified.", "Run it again to continue", "The credentials have expired.", "aws configure --profile dev", "what exists is kept.")
	if code := x.exit(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
}

// TestExpiredKeysStopBeforeUndo stops an undo during a pause of its comparison.
func TestExpiredKeysStopBeforeUndo(t *testing.T) {
	k := newKeyedSite(t)
	k.wizard(exitOK, "apply", "--answers", "answers.yaml", "--yes")
	k.account.refuse("AKIAONE", "DescribeVpcEndpoints")
	x := k.terminal("undo", "--yes")
	x.wait(" paused ")
	x.press(ctrlC)
	if code := x.exit(); code != exitInterrupted || strings.Contains(x.text(), "reverted") {
		t.Errorf("exit code %d:\n%s", code, x.text())
	}
}

// TestExpiredKeysWithNobody applies without a terminal: the run ends, and the next step is said once.
func TestExpiredKeysWithNobody(t *testing.T) {
	for _, form := range []string{"text", "JSON"} {
		k := newKeyedSite(t)
		k.account.refuse("AKIAONE", "CreateVpcEndpoint")
		args := []string{"apply", "--answers", "answers.yaml", "--yes"}
		if form == "JSON" {
			args = append(args, "--json")
		}
		out, errs := k.wizard(exitAWS, args...)
		if n := strings.Count(out+errs, "aws configure --profile dev"); n != 1 || strings.Contains(out+errs, "hunter2") {
			t.Errorf("%s: the next step is said %d times: %s%s", form, n, out, errs)
		}
		if strings.Contains(out, `"expired":true`) != (form == "JSON") {
			t.Errorf("%s: %s", form, out)
		}
		k.login("AKIATWO")
		k.account.refuse("AKIATWO", "DescribeVpcEndpoints")
		args = append([]string{"undo", "--yes"}, args[4:]...)
		if out, errs := k.wizard(exitAWS, args...); strings.Count(out+errs, "aws configure --profile dev") != 1 {
			t.Errorf("%s: %s%s", form, out, errs)
		}
		k.login("AKIATHREE")
		if out, _ := k.wizard(exitOK, "apply", "--answers", "answers.yaml", "--yes"); !strings.Contains(out, "Verification: passed") {
			t.Error(out)
		}
	}
}

package aws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// signedBy finds the access key of a signature.
var signedBy = regexp.MustCompile(`Credential=([A-Z0-9]+)/`)

// guarded answers like AWS to the access keys that it knows.
type guarded struct {
	mu       sync.Mutex
	accounts map[string]string // by access key; the call of another key is refused
	refusal  string            // the code of AWS for other keys
	signers  []string          // of the calls of Amazon EC2 that were answered
	role     string            // the access key that SSO gives out
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.URL.Path == "/federation/credentials" {
		fmt.Fprintf(w, `{"roleCredentials":{"accessKeyId":%q,"secretAccessKey":"hunter2","sessionToken":"hunter2","expiration":4102444800000}}`, g.role)
		return
	}
	key := signedBy.FindStringSubmatch(r.Header.Get("Authorization"))[1]
	account := g.accounts[key]
	switch sts := strings.Contains(r.Header.Get("Authorization"), "/sts/"); {
	case account == "" && sts:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, stsError(g.refusal))
	case account == "":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `<Response><Errors><Error><Code>%s</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>`, g.refusal)
	case sts:
		fmt.Fprintf(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::%[1]s:user/x</Arn><Account>%[1]s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, account)
	default:
		g.signers = append(g.signers, key)
		fmt.Fprintf(w, "<%[1]sResponse/>", r.FormValue("Action"))
	}
}

// lastSigner is the access key of the last call of Amazon EC2 that was answered.
func (g *guarded) lastSigner() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.signers) == 0 {
		return ""
	}
	return g.signers[len(g.signers)-1]
}

func (g *guarded) allow(accounts map[string]string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.accounts = accounts
}

// guard opens the profile dev of a configuration, with a server that checks the access keys.
func guard(t *testing.T, configuration string, o Options) (g *guarded, c *Client, file string) {
	t.Helper()
	bare(t)
	g = &guarded{refusal: "ExpiredToken", role: "AKIAOLD"}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	file = filepath.Join(os.Getenv("HOME"), "config")
	write(t, file, configuration)
	t.Setenv("AWS_CONFIG_FILE", file)
	for _, service := range []string{"", "_STS", "_SSO"} {
		t.Setenv("AWS_ENDPOINT_URL"+service, server.URL)
	}
	o.Region, o.Profile = "us-east-1", "dev"
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return g, c, file
}

func keysOf(key string) string {
	return "[profile dev]\naws_access_key_id = " + key + "\naws_secret_access_key = hunter2\naws_session_token = hunter2\n"
}

func describe(c *Client) error {
	_, err := c.Call(context.Background(), "ec2", "DescribeVpcEndpoints", map[string]any{})
	return err
}

// TestRenew replaces the access key of a profile while a client is open.
func TestRenew(t *testing.T) {
	var log, audit bytes.Buffer
	g, c, file := guard(t, keysOf("AKIAOLD"), Options{Debug: &log, Audit: &audit})
	g.allow(map[string]string{"AKIAOLD": "111111111111"})
	if _, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartIdentity}); err != nil {
		t.Fatal(err)
	}
	if err := describe(c); err != nil || g.lastSigner() != "AKIAOLD" {
		t.Fatal(err, g.signers)
	}

	g.allow(map[string]string{"AKIANEW": "111111111111", "AKIAOTHER": "222222222222"})
	var e *Error
	for name, renew := range map[string]func() error{"a call": func() error { return describe(c) }, "a renewal without new keys": func() error { return c.Renew(t.Context()) }} {
		if err := renew(); !errors.As(err, &e) || e.Code != "ExpiredToken" || !e.Expired() || !e.Renewable() || e.Unsure() {
			t.Fatalf("%s: %v", name, err)
		}
	}
	write(t, file, keysOf("AKIAOTHER"))
	err := c.Renew(t.Context())
	if !errors.As(err, &e) || e.Expired() || e.Error() != "the new credentials belong to account 222222222222, but the wizard works in account 111111111111. Log in to account 111111111111." {
		t.Errorf("another account: %v", err)
	}
	if err := describe(c); !errors.As(err, &e) || !e.Expired() {
		t.Errorf("the client uses another account: %v", err)
	}
	write(t, file, "[profile dev]\nregion = us-east-1\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admin\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\n")
	if err := c.Renew(t.Context()); !errors.As(err, &e) || !e.Expired() || !strings.Contains(err.Error(), "`aws sso login --profile dev`") {
		t.Errorf("another source: %v", err)
	}
	write(t, file, "[default]\n")
	if err := c.Renew(t.Context()); !errors.As(err, &e) || e.Code != CodeNoProfile {
		t.Errorf("no profile: %v", err)
	}

	write(t, file, keysOf("AKIANEW"))
	if err := describe(c); err == nil {
		t.Error("the client reads the file for each call")
	}
	if err := c.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := describe(c); err != nil || g.lastSigner() != "AKIANEW" {
		t.Error(err, g.signers)
	}
	for name, text := range map[string]string{"debug": log.String(), "audit": audit.String()} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "AKIA") {
			t.Errorf("the %s file has credentials: %s", name, text)
		}
		if n := strings.Count(text, "GetCallerIdentity"); n != 4 { // the identity, and three renewals with credentials
			t.Errorf("the %s file has %d calls of GetCallerIdentity: %s", name, n, text)
		}
	}
}

// TestLoadAgain reads again after a read that failed because the credentials have expired: without new ones, in another
// account, and with new ones.
func TestLoadAgain(t *testing.T) {
	g, c, file := guard(t, keysOf("AKIAOLD"), Options{})
	g.allow(map[string]string{"AKIAOLD": "111111111111"})
	if _, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartIdentity}); err != nil {
		t.Fatal(err)
	}
	g.allow(map[string]string{"AKIANEW": "111111111111", "AKIAOTHER": "222222222222"})
	vpcs := inventory.Request{Part: inventory.PartVPCs}
	for _, tt := range []struct{ key, err string }{{"AKIAOLD", "ExpiredToken"}, {"AKIAOLD", "ExpiredToken"}, {"AKIAOTHER", CodeOtherAccount}, {"AKIANEW", ""}, {"AKIAOTHER", ""}} {
		write(t, file, keysOf(tt.key))
		_, err := c.Load(t.Context(), vpcs)
		var e *Error
		if errors.As(err, &e) != (tt.err != "") || e != nil && e.Code != tt.err {
			t.Errorf("%s: got %v, want %q", tt.key, err, tt.err)
		}
	}
	if g.lastSigner() != "AKIANEW" {
		t.Error(g.signers)
	}
}

// TestRenewSSO renews the session of `aws sso login`, which has given credentials that AWS does not accept any more.
func TestRenewSSO(t *testing.T) {
	g, c, _ := guard(t, ssoProfile, Options{})
	name, token := ssoToken("corp", validUntil, "")
	write(t, filepath.Join(os.Getenv("HOME"), name), token)
	g.allow(map[string]string{"AKIAOLD": "111111111111"})
	if err := describe(c); err != nil {
		t.Fatal(err)
	}
	g.allow(map[string]string{"AKIANEW": "111111111111"})
	_, ended := ssoToken("corp", expiredAt, "")
	write(t, filepath.Join(os.Getenv("HOME"), name), ended)
	var e *Error
	if err := c.Renew(t.Context()); !errors.As(err, &e) || !e.Expired() {
		t.Fatal(err)
	}
	if _, command := e.SignIn(); command != "aws sso login --profile dev" {
		t.Errorf("the command is %q", command)
	}
	g.mu.Lock()
	g.role = "AKIANEW"
	g.mu.Unlock()
	write(t, filepath.Join(os.Getenv("HOME"), name), token)
	if err := describe(c); err == nil {
		t.Error("the old credentials are still valid")
	}
	if err := c.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := describe(c); err != nil || g.lastSigner() != "AKIANEW" {
		t.Error(err, g.signers)
	}
}

// TestAuthFailure tests that the answer of Amazon EC2 for a resource of another account is not one about credentials.
func TestAuthFailure(t *testing.T) {
	for text, want := range map[string]bool{"AWS was not able to validate the provided access credentials": true, "Not authorized for images: [ami-1]": false} {
		if e := (&Error{Op: "ec2:RunInstances", Code: "AuthFailure", Message: text}); e.Expired() != want {
			t.Errorf("%s: %v", text, e.Expired())
		}
	}
}

// TestRenewWhileCalling renews the credentials while other calls are made. The race detector checks it.
func TestRenewWhileCalling(t *testing.T) {
	g, c, _ := guard(t, keysOf("AKIAOLD"), Options{})
	g.allow(map[string]string{"AKIAOLD": "111111111111"})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				_, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartIdentity})
				if err := errors.Join(err, describe(c), c.Renew(t.Context())); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

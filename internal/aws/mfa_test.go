package aws

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// fakeSTS assumes a role with the right code of the MFA device. It counts the calls of AssumeRole.
type fakeSTS struct {
	t       *testing.T
	right   string
	assumed atomic.Int64
}

const alice = "arn:aws:iam::123456789012:mfa/alice"

func (f *fakeSTS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(body))
	if err != nil {
		f.t.Error(err)
	}
	switch form.Get("Action") {
	case "GetCallerIdentity":
		_, _ = io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/deploy/x</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	case "AssumeRole":
		f.assumed.Add(1)
		if form.Get("SerialNumber") != alice || form.Get("RoleArn") != deployRole {
			f.t.Errorf("AssumeRole with %s and %s", form.Get("SerialNumber"), form.Get("RoleArn"))
		}
		if form.Get("TokenCode") != f.right {
			w.WriteHeader(403)
			_, _ = io.WriteString(w, stsError("AccessDenied"))
			return
		}
		_, _ = io.WriteString(w, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>"+validUntil+"</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")
	default:
		f.t.Errorf("unexpected request %s", body)
		w.WriteHeader(500)
	}
}

// TestMFACode opens an account with a profile that needs a code, with no code, a wrong one, the right one, and the right one
// again after the credentials have expired.
func TestMFACode(t *testing.T) {
	bare(t)
	sts := &fakeSTS{t: t, right: "123456"}
	server := httptest.NewServer(sts)
	defer server.Close()
	config := filepath.Join(os.Getenv("HOME"), "config")
	write(t, config, "[profile dev]\nrole_arn = "+deployRole+"\nsource_profile = base\nmfa_serial = "+alice+"\n[profile base]\n"+keys)
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
	var log bytes.Buffer
	codes := new(Codes)
	c, err := Open(t.Context(), Options{Region: "us-east-1", Profile: "dev", Codes: codes, Debug: &log, Audit: &log})
	if err != nil {
		t.Fatal(err)
	}
	load := func() (inventory.Inventory, *Error) {
		inv, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartIdentity})
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		return inv, e
	}

	_, e := load()
	if e == nil || e.MFA() != alice || e.Renewable() || !e.Expired() || sts.assumed.Load() != 0 {
		t.Fatalf("without a code: %v, after %d calls", e, sts.assumed.Load())
	}
	codes.Give("654321")
	_, e = load()
	if e == nil || e.MFA() != alice || !strings.Contains(e.Error(), "AccessDenied") || !strings.Contains(e.Error(), "The code may be wrong or expired: type a new one.") {
		t.Fatalf("with a wrong code: %v", e)
	}
	if _, e = load(); e == nil || e.MFA() != alice || sts.assumed.Load() != 1 || !strings.Contains(e.Error(), "AccessDenied") {
		t.Fatalf("a code was sent %d times: %v", sts.assumed.Load(), e)
	}
	codes.Give("123456")
	inv, e := load()
	if e != nil || inv.Account != "123456789012" || sts.assumed.Load() != 2 {
		t.Fatalf("with the right code: %+v, %v after %d calls", inv, e, sts.assumed.Load())
	}
	c.credentials.current.Load().CredentialsProvider.(*sdk.CredentialsCache).Invalidate()
	if _, e = load(); e == nil || e.MFA() != alice {
		t.Fatalf("with expired credentials: %v", e)
	}
	codes.Give("123456")
	for range 3 {
		if inv, e = load(); e != nil || inv.Account != "123456789012" {
			t.Fatalf("with a new code: %+v, %v", inv, e)
		}
	}
	if sts.assumed.Load() != 3 {
		t.Errorf("the role was assumed %d times", sts.assumed.Load())
	}
	if text := log.String(); !strings.Contains(text, "AssumeRole") || strings.Contains(text, "123456\"") || strings.Contains(text, "654321") || strings.Contains(text, "TokenCode") {
		t.Errorf("the log shows a code, or no call: %s", text)
	}
}

// TestNoMFACode tests that commands without a person who types a code report what to do.
func TestNoMFACode(t *testing.T) {
	bare(t)
	config := filepath.Join(os.Getenv("HOME"), "config")
	write(t, config, "[profile dev]\nrole_arn = "+deployRole+"\nsource_profile = base\nmfa_serial = "+alice+"\n[profile base]\n"+keys)
	t.Setenv("AWS_CONFIG_FILE", config)
	_, err := Open(t.Context(), Options{Region: "us-east-1", Profile: "dev"})
	var e *Error
	if !errors.As(err, &e) || e.MFA() != "" || !strings.Contains(e.Error(), "aws configure export-credentials --profile dev") {
		t.Error(err)
	}
}

//go:build !windows

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMFACodeOnTheScreens opens an account with a profile that needs a code, after a wrong code, on the full screen and line by
// line. STS is the one of a sandbox account, except that it assumes the role with the right code.
func TestMFACodeOnTheScreens(t *testing.T) {
	t.Parallel()
	const wrong, right, device = "918273", "465768", "arn:aws:iam::123456789012:mfa/alice"
	s := practice(t, "closed")
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		switch {
		case form.Get("Action") != "AssumeRole":
			r.Body = io.NopCloser(bytes.NewReader(body))
			proxy.ServeHTTP(w, r)
		case form.Get("TokenCode") != right || form.Get("SerialNumber") != device:
			w.WriteHeader(403)
			_, _ = io.WriteString(w, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>")
		default:
			_, _ = io.WriteString(w, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")
		}
	}))
	defer sts.Close()
	dir := t.TempDir()
	config, debug := filepath.Join(dir, "config"), filepath.Join(dir, "debug")
	if err := os.WriteFile(config, []byte("[profile deploy]\nregion = us-east-1\nrole_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = base\nmfa_serial = "+device+"\n[profile base]\naws_access_key_id = test\naws_secret_access_key = test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"AWS_CONFIG_FILE=" + config, "AWS_ENDPOINT_URL=" + s.url, "AWS_ENDPOINT_URL_STS=" + sts.URL}
	for _, flags := range [][]string{{"--profile", "deploy"}, {"--profile", "deploy", "--plain"}} {
		x := start(t, 200, 60, env, append(flags, "--debug", debug, "--audit", debug)...)
		x.wait("Which code does the MFA device show?", device)
		x.press(wrong + "\r")
		x.wait("AccessDenied: no. The code may be wrong or expired: type a new one.")
		x.press(right + "\r")
		x.wait("What do you run in the VPC?", "account 123456789012, us-east-1", "Credentials: assumes deploy, access key, MFA code.")
		x.press(ctrlC)
		x.exit()
		for _, code := range []string{wrong, right} {
			// What is typed before a prompt hides it is visible on any terminal.
			if len(flags) == 2 && strings.Contains(x.raw.String(), code) {
				t.Error("the terminal shows the code")
			}
		}
	}
	log, err := os.ReadFile(debug)
	if err != nil || !strings.Contains(string(log), "AssumeRole") || strings.Contains(string(log), wrong) || strings.Contains(string(log), right) {
		t.Errorf("%v: %s", err, log)
	}

	// Commands do not ask.
	s.env = append(s.env, env...)
	s.env = append(s.env, "AWS_PROFILE=deploy", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=")
	s.write("answers.yaml", scenarioAnswers["closed"])
	if _, text := s.wizard(1, "plan", "--answers", "answers.yaml"); !strings.Contains(text, "this command cannot ask for one") || !strings.Contains(text, "export-credentials --profile deploy") {
		t.Error(text)
	}
}

// TestChoosingAProfileOnTheScreen chooses a profile and a Region of the AWS configuration, and reads the flags for them in the
// command of the answers.
func TestChoosingAProfileOnTheScreen(t *testing.T) {
	t.Parallel()
	s := practice(t, "closed")
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[profile base]\naws_access_key_id = test\naws_secret_access_key = test\nregion = eu-west-1\n[profile dev]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\nsso_account_id = 123456789012\nsso_role_name = Admin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := start(t, 120, 40, []string{"AWS_CONFIG_FILE=" + config, "AWS_ENDPOINT_URL=" + s.url, "AWS_PROFILE=dev"})
	x.wait("▸ Plan endpoints in the account at "+s.url, "dev ▾", "! SSO, not signed in", "aws sso login --profile dev", "base  access key")
	x.press(right)
	x.wait("Which profile should the wizard use?")
	x.choose("base")
	x.wait("base ▾", "eu-west-1 ▾", "from the profile")
	x.press(down)
	x.press(down)
	x.wait("→ Region")
	x.press(enter)
	x.wait("Which Region should the wizard use?", "▸ eu-west-1")
	x.choose("us-east-1")
	x.wait("us-east-1 ▾", "chosen here")
	x.press("\x1b[A")
	x.press("\x1b[A")
	x.wait("▸ Plan endpoints")
	x.press(enter)
	x.wait("What do you run in the VPC?", "account 123456789012, us-east-1", "Credentials: access key.")
	x.press(enter)
	x.wait("prod/web")
	x.press(enter)
	x.wait("Review the plan now")
	x.press(enter)
	x.wait("Plan for prod")
	x.press("s")
	x.wait("What name should the file with the answers have?")
	x.press(enter)
	x.wait("wizard plan --answers answers.yaml", "--profile=base", "--region=us-east-1")
	x.press(ctrlC)
	x.exit()
}

package aws

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Parts of AWS configurations.
const (
	ssoProfile    = "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\n"
	legacyProfile = "[profile dev]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\nsso_account_id = 123456789012\nsso_role_name = Admin\n"
	loginProfile  = "[profile dev]\nlogin_session = arn:aws:iam::123456789012:user/me\n"
	keys          = "aws_access_key_id = AKIAHUNTER2\naws_secret_access_key = hunter2\n"
	deployRole    = "arn:aws:iam::123456789012:role/deploy"
	expiredAt     = "2020-01-01T00:00:00Z"
	validUntil    = "2999-01-01T00:00:00Z"
)

// ssoToken is a file of `aws sso login`, loginToken one of `aws login`.
func ssoToken(key, expires, more string) (name, text string) {
	h := sha1.Sum([]byte(key))
	return ".aws/sso/cache/" + hex.EncodeToString(h[:]) + ".json", `{"accessToken":"hunter2","expiresAt":"` + expires + `"` + more + `}`
}

func loginToken(expires string) (name, text string) {
	h := sha256.Sum256([]byte("arn:aws:iam::123456789012:user/me"))
	return ".aws/login/cache/" + hex.EncodeToString(h[:]) + ".json", `{"accessToken":{"accessKeyId":"AKIAHUNTER2","secretAccessKey":"hunter2","sessionToken":"hunter2","accountId":"123456789012","expiresAt":"` + expires + `"},
"clientId":"c","refreshToken":"hunter2","dpopKey":"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIFDZHUzOG1Pzq+6F0mjMlOSp1syN9LRPBuHMoCFXTcXhoAoGCCqGSM49\nAwEHoUQDQgAE9qhj+KtcdHj1kVgwxWWWw++tqoh7H7UHs7oXh8jBbgF47rrYGC+t\ndjiIaHK3dBvvdE7MGj5HsepzLm3Kj91bqA==\n-----END EC PRIVATE KEY-----\n"}`
}

// sign answers as AWS with an error, or as a server that is not AWS.
func sign(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(body, "{") {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func stsError(code string) string {
	return "<ErrorResponse><Error><Code>" + code + "</Code><Message>no</Message></Error></ErrorResponse>"
}

// sourceCase is a source of credentials in one state.
type sourceCase struct {
	name    string
	config  string
	profile string            // of the flag; empty: none
	env     map[string]string // HOME and SERVER are replaced
	files   func() [][2]string
	server  http.HandlerFunc // for all endpoints; nil: no connection
	says    []string
	never   []string
}

func file(name, text string) func() [][2]string {
	return func() [][2]string { return [][2]string{{name, text}} }
}

var sourceCases = []sourceCase{
	{name: "environment, expired", env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIAHUNTER2", "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_SESSION_TOKEN": "hunter2"},
		server: sign(403, stsError("ExpiredToken")), says: []string{"the environment (AWS_ACCESS_KEY_ID)", "Set new values of AWS_ACCESS_KEY_ID"}, never: []string{"aws sso"}},
	{name: "environment, unknown to AWS", env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIAHUNTER2", "AWS_SECRET_ACCESS_KEY": "hunter2"},
		server: sign(403, stsError("InvalidClientTokenId")), says: []string{"AWS does not know these credentials", "the environment (AWS_ACCESS_KEY_ID)"}, never: []string{"aws sso"}},
	{name: "environment, incomplete", env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIAHUNTER2"}, says: []string{"Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set"}},
	{name: "keys of a profile, expired", config: "[profile dev]\n" + keys, profile: "dev", server: sign(403, stsError("ExpiredToken")), says: []string{`the access key of profile "dev"`, "`aws configure --profile dev`"}, never: []string{"aws sso"}},
	{name: "keys of a profile, incomplete", config: "[profile dev]\naws_access_key_id = AKIAHUNTER2\n", profile: "dev", says: []string{`"dev"`, "only one of aws_access_key_id and aws_secret_access_key"}},
	{name: "profile chosen, environment set", config: "[profile dev]\n" + keys, profile: "dev", env: map[string]string{"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}, server: sign(403, stsError("ExpiredToken")),
		says: []string{`the access key of profile "dev"`}},

	{name: "SSO session, never started", config: ssoProfile, profile: "dev", says: []string{`the SSO session "corp" of profile "dev" has expired or was never started`, "`aws sso login --profile dev`"}},
	{name: "SSO session, never started, profile from the environment", config: ssoProfile, env: map[string]string{"AWS_PROFILE": "dev"}, says: []string{"`aws sso login --profile dev`"}},
	{name: "SSO session of the default profile", config: strings.Replace(ssoProfile, "profile dev", "default", 1), says: []string{`profile "default"`, "`aws sso login --profile default`"}},
	{name: "SSO session, name of the profile with a special character", config: strings.Replace(ssoProfile, "profile dev", "profile my$dev", 1), profile: "my$dev", says: []string{"`aws sso login --profile 'my$dev'`"}},
	{name: "SSO session, expired", config: ssoProfile, profile: "dev", files: func() [][2]string { n, x := ssoToken("corp", expiredAt, ""); return [][2]string{{n, x}} },
		says: []string{`the SSO session "corp" of profile "dev" has expired`, "`aws sso login --profile dev`"}},
	{name: "SSO session, not readable", config: ssoProfile, profile: "dev", files: func() [][2]string {
		n, _ := ssoToken("corp", "", "")
		return [][2]string{{n, `{"accessToken":["hunter2`}}
	},
		says: []string{`the SSO session "corp" of profile "dev"`, "`aws sso login --profile dev`"}},
	{name: "SSO session, cannot be renewed", config: ssoProfile, profile: "dev",
		files: func() [][2]string {
			n, x := ssoToken("corp", expiredAt, `,"clientId":"c","clientSecret":"hunter2","refreshToken":"hunter2"`)
			return [][2]string{{n, x}}
		},
		server: sign(400, `{"error":"invalid_grant","__type":"InvalidGrantException","message":"no"}`), says: []string{`the SSO session "corp" of profile "dev"`, "ssooidc:CreateToken answered InvalidGrantException", "`aws sso login --profile dev`"}},
	{name: "SSO session, ended by AWS", config: ssoProfile, profile: "dev", files: func() [][2]string { n, x := ssoToken("corp", validUntil, ""); return [][2]string{{n, x}} },
		server: sign(401, `{"__type":"UnauthorizedException","message":"Session token not found or invalid"}`), says: []string{"sso:GetRoleCredentials answered UnauthorizedException", "`aws sso login --profile dev`"}},
	{name: "SSO session, role not assigned", config: ssoProfile, profile: "dev", files: func() [][2]string { n, x := ssoToken("corp", validUntil, ""); return [][2]string{{n, x}} },
		server: sign(403, `{"__type":"ForbiddenException","message":"No access"}`), says: []string{"ForbiddenException: No access", `Check sso_account_id and sso_role_name of profile "dev"`}},
	{name: "SSO session, no connection", config: ssoProfile, profile: "dev", files: func() [][2]string { n, x := ssoToken("corp", validUntil, ""); return [][2]string{{n, x}} },
		says: []string{`the SSO session "corp" of profile "dev"`, "did not answer"}},
	{name: "SSO session, captive portal", config: ssoProfile, profile: "dev", files: func() [][2]string { n, x := ssoToken("corp", validUntil, ""); return [][2]string{{n, x}} },
		server: sign(200, "<html>hunter2"), says: []string{`the SSO session "corp" of profile "dev"`, "did not answer like AWS"}},
	{name: "SSO session, no section", config: "[profile dev]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n", profile: "dev", says: []string{`"dev"`, "sso_session", "`aws configure sso --profile dev`"}},
	{name: "SSO session, incomplete", config: "[profile dev]\nsso_session = corp\n[sso-session corp]\nsso_region = us-east-1\n", profile: "dev", says: []string{`"dev"`, "sso_start_url", "`aws configure sso --profile dev`"}},
	{name: "SSO session, no account", config: "[profile dev]\nsso_session = corp\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\n", profile: "dev", files: func() [][2]string { n, x := ssoToken("corp", validUntil, ""); return [][2]string{{n, x}} },
		server: sign(400, `{"__type":"InvalidRequestException","message":"no"}`), says: []string{"has no sso_account_id or sso_role_name", "`aws configure sso --profile dev`"}},
	{name: "legacy SSO, never started", config: legacyProfile, profile: "dev", says: []string{`the SSO session of profile "dev" has expired or was never started`, "`aws sso login --profile dev`"}},
	{name: "legacy SSO, expired", config: legacyProfile, profile: "dev", files: func() [][2]string {
		n, x := ssoToken("https://corp.awsapps.com/start", expiredAt, "")
		return [][2]string{{n, x}}
	},
		says: []string{`the SSO session of profile "dev"`, "`aws sso login --profile dev`"}},
	{name: "legacy SSO, incomplete", config: "[profile dev]\nsso_region = us-east-1\n", profile: "dev", says: []string{`"dev"`, "sso_start_url", "`aws configure sso --profile dev`"}},

	{name: "console session, never started", config: loginProfile, profile: "dev", says: []string{`the console session (login_session) of profile "dev" has expired or was never started`, "`aws login --profile dev`"}, never: []string{"aws sso"}},
	{name: "console session, expired", config: loginProfile, profile: "dev", files: func() [][2]string { n, x := loginToken(expiredAt); return [][2]string{{n, x}} },
		server: sign(403, `{"__type":"AccessDeniedException","error":"TOKEN_EXPIRED","message":"no"}`), says: []string{`the console session (login_session) of profile "dev"`, "`aws login --profile dev`"}, never: []string{"aws sso"}},
	{name: "console session, no connection", config: loginProfile, profile: "dev", files: func() [][2]string { n, x := loginToken(expiredAt); return [][2]string{{n, x}} },
		says: []string{`the console session (login_session) of profile "dev"`, "did not answer"}, never: []string{"aws sso"}},
	{name: "console session, not readable", config: loginProfile, profile: "dev", files: func() [][2]string { n, _ := loginToken(""); return [][2]string{{n, `{"accessToken":"hunter2"}`}} },
		says: []string{`the console session (login_session) of profile "dev"`, "`aws login --profile dev`"}, never: []string{"aws sso"}},
	{name: "console session, rejected by AWS", config: loginProfile, profile: "dev", files: func() [][2]string { n, x := loginToken(validUntil); return [][2]string{{n, x}} },
		server: sign(403, stsError("ExpiredToken")), says: []string{"AWS answered ExpiredToken", "`aws login --profile dev`"}, never: []string{"aws sso"}},

	{name: "process, fails", config: "[profile dev]\ncredential_process = sh -c \"echo hunter2; exit 3\"\n", profile: "dev", says: []string{`the credential_process "sh" of profile "dev" failed: exit status 3`, `Fix credential_process "sh"`}},
	{name: "process, does not exist", config: "[profile dev]\ncredential_process = \"/no such/program\" --password hunter2\n", profile: "dev", says: []string{`"/no such/program"`, "exit status 127"}},
	{name: "process, no JSON", config: "[profile dev]\ncredential_process = echo hunter2\n", profile: "dev", says: []string{`the credential_process "echo" of profile "dev" failed: its output is not in JSON`}},
	{name: "process, no version", config: "[profile dev]\ncredential_process = echo {}\n", profile: "dev", says: []string{`does not have "Version": 1`}},
	{name: "process, no key", config: "[profile dev]\ncredential_process = echo '{\"Version\":1,\"SecretAccessKey\":\"hunter2\"}'\n", profile: "dev", says: []string{"its output has no complete access key"}},
	{name: "process, expired", config: "[profile dev]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"AKIAHUNTER2\",\"SecretAccessKey\":\"hunter2\"}'\n", profile: "dev", server: sign(403, stsError("ExpiredToken")),
		says: []string{`credential_process "echo" of profile "dev"`}, never: []string{"aws sso"}},

	{name: "role, denied", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\n[profile base]\n" + keys, profile: "dev", server: sign(403, stsError("AccessDenied")),
		says: []string{"cannot assume the role " + deployRole + ` of profile "dev" with the credentials from the access key of profile "base": sts:AssumeRole answered AccessDenied: no`, "trust policy"}},
	{name: "role, keys of the source expired", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\n[profile base]\n" + keys, profile: "dev", server: sign(403, stsError("ExpiredToken")),
		says: []string{`"dev"`, `"base"`, "`aws configure --profile base`"}},
	{name: "role, SSO session of the source never started", config: "[profile app]\nrole_arn = " + deployRole + "\nsource_profile = dev\n" + ssoProfile, profile: "app", says: []string{`the SSO session "corp" of profile "dev"`, "`aws sso login --profile dev`"}},
	{name: "role, process of the source fails", config: "[profile app]\nrole_arn = " + deployRole + "\nsource_profile = dev\n[profile dev]\ncredential_process = false\n", profile: "app", says: []string{`"false" of profile "dev"`}},
	{name: "role, no connection", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\n[profile base]\n" + keys, profile: "dev", says: []string{deployRole, "did not answer", "Check the network"}},
	{name: "role, captive portal", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\n[profile base]\n" + keys, profile: "dev", server: sign(200, "<html>hunter2"), says: []string{deployRole, "did not answer like AWS", "Check the network"}},
	{name: "role, empty answer", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\n[profile base]\n" + keys, profile: "dev", server: sign(200, "<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"), says: []string{deployRole, "did not answer like AWS"}},
	{name: "role of a role", config: "[profile app]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = dev\n[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\n[profile base]\n" + keys, profile: "app", server: sign(403, stsError("AccessDenied")),
		says: []string{deployRole + ` of profile "dev" or the role arn:aws:iam::1:role/a of profile "app"`, `profile "base"`}},
	{name: "role of its own keys", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = dev\n" + keys, profile: "dev", server: sign(403, stsError("AccessDenied")), says: []string{`the access key of profile "dev"`, deployRole}},
	{name: "role, no such source", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\n", profile: "dev", says: []string{`its source_profile "base" does not exist`}},
	{name: "role, empty source", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\n[profile base]\nregion = us-east-1\n", profile: "dev", says: []string{`its source_profile "base" contains no source`}},
	{name: "role, console session as source", config: "[profile app]\nrole_arn = " + deployRole + "\nsource_profile = dev\n" + loginProfile, profile: "app", says: []string{`source_profile "dev"`, "login_session", "aws configure export-credentials --profile app"}},
	{name: "role with MFA", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\nmfa_serial = x\n[profile base]\n" + keys, profile: "dev", says: []string{`"dev" needs an MFA code`, "export-credentials --profile dev"}},
	{name: "role from the environment, missing", config: "[profile dev]\nrole_arn = " + deployRole + "\ncredential_source = Environment\n", profile: "dev", says: []string{`the environment (credential_source of profile "dev")`, "Set AWS_ACCESS_KEY_ID"}},
	{name: "role from the instance, missing", config: "[profile dev]\nrole_arn = " + deployRole + "\ncredential_source = Ec2InstanceMetadata\n", profile: "dev", says: []string{`the instance metadata service (credential_source of profile "dev")`, "instance profile"}},
	{name: "role from the container, outside of one", config: "[profile dev]\nrole_arn = " + deployRole + "\ncredential_source = EcsContainer\n", profile: "dev", says: []string{`"dev"`, "AWS_CONTAINER_CREDENTIALS_FULL_URI"}},
	{name: "role from the container, fails", config: "[profile dev]\nrole_arn = " + deployRole + "\ncredential_source = EcsContainer\n", profile: "dev", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER/creds"}, server: sign(404, "hunter2"),
		says: []string{`no credentials from the credentials endpoint of the container (credential_source of profile "dev")`, "status 404", "task role"}, never: []string{"cannot assume"}},
	{name: "role, wrong credential_source", config: "[profile dev]\nrole_arn = " + deployRole + "\ncredential_source = Moon\n", profile: "dev", says: []string{`"dev"`, "credential_source values must be"}},
	{name: "two sources", config: "[profile dev]\nrole_arn = " + deployRole + "\ncredential_source = Environment\nsource_profile = dev\n", profile: "dev", says: []string{`"dev"`, "only one credential type"}},

	{name: "token, no file", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": deployRole}, says: []string{"cannot read the web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)", "/token", "no such file"}},
	{name: "token, expired", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": deployRole}, files: file("token", "hunter2"), server: sign(400, stsError("ExpiredTokenException")),
		says: []string{"the web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)", "sts:AssumeRoleWithWebIdentity answered ExpiredTokenException", "must contain a token that has not expired"}, never: []string{"aws sso"}},
	{name: "token, no role", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"}, files: file("token", "hunter2"), says: []string{"AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN"}},
	{name: "token of a profile, denied", config: "[profile dev]\nrole_arn = " + deployRole + "\nweb_identity_token_file = /dev/null\n", profile: "dev", server: sign(403, stsError("AccessDenied")),
		says: []string{`the web identity token of profile "dev"`, "AccessDenied", "web_identity_token_file and role_arn"}, never: []string{"aws sso"}},
	{name: "token of a profile, no role", config: "[profile dev]\nweb_identity_token_file = /dev/null\n", profile: "dev", says: []string{`"dev" has web_identity_token_file but no role_arn`}},

	{name: "container, not found", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER/creds", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hunter2"}, server: sign(404, `{"code":"NoRole","message":"no role"}`),
		says: []string{"the credentials endpoint of the container", "NoRole", "task role", "Pod Identity"}, never: []string{"aws sso"}},
	{name: "container, a page", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER/creds"}, server: sign(200, "<html>hunter2"), says: []string{"the credentials endpoint of the container", "status 200"}},
	{name: "container, no connection", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER/creds"}, says: []string{"the credentials endpoint of the container", "did not answer"}},
	{name: "container, no token file", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER/creds", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/no/token"}, says: []string{"the credentials endpoint of the container"}},
	{name: "container, address of elsewhere", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/creds"}, says: []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI must be"}},

	{name: "nothing", says: []string{"no AWS credentials were found", "aws sso login"}},
	{name: "nothing, but other profiles", config: ssoProfile + "[profile other]\n", says: []string{"no AWS credentials were found", "Choose a profile with --profile or AWS_PROFILE (existing: dev, other)"}},
	{name: "profile without a source", config: "[profile dev]\nregion = us-east-1\n", profile: "dev", says: []string{`the profile "dev"`, "`aws configure sso --profile dev`"}, never: []string{"AWS_PROFILE"}},
	{name: "nothing, instance without a role", env: map[string]string{"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "SERVER"}, server: sign(404, "hunter2"), says: []string{"no AWS credentials were found"}},
	{name: "no such profile", profile: "dev", says: []string{`profile "dev" does not exist`, "aws configure list-profiles"}},
}

// TestEachSourceOfCredentials tests each source of the SDK, missing, expired and failing, with the
// SDK's own reading of the configuration.
func TestEachSourceOfCredentials(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("needs sh")
	}
	var seen []sdk.CredentialSource
	for _, tc := range sourceCases {
		t.Run(tc.name, func(t *testing.T) {
			bare(t)
			home := os.Getenv("HOME")
			h := tc.server
			if h == nil {
				h = sign(500, "")
			}
			server := httptest.NewServer(h)
			defer server.Close()
			if tc.server == nil {
				server.Close()
			}
			write(t, filepath.Join(home, "config"), tc.config)
			if tc.files != nil {
				for _, f := range tc.files() {
					write(t, filepath.Join(home, f[0]), f[1])
				}
			}
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config"))
			for _, service := range []string{"", "_STS", "_SSO", "_SSO_OIDC", "_SIGNIN"} { // the SDK's clients for credentials do not use the first
				t.Setenv("AWS_ENDPOINT_URL"+service, server.URL)
			}
			for k, v := range tc.env {
				t.Setenv(k, strings.NewReplacer("HOME", home, "SERVER", server.URL).Replace(v))
			}
			c, err := Open(t.Context(), Options{Region: "us-east-1", Profile: tc.profile})
			if err == nil {
				if p, ok := c.credentials.current.Load().CredentialsProvider.(sdk.CredentialProviderSource); ok {
					seen = append(seen, p.ProviderSources()...)
				}
				_, err = c.Load(t.Context(), inventory.Request{Part: inventory.PartIdentity})
			}
			var e *Error
			if !errors.As(err, &e) || !e.NoCredentials() && e.Code != CodeNoProfile {
				t.Fatalf("got %v", err)
			}
			t.Log(e)
			step, command := e.SignIn()
			if strings.Contains(step, "; then try again.") || command != "" && !strings.Contains(step, "Run `"+command+"`") {
				t.Errorf("the step is %q with the command %q", step, command)
			}
			if !strings.HasPrefix(e.Error(), e.Answer()) || strings.Contains(e.Answer(), step) != (step == "") {
				t.Errorf("the answer is %q", e.Answer())
			}
			if signs := []string{"aws sso login", "aws login"}; command != "" && !slices.ContainsFunc(signs, func(s string) bool { return strings.HasPrefix(command, s+" --profile ") }) {
				t.Errorf("the command is %q", command)
			}
			if inEnvironment := strings.Contains(e.Error(), "the environment ("); e.Expired() && e.Renewable() == inEnvironment {
				t.Errorf("renewable: %v", e.Renewable())
			}
			for _, s := range tc.says {
				if !strings.Contains(e.Error(), s) {
					t.Errorf("does not say %q", s)
				}
			}
			if tc.name != "nothing" && !strings.HasPrefix(tc.name, "nothing,") {
				tc.never = append(tc.never, "set AWS_PROFILE")
			}
			for _, s := range append(tc.never, "hunter2", "HUNTER2", "\n", "operation error") {
				if strings.Contains(e.Error(), s) {
					t.Errorf("says %q", s)
				}
			}
			if goNames.MatchString(e.Error()) {
				t.Error("has the name of a Go type")
			}
		})
	}
	for _, s := range []sdk.CredentialSource{sdk.CredentialSourceEnvVars, sdk.CredentialSourceEnvVarsSTSWebIDToken, sdk.CredentialSourceSTSAssumeRole,
		sdk.CredentialSourceProfile, sdk.CredentialSourceProfileSourceProfile, sdk.CredentialSourceProfileNamedProvider, sdk.CredentialSourceProfileSTSWebIDToken,
		sdk.CredentialSourceProfileSSO, sdk.CredentialSourceSSO, sdk.CredentialSourceProfileSSOLegacy, sdk.CredentialSourceSSOLegacy, sdk.CredentialSourceProfileProcess, sdk.CredentialSourceProcess,
		sdk.CredentialSourceHTTP, sdk.CredentialSourceIMDS, sdk.CredentialSourceProfileLogin, sdk.CredentialSourceLogin} {
		if !slices.Contains(seen, s) {
			t.Errorf("no case has source %d of the SDK", s)
		}
	}
	// A new source of the SDK comes after the last one.
	if last := slices.Max(seen); last != sdk.CredentialSourceLogin {
		t.Errorf("source %d of the SDK is not in the list", last)
	}
}

// TestEachSourceOfCredentialsWorks tests that the checks of answers accept what the sources answer.
func TestEachSourceOfCredentialsWorks(t *testing.T) {
	const given = `"AccessKeyId":"AKIA1","SecretAccessKey":"s","Token":"t","Expiration":"` + validUntil + `"`
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, action, _ := strings.Cut(string(body), "Action=")
		action, _, _ = strings.Cut(action, "&")
		switch {
		case action == "GetCallerIdentity":
			_, _ = io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/x</Arn><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case action != "":
			_, _ = io.WriteString(w, "<"+action+"Response><"+action+"Result><Credentials><AccessKeyId>AKIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>"+validUntil+"</Expiration></Credentials></"+action+"Result></"+action+"Response>")
		case r.URL.Path == "/creds":
			_, _ = io.WriteString(w, "{"+given+"}")
		case r.URL.Path == "/federation/credentials":
			_, _ = io.WriteString(w, `{"roleCredentials":{"accessKeyId":"AKIA1","secretAccessKey":"s","sessionToken":"t","expiration":32503680000000}}`)
		case r.URL.Path == "/token":
			_, _ = io.WriteString(w, `{"accessToken":"t","expiresIn":3600,"refreshToken":"r","tokenType":"Bearer"}`)
		case r.URL.Path == "/v1/token":
			_, _ = io.WriteString(w, `{"accessToken":{"accessKeyId":"AKIA1","secretAccessKey":"s","sessionToken":"t"},"expiresIn":900,"refreshToken":"r","tokenType":"urn:aws:params:oauth:token-type:access_token_sigv4"}`)
		case r.URL.Path == "/latest/api/token":
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
			_, _ = io.WriteString(w, "token")
		case r.URL.Path == "/latest/meta-data/iam/security-credentials/":
			_, _ = io.WriteString(w, "web")
		case r.URL.Path == "/latest/meta-data/iam/security-credentials/web":
			_, _ = io.WriteString(w, `{"Code":"Success",`+given+"}")
		default:
			t.Errorf("%s %s %s", r.Method, r.URL, body)
			w.WriteHeader(404)
		}
	})
	server := httptest.NewServer(answer)
	defer server.Close()
	role := "[profile dev]\nrole_arn = " + deployRole + "\n"
	imds := map[string]string{"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.URL}
	sso, text := ssoToken("corp", expiredAt, `,"clientId":"c","clientSecret":"s","refreshToken":"r"`)
	legacy, legacyText := ssoToken("https://corp.awsapps.com/start", validUntil, "")
	login, loginText := loginToken(expiredAt)
	for _, tc := range []sourceCase{
		{name: "environment", env: map[string]string{"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}},
		{name: "keys", config: "[profile dev]\n" + keys, profile: "dev"},
		{name: "SSO session", config: ssoProfile, profile: "dev", files: file(sso, text)},
		{name: "legacy SSO", config: legacyProfile, profile: "dev", files: file(legacy, legacyText)},
		{name: "console session", config: loginProfile, profile: "dev", files: file(login, loginText)},
		{name: "process", config: "[profile dev]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"x\",\"SecretAccessKey\":\"x\"}'\n", profile: "dev"},
		{name: "role of keys", config: role + "source_profile = base\n[profile base]\n" + keys, profile: "dev"},
		{name: "role of the instance", config: role + "credential_source = Ec2InstanceMetadata\n", profile: "dev", env: imds},
		{name: "role of the container", config: role + "credential_source = EcsContainer\n", profile: "dev", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.URL + "/creds"}},
		{name: "token", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null", "AWS_ROLE_ARN": deployRole}},
		{name: "container", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.URL + "/creds"}},
		{name: "instance", env: imds},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bare(t)
			home := os.Getenv("HOME")
			write(t, filepath.Join(home, "config"), tc.config)
			if tc.files != nil {
				write(t, filepath.Join(home, tc.files()[0][0]), tc.files()[0][1])
			}
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config"))
			for _, service := range []string{"", "_STS", "_SSO", "_SSO_OIDC", "_SIGNIN"} {
				t.Setenv("AWS_ENDPOINT_URL"+service, server.URL)
			}
			for k, v := range tc.env {
				t.Setenv(k, v)
			}
			c, err := Open(t.Context(), Options{Region: "us-east-1", Profile: tc.profile})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartIdentity}); err != nil || got.Account != "1" {
				t.Errorf("%v %v", got.Account, err)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

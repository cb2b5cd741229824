package aws

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReadSettings reads the settings of each kind of profile, and the states of an SSO sign-in.
func TestReadSettings(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	later, before := now.Add(time.Hour).Format(time.RFC3339), now.Add(-time.Hour).Format(time.RFC3339)
	token := func(key, expires, more string) func() [][2]string {
		return func() [][2]string { n, text := ssoToken(key, expires, more); return [][2]string{{n, text}} }
	}
	const refresh = `,"refreshToken":"hunter2"`
	legacy := "https://corp.awsapps.com/start"
	environment := map[string]string{"AWS_ACCESS_KEY_ID": "AKIAHUNTER2", "AWS_SECRET_ACCESS_KEY": "hunter2"}
	for _, tc := range []struct {
		name, config, profile string
		env                   map[string]string
		files                 func() [][2]string
		vars                  Variables
		want                  Settings // Missing is a part of the text
	}{
		{name: "nothing", want: Settings{None: true, Missing: "The environment and the profile have no AWS credentials. On an EC2 instance with a role the wizard uses the role."}},
		{name: "a profile that is not chosen", config: "[profile dev]\n" + keys, want: Settings{Missing: "Choose a profile with --profile or AWS_PROFILE (existing: dev)"}},
		{name: "environment", env: environment, vars: Variables{Credentials: "AWS_ACCESS_KEY_ID"}, want: Settings{Credentials: "environment variables"}},
		{name: "environment and a profile of the flag", config: "[profile dev]\n" + keys, profile: "dev", env: environment, vars: Variables{Credentials: "AWS_ACCESS_KEY_ID"}, want: Settings{Profile: "dev", Credentials: "access key"}},
		{name: "default profile", config: "[default]\nregion = eu-west-1\n" + keys, want: Settings{Profile: "default", Region: "eu-west-1", Credentials: "access key"}},
		{name: "profile of a variable", config: "[profile dev]\nregion = eu-west-1\n" + keys, env: map[string]string{"AWS_PROFILE": "dev", "AWS_DEFAULT_REGION": "us-west-2"},
			vars: Variables{Profile: "AWS_PROFILE", Region: "AWS_DEFAULT_REGION"}, want: Settings{Profile: "dev", Region: "us-west-2", Credentials: "access key"}},
		{name: "both variables of the Region", env: map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "us-west-2"},
			vars: Variables{Region: "AWS_REGION", Credentials: "AWS_ACCESS_KEY_ID"}, want: Settings{Region: "us-east-2", Credentials: "environment variables"}},
		{name: "SSO, signed out", config: ssoProfile, profile: "dev", want: Settings{Profile: "dev", Credentials: "SSO", SignIn: SignedOut, Missing: "You are not signed in. Run `aws sso login --profile dev`"}},
		{name: "SSO, signed in", config: ssoProfile, profile: "dev", files: token("corp", later, ""), want: Settings{Profile: "dev", Credentials: "SSO", SignIn: SignedIn, Until: now.Add(time.Hour)}},
		{name: "SSO, signed in, can be renewed", config: ssoProfile, profile: "dev", files: token("corp", later, refresh), want: Settings{Profile: "dev", Credentials: "SSO", SignIn: SignedIn}},
		{name: "SSO, expired", config: ssoProfile, profile: "dev", files: token("corp", before, ""), want: Settings{Profile: "dev", Credentials: "SSO", SignIn: SignInExpired, Missing: "The sign-in has expired. Run `aws sso login --profile dev`"}},
		{name: "SSO, expired, perhaps it can be renewed", config: ssoProfile, profile: "dev", files: token("corp", before, refresh), want: Settings{Profile: "dev", Credentials: "SSO", SignIn: SignInUnknown}},
		{name: "SSO, not readable", config: ssoProfile, profile: "dev", files: token("corp", "soon", ""), want: Settings{Profile: "dev", Credentials: "SSO", SignIn: SignInUnknown}},
		{name: "legacy SSO, expired", config: legacyProfile, profile: "dev", files: token(legacy, before, ""), want: Settings{Profile: "dev", Credentials: "SSO", SignIn: SignInExpired, Missing: "aws sso login --profile dev"}},
		{name: "role of an SSO session", config: "[profile app]\nregion = eu-west-1\nrole_arn = " + deployRole + "\nsource_profile = dev\n" + ssoProfile, profile: "app", files: token("corp", later, ""),
			want: Settings{Profile: "app", Region: "eu-west-1", Credentials: "assumes deploy, SSO", SignIn: SignedIn, Until: now.Add(time.Hour)}},
		{name: "role with MFA", config: "[profile dev]\nrole_arn = " + deployRole + "\nsource_profile = base\nmfa_serial = x\n[profile base]\n" + keys, profile: "dev", want: Settings{Profile: "dev", Credentials: "assumes deploy, access key, MFA code"}},
		{name: "process", config: "[profile dev]\ncredential_process = get --secret hunter2\n", profile: "dev", want: Settings{Profile: "dev", Credentials: "credential process"}},
		{name: "console session", config: loginProfile, profile: "dev", want: Settings{Profile: "dev", Credentials: "console sign-in"}},
		{name: "instance", config: "[profile dev]\nrole_arn = " + deployRole + "\ncredential_source = Ec2InstanceMetadata\n", profile: "dev", want: Settings{Profile: "dev", Credentials: "assumes deploy, instance role"}},
		{name: "container", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/creds"}, want: Settings{Credentials: "container role"}},
		{name: "token", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null", "AWS_ROLE_ARN": deployRole}, vars: Variables{Credentials: "AWS_WEB_IDENTITY_TOKEN_FILE"}, want: Settings{Credentials: "web identity token"}},
		{name: "no such profile", config: "[profile production]\n" + keys, profile: "producton", want: Settings{Profile: "producton", Missing: `profile "producton" does not exist in the AWS configuration. Did you mean "production"?`}},
		{name: "no such profile in a variable", config: "[profile production]\n" + keys, env: map[string]string{"AWS_PROFILE": "staging"}, vars: Variables{Profile: "AWS_PROFILE"}, want: Settings{Profile: "staging", Missing: `profile "staging" does not exist in the AWS configuration. ` + "`aws configure list-profiles`"}},
		{name: "half a key", config: "[profile dev]\naws_access_key_id = AKIAHUNTER2\n", profile: "dev", want: Settings{Profile: "dev", Missing: "only one of aws_access_key_id and aws_secret_access_key"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bare(t)
			home := os.Getenv("HOME")
			write(t, filepath.Join(home, "config"), tc.config)
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config"))
			if tc.files != nil {
				for _, f := range tc.files() {
					write(t, filepath.Join(home, f[0]), f[1])
				}
			}
			for k, v := range tc.env {
				t.Setenv(k, v)
			}
			if got := EnvironmentVariables(); got != tc.vars {
				t.Errorf("variables %+v, want %+v", got, tc.vars)
			}
			got := ReadSettings(t.Context(), tc.profile, now)
			if strings.Contains(strings.ToLower(got.Missing+got.Credentials), "hunter2") {
				t.Errorf("a secret is in %+v", got)
			}
			if !strings.Contains(got.Missing, tc.want.Missing) || (got.Missing == "") != (tc.want.Missing == "") {
				t.Errorf("missing: %q, want %q", got.Missing, tc.want.Missing)
			}
			got.Missing = tc.want.Missing
			if !got.Until.Equal(tc.want.Until) {
				t.Errorf("until %s, want %s", got.Until, tc.want.Until)
			}
			got.Until = tc.want.Until
			if got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}

package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
)

// Settings are what the environment and the files of the AWS CLI say about an account. They contain no secrets.
type Settings struct {
	Profile string // with the credentials; empty if it has none of them, or does not exist
	Region  string // of a variable or the profile; empty if none is set
	// Credentials is a short text about where the credentials come from; empty if neither the environment nor the profile
	// has a source of credentials.
	Credentials string
	SignIn      SignIn    // of an SSO session
	Until       time.Time // end of the sign-in, if it is valid and cannot be renewed without the user
	Missing     string    // which credentials are missing, with the next step; empty if none are known to be missing
	None        bool      // neither a variable nor a file of the AWS CLI sets anything
}

// SignIn is the state of an SSO session, as far as the files of this computer show it.
type SignIn int

// The states of a sign-in. A session that AWS has ended is still SignedIn.
const (
	NoSignIn      SignIn = iota // the credentials need none
	SignedIn                    // the token has not expired
	SignedOut                   // no token exists
	SignInExpired               // the token has expired, and only the user can renew it
	SignInUnknown               // the token has expired and AWS decides whether it can be renewed, or it cannot be read
)

// ReadSettings reads what the environment and the configuration files say about an account, without a call to AWS. The
// profile is that of the flag; empty selects as the AWS CLI does.
func ReadSettings(ctx context.Context, profile string, now time.Time) Settings {
	env, err := config.NewEnvConfig()
	if err != nil {
		return Settings{Profile: profile, Missing: settingsError(profile, err).Error()}
	}
	name := cmp.Or(profile, env.SharedConfigProfile, "default")
	for _, file := range []string{env.SharedConfigFile, env.SharedCredentialsFile} {
		// A pipe has its text only once, and opening the account needs it.
		if info, err := os.Stat(file); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
			return Settings{Profile: name, Region: env.Region, Credentials: "from a pipe"}
		}
	}
	chosen := profile != "" || os.Getenv("AWS_PROFILE") != "" // then the SDK needs the profile to exist
	shared, err := config.LoadSharedConfigProfile(ctx, name, func(o *config.LoadSharedConfigOptions) {
		if env.SharedConfigFile != "" {
			o.ConfigFiles = []string{env.SharedConfigFile}
		}
		if env.SharedCredentialsFile != "" {
			o.CredentialsFiles = []string{env.SharedCredentialsFile}
		}
	})
	unset := config.SharedConfigProfileNotExistError{}
	absent := errors.As(err, &unset)
	if err != nil && (chosen || !absent) {
		return Settings{Profile: name, Missing: settingsError(profile, err).Error()}
	}
	from := sourceFrom(&env, &shared, profile != "")
	s := Settings{Profile: name, Region: cmp.Or(env.Region, shared.Region), Credentials: from.short()}
	if absent || from.profile == "" {
		s.Profile = ""
	}
	s.SignIn, s.Until = from.signIn(now)
	switch {
	case from.kind == fromNowhere:
		s.None = !chosen && len(Profiles()) == 0
		s.Missing = "The environment and the profile have no AWS credentials. On an EC2 instance with a role the wizard uses the role. On other computers: " + from.again
	case s.SignIn == SignedOut:
		s.Missing = "You are not signed in. " + from.again
	case s.SignIn == SignInExpired:
		s.Missing = "The sign-in has expired. " + from.again
	}
	return s
}

// Variables are the variables of the environment that select an account. Each is empty if it is not set.
type Variables struct {
	Profile     string // the variable with the profile
	Region      string // the variable with the Region
	Credentials string // the variable with credentials, which the SDK prefers to those of a profile that a variable selects
}

// EnvironmentVariables returns the variables that are set, as the SDK reads them. It returns none if a variable is wrong:
// opening an account reports that.
func EnvironmentVariables() Variables {
	env, err := config.NewEnvConfig()
	if err != nil {
		return Variables{}
	}
	v := Variables{Profile: setFirst("AWS_PROFILE", "AWS_DEFAULT_PROFILE"), Region: setFirst("AWS_REGION", "AWS_DEFAULT_REGION")}
	switch {
	case env.Credentials.HasKeys():
		v.Credentials = "AWS_ACCESS_KEY_ID"
	case env.WebIdentityTokenFilePath != "":
		v.Credentials = "AWS_WEB_IDENTITY_TOKEN_FILE"
	}
	return v
}

// setFirst returns the first of the variables that is set; empty if none is.
func setFirst(names ...string) string {
	for _, name := range names {
		if os.Getenv(name) != "" {
			return name
		}
	}
	return ""
}

// short returns a text for one column of a list: the kind of the source, and the last role that is assumed with it.
func (s source) short() string {
	text := map[string]string{fromKeys: "access key", fromSSO: "SSO", fromLogin: "console sign-in", fromProcess: "credential process", fromToken: "web identity token",
		fromContainer: "container role", fromInstance: "instance role"}[s.kind]
	if s.fixed {
		text = "environment variables"
	}
	if len(s.roles) == 0 || s.kind == fromToken {
		return text
	}
	role := s.roles[len(s.roles)-1]
	text = "assumes " + role.arn[strings.LastIndexAny(role.arn, ":/")+1:] + ", " + text
	for _, r := range s.roles {
		if r.device != "" {
			return text + ", MFA code"
		}
	}
	return text
}

// signIn returns the state of the SSO session and its end, as the file of the AWS CLI with the token shows them:
// https://docs.aws.amazon.com/sdkref/latest/guide/understanding-sso.html. With a refresh token the session can last longer
// than the token.
func (s source) signIn(now time.Time) (SignIn, time.Time) {
	if s.kind != fromSSO || s.token == "" {
		return NoSignIn, time.Time{}
	}
	name, err := ssocreds.StandardCachedTokenFilepath(s.token)
	if err != nil {
		return SignInUnknown, time.Time{}
	}
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return SignedOut, time.Time{}
	case err != nil:
		return SignInUnknown, time.Time{}
	}
	var token struct {
		ExpiresAt    time.Time
		RefreshToken json.RawMessage
	}
	err = json.Unmarshal(text, &token)
	switch renewable := len(token.RefreshToken) > 0; {
	case err != nil || token.ExpiresAt.IsZero():
		return SignInUnknown, time.Time{}
	case token.ExpiresAt.After(now) && renewable:
		return SignedIn, time.Time{}
	case token.ExpiresAt.After(now):
		return SignedIn, token.ExpiresAt
	case renewable:
		return SignInUnknown, time.Time{}
	}
	return SignInExpired, time.Time{}
}

package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/smithy-go"
)

// source is where the credentials of an account come from. The zero value is an unknown source.
// Its texts contain no secrets: of a credential_process only the program, because its arguments
// may be secret.
type source struct {
	kind    string // one of the constants
	profile string // that contains the source; empty without one
	what    string // "the SSO session of profile \"dev\""
	again   string // the next step if it has no valid credentials
	command string // that is all this step takes; empty if there is more to do
	fixed   bool   // it is in the environment, which does not change while the program runs
	// roles are the roles that are assumed with the credentials, in this order.
	roles []assumed
	// token is the key of the file of the AWS CLI with the sign-in of an SSO session.
	token string
}

// assumed is a role that a profile assumes, and the MFA device that it needs; empty if it needs none.
type assumed struct{ profile, arn, device string }

// The kinds of sources that need different texts.
const (
	fromKeys      = "keys"
	fromSSO       = "sso"
	fromLogin     = "login"
	fromProcess   = "process"
	fromToken     = "token"
	fromContainer = "container"
	fromInstance  = "instance"
	fromNowhere   = "nowhere"
)

// sourceOf returns the source that the SDK uses. The order is that of resolveCredentialChain and
// resolveCredsFromProfile in the SDK's package config, which is documented in
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html.
func sourceOf(cfg sdk.Config, profileChosen bool) source {
	var env config.EnvConfig
	var shared config.SharedConfig
	for _, s := range cfg.ConfigSources {
		switch s := s.(type) {
		case config.EnvConfig:
			env = s
		case *config.EnvConfig:
			env = *s
		case config.SharedConfig:
			shared = s
		case *config.SharedConfig:
			shared = *s
		}
	}
	return sourceFrom(&env, &shared, profileChosen)
}

// sourceFrom returns the source that the SDK uses with an environment and a profile.
func sourceFrom(env *config.EnvConfig, shared *config.SharedConfig, profileChosen bool) source {
	switch {
	case profileChosen:
	case env.Credentials.HasKeys():
		return source{kind: fromKeys, fixed: true, what: "the environment (AWS_ACCESS_KEY_ID)", again: "Set new values of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or unset them to use a profile; then try again."}
	case env.WebIdentityTokenFilePath != "":
		return webIdentity(env.WebIdentityTokenFilePath, env.RoleARN, "")
	}
	s := ofProfile(shared, env)
	if s.kind == fromNowhere {
		s.again = nowhere(s.profile, profileChosen || env.SharedConfigProfile != "")
	}
	return s
}

// ofProfile returns the source of a profile.
func ofProfile(p *config.SharedConfig, env *config.EnvConfig) source {
	profile := cmp.Or(p.Profile, "default")
	flag := "--profile " + shellWord(profile)
	s := source{profile: profile}
	switch {
	case p.Source != nil:
		s = ofProfile(p.Source, env)
	case p.Credentials.HasKeys():
		s.kind, s.what = fromKeys, fmt.Sprintf("the access key of profile %q", profile)
		s.again = "Put a new access key into the profile with `aws configure " + flag + "`, or new temporary credentials into its section of ~/.aws/credentials; then try again."
	case p.CredentialSource == "Environment":
		s.kind, s.fixed, s.what = fromKeys, true, fmt.Sprintf("the environment (credential_source of profile %q)", profile)
		s.again = "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary credentials, AWS_SESSION_TOKEN; then try again."
	case p.CredentialSource == "Ec2InstanceMetadata":
		s = instanceSource(fmt.Sprintf("the instance metadata service (credential_source of profile %q)", profile), profile)
	case p.CredentialSource == "EcsContainer":
		s = containerSource(fmt.Sprintf(" (credential_source of profile %q)", profile), profile)
	case p.WebIdentityTokenFile != "":
		return webIdentity(p.WebIdentityTokenFile, p.RoleARN, profile)
	case p.SSOSessionName != "":
		s.kind, s.what, s.token = fromSSO, fmt.Sprintf("the SSO session %q of profile %q", p.SSOSessionName, profile), p.SSOSessionName
		s.run("aws sso login " + flag)
		if p.SSOAccountID == "" || p.SSORoleName == "" {
			s.command, s.again = "", "The profile has no sso_account_id or sso_role_name: add them with `aws configure sso "+flag+"`; then try again."
		}
	case p.SSORegion != "" || p.SSOAccountID != "" || p.SSOStartURL != "" || p.SSORoleName != "":
		s.kind, s.what, s.token = fromSSO, fmt.Sprintf("the SSO session of profile %q", profile), p.SSOStartURL
		s.run("aws sso login " + flag)
	case p.LoginSession != "":
		// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html
		s.kind, s.what = fromLogin, fmt.Sprintf("the console session (login_session) of profile %q", profile)
		s.run("aws login " + flag)
		s.again = "Run `" + s.command + "` (AWS CLI 2.32 or later); then try again."
	case p.CredentialProcess != "":
		s.kind, s.what = fromProcess, fmt.Sprintf("the credential_process %q of profile %q", program(p.CredentialProcess), profile)
		s.again = fmt.Sprintf("Fix credential_process %q in profile %q: run the command of the profile in a terminal to see what it reports; then try again.", program(p.CredentialProcess), profile)
	case env.ContainerCredentialsRelativePath != "" || env.ContainerCredentialsEndpoint != "":
		s = containerSource("", profile)
	default:
		s.kind, s.what = fromNowhere, "the instance metadata service"
	}
	if p.RoleARN != "" {
		s.roles = append(s.roles, assumed{profile, p.RoleARN, p.MFASerial})
	}
	return s
}

func webIdentity(file, arn, profile string) source {
	s := source{kind: fromToken, profile: profile, what: "the web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)", roles: []assumed{{profile, arn, ""}}}
	setting := "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN"
	if profile != "" {
		s.what, setting = fmt.Sprintf("the web identity token of profile %q", profile), "web_identity_token_file and role_arn in the profile"
	}
	s.again = fmt.Sprintf("Check %s: the file %s must contain a token that has not expired, and the role must trust its issuer; then try again.", setting, file)
	return s
}

func containerSource(more, profile string) source {
	return source{kind: fromContainer, profile: profile, what: "the credentials endpoint of the container" + more,
		again: "Check that the ECS task has a task role, or the EKS pod a Pod Identity association, and AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; then try again."}
}

func instanceSource(what, profile string) source {
	return source{kind: fromInstance, profile: profile, what: what, again: "Check that the EC2 instance has an instance profile with a role, and that its metadata service is enabled; then try again."}
}

// nowhere returns the next step if neither the environment nor the profile has a source.
func nowhere(profile string, chosen bool) string {
	id, key := os.Getenv("AWS_ACCESS_KEY_ID") != "", os.Getenv("AWS_SECRET_ACCESS_KEY") != ""
	others := slices.DeleteFunc(Profiles(), func(p string) bool { return p == profile })
	flag := "--profile " + shellWord(profile)
	switch {
	case id != key:
		return "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: set both, or unset it to use a profile; then try again."
	case chosen:
		return fmt.Sprintf("The profile %q contains no source of credentials. Add one with `aws configure sso %s`, `aws login %s` or `aws configure %s`; then try again.", profile, flag, flag, flag)
	case len(others) > 0:
		if len(others) > 10 {
			others = append(others[:10], "…")
		}
		return "Choose a profile with --profile or AWS_PROFILE (existing: " + strings.Join(others, ", ") + "), or sign in with `aws sso login` or `aws login`; then try again."
	}
	return signInMethods
}

// program returns the program of a command line.
func program(command string) string {
	command = strings.TrimSpace(command)
	if rest, ok := strings.CutPrefix(command, `"`); ok {
		name, _, _ := strings.Cut(rest, `"`)
		return name
	}
	name, _, _ := strings.Cut(command, " ")
	return name
}

// shellWord quotes a profile's name for a command, if necessary.
func shellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@:+=-") == "" && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// run sets the next step to a command.
func (s *source) run(command string) {
	s.command, s.again = command, "Run `"+command+"`; then try again."
}

// renew returns the next step if AWS does not accept the credentials of the source.
func (s source) renew() string {
	if s.kind == "" {
		return signInAgain
	}
	return "The credentials are from " + s.what + ". " + s.again
}

// failCredentials completes the error if no credentials could be obtained.
func (c *Client) failCredentials(e *Error, err error) {
	e.credentials = true
	e.HTTPStatus, e.RequestID, e.attempts = 0, "", 0
	e.Code = CodeNoCredentials
	s := c.source()
	e.hint, e.command, e.fixed = cmp.Or(s.again, signInAgain), s.command, s.fixed
	what := cmp.Or(s.what, "the credentials")
	asked, reason := reasonOf(err)
	var api smithy.APIError
	answer := &answerError{}
	answered := errors.As(err, &answer)
	if answered && !errors.As(err, &api) && s.kind != fromNowhere && s.kind != fromContainer {
		e.hint, e.command = "Check the network, VPN and proxy of this computer. If they are correct: "+e.hint, ""
	}
	// Without an answer of STS the credentials for the role are the cause.
	assuming := strings.HasPrefix(asked, "sts:") && s.kind != fromToken && answer.service == "STS"
	var process *processcreds.ProviderError
	var code *codeError
	switch {
	case errors.As(err, &code):
		// The program cannot get a code by itself, so a run does not wait for new credentials.
		e.device, e.fixed, e.command = code.device, true, ""
		e.Message, e.hint = "the role of the profile needs a code of the MFA device "+code.device, "Try again and type a new code."
		if code.refusal != nil {
			e.Message, e.hint = code.refusal.Message, code.refusal.hint
		}
	case assuming:
		e.Message = "cannot assume the role"
		for i, r := range s.roles {
			if i > 0 {
				e.Message += " or the role"
			}
			e.Message += fmt.Sprintf(" %s of profile %q", r.arn, r.profile)
		}
		e.Message += " with the credentials from " + what + ": " + reason
		if errors.As(err, &api) && !slices.Contains(expired, api.ErrorCode()) && !slices.Contains(invalid, api.ErrorCode()) {
			e.command = ""
			e.hint = "Check role_arn, the trust policy of the role, and the permission sts:AssumeRole of the source; then try again."
			if codes := c.credentials.current.Load().codes; codes.sent() != "" {
				e.device, e.hint = codes.sent(), "The code may be wrong or expired: type a new one. If it is correct: "+e.hint
				codes.refuse(*e)
			}
		}
	case s.kind == fromSSO && strings.HasSuffix(asked, ":GetRoleCredentials") && strings.Contains(reason, "ForbiddenException"):
		e.Message = "no credentials from " + what + ": " + reason
		e.command = ""
		e.hint = fmt.Sprintf("Check sso_account_id and sso_role_name of profile %q, and that you are assigned to them. If they are correct: %s", s.profile, s.again)
	case (s.kind == fromSSO || s.kind == fromLogin) && reason == "":
		e.Message = what + " has expired or was never started"
	case errors.As(err, &process):
		e.Message = what + " failed: " + processReason(process)
	case s.kind == fromToken && asked == "":
		e.Message = "cannot read " + what + ": " + fileReason(err)
	case s.kind == fromKeys:
		e.Message = what + " has no complete access key"
	case s.kind == fromNowhere && (asked == "" || strings.HasPrefix(asked, "ec2imds:")):
		e.Message = "no AWS credentials were found: the environment and the profile " + fmt.Sprintf("%q", s.profile) + " contain none, and " + s.what + " returned none"
	case reason == "" && (s.kind == fromInstance || s.kind == fromContainer):
		e.Message = what + " returned no credentials"
	case s.kind == "" && reason == "":
		e.Message, e.hint = "no AWS credentials were found", signInMethods
	default:
		e.Message = "no credentials from " + what + ": " + cmp.Or(reason, "they could not be read")
	}
}

// reasonOf returns the operation that failed while getting credentials, and what was answered.
// Both are empty if no operation failed. Only texts of AWS and of the network are in it, because
// other errors may quote credentials.
func reasonOf(err error) (asked, reason string) {
	var op *smithy.OperationError
	var api smithy.APIError
	// The innermost operation is the one that failed.
	for next := err; errors.As(next, &op); next = op.Err {
		asked = prefix(op.ServiceID) + ":" + op.OperationName
	}
	name := cmp.Or(asked, "it")
	answer := &answerError{}
	answered := errors.As(err, &answer)
	switch {
	case errors.As(err, &api) && api.ErrorCode() != "UnknownError" && api.ErrorCode() != "":
		return asked, strings.TrimSuffix(fmt.Sprintf("%s answered %s: %s", name, excerpt(api.ErrorCode(), 100), brief(api.ErrorMessage())), ": ")
	case errors.Is(err, context.DeadlineExceeded) && !answered:
		return asked, "no answer in time"
	case answered && answer.foreign != "":
		return asked, fmt.Sprintf("the server at %s did not answer like AWS: %s (%s)", answer.server, answer.foreign, answer.got)
	case answered && answer.got != "":
		return asked, fmt.Sprintf("%s answered %s", answer.server, answer.got)
	case answered:
		return asked, fmt.Sprintf("%s did not answer: %s", answer.server, brief(root(err).Error()))
	}
	return asked, ""
}

// processReason returns why a credential_process failed, without its output.
func processReason(err *processcreds.ProviderError) string {
	var exit *exec.ExitError
	switch {
	case strings.Contains(err.Error(), "timed out"):
		return "it did not end within a minute"
	case errors.As(err, &exit):
		return exit.Error()
	case strings.Contains(err.Error(), "wrong version"):
		return "its output does not have \"Version\": 1"
	case strings.Contains(err.Error(), "AccessKeyId"), strings.Contains(err.Error(), "SecretAccessKey"):
		return "its output has no complete access key"
	}
	return "its output is not in JSON"
}

// fileReason returns why a file cannot be read. The SDK's error contains the reason only as text.
func fileReason(err error) string {
	if _, text, found := strings.Cut(err.Error(), "unable to read file at "); found {
		return brief(text)
	}
	return "the file cannot be used"
}

package aws

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// Codes of failures that are not an answer of AWS.
const (
	CodeNoRegion      = "NoRegion"
	CodeNoProfile     = "NoProfile"
	CodeNoCredentials = "NoCredentials"
	CodeUnreachable   = "Unreachable"
	CodeTimeout       = "Timeout"
	CodeUnreadable    = "Unreadable" // an answer that is not in AWS's format
	CodeRequest       = "BadRequest" // a request that cannot be sent
	CodeCancelled     = "Cancelled"
	CodeOtherAccount  = "OtherAccount"
)

// own lists the codes above.
var own = []string{CodeNoRegion, CodeNoProfile, CodeNoCredentials, CodeUnreachable, CodeTimeout, CodeUnreadable, CodeRequest, CodeCancelled, CodeOtherAccount}

// Error is a failed call: the operation, the answer of AWS and the next step for the user.
type Error struct {
	Op         string // "ec2:DescribeVpcs"
	Code       string // of AWS, or one of the Code constants
	Message    string
	RequestID  string
	HTTPStatus int // 0 without an answer
	Err        error

	hint        string
	attempts    int
	credentials bool
	unsure      bool

	fixed   bool   // the program cannot get other credentials
	device  string // the MFA device that has a code for new credentials; empty if no code is needed
	command string // that gets new credentials; empty if none is known
}

func (e *Error) Error() string {
	answer := e.Answer()
	if e.hint == "" {
		return answer
	}
	if !strings.HasSuffix(answer, ".") {
		answer += "."
	}
	return printable.Line(answer + " " + e.hint)
}

// Answer returns what failed and why, without the next step.
func (e *Error) Answer() string {
	var b strings.Builder
	if strings.Contains(e.Op, ":") {
		b.WriteString(e.Op + ": ")
	}
	switch {
	case slices.Contains(own, e.Code):
		b.WriteString(e.Message)
	case e.Code != "":
		fmt.Fprintf(&b, "AWS answered %s", e.Code)
		if e.Message != "" {
			b.WriteString(": " + e.Message)
		}
	case e.Message != "":
		b.WriteString(e.Message)
	default:
		fmt.Fprintf(&b, "AWS answered with status %d", e.HTTPStatus)
	}
	var facts []string
	if e.attempts > 1 {
		facts = append(facts, fmt.Sprintf("tried %d times", e.attempts))
	}
	if e.RequestID != "" {
		facts = append(facts, "request id "+e.RequestID)
	}
	if len(facts) > 0 {
		b.WriteString(" (" + strings.Join(facts, ", ") + ")")
	}
	return printable.Line(b.String()) // the code and the message can come from any server
}

func (e *Error) Unwrap() error { return e.Err }

// ErrorCode returns the code of the failure. Callers use it to distinguish answers.
func (e *Error) ErrorCode() string { return e.Code }

// Hint returns the next step for the user. It is empty if no step is known.
func (e *Error) Hint() string { return e.hint }

// Throttled reports whether AWS throttled the call. The caller may retry it.
func (e *Error) Throttled() bool {
	_, yes := retry.DefaultThrottleErrorCodes[e.Code]
	return yes || e.HTTPStatus == 429
}

// Denied reports whether the caller lacks the permission for the call.
func (e *Error) Denied() bool { return !e.credentials && slices.Contains(inventory.Denials, e.Code) }

// notOffered are the codes of AWS for an operation that the endpoint does not have (Amazon EC2 API
// reference, error codes; AWS JSON protocol).
var notOffered = []string{"InvalidAction", "UnknownOperationException", "NotImplemented", "UnsupportedOperation", "UnsupportedOperationException"}

// NotOffered reports whether the endpoint does not have the operation.
func (e *Error) NotOffered() bool { return e.HTTPStatus == 501 || slices.Contains(notOffered, e.Code) }

// NoCredentials reports whether no valid credentials exist: none were found, they have expired,
// or AWS does not know them.
func (e *Error) NoCredentials() bool {
	return e.credentials || e.Code == CodeNoCredentials || slices.Contains(expired, e.Code) || slices.Contains(invalid, e.Code)
}

// Expired reports whether a call failed because the credentials are no longer valid, or because none could be obtained.
// AWS did not apply it, so it can be sent again with new credentials. Amazon EC2 answers AuthFailure for other reasons
// too, such as an AMI of another account: https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html.
func (e *Error) Expired() bool {
	return e.NoCredentials() && (e.Code != "AuthFailure" || strings.Contains(e.Message, "credentials"))
}

// Renewable reports whether the program can get new credentials while it runs. It cannot if they are in its environment.
func (e *Error) Renewable() bool { return !e.fixed }

// MFA returns the MFA device that has a code for new credentials. It is empty if no code is needed, or if the options have
// no Codes.
func (e *Error) MFA() (device string) { return e.device }

// SignIn returns how the user gets new credentials: the step, and the command for a terminal if that is all it takes.
func (e *Error) SignIn() (step, command string) {
	return strings.ReplaceAll(e.hint, "; then try again.", "."), e.command
}

// Unsure reports whether AWS may have received and applied the call: the request was sent, but no
// answer of AWS shows its result.
func (e *Error) Unsure() bool { return e.unsure }

// NotFound reports whether AWS answered that the resource does not exist or that its id is
// malformed.
func (e *Error) NotFound() bool {
	return strings.HasSuffix(e.Code, ".NotFound") || strings.HasSuffix(e.Code, ".Malformed") || e.Code == "NatGatewayNotFound" || strings.HasSuffix(e.Code, "NotFoundException") ||
		e.Code == "NoSuchEntity" || // IAM
		e.Code == "MISSING" // Amazon ECS, in lists of failures
}

var (
	expired = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
	invalid = []string{"InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken", "MissingAuthenticationToken", "MissingAuthenticationTokenException"}
	signing = []string{"SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed", "IncompleteSignature"}
	off     = []string{"OptInRequired", "RegionDisabledException", "PendingVerification"}
)

// Next steps for the user.
const (
	signInMethods = "Sign in with `aws sso login`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`; then try again."
	signInAgain   = "Sign in again with `aws sso login`, or get new temporary credentials; then try again."
	enableRegion  = "Enable the Region under Account > AWS Regions in the AWS console, or choose another Region with --region."
)

// nextSteps are the next steps for error codes of Run Command and Amazon ECS.
var nextSteps = map[string]string{
	"InvalidInstanceId": "Run Command cannot use this instance: it must be running, its SSM Agent must be Online in " +
		"`aws ssm describe-instance-information`, and the instance profile must allow everything that AmazonSSMManagedInstanceCore allows. In a VPC without internet access the SSM Agent needs " +
		"the endpoints ssm and ssmmessages (an old SSM Agent also needs ec2messages).",
	"InvocationDoesNotExist":     "Systems Manager may not show a new command immediately: try again in a few seconds. If the error remains, check the command id and the instance id.",
	"InvalidCommandId":           "Check the command id, the Region and the account. Systems Manager forgets commands after 30 days.",
	"InvalidDocument":            "Check the name of the document and the Region; `aws ssm list-documents --filters Key=Owner,Values=Amazon` lists the documents of AWS.",
	"InvalidParameters":          "`aws ssm describe-document` shows the parameters of the document.",
	"UnsupportedPlatformType":    "The document does not support the operating system of the instance: use AWS-RunShellScript for Linux and AWS-RunPowerShellScript for Windows.",
	"NoUpdateAvailableException": "The agent is already the newest version, or it is too old to update itself. Check its version. If it is too old, launch instances from a current ECS-optimized AMI.",
	"UpdateInProgressException": "An update of this agent is in progress: wait until `aws ecs describe-container-instances` shows agentUpdateStatus UPDATED. If the agent is " +
		"disconnected, the update continues after it reconnects.",
	"MissingVersionException": "The agent does not report its version, so Amazon ECS cannot update it: update the package ecs-init on the instance, or launch instances from a current ECS-optimized AMI.",
}

// fail converts an error of the SDK to an *Error, or to a *RegionError if the Region is the
// cause. It returns nil for nil.
func (c *Client) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	var done *Error
	var region *RegionError
	if errors.As(err, &done) || errors.As(err, &region) {
		return err
	}
	e := &Error{Op: op, Err: err}
	var max *retry.MaxAttemptsError
	if errors.As(err, &max) {
		e.attempts = max.Attempt
	}
	var status *smithyhttp.ResponseError
	if errors.As(err, &status) && status.Response != nil && status.Response.Response != nil {
		e.HTTPStatus = status.HTTPStatusCode()
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		e.RequestID = response.ServiceRequestID()
	}

	var cred *credentialsError
	var api smithy.APIError
	answer := &answerError{server: "AWS"}
	if errors.As(err, &answer) && e.attempts == 0 {
		e.attempts = answer.attempt
	}
	switch {
	case errors.Is(err, context.Canceled):
		e.Code, e.Message, e.attempts = CodeCancelled, "cancelled", 0
	case errors.Is(err, errEndless):
		e.Code, e.Message = CodeUnreadable, errEndless.Error()
	case errors.As(err, &cred):
		c.failCredentials(e, cred.err)
	case errors.Is(err, errTooLong):
		e.Code, e.Message = CodeUnreadable, fmt.Sprintf("the answer of %s is too long (%s)", answer.server, answer.got)
		e.hint = "The answer may not be from AWS. " + checkAddress
	case answer.foreign != "":
		e.Code, e.Message = CodeUnreadable, fmt.Sprintf("the server at %s did not answer like AWS: %s (%s)", answer.server, answer.foreign, answer.got)
		e.hint = checkAddress
	case errors.As(err, &api) && api.ErrorCode() == "UnknownError": // the SDK's code for an answer without one
		c.failStatus(e, answer)
	case errors.As(err, &api):
		e.Code, e.Message = api.ErrorCode(), brief(api.ErrorMessage())
		if strings.Contains(e.Message, "scoped to a valid region") {
			return &RegionError{Region: c.region, Reason: "AWS answered that it is not a valid Region", Err: err}
		}
		c.advise(e)
	default:
		if region := c.failTransport(e, err, answer); region != nil {
			return region
		}
		var cert *tls.CertificateVerificationError
		e.unsure = slices.Contains([]string{CodeTimeout, CodeUnreadable, CodeUnreachable}, e.Code) && neverSent(err) == sdk.UnknownTernary && !errors.As(err, &cert)
	}
	e.unsure = (e.unsure || e.HTTPStatus >= 500 || e.Code == CodeUnreadable) && !e.Throttled()
	return e
}

// advise sets the next step for an answer of AWS.
func (c *Client) advise(e *Error) {
	switch {
	case slices.Contains(expired, e.Code):
		e.hint = c.source().renew()
		e.fixed, e.command = c.source().fixed, c.source().command
		if e.Code == "RequestExpired" {
			e.hint += " If the credentials are new, correct the clock of this computer."
		}
	case slices.Contains(invalid, e.Code):
		e.fixed, e.command = c.source().fixed, c.source().command
		e.hint = "AWS does not know these credentials. " + signInMethods
		if c.source().kind != "" {
			e.hint = "AWS does not know these credentials. " + c.source().renew()
		}
		if !slices.Contains(alwaysOn, c.region) {
			e.hint += " The credentials may also be valid, but the Region " + c.region + " is not enabled for the account: " + enableRegion
		}
	case slices.Contains(signing, e.Code):
		e.hint = "Check that the clock of this computer is correct and that the secret access key belongs to the access key."
		if c.source().kind == fromKeys {
			e.hint += " The credentials are from " + c.source().what + "."
		}
	case slices.Contains(off, e.Code):
		e.hint = "The Region " + c.region + " is not enabled for this account, or the account is not ready yet. " + enableRegion
	case e.Denied():
		e.hint = "Ask the administrator of the account for the permission " + e.Op + "."
	case e.Throttled():
		e.hint = "AWS limits the rate of API calls: wait a minute and try again."
	case e.Code == "InvalidVpcID.NotFound" || e.Code == "InvalidVpcId.NotFound":
		e.hint = "Check the id, the Region (" + c.region + ") and the account."
	case nextSteps[e.Code] != "":
		e.hint = nextSteps[e.Code]
	case e.HTTPStatus == 501:
		e.hint = "The configured endpoint does not support this operation, but AWS does. Check AWS_ENDPOINT_URL."
	case e.HTTPStatus >= 500:
		e.hint = "The failure is on the side of AWS: try again later. https://health.aws.amazon.com shows outages."
	}
}

// failStatus completes the error if the answer has a status but no error code of AWS.
func (c *Client) failStatus(e *Error, answer *answerError) {
	e.Message = fmt.Sprintf("the server at %s did not answer like AWS: %s, without an error code of AWS", answer.server, answer.got)
	switch {
	case e.Throttled():
		c.advise(e)
	case e.HTTPStatus >= 500:
		e.Code, e.hint = "", "If the server is AWS, try again later; https://health.aws.amazon.com shows outages. "+checkAddress
	default:
		e.Code, e.hint = CodeUnreadable, checkAddress
	}
}

// failTransport completes the error of a call without an answer, or with an answer that cannot be
// read. It returns an error only if the Region is the cause.
func (c *Client) failTransport(e *Error, err error, answer *answerError) *RegionError {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	var addr *net.OpError
	var unknown *x509.UnknownAuthorityError
	var cert *x509.CertificateInvalidError
	var hostname *x509.HostnameError
	var record tls.RecordHeaderError
	var params *smithy.InvalidParamsError
	var serial *smithy.SerializationError
	var send *smithyhttp.RequestSendError
	host := answer.server
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		if ok, _ := known(c.region); !ok && !c.override && strings.Contains(dns.Name, c.region) {
			return &RegionError{Region: c.region, Reason: "the host " + dns.Name + " does not exist; either the Region does not exist, or it is not reachable from here", Err: err}
		}
		e.Code, e.Message = CodeUnreachable, "the host "+dns.Name+" does not exist"
		e.hint = "Check the network, DNS, VPN and proxy of this computer, and AWS_ENDPOINT_URL if it is set."
	case errors.As(err, &unknown), errors.As(err, &cert), errors.As(err, &hostname):
		e.Code, e.Message = CodeUnreachable, "the certificate of "+host+" is not trusted: "+brief(root(err).Error())
		e.hint = "If a proxy inspects traffic, set AWS_CA_BUNDLE to the file with its certificates."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Code, e.Message = CodeTimeout, host+" did not answer in time"
		if answer.got != "" {
			e.Message = "the answer of " + host + " did not end in time (" + answer.got + ")"
		}
		e.hint = "Check the network, VPN and proxy of this computer, and AWS_ENDPOINT_URL if it is set; then try again."
	case errors.As(err, &addr) && addr.Op == "dial":
		e.Code, e.Message = CodeUnreachable, "no answer from "+host+": "+brief(root(err).Error())
		e.hint = "Check the network, VPN and proxy of this computer, and AWS_ENDPOINT_URL if it is set."
	case errors.As(err, &record), strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		e.Code, e.Message = CodeUnreadable, "the server at "+host+" did not answer like AWS: it does not use "+strings.ToUpper(scheme(host))
		e.hint = checkAddress
	case e.HTTPStatus >= 300: // not every protocol of the SDK marks an answer that it cannot read
		c.failStatus(e, answer)
	case answer.got != "":
		e.Code, e.Message = CodeUnreadable, "the answer of "+host+" ended early ("+answer.got+")"
		e.hint = "Try again; if it happens again: " + checkAddress
	case errors.As(err, &params), errors.As(err, &serial):
		e.Code, e.Message = CodeRequest, "the request is incomplete: "+brief(root(err).Error())
	case errors.As(err, &send):
		e.Code, e.Message = CodeUnreachable, "the connection to "+host+" broke: "+brief(root(send).Error())
		e.hint = "Try again; check the network, VPN and proxy of this computer if it happens again."
	default:
		e.Code, e.Message = CodeRequest, brief(err.Error())
	}
	return nil
}

// settingsError converts an error of the AWS configuration. The profile is that of the flag.
func settingsError(profile string, err error) error {
	profile = cmp.Or(profile, os.Getenv("AWS_PROFILE"), os.Getenv("AWS_DEFAULT_PROFILE"), "default")
	flag := "--profile " + shellWord(profile)
	e := &Error{Op: "open", Code: CodeNoProfile, Message: fmt.Sprintf("cannot use the profile %q: %s", profile, brief(err.Error())), Err: err, hint: "Correct it in ~/.aws/config or ~/.aws/credentials."}
	var missing config.SharedConfigProfileNotExistError
	var chain config.SharedConfigAssumeRoleError
	var noRole config.CredentialRequiresARNError
	var load config.SharedConfigLoadError
	var mfa config.AssumeRoleTokenProviderNotSetError
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &chain) && errors.As(chain.Err, &missing):
		e.Message = fmt.Sprintf("cannot use the profile %q: its source_profile %q does not exist", profile, chain.Profile)
		e.hint = "Correct source_profile; `aws configure list-profiles` lists the existing profiles."
	case errors.As(err, &chain):
		e.Message = fmt.Sprintf("cannot use the profile %q: its source_profile %q contains no source of credentials that the AWS SDK can use here", profile, chain.Profile)
		e.hint = fmt.Sprintf("Add one to profile %q. If it has login_session, the AWS SDK cannot use it as source_profile: run `eval \"$(aws configure export-credentials %s --format env)\"`, then try again without the profile.", chain.Profile, flag)
	case errors.As(err, &missing):
		e.Message = fmt.Sprintf("profile %q does not exist in the AWS configuration", cmp.Or(missing.Profile, profile))
		e.hint = "`aws configure list-profiles` lists the existing profiles; `aws configure sso` creates one."
		if near := nearestProfile(cmp.Or(missing.Profile, profile)); near != "" {
			e.hint = fmt.Sprintf("Did you mean %q? ", near) + e.hint
		}
	case errors.As(err, &noRole):
		e.Message = fmt.Sprintf("cannot use the profile %q: profile %q has %s but no role_arn", profile, noRole.Profile, noRole.Type)
	case errors.As(err, &mfa):
		e.Code, e.credentials = CodeNoCredentials, true
		e.Message = fmt.Sprintf("the profile %q needs an MFA code to assume its role, and this command cannot ask for one", profile)
		e.hint = "Run `eval \"$(aws configure export-credentials " + flag + " --format env)\"`, then try again without the profile."
	case strings.Contains(err.Error(), "SSO session section"):
		e.Message = fmt.Sprintf("cannot use the profile %q: the section of its sso_session does not exist in the AWS configuration", profile)
		e.hint = "Add it with `aws configure sso " + flag + "`."
	case strings.Contains(err.Error(), "configured to use SSO"):
		e.hint = "Complete it with `aws configure sso " + flag + "`."
	case strings.Contains(err.Error(), "partial credentials"):
		e.Message = fmt.Sprintf("cannot use the profile %q: it, or its source_profile, has only one of aws_access_key_id and aws_secret_access_key", profile)
		e.hint = "Set both with `aws configure`."
	case strings.Contains(err.Error(), "EcsContainer was specified"):
		e.Message = fmt.Sprintf("cannot use the profile %q: credential_source is EcsContainer, but neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set", profile)
		e.hint = "Run the wizard in the container, or choose another profile."
	case strings.Contains(err.Error(), "credentials host"), strings.Contains(err.Error(), "endpoint host"), strings.Contains(err.Error(), "local HTTP cred"), strings.Contains(err.Error(), "invalid URL"):
		e.Code, e.credentials = CodeNoCredentials, true
		e.Message = "AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https address, or an http address of this computer, Amazon ECS or Amazon EKS"
		e.hint = "Correct it, or unset it to use another source of credentials."
	case strings.Contains(err.Error(), "role ARN is not set"):
		e.Code, e.credentials = CodeNoCredentials, true
		e.Message = "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN"
		e.hint = "Set both, or unset it to use another source of credentials."
	case errors.As(err, &pathErr):
		e.Message, e.hint = "cannot read the AWS configuration: "+pathErr.Error(), "Check ~/.aws/config and ~/.aws/credentials."
	case errors.As(err, &load):
		e.Message, e.hint = "cannot read the AWS configuration: "+brief(load.Error()), "Check ~/.aws/config and ~/.aws/credentials."
	}
	return e
}

// scheme returns the scheme of a server's address.
func scheme(server string) string {
	s, _, _ := strings.Cut(server, "://")
	return s
}

// root returns the innermost error, which contains the cause. Of joined errors it uses the first:
// the SDK adds why it does not try again.
func root(err error) error {
	for {
		next := errors.Unwrap(err)
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			next = joined.Unwrap()[0]
		}
		if next == nil {
			return err
		}
		err = next
	}
}

// brief reduces a message to one line, without the encoded text that only an administrator can
// decode.
func brief(s string) string {
	if before, _, found := strings.Cut(s, "Encoded authorization failure message"); found {
		s = before
	}
	return excerpt(s, 500)
}

// prefix returns a service's name as in IAM actions and inventory.Calls.
func prefix(serviceID string) string {
	return strings.ToLower(strings.ReplaceAll(serviceID, " ", ""))
}

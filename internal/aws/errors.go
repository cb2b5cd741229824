package aws

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
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
)

// own lists the codes above.
var own = []string{CodeNoRegion, CodeNoProfile, CodeNoCredentials, CodeUnreachable, CodeTimeout, CodeUnreadable, CodeRequest, CodeCancelled}

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
}

func (e *Error) Error() string {
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
	default:
		fmt.Fprintf(&b, "AWS answered with status %d", e.HTTPStatus)
		if e.Message != "" {
			b.WriteString(": " + e.Message)
		}
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
	if e.hint != "" {
		if !strings.HasSuffix(b.String(), ".") {
			b.WriteString(".")
		}
		b.WriteString(" " + e.hint)
	}
	return b.String()
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
func (e *Error) Denied() bool { return !e.credentials && slices.Contains(denials, e.Code) }

// NoCredentials reports whether no valid credentials exist: none were found, they have expired,
// or AWS does not know them.
func (e *Error) NoCredentials() bool {
	return e.credentials || e.Code == CodeNoCredentials || slices.Contains(expired, e.Code) || slices.Contains(invalid, e.Code)
}

// NotFound reports whether AWS answered that the resource does not exist or that its id is
// malformed.
func (e *Error) NotFound() bool {
	return strings.HasSuffix(e.Code, ".NotFound") || strings.HasSuffix(e.Code, ".Malformed") || e.Code == "NatGatewayNotFound" || strings.HasSuffix(e.Code, "NotFoundException") ||
		e.Code == "NoSuchEntity" || // IAM
		e.Code == "MISSING" // Amazon ECS, in lists of failures
}

var (
	denials = []string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess", "NotAuthorized", "AuthorizationError"}
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
	switch {
	case errors.Is(err, context.Canceled):
		e.Code, e.Message, e.attempts = CodeCancelled, "cancelled", 0
	case errors.Is(err, errEndless):
		e.Code, e.Message = CodeUnreadable, errEndless.Error()
	case errors.As(err, &cred):
		c.failCredentials(e, cred.err)
	case errors.As(err, &api):
		e.Code, e.Message = api.ErrorCode(), brief(api.ErrorMessage())
		if e.Code == "UnknownError" {
			// The SDK uses this text if an answer has no code.
			e.Code, e.Message = "", strings.TrimPrefix(e.Message, "UnknownError")
		}
		if strings.Contains(e.Message, "scoped to a valid region") {
			return &RegionError{Region: c.region, Reason: "AWS answered that it is not a valid Region", Err: err}
		}
		c.advise(e)
	default:
		if region := c.failTransport(e, err); region != nil {
			return region
		}
	}
	return e
}

// failCredentials completes the error if no credentials could be obtained.
func (c *Client) failCredentials(e *Error, err error) {
	e.credentials = true
	e.HTTPStatus, e.RequestID, e.attempts = 0, "", 0
	e.Code = CodeNoCredentials
	var sso *ssocreds.InvalidTokenError
	var process *processcreds.ProviderError
	var op *smithy.OperationError
	var api smithy.APIError
	asked := ""
	// The innermost operation is the one that failed.
	for next := err; errors.As(next, &op); next = op.Err {
		asked = prefix(op.ServiceID) + ":" + op.OperationName
	}
	switch {
	case errors.As(err, &sso):
		e.Message, e.hint = "the SSO session has expired or was never started", "Run `aws sso login` with the same profile; then try again."
	case errors.As(err, &process):
		e.Message, e.hint = "the credential_process of the profile failed: "+brief(process.Error()), "Run the command in a terminal to see the reason; then try again."
	case errors.As(err, &api) && strings.HasPrefix(asked, "sts:"):
		e.Message = fmt.Sprintf("no credentials: %s answered %s: %s", asked, api.ErrorCode(), brief(api.ErrorMessage()))
		e.hint = "Check the role and the source of the profile, and your permission to assume the role; then try again."
		if slices.Contains(expired, api.ErrorCode()) {
			e.hint = signInAgain
		}
	case errors.As(err, &api) && asked != "" && !strings.HasPrefix(asked, "ec2imds:"):
		e.Message = fmt.Sprintf("no credentials: %s answered %s: %s", asked, api.ErrorCode(), brief(api.ErrorMessage()))
		e.hint = signInAgain
	case asked != "" && !strings.HasPrefix(asked, "ec2imds:"):
		e.Message, e.hint = "no credentials: "+asked+" did not answer: "+brief(root(err).Error()), "Check the network, then sign in again with `aws sso login`."
	default:
		e.Message, e.hint = "no AWS credentials were found", signInMethods
	}
}

// advise sets the next step for an answer of AWS.
func (c *Client) advise(e *Error) {
	switch {
	case slices.Contains(expired, e.Code):
		e.hint = signInAgain
		if e.Code == "RequestExpired" {
			e.hint += " If the credentials are new, correct the clock of this computer."
		}
	case slices.Contains(invalid, e.Code):
		e.hint = "AWS does not know these credentials. " + signInMethods
		if !slices.Contains(alwaysOn, c.region) {
			e.hint += " The credentials may also be valid, but the Region " + c.region + " is not enabled for the account: " + enableRegion
		}
	case slices.Contains(signing, e.Code):
		e.hint = "Check that the clock of this computer is correct and that AWS_SECRET_ACCESS_KEY belongs to the access key."
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

// failTransport completes the error of a call without an answer, or with an answer that cannot be
// read. It returns an error only if the Region is the cause.
func (c *Client) failTransport(e *Error, err error) *RegionError {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	var addr *net.OpError
	var tls *x509.UnknownAuthorityError
	var cert *x509.CertificateInvalidError
	var hostname *x509.HostnameError
	var unread *smithy.DeserializationError
	var params *smithy.InvalidParamsError
	var serial *smithy.SerializationError
	var send *smithyhttp.RequestSendError
	host := hostOf(err)
	// Not every protocol of the SDK marks an error answer that it cannot read.
	answered := errors.As(err, &unread) || e.HTTPStatus >= 300
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		if ok, _ := known(c.region); !ok && !c.override && strings.Contains(dns.Name, c.region) {
			return &RegionError{Region: c.region, Reason: "the host " + dns.Name + " does not exist; either the Region does not exist, or it is not reachable from here", Err: err}
		}
		e.Code, e.Message = CodeUnreachable, "the host "+dns.Name+" does not exist"
		e.hint = "Check the network, DNS, VPN and proxy of this computer, and AWS_ENDPOINT_URL if it is set."
	case errors.As(err, &tls), errors.As(err, &cert), errors.As(err, &hostname):
		e.Code, e.Message = CodeUnreachable, "the certificate of "+host+" is not trusted: "+brief(root(err).Error())
		e.hint = "If a proxy inspects traffic, set AWS_CA_BUNDLE to the file with its certificates."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Code, e.Message = CodeTimeout, host+" did not answer in time"
		e.hint = "Check the network, VPN and proxy of this computer; then try again."
	case errors.As(err, &addr) && addr.Op == "dial":
		e.Code, e.Message = CodeUnreachable, "no answer from "+host+": "+brief(root(err).Error())
		e.hint = "Check the network, VPN and proxy of this computer, and AWS_ENDPOINT_URL if it is set."
	case answered && e.HTTPStatus >= 500:
		c.advise(e)
	case answered:
		e.Code, e.Message = CodeUnreadable, "cannot read the answer: "+brief(root(err).Error())
		e.hint = "The answer may not be from AWS: check the proxy, and AWS_ENDPOINT_URL if it is set."
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

// settingsError converts an error of the AWS configuration.
func settingsError(profile string, err error) error {
	e := &Error{Op: "open", Code: CodeNoProfile, Message: brief(err.Error()), Err: err, hint: "Check ~/.aws/config and ~/.aws/credentials."}
	var missing config.SharedConfigProfileNotExistError
	var load config.SharedConfigLoadError
	var mfa config.AssumeRoleTokenProviderNotSetError
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &missing):
		e.Message = fmt.Sprintf("profile %q does not exist in the AWS configuration", cmp.Or(profile, missing.Profile))
		e.hint = "`aws configure list-profiles` lists the existing profiles; `aws configure sso` creates one."
	case errors.As(err, &mfa):
		e.Code, e.credentials = CodeNoCredentials, true
		e.Message = "the profile needs an MFA code to assume its role, and this program cannot ask for one"
		e.hint = "Run `eval \"$(aws configure export-credentials --format env)\"` with that profile, then try again without it."
	case errors.As(err, &pathErr):
		e.Message = "cannot read the AWS configuration: " + pathErr.Error()
	case errors.As(err, &load):
		e.Message = "cannot read the AWS configuration: " + brief(load.Error())
	}
	return e
}

// hostOf returns the host of the request, if the error contains it.
func hostOf(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if parsed, perr := url.Parse(u.URL); perr == nil && parsed.Host != "" {
			return parsed.Host
		}
	}
	return "AWS"
}

// root returns the innermost error, which contains the cause.
func root(err error) error {
	for {
		next := errors.Unwrap(err)
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
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 500 {
		s = string(r[:500]) + "…"
	}
	return s
}

// prefix returns a service's name as in IAM actions and inventory.Calls.
func prefix(serviceID string) string {
	return strings.ToLower(strings.ReplaceAll(serviceID, " ", ""))
}

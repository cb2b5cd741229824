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

// Codes of failures that are not AWS's own answers.
const (
	CodeNoRegion      = "NoRegion"
	CodeNoProfile     = "NoProfile"
	CodeNoCredentials = "NoCredentials"
	CodeUnreachable   = "Unreachable"
	CodeTimeout       = "Timeout"
	CodeUnreadable    = "Unreadable" // an answer that is not what AWS sends
	CodeRequest       = "BadRequest" // a request that cannot be sent
	CodeCancelled     = "Cancelled"
)

// own are the codes above.
var own = []string{CodeNoRegion, CodeNoProfile, CodeNoCredentials, CodeUnreachable, CodeTimeout, CodeUnreadable, CodeRequest, CodeCancelled}

// Error is a call that failed, in words: what was tried, what AWS answered, and
// what to do next.
type Error struct {
	Op         string // "ec2:DescribeVpcs"
	Code       string // AWS's, or one of the Code constants
	Message    string
	RequestID  string
	HTTPStatus int // 0 if there was no answer
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

// ErrorCode is the code of the failure, by which callers tell answers apart.
func (e *Error) ErrorCode() string { return e.Code }

// Hint says what to do next; empty if there is nothing to say.
func (e *Error) Hint() string { return e.hint }

// Throttled tells whether AWS asks to slow down; the call may be tried again.
func (e *Error) Throttled() bool {
	_, yes := retry.DefaultThrottleErrorCodes[e.Code]
	return yes || e.HTTPStatus == 429
}

// Denied tells whether the caller lacks the permission for the call.
func (e *Error) Denied() bool { return !e.credentials && slices.Contains(denials, e.Code) }

// NoCredentials tells whether there are no credentials that AWS accepts: none
// were found, or they have expired, or AWS does not know them.
func (e *Error) NoCredentials() bool {
	return e.credentials || e.Code == CodeNoCredentials || slices.Contains(expired, e.Code) || slices.Contains(invalid, e.Code)
}

// NotFound tells whether AWS answered that what an id names does not exist, or
// that it can be no id.
func (e *Error) NotFound() bool {
	return strings.HasSuffix(e.Code, ".NotFound") || strings.HasSuffix(e.Code, ".Malformed") || e.Code == "NatGatewayNotFound" || strings.HasSuffix(e.Code, "NotFoundException") ||
		e.Code == "NoSuchEntity" || // of IAM
		e.Code == "MISSING" // what Amazon ECS says in lists of failures
}

var (
	denials = []string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess", "NotAuthorized", "AuthorizationError"}
	expired = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
	invalid = []string{"InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken", "MissingAuthenticationToken", "MissingAuthenticationTokenException"}
	signing = []string{"SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed", "IncompleteSignature"}
	off     = []string{"OptInRequired", "RegionDisabledException", "PendingVerification"}
)

// What to do next.
const (
	waysToSignIn = "Sign in with `aws sso login`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`; then try again."
	signInAgain  = "Sign in again with `aws sso login`, or get new temporary credentials; then try again."
	enableRegion = "Enable the Region under Account > AWS Regions in the AWS console, or choose another one with --region."
)

// nextSteps says what to do about answers of Run Command and Amazon ECS, by code.
var nextSteps = map[string]string{
	"InvalidInstanceId": "The instance is not in a state that Run Command can use: it must run, its SSM Agent must be Online in " +
		"`aws ssm describe-instance-information`, and the instance profile must allow what AmazonSSMManagedInstanceCore does. In a closed VPC the SSM Agent needs " +
		"the endpoints ssm and ssmmessages (ec2messages too if it is an old one).",
	"InvocationDoesNotExist":     "Right after a command is sent, Systems Manager may not know it yet: try again in a few seconds. If it stays so, check the command id and the instance id.",
	"InvalidCommandId":           "Check the command id, the Region and the account. Systems Manager forgets commands after 30 days.",
	"InvalidDocument":            "Check the name of the document and the Region; `aws ssm list-documents --filters Key=Owner,Values=Amazon` lists those of AWS.",
	"InvalidParameters":          "`aws ssm describe-document` tells which parameters the document has.",
	"UnsupportedPlatformType":    "The document does not fit the operating system of the instance: Linux takes AWS-RunShellScript, Windows AWS-RunPowerShellScript.",
	"NoUpdateAvailableException": "The agent is the newest one already, or so old that it cannot update itself: compare its version, and in the latter case launch instances from a current ECS-optimized AMI.",
	"UpdateInProgressException": "An update of this agent is under way: wait until `aws ecs describe-container-instances` shows agentUpdateStatus UPDATED. If the agent is " +
		"disconnected, the update goes on when it is back.",
	"MissingVersionException": "The agent does not tell its version, so Amazon ECS cannot update it: update the package ecs-init on the instance, or launch instances from a current ECS-optimized AMI.",
}

// fail turns what the SDK reports about a call into an *Error, or a *RegionError
// where the Region is to blame. nil stays nil.
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
			// What the SDK says when an answer has no code of its own.
			e.Code, e.Message = "", strings.TrimPrefix(e.Message, "UnknownError")
		}
		if strings.Contains(e.Message, "scoped to a valid region") {
			return &RegionError{Region: c.region, Reason: "AWS answers that it is no valid Region", Err: err}
		}
		c.advise(e)
	default:
		if region := c.failTransport(e, err); region != nil {
			return region
		}
	}
	return e
}

// failCredentials is for credentials that could not be had at all.
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
		e.Message, e.hint = "the credential_process of the profile failed: "+brief(process.Error()), "Run the command by hand to see why; then try again."
	case errors.As(err, &api) && strings.HasPrefix(asked, "sts:"):
		e.Message = fmt.Sprintf("no credentials: %s answered %s: %s", asked, api.ErrorCode(), brief(api.ErrorMessage()))
		e.hint = "Check the role and the source of the profile, and that you may assume the role; then try again."
		if slices.Contains(expired, api.ErrorCode()) {
			e.hint = signInAgain
		}
	case errors.As(err, &api) && asked != "" && !strings.HasPrefix(asked, "ec2imds:"):
		e.Message = fmt.Sprintf("no credentials: %s answered %s: %s", asked, api.ErrorCode(), brief(api.ErrorMessage()))
		e.hint = signInAgain
	case asked != "" && !strings.HasPrefix(asked, "ec2imds:"):
		e.Message, e.hint = "no credentials: "+asked+" could not be asked: "+brief(root(err).Error()), "Check the network, then sign in again with `aws sso login`."
	default:
		e.Message, e.hint = "no AWS credentials were found", waysToSignIn
	}
}

// advise says what to do about an answer of AWS.
func (c *Client) advise(e *Error) {
	switch {
	case slices.Contains(expired, e.Code):
		e.hint = signInAgain
		if e.Code == "RequestExpired" {
			e.hint += " If the credentials are fresh, the clock of this computer is wrong: set it."
		}
	case slices.Contains(invalid, e.Code):
		e.hint = "AWS does not know these credentials. " + waysToSignIn
		if !slices.Contains(alwaysOn, c.region) {
			e.hint += " They may also be good and the Region " + c.region + " not be enabled for the account: " + enableRegion
		}
	case slices.Contains(signing, e.Code):
		e.hint = "Check that the clock of this computer is right and that AWS_SECRET_ACCESS_KEY belongs to the access key."
	case slices.Contains(off, e.Code):
		e.hint = "The Region " + c.region + " is not enabled for this account, or the account is not ready yet. " + enableRegion
	case e.Denied():
		e.hint = "Ask the administrator of the account for the permission " + e.Op + "."
	case e.Throttled():
		e.hint = "AWS limits how often it may be asked: wait a minute and try again."
	case e.Code == "InvalidVpcID.NotFound" || e.Code == "InvalidVpcId.NotFound":
		e.hint = "Check the id, the Region (" + c.region + ") and the account."
	case nextSteps[e.Code] != "":
		e.hint = nextSteps[e.Code]
	case e.HTTPStatus == 501:
		e.hint = "The endpoint in use does not offer this operation; AWS itself does. Check AWS_ENDPOINT_URL."
	case e.HTTPStatus >= 500:
		e.hint = "The fault is with AWS: try again in a while; https://health.aws.amazon.com tells of outages."
	}
}

// failTransport is for calls that got no answer, or none that can be read. It
// returns an error only if the Region is to blame.
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
	// Not every protocol of the SDK marks what it cannot read of a refusal.
	answered := errors.As(err, &unread) || e.HTTPStatus >= 300
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		if ok, _ := known(c.region); !ok && !c.override && strings.Contains(dns.Name, c.region) {
			return &RegionError{Region: c.region, Reason: "there is no host " + dns.Name + ", so the Region may not exist, or not be reachable from here", Err: err}
		}
		e.Code, e.Message = CodeUnreachable, "there is no host "+dns.Name
		e.hint = "Check the network, DNS, VPN and proxy of this computer, and AWS_ENDPOINT_URL if it is set."
	case errors.As(err, &tls), errors.As(err, &cert), errors.As(err, &hostname):
		e.Code, e.Message = CodeUnreachable, "the certificate of "+host+" is not trusted: "+brief(root(err).Error())
		e.hint = "Where a proxy inspects traffic, name its certificates in AWS_CA_BUNDLE."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Code, e.Message = CodeTimeout, host+" did not answer in time"
		e.hint = "Check the network, VPN and proxy of this computer; then try again."
	case errors.As(err, &addr) && addr.Op == "dial":
		e.Code, e.Message = CodeUnreachable, "nothing answers at "+host+": "+brief(root(err).Error())
		e.hint = "Check the network, VPN and proxy of this computer, and AWS_ENDPOINT_URL if it is set."
	case answered && e.HTTPStatus >= 500:
		c.advise(e)
	case answered:
		e.Code, e.Message = CodeUnreadable, "the answer cannot be read: "+brief(root(err).Error())
		e.hint = "Something other than AWS may have answered: check the proxy, and AWS_ENDPOINT_URL if it is set."
	case errors.As(err, &params), errors.As(err, &serial):
		e.Code, e.Message = CodeRequest, "the request is not complete: "+brief(root(err).Error())
	case errors.As(err, &send):
		e.Code, e.Message = CodeUnreachable, "the connection to "+host+" broke: "+brief(root(send).Error())
		e.hint = "Try again; check the network, VPN and proxy of this computer if it happens again."
	default:
		e.Code, e.Message = CodeRequest, brief(err.Error())
	}
	return nil
}

// settingsError is for a configuration that cannot be used.
func settingsError(profile string, err error) error {
	e := &Error{Op: "open", Code: CodeNoProfile, Message: brief(err.Error()), Err: err, hint: "Check ~/.aws/config and ~/.aws/credentials."}
	var missing config.SharedConfigProfileNotExistError
	var load config.SharedConfigLoadError
	var mfa config.AssumeRoleTokenProviderNotSetError
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &missing):
		e.Message = fmt.Sprintf("there is no profile %q in the AWS configuration", cmp.Or(profile, missing.Profile))
		e.hint = "`aws configure list-profiles` lists those that exist; `aws configure sso` makes one."
	case errors.As(err, &mfa):
		e.Code, e.credentials = CodeNoCredentials, true
		e.Message = "the profile needs an MFA code to assume its role, and this program cannot ask for one"
		e.hint = "Run `eval \"$(aws configure export-credentials --format env)\"` with that profile, then try again without it."
	case errors.As(err, &pathErr):
		e.Message = "the AWS configuration cannot be read: " + pathErr.Error()
	case errors.As(err, &load):
		e.Message = "the AWS configuration cannot be read: " + brief(load.Error())
	}
	return e
}

// hostOf is the host that a request was meant for, as far as the error says.
func hostOf(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if parsed, perr := url.Parse(u.URL); perr == nil && parsed.Host != "" {
			return parsed.Host
		}
	}
	return "AWS"
}

// root is the innermost error, which names the cause.
func root(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// brief keeps a message to what a person can use: one line, without the encoded
// text that only an administrator can decode.
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

// prefix is a service's name as in IAM actions and inventory.Calls.
func prefix(serviceID string) string {
	return strings.ToLower(strings.ReplaceAll(serviceID, " ", ""))
}

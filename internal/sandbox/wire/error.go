package wire

import (
	"fmt"
	"net/http"
)

// Error is an error of AWS: its code, and a message close to AWS's.
type Error struct {
	Code    string
	Message string
}

// Fail returns an error with a formatted message.
func Fail(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// commonCodes are the codes of errors that every service has. Their spelling depends on the
// protocol.
var commonCodes = map[Protocol]struct{ unsigned, region, denied string }{
	EC2Query: {"MissingAuthenticationToken", "AuthFailure", "UnauthorizedOperation"},
	AWSQuery: {"MissingAuthenticationToken", "SignatureDoesNotMatch", "AccessDenied"},
	RESTXML:  {"MissingAuthenticationToken", "SignatureDoesNotMatch", "AccessDenied"},
	AWSJSON:  {"MissingAuthenticationTokenException", "InvalidSignatureException", "AccessDeniedException"},
	RESTJSON: {"MissingAuthenticationTokenException", "InvalidSignatureException", "AccessDeniedException"},
}

// Unsigned returns the error for a request without a signature.
func (c *Call) Unsigned() *Error {
	return Fail(commonCodes[c.wire.Protocol].unsigned, "Request is missing Authentication Token")
}

// NoSuchRegion returns the error for a Region that AWS does not have. A real client would not
// find a host. The message is that of a Region that receives a scope of another one.
func (c *Call) NoSuchRegion() *Error {
	return Fail(commonCodes[c.wire.Protocol].region, "Credential should be scoped to a valid region, not '%s'.", c.Region)
}

// Denied returns the error for an operation that caller has no permission for, or an error with
// another code.
func (c *Call) Denied(caller, code string) *Error {
	action := c.Service + ":" + c.Operation
	denied := commonCodes[c.wire.Protocol].denied
	if code != "" && code != denied {
		return Fail(code, "The sandbox is set to return this error for %s.", action)
	}
	message := "User: " + caller + " is not authorized to perform: " + action + " because no identity-based policy allows the " + action + " action"
	if c.wire.Protocol == EC2Query {
		message = "You are not authorized to perform this operation. " + message
	}
	return Fail(denied, "%s", message)
}

// status returns the HTTP status that AWS sends with the code. Services with the JSON protocol
// use 400 for all their errors.
func (e *Error) status(p Protocol) int {
	switch e.Code {
	case "NotImplemented":
		return http.StatusNotImplemented
	case "InternalError", "InternalFailure", "ServerException":
		return http.StatusInternalServerError
	case "RequestLimitExceeded", "Unavailable", "ServiceUnavailable", "ServiceUnavailableException":
		return http.StatusServiceUnavailable
	}
	if p == AWSJSON {
		return http.StatusBadRequest
	}
	switch e.Code {
	case "DryRunOperation":
		return http.StatusPreconditionFailed
	case "AuthFailure":
		return http.StatusUnauthorized
	case "UnauthorizedOperation", "MissingAuthenticationToken", "SignatureDoesNotMatch", "AccessDenied", "AccessDeniedException",
		"MissingAuthenticationTokenException", "InvalidSignatureException":
		return http.StatusForbidden
	case "NoSuchEntity", "ResourceNotFoundException", "NoSuchHostedZone", "NoSuchChange":
		return http.StatusNotFound
	case "EntityAlreadyExists", "DeleteConflict", "LimitExceeded":
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

package aws

import (
	"maps"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

// traits are what this program knows about a service beside its client and its operations.
type traits struct {
	command string      // the name of the service in the AWS CLI
	names   shape.Names // the spelling of field names in the AWS CLI

	// xml is true if answers are XML with a root element of the name of the operation and "Response"
	// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-responses), and
	// false if they are a JSON object (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
	xml bool

	// private is true for a service with secrets in requests or answers. Its answers are not shown,
	// because a wrong server may return the request.
	private bool

	// required are the fields that AWS always returns, by operation, for operations with an effect
	// that must be known and for those that read one resource. In a list every item must have the
	// field, and the list must not be empty. "|" separates alternatives.
	//
	// The sources are the response syntax and elements of each operation in the API references of the
	// services, such as https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html.
	required map[string][]string
}

// traitsByID are the traits of services by the SDK's id. Those of the services that only the SDK's
// package config calls are here, and register adds the others. The answers of any other service, such
// as the instance metadata service, are not checked.
var traitsByID = map[string]traits{
	"SSO":      {private: true, required: map[string][]string{"GetRoleCredentials": {"RoleCredentials.AccessKeyId"}}},
	"SSO OIDC": {private: true, required: map[string][]string{"CreateToken": {"AccessToken"}}},
	"Signin":   {private: true},
}

// operations are operations by name: "CreateVpcEndpoint", or "ec2.CreateVpcEndpoint" for those of
// several services.
type operations map[string]operation

// api is the API of a service.
type api struct {
	traits
	client func(sdk.Config) any
}

// apis are the APIs by the name of the service in the AWS CLI. Each is registered in a file api_….go, or
// in the file that reads from it if it has no operations.
var apis = map[string]api{}

// register adds an API to apis and returns the function that returns its client for reads.
func register[C, O any](name, id string, client func(sdk.Config, ...func(*O)) *C, t traits, options ...func(*O)) func(*Client) *C {
	t.command = name
	traitsByID[id] = t
	apis[name] = api{t, func(cfg sdk.Config) any { return client(cfg, options...) }}
	return func(c *Client) *C { return typed[C](c.clients[name]) }
}

func typed[C any](client any) *C {
	c, _ := client.(*C)
	return c
}

// operators return the operations of a service with its clients.
var operators []func(reads, writes clients) operations

// operate adds operations of a service to those of Call. A service can have them in several files. The
// clients differ in their retries: reads is for calls that change nothing, writes for all others.
func operate[C any](service string, list func(reads, writes *C) operations) int {
	operators = append(operators, func(reads, writes clients) operations {
		out := operations{}
		for op, o := range list(typed[C](reads[service]), typed[C](writes[service])) {
			out[service+"."+op] = o
		}
		return out
	})
	return len(operators)
}

// clients are the SDK's clients of one account, by the name of the service in the AWS CLI.
type clients map[string]any

// newClients creates clients with retries. Each client gets its own retryer, so that throttling
// by one service does not slow down the others.
func newClients(cfg sdk.Config, retryer func() sdk.Retryer) clients {
	cfg.Retryer = retryer
	out := clients{}
	for name, a := range apis {
		out[name] = a.client(cfg)
	}
	return out
}

// allOperations returns the operations of Call.
func allOperations(reads, writes clients) operations {
	out := operations{}
	for _, list := range operators {
		maps.Copy(out, list(reads, writes))
	}
	return out
}

// NewRequest returns a pointer to an empty request of a supported operation, which shows the
// possible fields. It returns nil for any other operation.
func NewRequest(service, op string) any {
	o, ok := allOperations(nil, nil)[service+"."+op]
	if !ok {
		return nil
	}
	return o.request()
}

// FieldNames returns the spelling of a service's field names in the AWS CLI.
func FieldNames(service string) shape.Names { return apis[service].names }

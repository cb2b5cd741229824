// Package wire implements the protocols of AWS's API for a server: it reads requests, runs the
// operation that a request names and writes its answer or error. It contains no service.
package wire

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// Protocol is one of the protocols of AWS's API.
type Protocol int

// The protocols. AWSQuery is the Query protocol as all services except EC2 use it.
const (
	EC2Query Protocol = iota
	AWSQuery
	AWSJSON
	RESTXML
	RESTJSON
)

// Service describes how a service is called.
type Service struct {
	Protocol  Protocol
	Namespace string // of answers in XML, except those of EC2

	// Route returns the operation of a request to a REST service and the resource name in its
	// path; "" for an unknown path.
	Route func(method, path string) (operation, name string)
}

// Call is a parsed AWS request.
type Call struct {
	Service   string // in the credential scope; "" = the request is not signed
	Operation string
	Region    string // "" = the request is not signed
	Name      string // the resource name in the path
	Values    url.Values
	Body      []byte

	wire Service
}

var credentialScope = pattern.New(`Credential=[^/,]+/\d{8}/([^/]+)/([^/]+)/aws4_request`)

// Read determines the operation, the service and the Region of a request. find returns the
// service with a name.
func Read(req *http.Request, body []byte, find func(name string) (Service, bool)) *Call {
	c := &Call{Body: body, Values: req.URL.Query()}
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err == nil {
			for k, v := range form {
				c.Values[k] = v
			}
		}
	}
	scope := req.Header.Get("Authorization")
	if presigned := c.Values.Get("X-Amz-Credential"); scope == "" && presigned != "" {
		scope = "Credential=" + presigned
	}
	if m := credentialScope().FindStringSubmatch(scope); m != nil {
		c.Region, c.Service = m[1], m[2]
	}
	target := req.Header.Get("X-Amz-Target")
	known := false
	if c.wire, known = find(c.Service); !known {
		c.wire = c.guess(target)
	}
	switch {
	case c.wire.Route != nil:
		c.Operation, c.Name = c.wire.Route(req.Method, req.URL.Path)
	case c.wire.Protocol == AWSJSON:
		c.Operation = target[strings.LastIndex(target, ".")+1:]
	default:
		c.Operation = c.Values.Get("Action")
	}
	if c.Operation == "" {
		c.Operation = req.Method + " " + req.URL.Path
	}
	return c
}

// guess returns the protocol of a service that is not known, because its clients must understand
// the error.
func (c *Call) guess(target string) Service {
	s := Service{Protocol: RESTJSON, Namespace: "https://sts.amazonaws.com/doc/2011-06-15/"}
	switch {
	case target != "":
		s.Protocol = AWSJSON
	case c.Values.Get("Version") == "2016-11-15":
		s.Protocol = EC2Query
	case c.Values.Get("Action") != "":
		s.Protocol = AWSQuery
	}
	return s
}

// json reports whether the answer of the call is JSON.
func (c *Call) json() bool { return c.wire.Protocol == AWSJSON || c.wire.Protocol == RESTJSON }

// Reply is an HTTP response.
type Reply struct {
	Status int
	header http.Header
	body   []byte
}

// Send writes the response.
func (r *Reply) Send(w http.ResponseWriter) {
	for k, v := range r.header {
		w.Header()[k] = v
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.body) // if the client has disconnected, there is nobody to report an error to
}

// Reply encodes the answer in the protocol of the call.
func (c *Call) Reply(requestID string, out any, err *Error) *Reply {
	r := &Reply{Status: http.StatusOK, header: http.Header{"X-Amzn-Requestid": {requestID}, "Content-Type": {"text/xml;charset=UTF-8"}}}
	if err != nil {
		r.Status = err.status(c.wire.Protocol)
	}
	switch {
	case c.json() && err != nil:
		r.header.Set("X-Amzn-Errortype", err.Code)
		r.body = encodeJSONError(err)
	case c.json():
		r.body = EncodeJSON(out)
	case c.wire.Protocol == EC2Query && err != nil:
		r.body = encodeEC2Error(err, requestID)
	case c.wire.Protocol == EC2Query:
		r.body = encodeEC2(c.Operation, requestID, out)
	case err != nil:
		r.body = encodeQueryError(c.wire.Namespace, err, requestID)
	case c.wire.Protocol == RESTXML:
		r.body = encodeRESTXML(out)
	default:
		r.body = encodeQuery(c.wire.Namespace, c.Operation, requestID, out)
	}
	switch c.wire.Protocol {
	case AWSJSON:
		r.header.Set("Content-Type", "application/x-amz-json-1.1")
	case RESTJSON:
		r.header.Set("Content-Type", "application/json")
	}
	return r
}

// Operation runs a call on the state S of an account.
type Operation[S any] func(S, *Call) (any, *Error)

// Empty is the answer of an operation that returns nothing.
type Empty struct{}

// QueryOp returns an operation of the Query protocols. DryRun ends it after the request has been
// parsed: like AWS, it checks permissions only, not whether the operation would succeed.
func QueryOp[S, In, Out any](f func(S, In) (Out, *Error)) Operation[S] {
	return func(s S, c *Call) (any, *Error) {
		var in In
		if err := c.readQuery(&in); err != nil {
			return nil, err
		}
		return f(s, in)
	}
}

// readQuery is separate from QueryOp because QueryOp is compiled again for every operation.
func (c *Call) readQuery(in any) *Error {
	if err := decodeQuery(c.Values, in); err != nil {
		return err
	}
	if dry := reflect.ValueOf(in).Elem().FieldByName("DryRun"); dry.IsValid() && dry.Bool() {
		return Fail("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	}
	return nil
}

// JSONOp returns an operation with its parameters in a JSON body.
func JSONOp[S, In, Out any](f func(S, In) (Out, *Error)) Operation[S] {
	return PathOp(func(s S, _ *Call, in In) (Out, *Error) { return f(s, in) })
}

// PathOp returns an operation with its parameters in the path, the query and a JSON body.
func PathOp[S, In, Out any](f func(S, *Call, In) (Out, *Error)) Operation[S] {
	return func(s S, c *Call) (any, *Error) {
		var in In
		if err := decodeJSON(c.Body, &in); err != nil {
			return nil, err
		}
		return f(s, c, in)
	}
}

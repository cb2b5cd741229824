// Package sandbox is a simulated AWS account inside the binary. It implements AWS's wire protocols (Query, in EC2's variant and in
// that of the other services; JSON; REST with JSON or XML), so real clients work with it: the SDK through RoundTrip, all others over
// HTTP through the server that Server returns.
//
// It imitates the AWS behavior that causes problems in practice: endpoints are pending before they are available, DryRun writes
// nothing, client tokens replay, calls are throttled, and invalid requests fail with AWS's error codes. The effects of time are
// computed from Options.Now on every call; nothing runs between calls. An unknown operation returns 501 NotImplemented, an unknown
// parameter returns UnknownParameter.
//
// The service and the Region of a call come from its SigV4 credential scope. All credentials are valid. An unsigned call is
// rejected, and so is a Region that AWS does not have (with AWS's message for a wrong scope; a real client would not find the
// host). The scenario's account uses one Region; all other Regions are empty.
//
// A client token of CreateVpcEndpoint returns the endpoint in its current state. After the endpoint is deleted, the token is free
// and creates a new endpoint. A token of any other operation of Amazon EC2 can never be used again.
//
// Four paths belong to the sandbox itself and need no signature:
//
//	GET  /_sandbox/account  all contents of the account, as JSON with AWS's member names, by Region
//	GET  /_sandbox/dns      ?name=HOST: {"cname": "...", "addresses": ["..."]}, the public DNS records of a name; 404 for an
//	                        unknown name, with the same members empty
//	POST /_sandbox/reset    reset the account to the scenario
//	POST /_sandbox/deny     {"operations": ["ec2:DescribeVpcs"], "code": "UnauthorizedOperation"}: from now on these operations
//	                        fail with the code. Replaces the list; an empty list clears it. The default code is the service's
//	                        code for denied access. Unavailable, InternalError and similar codes simulate an outage.
//	                        iam:SimulatePrincipalPolicy reports operations as denied if the code is one for denied access.
package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/iam"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Options configure an account.
type Options struct {
	Scenario string  // name of the scenario; "" = "closed"
	Source   []byte  // a scenario in the format of assets/scenarios, instead of a name
	Speed    float64 // factor compared to AWS; <= 0 means 1. Scales provisioning times and the rate of calls
	// Provisioning is how long AWS takes to provision an interface endpoint; 0 is a time that differs between services.
	Provisioning time.Duration
	Now          func() time.Time // nil = time.Now
	Log          io.Writer        // nil = no log; otherwise one line per call: time, service.Operation, Region, HTTP status, error code
}

// Account is a simulated AWS account. It is safe for concurrent use.
type Account struct {
	mu       sync.Mutex
	scenario *scenario
	clock    store.Clock
	log      io.Writer
	// provisioning is that of the options.
	provisioning time.Duration

	regions  map[string]*region
	iam      map[string]*iam.State // IAM is global within a partition; key: partition
	changes  []dnsChange           // of Route 53, which is global too
	counters store.Counters
	requests int
	denied   denied
}

type denied struct {
	Operations []string `json:"operations"`
	Code       string   `json:"code"`
}

// New returns a new account with the contents of a scenario.
func New(o Options) (*Account, error) {
	s, err := findScenario(o.Scenario)
	if o.Source != nil {
		s, err = parseScenario(o.Source)
	}
	if err != nil {
		return nil, err
	}
	a := &Account{scenario: s, clock: store.Clock{Time: o.Now, Speed: o.Speed}, log: o.Log, provisioning: o.Provisioning}
	if a.clock.Speed <= 0 {
		a.clock.Speed = 1
	}
	if a.clock.Time == nil {
		a.clock.Time = time.Now
	}
	if a.log == nil {
		a.log = io.Discard
	}
	return a, a.reset()
}

// Region returns the Region that the scenario uses.
func (a *Account) Region() string { return a.scenario.Region }

func (a *Account) reset() error {
	a.regions = map[string]*region{}
	a.iam = map[string]*iam.State{}
	a.changes = nil
	a.counters = store.Counters{}
	a.denied = denied{}
	return a.load()
}

// region returns the contents of the account in an AWS Region, and creates them on first use. It
// returns nil if AWS does not have the Region.
func (a *Account) region(name string) *region {
	if r, ok := a.regions[name]; ok {
		return r
	}
	c := catalogOf(name)
	if c == nil {
		return nil
	}
	r := newRegion(a, c, &scenario{})
	a.regions[name] = r
	return r
}

// RoundTrip answers a request in process, so an account can be the transport of an HTTP client.
func (a *Account) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	a.ServeHTTP(w, req)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: req,
	}, nil
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }

// ServeHTTP answers one call.
func (a *Account) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, status, problem := readBody(req.Body)
	if status != 0 {
		http.Error(w, problem, status)
		return
	}
	if path, ok := strings.CutPrefix(req.URL.Path, "/_sandbox/"); ok {
		status, answer, message := a.serveOwn(req, path, body)
		if message != "" {
			http.Error(w, message, status)
			return
		}
		if answer != nil {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = w.Write(answer) // if the client has disconnected, there is nobody to report an error to
		return
	}
	a.serveCall(wire.Read(req, body, wireService)).Send(w)
}

// Operation returns the operation of a request to AWS, such as CreateVpcEndpoint, or the method and path if it is not one.
func Operation(req *http.Request, body []byte) string {
	return wire.Read(req, body, wireService).Operation
}

// serveCall answers an AWS call and logs it. It encodes the reply before another call can change
// the data in it.
func (a *Account) serveCall(c *wire.Call) *wire.Reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	out, err := a.answer(c)
	a.requests++
	r := c.Reply(fmt.Sprintf("00000000-0000-4000-8000-%012x", a.requests), out, err)
	code := "-"
	if err != nil {
		code = err.Code
	}
	fmt.Fprintf(a.log, "%s %s.%s %s %d %s\n", a.clock.Now().Format(time.RFC3339), c.Service, c.Operation, c.Region, r.Status, code)
	return r
}

// answer runs the operation of a call, or returns the reason why it cannot.
func (a *Account) answer(c *wire.Call) (any, *wire.Error) {
	if c.Region == "" {
		return nil, c.Unsigned()
	}
	r := a.region(c.Region)
	if r == nil {
		return nil, c.NoSuchRegion()
	}
	run := services[c.Service].Operations[c.Operation]
	if run == nil {
		return nil, wire.Fail("NotImplemented", "The sandbox does not support %s:%s.", c.Service, c.Operation)
	}
	if slices.Contains(a.denied.Operations, c.Service+":"+c.Operation) {
		return nil, c.Denied(r.Caller(), a.denied.Code)
	}
	r.settle()
	out, err := run(r, c)
	r.settle() // start the effects of this call now, not with the next call
	return out, err
}

// serveOwn answers calls to the sandbox's own paths with JSON or, for a mistake, with a message. The caller sends the answer: a client
// that reads slowly must not lock the account.
func (a *Account) serveOwn(req *http.Request, path string, body []byte) (status int, answer []byte, message string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch req.Method + " " + path {
	case "GET account":
		return http.StatusOK, a.dump(), ""
	case "GET dns":
		found, status := a.resolve(req.URL.Query().Get("name"))
		return status, wire.EncodeJSON(found), ""
	case "POST reset":
		if err := a.reset(); err != nil {
			return http.StatusInternalServerError, nil, err.Error()
		}
		return http.StatusNoContent, nil, ""
	case "POST deny":
		var d denied
		if err := wire.DecodeStrict(body, &d); err != nil {
			return http.StatusBadRequest, nil, `expected {"operations": ["ec2:DescribeVpcs", ...], "code": "..."}: ` + err.Error()
		}
		for _, name := range d.Operations {
			service, operation, _ := strings.Cut(name, ":")
			if services[service].Operations[operation] == nil {
				return http.StatusBadRequest, nil, fmt.Sprintf("the sandbox does not support %q; an operation must have the form ec2:DescribeVpcs", name)
			}
		}
		a.denied = d
		return http.StatusNoContent, nil, ""
	}
	return http.StatusNotFound, nil, "The sandbox does not support " + req.Method + " /_sandbox/" + path + " (supported: GET /_sandbox/account, GET /_sandbox/dns, POST /_sandbox/reset, POST /_sandbox/deny)"
}

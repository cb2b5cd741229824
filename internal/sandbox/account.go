// Package sandbox is a practice AWS account inside the binary. It speaks AWS's wire protocols (Query, as EC2 has it and as
// others do; JSON; REST with JSON or XML), so the real clients run against it: the SDK through RoundTrip, everything else over HTTP
// through ServeHTTP.
//
// It is faithful where users get hurt: endpoints are pending before they are available, DryRun writes nothing, client tokens
// replay, calls are throttled, and requests that AWS refuses are refused with AWS's codes. Time that passes is worked out from
// Options.Now on every call; nothing runs in between. An operation that it does not know answers 501 NotImplemented, a parameter
// that it does not know answers UnknownParameter.
//
// Service and Region of a call are those of its SigV4 credential scope. Any credentials do; an unsigned call is refused, and so
// is a Region that AWS does not have (with the words that AWS has for a bad scope; a real client would find no such host). The
// scenario's account lives in one Region; in any other it holds nothing.
//
// A client token of CreateVpcEndpoint replays the endpoint in its present state, until the endpoint is gone: then the token is
// free and makes a new one. One of RunInstances or Client VPN stays spent.
//
// Four paths are the sandbox's own, and need no signature:
//
//	GET  /_sandbox/account  everything the account holds, as JSON with AWS's member names, by Region
//	GET  /_sandbox/dns      ?name=HOST: {"cname": "...", "addresses": ["..."]}, what public DNS says of a name; 404 for one that
//	                        nobody has, with the same members empty
//	POST /_sandbox/reset    back to the scenario
//	POST /_sandbox/deny     {"operations": ["ec2:DescribeVpcs"], "code": "UnauthorizedOperation"}: these operations answer with
//	                        the code from now on. Replaces the list; an empty one clears it. Without a code it is the one with
//	                        which the service denies access. Unavailable, InternalError and the like practise an outage.
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
)

// Options says what account to practise on.
type Options struct {
	Scenario string           // "" = "closed"
	Speed    float64          // how many times faster than AWS; <= 0 means 1. Scales provisioning times and the rate of calls
	Now      func() time.Time // nil = time.Now
	Log      io.Writer        // nil = none; a line per call: time, service.Operation, Region, HTTP status, error code
}

// Account is a practice AWS account. It may be used by many callers at once.
type Account struct {
	mu       sync.Mutex
	scenario *scenario
	speed    float64
	now      func() time.Time
	log      io.Writer

	regions  map[string]*region
	iam      map[string]*iamState // global, by partition
	changes  []dnsChange          // of Route 53, which is global too
	counters map[string]int       // of ids made, by prefix
	requests int
	denied   denied
}

type denied struct {
	Operations []string `json:"operations"`
	Code       string   `json:"code"`
}

// New makes the account of a scenario.
func New(o Options) (*Account, error) {
	s, err := findScenario(o.Scenario)
	if err != nil {
		return nil, err
	}
	a := &Account{scenario: s, speed: o.Speed, now: o.Now, log: o.Log}
	if a.speed <= 0 {
		a.speed = 1
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.log == nil {
		a.log = io.Discard
	}
	return a, a.reset()
}

func (a *Account) reset() error {
	a.regions = map[string]*region{}
	a.iam = map[string]*iamState{}
	a.changes = nil
	a.counters = map[string]int{}
	a.denied = denied{}
	return a.load()
}

// region finds or makes what the account holds in a Region of AWS; nil if there is no such Region.
func (a *Account) region(name string) *region {
	if r, ok := a.regions[name]; ok {
		return r
	}
	c := catalogOf(name)
	if c == nil {
		return nil
	}
	r := newRegion(a, c)
	a.regions[name] = r
	return r
}

// RoundTrip answers a request in process, so that an account can be the transport of an HTTP client.
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

const maxBody = 1 << 20

// ServeHTTP answers one call.
func (a *Account) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(req.Body, maxBody)); err != nil {
			http.Error(w, "The request body cannot be read: "+err.Error(), http.StatusBadRequest)
			return
		}
	}
	if path, ok := strings.CutPrefix(req.URL.Path, "/_sandbox/"); ok {
		a.serveOwn(w, req, path, body)
		return
	}
	a.serveCall(readCall(req, body)).writeTo(w)
}

// serveCall answers a call of AWS's, and logs it. The reply is encoded before anybody else can change what it shows.
func (a *Account) serveCall(c *call) *reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	out, err := a.answer(c)
	a.requests++
	r := c.reply(fmt.Sprintf("00000000-0000-4000-8000-%012x", a.requests), out, err)
	code := "-"
	if err != nil {
		code = err.Code
	}
	fmt.Fprintf(a.log, "%s %s.%s %s %d %s\n", a.now().UTC().Format(time.RFC3339), c.service, c.operation, c.region, r.status, code)
	return r
}

// answer does what a call asks for, or says why not.
func (a *Account) answer(c *call) (any, *apiError) {
	if c.region == "" {
		return nil, c.unsigned()
	}
	r := a.region(c.region)
	if r == nil {
		return nil, c.noSuchRegion()
	}
	run, ok := operations[c.service][c.operation]
	if !ok {
		return nil, fail("NotImplemented", "The sandbox does not practise %s:%s.", c.service, c.operation)
	}
	if slices.Contains(a.denied.Operations, c.service+":"+c.operation) {
		return nil, c.denied(r, a.denied.Code)
	}
	r.settle()
	if c.service == "ec2" && c.operation == "CreateVpcEndpoint" && !r.createBucket.take(a.now(), createBucketCapacity, createBucketPerSecond*a.speed) {
		return nil, fail("RequestLimitExceeded", "Request limit exceeded.")
	}
	out, err := run(r, c)
	r.settle() // the effects of the call begin now, and not with the next one
	return out, err
}

// serveOwn answers on the sandbox's own paths.
func (a *Account) serveOwn(w http.ResponseWriter, req *http.Request, path string, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch req.Method + " " + path {
	case "GET account":
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(a.dump())
	case "GET dns":
		found, status := a.resolve(req.URL.Query().Get("name"))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(encodeJSON(found))
	case "POST reset":
		if err := a.reset(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	case "POST deny":
		var d denied
		if err := decodeStrict(body, &d); err != nil {
			http.Error(w, `expected {"operations": ["ec2:DescribeVpcs", ...], "code": "..."}: `+err.Error(), http.StatusBadRequest)
			return
		}
		for _, name := range d.Operations {
			service, operation, _ := strings.Cut(name, ":")
			if operations[service][operation] == nil {
				http.Error(w, fmt.Sprintf("the sandbox does not practise %q; operations are written like ec2:DescribeVpcs", name), http.StatusBadRequest)
				return
			}
		}
		a.denied = d
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Error(w, "The sandbox has GET /_sandbox/account, GET /_sandbox/dns, POST /_sandbox/reset and POST /_sandbox/deny, but not "+req.Method+" /_sandbox/"+path,
			http.StatusNotFound)
	}
}

package aws

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

// Limits of answers, so that a wrong server cannot use up the memory.
const (
	// longestPage is the maximum size of an answer of Amazon EC2 in bytes. Its largest answers
	// are pages of 1,000 items. An item with 50 tags of the maximum length (128 + 256 characters,
	// https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/allocation-tag-restrictions.html)
	// takes less than 30 KB, so that a page has less than 30 MB. Usual pages have less than 1 MB.
	longestPage = 50 << 20
	// longestAnswer is the maximum size of an answer of other services. Their largest answers are
	// pages of 1,000 roles with trust policies of at most 4,096 characters, which have less than
	// 15 MB when encoded. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	longestAnswer = 30 << 20
	// longestError is the maximum size of an answer with an error.
	longestError = 1 << 20
	// shortAnswer is the maximum size in bytes of answers that are read in parallel. Only one longer
	// answer is read at a time, so that parallel calls do not multiply the memory.
	shortAnswer = 1 << 20
	// firstBytes is how much of an answer shows whether AWS sent it.
	firstBytes = 1024
)

const (
	// readTime is the time limit for a call that only reads, with all attempts.
	readTime = 60 * time.Second
	// firstByteTime is the time limit for the begin of the answer to one attempt of a read. It
	// leaves time for a second attempt, because a new connection often helps.
	firstByteTime = 25 * time.Second
	// slowTime is how long an attempt lasts until it is reported as slow, and then again.
	slowTime = 10 * time.Second
)

// checkAddress is the next step if a server does not answer like AWS.
const checkAddress = "Check the proxy of this computer (HTTPS_PROXY), AWS_ENDPOINT_URL if it is set, and whether this network asks for a login in a browser; then try again."

// errTooLong ends the reading of an answer at its limit.
var errTooLong = errors.New("the answer is too long")

// answerError is a failed attempt of a call, with the server and what it answered.
type answerError struct {
	server  string // scheme and host, "https://ec2.us-east-1.amazonaws.com"
	service string // the SDK's id of the service; empty for the sources of credentials without one
	got     string // what the server answered; empty without an answer
	foreign string // why the answer is not one of AWS; empty if it may be one
	attempt int
	err     error
}

func (e *answerError) Error() string {
	return strings.TrimSpace(e.server + " " + e.foreign + ": " + e.err.Error())
}
func (e *answerError) Unwrap() error { return e.err }

// errForeign is the cause of an answerError if the SDK did not report one.
var errForeign = errors.New("not an answer of AWS")

// answers checks what servers answer, for all clients of an account.
type answers struct {
	long chan struct{} // held while an answer longer than shortAnswer is read
	// waiting, if set, receives a line when a server has not answered for slowTime.
	waiting func(line string)

	mu       sync.Mutex
	reported time.Time
}

func newAnswers(waiting func(string)) *answers {
	return &answers{long: make(chan struct{}, 1), waiting: waiting}
}

// add adds the checks to the stack of an operation: one next to the network, before the SDK reads
// the answer, and one around the SDK's reading.
func (a *answers) add(s *middleware.Stack) error {
	around := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		r := &received{op: s.ID(), server: "AWS", attempt: 1}
		// The clients of the instance metadata service and of a container's endpoint do not set
		// these values. The context then has those of the call that needs the credentials.
		if awsmiddleware.GetOperationName(ctx) == r.op {
			r.service = awsmiddleware.GetServiceID(ctx)
		}
		return a.around(ctx, r, in, next)
	}
	if err := s.Deserialize.Add(middleware.DeserializeMiddlewareFunc("WizardAttempt", around), middleware.Before); err != nil {
		return err
	}
	return s.Deserialize.Add(middleware.DeserializeMiddlewareFunc("WizardAnswer", a.receive), middleware.After)
}

// received is what one attempt received. It is passed from receive to around.
type received struct {
	op       string // CreateVpcEndpoint
	service  string // the SDK's id of the service
	server   string
	response *http.Response
	body     *body
	empty    bool
	attempt  int
}

type receivedKey struct{}

// lastKey is the context key of the last failure of a call that has a time limit.
type lastKey struct{}

func (a *answers) around(ctx context.Context, r *received, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	if req, ok := in.Request.(*smithyhttp.Request); ok {
		r.server, r.attempt = req.URL.Scheme+"://"+req.URL.Host, attemptOf(req.Header)
	}
	defer a.report(r.server)()
	out, meta, err := next.HandleDeserialize(context.WithValue(ctx, receivedKey{}, r), in)
	if r.body != nil {
		defer r.body.release()
	}
	if err == nil {
		err = r.incomplete(out.Result)
	}
	var known *answerError
	if err != nil && !errors.As(err, &known) {
		e := &answerError{server: r.server, service: r.service, attempt: r.attempt, err: err}
		var unread *smithy.DeserializationError
		if r.response != nil {
			e.got = r.describe()
			if errors.As(err, &unread) && r.body.cut == nil && r.response.StatusCode < 300 {
				e.foreign = "the answer does not have the format of " + r.op
			}
		}
		err = e
	}
	if last, ok := ctx.Value(lastKey{}).(*error); ok && err != nil && ctx.Err() == nil {
		*last = err
	}
	return out, meta, err
}

// receive limits the size of the answer and rejects one that is not from AWS. The SDK reads the
// root of any XML document as an empty answer, so the page of a captive portal would be an account
// without resources.
func (a *answers) receive(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, meta, err := next.HandleDeserialize(ctx, in)
	r, asked := ctx.Value(receivedKey{}).(*received)
	raw, answered := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !asked || !answered || raw.Response == nil || raw.Body == nil {
		return out, meta, err
	}
	r.response = raw.Response
	r.body = &body{ReadCloser: raw.Body, done: ctx.Done(), long: a.long, limit: longestAnswer}
	switch {
	case raw.StatusCode >= 300:
		r.body.limit = longestError
	case r.service == "EC2":
		r.body.limit = longestPage
	}
	raw.Body = r.body
	r.body.peek()
	if why := r.foreign(); why != "" {
		return out, meta, &answerError{server: r.server, service: r.service, got: r.describe(), foreign: why, attempt: r.attempt, err: errForeign}
	}
	return out, meta, nil
}

// foreign returns why the answer cannot be from AWS, or the empty text. It does not check answers
// with an error, because proxies between this program and AWS send their own, and the SDK reads
// their status.
func (r *received) foreign() string {
	service, known := traitsByID[r.service]
	first := bytes.TrimSpace(r.body.first)
	// Emulators answer "null" for an operation that returns nothing.
	r.empty = r.body.ended && (len(first) == 0 || known && !service.xml && string(first) == "null")
	switch {
	case !known:
		return ""
	case r.response.StatusCode >= 300 && r.response.StatusCode < 400:
		return "it redirects the call" + redirected(r.response.Header.Get("Location"))
	case r.response.Request != nil && r.response.Request.Response != nil: // the SDK follows some
		return "it redirected the call" + redirected(r.response.Request.URL.String())
	case r.response.StatusCode >= 300 || r.body.cut != nil && len(first) == 0:
		return ""
	case r.empty && service.xml:
		return "the answer is empty"
	case r.empty:
		return "" // incomplete knows whether the operation has an answer
	case service.xml && rootElement(first) != r.op+"Response" && (r.body.cut == nil || rootElement(first) != ""):
		return "the answer is not XML with " + r.op + "Response"
	case !service.xml && first[0] != '{':
		return "the answer is not a JSON object"
	}
	return ""
}

// redirected returns " to https://host" for a URL, without its path and query.
func redirected(location string) string {
	u, err := http.NewRequest(http.MethodGet, location, nil)
	if err != nil || u.URL.Host == "" {
		return ""
	}
	return " to " + excerpt(u.URL.Scheme+"://"+u.URL.Host, 100)
}

// rootElement returns the name of the first element of an XML document, or the empty text.
func rootElement(first []byte) string {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(first, []byte("\xef\xbb\xbf"))))
	for {
		t, err := d.RawToken()
		if err != nil {
			return ""
		}
		if e, ok := t.(xml.StartElement); ok {
			return e.Name.Local
		}
	}
}

// describe returns what the server answered: the status, the type of the content and, of text
// that is not in the format of AWS, the first characters.
func (r *received) describe() string {
	out := fmt.Sprintf("status %d", r.response.StatusCode)
	if t := r.response.Header.Get("Content-Type"); t != "" {
		out += ", " + excerpt(t, 60)
	}
	first := bytes.TrimSpace(r.body.first)
	service, known := traitsByID[r.service]
	switch {
	case len(first) == 0 && r.body.ended:
		out += ", empty"
	case len(first) == 0 || !known || service.private || first[0] == '{' || strings.HasSuffix(rootElement(first), "Response"):
		// An answer of AWS may contain a secret.
	default:
		out += ", \"" + excerpt(string(first), 100) + "\""
	}
	return out
}

// excerpt returns at most most characters of a text from outside the program, on one line.
func excerpt(s string, most int) string {
	s = strings.Join(strings.Fields(printable.Line(strings.ToValidUTF8(s, ""))), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

// incomplete returns an error if a successful answer lacks what AWS always returns.
func (r *received) incomplete(result any) error {
	service, known := traitsByID[r.service]
	if r.response == nil || !known {
		return nil
	}
	missing := func(why string) error {
		return &answerError{server: r.server, service: r.service, got: r.describe(), foreign: why, attempt: r.attempt, err: errForeign}
	}
	for _, field := range service.required[r.op] {
		if !shape.Holds(result, field) {
			name, _, _ := strings.Cut(field, "|")
			return missing("the answer does not contain " + name)
		}
	}
	if r.empty && shape.HasFields(result) {
		return missing("the answer is empty")
	}
	return nil
}

// body is the body of an answer, with a limit.
type body struct {
	io.ReadCloser
	done  <-chan struct{} // of the call
	long  chan struct{}
	held  bool // long
	limit int
	read  int

	first []byte // the first bytes, and how many of them were given to the SDK
	given int
	ended bool  // the answer is complete
	cut   error // reading failed
}

// peek reads the first bytes.
func (b *body) peek() {
	b.first = make([]byte, 0, firstBytes)
	for len(b.first) < firstBytes && !b.ended && b.cut == nil {
		n, _ := b.receive(b.first[len(b.first):firstBytes])
		b.first = b.first[:len(b.first)+n]
	}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.given < len(b.first) {
		n := copy(p, b.first[b.given:])
		b.given += n
		return n, nil
	}
	return b.receive(p)
}

// receive reads from the network until the end, an error or the limit.
func (b *body) receive(p []byte) (int, error) {
	switch {
	case b.cut != nil:
		return 0, b.cut
	case b.ended:
		return 0, io.EOF
	case b.read > shortAnswer && !b.held:
		select {
		case b.long <- struct{}{}:
			b.held = true
		case <-b.done:
			b.cut = context.DeadlineExceeded
			return 0, b.cut
		}
	}
	n, err := b.ReadCloser.Read(p)
	b.read += n
	switch {
	case b.read > b.limit:
		b.cut = errTooLong
		return 0, b.cut
	case err == io.EOF:
		b.ended = true
	case err != nil:
		b.cut = err
	}
	return n, err
}

// release allows the next long answer. The SDK has read and decoded this one.
func (b *body) release() {
	if b.held {
		<-b.long
		b.held = false
	}
}

// report reports a server that has not answered for slowTime, until the returned function is
// called. Of parallel calls it reports one.
func (a *answers) report(server string) func() {
	if a.waiting == nil {
		return func() {}
	}
	start, done := time.Now(), make(chan struct{})
	go func() {
		tick := time.NewTicker(slowTime)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-done:
				return
			}
			a.mu.Lock()
			due := time.Since(a.reported) > slowTime/2
			if due {
				a.reported = time.Now()
				a.waiting(fmt.Sprintf("Waiting for %s to answer (%d seconds)…", excerpt(server, 200), int(time.Since(start).Round(time.Second).Seconds())))
			}
			a.mu.Unlock()
		}
	}()
	return func() { close(done) }
}

// endReads limits the time of a call with all its attempts. The error is then that of the last
// attempt that ended before, because it shows more than the end of the time.
func endReads(s *middleware.Stack) error {
	return s.Initialize.Add(middleware.InitializeMiddlewareFunc("WizardReadTime", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		var last error
		limited, cancel := context.WithTimeout(context.WithValue(ctx, lastKey{}, &last), readTime)
		defer cancel()
		out, meta, err := next.HandleInitialize(limited, in)
		if err != nil && limited.Err() != nil && ctx.Err() == nil && last != nil {
			err = last
		}
		return out, meta, err
	}), middleware.After)
}

// forReads returns the HTTP client with a time limit for the begin of an answer. With another
// client only readTime applies.
func forReads(c bodies) bodies {
	if b, ok := c.HTTPClient.(*awshttp.BuildableClient); ok {
		c.HTTPClient = b.WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = firstByteTime })
	}
	return c
}

// attemptOf returns the number of the attempt. The SDK reports it only in a header: "attempt=2;
// max=6".
func attemptOf(h http.Header) int {
	n := 1
	for f := range strings.SplitSeq(h.Get("Amz-Sdk-Request"), ";") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(f), "attempt="); ok {
			_, _ = fmt.Sscan(v, &n)
		}
	}
	return cmp.Or(n, 1)
}

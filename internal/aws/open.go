// Package aws is the only package that uses the AWS SDK. It opens an account, loads the parts of
// its inventory, makes single calls that are given as data, and converts errors of the SDK to
// messages with a next step.
package aws

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

const (
	// attempts is the total number of attempts of a read.
	attempts = 6
	// parallel is the maximum number of parallel calls. It is large enough that no call for a
	// VPC's network waits for another one, and small enough not to use up the API rate of an
	// account with hundreds of clusters.
	parallel = 20
)

// Options select the account to open.
type Options struct {
	// Profile and Region are the values of flags. If they are empty, they are found as in the AWS
	// CLI: environment, shared configuration, SSO.
	Profile, Region string
	// Transport replaces the network. With it, the environment, the shared configuration and
	// credentials are not read.
	Transport http.RoundTripper
	// Debug, if set, receives one line for each request, without headers, bodies and credentials.
	Debug io.Writer
	// Audit, if set, receives one JSON object for each attempt of a request, on one line: time, service, operation,
	// resource, result and request id. Now is the time of these lines; nil is time.Now.
	Audit io.Writer
	Now   func() time.Time
	// Codes, if set, has the codes of MFA devices. Without it, a profile that needs one is an error.
	Codes *Codes
	// Waiting, if set, receives a line while a server does not answer. It may be called from any
	// goroutine, but not in parallel.
	Waiting func(line string)
}

// Client is an open account in one Region. It is safe for concurrent use.
type Client struct {
	clients  clients // for reads
	cfg      sdk.Config
	region   string
	override bool // requests do not go to the endpoints of AWS

	credentials *credentials // of all clients
	// load reads the settings again, as Open read them.
	load     func(context.Context) (sdk.Config, error)
	account  atomic.Pointer[string] // of the credentials; nil until AWS has returned it
	renewing sync.Mutex
	lapsed   bool // a read failed because the credentials have expired; protected by renewing

	operations func() operations // operations of Call, created on first use

	names resolver
	check regionCheck
}

// Open reads the settings of an account without a call to AWS. If a setting is missing, the error
// explains how to set it.
func Open(ctx context.Context, o Options) (*Client, error) {
	if o.Region != "" {
		if err := plausible(o.Region); err != nil {
			return nil, err
		}
	}
	checks := o.checks() // once, because they write to the same files
	load := func(ctx context.Context) (sdk.Config, error) { return settings(ctx, o, checks) }
	cfg, err := load(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, &Error{Op: "open", Code: CodeNoRegion,
			Message: "no AWS Region is set",
			hint:    "Set it with --region, AWS_REGION, `wizard config set region REGION` or `aws configure set region REGION`."}
	}
	if err := plausible(cfg.Region); err != nil {
		return nil, err
	}
	cfg.APIOptions = append(cfg.APIOptions, awsmiddleware.AddUserAgentKey("privatelink-wizard"), limitCalls(parallel), refuseRepeats)
	c := newClient(cfg)
	c.load = load
	c.override = o.Transport != nil || ec2Client(c).Options().BaseEndpoint != nil
	c.names = net.DefaultResolver
	if c.override { // this computer's DNS does not know the emulator's hosts
		c.names = sandboxResolver{cfg.HTTPClient, strings.TrimSuffix(cmp.Or(sdk.ToString(ec2Client(c).Options().BaseEndpoint), "https://sandbox.invalid"), "/")}
	}
	return c, nil
}

func newClient(cfg sdk.Config) *Client {
	reads := cfg.Copy()
	reads.APIOptions = append(slices.Clip(reads.APIOptions), endReads)
	if b, ok := cfg.HTTPClient.(bodies); ok {
		reads.HTTPClient = forReads(b)
	}
	c := &Client{clients: newClients(reads, newRetryer), region: cfg.Region, cfg: cfg}
	c.credentials, _ = cfg.Credentials.(*credentials)
	c.operations = sync.OnceValue(func() operations {
		return allOperations(c.clients, newClients(cfg, newWriteRetryer))
	})
	return c
}

// Redirected reports whether requests go to another endpoint than that of AWS, such as an emulator.
func (c *Client) Redirected() bool { return c.override }

// Region returns the client's Region.
func (c *Client) Region() string { return c.region }

// settings creates the SDK's configuration. Its credentials are *credentials.
func settings(ctx context.Context, o Options, checks []func(*middleware.Stack) error) (sdk.Config, error) {
	if o.Transport != nil {
		// This literal reads no environment variable and no file, so no setting can redirect
		// requests.
		return sdk.Config{
			Region: o.Region,
			Credentials: newCredentials(sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
				return sdk.Credentials{AccessKeyID: "AKIASANDBOX", SecretAccessKey: "sandbox", Source: "sandbox"}, nil
			}), source{}, nil),
			HTTPClient: doer{o.Transport},
			APIOptions: checks,
			Logger:     logging.Nop{},
		}, nil
	}
	load := []func(*config.LoadOptions) error{
		config.WithHTTPClient(httpClient()),
		// This retryer is for finding credentials. The last source is the instance metadata
		// service, which most computers do not have, so it makes few attempts.
		config.WithRetryer(func() sdk.Retryer {
			return retry.NewStandard(func(s *retry.StandardOptions) { s.MaxAttempts = 2 })
		}),
		// The SDK writes warnings to stderr by default, which would disturb the screen.
		config.WithLogger(logging.Nop{}),
		// The clients that get credentials check and report what they receive, too.
		config.WithAPIOptions(checks),
	}
	if o.Codes != nil {
		load = append(load, config.WithAssumeRoleCredentialOptions(o.Codes.use))
	}
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return sdk.Config{}, settingsError(o.Profile, err)
	}
	cfg.HTTPClient = bodies{cfg.HTTPClient} // after loading, since AWS_CA_BUNDLE needs the SDK's own client
	cfg.Credentials = newCredentials(cfg.Credentials, sourceOf(cfg, o.Profile != ""), o.Codes)
	return cfg, nil
}

// checks returns what checks and reports each attempt of a request.
func (o Options) checks() []func(*middleware.Stack) error {
	out := []func(*middleware.Stack) error{newAnswers(o.Waiting).add}
	if o.Debug != nil || o.Audit != nil {
		out = append(out, watch(o.report()))
	}
	return out
}

// report returns a function that writes an attempt to the files that the options name.
func (o Options) report() func(attempt) {
	var files []func(attempt)
	if o.Debug != nil {
		files = append(files, debugLine(o.Debug))
	}
	if o.Audit != nil {
		now := o.Now
		if now == nil {
			now = time.Now
		}
		files = append(files, auditLine(o.Audit, now))
	}
	return func(a attempt) {
		for _, file := range files {
			file(a)
		}
	}
}

// bodies keeps a connection open until the answer is read. The SDK closes the body of a
// request as soon as the answer begins. If net/http is not done with the body by then, it
// copies the rest with WriteTo. The WriteTo of the SDK's closed bodies returns io.EOF,
// net/http treats that as an error and closes the connection, and the answer ends with
// "use of closed network connection". A body that has only Read has no such error.
type bodies struct{ sdk.HTTPClient }

// Do implements sdk.HTTPClient.
func (b bodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return b.HTTPClient.Do(r)
}

// doer is an http.RoundTripper with the interface of the SDK: no redirects, no cookies, no time
// limit.
type doer struct{ http.RoundTripper }

func (d doer) Do(r *http.Request) (*http.Response, error) { return d.RoundTrip(r) }

// httpClient returns the SDK's own client type, so that AWS_CA_BUNDLE and proxies work. Its time
// limits suit a person who waits at a terminal.
func httpClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithTimeout(90 * time.Second).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = 10 * time.Second }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = parallel
			t.TLSHandshakeTimeout = 10 * time.Second
			t.ResponseHeaderTimeout = 60 * time.Second
		})
}

// newRetryer returns the retryer for reads. It slows down when AWS throttles.
func newRetryer() sdk.Retryer {
	return patient{retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.FailOnNoAttemptTokens = true
		o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) {
			s.MaxAttempts = attempts
			s.Backoff = retry.BackoffDelayerFunc(backoff)
			s.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(noCredentials), retry.IsErrorRetryableFunc(cutShort)}, s.Retryables...)
		})
	})}
}

// patient waits until the adaptive retryer permits the next attempt. The retryer itself rounds
// short waits down to zero and then loops without waiting.
type patient struct{ *retry.AdaptiveMode }

func (p patient) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	for {
		release, err := p.AdaptiveMode.GetAttemptToken(ctx)
		if err == nil {
			return release, nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// newWriteRetryer returns the retryer for calls that change something. It retries only what AWS cannot have
// received. The caller paces throttled calls, and looks up whether AWS applied a call without an answer.
func newWriteRetryer() sdk.Retryer {
	return retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = attempts
		s.Backoff = retry.BackoffDelayerFunc(backoff)
		s.Retryables = []retry.IsErrorRetryable{retry.NoRetryCanceledError{}, retry.IsErrorRetryableFunc(noCredentials), retry.IsErrorRetryableFunc(neverSent)}
	})
}

// noCredentials stops retries if no credentials can be obtained, because the search has its own
// retries.
func noCredentials(err error) sdk.Ternary {
	var e *credentialsError
	if errors.As(err, &e) {
		return sdk.FalseTernary
	}
	return sdk.UnknownTernary
}

// cutShort reports whether an answer is incomplete. The SDK reports it as an answer that cannot
// be read and does not retry.
func cutShort(err error) sdk.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return sdk.TrueTernary
	}
	return sdk.UnknownTernary
}

// neverSent reports whether no connection was established, so that AWS cannot have received the
// request.
func neverSent(err error) sdk.Ternary {
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return sdk.FalseTernary
	case errors.As(err, &op) && op.Op == "dial":
		return sdk.TrueTernary
	}
	return sdk.UnknownTernary
}

// throttle reports whether AWS throttled the call.
func throttle(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == sdk.TrueTernary
}

// backoff waits longer after throttling than after a broken connection.
func backoff(attempt int, err error) (time.Duration, error) {
	base := 100 * time.Millisecond
	if throttle(err) {
		base = time.Second
	}
	d := min(base<<min(attempt, 10), retry.DefaultMaxBackoff)
	return d/2 + rand.N(d/2+1), nil
}

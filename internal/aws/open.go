// Package aws is the only one that knows the AWS SDK. It opens an account, loads
// the parts of its inventory, carries out single calls given as data, and turns
// what the SDK reports into words that say what to do next.
package aws

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
)

const (
	// attempts is how often a read is tried in all.
	attempts = 6
	// parallel is how many calls are under way at once: enough that no call of a
	// VPC's network waits for another one, and few enough to be a good neighbour
	// in an account with hundreds of clusters.
	parallel = 16
)

// Options say which account to open.
type Options struct {
	// Profile and Region are as given by flags; empty means found as the AWS CLI
	// finds them: environment, shared config, SSO.
	Profile, Region string
	// Transport takes the place of the network. With it the environment and the
	// shared config are not read, and no credentials are looked for.
	Transport http.RoundTripper
	// Debug, if set, gets one line for each request. Lines hold no headers, no
	// bodies and no credentials.
	Debug io.Writer
}

// Client is an open account in one Region. It is safe for concurrent use.
type Client struct {
	*clients // of reads
	cfg      sdk.Config
	region   string
	override bool // requests go elsewhere than to AWS's own endpoints

	operations func() map[string]operation // those of Call, made when first asked for

	names resolver
	check regionCheck
}

// Open finds the settings of an account; it asks AWS nothing yet. Where the
// settings lack something the error says how to give it.
func Open(ctx context.Context, o Options) (*Client, error) {
	if o.Region != "" {
		if err := plausible(o.Region); err != nil {
			return nil, err
		}
	}
	cfg, err := settings(ctx, o)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, &Error{Op: "open", Code: CodeNoRegion,
			Message: "no AWS Region is set",
			hint:    "Give one with --region, AWS_REGION, or `aws configure set region REGION`."}
	}
	if err := plausible(cfg.Region); err != nil {
		return nil, err
	}
	if o.Debug != nil {
		cfg.APIOptions = append(cfg.APIOptions, debugLines(o.Debug))
	}
	cfg.APIOptions = append(cfg.APIOptions, middleware.AddUserAgentKey("privatelink-wizard"), limitCalls(parallel), refuseRepeats)
	c := newClient(cfg)
	c.override = o.Transport != nil || c.ec2.Options().BaseEndpoint != nil
	c.names = net.DefaultResolver
	if c.override { // this computer's DNS belongs to another world
		c.names = practised{cfg.HTTPClient, strings.TrimSuffix(cmp.Or(sdk.ToString(c.ec2.Options().BaseEndpoint), "https://sandbox.invalid"), "/")}
	}
	return c, nil
}

func newClient(cfg sdk.Config) *Client {
	c := &Client{clients: newClients(cfg, newRetryer), region: cfg.Region, cfg: cfg}
	c.operations = sync.OnceValue(func() map[string]operation {
		write := func(idempotent bool) *clients {
			return newClients(cfg, func() sdk.Retryer { return newWriteRetryer(idempotent) })
		}
		return operations(c.clients, write(true), write(false))
	})
	return c
}

// Region is the Region that the client talks to.
func (c *Client) Region() string { return c.region }

// settings makes the SDK's configuration.
func settings(ctx context.Context, o Options) (sdk.Config, error) {
	if o.Transport != nil {
		// Built by hand, so that no variable and no file can lead elsewhere.
		return sdk.Config{
			Region: o.Region,
			Credentials: sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
				return sdk.Credentials{AccessKeyID: "AKIASANDBOX", SecretAccessKey: "sandbox", Source: "sandbox"}, nil
			}),
			HTTPClient: doer{o.Transport},
			Logger:     logging.Nop{},
		}, nil
	}
	load := []func(*config.LoadOptions) error{
		config.WithHTTPClient(httpClient()),
		// This one is for finding credentials. The last place to look is the
		// metadata service of an instance, which most computers wait for in vain.
		config.WithRetryer(func() sdk.Retryer {
			return retry.NewStandard(func(s *retry.StandardOptions) { s.MaxAttempts = 2 })
		}),
		// The SDK's warnings go to stderr by default, across the screen.
		config.WithLogger(logging.Nop{}),
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
	if cfg.Credentials != nil {
		cfg.Credentials = credentials{cfg.Credentials}
	}
	return cfg, nil
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

// doer is an http.RoundTripper as the SDK wants it: no redirects, no cookies,
// no time limit of its own.
type doer struct{ http.RoundTripper }

func (d doer) Do(r *http.Request) (*http.Response, error) { return d.RoundTrip(r) }

// credentials marks what goes wrong while credentials are looked for, since an
// error of the STS or SSO calls behind them must not pass for an answer to the
// call that needed them.
type credentials struct{ sdk.CredentialsProvider }

type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

func (p credentials) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	c, err := p.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return c, &credentialsError{err}
	}
	return c, nil
}

// httpClient is the SDK's own kind of client, so that AWS_CA_BUNDLE and proxies
// keep working, with limits that a person at a terminal can wait for.
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

// newRetryer is for reads: it slows down when AWS throttles.
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

// patient waits for the adaptive retryer's leave to go on. Left to itself the
// retryer rounds what is left to wait down to nothing, and then turns round and
// round without letting time pass.
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

// newWriteRetryer is for calls that change something. Throttling is left to the
// caller, who paces all calls together. What may have been carried out already
// is tried again only if doing it twice does no harm.
func newWriteRetryer(idempotent bool) sdk.Retryer {
	return retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = attempts
		s.Backoff = retry.BackoffDelayerFunc(backoff)
		checks := []retry.IsErrorRetryable{
			retry.NoRetryCanceledError{},
			retry.IsErrorRetryableFunc(noCredentials),
			retry.IsErrorRetryableFunc(func(err error) sdk.Ternary {
				if throttle(err) {
					return sdk.FalseTernary
				}
				return sdk.UnknownTernary
			}),
		}
		if idempotent {
			s.Retryables = append(append(checks, retry.IsErrorRetryableFunc(cutShort)), s.Retryables...)
			return
		}
		s.Retryables = append(checks, retry.IsErrorRetryableFunc(neverSent))
	})
}

// noCredentials ends the attempts when credentials cannot be had: whoever looked
// for them has tried again already.
func noCredentials(err error) sdk.Ternary {
	var e *credentialsError
	if errors.As(err, &e) {
		return sdk.FalseTernary
	}
	return sdk.UnknownTernary
}

// cutShort tells whether an answer broke off, which the SDK reports as one that
// could not be read and does not try again.
func cutShort(err error) sdk.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return sdk.TrueTernary
	}
	return sdk.UnknownTernary
}

// neverSent tells whether no connection came about, so that AWS cannot have seen
// the request.
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

// throttle tells whether AWS asks to slow down.
func throttle(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == sdk.TrueTernary
}

// backoff waits longer for a bucket to fill up than for a broken connection.
func backoff(attempt int, err error) (time.Duration, error) {
	base := 100 * time.Millisecond
	if throttle(err) {
		base = time.Second
	}
	d := min(base<<min(attempt, 10), retry.DefaultMaxBackoff)
	return d/2 + rand.N(d/2+1), nil
}

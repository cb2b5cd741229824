package aws

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// reply is an answer to any request.
func reply(r *http.Request, status int, body string, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Request: r, Header: http.Header{}, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return resp
}

// at opens an account whose requests f answers.
func at(t *testing.T, f roundTrip, more ...func(*Options)) *Client {
	t.Helper()
	return open(t, &stub{}, append([]func(*Options){func(o *Options) { o.Transport = f }}, more...)...)
}

// fromSettings opens an account with nothing but these variables and this profile.
func fromSettings(t *testing.T, profile string, variables ...string) *Client {
	t.Helper()
	for _, v := range os.Environ() {
		if k, _, _ := strings.Cut(v, "="); strings.HasPrefix(k, "AWS_") {
			t.Setenv(k, "")
			os.Unsetenv(k)
		}
	}
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range append([]string{"AWS_CONFIG_FILE=" + file, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_ACCESS_KEY_ID=AKIAX", "AWS_SECRET_ACCESS_KEY=x", "AWS_SESSION_TOKEN=s"}, variables...) {
		k, v, _ := strings.Cut(v, "=")
		t.Setenv(k, v)
	}
	c, err := Open(t.Context(), Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A server that knows the secret key comes to the same signature: the host is signed with
// its port, the session token too, and the body as it was sent.
func TestUntypedRequestsAreSigned(t *testing.T) {
	var bodies []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		sent := r.Header.Get("Authorization")
		when, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		again := r.Clone(r.Context())
		again.URL.Host, again.Header = r.Host, http.Header{}
		_, signed, _ := strings.Cut(sent, "SignedHeaders=")
		signed, _, _ = strings.Cut(signed, ",")
		for _, name := range strings.Split(signed, ";") {
			if name != "host" && name != "content-length" {
				again.Header[http.CanonicalHeaderKey(name)] = r.Header[http.CanonicalHeaderKey(name)]
			}
		}
		again.Header.Del("X-Amz-Security-Token")
		who := sdk.Credentials{AccessKeyID: "AKIAX", SecretAccessKey: "x", SessionToken: "s"}
		if err := errors.Join(err, v4.NewSigner().SignHTTP(r.Context(), who, again, sum(body), "secretsmanager", "us-east-1", when)); err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(again.Header.Get("Authorization"), sent); d != "" {
			t.Error(d)
		}
		for _, name := range []string{"host", "x-amz-date", "x-amz-security-token", "x-amz-target", "content-type", "content-length"} {
			if !strings.Contains(";"+signed+";", ";"+name+";") {
				t.Errorf("%s is not signed: %s", name, signed)
			}
		}
		if r.ContentLength != int64(len(body)) || !strings.Contains(r.UserAgent(), "privatelink-wizard") || r.Header.Get("Amz-Sdk-Invocation-Id") == "" {
			t.Errorf("%d bytes of %d, %v", len(body), r.ContentLength, r.Header)
		}
		if len(bodies) == 1 {
			w.WriteHeader(500)
		}
		_, _ = io.WriteString(w, `{}`)
	}))
	defer s.Close()
	c := fromSettings(t, "", "AWS_ENDPOINT_URL="+s.URL)
	defer c.cfg.HTTPClient.(interface{ GetTransport() *http.Transport }).GetTransport().CloseIdleConnections()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if _, err := c.Call(t.Context(), "secretsmanager", "DescribeSecret", map[string]any{"SecretId": "a"}); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{`{"SecretId":"a"}`, `{"SecretId":"a"}`}, bodies); d != "" {
		t.Error(d)
	}
}

func sum(body []byte) string {
	h := sha256.Sum256(body)
	return hex.EncodeToString(h[:])
}

func TestUntypedEndpoints(t *testing.T) {
	const profile = "[default]\nservices = here\nendpoint_url = http://all\n[services here]\nsecrets_manager =\n  endpoint_url = http://secrets\n"
	for _, tc := range []struct {
		name, profile   string
		variables       []string
		service, region string
		want            string
	}{
		{service: "ssm", want: "https://ssm.us-east-1.amazonaws.com"},
		{service: "elbv2", region: "cn-north-1", want: "https://elasticloadbalancing.cn-north-1.amazonaws.com.cn"},
		{service: "kms", region: "eusc-de-east-1", want: "https://kms.eusc-de-east-1.amazonaws.eu"},
		{service: "acm", variables: []string{"AWS_USE_FIPS_ENDPOINT=true"}, want: "https://acm-fips.us-east-1.amazonaws.com"},
		{service: "ssm", variables: []string{"AWS_USE_FIPS_ENDPOINT=true"}, region: "us-gov-west-1", want: "https://ssm.us-gov-west-1.amazonaws.com"},
		{service: "kms", variables: []string{"AWS_USE_FIPS_ENDPOINT=true"}, region: "us-gov-west-1", want: "https://kms-fips.us-gov-west-1.amazonaws.com"},
		{service: "batch", variables: []string{"AWS_USE_FIPS_ENDPOINT=true"}, want: "https://fips.batch.us-east-1.amazonaws.com"},
		{service: "batch", variables: []string{"AWS_USE_FIPS_ENDPOINT=true", "AWS_USE_DUALSTACK_ENDPOINT=true"}, want: "https://batch-fips.us-east-1.api.aws"},
		{service: "ssm", variables: []string{"AWS_USE_DUALSTACK_ENDPOINT=true"}, want: "https://ssm.us-east-1.api.aws"},
		{service: "secretsmanager", variables: []string{"AWS_USE_DUALSTACK_ENDPOINT=true", "AWS_USE_FIPS_ENDPOINT=true"}, want: "https://secretsmanager-fips.us-east-1.amazonaws.com"},
		{service: "ssm", variables: []string{"AWS_ENDPOINT_URL=http://all", "AWS_ENDPOINT_URL_SSM=http://one"}, want: "http://one"},
		{service: "servicequotas", variables: []string{"AWS_ENDPOINT_URL_SERVICE_QUOTAS=http://one"}, want: "http://one"},
		{service: "kms", variables: []string{"AWS_ENDPOINT_URL=http://all", "AWS_ENDPOINT_URL_SSM=http://one"}, want: "http://all"},
		{service: "secretsmanager", profile: profile, want: "http://secrets"},
		{service: "kms", profile: profile, want: "http://all"},
		{service: "secretsmanager", profile: profile, variables: []string{"AWS_ENDPOINT_URL=http://env"}, want: "http://env"},
		{service: "secretsmanager", profile: profile, variables: []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER=http://env"}, want: "http://env"},
		{service: "secretsmanager", profile: profile, variables: []string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"}, want: "https://secretsmanager.us-east-1.amazonaws.com"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			s := untypedServices[tc.service]
			s.region = "us-east-1"
			if tc.region != "" {
				s.region = tc.region
			}
			if got, err := fromSettings(t, tc.profile, tc.variables...).endpoint(t.Context(), s); got != tc.want || err != nil {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

// A clock that is wrong is found out by the answers, and the next attempt is signed by AWS's.
func TestUntypedCallsWithAWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dates []string
		c := at(t, func(r *http.Request) (*http.Response, error) {
			now := time.Now().UTC().Add(time.Hour)
			dates = append(dates, r.Header.Get("X-Amz-Date"))
			if r.Header.Get("X-Amz-Date") != now.Format("20060102T150405Z") {
				return reply(r, 403, `{"__type":"InvalidSignatureException","message":"Signature expired"}`, "Date", now.Format(http.TimeFormat)), nil
			}
			return reply(r, 200, `{}`, "Date", now.Format(http.TimeFormat)), nil
		})
		for range 2 {
			if _, err := c.Call(t.Context(), "kms", "DescribeKey", nil); err != nil {
				t.Error(err)
			}
		}
		if len(dates) != 3 {
			t.Errorf("asked %d times, at %v", len(dates), dates)
		}
	})
}

// Without a token of the caller's the call is not tried again, but where it never left
// this computer; with one or without it, every attempt has the same one.
func TestUntypedTokens(t *testing.T) {
	for _, op := range []string{"CreateSecret", "PutSecretValue"} {
		synctest.Test(t, func(t *testing.T) {
			var tokens []string
			s := &stub{answer: func(_ string, n int, in url.Values) (int, string, error) {
				var sent struct{ ClientRequestToken string }
				if err := json.Unmarshal([]byte(in.Get("json")), &sent); err != nil || strings.Contains(in.Get("json"), "Description") {
					t.Errorf("%v: %s", err, in.Get("json"))
				}
				tokens = append(tokens, sent.ClientRequestToken)
				if n == 1 {
					return 0, "", errDial
				}
				return 200, `{}`, nil
			}}
			c, in := open(t, s), map[string]any{"Name": "s", "Description": nil}
			for range 2 {
				if _, err := c.Call(t.Context(), "secretsmanager", op, in); err != nil {
					t.Error(err)
				}
			}
			if len(tokens) != 3 || len(tokens[0]) != 36 || tokens[0] != tokens[1] || tokens[1] == tokens[2] {
				t.Errorf("%s: %q", op, tokens)
			}
			if d := cmp.Diff(map[string]any{"Name": "s", "Description": nil}, in); d != "" {
				t.Error("the caller's request has changed", d)
			}
		})
	}
}

func TestUntypedRefusals(t *testing.T) {
	for _, tc := range []struct {
		name, service, op string
		status            int
		body              string
		header            []string
		code, says        string
	}{
		{"namespace", "kms", "DescribeKey", 400, `{"__type":"com.amazonaws.kms#NotFoundException","message":"gone"}`, nil, "NotFoundException", "gone (request id r-1)"},
		{"capital", "ssm", "SendCommand", 400, `{"__type":"InvalidDocument","Message":"none"}`, nil, "InvalidDocument", "none"},
		{"header", "ssm", "SendCommand", 400, `{"message":"none"}`, []string{"X-Amzn-Errortype", "InvalidDocument:http://internal.amazon.com/coral/"}, "InvalidDocument", "none"},
		{"header alone", "ssm", "SendCommand", 400, ``, []string{"X-Amzn-Errortype", "a.b#InvalidDocument"}, "InvalidDocument", "AWS answered InvalidDocument"},
		{"no code", "kms", "DescribeKey", 404, `{"message":"Not Found"}`, nil, "", "status 404: Not Found"},
		{"query", "elbv2", "DeleteListener", 400, `<ErrorResponse><Error><Type>Sender</Type><Code>ListenerNotFound</Code><Message>a &lt; b</Message></Error><RequestId>other</RequestId></ErrorResponse>`, nil, "ListenerNotFound", "a < b (request id r-1)"},
		{"REST", "batch", "RegisterJobDefinition", 400, `{"message":"no"}`, []string{"X-Amzn-Errortype", "ClientException:"}, "ClientException", "no (request id r-1)"},
		{"other list", "kms", "DescribeKey", 200, `["x"]`, nil, CodeUnreadable, "cannot be read"},
		{"half", "elbv2", "DeleteListener", 200, `<DeleteListenerResponse><DeleteListenerResult>`, nil, CodeUnreadable, "cannot be read"},
		{"another document", "elbv2", "DeleteListener", 200, `<html><body>Sign in</body></html>`, nil, CodeUnreadable, "proxy"},
		{"proxy's refusal", "elbv2", "DeleteListener", 407, `<html><body>Sign in</body></html>`, nil, CodeUnreadable, "proxy"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := at(t, func(r *http.Request) (*http.Response, error) {
				return reply(r, tc.status, tc.body, append(tc.header, "X-Amzn-Requestid", "r-1")...), nil
			})
			_, err := c.Call(t.Context(), tc.service, tc.op, map[string]any{})
			var e *Error
			if !errors.As(err, &e) || e.Code != tc.code || !strings.Contains(e.Error(), tc.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUntypedAnswers(t *testing.T) {
	for _, tc := range []struct {
		service, op, body string
		want              map[string]any
	}{
		{"ssm", "GetCommandInvocation", `{"A":null,"B":[{"C":null,"D":""}],"E":[],"ExpiresAfter":1767323045.678,"RegistrationDate":1.76732304512E9,"ResponseCode":0,"Big":123456789012}`, map[string]any{
			"B": []any{map[string]any{"D": ""}}, "E": []any{}, "ExpiresAfter": "2026-01-02T03:04:05.678000+00:00", "RegistrationDate": "2026-01-02T03:04:05.120000+00:00", "ResponseCode": 0., "Big": 123456789012.}},
		{"batch", "DescribeJobDefinitions", `{"jobDefinitions":[{"createdAt":1767323045678,"x":null}]}`, map[string]any{"jobDefinitions": []any{map[string]any{"createdAt": 1767323045678.}}}},
		{"kms", "DescribeKey", ``, map[string]any{}},
		{"elbv2", "DeleteListener", `<?xml version="1.0"?><DeleteListenerResponse xmlns="x"><DeleteListenerResult/><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DeleteListenerResponse>`, map[string]any{}},
	} {
		c := at(t, func(r *http.Request) (*http.Response, error) { return reply(r, 200, tc.body), nil })
		got, err := c.Call(t.Context(), tc.service, tc.op, nil)
		if d := cmp.Diff(any(tc.want), got); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", tc.op, err, d)
		}
	}
}

// What came before a page that fails is read.
func TestUntypedPagesUpToAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if strings.Contains(in.Get("json"), "NextToken") && op == "secretsmanager:ListSecrets" {
				return refuse(op, 400, "AccessDeniedException", "no")
			}
			return canned(op, n, in)
		}}
		got, err := open(t, s).Load(t.Context(), inventory.Request{Part: inventory.PartRegistry})
		if err != nil || len(got.Secrets) != 1 || got.Secrets[0].Deleted != "2026-01-02T03:04:05Z" || len(got.Gaps) != 1 {
			t.Errorf("%v %+v %+v", err, got.Secrets, got.Gaps)
		}
	})
	for service, body := range map[string]string{"kms": `{"Aliases":[],"NextMarker":"again"}`, "secretsmanager": `{"SecretList":[],"NextToken":"again"}`} {
		c := at(t, func(r *http.Request) (*http.Response, error) { return reply(r, 200, body), nil })
		_, err := c.Call(t.Context(), service, map[string]string{"kms": "ListAliases", "secretsmanager": "ListSecrets"}[service], nil)
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeUnreadable || !strings.Contains(e.Message, "never ends") {
			t.Errorf("%s: %v", service, err)
		}
	}
}

// A cancelled call ends at once, while it is under way, between attempts, and while it
// waits for its turn.
func TestUntypedCallsAreCancelled(t *testing.T) {
	for name, f := range map[string]roundTrip{
		"under way": func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() },
		"answering": func(r *http.Request) (*http.Response, error) {
			resp := reply(r, 200, "")
			resp.Body = io.NopCloser(stuck{r.Context()})
			return resp, nil
		},
		"between": func(r *http.Request) (*http.Response, error) {
			return reply(r, 503, `{"__type":"ThrottlingException"}`), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				const when = 500 * time.Millisecond
				time.AfterFunc(when, cancel)
				start := time.Now()
				c := at(t, f)
				errs := make([]error, parallel+1)
				var calls sync.WaitGroup
				for i := range errs {
					calls.Go(func() { _, errs[i] = c.Call(ctx, "kms", "ListAliases", nil) })
				}
				calls.Wait()
				for _, err := range errs {
					var e *Error
					if !errors.As(err, &e) || e.Code != CodeCancelled || e.Op != "kms:ListAliases" || time.Since(start) != when {
						t.Fatalf("%v after %v", err, time.Since(start))
					}
				}
			})
		})
	}
}

// stuck is a body that does not come.
type stuck struct{ ctx context.Context }

func (s stuck) Read([]byte) (int, error) { <-s.ctx.Done(); return 0, s.ctx.Err() }

func TestUntypedDebugLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		n := 0
		c := at(t, func(r *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				return reply(r, 500, `{"__type":"InternalServiceError","message":"hunter2"}`, "X-Amzn-Requestid", "r-1"), nil
			}
			return reply(r, 200, `{}`, "X-Amzn-Requestid", "r-2"), nil
		}, func(o *Options) { o.Debug = &b })
		if _, err := c.Call(t.Context(), "secretsmanager", "DescribeSecret", map[string]any{"SecretId": "hunter2"}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		want := []string{"secretsmanager DescribeSecret status=500 code=InternalServiceError attempt=1 duration=0s request=r-1", "secretsmanager DescribeSecret status=200 code=ok attempt=2 duration=0s request=r-2"}
		for i := range lines {
			_, lines[i], _ = strings.Cut(lines[i], " ")
		}
		if d := cmp.Diff(want, lines); d != "" {
			t.Error(d)
		}
	})
}

// Reads are tried again and words are found as with the SDK's own clients.
func TestUntypedErrorsInWords(t *testing.T) {
	nohost := &net.DNSError{Err: "no such host", Name: "kms.us-east-1.amazonaws.com", IsNotFound: true}
	html := func(status int) *stub {
		return &stub{answer: func(string, int, url.Values) (int, string, error) { return status, "<html><body>no", nil }}
	}
	for service, op := range map[string]string{"kms": "ListAliases", "batch": "DescribeJobQueues", "elbv2": "DescribeListeners"} {
		for _, tc := range []struct {
			name  string
			s     *stub
			code  string
			says  string
			is    func(*Error) bool
			asked int
		}{
			{"denied", always(403, "AccessDeniedException", "no"), "AccessDeniedException", "Ask the administrator", (*Error).Denied, 1},
			{"throttled", always(400, "ThrottlingException", "slow down"), "ThrottlingException", "tried 6 times", (*Error).Throttled, 6},
			{"expired", always(403, "ExpiredTokenException", "old"), "ExpiredTokenException", "aws sso login", (*Error).NoCredentials, 1},
			{"500", always(500, "InternalFailure", "oops"), "InternalFailure", "fault is with AWS", nil, 6},
			{"503 of a proxy", html(503), "", "status 503 (tried 6 times", nil, 6},
			{"page of a proxy", html(200), CodeUnreadable, "cannot be read", nil, 1},
			{"refusal of a proxy", html(403), CodeUnreadable, "check the proxy", nil, 1},
			{"broken", broken(io.ErrUnexpectedEOF), CodeUnreachable, "broke", nil, 6},
			{"cut off", &stub{answer: func(string, int, url.Values) (int, string, error) { return 200, `{"A` + cutOff, nil }}, CodeUnreadable, "cannot be read", nil, 6},
			{"no connection", broken(errDial), CodeUnreachable, "nothing answers", nil, 6},
			{"no host", broken(nohost), CodeUnreachable, "no host kms.us-east-1", nil, 1},
			{"timeout", broken(os.ErrDeadlineExceeded), CodeTimeout, "did not answer in time", nil, 6},
		} {
			t.Run(service+"/"+tc.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					_, err := open(t, tc.s).Call(t.Context(), service, op, nil)
					var e *Error
					if !errors.As(err, &e) || e.Code != tc.code || e.Op != permission(service, op) || !strings.Contains(e.Error(), tc.says) || tc.is != nil && !tc.is(e) {
						t.Fatalf("got %v", err)
					}
					if n := tc.s.calls[e.Op]; n != tc.asked {
						t.Errorf("asked %d times, want %d", n, tc.asked)
					}
				})
			})
		}
	}
}

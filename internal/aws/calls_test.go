package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// reply is an answer to any request.
func reply(r *http.Request, status int, body string, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Request: r, Header: http.Header{}, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return resp
}

// at opens an account. The function f answers its requests.
func at(t *testing.T, f roundTrip, more ...func(*Options)) *Client {
	t.Helper()
	return open(t, &stub{}, append([]func(*Options){func(o *Options) { o.Transport = f }}, more...)...)
}

// inURL are the fields of requests that their URL needs.
var inURL = map[string]map[string]any{"mwaa": {"Name": "x"}, "route53": {"HostedZoneId": "Z1"}}

func fields(service string) map[string]any {
	out := map[string]any{}
	maps.Copy(out, inURL[service])
	return out
}

// unchecked returns the account without the SDK's check for required fields.
func unchecked(c *Client) *Client {
	c.cfg.APIOptions = append(slices.Clone(c.cfg.APIOptions), func(s *middleware.Stack) error {
		_, _ = s.Initialize.Remove("OperationInputValidation") // some have none
		return nil
	})
	return newClient(c.cfg)
}

// TestRetries tests every operation with a connection that breaks after the request was sent, an error of the
// server and a throttled call. Only calls that change nothing are made again.
func TestRetries(t *testing.T) {
	for name := range open(t, &stub{}).operations() {
		service, op, _ := strings.Cut(name, ".")
		refused := func(status int, code string) func(*http.Request) (*http.Response, error) {
			return func(r *http.Request) (*http.Response, error) {
				status, body, err := refuse(resource.Action(service, op), status, code, "slow down")
				return reply(r, status, body), err
			}
		}
		for what, answer := range map[string]func(r *http.Request) (*http.Response, error){
			"broken":    func(*http.Request) (*http.Response, error) { return nil, errors.New("read: connection reset by peer") },
			"fault":     refused(500, "InternalFailure"),
			"throttled": refused(400, "ThrottlingException"),
		} {
			synctest.Test(t, func(t *testing.T) {
				want, asked := 1, 0
				if resource.Reads(op) {
					want = attempts
				}
				c := unchecked(at(t, func(r *http.Request) (*http.Response, error) { asked++; return answer(r) }))
				_, err := c.Call(t.Context(), service, op, fields(service))
				var e *Error
				if !errors.As(err, &e) || asked != want {
					t.Errorf("%s, %s: asked %d times, want %d: %v", name, what, asked, want, err)
				} else if e.Unsure() != (what != "throttled") {
					t.Errorf("%s, %s: unsure is %v", name, what, e.Unsure())
				}
			})
		}
	}
}

// Without the caller's token the SDK adds one, and every attempt has the same.
func TestTokensOfTheSDK(t *testing.T) {
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
				return 200, `{"ARN":"arn:s","VersionId":"v"}`, nil
			}}
			c, in := open(t, s), map[string]any{"SecretId": "s", "Description": nil}
			if op == "CreateSecret" {
				in = map[string]any{"Name": "s", "Description": nil}
			} else {
				delete(in, "Description")
			}
			for range 2 {
				if _, err := c.Call(t.Context(), "secretsmanager", op, in); err != nil {
					t.Error(err)
				}
			}
			if len(tokens) != 3 || len(tokens[0]) != 36 || tokens[0] != tokens[1] || tokens[1] == tokens[2] {
				t.Errorf("%s: %q", op, tokens)
			}
		})
	}
}

// The pages before a failed page are read. An endless list is an error.
func TestPagesUpToAFailure(t *testing.T) {
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
}

// A list with a repeated page token ends, both on the last page and on an earlier one.
func TestListsThatNeverEnd(t *testing.T) {
	for _, turns := range []int{1, 2, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
				switch op {
				case "kms:ListAliases":
					return 200, fmt.Sprintf(`{"Aliases":[],"Truncated":true,"NextMarker":"page %d"}`, n%turns), nil
				case "ec2:DescribeVpcEndpointServices": // its paginator is not from the SDK
					return 200, fmt.Sprintf(`<DescribeVpcEndpointServicesResponse><nextToken>page %d</nextToken></DescribeVpcEndpointServicesResponse>`, n%turns), nil
				}
				return canned(op, n, in)
			}}
			for part, op := range map[inventory.Part]string{inventory.PartRegistry: "kms:ListAliases", inventory.PartServices: "ec2:DescribeVpcEndpointServices"} {
				_, err := open(t, s).Load(t.Context(), inventory.Request{Part: part})
				var e *Error
				if !errors.As(err, &e) || e.Code != CodeUnreadable || e.Op != op || !strings.Contains(e.Message, "endless list") || s.calls[op] != turns+1 {
					t.Errorf("%s in turns of %d: asked %d times: %v", op, turns, s.calls[op], err)
				}
			}
		})
	}
}

// A cancelled call ends immediately: while it is running, between attempts, and while it waits
// for a slot.
func TestCallsAreCancelled(t *testing.T) {
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
					calls.Go(func() { _, errs[i] = c.Call(ctx, "secretsmanager", "DescribeSecret", map[string]any{"SecretId": "s"}) })
				}
				calls.Wait()
				for _, err := range errs {
					var e *Error
					if !errors.As(err, &e) || e.Code != CodeCancelled || e.Op != "secretsmanager:DescribeSecret" || time.Since(start) != when {
						t.Fatalf("%v after %v", err, time.Since(start))
					}
				}
			})
		})
	}
}

// TestBodiesOfRequestsAreOnlyRead: see bodies.
func TestBodiesOfRequestsAreOnlyRead(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAX")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	c, err := Open(t.Context(), Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	b, ok := c.cfg.HTTPClient.(bodies)
	if !ok {
		t.Fatalf("requests are sent by a %T", c.cfg.HTTPClient)
	}
	b.HTTPClient = doer{roundTrip(func(r *http.Request) (*http.Response, error) {
		if _, ok := r.Body.(io.WriterTo); ok {
			t.Error("the body has WriteTo")
		}
		body, err := io.ReadAll(r.Body)
		return reply(r, 200, string(body)), err
	})}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x", io.NopCloser(bytes.NewReader([]byte("all of it"))))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(resp.Body); string(got) != "all of it" || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

// stuck is a body that never arrives.
type stuck struct{ ctx context.Context }

func (s stuck) Read([]byte) (int, error) { <-s.ctx.Done(); return 0, s.ctx.Err() }

// The limit of parallel calls applies to all services together.
func TestCallsWaitForASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		c := at(t, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(answerTime)
			mu.Lock()
			now--
			mu.Unlock()
			return reply(r, 200, `{}`), nil
		})
		var calls sync.WaitGroup
		for range 2 * parallel {
			calls.Go(func() {
				_, _ = c.Call(t.Context(), "secretsmanager", "DescribeSecret", map[string]any{"SecretId": "s"})
			})
			calls.Go(func() { _, _ = c.Call(t.Context(), "ecs", "DescribeTasks", map[string]any{"tasks": []any{"t"}}) })
		}
		calls.Wait()
		if most != parallel {
			t.Errorf("%d calls at the same time, want %d", most, parallel)
		}
	})
}

func TestDebugLinesOfJSONServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		n := 0
		c := at(t, func(r *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				return reply(r, 500, `{"__type":"InternalServiceError","message":"hunter2"}`, "X-Amzn-Requestid", "r-1"), nil
			}
			return reply(r, 200, `{"ARN":"arn:s"}`, "X-Amzn-Requestid", "r-2"), nil
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

// Retries and error messages of reads are the same for every protocol: JSON, REST, Query.
func TestErrorsOfEachProtocol(t *testing.T) {
	html := func(status int) *stub {
		return &stub{answer: func(string, int, url.Values) (int, string, error) { return status, "<html><body>no", nil }}
	}
	for service, op := range map[string]string{"secretsmanager": "DescribeSecret", "batch": "DescribeJobDefinitions", "elbv2": "DescribeListeners", "ec2": "DescribeInstances", "route53": "ListResourceRecordSets"} {
		in := map[string]any{}
		switch service {
		case "secretsmanager":
			in["SecretId"] = "s"
		case "route53":
			in["HostedZoneId"] = "Z1"
		}
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
			{"500", always(500, "InternalFailure", "oops"), "InternalFailure", "failure is on the side of AWS", nil, 6},
			{"503 of a proxy", html(503), "", "did not answer like AWS: status 503", nil, 6},
			{"page of a proxy", html(200), CodeUnreadable, "did not answer like AWS", nil, 1},
			{"refusal of a proxy", html(403), CodeUnreadable, "did not answer like AWS: status 403", nil, 1},
			{"broken", broken(io.ErrUnexpectedEOF), CodeUnreachable, "broke", nil, 6},
			{"cut off", &stub{answer: func(string, int, url.Values) (int, string, error) { return 200, `{"A` + cutOff, nil }}, CodeUnreadable, "ended early (status 200) (tried 6 times", nil, 6},
			{"no connection", broken(errDial), CodeUnreachable, "no answer from", nil, 6},
			{"no host", broken(&net.DNSError{Err: "no such host", Name: "a.us-east-1.amazonaws.com", IsNotFound: true}), CodeUnreachable, "the host a.us-east-1", nil, 1},
			{"timeout", broken(os.ErrDeadlineExceeded), CodeTimeout, "did not answer in time", nil, 6},
		} {
			t.Run(service+"/"+tc.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					_, err := open(t, tc.s).Call(t.Context(), service, op, in)
					var e *Error
					if !errors.As(err, &e) || e.Code != tc.code || e.Op != resource.Action(service, op) || !strings.Contains(e.Error(), tc.says) || tc.is != nil && !tc.is(e) {
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

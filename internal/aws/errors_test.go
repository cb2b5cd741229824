package aws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// always gives every call the same answer.
func always(status int, code, message string) *stub {
	return &stub{answer: func(op string, _ int, _ url.Values) (int, string, error) { return refuse(op, status, code, message) }}
}

func broken(err error) *stub {
	return &stub{answer: func(string, int, url.Values) (int, string, error) { return 0, "", err }}
}

func TestErrorsInWords(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, tc := range []struct {
		name   string
		s      *stub
		code   string
		says   []string
		is     func(*Error) bool
		asked  int // how often the call was tried
		region string
	}{
		{"expired", always(400, "ExpiredToken", "The security token included in the request is expired"), "ExpiredToken",
			[]string{"ec2:DescribeVpcs: AWS answered ExpiredToken", "request id req-", "aws sso login"}, (*Error).NoCredentials, 1, ""},
		{"request expired", always(400, "RequestExpired", "Request has expired"), "RequestExpired", []string{"aws sso login", "clock"}, (*Error).NoCredentials, 1, ""},
		{"unknown key", always(401, "AuthFailure", "AWS was not able to validate the provided access credentials"), "AuthFailure", []string{"does not know these credentials", "aws configure"}, (*Error).NoCredentials, 1, ""},
		{"unknown key in a Region that must be enabled", always(401, "AuthFailure", "no"), "AuthFailure", []string{"Region ca-west-1 is not enabled"}, (*Error).NoCredentials, 1, "ca-west-1"},
		{"signature", always(403, "SignatureDoesNotMatch", "no"), "SignatureDoesNotMatch", []string{"clock", "secret access key"}, nil, 1, ""},
		{"not enabled", always(401, "OptInRequired", "You are not subscribed to this service"), "OptInRequired", []string{"not enabled for this account"}, nil, 1, ""},
		{"throttled", always(503, "RequestLimitExceeded", "Request limit exceeded."), "RequestLimitExceeded", []string{"tried 6 times", "try again"}, (*Error).Throttled, 6, ""},
		{"server error", always(500, "InternalError", "An internal error has occurred"), "InternalError", []string{"tried 6 times", "failure is on the side of AWS"}, nil, 6, ""},
		{"no code", &stub{answer: func(string, int, url.Values) (int, string, error) { return 502, "<html>bad gateway</html>", nil }}, "", []string{"the server at https://ec2.us-east-1.amazonaws.com did not answer like AWS: status 502", `"<html>bad gateway</html>"`, "(tried 6 times, request id req-6)"}, nil, 6, ""},
		{"no JSON", &stub{answer: func(string, int, url.Values) (int, string, error) { return 500, "{<html>oops</html>", nil }}, "", []string{"status 500", "without an error code of AWS"}, nil, 6, ""},
		{"malformed", &stub{answer: func(string, int, url.Values) (int, string, error) {
			return 200, "<html><body>Sign in to the network", nil
		}}, CodeUnreadable, []string{"the server at https://ec2.us-east-1.amazonaws.com did not answer like AWS", "Sign in to the network", "proxy", "login in a browser"}, nil, 0, ""},
		{"refused connection", broken(dial), CodeUnreachable, []string{"no answer from", "connection refused", "AWS_ENDPOINT_URL"}, nil, 6, ""},
		{"no such host", broken(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "ec2.us-east-1.amazonaws.com", IsNotFound: true}}), CodeUnreachable, []string{"host ec2.us-east-1.amazonaws.com does not exist", "DNS"}, nil, 1, ""},
		{"timeout", broken(os.ErrDeadlineExceeded), CodeTimeout, []string{"did not answer in time"}, nil, 6, ""},
		{"cut off", broken(io.ErrUnexpectedEOF), CodeUnreachable, []string{"broke", "Try again"}, nil, 6, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := open(t, tc.s, func(o *Options) {
					if tc.region != "" {
						o.Region = tc.region
					}
				})
				_, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartVPCs})
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("got %T %v", err, err)
				}
				t.Log(e)
				if e.Code != tc.code || e.Op != "ec2:DescribeVpcs" {
					t.Errorf("op %q code %q", e.Op, e.Code)
				}
				for _, s := range tc.says {
					if !strings.Contains(e.Error(), s) {
						t.Errorf("does not say %q", s)
					}
				}
				if tc.is != nil && !tc.is(e) {
					t.Error("is not what it should be")
				}
				if n := tc.s.calls["ec2:DescribeVpcs"]; tc.asked != 0 && n != tc.asked {
					t.Errorf("asked %d times, want %d", n, tc.asked)
				}
				if strings.Count(e.Error(), "\n") > 0 {
					t.Error("more than one line")
				}
			})
		})
	}
}

func TestReadsAreTriedAgain(t *testing.T) {
	for name, first := range map[string]func(op string) (int, string, error){
		"throttled":  func(op string) (int, string, error) { return refuse(op, 503, "RequestLimitExceeded", "slow down") },
		"5xx":        func(op string) (int, string, error) { return refuse(op, 500, "InternalError", "oops") },
		"connection": func(string) (int, string, error) { return 0, "", errors.New("read: connection reset by peer") },
		"cut off":    func(string) (int, string, error) { return 200, "<DescribeVpcsResponse><vpcSet><item>" + cutOff, nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
					if n < 3 {
						return first(op)
					}
					return canned(op, n, in)
				}}
				got, err := open(t, s).Load(t.Context(), inventory.Request{Part: inventory.PartVPCs})
				if err != nil || len(got.VPCs) != 1 {
					t.Errorf("%+v %v", got, err)
				}
			})
		})
	}
}

// A denied sts:AssumeRole is not a gap of the call that needed the role.
func TestCredentialFailuresAreNoGaps(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		says string
	}{
		{"assume role", fmt.Errorf("operation error STS: AssumeRole, %w", denied()), "answered AccessDenied"},
		{"none", errors.New("no EC2 IMDS role found"), "aws sso login"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := open(t, &stub{})
			err := c.fail("ec2:DescribeVpcs", fmt.Errorf("get identity: get credentials: %w", &credentialsError{tc.err}))
			var e *Error
			if !errors.As(err, &e) || e.Denied() || !e.NoCredentials() || !strings.Contains(e.Error(), tc.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func denied() error {
	c, _ := Open(context.Background(), Options{Region: "us-east-1", Transport: always(403, "AccessDenied", "not authorized to perform sts:AssumeRole")})
	_, err := stsClient(c).GetCallerIdentity(context.Background(), nil)
	return err
}

// bare removes the AWS settings of this computer for a test.
func bare(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if k, _, _ := strings.Cut(v, "="); strings.HasPrefix(k, "AWS_") {
			t.Setenv(k, "")
			os.Unsetenv(k)
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func TestOpenSettings(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte("[default]\n[profile east]\nregion = us-east-2\n[profile role]\nregion = us-east-1\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = role\nmfa_serial = arn:aws:iam::1:mfa/x\naws_access_key_id = a\naws_secret_access_key = b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bare(t)
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")

	var e *Error
	if _, err := Open(t.Context(), Options{}); !errors.As(err, &e) || e.Code != CodeNoRegion || !strings.Contains(e.Error(), "--region") {
		t.Errorf("no Region: %v", err)
	}
	if _, err := Open(t.Context(), Options{Profile: "nope"}); !errors.As(err, &e) || e.Code != CodeNoProfile || !strings.Contains(e.Error(), `"nope"`) {
		t.Errorf("no profile: %v", err)
	}
	if _, err := Open(t.Context(), Options{Profile: "role"}); !errors.As(err, &e) || !e.NoCredentials() || !strings.Contains(e.Error(), "MFA") {
		t.Errorf("MFA: %v", err)
	}
	c, err := Open(t.Context(), Options{Profile: "east"})
	if err != nil || c.Region() != "us-east-2" {
		t.Fatalf("profile: %v", err)
	}
	_, err = c.Load(t.Context(), inventory.Request{Part: inventory.PartVPCs})
	if !errors.As(err, &e) || e.Code != CodeNoCredentials || !strings.Contains(e.Error(), "`aws configure sso --profile east`") {
		t.Errorf("no credentials: %v", err)
	}
	t.Log(err)
	for _, bad := range []string{"us east 1", "moon", "us-east-1.evil.example", "us-east-1a", "US-EAST-1"} {
		if _, err := Open(t.Context(), Options{Region: bad}); !IsUnknownRegion(err) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	t.Setenv("AWS_REGION", "us-esat-1")
	c, err = Open(t.Context(), Options{})
	if err != nil || c.Region() != "us-esat-1" {
		t.Errorf("AWS_REGION: %v", err)
	}
	if err := (&RegionError{Region: "us-esat-1", Reason: "x"}); !strings.Contains(err.Error(), "us-east-1?") {
		t.Errorf("no suggestion: %v", err)
	}
}

// With a transport the environment is ignored.
func TestSandboxBeatsTheEnvironment(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:1")
	t.Setenv("AWS_PROFILE", "nope")
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "real")
	t.Setenv("AWS_SESSION_TOKEN", "real")
	t.Setenv("AWS_MAX_ATTEMPTS", "nonsense")
	seen := 0
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		seen++
		if r.URL.Host != "ec2.us-east-1.amazonaws.com" || strings.Contains(r.Header.Get("Authorization"), "AKIAREAL") || r.Header.Get("X-Amz-Security-Token") != "" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		return (&stub{answer: canned}).RoundTrip(r)
	})
	c, err := Open(t.Context(), Options{Region: "us-east-1", Transport: rt})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartVPCs}); err != nil || seen != 1 {
		t.Errorf("%d requests, %v", seen, err)
	}
	if _, err := Open(t.Context(), Options{Transport: rt}); err == nil {
		t.Error("the Region was taken from the environment")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The instance metadata service is the last source of credentials. Most computers do not have it,
// so the search must end soon.
func TestNoMetadataService(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				close(asked)
				return
			}
			asked <- struct{}{}
			conn.Close()
		}
	}()
	bare(t)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"+l.Addr().String())
	c, err := Open(t.Context(), Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Load(t.Context(), inventory.Request{Part: inventory.PartIdentity})
	l.Close()
	n := 0
	for range asked {
		n++
	}
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeNoCredentials || n == 0 || n > 4 {
		t.Errorf("asked %d times, %v", n, err)
	}
}

func TestUnknownRegions(t *testing.T) {
	regions := func(names ...string) *stub {
		return &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if op != "ec2:DescribeRegions" {
				return canned(op, n, in)
			}
			var b strings.Builder
			for _, n := range names {
				name, state, _ := strings.Cut(n, "=")
				fmt.Fprintf(&b, "<item><regionName>%s</regionName><optInStatus>%s</optInStatus></item>", name, state)
			}
			return 200, "<DescribeRegionsResponse><regionInfo>" + b.String() + "</regionInfo></DescribeRegionsResponse>", nil
		}}
	}
	load := func(t *testing.T, s *stub, region string) error {
		c := open(t, s, func(o *Options) { o.Region = region })
		_, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartVPCs})
		if err == nil {
			_, err = c.Call(t.Context(), "ec2", "DescribeVpcEndpoints", nil)
		}
		return err
	}
	s := regions("us-east-1=opt-in-not-required", "eu-north-9=opted-in")
	if err := load(t, s, "eu-north-9"); err != nil || s.calls["ec2:DescribeRegions"] != 1 {
		t.Errorf("a new Region: %v, asked %d times", err, s.calls["ec2:DescribeRegions"])
	}
	if err := load(t, regions("us-east-1="), "us-east-9"); !IsUnknownRegion(err) || !strings.Contains(err.Error(), "Did you mean us-east-") {
		t.Errorf("a Region that does not exist: %v", err)
	}
	var e *Error
	if err := load(t, regions("eu-north-9=not-opted-in"), "eu-north-9"); !errors.As(err, &e) || e.Code != "OptInRequired" {
		t.Errorf("not enabled: %v", err)
	}
	if s := regions(); load(t, s, "ca-west-1") != nil || s.calls["ec2:DescribeRegions"] != 0 {
		t.Error("a known Region was asked for")
	}
	if err := load(t, always(501, "NotImplemented", ""), "us-east-9"); !IsUnknownRegion(err) {
		t.Errorf("an endpoint that lists none: %v", err)
	}
	if err := load(t, always(400, "ExpiredToken", ""), "us-east-9"); !errors.As(err, &e) || !e.NoCredentials() {
		t.Errorf("expired: %v", err)
	}
	nohost := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
		if op == "ec2:DescribeRegions" {
			return refuse(op, 403, "UnauthorizedOperation", "no")
		}
		return 0, "", &net.DNSError{Err: "no such host", Name: "ec2.us-east-9.amazonaws.com", IsNotFound: true}
	}}
	if err := load(t, broken(&net.DNSError{Err: "no such host", Name: "ec2.us-east-1.amazonaws.com", IsNotFound: true}), "us-east-9"); !IsUnknownRegion(err) || !strings.Contains(err.Error(), "cannot ask AWS") {
		t.Errorf("no network: %v", err)
	}
	c := open(t, nohost, func(o *Options) { o.Region = "us-east-9" })
	c.override = false // as with AWS itself
	if _, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartVPCs}); !IsUnknownRegion(err) {
		t.Errorf("no such host: %v", err)
	}
}

func TestDebugLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if n == 1 {
				return refuse(op, 503, "RequestLimitExceeded", "hunter2")
			}
			return canned(op, n, in)
		}}
		c := open(t, s, func(o *Options) { o.Debug = &b })
		for _, r := range parts {
			if _, err := c.Load(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		n := 0
		for _, v := range s.calls {
			n += v
		}
		if len(lines) != n {
			t.Errorf("%d lines for %d requests", len(lines), n)
		}
		for i, want := range []string{"sts GetCallerIdentity status=503 code=RequestLimitExceeded attempt=1 duration=120ms request=req-", "sts GetCallerIdentity status=200 code=ok attempt=2 duration=120ms request=req-"} {
			if !strings.Contains(lines[i], want) {
				t.Errorf("line %q lacks %q", lines[i], want)
			}
		}
		for _, secret := range []string{"hunter2", "Signature", "Credential", "AKIA", "sandbox", "vpc-1"} {
			if strings.Contains(b.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}

// TestAuditLines tests the line of each attempt: a retried call, a refused one, one without an answer, the resource of a
// change and of a request.
func TestAuditLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		now := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.FixedZone("", 3600))
		n := 0
		c := at(t, func(r *http.Request) (*http.Response, error) {
			switch n++; n {
			case 1:
				return reply(r, 503, `{"__type":"ThrottlingException","message":"hunter2"}`, "X-Amzn-Requestid", "r 1"), nil
			case 3:
				return reply(r, 400, `{"__type":"AccessDeniedException","message":"hunter2"}`, "X-Amzn-Requestid", "r-3"), nil
			case 4:
				return nil, errors.New("connection reset")
			}
			return reply(r, 200, `{"ARN":"arn:s","taskDefinition":{"taskDefinitionArn":"a"},"clusters":[]}`, "X-Amzn-Requestid", "r-2"), nil
		}, func(o *Options) { o.Audit, o.Now = &b, func() time.Time { return now } })
		ctx := resource.ForChange(t.Context(), "secret/registry")
		_, _ = c.Call(t.Context(), "secretsmanager", "DescribeSecret", map[string]any{"SecretId": "team/\x1b<&"})
		_, _ = c.Call(ctx, "secretsmanager", "PutSecretValue", map[string]any{"SecretId": "s", "SecretString": "hunter2"})
		_, _ = c.Call(t.Context(), "ecs", "StopTask", map[string]any{"cluster": "prod", "task": "t"})
		const begin = `{"time":"2026-01-02T02:04:05.006Z","service":"`
		want := []string{
			begin + `secretsmanager","operation":"DescribeSecret","resource":"team/_<&","attempt":1,"result":"ThrottlingException","request_id":"r_1"}`,
			begin + `secretsmanager","operation":"DescribeSecret","resource":"team/_<&","attempt":2,"result":"ok","request_id":"r-2"}`,
			begin + `secretsmanager","operation":"PutSecretValue","resource":"secret/registry","attempt":1,"result":"AccessDeniedException","request_id":"r-3"}`,
			begin + `ecs","operation":"StopTask","resource":"prod","attempt":1,"result":"failed"}`,
		}
		if d := cmp.Diff(want, strings.Split(strings.TrimSpace(b.String()), "\n")); d != "" {
			t.Error(d)
		}
	})
}

// TestMainID tests what is shown as the resource of a request.
func TestMainID(t *testing.T) {
	filter := []types.Filter{{Name: sdk.String("state"), Values: []string{"x"}}, {Name: sdk.String("vpc-id"), Values: []string{"vpc-1"}}}
	for want, in := range map[string]any{
		"vpc-1": &ec2.DescribeSubnetsInput{Filters: filter}, "vpc-2": &ec2.CreateVpcEndpointInput{ServiceName: sdk.String("s"), VpcId: sdk.String("vpc-2")},
		"vpce-1": &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{"vpce-1", "vpce-2"}}, "role": &iam.GetRoleInput{RoleName: sdk.String("role")},
		"arn:p": &iam.AttachRolePolicyInput{RoleName: sdk.String("role"), PolicyArn: sdk.String("arn:p")}, "": &ec2.DescribeVpcsInput{NextToken: sdk.String("token")},
	} {
		if got := mainID(in); got != want {
			t.Errorf("%T: %q, want %q", in, got, want)
		}
	}
	if got := mainID(nil); got != "" {
		t.Error(got)
	}
}

// A large answer may take long, but cancelling must stop it immediately.
func TestCancelDuringBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := open(t, always(503, "RequestLimitExceeded", "")).Load(ctx, inventory.Request{Part: inventory.PartVPCs})
		if err == nil || time.Since(start) > time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		t.Log(err)
	})
}

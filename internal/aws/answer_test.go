package aws

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

// goNames matches the names of Go types and texts of Go's decoders.
var goNames = regexp.MustCompile(`json:|unmarshal|deseriali|\*\w+\.|\btypes\.|map\[string\]|interface ?\{|struct\b|%!|expected \w+ to`)

// badAnswers are answers with status 200 or 3xx that AWS never sends. The functions get the
// operation and its format.
var badAnswers = map[string]func(op, format string) (status int, header, body string){
	"page": func(_, _ string) (int, string, string) {
		return 200, "text/html; charset=utf-8", "<!DOCTYPE html>\n<html><body>Sign in"
	},
	"XHTML page": func(_, _ string) (int, string, string) {
		return 200, "text/xml", `<?xml version="1.0"?><html><body/></html>`
	},
	"text":          func(_, _ string) (int, string, string) { return 200, "text/plain", "OK" },
	"list":          func(_, _ string) (int, string, string) { return 200, "application/json", `[]` },
	"binary":        func(_, _ string) (int, string, string) { return 200, "", "\x00\x1b]0;x\x07\u202e\u2028\xff" },
	"redirect":      func(_, _ string) (int, string, string) { return 302, "text/html", "" },
	"kept redirect": func(_, _ string) (int, string, string) { return 307, "text/html", "" },
	"not modified":  func(_, _ string) (int, string, string) { return 304, "", "" },
	"other protocol": func(op, format string) (int, string, string) {
		if format == "JSON" {
			return 200, "text/xml", "<" + op + "Response></" + op + "Response>"
		}
		return 200, "application/json", `{}`
	},
	"other operation": func(op, format string) (int, string, string) {
		if format == "JSON" {
			return 200, "", `"` + op + `"`
		}
		return 200, "text/xml", "<DescribeOtherResponse></DescribeOtherResponse>"
	},
}

// formatOf returns the format of a service's answers.
func formatOf(service string) string {
	if apis[service].xml {
		return "XML"
	}
	return "JSON"
}

// onServer opens an account with all endpoints on a server.
func onServer(t *testing.T, h http.HandlerFunc) (*Client, string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c := at(t, bodies{doer{&http.Transport{DisableKeepAlives: true}}}.Do)
	c.cfg.BaseEndpoint = &server.URL
	return newClient(c.cfg), server.URL
}

// TestEachOperationWithEachBadAnswer sends each operation to a server that is not AWS.
func TestEachOperationWithEachBadAnswer(t *testing.T) {
	for name := range open(t, &stub{}).operations() {
		service, op, _ := strings.Cut(name, ".")
		format := formatOf(service)
		for kind, bad := range badAnswers {
			asked := 0
			c, server := onServer(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				status, contentType, body := bad(op, format)
				w.Header().Set("Content-Type", contentType)
				if status == 302 || status == 307 {
					w.Header().Set("Location", "https://portal.example/login?secret=hunter2")
				}
				w.WriteHeader(status)
				if status != 304 {
					_, _ = io.WriteString(w, body)
				}
			})
			_, err := unchecked(c).Call(t.Context(), service, op, fields(service))
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeUnreadable || asked != 1 || e.Unsure() != true {
				t.Errorf("%s, %s: asked %d times: %v", name, kind, asked, err)
				continue
			}
			says := []string{"the server at " + server + " did not answer like AWS", "(status ", "HTTPS_PROXY", "AWS_ENDPOINT_URL", "login in a browser"}
			if kind == "redirect" || kind == "kept redirect" {
				says = append(says, "redirects the call to https://portal.example")
			}
			if !resource.Reads(op) {
				says = append(says, "AWS may have applied this change")
			}
			for _, s := range says {
				if !strings.Contains(e.Error(), s) {
					t.Errorf("%s, %s: does not say %q: %v", name, kind, s, err)
				}
			}
			if goNames.MatchString(e.Error()) || strings.ContainsFunc(e.Error(), func(r rune) bool { return r < ' ' || r == '\u202e' || r == '\u2028' || r == '\ufffd' }) || strings.Contains(e.Error(), "hunter2") {
				t.Errorf("%s, %s: %q", name, kind, e.Error())
			}
		}
	}
}

// incompleteAnswers are answers in the format of AWS without content.
var incompleteAnswers = map[string]func(op, format string) string{
	"no body": func(_, _ string) string { return "" },
	"spaces":  func(_, _ string) string { return " \n" },
	"nothing": func(op, format string) string {
		if format == "XML" {
			return "<" + op + "Response><" + op + "Result/></" + op + "Response>"
		}
		return "{}"
	},
}

// creates lists the verbs of operations that return the id of what they create.
var creates = regexp.MustCompile(`^(Associate|Create|Import|Put|Register|Request|Run|Send)`)

// TestEachOperationWithoutItsResult tests that no operation succeeds without a result that the
// wizard must know.
func TestEachOperationWithoutItsResult(t *testing.T) {
	withoutID := map[string]bool{"ec2.AuthorizeClientVpnIngress": true}
	for name := range open(t, &stub{}).operations() {
		service, op, _ := strings.Cut(name, ".")
		required := apis[service].required[op]
		if creates.MatchString(op) && len(required) == 0 && shape.HasFields(output(t, service, op)) && !withoutID[name] {
			t.Errorf("%s: what it returns is not required", name)
		}
		for kind, answer := range incompleteAnswers {
			body := answer(op, formatOf(service))
			c := at(t, func(r *http.Request) (*http.Response, error) { return reply(r, 200, body), nil })
			got, err := unchecked(c).Call(t.Context(), service, op, fields(service))
			mustFail := len(required) > 0 || kind != "nothing" && (formatOf(service) == "XML" || shape.HasFields(output(t, service, op)))
			var e *Error
			switch {
			case !mustFail:
			case !errors.As(err, &e) || e.Code != CodeUnreadable || !strings.Contains(err.Error(), "did not answer like AWS") || goNames.MatchString(err.Error()):
				t.Errorf("%s, %s: %v %v", name, kind, got, err)
			}
		}
	}
}

// output returns a pointer to the output of an operation.
func output(t *testing.T, service, op string) any {
	t.Helper()
	method, ok := reflect.TypeOf(apis[service].client(sdk.Config{})).MethodByName(op)
	if !ok {
		t.Fatalf("no operation %s.%s", service, op)
	}
	return reflect.New(method.Type.Out(0).Elem()).Interface()
}

// TestRequiredFields tests that the required fields exist, and that an answer with them is complete.
func TestRequiredFields(t *testing.T) {
	for service, a := range apis {
		for op, paths := range a.required {
			for _, path := range paths {
				for alternative := range strings.SplitSeq(path, "|") {
					name, out := service+"."+op, output(t, service, op)
					if shape.Holds(out, alternative) {
						t.Errorf("%s: an empty answer has %s", name, alternative)
					}
					if !fill(reflect.ValueOf(out).Elem(), strings.Split(alternative, ".")) {
						t.Errorf("%s: there is no field %s", name, alternative)
					} else if !shape.Holds(out, path) {
						t.Errorf("%s: %s is set, but the answer is not complete", name, alternative)
					}
				}
			}
		}
	}
}

// fill sets the field at the path. It returns false if there is none.
func fill(v reflect.Value, path []string) bool {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fill(v.Index(0), path)
	}
	if len(path) > 0 {
		return v.Kind() == reflect.Struct && v.FieldByName(path[0]).IsValid() && fill(v.FieldByName(path[0]), path[1:])
	}
	if v.Kind() == reflect.String {
		v.SetString("x")
	}
	return true
}

// endless is the body of an answer without an end. It counts what is read.
type endless struct {
	begin string
	read  *int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.begin)
	e.begin = e.begin[n:]
	n += copy(p[n:], filler)
	*e.read += n
	return n, nil
}

var filler = bytes.Repeat([]byte("x"), 1<<16)

func (*endless) Close() error { return nil }

// TestAnswerWithoutEnd sends one operation of each service to a server that sends without end.
func TestAnswerWithoutEnd(t *testing.T) {
	for name, op := range map[string]string{"ec2": "DescribeVpcEndpoints", "iam": "GetRole", "elbv2": "DescribeListeners", "route53": "ListResourceRecordSets", "ecs": "DescribeTasks",
		"batch": "DescribeJobDefinitions", "mwaa": "GetEnvironment", "secretsmanager": "DescribeSecret", "ssm": "GetCommandInvocation", "acm": "DeleteCertificate"} {
		for _, status := range []int{200, 403, 500} {
			synctest.Test(t, func(t *testing.T) {
				n, asked := 0, 0
				begin := `{"x":"`
				if formatOf(name) == "XML" {
					begin = "<" + op + "Response><a>"
				}
				c := at(t, func(r *http.Request) (*http.Response, error) {
					asked++
					resp := reply(r, status, "")
					resp.Body = &endless{begin, &n}
					return resp, nil
				})
				_, err := unchecked(c).Call(t.Context(), name, op, fields(name))
				limit := longestError
				if status == 200 {
					limit = longestPage
				}
				if n > asked*(limit+longestError) {
					t.Errorf("%s %d: read %d bytes in %d attempts", name, status, n, asked)
				}
				if op == "DeleteCertificate" && status == 200 {
					return // the SDK does not read the answer
				}
				if err == nil || !strings.Contains(err.Error(), "the answer of https://") || !strings.Contains(err.Error(), "is too long") || goNames.MatchString(err.Error()) {
					t.Errorf("%s %d: %v", name, status, err)
				}
			})
		}
	}
}

// TestParallelAnswersWithoutEnd tests that parallel calls do not multiply the memory.
func TestParallelAnswersWithoutEnd(t *testing.T) {
	for _, tc := range []struct {
		service, op, begin string
		calls              int
	}{
		{"ecs", "DescribeTasks", `{"x":"`, parallel},
		{"ec2", "DescribeVpcEndpoints", `<DescribeVpcEndpointsResponse><a>`, 3}, // the SDK needs a second for each
	} {
		var before, after runtime.MemStats
		debug.FreeOSMemory()
		runtime.ReadMemStats(&before)
		synctest.Test(t, func(t *testing.T) { // a slow machine does not reach the time limit of a call
			c := unchecked(at(t, func(r *http.Request) (*http.Response, error) {
				resp := reply(r, 200, "")
				resp.Body = &endless{tc.begin, new(int)}
				return resp, nil
			}))
			var wg sync.WaitGroup
			for range tc.calls {
				wg.Go(func() {
					if _, err := c.Call(t.Context(), tc.service, tc.op, nil); err == nil || !strings.Contains(err.Error(), "too long") {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
		runtime.ReadMemStats(&after)
		// What the operating system gave, without what was returned before.
		if took := int64(after.Sys-after.HeapReleased) - int64(before.Sys-before.HeapReleased); took > 400<<20 {
			t.Errorf("%s: took %d MB of memory", tc.service, took>>20)
		}
	}
}

// TestLargeAnswer tests that an answer of the size of AWS's largest ones is read.
func TestLargeAnswer(t *testing.T) {
	item := `<item><instancesSet><item><instanceId>i-1</instanceId><tagSet>` + strings.Repeat(`<item><key>`+strings.Repeat("k", 128)+`</key><value>`+strings.Repeat("v", 256)+`</value></item>`, 50) + `</tagSet></item></instancesSet></item>`
	body := "<DescribeInstancesResponse><reservationSet>" + strings.Repeat(item, 1000) + "</reservationSet></DescribeInstancesResponse>"
	if len(body) > longestPage/2 {
		t.Errorf("the answer has %d bytes, which are more than half of the limit", len(body))
	}
	c := at(t, func(r *http.Request) (*http.Response, error) { return reply(r, 200, body), nil })
	var wg sync.WaitGroup
	for range 2 { // one at a time
		wg.Go(func() {
			if _, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartHosts, VPC: "vpc-1"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// piped is a server in the bubble of a test. The function answers on the connection after the
// request was read.
func piped(t *testing.T, serve func(net.Conn)) http.RoundTripper {
	tr := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			r, err := http.ReadRequest(bufio.NewReader(server))
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			go func() { _, _ = io.Copy(io.Discard, server) }() // until the client closes it
			serve(server)
		}()
		return client, nil
	}}
	tr.DialTLSContext = tr.DialContext
	return roundTrip(bodies{doer{tr}}.Do)
}

// hang never answers. It ends when the client closes the connection.
func hang(c net.Conn) {
	for _, err := c.Write(nil); err == nil; _, err = c.Write(nil) {
		time.Sleep(time.Second)
	}
}

// TestSlowServers tests each operation that reads with a server that accepts connections and does
// not answer, or answers without end.
func TestSlowServers(t *testing.T) {
	slow := map[string]func(net.Conn){
		"hang": hang,
		"trickling header": func(c net.Conn) {
			_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nX: ")
			for ; err == nil; time.Sleep(time.Second) {
				_, err = io.WriteString(c, "x")
			}
		},
		"trickling answer": func(c net.Conn) {
			_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 10000\r\n\r\n")
			for ; err == nil; time.Sleep(time.Second) {
				_, err = io.WriteString(c, " ")
			}
		},
		"unavailable after some time": func(c net.Conn) {
			time.Sleep(15 * time.Second)
			_, _ = io.WriteString(c, "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		},
	}
	for name := range open(t, &stub{}).operations() {
		service, op, _ := strings.Cut(name, ".")
		if !resource.Reads(op) {
			continue
		}
		for kind, serve := range slow {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var lines []string
				c := unchecked(open(t, &stub{}, func(o *Options) {
					o.Transport, o.Waiting = piped(t, serve), func(line string) {
						mu.Lock()
						defer mu.Unlock()
						lines = append(lines, line)
					}
				}))
				start := time.Now()
				_, err := c.Call(t.Context(), service, op, fields(service))
				took := time.Since(start)
				time.Sleep(time.Minute) // until the server has ended
				mu.Lock()
				defer mu.Unlock()
				var e *Error
				if !errors.As(err, &e) || took > 60*time.Second || took < 50*time.Second || !strings.Contains(err.Error(), "https://") || goNames.MatchString(err.Error()) {
					t.Errorf("%s, %s: after %v: %v", name, kind, took, err)
				}
				if kind != "unavailable after some time" && (e.Code != CodeTimeout || !strings.Contains(err.Error(), "in time") || len(lines) < 5 || !strings.HasPrefix(lines[0], "Waiting for https://") || !strings.HasSuffix(lines[1], " to answer (20 seconds)…")) {
					t.Errorf("%s, %s: %v\n%q", name, kind, err, lines)
				}
				if kind == "unavailable after some time" && (e.HTTPStatus != 503 || !strings.Contains(err.Error(), "tried ")) {
					t.Errorf("%s, %s: %v", name, kind, err)
				}
			})
		}
	}
}

// TestNoMoreRetries tests the error after the SDK has used up its retries for a server that does not
// exist: it does not add its own text.
func TestNoMoreRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, broken(errDial))
		for range 20 {
			_, err := c.Call(t.Context(), "ec2", "DescribeVpcEndpoints", nil)
			if err == nil || !strings.Contains(err.Error(), ": no answer from https://ec2.us-east-1.amazonaws.com: connection refused (tried") && !strings.Contains(err.Error(), ": connection refused. Check") {
				t.Fatal(err)
			}
		}
	})
}

// TestWritesMayTakeLong tests that the answer to a change is not lost.
func TestWritesMayTakeLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, &stub{}, func(o *Options) {
			o.Transport = piped(t, func(c net.Conn) {
				time.Sleep(2 * readTime)
				body := `<CreateSecurityGroupResponse><groupId>sg-1</groupId></CreateSecurityGroupResponse>`
				_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			})
		})
		got, err := c.Call(t.Context(), "ec2", "CreateSecurityGroup", map[string]any{"GroupName": "g", "Description": "d"})
		if m, _ := got.(map[string]any); err != nil || m["GroupId"] != "sg-1" {
			t.Errorf("%v %v", got, err)
		}
	})
}

// TestOneLineForParallelCalls tests that parallel calls to a server that hangs are reported
// together.
func TestOneLineForParallelCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines atomic.Int64
		c := open(t, &stub{}, func(o *Options) {
			o.Transport, o.Waiting = piped(t, hang), func(string) { lines.Add(1) }
		})
		var wg sync.WaitGroup
		for range parallel {
			wg.Go(func() { _, _ = c.Call(t.Context(), "ec2", "DescribeVpcEndpoints", nil) })
		}
		wg.Wait()
		time.Sleep(time.Minute) // until the server has ended
		if n := lines.Load(); n < 5 || n > 6 {
			t.Errorf("%d lines", n)
		}
	})
}

// TestSecretsAreNotShown tests that the error does not show what a wrong server returns if the
// request or the answer may contain a secret.
func TestSecretsAreNotShown(t *testing.T) {
	for name := range open(t, &stub{}).operations() {
		service, op, _ := strings.Cut(name, ".")
		for _, body := range []string{"hunter2", `<p>hunter2`, `{"a":"hunter2`, `{"ARN":{"a":"hunter2"}}`, `["hunter2"]`} {
			if !apis[service].private && body[0] != '{' {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				for _, status := range []int{200, 400, 500} {
					c := at(t, func(r *http.Request) (*http.Response, error) { return reply(r, status, body), nil })
					if _, err := unchecked(c).Call(t.Context(), service, op, fields(service)); err != nil && (strings.Contains(err.Error(), "hunter2") || goNames.MatchString(err.Error())) {
						t.Errorf("%s %d: %v", name, status, err)
					}
				}
			})
		}
	}
}

// TestWrongEndpoint tests the clients as a user's settings configure them.
func TestWrongEndpoint(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if strings.HasSuffix(r.URL.Path, "/login") {
			_, _ = io.WriteString(w, "<html>Sign in")
			return
		}
		http.Redirect(w, r, "/login", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	bare(t)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	c, err := Open(t.Context(), Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []func() error{
		func() error { _, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartVPCs}); return err },
		func() error { _, err := c.Load(t.Context(), inventory.Request{Part: inventory.PartMWAA}); return err }, // GET, which the SDK redirects
		func() error {
			_, err := c.Call(t.Context(), "ec2", "CreateSecurityGroup", map[string]any{"GroupName": "g", "Description": "d"})
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "the server at "+server.URL+" did not answer like AWS") {
			t.Error(err)
		}
	}
	read, _ := ec2Client(c).Options().HTTPClient.(bodies).HTTPClient.(*awshttp.BuildableClient)
	write, _ := c.cfg.HTTPClient.(bodies).HTTPClient.(*awshttp.BuildableClient)
	if read.GetTransport().ResponseHeaderTimeout != firstByteTime || write.GetTransport().ResponseHeaderTimeout <= firstByteTime {
		t.Errorf("time limits: read %v, write %v", read.GetTransport().ResponseHeaderTimeout, write.GetTransport().ResponseHeaderTimeout)
	}
	asked = 0
	t.Setenv("AWS_ENDPOINT_URL", strings.Replace(server.URL, "http:", "https:", 1))
	if c, err = Open(t.Context(), Options{Region: "us-east-1"}); err != nil {
		t.Fatal(err)
	}
	_, err = stsClient(c).GetCallerIdentity(t.Context(), nil)
	if err = c.fail("sts:GetCallerIdentity", err); !strings.Contains(err.Error(), "did not answer like AWS: it does not use HTTPS") || asked != 0 {
		t.Error(err)
	}
}

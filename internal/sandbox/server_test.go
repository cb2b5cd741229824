package sandbox_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// serve starts a server and returns its URL.
func serve(t *testing.T, s *http.Server) string {
	t.Helper()
	running := httptest.NewUnstartedServer(nil)
	running.Config = s
	running.Start()
	t.Cleanup(running.Close)
	return running.URL
}

// answer sends a request with headers and returns the status and the text of the answer.
func answer(t *testing.T, method, url, body string, headers map[string]string) (int, string) {
	t.Helper()
	req := must(http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body)))(t)
	for k, v := range headers {
		if k == "Host" {
			req.Host = v
		} else {
			req.Header.Set(k, v)
		}
	}
	resp := must(http.DefaultClient.Do(req))(t)
	defer resp.Body.Close()
	return resp.StatusCode, string(must(io.ReadAll(resp.Body))(t))
}

// TestServerHosts sends the Host headers of SDKs, of AWS CLIs and of a page after DNS rebinding.
func TestServerHosts(t *testing.T) {
	a := open(t, named(""))
	local, public := serve(t, a.Server(false, "127.0.0.1:0")), serve(t, a.Server(true, "Box.example:4599"))
	port := local[strings.LastIndex(local, ":"):]
	for host, want := range map[string][2]int{ // local, public
		"127.0.0.1" + port: {200, 200}, "localhost" + port: {200, 200}, "LOCALHOST.": {200, 200}, "[::1]" + port: {200, 200}, "[::1]": {200, 200}, "127.9.9.9:1": {200, 200},
		"api.127.0.0.1" + port: {200, 200}, "a.b.localhost" + port: {200, 200}, "123456789012.s3-control.localhost:1": {200, 200}, "[::ffff:127.0.0.1]": {200, 200},

		"192.0.2.7" + port: {403, 200}, "[2001:db8::7]:80": {403, 200}, "box.example": {403, 200}, "box.example.:4599": {403, 200},

		"example.com": {403, 403}, "example.com" + port: {403, 403}, "127.0.0.1.example.com": {403, 403}, "localhost.example.com": {403, 403}, "notlocalhost": {403, 403},
		"api-localhost" + port: {403, 403}, "a.box.example": {403, 403}, "api.192.0.2.7": {403, 403}, "0127.0.0.1.": {403, 403}, "ec2.us-east-1.amazonaws.com": {403, 403},
	} {
		for i, url := range []string{local, public} {
			if status, text := answer(t, "GET", url+"/_sandbox/account", "", map[string]string{"Host": host}); status != want[i] || strings.Contains(text, "vpc-") != (status == 200) {
				t.Errorf("%s: %d %.200s, want %d", host, status, text, want[i])
			}
		}
	}
}

// TestServerOrigins: a page of another origin can neither read nor change the account, and one of the sandbox can.
func TestServerOrigins(t *testing.T) {
	a := open(t, named(""))
	url := serve(t, a.Server(false, ""))
	port := url[strings.LastIndex(url, ":"):]
	_, before := own(t, a, "GET", "/_sandbox/account", "")
	change := "/?Action=DeleteVpc&Version=2016-11-15&VpcId=" + defaultVPC + "&X-Amz-Credential=AKIDEXAMPLE%2F20260101%2Fus-east-1%2Fec2%2Faws4_request"
	for _, headers := range []map[string]string{
		{"Origin": "http://example.com"}, {"Origin": "null"}, {"Origin": "https://127.0.0.1" + port}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "http://localhost" + port},
		{"Origin": url + ".example.com"}, {"Origin": "http://127.0.0.1" + port + "@example.com"}, {"Origin": "%"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
		{"Origin": url, "Sec-Fetch-Site": "cross-site"},
	} {
		for _, request := range []string{"POST /_sandbox/reset", "GET /_sandbox/account", "GET " + change, "POST " + change, "OPTIONS /_sandbox/reset"} {
			method, path, _ := strings.Cut(request, " ")
			if status, text := answer(t, method, url+path, "", headers); status != 403 || strings.Contains(text, "vpc-") {
				t.Errorf("%s %v: %d %.200s", request, headers, status, text)
			}
		}
	}
	if _, after := own(t, a, "GET", "/_sandbox/account", ""); after != before {
		t.Error("the account has changed")
	}
	for _, headers := range []map[string]string{{}, {"Origin": url}, {"Origin": url, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://LOCALHOST" + port, "Host": "localhost" + port}} {
		if status, text := answer(t, "GET", url+"/_sandbox/account", "", headers); status != 200 || text != before {
			t.Errorf("%v: %d %.200s", headers, status, text)
		}
	}
}

// TestLargeBodies: a body up to the limit is read whole, and a larger one is refused.
func TestLargeBodies(t *testing.T) {
	url := serve(t, open(t, named("")).Server(false, ""))
	deny := `{"operations": ["ec2:DescribeVpcs"]`
	for size, want := range map[int]int{4 << 20: 204, 4<<20 + 1: 413, 40 << 20: 413} {
		body := deny + strings.Repeat(" ", size-len(deny)-1) + "}"
		for _, reader := range []io.Reader{strings.NewReader(body), struct{ io.Reader }{strings.NewReader(body)}} { // with and without a length
			resp := must(http.Post(url+"/_sandbox/deny", "application/json", reader))(t)
			text := string(must(io.ReadAll(resp.Body))(t))
			resp.Body.Close()
			if resp.StatusCode != want || want == 413 && !strings.Contains(text, "4 MiB") {
				t.Errorf("%d bytes: %d %.200s, want %d", size, resp.StatusCode, text, want)
			}
		}
		// A client that reads nothing until it has sent everything gets the same answer.
		c := must(net.Dial("tcp", strings.TrimPrefix(url, "http://")))(t)
		_, err := fmt.Fprintf(c, "POST /_sandbox/deny HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", size, body)
		if resp, read := http.ReadResponse(bufio.NewReader(c), nil); err != nil || read != nil || resp.StatusCode != want {
			t.Errorf("%d bytes: %v, %v %+v, want %d", size, err, read, resp, want)
		}
		c.Close()
	}
}

// reentrant is a client that makes another call before it reads an answer.
type reentrant struct {
	http.ResponseWriter
	call func()
}

func (r reentrant) Write(b []byte) (int, error) {
	r.call()
	return r.ResponseWriter.Write(b)
}

// TestSlowReaderLocksNothing: while the account sends an answer, it answers other calls.
func TestSlowReaderLocksNothing(t *testing.T) {
	a := open(t, named(""))
	for _, request := range []string{"GET /_sandbox/account", "GET /_sandbox/dns", "POST /_sandbox/deny", "GET /_sandbox/none", "GET /"} {
		method, path, _ := strings.Cut(request, " ")
		w, called := reentrant{httptest.NewRecorder(), nil}, 0
		w.call = func() {
			called++
			done := make(chan bool)
			go func() {
				a.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/_sandbox/dns", nil))
				close(done)
			}()
			select {
			case <-done:
			case <-time.After(10 * time.Second): // of a failure only
				t.Fatalf("%s locks the account", request)
			}
		}
		a.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if called == 0 {
			t.Errorf("%s has no answer", request)
		}
	}
}

// pipes is a listener in memory, so that time passes in a bubble of package synctest.
type pipes struct {
	made   chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.made:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestSlowClients: connections that are slow or silent end, and a long answer that is read slowly does not.
func TestSlowClients(t *testing.T) {
	const get = "GET /_sandbox/account HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, test := range map[string]func(t *testing.T, c net.Conn){
		"no request": func(t *testing.T, c net.Conn) { ends(t, c, 10*time.Second, "") },
		"half of the headers": func(t *testing.T, c net.Conn) {
			fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: local")
			ends(t, c, 10*time.Second, "")
		},
		"a header a second": func(t *testing.T, c net.Conn) {
			begin := time.Now()
			_, err := fmt.Fprint(c, "GET / HTTP/1.1\r\n")
			for err == nil {
				time.Sleep(time.Second)
				_, err = fmt.Fprint(c, "X: y\r\n")
			}
			if d := time.Since(begin); d > 11*time.Second {
				t.Errorf("open for %v", d)
			}
		},
		"half of the body": func(t *testing.T, c net.Conn) {
			fmt.Fprint(c, "POST /_sandbox/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345")
			ends(t, c, 30*time.Second, "HTTP/1.1 408 ")
		},
		"silence after a request": func(t *testing.T, c net.Conn) {
			fmt.Fprint(c, get)
			r := bufio.NewReader(c)
			resp := must(http.ReadResponse(r, nil))(t)
			must(io.Copy(io.Discard, resp.Body))(t)
			ends(t, c, 2*time.Minute, "")
		},
		"an answer that nobody reads": func(t *testing.T, c net.Conn) {
			fmt.Fprint(c, get)
			time.Sleep(31 * time.Second)
			if all, _ := io.ReadAll(c); len(all) > 0 {
				t.Errorf("%d bytes after 31 seconds", len(all))
			}
		},
		"an answer that is read slowly": func(t *testing.T, c net.Conn) {
			begin := time.Now()
			fmt.Fprint(c, get)
			resp := must(http.ReadResponse(bufio.NewReader(c), nil))(t)
			var size int64
			for {
				n, err := io.CopyN(io.Discard, resp.Body, 32<<10)
				size += n
				if err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("after %d bytes and %v: %v", size, time.Since(begin), err)
				}
				time.Sleep(10 * time.Second)
			}
			if size < 1<<20 || time.Since(begin) < 2*time.Minute {
				t.Errorf("%d bytes in %v", size, time.Since(begin))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv, l := open(t, named("large")).Server(false, ""), pipes{make(chan net.Conn), make(chan struct{})}
				go func() { _ = srv.Serve(l) }()
				client, server := net.Pipe()
				l.made <- server
				test(t, client)
				client.Close()
				srv.Close()
			})
		})
	}
}

// ends asserts that the server closes a connection after a time, with an answer that begins like this.
func ends(t *testing.T, c net.Conn, after time.Duration, begins string) {
	t.Helper()
	begin := time.Now()
	all, err := io.ReadAll(c)
	if d := time.Since(begin); err != nil || d < after || d > after+time.Second || !strings.HasPrefix(string(all), begins) || begins == "" && len(all) > 0 {
		t.Errorf("after %v: %v %.200q", d, err, all)
	}
}

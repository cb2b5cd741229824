package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// served is a running wizard sandbox serve.
type served struct {
	*exec.Cmd
	t    *testing.T
	url  string // the first line on standard output
	out  *bufio.Scanner
	errs bytes.Buffer
}

// serves starts wizard sandbox serve and waits for its URL.
func serves(t *testing.T, args ...string) *served {
	t.Helper()
	exe, err := exec.LookPath("wizard")
	if err != nil {
		t.Fatal(err)
	}
	s := &served{t: t, Cmd: exec.CommandContext(t.Context(), exe, append([]string{"sandbox", "serve"}, args...)...)}
	s.Stderr = &s.errs
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewScanner(out)
	if !s.out.Scan() {
		t.Fatal("no URL:", s.Wait(), s.errs.String())
	}
	s.url = s.out.Text()
	return s
}

// stop sends a signal. The program must end with exit code 0 and without more output. It returns what standard error contains.
func (s *served) stop(signal os.Signal) string {
	s.t.Helper()
	if err := s.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	if s.out.Scan() {
		s.t.Errorf("more on standard output: %q", s.out.Text())
	}
	if err := s.Wait(); err != nil {
		s.t.Errorf("%v\n%s", err, s.errs.String())
	}
	return s.errs.String()
}

// request sends a request with headers and returns the status and the text of the answer.
func (s *served) request(method, path string, body io.Reader, headers map[string]string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	req.Host = headers["Host"]
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Error(err)
	}
	return resp.StatusCode, string(text)
}

// TestServe: the URL is the only line on standard output, written once it answers; the settings for
// clients and a line per call go to standard error; SIGTERM ends it with exit code 0.
func TestServe(t *testing.T) {
	server := serves(t, "--scenario", "half-done", "--speed", "50")
	s := newSite(t, server.url)
	who, err := sts.NewFromConfig(s.config()).GetCallerIdentity(context.Background(), nil)
	if err != nil || *who.Account != "123456789012" {
		t.Errorf("%+v %v", who, err)
	}
	s.write("a.yaml", scenarioAnswers["half-done"])
	if p, _ := s.wizard(0, "plan", "--answers", "a.yaml"); !strings.Contains(p, "Plan for Amazon ECS on Fargate in VPC orders") {
		t.Error(p)
	}
	errs := server.stop(syscall.SIGTERM)
	if !strings.Contains(errs, "sts.GetCallerIdentity us-east-1 200 -") {
		t.Errorf("the log: %s", errs)
	}
	if strings.Contains(errs, "Other machines") {
		t.Error(errs)
	}
}

// TestServeSettings uses the lines on standard error as a user does: in a shell without other settings.
func TestServeSettings(t *testing.T) {
	server := serves(t, "--scenario", "mwaa-private")
	s := newSite(t, "")
	s.env = []string{"HOME=" + s.dir, "AWS_EC2_METADATA_DISABLED=true"}
	s.write("a.yaml", "version: 1\nworkload: mwaa\nmwaa: {environment: nightly}\n")
	errs := server.stop(os.Interrupt)
	var lines []string
	for line := range strings.Lines(errs) {
		if strings.HasPrefix(line, "export ") {
			lines = append(lines, line)
		}
	}
	if got, want := strings.Join(lines, ""), "export AWS_ENDPOINT_URL="+server.url+"\nexport AWS_ACCESS_KEY_ID=any\nexport AWS_SECRET_ACCESS_KEY=any\nexport AWS_REGION=us-west-2\n"+
		"export AWS_DEFAULT_REGION=us-west-2\nexport AWS_DISABLE_HOST_PREFIX_INJECTION=true\n"; got != want {
		t.Errorf("%s\nwant\n%s", errs, want)
	}
	again := serves(t, "--scenario", "mwaa-private", "--addr", strings.TrimPrefix(server.url, "http://"))
	exe, err := exec.LookPath("wizard")
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := s.run(exitFindings, "bash", "-c", strings.Join(lines, "")+`exec "$0" plan --answers a.yaml`, exe); !strings.Contains(p, "nightly-webserver") {
		t.Error(p)
	}
	again.stop(os.Interrupt)
	for line := range strings.Lines(settings("windows", "http://[::1]:8080", "us-west-2")) {
		if strings.HasPrefix(line, "$env:") && strings.Count(line, "'") != 2 || strings.HasPrefix(line, "export") {
			t.Errorf("%q", line)
		}
	}
	if text := settings("windows", "http://[::1]:8080", "us-west-2"); !strings.Contains(text, "\n$env:AWS_ENDPOINT_URL = 'http://[::1]:8080'\n") {
		t.Error(text)
	}
}

// TestServeRefuses: foreign pages and large bodies are refused, and the account stays as it was.
func TestServeRefuses(t *testing.T) {
	for _, args := range [][]string{nil, {"--addr", "localhost:0"}, {"--addr", ":0", "--unsafe-public"}} {
		s := serves(t, args...)
		status, before := s.request("GET", "/_sandbox/account", nil, map[string]string{"Origin": s.url})
		if status != 200 || !strings.Contains(before, "vpc-") {
			t.Errorf("%v: %d %.200s", args, status, before)
		}
		large := strings.Repeat(" ", 4<<20+1)
		for _, refused := range []struct {
			headers map[string]string
			body    string
			want    int
		}{{map[string]string{"Host": "example.com"}, "", 403}, {map[string]string{"Origin": "http://example.com"}, "", 403}, {map[string]string{"Sec-Fetch-Site": "cross-site"}, "", 403}, {nil, large, 413}} {
			if status, text := s.request("POST", "/_sandbox/reset", strings.NewReader(refused.body), refused.headers); status != refused.want || strings.Contains(text, "vpc-") {
				t.Errorf("%v %v: %d %.200s", args, refused.headers, status, text)
			}
		}
		if _, after := s.request("GET", "/_sandbox/account", nil, map[string]string{"Host": "api.127.0.0.1"}); after != before {
			t.Errorf("%v: the account has changed", args)
		}
		if errs := s.stop(syscall.SIGTERM); strings.Contains(errs, "Other machines") != (len(args) == 3) {
			t.Errorf("%v: %s", args, errs)
		}
	}
}

// TestServeEndsWithClients: a signal ends the server while clients hold connections in every state.
func TestServeEndsWithClients(t *testing.T) {
	for signal, scenario := range map[os.Signal]string{os.Interrupt: "closed", syscall.SIGTERM: "large"} {
		s := serves(t, "--scenario", scenario)
		get := "GET /_sandbox/account HTTP/1.1\r\nHost: localhost\r\n\r\n"
		for _, sent := range []string{"", "GET /_sandbox/acc", "POST /_sandbox/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345", get} {
			c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := fmt.Fprint(c, sent); err != nil {
				t.Fatal(err)
			}
			if sent == get { // most of the answer is not read
				if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || resp.StatusCode != 200 {
					t.Fatalf("%+v %v", resp, err)
				}
			}
		}
		s.request("GET", "/_sandbox/dns", nil, nil) // its connection stays open, and the others are accepted before it
		s.stop(signal)
	}
}

package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// meeting holds calls of an operation until two programs make it, so that they do that at the same time. If the other
// program does not come, they continue after a while.
type meeting struct {
	http.Handler
	mu      sync.Mutex
	waiting map[string]*waiting // by operation; nil before the first call
}

type waiting struct {
	program string
	met     chan struct{}
}

func (m *meeting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	m.mu.Lock()
	for op, c := range m.waiting {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+op) && !bytes.Contains(body, []byte("Action="+op+"&")) {
			continue
		}
		program, _, _ := strings.Cut(r.Header.Get("Authorization"), "/") // ends with the access key
		if c == nil {
			c = &waiting{program, make(chan struct{})}
			m.waiting[op] = c
		}
		if c.program != program {
			delete(m.waiting, op)
			close(c.met)
			break
		}
		m.mu.Unlock()
		select {
		case <-c.met:
		case <-time.After(20 * time.Second):
		}
		m.mu.Lock()
		break
	}
	m.mu.Unlock()
	m.Handler.ServeHTTP(w, r)
}

// TestApplyAndScriptAtOnce creates a Client VPN by apply and by a script at the same time. Both end well, and the
// two certificates and one Client VPN remain. Only the one that created them has a file with the key.
func TestApplyAndScriptAtOnce(t *testing.T) {
	t.Parallel()
	applyAndScriptAtOnce(t, standIn)
}

func applyAndScriptAtOnce(t *testing.T, cli string) {
	tool(t, "bash")
	tool(t, "openssl")
	s := scriptedAt(t, "mwaa-private", cli, 100)
	m := &meeting{Handler: s.watched, waiting: map[string]*waiting{"ImportCertificate": nil, "CreateClientVpnEndpoint": nil}}
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true", "AWS_ENDPOINT_URL="+srv.URL)
	s.write("answers.yaml", vpnAnswers)
	s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	before := len(s.certificates())
	other := *s
	other.dir, other.env = t.TempDir(), append(slices.Clone(s.env), "AWS_ACCESS_KEY_ID=other")
	other.write("answers.yaml", vpnAnswers)
	var wg sync.WaitGroup
	var applied, scripted string
	wg.Go(func() { _, applied = other.wizard(0, "apply", "--answers", "answers.yaml", "--yes") })
	wg.Go(func() { _, scripted = s.script(cli, 0, "e.sh") })
	wg.Wait()
	if t.Failed() {
		return
	}
	if len(m.waiting) > 0 {
		t.Errorf("these calls did not meet: %v", m.waiting)
	}
	if n := strings.Count(applied+scripted, "another run created"); n != 2 {
		t.Errorf("%d creations are reported as those of another run, not 2:\n%s\n%s", n, applied, scripted)
	}
	vpns := 0
	for _, v := range list(s.region("us-west-2")["ClientVpnEndpoints"]) {
		if state, _ := v["Status"].(map[string]any); state["Code"] != "deleted" {
			vpns++
		}
	}
	if n := len(s.certificates()) - before; n != 2 || vpns != 1 {
		t.Errorf("%d certificates and %d Client VPNs remain", n, vpns)
	}
	keys := 0
	for _, dir := range []string{s.dir, other.dir} {
		file, err := os.ReadFile(filepath.Join(dir, ovpn))
		if err != nil && !errors.Is(err, os.ErrNotExist) { // the other one has no key for its file
			t.Error(err)
		}
		if strings.Contains(string(file), "<key>") {
			keys++
		}
	}
	if keys != 1 {
		t.Errorf("%d files have a key", keys)
	}
}

// region is the part of the account in a Region.
func (s *site) region(name string) map[string]any {
	regions, _ := s.rested().(map[string]any)["Regions"].(map[string]any)
	out, _ := regions[name].(map[string]any)
	return out
}

func (s *site) certificates() []map[string]any { return list(s.region("us-west-2")["Certificates"]) }

func list(v any) []map[string]any {
	var out []map[string]any
	items, _ := v.([]any)
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

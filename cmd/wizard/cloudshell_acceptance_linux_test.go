//go:build acceptance

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// TestAcceptanceCloudShell pastes the lines of docs/snapshots.md where nothing is installed, and takes a masked snapshot with a program that
// is built as a release. The shell is in a root directory of its own: it has the programs that the lines may use with their libraries, an
// empty home directory and the variables of AWS CloudShell. The credentials come from a server that checks a token, as in AWS CloudShell: its
// users report AWS_CONTAINER_CREDENTIALS_FULL_URI with a port of localhost and AWS_CONTAINER_AUTHORIZATION_TOKEN
// (github.com/aws/efs-utils, issue 285; github.com/okigan/awscurl, issue 164). AWS documents the two variables, but not that AWS CloudShell
// sets them (AWS SDKs and Tools reference guide, Container credential provider).
//
// Some computers, such as the runners of GitHub Actions, do not allow a process without privileges to change its root directory. The shell
// then has the root directory of the computer, with a PATH that has only these programs. What this does not find is a file outside of the
// home directory that a program reads, such as a configuration of curl or a certificate.
func TestAcceptanceCloudShell(t *testing.T) {
	t.Parallel()
	exe := filepath.Join(t.TempDir(), "wizard")
	build := exec.CommandContext(t.Context(), tool(t, "go"), "build", "-trimpath", "-ldflags", "-s -w", "-o", exe, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	r := newRelease(t, program, runtime.GOARCH)

	const token, key, session = "token-of-the-shell", "ASIAEXAMPLE", "session-of-the-shell"
	credentials := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if got := req.Header.Get("Authorization"); got != token {
			t.Errorf("the credentials are asked for with the token %q", got)
			http.Error(w, "{}", http.StatusForbidden)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"Code": "Success", "AccessKeyId": key, "SecretAccessKey": "secret", "Token": session, "Expiration": time.Now().Add(15 * time.Minute).UTC().Format(time.RFC3339)})
	}))
	t.Cleanup(credentials.Close)
	box, err := sandbox.New(sandbox.Options{Scenario: "closed"})
	if err != nil {
		t.Fatal(err)
	}
	account := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.Contains(req.Header.Get("Authorization"), "Credential="+key+"/") || req.Header.Get("X-Amz-Security-Token") != session {
			t.Errorf("%s %s is not signed with the credentials of the shell", req.Method, req.URL)
		}
		box.ServeHTTP(w, req)
	}))
	t.Cleanup(account.Close)

	const home = "/home/cloudshell-user"
	root, clean := cleanRoot(t, home)
	env := []string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + strings.Replace(credentials.URL, "127.0.0.1", "localhost", 1) + "/latest/meta-data/container/security-credentials",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN=" + token, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		// Of the test only. The sandbox has one host name for all services.
		"WIZARD_RELEASES=" + r.url, "AWS_ENDPOINT_URL=" + account.URL, "AWS_DISABLE_HOST_PREFIX_INJECTION=true",
	}
	cmd, inside := exec.CommandContext(t.Context(), "/bin/sh"), home
	if clean {
		cmd.Dir, cmd.SysProcAttr = home, inRoot(root)
		env = append(env, "PATH=/bin")
	} else {
		bin := toolFolder(t)
		inside = filepath.Join(root, home)
		cmd = exec.CommandContext(t.Context(), filepath.Join(bin, "sh"))
		cmd.Dir = inside
		env = append(env, "PATH="+bin)
	}
	t.Logf("in a root directory of its own: %v", clean)
	out := paste(t, cmd, append(env, "HOME="+inside)...)

	m := regexp.MustCompile(`(?m)^Download with Actions, Download file, and send: (\S+/snapshot-\S+\.json\.gz)\nDownload, keep, and never send: (\S+/wizard-legend\.json)$`).FindStringSubmatch(out)
	if m == nil || filepath.Dir(m[1]) != inside || filepath.Dir(m[2]) != inside {
		t.Fatalf("the output does not end with the full paths of the files:\n%s", out)
	}
	if strings.Contains(out, "Not in it") {
		t.Errorf("a call gave no result:\n%s", out)
	}
	outside := func(path string) string { return filepath.Join(root, home, filepath.Base(path)) }
	legend, err := os.ReadFile(outside(m[2]))
	if err != nil || !strings.Contains(string(legend), "123456789012") || !strings.Contains(string(legend), "legacy") {
		t.Errorf("the legend: %v\n%.300s", err, legend)
	}
	g := &globals{}
	inv, err := g.readSnapshot(outside(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	data, err := inv.Write()
	if err != nil || !inv.Masked() || len(inv.Networks) != 2 || len(inv.Clusters) == 0 {
		t.Errorf("the snapshot: %v\n%.300s", err, data)
	}
	for _, name := range []string{"123456789012", "ecsInstanceRole", "mailer", "legacy", "warehouse", "AbCdEf", "batch-spot-idle"} {
		if strings.Contains(string(data), name) {
			t.Errorf("the masked snapshot has %s", name)
		}
	}
	for _, path := range m[1:] {
		if info, err := os.Stat(outside(path)); err != nil || info.Mode().Perm() != privateMode {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
}

// inRoot are the attributes of a process in a root directory of its own.
func inRoot(root string) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Chroot: root, Cloneflags: syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
}

// cleanRoot creates a root directory with an empty home directory. It reports whether a process can have it as its root directory. It then
// also has the programs that the lines may use, and the files that each Linux has.
func cleanRoot(t *testing.T, home string) (root string, clean bool) {
	t.Helper()
	root = t.TempDir()
	put := func(name string, data []byte) {
		t.Helper()
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(root, home), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range cloudShellTools {
		path := tool(t, name)
		files := map[string]string{"/bin/" + name: path}
		out, err := exec.CommandContext(t.Context(), tool(t, "ldd"), path).CombinedOutput()
		if err != nil {
			t.Fatalf("ldd %s: %v\n%s", path, err, out) // all of them have libraries
		}
		for _, word := range strings.Fields(string(out)) {
			if filepath.IsAbs(word) {
				files[word] = word
			}
		}
		for to, from := range files {
			data, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			put(to, data)
		}
	}
	put("/etc/hosts", []byte("127.0.0.1 localhost\n"))
	put("/dev/null", nil)
	try := exec.CommandContext(context.Background(), "/bin/sh", "-c", "true")
	try.Dir, try.SysProcAttr = "/", inRoot(root)
	return root, try.Run() == nil
}

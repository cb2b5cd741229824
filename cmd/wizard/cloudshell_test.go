package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/goccy/go-yaml"
)

// cloudShellTools are the programs that scripts/cloudshell.sh may use.
var cloudShellTools = strings.Fields("sh curl tar gzip sha256sum uname mkdir date")

// cloudShellLines returns the lines that a customer pastes: scripts/cloudshell.sh without the comment at its top.
func cloudShellLines(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../scripts/cloudshell.sh")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(data), "(\n")
	if at < 0 {
		t.Fatal("scripts/cloudshell.sh is not a subshell")
	}
	return string(data[at:])
}

// cloudShellVersion returns the version that the lines download.
func cloudShellVersion(t *testing.T) string {
	t.Helper()
	version := regexp.MustCompile(`(?m)^  version=(\d+\.\d+\.\d+)$`).FindStringSubmatch(cloudShellLines(t))
	if version == nil {
		t.Fatal("the lines have no version")
	}
	return version[1]
}

// release is a release that a server on this computer publishes, with the names that .goreleaser.yaml gives its files.
type release struct {
	url     string
	archive string            // its name
	files   map[string][]byte // by name
}

// newRelease publishes a program for an architecture.
func newRelease(t *testing.T, program []byte, arch string) *release {
	t.Helper()
	version := cloudShellVersion(t)
	data, err := os.ReadFile("../../.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Builds   []struct{ Binary string }
		Archives []struct {
			NameTemplate string `yaml:"name_template"`
			Files        []struct{ Src string }
		}
		Checksum struct {
			NameTemplate string `yaml:"name_template"`
		}
	}
	if err := yaml.Unmarshal(data, &config); err != nil || len(config.Builds) != 1 || len(config.Archives) != 1 {
		t.Fatalf("%+v %v", config, err)
	}
	var name strings.Builder
	if err := template.Must(template.New("").Parse(config.Archives[0].NameTemplate)).Execute(&name, map[string]string{"Version": version, "Os": "linux", "Arch": arch}); err != nil {
		t.Fatal(err)
	}
	r := &release{archive: name.String() + ".tar.gz", files: map[string][]byte{}}
	var others []string
	for _, f := range config.Archives[0].Files {
		others = append(others, f.Src)
	}
	r.files[r.archive] = packed(t, config.Builds[0].Binary, program, others)
	r.files[config.Checksum.NameTemplate] = fmt.Appendf(nil, "%064x  another_file.zip\n%x  %s\n", 1, sha256.Sum256(r.files[r.archive]), r.archive)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		name, ok := strings.CutPrefix(req.URL.Path, "/v"+version+"/")
		if data, exists := r.files[name]; ok && exists {
			_, _ = w.Write(data)
			return
		}
		http.NotFound(w, req)
	}))
	t.Cleanup(srv.Close)
	r.url = srv.URL
	return r
}

// packed returns an archive with a program and other files.
func packed(t *testing.T, binary string, program []byte, others []string) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewWriter(z)
	for _, name := range append(others, binary) {
		content, mode := []byte(name), int64(0o644)
		if name == binary {
			content, mode = program, 0o755
		}
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []io.Closer{archive, z} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// toolFolder returns a folder with links to the programs that the lines may use, and nothing else.
func toolFolder(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	for _, name := range cloudShellTools {
		if err := os.Symlink(tool(t, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

const goesOn = "the shell goes on"

// paste sends the lines to a shell that has only the given environment, as somebody pastes them. It returns what the shell prints. Whatever
// happens, the shell must read its next line.
func paste(t *testing.T, cmd *exec.Cmd, env ...string) string {
	t.Helper()
	cmd.Env, cmd.Stdin = env, strings.NewReader(cloudShellLines(t)+"echo "+goesOn+"\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, ok := strings.CutSuffix(string(out), goesOn+"\n")
	if !ok {
		t.Errorf("the shell has ended: %s", out)
	}
	return text
}

// TestCloudShellRunsOnlyTheRelease pastes the lines of scripts/cloudshell.sh where the downloads are right and wrong. Only the program of an
// archive that its checksums list is run. The acceptance tests run the real program.
func TestCloudShellRunsOnlyTheRelease(t *testing.T) {
	t.Parallel()
	program := []byte("#!/bin/sh\necho \"run: $*\"\necho ran >\"$HOME/ran\"\n")
	for name, tt := range map[string]struct {
		arch    string // of the release; empty: amd64
		machine string // what uname -m prints; empty: x86_64
		change  func(*release)
		says    string // of an error; empty: the program runs
	}{
		"amd64":           {},
		"arm64":           {arch: "arm64", machine: "aarch64"},
		"another machine": {machine: "riscv64", says: "There is no release for riscv64."},
		"another archive": {machine: "aarch64", says: "_linux_arm64.tar.gz. Nothing was run."},
		"changed":         {change: func(r *release) { r.files[r.archive][200] ^= 1 }, says: "is not the file of the release. Nothing was run."},
		"cut":             {change: func(r *release) { r.files[r.archive] = r.files[r.archive][:100] }, says: "is not the file of the release. Nothing was run."},
		"not published":   {change: func(r *release) { clear(r.files) }, says: "Cannot download http://"},
		"no checksums":    {change: func(r *release) { delete(r.files, "checksums.txt") }, says: "/checksums.txt. Nothing was run."},
		"empty checksums": {change: func(r *release) { r.files["checksums.txt"] = nil }, says: "is not the file of the release. Nothing was run."},
		"not in checksums": {change: func(r *release) {
			r.files["checksums.txt"] = []byte(strings.Repeat("0", 64) + "  x" + r.archive + "\n")
		}, says: "is not the file of the release. Nothing was run."},
		"no sums": {change: func(r *release) {
			r.files["checksums.txt"] = []byte("<html>sign in</html>\n")
		}, says: "is not the file of the release. Nothing was run."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.arch == "" {
				tt.arch = "amd64"
			}
			if tt.machine == "" {
				tt.machine = "x86_64"
			}
			r := newRelease(t, program, tt.arch)
			if tt.change != nil {
				tt.change(r)
			}
			home, bin := t.TempDir(), toolFolder(t)
			uname := filepath.Join(bin, "uname")
			if err := os.Remove(uname); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(uname, []byte("#!/bin/sh\necho "+tt.machine+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			out := paste(t, exec.CommandContext(t.Context(), filepath.Join(bin, "sh")), "PATH="+bin, "HOME="+home, "WIZARD_RELEASES="+r.url)
			_, err := os.Stat(filepath.Join(home, "ran"))
			if tt.says != "" {
				if !strings.Contains(out, tt.says) || err == nil {
					t.Errorf("want the error %q, and that nothing runs (%v):\n%s", tt.says, err, out)
				}
				return
			}
			if !regexp.MustCompile(`run: snapshot --mask --out `+home+`/snapshot-\d{8}T\d{6}Z\.json\.gz\n`).MatchString(out) || err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestCloudShellInDocs: docs/snapshots.md shows the lines as they are in scripts/cloudshell.sh.
func TestCloudShellInDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/snapshots.md")
	if err != nil {
		t.Fatal(err)
	}
	if lines := cloudShellLines(t); !strings.Contains(string(page), "```sh\n"+lines+"```\n") {
		t.Errorf("docs/snapshots.md does not show the lines of scripts/cloudshell.sh:\n%s", lines)
	}
}

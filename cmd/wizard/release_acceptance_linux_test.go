//go:build acceptance

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// commitTime is the time of the commit that releaseTree creates.
var commitTime = time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)

// releaseTree copies the files of this repository to a new one, and tags them with the version of scripts/cloudshell.sh. Changes replace
// text in .goreleaser.yaml. The commit is the same each time, so that two releases of it can be compared.
func releaseTree(t *testing.T, changes ...string) string {
	t.Helper()
	dir := t.TempDir()
	list := exec.CommandContext(t.Context(), tool(t, "git"), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = "../.."
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		from, to := filepath.Join("../..", name), filepath.Join(dir, name)
		info, err := os.Stat(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, but not committed
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if name == ".goreleaser.yaml" {
			for i := 0; i < len(changes); i += 2 {
				if bytes.Count(data, []byte(changes[i])) != 1 {
					t.Fatalf(".goreleaser.yaml does not have %q once", changes[i])
				}
				data = bytes.ReplaceAll(data, []byte(changes[i]), []byte(changes[i+1]))
			}
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"remote", "add", "origin", "https://github.com/privatelink-wizard/privatelink-wizard.git"}, {"add", "-A"}, {"commit", "-q", "-m", "Release"}, {"tag", "v" + cloudShellVersion(t)}} {
		git := exec.CommandContext(t.Context(), "git", append([]string{"-c", "core.autocrlf=false", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"}, args...)...)
		git.Dir, git.Env = dir, os.Environ()
		for _, who := range []string{"AUTHOR", "COMMITTER"} {
			git.Env = append(git.Env, "GIT_"+who+"_NAME=test", "GIT_"+who+"_EMAIL=test@example.com", "GIT_"+who+"_DATE="+commitTime.Format(time.RFC3339))
		}
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

// goreleaser runs GoReleaser in a tree, without the tokens and settings of this computer.
func goreleaser(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool(t, "goreleaser"), args...)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); !strings.HasSuffix(name, "_TOKEN") && !strings.HasPrefix(name, "GORELEASER_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("goreleaser %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestAcceptanceReleaseOfAllSystems makes a release for all systems. An empty program takes the place of the real one, which needs minutes
// to compile for six systems, and scripts take the place of docker and syft. They record what GoReleaser hands them.
func TestAcceptanceReleaseOfAllSystems(t *testing.T) {
	t.Parallel()
	dir := releaseTree(t, "main: ./cmd/wizard", "main: ./empty")
	write := func(name, text string, mode fs.FileMode) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("empty/main.go", "package main\n\nvar version, commit, date string\n\nfunc main() { _, _, _ = version, commit, date }\n", 0o644)
	for _, name := range []string{"completions/wizard.bash", "completions/_wizard", "completions/wizard.fish", "completions/wizard.ps1", "man/wizard.1.gz"} {
		write("release/"+name, name, 0o644)
	}
	seen := t.TempDir()
	write("bin/docker", `#!/bin/sh
case "$*" in
"buildx inspect") echo "Driver: docker-container" ;;
info) exit 1 ;; # no daemon: one build for both systems
*) echo "$*" >"`+seen+`/arguments"; cp -R . "`+seen+`/context"; echo sha256:00 >id.txt ;;
esac
`, 0o755)
	write("bin/syft", "#!/bin/sh\necho \"{}\" >\"${3#spdx-json=}\"\n", 0o755)

	if out := goreleaser(t, dir, nil, "check"); strings.Contains(strings.ToLower(out), "deprecat") {
		t.Errorf("goreleaser check:\n%s", out)
	}
	out := goreleaser(t, dir, []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "SCOOP_BUCKET_TOKEN=secret-of-the-bucket"},
		"release", "--snapshot", "--clean", "--skip=before")
	if strings.Contains(strings.ToLower(out), "deprecat") {
		t.Errorf("goreleaser release:\n%s", out)
	}
	dist := filepath.Join(dir, "dist")
	read := func(name string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	var meta struct{ Version string }
	if err := json.Unmarshal([]byte(read("metadata.json")), &meta); err != nil || !strings.HasSuffix(meta.Version, "-snapshot") {
		t.Fatalf("%+v %v", meta, err)
	}
	v := meta.Version

	// The checksums list each file that people download.
	var want []string
	for _, name := range []string{"linux_amd64.tar.gz", "linux_arm64.tar.gz", "darwin_amd64.tar.gz", "darwin_arm64.tar.gz", "windows_amd64.zip", "windows_arm64.zip"} {
		want = append(want, "privatelink-wizard_"+v+"_"+name, "privatelink-wizard_"+v+"_"+name+".spdx.json")
	}
	for _, arch := range []string{"amd64", "arm64"} {
		for _, kind := range []string{"deb", "rpm", "apk"} {
			want = append(want, "privatelink-wizard_"+v+"_linux_"+arch+"."+kind)
		}
	}
	schemas, err := filepath.Glob("../../docs/*.schema.json")
	if err != nil || len(schemas) < 4 {
		t.Fatal(schemas, err)
	}
	for _, s := range schemas {
		want = append(want, filepath.Base(s))
	}
	sums := map[string]string{}
	var got []string
	for line := range strings.Lines(read("checksums.txt")) {
		f := strings.Fields(line)
		sums[f[1]] = f[0]
		got = append(got, f[1])
		if _, err := os.Stat(filepath.Join(dist, f[1])); err == nil {
			if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(read(f[1])))); sum != f[0] {
				t.Errorf("%s has the checksum %s", f[1], sum)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("checksums.txt (-want +got):\n%s", d)
	}

	// Windows: the archive is a zip file with the same files.
	z, err := zip.OpenReader(filepath.Join(dist, "privatelink-wizard_"+v+"_windows_amd64.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	got = nil
	for _, f := range z.File {
		got = append(got, f.Name)
	}
	if d := cmp.Diff(archiveFiles("wizard.exe"), got); d != "" {
		t.Errorf("the zip file (-want +got):\n%s", d)
	}

	// The manifests have the addresses and checksums of the archives.
	address := "https://github.com/privatelink-wizard/privatelink-wizard/releases/download/v" + cloudShellVersion(t) + "/privatelink-wizard_" + v + "_"
	cask := read("homebrew/Casks/privatelink-wizard.rb")
	for _, text := range []string{`binary "wizard"`, `manpage "man/wizard.1.gz"`, `bash_completion "completions/wizard.bash"`, `zsh_completion "completions/_wizard"`, `fish_completion "completions/wizard.fish"`, "com.apple.quarantine"} {
		if !strings.Contains(cask, text) {
			t.Errorf("the cask does not contain %s:\n%s", text, cask)
		}
	}
	for _, system := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"} {
		if sum := sums["privatelink-wizard_"+v+"_"+system+".tar.gz"]; !strings.Contains(cask, strings.ReplaceAll(address, v, "#{version}")+system+".tar.gz") || !strings.Contains(cask, `"`+sum+`"`) {
			t.Errorf("the cask does not have the archive of %s:\n%s", system, cask)
		}
	}
	var scoop struct {
		Version      string
		Architecture map[string]struct {
			URL, Hash string
			Bin       []string
		}
	}
	if err := json.Unmarshal([]byte(read("scoop/bucket/privatelink-wizard.json")), &scoop); err != nil {
		t.Fatal(err)
	}
	folder := path.Join("winget/manifests/p/PrivateLinkWizard/PrivateLinkWizard", v)
	winget := read(path.Join(folder, "PrivateLinkWizard.PrivateLinkWizard.installer.yaml"))
	for arch, key := range map[string]string{"amd64": "64bit", "arm64": "arm64"} {
		name := address + "windows_" + arch + ".zip"
		sum := sums[path.Base(name)]
		if a := scoop.Architecture[key]; a.URL != name || a.Hash != sum || !slices.Equal(a.Bin, []string{"wizard.exe"}) || scoop.Version != v {
			t.Errorf("Scoop: %+v", scoop)
		}
		if !strings.Contains(winget, "InstallerUrl: "+name) || !strings.Contains(strings.ToLower(winget), "installersha256: "+sum) || !strings.Contains(winget, "RelativeFilePath: wizard.exe") {
			t.Errorf("winget:\n%s", winget)
		}
	}
	for _, name := range []string{"PrivateLinkWizard.PrivateLinkWizard.yaml", "PrivateLinkWizard.PrivateLinkWizard.locale.en-US.yaml"} {
		if text := read(path.Join(folder, name)); !strings.Contains(text, "PackageVersion: "+v) {
			t.Errorf("%s:\n%s", name, text)
		}
	}

	// A manifest is uploaded only with its token.
	var artifacts []struct {
		Name  string
		Extra map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(read("artifacts.json")), &artifacts); err != nil {
		t.Fatal(err)
	}
	uploads := map[string]string{}
	for _, a := range artifacts {
		for key, raw := range a.Extra {
			var config struct {
				SkipUpload string `json:"skip_upload"`
			}
			if json.Unmarshal(raw, &config) == nil && config.SkipUpload != "" {
				uploads[key] = config.SkipUpload
			}
		}
	}
	if d := cmp.Diff(map[string]string{"BrewCaskConfig": "true", "ScoopConfig": "auto", "WingetConfig": "true"}, uploads); d != "" {
		t.Errorf("skip_upload with the token of the Scoop bucket only (-want +got):\n%s", d)
	}

	// The image is built for both systems, in a folder that has what Dockerfile copies.
	arguments, err := os.ReadFile(filepath.Join(seen, "arguments"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"buildx build --platform linux/amd64,linux/arm64 ", " -t ghcr.io/privatelink-wizard/privatelink-wizard:" + v + " ", " --label org.opencontainers.image.version=" + v + " ", " --annotation index:org.opencontainers.image.source=https://github.com/privatelink-wizard/privatelink-wizard "} {
		if !strings.Contains(string(arguments), text) {
			t.Errorf("docker %s: no %q", arguments, text)
		}
	}
	if d := cmp.Diff([]string{"Dockerfile", "linux/amd64/wizard", "linux/arm64/wizard", "scripts/image-files.sh"}, filesIn(t, filepath.Join(seen, "context"))); d != "" {
		t.Errorf("the folder of the image (-want +got):\n%s", d)
	}
}

// archiveFiles are the files of an archive.
func archiveFiles(program string) []string {
	return []string{"CHANGELOG.md", "LICENSE", "README.md", "completions/_wizard", "completions/wizard.bash", "completions/wizard.fish", "completions/wizard.ps1", "man/wizard.1.gz", program}
}

// filesIn lists the files in a folder and its subfolders, without the folders.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, err = filepath.Rel(dir, name)
			out = append(out, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAcceptanceRelease makes the release of this system twice, in two folders and with different settings of the computer. All files must
// be equal. Then each package is installed in a root directory that has nothing else, run as a user without privileges, and removed.
func TestAcceptanceRelease(t *testing.T) {
	t.Parallel()
	version := cloudShellVersion(t)
	var dists, sums []string
	for _, env := range [][]string{{"TZ=UTC", "LC_ALL=C"}, {"TZ=Asia/Tokyo", "LC_ALL=C.UTF-8", "HOSTNAME=another"}} {
		began := time.Now()
		dir := releaseTree(t, "goos: [linux, darwin, windows]", "goos: [linux]", "goarch: [amd64, arm64]", "goarch: ["+runtime.GOARCH+"]")
		goreleaser(t, dir, env, "release", "--clean", "--skip=publish,docker,sbom,homebrew,scoop,winget")
		t.Logf("release of one system: %.1f s", time.Since(began).Seconds())
		data, err := os.ReadFile(filepath.Join(dir, "dist", "checksums.txt"))
		if err != nil {
			t.Fatal(err)
		}
		dists, sums = append(dists, filepath.Join(dir, "dist")), append(sums, string(data))
	}
	if sums[0] != sums[1] {
		t.Errorf("two releases of the same commit differ:\n%s\n%s", sums[0], sums[1])
	}
	install, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	file := func(pattern string) string {
		t.Helper()
		m, err := filepath.Glob(filepath.Join(dists[0], pattern))
		if err != nil || len(m) != 1 {
			t.Fatalf("%s: %v %v", pattern, m, err)
		}
		if info, err := os.Stat(m[0]); err != nil {
			t.Fatal(err)
		} else {
			t.Logf("%s: %.1f MiB", filepath.Base(m[0]), float64(info.Size())/(1<<20))
		}
		return m[0]
	}
	program := file("wizard_linux_*/wizard")
	archive, deb, rpm, apk := file("*.tar.gz"), file("*.deb"), file("*.rpm"), file("*.apk")
	name := strings.TrimSuffix(filepath.Base(archive), ".tar.gz")
	for _, other := range []string{deb, rpm, apk} {
		if filepath.Base(other) != name+filepath.Ext(other) || !strings.Contains(string(install), "`"+name+".tar.gz` | the same name with `.deb`, `.rpm` or `.apk` |") {
			t.Errorf("docs/install.md does not list %s", filepath.Base(other))
		}
	}

	t.Run("archive", func(t *testing.T) {
		var got []string
		for _, e := range unpack(t, archive) {
			got = append(got, e.Name)
			mode := int64(0o644)
			if e.Name == "wizard" {
				mode = 0o755
			}
			if e.Mode != mode || !e.ModTime.Equal(commitTime) || e.Uname != "root" || e.Gname != "root" {
				t.Errorf("%s: mode %o, %s, %s:%s", e.Name, e.Mode, e.ModTime, e.Uname, e.Gname)
			}
			if e.Name == "man/wizard.1.gz" {
				z, err := gzip.NewReader(bytes.NewReader(e.data))
				if err != nil {
					t.Fatal(err)
				}
				page, err := io.ReadAll(z)
				if want := fmt.Sprintf(".TH WIZARD 1 \"2026\\-01\\-02\" \"wizard %s\"", version); err != nil || !strings.HasPrefix(string(page), want) {
					t.Errorf("%.80s (%v), want %s", page, err, want)
				}
			}
		}
		if d := cmp.Diff(archiveFiles("wizard"), got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
	t.Run("deb", func(t *testing.T) {
		root := emptyRoot(t, "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers")
		asRoot(t, "touch", filepath.Join(root, "var/lib/dpkg/status"))
		dpkg := func(args ...string) string { return asRoot(t, "dpkg", append([]string{"--root=" + root}, args...)...) }
		installed(t, root, "usr/share/zsh/vendor-completions/_wizard", "usr/share/doc/privatelink-wizard/copyright", func() {
			dpkg("--install", deb)
			if out := dpkg("--status", "privatelink-wizard"); !strings.Contains(out, "\nVersion: "+version+"\n") || !strings.Contains(out, "\nRecommends: ca-certificates\n") {
				t.Errorf("dpkg --status:\n%s", out)
			}
		}, func() { dpkg("--remove", "privatelink-wizard") })
	})
	t.Run("rpm", func(t *testing.T) {
		root := emptyRoot(t, "var/lib/rpm")
		// Debian's rpm refuses to install packages, because dpkg does not know of them.
		args := []string{"--root", root, "--dbpath", "/var/lib/rpm"}
		if data, err := os.ReadFile("/etc/os-release"); err == nil && bytes.Contains(data, []byte("debian")) {
			args = append(args, "--force-debian")
		}
		rpmTool := func(more ...string) string { return asRoot(t, "rpm", append(slices.Clone(args), more...)...) }
		installed(t, root, "usr/share/zsh/site-functions/_wizard", "usr/share/licenses/privatelink-wizard/LICENSE", func() {
			rpmTool("--install", rpm)
			out := rpmTool("--query", "--queryformat", "%{NAME} %{VERSION} %{LICENSE} %{BUILDHOST} [%{RECOMMENDNAME}] %{BUILDTIME}", "privatelink-wizard")
			if want := fmt.Sprintf("privatelink-wizard %s Apache-2.0 localhost ca-certificates %d", version, commitTime.Unix()); out != want {
				t.Errorf("%s, want %s", out, want)
			}
		}, func() { rpmTool("--erase", "privatelink-wizard") })
	})
	t.Run("apk", func(t *testing.T) {
		// An apk file is a sequence of gzip files: the description of the package, then its files.
		root := emptyRoot(t)
		installed(t, root, "usr/share/zsh/site-functions/_wizard", "usr/share/licenses/privatelink-wizard/LICENSE", func() {
			for _, e := range unpack(t, apk) {
				if e.Typeflag == tar.TypeDir {
					continue
				}
				if e.Name == ".PKGINFO" {
					for _, line := range []string{"pkgname = privatelink-wizard", "pkgver = " + version, "license = Apache-2.0", "depend = ca-certificates-bundle"} {
						if !strings.Contains(string(e.data), line+"\n") {
							t.Errorf("no line %q:\n%s", line, e.data)
						}
					}
					continue
				}
				name := filepath.Join(root, e.Name)
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, e.data, fs.FileMode(e.Mode)); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(name, e.ModTime, e.ModTime); err != nil {
					t.Fatal(err)
				}
			}
		}, nil) // Debian has no apk
	})
	t.Run("image", func(t *testing.T) { image(t, program) })
}

// entry is a file of an archive.
type entry struct {
	*tar.Header
	data []byte
}

// unpack reads a tar.gz file.
func unpack(t *testing.T, name string) []entry {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []entry
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, entry{h, data})
	}
}

// privileged returns a command that root runs, with nothing but the given environment. A user who is not root needs sudo without a password.
func privileged(t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	line := append(append([]string{"env", "-i"}, env...), name)
	if os.Getuid() != 0 {
		line = append([]string{tool(t, "sudo"), "-n"}, line...)
	}
	return exec.CommandContext(t.Context(), tool(t, line[0]), append(line[1:], args...)...)
}

const rootPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// asRoot runs a program as root and returns what it prints on standard output.
func asRoot(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := privileged(t, []string{rootPath}, name, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, out, errs.String())
	}
	return string(out)
}

// emptyRoot creates a root directory with only the given folders and a home directory.
func emptyRoot(t *testing.T, folders ...string) string {
	t.Helper()
	root, err := os.MkdirTemp("", "root")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // with files of root, which the test cannot remove if it is not root
		if os.Getuid() == 0 {
			_ = os.RemoveAll(root)
		} else {
			_ = exec.Command("sudo", "-n", "rm", "-rf", root).Run()
		}
	})
	if err := os.Chmod(root, 0o755); err != nil { //nolint:gosec // another user runs the program in it
		t.Fatal(err)
	}
	for _, name := range append(folders, "home/user") {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// inside returns a command in a root directory, as a user without privileges.
func inside(t *testing.T, root, user string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	program := "/usr/sbin/chroot" // not on the PATH of every user
	if _, err := os.Stat(program); err != nil {
		program = tool(t, "chroot")
	}
	return privileged(t, append([]string{rootPath}, env...), program, append([]string{"--userspec=" + user, root}, args...)...)
}

// installed installs a package in a root directory, runs the program and removes the package. Nothing may stay. The zsh completion and the
// license are at a place of their own in each kind of package.
func installed(t *testing.T, root, zsh, license string, install, remove func()) {
	t.Helper()
	before := filesIn(t, root)
	began := time.Now()
	install()
	done := time.Now()

	ours := []string{license, zsh, "usr/bin/wizard", "usr/share/bash-completion/completions/wizard", "usr/share/doc/privatelink-wizard/CHANGELOG.md",
		"usr/share/doc/privatelink-wizard/README.md", "usr/share/fish/vendor_completions.d/wizard.fish", "usr/share/man/man1/wizard.1.gz"}
	var got []string
	for _, name := range filesIn(t, root) {
		if strings.HasPrefix(name, "usr/") {
			got = append(got, name)
		}
	}
	slices.Sort(ours)
	if d := cmp.Diff(ours, got); d != "" {
		t.Errorf("the files of the package (-want +got):\n%s", d)
	}
	for _, name := range got {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		mode := fs.FileMode(0o644)
		if name == "usr/bin/wizard" {
			mode = 0o755
		}
		if info.Mode() != mode || !info.ModTime().Equal(commitTime) {
			t.Errorf("%s: %s %s", name, info.Mode(), info.ModTime())
		}
	}

	env := []string{"HOME=/home/user", "TERM=xterm-256color", "COLORTERM=truecolor"}
	out, err := inside(t, root, "1000:1000", env, "/usr/bin/wizard", "version", "--json").Output()
	var b build
	if err != nil || json.Unmarshal(out, &b) != nil || b.Version != cloudShellVersion(t) || b.Date != commitTime.Format(time.RFC3339) || len(b.Commit) != 40 || b.Modified {
		t.Errorf("wizard version: %s %v", out, err)
	}
	out, err = inside(t, root, "1000:1000", env, "/usr/bin/wizard", "completion", "bash").Output()
	if packed, err2 := os.ReadFile(filepath.Join(root, "usr/share/bash-completion/completions/wizard")); err != nil || err2 != nil || !bytes.Equal(packed, out) {
		t.Errorf("the completion of the package is not that of the program: %v %v", err, err2)
	}
	starts := time.Now()
	x := startCommand(t, 80, 24, inside(t, root, "1000:1000", env, "/usr/bin/wizard", "--sandbox"))
	x.wait("Workload", "▸ Amazon ECS on Fargate")
	t.Logf("installed in %.2f s, first screen after %.2f s", done.Sub(began).Seconds(), time.Since(starts).Seconds())
	x.press(ctrlC)
	if code := x.exit(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}

	if remove == nil {
		return
	}
	remove()
	if d := cmp.Diff(strings.Join(withoutDatabase(before), "\n"), strings.Join(withoutDatabase(filesIn(t, root)), "\n")); d != "" {
		t.Errorf("what the package leaves (-want +got):\n%s", d)
	}
	err = filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		if strings.Contains(filepath.Base(name), "wizard") {
			t.Errorf("%s stays", strings.TrimPrefix(name, root))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// withoutDatabase leaves out the files where a package manager notes what it did.
func withoutDatabase(files []string) []string {
	return slices.DeleteFunc(slices.Clone(files), func(name string) bool {
		return strings.HasPrefix(name, "var/lib/") || strings.HasPrefix(name, "var/log/")
	})
}

// image builds the root directory that Dockerfile describes, and runs the program in it as the user of the image. No container engine takes
// part. What this does not test is the engine: its syntax, the base image of the first stage, the volumes and the terminal of docker run.
func image(t *testing.T, program string) {
	root := emptyRoot(t)
	if err := os.RemoveAll(filepath.Join(root, "home")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, last, ok := strings.Cut(string(data), "\nCOPY scripts/image-files.sh /image-files.sh\nRUN sh /image-files.sh /image\n\nFROM scratch\n")
	if !ok {
		t.Fatalf("Dockerfile has other stages:\n%s", data)
	}
	files := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), tool(t, "sh"), "../../scripts/image-files.sh", files).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var env, entrypoint []string
	var user, workdir string
	for line := range strings.Lines(last) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "ARG":
			if rest != "TARGETPLATFORM" {
				t.Errorf("ARG %s", rest)
			}
		case "COPY":
			f := strings.Fields(rest)
			from, to := program, ""
			switch {
			case len(f) == 3 && f[0] == "--from=files" && f[1] == "/image/":
				from, to = files+"/.", f[2]
			case len(f) == 2 && f[0] == "$TARGETPLATFORM/wizard":
				to = f[1]
			default:
				t.Fatalf("COPY %s", rest)
			}
			to = filepath.Join(root, to)
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), tool(t, "cp"), "-a", from, to).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		case "ENV":
			env = append(env, strings.Fields(rest)...)
		case "USER":
			user = rest
		case "WORKDIR":
			workdir = rest
		case "ENTRYPOINT":
			if err := json.Unmarshal([]byte(rest), &entrypoint); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("the test does not know %q", line)
		}
	}
	if err := os.Chmod(root, 0o755); err != nil { //nolint:gosec // as the root directory of an image
		t.Fatal(err)
	}
	const certificates = "etc/ssl/certs/ca-certificates.crt"
	if d := cmp.Diff([]string{certificates, "usr/bin/wizard"}, filesIn(t, root)); d != "" {
		t.Errorf("the files of the image (-want +got):\n%s", d)
	}
	if user != "65532:65532" || workdir != "/data" {
		t.Errorf("user %s, folder %s", user, workdir)
	}
	run := func(more []string, args ...string) (string, error) {
		out, err := inside(t, root, user, slices.Concat(env, more), append(slices.Clone(entrypoint), args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := run(nil, "version"); err != nil || !strings.HasPrefix(out, "wizard version "+cloudShellVersion(t)+"\n") {
		t.Errorf("wizard version: %v\n%s", err, out)
	}

	// AWS is a server with a certificate that nobody knows, until it is in the file of the image.
	box, err := sandbox.New(sandbox.Options{Scenario: "closed"})
	if err != nil {
		t.Fatal(err)
	}
	account := httptest.NewUnstartedServer(box)
	account.Config.ErrorLog = log.New(io.Discard, "", 0)
	account.StartTLS()
	t.Cleanup(account.Close)
	settings := []string{"AWS_ACCESS_KEY_ID=ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-east-1",
		"AWS_ENDPOINT_URL=" + account.URL, "AWS_DISABLE_HOST_PREFIX_INJECTION=true"}
	if out, err := run(settings, "snapshot", "--out", workdir+"/account.json"); err == nil || !strings.Contains(out, "certificate signed by unknown authority") {
		t.Errorf("with an unknown certificate: %v\n%s", err, out)
	}
	bundle, err := os.ReadFile(filepath.Join(root, certificates))
	if err != nil || bytes.Count(bundle, []byte("BEGIN CERTIFICATE")) < 50 {
		t.Fatalf("%d bytes of certificates: %v", len(bundle), err)
	}
	bundle = append(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: account.Certificate().Raw})...)
	if err := os.WriteFile(filepath.Join(root, certificates), bundle, 0o644); err != nil { //nolint:gosec // everybody reads certificates
		t.Fatal(err)
	}
	if out, err := run(settings, "snapshot", "--out", workdir+"/account.json"); err != nil {
		t.Fatalf("wizard snapshot: %v\n%s", err, out)
	}
	info, err := os.Stat(filepath.Join(root, workdir, "account.json"))
	if err != nil {
		t.Fatal(err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || strconv.Itoa(int(stat.Uid)) != "65532" {
		t.Errorf("the snapshot belongs to another user: %+v", info.Sys())
	}
}

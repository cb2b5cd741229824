package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

const vpnAnswers = "version: 1\nworkload: mwaa\nregion: us-west-2\nmwaa: {environment: nightly, way_in: client-vpn}\nendpoint_policy: {sqs: full}\n"

// ovpn is the file of a client with these answers.
const ovpn = "airflow-nightly-vpn/airflow-nightly.ovpn"

// onlyFile fails unless a private folder with the file of a client is all that is left of a Client VPN.
func (s *site) onlyFile() {
	s.t.Helper()
	if left, _ := filepath.Glob(filepath.Join(s.dir, "*airflow-nightly*")); len(left) != 1 {
		s.t.Errorf("left behind: %v", left)
	}
	onlyFile(s.t, filepath.Join(s.dir, filepath.Dir(ovpn)), filepath.Base(ovpn))
}

// onlyFile fails unless a folder is private, git ignores it, and a file is all that it contains.
func onlyFile(t *testing.T, folder, file string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{".gitignore", file}; !slices.Equal(names, want) {
		t.Errorf("%s contains %q, want %q", folder, names, want)
	}
	private(t, folder)
}

// private fails unless only the user can open a folder, and git ignores what is in it.
func private(t *testing.T, folder string) {
	t.Helper()
	if info, err := os.Lstat(folder); err != nil || info.Mode() != os.ModeDir|0o700 {
		t.Errorf("%s is %v: %v", folder, info, err)
	}
	if text, err := os.ReadFile(filepath.Join(folder, ".gitignore")); string(text) != "*\n" {
		t.Errorf(".gitignore is %q: %v", text, err)
	}
}

// read is a file of a site that nobody else may read.
func (s *site) read(name string) string {
	s.t.Helper()
	info, err := os.Stat(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		s.t.Errorf("%s has mode %s", name, info.Mode())
	}
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// inlined is a file within the configuration of a VPN client.
func inlined(config, kind string) []byte {
	_, rest, _ := strings.Cut(config, "<"+kind+">\n")
	text, _, _ := strings.Cut(rest, "</"+kind+">")
	return []byte(text)
}

// connects fails unless a client can connect with the file: it has the key of a
// certificate that its CA issued for clients, and the account knows that CA.
func (s *site) connects(config string) {
	s.t.Helper()
	if !regexp.MustCompile(`(?m)^remote airflow-nightly\.cvpn-endpoint-[0-9a-f]+\.prod\.clientvpn\.us-west-2\.amazonaws\.com 443$`).MatchString(config) {
		s.t.Errorf("it does not lead to the endpoint: %s", strings.SplitN(config, "<", 2)[0])
	}
	pair, err := tls.X509KeyPair(inlined(config, "cert"), inlined(config, "key"))
	if err != nil {
		s.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(inlined(config, "ca"))
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		s.t.Error(err)
	}
	known := map[any]string{}
	walk(s.get("/_sandbox/account"), func(o map[string]any) {
		if o["Type"] == "IMPORTED" {
			known[o["DomainName"]], _ = o["Serial"].(string)
		}
	})
	serial := strings.ToLower(strings.ReplaceAll(known["client.airflow-nightly"], ":", ""))
	if want := pair.Leaf.SerialNumber.Text(16); strings.TrimLeft(serial, "0") != want || known["server.airflow-nightly"] == "" {
		s.t.Errorf("the account knows %v, and not %s", known, want)
	}
}

// keyless fails where a private key is in what was written, but for these.
func (s *site) keyless(but []string, texts ...string) {
	s.t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !slices.Contains(but, d.Name()) {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			texts = append(texts, path+": "+string(b))
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, text := range texts {
		if i := strings.Index(text, "PRIVATE KEY"); i >= 0 {
			s.t.Errorf("a private key is in what was written: %s", text[:min(i, 200)])
		}
	}
}

// certificatesApart leaves out what no two certificates have in common, and calls each
// that was made by its domain: they are imported side by side.
func certificatesApart(account any) any {
	var names []string
	walk(account, func(o map[string]any) {
		domain, _ := o["DomainName"].(string)
		if arn, _ := o["CertificateArn"].(string); strings.HasSuffix(domain, ".airflow-nightly") {
			names = append(names, arn, "<"+domain+">")
			for _, field := range []string{"Serial", "NotBefore", "NotAfter", "ImportedAt"} {
				delete(o, field)
			}
		}
		delete(o, "CreationTime")
	})
	return rewrite(account, strings.NewReplacer(names...).Replace)
}

// TestClientVPNByApplyAndByScript: both leave equal accounts and a file that a client
// can connect with. It is written once and has the only private key that is kept anywhere.
func TestClientVPNByApplyAndByScript(t *testing.T) {
	t.Parallel()
	clientVPNLeavesEqualAccounts(t, standIn)
}

func clientVPNLeavesEqualAccounts(t *testing.T, cli string) {
	tool(t, "bash")
	tool(t, "openssl")
	applied, scripted := practice(t, "mwaa-private"), scriptedAt(t, "mwaa-private", cli, 100)
	fixed := idsIn(applied.get("/_sandbox/account"))
	for _, s := range []*site{applied, scripted} {
		s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true")
		s.write("answers.yaml", vpnAnswers)
	}
	out, said := applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes", "--json", "--debug", "debug.log")
	const file, name = ovpn, "airflow-nightly.ovpn"
	config := applied.read(file)
	applied.connects(config)
	applied.keyless([]string{name}, out, said)
	if !strings.Contains(out, `"next":["`+file+` contains a private key`) {
		t.Errorf("the summary does not say where the file is: %s", out[strings.LastIndex(out, `{"state"`):])
	}

	plan, _ := scripted.wizard(0, "plan", "--answers", "answers.yaml", "--json")
	scripted.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	_, said = scripted.script(cli, 0, "e.sh")
	scripted.connects(scripted.read(file))
	scripted.keyless([]string{name}, plan, said)
	if !strings.Contains(said, file+" contains a private key") {
		t.Error(said)
	}
	state := func(s *site) any { return normal(certificatesApart(s.rested()), fixed) }
	if d := cmp.Diff(state(applied), state(scripted)); d != "" {
		t.Error("apply and script differ (-apply +script)", d)
	}

	// Again: nothing is made, and the file stays.
	before, kept := scripted.rested(), scripted.read(file)
	_, said = scripted.script(cli, 0, "e.sh")
	if d := cmp.Diff(before, scripted.rested()); d != "" || scripted.read(file) != kept || !strings.Contains(said, file+" exists already and was not changed.") {
		t.Error("the second run changed something", d, said)
	}
	for _, s := range []*site{applied, scripted} {
		s.keepsAll("answers.yaml")
	}
	_, said = applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	if applied.read(file) != config || !strings.Contains(said, file+" exists already and was not changed.") {
		t.Error(said)
	}
	for _, s := range []*site{applied, scripted} {
		s.onlyFile()
	}
	// A complete file where an earlier version wrote it is kept, and no second one is written.
	for _, s := range []*site{applied, scripted} {
		if err := os.Rename(filepath.Join(s.dir, file), filepath.Join(s.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, said = applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	_, told := scripted.script(cli, 0, "e.sh")
	for _, said := range []string{said, told} {
		if !strings.Contains(said, name+" in the current folder is the file of this Client VPN and was not changed.") {
			t.Error(said)
		}
	}
	for _, s := range []*site{applied, scripted} {
		if _, err := os.Stat(filepath.Join(s.dir, file)); err == nil {
			t.Error("a second file was written")
		}
		remove(t, filepath.Join(s.dir, name))
	}
	// Where the key is lost, no file pretends to be complete.
	_, said = applied.wizard(1, "apply", "--answers", "answers.yaml", "--yes")
	_, told = scripted.script(cli, 1, "e.sh")
	for _, said := range []string{said, told} {
		if !strings.Contains(said, "The private key of the client certificate is not in the folder airflow-nightly-vpn/keys") || !strings.Contains(said, "delete the Client VPN endpoint") {
			t.Error(said)
		}
	}
	applied.keyless(nil)
	scripted.keyless(nil)
}

// writes are the operations called so far that change something.
func (s *site) writes() []string {
	s.watched.mu.Lock()
	defer s.watched.mu.Unlock()
	var out []string
	for op := range s.watched.calls {
		if accounttest.Changes(op) {
			out = append(out, op)
		}
	}
	return out
}

// killed runs a program and kills it when the account has applied the nth call of an operation.
func (s *site) killed(op string, nth int, program ...string) {
	s.t.Helper()
	var n atomic.Int64
	s.breaks.set(func(o string, apply func()) bool {
		if o != op || n.Add(1) != int64(nth) {
			return false
		}
		apply()
		s.breaks.kill()
		return true
	})
	code, said := s.attempt(program...)
	s.breaks.set(nil)
	if code != killedCode {
		s.t.Fatalf("%s was not killed at %s: exit code %d\n%s", program[0], op, code, said)
	}
}

// killedVPN kills a run at a call, completes it with another run, and fails unless a client can connect with the file.
func killedVPN(t *testing.T, first, then, op string, nth int) {
	tool(t, "bash")
	tool(t, "openssl")
	s := scriptedAt(t, "mwaa-private", first, 100)
	s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true")
	s.write("answers.yaml", vpnAnswers)
	exe := tool(t, "wizard")
	export := func(cli string) {
		s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
		s.env = append(s.env, "PATH="+s.programs(cli)+":"+os.Getenv("PATH"))
	}
	if first == "apply" {
		s.killed(op, nth, exe, "apply", "--answers", "answers.yaml", "--yes")
	} else {
		export(first)
		s.killed(op, nth, tool(t, "bash"), "e.sh")
	}
	s.rested()
	folder := filepath.Join(s.dir, filepath.Dir(ovpn))
	private(t, folder)
	s.keyless(slices.Collect(maps.Keys(cert.VPN{}.Files())))
	if err := os.Chmod(folder, 0o755); err != nil { // the next run makes it private again
		t.Fatal(err)
	}
	if then == "apply" {
		s.run(0, exe, "apply", "--answers", "answers.yaml", "--yes")
	} else {
		export(then)
		s.run(0, tool(t, "bash"), "e.sh")
	}
	s.connects(s.read(ovpn))
	s.onlyFile()
	s.keyless([]string{"airflow-nightly.ovpn"})
}

// vpnCalls are the calls before and after which the key of a Client VPN could be lost.
var vpnCalls = []struct {
	op  string
	nth int
}{{"ImportCertificate", 1}, {"ImportCertificate", 2}, {"CreateClientVpnEndpoint", 1}, {"ExportClientVpnClientConfiguration", 1}}

// TestClientVPNRunIsKilled: whenever a run is killed, the next one completes the file.
func TestClientVPNRunIsKilled(t *testing.T) {
	t.Parallel()
	for i, call := range vpnCalls {
		then := "apply"
		if i == 1 {
			then = standIn
		}
		t.Run(call.op+" "+strconv.Itoa(call.nth), func(t *testing.T) {
			t.Parallel()
			killedVPN(t, "apply", then, call.op, call.nth)
		})
	}
}

// TestClientVPNScriptIsKilled is the same for a script, which apply completes.
func TestClientVPNScriptIsKilled(t *testing.T) {
	t.Parallel()
	killedVPN(t, standIn, "apply", "ImportCertificate", 2)
}

// unusable are states of the current folder that end a run before its first change.
var unusable = map[string]struct {
	limit   string // a command of bash before the run
	prepare func(dir string) error
	tells   string
}{
	"another endpoint": {"", having("remote airflow-nightly.cvpn-endpoint-0.prod.example.com 443\n"), "is not a complete file of this Client VPN. It was not changed. Rename it and run again."},
	"no endpoint":      {"", having("<key>\n"), "is not a complete file of this Client VPN"},
	"disk full":        {"ulimit -f 16; ", func(string) error { return nil }, ovpn + " cannot be written"},
	"open": {"", func(dir string) error {
		dir = filepath.Join(dir, filepath.Dir(ovpn))
		return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o710))
	}, "ther users can open the folder airflow-nightly-vpn. Run chmod 700 airflow-nightly-vpn, or rename the folder, and run again."},
	"link": {"", func(dir string) error {
		return errors.Join(os.Mkdir(filepath.Join(dir, "other"), 0o700), os.Symlink("other", filepath.Join(dir, filepath.Dir(ovpn))))
	}, "airflow-nightly-vpn is a link or not a folder. Rename it and run again."},
	"link to nothing": {"", func(dir string) error { return os.Symlink("other", filepath.Join(dir, filepath.Dir(ovpn))) }, "is a link or not a folder"},
	"file":            {"", func(dir string) error { return os.WriteFile(filepath.Join(dir, filepath.Dir(ovpn)), nil, 0o600) }, "is a link or not a folder"},
}

// having writes the file of a client.
func having(text string) func(dir string) error {
	return func(dir string) error {
		return errors.Join(os.Mkdir(filepath.Join(dir, filepath.Dir(ovpn)), 0o700), os.WriteFile(filepath.Join(dir, ovpn), []byte(text), 0o600))
	}
}

// refuses fails unless a run ends before its first change, reports why, and writes no file but a .gitignore.
func (s *site) refuses(prepare func(dir string) error, tells string, program ...string) {
	s.t.Helper()
	if err := prepare(s.dir); err != nil {
		s.t.Fatal(err)
	}
	before := s.files()
	_, said := s.run(2, program[0], program[1:]...)
	if w := s.writes(); w != nil || !strings.Contains(said, tells) {
		s.t.Error(said, w)
	}
	after := slices.DeleteFunc(s.files(), func(name string) bool { return filepath.Base(name) == ".gitignore" })
	if d := cmp.Diff(before, after); d != "" {
		s.t.Error(d)
	}
}

// TestClientVPNScriptChecksTheFolder: as TestVPNFileIsCheckedFirst.
func TestClientVPNScriptChecksTheFolder(t *testing.T) {
	t.Parallel()
	s := practiceAt(t, "mwaa-private", 1)
	s.write("answers.yaml", vpnAnswers)
	s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	s.env = append(s.env, "PATH="+s.standIn.Dir+":"+os.Getenv("PATH"))
	for name, tt := range unusable {
		t.Log(name)
		s.refuses(tt.prepare, tt.tells, tool(t, "bash"), "-c", tt.limit+"bash e.sh")
		remove(t, filepath.Join(s.dir, filepath.Dir(ovpn)))
		remove(t, filepath.Join(s.dir, "other"))
	}
}

// TestClientVPNScriptNeedsOpenSSL: without it, nothing is changed.
func TestClientVPNScriptNeedsOpenSSL(t *testing.T) {
	t.Parallel()
	clientVPNScriptNeedsOpenSSL(t, standIn)
}

func clientVPNScriptNeedsOpenSSL(t *testing.T, cli string) {
	s := practiceAt(t, "mwaa-private", 1) // so that the account does not change by itself meanwhile
	s.write("answers.yaml", vpnAnswers)
	s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true")
	s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	before, bin := s.get("/_sandbox/account"), s.programs(cli)
	for _, name := range []string{"bash", "mktemp", "rm", "date"} {
		if err := os.Symlink(tool(t, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	s.env = append(s.env, "PATH="+bin)
	_, said := s.run(1, tool(t, "bash"), "e.sh")
	if d := cmp.Diff(before, s.get("/_sandbox/account")); d != "" || !strings.Contains(said, "openssl was not found") {
		t.Error(said, d)
	}
}

// vpnFile is a file of environment a, with the endpoint and the certificate of the files in its folder.
func vpnFile(t *testing.T, files map[string]secret.Text) run.File {
	t.Helper()
	f := run.File{Config: "client\nremote cvpn-endpoint-1.example.com 443\n", Endpoint: "cvpn-endpoint-1"}
	spec := resource.ClientVPN{Environment: "a", Label: "l", Keys: "airflow-a-vpn/keys", Client: resource.From("certificate/vpn-client")}
	f.Save = *spec.Steps(resource.Change{}).Save
	if files != nil {
		b, _ := pem.Decode([]byte(files["client.pem"].Reveal()))
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		f.Number = strings.ReplaceAll(fmt.Sprintf("% x", c.SerialNumber.Bytes()), " ", ":")
	}
	return f
}

// TestVPNFile: what is written and said at the end of a run. A key is never lost: the keys exist until the file is
// complete, and what exists is never written over.
func TestVPNFile(t *testing.T) {
	const folder, file, keys = "airflow-a-vpn", "airflow-a-vpn/airflow-a.ovpn", "airflow-a-vpn/keys"
	other, complete := "client\nremote l.cvpn-endpoint-2.example.com\n<key>\n", "client\nremote l.cvpn-endpoint-1.example.com\n<key>\n"
	for name, tt := range map[string]struct {
		change   func(*testing.T, *run.File)
		holds    string // in the file; empty: there is none
		lacks    string
		tells    string
		complete bool
		keys     bool // they still exist
	}{
		"complete":                          {nil, "remote l.cvpn-endpoint-1.example.com 443\n<cert>\n", "", "contains a private key", true, false},
		"no configuration":                  {func(_ *testing.T, f *run.File) { f.Config = "" }, "", "", "are in the folder airflow-a-vpn/keys: keep it, and run again", false, true},
		"no certificate":                    {func(_ *testing.T, f *run.File) { f.Number = "" }, "", "", "are in the folder airflow-a-vpn/keys: keep it, and run again", false, true},
		"killed in the middle":              {func(t *testing.T, _ *run.File) { put(t, filepath.Join(folder, ".airflow-a.ovpn"), "<key>") }, "<cert>", "", "contains a private key", true, false},
		"no remote":                         {func(_ *testing.T, f *run.File) { f.Config = "client\n" }, "", "", "was not written: the configuration has no line", false, true},
		"not writable":                      {func(t *testing.T, _ *run.File) { put(t, filepath.Join(folder, ".airflow-a.ovpn", "full"), "") }, "", "", "was not written: ", false, true},
		"another certificate":               {func(_ *testing.T, f *run.File) { f.Number = "01:02" }, "", "", "contains the key of another certificate", false, true},
		"key lost":                          {func(t *testing.T, _ *run.File) { remove(t, keys) }, "", "", "delete the Client VPN endpoint", false, false},
		"nothing":                           {func(t *testing.T, f *run.File) { remove(t, keys); f.Number = "" }, "", "", "", false, false},
		"half a folder":                     {func(t *testing.T, _ *run.File) { remove(t, keys+"/client.key") }, "", "", "Add the file", false, true},
		"given":                             {func(_ *testing.T, f *run.File) { f.Given = true }, "remote cvpn-endpoint-1", "<key>", "between <cert> and </cert>", true, true},
		"given, no configuration":           {func(_ *testing.T, f *run.File) { f.Given, f.Config = true, "" }, "", "", "", false, true},
		"exists":                            {func(t *testing.T, _ *run.File) { put(t, file, complete) }, complete, "", "exists already and was not changed", true, true},
		"exists without key":                {func(t *testing.T, _ *run.File) { put(t, file, "remote cvpn-endpoint-1.example.com\n") }, "remote", "<key>", "delete the Client VPN endpoint", false, true},
		"of another endpoint":               {func(t *testing.T, _ *run.File) { put(t, file, other) }, other, "", "it is not a complete file of this Client VPN", false, true},
		"earlier version":                   {func(t *testing.T, _ *run.File) { put(t, "airflow-a.ovpn", complete) }, "", "", "airflow-a.ovpn in the current folder is the file of this Client VPN and was not changed", true, true},
		"earlier version, another endpoint": {func(t *testing.T, _ *run.File) { put(t, "airflow-a.ovpn", other) }, "<cert>", "", "contains a private key", true, false},
		"earlier version, without key":      {func(t *testing.T, _ *run.File) { put(t, "airflow-a.ovpn", "remote cvpn-endpoint-1.example.com\n") }, "<cert>", "", "contains a private key", true, false},
		"of no endpoint":                    {func(t *testing.T, _ *run.File) { put(t, file, "<key>\n") }, "<key>\n", "", "it is not a complete file of this Client VPN", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := privateFolder(folder); err != nil {
				t.Fatal(err)
			}
			files, err := vpnFiles(keys, "airflow-a")
			if err != nil {
				t.Fatal(err)
			}
			f := vpnFile(t, files)
			if tt.change != nil {
				tt.change(t, &f)
			}
			texts, whole := saveFile(f)
			said := strings.Join(texts, "\n")
			b, err := os.ReadFile(file)
			if whole != tt.complete || (err == nil) != (tt.holds != "") || !strings.Contains(string(b), tt.holds) || tt.lacks != "" && strings.Contains(string(b), tt.lacks) ||
				!strings.Contains(said, tt.tells) || (said == "") != (tt.tells == "") || strings.Contains(said, "PRIVATE KEY") {
				t.Errorf("%v %s\n%s", whole, said, b)
			}
			if _, err := os.Stat(keys); (err == nil) != tt.keys {
				t.Errorf("the keys: %v", err)
			}
			private(t, folder)
			if name != "complete" {
				return
			}
			if again, whole := saveFile(f); !whole || !strings.Contains(again[0], "exists already and was not changed.") {
				t.Error(again)
			}
			if kept, err := os.ReadFile(file); err != nil || string(kept) != string(b) {
				t.Errorf("it was written over: %v", err)
			}
			onlyFile(t, folder, "airflow-a.ovpn")
			// Runs that were killed before they removed what contains keys: the next one does.
			for name, text := range files {
				put(t, filepath.Join(keys, name), text.Reveal())
				put(t, filepath.Join(folder, ".keys.1", name), text.Reveal())
			}
			saveFile(f)
			onlyFile(t, folder, "airflow-a.ovpn")
		})
	}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}

// TestVPNFilesAreKept: what was created is used again, and files that cannot be used are reported and kept.
func TestVPNFilesAreKept(t *testing.T) {
	t.Chdir(t.TempDir())
	const folder, keys = "airflow-a-vpn", "airflow-a-vpn/keys"
	if err := privateFolder(folder); err != nil {
		t.Fatal(err)
	}
	first, err := vpnFiles(keys, "airflow-a")
	if err != nil {
		t.Fatal(err)
	}
	again, err := vpnFiles(keys, "airflow-a")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range first {
		info, err := os.Stat(filepath.Join(keys, name))
		if err != nil || info.Mode().Perm() != 0o600 || again[name].Reveal() != text.Reveal() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if info, err := os.Stat(keys); err != nil || info.Mode().Perm() != 0o700 {
		t.Error(info.Mode(), err)
	}
	put(t, filepath.Join(keys, "client.key"), first["server.key"].Reveal())
	if _, err := vpnFiles(keys, "airflow-a"); err == nil || !strings.Contains(err.Error(), "the client's key is the key of another certificate") {
		t.Error(err)
	}
	remove(t, filepath.Join(keys, "client.key"))
	if _, err := vpnFiles(keys, "airflow-a"); err == nil || !strings.Contains(err.Error(), "is not complete") {
		t.Error(err)
	}
	onlyFile(t, folder, "keys")
}

// TestPrivateFolderOfAVPN: a folder that a run created is made private, and others must be. A folder of a killed run gets its
// .gitignore.
func TestPrivateFolderOfAVPN(t *testing.T) {
	for name, tt := range map[string]struct {
		mode    os.FileMode
		ignored []string // in .gitignore; without an element, there is none
		refused bool
	}{
		"killed before its .gitignore": {0o700, nil, false},
		"killed at its .gitignore":     {0o700, []string{""}, false},
		"open, of a run":               {0o777, []string{"*\n"}, false},
		"open, of others":              {0o755, nil, true},
		"open, other .gitignore":       {0o701, []string{"x\n"}, true},
		"group of its parent":          {0o700 | os.ModeSetgid, nil, false},
	} {
		dir := filepath.Join(t.TempDir(), "f")
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, tt.mode)); err != nil {
			t.Fatal(err)
		}
		for _, text := range tt.ignored {
			put(t, filepath.Join(dir, ".gitignore"), text)
		}
		if err := privateFolder(dir); (err != nil) != tt.refused {
			t.Errorf("%s: %v", name, err)
		}
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := os.ReadFile(filepath.Join(dir, ".gitignore")); !tt.refused && (info.Mode().Perm() != 0o700 || string(text) != "*\n") {
			t.Errorf("%s: %v, .gitignore %q", name, info.Mode(), text)
		}
	}
}

// TestVPNFileIsCheckedFirst: if the file could not be written or kept at the end, nothing is called.
func TestVPNFileIsCheckedFirst(t *testing.T) {
	t.Parallel()
	all := maps.Clone(unusable)
	notComplete := all["link"]
	notComplete.prepare = func(dir string) error { return os.MkdirAll(filepath.Join(dir, filepath.Dir(ovpn), "keys"), 0o700) }
	notComplete.tells = "Add the file, or rename the folder"
	all["keys not complete"] = notComplete // a script finds this when it needs the keys
	for name, tt := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := practiceAt(t, "mwaa-private", 1)
			s.write("answers.yaml", vpnAnswers)
			s.refuses(tt.prepare, tt.tells, tool(t, "bash"), "-c", tt.limit+`exec wizard "$@"`, "wizard", "apply", "--answers", "answers.yaml", "--yes")
		})
	}
}

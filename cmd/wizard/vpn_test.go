package main

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

const vpnAnswers = "version: 1\nworkload: mwaa\nregion: us-west-2\nmwaa: {environment: nightly, way_in: client-vpn}\nendpoint_policy: {sqs: full}\n"

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
	const file = "airflow-nightly.ovpn"
	applied, scripted := practice(t, "mwaa-private"), scriptedAt(t, "mwaa-private", cli, 100)
	fixed := idsIn(applied.get("/_sandbox/account"))
	for _, s := range []*site{applied, scripted} {
		s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true")
		s.write("answers.yaml", vpnAnswers)
	}
	out, said := applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes", "--json", "--debug", "debug.log")
	config := applied.read(file)
	applied.connects(config)
	applied.keyless([]string{file}, out, said)
	if !strings.Contains(out, `"next":["`+file+` is in this folder. It contains a private key`) {
		t.Errorf("the summary does not say where the file is: %s", out[strings.LastIndex(out, `{"state"`):])
	}

	plan, _ := scripted.wizard(0, "plan", "--answers", "answers.yaml", "--json")
	scripted.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	_, said = scripted.script(cli, 0, "e.sh")
	scripted.connects(scripted.read(file))
	scripted.keyless([]string{file, "server.key", "client.key"}, plan, said)
	if _, err := os.Stat(filepath.Join(scripted.dir, "airflow-nightly-vpn", "ca.key")); !os.IsNotExist(err) {
		t.Errorf("the key of the CA was kept: %v", err)
	}
	if !strings.Contains(said, file+" is in this folder. It contains a private key") {
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
	// Where the key is not known, the file does not pretend.
	if err := os.Remove(filepath.Join(applied.dir, file)); err != nil {
		t.Fatal(err)
	}
	_, said = applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	if config := applied.read(file); strings.Contains(config, "<key>") || !strings.Contains(config, "<ca>") || !strings.Contains(said, "the client's certificate and private key are not known here") {
		t.Errorf("%s\n%s", said, config)
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

// TestVPNFile: what is written if AWS returns no configuration, if this run created no
// key, or if the file exists; and no error contains the key.
func TestVPNFile(t *testing.T) {
	v, err := cert.MakeVPN("airflow-nightly", time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]secret.Text{resource.InputClient: v.Files()["client.pem"], resource.InputClientKey: v.Files()["client.key"]}
	const config = "client\nremote cvpn-endpoint-1.example.com 443\n"
	for name, tt := range map[string]struct {
		file                run.File
		holds, lacks, tells string
	}{
		"made":             {run.File{Config: config, HasKey: true}, "remote l.cvpn-endpoint-1.example.com 443\n<cert>\n", "", "It contains a private key"},
		"no configuration": {run.File{HasKey: true}, "<key>\n-----BEGIN RSA PRIVATE KEY-----\n", "remote", "Add the output of aws ec2 export-client-vpn-client-configuration"},
		"not made":         {run.File{Config: config}, config, "<key>", "between <cert> and </cert>"},
		"nothing":          {run.File{}, "", "", ""},
		"no remote":        {run.File{Config: "client\n", HasKey: true}, "", "", "was not written: the configuration has no line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			tt.file.Save = *resource.ClientVPN{Environment: "a", Label: "l"}.Steps(resource.Change{}).Save
			said := strings.Join(saveFile(given)(tt.file), "\n")
			b, err := os.ReadFile("airflow-a.ovpn")
			if (err == nil) != (tt.holds != "") || !strings.Contains(string(b), tt.holds) || tt.lacks != "" && strings.Contains(string(b), tt.lacks) || !strings.Contains(said, tt.tells) ||
				(said == "") != (tt.tells == "") || strings.Contains(said, "PRIVATE KEY") {
				t.Errorf("%s\n%s", said, b)
			}
			if err != nil {
				return
			}
			if said := strings.Join(saveFile(given)(tt.file), "\n"); !strings.Contains(said, "airflow-a.ovpn exists already and was not changed.") || strings.Contains(said, "lacks") {
				t.Error(said)
			}
			if again, err := os.ReadFile("airflow-a.ovpn"); err != nil || string(again) != string(b) {
				t.Errorf("it was written over: %v", err)
			}
		})
	}
}

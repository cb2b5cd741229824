package cert_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// made returns the certificates of one VPN, which all tests share.
var made = sync.OnceValue(func() cert.VPN {
	v, err := cert.MakeVPN("My_Airflow", now, rand.Reader)
	if err != nil {
		panic(err)
	}
	return v
})

func TestMakeVPN(t *testing.T) {
	v := made()
	if got := cert.Check([]byte(v.ServerCertificate), []byte(v.CA), v.ServerKey, "server.my-airflow", now); len(got) > 0 {
		t.Errorf("problems of the server's certificate: %v", got)
	}
	for kind, tt := range map[string]struct {
		file, cn, until string
	}{
		"CA": {v.CA, "ca.my-airflow", "2036-02-27"}, "server": {v.ServerCertificate, "server.my-airflow", "2028-06-03"}, "client": {v.ClientCertificate, "client.my-airflow", "2028-06-03"},
	} {
		about, ok := cert.Describe([]byte(tt.file))
		if !ok || about.Key != "RSA 2048" || about.Issuer != "ca.my-airflow" || about.Until.Format("2006-01-02") != tt.until || !about.From.Before(now) {
			t.Errorf("%s: %+v", kind, about)
		}
		if c := parsed(t, tt.file); c.Subject.CommonName != tt.cn || c.IsCA != (kind == "CA") || c.SerialNumber.BitLen() < 64 {
			t.Errorf("%s: %s, CA %v, serial number %v", kind, c.Subject, c.IsCA, c.SerialNumber)
		}
	}
	if v.ServerKey.Reveal() == v.ClientKey.Reveal() || strings.Contains(v.CA+v.ServerCertificate+v.ClientCertificate, "PRIVATE") {
		t.Error("two keys are equal, or a key is not private")
	}
}

func parsed(t *testing.T, file string) *x509.Certificate {
	t.Helper()
	b, _ := pem.Decode([]byte(file))
	c, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNamesOfVPNs(t *testing.T) {
	if _, err := cert.MakeVPN("_-.", now, rand.Reader); err == nil {
		t.Error("an empty name was accepted")
	}
	if _, err := cert.MakeVPN("x", now, iotest.ErrReader(errors.New("no randomness"))); err == nil || !strings.Contains(err.Error(), "no randomness") {
		t.Errorf("without randomness: %v", err)
	}
	v, err := cert.MakeVPN("1"+strings.Repeat("Ab_", 26), now, rand.Reader) // the name of an environment has at most 80 characters
	if err != nil {
		t.Fatal(err)
	}
	if c := parsed(t, v.ServerCertificate); len(c.Subject.CommonName) > 64 || len(c.Subject.CommonName) < 60 || c.VerifyHostname(c.DNSNames[0]) != nil {
		t.Errorf("%s: %v", c.Subject, c.DNSNames)
	}
}

// TestHandshake checks that both sides accept each other like an OpenVPN server and client, but
// not with the certificates of another VPN or of the other side.
func TestHandshake(t *testing.T) {
	v := made()
	stranger, err := cert.MakeVPN("my-airflow", now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	type side struct {
		certificate string
		key         secret.Text
		ca          string
	}
	server, client := side{v.ServerCertificate, v.ServerKey, v.CA}, side{v.ClientCertificate, v.ClientKey, v.CA}
	for name, tt := range map[string]struct {
		server, client side
		ok             bool
	}{
		"own":                     {server, client, true},
		"client of another VPN":   {server, side{stranger.ClientCertificate, stranger.ClientKey, v.CA}, false},
		"server of another VPN":   {side{stranger.ServerCertificate, stranger.ServerKey, v.CA}, client, false},
		"the client as server":    {side{v.ClientCertificate, v.ClientKey, v.CA}, client, false},
		"the server as a client":  {server, side{v.ServerCertificate, v.ServerKey, v.CA}, false},
		"a CA of the same name":   {server, side{v.ClientCertificate, v.ClientKey, stranger.CA}, false},
		"a server's CA of others": {side{v.ServerCertificate, v.ServerKey, stranger.CA}, client, false},
	} {
		config := func(s side) *tls.Config {
			p, err := tls.X509KeyPair([]byte(s.certificate), []byte(s.key.Reveal()))
			if err != nil {
				t.Fatal(err)
			}
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM([]byte(s.ca))
			return &tls.Config{Certificates: []tls.Certificate{p}, RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, Time: func() time.Time { return now },
				ServerName: parsed(t, s.certificate).DNSNames[0]}
		}
		ours, theirs := config(tt.client), config(tt.server)
		ours.ServerName = theirs.ServerName
		a, b := net.Pipe()
		accepted := make(chan error, 1)
		go func() {
			defer b.Close()
			accepted <- tls.Server(b, theirs).Handshake()
		}()
		err := tls.Client(a, ours).Handshake()
		a.Close()
		if err := errors.Join(err, <-accepted); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const exported = `client
dev tun
proto udp
remote cvpn-endpoint-0123456789abcdef0.prod.clientvpn.us-west-2.amazonaws.com 443
remote-random-hostname
resolv-retry infinite
nobind
remote-cert-tls server
cipher AES-256-GCM
verb 3
<ca>
-----BEGIN CERTIFICATE-----
AAAA
-----END CERTIFICATE-----
</ca>

reneg-sec 0
`

func TestOVPN(t *testing.T) {
	v := made()
	want := strings.Replace(exported, "remote cvpn", "remote mwaavpn.cvpn", 1) + "<cert>\n" + v.ClientCertificate + "</cert>\n<key>\n" + v.ClientKey.Reveal() + "</key>\n"
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for name, tt := range map[string]struct{ in, certificate, want string }{
		"as exported":                {exported, v.ClientCertificate, want},
		"with text around":           {exported, "Certificate:\n  Data:\n" + v.ClientCertificate + "\n", want},
		"no last line end":           {strings.TrimSuffix(exported, "\n"), v.ClientCertificate, want},
		"Windows":                    {crlf(exported), v.ClientCertificate, crlf(want)},
		"Windows, certificate":       {exported, crlf(v.ClientCertificate), want},
		"already complete":           {want, v.ClientCertificate, want},
		"already prefixed":           {strings.Replace(exported, "remote cvpn", "remote mwaavpn.cvpn", 1), v.ClientCertificate, want},
		"has a certificate":          {exported + "<cert>\nx\n</cert>\n", v.ClientCertificate, strings.Replace(want, v.ClientCertificate, "x\n", 1)},
		"no random name, two":        {"remote a 443\nremote b 443\n", v.ClientCertificate, "remote mwaavpn.a 443\nremote mwaavpn.b 443\n" + want[strings.Index(want, "<cert>"):]},
		"a host like the label":      {"remote mwaavpnx 443\n", v.ClientCertificate, "remote mwaavpn.mwaavpnx 443\n" + want[strings.Index(want, "<cert>"):]},
		"another option with remote": {"remote-random-hostname\nremote a\n", v.ClientCertificate, "remote-random-hostname\nremote mwaavpn.a\n" + want[strings.Index(want, "<cert>"):]},
	} {
		got, err := cert.OVPN(tt.in, tt.certificate, v.ClientKey, "mwaavpn")
		if err != nil || got.Reveal() != tt.want {
			t.Errorf("%s: %v\n%s", name, err, got.Reveal())
		}
	}
}

func TestOVPNThatIsNone(t *testing.T) {
	v := made()
	for name, tt := range map[string]struct {
		config, certificate string
		key                 secret.Text
		label, says         string
	}{
		"no remote":          {"client\n", v.ClientCertificate, v.ClientKey, "x", "no line"},
		"no label":           {exported, v.ClientCertificate, v.ClientKey, "", "host name"},
		"a label with a dot": {exported, v.ClientCertificate, v.ClientKey, "a.b", "host name"},
		"two lines":          {exported, v.ClientCertificate, v.ClientKey, "a\nb", "host name"},
		"another key":        {exported, v.ClientCertificate, v.ServerKey, "x", "another certificate"},
		"swapped":            {exported, v.ClientKey.Reveal(), secret.New(v.ClientCertificate), "x", "swapped"},
		"no certificate":     {exported, "", v.ClientKey, "x", "the client's certificate: The file is empty"},
		"no key":             {exported, v.ClientCertificate, secret.Text{}, "x", "the client's key: "},
	} {
		got, err := cert.OVPN(tt.config, tt.certificate, tt.key, tt.label)
		if err == nil || !strings.Contains(err.Error(), tt.says) || !got.Empty() {
			t.Errorf("%s: %v", name, err)
			continue
		}
		texts(t, []cert.Problem{{Message: err.Error()}}, v.ClientKey.Reveal(), v.ServerKey.Reveal())
	}
}

func TestReadVPN(t *testing.T) {
	v := made()
	for name, tt := range map[string]struct {
		change func(map[string]secret.Text)
		late   bool
		says   string
	}{
		"whole":          {func(map[string]secret.Text) {}, false, ""},
		"no CA":          {func(f map[string]secret.Text) { delete(f, "ca.pem") }, false, "ca.pem: "},
		"no server key":  {func(f map[string]secret.Text) { delete(f, "server.key") }, false, "the server's key: "},
		"half a key":     {func(f map[string]secret.Text) { f["client.key"] = secret.New(v.ClientKey.Reveal()[:200]) }, false, "the client's key: "},
		"swapped":        {func(f map[string]secret.Text) { f["client.key"] = f["server.key"] }, false, "the client's key is the key of another certificate"},
		"no certificate": {func(f map[string]secret.Text) { f["client.pem"] = secret.New("") }, false, "the client's certificate: "},
		"expired":        {func(map[string]secret.Text) {}, true, "certificate expired on 2028-06-03"},
	} {
		t.Run(name, func(t *testing.T) {
			files, at := v.Files(), now
			if tt.change(files); tt.late {
				at = now.AddDate(3, 0, 0)
			}
			got, err := cert.ReadVPN(files, at)
			if tt.says == "" {
				if err != nil || got != v {
					t.Errorf("%v", err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "PRIVATE") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestHasSerial(t *testing.T) {
	v := made()
	n := parsed(t, v.ClientCertificate).SerialNumber
	for serial, want := range map[string]bool{strings.ReplaceAll(fmt.Sprintf("% x", n.Bytes()), " ", ":"): true, "00:" + fmt.Sprintf("%X", n): true, "": false, "01:02": false, "none": false} {
		if cert.HasSerial(v.ClientCertificate, serial) != want {
			t.Errorf("%q is not %v", serial, want)
		}
	}
	if cert.HasSerial("", "01") || cert.HasSerial(v.ServerCertificate, n.Text(16)) {
		t.Error("another certificate has the number")
	}
}

func TestRemote(t *testing.T) {
	for config, want := range map[string]string{"": "", "client\nremote a.example.com 443\nremote b 1\n": "a.example.com", "remote-cert-tls server\nremote\n  remote c\r\n": "c"} {
		if got := cert.Remote(config); got != want {
			t.Errorf("%q: %q", config, got)
		}
	}
}

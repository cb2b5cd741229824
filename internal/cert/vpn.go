package cert

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// VPN are the certificates of a Client VPN with mutual authentication, as PEM. One CA issues both
// sides, so the server's certificate in ACM is enough to authenticate clients.
type VPN struct {
	CA                string
	ServerCertificate string
	ServerKey         secret.Text
	ClientCertificate string
	ClientKey         secret.Text
}

// Validity periods. They are the defaults of easy-rsa, which AWS's tutorial uses.
const (
	caDays   = 3650
	leafDays = 825
)

// MakeVPN creates the certificates of a Client VPN with a name. All keys are RSA 2048, because
// Client VPN supports neither longer keys nor other kinds (rule W-CVPNKEY). The key of the CA is
// not kept, so nothing more can be issued with it.
//
// The serial numbers come from random. Keys do not: Go always uses the randomness of the system
// (crypto/rsa, GenerateKey).
func MakeVPN(name string, now time.Time, random io.Reader) (VPN, error) {
	label := dnsLabel(name)
	if label == "" {
		return VPN{}, fmt.Errorf("%q must contain a letter or digit to be the name of a certificate", name)
	}
	ca, err := issue(&x509.Certificate{Subject: pkix.Name{CommonName: "ca." + label}, NotAfter: now.AddDate(0, 0, caDays),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, IsCA: true}, now, nil, random)
	if err != nil {
		return VPN{}, err
	}
	server, err := issue(leaf("server."+label, now, x509.ExtKeyUsageServerAuth), now, ca, random)
	if err != nil {
		return VPN{}, err
	}
	client, err := issue(leaf("client."+label, now, x509.ExtKeyUsageClientAuth), now, ca, random)
	if err != nil {
		return VPN{}, err
	}
	return VPN{ca.pem(), server.pem(), server.secret(), client.pem(), client.secret()}, nil
}

// Files returns the certificates and keys by their names as files.
func (v VPN) Files() map[string]secret.Text {
	return map[string]secret.Text{"ca.pem": secret.New(v.CA), "server.pem": secret.New(v.ServerCertificate), "server.key": v.ServerKey,
		"client.pem": secret.New(v.ClientCertificate), "client.key": v.ClientKey}
}

// ReadVPN returns the certificates of a Client VPN from the files that Files returned. It checks that they are whole
// and valid: AWS rejects others only after the first changes are applied.
func ReadVPN(files map[string]secret.Text, now time.Time) (VPN, error) {
	v := VPN{files["ca.pem"].Reveal(), files["server.pem"].Reveal(), files["server.key"], files["client.pem"].Reveal(), files["client.key"]}
	ca := &judge{now: now}
	if ca.certificates(Certificate, []byte(v.CA)); len(ca.problems) > 0 {
		return VPN{}, errors.New("ca.pem: " + ca.problems[0].Message)
	}
	for side, pair := range map[string]struct {
		certificate string
		key         secret.Text
	}{"server": {v.ServerCertificate, v.ServerKey}, "client": {v.ClientCertificate, v.ClientKey}} {
		c, err := paired(side, pair.certificate, pair.key)
		if err != nil {
			return VPN{}, err
		}
		if now.After(c.NotAfter) {
			return VPN{}, fmt.Errorf("the %s's certificate expired on %s", side, day(c.NotAfter))
		}
	}
	return v, nil
}

// paired returns a certificate if the key is its key.
func paired(side, certificate string, key secret.Text) (*x509.Certificate, error) {
	j := &judge{}
	certificates := j.certificates(Certificate, []byte(certificate))
	public := j.key(key)
	if len(j.problems) > 0 {
		return nil, errors.New("the " + side + "'s " + string(j.problems[0].Part) + ": " + j.problems[0].Message)
	}
	if !public.Equal(certificates[0].PublicKey) {
		return nil, errors.New("the " + side + "'s key is the key of another certificate")
	}
	return certificates[0], nil
}

// HasSerial reports whether the first certificate of a file has a serial number of ACM: hexadecimal bytes, which
// colons can separate. Serial numbers of certificates that MakeVPN creates are random.
func HasSerial(certificate, serial string) bool {
	c := first([]byte(certificate))
	n, ok := new(big.Int).SetString(strings.ReplaceAll(serial, ":", ""), 16)
	return c != nil && ok && c.SerialNumber.Cmp(n) == 0
}

// Remote returns the host that a configuration of an OpenVPN client connects to, or an empty text.
func Remote(config string) string {
	for line := range strings.Lines(config) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "remote" {
			return f[1]
		}
	}
	return ""
}

// HasKey reports whether a configuration of an OpenVPN client contains a private key.
func HasKey(config string) bool { return strings.Contains(config, "<key>") }

// leaf returns a certificate to be issued. A Client VPN requires a domain name of its server and
// a common name of its clients.
func leaf(name string, now time.Time, use x509.ExtKeyUsage) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotAfter: now.AddDate(0, 0, leafDays),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{use}}
}

// issued is a certificate with its key.
type issued struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

// issue creates a key and a certificate for it. The CA signs the certificate; without a CA it is
// self-signed. It is valid from an hour ago: AWS rejects a certificate that is not valid yet by
// AWS's own clock.
func issue(c *x509.Certificate, now time.Time, ca *issued, random io.Reader) (*issued, error) {
	c.NotBefore, c.BasicConstraintsValid = now.Add(-time.Hour), true
	key, err := rsa.GenerateKey(random, 2048)
	if err != nil {
		return nil, fmt.Errorf("cannot create a key for %s: %w", c.Subject.CommonName, err)
	}
	by := ca
	if by == nil {
		by = &issued{c, key}
	}
	der, err := x509.CreateCertificate(random, c, by.certificate, key.Public(), by.key)
	if err != nil {
		return nil, fmt.Errorf("cannot create the certificate of %s: %w", c.Subject.CommonName, err)
	}
	out, err := x509.ParseCertificate(der)
	return &issued{out, key}, err
}

func (i *issued) pem() string { return block("CERTIFICATE", i.certificate.Raw) }

func (i *issued) secret() secret.Text {
	return secret.New(block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(i.key)))
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// dnsLabel turns any name into a label of a DNS name. It is short enough for a prefix, because a
// common name has at most 64 characters (RFC 5280, appendix A).
func dnsLabel(name string) string {
	name = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	name = strings.TrimLeft(name, "-")
	return strings.TrimRight(name[:min(len(name), 64-len("server."))], "-")
}

// OVPN returns the configuration file of a Client VPN's client. config is the output of
// ExportClientVpnClientConfiguration. OVPN adds a label before the name of the endpoint, which
// has addresses only for its subdomains, and the client's certificate and key (Client VPN
// administrator guide, exporting the configuration; MWAA guide, tutorial with a Client VPN). It
// keeps what the file already contains.
func OVPN(config, clientCertificate string, clientKey secret.Text, label string) (secret.Text, error) {
	if label == "" || dnsLabel(label) != label {
		return secret.Text{}, fmt.Errorf("%q cannot be a prefix of the host name: it must be at most 57 lower-case letters, digits and hyphens", label)
	}
	client, err := paired("client", clientCertificate, clientKey)
	if err != nil {
		return secret.Text{}, err
	}
	end := "\n"
	if strings.Contains(config, "\r\n") {
		end = "\r\n"
	}
	lines, remotes := strings.SplitAfter(config, "\n"), 0
	for i, line := range lines {
		rest, ok := strings.CutPrefix(line, "remote ")
		if !ok {
			continue
		}
		remotes++
		if rest = strings.TrimLeft(rest, " "); !strings.HasPrefix(rest, label+".") {
			lines[i] = "remote " + label + "." + rest
		}
	}
	if remotes == 0 {
		return secret.Text{}, errors.New("the configuration has no line that begins with: remote ")
	}
	out := strings.Join(lines, "")
	out = inline(out, "cert", block("CERTIFICATE", client.Raw), end)
	out = inline(out, "key", clientKey.Reveal(), end)
	return secret.New(out), nil
}

// inline adds a file to a configuration that does not have one of its kind yet.
func inline(config, kind, text, end string) string {
	if strings.Contains(config, "<"+kind+">") {
		return config
	}
	if !strings.HasSuffix(config, "\n") {
		config += end
	}
	text = "<" + kind + ">\n" + strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) + "\n</" + kind + ">\n"
	return config + strings.ReplaceAll(text, "\n", end)
}

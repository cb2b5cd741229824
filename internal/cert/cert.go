// Package cert judges certificates before AWS is asked to take them, and makes those of
// a Client VPN. It reads no file and looks at no clock: texts and the time are given.
package cert

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// Part is which of the given things a problem is about.
type Part string

// The parts. The first three are files, and what ImportCertificate is given.
const (
	Certificate Part = "certificate"
	Chain       Part = "chain"
	Key         Part = "key"
	Domain      Part = "domain"
)

// Problem is what stands against a certificate, and what to do about it. Nothing of a
// private key is in it.
type Problem struct {
	Part    Part
	Message string
	Warn    bool   // it can be sent as it is
	Rule    string // where a rule of the plan says so
}

// most is how many bytes ACM takes (API reference, ImportCertificate; user guide,
// prerequisites for importing).
var most = map[Part]int{Certificate: 32768, Chain: 2097152, Key: 5120}

// Check judges a certificate for an HTTPS listener of a load balancer, as it is imported
// into ACM, by what ACM's guide wants (prerequisites for importing, format for importing,
// import problems) and by what browsers want of a server. The chain may be empty, and so
// may the domain, which is then not looked at. Where no problem is left but warnings, it
// can be sent.
func Check(certificate, chain []byte, key secret.Text, domain string, now time.Time) []Problem {
	j := &judge{now: now}
	leaf := j.files(certificate, chain, key)
	if leaf == nil {
		return j.problems
	}
	switch kind := kindOf(leaf.PublicKey); {
	case !slices.Contains(kinds, kind):
		j.wrong(Certificate, "Its key is "+kind+". ACM takes "+strings.Join(kinds[:len(kinds)-1], ", ")+" and "+kinds[len(kinds)-1]+": get a certificate for one of these.")
	case kind == weak:
		j.warn(Certificate, "Its key is "+kind+", which browsers refuse. Get a certificate for a key of RSA 2048 or more.")
	}
	if missing(chain) && !selfSigned(leaf) {
		j.warn(Chain, "It is missing. "+named(leaf)+" was issued by "+issuer(leaf)+": unless that is a root which all clients trust, they refuse the certificate "+
			"without the CA's intermediate certificates. Give them as the chain.")
	}
	j.domain(leaf, domain)
	return j.problems
}

// CheckVPN judges the certificate of a Client VPN's server, which is imported into ACM
// too: Client VPN wants more of the key, the chain and the names than a listener does
// (Client VPN administrator guide, mutual authentication).
func CheckVPN(certificate, chain []byte, key secret.Text, now time.Time) []Problem {
	j := &judge{now: now}
	leaf := j.files(certificate, chain, key)
	if leaf == nil {
		return j.problems
	}
	switch kind := kindOf(leaf.PublicKey); kind {
	case "RSA 2048":
	case weak:
		j.warn(Certificate, "Its key is "+kind+", which newer clients refuse. Get a certificate for a key of RSA 2048.")
	default:
		j.problems = append(j.problems, Problem{Part: Certificate, Rule: "W-CVPNKEY",
			Message: "Its key is " + kind + ". A Client VPN takes RSA keys of 1024 and 2048 bits only: get a certificate for a key of RSA 2048."})
	}
	switch {
	case selfSigned(leaf):
		j.wrong(Certificate, "It is self-signed. A Client VPN knows its clients by the CA of the server's chain: give a certificate that a CA issued, with that CA as the chain.")
	case missing(chain):
		j.wrong(Chain, "It is missing. A Client VPN knows its clients by the CA in it: give the certificate of the CA, such as ca.crt of easy-rsa.")
	}
	if len(leaf.DNSNames) == 0 && !strings.Contains(leaf.Subject.CommonName, ".") {
		j.wrong(Certificate, "It has no domain name, and a Client VPN refuses a certificate that \"does not have a domain\". "+
			"Issue it with one, such as: easyrsa --san=DNS:server build-server-full server nopass")
	}
	if !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) && anyUse(leaf) {
		j.wrong(Certificate, "It does not say that it is for servers (extended key usage serverAuth), which the clients of a Client VPN look for. Issue it anew for a server.")
	}
	return j.problems
}

// About is what a screen says of a certificate.
type About struct {
	Names       []string // of its server
	Issuer      string
	From, Until time.Time
	Key         string // such as RSA 2048
}

// Describe tells about the first certificate of a file, and whether there is one.
func Describe(certificate []byte) (About, bool) {
	c := first(certificate)
	if c == nil {
		return About{}, false
	}
	return About{Names: namesOf(c), Issuer: issuer(c), From: c.NotBefore, Until: c.NotAfter, Key: kindOf(c.PublicKey)}, true
}

// Names are those that the first certificate of a file is for. The common name is none:
// browsers do not look at it.
func Names(certificate []byte) []string {
	a, _ := Describe(certificate)
	return a.Names
}

func namesOf(c *x509.Certificate) []string {
	var out []string
	for _, n := range c.DNSNames {
		out = append(out, printable(n))
	}
	for _, ip := range c.IPAddresses {
		out = append(out, ip.String())
	}
	return out
}

func first(data []byte) *x509.Certificate {
	all, _ := blocks(data)
	for _, b := range all {
		if c, err := x509.ParseCertificate(b.Bytes); err == nil && b.Type == "CERTIFICATE" {
			return c
		}
	}
	return nil
}

// kinds are the keys that ACM imports certificates for.
var kinds = []string{"RSA 1024", "RSA 2048", "RSA 3072", "RSA 4096", "ECDSA P-256", "ECDSA P-384", "ECDSA P-521"}

const weak = "RSA 1024"

func kindOf(public crypto.PublicKey) string {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return "RSA " + strconv.Itoa(k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "of another kind"
}

// judge gathers problems.
type judge struct {
	now      time.Time
	problems []Problem
}

func (j *judge) wrong(p Part, message string) {
	j.problems = append(j.problems, Problem{Part: p, Message: message})
}

func (j *judge) warn(p Part, message string) {
	j.problems = append(j.problems, Problem{Part: p, Message: message, Warn: true})
}

// files judges what a listener and a Client VPN want alike, and gives the server's
// certificate where there is one to look at.
func (j *judge) files(certificate, chain []byte, key secret.Text) *x509.Certificate {
	own := j.certificates(Certificate, certificate)
	others := j.certificates(Chain, chain)
	public := j.key(key)
	if len(own) == 0 {
		return nil
	}
	leaf := own[0]
	if public != nil && !public.Equal(leaf.PublicKey) {
		j.otherKey(public, slices.Concat(own[1:], others))
	}
	if len(own) > 1 {
		j.wrong(Certificate, "It holds "+strconv.Itoa(len(own))+" certificates, and ACM takes one here. Keep that of the server, usually the first ("+
			named(leaf)+"), and give the others as the chain.")
		return nil
	}
	j.dates(Certificate, leaf)
	if !j.forServers(leaf, others) {
		return nil
	}
	j.chain(leaf, others)
	return leaf
}

// blocks are the PEM blocks of a file, and whether all that begin in it could be read:
// those that could not are skipped silently otherwise.
func blocks(data []byte) (all []*pem.Block, whole bool) {
	begun := bytes.Count(data, []byte("-----BEGIN "))
	for {
		b, rest := pem.Decode(data)
		if b == nil {
			return all, len(all) == begun
		}
		all, data = append(all, b), rest
	}
}

func missing(data []byte) bool { return len(bytes.TrimSpace(data)) == 0 }

const damaged = "A part of it is cut off or changed: each block goes from its -----BEGIN line, at the start of a line, to its -----END line. Copy the file anew."

// certificates reads the file of the certificate or of the chain. It gives none where
// there is a problem, which is said.
func (j *judge) certificates(p Part, data []byte) []*x509.Certificate {
	var found []*x509.Certificate
	keys, other := false, ""
	all, whole := blocks(data)
	for _, b := range all {
		switch {
		case b.Type == "CERTIFICATE":
			c, err := x509.ParseCertificate(b.Bytes)
			if err != nil {
				j.wrong(p, "A certificate in it cannot be read. Copy the file anew, and look at it with: openssl x509 -noout -text -in FILE")
				return nil
			}
			found = append(found, c)
		case isKey(b):
			keys = true
		default:
			other = b.Type
		}
	}
	switch {
	case missing(data) && p == Chain:
	case missing(data):
		j.wrong(p, "The file is empty.")
	case len(data) > most[p]:
		j.wrong(p, "It is larger than the "+strconv.Itoa(most[p])+" bytes that ACM takes.")
	case keys && len(found) == 0:
		j.wrong(p, "It holds a private key and no certificate: it looks as if the files were swapped. Give the key as the key, and the certificates here.")
	case keys:
		j.wrong(p, "It holds a private key besides certificates. Take the key out of it: the key goes into a file of its own.")
	case strings.Contains(other, "REQUEST"):
		j.wrong(p, "It holds a request for a certificate (CSR). Give the certificate that the CA issued for it.")
	case strings.Contains(other, "PKCS7"):
		j.wrong(p, "It is PKCS#7. Take the certificates out: openssl pkcs7 -print_certs -in FILE -out certificates.pem")
	case other != "":
		j.wrong(p, "It holds something that is no certificate. ACM takes blocks that begin with -----BEGIN CERTIFICATE----- only.")
	case !whole:
		j.wrong(p, damaged)
	case len(found) == 0:
		j.notPEM(p, data, "CERTIFICATE")
	default:
		return found
	}
	return nil
}

// notPEM says what a file is that holds no PEM block, and how it becomes PEM.
func (j *judge) notPEM(p Part, data []byte, want string) {
	_, err := x509.ParseCertificate(data)
	switch {
	case err == nil && p == Key:
		j.wrong(p, "It is a certificate, in binary form (DER): it looks as if the files were swapped. Give the private key here, as PEM.")
	case err == nil:
		j.wrong(p, "It is in binary form (DER), and ACM takes PEM: openssl x509 -inform der -in FILE -out certificate.pem")
	case parseKey(data) != nil && p == Key:
		j.wrong(p, "It is in binary form (DER), and ACM takes PEM: openssl pkey -inform der -in FILE -out key.pem")
	case parseKey(data) != nil:
		j.wrong(p, "It is a private key, in binary form (DER): it looks as if the files were swapped. Give the certificate here, as PEM.")
	case data[0] == 0x30: // how every DER text of such a size begins
		j.wrong(p, "It is in a binary form, such as PKCS#12 (.pfx, .p12), and ACM takes PEM. Take it apart: openssl pkcs12 -in FILE, "+
			"with -clcerts -nokeys for the certificate, -cacerts -nokeys for the chain, -nocerts -nodes for the key.")
	default:
		j.wrong(p, "It is not PEM, which is text that begins with -----BEGIN "+want+"-----. Is it the right file?")
	}
}

func isKey(b *pem.Block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") }

// public is what every public key of the standard library is.
type public interface{ Equal(crypto.PublicKey) bool }

// key reads the file of the private key, and gives its public half.
func (j *judge) key(text secret.Text) public {
	data := []byte(text.Reveal())
	all, whole := blocks(data)
	var keys []*pem.Block
	certificates := false
	for _, b := range all {
		if isKey(b) {
			keys = append(keys, b)
		}
		certificates = certificates || b.Type == "CERTIFICATE"
	}
	switch {
	case missing(data):
		j.wrong(Key, "There is no private key. ACM wants the one that the certificate was requested with.")
	case len(keys) == 0 && certificates:
		j.wrong(Key, "It holds a certificate and no private key: it looks as if the files were swapped. Give the private key here.")
	case certificates:
		j.wrong(Key, "It holds a certificate besides the private key. Keep the key alone in it: openssl pkey -in FILE -out key.pem")
	case len(keys) > 1:
		j.wrong(Key, "It holds several private keys. Keep the one of the certificate.")
	case !whole:
		j.wrong(Key, damaged)
	case len(all) == 0:
		j.notPEM(Key, data, "PRIVATE KEY")
	case len(keys) == 0:
		j.wrong(Key, "It holds no private key. The one that the certificate was requested with begins with -----BEGIN PRIVATE KEY-----, or with RSA or EC before PRIVATE.")
	case keys[0].Type == "ENCRYPTED PRIVATE KEY", strings.Contains(keys[0].Headers["Proc-Type"], "ENCRYPTED"):
		j.wrong(Key, "It is encrypted, and ACM takes no passphrase. Take it off: openssl pkey -in FILE -out key.pem")
	case keys[0].Type == "OPENSSH PRIVATE KEY":
		j.wrong(Key, "It is a key of SSH. Give the one that the certificate was requested with.")
	case len(data) > most[Key]:
		j.wrong(Key, "It is larger than the "+strconv.Itoa(most[Key])+" bytes that ACM takes. Write the key alone: openssl pkey -in FILE -out key.pem")
	default:
		if k, ok := parseKey(keys[0].Bytes).(crypto.Signer); ok {
			return k.Public().(public)
		}
		j.wrong(Key, "It cannot be read as a private key. Look at it with: openssl pkey -noout -check -in FILE")
	}
	return nil
}

// parseKey reads a private key in any of the forms that openssl writes, or gives nil.
// What the parsers say is not passed on: it is about a secret.
func parseKey(der []byte) crypto.PrivateKey {
	if k, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return k
	}
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k
	}
	if k, err := x509.ParseECPrivateKey(der); err == nil {
		return k
	}
	return nil
}

// otherKey says that the key is not that of the certificate, and whose it is if that is
// one of these.
func (j *judge) otherKey(key public, others []*x509.Certificate) {
	for _, c := range others {
		if key.Equal(c.PublicKey) {
			j.wrong(Key, "It is the key of "+named(c)+", which is another certificate that was given. Give the one of the server's certificate.")
			return
		}
	}
	j.wrong(Key, "It is the key of another certificate. Give the one that this certificate was requested with.")
}

// day is how dates are said.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

const soon = 30 * 24 * time.Hour

func (j *judge) dates(p Part, c *x509.Certificate) {
	left := c.NotAfter.Sub(j.now)
	switch {
	case j.now.Before(c.NotBefore):
		j.wrong(p, named(c)+" is not valid before "+day(c.NotBefore)+". ACM takes it from then on; or is the clock of this machine wrong?")
	case left < 0 && p == Chain && selfSigned(c):
		j.warn(p, named(c)+", the root, expired on "+day(c.NotAfter)+". Leave it out, or get the chain anew from the CA.")
	case left < 0:
		j.wrong(p, named(c)+" expired on "+day(c.NotAfter)+". Get a new one.")
	case left < soon:
		j.warn(p, named(c)+" expires on "+day(c.NotAfter)+", in "+strconv.Itoa(int(left/(24*time.Hour)))+
			" days. Nobody renews what was imported: better get a new one now.")
	}
}

// forServers judges whether a certificate is one of a server, and tells whether it is
// worth while to look further.
func (j *judge) forServers(c *x509.Certificate, others []*x509.Certificate) bool {
	switch ca := c.BasicConstraintsValid && c.IsCA; {
	case ca && slices.ContainsFunc(others, func(o *x509.Certificate) bool { return !o.IsCA }):
		j.wrong(Certificate, "It is the certificate of a CA, and the chain holds one of a server: it looks as if the files were swapped.")
		return false
	case ca && selfSigned(c) && len(c.DNSNames) > 0: // as openssl req -x509 makes them
		j.warn(Certificate, "It is self-signed and may act as a CA: who trusts it, trusts whatever its key signs. Better issue it with basicConstraints=CA:FALSE.")
	case ca:
		j.wrong(Certificate, "It is the certificate of a CA, "+named(c)+". Give that of the server here, and this one in the chain.")
		return false
	}
	if !anyUse(c) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) {
		j.wrong(Certificate, "It is not for servers: its extended key usage lacks serverAuth. Get one that is issued for a server.")
	}
	return true
}

// anyUse tells whether a certificate leaves open what it is for.
func anyUse(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// chain judges whether each certificate of the chain signed the one before it, as ACM
// wants. The root may be in it or not.
func (j *judge) chain(leaf *x509.Certificate, chain []*x509.Certificate) {
	if selfSigned(leaf) {
		if len(chain) > 0 {
			j.wrong(Chain, "There should be none: the certificate is self-signed. Leave it out.")
		}
		return
	}
	at := leaf
	for i, c := range chain {
		if problem := link(leaf, at, chain, i); problem != "" {
			j.wrong(Chain, problem)
			return
		}
		j.dates(Chain, c)
		at = c
	}
}

// link says what is wrong where a certificate of the chain should have signed the one
// before it, and nothing where it did.
func link(leaf, at *x509.Certificate, chain []*x509.Certificate, i int) string {
	next, before := chain[i], named(at)
	signed, err := signedBy(at, next)
	switch {
	case next.Equal(leaf):
		return "It holds the certificate itself. Leave that out of the chain: it begins with the CA that issued it, " + issuer(leaf) + "."
	case at != leaf && selfSigned(at):
		return "It goes on after the root, " + before + ": " + named(next) + " does not belong to it. Leave out what follows the root."
	case signed:
		return ""
	case errors.As(err, new(x509.InsecureAlgorithmError)):
		return before + " is signed by SHA-1 or older, which clients refuse. Get a new one."
	}
	for _, c := range chain {
		if ok, _ := signedBy(at, c); ok {
			return "It is not in order: after " + before + " must come " + named(c) + ", which signed it, and not " + named(next) + "."
		}
	}
	if bytes.Equal(at.RawIssuer, next.RawSubject) {
		return named(next) + " has the name of the CA that issued " + before + ", but did not sign it: the CA has another certificate of this name, or this is none of a CA. Get the chain anew from the CA."
	}
	return before + " was issued by " + issuer(at) + ", which is not in the chain; " + named(next) + " is in its place. Get the missing intermediate certificate from the CA."
}

func signedBy(c, ca *x509.Certificate) (bool, error) {
	if !bytes.Equal(c.RawIssuer, ca.RawSubject) {
		return false, nil
	}
	err := c.CheckSignatureFrom(ca)
	return err == nil, err
}

// selfSigned tells whether a certificate was signed by its own key.
func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// domain judges whether browsers take the certificate for the domain.
func (j *judge) domain(c *x509.Certificate, domain string) {
	if domain == "" || c.VerifyHostname(domain) == nil {
		return
	}
	names := namesOf(c)
	message := "The certificate is for " + strings.Join(names, ", ") + ", and not for " + domain + "."
	switch cn := c.Subject.CommonName; {
	case len(names) == 0 && cn != "":
		message = "The certificate has no name but in its subject (CN " + named(c) + "), which browsers do not look at. Get one with " + domain + " as a subject alternative name."
	case len(names) == 0:
		message = "The certificate has no name. Get one with " + domain + " as a subject alternative name."
	case slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "*.") && strings.HasSuffix("."+domain, n[1:]) }):
		message += " A star stands for exactly one label: *.example.com is for a.example.com, but neither for example.com nor for a.b.example.com."
	default:
		message += " Give another domain, or get a certificate with this name."
	}
	j.wrong(Domain, message)
}

// named is how a certificate is called in a sentence.
func named(c *x509.Certificate) string {
	switch {
	case c.Subject.CommonName != "":
		return strconv.Quote(c.Subject.CommonName)
	case len(c.DNSNames) > 0:
		return strconv.Quote(c.DNSNames[0])
	}
	return strconv.Quote(c.Subject.String())
}

func issuer(c *x509.Certificate) string {
	if c.Issuer.CommonName != "" {
		return printable(c.Issuer.CommonName)
	}
	return printable(c.Issuer.String())
}

// printable is a text of a certificate without what a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

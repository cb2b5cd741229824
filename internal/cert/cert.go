// Package cert checks certificates before they are sent to AWS, and creates the certificates of a
// Client VPN. It reads no files and no clock: callers pass the texts and the time.
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

// Part is the part of the input that a problem is about.
type Part string

// The parts. The first three are files, the input of ImportCertificate.
const (
	Certificate Part = "certificate"
	Chain       Part = "chain"
	Key         Part = "key"
	Domain      Part = "domain"
)

// Problem is a reason against using a certificate, and what to do about it. It never contains any
// part of a private key.
type Problem struct {
	Part    Part
	Message string
	Warn    bool // only a warning: the certificate can be imported
}

// most is the maximum size in bytes that ACM accepts (API reference, ImportCertificate; user
// guide, prerequisites for importing).
var most = map[Part]int{Certificate: 32768, Chain: 2097152, Key: 5120}

// Check checks a certificate for an HTTPS listener of a load balancer, before it is imported into
// ACM. It checks the requirements of ACM's guide (prerequisites for importing, format for
// importing, import problems) and what browsers require of a server certificate. The chain may be
// empty. The domain may be empty too, and is not checked then. If all problems are warnings, the
// certificate can be imported.
func Check(certificate, chain []byte, key secret.Text, domain string, now time.Time) []Problem {
	j := &judge{now: now}
	leaf := j.files(certificate, chain, key)
	if leaf == nil {
		return j.problems
	}
	switch kind := kindOf(leaf.PublicKey); {
	case !slices.Contains(kinds, kind):
		j.wrong(Certificate, "Its key is "+kind+". ACM supports "+strings.Join(kinds[:len(kinds)-1], ", ")+" and "+kinds[len(kinds)-1]+": get a certificate with one of these keys.")
	case kind == weak:
		j.warn(Certificate, "Its key is "+kind+", which browsers reject. Get a certificate with a key of RSA 2048 or more.")
	}
	if missing(chain) && !selfSigned(leaf) {
		j.warn(Chain, "It is missing. "+named(leaf)+" was issued by "+issuer(leaf)+". Unless that is a root that all clients trust, they reject the certificate "+
			"without the CA's intermediate certificates. Provide these as the chain.")
	}
	j.domain(leaf, domain)
	return j.problems
}

// About is what screens show about a certificate.
type About struct {
	Names       []string // names of its server
	Issuer      string
	From, Until time.Time
	Key         string // for example RSA 2048
}

// Describe describes the first certificate of a file, and reports whether the file has one.
func Describe(certificate []byte) (About, bool) {
	c := first(certificate)
	if c == nil {
		return About{}, false
	}
	return About{Names: namesOf(c), Issuer: issuer(c), From: c.NotBefore, Until: c.NotAfter, Key: kindOf(c.PublicKey)}, true
}

// Names returns the names that the first certificate of a file is valid for. The common name is
// not included, because browsers ignore it.
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

// kinds are the kinds of keys that ACM supports in imported certificates.
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

// judge collects problems.
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

// files checks the requirements that a listener and a Client VPN have in common. It returns the
// server's certificate, or nil if it cannot be checked further.
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
		j.wrong(Certificate, "It contains "+strconv.Itoa(len(own))+" certificates, but ACM accepts one here. Keep the server's certificate, usually the first ("+
			named(leaf)+"), and provide the others as the chain.")
		return nil
	}
	j.dates(Certificate, leaf)
	if !j.forServers(leaf, others) {
		return nil
	}
	j.chain(leaf, others)
	return leaf
}

// blocks returns the PEM blocks of a file, and reports whether every block that begins could be
// read: pem.Decode skips unreadable blocks silently.
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

const damaged = "Part of it is cut off or changed: each block must have a -----BEGIN line, at the start of a line, and an -----END line. Copy the file again."

// certificates reads the file of the certificate or of the chain. It returns none if it reports a
// problem.
func (j *judge) certificates(p Part, data []byte) []*x509.Certificate {
	var found []*x509.Certificate
	keys, other := false, ""
	all, whole := blocks(data)
	for _, b := range all {
		switch {
		case b.Type == "CERTIFICATE":
			c, err := x509.ParseCertificate(b.Bytes)
			if err != nil {
				j.wrong(p, "A certificate in it cannot be read. Copy the file again, and inspect it with: openssl x509 -noout -text -in FILE")
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
		j.wrong(p, "It is larger than the "+strconv.Itoa(most[p])+" bytes that ACM accepts.")
	case keys && len(found) == 0:
		j.wrong(p, "It contains a private key and no certificate: the files seem to be swapped. Provide the key as the key, and the certificates here.")
	case keys:
		j.wrong(p, "It contains a private key besides certificates. Remove the key: it must be in a separate file.")
	case strings.Contains(other, "REQUEST"):
		j.wrong(p, "It contains a certificate signing request (CSR). Provide the certificate that the CA issued for it.")
	case strings.Contains(other, "PKCS7"):
		j.wrong(p, "It is PKCS#7. Extract the certificates: openssl pkcs7 -print_certs -in FILE -out certificates.pem")
	case other != "":
		j.wrong(p, "It contains something that is not a certificate. ACM accepts only blocks that begin with -----BEGIN CERTIFICATE-----.")
	case !whole:
		j.wrong(p, damaged)
	case len(found) == 0:
		j.notPEM(p, data, "CERTIFICATE")
	default:
		return found
	}
	return nil
}

// notPEM reports what a file without PEM blocks is, and how to convert it to PEM.
func (j *judge) notPEM(p Part, data []byte, want string) {
	_, err := x509.ParseCertificate(data)
	switch {
	case err == nil && p == Key:
		j.wrong(p, "It is a certificate in binary format (DER): the files seem to be swapped. Provide the private key here, as PEM.")
	case err == nil:
		j.wrong(p, "It is in binary format (DER), but ACM requires PEM. Convert it: openssl x509 -inform der -in FILE -out certificate.pem")
	case parseKey(data) != nil && p == Key:
		j.wrong(p, "It is in binary format (DER), but ACM requires PEM. Convert it: openssl pkey -inform der -in FILE -out key.pem")
	case parseKey(data) != nil:
		j.wrong(p, "It is a private key in binary format (DER): the files seem to be swapped. Provide the certificate here, as PEM.")
	case data[0] == 0x30: // every DER text of this size begins with this byte
		j.wrong(p, "It is in a binary format, such as PKCS#12 (.pfx, .p12), but ACM requires PEM. Convert it: openssl pkcs12 -in FILE, "+
			"with -clcerts -nokeys for the certificate, -cacerts -nokeys for the chain, -nocerts -nodes for the key.")
	default:
		j.wrong(p, "It is not PEM: PEM is text that begins with -----BEGIN "+want+"-----. Check that it is the right file.")
	}
}

func isKey(b *pem.Block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") }

// public is the interface of all public keys in the standard library.
type public interface{ Equal(crypto.PublicKey) bool }

// key reads the file of the private key and returns its public key.
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
		j.wrong(Key, "There is no private key. ACM needs the key that was used to request the certificate.")
	case len(keys) == 0 && certificates:
		j.wrong(Key, "It contains a certificate and no private key: the files seem to be swapped. Provide the private key here.")
	case certificates:
		j.wrong(Key, "It contains a certificate besides the private key. Keep only the key in it: openssl pkey -in FILE -out key.pem")
	case len(keys) > 1:
		j.wrong(Key, "It contains several private keys. Keep only the key of the certificate.")
	case !whole:
		j.wrong(Key, damaged)
	case len(all) == 0:
		j.notPEM(Key, data, "PRIVATE KEY")
	case len(keys) == 0:
		j.wrong(Key, "It contains no private key. The key that was used to request the certificate begins with -----BEGIN PRIVATE KEY-----, or with RSA or EC before PRIVATE.")
	case keys[0].Type == "ENCRYPTED PRIVATE KEY", strings.Contains(keys[0].Headers["Proc-Type"], "ENCRYPTED"):
		j.wrong(Key, "It is encrypted, but ACM accepts no passphrase. Decrypt it: openssl pkey -in FILE -out key.pem")
	case keys[0].Type == "OPENSSH PRIVATE KEY":
		j.wrong(Key, "It is an SSH key. Provide the key that was used to request the certificate.")
	case len(data) > most[Key]:
		j.wrong(Key, "It is larger than the "+strconv.Itoa(most[Key])+" bytes that ACM accepts. Keep only the key in it: openssl pkey -in FILE -out key.pem")
	default:
		if k, ok := parseKey(keys[0].Bytes).(crypto.Signer); ok {
			return k.Public().(public)
		}
		j.wrong(Key, "It cannot be read as a private key. Inspect it with: openssl pkey -noout -check -in FILE")
	}
	return nil
}

// parseKey reads a private key in any format that openssl writes. It returns nil instead of the
// parser's error, because that error is about a secret.
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

// otherKey reports that the key does not belong to the certificate. If it belongs to one of the
// other certificates, the message names that one.
func (j *judge) otherKey(key public, others []*x509.Certificate) {
	for _, c := range others {
		if key.Equal(c.PublicKey) {
			j.wrong(Key, "It is the key of "+named(c)+", which is another one of these certificates. Provide the key of the server's certificate.")
			return
		}
	}
	j.wrong(Key, "It is the key of another certificate. Provide the key that was used to request this certificate.")
}

// day is the format of dates in messages.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

const soon = 30 * 24 * time.Hour

func (j *judge) dates(p Part, c *x509.Certificate) {
	left := c.NotAfter.Sub(j.now)
	switch {
	case j.now.Before(c.NotBefore):
		j.wrong(p, named(c)+" is not valid before "+day(c.NotBefore)+". ACM accepts it from that date on. Check also that the clock of this computer is right.")
	case left < 0 && p == Chain && selfSigned(c):
		j.warn(p, named(c)+", the root, expired on "+day(c.NotAfter)+". Leave it out, or get the chain from the CA again.")
	case left < 0:
		j.wrong(p, named(c)+" expired on "+day(c.NotAfter)+". Get a new one.")
	case left < soon:
		j.warn(p, named(c)+" expires on "+day(c.NotAfter)+", in "+strconv.Itoa(int(left/(24*time.Hour)))+
			" days. AWS does not renew imported certificates: get a new one now.")
	}
}

// forServers checks that a certificate is a server's. It returns false if further checks make no
// sense.
func (j *judge) forServers(c *x509.Certificate, others []*x509.Certificate) bool {
	switch ca := c.BasicConstraintsValid && c.IsCA; {
	case ca && slices.ContainsFunc(others, func(o *x509.Certificate) bool { return !o.IsCA }):
		j.wrong(Certificate, "It is the certificate of a CA, and the chain contains the certificate of a server: the files seem to be swapped.")
		return false
	case ca && selfSigned(c) && len(c.DNSNames) > 0: // openssl req -x509 creates such certificates
		j.warn(Certificate, "It is self-signed and may act as a CA: clients that trust it also trust everything that its key signs. Issue it with basicConstraints=CA:FALSE instead.")
	case ca:
		j.wrong(Certificate, "It is the certificate of a CA, "+named(c)+". Provide the server's certificate here, and this one in the chain.")
		return false
	}
	if !anyUse(c) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) {
		j.wrong(Certificate, "It is not for servers: its extended key usage lacks serverAuth. Get a certificate that is issued for a server.")
	}
	return true
}

// anyUse reports whether a certificate does not restrict its use.
func anyUse(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// chain checks that each certificate of the chain signed the one before it, as ACM requires. The
// root is optional.
func (j *judge) chain(leaf *x509.Certificate, chain []*x509.Certificate) {
	if selfSigned(leaf) {
		if len(chain) > 0 {
			j.wrong(Chain, "The chain must be empty, because the certificate is self-signed. Leave it out.")
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

// link reports why a certificate of the chain is not the one that signed the certificate before
// it. It is empty if the chain is right.
func link(leaf, at *x509.Certificate, chain []*x509.Certificate, i int) string {
	next, before := chain[i], named(at)
	signed, err := signedBy(at, next)
	switch {
	case next.Equal(leaf):
		return "It contains the certificate itself. Remove that: the chain must begin with the certificate of the CA that issued it, " + issuer(leaf) + "."
	case at != leaf && selfSigned(at):
		return "It continues after the root, " + before + ": " + named(next) + " does not belong to the chain. Leave out everything after the root."
	case signed:
		return ""
	case errors.As(err, new(x509.InsecureAlgorithmError)):
		return before + " is signed by SHA-1 or older, which clients reject. Get a new one."
	}
	for _, c := range chain {
		if ok, _ := signedBy(at, c); ok {
			return "It is not in order: the certificate after " + before + " must be " + named(c) + ", which signed it, but is " + named(next) + "."
		}
	}
	if bytes.Equal(at.RawIssuer, next.RawSubject) {
		return named(next) + " has the name of the CA that issued " + before + ", but did not sign it: either the CA has another certificate with this name, or this is not the certificate of a CA. Get the chain from the CA again."
	}
	return before + " was issued by " + issuer(at) + ", which is not in the chain; " + named(next) + " is in that position. Get the missing intermediate certificate from the CA."
}

func signedBy(c, ca *x509.Certificate) (bool, error) {
	if !bytes.Equal(c.RawIssuer, ca.RawSubject) {
		return false, nil
	}
	err := c.CheckSignatureFrom(ca)
	return err == nil, err
}

// selfSigned reports whether a certificate was signed with its own key.
func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// domain checks that browsers accept the certificate for the domain.
func (j *judge) domain(c *x509.Certificate, domain string) {
	if domain == "" || c.VerifyHostname(domain) == nil {
		return
	}
	names := namesOf(c)
	message := "The certificate is for " + strings.Join(names, ", ") + ", and not for " + domain + "."
	switch cn := c.Subject.CommonName; {
	case len(names) == 0 && cn != "":
		message = "The certificate has a name only in its subject (CN " + named(c) + "), which browsers ignore. Get one with " + domain + " as a subject alternative name."
	case len(names) == 0:
		message = "The certificate has no name. Get one with " + domain + " as a subject alternative name."
	case slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "*.") && strings.HasSuffix("."+domain, n[1:]) }):
		message += " A wildcard covers exactly one label: *.example.com covers a.example.com, but neither example.com nor a.b.example.com."
	default:
		message += " Use another domain, or get a certificate with this name."
	}
	j.wrong(Domain, message)
}

// named returns the name of a certificate for messages.
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

// printable replaces characters that a terminal would interpret.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

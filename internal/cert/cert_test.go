package cert_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pair is a certificate with its key, both as PEM.
type pair struct {
	certificate *x509.Certificate
	signer      crypto.Signer
	pem, key    string
}

// draw creates one key per name, because RSA keys take long.
var keys sync.Map

func draw(kind, name string) crypto.Signer {
	made, _ := keys.LoadOrStore(kind+name, sync.OnceValue(func() crypto.Signer {
		var k crypto.Signer
		var err error
		switch curve := map[string]elliptic.Curve{"P-224": elliptic.P224(), "P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[kind]; {
		case curve != nil:
			k, err = ecdsa.GenerateKey(curve, rand.Reader)
		case kind == "Ed25519":
			_, k, err = ed25519.GenerateKey(rand.Reader)
		default:
			k, err = rsa.GenerateKey(rand.Reader, map[string]int{"RSA 1024": 1024, "RSA 2048": 2048, "RSA 3072": 3072}[kind])
		}
		if err != nil {
			panic(err)
		}
		return k
	}))
	return made.(func() crypto.Signer)()
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// sign creates a certificate, self-signed if no CA is given. change can modify it first.
func sign(kind, name string, ca *pair, change func(*x509.Certificate)) *pair {
	key := draw(kind, name)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0), BasicConstraintsValid: true}
	if change != nil {
		change(c)
	}
	by := ca
	if by == nil {
		by = &pair{certificate: c, signer: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by.certificate, key.Public(), by.signer)
	if err != nil {
		panic(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return &pair{made, key, block("CERTIFICATE", der), block("PRIVATE KEY", pkcs8)}
}

func isCA(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign }

func server(c *x509.Certificate) {
	c.DNSNames, c.ExtKeyUsage = []string{"airflow.example.com"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
}

func and(all ...func(*x509.Certificate)) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for _, f := range all {
			f(c)
		}
	}
}

var (
	root     = sign("P-256", "Root", nil, isCA)
	middle   = sign("P-256", "Middle", root, isCA)
	lower    = sign("P-256", "Lower", middle, isCA)
	other    = sign("P-256", "Other", nil, isCA)
	good     = sign("P-256", "airflow.example.com", lower, server)
	lone     = sign("P-256", "lone", nil, server)
	stranger = sign("P-256", "stranger", nil, server)
)

// texts returns problems as the tests write them: the part, "warn" for a warning, and the
// message. It fails if a message contains any part of a key.
func texts(t interface{ Errorf(string, ...any) }, problems []cert.Problem, given ...string) []string {
	var out []string
	for _, p := range problems {
		s := string(p.Part)
		if p.Warn {
			s += " warn"
		}
		out = append(out, s+": "+p.Message)
		for _, g := range given {
			for line := range strings.Lines(g) {
				if line = strings.TrimSpace(line); len(line) > 8 && !strings.HasPrefix(line, "-----") && strings.Contains(p.Message, line[:9]) {
					t.Errorf("a message contains a part of the input: %s", p.Message)
				}
			}
		}
	}
	return out
}

// same reports whether got has exactly the wanted problems in order. A wanted problem is the
// part, a colon and a piece of the message.
func same(got, want []string) bool {
	return slices.EqualFunc(got, want, func(g, w string) bool {
		part, piece, _ := strings.Cut(w, ": ")
		return strings.HasPrefix(g, part+": ") && strings.Contains(g, piece)
	})
}

func TestCheck(t *testing.T) {
	ca := root.pem
	by := func(change ...func(*x509.Certificate)) *pair {
		return sign("P-256", "airflow.example.com", root, and(change...))
	}
	kind := func(kind string) *pair { return sign(kind, "airflow.example.com", root, server) }
	rsa1024, rsa2048, rsa3072, p224, p384, p521, odd := kind("RSA 1024"), kind("RSA 2048"), kind("RSA 3072"), kind("P-224"), kind("P-384"), kind("P-521"), kind("Ed25519")
	expired := by(server, func(c *x509.Certificate) { c.NotAfter = now.AddDate(0, 0, -1) })
	future := by(server, func(c *x509.Certificate) { c.NotBefore = now.AddDate(0, 0, 3) })
	ending := by(server, func(c *x509.Certificate) { c.NotAfter = now.Add(soonest) })
	justLong := by(server, func(c *x509.Certificate) { c.NotAfter = now.Add(30 * 24 * time.Hour) })
	anyUse := by(server, func(c *x509.Certificate) { c.ExtKeyUsage = nil })
	client := by(server, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	onlyCN := by(server, func(c *x509.Certificate) { c.DNSNames = nil })
	star := by(server, func(c *x509.Certificate) { c.DNSNames = []string{"*.example.com"} })
	deep := by(server, func(c *x509.Certificate) { c.DNSNames = []string{"*.a.example.com"} })
	apex := by(server, func(c *x509.Certificate) { c.DNSNames = []string{"*.airflow.example.com"} })
	selfCA := sign("P-256", "self", nil, and(server, isCA))
	bareCA := sign("P-256", "bare", lower, isCA)
	oldMiddle := sign("P-256", "Middle", root, and(isCA, func(c *x509.Certificate) { c.NotAfter = now.AddDate(0, -1, 0) }))
	oldRoot := sign("P-256", "Root", nil, and(isCA, func(c *x509.Certificate) { c.NotAfter = now.AddDate(0, -1, 0) }))
	otherMiddle := sign("P-256", "Middle", nil, and(isCA, func(c *x509.Certificate) { c.Subject.CommonName = "Lower" }))
	rsaCA := sign("RSA 2048", "RSA CA", nil, isCA)
	sha1 := sign("P-256", "airflow.example.com", rsaCA, and(server, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }))
	sha1Root := sign("RSA 2048", "SHA-1 Root", nil, and(isCA, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }))
	underSHA1 := sign("P-256", "airflow.example.com", sha1Root, server)
	unnamed := by(server, func(c *x509.Certificate) { c.DNSNames, c.Subject = nil, pkix.Name{Organization: []string{"Example"}} })
	address := by(server, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, []net.IP{net.IPv4(10, 0, 0, 7)} })
	ecKey, _ := x509.MarshalECPrivateKey(good.signer.(*ecdsa.PrivateKey))
	proc := block("RSA PRIVATE KEY", []byte("no matter what"))
	proc = strings.Replace(proc, "KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1)
	request := block("CERTIFICATE REQUEST", []byte("x"))
	full := lower.pem + middle.pem
	der := func(s string) string { b, _ := pem.Decode([]byte(s)); return string(b.Bytes) }

	for name, tt := range map[string]struct {
		certificate, chain, key string
		want                    []string
	}{
		"good":                      {good.pem, full, good.key, nil},
		"with the root":             {good.pem, full + root.pem, good.key, nil},
		"without the upper":         {good.pem, lower.pem, good.key, nil},
		"text before it":            {"Certificate:\n    Data:\n" + good.pem, full, good.key, nil},
		"Windows line ends":         {strings.ReplaceAll(good.pem, "\n", "\r\n"), full, strings.ReplaceAll(good.key, "\n", "\r\n"), nil},
		"EC key with parameters":    {good.pem, full, block("EC PARAMETERS", []byte{6, 0}) + block("EC PRIVATE KEY", ecKey), nil},
		"self-signed":               {lone.pem, "", lone.key, nil},
		"any use":                   {anyUse.pem, ca, anyUse.key, nil},
		"star":                      {star.pem, ca, star.key, nil},
		"30 days":                   {justLong.pem, ca, justLong.key, nil},
		"RSA 2048":                  {rsa2048.pem, ca, rsa2048.key, nil},
		"RSA 3072":                  {rsa3072.pem, ca, rsa3072.key, nil},
		"P-384":                     {p384.pem, ca, p384.key, nil},
		"P-521":                     {p521.pem, ca, p521.key, nil},
		"RSA 1024":                  {rsa1024.pem, ca, rsa1024.key, []string{"certificate warn: RSA 1024, which browsers reject"}},
		"P-224":                     {p224.pem, ca, p224.key, []string{"certificate: ECDSA P-224. ACM supports RSA 1024"}},
		"Ed25519":                   {odd.pem, ca, odd.key, []string{"certificate: Its key is Ed25519"}},
		"nothing":                   {"", "", "", []string{"certificate: empty", "key: no private key"}},
		"swapped":                   {good.key, full, good.pem, []string{"certificate: swapped", "key: swapped"}},
		"swapped, DER":              {der(good.key), full, der(good.pem), []string{"certificate: swapped", "key: swapped"}},
		"chain and certificate":     {lower.pem, good.pem, good.key, []string{"key: of \"airflow.example.com\"", "certificate: swapped"}},
		"chain and key":             {good.pem, good.key, full, []string{"chain: swapped", "key: swapped"}},
		"DER":                       {der(good.pem), der(lower.pem), der(good.key), []string{"certificate: openssl x509 -inform der", "chain: openssl x509 -inform der", "key: openssl pkey -inform der"}},
		"PKCS#12":                   {"0\x82\x01\x02", "", "0\x82\x01\x02", []string{"certificate: pkcs12", "key: pkcs12"}},
		"text":                      {"hello", "hello", "hello", []string{"certificate: not PEM", "chain: not PEM", "key: not PEM"}},
		"all in one":                {good.pem + lower.pem + good.key, "", good.pem + good.key, []string{"certificate: private key besides", "key: certificate besides"}},
		"key in the chain":          {good.pem, full + good.key, good.key, []string{"chain: private key besides"}},
		"full chain as certificate": {good.pem + full, "", good.key, []string{"certificate: 3 certificates"}},
		"full chain as chain":       {good.pem, good.pem + full, good.key, []string{"chain: the certificate itself"}},
		"cut off":                   {good.pem[:100], full, good.key[:60], []string{"certificate: cut off", "key: cut off"}},
		"the second cut off":        {good.pem, full[:len(full)-40], good.key, []string{"chain: cut off"}},
		"an invisible mark":         {"\ufeff" + good.pem, full, good.key, []string{"certificate: cut off or changed"}},
		"damaged":                   {block("CERTIFICATE", []byte("x")), full, block("PRIVATE KEY", []byte("secretly")), []string{"certificate: cannot be read", "key: cannot be read"}},
		"request":                   {request, "", good.key, []string{"certificate: CSR"}},
		"PKCS#7":                    {good.pem, block("PKCS7", []byte("x")), good.key, []string{"chain: openssl pkcs7"}},
		"something":                 {good.pem, block("X509 CRL", []byte("x")), good.key, []string{"chain: not a certificate"}},
		"no key":                    {good.pem, full, block("PUBLIC KEY", []byte("x")), []string{"key: no private key"}},
		"encrypted":                 {good.pem, full, block("ENCRYPTED PRIVATE KEY", []byte("x")), []string{"key: openssl pkey -in"}},
		"encrypted, old format":     {good.pem, full, proc, []string{"key: openssl pkey -in"}},
		"SSH":                       {good.pem, full, block("OPENSSH PRIVATE KEY", []byte("x")), []string{"key: SSH"}},
		"two keys":                  {good.pem, full, good.key + lone.key, []string{"key: several"}},
		"large key":                 {good.pem, full, strings.Repeat("x\n", 3000) + good.key, []string{"key: 5120"}},
		"large certificate":         {strings.Repeat("x\n", 20000) + good.pem, full, good.key, []string{"certificate: 32768"}},
		"key of another":            {good.pem, full, stranger.key, []string{"key: of another certificate"}},
		"key of another kind":       {good.pem, full, rsa1024.key, []string{"key: of another certificate"}},
		"key of the CA":             {good.pem, full, lower.key, []string{"key: \"Lower\""}},
		"expired":                   {expired.pem, ca, expired.key, []string{"certificate: expired on 2026-02-28"}},
		"not yet":                   {future.pem, ca, future.key, []string{"certificate: before 2026-03-04"}},
		"ending":                    {ending.pem, ca, ending.key, []string{"certificate warn: on 2026-03-31, in 29 days"}},
		"no chain":                  {good.pem, "\n", good.key, []string{"chain warn: issued by Lower"}},
		"order":                     {good.pem, middle.pem + lower.pem, good.key, []string{"chain: the certificate after \"airflow.example.com\" must be \"Lower\""}},
		"order further on":          {good.pem, lower.pem + root.pem + middle.pem, good.key, []string{"chain: the certificate after \"Lower\" must be \"Middle\""}},
		"missing the lower":         {good.pem, middle.pem + root.pem, good.key, []string{"chain: issued by Lower, which is not in the chain; \"Middle\""}},
		"missing between":           {good.pem, lower.pem + root.pem, good.key, []string{"chain: \"Lower\" was issued by Middle, which"}},
		"other chain":               {good.pem, other.pem, good.key, []string{"chain: missing intermediate"}},
		"after the root":            {good.pem, full + root.pem + other.pem, good.key, []string{"chain: after the root"}},
		"same name, other key":      {good.pem, otherMiddle.pem, good.key, []string{"chain: did not sign it"}},
		"self-signed with chain":    {lone.pem, root.pem, lone.key, []string{"chain: self-signed"}},
		"expired intermediate":      {sign("P-256", "airflow.example.com", oldMiddle, server).pem, oldMiddle.pem + root.pem, good.key, []string{"chain: \"Middle\" expired on 2026-02-01"}},
		"expired root":              {by(server).pem, oldRoot.pem, good.key, []string{"chain warn: the root, expired on 2026-02-01"}},
		"CA as the certificate":     {bareCA.pem, full, bareCA.key, []string{"certificate: of a CA, \"bare\""}},
		"root as the certificate":   {root.pem, "", root.key, []string{"certificate: of a CA, \"Root\""}},
		"self-signed, as openssl":   {selfCA.pem, "", selfCA.key, []string{"certificate warn: may act as a CA"}},
		"for clients":               {client.pem, ca, client.key, []string{"certificate: serverAuth"}},
		"only a common name":        {onlyCN.pem, ca, onlyCN.key, []string{"domain: CN \"airflow.example.com\"), which browsers ignore"}},
		"SHA-1":                     {sha1.pem, rsaCA.pem, sha1.key, []string{"chain: SHA-1"}},
		"no name at all":            {unnamed.pem, ca, unnamed.key, []string{"domain: has no name. Get one"}},
		"an address":                {address.pem, ca, address.key, []string{"domain: for 10.0.0.7, and not for"}},
		"PKCS#1":                    {rsa2048.pem, ca, block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsa2048.signer.(*rsa.PrivateKey))), nil},
		"a root of SHA-1":           {underSHA1.pem, sha1Root.pem, good.key, nil},
		"a deeper wildcard":         {deep.pem, ca, deep.key, []string{"domain: for *.a.example.com, and not for airflow.example.com. Use"}},
		"a wildcard for subdomains": {apex.pem, ca, apex.key, []string{"domain: exactly one label"}},
	} {
		given := []string{good.key}
		if strings.Contains(tt.key, "PRIVATE KEY") {
			given = append(given, tt.key)
		}
		got := texts(t, cert.Check([]byte(tt.certificate), []byte(tt.chain), secret.New(tt.key), "airflow.example.com", now), given...)
		if !same(got, tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tt.want)
		}
	}
}

const soonest = 30*24*time.Hour - time.Second

func TestCheckDomain(t *testing.T) {
	star := sign("P-256", "x", root, and(server, func(c *x509.Certificate) { c.DNSNames = []string{"*.example.com", "example.org"} }))
	for domain, piece := range map[string]string{
		"": "", "a.example.com": "", "A.Example.com": "", "example.org": "",
		"example.com": "exactly one label", "a.b.example.com": "exactly one label", "a.example.org": "*.example.com, example.org, and not for a.example.org",
	} {
		got := cert.Check([]byte(star.pem), []byte(root.pem), secret.New(star.key), domain, now)
		if piece == "" && len(got) > 0 || piece != "" && (len(got) != 1 || got[0].Part != cert.Domain || got[0].Warn || !strings.Contains(got[0].Message, piece)) {
			t.Errorf("%q: %v", domain, got)
		}
	}
}

// TestEveryMixUpIsFound checks all combinations of certificates, keys and chains: only those that
// belong together are accepted, and no message contains a part of a key.
func TestEveryMixUpIsFound(t *testing.T) {
	kinds := []string{"RSA 1024", "RSA 2048", "P-256", "P-384", "P-521"}
	var cas, leafs []*pair
	for _, k := range kinds {
		cas = append(cas, sign(k, "ca "+k, nil, isCA))
	}
	for i, k := range slices.Concat(kinds, kinds) {
		leafs = append(leafs, sign(k, string(rune('a'+i))+".example.com", cas[(i*3+i/5)%5], server))
	}
	rapid.Check(t, func(t *rapid.T) {
		c, k := rapid.IntRange(0, 9).Draw(t, "certificate"), rapid.IntRange(0, 9).Draw(t, "key")
		ca := rapid.IntRange(0, 4).Draw(t, "ca")
		problems := cert.Check([]byte(leafs[c].pem), []byte(cas[ca].pem), secret.New(leafs[k].key), "", now)
		texts(t, problems, leafs[k].key)
		wrong := func(p cert.Part) bool {
			return slices.ContainsFunc(problems, func(q cert.Problem) bool { return q.Part == p && !q.Warn })
		}
		if wrong(cert.Key) != (c != k) || wrong(cert.Chain) != (ca != (c*3+c/5)%5) || wrong(cert.Certificate) {
			t.Fatalf("certificate %d, key %d, ca %d: %v", c, k, ca, problems)
		}
	})
}

// TestFilesInAnyRole passes every file in every role: nothing panics, no message contains a part
// of a key, and a file is accepted only in its own role.
func TestFilesInAnyRole(t *testing.T) {
	p8, _ := pem.Decode([]byte(good.key))
	files := []string{"", "\n", good.pem, good.key, lower.pem + middle.pem, good.pem + good.key, string(p8.Bytes), string(good.certificate.Raw), good.key[:90],
		strings.Replace(good.key, "PRIVATE KEY", "CERTIFICATE", 2), "-----BEGIN CERTIFICATE-----", "0", "\x00"}
	for i, a := range files {
		for j, b := range files {
			for k, c := range files {
				got := cert.Check([]byte(a), []byte(b), secret.New(c), "airflow.example.com", now)
				texts(t, got, good.key)
				stands := slices.ContainsFunc(got, func(p cert.Problem) bool { return !p.Warn })
				if stands == (i == 2 && (j == 4 || j < 2) && k == 3) {
					t.Errorf("%d, %d, %d: %v", i, j, k, got)
				}
			}
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, tt := range []struct {
		file  string
		key   string
		names []string
	}{{good.pem + lower.pem, "ECDSA P-256", []string{"airflow.example.com"}}, {sign("RSA 2048", "airflow.example.com", lower, nil).pem, "RSA 2048", nil}} {
		got, ok := cert.Describe([]byte(tt.file))
		if !ok || got.Issuer != "Lower" || got.Key != tt.key || !slices.Equal(got.Names, tt.names) || !slices.Equal(cert.Names([]byte(tt.file)), tt.names) ||
			!got.From.Equal(now.AddDate(-1, 0, 0)) || !got.Until.Equal(now.AddDate(1, 0, 0)) {
			t.Errorf("%+v, %v", got, ok)
		}
	}
	if got, ok := cert.Describe([]byte(good.key)); ok {
		t.Errorf("a file with only a key was described as %+v", got)
	}
	// A certificate can contain characters that a terminal interprets.
	evil := sign("P-256", "evil", nil, func(c *x509.Certificate) { c.Subject.CommonName = "a\x1b[2Jb"; c.DNSNames = []string{"x\x1b[2J"} })
	about, _ := cert.Describe([]byte(evil.pem))
	all := strings.Join(append(texts(t, cert.Check([]byte(evil.pem), nil, secret.New(evil.key), "example.com", now.AddDate(2, 0, 0))), about.Issuer, about.Names[0]), "")
	if strings.Contains(all, "\x1b") || bytes.Count([]byte(all), []byte("[2J")) < 3 {
		t.Errorf("%q", all)
	}
}

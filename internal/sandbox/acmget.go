package sandbox

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

type getCertificateOut struct {
	Certificate      string
	CertificateChain string `json:",omitempty"`
}

// getCertificate returns a certificate and its chain as PEM (AWS Certificate Manager API reference, GetCertificate). A certificate that
// ACM issued is written for the answer. It is the same each time, and nobody has its private key.
func (r *region) getCertificate(in certificateIn) (getCertificateOut, *wire.Error) {
	c, err := r.findCertificate(in.CertificateArn)
	switch {
	case err != nil:
		return getCertificateOut{}, err
	case c.Type == imported:
		return getCertificateOut{c.body, c.chain}, nil
	case c.Status != certificateIssued:
		return getCertificateOut{}, wire.Fail("RequestInProgressException", "Certificate %s is pending validation and not yet issued.", c.CertificateArn)
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Sandbox of Amazon", Organization: []string{"Amazon"}},
		NotBefore: store.Loaded, NotAfter: store.Loaded.AddDate(30, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	serial, _ := new(big.Int).SetString(c.Serial, 16) // hexadecimal digits, from store.Hash
	leaf := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: c.DomainName}, DNSNames: c.SubjectAlternativeNames,
		NotBefore: c.NotBefore.Time, NotAfter: c.NotAfter.Add(-time.Second), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	key := ed25519.NewKeyFromSeed([]byte(store.Hash("key of the sandbox's certificate authority", 32)))
	return getCertificateOut{signed(leaf, ca, publicKeyOf(c), key), signed(ca, ca, key.Public(), key)}, nil
}

// signed returns a certificate as PEM. A signature with Ed25519 needs no random numbers.
func signed(c, by *x509.Certificate, public crypto.PublicKey, key ed25519.PrivateKey) string {
	der, err := x509.CreateCertificate(nil, c, by, public, key)
	if err != nil {
		panic(err) // the fields come from this package
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// publicKeyOf returns a public key of the kind that a certificate of ACM has.
func publicKeyOf(c *certificate) crypto.PublicKey {
	var seed []byte
	for len(seed) < 256 {
		seed = append(seed, store.Hash(c.CertificateArn+string(rune('a'+len(seed)/32)), 32)...)
	}
	switch c.KeyAlgorithm {
	case "EC-prime256v1":
		return onCurve(elliptic.P256(), ecdh.P256(), seed[:32])
	case "EC-secp384r1":
		return onCurve(elliptic.P384(), ecdh.P384(), seed[:48])
	}
	n := new(big.Int).SetBytes(seed)
	return &rsa.PublicKey{N: n.SetBit(n.SetBit(n, 0, 1), 2047, 1), E: 65537}
}

func onCurve(named elliptic.Curve, curve ecdh.Curve, seed []byte) crypto.PublicKey {
	key, err := curve.NewPrivateKey(seed)
	if err != nil {
		panic(err) // the digits of a hash are smaller than the order of these curves
	}
	public, err := ecdsa.ParseUncompressedPublicKey(named, key.PublicKey().Bytes())
	if err != nil {
		panic(err) // the point is on the curve
	}
	return public
}

package sandbox_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	dns "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

const exampleZone = "Z0C1A2B3C4D5E6F70001"

func certificates(t *testing.T) (*clock, *sandbox.Account, *acm.Client) {
	now := newClock()
	o := now.options()
	o.Scenario = "mwaa-private"
	a := open(t, o)
	return now, a, acm.NewFromConfig(config(a, "us-west-2"))
}

func certificate(t *testing.T, c *acm.Client, arn string) *types.CertificateDetail {
	t.Helper()
	return must(c.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arn}))(t).Certificate
}

func TestRequestCertificate(t *testing.T) {
	now, a, c := certificates(t)
	request := func(domain, token string) string {
		t.Helper()
		return *must(c.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: &domain, ValidationMethod: "DNS", IdempotencyToken: &token}))(t).CertificateArn
	}
	arn := request("web.example.com", "one")
	foreign := request("web.example.net", "two")
	if again := request("web.example.com", "one"); again != arn {
		t.Errorf("the token gave %s and %s", arn, again)
	}
	if d := certificate(t, c, arn); d.Status != "PENDING_VALIDATION" || d.DomainValidationOptions[0].ResourceRecord != nil {
		t.Errorf("right after the request: %+v", d)
	}
	now.pass(10 * time.Second)
	record := certificate(t, c, arn).DomainValidationOptions[0].ResourceRecord
	if record == nil || record.Type != "CNAME" || !strings.HasSuffix(*record.Name, ".web.example.com.") || !strings.HasSuffix(*record.Value, ".acm-validations.aws.") {
		t.Fatalf("%+v", record)
	}
	// The account's owner has not created the record for its domain, but the owner of the other
	// domain has.
	now.pass(time.Hour)
	if d := certificate(t, c, arn); d.Status != "PENDING_VALIDATION" {
		t.Errorf("without a record: %s", d.Status)
	}
	if d := certificate(t, c, foreign); d.Status != "ISSUED" || d.NotAfter == nil || d.DomainValidationOptions[0].DomainName == nil || d.DomainValidationOptions[0].ValidationStatus != "SUCCESS" {
		t.Errorf("of another domain: %+v", d)
	}
	if later := request("web.example.com", "one"); later == arn {
		t.Error("the token still replays after an hour")
	}
	changeRecord(t, a, "CREATE", *record.Name, "CNAME", *record.Value)
	if d := certificate(t, c, arn); d.Status != "PENDING_VALIDATION" {
		t.Errorf("as soon as the record is made: %s", d.Status)
	}
	now.pass(2 * time.Minute)
	if d := certificate(t, c, arn); d.Status != "ISSUED" || d.Type != "AMAZON_ISSUED" || d.IssuedAt == nil {
		t.Errorf("with the record: %+v", d)
	}
	now.pass(72 * time.Hour)
	if d := certificate(t, c, airflowCert+"3"); d.Status != "VALIDATION_TIMED_OUT" {
		t.Errorf("after three days: %s", d.Status)
	}
	if d := certificate(t, c, request("x.us-west-2.airflow.amazonaws.com", "three")); d.Status != "FAILED" || d.FailureReason != "DOMAIN_NOT_ALLOWED" {
		t.Errorf("a name of AWS's: %+v", d)
	}
	for _, domain := range []string{"web", "-.example.com", "https://example.com"} {
		_, err := c.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: &domain, ValidationMethod: "DNS"})
		wantCode(t, err, "ValidationException")
	}
}

func TestListCertificates(t *testing.T) {
	_, _, c := certificates(t)
	list := func(in acm.ListCertificatesInput) (all []string) {
		t.Helper()
		pages := acm.NewListCertificatesPaginator(c, &in)
		for pages.HasMorePages() && len(all) < 9 {
			for _, s := range must(pages.NextPage(ctx))(t).CertificateSummaryList {
				all = append(all, *s.DomainName+" "+string(s.Status))
			}
		}
		return all
	}
	if all := list(acm.ListCertificatesInput{MaxItems: aws.Int32(2)}); !slices.Equal(all, []string{"airflow.example.com ISSUED", "old.example.com EXPIRED", "flows.example.com PENDING_VALIDATION"}) {
		t.Error(all)
	}
	if issued := list(acm.ListCertificatesInput{CertificateStatuses: []types.CertificateStatus{"ISSUED"}}); !slices.Equal(issued, []string{"airflow.example.com ISSUED"}) {
		t.Error(issued)
	}
	must(c.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("ec.example.com"), ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1",
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("data")}}}))(t)
	if all := list(acm.ListCertificatesInput{}); len(all) != 3 {
		t.Errorf("without a filter: %q", all)
	}
	if ec := list(acm.ListCertificatesInput{Includes: &types.Filters{KeyTypes: []types.KeyAlgorithm{"EC_prime256v1"}}}); !slices.Equal(ec, []string{"ec.example.com PENDING_VALIDATION"}) {
		t.Error(ec)
	}
	arn := aws.String(airflowCert + "1")
	must(c.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: arn}))(t)
	_, err := c.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: arn})
	wantCode(t, err, "ResourceNotFoundException")
}

// signedBy creates a certificate for a key, self-signed or signed by another key.
func signedBy(t *testing.T, name string, from time.Time, key, by crypto.Signer, issuer *x509.Certificate) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: from, NotAfter: from.AddDate(1, 0, 0), IsCA: issuer == nil,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if issuer == nil {
		issuer = template
	}
	der := must(x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), by))(t)
	return must(x509.ParseCertificate(der))(t)
}

func certificatePEM(all ...*x509.Certificate) []byte {
	var text []byte
	for _, c := range all {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return text
}

func TestImportCertificate(t *testing.T) {
	now, a, c := certificates(t)
	from := now.t.Add(-time.Hour)
	caKey, key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t), must(rsa.GenerateKey(rand.Reader, 2048))(t)
	ca := signedBy(t, "Example CA", from, caKey, caKey, nil)
	leaf := signedBy(t, "web.example.com", from, key, caKey, ca)
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))(t)})
	in := func(change func(*acm.ImportCertificateInput)) error {
		t.Helper()
		in := &acm.ImportCertificateInput{Certificate: certificatePEM(leaf), PrivateKey: keyPEM, CertificateChain: certificatePEM(ca)}
		change(in)
		_, err := c.ImportCertificate(ctx, in)
		return err
	}
	otherKey := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: must(x509.MarshalECPrivateKey(caKey))(t)})
	odd := must(rsa.GenerateKey(rand.Reader, 2064))(t)
	for want, change := range map[string]func(*acm.ImportCertificateInput){
		"valid PEM":     func(in *acm.ImportCertificateInput) { in.Certificate = []byte("web") },
		"more than one": func(in *acm.ImportCertificateInput) { in.Certificate = certificatePEM(leaf, ca) },
		"not match":     func(in *acm.ImportCertificateInput) { in.PrivateKey = otherKey },
		"encrypted": func(in *acm.ImportCertificateInput) {
			in.PrivateKey = []byte(strings.ReplaceAll(string(keyPEM), "PRIVATE", "ENCRYPTED PRIVATE"))
		},
		"certificate chain": func(in *acm.ImportCertificateInput) { in.CertificateChain = certificatePEM(leaf) },
		"chain provided":    func(in *acm.ImportCertificateInput) { in.CertificateChain = []byte("ca") },
		"length 2064": func(in *acm.ImportCertificateInput) {
			in.Certificate = certificatePEM(signedBy(t, "odd.example.com", from, odd, caKey, ca))
			in.PrivateKey = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(odd)})
		},
		"not valid now": func(in *acm.ImportCertificateInput) {
			in.Certificate = certificatePEM(signedBy(t, "web.example.com", from.AddDate(-2, 0, 0), key, caKey, ca))
		},
		"not imported": func(in *acm.ImportCertificateInput) { in.CertificateArn = aws.String(airflowCert + "1") },
	} {
		err := in(change)
		wantCode(t, err, "ValidationException")
		if got := message(err); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	arn := must(c.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: certificatePEM(leaf), PrivateKey: keyPEM, CertificateChain: certificatePEM(ca)}))(t).CertificateArn
	d := certificate(t, c, *arn)
	if d.Status != "ISSUED" || d.Type != "IMPORTED" || d.KeyAlgorithm != "RSA-2048" || *d.DomainName != "web.example.com" || *d.Issuer != "Example CA" || !d.NotAfter.Equal(leaf.NotAfter) {
		t.Errorf("%+v", d)
	}
	// The certificate under an ARN can be replaced.
	self := signedBy(t, "Example CA", from, caKey, caKey, nil)
	again := must(c.ImportCertificate(ctx, &acm.ImportCertificateInput{CertificateArn: arn, Certificate: certificatePEM(self), PrivateKey: otherKey}))(t).CertificateArn
	if d := certificate(t, c, *arn); *again != *arn || d.KeyAlgorithm != "EC-prime256v1" {
		t.Errorf("%s: %+v", *again, d)
	}
	_, dump := own(t, a, "GET", "/_sandbox/account", "")
	for line := range strings.Lines(string(keyPEM) + string(otherKey)) {
		if strings.Contains(dump, strings.TrimSpace(line)) {
			t.Fatal("the account shows a private key")
		}
	}
	now.pass(366 * 24 * time.Hour)
	if d := certificate(t, c, *arn); d.Status != "EXPIRED" {
		t.Errorf("after a year: %s", d.Status)
	}
}

// changeRecord changes a record of the zone example.com. The change must succeed.
func changeRecord(t *testing.T, a *sandbox.Account, action, name, kind, value string) string {
	t.Helper()
	return must(tryRecord(t, a, action, &dns.ResourceRecordSet{Name: &name, Type: dns.RRType(kind), TTL: aws.Int64(300), ResourceRecords: []dns.ResourceRecord{{Value: &value}}}))(t)
}

func tryRecord(t *testing.T, a *sandbox.Account, action string, set *dns.ResourceRecordSet) (string, error) {
	t.Helper()
	out, err := route53.NewFromConfig(config(a, "us-west-2")).ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(exampleZone), ChangeBatch: &dns.ChangeBatch{Changes: []dns.Change{{Action: dns.ChangeAction(action), ResourceRecordSet: set}}}})
	if err != nil {
		return "", err
	}
	return *out.ChangeInfo.Id, nil
}

func TestGetCertificate(t *testing.T) {
	now, _, c := certificates(t)
	get := func(arn *string) (*acm.GetCertificateOutput, error) {
		return c.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: arn})
	}
	for _, algorithm := range []types.KeyAlgorithm{"RSA_2048", "EC_prime256v1", "EC_secp384r1"} {
		arn := must(c.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("web.example.net"), ValidationMethod: "DNS", KeyAlgorithm: algorithm}))(t).CertificateArn
		_, err := get(arn)
		wantCode(t, err, "RequestInProgressException")
		now.pass(time.Hour) // the account has no zone for the domain, so its owner creates the record
		out := must(get(arn))(t)
		var read []*x509.Certificate
		for _, text := range []*string{out.Certificate, out.CertificateChain} {
			block, _ := pem.Decode([]byte(*text))
			read = append(read, must(x509.ParseCertificate(block.Bytes))(t))
		}
		roots := x509.NewCertPool()
		roots.AddCert(read[1])
		if _, err := read[0].Verify(x509.VerifyOptions{DNSName: "web.example.net", Roots: roots, CurrentTime: now.now()}); err != nil {
			t.Error(algorithm, err)
		}
		if got, want := read[0].PublicKeyAlgorithm == x509.RSA, algorithm == "RSA_2048"; got != want {
			t.Errorf("%s: %s", algorithm, read[0].PublicKeyAlgorithm)
		}
		if again := must(get(arn))(t); *again.Certificate != *out.Certificate {
			t.Error("another certificate in the second answer")
		}
	}
	_, err := get(aws.String(airflowCert + "9"))
	wantCode(t, err, "ResourceNotFoundException")
}

func TestCertificateTags(t *testing.T) {
	_, _, c := certificates(t)
	arn := aws.String(airflowCert + "1")
	must(c.AddTagsToCertificate(ctx, &acm.AddTagsToCertificateInput{CertificateArn: arn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("c"), Value: aws.String("3")}}}))(t)
	must(c.RemoveTagsFromCertificate(ctx, &acm.RemoveTagsFromCertificateInput{CertificateArn: arn, Tags: []types.Tag{{Key: aws.String("a")}, {Key: aws.String("b"), Value: aws.String("other")}, {Key: aws.String("c"), Value: aws.String("3")}}}))(t)
	if got := must(c.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: arn}))(t).Tags; len(got) != 1 || *got[0].Key != "b" {
		t.Errorf("%+v", got)
	}
}

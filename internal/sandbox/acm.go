package sandbox

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// AWS Certificate Manager: certificates that ACM issues after domain validation, and imported
// certificates.

var acmAPI = service{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]operation{
		"ListCertificates":          wire.JSONOp((*region).listCertificates),
		"DescribeCertificate":       wire.JSONOp((*region).describeCertificate),
		"RequestCertificate":        wire.JSONOp((*region).requestCertificate),
		"ImportCertificate":         wire.JSONOp((*region).importCertificate),
		"DeleteCertificate":         wire.JSONOp((*region).deleteCertificate),
		"GetCertificate":            wire.JSONOp((*region).getCertificate),
		"ListTagsForCertificate":    wire.JSONOp((*region).listTagsACM),
		"AddTagsToCertificate":      wire.JSONOp((*region).tagACM),
		"RemoveTagsFromCertificate": wire.JSONOp((*region).untagACM),
	},
	Dump: func(r *region) map[string]any { return map[string]any{"Certificates": r.certificateDumps()} },
}

const (
	recordTime      = 5 * time.Second  // until a request shows which record to create
	validationTime  = 90 * time.Second // from that record to the certificate
	ownerTime       = 3 * time.Minute  // until the owner of an external domain has created the record and ACM has found it
	validationLimit = 72 * time.Hour   // how long ACM looks for the record; not scaled, because the owner needs this time
	replayTime      = time.Hour        // how long a token of RequestCertificate replays
	certificateLife = 198 * 24 * time.Hour

	certificatePending, certificateIssued, certificateExpired, certificateFailed = "PENDING_VALIDATION", "ISSUED", "EXPIRED", "FAILED"
	amazonIssued, imported                                                       = "AMAZON_ISSUED", "IMPORTED"

	maxCertificateNames = 10
)

type acmContent struct{ Certificates []*certificate }

type acmState struct {
	certificates store.Table[certificate] // by ARN
}

// certificate is a certificate in the format of DescribeCertificate, except for the tags. The
// private key is not stored.
type certificate struct {
	CertificateArn          string
	DomainName              string             `json:",omitempty"`
	SubjectAlternativeNames []string           `json:",omitempty"`
	DomainValidationOptions []domainValidation `json:",omitempty"`
	Serial                  string             `json:",omitempty"`
	Subject                 string             `json:",omitempty"`
	Issuer                  string             `json:",omitempty"`
	CreatedAt               wire.Epoch         `json:",omitzero"`
	IssuedAt                wire.Epoch         `json:",omitzero"`
	ImportedAt              wire.Epoch         `json:",omitzero"`
	Status                  string
	NotBefore               wire.Epoch `json:",omitzero"`
	NotAfter                wire.Epoch `json:",omitzero"`
	KeyAlgorithm            string     // in ACM's output format, such as RSA-2048; requests use RSA_2048
	InUseBy                 []string
	FailureReason           string `json:",omitempty"`
	Type                    string
	RenewalEligibility      string
	Tags                    store.Tags `json:",omitempty"`

	token string // idempotency token of the request
	body  string // imported certificate, as PEM
	chain string // imported chain, as PEM
}

type domainValidation struct {
	DomainName       string
	ValidationDomain string
	ValidationStatus string
	ValidationMethod string
	ResourceRecord   *validationRecord `json:",omitempty"`
}

type validationRecord struct{ Name, Type, Value string }

// certificate finds a certificate in the Region; nil if it does not exist. Its Status is current.
func (r *region) certificate(arn string) *certificate { return r.certificates.ByID[arn] }

func (r *region) findCertificate(arn string) (*certificate, *wire.Error) {
	if !strings.HasPrefix(arn, "arn:") {
		return nil, wire.Fail("InvalidArnException", "The ARN %s is not valid.", arn)
	}
	if c := r.certificate(arn); c != nil {
		return c, nil
	}
	return nil, wire.Fail("ResourceNotFoundException", "Could not find certificate %s.", arn)
}

func (r *region) addCertificate(c *certificate) {
	if c.CertificateArn == "" {
		c.CertificateArn = r.ARN("acm", "certificate/"+store.UUID(fmt.Sprint("certificate ", r.Counters.Next("certificate"))))
	}
	r.certificates.Add(c.CertificateArn, c)
}

// loadCertificates fills in what a scenario leaves out. A certificate that ACM issued is valid
// from the month before the account is opened, because ACM renews it.
func (r *region) loadCertificates(s *scenario) {
	for _, c := range s.Certificates {
		c.Status, c.Type, c.KeyAlgorithm = cmp.Or(c.Status, certificateIssued), cmp.Or(c.Type, amazonIssued), cmp.Or(c.KeyAlgorithm, "RSA-2048")
		c.SubjectAlternativeNames = []string{c.DomainName}
		now := r.Now()
		if c.Type == imported {
			c.CreatedAt, c.ImportedAt, c.Subject, c.Serial = c.NotBefore, c.NotBefore, "CN="+c.DomainName, store.Hash(c.CertificateArn, 32)
		} else {
			c.CreatedAt, c.DomainValidationOptions = wire.Epoch{Time: now}, []domainValidation{validationOf(c.DomainName, "DNS")}
		}
		if c.Type == amazonIssued && c.Status == certificateIssued {
			c.CreatedAt = wire.Epoch{Time: time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC)}
			c.issue(c.CreatedAt.Time)
		}
		r.addCertificate(c)
	}
}

func (c *certificate) issue(at time.Time) {
	for i := range c.DomainValidationOptions {
		c.DomainValidationOptions[i].ValidationStatus = "SUCCESS"
	}
	c.Status, c.IssuedAt, c.NotBefore = certificateIssued, wire.Epoch{Time: at}, wire.Epoch{Time: at.Truncate(24 * time.Hour)}
	c.NotAfter = wire.Epoch{Time: c.NotBefore.Add(certificateLife)}
	c.Subject, c.Issuer, c.Serial = "CN="+c.DomainName, "Amazon", store.Hash(c.CertificateArn+at.String(), 32)
}

// validationOf returns how the owner of a domain validates it. The record is the same for every
// request of an account.
func validationOf(domain, method string) domainValidation {
	v := domainValidation{DomainName: domain, ValidationDomain: domain, ValidationStatus: certificatePending, ValidationMethod: method}
	if method == "DNS" {
		name := strings.TrimPrefix(domain, "*.")
		v.ResourceRecord = &validationRecord{"_" + store.Hash("name of "+name, 32) + "." + name + ".", "CNAME", "_" + store.Hash("value of "+name, 32) + ".sandboxacm.acm-validations.aws."}
	}
	return v
}

// settleCertificates issues validated certificates and expires those that are due.
func (r *region) settleCertificates() {
	for _, c := range r.certificates.List {
		switch {
		case c.Status == certificatePending:
			r.validate(c)
		case c.Status == certificateIssued && !r.Now().Before(c.NotAfter.Time):
			c.Status = certificateExpired
		}
	}
}

func (r *region) validate(c *certificate) {
	open := 0
	for i := range c.DomainValidationOptions {
		o := &c.DomainValidationOptions[i]
		if at := r.validatedAt(c, o); at.IsZero() || r.Now().Before(at) {
			open++
		} else {
			o.ValidationStatus = "SUCCESS"
		}
	}
	switch {
	case slices.ContainsFunc(c.SubjectAlternativeNames, func(name string) bool { return strings.HasSuffix(name, ".amazonaws.com") }):
		c.Status, c.FailureReason = certificateFailed, "DOMAIN_NOT_ALLOWED" // a domain of AWS
	case open == 0:
		c.issue(r.Now())
	case r.Now().Sub(c.CreatedAt.Time) > validationLimit:
		c.Status = "VALIDATION_TIMED_OUT"
	}
}

// validatedAt returns when the record of a domain is or will be found; zero if nobody has created
// it. If the account has no zone for a domain, the sandbox assumes that its owner creates the
// record.
func (r *region) validatedAt(c *certificate, o *domainValidation) time.Time {
	if o.ResourceRecord == nil {
		return time.Time{} // somebody would have to answer an email
	}
	z := r.publicZoneOf(o.DomainName)
	if z == nil {
		return r.Plus(c.CreatedAt.Time, ownerTime)
	}
	made := z.record(o.ResourceRecord.Name, "CNAME")
	if made == nil || len(made.ResourceRecords) != 1 || canonicalName(made.ResourceRecords[0].Value) != o.ResourceRecord.Value {
		return time.Time{}
	}
	since := made.since
	if since.Before(c.CreatedAt.Time) {
		since = c.CreatedAt.Time
	}
	return r.Plus(since, validationTime)
}

// shownCertificate returns a certificate with the values that depend on the time and on other
// resources.
func (r *region) shownCertificate(c *certificate) certificate {
	shown := *c
	shown.InUseBy = r.certificateUsers(c.CertificateArn)
	shown.RenewalEligibility = "INELIGIBLE"
	if c.Type == amazonIssued && len(shown.InUseBy) > 0 {
		shown.RenewalEligibility = "ELIGIBLE"
	}
	if !r.Passed(c.CreatedAt.Time, recordTime) {
		shown.DomainValidationOptions = slices.Clone(c.DomainValidationOptions)
		for i := range shown.DomainValidationOptions {
			shown.DomainValidationOptions[i].ResourceRecord = nil
		}
	}
	return shown
}

// certificateUsers returns the ARNs of the resources that use a certificate.
func (r *region) certificateUsers(arn string) []string {
	users := []string{}
	for _, l := range r.elb.listeners.List {
		if slices.Contains(l.Certificates, listenerCertificate{arn}) && !slices.Contains(users, l.LoadBalancerArn) {
			users = append(users, l.LoadBalancerArn)
		}
	}
	for _, e := range r.vpns.List {
		used := e.ServerCertificateArn == arn || slices.ContainsFunc(e.AuthenticationOptions, func(a vpnAuthentication) bool { return a.MutualAuthentication.ClientRootCertificateChain == arn })
		if used && e.deletedAt.IsZero() {
			users = append(users, r.ARN("ec2", "client-vpn-endpoint/"+e.ClientVpnEndpointId))
		}
	}
	return users
}

func (r *region) certificateDumps() []certificate {
	var all []certificate
	for _, c := range r.certificates.List {
		all = append(all, r.shownCertificate(c))
	}
	return all
}

type listCertificatesIn struct {
	CertificateStatuses []string
	Includes            struct{ KeyTypes []string }
	MaxItems            *int32
	NextToken           string
}

type listCertificatesOut struct {
	CertificateSummaryList []certificateSummary
	NextToken              string `json:",omitempty"`
}

type certificateSummary struct {
	CertificateArn                       string
	DomainName                           string   `json:",omitempty"`
	SubjectAlternativeNameSummaries      []string `json:",omitempty"`
	HasAdditionalSubjectAlternativeNames bool
	Status                               string
	Type                                 string
	KeyAlgorithm                         string
	InUse                                bool
	RenewalEligibility                   string
	NotBefore                            wire.Epoch `json:",omitzero"`
	NotAfter                             wire.Epoch `json:",omitzero"`
	CreatedAt                            wire.Epoch `json:",omitzero"`
	IssuedAt                             wire.Epoch `json:",omitzero"`
	ImportedAt                           wire.Epoch `json:",omitzero"`
}

var acmPages = store.Pager{
	Size: 1000, Least: 1, Most: 1000,
	BadSize: func(size int32) *wire.Error {
		return wire.Fail("ValidationException", "1 validation error detected: Value '%d' at 'maxItems' failed to satisfy constraint: Member must be between 1 and 1000", size)
	},
	BadToken: func(string) *wire.Error { return wire.Fail("ValidationException", "The NextToken is not valid.") },
}

// listCertificates omits certificates with keys that not all services support, unless the request
// includes them.
func (r *region) listCertificates(in listCertificatesIn) (listCertificatesOut, *wire.Error) {
	kinds := in.Includes.KeyTypes
	if len(kinds) == 0 {
		kinds = []string{"RSA_1024", "RSA_2048"}
	}
	var found []*certificate
	for _, c := range r.certificates.List {
		if slices.Contains(kinds, strings.ReplaceAll(c.KeyAlgorithm, "-", "_")) && (len(in.CertificateStatuses) == 0 || slices.Contains(in.CertificateStatuses, c.Status)) {
			found = append(found, c)
		}
	}
	page, next, err := store.Page(&acmPages, found, in.MaxItems, in.NextToken)
	if err != nil {
		return listCertificatesOut{}, err
	}
	out := listCertificatesOut{CertificateSummaryList: []certificateSummary{}, NextToken: next}
	for _, c := range page {
		shown := r.shownCertificate(c)
		out.CertificateSummaryList = append(out.CertificateSummaryList, certificateSummary{
			CertificateArn: c.CertificateArn, DomainName: c.DomainName, SubjectAlternativeNameSummaries: c.SubjectAlternativeNames, Status: c.Status, Type: c.Type,
			KeyAlgorithm: c.KeyAlgorithm, InUse: len(shown.InUseBy) > 0, RenewalEligibility: shown.RenewalEligibility, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
			CreatedAt: c.CreatedAt, IssuedAt: c.IssuedAt, ImportedAt: c.ImportedAt,
		})
	}
	return out, nil
}

type certificateIn struct{ CertificateArn string }

type describeCertificateOut struct{ Certificate certificate }

func (r *region) describeCertificate(in certificateIn) (describeCertificateOut, *wire.Error) {
	c, err := r.findCertificate(in.CertificateArn)
	if err != nil {
		return describeCertificateOut{}, err
	}
	shown := r.shownCertificate(c)
	shown.Tags = nil // ACM shows them in an operation of their own
	return describeCertificateOut{shown}, nil
}

type requestCertificateIn struct {
	DomainName              string
	SubjectAlternativeNames []string
	ValidationMethod        string
	IdempotencyToken        string
	KeyAlgorithm            string
	Tags                    []store.Tag
}

var (
	domainPattern = pattern.New(`^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$`)
	acmToken      = pattern.New(`^\w{1,32}$`)
)

var acmTags = store.TagCodes{Invalid: "InvalidTagException", Duplicate: "InvalidTagException", TooMany: "TooManyTagsException"}

// requestCertificate returns the same certificate for the same token and names within an hour.
func (r *region) requestCertificate(in requestCertificateIn) (certificateIn, *wire.Error) {
	names := []string{strings.ToLower(in.DomainName)}
	for _, name := range in.SubjectAlternativeNames {
		if name = strings.ToLower(name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if len(name) > 253 || !domainPattern().MatchString(name) {
			return certificateIn{}, wire.Fail("ValidationException", "1 validation error detected: Value '%s' at 'domainName' failed to satisfy constraint: Member must satisfy regular expression pattern", name)
		}
	}
	method, key := cmp.Or(in.ValidationMethod, "EMAIL"), cmp.Or(in.KeyAlgorithm, "RSA_2048")
	switch {
	case len(names) > maxCertificateNames:
		return certificateIn{}, wire.Fail("LimitExceededException", "The number of domain names exceeds the limit of %d.", maxCertificateNames)
	case in.IdempotencyToken != "" && !acmToken().MatchString(in.IdempotencyToken):
		return certificateIn{}, wire.Fail("ValidationException", "1 validation error detected: Value '%s' at 'idempotencyToken' failed to satisfy constraint: Member must satisfy regular expression pattern: \\w+", in.IdempotencyToken)
	case method != "DNS" && method != "EMAIL":
		return certificateIn{}, wire.Fail("ValidationException", "1 validation error detected: Value '%s' at 'validationMethod' failed to satisfy constraint: Member must satisfy enum value set: [EMAIL, DNS]", method)
	case !slices.Contains([]string{"RSA_2048", "EC_prime256v1", "EC_secp384r1"}, key):
		return certificateIn{}, wire.Fail("ValidationException", "The key algorithm %s is not supported for certificates that ACM issues.", key)
	}
	if err := acmTags.Check(in.Tags); err != nil {
		return certificateIn{}, err
	}
	for _, c := range r.certificates.List {
		if in.IdempotencyToken != "" && c.token == in.IdempotencyToken && slices.Equal(c.SubjectAlternativeNames, names) && r.Now().Sub(c.CreatedAt.Time) < replayTime {
			return certificateIn{c.CertificateArn}, nil
		}
	}
	c := &certificate{
		DomainName: names[0], SubjectAlternativeNames: names, CreatedAt: wire.Epoch{Time: r.Now()}, Status: certificatePending, KeyAlgorithm: strings.ReplaceAll(key, "_", "-"),
		Type: amazonIssued, Tags: in.Tags, token: in.IdempotencyToken,
	}
	for _, name := range names {
		c.DomainValidationOptions = append(c.DomainValidationOptions, validationOf(name, method))
	}
	r.addCertificate(c)
	return certificateIn{c.CertificateArn}, nil
}

type importCertificateIn struct {
	Certificate      []byte
	PrivateKey       []byte
	CertificateChain []byte
	CertificateArn   string
	Tags             []store.Tag
}

func invalidImport(format string, args ...any) *wire.Error {
	return wire.Fail("ValidationException", format, args...)
}

// importCertificate checks the private key and does not keep it.
func (r *region) importCertificate(in importCertificateIn) (certificateIn, *wire.Error) {
	leaf, kind, err := r.checkImport(in)
	if err != nil {
		return certificateIn{}, err
	}
	c := &certificate{CreatedAt: wire.Epoch{Time: r.Now()}, Tags: in.Tags}
	if in.CertificateArn != "" {
		if c, err = r.findCertificate(in.CertificateArn); err != nil {
			return certificateIn{}, err
		}
		switch {
		case c.Type != imported:
			return certificateIn{}, invalidImport("The certificate %s was not imported and cannot be replaced by an import.", in.CertificateArn)
		case len(in.Tags) > 0:
			return certificateIn{}, invalidImport("Tagging is not permitted on re-import.")
		}
	} else if err := acmTags.Check(in.Tags); err != nil {
		return certificateIn{}, err
	}
	c.Type, c.Status, c.KeyAlgorithm, c.ImportedAt = imported, certificateIssued, kind, wire.Epoch{Time: r.Now()}
	c.body, c.chain = string(in.Certificate), string(in.CertificateChain)
	c.NotBefore, c.NotAfter, c.Subject, c.Issuer = wire.Epoch{Time: leaf.NotBefore}, wire.Epoch{Time: leaf.NotAfter}, leaf.Subject.String(), leaf.Issuer.CommonName
	c.Serial = strings.ReplaceAll(fmt.Sprintf("% x", leaf.SerialNumber.Bytes()), " ", ":")
	c.SubjectAlternativeNames, c.DomainName = leaf.DNSNames, leaf.Subject.CommonName
	if c.DomainName == "" && len(leaf.DNSNames) > 0 {
		c.DomainName = leaf.DNSNames[0]
	}
	if in.CertificateArn == "" {
		r.addCertificate(c)
	}
	return certificateIn{c.CertificateArn}, nil
}

// checkImport rejects certificates, keys and chains that do not belong together. Its messages
// contain nothing of the key.
func (r *region) checkImport(in importCertificateIn) (leaf *x509.Certificate, kind string, err *wire.Error) {
	certificates, ok := certificatesIn(in.Certificate)
	chain, chainOK := certificatesIn(in.CertificateChain)
	switch {
	case !ok || len(certificates) == 0:
		return nil, "", invalidImport("The certificate body/chain provided is not in a valid PEM format, InternalFailure, or Unable to parse certificate. Please ensure the certificate is in PEM format.")
	case !chainOK || len(chain) == 0 && len(in.CertificateChain) > 0:
		return nil, "", invalidImport("The certificate chain provided is not in a valid PEM format.")
	case len(certificates) > 1:
		return nil, "", invalidImport("The certificate field contains more than one certificate. You can specify only one certificate in this field.")
	}
	leaf = certificates[0]
	public, err := publicKey(in.PrivateKey)
	if err != nil {
		return nil, "", err
	}
	if kind, err = keyKind(public); err != nil {
		return nil, "", err
	}
	if own, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !own.Equal(public) {
		return nil, "", invalidImport("The private key does not match the public key of the certificate.")
	}
	for i, child := range append(certificates, chain...)[:len(chain)] {
		if child.CheckSignatureFrom(chain[i]) != nil {
			return nil, "", invalidImport("Could not validate the certificate with the certificate chain.")
		}
	}
	if now := r.Now(); now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return nil, "", invalidImport("The certificate is not valid now. It must be valid at the time of import.")
	}
	return leaf, kind, nil
}

// certificatesIn reads PEM blocks and skips the text between them, which some tools write.
func certificatesIn(text []byte) (all []*x509.Certificate, ok bool) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			return nil, false
		}
		all = append(all, c)
	}
	return all, true
}

// publicKey returns the public key of a private key.
func publicKey(text []byte) (crypto.PublicKey, *wire.Error) {
	block, _ := pem.Decode(text)
	if len(text) > 5120 || block == nil {
		return nil, invalidImport("The private key is not in a valid PEM format, or larger than 5120 bytes.")
	}
	if strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "" {
		return nil, invalidImport("The private key is encrypted. It must be unencrypted.")
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer.Public(), nil
		}
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key.Public(), nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key.Public(), nil
	}
	return nil, invalidImport("The private key is not supported.")
}

// keyKind returns ACM's name of a kind of key.
func keyKind(public crypto.PublicKey) (string, *wire.Error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); slices.Contains([]int{1024, 2048, 3072, 4096}, bits) {
			return fmt.Sprintf("RSA-%d", bits), nil
		}
		return "", invalidImport("The private key length %d is not supported for key algorithm RSA.", k.N.BitLen())
	case *ecdsa.PublicKey:
		if name := map[int]string{256: "EC-prime256v1", 384: "EC-secp384r1", 521: "EC-secp521r1"}[k.Curve.Params().BitSize]; name != "" {
			return name, nil
		}
	}
	return "", invalidImport("The private key algorithm is not supported.")
}

func (r *region) deleteCertificate(in certificateIn) (wire.Empty, *wire.Error) {
	c, err := r.findCertificate(in.CertificateArn)
	if err != nil {
		return wire.Empty{}, err
	}
	if len(r.certificateUsers(c.CertificateArn)) > 0 {
		return wire.Empty{}, wire.Fail("ResourceInUseException", "Certificate %s in account %s is in use.", c.CertificateArn, store.AccountID)
	}
	r.certificates.Remove(c.CertificateArn)
	return wire.Empty{}, nil
}

type certificateTags struct{ Tags []store.Tag }

func (r *region) listTagsACM(in certificateIn) (certificateTags, *wire.Error) {
	c, err := r.findCertificate(in.CertificateArn)
	if err != nil {
		return certificateTags{}, err
	}
	return certificateTags{append([]store.Tag{}, c.Tags...)}, nil
}

type tagCertificateIn struct {
	certificateIn
	certificateTags
}

func (r *region) tagACM(in tagCertificateIn) (wire.Empty, *wire.Error) {
	c, err := r.findCertificate(in.CertificateArn)
	if err == nil {
		err = acmTags.Add(&c.Tags, in.Tags)
	}
	return wire.Empty{}, err
}

type untagCertificateIn struct {
	certificateIn
	Tags []struct {
		Key   string
		Value *string
	}
}

// untagACM removes tags. A tag with a value is removed only if it has this value (AWS Certificate Manager API reference,
// RemoveTagsFromCertificate).
func (r *region) untagACM(in untagCertificateIn) (wire.Empty, *wire.Error) {
	c, err := r.findCertificate(in.CertificateArn)
	if err != nil {
		return wire.Empty{}, err
	}
	values := c.Tags.Map()
	var keys []string
	for _, t := range in.Tags {
		if t.Value == nil || values[t.Key] == *t.Value {
			keys = append(keys, t.Key)
		}
	}
	c.Tags.Remove(keys)
	return wire.Empty{}, nil
}

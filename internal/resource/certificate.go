package resource

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// KeyTypes must be listed in the request: without them ACM lists only certificates with RSA 1024
// and 2048 keys (API reference of ACM, Filters).
var KeyTypes = []any{"RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"}

// Certificate is a certificate in AWS Certificate Manager, for an access method.
type Certificate struct {
	ARN    string `aws:"CertificateArn"` // of an existing certificate
	Domain string `aws:"DomainName"`
	Zone   string `aws:"HostedZoneId"` // hosted zone for the record that validates the domain
	// Body, Key and Chain are the names of the inputs for an import. Without Body, ACM issues the
	// certificate. Chain is optional.
	Body, Key, Chain string
	Tags             map[string]string `aws:"Tags"`
	Files            []Input           // what an import reads
}

// Kind implements Spec.
func (Certificate) Kind() string { return "certificate" }

// Terms implements Spec.
func (Certificate) Terms() []*terms.Term { return []*terms.Term{terms.PrivateWebServer} }

func (s Certificate) computed(p map[string]any) {
	switch {
	case s.Body != "":
		p["certificate"], p["private_key"] = Value{Input: s.Body}, Value{Input: s.Key}
		if s.Chain != "" {
			p["certificate_chain"] = Value{Input: s.Chain}
		}
	case s.ARN == "":
		p["validation_method"] = "DNS"
	}
}

// Cells implements Spec.
func (s Certificate) Cells(_ Names, a Change) Cells {
	note := ""
	switch {
	case s.Body != "":
		note = "import"
	case a.Op != Keep && s.Zone != "":
		note = "request; DNS record in zone " + s.Zone
	case a.Op != Keep:
		note = "request; you add its DNS record"
	}
	return Cells{"certificate", s.Domain, "ACM", note}
}

// inputs returns the certificate files of an import.
func (s Certificate) inputs(a Change) []Input {
	if a.Op != Create {
		return nil
	}
	return s.Files
}

// terraform requests a certificate, and creates the record that validates it if the plan knows its hosted zone. The resource
// aws_acm_certificate would keep the private key of an import in the state.
// Source: https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/website/docs/r/acm_certificate.html.markdown
func (s Certificate) terraform(a Change) Declared {
	switch {
	case a.Op == Keep:
		return Declared{}
	case s.Body != "":
		return cannot("Terraform would keep the private key in its state.")
	}
	out := block("aws_acm_certificate", []Attribute{{"domain_name", s.Domain}, {"validation_method", "DNS"}, {"tags", s.Tags}})
	issued := Block{Type: "aws_acm_certificate_validation", Part: " validation", Fields: []Attribute{{"certificate_arn", Of{string(a.ID), "arn"}}}, Output: "certificate_arn"}
	if s.Zone != "" {
		// ACM uses the same record for all certificates of the domain, so it may exist, and others may need it.
		const record = "tolist(SELF.domain_validation_options)[0].resource_record_"
		out.Blocks = append(out.Blocks, Block{Type: "aws_route53_record", Part: " record", Kept: true, Fields: []Attribute{{"zone_id", s.Zone}, {"name", Code(record + "name")},
			{"type", Code(record + "type")}, {"records", Code("[" + record + "value]")}, {"ttl", 300}, {"allow_overwrite", true}}})
		issued.Fields = append(issued.Fields, Attribute{"validation_record_fqdns", []Of{{string(a.ID) + " record", "fqdn"}}})
	}
	out.Blocks = append(out.Blocks, issued)
	return out
}

// Steps keeps, imports or requests a certificate. ACM issues a requested certificate after
// DNS validation. The change creates the validation record if it knows the hosted zone.
func (s Certificate) Steps(a Change) Steps {
	if a.Op == Keep {
		find := acm("DescribeCertificate", map[string]any{"CertificateArn": s.ARN}, expr("Certificate.Status=='ISSUED' && Certificate.CertificateArn"))
		find.Absent = []string{"ResourceNotFoundException"}
		_, other := place("[Certificate]", "CertificateArn", expr("CertificateArn"), needs(expr("Status=='ISSUED'"), "'status is '", "Status", "' (plan: ISSUED)'"))
		return Steps{Find: &find, Other: other}
	}
	_, parent, _ := strings.Cut(s.Domain, ".")
	covers := func(field string) []Value {
		return expr(field, "==", Lit(s.Domain), " || ", field, "==", Lit("*."+parent))
	}
	made, status := "AMAZON_ISSUED", []any{"ISSUED", "PENDING_VALIDATION"}
	if s.Body != "" {
		made, status = "IMPORTED", []any{"ISSUED"}
	}
	same := expr("CertificateSummaryList[?Type=='"+made+"' && (", covers("DomainName"), " || SubjectAlternativeNameSummaries[?", covers("@"), "])]")
	find := acm("ListCertificates", map[string]any{"CertificateStatuses": status, "Includes": map[string]any{"keyTypes": KeyTypes}},
		expr(same, ".CertificateArn | [0]"))
	first := oldest(find, same, "ImportedAt || CreatedAt", "CertificateArn", a)
	undo := acm("DeleteCertificate", map[string]any{"CertificateArn": From(a.ID)}, nil)
	undo.Done, undo.Busy = []string{"ResourceNotFoundException"}, "ResourceInUseException"
	if s.Body != "" {
		in := map[string]any{"Certificate": Blob{s.Body}, "PrivateKey": Blob{s.Key}, "Tags": tagList(s.Tags)}
		if s.Chain != "" {
			in["CertificateChain"] = Blob{s.Chain}
		}
		return Steps{Find: &find, First: first, Do: []Call{acm("ImportCertificate", in, expr("CertificateArn"))}, Undo: []Call{undo}}
	}
	describe := func(out []Value) Call {
		return acm("DescribeCertificate", map[string]any{"CertificateArn": From(a.ID)}, out)
	}
	proof := "Certificate.DomainValidationOptions[0].ResourceRecord."
	request := Part{Label: "request the certificate from ACM", Steps: Steps{Find: &find, First: first, Undo: []Call{undo},
		Do: []Call{acm("RequestCertificate", map[string]any{"DomainName": s.Domain, "ValidationMethod": "DNS", "Tags": tagList(s.Tags)}, expr("CertificateArn"))}}}
	named := Part{Label: "wait until ACM returns the validation record of the domain", Steps: Steps{Until: &Until{Call: describe(expr("[[Certificate.CertificateArn, ", proof+"Name && 'named' || Certificate.Status]]")),
		Want: "named", Fail: []string{"FAILED", "VALIDATION_TIMED_OUT", "REVOKED"}, Every: 5, Limit: 120}}}
	issued := Part{Label: "wait until the certificate is issued", Steps: Steps{Until: &Until{Call: describe(expr("[[Certificate.CertificateArn, Certificate.Status]]")),
		Want: "ISSUED", Fail: []string{"FAILED", "VALIDATION_TIMED_OUT", "REVOKED", "EXPIRED", "INACTIVE"}, Every: 15, Limit: 1800,
		What: "[[Certificate.CertificateArn, join(' ', [Certificate.FailureReason || 'the DNS of the domain needs this record:', " + proof + "Name || '', " + proof + "Type || '', " + proof + "Value || ''])]]",
		Help: "Create the record in the DNS of the domain, then run again to continue."}}}
	if s.Zone == "" {
		return Steps{Parts: []Part{request, named, issued}}
	}
	change := describe(expr("{ChangeBatch: {Changes: [{Action: 'UPSERT', ResourceRecordSet: {Name: " + proof + "Name, Type: " + proof + "Type, TTL: to_number('300'), ResourceRecords: [{Value: " + proof + "Value}]}}]}}"))
	done := describe(expr("Certificate.Status=='ISSUED' && Certificate.CertificateArn"))
	// The name of ACM's record is unique, so UPSERT never replaces a record of somebody else.
	prove := Part{Label: "create the validation record in hosted zone " + s.Zone, Steps: Steps{Find: &done, Do: []Call{{Service: "route53", Op: "ChangeResourceRecordSets", Base: &change, In: map[string]any{"HostedZoneId": s.Zone}, Out: expr(From(a.ID))}},
		Stays: "The record that validates the domain stays in hosted zone " + s.Zone + "."}}
	return Steps{Parts: []Part{request, named, prove, issued}}
}

func acm(op string, in map[string]any, out []Value) Call {
	return Call{Service: "acm", Op: op, In: in, Out: out}
}

// Issued claims that the certificate is issued.
type Issued struct{}

// Kind implements Measure.
func (Issued) Kind() ClaimKind { return "certificate-issued" }

func (Issued) check(c Claim, _ *Change) (Check, bool) {
	return equals(acm("DescribeCertificate", map[string]any{"CertificateArn": From(c.Change)}, expr("Certificate.Status")), "ISSUED")
}

// CloudFormation waits for the validation of the domain as the change does.
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-certificatemanager-certificate.html
func (s Certificate) cloudFormation(a Change) Declared {
	if s.Body != "" {
		return cannot("CloudFormation does not import certificates: a template or a parameter would contain the private key.")
	}
	fields := requested(a)
	if s.Zone != "" {
		fields = with(fields, Attribute{"DomainValidationOptions", []Nested{{{"DomainName", s.Domain}, {"HostedZoneId", s.Zone}}}})
	}
	return block("AWS::CertificateManager::Certificate", fields)
}

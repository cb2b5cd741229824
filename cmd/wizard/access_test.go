package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pki is a certificate from files: its own text, that of its CA, and its key.
type pki struct{ certificate, chain, key string }

// newPKI makes the certificate of a server, which holds until then.
func newPKI(t *testing.T, domain string, until time.Time) pki {
	t.Helper()
	sign := func(name string, ca *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, string) {
		key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().AddDate(-2, 0, 0), NotAfter: until, BasicConstraintsValid: true}
		if ca == nil {
			c.IsCA, c.KeyUsage, ca, by = true, x509.KeyUsageCertSign, c, key
		} else {
			c.DNSNames, c.ExtKeyUsage = []string{name}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}
		der := must(x509.CreateCertificate(rand.Reader, c, ca, key.Public(), by))(t)
		return must(x509.ParseCertificate(der))(t), key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	ca, by, chain := sign("Example CA", nil, nil)
	_, key, text := sign(domain, ca, by)
	der := must(x509.MarshalPKCS8PrivateKey(key))(t)
	return pki{text, chain, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))}
}

// write puts the files beside the answers.
func (p pki) write(s *site) {
	s.write("cert.pem", p.certificate)
	s.write("chain.pem", p.chain)
	s.write("key.pem", p.key)
}

// keyLeaks looks for a piece of the key in what was written.
func (s *site) keyLeaks(p pki, texts ...string) {
	s.t.Helper()
	for _, name := range must(filepath.Glob(filepath.Join(s.dir, "*")))(s.t) {
		if filepath.Base(name) != "key.pem" {
			if b, err := os.ReadFile(name); err == nil {
				texts = append(texts, string(b))
			}
		}
	}
	canary := strings.Split(p.key, "\n")[1][:24]
	for _, text := range texts {
		if i := strings.Index(text, canary); i >= 0 {
			s.t.Errorf("the key is in what was written: …%s", text[max(i-60, 0):i])
		}
	}
}

// balanced are answers for a load balancer in front of the web server of nightly, with
// these lines under load_balancer.
func balanced(lines ...string) string {
	return "version: 1\nworkload: mwaa\nregion: us-west-2\nendpoint_policy: {sqs: full}\nmwaa:\n  environment: nightly\n  way_in: load-balancer\n  load_balancer:\n    " + strings.Join(lines, "\n    ") + "\n"
}

const (
	issuedARN = "arn:aws:acm:us-west-2:123456789012:certificate/0c1a2b3c-4d5e-4000-8000-000000000001"
	zoneLine  = "zone: Z0C1A2B3C4D5E6F70001"
)

var files = []string{"domain: own.example.com", "certificate: import", "certificate_file: cert.pem", "chain_file: chain.pem", "key_file: key.pem"}

// balancedCase is a load balancer that is made in equal accounts, by apply and by script.
type balancedCase struct {
	answers string
	says    string // in the end, by both
	waits   string // and before
}

var balancedCases = map[string]balancedCase{
	"existing certificate":        {balanced("domain: airflow.example.com", "certificate: "+issuedARN), "Create this record in the DNS of the domain: airflow.example.com CNAME internal-airflow-nightly-", ""},
	"requested, with zone":        {balanced("domain: fresh.example.com", "certificate: request", zoneLine), "fresh.example.com has a record that points to the load balancer", "create the validation record in hosted zone Z0C1A2B3C4D5E6F70001"},
	"requested before, with zone": {balanced("domain: flows.example.com", "certificate: request", zoneLine, "base_url: true"), "flows.example.com has a record that points to the load balancer", "create the validation record in hosted zone Z0C1A2B3C4D5E6F70001"},
	"requested, without zone":     {balanced("domain: flows.example.org", "certificate: request"), "Create this record in the DNS of the domain: flows.example.org CNAME internal-airflow-nightly-", "wait until the certificate is issued"},
	"from files":                  {balanced(files...), "Create this record in the DNS of the domain: own.example.com CNAME internal-airflow-nightly-", "Import the certificate of own.example.com from"},
	"on the internet": {balanced("domain: airflow.example.com", "certificate: "+issuedARN, "scheme: internet-facing", "subnets: [public-a, public-b]", "admit: [203.0.113.0/24]", zoneLine),
		"airflow.example.com has a record that points to the load balancer", "Create internet-facing load balancer airflow-nightly"},
}

// TestLoadBalancerByApplyAndByScript: both leave equal accounts, healthy targets and
// nothing to do, and a second run finds all of it there. The key of a certificate is in
// nothing that is written.
func TestLoadBalancerByApplyAndByScript(t *testing.T) {
	t.Parallel()
	for name, tt := range balancedCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.leavesEqualAccounts(t, standIn)
		})
	}
}

func (tt balancedCase) leavesEqualAccounts(t *testing.T, cli string) {
	tool(t, "bash")
	held := newPKI(t, "own.example.com", time.Now().AddDate(1, 0, 0))
	furnish := func(s *site) *site {
		s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true")
		s.write("answers.yaml", tt.answers)
		held.write(s)
		return s
	}
	applied := furnish(hasty(t, "mwaa-private"))
	fixed := idsIn(applied.get("/_sandbox/account"))
	out, said := applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes", "--debug", "debug.log")
	for _, want := range []string{tt.says, tt.waits, "the load balancer reports 10.192.20.7 and 10.192.21.7 as healthy"} {
		if !strings.Contains(said, want) {
			t.Errorf("apply does not say %q:\n%s", want, said)
		}
	}
	if !strings.Contains(out, "0 failed, 0 not started. Verification: passed") {
		t.Error(out)
	}
	applied.keyLeaks(held, out, said)
	first := applied.rested()
	want := balancedState(first, fixed)
	out, _ = applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes", "--json")
	for line := range strings.Lines(out) {
		if strings.Contains(line, `"state":"done"`) && !strings.Contains(line, `"action":"target-health/`) {
			t.Error("the second apply did something:", line)
		}
	}
	if d := cmp.Diff(want, balancedState(applied.rested(), fixed)); d != "" {
		t.Error("the second apply changed the account", d)
	}
	applied.leaves("target-health/airflow-nightly", "record/")
	scripted := furnish(scriptedAt(t, "mwaa-private", cli, 20000))
	shown, _ := scripted.wizard(0, "plan", "--answers", "answers.yaml", "--json")
	scripted.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	if strings.HasPrefix(cli, debianCLI) { // does not know that hosts have no prefix here
		scripted.env = append(scripted.env, "HTTP_PROXY="+scripted.url)
	}
	out, said = scripted.script(cli, 0, "e.sh")
	for _, want := range []string{tt.says, tt.waits} {
		if !strings.Contains(said, want) {
			t.Errorf("the script does not say %q:\n%s", want, said)
		}
	}
	scripted.keyLeaks(held, shown, out, said)
	if d := cmp.Diff(want, balancedState(scripted.rested(), fixed)); d != "" {
		t.Error("apply and script differ (-apply +script)", d)
	}
	if _, said = scripted.script(cli, 0, "e.sh"); strings.Contains(said, "  done:") {
		t.Errorf("the second run of the script made something:\n%s", said)
	}
	if d := cmp.Diff(want, balancedState(scripted.rested(), fixed)); d != "" {
		t.Error("the second run of the script changed the account", d)
	}
}

var (
	numbered    = regexp.MustCompile(`/[0-9a-f]{16}\b|internal-airflow-nightly-[0-9]+|\bairflow-nightly-[0-9]+|[0-9a-f]{64}`)
	certificate = regexp.MustCompile(`certificate/[0-9a-f-]{36}`)
)

// balancedState is an account without what no two runs have in common: besides ids, the
// numbers in ARNs and host names, times, and what depends on the key of a certificate.
func balancedState(v any, fixed map[string]bool) any {
	known := regexp.MustCompile(`certificate/0c1a2b3c-`)
	v = leave(v, func(k string, _ any) bool {
		return slices.Contains([]string{"CreatedTime", "CreatedAt", "IssuedAt", "ImportedAt", "NotBefore", "NotAfter", "Serial", "UpdatedAt", "LastUpdate", "IpAddress", "AvailableIpAddressCount", "changed", "Changed", "NetworkInterfaces",
			"RegisteredAt", "since", "Since", "ready", "Ready"}, k)
	})
	return rewrite(normal(v, fixed), func(s string) string {
		s = certificate.ReplaceAllStringFunc(s, func(arn string) string {
			if known.MatchString(arn) {
				return arn
			}
			return "certificate/<made>"
		})
		return numbered.ReplaceAllString(s, "<number>")
	})
}

// leaves asserts that a plan has no changes left, except those with one of these prefixes,
// which every plan checks again.
func (s *site) leaves(but ...string) {
	s.t.Helper()
	out, _ := s.wizard(0, "plan", "--json", "--answers", "answers.yaml")
	var p struct{ Actions []struct{ ID, Op string } }
	if err := json.Unmarshal([]byte(out), &p); err != nil || len(p.Actions) == 0 {
		s.t.Fatal(err, out)
	}
	for _, a := range p.Actions {
		if a.Op != "keep" && !slices.ContainsFunc(but, func(id string) bool { return strings.HasPrefix(a.ID, id) }) {
			s.t.Errorf("the plan afterwards has %s %s", a.Op, a.ID)
		}
	}
}

// TestDriftedTargets: the present address of the endpoint is registered, its former address
// is reported and kept, and nothing else of the access method changes.
func TestDriftedTargets(t *testing.T) {
	t.Parallel()
	for name, carryOut := range map[string]func(*site){
		"apply":  func(s *site) { s.wizard(0, "apply", "--answers", "answers.yaml", "--yes") },
		"script": func(s *site) { s.exported(standIn) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driftedTargets(t, carryOut)
		})
	}
}

func driftedTargets(t *testing.T, carryOut func(*site)) {
	s := hasty(t, "mwaa-load-balancer")
	s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true")
	s.write("answers.yaml", balanced("domain: airflow.example.com", "certificate: "+issuedARN, zoneLine, "base_url: true"))
	out, _ := s.wizard(0, "plan", "--answers", "answers.yaml", "--explain")
	for _, want := range []string{"warning W-IPDRIFT", "Register 10.192.21.7, missing in the target group", "--targets Id=10.192.21.40", "Load balancer airflow-nightly exists", "It listens on HTTPS 443"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("the plan does not say %q:\n%s", want, out)
		}
	}
	before := balancerParts(s.get("/_sandbox/account"))
	carryOut(s)
	after := balancerParts(s.get("/_sandbox/account"))
	if d := cmp.Diff(before["rest"], after["rest"]); d != "" {
		t.Error("more than targets was changed", d)
	}
	if d := cmp.Diff([]string{"10.192.20.7", "10.192.21.40", "10.192.21.7"}, after["targets"]); d != "" {
		t.Error("the targets are others (-want +got)", d)
	}
}

// balancerParts are what the load balancer of an account is made of: its targets, and the rest.
func balancerParts(v any) map[string]any {
	out := map[string]any{}
	var targets []string
	var rest []any
	walk(v, func(o map[string]any) {
		if list, ok := o["Targets"].([]any); ok {
			for _, target := range list {
				targets = append(targets, target.(map[string]any)["Id"].(string))
			}
			delete(o, "Targets")
		}
	})
	walk(v, func(o map[string]any) {
		for _, key := range []string{"TargetGroups", "LoadBalancers", "Listeners", "SecurityGroups", "Certificates", "HostedZones"} {
			if list, ok := o[key].([]any); ok && len(list) > 0 {
				rest = append(rest, rewrite(list, func(s string) string { return s }))
			}
		}
	})
	slices.Sort(targets)
	out["targets"], out["rest"] = targets, rewrite(rest, func(s string) string { return s })
	return out
}

// TestWrongAnswersOfALoadBalancer: each is refused with its place, or stops the plan with
// its rule, and the key is in nothing that is said.
func TestWrongAnswersOfALoadBalancer(t *testing.T) {
	t.Parallel()
	year := time.Now().AddDate(1, 0, 0)
	good, stranger, old, elsewhere := newPKI(t, "own.example.com", year), newPKI(t, "own.example.com", year), newPKI(t, "own.example.com", time.Now().AddDate(0, 0, -1)), newPKI(t, "other.example.net", year)
	named := func(domain string) string { return balanced("domain: "+domain, "certificate: request") }
	with := func(lines ...string) string {
		return balanced(append([]string{"domain: airflow.example.com", "certificate: " + issuedARN}, lines...)...)
	}
	of := func(from, to string) string { return strings.Replace(with(), from, to, 1) }
	from := func(certificate, chain, key string) string {
		return balanced("domain: own.example.com", "certificate: import", "certificate_file: "+certificate, "chain_file: "+chain, "key_file: "+key)
	}
	for name, tt := range map[string]struct {
		scenario, answers string
		files             pki
		accept            string
		code              int
		says              string
	}{
		"key of another certificate":  {files: pki{good.certificate, good.chain, stranger.key}, answers: from("cert.pem", "chain.pem", "key.pem"), code: 3, says: `blocker W-CERT \S*key.pem`},
		"expired":                     {files: old, answers: from("cert.pem", "chain.pem", "key.pem"), code: 3, says: `blocker W-CERT \S*cert.pem`},
		"another CA":                  {files: pki{good.certificate, stranger.chain, good.key}, answers: from("cert.pem", "chain.pem", "key.pem"), code: 3, says: `blocker W-CERT \S*chain.pem`},
		"certificate of another name": {files: elsewhere, answers: from("cert.pem", "chain.pem", "key.pem"), code: 3, says: `W-CERT \S*cert.pem .*other\.example\.net`},
		"files swapped":               {files: good, answers: from("key.pem", "chain.pem", "cert.pem"), code: 3, says: `blocker W-CERT \S*key.pem`},
		"no such file":                {files: good, answers: from("none.pem", "chain.pem", "key.pem"), code: 3, says: `blocker W-CERT \S*none.pem Cannot read it`},
		"a folder":                    {files: good, answers: from("cert.pem", ".", "key.pem"), code: 3, says: `blocker W-CERT \S+ Cannot read it: .* is not a file`},
		"another Region":              {answers: of("acm:us-west-2", "acm:us-east-1"), code: 3, says: "blocker W-ACMREG .* in Region us-east-1"},
		"another account":             {answers: of("123456789012:certificate", "999999999999:certificate"), code: 3, says: "blocker W-ACMREG .* belongs to account 999999999999"},
		"no such certificate":         {answers: of("0001\n", "0009\n"), code: 3, says: "blocker W-ACMREG .* does not exist in ACM in us-west-2"},
		"certificate that is over":    {answers: of("0001\n", "0002\n"), code: 3, says: "blocker W-ACMREG .* is EXPIRED"},
		"certificate that waits":      {answers: of("0001\n", "0003\n"), code: 3, says: "blocker W-ACMREG .* is PENDING_VALIDATION"},
		"name that it is not for":     {answers: of("domain: airflow.", "domain: else."), code: 3, says: "error W-ACMREG .* not for else.example.com"},
		"name of AWS":                 {answers: named("1-vpce.c10.us-west-2.airflow.amazonaws.com"), code: 3, says: "blocker W-ACMREG .* is a name of AWS"},
		"environment UPDATING":        {answers: of("nightly", "ingest"), code: 3, says: "blocker W-STATUS .* Environment ingest is UPDATING"},
		"environment PENDING": {scenario: "mwaa-customer-pending", answers: strings.NewReplacer("us-west-2", "us-east-2", "nightly", "settlement").Replace(with()), code: 3,
			says: "blocker W-ACCESS .* Environment settlement is PENDING.* with a plan without way_in"},
		"public environment":  {scenario: "mwaa-public", answers: strings.NewReplacer("us-west-2", "eu-west-1", "nightly", "marts").Replace(with()), code: 3, says: "blocker W-ACCESS .* public for people"},
		"no such environment": {answers: of("nightly", "nighty"), code: 2, says: `answers.yaml:6:16: mwaa.environment: "nighty" this Amazon MWAA environment does not exist in us-west-2; existing: nightly, reports`},
		"one subnet":          {answers: with("subnets: [private-a]"), code: 2, says: `answers.yaml:\d+:\d+: mwaa.load_balancer.subnets: "private-a" is one subnet`},
		"one zone":            {answers: with("subnets: [private-a, public-a]"), code: 3, says: "blocker W-ALBSCHEME mwaa.load_balancer.subnets A load balancer needs one subnet per Availability Zone in two or more zones; these are 2 subnets in 1 zone"},
		"no such subnet":      {answers: with("subnets: [private-a, private-c]"), code: 2, says: `answers.yaml:11:26: mwaa.load_balancer.subnets\[1\]: "private-c"`},
		"no such group":       {answers: with("admit: [sg-0123]"), code: 2, says: `answers.yaml:11:13: mwaa.load_balancer.admit\[0\]: "sg-0123" this security group does not exist in vpc-`},
		"whole internet":      {answers: with("admit: [0.0.0.0/0]"), code: 3, says: "error W-WORLD 0.0.0.0/0"},
		"as it is meant":      {answers: with("admit: [0.0.0.0/0]"), accept: "W-WORLD", says: "Allow TCP 443 from 0.0.0.0/0 to the load balancer"},
		"private subnets, on the internet": {answers: with("scheme: internet-facing", "subnets: [private-a, private-b]", "admit: [203.0.113.0/24]"), code: 3,
			says: `error W-ALBSCHEME .* private-a \S+ has no route to an internet gateway`},
		"scheme of an existing one": {scenario: "mwaa-load-balancer", answers: with("scheme: internet-facing", "subnets: [public-a, public-b]", "admit: [203.0.113.0/24]"), code: 3,
			says: `error W-ALBSCHEME .* exists and is internal, but the answers ask`},
		"scheme in the name":     {answers: named("https://airflow.example.com"), code: 2, says: `answers.yaml:9:13: mwaa.load_balancer.domain: "https://airflow.example.com" is not a domain name`},
		"port in the name":       {answers: named("airflow.example.com:443"), code: 2, says: `"airflow.example.com:443" is not a domain name`},
		"underscore in the name": {answers: named("air_flow.example.com"), code: 2, says: `"air_flow.example.com" is not a domain name`},
		"capitals in the name":   {answers: named("Airflow.example.com"), code: 2, says: `"Airflow.example.com" is not a domain name; write only the name, in lowercase letters`},
		"unknown key":            {answers: with("shceme: internal"), code: 2, says: `answers.yaml:11:5: mwaa.load_balancer: "shceme" is not a key of mwaa.load_balancer \(did you mean scheme\?\)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.scenario == "" {
				tt.scenario = "mwaa-private"
			}
			s := practice(t, tt.scenario)
			s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true")
			s.write("answers.yaml", tt.answers)
			if tt.files.key != "" {
				tt.files.write(s)
			}
			args := []string{"plan", "--answers", "answers.yaml", "--explain"}
			if tt.accept != "" {
				args = append(args, "--accept", tt.accept)
			}
			out, said := s.wizard(tt.code, args...)
			if !regexp.MustCompile(tt.says).MatchString(strings.Join(strings.Fields(out+said), " ")) {
				t.Errorf("it does not say %s:\n%s\n%s", tt.says, out, said)
			}
			if tt.files.key != "" {
				// Swapped files: the key's own one is the certificate's then.
				s.keyLeaks(tt.files, out, said)
			}
		})
	}
}

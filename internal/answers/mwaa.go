package answers

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The lists of endpoints for an environment of Amazon MWAA.
const (
	EndpointsCurrent = "current" // the current user guide
	Endpoints2023    = "2023"    // the user guide of 2023, which lists more
)

// Airflow selects the environment of Amazon MWAA and the list of endpoints to create.
type Airflow struct {
	Environment string `yaml:"environment,omitempty"` // name; empty: every environment in the VPC
	Endpoints   string `yaml:"endpoints,omitempty"`   // empty: current
	// WayIn is the access method to the private web server. Empty means that the plan creates
	// none. The mapping with the same name configures it.
	WayIn        string       `yaml:"way_in,omitempty"`
	LoadBalancer LoadBalancer `yaml:"load_balancer,omitempty"`
	Bastion      Bastion      `yaml:"bastion,omitempty"`
	ClientVPN    ClientVPN    `yaml:"client_vpn,omitempty"`
}

// The access methods to a private web server.
const (
	ByLoadBalancer = "load-balancer"
	ByBastion      = "bastion"
	ByClientVPN    = "client-vpn"
)

// LoadBalancer is an Application Load Balancer in front of the web server.
type LoadBalancer struct {
	Domain string `yaml:"domain,omitempty"` // the user's domain name, covered by the certificate
	// Certificate is the ARN of a certificate in ACM, CertificateRequest or CertificateImport.
	Certificate     string   `yaml:"certificate,omitempty"`
	CertificateFile string   `yaml:"certificate_file,omitempty"` // this and the next two: only with CertificateImport
	ChainFile       string   `yaml:"chain_file,omitempty"`
	KeyFile         string   `yaml:"key_file,omitempty"`
	Scheme          string   `yaml:"scheme,omitempty"`  // Internal or InternetFacing; empty: internal
	Subnets         []string `yaml:"subnets,omitempty"` // in two Availability Zones; empty: the environment's subnets
	Admit           []string `yaml:"admit,omitempty"`   // allowed CIDR blocks and security groups; empty: the VPC
	Zone            string   `yaml:"zone,omitempty"`    // hosted zone for the DNS record of the domain
	BaseURL         bool     `yaml:"base_url,omitempty"`
}

// Bastion is an instance that gives access to the web server.
type Bastion struct {
	Reach           string   `yaml:"reach,omitempty"`  // BySSH or BySessionManager
	Subnet          string   `yaml:"subnet,omitempty"` // empty: the plan selects one
	Admit           []string `yaml:"admit,omitempty"`  // CIDR blocks that may connect with SSH
	KeyPair         string   `yaml:"key_pair,omitempty"`
	InstanceProfile string   `yaml:"instance_profile,omitempty"` // empty: the plan creates one for Session Manager
	InstanceType    string   `yaml:"instance_type,omitempty"`    // empty: t3.micro
}

// ClientVPN is an AWS Client VPN endpoint in the environment's VPC.
type ClientVPN struct {
	CIDR   string `yaml:"cidr,omitempty"`   // addresses of clients; empty: the plan selects a block
	Subnet string `yaml:"subnet,omitempty"` // empty: the environment's first subnet
	// ServerCertificate and ClientCertificate are ARNs of certificates in ACM. Empty means that
	// the run creates them.
	ServerCertificate string `yaml:"server_certificate,omitempty"`
	ClientCertificate string `yaml:"client_certificate,omitempty"`
}

// The allowed values of the settings of access methods.
const (
	CertificateRequest = "request" // ACM issues it after DNS validation
	CertificateImport  = "import"  // from files

	Internal       = "internal"
	InternetFacing = "internet-facing"

	BySSH            = "ssh"
	BySessionManager = "session-manager"
)

// setting is one key of the mapping mwaa. Exactly one of the pointers is set.
type setting struct {
	key  string
	text *string
	list *[]string
	on   *bool
}

func (s setting) isSet() bool {
	return s.text != nil && *s.text != "" || s.list != nil && len(*s.list) > 0 || s.on != nil && *s.on
}

// settings returns all keys in the documented order. The keys of a nested mapping follow each
// other.
func (a *Airflow) settings() []setting {
	l, b, v := &a.LoadBalancer, &a.Bastion, &a.ClientVPN
	return []setting{
		{key: "environment", text: &a.Environment}, {key: "endpoints", text: &a.Endpoints}, {key: "way_in", text: &a.WayIn},
		{key: "load_balancer.domain", text: &l.Domain}, {key: "load_balancer.certificate", text: &l.Certificate}, {key: "load_balancer.certificate_file", text: &l.CertificateFile},
		{key: "load_balancer.chain_file", text: &l.ChainFile}, {key: "load_balancer.key_file", text: &l.KeyFile}, {key: "load_balancer.scheme", text: &l.Scheme},
		{key: "load_balancer.subnets", list: &l.Subnets}, {key: "load_balancer.admit", list: &l.Admit}, {key: "load_balancer.zone", text: &l.Zone}, {key: "load_balancer.base_url", on: &l.BaseURL},
		{key: "bastion.reach", text: &b.Reach}, {key: "bastion.subnet", text: &b.Subnet}, {key: "bastion.admit", list: &b.Admit}, {key: "bastion.key_pair", text: &b.KeyPair},
		{key: "bastion.instance_profile", text: &b.InstanceProfile}, {key: "bastion.instance_type", text: &b.InstanceType},
		{key: "client_vpn.cidr", text: &v.CIDR}, {key: "client_vpn.subnet", text: &v.Subnet}, {key: "client_vpn.server_certificate", text: &v.ServerCertificate}, {key: "client_vpn.client_certificate", text: &v.ClientCertificate},
	}
}

// WayWhole reports whether the access method, if one is selected, has all settings that the plan
// needs.
func (a Airflow) WayWhole() bool {
	return len(a.missingSettings()) == 0
}

// missingSettings returns the required keys of the access method that have no value.
func (a Airflow) missingSettings() []string {
	var keys []string
	switch l := a.LoadBalancer; a.WayIn {
	case ByLoadBalancer:
		keys = []string{"load_balancer.domain", "load_balancer.certificate"}
		if l.Certificate == CertificateImport {
			keys = append(keys, "load_balancer.certificate_file", "load_balancer.key_file")
		}
		if l.Scheme == InternetFacing {
			keys = append(keys, "load_balancer.subnets", "load_balancer.admit")
		}
	case ByBastion:
		keys = []string{"bastion.reach"}
		if a.Bastion.Reach == BySSH {
			keys = append(keys, "bastion.key_pair", "bastion.admit")
		}
	}
	for _, s := range a.settings() {
		if s.isSet() {
			keys = slices.DeleteFunc(keys, func(key string) bool { return key == s.key })
		}
	}
	return keys
}

// none reports whether no setting of Amazon MWAA is present.
func (a Airflow) none() bool {
	return !slices.ContainsFunc(a.settings(), setting.isSet)
}

// AirflowNeeds are the needs that an environment can have. Endpoints that every environment needs
// are always in the plan.
var AirflowNeeds = []string{"secretsmanager", "ssm-parameters", "workload-api"}

// MWAA reports whether the workload is an environment of Amazon MWAA.
func (w Workload) MWAA() bool { return w == MWAA }

var (
	endpointLists = []string{EndpointsCurrent, Endpoints2023}
	waysIn        = []string{ByLoadBalancer, ByBastion, ByClientVPN}
	schemes       = []string{Internal, InternetFacing}
	reaches       = []string{BySSH, BySessionManager}
	// domainName is a host name of at least two labels, without scheme, port and path.
	domainName     = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z][a-z0-9-]*[a-z0-9]$`)
	certificateARN = regexp.MustCompile(`^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$`)
	zoneID         = regexp.MustCompile(`^Z[A-Z0-9]+$`)
	groupShape     = regexp.MustCompile(`^sg-[a-z0-9]+$`)
	instanceType   = regexp.MustCompile(`^[a-z0-9-]+[.][a-z0-9-]+$`)
	// The name has at most 80 characters (API reference of Amazon MWAA, Environment).
	airflowName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

// invalidAirflow checks the values of the mapping `mwaa`.
func invalidAirflow(key, v string) string {
	switch {
	case key == "mwaa.environment" && (len(v) > 80 || !airflowName.MatchString(v)):
		return "is not the name of an environment of Amazon MWAA; it must begin with a letter and have at most 80 letters, digits, - and _"
	case key == "mwaa.endpoints" && !slices.Contains(endpointLists, v):
		return "is not a list of endpoints" + suggest(v, endpointLists) + "; supported: " + words(endpointLists)
	case key == "mwaa.way_in" && !slices.Contains(waysIn, v):
		return "is not an access method" + suggest(v, waysIn) + "; supported: " + words(waysIn)
	}
	return invalidWay(strings.TrimPrefix(key, "mwaa."), v)
}

// invalidWay returns the problem of a setting of an access method, or the empty string.
func invalidWay(key, v string) string {
	switch key {
	case "load_balancer.domain":
		if len(v) > 253 || !domainName.MatchString(v) {
			return "is not a domain name; write only the name, in lowercase letters, such as airflow.example.com"
		}
	case "load_balancer.certificate":
		if v != CertificateRequest && v != CertificateImport && !certificateARN.MatchString(v) {
			return "is not a certificate; write the ARN of a certificate in ACM, " + CertificateRequest + ", or " + CertificateImport
		}
	case "client_vpn.server_certificate", "client_vpn.client_certificate":
		if !certificateARN.MatchString(v) {
			return "is not a certificate; write the ARN of a certificate in ACM"
		}
	case "load_balancer.scheme":
		if !slices.Contains(schemes, v) {
			return "is not a load balancer scheme" + suggest(v, schemes) + "; supported: " + words(schemes)
		}
	case "load_balancer.zone":
		if !zoneID.MatchString(v) {
			return "is not a hosted zone of Route 53; write its id, such as Z0123456789ABC"
		}
	case "load_balancer.admit":
		if !groupShape.MatchString(v) && !isBlock(v) {
			return "must be a CIDR block or a security group, such as 10.0.0.0/16 or sg-01"
		}
	case "bastion.admit":
		if !isBlock(v) {
			return "must be a CIDR block, such as 203.0.113.7/32 for a single address"
		}
	case "client_vpn.cidr":
		if p, err := netip.ParsePrefix(v); err != nil || !p.Addr().Is4() || p != p.Masked() || p.Bits() < 12 || p.Bits() > 22 {
			return "is not a client CIDR block; it must be an IPv4 block between /12 and /22, such as 172.16.0.0/22"
		}
	case "bastion.reach":
		if !slices.Contains(reaches, v) {
			return "is not a connection method" + suggest(v, reaches) + "; supported: " + words(reaches)
		}
	case "bastion.instance_type":
		if !instanceType.MatchString(v) {
			return "is not an instance type; write one such as t3.micro"
		}
	}
	return ""
}

// isBlock reports whether a text is a CIDR block that security groups accept.
func isBlock(v string) bool {
	p, err := netip.ParsePrefix(v)
	return err == nil && p == p.Masked() && !p.Addr().Is4In6()
}

func (l *loader) mwaa(key string, n ast.Node) Airflow {
	var a Airflow
	l.settings(key, n, "{environment: nightly, endpoints: current}", a.settings())
	return a
}

// settings reads a mapping of settings and its nested mappings.
func (l *loader) settings(key string, n ast.Node, example string, all []setting) {
	var allowed []string
	for _, s := range all {
		if name, _, _ := strings.Cut(s.key, "."); !slices.Contains(allowed, name) {
			allowed = append(allowed, name)
		}
	}
	for _, kv := range l.fields(key, n, allowed, example) {
		path := key + "." + kv.name
		at := kv.key.GetToken().Position
		l.file.positions[path] = position{line: at.Line, col: at.Column}
		var within []setting
		for _, s := range all {
			if rest, ok := strings.CutPrefix(s.key, kv.name+"."); ok {
				s.key = rest
				within = append(within, s)
				continue
			}
			switch {
			case s.key != kv.name:
			case s.list != nil:
				*s.list = l.list(path, kv.value)
			case s.on != nil:
				if b := l.boolean(path, kv.value); b != nil {
					*s.on = *b
				}
			case path == "mwaa.endpoints":
				*s.text = l.year(path, kv.value)
			default:
				*s.text = l.scalar(path, kv.value)
			}
		}
		if len(within) > 0 {
			l.settings(path, kv.value, "{"+within[0].key+": …}", within)
		}
	}
}

// year reads a text that may be a year. YAML reads 2023 as a number, and every reader reads the
// same number.
func (l *loader) year(path string, n ast.Node) string {
	if _, number := n.(*ast.IntegerNode); !number {
		return l.scalar(path, n)
	}
	at := n.GetToken()
	if problem := invalid(path, at.Value); problem != "" {
		l.refuse(path, n, at.Value, problem)
		return ""
	}
	l.file.positions[path] = position{at.Position.Line, at.Position.Column, at.Value}
	return at.Value
}

// airflowCombinations reports settings that are not supported with Amazon MWAA, or only with it.
func (f *File) airflowCombinations(a Answers, fail func(path, text, problem string)) {
	if a.Workload == "" {
		return
	}
	if !a.Workload.MWAA() {
		if !a.Airflow.none() {
			fail("mwaa", "", fmt.Sprintf("is supported only for the workload %s, not for %s; remove it", MWAA, a.Workload))
		}
		return
	}
	f.wayCombinations(a.Airflow, fail)
	if a.Service != "" {
		fail("service", a.Service, fmt.Sprintf("is supported only for the workloads %s, not for %s; use mwaa.environment or remove it", words(Services), a.Workload))
	}
	for path, at := range f.positions {
		if strings.HasPrefix(path, "needs[") && !slices.Contains(AirflowNeeds, at.text) {
			fail(path, at.text, fmt.Sprintf("is not a need of the workload %s; supported: %s. Endpoints that every environment needs are always in the plan", a.Workload, words(AirflowNeeds)))
		}
	}
}

// wayCombinations reports settings of access methods that contradict each other.
func (f *File) wayCombinations(a Airflow, fail func(path, text, problem string)) {
	written := func(key string) bool { _, ok := f.positions["mwaa."+key]; return ok }
	for way, key := range map[string]string{ByLoadBalancer: "load_balancer", ByBastion: "bastion", ByClientVPN: "client_vpn"} {
		if written(key) && a.WayIn != way {
			fail("mwaa."+key, "", "requires way_in: "+way+"; add that, or remove this mapping")
		}
	}
	if a.WayIn != "" && a.Environment == "" {
		fail("mwaa.way_in", a.WayIn, "requires one environment; write its name under mwaa.environment")
	}
	missing := slices.DeleteFunc(a.missingSettings(), written) // a rejected value is not missing
	lacks := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(missing, key) })
	}
	l, b := a.LoadBalancer, a.Bastion
	files := [][2]string{{"certificate_file", l.CertificateFile}, {"chain_file", l.ChainFile}, {"key_file", l.KeyFile}}
	switch a.WayIn {
	case ByLoadBalancer:
		switch {
		case lacks("load_balancer.domain"):
			fail("mwaa.load_balancer", "", "requires domain: the name, in a domain of yours, of the web server")
		case lacks("load_balancer.certificate"):
			fail("mwaa.load_balancer", "", "requires certificate: the ARN of a certificate in ACM, "+CertificateRequest+" or "+CertificateImport)
		case lacks("load_balancer.certificate_file", "load_balancer.key_file"):
			fail("mwaa.load_balancer.certificate", l.Certificate, "requires certificate_file, key_file and usually chain_file; add them")
		}
		for _, file := range files {
			if file[1] != "" && l.Certificate != "" && l.Certificate != CertificateImport {
				fail("mwaa.load_balancer."+file[0], file[1], "requires certificate: "+CertificateImport+"; add that, or remove this key")
			}
		}
		if len(l.Subnets) == 1 {
			fail("mwaa.load_balancer.subnets", l.Subnets[0], "is one subnet; a load balancer needs two or more in different Availability Zones")
		}
		if lacks("load_balancer.subnets", "load_balancer.admit") {
			fail("mwaa.load_balancer.scheme", l.Scheme, "requires subnets with a route to an internet gateway, and admit: the allowed sources; add both")
		}
	case ByBastion:
		switch {
		case lacks("bastion.reach"):
			fail("mwaa.bastion", "", "requires reach, one of: "+words(reaches))
		case lacks("bastion.key_pair", "bastion.admit"):
			fail("mwaa.bastion.reach", b.Reach, "requires key_pair, and admit: the allowed sources of SSH; add both")
		case b.Reach == BySessionManager && (b.KeyPair != "" || len(b.Admit) > 0):
			fail("mwaa.bastion.reach", b.Reach, "opens no port and uses no key; remove admit: and key_pair:")
		}
	case ByClientVPN:
		if written("client_vpn.server_certificate") != written("client_vpn.client_certificate") {
			fail("mwaa.client_vpn", "", "has one of two certificates; set both, or set none so that both are created")
		}
	}
}

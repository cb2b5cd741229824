package answers

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The lists of endpoints that an environment of Amazon MWAA can be given.
const (
	EndpointsCurrent = "current" // of the user guide as it is
	Endpoints2023    = "2023"    // of that of 2023, which names more
)

// Airflow says which environment of Amazon MWAA the plan is for, and which list of
// endpoints it goes by.
type Airflow struct {
	Environment string `yaml:"environment,omitempty"` // name; empty means every one in the VPC
	Endpoints   string `yaml:"endpoints,omitempty"`   // empty means current
	// WayIn is how people come to the private web server; empty means by none that the
	// plan makes. The mapping of its name says more.
	WayIn        string       `yaml:"way_in,omitempty"`
	LoadBalancer LoadBalancer `yaml:"load_balancer,omitempty"`
	Bastion      Bastion      `yaml:"bastion,omitempty"`
	ClientVPN    ClientVPN    `yaml:"client_vpn,omitempty"`
}

// The ways to a private web server.
const (
	ByLoadBalancer = "load-balancer"
	ByBastion      = "bastion"
	ByClientVPN    = "client-vpn"
)

// LoadBalancer is an application load balancer in front of the web server.
type LoadBalancer struct {
	Domain string `yaml:"domain,omitempty"` // own name, that the certificate is for
	// Certificate is the ARN of one in ACM, CertificateRequest or CertificateImport.
	Certificate     string   `yaml:"certificate,omitempty"`
	CertificateFile string   `yaml:"certificate_file,omitempty"` // these three go with CertificateImport
	ChainFile       string   `yaml:"chain_file,omitempty"`
	KeyFile         string   `yaml:"key_file,omitempty"`
	Scheme          string   `yaml:"scheme,omitempty"`  // Internal or InternetFacing; empty means internal
	Subnets         []string `yaml:"subnets,omitempty"` // of two zones; empty means the environment's
	Admit           []string `yaml:"admit,omitempty"`   // blocks of addresses and security groups; empty means the VPC
	Zone            string   `yaml:"zone,omitempty"`    // hosted zone that gets the record of the domain
	BaseURL         bool     `yaml:"base_url,omitempty"`
}

// Bastion is an instance through which the web server is reached.
type Bastion struct {
	Reach           string   `yaml:"reach,omitempty"`  // BySSH or BySessionManager
	Subnet          string   `yaml:"subnet,omitempty"` // empty means one that suits
	Admit           []string `yaml:"admit,omitempty"`  // blocks of addresses that may open SSH
	KeyPair         string   `yaml:"key_pair,omitempty"`
	InstanceProfile string   `yaml:"instance_profile,omitempty"` // empty means that one is made, for Session Manager
	InstanceType    string   `yaml:"instance_type,omitempty"`    // empty means t3.micro
}

// ClientVPN is an AWS Client VPN endpoint in the environment's VPC.
type ClientVPN struct {
	CIDR   string `yaml:"cidr,omitempty"`   // addresses of clients; empty means a block that suits
	Subnet string `yaml:"subnet,omitempty"` // empty means the environment's first
	// ServerCertificate and ClientCertificate are ARNs of certificates in ACM; empty
	// means that they are made.
	ServerCertificate string `yaml:"server_certificate,omitempty"`
	ClientCertificate string `yaml:"client_certificate,omitempty"`
}

// What the settings of ways in can be.
const (
	CertificateRequest = "request" // ACM makes it, once a record proves the domain
	CertificateImport  = "import"  // from files

	Internal       = "internal"
	InternetFacing = "internet-facing"

	BySSH            = "ssh"
	BySessionManager = "session-manager"
)

// setting is one key of the mapping mwaa; one of the pointers is set.
type setting struct {
	key  string
	text *string
	list *[]string
	on   *bool
}

func (s setting) said() bool {
	return s.text != nil && *s.text != "" || s.list != nil && len(*s.list) > 0 || s.on != nil && *s.on
}

// settings are all keys in the order of the contract; those of a mapping within follow
// each other.
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

// WayWhole tells whether the way in, if one is asked for, has all that it needs to be
// planned.
func (a Airflow) WayWhole() bool {
	return len(a.wayLacks()) == 0
}

// wayLacks are the keys without which the way in cannot be planned, of those that are not
// said.
func (a Airflow) wayLacks() []string {
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
		if s.said() {
			keys = slices.DeleteFunc(keys, func(key string) bool { return key == s.key })
		}
	}
	return keys
}

// none tells whether nothing was said of Amazon MWAA.
func (a Airflow) none() bool {
	return !slices.ContainsFunc(a.settings(), setting.said)
}

// AirflowNeeds are the needs that an environment can have; what every one needs is
// planned whatever they say.
var AirflowNeeds = []string{"secretsmanager", "ssm-parameters", "workload-api"}

// MWAA tells whether the workload is an environment of Amazon MWAA.
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
	// airflowName: at most 80 characters (API reference of Amazon MWAA, Environment).
	airflowName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

// invalidAirflow judges the values of the mapping that `mwaa` takes.
func invalidAirflow(key, v string) string {
	switch {
	case key == "mwaa.environment" && (len(v) > 80 || !airflowName.MatchString(v)):
		return "is no name of an environment of Amazon MWAA; it begins with a letter and has at most 80 letters, digits, - and _"
	case key == "mwaa.endpoints" && !slices.Contains(endpointLists, v):
		return "is no list of endpoints" + suggest(v, endpointLists) + "; allowed are " + words(endpointLists)
	case key == "mwaa.way_in" && !slices.Contains(waysIn, v):
		return "is no way to a web server" + suggest(v, waysIn) + "; allowed are " + words(waysIn)
	}
	return invalidWay(strings.TrimPrefix(key, "mwaa."), v)
}

// invalidWay says what is wrong with a setting of a way to the web server.
func invalidWay(key, v string) string {
	switch key {
	case "load_balancer.domain":
		if len(v) > 253 || !domainName.MatchString(v) {
			return "is no domain; write the name alone, in small letters, as in airflow.example.com"
		}
	case "load_balancer.certificate":
		if v != CertificateRequest && v != CertificateImport && !certificateARN.MatchString(v) {
			return "is no certificate; write the ARN of one in ACM, or " + CertificateRequest + ", or " + CertificateImport
		}
	case "client_vpn.server_certificate", "client_vpn.client_certificate":
		if !certificateARN.MatchString(v) {
			return "is no certificate; write the ARN of one in ACM"
		}
	case "load_balancer.scheme":
		if !slices.Contains(schemes, v) {
			return "is no scheme of a load balancer" + suggest(v, schemes) + "; allowed are " + words(schemes)
		}
	case "load_balancer.zone":
		if !zoneID.MatchString(v) {
			return "is no hosted zone of Route 53; write its id, as in Z0123456789ABC"
		}
	case "load_balancer.admit":
		if !groupShape.MatchString(v) && !isBlock(v) {
			return "is neither a block of addresses nor a security group; write it as in 10.0.0.0/16 or sg-01"
		}
	case "bastion.admit":
		if !isBlock(v) {
			return "is no block of addresses; write it as in 203.0.113.7/32, which is a single one"
		}
	case "client_vpn.cidr":
		if p, err := netip.ParsePrefix(v); err != nil || !p.Addr().Is4() || p != p.Masked() || p.Bits() < 12 || p.Bits() > 22 {
			return "is no block of addresses for clients; it is one of IPv4 between /12 and /22, as in 172.16.0.0/22"
		}
	case "bastion.reach":
		if !slices.Contains(reaches, v) {
			return "is no way to reach an instance" + suggest(v, reaches) + "; allowed are " + words(reaches)
		}
	case "bastion.instance_type":
		if !instanceType.MatchString(v) {
			return "is no instance type; write it as in t3.micro"
		}
	}
	return ""
}

// isBlock tells whether a text is a block of addresses as security groups take it.
func isBlock(v string) bool {
	p, err := netip.ParsePrefix(v)
	return err == nil && p == p.Masked() && !p.Addr().Is4In6()
}

func (l *loader) mwaa(key string, n ast.Node) Airflow {
	var a Airflow
	l.settings(key, n, "{environment: nightly, endpoints: current}", a.settings())
	return a
}

// settings reads a mapping of settings, and those within it.
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
		l.file.places[path] = place{line: at.Line, col: at.Column}
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

// year reads a text that may be a year, which YAML takes for a number: 2023 means the
// same to every reader.
func (l *loader) year(path string, n ast.Node) string {
	if _, number := n.(*ast.IntegerNode); !number {
		return l.scalar(path, n)
	}
	at := n.GetToken()
	if problem := invalid(path, at.Value); problem != "" {
		l.refuse(path, n, at.Value, problem)
		return ""
	}
	l.file.places[path] = place{at.Position.Line, at.Position.Column, at.Value}
	return at.Value
}

// airflowCombinations finds what does not go with Amazon MWAA, or goes with it only.
func (f *File) airflowCombinations(a Answers, fail func(path, text, problem string)) {
	if a.Workload == "" {
		return
	}
	if !a.Workload.MWAA() {
		if !a.Airflow.none() {
			fail("mwaa", "", fmt.Sprintf("goes with the workload %s, not with %s; remove it", MWAA, a.Workload))
		}
		return
	}
	f.wayCombinations(a.Airflow, fail)
	if a.Service != "" {
		fail("service", a.Service, fmt.Sprintf("goes with the workloads %s, not with %s; name mwaa.environment or remove it", words([]Workload{ECSFargate, ECSEC2}), a.Workload))
	}
	for path, at := range f.places {
		if strings.HasPrefix(path, "needs[") && !slices.Contains(AirflowNeeds, at.text) {
			fail(path, at.text, fmt.Sprintf("is no need of the workload %s; allowed are %s. What every environment needs is planned anyway", a.Workload, words(AirflowNeeds)))
		}
	}
}

// wayCombinations finds settings of ways in that do not go together.
func (f *File) wayCombinations(a Airflow, fail func(path, text, problem string)) {
	written := func(key string) bool { _, ok := f.places["mwaa."+key]; return ok }
	for way, key := range map[string]string{ByLoadBalancer: "load_balancer", ByBastion: "bastion", ByClientVPN: "client_vpn"} {
		if written(key) && a.WayIn != way {
			fail("mwaa."+key, "", "goes with way_in: "+way+"; write that, or remove it")
		}
	}
	if a.WayIn != "" && a.Environment == "" {
		fail("mwaa.way_in", a.WayIn, "leads to the web server of one environment; name it under mwaa.environment")
	}
	missing := slices.DeleteFunc(a.wayLacks(), written) // what was refused by itself is not
	lacks := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(missing, key) })
	}
	l, b := a.LoadBalancer, a.Bastion
	files := [][2]string{{"certificate_file", l.CertificateFile}, {"chain_file", l.ChainFile}, {"key_file", l.KeyFile}}
	switch a.WayIn {
	case ByLoadBalancer:
		switch {
		case lacks("load_balancer.domain"):
			fail("mwaa.load_balancer", "", "lacks domain: the name, of a domain of yours, under which the web server will be found")
		case lacks("load_balancer.certificate"):
			fail("mwaa.load_balancer", "", "lacks certificate: the ARN of one in ACM, or "+CertificateRequest+", or "+CertificateImport)
		case lacks("load_balancer.certificate_file", "load_balancer.key_file"):
			fail("mwaa.load_balancer.certificate", l.Certificate, "goes with certificate_file, key_file and mostly chain_file; name them")
		}
		for _, file := range files {
			if file[1] != "" && l.Certificate != "" && l.Certificate != CertificateImport {
				fail("mwaa.load_balancer."+file[0], file[1], "goes with certificate: "+CertificateImport+"; write that, or remove it")
			}
		}
		if len(l.Subnets) == 1 {
			fail("mwaa.load_balancer.subnets", l.Subnets[0], "is one subnet; a load balancer is in two or more, of different zones")
		}
		if lacks("load_balancer.subnets", "load_balancer.admit") {
			fail("mwaa.load_balancer.scheme", l.Scheme, "takes subnets with a route to an internet gateway, and admit, which says who may come; name both")
		}
	case ByBastion:
		switch {
		case lacks("bastion.reach"):
			fail("mwaa.bastion", "", "lacks reach: "+words(reaches))
		case lacks("bastion.key_pair", "bastion.admit"):
			fail("mwaa.bastion.reach", b.Reach, "goes with key_pair and admit, which says from where SSH may be opened; name both")
		case b.Reach == BySessionManager && (b.KeyPair != "" || len(b.Admit) > 0):
			fail("mwaa.bastion.reach", b.Reach, "opens no port and takes no key; remove key_pair and admit")
		}
	case ByClientVPN:
		if written("client_vpn.server_certificate") != written("client_vpn.client_certificate") {
			fail("mwaa.client_vpn", "", "names one certificate of two; name both, or none, and they are made")
		}
	}
}

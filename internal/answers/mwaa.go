package answers

import (
	"net/netip"
	"reflect"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// The lists of endpoints for an environment of Amazon MWAA.
const (
	EndpointsCurrent = "current" // the current user guide
	Endpoints2023    = "2023"    // the user guide of 2023, which lists more
)

// Airflow selects the environment of Amazon MWAA and the list of endpoints to create.
type Airflow struct {
	// Environment is the name of one environment. Without it, every environment in the VPC.
	Environment string `yaml:"environment,omitempty" check:"airflow"`
	// Endpoints is the list of endpoints. The default is current.
	Endpoints string `yaml:"endpoints,omitempty" check:"endpoints"`
	// WayIn is the access method to the private web server. Without it, the plan creates
	// none. The mapping with the same name, with an underscore, configures it.
	WayIn        string       `yaml:"way_in,omitempty" check:"way"`
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
	// Domain is the user's domain name, covered by the certificate.
	Domain string `yaml:"domain,omitempty" check:"domain"`
	// Certificate is the ARN of a certificate in ACM, request or import.
	Certificate string `yaml:"certificate,omitempty" check:"certificate"`
	// CertificateFile is the path of the certificate to import, PEM.
	CertificateFile string `yaml:"certificate_file,omitempty" check:"text"`
	// ChainFile is the path of the intermediate certificates of the certificate to import, PEM.
	ChainFile string `yaml:"chain_file,omitempty" check:"text"`
	// KeyFile is the path of the key of the certificate to import, PEM without a password.
	KeyFile string `yaml:"key_file,omitempty" check:"text"`
	// Scheme is internal or internet-facing. The default is internal.
	Scheme string `yaml:"scheme,omitempty" check:"scheme"`
	// Subnets are in two or more Availability Zones. Without it, the environment's subnets.
	Subnets []string `yaml:"subnets,omitempty" check:"text" example:"subnet-01"`
	// The allowed CIDR blocks and security groups. Without it, the CIDR blocks of the VPC.
	Admit []string `yaml:"admit,omitempty" check:"source" example:"10.0.0.0/8"`
	// Zone is the id of the hosted zone for the DNS records. Without it, you create them.
	Zone string `yaml:"zone,omitempty" check:"zone"`
	// BaseURL sets the domain name in Airflow.
	BaseURL bool `yaml:"base_url,omitempty"`
}

// Bastion is an instance that gives access to the web server.
type Bastion struct {
	// Reach is the connection method, ssh or session-manager.
	Reach string `yaml:"reach,omitempty" check:"reach"`
	// Subnet is the id or Name tag of its subnet. Without it, the plan selects one.
	Subnet string `yaml:"subnet,omitempty" check:"text"`
	// The CIDR blocks that may connect with SSH.
	Admit []string `yaml:"admit,omitempty" check:"block" example:"10.0.0.0/8"`
	// KeyPair is the name of a key pair for SSH.
	KeyPair string `yaml:"key_pair,omitempty" check:"text"`
	// InstanceProfile is for Session Manager. Without it, the plan creates one.
	InstanceProfile string `yaml:"instance_profile,omitempty" check:"text"`
	// InstanceType is the instance type. The default is t3.micro.
	InstanceType string `yaml:"instance_type,omitempty" check:"instance_type"`
}

// ClientVPN is an AWS Client VPN endpoint in the environment's VPC.
type ClientVPN struct {
	// CIDR is the block of client addresses. Without it, the plan selects one.
	CIDR string `yaml:"cidr,omitempty" check:"clients"`
	// Subnet is the id or Name tag of the subnet. Without it, the environment's first subnet.
	Subnet string `yaml:"subnet,omitempty" check:"text"`
	// ServerCertificate is the ARN of a certificate in ACM. Without it, the run creates it.
	ServerCertificate string `yaml:"server_certificate,omitempty" check:"acm"`
	// ClientCertificate is the ARN of a certificate in ACM. Without it, the run creates it.
	ClientCertificate string `yaml:"client_certificate,omitempty" check:"acm"`
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
	return slices.DeleteFunc(keys, func(key string) bool {
		_, v := field(reflect.ValueOf(a), key)
		return isSet(v)
	})
}

// AirflowNeeds are the needs that an environment can have. Endpoints that every environment needs
// are always in the plan.
var AirflowNeeds = []string{"secretsmanager", "ssm-parameters", "workload-api"}

var (
	waysIn  = []string{ByLoadBalancer, ByBastion, ByClientVPN}
	reaches = []string{BySSH, BySessionManager}
	// domainName is a host name of at least two labels, without scheme, port and path.
	domainName     = pattern.New(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z][a-z0-9-]*[a-z0-9]$`)
	certificateARN = pattern.New(`^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$`)
	groupShape     = pattern.New(`^sg-[a-z0-9]+$`)
)

// isCertificate reports whether a text selects the certificate of a load balancer.
func isCertificate(v string) bool {
	return v == CertificateRequest || v == CertificateImport || certificateARN().MatchString(v)
}

// isClientBlock reports whether a text is a block of addresses that a Client VPN endpoint accepts.
func isClientBlock(v string) bool {
	p, err := netip.ParsePrefix(v)
	return err == nil && p.Addr().Is4() && p == p.Masked() && p.Bits() >= 12 && p.Bits() <= 22
}

// isBlock reports whether a text is a CIDR block that security groups accept.
func isBlock(v string) bool {
	p, err := netip.ParsePrefix(v)
	return err == nil && p == p.Masked() && !p.Addr().Is4In6()
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

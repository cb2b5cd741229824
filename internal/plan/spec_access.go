package plan

// Certificate is a certificate in AWS Certificate Manager, for an access method.
type Certificate struct {
	ARN    string // of an existing certificate
	Domain string
	Zone   string // hosted zone for the record that validates the domain
	// Body, Key and Chain are the names of the inputs for an import. Without Body, ACM issues the
	// certificate. Chain is optional.
	Body, Key, Chain string
	Tags             map[string]string
	inputs           []Input
}

// TargetGroup is a target group of addresses for HTTPS.
type TargetGroup struct {
	VPC  string
	Name string
	Tags map[string]string
}

// Targets are addresses in a target group.
type Targets struct {
	TargetGroup Value
	Addresses   []string
	Missing     []string // addresses that are not registered yet
}

// LoadBalancer is an application load balancer.
type LoadBalancer struct {
	Name    string
	Scheme  string // internal or internet-facing
	Subnets []string
	Groups  []Value
	Tags    map[string]string
}

// Listener is HTTPS 443 of a load balancer.
type Listener struct {
	LoadBalancer, Certificate, TargetGroup Value
	Domain                                 string // the domain of the certificate
	Recorded                               bool   // the plan creates its DNS record
	Tags                                   map[string]string
}

// TargetHealth waits until a load balancer reports addresses as healthy.
type TargetHealth struct {
	TargetGroup Value
	Addresses   []string
}

// Record is an alias record of Route 53 that leads to a load balancer.
type Record struct {
	Zone, Domain string
	Name         string // of the load balancer
	LoadBalancer Value
}

// EnvironmentOption sets one configuration option of an Amazon MWAA environment.
type EnvironmentOption struct{ Environment, Option, Value string }

// Kind implements Spec.
func (Certificate) Kind() string       { return "certificate" }
func (TargetGroup) Kind() string       { return "target-group" }
func (Targets) Kind() string           { return "targets" }
func (LoadBalancer) Kind() string      { return "load-balancer" }
func (Listener) Kind() string          { return "listener" }
func (TargetHealth) Kind() string      { return "target-health" }
func (Record) Kind() string            { return "record" }
func (EnvironmentOption) Kind() string { return "environment-option" }

func (Certificate) refs() []ID       { return nil }
func (TargetGroup) refs() []ID       { return nil }
func (s Targets) refs() []ID         { return refsOf(s.TargetGroup) }
func (s LoadBalancer) refs() []ID    { return refsOf(s.Groups...) }
func (s Listener) refs() []ID        { return refsOf(s.LoadBalancer, s.Certificate, s.TargetGroup) }
func (s TargetHealth) refs() []ID    { return refsOf(s.TargetGroup) }
func (s Record) refs() []ID          { return refsOf(s.LoadBalancer) }
func (EnvironmentOption) refs() []ID { return nil }

// Properties implements Spec.
func (s Certificate) Properties() map[string]any {
	p := props("certificate_arn", s.ARN, "domain_name", s.Domain, "hosted_zone_id", s.Zone, "tags", s.Tags)
	switch {
	case s.Body != "":
		p["certificate"], p["private_key"] = Value{Input: s.Body}, Value{Input: s.Key}
		if s.Chain != "" {
			p["certificate_chain"] = Value{Input: s.Chain}
		}
	case s.ARN == "":
		p["validation_method"] = "DNS"
	}
	return p
}

// Properties implements Spec.
func (s TargetGroup) Properties() map[string]any {
	return props("name", s.Name, "vpc_id", s.VPC, "target_type", "ip", "protocol", "HTTPS", "port", 443, "health_check_protocol", "HTTPS", "health_check_path", "/",
		"matcher", "200,302", "tags", s.Tags)
}

// Properties implements Spec.
func (s Targets) Properties() map[string]any {
	return props("target_group_arn", s.TargetGroup, "addresses", s.Addresses, "port", 443)
}

// Properties implements Spec.
func (s LoadBalancer) Properties() map[string]any {
	return props("name", s.Name, "type", "application", "scheme", s.Scheme, "subnets", s.Subnets, "security_groups", s.Groups, "tags", s.Tags)
}

// Properties implements Spec.
func (s Listener) Properties() map[string]any {
	return props("load_balancer_arn", s.LoadBalancer, "protocol", "HTTPS", "port", 443, "certificate_arn", s.Certificate, "target_group_arn", s.TargetGroup, "tags", s.Tags)
}

// Properties implements Spec.
func (s TargetHealth) Properties() map[string]any {
	return props("target_group_arn", s.TargetGroup, "addresses", s.Addresses)
}

// Properties implements Spec.
func (s Record) Properties() map[string]any {
	return props("hosted_zone_id", s.Zone, "name", s.Domain, "type", "A", "alias_target", s.LoadBalancer)
}

// Properties implements Spec.
func (s EnvironmentOption) Properties() map[string]any {
	return props("name", s.Environment, "option", s.Option, "value", s.Value)
}

package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// CertificateARN is an issued certificate for airflow.example.com.
const CertificateARN = "arn:aws:acm:us-east-1:" + Account + ":certificate/1"

// Balanced asks for a new load balancer for the environment's web server.
func Balanced(w *World) {
	LooksUp(WebserverName, "10.0.0.9", "10.0.1.9")(w)
	w.Ans.Airflow.WayIn = answers.ByLoadBalancer
	w.Ans.Airflow.LoadBalancer = answers.LoadBalancer{Domain: "airflow.example.com", Certificate: CertificateARN, BaseURL: true}
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartAccess, VPC: VPC})
	w.Inv.Access = []inventory.Access{{VPC: VPC, Certificates: []inventory.Certificate{{ARN: CertificateARN, Domain: "airflow.example.com", Status: "ISSUED", Type: "AMAZON_ISSUED"}}}}
}

// Ways are the resources of access methods.
func (w *World) Ways() *inventory.Access { return &w.Inv.Access[0] }

// InFront adds the load balancer to the account.
func InFront(w *World) {
	Balanced(w)
	const arn = "arn:aws:elasticloadbalancing:us-east-1:" + Account + ":"
	w.Group(inventory.SecurityGroup{ID: "sg-lb", Name: "privatelink-wizard-nightly-load-balancer", VPC: VPC, Rules: []inventory.GroupRule{
		{ID: "sgr-lb", Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}, {Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}})
	g := w.Net().Group("sg-airflow")
	g.Rules = append(g.Rules, inventory.GroupRule{ID: "sgr-way", Protocol: "tcp", From: 443, To: 443, Group: "sg-lb"})
	w.Ways().TargetGroups = []inventory.TargetGroup{{ARN: arn + "targetgroup/airflow-nightly/1", Name: "airflow-nightly", Protocol: "HTTPS", Port: 443, Type: "ip", Matcher: "200,302",
		LoadBalancers: []string{arn + "loadbalancer/app/airflow-nightly/1"}, Targets: []inventory.Target{{Address: "10.0.0.9", State: "healthy"}, {Address: "10.0.1.9", State: "healthy"}}}}
	w.Ways().LoadBalancers = []inventory.LoadBalancer{{ARN: arn + "loadbalancer/app/airflow-nightly/1", Name: "airflow-nightly", Scheme: "internal", State: "active", Subnets: []string{"subnet-a", "subnet-b"}, Groups: []string{"sg-lb"},
		Listeners: []inventory.Listener{{ARN: arn + "listener/app/airflow-nightly/1/1", Protocol: "HTTPS", Port: 443, Certificates: []string{CertificateARN}, TargetGroups: []string{arn + "targetgroup/airflow-nightly/1"}}}}}
	w.Env().BaseURL = "airflow.example.com"
}

// balanced changes the answers for a load balancer; fronted changes an existing load balancer.
func balanced(change func(*answers.LoadBalancer)) func(*World) {
	return with(Balanced, func(w *World) { change(&w.Ans.Airflow.LoadBalancer) })
}

func fronted(change func(*inventory.Access)) func(*World) {
	return with(InFront, func(w *World) { change(w.Ways()) })
}

// certified changes the existing certificate.
func certified(change func(*inventory.Certificate)) func(*World) {
	return with(Balanced, func(w *World) { change(&w.Ways().Certificates[0]) })
}

// imported asks for a certificate from files that do not exist.
var imported = balanced(func(l *answers.LoadBalancer) {
	l.Certificate, l.CertificateFile, l.KeyFile = answers.CertificateImport, "missing/cert.pem", "missing/key.pem"
})

// internetFacing asks for an internet-facing load balancer in public subnets.
func internetFacing(w *World) {
	with(balanced(func(l *answers.LoadBalancer) {
		l.Scheme, l.Admit, l.Subnets = answers.InternetFacing, []string{"203.0.113.0/24"}, []string{"subnet-a", "subnet-b"}
	}), defaultTo("igw-1"))(w)
}

var accessCases = []Case{
	{Rule: "W-ACCESS", Severity: plan.Block, Caught: with(Balanced, func(w *World) { w.Env().Access = inventory.PublicOnly }), Says: "they need no access method", Alone: Balanced},
	{Rule: "W-ACCESS", Severity: plan.Block, Caught: with(Balanced, func(w *World) { w.Env().Management, w.Env().Status = "CUSTOMER", "PENDING" }), Says: "is PENDING", Alone: with(Balanced, func(w *World) { w.Env().Status = "UPDATING" })},
	{Rule: "W-ACCESS", Severity: plan.Block, Caught: with(Balanced, func(w *World) { w.Env().Groups = []string{"sg-deleted"} }), Says: "could not be read", Alone: Balanced},
	{Rule: "W-ACCESS", Severity: plan.Block, Caught: with(Balanced, func(w *World) { w.Net().Endpoints[1].Interfaces = nil }), Says: "The addresses of the web server", Alone: Balanced},
	{Rule: "W-WORLD", Severity: plan.Error, Caught: balanced(func(l *answers.LoadBalancer) { l.Admit = []string{"0.0.0.0/0"} }), Says: "the whole internet",
		Alone: balanced(func(l *answers.LoadBalancer) { l.Admit = []string{"10.0.0.0/8"} })},
	{Rule: "W-WORLD", Severity: plan.Error, Caught: balanced(func(l *answers.LoadBalancer) { l.Admit = []string{"10.0.0.0/16", "::/0"} }), Says: "::/0 allows traffic", Alone: Balanced},
	{Rule: "W-IP2", Severity: plan.Warn, Caught: with(Balanced, func(w *World) { w.Net().Endpoints[1].Interfaces = []string{"eni-web-0"} }), Says: "shows one address, 10.0.0.9", Alone: Balanced},
	{Rule: "W-IPDRIFT", Severity: plan.Warn, Caught: fronted(func(x *inventory.Access) { x.TargetGroups[0].Targets[1].Address = "10.0.1.77" }), Says: "10.0.1.77", Alone: InFront},
	{Rule: "W-MATCH", Severity: plan.Error, Caught: fronted(func(x *inventory.Access) { x.TargetGroups[0].Matcher = "200" }), Says: "redirect (302)", Alone: fronted(func(x *inventory.Access) { x.TargetGroups[0].Matcher = "200-399" })},
	{Rule: "W-LISTEN", Severity: plan.Error, Caught: fronted(func(x *inventory.Access) { x.LoadBalancers[0].Listeners[0].Protocol = "HTTP" }), Says: "with HTTP, not", Alone: InFront},
	{Rule: "W-LISTEN", Severity: plan.Error, Caught: fronted(func(x *inventory.Access) { x.LoadBalancers[0].Listeners[0].TargetGroups = []string{"other"} }), Says: "does not forward to target group", Alone: InFront},
	{Rule: "W-LISTEN", Severity: plan.Warn, Caught: fronted(func(x *inventory.Access) { x.LoadBalancers[0].Listeners[0].Certificates = []string{"other"} }), Says: "a different certificate", Alone: InFront},
	{Rule: "W-ACMREG", Severity: plan.Block, Caught: balanced(func(l *answers.LoadBalancer) { l.Certificate = "arn:aws:acm:us-west-2:" + Account + ":certificate/1" }), Says: "is in Region us-west-2", Alone: Balanced},
	{Rule: "W-ACMREG", Severity: plan.Block, Caught: balanced(func(l *answers.LoadBalancer) { l.Certificate = "arn:aws:acm:us-east-1:999999999999:certificate/1" }), Says: "belongs to account 999999999999", Alone: Balanced},
	{Rule: "W-ACMREG", Severity: plan.Block, Caught: balanced(func(l *answers.LoadBalancer) { l.Certificate += "0" }), Says: "does not exist in ACM", Alone: Balanced},
	{Rule: "W-ACMREG", Severity: plan.Block, Caught: certified(func(c *inventory.Certificate) { c.Status = "EXPIRED" }), Says: "is EXPIRED", Alone: Balanced},
	{Rule: "W-ACMREG", Severity: plan.Error, Caught: certified(func(c *inventory.Certificate) { c.Domain = "other.example.com" }), Says: "browsers show a warning", Alone: certified(func(c *inventory.Certificate) { c.Domain = "*.example.com" })},
	{Rule: "W-ACMREG", Severity: plan.Block, Caught: balanced(func(l *answers.LoadBalancer) { l.Domain = "1-vpce.c10.us-east-1.airflow.amazonaws.com" }), Says: "a name of AWS", Alone: Balanced},
	{Rule: "W-CERT", Severity: plan.Block, Caught: with(imported, func(w *World) {
		w.Files.Problems = []plan.FileProblem{{File: "missing/cert.pem", Message: "Cannot read it: no such file."}}
	}), Says: "Cannot read it", Alone: with(imported, func(w *World) { w.Ways().Certificates[0].Type = "IMPORTED" })},
	{Rule: "W-BASEURL", Severity: plan.Warn, Caught: balanced(func(l *answers.LoadBalancer) { l.BaseURL = false }), Says: "does not know its name", Alone: InFront},
	{Rule: "W-ALBSCHEME", Severity: plan.Block, Caught: balanced(func(l *answers.LoadBalancer) { l.Subnets = []string{"subnet-a", "subnet-data"} }), Says: "in two or more zones", Alone: Balanced},
	{Rule: "W-ALBSCHEME", Severity: plan.Error, Caught: balanced(func(l *answers.LoadBalancer) {
		l.Scheme, l.Admit, l.Subnets = answers.InternetFacing, []string{"203.0.113.0/24"}, []string{"subnet-a", "subnet-b"}
	}), Says: "app-a (subnet-a) has no route to an internet gateway", Alone: Balanced},
	{Rule: "W-ALBSCHEME", Severity: plan.Error, Caught: with(internetFacing, blocked("block-ingress")), Says: "has a route to an internet gateway blocked by VPC Block Public Access", Alone: Balanced},
	{Rule: "W-ALBSCHEME", Severity: plan.Warn, Caught: internetFacing, Says: "is on the internet", Alone: Balanced},
}

// Rows are the changes of a load balancer with two addresses, in a VPC of an emulator without
// environments. One certificate is imported, and another one requested.
func Rows(vpc, group string, subnets, addresses []string) []resource.Change {
	const name = "airflow-nightly"
	tags := map[string]string{"Name": name}
	certificate, tg, lb := resource.ID("certificate/airflow.example.com"), resource.ID("target-group/"+name), resource.ID("load-balancer/"+name)
	own := resource.ID("security-group/load-balancer")
	return []resource.Change{
		{ID: own, Op: resource.Create, Summary: "Group", Spec: resource.SecurityGroup{VPC: vpc, Name: "load-balancer", Description: "HTTPS to the Airflow web server", Tags: tags}},
		{ID: "security-group-rule/load-balancer/in/10.0.0.0/16", Op: resource.Create, Summary: "Allow the VPC", Spec: resource.GroupRule{Group: resource.From(own), CIDR: "10.0.0.0/16", Port: 443, Description: "Users of the Airflow web server"}},
		{ID: resource.ID("security-group-rule/" + group + "/in/load-balancer"), Op: resource.Modify, Existing: group, Summary: "Allow the load balancer", Spec: resource.GroupRule{Group: resource.Lit(group), Peer: resource.From(own), Port: 443, Description: "Airflow web server, by the load balancer"}},
		{ID: certificate, Op: resource.Create, Summary: "Import", Spec: resource.Certificate{Domain: "airflow.example.com", Body: resource.InputCertificate, Key: resource.InputKey, Tags: tags}},
		{ID: "certificate/new.example.com", Op: resource.Create, Summary: "Request", Spec: resource.Certificate{Domain: "new.example.com", Tags: tags}},
		{ID: tg, Op: resource.Create, Summary: "Target group", Spec: resource.TargetGroup{VPC: vpc, Name: name, Tags: tags}},
		{ID: resource.ID("targets/" + name), Op: resource.Create, Summary: "Targets", Spec: resource.Targets{TargetGroup: resource.From(tg), Addresses: addresses, Missing: addresses}},
		{ID: lb, Op: resource.Create, Summary: "Load balancer", Spec: resource.LoadBalancer{Name: name, Scheme: "internal", Subnets: subnets, Groups: []resource.Value{resource.From(own)}, Tags: tags}},
		{ID: resource.ID("listener/" + name), Op: resource.Create, Summary: "Listener", Spec: resource.Listener{LoadBalancer: resource.From(lb), Certificate: resource.From(certificate), TargetGroup: resource.From(tg), Domain: "airflow.example.com", Tags: tags}},
	}
}

package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Connected asks for a new Client VPN to the environment's web server.
func Connected(w *World) {
	Balanced(w)
	w.Ans.Airflow.WayIn, w.Ans.Airflow.LoadBalancer = answers.ByClientVPN, answers.LoadBalancer{}
}

// vpn changes the answers for a Client VPN.
func vpn(change func(*answers.ClientVPN)) func(*World) {
	return with(Connected, func(w *World) { change(&w.Ans.Airflow.ClientVPN) })
}

// Dialled adds the Client VPN to the account, with other client addresses than the plan would
// choose.
func Dialled(w *World) {
	Connected(w)
	const arn = "arn:aws:acm:us-east-1:" + Account + ":certificate/"
	w.Group(inventory.SecurityGroup{ID: "sg-vpn", Name: "privatelink-wizard-nightly-client-vpn", VPC: VPC, Rules: []inventory.GroupRule{{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}})
	g := w.Net().Group("sg-airflow")
	g.Rules = append(g.Rules, inventory.GroupRule{ID: "sgr-way", Protocol: "tcp", From: 443, To: 443, Group: "sg-vpn"})
	w.Ways().Certificates = append(w.Ways().Certificates,
		inventory.Certificate{ARN: arn + "2", Domain: "server.airflow-nightly", Status: "ISSUED", Type: "IMPORTED", Key: "RSA_2048"},
		inventory.Certificate{ARN: arn + "3", Domain: "client.airflow-nightly", Status: "ISSUED", Type: "IMPORTED", Key: "RSA-2048"})
	w.Ways().ClientVPNs = []inventory.ClientVPN{{ID: "cvpn-endpoint-1", Name: "airflow-nightly", CIDR: "10.100.0.0/22", State: "available", ServerCertificate: arn + "2", ClientCertificate: arn + "3",
		Associations: []inventory.Association{{ID: "cvpn-assoc-1", Subnet: "subnet-b", State: "associated"}}, Authorized: []string{"10.0.0.0/16"}}}
}

// named sets both certificates of a Client VPN, and changes the existing one.
func named(arn string, change func(*inventory.Certificate)) func(*World) {
	return with(Connected, func(w *World) {
		w.Ans.Airflow.ClientVPN = answers.ClientVPN{ServerCertificate: arn, ClientCertificate: arn}
		change(&w.Ways().Certificates[0])
	})
}

var asIs = named(CertificateARN, func(*inventory.Certificate) {})

// clientvpnCases are the cases of a Client VPN.
var clientvpnCases = []Case{
	{Rule: "W-CVPNCIDR", Severity: plan.Block, Caught: vpn(func(v *answers.ClientVPN) { v.CIDR = "10.0.0.0/14" }), Says: "overlaps", Alone: vpn(func(v *answers.ClientVPN) { v.CIDR = "10.4.0.0/14" })},
	{Rule: "W-CVPNCIDR", Severity: plan.Block, Caught: with(Dialled, func(w *World) { w.Ans.Airflow.ClientVPN.CIDR = "172.16.0.0/22" }), Says: "cannot be changed", Alone: Dialled},
	{Rule: "W-CVPNKEY", Severity: plan.Error, Caught: named(CertificateARN, func(c *inventory.Certificate) { c.Key = "RSA-4096" }), Says: "RSA-4096", Alone: named(CertificateARN, func(c *inventory.Certificate) { c.Key = "RSA_2048" })},
	{Rule: "W-CVPNKEY", Severity: plan.Error, Caught: named(CertificateARN, func(c *inventory.Certificate) { c.Key = "EC_prime256v1" }), Says: "RSA key of 1024 or 2048", Alone: named(CertificateARN, func(c *inventory.Certificate) { c.Key = "RSA-2048" })},
	{Rule: "W-ACMREG", Severity: plan.Block, Caught: named("arn:aws:acm:us-west-2:"+Account+":certificate/1", func(*inventory.Certificate) {}), Says: "A Client VPN can only use certificates of its own Region", Alone: asIs},
	{Rule: "W-ACMREG", Severity: plan.Block, Caught: named(CertificateARN+"0", func(*inventory.Certificate) {}), Says: "does not exist in ACM", Alone: asIs},
	{Rule: "W-ACMREG", Severity: plan.Block, Caught: named(CertificateARN, func(c *inventory.Certificate) { c.Status = "EXPIRED" }), Says: "is EXPIRED", Alone: asIs},
}

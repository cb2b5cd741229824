package catalog

import (
	"fmt"
	"strings"
)

// Ports is a range of TCP ports.
type Ports struct{ First, Last int }

// HTTPS is the port of almost every endpoint.
var HTTPS = Ports{443, 443}

// String returns the range as texts show it: "443", "1024-1064".
func (p Ports) String() string {
	if p.First == p.Last {
		return fmt.Sprint(p.First)
	}
	return fmt.Sprintf("%d-%d", p.First, p.Last)
}

// Traits are what differs for an endpoint service if its clients do not simply connect to TCP 443 under
// the service's private DNS names.
type Traits struct {
	// Ports are the ports that clients connect to; empty means TCP 443.
	Ports []Ports
	// OneOf means that a client uses one of the ports. Otherwise it needs all of them.
	OneOf bool
	// Also are ports that only some clients use, as AlsoBy says in a sentence.
	Also   []Ports
	AlsoBy string
	// Takes is what the private names of the endpoint take over besides what the user means, as
	// sentences; empty if nothing.
	Takes string
	// Public are names of the service that stay public, as sentences; empty if none.
	Public string
	// NoName is what clients use if the service has no private name, as sentences.
	NoName string
	// Page is the AWS page with these facts. If it is empty, AWS does not document them.
	Page string
}

// TraitsOf returns what differs for a service; the zero value for all others.
func TraitsOf(code string) Traits {
	return traits[strings.Replace(code, "-fips", "", 1)]
}

// PortsOf returns the ports that clients of a service connect to.
func PortsOf(code string) []Ports {
	if ps := TraitsOf(code).Ports; len(ps) > 0 {
		return ps
	}
	return []Ports{HTTPS}
}

// UsesHTTPS reports whether clients of a service connect to TCP 443.
func UsesHTTPS(code string) bool {
	for _, p := range PortsOf(code) {
		if p.First <= HTTPS.First && HTTPS.First <= p.Last {
			return true
		}
	}
	return false
}

// PortsText joins ports: "25, 465 or 587" if a client uses one of them, otherwise "443 and 444".
func PortsText(ps []Ports, oneOf bool) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	word := " and "
	if oneOf {
		word = " or "
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + word + out[len(out)-1]
}

var traits = map[string]Traits{
	"email-smtp": {OneOf: true, Ports: []Ports{{25, 25}, {465, 465}, {587, 587}, {2465, 2465}, {2587, 2587}},
		Page: "Amazon SES developer guide, Connecting to an Amazon SES SMTP endpoint"},
	"cassandra": {Ports: []Ports{{9142, 9142}},
		Page: "Amazon Keyspaces developer guide, Using Amazon Keyspaces with interface VPC endpoints"},
	"athena": {Also: []Ports{{444, 444}}, AlsoBy: "The JDBC and ODBC drivers of Athena also connect to TCP 444.",
		Page: "Amazon Athena user guide, Athena JDBC 2.x driver"},
	"iot.data": {OneOf: true, Ports: []Ports{{443, 443}, {8443, 8443}, {8883, 8883}},
		NoName: "Devices use the account's own device data name (aws iot describe-endpoint --endpoint-type iot:Data-ATS). Create a private hosted zone with that name, and in it a record for the addresses of the endpoint.",
		Page:   "AWS IoT Core developer guide, Using AWS IoT Core with interface VPC endpoints; Device communication protocols"},
	"datasync": {Ports: []Ports{{443, 443}, {1024, 1064}},
		Page: "AWS DataSync user guide, Network requirements for VPC endpoints"},
	"appstream.streaming": {Ports: []Ports{{443, 443}, {1400, 1499}},
		Page: "Amazon AppStream 2.0 developer guide, Creating and Streaming from Interface VPC Endpoints"},
	"transfer.server": {Ports: []Ports{{22, 22}}}, // the port of SFTP
	"execute-api": {Takes: "With private DNS, every API name of Amazon API Gateway in the Region resolves to the endpoint, and only private APIs answer there. Public APIs of any account then return HTTP 403 to clients in the VPC, unless they have a custom domain name.",
		Page: "Amazon API Gateway developer guide, How to invoke a private API"},
	"appsync-api": {Takes: "With private DNS, the generated names of all AWS AppSync APIs resolve to the endpoint, and only private APIs answer there. Clients in the VPC reach public APIs only by a custom domain name.",
		Page: "AWS AppSync developer guide, Using AWS AppSync Private APIs"},
	"sts": {Public: "The endpoint has the Regional name only. The global name sts.amazonaws.com stays public, so clients must use the Regional endpoint (AWS_STS_REGIONAL_ENDPOINTS=regional, the default of current SDKs).",
		Page: "AWS SDKs and Tools reference guide, AWS STS Regional endpoints"},
}

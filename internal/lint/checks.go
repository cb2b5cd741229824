package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// gateways are the services with gateway endpoints (AWS PrivateLink guide, gateway endpoints; for
// s3express, aws-cdk's GatewayVpcEndpointAwsService).
var gateways = []string{"s3", "dynamodb", "s3express"}

// judgeEndpoints checks the declared endpoints.
func (c *check) judgeEndpoints() {
	declared := map[int]bool{}
	for i := range c.endpoints {
		e := &c.endpoints[i]
		if e.code == "s3" {
			declared[e.at] = true
			c.run.s3[e.typ] = true
		}
		if catalog.MisspelledRegion(c.region) != "" {
			continue
		}
		c.endpointKind(e)
		c.privateDNS(e)
		if e.code == "s3" && e.typ == "interface" {
			c.s3Only(e)
		}
	}
	for i := range c.names {
		if n := &c.names[i]; n.code == "s3" && !n.comment && !declared[n.at] {
			c.run.s3[""] = true
		}
	}
	for _, m := range c.made {
		if m.code == "s3" && !declared[m.at] {
			c.run.s3[strings.ToLower(m.typ)] = true
		}
	}
}

// endpointKind checks gateway endpoints. A gateway endpoint receives traffic from the subnets with
// an associated route table only (AWS PrivateLink guide, gateway endpoints, routing), and only some
// services have one.
func (c *check) endpointKind(e *endpoint) {
	switch {
	case e.typ != "gateway":
	case !slices.Contains(gateways, e.code):
		message := fmt.Sprintf("%s is declared as a gateway endpoint, but only Amazon S3 and DynamoDB have gateway endpoints.", e.name)
		if e.noType {
			message = fmt.Sprintf("%s is declared without a type, so its type is Gateway. Only Amazon S3 and DynamoDB have gateway endpoints.", e.name)
		}
		c.add(e.at, Error, Type, e.name, message, fmt.Sprintf("Set %s.", e.setType))
	case e.tables == absent:
		message := fmt.Sprintf("The gateway endpoint %s has no route tables, so no subnet uses it.", e.name)
		fix := fmt.Sprintf("Add the route tables of the subnets that use the service: %s.", e.routes)
		c.add(e.at, Error, Routes, e.name, message, fix).settle = func(r *Run, _ *Finding) bool { return !r.facts["associations"] }
	}
}

// privateDNS checks interface endpoints of services with clients that use the default name. Only
// with private DNS does this name resolve to the endpoint (AWS PrivateLink guide, access an AWS
// service using an interface endpoint). For ecr.dkr it is required (Amazon ECR user guide, VPC
// endpoints).
func (c *check) privateDNS(e *endpoint) {
	if e.typ != "interface" || e.dns != off || e.serviceRegion || !catalog.Lookup(e.code).Clients {
		return
	}
	rule, why := DNSOff, "Clients that use the default name of the service do not reach the endpoint."
	if e.code == "ecr.dkr" {
		rule, why = DNSECR, "Amazon ECR requires private DNS for this endpoint."
	}
	state := "Private DNS is off"
	if e.dnsAbsent {
		state = "Private DNS is not set, and the default is off"
	}
	fix := fmt.Sprintf("Set %s.", e.setDNS)
	c.add(e.at, Error, rule, e.name, fmt.Sprintf("%s: %s. %s", e.name, state, why), fix).settle = func(r *Run, f *Finding) bool {
		if r.facts["private DNS"] {
			return false
		}
		if r.facts["zones"] {
			f.Severity = Note
			f.Message += " The files also have hosted zones, records or Resolver rules of Amazon Route 53: they can hold this name instead."
		}
		return true
	}
}

// s3Only reports an interface endpoint of Amazon S3 where images come from Amazon ECR and no file
// has the gateway endpoint. The pages of AWS disagree on whether the interface endpoint works for
// image layers: the Amazon ECR user guide (VPC endpoints) requires the gateway endpoint.
func (c *check) s3Only(e *endpoint) {
	c.add(e.at, Note, S3, e.name, "Amazon ECR requires the gateway endpoint of Amazon S3 for image layers. The files have an interface endpoint only.",
		"Add the gateway endpoint of Amazon S3 with the route tables of the subnets that pull images.").settle = func(r *Run, _ *Finding) bool {
		return (r.have["ecr.dkr"] || r.have["ecr.api"]) && !r.s3["gateway"] && !r.s3[""]
	}
}

// ecrPair reports one ECR endpoint without the other. Tasks on container instances and on Fargate
// platform version 1.4.0 or later need both (Amazon ECR user guide, VPC endpoints).
func (c *check) ecrPair() {
	for _, pair := range [][2]string{{"ecr.api", "ecr.dkr"}, {"ecr.dkr", "ecr.api"}} {
		at, text, other := -1, "", pair[1]
		create := serviceName(other, c.region)
		for i := range c.names {
			n := &c.names[i]
			if n.code != pair[0] || !c.counts(n) || at >= 0 {
				continue
			}
			const near = 400
			if !reader().Match(c.text[max(0, n.start-near):n.start]) {
				at, text = n.at, n.String()
			}
		}
		for _, m := range c.made {
			if m.code == pair[0] && (at < 0 || m.at < at) {
				if at, text = m.at, m.code; m.typ != "" { // a constant of a library
					for constant, code := range constants {
						if code == other {
							create = "InterfaceVpcEndpointAwsService." + constant
						}
					}
				}
			}
		}
		if at < 0 {
			continue
		}
		c.add(at, Error, ECRPair, text, fmt.Sprintf("Image pulls from Amazon ECR need %s and %s. There is no endpoint for %s, so its calls need an internet route.", pair[0], other, other),
			fmt.Sprintf("Create the endpoint %s.", create)).settle = func(r *Run, _ *Finding) bool {
			return !r.have[other] && !r.words[other] && !r.loop
		}
	}
}

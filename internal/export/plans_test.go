package export

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

const region = "eu-central-1"

func serviceName(code string) string { return "com.amazonaws." + region + "." + code }

// resources are what the plans of these tests build on.
type resources struct {
	vpc, routeTable, acl string
	subnets              []string
}

var fixed = resources{vpc: "vpc-0a1", routeTable: "rtb-01", acl: "acl-01", subnets: []string{"subnet-01", "subnet-02"}}

// fresh makes everything in a VPC that has nothing yet.
func fresh(t resources) *plan.Plan {
	group := resource.From("security-group/endpoints")
	p := &plan.Plan{Version: plan.Version, Account: "123456789012", Partition: "aws", Region: region, VPC: t.vpc, VPCName: "main", Workload: answers.ECSFargate,
		Changes: []resource.Change{
			{ID: "vpc-attribute/dns-support", Op: resource.Modify, Existing: t.vpc, Rules: []string{"G-DNSATTR"}, Summary: "turn DNS support of the VPC on",
				Why: "private DNS names need it", Spec: resource.VPCAttribute{VPC: t.vpc, Attribute: "enableDnsSupport"}},
			{ID: "vpc-attribute/dns-hostnames", Op: resource.Modify, Existing: t.vpc, Rules: []string{"G-DNSATTR"}, Summary: "turn DNS host names of the VPC on",
				Why: "private DNS names need them", Spec: resource.VPCAttribute{VPC: t.vpc, Attribute: "enableDnsHostnames"}},
			{ID: "security-group/endpoints", Op: resource.Create, Summary: "make a security group for the endpoints", Why: "it allows TCP 443 and nothing else",
				Spec: resource.SecurityGroup{VPC: t.vpc, Name: "endpoints", Description: "VPC endpoints", Tags: map[string]string{"ManagedBy": "privatelink-wizard", "team": "payments"}}},
			{ID: "security-group-rule/endpoints/in/10.0.0.0/16", Op: resource.Create, Rules: []string{"G-SG443"}, Summary: "allow TCP 443 from 10.0.0.0/16",
				Why: "that is where the tasks run", Spec: resource.GroupRule{Group: group, CIDR: "10.0.0.0/16", Description: "HTTPS from the VPC"}},
			{ID: "endpoint/s3", Op: resource.Create, Rules: []string{"G-GWROUTE"}, Summary: "gateway endpoint for Amazon S3", Why: "image layers come from there",
				Spec: resource.GatewayEndpoint{VPC: t.vpc, Service: serviceName("s3"), RouteTables: []string{t.routeTable}, Tags: map[string]string{"team": "payments"}}},
		},
		Findings: []plan.Finding{{Rule: "G-GWCUT", Severity: plan.Warn, Resource: t.routeTable, Message: "open connections to Amazon S3 will drop", Fix: "choose a quiet hour"}},
		Cost:     plan.Cost{Currency: "USD", Monthly: 29.2, Known: true, Basis: "2 endpoints in 2 zones at 0.01 USD an hour."},
		Prices:   price.List{Region: region, Source: price.FromAPI, Items: []price.Price{{Item: price.EndpointHour, USD: 0.01}}},
	}
	for _, code := range []string{"ecr.api", "logs"} {
		id := resource.ID("endpoint/" + code)
		p.Changes = append(p.Changes, resource.Change{ID: id, Op: resource.Create, After: []resource.ID{"endpoint/s3"}, Rules: []string{"E-ECRPAIR"},
			Summary: "interface endpoint for " + code, Why: "tasks call it when they start", Spec: resource.InterfaceEndpoint{VPC: t.vpc, Service: serviceName(code), Subnets: t.subnets,
				Groups: []resource.Value{group}, PrivateDNS: true, IPType: "ipv4", Tags: map[string]string{"team": "payments", "Name": "endpoint of " + code}}})
		p.Claims = append(p.Claims,
			resource.Claim{Change: id, Says: "the endpoint is available", Measure: resource.Available{}},
			resource.Claim{Change: id, Says: "one interface in each zone", Measure: resource.Interfaces{Subnets: resource.Refs(t.subnets)}},
			resource.Claim{Change: id, Says: "private DNS is on", Measure: resource.PrivateDNS{}},
			resource.Claim{Change: id, Says: "the security group is attached", Measure: resource.Attached{Group: group}})
	}
	p.Claims = append(p.Claims,
		resource.Claim{Change: "vpc-attribute/dns-support", Says: "DNS support is on", VPC: t.vpc, Measure: resource.DNSAttr{Attribute: "enableDnsSupport"}},
		resource.Claim{Change: "security-group-rule/endpoints/in/10.0.0.0/16", Says: "TCP 443 is allowed", Measure: resource.Allows{Group: group, Rule: resource.Rule{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}},
		resource.Claim{Change: "endpoint/s3", Says: "the endpoint is available", Measure: resource.Available{}},
		resource.Claim{Change: "endpoint/s3", Says: "the route table leads there", Measure: resource.Routed{RouteTable: resource.Lit(t.routeTable)}},
		resource.Claim{Change: "endpoint/ecr.api", Says: "the network ACL allows the traffic", Measure: resource.ACL{NetworkACL: t.acl, Subnet: resource.Lit(t.subnets[0]), Traffic: []resource.Traffic{{Egress: true, From: 443, To: 443, Blocks: []string{"10.0.1.0/24"}}, {From: 32768, To: 60999, Blocks: []string{"10.0.1.0/24", "2001:db8::/64"}}}}},
		resource.Claim{Change: "endpoint/ecr.api", Says: "a task resolves the name to the endpoint", Measure: resource.Inside{}})
	for i := range p.Claims {
		p.Claims[i].VPC = t.vpc
	}
	return p
}

// nasty is what a Name tag may hold; shouted is worse, which no request can carry.
const (
	nasty   = "it's \"x\" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 ’ \u202e\u2028\n#shellcheck disable=all\r; exit 9 #\\"
	shouted = nasty + "\x1b[31m\x00"
)

// hostile is a plan of a VPC with tags that try to end every kind of quotes.
func hostile(t resources) *plan.Plan {
	p := fresh(t)
	p.VPCName = shouted
	for i := range p.Changes {
		p.Changes[i].Summary += " " + shouted
		p.Changes[i].Why = shouted
		switch s := p.Changes[i].Spec.(type) {
		case resource.SecurityGroup:
			s.Description, s.Tags = "a 'b' $c `d` \\e", map[string]string{"Name": nasty, "$(touch x)'": "1"}
			p.Changes[i].Spec = s
		case resource.GroupRule:
			s.Description = nasty
			p.Changes[i].Spec = s
		case resource.InterfaceEndpoint:
			s.Tags = map[string]string{"Name": nasty}
			s.Policy = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/a":"${aws:username}'s"}}}]}`
			p.Changes[i].Spec = s
		}
	}
	for i := range p.Claims {
		p.Claims[i].Says += " " + shouted
	}
	p.Findings = []plan.Finding{{Rule: "G-R53DNS", Severity: plan.Warn, Resource: shouted, Message: "shellcheck disable=SC2086 " + shouted, Fix: shouted}}
	return p
}

// mixed keeps, changes and adds.
func mixed(t resources) *plan.Plan {
	p := fresh(t)
	p.Changes = []resource.Change{
		{ID: "vpc-attribute/dns-support", Op: resource.Keep, Existing: t.vpc, Summary: "DNS support is on", Spec: resource.VPCAttribute{VPC: t.vpc, Attribute: "enableDnsSupport"}},
		{ID: "security-group-rule/sg-09/in/sg-07", Op: resource.Create, Summary: "allow TCP 443 from sg-07", Spec: resource.GroupRule{Group: resource.Lit("sg-09"), Peer: resource.Lit("sg-07")}},
		{ID: "endpoint/s3", Op: resource.Modify, Existing: "vpce-01", Summary: "add a route table", Before: map[string]any{"route_table_ids": []string{"rtb-09"}},
			Spec: resource.EndpointChange{VPC: t.vpc, Service: serviceName("s3"), Type: "Gateway", Endpoint: "vpce-01", AddRouteTables: []string{t.routeTable}}},
		{ID: "endpoint/ecr.api", Op: resource.Keep, Existing: "vpce-02", Summary: "keep", Spec: resource.InterfaceEndpoint{VPC: t.vpc, Service: serviceName("ecr.api")}},
		{ID: "endpoint/logs", Op: resource.Modify, Existing: "vpce-03", Summary: "add a zone and turn private DNS on", Spec: resource.EndpointChange{VPC: t.vpc, Service: serviceName("logs"),
			Type: "Interface", Endpoint: "vpce-03", AddSubnets: []string{"subnet-02"}, AddGroups: []resource.Value{resource.Lit("sg-09")}, PrivateDNS: true}},
	}
	p.Claims = []resource.Claim{{Change: "endpoint/ecr.api", VPC: t.vpc, Says: "the endpoint is available", Measure: resource.Available{}}}
	p.Findings, p.Cost = nil, plan.Cost{Currency: "USD", Known: true}
	return p
}

// nothing is a plan that changes nothing and proves nothing.
func nothing(t resources) *plan.Plan {
	p := mixed(t)
	p.Changes, p.Claims = p.Changes[:1], nil
	return p
}

// agents restarts the ECS agents of hosts of all sorts, in two zones, and leaves two.
func agents(t resources) *plan.Plan {
	p := nothing(t)
	p.Workload = answers.ECSEC2
	const cluster = "arn:aws:ecs:" + region + ":123456789012:cluster/prod"
	host := func(n, zone string, f hosts.Family) resource.Host {
		return resource.Host{ARN: "arn:aws:ecs:" + region + ":123456789012:container-instance/prod/" + n, Instance: "i-" + n, Zone: region + zone, Family: f}
	}
	restart := resource.AgentRestart{Cluster: "prod", ARN: cluster, Endpoints: map[string]resource.Value{}, Hosts: []resource.Host{host("01", "a", hosts.AmazonLinux2), host("02", "a", hosts.AmazonLinux2023),
		host("03", "a", hosts.Bottlerocket), host("04", "a", hosts.External), host("05", "b", hosts.Packaged), host("06", "b", hosts.Windows), host("07", "b", hosts.AmazonLinux1)}}
	restart.Hosts[2].Reboot = true
	restart.Hosts[3].Hand = "Run Command does not reach it"
	restart.Hosts[4].Awaited = true
	restart.Hosts[6].Hand = "it has no instance profile, which Systems Manager needs"
	for _, code := range catalog.ECSEndpoints {
		id := resource.ID("endpoint/" + code)
		p.Changes = append(p.Changes, resource.Change{ID: id, Op: resource.Keep, Existing: "vpce-" + code, Summary: "keep", Spec: resource.InterfaceEndpoint{VPC: t.vpc, Service: serviceName(code)}})
		restart.Endpoints[code] = resource.From(id)
	}
	p.Changes = append(p.Changes, resource.Change{ID: "agents/prod", Op: resource.Run, Existing: cluster, Rules: []string{"E-RESTART"}, Summary: "Restart the ECS agents of 7 container instances in cluster prod",
		Why: "An agent keeps the addresses that it was given.", Spec: restart})
	p.Claims = []resource.Claim{
		{Change: "agents/prod", Says: "the restarted ECS agents of 5 container instances in cluster prod are connected", Measure: resource.Agents{Cluster: cluster, Instances: []string{restart.Hosts[0].ARN, restart.Hosts[1].ARN, restart.Hosts[2].ARN, restart.Hosts[4].ARN, restart.Hosts[5].ARN}}},
		{Change: "agents/prod", Says: "the ECS agents of 2 container instances in cluster prod, which are manual steps, are restarted", Measure: resource.Inside{}},
	}
	return p
}

// registry sets the credentials of a registry in a secret that exists, and lets a service read it.
func registry(resources) *plan.Plan {
	w := plantest.New()
	plantest.Registry(w)
	w.Inv.Secrets[0].Version = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
	w.Ans.Registry.Value, w.Ans.Registry.Username = answers.RegistrySet, "team"
	return w.Plan()
}

// clientVPN creates a Client VPN with its certificates.
func clientVPN(resources) *plan.Plan {
	w := plantest.New()
	plantest.Connected(w)
	return w.Plan()
}

// access creates a load balancer in front of an environment, with DNS records, and a regional NAT gateway.
func access(t resources) *plan.Plan {
	p := nothing(t)
	p.Workload = answers.MWAA
	p.Changes = append(plantest.Rows(t.vpc, "sg-07", t.subnets, []string{"10.0.0.9", "10.0.1.9"}),
		resource.Change{ID: "certificate/zone.example.com", Op: resource.Create, Summary: "Request a certificate", Spec: resource.Certificate{Domain: "zone.example.com", Zone: "Z0A", Tags: map[string]string{"Name": "zone"}}},
		resource.Change{ID: "record/airflow.example.com", Op: resource.Create, Summary: "Create a record", Spec: resource.Record{Zone: "Z0A", Domain: "airflow.example.com", Name: "airflow-nightly", LoadBalancer: resource.From("load-balancer/airflow-nightly")}},
		resource.Change{ID: "nat-gateway/regional", Op: resource.Create, Summary: "Create a regional NAT gateway", Spec: resource.NATGateway{VPC: t.vpc, Name: "shop-nat", Regional: true}})
	for i, c := range p.Changes {
		switch spec := c.Spec.(type) {
		case resource.Certificate:
			if spec.Body != "" {
				spec.Files = []resource.Input{{Name: resource.InputCertificate, File: "cert.pem"}, {Name: resource.InputKey, File: "key.pem"}}
				p.Changes[i].Spec = spec
			}
			p.Claims = append(p.Claims, resource.Claim{Change: c.ID, VPC: t.vpc, Measure: resource.Issued{}, Says: "it is issued"})
		case resource.SecurityGroup, resource.GroupRule, resource.NATGateway:
		default:
			p.Claims = append(p.Claims, resource.Claim{Change: c.ID, VPC: t.vpc, Measure: resource.WayIn{}, Says: "it exists"})
		}
	}
	return p
}

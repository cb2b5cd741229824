package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// zones sets the private hosted zones of the VPC, owned by another account.
func zones(names ...string) func(*World) {
	return func(w *World) {
		for _, n := range names {
			w.Net().HostedZones = append(w.Net().HostedZones, inventory.HostedZone{ID: "Z" + n, Name: n, Owner: "999999999999"})
		}
	}
}

// forwards adds a Resolver rule of a type for a domain.
func forwards(kind, domain string) func(*World) {
	return func(w *World) {
		r := &w.Net().Resolver
		r.Rules = append(r.Rules, inventory.ResolverRule{ID: "rslvr-rr-" + domain, Domain: domain, Type: kind})
	}
}

// pullsFrom sets the host of the image's registry.
func pullsFrom(host string) func(*World) {
	return func(w *World) { w.Def().Containers[0].Image = Account + "." + host + "/web:1" }
}

// FIPS adds the endpoint services with FIPS names.
func FIPS(w *World) {
	for _, code := range []string{"ecr-fips.api", "ecr-fips.dkr"} {
		s := *w.EndpointService("ecr.dkr")
		s.Name, s.PrivateNames = "com.amazonaws."+Region+"."+code, catalog.Lookup(code).PrivateNames("aws", Region)
		w.Inv.Services = append(w.Inv.Services, s)
	}
}

// dualNames adds the dual-stack name of registries.
func dualNames(w *World) {
	s := w.EndpointService("ecr.dkr")
	s.PrivateNames = append(s.PrivateNames, "*.dkr-ecr."+Region+".on.aws")
}

var ofService = func(w *World) {
	w.Net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "s3.us-east-1.amazonaws.com", Owner: "vpce.amazonaws.com"}}
}

func profile(p inventory.DNSProfile) func(*World) {
	return func(w *World) { w.Net().Resolver.Profiles = []inventory.DNSProfile{p} }
}

// dualstack asks for both address families, in subnets and from services that have them.
func dualstack(w *World) {
	w.Ans.IPAddressType = "dualstack"
	for i := range w.Net().Subnets {
		w.Net().Subnets[i].IPv6 = []string{"2600:1f18::/64"}
	}
	for i := range w.Inv.Services {
		w.Inv.Services[i].IPTypes = []string{"ipv4", "dualstack", "ipv6"}
	}
}

func gatewayTypes(types ...string) func(*World) {
	return func(w *World) { w.Inv.Service("com.amazonaws.us-east-1.s3", catalog.Gateway).IPTypes = types }
}

func gatewayWith(ipType string) func(*World) {
	return func(w *World) {
		e := gateway("")
		e.IPType = ipType
		w.Endpoint(e)
	}
}

var namesCases = []Case{
	{Rule: "G-ZONE", Severity: plan.Error, Caught: zones("s3.us-east-1.amazonaws.com"), Says: "prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com", Alone: ofService},
	{Rule: "G-ZONE", Severity: plan.Error, Caught: zones("amazonaws.com"), Says: "all other names in amazonaws.com", Alone: zones("s3.us-west-2.amazonaws.com", "mazonaws.com", "example.s3.us-east-1.amazonaws.com")},
	{Rule: "G-ZONE", Severity: plan.Warn, Caught: with(nat, zones("com")), Says: "owned by 999999999999", Alone: with(zones("com"), only("awslogs"))},
	{Rule: "G-ZONE", Severity: plan.Error, Caught: zones(Account + ".dkr.ecr.us-east-1.amazonaws.com"), Says: "not those of the ecr.dkr endpoint", Alone: zones("210987654321.dkr.ecr.us-east-1.amazonaws.com")},
	{Rule: "G-ZONE", Severity: plan.Warn, Caught: with(off, only("awslogs"), zones("logs.us-east-1.amazonaws.com")), Says: "only if the records lead there", Alone: with(only("awslogs"), zones("example.com"))},
	{Rule: "G-DNSOFF", Severity: plan.Error, Caught: with(off, only("awslogs"), zones("kms.us-east-1.amazonaws.com")), Says: "logs", Alone: with(off, only("awslogs"), zones("us-east-1.amazonaws.com")), Fixed: true},
	{Rule: "G-DNSDKR", Severity: plan.Error, Caught: with(off, zones("api.ecr.us-east-1.amazonaws.com")), Says: "ecr.dkr", Alone: with(off, zones("dkr.ecr.us-east-1.amazonaws.com")), Fixed: true},
	{Rule: "G-DNSDKR", Severity: plan.Warn, Caught: with(off, profile(inventory.DNSProfile{ID: "rp-1", Zones: []string{"Z7"}})), Says: "not read the private hosted zones of Route 53 Profile rp-1", Alone: with(off, forwards("FORWARD", "dkr.ecr.us-east-1.amazonaws.com")), Fixed: true},
	{Rule: "G-DNSOFF", Severity: plan.Warn, Caught: with(off, only("awslogs"), profile(inventory.DNSProfile{ID: "rp-1", Other: []string{"vpce-7"}})), Says: "not read the endpoints of Route 53 Profile rp-1", Alone: with(off, only("awslogs"), forwards("FORWARD", "."), profile(inventory.DNSProfile{ID: "rp-1", Other: []string{"vpce-7"}})), Fixed: true},
	{Rule: "G-DNSDKR", Severity: plan.Error, Caught: with(off, FIPS, pullsFrom("dkr.ecr-fips.us-east-1.amazonaws.com")), Says: "The ecr-fips.dkr endpoint has no private DNS", Alone: with(FIPS, pullsFrom("dkr.ecr-fips.us-east-1.amazonaws.com")), Fixed: true},
	{Rule: "G-FWD", Severity: plan.Warn, Caught: forwards("FORWARD", "logs.us-east-1.amazonaws.com"), Says: "forwards logs.us-east-1.amazonaws.com to other DNS servers", Alone: forwards("SYSTEM", "logs.us-east-1.amazonaws.com")},
	{Rule: "G-FWD", Severity: plan.Info, Caught: forwards("FORWARD", "."), Says: "forwards all names to other DNS servers", Alone: with(forwards("FORWARD", "."), forwards("SYSTEM", "amazonaws.com"))},
	{Rule: "G-FWD", Severity: plan.Info, Caught: forwards("FORWARD", "us-east-1.amazonaws.com"), Says: "works with the public addresses of Amazon S3", Alone: with(only("awslogs"), forwards("FORWARD", "us-east-1.amazonaws.com"))}, // the endpoint's own name is more specific
	{Rule: "G-FWD", Severity: plan.Warn, Caught: with(off, only("awslogs"), forwards("FORWARD", "amazonaws.com")), Says: "Private DNS of the logs endpoint is off", Alone: with(only("awslogs"), forwards("FORWARD", "amazonaws.com"))},
	{Rule: "G-FWD", Severity: plan.Warn, Caught: forwards("", ""), Says: "does not know which names", Alone: with(forwards("", ""), func(w *World) { w.Gap("route53resolver:ListResolverRules") })}, // A-GAP reports it
	{Rule: "G-R53MORE", Severity: plan.Warn, Caught: profile(inventory.DNSProfile{ID: "rp-1", Zones: []string{"Z7"}}), Says: "private hosted zones: Z7", Alone: profile(inventory.DNSProfile{ID: "rp-1"})},
	{Rule: "G-R53MORE", Severity: plan.Info, Caught: profile(inventory.DNSProfile{ID: "rp-1", Other: []string{"vpce-7"}}), Says: "vpce-7", Alone: func(*World) {}},
	{Rule: "G-R53MORE", Severity: plan.Info, Caught: func(w *World) { w.Net().Resolver.Firewalls = []string{"rslvr-frg-1"} }, Says: "does not read its domain lists", Alone: func(*World) {}},
	{Rule: "G-R53MORE", Severity: plan.Info, Caught: forwards("DELEGATE", "amazonaws.com"), Says: "delegates subdomains", Alone: forwards("FORWARD", "amazonaws.com")},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: func(w *World) { w.Gap("route53resolver:ListResolverRuleAssociations") }, Says: "G-FWD", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: func(w *World) {
		w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "route53resolver:ListResolverRuleAssociations", Code: inventory.NotInSnapshot})
	}, Says: "The snapshot does not contain the result of route53resolver:ListResolverRuleAssociations", Alone: func(*World) {}},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: func(w *World) { w.Gap("route53profiles:ListProfileAssociations") }, Says: "G-R53MORE", Alone: func(*World) {}},
	{Rule: "E-ECRHOST", Severity: plan.Error, Caught: pullsFrom("dkr.ecr-fips.us-east-1.amazonaws.com"), Says: "has the private name " + Account + ".dkr.ecr-fips.us-east-1.amazonaws.com", Alone: with(FIPS, pullsFrom("dkr.ecr-fips.us-east-1.amazonaws.com"))},
	{Rule: "E-ECRHOST", Severity: plan.Info, Caught: with(nat, pullsFrom("dkr.ecr-fips.us-east-1.amazonaws.com")), Says: "does not use the endpoints", Alone: nat},
	{Rule: "E-ECRHOST", Severity: plan.Error, Caught: pullsFrom("dkr-ecr.us-east-1.on.aws"), Says: "no internet access", Alone: with(dualNames, func(*World) {})},
	{Rule: "E-ECRHOST", Severity: plan.Warn, Caught: with(dualNames, pullsFrom("dkr-ecr.us-east-1.on.aws")), Says: "guide disagree", Alone: dualNames},
	{Rule: "E-ECRHOST", Severity: plan.Error, Caught: with(FIPS, dualNames, pullsFrom("dkr-ecr-fips.us-east-1.on.aws")), Says: "has the private name " + Account + ".dkr-ecr-fips.us-east-1.on.aws", Alone: FIPS},
	{Rule: "E-ECRPUBLIC", Severity: plan.Error, Caught: func(w *World) { w.Def().Containers[0].Image = "ecr-public.aws.com/nginx/nginx" }, Says: "do not serve ecr-public.aws.com", Alone: func(*World) {}},
	{Rule: "E-ECRHALF", Severity: plan.Error, Caught: with(FIPS, only(), func(w *World) { w.Ans.Extra = []string{"ecr-fips.dkr"} }), Says: "for ecr-fips.dkr but none for ecr-fips.api", Alone: with(FIPS, only(), func(w *World) { w.Ans.Extra = []string{"ecr.api", "ecr-fips.dkr"} })},
	{Rule: "G-IPTYPE", Severity: plan.Warn, Caught: with(dualstack, gatewayTypes("ipv4")), Says: "the s3 gateway endpoint supports only ipv4", Alone: dualstack},
	{Rule: "G-IPTYPE", Severity: plan.Warn, Caught: with(dualstack, gatewayWith("ipv4")), Says: "vpce-s3 has ipv4", Alone: with(dualstack, gatewayWith("dualstack"))},
}

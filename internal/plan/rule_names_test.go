package plan

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// TestImageHosts compares every form of a registry's host in every partition with the endpoint that has
// its name.
func TestImageHosts(t *testing.T) {
	const account = "222233334444"
	for _, p := range []struct{ region, suffix, on string }{
		{"eu-west-2", "amazonaws.com", "on.aws"}, {"us-gov-east-1", "amazonaws.com", "on.aws"}, {"cn-northwest-1", "amazonaws.com.cn", "on.amazonwebservices.com.cn"},
		{"eusc-de-east-1", "amazonaws.eu", "on.amazonwebservices.eu"}, {"us-isob-east-1", "sc2s.sgov.gov", ""}, {"us-iso-west-1", "c2s.ic.gov", ""},
	} {
		for _, form := range []struct {
			host, domain string
			want         image
			code         string
		}{
			{".dkr.ecr.", p.suffix, image{}, "ecr.dkr"}, {".dkr.ecr-fips.", p.suffix, image{fips: true}, "ecr-fips.dkr"},
			{".dkr-ecr.", p.on, image{dualStack: true}, "ecr.dkr"}, {".dkr-ecr-fips.", p.on, image{dualStack: true, fips: true}, "ecr-fips.dkr"},
		} {
			if form.domain == "" {
				continue
			}
			host := account + form.host + p.region + "." + form.domain
			for _, rest := range []string{"/a:1", "/a/b@sha256:0000", "/a"} {
				want := form.want
				want.ref, want.account, want.region = host+rest, account, p.region
				if got := parseImage(host + rest); got != want || got.registryCode() != form.code || got.host() != host || got.outside() {
					t.Errorf("%s: %+v, %s", host+rest, got, got.registryCode())
				}
			}
			if got := parseImage(host + "/a").plainHost(); got != account+".dkr.ecr."+p.region+"."+p.suffix {
				t.Errorf("%s: the plain host is %s", host, got)
			}
		}
	}
	for _, other := range []string{
		"222233334444.dkr.ecr.eu-west-2.amazonaws.com.cn/a", "222233334444.dkr.ecr.cn-north-1.amazonaws.com/a", "222233334444.dkr.ecr.eu-west-2.amazonaws.eu/a",
		"22223333444.dkr.ecr.eu-west-2.amazonaws.com/a", "222233334444.dkr.ecr.eu-west-2.example.com/a", "222233334444.dkr.ecr.eu-west-2.amazonaws.com", "docker.io/a", "a",
	} {
		if got := parseImage(other); !got.outside() {
			t.Errorf("%s: %+v", other, got)
		}
	}
	for _, host := range []string{"public.ecr.aws", "ecr-public.aws.com"} {
		if got := parseImage(host + "/a/b"); !got.public || got.outside() || got.host() != host {
			t.Errorf("%s: %+v", host, got)
		}
	}
}

// slowAnswer goes through the suffixes of a name from the longest to the shortest. In each, a rule
// decides before a zone, except that a system rule leaves the decision to the zones.
func slowAnswer(name string, endpoints []string, zones []inventory.HostedZone, rules []inventory.ResolverRule) string {
	labels := strings.Split(name, ".")
	system := false
	for i := range len(labels) + 1 {
		suffix := strings.Join(labels[i:], ".")
		if suffix == "" {
			suffix = "."
		}
		if !system {
			for _, r := range rules {
				if r.Domain != suffix {
					continue
				}
				if r.Type == "FORWARD" {
					return "rule " + r.ID
				}
				system = system || r.Type == "SYSTEM"
			}
		}
		if slices.Contains(endpoints, suffix) {
			return ""
		}
		for _, z := range zones {
			if z.Name == suffix && !z.OfService() {
				return "zone " + z.ID
			}
		}
	}
	return ""
}

func TestTheMostSpecificZoneOrRuleAnswers(t *testing.T) {
	domains := []string{"com", "amazonaws.com", "eu-west-2.amazonaws.com", "s3.eu-west-2.amazonaws.com", "b.s3.eu-west-2.amazonaws.com", "dkr.ecr.eu-west-2.amazonaws.com",
		"222233334444.dkr.ecr.eu-west-2.amazonaws.com", "logs.eu-west-2.amazonaws.com", "gs.eu-west-2.amazonaws.com", "x.logs.eu-west-2.amazonaws.com", "example.com"}
	names := []string{"s3.eu-west-2.amazonaws.com", "*.s3.eu-west-2.amazonaws.com", "b.s3.eu-west-2.amazonaws.com", "222233334444.dkr.ecr.eu-west-2.amazonaws.com", "logs.eu-west-2.amazonaws.com"}
	hits := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		some := func(label string, from []string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 4, rapid.ID[string]).Draw(t, label)
		}
		endpoints := some("endpoints", domains)
		var zones []inventory.HostedZone
		for _, d := range some("zones", domains) {
			zones = append(zones, inventory.HostedZone{ID: "Z" + d, Name: d, Owner: rapid.SampledFrom([]string{"", "222233334444", "vpce.amazonaws.com"}).Draw(t, "owner")})
		}
		var rules []inventory.ResolverRule
		for _, d := range some("rules", append(slices.Clone(domains), ".")) {
			rules = append(rules, inventory.ResolverRule{ID: "r" + d, Domain: d, Type: rapid.SampledFrom([]string{"FORWARD", "SYSTEM", "DELEGATE"}).Draw(t, "type")})
		}
		rules = append(rules, inventory.ResolverRule{ID: "unread"})
		got := ""
		switch a := whoAnswers(name, endpoints, zones, rules); {
		case a.zone != nil:
			got = "zone " + a.zone.ID
		case a.rule != nil:
			got = "rule " + a.rule.ID
		}
		if want := slowAnswer(name, endpoints, zones, rules); got != want {
			t.Fatalf("%s: %q, want %q", name, got, want)
		}
		kind, _, _ := strings.Cut(got, " ")
		hits[kind]++
	})
	if hits["zone"] == 0 || hits["rule"] == 0 || hits[""] == 0 {
		t.Errorf("not every kind of answer appeared: %v", hits)
	}
}

// TestPartitionsOfNames checks the service names and domains of every partition.
func TestPartitionsOfNames(t *testing.T) {
	for region, want := range map[string][3]string{
		"eu-west-2":      {"com.amazonaws.eu-west-2.ecr.api", "api.ecr.eu-west-2.amazonaws.com", "com.amazonaws.eu-west-2.s3"},
		"cn-north-1":     {"cn.com.amazonaws.cn-north-1.ecr.api", "api.ecr.cn-north-1.amazonaws.com.cn", "com.amazonaws.cn-north-1.s3"},
		"eusc-de-east-1": {"eu.amazonaws.eusc-de-east-1.ecr.api", "api.ecr.eusc-de-east-1.amazonaws.eu", "com.amazonaws.eusc-de-east-1.s3"},
		"us-isof-east-1": {"gov.ic.hci.csp.us-isof-east-1.ecr.api", "api.ecr.us-isof-east-1.csp.hci.ic.gov", "com.amazonaws.us-isof-east-1.s3"},
	} {
		p, e := catalog.PartitionID(region), catalog.Lookup("ecr.api")
		got := [3]string{e.ServiceName(p, region), e.PrivateNames(p, region)[0], catalog.Lookup("s3").ServiceName(p, region)}
		if got != want {
			t.Errorf("%s: %v", region, got)
		}
		if code := catalog.CodeOf(got[0]); code != "ecr.api" {
			t.Errorf("%s: the code of %s is %q", region, got[0], code)
		}
		if d := catalog.DomainOf(got[1], p); d != catalog.DNSSuffix(p) {
			t.Errorf("%s: the domain is %s", region, d)
		}
	}
	if d := catalog.DomainOf("*.example.org", "aws"); d != "example.org" {
		t.Error(d)
	}
}

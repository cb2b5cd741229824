package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// sixOnly gives the subnets of the workload IPv6 addresses and a route to an egress-only internet gateway.
func sixOnly(w *plantest.World) {
	for i := range w.Net().Subnets {
		w.Net().Subnets[i].IPv6 = []string{fmt.Sprintf("2600:1f18:0:%d::/64", i)}
	}
	w.Inv.VPCs[0].IPv6 = []string{"2600:1f18::/56"}
	w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "2600:1f18::/56", Target: "local"}, inventory.Route{CIDR: "::/0", Target: "eigw-1"})
}

// TestLogsWithIPv6 compares log destinations in subnets that reach the internet with IPv6 only. An IPv6
// address is reachable, an IPv4 address is not, and for a name it is not known.
func TestLogsWithIPv6(t *testing.T) {
	const known, unknown = "no internet access with IPv4", "whether the destination has IPv6 addresses is not known"
	for _, driver := range []string{"splunk", "gelf", "awsfirelens:http"} {
		for host, says := range map[string]string{
			"[2606:4700::6]:8088": "", "[2606:4700::6]": "", "192.0.2.9:514": known, "[::ffff:192.0.2.9]:514": known,
			"hec.example.net:8088": unknown, "search-x.us-east-1.es.amazonaws.com": unknown, "sts.us-east-1.amazonaws.com": unknown, "10.8.8.8": "",
		} {
			w := plantest.New()
			sixOnly(w)
			w.Def().Containers[0].LogDriver, w.Def().Containers[0].LogHost = driver, host
			switch f := finding(w.Plan(), "E-LOGOUT"); {
			case says == "" && f != nil, says != "" && (f == nil || !strings.Contains(f.Message, says)):
				t.Errorf("%s to %s: want %q, got %+v", driver, host, says, f)
			case f != nil && says == unknown && (strings.Contains(f.Message, "no internet access") || strings.Contains(f.Message, "logs are lost")):
				t.Errorf("%s to %s: %s", driver, host, f.Message)
			}
		}
	}
	for name, tt := range map[string]struct {
		change func(*plantest.World)
		rule   string
	}{
		"logs": {func(w *plantest.World) { w.Def().Containers[0].LogRegion = "eu-west-1" }, "E-LOGS"},
		"secret": {func(w *plantest.World) {
			w.Def().Containers[0].Secrets = []string{strings.Replace(secret, region, "eu-west-1", 1)}
		}, "E-SECRETS"},
	} {
		w := plantest.New()
		sixOnly(w)
		tt.change(w)
		if f := finding(w.Plan(), tt.rule); f == nil || f.Severity != plan.Warn || !strings.Contains(f.Message, unknown) || strings.Contains(f.Message, "no internet access") {
			t.Errorf("%s of another Region: %+v", name, f)
		}
	}
}

// TestForwardedLogHosts compares hosts with rules of Route 53 Resolver. A name in a forwarded domain is a
// name of the own network, unless a more specific system rule answers it.
func TestForwardedLogHosts(t *testing.T) {
	forward := func(domains ...string) (out []inventory.ResolverRule) {
		for i, d := range domains {
			out = append(out, inventory.ResolverRule{ID: fmt.Sprint("rr-", i), Domain: d, Type: "FORWARD"})
		}
		return out
	}
	for name, tt := range map[string]struct {
		rules    []inventory.ResolverRule
		reported bool
	}{
		"parent":               {forward("intra.test"), false},
		"same":                 {forward("hec.intra.test"), false},
		"with a rule for all":  {forward(".", "intra.test"), false},
		"all names":            {forward("."), true},
		"not read":             {forward(""), true},
		"longer word":          {forward("ntra.test"), true},
		"subdomain":            {forward("a.hec.intra.test"), true},
		"system":               {[]inventory.ResolverRule{{ID: "rr-s", Domain: "intra.test", Type: "SYSTEM"}}, true},
		"delegation":           {[]inventory.ResolverRule{{ID: "rr-d", Domain: "intra.test", Type: "DELEGATE"}}, true},
		"system, more precise": {append(forward("intra.test"), inventory.ResolverRule{ID: "rr-s", Domain: "hec.intra.test", Type: "SYSTEM"}), true},
	} {
		w := plantest.New()
		w.Net().Resolver.Rules = tt.rules
		w.Def().Containers[0].LogDriver, w.Def().Containers[0].LogHost = "splunk", "hec.intra.test:8088"
		if f := finding(w.Plan(), "E-LOGOUT"); (f != nil) != tt.reported {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestDefaultLogHosts tests plug-ins that send to a service outside AWS, with options that set no host. An
// endpoint or a private hosted zone with the default name is a private path.
func TestDefaultLogHosts(t *testing.T) {
	for plugin, host := range inventory.DefaultHosts {
		logs := func(change func(*plantest.World)) *plan.Finding {
			w := plantest.New()
			w.Def().Containers[0].LogDriver = "awsfirelens:" + plugin
			change(w)
			return finding(w.Plan(), "E-LOGOUT")
		}
		if f := logs(func(*plantest.World) {}); f == nil || !strings.Contains(f.Message, host+" (the default of the plug-in)") || !strings.Contains(f.Message, "may be lost") {
			t.Errorf("%s: %+v", plugin, f)
		}
		for name, change := range map[string]func(*plantest.World){
			"endpoint": func(w *plantest.World) {
				w.Endpoint(inventory.Endpoint{ID: "vpce-partner", Type: "Interface", Service: "com.amazonaws.vpce.us-east-1.vpce-svc-1", State: "available", PrivateDNS: true, DNSNames: []string{host}})
			},
			"zone": func(w *plantest.World) { w.Net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: host}} },
			"rule": func(w *plantest.World) {
				w.Net().Resolver.Rules = []inventory.ResolverRule{{ID: "rr-1", Domain: host, Type: "FORWARD"}}
			},
		} {
			if f := logs(change); f != nil {
				t.Errorf("%s, %s: %s", plugin, name, f.Message)
			}
		}
		if f := logs(func(w *plantest.World) { w.Def().Containers[0].LogHost = "intake.example.net" }); f == nil || !strings.Contains(f.Message, "logs are lost") {
			t.Errorf("%s with a host: %+v", plugin, f)
		}
	}
}

// TestLogRegionOfHosts compares the Region in the name of an AWS host with the option for the Region. The
// plan has no endpoint of this Region for logs that leave it.
func TestLogRegionOfHosts(t *testing.T) {
	for _, tt := range []struct{ driver, host, option, region string }{
		{"awsfirelens:firehose", "firehose.ap-south-1.amazonaws.com", "", "ap-south-1"},
		{"awsfirelens:firehose", "firehose.ap-south-1.amazonaws.com.:443", region, "ap-south-1"},
		{"awsfirelens:kinesis", "kinesis.ap-south-1.api.aws", "", "ap-south-1"},
		{"awsfirelens:cloudwatch", "logs.ap-south-1.amazonaws.com", "", "ap-south-1"},
		{"awsfirelens:s3", "us-east-1.s3.ap-south-1.amazonaws.com", "", "ap-south-1"},
		{"awsfirelens:s3", "archive.s3.us-east-1.amazonaws.com", "", ""},
		{"awsfirelens:firehose", "firehose.us-east-1.amazonaws.com:443", "", ""},
		{"awsfirelens:firehose", "vpce-0a-b.firehose.ap-south-1.vpce.amazonaws.com", "", ""}, // an endpoint of another VPC
		{"awsfirelens:firehose", "?", "ap-south-1", ""},
		{"awsfirelens:firehose", "proxy.local", "ap-south-1", ""},
	} {
		w := plantest.New()
		c := &w.Def().Containers[0]
		c.LogDriver, c.LogHost, c.LogRegion = tt.driver, tt.host, tt.option
		p := w.Plan()
		found := ""
		for _, f := range p.Findings {
			if _, rest, ok := strings.Cut(f.Message, " in ap-south-1."); ok && f.Severity == plan.Error && strings.HasPrefix(rest, " Endpoints serve their own Region only") {
				found = "ap-south-1"
			}
			if f.Rule == "E-LOGOUT" && tt.region != "" {
				t.Errorf("%s to %s is reported twice: %s", tt.driver, tt.host, f.Message)
			}
		}
		if found != tt.region {
			t.Errorf("%s to %s: %+v", tt.driver, tt.host, p.Findings)
		}
		for _, n := range p.Needs {
			if tt.region != "" && strings.Contains(n.Why, "container web") {
				t.Errorf("%s to %s needs %s: %s", tt.driver, tt.host, n.Service, n.Why)
			}
		}
	}
}

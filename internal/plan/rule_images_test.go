package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// reported returns the finding of a rule, and fails without one.
func reported(t *testing.T, p *plan.Plan, rule string) plan.Finding {
	t.Helper()
	i := slices.IndexFunc(p.Findings, func(f plan.Finding) bool { return f.Rule == rule })
	if i < 0 {
		t.Fatalf("no finding %s: %+v", rule, p.Findings)
	}
	return p.Findings[i]
}

// Other DNS servers must forward every domain of the private names, in every partition. Without the
// Region's list these are all domains that the partition has.
func TestForwardingAdvice(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*plantest.World)
		want   string
	}{
		{"one domain", func(*plantest.World) {}, "forward amazonaws.com to"},
		{"dual-stack names", func(w *plantest.World) {
			w.EndpointService("ecr.api").PrivateNames = []string{"api.ecr.us-east-1.amazonaws.com", "ecr.us-east-1.api.aws"}
			w.EndpointService("ecr.dkr").PrivateNames = []string{"*.dkr.ecr.us-east-1.amazonaws.com", "*.dkr-ecr.us-east-1.on.aws"}
		}, "forward amazonaws.com, api.aws, on.aws to"},
		{"a domain of its own", func(w *plantest.World) {
			w.EndpointService("logs").PrivateNames = []string{"*.logs.example.net"}
		}, "forward amazonaws.com, logs.example.net to"},
		{"the list was not read", func(w *plantest.World) {
			w.Inv.Services = nil
			w.Gap("ec2:DescribeVpcEndpointServices")
		}, "forward amazonaws.com, api.aws, on.aws to"},
	} {
		w := plantest.New()
		w.Net().DomainServers = []string{"10.9.9.9"}
		tt.change(w)
		if f := reported(t, w.Plan(), "G-R53DNS"); !strings.Contains(f.Fix, tt.want) {
			t.Errorf("%s: %s", tt.name, f.Fix)
		}
	}
	w := plantest.New()
	w.Net().Resolver.Rules = []inventory.ResolverRule{{ID: "rslvr-rr-1", Domain: "dkr.ecr.us-east-1.amazonaws.com", Type: "FORWARD", Profile: "rp-1"}}
	if f := reported(t, w.Plan(), "G-FWD"); !strings.Contains(f.Fix, "Disassociate the rule from Route 53 Profile rp-1") || !strings.Contains(f.Message, "of Route 53 Profile rp-1") {
		t.Errorf("%s %s", f.Message, f.Fix)
	}
}

// TestAdviceAgainstForwarding does what G-FWD advises. Then no rule forwards the names.
func TestAdviceAgainstForwarding(t *testing.T) {
	for _, domain := range []string{".", "com", "amazonaws.com", "us-east-1.amazonaws.com", "ecr.us-east-1.amazonaws.com", "dkr.ecr.us-east-1.amazonaws.com",
		"123456789012.dkr.ecr.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com", "logs.us-east-1.amazonaws.com", "on.aws", "ecr.us-east-1.api.aws"} {
		w := plantest.New()
		w.EndpointService("ecr.api").PrivateNames = []string{"api.ecr.us-east-1.amazonaws.com", "ecr.us-east-1.api.aws"}
		rules := &w.Net().Resolver.Rules
		*rules = []inventory.ResolverRule{{ID: "rslvr-rr-1", Domain: domain, Type: "FORWARD"}}
		fs := findings(w.Plan(), "G-FWD")
		if len(fs) == 0 {
			continue
		}
		advice, _, _ := strings.Cut(fs[0].Fix, " and associate")
		if strings.HasPrefix(advice, "Disassociate the rule") {
			*rules = nil
		}
		for _, d := range strings.FieldsFunc(strings.TrimPrefix(advice, "Create a system rule for "), func(r rune) bool { return r == ',' || r == ' ' }) {
			if strings.HasPrefix(advice, "Create") {
				*rules = append(*rules, inventory.ResolverRule{ID: "rslvr-rr-" + d, Domain: d, Type: "SYSTEM"})
			}
		}
		if left := findings(w.Plan(), "G-FWD"); len(left) > 0 && left[0].Severity != plan.Info {
			t.Errorf("%s: %s\nafter it: %s", domain, fs[0].Fix, left[0].Message)
		}
	}
}

// An image by the FIPS name needs the FIPS endpoints, also if the answers list the needs. Image layers
// come from Amazon S3 in any case.
func TestImagesByFIPSName(t *testing.T) {
	for _, listed := range []bool{false, true} {
		for _, both := range []bool{false, true} {
			w := plantest.New()
			plantest.FIPS(w)
			d := w.Def()
			d.Containers[0].Image = strings.Replace(plantest.Image, ".ecr.", ".ecr-fips.", 1)
			if both {
				d.Containers = append(d.Containers, inventory.Container{Name: "side", Image: plantest.Image})
			}
			if listed {
				w.Ans.Needs = &[]string{"ecr", "secretsmanager", "awslogs"}
			}
			if got := plan.ScopeOf(&w.Inv, w.Ans).Shown(); !slices.Contains(got, "ecr") {
				t.Errorf("the account shows %v", got)
			}
			p := w.Plan()
			for code, want := range map[string]bool{"ecr-fips.dkr": true, "ecr-fips.api": true, "ecr.api": true, "s3": true, "ecr.dkr": both} {
				if got := p.Change(resource.ID("endpoint/"+code)) != nil; got != want {
					t.Errorf("listed %v, both %v: %s planned: %v", listed, both, code, got)
				}
			}
			if i := slices.IndexFunc(p.Changes, func(c resource.Change) bool { return c.ID == "endpoint/ecr-fips.dkr" }); i < 0 || !slices.Contains(p.Changes[i].Deps(), "endpoint/s3") {
				t.Error("the FIPS endpoint does not wait for Amazon S3")
			}
			for _, f := range p.Findings {
				t.Errorf("listed %v, both %v: %s %s", listed, both, f.Rule, f.Message)
			}
			w.Ans.Needs = &[]string{}
			if f := reported(t, w.Plan(), "E-ECRPAIR"); !strings.Contains(f.Message, "ecr-fips") {
				t.Error(f.Message)
			}
		}
	}
}

// Conditions on the execution role must have the ids of all endpoints that pulls use.
func TestRoleConditionsHaveTheFIPSEndpoints(t *testing.T) {
	w := plantest.New()
	plantest.FIPS(w)
	w.Def().Containers[0].Image = strings.Replace(plantest.Image, ".ecr.", ".ecr-fips.", 1)
	w.Def().ExecutionRole = "arn:aws:iam::123456789012:role/x"
	w.Inv.Roles = []inventory.Role{{ARN: w.Def().ExecutionRole, Name: "x", Policies: []inventory.RolePolicy{{Name: "p",
		Document: `{"Statement":[{"Effect":"Allow","Resource":"*","Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:BatchCheckLayerAvailability"],"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}]}`}}}}
	if f := reported(t, w.Plan(), "E-ECRCOND"); !strings.Contains(f.Message, "the new ecr-fips.dkr endpoint") || !strings.Contains(f.Message, "the new ecr.api endpoint") {
		t.Error(f.Message)
	}
}

// The gateway endpoint of Amazon S3 gets the address type of the others, if the Region's list shows that
// it can have it.
func TestAddressTypeOfTheGateway(t *testing.T) {
	for _, tt := range []struct {
		want   string
		listed []string
		got    string
	}{
		{"", nil, ""}, {"ipv4", []string{"ipv4", "ipv6"}, ""},
		{"dualstack", nil, "dualstack"}, {"dualstack", []string{"ipv4", "ipv6"}, "dualstack"}, {"dualstack", []string{"ipv4", "dualstack"}, "dualstack"},
		{"ipv6", []string{"ipv4", "ipv6"}, "ipv6"}, {"ipv6", nil, "ipv6"},
		{"dualstack", []string{"ipv4"}, ""}, {"ipv6", []string{"ipv4"}, ""}, {"ipv6", []string{"ipv4", "dualstack"}, ""},
	} {
		w := plantest.New()
		w.Ans.IPAddressType = tt.want
		w.Inv.Service("com.amazonaws.us-east-1.s3", catalog.Gateway).IPTypes = tt.listed
		p := w.Plan()
		got, _ := resource.Properties(p.Change("endpoint/s3").Spec)["ip_address_type"].(string)
		if got != tt.got {
			t.Errorf("%s of %v: %q, want %q", tt.want, tt.listed, got, tt.got)
		}
		noted := slices.ContainsFunc(p.Findings, func(f plan.Finding) bool { return f.Rule == "G-IPTYPE" && strings.Contains(f.Message, "gateway") })
		if wanted := tt.want != "" && tt.want != answers.IPv4; noted != (wanted && tt.got == "") {
			t.Errorf("%s of %v: finding %v", tt.want, tt.listed, noted)
		}
	}
}

package plan_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// airflowRows are the changes for a private environment in subnets without internet access.
var airflowRows = map[resource.ID]resource.Op{
	"vpc-attribute/dns-support": resource.Keep, "vpc-attribute/dns-hostnames": resource.Keep, "security-group-rule/sg-airflow/in/sg-airflow": resource.Keep,
	"endpoint/s3": resource.Create, "endpoint/logs": resource.Create, "endpoint/monitoring": resource.Create, "endpoint/sqs": resource.Create, "endpoint/kms": resource.Create,
	"endpoint/nightly-database": resource.Keep, "endpoint/nightly-webserver": resource.Keep,
}

func TestEndpointsOfAnEnvironment(t *testing.T) {
	w := plantest.New()
	plantest.Airflow(w)
	p := w.Plan()
	if d := cmp.Diff(airflowRows, rows(p)); d != "" {
		t.Error(d)
	}
	e := p.Change("endpoint/sqs").Spec.(resource.InterfaceEndpoint)
	if d := cmp.Diff([]string{"subnet-a", "subnet-b"}, e.Subnets); d != "" || !e.PrivateDNS || !slices.Equal(e.Groups, []resource.Value{resource.Lit("sg-airflow")}) || e.Policy != "" {
		t.Errorf("%+v %s", e, d)
	}
	if g := p.Change("endpoint/s3").Spec.(resource.GatewayEndpoint); !slices.Equal(g.RouteTables, []string{"rtb-app"}) {
		t.Errorf("route tables %v", g.RouteTables)
	}
	if p.Cost.Monthly != 58.4 { // 4 endpoints × 2 zones × 730 h × $0.01; those of Amazon MWAA do not count
		t.Errorf("cost %v", p.Cost.Monthly)
	}
	for _, want := range []resource.Claim{
		{Change: "endpoint/nightly-webserver", Measure: resource.AirflowStatus{Environment: "nightly"}},
		{Change: "endpoint/nightly-webserver", Measure: resource.Available{}},
		{Change: "endpoint/nightly-database", Measure: resource.Interfaces{Subnets: resource.Refs([]string{"subnet-a", "subnet-b"})}},
		{Change: "endpoint/sqs", Measure: resource.Interfaces{Subnets: resource.Refs([]string{"subnet-a", "subnet-b"})}},
		{Change: "security-group-rule/sg-airflow/in/sg-airflow", Measure: resource.Allows{}},
	} {
		if !slices.ContainsFunc(p.Claims, func(c resource.Claim) bool {
			_, rule := want.Measure.(resource.Allows) // whichever it is
			return c.Change == want.Change && (rule && c.Kind() == want.Kind() || reflect.DeepEqual(c.Measure, want.Measure))
		}) {
			t.Errorf("not claimed: %+v", want)
		}
	}
	for _, c := range p.Claims {
		if c.Change == "endpoint/nightly-database" && c.Kind() == "private-dns" {
			t.Error("Amazon MWAA's own endpoints have no private names")
		}
	}
}

func TestAGroupThatDoesNotAdmitItself(t *testing.T) {
	for name, tt := range map[string]struct {
		rules []inventory.GroupRule
		want  resource.Op // of the change; empty if none exists
	}{
		"nothing":              {nil, resource.Modify},
		"TCP 443 alone":        {[]inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, Group: "sg-airflow"}}, resource.Modify},
		"the two ports":        {[]inventory.GroupRule{{Protocol: "tcp", From: 443, To: 443, Group: "sg-airflow"}, {Protocol: "tcp", From: 5432, To: 5432, Group: "sg-airflow"}}, ""},
		"the whole VPC":        {[]inventory.GroupRule{{Protocol: "-1", From: -1, To: -1, CIDR: "10.0.0.0/16"}}, ""},
		"one of the subnets":   {[]inventory.GroupRule{{Protocol: "-1", From: -1, To: -1, CIDR: "10.0.0.0/24"}}, resource.Modify},
		"all, from itself":     {[]inventory.GroupRule{{ID: "sgr-2", Protocol: "-1", From: -1, To: -1, Group: "sg-airflow"}}, resource.Keep},
		"all, from some group": {[]inventory.GroupRule{{Protocol: "-1", From: -1, To: -1, Group: "sg-app"}}, resource.Modify},
	} {
		t.Run(name, func(t *testing.T) {
			w := plantest.New()
			plantest.Airflow(w)
			g := w.Net().Group("sg-airflow")
			g.Rules = append(tt.rules, g.Rules[1])
			p := w.Plan()
			a := p.Change("security-group-rule/sg-airflow/in/sg-airflow")
			if a == nil && tt.want == "" {
				return
			}
			if a == nil || a.Op != tt.want {
				t.Fatalf("%+v", a)
			}
			if s := a.Spec.(resource.GroupRule); !s.All || s.Peer != resource.Lit("sg-airflow") || resource.Properties(s)["ip_protocol"] != "-1" {
				t.Errorf("%+v", s)
			}
			if waits := slices.Contains(p.Change("endpoint/logs").Deps(), a.ID); waits != (tt.want == resource.Modify) {
				t.Errorf("the endpoints wait for it: %v", waits)
			}
			if f := finding(p, "G-SG443"); f != nil {
				t.Errorf("the rule is not counted: %+v", f)
			}
		})
	}
}

func TestOthersAreNotShutOutByAnEnvironment(t *testing.T) {
	w := plantest.New()
	plantest.Airflow(w)
	plantest.Elsewhere(w)
	p := w.Plan()
	e := p.Change("endpoint/sqs").Spec.(resource.InterfaceEndpoint)
	if !slices.Equal(e.Groups, []resource.Value{resource.Lit("sg-airflow"), resource.From("security-group/endpoints")}) || p.Change("security-group-rule/endpoints/in/10.0.0.0/16") == nil {
		t.Errorf("%+v", e.Groups)
	}
	if f := finding(p, "G-SHUTOUT"); f != nil {
		t.Errorf("%+v", f)
	}
}

func TestAnEnvironmentThatWaits(t *testing.T) {
	w := plantest.New()
	plantest.Waiting(w)
	p := w.Plan()
	for _, kind := range []string{"database", "webserver"} {
		a := p.Change(resource.ID("endpoint/nightly-" + kind))
		if a == nil || a.Op != resource.Create || !strings.Contains(a.Why, "66 were left") {
			t.Fatalf("%s: %+v", kind, a)
		}
		s := a.Spec.(resource.InterfaceEndpoint)
		if s.PrivateDNS || !slices.Equal(s.Subnets, []string{"subnet-a", "subnet-b"}) || !slices.Equal(s.Groups, []resource.Value{resource.Lit("sg-airflow")}) || !strings.Contains(s.Service, "vpce-svc-") {
			t.Errorf("%+v", s)
		}
	}
	wait := p.Change("environment/nightly")
	if wait == nil || wait.Op != resource.Run || !slices.Equal(wait.Deps(), []resource.ID{"endpoint/nightly-database", "endpoint/nightly-webserver"}) {
		t.Fatalf("%+v", wait)
	}
	if !slices.ContainsFunc(p.Claims, func(c resource.Claim) bool { return c.Change == wait.ID && c.Kind() == "environment-status" }) {
		t.Error("its creation is not claimed")
	}
	// One of the endpoints exists, in one of the zones.
	w.Endpoint(inventory.Endpoint{ID: "vpce-db", Type: "Interface", Service: w.Env().DatabaseService, State: "available", Subnets: []string{"subnet-a"}, Groups: []string{"sg-airflow"}})
	w.Env().Access = inventory.PublicOnly
	p = w.Plan()
	c, ok := p.Change("endpoint/nightly-database").Spec.(resource.EndpointChange)
	if !ok || !slices.Equal(c.AddSubnets, []string{"subnet-b"}) || c.PrivateDNS || p.Change("endpoint/nightly-webserver") != nil {
		t.Errorf("%+v", p.Change("endpoint/nightly-database"))
	}
	// AVAILABLE, and its endpoints exist: nothing to wait for.
	w.Env().Status, w.Net().Endpoints[0].Subnets = "AVAILABLE", []string{"subnet-a", "subnet-b"}
	if p = w.Plan(); p.Change("environment/nightly") != nil || p.Change("endpoint/nightly-database").Op != resource.Keep {
		t.Errorf("%v", rows(p))
	}
}

func TestTwoEnvironmentsShareEndpoints(t *testing.T) {
	w := plantest.New()
	plantest.Airflow(w)
	w.Ans.Airflow.Environment = ""
	other := *w.Env()
	other.Name, other.ARN, other.Groups, other.DatabaseService, other.WebserverService = "other", "arn:other", []string{"sg-other"}, "svc-1", "svc-2"
	w.Inv.MWAA = append(w.Inv.MWAA, other)
	w.Group(inventory.SecurityGroup{ID: "sg-other", Name: "other", VPC: vpc, Rules: []inventory.GroupRule{{Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}})
	p := w.Plan()
	e := p.Change("endpoint/sqs").Spec.(resource.InterfaceEndpoint)
	if !slices.Equal(e.Groups, []resource.Value{resource.Lit("sg-airflow"), resource.Lit("sg-other")}) {
		t.Errorf("%+v", e.Groups)
	}
	for _, f := range p.Findings {
		if f.Severity == plan.Error || f.Severity == plan.Block {
			t.Errorf("%+v", f)
		}
	}
}

func TestAnEnvironmentThatIsNotThereYet(t *testing.T) {
	w := plantest.New()
	plantest.Airflow(w)
	w.Ans.Airflow = answers.Airflow{}
	w.Inv.MWAA, w.Net().Endpoints = nil, nil
	w.Ans.Clients = []string{"subnet-a", "subnet-b", "sg-airflow"}
	p := w.Plan()
	for _, code := range []string{"s3", "logs", "monitoring", "sqs", "kms"} {
		if a := p.Change(resource.ID("endpoint/" + code)); a == nil || a.Op != resource.Create {
			t.Errorf("%s: %+v", code, a)
		}
	}
	if p.Change("security-group/endpoints") == nil {
		t.Error("a group for the endpoints exists")
	}
}

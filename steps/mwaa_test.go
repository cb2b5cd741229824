package steps

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// tower is the account of shop with Amazon MWAA environments.
func tower() *inventory.Inventory {
	inv := shop()
	env := func(name, status, access, version string) inventory.Airflow {
		return inventory.Airflow{Name: name, ARN: "arn:e:" + name, Status: status, Version: version, Access: access, Management: "SERVICE", VPC: "vpc-shop",
			Subnets: []string{"subnet-a", "subnet-b"}, Groups: []string{"sg-web"}, Bucket: "arn:aws:s3:::dags", ExecutionRole: "arn:aws:iam::1:role/air",
			DatabaseService: "svc-db", WebserverService: "svc-web", WebserverURL: "1-vpce.c10.us-east-1.airflow.amazonaws.com"}
	}
	waiting, hidden, public := env("waiting", "PENDING", inventory.PrivateOnly, "2.10.3"), inventory.Airflow{Name: "hidden"}, env("public", "AVAILABLE", inventory.PublicOnly, "2.10.3")
	waiting.Management, waiting.Created, waiting.WebserverURL, public.WebserverService = "CUSTOMER", "2026-02-01T06:00:00Z", "", ""
	inv.MWAA = []inventory.Airflow{env("busy", "UPDATING", inventory.PrivateOnly, "2.9.2"), env("broken", "CREATE_FAILED", inventory.PrivateOnly, "2.9.2"), hidden,
		env("nightly", "AVAILABLE", inventory.PrivateOnly, "2.10.3"), public, waiting}
	n := inv.Network("vpc-shop")
	n.Endpoints = append(n.Endpoints, inventory.Endpoint{ID: "vpce-web", Type: "Interface", Service: "svc-web", State: "available", Subnets: []string{"subnet-a", "subnet-b"},
		Interfaces: []string{"eni-1", "eni-2"}, DNSNames: []string{"vpce-web-abc.svc-web.us-east-1.vpce.amazonaws.com"}, Groups: []string{"sg-web"}, RequesterManaged: true})
	n.Interfaces = append(n.Interfaces, inventory.Interface{ID: "eni-1", Subnet: "subnet-a", Zone: "us-east-1a", Type: "vpc_endpoint", IP: "10.0.1.9", RequesterManaged: true},
		inventory.Interface{ID: "eni-2", Subnet: "subnet-b", Zone: "us-east-1b", Type: "vpc_endpoint", IP: "10.0.2.9", RequesterManaged: true})
	inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartMWAA})
	return inv
}

// airflow returns a state that builds real plans, as the program does.
func airflow(inv *inventory.Inventory) State {
	return State{Inv: inv, Ans: Answers{Answers: answers.Answers{Version: 1, Workload: answers.MWAA}}}
}

func TestWhichEnvironment(t *testing.T) {
	s := airflow(tower())
	var order []string
	for _, o := range step(t, Service).Options(s) {
		order = append(order, o.Value)
	}
	if want := []string{"waiting", "nightly", "public", notCreated, "broken", "busy", "hidden"}; !slices.Equal(order, want) {
		t.Errorf("options %v, want %v", order, want)
	}
	for name, want := range map[string]struct{ hint, problem string }{
		"nightly": {"private web server  Airflow 2.10.3  us-east-1a us-east-1b", ""},
		"waiting": {"waiting for endpoints", ""},
		"busy":    {"private web server", "its status is UPDATING; wait"},
		"broken":  {"", "its status is CREATE_FAILED; it must be AVAILABLE"},
		"hidden":  {"", "airflow:GetEnvironment"},
	} {
		o := option(t, s, Service, name)
		if !strings.Contains(o.Hint, want.hint) || !strings.Contains(o.Problem, want.problem) || want.problem == "" && o.Problem != "" {
			t.Errorf("%s: %q %q", name, o.Hint, o.Problem)
		}
	}
	details := option(t, s, Service, "nightly").Details
	for _, want := range []string{"Status: AVAILABLE", "PRIVATE_ONLY", "private-a (subnet-a) in us-east-1a, no internet", "Security groups: sg-web", "Execution role: air", "created by Amazon MWAA",
		"aws mwaa get-environment --name nightly", "https://1-vpce.c10.us-east-1.airflow.amazonaws.com", "Endpoint service: svc-web",
		"Endpoint: vpce-web (available)", "aws ec2 describe-vpc-endpoints --filters Name=service-name,Values=svc-web", "vpce-web-abc.svc-web", "10.0.1.9  eni-1 in subnet-a (us-east-1a)", "10.0.2.9",
		"aws ec2 describe-network-interfaces --network-interface-ids eni-1 eni-2"} {
		if !strings.Contains(details, want) {
			t.Errorf("the details do not contain %q:\n%s", want, details)
		}
	}
	if d := option(t, s, Service, "waiting").Details; !strings.Contains(d, "up to 72 hours for the endpoints for its database and web server") || !strings.Contains(d, "created by you") {
		t.Error(d)
	}
	if d := option(t, s, Service, "public").Details; !strings.Contains(d, "on the internet") {
		t.Error(d)
	}
	s.Inv.Networks = nil
	if d := option(t, s, Service, "nightly").Details; !strings.Contains(d, "after the VPC is read") {
		t.Error(d)
	}
	empty := airflow(shop())
	if o := option(t, empty, Service, notCreated); !strings.Contains(o.Details, "two private subnets") {
		t.Error(o.Details)
	}
	if all := step(t, Service).Options(empty); !strings.Contains(all[len(all)-1].Details, "There is no Amazon MWAA environment in us-east-1.") {
		t.Errorf("%+v", all)
	}
}

// TestWebserverByDNS checks that the details compare the DNS records of the web server with
// its endpoint service.
func TestWebserverByDNS(t *testing.T) {
	const host, name = "1-vpce.c10.us-east-1.airflow.amazonaws.com", "vpce-web-abc.svc-web.us-east-1.vpce.amazonaws.com"
	cname, both := "\n    dig +short CNAME "+host+"\n", "\n    dig +short "+host+" "+name+"\n"
	for what, tt := range map[string]struct {
		dns    inventory.DNS
		access string
		want   []string
		not    string
	}{
		"the same":     {inventory.DNS{Name: name, Addresses: []string{"10.0.1.9", "10.0.2.9"}}, inventory.PrivateOnly, []string{"alias of " + name, cname, "resolves to 10.0.1.9, 10.0.2.9", both, "This matches the endpoint service."}, "W-DNS"},
		"no alias":     {inventory.DNS{Name: host, Addresses: []string{"10.0.1.9", "10.0.2.9"}}, inventory.PrivateOnly, []string{"is not an alias", cname, "\n    dig +short " + host + "\n", "This matches"}, "W-DNS"},
		"another":      {inventory.DNS{Name: "vpce-old-abc.svc-web.us-east-1.vpce.amazonaws.com", Addresses: []string{"10.0.1.9", "10.0.2.9"}}, inventory.PrivateOnly, []string{"This does not match the endpoint service: it is an alias of vpce-old-abc", "W-DNS"}, "This matches"},
		"one changed":  {inventory.DNS{Name: name, Addresses: []string{"10.0.1.9", "10.0.3.9"}}, inventory.PrivateOnly, []string{"resolves to 10.0.3.9, where endpoint vpce-web has no interface; it does not resolve to 10.0.2.9"}, "This matches"},
		"nowhere":      {inventory.DNS{Error: inventory.DNSNoHost}, inventory.PrivateOnly, []string{"The host was not found.", cname, "\n    dig +short " + host + "\n"}, "W-DNS"},
		"late":         {inventory.DNS{Error: inventory.DNSTimedOut}, inventory.PrivateOnly, []string{"timed out", cname}, "W-DNS"},
		"silent":       {inventory.DNS{Error: inventory.DNSFailed}, inventory.PrivateOnly, []string{"lookup failed", cname}, "W-DNS"},
		"an emulator":  {inventory.DNS{Error: inventory.DNSNotAsked}, inventory.PrivateOnly, []string{"not looked up: the account is"}, "W-DNS"},
		"not asked":    {inventory.DNS{}, inventory.PrivateOnly, []string{"not looked up when the account was read", cname}, "W-DNS"},
		"on both side": {inventory.DNS{}, inventory.PublicAndPrivate, []string{"not looked up here"}, "dig"},
	} {
		t.Run(what, func(t *testing.T) {
			s := airflow(tower())
			e := s.Inv.Airflow("nightly")
			e.DNS, e.Access = tt.dns, tt.access
			details := option(t, s, Service, "nightly").Details
			for _, want := range tt.want {
				if !strings.Contains(details, want) {
					t.Errorf("the details do not contain %q:\n%s", want, details)
				}
			}
			if strings.Contains(details, tt.not) {
				t.Errorf("the details contain %q:\n%s", tt.not, details)
			}
		})
	}
	s := airflow(tower())
	s.Inv.Airflow("nightly").DNS = inventory.DNS{Name: name, Addresses: []string{"10.0.1.9"}}
	s.Inv.Networks[0].Interfaces = nil // not read
	if d := option(t, s, Service, "nightly").Details; !strings.Contains(d, "This matches") {
		t.Error(d)
	}
	s.Inv.Networks = nil
	if d := option(t, s, Service, "nightly").Details; !strings.Contains(d, "It resolves to 10.0.1.9") || strings.Contains(d, "This matches") || strings.Contains(d, "W-DNS") {
		t.Error(d)
	}
}

func TestTheEnvironmentPrefills(t *testing.T) {
	s := airflow(tower())
	set(t, &s, Service, "nightly")
	if s.Ans.Airflow.Environment != "nightly" || s.Ans.VPC != "vpc-shop" || !slices.Equal(s.Ans.Clients, []string{"subnet-a", "subnet-b", "sg-web"}) {
		t.Fatalf("%+v", s.Ans)
	}
	if got := step(t, "endpoints-in").Selected(s); !slices.Equal(got, []string{"subnet-a", "subnet-b"}) {
		t.Errorf("endpoint subnets %v", got)
	}
	if o := step(t, "groups").Options(s)[0]; o.Label != "Use those of the environment: sg-web" || step(t, "groups").Short(s) != "of the environment" {
		t.Errorf("%+v", o)
	}
	if o := step(t, Shortcut).Options(s)[0]; !strings.Contains(o.Details, "uses the network of the environment nightly. The endpoints use the security groups of the environment") {
		t.Error(o.Details)
	}
	for _, id := range []string{"vpc", "runs-in", "needs"} {
		if st := step(t, id); strings.Contains(st.Ask(s)+st.Help(s), "task") {
			t.Errorf("%s contains the noun task: %s %s", id, st.Ask(s), st.Help(s))
		}
	}
	if cleared := set(t, &s, "workload", "ecs-fargate"); !slices.Contains(cleared, "the environment nightly") || !reflect.DeepEqual(s.Ans.Airflow, answers.Airflow{}) {
		t.Errorf("%v %+v", cleared, s.Ans)
	}
}

func TestNeedsOfAnEnvironment(t *testing.T) {
	s := airflow(tower())
	set(t, &s, Service, "nightly")
	var words, always []string
	for _, o := range step(t, "needs").Options(s) {
		switch {
		case !o.Info:
			words = append(words, o.Value)
		case o.Section == "Always needed":
			always = append(always, o.Label+" "+o.Hint)
		}
	}
	if !slices.Equal(words, answers.AirflowNeeds) {
		t.Errorf("uses %v", words)
	}
	if want := []string{"s3 required", "logs required", "kms required", "sqs required", "monitoring required"}; !slices.Equal(always, want) {
		t.Errorf("always %v, want %v", always, want)
	}
	if got := step(t, "needs").Selected(s); len(got) != 0 {
		t.Errorf("selected %v", got)
	}
	if set(t, &s, "needs"); s.Ans.Needs != nil {
		t.Errorf("stored without a selection: %v", *s.Ans.Needs)
	}
	if set(t, &s, "needs", "workload-api"); s.Ans.Needs == nil || plan.Build(s.Inv, s.Ans.Answers).Change("endpoint/airflow.api") == nil {
		t.Error("the plan has no endpoint for the API")
	}
}

func TestResolveEnvironments(t *testing.T) {
	inv := tower()
	got, problems := Resolve(inv, answers.Answers{Version: 1, Workload: answers.MWAA, Airflow: answers.Airflow{Environment: "nightly"}})
	if len(problems) > 0 || got.VPC != "vpc-shop" || len(got.Clients) != 3 {
		t.Errorf("%+v %+v", got, problems)
	}
	_, problems = Resolve(inv, answers.Answers{Version: 1, Workload: answers.MWAA, Airflow: answers.Airflow{Environment: "nightli"}})
	if len(problems) != 1 || problems[0].Key != "mwaa.environment" || !strings.Contains(problems[0].Message, "existing: nightly, public, waiting") {
		t.Errorf("%+v", problems)
	}
	_, problems = Resolve(inv, answers.Answers{Version: 1, Workload: answers.MWAA, VPC: "vpc-other", Airflow: answers.Airflow{Environment: "nightly"}})
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "runs in vpc-shop") {
		t.Errorf("%+v", problems)
	}
	_, problems = Resolve(inv, answers.Answers{Version: 1, Workload: answers.MWAA, VPC: "vpc-other"})
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "no Amazon MWAA environment is in this VPC") {
		t.Errorf("%+v", problems)
	}
	if rs := Requests(inv, answers.Answers{Workload: answers.MWAA}); !slices.Contains(rs, inventory.Request{Part: inventory.PartMWAA}) {
		t.Error(rs)
	}
	if got := VPCs(inv, answers.MWAA); !slices.Equal(got, []string{"vpc-shop"}) {
		t.Errorf("VPCs %v", got)
	}
}

func TestAmazonMWAAForgetsWhatOnlyServicesHave(t *testing.T) {
	s := answered(t, tower())
	s.Ans.Registry = answers.Registry{Secret: "mine", Definition: "web", Role: "puller"}
	s.Ans.Proof.Task, s.Ans.Redeploy = "prod/web", []string{"prod/web"}
	c, err := step(t, "workload").Set(s, []string{string(answers.MWAA)})
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Answers; a.Registry.On() || a.Registry.Role != "" || a.Proof.Task != "" || len(a.Redeploy) > 0 {
		t.Errorf("%+v", a)
	}
	for _, want := range []string{"the secret mine", "the definition that uses the registry secret", "the execution role", "the task that verifies the plan", "the replacement of running tasks"} {
		if !slices.Contains(c.Cleared, want) {
			t.Errorf("%q is not in %q", want, c.Cleared)
		}
	}
	s.Ans = c.Answers
	for _, id := range []string{Registry, "proof", Redeploy} {
		if step(t, id).Applies(s) {
			t.Errorf("%s applies", id)
		}
	}
}

package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

const issued = "arn:aws:acm:us-east-1:123456789012:certificate/1"

// reached is the account with environments and with the resources for access methods.
func reached() State {
	inv := tower()
	inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartAccess, VPC: "vpc-shop"})
	inv.Access = []inventory.Access{{VPC: "vpc-shop",
		Certificates: []inventory.Certificate{
			{ARN: issued, Domain: "airflow.example.com", Status: "ISSUED", Type: "AMAZON_ISSUED"},
			{ARN: issued + "1", Domain: "*.example.com", Status: "EXPIRED", Type: "IMPORTED"},
			{ARN: issued + "2", Domain: "other.example.net", Status: "ISSUED", Type: "IMPORTED"}},
		Domains: []inventory.HostedZone{{ID: "Z1", Name: "example.com"}, {ID: "Z2", Name: "example.net"}}}}
	return airflow(inv)
}

// asked returns the IDs of the access steps that apply.
func asked(s State) []string {
	var out []string
	for _, st := range All() {
		if (st.ID == AccessMethod || st.Of == AccessMethod) && st.Applies(s) {
			out = append(out, st.ID)
		}
	}
	return out
}

func TestAccessMethodIsForPrivateWebServers(t *testing.T) {
	s := reached()
	for env, want := range map[string]bool{"nightly": true, "public": false, "waiting": false} {
		set(t, &s, Service, env)
		if got := len(asked(s)) > 0; got != want {
			t.Errorf("%s: asked %v", env, asked(s))
		}
		offered := slices.ContainsFunc(step(t, Shortcut).Options(s), func(o Option) bool { return o.Value == ToAccess })
		if offered != want {
			t.Errorf("%s: the shortcut offers an access method: %v", env, offered)
		}
	}
	set(t, &s, Service, "nightly")
	if ch, err := step(t, Shortcut).Set(s, []string{ToAccess}); err != nil || ch.Again != AccessMethod {
		t.Errorf("%+v %v", ch, err)
	}
}

func TestAccessWithLoadBalancer(t *testing.T) {
	s := reached()
	set(t, &s, Service, "nightly")
	for _, o := range step(t, AccessMethod).Options(s) {
		if !strings.Contains(o.Details, "$73 per month") {
			t.Errorf("the details of %s do not compare the access methods", o.Value)
		}
	}
	set(t, &s, AccessMethod, answers.ByLoadBalancer)
	if got := step(t, "access-domain").Selected(s); got[0] != "airflow.example.com" {
		t.Errorf("proposed %v", got)
	}
	for _, bad := range []string{"", "https://airflow.example.com", "airflow", "Airflow.example.com", "airflow.example.com/x", "airflow_1.example.com"} {
		if _, err := step(t, "access-domain").Set(s, []string{bad}); err == nil {
			t.Errorf("%q was accepted as a domain name", bad)
		}
	}
	set(t, &s, "access-domain", "airflow.example.com")
	if got := asked(s); !slices.Equal(got, []string{AccessMethod, "access-domain", "access-zone", "access-certificate", "access-scheme", "access-admit", "access-base-url"}) {
		t.Errorf("asked %v", got)
	}
	if len(step(t, "access-zone").Options(s)) != 2 {
		t.Error("a zone of another domain is offered")
	}
	set(t, &s, "access-zone", "Z1")
	for arn, want := range map[string]string{issued: "", issued + "1": "EXPIRED", issued + "2": "does not cover airflow.example.com"} {
		if o := option(t, s, "access-certificate", arn); (want == "") != (o.Problem == "") || !strings.Contains(o.Problem, want) {
			t.Errorf("%s: %q", arn, o.Problem)
		}
	}
	set(t, &s, "access-certificate", answers.CertificateImport)
	for id, file := range map[string]string{"access-certificate-file": "c.pem", "access-chain-file": "", "access-key-file": "k.pem"} {
		set(t, &s, id, file)
	}
	if l := s.Ans.Airflow.LoadBalancer; l.CertificateFile != "c.pem" || l.KeyFile != "k.pem" || !s.Ans.Airflow.WayWhole() {
		t.Errorf("%+v", l)
	}
	set(t, &s, "access-certificate", issued)
	if l := s.Ans.Airflow.LoadBalancer; l.KeyFile != "" || l.CertificateFile != "" {
		t.Errorf("files of another certificate stay: %+v", l)
	}
	for _, bad := range []string{" ", "everybody", "10.0.0.1/16", "sg-unknown", "10.0.0.0/8 nobody"} {
		if _, err := step(t, "access-admit").Set(s, []string{bad}); err == nil {
			t.Errorf("%q was accepted as an address", bad)
		}
	}
	set(t, &s, "access-admit", "sg-web, 10.0.0.0/8  10.0.0.0/8")
	set(t, &s, "access-base-url", "yes")
	if l := s.Ans.Airflow.LoadBalancer; !slices.Equal(l.Admit, []string{"10.0.0.0/8", "sg-web"}) || !l.BaseURL || l.Zone != "Z1" {
		t.Errorf("%+v", l)
	}
	if y, err := s.Ans.YAML(); err != nil || !strings.Contains(string(y), "way_in: load-balancer") {
		t.Errorf("%s %v", y, err)
	}
	if cleared := set(t, &s, AccessMethod, optionNone); !slices.Contains(cleared, "the access method load balancer") || s.Ans.Airflow.LoadBalancer.Domain != "" {
		t.Errorf("%v %+v", cleared, s.Ans.Airflow)
	}
}

// TestIncompleteAccessIsNotPlanned checks that an access method with open questions is cleared.
func TestIncompleteAccessIsNotPlanned(t *testing.T) {
	s := reached()
	set(t, &s, Service, "nightly")
	set(t, &s, AccessMethod, answers.ByLoadBalancer)
	if cleared := set(t, &s, Shortcut, ToReview); !slices.Contains(cleared, "the access method load balancer") || s.Ans.Airflow.WayIn != "" {
		t.Errorf("%v %+v", cleared, s.Ans.Airflow)
	}
	set(t, &s, AccessMethod, answers.ByLoadBalancer)
	set(t, &s, "access-domain", "airflow.example.com")
	if cleared := set(t, &s, Service, "public"); !slices.Contains(cleared, "the access method load balancer") || s.Ans.Airflow.WayIn != "" {
		t.Errorf("%v %+v", cleared, s.Ans.Airflow)
	}
}

func TestAccessFromTheInternet(t *testing.T) {
	s := reached()
	set(t, &s, Service, "nightly")
	set(t, &s, AccessMethod, answers.ByLoadBalancer)
	n := s.Inv.Network("vpc-shop")
	lead := func(routes ...inventory.Route) {
		for i := range n.RouteTables {
			n.RouteTables[i].Routes = routes
		}
	}
	lead()
	if o := option(t, s, "access-scheme", answers.InternetFacing); !strings.Contains(o.Problem, "no public subnets") {
		t.Errorf("%+v", o)
	}
	lead(inventory.Route{CIDR: "0.0.0.0/0", Target: "igw-1"})
	set(t, &s, "access-scheme", answers.InternetFacing)
	if got := s.Ans.Airflow.LoadBalancer.Subnets; len(got) < 2 || step(t, "access-admit").Selected(s)[0] != "" {
		t.Errorf("subnets %v; proposed addresses %v", got, step(t, "access-admit").Selected(s))
	}
	set(t, &s, "access-admit", "203.0.113.0/24")
	set(t, &s, "access-scheme", answers.Internal)
	if l := s.Ans.Airflow.LoadBalancer; l.Subnets != nil || l.Admit != nil {
		t.Errorf("%+v", l)
	}
}

func TestAccessWithBastionAndVPN(t *testing.T) {
	s := reached()
	set(t, &s, Service, "nightly")
	set(t, &s, AccessMethod, answers.ByBastion)
	set(t, &s, "access-reach", answers.BySSH)
	if _, err := step(t, "access-ssh").Set(s, []string{"sg-web"}); err == nil {
		t.Error("SSH from a security group was accepted")
	}
	set(t, &s, "access-ssh", "203.0.113.7/32")
	if s.Ans.Airflow.WayWhole() {
		t.Error("a bastion with SSH was accepted without a key pair")
	}
	if o := step(t, "access-key-pair").Options(s); len(o) != 1 || o[0].Choosable() {
		t.Errorf("%+v", o)
	}
	s.Inv.Access[0].KeyPairs = []string{"ops"}
	s.Inv.Access[0].Profiles = []inventory.InstanceProfile{{Name: "sessions", Role: "arn:aws:iam::123456789012:role/sessions"}}
	set(t, &s, "access-key-pair", "ops")
	if !s.Ans.Airflow.WayWhole() {
		t.Errorf("%+v", s.Ans.Airflow.Bastion)
	}
	set(t, &s, "access-reach", answers.BySessionManager)
	if b := s.Ans.Airflow.Bastion; len(b.Admit) > 0 || !s.Ans.Airflow.WayWhole() {
		t.Errorf("%+v", b)
	}
	if got := step(t, "access-profile").Selected(s); got[0] != optionCreate {
		t.Errorf("proposed %v", got)
	}
	set(t, &s, "access-profile", "sessions")
	set(t, &s, "access-profile", optionCreate)
	if p := s.Ans.Airflow.Bastion.InstanceProfile; p != "" {
		t.Errorf("the profile was not cleared: %s", p)
	}
	set(t, &s, AccessMethod, answers.ByClientVPN)
	cidr := s.Ans.Airflow.ClientVPN.CIDR
	if cidr == "" || step(t, "access-clients").Selected(s)[0] != cidr {
		t.Errorf("no block is proposed: %q", cidr)
	}
	if _, err := step(t, "access-clients").Set(s, []string{"10.0.0.0/16"}); err == nil || !strings.Contains(err.Error(), "overlaps") {
		t.Errorf("%v", err)
	}
	set(t, &s, "access-clients", "172.20.0.0/22")
}

package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

const issued = "arn:aws:acm:us-east-1:123456789012:certificate/1"

// reached is the account with environments, with what ways to their web servers can be
// made of.
func reached() State {
	inv := tower()
	inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartWays, VPC: "vpc-shop"})
	inv.Ways = []inventory.Ways{{VPC: "vpc-shop",
		Certificates: []inventory.Certificate{
			{ARN: issued, Domain: "airflow.example.com", Status: "ISSUED", Type: "AMAZON_ISSUED"},
			{ARN: issued + "1", Domain: "*.example.com", Status: "EXPIRED", Type: "IMPORTED"},
			{ARN: issued + "2", Domain: "other.example.net", Status: "ISSUED", Type: "IMPORTED"}},
		Domains: []inventory.HostedZone{{ID: "Z1", Name: "example.com"}, {ID: "Z2", Name: "example.net"}}}}
	return airflow(inv)
}

// asked are the questions below the way in that are asked now.
func asked(s State) []string {
	var out []string
	for _, st := range All() {
		if (st.ID == WayIn || st.Of == WayIn) && st.Applies(s) {
			out = append(out, st.ID)
		}
	}
	return out
}

func TestWayInIsForPrivateWebServers(t *testing.T) {
	s := reached()
	for env, want := range map[string]bool{"nightly": true, "public": false, "waiting": false} {
		set(t, &s, Service, env)
		if got := len(asked(s)) > 0; got != want {
			t.Errorf("%s: asked %v", env, asked(s))
		}
		ways := slices.ContainsFunc(step(t, Shortcut).Options(s), func(o Option) bool { return o.Value == ToWay })
		if ways != want {
			t.Errorf("%s: the shortcut offers a way in: %v", env, ways)
		}
	}
	set(t, &s, Service, "nightly")
	if ch, err := step(t, Shortcut).Set(s, []string{ToWay}); err != nil || ch.Again != WayIn {
		t.Errorf("%+v %v", ch, err)
	}
}

func TestWayByLoadBalancer(t *testing.T) {
	s := reached()
	set(t, &s, Service, "nightly")
	for _, o := range step(t, WayIn).Options(s) {
		if !strings.Contains(o.Details, "$73 a month") {
			t.Errorf("%s is not compared with the others", o.Value)
		}
	}
	set(t, &s, WayIn, answers.ByLoadBalancer)
	if got := step(t, "way-domain").Selected(s); got[0] != "airflow.example.com" {
		t.Errorf("proposed %v", got)
	}
	for _, bad := range []string{"", "https://airflow.example.com", "airflow", "Airflow.example.com", "airflow.example.com/x", "airflow_1.example.com"} {
		if _, err := step(t, "way-domain").Set(s, []string{bad}); err == nil {
			t.Errorf("%q is taken for a name", bad)
		}
	}
	set(t, &s, "way-domain", "airflow.example.com")
	if got := asked(s); !slices.Equal(got, []string{WayIn, "way-domain", "way-zone", "way-certificate", "way-scheme", "way-admit", "way-base-url"}) {
		t.Errorf("asked %v", got)
	}
	if len(step(t, "way-zone").Options(s)) != 2 {
		t.Error("a zone of another domain is offered")
	}
	set(t, &s, "way-zone", "Z1")
	for arn, want := range map[string]string{issued: "", issued + "1": "EXPIRED", issued + "2": "not for airflow.example.com"} {
		if o := option(t, s, "way-certificate", arn); (want == "") != (o.Problem == "") || !strings.Contains(o.Problem, want) {
			t.Errorf("%s: %q", arn, o.Problem)
		}
	}
	set(t, &s, "way-certificate", answers.CertificateImport)
	for id, file := range map[string]string{"way-certificate-file": "c.pem", "way-chain-file": "", "way-key-file": "k.pem"} {
		set(t, &s, id, file)
	}
	if l := s.Ans.Airflow.LoadBalancer; l.CertificateFile != "c.pem" || l.KeyFile != "k.pem" || !s.Ans.Airflow.WayWhole() {
		t.Errorf("%+v", l)
	}
	set(t, &s, "way-certificate", issued)
	if l := s.Ans.Airflow.LoadBalancer; l.KeyFile != "" || l.CertificateFile != "" {
		t.Errorf("files of another certificate stay: %+v", l)
	}
	for _, bad := range []string{" ", "everybody", "10.0.0.1/16", "sg-unknown", "10.0.0.0/8 nobody"} {
		if _, err := step(t, "way-admit").Set(s, []string{bad}); err == nil {
			t.Errorf("%q may come", bad)
		}
	}
	set(t, &s, "way-admit", "sg-web, 10.0.0.0/8  10.0.0.0/8")
	set(t, &s, "way-base-url", "yes")
	if l := s.Ans.Airflow.LoadBalancer; !slices.Equal(l.Admit, []string{"10.0.0.0/8", "sg-web"}) || !l.BaseURL || l.Zone != "Z1" {
		t.Errorf("%+v", l)
	}
	if y, err := s.Ans.YAML(); err != nil || !strings.Contains(string(y), "way_in: load-balancer") {
		t.Errorf("%s %v", y, err)
	}
	if cleared := set(t, &s, WayIn, wayNone); !slices.Contains(cleared, "the load-balancer") || s.Ans.Airflow.LoadBalancer.Domain != "" {
		t.Errorf("%v %+v", cleared, s.Ans.Airflow)
	}
}

// TestWayHalfAnswered: a way whose questions were not gone through is not planned.
func TestWayHalfAnswered(t *testing.T) {
	s := reached()
	set(t, &s, Service, "nightly")
	set(t, &s, WayIn, answers.ByLoadBalancer)
	if cleared := set(t, &s, Shortcut, ToReview); !slices.Contains(cleared, "the load-balancer") || s.Ans.Airflow.WayIn != "" {
		t.Errorf("%v %+v", cleared, s.Ans.Airflow)
	}
	set(t, &s, WayIn, answers.ByLoadBalancer)
	set(t, &s, "way-domain", "airflow.example.com")
	if cleared := set(t, &s, Service, "public"); !slices.Contains(cleared, "the load-balancer") || s.Ans.Airflow.WayIn != "" {
		t.Errorf("%v %+v", cleared, s.Ans.Airflow)
	}
}

func TestWayOnTheInternet(t *testing.T) {
	s := reached()
	set(t, &s, Service, "nightly")
	set(t, &s, WayIn, answers.ByLoadBalancer)
	n := s.Inv.Network("vpc-shop")
	lead := func(routes ...inventory.Route) {
		for i := range n.RouteTables {
			n.RouteTables[i].Routes = routes
		}
	}
	lead()
	if o := option(t, s, "way-scheme", answers.InternetFacing); !strings.Contains(o.Problem, "no public subnets") {
		t.Errorf("%+v", o)
	}
	lead(inventory.Route{CIDR: "0.0.0.0/0", Target: "igw-1"})
	set(t, &s, "way-scheme", answers.InternetFacing)
	if got := s.Ans.Airflow.LoadBalancer.Subnets; len(got) < 2 || step(t, "way-admit").Selected(s)[0] != "" {
		t.Errorf("subnets %v; proposed to admit %v", got, step(t, "way-admit").Selected(s))
	}
	set(t, &s, "way-admit", "203.0.113.0/24")
	set(t, &s, "way-scheme", answers.Internal)
	if l := s.Ans.Airflow.LoadBalancer; l.Subnets != nil || l.Admit != nil {
		t.Errorf("%+v", l)
	}
}

func TestWayByBastionAndVPN(t *testing.T) {
	s := reached()
	set(t, &s, Service, "nightly")
	set(t, &s, WayIn, answers.ByBastion)
	set(t, &s, "way-reach", answers.BySSH)
	if _, err := step(t, "way-ssh").Set(s, []string{"sg-web"}); err == nil {
		t.Error("SSH from a security group is taken")
	}
	set(t, &s, "way-ssh", "203.0.113.7/32")
	if s.Ans.Airflow.WayWhole() {
		t.Error("a bastion by SSH needs no key pair")
	}
	if o := step(t, "way-key-pair").Options(s); len(o) != 1 || o[0].Choosable() {
		t.Errorf("%+v", o)
	}
	s.Inv.Ways[0].KeyPairs = []string{"ops"}
	s.Inv.Ways[0].Profiles = []inventory.InstanceProfile{{Name: "sessions", Role: "arn:aws:iam::123456789012:role/sessions"}}
	set(t, &s, "way-key-pair", "ops")
	if !s.Ans.Airflow.WayWhole() {
		t.Errorf("%+v", s.Ans.Airflow.Bastion)
	}
	set(t, &s, "way-reach", answers.BySessionManager)
	if b := s.Ans.Airflow.Bastion; len(b.Admit) > 0 || !s.Ans.Airflow.WayWhole() {
		t.Errorf("%+v", b)
	}
	if got := step(t, "way-profile").Selected(s); got[0] != wayCreate {
		t.Errorf("proposed %v", got)
	}
	set(t, &s, "way-profile", "sessions")
	set(t, &s, "way-profile", wayCreate)
	if p := s.Ans.Airflow.Bastion.InstanceProfile; p != "" {
		t.Errorf("a profile stays: %s", p)
	}
	set(t, &s, WayIn, answers.ByClientVPN)
	cidr := s.Ans.Airflow.ClientVPN.CIDR
	if cidr == "" || step(t, "way-clients").Selected(s)[0] != cidr {
		t.Errorf("no block is proposed: %q", cidr)
	}
	if _, err := step(t, "way-clients").Set(s, []string{"10.0.0.0/16"}); err == nil || !strings.Contains(err.Error(), "overlaps") {
		t.Errorf("%v", err)
	}
	set(t, &s, "way-clients", "172.20.0.0/22")
}

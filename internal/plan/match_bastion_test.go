package plan_test

import (
	"maps"
	"math"
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

// bastionRows returns the changes of a plan without those that every environment has.
func bastionRows(p *plan.Plan) map[resource.ID]resource.Op {
	out := rows(p)
	maps.DeleteFunc(out, func(id resource.ID, _ resource.Op) bool { _, usual := airflowRows[id]; return usual })
	return out
}

func says(p *plan.Plan, id resource.ID) []resource.ClaimKind {
	var out []resource.ClaimKind
	for _, c := range p.Claims {
		if c.Change == id {
			out = append(out, c.Kind())
		}
	}
	return out
}

func TestBastionBySSH(t *testing.T) {
	w := plantest.New()
	plantest.Bastioned(w)
	p := w.Plan()
	if d := cmp.Diff(map[resource.ID]resource.Op{"security-group/bastion": resource.Create, "security-group-rule/bastion/in/203.0.113.7/32": resource.Create,
		"security-group-rule/sg-airflow/in/bastion": resource.Modify, "instance/bastion": resource.Create}, bastionRows(p)); d != "" {
		t.Error(d)
	}
	s := p.Change("instance/bastion").Spec.(resource.Instance)
	if d := cmp.Diff(resource.Instance{VPC: plantest.VPC, Name: "airflow-nightly-bastion", Image: "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", Type: "t3.micro",
		Subnet: "subnet-public", Groups: []resource.Value{resource.From("security-group/bastion")}, KeyPair: "admins", Public: true, Webserver: plantest.Webserver, Region: plantest.Region,
		Tags: map[string]string{"Name": "airflow-nightly-bastion", resource.ManagedBy: resource.Owner}}, s); d != "" {
		t.Error(d)
	}
	if r := p.Change("security-group-rule/bastion/in/203.0.113.7/32").Spec.(resource.GroupRule); r.TCP() != 22 || r.CIDR != "203.0.113.7/32" {
		t.Errorf("%+v", r)
	}
	if got := math.Round(p.Cost.Monthly*100) / 100; got != 69.64 { // 58.40 for endpoints, 7.59 and 3.65
		t.Errorf("cost %v: %s", got, p.Cost.Basis)
	}
	if d := cmp.Diff([]resource.ClaimKind{"instance-running", "inside"}, says(p, "instance/bastion")); d != "" {
		t.Error(d)
	}
}

func TestBastionBySessionManager(t *testing.T) {
	w := plantest.New()
	plantest.Sessions(w)
	p := w.Plan()
	if d := cmp.Diff(map[resource.ID]resource.Op{"security-group/bastion": resource.Create, "security-group-rule/sg-airflow/in/bastion": resource.Modify, "endpoint/ssm": resource.Create, "endpoint/ssmmessages": resource.Create,
		"role/privatelink-wizard-bastion": resource.Create, "role-policy/privatelink-wizard-bastion": resource.Create, "instance-profile/privatelink-wizard-bastion": resource.Create, "instance/bastion": resource.Create}, bastionRows(p)); d != "" {
		t.Error(d)
	}
	a := p.Change("instance/bastion")
	s := a.Spec.(resource.Instance)
	if s.Subnet != "subnet-a" || s.Public || s.KeyPair != "" || s.Profile != resource.From("instance-profile/privatelink-wizard-bastion") ||
		!slices.Equal(s.Groups, []resource.Value{resource.From("security-group/bastion"), resource.Lit("sg-airflow")}) {
		t.Errorf("%+v", s)
	}
	for _, id := range []resource.ID{"endpoint/ssm", "endpoint/ssmmessages", "role-policy/privatelink-wizard-bastion", "instance-profile/privatelink-wizard-bastion", "security-group/bastion"} {
		if !slices.Contains(a.Deps(), id) {
			t.Errorf("it does not wait for %s", id)
		}
	}
	if d := cmp.Diff([]resource.ClaimKind{"instance-running", "instance-online", "inside"}, says(p, "instance/bastion")); d != "" {
		t.Error(d)
	}
	verdicts := map[string]plan.Verdict{}
	for _, n := range p.Needs {
		verdicts[n.Service] = n.Verdict
	}
	if verdicts["ssm"] != plan.Required || verdicts["ssmmessages"] != plan.Required {
		t.Errorf("%v", verdicts)
	}
	if r := p.Change("role/privatelink-wizard-bastion").Spec.(resource.Role); r.Service != "ec2.amazonaws.com" {
		t.Errorf("its trust policy is %s", r.Service)
	}
}

// A bastion that reaches Systems Manager without endpoints needs neither endpoints nor the
// environment's group.
func TestBastionWithAWayOut(t *testing.T) {
	for target, needed := range map[string]bool{"nat-1": false, "igw-1": true, "tgw-1": true} {
		w := plantest.New()
		plantest.Sessions(w)
		w.Net().RouteTables = append(w.Net().RouteTables, inventory.RouteTable{ID: "rtb-out", Subnets: []string{"subnet-out"}, Routes: []inventory.Route{{CIDR: "0.0.0.0/0", Target: target}}})
		w.Net().Subnets = append(w.Net().Subnets, inventory.Subnet{ID: "subnet-out", VPC: plantest.VPC, Zone: plantest.Region + "a", CIDR: "10.0.201.0/24", Free: 9, Owner: plantest.Account, PublicIP: true})
		w.NAT()
		w.Ans.Airflow.Bastion = answers.Bastion{Reach: answers.BySessionManager, InstanceProfile: "hosts", Subnet: "subnet-out"}
		p := w.Plan()
		s := p.Change("instance/bastion").Spec.(resource.Instance)
		if got := p.Change("endpoint/ssm") != nil; got != needed || (len(s.Groups) == 2) != needed || s.Profile != resource.Lit("hosts") || p.Change("role/privatelink-wizard-bastion") != nil {
			t.Errorf("by %s: endpoints %v, %+v", target, got, s)
		}
	}
}

func TestBastionThatIsThere(t *testing.T) {
	w := plantest.New()
	plantest.Launched(w)
	p := w.Plan()
	for id, op := range bastionRows(p) {
		if op != resource.Keep {
			t.Errorf("%s is %s", id, op)
		}
	}
	if strings.Contains(p.Cost.Basis, "instance") || p.Cost.Existing.Monthly < 7.59 {
		t.Errorf("%s, %+v", p.Cost.Basis, p.Cost.Existing)
	}
	if a := p.Change("instance/bastion"); a.Existing != "i-1" {
		t.Errorf("%+v", a)
	}
}

func TestArchitectureOfTheBastion(t *testing.T) {
	for kind, want := range map[string]string{"t4g.nano": "arm64", "a1.medium": "arm64", "c7gn.large": "arm64", "is4gen.medium": "arm64", "g5g.xlarge": "arm64",
		"t3.micro": "x86_64", "g4dn.xlarge": "x86_64", "m7i-flex.large": "x86_64", "g6.xlarge": "x86_64"} {
		w := plantest.New()
		plantest.Bastioned(w)
		w.Ans.Airflow.Bastion.InstanceType = kind
		p := w.Plan()
		if s := p.Change("instance/bastion").Spec.(resource.Instance); s.Type != kind || !strings.HasSuffix(s.Image, "-"+want) {
			t.Errorf("%s: %s", kind, s.Image)
		}
		priced := kind == "t3.micro" || kind == "t4g.nano" // the table has no other of these types
		if strings.Contains(p.Cost.Basis, "1 "+kind+" instance (730 hours") != priced || strings.Contains(p.Cost.Basis, "price not known in us-east-1: 1 "+kind+" instance") == priced || p.Cost.Known != priced {
			t.Errorf("%s: %s", kind, p.Cost.Basis)
		}
	}
}

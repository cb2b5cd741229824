package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func none(inventory.Request) bool { return false }

// earlier returns answers that fit the account of shop.
func earlier() answers.Answers {
	yes := true
	return answers.Answers{Version: 1, Account: "123456789012", Region: "us-east-1", Workload: answers.ECSFargate, Service: "prod/web", VPC: "vpc-shop",
		Clients: []string{"subnet-a", "subnet-b", "sg-web"}, Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-vpc", "sg-half"},
		Needs: &[]string{"ecr"}, Extra: []string{"sts"}, PrivateDNS: &yes, Proof: answers.Proof{Task: "prod/web"}, Redeploy: []string{"prod/web"}, Prefix: "mine"}
}

// TestAdapt: the answers that do not fit are removed, all others stay, and the first open question is next.
func TestAdapt(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*answers.Answers)
		next   string
		says   string
		want   func(*answers.Answers) // of earlier
	}{
		"another account": {func(a *answers.Answers) { a.Account = "111111111111" }, "",
			"The answers are for account 111111111111, but the credentials are for account 123456789012.", func(*answers.Answers) {}},
		"a deleted service": {func(a *answers.Answers) { a.Service = "prod/deleted" }, Service,
			"Service prod/deleted: this ECS service does not exist", func(a *answers.Answers) { a.Service = "" }},
		"a deleted VPC": {func(a *answers.Answers) { a.VPC, a.Service = "vpc-deleted", "" }, "vpc", "VPC vpc-deleted: this VPC does not exist in us-east-1; existing VPCs: ",
			func(a *answers.Answers) {
				a.VPC, a.Service, a.Clients, a.Subnets, a.SecurityGroups, a.Proof, a.Redeploy = "", "", nil, nil, nil, answers.Proof{}, nil
			}},
		"a service in another VPC": {func(a *answers.Answers) { a.VPC = "vpc-deleted" }, "vpc", "VPC vpc-deleted",
			func(a *answers.Answers) {
				a.Subnets, a.SecurityGroups, a.Proof, a.Redeploy = nil, nil, answers.Proof{}, nil
			}},
		"a deleted subnet": {func(a *answers.Answers) { a.Subnets[0] = "subnet-deleted" }, "endpoints-in",
			"Endpoint subnets subnet-deleted: this subnet does not exist in vpc-shop; existing: ", func(a *answers.Answers) { a.Subnets = []string{"subnet-b"} }},
		"all subnets deleted": {func(a *answers.Answers) { a.Subnets = []string{"subnet-1", "subnet-2"} }, "endpoints-in", "subnet-2", func(a *answers.Answers) { a.Subnets = nil }},
		"a subnet of another VPC": {func(a *answers.Answers) { a.Subnets[1] = "subnet-o" }, "endpoints-in",
			"Endpoint subnets subnet-o: belongs to other (vpc-other), but the VPC is vpc-shop.", func(a *answers.Answers) { a.Subnets = []string{"subnet-a"} }},
		"a deleted subnet of the workload": {func(a *answers.Answers) { a.Clients[1] = "subnet-deleted" }, "runs-in", "Workload subnets subnet-deleted", func(a *answers.Answers) { a.Clients = []string{"subnet-a", "sg-web"} }},
		"a deleted group":                  {func(a *answers.Answers) { a.SecurityGroups[0] = "sg-deleted" }, "groups", "Security groups sg-deleted", func(a *answers.Answers) { a.SecurityGroups = []string{"sg-half"} }},
		"an unknown need":                  {func(a *answers.Answers) { a.Needs = &[]string{"magic"} }, "needs", "AWS services magic", func(a *answers.Answers) { a.Needs = nil }},
		"an unknown endpoint":              {func(a *answers.Answers) { a.Extra = []string{"magic"} }, "", "extra[0] magic", func(a *answers.Answers) { a.Extra = nil }},
		"a deleted service of the test":    {func(a *answers.Answers) { a.Proof.Task = "prod/deleted" }, "proof", "Verification prod/deleted", func(a *answers.Answers) { a.Proof.Task = "" }},
		"a deleted service to replace":     {func(a *answers.Answers) { a.Redeploy = []string{"prod/deleted"} }, "" /* no service of the plan runs tasks */, "Running tasks prod/deleted", func(a *answers.Answers) { a.Redeploy = nil }},
		"an invalid policy":                {func(a *answers.Answers) { a.EndpointPolicy.ByService = map[string]string{"magic": "full"} }, "policy", "Endpoint policy magic", func(*answers.Answers) {}},
		"two": {func(a *answers.Answers) { a.SecurityGroups[0], a.Subnets[0] = "sg-deleted", "subnet-deleted" }, "endpoints-in", "Security groups sg-deleted",
			func(a *answers.Answers) { a.SecurityGroups, a.Subnets = []string{"sg-half"}, []string{"subnet-b"} }},
	} {
		inv, ans := shop(), earlier()
		inv.Loaded = append(inv.Loaded, Requests(inv, ans)...)
		inv.Loaded = append(inv.Loaded, Requests(inv, ans)...) // of the roles
		for _, v := range inv.VPCs {
			inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartNetwork, VPC: v.ID})
			if inv.Network(v.ID) == nil {
				inv.Networks = append(inv.Networks, inventory.Network{VPC: v.ID})
			}
		}
		c.change(&ans)
		resolved, problems, missing := Check(inv, ans, func(r inventory.Request) bool { return r.VPC == "vpc-deleted" })
		if len(problems) == 0 || len(missing) > 0 {
			t.Errorf("%s: %v, missing %v", name, problems, missing)
			continue
		}
		got := Adapt(state(inv, resolved), problems)
		want := earlier()
		c.want(&want)
		if len(got.Answers.EndpointPolicy.ByService) == 0 {
			got.Answers.EndpointPolicy.ByService = nil
		}
		if d := cmp.Diff(want, got.Answers.Answers); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if got.Next != c.next || len(got.Problems) != len(problems) || !slices.ContainsFunc(got.Problems, func(p string) bool { return strings.Contains(p, c.says) }) {
			t.Errorf("%s: next %q, %q", name, got.Next, got.Problems)
		}
		if _, again, _ := Check(inv, got.Answers.Answers, none); len(again) > 0 && got.Next == "" {
			t.Errorf("%s: no question is open, and the answers still do not fit: %v", name, again)
		}
	}
}

// TestAdaptOtherWorkloads: what belongs together is removed together.
func TestAdaptOtherWorkloads(t *testing.T) {
	a := answers.Answers{Version: 1, Workload: answers.MWAA, VPC: "vpc-shop", Airflow: answers.Airflow{Environment: "nightly", WayIn: answers.ByBastion, Bastion: answers.Bastion{Subnet: "subnet-deleted"}}}
	got := Adapt(state(tower(), a), []Problem{{Key: "mwaa.bastion.subnet", Text: "subnet-deleted", Message: "this subnet does not exist in vpc-shop"}})
	if got.Answers.Airflow.WayIn != "" || got.Answers.Airflow.Environment != "nightly" || got.Next != AccessMethod || !slices.Equal(got.Cleared, []string{"the access method Linux bastion"}) {
		t.Errorf("%+v", got)
	}
	got = Adapt(state(tower(), a), []Problem{{Key: "mwaa.environment", Text: "deleted", Message: "does not exist"}})
	if got.Answers.Airflow.Environment != "" || got.Answers.Airflow.WayIn == "" || got.Next != Service || got.Problems[0] != "Service deleted: does not exist." {
		t.Errorf("%+v", got)
	}
	got = Adapt(state(shop(), earlier()), []Problem{{Key: "clients", Message: "is missing, and no ECS service in this VPC shows it"}})
	if got.Problems[0] != "Workload subnets: no answer, and no ECS service in this VPC shows it." {
		t.Errorf("%+v", got)
	}
	b := earlier()
	b.Registry = answers.Registry{Secret: "prod/registry", Value: answers.RegistrySet, Username: "team", Role: "deleted"}
	got = Adapt(state(shop(), b), []Problem{{Key: "registry.role", Text: "deleted", Message: "no role with this name exists"}})
	if got.Answers.Registry.On() || len(got.Cleared) == 0 || got.Answers.Service != "prod/web" {
		t.Errorf("%+v", got)
	}
	got = Adapt(state(shop(), answers.Answers{Workload: "fargate", VPC: "vpc-shop"}), []Problem{{Key: "workload", Text: "fargate", Message: "is not a workload"}})
	if got.Answers.Workload != "" || got.Answers.VPC != "" || got.Next != "workload" {
		t.Errorf("%+v", got)
	}
}

// TestCheckRequestsWhatIsMissing: the requests end, also if AWS answered that a VPC does not exist.
func TestCheckRequestsWhatIsMissing(t *testing.T) {
	all, ans := shop(), earlier()
	ans.VPC, ans.Service = "shop", ""
	for _, deleted := range []bool{false, true} {
		inv, absent := &inventory.Inventory{Region: all.Region}, map[inventory.Request]bool{}
		if deleted {
			ans.VPC = "vpc-deleted"
		}
		for turns := 0; ; turns++ {
			resolved, problems, missing := Check(inv, ans, func(r inventory.Request) bool { return absent[r] })
			if len(missing) == 0 {
				if deleted && (len(problems) != 1 || problems[0].Key != "vpc") || !deleted && (len(problems) > 0 || resolved.VPC != "vpc-shop") {
					t.Errorf("%+v %v", resolved, problems)
				}
				break
			}
			if turns > 5 {
				t.Fatalf("does not end: %v", missing)
			}
			for _, r := range missing {
				if r.VPC == "vpc-deleted" {
					absent[r] = true
					continue
				}
				part := all.Fragment(r)
				part.Loaded = []inventory.Request{r}
				inv.Merge(part)
			}
		}
	}
	// A part that does not exist without a reason in the answers is requested again, and the caller reports its error.
	inv := shop()
	inv.VPCs = append(inv.VPCs, inventory.VPC{ID: "vpc-strange"})
	ans = answers.Answers{Workload: answers.ECSFargate, VPC: "vpc-strange", Clients: []string{"subnet-1"}}
	strange := inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-strange"}
	for _, r := range Requests(inv, ans) {
		if r != strange {
			inv.Loaded = append(inv.Loaded, r)
		}
	}
	if _, problems, missing := Check(inv, ans, func(r inventory.Request) bool { return r == strange }); len(problems) > 0 || !slices.Equal(missing, []inventory.Request{strange}) {
		t.Errorf("%v %v", problems, missing)
	}
}

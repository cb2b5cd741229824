package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func TestEveryWorkloadIsShownAndCanBeChosen(t *testing.T) {
	s := state(shop(), answers.Answers{})
	if n := len(step(t, "workload").Options(s)); n != 6 {
		t.Errorf("%d workloads", n)
	}
	set(t, &s, "workload", "ecs-fargate")
	for _, w := range answers.Supported {
		if _, err := step(t, "workload").Set(s, []string{string(w)}); err != nil {
			t.Errorf("%s: %v", w, err)
		}
	}
	if s.Ans.Workload != answers.ECSFargate {
		t.Errorf("workload %q", s.Ans.Workload)
	}
}

func TestServicePrefills(t *testing.T) {
	s := state(shop(), answers.Answers{Workload: answers.ECSFargate})
	if got := step(t, Service).Selected(s); !slices.Equal(got, []string{"prod/api"}) {
		t.Errorf("proposed %v", got)
	}
	set(t, &s, Service, "prod/web")
	want := answers.Answers{Workload: answers.ECSFargate, Service: "prod/web", VPC: "vpc-shop", Clients: []string{"subnet-a", "subnet-b", "sg-web"}}
	if d := cmp.Diff(want, s.Ans.Answers); d != "" {
		t.Error(d)
	}
	if !step(t, Shortcut).Applies(s) {
		t.Error("the shortcut is not offered")
	}
	if _, err := step(t, Service).Set(s, []string{"prod/old"}); err == nil || !strings.Contains(err.Error(), "not Fargate") {
		t.Errorf("a service on EC2 was accepted: %v", err)
	}
	set(t, &s, Service, notCreated)
	if s.Ans.Service != "" || s.Ans.VPC != "vpc-shop" || s.Ans.Clients != nil {
		t.Errorf("not created: %+v", s.Ans)
	}
	if step(t, Shortcut).Applies(s) {
		t.Error("the shortcut is offered without a service")
	}
}

// The VPC of a service shows in its subnets only, which may arrive later.
func TestServiceVPCIsFilledInOnceItIsKnown(t *testing.T) {
	inv := shop()
	networks := inv.Networks
	inv.Networks, inv.Loaded = nil, requests()
	s := state(inv, answers.Answers{})
	set(t, &s, Service, "prod/web")
	if s.Ans.VPC != "" {
		t.Fatalf("guessed %s", s.Ans.VPC)
	}
	if n := len(Missing(inv, step(t, Shortcut).Needs(s))); n != 3 {
		t.Errorf("%d networks asked for", n)
	}
	inv.Networks = networks
	if s.Ans = Settle(s); s.Ans.VPC != "vpc-shop" {
		t.Errorf("settled on %q", s.Ans.VPC)
	}
}

func TestServiceSaysItsVPCItself(t *testing.T) {
	inv := shop()
	inv.Networks = nil
	s := state(inv, answers.Answers{})
	if set(t, &s, Service, "prod/api"); s.Ans.VPC != "vpc-other" {
		t.Errorf("VPC %q", s.Ans.VPC)
	}
	if got := VPCs(inv, s.Ans.Workload); !slices.Equal(got, []string{"vpc-other"}) {
		t.Errorf("VPCs of services: %v", got)
	}
	if d := option(t, s, Service, "prod/api").Details; !strings.Contains(d, "VPC: other (vpc-other)") {
		t.Errorf("missing in the details: %s", d)
	}
}

func TestNoServices(t *testing.T) {
	for name, tt := range map[string]struct {
		gaps []inventory.Gap
		says string
	}{
		"none":   {nil, "There is no ECS service in us-east-1"},
		"denied": {[]inventory.Gap{{Call: "ecs:ListClusters", Code: "AccessDeniedException"}}, "Cannot list the ECS clusters: AWS denied ecs:ListClusters (AccessDeniedException)"},
	} {
		t.Run(name, func(t *testing.T) {
			inv := shop()
			inv.Clusters, inv.Gaps = nil, tt.gaps
			s := state(inv, answers.Answers{})
			opts := step(t, Service).Options(s)
			if !slices.ContainsFunc(opts, func(o Option) bool { return o.Info && strings.Contains(o.Details, tt.says) }) {
				t.Errorf("missing in the details: %+v", opts)
			}
			if got := step(t, Service).Selected(s); !slices.Equal(got, []string{notCreated}) {
				t.Errorf("proposed %v", got)
			}
			if notes := Notes(s, step(t, Service)); len(notes) != len(tt.gaps) {
				t.Errorf("notes %v", notes)
			}
		})
	}
}

func TestVPCsAreShownNamedOnesFirst(t *testing.T) {
	inv := shop()
	s := state(inv, answers.Answers{})
	var got []string
	for _, o := range step(t, "vpc").Options(s) {
		got = append(got, o.Value)
	}
	if !slices.Equal(got, []string{"vpc-other", "vpc-shop", "vpc-default", newVPC}) {
		t.Errorf("order %v", got)
	}
	if d := option(t, s, "vpc", "vpc-other").Details; !strings.Contains(d, "Owned by account 999999999999") {
		t.Errorf("a shared VPC: %s", d)
	}
	inv.VPCs, inv.Gaps = nil, []inventory.Gap{{Call: "ec2:DescribeVpcs", Code: "UnauthorizedOperation"}}
	if o := step(t, "vpc").Options(s)[0]; !o.Info || !strings.Contains(o.Details, "ec2:DescribeVpcs (UnauthorizedOperation)") {
		t.Errorf("denied: %+v", o)
	}
}

func TestAnswersClearWhatDependsOnThemAndSaySo(t *testing.T) {
	full := func() State {
		s := state(shop(), answers.Answers{Workload: answers.ECSFargate})
		set(t, &s, Service, "prod/web")
		set(t, &s, "runs-in", "subnet-a", "subnet-b", "sg-web")
		set(t, &s, "endpoints-in", "subnet-a", "subnet-b")
		set(t, &s, "needs", "ecr", "awslogs", "exec")
		set(t, &s, "groups", "sg-vpc")
		set(t, &s, "policy", "full")
		return s
	}
	all := []string{"the service prod/web", "the AWS services that the tasks use", "the subnets and security groups of the tasks", "the subnets of the endpoints", "the security groups of the endpoints"}
	for name, tt := range map[string]struct {
		id      string
		values  []string
		cleared []string
	}{
		"same workload":   {"workload", []string{"ecs-fargate"}, nil},
		"same service":    {Service, []string{"prod/web"}, nil},
		"another service": {Service, []string{"prod/api"}, []string{"the service prod/web", "the VPC vpc-shop", "the AWS services that the tasks use", "the subnets and security groups of the tasks", "the subnets of the endpoints", "the security groups of the endpoints"}},
		"no service":      {Service, []string{notCreated}, []string{"the service prod/web", "the AWS services that the tasks use", "the subnets and security groups of the tasks", "the subnets of the endpoints"}},
		"same VPC":        {"vpc", []string{"vpc-shop"}, nil},
		"another VPC":     {"vpc", []string{"vpc-other"}, all},
		"same clients":    {"runs-in", []string{"sg-web", "subnet-b", "subnet-a"}, nil},
		"other clients":   {"runs-in", []string{"subnet-a2"}, []string{"the subnets of the endpoints"}},
		"other places":    {"endpoints-in", []string{"subnet-a2"}, nil},
		"other needs":     {"needs", []string{"ecr"}, nil},
		"a new group":     {"groups", []string{newGroup}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := full()
			before := s.Ans.Clone()
			if got := set(t, &s, tt.id, tt.values...); !slices.Equal(got, tt.cleared) {
				t.Errorf("cleared %q, want %q", got, tt.cleared)
			}
			if strings.HasPrefix(name, "same") {
				a, b := before, s.Ans
				slices.Sort(a.Clients)
				slices.Sort(b.Clients)
				if d := cmp.Diff(a, b); d != "" {
					t.Errorf("changed: %s", d)
				}
			}
			if len(tt.cleared) > 0 && len(s.Ans.Subnets) > 0 {
				t.Errorf("reported as cleared, but still set: %v", s.Ans.Subnets)
			}
			if tt.id == "vpc" && s.Ans.VPC != tt.values[0] {
				t.Errorf("VPC %s", s.Ans.VPC)
			}
		})
	}
}

// Set must not change what it was given: going back shows the old answers.
func TestSetLeavesItsStateAlone(t *testing.T) {
	s := state(shop(), answers.Answers{})
	set(t, &s, Service, "prod/web")
	before := s.Ans.Clone()
	for _, st := range All() {
		for _, o := range st.Options(s) {
			if o.Choosable() {
				if ch, err := st.Set(s, []string{o.Value}); err == nil && len(ch.Answers.Clients) > 0 {
					ch.Answers.Clients[0] = "changed"
				}
			}
		}
		if st.ID != Shortcut { // stores nothing, so hands back what it got
			if d := cmp.Diff(before, s.Ans); d != "" {
				t.Fatalf("%s changed its state: %s", st.ID, d)
			}
		}
		s.Ans = before.Clone()
	}
}

func TestRunsIn(t *testing.T) {
	s := state(shop(), answers.Answers{VPC: "vpc-shop"})
	if got := step(t, "runs-in").Selected(s); len(got) != 0 {
		t.Errorf("proposed %v: the clients have no proposal", got)
	}
	if o := option(t, s, "runs-in", "subnet-p"); !strings.Contains(o.Hint, "internet gateway") {
		t.Errorf("hint %q", o.Hint)
	}
	for _, bad := range [][]string{{}, {"sg-web"}, {"subnet-o"}} {
		if _, err := step(t, "runs-in").Set(s, bad); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}

func TestEndpointsGoToOneSubnetAZone(t *testing.T) {
	s := state(shop(), answers.Answers{VPC: "vpc-shop", Clients: []string{"subnet-a", "subnet-a2", "subnet-b", "sg-web"}})
	if got := step(t, "endpoints-in").Selected(s); !same(got, []string{"subnet-a2", "subnet-b"}) {
		t.Errorf("proposed %v, want the one with most free addresses of each client zone", got)
	}
	if _, err := step(t, "endpoints-in").Set(s, []string{"subnet-a", "subnet-p"}); err == nil || !strings.Contains(err.Error(), "both in us-east-1a") {
		t.Errorf("two of a zone: %v", err)
	}
	if _, err := step(t, "endpoints-in").Set(s, nil); err == nil {
		t.Error("an empty answer was accepted")
	}
	if o := option(t, s, "endpoints-in", "subnet-a"); o.Exclusive != "us-east-1a" {
		t.Errorf("not exclusive in its zone: %+v", o)
	}
}

func TestNeeds(t *testing.T) {
	s := state(shop(), answers.Answers{Workload: answers.ECSFargate})
	set(t, &s, Service, "prod/web")
	st := step(t, "needs")
	if got := st.Selected(s); !slices.Equal(got, []string{"ecr", "awslogs"}) {
		t.Errorf("shown %v", got)
	}
	set(t, &s, "needs", "awslogs", "ecr")
	if s.Ans.Needs != nil {
		t.Errorf("what the account shows was stored: %v", *s.Ans.Needs)
	}
	set(t, &s, "needs", "ecr")
	if s.Ans.Needs == nil || !slices.Equal(*s.Ans.Needs, []string{"ecr"}) {
		t.Errorf("stored %v", s.Ans.Needs)
	}
	set(t, &s, "needs")
	if s.Ans.Needs == nil || len(*s.Ans.Needs) != 0 {
		t.Errorf("an empty answer was not stored: %v", s.Ans.Needs)
	}
	if got := st.Selected(s); len(got) != 0 {
		t.Errorf("selected %v", got)
	}
	if o := option(t, s, "needs", "ecr"); o.Hint != "required" || !strings.Contains(o.Details, "tasks use ecr") {
		t.Errorf("ecr: %+v", o)
	}
	if o := option(t, s, "needs", "secretsmanager"); o.Hint != "not found" || !strings.Contains(o.Details, "If you select it") {
		t.Errorf("secretsmanager: %+v", o)
	}
	i := slices.IndexFunc(st.Options(s), func(o Option) bool { return o.Label == "ecs" })
	if i < 0 || !st.Options(s)[i].Info || st.Options(s)[i].Details != "AWS runs the agent on Fargate" {
		t.Errorf("the list does not explain why the ECS endpoints are not needed")
	}
	if _, err := st.Set(s, []string{"ercs"}); err == nil {
		t.Error("an unknown use was accepted")
	}
}

// An empty answer is stored if the account shows no uses, so that it differs from a missing
// answer.
func TestNothingIsStoredWhereNothingIsShown(t *testing.T) {
	inv := shop()
	inv.Clusters = nil
	s := state(inv, answers.Answers{VPC: "vpc-shop"})
	if got := step(t, "needs").Selected(s); !slices.Equal(got, []string{"ecr", "awslogs"}) {
		t.Errorf("proposed %v for a service that does not exist yet", got)
	}
	if set(t, &s, "needs"); s.Ans.Needs == nil || len(*s.Ans.Needs) != 0 {
		t.Errorf("stored %v", s.Ans.Needs)
	}
}

func TestNeedsReadFromTheServiceItself(t *testing.T) {
	inv := shop()
	inv.TaskDefinitions[0].Containers[0].EnvFiles = []string{"arn:aws:s3:::b/env"}
	inv.Clusters[0].Services[0].ServiceConnect = true
	s := state(inv, answers.Answers{})
	set(t, &s, Service, "prod/web")
	if got := step(t, "needs").Selected(s); !slices.Equal(got, []string{"ecr", "awslogs", "service-connect", "env-files"}) {
		t.Errorf("shown %v", got)
	}
}

func TestGroupsSayWhomTheyLetIn(t *testing.T) {
	s := state(shop(), answers.Answers{VPC: "vpc-shop", Clients: []string{"subnet-a", "subnet-b", "sg-web"}})
	for id, want := range map[string]string{
		"sg-vpc":  "TCP 443 allowed",
		"sg-peer": "TCP 443 allowed",
		"sg-half": "TCP 443 not allowed",
		"sg-80":   "TCP 443 not allowed",
		"sg-web":  "TCP 443 not allowed",
	} {
		if o := option(t, s, "groups", id); o.Hint != want {
			t.Errorf("%s: %q, want %q", id, o.Hint, want)
		}
	}
	if d := option(t, s, "groups", "sg-half").Details; !strings.Contains(d, "Does not allow the tasks of web-tasks (sg-web)") {
		t.Errorf("the denied clients: %s", d)
	}
	if d := option(t, s, "groups", "sg-80").Details; !strings.Contains(d, "443 from: nothing") {
		t.Errorf("port 80 or an outbound rule was counted: %s", d)
	}
	if _, err := step(t, "groups").Set(s, []string{newGroup, "sg-vpc"}); err == nil {
		t.Error("a new group was accepted together with an existing one")
	}
	set(t, &s, "groups", "sg-vpc", "sg-half")
	if !slices.Equal(s.Ans.SecurityGroups, []string{"sg-vpc", "sg-half"}) {
		t.Errorf("stored %v", s.Ans.SecurityGroups)
	}
	set(t, &s, "groups", newGroup)
	if s.Ans.SecurityGroups != nil {
		t.Errorf("stored %v", s.Ans.SecurityGroups)
	}
}

// Every step must be usable with an empty inventory.
func TestStepsStandAnEmptyAccount(t *testing.T) {
	for _, ans := range []answers.Answers{{}, {VPC: "vpc-1"}, {VPC: "vpc-1", Service: "a/b", Clients: []string{"subnet-1"}}} {
		s := state(&inventory.Inventory{}, ans)
		for _, st := range All() {
			st.Needs(s)
			st.Selected(s)
			st.Short(s)
			for _, o := range st.Options(s) {
				if o.Label == "" || o.Choosable() && o.Value == "" {
					t.Errorf("%s: an option without a label or value: %+v", st.ID, o)
				}
			}
			if st.Ask(s) == "" || st.Help(s) == "" || st.Title == "" {
				t.Errorf("%s has no text", st.ID)
			}
			_, _ = st.Set(s, []string{"subnet-1"})
		}
	}
}

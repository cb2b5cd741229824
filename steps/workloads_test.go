package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

func TestServiceOptionsOfEachWorkload(t *testing.T) {
	for w, want := range map[answers.Workload][]string{
		answers.ECSFargate:   {"prod/api", "prod/web", "-", createWorkload, "prod/old: on EC2, not Fargate", "workers/mail: on EC2, not Fargate", "workers/own: on EC2, not Fargate"},
		answers.ECSEC2:       {"wide", "workers", "workers/mail", "workers/own", "prod", "prod/old", "AWSBatch-nightly-1", "-", "away: no self-managed instances in a VPC", "prod/api: on Fargate, not EC2", "prod/web: on Fargate, not EC2"},
		answers.BatchFargate: {"reports", "bygone", "-", createWorkload, "nightly: on EC2, not Fargate", "on-eks: on Amazon EKS, not Amazon ECS", "own: on EC2, not Fargate"},
		answers.BatchEC2:     {"nightly", "own", "-", "bygone: on Fargate, not EC2", "on-eks: on Amazon EKS, not Amazon ECS", "reports: on Fargate, not EC2"},
	} {
		s := state(yard(), answers.Answers{Workload: w})
		var got []string
		for _, o := range step(t, Service).Options(s) {
			line := o.Value
			if o.Problem != "" {
				line += ": " + o.Problem
			}
			got = append(got, line)
		}
		slices.Sort(got[slices.Index(got, "-"):])
		slices.Sort(want[slices.Index(want, "-"):])
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", w, d)
		}
	}
}

func TestServiceDetails(t *testing.T) {
	for _, tt := range []struct {
		w           answers.Workload
		value, hint string
		says        []string
	}{
		{answers.ECSEC2, "workers", "whole cluster: 2 container instances, 2 services", []string{"VPC: shop (vpc-shop)", "Subnets of the instances: subnet-a, subnet-b", "Security groups of the instances: sg-peer",
			"ECS agents: 1 of 2 connected", "Agent versions: 1.80.0, 1.94.0", "1 instance is managed by Amazon ECS", "1 instance is outside AWS (ECS Anywhere)", "Task definition: web:7", "Image of app: 123456789012.dkr"}},
		{answers.ECSEC2, "workers/mail", "1 of 2 running", []string{"VPC: shop (vpc-shop)", "Its tasks use the network of the container instances.", "Container instances of the cluster: 2", "Image of app:"}},
		{answers.ECSEC2, "workers/own", "1 of 1 running", []string{"Subnets: subnet-p", "Security groups: sg-web"}},
		{answers.ECSEC2, "wide", "whole cluster: 3 container instances, 0 services", []string{"VPC: shop (vpc-shop), other (vpc-other)"}},
		{answers.ECSEC2, "prod", "whole cluster: 0 container instances, 1 service", []string{"Container instances: none."}},
		{answers.ECSEC2, "away", "", []string{"1 instance is outside AWS"}},
		{answers.BatchFargate, "reports", "FARGATE_SPOT", []string{"Job queues that use it: none", "Subnets: subnet-a, subnet-b", "Job definition: report:2", "Image of default: report:1"}},
		{answers.BatchFargate, "bygone", "FARGATE  disabled  invalid", []string{"It is disabled", "Its status is INVALID"}},
		{answers.BatchEC2, "nightly", "SPOT", []string{"Job queues that use it: slow (disabled), urgent", "ECS cluster: AWSBatch-nightly-1", "ECS agents: 1 of 1 connected", "launch template can add security groups", "Job definition: crunch:4"}},
		{answers.BatchEC2, "own", "unmanaged", []string{"Job queues that use it: urgent"}},
	} {
		o := option(t, state(yard(), answers.Answers{Workload: tt.w}), Service, tt.value)
		if o.Hint != tt.hint {
			t.Errorf("%s: hint %q, want %q", tt.value, o.Hint, tt.hint)
		}
		for _, want := range tt.says {
			if !strings.Contains(o.Details, want) {
				t.Errorf("%s does not say %q:\n%s", tt.value, want, o.Details)
			}
		}
	}
}

func TestServiceFillsOtherAnswers(t *testing.T) {
	hosts := []string{"subnet-a", "subnet-b", "sg-peer"}
	for _, tt := range []struct {
		w     answers.Workload
		value string
		want  answers.Answers
	}{
		{answers.ECSEC2, "workers/mail", answers.Answers{Service: "workers/mail", VPC: "vpc-shop", Clients: hosts, Agent: answers.Agent{Clusters: []string{"workers"}}}},
		{answers.ECSEC2, "workers", answers.Answers{Service: "workers", VPC: "vpc-shop", Clients: []string{"subnet-p", "subnet-a", "subnet-b", "sg-web", "sg-peer"}, Agent: answers.Agent{Clusters: []string{"workers"}}}},
		{answers.ECSEC2, "wide", answers.Answers{Service: "wide", VPC: "vpc-shop", Clients: []string{"subnet-a", "sg-peer"}, Agent: answers.Agent{Clusters: []string{"wide"}}}},
		{answers.BatchFargate, "reports", answers.Answers{ComputeEnvironment: "reports", VPC: "vpc-shop", Clients: []string{"subnet-a", "subnet-b", "sg-web"}}},
		{answers.BatchEC2, "nightly", answers.Answers{ComputeEnvironment: "nightly", VPC: "vpc-shop", Clients: []string{"subnet-a", "subnet-b", "sg-web", "sg-peer"}, Agent: answers.Agent{Clusters: []string{"AWSBatch-nightly-1"}}}},
		{answers.BatchEC2, "own", answers.Answers{ComputeEnvironment: "own", VPC: "vpc-shop", Clients: []string{"subnet-a", "subnet-b", "sg-web"}}},
	} {
		s := state(yard(), answers.Answers{Workload: tt.w})
		set(t, &s, Service, tt.value)
		tt.want.Workload = tt.w
		slices.Sort(tt.want.Clients)
		slices.Sort(s.Ans.Clients)
		if d := cmp.Diff(tt.want, s.Ans.Answers); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.value, d)
		}
		if !step(t, Shortcut).Applies(s) || !strings.Contains(step(t, Shortcut).Ask(s), kindOf(s.Ans.Answers)) {
			t.Errorf("%s: no shortcut, or a wrong noun: %s", tt.value, step(t, Shortcut).Ask(s))
		}
		set(t, &s, Service, notCreated)
		if chosen(s.Ans.Answers) != "" || s.Ans.Agent.Clusters != nil || s.Ans.VPC != "vpc-shop" || s.Ans.Clients != nil {
			t.Errorf("%s, then not created: %+v", tt.value, s.Ans)
		}
	}
}

// The subnets and groups of instances are known only after the network is loaded.
func TestClientsAreFilledWhenTheNetworkIsLoaded(t *testing.T) {
	inv := yard()
	networks := inv.Networks
	inv.Networks, inv.Loaded = nil, requests()
	s := state(inv, answers.Answers{Workload: answers.ECSEC2})
	set(t, &s, Service, "workers/mail")
	if s.Ans.VPC != "vpc-shop" || s.Ans.Clients != nil {
		t.Fatalf("%+v", s.Ans)
	}
	if rs := Missing(inv, step(t, Shortcut).Needs(s)); !slices.Equal(rs, []inventory.Request{{Part: inventory.PartNetwork, VPC: "vpc-shop"}}) {
		t.Errorf("asked for %v", rs)
	}
	inv.Networks = networks
	if s.Ans = Settle(s); !same(s.Ans.Clients, []string{"subnet-a", "subnet-b", "sg-peer"}) {
		t.Errorf("clients %v", s.Ans.Clients)
	}
}

func TestOtherVPCOfTheClusterKeepsTheCluster(t *testing.T) {
	s := state(yard(), answers.Answers{Workload: answers.ECSEC2})
	set(t, &s, Service, "wide")
	if got := set(t, &s, "vpc", "vpc-other"); !slices.Equal(got, []string{"the subnets and security groups of the container instances"}) {
		t.Errorf("cleared %q", got)
	}
	if s.Ans = Settle(s); s.Ans.Service != "wide" || !same(s.Ans.Clients, []string{"subnet-o"}) || len(s.Ans.Agent.Clusters) != 1 {
		t.Errorf("%+v", s.Ans)
	}
	if got := set(t, &s, "vpc", "vpc-default"); !slices.Contains(got, "the cluster wide") || s.Ans.Service != "" || s.Ans.Agent.Clusters != nil {
		t.Errorf("cleared %q, answers %+v", got, s.Ans)
	}
}

func TestOtherWorkloadClearsTheService(t *testing.T) {
	for _, tt := range []struct {
		from   answers.Workload
		value  string
		to     answers.Workload
		clears []string
	}{
		{answers.ECSEC2, "workers", answers.ECSFargate, []string{"the cluster workers", "the VPC vpc-shop", "the restart of the ECS agents", "the subnets and security groups of the container instances"}},
		{answers.ECSFargate, "prod/web", answers.BatchEC2, []string{"the service prod/web", "the VPC vpc-shop", "the subnets and security groups of the tasks"}},
		{answers.BatchEC2, "nightly", answers.BatchFargate, []string{"the compute environment nightly", "the VPC vpc-shop", "the restart of the ECS agents", "the subnets and security groups of the container instances"}},
		{answers.BatchFargate, "reports", answers.ECSEC2, []string{"the compute environment reports", "the VPC vpc-shop", "the subnets and security groups of the jobs"}},
	} {
		s := state(yard(), answers.Answers{Workload: tt.from})
		set(t, &s, Service, tt.value)
		if families.Of(tt.from).OwnHosts {
			s.Ans.Agent.Restart = answers.RestartNone
		}
		if got := set(t, &s, "workload", string(tt.to)); !slices.Equal(got, tt.clears) {
			t.Errorf("%s to %s cleared %q", tt.from, tt.to, got)
		}
		if d := cmp.Diff(answers.Answers{Workload: tt.to}, s.Ans.Answers); d != "" {
			t.Errorf("%s to %s leaves %s", tt.from, tt.to, d)
		}
	}
}

func TestNounsOfEachWorkload(t *testing.T) {
	for w, want := range map[answers.Workload]map[string]string{
		answers.ECSFargate:   {Service: "Which ECS service", "vpc": "do the tasks run in", "runs-in": "Which subnets do the tasks run in?", "needs": "do the tasks use?"},
		answers.ECSEC2:       {Service: "Which ECS cluster or service", "vpc": "do the container instances run in", "runs-in": "Which subnets do the container instances run in?", "needs": "do the tasks use?"},
		answers.BatchFargate: {Service: "Which compute environment", "vpc": "do the jobs run in", "runs-in": "Which subnets do the jobs run in?", "needs": "do the jobs use?"},
		answers.BatchEC2:     {Service: "Which compute environment", "vpc": "do the container instances run in", "runs-in": "Which subnets do the container instances run in?", "needs": "do the jobs use?"},
	} {
		s := state(yard(), answers.Answers{Workload: w, VPC: "vpc-shop"})
		for id, part := range want {
			if ask := step(t, id).Ask(s); !strings.Contains(ask, part) {
				t.Errorf("%s, %s: %s", w, id, ask)
			}
		}
		if !families.Of(w).Jobs {
			continue
		}
		for _, st := range All()[1:] { // the first one asks for the workload
			if st.For != nil && !st.For(families.Of(w)) {
				continue
			}
			all := st.Ask(s) + st.Help(s)
			for _, o := range st.Options(s) {
				all += " " + o.Label + " " + o.Details + " " + o.Section + " " + o.Hint
			}
			for _, awsName := range []string{"from-web", "ecs-tasks.amazonaws.com", "AmazonECSTaskExecutionRolePolicy"} {
				all = strings.ReplaceAll(all, awsName, "")
			}
			for _, no := range []string{"task", "Task"} {
				if i := strings.Index(all, no); i >= 0 && st.ID != "groups" && st.ID != "runs-in" && st.ID != "needs" {
					t.Errorf("%s: %s contains the noun task: …%s…", w, st.ID, all[max(i-40, 0):min(i+40, len(all))])
				}
			}
		}
	}
}

func TestPartsOfEachWorkload(t *testing.T) {
	for w, want := range map[answers.Workload][]inventory.Part{
		answers.ECSFargate:   {inventory.PartVPCs, inventory.PartClusters},
		answers.ECSEC2:       {inventory.PartVPCs, inventory.PartClusters},
		answers.BatchFargate: {inventory.PartVPCs, inventory.PartBatch},
		answers.BatchEC2:     {inventory.PartVPCs, inventory.PartAgents, inventory.PartBatch},
	} {
		var got []inventory.Part
		for _, r := range step(t, Service).Needs(state(&inventory.Inventory{}, answers.Answers{Workload: w})) {
			got = append(got, r.Part)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s needs %v", w, got)
		}
		rs := Requests(&inventory.Inventory{}, answers.Answers{Workload: w})
		if slices.Contains(rs, inventory.Request{Part: inventory.PartBatch}) != families.Of(w).Jobs || !slices.Contains(rs, inventory.Request{Part: inventory.PartQuotas}) {
			t.Errorf("%s asks for %v", w, rs)
		}
	}
	for w, want := range map[answers.Workload][]string{"": {"vpc-other", "vpc-shop"}, answers.ECSFargate: {"vpc-other"}, answers.ECSEC2: {"vpc-shop", "vpc-other"}, answers.BatchEC2: {"vpc-shop"}} {
		if got := VPCs(yard(), w); !same(got, want) {
			t.Errorf("%q: likely VPCs %v", w, got)
		}
	}
}

func TestNoClustersOrEnvironments(t *testing.T) {
	for w, tt := range map[answers.Workload]struct{ call, none, denied string }{
		answers.ECSEC2:       {"ecs:ListClusters", "There is no ECS cluster with container instances in us-east-1.", "Cannot list the ECS clusters: AWS denied ecs:ListClusters (AccessDenied)."},
		answers.BatchFargate: {"batch:DescribeComputeEnvironments", "There is no compute environment in us-east-1.", "Cannot list the compute environments: AWS denied batch:DescribeComputeEnvironments (AccessDenied)."},
	} {
		inv := yard()
		inv.Clusters, inv.Batch = nil, inventory.Batch{}
		s := state(inv, answers.Answers{Workload: w})
		says := func(want string) {
			t.Helper()
			if !slices.ContainsFunc(step(t, Service).Options(s), func(o Option) bool { return o.Info && strings.HasPrefix(o.Details, want) }) {
				t.Errorf("%s does not say %q", w, want)
			}
		}
		says(tt.none)
		inv.Gaps = []inventory.Gap{{Call: tt.call, Code: "AccessDenied"}}
		says(tt.denied)
		if n := len(Notes(s, step(t, Service))); n != 1 {
			t.Errorf("%s: %d notes", w, n)
		}
		if got := step(t, Service).Selected(s); !slices.Equal(got, []string{notCreated}) {
			t.Errorf("%s proposes %v", w, got)
		}
	}
}

func TestNeedsOfEachWorkload(t *testing.T) {
	labels := func(w answers.Workload, name string) (needed, notNeeded []string, byUse map[string]Option) {
		s := state(yard(), answers.Answers{Workload: w})
		set(t, &s, Service, name)
		byUse = map[string]Option{}
		for _, o := range step(t, "needs").Options(s) {
			switch {
			case !o.Info:
				byUse[o.Value] = o
			case o.Hint == "required":
				needed = append(needed, o.Label)
			default:
				notNeeded = append(notNeeded, o.Label)
			}
		}
		return needed, notNeeded, byUse
	}
	three := []string{"ecs-agent", "ecs-telemetry", "ecs"}
	for _, tt := range []struct {
		w    answers.Workload
		name string
		uses int
	}{
		{answers.ECSFargate, "prod/web", len(answers.Needs)}, {answers.ECSEC2, "workers", len(answers.Needs)},
		{answers.BatchFargate, "reports", len(answers.Needs) - 1}, {answers.BatchEC2, "nightly", len(answers.Needs) - 1},
	} {
		needed, notNeeded, byUse := labels(tt.w, tt.name)
		if len(byUse) != tt.uses {
			t.Errorf("%s: %d uses", tt.w, len(byUse))
		}
		if families.Of(tt.w).OwnHosts != slices.Equal(needed, three) || !families.Of(tt.w).OwnHosts != slices.Equal(notNeeded, three) {
			t.Errorf("%s: needed %v, not needed %v", tt.w, needed, notNeeded)
		}
		if _, offered := byUse["service-connect"]; offered == families.Of(tt.w).Jobs {
			t.Errorf("%s: Service Connect is offered: %v", tt.w, offered)
		}
		want := "Call the Amazon ECS API"
		if families.Of(tt.w).Jobs {
			want = "Call the AWS Batch API"
		}
		if o := byUse["workload-api"]; o.Label != want {
			t.Errorf("%s: %s", tt.w, o.Label)
		}
		if o := byUse["efs"]; o.Hint != "not found" || !strings.Contains(o.Details, "web:7 mounts a file system, which goes another way. If you select it:") {
			t.Errorf("%s: %+v", tt.w, o)
		}
	}
}

func TestPolicies(t *testing.T) {
	s := state(yard(), answers.Answers{Workload: answers.BatchFargate})
	st := step(t, "policy")
	if got := st.Selected(s); !slices.Equal(got, []string{answers.PolicyFull}) {
		t.Errorf("proposed %v", got)
	}
	s.Ans.EndpointPolicy.ByService = map[string]string{"s3": "./s3.json"}
	for _, v := range []string{answers.PolicyFull, answers.PolicyLeast, answers.PolicyExample} {
		set(t, &s, "policy", v)
		if s.Ans.EndpointPolicy.Default != v || s.Ans.EndpointPolicy.ByService["s3"] != "./s3.json" || st.Short(s) != v || !slices.Equal(st.Selected(s), []string{v}) {
			t.Errorf("%+v", s.Ans.EndpointPolicy)
		}
	}
	if _, err := st.Set(s, []string{"./own.json"}); err == nil {
		t.Error("a file was accepted")
	}
	if !strings.Contains(st.Help(s), "answers file (endpoint_policy)") {
		t.Error("the help does not mention the answers file")
	}
	for v, texts := range map[string][]string{answers.PolicyLeast: {"ECS Exec", "GuardDuty", "Service Connect", "Systems Manager"}, answers.PolicyExample: {"batch", "ecs", "full access"}} {
		for _, w := range texts {
			if !strings.Contains(option(t, s, "policy", v).Details, w) {
				t.Errorf("%s does not mention %s", v, w)
			}
		}
	}
}

func TestResolveForEachWorkload(t *testing.T) {
	batch := func(w answers.Workload, name string) answers.Answers {
		return answers.Answers{Workload: w, ComputeEnvironment: name}
	}
	for name, tt := range map[string]struct {
		in        answers.Answers
		key, says string // of the problem, if there is one
		vpc       string
		clients   []string
	}{
		"a cluster":           {in: answers.Answers{Workload: answers.ECSEC2, Service: "workers"}, vpc: "vpc-shop", clients: []string{"subnet-a", "subnet-b", "subnet-p", "sg-peer", "sg-web"}},
		"a service":           {in: answers.Answers{Workload: answers.ECSEC2, Service: "workers/mail"}, vpc: "vpc-shop", clients: []string{"subnet-a", "subnet-b", "sg-peer"}},
		"of a wide cluster":   {in: answers.Answers{Workload: answers.ECSEC2, Service: "wide", VPC: "other"}, vpc: "vpc-other", clients: []string{"subnet-o"}},
		"all on Fargate":      {in: answers.Answers{Workload: answers.ECSFargate, Service: "prod", VPC: "shop"}, vpc: "vpc-shop", clients: []string{"subnet-a", "subnet-b", "sg-web"}},
		"an environment":      {in: batch(answers.BatchFargate, "reports"), vpc: "vpc-shop", clients: []string{"subnet-a", "subnet-b", "sg-web"}},
		"a disabled one":      {in: batch(answers.BatchFargate, "bygone"), vpc: "vpc-shop", clients: []string{"subnet-a", "subnet-b", "sg-web"}},
		"one on EC2":          {in: batch(answers.BatchEC2, "nightly"), vpc: "vpc-shop", clients: []string{"subnet-a", "subnet-b", "sg-peer", "sg-web"}},
		"a VPC by itself":     {in: answers.Answers{Workload: answers.BatchFargate, VPC: "shop"}, vpc: "vpc-shop"},
		"two VPCs":            {in: answers.Answers{Workload: answers.ECSEC2, Service: "wide"}, key: "vpc", says: "cluster wide runs in vpc-shop and vpc-other; add one of them"},
		"another VPC":         {in: answers.Answers{Workload: answers.ECSEC2, Service: "wide", VPC: "vpc-default"}, key: "service", says: "runs in vpc-shop and vpc-other, but `vpc` is vpc-default"},
		"not managed":         {in: answers.Answers{Workload: answers.ECSManaged, Service: "prod/web"}, key: "service", says: "runs on Fargate; must be a service on Managed Instances"},
		"on Fargate":          {in: answers.Answers{Workload: answers.ECSEC2, Service: "prod/web"}, key: "service", says: "runs on Fargate; must be a cluster, or a service on EC2"},
		"no such cluster":     {in: answers.Answers{Workload: answers.ECSEC2, Service: "worker"}, key: "service", says: "this cluster or service does not exist in us-east-1; the format is CLUSTER or CLUSTER/NAME; existing ones on EC2: AWSBatch-nightly-1, prod, prod/old, wide, workers"},
		"no such service":     {in: answers.Answers{Workload: answers.ECSEC2, Service: "workers/nope"}, key: "service", says: "this cluster or service does not exist"},
		"of another platform": {in: batch(answers.BatchFargate, "nightly"), key: "compute_environment", says: "runs on EC2, not Fargate; must be a compute environment of batch-fargate: bygone, reports"},
		"no such environment": {in: batch(answers.BatchEC2, "nigthly"), key: "compute_environment", says: "this compute environment does not exist in us-east-1; existing ones of batch-ec2: nightly, own"},
		"an environment's VPC": {in: answers.Answers{Workload: answers.BatchEC2, ComputeEnvironment: "nightly", VPC: "other"}, key: "compute_environment",
			says: "runs in vpc-shop, but `vpc` is vpc-other"},
		"no such agents": {in: answers.Answers{Workload: answers.ECSEC2, VPC: "shop", Agent: answers.Agent{Clusters: []string{"workers", "nope"}}}, key: "agent.clusters[1]",
			says: "this ECS cluster does not exist in us-east-1; existing: AWSBatch-nightly-1, away, empty, prod, wide, workers"},
		"no such agents of jobs": {in: answers.Answers{Workload: answers.BatchEC2, VPC: "shop", Agent: answers.Agent{Clusters: []string{"nope"}}}, key: "agent.clusters[0]",
			says: "this ECS cluster does not exist in us-east-1"},
		"to redeploy, of another launch type": {in: answers.Answers{Workload: answers.ECSManaged, VPC: "shop", Clients: []string{"subnet-a"}, Redeploy: []string{"prod/web"}}, key: "redeploy[0]",
			says: "runs on Fargate, but the workload of this plan is ecs-managed-instances"},
		"nowhere":          {in: answers.Answers{Workload: answers.ECSEC2, Service: "empty"}, key: "vpc", says: "is missing, and the VPC of cluster empty is not known"},
		"no instances":     {in: answers.Answers{Workload: answers.ECSEC2, Service: "empty", VPC: "shop"}, key: "clients", says: "no container instance or service on EC2 runs in this VPC; add the subnets (and security groups) of the container instances"},
		"no environment":   {in: answers.Answers{Workload: answers.BatchFargate, VPC: "other"}, key: "clients", says: "no compute environment of batch-fargate is in this VPC; add the subnets (and security groups) of the jobs"},
		"groups, no place": {in: answers.Answers{Workload: answers.BatchFargate, VPC: "other", Clients: []string{"sg-other"}}, key: "clients", says: "contains no subnet; add the subnets of the jobs"},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := Resolve(yard(), tt.in)
			if tt.key != "" {
				if len(problems) != 1 || problems[0].Key != tt.key || !strings.Contains(problems[0].Message, tt.says) {
					t.Errorf("%+v", problems)
				}
				return
			}
			if len(problems) > 0 || got.VPC != tt.vpc || !same(got.Clients, tt.clients) {
				t.Errorf("VPC %s, clients %v: %+v", got.VPC, got.Clients, problems)
			}
			// The plan restarts only agents of the chosen cluster.
			if named := chosen(tt.in) != "" && families.Of(tt.in.Workload).OwnHosts; named != (len(got.Agent.Clusters) == 1) {
				t.Errorf("unexpected clusters %v", got.Agent.Clusters)
			}
			if again, problems := Resolve(yard(), got); len(problems) > 0 || cmp.Diff(got, again) != "" {
				t.Errorf("resolving again changes it: %v %v", problems, cmp.Diff(got, again))
			}
		})
	}
}

// A value that AWS did not show because of a denied read is accepted.
func TestResolveAcceptsUnreadServices(t *testing.T) {
	for call, ans := range map[string]answers.Answers{
		"ecs:DescribeClusters":              {Workload: answers.ECSEC2, Service: "retired", VPC: "vpc-shop", Agent: answers.Agent{Clusters: []string{"retired"}}},
		"batch:DescribeComputeEnvironments": {Workload: answers.BatchFargate, ComputeEnvironment: "retired", VPC: "vpc-shop"},
		"ecs:DescribeContainerInstances":    {Workload: answers.ECSEC2, Service: "retired", VPC: "vpc-shop"},
	} {
		inv := yard()
		inv.Clusters, inv.Batch = nil, inventory.Batch{}
		inv.Gaps = []inventory.Gap{{Call: call, Code: "AccessDenied"}}
		if _, problems := Resolve(inv, ans); len(problems) > 0 {
			t.Errorf("%s: %+v", call, problems)
		}
	}
}

// If the VPC of an environment is not known, the networks of all VPCs are read.
func TestElsewhereFindsTheVPCOfAnEnvironment(t *testing.T) {
	inv := yard()
	for i := range inv.Batch.Environments {
		inv.Batch.Environments[i].VPC = ""
	}
	networks := inv.Networks
	inv.Networks = nil
	ans := answers.Answers{Workload: answers.BatchFargate, ComputeEnvironment: "reports"}
	got, problems := Resolve(inv, ans)
	if len(problems) != 1 || problems[0].Key != "vpc" {
		t.Fatalf("%+v", problems)
	}
	if n := len(Elsewhere(inv, got)); n != 3 {
		t.Errorf("%d networks", n)
	}
	inv.Networks = networks
	if got, problems = Resolve(inv, ans); len(problems) > 0 || got.VPC != "vpc-shop" {
		t.Errorf("%s %+v", got.VPC, problems)
	}
}

// TestNearCodes tests the suggestions for service codes that the Region does not have.
func TestNearCodes(t *testing.T) {
	inv := inventory.Inventory{Region: "us-east-1", Loaded: []inventory.Request{{Part: inventory.PartServices}}}
	for _, code := range []string{"kinesis-firehose", "elasticache", "ecr.api", "logs"} {
		inv.Services = append(inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1." + code, Type: "Interface"})
	}
	for code, want := range map[string]string{"firehose": "kinesis-firehose", "elasticcache": "elasticache", "api": "ecr.api", "lgos": "logs", "email-smtp": "", "dynamodb": ""} {
		if got := (&resolver{inv: &inv}).nearCode(code); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

// TestManagedServiceWithoutSubnets: the tasks of a service on ECS Managed Instances without subnets use the
// network of the instances that the capacity providers of the cluster launch.
func TestManagedServiceWithoutSubnets(t *testing.T) {
	inv := yard()
	inv.Clusters = append(inv.Clusters, inventory.Cluster{ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/search", Name: "search",
		Services:         []inventory.Service{{ARN: "arn:aws:ecs:us-east-1:123456789012:service/search/query", Name: "query", LaunchType: "MANAGED_INSTANCES"}},
		ManagedProviders: []inventory.ManagedProvider{{Name: "fleet", VPC: "vpc-shop", Subnets: []string{"subnet-a"}}}})
	for _, name := range []string{"search", "search/query"} {
		got, problems := Resolve(inv, answers.Answers{Workload: answers.ECSManaged, Service: name})
		if len(problems) > 0 || got.VPC != "vpc-shop" {
			t.Errorf("%s: VPC %q: %+v", name, got.VPC, problems)
		}
	}
}

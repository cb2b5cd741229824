package check

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// checked returns the check of the account of a world.
func checked(file string, w *plantest.World, accepted ...string) *Snapshot {
	s := NewSnapshot(file, &w.Inv, accepted)
	for _, v := range w.Inv.VPCs {
		var all []Attempt
		for _, name := range s.Workloads(v) {
			ans := s.Answers(name, v)
			p := plan.Build(&w.Inv, ans)
			all = append(all, Attempt{Workload: name, Plan: p, Why: cause.Of(&w.Inv, ans, p)})
		}
		if len(all) > 0 {
			s.Add(v, all)
		}
	}
	s.Done()
	return s
}

// whole returns an account that was read completely.
func whole() *plantest.World {
	w := plantest.New()
	for _, p := range []inventory.Part{inventory.PartBatch, inventory.PartMWAA} {
		w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: p})
	}
	return w
}

// running returns an account with a service that runs.
func running() *plantest.World {
	w := whole()
	w.Service().Running = w.Service().Desired
	return w
}

// synced returns an account that needs no change.
func synced() *plantest.World {
	w := running()
	w.Group(plantest.Wide())
	for _, code := range []string{"ecr.api", "ecr.dkr", "secretsmanager", "logs"} {
		w.Endpoint(plantest.Ready(code))
	}
	w.Endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []string{"rtb-app"}})
	return w
}

func one(t *testing.T, o Overview) VPC {
	t.Helper()
	if len(o.VPCs) != 1 {
		t.Fatalf("%d VPCs, want 1", len(o.VPCs))
	}
	return o.VPCs[0]
}

// TestOverviewOfRules: the overview of each case of each rule is valid, fits into 80 columns, and has the same changes, stops and
// cost as the plan if the VPC has one workload.
func TestOverviewOfRules(t *testing.T) {
	schema := schematest.Open(t, "overview")
	stops := map[bool]int{}
	for _, c := range plantest.Cases {
		w := plantest.New()
		c.Caught(w)
		o := NewOverview([]*Snapshot{checked("a.json", w)}, nil, nil)
		data, err := json.Marshal(o)
		if err == nil {
			err = schema.Validate(data)
		}
		if err != nil {
			t.Errorf("%s: %v", c.Rule, err)
		}
		lines := o.Lines(80)
		for _, l := range lines[:len(lines)-1] { // the totals are one line
			if words.Width(l) > 80 && strings.Contains(strings.TrimSpace(l), " ") {
				t.Errorf("%s: a line is too long: %s", c.Rule, l)
			}
		}
		for _, v := range o.VPCs {
			stops[v.Stops]++
			if len(v.Workloads) != 1 {
				continue
			}
			p := plan.Build(&w.Inv, answersFor(&w.Inv, v.Workloads[0].Workload, v.VPC))
			if r := Of(p, nil); len(v.Changes) != len(r.Changes) || v.Stops != (r.Result == Findings) {
				t.Errorf("%s: %d changes and stops %v, want %d and %s", c.Rule, len(v.Changes), v.Stops, len(r.Changes), r.Result)
			}
			if v.Cost.Monthly != p.Cost.Monthly || v.Cost.Known != p.Cost.Known {
				t.Errorf("%s: cost %v, want %v", c.Rule, v.Cost, p.Cost.Monthly)
			}
		}
	}
	if stops[true] == 0 || stops[false] == 0 {
		t.Errorf("%v: plans that stop", stops)
	}
}

// TestStatesOfVPCs: each VPC has its worst state, and the overview begins with the worst.
func TestStatesOfVPCs(t *testing.T) {
	in := func(account string, w *plantest.World) *plantest.World { // a VPC of its own
		w.Inv.Account = account
		for i := range w.Net().Subnets {
			w.Net().Subnets[i].Owner = account
		}
		return w
	}
	stops := in("111111111111", running())
	stops.Net().SecurityGroups[0].Rules = nil // no outbound traffic
	none := NewSnapshot("none.json", &in("222222222222", running()).Inv, nil)
	none.Add(none.inv.VPCs[0], []Attempt{{Workload: answers.ECSFargate, Problem: "the reason"}})
	none.Done()
	snapshots := []*Snapshot{checked("synced.json", synced()), checked("changes.json", in("333333333333", running())), none, checked("stops.json", stops), checked("off.json", in("444444444444", whole()))}
	o := NewOverview(snapshots, []Unread{{"bad.json", "not JSON"}}, nil)
	var got []string
	for _, v := range o.VPCs {
		got = append(got, strings.TrimSuffix(v.File, ".json")+" "+string(v.State))
	}
	want := []string{"off not_starting", "stops findings", "none no_plan", "changes changes", "synced in_sync"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if o.Result != Findings || o.Snapshots != 5 {
		t.Errorf("result %s of %d snapshots", o.Result, o.Snapshots)
	}
	for n, want := range map[int]Result{1: InSync, 2: Changes, 3: Findings} {
		if o := NewOverview(snapshots[:n], nil, nil); o.Result != want {
			t.Errorf("result of %d snapshots: %s, want %s", n, o.Result, want)
		}
	}
	text := strings.Join(o.Lines(200), "\n")
	for _, want := range []string{
		"  vpc-1: Service prod/web runs 0 of 2 tasks. The tasks have no network path to s3, ecr.api, ecr.dkr, secretsmanager and logs",
		"  vpc-1: Stopped by G-SGEGRESS: ",
		"  vpc-1: No plan for Amazon ECS on Fargate: the reason.",
		"Checked 5 VPCs of 5 snapshots: 1 with a workload that does not start, 1 with findings that stop the plan, 1 without a plan, 1 with changes to make, 1 in sync. What is missing costs about $",
		" 1 file could not be read.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if r := o.Repeated(); len(r) > 0 {
		t.Errorf("%q", r)
	}
	if v := one(t, NewOverview([]*Snapshot{checked("stops.json", stops, "G-SGEGRESS")}, nil, []string{"G-SGEGRESS"})); v.Stops || v.State != ToChange || !v.Findings[0].Accepted {
		t.Errorf("an accepted finding stops: %+v", v)
	}
}

// TestNewestSnapshotOfAVPC: a VPC that is in several snapshots is counted once, as the newest of them has it.
func TestNewestSnapshotOfAVPC(t *testing.T) {
	taken := func(at string, w *plantest.World) *plantest.World {
		w.Inv.Snapshot = &inventory.Origin{Taken: at}
		return w
	}
	o := NewOverview([]*Snapshot{checked("b.json", taken("2026-11-30T09:00:00Z", synced())), checked("c.json", taken("2026-11-29T09:00:00Z", whole())), checked("a.json", whole())}, nil, nil)
	if v := one(t, o); v.File != "b.json" || v.State != Synced || o.Result != InSync || o.Cost.Monthly != 0 {
		t.Errorf("%+v", o)
	}
	want := []string{"VPC vpc-1 of account 123456789012 in us-east-1 is in several snapshots. The overview has that of b.json, and not that of a.json and c.json."}
	if d := cmp.Diff(want, o.Repeated()); d != "" {
		t.Error(d)
	}
}

// TestWorkloadsOfOneVPC: an endpoint that two workloads need is one change and counted once, with the zones of both.
func TestWorkloadsOfOneVPC(t *testing.T) {
	w := running()
	w.Service().Subnets = []string{"subnet-a"}
	apart := one(t, NewOverview([]*Snapshot{checked("a.json", w)}, nil, nil))
	w.Inv.Clusters = append(w.Inv.Clusters, inventory.Cluster{ARN: "arn:b", Name: "b", Services: []inventory.Service{{ARN: "arn:m", Name: "m", LaunchType: "MANAGED_INSTANCES", TaskDefinition: "arn:t",
		Subnets: []string{"subnet-b", "subnet-data"}, Groups: []string{"sg-app"}, Desired: 1, Running: 1}}})
	both := one(t, NewOverview([]*Snapshot{checked("a.json", w)}, nil, nil))
	if len(both.Workloads) != 2 {
		t.Fatalf("workloads %v", both.Workloads)
	}
	// Four endpoints in zone a become seven in the zones a and b: subnet-data is in zone a too.
	hour := apart.Cost.Monthly / 4
	if want := 14 * hour; both.Cost.Monthly != want || !both.Cost.Known {
		t.Errorf("cost %v, want %v", both.Cost, want)
	}
	ids := map[string]int{}
	for _, c := range both.Changes {
		ids[string(c.ID)]++
	}
	if ids["endpoint/logs"] != 1 || ids["endpoint/ecs-agent"] != 1 || len(ids) != len(both.Changes) {
		t.Errorf("changes %v", ids)
	}
	if !slices.Contains(both.Needed, "ecs-agent") || len(both.Needed) != 8 {
		t.Errorf("needed: %v", both.Needed)
	}
	if i := slices.IndexFunc(both.Changes, func(c Change) bool { return c.ID == "endpoint/logs" }); !strings.Contains(both.Changes[i].Summary, "; ") {
		t.Errorf("the summary lacks a plan: %s", both.Changes[i].Summary)
	}
}

// TestInstancesOfBatch: the container instances of a compute environment do not count as Amazon ECS on EC2.
func TestInstancesOfBatch(t *testing.T) {
	w := whole()
	plantest.BatchOnEC2(w)
	w.Inv.Clusters = nil
	w.Hosts("AWSBatch-jobs", "sg-hosts", "1.86.2")
	w.Environment().Cluster = "arn:AWSBatch-jobs"
	if got := NewSnapshot("a.json", &w.Inv, nil).Workloads(w.Inv.VPCs[0]); !slices.Equal(got, []answers.Workload{answers.BatchEC2}) {
		t.Errorf("workloads %v", got)
	}
	w.Hosts("prod", "sg-hosts", "1.86.2")
	if got := NewSnapshot("a.json", &w.Inv, nil).Workloads(w.Inv.VPCs[0]); !slices.Equal(got, []answers.Workload{answers.ECSEC2, answers.BatchEC2}) {
		t.Errorf("workloads %v", got)
	}
}

// TestOtherClients: findings about other clients are listed, and shown below the VPC.
func TestOtherClients(t *testing.T) {
	w := synced()
	plantest.Narrow(w)
	plantest.Elsewhere(w)
	for i := range w.Net().Endpoints {
		if e := &w.Net().Endpoints[i]; e.Type == "Interface" {
			e.Groups = []string{"sg-narrow"}
		}
	}
	o := NewOverview([]*Snapshot{checked("a.json", w)}, nil, nil)
	v := one(t, o)
	if len(v.ShutOut) == 0 || v.ShutOut[0].Rule != "G-SHUTOUT" {
		t.Fatalf("%+v", v.ShutOut)
	}
	if text := strings.Join(o.Lines(300), "\n"); !strings.Contains(text, "\n  vpc-1: Other clients: "+v.ShutOut[0].Message) {
		t.Error(text)
	}
}

// TestNotChecked: what has no row is listed with the reason.
func TestNotChecked(t *testing.T) {
	w := running()
	w.Inv.VPCs = append(w.Inv.VPCs, inventory.VPC{ID: "vpc-2", Name: "idle"}, inventory.VPC{ID: "vpc-3"}, inventory.VPC{ID: "vpc-4"})
	w.Inv.Networks = append(w.Inv.Networks, inventory.Network{VPC: "vpc-2", RouteTables: []inventory.RouteTable{{ID: "rtb-2", Main: true}}, Subnets: []inventory.Subnet{{ID: "subnet-2"}}})
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-2"})
	w.Inv.Clusters = append(w.Inv.Clusters, inventory.Cluster{ARN: "arn:e", Name: "edge", Services: []inventory.Service{
		{ARN: "arn:far", Name: "far", LaunchType: "FARGATE", VPC: "vpc-3", Subnets: []string{"subnet-3"}}, {ARN: "arn:b", Name: "bridge", LaunchType: "EC2"}}})
	w.Inv.MWAA = []inventory.Airflow{{Name: "secret"}}
	o := NewOverview([]*Snapshot{checked("a.json", w)}, nil, nil)
	if v := one(t, o); v.VPC != plantest.VPC || v.State != ToChange || o.Result != Changes {
		t.Errorf("%s is %s, result %s", v.VPC, v.State, o.Result)
	}
	var got []string
	for _, n := range o.NotChecked {
		got = append(got, strings.TrimSpace(n.VPC+" "+string(n.Reason)+" "+names(n.Workloads)))
	}
	for _, u := range o.Unplaced {
		got = append(got, string(u.Workload)+" "+u.Name)
	}
	if want := []string{"vpc-2 no_workload", "vpc-3 no_network ecs-fargate", "vpc-4 no_network", "ecs-ec2 edge/bridge", "mwaa secret"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	text := strings.Join(o.Lines(300), "\n")
	for _, want := range []string{
		"1 VPC without a supported workload: not checked.",
		"2 VPCs without a network in the snapshot: not checked (123456789012 us-east-1 vpc-3 (ecs-fargate), 123456789012 us-east-1 vpc-4). Write the snapshot again with --vpc ID.",
		"2 workloads with an unknown VPC: not checked (123456789012 us-east-1 edge/bridge, 123456789012 us-east-1 secret).",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

// TestHiddenWorkloads: a VPC must not look unused because AWS denied a list.
func TestHiddenWorkloads(t *testing.T) {
	w := whole()
	w.Inv.Clusters = nil
	if o := NewOverview([]*Snapshot{checked("a.json", w)}, nil, nil); len(o.Hidden) > 0 || o.Result != InSync {
		t.Errorf("an account without workloads: %+v", o.Hidden)
	}
	w.Gap("ecs:ListClusters")
	w.Gap("ecs:DescribeTaskDefinition")
	w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "airflow:ListEnvironments", Code: inventory.NotOffered})
	s := checked("a.json", w)
	o := NewOverview([]*Snapshot{s}, nil, nil)
	if len(o.Hidden) != 1 || o.Hidden[0].Call != "ecs:ListClusters" || len(o.Hidden[0].Workloads) < 3 || o.Result != Findings {
		t.Errorf("%+v, result %s", o.Hidden, o.Result)
	}
	if o := NewOverview([]*Snapshot{s}, nil, []string{"A-GAP"}); o.Result != InSync || len(o.Hidden) != 1 {
		t.Errorf("accepted: %+v, result %s", o.Hidden, o.Result)
	}
	w = whole()
	w.Inv.VPCs, w.Inv.Networks = nil, nil
	w.Gap("ec2:DescribeVpcs")
	if o := NewOverview([]*Snapshot{checked("a.json", w)}, nil, nil); len(o.Hidden) != 1 || o.Hidden[0].Call != "ec2:DescribeVpcs" || o.Result != Findings {
		t.Errorf("without VPCs: %+v, result %s", o.Hidden, o.Result)
	}
}

// TestTableFits: the columns fit into 80 columns with the longest Region, and a wide terminal cuts nothing.
func TestTableFits(t *testing.T) {
	o := Overview{VPCs: []VPC{
		{Account: "123456789012", Region: "ap-northeast-1", VPC: "vpc-0a1b2c3d4e5f60001", State: Stopped, Workloads: []InVPC{{Workload: answers.ECSManaged}, {Workload: answers.MWAA}}, Changes: make([]Change, 12), Cost: Cost{Monthly: 1234.5}},
		{Account: "123456789012", Region: "us-east-1", VPC: "vpc-0a1b2c3d4e5f60002", Name: "production of the payment team", State: Synced, Workloads: []InVPC{{Workload: answers.BatchEC2}}, Cost: Cost{Known: true}},
	}}
	want := []string{
		"Account      Region         VPC      Workloads  State    Needs Missing   Monthly",
		"123456789012 ap-northeast-1 vpc…0001 ecs-ma… +1 findings     0      12 $1234.50+",
		"123456789012 us-east-1      product… batch-ec2  in sync      0       0         -",
	}
	if got := o.Lines(80)[:3]; !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	o.VPCs[0].ShutOut = make([]Finding, 2)
	if got := o.Lines(80)[0]; got != want[0] {
		t.Errorf("without space for the last column: %s", got)
	}
	if got := o.Lines(100); !strings.HasSuffix(got[0], "  Shut out") || !strings.HasSuffix(got[1], "         2") {
		t.Errorf("got\n%s\n%s", got[0], got[1])
	}
	wide := strings.Join(o.Lines(200), "\n")
	for _, all := range []string{"  production of the payment team (vpc-0a1b2c3d4e5f60002)  batch-ec2 ", "  ecs-managed-instances, mwaa  findings"} {
		if !strings.Contains(wide, all) {
			t.Errorf("%q is missing in\n%s", all, wide)
		}
	}
}

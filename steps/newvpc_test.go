package steps

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// ground is the account of shop with what is read for a new VPC: three zones, and a VPC of another account that is peered.
func ground() *inventory.Inventory {
	inv := shop()
	inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartCreation})
	for i, z := range []string{"a", "b", "c"} {
		inv.Creation.Zones = append(inv.Creation.Zones, inventory.Zone{Name: "us-east-1" + z, ID: "use1-az" + strconv.Itoa(i+1)})
	}
	inv.Creation.Peers = []inventory.Peer{{VPC: "vpc-far", Account: "210987654321", CIDRs: []string{"10.2.0.0/16"}}}
	return inv
}

// onGround is a state of ground that builds its plans with plan.Build.
func onGround(w answers.Workload) State {
	return State{Inv: ground(), Ans: Answers{Answers: answers.Answers{Version: 1, Region: "us-east-1", Account: "123456789012", Workload: w}}}
}

// applying returns the IDs of the steps that apply.
func applying(s State) []string {
	var out []string
	for _, st := range All() {
		if st.Applies(s) {
			out = append(out, st.ID)
		}
	}
	return out
}

func TestNewVPCOption(t *testing.T) {
	last := func(opts []Option) Option { return opts[len(opts)-1] }
	s := onGround(answers.ECSFargate)
	if o := last(vpcOptions(s)); o.Value != newVPC || o.Recommended {
		t.Errorf("with two VPCs: %+v", o)
	}
	if got := selectedVPC(s); !slices.Equal(got, []string{"vpc-other"}) {
		t.Errorf("proposed %v", got)
	}
	s.Inv.VPCs = s.Inv.VPCs[:1]
	if o := vpcOptions(s)[0]; o.Value != newVPC || !o.Recommended || !slices.Equal(selectedVPC(s), []string{newVPC}) {
		t.Errorf("with the default VPC only: %+v, proposed %v", o, selectedVPC(s))
	}
	s.Inv.VPCs = nil
	if opts := vpcOptions(s); opts[0].Value != newVPC || len(opts) != 2 || !opts[1].Info {
		t.Errorf("without a VPC: %+v", opts)
	}
	s.Inv.Gaps = []inventory.Gap{{Call: "ec2:DescribeVpcs", Code: "UnauthorizedOperation"}}
	if opts := vpcOptions(s); len(opts) != 1 || opts[0].Choosable() {
		t.Errorf("without the list of VPCs: %+v", opts)
	}
	for name, s := range map[string]State{
		"a service": {Inv: ground(), Ans: Answers{Answers: answers.Answers{Workload: answers.ECSFargate, Service: "prod/web"}}},
		"MWAA":      onGround(answers.MWAA),
	} {
		if slices.ContainsFunc(vpcOptions(s), func(o Option) bool { return o.Value == newVPC }) {
			t.Errorf("%s: a new VPC is offered", name)
		}
		if _, err := step(t, "vpc").Set(s, []string{newVPC}); err == nil {
			t.Errorf("%s: a new VPC was accepted", name)
		}
	}
}

func TestNewVPCProposals(t *testing.T) {
	s := onGround(answers.ECSFargate)
	set(t, &s, Service, notCreated)
	set(t, &s, "vpc", newVPC)
	if got := newVPCStep().Selected(s); !slices.Equal(got, []string{"app", "10.3.0.0/16", "2", answers.InternetNone}) { // 10.0 to 10.2 are in use
		t.Errorf("proposed %v", got)
	}
	fields := newVPCFields(s)
	if len(fields[2].Options) != 3 || fields[2].Options[2].Label != "3 of 3" || len(fields[3].Options) != len(answers.InternetRoutes) {
		t.Errorf("%+v", fields)
	}
	for _, o := range fields[3].Options {
		if o.Details == "" || o.Label == o.Value && o.Value != answers.InternetNone {
			t.Errorf("%+v", o)
		}
	}
	s.Inv.Creation.Zones = nil // not allowed to read them
	if n := len(newVPCFields(s)[2].Options); n != answers.MaxZones {
		t.Errorf("%d numbers of zones", n)
	}
	s = onGround(answers.ECSFargate)
	set(t, &s, Service, createWorkload)
	set(t, &s, "first-name", "front")
	for image, route := range map[string]string{"nginx:1.27": answers.InternetNAT, "public.ecr.aws/nginx/nginx:1.27": answers.InternetNAT,
		"123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1": answers.InternetNone, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1": answers.InternetNAT} {
		s := s
		set(t, &s, "first-image", image)
		set(t, &s, "vpc", newVPC)
		if got := newVPCStep().Selected(s); got[0] != "front" || got[3] != route {
			t.Errorf("%s: proposed %v", image, got)
		}
	}
	set(t, &s, "first-image", "nginx:1.27")
	set(t, &s, "vpc", newVPC)
	_, err := newVPCStep().Set(s, []string{"front", "10.9.0.0/16", "2", answers.InternetNone})
	if at := new(FieldError); !errors.As(err, &at) || at.Field != 3 || !strings.Contains(err.Error(), "nginx:1.27 cannot be pulled") {
		t.Error(err)
	}
	set(t, &s, NewVPC, "front", "10.9.0.0/16", "2", answers.InternetRegional)
}

func TestNewVPCRefuses(t *testing.T) {
	good := []string{"app", "10.9.0.0/16", "2", answers.InternetNone}
	for name, tt := range map[string]struct {
		field int
		value string
		says  string
		given func(*inventory.Inventory)
	}{
		"no name":            {0, " ", "the name must not be empty", nil},
		"a long name":        {0, strings.Repeat("x", 65), "the name is not a name for a VPC", nil},
		"signs":              {0, "a/b", "the name is not a name for a VPC", nil},
		"a name in use":      {0, "shop", "VPC vpc-shop has this name already", nil},
		"no block":           {1, "", "the CIDR must not be empty", nil},
		"words":              {1, "big", "the CIDR ", nil},
		"too large":          {1, "10.0.0.0/8", "the CIDR ", nil},
		"too small":          {1, "10.9.0.0/29", "the CIDR ", nil},
		"no place":           {1, "10.9.0.0/28", "no place for the subnets", nil},
		"an overlap":         {1, "10.1.128.0/17", "overlaps 10.1.0.0/16 of VPC other (vpc-other)", nil},
		"overlaps a peer":    {1, "10.2.0.0/20", "overlaps 10.2.0.0/16 of VPC vpc-far of account 210987654321", nil},
		"no number":          {2, "two", `"two" is not one of the options`, nil},
		"too many zones":     {2, "4", `"4" is not one of the options`, nil},
		"an unknown route":   {3, "modem", `"modem" is not one of the options`, nil},
		"public access":      {3, answers.InternetNAT, "Block Public Access", func(inv *inventory.Inventory) { inv.Creation.BlockPublicAccess = "block-bidirectional" }},
		"gateways, at limit": {3, answers.InternetNAT, "internet gateway", func(inv *inventory.Inventory) { inv.Creation.InternetGateways = inventory.Quota{Used: 5, Limit: 5} }},
	} {
		t.Run(name, func(t *testing.T) {
			s := onGround(answers.ECSFargate)
			if tt.given != nil {
				tt.given(s.Inv)
			}
			set(t, &s, "vpc", newVPC)
			v := slices.Clone(good)
			v[tt.field] = tt.value
			_, err := newVPCStep().Set(s, v)
			var at *FieldError
			if !errors.As(err, &at) || at.Field != tt.field || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "answers file") {
				t.Errorf("%#v: %v", at, err)
			}
		})
	}
	s := onGround(answers.ECSFargate)
	set(t, &s, "vpc", newVPC)
	if _, err := newVPCStep().Set(s, good[:3]); err == nil {
		t.Error("three values were accepted")
	}
	set(t, &s, NewVPC, good...)
}

// TestNewVPCKeepsKeysOfTheFile: keys of the answers file that the form does not show stay, as far as they apply.
func TestNewVPCKeepsKeysOfTheFile(t *testing.T) {
	s := onGround(answers.ECSFargate)
	zones := answers.Zones{Names: []string{"us-east-1a", "us-east-1c"}}
	s.Ans.VPC, s.Ans.NewVPC = answers.PlannedVPC, &answers.NewVPC{Name: "app", CIDR: "10.9.0.0/16", Zones: zones, Internet: answers.InternetNAT, PublicSize: "/26"}
	set(t, &s, NewVPC, newVPCStep().Selected(s)...)
	if v := s.Ans.NewVPC; cmp.Diff(zones, v.Zones) != "" || v.PublicSize != "/26" {
		t.Errorf("%+v", v)
	}
	set(t, &s, NewVPC, "app", "10.9.0.0/16", "3", answers.InternetRegional)
	if v := s.Ans.NewVPC; v.Zones.Count != 3 || v.Zones.Names != nil || v.PublicSize != "" {
		t.Errorf("%+v", v)
	}
}

func TestFirstWorkloadOption(t *testing.T) {
	for _, w := range answers.Supported {
		s := onGround(w)
		s.Inv.Clusters = nil
		got := slices.ContainsFunc(serviceOptions(s), func(o Option) bool { return o.Value == createWorkload })
		if want := slices.Contains(answers.FirstWorkloads, w); got != want {
			t.Errorf("%s: offered %v, want %v", w, got, want)
		}
	}
	s := onGround(answers.ECSFargate)
	if opts := serviceOptions(s); opts[0].Value == createWorkload || slices.Equal(step(t, Service).Selected(s), []string{createWorkload}) {
		t.Error("it is proposed although services exist")
	}
	s.Inv.Clusters = nil
	if opts := serviceOptions(s); opts[0].Value != createWorkload || !slices.Equal(step(t, Service).Selected(s), []string{createWorkload}) {
		t.Errorf("it is not proposed: %+v", opts)
	}
	s.Inv.Gaps = []inventory.Gap{{Call: "ecs:ListClusters", Code: "AccessDeniedException"}}
	if opts := serviceOptions(s); opts[0].Value != notCreated {
		t.Error("it is proposed although the services cannot be listed")
	}
	if o := option(t, onGround(answers.BatchFargate), Service, createWorkload); !strings.Contains(o.Label, "Batch queue") || !strings.Contains(o.Details, "job queue") {
		t.Errorf("%+v", o)
	}
}

func TestFirstImageAndName(t *testing.T) {
	s := onGround(answers.ECSFargate)
	set(t, &s, Service, createWorkload)
	for _, id := range []string{"first-image", "first-name"} {
		if !step(t, id).Applies(s) {
			t.Errorf("%s is not asked", id)
		}
	}
	help := step(t, "first-image").Help(s)
	for _, text := range []string{"123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.0", "public.ecr.aws/", "private registry"} {
		if !strings.Contains(help, text) {
			t.Errorf("the help does not mention %s", text)
		}
	}
	for _, tt := range [][3]string{
		{"first-image", "", "must not be empty"}, {"first-image", "two words", "is not an image"}, {"first-image", strings.Repeat("x", 256), "is not an image"},
		{"first-name", " ", "must not be empty"}, {"first-name", "-web", "is not a name for a workload"}, {"first-name", "a.b", "is not a name for a workload"}, {"first-name", strings.Repeat("x", 200), "is not a name for a workload"},
	} {
		if _, err := step(t, tt[0]).Set(s, []string{tt[1]}); err == nil || !strings.Contains(err.Error(), tt[2]) {
			t.Errorf("%s %q: %v", tt[0], tt[1], err)
		}
	}
	for image, want := range map[string]string{
		"nginx":                                "nginx",
		"registry.example.com:5000/team/web:1": "web",
		"public.ecr.aws/nginx/nginx@sha256:ab": "nginx",
		"quay.io/a/b.c:1":                      "b-c",
		"quay.io/a/_x":                         "app",
		strings.Repeat("x", 200):               "app",
	} {
		set(t, &s, "first-image", " "+image+" ")
		if s.Ans.First.Image != image || !slices.Equal(step(t, "first-name").Selected(s), []string{want}) {
			t.Errorf("%q: %+v, proposed %v", image, s.Ans.First, step(t, "first-name").Selected(s))
		}
	}
	if ask, help := step(t, "first-name").Ask(s), step(t, "first-name").Help(s); !strings.Contains(ask, "service") || strings.Contains(help, "queue") {
		t.Errorf("%s %s", ask, help)
	}
	batch := onGround(answers.BatchFargate)
	if ask, help := step(t, "first-name").Ask(batch), step(t, "first-name").Help(batch); !strings.Contains(ask, "job queue") || strings.Contains(help, "cluster") {
		t.Errorf("%s %s", ask, help)
	}
	set(t, &s, "first-name", "front")
	if got := step(t, "first-name").Selected(s); !slices.Equal(got, []string{"front"}) || step(t, Service).Short(s) != "new: front" {
		t.Errorf("%v, %q", got, step(t, Service).Short(s))
	}
}

// TestFirstNameOfAnother: a name that another resource has is an error about the name.
func TestFirstNameOfAnother(t *testing.T) {
	s := onGround(answers.ECSFargate)
	s.Build = func(*inventory.Inventory, answers.Answers) *plan.Plan {
		return &plan.Plan{Findings: []plan.Finding{{Rule: "A-FIRST", Severity: plan.Block, Message: "Cluster web exists."}}}
	}
	set(t, &s, Service, createWorkload)
	set(t, &s, "first-image", "web")
	if _, err := step(t, "first-name").Set(s, []string{"web"}); err == nil || err.Error() != "Cluster web exists." {
		t.Error(err)
	}
}

// planned is a state with a first workload in a new VPC.
func planned(t *testing.T, w answers.Workload) State {
	t.Helper()
	s := onGround(w)
	set(t, &s, Service, createWorkload)
	set(t, &s, "first-image", "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1")
	set(t, &s, "first-name", "front")
	set(t, &s, "vpc", newVPC)
	set(t, &s, NewVPC, newVPCStep().Selected(s)...)
	set(t, &s, "needs", selectedNeeds(s)...)
	set(t, &s, "policy", answers.PolicyFull)
	return s
}

func TestStepsOfANewVPC(t *testing.T) {
	want := []string{"workload", Service, "first-image", "first-name", "vpc", NewVPC, "needs", "policy"}
	if got := applying(planned(t, answers.ECSFargate)); !slices.Equal(got, want) {
		t.Errorf("with a first workload: %v", got)
	}
	s := onGround(answers.ECSFargate)
	set(t, &s, "vpc", newVPC)
	if got := applying(s); !slices.Equal(got, []string{"workload", Service, "vpc", NewVPC, "needs", "policy"}) {
		t.Errorf("without: %v", got)
	}
	for _, id := range []string{"workload-subnets", "subnets", "security-groups", "clients"} {
		if slices.Contains(applying(s), id) {
			t.Errorf("%s is asked", id)
		}
	}
	s = planned(t, answers.ECSFargate)
	set(t, &s, "first-image", "nginx:1.27")
	if got := applying(s); !slices.Contains(got, Registry) {
		t.Errorf("no question about the registry of the image: %v", got)
	}
}

func TestWhatClearsANewVPCAndAFirstWorkload(t *testing.T) {
	for name, tt := range map[string]struct {
		id, value string
		cleared   string // a part of what is reported
		vpc       string
		first     bool
	}{
		"the same VPC":        {"vpc", newVPC, "", answers.PlannedVPC, true},
		"an existing VPC":     {"vpc", "vpc-shop", "", "vpc-shop", true},
		"an existing service": {Service, "prod/web", "the new service front", "vpc-shop", false},
		"no service":          {Service, notCreated, "the new service front", answers.PlannedVPC, false},
		"the same service":    {Service, createWorkload, "", answers.PlannedVPC, true},
		"another workload":    {"workload", string(answers.BatchFargate), "the new service front, the new VPC front", "", false},
		"MWAA":                {"workload", string(answers.MWAA), "the new service front, the new VPC front", "", false},
		"on EC2":              {"workload", string(answers.ECSEC2), "the new service front, the new VPC front", "", false},
		"the same workload":   {"workload", string(answers.ECSFargate), "", answers.PlannedVPC, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := planned(t, answers.ECSFargate)
			cleared := strings.Join(set(t, &s, tt.id, tt.value), ", ")
			if !strings.Contains(cleared, tt.cleared) || tt.cleared == "" && cleared != "" {
				t.Errorf("reported %q", cleared)
			}
			if s.Ans.VPC != tt.vpc || (s.Ans.NewVPC != nil) != (tt.vpc == answers.PlannedVPC) || s.Ans.First.On() != tt.first || s.Ans.Ways.First != tt.first {
				t.Errorf("%+v", s.Ans)
			}
		})
	}
}

// TestSavedAnswersOfANewVPC: the saved answers load again and give the same plan.
func TestSavedAnswersOfANewVPC(t *testing.T) {
	for _, w := range answers.FirstWorkloads {
		for _, route := range answers.InternetRoutes {
			s := planned(t, w)
			set(t, &s, NewVPC, "my app", "10.9.0.0/16", "3", route)
			text, err := s.Ans.YAML()
			if err != nil {
				t.Fatal(err)
			}
			read, _, err := answers.Load("saved.yaml", text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			got, problems := Resolve(s.Inv, read)
			if len(problems) > 0 {
				t.Fatalf("%+v\n%s", problems, text)
			}
			all := plan.TextOptions{Explain: true}
			if d := cmp.Diff(s.build(s.Ans).Format(all), s.build(Answers{Answers: got}).Format(all)); d != "" {
				t.Errorf("%s, %s: the plan differs: %s\n%s", w, route, d, text)
			}
			if p := s.build(s.Ans); len(p.Changes) < 10 {
				t.Errorf("%s, %s: %d changes", w, route, len(p.Changes))
			}
		}
	}
}

func TestNeedsOfANewVPC(t *testing.T) {
	s := onGround(answers.ECSFargate)
	set(t, &s, Service, notCreated)
	set(t, &s, "vpc", newVPC)
	set(t, &s, NewVPC, newVPCStep().Selected(s)...)
	needs := needsStep()
	if needs.Ask(s) != "What will the tasks use?" || !strings.Contains(needs.Help(s), "only from Amazon ECR in us-east-1") || !strings.Contains(needs.Help(s), "pull-through cache") || !strings.Contains(needs.Help(s), "NAT gateway") {
		t.Errorf("%s %s", needs.Ask(s), needs.Help(s))
	}
	for _, o := range needsOptions(s) {
		if o.Hint == "not found" || o.Hint == "not known" || strings.Contains(o.Details, "in the account") {
			t.Errorf("%+v", o)
		}
	}
	if o := option(t, s, "needs", "ecr"); !strings.Contains(o.Details, "pull-through cache rule") {
		t.Errorf("%+v", o)
	}
	set(t, &s, NewVPC, "app", "10.9.0.0/16", "2", answers.InternetNAT)
	if o := option(t, s, "needs", "ecr"); strings.Contains(o.Details, "cannot be pulled") || strings.Contains(needs.Help(s), "cache") {
		t.Errorf("%+v %s", o, needs.Help(s))
	}
	s = planned(t, answers.ECSFargate)
	if o := option(t, s, "needs", "ecr"); !strings.Contains(o.Details, "The new service uses it:") || o.Hint != "required" {
		t.Errorf("%+v", o)
	}
	s = onGround(answers.ECSFargate)
	set(t, &s, Service, "prod/web")
	if needs.Ask(s) != "Which AWS services do the tasks use?" {
		t.Error(needs.Ask(s))
	}
}

// TestExistingResourcesDoNotApplyToANewVPC: answers about an existing VPC are cleared.
func TestExistingResourcesDoNotApplyToANewVPC(t *testing.T) {
	s := onGround(answers.ECSFargate)
	set(t, &s, Service, notCreated)
	set(t, &s, "vpc", "vpc-shop")
	s.Ans.Clients, s.Ans.Subnets, s.Ans.SecurityGroups = []string{"subnet-a"}, []string{"subnet-a"}, []string{"sg-vpc"}
	s.Ans.Proof.Task, s.Ans.Redeploy = "prod/web", []string{"prod/web"}
	cleared := strings.Join(set(t, &s, "vpc", newVPC), ", ")
	want := "the task that verifies the plan, the replacement of running tasks, the subnets and security groups of the tasks, the subnets of the endpoints, the security groups of the endpoints"
	if cleared != want {
		t.Errorf("reported %q", cleared)
	}
	left := answers.Answers{Version: 1, Region: "us-east-1", Account: "123456789012", Workload: answers.ECSFargate, VPC: answers.PlannedVPC, NewVPC: &answers.NewVPC{}}
	if d := cmp.Diff(left, s.Ans.Answers); d != "" {
		t.Error(d)
	}
	if cleared := set(t, &s, "workload", string(answers.MWAA)); !slices.Equal(cleared, []string{"the new VPC"}) { // its form was not answered
		t.Errorf("reported %v", cleared)
	}
}

package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

const narrowS3 = `{"Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*", "Action": "s3:ListBucket"}]}`

// s3Gateway is a gateway endpoint of Amazon S3 in route tables, with its routes.
func s3Gateway(w *plantest.World, id, policy string, tables ...string) {
	w.Endpoint(inventory.Endpoint{ID: id, Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: tables, Policy: policy})
	for i := range w.Net().RouteTables {
		if t := &w.Net().RouteTables[i]; slices.Contains(tables, t.ID) {
			t.Routes = append(t.Routes, inventory.Route{PrefixList: "pl-s3", Target: id})
		}
	}
}

// routed returns the route tables in the claims of each change.
func routed(p *plan.Plan) map[resource.ID][]string {
	out := map[resource.ID][]string{}
	for _, c := range p.Claims {
		if m, ok := c.Measure.(resource.Routed); ok {
			out[c.Change] = append(out[c.Change], m.RouteTable.Lit)
		}
	}
	return out
}

func TestTheGatewayThatServesTheWorkload(t *testing.T) {
	w := plantest.New()
	s3Gateway(w, "vpce-main", "", "rtb-main")
	s3Gateway(w, "vpce-app", narrowS3, "rtb-app")
	p := w.Plan()
	a := p.Change("endpoint/s3")
	if a.Op != resource.Keep || a.Existing != "vpce-app" || !strings.Contains(a.Summary, "every route table") {
		t.Errorf("%+v", a)
	}
	if f := finding(p, "E-S3POL"); f == nil || f.Resource != "vpce-app" {
		t.Errorf("its policy is not checked: %+v", p.Findings)
	}
	if got := routed(p); !slices.Equal(got["endpoint/s3"], []string{"rtb-app"}) || len(got) != 1 {
		t.Errorf("claimed: %v", got)
	}
}

func TestTwoGatewaysServeTheWorkload(t *testing.T) {
	w := plantest.New()
	w.Net().RouteTables[1].Subnets = []string{"subnet-a"}
	w.Net().RouteTables = append(w.Net().RouteTables,
		inventory.RouteTable{ID: "rtb-b", Subnets: []string{"subnet-b"}}, inventory.RouteTable{ID: "rtb-c", Subnets: []string{"subnet-c"}})
	s3Gateway(w, "vpce-one", narrowS3, "rtb-app", "rtb-main")
	s3Gateway(w, "vpce-two", "", "rtb-b", "rtb-c")
	p := w.Plan()
	main, other := p.Change("endpoint/s3"), p.Change("endpoint/s3@vpce-one")
	if main == nil || main.Existing != "vpce-two" || main.Op != resource.Keep || !strings.Contains(main.Summary, "vpce-two serves 2 route tables") {
		t.Fatalf("%+v", main)
	}
	if other == nil || other.Existing != "vpce-one" || other.Op != resource.Keep || !strings.Contains(other.Summary, "vpce-one serves 1 route table") {
		t.Fatalf("%+v", other)
	}
	got := routed(p)
	if !slices.Equal(got["endpoint/s3"], []string{"rtb-b", "rtb-c"}) || !slices.Equal(got["endpoint/s3@vpce-one"], []string{"rtb-app"}) {
		t.Errorf("claimed: %v", got)
	}
	judged := slices.IndexFunc(p.Findings, func(f plan.Finding) bool {
		return f.Resource == "vpce-one" && f.Severity == plan.Error && f.Patch != nil
	})
	if judged < 0 {
		t.Fatalf("the policy of the other one is not checked: %+v", p.Findings)
	}
	// The fix adds to the policy that allows too little, before Amazon ECR is used. The other policy
	// allows everything.
	w.Ans = p.Findings[judged].Patch.Apply(w.Ans)
	p = w.Plan()
	if c, ok := p.Change("endpoint/s3@vpce-one").Spec.(resource.EndpointChange); !ok || c.Endpoint != "vpce-one" || c.Policy == "" || len(c.AddRouteTables) > 0 {
		t.Errorf("%+v", p.Change("endpoint/s3@vpce-one"))
	}
	if !slices.Contains(p.Change("endpoint/ecr.api").After, "endpoint/s3@vpce-one") {
		t.Error("Amazon ECR does not wait for it")
	}
	if i := slices.IndexFunc(p.Findings, func(f plan.Finding) bool { return f.Severity == plan.Error }); i >= 0 {
		t.Errorf("the fix does not help: %+v", p.Findings[i])
	}
	// A table without any of these endpoints goes to the endpoint with the most tables.
	w = plantest.New()
	w.Net().RouteTables[1].Subnets = []string{"subnet-a", "subnet-b"}
	w.Net().RouteTables = append(w.Net().RouteTables, inventory.RouteTable{ID: "rtb-c", Subnets: []string{"subnet-c"}})
	s3Gateway(w, "vpce-one", "", "rtb-main")
	s3Gateway(w, "vpce-two", "", "rtb-app")
	if c, ok := w.Plan().Change("endpoint/s3").Spec.(resource.EndpointChange); !ok || c.Endpoint != "vpce-two" || !slices.Equal(c.AddRouteTables, []string{"rtb-c"}) {
		t.Errorf("%+v", w.Plan().Change("endpoint/s3"))
	}
}

// aclOf replaces the network ACL with entries for both directions.
func aclOf(w *plantest.World, entries ...inventory.ACLEntry) {
	acl := &w.Net().NetworkACLs[0]
	acl.Entries = nil
	for i, e := range entries {
		e.Number = 100 + i
		acl.Entries = append(acl.Entries, e)
		e.Egress = true
		acl.Entries = append(acl.Entries, e)
	}
}

func TestNetworkACLsOnTheWayToS3(t *testing.T) {
	own := inventory.ACLEntry{Allow: true, Protocol: "-1", CIDR: "10.0.0.0/16"}
	s3 := inventory.ACLEntry{Allow: true, Protocol: "6", CIDR: "52.216.0.0/15", From: 0, To: 65535}
	half := func(n int) inventory.ACLEntry {
		return inventory.ACLEntry{Allow: true, Protocol: "-1", CIDR: []string{"52.216.0.0/16", "52.217.0.0/16"}[n]}
	}
	all := inventory.ACLEntry{Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"}
	for name, tt := range map[string]struct {
		entries  []inventory.ACLEntry
		blocks   []string // of the prefix list
		says     string   // empty: nothing
		severity plan.Severity
	}{
		"the VPC only":                       {[]inventory.ACLEntry{own}, nil, "app-c (subnet-c) to Amazon S3 is denied.", plan.Error},
		"the VPC only, and addresses known":  {[]inventory.ACLEntry{own}, []string{"52.216.0.0/15"}, "app-c (subnet-c) to Amazon S3 is denied.", plan.Error},
		"the addresses of Amazon S3":         {[]inventory.ACLEntry{own, s3}, []string{"52.216.0.0/15", "2600:1fa0::/32"}, "", ""},
		"its addresses in two entries":       {[]inventory.ACLEntry{own, half(0), half(1)}, []string{"52.216.0.0/15"}, "", ""},
		"half of its addresses":              {[]inventory.ACLEntry{own, half(1)}, []string{"52.216.0.0/15"}, "a part of the addresses", plan.Warn},
		"some of the addresses of Amazon S3": {[]inventory.ACLEntry{own, s3}, []string{"52.216.0.0/15", "3.5.0.0/19"}, "a part of the addresses", plan.Warn},
		"no answers": {[]inventory.ACLEntry{own, {Allow: true, Protocol: "6", CIDR: "0.0.0.0/0", From: 443, To: 443}}, nil,
			"TCP 32768-60999 into app-a (subnet-a), app-b (subnet-b), app-c (subnet-c) from Amazon S3 is denied.", plan.Error},
		"everything":                  {[]inventory.ACLEntry{all}, nil, "", ""},
		"all except one block":        {[]inventory.ACLEntry{{Protocol: "-1", CIDR: "198.51.100.0/24"}, all}, nil, "which of them are used is not known", plan.Warn},
		"all except one block, known": {[]inventory.ACLEntry{{Protocol: "-1", CIDR: "198.51.100.0/24"}, all}, []string{"52.216.0.0/15"}, "", ""},
		"nothing":                     {[]inventory.ACLEntry{own, {Protocol: "-1", CIDR: "0.0.0.0/0"}, all}, nil, "entry 101", plan.Error},
	} {
		t.Run(name, func(t *testing.T) {
			w := plantest.New()
			aclOf(w, tt.entries...)
			w.Net().PrefixLists[0].CIDRs = tt.blocks
			f := finding(w.Plan(), "G-NACL")
			if tt.says == "" {
				if f != nil {
					t.Errorf("%+v", f)
				}
				return
			}
			if f == nil || f.Severity != tt.severity || !strings.Contains(f.Message, tt.says) || !strings.Contains(f.Message, "prefix list pl-s3") || !strings.Contains(f.Fix, "cannot use prefix lists") {
				t.Errorf("%+v", f)
			}
			w.Ans.Needs = &[]string{"awslogs"}
			if f := finding(w.Plan(), "G-NACL"); f != nil {
				t.Errorf("no traffic to Amazon S3: %+v", f)
			}
		})
	}
}

func TestServicesOutsideTheEndpointsSubnets(t *testing.T) {
	w := plantest.New()
	w.Ans.Subnets = []string{"subnet-a", "subnet-b"}
	f := finding(w.Plan(), "G-GWROUTE")
	if f == nil || f.Severity != plan.Error || !strings.Contains(f.Message, "Service web runs in subnets that are not among the clients: app-c (subnet-c)") ||
		!strings.Contains(f.Fix, "subnet-a, subnet-b, subnet-c, sg-app") || f.Patch == nil {
		t.Fatalf("%+v", f)
	}
	fixed := plan.Build(&w.Inv, f.Patch.Apply(w.Ans))
	if f := finding(fixed, "G-GWROUTE"); f != nil {
		t.Errorf("the fix does not help: %+v", f)
	}
	if got, want := rows(fixed)["security-group-rule/endpoints/in/sg-app"], resource.Create; got != want {
		t.Errorf("the service's group is not allowed: %v", rows(fixed))
	}
	w.Ans.Clients = []string{"subnet-a", "subnet-b"} // reported
	if f := finding(w.Plan(), "G-GWROUTE"); f != nil {
		t.Errorf("%+v", f)
	}
	w.Ans.Clients, w.Ans.Subnets = nil, []string{"subnet-a", "subnet-b", "subnet-c"}
	if f := finding(w.Plan(), "G-GWROUTE"); f != nil {
		t.Errorf("%+v", f)
	}
	w = plantest.New()
	plantest.BatchOnEC2(w)
	w.Environment().Subnets = []string{"subnet-a"}
	w.Ans.Subnets = []string{"subnet-a"}
	if f := finding(w.Plan(), "G-GWROUTE"); f == nil || !strings.Contains(f.Message, "A container instance runs in subnets that are not among the clients: app-b (subnet-b)") {
		t.Errorf("%+v", f)
	}
}

func TestKeyOfECSExecIsNotKnown(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*plantest.World)
		want   plan.Severity
	}{
		"ECS Exec is on":            {func(w *plantest.World) { w.Service().Exec = true }, plan.Error},
		"ECS Exec is off":           {func(*plantest.World) {}, plan.Info},
		"the needs list what is on": {func(w *plantest.World) { w.Service().Exec = true; w.Ans.Needs = &[]string{"exec"} }, plan.Info},
		"of a service not in scope": {func(w *plantest.World) {
			w.Service().Exec = true
			w.Ans.Workload = answers.BatchFargate
			plantest.Batch(w)
		}, plan.Info},
	} {
		t.Run(name, func(t *testing.T) {
			w := plantest.New()
			w.Gap("ecs:DescribeClusters")
			tt.change(w)
			f := finding(w.Plan(), "A-GAP")
			if f == nil || f.Severity != tt.want || strings.Contains(f.Message, "E-EXECKMS") != (tt.want == plan.Error) {
				t.Errorf("%+v", f)
			}
		})
	}
}

// kept gives the workload endpoints that serve it, so that none is created or modified.
func kept(w *plantest.World) {
	w.Group(plantest.Wide())
	for _, code := range []string{"ecr.api", "ecr.dkr", "secretsmanager", "logs"} {
		w.Endpoint(plantest.Ready(code))
	}
	s3Gateway(w, "vpce-s3", "", "rtb-app")
}

func TestSharedSubnetsWhereSomethingIsMade(t *testing.T) {
	const owner = "999999999999"
	w := plantest.New()
	w.Net().Subnets[0].Owner = owner
	f := finding(w.Plan(), "G-SHARED")
	if f == nil || !strings.Contains(f.Fix, "Ask account "+owner+" to write a snapshot (wizard snapshot") || strings.Contains(f.Fix, "script") || len(f.Changes) == 0 {
		t.Errorf("%+v", f)
	}
	w.Ans.Needs = &[]string{"env-files"} // only a route is created there
	if f := finding(w.Plan(), "G-SHARED"); f == nil || f.Resource != "subnet-a" || !slices.Equal(f.Changes, []resource.ID{"endpoint/s3"}) {
		t.Errorf("%+v", f)
	}
	w.Ans.Needs = nil
	kept(w)
	if f := finding(w.Plan(), "G-SHARED"); f != nil {
		t.Errorf("everything is kept: %+v", f)
	}
	w.Net().Endpoints[0].Subnets = []string{"subnet-b", "subnet-c"}
	if f := finding(w.Plan(), "G-SHARED"); f == nil || !slices.Equal(f.Changes, []resource.ID{"endpoint/ecr.api"}) {
		t.Errorf("%+v", f)
	}
}

func TestPlacesDoNotMatterWhereNothingIsPlaced(t *testing.T) {
	w := plantest.New()
	w.Ans.Clients = []string{"subnet-a", "subnet-b", "subnet-c"}
	w.Ans.Subnets = []string{"subnet-a", "subnet-data", "subnet-b"}
	w.Ans.IPAddressType = answers.DualStack
	p := w.Plan()
	if finding(p, "G-ONESUBAZ") == nil || finding(p, "G-IPTYPE") == nil {
		t.Errorf("%+v", p.Findings)
	}
	kept(w)
	p = w.Plan()
	for _, rule := range []string{"G-ONESUBAZ", "G-IPTYPE"} {
		if f := finding(p, rule); f != nil {
			t.Errorf("%+v", f)
		}
	}
}

func TestGatewayThatIsBeingDeleted(t *testing.T) {
	w := plantest.New()
	s3Gateway(w, "vpce-old", "")
	w.Net().Endpoints[0].State = "deleting"
	f := finding(w.Plan(), "G-STATE")
	if f == nil || f.Severity != plan.Info || strings.Contains(f.Fix, "names") {
		t.Errorf("%+v", f)
	}
	// AWS rejects a second route while the first one exists, even if another endpoint serves the
	// tables.
	w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{PrefixList: "pl-s3", Target: "vpce-old"})
	for range 2 {
		p := w.Plan()
		if f := finding(p, "G-STATE"); f == nil || f.Severity != plan.Error || !strings.Contains(f.Message, "still exists in rtb-app") || strings.Contains(f.Fix, "names") || !strings.Contains(f.Fix, "Wait") {
			t.Errorf("%+v", f)
		}
		if f := finding(p, "G-GWDUP"); f != nil {
			t.Errorf("the route is reported twice: %+v", f)
		}
		s3Gateway(w, "vpce-main", "", "rtb-main")
	}
	w = plantest.New()
	s3Gateway(w, "vpce-old", "")
	w.Net().Endpoints[0].State = "failed"
	if f := finding(w.Plan(), "G-STATE"); f == nil || f.Severity != plan.Error || strings.Contains(f.Fix, "names") {
		t.Errorf("%+v", f)
	}
	s3Gateway(w, "vpce-app", "", "rtb-app")
	if f := finding(w.Plan(), "G-STATE"); f == nil || f.Severity != plan.Info {
		t.Errorf("%+v", f)
	}
}

func TestNameHeldByAnEndpointThatIsBeingDeleted(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	old := plantest.Ready("logs")
	old.State = "deleting"
	w.Endpoint(old)
	p := w.Plan()
	if f := finding(p, "G-STATE"); f == nil || f.Severity != plan.Error || !strings.Contains(f.Fix, "Wait until it is deleted") || !strings.Contains(f.Fix, "private DNS names") || f.Patch != nil {
		t.Errorf("%+v", f)
	}
	if f := finding(p, "G-DNSCONFLICT"); f != nil {
		t.Errorf("reported twice: %+v", f)
	}
	// Another endpoint serves the workload, but it cannot get the name.
	serving := plantest.Ready("logs")
	serving.ID, serving.PrivateDNS = "vpce-2", false
	w.Endpoint(serving)
	if f := finding(w.Plan(), "G-DNSCONFLICT"); f == nil || f.Severity != plan.Error || !strings.Contains(f.Fix, "Wait until it is deleted") || f.Patch != nil {
		t.Errorf("%+v", f)
	}
}

func TestResolverOfAnyNetwork(t *testing.T) {
	w := plantest.New()
	w.Net().DomainServers = []string{"10.0.0.10"}
	if f := finding(w.Plan(), "G-R53DNS"); f == nil || strings.Contains(f.Fix, ".2") || !strings.Contains(f.Fix, "the VPC base address + 2") {
		t.Errorf("%+v", f)
	}
}

func TestS3InterfaceWithoutAGatewayRow(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	w.Endpoint(plantest.Ready("s3"))
	if f := finding(w.Plan(), "G-S3IF"); f == nil || !slices.Equal(f.Changes, []resource.ID{"endpoint/s3"}) {
		t.Errorf("%+v", f)
	}
	w.Net().RouteTables = nil // not readable, so that no route can be planned
	if f := finding(w.Plan(), "G-S3IF"); f == nil || len(f.Changes) > 0 {
		t.Errorf("%+v", f)
	}
}

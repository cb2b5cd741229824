package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
)

// listed are prices with one amount for each item that the comparison needs.
func listed(endpoint, endpointGB, nat, natGB float64) price.List {
	return price.List{Region: plantest.Region, Source: price.FromAPI, Date: "2026-11-25", Items: []price.Price{
		{Item: price.EndpointHour, USD: endpoint}, {Item: price.EndpointGB, USD: endpointGB}, {Item: price.NATHour, USD: nat}, {Item: price.NATGB, USD: natGB}, {Item: price.AddressHour, USD: 0.005}}}
}

func TestCostOfNewEndpoints(t *testing.T) {
	c := plantest.New().Plan().Cost
	if c.Monthly != 87.6 || !c.Known || c.Region != "us-east-1" || c.Source != price.FromTable || c.Text() != "about $87.60 per month" || len(c.Existing.Items) != 0 {
		t.Errorf("%+v", c)
	}
	sum, hourly := 0.0, 0
	for _, i := range c.Items {
		sum += i.Monthly
		if i.Item == price.EndpointHour {
			hourly++
			if i.Count != 3 || i.Unit != price.PerHour || i.Price != 0.01 || !i.Known || i.Monthly != 21.9 || !strings.HasPrefix(i.What, "interface endpoint ") || i.Change == "" {
				t.Errorf("%+v", i)
			}
		} else if i.Item != price.EndpointGB || i.Count != 0 || i.Monthly != 0 || i.Price != 0.01 {
			t.Errorf("%+v", i)
		}
	}
	if hourly != 4 || sum != 87.6 {
		t.Errorf("%d endpoints, %v", hourly, sum)
	}
	const want = "$87.60 for 12 endpoint interfaces (730 hours at $0.01 each); in addition $0.01 per GB of traffic through interface endpoints; prices of us-east-1, table of this program, checked on 2026-11-29; " +
		"interface endpoints are billed per hour, Availability Zone and GB while they exist; gateway endpoints are free"
	if d := cmp.Diff(want, c.Basis); d != "" {
		t.Error(d)
	}
}

func TestCostOfExistingEndpoints(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	w.Endpoint(plantest.Ready("logs"))
	c := w.Plan().Cost
	if c.Monthly != 65.7 || c.Existing.Monthly != 21.9 || !c.Existing.Known || len(c.Existing.Items) != 2 || c.Existing.Items[0].Change != "endpoint/logs" || c.Existing.Items[0].Count != 3 {
		t.Errorf("%+v", c)
	}
	if c.NAT.EndpointsMonthly != 87.6 { // new and existing
		t.Errorf("%+v", c.NAT)
	}
	// An endpoint that gets a subnet has a new price and one that is paid already.
	w = plantest.New()
	w.Group(plantest.Wide())
	e := plantest.Ready("logs")
	e.Subnets = e.Subnets[:2]
	w.Endpoint(e)
	if c = w.Plan().Cost; c.Monthly != 73 || c.Existing.Monthly != 14.6 { // 3 × 21.90 + 7.30, and 2 × 7.30
		t.Errorf("%+v", c)
	}
	// Amazon MWAA creates its own endpoints.
	w = plantest.New()
	e = plantest.Ready("logs")
	e.RequesterManaged = true
	w.Group(plantest.Wide())
	w.Endpoint(e)
	if c = w.Plan().Cost; c.Existing.Monthly != 0 || len(c.Existing.Items) > 0 {
		t.Errorf("%+v", c.Existing)
	}
}

// The expected values are not calculated by the program. For three zones, a NAT gateway costs 730 × (0.045 + 0.005) = 36.50, an endpoint
// with three interfaces 730 × 3 × 0.01 = 21.90.
func TestCostComparedWithNAT(t *testing.T) {
	seven := []string{"ssm", "ssmmessages", "kms"} // in addition to four
	for name, c := range map[string]struct {
		prices price.List
		extra  []string
		want   plan.NATCost
		text   string
	}{
		// 87.60 < 109.50, and 0.01 < 0.045.
		"always": {price.List{}, nil, plan.NATCost{Gateways: 3, Monthly: 109.5, PerGB: 0.045, EndpointsMonthly: 87.6, EndpointsPerGB: 0.01, EndpointsCostLess: plan.Always},
			"The same traffic through 3 NAT gateways costs about $109.50 per month plus $0.045 per GB. Endpoints cost less for every amount of data."},
		// 153.30 + 0.01 x = 109.50 + 0.045 x; x = 43.80 / 0.035 = 1251.4.
		"above": {price.List{}, seven, plan.NATCost{Gateways: 3, Monthly: 109.5, PerGB: 0.045, EndpointsMonthly: 153.3, EndpointsPerGB: 0.01, EndpointsCostLess: plan.Above, BreakEvenGB: 1251},
			"The same traffic through 3 NAT gateways costs about $109.50 per month plus $0.045 per GB. Endpoints cost less above 1,251 GB per month."},
		// 87.60 + 0.05 x = 109.50 + 0.045 x; x = 21.90 / 0.005 = 4380.
		"below": {listed(0.01, 0.05, 0.045, 0.045), nil, plan.NATCost{Gateways: 3, Monthly: 109.5, PerGB: 0.045, EndpointsMonthly: 87.6, EndpointsPerGB: 0.05, EndpointsCostLess: plan.Below, BreakEvenGB: 4380},
			"The same traffic through 3 NAT gateways costs about $109.50 per month plus $0.045 per GB. Endpoints cost less below 4,380 GB per month."},
		// 153.30 > 109.50, and 0.05 > 0.045.
		"never": {listed(0.01, 0.05, 0.045, 0.045), seven, plan.NATCost{Gateways: 3, Monthly: 109.5, PerGB: 0.045, EndpointsMonthly: 153.3, EndpointsPerGB: 0.05, EndpointsCostLess: plan.Never},
			"The same traffic through 3 NAT gateways costs about $109.50 per month plus $0.045 per GB. Endpoints do not cost less for any amount of data."},
	} {
		w := plantest.New()
		w.Inv.Prices, w.Ans.Extra = c.prices, c.extra
		got := w.Plan().Cost.NAT
		if d := cmp.Diff(&c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		} else if got.Text() != c.text {
			t.Errorf("%s: %s", name, got.Text())
		}
	}
}

// With NAT gateways in the routes of all subnets, only the data of NAT costs more.
func TestCostWithNATGateway(t *testing.T) {
	w := plantest.New()
	w.NAT()
	w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"})
	w.Ans.Extra = []string{"ecr.api", "ecr.dkr", "logs", "secretsmanager"} // so that the plan has them in any case
	c := w.Plan().Cost
	i := slices.IndexFunc(c.Existing.Items, func(i plan.CostItem) bool { return i.Item == price.NATHour })
	if i < 0 || c.Existing.Items[i].What != "NAT gateway nat-1" || c.Existing.Monthly != 36.5 {
		t.Errorf("%+v", c.Existing)
	}
	// 87.60 + 0.01 x = 0.045 x; x = 87.60 / 0.035 = 2502.9.
	if c.NAT == nil || c.NAT.Gateways != 0 || c.NAT.Monthly != 0 || c.NAT.EndpointsCostLess != plan.Above || c.NAT.BreakEvenGB != 2503 ||
		c.NAT.Text() != "The same traffic through the NAT gateways of the VPC costs $0.045 per GB. Endpoints cost less above 2,503 GB per month." {
		t.Errorf("%+v", c.NAT)
	}
}

func TestCostWithoutPrices(t *testing.T) {
	w := plantest.New()
	w.Inv.Prices = listed(0.01, 0.01, 0.045, 0.045)
	w.Inv.Prices.Items = slices.DeleteFunc(w.Inv.Prices.Items, func(p price.Price) bool { return p.Item == price.EndpointHour })
	p := w.Plan()
	if c := p.Cost; c.Monthly != 0 || c.Known || c.NAT != nil || c.Text() != "price not known" || !strings.Contains(c.Basis, "price not known in us-east-1: 12 endpoint interfaces") {
		t.Errorf("%+v", c)
	}
	for _, a := range p.Changes {
		if amount, known := p.Monthly(a); amount != 0 || known == a.Billed() {
			t.Errorf("%s: %v %v", a.ID, amount, known)
		}
	}
	if text := p.Text(); strings.Contains(text, "$0.00") || !strings.Contains(text, "Cost       price not known") {
		t.Error(text)
	}
}

func TestDollars(t *testing.T) {
	for want, amount := range map[string]float64{"$0.045": 0.045, "$0.01": 0.01, "$0.40": 0.4, "$1.00": 1, "$0.0225": 0.0225, "$0.0084": 0.0084} {
		if got := plan.Dollars(amount); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestCostOfAFirstWorkload: the plan has no price of AWS Fargate, and says that its tasks are billed too.
func TestCostOfAFirstWorkload(t *testing.T) {
	w := plantest.New()
	plantest.NewVPC(w)
	if p := w.Plan(); p.Cost.Also != "" || strings.Contains(p.Cost.Basis, "Fargate") {
		t.Errorf("without a workload: %q, %q", p.Cost.Also, p.Cost.Basis)
	}
	w.Ans.First = answers.First{Name: "web", Image: plantest.Image}
	p := w.Plan()
	const also = "tasks on AWS Fargate are billed in addition, by their size while they run"
	for _, text := range []string{p.Cost.Also, p.Cost.Basis, strings.Join(strings.Fields(p.Format(plan.TextOptions{Width: 80})), " ")} {
		if !strings.Contains(text, also) {
			t.Errorf("not said: %s", text)
		}
	}
}

// What is billed by use is in the basis and in the summary, whether its price is known or not.
func TestCostByUse(t *testing.T) {
	w := plantest.New()
	plantest.Airflow(w)
	plantest.Balanced(w)
	p := w.Plan()
	if !strings.Contains(p.Cost.Basis, "$0.008 per LCU hour of load balancer capacity units (LCU)") {
		t.Error(p.Cost.Basis)
	}
	if text := p.Text(); !strings.Contains(text, "per month plus use (prices of") {
		t.Error(text)
	}
	w.Inv.Prices = listed(0.01, 0.01, 0.045, 0.045)
	if basis := w.Plan().Cost.Basis; !strings.Contains(basis, "price not known in us-east-1: 1 load balancer and load balancer capacity units (LCU)") {
		t.Error(basis)
	}
	if text := plantest.New().Plan().Text(); !strings.Contains(text, "per month plus data (prices of") {
		t.Error(text)
	}
}

// Resources have the names of their kinds in AWS.
func TestCostItemsNameResources(t *testing.T) {
	w := plantest.New()
	plantest.Airflow(w)
	plantest.Connected(w)
	if !slices.ContainsFunc(w.Plan().Cost.Items, func(i plan.CostItem) bool { return strings.HasPrefix(i.What, "Client VPN subnet subnet-") }) {
		t.Errorf("%+v", w.Plan().Cost.Items)
	}
}

package aws

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

var prices = inventory.Request{Part: inventory.PartPrices}

// The sandbox answers as AWS does: with products that are alike, tiers, and prefixes of usage types.
func TestLoadPrices(t *testing.T) {
	list := func(region string, endpoint, nat, balancer, micro float64) price.List {
		return price.List{Region: region, Source: price.FromAPI, Date: "2026-11-25", Items: []price.Price{
			{Item: price.AddressHour, USD: 0.005}, {Item: price.BalancerHour, USD: balancer}, {Item: price.BalancerUnit, USD: 0.008}, {Item: price.EndpointGB, USD: 0.01}, {Item: price.EndpointHour, USD: endpoint},
			{Item: "instance-hour/t3.medium", USD: micro * 4}, {Item: "instance-hour/t3.micro", USD: micro}, {Item: "instance-hour/t3.nano", USD: micro / 2}, {Item: "instance-hour/t3.small", USD: micro * 2},
			{Item: "instance-hour/t4g.medium", USD: micro * 3.2}, {Item: "instance-hour/t4g.micro", USD: micro * 0.8}, {Item: "instance-hour/t4g.nano", USD: micro * 0.4}, {Item: "instance-hour/t4g.small", USD: micro * 1.6},
			{Item: price.NATGB, USD: nat}, {Item: price.NATHour, USD: nat}, {Item: price.SecretMonth, USD: 0.4}, {Item: price.VPNClientHour, USD: 0.05}, {Item: price.VPNSubnetHour, USD: 0.1},
		}}
	}
	for region, want := range map[string]price.List{
		"us-east-1":  list("us-east-1", 0.01, 0.045, 0.0225, 0.0104),
		"us-west-2":  list("us-west-2", 0.01, 0.045, 0.0225, 0.0104),
		"eu-west-1":  list("eu-west-1", 0.011, 0.048, 0.0252, 0.0114),
		"ca-west-1":  {}, // not in the price list of the sandbox
		"cn-north-1": {}, // has a price list of its own
	} {
		a, err := sandbox.New(sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := Open(t.Context(), Options{Region: region, Transport: a})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Load(t.Context(), prices)
		if err != nil || len(got.Gaps) > 0 {
			t.Fatalf("%s: %v %v", region, err, got.Gaps)
		}
		near := cmp.Comparer(func(x, y float64) bool { return x-y < 1e-9 && y-x < 1e-9 })
		if d := cmp.Diff(want, got.Prices, near); d != "" {
			t.Errorf("%s: %s", region, d)
		}
	}
}

// A failure to read prices never stops or delays loading, and leaves them unknown.
func TestLoadPricesFail(t *testing.T) {
	for name, answer := range map[string]func(op string) (int, string, error){
		"denied":    func(op string) (int, string, error) { return refuse(op, 400, "AccessDeniedException", "no") },
		"throttled": func(op string) (int, string, error) { return refuse(op, 400, "ThrottlingException", "no") },
		"500":       func(string) (int, string, error) { return 500, "<html>oops</html>", nil },
		"no host":   func(string) (int, string, error) { return 0, "", errDial },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
					if strings.HasPrefix(op, "pricing:") {
						return answer(op)
					}
					return canned(op, n, in)
				}}
				got, err := open(t, s).Load(t.Context(), prices)
				if err != nil || len(got.Gaps) != 1 || got.Gaps[0].Call != getProducts || got.Gaps[0].Code == "" || len(got.Prices.Items) > 0 {
					t.Fatalf("%v %+v %+v", err, got.Gaps, got.Prices)
				}
				if s.calls[getProducts] != len(priceQueries) {
					t.Errorf("%v", s.calls)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got, err := open(t, &stub{}, func(o *Options) { o.Transport = silentPricing{o.Transport} }).Load(t.Context(), prices)
		if err != nil || len(got.Gaps) != 1 || got.Gaps[0].Code != CodeTimeout || time.Since(start) > priceTime {
			t.Errorf("%v %+v after %v", err, got.Gaps, time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(answerTime/2, cancel)
		if _, err := open(t, &stub{}).Load(ctx, prices); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// silentPricing is an account with a Price List API that never answers.
type silentPricing struct{ http.RoundTripper }

func (s silentPricing) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Host, "api.pricing.") {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return s.RoundTripper.RoundTrip(r)
}

func TestPricingRegion(t *testing.T) {
	for region, want := range map[string]string{"us-east-1": "us-east-1", "us-west-2": "us-east-1", "sa-east-1": "us-east-1", "eu-west-1": "eu-central-1", "il-central-1": "eu-central-1", "ap-northeast-1": "ap-south-1"} {
		if got := pricingRegion(region); got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
}

// A price is taken only where the answer says one thing.
func TestFoundPrices(t *testing.T) {
	entry := func(usage, usd, begin string) string {
		return `{"product":{"attributes":{"usagetype":"` + usage + `"}},"publicationDate":"2026-11-01T10:00:00Z","terms":{"OnDemand":{"a":{"priceDimensions":{"b":{"beginRange":"` + begin + `","pricePerUnit":{"USD":"` + usd + `"}}}}}}}`
	}
	for name, c := range map[string]struct {
		list []string
		want float64 // 0: not known
	}{
		"prefix":           {[]string{entry("EU-LoadBalancerUsage", "0.0252", "0")}, 0.0252},
		"no prefix":        {[]string{entry("LoadBalancerUsage", "0.0225", "0"), entry("TS-LoadBalancerUsage", "0.0056", "0"), entry("Outposts-LoadBalancerUsage", "0", "0")}, 0.0225},
		"other product":    {[]string{entry("EU-TS-LoadBalancerUsage", "0.0056", "0"), entry("EU-ReservedLoadBalancerUsage", "1", "0")}, 0},
		"the same twice":   {[]string{entry("EU-LoadBalancerUsage", "0.0252", "0"), entry("EU-LoadBalancerUsage", "0.0252000000", "0")}, 0.0252},
		"two prices":       {[]string{entry("EU-LoadBalancerUsage", "0.0252", "0"), entry("EU-LoadBalancerUsage", "0.03", "0")}, 0},
		"a later tier":     {[]string{entry("EU-LoadBalancerUsage", "0.01", "100")}, 0},
		"not a number":     {[]string{entry("EU-LoadBalancerUsage", "a lot", "0")}, 0},
		"not JSON":         {[]string{"{", entry("EU-LoadBalancerUsage", "0.0252", "0")}, 0.0252},
		"other currency":   {[]string{strings.Replace(entry("EU-LoadBalancerUsage", "0.2", "0"), "USD", "CNY", 1)}, 0},
		"without anything": {nil, 0},
	} {
		f := foundPrices{query: priceQuery{items: map[string]price.Item{"LoadBalancerUsage": price.BalancerHour}}}
		f.add(&pricing.GetProductsOutput{PriceList: c.list})
		got := 0.0
		if found := f.amounts(); len(found) == 1 && found[0].Item == price.BalancerHour {
			got = found[0].USD
		}
		if got != c.want || (got > 0 && f.date != "2026-11-01") {
			t.Errorf("%s: %v on %s, want %v", name, got, f.date, c.want)
		}
	}
}

package price_test

import (
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
)

// The table has a price for every item of the package.
func TestTable(t *testing.T) {
	l := price.In("us-east-1", price.List{})
	for _, i := range []price.Item{price.EndpointHour, price.EndpointGB, price.NATHour, price.NATGB, price.AddressHour, price.BalancerHour, price.BalancerUnit, price.VPNSubnetHour, price.VPNClientHour, price.SecretMonth, price.Instance("t3.micro")} {
		if usd, known := l.Of(i); !known || usd <= 0 || i.Text() == "" {
			t.Errorf("%s: %v, %q", i, usd, i.Text())
		}
	}
	seen := map[price.Item]bool{}
	for _, p := range l.Items {
		if seen[p.Item] {
			t.Errorf("%s has two prices", p.Item)
		}
		seen[p.Item] = true
	}
}

// Amounts are in whole cents, and half a cent is rounded up.
func TestMonthly(t *testing.T) {
	l := price.In("us-east-1", price.List{})
	for _, c := range []struct {
		item price.Item
		n    int
		want float64
	}{
		{price.EndpointHour, 12, 87.6}, {price.NATHour, 1, 32.85}, {price.AddressHour, 3, 10.95}, {price.BalancerHour, 1, 16.43}, // 16.425
		{price.VPNSubnetHour, 1, 73}, {price.SecretMonth, 2, 0.8}, {price.Instance("t3.micro"), 1, 7.59},
		{price.EndpointGB, 5, 0}, {price.VPNClientHour, 5, 0}, {price.BalancerUnit, 5, 0}, {price.Instance("x9.none"), 1, 0}, {price.EndpointHour, 0, 0},
	} {
		if got := l.Monthly(c.item, c.n); got != c.want {
			t.Errorf("%d %s: %v, want %v", c.n, c.item, got, c.want)
		}
	}
	if got := price.Sum(0.1, 0.2); got != 0.3 {
		t.Errorf("%v", got)
	}
}

// No Region has the prices of another one.
func TestIn(t *testing.T) {
	loaded := price.List{Region: "eu-west-1", Source: price.FromAPI, Date: "2026-11-25", Items: []price.Price{{Item: price.EndpointHour, USD: 0.011}}}
	for _, c := range []struct {
		region string
		loaded price.List
		want   float64
		from   string
	}{
		{"eu-west-1", loaded, 0.011, "prices of eu-west-1, AWS Price List API, published on 2026-11-25"},
		{"eu-west-1", price.List{}, 0, ""},
		{"eu-west-2", loaded, 0, ""},
		{"us-east-1", loaded, 0.01, "prices of us-east-1, table of this program, checked on 2026-11-29"},
		{"us-east-1", price.List{Region: "us-east-1", Source: price.FromAPI, Date: "2026-12-01", Items: []price.Price{{Item: price.EndpointHour, USD: 0.02}}}, 0.02, "prices of us-east-1, AWS Price List API, published on 2026-12-01"},
	} {
		l := price.In(c.region, c.loaded)
		if got, known := l.Of(price.EndpointHour); got != c.want || known != (c.want > 0) || l.From() != c.from || l.Region != c.region {
			t.Errorf("%s: %v, %q", c.region, got, l.From())
		}
	}
}

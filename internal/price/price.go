// Package price has the items that AWS bills, and what they cost in a Region. Everything else says which items a resource
// uses and how many. Amounts are in US dollars and without taxes, discounts and the free tier.
package price

import (
	"math"
	"strings"
)

// Hours is the number of hours per month in AWS's own examples (https://aws.amazon.com/privatelink/pricing/).
const Hours = 730

// Item is the code of something that AWS bills.
type Item string

// The items. Gateway endpoints, subnets, route tables, security groups, internet gateways and the Client VPN endpoint
// itself are free, so they have no item.
const (
	EndpointHour  Item = "endpoint-hour"   // of an interface endpoint in one zone
	EndpointGB    Item = "endpoint-gb"     // that interface endpoints of the Region process, for the first PB per month
	NATHour       Item = "nat-hour"        // of a NAT gateway
	NATGB         Item = "nat-gb"          // that a NAT gateway processes
	AddressHour   Item = "address-hour"    // of a public IPv4 address in use
	BalancerHour  Item = "balancer-hour"   // of an Application Load Balancer
	BalancerUnit  Item = "balancer-unit"   // of load balancer capacity that an Application Load Balancer uses in an hour
	VPNSubnetHour Item = "vpn-subnet-hour" // of a subnet that is associated with a Client VPN
	VPNClientHour Item = "vpn-client-hour" // of a connected client of a Client VPN
	SecretMonth   Item = "secret-month"    // of a secret in AWS Secrets Manager
)

// instance is the start of the items of EC2 instances.
const instance = "instance-hour/"

// Instance returns the item of an EC2 instance of a type with Linux, On-Demand, in an hour.
func Instance(kind string) Item { return Item(instance + kind) }

// InstanceType returns the type of an EC2 instance, and whether the item is one.
func (i Item) InstanceType() (string, bool) { return strings.CutPrefix(string(i), instance) }

// Unit is what an item is counted in.
type Unit string

// The units. Use that is counted in GB, in hours of connected clients or in hours of capacity is not known before it happens.
const (
	PerHour       Unit = "hour"
	PerMonth      Unit = "month"
	PerGB         Unit = "GB"
	PerClientHour Unit = "client hour"
	PerLCUHour    Unit = "LCU hour"
)

// Unit returns what the item is counted in.
func (i Item) Unit() Unit {
	switch i {
	case EndpointGB, NATGB:
		return PerGB
	case VPNClientHour:
		return PerClientHour
	case BalancerUnit:
		return PerLCUHour
	case SecretMonth:
		return PerMonth
	}
	return PerHour
}

// Fixed reports whether a resource costs the item while it exists, used or not.
func (i Item) Fixed() bool { return i.Unit() == PerHour || i.Unit() == PerMonth }

// Text returns what one of the item is.
func (i Item) Text() string {
	if kind, ok := i.InstanceType(); ok {
		return kind + " instance"
	}
	return map[Item]string{
		EndpointHour: "endpoint interface", EndpointGB: "traffic through interface endpoints", NATHour: "NAT gateway", NATGB: "traffic through NAT gateways", AddressHour: "public IPv4 address",
		BalancerHour: "load balancer", BalancerUnit: "load balancer capacity units (LCU)", VPNSubnetHour: "Client VPN subnet", VPNClientHour: "connected VPN client", SecretMonth: "secret",
	}[i]
}

// List is the prices of a Region.
type List struct {
	Region string `json:"region,omitempty"`
	// Source is where the prices are from, and Date the day of publication or of the last check, as YYYY-MM-DD.
	Source string `json:"source,omitempty"`
	Date   string `json:"date,omitempty"`
	// Items are in no order. The price of an item that is not in the list is not known.
	Items []Price `json:"items,omitempty"`
}

// Price is the price of one unit of an item, in US dollars.
type Price struct {
	Item Item    `json:"item"`
	USD  float64 `json:"usd"`
}

// Sources of prices.
const (
	FromAPI   = "AWS Price List API"
	FromTable = "table of this program"
)

// In returns the prices of a Region: those that were loaded, if any, otherwise the table of this program. Regions without
// both have none.
func In(region string, loaded List) List {
	switch {
	case loaded.Region == region && len(loaded.Items) > 0:
		return loaded
	case region == usEast1.Region:
		return usEast1
	}
	return List{Region: region}
}

// Of returns the price of an item, and whether it is known.
func (l List) Of(i Item) (usd float64, known bool) {
	for _, p := range l.Items {
		if p.Item == i {
			return p.USD, true
		}
	}
	return 0, false
}

// Known reports whether a price is known.
func (l List) Known(i Item) bool { _, known := l.Of(i); return known }

// Monthly returns what n of an item cost per month, in whole cents. It is 0 if the price is not known, or if the use is
// not known before it happens.
func (l List) Monthly(i Item, n int) float64 {
	switch usd, _ := l.Of(i); i.Unit() {
	case PerHour:
		return cents(usd * float64(n) * Hours)
	case PerMonth:
		return cents(usd * float64(n))
	}
	return 0
}

// cents rounds to whole cents. The first step removes the error of binary fractions, so that half a cent is rounded up.
func cents(x float64) float64 { return math.Round(math.Round(x*1e6)/1e4) / 100 }

// Sum adds amounts in whole cents.
func Sum(amounts ...float64) float64 {
	sum := 0.0
	for _, a := range amounts {
		sum += a
	}
	return cents(sum)
}

// From says which prices they are, as part of a sentence: "prices of us-east-1, table of this program, checked on 2026-11-29".
func (l List) From() string {
	switch l.Source {
	case "":
		return ""
	case FromAPI:
		return "prices of " + l.Region + ", " + l.Source + ", published on " + l.Date
	}
	return "prices of " + l.Region + ", " + l.Source + ", checked on " + l.Date
}

package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Cost is what the plan adds to the monthly bill, what of its resources is on the bill already, and what NAT gateways in
// place of the interface endpoints would cost.
type Cost struct {
	Currency string `json:"currency"`
	// Monthly is the sum of the items with a known price, without those that depend on the traffic.
	Monthly float64 `json:"monthly"`
	// Basis is how it was calculated.
	Basis string `json:"basis"`
	// Known is false if the price of an item that monthly should contain is not known.
	Known bool `json:"known"`
	// Region is the Region of the prices.
	Region string `json:"region"`
	// Source is where the prices are from. Empty means that no price of the Region is known.
	Source string `json:"source,omitempty"`
	// Date is the day of publication or of the last check, as YYYY-MM-DD.
	Date string `json:"date,omitempty"`
	// Items are what the plan adds.
	Items []CostItem `json:"items"`
	// Existing is what the existing resources that the plan keeps or extends cost already, and the NAT gateways of the
	// workload's subnets.
	Existing ExistingCost `json:"existing"`
	// NAT compares the interface endpoints of the workload with NAT gateways. It is missing if the workload has none, or
	// if a price is not known.
	NAT *NATCost `json:"nat,omitempty"`
	// Also is what AWS bills in addition for what the plan starts, as a sentence. It is in basis too. Empty means nothing.
	Also string `json:"-"`
}

// CostItem is something that AWS bills for a resource.
type CostItem struct {
	// Change is the id of the change that creates, extends or keeps the resource.
	Change resource.ID `json:"change,omitempty"`
	// What is the resource.
	What string `json:"what"`
	// Item is the code of the item.
	Item price.Item `json:"item"`
	// Count is how many of the item the resource has. It is missing if the use depends on the traffic.
	Count int `json:"count,omitempty"`
	// Unit is what the price is for.
	Unit price.Unit `json:"unit"`
	// Known is false if the price is not known. price and monthly are then 0.
	Known   bool    `json:"known"`
	Price   float64 `json:"price"`
	Monthly float64 `json:"monthly"`
}

// ExistingCost is what existing resources cost.
type ExistingCost struct {
	// Monthly is the sum of the items with a known price, without those that depend on the traffic.
	Monthly float64    `json:"monthly"`
	Known   bool       `json:"known"`
	Items   []CostItem `json:"items"`
}

// Cheaper says when endpoints cost less than NAT gateways: for all amounts of data, for those above or below one, or for none.
type Cheaper string

// The cases.
const (
	Always Cheaper = "always"
	Above  Cheaper = "above"
	Below  Cheaper = "below"
	Never  Cheaper = "never"
)

// NATCost compares all interface endpoints that serve the workload, new and existing, with one NAT gateway per zone of the
// workload. It assumes that all data goes through one of the two.
type NATCost struct {
	// Gateways is how many NAT gateways the workload would need in addition to existing ones.
	Gateways int `json:"gateways"`
	// Monthly is what these cost per month, with one public IPv4 address each.
	Monthly float64 `json:"monthly"`
	// PerGB is the price per GB of traffic through NAT gateways.
	PerGB float64 `json:"per_gb"`
	// EndpointsMonthly is what the interface endpoints cost per month.
	EndpointsMonthly float64 `json:"endpoints_monthly"`
	// EndpointsPerGB is the price per GB of traffic through interface endpoints.
	EndpointsPerGB float64 `json:"endpoints_per_gb"`
	// EndpointsCostLess says when endpoints cost less than NAT gateways: for every amount of data, above or below
	// break_even_gb, or never.
	EndpointsCostLess Cheaper `json:"endpoints_cost_less"`
	// BreakEvenGB is the amount of data per month at which both cost the same, in whole GB.
	BreakEvenGB int `json:"break_even_gb,omitempty"`
}

// price calculates the cost.
func (b *builder) price() {
	prices := price.In(b.Ans.Region, b.Inv.Prices)
	c := &b.p.Cost
	c.Source, c.Date = prices.Source, prices.Date
	for _, a := range b.p.Changes {
		c.Items = append(c.Items, costItems(b.p, a, a.Uses(), prices)...)
		c.Existing.Items = append(c.Existing.Items, costItems(b.p, a, b.usesBefore(a), prices)...)
	}
	nats := b.natGateways()
	for _, id := range nats {
		if !exists(id) { // its change has the items
			continue
		}
		uses := []resource.Use{{Item: price.NATHour, Count: 1}, {Item: price.AddressHour, Count: 1}, {Item: price.NATGB}}
		for _, i := range costItems(b.p, resource.Change{}, uses, prices) {
			i.What = "NAT gateway " + id
			c.Existing.Items = append(c.Existing.Items, i)
		}
	}
	c.Monthly, c.Known = total(c.Items)
	c.Existing.Monthly, c.Existing.Known = total(c.Existing.Items)
	c.Basis = basis(c, prices)
	if b.first != nil {
		c.Also = fmt.Sprintf("The %s on AWS Fargate are billed in addition, by their size while they run.", b.Workload.Many)
		c.Basis += "; the " + strings.TrimSuffix(strings.TrimPrefix(c.Also, "The "), ".")
	}
	c.NAT = b.compareNAT(prices, nats)
}

// usesBefore returns what AWS bills already for the resource of a change. Endpoints that an AWS service created
// do not count: no page of AWS says that they are on the bill of the account.
func (b *builder) usesBefore(a resource.Change) []resource.Use {
	if e := b.endpoint(a.ID); e != nil {
		if e.existing == nil || e.existing.RequesterManaged || !strings.EqualFold(e.typ, catalog.Interface) {
			return nil
		}
		return resource.InterfaceUses(len(e.existing.Subnets))
	}
	if a.Spec.Kind() == (resource.NATGateway{}).Kind() { // the routes show it, see natGateways
		return nil
	}
	return a.UsesBefore()
}

// costItems returns the items of a change.
func costItems(p *Plan, a resource.Change, uses []resource.Use, prices price.List) []CostItem {
	var out []CostItem
	for _, u := range uses {
		i := CostItem{Change: a.ID, What: whatCosts(p, a), Item: u.Item, Count: u.Count, Unit: u.Item.Unit()}
		i.Price, i.Known = prices.Of(u.Item)
		if u.Item.Fixed() {
			i.Monthly = prices.Monthly(u.Item, u.Count)
		}
		out = append(out, i)
	}
	return out
}

// whatCosts names the resource of a change: "interface endpoint logs".
func whatCosts(p *Plan, a resource.Change) string {
	if a.Spec == nil {
		return ""
	}
	if code := a.Code(); code != "" {
		return "interface endpoint " + code
	}
	cells := a.Spec.Cells(p, a)
	return strings.TrimSpace(cells.Kind + " " + cells.Name)
}

// total returns the sum of the items that do not depend on the traffic, and whether all their prices are known.
func total(items []CostItem) (sum float64, known bool) {
	known = true
	var all []float64
	for _, i := range items {
		if i.Item.Fixed() {
			all, known = append(all, i.Monthly), known && i.Known
		}
	}
	return price.Sum(all...), known
}

// natGateways returns the public NAT gateways in the routes of the workload's subnets.
func (b *builder) natGateways() []string {
	var out []string
	for _, c := range b.clients {
		out = append(out, b.natGatewaysOf(c)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (b *builder) natGatewaysOf(sub *inventory.Subnet) []string {
	var out []string
	t := b.Net.RouteTableOf(sub.ID)
	if t == nil {
		return nil
	}
	for _, r := range t.Routes {
		if slices.ContainsFunc(b.Net.NATGateways, func(g inventory.NATGateway) bool { return g.ID == r.Target && g.Public && g.State == "available" }) {
			out = append(out, r.Target)
		}
	}
	return out
}

// compareNAT compares interface endpoints with NAT gateways.
func (b *builder) compareNAT(prices price.List, nats []string) *NATCost {
	for _, item := range []price.Item{price.EndpointHour, price.EndpointGB, price.NATHour, price.NATGB, price.AddressHour} {
		if !prices.Known(item) {
			return nil
		}
	}
	interfaces := 0
	for _, i := range slices.Concat(b.p.Cost.Items, b.p.Cost.Existing.Items) {
		if i.Item == price.EndpointHour {
			interfaces += i.Count
		}
	}
	if interfaces == 0 {
		return nil
	}
	zones := map[string]bool{}
	for _, c := range b.clients {
		zones[c.Zone] = zones[c.Zone] || len(b.natGatewaysOf(c)) > 0
	}
	gateways := 0
	for _, served := range zones {
		if !served {
			gateways++
		}
	}
	for _, i := range b.p.Cost.Items {
		if i.Item == price.NATHour { // the plan creates them anyway
			gateways -= i.Count
		}
	}
	return compareNAT(prices, interfaces, max(gateways, 0))
}

// compareNAT finds the amount of data at which endpoints and NAT gateways cost the same: the difference of the monthly
// amounts, divided by the difference of the prices per GB.
func compareNAT(prices price.List, interfaces, gateways int) *NATCost {
	c := &NATCost{Gateways: gateways, Monthly: price.Sum(prices.Monthly(price.NATHour, gateways), prices.Monthly(price.AddressHour, gateways)), EndpointsMonthly: prices.Monthly(price.EndpointHour, interfaces)}
	c.PerGB, _ = prices.Of(price.NATGB)
	c.EndpointsPerGB, _ = prices.Of(price.EndpointGB)
	more, saved := c.EndpointsMonthly-c.Monthly, c.PerGB-c.EndpointsPerGB
	switch {
	case more <= 0 && saved >= 0:
		c.EndpointsCostLess = Always
	case more >= 0 && saved <= 0:
		c.EndpointsCostLess = Never
	case saved > 0:
		c.EndpointsCostLess = Above
	default:
		c.EndpointsCostLess = Below
	}
	if c.EndpointsCostLess == Above || c.EndpointsCostLess == Below {
		c.BreakEvenGB = int(math.Round(more / saved))
	}
	return c
}

// basis says how the sum was calculated.
func basis(c *Cost, prices price.List) string {
	counts, order := map[price.Item]int{}, []price.Item(nil)
	for _, i := range c.Items {
		if _, seen := counts[i.Item]; !seen {
			order = append(order, i.Item)
		}
		counts[i.Item] += i.Count
	}
	var fixed, unknown, varying []string
	for _, item := range order {
		amount := words.Count(counts[item], item.Text())
		switch usd, known := prices.Of(item); {
		case item.Fixed() && !known:
			unknown = append(unknown, amount)
		case item.Fixed():
			fixed = append(fixed, fmt.Sprintf("$%.2f for %s (%s)", prices.Monthly(item, counts[item]), amount, formula(item, usd)))
		case !known: // without its number, which is not known either
			unknown = append(unknown, item.Text())
		default:
			varying = append(varying, CostItem{Item: item, Unit: item.Unit(), Known: true, Price: usd}.Formula())
		}
	}
	if len(fixed)+len(unknown) == 0 {
		return "no new resources that are billed by the hour"
	}
	var out []string
	if len(fixed) > 0 {
		out = append(out, strings.Join(fixed, ", and "))
	}
	if len(varying) > 0 {
		out = append(out, "in addition "+strings.Join(varying, " and "))
	}
	if len(unknown) > 0 {
		out = append(out, "price not known in "+c.Region+": "+words.And(unknown))
	}
	if from := prices.From(); from != "" {
		out = append(out, from)
	}
	if counts[price.EndpointHour] > 0 {
		out = append(out, textRules["C-COST"])
	}
	return strings.Join(out, "; ")
}

// Formula is the calculation of the item for one month, or its price if the use depends on the traffic.
func (i CostItem) Formula() string {
	switch {
	case !i.Known:
		return words.Count(max(i.Count, 1), i.Item.Text()) + ": price not known"
	case !i.Item.Fixed():
		return fmt.Sprintf("%s per %s of %s", Dollars(i.Price), i.Unit, i.Item.Text())
	}
	return words.Count(i.Count, i.Item.Text()) + ", " + formula(i.Item, i.Price)
}

// formula is the calculation of one month.
func formula(item price.Item, amount float64) string {
	if item.Unit() == price.PerHour {
		return fmt.Sprintf("%d hours at %s each", price.Hours, Dollars(amount))
	}
	return Dollars(amount) + " each"
}

// Dollars formats a price with all its digits, and at least two: "$0.045", "$0.40".
func Dollars(amount float64) string {
	text := strconv.FormatFloat(amount, 'f', -1, 64)
	if _, fraction, _ := strings.Cut(text, "."); len(fraction) < 2 {
		text = strconv.FormatFloat(amount, 'f', 2, 64)
	}
	return "$" + text
}

// Monthly returns what a change adds to the monthly bill. known is false if a price is not known.
func (p *Plan) Monthly(a resource.Change) (amount float64, known bool) {
	return resource.Monthly(a.Uses(), price.In(p.Region, p.Prices))
}

// Use says what AWS bills in addition by use: "data" if it is only traffic, "use", or nothing.
func (c Cost) Use() string {
	out := ""
	for _, i := range c.Items {
		switch {
		case i.Item.Fixed():
		case i.Unit != price.PerGB:
			return "use"
		default:
			out = "data"
		}
	}
	return out
}

// Text is the sum in one sentence without a period: "about $87.60 per month".
func (c Cost) Text() string { return costText(c.Monthly, c.Known, c.Items, "no additional cost") }

// Text is the sum in one sentence without a period.
func (c ExistingCost) Text() string { return costText(c.Monthly, c.Known, c.Items, "nothing") }

func costText(monthly float64, known bool, items []CostItem, none string) string {
	var unknown []string
	for _, i := range items {
		if i.Item.Fixed() && !i.Known {
			unknown = append(unknown, words.Count(i.Count, i.Item.Text()))
		}
	}
	switch {
	case !known && monthly == 0:
		return "price not known"
	case !known:
		return fmt.Sprintf("about $%.2f per month, without %s (price not known)", monthly, words.And(unknown))
	case monthly == 0:
		return none
	}
	return fmt.Sprintf("about $%.2f per month", monthly)
}

// PricesText says which prices they are, as part of a sentence; empty if none is known.
func (c Cost) PricesText() string {
	return price.List{Region: c.Region, Source: c.Source, Date: c.Date}.From()
}

// Text compares NAT gateways with the endpoints, in sentences.
func (c NATCost) Text() string {
	text := fmt.Sprintf("The same traffic through the NAT gateways of the VPC costs %s per GB.", Dollars(c.PerGB))
	if c.Gateways > 0 {
		text = fmt.Sprintf("The same traffic through %s costs about $%.2f per month plus %s per GB.", words.Count(c.Gateways, "NAT gateway"), c.Monthly, Dollars(c.PerGB))
	}
	at := words.Thousands(c.BreakEvenGB) + " GB per month."
	switch c.EndpointsCostLess {
	case Always:
		return text + " Endpoints cost less for every amount of data."
	case Never:
		return text + " Endpoints do not cost less for any amount of data."
	case Above:
		return text + " Endpoints cost less above " + at
	}
	return text + " Endpoints cost less below " + at
}

// Assumes says what is compared, in sentences.
func (c NATCost) Assumes() string {
	text := fmt.Sprintf("The interface endpoints of the workload, new and existing, cost about $%.2f per month plus %s per GB.", c.EndpointsMonthly, Dollars(c.EndpointsPerGB))
	if c.Gateways > 0 {
		text += " The NAT gateways are one per zone of the workload, with one public IPv4 address each."
	}
	return text + " Data of Amazon S3 through a gateway endpoint is free."
}

// AccessUses are what AWS bills for the access methods to a private web server.
type AccessUses struct {
	LoadBalancer, SSH, SessionManager, ClientVPN []resource.Use
}

// AccessMethodUses returns what AWS bills for the access methods. With Session Manager a bastion may need the endpoints
// ssm and ssmmessages in the two subnets of the environment.
func AccessMethodUses() AccessUses {
	const endpoints, subnets = 2, 2
	uses := func(s resource.Spec) []resource.Use { return resource.Change{Op: resource.Create, Spec: s}.Uses() }
	return AccessUses{
		LoadBalancer: uses(resource.LoadBalancer{}), SSH: uses(resource.Instance{Type: resource.DefaultType, Public: true}),
		SessionManager: append(uses(resource.Instance{Type: resource.DefaultType}), resource.InterfaceUses(endpoints*subnets)...), ClientVPN: uses(resource.ClientVPNSubnet{}),
	}
}

package aws

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/pricing/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
)

// pricingClient makes one attempt, because a plan needs no prices. It calls the nearest Region with an endpoint.
var pricingClient = register("pricing", pricing.ServiceID, pricing.NewFromConfig, traits{},
	func(o *pricing.Options) { o.Retryer, o.Region = sdk.NopRetryer{}, pricingRegion(o.Region) })

// pricingRegion returns the Region of the endpoint of the AWS Price List API for calls about a Region. In the partition aws
// only three Regions have one (AWS Billing user guide, Finding services and products using the AWS Price List Query API).
// https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
func pricingRegion(region string) string {
	switch area, _, _ := strings.Cut(region, "-"); area {
	case "eu", "af", "il", "me":
		return "eu-central-1"
	case "ap":
		return "ap-south-1"
	}
	return "us-east-1"
}

// getProducts is the only call of the AWS Price List API.
const getProducts = "pricing:GetProducts"

// priceTime is the time limit for all prices. From inside a VPC without internet access the API may not be reachable, and
// nobody should wait for a plan because of its prices.
const priceTime = 5 * time.Second

// pricePages is the maximum number of pages of one query. Each query is expected to have one.
const pricePages = 2

// priceQuery finds the products of some items. Usage types are the ones that bills have, after a prefix for the Region
// that us-east-1 does not always have: USE1-VpcEndpoint-Hours, EU-NatGateway-Hours, BoxUsage:t3.micro. AWS documents
// the prefixes, but not all usage types (AWS Billing user guide, Understanding your usage report), so the usage types and
// the names of services and attributes are those that published price lists and bills have.
type priceQuery struct {
	service string // its code in the price list
	contain string // in the usage type
	only    map[string]string
	items   map[string]price.Item // by usage type, without the prefix
}

var priceQueries = []priceQuery{
	{service: "AmazonVPC", contain: "VpcEndpoint-", items: map[string]price.Item{"VpcEndpoint-Hours": price.EndpointHour, "VpcEndpoint-Bytes": price.EndpointGB}},
	{service: "AmazonVPC", contain: "PublicIPv4:InUseAddress", items: map[string]price.Item{"PublicIPv4:InUseAddress": price.AddressHour}},
	{service: "AmazonVPC", contain: "ClientVPN-", items: map[string]price.Item{"ClientVPN-EndpointHours": price.VPNSubnetHour, "ClientVPN-ConnectionHours": price.VPNClientHour}},
	{service: "AmazonEC2", contain: "NatGateway-", items: map[string]price.Item{"NatGateway-Hours": price.NATHour, "NatGateway-Bytes": price.NATGB}},
	{service: "AWSELB", contain: "LoadBalancerUsage", only: map[string]string{"productFamily": "Load Balancer-Application"}, items: map[string]price.Item{"LoadBalancerUsage": price.BalancerHour}},
	{service: "AWSELB", contain: "LCUUsage", only: map[string]string{"productFamily": "Load Balancer-Application"}, items: map[string]price.Item{"LCUUsage": price.BalancerUnit}},
	{service: "AWSSecretsManager", contain: "AWSSecretsManager-Secrets", items: map[string]price.Item{"AWSSecretsManager-Secrets": price.SecretMonth}},
	{service: "AmazonEC2", contain: "BoxUsage:t", only: onDemandLinux, items: instanceItems("t2", "t3", "t3a", "t4g")},
}

// onDemandLinux are the attributes of On-Demand Instances with Amazon Linux.
var onDemandLinux = map[string]string{"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}

func instanceItems(families ...string) map[string]price.Item {
	out := map[string]price.Item{}
	for _, family := range families {
		for _, size := range []string{"nano", "micro", "small", "medium", "large"} {
			out["BoxUsage:"+family+"."+size] = price.Instance(family + "." + size)
		}
	}
	return out
}

// prices loads the prices of the Region. A failure never stops the program: it is a gap, and the prices are unknown. The
// partitions aws-cn and aws-us-gov are not asked: the first has its own price list, with another currency, and
// credentials of the second are not valid at the endpoints.
func (l *loading) prices(ctx context.Context, _ inventory.Request) error {
	if catalog.PartitionID(l.c.region) != "aws" {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, priceTime)
	defer cancel()
	got := price.List{Region: l.c.region, Source: price.FromAPI}
	var wg sync.WaitGroup
	for _, q := range priceQueries {
		wg.Go(func() {
			found := foundPrices{query: q}
			in := &pricing.GetProductsInput{ServiceCode: sdk.String(q.service), FormatVersion: sdk.String("aws_v1"), MaxResults: sdk.Int32(100), Filters: []types.Filter{
				{Type: types.FilterTypeTermMatch, Field: sdk.String("regionCode"), Value: sdk.String(l.c.region)},
				{Type: types.FilterTypeContains, Field: sdk.String("usagetype"), Value: sdk.String(q.contain)},
			}}
			for field, value := range q.only {
				in.Filters = append(in.Filters, types.Filter{Type: types.FilterTypeTermMatch, Field: sdk.String(field), Value: sdk.String(value)})
			}
			pages := &firstPages[pricing.GetProductsOutput, pricing.Options]{pricing.NewGetProductsPaginator(pricingClient(l.c), in), pricePages}
			if l.gapOnFailure(getProducts, l.c.fail(getProducts, follow(limited, pages, found.add))) {
				return
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			got.Items = append(got.Items, found.amounts()...)
			got.Date = max(got.Date, found.date)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return l.c.fail(getProducts, ctx.Err())
	}
	if len(got.Items) > 0 {
		by(got.Items, func(p price.Price) string { return string(p.Item) })
		l.out.Prices = got
	}
	return nil
}

// product is what this program reads of an entry of the price list.
// https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
type product struct {
	Product struct {
		Attributes struct {
			UsageType string `json:"usagetype"`
		} `json:"attributes"`
	} `json:"product"`
	PublicationDate string `json:"publicationDate"`
	Terms           struct {
		OnDemand map[string]struct {
			PriceDimensions map[string]struct {
				BeginRange   string            `json:"beginRange"`
				PricePerUnit map[string]string `json:"pricePerUnit"`
			} `json:"priceDimensions"`
		} `json:"OnDemand"`
	} `json:"terms"`
}

// foundPrices are the products of a query.
type foundPrices struct {
	query priceQuery
	date  string
	// exact are the amounts by usage type without prefix, and prefixed those of usage types with a prefix. Outposts-… and
	// TS-… are not prefixes of a Region, but look like one in us-east-1, where exact is the right one.
	exact, prefixed map[string][]float64
}

// add reads a page. An entry that cannot be read is skipped, so that its price is not known.
func (f *foundPrices) add(o *pricing.GetProductsOutput) {
	if f.exact == nil {
		f.exact, f.prefixed = map[string][]float64{}, map[string][]float64{}
	}
	for _, entry := range o.PriceList {
		var p product
		if json.Unmarshal([]byte(entry), &p) != nil {
			continue
		}
		amount, ok := p.first()
		if !ok {
			continue
		}
		usage := p.Product.Attributes.UsageType
		_, rest, _ := strings.Cut(usage, "-")
		into := f.exact
		switch {
		case f.query.items[usage] != "":
		case f.query.items[rest] != "":
			into, usage = f.prefixed, rest
		default:
			continue
		}
		into[usage] = append(into[usage], amount)
		if day, _, ok := strings.Cut(p.PublicationDate, "T"); ok {
			f.date = max(f.date, day)
		}
	}
}

// first returns the On-Demand price in US dollars of the first unit.
func (p product) first() (float64, bool) {
	for _, term := range p.Terms.OnDemand {
		for _, d := range term.PriceDimensions {
			if n, err := strconv.ParseFloat(d.BeginRange, 64); err != nil || n != 0 {
				continue
			}
			if amount, err := strconv.ParseFloat(d.PricePerUnit["USD"], 64); err == nil {
				return amount, true
			}
		}
	}
	return 0, false
}

// amounts returns the prices by item. A price is not known if products differ.
func (f *foundPrices) amounts() []price.Price {
	var out []price.Price
	for usage, item := range f.query.items {
		all := f.exact[usage]
		if len(all) == 0 {
			all = f.prefixed[usage]
		}
		if len(all) > 0 && !differ(all) {
			out = append(out, price.Price{Item: item, USD: all[0]})
		}
	}
	return out
}

func differ(all []float64) bool {
	for _, x := range all {
		if x != all[0] {
			return true
		}
	}
	return false
}

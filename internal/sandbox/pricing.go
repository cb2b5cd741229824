package sandbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// The AWS Price List API, with the products that a plan can need and some that are like them. Only us-east-1, eu-central-1
// and ap-south-1 have it. The product list has only the Regions below, so the prices of other Regions are not known.

var pricingAPI = service{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]operation{
		"GetProducts": wire.JSONOp((*region).getProducts),
	},
}

// pricesPublished is when the price lists of the sandbox were published.
const pricesPublished = "2026-11-25T00:00:00Z"

// regionPrices are the parts of a price list that differ between Regions, in US dollars per hour or GB. Those outside the
// United States are examples.
type regionPrices struct {
	prefix                    string // of usage types
	plain                     bool   // older usage types have no prefix
	endpoint, nat, alb, micro float64
}

var priceLists = map[string]regionPrices{
	"us-east-1": {"USE1-", true, 0.01, 0.045, 0.0225, 0.0104},
	"us-east-2": {"USE2-", false, 0.01, 0.045, 0.0225, 0.0104},
	"us-west-2": {"USW2-", false, 0.01, 0.045, 0.0225, 0.0104},
	"eu-west-1": {"EU-", false, 0.011, 0.048, 0.0252, 0.0114},
}

type priceTier struct {
	from, to, unit string
	amount         float64
}

// pricedProduct is a product of a price list. old is true if its usage type has no prefix in us-east-1.
type pricedProduct struct {
	service, family, usage, operation string
	old                               bool
	more                              map[string]string // more attributes
	tiers                             []priceTier
}

// pricedProducts returns the products of a Region.
func pricedProducts(p regionPrices) []pricedProduct {
	hour := func(amount float64) []priceTier { return []priceTier{{"0", "Inf", "Hrs", amount}} }
	gb := func(amount float64) []priceTier { return []priceTier{{"0", "Inf", "GB", amount}} }
	const vpc, ec2, elb = "AmazonVPC", "AmazonEC2", "AWSELB"
	out := []pricedProduct{
		{vpc, "VpcEndpoint", "VpcEndpoint-Hours", "VpcEndpoint", false, nil, hour(p.endpoint)},
		{vpc, "VpcEndpoint", "VpcEndpoint-Bytes", "VpcEndpoint", false, nil, []priceTier{
			{"5242880", "Inf", "GB", 0.004}, {"1048576", "5242880", "GB", 0.006}, {"0", "1048576", "GB", 0.01}}},
		{vpc, "VpcEndpoint", "VpcEndpoint-GWLBE-Hours", "VpcEndpoint", false, nil, hour(p.endpoint)},
		{vpc, "", "PublicIPv4:InUseAddress", "InUseAddress", false, map[string]string{"group": "VPCPublicIPv4Address"}, hour(0.005)},
		{vpc, "", "PublicIPv4:IdleAddress", "IdleAddress", false, map[string]string{"group": "VPCPublicIPv4Address"}, hour(0.005)},
		{vpc, "Cloud Connectivity", "ClientVPN-EndpointHours", "ClientVPNEndpoints", false, nil, hour(0.10)},
		{vpc, "Cloud Connectivity", "ClientVPN-ConnectionHours", "ClientVPNConnections", false, nil, hour(0.05)},
		{ec2, "NAT Gateway", "NatGateway-Hours", "NatGateway", true, nil, hour(p.nat)},
		{ec2, "NAT Gateway", "NatGateway-Bytes", "NatGateway", true, nil, gb(p.nat)},
		{ec2, "NAT Gateway", "RegionalNatGateway-Hours", "RegionalNatGateway", true, nil, hour(p.nat + 0.001)},
		{elb, "Load Balancer-Application", "LoadBalancerUsage", "LoadBalancing:Application", true, nil, hour(p.alb)},
		{elb, "Load Balancer-Application", "TS-LoadBalancerUsage", "LoadBalancing:Application", true, nil, hour(0.0056)},
		{elb, "Load Balancer-Application", "LCUUsage", "LoadBalancing:Application", true, nil, []priceTier{{"0", "Inf", "LCU-Hrs", 0.008}}},
		{elb, "Load Balancer-Network", "LCUUsage", "LoadBalancing:Network", true, nil, []priceTier{{"0", "Inf", "LCU-Hrs", 0.006}}},
		{elb, "Load Balancer-Network", "LoadBalancerUsage", "LoadBalancing:Network", true, nil, hour(p.alb + 0.001)},
		{"AWSSecretsManager", "Secret", "AWSSecretsManager-Secrets", "", false, nil, []priceTier{{"0", "Inf", "Secrets", 0.40}}},
	}
	for i, size := range []string{"nano", "micro", "small", "medium"} {
		amount := p.micro * []float64{0.5, 1, 2, 4}[i]
		for _, of := range []struct {
			kind, system string
			amount       float64
		}{{"t3." + size, "Linux", amount}, {"t3." + size, "Windows", amount * 2}, {"t4g." + size, "Linux", amount * 0.8}} {
			out = append(out, pricedProduct{ec2, "Compute Instance", "BoxUsage:" + of.kind, "RunInstances", true, map[string]string{
				"instanceType": of.kind, "operatingSystem": of.system, "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}, hour(of.amount)})
		}
	}
	return out
}

type productsIn struct {
	ServiceCode   string
	Filters       []productFilter
	FormatVersion string
	MaxResults    *int32
	NextToken     string
}

type productFilter struct{ Field, Type, Value string }

type productsOut struct {
	FormatVersion string
	PriceList     []string
	NextToken     string `json:",omitempty"`
}

var productPages = store.Pager{
	Size: 100, Least: 1, Most: 100,
	BadSize: func(int32) *wire.Error {
		return wire.Fail("InvalidParameterException", "Input Parameters are invalid. MaxResults must be between 1 and 100.")
	},
	BadToken: func(string) *wire.Error { return wire.Fail("InvalidNextTokenException", "The NextToken is invalid.") },
}

// getProducts answers with the products that match all filters, each as a JSON text.
func (r *region) getProducts(in productsIn) (productsOut, *wire.Error) {
	switch {
	case !slices.Contains([]string{"us-east-1", "eu-central-1", "ap-south-1"}, r.Name):
		return productsOut{}, wire.Fail("NotImplemented", "The AWS Price List API has no endpoint in %s.", r.Name)
	case in.ServiceCode == "":
		return productsOut{}, wire.Fail("InvalidParameterException", "Input Parameters are invalid. ServiceCode is required.")
	}
	out := []string{}
	for _, name := range []string{"eu-west-1", "us-east-1", "us-east-2", "us-west-2"} {
		list := priceLists[name]
		for n, p := range pricedProducts(list) {
			attributes := map[string]string{"regionCode": name, "locationType": "AWS Region", "operation": p.operation, "servicecode": p.service, "usagetype": list.prefix + p.usage}
			if p.old && list.plain {
				attributes["usagetype"] = p.usage
			}
			for key, value := range p.more {
				attributes[key] = value
			}
			if p.service != in.ServiceCode {
				continue
			}
			fits, err := matchesAll(in.Filters, attributes, p.family)
			if err != nil {
				return productsOut{}, err
			}
			if fits {
				out = append(out, p.entry(fmt.Sprintf("SANDBOX%s%04d", strings.Trim(list.prefix, "-"), n), attributes))
			}
		}
	}
	page, next, err := store.Page(&productPages, out, in.MaxResults, in.NextToken)
	return productsOut{"aws_v1", page, next}, err
}

// matchesAll reports whether a product matches all filters.
func matchesAll(filters []productFilter, attributes map[string]string, family string) (bool, *wire.Error) {
	for _, f := range filters {
		value := attributes[f.Field]
		if f.Field == "productFamily" {
			value = family
		}
		switch f.Type {
		case "TERM_MATCH", "EQUALS":
			if value != f.Value {
				return false, nil
			}
		case "CONTAINS":
			if !strings.Contains(value, f.Value) {
				return false, nil
			}
		default:
			return false, wire.Fail("InvalidParameterException", "The sandbox supports the filter types TERM_MATCH, EQUALS and CONTAINS, and not %q.", f.Type)
		}
	}
	return true, nil
}

// entry returns a product as the API writes it.
func (p pricedProduct) entry(sku string, attributes map[string]string) string {
	dimensions := map[string]any{}
	for i, t := range p.tiers {
		code := fmt.Sprintf("%s.JRTCKXETXF.%d", sku, i)
		dimensions[code] = map[string]any{"rateCode": code, "unit": t.unit, "beginRange": t.from, "endRange": t.to, "appliesTo": []string{},
			"description": "", "pricePerUnit": map[string]string{"USD": fmt.Sprintf("%.10f", t.amount)}}
	}
	of := map[string]any{"sku": sku, "attributes": attributes}
	if p.family != "" {
		of["productFamily"] = p.family
	}
	return string(wire.EncodeJSON(map[string]any{
		"product": of, "serviceCode": p.service, "version": "20261125000000", "publicationDate": pricesPublished,
		"terms": map[string]any{"OnDemand": map[string]any{sku + ".JRTCKXETXF": map[string]any{
			"sku": sku, "offerTermCode": "JRTCKXETXF", "effectiveDate": "2026-11-01T00:00:00Z", "termAttributes": map[string]string{}, "priceDimensions": dimensions}}},
	}))
}

package sandbox_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/pricing/types"
)

// GetProducts filters as the API does, and a page token leads to the rest of the list.
func TestPriceList(t *testing.T) {
	a := open(t, named(""))
	c := pricing.NewFromConfig(config(a, "eu-central-1"))
	in := pricing.GetProductsInput{ServiceCode: aws.String("AmazonVPC"), MaxResults: aws.Int32(1), Filters: []types.Filter{
		{Type: types.FilterTypeTermMatch, Field: aws.String("regionCode"), Value: aws.String("eu-west-1")},
		{Type: types.FilterTypeContains, Field: aws.String("usagetype"), Value: aws.String("VpcEndpoint-")},
		{Type: types.FilterTypeEquals, Field: aws.String("productFamily"), Value: aws.String("VpcEndpoint")},
	}}
	usage, pages := map[string]bool{}, 0
	for p := pricing.NewGetProductsPaginator(c, &in); p.HasMorePages(); pages++ {
		for _, text := range must(p.NextPage(ctx))(t).PriceList {
			var entry struct {
				ServiceCode, PublicationDate string
				Product                      struct {
					SKU        string `json:"sku"`
					Attributes map[string]string
				}
				Terms struct {
					OnDemand map[string]struct{ PriceDimensions map[string]any }
				}
			}
			if err := json.Unmarshal([]byte(text), &entry); err != nil {
				t.Fatal(err)
			}
			if entry.ServiceCode != "AmazonVPC" || entry.PublicationDate == "" || entry.Product.SKU == "" || len(entry.Terms.OnDemand) != 1 {
				t.Errorf("%s", text)
			}
			usage[entry.Product.Attributes["usagetype"]] = true
		}
	}
	if pages != 3 || !usage["EU-VpcEndpoint-Hours"] || !usage["EU-VpcEndpoint-Bytes"] || !usage["EU-VpcEndpoint-GWLBE-Hours"] {
		t.Errorf("%d pages, %v", pages, usage)
	}
	for code, change := range map[string]func(*pricing.GetProductsInput){
		"InvalidParameterException": func(in *pricing.GetProductsInput) { in.MaxResults = aws.Int32(101) },
		"InvalidNextTokenException": func(in *pricing.GetProductsInput) { in.NextToken = aws.String("nonsense") },
	} {
		wrong := in
		change(&wrong)
		_, err := c.GetProducts(ctx, &wrong)
		wantCode(t, err, code)
	}
	_, err := pricing.NewFromConfig(config(a, "eu-west-1")).GetProducts(ctx, &in)
	wantCode(t, err, "NotImplemented")
}

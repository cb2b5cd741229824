package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// servicequotasClient makes one attempt, because no other call depends on quotas.
var servicequotasClient = register("servicequotas", servicequotas.ServiceID, servicequotas.NewFromConfig, traits{},
	func(o *servicequotas.Options) { o.Retryer = sdk.NopRetryer{} })

// listQuotas is the only call of Service Quotas.
const listQuotas = "servicequotas:ListServiceQuotas"

// quotaTime is the time limit for the list of quotas. From inside a VPC without internet access
// Service Quotas may not be reachable.
const quotaTime = 10 * time.Second

// quotaPages is the maximum number of pages of quotas to read, so that a plan needs few calls.
const quotaPages = 3

// quotas loads the quotas that a plan may exceed. A failure never stops the program: it is a gap,
// and the value is unknown.
func (l *loading) quotas(ctx context.Context, _ inventory.Request) error {
	q := &l.out.Quotas
	var wg sync.WaitGroup
	wg.Go(func() {
		l.applied(ctx, "vpc", map[string]*int{
			"L-29B6F2EB": &q.InterfaceEndpoints,
			"L-1B52E74A": &q.GatewayEndpoints,
			"L-2AFB9258": &q.GroupsPerInterface,
			"L-0EA8095F": &q.RulesPerGroup,
		})
	})
	wg.Go(func() {
		const op = "ec2:DescribeVpcEndpoints"
		in := ec2.DescribeVpcEndpointsInput{Filters: []ec2types.Filter{{Name: sdk.String("vpc-endpoint-type"), Values: []string{"Gateway"}}}, MaxResults: sdk.Int32(1000)}
		used := 0
		err := follow(ctx, ec2.NewDescribeVpcEndpointsPaginator(ec2Client(l.c), &in), func(o *ec2.DescribeVpcEndpointsOutput) {
			for _, e := range o.VpcEndpoints {
				if e.VpcEndpointType == ec2types.VpcEndpointTypeGateway && !strings.EqualFold(string(e.State), "deleted") {
					used++
				}
			}
		})
		if !l.gapOnFailure(op, l.c.fail(op, err)) {
			q.UsedGateways = used
		}
	})
	wg.Wait()
	if ctx.Err() != nil {
		return l.c.fail(listQuotas, ctx.Err())
	}
	return nil
}

// applied loads the values of quotas of a service, by code, that apply to the account. The list omits a quota if its applied value
// is not available (Service Quotas API reference, ListServiceQuotas); that value stays unknown. If
// values are unknown because AWS has more pages than it reads, it records a gap.
// https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
func (l *loading) applied(ctx context.Context, service string, values map[string]*int) {
	ctx, cancel := context.WithTimeout(ctx, quotaTime)
	defer cancel()
	all := servicequotas.NewListServiceQuotasPaginator(servicequotasClient(l.c), &servicequotas.ListServiceQuotasInput{ServiceCode: &service, MaxResults: sdk.Int32(100)})
	err := follow(ctx, &firstPages[servicequotas.ListServiceQuotasOutput, servicequotas.Options]{all, quotaPages}, func(o *servicequotas.ListServiceQuotasOutput) {
		for _, listed := range o.Quotas {
			if value := values[sdk.ToString(listed.QuotaCode)]; value != nil {
				*value = int(sdk.ToFloat64(listed.Value))
			}
		}
	})
	unknown := slices.ContainsFunc(slices.Collect(maps.Values(values)), func(value *int) bool { return *value == 0 })
	if !l.gapOnFailure(listQuotas, l.c.fail(listQuotas, err)) && unknown && all.HasMorePages() {
		l.gap(&Error{Op: listQuotas, Code: inventory.NotAllRead, Message: fmt.Sprintf("only the first %d pages of quotas were read", quotaPages)})
	}
}

// gapOnFailure records any failure of a call as a gap and reports whether the call failed.
func (l *loading) gapOnFailure(op string, err error) bool {
	var e *Error
	switch {
	case err == nil:
		return false
	case !errors.As(err, &e):
		e = &Error{Op: op, Code: CodeUnreachable, Message: brief(err.Error())}
	case e.Code == "":
		e.Code = fmt.Sprintf("Status%d", e.HTTPStatus)
	}
	l.gap(e)
	return true
}

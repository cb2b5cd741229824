package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// quotaTime is the time limit for one quota. From inside a VPC without internet access Service
// Quotas may not be reachable.
const quotaTime = 10 * time.Second

// quotas loads the quotas that a plan may exceed. A failure never stops the program: it is a gap,
// and the value is unknown.
func (l *loading) quotas(ctx context.Context, _ inventory.Request) error {
	q := &l.out.Quotas
	var wg sync.WaitGroup
	for code, value := range map[string]*int{
		"L-29B6F2EB": &q.InterfaceEndpoints,
		"L-1B52E74A": &q.GatewayEndpoints,
		"L-2AFB9258": &q.GroupsPerInterface,
		"L-0EA8095F": &q.RulesPerGroup,
	} {
		wg.Go(func() { l.quota(ctx, code, value) })
	}
	wg.Go(func() {
		const op = "ec2:DescribeVpcEndpoints"
		in := ec2.DescribeVpcEndpointsInput{Filters: []ec2types.Filter{{Name: sdk.String("vpc-endpoint-type"), Values: []string{"Gateway"}}}, MaxResults: sdk.Int32(1000)}
		used := 0
		err := follow(ctx, ec2.NewDescribeVpcEndpointsPaginator(l.c.ec2, &in), func(o *ec2.DescribeVpcEndpointsOutput) {
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
		return l.c.fail("servicequotas:GetServiceQuota", ctx.Err())
	}
	return nil
}

// quota loads the account's value of a quota. If AWS has no value for the account, because the
// quota was never raised, it loads the default value.
func (l *loading) quota(ctx context.Context, code string, value *int) {
	ctx, cancel := context.WithTimeout(ctx, quotaTime)
	defer cancel()
	limit := func(q *types.ServiceQuota) int {
		if q == nil {
			return 0
		}
		return int(sdk.ToFloat64(q.Value))
	}
	const op, general = "servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"
	own, err := l.c.servicequotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: sdk.String("vpc"), QuotaCode: &code})
	var none *types.NoSuchResourceException
	switch {
	case err == nil && limit(own.Quota) != 0:
		*value = limit(own.Quota)
		return
	case err != nil && !errors.As(err, &none):
		l.gapOnFailure(op, l.c.fail(op, err))
		return
	}
	all, err := l.c.servicequotas.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: sdk.String("vpc"), QuotaCode: &code})
	if !l.gapOnFailure(general, l.c.fail(general, err)) {
		*value = limit(all.Quota)
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

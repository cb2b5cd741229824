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

// quotaTime is how long a quota is waited for. From inside a closed VPC Service
// Quotas may well be out of reach.
const quotaTime = 10 * time.Second

// quotas loads the limits that a plan may run into. They never stop anything:
// whatever fails is a gap, and the value stays unknown.
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
		if !l.spared(op, l.c.fail(op, err)) {
			q.UsedGateways = used
		}
	})
	wg.Wait()
	if ctx.Err() != nil {
		return l.c.fail("servicequotas:GetServiceQuota", ctx.Err())
	}
	return nil
}

// quota finds the limit that applies to the account or, where none is on record
// since nobody ever had it raised, the one that applies to all.
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
		l.spared(op, l.c.fail(op, err))
		return
	}
	all, err := l.c.servicequotas.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: sdk.String("vpc"), QuotaCode: &code})
	if !l.spared(general, l.c.fail(general, err)) {
		*value = limit(all.Quota)
	}
}

// spared turns any failure of a call into a gap, and tells whether there was one.
func (l *loading) spared(op string, err error) bool {
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

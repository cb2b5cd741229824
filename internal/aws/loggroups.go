package aws

import (
	"context"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

var logsClient = register("logs", cloudwatchlogs.ServiceID, cloudwatchlogs.NewFromConfig, traits{names: shape.Camel})

// logGroupsTime is the time limit for the list of log groups. From inside a VPC without internet access
// CloudWatch Logs may not be reachable.
const logGroupsTime = 10 * time.Second

// logGroups loads which of the requested log groups exist. A failure never stops the program: it is a
// gap, and it is not known whether the log groups exist. Emulators may not know the filter and return all
// log groups.
func (l *loading) logGroups(ctx context.Context, r inventory.Request) error {
	const op = "logs:DescribeLogGroups"
	limited, cancel := context.WithTimeout(ctx, logGroupsTime)
	defer cancel()
	names := r.Names()
	all := cloudwatchlogs.NewDescribeLogGroupsPaginator(logsClient(l.c), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupIdentifiers: names})
	err := follow(limited, all, func(o *cloudwatchlogs.DescribeLogGroupsOutput) {
		for _, g := range o.LogGroups {
			if name := sdk.ToString(g.LogGroupName); slices.Contains(names, name) {
				l.out.LogGroups = append(l.out.LogGroups, name)
			}
		}
	})
	l.gapOnFailure(op, l.c.fail(op, err))
	slices.Sort(l.out.LogGroups)
	if ctx.Err() != nil {
		return l.c.fail(op, ctx.Err())
	}
	return nil
}

package aws

import (
	"cmp"
	"context"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// pageTime is how long one page of Systems Manager is waited for. From inside a
// closed VPC it may well be out of reach.
const pageTime = 10 * time.Second

// hosts loads the instances of one VPC with the names of their AMIs, and beside that
// what Systems Manager knows of instances. The longest chain is the pages of
// instances, and then AMIs.
func (l *loading) hosts(ctx context.Context, r inventory.Request) error {
	g, loadCtx := errgroup.WithContext(ctx)
	// These are guarded by loading.mu.
	var found []types.Instance
	names := map[string]string{} // AMIs by id; empty while asked for
	managed := map[string]instance{}
	g.Go(func() error {
		in := ec2.DescribeInstancesInput{MaxResults: sdk.Int32(1000), Filters: []types.Filter{
			{Name: sdk.String("vpc-id"), Values: []string{r.VPC}},
			{Name: sdk.String("instance-state-name"), Values: []string{"pending", "running", "stopping", "stopped"}},
		}}
		return pages(loadCtx, l, "ec2:DescribeInstances", l.c.ec2.DescribeInstances, in, func(o *ec2.DescribeInstancesOutput) {
			var ask []string
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, reservation := range o.Reservations {
				for _, i := range reservation.Instances {
					found = append(found, i)
					id := sdk.ToString(i.ImageId)
					if _, asked := names[id]; !asked && id != "" {
						names[id] = ""
						ask = append(ask, id)
					}
				}
			}
			// A filter takes no more than 200 values.
			for chunk := range slices.Chunk(ask, 200) {
				g.Go(func() error {
					return l.images(loadCtx, chunk, func(id, name string) { names[id] = name })
				})
			}
		})
	})
	g.Go(func() error {
		known, err := l.managed(loadCtx)
		for _, i := range known {
			managed[i.InstanceId] = i
		}
		if ctx.Err() != nil {
			return l.c.fail("ssm:DescribeInstanceInformation", ctx.Err())
		}
		// If other calls failed, their error is the one to tell.
		if loadCtx.Err() == nil {
			l.spared("ssm:DescribeInstanceInformation", err)
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	for _, i := range found {
		h := inventory.Host{Instance: sdk.ToString(i.InstanceId), VPC: r.VPC, AMIName: names[sdk.ToString(i.ImageId)]}
		if i.State != nil {
			h.State = string(i.State.Name)
		}
		if i.IamInstanceProfile != nil {
			h.Profile = sdk.ToString(i.IamInstanceProfile.Arn)
		}
		if m, ok := managed[h.Instance]; ok {
			h.Ping, h.SSMAgent = m.PingStatus, m.AgentVersion
			h.PlatformType, h.PlatformName, h.PlatformVersion = m.PlatformType, m.PlatformName, m.PlatformVersion
		}
		l.out.Hosts = append(l.out.Hosts, h)
	}
	by(l.out.Hosts, func(h inventory.Host) string { return h.Instance })
	return nil
}

// images finds the names of AMIs. It filters, since asking by id fails altogether if
// one of the AMIs is gone; and old hosts run from AMIs that are deprecated.
func (l *loading) images(ctx context.Context, ids []string, each func(id, name string)) error {
	in := ec2.DescribeImagesInput{Filters: []types.Filter{{Name: sdk.String("image-id"), Values: ids}}, IncludeDeprecated: sdk.Bool(true), IncludeDisabled: sdk.Bool(true), MaxResults: sdk.Int32(1000)}
	return pages(ctx, l, "ec2:DescribeImages", l.c.ec2.DescribeImages, in, func(o *ec2.DescribeImagesOutput) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, i := range o.Images {
			each(sdk.ToString(i.ImageId), sdk.ToString(i.Name))
		}
	})
}

// instance is an instance as Systems Manager answers it.
type instance struct {
	InstanceId, PingStatus, AgentVersion, PlatformType, PlatformName, PlatformVersion string
}

// managed reads what Systems Manager knows of all instances in the Region, since it
// cannot be asked for those of one VPC. Where it cannot be had at all, one attempt
// finds out; only throttling, which many pages may cause, is waited out.
func (l *loading) managed(ctx context.Context) ([]instance, error) {
	const op = "ssm:DescribeInstanceInformation"
	s := untypedServices["ssm"]
	s.page = pageTime
	s.retryer = retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = attempts
		s.Backoff = retry.BackoffDelayerFunc(backoff)
		s.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) sdk.Ternary {
			return sdk.BoolTernary(throttle(err))
		})}
	})
	var all struct{ InstanceInformationList []instance }
	out, err := l.c.doUntyped(ctx, s, op, map[string]any{"MaxResults": 50}, reads)
	err = cmp.Or(err, l.c.decode(op, out, &all))
	return all.InstanceInformationList, err
}

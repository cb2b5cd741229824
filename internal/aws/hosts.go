package aws

import (
	"context"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// pageTime is the time limit for one page of Systems Manager. From inside a VPC without internet
// access it may not be reachable.
const pageTime = 10 * time.Second

// hosts loads the instances of one VPC with the names of their AMIs, and in parallel the data of
// Systems Manager. The longest chain is the pages of instances, and then AMIs.
func (l *loading) hosts(ctx context.Context, r inventory.Request) error {
	g, loadCtx := errgroup.WithContext(ctx)
	// mu of loading protects these variables.
	var found []types.Instance
	names := map[string]string{} // AMI names by id; empty until the answer arrives
	managed := map[string]ssmtypes.InstanceInformation{}
	g.Go(func() error {
		in := ec2.DescribeInstancesInput{MaxResults: sdk.Int32(1000), Filters: []types.Filter{
			{Name: sdk.String("vpc-id"), Values: []string{r.VPC}},
			{Name: sdk.String("instance-state-name"), Values: []string{"pending", "running", "stopping", "stopped"}},
		}}
		return readAll(loadCtx, l, "ec2:DescribeInstances", ec2.NewDescribeInstancesPaginator(ec2Client(l.c), &in), func(o *ec2.DescribeInstancesOutput) {
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
			// A filter takes at most 200 values.
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
			managed[sdk.ToString(i.InstanceId)] = i
		}
		if ctx.Err() != nil {
			return l.c.fail("ssm:DescribeInstanceInformation", ctx.Err())
		}
		// If other calls failed, their error is reported.
		if loadCtx.Err() == nil {
			l.gapOnFailure("ssm:DescribeInstanceInformation", err)
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
			h.Ping, h.SSMAgent = string(m.PingStatus), sdk.ToString(m.AgentVersion)
			h.PlatformType, h.PlatformName, h.PlatformVersion = string(m.PlatformType), sdk.ToString(m.PlatformName), sdk.ToString(m.PlatformVersion)
		}
		l.out.Hosts = append(l.out.Hosts, h)
	}
	by(l.out.Hosts, func(h inventory.Host) string { return h.Instance })
	return nil
}

// images loads the names of AMIs. It uses a filter, because a call with ids fails if one of the
// AMIs no longer exists, and old instances use AMIs that are deprecated.
func (l *loading) images(ctx context.Context, ids []string, each func(id, name string)) error {
	in := ec2.DescribeImagesInput{Filters: []types.Filter{{Name: sdk.String("image-id"), Values: ids}}, IncludeDeprecated: sdk.Bool(true), IncludeDisabled: sdk.Bool(true), MaxResults: sdk.Int32(1000)}
	return readAll(ctx, l, "ec2:DescribeImages", ec2.NewDescribeImagesPaginator(ec2Client(l.c), &in), func(o *ec2.DescribeImagesOutput) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, i := range o.Images {
			each(sdk.ToString(i.ImageId), sdk.ToString(i.Name))
		}
	})
}

// managed loads all instances in the Region that Systems Manager knows, because the API has no
// filter for one VPC. It makes one attempt, except when AWS throttles, which is likely with many
// pages.
func (l *loading) managed(ctx context.Context) ([]ssmtypes.InstanceInformation, error) {
	const op = "ssm:DescribeInstanceInformation"
	retryer := retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = attempts
		s.Backoff = retry.BackoffDelayerFunc(backoff)
		s.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) sdk.Ternary {
			return sdk.BoolTernary(throttle(err))
		})}
	})
	var all []ssmtypes.InstanceInformation
	err := follow(ctx, ssm.NewDescribeInstanceInformationPaginator(eachPage{ssmClient(l.c)}, &ssm.DescribeInstanceInformationInput{MaxResults: sdk.Int32(50)}),
		func(o *ssm.DescribeInstanceInformationOutput) { all = append(all, o.InstanceInformationList...) },
		func(o *ssm.Options) { o.Retryer = retryer })
	return all, l.c.fail(op, err)
}

// eachPage limits each page of Systems Manager to pageTime.
type eachPage struct{ *ssm.Client }

func (p eachPage) DescribeInstanceInformation(ctx context.Context, in *ssm.DescribeInstanceInformationInput, opts ...func(*ssm.Options)) (*ssm.DescribeInstanceInformationOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	return p.Client.DescribeInstanceInformation(ctx, in, opts...)
}

package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// bastions loads the resources that a bastion can use, and the existing bastions of this program.
func (l *loading) bastions(ctx context.Context, w *inventory.Access) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return read(ctx, l, "ec2:DescribeKeyPairs", ec2Client(l.c).DescribeKeyPairs, ec2.DescribeKeyPairsInput{}, func(o *ec2.DescribeKeyPairsOutput) {
			for _, p := range o.KeyPairs {
				w.KeyPairs = append(w.KeyPairs, sdk.ToString(p.KeyName))
			}
			w.KeyPairs = sorted(w.KeyPairs)
		})
	})
	g.Go(func() error {
		err := readAll(ctx, l, "iam:ListInstanceProfiles", iam.NewListInstanceProfilesPaginator(iamClient(l.c), &iam.ListInstanceProfilesInput{}), func(o *iam.ListInstanceProfilesOutput) {
			for _, p := range o.InstanceProfiles {
				x := inventory.InstanceProfile{Name: sdk.ToString(p.InstanceProfileName)}
				if len(p.Roles) > 0 {
					x.Role = sdk.ToString(p.Roles[0].Arn)
				}
				w.Profiles = append(w.Profiles, x)
			}
		})
		by(w.Profiles, func(p inventory.InstanceProfile) string { return p.Name })
		return err
	})
	g.Go(func() error {
		ours := &ec2.DescribeInstancesInput{Filters: []types.Filter{
			{Name: sdk.String("vpc-id"), Values: []string{w.VPC}},
			{Name: sdk.String("tag:ManagedBy"), Values: []string{"privatelink-wizard"}},
			{Name: sdk.String("instance-state-name"), Values: []string{"pending", "running"}},
		}}
		err := readAll(ctx, l, "ec2:DescribeInstances", ec2.NewDescribeInstancesPaginator(ec2Client(l.c), ours), func(o *ec2.DescribeInstancesOutput) {
			for _, r := range o.Reservations {
				for _, i := range r.Instances {
					w.Bastions = append(w.Bastions, bastion(i))
				}
			}
		})
		by(w.Bastions, func(b inventory.Bastion) string { return b.ID })
		return err
	})
	return g.Wait()
}

func bastion(i types.Instance) inventory.Bastion {
	out := inventory.Bastion{ID: sdk.ToString(i.InstanceId), Name: name(i.Tags), Subnet: sdk.ToString(i.SubnetId), KeyPair: sdk.ToString(i.KeyName),
		PrivateIP: sdk.ToString(i.PrivateIpAddress), PublicIP: sdk.ToString(i.PublicIpAddress), PublicName: sdk.ToString(i.PublicDnsName)}
	if i.State != nil {
		out.State = string(i.State.Name)
	}
	if i.IamInstanceProfile != nil {
		out.Profile = sdk.ToString(i.IamInstanceProfile.Arn)
	}
	for _, g := range i.SecurityGroups {
		out.Groups = append(out.Groups, sdk.ToString(g.GroupId))
	}
	out.Groups = sorted(out.Groups)
	return out
}

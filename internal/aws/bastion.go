package aws

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// bastions loads what a bastion is made of, and those of ours that are there.
func (l *loading) bastions(ctx context.Context, w *inventory.Ways) error {
	g, ctx := errgroup.WithContext(ctx)
	var pairs struct{ KeyPairs []struct{ KeyName string } }
	var profiles struct {
		InstanceProfiles []struct {
			InstanceProfileName string
			Roles               []struct{ Arn string }
		}
	}
	var all struct {
		Reservations []struct {
			Instances []struct {
				InstanceId, SubnetId, KeyName, PrivateIpAddress, PublicIpAddress, PublicDnsName string
				State                                                                           struct{ Name string }
				IamInstanceProfile                                                              struct{ Arn string }
				SecurityGroups                                                                  []struct{ GroupId string }
				Tags                                                                            nameTags
			}
		}
	}
	filter := func(name string, values ...any) any { return map[string]any{"Name": name, "Values": values} }
	ours := map[string]any{"Filters": []any{filter("vpc-id", w.VPC), filter("tag:ManagedBy", "privatelink-wizard"), filter("instance-state-name", "pending", "running")}}
	g.Go(func() error { return l.list(ctx, "ec2", "DescribeKeyPairs", nil, &pairs) })
	g.Go(func() error { return l.list(ctx, "iam", "ListInstanceProfiles", nil, &profiles) })
	g.Go(func() error { return l.list(ctx, "ec2", "DescribeInstances", ours, &all) })
	err := g.Wait()
	for _, p := range pairs.KeyPairs {
		w.KeyPairs = append(w.KeyPairs, p.KeyName)
	}
	w.KeyPairs = sorted(w.KeyPairs)
	for _, p := range profiles.InstanceProfiles {
		x := inventory.InstanceProfile{Name: p.InstanceProfileName}
		if len(p.Roles) > 0 {
			x.Role = p.Roles[0].Arn
		}
		w.Profiles = append(w.Profiles, x)
	}
	by(w.Profiles, func(p inventory.InstanceProfile) string { return p.Name })
	for _, r := range all.Reservations {
		for _, i := range r.Instances {
			x := inventory.Bastion{ID: i.InstanceId, State: i.State.Name, Subnet: i.SubnetId, KeyPair: i.KeyName, Profile: i.IamInstanceProfile.Arn,
				PrivateIP: i.PrivateIpAddress, PublicIP: i.PublicIpAddress, PublicName: i.PublicDnsName}
			for _, g := range i.SecurityGroups {
				x.Groups = append(x.Groups, g.GroupId)
			}
			x.Groups = sorted(x.Groups)
			x.Name = i.Tags.name()
			w.Bastions = append(w.Bastions, x)
		}
	}
	by(w.Bastions, func(b inventory.Bastion) string { return b.ID })
	return err
}

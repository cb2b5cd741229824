package aws

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// deletedStates are the states of a Client VPN endpoint, or of a part of it, that end with its
// deletion.
var deletedStates = []string{"deleting", "deleted", "disassociating", "disassociated", "association-failed", "revoking", "failed"}

func isDeleted[S ~string](state S) bool { return slices.Contains(deletedStates, string(state)) }

// clientVPNs loads the Client VPN endpoints of the VPC.
func (l *loading) clientVPNs(ctx context.Context, w *inventory.Access) error {
	err := readAll(ctx, l, "ec2:DescribeClientVpnEndpoints", ec2.NewDescribeClientVpnEndpointsPaginator(ec2Client(l.c), &ec2.DescribeClientVpnEndpointsInput{}), func(o *ec2.DescribeClientVpnEndpointsOutput) {
		for _, e := range o.ClientVpnEndpoints {
			if v := clientVPN(e); sdk.ToString(e.VpcId) == w.VPC && !isDeleted(v.State) {
				w.ClientVPNs = append(w.ClientVPNs, v)
			}
		}
	})
	if err = l.elsewhere("AWS Client VPN", err); err != nil {
		return err
	}
	by(w.ClientVPNs, func(v inventory.ClientVPN) string { return v.ID })
	g, ctx := errgroup.WithContext(ctx)
	for i := range w.ClientVPNs {
		g.Go(func() error { return l.vpnNetworks(ctx, &w.ClientVPNs[i]) })
		g.Go(func() error { return l.vpnRules(ctx, &w.ClientVPNs[i]) })
	}
	return g.Wait()
}

func clientVPN(e types.ClientVpnEndpoint) inventory.ClientVPN {
	out := inventory.ClientVPN{ID: sdk.ToString(e.ClientVpnEndpointId), Name: name(e.Tags), CIDR: sdk.ToString(e.ClientCidrBlock), ServerCertificate: sdk.ToString(e.ServerCertificateArn)}
	if e.Status != nil {
		out.State = string(e.Status.Code)
	}
	for _, a := range e.AuthenticationOptions {
		if a.MutualAuthentication != nil {
			out.ClientCertificate = sdk.ToString(a.MutualAuthentication.ClientRootCertificateChain)
		}
	}
	return out
}

func (l *loading) vpnNetworks(ctx context.Context, v *inventory.ClientVPN) error {
	in := &ec2.DescribeClientVpnTargetNetworksInput{ClientVpnEndpointId: &v.ID}
	err := readAll(ctx, l, "ec2:DescribeClientVpnTargetNetworks", ec2.NewDescribeClientVpnTargetNetworksPaginator(ec2Client(l.c), in), func(o *ec2.DescribeClientVpnTargetNetworksOutput) {
		for _, n := range o.ClientVpnTargetNetworks {
			x := inventory.Association{ID: sdk.ToString(n.AssociationId), Subnet: sdk.ToString(n.TargetNetworkId)}
			if n.Status != nil {
				x.State = string(n.Status.Code)
			}
			if !isDeleted(x.State) {
				v.Associations = append(v.Associations, x)
			}
		}
	})
	by(v.Associations, func(a inventory.Association) string { return a.ID })
	return err
}

func (l *loading) vpnRules(ctx context.Context, v *inventory.ClientVPN) error {
	in := &ec2.DescribeClientVpnAuthorizationRulesInput{ClientVpnEndpointId: &v.ID}
	err := readAll(ctx, l, "ec2:DescribeClientVpnAuthorizationRules", ec2.NewDescribeClientVpnAuthorizationRulesPaginator(ec2Client(l.c), in), func(o *ec2.DescribeClientVpnAuthorizationRulesOutput) {
		for _, r := range o.AuthorizationRules {
			if sdk.ToBool(r.AccessAll) && (r.Status == nil || !isDeleted(r.Status.Code)) {
				v.Authorized = append(v.Authorized, sdk.ToString(r.DestinationCidr))
			}
		}
	})
	v.Authorized = sorted(v.Authorized)
	return err
}

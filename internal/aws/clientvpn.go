package aws

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// vpnState is how far a Client VPN, or a part of it, is.
type vpnState struct{ Code string }

// gone tells of what is there for a moment only.
func (s vpnState) gone() bool {
	return slices.Contains([]string{"deleting", "deleted", "disassociating", "disassociated", "association-failed", "revoking", "failed"}, s.Code)
}

// clientVPNs loads the Client VPN endpoints of the VPC.
func (l *loading) clientVPNs(ctx context.Context, w *inventory.Ways) error {
	var all struct {
		ClientVpnEndpoints []struct {
			ClientVpnEndpointId, ClientCidrBlock, VpcId, ServerCertificateArn string
			Status                                                            vpnState
			Tags                                                              nameTags
			AuthenticationOptions                                             []struct {
				MutualAuthentication struct{ ClientRootCertificateChain string }
			}
		}
	}
	if err := l.elsewhere("AWS Client VPN", l.list(ctx, "ec2", "DescribeClientVpnEndpoints", nil, &all)); err != nil {
		return err
	}
	for _, e := range all.ClientVpnEndpoints {
		if e.VpcId != w.VPC || e.Status.gone() {
			continue
		}
		v := inventory.ClientVPN{ID: e.ClientVpnEndpointId, CIDR: e.ClientCidrBlock, State: e.Status.Code, ServerCertificate: e.ServerCertificateArn}
		v.Name = e.Tags.name()
		for _, a := range e.AuthenticationOptions {
			v.ClientCertificate = a.MutualAuthentication.ClientRootCertificateChain
		}
		w.ClientVPNs = append(w.ClientVPNs, v)
	}
	by(w.ClientVPNs, func(v inventory.ClientVPN) string { return v.ID })
	g, ctx := errgroup.WithContext(ctx)
	for i := range w.ClientVPNs {
		g.Go(func() error { return l.vpnNetworks(ctx, &w.ClientVPNs[i]) })
		g.Go(func() error { return l.vpnRules(ctx, &w.ClientVPNs[i]) })
	}
	return g.Wait()
}

func (l *loading) vpnNetworks(ctx context.Context, v *inventory.ClientVPN) error {
	var all struct {
		ClientVpnTargetNetworks []struct {
			AssociationId, TargetNetworkId string
			Status                         vpnState
		}
	}
	err := l.list(ctx, "ec2", "DescribeClientVpnTargetNetworks", map[string]any{"ClientVpnEndpointId": v.ID}, &all)
	for _, n := range all.ClientVpnTargetNetworks {
		if !n.Status.gone() {
			v.Associations = append(v.Associations, inventory.Association{ID: n.AssociationId, Subnet: n.TargetNetworkId, State: n.Status.Code})
		}
	}
	by(v.Associations, func(a inventory.Association) string { return a.ID })
	return err
}

func (l *loading) vpnRules(ctx context.Context, v *inventory.ClientVPN) error {
	var all struct {
		AuthorizationRules []struct {
			DestinationCidr string
			AccessAll       bool
			Status          vpnState
		}
	}
	err := l.list(ctx, "ec2", "DescribeClientVpnAuthorizationRules", map[string]any{"ClientVpnEndpointId": v.ID}, &all)
	for _, r := range all.AuthorizationRules {
		if r.AccessAll && !r.Status.gone() {
			v.Authorized = append(v.Authorized, r.DestinationCidr)
		}
	}
	v.Authorized = sorted(v.Authorized)
	return err
}

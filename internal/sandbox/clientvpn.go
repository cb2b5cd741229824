package sandbox

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Client VPN: endpoints, associated subnets and authorization rules.

const (
	vpnAssociationTime = 4 * time.Minute  // until a subnet is associated or disassociated
	vpnRuleTime        = 15 * time.Second // until a rule is active or removed
	vpnDeletingTime    = 20 * time.Second
	vpnFreeAddresses   = 20 // free addresses that a subnet needs for an association

	vpnUnused, vpnAvailable, vpnDeleting      = "pending-associate", "available", "deleting"
	vpnAssociating, vpnAssociated, vpnLeaving = "associating", "associated", "disassociating"
	vpnAuthorizing, vpnActive, vpnRevoking    = "authorizing", "active", "revoking"

	certificateAuthentication = "certificate-authentication"
	vpnInterfaceOwner         = "288889999000" // the AWS account that creates the interfaces of associations
)

// clientVPN is a Client VPN endpoint in the format of EC2's API.
type clientVPN struct {
	ClientVpnEndpointId   string
	Description           string
	Status                vpnStatus
	CreationTime          string // a string in AWS's answer too
	DnsName               string
	ClientCidrBlock       string
	DnsServers            []string `ec2:"dnsServer"`
	SplitTunnel           bool
	VpnProtocol           string
	TransportProtocol     string
	VpnPort               int32
	ServerCertificateArn  string
	AuthenticationOptions []vpnAuthentication
	ConnectionLogOptions  vpnLogOptions
	SecurityGroupIds      []string `ec2:"securityGroupIdSet"`
	VpcId                 string
	SessionTimeoutHours   int32
	Tags                  store.Tags `ec2:"tagSet"`

	// Separate operations show these.
	TargetNetworks     []*vpnNetwork `ec2:"-"`
	AuthorizationRules []*vpnRule    `ec2:"-"`

	deletedAt time.Time
}

type vpnStatus struct{ Code string }

type vpnAuthentication struct {
	Type                 string
	MutualAuthentication vpnClientChain
}

type vpnClientChain struct{ ClientRootCertificateChain string }

// vpnLogOptions has the same names in answers, but with capital letters.
type vpnLogOptions struct {
	Enabled             bool   `ec2:"Enabled,required,capital"`
	CloudwatchLogGroup  string `ec2:"CloudwatchLogGroup,capital"`
	CloudwatchLogStream string `ec2:"CloudwatchLogStream,capital"`
}

// vpnPart is the state of an association, a rule or an endpoint, which takes time to change.
type vpnPart struct {
	ClientVpnEndpointId string
	Status              vpnStatus

	changesAt time.Time // when the change of state is complete; zero: no change
}

type vpnNetwork struct {
	vpnPart
	AssociationId   string
	TargetNetworkId string
	VpcId           string
	SecurityGroups  []string

	place *subnet
	eni   *networkInterface
}

type vpnRule struct {
	vpnPart
	DestinationCidr string
	Description     string
	GroupId         string
	AccessAll       bool
}

// change starts a change to another state.
func (p *vpnPart) change(r *region, to string, takes time.Duration) {
	p.Status.Code, p.changesAt = to, r.Plus(r.Now(), takes)
}

// settle completes a change of state that is due. It reports whether the part is deleted now.
func (p *vpnPart) settle(r *region) (gone bool) {
	if p.changesAt.IsZero() || r.Now().Before(p.changesAt) {
		return false
	}
	p.changesAt = time.Time{}
	switch p.Status.Code {
	case vpnAssociating:
		p.Status.Code = vpnAssociated
	case vpnAuthorizing:
		p.Status.Code = vpnActive
	default:
		return true
	}
	return false
}

func (r *region) settleVPN() {
	for _, e := range slices.Clone(r.vpns.List) {
		e.TargetNetworks = slices.DeleteFunc(e.TargetNetworks, func(n *vpnNetwork) bool {
			gone := n.settle(r)
			if gone {
				r.removeInterface(n.eni)
			}
			return gone
		})
		e.AuthorizationRules = slices.DeleteFunc(e.AuthorizationRules, func(rule *vpnRule) bool { return rule.settle(r) })
		switch {
		case !e.deletedAt.IsZero():
			if !r.Now().Before(e.deletedAt) {
				r.vpns.Remove(e.ClientVpnEndpointId)
			}
		case slices.ContainsFunc(e.TargetNetworks, func(n *vpnNetwork) bool { return n.Status.Code == vpnAssociated }):
			e.Status.Code = vpnAvailable
		default:
			e.Status.Code = vpnUnused
		}
	}
}

// vpn finds an endpoint that is not being deleted.
func (r *region) vpn(id string) (*clientVPN, *wire.Error) {
	e, err := find(&r.vpns, idVPN, id)
	if err == nil && !e.deletedAt.IsZero() {
		return nil, idVPN.notFound(id)
	}
	return e, err
}

// vpnCertificate finds a certificate that Client VPN can use: issued in AWS Certificate Manager,
// in this account and Region, with a domain name and a key of at most RSA 2048.
func (r *region) vpnCertificate(arn string) (*certificate, *wire.Error) {
	c := r.certificate(arn)
	switch {
	case c == nil:
		return nil, wire.Fail("InvalidParameterValue", "Certificate %s does not exist in this account and Region", arn)
	case c.Status != certificateIssued:
		return nil, wire.Fail("InvalidParameterValue", "Certificate %s is %s", arn, c.Status)
	case !slices.Contains([]string{"RSA-1024", "RSA-2048"}, c.KeyAlgorithm):
		return nil, wire.Fail("InvalidParameterValue", "Certificate %s has a key of an algorithm that is not supported: %s", arn, c.KeyAlgorithm)
	case c.DomainName == "":
		return nil, wire.Fail("InvalidParameterValue", "Certificate %s does not have a domain", arn)
	}
	return c, nil
}

type createVPNIn struct {
	DryRun                bool
	ClientCidrBlock       string                `ec2:",required"`
	ServerCertificateArn  string                `ec2:",required"`
	AuthenticationOptions []vpnAuthenticationIn `ec2:"Authentication,required"`
	ConnectionLogOptions  *vpnLogOptions        `ec2:",required"`
	DnsServers            []string
	TransportProtocol     string
	VpnPort               int32
	Description           string
	SplitTunnel           bool
	VpcId                 string
	SecurityGroupIds      []string           `ec2:"SecurityGroupId"`
	TagSpecifications     []tagSpecification `ec2:"TagSpecification"`
	ClientToken           string
}

type vpnAuthenticationIn struct {
	Type                 string
	MutualAuthentication struct{ ClientRootCertificateChainArn string }
}

type createVPNOut struct {
	ClientVpnEndpointId string
	Status              vpnStatus
	DnsName             string
}

func (r *region) createClientVPN(in createVPNIn) (createVPNOut, *wire.Error) {
	id, err := store.Once(r.tokens, "CreateClientVpnEndpoint", in.ClientToken, in, func() (string, *wire.Error) { return r.buildVPN(in) })
	if err != nil {
		return createVPNOut{}, err
	}
	e, err := r.vpn(id)
	if err != nil {
		return createVPNOut{}, err
	}
	return createVPNOut{e.ClientVpnEndpointId, e.Status, e.DnsName}, nil
}

func (r *region) buildVPN(in createVPNIn) (string, *wire.Error) {
	e := &clientVPN{
		Description: in.Description, Status: vpnStatus{vpnUnused}, CreationTime: r.Now().Format("2006-01-02T15:04:05"), DnsServers: in.DnsServers, SplitTunnel: in.SplitTunnel,
		VpnProtocol: "openvpn", TransportProtocol: cmp.Or(in.TransportProtocol, "udp"), VpnPort: cmp.Or(in.VpnPort, 443), ServerCertificateArn: in.ServerCertificateArn,
		ConnectionLogOptions: *in.ConnectionLogOptions, SessionTimeoutHours: 24,
	}
	var err *wire.Error
	if e.ClientCidrBlock, err = canonical(in.ClientCidrBlock, true); err != nil {
		return "", err
	}
	if err := e.checkOptions(); err != nil {
		return "", err
	}
	if _, err := r.vpnCertificate(in.ServerCertificateArn); err != nil {
		return "", err
	}
	for _, a := range in.AuthenticationOptions {
		if a.Type != certificateAuthentication {
			return "", notSupported("Client VPN with the authentication type '" + a.Type + "'")
		}
		chain := a.MutualAuthentication.ClientRootCertificateChainArn
		if chain == "" {
			return "", wire.Fail("MissingParameter", "The request must contain the parameter ClientRootCertificateChainArn")
		}
		if _, err := r.vpnCertificate(chain); err != nil {
			return "", err
		}
		e.AuthenticationOptions = append(e.AuthenticationOptions, vpnAuthentication{a.Type, vpnClientChain{chain}})
	}
	if err := r.placeVPN(e, in); err != nil {
		return "", err
	}
	if e.Tags, err = createTagsOf(in.TagSpecifications, "client-vpn-endpoint"); err != nil {
		return "", err
	}
	e.ClientVpnEndpointId = r.Counters.ID(idVPN.Prefix)
	e.DnsName = "*." + r.vpnHost(e)
	r.vpns.Add(e.ClientVpnEndpointId, e)
	return e.ClientVpnEndpointId, nil
}

// vpnHost returns the host name of an endpoint. Clients add a label before it.
func (r *region) vpnHost(e *clientVPN) string {
	return e.ClientVpnEndpointId + ".prod.clientvpn." + r.Name + "." + r.catalog.suffix()
}

func (e *clientVPN) checkOptions() *wire.Error {
	bits := netip.MustParsePrefix(e.ClientCidrBlock).Bits()
	switch {
	case bits < 12 || bits > 22:
		return wire.Fail("InvalidParameterValue", "Client CIDR block %s is invalid. Its mask must be between /12 and /22", e.ClientCidrBlock)
	case e.TransportProtocol != "udp" && e.TransportProtocol != "tcp":
		return wire.Fail("InvalidParameterValue", "Value (%s) for parameter transportProtocol is invalid. Valid values are: tcp, udp.", e.TransportProtocol)
	case e.VpnPort != 443 && e.VpnPort != 1194:
		return wire.Fail("InvalidParameterValue", "Value (%d) for parameter vpnPort is invalid. Valid values are: 443, 1194.", e.VpnPort)
	case e.ConnectionLogOptions.Enabled && e.ConnectionLogOptions.CloudwatchLogGroup == "":
		return wire.Fail("MissingParameter", "The request must contain the parameter CloudwatchLogGroup")
	case len(e.DnsServers) > 2:
		return wire.Fail("InvalidParameterValue", "A Client VPN endpoint can have up to two DNS servers")
	}
	for _, s := range e.DnsServers {
		if _, err := netip.ParseAddr(s); err != nil {
			return wire.Fail("InvalidParameterValue", "Value (%s) for parameter dnsServers is invalid. It must be an IP address.", s)
		}
	}
	return nil
}

// placeVPN puts an endpoint into the VPC of the request, if it has one.
func (r *region) placeVPN(e *clientVPN, in createVPNIn) *wire.Error {
	if in.VpcId == "" {
		if len(in.SecurityGroupIds) > 0 {
			return wire.Fail("MissingParameter", "The request must contain the parameter VpcId where it has security groups")
		}
		return nil
	}
	v, err := find(&r.vpcs, idVPC, in.VpcId)
	if err != nil {
		return err
	}
	if cidr := v.overlaps(e.ClientCidrBlock); cidr != "" {
		return wire.Fail("InvalidParameterValue", "Client CIDR block %s overlaps with the CIDR block %s of the VPC %s", e.ClientCidrBlock, cidr, v.VpcId)
	}
	return r.joinVPC(e, v, in.SecurityGroupIds)
}

// joinVPC sets the VPC and the security groups of an endpoint. Without groups, the interfaces get
// the default group.
func (r *region) joinVPC(e *clientVPN, v *vpc, ids []string) *wire.Error {
	groups, err := r.launchGroups(v.VpcId, ids)
	if err != nil {
		return err
	}
	e.VpcId = v.VpcId
	for _, g := range groups {
		e.SecurityGroupIds = append(e.SecurityGroupIds, g.GroupId)
	}
	return nil
}

// overlaps returns the first CIDR block of a VPC that overlaps with another block; "" if there is
// none.
func (v *vpc) overlaps(cidr string) string {
	for _, a := range v.CidrBlockAssociationSet {
		if netip.MustParsePrefix(a.CidrBlock).Overlaps(netip.MustParsePrefix(cidr)) {
			return a.CidrBlock
		}
	}
	return ""
}

var vpnKind = &kind[*clientVPN]{
	ids: idVPN, tags: func(e *clientVPN) store.Tags { return e.Tags }, min: 5, max: 1000,
	filters: `endpoint-id=ClientVpnEndpointId transport-protocol`,
}

type vpnIn struct {
	DryRun              bool
	ClientVpnEndpointId string `ec2:",required"`
}

type vpnStatusOut struct{ Status vpnStatus }

func (r *region) deleteClientVPN(in vpnIn) (vpnStatusOut, *wire.Error) {
	e, err := r.vpn(in.ClientVpnEndpointId)
	if err != nil {
		return vpnStatusOut{}, err
	}
	if len(e.TargetNetworks) > 0 {
		return vpnStatusOut{}, wire.Fail("DependencyViolation", "Client VPN endpoint %s has associated target networks and cannot be deleted", e.ClientVpnEndpointId)
	}
	e.Status.Code, e.deletedAt = vpnDeleting, r.Plus(r.Now(), vpnDeletingTime)
	return vpnStatusOut{e.Status}, nil
}

type associateVPNIn struct {
	vpnIn
	SubnetId    string `ec2:",required"`
	ClientToken string
}

type associationOut struct {
	AssociationId string
	Status        vpnStatus
}

func (r *region) associateVPN(in associateVPNIn) (associationOut, *wire.Error) {
	e, err := r.vpn(in.ClientVpnEndpointId)
	if err != nil {
		return associationOut{}, err
	}
	id, err := store.Once(r.tokens, "AssociateClientVpnTargetNetwork", in.ClientToken, in, func() (string, *wire.Error) { return r.addVPNNetwork(e, in.SubnetId) })
	if err != nil {
		return associationOut{}, err
	}
	return e.association(id)
}

func (e *clientVPN) network(id string) (*vpnNetwork, *wire.Error) {
	for _, n := range e.TargetNetworks {
		if n.AssociationId == id {
			return n, nil
		}
	}
	return nil, wire.Fail("InvalidClientVpnAssociationIdNotFound", "The association %s does not exist", id)
}

func (e *clientVPN) association(id string) (associationOut, *wire.Error) {
	n, err := e.network(id)
	if err != nil {
		return associationOut{}, err
	}
	return associationOut{n.AssociationId, n.Status}, nil
}

// addVPNNetwork associates a subnet. The first association also sets the VPC of an endpoint that
// has none.
func (r *region) addVPNNetwork(e *clientVPN, subnetID string) (string, *wire.Error) {
	sub, err := r.freeVPNSubnet(e, subnetID)
	if err != nil {
		return "", err
	}
	if e.VpcId == "" {
		if err := r.joinVPC(e, r.vpcs.ByID[sub.VpcId], nil); err != nil {
			return "", err
		}
	}
	n := &vpnNetwork{
		vpnPart: vpnPart{ClientVpnEndpointId: e.ClientVpnEndpointId}, AssociationId: r.Counters.ID("cvpn-assoc"), TargetNetworkId: sub.SubnetId, VpcId: sub.VpcId,
		SecurityGroups: e.SecurityGroupIds, place: sub,
	}
	n.change(r, vpnAssociating, vpnAssociationTime)
	n.eni = &networkInterface{
		NetworkInterfaceId: r.Counters.ID("eni"), InterfaceType: "interface", Description: "ClientVPN Endpoint resource", Status: "in-use", SubnetId: sub.SubnetId, VpcId: sub.VpcId,
		AvailabilityZone: sub.AvailabilityZone, AvailabilityZoneId: sub.AvailabilityZoneId, OwnerId: store.AccountID, RequesterId: vpnInterfaceOwner, RequesterManaged: true,
		PrivateIpAddress: r.freeAddress(sub.SubnetId, sub.CidrBlock), Attachment: &interfaceAttachment{
			AttachmentId: r.Counters.ID("ela-attach"), AttachTime: r.Now(), DeviceIndex: 1, InstanceOwnerId: "amazon-aws", Status: "attached",
		},
	}
	for _, id := range e.SecurityGroupIds {
		n.eni.Groups = append(n.eni.Groups, groupIdentifier{GroupId: id})
	}
	r.nameGroups(n.eni.Groups)
	r.putInterface(n.eni)
	e.TargetNetworks = append(e.TargetNetworks, n)
	return n.AssociationId, nil
}

// freeVPNSubnet finds a subnet for an association: an endpoint can have one in each Availability
// Zone.
func (r *region) freeVPNSubnet(e *clientVPN, id string) (*subnet, *wire.Error) {
	sub, err := find(&r.subnets, vpnSubnet, id)
	switch {
	case err != nil:
		return nil, err
	case sub.OwnerId != store.AccountID:
		return nil, wire.Fail("InvalidClientVpnSubnetId.DifferentAccount", "The subnet %s belongs to a different account", id)
	case e.VpcId != "" && sub.VpcId != e.VpcId:
		return nil, wire.Fail("InvalidClientVpnSubnetId.NotFound", "The subnet %s is not in the VPC %s of the Client VPN endpoint", id, e.VpcId)
	}
	for _, n := range e.TargetNetworks {
		if n.place == sub {
			return nil, wire.Fail("InvalidClientVpnDuplicateAssociationException", "The subnet %s is already associated with the Client VPN endpoint", id)
		}
		if n.place.AvailabilityZone == sub.AvailabilityZone {
			return nil, wire.Fail("InvalidClientVpnSubnetId.DuplicateAz", "A subnet in the Availability Zone %s is already associated with the Client VPN endpoint", sub.AvailabilityZone)
		}
	}
	if cidr := r.vpcs.ByID[sub.VpcId].overlaps(e.ClientCidrBlock); cidr != "" {
		return nil, wire.Fail("InvalidClientVpnSubnetId.OverlappingCidr", "The client CIDR block %s overlaps with %s", e.ClientCidrBlock, cidr)
	}
	if r.freeAddresses(sub) < vpnFreeAddresses {
		return nil, wire.Fail("InsufficientFreeAddressesInSubnet", "The subnet %s has fewer than %d free addresses", id, vpnFreeAddresses)
	}
	return sub, nil
}

type describeVPNNetworksIn struct {
	describeIn
	ClientVpnEndpointId string `ec2:",required"`
	AssociationIds      []string
}

type describeVPNNetworksOut struct {
	ClientVpnTargetNetworks []vpnNetwork
	NextToken               string
}

var vpnNetworkKind = &kind[*vpnNetwork]{
	min: 5, max: 1000,
	filters: `association-id target-network-id vpc-id`,
}

func (r *region) describeVPNNetworks(in describeVPNNetworksIn) (describeVPNNetworksOut, *wire.Error) {
	e, err := r.vpn(in.ClientVpnEndpointId)
	if err != nil {
		return describeVPNNetworksOut{}, err
	}
	all := e.TargetNetworks
	if len(in.AssociationIds) > 0 {
		all = nil
		for _, id := range in.AssociationIds {
			n, err := e.network(id)
			if err != nil {
				return describeVPNNetworksOut{}, err
			}
			all = append(all, n)
		}
	}
	found, next, err := sift(vpnNetworkKind, all, in.query(nil))
	return describeVPNNetworksOut{store.Copies(found, nil), next}, err
}

type disassociateVPNIn struct {
	vpnIn
	AssociationId string `ec2:",required"`
}

func (r *region) disassociateVPN(in disassociateVPNIn) (associationOut, *wire.Error) {
	e, err := r.vpn(in.ClientVpnEndpointId)
	if err != nil {
		return associationOut{}, err
	}
	n, err := e.network(in.AssociationId)
	if err != nil {
		return associationOut{}, err
	}
	if n.Status.Code != vpnLeaving {
		n.change(r, vpnLeaving, vpnAssociationTime)
	}
	return e.association(in.AssociationId)
}

type authorizeVPNIn struct {
	vpnIn
	TargetNetworkCidr  string `ec2:",required"`
	AuthorizeAllGroups bool
	Description        string
	ClientToken        string
}

func (r *region) authorizeVPN(in authorizeVPNIn) (vpnStatusOut, *wire.Error) {
	e, err := r.vpn(in.ClientVpnEndpointId)
	if err != nil {
		return vpnStatusOut{}, err
	}
	cidr, err := store.Once(r.tokens, "AuthorizeClientVpnIngress", in.ClientToken, in, func() (string, *wire.Error) { return r.addVPNRule(e, in) })
	if err != nil {
		return vpnStatusOut{}, err
	}
	rule, err := e.rule(cidr)
	if err != nil {
		return vpnStatusOut{}, err
	}
	return vpnStatusOut{rule.Status}, nil
}

func (e *clientVPN) rule(cidr string) (*vpnRule, *wire.Error) {
	for _, rule := range e.AuthorizationRules {
		if rule.DestinationCidr == cidr {
			return rule, nil
		}
	}
	return nil, wire.Fail("InvalidClientVpnEndpointAuthorizationRuleNotFound", "The authorization rule for %s does not exist", cidr)
}

// addVPNRule authorizes all clients, because clients with certificates have no groups.
func (r *region) addVPNRule(e *clientVPN, in authorizeVPNIn) (string, *wire.Error) {
	cidr, err := canonical(in.TargetNetworkCidr, true)
	if err != nil {
		return "", err
	}
	if !in.AuthorizeAllGroups {
		return "", wire.Fail("MissingParameter", "The request must contain the parameter AuthorizeAllGroups or AccessGroupId")
	}
	if _, err := e.rule(cidr); err == nil {
		return "", wire.Fail("InvalidClientVpnDuplicateAuthorizationRule", "The authorization rule for %s already exists", cidr)
	}
	rule := &vpnRule{vpnPart: vpnPart{ClientVpnEndpointId: e.ClientVpnEndpointId}, DestinationCidr: cidr, Description: in.Description, AccessAll: true}
	rule.change(r, vpnAuthorizing, vpnRuleTime)
	e.AuthorizationRules = append(e.AuthorizationRules, rule)
	return cidr, nil
}

type describeVPNPartsIn struct {
	describeIn
	ClientVpnEndpointId string `ec2:",required"`
}

type describeVPNRulesOut struct {
	AuthorizationRules []vpnRule `ec2:"authorizationRule"`
	NextToken          string
}

var vpnRuleKind = &kind[*vpnRule]{
	min: 5, max: 1000,
	filters: `description destination-cidr group-id`,
}

func (r *region) describeVPNRules(in describeVPNPartsIn) (describeVPNRulesOut, *wire.Error) {
	e, err := r.vpn(in.ClientVpnEndpointId)
	if err != nil {
		return describeVPNRulesOut{}, err
	}
	found, next, err := sift(vpnRuleKind, e.AuthorizationRules, in.query(nil))
	return describeVPNRulesOut{store.Copies(found, nil), next}, err
}

type revokeVPNIn struct {
	vpnIn
	TargetNetworkCidr string `ec2:",required"`
	RevokeAllGroups   bool
}

func (r *region) revokeVPN(in revokeVPNIn) (vpnStatusOut, *wire.Error) {
	e, err := r.vpn(in.ClientVpnEndpointId)
	if err != nil {
		return vpnStatusOut{}, err
	}
	cidr, err := canonical(in.TargetNetworkCidr, true)
	if err != nil {
		return vpnStatusOut{}, err
	}
	if !in.RevokeAllGroups {
		return vpnStatusOut{}, wire.Fail("MissingParameter", "The request must contain the parameter RevokeAllGroups or AccessGroupId")
	}
	rule, err := e.rule(cidr)
	if err != nil {
		return vpnStatusOut{}, err
	}
	if rule.Status.Code != vpnRevoking {
		rule.change(r, vpnRevoking, vpnRuleTime)
	}
	return vpnStatusOut{rule.Status}, nil
}

// sandboxChain replaces the certificate chain of certificates that come from a scenario.
const sandboxChain = "-----BEGIN CERTIFICATE-----\ncHJhY3RpY2U=\n-----END CERTIFICATE-----"

type exportVPNOut struct{ ClientConfiguration string }

// exportVPN returns the configuration of clients. It identifies the server; the client's
// certificate and key are not part of it.
func (r *region) exportVPN(in vpnIn) (exportVPNOut, *wire.Error) {
	e, err := r.vpn(in.ClientVpnEndpointId)
	if err != nil {
		return exportVPNOut{}, err
	}
	server, err := r.vpnCertificate(e.ServerCertificateArn)
	if err != nil {
		return exportVPNOut{}, err
	}
	return exportVPNOut{strings.Join([]string{
		"client", "dev tun", "proto " + e.TransportProtocol, "remote " + r.vpnHost(e) + " " + strconv.Itoa(int(e.VpnPort)), "remote-random-hostname",
		"resolv-retry infinite", "nobind", "remote-cert-tls server", "cipher AES-256-GCM", "verb 3", "<ca>", strings.TrimSpace(cmp.Or(server.chain, sandboxChain)), "", "</ca>", "", "reneg-sec 0", "",
		"verify-x509-name " + server.DomainName + " name", "",
	}, "\n")}, nil
}

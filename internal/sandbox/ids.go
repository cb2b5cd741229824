package sandbox

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// notFound returns the error for a well-formed id that does not exist.
func (k idKind) notFound(id string) *wire.Error {
	return wire.Fail(k.NotFound, k.Message, id)
}

// idKind has the error codes for one kind of id in EC2. Their spelling differs between kinds, and
// operations on VPC endpoints use yet another spelling (see endpointVPC and the next ones).
// Clients that map codes have to handle this.
type idKind struct {
	Prefix    string
	NotFound  string
	Malformed string
	Message   string
}

var (
	idVPC         = idKind{"vpc", "InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "The vpc ID '%s' does not exist"}
	idDHCPOptions = idKind{"dopt", "InvalidDhcpOptionID.NotFound", "InvalidDhcpOptionsId.Malformed", "The dhcpOption ID '%s' does not exist"}
	idSubnet      = idKind{"subnet", "InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "The subnet ID '%s' does not exist"}
	idRouteTable  = idKind{"rtb", "InvalidRouteTableID.NotFound", "InvalidRouteTableId.Malformed", "The routeTable ID '%s' does not exist"}
	idIGW         = idKind{"igw", "InvalidInternetGatewayID.NotFound", "InvalidInternetGatewayId.Malformed", "The internetGateway ID '%s' does not exist"}
	idEIGW        = idKind{"eigw", "InvalidGatewayID.NotFound", "InvalidEgressOnlyInternetGatewayId.Malformed", "The eigw ID '%s' does not exist"}
	idNAT         = idKind{"nat", "NatGatewayNotFound", "NatGatewayMalformed", "The Nat Gateway %s was not found"}
	idGroup       = idKind{"sg", "InvalidGroup.NotFound", "InvalidGroupId.Malformed", "The security group '%s' does not exist"}
	idGroupRule   = idKind{"sgr", "InvalidSecurityGroupRuleId.NotFound", "InvalidSecurityGroupRuleId.Malformed", "The security group rule ID '%s' does not exist"}
	idInterface   = idKind{"eni", "InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.Malformed", "The networkInterface ID '%s' does not exist"}
	idInstance    = idKind{"i", "InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed", "The instance ID '%s' does not exist"}
	idImage       = idKind{"ami", "InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "The image id '[%s]' does not exist"}
	idACL         = idKind{"acl", "InvalidNetworkAclID.NotFound", "InvalidNetworkAclId.Malformed", "The networkAcl ID '%s' does not exist"}
	idPrefixList  = idKind{"pl", "InvalidPrefixListID.NotFound", "InvalidPrefixListId.Malformed", "The prefix list ID '%s' does not exist"}
	idKeyPair     = idKind{"key", "InvalidKeyPair.NotFound", "InvalidKeyPair.NotFound", "The key pair ID '%s' does not exist"}
	idVPN         = idKind{"cvpn-endpoint", "InvalidClientVpnEndpointId.NotFound", "InvalidClientVpnEndpointId.Malformed", "Endpoint %s does not exist"}
	idAddress     = idKind{"eipalloc", "InvalidAllocationID.NotFound", "InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist"}
	idFlowLog     = idKind{"fl", "InvalidFlowLogId.NotFound", "InvalidFlowLogId.Malformed", "These flow log ids in the input list are not found: [TotalCount: 1] %s"}
	idPeering     = idKind{"pcx", "InvalidVpcPeeringConnectionID.NotFound", "InvalidVpcPeeringConnectionId.Malformed", "The vpcPeeringConnection ID '%s' does not exist"}
	idEndpoint    = idKind{"vpce", "InvalidVpcEndpointId.NotFound", "InvalidVpcEndpointId.Malformed", "The Vpc Endpoint Id '%s' does not exist"}

	// Operations on VPC endpoints and Client VPN have their own spelling of the codes, and so do the
	// targets of routes.
	endpointVPC        = idKind{"vpc", "InvalidVpcId.NotFound", "InvalidVpcId.Malformed", "The Vpc Id %s does not exist"}
	endpointSubnet     = idKind{"subnet", "InvalidSubnetId.NotFound", "InvalidSubnetId.Malformed", "The subnet ID '%s' does not exist"}
	vpnSubnet          = idKind{"subnet", "InvalidClientVpnSubnetId.NotFound", "InvalidSubnetID.Malformed", "The subnet ID '%s' does not exist"}
	routeGateway       = idKind{"igw", "InvalidGatewayID.NotFound", "InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist"}
	routeNAT           = idKind{"nat", "InvalidNatGatewayID.NotFound", "InvalidNatGatewayID.NotFound", "The natGateway ID '%s' does not exist"}
	endpointRouteTable = idKind{"rtb", "InvalidRouteTableId.NotFound", "InvalidRouteTableId.Malformed", "The route table ID '%s' does not exist"}
)

// check rejects a malformed id: it must have a prefix and eight or seventeen hexadecimal digits.
func (k idKind) check(id string) *wire.Error {
	hex, ok := strings.CutPrefix(id, k.Prefix+"-")
	if ok && (len(hex) == 8 || len(hex) == 17) && strings.Trim(hex, "0123456789abcdef") == "" {
		return nil
	}
	return wire.Fail(k.Malformed, "Invalid id: %q (expecting \"%s-...; the Id may only contain lowercase alphanumeric characters and a single dash\")", id, k.Prefix)
}

// find looks up an id. It returns AWS's error if the id is malformed or unknown.
func find[T any](t *store.Table[T], k idKind, id string) (*T, *wire.Error) {
	if err := k.check(id); err != nil {
		return nil, err
	}
	if v, ok := t.ByID[id]; ok {
		return v, nil
	}
	return nil, k.notFound(id)
}

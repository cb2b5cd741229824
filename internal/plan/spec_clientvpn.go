package plan

// ClientVPN is an AWS Client VPN endpoint with mutual authentication and a split tunnel.
type ClientVPN struct {
	Environment    string // its environment; part of the name of the client's file
	VPC            string
	CIDR           string // addresses of its clients
	Groups         []Value
	Server, Client Value             // certificates in ACM
	Label          string            // for the names of its certificates; also in the client's file
	Tags           map[string]string // its Name tag identifies it in later runs
}

// ClientVPNSubnet associates a subnet with a Client VPN. Clients enter the VPC through it.
type ClientVPNSubnet struct {
	Endpoint Value
	Subnet   string
}

// ClientVPNAccess allows all clients of a Client VPN to reach an address block.
type ClientVPNAccess struct {
	Endpoint Value
	CIDR     string
}

// Kind implements Spec.
func (ClientVPN) Kind() string       { return "client-vpn" }
func (ClientVPNSubnet) Kind() string { return "client-vpn-subnet" }
func (ClientVPNAccess) Kind() string { return "client-vpn-authorization" }

func (s ClientVPN) refs() []ID       { return refsOf(append(s.Groups, s.Server, s.Client)...) }
func (s ClientVPNSubnet) refs() []ID { return refsOf(s.Endpoint) }
func (s ClientVPNAccess) refs() []ID { return refsOf(s.Endpoint) }

// Properties implements Spec.
func (s ClientVPN) Properties() map[string]any {
	return props("vpc_id", s.VPC, "client_cidr_block", s.CIDR, "security_group_ids", s.Groups, "server_certificate_arn", s.Server, "client_root_certificate_chain_arn", s.Client,
		"split_tunnel", true, "transport_protocol", "udp", "vpn_port", 443, "tags", s.Tags)
}

// Properties implements Spec.
func (s ClientVPNSubnet) Properties() map[string]any {
	return props("client_vpn_endpoint_id", s.Endpoint, "subnet_id", s.Subnet)
}

// Properties implements Spec.
func (s ClientVPNAccess) Properties() map[string]any {
	return props("client_vpn_endpoint_id", s.Endpoint, "target_network_cidr", s.CIDR, "authorize_all_groups", true)
}

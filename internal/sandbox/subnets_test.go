package sandbox

import "testing"

// oddSubnets is a VPC with a full subnet, a subnet of another account, and a subnet with IPv6.
const oddSubnets = `
Region: us-east-1
VPC: vpc-0f000000000000001
Vpcs:
  - {VpcId: vpc-0f000000000000001, CidrBlock: 10.0.0.0/16, EnableDnsSupport: true, EnableDnsHostnames: true,
     Ipv6CidrBlockAssociationSet: [{AssociationId: a, Ipv6CidrBlock: "2600:1f18:1:2::/56"}]}
Subnets:
  - {SubnetId: subnet-0f000000000000001, VpcId: vpc-0f000000000000001, AvailabilityZone: us-east-1a, CidrBlock: 10.0.0.0/28}
  - {SubnetId: subnet-0f000000000000002, VpcId: vpc-0f000000000000001, AvailabilityZone: us-east-1b, CidrBlock: 10.0.1.0/24, OwnerId: "210987654321"}
  - {SubnetId: subnet-0f000000000000003, VpcId: vpc-0f000000000000001, AvailabilityZone: us-east-1c, CidrBlock: 10.0.2.0/24,
     Ipv6CidrBlockAssociationSet: [{AssociationId: b, Ipv6CidrBlock: "2600:1f18:1:2::/64"}]}
`

func TestOddSubnets(t *testing.T) {
	a, err := OpenYAML(oddSubnets)
	if err != nil {
		t.Fatal(err)
	}
	r := a.region("us-east-1")
	off := false
	create := func(service, ipType, subnet string) (*vpcEndpoint, string) {
		out, err := r.createVpcEndpoint(createEndpointIn{
			VpcEndpointType: "Interface", VpcId: "vpc-0f000000000000001", ServiceName: "com.amazonaws.us-east-1." + service, IpAddressType: ipType,
			SubnetIds: []string{subnet}, PrivateDnsEnabled: &off,
		})
		if err != nil {
			return nil, err.Code
		}
		return &out.VpcEndpoint, ""
	}
	for i := range 11 {
		e, code := create("logs", "", "subnet-0f000000000000001")
		if code != "" {
			t.Fatalf("endpoint %d of 11 that fit into a /28: %s", i+1, code)
		}
		if got, last := r.interfaces.ByID[e.NetworkInterfaceIds[0]].PrivateIpAddress, "10.0.0.14"; i == 10 && got != last {
			t.Errorf("the last address is %s, want %s", got, last)
		}
	}
	for _, tt := range []struct{ service, ipType, subnet, code string }{
		{"logs", "", "subnet-0f000000000000001", "InsufficientFreeAddressesInSubnet"},
		{"logs", "", "subnet-0f000000000000002", "OperationNotPermitted"},
		{"logs", "ipv6", "subnet-0f000000000000003", "InvalidParameter"},
		{"ec2messages", "dualstack", "subnet-0f000000000000003", "InvalidParameter"},
		{"logs", "dualstack", "subnet-0f000000000000003", ""},
	} {
		e, code := create(tt.service, tt.ipType, tt.subnet)
		if code != tt.code {
			t.Errorf("%+v: %q", tt, code)
		}
		if e != nil {
			i := r.interfaces.ByID[e.NetworkInterfaceIds[0]]
			if i.PrivateIpAddress != "10.0.2.4" || i.Ipv6Addresses[0].Ipv6Address != "2600:1f18:1:2::4" {
				t.Errorf("addresses %s %+v", i.PrivateIpAddress, i.Ipv6Addresses)
			}
		}
	}
}

func TestEveryRegionHasItsCatalogue(t *testing.T) {
	for _, c := range regionCatalogs() {
		if len(c.zones()) < 2 || len(c.services()) < 40 || len(c.gatewayPrefixLists()) != 2 {
			t.Errorf("%s: %d zones, %d services", c.Name, len(c.zones()), len(c.services()))
		}
		for _, p := range c.gatewayPrefixLists() {
			if err := idPrefixList.check(p.PrefixListId); err != nil {
				t.Errorf("%s: %s", c.Name, err.Message)
			}
		}
	}
}

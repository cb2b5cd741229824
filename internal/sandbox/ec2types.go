package sandbox

import (
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
)

// The state has the format of EC2's API: field names are AWS's, so a scenario looks like output
// of the AWS CLI, and what is stored is what is shown. Values that depend on the time or on other
// resources are filled in for the answer.

type dhcpOptions struct {
	DhcpOptionsId      string
	DhcpConfigurations []dhcpConfiguration `ec2:"dhcpConfigurationSet"`
	OwnerId            string
	Tags               store.Tags `ec2:"tagSet"`

	implied bool // exists only as long as a VPC uses it
}

type dhcpConfiguration struct {
	Key    string
	Values []attributeValue `ec2:"valueSet"`
}

type attributeValue struct{ Value string }

type vpc struct {
	VpcId                       string
	CidrBlock                   string
	CidrBlockAssociationSet     []cidrAssociation
	Ipv6CidrBlockAssociationSet []ipv6CidrAssociation `ec2:",omitempty"`
	DhcpOptionsId               string
	InstanceTenancy             string
	IsDefault                   bool
	OwnerId                     string
	State                       string
	BlockPublicAccessStates     *blockPublicAccess
	EncryptionControl           *encryptionControl `ec2:",omitempty"`
	Tags                        store.Tags         `ec2:"tagSet"`

	// DescribeVpcs does not show these; DescribeVpcAttribute does.
	EnableDnsSupport                 bool `ec2:"-"`
	EnableDnsHostnames               bool `ec2:"-"`
	EnableNetworkAddressUsageMetrics bool `ec2:"-"`

	availableAt time.Time // of a pending one
}

type blockPublicAccess struct{ InternetGatewayBlockMode string }

type encryptionControl struct {
	VpcId                  string
	VpcEncryptionControlId string
	Mode                   string
	State                  string
	ResourceExclusions     *encryptionExclusions `ec2:",omitempty"`
}

type encryptionExclusions struct {
	InternetGateway           *exclusion `ec2:",omitempty"`
	EgressOnlyInternetGateway *exclusion `ec2:",omitempty"`
	NatGateway                *exclusion `ec2:",omitempty"`
}

type exclusion struct{ State string }

type cidrAssociation struct {
	AssociationId  string
	CidrBlock      string
	CidrBlockState stateOnly
}

type ipv6CidrAssociation struct {
	AssociationId      string
	Ipv6CidrBlock      string
	Ipv6CidrBlockState stateOnly
	NetworkBorderGroup string
	Ipv6Pool           string
}

type stateOnly struct{ State string }

type subnet struct {
	SubnetId                    string
	SubnetArn                   string
	VpcId                       string
	State                       string
	CidrBlock                   string
	Ipv6CidrBlockAssociationSet []ipv6CidrAssociation
	AvailabilityZone            string
	AvailabilityZoneId          string
	AvailableIpAddressCount     int32
	DefaultForAz                bool
	MapPublicIpOnLaunch         bool
	MapCustomerOwnedIpOnLaunch  bool
	AssignIpv6AddressOnCreation bool
	EnableDns64                 bool
	Ipv6Native                  bool
	OwnerId                     string
	BlockPublicAccessStates     *blockPublicAccess
	Tags                        store.Tags `ec2:"tagSet"`
}

type routeTable struct {
	RouteTableId string
	VpcId        string
	Associations []routeTableAssociation `ec2:"associationSet"`
	Routes       []route                 `ec2:"routeSet"`
	OwnerId      string
	Tags         store.Tags `ec2:"tagSet"`
}

type routeTableAssociation struct {
	RouteTableAssociationId string
	RouteTableId            string
	SubnetId                string
	GatewayId               string
	Main                    bool
	AssociationState        stateOnly
}

type route struct {
	routeFields
	Origin string
	State  string
}

// routeFields are the destination and the target of a route: one of the first three fields, and one
// of the others.
type routeFields struct {
	DestinationCidrBlock        string
	DestinationIpv6CidrBlock    string
	DestinationPrefixListId     string
	GatewayId                   string
	NatGatewayId                string
	TransitGatewayId            string
	EgressOnlyInternetGatewayId string
	VpcPeeringConnectionId      string
	NetworkInterfaceId          string
	InstanceId                  string
	CoreNetworkArn              string
	CarrierGatewayId            string
	LocalGatewayId              string
}

type internetGateway struct {
	InternetGatewayId string
	Attachments       []gatewayAttachment `ec2:"attachmentSet"`
	OwnerId           string
	Tags              store.Tags `ec2:"tagSet"`
}

type egressOnlyInternetGateway struct {
	EgressOnlyInternetGatewayId string
	Attachments                 []gatewayAttachment `ec2:"attachmentSet"`
	Tags                        store.Tags          `ec2:"tagSet"`
}

type gatewayAttachment struct {
	State string
	VpcId string
}

type natGateway struct {
	NatGatewayId        string
	VpcId               string
	SubnetId            string
	State               string
	ConnectivityType    string
	AvailabilityMode    string
	AutoProvisionZones  string // these three are of a regional one
	AutoScalingIps      string
	RouteTableId        string
	CreateTime          time.Time
	DeleteTime          time.Time
	FailureCode         string
	FailureMessage      string
	NatGatewayAddresses []natGatewayAddress `ec2:"natGatewayAddressSet"`
	Tags                store.Tags          `ec2:"tagSet"`

	failure   itemError // of the creation
	changesAt time.Time // when the state changes; zero: not by itself
}

type natGatewayAddress struct {
	AllocationId       string
	AssociationId      string
	AvailabilityZone   string
	AvailabilityZoneId string
	NetworkInterfaceId string
	PrivateIp          string
	PublicIp           string
	IsPrimary          bool
	Status             string
}

type networkACL struct {
	NetworkAclId string
	VpcId        string
	IsDefault    bool             `ec2:"default"`
	Associations []aclAssociation `ec2:"associationSet"`
	Entries      []aclEntry       `ec2:"entrySet"`
	OwnerId      string
	Tags         store.Tags `ec2:"tagSet"`
}

type aclAssociation struct {
	NetworkAclAssociationId string
	NetworkAclId            string
	SubnetId                string
}

type aclEntry struct {
	RuleNumber    int32
	Egress        bool
	Protocol      string
	RuleAction    string
	CidrBlock     string
	Ipv6CidrBlock string
	PortRange     *portRange
	IcmpTypeCode  *icmpTypeCode
}

type portRange struct{ From, To int32 }

type icmpTypeCode struct{ Code, Type int32 }

type securityGroup struct {
	GroupId          string
	GroupName        string
	Description      string `ec2:"groupDescription"`
	VpcId            string
	OwnerId          string
	SecurityGroupArn string
	Rules            []*groupRule `ec2:"-"` // shown as IpPermissions, and by DescribeSecurityGroupRules
	Tags             store.Tags   `ec2:"tagSet"`
}

type groupRule struct {
	SecurityGroupRuleId  string
	SecurityGroupRuleArn string
	GroupId              string
	GroupOwnerId         string
	IsEgress             bool
	IpProtocol           string
	FromPort             int32 // -1: all
	ToPort               int32
	CidrIpv4             string
	CidrIpv6             string
	PrefixListId         string
	ReferencedGroupInfo  *referencedGroup
	Description          string
	Tags                 store.Tags `ec2:"tagSet"`
}

type referencedGroup struct {
	GroupId string
	UserId  string
	VpcId   string
}

type groupIdentifier struct {
	GroupId   string
	GroupName string
}

type networkInterface struct {
	NetworkInterfaceId string
	InterfaceType      string
	Description        string
	Status             string
	SubnetId           string
	VpcId              string
	AvailabilityZone   string
	AvailabilityZoneId string
	Groups             []groupIdentifier `ec2:"groupSet"`
	PrivateIpAddress   string
	PrivateDnsName     string
	PrivateIpAddresses []privateAddress `ec2:"privateIpAddressesSet"`
	Ipv6Addresses      []ipv6Address    `ec2:"ipv6AddressesSet"`
	MacAddress         string
	OwnerId            string
	RequesterId        string
	RequesterManaged   bool
	SourceDestCheck    bool
	Attachment         *interfaceAttachment
	Association        *interfaceAssociation
	TagSet             store.Tags

	endpoint *vpcEndpoint // the endpoint of the interface; nil for other interfaces
}

type interfaceAssociation struct {
	IpOwnerId     string
	PublicDnsName string
	PublicIp      string
}

type privateAddress struct {
	Primary          bool
	PrivateDnsName   string
	PrivateIpAddress string
}

type ipv6Address struct{ Ipv6Address string }

type interfaceAttachment struct {
	AttachmentId        string
	AttachTime          time.Time
	DeleteOnTermination bool
	DeviceIndex         int32
	InstanceId          string
	InstanceOwnerId     string
	Status              string
}

type vpcEndpoint struct {
	VpcEndpointId       string
	VpcEndpointType     string
	VpcId               string
	ServiceName         string
	ServiceRegion       string
	State               string // "" = derived from the times below
	PolicyDocument      string
	RouteTableIds       []string          `ec2:"routeTableIdSet"`
	SubnetIds           []string          `ec2:"subnetIdSet"`
	Groups              []groupIdentifier `ec2:"groupSet"`
	IpAddressType       string
	DnsOptions          *dnsOptions
	PrivateDnsEnabled   bool
	RequesterManaged    bool
	NetworkInterfaceIds []string   `ec2:"networkInterfaceIdSet"`
	DnsEntries          []dnsEntry `ec2:"dnsEntrySet"`
	CreationTimestamp   time.Time
	OwnerId             string
	LastError           *lastError
	Tags                store.Tags `ec2:"tagSet"`

	service   *serviceDetail
	deletedAt time.Time
}

type dnsOptions struct {
	DnsRecordIpType                          string
	PrivateDnsOnlyForInboundResolverEndpoint *bool
}

type dnsEntry struct {
	DnsName      string
	HostedZoneId string
}

type lastError struct {
	Message string
	Code    string
}

type prefixList struct {
	PrefixListId   string
	PrefixListName string
	Cidrs          []string `ec2:"cidrSet"`
	// OwnerId is the account of a customer's list; empty for AWS.
	OwnerId string `ec2:"-"`
}

package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// The state has the format of EC2's API: field names are AWS's, so a scenario looks like output
// of the AWS CLI, and what is stored is what is shown. Values that depend on the time or on other
// resources are filled in for the answer.

const accountID = "123456789012"

// table stores resources in order of creation and finds them by id.
type table[T any] struct {
	byID map[string]*T
	list []*T
}

func (t *table[T]) add(id string, v *T) {
	if t.byID == nil {
		t.byID = map[string]*T{}
	}
	t.byID[id] = v
	t.list = append(t.list, v)
}

func (t *table[T]) remove(id string) {
	v := t.byID[id]
	delete(t.byID, id)
	t.list = slices.DeleteFunc(t.list, func(other *T) bool { return other == v })
}

// region is the content of the account in one AWS Region.
type region struct {
	account  *Account
	catalog  *regionCatalog
	services []*serviceDetail // available in the Region

	dhcpOptions  table[dhcpOptions]
	vpcs         table[vpc]
	subnets      table[subnet]
	routeTables  table[routeTable]
	igws         table[internetGateway]
	eigws        table[egressOnlyInternetGateway]
	nats         table[natGateway]
	acls         table[networkACL]
	groups       table[securityGroup]
	interfaces   table[networkInterface]
	images       table[image]
	instances    table[instance]
	endpoints    table[vpcEndpoint]
	prefixLists  table[prefixList]
	addresses    map[string]map[netip.Addr]bool // addresses in use, by subnet
	tokens       map[string]tokenUse            // of CreateVpcEndpoint, by client token
	createBucket bucket
	zones        []*dnsZone
	resolver     resolverState

	quotas map[string]float64 // values that differ from AWS's defaults, by code
	ecs    ecsState
	batch  batchState
	mwaa   []*airflowEnvironment
	kms    kmsState
	caches []*cacheRule

	elb          elbState
	certificates table[certificate] // by ARN

	secrets  table[secret]      // by ARN
	managed  []*managedInstance // by Systems Manager
	commands []*ssmCommand

	taskTokens map[string][]*ecsTask // of RunTask, by client token

	keyPairs table[keyPair]
	vpns     table[clientVPN]
	spent    map[string]spentToken // used client tokens, by operation and token
}

type tag struct {
	Key   string
	Value string
}

type tags []tag

// UnmarshalJSON accepts a map, the format of tags in scenarios.
func (t *tags) UnmarshalJSON(b []byte) error {
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	*t = nil
	for _, k := range slices.Sorted(maps.Keys(m)) {
		*t = append(*t, tag{k, m[k]})
	}
	return nil
}

type dhcpOptions struct {
	DhcpOptionsId      string
	DhcpConfigurations []dhcpConfiguration `ec2:"dhcpConfigurationSet"`
	OwnerId            string
	Tags               tags `ec2:"tagSet"`
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
	Tags                        tags               `ec2:"tagSet"`

	// DescribeVpcs does not show these; DescribeVpcAttribute does.
	EnableDnsSupport                 bool `ec2:"-"`
	EnableDnsHostnames               bool `ec2:"-"`
	EnableNetworkAddressUsageMetrics bool `ec2:"-"`
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
	Tags                        tags `ec2:"tagSet"`
}

type routeTable struct {
	RouteTableId string
	VpcId        string
	Associations []routeTableAssociation `ec2:"associationSet"`
	Routes       []route                 `ec2:"routeSet"`
	OwnerId      string
	Tags         tags `ec2:"tagSet"`
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
	Origin                      string
	State                       string
}

type internetGateway struct {
	InternetGatewayId string
	Attachments       []gatewayAttachment `ec2:"attachmentSet"`
	OwnerId           string
	Tags              tags `ec2:"tagSet"`
}

type egressOnlyInternetGateway struct {
	EgressOnlyInternetGatewayId string
	Attachments                 []gatewayAttachment `ec2:"attachmentSet"`
	Tags                        tags                `ec2:"tagSet"`
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
	RouteTableId        string `ec2:",omitempty"` // of a regional one
	CreateTime          time.Time
	FailureCode         string
	FailureMessage      string
	NatGatewayAddresses []natGatewayAddress `ec2:"natGatewayAddressSet"`
	Tags                tags                `ec2:"tagSet"`
}

type natGatewayAddress struct {
	AllocationId       string
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
	Tags         tags `ec2:"tagSet"`
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
	Tags             tags         `ec2:"tagSet"`
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
	Tags                 tags `ec2:"tagSet"`
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
	TagSet             tags

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
	Tags                tags `ec2:"tagSet"`

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

// arn returns the ARN of an EC2 resource of the account.
func (r *region) arn(kind, id string) string {
	return fmt.Sprintf("arn:%s:ec2:%s:%s:%s/%s", r.catalog.Partition, r.catalog.Name, accountID, kind, id)
}

func (r *region) now() time.Time {
	return r.account.now().UTC().Truncate(time.Millisecond)
}

// newID returns an id from a counter, so a run in the sandbox always gives the same ids.
func (r *region) newID(prefix string) string {
	r.account.counters[prefix]++
	return fmt.Sprintf("%s-%017x", prefix, r.account.counters[prefix])
}

// after scales a duration of AWS to the speed of the account.
func (a *Account) after(d time.Duration) time.Duration {
	return time.Duration(float64(d) / a.speed)
}

// bucket is a token bucket that fills over time.
type bucket struct {
	tokens float64
	filled time.Time // zero: full
}

func (b *bucket) take(now time.Time, capacity, perSecond float64) bool {
	if b.filled.IsZero() {
		b.tokens = capacity
	} else {
		b.tokens = min(capacity, b.tokens+now.Sub(b.filled).Seconds()*perSecond)
	}
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// EC2 instances and the images they were started from.

type instance struct {
	InstanceId         string
	ImageId            string
	State              instanceState `ec2:"instanceState"`
	PrivateDnsName     string
	PublicDnsName      string `ec2:"dnsName"`
	KeyName            string
	AmiLaunchIndex     int32
	InstanceType       string
	LaunchTime         time.Time
	Placement          placement
	Monitoring         stateOnly
	SubnetId           string
	VpcId              string
	PrivateIpAddress   string
	PublicIpAddress    string `ec2:"ipAddress"`
	SourceDestCheck    bool
	SecurityGroups     []groupIdentifier `ec2:"groupSet"`
	Architecture       string
	RootDeviceType     string
	RootDeviceName     string
	VirtualizationType string
	Hypervisor         string
	EbsOptimized       bool
	EnaSupport         bool
	IamInstanceProfile *instanceProfile
	Platform           string // windows or empty
	PlatformDetails    string
	NetworkInterfaces  []instanceInterface `ec2:"networkInterfaceSet"` // derived from the interfaces when it is shown
	MetadataOptions    *metadataOptions
	ClientToken        string
	Tags               store.Tags `ec2:"tagSet"`

	bootsUntil  time.Time // after a reboot
	changesAt   time.Time // when it is running or terminated; zero: no change
	okFrom      time.Time // when its status checks pass
	launched    bool      // launched by a request, not in the scenario: its SSM Agent must register first
	registersAt time.Time // when it registers with Systems Manager; zero: no network path

	// DescribeInstances does not show these; DescribeInstanceAttribute does.
	protected, unstoppable bool   // it cannot be terminated or stopped
	credits                string // CPU credits of a burstable instance; "" = the default of its type
	onShutdown             string // what a shutdown of the operating system does; "" = stop
	userData               string // in Base64
}

type instanceState struct {
	Code int32
	Name string
}

var stateCodes = map[string]int32{"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

// UnmarshalJSON also accepts the name alone, because the code follows from it.
func (s *instanceState) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &s.Name) == nil {
		return nil
	}
	type plain instanceState
	return wire.DecodeStrict(b, (*plain)(s))
}

type placement struct {
	AvailabilityZone   string
	AvailabilityZoneId string
	Tenancy            string
}

type instanceProfile struct{ Arn, Id string }

// instanceInterface is a network interface in the format of DescribeInstances.
type instanceInterface struct {
	NetworkInterfaceId string
	SubnetId           string
	VpcId              string
	Description        string
	OwnerId            string
	Status             string
	MacAddress         string
	PrivateIpAddress   string
	PrivateDnsName     string
	SourceDestCheck    bool
	InterfaceType      string
	Groups             []groupIdentifier     `ec2:"groupSet"`
	Attachment         *interfaceAttachment  // without the instance id, which is in the enclosing object
	Association        *interfaceAssociation `ec2:"association"`
	PrivateIpAddresses []privateAddress      `ec2:"privateIpAddressesSet"`
	Ipv6Addresses      []ipv6Address         `ec2:"ipv6AddressesSet"`
}

type image struct {
	ImageId            string
	Name               string
	Description        string
	ImageLocation      string
	State              string `ec2:"imageState"`
	OwnerId            string `ec2:"imageOwnerId"`
	ImageOwnerAlias    string
	CreationDate       string
	DeprecationTime    string
	Public             bool `ec2:"isPublic"`
	Architecture       string
	ImageType          string
	Platform           string
	PlatformDetails    string
	RootDeviceType     string
	RootDeviceName     string
	VirtualizationType string
	Hypervisor         string
	EnaSupport         bool
	Tags               store.Tags `ec2:"tagSet"`
}

func (i *image) windows() bool { return strings.HasPrefix(i.Name, "Windows_") }

// imageOwners are the AWS accounts that publish images for container instances, by prefix of the
// image name.
var imageOwners = []struct{ prefix, account string }{
	{"amzn", "591542846629"}, {"al2023-ami-ecs", "591542846629"}, {"bottlerocket-", "092701018921"}, {"Windows_", "801119661308"}, {"", "137112412989"},
}

func (r *region) loadImages(s *scenario) {
	for _, i := range s.Images {
		r.addImage(i)
	}
}

func (r *region) addImage(i *image) {
	available(&i.State)
	if i.OwnerId == "" {
		n := slices.IndexFunc(imageOwners, func(o struct{ prefix, account string }) bool { return strings.HasPrefix(i.Name, o.prefix) })
		i.OwnerId, i.ImageOwnerAlias = imageOwners[n].account, "amazon"
	}
	i.Public = i.OwnerId != store.AccountID
	i.ImageLocation = cmp.Or(i.ImageOwnerAlias, i.OwnerId) + "/" + i.Name
	i.CreationDate = cmp.Or(i.CreationDate, store.Loaded.Format("2006-01-02T15:04:05.000Z"))
	i.Architecture = cmp.Or(i.Architecture, "x86_64")
	i.ImageType, i.RootDeviceType, i.RootDeviceName, i.VirtualizationType, i.Hypervisor, i.EnaSupport = "machine", "ebs", "/dev/xvda", "hvm", "xen", true
	i.PlatformDetails = "Linux/UNIX"
	if i.windows() {
		i.Platform, i.PlatformDetails = "windows", "Windows"
	}
	r.images.Add(i.ImageId, i)
}

func (r *region) loadInstances(s *scenario) {
	for _, i := range s.Instances {
		sub := r.subnets.ByID[i.SubnetId]
		i.setState(cmp.Or(i.State.Name, "running"))
		i.InstanceType = cmp.Or(i.InstanceType, "m6i.large")
		if i.LaunchTime.IsZero() {
			i.LaunchTime = store.Loaded
		}
		if p := i.IamInstanceProfile; p != nil {
			if !strings.HasPrefix(p.Arn, "arn:") {
				p.Arn = r.ARN("iam", "instance-profile/"+p.Arn)
			}
			p.Id = r.iam.LoadProfile(p.Arn)
		}
		r.addInstance(i, sub)
		if i.State.Name == "terminated" {
			continue // its interface was deleted too
		}
		if len(i.SecurityGroups) == 0 {
			i.SecurityGroups = []groupIdentifier{{GroupId: r.defaultGroup(sub.VpcId).GroupId}}
		}
		r.nameGroups(i.SecurityGroups)
		r.connect(i, sub, "eni-"+store.Hash(i.InstanceId+" interface", 17), i.PublicIpAddress)
		i.setPublic(r.interfacesOf(i.InstanceId)[0])
	}
}

func (i *instance) setState(name string) { i.State = instanceState{stateCodes[name], name} }

// addInstance stores an instance and derives values from its subnet and its image.
func (r *region) addInstance(i *instance, sub *subnet) {
	i.Placement = placement{sub.AvailabilityZone, sub.AvailabilityZoneId, "default"}
	i.Monitoring.State = "disabled"
	i.SourceDestCheck, i.EnaSupport = true, true
	i.Architecture = cmp.Or(i.Architecture, "x86_64")
	i.RootDeviceType, i.RootDeviceName, i.VirtualizationType, i.Hypervisor = "ebs", "/dev/xvda", "hvm", "xen"
	if im := r.images.ByID[i.ImageId]; im != nil {
		i.Architecture, i.Platform = im.Architecture, im.Platform
		i.PlatformDetails = cmp.Or(i.PlatformDetails, im.PlatformDetails)
	}
	i.PlatformDetails = cmp.Or(i.PlatformDetails, "Linux/UNIX")
	r.instances.Add(i.InstanceId, i)
}

// connect creates the first network interface of an instance, which puts it into the VPC. public
// is its public address, "" for none.
func (r *region) connect(i *instance, sub *subnet, id, public string) *networkInterface {
	i.VpcId = sub.VpcId
	i.PrivateIpAddress = cmp.Or(i.PrivateIpAddress, r.freeAddress(sub.SubnetId, sub.CidrBlock))
	eni := &networkInterface{
		NetworkInterfaceId: id, InterfaceType: "interface", Status: "in-use", SubnetId: sub.SubnetId, VpcId: sub.VpcId,
		AvailabilityZone: sub.AvailabilityZone, AvailabilityZoneId: sub.AvailabilityZoneId, Groups: i.SecurityGroups, OwnerId: store.AccountID,
		PrivateIpAddress: i.PrivateIpAddress, SourceDestCheck: true, Attachment: &interfaceAttachment{
			AttachmentId: "eni-attach-" + store.Hash(i.InstanceId+" attached", 17), AttachTime: i.LaunchTime, DeleteOnTermination: true, InstanceId: i.InstanceId,
			InstanceOwnerId: store.AccountID, Status: "attached",
		},
	}
	if public != "" {
		eni.Association = &interfaceAssociation{IpOwnerId: "amazon", PublicIp: public}
		if r.vpcs.ByID[sub.VpcId].EnableDnsHostnames {
			eni.Association.PublicDnsName = r.publicDNSName(public)
		}
	}
	r.putInterface(eni)
	i.PrivateDnsName = eni.PrivateDnsName
	return eni
}

// setPublic shows the public address of an interface on its instance.
func (i *instance) setPublic(n *networkInterface) {
	if a := n.Association; a != nil {
		i.PublicIpAddress, i.PublicDnsName = a.PublicIp, a.PublicDnsName
	}
}

func (r *region) publicDNSName(address string) string {
	place := "." + r.Name + ".compute." + r.catalog.suffix()
	if r.Name == "us-east-1" {
		place = ".compute-1.amazonaws.com"
	}
	return "ec2-" + strings.ReplaceAll(address, ".", "-") + place
}

// interfacesOf lists the network interfaces that are attached to an instance.
func (r *region) interfacesOf(instanceID string) []*networkInterface {
	var all []*networkInterface
	for _, n := range r.interfaces.List {
		if n.Attachment != nil && n.Attachment.InstanceId == instanceID {
			all = append(all, n)
		}
	}
	return all
}

func (r *region) fillInstance(i *instance) {
	i.NetworkInterfaces = nil
	for _, n := range r.interfacesOf(i.InstanceId) {
		a := *n.Attachment
		a.InstanceId, a.InstanceOwnerId = "", ""
		i.NetworkInterfaces = append(i.NetworkInterfaces, instanceInterface{
			NetworkInterfaceId: n.NetworkInterfaceId, SubnetId: n.SubnetId, VpcId: n.VpcId, Description: n.Description, OwnerId: n.OwnerId, Status: n.Status,
			MacAddress: n.MacAddress, PrivateIpAddress: n.PrivateIpAddress, PrivateDnsName: n.PrivateDnsName, SourceDestCheck: n.SourceDestCheck,
			InterfaceType: n.InterfaceType, Groups: n.Groups, Attachment: &a, Association: n.Association, PrivateIpAddresses: n.PrivateIpAddresses,
			Ipv6Addresses: n.Ipv6Addresses,
		})
	}
}

type describeEC2InstancesIn struct {
	describeIn
	InstanceIds             []string `ec2:"InstanceId"`
	IncludeManagedResources bool
}

type describeEC2InstancesOut struct {
	Reservations []reservation `ec2:"reservationSet"`
	NextToken    string
}

// reservation is one launch. In the sandbox each launch has one instance.
type reservation struct {
	ReservationId string
	OwnerId       string
	Groups        []groupIdentifier `ec2:"groupSet"`
	Instances     []instance        `ec2:"instancesSet"`
}

func launchOf(i instance) reservation {
	return reservation{ReservationId: "r-" + store.Hash(i.InstanceId+" launched", 17), OwnerId: store.AccountID, Instances: []instance{i}}
}

var instanceKind = &kind[*instance]{
	ids: idInstance, tags: func(i *instance) store.Tags { return i.Tags }, min: 5, max: 1000,
	filters: `instance-id image-id instance-type instance-state-name=State.Name instance-state-code=State.Code vpc-id subnet-id
		availability-zone=Placement.AvailabilityZone availability-zone-id=Placement.AvailabilityZoneId architecture private-ip-address
		private-dns-name ip-address=PublicIpAddress platform key-name client-token platform-details
		instance.group-id=SecurityGroups.GroupId instance.group-name=SecurityGroups.GroupName
		iam-instance-profile.arn=IamInstanceProfile.Arn`,
}

func (r *region) describeInstances(in describeEC2InstancesIn) (describeEC2InstancesOut, *wire.Error) {
	if len(in.InstanceIds) > 0 && in.MaxResults != nil {
		return describeEC2InstancesOut{}, wire.Fail("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults")
	}
	found, next, err := list(instanceKind, &r.instances, in.query(in.InstanceIds))
	out := describeEC2InstancesOut{NextToken: next}
	for _, i := range store.Copies(found, r.fillInstance) {
		out.Reservations = append(out.Reservations, launchOf(i))
	}
	return out, err
}

type describeImagesIn struct {
	describeIn
	ImageIds          []string `ec2:"ImageId"`
	Owners            []string `ec2:"Owner"`
	IncludeDeprecated bool
	IncludeDisabled   bool
}

type describeImagesOut struct {
	Images    []image `ec2:"imagesSet"`
	NextToken string
}

var imageKind = &kind[*image]{
	ids: idImage, tags: func(i *image) store.Tags { return i.Tags }, min: 1, max: 1000,
	filters: `image-id name description owner-id owner-alias=ImageOwnerAlias state architecture image-type platform root-device-type
		virtualization-type is-public=Public`,
}

func (r *region) describeImages(in describeImagesIn) (describeImagesOut, *wire.Error) {
	from := store.Table[image]{ByID: r.images.ByID}
	for _, i := range r.images.List {
		if len(in.Owners) == 0 || slices.Contains(in.Owners, i.OwnerId) || slices.Contains(in.Owners, cmp.Or(i.ImageOwnerAlias, "self")) {
			from.List = append(from.List, i)
		}
	}
	found, next, err := list(imageKind, &from, in.query(in.ImageIds))
	return describeImagesOut{store.Copies(found, nil), next}, err
}

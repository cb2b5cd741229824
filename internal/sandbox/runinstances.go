package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Launching and terminating instances, and their key pairs.

const (
	launchTime    = 20 * time.Second // average time until an instance is running
	checksTime    = 2 * time.Minute  // from then until its status checks pass
	terminateTime = 40 * time.Second

	statePending, stateRunning, stateShuttingDown, stateTerminated = "pending", "running", "shutting-down", "terminated"
)

type runIn struct {
	DryRun             bool
	ImageId            string `ec2:",required"`
	MinCount           int32  `ec2:",required"`
	MaxCount           int32  `ec2:",required"`
	InstanceType       string
	KeyName            string
	SubnetId           string
	SecurityGroupIds   []string           `ec2:"SecurityGroupId"`
	NetworkInterfaces  []interfaceRequest `ec2:"NetworkInterface"`
	IamInstanceProfile *struct{ Arn, Name string }
	MetadataOptions    *metadataOptions
	TagSpecifications  []tagSpecification `ec2:"TagSpecification"`
	ClientToken        string
	Monitoring         *struct{ Enabled bool }
	EbsOptimized       bool
	UserData           string
	Placement          *struct{ AvailabilityZone, Tenancy string }

	CreditSpecification               *struct{ CpuCredits string }
	HibernationOptions                *struct{ Configured bool }
	EnclaveOptions                    *struct{ Enabled bool }
	DisableApiTermination             bool
	DisableApiStop                    bool
	InstanceInitiatedShutdownBehavior string
}

type interfaceRequest struct {
	DeviceIndex              *int32
	SubnetId                 string
	Groups                   []string `ec2:"SecurityGroupId"`
	AssociatePublicIpAddress *bool
	DeleteOnTermination      *bool
	Description              string
}

type metadataOptions struct {
	State                   string
	HttpTokens              string
	HttpPutResponseHopLimit int32
	HttpEndpoint            string
	HttpProtocolIpv6        string
	InstanceMetadataTags    string
}

var (
	instanceType = pattern.New(`^[a-z0-9-]+\.[a-z0-9-]+$`)
	gravitonType = pattern.New(`^(a1|[a-z]+\d+g[a-z-]*)\.`)
)

const (
	resolveParameter = "resolve:ssm:" // prefix of a parameter name that resolves to an image id

	// amazonLinux is the prefix of the public parameters with Amazon Linux 2023 images; the
	// architecture follows.
	amazonLinux = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
)

// launchImage finds an image by its id or by its public parameter. Amazon Linux exists in every
// Region, and is listed after its first use.
func (r *region) launchImage(id string) (*image, *wire.Error) {
	for _, architecture := range []string{"x86_64", "arm64"} {
		known := "ami-" + store.Hash(r.Name+" "+amazonLinux+architecture, 17)
		switch {
		case id != known && id != resolveParameter+amazonLinux+architecture:
		case r.images.ByID[known] != nil:
			return r.images.ByID[known], nil
		default:
			return &image{ImageId: known, Name: "al2023-ami-2023.9.20251208.0-kernel-6.1-" + architecture, Architecture: architecture}, nil
		}
	}
	if parameter, ok := strings.CutPrefix(id, resolveParameter); ok {
		return nil, wire.Fail("InvalidParameterValue", "The parameter %s could not be resolved to an image ID.", parameter)
	}
	return find(&r.images, idImage, id)
}

type getParameterIn struct {
	Name           string
	WithDecryption bool
}

type getParameterOut struct{ Parameter ssmParameter }

type ssmParameter struct {
	ARN              string
	Name             string
	Type             string
	Value            string
	Version          int
	DataType         string
	LastModifiedDate wire.Epoch
}

// getParameter returns the public parameters with the images of Amazon Linux. The sandbox has no other parameters.
func (r *region) getParameter(in getParameterIn) (getParameterOut, *wire.Error) {
	i, err := r.launchImage(resolveParameter + in.Name)
	if err != nil {
		return getParameterOut{}, &wire.Error{Code: "ParameterNotFound"}
	}
	return getParameterOut{ssmParameter{
		ARN: r.ARNOf("", "ssm", "parameter"+in.Name), Name: in.Name, Type: "String", Value: i.ImageId, Version: 1, DataType: "aws:ec2:image",
		LastModifiedDate: wire.Epoch{Time: store.Loaded},
	}}, nil
}

// launchInterface combines the two places where a request can describe the instance's network
// interface.
func (in *runIn) launchInterface() (interfaceRequest, *wire.Error) {
	n := interfaceRequest{SubnetId: in.SubnetId, Groups: in.SecurityGroupIds}
	if len(in.NetworkInterfaces) > 0 {
		n = in.NetworkInterfaces[0]
		switch {
		case in.SubnetId != "":
			return n, wire.Fail("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request")
		case len(in.SecurityGroupIds) > 0:
			return n, wire.Fail("InvalidParameterCombination", "Network interfaces and instance-level security groups may not be specified on the same request")
		case n.DeviceIndex == nil:
			return n, wire.Fail("MissingParameter", "The request must contain the parameter deviceIndex")
		case *n.DeviceIndex != 0 || len(in.NetworkInterfaces) > 1:
			return n, notSupported("network interfaces besides the first")
		}
	}
	if n.SubnetId == "" {
		return n, notSupported("instances without a SubnetId")
	}
	return n, nil
}

// taggedAtLaunch are the kinds of resources that the sandbox can tag in RunInstances.
var taggedAtLaunch = []string{"instance", "volume", "network-interface"}

func launchTags(given []tagSpecification) (map[string]store.Tags, *wire.Error) {
	all := map[string]store.Tags{}
	for _, s := range given {
		if !slices.Contains(taggedAtLaunch, s.ResourceType) {
			_, err := createTagsOf(given, "instance")
			return nil, err
		}
		all[s.ResourceType] = append(all[s.ResourceType], s.Tags...)
		if err := ec2Tags.Check(all[s.ResourceType]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (in *runIn) metadata() (*metadataOptions, *wire.Error) {
	o := metadataOptions{State: "applied", HttpTokens: "required", HttpPutResponseHopLimit: 2, HttpEndpoint: "enabled", HttpProtocolIpv6: "disabled", InstanceMetadataTags: "disabled"}
	if given := in.MetadataOptions; given != nil {
		o.HttpTokens, o.HttpEndpoint = cmp.Or(given.HttpTokens, o.HttpTokens), cmp.Or(given.HttpEndpoint, o.HttpEndpoint)
		o.HttpPutResponseHopLimit = cmp.Or(given.HttpPutResponseHopLimit, o.HttpPutResponseHopLimit)
		o.HttpProtocolIpv6, o.InstanceMetadataTags = cmp.Or(given.HttpProtocolIpv6, o.HttpProtocolIpv6), cmp.Or(given.InstanceMetadataTags, o.InstanceMetadataTags)
	}
	for name, value := range map[string]string{"HttpEndpoint": o.HttpEndpoint, "HttpProtocolIpv6": o.HttpProtocolIpv6, "InstanceMetadataTags": o.InstanceMetadataTags} {
		if value != "enabled" && value != "disabled" {
			return nil, wire.Fail("InvalidParameterValue", "Value (%s) for parameter %s is invalid. Valid values are: disabled, enabled.", value, name)
		}
	}
	switch {
	case o.HttpTokens != "required" && o.HttpTokens != "optional":
		return nil, wire.Fail("InvalidParameterValue", "Value (%s) for parameter HttpTokens is invalid. Valid values are: optional, required.", o.HttpTokens)
	case o.HttpPutResponseHopLimit < 1 || o.HttpPutResponseHopLimit > 64:
		return nil, wire.Fail("InvalidParameterValue", "Value (%d) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64.", o.HttpPutResponseHopLimit)
	}
	return &o, nil
}

func (r *region) runInstances(in runIn) (reservation, *wire.Error) {
	id, err := store.Once(r.tokens, "RunInstances", in.ClientToken, in, func() (string, *wire.Error) { return r.launch(in) })
	if err != nil {
		return reservation{}, err
	}
	return launchOf(store.Copies([]*instance{r.instances.ByID[id]}, r.fillInstance)[0]), nil
}

func (r *region) launch(in runIn) (string, *wire.Error) {
	if in.MinCount != 1 || in.MaxCount != 1 {
		return "", notSupported("launching more than one instance at once")
	}
	if p := in.Placement; p != nil && p.Tenancy != "" && p.Tenancy != "default" {
		return "", notSupported("instances with the tenancy " + p.Tenancy)
	}
	if in.HibernationOptions != nil && in.HibernationOptions.Configured || in.EnclaveOptions != nil && in.EnclaveOptions.Enabled {
		return "", notSupported("instances with hibernation or enclaves")
	}
	credits, err := in.credits()
	if err != nil {
		return "", err
	}
	if in.InstanceInitiatedShutdownBehavior != "" && !slices.Contains(shutdownBehaviors, in.InstanceInitiatedShutdownBehavior) {
		return "", wire.Fail("InvalidParameterValue", "Value (%s) for parameter instanceInitiatedShutdownBehavior is invalid.", in.InstanceInitiatedShutdownBehavior)
	}
	nic, err := in.launchInterface()
	if err != nil {
		return "", err
	}
	sub, err := find(&r.subnets, idSubnet, nic.SubnetId)
	if err != nil {
		return "", err
	}
	if p := in.Placement; p != nil && p.AvailabilityZone != "" && p.AvailabilityZone != sub.AvailabilityZone {
		return "", wire.Fail("InvalidParameterValue", "The specified availability zone %s does not match the availability zone of the subnet %s.", p.AvailabilityZone, sub.SubnetId)
	}
	im, err := r.launchImage(in.ImageId)
	if err != nil {
		return "", err
	}
	i := &instance{ImageId: im.ImageId, InstanceType: cmp.Or(in.InstanceType, "m1.small"), KeyName: in.KeyName, SubnetId: sub.SubnetId, ClientToken: in.ClientToken, launched: true,
		EbsOptimized: in.EbsOptimized, protected: in.DisableApiTermination, unstoppable: in.DisableApiStop, credits: credits, userData: in.UserData, onShutdown: cmp.Or(in.InstanceInitiatedShutdownBehavior, shutdownBehaviors[0])}
	if err := checkType(i.InstanceType, im.Architecture); err != nil {
		return "", err
	}
	if i.KeyName != "" && !slices.ContainsFunc(r.keyPairs.List, func(k *keyPair) bool { return k.KeyName == i.KeyName }) {
		return "", noKeyPair(i.KeyName)
	}
	if p := in.IamInstanceProfile; p != nil {
		i.IamInstanceProfile = &instanceProfile{}
		if i.IamInstanceProfile.Arn, i.IamInstanceProfile.Id, err = r.iam.LaunchProfile(p.Arn, p.Name); err != nil {
			return "", err
		}
	}
	if i.SecurityGroups, err = r.launchGroups(sub.VpcId, nic.Groups); err != nil {
		return "", err
	}
	if i.MetadataOptions, err = in.metadata(); err != nil {
		return "", err
	}
	given, err := launchTags(in.TagSpecifications)
	if err != nil {
		return "", err
	}
	if r.freeAddresses(sub) < 1 {
		return "", wire.Fail("InsufficientFreeAddressesInSubnet", "There are not enough free addresses in subnet '%s' to satisfy the requested number of instances.", sub.SubnetId)
	}
	public := ""
	if nic.AssociatePublicIpAddress == nil && sub.MapPublicIpOnLaunch || nic.AssociatePublicIpAddress != nil && *nic.AssociatePublicIpAddress {
		if public = r.freePublicAddress(); public == "" {
			return "", wire.Fail("InsufficientAddressCapacity", "There are not enough free public addresses.")
		}
	}
	if r.images.ByID[im.ImageId] == nil {
		r.addImage(im)
	}
	i.InstanceId, i.LaunchTime, i.Tags = r.Counters.ID("i"), r.Now(), given["instance"]
	i.setState(statePending)
	i.changesAt = r.Plus(r.Now(), launchTime)
	r.addInstance(i, sub)
	if in.Monitoring != nil && in.Monitoring.Enabled {
		i.Monitoring.State = "enabled"
	}
	eni := r.connect(i, sub, r.Counters.ID("eni"), public)
	eni.Description, eni.TagSet = nic.Description, given["network-interface"]
	return i.InstanceId, nil
}

func checkType(name, architecture string) *wire.Error {
	if !instanceType().MatchString(name) {
		return wire.Fail("InvalidParameterValue", "Invalid value '%s' for InstanceType.", name)
	}
	if has := architectureOf(name); has != architecture {
		return wire.Fail("InvalidParameterValue", "The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. "+
			"Specify an instance type and an AMI that have matching architectures, and try again.", has, architecture)
	}
	return nil
}

// launchGroups finds the security groups of an instance. The default is the VPC's default group.
func (r *region) launchGroups(vpcID string, ids []string) ([]groupIdentifier, *wire.Error) {
	if len(ids) == 0 {
		g := r.defaultGroup(vpcID)
		if g == nil {
			return nil, wire.Fail("InvalidGroup.NotFound", "The VPC %s has no default security group of this account", vpcID)
		}
		ids = []string{g.GroupId}
	}
	return r.checkGroups(vpcID, nil, ids)
}

// freePublicAddress returns the lowest public address that is not in use; "" if there is none.
func (r *region) freePublicAddress() string {
	taken := map[string]bool{}
	for _, i := range r.interfaces.List {
		if i.Association != nil {
			taken[i.Association.PublicIp] = true
		}
	}
	for _, n := range r.nats.List {
		for _, a := range n.NatGatewayAddresses {
			taken[a.PublicIp] = true
		}
	}
	for n := range 254 {
		if a := fmt.Sprintf("203.0.113.%d", n+1); !taken[a] {
			return a
		}
	}
	return ""
}

// settleInstances makes instances running or terminated when that is due.
func (r *region) settleInstances() {
	for _, i := range r.instances.List {
		switch {
		case i.changesAt.IsZero() || r.Now().Before(i.changesAt):
		case i.State.Name == statePending:
			i.setState(stateRunning)
			i.okFrom, i.changesAt = r.Plus(i.changesAt, checksTime), time.Time{}
			i.setPublic(r.interfacesOf(i.InstanceId)[0])
		default:
			r.end(i)
		}
	}
}

// end removes everything of an instance except its id and its description.
func (r *region) end(i *instance) {
	for _, n := range r.interfacesOf(i.InstanceId) {
		r.removeInterface(n)
	}
	i.setState(stateTerminated)
	i.changesAt, i.launched, i.SecurityGroups = time.Time{}, false, nil
	i.SubnetId, i.VpcId, i.PrivateIpAddress, i.PrivateDnsName, i.PublicIpAddress, i.PublicDnsName = "", "", "", "", "", ""
	r.managed = slices.DeleteFunc(r.managed, func(m *managedInstance) bool { return m.host == i })
}

type terminateOut struct {
	Instances []stateChange `ec2:"instancesSet"`
}

type stateChange struct {
	InstanceId    string
	CurrentState  instanceState
	PreviousState instanceState
}

// terminateInstances terminates all instances or none.
func (r *region) terminateInstances(in rebootIn) (terminateOut, *wire.Error) {
	var ending []*instance
	for _, id := range in.InstanceIds {
		i, err := find(&r.instances, idInstance, id)
		if err != nil {
			return terminateOut{}, err
		}
		if slices.ContainsFunc(r.ECS.ContainerInstances, func(c *ecsContainerInstance) bool { return c.Ec2InstanceId == id }) {
			return terminateOut{}, notSupported("terminating container instances")
		}
		if i.protected {
			return terminateOut{}, wire.Fail("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", id)
		}
		ending = append(ending, i)
	}
	var out terminateOut
	for _, i := range ending {
		before := i.State
		if before.Name != stateShuttingDown && before.Name != stateTerminated {
			i.setState(stateShuttingDown)
			i.changesAt = r.Plus(r.Now(), terminateTime)
		}
		out.Instances = append(out.Instances, stateChange{i.InstanceId, i.State, before})
	}
	return out, nil
}

type instanceStatus struct {
	InstanceId         string
	AvailabilityZone   string
	AvailabilityZoneId string
	InstanceState      instanceState
	InstanceStatus     statusSummary
	SystemStatus       statusSummary
}

type statusSummary struct {
	Status  string
	Details []statusDetail `ec2:",omitempty"`
}

type statusDetail struct{ Name, Status string }

func (r *region) statusOf(i *instance) *instanceStatus {
	s := statusSummary{"ok", []statusDetail{{"reachability", "passed"}}}
	switch {
	case i.State.Name != stateRunning:
		s = statusSummary{Status: "not-applicable"}
	case r.Now().Before(i.okFrom) || r.Now().Before(i.bootsUntil):
		s = statusSummary{"initializing", []statusDetail{{"reachability", "initializing"}}}
	}
	return &instanceStatus{i.InstanceId, i.Placement.AvailabilityZone, i.Placement.AvailabilityZoneId, i.State, s, s}
}

type describeStatusIn struct {
	describeIn
	InstanceIds         []string `ec2:"InstanceId"`
	IncludeAllInstances bool
}

type describeStatusOut struct {
	InstanceStatuses []instanceStatus `ec2:"instanceStatusSet"`
	NextToken        string
}

var statusKind = &kind[*instanceStatus]{
	min: 5, max: 1000,
	filters: `availability-zone instance-state-name=InstanceState.Name instance-status.status=InstanceStatus.Status
		system-status.status=SystemStatus.Status`,
}

// describeInstanceStatus shows only running instances, unless the request includes all.
func (r *region) describeInstanceStatus(in describeStatusIn) (describeStatusOut, *wire.Error) {
	var all []*instanceStatus
	for _, id := range in.InstanceIds {
		if _, err := find(&r.instances, idInstance, id); err != nil {
			return describeStatusOut{}, err
		}
	}
	for _, i := range r.instances.List {
		if (in.IncludeAllInstances || i.State.Name == stateRunning) && (len(in.InstanceIds) == 0 || slices.Contains(in.InstanceIds, i.InstanceId)) {
			all = append(all, r.statusOf(i))
		}
	}
	found, next, err := sift(statusKind, all, in.query(nil))
	return describeStatusOut{store.Copies(found, nil), next}, err
}

type keyPair struct {
	KeyPairId      string
	KeyName        string
	KeyType        string
	KeyFingerprint string
	CreateTime     time.Time
	Tags           store.Tags `ec2:"tagSet"`
}

func (r *region) loadKeyPairs(s *scenario) {
	for _, k := range s.KeyPairs {
		k.KeyPairId, k.KeyType, k.CreateTime = "key-"+store.Hash(k.KeyName, 17), cmp.Or(k.KeyType, "ed25519"), store.Loaded
		k.KeyFingerprint = store.Hash(k.KeyName+" fingerprint", 32)
		r.keyPairs.Add(k.KeyPairId, k)
	}
}

func noKeyPair(name string) *wire.Error {
	return wire.Fail("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
}

type describeKeyPairsIn struct {
	DryRun     bool
	KeyNames   []string `ec2:"KeyName"`
	KeyPairIds []string `ec2:"KeyPairId"`
	Filters    []filter `ec2:"Filter"`
}

type describeKeyPairsOut struct {
	KeyPairs []keyPair `ec2:"keySet"`
}

var keyPairKind = &kind[*keyPair]{
	ids: idKeyPair, tags: func(k *keyPair) store.Tags { return k.Tags },
	filters: `key-name key-pair-id fingerprint=KeyFingerprint`,
}

func (r *region) describeKeyPairs(in describeKeyPairsIn) (describeKeyPairsOut, *wire.Error) {
	for _, name := range in.KeyNames {
		i := slices.IndexFunc(r.keyPairs.List, func(k *keyPair) bool { return k.KeyName == name })
		if i < 0 {
			return describeKeyPairsOut{}, noKeyPair(name)
		}
		in.KeyPairIds = append(in.KeyPairIds, r.keyPairs.List[i].KeyPairId)
	}
	found, _, err := list(keyPairKind, &r.keyPairs, query{ids: in.KeyPairIds, filters: in.Filters})
	return describeKeyPairsOut{store.Copies(found, nil)}, err
}

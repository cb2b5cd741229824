package sandbox

import (
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var ec2Tags = store.TagCodes{Invalid: "InvalidParameterValue", Duplicate: "InvalidParameterValue", TooMany: "TagLimitExceeded"}

type createTagsIn struct {
	DryRun    bool
	Resources []string    `ec2:"ResourceId,required"`
	Tags      []store.Tag `ec2:"Tag,required"`
}

// createTagsOf reads the tags for a resource from the request that creates it.
func createTagsOf(given []tagSpecification, resourceType string) (store.Tags, *wire.Error) {
	var all store.Tags
	for _, s := range given {
		if s.ResourceType != resourceType {
			return nil, wire.Fail("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
		all = append(all, s.Tags...)
	}
	return all, ec2Tags.Check(all)
}

// tagged is a kind of resources with tags, by the prefix of its ids. Its resource type is that of TagSpecification and DescribeTags.
type tagged struct {
	prefix, resourceType string
	find                 func(*region, string) (*store.Tags, *wire.Error)
	ids                  func(*region) []string
}

func tagsIn[T any](prefix, resourceType string, k idKind, table func(*region) *store.Table[T], field func(*T) *store.Tags) tagged {
	return tagged{
		prefix, resourceType,
		func(r *region, id string) (*store.Tags, *wire.Error) {
			v, err := find(table(r), k, id)
			if err != nil {
				return nil, err
			}
			return field(v), nil
		},
		func(r *region) []string { return slices.Sorted(maps.Keys(table(r).ByID)) },
	}
}

var taggedKinds = []tagged{
	tagsIn("vpc", "vpc", idVPC, func(r *region) *store.Table[vpc] { return &r.vpcs }, func(v *vpc) *store.Tags { return &v.Tags }),
	tagsIn("dopt", "dhcp-options", idDHCPOptions, func(r *region) *store.Table[dhcpOptions] { return &r.dhcpOptions }, func(v *dhcpOptions) *store.Tags { return &v.Tags }),
	tagsIn("subnet", "subnet", idSubnet, func(r *region) *store.Table[subnet] { return &r.subnets }, func(v *subnet) *store.Tags { return &v.Tags }),
	tagsIn("rtb", "route-table", idRouteTable, func(r *region) *store.Table[routeTable] { return &r.routeTables }, func(v *routeTable) *store.Tags { return &v.Tags }),
	tagsIn("igw", "internet-gateway", idIGW, func(r *region) *store.Table[internetGateway] { return &r.igws }, func(v *internetGateway) *store.Tags { return &v.Tags }),
	tagsIn("eigw", "egress-only-internet-gateway", idEIGW, func(r *region) *store.Table[egressOnlyInternetGateway] { return &r.eigws }, func(v *egressOnlyInternetGateway) *store.Tags { return &v.Tags }),
	tagsIn("nat", "natgateway", idNAT, func(r *region) *store.Table[natGateway] { return &r.nats }, func(v *natGateway) *store.Tags { return &v.Tags }),
	tagsIn("eipalloc", "elastic-ip", idAddress, func(r *region) *store.Table[elasticAddress] { return &r.elasticIPs }, func(v *elasticAddress) *store.Tags { return &v.Tags }),
	tagsIn("fl", "vpc-flow-log", idFlowLog, func(r *region) *store.Table[flowLog] { return &r.flowLogs }, func(v *flowLog) *store.Tags { return &v.Tags }),
	tagsIn("pcx", "vpc-peering-connection", idPeering, func(r *region) *store.Table[peeringConnection] { return &r.peerings }, func(v *peeringConnection) *store.Tags { return &v.Tags }),
	tagsIn("acl", "network-acl", idACL, func(r *region) *store.Table[networkACL] { return &r.acls }, func(v *networkACL) *store.Tags { return &v.Tags }),
	tagsIn("sg", "security-group", idGroup, func(r *region) *store.Table[securityGroup] { return &r.groups }, func(v *securityGroup) *store.Tags { return &v.Tags }),
	tagsIn("eni", "network-interface", idInterface, func(r *region) *store.Table[networkInterface] { return &r.interfaces }, func(v *networkInterface) *store.Tags { return &v.TagSet }),
	tagsIn("i", "instance", idInstance, func(r *region) *store.Table[instance] { return &r.instances }, func(v *instance) *store.Tags { return &v.Tags }),
	tagsIn("ami", "image", idImage, func(r *region) *store.Table[image] { return &r.images }, func(v *image) *store.Tags { return &v.Tags }),
	tagsIn("key", "key-pair", idKeyPair, func(r *region) *store.Table[keyPair] { return &r.keyPairs }, func(v *keyPair) *store.Tags { return &v.Tags }),
	tagsIn("cvpn", "client-vpn-endpoint", idVPN, func(r *region) *store.Table[clientVPN] { return &r.vpns }, func(v *clientVPN) *store.Tags { return &v.Tags }),
	tagsIn("vpce", "vpc-endpoint", idEndpoint, func(r *region) *store.Table[vpcEndpoint] { return &r.endpoints }, func(v *vpcEndpoint) *store.Tags { return &v.Tags }),
	tagsIn("sgr", "security-group-rule", idGroupRule, (*region).groupRules, func(v *groupRule) *store.Tags { return &v.Tags }),
}

// tagsOf finds the tags of any resource.
func (r *region) tagsOf(id string) (*store.Tags, *wire.Error) {
	prefix, _, _ := strings.Cut(id, "-")
	for _, k := range taggedKinds {
		if k.prefix == prefix {
			return k.find(r, id)
		}
	}
	return nil, wire.Fail("InvalidID", "The ID '%s' is not valid", id)
}

type tagDescription struct {
	ResourceId   string
	ResourceType string
	Key          string
	Value        string
}

type describeTagsOut struct {
	Tags      []tagDescription `ec2:"tagSet"`
	NextToken string
}

// The filter tag:KEY is the other one that AWS has (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html).
var tagKind = &kind[*tagDescription]{
	tags: func(t *tagDescription) store.Tags { return store.Tags{{Key: t.Key, Value: t.Value}} }, min: 5, max: 1000,
	filters: `key resource-id resource-type value`,
}

func (r *region) describeTags(in describeIn) (describeTagsOut, *wire.Error) {
	var all []*tagDescription
	for _, k := range taggedKinds {
		for _, id := range k.ids(r) {
			tags, err := k.find(r, id)
			if err != nil {
				return describeTagsOut{}, err
			}
			for _, t := range *tags {
				all = append(all, &tagDescription{id, k.resourceType, t.Key, t.Value})
			}
		}
	}
	found, next, err := sift(tagKind, all, in.query(nil))
	return describeTagsOut{store.Copies(found, nil), next}, err
}

// createTags changes all resources or none.
func (r *region) createTags(in createTagsIn) (returnOut, *wire.Error) {
	fields := make([]*store.Tags, len(in.Resources))
	after := make([]store.Tags, len(in.Resources))
	for i, id := range in.Resources {
		field, err := r.tagsOf(id)
		if err != nil {
			return returnOut{}, err
		}
		fields[i], after[i] = field, *field
		if err := ec2Tags.Add(&after[i], in.Tags); err != nil {
			return returnOut{}, err
		}
	}
	for i := range fields {
		*fields[i] = after[i]
	}
	return returnOut{true}, nil
}

type deleteTagsIn struct {
	DryRun    bool
	Resources []string `ec2:"ResourceId,required"`
	Tags      []struct {
		Key   string
		Value *string
	} `ec2:"Tag"`
}

// deleteTags removes tags from all resources or from none. A tag with a value is removed only if it has this value, a tag
// without a value always. Without tags in the request, all are removed
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html).
func (r *region) deleteTags(in deleteTagsIn) (returnOut, *wire.Error) {
	fields := make([]*store.Tags, len(in.Resources))
	for i, id := range in.Resources {
		var err *wire.Error
		if fields[i], err = r.tagsOf(id); err != nil {
			return returnOut{}, err
		}
	}
	for _, field := range fields {
		if len(in.Tags) == 0 {
			*field = nil
		}
		for _, t := range in.Tags {
			if t.Value == nil || field.Map()[t.Key] == *t.Value {
				field.Remove([]string{t.Key})
			}
		}
	}
	return returnOut{true}, nil
}

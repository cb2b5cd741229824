package sandbox

import (
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

// tagsOf finds the tags of any resource.
func (r *region) tagsOf(id string) (*store.Tags, *wire.Error) {
	prefix, _, _ := strings.Cut(id, "-")
	switch prefix {
	case "vpc":
		return tagField(&r.vpcs, idVPC, id, func(v *vpc) *store.Tags { return &v.Tags })
	case "dopt":
		return tagField(&r.dhcpOptions, idDHCPOptions, id, func(v *dhcpOptions) *store.Tags { return &v.Tags })
	case "subnet":
		return tagField(&r.subnets, idSubnet, id, func(v *subnet) *store.Tags { return &v.Tags })
	case "rtb":
		return tagField(&r.routeTables, idRouteTable, id, func(v *routeTable) *store.Tags { return &v.Tags })
	case "igw":
		return tagField(&r.igws, idIGW, id, func(v *internetGateway) *store.Tags { return &v.Tags })
	case "eigw":
		return tagField(&r.eigws, idEIGW, id, func(v *egressOnlyInternetGateway) *store.Tags { return &v.Tags })
	case "nat":
		return tagField(&r.nats, idNAT, id, func(v *natGateway) *store.Tags { return &v.Tags })
	case "eipalloc":
		return tagField(&r.elasticIPs, idAddress, id, func(v *elasticAddress) *store.Tags { return &v.Tags })
	case "fl":
		return tagField(&r.flowLogs, idFlowLog, id, func(v *flowLog) *store.Tags { return &v.Tags })
	case "pcx":
		return tagField(&r.peerings, idPeering, id, func(v *peeringConnection) *store.Tags { return &v.Tags })
	case "acl":
		return tagField(&r.acls, idACL, id, func(v *networkACL) *store.Tags { return &v.Tags })
	case "sg":
		return tagField(&r.groups, idGroup, id, func(v *securityGroup) *store.Tags { return &v.Tags })
	case "eni":
		return tagField(&r.interfaces, idInterface, id, func(v *networkInterface) *store.Tags { return &v.TagSet })
	case "i":
		return tagField(&r.instances, idInstance, id, func(v *instance) *store.Tags { return &v.Tags })
	case "ami":
		return tagField(&r.images, idImage, id, func(v *image) *store.Tags { return &v.Tags })
	case "key":
		return tagField(&r.keyPairs, idKeyPair, id, func(v *keyPair) *store.Tags { return &v.Tags })
	case "cvpn":
		return tagField(&r.vpns, idVPN, id, func(v *clientVPN) *store.Tags { return &v.Tags })
	case "vpce":
		return tagField(&r.endpoints, idEndpoint, id, func(v *vpcEndpoint) *store.Tags { return &v.Tags })
	case "sgr":
		for _, g := range r.groups.List {
			for _, rule := range g.Rules {
				if rule.SecurityGroupRuleId == id {
					return &rule.Tags, nil
				}
			}
		}
		return nil, idGroupRule.notFound(id)
	}
	return nil, wire.Fail("InvalidID", "The ID '%s' is not valid", id)
}

func tagField[T any](t *store.Table[T], k idKind, id string, field func(*T) *store.Tags) (*store.Tags, *wire.Error) {
	v, err := find(t, k, id)
	if err != nil {
		return nil, err
	}
	return field(v), nil
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

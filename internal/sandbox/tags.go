package sandbox

import (
	"slices"
	"strings"
)

const maxTags = 50

type createTagsIn struct {
	DryRun    bool
	Resources []string `ec2:"ResourceId,required"`
	Tags      []tag    `ec2:"Tag,required"`
}

type deleteTagsIn struct {
	DryRun    bool
	Resources []string     `ec2:"ResourceId,required"`
	Tags      []tagPattern `ec2:"Tag"`
}

type tagPattern struct {
	Key   string
	Value *string
}

func checkTags(given []tag) *apiError {
	for i, t := range given {
		switch {
		case t.Key == "":
			return fail("InvalidParameterValue", "Tag keys must not be empty")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return fail("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case len([]rune(t.Key)) > 127:
			return fail("InvalidParameterValue", "Tag key exceeds the maximum length of 127 characters")
		case len([]rune(t.Value)) > 255:
			return fail("InvalidParameterValue", "Tag value exceeds the maximum length of 255 characters")
		case slices.ContainsFunc(given[:i], func(other tag) bool { return other.Key == t.Key }):
			return fail("InvalidParameterValue", "Duplicate tag key '%s' specified.", t.Key)
		}
	}
	if len(given) > maxTags {
		return fail("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	return nil
}

// createTagsOf reads the tags for a resource from the request that creates it.
func createTagsOf(given []tagSpecification, resourceType string) (tags, *apiError) {
	var all tags
	for _, s := range given {
		if s.ResourceType != resourceType {
			return nil, fail("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
		all = append(all, s.Tags...)
	}
	return all, checkTags(all)
}

// tagsOf finds the tags of any resource.
func (r *region) tagsOf(id string) (*tags, *apiError) {
	prefix, _, _ := strings.Cut(id, "-")
	switch prefix {
	case "vpc":
		return tagField(&r.vpcs, idVPC, id, func(v *vpc) *tags { return &v.Tags })
	case "dopt":
		return tagField(&r.dhcpOptions, idDHCPOptions, id, func(v *dhcpOptions) *tags { return &v.Tags })
	case "subnet":
		return tagField(&r.subnets, idSubnet, id, func(v *subnet) *tags { return &v.Tags })
	case "rtb":
		return tagField(&r.routeTables, idRouteTable, id, func(v *routeTable) *tags { return &v.Tags })
	case "igw":
		return tagField(&r.igws, idIGW, id, func(v *internetGateway) *tags { return &v.Tags })
	case "eigw":
		return tagField(&r.eigws, idEIGW, id, func(v *egressOnlyInternetGateway) *tags { return &v.Tags })
	case "nat":
		return tagField(&r.nats, idNAT, id, func(v *natGateway) *tags { return &v.Tags })
	case "acl":
		return tagField(&r.acls, idACL, id, func(v *networkACL) *tags { return &v.Tags })
	case "sg":
		return tagField(&r.groups, idGroup, id, func(v *securityGroup) *tags { return &v.Tags })
	case "eni":
		return tagField(&r.interfaces, idInterface, id, func(v *networkInterface) *tags { return &v.TagSet })
	case "i":
		return tagField(&r.instances, idInstance, id, func(v *instance) *tags { return &v.Tags })
	case "ami":
		return tagField(&r.images, idImage, id, func(v *image) *tags { return &v.Tags })
	case "key":
		return tagField(&r.keyPairs, idKeyPair, id, func(v *keyPair) *tags { return &v.Tags })
	case "cvpn":
		return tagField(&r.vpns, idVPN, id, func(v *clientVPN) *tags { return &v.Tags })
	case "vpce":
		return tagField(&r.endpoints, idEndpoint, id, func(v *vpcEndpoint) *tags { return &v.Tags })
	case "sgr":
		for _, g := range r.groups.list {
			for _, rule := range g.Rules {
				if rule.SecurityGroupRuleId == id {
					return &rule.Tags, nil
				}
			}
		}
		return nil, idGroupRule.notFound(id)
	}
	return nil, fail("InvalidID", "The ID '%s' is not valid", id)
}

func tagField[T any](t *table[T], k idKind, id string, field func(*T) *tags) (*tags, *apiError) {
	v, err := find(t, k, id)
	if err != nil {
		return nil, err
	}
	return field(v), nil
}

func (r *region) createTags(in createTagsIn) (returnOut, *apiError) {
	if err := checkTags(in.Tags); err != nil {
		return returnOut{}, err
	}
	return r.changeTags(in.Resources, func(before tags) tags {
		for _, t := range in.Tags {
			i := slices.IndexFunc(before, func(other tag) bool { return other.Key == t.Key })
			if i < 0 {
				before = append(before, t)
			} else {
				before[i].Value = t.Value
			}
		}
		return before
	})
}

// deleteTags removes all tags if the request lists none, and a tag with any value if the request
// has no value.
func (r *region) deleteTags(in deleteTagsIn) (returnOut, *apiError) {
	return r.changeTags(in.Resources, func(before tags) tags {
		return slices.DeleteFunc(before, func(t tag) bool {
			return len(in.Tags) == 0 || slices.ContainsFunc(in.Tags, func(p tagPattern) bool {
				return p.Key == t.Key && (p.Value == nil || *p.Value == t.Value)
			})
		})
	})
}

// changeTags changes all resources or none.
func (r *region) changeTags(ids []string, change func(tags) tags) (returnOut, *apiError) {
	fields := make([]*tags, len(ids))
	after := make([]tags, len(ids))
	for i, id := range ids {
		field, err := r.tagsOf(id)
		if err != nil {
			return returnOut{}, err
		}
		fields[i], after[i] = field, change(slices.Clone(*field))
		if len(after[i]) > maxTags {
			return returnOut{}, fail("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
		}
	}
	for i := range fields {
		*fields[i] = after[i]
	}
	return returnOut{true}, nil
}

// retagged adds tags. They replace tags with the same key.
func retagged(tags, added []tag) []tag {
	out := slices.DeleteFunc(slices.Clone(tags), func(old tag) bool {
		return slices.ContainsFunc(added, func(t tag) bool { return t.Key == old.Key })
	})
	return append(out, added...)
}

package aws

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53profiles"
	profiletypes "github.com/aws/aws-sdk-go-v2/service/route53profiles/types"
	"github.com/aws/aws-sdk-go-v2/service/route53resolver"
	resolvertypes "github.com/aws/aws-sdk-go-v2/service/route53resolver/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

var (
	route53profilesClient = register("route53profiles", route53profiles.ServiceID, route53profiles.NewFromConfig, traits{})
	route53resolverClient = register("route53resolver", route53resolver.ServiceID, route53resolver.NewFromConfig, traits{})
)

// resolverReads are the reads of what Route 53 answers DNS queries of a VPC with.
type resolverReads struct {
	l   *loading
	vpc string

	associated []string // ids of the rules of the VPC
	rules      map[string]inventory.ResolverRule
	firewalls  []string
	profiles   []inventory.DNSProfile
	ofProfiles []inventory.ResolverRule // with ID and Profile only
	blocking   []string                 // DNS Firewall rule groups of profiles
}

// calls returns the reads. They can run in parallel.
func (r *resolverReads) calls(ctx context.Context) []func() error {
	l, c, most := r.l, route53resolverClient(r.l.c), sdk.Int32(100)
	return []func() error{
		func() error {
			in := route53resolver.ListResolverRuleAssociationsInput{MaxResults: most, Filters: []resolvertypes.Filter{{Name: sdk.String("VPCId"), Values: []string{r.vpc}}}}
			return l.elsewhere("Route 53 Resolver", readAll(ctx, l, "route53resolver:ListResolverRuleAssociations", route53resolver.NewListResolverRuleAssociationsPaginator(c, &in), func(o *route53resolver.ListResolverRuleAssociationsOutput) {
				for _, a := range o.ResolverRuleAssociations {
					if sdk.ToString(a.VPCId) == r.vpc && a.Status != resolvertypes.ResolverRuleAssociationStatusDeleting && a.Status != resolvertypes.ResolverRuleAssociationStatusFailed {
						r.associated = append(r.associated, sdk.ToString(a.ResolverRuleId))
					}
				}
			}))
		},
		func() error {
			in := route53resolver.ListFirewallRuleGroupAssociationsInput{MaxResults: most, VpcId: &r.vpc}
			return l.elsewhere("Route 53 Resolver", readAll(ctx, l, "route53resolver:ListFirewallRuleGroupAssociations", route53resolver.NewListFirewallRuleGroupAssociationsPaginator(c, &in), func(o *route53resolver.ListFirewallRuleGroupAssociationsOutput) {
				for _, a := range o.FirewallRuleGroupAssociations {
					if sdk.ToString(a.VpcId) == r.vpc && a.Status != resolvertypes.FirewallRuleGroupAssociationStatusDeleting {
						r.firewalls = append(r.firewalls, sdk.ToString(a.FirewallRuleGroupId))
					}
				}
			}))
		},
		func() error { return r.readProfiles(ctx) },
	}
}

// readRules reads the domains of the rules, if the VPC or its profile has one besides the rule that
// Resolver creates for internet names. AWS lists all rules of the Region in one call.
func (r *resolverReads) readRules(ctx context.Context) error {
	r.rules = map[string]inventory.ResolverRule{}
	if !slices.ContainsFunc(r.associated, needsDomain) && len(r.ofProfiles) == 0 {
		return nil
	}
	l := r.l
	return l.elsewhere("Route 53 Resolver", readAll(ctx, l, "route53resolver:ListResolverRules", route53resolver.NewListResolverRulesPaginator(route53resolverClient(l.c), &route53resolver.ListResolverRulesInput{MaxResults: sdk.Int32(100)}), func(o *route53resolver.ListResolverRulesOutput) {
		for _, x := range o.ResolverRules {
			id, domain := sdk.ToString(x.Id), strings.ToLower(sdk.ToString(x.DomainName))
			if domain != "." {
				domain = strings.TrimSuffix(domain, ".")
			}
			r.rules[id] = inventory.ResolverRule{ID: id, Domain: domain, Type: string(x.RuleType)}
		}
	}))
}

// needsDomain reports whether a rule is not one that Resolver creates in every VPC.
func needsDomain(id string) bool { return !strings.HasPrefix(id, "rslvr-autodefined-") }

// readProfiles reads the Route 53 Profile of the VPC and its resources. AWS allows one profile for a
// VPC (Route 53 API reference, AssociateProfile).
func (r *resolverReads) readProfiles(ctx context.Context) error {
	var ids []string
	in := route53profiles.ListProfileAssociationsInput{MaxResults: sdk.Int32(100), ResourceId: &r.vpc}
	err := r.l.elsewhere("Route 53 Profiles", readAll(ctx, r.l, "route53profiles:ListProfileAssociations", route53profiles.NewListProfileAssociationsPaginator(route53profilesClient(r.l.c), &in), func(o *route53profiles.ListProfileAssociationsOutput) {
		for _, a := range o.ProfileAssociations {
			if lastPart(sdk.ToString(a.ResourceId)) == r.vpc && a.Status != profiletypes.ProfileStatusDeleting && a.Status != profiletypes.ProfileStatusDeleted {
				ids = append(ids, sdk.ToString(a.ProfileId))
			}
		}
	}))
	if err != nil {
		return err
	}
	for _, id := range ids {
		p := inventory.DNSProfile{ID: id}
		in := route53profiles.ListProfileResourceAssociationsInput{MaxResults: sdk.Int32(100), ProfileId: &id}
		err := readAll(ctx, r.l, "route53profiles:ListProfileResourceAssociations", route53profiles.NewListProfileResourceAssociationsPaginator(route53profilesClient(r.l.c), &in), func(o *route53profiles.ListProfileResourceAssociationsOutput) {
			for _, a := range o.ProfileResourceAssociations {
				r.add(&p, sdk.ToString(a.ResourceArn))
			}
		})
		if err != nil {
			return err
		}
		r.profiles = append(r.profiles, p)
	}
	return nil
}

// add adds a resource of a profile by its ARN. An ARN shows its kind better than the resource type,
// because AWS does not document the values of that.
func (r *resolverReads) add(p *inventory.DNSProfile, arn string) {
	id := lastPart(arn)
	switch {
	case strings.Contains(arn, ":resolver-rule/"):
		r.ofProfiles = append(r.ofProfiles, inventory.ResolverRule{ID: id, Profile: p.ID})
	case strings.Contains(arn, ":firewall-rule-group/"):
		r.blocking = append(r.blocking, id)
	case strings.Contains(arn, ":hostedzone/"):
		p.Zones = append(p.Zones, id)
	default:
		p.Other = append(p.Other, id)
	}
}

// lastPart returns the id at the end of an ARN.
func lastPart(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

// result joins what the reads returned. A rule that the list of rules lacks has no domain.
func (r *resolverReads) result() inventory.Resolver {
	out := inventory.Resolver{Profiles: r.profiles, Firewalls: sorted(slices.Concat(r.firewalls, r.blocking))}
	for _, id := range sorted(r.associated) {
		r.ofProfiles = append(r.ofProfiles, inventory.ResolverRule{ID: id})
	}
	for _, x := range r.ofProfiles {
		// Every VPC has the rule that Resolver creates for internet names.
		if known := r.rules[x.ID]; known.Type != string(resolvertypes.RuleTypeOptionRecursive) && needsDomain(x.ID) {
			out.Rules = append(out.Rules, inventory.ResolverRule{ID: x.ID, Domain: known.Domain, Type: known.Type, Profile: x.Profile})
		}
	}
	by(out.Rules, func(x inventory.ResolverRule) string { return x.ID + " " + x.Profile })
	for i := range out.Profiles {
		out.Profiles[i].Zones, out.Profiles[i].Other = sorted(out.Profiles[i].Zones), sorted(out.Profiles[i].Other)
	}
	by(out.Profiles, func(p inventory.DNSProfile) string { return p.ID })
	return out
}

package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// resolverState are the rules of Route 53 Resolver, DNS Firewall rule groups and Route 53 Profiles of
// a scenario. The sandbox has no operation that changes them.
type resolverState struct {
	Rules        []*resolverRule
	Associations []*ruleAssociation
	Firewalls    []*firewallAssociation
	Profiles     []*profileAssociation
	Resources    []*profileResource
}

// internetRule is the rule that Resolver creates in every account and associates with every VPC.
const internetRule = "rslvr-autodefined-rr-internet-resolver"

type resolverRule struct {
	Id          string
	Arn         string
	DomainName  string // with the trailing dot
	RuleType    string // FORWARD, SYSTEM, RECURSIVE or DELEGATE
	Name        string
	OwnerId     string
	ShareStatus string
	Status      string
}

type ruleAssociation struct {
	Id             string
	ResolverRuleId string
	VPCId          string
	Name           string
	Status         string
}

type firewallAssociation struct {
	Id                  string
	FirewallRuleGroupId string
	VpcId               string
	Name                string
	Priority            int32
	Status              string
}

type profileAssociation struct {
	Id         string
	ProfileId  string
	ResourceId string // a VPC
	Name       string
	OwnerId    string
	Status     string
}

type profileResource struct {
	Id           string
	ProfileId    string
	ResourceArn  string
	ResourceType string
	Name         string
	OwnerId      string
	Status       string
}

// loadResolver fills in what a scenario leaves out.
func (r *region) loadResolver(s resolverState) {
	r.resolver = s
	status := func(text *string) {
		if *text == "" {
			*text = "COMPLETE"
		}
	}
	for _, x := range s.Rules {
		x.OwnerId, x.ShareStatus = cmp.Or(x.OwnerId, accountID), cmp.Or(x.ShareStatus, "NOT_SHARED")
		x.Arn = fmt.Sprintf("arn:%s:route53resolver:%s:%s:resolver-rule/%s", r.catalog.Partition, r.catalog.Name, x.OwnerId, x.Id)
		status(&x.Status)
	}
	for _, a := range s.Associations {
		a.Id = "rslvr-rrassoc-" + hash(a.ResolverRuleId+a.VPCId, 17)
		status(&a.Status)
	}
	for _, a := range s.Firewalls {
		a.Id = "rslvr-frgassoc-" + hash(a.FirewallRuleGroupId+a.VpcId, 17)
		status(&a.Status)
	}
	for _, a := range s.Profiles {
		a.Id, a.OwnerId = "rpassoc-"+hash(a.ProfileId+a.ResourceId, 17), cmp.Or(a.OwnerId, accountID)
		status(&a.Status)
	}
	for _, a := range s.Resources {
		a.Id, a.OwnerId = "rpr-"+hash(a.ProfileId+a.ResourceArn, 17), cmp.Or(a.OwnerId, accountID)
		status(&a.Status)
	}
}

type resolverListIn struct {
	Filters    []resolverFilter
	MaxResults *int32
	NextToken  string
}

type resolverFilter struct {
	Name   string
	Values []string
}

// resolverPage returns a page of a list of Resolver, which has at most 100 items.
func resolverPage[T any](all []T, most *int32, token string) ([]T, string, *apiError) {
	size := int32(100)
	if most != nil {
		size = *most
	}
	if size < 1 || size > 100 {
		return nil, "", fail("InvalidParameterException", "The value of MaxResults must be between 1 and 100.")
	}
	page, next, ok := cut(all, size, token)
	if !ok {
		return nil, "", fail("InvalidNextTokenException", "The next token is not valid.")
	}
	return page, next, nil
}

type listRulesOut struct {
	ResolverRules []*resolverRule
	MaxResults    int32
	NextToken     string `json:",omitempty"`
}

func (r *region) listResolverRules(in resolverListIn) (out listRulesOut, err *apiError) {
	if len(in.Filters) > 0 {
		return out, fail("InvalidParameterException", "The sandbox does not support filters here.")
	}
	all := append(slices.Clone(r.resolver.Rules), &resolverRule{Id: internetRule, DomainName: ".", Name: "Internet Resolver", OwnerId: "Route 53 Resolver", RuleType: "RECURSIVE", ShareStatus: "NOT_SHARED", Status: "COMPLETE",
		Arn: fmt.Sprintf("arn:%s:route53resolver:%s::autodefined-rule/%s", r.catalog.Partition, r.catalog.Name, internetRule)})
	out.MaxResults = 100
	out.ResolverRules, out.NextToken, err = resolverPage(all, in.MaxResults, in.NextToken)
	return out, err
}

type listRuleAssociationsOut struct {
	ResolverRuleAssociations []*ruleAssociation
	MaxResults               int32
	NextToken                string `json:",omitempty"`
}

func (r *region) listRuleAssociations(in resolverListIn) (out listRuleAssociationsOut, err *apiError) {
	all := slices.Clone(r.resolver.Associations)
	for _, v := range r.vpcs.list {
		all = append(all, &ruleAssociation{Id: "rslvr-autodefined-assoc-" + v.VpcId + "-internet-resolver", ResolverRuleId: internetRule, VPCId: v.VpcId, Name: "System Rule Association", Status: "COMPLETE"})
	}
	for _, f := range in.Filters {
		if f.Name != "VPCId" {
			return out, fail("InvalidParameterException", "The sandbox does not support the filter %s.", f.Name)
		}
		all = slices.DeleteFunc(all, func(a *ruleAssociation) bool { return !slices.Contains(f.Values, a.VPCId) })
	}
	out.MaxResults = 100
	out.ResolverRuleAssociations, out.NextToken, err = resolverPage(all, in.MaxResults, in.NextToken)
	return out, err
}

type listFirewallsIn struct {
	VpcId      string
	MaxResults *int32
	NextToken  string
}

type listFirewallsOut struct {
	FirewallRuleGroupAssociations []*firewallAssociation
	NextToken                     string `json:",omitempty"`
}

func (r *region) listFirewalls(in listFirewallsIn) (out listFirewallsOut, err *apiError) {
	all := slices.DeleteFunc(slices.Clone(r.resolver.Firewalls), func(a *firewallAssociation) bool { return in.VpcId != "" && a.VpcId != in.VpcId })
	out.FirewallRuleGroupAssociations, out.NextToken, err = resolverPage(all, in.MaxResults, in.NextToken)
	return out, err
}

// profileCall determines the operation and the profile from the path.
func profileCall(method, path string) (operation, name string) {
	name, ofProfile := strings.CutPrefix(path, "/profileresourceassociations/profileid/")
	switch {
	case method != http.MethodGet:
	case path == "/profileassociations":
		return "ListProfileAssociations", ""
	case ofProfile && name != "" && !strings.Contains(name, "/"):
		return "ListProfileResourceAssociations", name
	}
	return "", ""
}

type listDNSProfilesOut struct {
	ProfileAssociations []*profileAssociation
	NextToken           string `json:",omitempty"`
}

// listDNSProfilesOp reads the parameters from the query, as Route 53 Profiles does.
func listDNSProfilesOp(r *region, c *call) (any, *apiError) {
	vpc, profile := c.values.Get("resourceId"), c.values.Get("profileId")
	all := slices.DeleteFunc(slices.Clone(r.resolver.Profiles), func(a *profileAssociation) bool {
		return vpc != "" && a.ResourceId != vpc || profile != "" && a.ProfileId != profile
	})
	var out listDNSProfilesOut
	var err *apiError
	out.ProfileAssociations, out.NextToken, err = resolverPage(all, nil, c.values.Get("nextToken"))
	return out, err
}

type listProfileResourcesOut struct {
	ProfileResourceAssociations []*profileResource
	NextToken                   string `json:",omitempty"`
}

func listProfileResourcesOp(r *region, c *call) (any, *apiError) {
	var out listProfileResourcesOut
	if !slices.ContainsFunc(r.resolver.Profiles, func(a *profileAssociation) bool { return a.ProfileId == c.name }) {
		return out, fail("ResourceNotFoundException", "Could not find the profile %s.", c.name)
	}
	all := slices.DeleteFunc(slices.Clone(r.resolver.Resources), func(a *profileResource) bool { return a.ProfileId != c.name })
	var err *apiError
	out.ProfileResourceAssociations, out.NextToken, err = resolverPage(all, nil, c.values.Get("nextToken"))
	return out, err
}

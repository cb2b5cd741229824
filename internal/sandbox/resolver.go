package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var profilesAPI = service{
	Service: wire.Service{Protocol: wire.RESTJSON, Route: profileCall},
	Operations: map[string]operation{
		"ListProfileAssociations":         listDNSProfilesOp,
		"ListProfileResourceAssociations": listProfileResourcesOp,
	},
}

var resolverAPI = service{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]operation{
		"ListResolverRules":                 wire.JSONOp((*region).listResolverRules),
		"ListResolverRuleAssociations":      wire.JSONOp((*region).listRuleAssociations),
		"ListFirewallRuleGroupAssociations": wire.JSONOp((*region).listFirewalls),
	},
}

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
func (r *region) loadResolver() {
	s := r.Resolver
	status := func(text *string) {
		if *text == "" {
			*text = "COMPLETE"
		}
	}
	for _, x := range s.Rules {
		x.OwnerId, x.ShareStatus = cmp.Or(x.OwnerId, store.AccountID), cmp.Or(x.ShareStatus, "NOT_SHARED")
		x.Arn = r.ARNOf(x.OwnerId, "route53resolver", "resolver-rule/"+x.Id)
		status(&x.Status)
	}
	for _, a := range s.Associations {
		a.Id = "rslvr-rrassoc-" + store.Hash(a.ResolverRuleId+a.VPCId, 17)
		status(&a.Status)
	}
	for _, a := range s.Firewalls {
		a.Id = "rslvr-frgassoc-" + store.Hash(a.FirewallRuleGroupId+a.VpcId, 17)
		status(&a.Status)
	}
	for _, a := range s.Profiles {
		a.Id, a.OwnerId = "rpassoc-"+store.Hash(a.ProfileId+a.ResourceId, 17), cmp.Or(a.OwnerId, store.AccountID)
		status(&a.Status)
	}
	for _, a := range s.Resources {
		a.Id, a.OwnerId = "rpr-"+store.Hash(a.ProfileId+a.ResourceArn, 17), cmp.Or(a.OwnerId, store.AccountID)
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

var resolverPages = store.Pager{
	Size: 100, Least: 1, Most: 100,
	BadSize: func(int32) *wire.Error {
		return wire.Fail("InvalidParameterException", "The value of MaxResults must be between 1 and 100.")
	},
	BadToken: func(string) *wire.Error {
		return wire.Fail("InvalidNextTokenException", "The next token is not valid.")
	},
}

type listRulesOut struct {
	ResolverRules []*resolverRule
	MaxResults    int32
	NextToken     string `json:",omitempty"`
}

func (r *region) listResolverRules(in resolverListIn) (out listRulesOut, err *wire.Error) {
	if len(in.Filters) > 0 {
		return out, wire.Fail("InvalidParameterException", "The sandbox does not support filters here.")
	}
	all := append(slices.Clone(r.Resolver.Rules), &resolverRule{Id: internetRule, DomainName: ".", Name: "Internet Resolver", OwnerId: "Route 53 Resolver", RuleType: "RECURSIVE", ShareStatus: "NOT_SHARED", Status: "COMPLETE",
		Arn: r.ARNOf("", "route53resolver", "autodefined-rule/"+internetRule)})
	out.MaxResults = 100
	out.ResolverRules, out.NextToken, err = store.Page(&resolverPages, all, in.MaxResults, in.NextToken)
	return out, err
}

type listRuleAssociationsOut struct {
	ResolverRuleAssociations []*ruleAssociation
	MaxResults               int32
	NextToken                string `json:",omitempty"`
}

func (r *region) listRuleAssociations(in resolverListIn) (out listRuleAssociationsOut, err *wire.Error) {
	all := slices.Clone(r.Resolver.Associations)
	for _, v := range r.vpcs.List {
		all = append(all, &ruleAssociation{Id: "rslvr-autodefined-assoc-" + v.VpcId + "-internet-resolver", ResolverRuleId: internetRule, VPCId: v.VpcId, Name: "System Rule Association", Status: "COMPLETE"})
	}
	for _, f := range in.Filters {
		if f.Name != "VPCId" {
			return out, wire.Fail("InvalidParameterException", "The sandbox does not support the filter %s.", f.Name)
		}
		all = slices.DeleteFunc(all, func(a *ruleAssociation) bool { return !slices.Contains(f.Values, a.VPCId) })
	}
	out.MaxResults = 100
	out.ResolverRuleAssociations, out.NextToken, err = store.Page(&resolverPages, all, in.MaxResults, in.NextToken)
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

func (r *region) listFirewalls(in listFirewallsIn) (out listFirewallsOut, err *wire.Error) {
	all := slices.DeleteFunc(slices.Clone(r.Resolver.Firewalls), func(a *firewallAssociation) bool { return in.VpcId != "" && a.VpcId != in.VpcId })
	out.FirewallRuleGroupAssociations, out.NextToken, err = store.Page(&resolverPages, all, in.MaxResults, in.NextToken)
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
func listDNSProfilesOp(r *region, c *wire.Call) (any, *wire.Error) {
	vpc, profile := c.Values.Get("resourceId"), c.Values.Get("profileId")
	all := slices.DeleteFunc(slices.Clone(r.Resolver.Profiles), func(a *profileAssociation) bool {
		return vpc != "" && a.ResourceId != vpc || profile != "" && a.ProfileId != profile
	})
	var out listDNSProfilesOut
	var err *wire.Error
	out.ProfileAssociations, out.NextToken, err = store.Page(&resolverPages, all, nil, c.Values.Get("nextToken"))
	return out, err
}

type listProfileResourcesOut struct {
	ProfileResourceAssociations []*profileResource
	NextToken                   string `json:",omitempty"`
}

func listProfileResourcesOp(r *region, c *wire.Call) (any, *wire.Error) {
	var out listProfileResourcesOut
	if !slices.ContainsFunc(r.Resolver.Profiles, func(a *profileAssociation) bool { return a.ProfileId == c.Name }) {
		return out, wire.Fail("ResourceNotFoundException", "Could not find the profile %s.", c.Name)
	}
	all := slices.DeleteFunc(slices.Clone(r.Resolver.Resources), func(a *profileResource) bool { return a.ProfileId != c.Name })
	var err *wire.Error
	out.ProfileResourceAssociations, out.NextToken, err = store.Page(&resolverPages, all, nil, c.Values.Get("nextToken"))
	return out, err
}

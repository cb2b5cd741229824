package plan

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// IDs of changes that other changes refer to.
const (
	groupID        resource.ID = "security-group/endpoints"
	dnsSupportID   resource.ID = "vpc-attribute/dns-support"
	dnsHostnamesID resource.ID = "vpc-attribute/dns-hostnames"
	gatewayS3      resource.ID = "endpoint/s3"
)

// GroupName is the name of the security group that the plan creates for endpoints.
const GroupName = "privatelink-wizard-endpoints"

// Build makes the plan in three passes: what the workload needs, how existing resources meet it, and
// what the rules find in the account as it will be after the plan. With partial answers it returns
// what they allow so far.
func Build(inv *inventory.Inventory, ans answers.Answers) *Plan {
	return BuildWith(inv, ans, Files{})
}

// Files is what the caller read of the files that the answers reference.
type Files struct {
	// Policies are the contents of the endpoint policy files, by path.
	Policies map[string]string
	// Problems are those of the certificate and key files of the load balancer. The caller finds
	// them, because the check needs the key and the current time.
	Problems []FileProblem
}

// FileProblem is a problem with a file.
type FileProblem struct {
	File, Message string
	Warn          bool
}

// BuildWith is Build for answers that reference files.
func BuildWith(inv *inventory.Inventory, ans answers.Answers, files Files) *Plan {
	b := newBuilder(inv, ans, files)
	if b.vpc != nil && len(b.clients) > 0 {
		b.match()
		b.addClaims()
		b.price()
	}
	b.check()
	b.nameNew()
	return b.p
}

// newBuilder returns a builder with the verdicts on the endpoints, and without changes.
func newBuilder(inv *inventory.Inventory, ans answers.Answers, files Files) *builder {
	s := newScope(inv, ans)
	b := &builder{scope: s, files: files, logGroups: slices.Clone(inv.LogGroups), p: &Plan{
		Version: Version, Account: inv.Account, Partition: inv.Partition, Region: s.Ans.Region, VPC: s.Ans.VPC, Workload: ans.Workload,
		Needs: []Need{}, Changes: []resource.Change{}, Findings: []Finding{}, Claims: []resource.Claim{}, Gaps: slices.Clone(nonNil(inv.Gaps)),
		Cost: Cost{Currency: "USD", Known: true, Region: s.Ans.Region, Items: []CostItem{}, Existing: ExistingCost{Known: true, Items: []CostItem{}}}, Prices: inv.Prices,
	}}
	b.paths, b.detours, b.s3Addresses = sync.OnceValue(b.findPaths), sync.OnceValue(b.findDetours), sync.OnceValue(b.findS3Addresses)
	b.redirects = sync.OnceValues(b.findRedirects)
	if b.vpc != nil {
		b.p.VPCName = b.vpc.Name
	}
	b.p.names = namesOf(b.Net)
	b.verdicts = b.findVerdicts()
	for _, w := range b.verdicts {
		v := NotNeeded
		switch {
		case w.Required:
			v = Required
		case w.Needed:
			v = Recommended
		case w.Unknown:
			v = Unknown
		}
		b.p.Needs = append(b.p.Needs, Need{Service: w.Code, Verdict: v, Why: w.Why})
	}
	return b
}

// builder holds the plan while it is built, and each endpoint as it will be after the plan. Rules
// check that result, not the present state.
type builder struct {
	*scope
	files     Files
	p         *Plan
	verdicts  []catalog.Verdict
	endpoints []*endpoint
	// group is the plan's own security group as it will be; nil until it is needed.
	group *inventory.SecurityGroup
	// added are the rules that the plan adds to that group.
	added []inventory.GroupRule
	// self are the rules that the plan adds to groups of Airflow environments.
	self []inventory.GroupRule
	// kept are existing endpoints with full access that the answers would restrict. The plan does
	// not restrict them.
	kept []*endpoint
	// logGroups are the log groups of the Region as they will be.
	logGroups []string
	refused   []Finding     // policies that could not be extended
	facts     *policy.Facts // cached by policyFacts
	// Claims and rules share these. They are found once, after matching.
	paths       func() []path
	detours     func() []*detour
	s3Addresses func() []string
	redirects   func() (live []inventory.Interface, unknown bool) // the same, found for the first endpoint
	groupAt     resource.Value                                    // how changes refer to the group
	access      *accessMethod                                     // to the web server; nil if the answers ask for none
	cycle       []resource.ID                                     // changes that wait for each other
	// accessClaims are the claims about the access method.
	accessClaims []resource.Claim
}

// endpoint is an endpoint as it will be after the plan is applied.
type endpoint struct {
	code     string
	service  string
	typ      string
	id       resource.ID
	existing *inventory.Endpoint // nil: the plan creates it
	changed  bool
	owned    bool // created by an AWS service: the wizard must not change it
	// env is the Airflow environment that uses this endpoint as its own. It finds the endpoint
	// without private DNS. Nil for all other endpoints.
	env        *inventory.Airflow
	subnets    []*inventory.Subnet
	newSubnets []*inventory.Subnet // subnets where it gets a new network interface
	groups     []resource.Value
	tables     []string // the workload's route tables that will have its route
	newTables  []string // those of them that do not have the route yet
	dns        bool
	late       bool   // private DNS is turned on in the second phase
	policy     string // JSON; empty means full access
	chosen     bool   // the plan sets that policy
}

// matcher plans changes.
type matcher struct {
	place int
	match func(*builder)
}

// matchers are the matchers of the files match_….go.
var matchers []matcher

// matchAt adds a matcher. Matchers run in the order of their places, because some need the changes of
// others. Places have gaps, so that a new matcher needs no change of the others.
func matchAt(place int, match func(*builder)) matcher {
	m := matcher{place, match}
	matchers = append(matchers, m)
	return m
}

func (b *builder) match() {
	for _, m := range slices.SortedFunc(slices.Values(matchers), func(x, y matcher) int { return cmp.Compare(x.place, y.place) }) {
		m.match(b)
	}
	b.order()
}

// tags returns the tags of the answers and the tag that marks resources of the wizard.
func (b *builder) tags(name string) map[string]string {
	out := maps.Clone(b.Ans.Tags)
	if out == nil {
		out = map[string]string{}
	}
	if common := out["Name"]; common != "" && name != "" { // equal names would tell nothing apart
		name = common + " " + name
	}
	out["Name"] = name
	out[resource.ManagedBy] = resource.Owner
	return out
}

// ownTags returns the tags of a resource that has a name without a Name tag.
func (b *builder) ownTags() map[string]string {
	out := b.tags("")
	delete(out, "Name")
	return out
}

func (b *builder) add(a resource.Change, e *endpoint) {
	b.p.Changes = append(b.p.Changes, a)
	b.endpoints = append(b.endpoints, e)
}

func (b *builder) endpoint(id resource.ID) *endpoint {
	for _, e := range b.endpoints {
		if e.id == id {
			return e
		}
	}
	return nil
}

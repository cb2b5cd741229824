package inventory

// Part is a piece of the inventory that is loaded on its own, so that no screen waits for data
// that it does not show.
type Part string

// The parts and the fields that each fills.
const (
	PartIdentity   Part = "identity"   // Account, Partition, Region, Caller
	PartVPCs       Part = "vpcs"       // VPCs, without their network
	PartServices   Part = "services"   // Services
	PartClusters   Part = "clusters"   // Clusters, and the TaskDefinitions of their services
	PartAgents     Part = "agents"     // Clusters without services
	PartDefinition Part = "definition" // one of TaskDefinitions, even if no service uses it
	PartBatch      Part = "batch"      // Batch
	PartMWAA       Part = "mwaa"       // MWAA
	PartRoles      Part = "roles"      // one of Roles
	PartQuotas     Part = "quotas"     // Quotas
	PartRegistry   Part = "registry"   // Secrets of the Region, Keys, ExecutionRoles
	PartSecret     Part = "secret"     // one of Secrets, possibly in another account or Region
	PartCaches     Part = "caches"     // Caches
	PartCreation   Part = "creation"   // Creation
	PartLogGroups  Part = "log-groups" // some of LogGroups
	PartPrices     Part = "prices"     // Prices
	PartFailures   Part = "failures"   // Failures
	PartNetwork    Part = "network"    // Networks, of one VPC
	PartAccess     Part = "ways"       // Access, of one VPC
	PartHosts      Part = "hosts"      // Hosts, of one VPC
)

// parts are all parts. Mask masks them in this order, and a replacement depends on those before it.
var parts = []part{
	identityPart, vpcsPart, servicesPart,
	clustersPart, agentsPart, definitionPart, batchPart, mwaaPart,
	rolesPart, quotasPart, creationPart, registryPart, secretPart, cachesPart, logGroupsPart, pricesPart,
	networkPart, accessPart, hostsPart,
	failuresPart,
}

// part is what the program knows about a part of the inventory. It is beside the data that the part fills.
// Only the function that loads it is in internal/aws.
type part struct {
	name   Part
	title  string   // in messages: "the VPCs"
	calls  []string // the AWS calls that load it, as "service:Operation"
	within Part     // a part that contains all of this one

	// ofVPC reports whether a snapshot needs the part of a VPC, and named returns the requests by name of a
	// snapshot. A part that has neither is of the whole Region.
	ofVPC func(inv *Inventory, vpc string) bool
	named func(inv *Inventory) []Request

	// merge replaces the part of a request in an inventory with the one in the fragment f.
	merge func(inv, f *Inventory, r Request)
	// cut returns the answer of a snapshot to a request by name, and whether the snapshot contains it.
	// Without cut, it does if the part was loaded. unread returns the part of a VPC that it does not
	// contain; without unread, that is nothing.
	cut    func(inv *Inventory, r Request, loaded bool) (*Inventory, bool)
	unread func(vpc string) *Inventory

	// prepare records the names that m must know before it masks anything, and mask masks the part.
	prepare, mask func(m *mask, inv *Inventory)
	// maskName masks the name in a request. Without it, that is a reference.
	maskName func(m *mask, name string) string
}

// lookup returns what is known about a part. A snapshot can list an unknown part.
func (p Part) lookup() *part {
	if known := find(parts, func(k *part) bool { return k.name == p }); known != nil {
		return known
	}
	return &part{merge: func(*Inventory, *Inventory, Request) {}}
}

// Parts returns all parts.
func Parts() []Part {
	var out []Part
	for _, p := range parts {
		out = append(out, p.name)
	}
	return out
}

// Calls returns the AWS calls that load a part, as "service:Operation".
func Calls(p Part) []string { return p.lookup().calls }

// Title returns what a part contains, for messages: "the VPCs".
func (p Part) Title() string { return p.lookup().title }

// Requests returns the requests of a snapshot that has the networks of VPCs, as far as the loaded parts
// show what it needs.
func (inv *Inventory) Requests(vpcs []string) []Request {
	var out []Request
	for _, p := range parts {
		switch {
		case p.ofVPC != nil:
			for _, vpc := range vpcs {
				if p.ofVPC(inv, vpc) {
					out = append(out, Request{Part: p.name, VPC: vpc})
				}
			}
		case p.named != nil:
			out = append(out, p.named(inv)...)
		case p.within == "":
			out = append(out, Request{Part: p.name})
		}
	}
	return out
}

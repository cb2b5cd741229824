package inventory

// part is what the program knows about a part of the inventory. It is beside the data that the part fills.
// Only the function that loads it is in internal/aws.
type part struct {
	name   Part
	title  string   // in messages: "the VPCs"
	calls  []string // the AWS calls that load it, as "service:Operation"
	within Part     // a part that contains all of this one

	// merge replaces the part of a request in an inventory with the one in the fragment f.
	merge func(inv, f *Inventory, r Request)
	// cut returns the answer of an inventory to a request, which was loaded or not, and whether the
	// inventory contains it. Without cut, the answer is the whole part, if it was loaded.
	cut func(inv *Inventory, r Request, loaded bool) (*Inventory, bool)

	// documents calls each for all policy documents. prepare records the names that m must know before
	// it masks anything, and mask masks the part. They are nil if the part has none.
	documents func(inv *Inventory, each func(string))
	prepare   func(m *mask, inv *Inventory)
	mask      func(m *mask, inv *Inventory)
}

// parts are all parts. Mask masks them in this order, and a replacement depends on those before it.
var parts = []part{
	identityPart, vpcsPart, servicesPart,
	clustersPart, agentsPart, definitionPart, batchPart, mwaaPart,
	rolesPart, quotasPart, registryPart, secretPart, cachesPart,
	networkPart, accessPart, hostsPart,
}

// lookup returns what is known about a part. A snapshot can list an unknown part.
func (p Part) lookup() part {
	for _, known := range parts {
		if known.name == p {
			return known
		}
	}
	return part{merge: func(*Inventory, *Inventory, Request) {}}
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

package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// aclFinding is a finding with all subnets and endpoints that one entry of a network ACL affects.
type aclFinding struct {
	denial
	subnets []string
	changes []resource.ID
	toS3    bool
}

// checkACL returns one finding for each entry of a network ACL that denies traffic. A missing entry
// is a finding of its own for requests, for responses and for Amazon S3.
func checkACL(b *builder) []Finding {
	var order []string
	found := map[string]*aclFinding{}
	add := func(id resource.ID, d *denial, toS3 bool) {
		if d == nil {
			return
		}
		key := fmt.Sprint(d.acl.ID, d.entry, d.Egress)
		if d.entry >= resource.LastEntry {
			key += fmt.Sprint(d.From, toS3)
		}
		f := found[key]
		switch {
		case f == nil:
			f = &aclFinding{denial: *d, toS3: toS3}
			found[key], order = f, append(order, key)
		case d.whole && !f.whole:
			f.denial, f.subnets = *d, nil
		case f.whole && !d.whole:
			return
		}
		f.subnets = workload.Unique(append(f.subnets, inventory.Label(d.sub.Name, d.sub.ID)))
		if !slices.Contains(f.changes, id) {
			f.changes = append(f.changes, id)
		}
	}
	for _, p := range b.paths() {
		d := b.denies(p.legs)
		for _, id := range p.ends {
			add(id, d, false)
		}
	}
	if b.endpoint(gatewayS3) != nil {
		for _, c := range b.clients {
			add(gatewayS3, b.denies(b.legsToS3(c)), true)
		}
	}
	var out []Finding
	for _, key := range order {
		f := found[key]
		where := words.UpTo(f.subnets, 3)
		if f.toS3 && f.Egress {
			where += " to Amazon S3"
		} else if f.toS3 {
			where += " from Amazon S3"
		}
		text := f.text(where)
		finding := Finding{Severity: f.severity(), Undecided: !f.whole, Resource: f.acl.ID, Changes: f.changes, Message: strings.ToUpper(text[:1]) + text[1:] + ".",
			Fix: "Allow TCP 443 to the endpoints' subnets and TCP 1024-65535 back, in the network ACLs of both subnets."}
		if f.toS3 {
			list := cmp.Or(b.s3List(), b.serviceName("s3"))
			finding.Message += fmt.Sprintf(" The addresses of Amazon S3 are public (prefix list %s), even with the gateway endpoint, and %s come from there.", list, b.Workload.FromS3)
			finding.Fix = fmt.Sprintf("Allow TCP 443 out to the address blocks of prefix list %s and TCP 1024-65535 back from them, or both for %s. Network ACLs cannot use prefix lists, so enter the address blocks.", list, anywhere)
		}
		out = append(out, finding)
	}
	return out
}

// legsToS3 returns the traffic between a client subnet and Amazon S3. A gateway endpoint leads there,
// but the addresses of Amazon S3 are public. If they are not known, they can be any outside the VPC.
func (b *builder) legsToS3(c *inventory.Subnet) []leg {
	if c.CIDR == "" {
		return nil
	}
	return []leg{{c, traffic(true, port, port, b.s3Addresses())}, {c, traffic(false, ephemeral, ephemeralTop, b.s3Addresses())}}
}

func (b *builder) findS3Addresses() []string {
	if blocks := b.s3Blocks(); len(blocks) > 0 {
		return blocks
	}
	return subtract(anywhere, b.vpc.CIDRs)
}

const anywhere = "0.0.0.0/0"

// s3Blocks returns the IPv4 addresses of Amazon S3 in the Region; none if they are not known.
func (b *builder) s3Blocks() []string {
	for _, p := range b.Net.PrefixLists {
		if p.Name == b.serviceName("s3") {
			return slices.DeleteFunc(slices.Clone(p.CIDRs), func(c string) bool { return strings.Contains(c, ":") })
		}
	}
	return nil
}

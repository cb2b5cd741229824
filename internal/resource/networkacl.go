package resource

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// aclEntry prints an entry of a network ACL for JudgeACL. An absent port is 0, as in the
// inventory.
const aclEntry = "join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', " +
	"(Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])"

// Traffic is TCP traffic that the network ACL of a subnet must allow.
type Traffic struct {
	Egress bool     // out of the subnet
	From   int      // destination ports
	To     int      // the last of them
	Blocks []string // addresses of the other side
}

// String returns the traffic as the script writes it: "out 443-443 10.0.0.0/24 10.0.1.0/24".
func (t Traffic) String() string {
	return fmt.Sprintf("%s %d-%d %s", t.direction(), t.From, t.To, strings.Join(t.Blocks, " "))
}

// MarshalText writes the traffic like String.
func (t Traffic) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

func (t Traffic) direction() string {
	if t.Egress {
		return "out"
	}
	return "in"
}

// Undecided begins the result of a measurement that shows neither that a claim holds nor that it does
// not.
const Undecided = "undecided"

// ACLAllows is the result of JudgeACL if all of the traffic is allowed.
const ACLAllows = "allowed"

// JudgeACL returns what the entries of a network ACL, in the form that parseACL reads, do to the
// traffic: ACLAllows, a text that begins with "denied" if they deny all of one Traffic, and a text that
// begins with Undecided if they deny a part, because the addresses and ports in use are not known.
// The bash function acl_result of package export does the same.
func JudgeACL(text string, traffic []Traffic) string {
	entries := parseACL(text)
	if len(entries) == 0 { // each network ACL has a last entry, which denies everything
		return Undecided + ": AWS shows no network ACL of this subnet"
	}
	out := ACLAllows
	for _, t := range traffic {
		switch allowed, denied := WeighACL(entries, t); {
		case denied == 0:
		case !allowed:
			return fmt.Sprintf("denied by entry %s: %s %d-%d", entryNumber(denied), t.direction(), t.From, t.To)
		case out == ACLAllows:
			out = fmt.Sprintf("%s: entry %s denies a part of %s %d-%d", Undecided, entryNumber(denied), t.direction(), t.From, t.To)
		}
	}
	return out
}

// WeighACL reports whether entries in the order of their numbers allow any of the traffic, and the
// number of the first entry that denies some of it; 0 if none does.
func WeighACL(entries []inventory.ACLEntry, t Traffic) (allowed bool, denied int) {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e inventory.ACLEntry) bool { return e.Egress != t.Egress })
	for _, block := range t.Blocks {
		if p, err := netip.ParsePrefix(block); err == nil {
			a, d := weigh(entries, p, t.From, t.To)
			allowed, denied = allowed || a, cmp.Or(denied, d)
		}
	}
	return allowed, denied
}

// weigh evaluates traffic as AWS does: the matching entry with the lowest number decides (Amazon VPC
// user guide, Network ACL basics). If an entry matches a part of the traffic, weigh divides the
// traffic. For protocols other than TCP, UDP and ICMP, and for -1, ports do not count (Amazon EC2 API
// reference, CreateNetworkAclEntry). IPv4 and IPv6 are separate (Amazon VPC user guide, Custom
// network ACLs).
func weigh(entries []inventory.ACLEntry, block netip.Prefix, first, last int) (allowed bool, denied int) {
	both := func(x, y []inventory.ACLEntry, xBlock, yBlock netip.Prefix, xFirst, xLast, yFirst, yLast int) (bool, int) {
		xAllowed, xDenied := weigh(x, xBlock, xFirst, xLast)
		yAllowed, yDenied := weigh(y, yBlock, yFirst, yLast)
		return xAllowed || yAllowed, cmp.Or(xDenied, yDenied)
	}
	for i, e := range entries {
		from, to := e.From, e.To
		switch e.Protocol {
		case "-1":
			from, to = 0, 65535
		case "6":
		default:
			continue
		}
		on, err := netip.ParsePrefix(e.CIDR)
		if err != nil || !on.Overlaps(block) || to < first || from > last {
			continue
		}
		switch {
		case from > first:
			return both(entries[i+1:], entries[i:], block, block, first, from-1, from, last)
		case to < last:
			return both(entries[i:], entries[i+1:], block, block, first, to, to+1, last)
		case on.Bits() > block.Bits():
			low, high := Halves(block)
			return both(entries[i:], entries[i:], low, high, first, last, first, last)
		case e.Allow:
			return true, 0
		}
		return false, e.Number
	}
	return false, LastEntry
}

// Halves divides a block of more than one address.
func Halves(p netip.Prefix) (low, high netip.Prefix) {
	bytes := p.Masked().Addr().AsSlice()
	bytes[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	top, _ := netip.AddrFromSlice(bytes)
	return netip.PrefixFrom(p.Masked().Addr(), p.Bits()+1), netip.PrefixFrom(top, p.Bits()+1)
}

// LastEntry is the lowest number of the entries that AWS shows as *: they deny what no other entry
// matches.
const LastEntry = 32767

func entryNumber(n int) string {
	if n >= LastEntry {
		return "*"
	}
	return strconv.Itoa(n)
}

// EntryName returns how a text names an entry: "entry 100".
func EntryName(n int) string {
	if n >= LastEntry {
		return "last entry (*)"
	}
	return "entry " + strconv.Itoa(n)
}

// parseACL reads entries in the order of their numbers, each with direction, number, action, protocol,
// block and ports: "in/100/allow/-1/0.0.0.0/0/all out/100/allow/6/10.0.0.0/16/443-443". It skips
// what it cannot read.
func parseACL(text string) []inventory.ACLEntry {
	var out []inventory.ACLEntry
	for _, one := range strings.Fields(text) {
		part := strings.Split(one, "/")
		if len(part) != 7 {
			continue
		}
		number, err := strconv.Atoi(part[1])
		if err != nil {
			continue
		}
		e := inventory.ACLEntry{Number: number, Egress: part[0] == "out", Allow: part[2] == "allow", Protocol: part[3], CIDR: part[4] + "/" + part[5]}
		from, to, _ := strings.Cut(part[6], "-")
		e.From, _ = strconv.Atoi(from) // "all" has no numbers
		e.To, _ = strconv.Atoi(to)
		out = append(out, e)
	}
	return out
}

// ACL claims that the network ACL of a subnet allows the traffic.
type ACL struct {
	Subnet     Value     `json:"subnet"`
	NetworkACL string    `json:"network_acl"`
	Traffic    []Traffic `json:"traffic"`
}

// Kind implements Measure.
func (ACL) Kind() ClaimKind { return "network-acl" }

func (m ACL) check(c Claim, _ *Change) (Check, bool) {
	check, _ := equals(ec2("DescribeNetworkAcls", filters("vpc-id", value(Ref(c.VPC))),
		expr("NetworkAcls[?Associations[?SubnetId==", m.Subnet, "]].join(' ', sort_by([Entries][], &RuleNumber)[].", aclEntry, ") | [0]")), ACLAllows)
	check.Traffic = m.Traffic
	return check, true
}

package plan_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// entry is one entry of a network ACL in the text that JudgeACL reads.
type entry struct {
	out, allow bool
	protocol   string
	block      string
	from, to   int
}

func aclText(entries []entry) string {
	var out []string
	for i, e := range append(slices.Clone(entries), entry{protocol: "-1", block: "0.0.0.0/0"}, entry{out: true, protocol: "-1", block: "0.0.0.0/0"}, entry{protocol: "-1", block: "::/0"}, entry{out: true, protocol: "-1", block: "::/0"}) {
		way, action, ports, number := "in", "deny", "all", 10*i+10
		if e.out {
			way = "out"
		}
		if e.allow {
			action = "allow"
		}
		if e.protocol == "6" || e.protocol == "17" {
			ports = fmt.Sprintf("%d-%d", e.from, e.to)
		}
		if i >= len(entries) {
			number = 32767
		}
		out = append(out, fmt.Sprintf("%s/%d/%s/%s/%s/%s", way, number, action, e.protocol, e.block, ports))
	}
	return strings.Join(out, " ")
}

// byPoints judges one Traffic by each address of its blocks with each port where an entry begins or
// ends.
func byPoints(entries []entry, t resource.Traffic) string {
	ports := []int{t.From, t.To}
	for _, e := range entries {
		ports = append(ports, e.from-1, e.from, e.to, e.to+1)
	}
	some, none := false, false
	for _, block := range t.Blocks {
		p := netip.MustParsePrefix(block)
		for a := p.Addr(); p.Contains(a); a = a.Next() {
			for _, port := range ports {
				if port < t.From || port > t.To {
					continue
				}
				i := slices.IndexFunc(entries, func(e entry) bool {
					tcp := e.protocol == "-1" || e.protocol == "6" && e.from <= port && port <= e.to
					return e.out == t.Egress && tcp && netip.MustParsePrefix(e.block).Contains(a)
				})
				if i >= 0 && entries[i].allow {
					some = true
				} else {
					none = true
				}
			}
		}
	}
	switch {
	case !none:
		return resource.ACLAllows
	case !some:
		return "denied"
	}
	return resource.Undecided
}

func drawEntry(t *rapid.T) entry {
	return entry{out: rapid.Bool().Draw(t, "out"), allow: rapid.Bool().Draw(t, "allow"), protocol: rapid.SampledFrom([]string{"-1", "6", "6", "6", "17", "1"}).Draw(t, "protocol"),
		block: rapid.SampledFrom([]string{"0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/28", "10.0.1.0/29", "10.0.1.8/29", "10.0.1.5/32", "10.0.2.0/28", "::/0", "2001:db8:0:1::/64", "2001:db8:0:1::4/126", "2001:db8::/125"}).Draw(t, "block"),
		from:  rapid.SampledFrom([]int{0, 400, 443, 1024, 32768, 49152}).Draw(t, "from"), to: rapid.SampledFrom([]int{443, 444, 32767, 49151, 60999, 65535}).Draw(t, "to")}
}

// JudgeACL agrees with a judgement of every single connection.
func TestJudgeACL(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rapid.Custom(drawEntry), 0, 6).Draw(t, "entries")
		traffic := resource.Traffic{Egress: rapid.Bool().Draw(t, "egress"), From: 443, To: 443,
			Blocks: rapid.SampledFrom([][]string{{"10.0.1.0/28"}, {"10.0.1.0/28", "10.0.2.0/28"}, {"2001:db8::/124"}, {"10.0.1.0/28", "2001:db8::/125"}}).Draw(t, "blocks")}
		if rapid.Bool().Draw(t, "responses") {
			traffic.From, traffic.To = 32768, 60999
		}
		got, want := resource.JudgeACL(aclText(entries), []resource.Traffic{traffic}), byPoints(entries, traffic)
		if !strings.HasPrefix(got, want) {
			t.Fatalf("%s\n%s: %q, want %s", aclText(entries), traffic, got, want)
		}
	})
}

func TestJudgeACLOfSeveral(t *testing.T) {
	all := entry{allow: true, protocol: "-1", block: "0.0.0.0/0"}
	part := resource.Traffic{From: 443, To: 443, Blocks: []string{"10.0.0.0/24", "10.0.9.0/24"}}
	whole := resource.Traffic{From: 443, To: 443, Blocks: []string{"10.0.9.0/24"}}
	deny := entry{protocol: "6", block: "10.0.9.0/24", from: 443, to: 443}
	for _, tt := range []struct {
		entries []entry
		traffic []resource.Traffic
		want    string
	}{
		{[]entry{all}, []resource.Traffic{part, whole}, "allowed"},
		{[]entry{deny, all}, []resource.Traffic{part}, "undecided: entry 10 denies a part of in 443-443"},
		{[]entry{deny, all}, []resource.Traffic{part, whole}, "denied by entry 10: in 443-443"},
		{[]entry{all, deny}, []resource.Traffic{part, whole}, "allowed"},
		{nil, []resource.Traffic{whole}, "denied by entry *: in 443-443"},
	} {
		if got := resource.JudgeACL(aclText(tt.entries), tt.traffic); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.entries, got, tt.want)
		}
	}
	if got := resource.JudgeACL("None", []resource.Traffic{whole}); !strings.HasPrefix(got, resource.Undecided) {
		t.Errorf("without an ACL: %q", got)
	}
}

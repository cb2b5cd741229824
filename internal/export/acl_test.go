package export

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// aclCase is a network ACL with what it must allow.
type aclCase struct {
	name    string
	entries []inventory.ACLEntry
	subnet  string // of the ACL
}

// aclCases are all sequences of up to two entries for each of the four legs of a path from subnet-a
// to an endpoint in subnet-b.
func aclCases() []aclCase {
	var out []aclCase
	for _, leg := range []struct {
		subnet            string
		egress            bool
		peer, half, other string
		first, mid, last  int
	}{
		{"subnet-a", true, "10.0.1.0/24", "10.0.1.128/25", "10.0.2.0/24", 443, 443, 443},
		{"subnet-b", false, "10.0.0.0/24", "10.0.0.0/25", "10.0.2.0/24", 443, 443, 443},
		{"subnet-b", true, "10.0.0.0/24", "10.0.0.64/26", "10.0.2.0/24", 32768, 49152, 60999},
		{"subnet-a", false, "10.0.1.0/24", "10.0.1.7/32", "10.0.2.0/24", 32768, 49152, 60999},
	} {
		var kinds []inventory.ACLEntry
		for _, allow := range []bool{true, false} {
			for _, e := range []inventory.ACLEntry{
				{Protocol: "-1", CIDR: "0.0.0.0/0"},
				{Protocol: "6", CIDR: leg.peer, From: leg.first, To: leg.last},
				{Protocol: "6", CIDR: "10.0.0.0/16", From: 0, To: 65535},
				{Protocol: "6", CIDR: leg.half, From: leg.first, To: leg.last},
				{Protocol: "6", CIDR: leg.peer, From: 1, To: leg.mid - 1},
				{Protocol: "6", CIDR: leg.peer, From: leg.mid, To: 65535},
				{Protocol: "17", CIDR: leg.peer, From: 0, To: 65535},
				{Protocol: "1", CIDR: "0.0.0.0/0"},
				{Protocol: "-1", CIDR: leg.other},
			} {
				e.Allow, e.Egress = allow, leg.egress
				kinds = append(kinds, e)
			}
		}
		add := func(entries ...inventory.ACLEntry) {
			for i := range entries {
				entries[i].Number = 10 + i
			}
			for _, egress := range []bool{true, false} {
				if egress != leg.egress {
					entries = append(entries, inventory.ACLEntry{Number: 100, Egress: egress, Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"})
				}
				entries = append(entries, inventory.ACLEntry{Number: 32767, Egress: egress, Protocol: "-1", CIDR: "0.0.0.0/0"})
			}
			out = append(out, aclCase{fmt.Sprintf("%s %+v", leg.subnet, entries), entries, leg.subnet})
		}
		add()
		for _, x := range kinds {
			add(x)
			for _, y := range kinds {
				add(x, y)
			}
		}
	}
	return out
}

// world is an account with a client in subnet-a, an endpoint in subnet-b, and the network ACL.
func (c aclCase) world() *plantest.World {
	w := plantest.New()
	needs := []string{"awslogs"}
	w.Ans.Needs, w.Ans.Clients, w.Ans.Subnets = &needs, []string{"subnet-a"}, []string{"subnet-b"}
	w.Net().NetworkACLs = append(w.Net().NetworkACLs, inventory.NetworkACL{ID: "acl-2", Subnets: []string{c.subnet}, Entries: c.entries})
	return w
}

// answer is the network ACL as AWS shows it, in another order.
func (c aclCase) answer() any {
	var entries []any
	for _, e := range slices.Backward(c.entries) {
		action := "deny"
		if e.Allow {
			action = "allow"
		}
		one := map[string]any{"RuleNumber": float64(e.Number), "Egress": e.Egress, "RuleAction": action, "Protocol": e.Protocol, "CidrBlock": e.CIDR}
		if e.Protocol == "6" || e.Protocol == "17" {
			one["PortRange"] = map[string]any{"From": float64(e.From), "To": float64(e.To)}
		}
		entries = append(entries, one)
	}
	return map[string]any{"NetworkAcls": []any{
		map[string]any{"NetworkAclId": "acl-1", "Associations": []any{map[string]any{"SubnetId": "subnet-c"}}, "Entries": []any{}},
		map[string]any{"NetworkAclId": "acl-2", "Associations": []any{map[string]any{"SubnetId": c.subnet}}, "Entries": entries}}}
}

// The plan, the verification of apply and the script judge every network ACL in the same way.
func TestNetworkACLsAreJudgedAlike(t *testing.T) {
	found := map[string]int{}
	var script strings.Builder
	script.WriteString("set -euo pipefail\n" + functions + acl)
	var names, applied []string
	for _, c := range aclCases() {
		p := c.world().Plan()
		planned := resource.ACLAllows
		for _, f := range p.Findings {
			if f.Rule == "G-NACL" {
				planned = map[plan.Severity]string{plan.Error: "denied", plan.Warn: resource.Undecided}[f.Severity]
			}
		}
		found[planned]++
		i := slices.IndexFunc(p.Claims, func(k resource.Claim) bool {
			acl, ok := k.Measure.(resource.ACL)
			return ok && acl.Subnet.Lit == c.subnet
		})
		if i < 0 {
			t.Fatalf("%s: no claim", c.name)
		}
		check, _ := p.Claims[i].Check(nil)
		got, err := resource.Query(check.Call.Out[0].Lit, c.answer())
		if err != nil {
			t.Fatal(err)
		}
		result := check.Read(resource.Text(got))
		if !strings.HasPrefix(result, planned) {
			t.Errorf("%s: the plan says %s, apply says %s", c.name, planned, result)
		}
		names, applied = append(names, c.name), append(applied, result)
		fmt.Fprintf(&script, "acl_result %s", quote(resource.Text(got)))
		for _, traffic := range check.Traffic {
			fmt.Fprintf(&script, " %s", quote(traffic.String()))
		}
		script.WriteString("\nprintf '%s\\n' \"$value\"\n")
	}
	t.Logf("%v", found)
	for _, verdict := range []string{resource.ACLAllows, "denied", resource.Undecided} {
		if found[verdict] < 50 {
			t.Errorf("%d network ACLs are %s", found[verdict], verdict)
		}
	}
	scripted := judgedByBash(t, script.String())
	if len(scripted) != len(applied) {
		t.Fatalf("%d results of the script, not %d", len(scripted), len(applied))
	}
	for i, result := range scripted {
		if result != applied[i] {
			t.Errorf("%s: apply says %s, the script says %s", names[i], applied[i], result)
		}
	}
}

func judgedByBash(t *testing.T, script string) []string {
	t.Helper()
	cmd := exec.Command(tool(t, "bash"))
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// IPv6 addresses have many forms.
func TestScriptJudgesIPv6(t *testing.T) {
	var script strings.Builder
	script.WriteString("set -euo pipefail\n" + functions + acl)
	var want []string
	blocks := []string{"::/0", "::1/128", "2001:db8::/32", "2001:db8:0:1::/64", "2001:db8:0:1:8000::/65", "2001:db8:0:1:0:2:3:4/126", "fe80::1:2/127", "0.0.0.0/0", "10.0.0.0/8", "32.1.13.184/32"}
	for _, entry := range blocks {
		for _, block := range blocks {
			text := "in/10/allow/6/" + entry + "/443-443 in/32767/deny/-1/0.0.0.0/0/all"
			traffic := resource.Traffic{From: 443, To: 443, Blocks: []string{block}}
			want = append(want, resource.JudgeACL(text, []resource.Traffic{traffic}))
			fmt.Fprintf(&script, "acl_result %s %s\nprintf '%%s\\n' \"$value\"\n", quote(text), quote(traffic.String()))
		}
	}
	for i, got := range judgedByBash(t, script.String()) {
		if got != want[i] {
			t.Errorf("entry %s, traffic %s: %s, want %s", blocks[i/len(blocks)], blocks[i%len(blocks)], got, want[i])
		}
	}
}

// The claim in the whole script: what it prints, and how it exits.
func TestScriptReportsNetworkACLs(t *testing.T) {
	p := one()
	p.Claims = append(p.Claims[:1], fresh(fixed).Claims[len(fresh(fixed).Claims)-2])
	for entries, tt := range map[string]struct {
		says string
		code int
	}{
		"out/10/allow/-1/0.0.0.0/0/all in/10/allow/-1/0.0.0.0/0/all in/11/allow/-1/::/0/all": {"verified      endpoint/ecr.api: the network ACL allows the traffic", 0},
		"out/10/allow/-1/0.0.0.0/0/all in/10/allow/-1/0.0.0.0/0/all":                         {"not verified  endpoint/ecr.api: the network ACL allows the traffic (undecided: entry * denies a part of in 32768-60999)", 0},
		"out/10/deny/6/10.0.0.0/16/443-443 in/10/allow/-1/0.0.0.0/0/all":                     {"FAILED        endpoint/ecr.api: the network ACL allows the traffic (found: denied by entry 10: out 443-443; expected: allowed)", 1},
		"None": {"(undecided: AWS shows no network ACL", 0},
	} {
		f := newFake(t, map[string]string{"describe-vpc-endpoints": endpoints(interfaceEndpoint("vpce-1", "available")), "describe-network-acls": "0\nendpoint/ecr.api network-acl\t" + entries})
		_, said, code := runScript(t, f.env, scriptOf(t, p))
		if code != tt.code || !strings.Contains(said, tt.says) {
			t.Errorf("%s: exit %d\n%s", entries, code, said)
		}
		if undecided := strings.Contains(tt.says, "not verified") || entries == "None"; undecided != strings.Contains(said, "cannot do or decide: 1") {
			t.Errorf("%s: %s", entries, said)
		}
	}
}

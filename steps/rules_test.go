package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// TestOfRule: the rules and the steps of the table exist.
func TestOfRule(t *testing.T) {
	for _, o := range ofRules {
		if o.step != "" && !slices.ContainsFunc(All(), func(s *Step) bool { return s.ID == o.step }) {
			t.Errorf("step %s does not exist", o.step)
		}
		for _, r := range strings.Fields(o.rules) {
			if !slices.ContainsFunc(plan.Rules(), func(x plan.RuleInfo) bool {
				return x.ID == r || strings.HasSuffix(r, "-") && strings.HasPrefix(x.ID, r)
			}) {
				t.Errorf("rule %s does not exist", r)
			}
		}
	}
	for rule, want := range map[string]string{"G-IPFREE": "endpoints-in", "R-NET": Registry, "W-STATUS": ""} {
		if got := OfRule(State{}, rule); got != want {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
	for rule, want := range map[string]string{"G-IPFREE": "subnets", "R-NET": "registry", "W-ACCESS": "mwaa.way_in", "G-DNSOFF": "private_dns", "W-STATUS": ""} {
		if got := KeyOfRule(State{}, rule); got != want {
			t.Errorf("key of %s: %q, want %q", rule, got, want)
		}
	}
	created := onGround(answers.ECSFargate)
	created.Ans.VPC, created.Ans.NewVPC = answers.PlannedVPC, &answers.NewVPC{}
	for rule, want := range map[string]string{"V-CIDR": NewVPC, "V-RANGE": NewVPC, "E-DOCKERHUB": NewVPC, "E-ECRPUBLIC": NewVPC, "R-NET": Registry} {
		if got := OfRule(created, rule); got != want {
			t.Errorf("with a new VPC, %s: %q, want %q", rule, got, want)
		}
		if got := KeyOfRule(created, rule); (got == "vpc") != (want == NewVPC) {
			t.Errorf("with a new VPC, key of %s: %q", rule, got)
		}
	}
}

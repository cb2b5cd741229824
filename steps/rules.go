package steps

import (
	"slices"
	"strings"
)

// ofRules are the steps with the answers that a rule judges. A prefix ends with a hyphen.
var ofRules = []struct{ step, rules string }{
	{"runs-in", "G-GWROUTE"},
	{"endpoints-in", "G-ONESUBAZ G-AZSUP G-TWOAZ G-IPFREE G-IPTYPE"},
	{"needs", "Q-IF Q-GW E-ECRPAIR E-SECRETS E-LOGS E-S3 E-SSMPARAM E-EXEC E-EXECKMS E-SC-CLOSED E-FIRELENS"},
	{"groups", "G-SG443 G-SHUTOUT G-PORTS Q-SG"},
	{"policy", "G-POLMAX G-POLPRIN G-POLSHAPE G-POLWILD G-POLSUP G-POLADD G-POLAGENT E-S3POL W-POLICY"},
	{AccessMethod, "W-ACCESS W-BOTHACCESS"},
	{Registry, "R- E-DOCKERHUB"},
	{Agents, "E-AGENT1251 E-AGENTOFF E-RESTART"},
}

// OfRule returns the id of the step with the answers that a rule judges; empty if no answer changes the finding.
func OfRule(s State, rule string) string {
	if creates(s) && (strings.HasPrefix(rule, "V-") || slices.Contains(strings.Fields(imageRules), rule)) {
		return NewVPC
	}
	for _, o := range ofRules {
		for _, r := range strings.Fields(o.rules) {
			if r == rule || strings.HasSuffix(r, "-") && strings.HasPrefix(rule, r) {
				return o.step
			}
		}
	}
	return ""
}

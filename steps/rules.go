package steps

import (
	"slices"
	"strings"
)

// ofRules are the steps with the answers that a rule judges, and their key in the answers file. No step asks for some keys. A
// prefix ends with a hyphen.
var ofRules = []struct{ step, key, rules string }{
	{"runs-in", "clients", "G-GWROUTE"},
	{"endpoints-in", "subnets", "G-ONESUBAZ G-AZSUP G-TWOAZ G-IPFREE G-IPTYPE"},
	{"needs", "needs", "Q-IF Q-GW E-ECRPAIR E-SECRETS E-LOGS E-S3 E-SSMPARAM E-EXEC E-EXECKMS E-SC-CLOSED E-FIRELENS"},
	{"groups", "security_groups", "G-SG443 G-SHUTOUT G-PORTS Q-SG"},
	{"policy", "endpoint_policy", "G-POLMAX G-POLPRIN G-POLSHAPE G-POLWILD G-POLSUP G-POLADD G-POLAGENT E-S3POL W-POLICY"},
	{AccessMethod, "mwaa.way_in", "W-ACCESS W-BOTHACCESS"},
	{Registry, "registry", "R- E-DOCKERHUB"},
	{Agents, "agent", "E-AGENT1251 E-AGENTOFF E-RESTART"},
	{"", "private_dns", "G-DNSDKR G-DNSOFF G-DNSCONFLICT"},
	{"", "two_phases", "G-PHASES"},
}

// OfRule returns the id of the step with the answers that a rule judges; empty if no answer changes the finding.
func OfRule(s State, rule string) string {
	step, _ := ofRule(s, rule)
	return step
}

// KeyOfRule returns the key of the answers file that a rule judges, such as "subnets"; empty if no answer changes the finding.
func KeyOfRule(s State, rule string) string {
	_, key := ofRule(s, rule)
	return key
}

func ofRule(s State, rule string) (step, key string) {
	if creates(s) && (strings.HasPrefix(rule, "V-") || slices.Contains(strings.Fields(imageRules), rule)) {
		return NewVPC, "vpc"
	}
	for _, o := range ofRules {
		for _, r := range strings.Fields(o.rules) {
			if r == rule || strings.HasSuffix(r, "-") && strings.HasPrefix(rule, r) {
				return o.step, o.key
			}
		}
	}
	return "", ""
}

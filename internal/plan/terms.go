package plan

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// termRules are the rules that a term explains. A finding has the terms in this order.
var termRules = []struct {
	term  *terms.Term
	rules string
}{
	{terms.DNSAttributes, "G-DNSATTR G-GWDNS"},
	{terms.TwoPhases, "G-PHASES"},
	{terms.PrivateDNS, "G-DNSATTR G-DNSCONFLICT G-ZONE G-FWD G-R53MORE G-DNSDKR G-DNSOFF G-NONAME G-NAMES G-R53DNS G-DNSALL G-DNSDELAY G-SHUTOUT E-ECRHOST E-PROXY W-DNS W-CUSTOMER"},
	{terms.SecurityGroup, "G-SG443 G-PORTS G-SHUTOUT G-SGEGRESS Q-SG W-SG W-ALBSG W-WORLD"},
	{terms.NetworkACL, "G-NACL W-NACL"},
	{terms.PullThroughCache, "E-ECRPTC E-ECRPUBLIC E-DOCKERHUB R-NET"},
	{terms.GatewayEndpoint, "G-GWROUTE G-GWDUP G-GWCUT G-GWREACH G-GWDNS G-S3IF Q-GW E-ECRPAIR E-S3 E-S3POL E-S3FILES"},
	{terms.Routes, "G-GWROUTE G-ROUTE E-WINLAYER E-LOGOUT E-DOCKERHUB E-ECRPUBLIC E-ECRPTC E-ECRXREGION E-MANAGED R-NET W-ROUTE W-NATPRIV W-TGW W-AF3PUB W-WHEEL"},
	{terms.BlockPublicAccess, "W-AF3PUB R-NET"},
	{terms.Zones, "G-ONESUBAZ G-AZSUP G-TWOAZ W-SUB2 C-COST"},
	{terms.CIDR, "G-IPFREE G-IPTYPE E-IPV6ONLY W-CVPNCIDR"},
	{terms.EndpointPolicy, "G-POLMAX G-POLPRIN G-POLSHAPE G-POLWILD G-POLSUP G-POLADD G-POLAGENT G-POLDELAY E-S3POL W-POLICY"},
	{terms.AgentRestart, "E-RESTART E-AGENT1251 E-AGENTOFF E-DRAINED E-ORDER E-ALL3 E-NEWREGION E-PROXY R-AGENT119"},
	{terms.RegistrySecret, "R-PERM R-KMS R-SMEP R-ECRNA R-AGENT119 R-PV120 R-NAME R-NAMESFX R-REF R-SHAPE R-EXECROLE R-XACCT R-XREGION R-DELNAME R-ROT R-FARGATEONLYWAY R-JSON R-NOLOG R-NET E-DOCKERHUB"},
	{terms.ExecutionRole, "R-PERM R-KMS R-EXECROLE E-ECRCOND E-LOGGROUP W-PERMS"},
	{terms.VPC, "G-SHARED W-SHARED A-UNSEEN"},
	{terms.FlowLogs, "G-NACL G-SGEGRESS"},
	{terms.Verification, "A-GAP A-CYCLE E-BATCHINVALID W-STATUS W-IPDRIFT G-ENCRYPT Q-THROTTLE"},
	{terms.PrivateWebServer, "W-ACCESS W-BOTHVER W-BOTHACCESS W-ALBSG W-IP2 W-IPDRIFT W-MATCH W-LISTEN W-ACMREG W-CVPNCIDR W-CVPNKEY W-CERT W-BASEURL W-ALBSCHEME W-BASTION W-ACMDOM W-MODE W-WORLD"},
	{terms.InterfaceEndpoint, "G-SVCEXISTS G-BATCHREG G-OWNED G-STATE G-XREGIONNEW G-REGION G-TYPE Q-IF Q-BW C-COST E-ECRPAIR E-ECRHALF E-ECRXREGION E-SECRETS E-LOGS E-FIRELENS E-SSMPARAM E-EXEC E-EXECKMS E-SC E-SC-CLOSED E-PV E-EKS E-GUARD E-FARGATEOPT E-BATCHALL E-BATCHNEED E-TEMPLATE W-ROUTE W-CUSTOMER"},
}

// Terms returns the terms that explain what a rule is about.
func (r RuleInfo) Terms() []*terms.Term {
	var out []*terms.Term
	for _, t := range termRules {
		if slices.Contains(strings.Fields(t.rules), r.ID) {
			out = append(out, t.term)
		}
	}
	return out
}

package plan_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// classes are the required rules for endpoints, Amazon ECS, AWS Batch and Amazon MWAA, by class.
var classes = map[plan.Class]string{
	plan.ClassGap: "G-DNSATTR G-GWROUTE E-ALL3 E-ECRPAIR E-SECRETS E-SSMPARAM E-LOGS E-FIRELENS E-S3 E-EXEC E-EXECKMS E-SC-CLOSED E-NEWREGION E-RESTART R-PERM R-KMS R-SMEP W-ROUTE W-SG W-CUSTOMER W-ALBSG V-NEW",
	plan.ClassCheck: "G-SVCEXISTS G-BATCHREG G-R53DNS G-DNSCONFLICT G-DNSDKR G-DNSOFF G-PHASES G-SHUTOUT G-SG443 G-SGEGRESS G-NACL G-ROUTE G-ENCRYPT G-ONESUBAZ G-AZSUP G-TWOAZ G-IPFREE G-SHARED" +
		" G-PORTS G-NONAME G-NAMES G-IPTYPE G-ZONE G-FWD G-R53MORE G-GWDUP G-GWCUT G-GWREACH G-GWDNS G-S3IF G-POLMAX G-POLPRIN G-POLSUP G-POLWILD G-POLADD G-POLAGENT G-POLSHAPE G-OWNED G-STATE Q-IF Q-GW Q-SG" +
		" E-AGENT1251 E-AGENTOFF E-DRAINED E-ECRHALF E-ECRPUBLIC E-ECRHOST E-ECRPTC E-ECRXREGION E-WINLAYER E-DOCKERHUB E-ECRCOND E-S3POL E-PV E-IPV6ONLY E-MANAGED E-EKS E-GUARD E-LOGOUT E-LOGGROUP E-S3FILES E-BATCHINVALID E-TEMPLATE A-CYCLE A-FIRST A-GAP A-UNSEEN" +
		" R-ECRNA R-AGENT119 R-PV120 R-NAME R-NAMESFX R-REF R-SHAPE R-EXECROLE R-XACCT R-XREGION R-NET R-DELNAME" +
		" W-STATUS W-SUB2 W-BOTHVER W-BOTHACCESS W-AF3PUB W-SHARED W-NATPRIV W-TGW W-NACL W-POLICY W-ACCESS W-DNS W-WORLD W-IP2 W-IPDRIFT W-MATCH W-LISTEN W-ACMREG W-CERT W-BASEURL W-ALBSCHEME W-BASTION W-CVPNCIDR W-CVPNKEY" +
		" V-NAME V-CIDR V-RANGE V-SIZE V-ZONE V-QUOTA V-BPA V-REGIONAL V-ONENAT V-ROUTES",
	plan.ClassSay:  "G-XREGIONNEW G-DNSALL G-DNSDELAY G-POLDELAY Q-BW C-COST E-FARGATEOPT E-SC E-PROXY E-BATCHALL E-BATCHNEED R-ROT R-FARGATEONLYWAY W-MODE W-WHEEL W-PERMS W-ACMDOM",
	plan.ClassCode: "G-REGION G-TYPE E-ORDER R-JSON R-NOLOG",
	plan.ClassLive: "Q-THROTTLE", // covered by the tests of aws and run
}

// TestNoRuleIsMissing counts the rules by class.
func TestNoRuleIsMissing(t *testing.T) {
	have := map[plan.Class][]string{}
	for _, r := range plan.Rules() {
		have[r.Class] = append(have[r.Class], r.ID)
	}
	for class, ids := range classes {
		want := strings.Fields(ids)
		slices.Sort(want)
		slices.Sort(have[class])
		if !slices.Equal(want, have[class]) {
			t.Errorf("%s: the rules are %v, not %v", class, have[class], want)
		}
		t.Logf("%s: %d rules", class, len(have[class]))
	}
}

// plans returns the plans of every case, and of accounts with as many texts as possible.
func plans() []*plan.Plan {
	var out []*plan.Plan
	for _, c := range plantest.Cases {
		w := plantest.New()
		c.Caught(w)
		out = append(out, w.Plan())
	}
	everything := plantest.New()
	everything.Net().DNSSupport = false
	everything.Service().Exec, everything.Service().ServiceConnect, everything.Inv.Clusters[0].ExecKMSKey = true, true, "key"
	everything.Def().Containers[0].Secrets = append(everything.Def().Containers[0].Secrets, "parameter")
	everything.Def().Containers = append(everything.Def().Containers, inventory.Container{Name: "stream", Image: plantest.Image, LogDriver: "awsfirelens:kinesis_streams"},
		inventory.Container{Name: "archive", Image: plantest.Image, LogDriver: "awsfirelens:s3"})
	everything.Endpoint(inventory.Endpoint{ID: "vpce-s3", Type: "Gateway", Service: "com.amazonaws.us-east-1.s3", State: "available"})
	instances := plantest.New()
	plantest.OnEC2(instances)
	young := plantest.New()
	young.Inv.Region, young.Ans.Region = "ca-west-1", "ca-west-1"
	callers := plantest.New()
	plantest.Batch(callers)
	callers.Ans.Needs = &[]string{"workload-api"}
	batch := plantest.New()
	plantest.Batch(batch)
	airflow := plantest.New()
	plantest.Airflow(airflow)
	airflow.Ans.Needs = &[]string{"secretsmanager"}
	balanced := plantest.New()
	plantest.Balanced(balanced)
	out = append(out, balanced.Plan())
	login := plantest.New()
	plantest.Registry(login)
	login.Inv.Secrets[0].KMSKey = "alias/registry"
	out = append(out, login.Plan(), airflow.Plan())
	return append(out, everything.Plan(), instances.Plan(), young.Plan(), callers.Plan(), batch.Plan())
}

func TestEveryGapYieldsARow(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range plans() {
		for _, a := range p.Changes {
			for _, id := range a.Rules {
				seen[id] = true
			}
		}
	}
	for _, id := range strings.Fields(classes[plan.ClassGap]) {
		if !seen[id] {
			t.Errorf("no change for %s", id)
		}
	}
}

func TestEveryCheckHasACase(t *testing.T) {
	for _, id := range strings.Fields(classes[plan.ClassCheck]) {
		if id != "E-TEMPLATE" && id != "R-NAME" && id != "A-CYCLE" && !slices.ContainsFunc(plantest.Cases, func(c plantest.Case) bool { return c.Rule == id }) { // of lint, of answers, and of no account
			t.Errorf("no case for %s", id)
		}
	}
}

// TestEveryTextIsUsed checks that users can read the text of each rule.
func TestEveryTextIsUsed(t *testing.T) {
	var all strings.Builder
	for _, p := range plans() {
		enc := json.NewEncoder(&all)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range plan.Rules() {
		if r.Class == plan.ClassSay && !strings.Contains(all.String(), r.Says) {
			t.Errorf("the text of %s is not used: %s", r.ID, r.Says)
		}
	}
}

// source matches a part of a rule's source: a page as guide and title, or what AWS does not document
// with what the rule rests on instead.
var source = regexp.MustCompile(`^(([A-Z]\S* )+.*?(guide|reference|documentation|knowledge center|website), \S.+|not documented by AWS: .+ \(.+\))$`)

// TestEveryRuleHasAPage checks that each rule has a source in a known form, and that each source
// belongs to a rule.
func TestEveryRuleHasAPage(t *testing.T) {
	rules := map[string]bool{}
	for _, r := range plan.Rules() {
		rules[r.ID] = true
		if r.Page() == "a rule of the wizard" {
			continue
		}
		parts := strings.Split(r.Page(), "; ")
		for i, part := range parts {
			if !source.MatchString(part) || strings.Contains(part, "http") || slices.Contains(parts[:i], part) {
				t.Errorf("the source of %s has a part that is not a page of a guide: %q", r.ID, part)
			}
		}
	}
	for id := range plan.Pages {
		if !rules[id] {
			t.Errorf("%s has a source but is not a rule", id)
		}
	}
}

// TestRequests checks the rules for our own requests against every change of every case.
func TestRequests(t *testing.T) {
	made := 0
	for _, p := range plans() {
		for _, a := range p.Changes {
			for _, c := range a.Steps().Do {
				if c.Op != "CreateVpcEndpoint" {
					continue
				}
				made++
				if typ := c.In["VpcEndpointType"]; typ != "Interface" && typ != "Gateway" {
					t.Errorf("G-TYPE: %s is created as %v", a.ID, typ)
				}
				name, _ := c.In["ServiceName"].(string)
				if _, cross := c.In["ServiceRegion"]; cross || !strings.Contains(name, "amazonaws."+p.Region+".") && !strings.Contains(name, "amazonaws.vpce."+p.Region+".") {
					t.Errorf("G-REGION: %s in %s is created for %s", a.ID, p.Region, name)
				}
			}
		}
	}
	if made < 100 {
		t.Errorf("only %d requests were checked", made)
	}
}

// TestThreeInOrder checks E-ORDER. With container instances, each endpoint waits for the one before,
// also if the instances belong to others. Without instances the order does not matter.
func TestThreeInOrder(t *testing.T) {
	waits := func(w *plantest.World) bool {
		p := w.Plan()
		all := true
		for i, code := range catalog.ECSEndpoints[1:] {
			a, before := p.Change(resource.ID("endpoint/"+code)), resource.ID("endpoint/"+catalog.ECSEndpoints[i])
			all = all && slices.Contains(a.Deps(), before) && slices.Contains(a.Rules, "E-ORDER") && strings.Contains(a.Why, "creates "+catalog.ECSEndpoints[i]+" first")
		}
		return all
	}
	w := plantest.New()
	plantest.OnEC2(w)
	if !waits(w) {
		t.Error("with container instances the three are not in order")
	}
	w = plantest.New()
	plantest.BatchOnEC2(w)
	if !waits(w) {
		t.Error("with container instances of AWS Batch the three are not in order")
	}
	w.Inv.Clusters[1].ContainerInstances = nil // an idle compute environment
	if waits(w) {
		t.Error("they wait for each other without any agent")
	}
	w = plantest.New()
	w.Inv.Region, w.Ans.Region = "ca-west-1", "ca-west-1"
	w.Hosts("other", "sg-hosts", "1.86.2")
	if !waits(w) {
		t.Error("with container instances of others they are not in order")
	}
}

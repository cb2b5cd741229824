//go:build acceptance

package export

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestAcceptanceWaysAgainstEmulator: the script makes what a load balancer is made of in an emulator
// that others wrote, and finds all of it when it is run again.
func TestAcceptanceWaysAgainstEmulator(t *testing.T) {
	t.Setenv("MOTO_ACM_VALIDATION_WAIT", "0")
	a := newAccount(t, emulator(t), clis(t)[0])
	with := a.setUp()
	group := a.aws("ec2", "create-security-group", "--group-name", "airflow", "--description", "environment", "--vpc-id", with.vpc, "--query", "GroupId")
	// The changes of this test have no answers, so the files are set here.
	certificate, key := selfSigned(t, "airflow.example.com")
	a.env = append(a.env, "certificate_file="+certificate, "private_key_file="+key)
	p := &plan.Plan{Version: plan.Version, Account: "123456789012", Partition: "aws", Region: region, VPC: with.vpc, VPCName: "main", Workload: answers.MWAA,
		Changes: plantest.Rows(with.vpc, group, with.subnets, []string{"10.0.0.9", "10.0.1.9"})}
	for _, row := range p.Changes {
		var kind resource.Measure = resource.WayIn{}
		switch row.Spec.(type) {
		case resource.Certificate:
			kind = resource.Issued{}
		case resource.SecurityGroup, resource.GroupRule:
			continue
		}
		p.Claims = append(p.Claims, resource.Claim{Change: row.ID, Measure: kind, Says: "it exists"})
	}
	sh := scriptOf(t, p)
	first, said, code := a.run(sh)
	if code != 0 || strings.Count(said, "  verified  ") != 6 || !strings.Contains(said, "Create this record in the DNS of the domain: airflow.example.com CNAME ") {
		t.Fatalf("exit %d\n%s%s", code, first, said)
	}
	made := ids(t, first)
	health := a.aws("elbv2", "describe-target-health", "--target-group-arn", made["target-group/airflow-nightly"], "--query", "sort(TargetHealthDescriptions[].Target.Id)")
	codes := a.aws("elbv2", "describe-target-groups", "--names", "airflow-nightly", "--query", "TargetGroups[0].Matcher.HttpCode")
	listens := a.aws("elbv2", "describe-listeners", "--load-balancer-arn", made["load-balancer/airflow-nightly"], "--query", "Listeners[0].[Protocol, to_string(Port), Certificates[0].CertificateArn, DefaultActions[0].TargetGroupArn]")
	if health != "10.0.0.9\t10.0.1.9" || codes != "200,302" || listens != "HTTPS\t443\t"+made["certificate/airflow.example.com"]+"\t"+made["target-group/airflow-nightly"] {
		t.Errorf("targets %q, codes %q, listener %q", health, codes, listens)
	}
	if admits := a.aws("ec2", "describe-security-group-rules", "--filters", "Name=group-id,Values="+group, "--query", "SecurityGroupRules[?!IsEgress].ReferencedGroupInfo.GroupId"); admits != made["security-group/load-balancer"] {
		t.Errorf("the environment's group allows %q", admits)
	}
	if second, said, code := a.run(sh); second != first || code != 0 || strings.Contains(said, "  done:") {
		t.Errorf("the second run made something: exit %d\n%s%s", code, second, said)
	}
}

// selfSigned writes a certificate that signed itself, and its key.
func selfSigned(t *testing.T, domain string) (certificate, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain}, NotBefore: time.Now().AddDate(0, 0, -1), NotAfter: time.Now().AddDate(1, 0, 0), BasicConstraintsValid: true}
	signed, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: text}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

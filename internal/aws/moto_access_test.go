//go:build acceptance

package aws

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// rowsOf carries rows out as the calls that they are lowered to.
type rowsOf struct {
	t      *testing.T
	c      *Client
	ctx    context.Context
	ids    map[resource.ID]string
	inputs map[string]string
}

func (r *rowsOf) value(v resource.Value) (string, error) {
	if s := r.ids[v.From] + r.inputs[v.Input]; s != "" {
		return s, nil
	}
	return "", errors.New("not known: " + string(v.From) + v.Input)
}

// make makes a call and reads its answer; what is absent is empty.
func (r *rowsOf) make(c resource.Call) string {
	r.t.Helper()
	in, expr, err := c.Bind(r.value, "token")
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := r.c.Call(r.ctx, c.Service, c.Op, in)
	var e *Error
	if errors.As(err, &e) && slices.Contains(append(slices.Clone(c.Absent), c.Done...), e.Code) {
		return ""
	}
	if err != nil {
		r.t.Fatalf("%s %s: %v", c.Service, c.Op, err)
	}
	if expr == "" {
		return ""
	}
	v, err := resource.Query(expr, out)
	if err != nil {
		r.t.Fatal(err)
	}
	if s := resource.Text(v); s != "false" && s != "None" {
		return s
	}
	return ""
}

// TestAcceptanceWaysOnMoto: what a load balancer is made of is not found, made, found, taken back
// and not found again, in an emulator that others wrote. It has no environments of Amazon
// MWAA, and issues certificates and finds targets healthy without a look.
func TestAcceptanceWaysOnMoto(t *testing.T) {
	moto(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, err := Open(ctx, Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	r := &rowsOf{t, c, ctx, map[resource.ID]string{}, map[string]string{}}
	setUp := func(op string, in map[string]any, out string) string {
		return r.make(resource.Call{Service: "ec2", Op: op, In: in, Out: []resource.Value{resource.Lit(out)}})
	}
	made, subnets := motoVPC(t, c, ctx)
	group := setUp("CreateSecurityGroup", map[string]any{"GroupName": "airflow", "Description": "environment", "VpcId": made}, "GroupId")
	r.inputs[resource.InputCertificate], r.inputs[resource.InputKey] = selfSigned(t, "airflow.example.com")

	rows := plantest.Rows(made, group, subnets, []string{"10.7.0.9", "10.7.1.9"})
	each := func(a resource.Change, do func(resource.Steps)) {
		steps := a.Steps()
		if !steps.InParts() {
			do(steps)
			return
		}
		for _, p := range steps.Parts {
			if p.Find != nil {
				do(p.Steps)
			}
		}
	}
	for _, a := range rows {
		each(a, func(s resource.Steps) {
			if id := r.make(*s.Find); id != "" {
				t.Errorf("%s exists before it is created: %s", a.ID, id)
			}
			for _, c := range s.Do {
				r.ids[a.ID] = r.make(c)
			}
			if id := r.make(*s.Find); id == "" || id != r.ids[a.ID] {
				t.Errorf("%s is not found as it was made: %q, made %q", a.ID, id, r.ids[a.ID])
			}
		})
	}
	balancer := rows[7].Steps()
	if got := r.make(balancer.Until.Call); !strings.Contains(got, "active") && !strings.Contains(got, "provisioning") {
		t.Errorf("the load balancer is %s", got)
	}
	if got := r.make(*rows[8].Steps().Tell); !strings.Contains(got, "airflow.example.com CNAME ") || !strings.Contains(got, ".elb.amazonaws.com") {
		t.Errorf("told: %s", got)
	}
	seen := loadWaysOf(t, c, ctx, made)
	if tg := seen.TargetGroup("airflow-nightly"); tg == nil || tg.Matcher != "200,302" || len(tg.Targets) != 2 {
		t.Errorf("%+v", seen.TargetGroups)
	}
	if lb := seen.LoadBalancer("airflow-nightly"); lb == nil || lb.Scheme != "internal" || lb.Listener(443) == nil || !slices.Equal(lb.Listener(443).Certificates, []string{r.ids["certificate/airflow.example.com"]}) {
		t.Errorf("%+v", seen.LoadBalancers)
	}
	for _, a := range slices.Backward(rows) {
		each(a, func(s resource.Steps) {
			for _, c := range s.Undo {
				r.make(c)
			}
			// moto does not revoke rules that are named by their ids.
			if strings.HasPrefix(string(a.ID), "security-group-rule/") {
				return
			}
			if id := r.make(*s.Find); id != "" {
				t.Errorf("%s is still there after it was taken back: %s", a.ID, id)
			}
		})
	}
}

// selfSigned is a certificate that signed itself, and its key.
func selfSigned(t *testing.T, domain string) (certificate, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain}, NotBefore: time.Now().AddDate(0, 0, -1), NotAfter: time.Now().AddDate(1, 0, 0), BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}))
}

// motoVPC makes a VPC with two subnets.
func motoVPC(t *testing.T, c *Client, ctx context.Context) (vpc string, subnets []string) {
	t.Helper()
	v, err := ec2Client(c).CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: sdk.String("10.7.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	for i, zone := range []string{"us-east-1a", "us-east-1b"} {
		s, err := ec2Client(c).CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.Vpc.VpcId, CidrBlock: sdk.String(fmt.Sprintf("10.7.%d.0/24", i)), AvailabilityZone: &zone})
		if err != nil {
			t.Fatal(err)
		}
		subnets = append(subnets, *s.Subnet.SubnetId)
	}
	return *v.Vpc.VpcId, subnets
}

func loadWaysOf(t *testing.T, c *Client, ctx context.Context, vpc string) inventory.Access {
	t.Helper()
	got, err := c.Load(ctx, inventory.Request{Part: inventory.PartAccess, VPC: vpc})
	if err != nil || len(got.Access) != 1 || len(got.Gaps) != 1 || got.Gaps[0].Call != "ec2:DescribeClientVpnEndpoints" { // which moto has not
		t.Fatalf("%v %+v", err, got)
	}
	return got.Access[0]
}

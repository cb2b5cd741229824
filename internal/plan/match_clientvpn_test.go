package plan_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// vpnRows returns the changes of a Client VPN, with their ops and existing ids.
func vpnRows(p *plan.Plan) string {
	var out []string
	for _, a := range p.Changes {
		if text := string(a.ID); strings.HasPrefix(text, "client-vpn/") || strings.HasPrefix(text, "certificate/") || strings.HasSuffix(text, "/client-vpn") {
			out = append(out, fmt.Sprintf("%s %s %s", a.Op, text, a.Existing))
		}
	}
	return strings.Join(out, "\n")
}

func TestClientVPNRows(t *testing.T) {
	const arn = "arn:aws:acm:us-east-1:" + plantest.Account + ":certificate/"
	named := func(w *plantest.World) {
		plantest.Connected(w)
		w.Ans.Airflow.ClientVPN = answers.ClientVPN{ServerCertificate: plantest.CertificateARN, ClientCertificate: plantest.CertificateARN, CIDR: "172.20.0.0/16", Subnet: "subnet-b"}
	}
	for name, tt := range map[string]struct {
		world                func(*plantest.World)
		rows, subnet, blocks string
		inputs               int
		cost                 bool
	}{
		"fresh": {plantest.Connected, "create security-group/client-vpn \nmodify security-group-rule/sg-airflow/in/client-vpn sg-airflow\ncreate certificate/vpn-client \ncreate certificate/vpn-server \n" +
			"create client-vpn/nightly \ncreate client-vpn/nightly/subnet \ncreate client-vpn/nightly/authorization ", "subnet-a", "172.16.0.0/22", 5, true},
		"there": {plantest.Dialled, "keep security-group/client-vpn sg-vpn\nkeep security-group-rule/sg-airflow/in/client-vpn sgr-way\nkeep certificate/vpn-client " + arn + "3\nkeep certificate/vpn-server " + arn + "2\n" +
			"keep client-vpn/nightly cvpn-endpoint-1\nkeep client-vpn/nightly/subnet cvpn-assoc-1\nkeep client-vpn/nightly/authorization 10.0.0.0/16", "subnet-b", "10.100.0.0/22", 0, false},
		"named": {named, "create security-group/client-vpn \nmodify security-group-rule/sg-airflow/in/client-vpn sg-airflow\nkeep certificate/vpn-client " + arn + "1\nkeep certificate/vpn-server " + arn + "1\n" +
			"create client-vpn/nightly \ncreate client-vpn/nightly/subnet \ncreate client-vpn/nightly/authorization ", "subnet-b", "172.20.0.0/16", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := plantest.New()
			tt.world(w)
			p := w.Plan()
			if got := vpnRows(p); got != tt.rows {
				t.Errorf("%s\nwant\n%s", got, tt.rows)
			}
			v, _ := p.Change("client-vpn/nightly").Spec.(resource.ClientVPN)
			s, _ := p.Change("client-vpn/nightly/subnet").Spec.(resource.ClientVPNSubnet)
			if v.CIDR != tt.blocks || s.Subnet != tt.subnet {
				t.Errorf("%s in %s", v.CIDR, s.Subnet)
			}
			if in := p.Inputs(); len(in) != tt.inputs || len(in) > 0 && (in[0].Made != "airflow-nightly" || in[0].File != "airflow-nightly-vpn/keys/ca.pem") {
				t.Errorf("%+v", in)
			}
			if strings.Contains(p.Cost.Basis, "$73.00 for 1 Client VPN subnet (730 hours at $0.10 each)") != tt.cost {
				t.Error(p.Cost.Basis)
			}
			raw, err := json.Marshal(p)
			if err != nil || strings.Contains(string(raw), `"input":"vpn-client-key"`) != (tt.inputs > 0) {
				t.Errorf("%v %s", err, raw)
			}
			for _, c := range []resource.Claim{{Change: "client-vpn/nightly", Measure: resource.Serves{}}, {Change: "client-vpn/nightly/subnet", Measure: resource.Serves{}}, {Change: "client-vpn/nightly/authorization", Measure: resource.Serves{}},
				{Change: "certificate/vpn-client", Measure: resource.Issued{}}, {Change: "client-vpn/nightly", Measure: resource.Inside{}}} {
				found := false
				for _, have := range p.Claims {
					found = found || have.Change == c.Change && have.Kind() == c.Kind()
				}
				if !found {
					t.Errorf("no claim %s for %s", c.Kind(), c.Change)
				}
			}
		})
	}
}

// A name with characters that a DNS label does not allow, and longer than a label.
func TestClientVPNOfALongName(t *testing.T) {
	w := plantest.New()
	plantest.Connected(w)
	name := "Night_ly" + strings.Repeat("-x", 36)
	w.Env().Name, w.Ans.Airflow.Environment = name, name
	in := w.Plan().Inputs()
	if len(in) != 5 || !strings.HasPrefix(in[0].Made, "airflow-night-ly-x") || len(in[0].Made) > 57 || strings.HasSuffix(in[0].Made, "-") {
		t.Errorf("%+v", in)
	}
}

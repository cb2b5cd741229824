package mwaa

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// TestMatrixOfAirflow checks the columns of the matrix for Amazon MWAA.
func TestMatrixOfAirflow(t *testing.T) {
	private, public := endpoints{private: true}, endpoints{}
	old := endpoints{private: true, list23: true, offers: func(code string) bool { return code != "airflow.ops" }}
	const five, none = "s3 logs monitoring sqs kms", "logs monitoring sqs kms"
	for _, tt := range []struct {
		name                             string
		f                                catalog.Facts
		required, recommended, notNeeded string
	}{
		{"private, closed", catalog.Facts{Own: private, Egress: catalog.Closed}, five, "", "ecr.api ecr.dkr airflow.api airflow.env airflow.ops secretsmanager"},
		{"private, with internet access", catalog.Facts{Own: private, Egress: catalog.Open}, "", five, "airflow.api"},
		{"private, by a transit gateway", catalog.Facts{Own: private, Egress: catalog.Maybe}, "", five, ""},
		{"public, with internet access", catalog.Facts{Own: public, Egress: catalog.Open}, "", "s3", none},
		{"public, closed", catalog.Facts{Own: public, Egress: catalog.Closed}, five, "", "airflow.api"},
		{"callers of the API", catalog.Facts{Own: private, Egress: catalog.Closed, Uses: map[string][]string{"workload-api": {"seen"}}}, five + " airflow.api airflow.env", "", "airflow.ops"},
		{"the list of 2023", catalog.Facts{Own: old, Egress: catalog.Closed}, five + " ecr.api ecr.dkr airflow.api airflow.env", "", "airflow.ops"},
		{"a secrets backend", catalog.Facts{Own: private, Egress: catalog.Closed, Uses: map[string][]string{"secretsmanager": {"seen"}, "ssm-parameters": {"seen"}}}, five, "secretsmanager ssm", ""},
		{"a bastion without internet access", catalog.Facts{Own: endpoints{private: true}, Sessions: catalog.Closed, Egress: catalog.Closed}, five + " ssm ssmmessages", "", ""},
		{"a bastion by a transit gateway", catalog.Facts{Own: endpoints{private: true}, Sessions: catalog.Maybe, Egress: catalog.Closed}, five, "ssm ssmmessages", ""},
		{"a bastion with internet access", catalog.Facts{Own: endpoints{private: true}, Sessions: catalog.Open, Egress: catalog.Closed}, five, "", ""},
		{"extra, and a new Region", catalog.Facts{Own: private, Egress: catalog.Closed, Region: "ca-west-1", Extra: []string{"sts"}}, five, "sts", ""},
	} {
		got := map[string]string{}
		for _, v := range catalog.Verdicts(tt.f) {
			switch {
			case v.Required:
				got[v.Code] = "required"
			case v.Needed:
				got[v.Code] = "recommended"
			default:
				got[v.Code] = "not needed"
			}
		}
		for want, codes := range map[string]string{"required": tt.required, "recommended": tt.recommended, "not needed": tt.notNeeded} {
			for _, code := range strings.Fields(codes) {
				if got[code] != want {
					t.Errorf("%s: %s is %q, not %q", tt.name, code, got[code], want)
				}
			}
		}
		if got["ecs-agent"] != "" {
			t.Errorf("%s: it mentions ecs-agent (%s)", tt.name, got["ecs-agent"])
		}
	}
	// The pages of the guide disagree about these, so no text may say that they are not needed.
	for _, w := range catalog.Verdicts(catalog.Facts{Own: private, Egress: catalog.Closed}) {
		if strings.HasPrefix(w.Code, "airflow.") || strings.HasPrefix(w.Code, "ecr.") {
			if !strings.Contains(w.Why, "disagrees with itself") || !strings.Contains(w.Why, "endpoints: 2023") {
				t.Errorf("%s: %q", w.Code, w.Why)
			}
		}
	}
	for _, w := range catalog.Verdicts(catalog.Facts{Own: old, Egress: catalog.Closed, Uses: map[string][]string{"secretsmanager": {"seen"}}, Extra: []string{"sts"}}) {
		if strings.Contains(w.Why, "awslogs") || strings.Contains(w.Why, "Amazon ECS") || w.Why == "" {
			t.Errorf("%s: %q", w.Code, w.Why)
		}
	}
}

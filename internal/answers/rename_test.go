package answers_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
)

func TestRename(t *testing.T) {
	given := answers.Answers{Workload: answers.ECSFargate, Region: "us-east-1", Service: "prod/web", VPC: "vpc-1", Extra: []string{"sts"}, Redeploy: []string{"prod/web"}, TwoPhases: new(true)}
	given.Registry = answers.Registry{Secret: "docker/hub", Value: answers.RegistryKeep, Containers: []string{"app", "log"}}
	given.Airflow.LoadBalancer = answers.LoadBalancer{Domain: "airflow.example.com", CertificateFile: "cert.pem", Admit: []string{"10.0.0.0/8"}}
	want := given
	want.Service, want.Redeploy = "<prod/web>", []string{"<prod/web>"}
	want.Registry.Secret, want.Registry.Containers = "<docker/hub>", []string{"<app>", "<log>"}
	want.Airflow.LoadBalancer.Domain = "<airflow.example.com>"
	if d := cmp.Diff(want, given.Rename(func(s string) string { return "<" + s + ">" })); d != "" {
		t.Error(d)
	}
	if given.Redeploy[0] != "prod/web" || given.Registry.Containers[0] != "app" {
		t.Errorf("the given answers changed: %+v", given)
	}
}

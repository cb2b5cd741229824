package plan_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// The services with running tasks are those of the plan.
func TestServicesWithRunningTasks(t *testing.T) {
	w := plantest.New()
	w.Hosts("workers", "sg-hosts", "1.86.2")
	service := func(name, launch string, running int, subnets ...string) inventory.Service {
		return inventory.Service{ARN: "arn:" + name, Name: name, LaunchType: launch, Running: running, Desired: 2, Subnets: subnets}
	}
	w.Inv.Cluster("workers").Services = []inventory.Service{service("own", "EC2", 1, "subnet-a"), service("mail", "EC2", 2), service("idle", "EC2", 0), service("far", "EC2", 1, "subnet-of-another-vpc")}
	w.Inv.Clusters = append(w.Inv.Clusters, inventory.Cluster{ARN: "arn:c:web", Name: "web", Services: []inventory.Service{service("shop", "FARGATE", 3, "subnet-b")}},
		inventory.Cluster{ARN: "arn:c:away", Name: "away", Services: []inventory.Service{service("there", "EC2", 1)}}) // on instances in another VPC
	for name, tt := range map[string]struct {
		ans  answers.Answers
		want []string
	}{
		"of a cluster":       {answers.Answers{Workload: answers.ECSEC2, Service: "workers"}, []string{"workers/mail", "workers/own"}},
		"one":                {answers.Answers{Workload: answers.ECSEC2, Service: "workers/own"}, []string{"workers/own"}},
		"one by its ARN":     {answers.Answers{Workload: answers.ECSEC2, Service: "arn:own"}, []string{"workers/own"}},
		"without tasks":      {answers.Answers{Workload: answers.ECSEC2, Service: "workers/idle"}, nil},
		"of all":             {answers.Answers{Workload: answers.ECSEC2}, []string{"workers/mail", "workers/own"}},
		"of all on Fargate":  {answers.Answers{Workload: answers.ECSFargate, Service: "web"}, []string{"web/shop"}},
		"of jobs":            {answers.Answers{Workload: answers.BatchEC2}, nil},
		"not of this launch": {answers.Answers{Workload: answers.ECSFargate, Service: "workers"}, nil},
	} {
		tt.ans.VPC = plantest.VPC
		if got := plan.ScopeOf(&w.Inv, tt.ans).WithTasks(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestNotRunningCountsTheRest: of many services, three are listed.
func TestNotRunningCountsTheRest(t *testing.T) {
	for n, want := range map[int]string{4: "1 more service does not run all tasks.", 5: "2 more services do not run all tasks."} {
		w := plantest.New()
		first := *w.Service()
		w.Inv.Clusters[0].Services = nil
		for i := range n {
			svc := first
			svc.ARN, svc.Name, svc.Desired = fmt.Sprint("arn:", i), fmt.Sprint("web", i), 1
			w.Inv.Clusters[0].Services = append(w.Inv.Clusters[0].Services, svc)
		}
		lines := plan.ScopeOf(&w.Inv, w.Ans).NotRunning()
		if len(lines) != 4 || lines[3] != want {
			t.Errorf("%d services: %q", n, lines)
		}
	}
}

package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// withFirst asks for a first workload in a world.
func withFirst(w *plantest.World, image string) {
	w.Ans.First, w.Ans.Service, w.Ans.ComputeEnvironment = answers.First{Name: "shop", Image: image}, "", ""
	w.Ans.Clients = []string{"subnet-a", "subnet-b", "sg-app"}
}

// TestFirstWorkloadStartsLast tests that what starts tasks waits for every other change of the plan: the endpoints, their
// private DNS, the rules, the role and the log group.
func TestFirstWorkloadStartsLast(t *testing.T) {
	for id, change := range map[resource.ID]func(*plantest.World){"ecs-service/shop": func(*plantest.World) {}, "job/shop": plantest.Batch} {
		w := plantest.New()
		change(w)
		withFirst(w, plantest.Image)
		w.Ans.TwoPhases = new(true)
		p := w.Plan()
		if s := p.Stops(nil); len(s) > 0 {
			t.Fatalf("%s: %+v", id, s)
		}
		last := p.Change(id)
		if last == nil {
			t.Fatalf("no %s in the plan", id)
		}
		kinds := map[string]bool{}
		for _, c := range p.Changes {
			kinds[c.Spec.Kind()] = true
			if c.ID != id && c.Op != resource.Keep && !slices.Contains(last.Deps(), c.ID) {
				t.Errorf("%s does not wait for %s", id, c.ID)
			}
		}
		for _, kind := range []string{"vpc-endpoint", "private-dns", "security-group-rule", "role", "role-policy", "log-group"} {
			if !kinds[kind] {
				t.Errorf("%s: no %s in the plan", id, kind)
			}
		}
		for _, need := range p.Needs {
			if slices.Contains([]string{"ecr.api", "ecr.dkr", "s3", "logs"}, need.Service) && need.Verdict != "required" {
				t.Errorf("%s: %s is %s: %s", id, need.Service, need.Verdict, need.Why)
			}
			if need.Service == "secretsmanager" && need.Verdict != "not-needed" { // another service of the VPC uses it
				t.Errorf("%s: %s is %s: %s", id, need.Service, need.Verdict, need.Why)
			}
		}
	}
}

// TestPullThroughCacheIsProposed tests the fix for images outside Amazon ECR.
func TestPullThroughCacheIsProposed(t *testing.T) {
	for image, want := range map[string]string{
		"nginx:1.27":                  "--ecr-repository-prefix docker-hub --upstream-registry-url registry-1.docker.io --region us-east-1 --credential-arn ARN`) and use the image 123456789012.dkr.ecr.us-east-1.amazonaws.com/docker-hub/library/nginx:1.27.",
		"quay.io/team/app:1":          "--ecr-repository-prefix quay --upstream-registry-url quay.io --region us-east-1`) and use the image 123456789012.dkr.ecr.us-east-1.amazonaws.com/quay/team/app:1.",
		"team.azurecr.io/app:1":       "--upstream-registry-url team.azurecr.io --region us-east-1 --credential-arn ARN`",
		"public.ecr.aws/nginx/nginx":  "--ecr-repository-prefix ecr-public --upstream-registry-url public.ecr.aws --region us-east-1`",
		"registry.example.com/team/a": "Copy the image to private Amazon ECR, or give the subnets a NAT gateway",
	} {
		w := plantest.New()
		withFirst(w, image)
		found := false
		for _, f := range w.Plan().Stops(nil) {
			found = found || strings.Contains(f.Fix, want)
		}
		if !found {
			t.Errorf("%s: %+v", image, w.Plan().Stops(nil))
		}
	}
}

// TestFirstWorkloadNamesItsPaths: the reason of the service or job says what uses endpoints, as the plan has it.
func TestFirstWorkloadNamesItsPaths(t *testing.T) {
	for _, tt := range []struct {
		id    resource.ID
		image string
		batch bool
		set   func(*plantest.World)
		want  string
	}{
		{"ecs-service/shop", plantest.Image, false, func(*plantest.World) {}, "Its tasks pull the image and open their log streams through the endpoints. If they run, these paths work."},
		{"ecs-service/shop", "public.ecr.aws/nginx/nginx:1", false, func(w *plantest.World) { w.Ans.Needs = &[]string{"awslogs"} }, "Its tasks open their log streams through the endpoints, and pull the image without an endpoint."},
		{"job/shop", plantest.Image, true, func(*plantest.World) {}, "Only a job shows that jobs can pull the image and open their log streams through the endpoints."},
		{"job/shop", "nginx", true, func(w *plantest.World) { w.Ans.Needs = &[]string{} }, "Only a job shows that jobs can pull the image and open their log streams without an endpoint."},
	} {
		w := plantest.New()
		if tt.batch {
			plantest.Batch(w)
		}
		withFirst(w, tt.image)
		tt.set(w)
		if why := w.Plan().Change(tt.id).Why; !strings.HasPrefix(why, tt.want) {
			t.Errorf("%s: %q, want %q", tt.id, why, tt.want)
		}
	}
}

// TestTablesNameTheirGatewayEndpoint: a new route table only has the route of a gateway endpoint that the plan creates.
func TestTablesNameTheirGatewayEndpoint(t *testing.T) {
	for _, needs := range [][]string{{"awslogs"}, {"ecr", "awslogs"}} {
		w := plantest.New()
		plantest.NewVPC(w)
		w.Ans.NewVPC.Internet, w.Ans.Needs = answers.InternetNAT, &needs
		p := w.Plan()
		has := p.Change("endpoint/s3") != nil
		if has != (len(needs) == 2) {
			t.Fatalf("%v: %v", needs, has)
		}
		seen, tables := false, 0
		for _, a := range p.Changes {
			switch a.Spec.(type) {
			case resource.RouteTable, resource.Route:
				tables++
				seen = seen || strings.Contains(a.Why, "gateway endpoint for s3")
			}
		}
		if seen != has || tables == 0 {
			t.Errorf("%v: the plan has an endpoint for s3: %v, and its route tables name it: %v", needs, has, seen)
		}
	}
}

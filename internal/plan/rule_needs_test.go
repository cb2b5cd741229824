package plan_test

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// leftOut returns the finding about a need that the answers do not select.
func leftOut(w *plantest.World, need string) *plan.Finding {
	w.Ans.Needs = &[]string{}
	p := w.Plan()
	for i, f := range p.Findings {
		if f.Resource == need && strings.Contains(f.Message, "is not selected") {
			return &p.Findings[i]
		}
	}
	return nil
}

// TestLeftOut tests what fails without each need.
func TestLeftOut(t *testing.T) {
	container := func(c inventory.Container) func(*plantest.World) {
		return func(w *plantest.World) {
			c.Name, c.Image = "side", image
			w.Def().Containers[0].LogDriver = ""
			w.Def().Containers = append(w.Def().Containers, c)
		}
	}
	exec := func(change func(*inventory.Cluster)) func(*plantest.World) {
		return func(w *plantest.World) {
			w.Service().Exec, w.Def().Containers[0].LogDriver = true, "json-file"
			change(&w.Inv.Clusters[0])
		}
	}
	file := []string{"arn:aws:s3:::settings/router.conf"}
	for _, tt := range []struct {
		name, need, says string
		change           func(*plantest.World)
	}{
		{"image", "ecr", "those tasks do not start in", func(*plantest.World) {}},
		{"secret", "secretsmanager", "those tasks do not start in", func(*plantest.World) {}},
		{"driver", "awslogs", "those tasks may not start, or lose their logs in", func(*plantest.World) {}},
		{"plug-in", "awslogs", "those tasks may not start, or lose their logs in", container(inventory.Container{LogDriver: "awsfirelens:cloudwatch"})},
		{"job", "awslogs", "those jobs may not start, or lose their logs in", plantest.Batch},
		{"job without a driver", "awslogs", "those jobs may not start, or lose their logs in", func(w *plantest.World) {
			plantest.Batch(w)
			w.Inv.Batch.Definitions[0].Containers[0].LogDriver = ""
		}},
		{"job, image", "ecr", "those jobs do not start in", plantest.Batch},
		{"session group", "awslogs", "the logs of ECS Exec sessions may be lost in", exec(func(c *inventory.Cluster) { c.ExecLogGroup = "/sessions" })},
		{"session bucket", "s3", "the logs of ECS Exec sessions may be lost in", exec(func(c *inventory.Cluster) { c.ExecBucket = "sessions" })},
		{"sessions", "exec", "ECS Exec sessions do not open in", exec(func(*inventory.Cluster) {})},
		{"firehose", "firehose", "the logs are lost in", container(inventory.Container{LogDriver: "awsfirelens:kinesis_firehose"})},
		{"kinesis", "kinesis", "the logs are lost in", container(inventory.Container{LogDriver: "awsfirelens:kinesis_streams"})},
		{"log bucket", "s3", "the logs are lost in", container(inventory.Container{LogDriver: "awsfirelens:s3", LogBucket: "archive"})},
		{"file", "s3", "those tasks do not start in", container(inventory.Container{Files: file})},
		{"file and log bucket", "s3", "tasks that read files do not start, and the logs are lost in", container(inventory.Container{LogDriver: "awsfirelens:s3", LogBucket: "archive", Files: file})},
		{"environment file", "env-files", "those tasks do not start in", container(inventory.Container{EnvFiles: []string{"arn:aws:s3:::settings/a.env"}})},
	} {
		w := plantest.New()
		tt.change(w)
		if f := leftOut(w, tt.need); f == nil || !strings.Contains(f.Message, "Without it, "+tt.says) || strings.Contains(f.Message, "unless") {
			t.Errorf("%s: want %q, got %+v", tt.name, tt.says, f)
		}
	}
}

// TestLeftOutWithCentralEndpoints gives the VPC zones and rules of a central network. The finding says so
// if they answer every name of the need's endpoints.
func TestLeftOutWithCentralEndpoints(t *testing.T) {
	zones := func(names ...string) func(*plantest.World) {
		return func(w *plantest.World) {
			for _, n := range names {
				w.Net().HostedZones = append(w.Net().HostedZones, inventory.HostedZone{ID: "Z-" + n, Name: n + ".us-east-1.amazonaws.com", Owner: "999999999999"})
			}
		}
	}
	rule := func(domain, kind string) func(*plantest.World) {
		return func(w *plantest.World) {
			w.Net().Resolver.Rules = append(w.Net().Resolver.Rules, inventory.ResolverRule{ID: "rr-" + domain, Domain: domain, Type: kind})
		}
	}
	for _, tt := range []struct {
		name, need, unless string
		change             func(*plantest.World)
	}{
		{"zone", "awslogs", "unless private hosted zone Z-logs leads to endpoints elsewhere.", zones("logs")},
		{"other zone", "awslogs", "", zones("monitoring")},
		{"rule", "secretsmanager", "unless Resolver rule rr-amazonaws.com leads to endpoints elsewhere.", rule("amazonaws.com", "FORWARD")},
		{"rule for all", "secretsmanager", "unless Resolver rule rr-. leads to endpoints elsewhere.", rule(".", "FORWARD")},
		{"system rule", "secretsmanager", "", rule("amazonaws.com", "SYSTEM")},
		{"all of three", "ecr", "unless private hosted zone Z-api.ecr, private hosted zone Z-dkr.ecr, private hosted zone Z-s3 lead to endpoints elsewhere.", zones("api.ecr", "dkr.ecr", "s3")},
		{"two of three", "ecr", "", zones("api.ecr", "dkr.ecr")},
	} {
		w := plantest.New()
		tt.change(w)
		f := leftOut(w, tt.need)
		if f == nil || !strings.HasSuffix(f.Message, tt.unless) || tt.unless == "" && strings.Contains(f.Message, "unless") {
			t.Errorf("%s: want %q, got %+v", tt.name, tt.unless, f)
		}
	}
}

// TestLeftOutWithExistingEndpoints: an existing endpoint may serve a need that is not selected, if names of
// the service lead to it. Then the finding does not say that something fails.
func TestLeftOutWithExistingEndpoints(t *testing.T) {
	ready := func(code string, change func(*inventory.Endpoint)) func(*plantest.World) {
		return func(w *plantest.World) {
			e := plantest.Ready(code)
			if change != nil {
				change(&e)
			}
			w.Endpoint(e)
		}
	}
	labels := map[string]string{"awslogs": "Write logs to CloudWatch Logs", "ecr": "Pull images from Amazon ECR"}
	const fails, unchecked = "Without it, ", "but the plan does not check whether the workload can use "
	for name, tt := range map[string]struct {
		need, says string
		changes    []func(*plantest.World)
	}{
		"one endpoint":         {"awslogs", "The VPC has endpoint vpce-logs for it, " + unchecked + "it.", []func(*plantest.World){ready("logs", nil)}},
		"of another service":   {"awslogs", fails, []func(*plantest.World){ready("kms", nil)}},
		"without private DNS":  {"awslogs", fails, []func(*plantest.World){ready("logs", func(e *inventory.Endpoint) { e.PrivateDNS = false })}},
		"failed":               {"awslogs", fails, []func(*plantest.World){ready("logs", func(e *inventory.Endpoint) { e.State = "failed" })}},
		"two of three":         {"ecr", fails, []func(*plantest.World){ready("ecr.api", nil), ready("ecr.dkr", nil)}},
		"three, one a gateway": {"ecr", "The VPC has endpoints for it (vpce-ecr.api, vpce-ecr.dkr, vpce-s3), " + unchecked + "them.", []func(*plantest.World){ready("ecr.api", nil), ready("ecr.dkr", nil), ready("s3", func(e *inventory.Endpoint) { e.Type, e.PrivateDNS = "Gateway", false })}},
	} {
		w := plantest.New()
		for _, change := range tt.changes {
			change(w)
		}
		if f := leftOut(w, tt.need); f != nil && (!strings.HasPrefix(f.Fix, `Select "`+labels[tt.need]+`" on the screen AWS services`) || !strings.Contains(f.Fix, "add "+tt.need+" to needs")) {
			t.Errorf("%s: %s", name, f.Fix)
		} else if f == nil || !strings.Contains(f.Message, tt.says) || strings.Contains(f.Message, fails) != (tt.says == fails) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

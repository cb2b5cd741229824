package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// TestNeedsOfDefinitions sets each field that makes a task call AWS and compares the endpoints that the
// plan adds. The service's container itself needs ecr.api, ecr.dkr, s3 and logs.
func TestNeedsOfDefinitions(t *testing.T) {
	container := func(k inventory.Container) func(*plantest.World) {
		k.Name, k.Image = "side", plantest.Image
		return func(w *plantest.World) { w.Def().Containers = append(w.Def().Containers, k) }
	}
	image := func(name string) func(*plantest.World) {
		return func(w *plantest.World) {
			w.Def().Containers = append(w.Def().Containers, inventory.Container{Name: "side", Image: plantest.Account + ".dkr.ecr." + plantest.Region + ".amazonaws.com/" + name})
		}
	}
	without := func(w *plantest.World) { // the service's container needs nothing
		w.Def().Containers[0] = inventory.Container{Name: "web", Image: "docker.io/library/nginx", LogDriver: "json-file"}
	}
	for name, tt := range map[string]struct {
		change func(*plantest.World)
		want   string // the endpoint that it adds, with the verdict and a part of the evidence
	}{
		"cloudwatch":         {container(inventory.Container{LogDriver: "awsfirelens:cloudwatch"}), "logs required container side of web:7"},
		"firehose":           {container(inventory.Container{LogDriver: "awsfirelens:firehose"}), "kinesis-firehose required container side of web:7"},
		"kinesis_firehose":   {container(inventory.Container{LogDriver: "awsfirelens:kinesis_firehose", LogRegion: plantest.Region}), "kinesis-firehose required container side of web:7"},
		"host, with port":    {container(inventory.Container{LogDriver: "awsfirelens:kinesis_firehose", LogHost: "firehose.us-east-1.amazonaws.com:443"}), "kinesis-firehose required container side of web:7"},
		"kinesis":            {container(inventory.Container{LogDriver: "awsfirelens:kinesis"}), "kinesis-streams required container side of web:7"},
		"kinesis_streams":    {container(inventory.Container{LogDriver: "awsfirelens:kinesis_streams"}), "kinesis-streams required container side of web:7"},
		"s3":                 {container(inventory.Container{LogDriver: "awsfirelens:s3", LogBucket: "b"}), "s3 required container side of web:7"},
		"file":               {container(inventory.Container{Files: []string{"arn:aws:s3:::conf/extra.conf"}}), "s3 required web:7 reads s3 conf/extra.conf"},
		"domainless":         {container(inventory.Container{DomainSecret: true}), "secretsmanager required the credential spec of container side"},
		"parameter":          {container(inventory.Container{Secrets: []string{"arn:aws:ssm:us-east-1:123456789012:parameter/spec"}}), "ssm required parameter/spec"},
		"volume":             {func(w *plantest.World) { w.Def().VolumeSecrets = []string{plantest.Secret} }, "secretsmanager required a volume of web:7"},
		"X-Ray daemon":       {image("xray-daemon:3"), "xray recommended container side of web:7"},
		"collector, traces":  {image("aws-otel-collector:1"), "xray recommended container side of web:7"},
		"collector, metrics": {image("aws-otel-collector:1"), "monitoring recommended container side of web:7"},
		"collector, logs":    {image("aws-otel-collector:1"), "logs recommended container side of web:7"},
		"agent":              {image("cloudwatch-agent:1"), "monitoring recommended container side of web:7"},
		"agent, logs":        {image("cloudwatch-agent:1"), "logs recommended container side of web:7"},
		"proxy": {func(w *plantest.World) {
			w.Service().ServiceConnect, w.Service().Proxy = true, &inventory.Container{LogDriver: "awslogs", Secrets: []string{plantest.Secret}}
		}, "logs required the Service Connect proxy of service web"},
		"secret of the proxy": {func(w *plantest.World) {
			w.Service().ServiceConnect, w.Service().Proxy = true, &inventory.Container{LogDriver: "splunk", Secrets: []string{plantest.Secret}}
		}, "secretsmanager required the Service Connect proxy of service web"},
		"exec, group": {func(w *plantest.World) {
			w.Service().Exec, w.Inv.Clusters[0].ExecLogGroup = true, "/exec"
		}, "logs required cluster prod logs ECS Exec sessions to /exec"},
		"exec, bucket": {func(w *plantest.World) {
			w.Service().Exec, w.Inv.Clusters[0].ExecBucket = true, "audit"
		}, "s3 required cluster prod logs ECS Exec sessions to bucket audit"},
	} {
		t.Run(name, func(t *testing.T) {
			w := plantest.New()
			without(w)
			tt.change(w)
			code, rest, _ := strings.Cut(tt.want, " ")
			verdict, evidence, _ := strings.Cut(rest, " ")
			p := w.Plan()
			i := slices.IndexFunc(p.Needs, func(n plan.Need) bool { return n.Service == code })
			if i < 0 || string(p.Needs[i].Verdict) != verdict || !strings.Contains(p.Needs[i].Why, evidence) {
				t.Errorf("want %s; needs: %+v", tt.want, p.Needs)
			}
		})
	}
	for name, change := range map[string]func(*plantest.World){
		"another Region":     container(inventory.Container{LogDriver: "awsfirelens:kinesis_firehose", LogRegion: "eu-west-1"}),
		"a host elsewhere":   container(inventory.Container{LogDriver: "awsfirelens:kinesis_firehose", LogHost: "firehose.eu-west-1.amazonaws.com:443"}),
		"a bucket elsewhere": container(inventory.Container{LogDriver: "awsfirelens:s3", LogHost: "us-east-1.s3.eu-west-1.amazonaws.com"}),
		"an endpoint":        container(inventory.Container{LogDriver: "awsfirelens:kinesis_firehose", LogHost: "localstack.local:4566"}),
		"other plug-in":      container(inventory.Container{LogDriver: "awsfirelens:firehose_like"}),
		"exec off":           func(w *plantest.World) { w.Inv.Clusters[0].ExecBucket = "audit" },
		"Container Insights": func(w *plantest.World) { w.Inv.Clusters[0].Insights = true },
	} {
		t.Run("not for "+name, func(t *testing.T) {
			w := plantest.New()
			without(w)
			change(w)
			for _, n := range w.Plan().Needs {
				if n.Verdict != plan.NotNeeded && n.Service != "ecr.api" && n.Service != "ecr.dkr" && n.Service != "s3" && n.Service != "ssmmessages" {
					t.Errorf("%+v", n)
				}
			}
		})
	}
}

// TestLogRegions reports every destination in another Region under the rule of its need.
func TestLogRegions(t *testing.T) {
	for driver, rule := range map[string]string{"awslogs": "E-LOGS", "awsfirelens:cloudwatch": "E-LOGS", "awsfirelens:firehose": "E-FIRELENS", "awsfirelens:kinesis_streams": "E-FIRELENS", "awsfirelens:s3": "E-S3"} {
		w := plantest.New()
		w.Def().Containers[0].LogDriver, w.Def().Containers[0].LogRegion = driver, "eu-west-1"
		f := finding(w.Plan(), rule)
		if f == nil || f.Severity != plan.Error || !strings.Contains(f.Message, "in eu-west-1. Endpoints serve their own Region only") {
			t.Errorf("%s: %+v", driver, f)
		}
	}
}

// TestSecretRegions tests secrets of another Region in each place of a definition and of a service.
func TestSecretRegions(t *testing.T) {
	far := strings.Replace(plantest.Secret, plantest.Region, "eu-west-1", 1)
	for name, change := range map[string]func(*plantest.World){
		"container": func(w *plantest.World) { w.Def().Containers[0].Secrets = []string{far} },
		"volume":    func(w *plantest.World) { w.Def().VolumeSecrets = []string{far} },
		"proxy":     func(w *plantest.World) { w.Service().Proxy = &inventory.Container{Secrets: []string{far}} },
	} {
		w := plantest.New()
		change(w)
		if f := finding(w.Plan(), "E-SECRETS"); f == nil || !strings.Contains(f.Message, "from eu-west-1") {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestPrivateLogHosts compares hosts of log destinations in subnets without internet access.
func TestPrivateLogHosts(t *testing.T) {
	for host, reported := range map[string]bool{
		"10.1.2.3": false, "172.16.0.9:514": false, "192.168.4.4": false, "127.0.0.1:24224": false, "169.254.170.2": false, "100.64.1.1": false, "[fd00::7]:514": false,
		"localhost:24224": false, "collector": false, "logs.corp.internal": false, "graylog.local:12201": false, "x.corp.example": false, "corp.example:9": false,
		"vpce-0a.logs.us-east-1.vpce.amazonaws.com": false, "internal-a.us-east-1.elb.amazonaws.com": false, "in.private.example": false,
		"8.8.8.8": true, "[2001:db8::1]:514": true, "hec.example.com:8088": true, "notcorp.example": true, "a.us-east-1.elb.amazonaws.com": true, "172.32.0.1": true, "?": true,
	} {
		w := plantest.New()
		w.Net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "corp.example"}}
		e := plantest.Ready("sts")
		e.DNSNames = []string{"in.private.example"}
		w.Endpoint(e)
		w.Def().Containers[0].LogDriver, w.Def().Containers[0].LogHost = "fluentd", host
		if f := finding(w.Plan(), "E-LOGOUT"); (f != nil) != reported {
			t.Errorf("%s: %+v", host, f)
		}
	}
	w := plantest.New() // a VPC with public addresses
	w.Inv.VPCs[0].CIDRs = append(w.Inv.VPCs[0].CIDRs, "198.51.100.0/24")
	w.Def().Containers[0].LogDriver, w.Def().Containers[0].LogHost = "gelf", "198.51.100.7:12201"
	if f := finding(w.Plan(), "E-LOGOUT"); f != nil {
		t.Error(f.Message)
	}
}

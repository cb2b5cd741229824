package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

func verdicts(f catalog.Facts) map[string]string {
	out := map[string]string{}
	for _, w := range catalog.Verdicts(f) {
		switch {
		case w.Required:
			out[w.Code] = "required"
		case w.Needed:
			out[w.Code] = "recommended"
		default:
			out[w.Code] = "not needed"
		}
	}
	return out
}

func uses(words ...string) map[string][]string {
	out := map[string][]string{}
	for _, w := range words {
		out[w] = []string{"seen"}
	}
	return out
}

// TestMatrix checks the matrix of endpoints by workload and condition.
func TestMatrix(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    catalog.Facts
		want string // "code=verdict …" that must hold
	}{
		{"fargate alone", catalog.Facts{Egress: catalog.Closed}, "ecs-agent=not needed ecs=not needed logs=not needed s3=not needed ecr.dkr=not needed"},
		{"instances", catalog.Facts{Instances: true, Egress: catalog.Closed}, "ecs-agent=required ecs-telemetry=required ecs=required logs=not needed"},
		{"instances with internet access", catalog.Facts{Instances: true, Egress: catalog.Open}, "ecs-agent=required ecs-telemetry=required ecs=required"},
		{"batch on instances", catalog.Facts{Nouns: catalog.Jobs, API: catalog.API{Code: "batch", Not: "Jobs do not need it."}, Instances: true, Egress: catalog.Closed}, "ecs-agent=required ecs-telemetry=required ecs=required batch=not needed"},
		{"new Region on fargate", catalog.Facts{Region: "ca-west-1", Egress: catalog.Open}, "ecs-agent=required ecs-telemetry=required ecs=required"},
		{"images, closed", catalog.Facts{Uses: uses("ecr"), Egress: catalog.Closed}, "ecr.api=required ecr.dkr=required s3=required"},
		{"images, open", catalog.Facts{Uses: uses("ecr"), Egress: catalog.Open}, "ecr.api=recommended ecr.dkr=recommended s3=recommended"},
		{"images, old platform", catalog.Facts{Uses: uses("ecr"), Egress: catalog.Closed, OldPlatform: true}, "ecr.api=recommended ecr.dkr=required s3=required"},
		{"environment files", catalog.Facts{Uses: uses("env-files"), Egress: catalog.Closed}, "s3=required ecr.dkr=not needed"},
		{"all that starts", catalog.Facts{Uses: uses("secretsmanager", "awslogs", "ssm-parameters", "exec", "exec-kms"), Egress: catalog.Closed},
			"secretsmanager=required logs=required ssm=required ssmmessages=required kms=required"},
		{"service connect, closed", catalog.Facts{Uses: uses("service-connect"), Egress: catalog.Closed}, "ecs-agent=required ecs-telemetry=not needed ecs=not needed"},
		{"service connect, open", catalog.Facts{Uses: uses("service-connect"), Egress: catalog.Open}, "ecs-agent=recommended"},
		{"callers of ECS", catalog.Facts{Uses: uses("workload-api"), Egress: catalog.Closed}, "ecs=recommended ecs-agent=not needed"},
		{"callers of Batch", catalog.Facts{Nouns: catalog.Jobs, API: catalog.API{Code: "batch", Not: "Jobs do not need it."}, Uses: uses("workload-api"), Egress: catalog.Closed}, "batch=recommended ecs=not needed"},
		{"optional ones", catalog.Facts{Uses: uses("efs", "insights"), Egress: catalog.Closed}, "elasticfilesystem=recommended monitoring=recommended"},
		{"only seen", catalog.Facts{Uses: uses(catalog.Seen("efs"), catalog.Seen("insights")), Egress: catalog.Closed}, "elasticfilesystem=not needed monitoring=not needed"},
		{"Run Command", catalog.Facts{Instances: true, RunCommand: true, Egress: catalog.Closed}, "ssm=required ssmmessages=required"},
		{"Run Command, old SSM Agent", catalog.Facts{Instances: true, RunCommand: true, OldSSMAgent: true, Egress: catalog.Closed}, "ssm=required ssmmessages=required ec2messages=required"},
		{"Run Command with internet access", catalog.Facts{Instances: true, RunCommand: true, Egress: catalog.Open}, "ssm=recommended ssmmessages=recommended"},
		{"extra", catalog.Facts{Extra: []string{"sts"}, Egress: catalog.Closed}, "sts=recommended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := verdicts(tt.f)
			for _, pair := range strings.Split(tt.want, " ") {
				if !strings.Contains(pair, "=") { // the second part of "not needed"
					continue
				}
				code, want, _ := strings.Cut(pair, "=")
				if want == "not" {
					want = "not needed"
				}
				if got[code] != want {
					t.Errorf("%s is %q, not %q", code, got[code], want)
				}
			}
		})
	}
}

func TestTextsUseTheNounOfTheWorkload(t *testing.T) {
	for _, w := range catalog.Verdicts(catalog.Facts{Nouns: catalog.Jobs, API: catalog.API{Code: "batch", Not: "Jobs do not need it."}, Uses: uses("ecr", "secretsmanager"), Egress: catalog.Closed}) {
		if strings.Contains(w.Why, "Task") || strings.Contains(w.Why, " task") {
			t.Errorf("AWS Batch runs jobs: %s", w.Why)
		}
	}
}

func TestWantsAreSorted(t *testing.T) {
	var codes []string
	for _, w := range catalog.Verdicts(catalog.Facts{Instances: true, Uses: uses("ecr"), Extra: []string{"sts", "zz"}}) {
		codes = append(codes, w.Code)
	}
	at := func(code string) int { return slices.Index(codes, code) }
	if at("s3") > at("ecr.api") || at("ecs-agent") > at("ecs-telemetry") || at("ecs-telemetry") > at("ecs") || at("zz") != len(codes)-1 {
		t.Errorf("%v", codes)
	}
}

func TestServiceNames(t *testing.T) {
	for _, tt := range []struct{ code, partition, region, want string }{
		{"ecr.api", "aws", "us-east-1", "com.amazonaws.us-east-1.ecr.api"},
		{"ecr.dkr", "aws-cn", "cn-north-1", "cn.com.amazonaws.cn-north-1.ecr.dkr"},
		{"batch", "aws-cn", "cn-northwest-1", "cn.com.amazonaws.cn-northwest-1.batch"},
		{"logs", "aws-cn", "cn-north-1", "com.amazonaws.cn-north-1.logs"},
		{"ecs-agent", "aws-cn", "cn-north-1", "com.amazonaws.cn-north-1.ecs-agent"},
		{"s3", "aws-cn", "cn-north-1", "com.amazonaws.cn-north-1.s3"}, // the gateway
		{"monitoring", "aws-cn", "cn-north-1", "cn.com.amazonaws.cn-north-1.monitoring"},
		{"ecr.api", "aws-us-gov", "us-gov-west-1", "com.amazonaws.us-gov-west-1.ecr.api"},
	} {
		if got := catalog.Lookup(tt.code).ServiceName(tt.partition, tt.region); got != tt.want {
			t.Errorf("%s in %s: %s", tt.code, tt.region, got)
		}
	}
}

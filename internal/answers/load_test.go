package answers

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

const whole = `# For the payments team.
version: 1
account: "012345678901"       # leading zero
workload: ecs-fargate
region: us-gov-west-1
service: prod/web
vpc: Name of the VPC
subnets: [subnet-01, subnet-02]
clients:
  - subnet-03
  - sg-07
security_groups: [sg-01]
needs: [ecr, awslogs]
extra: [sts, ecr.api]
private_dns: false
ip_address_type: dualstack
endpoint_policy: full
tags: {team: payments, "cost:center": "42", empty: ""}
`

func TestLoad(t *testing.T) {
	no := false
	want := Answers{Version: 1, Account: "012345678901", Workload: ECSFargate, Region: "us-gov-west-1", Service: "prod/web", VPC: "Name of the VPC",
		Subnets: []string{"subnet-01", "subnet-02"}, Clients: []string{"subnet-03", "sg-07"}, SecurityGroups: []string{"sg-01"},
		Needs: &[]string{"ecr", "awslogs"}, Extra: []string{"sts", "ecr.api"}, PrivateDNS: &no, IPAddressType: DualStack, EndpointPolicy: Policy{Default: PolicyFull},
		Tags: map[string]string{"team": "payments", "cost:center": "42", "empty": ""}}
	for name, text := range map[string]string{
		"as it is":        whole,
		"Windows lines":   strings.ReplaceAll(whole, "\n", "\r\n"),
		"byte order mark": "\uFEFF" + whole,
		"no last newline": strings.TrimSuffix(whole, "\n"),
		"marked document": "---\n" + whole + "...\n",
	} {
		got, _, err := Load("answers.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// onEC2 is an answers file with the keys that only EC2 and AWS Batch workloads have.
const onEC2 = `version: 1
workload: batch-ec2
compute_environment: nightly_1
needs: [efs, insights, workload-api]
endpoint_policy:
  default: least-privilege
  ecr.api: full
  s3: policies/s3.json
agent:
  clusters: [AWSBatch-nightly, other]
  restart: none
`

func TestLoadOnEC2(t *testing.T) {
	want := Answers{Version: 1, Workload: BatchEC2, ComputeEnvironment: "nightly_1", Needs: &[]string{"efs", "insights", "workload-api"},
		EndpointPolicy: Policy{Default: PolicyLeast, ByService: map[string]string{"ecr.api": PolicyFull, "s3": "policies/s3.json"}},
		Agent:          Agent{Clusters: []string{"AWSBatch-nightly", "other"}, Restart: RestartNone}}
	got, f, err := Load("a.yaml", []byte(onEC2))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for path, want := range map[string]string{
		"endpoint_policy.s3":      `a.yaml:8:7: endpoint_policy.s3: "policies/s3.json" is not there`,
		"endpoint_policy.ecr.api": `a.yaml:7:12: endpoint_policy.ecr.api: "full" is not there`,
		"endpoint_policy.logs":    `a.yaml:5:1: endpoint_policy.logs: is not there`,
		"agent.clusters[1]":       `a.yaml:10:32: agent.clusters[1]: "other" is not there`,
		"agent.clusters":          `a.yaml:10:3: agent.clusters: is not there`,
		"compute_environment":     `a.yaml:3:22: compute_environment: "nightly_1" is not there`,
	} {
		if got := f.Error(path, "is not there").Error(); got != want {
			t.Errorf("%s: got  %s\nwant %s", path, got, want)
		}
	}
	for v, want := range map[string]string{"policies/s3.json": "endpoint_policy.s3", PolicyLeast: "endpoint_policy.default"} {
		if key := got.EndpointPolicy.Key(v); key != want {
			t.Errorf("%s is under %s", v, key)
		}
	}
	if key := (Policy{Default: "p.json"}).Key("p.json"); key != "endpoint_policy" {
		t.Errorf("the only policy is under %s", key)
	}
	out, err := got.YAML()
	if err != nil || string(out) != onEC2 {
		t.Errorf("written as\n%s%v", out, err)
	}
	if again, _, err := Load("b.yaml", []byte("version: 1\nendpoint_policy: ./p.json\n")); err != nil || again.EndpointPolicy.Default != "./p.json" {
		t.Errorf("%+v, %v", again.EndpointPolicy, err)
	}
}

func TestNeedsNoneIsNotAbsent(t *testing.T) {
	none, _, err := Load("f", []byte("version: 1\nneeds: []\n"))
	if err != nil || none.Needs == nil || len(*none.Needs) != 0 {
		t.Errorf("[]: %v, %v", none.Needs, err)
	}
	absent, _, err := Load("f", []byte("version: 1\n"))
	if err != nil || absent.Needs != nil {
		t.Errorf("absent: %v, %v", absent.Needs, err)
	}
}

// refused are invalid files. The golden file lists their errors.
var refused = []string{
	"version: 1\nvpc: {}\n", "version: 1\nvpc: {create: {}}\n", "version: 1\nvpc: {create: {cidr: 10.0.0.0/16}}\n", "version: 1\nvpc: {make: {name: prod}}\n",
	"version: 1\nvpc: {create: {name: prod, cidr: 10.0.0.1/16}}\n", "version: 1\nvpc: {create: {name: prod, cidr: 10.0.0.0/8}}\n", "version: 1\nvpc: {create: {name: prod, cidr: \"fd00::/56\"}}\n",
	"version: 1\nvpc: {create: {name: prod, zones: 0}}\n", "version: 1\nvpc: {create: {name: prod, zones: 7}}\n", "version: 1\nvpc: {create: {name: prod, zones: two}}\n", "version: 1\nvpc: {create: {name: prod, zones: []}}\n",
	"version: 1\nvpc: {create: {name: prod, zones: [us-east-1]}}\n", "version: 1\nvpc: {create: {name: prod, zones: [us-east-1a, us-east-1a]}}\n", "version: 1\nvpc: {create: {name: prod, internet: natt}}\n",
	"version: 1\nvpc: {create: {name: prod, private_size: /8}}\n", "version: 1\nvpc: {create: {name: prod, flow_logs: logs}}\n", "version: 1\nvpc: {create: {name: -prod}}\n", "version: 1\nprefix: a/b\n",
	"version: 1\nvpc: {create: {name: prod, internet: none, public_size: /24}}\n", "version: 1\nworkload: ecs-fargate\nservice: prod/web\nvpc: {create: {name: prod}}\n",
	"version: 1\nworkload: mwaa\nvpc: {create: {name: prod}}\n", "version: 1\nvpc: {create: {name: prod}}\nclients: [a]\nsubnets: [a]\nsecurity_groups: [a]\n",
	"", "# only a comment\n", "---\n", "--- \n...\n", "- a\n", "foo\n", "version: 1\n---\nversion: 1\n", "version: 1\n---\n", "%YAML 1.2\n---\nversion: 1\n",
	"workload: ecs-fargate\n", "version: \"1\"\n", "version: 2\n", "version: 01\n", "version: 1.0\n", "version:\n", "version: [1]\n", "Version: 1\n",
	"version: 1\naccount: 123456789012\n", "version: 1\naccount: 012345670123\n", "version: 1\naccount: 012345678901\n", "version: 1\naccount: 1e11\n",
	"version: 1\naccount: '12345'\n", "version: 1\naccount: '1234 5678 9012'\n",
	"version: 1\nworkload: ecs-fargat\n", "version: 1\nworkload: kubernetes\n", "version: 1\nworkload: ECS-Fargate\n",
	"version: 1\nregion: us-east-1a\n", "version: 1\nregion: Frankfurt\n", "version: 1\nregion: 5\n", "version: 1\nservice: a/b/c\n",
	"version: 1\nregion: &x us-east-1\nvpc: *x\n", "&a version: 1\n", "*a\n", "version: &a 1\n", "version: 1\n<<: {vpc: x}\n",
	"version: 1\nvpc: !!str 12\n", "version: 1\nvpc: |\n  foo\n", "version: 1\nvpc: \"a\\nb\"\n", "version: 1\nvpc: \"\\x1b[31mred\"\n", "version: 1\nvpc: \"a\\u202eb\"\n",
	"version: 1\nvpc:\n", "version: 1\nvpc: ''\n", "version: 1\nvpc: ' '\n", "version: 1\nvpc: {a: b}\n", "version: 1\nvpc: [a]\n", "version: 1\nvpc: 0x1F\n",
	"version: 1\nvpc: true\n", "version: 1\nvpc: .inf\n",
	"version: 1\nsubnets: a\n", "version: 1\nsubnets:\n", "version: 1\nsubnets: []\n", "version: 1\nsubnets: [a, a, \"\", 5, ~, [x], {a: b}]\n", "version: 1\nsubnets: [a, , b]\n",
	"version: 1\nsecurity_groups: {a: b}\n", "version: 1\nneeds:\n", "version: 1\nneeds: ~\n", "version: 1\nneeds: none\n",
	"version: 1\nneeds: [ecr, ercc, scretsmanager, ecr]\n", "version: 1\nextra: [com.amazonaws.us-east-1.sts, STS]\n",
	"version: 1\nprivate_dns: yes\n", "version: 1\nprivate_dns: \"true\"\n", "version: 1\nprivate_dns:\n", "version: 1\nprivate_dns: 1\n",
	"version: 1\nip_address_type: ipv5\n",
	"version: 1\nservice: prod/\n", "version: 1\nservice: " + strings.Repeat("c", 256) + "\n", "version: 1\ncompute_environment: a/b\n", "version: 1\ncompute_environment: [a]\n",
	"version: 1\ncompute_environment: " + strings.Repeat("e", 129) + "\n", "version: 1\ncompute-environment: a\n",
	"version: 1\nservice: prod/web\nworkload: batch-fargate\n", "version: 1\nworkload: batch-ec2\nservice: prod\n",
	"version: 1\nworkload: ecs-ec2\ncompute_environment: nightly\n", "version: 1\ncompute_environment: nightly\nworkload: ecs-fargate\n",
	"version: 1\nworkload: batch-ec2\nneeds: [ecr, service-connect]\n",
	"version: 1\nworkload: ecs-fargate\nagent: {restart: none}\n", "version: 1\nagent:\n  clusters: [prod]\nworkload: batch-fargate\n",
	"version: 1\nworkload: mwaa\nservice: prod/web\n", "version: 1\nworkload: mwaa\nneeds: [ecr, workload-api]\n", "version: 1\nworkload: mwaa\nagent: {restart: none}\n",
	"version: 1\nworkload: mwaa\ncompute_environment: a\n", "version: 1\nworkload: mwaa\nregistry: {secret: a}\n", "version: 1\nworkload: mwaa\nredeploy: [prod/web]\nproof: {task: prod/web}\n",
	"version: 1\nworkload: ecs-ec2\nmwaa: {environment: nightly}\n",
	"version: 1\nmwaa: nightly\n", "version: 1\nmwaa: {}\n", "version: 1\nmwaa:\n", "version: 1\nmwaa: [a]\n", "version: 1\nmwaa: {enviroment: nightly}\n", "version: 1\nmwaa: {environment: 5}\n",
	"version: 1\nmwaa: {environment: 9-lives}\n", "version: 1\nmwaa: {environment: e" + strings.Repeat("x", 80) + "}\n", "version: 1\nmwaa: {endpoints: 2024}\n", "version: 1\nmwaa: {endpoints: curent}\n",
	"version: 1\nmwaa: {environment: a, environment: b}\n", "version: 1\nmwaa: {environment: , endpoints: [a]}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: loadbalancer}\n",
	"version: 1\nworkload: mwaa\nmwaa: {way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, load_balancer: {domain: a.example.com, certificate: request}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion, load_balancer: {domain: a.example.com, certificate: request}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: }\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: [a]}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {certificate: request}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: A.example.com, certificate: request}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: 'https://a.example.com', certificate: request}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: 'a.example.com:443', certificate: request}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a_b.example.com, certificate: request}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: localhost, certificate: request}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: requested}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: 'arn:aws:iam::123456789012:server-certificate/a'}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: import, certificate_file: a.pem}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, key_file: key.pem}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, scheme: public}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, scheme: internet-facing}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, scheme: internet-facing, subnets: [a, b]}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, subnets: [a]}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, admit: [10.0.0.1/16, 10.0.0.0, sg-01, vpn, '::ffff:10.0.0.0/120']}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, zone: example.com}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, base_url: yes}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, shceme: internal, admits: [sg-01]}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: load-balancer, load_balancer: {domain: a.example.com, certificate: request, domain: b.example.com}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: rdp}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: ssh, key_pair: me}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: ssh, admit: [203.0.113.7/32]}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: session-manager, key_pair: me}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: ssh, key_pair: me, admit: [203.0.113.7, sg-01]}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: session-manager, instance_type: micro}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: session-manager, instance_typ: t3.micro}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: session-manager, subnet: [a]}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: client-vpn, client_vpn: {cidr: 172.16.0.0/24}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: client-vpn, client_vpn: {cidr: 172.16.0.1/22}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: client-vpn, client_vpn: {cidr: '2001:db8::/64'}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: client-vpn, client_vpn: {server_certificate: 'arn:aws:acm:us-east-1:123456789012:certificate/1'}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: client-vpn, client_vpn: {client_certificate: mine}}\n",
	"version: 1\nworkload: mwaa\nmwaa: {environment: nightly, way_in: client-vpn, client_vpn: {subnets: [a]}}\n",
	"version: 1\nagent: {restart: comands}\n", "version: 1\nagent: {restart: no}\n",
	"version: 1\nagent: {restarts: none}\n", "version: 1\nagent: {cluster: [prod]}\n", "version: 1\nagent: {restart: none, restart: commands}\n",
	"version: 1\nagent: {clusters: prod}\n", "version: 1\nagent: {clusters: []}\n", "version: 1\nagent: {clusters: [prod, prod, 'a b', 7, " + strings.Repeat("c", 256) + "]}\n",
	"version: 1\nagent: {clusters: {a: b}}\n", "version: 1\nagent: {clusters: , restart: }\n", "version: 1\nagent: none\n", "version: 1\nagent: [prod]\n", "version: 1\nagent: {}\n", "version: 1\nagent:\n",
	"version: 1\nagent: {<<: {restart: none}}\n", "version: 1\nagent: &a {restart: none}\n",
	"version: 1\nendpoint_policy: leastprivilege\n", "version: 1\nendpoint_policy: Full\n", "version: 1\nendpoint_policy: s3_policy\n", "version: 1\nendpoint_policy: []\n",
	"version: 1\nendpoint_policy: {}\n", "version: 1\nendpoint_policy:\n", "version: 1\nendpoint_policy: true\n", "version: 1\nendpoint_policy: ''\n",
	"version: 1\nendpoint_policy: {sts: exampel, logs: closed, S3: full, com.amazonaws.us-east-1.ecs: full, ecs: , ecr.api: [full], kms: 5}\n",
	"version: 1\nendpoint_policy:\n  s3: full\n  s3: example\n  12: full\n  logs: \"a\\nb.json\"\n", "version: 1\nendpoint_policy: {s3:full}\n",
	"version: 1\nvpc: a\nvpc: b\n", "version: 1\nsubnet: [a]\n", "version: 1\nsecurity-groups: [a]\n", "version: 1\nzzz: 1\n", "version: 1\n12: a\n", "? a\n: b\n",
	"version: 1\ntags: {a: b, a: c, 1: z, true: q, '': e}\n", "version: 1\ntags: {aws:x: y}\n", "version: 1\ntags:\n  aws:x: y\n  AWS:y: z\n",
	"version: 1\ntags:\n  a: 5\n  b:\n  <<: {x: y}\n", "version: 1\ntags: [a]\n", "version: 1\ntags: a\n", "version: 1\ntags:\n",
	"version: 1\ntags:\n  " + strings.Repeat("k", 129) + ": v\n  long: " + strings.Repeat("v", 257) + "\n", "version: 1\ntags:" + manyTags(46),
	"version: 1\n\tvpc: a\n", "version: 1\nsubnets:\n\t- a\n\t- b\n", "version: 1\nvpc: \xff\xfe\n", "version: 1\nvpc: a\x00b\n", "version: 1\n  vpc: a\n", "version: 1\nvpc: [a\n",
	"version: 1\nvpc: \"a\n", "version: 1\nvpc: a: b\n", "version: 1\nvpc: @x\n", "version: 1\nsubnets:\n  - a\n - b\n", "version 1\nvpc: a\n",
	"version: 1\nfirst: {}\n", "version: 1\nfirst: {name: web}\n", "version: 1\nfirst: {image: a}\n", "version: 1\nfirst: {name: -web, image: a, cpu: \"300\", memory: 512}\n",
	"version: 1\nfirst: {name: web, image: a, memory: \"600\"}\n", "version: 1\nfirst: {name: web, image: a, cpu: \"1024\", memory: \"512\"}\n",
	"version: 1\nfirst: {name: web, image: a, count: 0, command: []}\n", "version: 1\nfirst: {name: web, image: a, count: \"1\", command: a}\n", "version: 1\nfirst: {name: web, image: a, count: 11}\n",
	"version: 1\nfirst: {name: web, image: a, count: }\n",
	"version: 1\nworkload: batch-fargate\nfirst: {name: web, image: a, count: 2}\n", "version: 1\nworkload: ecs-ec2\nfirst: {name: web, image: a}\n",
	"version: 1\nworkload: ecs-fargate\nservice: prod/web\nfirst: {name: web, image: a}\n", "version: 1\nworkload: batch-fargate\ncompute_environment: nightly\nfirst: {name: web, image: a}\n",
	"version: 1\nworkload: batch-fargate\nregistry: {secret: s, definition: app}\nfirst: {name: web, image: a}\n",
	"v\x00e\x00r\x00", strings.Repeat("# comment\n", 10000),
}

func manyTags(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\n  k%d: v", i)
	}
	return b.String() + "\n"
}

func TestRefused(t *testing.T) {
	var b strings.Builder
	for _, text := range refused {
		_, _, err := Load("answers.yaml", []byte(text))
		shown := text
		if len(shown) > 200 {
			shown = shown[:200] + "…"
		}
		fmt.Fprintf(&b, "%q\n", shown)
		if err == nil {
			t.Errorf("%q was read", shown)
			continue
		}
		var errs Errors
		if !errors.As(err, &errs) {
			t.Fatalf("%q: %T", shown, err)
		}
		last := 0
		for _, e := range errs {
			if e.Line < last {
				t.Errorf("%q: line %d after line %d", shown, e.Line, last)
			}
			last = e.Line
			var one *Error
			if !errors.As(err, &one) {
				t.Errorf("%q: errors.As does not find the mistakes", shown)
			}
			if strings.ContainsAny(e.Error(), "\x00\x1b\n") {
				t.Errorf("%q: the message contains control characters: %q", shown, e.Error())
			}
			fmt.Fprintf(&b, "\t%s\n", e)
		}
	}
	file := filepath.Join("testdata", "refused.txt")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	ans, _, err := Load("a.yaml", []byte("version: 1\nregion: us-east-1\nworkload: foo\nsubnets: [a, a]\nbar: 1\n"))
	var errs Errors
	if !errors.As(err, &errs) || len(errs) != 3 {
		t.Fatalf("%v", err)
	}
	if ans.Region != "us-east-1" {
		t.Error("the valid part was dropped")
	}
}

func TestFilePlaces(t *testing.T) {
	_, f, err := Load("a.yaml", []byte("version: 1\nvpc: main\nsubnets:\n  - one\n  - two\ntags:\n  team: x\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"vpc":        `a.yaml:2:6: vpc: "main" is not there`,
		"subnets[1]": `a.yaml:5:5: subnets[1]: "two" is not there`,
		"subnets[7]": `a.yaml:3:1: subnets[7]: is not there`,
		"subnets":    `a.yaml:3:1: subnets: is not there`,
		"tags.team":  `a.yaml:7:9: tags.team: "x" is not there`,
		"region":     `a.yaml: region: is not there`,
		"":           `a.yaml: is not there`,
	} {
		if got := f.Error(path, "is not there").Error(); got != want {
			t.Errorf("%s: got  %s\nwant %s", path, got, want)
		}
	}
	// A wrong key is quoted itself. If its position is unknown, the result is that of Error.
	for path, want := range map[string]string{
		"tags.team": `a.yaml:7:3: tags: "team" does not exist`,
		"tags.none": `a.yaml:6:1: tags.none: does not exist`,
		"vpc":       `a.yaml:2:6: vpc: "main" does not exist`,
	} {
		if got := f.ErrorOfKey(path, "does not exist").Error(); got != want {
			t.Errorf("%s: got  %s\nwant %s", path, got, want)
		}
	}
	var none *File
	if got := none.ErrorOfKey("tags.team", "is not there").Error(); got != "answers: tags.team: is not there" {
		t.Error(got)
	}
	if none.Error("vpc", "is not there").Error() != "answers: vpc: is not there" {
		t.Error("no file")
	}
}

func TestMissing(t *testing.T) {
	if got := (Answers{}).Missing(); !cmp.Equal(got, []string{"workload", "vpc"}) {
		t.Error(got)
	}
	if got := (Answers{Workload: ECSFargate, VPC: "v"}).Missing(); got != nil {
		t.Error(got)
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range refused {
		f.Add([]byte(s))
	}
	f.Add([]byte(whole))
	f.Add([]byte(onEC2))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, _, err := Load("f", data)
		if err != nil {
			_ = err.Error()
			return
		}
		out, err := a.YAML()
		if err != nil {
			t.Fatalf("can be read but not written: %v", err)
		}
		b, _, err := Load("g", out)
		if diff := cmp.Diff(a, b); diff != "" || err != nil {
			t.Fatalf("%v %s", err, diff)
		}
	})
}

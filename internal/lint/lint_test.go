package lint_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/lint"
)

// cases are files of each kind: what is caught in them, as "line:column rule text",
// and, by what is not listed, what is left alone.
var cases = []struct {
	name, region, text string
	want               []string
}{
	{"CloudFormation YAML", "eu-west-1", `Resources:
  A:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      ServiceName: com.amazonaws.us-east-1.ecs-agent
      # used to be com.amazonaws.us-west-2.ecs
  B:
    Properties: {ServiceName: !Sub "com.amazonaws.${AWS::Region}.ecr.api"}
  C:
    Properties:
      ServiceName: com.amazonaws.eu-west-1.logs
  D:
    Properties:
      ServiceName: !Join
        - ''
        - - com.amazonaws.
          - !Ref AWS::Region
          - .s3
  E:
    Properties:
      ServiceName: !Join
        - ''
        - - com.amazonaws.
          - us-east-1
          - .s3
  F:
    Properties: {ServiceName: !Join [".", ["com.amazonaws", "us-east-2", "ecr.dkr"]]}
  G:
    Properties: {ServiceName: !Join [".", ["com.amazonaws", !Ref "AWS::Region", "ecr.dkr"]]}
  H: {ServiceName: com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0}
  I: {ServiceName: com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0}
`, []string{
		"5:20 E-TEMPLATE com.amazonaws.us-east-1.ecs-agent",
		"6:20 E-TEMPLATE com.amazonaws.us-west-2.ecs",
		"24:13 E-TEMPLATE com.amazonaws.us-east-1.s3",
		"27:62 E-TEMPLATE com.amazonaws.us-east-2.ecr.dkr",
		"30:20 E-TEMPLATE com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
	}},
	{"CloudFormation JSON and CDK output", "eu-west-1", `{"Resources": {
 "A": {"ServiceName": {"Fn::Join": ["", ["com.amazonaws.", {"Ref": "AWS::Region"}, ".s3"]]}},
 "B": {"ServiceName": {"Fn::Join": ["", ["com.amazonaws.", "us-east-1", ".s3"]]}},
 "C": {"ServiceName": {"Fn::Join": ["", ["com.amazonaws.us-east-1.", {"Ref": "Code"}]]}},
 "D": {"ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.ecs"}},
 "E": {"ServiceName": "com.amazonaws.us-east-1.ecr.api"},
 "F": {"UserData": "#!/bin/sh\ncom.amazonaws.us-east-1.sts\n"},
 "G": {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1", "Url": "https://ecs.us-east-1.amazonaws.com.cn"}
}}`, []string{
		"3:61 E-TEMPLATE com.amazonaws.us-east-1.s3",
		"4:43 E-TEMPLATE com.amazonaws.us-east-1",
		"6:24 E-TEMPLATE com.amazonaws.us-east-1.ecr.api",
		"7:32 E-TEMPLATE com.amazonaws.us-east-1.sts",
	}},
	{"Terraform", "eu-west-1", `resource "aws_vpc_endpoint" "a" { service_name = "com.amazonaws.us-east-1.logs" }
resource "aws_vpc_endpoint" "b" { service_name = "com.amazonaws.${data.aws_region.current.name}.logs" }
resource "aws_vpc_endpoint" "c" { service_name = "com.amazonaws.${var.region}.${each.key}" }
resource "aws_vpc_endpoint" "d" { service_name = join(".", ["com.amazonaws", var.region, "ecs"]) }
resource "aws_vpc_endpoint" "e" { service_name = format("com.amazonaws.%s.ecs", var.region) }
resource "aws_vpc_endpoint" "f" { service_name = "com.amazonaws.us-east-1.${each.key}" }
`, []string{"1:51 E-TEMPLATE com.amazonaws.us-east-1.logs", "6:51 E-TEMPLATE com.amazonaws.us-east-1"}},
	{"shell", "eu-west-1", `#!/bin/bash
aws ec2 create-vpc-endpoint --service-name com.amazonaws.us-east-1.logs
aws ec2 create-vpc-endpoint --service-name com.amazonaws.$REGION.logs
aws ec2 create-vpc-endpoint --service-name "com.amazonaws.${REGION}.ecs"
aws ec2 create-vpc-endpoint --service-name com.amazonaws."$REGION".ecs
aws ec2 create-vpc-endpoint --service-name com.amazonaws.$(aws configure get region).ecs
for s in ecs logs; do aws ec2 create-vpc-endpoint --service-name com.amazonaws.eu-west-1.$s; done
`, []string{"2:44 E-TEMPLATE com.amazonaws.us-east-1.logs"}},
	{"other languages and prose", "eu-west-1", `import com.amazonaws.services.ecs.AmazonECS;
import com.amazonaws.regions.Regions;
n = 'com.amazonaws.' + region + '.ecs'
n = f"com.amazonaws.{region}.ecs"
n = "com.amazonaws.{{ aws_region }}.ecs"
Write com.amazonaws.region.ecs or com.amazonaws.<region>.ecs.
com.amazonaws.global.cloudfront.origin-facing
xcom.amazonaws.us-east-1.ecs
Not com.amazonaws.us-east-1.ecs. Nor com.amazonaws.us-east-1a.ecs.
`, []string{"9:5 E-TEMPLATE com.amazonaws.us-east-1.ecs"}},
	{"columns count characters", "eu-west-1", "\uFEFFcom.amazonaws.us-east-1.ecs\r\n# überall com.amazonaws.us-east-1.ecs\r\n", []string{
		"1:1 E-TEMPLATE com.amazonaws.us-east-1.ecs", "2:11 E-TEMPLATE com.amazonaws.us-east-1.ecs"}},
	{"China", "cn-north-1", `a: cn.com.amazonaws.cn-north-1.ecr.api
b: com.amazonaws.cn-north-1.ecr.api
c: com.amazonaws.cn-north-1.s3
d: cn.com.amazonaws.cn-north-1.logs
e: com.amazonaws.cn-north-1.ecs-agent
f: cn.com.amazonaws.cn-northwest-1.batch
g: com.amazonaws.us-east-1.batch
h: cn.com.amazonaws.cn-north-1.kinesis-streams
i: com.amazonaws.cn-north-1.kinesis-streams
j: com.amazonaws.${AWS::Region}.ecr.dkr
k: {service: cn.com.amazonaws.cn-north-1.s3, type: Interface}
l: {service: com.amazonaws.cn-north-1.s3, type: Gateway}
m: {service: cn.com.amazonaws.cn-north-1.s3, type: Gateway}
`, []string{
		"2:4 G-SVCEXISTS com.amazonaws.cn-north-1.ecr.api",
		"4:4 G-SVCEXISTS cn.com.amazonaws.cn-north-1.logs",
		"6:4 E-TEMPLATE cn.com.amazonaws.cn-northwest-1.batch",
		"7:4 E-TEMPLATE com.amazonaws.us-east-1.batch",
		"9:4 G-SVCEXISTS com.amazonaws.cn-north-1.kinesis-streams",
		"10:4 G-SVCEXISTS com.amazonaws.REGION.ecr.dkr",
		"13:14 G-SVCEXISTS cn.com.amazonaws.cn-north-1.s3",
	}},
	{"a file made for two partitions", "cn-north-1", `!If [China, !Sub "cn.com.amazonaws.${AWS::Region}.sqs", !Sub "com.amazonaws.${AWS::Region}.sqs"]`, nil},
	{"the same, elsewhere", "us-east-1", `!If [China, !Sub "cn.com.amazonaws.${AWS::Region}.sqs", !Sub "com.amazonaws.${AWS::Region}.sqs"]`, nil},
	{"the prefix of China elsewhere", "us-gov-west-1", "cn.com.amazonaws.us-gov-west-1.batch\ncn.com.amazonaws.${AWS::Region}.sqs\ncom.amazonaws.us-gov-west-1.sqs\n", []string{
		"1:1 G-SVCEXISTS cn.com.amazonaws.us-gov-west-1.batch", "2:1 G-SVCEXISTS cn.com.amazonaws.REGION.sqs"}},
	{"European Sovereign Cloud", "eusc-de-east-1", "eu.amazonaws.eusc-de-east-1.ecr.api com.amazonaws.eusc-de-east-1.ecr.dkr com.amazonaws.eusc-de-east-1.ecs-agent com.amazonaws.eusc-de-east-1.ecs-telemetry com.amazonaws.eusc-de-east-1.ecs", []string{
		"1:37 G-SVCEXISTS com.amazonaws.eusc-de-east-1.ecr.dkr"}},

	// Regions introduced on or after 2023-12-23.
	{"row 1: no endpoints", "ca-west-1", "# AWS::ECS::Cluster\nResources:\n  S:\n    Type: AWS::ECS::Service\n  T: {Type: AWS::ECS::TaskDefinition}\n", []string{"4:11 E-NEWREGION AWS::ECS::Service"}},
	{"row 1 in Terraform", "ca-west-1", "resource \"aws_ecs_service\" \"web\" {}\n", []string{"1:1 E-NEWREGION resource \"aws_ecs_service\""}},
	{"row 1 in an older Region", "eu-west-1", "Type: AWS::ECS::Service\n", nil},
	{"row 2: copied endpoints", "ca-west-1", "a: com.amazonaws.us-east-1.ecs-agent\nb: com.amazonaws.us-east-1.ecs-telemetry\nc: com.amazonaws.us-east-1.ecs\nd: com.amazonaws.us-east-1.logs\n", []string{
		"1:4 E-TEMPLATE com.amazonaws.us-east-1.ecs-agent",
		"1:4 E-NEWREGION com.amazonaws.us-east-1.ecs-agent",
		"2:4 E-TEMPLATE com.amazonaws.us-east-1.ecs-telemetry",
		"3:4 E-TEMPLATE com.amazonaws.us-east-1.ecs",
		"4:4 E-TEMPLATE com.amazonaws.us-east-1.logs",
	}},
	{"row 2, half done", "ca-west-1", "com.amazonaws.ca-west-1.ecs-agent\ncom.amazonaws.ca-west-1.ecs-telemetry\ncom.amazonaws.ca-west-1.ecs\ncom.amazonaws.us-east-1.ecs\n", []string{"4:1 E-TEMPLATE com.amazonaws.us-east-1.ecs"}},
	{"one is missing", "ca-west-1", "com.amazonaws.ca-west-1.ecs-agent com.amazonaws.${AWS::Region}.ecs\n# com.amazonaws.ca-west-1.ecs-telemetry\n", []string{"1:1 E-NEWREGION com.amazonaws.ca-west-1.ecs-agent"}},
	{"ECR endpoints do not show Amazon ECS", "ca-west-1", "com.amazonaws.${AWS::Region}.ecr.dkr\ncom.amazonaws.${AWS::Region}.ecr.api\n", nil},
	{"nothing of containers", "ca-west-1", "com.amazonaws.ca-west-1.s3 com.amazonaws.${AWS::Region}.sqs\n", nil},
	{"a pseudo parameter", "ca-west-1", "Type: AWS::ECS::Service\n{\"Fn::Join\":[\"\",[\"com.amazonaws.\",{\"Ref\":\"AWS::Region\"},\".ecs-agent\"]]}\ncom.amazonaws.${AWS::Region}.ecs-telemetry\n- com.amazonaws.\n- !Ref AWS::Region\n- .ecs\n", nil},
	{"a loop", "ca-west-1", "for s in ecs-agent ecs-telemetry ecs ecr.api; do\n  aws ec2 create-vpc-endpoint --service-name com.amazonaws.ca-west-1.$s\ndone\naws ecs create-service\n", nil},
	{"a loop without one", "ca-west-1", "for s in ecs-agent ecs; do\n  aws ec2 create-vpc-endpoint --service-name com.amazonaws.ca-west-1.$s\ndone\naws ecs create-service\n", []string{"4:1 E-NEWREGION aws ecs create-service"}},
	{"braces", "ca-west-1", "echo com.amazonaws.$REGION.{ecs-agent,ecs-telemetry,ecs}\naws ecs run-task\n", nil},
	{"a Terraform module", "ca-west-1", "source = \"terraform-aws-modules/vpc/aws//modules/vpc-endpoints\"\na = { service = \"ecs-agent\" }\nb = { service = \"ecs-telemetry\" }\nc = { service = \"ecs\" }\nresource \"aws_ecs_service\" \"x\" {}\n", nil},
	{"a Terraform module without them", "ca-west-1", "source = \"terraform-aws-modules/vpc/aws//modules/vpc-endpoints\"\na = { service = \"ecr.api\" }\nb = { service = \"ecs\" }\n", []string{"2:7 E-ECRPAIR ecr.api", "3:7 E-NEWREGION ecs"}},
	{"a key that is called service", "ca-west-1", "service: ecs\n", nil},
	{"CDK source", "ca-west-1", "ec2.InterfaceVpcEndpointAwsService.ECS, ec2.InterfaceVpcEndpointAwsService.ECS_AGENT, ec2.InterfaceVpcEndpointAwsService.ECR\n", []string{"1:5 E-NEWREGION ecs", "1:91 E-ECRPAIR ecr.api"}},

	{"nothing at all", "ca-west-1", "", nil},
	{"ends early", "eu-west-1", "com.amazonaws", nil},
	{"ends after the dot", "eu-west-1", "com.amazonaws.", nil},
	{"ends after the Region", "eu-west-1", "com.amazonaws.us-east-1", []string{"1:1 E-TEMPLATE com.amazonaws.us-east-1"}},
	{"not UTF-8", "eu-west-1", "\xff\xfe com.amazonaws.us-east-1.s3\xff", []string{"1:4 E-TEMPLATE com.amazonaws.us-east-1.s3"}},
}

func TestFile(t *testing.T) {
	for _, c := range cases {
		var got []string
		for _, f := range lint.File("f", []byte(c.text), c.region) {
			got = append(got, fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Rule, f.Text))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestWords holds what is said, once for each case of it.
func TestWords(t *testing.T) {
	const three = "com.amazonaws.ca-west-1.ecs-agent, com.amazonaws.ca-west-1.ecs-telemetry, com.amazonaws.ca-west-1.ecs"
	const lacks = "Regions introduced on or after 2023-12-23 need all three ECS endpoints. ca-west-1 is such a Region. The file does not create ecs-agent, ecs-telemetry, ecs for it."
	for _, c := range []struct{ region, text, want string }{
		{"eu-west-1", "com.amazonaws.us-east-1.ecs", "f:1:1: error E-TEMPLATE: com.amazonaws.us-east-1.ecs is for us-east-1, not eu-west-1. Fix: Write com.amazonaws.eu-west-1.ecs, or use a parameter for the Region."},
		{"cn-north-1", "com.amazonaws.us-east-1.ecr.api", "f:1:1: error E-TEMPLATE: com.amazonaws.us-east-1.ecr.api is for us-east-1 in partition aws, not cn-north-1 in partition aws-cn. Fix: Write cn.com.amazonaws.cn-north-1.ecr.api, or use a parameter for the Region."},
		{"cn-north-1", "com.amazonaws.us-east-1.xyz", "f:1:1: error E-TEMPLATE: com.amazonaws.us-east-1.xyz is for us-east-1 in partition aws, not cn-north-1 in partition aws-cn. Fix: Write com.amazonaws.cn-north-1.xyz, or use a parameter for the Region. Some names have a different prefix in that partition: `aws ec2 describe-vpc-endpoint-services` lists them."},
		{"cn-north-1", "com.amazonaws.cn-north-1.sqs", "f:1:1: error G-SVCEXISTS: com.amazonaws.cn-north-1.sqs: in cn-north-1 (partition aws-cn) the name of this service begins with cn.com.amazonaws. Fix: Write cn.com.amazonaws instead of com.amazonaws."},
		{"eu-west-1", "com.amazonaws.vpce.us-east-1.vpce-svc-1", "f:1:1: error E-TEMPLATE: com.amazonaws.vpce.us-east-1.vpce-svc-1 is for us-east-1, not eu-west-1. Fix: A service of another account has a different name in each Region. Ask its owner for the name in eu-west-1."},
		{"eu-west-1", "com.amazonaws.us-east-1.$s", "f:1:1: error E-TEMPLATE: com.amazonaws.us-east-1 is for us-east-1, not eu-west-1. Fix: Write eu-west-1 instead of us-east-1, or use a parameter for the Region."},
		{"ca-west-1", "AWS::ECS::Service", "f:1:1: error E-NEWREGION: " + lacks + " It creates no VPC endpoints. Fix: Create all three, here or where the VPC's endpoints are created: " + three + "."},
		{"ca-west-1", "com.amazonaws.us-east-1.ecs", "f:1:1: error E-TEMPLATE: com.amazonaws.us-east-1.ecs is for us-east-1, not ca-west-1. Fix: Create all three ECS endpoints for ca-west-1 (" + three + "), then delete this one, which was copied from the other Region.\n" +
			"f:1:1: error E-NEWREGION: " + lacks + " It contains the ECS endpoints of us-east-1. Fix: 1. Create " + three + ". 2. Then delete the copied ECS endpoints for us-east-1."},
		{"ca-west-1", "com.amazonaws.$REGION.ecs-agent com.amazonaws.$REGION.ecs-telemetry com.amazonaws.$REGION.ecs com.amazonaws.us-east-1.ecs", "f:1:95: error E-TEMPLATE: com.amazonaws.us-east-1.ecs is for us-east-1, not ca-west-1. Fix: This file has the three ECS endpoints for ca-west-1. Delete this one, which was copied from the other Region."},
	} {
		var got []string
		for _, f := range lint.File("f", []byte(c.text), c.region) {
			got = append(got, f.String())
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s for %s (-want +got):\n%s", c.text, c.region, diff)
		}
	}
}

func TestCheckRegion(t *testing.T) {
	for r, known := range map[string]bool{"us-east-1": true, "us-gov-west-1": true, "eusc-de-east-1": true, "us-isob-east-1": true, "xx-new-12": false, "ap-southeast-9": false, "mx-west-1": false} {
		if note, err := lint.CheckRegion(r); err != nil || (note == "") != known {
			t.Errorf("%s: %q, %v", r, note, err)
		}
	}
	for _, r := range []string{"", "us-east-1a", "Frankfurt", "US-EAST-1", "us-east", "us-east-1\n", "us_east_1"} {
		if _, err := lint.CheckRegion(r); err == nil {
			t.Errorf("%q is accepted as a Region", r)
		}
	}
	for r, near := range map[string]string{"us-wst-2": "us-west-2", "eu-centarl-1": "eu-central-1", "cn-norh-1": "cn-north-1"} {
		if _, err := lint.CheckRegion(r); err == nil || !strings.Contains(err.Error(), "did you mean "+near) {
			t.Errorf("%s: %v", r, err)
		}
	}
}

// TestAnyText: whatever the text, nothing breaks, and what is found stands where it
// is said to stand.
func TestAnyText(t *testing.T) {
	part := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"com.amazonaws.us-east-1.ecs", "com.amazonaws.", "cn.com.amazonaws.", "us-east-1.", "com.amazonaws", "cn.", "eu.amazonaws", ".", "us-east-1", "ca-west-1", "cn-north-1", "vpce.", "ecs", "ecs-agent", "ecr.api", "\"", "'", ",", "\n", "\r\n", "- ", " ", "\t",
		"$R", "${", "}", "{", "{{", "Ref:", "!Ref ", "AWS::ECS::Service", "AWS::Region", "endpoint", "service = \"ecs\"", "resource \"aws_vpc_endpoint\" \"x\" {", "Type: AWS::EC2::VPCEndpoint\n", "\"Type\": \"AWS::EC2::VPCEndpoint\"", "VpcEndpointType: Interface", "vpc_id = x", "VpcEndpoint(", "addInterfaceEndpoint(", ")", "create-vpc-endpoint ", "\"aws_vpc_endpoint\": {", "ec2_vpc_endpoint:\n", "ecr.dkr", "aws.api", "gov.ic.c2s", "<<EOF\n", "EOF\n", "/*", "*/", "us-wst-2", "region = ", "#", "//", "\\n", "\\", "\xff", "\uFEFF", "ü", "Gateway", "s3", "+", "region"}))
	region := rapid.SampledFrom([]string{"ca-west-1", "us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1", "nonsense", ""})
	wrong := rapid.SampledFrom([]string{"", "\naws ec2 create-vpc-endpoint --service-name com.amazonaws.us-east-1.ecss\n"}) // random parts alone are rarely a finding
	found := 0
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(part, 0, 40).Draw(rt, "text"), "") + wrong.Draw(rt, "wrong")
		found += positions(rt, text, lint.File("f", []byte(text), region.Draw(rt, "region")))
	})
	if found < 10 {
		t.Errorf("only %d findings were looked at", found)
	}
}

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Fatalf(format string, args ...any)
}

// positions asserts that findings are where they say they are, in order and complete. It returns their number.
func positions(t fataler, text string, findings []lint.Finding) int {
	lines := strings.Split(strings.TrimPrefix(text, "\uFEFF"), "\n")
	line, column := 1, 1
	for _, f := range findings {
		if f.Line < line || f.Line == line && f.Column < column || f.Line > len(lines) || f.Column < 1 || f.Column > len([]rune(lines[f.Line-1])) {
			t.Fatalf("%q: %+v", text, f)
		}
		line, column = f.Line, f.Column
		if f.Severity != lint.Error && f.Severity != lint.Note || f.Message == "" || f.Fix == "" || f.Text == "" || strings.ContainsAny(f.String(), "\r\n") {
			t.Fatalf("%+v", f)
		}
		rest := string([]rune(lines[f.Line-1])[f.Column-1:])
		if f.Rule != lint.NewRegion && strings.Contains(f.Text, "amazonaws") && !strings.Contains(rest, "amazonaws") && !strings.Contains(f.Text, "."+rest[:min(len(rest), 5)]) {
			t.Fatalf("%q at %q", f.Text, rest)
		}
	}
	return len(findings)
}

// FuzzLint: findings are where they say they are, are the same with the line ends of Windows and after another file, and JSON and SARIF
// can contain them.
func FuzzLint(f *testing.F) {
	for _, s := range []string{"", "com.amazonaws.us-east-1.ecs\n", "service_name = \"com.amazonaws.${var.region}.ecr.api\"\n", "cn.com.amazonaws.cn-north-1.ecs", "\xff com.amazonaws.us-wst-2.s3", "\uFEFFregion: us-wst-2\n",
		"A:\n  Type: AWS::EC2::VPCEndpoint\n  Properties:\n    ServiceName: !Sub com.amazonaws.${AWS::Region}.s3\n    VpcEndpointType: Gateway\n",
		"resource \"aws_vpc_endpoint\" \"x\" {\n  service_name = \"com.amazonaws.ca-west-1.logs\"\n  private_dns_enabled = false\n}\n",
		"aws ec2 create-vpc-endpoint --service-name com.amazonaws.us-east-1.ecr.dkr \\\n  --no-private-dns-enabled\n", "<<EOF\ncom.amazonaws.us-east-1.sqs\nEOF\n", "vpc.addInterfaceEndpoint('x', { service: ec2.InterfaceVpcEndpointAwsService.ECR })\n",
		"{\"Type\": \"AWS::EC2::VPCEndpoint\", \"Properties\": {\"ServiceName\": {\"Fn::Join\": [\".\", [\"com.amazonaws\", {\"Ref\": \"AWS::Region\"}, \"ecs\"]]}}}", "/* com.amazonaws.x-y-1.z */ # ecs-agent"} {
		for _, region := range []string{"ca-west-1", "cn-north-1"} {
			f.Add(s, region)
		}
	}
	for _, c := range cases {
		f.Add(c.text, c.region)
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		if _, err := lint.CheckRegion(region); err != nil {
			region = "ca-west-1"
		}
		found := lint.File("f", []byte(text), region)
		positions(t, text, found)
		run := lint.New(region)
		run.Add("empty", nil)
		run.Add("f", []byte(text))
		if more := run.Findings(); len(more) != len(found) {
			t.Errorf("after an empty file: %v, want %v", plain(more), plain(found))
		}
		if !strings.Contains(text, "\r") {
			if diff := cmp.Diff(plain(found), plain(lint.File("f", []byte(strings.ReplaceAll(text, "\n", "\r\n")), region))); diff != "" {
				t.Errorf("with the line ends of Windows: %s", diff)
			}
		}
		var back []lint.Finding
		if b, err := json.Marshal(found); err != nil || json.Unmarshal(b, &back) != nil || len(back) != len(found) {
			t.Errorf("%v %s", err, b)
		}
		if b, err := json.Marshal(lint.SARIF("1", found)); err != nil || !json.Valid(b) {
			t.Errorf("%v %s", err, b)
		}
	})
}

// plain returns findings as text.
func plain(found []lint.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, f.String()+" "+f.Text)
	}
	return out
}

// TestLongLines ends soon because time grows with the size of a file, also of one
// line, and not with its square.
func TestLongLines(t *testing.T) {
	for _, unit := range []string{"com.amazonaws.us-east-1.ecs ", "cn.com.amazonaws.$R.sqs ", "com.amazonaws.{{{{{{", "ecs AWS::ECS::x # ",
		"{Type: AWS::EC2::VPCEndpoint, ", "{\"Type\": \"AWS::EC2::VPCEndpoint\", \"x\": ", "VpcEndpoint((", "resource \"aws_vpc_endpoint\" \"x\" { \"", "us-east-1: com.amazonaws.us-east-1.batch eks_configuration ",
		"create-vpc-endpoint ", "  Type: AWS::EC2::VPCEndpoint\n", "'", "VpcEndpoint('\"`", "<<E\n", "\n/* ", "region = us-wst-2 ", "\"aws_vpc_endpoint\":{"} {
		lint.File("f", []byte(strings.Repeat(unit, 1<<18/len(unit))), "ca-west-1")
	}
}

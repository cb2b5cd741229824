package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/lint"
)

// ways are the ways of templates and scripts to put a name together. In each, ROOT, REGION and CODE
// are replaced; a way without REGION takes the Region from a variable.
var ways = []struct{ name, text string }{
	{"a name", `x: ROOT.REGION.CODE`},
	{"Sub", `x: !Sub "ROOT.${AWS::Region}.CODE"`},
	{"Fn::Sub", `{"Fn::Sub": "ROOT.${AWS::Region}.CODE"}`},
	{"Sub with a map", `x: !Sub ["ROOT.${R}.CODE", {R: !Ref Place}]`},
	{"Join by nothing", `x: !Join ["", ["ROOT.", !Ref "AWS::Region", ".CODE"]]`},
	{"Join by dots", `x: !Join [".", ["ROOT", !Ref AWS::Region, "CODE"]]`},
	{"Join by dots with a name", `x: !Join [".", ["ROOT", "REGION", "CODE"]]`},
	{"Fn::Join", `{"Fn::Join": ["", ["ROOT.", {"Ref": "AWS::Region"}, ".CODE"]]}`},
	{"Fn::Join with a name", `{"Fn::Join": ["", ["ROOT.", "REGION", ".CODE"]]}`},
	{"Fn::Join on lines", "{\"Fn::Join\": [\"\", [\n  \"ROOT.\",\n  {\"Ref\": \"AWS::Region\"},\n  \".CODE\"\n]]}"},
	{"Join in a block", "x: !Join\n  - ''\n  - - ROOT.\n    - !Ref AWS::Region\n    - .CODE\n"},
	{"Join in a block with a name", "x: !Join\n  - ''\n  - - ROOT.\n    - REGION\n    - .CODE\n"},
	{"JSON in a string", `"{\"Fn::Join\": [\"\", [\"ROOT.\", {\"Ref\": \"AWS::Region\"}, \".CODE\"]]}"`},
	{"JSON in a string in a string", `"{\\\"a\\\": [\\\"ROOT.\\\", \\\"REGION\\\", \\\".CODE\\\"]}"`},
	{"an escaped line feed", `"#!/bin/sh\nROOT.REGION.CODE\n"`},
	{"Terraform", `x = "ROOT.${data.aws_region.current.name}.CODE"`},
	{"Terraform, version 6 of the provider", `x = "ROOT.${data.aws_region.current.region}.CODE"`},
	{"Terraform with a variable", `x = "ROOT.${var.region}.CODE"`},
	{"Terraform with a local value", "locals {\n  place = \"REGION\"\n}\nx = \"ROOT.${local.place}.CODE\""},
	{"Terraform with an open local value", "locals {\n  place = var.place\n}\nx = \"ROOT.${local.place}.CODE\""},
	{"format", `x = format("ROOT.%s.CODE", var.region)`},
	{"join", `x = join(".", ["ROOT", data.aws_region.current.name, "CODE"])`},
	{"join with an index", `x = join(".", ["ROOT", data.aws_region.current[0].name, "CODE"])`},
	{"join with a name", `x = join(".", ["ROOT", "REGION", "CODE"])`},
	{"CDK", `new ec2.InterfaceVpcEndpointService('ROOT.REGION.CODE', 443)`},
	{"CDK with a template literal", "new ec2.InterfaceVpcEndpointService(`ROOT.${this.region}.CODE`)"},
	{"CDK with a sum", `new ec2.InterfaceVpcEndpointService('ROOT.' + cdk.Stack.of(this).region + '.CODE')`},
	{"TypeScript with a constant", "const place = 'REGION';\nconst name = `ROOT.${place}.CODE`;"},
	{"Pulumi", "pulumi.interpolate`ROOT.${current.name}.CODE`"},
	{"Pulumi in Go", `pulumi.Sprintf("ROOT.%s.CODE", current.Name)`},
	{"Python", `f"ROOT.{place}.CODE"`},
	{"Python with a constant", "PLACE = \"REGION\"\nname = f\"ROOT.{PLACE}.CODE\""},
	{"Python with a sum", `"ROOT." + os.environ["AWS_REGION"] + ".CODE"`},
	{"Python with a sum of any name", `"ROOT." + place + ".CODE"`},
	{"Python with %", `"ROOT.%s.CODE" % place`},
	{"shell", `aws ec2 create-vpc-endpoint --service-name ROOT.$AWS_DEFAULT.CODE`},
	{"shell with braces", `--service-name "ROOT.${AWS_REGION:-x}.CODE"`},
	{"shell with quotes", `--service-name "ROOT."$PLACE".CODE"`},
	{"shell with a command", `--service-name ROOT.$(aws configure get region).CODE`},
	{"shell with a constant", "export PLACE=REGION\n--service-name ROOT.$PLACE.CODE"},
	{"PowerShell", `"ROOT.$($place).CODE"`},
	{"Ansible", `service: "ROOT.{{ aws_region }}.CODE"`},
	{"Ansible with a sum", `service: "{{ 'ROOT.' ~ place ~ '.CODE' }}"`},
	{"Ruby", `"ROOT.#{place}.CODE"`},
	{"GitHub Actions", `ROOT.${{ env.PLACE }}.CODE`},
	{"ERB", `ROOT.<%= place %>.CODE`},
}

// rightRoots are the Regions and services of each root that has a Region.
var rightRoots = []struct{ root, region, other, code string }{
	{"com.amazonaws", "eu-west-1", "us-east-1", "ecr.dkr"},
	{"com.amazonaws", "us-gov-west-1", "us-gov-east-1", "ecr.dkr"},
	{"com.amazonaws", "cn-north-1", "cn-northwest-1", "logs"},
	{"cn.com.amazonaws", "cn-north-1", "cn-northwest-1", "ecr.dkr"},
	{"eu.amazonaws", "eusc-de-east-1", "eu-west-1", "ecr.dkr"},
	{"gov.ic.c2s", "us-iso-east-1", "us-iso-west-1", "ecr.dkr"},
	{"gov.sgov.sc2s", "us-isob-east-1", "us-isob-west-1", "ecr.dkr"},
	{"gov.ic.hci.csp", "us-isof-south-1", "us-isof-east-1", "ecr.dkr"},
	{"uk.adc-e.cloud", "eu-isoe-west-1", "us-east-1", "ecr.dkr"},
	{"aws.api", "eu-west-1", "us-east-1", "qbusiness"},
	{"api.aws", "eu-west-1", "us-east-1", "cassandra-streams"},
	{"aws.sagemaker", "eu-west-1", "us-east-1", "notebook"},
}

// TestWays finds each root in each way: nothing for the Region, the other Region, and a root that
// the Region does not have.
func TestWays(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rightRoots {
		seen[r.root] = true
		for _, w := range ways {
			check := func(what, root, region string, want ...string) {
				text := strings.NewReplacer("ROOT", root, "AWS_REGION", "AWS_REGION", "REGION", region, "CODE", r.code).Replace(w.text)
				var got []string
				for _, f := range lint.File("f", []byte(text), r.region) {
					if f.Rule == lint.Template || f.Rule == lint.Exists {
						got = append(got, f.Severity+" "+f.Rule+" "+f.Text)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s, %s for %s, %s (-want +got):\n%s\n%s", w.name, root, r.region, what, diff, text)
				}
			}
			fixed := strings.Contains(strings.ReplaceAll(w.text, "AWS_REGION", ""), "REGION")
			check("right", r.root, r.region)
			if fixed {
				check("other Region", r.root, r.other, fmt.Sprintf("error E-TEMPLATE %s.%s.%s", r.root, r.other, r.code))
			} else {
				check("any Region", r.root, r.other)
			}
			region := r.region
			if !fixed {
				region = "REGION"
			}
			switch {
			case r.root != "com.amazonaws" && catalog.RootPartitions(r.root) != nil:
				check("wrong root", "com.amazonaws", r.region, fmt.Sprintf("error G-SVCEXISTS com.amazonaws.%s.%s", region, r.code))
			case r.root == "com.amazonaws":
				check("wrong root", "gov.ic.c2s", r.region, fmt.Sprintf("error G-SVCEXISTS gov.ic.c2s.%s.%s", region, r.code))
			}
		}
	}
	for _, root := range catalog.Roots {
		if !seen[root] {
			t.Errorf("no Region for %s", root)
		}
	}
}

// TestNotNames accepts texts that look like names.
func TestNotNames(t *testing.T) {
	for _, text := range []string{
		"com.amazonaws.iam", "com.amazonaws.s3-global.accesspoint", "aws.api.global.codecatalyst", "com.amazonaws.cloudfront",
		"https://ecs.us-east-1.api.aws\nus-east-1", `["ecs.us-east-1.api.aws", "us-east-1"]`, "providers = { aws = aws.api }\n- us-east-1",
		"https://api.aws.us-east-1.example.com/x", "api.aws.us-east-1.stage.example.org",
		"new aws.sagemaker.Domain('d')", "import com.amazonaws.services.s3.AmazonS3;",
		// the root is chosen elsewhere
		"${local.root_prefix}com.amazonaws.${var.region}.ecr.dkr",
		"!Join ['.', [!If [China, 'cn.com.amazonaws', 'com.amazonaws'], !Ref AWS::Region, sqs]]",
	} {
		for _, region := range []string{"eu-west-1", "cn-north-1"} {
			for _, f := range lint.File("f", []byte(text), region) {
				if f.Rule == lint.Template || f.Rule == lint.Exists {
					t.Errorf("%s: %s", text, f)
				}
			}
		}
	}
}

// TestOtherRegions covers names of Regions that do not exist, tables by Region, and cross-Region
// endpoints.
func TestOtherRegions(t *testing.T) {
	for _, c := range []struct {
		name, region, text string
		want               []string
	}{
		{"misspelled", "us-west-2", "com.amazonaws.us-wst-2.sqs", []string{"error: com.amazonaws.us-wst-2.sqs: us-wst-2 is not a Region. Did you mean us-west-2? Fix: Write us-west-2 instead of us-wst-2."}},
		{"misspelled, of another Region", "eu-west-1", "com.amazonaws.us-wst-2.sqs", []string{"error: com.amazonaws.us-wst-2.sqs: us-wst-2 is not a Region. Did you mean us-west-2? Fix: Write com.amazonaws.eu-west-1.sqs, or use a parameter for the Region."}},
		{"misspelled in a setting", "us-west-2", "provider \"aws\" {\n  region = \"us-wst-2\"\n}\nAWS_REGION=eu-centarl-1 aws s3 ls --region ap-notheast-1\n# region = us-wst-2\n", []string{
			"error: us-wst-2 is not a Region. Did you mean us-west-2? Fix: Write us-west-2.", "error: eu-centarl-1 is not a Region. Did you mean eu-central-1? Fix: Write eu-central-1.",
			"error: ap-notheast-1 is not a Region. Did you mean ap-northeast-1? Fix: Write ap-northeast-1."}},
		{"settings of other clouds and Regions to come", "us-west-2", "region: us-central-1\nregion = \"fr-par-1\"\nregion: us-ord-1\nregion: us-north-1\nregion = eu-west-9", nil},
		{"a Region that this version does not know", "us-west-2", "com.amazonaws.us-north-1.sqs", []string{"error: com.amazonaws.us-north-1.sqs is for us-north-1, not us-west-2. us-north-1 is not a known Region of this version. Fix: Write com.amazonaws.us-west-2.sqs, or use a parameter for the Region."}},
		{"a comment", "us-west-2", "# com.amazonaws.us-east-1.sqs\nx: y # com.amazonaws.us-east-1.sqs\n/* com.amazonaws.us-east-1.sqs\n*/\ndescription = \"such as com.amazonaws.us-east-1.sqs\"", []string{
			"note: com.amazonaws.us-east-1.sqs is for us-east-1, not us-west-2. Fix: Write com.amazonaws.us-west-2.sqs, or use a parameter for the Region.",
			"note: com.amazonaws.us-east-1.sqs is for us-east-1, not us-west-2. Fix: Write com.amazonaws.us-west-2.sqs, or use a parameter for the Region.",
			"note: com.amazonaws.us-east-1.sqs is for us-east-1, not us-west-2. Fix: Write com.amazonaws.us-west-2.sqs, or use a parameter for the Region.",
			"note: com.amazonaws.us-east-1.sqs is for us-east-1, not us-west-2. Fix: Write com.amazonaws.us-west-2.sqs, or use a parameter for the Region."}},
		{"a mapping with the Region", "us-west-2", "Mappings:\n  Names:\n    us-east-1:\n      Sqs: com.amazonaws.us-east-1.sqs\n    us-west-2:\n      Sqs: com.amazonaws.us-west-2.sqs\n", nil},
		{"a map with the Region", "us-west-2", "names = {\n  us-east-1 = \"com.amazonaws.us-east-1.sqs\"\n  \"us-west-2\" = \"com.amazonaws.us-west-2.sqs\"\n}", nil},
		{"a mapping in JSON without the Region", "us-west-2", `{"us-east-1": {"Sqs": "com.amazonaws.us-east-1.sqs"}, "eu-west-1": {"Sqs": "com.amazonaws.eu-west-1.sqs"}}`, []string{
			"error: The table of names by Region has eu-west-1, us-east-1, not us-west-2. Fix: Add us-west-2 to the table, or use a parameter for the Region."}},
		{"an ARN is not a key", "us-west-2", "arn:aws:sqs:us-east-1:123456789012:q com.amazonaws.us-east-1.sqs", []string{"error: com.amazonaws.us-east-1.sqs is for us-east-1, not us-west-2. Fix: Write com.amazonaws.us-west-2.sqs, or use a parameter for the Region."}},
		{"a cross-Region endpoint", "us-west-2", "resource \"aws_vpc_endpoint\" \"x\" {\n  vpc_id = x\n  service_name = \"com.amazonaws.us-east-1.kms\"\n  service_region = \"us-east-1\"\n  vpc_endpoint_type = \"Interface\"\n}", nil},
		{"a cross-Region endpoint that AWS does not list", "us-west-2", "aws ec2 create-vpc-endpoint --vpc-id $V --vpc-endpoint-type Interface --service-name com.amazonaws.us-east-1.sqs --service-region us-east-1\n", []string{
			"note: com.amazonaws.us-east-1.sqs is for us-east-1, not us-west-2. The endpoint has a service Region, but AWS does not list this service as cross-Region enabled. Fix: Write com.amazonaws.us-west-2.sqs, or use a parameter for the Region."}},
		{"a service of one Region", "us-west-2", "com.amazonaws.us-east-1.ecr-public.api", []string{"error: com.amazonaws.us-east-1.ecr-public.api is for us-east-1, not us-west-2. Fix: AWS has this service in us-east-1 only. Delete the endpoint, or create it in a VPC in us-east-1."}},
		{"two values of a local value", "us-west-2", "locals {\n  place = \"us-east-1\"\n}\nmodule \"x\" {\n  place = var.place\n}\nx = \"com.amazonaws.${local.place}.sqs\"", nil},
		{"a parameter with a default", "us-west-2", "variable \"place\" {\n  default = \"us-east-1\"\n}\nx = \"com.amazonaws.${var.place}.sqs\"", nil},
	} {
		var got []string
		for _, f := range lint.File("f", []byte(c.text), c.region) {
			if f.Rule != lint.Template {
				t.Errorf("%s: %s", c.name, f)
				continue
			}
			got = append(got, fmt.Sprintf("%s: %s Fix: %s", f.Severity, f.Message, f.Fix))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

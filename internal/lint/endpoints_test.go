package lint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/lint"
)

// declarations are an endpoint in each format, with the property names of that format. PROPS is
// replaced by properties.
var declarations = []struct {
	name, text                                     string
	service, iface, gateway, dnsOn, dnsOff, tables string
	sep                                            string
	dnsDefault                                     bool // of private DNS
	mustHaveType                                   bool // the format always has a type
}{
	{name: "CloudFormation YAML", text: "Resources:\n  Zone: {Type: 'AWS::EC2::VPC'}\n  E:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      VpcId: !Ref V\n      PROPS\n  After:\n    Type: AWS::EC2::Subnet\n    Properties: {PrivateDnsEnabled: true, RouteTableIds: [a]}\n",
		service: "ServiceName: !Sub 'com.amazonaws.${AWS::Region}.CODE'", iface: "VpcEndpointType: Interface", gateway: "VpcEndpointType: 'Gateway'",
		dnsOn: "PrivateDnsEnabled: true", dnsOff: "PrivateDnsEnabled: false", tables: "RouteTableIds:\n        - !Ref T", sep: "\n      "},
	{name: "CloudFormation YAML, type last", text: "Resources:\n  E:\n    Properties:\n      VpcId: !Ref V\n      PROPS\n    Type: \"AWS::EC2::VPCEndpoint\"\n  F:\n    Properties: {PrivateDnsEnabled: true, RouteTableIds: [a]}\n    Type: AWS::EC2::Subnet\n",
		service: "ServiceName: !Sub 'com.amazonaws.${AWS::Region}.CODE'", iface: "VpcEndpointType: Interface", gateway: "VpcEndpointType: Gateway",
		dnsOn: "PrivateDnsEnabled: 'true'", dnsOff: "PrivateDnsEnabled: 'false'", tables: "RouteTableIds: [!Ref T]", sep: "\n      "},
	{name: "CloudFormation YAML in braces", text: "  E: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref V, PROPS}}\n  F: {Type: AWS::EC2::Subnet, Properties: {PrivateDnsEnabled: true, RouteTableIds: [a]}}\n",
		service: "ServiceName: !Sub 'com.amazonaws.${AWS::Region}.CODE'", iface: "VpcEndpointType: Interface", gateway: "VpcEndpointType: Gateway",
		dnsOn: "PrivateDnsEnabled: true", dnsOff: "PrivateDnsEnabled: false", tables: "RouteTableIds: [!Ref T]", sep: ", "},
	{name: "CloudFormation JSON", text: "{\"Resources\": {\"A\": {\"Type\": \"AWS::EC2::Subnet\", \"Properties\": {\"RouteTableIds\": [1]}},\n\"E\": {\"Properties\": {\"VpcId\": {\"Ref\": \"V\"}, PROPS}, \"Type\": \"AWS::EC2::VPCEndpoint\"}, \"B\": {\"PrivateDnsEnabled\": true}}}",
		service: `"ServiceName": {"Fn::Join": ["", ["com.amazonaws.", {"Ref": "AWS::Region"}, ".CODE"]]}`, iface: `"VpcEndpointType": "Interface"`, gateway: `"VpcEndpointType": "Gateway"`,
		dnsOn: `"PrivateDnsEnabled": true`, dnsOff: `"PrivateDnsEnabled": false`, tables: `"RouteTableIds": [{"Ref": "T"}]`, sep: ", "},
	{name: "Terraform", text: "resource \"aws_vpc_endpoint\" \"e\" {\n  # don't { private_dns_enabled = true, route_table_ids = x\n  vpc_id = aws_vpc.v.id\n  policy = <<EOF\n  {{{ \"\nEOF\n  tags = { a = \"}\" }\n  PROPS\n}\nresource \"x\" \"y\" {\n  private_dns_enabled = true\n  route_table_ids = []\n}\n",
		service: `service_name = "com.amazonaws.${data.aws_region.current.name}.CODE"`, iface: `vpc_endpoint_type = "Interface"`, gateway: `vpc_endpoint_type = "Gateway"`,
		dnsOn: "private_dns_enabled = true", dnsOff: "private_dns_enabled = false", tables: "route_table_ids   = [aws_route_table.t.id]", sep: "\n  "},
	{name: "Terraform with a data source", text: "data \"aws_vpc_endpoint_service\" \"s\" {\n  service = \"CODE\"\n}\nresource \"aws_vpc_endpoint\" \"e\" {\n  vpc_id = aws_vpc.v.id\n  PROPS\n}\n",
		service: `service_name = data.aws_vpc_endpoint_service.s.service_name`, iface: `vpc_endpoint_type = "Interface"`, gateway: `vpc_endpoint_type = "Gateway"`,
		dnsOn: "private_dns_enabled = true", dnsOff: "private_dns_enabled = false", tables: "route_table_ids   = [aws_route_table.t.id]", sep: "\n  "},
	{name: "Terraform JSON", text: `{"resource": {"aws_vpc_endpoint": {"e": {"vpc_id": "v", PROPS}, "f": {"private_dns_enabled": true, "route_table_ids": ["x"]}}}}`,
		service: `"service_name": "com.amazonaws.${var.region}.CODE"`, iface: `"vpc_endpoint_type": "Interface"`, gateway: `"vpc_endpoint_type": "Gateway"`,
		dnsOn: `"private_dns_enabled": true`, dnsOff: `"private_dns_enabled": false`, tables: `"route_table_ids": ["${aws_route_table.t.id}"]`, sep: ", "},
	{name: "CDK resource", text: "new ec2.CfnVPCEndpoint(this, 'E', { // don't\n  vpcId: vpc.vpcId,\n  PROPS,\n});\nnew X({privateDnsEnabled: true, routeTableIds: [t]});",
		service: "serviceName: `com.amazonaws.${this.region}.CODE`", iface: "vpcEndpointType: 'Interface'", gateway: "vpcEndpointType: ec2.VpcEndpointType.GATEWAY",
		dnsOn: "privateDnsEnabled: true", dnsOff: "privateDnsEnabled: false", tables: "routeTableIds: [t.ref]", sep: ",\n  "},
	{name: "troposphere", text: "t.add_resource(VPCEndpoint(\n    'E',\n    VpcId=Ref(vpc),\n    PROPS,\n))\nother(PrivateDnsEnabled=True, RouteTableIds=[t])",
		service: `ServiceName=Sub("com.amazonaws.${AWS::Region}.CODE")`, iface: `VpcEndpointType="Interface"`, gateway: `VpcEndpointType="Gateway"`,
		dnsOn: "PrivateDnsEnabled=True", dnsOff: "PrivateDnsEnabled=False", tables: "RouteTableIds=[Ref(t)]", sep: ",\n    "},
	{name: "Pulumi", text: "const e = new aws.ec2.VpcEndpoint(\"e\", {\n    vpcId: vpc.id,\n    PROPS,\n});",
		service: "serviceName: `com.amazonaws.${region}.CODE`", iface: `vpcEndpointType: "Interface"`, gateway: `vpcEndpointType: "Gateway"`,
		dnsOn: "privateDnsEnabled: true", dnsOff: "privateDnsEnabled: false", tables: "routeTableIds", sep: ",\n    "},
	{name: "Pulumi in Go", text: "ec2.NewVpcEndpoint(ctx, \"e\", &ec2.VpcEndpointArgs{\n\tVpcId: vpc.ID(),\n\tPROPS,\n})",
		service: `ServiceName: pulumi.String("com.amazonaws.us-east-1.CODE")`, iface: `VpcEndpointType: pulumi.String("Interface")`, gateway: `VpcEndpointType: pulumi.String("Gateway")`,
		dnsOn: "PrivateDnsEnabled: pulumi.Bool(true)", dnsOff: "PrivateDnsEnabled: pulumi.Bool(false)", tables: "RouteTableIds: pulumi.StringArray{t.ID()}", sep: ",\n\t"},
	{name: "Pulumi YAML", text: "resources:\n  e:\n    type: aws:ec2:VpcEndpoint\n    properties:\n      vpcId: ${v.id}\n      PROPS\n  f:\n    privateDnsEnabled: true\n    routeTableIds: [x]\n",
		service: "serviceName: com.amazonaws.${region}.CODE", iface: "vpcEndpointType: Interface", gateway: "vpcEndpointType: Gateway",
		dnsOn: "privateDnsEnabled: true", dnsOff: "privateDnsEnabled: false", tables: "routeTableIds:\n        - ${t.id}", sep: "\n      "},
	{name: "CDK", text: "vpc.addInterfaceEndpoint('E', {\n  PROPS,\n});\nnew X({privateDnsEnabled: false});",
		service: "service: ec2.InterfaceVpcEndpointAwsService.CONSTANT", iface: "open: true", dnsOn: "privateDnsEnabled: true", dnsOff: "privateDnsEnabled: false", sep: ",\n  ", dnsDefault: true, mustHaveType: true},
	{name: "CDK in Python", text: "ec2.InterfaceVpcEndpoint(self, 'E',\n    vpc=vpc,\n    PROPS,\n)",
		service: "service=ec2.InterfaceVpcEndpointAwsService.CONSTANT", iface: "open=True", dnsOn: "private_dns_enabled=True", dnsOff: "private_dns_enabled=False", sep: ",\n    ", dnsDefault: true, mustHaveType: true},
	{name: "CDK in Go", text: "vpc.AddInterfaceEndpoint(jsii.String(\"e\"), &awsec2.InterfaceVpcEndpointOptions{\n\tPROPS,\n})",
		service: "Service: awsec2.InterfaceVpcEndpointAwsService_CONSTANT()", iface: "Open: jsii.Bool(true)", dnsOn: "PrivateDnsEnabled: jsii.Bool(true)", dnsOff: "PrivateDnsEnabled: jsii.Bool(false)", sep: ",\n\t", dnsDefault: true, mustHaveType: true},
	{name: "CDK with a name", text: "new ec2.InterfaceVpcEndpoint(this, 'E', {\n  vpcId,\n  vpc,\n  PROPS,\n});",
		service: "service: new ec2.InterfaceVpcEndpointService(`com.amazonaws.${this.region}.CODE`)", iface: "open: true", dnsOn: "privateDnsEnabled: true", dnsOff: "privateDnsEnabled: false", sep: ",\n  ", mustHaveType: true},
	{name: "AWS CLI", text: "aws ec2 create-vpc-endpoint --vpc-id \"$V\" \\\n  PROPS\naws other --private-dns-enabled --route-table-ids x\n",
		service: "--service-name com.amazonaws.$REGION.CODE", iface: "--vpc-endpoint-type Interface", gateway: "--vpc-endpoint-type Gateway",
		dnsOn: "--private-dns-enabled", dnsOff: "--no-private-dns-enabled", tables: "--route-table-ids \"$T\"", sep: " \\\n  ", dnsDefault: true},
	{name: "Ansible", text: "- name: e\n  amazon.aws.ec2_vpc_endpoint:\n    vpc_id: '{{ v }}'\n    PROPS\n- name: f\n  x:\n    route_table_ids: [x]\n",
		service: "service: com.amazonaws.{{ aws_region }}.CODE", iface: "vpc_endpoint_type: Interface", gateway: "vpc_endpoint_type: Gateway", tables: "route_table_ids:\n      - '{{ t }}'", sep: "\n    ", dnsDefault: true},
}

var constantOf = map[string]string{"logs": "CLOUDWATCH_LOGS", "ecr.dkr": "ECR_DOCKER", "sns": "SNS"}

// rules returns the rules of the findings with their severities, except the pair of ECR endpoints.
func rules(found []lint.Finding) []string {
	var out []string
	for _, f := range found {
		if f.Rule != lint.ECRPair {
			out = append(out, f.Severity+" "+f.Rule)
		}
	}
	return out
}

// TestDeclarations checks each rule in each format: what it finds, and what it accepts.
func TestDeclarations(t *testing.T) {
	for _, d := range declarations {
		check := func(what, code string, props []string, want ...string) {
			t.Helper()
			props = slices.DeleteFunc(slices.Clone(props), func(p string) bool { return p == "" })
			text := strings.NewReplacer("PROPS", strings.Join(append([]string{d.service}, props...), d.sep)).Replace(d.text)
			text = strings.NewReplacer("CODE", code, "CONSTANT", constantOf[code]).Replace(text)
			if diff := cmp.Diff(want, rules(lint.File("f", []byte(text), "us-east-1"))); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s\n%s", d.name, what, diff, text)
			}
		}
		if d.dnsOn != "" {
			check("private DNS on", "logs", []string{d.iface, d.dnsOn})
			check("private DNS off", "logs", []string{d.iface, d.dnsOff}, "error G-DNSOFF")
			check("private DNS off of ecr.dkr", "ecr.dkr", []string{d.iface, d.dnsOff}, "error G-DNSDKR")
			check("private DNS off of a service without such clients", "sns", []string{d.iface, d.dnsOff})
		}
		if d.dnsDefault {
			check("private DNS absent", "logs", []string{d.iface})
		} else {
			check("private DNS absent", "logs", []string{d.iface}, "error G-DNSOFF")
		}
		if d.mustHaveType {
			continue
		}
		check("gateway", "s3", []string{d.gateway, d.tables})
		check("gateway by default", "s3", []string{d.tables})
		check("gateway without route tables", "s3", []string{d.gateway}, "error G-GWROUTE")
		check("gateway by default without route tables", "dynamodb", nil, "error G-GWROUTE")
		check("interface", "s3", []string{d.iface, d.dnsOn})
		check("no type", "logs", []string{d.dnsOn}, "error G-TYPE")
		check("gateway of another service", "sns", []string{d.gateway, d.tables}, "error G-TYPE")
	}
}

// TestUndecided accepts declarations with values that the text does not decide.
func TestUndecided(t *testing.T) {
	for _, text := range []string{
		"resource \"aws_vpc_endpoint\" \"e\" {\n  vpc_id = v\n  service_name = \"com.amazonaws.${var.region}.logs\"\n  vpc_endpoint_type = var.type\n  private_dns_enabled = var.dns\n}",
		"resource \"aws_vpc_endpoint\" \"e\" {\n  vpc_id = v\n  service_name = \"com.amazonaws.${var.region}.${each.value}\"\n  vpc_endpoint_type = \"Interface\"\n}",
		"resource \"aws_vpc_endpoint\" \"e\" {\n  vpc_id = v\n  service_name = each.value.name\n}",
		"resource \"aws_vpc_endpoint\" \"e\" {\n  vpc_id = v\n  service_name = var.x ? \"com.amazonaws.${var.region}.s3\" : \"com.amazonaws.${var.region}.dynamodb\"\n}",
		"E:\n  Type: AWS::EC2::VPCEndpoint\n  Properties:\n    <<: *common\n    VpcId: v\n    ServiceName: !Sub com.amazonaws.${AWS::Region}.s3\n",
		"E:\n  Type: AWS::EC2::VPCEndpoint\n  Properties:\n    VpcId: v\n    VpcEndpointType: Interface\n    PrivateDnsEnabled: !Ref Dns\n    ServiceName: !Sub com.amazonaws.${AWS::Region}.logs\n",
		"new aws.ec2.VpcEndpoint('e', { ...common, vpcId, serviceName: `com.amazonaws.${region}.s3` });",
		"new aws.ec2.VpcEndpoint('e', { vpcId, privateDnsEnabled, vpcEndpointType: 'Interface', serviceName: `com.amazonaws.${region}.logs` });",
		"VPCEndpoint('e', VpcId=v, ServiceName='com.amazonaws.us-east-1.s3', **kwargs)",
		"aws ec2 create-vpc-endpoint --vpc-id v --service-name com.amazonaws.$REGION.s3 \"$@\"\n",
		"aws ec2 create-vpc-endpoint --vpc-id v --service-name com.amazonaws.$REGION.s3 $EXTRA_ARGS\n",
		"# resource \"aws_vpc_endpoint\" \"e\" {\n#   vpc_id = v\n#   service_name = \"com.amazonaws.us-east-1.s3\"\n# }",
		"Type: AWS::EC2::VPCEndpointService\nVpcId: v\nServiceName: com.amazonaws.us-east-1.s3",
		"resource \"aws_vpc_endpoint\" \"fragment\" { service_name = \"com.amazonaws.us-east-1.s3\" }",
		"resource \"aws_vpc_endpoint\" \"open\" {\n  vpc_id = v\n  service_name = \"com.amazonaws.us-east-1.s3\"\n",
		"resource \"aws_vpc_endpoint\" \"e\" {\n  vpc_id = v\n  vpc_endpoint_type = \"Interface\"\n  service_name = \"com.amazonaws.vpce.us-east-1.vpce-svc-1\"\n}",
	} {
		if found := lint.File("f", []byte(text), "us-east-1"); len(found) > 0 {
			t.Errorf("%s\n%v", text, found)
		}
	}
}

// TestOtherFiles checks what one file decides for another one of the run.
func TestOtherFiles(t *testing.T) {
	const (
		gateway = "resource \"aws_vpc_endpoint\" \"s3\" {\n  vpc_id = v\n  service_name = \"com.amazonaws.us-east-1.s3\"\n}\n"
		logs    = "resource \"aws_vpc_endpoint\" \"l\" {\n  vpc_id = v\n  service_name = \"com.amazonaws.us-east-1.logs\"\n  vpc_endpoint_type = \"Interface\"\n}\n"
		s3      = "resource \"aws_vpc_endpoint\" \"i\" {\n  vpc_id = v\n  service_name = \"com.amazonaws.us-east-1.s3\"\n  vpc_endpoint_type = \"Interface\"\n}\n"
		both    = "a: com.amazonaws.us-east-1.ecr.api\nb: com.amazonaws.us-east-1.ecr.dkr\n"
		ecs     = "resource \"aws_ecs_service\" \"s\" {}\n"
		three   = "for s in ecs-agent ecs-telemetry ecs; do create com.amazonaws.ca-west-1.$s; done\n"
	)
	for _, c := range []struct {
		name, region string
		files, want  []string
	}{
		{"association", "us-east-1", []string{gateway, "resource \"aws_vpc_endpoint_route_table_association\" \"a\" {}"}, nil},
		{"association in a comment", "us-east-1", []string{gateway, "# resource \"aws_vpc_endpoint_route_table_association\" \"a\" {}"}, []string{"error G-GWROUTE"}},
		{"private DNS by a resource", "us-east-1", []string{logs, "resource \"aws_vpc_endpoint_private_dns\" \"a\" {}"}, nil},
		{"private zones", "us-east-1", []string{"resource \"aws_route53_zone\" \"a\" {}", logs}, []string{"note G-DNSOFF"}},
		{"hosted zones of the CDK", "us-east-1", []string{"new route53.PrivateHostedZone(this, 'z')", logs}, []string{"note G-DNSOFF"}},
		{"S3 interface only", "us-east-1", []string{s3, both}, []string{"note G-S3IF"}},
		{"S3 interface and gateway", "us-east-1", []string{s3, both, gateway, "resource \"aws_vpc_endpoint_route_table_association\" \"a\" {}"}, nil},
		{"S3 interface and a name", "us-east-1", []string{s3, both, "- com.amazonaws.us-east-1.s3"}, nil},
		{"S3 interface without Amazon ECR", "us-east-1", []string{s3}, nil},
		{"S3 interface and a gateway of the CDK", "us-east-1", []string{s3, both, "vpc.addGatewayEndpoint('s', {service: ec2.GatewayVpcEndpointAwsService.S3})"}, nil},
		{"ECS endpoints in another file", "ca-west-1", []string{ecs, three}, nil},
		{"ECS endpoints by a loop over a list of another file", "ca-west-1", []string{ecs, "x = \"com.amazonaws.${var.region}.${each.value}\"", "[\"ecs-agent\", \"ecs-telemetry\", \"ecs\"]"}, nil},
		{"one ECS endpoint is missing everywhere", "ca-west-1", []string{ecs, "com.amazonaws.ca-west-1.ecs com.amazonaws.ca-west-1.ecs-agent"}, []string{"error E-NEWREGION", "error E-NEWREGION"}},
	} {
		r := lint.New(c.region)
		for i, text := range c.files {
			r.Add(fmt.Sprint(i), []byte(text))
		}
		if diff := cmp.Diff(c.want, rules(r.Findings())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestECRPair covers one ECR endpoint without the other, in one file and in several.
func TestECRPair(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		found bool
	}{
		{"ecr.api only", []string{"com.amazonaws.${AWS::Region}.ecr.api"}, true},
		{"ecr.dkr only", []string{"com.amazonaws.us-east-1.ecr.dkr"}, true},
		{"the CDK, one", []string{"vpc.addInterfaceEndpoint('e', {service: ec2.InterfaceVpcEndpointAwsService.ECR})"}, true},
		{"a module, one", []string{"endpoints = { a = { service = \"ecr.dkr\" } }"}, true},
		{"the other one is in a comment", []string{"com.amazonaws.us-east-1.ecr.dkr\n# com.amazonaws.us-east-1.ecr.api\n"}, true},
		{"the other one is of another Region", []string{"com.amazonaws.us-east-1.ecr.dkr\ncom.amazonaws.eu-west-1.ecr.api\n"}, true},
		{"both", []string{"com.amazonaws.us-east-1.ecr.dkr\ncom.amazonaws.${AWS::Region}.ecr.api\n"}, false},
		{"the CDK, both", []string{"endpoint InterfaceVpcEndpointAwsService.ECR InterfaceVpcEndpointAwsService.ECR_DOCKER"}, false},
		{"the CDK and a name", []string{"endpoint InterfaceVpcEndpointAwsService.ECR com.amazonaws.us-east-1.ecr.dkr"}, false},
		{"in another file", []string{"com.amazonaws.us-east-1.ecr.dkr", "com.amazonaws.us-east-1.ecr.api"}, false},
		{"in a list of another file", []string{"com.amazonaws.us-east-1.ecr.dkr", "services = [\"ecr.api\"]"}, false},
		{"a loop over services that the run does not show", []string{"com.amazonaws.us-east-1.ecr.dkr\nx = \"com.amazonaws.us-east-1.${each.key}\""}, false},
		{"an endpoint that exists", []string{"data \"aws_vpc_endpoint\" \"e\" {\n  vpc_id = v\n  service_name = \"com.amazonaws.us-east-1.ecr.dkr\"\n}"}, false},
		{"a condition of a policy", []string{"\"ec2:VpceServiceName\": [\"com.amazonaws.us-east-1.ecr.dkr\"]"}, false},
		{"neither", []string{"com.amazonaws.us-east-1.logs 123456789012.dkr.ecr.us-east-1.amazonaws.com/x"}, false},
	} {
		r := lint.New("us-east-1")
		for i, text := range c.files {
			r.Add(fmt.Sprint(i), []byte(text))
		}
		got := slices.ContainsFunc(r.Findings(), func(f lint.Finding) bool {
			byConstant := strings.Contains(c.files[0], "InterfaceVpcEndpointAwsService")
			return f.Rule == lint.ECRPair && f.Severity == lint.Error && strings.Contains(f.Fix, "InterfaceVpcEndpointAwsService.ECR_DOCKER") == byConstant
		})
		if got != c.found {
			t.Errorf("%s: %v", c.name, r.Findings())
		}
	}
}

// TestShowsECS lists what shows that a file is about the ECS agent, and what does not.
func TestShowsECS(t *testing.T) {
	for text, want := range map[string]bool{
		"Type: AWS::ECS::TaskDefinition": true, "Type: AWS::Batch::ComputeEnvironment": true, "resource \"aws_ecs_cluster\" \"x\" {}": true, "{\"aws_batch_job_queue\": {}}": true,
		"source = \"terraform-aws-modules/ecs/aws\"": true, "aws ecs create-cluster": true, "aws batch register-job-definition": true, "new ecs.FargateService(this, 's')": true,
		"ecs.Cluster(self, 'c')": true, "ecs_patterns.ApplicationLoadBalancedFargateService(self)": true, "awsecs.NewCluster(s)": true, "new batch.FargateComputeEnvironment(this)": true,
		"new aws.ecs.Service('s')": true, "new awsx.ecs.FargateService('s')": true, "type: aws:ecs:Service": true, "  community.aws.ecs_cluster:": true,
		"com.amazonaws.ca-west-1.ecs-agent": true, "com.amazonaws.ca-west-1.batch": true,

		"Type: AWS::EKS::Cluster\ncom.amazonaws.ca-west-1.ecr.api com.amazonaws.ca-west-1.ecr.dkr":                                  false,
		"Type: AWS::MWAA::Environment\ncom.amazonaws.ca-west-1.ecr.api com.amazonaws.ca-west-1.ecr.dkr com.amazonaws.ca-west-1.sqs": false,
		"Type: AWS::Lambda::Function\nPackageType: Image\ncom.amazonaws.ca-west-1.ecr.api com.amazonaws.ca-west-1.ecr.dkr":          false,
		"Type: AWS::CodeBuild::Project com.amazonaws.ca-west-1.ecr.api com.amazonaws.ca-west-1.ecr.dkr":                             false,
		"resource \"aws_batch_compute_environment\" \"x\" {\n  eks_configuration {}\n}\ncom.amazonaws.ca-west-1.batch":              false,
		"Type: AWS::Batch::JobDefinition\nEksProperties: {}":                                                                        false,
		"Resource: arn:aws:ecs:ca-west-1:123456789012:cluster/x\nAction: ecs:RunTask":                                               false,
		"# Type: AWS::ECS::Service":  false,
		"new eks.Cluster(this, 'c')": false,
		"com.amazonaws.ca-west-1.ecr.api com.amazonaws.ca-west-1.ecr.dkr com.amazonaws.ca-west-1.s3": false,
	} {
		got := slices.ContainsFunc(lint.File("f", []byte(text), "ca-west-1"), func(f lint.Finding) bool { return f.Rule == lint.NewRegion })
		if got != want {
			t.Errorf("%q: E-NEWREGION is %v", text, got)
		}
	}
}

// TestNewRegionIsHonest covers Regions with a date that is not known.
func TestNewRegionIsHonest(t *testing.T) {
	for region, want := range map[string]string{
		"ca-west-1":     "error ca-west-1 is such a Region.",
		"us-iso-east-1": "note us-iso-east-1 can be such a Region: AWS does not document its date.",
		"us-north-1":    "error us-north-1 is not a known Region of this version. If it exists, it is such a Region.",
	} {
		found := lint.File("f", []byte("Type: AWS::ECS::Service"), region)
		severity, message, _ := strings.Cut(want, " ")
		if len(found) != 1 || found[0].Severity != severity || !strings.Contains(found[0].Message, message) {
			t.Errorf("%s: %v", region, found)
		}
	}
}

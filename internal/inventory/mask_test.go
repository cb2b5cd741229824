package inventory_test

import (
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// kept are the fields that masking leaves as they are: ids, addresses, words of AWS
// and times. A new field must be masked or listed here.
var kept = strings.Fields(`
Origin.Taken Origin.Program
Inventory.Partition Inventory.Region
VPC.ID VPC.CIDRs VPC.IPv6 VPC.DHCP
Network.VPC Network.DomainServers Network.InternetGateways Network.BlockPublicAccess
Zone.Name Zone.ID Creation.BlockPublicAccess Gateway.ID Gateway.VPC Peer.VPC Peer.CIDRs Quota.ByZone
EncryptionControl.Mode EncryptionControl.State EncryptionControl.Exclusions Subnet.BlockPublicAccess
Subnet.ID Subnet.VPC Subnet.Zone Subnet.ZoneID Subnet.CIDR Subnet.IPv6
RouteTable.ID RouteTable.Subnets Route.CIDR Route.PrefixList
NATGateway.ID NATGateway.State NATGateway.Subnet NATGateway.RouteTable
SecurityGroup.ID SecurityGroup.VPC
GroupRule.ID GroupRule.Protocol GroupRule.CIDR GroupRule.Group GroupRule.PrefixList
Endpoint.ID Endpoint.Type Endpoint.Service Endpoint.State Endpoint.Subnets Endpoint.Groups Endpoint.RouteTables Endpoint.Interfaces Endpoint.IPType Endpoint.Created
EndpointService.Name EndpointService.Type EndpointService.Zones EndpointService.PrivateNames EndpointService.IPTypes
Interface.ID Interface.Subnet Interface.Zone Interface.Type Interface.Status Interface.Groups Interface.IP Interface.Instance
NetworkACL.ID NetworkACL.Subnets ACLEntry.Protocol ACLEntry.CIDR
PrefixList.ID PrefixList.Name PrefixList.CIDRs HostedZone.ID
ResolverRule.ID ResolverRule.Type ResolverRule.Profile Resolver.Firewalls DNSProfile.ID DNSProfile.Zones DNSProfile.Other
ContainerInstance.Instance ContainerInstance.AgentVersion ContainerInstance.Status ContainerInstance.VPC ContainerInstance.Subnet ContainerInstance.Zone
ContainerInstance.OS ContainerInstance.OSFamily ContainerInstance.AMI ContainerInstance.Registered
ManagedProvider.VPC ManagedProvider.Subnets ManagedProvider.Groups
Service.LaunchType Service.PlatformVersion Service.VPC Service.Subnets Service.Groups Service.Deployment Service.Deployed
TaskDefinition.Compatible TaskDefinition.OS TaskDefinition.Fields TaskDefinition.Shape Secret.Deleted Key.Manager Key.State Key.Usage JobDefinition.PlatformVersion
ComputeEnvironment.Type ComputeEnvironment.State ComputeEnvironment.Status ComputeEnvironment.Orchestration ComputeEnvironment.VPC ComputeEnvironment.Subnets ComputeEnvironment.Groups
JobQueue.State
Airflow.Status Airflow.Version Airflow.Access Airflow.Management Airflow.DatabaseService Airflow.WebserverService Airflow.VPC Airflow.Subnets Airflow.Groups Airflow.Created
DNS.Addresses DNS.Error
Host.Instance Host.VPC Host.State Host.Ping Host.SSMAgent Host.PlatformType Host.PlatformName Host.PlatformVersion
LoadBalancer.Scheme LoadBalancer.State LoadBalancer.Subnets LoadBalancer.Groups Listener.Protocol
TargetGroup.Protocol TargetGroup.Type TargetGroup.Matcher Target.Address Target.State Target.Reason Certificate.Status Certificate.Type Certificate.Until Bastion.ID Bastion.State Bastion.Subnet Bastion.Groups Bastion.PrivateIP Certificate.Key Access.VPC
ClientVPN.ID ClientVPN.CIDR ClientVPN.State ClientVPN.Authorized Association.ID Association.Subnet Association.State
StoppedTask.LaunchType StoppedTask.PlatformVersion StoppedTask.StopCode StoppedTask.Stopped StoppedTask.Subnet Job.Status Job.Created Event.At UpdateError.At UpdateError.Code Airflow.Updated
List.Region List.Source List.Date Price.Item
Request.Part Request.VPC Gap.Call Gap.Code Gap.RequestID`)

// fields visits every text of a value with the name of its field.
func fields(v reflect.Value, field string, visit func(field string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fields(v.Field(i), path.Base(strings.ReplaceAll(v.Type().String(), ".", "/"))+"."+v.Type().Field(i).Name, visit)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fields(v.Elem(), field, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fields(v.Index(i), field, visit)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			visit(field, it.Key())
			if it.Value().Kind() == reflect.String {
				visit(field, it.Value())
			}
		}
	case reflect.String:
		visit(field, v)
	}
}

// full makes one of everything.
func full(v reflect.Value, text func() string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			full(v.Field(i), text)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		full(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		full(v.Index(0), text)
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.Int {
			v.Set(reflect.ValueOf(map[string]int{text(): 1}))
			return
		}
		v.Set(reflect.ValueOf(map[string]string{text(): text(), "ManagedBy": text()}))
	case reflect.String:
		v.SetString(text())
	}
}

func TestMaskLeavesNoNameInAnyField(t *testing.T) {
	secret := regexp.MustCompile(`(?i)zebra|123456789012|AbCdEf`)
	// Whatever shape a text has, it is masked.
	for _, shape := range []string{
		"zebra%d",
		"/zebra%d/zebra",
		"zebra%d with 123456789012",
		"Zebra: no account 123456789012 called zebra%d",
		"arn:aws:ecs:us-east-1:123456789012:cluster/zebra%d/zebra:zebra",
		"arn:aws:sns:us-east-1:123456789012:zebra%d:123456789012",
		"arn:aws:s3:::zebra%d/zebra.env",
		"arn:aws:secretsmanager:us-east-1:123456789012:secret:zebra%d/db-AbCdEf:zebra:zebra:123456789012",
		"123456789012.dkr.ecr.us-east-1.amazonaws.com/zebra%d/web:zebra",
		"registry.zebra%d.example/web@sha256:zebra",
		"privatelink-wizard-zebra%d-bastion",
		"airflow-zebra%d",
		"AWSBatch-zebra%d",
		"internal-zebra%d-123.us-east-1.elb.amazonaws.com",
		"https://zebra%d.zebra.example/zebra",
		"arn:aws:s3:::zebra%d-*/zebra?/zebra",
		"arn:aws:s3:::prod-*zebra%d",
		"arn:aws:s3*zebra%d",
		"PrivateLinkWizardZebra%d",
		"eu-zebra%d-1",
		"${zebra%d}-${aws:PrincipalTag/zebra}-${zebra:zebra}",
		"my-zebra%d-zebra-1",
		"arn:aws:networkmanager::123456789012:core-network/core-network-zebra%d",
		`{"Statement":[{"Principal":{"zebra%d":["zebra","arn:aws:iam::123456789012:role/zebra*"],"AWS":"*"},"zebra":{"zebra":["zebra"]},"Resource":"arn:aws:s3:::*zebra","Condition":{"zebra":{"zebra:zebra":"${aws:PrincipalTag/zebra}","aws:PrincipalArn":{"zebra":"zebra"}}}}],"Id":"zebra"`,
		`{"Statement":{"NotPrincipal":{"AWS":123456789012},"NotResource":["zebra%d",{"zebra":["zebra"]}],"Condition":{"Null":{"oidc.zebra.example/id/zebra:aud":"zebra"},"StringLike":{"aws:TagKeys":["zebra*"],"kms:ViaService":"zebra!","aws:PrincipalTag/zebra":"my-zebra-1"}}}}`,
		`{"Statement":[{"Sid":"zebra%d","Effect":"Allow","Action":["s3:Get*"],"Resource":["arn:aws:s3:::zebra/*","*"],"Condition":{"StringEquals":{"aws:ResourceTag/zebra":"zebra","aws:PrincipalAccount":123456789012}}}],"zebra":1}`,
	} {
		n := 0
		var inv inventory.Inventory
		full(reflect.ValueOf(&inv).Elem(), func() string {
			n++
			return strings.Replace(shape, "%d", fmt.Sprint(n), 1)
		})
		m, err := inv.Mask(legend())
		if err != nil {
			t.Fatal(err)
		}
		again, _ := inv.Mask(legend())
		if d := cmp.Diff(m, again); d != "" {
			t.Errorf("masking twice differs:\n%s", d)
		}
		before := map[string][]string{}
		fields(reflect.ValueOf(inv), "", func(f string, v reflect.Value) { before[f] = append(before[f], v.String()) })
		after := map[string][]string{}
		fields(reflect.ValueOf(*m), "", func(f string, v reflect.Value) { after[f] = append(after[f], v.String()) })
		for f, texts := range after {
			if slices.Contains(kept, f) {
				if d := cmp.Diff(before[f], texts); d != "" {
					t.Errorf("%s changed:\n%s", f, d)
				}
				continue
			}
			for _, s := range texts {
				if secret.MatchString(s) && s != "ManagedBy" {
					t.Errorf("%s still holds %q", f, s)
				}
			}
		}
		for _, f := range kept {
			if _, ok := before[f]; !ok {
				t.Errorf("there is no field %s", f)
			}
		}
	}
}

// What a masked role allows is what the role allows.
func TestMaskKeepsWhatPoliciesFit(t *testing.T) {
	const account = "123456789012"
	inv := &inventory.Inventory{
		TaskDefinitions: []inventory.TaskDefinition{{ExecutionRole: "arn:aws:iam::" + account + ":role/service-role/zebra", Containers: []inventory.Container{{
			Image:    account + ".dkr.ecr.us-east-1.amazonaws.com/zebra/web:1",
			LogGroup: "/ecs/zebra",
			Secrets:  []string{"arn:aws:secretsmanager:us-east-1:" + account + ":secret:zebra/db-AbCdEf"}}}}},
		Roles: []inventory.Role{{ARN: "arn:aws:iam::" + account + ":role/service-role/zebra", Name: "zebra", Policies: []inventory.RolePolicy{
			{Name: "zebra", Document: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":["arn:aws:secretsmanager:us-east-1:` + account + `:secret:zebra/db-??????",` +
				`"arn:aws:secretsmanager:us-east-1:` + account + `:secret:zebra/*","arn:aws:ecr:us-east-1:` + account + `:repository/zebra/web","arn:aws:logs:*:` + account + `:log-group:/ecs/zebra:*","*"],` +
				`"Condition":{"StringEquals":{"aws:sourceVpce":"vpce-0a1b2c3d4e5f60001","kms:ViaService":"secretsmanager.us-east-1.amazonaws.com"}}}}`},
			{Name: "AmazonECSTaskExecutionRolePolicy", ARN: "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy", Document: `{"Statement":[]}`},
			{Name: "zebra", Document: "zebra"},
		}}},
		Loaded: []inventory.Request{{Part: inventory.PartRoles, Role: "arn:aws:iam::" + account + ":role/service-role/zebra"}},
		Gaps: []inventory.Gap{{Call: "batch:DescribeJobDefinitions", Code: inventory.NotAllRead, Message: "the first 1000"},
			{Call: "iam:GetPolicy", Code: "AccessDenied", Message: "zebra may not"}},
	}
	m, err := inv.Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	role := m.Role(m.TaskDefinitions[0].ExecutionRole)
	if role == nil || !m.Has(inventory.Request{Part: inventory.PartRoles, Role: role.ARN}) || !strings.HasSuffix(role.ARN, "/"+role.Name) {
		t.Fatalf("the role is not found again: %+v", m)
	}
	var doc struct {
		Version   string
		Statement struct {
			Effect, Action string
			Resource       []string
			Condition      map[string]map[string]string
		}
	}
	if err := json.Unmarshal([]byte(role.Policies[0].Document), &doc); err != nil {
		t.Fatal(err)
	}
	st, c := doc.Statement, m.TaskDefinitions[0].Containers[0]
	for i, p := range st.Resource[:2] {
		pattern := "^" + strings.NewReplacer(`\?`, ".", `\*`, ".*").Replace(regexp.QuoteMeta(p)) + "$"
		if ok, _ := regexp.MatchString(pattern, c.Secrets[0]); !ok {
			t.Errorf("resource %d: %s does not fit %s", i, p, c.Secrets[0])
		}
	}
	_, repository, _ := strings.Cut(c.Image, "/")
	repository, _, _ = strings.Cut(repository, ":")
	if !strings.HasSuffix(st.Resource[2], ":repository/"+repository) || !strings.HasSuffix(st.Resource[3], ":log-group:"+c.LogGroup+":*") || st.Resource[4] != "*" {
		t.Errorf("%q, image %s, log group %s", st.Resource, c.Image, c.LogGroup)
	}
	if doc.Version != "2012-10-17" || st.Effect != "Allow" || st.Action != "secretsmanager:GetSecretValue" ||
		st.Condition["StringEquals"]["aws:sourceVpce"] != "vpce-0a1b2c3d4e5f60001" || st.Condition["StringEquals"]["kms:ViaService"] != "secretsmanager.us-east-1.amazonaws.com" {
		t.Errorf("the data that rules need is missing: %+v", doc)
	}
	if d := cmp.Diff(inv.Roles[0].Policies[1], role.Policies[1]); d != "" || role.Policies[2].Document == "" || role.Policies[2].Document == "zebra" {
		t.Errorf("%s\n%+v", d, role.Policies[2])
	}
	if m.Gaps[0].Message == "" || m.Gaps[1].Message != "" {
		t.Errorf("gaps: %+v", m.Gaps)
	}
	tags := map[string]string{"privatelink-wizard:endpoints": "2026-01-02", "zebra": "zebra"}
	inv = &inventory.Inventory{Clusters: []inventory.Cluster{{ContainerInstances: []inventory.ContainerInstance{{Tags: tags}}}}}
	m, _ = inv.Mask(legend())
	if got := m.Clusters[0].ContainerInstances[0].Tags; got["privatelink-wizard:endpoints"] != "2026-01-02" || len(got) != 2 || got["zebra"] != "" {
		t.Errorf("tags: %v", got)
	}
}

// Rules need the targets of routes and the Regions of logs.
func TestMaskKeepsTargetsAndRegions(t *testing.T) {
	inv := &inventory.Inventory{Networks: []inventory.Network{{RouteTables: []inventory.RouteTable{{}}}}, TaskDefinitions: []inventory.TaskDefinition{{}}}
	table, def := &inv.Networks[0].RouteTables[0], &inv.TaskDefinitions[0]
	for _, target := range strings.Fields("local igw-0a1b2c3d4e5f60001 nat-0a1b2c3d vgw-0a1b2c3d tgw-0a1b2c3d4e5f60001 pcx-0a1b2c3d eigw-0a1b2c3d4e5f60001 eni-0a1b2c3d vpce-0a1b2c3d4e5f60001 i-0a1b2c3d lgw-0a1b2c3d4e5f60001 cagw-0a1b2c3d4e5f60001") {
		table.Routes = append(table.Routes, inventory.Route{Target: target})
	}
	for _, region := range strings.Fields("us-east-1 eu-central-2 ap-southeast-4 af-south-1 il-central-1 mx-central-1 ca-west-1 cn-northwest-1 us-gov-west-1 us-iso-east-1 us-isob-east-1 us-isof-south-1 eu-isoe-west-1 eusc-de-east-1") {
		def.Containers = append(def.Containers, inventory.Container{LogRegion: region})
	}
	m, err := inv.Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(table.Routes, m.Networks[0].RouteTables[0].Routes) + cmp.Diff(def.Containers, m.TaskDefinitions[0].Containers); d != "" {
		t.Error(d)
	}
	table.Routes = []inventory.Route{{Target: "arn:aws:networkmanager::123456789012:core-network/core-network-0a1b2c3d4e5f60001"}}
	m, _ = inv.Mask(legend())
	if got := m.Networks[0].RouteTables[0].Routes[0].Target; !regexp.MustCompile(`^arn:aws:networkmanager::\d{12}:core-network/`).MatchString(got) || strings.Contains(got, "123456789012") {
		t.Error(got)
	}
}

// A condition key begins with a service of AWS: one with endpoints in the Region, or one that rules know. Other keys are masked.
func TestMaskKeepsConditionKeysOfServices(t *testing.T) {
	inv := inventory.Inventory{Partition: "aws", Region: "us-east-1", Services: []inventory.EndpointService{{Name: "com.amazonaws.us-east-1.dynamodb"}}, Networks: []inventory.Network{{Endpoints: []inventory.Endpoint{{
		Policy: `{"Statement":{"Condition":{"StringEquals":{"dynamodb:LeadingKeys":"zebra","s3:prefix":"zebra","zebra:sub":"zebra","zebra.example:aud":"zebra"}}}}`}}}}}
	m, err := inv.Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Networks[0].Endpoints[0].Policy; !strings.Contains(got, `"dynamodb:LeadingKeys"`) || !strings.Contains(got, `"s3:prefix"`) || strings.Contains(got, "zebra") {
		t.Error(got)
	}
}

// What a web server's name leads to is as it was: itself, an endpoint, or somewhere else.
func TestMaskKeepsWhereWebserversAre(t *testing.T) {
	const own = "zebra-vpce.c10.us-east-1.airflow.amazonaws.com"
	endpoint := "vpce-0a1b2c3d4e5f60001-abc.vpce-svc-0a1b2c3d4e5f60002.us-east-1.vpce.amazonaws.com"
	inv := &inventory.Inventory{Networks: []inventory.Network{{Endpoints: []inventory.Endpoint{{DNSNames: []string{endpoint}}}}}}
	for _, name := range []string{own, endpoint, "internal-zebra-1.us-east-1.elb.amazonaws.com", "proxy.zebra.example"} {
		inv.MWAA = append(inv.MWAA, inventory.Airflow{WebserverURL: own, DNS: inventory.DNS{Name: name}})
	}
	m, err := inv.Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	e := m.MWAA
	if e[0].DNS.Name != e[0].WebserverURL || !strings.HasSuffix(e[0].WebserverURL, "-vpce.c10.us-east-1.airflow.amazonaws.com") || e[1].DNS.Name != m.Networks[0].Endpoints[0].DNSNames[0] ||
		!strings.HasSuffix(e[2].DNS.Name, ".us-east-1.elb.amazonaws.com") || e[2].DNS.Name == e[3].DNS.Name || strings.Contains(fmt.Sprint(m), "zebra") {
		t.Errorf("%+v", e)
	}
}

// The word in an AMI's name that identifies the OS family of a host is kept.
func TestMaskKeepsWhatAMIsAre(t *testing.T) {
	for name, word := range map[string]string{
		"zebra-amzn2-ami-ecs-hvm-2.0.20240131-x86_64-ebs":                      "amzn2-ami-",
		"al2023-ami-ecs-hvm-2023.0.20240131-kernel-6.1-x86_64":                 "al2023-ami-",
		"amzn-ami-2018.03.20240131-amazon-ecs-optimized":                       "amzn-ami-",
		"bottlerocket-aws-ecs-2-x86_64-v1.20.0-fcf71a47":                       "bottlerocket-",
		"Windows_Server-2022-English-Full-ECS_Optimized-2024.01.10":            "windows_server-",
		"ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240126":       "ubuntu-",
		"zebra-bottlerocket-like":                                              "",
		"ZEBRA RHEL 9":                                                         "rhel-",
		"zebra-golden-123456789012 for i-0a1b2c3d4e5f66001 (do not delete it)": "",
	} {
		inv := &inventory.Inventory{Hosts: []inventory.Host{{Instance: "i-1", AMIName: name}, {Instance: "i-2", AMIName: name}, {Instance: "i-3", AMIName: name + "x"}}}
		m, err := inv.Mask(legend())
		if err != nil {
			t.Fatal(err)
		}
		if h := m.Hosts; !strings.HasPrefix(h[0].AMIName, word) || strings.Contains(strings.ToLower(h[0].AMIName), "zebra") || h[1].AMIName != h[0].AMIName || h[2].AMIName == h[0].AMIName {
			t.Errorf("%s: %+v", name, h)
		}
		if is, was := hosts.FamilyOf(hosts.Seen{AMIName: m.Hosts[0].AMIName}), hosts.FamilyOf(hosts.Seen{AMIName: name}); is != was {
			t.Errorf("%s was of %s, and is masked of %s", name, was, is)
		}
	}
}

// A pattern matches masked names if and only if it matches the names, whether a wildcard is at the end
// of a word, in it or instead of it.
func TestMaskKeepsWhatPatternsMatch(t *testing.T) {
	words := []string{"prod", "produce", "data", "mydata", "logs", "Web", "2024", "x"}
	var names []string
	for _, a := range words {
		names = append(names, a)
		for _, b := range words {
			names = append(names, a+"-"+b, a+"/"+b)
		}
	}
	matched := 0
	for _, service := range []string{"secretsmanager:us-east-1:123456789012:secret:", "s3:::", "logs:us-east-1:123456789012:log-group:", "ecr:us-east-1:123456789012:repository/", "sqs:us-east-1:123456789012:"} {
		for _, pattern := range []string{"prod*", "pro*", "prod-*", "*data", "*-data", "*/data", "my*", "pr?d", "pr?d*", "????", "*-????", "p*d-*s", "prod/*", "*od*", "w*", "W*", "2*", "*/2024", "*", "*-x", "produc?-logs"} {
			var inv inventory.Inventory
			for _, name := range names {
				inv.Secrets = append(inv.Secrets, inventory.Secret{ARN: "arn:aws:" + service + name})
			}
			arn := "arn:aws:" + service + pattern
			inv.Networks = []inventory.Network{{Endpoints: []inventory.Endpoint{{Policy: `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":["` + arn + `"]}]}`}}}}
			m, err := inv.Mask(legend())
			if err != nil {
				t.Fatal(err)
			}
			var doc struct{ Statement []struct{ Resource []string } }
			if err := json.Unmarshal([]byte(m.Networks[0].Endpoints[0].Policy), &doc); err != nil {
				t.Fatal(err)
			}
			fits := func(patterns []string, s string) bool {
				return slices.ContainsFunc(patterns, func(p string) bool {
					ok, _ := regexp.MatchString("^"+strings.NewReplacer(`\?`, ".", `\*`, ".*").Replace(regexp.QuoteMeta(p))+"$", s)
					return ok
				})
			}
			for i, s := range inv.Secrets {
				before, after := fits([]string{arn}, s.ARN), fits(doc.Statement[0].Resource, m.Secrets[i].ARN)
				if before {
					matched++
				}
				if before != after {
					t.Errorf("%s and %s: %v; masked, %s and %s: %v", arn, s.ARN, before, doc.Statement[0].Resource, m.Secrets[i].ARN, after)
				}
			}
		}
	}
	if matched < 500 {
		t.Errorf("%d matches", matched)
	}
}

// Endpoint policies keep their form and what they say about resources of AWS and about ids.
func TestMaskKeepsEndpointPolicies(t *testing.T) {
	for given, want := range map[string]string{
		`{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`:                                               "",
		`{"Statement":{"Resource":"arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"}}`:                                             "",
		`{"Statement":{"Resource":["arn:aws:sqs:us-east-1:*:airflow-celery-*","arn:*:sqs:*:*:airflow-*"]}}`:                            "",
		`{"Statement":{"Resource":["arn:aws:ec2:*:*:vpc/vpc-*","arn:aws:iam::aws:policy/ReadOnlyAccess"]}}`:                            "",
		`{"Statement":{"Condition":{"StringLike":{"aws:SourceVpc":["vpc-0a1b2c3d4e5f60001","vpc-0a*"]}}}}`:                             "",
		`{"Statement":{"Condition":{"Bool":{"aws:SecureTransport":"false"},"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}}}`:            "",
		`{"Statement":{"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-02T03:04:05Z"},"NumericLessThan":{"s3:max-keys":10}}}}`: "",
		`{"Statement":{"Condition":{"StringLike":{"aws:RequestedRegion":["us-*"],"kms:ViaService":"*.us-east-1.amazonaws.com"}}}}`:     "",
		`{"Statement":{"Principal":{"Service":"ecs-tasks.amazonaws.com","AWS":"*"},"Sid":"PrivateLinkWizard0123abcd2"}}`:               "",
		"{\n \"Statement\": [ {\"Effect\" : \"Allow\", \"Effect\" : \"Deny\"} ] , \"Version\":\"2012-10-17\"}\n":                       "",
	} {
		if want == "" {
			want = given
		}
		services := []inventory.EndpointService{{Name: "com.amazonaws.us-east-1.kms", PrivateNames: []string{"kms.us-east-1.amazonaws.com"}}, {PrivateNames: []string{"ecs-tasks.us-east-1.amazonaws.com"}}}
		inv := inventory.Inventory{Partition: "aws", Region: "us-east-1", Services: services, Networks: []inventory.Network{{Endpoints: []inventory.Endpoint{{Policy: given}}}}}
		m, err := inv.Mask(legend())
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Networks[0].Endpoints[0].Policy; got != want {
			t.Errorf("%s:\n%s", given, got)
		}
	}
	// A pattern that matches a bucket of AWS and buckets of the account matches both afterwards.
	inv := inventory.Inventory{Partition: "aws", Region: "us-east-1", Networks: []inventory.Network{{Endpoints: []inventory.Endpoint{{Policy: `{"Statement":{"Resource":"arn:aws:s3:::prod-*"}}`}}}}}
	m, _ := inv.Mask(legend())
	if got := m.Networks[0].Endpoints[0].Policy; strings.Contains(got, ":::prod-*") || !strings.Contains(got, `-*","arn:aws:s3:::prod-us-east-1-starport-layer-bucket*"]`) {
		t.Error(got)
	}
}

// The names of this program's resources for an environment are masked, and a plan still finds them.
func TestMaskKeepsOwnNames(t *testing.T) {
	for _, env := range []string{"zebra", "Zebra_data", "zebra-with-a-name-that-is-long"} {
		names := []string{inventory.AccessGroup(env, inventory.BastionGroup), inventory.AccessGroup(env, inventory.BalancerGroup), inventory.AccessGroup(env, inventory.ClientVPNGroup)}
		inv := inventory.Inventory{MWAA: []inventory.Airflow{{Name: env}}, Networks: []inventory.Network{{}},
			Access: []inventory.Access{{LoadBalancers: []inventory.LoadBalancer{{Name: inventory.AccessName(env), DNSName: "internal-" + inventory.AccessName(env) + "-1.us-east-1.elb.amazonaws.com"}}, TargetGroups: []inventory.TargetGroup{{Name: inventory.AccessName(env)}},
				Bastions: []inventory.Bastion{{Name: inventory.BastionName(env)}}, ClientVPNs: []inventory.ClientVPN{{Name: inventory.ClientVPNName(env)}}, Profiles: []inventory.InstanceProfile{{Name: inventory.BastionProfile}}}}}
		for _, name := range append(names, "privatelink-wizard-endpoints-2", "default") {
			inv.Networks[0].SecurityGroups = append(inv.Networks[0].SecurityGroups, inventory.SecurityGroup{Name: name})
		}
		m, err := inv.Mask(legend())
		if err != nil {
			t.Fatal(err)
		}
		masked, w, g := m.MWAA[0].Name, m.Access[0], m.Networks[0].SecurityGroups
		if w.LoadBalancer(inventory.AccessName(masked)) == nil || w.TargetGroup(inventory.AccessName(masked)) == nil || w.Bastion(masked) == nil || w.ClientVPN(inventory.ClientVPNName(masked)) == nil || w.Profile(inventory.BastionProfile) == nil {
			t.Errorf("%s: %+v", env, w)
		}
		for i, part := range []string{inventory.BastionGroup, inventory.BalancerGroup, inventory.ClientVPNGroup} {
			if g[i].Name != inventory.AccessGroup(masked, part) {
				t.Errorf("%s: %+v", env, g[i])
			}
		}
		if g[3].Name != "privatelink-wizard-endpoints-2" || g[4].Name != "default" || masked == env || strings.Contains(strings.ToLower(fmt.Sprint(m)), "zebra") {
			t.Errorf("%s: %+v", env, m)
		}
	}
}

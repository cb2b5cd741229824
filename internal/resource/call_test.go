package resource

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
)

var update = flag.Bool("update", false, "write the golden files")

const secretARN = "arn:aws:secretsmanager:eu-central-1:1:secret:prod/registry-AbCdEf"

var tags = map[string]string{"team": "payments", "ManagedBy": "privatelink-wizard"}

// rows are one row of every kind and op that the plan makes.
var rows = map[string]Change{
	"attribute-modify":  {ID: "vpc-attribute/dns-support", Op: Modify, Existing: "vpc-1", Spec: VPCAttribute{VPC: "vpc-1", Attribute: "enableDnsSupport"}},
	"attribute-keep":    {ID: "vpc-attribute/dns-hostnames", Op: Keep, Existing: "vpc-1", Spec: VPCAttribute{VPC: "vpc-1", Attribute: "enableDnsHostnames"}},
	"vpc-create":        {ID: "vpc/new", Op: Create, Spec: VPC{Name: "prod", CIDR: "10.20.0.0/16", Tags: tags}},
	"vpc-keep":          {ID: "vpc/new", Op: Keep, Existing: "vpc-1", Spec: VPC{Name: "prod", CIDR: "10.20.0.0/16"}},
	"attribute-new-vpc": {ID: "vpc-attribute/dns-hostnames", Op: Modify, Spec: VPCAttribute{VPC: "vpc/new", Attribute: "enableDnsHostnames"}},
	"subnet-create":     {ID: "subnet/private-eu-central-1a", Op: Create, Spec: Subnet{VPC: "vpc/new", Name: "prod-private-eu-central-1a", CIDR: "10.20.0.0/20", Zone: "eu-central-1a", Tags: tags}},
	"subnet-keep":       {ID: "subnet/private-eu-central-1a", Op: Keep, Existing: "subnet-1", Spec: Subnet{VPC: "vpc-1", Name: "prod-private-eu-central-1a", CIDR: "10.20.0.0/20", Zone: "eu-central-1a"}},
	"igw-create":        {ID: "internet-gateway/new", Op: Create, Spec: InternetGateway{Name: "prod-igw", Tags: tags}},
	"igw-attach":        {ID: "internet-gateway-attachment/new", Op: Create, Spec: InternetGatewayAttachment{VPC: "vpc/new", Gateway: "internet-gateway/new"}},
	"address":           {ID: "elastic-ip/eu-central-1a", Op: Create, Spec: ElasticIP{Name: "prod-nat-eu-central-1a", Tags: tags}},
	"nat-create":        {ID: "nat-gateway/eu-central-1a", Op: Create, Spec: NATGateway{VPC: "vpc/new", Name: "prod-nat-eu-central-1a", Subnet: "subnet/public-eu-central-1a", Address: "elastic-ip/eu-central-1a", Zone: "eu-central-1a", Tags: tags}},
	"nat-regional":      {ID: "nat-gateway/regional", Op: Create, Spec: NATGateway{VPC: "vpc/new", Name: "prod-nat", Regional: true, Spans: 2, Tags: tags}},
	"nat-keep":          {ID: "nat-gateway/regional", Op: Keep, Existing: "nat-1", Spec: NATGateway{VPC: "vpc-1", Name: "prod-nat", Regional: true}},
	"table-create":      {ID: "route-table/private", Op: Create, Spec: RouteTable{VPC: "vpc/new", Name: "prod-private", Tags: tags}},
	"association":       {ID: "route-table-association/private-eu-central-1a", Op: Create, Spec: RouteTableAssociation{VPC: "vpc/new", Table: "route-table/private", Subnet: "subnet/private-eu-central-1a", Name: "prod-private-eu-central-1a"}},
	"route-igw":         {ID: "route/public", Op: Create, Spec: Route{VPC: "vpc/new", Name: "prod-public", Table: "route-table/public", CIDR: "0.0.0.0/0", Gateway: "internet-gateway/new"}},
	"route-nat":         {ID: "route/private", Op: Create, Spec: Route{VPC: "vpc-1", Name: "prod-private", Table: "rtb-1", CIDR: "0.0.0.0/0", NAT: "nat-1"}},
	"flow-log":          {ID: "flow-log/new", Op: Create, Spec: FlowLog{VPC: "vpc/new", Bucket: "arn:aws:s3:::flow-logs", Tags: tags}},
	"group-create": {ID: "security-group/endpoints", Op: Create, Spec: SecurityGroup{VPC: "vpc-1", Name: "endpoints",
		Description: "For endpoints", Tags: tags}},
	"group-keep": {ID: "security-group/endpoints", Op: Keep, Existing: "sg-9", Spec: SecurityGroup{VPC: "vpc-1", Name: "endpoints"}},
	"rule-create-cidr": {ID: "security-group-rule/endpoints/in/10.0.0.0/16", Op: Create,
		Spec: GroupRule{Group: From("security-group/endpoints"), CIDR: "10.0.0.0/16", Description: "HTTPS"}},
	"rule-create-ipv6": {ID: "security-group-rule/sg-9/in/v6", Op: Create,
		Spec: GroupRule{Group: Lit("sg-9"), CIDR: "2001:db8::/56", Description: "HTTPS"}},
	"rule-create-peer": {ID: "security-group-rule/sg-9/in/sg-2", Op: Create,
		Spec: GroupRule{Group: Lit("sg-9"), Peer: Lit("sg-2"), Description: "HTTPS"}},
	"rule-create-prefix": {ID: "security-group-rule/sg-2/out/s3", Op: Create,
		Spec: GroupRule{Group: Lit("sg-2"), Egress: true, PrefixList: "pl-1", Description: "Amazon S3"}},
	"rule-keep": {ID: "security-group-rule/sg-9/in/10.0.0.0/16", Op: Keep, Existing: "sgr-7",
		Spec: GroupRule{Group: Lit("sg-9"), CIDR: "10.0.0.0/16"}},
	"rule-keep-unknown-id": {ID: "security-group-rule/sg-9/in/10.0.0.0/16", Op: Keep,
		Spec: GroupRule{Group: Lit("sg-9"), CIDR: "10.0.0.0/16"}},
	"interface-create": {ID: "endpoint/ecr.api", Op: Create, Spec: InterfaceEndpoint{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.ecr.api",
		Subnets: []string{"subnet-1", "subnet-2"}, Groups: []Value{From("security-group/endpoints"), Lit("sg-3")}, PrivateDNS: true,
		IPType: "ipv4", Tags: tags}},
	"interface-create-policy": {ID: "endpoint/logs", Op: Create, Spec: InterfaceEndpoint{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.logs",
		Subnets: []string{"subnet-1"}, Groups: []Value{Lit("sg-3")}, Policy: `{"Statement":[]}`}},
	"interface-keep": {ID: "endpoint/ecr.dkr", Op: Keep, Existing: "vpce-3", Spec: InterfaceEndpoint{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.ecr.dkr"}},
	"gateway-create": {ID: "endpoint/s3", Op: Create, Spec: GatewayEndpoint{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.s3",
		RouteTables: []string{"rtb-1", "rtb-2"}, Tags: tags}},
	"gateway-dualstack": {ID: "endpoint/s3", Op: Create, Spec: GatewayEndpoint{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.s3", RouteTables: []string{"rtb-1"}, IPType: "dualstack"}},
	"gateway-keep":      {ID: "endpoint/s3", Op: Keep, Existing: "vpce-4", Spec: GatewayEndpoint{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.s3"}},
	"change-interface": {ID: "endpoint/logs", Op: Modify, Existing: "vpce-5", Spec: EndpointChange{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.logs",
		Type: "Interface", Endpoint: "vpce-5", AddSubnets: []string{"subnet-2"}, AddGroups: []Value{From("security-group/endpoints")}, PrivateDNS: true}},
	"change-groups": {ID: "endpoint/logs", Op: Modify, Existing: "vpce-5", Spec: EndpointChange{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.logs",
		Type: "Interface", Endpoint: "vpce-5", AddGroups: []Value{Lit("sg-3")}}},
	"change-dns": {ID: "endpoint/logs", Op: Modify, Existing: "vpce-5", Spec: EndpointChange{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.logs",
		Type: "Interface", Endpoint: "vpce-5", PrivateDNS: true}},
	"change-policy": {ID: "endpoint/logs", Op: Modify, Existing: "vpce-5", Before: map[string]any{"policy_document": `{"Statement":[]}`},
		Spec: EndpointChange{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.logs", Type: "Interface", Endpoint: "vpce-5",
			Policy: `{"Statement":[{"Sid":"PrivateLinkWizard0a1b2c3d","Effect":"Allow","Principal":"*","Action":"logs:PutLogEvents","Resource":"*"}]}`}},
	"private-dns":          {ID: "private-dns/logs", Op: Modify, After: []ID{"vpc-attribute/dns-support"}, Spec: EndpointDNS{VPC: "vpc-1", Endpoint: From("endpoint/logs"), Name: "logs.eu-central-1.amazonaws.com"}},
	"private-dns-existing": {ID: "private-dns/logs", Op: Modify, Existing: "vpce-5", Spec: EndpointDNS{VPC: "vpc-1", Endpoint: Lit("vpce-5")}},
	"endpoint-check":       {ID: "endpoint-check", Op: Run, Spec: EndpointCheck{Endpoints: []Value{From("endpoint/logs"), From("endpoint/ecs")}}},
	"agents-run": {ID: "agents/prod", Op: Run, Existing: "arn:c", Spec: AgentRestart{Cluster: "prod", ARN: "arn:aws:ecs:eu-central-1:1:cluster/prod",
		Endpoints: map[string]Value{"ecs-agent": From("endpoint/ecs-agent"), "ecs": Lit("vpce-7")},
		Hosts: []Host{{ARN: "arn:1", Instance: "i-1", Zone: "eu-central-1a", Family: hosts.AmazonLinux2}, {ARN: "arn:2", Instance: "i-2", Zone: "eu-central-1a", Family: hosts.AmazonLinux2023},
			{ARN: "arn:3", Instance: "i-3", Zone: "eu-central-1b", Family: hosts.AmazonLinux2, Awaited: true}, {ARN: "arn:4", Instance: "i-4", Zone: "eu-central-1b", Hand: "no way"}}}},
	"agents-reboot": {ID: "agents/prod", Op: Run, Existing: "arn:c", Spec: AgentRestart{Cluster: "prod", ARN: "arn:aws:ecs:eu-central-1:1:cluster/prod",
		Endpoints: map[string]Value{"ecs": Lit("vpce-7")}, Hosts: []Host{{ARN: "arn:1", Instance: "i-1", Zone: "eu-central-1a", Family: hosts.Bottlerocket, Reboot: true}}}},
	"inside":        {ID: "inside/eu-central-1a", Op: Run, Existing: "i-1", Spec: InsideLook{Instance: "i-1", Zone: "eu-central-1a", Names: []string{"ecs.eu-central-1.amazonaws.com"}}},
	"agents-update": {ID: "agent-update/prod", Op: Run, Existing: "arn:c", Spec: AgentUpdate{Cluster: "prod", ARN: "arn:c", Hosts: []Host{{ARN: "arn:1", Instance: "i-1"}}, Version: map[string]string{"i-1": "1.24.0"}}},
	"task-look": {ID: "task/prod/web", Op: Run, Spec: TaskLook{Cluster: "arn:c", Service: "prod/web", TaskDefinition: Lit("arn:d:7"), Platform: "1.4.0",
		Subnets: []string{"subnet-1"}, Groups: []string{"sg-2"}, Containers: []string{"web", "log"}}},
	"service-run":          {ID: "service/prod/web", Op: Run, Existing: "arn:s", Spec: ServiceDeployment{Cluster: "arn:c", Service: "web", After: "ecs-svc/1"}},
	"service-keep":         {ID: "service/prod/web", Op: Keep, Existing: "arn:s", Spec: ServiceDeployment{Cluster: "arn:c", Service: "web", After: "ecs-svc/1"}},
	"agents-keep":          {ID: "agents/prod", Op: Keep, Existing: "arn:c", Spec: AgentRestart{Cluster: "prod"}},
	"service-new-revision": {ID: "service/prod/web", Op: Run, Existing: "arn:s", Spec: ServiceDeployment{Cluster: "arn:c", Service: "web", After: "ecs-svc/1", TaskDefinition: From("task-definition/web")}},
	"secret-create": {ID: "secret/registry", Op: Create, Spec: Secret{Name: "prod/registry", Description: "Reads images", KMSKey: "alias/registry", Username: "team",
		Value: Value{Input: RegistryInput}, Version: "w0123456789", Tags: tags}},
	"secret-version": {ID: "secret/registry", Op: Modify, Existing: secretARN, Before: map[string]any{"version_id": "v1", "deleted_date": "2026-01-01T00:00:00Z"},
		Spec: Secret{Name: "prod/registry", ARN: secretARN, Username: "team", Value: Value{Input: RegistryInput}, Version: "w0123456789", Restore: true}},
	"secret-keep":    {ID: "secret/registry", Op: Keep, Existing: secretARN, Spec: Secret{Name: "prod/registry", ARN: secretARN}},
	"log-group":      {ID: "log-group//ecs/web", Op: Create, Spec: LogGroup{Name: "/ecs/web", Tags: tags}},
	"role-create":    {ID: "role/app", Op: Create, Spec: Role{Name: "app", Tags: tags}},
	"role-keep":      {ID: "role/app", Op: Keep, Existing: "arn:r", Spec: Role{Name: "app"}},
	"policy-managed": {ID: "role-policy/app/execution", Op: Create, Spec: RolePolicy{Role: "app", Managed: "arn:aws:iam::aws:policy/x"}},
	"policy-keep":    {ID: "role-policy/app", Op: Keep, Existing: "app", Spec: RolePolicy{Role: "app", Name: "p"}},
	"policy-modify": {ID: "role-policy/app", Op: Modify, Existing: "p", Before: map[string]any{"policy_document": `{"Statement":[]}`},
		Spec: RolePolicy{Role: "app", Name: "p", Document: []Value{Lit(`{"Statement":[{"Sid":"A1","Effect":"Allow"},{"Sid":"B2"}]}`)}}},
	"policy-pieces": {ID: "role-policy/app/execution", Op: Create, Spec: RolePolicy{Role: "app", Name: "p",
		Document: []Value{Lit(`{"Statement":[{"Sid":"A1","Condition":["`), From("endpoint/ecr.api"), Lit(`"]}]}`)}}},
	"task-definition": {ID: "task-definition/web", Op: Create, Before: map[string]any{}, Spec: Definition{Family: "web", From: "arn:d:7", Fields: []string{"containerDefinitions", "cpu", "executionRoleArn", "family", "tags"},
		Containers: []string{"web", "log", "side"}, Login: []string{"web", "side"}, Credentials: From("secret/registry"), Role: From("role/app")}},
	"task-definition-keep": {ID: "task-definition/web", Op: Keep, Existing: "arn:d:7", Spec: Definition{Family: "web", From: "arn:d:7", Containers: []string{"web"}, Login: []string{"web"}, Credentials: From("secret/registry")}},
	"job-definition": {ID: "job-definition/nightly", Op: Create, Spec: Definition{Batch: true, Family: "nightly", From: "arn:j:2", Fields: []string{"containerProperties", "jobDefinitionName", "tags", "type"},
		Containers: []string{"default"}, Login: []string{"default"}, Credentials: From("secret/registry"), Role: Lit("arn:r")}},
	"job-definition-several": {ID: "job-definition/bundle", Op: Create, Spec: Definition{Batch: true, Family: "bundle", Shape: "ecs", From: "arn:j:2", Fields: []string{"ecsProperties", "jobDefinitionName", "type"},
		Containers: []string{"main", "helper"}, Login: []string{"helper"}, Credentials: From("secret/registry"), Role: Lit("arn:r")}},
	"job-definition-keep": {ID: "job-definition/bundle", Op: Keep, Existing: "arn:j:2", Spec: Definition{Batch: true, Family: "bundle", Shape: "ecs", Containers: []string{"main"}, Login: []string{"main"}, Credentials: From("secret/registry")}},
	"job-definition-new": {ID: "job-definition/small", Op: Create, Spec: Definition{Batch: true, Family: "small", Containers: []string{"default"}, Login: []string{"default"}, Credentials: From("secret/registry"),
		Job: Job{Image: "registry.example.com/a:1", VCPU: "0.25", Memory: "512", Fargate: true}, Role: From("role/app")}},
	"task-definition-new": {ID: "task-definition/web", Op: Create, Spec: TaskDefinition{Family: "web", Image: "1.dkr.ecr.eu-central-1.amazonaws.com/web:1", CPU: "256", Memory: "512", Command: []string{"sh", "-c", "echo '$X'"},
		Role: From("role/web-execution"), Credentials: From("secret/registry"), LogGroup: "/ecs/web", Region: "eu-central-1", Tags: tags}},
	"task-definition-new-keep": {ID: "task-definition/web", Op: Keep, Existing: "arn:d:1", Spec: TaskDefinition{Family: "web", Image: "1.dkr.ecr.eu-central-1.amazonaws.com/web:1", CPU: "256", Memory: "512",
		Role: Lit("arn:r"), LogGroup: "/ecs/web", Region: "eu-central-1"}},
	"job-definition-first": {ID: "job-definition/nightly", Op: Create, Spec: Definition{Batch: true, Family: "nightly", Containers: []string{"default"}, Role: From("role/nightly-execution"),
		Job: Job{Image: "1.dkr.ecr.eu-central-1.amazonaws.com/nightly:1", VCPU: "0.25", Memory: "512", Fargate: true, Command: []string{"true"}, LogGroup: "/aws/batch/nightly", Region: "eu-central-1", Tags: tags}}},
	"ecs-cluster":      {ID: "ecs-cluster/web", Op: Create, Spec: ECSCluster{Name: "web", Tags: tags}},
	"ecs-cluster-keep": {ID: "ecs-cluster/web", Op: Keep, Existing: "arn:c", Spec: ECSCluster{Name: "web"}},
	"ecs-service": {ID: "ecs-service/web", Op: Create, Spec: ECSService{Cluster: "web", Name: "web", TaskDefinition: From("task-definition/web"), Count: 2,
		Subnets: []Value{Lit("subnet-1"), From("subnet/private-eu-central-1a")}, Groups: []Value{From("security-group/web")}, Tags: tags}},
	"ecs-service-keep": {ID: "ecs-service/web", Op: Keep, Existing: "arn:s", Spec: ECSService{Cluster: "web", Name: "web", Count: 1}},
	"compute-environment": {ID: "compute-environment/nightly", Op: Create, Spec: ComputeEnvironment{Name: "nightly", MaxVCPU: 4, Subnets: []Value{From("subnet/private-eu-central-1a")},
		Groups: []Value{Lit("sg-2")}, Tags: tags}},
	"compute-environment-keep": {ID: "compute-environment/nightly", Op: Keep, Existing: "arn:e", Spec: ComputeEnvironment{Name: "nightly"}},
	"job-queue":                {ID: "job-queue/nightly", Op: Create, Spec: JobQueue{Name: "nightly", Environment: From("compute-environment/nightly"), Tags: tags}},
	"job-queue-keep":           {ID: "job-queue/nightly", Op: Keep, Existing: "arn:q", Spec: JobQueue{Name: "nightly"}},
	"first-job":                {ID: "job/nightly", Op: Run, Spec: FirstJob{Name: "nightly", Queue: From("job-queue/nightly"), Definition: From("job-definition/nightly"), Tags: tags}},
	"environment-wait":         {ID: "environment/nightly", Op: Run, Existing: "nightly", Spec: EnvironmentWait{Environment: "nightly"}},
	"rule-create-self":         {ID: "security-group-rule/sg-1/in/sg-1", Op: Modify, Existing: "sg-1", Spec: GroupRule{Group: Lit("sg-1"), Peer: Lit("sg-1"), All: true, Description: "itself"}},
	"rule-keep-self":           {ID: "security-group-rule/sg-1/in/sg-1", Op: Keep, Existing: "sg-1", Spec: GroupRule{Group: Lit("sg-1"), Peer: Lit("sg-1"), All: true}},
	"certificate-keep":         {ID: "certificate/airflow.example.com", Op: Keep, Existing: "arn:c", Spec: Certificate{ARN: "arn:c", Domain: "airflow.example.com"}},
	"certificate-import":       {ID: "certificate/airflow.example.com", Op: Create, Spec: Certificate{Domain: "airflow.example.com", Body: InputCertificate, Key: InputKey, Chain: InputChain, Tags: map[string]string{"Name": "airflow.example.com"}}},
	"certificate-request":      {ID: "certificate/airflow.example.com", Op: Create, Spec: Certificate{Domain: "airflow.example.com", Tags: map[string]string{"Name": "airflow.example.com"}}},
	"certificate-zone":         {ID: "certificate/airflow.example.com", Op: Create, Spec: Certificate{Domain: "airflow.example.com", Zone: "Z0A"}},
	"target-group":             {ID: "target-group/airflow-nightly", Op: Create, Spec: TargetGroup{VPC: "vpc-1", Name: "airflow-nightly", Tags: map[string]string{"Name": "airflow-nightly"}}},
	"targets":                  {ID: "targets/airflow-nightly", Op: Create, Spec: Targets{TargetGroup: From("target-group/airflow-nightly"), Addresses: []string{"10.0.1.7", "10.0.2.7"}, Missing: []string{"10.0.2.7"}}},
	"load-balancer":            {ID: "load-balancer/airflow-nightly", Op: Create, Spec: LoadBalancer{Name: "airflow-nightly", Scheme: "internal", Subnets: []string{"subnet-1", "subnet-2"}, Groups: []Value{From("security-group/load-balancer")}}},
	"listener": {ID: "listener/airflow-nightly", Op: Create, Spec: Listener{Domain: "airflow.example.com", LoadBalancer: From("load-balancer/airflow-nightly"), Certificate: From("certificate/airflow.example.com"),
		TargetGroup: From("target-group/airflow-nightly")}},
	"target-health": {ID: "target-health/airflow-nightly", Op: Run, Spec: TargetHealth{TargetGroup: From("target-group/airflow-nightly"), Addresses: []string{"10.0.1.7", "10.0.2.7"}}},
	"record":        {ID: "record/airflow.example.com", Op: Create, Spec: Record{Zone: "Z0A", Domain: "airflow.example.com", Name: "airflow-nightly", LoadBalancer: From("load-balancer/airflow-nightly")}},
	"base-url":      {ID: "environment/nightly/base-url", Op: Modify, Existing: "nightly", Spec: EnvironmentOption{Environment: "nightly", Option: "webserver.base_url", Value: "airflow.example.com"}},
	"rule-from-row": {ID: "security-group-rule/sg-1/in/load-balancer", Op: Modify, Existing: "sg-1", Spec: GroupRule{Group: Lit("sg-1"), Peer: From("security-group/load-balancer"), Port: 22}},
	"instance-ssh": {ID: "instance/bastion", Op: Create, Spec: Instance{VPC: "vpc-1", Name: "airflow-nightly-bastion", Image: "resolve:ssm:/aws/x", Type: "t3.micro", Subnet: "subnet-1",
		Groups: []Value{From("security-group/bastion")}, KeyPair: "admins", Public: true, Webserver: "w.example.com", Region: "eu-central-1", Tags: tags}},
	"instance-sessions": {ID: "instance/bastion", Op: Create, Spec: Instance{VPC: "vpc-1", Name: "airflow-nightly-bastion", Image: "resolve:ssm:/aws/x", Type: "t4g.nano", Subnet: "subnet-1",
		Groups: []Value{From("security-group/bastion"), Lit("sg-1")}, Profile: From("instance-profile/p"), Sessions: true, Webserver: "w.example.com", Region: "eu-central-1"}},
	"instance-keep":         {ID: "instance/bastion", Op: Keep, Existing: "i-1", Spec: Instance{Sessions: true, Webserver: "w.example.com", Region: "eu-central-1"}},
	"instance-profile":      {ID: "instance-profile/p", Op: Create, Spec: InstanceProfile{Name: "p", Role: "r", Tags: tags}},
	"instance-profile-keep": {ID: "instance-profile/p", Op: Keep, Existing: "p", Spec: InstanceProfile{Name: "p", Role: "r"}},
	"role-of-instances":     {ID: "role/r", Op: Create, Spec: Role{Name: "r", Service: "ec2.amazonaws.com", Description: "Bastions"}},
	"certificate-made":      {ID: "certificate/vpn-client", Op: Create, Spec: Certificate{Domain: "client.airflow-nightly", Body: InputClient, Key: InputClientKey, Chain: InputVPNCA}},
	"client-vpn": {ID: "client-vpn/nightly", Op: Create, Spec: ClientVPN{Environment: "nightly", VPC: "vpc-1", CIDR: "172.16.0.0/22", Groups: []Value{From("security-group/client-vpn")},
		Server: From("certificate/vpn-server"), Client: From("certificate/vpn-client"), Label: "airflow-nightly", Keys: "airflow-nightly-vpn/keys", Tags: map[string]string{"Name": "airflow-nightly"}}},
	"client-vpn-keep":   {ID: "client-vpn/nightly", Op: Keep, Existing: "cvpn-endpoint-1", Spec: ClientVPN{Environment: "nightly", VPC: "vpc-1", Client: From("certificate/vpn-client"), Label: "airflow-nightly", Keys: "airflow-nightly-vpn/keys"}},
	"client-vpn-subnet": {ID: "client-vpn/nightly/subnet", Op: Create, Spec: ClientVPNSubnet{Endpoint: From("client-vpn/nightly"), Subnet: "subnet-1"}},
	"client-vpn-access": {ID: "client-vpn/nightly/authorization", Op: Create, Spec: ClientVPNAccess{Endpoint: From("client-vpn/nightly"), CIDR: "10.0.0.0/16"}},
	"change-gateway": {ID: "endpoint/s3", Op: Modify, Existing: "vpce-4", Spec: EndpointChange{VPC: "vpc-1", Service: "com.amazonaws.eu-central-1.s3",
		Type: "Gateway", Endpoint: "vpce-4", AddRouteTables: []string{"rtb-2"}}},
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return []byte(strings.ReplaceAll(b.String(), `\u0026`, "&")) // which Value escapes
}

func TestStepsGolden(t *testing.T) {
	for name, a := range rows {
		golden(t, name+".json", marshal(t, a.Steps()))
		if a.Waits() != a.Steps().Waits() {
			t.Errorf("%s: the kind and its steps differ about whether the change only waits", name)
		}
	}
}

func TestStepsOfEveryKind(t *testing.T) {
	covered := map[reflect.Type]bool{}
	for _, a := range rows {
		covered[reflect.TypeOf(a.Spec)] = true
	}
	for _, s := range Kinds {
		if !covered[reflect.TypeOf(s)] {
			t.Errorf("no row of kind %T in the table", s)
		}
		switch s.(type) {
		case AgentRestart, InsideLook, AgentUpdate, TaskLook, EnvironmentWait, Certificate, TargetHealth, InstanceProfile:
			continue // have parts, and tests of their own
		case ServiceDeployment:
			continue // is not taken back: the tasks before it have stopped
		case EnvironmentOption:
			continue // neither: what was not set before cannot be unset by merging
		case EndpointDNS:
			continue // is never kept: a change of the endpoint is
		}
		for _, op := range []Op{Create, Modify, Keep} {
			for _, steps := range inParts(Change{ID: "x", Op: op, Spec: s}.Steps()) {
				if steps.Find == nil && steps.Until == nil {
					t.Errorf("%T: nothing finds it", s)
				}
				if len(steps.Do) > 1 || (op == Keep || steps.Find == nil) != (len(steps.Do) == 0) || len(steps.Do) != len(steps.Undo) && steps.Stays == "" {
					t.Errorf("%T %s: %d calls do, %d undo", s, op, len(steps.Do), len(steps.Undo))
				}
			}
		}
	}
}

// inParts are the steps of a change, or those of its parts.
func inParts(s Steps) []Steps {
	if !s.InParts() {
		return []Steps{s}
	}
	var out []Steps
	for _, p := range s.Parts {
		out = append(out, p.Steps)
	}
	return out
}

// TestEveryChangeCanBeLookedUp tests that each changing call is alone in its part and that something shows whether AWS
// applied it, or AWS recognizes its repetition.
func TestEveryChangeCanBeLookedUp(t *testing.T) {
	for name, a := range rows {
		for _, s := range inParts(a.Steps()) {
			if len(s.Do) > 1 {
				t.Errorf("%s: %d calls in one part", name, len(s.Do))
			}
			for _, c := range s.Do {
				if s.Find == nil && c.Sent == nil && !c.HasToken() && c.Op != "StopTask" { // stops a task once
					t.Errorf("%s: nothing shows whether %s was applied", name, c.Op)
				}
			}
		}
	}
}

// TestWhatAWSCreatesTwiceIsCompared tests that runs compare and revert what they create, if AWS accepts a second one.
func TestWhatAWSCreatesTwiceIsCompared(t *testing.T) {
	accepted := []string{"CreateClientVpnEndpoint", "RunInstances", "RequestCertificate", "ImportCertificate", "RegisterTaskDefinition", "RegisterJobDefinition",
		"CreateVpc", "CreateInternetGateway", "AllocateAddress", "CreateNatGateway", "CreateRouteTable"}
	seen := map[string]bool{}
	for name, a := range rows {
		for _, s := range inParts(a.Steps()) {
			for _, c := range s.Do {
				dns, endpoint := c.In["PrivateDnsEnabled"].(bool)
				twice := slices.Contains(accepted, c.Op) || endpoint && c.Op == "CreateVpcEndpoint" && !dns
				seen[c.Op] = seen[c.Op] || twice
				if twice != (s.First != nil) {
					t.Errorf("%s: AWS accepts a second %s: %v, and they are compared: %v", name, c.Op, twice, s.First != nil)
				}
			}
			if s.First != nil && (len(s.Undo) == 0 || !slices.Contains(s.First.Out, From(a.ID))) {
				t.Errorf("%s: the comparison does not wait for what it created, or cannot revert it", name)
			}
		}
	}
	for _, op := range append(accepted, "CreateVpcEndpoint") {
		if !seen[op] {
			t.Errorf("no row calls %s", op)
		}
	}
}

// calls are all calls of the table's rows.
func calls() []Call {
	var out []Call
	for _, a := range rows {
		steps := a.Steps()
		out = append(out, steps.Calls()...)
		for _, s := range inParts(steps) {
			if len(s.Other) > 0 {
				there := *s.Find
				there.Out = s.Other
				out = append(out, there)
			}
		}
	}
	return out
}

func TestRequests(t *testing.T) {
	for _, c := range calls() {
		walk(c.In, func(path string, leaf any) {
			switch leaf.(type) {
			case string, bool, int, Value, Pieces, Token, Blob:
			default:
				t.Errorf("%s %s is a %T", c.Op, path, leaf)
			}
			if strings.Contains(path, "ServiceRegion") {
				t.Errorf("%s names a Region for the service", c.Op)
			}
		})
		if c.Op != "CreateVpcEndpoint" {
			continue
		}
		if _, ok := c.In["ClientToken"].(Token); !ok {
			t.Errorf("%v has no token", c.In)
		}
		switch c.In["VpcEndpointType"] {
		case "Interface":
			if _, ok := c.In["PrivateDnsEnabled"].(bool); !ok {
				t.Errorf("%v leaves private DNS to the default", c.In)
			}
			if g, _ := c.In["SecurityGroupIds"].([]any); len(g) == 0 {
				t.Errorf("%v leaves the group to the default", c.In)
			}
		case "Gateway":
		default:
			t.Errorf("%v leaves the type to the default", c.In)
		}
	}
	noGroup := Change{ID: "x", Op: Create, Spec: InterfaceEndpoint{}}.Steps().Do[0]
	if g, _ := noGroup.In["SecurityGroupIds"].([]any); len(g) == 0 {
		t.Error("without groups the default one would be attached")
	}
}

func TestUndoIsTheInverse(t *testing.T) {
	for name, a := range rows {
		s := a.Steps()
		for i, do := range s.Do {
			if len(s.Undo) == 0 {
				continue // a new deployment, which TestStepsOfEveryKind names
			}
			undo := s.Undo[i]
			if do.Op != "ModifyVpcEndpoint" {
				continue
			}
			for field, v := range do.In {
				inverse := strings.Replace(field, "Add", "Remove", 1)
				if field == "PolicyDocument" { // the whole of it as it was
					if undo.In[field] != a.Before["policy_document"] {
						t.Errorf("%s: the policy is not set back", name)
					}
				} else if field == "PrivateDnsEnabled" {
					if undo.In[field] != false || v != true {
						t.Errorf("%s: %s is not turned back", name, field)
					}
				} else if diff := cmp.Diff(v, undo.In[inverse]); diff != "" {
					t.Errorf("%s: %s: %s", name, inverse, diff)
				}
			}
			if len(do.In) != len(undo.In) {
				t.Errorf("%s: do %v, undo %v", name, do.In, undo.In)
			}
		}
	}
}

func TestPollsAreShared(t *testing.T) {
	keys := map[string]bool{}
	for _, a := range rows {
		if u := a.Steps().Until; u != nil && u.Call.Op == "DescribeVpcEndpoints" {
			keys[u.Call.Key()+fmt.Sprint(u.Call.Out)] = true
		}
	}
	if len(keys) != 1 {
		t.Errorf("%d different polls: %v", len(keys), keys)
	}
}

// keyed is a name of a field in quotes.
var keyed = regexp.MustCompile(`"[a-zA-Z0-9._-]+"`)

// A shell must find nothing to expand in an expression, nor a reader of it
// something that looks as if.
func TestExpressionsAreShellSafe(t *testing.T) {
	for _, c := range append(calls(), checkCalls()...) {
		for _, piece := range c.Out {
			// Names of fields that hold a dot or a hyphen need quotes, which export escapes. Each need has a line.
			if strings.ContainsAny(strings.ReplaceAll(keyed.ReplaceAllString(piece.Lit, ""), "\n    ", ""), "`$\"\\\n") {
				t.Errorf("%s: %s", c.Op, piece.Lit)
			}
		}
	}
	if got := text("a'b`c$d\\e\"f\ng\u2028h"); got != "'abcdefgh'" {
		t.Error(got)
	}
}

func TestBind(t *testing.T) {
	c := rows["interface-create"].Steps().Do[0]
	before := c.Key()
	in, _, err := c.Bind(func(v Value) (string, error) { return "id-of-" + string(v.From), nil }, "tok")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"id-of-security-group/endpoints", "sg-3"}, in["SecurityGroupIds"]); diff != "" || in["ClientToken"] != "tok" {
		t.Errorf("%v %s", in["ClientToken"], diff)
	}
	if c.Key() != before {
		t.Error("the call was changed")
	}
	if _, _, err := c.Bind(func(Value) (string, error) { return "", fmt.Errorf("not made") }, ""); err == nil {
		t.Error("a missing value was not told")
	}
}

func TestNamesOfOperations(t *testing.T) {
	shape := regexp.MustCompile(`^[A-Z][A-Za-z]+$`)
	for _, c := range calls() {
		if !slices.Contains([]string{"acm", "batch", "ec2", "ecs", "elbv2", "iam", "logs", "mwaa", "route53", "secretsmanager", "ssm"}, c.Service) || !shape.MatchString(c.Op) {
			t.Errorf("%s %s", c.Service, c.Op)
		}
		if strings.HasPrefix(c.Op, "Describe") && len(c.Out) == 0 {
			t.Errorf("%s reads and tells nothing", c.Op)
		}
		if c.DryRun() != (c.Service == "ec2" && c.Op != "ModifyVpcAttribute") {
			t.Errorf("%s: dry run %v", c.Op, c.DryRun())
		}
	}
}

func walk(v any, visit func(path string, leaf any)) {
	var into func(path string, v any)
	into = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				into(path+"."+k, e)
			}
		case []any:
			for i, e := range v {
				into(fmt.Sprintf("%s[%d]", path, i), e)
			}
		default:
			visit(path, v)
		}
	}
	into("", v)
}

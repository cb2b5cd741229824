package inventory_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func sample() *inventory.Inventory {
	inv := &inventory.Inventory{Version: 1, Account: "123456789012", Partition: "aws", Region: "us-east-1", Caller: "arn:aws:sts::123456789012:assumed-role/Acme/jo",
		VPCs: []inventory.VPC{{ID: "vpc-1", Name: "acme-prod", CIDRs: []string{"10.0.0.0/16"}, Owner: "123456789012"}},
		Clusters: []inventory.Cluster{{ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/acme", Name: "acme", Services: []inventory.Service{{
			ARN: "arn:aws:ecs:us-east-1:123456789012:service/acme/web", Name: "web", LaunchType: "FARGATE", TaskDefinition: "arn:aws:ecs:us-east-1:123456789012:task-definition/acme-web:7", Subnets: []string{"subnet-1"}, VPC: "vpc-1"}}}},
		TaskDefinitions: []inventory.TaskDefinition{{ARN: "arn:aws:ecs:us-east-1:123456789012:task-definition/acme-web:7", Family: "acme-web", Revision: 7,
			Containers: []inventory.Container{{Name: "acme", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/acme/web:1", LogDriver: "awslogs", Secrets: []string{"arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/db-AbCdEf", "acme-parameter"}, EnvFiles: []string{"arn:aws:s3:::acme-bucket/acme.env"}}, {Name: "side", Image: "acme/side"}}}},
		Networks: []inventory.Network{{VPC: "vpc-1", Subnets: []inventory.Subnet{{ID: "subnet-1", Name: "acme-a", Owner: "123456789012"}},
			SecurityGroups: []inventory.SecurityGroup{{ID: "sg-1", Name: "acme-tasks", Description: "of Acme", Tags: map[string]string{"Team": "acme"}},
				{ID: "sg-2", Name: "privatelink-wizard-endpoints", Tags: map[string]string{"ManagedBy": "privatelink-wizard", "Name": "acme"}}},
			Endpoints:  []inventory.Endpoint{{ID: "vpce-1", Service: "com.amazonaws.us-east-1.logs", Policy: `{"acme":1}`}},
			Interfaces: []inventory.Interface{{ID: "eni-1", Description: "arn:aws:ecs:us-east-1:123456789012:attachment/acme"}, {ID: "eni-2", Description: "Acme web server"}}}},
		Gaps: []inventory.Gap{{Call: "ec2:DescribeNetworkAcls", Code: "UnauthorizedOperation", Message: "acme may not"}},
	}
	inv.Loaded = []inventory.Request{{Part: inventory.PartClusters}, {Part: inventory.PartIdentity}, {Part: inventory.PartNetwork, VPC: "vpc-1"}, {Part: inventory.PartVPCs}}
	return inv
}

func TestWriteAndRead(t *testing.T) {
	data, err := sample().Write()
	if err != nil {
		t.Fatal(err)
	}
	back, err := inventory.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(), back); d != "" {
		t.Error(d)
	}
	if _, err := inventory.Read([]byte(strings.Replace(string(data), `"region"`, `"regoin"`, 1))); err == nil {
		t.Error("an unknown key passes")
	}
}

func TestFragmentsMakeTheWhole(t *testing.T) {
	s := sample()
	var inv inventory.Inventory
	for _, r := range s.Loaded {
		inv.Merge(s.Fragment(r))
	}
	if d := cmp.Diff(s, &inv); d != "" {
		t.Error(d)
	}
	f := s.Fragment(inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-2"})
	if len(f.Gaps) != len(inventory.Calls(inventory.PartNetwork)) || f.Gaps[0].Code != inventory.NotInSnapshot {
		t.Errorf("%+v", f.Gaps)
	}
}

func TestMaskHidesNamesAndKeepsWhatBelongsTogether(t *testing.T) {
	m, err := sample().Mask()
	if err != nil {
		t.Fatal(err)
	}
	data, _ := json.Marshal(m)
	for _, secret := range []string{"acme", "Acme", "123456789012", "AbCdEf"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("%q is still in it: %s", secret, data)
		}
	}
	svc := m.Clusters[0].Services[0]
	if d := m.TaskDefinition(svc.TaskDefinition); d == nil || d.Revision != 7 || !strings.HasPrefix(d.Containers[0].Image, m.Account+".dkr.ecr.us-east-1.amazonaws.com/") || !strings.Contains(d.Containers[0].Secrets[0], ":secretsmanager:us-east-1:"+m.Account+":secret:") {
		t.Errorf("%+v %+v", svc, m.TaskDefinitions)
	}
	n := m.Networks[0]
	if n.SecurityGroups[1].Name != "privatelink-wizard-endpoints" || n.SecurityGroups[1].Tags["ManagedBy"] != "privatelink-wizard" || !strings.Contains(n.Interfaces[0].Description, ":ecs:") || n.Subnets[0].Owner != m.Account {
		t.Errorf("what rules look for is gone: %+v", n)
	}
	if svc.LaunchType != "FARGATE" {
		t.Error("the launch type is gone")
	}
	original := sample()
	if _, err := original.Mask(); err != nil || cmp.Diff(sample(), original) != "" {
		t.Error("masking changed the original", err)
	}
}

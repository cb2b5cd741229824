package sandbox

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/iam"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// The scenario "large" is generated, because a file with ten thousand subnets would not be
// readable. It is always the same.

const (
	largeName     = "large"
	largeRegion   = "us-east-1"
	largeVPCs     = 200
	largeSubnets  = 10000
	largeGroups   = 5000 // including the default group of each VPC
	largeClusters = 500

	// The numbers for the first VPC, which the scenario is about.
	largeOwnSubnets    = 1000
	largeOwnGroups     = 500
	largeOwnInterfaces = 300
	largeTableSubnets  = 25 // that share a route table there
)

// largeID returns an id that ends in a number. Ids of one kind begin at a different number than
// those of VPCs, because AWS's default resources share the digits of their VPC.
func largeID(prefix string, n int) string { return fmt.Sprintf("%s-0b8c9d0e1f2a3%04x", prefix, n) }

func largeVPC(n int) string    { return largeID("vpc", n) }
func largeSubnet(n int) string { return largeID("subnet", 0x1000+n) }
func largeTable(n int) string  { return largeID("rtb", 0x1000+n) }
func largeGroup(n int) string  { return largeID("sg", 0x1000+n) }

func largeHead() *scenario {
	return &scenario{
		name: largeName, Order: 1000, Region: largeRegion, VPC: largeVPC(1), make: makeLarge,
		Shows:    "an account of 200 VPCs, 10,000 subnets, 5,000 security groups and 500 clusters, to see how the wizard copes",
		Workload: "ECS", Learn: "find subnets among 10,000",
	}
}

// share returns how many of a number of items the i-th of n owners has, distributed evenly.
func share(total, i, n int) int { return (i+1)*total/n - i*total/n }

// large is the scenario during generation.
type large struct {
	scenario
	interfaces int
}

// place is where a team runs its workload: three subnets in three zones, and a security group.
type place struct {
	subnets []string
	group   string
}

func makeLarge() *scenario {
	l := &large{scenario: *largeHead()}
	// The quotas were raised for this number of VPCs and groups.
	l.ServiceQuotas = map[string]float64{quotaGroups: 10000, quotaVPCs: 500, quotaInternetGateways: 500}
	l.DhcpOptions = []*dhcpOptions{{DhcpOptionsId: largeID("dopt", 1), DhcpConfigurations: []dhcpConfiguration{
		{Key: "domain-name", Values: []attributeValue{{"ec2.internal"}}},
		{Key: "domain-name-servers", Values: []attributeValue{{"AmazonProvidedDNS"}}},
	}}}
	places := l.addOwnVPC()
	for i := range largeVPCs - 1 {
		places = append(places, l.addOtherVPC(i))
	}
	for i := range largeClusters {
		l.addTeam(i+1, places[i%len(places)])
	}
	const tasks = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	l.Roles = []*iam.Role{
		{
			RoleName: "ecs-execution", AssumeRolePolicyDocument: tasks, AttachedManagedPolicies: []iam.AttachedPolicy{{PolicyName: "AmazonECSTaskExecutionRolePolicy"}},
			RolePolicyList: []iam.RolePolicy{{PolicyName: "read-secrets", PolicyDocument: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:` +
				largeRegion + ":" + store.AccountID + `:secret:team-*"}]}`}},
		},
		{RoleName: "ecs-task", AssumeRolePolicyDocument: tasks},
	}
	return &l.scenario
}

func (l *large) addVPC(n int, name string, cidrs ...string) string {
	v := &vpc{
		VpcId: largeVPC(n), CidrBlock: cidrs[0], DhcpOptionsId: largeID("dopt", 1), EnableDnsSupport: true, EnableDnsHostnames: true, Tags: store.Tags{{Key: "Name", Value: name}},
	}
	for _, c := range cidrs {
		v.CidrBlockAssociationSet = append(v.CidrBlockAssociationSet, cidrAssociation{AssociationId: "vpc-cidr-assoc-" + store.Hash(v.VpcId+c, 17), CidrBlock: c})
	}
	l.Vpcs = append(l.Vpcs, v)
	return v.VpcId
}

func (l *large) addSubnet(vpcID, zone, cidr, name string) *subnet {
	s := &subnet{
		SubnetId: largeSubnet(len(l.Subnets) + 1), VpcId: vpcID, AvailabilityZone: largeRegion + zone, CidrBlock: cidr, Tags: store.Tags{{Key: "Name", Value: name}},
	}
	l.Subnets = append(l.Subnets, s)
	return s
}

func (l *large) addGroup(vpcID, name string) string {
	g := &securityGroup{
		GroupId: largeGroup(len(l.SecurityGroups) + 1), GroupName: name, Description: "Tasks of " + name, VpcId: vpcID, Tags: store.Tags{{Key: "Name", Value: name}},
		Rules: []*groupRule{
			{IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, CidrIpv4: "10.0.0.0/8", Description: "from inside"},
			{IsEgress: true, IpProtocol: "-1", CidrIpv4: "0.0.0.0/0"},
		},
	}
	l.SecurityGroups = append(l.SecurityGroups, g)
	return g.GroupId
}

// addInterface uses the tenth address of a /24 block.
func (l *large) addInterface(s *subnet, group string) {
	l.interfaces++
	l.NetworkInterfaces = append(l.NetworkInterfaces, &networkInterface{
		NetworkInterfaceId: largeID("eni", 0x1000+l.interfaces), SubnetId: s.SubnetId, PrivateIpAddress: s.CidrBlock[:len(s.CidrBlock)-len("0/24")] + "10",
		Groups: []groupIdentifier{{GroupId: group}}, RequesterId: "578734482556", RequesterManaged: true,
		Description: fmt.Sprintf("arn:aws:ecs:%s:%s:attachment/c193ef73-82a5-43d4-9f06-0b8c9d0e%04x", largeRegion, store.AccountID, l.interfaces),
	})
}

// addOwnVPC creates the VPC that the scenario is about, with five blocks, four zones and a route
// table for each team. The first table has an internet route. Half of the other tables have the
// S3 gateway endpoint.
func (l *large) addOwnVPC() []place {
	zones := []string{"a", "b", "c", "d"}
	id := l.addVPC(1, "platform", "10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16")
	l.InternetGateways = []*internetGateway{{InternetGatewayId: largeID("igw", 1), Attachments: []gatewayAttachment{{VpcId: id}}}}
	var groups []string
	for n := range largeOwnGroups - 1 { // plus the default group
		groups = append(groups, l.addGroup(id, fmt.Sprintf("app-%03d", n+1)))
	}
	var places []place
	var withS3 []string
	var subnets []*subnet
	for n := range largeOwnSubnets {
		team, k := n/largeTableSubnets, n%largeTableSubnets
		name := fmt.Sprintf("team-%03d", team)
		if team == 0 {
			name = "public"
		}
		zone := zones[k%len(zones)]
		s := l.addSubnet(id, zone, fmt.Sprintf("10.%d.%d.0/24", n/200, n%200), fmt.Sprintf("%s-%s%d", name, zone, k/len(zones)))
		subnets = append(subnets, s)
		if k == 0 {
			t := &routeTable{RouteTableId: largeTable(team), VpcId: id, Tags: store.Tags{{Key: "Name", Value: name}}}
			l.RouteTables = append(l.RouteTables, t)
			switch {
			case team == 0:
				t.Routes = []route{{routeFields: routeFields{DestinationCidrBlock: "0.0.0.0/0", GatewayId: largeID("igw", 1)}}}
			case team%2 == 0:
				withS3 = append(withS3, t.RouteTableId)
			}
			if team > 0 {
				places = append(places, place{group: groups[team]})
			}
		}
		t := l.RouteTables[len(l.RouteTables)-1]
		t.Associations = append(t.Associations, routeTableAssociation{SubnetId: s.SubnetId})
		if p := len(places) - 1; p >= 0 && k < 3 {
			places[p].subnets = append(places[p].subnets, s.SubnetId)
		}
	}
	for n := range largeOwnInterfaces {
		l.addInterface(subnets[largeTableSubnets+3*n], groups[n%len(groups)])
	}
	l.VpcEndpoints = []*vpcEndpoint{{
		VpcEndpointId: largeID("vpce", 1), VpcEndpointType: gatewayType, VpcId: id, ServiceName: "com.amazonaws." + largeRegion + ".s3", RouteTableIds: withS3,
		Tags: store.Tags{{Key: "Name", Value: "s3"}},
	}}
	return places
}

// addOtherVPC creates one of the other VPCs. All its subnets use the main route table.
func (l *large) addOtherVPC(i int) place {
	const others = largeVPCs - 1
	zones := []string{"a", "b", "c"}
	id := l.addVPC(i+2, fmt.Sprintf("account-%03d", i+1), fmt.Sprintf("10.%d.0.0/16", i+5))
	var p place
	for n := range share(largeGroups-largeVPCs-largeOwnGroups+1, i, others) {
		group := l.addGroup(id, fmt.Sprintf("app-%03d", n+1))
		if n == 0 {
			p.group = group
		}
	}
	for n := range share(largeSubnets-largeOwnSubnets, i, others) {
		zone := zones[n%len(zones)]
		s := l.addSubnet(id, zone, fmt.Sprintf("10.%d.%d.0/24", i+5, n), fmt.Sprintf("app-%s%d", zone, n/len(zones)))
		if n < len(zones) {
			p.subnets = append(p.subnets, s.SubnetId)
		}
		if n%5 == 0 {
			l.addInterface(s, p.group)
		}
	}
	return p
}

// addTeam creates a cluster. One third of the clusters have one service, one third two, and the
// others none.
func (l *large) addTeam(n int, at place) {
	name := fmt.Sprintf("team-%03d", n)
	l.ECS.Clusters = append(l.ECS.Clusters, &ecsCluster{
		ClusterName: name, Settings: []ecsNameValue{{"containerInsights", "disabled"}}, CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
	})
	for _, service := range []string{"api", "worker"}[:n%3] {
		family := name + "-" + service
		l.LogGroups = append(l.LogGroups, &logGroup{LogGroupName: "/ecs/" + family})
		l.ECS.TaskDefinitions = append(l.ECS.TaskDefinitions, &ecsTaskDefinition{
			Family: family, Revision: 1, NetworkMode: "awsvpc", RequiresCompatibilities: []string{"FARGATE"}, Compatibilities: []string{"EC2", "FARGATE"},
			Cpu: "256", Memory: "512", RegisteredAt: wire.Epoch{Time: store.Loaded},
			ExecutionRoleArn: "arn:aws:iam::" + store.AccountID + ":role/ecs-execution", TaskRoleArn: "arn:aws:iam::" + store.AccountID + ":role/ecs-task",
			ContainerDefinitions: []containerDef{{
				Name: service, Image: store.AccountID + ".dkr.ecr." + largeRegion + ".amazonaws.com/" + family + ":1.0.0", Essential: true,
				Secrets: []ecsSecret{{"DB_PASSWORD", "arn:aws:secretsmanager:" + largeRegion + ":" + store.AccountID + ":secret:" + name + "/db-" + store.Hash(name, 6)}},
				LogConfiguration: &logConfiguration{LogDriver: "awslogs", Options: map[string]string{
					"awslogs-group": "/ecs/" + family, "awslogs-region": largeRegion, "awslogs-stream-prefix": service,
				}},
			}},
		})
		l.ECS.Services = append(l.ECS.Services, &ecsService{
			ServiceName: service, ClusterArn: name, TaskDefinition: family + ":1", DesiredCount: 1, LaunchType: "FARGATE", PlatformVersion: "1.4.0",
			PlatformFamily: "Linux", CreatedAt: wire.Epoch{Time: store.Loaded},
			NetworkConfiguration: &networkConfiguration{awsvpcConfiguration{Subnets: at.subnets, SecurityGroups: []string{at.group}, AssignPublicIp: "DISABLED"}},
			Deployments:          []ecsDeployment{{RolloutState: "IN_PROGRESS", RolloutStateReason: "ECS deployment in progress."}},
		})
	}
}

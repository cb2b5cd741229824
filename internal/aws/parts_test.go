package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

var (
	clusters = inventory.Request{Part: inventory.PartClusters}
	batches  = inventory.Request{Part: inventory.PartBatch}
	quotas   = inventory.Request{Part: inventory.PartQuotas}
	role     = inventory.Request{Part: inventory.PartRoles, Role: "arn:aws:iam::123456789012:role/service-role/web"}
)

func TestLoadContainerInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, err := open(t, &stub{}).Load(t.Context(), clusters)
		if err != nil {
			t.Fatal(err)
		}
		const arn = "arn:aws:ecs:us-east-1:123456789012:container-instance/prod/"
		if d := cmp.Diff([]inventory.ContainerInstance{
			{ARN: arn + "a", Instance: "i-0a", AgentVersion: "1.39.0", Connected: true, Status: "DRAINING", VPC: "vpc-1", Subnet: "subnet-1", Zone: "us-east-1a", OS: "linux", OSFamily: "LINUX",
				AMI: "ami-1", PrivateAuth: true, Registered: "2026-01-02T03:04:05Z", Tasks: 2, Tags: map[string]string{"Name": "a", "privatelink-wizard:endpoints": "x"}},
			{ARN: arn + "b", Instance: "mi-0b", AgentVersion: "1.98.0", Status: "ON_THE_MOON", External: true},
			{ARN: arn + "c", Instance: "i-0c", Connected: true, Status: "ACTIVE", Managed: true, Registered: "2026-01-02T03:04:05Z"},
		}, got.Clusters[0].ContainerInstances); d != "" {
			t.Error(d)
		}
	})
}

// If everything runs on Fargate, no call lists instances.
func TestLoadNoContainerInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			status, body, err := canned(op, n, in)
			return status, strings.Replace(body, `"registeredContainerInstancesCount":3,`, "", 1), err
		}}
		got, err := open(t, s).Load(t.Context(), clusters)
		if err != nil || s.calls["ecs:ListContainerInstances"]+s.calls["ecs:DescribeContainerInstances"] != 0 || got.Clusters[0].Instances != 0 {
			t.Errorf("%v %v %+v", err, s.calls, got.Clusters)
		}
	})
}

// Clusters that cannot be described are still listed, and instances are described in chunks of
// 100, without additional calls in the longest chain.
func TestLoadManyContainerInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			switch op {
			case "ecs:DescribeClusters":
				return refuse(op, 400, "AccessDeniedException", "no")
			case "ecs:ListServices":
				return 200, `{"serviceArns":[]}`, nil
			case "ecs:ListContainerInstances":
				if strings.Contains(in.Get("json"), "status") {
					t.Errorf("asks for a status: %s", in.Get("json"))
				}
				var arns []string
				for i := range 150 {
					arns = append(arns, fmt.Sprintf(`"arn:%03d"`, i))
				}
				return 200, `{"containerInstanceArns":[` + strings.Join(arns, ",") + `]}`, nil
			case "ecs:DescribeContainerInstances":
				if strings.Count(in.Get("json"), "arn:") > 101 || !strings.Contains(in.Get("json"), `"include":["TAGS"]`) {
					t.Errorf("asks: %s", in.Get("json"))
				}
				var out []string
				for i := range 150 {
					if id := fmt.Sprintf(`"arn:%03d"`, i); strings.Contains(in.Get("json"), id) {
						out = append(out, `{"containerInstanceArn":`+id+`}`)
					}
				}
				return 200, `{"containerInstances":[` + strings.Join(out, ",") + `],"failures":[{"reason":"MISSING"}]}`, nil
			}
			return canned(op, n, in)
		}}
		start := time.Now()
		got, err := open(t, s).Load(t.Context(), clusters)
		if err != nil || len(got.Gaps) != 1 || got.Gaps[0].Call != "ecs:DescribeClusters" {
			t.Fatalf("%v %+v", err, got.Gaps)
		}
		if c := got.Clusters[0]; len(c.ContainerInstances) != 150 || c.Instances != 150 || s.calls["ecs:DescribeContainerInstances"] != 2 {
			t.Errorf("%d instances, %d counted, %v", len(c.ContainerInstances), c.Instances, s.calls)
		}
		if chain := time.Since(start) / answerTime; chain != 4 {
			t.Errorf("the longest chain is %d calls", chain)
		}
	})
}

func TestServicesOnManagedInstances(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"launch type":       {`"capacityProviderStrategy":[{"capacityProvider":"FARGATE_SPOT"}]`, `"launchType":"MANAGED_INSTANCES"`, "MANAGED_INSTANCES"},
		"unknown type":      {`"capacityProviderStrategy":[{"capacityProvider":"FARGATE_SPOT"}]`, `"launchType":"ON_THE_MOON"`, "ON_THE_MOON"},
		"its instances":     {"FARGATE_SPOT", "ours", "MANAGED_INSTANCES"},
		"its provider":      {"FARGATE_SPOT", "managed", "MANAGED_INSTANCES"},
		"other instances":   {"FARGATE_SPOT", "asg", "EC2"},
		"definition":        {"FARGATE_SPOT", "empty", "EC2"},
		"unlike definition": {"FARGATE_SPOT", "managed-and-empty", "MANAGED_INSTANCES"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
					status, body, err := canned(op, n, in)
					body = strings.ReplaceAll(body, c.from, c.to)
					if strings.Contains(c.to, "managed-and-empty") {
						body = strings.ReplaceAll(body, `"requiresCompatibilities":["FARGATE"]`, `"requiresCompatibilities":["MANAGED_INSTANCES"]`)
					}
					return status, body, err
				}}
				got, err := open(t, s).Load(t.Context(), clusters)
				if err != nil || got.Clusters[0].Services[0].LaunchType != c.want {
					t.Errorf("%v %+v", err, got.Clusters[0].Services[0])
				}
			})
		})
	}
}

func TestLoadBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if op == "batch:DescribeJobDefinitions" && !strings.Contains(in.Get("json"), `"status":"ACTIVE"`) {
				t.Errorf("asks: %s", in.Get("json"))
			}
			if op == "ec2:DescribeSubnets" {
				return 200, `<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId></item></subnetSet></DescribeSubnetsResponse>`, nil
			}
			return canned(op, n, in)
		}}
		got, err := open(t, s).Load(t.Context(), batches)
		if err != nil {
			t.Fatal(err)
		}
		def := func(arn, family string, revision int, compatible string, c ...inventory.Container) inventory.JobDefinition {
			return inventory.JobDefinition{TaskDefinition: inventory.TaskDefinition{ARN: arn, Family: family, Revision: revision, Compatible: []string{compatible}, Containers: c,
				Fields: []string{"jobDefinitionName", "type"}}}
		}
		nodes := def("arn:d/nodes:1", "nodes", 1, "EC2", inventory.Container{Name: "default", Image: "main"}, inventory.Container{Name: "default", Image: "other"})
		nodes.TaskRole, nodes.Shape, nodes.Fields = "arn:first", "nodes", []string{"jobDefinitionName", "nodeProperties", "type"}
		several := def("arn:d/several:1", "several", 1, "EC2", inventory.Container{Name: "a", Image: "a", Secrets: []string{"arn:a"}}, inventory.Container{Name: "b", Image: "b", LogDriver: "awsfirelens:cloudwatch"})
		several.ExecutionRole, several.TaskRole, several.PlatformVersion, several.Exec = "arn:execution", "arn:task", "LATEST", true
		several.Shape, several.Fields = "ecs", []string{"ecsProperties", "jobDefinitionName", "type"}
		simple := def("arn:d/simple:2", "simple", 2, "FARGATE", inventory.Container{Name: "default", Image: "nginx", LogDriver: "awslogs", LogGroup: "/jobs", LogRegion: "us-east-1",
			Secrets: []string{"arn:log", "arn:secret"}, Credentials: "arn:registry"})
		simple.ExecutionRole, simple.TaskRole, simple.PlatformVersion, simple.OS = "arn:execution", "arn:job", "1.4.0", "LINUX"
		simple.PublicIP, simple.Exec, simple.EFS = true, true, true
		simple.Fields = []string{"containerProperties", "jobDefinitionName", "parameters", "platformCapabilities", "type"}
		if d := cmp.Diff(inventory.Batch{
			Environments: []inventory.ComputeEnvironment{
				{ARN: "arn:ce/by-hand", Name: "by-hand", State: "DISABLED", Status: "VALID", Orchestration: "ECS"},
				{ARN: "arn:ce/ec2", Name: "ec2", Type: "SPOT", State: "ENABLED", Status: "VALID", Orchestration: "ECS", Cluster: "arn:cluster", VPC: "vpc-1",
					Subnets: []string{"subnet-1", "subnet-2"}, Groups: []string{"sg-1"}, InstanceRole: "ecsInstanceRole", LaunchTemplate: true},
			},
			Queues: []inventory.JobQueue{
				{ARN: "arn:q/one", Name: "one", State: "DISABLED"},
				{ARN: "arn:q/two", Name: "two", State: "ENABLED", Environments: []string{"arn:ce/ec2", "arn:ce/by-hand"}},
			},
			Definitions: []inventory.JobDefinition{nodes, several, simple},
		}, got.Batch); d != "" {
			t.Error(d)
		}
		if strings.Contains(fmt.Sprintf("%+v", got), "hunter2") {
			t.Error("a value that may be secret is in the inventory")
		}
	})
}

func TestLoadBatchStopsAfterTenPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := 11
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if op != "batch:DescribeJobDefinitions" {
				return canned(op, n, in)
			}
			next := ""
			if n < pages {
				next = fmt.Sprintf(`,"nextToken":"%d"`, n)
			}
			return 200, fmt.Sprintf(`{"jobDefinitions":[{"jobDefinitionName":"one","revision":%d},{"jobDefinitionName":"n%d","revision":1}]%s}`, n, n, next), nil
		}}
		got, err := open(t, s).Load(t.Context(), batches)
		if err != nil || s.calls["batch:DescribeJobDefinitions"] != 10 || len(got.Batch.Definitions) != 11 {
			t.Fatalf("%v %v %+v", err, s.calls, got.Batch.Definitions)
		}
		if g, ok := got.Gap("batch:DescribeJobDefinitions"); !ok || g.Code != inventory.NotAllRead || !strings.Contains(g.Message, "first 20 ") {
			t.Errorf("%+v", got.Gaps)
		}
		if one := got.Batch.Definitions[10]; one.Family != "one" || one.Revision != 10 {
			t.Errorf("%+v", one)
		}
		pages, s.calls = 10, nil
		if got, err := open(t, s).Load(t.Context(), batches); err != nil || len(got.Gaps) != 0 {
			t.Errorf("ten pages are all: %v %+v", err, got.Gaps)
		}
	})
}

// Every combination of the quotas that a plan needs may be listed, on one page or on several. What
// is not listed is unknown.
func TestLoadQuotas(t *testing.T) {
	codes := []string{"L-29B6F2EB", "L-1B52E74A", "L-2AFB9258", "L-0EA8095F"}
	for listed := range 1 << len(codes) {
		for pages := 1; pages <= quotaPages; pages++ {
			synctest.Test(t, func(t *testing.T) {
				want := inventory.Quotas{UsedGateways: 1}
				on := make([]string, pages) // the quotas of each page
				for i, value := range []*int{&want.InterfaceEndpoints, &want.GatewayEndpoints, &want.GroupsPerInterface, &want.RulesPerGroup} {
					on[i%pages] += fmt.Sprintf(`{"QuotaCode":"L-0000000%d","Value":9.0},`, i)
					if listed>>i&1 == 1 {
						*value = 11 + i
						on[i%pages] += fmt.Sprintf(`{"QuotaCode":%q,"Value":%d.0},`, codes[i], *value)
					}
				}
				s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
					if op != listQuotas {
						return canned(op, n, in)
					}
					var sent struct {
						ServiceCode, NextToken string
						MaxResults             int
					}
					if err := json.Unmarshal([]byte(in.Get("json")), &sent); err != nil || sent.ServiceCode != "vpc" || sent.MaxResults != 100 {
						t.Errorf("%v: %s", err, in.Get("json"))
					}
					next := ""
					if n < pages {
						next = fmt.Sprintf(`,"NextToken":"%d"`, n)
					}
					return 200, `{"Quotas":[` + strings.TrimSuffix(on[n-1], ",") + `]` + next + `}`, nil
				}}
				got, err := open(t, s).Load(t.Context(), quotas)
				if d := cmp.Diff(want, got.Quotas); d != "" || err != nil || len(got.Gaps) != 0 || s.calls[listQuotas] != pages {
					t.Errorf("%04b on %d pages: %v %v %v\n%s", listed, pages, err, got.Gaps, s.calls, d)
				}
			})
		}
	}
}

// Values that were read stay known when the rest of the list is denied or too long. A list that is
// too long is a gap only if it may have a value that is unknown.
func TestLoadQuotasInPart(t *testing.T) {
	const three = `{"QuotaCode":"L-29B6F2EB","Value":7},{"QuotaCode":"L-1B52E74A","Value":8},{"QuotaCode":"L-2AFB9258","Value":9}`
	for _, tc := range []struct {
		name, first string
		denied      int // page
		code        string
		calls       int
		want        inventory.Quotas
	}{
		{"denied", three, 2, "AccessDeniedException", 2, inventory.Quotas{InterfaceEndpoints: 7, GatewayEndpoints: 8, GroupsPerInterface: 9, UsedGateways: 1}},
		{"too long", three, 0, inventory.NotAllRead, quotaPages, inventory.Quotas{InterfaceEndpoints: 7, GatewayEndpoints: 8, GroupsPerInterface: 9, UsedGateways: 1}},
		{"all known", three + `,{"QuotaCode":"L-0EA8095F","Value":10}`, 0, "", quotaPages, inventory.Quotas{InterfaceEndpoints: 7, GatewayEndpoints: 8, GroupsPerInterface: 9, RulesPerGroup: 10, UsedGateways: 1}},
		{"no value", `{"QuotaCode":"L-29B6F2EB","ErrorReason":{"ErrorCode":"DEPENDENCY_ACCESS_DENIED_ERROR"}}`, 0, inventory.NotAllRead, quotaPages, inventory.Quotas{UsedGateways: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
					switch {
					case op != listQuotas:
						return canned(op, n, in)
					case n == tc.denied:
						return refuse(op, 400, "AccessDeniedException", "no")
					case n == 1:
						return 200, `{"Quotas":[` + tc.first + `],"NextToken":"1"}`, nil
					}
					return 200, fmt.Sprintf(`{"Quotas":[],"NextToken":"%d"}`, n), nil
				}}
				got, err := open(t, s).Load(t.Context(), quotas)
				if d := cmp.Diff(tc.want, got.Quotas); d != "" || err != nil || s.calls[listQuotas] != tc.calls {
					t.Errorf("%v %v\n%s", err, s.calls, d)
				}
				if g, _ := got.Gap(listQuotas); g.Code != tc.code || len(got.Gaps) > 1 {
					t.Errorf("%+v", got.Gaps)
				}
			})
		})
	}
}

// A failure to read quotas never stops or delays loading.
func TestLoadQuotasFail(t *testing.T) {
	for name, answer := range map[string]func(op string) (int, string, error){
		"denied":    func(op string) (int, string, error) { return refuse(op, 400, "AccessDeniedException", "no") },
		"throttled": func(op string) (int, string, error) { return refuse(op, 429, "TooManyRequestsException", "no") },
		"500":       func(string) (int, string, error) { return 500, "<html>oops</html>", nil },
		"501":       func(op string) (int, string, error) { return refuse(op, 501, "NotImplemented", "no") },
		"unread":    func(string) (int, string, error) { return 200, "<html>sign in</html>", nil },
		"no host":   func(string) (int, string, error) { return 0, "", errDial },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
					if strings.HasPrefix(op, "servicequotas:") {
						return answer(op)
					}
					return canned(op, n, in)
				}}
				start := time.Now()
				got, err := open(t, s).Load(t.Context(), quotas)
				if err != nil || len(got.Gaps) != 1 || got.Gaps[0].Call != listQuotas || got.Gaps[0].Code == "" {
					t.Fatalf("%v %+v", err, got.Gaps)
				}
				if got.Quotas != (inventory.Quotas{UsedGateways: 1}) {
					t.Errorf("%+v", got.Quotas)
				}
				if s.calls[listQuotas] != 1 || time.Since(start) > time.Second {
					t.Errorf("%v after %v", s.calls, time.Since(start))
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got, err := open(t, &stub{}, func(o *Options) { o.Transport = silent{o.Transport} }).Load(t.Context(), quotas)
		if err != nil || len(got.Gaps) != 1 || got.Gaps[0].Code != CodeTimeout || time.Since(start) > 10*time.Second {
			t.Errorf("%v %+v after %v", err, got.Gaps, time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(answerTime/2, cancel)
		if _, err := open(t, &stub{}).Load(ctx, quotas); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// silent is an account with a Service Quotas API that never answers.
type silent struct{ http.RoundTripper }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Host, "servicequotas.") {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return s.RoundTripper.RoundTrip(r)
}

func TestLoadRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Inline policies have three pages. Their marker is not a NextToken.
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			if strings.HasPrefix(op, "iam:List") && in.Get("RoleName") != "web" {
				t.Errorf("asks for role %q", in.Get("RoleName"))
			}
			status, body, err := canned(op, n, in)
			if op == "iam:ListRolePolicies" && in.Get("Marker") != "2" {
				m := map[string]string{"": "1", "1": "2"}[in.Get("Marker")]
				body = strings.NewReplacer("<IsTruncated>false", "<IsTruncated>true", "inline", "inline"+m, "</PolicyNames>", "</PolicyNames><Marker>"+m+"</Marker>").Replace(body)
			}
			return status, body, err
		}}
		got, err := open(t, s).Load(t.Context(), role)
		inline := `{"Statement":[{"Sid":"a+b"}]}`
		if d := cmp.Diff([]inventory.Role{{ARN: role.Role, Name: "web", Policies: []inventory.RolePolicy{
			{Name: "inline", Document: inline}, {Name: "inline1", Document: inline}, {Name: "inline2", Document: inline},
			{Name: "attached", ARN: "arn:aws:iam::aws:policy/attached", Document: `{"Version": "v3"}`},
		}}}, got.Roles); d != "" || err != nil || len(got.Gaps) != 0 {
			t.Errorf("%v %v\n%s", err, got.Gaps, d)
		}
	})
}

func TestLoadRoleThatIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, _ int, _ url.Values) (int, string, error) {
			return refuse(op, 404, "NoSuchEntity", "The role with name web cannot be found.")
		}}
		got, err := open(t, s).Load(t.Context(), role)
		if d := cmp.Diff([]inventory.Role{{ARN: role.Role, Name: "web"}}, got.Roles); d != "" || err != nil {
			t.Errorf("%v\n%s", err, d)
		}
		if len(got.Gaps) != 1 || got.Gaps[0].Call != "iam:ListRolePolicies" || got.Gaps[0].Code != "NoSuchEntity" {
			t.Errorf("%+v", got.Gaps)
		}
	})
	// A policy that is deleted between two calls does not cause a gap.
	for _, op := range []string{"iam:GetRolePolicy", "iam:GetPolicy", "iam:GetPolicyVersion"} {
		synctest.Test(t, func(t *testing.T) {
			s := &stub{answer: func(o string, n int, in url.Values) (int, string, error) {
				if o == op {
					return refuse(o, 404, "NoSuchEntity", "no")
				}
				return canned(o, n, in)
			}}
			got, err := open(t, s).Load(t.Context(), role)
			if err != nil || len(got.Gaps) != 0 || len(got.Roles[0].Policies) != 1 {
				t.Errorf("%s: %v %+v", op, err, got)
			}
		})
	}
}

// What AWS lists and what counts are not the same: zones that are not Availability Zones, NAT gateways that
// no longer exist, addresses that a service manages, and peering connections that ended.
func TestLoadCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			_, name, _ := strings.Cut(op, ":")
			body, ok := map[string]string{
				"ec2:DescribeAvailabilityZones": `<availabilityZoneInfo><item><zoneName>us-east-1b</zoneName><zoneId>use1-az1</zoneId><zoneState>available</zoneState><zoneType>availability-zone</zoneType></item>
<item><zoneName>us-east-1a</zoneName><zoneId>use1-az6</zoneId><zoneState>available</zoneState></item>
<item><zoneName>us-east-1c</zoneName><zoneId>use1-az2</zoneId><zoneState>impaired</zoneState><zoneType>availability-zone</zoneType></item>
<item><zoneName>us-east-1-bos-1a</zoneName><zoneId>use1-bos1-az1</zoneId><zoneState>available</zoneState><zoneType>local-zone</zoneType></item></availabilityZoneInfo>`,
				"ec2:DescribeVpcBlockPublicAccessOptions": `<vpcBlockPublicAccessOptions><awsAccountId>123456789012</awsAccountId><internetGatewayBlockMode>block-bidirectional</internetGatewayBlockMode></vpcBlockPublicAccessOptions>`,
				"ec2:DescribeVpcPeeringConnections": `<vpcPeeringConnectionSet>` + peering("active", "vpc-1", "vpc-8", "10.8.0.0/16") + peering("pending-acceptance", "vpc-7", "vpc-1", "10.1.0.0/16") +
					peering("deleted", "vpc-1", "vpc-6", "10.6.0.0/16") + peering("rejected", "vpc-1", "vpc-5", "10.5.0.0/16") + `</vpcPeeringConnectionSet>`,
				"ec2:DescribeInternetGateways": `<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId></item><item><internetGatewayId>igw-2</internetGatewayId><attachmentSet><item><vpcId>vpc-1</vpcId><state>available</state></item></attachmentSet></item>` +
					`<item><internetGatewayId>igw-3</internetGatewayId><attachmentSet><item><vpcId>vpc-2</vpcId><state>detaching</state></item></attachmentSet></item></internetGatewaySet>`,
				"ec2:DescribeAddresses": `<addressesSet><item><allocationId>eipalloc-1</allocationId></item><item><allocationId>eipalloc-2</allocationId><serviceManaged>rnat</serviceManaged></item></addressesSet>`,
				"ec2:DescribeSubnets":   `<subnetSet><item><subnetId>subnet-2</subnetId><availabilityZone>us-east-1a</availabilityZone></item></subnetSet>`,
			}[op]
			switch {
			case ok:
				return 200, fmt.Sprintf(`<%sResponse>%s</%sResponse>`, name, body, name), nil
			case op == listQuotas && strings.Contains(in.Get("json"), `"ServiceCode":"ec2"`):
				return 200, `{"Quotas":[{"QuotaCode":"L-0263D0A3","Value":9}]}`, nil
			case op == listQuotas:
				return 200, `{"Quotas":[{"QuotaCode":"L-F678F1CE","Value":6},{"QuotaCode":"L-A4707A72","Value":7},{"QuotaCode":"L-FE5A380F","Value":8}]}`, nil
			}
			return canned(op, n, in)
		}}
		got, err := open(t, s).Load(t.Context(), inventory.Request{Part: inventory.PartCreation})
		if err != nil || len(got.Gaps) != 0 {
			t.Fatal(err, got.Gaps)
		}
		if d := cmp.Diff(inventory.Creation{
			Zones:             []inventory.Zone{{Name: "us-east-1a", ID: "use1-az6"}, {Name: "us-east-1b", ID: "use1-az1"}},
			BlockPublicAccess: "block-bidirectional",
			Peers:             []inventory.Peer{{VPC: "vpc-7", Account: "210987654321", CIDRs: []string{"10.7.0.0/16"}}, {VPC: "vpc-8", Account: "210987654321", CIDRs: []string{"10.8.0.0/16"}}},
			VPCs:              inventory.Quota{Limit: 6, Used: 1}, InternetGateways: inventory.Quota{Limit: 7, Used: 3}, Gateways: []inventory.Gateway{{ID: "igw-2", VPC: "vpc-1"}}, Addresses: inventory.Quota{Limit: 9, Used: 1},
			NATGateways: inventory.Quota{Limit: 8, Used: 2, ByZone: map[string]int{"us-east-1a": 1, "us-east-1b": 1}},
		}, got.Creation); d != "" {
			t.Error(d)
		}
	})
}

// peering is a connection between two VPCs. vpc-1 is a VPC of the account.
func peering(state, requester, accepter, cidr string) string {
	side := func(id, cidr string) string {
		return `<vpcId>` + id + `</vpcId><ownerId>210987654321</ownerId><cidrBlock>` + cidr + `</cidrBlock><cidrBlockSet><item><cidrBlock>` + cidr + `</cidrBlock></item></cidrBlockSet>`
	}
	return `<item><status><code>` + state + `</code></status><requesterVpcInfo>` + side(requester, "10.7.0.0/16") + `</requesterVpcInfo><accepterVpcInfo>` + side(accepter, cidr) + `</accepterVpcInfo></item>`
}

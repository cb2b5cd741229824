package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// These tests change an account between a plan and its run. The plan is run by its script, and by apply with the plan that
// was made before, as the interactive wizard does when the user confirms it later.

// stale is a plan that is run some time after it was made.
type stale struct {
	name string
	run  func() (code int, said string)
}

// client returns a client of the account in this process.
func (s *site) client() fast {
	s.t.Helper()
	region := "us-east-1"
	for _, v := range s.env {
		if name, value, _ := strings.Cut(v, "="); name == "AWS_REGION" {
			region = value // the last one counts
		}
	}
	c, err := aws.Open(s.t.Context(), aws.Options{Region: region, Transport: s.watched.Account})
	if err != nil {
		s.t.Fatal(err)
	}
	return fast{c, s.speed, true}
}

// planned makes the plan of the answers. The inventory can be changed before.
func (s *site) planned(change func(*inventory.Inventory)) (fast, *plan.Plan) {
	s.t.Helper()
	ans, files, _, err := readAnswers(filepath.Join(s.dir, "answers.yaml"), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := s.client()
	inv := &inventory.Inventory{Region: client.Region()}
	resolved, problems, err := look(s.t.Context(), client, inv, ans)
	if err != nil || len(problems) > 0 {
		s.t.Fatal(err, problems)
	}
	if change != nil {
		change(inv)
	}
	p := plan.BuildWith(inv, resolved, files)
	if stops := p.Stops(nil); len(stops) > 0 {
		s.t.Fatalf("the plan stops: %+v", stops)
	}
	return client, p
}

// ways are the ways to run a plan. Each makes the plan of the answers now.
var ways = map[string]func(*site) stale{
	"script": func(s *site) stale {
		s.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
		return stale{"script", func() (int, string) {
			code, out, said := s.try("", "bash", "e.sh")
			return code, out + said
		}}
	},
	"apply": func(s *site) stale { return s.stalePlan(s.planned(nil)) },
}

// stalePlan returns a run of a plan in this process.
func (s *site) stalePlan(client fast, p *plan.Plan) stale {
	return stale{"apply", func() (int, string) {
		var said bytes.Buffer
		g := &globals{streams: streams{Out: &said, Err: &said}}
		sum, _ := g.run(s.t.Context(), client, p, nil, nil, func(e run.Event) {
			fmt.Fprintf(&said, "%s %s %s\n", stateTexts[e.State], e.Change, e.Detail)
		})
		g.conclude(sum)
		return exitCode(outcome(sum, nil, s.t.Context())), said.String()
	}}
}

// ec2 returns a client for what somebody else does.
func (s *site) ec2() *ec2.Client { return ec2.NewFromConfig(s.config()) }

// logsEndpoint returns the endpoint for CloudWatch Logs of the scenario closed.
func (s *site) logsEndpoint() string {
	return endpointOf(s.t, s.get("/_sandbox/account"), "com.amazonaws.us-east-1.logs")
}

// denyEntry adds an entry to the network ACL of the scenario closed.
func (s *site) denyEntry(port int32) error {
	_, err := s.ec2().CreateNetworkAclEntry(s.t.Context(), &ec2.CreateNetworkAclEntryInput{NetworkAclId: sdk.String("acl-0a1b2c3d4e5f60001"), CidrBlock: sdk.String("10.0.0.0/16"),
		Egress: sdk.Bool(false), Protocol: sdk.String("6"), PortRange: &ec2types.PortRange{From: &port, To: &port}, RuleAction: ec2types.RuleActionDeny, RuleNumber: sdk.Int32(1)})
	return err
}

// modifyLogs changes the endpoint for CloudWatch Logs.
func (s *site) modifyLogs(in ec2.ModifyVpcEndpointInput) error {
	in.VpcEndpointId = sdk.String(s.logsEndpoint())
	_, err := s.ec2().ModifyVpcEndpoint(s.t.Context(), &in)
	return err
}

// drifts are changes of an account where a plan was applied, with what a run of the plan must then do.
var drifts = map[string]struct {
	drift func(s *site) error
	code  int
	says  []string
	stops bool // before it changes anything
	again bool // the run creates again what somebody deleted
}{
	"nothing": {drift: func(*site) error { return nil }},
	"private DNS off": {drift: func(s *site) error {
		return s.modifyLogs(ec2.ModifyVpcEndpointInput{PrivateDnsEnabled: sdk.Bool(false)})
	},
		code: exitAWS, says: []string{"endpoint/logs", "the account differs from the plan", "private DNS is off (plan: on)"}, stops: true},
	"another security group": {drift: func(s *site) error {
		group, err := s.ec2().CreateSecurityGroup(s.t.Context(), &ec2.CreateSecurityGroupInput{GroupName: sdk.String("other"), Description: sdk.String("other"), VpcId: sdk.String("vpc-0a1b2c3d4e5f60001")})
		if err != nil {
			return err
		}
		_, own := s.groupOf("privatelink-wizard-endpoints")
		return s.modifyLogs(ec2.ModifyVpcEndpointInput{AddSecurityGroupIds: []string{*group.GroupId}, RemoveSecurityGroupIds: []string{own}})
	}, code: exitAWS, says: []string{"endpoint/logs", "the account differs from the plan", "security groups sg-"}, stops: true},
	"endpoint deleted": {drift: func(s *site) error {
		_, err := s.ec2().DeleteVpcEndpoints(s.t.Context(), &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{s.logsEndpoint()}})
		s.rested()
		return err
	}, says: []string{"endpoint/logs"}, again: true},
	"unrelated ACL entry": {drift: func(s *site) error { return s.denyEntry(22) }, says: []string{"verified"}},
	"ACL entry that denies": {drift: func(s *site) error { return s.denyEntry(443) }, code: exitAWS,
		says: []string{"the network ACL of subnet", "denied by entry 1: in 443-443"}},
}

// groupOf returns whether a security group with a name exists, and its id.
func (s *site) groupOf(name string) (found bool, id string) {
	walk(s.get("/_sandbox/account"), func(o map[string]any) {
		if o["GroupName"] == name && o["Rules"] != nil {
			id, _ = o["GroupId"].(string)
			found = true
		}
	})
	return found, id
}

// TestDrift runs a plan again after the account changed: the plan that created the resources, and a plan made later that
// keeps them. If the run stops, it changes nothing.
func TestDrift(t *testing.T) {
	t.Parallel()
	tool(t, "bash")
	for name, tt := range drifts {
		for way, plan := range ways {
			for _, kept := range []bool{false, true} {
				of := "created"
				if kept {
					of = "kept"
				}
				t.Run(name+", "+of+", "+way, func(t *testing.T) {
					t.Parallel()
					tt := tt
					s := practiceAt(t, "closed", 20000)
					s.env = append(s.env, "PATH="+s.standIn.Dir+":"+os.Getenv("PATH"))
					s.write("answers.yaml", scenarioAnswers["closed"])
					p := plan(s)
					if code, said := p.run(); code != exitOK {
						t.Fatalf("the first run: exit code %d\n%s", code, said)
					}
					first := s.rested()
					if kept {
						p = plan(s)
					}
					if err := tt.drift(s); err != nil {
						t.Fatal(err)
					}
					before := s.rested()
					s.written()
					if kept && tt.again { // a plan creates nothing that it found
						tt.code, tt.stops, tt.says, tt.again = exitAWS, true, []string{"vpce-"}, false
					}
					code, said := p.run()
					if code != tt.code {
						t.Errorf("exit code %d, want %d\n%s", code, tt.code, said)
					}
					contains(t, said, tt.says...)
					if tt.stops && !strings.Contains(strings.ToLower(said), "create a new plan") {
						t.Errorf("it does not say what to do:\n%s", said)
					}
					writes, after := s.written(), s.rested()
					switch fixed := accounttest.IDs(first); {
					case tt.again:
						if d := cmp.Diff(accounttest.Normal(first, map[string]bool{}), accounttest.Normal(after, map[string]bool{})); d != "" {
							t.Error("the account is not as after the first run (-first +again)", d)
						}
					default:
						if d := cmp.Diff(accounttest.Normal(before, fixed), accounttest.Normal(after, fixed)); d != "" {
							t.Error("the run changed the account", d)
						}
						if len(writes) > 0 {
							t.Errorf("the run calls %v", writes)
						}
					}
					if says := strings.Contains(said, "Nothing was changed in this run."); way == "script" && says != tt.stops {
						t.Errorf("it says that nothing was changed: %v\n%s", says, said)
					}
				})
			}
		}
	}
}

// goneInstance is an instance that does not exist.
const goneInstance = "i-0a1b2c3d4e5f6dead"

// replacedHost replaces a container instance in a text that was made from the account by one that does not exist. A plan of
// the text then references an instance that is deregistered, and the account has another one in its place.
func (s *site) replacedHost(text string) string {
	s.t.Helper()
	const instance = "i-0a1b2c3d4e5f66001"
	id := ""
	inv := &inventory.Inventory{}
	if err := load(s.t.Context(), s.client(), inv, []inventory.Request{{Part: inventory.PartHosts, VPC: "vpc-0a1b2c3d4e5f60001"}, {Part: inventory.PartAgents}}); err != nil {
		s.t.Fatal(err)
	}
	for _, c := range inv.Clusters {
		for _, h := range c.ContainerInstances {
			if h.Instance == instance {
				id = h.ARN[strings.LastIndex(h.ARN, "/")+1:]
			}
		}
	}
	if id == "" || !strings.Contains(text, id) || !strings.Contains(text, instance) {
		s.t.Fatalf("the text does not reference %s, container instance %q", instance, id)
	}
	return strings.NewReplacer(instance, goneInstance, id, strings.Repeat("d", len(id))).Replace(text)
}

// TestReplacedContainerInstance runs a plan that restarts the agents of a cluster after one of its instances was replaced.
// That one is skipped and reported, the others are restarted, and the run succeeds.
func TestReplacedContainerInstance(t *testing.T) {
	t.Parallel()
	tool(t, "bash")
	for _, method := range []string{"ssm", "reboot"} {
		for _, way := range []string{"script", "apply"} {
			t.Run(method+", "+way, func(t *testing.T) {
				t.Parallel()
				s := practiceAt(t, "closed", 200)
				s.env = append(s.env, "PATH="+s.standIn.Dir+":"+os.Getenv("PATH"))
				s.write("answers.yaml", strings.Replace(ecsOnEC2, "restart: ssm", "restart: "+method, 1))
				var p stale
				if way == "script" {
					p = ways["script"](s)
					s.write("e.sh", s.replacedHost(string(must(os.ReadFile(filepath.Join(s.dir, "e.sh")))(t))))
				} else {
					p = s.stalePlan(s.planned(func(inv *inventory.Inventory) {
						text := must(inv.Write())(t)
						*inv = *must(inventory.Read([]byte(s.replacedHost(string(text)))))(t)
					}))
				}
				code, said := p.run()
				if code != exitOK {
					t.Errorf("exit code %d\n%s", code, said)
				}
				contains(t, said, "no longer registered", goneInstance, "not verified")
				account := s.rested()
				if method == "ssm" {
					want := map[string]int{"i-0a1b2c3d4e5f66002": 1, "i-0a1b2c3d4e5f66003": 1, "i-0a1b2c3d4e5f66004": 1}
					if d := cmp.Diff(want, restarts(account)); d != "" {
						t.Error("agents restarted (-want +got)", d)
					}
				}
				if slices.Contains([]string{"ssm", "reboot"}, method) {
					drained := 0
					walk(account, func(o map[string]any) {
						if o["status"] == "DRAINING" {
							drained++
						}
					})
					if drained > 0 {
						t.Errorf("%d container instances are still draining", drained)
					}
				}
			})
		}
	}
}

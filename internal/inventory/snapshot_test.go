package inventory_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func sample() *inventory.Inventory {
	inv := &inventory.Inventory{Version: 1, Account: "123456789012", Partition: "aws", Region: "us-east-1", Caller: "arn:aws:sts::123456789012:assumed-role/Zebra/x",
		VPCs: []inventory.VPC{{ID: "vpc-1", Name: "zebra-prod", CIDRs: []string{"10.0.0.0/16"}, Owner: "123456789012"}},
		Clusters: []inventory.Cluster{{ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/zebra", Name: "zebra", Services: []inventory.Service{{
			ARN: "arn:aws:ecs:us-east-1:123456789012:service/zebra/web", Name: "web", LaunchType: "FARGATE", TaskDefinition: "arn:aws:ecs:us-east-1:123456789012:task-definition/zebra-web:7", Subnets: []string{"subnet-1"}, VPC: "vpc-1"}}}},
		TaskDefinitions: []inventory.TaskDefinition{{ARN: "arn:aws:ecs:us-east-1:123456789012:task-definition/zebra-web:7", Family: "zebra-web", Revision: 7,
			Containers: []inventory.Container{{Name: "zebra", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/zebra/web:1", LogDriver: "awslogs", Secrets: []string{"arn:aws:secretsmanager:us-east-1:123456789012:secret:zebra/db-AbCdEf", "zebra-parameter"}, EnvFiles: []string{"arn:aws:s3:::zebra-bucket/zebra.env"}}, {Name: "side", Image: "zebra/side"}}}},
		Networks: []inventory.Network{{VPC: "vpc-1", Subnets: []inventory.Subnet{{ID: "subnet-1", Name: "zebra-a", Owner: "123456789012"}},
			SecurityGroups: []inventory.SecurityGroup{{ID: "sg-1", Name: "zebra-tasks", Description: "of Zebra", Tags: map[string]string{"Team": "zebra"}},
				{ID: "sg-2", Name: "privatelink-wizard-endpoints", Tags: map[string]string{"ManagedBy": "privatelink-wizard", "Name": "zebra"}}},
			Endpoints:  []inventory.Endpoint{{ID: "vpce-1", Service: "com.amazonaws.us-east-1.logs", Policy: `{"zebra":1}`}},
			Interfaces: []inventory.Interface{{ID: "eni-1", Description: "arn:aws:ecs:us-east-1:123456789012:attachment/zebra"}, {ID: "eni-2", Description: "Zebra web server"}}}},
		Batch:  inventory.Batch{Queues: []inventory.JobQueue{{ARN: "arn:aws:batch:us-east-1:123456789012:job-queue/zebra", Name: "zebra"}}},
		Roles:  []inventory.Role{{ARN: "arn:aws:iam::123456789012:role/zebra", Name: "zebra"}, {ARN: "arn:aws:iam::123456789012:role/zebra-task", Name: "zebra-task"}},
		Quotas: inventory.Quotas{InterfaceEndpoints: 50},
		Creation: inventory.Creation{Zones: []inventory.Zone{{Name: "us-east-1a", ID: "use1-az6"}}, BlockPublicAccess: "block-ingress",
			Peers: []inventory.Peer{{VPC: "vpc-9", Account: "123456789012", CIDRs: []string{"10.9.0.0/16"}}},
			VPCs:  inventory.Quota{Limit: 5, Used: 1}, NATGateways: inventory.Quota{Limit: 5, Used: 1, ByZone: map[string]int{"us-east-1a": 1}}},
		Hosts: []inventory.Host{{Instance: "i-1", VPC: "vpc-1", State: "running", AMIName: "amzn2-ami-ecs-zebra", Profile: "arn:aws:iam::123456789012:instance-profile/zebra", Ping: "Online"},
			{Instance: "i-2", VPC: "vpc-2"}},
		Gaps: []inventory.Gap{{Call: "ec2:DescribeNetworkAcls", Code: "UnauthorizedOperation", Message: "zebra may not"}},
	}
	inv.Loaded = []inventory.Request{{Part: inventory.PartBatch}, {Part: inventory.PartClusters}, {Part: inventory.PartCreation}, {Part: inventory.PartHosts, VPC: "vpc-1"}, {Part: inventory.PartHosts, VPC: "vpc-2"}, {Part: inventory.PartIdentity}, {Part: inventory.PartNetwork, VPC: "vpc-1"},
		{Part: inventory.PartQuotas}, {Part: inventory.PartRoles, Role: inv.Roles[0].ARN}, {Part: inventory.PartRoles, Role: inv.Roles[1].ARN}, {Part: inventory.PartVPCs}}
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

// FuzzRead: what can be read can be written and read again with the same content, printed, masked, and used in parts.
func FuzzRead(f *testing.F) {
	whole, err := sample().Write()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("\ufeff" + string(whole)))
	for _, s := range []string{"", "{}", `{"version":1}`, `{"version":2,"region":"us-east-1"}`, `{"version":1,"region":"us-east-1","loaded":[{"part":"vpcs"}],"vpcs":null}`,
		`{"version":1,"region":"us-east-1","loaded":[{"part":"nonsense","vpc":"x"}],"networks":[{"vpc":"x"},{"vpc":"x","resolver":null}],"gaps":[{"call":"a"},{"call":"a","code":"b"}]}`,
		`{"version":1,"region":"\u202e","loaded":[{}],"networks":[{"vpc":"x","security_groups":[{"id":"sg-1","tags":{"a\nb":"c","a\tb":"d","a\rb":"e","a b":"f"}}]}]}`, "{\x00\"\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, err := inventory.Read(data)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a message")
			}
			return
		}
		written, err := inv.Write()
		if err != nil {
			t.Fatal(err)
		}
		twice, err := inventory.Read(data)
		if err != nil {
			t.Fatal(err)
		}
		twice.Clean()
		if again, err := twice.Write(); err != nil || !bytes.Equal(again, written) {
			t.Errorf("read twice, and cleaned twice: %v\n%s\nis not\n%s", err, again, written)
		}
		back, err := inventory.Read(written)
		if err != nil {
			t.Fatalf("can be written but not read: %v\n%s", err, written)
		}
		if diff := cmp.Diff(inv, back, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if again, err := back.Write(); err != nil || !bytes.Equal(again, written) {
			t.Errorf("%v\n%s\nis not\n%s", err, again, written)
		}
		masked, err := inv.Mask(legend())
		if err != nil {
			t.Fatal(err)
		}
		if b, err := masked.Write(); err != nil {
			t.Error(err)
		} else if _, err := inventory.Read(b); err != nil {
			t.Errorf("masked: %v\n%s", err, b)
		}
		for _, r := range inv.Loaded {
			inv.Fragment(r)
		}
	})
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
	f := s.Fragment(inventory.Request{Part: inventory.PartHosts, VPC: "vpc-3"})
	if len(f.Gaps) != len(inventory.Calls(inventory.PartHosts)) || len(f.Networks) != 0 || len(f.Hosts) != 0 {
		t.Errorf("%+v", f)
	}
	f = s.Fragment(inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-2"})
	if len(f.Gaps) != len(inventory.Calls(inventory.PartNetwork)) || f.Gaps[0].Code != inventory.NotInSnapshot {
		t.Errorf("%+v", f.Gaps)
	}
}

// Every field belongs to a part that gives it to a fragment and takes it from one.
func TestEveryFieldBelongsToAPart(t *testing.T) {
	var want, got inventory.Inventory
	full(reflect.ValueOf(&want).Elem(), func() string { return "x" })
	want.Version, want.Loaded, want.Gaps = inventory.Version, nil, nil
	for _, p := range inventory.Parts() {
		if p.Title() == "" || len(inventory.Calls(p)) == 0 {
			t.Errorf("%s has no title or no calls", p)
		}
		r := inventory.Request{Part: p, VPC: "x", Role: "x", Name: "x"}
		want.Loaded = append(want.Loaded, r)
		got.Merge(want.Fragment(r))
	}
	got.Loaded = want.Loaded
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What one role hides stays hidden when another one is loaded; looking again shows.
func TestGapsStayUntilTheSameIsLoadedAgain(t *testing.T) {
	one, two := inventory.Request{Part: inventory.PartRoles, Role: "one"}, inventory.Request{Part: inventory.PartRoles, Role: "two"}
	var inv inventory.Inventory
	inv.Merge(inventory.Inventory{Roles: []inventory.Role{{ARN: "one"}}, Loaded: []inventory.Request{one}, Gaps: []inventory.Gap{{Call: "iam:GetPolicy", Code: "AccessDenied"}}})
	inv.Merge(inventory.Inventory{Roles: []inventory.Role{{ARN: "two"}}, Loaded: []inventory.Request{two}})
	if _, ok := inv.Gap("iam:GetPolicy"); !ok || len(inv.Roles) != 2 {
		t.Errorf("%+v", inv)
	}
	inv.Merge(inventory.Inventory{Roles: []inventory.Role{{ARN: "one"}}, Loaded: []inventory.Request{one}})
	if len(inv.Gaps) != 0 || len(inv.Roles) != 2 || len(inv.Loaded) != 2 {
		t.Errorf("%+v", inv)
	}
}

// Looking again at the hosts of one VPC removes those that no longer exist there, and no
// others.
func TestHostsOfOneVPC(t *testing.T) {
	inv := sample()
	again := inventory.Request{Part: inventory.PartHosts, VPC: "vpc-1"}
	inv.Merge(inventory.Inventory{Loaded: []inventory.Request{again}, Hosts: []inventory.Host{{Instance: "i-3", VPC: "vpc-1"}}})
	if d := cmp.Diff([]inventory.Host{{Instance: "i-2", VPC: "vpc-2"}, {Instance: "i-3", VPC: "vpc-1"}}, inv.Hosts); d != "" {
		t.Error(d)
	}
	if inv.Host("i-1") != nil || inv.Host("i-3") != &inv.Hosts[1] {
		t.Error("the finder does not find an existing resource")
	}
	inv.Merge(inventory.Inventory{Loaded: []inventory.Request{again}, Gaps: []inventory.Gap{{Call: "ec2:DescribeInstances", Code: "AccessDenied"}}})
	if _, ok := inv.Gap("ec2:DescribeInstances"); !ok || len(inv.Hosts) != 1 {
		t.Errorf("%+v", inv)
	}
	inv.Merge(inventory.Inventory{Loaded: []inventory.Request{again}})
	if _, ok := inv.Gap("ec2:DescribeInstances"); ok {
		t.Error("the gap stays")
	}
}

func TestMaskHidesNamesAndKeepsWhatBelongsTogether(t *testing.T) {
	m, err := sample().Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	data, _ := json.Marshal(m)
	for _, secret := range []string{"zebra", "Zebra", "123456789012", "AbCdEf"} {
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
		t.Errorf("the data that rules need is missing: %+v", n)
	}
	if svc.LaunchType != "FARGATE" {
		t.Error("the launch type is missing")
	}
	original := sample()
	if _, err := original.Mask(legend()); err != nil || cmp.Diff(sample(), original) != "" {
		t.Error("masking changed the original", err)
	}
}

// What was asked for by name stays when a list that does not hold it is loaded, before
// or after.
func TestWhatWasAskedForByNameStays(t *testing.T) {
	const arn, far = "arn:aws:secretsmanager:us-east-1:1:secret:own-AbCdEf", "arn:aws:secretsmanager:eu-west-1:1:secret:far-AbCdEf"
	registry, secret := inventory.Request{Part: inventory.PartRegistry}, inventory.Request{Part: inventory.PartSecret, Name: far}
	clusters, definition := inventory.Request{Part: inventory.PartClusters}, inventory.Request{Part: inventory.PartDefinition, Name: "app"}
	fragments := []inventory.Inventory{
		{Loaded: []inventory.Request{registry}, Secrets: []inventory.Secret{{ARN: arn, Name: "own"}}, Keys: []inventory.Key{{ARN: "k"}}, ExecutionRoles: []string{"r"}},
		{Loaded: []inventory.Request{secret}, Secrets: []inventory.Secret{{ARN: far, Name: "far"}}},
		{Loaded: []inventory.Request{clusters}, TaskDefinitions: []inventory.TaskDefinition{{ARN: "app:3", Family: "app", Revision: 3}, {ARN: "z:1", Family: "z", Revision: 1}}},
		{Loaded: []inventory.Request{definition}, TaskDefinitions: []inventory.TaskDefinition{{ARN: "app:5", Family: "app", Revision: 5}}},
	}
	var one, two inventory.Inventory
	for i := range fragments {
		one.Merge(fragments[i])
		two.Merge(fragments[len(fragments)-1-i])
	}
	for _, r := range []inventory.Request{registry, clusters} { // looking again
		one.Merge(one.Fragment(r))
	}
	if d := cmp.Diff(one, two); d != "" {
		t.Error(d)
	}
	if len(one.Secrets) != 2 || one.Secret(far) == nil || len(one.TaskDefinitions) != 3 || one.Definition("app").Revision != 5 || one.Definition("app:3").Revision != 3 || one.Definition("z:1") == nil || one.Definition("none") != nil {
		t.Errorf("%+v", one)
	}
	one.Merge(inventory.Inventory{Loaded: []inventory.Request{registry}, Gaps: []inventory.Gap{{Call: "secretsmanager:ListSecrets", Code: "AccessDenied"}}})
	if len(one.Secrets) != 1 || one.Secret(far) == nil || len(one.Keys) != 0 {
		t.Errorf("what no list holds any more stays: %+v", one)
	}
	denied := inventory.Inventory{Loaded: []inventory.Request{secret}, Gaps: []inventory.Gap{{Call: "secretsmanager:DescribeSecret", Code: "AccessDenied"}}}
	one.Merge(denied)
	if one.Secret(far) == nil {
		t.Error("what is hidden now was not deleted")
	}
	one.Merge(inventory.Inventory{Loaded: []inventory.Request{secret}})
	if one.Secret(far) != nil || len(one.Gaps) != 1 {
		t.Errorf("deleted meanwhile: %+v", one)
	}
}

func TestASnapshotHoldsWhatCredentialsAreMadeOf(t *testing.T) {
	const arn, other = "arn:aws:secretsmanager:us-east-1:123456789012:secret:own-AbCdEf", "arn:aws:secretsmanager:us-east-1:210987654321:secret:other-AbCdEf"
	registry := inventory.Request{Part: inventory.PartRegistry}
	inv := inventory.Inventory{Version: inventory.Version, Account: "123456789012", Region: "us-east-1", Loaded: []inventory.Request{registry}, Secrets: []inventory.Secret{{ARN: arn, Name: "own"}},
		Keys: []inventory.Key{{ARN: "k"}}, ExecutionRoles: []string{"r"}, TaskDefinitions: []inventory.TaskDefinition{{ARN: "d/app:3", Family: "app", Revision: 3}}}
	if d := cmp.Diff(inventory.Inventory{Version: inventory.Version, Account: "123456789012", Region: "us-east-1", Loaded: []inventory.Request{registry}, Secrets: inv.Secrets, Keys: inv.Keys, ExecutionRoles: inv.ExecutionRoles}, inv.Fragment(registry)); d != "" {
		t.Error(d)
	}
	for _, tc := range []struct {
		part       inventory.Part
		name       string
		held, gaps int
	}{
		{inventory.PartSecret, "own", 1, 0},
		{inventory.PartSecret, arn, 1, 0},
		{inventory.PartSecret, "none", 0, 0}, // all of the account are listed
		{inventory.PartSecret, other, 0, 1},
		{inventory.PartDefinition, "app:3", 1, 0},
		{inventory.PartDefinition, "d/app:3", 1, 0},
		{inventory.PartDefinition, "app", 0, 1}, // may have a newer revision
		{inventory.PartDefinition, "app:4", 0, 1},
	} {
		f := inv.Fragment(inventory.Request{Part: tc.part, Name: tc.name})
		if len(f.Secrets)+len(f.TaskDefinitions) != tc.held || len(f.Gaps) != tc.gaps || tc.gaps > 0 && f.Gaps[0].Code != inventory.NotInSnapshot {
			t.Errorf("%s %s: %+v", tc.part, tc.name, f)
		}
	}
	inv.Gaps = []inventory.Gap{{Call: "secretsmanager:ListSecrets", Code: "AccessDenied"}}
	if f := inv.Fragment(inventory.Request{Part: inventory.PartSecret, Name: "none"}); len(f.Gaps) != 1 {
		t.Errorf("%+v", f)
	}
	inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartDefinition, Name: "app"})
	if f := inv.Fragment(inv.Loaded[1]); len(f.TaskDefinitions) != 1 || len(f.Gaps) != 0 {
		t.Errorf("%+v", f)
	}
}

// wrongs returns copies of a JSON value with one value in it replaced by one of another kind.
func wrongs(v any, put func(any) any) []any {
	var out []any
	for _, wrong := range []any{map[string]any{}, []any{}, "x", 1.5, true} {
		if reflect.TypeOf(wrong) != reflect.TypeOf(v) {
			out = append(out, put(wrong))
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			out = append(out, wrongs(item, func(w any) any {
				c := maps.Clone(v)
				c[k] = w
				return put(c)
			})...)
		}
	case []any:
		for i, item := range v {
			out = append(out, wrongs(item, func(w any) any {
				c := slices.Clone(v)
				c[i] = w
				return put(c)
			})...)
		}
	}
	return out
}

// An error about content never shows a type of this program.
func TestErrorsOfContentWithoutTypes(t *testing.T) {
	var inv inventory.Inventory
	n := 0
	full(reflect.ValueOf(&inv).Elem(), func() string { n++; return fmt.Sprint("x", n) })
	data, err := inv.Write()
	if err != nil {
		t.Fatal(err)
	}
	var content any
	if err := json.Unmarshal(data, &content); err != nil {
		t.Fatal(err)
	}
	types := regexp.MustCompile(`Go |inventory\.|\bstruct\b|\[\]|unmarshal|json:|\bint\b|interface \{|\bbool\b|[A-Za-z]\.[A-Z]`)
	tried := 0
	for _, wrong := range wrongs(content, func(v any) any { return v }) {
		data, err := json.Marshal(wrong)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := inventory.Read(data); err == nil || types.MatchString(err.Error()) {
			t.Errorf("%v: %s", err, data[:min(len(data), 200)])
		}
		tried++
	}
	if tried < 500 {
		t.Errorf("%d errors", tried)
	}
	for content, want := range map[string]string{
		`{"version":1,"vpcs":[{"id":5}]}`: "1:28: vpcs.id must be text, not a JSON number",
		"{\n \"version\": 1,\n \"x\": 1}": `unknown field "x"`,
		"{\n \"version\": 1,,}":           "not JSON at 2:15",
		"\ufeff{\n \"version\": 1,,}":     "not JSON at 2:15",
		"\xff\xfe{\x00":                   "it is UTF-16; save it as UTF-8",
		"[]":                              "the file must be an object, not a JSON array",
		"":                                "not JSON at 1:1",
	} {
		if _, err := inventory.Read([]byte(content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", content, err, want)
		}
	}
	sample, err := sample().Write()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inventory.Read(append([]byte("\ufeff"), sample...)); err != nil {
		t.Error(err)
	}
}

// Every text but policy documents is one line after reading.
func TestClean(t *testing.T) {
	var inv inventory.Inventory
	full(reflect.ValueOf(&inv).Elem(), func() string { return "a\n\x1b\u202e\u2028z" })
	inv.Clean()
	fields(reflect.ValueOf(inv), "", func(field string, v reflect.Value) {
		document := strings.HasSuffix(field, ".Policy") || strings.HasSuffix(field, ".Document")
		if want := map[bool]string{true: "a\n\x1b\u202e\u2028z", false: "a    z"}[document]; v.String() != want && v.String() != "ManagedBy" {
			t.Errorf("%s: %q, want %q", field, v.String(), want)
		}
	})
	s := sample()
	s.VPCs[0].Name = "a\nz"
	data, err := s.Write()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := inventory.Read(data); err != nil || back.VPCs[0].Name != "a z" {
		t.Errorf("%v %+v", err, back)
	}
}

// A snapshot of a version that did not read Route 53 Resolver has no rules. That does not mean that the
// VPC has none.
func TestSnapshotWithoutResolver(t *testing.T) {
	const call = "route53resolver:ListResolverRuleAssociations"
	data, err := sample().Write()
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	delete(tree["networks"].([]any)[0].(map[string]any), "resolver")
	old, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the gap stays when the snapshot is written again
		inv, err := inventory.Read(old)
		if err != nil {
			t.Fatal(err)
		}
		f := inv.Fragment(inventory.Request{Part: inventory.PartNetwork, VPC: "vpc-1"})
		gap, ok := f.Gap(call)
		if !ok || gap.Code != inventory.NotInSnapshot || len(inv.Gaps) != len(sample().Gaps)+1 {
			t.Fatalf("%+v", inv.Gaps)
		}
		if old, err = inv.Write(); err != nil {
			t.Fatal(err)
		}
		inv.Merge(inventory.Inventory{Networks: []inventory.Network{{VPC: "vpc-1"}}, Loaded: []inventory.Request{{Part: inventory.PartNetwork, VPC: "vpc-1"}}})
		if _, ok := inv.Gap(call); ok {
			t.Error("the gap stays when the network is read again")
		}
	}
	if inv, err := inventory.Read(data); err != nil || len(inv.Gaps) != len(sample().Gaps) {
		t.Errorf("%v %+v", err, inv)
	}
}

package inventory_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// legend returns a new legend with a fixed key.
func legend() *inventory.Legend { return inventory.NewLegend([32]byte{1, 2, 3}) }

// text returns an inventory as JSON.
func text(t *testing.T, inv *inventory.Inventory) string {
	t.Helper()
	b, err := json.MarshalIndent(inv, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// names returns an inventory with names of many shapes.
func names(more ...string) *inventory.Inventory {
	inv := &inventory.Inventory{Account: "123456789012", Region: "us-east-1", Partition: "aws", Caller: "arn:aws:sts::123456789012:assumed-role/Apple/ops@example.com",
		VPCs:      []inventory.VPC{{ID: "vpc-0a1b2c3d4e5f60001", Name: "Prod-01 a", Owner: "123456789012"}},
		Clusters:  []inventory.Cluster{{Name: "Apple", ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/Apple"}, {Name: "AWSBatch-nightly-1"}, {Name: "Überwachung"}, {Name: "if"}, {Name: "AW"}},
		MWAA:      []inventory.Airflow{{Name: "a-very-long-name-of-an-environment", WebserverURL: "3fa85f64-vpce.c10.us-east-1.airflow.amazonaws.com"}, {Name: "short"}},
		Secrets:   []inventory.Secret{{ARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:docker/hub-AbCdEf", Name: "docker/hub"}},
		Hosts:     []inventory.Host{{Instance: "i-1", AMIName: "amzn2-ami-ecs-golden-7"}, {Instance: "i-2", AMIName: "Windows_Server-2022-golden"}},
		Access:    []inventory.Access{{LoadBalancers: []inventory.LoadBalancer{{Name: inventory.AccessName("a-very-long-name-of-an-environment")}}}},
		LogGroups: []string{"/aws/batch/job", "/aws/ecs/web", "/awx", "/ecs/web"},
		TaskDefinitions: []inventory.TaskDefinition{{Family: "web", ARN: "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7",
			Containers: []inventory.Container{{Name: "app", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/web:2024-01", LogHost: "logs.corp.internal:8080"}}}},
	}
	for _, name := range more {
		inv.Clusters = append(inv.Clusters, inventory.Cluster{Name: name})
	}
	return inv
}

// What is made of a marked inventory is completed with the legend to what is made of the original.
func TestUnmaskReturnsTheNames(t *testing.T) {
	var many []string
	for i := range 400 { // short ones, so that stand-ins are also beginnings of AWS's texts
		many = append(many, string(rune('a'+i%26))+string(rune('a'+i/26)), fmt.Sprintf("A%c%c", 'a'+i%26, 'b'+i/26), fmt.Sprintf("svc%d", i))
	}
	for key := range byte(20) {
		l := inventory.NewLegend([32]byte{key})
		given := names(many...)
		masked, err := given.Mask(l)
		if err != nil {
			t.Fatal(err)
		}
		with, marks, err := masked.Marked()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(text(t, masked), marks.Plain(text(t, with))); d != "" {
			t.Fatalf("the marked inventory is not the masked one:\n%s", d)
		}
		shown := marks.Show(text(t, with))
		for _, s := range []string{"‹", inventory.AccessName("short")} {
			if strings.Contains(shown, s) != (s == "‹") {
				t.Errorf("%q in %s", s, shown)
			}
		}
		data, err := l.Write()
		if err != nil {
			t.Fatal(err)
		}
		again, err := inventory.ReadLegend(data)
		if err != nil {
			t.Fatal(err)
		}
		out, n, err := again.Unmask([]string{"# refuse " + inventory.MaskedLine(masked.Snapshot.Mask) + "\n" + shown})
		if err != nil || n < 100 {
			t.Fatalf("%d replaced, %v", n, err)
		}
		want := *given
		want.Snapshot = masked.Snapshot
		want.Hosts = slices.Clone(want.Hosts)
		want.Hosts[1].AMIName = "windows_server-" + want.Hosts[1].AMIName // for the family; nothing shows it
		if d := cmp.Diff(text(t, &want), out[0]); d != "" {
			t.Errorf("key %d (-given +completed):\n%s", key, d)
		}
	}
}

// Two masked snapshots of an account differ only where the account differs.
func TestMaskedSnapshotsCanBeCompared(t *testing.T) {
	l := legend()
	before, err := names("zeta", "eta").Mask(l)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := l.Write()
	if l, err = inventory.ReadLegend(data); err != nil { // as the next snapshot does
		t.Fatal(err)
	}
	changed := names("alpha", "zeta", "etb") // names before and between others: the replacements must not depend on the order
	changed.VPCs[0].Name = "Prod-01 b"
	changed.Networks = []inventory.Network{{VPC: "vpc-0a1b2c3d4e5f60001", Endpoints: []inventory.Endpoint{{ID: "vpce-0a1b2c3d4e5f60001", Policy: `{"Statement":{"Resource":"arn:aws:s3:::web-*"}}`}}}}
	after, err := changed.Mask(l)
	if err != nil {
		t.Fatal(err)
	}
	if before.Snapshot.Mask != after.Snapshot.Mask {
		t.Errorf("the masks are %s and %s", before.Snapshot.Mask, after.Snapshot.Mask)
	}
	differ := func(a, b *inventory.Inventory) []int {
		var out []int
		x, y := strings.Split(text(t, a), "\n"), strings.Split(text(t, b), "\n")
		for i := range min(len(x), len(y)) {
			if x[i] != y[i] {
				out = append(out, i)
			}
		}
		return out
	}
	plain := names("zeta", "eta") // with the same origin
	plain.Snapshot, changed.Snapshot = before.Snapshot, after.Snapshot
	if d := cmp.Diff(differ(plain, changed), differ(before, after)); d != "" {
		t.Errorf("lines that differ (-names +masked):\n%s", d)
	}
}

// A new pattern in a policy needs other stand-ins, which a new id shows. The earlier ones can still be completed.
func TestMaskOfANewPattern(t *testing.T) {
	l := legend()
	before, err := names("mydata").Mask(l)
	if err != nil {
		t.Fatal(err)
	}
	changed := names("mydata")
	changed.Networks = []inventory.Network{{Endpoints: []inventory.Endpoint{{Policy: `{"Statement":{"Resource":"arn:aws:s3:::*data"}}`}}}}
	after, err := changed.Mask(l)
	if err != nil {
		t.Fatal(err)
	}
	if before.Snapshot.Mask == after.Snapshot.Mask {
		t.Error("the id of the mask is the same")
	}
	last, err := names("mydata").Mask(l) // without the pattern
	if err != nil || last.Snapshot.Mask != after.Snapshot.Mask {
		t.Errorf("%+v, %v", last.Snapshot, err)
	}
	for _, inv := range []*inventory.Inventory{before, after} {
		out, _, err := l.Unmask([]string{"‹" + inv.Clusters[len(inv.Clusters)-1].Name + "› " + inventory.MaskedLine(inv.Snapshot.Mask) + "\n‹" + inv.Clusters[len(inv.Clusters)-1].Name + "›"})
		if err != nil || out[0] != "mydata" {
			t.Errorf("%q, %v", out, err)
		}
	}
}

// Two words never have the same stand-in, even if all letters of an alphabet follow the same ones.
func TestStandInsAreDifferent(t *testing.T) {
	inv := &inventory.Inventory{Networks: []inventory.Network{{Endpoints: []inventory.Endpoint{{Policy: `{"Statement":{"Resource":["arn:aws:s3:::*d","arn:aws:s3:::*e1","arn:aws:s3:::*7"]}}`}}}}}
	for _, before := range []string{"", "x", "xy"} {
		for _, r := range "abcdefghijklmnopqrstuvwxyz0123456789" {
			inv.Clusters = append(inv.Clusters, inventory.Cluster{Name: before + string(r)})
		}
	}
	masked, err := inv.Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for i, c := range masked.Clusters {
		if other, ok := seen[c.Name]; ok {
			t.Errorf("%s and %s are %s", other, inv.Clusters[i].Name, c.Name)
		}
		seen[c.Name] = inv.Clusters[i].Name
	}
}

// Answers have stand-ins and other words. The Region of an image is not a stand-in, even if an account has the same word as one.
func TestMarkAnswers(t *testing.T) {
	masked, err := names("1", "us", "service").Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	_, marks, err := masked.Marked()
	if err != nil {
		t.Fatal(err)
	}
	n := len(masked.Clusters)
	one, us, apple := masked.Clusters[n-3].Name, masked.Clusters[n-2].Name, masked.Clusters[0].Name
	for given, want := range map[string]string{
		apple + "/other": "‹" + apple + "›/other",
		"arn:aws:ecs:" + us + "-east-" + one + ":" + masked.Account + ":cluster/" + apple:              "arn:aws:ecs:" + us + "-east-" + one + ":" + masked.Account + ":cluster/‹" + apple + "›",
		masked.Account + ".dkr.ecr.us-east-" + one + ".amazonaws.com/" + apple + ":" + us:              masked.Account + ".dkr.ecr.us-east-" + one + ".amazonaws.com/‹" + apple + "›:‹" + us + "›",
		"docker.io/" + strings.ToUpper(apple):                                                          "docker.io/‹" + strings.ToUpper(apple) + "›",
		"vpce-0a1b2c3d4e5f60001-abc.vpce-svc-0a1b2c3d4e5f60002.us-east-" + one + ".vpce.amazonaws.com": "vpce-0a1b2c3d4e5f60001-abc.vpce-svc-0a1b2c3d4e5f60002.us-east-" + one + ".vpce.amazonaws.com",
	} {
		if got := marks.Show(marks.Mark(given)); got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}

func TestUnmaskRefuses(t *testing.T) {
	l := legend()
	inv, err := names().Mask(l)
	if err != nil {
		t.Fatal(err)
	}
	id, name := inventory.MaskedLine(inv.Snapshot.Mask), "‹"+inv.TaskDefinitions[0].Family+"›"
	for _, tt := range []struct {
		files []string
		want  string
	}{
		{[]string{"echo done\n"}, "has no stand-ins"},
		{[]string{id + "\nmasked: ‹nonsense›\n"}, "the legend has no name for ‹nonsense› (line 2)"},
		{[]string{name + "‹zzzz› ‹›\n"}, "the legend has no name for ‹zzzz› (line 1), ‹› (line 1)"},
		{[]string{"# ‹masked:00000000›\n" + name + "\n"}, "masked with another legend"},
		{[]string{id + "\n", "# ‹masked:00000000›\n"}, "exports with different stand-ins"},
	} {
		out, _, err := l.Unmask(tt.files)
		if err == nil || !strings.Contains(err.Error(), tt.want) || out != nil {
			t.Errorf("%q: %v, want %s", tt.files, err, tt.want)
		}
	}
}

// A picture without space for a name has a part of its stand-in. A part that can be of several names is left out.
func TestUnmaskParts(t *testing.T) {
	l := legend()
	inv, err := names("production", "staging").Mask(l)
	if err != nil {
		t.Fatal(err)
	}
	name := inv.Clusters[len(inv.Clusters)-2].Name
	for shown, want := range map[string]string{"‹" + name[:6] + "›…": "produc…", "…‹" + strings.ToUpper(name[4:]) + "›": "…UCTION", "‹" + name[:3] + "›…‹" + name[7:] + "›": "pro…ion"} {
		out, _, err := l.Unmask([]string{shown})
		if err != nil || out[0] != want {
			t.Errorf("%s: %q, %v, want %s", shown, out, err, want)
		}
	}
	if out, _, err := l.Unmask([]string{"‹" + name[:6] + "›"}); err == nil {
		t.Errorf("a part without a sign: %q", out)
	}
}

func TestReadLegendRefuses(t *testing.T) {
	whole, err := legend().Write()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range [][2]string{
		{"{}", "it has no version"},
		{`{"version": 1}`, "it is not a legend"},
		{"version: 1", "it is not a legend"},
		{strings.Replace(string(whole), `"legend": 1`, `"legend": 2`, 1), "it has version 2; this program reads version 1"},
		{regexp.MustCompile(`"key": "..`).ReplaceAllString(string(whole), `"key": "`), "it must have 64 hexadecimal digits"},
	} {
		if _, err := inventory.ReadLegend([]byte(tt[0])); err == nil || !strings.Contains(err.Error(), tt[1]) {
			t.Errorf("%s: %v, want %s", tt[0], err, tt[1])
		}
	}
}

// A field that the mask replaces is marked as well.
func TestMarkedHasTheFieldsOfTheMask(t *testing.T) {
	n := 0
	var inv inventory.Inventory
	full(reflect.ValueOf(&inv).Elem(), func() string { n++; return fmt.Sprintf("zebra%d", n) })
	masked, err := inv.Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	with, marks, err := masked.Marked()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(text(t, masked), marks.Plain(text(t, with))); d != "" {
		t.Error(d)
	}
	var a, b, c []string
	fields(reflect.ValueOf(inv), "", func(f string, v reflect.Value) { a = append(a, f+" "+v.String()) })
	fields(reflect.ValueOf(*masked), "", func(f string, v reflect.Value) { b = append(b, f+" "+v.String()) })
	fields(reflect.ValueOf(*with), "", func(f string, v reflect.Value) { c = append(c, f+" "+v.String()) })
	slices.Sort(a)
	changed := func(x []string) (out []string) {
		for _, s := range x {
			if _, same := slices.BinarySearch(a, s); !same {
				f, _, _ := strings.Cut(s, " ")
				out = append(out, f)
			}
		}
		return out
	}
	if d := cmp.Diff(changed(b), changed(c)); d != "" {
		t.Errorf("fields (-masked +marked):\n%s", d)
	}
}

package inventory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// loadedGroups is the answer to a request for log groups. Only the first one exists.
func loadedGroups(names ...string) inventory.Inventory {
	return inventory.Inventory{Region: "us-east-1", Loaded: inventory.LogGroupRequests(names), LogGroups: names[:1]}
}

func wantGroup(t *testing.T, inv *inventory.Inventory, name string, exists, known bool) {
	t.Helper()
	if e, k := inv.LogGroup(name); e != exists || k != known {
		t.Errorf("log group %s: exists %t, known %t; want %t, %t", name, e, k, exists, known)
	}
}

// TestLogGroup knows only what was requested and read. A log group that is loaded again without a result
// no longer exists.
func TestLogGroup(t *testing.T) {
	inv := &inventory.Inventory{}
	inv.Merge(loadedGroups("/a", "/b"))
	wantGroup(t, inv, "/a", true, true)
	wantGroup(t, inv, "/b", false, true)
	wantGroup(t, inv, "/c", false, false)
	inv.Merge(loadedGroups("/c", "/a"))
	wantGroup(t, inv, "/a", false, true)
	wantGroup(t, inv, "/c", true, true)
	denied := inventory.Inventory{Loaded: inventory.LogGroupRequests([]string{"/d"}), Gaps: []inventory.Gap{{Call: "logs:DescribeLogGroups", Code: "AccessDeniedException"}}}
	inv.Merge(denied)
	wantGroup(t, inv, "/d", false, false)
	wantGroup(t, inv, "/c", true, true)
}

// TestLogGroupsOfSnapshots requests the log groups that definitions name, in two calls at most. The snapshot answers other requests for them, also when it is masked.
func TestLogGroupsOfSnapshots(t *testing.T) {
	var many []string
	for i := range 120 {
		many = append(many, fmt.Sprintf("/g/%03d", i))
	}
	rs := inventory.LogGroupRequests(append(many, many...))
	if len(rs) != 2 || len(rs[0].Names()) != 50 || rs[1].Names()[49] != "/g/099" {
		t.Errorf("%d requests: %v", len(rs), rs)
	}
	group := func(name, region string) inventory.Container {
		return inventory.Container{LogDriver: "awslogs", LogGroup: name, LogRegion: region}
	}
	inv := &inventory.Inventory{Region: "us-east-1",
		TaskDefinitions: []inventory.TaskDefinition{{Containers: []inventory.Container{group("/app/zebra", ""), group("/far", "ap-south-1"), group(inventory.AnyGroup, ""), {LogDriver: "splunk"}}}},
		Batch:           inventory.Batch{Definitions: []inventory.JobDefinition{{TaskDefinition: inventory.TaskDefinition{Containers: []inventory.Container{group("/aws/batch/job", "us-east-1")}}}}},
		Clusters:        []inventory.Cluster{{Services: []inventory.Service{{Proxy: &inventory.Container{LogDriver: "awsfirelens:cloudwatch", LogGroup: "/proxy"}}}}}}
	var got []inventory.Request
	for _, r := range inv.Requests(nil) {
		if r.Part == inventory.PartLogGroups {
			got = append(got, r)
		}
	}
	if want := []inventory.Request{{Part: inventory.PartLogGroups, Name: "/app/zebra /aws/batch/job /far /proxy"}}; !slices.Equal(got, want) {
		t.Fatalf("requests %v, want %v", got, want)
	}
	inv.Merge(inventory.Inventory{Region: "us-east-1", Loaded: got, LogGroups: []string{"/app/zebra", "/aws/batch/job"}})
	masked, err := inv.Mask(legend())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*inventory.Inventory{inv, masked} {
		app, proxy := s.TaskDefinitions[0].Containers[0].LogGroup, s.Clusters[0].Services[0].Proxy.LogGroup
		for _, names := range [][]string{{app}, {proxy, app}, {"/aws/batch/job"}} {
			f := s.Fragment(inventory.LogGroupRequests(names)[0])
			for _, name := range names {
				wantGroup(t, &f, name, name != proxy, true)
			}
		}
		f := s.Fragment(inventory.LogGroupRequests([]string{app, "/unread"})[0])
		wantGroup(t, &f, app, true, true)
		wantGroup(t, &f, "/unread", false, false)
		if strings.Contains(app, "zebra") == (s == masked) {
			t.Errorf("log group %s", app)
		}
	}
}

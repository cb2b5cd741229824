package catalog

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRegions compares the list with the partition data of the SDK version in go.mod. The SDK does
// not export the data, so it is read from the module's source.
func TestRegions(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal/endpoints/awsrulesfn/partitions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Partitions []struct {
			ID      string
			Regex   string `json:"regionRegex"`
			Regions map[string]any
		}
	}
	if err := json.Unmarshal(text, &data); err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for _, p := range data.Partitions {
		want[p.ID] = strings.NewReplacer(`\-`, "-", "(de)", "de").Replace(p.Regex)
		for r := range p.Regions {
			if !strings.HasSuffix(r, "-global") {
				want[r] = p.ID
			}
		}
	}
	for _, p := range Partitions {
		got[p.ID] = p.shape().String()
		for _, r := range p.Regions {
			got[r] = p.ID
		}
		if !slices.Contains(p.Regions, p.Home) {
			t.Errorf("%s is not a Region of %s", p.Home, p.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-SDK +list):\n%s", diff)
	}
	for r, id := range got {
		if p, ok := PartitionOf(r); ok && p.ID != id {
			t.Errorf("%s: %s, want %s", r, p.ID, id)
		}
		if MisspelledRegion(r) != "" && KnownRegion(r) {
			t.Errorf("%s is misspelled", r)
		}
	}
}

// TestMisspelledRegion changes every known Region in each letter of its words, and accepts every
// direction and number.
func TestMisspelledRegion(t *testing.T) {
	for _, p := range Partitions {
		for _, r := range p.Regions {
			word := strings.LastIndexByte(r[:len(r)-2], '-') + 1
			for i := word; i < len(r)-2; i++ {
				without := r[:i] + r[i+1:]
				if got := MisspelledRegion(without); !KnownRegion(got) {
					t.Errorf("%s: %q", without, got)
				}
			}
			for n := '1'; n <= '9'; n++ {
				if other := r[:len(r)-1] + string(n); MisspelledRegion(other) != "" {
					t.Errorf("%s, a number of %s, is misspelled", other, r)
				}
			}
		}
	}
	for text, want := range map[string]string{
		"us-wst-2": "us-west-2", "us-esat-1": "us-east-1", "eu-centrel-1": "eu-central-1", "us-east-11": "us-east-1", "eo-west-1": "eu-west-1",
		"us-gvo-west-1": "us-gov-west-1", "cn-nroth-1": "cn-north-1",
		"sa-west-2": "", "mx-north-2": "", "us-northwest-1": "", "xx-new-12": "", "nonsense": "", "": "",
	} {
		if got := MisspelledRegion(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestRoots compares names of partitions, one of each kind of root.
func TestRoots(t *testing.T) {
	for _, c := range []struct{ region, code, typ, want string }{
		{"us-east-1", "ecr.api", Interface, "com.amazonaws"},
		{"us-gov-west-1", "ecr.api", Interface, "com.amazonaws"},
		{"cn-north-1", "ecr.api", Interface, "cn.com.amazonaws"},
		{"cn-north-1", "logs", Interface, "com.amazonaws"},
		{"cn-north-1", "athena", Interface, "cn.com.amazonaws"},
		{"cn-north-1", "account", Interface, "com.amazonaws"},
		{"cn-northwest-1", "account", Interface, "cn.com.amazonaws"},
		{"cn-north-1", "s3", Interface, "cn.com.amazonaws"},
		{"cn-north-1", "s3", Gateway, "com.amazonaws"},
		{"eusc-de-east-1", "ecr.dkr", Interface, "eu.amazonaws"},
		{"eusc-de-east-1", "ecs", Interface, "com.amazonaws"},
		{"us-iso-east-1", "ecr.dkr", Interface, "gov.ic.c2s"},
		{"us-iso-east-1", "monitoring", Interface, "com.amazonaws"},
		{"us-iso-west-1", "monitoring", Interface, "gov.ic.c2s"},
		{"us-isob-west-1", "ecr.api", Interface, "gov.sgov.sc2s"},
		{"us-isof-east-1", "ecr.api", Interface, "gov.ic.hci.csp"},
		{"eu-isoe-west-1", "ecr.api", Interface, "uk.adc-e.cloud"},
	} {
		e := Lookup(c.code)
		e.Type = c.typ
		p, _ := PartitionOf(c.region)
		if got, want := e.ServiceName(p.ID, c.region), c.want+"."+c.region+"."+c.code; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := RootPartitions("gov.ic.c2s"); !slices.Equal(got, []string{"aws-iso"}) {
		t.Error(got)
	}
	if got := RootPartitions("aws.api"); got != nil {
		t.Error(got)
	}
}

package answers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const firstOnECS = `version: 1
workload: ecs-fargate
first:
  name: web
  image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.0
  cpu: "1024"
  memory: "3072"
  count: 2
  command: [sh, "-c", "echo a a", sh]
`

func TestFirst(t *testing.T) {
	got, _, err := Load("a.yaml", []byte(firstOnECS))
	if err != nil {
		t.Fatal(err)
	}
	want := First{Name: "web", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.0", CPU: "1024", Memory: "3072", Count: 2, Command: []string{"sh", "-c", "echo a a", "sh"}}
	if diff := cmp.Diff(want, got.First); diff != "" || !got.First.On() {
		t.Errorf("-want +got:\n%s", diff)
	}
	out, err := got.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := Load("b.yaml", out)
	if diff := cmp.Diff(got, again); err != nil || diff != "" {
		t.Errorf("%v, written as\n%s\n%s", err, out, diff)
	}
}

func TestFirstDefaults(t *testing.T) {
	for _, tt := range []struct{ cpu, memory, wantCPU, wantMemory string }{
		{"", "", "256", "512"}, {"256", "2048", "256", "2048"}, {"512", "", "512", "1024"}, {"16384", "", "16384", "32768"},
	} {
		if got := (First{CPU: tt.cpu, Memory: tt.memory}).Whole(); got.CPU != tt.wantCPU || got.Memory != tt.wantMemory || got.Count != 1 {
			t.Errorf("%+v: %+v", tt, got)
		}
	}
}

// TestFargateSizes has the ends of the table of AWS, and what is next to them.
func TestFargateSizes(t *testing.T) {
	for cpu, memory := range map[string]struct{ yes, no []int }{
		"256":   {[]int{512, 1024, 2048}, []int{256, 1536, 3072}},
		"512":   {[]int{1024, 4096}, []int{512, 5120}},
		"1024":  {[]int{2048, 8192}, []int{1024, 2049, 9216}},
		"2048":  {[]int{4096, 16384}, []int{3072, 17408}},
		"4096":  {[]int{8192, 30720}, []int{7168, 31744}},
		"8192":  {[]int{16384, 20480, 61440}, []int{17408, 65536}},
		"16384": {[]int{32768, 40960, 122880}, []int{36864, 131072}},
	} {
		s, ok := sizeOf(cpu)
		if !ok {
			t.Errorf("no size with %s CPU units", cpu)
		}
		for _, m := range memory.yes {
			if !s.fits(m) {
				t.Errorf("%s and %d", cpu, m)
			}
		}
		for _, m := range memory.no {
			if s.fits(m) {
				t.Errorf("%s and %d", cpu, m)
			}
		}
	}
}

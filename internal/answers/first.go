package answers

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// First is a workload that the plan creates, so that the verification ends with a running task. Its resources have its
// name.
type First struct {
	// Name is the name of the cluster and service, or of the compute environment, job queue and job. At most 54 letters,
	// digits, - and _.
	Name string `yaml:"name,omitempty" check:"first"`
	// Image is the container image.
	Image string `yaml:"image,omitempty" check:"image"`
	// CPU is the number of CPU units in quotes. 1024 are one vCPU. The default is "256".
	CPU string `yaml:"cpu,omitempty" check:"cpu"`
	// Memory is in MiB, in quotes. The default is "512", or the least that CPU allows.
	Memory string `yaml:"memory,omitempty" check:"mebibytes"`
	// Count is the number of tasks of the service. The default is 1.
	Count int `yaml:"count,omitempty" least:"1" most:"10"`
	// Command replaces the command of the image.
	Command []string `yaml:"command,omitempty" check:"text" example:"sleep, \"3600\"" repeats:"allowed"`
}

// On reports whether the plan creates a workload.
func (f First) On() bool { return f.Name != "" }

// maxFirst is the longest name of a first workload. With the suffix -execution it is the name of its role, which has at
// most 64 characters (IAM API reference, CreateRole).
const maxFirst = 54

// size is a number of CPU units with the amounts of memory that AWS Fargate combines with it, in MiB.
type size struct{ cpu, least, most, step int }

// sizes are the combinations that AWS Fargate supports. The first one also has 512 MiB.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
var sizes = []size{
	{256, 1024, 2048, 1024},
	{512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},
	{2048, 4096, 16384, 1024},
	{4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096},
	{16384, 32768, 122880, 8192},
}

// smallest is the only amount of memory that is not a multiple of 1024 MiB.
const smallest = 512

// fits reports whether AWS Fargate combines the size with an amount of memory.
func (s size) fits(memory int) bool {
	return s.cpu == sizes[0].cpu && memory == smallest || memory >= s.least && memory <= s.most && (memory-s.least)%s.step == 0
}

// memory returns the supported amounts of memory as a text.
func (s size) memory() string {
	if s.cpu == sizes[0].cpu {
		return fmt.Sprintf("%d, %d or %d", smallest, s.least, s.most)
	}
	return fmt.Sprintf("%d to %d in steps of %d", s.least, s.most, s.step)
}

// sizeOf returns the size with a number of CPU units; false if AWS Fargate has none.
func sizeOf(cpu string) (size, bool) {
	i := slices.IndexFunc(sizes, func(s size) bool { return strconv.Itoa(s.cpu) == cpu })
	if i < 0 {
		return size{}, false
	}
	return sizes[i], true
}

// cpus are the supported numbers of CPU units.
func cpus() []string {
	var out []string
	for _, s := range sizes {
		out = append(out, strconv.Itoa(s.cpu))
	}
	return out
}

// Whole returns the workload with the defaults for what it does not set.
func (f First) Whole() First {
	f.CPU, f.Count = cmp.Or(f.CPU, strconv.Itoa(sizes[0].cpu)), cmp.Or(f.Count, 1)
	if s, ok := sizeOf(f.CPU); ok && f.Memory == "" {
		f.Memory = strconv.Itoa(s.least)
		if s.fits(smallest) {
			f.Memory = strconv.Itoa(smallest)
		}
	}
	return f
}

// first reports answers about the first workload that contradict each other.
func (f *File) first(a Answers, fail func(path, text, problem string)) {
	written := func(path string) bool { return strings.HasPrefix(path, "first.") }
	if !slices.ContainsFunc(slices.Collect(maps.Keys(f.positions)), written) {
		return // an empty mapping is another mistake
	}
	lacks := func(key, value string) bool {
		_, rejected := f.positions["first."+key]
		return value == "" && !rejected
	}
	switch {
	case lacks("name", a.First.Name):
		fail("first", "", "requires name: the name of what is created")
	case lacks("image", a.First.Image):
		fail("first", "", "requires image: the container image")
	}
	for key, v := range map[string]string{"service": a.Service, "compute_environment": a.ComputeEnvironment} {
		if v != "" {
			fail("first", "", "cannot be combined with "+key+": first creates a new workload, "+key+" names an existing one")
		}
	}
	for key, set := range map[string]bool{"definition": a.Registry.Definition != "", "job": a.Registry.Job != (Job{})} {
		if set {
			fail("first", "", "cannot be combined with registry."+key+": the definition of the first workload gets the credentials")
		}
	}
	whole := a.First.Whole()
	memory, err := strconv.Atoi(whole.Memory)
	if s, ok := sizeOf(whole.CPU); ok && err == nil && !s.fits(memory) {
		fail("first.memory", a.First.Memory, fmt.Sprintf("must be %s (MiB) with %s CPU units", s.memory(), whole.CPU))
	}
}

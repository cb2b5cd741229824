package plan

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Puller is a task or job definition with its containers, sorted by the source of their images.
type Puller struct {
	*inventory.TaskDefinition
	Outside []inventory.Container // from a registry outside AWS
	ECR     []inventory.Container // from Amazon ECR, private or public
}

// Name returns the definition's name with its revision.
func (p Puller) Name() string { return fmt.Sprintf("%s:%d", p.Family, p.Revision) }

// Pullers returns the definitions of services or jobs in scope that pull at least one image from
// outside AWS.
func (v Scope) Pullers() []Puller {
	return slices.DeleteFunc(v.Definitions(), func(p Puller) bool { return len(p.Outside) == 0 })
}

// Definitions returns all definitions in scope.
func (v Scope) Definitions() []Puller {
	var out []Puller
	for _, d := range v.s.Definitions {
		out = append(out, PullerOf(d))
	}
	return out
}

// PullerOf sorts the containers of a definition by the source of their images.
func PullerOf(d *inventory.TaskDefinition) Puller {
	p := Puller{TaskDefinition: d}
	for _, c := range d.Containers {
		if parseImage(c.Image).outside() {
			p.Outside = append(p.Outside, c)
		} else {
			p.ECR = append(p.ECR, c)
		}
	}
	return p
}

// ServicesOf returns the services in scope that run a definition, by its ARN, as CLUSTER/NAME.
func (v Scope) ServicesOf(definition string) []string {
	return v.named(func(s inventory.Service) bool { return s.TaskDefinition == definition })
}

// RegistryOf returns the host of an image's registry; empty for Amazon ECR.
func RegistryOf(ref string) string {
	if i := parseImage(ref); i.outside() {
		return i.host()
	}
	return ""
}

package plan

import (
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Puller is a task or job definition, with its containers by where their images come
// from.
type Puller struct {
	*inventory.TaskDefinition
	Outside []inventory.Container // from a registry outside AWS
	ECR     []inventory.Container // from Amazon ECR, private or public
}

// Name is the definition's name with its revision.
func (p Puller) Name() string { return fmt.Sprintf("%s:%d", p.Family, p.Revision) }

// Pullers are the definitions in scope, those of services or of jobs, that pull at least
// one image from outside AWS.
func (v View) Pullers() []Puller {
	return slices.DeleteFunc(v.Definitions(), func(p Puller) bool { return len(p.Outside) == 0 })
}

// Definitions are all definitions in scope.
func (v View) Definitions() []Puller {
	var out []Puller
	for _, d := range v.s.definitions() {
		out = append(out, PullerOf(d))
	}
	return out
}

// PullerOf sorts the containers of a definition by where their images come from.
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

// ServicesOf are the services in scope that run a definition, by its ARN, as
// CLUSTER/NAME.
func (v View) ServicesOf(definition string) []string {
	return v.named(func(s inventory.Service) bool { return s.TaskDefinition == definition })
}

// RegistryOf is the host of the registry that an image comes from; empty if that is Amazon
// ECR.
func RegistryOf(ref string) string {
	if i := parseImage(ref); i.outside() {
		return i.host()
	}
	return ""
}

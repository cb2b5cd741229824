package catalog

import (
	"slices"
	"strings"
)

// DNSSuffix returns the domain of a partition's services.
func DNSSuffix(partition string) string { return Domains(partition)[0] }

// Domains returns the domains of the names that interface endpoints of a partition can have. The
// domain of its services is the first.
func Domains(partition string) []string {
	i := slices.IndexFunc(Partitions, func(p Partition) bool { return p.ID == partition })
	if i < 0 { // one that is not known yet
		i = len(Partitions) - 1
	}
	return slices.DeleteFunc(slices.Clone(Partitions[i].domains[:]), func(s string) bool { return s == "" })
}

// DomainOf returns the domain of a partition that contains a private name; the name itself, without
// a wildcard, if none does.
func DomainOf(name, partition string) string {
	name = strings.TrimPrefix(strings.ToLower(name), "*.")
	for _, d := range Domains(partition) {
		if name == d || strings.HasSuffix(name, "."+d) {
			return d
		}
	}
	return name
}

// PrivateNames returns the names that clients use for an endpoint service: the private names of an
// interface endpoint, and the names of the service for a gateway endpoint, which has none of its own.
// The Region's own list of private names takes precedence over this one.
func (e Entry) PrivateNames(partition, region string) []string {
	names := e.Names
	if len(names) == 0 {
		labels := strings.Split(e.Code, ".")
		slices.Reverse(labels)
		names = []string{strings.Join(labels, ".") + ".{R}.{S}"}
	}
	fill := strings.NewReplacer("{R}", region, "{S}", DNSSuffix(partition))
	var out []string
	for _, n := range names {
		out = append(out, fill.Replace(n))
	}
	return out
}

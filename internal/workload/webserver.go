package workload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// WebserverByDNS compares the DNS records of an environment's web server with the endpoint of its
// endpoint service, and returns the differences. It does not compare what was not resolved, or what
// is not known of the endpoint.
func WebserverByDNS(n *inventory.Network, e *inventory.Airflow) (compared bool, differ []string) {
	var x *inventory.Endpoint
	for i := range n.Endpoints {
		if o := &n.Endpoints[i]; o.Service == e.WebserverService && (x == nil || isNameOf(o, e.DNS.Name)) {
			x = o
		}
	}
	if e.WebserverService == "" || x == nil || e.DNS.Name == "" {
		return false, nil
	}
	alias := !strings.EqualFold(e.DNS.Name, e.WebserverURL)
	if alias && !isNameOf(x, e.DNS.Name) {
		whose := ""
		for i := range n.Endpoints {
			if isNameOf(&n.Endpoints[i], e.DNS.Name) {
				whose = ", but of " + n.Endpoints[i].ID
			}
		}
		differ = append(differ, fmt.Sprintf("it is an alias of %s, which is not a name of endpoint %s%s", e.DNS.Name, x.ID, whose))
	}
	want, whole := AddressesOf(n, x)
	if !whole {
		return alias, differ
	}
	var missing, extra []string
	for _, ip := range want {
		if !slices.Contains(e.DNS.Addresses, ip) {
			missing = append(missing, ip)
		}
	}
	for _, ip := range e.DNS.Addresses {
		if !slices.Contains(want, ip) && !strings.Contains(ip, ":") { // only the IPv4 addresses of network interfaces are known
			extra = append(extra, ip)
		}
	}
	for _, d := range []struct {
		text string
		ips  []string
	}{{"it resolves to %s, where endpoint %s has no interface", extra}, {"it does not resolve to %s, where endpoint %s has an interface", missing}} {
		if len(d.ips) > 0 {
			differ = append(differ, fmt.Sprintf(d.text, words.UpTo(d.ips, 3), x.ID))
		}
	}
	return true, differ
}

// isNameOf reports whether a name is one of an endpoint's own names, which begin with its id (AWS
// PrivateLink guide, Access an AWS service).
func isNameOf(x *inventory.Endpoint, name string) bool { return strings.HasPrefix(name, x.ID+"-") }

// AddressesOf returns the addresses of an endpoint, and whether all of them are known.
func AddressesOf(n *inventory.Network, x *inventory.Endpoint) (out []string, whole bool) {
	for _, ni := range n.Interfaces {
		if slices.Contains(x.Interfaces, ni.ID) && ni.IP != "" {
			out = append(out, ni.IP)
		}
	}
	return out, len(out) > 0 && len(out) == len(x.Interfaces)
}

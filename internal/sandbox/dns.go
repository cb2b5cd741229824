package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// dnsAnswer is what GET /_sandbox/dns says of a name. CNAME is the last name that its aliases lead to, which is the name itself
// where it has none.
type dnsAnswer struct {
	CNAME     string   `json:"cname"`
	Addresses []string `json:"addresses"`
}

// namers know public names of a Region, each those of one kind of thing; nil: none of theirs.
var namers = []func(*region, string) *dnsAnswer{
	(*region).nameOfWebserver,
	(*region).nameOfEndpoint,
}

// resolve answers as public DNS would; a name that nobody has is a 404.
func (a *Account) resolve(name string) (dnsAnswer, int) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for _, r := range a.regions {
		r.settle()
		for _, of := range namers {
			if found := of(r, name); found != nil {
				return *found, http.StatusOK
			}
		}
	}
	return dnsAnswer{Addresses: []string{}}, http.StatusNotFound
}

// nameOfWebserver: the host of a private web server is an alias of its endpoint's name in the Region.
func (r *region) nameOfWebserver(name string) *dnsAnswer {
	for _, e := range r.MWAA {
		if name == "" || e.WebserverUrl != name || !e.private() { // one that is being made has no address yet
			continue
		}
		if ve := r.mwaaEndpoint(e, e.WebserverVpcEndpointService); ve != nil {
			return r.nameOfEndpoint(ve.DnsEntries[0].DnsName)
		}
	}
	return nil
}

// nameOfEndpoint: an endpoint's own names are public, whatever its addresses are.
func (r *region) nameOfEndpoint(name string) *dnsAnswer {
	e := r.endpointCalled(name)
	if e == nil || r.endpointState(e) != "available" {
		return nil
	}
	found := &dnsAnswer{CNAME: name, Addresses: []string{}}
	for _, a := range r.lookUpEndpoint(e, name).addresses {
		found.Addresses = append(found.Addresses, a.String())
	}
	return found
}

// endpointCalled finds the endpoint that a name of an endpoint's own belongs to.
func (r *region) endpointCalled(name string) *vpcEndpoint {
	for _, e := range r.endpoints.List {
		if strings.HasPrefix(name, e.VpcEndpointId) && slices.ContainsFunc(e.DnsEntries, func(d dnsEntry) bool { return d.DnsName == name }) {
			return e
		}
	}
	return nil
}

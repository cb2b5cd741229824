package sandbox

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/privatelink-wizard/privatelink-wizard/assets"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
)

// regionCatalog is what AWS has in a Region, independent of the account.
type regionCatalog struct {
	Name      string
	Partition string
	ZoneIds   string   // prefix of the ids of its zones: use1
	Zones     []string // "a", or "a=6" if the number in the zone's id differs from the position of the letter
	OptIn     bool
}

type zone struct{ Name, ID string }

var regionCatalogs = sync.OnceValue(func() []*regionCatalog {
	var all []*regionCatalog
	mustLoad("common/regions.yaml", &all)
	return all
})

func catalogOf(name string) *regionCatalog {
	for _, c := range regionCatalogs() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// suffix returns the DNS suffix of the partition.
func (c *regionCatalog) suffix() string {
	switch c.Partition {
	case "aws-cn":
		return "amazonaws.com.cn"
	case "aws-eusc":
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}

// optInStatus returns "opted-in" for every Region that must be opted into: this account has opted
// into all of them.
func (c *regionCatalog) optInStatus() string {
	if c.OptIn {
		return "opted-in"
	}
	return "opt-in-not-required"
}

func (c *regionCatalog) zones() []zone {
	zones := make([]zone, len(c.Zones))
	for i, z := range c.Zones {
		letter, number, ok := strings.Cut(z, "=")
		if !ok {
			number = fmt.Sprint(i + 1)
		}
		zones[i] = zone{c.Name + letter, c.ZoneIds + "-az" + number}
	}
	return zones
}

// serviceEntry is an endpoint service in the catalog, for all Regions. {R} is the Region, {S} the
// DNS suffix.
type serviceEntry struct {
	Service     string   // com.amazonaws.{R}.SERVICE
	Types       []string // default: Interface
	PrivateDns  []string // default: SERVICE.{R}.{S}
	NoDns       bool     // has no private DNS name
	NoPolicy    bool     // does not support endpoint policies
	Cn          bool     // named cn.com.amazonaws.… in China; with two types, the interface endpoint only
	Eusc        bool     // named eu.amazonaws.… in the European sovereign cloud
	Only        []string // patterns of the Regions that have it
	Except      []string // patterns of the Regions that do not have it
	NotZones    []string // ids of zones without it
	IpTypes     []string // default: ipv4, dualstack, ipv6
	PrefixList  []string // of a gateway: the addresses in its prefix list (a sample; AWS has many more)
	PrefixLists map[string]string
}

var serviceEntries = sync.OnceValue(func() []*serviceEntry {
	var all []*serviceEntry
	mustLoad("common/services.yaml", &all)
	return all
})

type serviceDetail struct {
	ServiceName                     string
	ServiceId                       string
	ServiceType                     []serviceType
	ServiceRegion                   string
	AvailabilityZoneIds             []string `ec2:"availabilityZoneIdSet"`
	AvailabilityZones               []string `ec2:"availabilityZoneSet"`
	Owner                           string
	BaseEndpointDnsNames            []string `ec2:"baseEndpointDnsNameSet"`
	PrivateDnsName                  string
	PrivateDnsNames                 []privateDNSName `ec2:"privateDnsNameSet,omitempty"`
	PrivateDnsNameVerificationState string
	VpcEndpointPolicySupported      bool
	AcceptanceRequired              bool
	ManagesVpcEndpoints             bool
	SupportedIpAddressTypes         []string   `ec2:"supportedIpAddressTypeSet"`
	Tags                            store.Tags `ec2:"tagSet"`
}

type serviceType struct{ ServiceType string }

type privateDNSName struct{ PrivateDnsName string }

func (s *serviceDetail) kind() string { return s.ServiceType[0].ServiceType }

func matches(patterns []string, region string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, _ := path.Match(p, region)
		return ok
	})
}

// services lists the endpoint services of a Region, sorted by name. S3 and DynamoDB have one
// entry per type.
func (c *regionCatalog) services() []*serviceDetail {
	var all []*serviceDetail
	for _, e := range serviceEntries() {
		if len(e.Only) > 0 && !matches(e.Only, c.Name) || matches(e.Except, c.Name) {
			continue
		}
		types := e.Types
		if types == nil {
			types = []string{"Interface"}
		}
		for _, t := range types {
			all = append(all, c.service(e, t))
		}
	}
	slices.SortStableFunc(all, func(a, b *serviceDetail) int { return cmp.Compare(a.ServiceName, b.ServiceName) })
	return all
}

func (c *regionCatalog) service(e *serviceEntry, kind string) *serviceDetail {
	prefix := "com.amazonaws."
	switch {
	case c.Partition == "aws-cn" && e.Cn && kind == "Interface":
		prefix = "cn.com.amazonaws."
	case c.Partition == "aws-eusc" && e.Eusc:
		prefix = "eu.amazonaws."
	}
	d := &serviceDetail{
		ServiceName: prefix + c.Name + "." + e.Service, ServiceType: []serviceType{{kind}}, ServiceRegion: c.Name, Owner: "amazon",
		VpcEndpointPolicySupported: !e.NoPolicy, SupportedIpAddressTypes: e.IpTypes,
	}
	d.ServiceId = "vpce-svc-" + store.Hash(d.ServiceName+kind, 17)
	for _, z := range c.zones() {
		if !slices.Contains(e.NotZones, z.ID) {
			d.AvailabilityZones = append(d.AvailabilityZones, z.Name)
			d.AvailabilityZoneIds = append(d.AvailabilityZoneIds, z.ID)
		}
	}
	labels := strings.Split(e.Service, ".")
	slices.Reverse(labels)
	host := strings.Join(labels, ".") + "." + c.Name
	if kind == "Gateway" {
		d.BaseEndpointDnsNames = []string{host + "." + c.suffix()}
		d.SupportedIpAddressTypes = []string{"ipv4", "dualstack", "ipv6"}
		return d
	}
	d.BaseEndpointDnsNames = []string{host + ".vpce." + c.suffix()}
	if d.SupportedIpAddressTypes == nil {
		d.SupportedIpAddressTypes = []string{"ipv4", "dualstack", "ipv6"}
	}
	if !e.NoDns {
		names := e.PrivateDns
		if names == nil {
			names = []string{host + ".{S}"}
		}
		fill := strings.NewReplacer("{R}", c.Name, "{S}", c.suffix())
		for _, n := range names {
			d.PrivateDnsNames = append(d.PrivateDnsNames, privateDNSName{fill.Replace(n)})
		}
		d.PrivateDnsName = d.PrivateDnsNames[0].PrivateDnsName
		d.PrivateDnsNameVerificationState = "verified"
	}
	return d
}

// gatewayPrefixLists lists the prefix lists of the gateway services of a Region.
func (c *regionCatalog) gatewayPrefixLists() []*prefixList {
	var all []*prefixList
	for _, e := range serviceEntries() {
		if len(e.PrefixList) == 0 {
			continue
		}
		name := "com.amazonaws." + c.Name + "." + e.Service
		id, ok := e.PrefixLists[c.Name]
		if !ok {
			id = "pl-" + store.Hash(name, 8)
		}
		all = append(all, &prefixList{PrefixListId: id, PrefixListName: name, Cidrs: e.PrefixList})
	}
	return all
}

func mustLoad(name string, into any) {
	b, err := assets.Scenarios.ReadFile("scenarios/" + name)
	if err == nil {
		err = decodeYAML(b, into)
	}
	if err != nil {
		panic(fmt.Errorf("embedded %s: %w", name, err)) // tests load every file
	}
}

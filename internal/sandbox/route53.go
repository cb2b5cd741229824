package sandbox

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var route53API = service{
	Service: wire.Service{Protocol: wire.RESTXML, Namespace: route53Namespace, Route: route53Call},
	Operations: map[string]operation{
		"ListHostedZonesByVPC":     hostedZonesOp,
		"ListHostedZones":          listZonesOp,
		"GetHostedZone":            getZoneOp,
		"ListResourceRecordSets":   listRecordsOp,
		"ChangeResourceRecordSets": changeRecordsOp,
		"GetChange":                getChangeOp,
	},
	Dump: func(r *region) map[string]any { return map[string]any{"HostedZones": r.HostedZones} },
}

const changeTime = 30 * time.Second // until all name servers have a change

// dnsZone is a hosted zone of Route 53: a private zone has VPCs, a public zone has none. Route 53
// is global, but a scenario stores zones in its Region.
type dnsZone struct {
	HostedZoneId string
	Name         string // with the trailing dot, as Route 53 shows it
	OwnerId      string // default: the account; a zone of another account may be associated with a VPC of this one
	VPCs         []string
	Records      []*dnsRecord
}

// dnsRecord is a set of records with the same name and type. Requests and answers have the same
// format.
type dnsRecord struct {
	Name            string
	Type            string
	TTL             int64            `xml:",omitempty" json:",omitempty"`
	ResourceRecords []dnsRecordValue `xml:"ResourceRecords>ResourceRecord" json:",omitempty"`
	AliasTarget     *dnsAlias        `json:",omitempty"`

	since time.Time
}

type dnsRecordValue struct{ Value string }

type dnsAlias struct {
	HostedZoneId         string
	DNSName              string
	EvaluateTargetHealth bool
}

// dnsChange is a requested change of a zone.
type dnsChange struct {
	Id          string
	Status      string
	SubmittedAt time.Time
	Comment     string `xml:",omitempty"`
}

// canonicalName returns a name as Route 53 stores it.
func canonicalName(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.ToLower(name), ".")+".", "*", `\052`)
}

// loadZones adds the records that Route 53 creates with each zone.
func (r *region) loadZones() {
	for _, z := range r.HostedZones {
		servers := &dnsRecord{Name: z.Name, Type: "NS", TTL: 172800}
		for i, domain := range []string{"com", "net", "org", "co.uk"} {
			servers.ResourceRecords = append(servers.ResourceRecords, dnsRecordValue{fmt.Sprintf("ns-%d.awsdns-%02d.%s.", i*512+1, i, domain)})
		}
		z.Records = append(z.Records, servers, &dnsRecord{Name: z.Name, Type: "SOA", TTL: 900, ResourceRecords: []dnsRecordValue{
			{servers.ResourceRecords[0].Value + " awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"},
		}})
		z.sort()
	}
}

// sort puts records into Route 53's order: by the labels of their names from right to left.
func (z *dnsZone) sort() {
	slices.SortFunc(z.Records, func(a, b *dnsRecord) int {
		return cmp.Or(slices.Compare(reversed(a.Name), reversed(b.Name)), cmp.Compare(a.Type, b.Type))
	})
}

func reversed(name string) []string {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	slices.Reverse(labels)
	return labels
}

// record finds a set of records; nil if it does not exist.
func (z *dnsZone) record(name, kind string) *dnsRecord {
	for _, record := range z.Records {
		if record.Name == name && record.Type == kind {
			return record
		}
	}
	return nil
}

func (z *dnsZone) holds(name string) bool { return strings.HasSuffix("."+name, "."+z.Name) }

// allZones returns the zones of the account in all Regions.
func (r *region) allZones() []*dnsZone {
	var all []*dnsZone
	for _, name := range slices.Sorted(maps.Keys(r.account.regions)) {
		if home := r.account.regions[name]; home.Partition == r.Partition {
			all = append(all, home.HostedZones...)
		}
	}
	return slices.DeleteFunc(all, func(z *dnsZone) bool { return cmp.Or(z.OwnerId, store.AccountID) != store.AccountID })
}

// publicZoneOf finds the public zone of a name; nil if the account has none.
func (r *region) publicZoneOf(name string) *dnsZone {
	var best *dnsZone
	for _, z := range r.allZones() {
		if len(z.VPCs) == 0 && z.holds(canonicalName(name)) && (best == nil || len(z.Name) > len(best.Name)) {
			best = z
		}
	}
	return best
}

// route53Call determines the operation and the zone or change from the path.
func route53Call(method, path string) (operation, name string) {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(path, "/2013-04-01/"), "/"), "/")
	parts = append(parts, "", "")
	what := method + " " + parts[0]
	switch {
	case what == "GET hostedzonesbyvpc":
		return "ListHostedZonesByVPC", ""
	case what == "GET hostedzone" && parts[1] == "":
		return "ListHostedZones", ""
	case what == "GET hostedzone" && parts[2] == "":
		return "GetHostedZone", parts[1]
	case what == "GET hostedzone" && parts[2] == "rrset":
		return "ListResourceRecordSets", parts[1]
	case what == "POST hostedzone" && parts[2] == "rrset":
		return "ChangeResourceRecordSets", parts[1]
	case what == "GET change" && parts[1] != "":
		return "GetChange", parts[1]
	}
	return "", ""
}

const (
	route53Namespace = "https://route53.amazonaws.com/doc/2013-04-01/"
	route53Page      = 300 // maximum number of records in an answer
)

var zonePages = store.Pager{
	Size: 100, Least: 1, Most: 100,
	BadToken: func(string) *wire.Error { return wire.Fail("InvalidInput", "The marker is not valid.") },
}

type listZonesOut struct {
	XMLName     xml.Name    `xml:"https://route53.amazonaws.com/doc/2013-04-01/ ListHostedZonesResponse"`
	HostedZones []shownZone `xml:"HostedZones>HostedZone"`
	Marker      string
	IsTruncated bool
	NextMarker  string `xml:",omitempty"`
	MaxItems    int32
}

type shownZone struct {
	Id                     string
	Name                   string
	CallerReference        string
	PrivateZone            bool `xml:"Config>PrivateZone"`
	ResourceRecordSetCount int
}

func maxItems(c *wire.Call, most int32) int32 {
	n, err := strconv.ParseInt(c.Values.Get("maxitems"), 10, 32)
	if err != nil || n < 1 {
		return most
	}
	return min(int32(n), most)
}

func listZonesOp(r *region, c *wire.Call) (any, *wire.Error) {
	out := listZonesOut{Marker: c.Values.Get("marker"), MaxItems: maxItems(c, zonePages.Most)}
	page, next, err := store.Page(&zonePages, r.allZones(), &out.MaxItems, out.Marker)
	if err != nil {
		return nil, err
	}
	out.NextMarker, out.IsTruncated = next, next != ""
	for _, z := range page {
		out.HostedZones = append(out.HostedZones, z.shown())
	}
	return out, nil
}

func (z *dnsZone) shown() shownZone {
	return shownZone{"/hostedzone/" + z.HostedZoneId, z.Name, z.HostedZoneId, len(z.VPCs) > 0, len(z.Records)}
}

type getZoneOut struct {
	XMLName     xml.Name `xml:"https://route53.amazonaws.com/doc/2013-04-01/ GetHostedZoneResponse"`
	HostedZone  shownZone
	NameServers *nameServers `xml:"DelegationSet"`
	VPCs        []zoneVPC    `xml:"VPCs>VPC"`
}

type nameServers struct {
	Names []string `xml:"NameServers>NameServer"`
}

type zoneVPC struct{ VPCRegion, VPCId string }

// getZoneOp returns a zone with its name servers if it is public, or its VPCs if it is private. The sandbox associates a zone
// with VPCs of one Region only.
func getZoneOp(r *region, c *wire.Call) (any, *wire.Error) {
	z, err := r.findZone(c.Name)
	if err != nil {
		return nil, err
	}
	out := getZoneOut{HostedZone: z.shown()}
	for _, id := range z.VPCs {
		out.VPCs = append(out.VPCs, zoneVPC{r.homeOf(z).Name, id})
	}
	if servers := z.record(z.Name, "NS"); len(z.VPCs) == 0 && servers != nil {
		out.NameServers = &nameServers{}
		for _, v := range servers.ResourceRecords {
			out.NameServers.Names = append(out.NameServers.Names, strings.TrimSuffix(v.Value, "."))
		}
	}
	return out, nil
}

// homeOf returns the Region that contains a zone.
func (r *region) homeOf(z *dnsZone) *region {
	for _, home := range r.account.regions {
		if slices.Contains(home.HostedZones, z) {
			return home
		}
	}
	return r
}

func (r *region) findZone(id string) (*dnsZone, *wire.Error) {
	for _, z := range r.allZones() {
		if z.HostedZoneId == id {
			return z, nil
		}
	}
	return nil, wire.Fail("NoSuchHostedZone", "No hosted zone found with ID: %s", id)
}

type listRecordsOut struct {
	XMLName            xml.Name     `xml:"https://route53.amazonaws.com/doc/2013-04-01/ ListResourceRecordSetsResponse"`
	ResourceRecordSets []*dnsRecord `xml:"ResourceRecordSets>ResourceRecordSet"`
	IsTruncated        bool
	NextRecordName     string `xml:",omitempty"`
	NextRecordType     string `xml:",omitempty"`
	MaxItems           int32
}

// listRecordsOp starts with the given record, or the next one after it.
func listRecordsOp(r *region, c *wire.Call) (any, *wire.Error) {
	z, err := r.findZone(c.Name)
	if err != nil {
		return nil, err
	}
	out, all := listRecordsOut{MaxItems: maxItems(c, route53Page)}, z.Records
	if name := c.Values.Get("name"); name != "" {
		from, kind := reversed(canonicalName(name)), c.Values.Get("type")
		i := slices.IndexFunc(all, func(record *dnsRecord) bool {
			return cmp.Or(slices.Compare(reversed(record.Name), from), cmp.Compare(record.Type, kind)) >= 0
		})
		if i < 0 {
			i = len(all)
		}
		all = all[i:]
	}
	if n := int(out.MaxItems); len(all) > n {
		out.IsTruncated, out.NextRecordName, out.NextRecordType = true, all[n].Name, all[n].Type
		all = all[:n]
	}
	out.ResourceRecordSets = all
	return out, nil
}

type changeRecordsIn struct {
	Comment string         `xml:"ChangeBatch>Comment"`
	Changes []recordWanted `xml:"ChangeBatch>Changes>Change"`
}

type recordWanted struct {
	Action            string
	ResourceRecordSet dnsRecord
}

type changeOut struct {
	XMLName    xml.Name
	ChangeInfo dnsChange
}

func (r *region) changeOut(response string, c dnsChange) changeOut {
	c.Status = "PENDING"
	if r.Passed(c.SubmittedAt, changeTime) {
		c.Status = "INSYNC"
	}
	return changeOut{xml.Name{Space: route53Namespace, Local: response}, c}
}

// changeRecordsOp makes all changes or none.
func changeRecordsOp(r *region, c *wire.Call) (any, *wire.Error) {
	z, err := r.findZone(c.Name)
	if err != nil {
		return nil, err
	}
	var in changeRecordsIn
	if xml.Unmarshal(c.Body, &in) != nil || len(in.Changes) == 0 {
		return nil, wire.Fail("InvalidInput", "The request is not a batch of changes.")
	}
	next := dnsZone{Name: z.Name, Records: slices.Clone(z.Records)}
	for _, wanted := range in.Changes {
		if problem := r.changeRecord(&next, wanted.Action, wanted.ResourceRecordSet); problem != "" {
			return nil, wire.Fail("InvalidChangeBatch", "[%s]", problem)
		}
	}
	next.sort()
	z.Records = next.Records
	a := r.account
	change := dnsChange{Id: fmt.Sprintf("/change/C%020d", r.Counters.Next("change")), SubmittedAt: r.Now(), Comment: in.Comment}
	a.changes = append(a.changes, change)
	return r.changeOut("ChangeResourceRecordSetsResponse", change), nil
}

// changeRecord makes one change, or returns Route 53's message why it cannot.
func (r *region) changeRecord(z *dnsZone, action string, record dnsRecord) string {
	record.Name, record.since = canonicalName(record.Name), r.Now()
	set := fmt.Sprintf("resource record set [name='%s', type='%s']", record.Name, record.Type)
	there := z.record(record.Name, record.Type)
	switch {
	case !z.holds(record.Name):
		return fmt.Sprintf("RRSet with DNS name %s is not permitted in zone %s", record.Name, z.Name)
	case action == "CREATE" && there != nil:
		return "Tried to create " + set + " but it already exists"
	case action == "DELETE" && there == nil:
		return "Tried to delete " + set + " but it was not found"
	case action == "DELETE" && !there.same(&record):
		return "Tried to delete " + set + " but the values provided do not match the current values"
	case action == "DELETE" && record.Name == z.Name && (record.Type == "NS" || record.Type == "SOA"):
		return "A HostedZone must contain at least one NS record for the zone itself"
	case action == "DELETE":
		z.Records = slices.DeleteFunc(z.Records, func(other *dnsRecord) bool { return other == there })
		return ""
	case action != "CREATE" && action != "UPSERT":
		return "Unknown action " + action
	case (len(record.ResourceRecords) == 0) == (record.AliasTarget == nil) || record.AliasTarget == nil && record.TTL < 0:
		return "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none or more than one in Change with " +
			"[Action=" + action + ", Name=" + record.Name + ", Type=" + record.Type + "]"
	}
	for _, other := range z.Records {
		if other.Name == record.Name && other.Type != record.Type && (other.Type == "CNAME" || record.Type == "CNAME") {
			return fmt.Sprintf("RRSet of type %s with DNS name %s is not permitted because a conflicting RRSet of type %s with the same DNS name already exists in zone %s",
				record.Type, record.Name, other.Type, z.Name)
		}
	}
	if a := record.AliasTarget; a != nil {
		a.DNSName = canonicalName(a.DNSName)
		if !r.aliasTarget(z, a, record.Type) {
			return fmt.Sprintf("Tried to create an alias that targets %s, type %s in zone %s, but that target was not found", a.DNSName, record.Type, a.HostedZoneId)
		}
	}
	z.Records = append(slices.DeleteFunc(z.Records, func(other *dnsRecord) bool { return other == there }), &record)
	return ""
}

func (d *dnsRecord) same(other *dnsRecord) bool {
	if d.AliasTarget == nil || other.AliasTarget == nil {
		return d.AliasTarget == other.AliasTarget && d.TTL == other.TTL && slices.Equal(d.ResourceRecords, other.ResourceRecords)
	}
	a := *other.AliasTarget
	a.DNSName = canonicalName(a.DNSName)
	return *d.AliasTarget == a
}

// aliasTarget reports whether the target of an alias exists: a record of its zone, or a load
// balancer with the zone of the alias.
func (r *region) aliasTarget(z *dnsZone, a *dnsAlias, kind string) bool {
	if z.record(a.DNSName, kind) != nil {
		return true
	}
	for _, home := range r.account.regions {
		for _, b := range home.elb.balancers.List {
			name := canonicalName(b.DNSName)
			if b.CanonicalHostedZoneId == a.HostedZoneId && (a.DNSName == name || a.DNSName == "dualstack."+name) {
				return true
			}
		}
	}
	return false
}

func getChangeOp(r *region, c *wire.Call) (any, *wire.Error) {
	for _, change := range r.account.changes {
		if change.Id == "/change/"+c.Name {
			return r.changeOut("GetChangeResponse", change), nil
		}
	}
	return nil, wire.Fail("NoSuchChange", "Could not find resource with ID: %s", c.Name)
}

type hostedZonesByVPCIn struct {
	VPCID     string
	VPCRegion string
}

// hostedZonesByVPCOut has explicit XML tags, because Route 53 has its own XML style.
type hostedZonesByVPCOut struct {
	XMLName xml.Name            `xml:"https://route53.amazonaws.com/doc/2013-04-01/ ListHostedZonesByVPCResponse"`
	Zones   []hostedZoneSummary `xml:"HostedZoneSummaries>HostedZoneSummary"`
	Max     string              `xml:"MaxItems"`
}

type hostedZoneSummary struct {
	HostedZoneId string
	Name         string
	Owner        string `xml:"Owner>OwningAccount"`
}

func (r *region) listHostedZonesByVPC(in hostedZonesByVPCIn) (hostedZonesByVPCOut, *wire.Error) {
	out := hostedZonesByVPCOut{Max: "100"}
	home := r.account.region(in.VPCRegion)
	if home == nil || home.vpcs.ByID[in.VPCID] == nil {
		return out, wire.Fail("InvalidVPCId", "The VPC %s in region %s that you provided is not authorized to make the association.", in.VPCID, in.VPCRegion)
	}
	for _, z := range home.HostedZones {
		if slices.Contains(z.VPCs, in.VPCID) {
			out.Zones = append(out.Zones, hostedZoneSummary{z.HostedZoneId, z.Name, cmp.Or(z.OwnerId, store.AccountID)})
		}
	}
	return out, nil
}

// zoneOf finds the private hosted zone of a VPC for a name; nil if there is none.
func (r *region) zoneOf(vpc, name string) *dnsZone {
	for _, z := range r.HostedZones {
		if slices.Contains(z.VPCs, vpc) && strings.EqualFold(strings.TrimSuffix(z.Name, "."), strings.TrimPrefix(name, "*.")) {
			return z
		}
	}
	return nil
}

// hostedZonesOp reads the parameters from the query, as Route 53 does.
func hostedZonesOp(r *region, c *wire.Call) (any, *wire.Error) {
	return r.listHostedZonesByVPC(hostedZonesByVPCIn{VPCID: c.Values.Get("vpcid"), VPCRegion: c.Values.Get("vpcregion")})
}
